//! The config file as it is read and written: whole or not at all, and never over another's change.
//!
//! Knows no section.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};

/// What some editors begin a file with.
const BOM: &str = "\u{feff}";

/// A config file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFile {
    /// Where it really lies: of a link what it leads to.
    path: PathBuf,
    /// As it was read; `None` where there was none.
    bytes: Option<Vec<u8>>,
}

impl ConfigFile {
    /// Reads it; one that is not there is empty.
    ///
    /// # Errors
    /// Kind `Usage` where it cannot be read or is no file.
    pub fn read(path: &Path) -> Result<ConfigFile> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let bytes = current(&path)?;
        Ok(ConfigFile { path, bytes })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    ///
    /// # Errors
    /// Kind `Usage` where it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        let text = std::str::from_utf8(self.bytes.as_deref().unwrap_or_default()).map_err(|_| {
            Error::usage(format!("`{}` is not UTF-8 text", SafeText::path(&self.path))).hint("save the file as UTF-8")
        })?;
        Ok(text.strip_prefix(BOM).unwrap_or(text))
    }

    /// Puts another text in its place, with the permissions that it has; a new one is for its owner alone.
    ///
    /// # Errors
    /// Kind `Usage` where the disk fails, or somebody has changed the file since it was read.
    pub fn write(&self, text: &str) -> Result<()> {
        if current(&self.path)? != self.bytes {
            let told = format!("`{}` has changed meanwhile: it is left as it is", SafeText::path(&self.path));
            return Err(Error::usage(told).hint("begin again: what is in it now then stays"));
        }
        let bom = self.bytes.as_deref().is_some_and(|bytes| bytes.starts_with(BOM.as_bytes()));
        let text = if bom { format!("{BOM}{text}") } else { text.to_owned() };
        let fresh = self.path.with_file_name(format!(
            "{}.{}",
            self.path.file_name().unwrap_or_default().to_string_lossy(),
            std::process::id()
        ));
        self.put(&fresh, text.as_bytes()).map_err(|e| {
            // Not there where it could not be made.
            let _ = fs::remove_file(&fresh);
            Error::io(Kind::Usage, "write", &self.path, &e)
        })
    }

    fn put(&self, fresh: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = File::options().create_new(true).write(true).mode(0o600).open(fresh)?;
        if let Ok(meta) = fs::metadata(&self.path) {
            file.set_permissions(fs::Permissions::from_mode(meta.permissions().mode() & 0o777))?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(fresh, &self.path)?;
        File::open(folder)?.sync_all()
    }
}

fn current(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => {
            Err(Error::usage(format!("`{}` is no file to write a connection to", SafeText::path(path)))
                .hint("name a config file: --config FILE"))
        }
        Ok(_) => fs::read(path).map(Some).map_err(|e| Error::io(Kind::Usage, "read the config", path, &e)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(Kind::Usage, "look for the config", path, &e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_is_for_its_owner_and_an_old_one_keeps_what_it_has() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a/b/config.toml");
        ConfigFile::read(&path).expect("none").write("one").expect("written");
        assert_eq!((fs::read_to_string(&path).expect("text").as_str(), mode(&path)), ("one", 0o600));
        fs::write(&path, "\u{feff}two").expect("write");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
        let link = folder.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).expect("link");
        let file = ConfigFile::read(&link).expect("read");
        assert_eq!(file.text().expect("text"), "two");
        file.write("three").expect("written");
        assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
        assert_eq!((fs::read_to_string(&path).expect("text").as_str(), mode(&path)), ("\u{feff}three", 0o640));
        assert_eq!(fs::read_dir(path.parent().expect("folder")).expect("list").count(), 1);
    }

    #[test]
    fn what_somebody_else_changed_is_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("c.toml");
        let file = ConfigFile::read(&path).expect("none");
        fs::write(&path, "theirs").expect("write");
        assert!(file.write("ours").expect_err("changed").message.contains("has changed meanwhile"));
        assert_eq!(fs::read_to_string(&path).expect("text"), "theirs");
        assert!(ConfigFile::read(Path::new("/dev/null")).is_err());
    }
}
