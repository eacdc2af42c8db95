//! The journal: what the user made, in a file of its own, one line an entry.
//!
//! Budgets, notes, acknowledgements and the like cannot be fetched again, so they do not depend
//! on the database: each change is appended here and synced before it counts. Every line carries
//! its own checksum; a torn last line (a crash while it was written) is cut off, a damaged line
//! in the middle is reported and passed over. `store rebuild` replays the journal.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// Entries of superseded lines that are tolerated before the file is written anew.
const STALE_MAX: usize = 1_000;

/// What an entry is about: its kind (`budget`, `note` ...) and its name within the kind.
pub type Subject = (String, String);

/// A journal that is open for appending.
pub struct Journal {
    path: PathBuf,
    file: File,
    entries: BTreeMap<Subject, serde_json::Value>,
    lines: usize,
    /// Lines that could not be read.
    pub damaged_lines: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    kind: String,
    name: String,
    value: Option<serde_json::Value>,
}

impl Journal {
    /// Opens or creates the journal at `path`.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be read or made.
    pub fn open(path: &Path) -> Result<Journal> {
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "open", path, e);
        let file = File::options().create(true).append(true).read(true).open(path).map_err(|e| failed(&e))?;
        let mut journal =
            Journal { path: path.to_owned(), file, entries: BTreeMap::new(), lines: 0, damaged_lines: Vec::new() };
        journal.replay().map_err(|e| failed(&e))?;
        Ok(journal)
    }

    fn replay(&mut self) -> std::io::Result<()> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        let mut whole = 0u64;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = reader.read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(());
            }
            if bytes.last() != Some(&b'\n') {
                // Torn by a crash: it was never acknowledged.
                return self.file.set_len(whole).and_then(|()| self.file.sync_all());
            }
            whole += read as u64;
            self.lines += 1;
            match parse(&bytes) {
                Some(Line { kind, name, value: Some(value) }) => self.entries.insert((kind, name), value),
                Some(Line { kind, name, value: None }) => self.entries.remove(&(kind, name)),
                None => {
                    self.damaged_lines.push(self.lines);
                    None
                }
            };
        }
    }

    /// Sets an entry, or removes it; it is on disk when this returns.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full: the entry then keeps its old value.
    pub fn set(&mut self, kind: &str, name: &str, value: Option<serde_json::Value>) -> Result<()> {
        let line = render(&Line { kind: kind.to_owned(), name: name.to_owned(), value: value.clone() });
        let failed = |path: &Path, e: &std::io::Error| Error::io(Kind::Store, "write to", path, e);
        self.file.write_all(&line).and_then(|()| self.file.sync_all()).map_err(|e| failed(&self.path, &e))?;
        self.lines += 1;
        let subject = (kind.to_owned(), name.to_owned());
        match value {
            Some(value) => self.entries.insert(subject, value),
            None => self.entries.remove(&subject),
        };
        if self.damaged_lines.is_empty() && self.lines > self.entries.len() + STALE_MAX {
            self.compact().map_err(|e| failed(&self.path, &e))?;
        }
        Ok(())
    }

    /// Writes the file anew with only what counts; atomic.
    fn compact(&mut self) -> std::io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut file = File::create(&fresh)?;
        for ((kind, name), value) in &self.entries {
            file.write_all(&render(&Line { kind: kind.clone(), name: name.clone(), value: Some(value.clone()) }))?;
        }
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        self.file = File::options().append(true).read(true).open(&self.path)?;
        self.lines = self.entries.len();
        Ok(())
    }

    /// All entries of a kind, by name.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        self.entries.iter().filter(move |((k, _), _)| k == kind).map(|((_, name), value)| (name.as_str(), value))
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<Subject, serde_json::Value> {
        &self.entries
    }
}

fn render(line: &Line) -> Vec<u8> {
    let json = serde_json::to_string(line).unwrap_or_default();
    format!("{:08x} {json}\n", crc32c::crc32c(json.as_bytes())).into_bytes()
}

fn parse(bytes: &[u8]) -> Option<Line> {
    let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\n');
    let (sum, json) = text.split_at_checked(8)?;
    let json = json.strip_prefix(' ')?;
    (u32::from_str_radix(sum, 16).ok()? == crc32c::crc32c(json.as_bytes())).then_some(())?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn survives_a_torn_line_and_reports_a_damaged_one() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).expect("open");
        journal.set("note", "a", Some(json!("launch"))).expect("set");
        journal.set("note", "b", Some(json!(2))).expect("set");
        journal.set("note", "b", None).expect("set");
        journal.set("budget", "x", Some(json!({"amount": "5"}))).expect("set");
        drop(journal);
        let mut bytes = fs::read(&path).expect("read");
        bytes.extend_from_slice(b"0badc0de {\"kind\":\"no");
        fs::write(&path, &bytes).expect("write");
        let journal = Journal::open(&path).expect("open");
        assert!(journal.damaged_lines.is_empty());
        assert_eq!(journal.of_kind("note").collect::<Vec<_>>(), [("a", &json!("launch"))]);
        drop(journal);
        let mut bytes = fs::read(&path).expect("read");
        bytes[12] ^= 1;
        fs::write(&path, &bytes).expect("write");
        let journal = Journal::open(&path).expect("open");
        assert_eq!(journal.damaged_lines, [1]);
        assert_eq!(journal.entries().len(), 1);
    }

    #[test]
    fn is_compacted_when_most_lines_are_stale() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).expect("open");
        for i in 0..=STALE_MAX + 1 {
            journal.set("note", "a", Some(json!(i))).expect("set");
        }
        assert!(fs::metadata(&path).expect("meta").len() < 200);
        let journal = Journal::open(&path).expect("open");
        assert_eq!(journal.of_kind("note").next(), Some(("a", &json!(STALE_MAX + 1))));
    }
}
