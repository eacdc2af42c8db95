//! The sync log: what was asked of whom, and what came of it, a line of JSON each.
//!
//! Appended to a file of the user's alone; old lines are dropped when it has grown. Nothing in it is a
//! secret: faults come without.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::plan::Why;
use super::state::{Place, Trouble};
use crate::domain::money::Amount;
use crate::domain::words::counted;
use crate::error::{Error, Kind, Result};
use crate::provider::remote::Unit;

/// What was asked for where it is the provider's own opinion.
pub const OPINION: &str = "opinion";

/// Bytes that the file may have before old lines are dropped.
const BYTES_MAX: u64 = 2 << 20;
/// Bytes of a line at most; a longer one is no run.
const LINE_MAX: usize = 64 << 10;
/// Notes and hints of a run that are kept, and characters of each: no line is longer than may be read.
const NOTES_MAX: usize = 10;
const WORDS_MAX: usize = 600;
/// Bytes that are read at first.
const BLOCK: u64 = 64 << 10;

/// One thing that was asked of a scope, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// When it began, seconds since 1970.
    pub at: i64,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// The scope's source.
    pub source: String,
    /// What was asked for: days, with the feed where it is a facet, a delivery's name, or [`OPINION`]; empty
    /// where the scope was only looked at.
    pub what: String,
    /// Why.
    pub why: Option<Why>,
    /// Charges that came.
    pub rows: u64,
    /// Pages that brought them.
    pub pages: u32,
    /// What was spent.
    #[serde(default)]
    pub spent: BTreeMap<Unit, u64>,
    /// Tries that failed before one succeeded or was the last.
    #[serde(default)]
    pub retries: u32,
    /// By how much billed cost was restated, by currency.
    #[serde(default)]
    pub restated: BTreeMap<String, Amount>,
    /// What went wrong; nothing where it is stored.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// What else is to be known.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Run {
    /// Requests that it took, as far as they were counted.
    #[must_use]
    pub fn requests(&self) -> u64 {
        let spent = [Unit::PaidRequests, Unit::FreeRequests].iter().filter_map(|unit| self.spent.get(unit)).sum();
        u64::max(spent, self.pages.into())
    }

    /// How long it took in seconds, as `12.3`.
    #[must_use]
    pub fn seconds(&self) -> String {
        format!("{}.{}", self.took / 1_000, self.took % 1_000 / 100)
    }

    /// As much of it as a line may hold.
    fn bounded(&self) -> Run {
        let cut = |text: &String| match text.char_indices().nth(WORDS_MAX) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text.clone(),
        };
        let mut run = self.clone();
        run.notes = self.notes.iter().take(NOTES_MAX).map(cut).collect();
        let more = self.notes.len() - run.notes.len();
        if more > 0 {
            run.notes.push(format!("and {}", counted(more as u64, "more note", "more notes")));
        }
        if let Some(trouble) = &mut run.trouble {
            trouble.message = cut(&trouble.message);
            trouble.hints.truncate(NOTES_MAX);
        }
        run
    }
}

/// The log, written by one run at a time.
pub struct Log {
    /// Nothing is kept without one.
    place: Option<Place>,
    /// Whether the file is known to end with a whole line.
    whole: Mutex<bool>,
}

impl Log {
    /// Of a place; nothing is written without one.
    #[must_use]
    pub fn new(place: Option<Place>) -> Log {
        Log { place, whole: Mutex::new(false) }
    }

    /// Appends a run.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails.
    pub fn append(&self, run: &Run) -> Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let path = place.log();
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "write", &path, e);
        let mut line = serde_json::to_vec(&run.bounded()).map_err(|e| Error::bug(format!("the sync log: {e}")))?;
        line.push(b'\n');
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if fs::metadata(&path).is_ok_and(|meta| meta.len() > BYTES_MAX) {
            shorten(place).map_err(|e| failed(&e))?;
        }
        let was_whole = std::mem::replace(&mut *whole, false);
        write(&path, &line, was_whole).map_err(|e| failed(&e))?;
        *whole = true;
        Ok(())
    }
}

/// Appends a line, on a line of its own.
fn write(path: &Path, line: &[u8], is_whole: bool) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = File::options().read(true).append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    if !is_whole && length > 0 {
        let mut last = [0];
        file.read_exact_at(&mut last, length - 1)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(line)
}

