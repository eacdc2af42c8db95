//! What sync remembers between runs besides charges: how each scope stands, and what was spent.
//!
//! A file beside the store, `sync/state.json`, written whole, synced and put in place at once; whoever
//! holds the [`super::lock::SyncLock`] writes it, and anybody reads it. Losing it loses no charge: scopes are asked
//! again by what the store says has come. What was spent is then not known, and is said so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::calendar::Day;
use crate::error::{Error, Kind, Result};
use crate::provider::remote::{Fault, FaultKind, Unit};
use crate::store::folder;
use crate::sync::silence::Silence;

/// The file by which others ask for a sync.
const ASKED: &str = "asked";
/// The file of the state.
pub(super) const STATE: &str = "state.json";

/// Whether a file of the folder tells how syncing stands, or that somebody asks for it.
#[must_use]
pub fn is_telling(name: &[u8]) -> bool {
    name == ASKED.as_bytes() || name == STATE.as_bytes()
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
    /// What runs now, for whoever only reads.
    pub running: Option<Running>,
}

/// How a scope stands.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// When it was last begun, seconds since 1970; 0 for never.
    pub begun_at: i64,
    /// When all that was due had last come, but for what is set aside; 0 for never.
    pub good_at: i64,
    /// When a part of it had last come while all never had; 0 for never.
    pub stored_at: i64,
    /// Runs since then that failed.
    pub failures: u32,
    /// Since when it fails; 0 where it does not, or only a cap keeps it.
    pub failing_since: i64,
    /// It is not asked before.
    pub not_before: i64,
    /// What last went wrong; nothing where all went well.
    pub trouble: Option<Trouble>,
    /// When a person was told that it fails; 0 where nobody was.
    pub told_at: i64,
    /// What was left for later, where a cap or an allowance keeps it from coming.
    pub left: Option<String>,
    /// By feed, what its answers were like.
    pub seen: BTreeMap<String, Seen>,
    /// Days of which it told nothing, which is not believed yet.
    pub silence: Silence,
    /// Days of history that have come, and that are wanted.
    pub history: (u32, u32),
    /// Splits and deliveries that are refused by themselves while all else comes.
    pub aside: BTreeMap<String, Aside>,
}

/// Something of a scope that was refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Aside {
    /// When, seconds since 1970.
    pub at: i64,
    /// When a delivery of this name was first refused, seconds since 1970; 0 where that is not known, or where nobody
    /// looked at what it tells.
    #[serde(default)]
    pub since: i64,
    /// When the one that was first refused had been written, seconds since 1970; 0 where that is not known.
    #[serde(default)]
    pub written: i64,
    /// What had come beside it when what is stored held it back: as long as that is so it would be again. `None` of
    /// what was refused for something else.
    #[serde(default)]
    pub beside: Option<String>,
    /// Whether it is a split, without which no charge is missing.
    pub split: bool,
    /// Why.
    pub trouble: Trouble,
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

impl From<&Fault> for Trouble {
    fn from(fault: &Fault) -> Self {
        Trouble { kind: fault.kind, message: fault.message.clone(), hints: fault.hints.clone() }
    }
}

/// What a feed's answers were like, for estimates.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Charges of a day.
    pub rows_a_day: u64,
    /// Charges that a page holds, as far as it was seen.
    pub page_rows: u64,
    /// Whether there was more than one page, so that a page holds no more than that.
    pub paged: bool,
}

impl Seen {
    /// What is known once an answer of so many days had so many charges on so many pages.
    #[must_use]
    pub fn with(self, days: u64, rows: u64, pages: u64) -> Seen {
        let (least, most) = (rows.div_ceil(pages.max(1)), rows / pages.saturating_sub(1).max(1));
        let (page_rows, paged) = match (pages > 1, self.paged) {
            // Within what this answer says, what was known is as good.
            (true, true) if (least..=most).contains(&self.page_rows) => (self.page_rows, true),
            (true, _) => (least, true),
            (false, _) => (self.page_rows.max(rows), self.paged),
        };
        Seen { rows_a_day: rows.div_ceil(days.max(1)), page_rows, paged }
    }
}

/// Amounts by unit and day.
type Days = BTreeMap<Unit, BTreeMap<Day, u64>>;

