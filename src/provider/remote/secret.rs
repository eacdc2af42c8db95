//! Secrets, which a config only refers to: `env:NAME`, `file:PATH` or `cmd:COMMAND`.
//!
//! A [`Secret`] is never shown, serialised or logged. A file that others can read is refused, as ssh
//! does with keys.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::fault::{Fault, FaultKind};
use crate::domain::text::SafeText;

/// Bytes that a secret has at most.
const BYTES_MAX: u64 = 64 << 10;

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

    /// Gets the secret. `variable` reads the environment.
    ///
    /// # Errors
    /// [`FaultKind::NoCredentials`] where it is not to be had.
    pub fn resolve(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Secret, Fault> {
        let missing = |why: String| Fault::new(FaultKind::NoCredentials, format!("`{}`: {why}", self.name()));
        let value = match self {
            Reference::Env(name) => variable(name).ok_or_else(|| missing("the variable is not set".into()))?,
            Reference::File(path) => read(path).map_err(missing)?,
            Reference::Command(command) => run(command).map_err(missing)?,
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() { Err(missing("it is empty".into())) } else { Ok(Secret(value.to_owned())) }
    }
}

fn read(path: &Path) -> Result<String, String> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
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

fn run(command: &str) -> Result<String, String> {
    let run = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = run.map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(format!("the command failed ({})", output.status));
    }
    // The value is not repeated where it is no text.
    String::from_utf8(output.stdout).map_err(|_| "the command wrote no UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const CANARY: &str = "canary-4f1d";

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, format!("{CANARY}\n")).expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
        let variable = |name: &str| (name == "TOKEN").then(|| CANARY.to_owned());
        for text in ["env:TOKEN".to_owned(), format!("file:{}", path.display()), format!("cmd:echo {CANARY}")] {
            let reference = Reference::parse(&text).expect("a reference");
            let secret = reference.resolve(&variable).expect("a secret");
            assert_eq!(secret.reveal(), CANARY);
            assert!(!format!("{secret:?} {}", reference.name()).contains(CANARY));
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, CANARY).expect("file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("mode");
        let fault = Reference::File(path).resolve(&|_| None).expect_err("refused");
        assert!(fault.message.contains("mode 640") && !fault.message.contains(CANARY), "{fault}");
    }

    #[test]
    fn a_value_in_the_place_of_a_reference_is_not_repeated() {
        for text in [CANARY, "env:", "cmd: ", "https://canary-4f1d"] {
            assert!(!Reference::parse(text).expect_err("refused").contains("canary"));
        }
        let fault = Reference::Command(format!("echo {CANARY}; exit 3")).resolve(&|_| None).expect_err("failed");
        assert!(!fault.message.contains(CANARY), "{fault}");
    }
}