/// Drops the older half.
fn shorten(place: &Place) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    for run in read(place, usize::MAX) {
        let mut line = serde_json::to_vec(&run)?;
        line.push(b'\n');
        bytes += line.len() as u64;
        if bytes > BYTES_MAX / 2 {
            break;
        }
        lines.push(line);
    }
    let next = place.folder().join("log.jsonl.next");
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
    for line in lines.iter().rev() {
        file.write_all(line)?;
    }
    fs::rename(&next, place.log())
}

/// The newest runs, newest first; no more of the file is read than they take. Lines that cannot be read, as
/// after a crash, are passed over.
#[must_use]
pub fn read(place: &Place, most: usize) -> Vec<Run> {
    let Ok(file) = File::open(place.log()) else { return Vec::new() };
    let length = file.metadata().map_or(0, |meta| meta.len());
    let mut bytes = BLOCK;
    loop {
        let from = length.saturating_sub(bytes);
        let mut tail = vec![0; usize::try_from(length - from).unwrap_or(0)];
        if file.read_exact_at(&mut tail, from).is_err() {
            return Vec::new();
        }
        // The first line of a part of the file is a part of one.
        let begin =
            if from == 0 { 0 } else { tail.iter().position(|byte| *byte == b'\n').map_or(tail.len(), |at| at + 1) };
        let lines = tail[begin..].rsplit(|byte| *byte == b'\n').filter(|line| line.len() <= LINE_MAX);
        let runs: Vec<Run> = lines.filter_map(|line| serde_json::from_slice(line).ok()).take(most).collect();
        if runs.len() >= most || from == 0 || bytes > 2 * BYTES_MAX {
            return runs;
        }
        bytes *= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(at: i64) -> Run {
        Run {
            at,
            took: 3,
            source: "aws.prod".into(),
            what: "2026-11-01..2026-11-11".into(),
            why: Some(Why::Recent),
            rows: 8_000,
            pages: 2,
            spent: [(Unit::PaidRequests, 2)].into(),
            retries: 0,
            restated: [("USD".to_owned(), "12.40".parse().expect("an amount"))].into(),
            trouble: None,
            notes: Vec::new(),
        }
    }

    fn place(folder: &tempfile::TempDir) -> Place {
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        place
    }

    #[test]
    fn runs_are_read_newest_first_and_a_torn_line_takes_no_other_with_it() {
        let folder = tempfile::tempdir().expect("folder");
        let place = place(&folder);
        assert_eq!(read(&place, 10), []);
        let log = Log::new(Some(place.clone()));
        (1..=3).for_each(|at| log.append(&run(at)).expect("appended"));
        let mut file = File::options().append(true).open(place.log()).expect("log");
        file.write_all(b"{\"at\":4,\"to").expect("torn");
        assert_eq!(read(&place, 2), [run(3), run(2)]);
        Log::new(Some(place.clone())).append(&run(5)).expect("appended");
        assert_eq!(read(&place, 2), [run(5), run(3)]);
    }

    #[test]
    fn a_log_that_has_grown_keeps_its_newest_runs_whoever_writes() {
        let folder = tempfile::tempdir().expect("folder");
        let place = place(&folder);
        let (log, number) = (Log::new(Some(place.clone())), std::sync::atomic::AtomicI64::new(0));
        let long = Run { notes: vec!["x".repeat(WORDS_MAX); NOTES_MAX], ..run(0) };
        crate::threads::share(4, |_| {
            for _ in 0..150 {
                let at = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                log.append(&Run { at, ..long.clone() }).expect("appended");
            }
        });
        let mut kept: Vec<i64> = read(&place, 1_000).iter().map(|run| run.at).collect();
        kept.sort_unstable();
        assert!((150..400).contains(&kept.len()) && kept.last() == Some(&599), "{kept:?}");
        kept.dedup();
        assert_eq!(read(&place, 1_000).len(), kept.len());
        assert_eq!(read(&place, 30).len(), 30);
        assert!(fs::metadata(place.log()).expect("log").len() < BYTES_MAX + LINE_MAX as u64);
    }

    #[test]
    fn a_run_with_much_to_say_is_cut_to_what_may_be_read() {
        let folder = tempfile::tempdir().expect("folder");
        let place = place(&folder);
        let notes = vec!["\u{1f4b8}".repeat(5_000); 2_000];
        Log::new(Some(place.clone())).append(&Run { notes, ..run(1) }).expect("appended");
        let read = read(&place, 1);
        assert_eq!(read[0].notes.len(), NOTES_MAX + 1);
        assert_eq!(read[0].notes[NOTES_MAX], "and 1,990 more notes");
    }
}
