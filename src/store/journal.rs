//! The journal: what the user made, in a file of its own, one line an entry.
//!
//! Budgets, notes, acknowledgements and the like cannot be fetched again, so they do not depend
//! on the database: each change is appended here and synced before it counts. Every line carries
//! its own checksum; a torn last line (a crash while it was written) is cut off, a damaged line
//! in the middle is reported and passed over. `store rebuild` replays the journal. A store in
//! memory has one that forgets.

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
#[derive(Default)]
pub struct Journal {
    /// Where it is kept; `None` in memory.
    home: Option<Home>,
    entries: BTreeMap<Subject, serde_json::Value>,
    lines: usize,
    /// Whether an unfinished last line was cut off.
    pub torn: bool,
    /// Lines that could not be read.
    pub damaged_lines: Vec<usize>,
}

/// The file of a journal.
struct Home {
    path: PathBuf,
    file: File,
    /// Bytes that hold whole lines.
    len: u64,
}

/// What becomes of an entry; a line of the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Its kind (`budget`, `note` ...).
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// What it is from now on; `None` where it is removed.
    pub value: Option<serde_json::Value>,
}

impl Change {
    /// An entry that is to be kept.
    ///
    /// # Errors
    /// None that the program knows of: an entry that cannot be written.
    pub fn keep(kind: &str, name: &str, value: &impl Serialize) -> Result<Change> {
        let value = serde_json::to_value(value)
            .map_err(|e| Error::bug(format!("an entry of the journal cannot be written: {e}")))?;
        Ok(Change { value: Some(value), ..Change::remove(kind, name) })
    }

    /// An entry that is to be removed.
    #[must_use]
    pub fn remove(kind: &str, name: &str) -> Change {
        Change { kind: kind.to_owned(), name: name.to_owned(), value: None }
    }
}

impl Journal {
    /// An empty journal in memory.
    #[must_use]
    pub fn in_memory() -> Journal {
        Journal::default()
    }

    /// Opens or creates the journal at `path`.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be read or made.
    pub fn open(path: &Path) -> Result<Journal> {
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "open", path, e);
        let file = File::options().create(true).append(true).read(true).open(path).map_err(|e| failed(&e))?;
        let mut home = Home { path: path.to_owned(), file, len: 0 };
        let mut journal = Journal::default();
        journal.replay(&mut home).map_err(|e| failed(&e))?;
        journal.home = Some(home);
        Ok(journal)
    }

    fn replay(&mut self, home: &mut Home) -> std::io::Result<()> {
        let mut reader = BufReader::new(File::open(&home.path)?);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = reader.read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(());
            }
            if bytes.last() != Some(&b'\n') {
                return self.mend_end(home, &bytes);
            }
            home.len += read as u64;
            self.take(parse(&bytes));
        }
    }

    fn take(&mut self, line: Option<Change>) {
        self.lines += 1;
        match line {
            Some(Change { kind, name, value: Some(value) }) => self.entries.insert((kind, name), value),
            Some(Change { kind, name, value: None }) => self.entries.remove(&(kind, name)),
            None => {
                self.damaged_lines.push(self.lines);
                None
            }
        };
    }

    /// The last line has no end. Torn by a crash, it was never acknowledged and is cut off; where
    /// only its line break is missing or damaged, it counts.
    fn mend_end(&mut self, home: &mut Home, bytes: &[u8]) -> std::io::Result<()> {
        let text = [bytes, &bytes[..bytes.len() - 1]].into_iter().find(|text| parse(text).is_some());
        home.file.set_len(home.len + text.map_or(0, <[u8]>::len) as u64)?;
        match text {
            Some(text) => {
                home.file.write_all(b"\n")?;
                home.len += text.len() as u64 + 1;
                self.take(parse(text));
            }
            None => self.torn = true,
        }
        home.file.sync_all()
    }

    /// Sets an entry, or removes it; it is on disk when this returns, unless the journal is in memory.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full: the entry then keeps its old value.
    pub fn set(&mut self, kind: &str, name: &str, value: Option<serde_json::Value>) -> Result<()> {
        self.set_all([Change { kind: kind.to_owned(), name: name.to_owned(), value }])
    }

    /// Makes several changes in their order, by one write and one sync; they are on disk when this returns,
    /// unless the journal is in memory. A crash meanwhile leaves the first few of them, maybe none: the one
    /// that says that all is done comes last.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full: all entries then keep their old values.
    pub fn set_all(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<()> {
        let changes: Vec<Change> = changes.into_iter().collect();
        if changes.is_empty() {
            return Ok(());
        }
        if let Some(home) = &mut self.home {
            let lines: Vec<u8> = changes.iter().flat_map(render).collect();
            home.append(&lines)?;
        }
        self.lines += changes.len();
        for Change { kind, name, value } in changes {
            match value {
                Some(value) => self.entries.insert((kind, name), value),
                None => self.entries.remove(&(kind, name)),
            };
        }
        if self.damaged_lines.is_empty() && self.lines > self.entries.len() + STALE_MAX {
            let compacted = self.home.as_mut().map_or(Ok(()), |home| home.compact(&self.entries));
            // The entries are kept already: where the file cannot be made smaller, the next ones try it.
            if compacted.is_ok() {
                self.lines = self.entries.len();
            }
        }
        Ok(())
    }

    /// All entries of a kind, by name.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&str, &serde_json::Value)> {
        let from = self.entries.range((kind.to_owned(), String::new())..);
        from.take_while(move |((k, _), _)| k == kind).map(|((_, name), value)| (name.as_str(), value))
    }

    /// The same as what they are. Entries that this program cannot read, as of a later one, are passed over and
    /// stay.
    pub fn kept<'j, T: Deserialize<'j>>(&'j self, kind: &str) -> impl Iterator<Item = (&'j str, T)> {
        self.of_kind(kind).filter_map(|(name, value)| Some((name, T::deserialize(value).ok()?)))
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<Subject, serde_json::Value> {
        &self.entries
    }
}