/// What a connection spent. What is set aside for history does not count for what a day may cost.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// By unit and day, of what a day may cost.
    pub days: Days,
    /// For history, in all, of what was set aside for it.
    pub history: BTreeMap<Unit, u64>,
    /// The same by day.
    pub aside_days: Days,
    /// For history, by day, of what a day may cost.
    pub history_days: Days,
    /// Tries that failed and cost nothing, by day.
    pub failed: BTreeMap<Day, u64>,
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
    /// Adds to what was spent on a day; the first `aside` of it was set aside for history.
    pub fn add(&mut self, unit: Unit, day: Day, amount: u64, aside: u64, history: bool) {
        let of_day = amount.saturating_sub(aside);
        let slot = self.history.entry(unit).or_default();
        *slot = slot.saturating_add(aside);
        let of_history = if history { of_day } else { 0 };
        for (days, amount) in self.pots(of_day, aside, of_history) {
            let days = days.entry(unit).or_default();
            let slot = days.entry(day).or_default();
            *slot = slot.saturating_add(amount);
            days.retain(|known, _| day.0 - known.0 <= SPENT_DAYS);
        }
    }

    /// Takes back what was not charged: what was taken last first, which is what counts for the day. How much of
    /// it that was, and how much was set aside for history.
    pub fn take_back(&mut self, unit: Unit, day: Day, amount: u64, history: bool) -> (u64, u64) {
        let taken = if history { self.on_history(unit, day) } else { self.on(unit, day) };
        let of_day = taken.min(amount);
        let aside = if history { (amount - of_day).min(at(&self.aside_days, unit, day)) } else { 0 };
        let of_history = if history { of_day } else { 0 };
        for (days, amount) in self.pots(of_day, aside, of_history) {
            if let Some(slot) = days.get_mut(&unit).and_then(|days| days.get_mut(&day)) {
                *slot = slot.saturating_sub(amount);
            }
        }
        if let Some(slot) = self.history.get_mut(&unit) {
            *slot = slot.saturating_sub(aside);
        }
        (of_day, aside)
    }

    /// Counts a try that failed.
    pub fn fail(&mut self, day: Day) {
        *self.failed.entry(day).or_default() += 1;
        self.failed.retain(|known, _| day.0 - known.0 <= SPENT_DAYS);
    }

    /// Tries of a day that failed.
    #[must_use]
    pub fn failed_on(&self, day: Day) -> u64 {
        self.failed.get(&day).copied().unwrap_or(0)
    }

    fn pots(&mut self, of_day: u64, aside: u64, of_history: u64) -> impl Iterator<Item = (&mut Days, u64)> {
        let pots = [(&mut self.days, of_day), (&mut self.aside_days, aside), (&mut self.history_days, of_history)];
        pots.into_iter().filter(|(_, amount)| *amount > 0)
    }

    /// What was spent of what a day may cost.
    #[must_use]
    pub fn on(&self, unit: Unit, day: Day) -> u64 {
        at(&self.days, unit, day)
    }

    /// What of that was for history.
    #[must_use]
    pub fn on_history(&self, unit: Unit, day: Day) -> u64 {
        at(&self.history_days, unit, day)
    }

    /// All that was spent in a day's month, up to that day.
    #[must_use]
    pub fn in_month_of(&self, unit: Unit, day: Day) -> u64 {
        let of =
            |days: &BTreeMap<Day, u64>| days.range(day.month().first()..=day).map(|(_, amount)| amount).sum::<u64>();
        [&self.days, &self.aside_days].iter().filter_map(|pot| pot.get(&unit)).map(of).sum()
    }
}

fn at(days: &Days, unit: Unit, day: Day) -> u64 {
    days.get(&unit).and_then(|days| days.get(&day)).copied().unwrap_or(0)
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

    /// A folder.
    pub(super) fn at(folder: PathBuf) -> Place {
        Place(folder)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    fn state(&self) -> PathBuf {
        self.0.join(STATE)
    }

    /// The file of the log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log.jsonl")
    }

    /// The file that whoever syncs has locked.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Asks whoever syncs to ask all scopes now.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be written.
    pub fn ask(&self, at: i64) -> Result<()> {
        folder::keep(&self.0, ASKED, at.to_string().as_bytes())
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
        let text = serde_json::to_vec_pretty(state).map_err(|e| Error::bug(format!("the state of sync: {e}")))?;
        self.put(STATE, &text)
    }

    /// Puts a file into the folder, all of it or nothing; on disk when this returns.
    pub(super) fn put(&self, name: &str, text: &[u8]) -> Result<()> {
        folder::keep(&self.0, name, text)
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
        let mut state = State::default();
        state.spent.entry("aws.prod".into()).or_default().add(Unit::PaidRequests, Day(20_000), 3, 0, true);
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
            spent.add(Unit::PaidRequests, day, amount, 0, amount == 4);
        }
        spent.take_back(Unit::PaidRequests, first.plus(3), 1, true);
        assert_eq!([first, first.plus(3)].map(|day| spent.on_history(Unit::PaidRequests, day)), [0, 3]);
        assert_eq!(spent.on(Unit::PaidRequests, first.plus(3)), 3);
        assert_eq!(spent.in_month_of(Unit::PaidRequests, first.plus(3)), 5);
        assert_eq!(spent.in_month_of(Unit::BytesScanned, first), 0);
    }

    #[test]
    fn what_is_given_back_goes_where_it_was_taken_from() {
        let (mut spent, day, unit) = (Spent::default(), Day(20_000), Unit::PaidRequests);
        spent.add(unit, day, 12, 0, false);
        spent.add(unit, day, 65, 65, true);
        assert_eq!((spent.on(unit, day), spent.history[&unit], spent.in_month_of(unit, day)), (12, 65, 77));
        // Twelve of history were refused and cost nothing.
        spent.take_back(unit, day, 12, true);
        assert_eq!((spent.on(unit, day), spent.history[&unit], spent.in_month_of(unit, day)), (12, 53, 65));
        // One was taken of what was set aside, one of the day's.
        spent.add(unit, day, 2, 1, true);
        spent.take_back(unit, day, 2, true);
        assert_eq!((spent.on(unit, day), spent.on_history(unit, day), spent.history[&unit]), (12, 0, 53));
    }

    #[test]
    fn what_a_page_holds_is_learnt_from_answers() {
        let mut seen = Seen::default();
        for ((days, rows, pages), want) in [
            // One page: it holds at least that.
            ((3, 2_400, 1), (800, 2_400, false)),
            ((1, 700, 1), (700, 2_400, false)),
            // Two: between the half of it and all.
            ((10, 8_000, 2), (800, 4_000, true)),
            // A longer one tells more exactly.
            ((92, 73_600, 15), (800, 4_907, true)),
            ((10, 8_000, 2), (800, 4_907, true)),
            ((1, 4_950, 1), (4_950, 4_950, true)),
            // A provider that made its pages smaller.
            ((10, 8_000, 8), (800, 1_000, true)),
            ((0, 0, 0), (0, 1_000, true)),
        ] {
            seen = seen.with(days, rows, pages);
            assert_eq!((seen.rows_a_day, seen.page_rows, seen.paged), want, "{rows} rows on {pages} pages");
        }
    }
}
