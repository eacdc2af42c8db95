//! Secrets, which a config only refers to: `env:NAME`, `file:PATH` or `cmd:COMMAND`.
//!
//! A [`Secret`] is never shown, serialised or logged. A file that others can read is refused, as ssh
//! does with keys. A command that does not end, or that does not end writing, is given up: it may wait for
//! somebody who is not there.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::domain::text::SafeText;

/// Bytes that a secret has at most.
const BYTES_MAX: u64 = 64 << 10;

/// How long a command may take: less than one try of a request.
const COMMAND_WITHIN: Duration = Duration::from_secs(30);

/// Where a secret is to be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// In an environment variable.
    Env(String),
    /// In a file, which only its owner may read.
    File(PathBuf),
    /// What a command writes, run by `sh -c`.
    Command(String),
}

/// Why a secret is not to be had; holds none itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// What is wrong, safe to show.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// A value that is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one who sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Secret(value)
    }
}

impl Reference {
    /// Reads a reference as a config writes it.
    ///
    /// # Errors
    /// What is wrong with it. A value in the place of a reference is not repeated: it may be the secret.
    pub fn parse(text: &str) -> Result<Reference, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Reference::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Reference::File(PathBuf::from(path))),
            Some(("cmd", command)) if !command.trim().is_empty() => Ok(Reference::Command(command.to_owned())),
            _ => Err("a secret is referred to, never written: `env:NAME`, `file:/path` or `cmd:command`".to_owned()),
        }
    }

    /// What it is called in messages, which tells no secret.
    #[must_use]
    pub fn name(&self) -> SafeText {
        SafeText::from_outside(&match self {
            Reference::Env(name) => format!("env:{name}"),
            Reference::File(path) => format!("file:{}", path.display()),
            Reference::Command(_) => "cmd:...".to_owned(),
        })
    }

    /// Gets the secret, on a runtime's thread. `variable` reads the environment. Dropping it ends the command.
    ///
    /// # Errors
    /// Where it is not to be had, or not in time.
    pub async fn resolve(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Secret, Missing> {
        let missing = |why: String| {
            let hint = match self {
                Reference::Env(name) => {
                    let name = SafeText::from_outside(name);
                    format!(
                        "set it where spendtop is started (`export {name}=...`), or refer to another place in the config"
                    )
                }
                Reference::File(_) => "put it there, or refer to another place in the config".to_owned(),
                Reference::Command(_) => {
                    "run the command by hand: it must write the secret alone; or refer to another place in the config"
                        .to_owned()
                }
            };
            Missing { message: format!("`{}`: {why}", self.name()), hint }
        };
        let value = match self {
            Reference::Env(name) => variable(name).ok_or_else(|| missing("the variable is not set".into()))?,
            Reference::File(path) => read(path).map_err(missing)?,
            Reference::Command(command) => run(command, COMMAND_WITHIN).await.map_err(missing)?,
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() { Err(missing("it is empty".into())) } else { Ok(Secret(value.to_owned())) }
    }
}

fn read(path: &Path) -> Result<String, String> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !meta.is_file() {
        // A pipe would be waited for.
        return Err("it is no regular file".to_owned());
    }
    if meta.mode() & 0o077 != 0 {
        return Err(format!(
            "others may read the file (mode {:03o}): `chmod 600 {}`",
            meta.mode() & 0o777,
            SafeText::path(path)
        ));
    }
    if meta.len() > BYTES_MAX {
        return Err(format!("the file has {} bytes: a secret has at most {BYTES_MAX}", meta.len()));
    }
    std::fs::read_to_string(path).map_err(|e| e.to_string())
}

async fn run(command: &str, within: Duration) -> Result<String, String> {
    let ended = tokio::time::timeout(within, output(command)).await;
    ended.unwrap_or_else(|_| Err(format!("the command gave nothing within {} s", within.as_secs())))
}

/// What a command writes; it ends when nobody waits for it any more.
async fn output(command: &str) -> Result<String, String> {
    let mut run = Command::new("sh");
    run.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = run.spawn().map_err(|e| e.to_string())?;
    let mut written = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(BYTES_MAX + 1).read_to_end(&mut written).await.map_err(|e| e.to_string())?;
    }
    if written.len() as u64 > BYTES_MAX {
        return Err(format!("the command wrote more than {BYTES_MAX} bytes, which is no secret"));
    }
    let status = child.wait().await.map_err(|e| e.to_string())?;
    if !status.success() {
        return Err(format!("the command failed ({status})"));
    }
    // The value is not repeated where it is no text.
    String::from_utf8(written).map_err(|_| "the command wrote no UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const CANARY: &str = "canary-4f1d";

    #[tokio::test]
    async fn a_secret_is_read_and_never_shown() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, format!("{CANARY}\n")).expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
        let variable = |name: &str| (name == "TOKEN").then(|| CANARY.to_owned());
        for text in ["env:TOKEN".to_owned(), format!("file:{}", path.display()), format!("cmd:echo {CANARY}")] {
            let reference = Reference::parse(&text).expect("a reference");
            let secret = reference.resolve(variable).await.expect("a secret");
            assert_eq!(secret.reveal(), CANARY);
            assert!(!format!("{secret:?} {}", reference.name()).contains(CANARY));
        }
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, CANARY).expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("mode");
        let fault = Reference::File(path).resolve(|_| None).await.expect_err("refused");
        assert!(fault.message.contains("mode 640") && !fault.message.contains(CANARY), "{fault:?}");
        let fault = Reference::File(folder.path().to_owned()).resolve(|_| None).await.expect_err("refused");
        assert!(fault.message.contains("no regular file"), "{fault:?}");
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_given_up() {
        for (command, why) in [("exec sleep 600", "nothing within"), ("exec yes canary-4f1d", "more than 65536 bytes")]
        {
            let wrong = run(command, Duration::from_millis(300)).await.expect_err(command);
            assert!(wrong.contains(why) && !wrong.contains(CANARY), "{wrong}");
        }
        let folder = tempfile::tempdir().expect("folder");
        let begun = folder.path().join("begun");
        let waits = Reference::Command(format!("echo $$ >{}; exec sleep 600", begun.display()));
        let given_up = async {
            while !std::fs::read_to_string(&begun).is_ok_and(|text| text.ends_with('\n')) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = waits.resolve(|_| None) => panic!("it ended"),
            () = given_up => {}
        }
        let process = std::fs::read_to_string(&begun).expect("begun").trim().to_owned();
        let state = || std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        while state().contains("(sleep) S") {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_value_in_the_place_of_a_reference_is_not_repeated() {
        for text in [CANARY, "env:", "cmd: ", "https://canary-4f1d"] {
            assert!(!Reference::parse(text).expect_err("refused").contains("canary"));
        }
        let fault = Reference::Command(format!("echo {CANARY}; exit 3")).resolve(|_| None).await.expect_err("failed");
        assert!(!fault.message.contains(CANARY), "{fault:?}");
    }
}