impl Home {
    fn failed(&self, error: &std::io::Error) -> Error {
        Error::io(Kind::Store, "write to", &self.path, error)
    }

    fn append(&mut self, lines: &[u8]) -> Result<()> {
        if let Err(error) = self.file.write_all(lines).and_then(|()| self.file.sync_all()) {
            // Half a line must not become the start of the next.
            let _ = self.file.set_len(self.len);
            return Err(self.failed(&error));
        }
        self.len += lines.len() as u64;
        Ok(())
    }

    /// Writes the file anew with only what counts; atomic.
    fn compact(&mut self, entries: &BTreeMap<Subject, serde_json::Value>) -> std::io::Result<()> {
        let fresh = self.path.with_extension("new");
        let _ = fs::remove_file(&fresh);
        let mut file = File::options().create_new(true).append(true).read(true).open(&fresh)?;
        let mut len = 0;
        for ((kind, name), value) in entries {
            let line = render(&Change { kind: kind.clone(), name: name.clone(), value: Some(value.clone()) });
            file.write_all(&line)?;
            len += line.len() as u64;
        }
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        // From here on it is this file that is the journal, whatever fails yet.
        (self.file, self.len) = (file, len);
        self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }
}

fn render(line: &Change) -> Vec<u8> {
    let json = serde_json::to_string(line).unwrap_or_default();
    format!("{:08x} {json}\n", crc32c::crc32c(json.as_bytes())).into_bytes()
}

