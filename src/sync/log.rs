//! The sync log: what was asked of whom, and what came of it, a line of JSON each.
//!
//! Appended to a file of the user's alone; old lines are dropped when it has grown. Nothing in it is a
//! secret: faults come without.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};

use serde::{Deserialize, Serialize};

use super::plan::Why;
use super::state::{Place, Trouble};
use crate::domain::money::Amount;
use crate::error::{Error, Kind, Result};
use crate::provider::remote::Unit;

/// What was asked for where it is the provider's own opinion.
pub const OPINION: &str = "opinion";

/// Bytes that the file may have before old lines are dropped.
const BYTES_MAX: u64 = 2 << 20;
/// Bytes of a line at most; a longer one is no run.
const LINE_MAX: usize = 64 << 10;

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

/// Appends runs.
///
/// # Errors
/// Kind `Store` where the disk fails.
pub fn append(place: &Place, run: &Run) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = place.log();
    let failed = |e: &std::io::Error| Error::io(Kind::Store, "write", &path, e);
    let mut line = serde_json::to_vec(run).map_err(|e| Error::bug(format!("the sync log: {e}")))?;
    line.push(b'\n');
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > BYTES_MAX) {
        shorten(place).map_err(|e| failed(&e))?;
    }
    let open = File::options().append(true).create(true).mode(0o600).open(&path);
    open.and_then(|mut file| file.write_all(&line)).map_err(|e| failed(&e))
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

/// The newest runs, newest first. Lines that cannot be read, as after a crash, are passed over.
#[must_use]
pub fn read(place: &Place, most: usize) -> Vec<Run> {
    let Ok(file) = File::open(place.log()) else { return Vec::new() };
    let lines = BufReader::new(file).split(b'\n').map_while(std::result::Result::ok);
    let runs = lines.filter(|line| line.len() <= LINE_MAX).filter_map(|line| serde_json::from_slice(&line).ok());
    let mut runs: Vec<Run> = runs.collect();
    runs.reverse();
    runs.truncate(most);
    runs
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

    #[test]
    fn runs_are_read_newest_first_and_a_torn_line_is_passed_over() {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        assert_eq!(read(&place, 10), []);
        for at in 1..=3 {
            append(&place, &run(at)).expect("appended");
        }
        let mut file = File::options().append(true).open(place.log()).expect("log");
        file.write_all(b"{\"at\":4,\"to").expect("torn");
        assert_eq!(read(&place, 2), [run(3), run(2)]);
    }

    #[test]
    fn a_log_that_has_grown_keeps_its_newest_runs() {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        let long = Run { notes: vec!["x".repeat(60_000)], ..run(0) };
        for at in 0..40 {
            append(&place, &Run { at, ..long.clone() }).expect("appended");
        }
        let kept: Vec<i64> = read(&place, 100).iter().map(|run| run.at).collect();
        assert!(kept[0] == 39 && kept.is_sorted_by(|a, b| a > b) && (17..36).contains(&kept.len()), "{kept:?}");
        assert!(fs::metadata(place.log()).expect("log").len() < BYTES_MAX);
    }
}
