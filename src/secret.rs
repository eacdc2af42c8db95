//! Secrets, which a config only refers to: `env:NAME`, `file:PATH`, `cmd:COMMAND` or `keyring:SERVICE/ACCOUNT`.
//!
//! A [`Secret`] is never shown, serialised or logged. A file that others can read is refused, as ssh
//! does with keys. A command that does not end, or that does not end writing, is given up: it may wait for
//! somebody who is not there. A keyring is asked by the system's own tool, without a shell.

pub mod group;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use self::group::Group;
use crate::domain::text::SafeText;

/// Bytes that a secret has at most.
const BYTES_MAX: u64 = 64 << 10;

/// How a secret is referred to, for messages.
pub const WAYS: &str = "\"env:NAME\", \"file:/path\", \"cmd:command\" or \"keyring:SERVICE/ACCOUNT\"";

/// Of a variable that is not there.
const UNSET: &str = "the variable is not set";

/// How long a command may take: less than one try of a request.
const COMMAND_WITHIN: Duration = Duration::from_secs(30);

/// Where a secret is to be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// In an environment variable.
    Env(String),
    /// In a file, which only its owner may read; `~/` is the home folder.
    File(PathBuf),
    /// What a command writes, run by `sh -c`.
    Command(String),
    /// In the system's keyring: the Secret Service, or the Keychain of macOS.
    Keyring {
        /// The service that it is for.
        service: String,
        /// The account there.
        account: String,
    },
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
        let (way, rest) = text.split_once(':').unwrap_or_default();
        let rest = Some(rest).filter(|rest| !rest.trim().is_empty());
        match (way, rest) {
            ("env", Some(name)) => Ok(Reference::Env(name.to_owned())),
            ("file", Some(path)) => Ok(Reference::File(PathBuf::from(path))),
            ("cmd", Some(command)) => Ok(Reference::Command(command.to_owned())),
            ("keyring", Some(place)) => keyring::place(place),
            _ => Err(format!("a secret is referred to, never written: {WAYS}")),
        }
    }

    /// What it is called in messages, which tells no secret.
    #[must_use]
    pub fn name(&self) -> SafeText {
        SafeText::from_outside(&match self {
            Reference::Env(name) => format!("env:{name}"),
            Reference::File(path) => format!("file:{}", path.display()),
            Reference::Command(_) => "cmd:...".to_owned(),
            Reference::Keyring { service, account } => format!("keyring:{service}/{account}"),
        })
    }

    /// Why it is not to be had, as far as that is known without running anything. `variable` reads the environment.
    #[must_use]
    pub fn lacks(&self, variable: impl Fn(&str) -> Option<String>) -> Option<Missing> {
        let why = match self {
            Reference::Env(name) => variable(name).is_none_or(|value| value.is_empty()).then(|| UNSET.to_owned()),
            Reference::File(path) => at_home(path, &variable).and_then(|path| read(&path)).err(),
            Reference::Command(_) | Reference::Keyring { .. } => None,
        };
        why.map(|why| self.missing(why))
    }

    fn missing(&self, why: String) -> Missing {
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
            Reference::Keyring { service, account } => {
                format!("`{}` puts it there; or refer to another place in the config", keyring::store(service, account))
            }
        };
        Missing { message: format!("`{}`: {why}", self.name()), hint }
    }

    /// Gets the secret, on a runtime's thread. `variable` reads the environment. Dropping it ends the command.
    ///
    /// # Errors
    /// Where it is not to be had, or not in time.
    pub async fn resolve(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Secret, Missing> {
        let missing = |why: String| self.missing(why);
        let value = match self {
            Reference::Env(name) => variable(name).ok_or_else(|| missing(UNSET.to_owned()))?,
            Reference::File(path) => at_home(path, &variable).and_then(|path| read(&path)).map_err(missing)?,
            Reference::Command(command) => {
                run(shell(command), COMMAND_WITHIN).await.map_err(|why| missing(why.into()))?
            }
            Reference::Keyring { service, account } => {
                run(keyring::ask(service, account), COMMAND_WITHIN).await.map_err(|why| missing(keyring::told(&why)))?
            }
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() { Err(missing("it is empty".into())) } else { Ok(Secret(value.to_owned())) }
    }
}

/// A file's path, with `~/` for the home folder as a shell has it.
fn at_home(path: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    let Ok(rest) = path.strip_prefix("~") else { return Ok(path.to_owned()) };
    let home = variable("HOME").filter(|home| !home.is_empty());
    home.map(|home| PathBuf::from(home).join(rest))
        .ok_or_else(|| "there is no home folder that `~` stands for".to_owned())
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

/// Why a program gave no secret; never with what it wrote.
#[derive(Debug)]
enum Ungiven {
    /// It cannot be run.
    Unstarted(io::Error),
    /// It ended with a failure.
    Failed(ExitStatus),
    /// What it wrote is no secret, or never came.
    Other(String),
}

impl From<Ungiven> for String {
    fn from(why: Ungiven) -> String {
        match why {
            Ungiven::Unstarted(error) => error.to_string(),
            Ungiven::Failed(status) => format!("the command failed ({status})"),
            Ungiven::Other(why) => why,
        }
    }
}

fn shell(command: &str) -> Command {
    let mut run = Command::new("sh");
    run.args(["-c", command]);
    run
}

async fn run(command: Command, within: Duration) -> Result<String, Ungiven> {
    let late = || Ungiven::Other(format!("the command gave nothing within {} s", within.as_secs()));
    tokio::time::timeout(within, output(command)).await.unwrap_or_else(|_| Err(late()))
}

/// What a command writes; it ends when nobody waits for it any more.
async fn output(mut run: Command) -> Result<String, Ungiven> {
    let other = |e: io::Error| Ungiven::Other(e.to_string());
    run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    Group::of_its_own(&mut run);
    let mut child = run.spawn().map_err(Ungiven::Unstarted)?;
    let mut group = Group::of(&child);
    let mut written = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(BYTES_MAX + 1).read_to_end(&mut written).await.map_err(other)?;
    }
    if written.len() as u64 > BYTES_MAX {
        return Err(Ungiven::Other(format!("the command wrote more than {BYTES_MAX} bytes, which is no secret")));
    }
    let status = child.wait().await.map_err(other)?;
    group.ended();
    if !status.success() {
        return Err(Ungiven::Failed(status));
    }
    // The value is not repeated where it is no text.
    String::from_utf8(written).map_err(|_| Ungiven::Other("the command wrote no UTF-8 text".to_owned()))
}

/// The system's keyring, by the tool that comes with it.
mod keyring {
    use super::{Command, Reference, SafeText, Ungiven, WAYS, io};

    #[cfg(not(target_os = "macos"))]
    const TOOL: &str = "secret-tool";
    #[cfg(target_os = "macos")]
    const TOOL: &str = "security";

    /// What holds the tool.
    #[cfg(not(target_os = "macos"))]
    const PACKAGE: &str = "libsecret-tools (Debian, Ubuntu) or libsecret (Fedora, Arch)";
    #[cfg(target_os = "macos")]
    const PACKAGE: &str = "a part of macOS, in /usr/bin";

    /// Reads `SERVICE/ACCOUNT`.
    pub(super) fn place(text: &str) -> Result<Reference, String> {
        // A tool would take what begins so for a flag.
        let fits = |part: &&str| !part.trim().is_empty() && !part.starts_with('-') && !part.contains(char::is_control);
        let (service, account) = text.split_once('/').unwrap_or_default();
        match [service, account].iter().all(fits) {
            true => Ok(Reference::Keyring { service: service.to_owned(), account: account.to_owned() }),
            false => {
                Err(format!("a keyring is asked for a service and an account, none of which begins with `-`: {WAYS}"))
            }
        }
    }

    /// What asks for a secret.
    pub(super) fn ask(service: &str, account: &str) -> Command {
        let mut tool = Command::new(TOOL);
        #[cfg(not(target_os = "macos"))]
        tool.args(["lookup", "service", service, "username", account]);
        #[cfg(target_os = "macos")]
        tool.args(["find-generic-password", "-s", service, "-a", account, "-w"]);
        tool
    }

    /// The command that puts one there: it asks for it.
    pub(super) fn store(service: &str, account: &str) -> String {
        let quoted = |text: &str| {
            let text = SafeText::uncut(text).into_string();
            let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@:/+".contains(c));
            if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
        };
        let (service, account) = (quoted(service), quoted(account));
        match cfg!(target_os = "macos") {
            true => format!("security add-generic-password -s {service} -a {account} -w"),
            false => format!("secret-tool store --label=spendtop service {service} username {account}"),
        }
    }

    /// Why there is none.
    pub(super) fn told(why: &Ungiven) -> String {
        match why {
            Ungiven::Unstarted(error) if error.kind() == io::ErrorKind::NotFound => {
                format!("`{TOOL}`, which asks the keyring, is not installed: it is {PACKAGE}")
            }
            Ungiven::Unstarted(error) => format!("`{TOOL}` cannot be run: {error}"),
            Ungiven::Failed(status) => {
                format!("`{TOOL}` found none ({status}): it is not there, or the keyring is locked or out of reach")
            }
            Ungiven::Other(why) => why.clone(),
        }
    }
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
    async fn a_file_may_be_at_home() {
        let home = tempfile::tempdir().expect("folder");
        let path = home.path().join("secret");
        std::fs::write(&path, CANARY).expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
        let variable = |name: &str| (name == "HOME").then(|| home.path().display().to_string());
        let reference = Reference::parse("file:~/secret").expect("a reference");
        assert_eq!(reference.lacks(variable), None);
        assert_eq!(reference.resolve(variable).await.expect("a secret").reveal(), CANARY);
        let homeless = reference.resolve(|_| None).await.expect_err("there is no home");
        assert_eq!(homeless.message, "`file:~/secret`: there is no home folder that `~` stands for");
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, CANARY).expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("mode");
        let fault = Reference::File(path.clone()).resolve(|_| None).await.expect_err("refused");
        assert!(fault.message.contains("mode 640") && !fault.message.contains(CANARY), "{fault:?}");
        let lacks = |text: &str| Reference::parse(text).expect("a reference").lacks(|_| None);
        assert_eq!(lacks(&format!("file:{}", path.display())), Some(fault), "known without asking anybody");
        assert!(lacks("env:TOKEN").is_some_and(|missing| missing.message == "`env:TOKEN`: the variable is not set"));
        assert_eq!((lacks("cmd:exit 1"), lacks("keyring:a/b")), (None, None), "nothing is run");
        let fault = Reference::File(folder.path().to_owned()).resolve(|_| None).await.expect_err("refused");
        assert!(fault.message.contains("no regular file"), "{fault:?}");
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_given_up() {
        for (command, why) in [("exec sleep 600", "nothing within"), ("exec yes canary-4f1d", "more than 65536 bytes")]
        {
            let wrong = String::from(run(shell(command), Duration::from_millis(300)).await.expect_err(command));
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
        for text in [
            CANARY,
            "env:",
            "env: ",
            "cmd: ",
            "https://canary-4f1d",
            "keyring:canary-4f1d",
            "keyring:/canary-4f1d",
            "keyring:--canary-4f1d/x",
            "keyring:canary-4f1d/-x",
            "keyring:canary-4f1d/a\nb",
        ] {
            assert!(!Reference::parse(text).expect_err("refused").contains("canary"));
        }
        let fault = Reference::Command(format!("echo {CANARY}; exit 3")).resolve(|_| None).await.expect_err("failed");
        assert!(!fault.message.contains(CANARY), "{fault:?}");
    }

    #[test]
    fn a_keyring_is_asked_without_a_shell_and_the_command_that_fills_it_is_quoted() {
        let reference = Reference::parse("keyring:spendtop/ops/hook $(x)'s").expect("a reference");
        let Reference::Keyring { service, account } = &reference else { panic!("{reference:?}") };
        assert_eq!((service.as_str(), account.as_str()), ("spendtop", "ops/hook $(x)'s"));
        assert_eq!(reference.name().as_str(), "keyring:spendtop/ops/hook $(x)'s");
        let asked = keyring::ask(service, account);
        let words: Vec<&str> = asked.as_std().get_args().filter_map(|word| word.to_str()).collect();
        assert!(words.contains(&"spendtop") && words.contains(&"ops/hook $(x)'s"), "each is one word: {words:?}");
        let store = keyring::store(service, account);
        assert!(store.contains(" spendtop ") && store.contains(r"'ops/hook $(x)'\''s'"), "{store}");
    }
}