fn parse(bytes: &[u8]) -> Option<Change> {
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
        assert!(journal.damaged_lines.is_empty() && journal.torn);
        assert_eq!(journal.of_kind("note").collect::<Vec<_>>(), [("a", &json!("launch"))]);
        drop(journal);
        let mut bytes = fs::read(&path).expect("read");
        bytes[12] ^= 1;
        fs::write(&path, &bytes).expect("write");
        let journal = Journal::open(&path).expect("open");
        assert_eq!(journal.damaged_lines, [1]);
        assert!(!journal.torn);
        assert_eq!(journal.entries().len(), 1);
    }

    #[test]
    fn a_whole_last_line_counts_whatever_became_of_its_end() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).expect("open");
        journal.set("note", "a", Some(json!(1))).expect("set");
        journal.set("note", "b", Some(json!(2))).expect("set");
        drop(journal);
        let whole = fs::read(&path).expect("read");
        let without = &whole[..whole.len() - 1];
        for bytes in [without.to_vec(), [without, b"\x0b"].concat()] {
            fs::write(&path, bytes).expect("write");
            let mut journal = Journal::open(&path).expect("open");
            assert_eq!((journal.entries().len(), journal.torn), (2, false));
            assert_eq!(fs::read(&path).expect("read"), whole);
            journal.set("note", "b", Some(json!(3))).expect("set");
            assert_eq!(Journal::open(&path).expect("open").of_kind("note").nth(1), Some(("b", &json!(3))));
        }
    }

    fn change(kind: &str, name: &str, value: Option<serde_json::Value>) -> Change {
        Change { kind: kind.to_owned(), name: name.to_owned(), value }
    }

    #[test]
    fn of_several_changes_a_crash_leaves_the_first_few_in_their_order() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).expect("open");
        journal.set("outbox", "old", Some(json!(0))).expect("set");
        let before = fs::metadata(&path).expect("meta").len() as usize;
        let changes = [
            change("outbox", "old", None),
            change("outbox", "new", Some(json!(1))),
            change("watched", "", Some(json!(7))),
        ];
        journal.set_all(changes.clone()).expect("set");
        let in_memory = journal.entries().clone();
        drop(journal);
        let whole = fs::read(&path).expect("read");
        for cut in before..=whole.len() {
            fs::write(&path, &whole[..cut]).expect("write");
            let journal = Journal::open(&path).expect("open");
            let told: Vec<&str> = journal.entries().keys().map(|(_, name)| name.as_str()).collect();
            let left: [&[&str]; 4] = [&["old"], &[], &["new"], &["new", ""]];
            assert!(left.contains(&&*told), "{cut}: {told:?}");
            assert_eq!(journal.entries() == &in_memory, cut + 1 >= whole.len(), "{cut}");
            assert!(journal.damaged_lines.is_empty());
        }
        let mut journal = Journal::in_memory();
        journal.set("outbox", "old", Some(json!(0))).expect("set");
        journal.set_all(changes).expect("set");
        assert_eq!(journal.entries(), &in_memory);
    }

    #[test]
    fn where_the_disk_is_full_none_of_several_changes_is_made() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).expect("open");
        journal.set("note", "a", Some(json!(1))).expect("set");
        journal.set_all([]).expect("nothing to do");
        let whole = fs::read(&path).expect("read");
        let home = journal.home.as_mut().expect("in a file");
        let sound =
            std::mem::replace(&mut home.file, File::options().write(true).open("/dev/full").expect("a full disk"));
        let changes = [change("note", "a", None), change("note", "b", Some(json!(2)))];
        let failed = journal.set_all(changes.clone()).expect_err("full");
        assert_eq!(failed.kind, Kind::Store);
        assert_eq!(journal.of_kind("note").collect::<Vec<_>>(), [("a", &json!(1))]);
        assert_eq!(fs::read(&path).expect("read"), whole);
        journal.home.as_mut().expect("in a file").file = sound;
        journal.set_all(changes).expect("room again");
        assert_eq!(Journal::open(&path).expect("open").of_kind("note").collect::<Vec<_>>(), [("b", &json!(2))]);
    }

    #[test]
    fn one_in_memory_keeps_entries_as_long_as_it_lives() {
        let mut journal = Journal::in_memory();
        journal.set("note", "a", Some(json!(1))).expect("set");
        journal.set("note", "b", Some(json!(2))).expect("set");
        journal.set("note", "a", None).expect("set");
        assert_eq!(journal.of_kind("note").collect::<Vec<_>>(), [("b", &json!(2))]);
    }

    #[test]
    fn an_entry_is_kept_where_the_file_cannot_be_made_smaller() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).expect("open");
        std::fs::create_dir(folder.path().join("journal.new")).expect("in the way");
        for i in 0..=STALE_MAX + 5 {
            journal.set("note", "a", Some(json!(i))).expect("set");
        }
        let large = fs::metadata(&path).expect("meta").len();
        std::fs::remove_dir(folder.path().join("journal.new")).expect("out of the way");
        journal.set("note", "a", Some(json!("last"))).expect("set");
        assert!(fs::metadata(&path).expect("meta").len() < large / 100);
        journal.set("note", "b", Some(json!(1))).expect("set");
        let again = Journal::open(&path).expect("open");
        assert_eq!(again.of_kind("note").collect::<Vec<_>>(), [("a", &json!("last")), ("b", &json!(1))]);
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
