//! What sync remembers between runs besides charges: how each scope stands, and what was spent.
//!
//! A file beside the store, `sync/state.json`, written whole, synced and put in place at once; whoever
//! holds the [`SyncLock`] writes it, and anybody reads it. Losing it loses no charge: scopes are asked
//! again by what the store says has come. What was spent is then not known, and is said so.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use fs2::FileExt;
use serde::{Deserialize, Serialize};

use crate::domain::calendar::Day;
use crate::error::{Error, Kind, Result};
use crate::provider::remote::{FaultKind, Unit};

/// The file by which others ask for a sync.
const ASKED: &str = "asked";
/// Whether a file of the folder tells how syncing stands, or that somebody asks for it.
#[must_use]
pub fn is_telling(name: &[u8]) -> bool {
    name == ASKED.as_bytes() || name == b"state.json"
}

/// Bytes of the file at most.
const BYTES_MAX: u64 = 16 << 20;
/// Days that spending is remembered.
const SPENT_DAYS: i32 = 400;

/// What sync remembers.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// How scopes stand, by source.
    pub scopes: BTreeMap<String, Standing>,
    /// What connections spent, by name.
    pub spent: BTreeMap<String, Spent>,
    /// When somebody last asked for a sync now, seconds since 1970.
    pub asked_at: i64,
    /// What runs now, for whoever only reads.
    pub running: Option<Running>,
}

/// How a scope stands.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// When it was last begun, seconds since 1970; 0 for never.
    pub begun_at: i64,
    /// When all that was due had last come; 0 for never.
    pub good_at: i64,
    /// Runs since then that failed.
    pub failures: u32,
    /// Since when it fails; 0 where it does not.
    pub failing_since: i64,
    /// It is not asked before.
    pub not_before: i64,
    /// What last went wrong; nothing where all went well.
    pub trouble: Option<Trouble>,
    /// Since when somebody was told that it fails; 0 where nobody was.
    pub told_at: i64,
    /// What was left for later, where a cap or an allowance keeps it from coming.
    pub left: Option<String>,
    /// By feed, what its answers were like.
    pub seen: BTreeMap<String, Seen>,
    /// Days of history that have come, and that are wanted.
    pub history: (u32, u32),
}

/// What went wrong with a scope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trouble {
    /// What sort of fault.
    pub kind: FaultKind,
    /// In words.
    pub message: String,
    /// What to do about it.
    pub hints: Vec<String>,
}

/// What a feed's answers were like, for estimates.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Charges of a day.
    pub rows_a_day: u64,
    /// Charges that a full page had at most; 0 where all came on one page.
    pub page_rows: u64,
}

/// What a connection spent: by unit, by day; and what of it was for history, in all.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// By unit and day.
    pub days: BTreeMap<Unit, BTreeMap<Day, u64>>,
    /// For history, in all.
    pub history: BTreeMap<Unit, u64>,
}

/// What runs now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Running {
    /// The process that syncs.
    pub process: u32,
    /// What each scope under way is at, by source.
    pub scopes: BTreeMap<String, String>,
}

impl Spent {
    /// Adds to what was spent on a day.
    pub fn add(&mut self, unit: Unit, day: Day, amount: u64) {
        let days = self.days.entry(unit).or_default();
        let slot = days.entry(day).or_default();
        *slot = slot.saturating_add(amount);
        days.retain(|known, _| day.0 - known.0 <= SPENT_DAYS);
    }

    /// Takes back what was not charged.
    pub fn take_back(&mut self, unit: Unit, day: Day, amount: u64) {
        if let Some(slot) = self.days.get_mut(&unit).and_then(|days| days.get_mut(&day)) {
            *slot = slot.saturating_sub(amount);
        }
    }

    /// What was spent on a day.
    #[must_use]
    pub fn on(&self, unit: Unit, day: Day) -> u64 {
        self.days.get(&unit).and_then(|days| days.get(&day)).copied().unwrap_or(0)
    }

    /// What was spent in a day's month, up to that day.
    #[must_use]
    pub fn in_month_of(&self, unit: Unit, day: Day) -> u64 {
        self.days.get(&unit).map_or(0, |days| days.range(day.month().first()..=day).map(|(_, amount)| amount).sum())
    }
}

/// Where the state of a store's sync lies.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// Beside a store.
    #[must_use]
    pub fn beside(store: &Path) -> Place {
        Place(store.join("sync"))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }

    /// The file of the log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log.jsonl")
    }

    /// Asks whoever syncs to ask all scopes now.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be written.
    pub fn ask(&self, at: i64) -> Result<()> {
        let (path, next) = (self.0.join(ASKED), self.0.join("asked.next"));
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "write", &path, e);
        private(&next).and_then(|mut file| file.write_all(at.to_string().as_bytes())).map_err(|e| failed(&e))?;
        fs::rename(&next, &path).map_err(|e| failed(&e))
    }

    /// When somebody last asked that, seconds since 1970; 0 for never.
    #[must_use]
    pub fn asked_at(&self) -> i64 {
        fs::read_to_string(self.0.join(ASKED)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// Makes the folder, for its owner alone.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be made.
    pub fn prepare(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        match fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0) {
            Ok(()) => Ok(()),
            Err(e) => Err(Error::io(Kind::Store, "make", &self.0, &e)),
        }
    }

    /// Reads the state; an empty one where there is none, and a word where what is there cannot be read.
    #[must_use]
    pub fn read(&self) -> (State, Option<String>) {
        let path = self.state();
        let text = match fs::metadata(&path).map(|meta| meta.len()) {
            Err(_) => return (State::default(), None),
            Ok(bytes) if bytes > BYTES_MAX => Err(format!("it has {bytes} bytes")),
            Ok(_) => fs::read(&path).map_err(|e| e.to_string()),
        };
        match text.and_then(|text| serde_json::from_slice(&text).map_err(|e| e.to_string())) {
            Ok(state) => (state, None),
            Err(why) => {
                let told = "what was spent before is not known, and everything that is due is asked for";
                (State::default(), Some(format!("the state of sync cannot be read ({why}): {told}")))
            }
        }
    }

    /// Writes the state; on disk when this returns.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full.
    pub fn write(&self, state: &State) -> Result<()> {
        let (path, next) = (self.state(), self.0.join("state.json.next"));
        let failed = |path: &Path, e: &std::io::Error| Error::io(Kind::Store, "write", path, e);
        let text = serde_json::to_vec_pretty(state).map_err(|e| Error::bug(format!("the state of sync: {e}")))?;
        let mut file = private(&next).map_err(|e| failed(&next, &e))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(|e| failed(&next, &e))?;
        fs::rename(&next, &path).map_err(|e| failed(&path, &e))?;
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(|e| failed(&self.0, &e))
    }
}

fn private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Held by the one process that syncs a store.
pub struct SyncLock(#[expect(dead_code, reason = "kept: the lock goes with it")] File);

impl SyncLock {
    /// Takes it, if nobody has it.
    ///
    /// # Errors
    /// Kind `Store` where the folder cannot be written to.
    pub fn try_take(place: &Place) -> Result<Option<SyncLock>> {
        place.prepare()?;
        let path = place.0.join("lock");
        let file = private(&path).map_err(|e| Error::io(Kind::Store, "open", &path, &e))?;
        Ok(file.try_lock_exclusive().is_ok().then_some(SyncLock(file)))
    }

    /// Takes it once nobody has it any more; waits without waking.
    ///
    /// # Errors
    /// Kind `Store` where the folder cannot be written to.
    pub fn wait(place: &Place) -> Result<SyncLock> {
        place.prepare()?;
        let path = place.0.join("lock");
        let file = private(&path).map_err(|e| Error::io(Kind::Store, "open", &path, &e))?;
        file.lock_exclusive().map_err(|e| Error::io(Kind::Store, "lock", &path, &e))?;
        Ok(SyncLock(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_damaged_is_told() {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        assert_eq!(place.read(), (State::default(), None));
        let mut state = State { asked_at: 7, ..State::default() };
        state.spent.entry("aws.prod".into()).or_default().add(Unit::PaidRequests, Day(20_000), 3);
        place.write(&state).expect("written");
        assert_eq!(place.read(), (state, None));
        fs::write(place.state(), "{\"scopes\":7}").expect("damaged");
        let (state, told) = place.read();
        assert!(state == State::default() && told.is_some_and(|told| told.contains("cannot be read")));
    }

    #[test]
    fn spending_is_told_by_day_and_by_month() {
        let (mut spent, first) = (Spent::default(), Day::parse("2026-11-01").expect("a day"));
        for (day, amount) in [(first.plus(-1), 5), (first, 2), (first.plus(3), 4)] {
            spent.add(Unit::PaidRequests, day, amount);
        }
        spent.take_back(Unit::PaidRequests, first.plus(3), 1);
        assert_eq!(spent.on(Unit::PaidRequests, first.plus(3)), 3);
        assert_eq!(spent.in_month_of(Unit::PaidRequests, first.plus(3)), 5);
        assert_eq!(spent.in_month_of(Unit::BytesScanned, first), 0);
    }

    #[test]
    fn one_process_syncs_at_a_time() {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        let held = SyncLock::try_take(&place).expect("taken").expect("free");
        assert!(SyncLock::try_take(&place).expect("tried").is_none());
        drop(held);
        assert!(SyncLock::wait(&place).is_ok());
    }
}
