//! Counts what connections spend, against caps, before it is spent.
//!
//! A paid request is on disk before it is sent, so that no crash forgets one. What costs nothing is written
//! with whatever is written next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Clock;
use super::state::{Place, Spent, State};
use crate::domain::calendar::Day;
use crate::error::{Error, Result};
use crate::provider::remote::{Fault, FaultKind, Meter, Unit};

/// What a connection may spend at most; `None` is without a cap.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Caps {
    /// Paid requests a day (UTC), history aside.
    pub requests_a_day: Option<u64>,
    /// Paid requests for history, in all.
    pub requests_for_history: Option<u64>,
    /// Bytes that BigQuery scans a day.
    pub bytes_a_day: Option<u64>,
    /// Bytes that BigQuery scans a month.
    pub bytes_a_month: Option<u64>,
}

impl Caps {
    /// What may still be spent on a day, of what was spent; `None` where there is no cap.
    #[must_use]
    pub fn left(&self, unit: Unit, spent: &Spent, day: Day, history: bool) -> Option<u64> {
        let of_day = |cap: Option<u64>| cap.map(|cap| cap.saturating_sub(spent.on(unit, day)));
        match unit {
            Unit::PaidRequests => {
                let today = of_day(self.requests_a_day)?;
                let set_aside = self.requests_for_history.filter(|_| history).unwrap_or(0);
                let spent = spent.history.get(&unit).copied().unwrap_or(0);
                Some(today + set_aside.saturating_sub(spent))
            }
            Unit::BytesScanned => {
                let month = self.bytes_a_month.map(|cap| cap.saturating_sub(spent.in_month_of(unit, day)));
                match (of_day(self.bytes_a_day), month) {
                    (Some(day), Some(month)) => Some(day.min(month)),
                    (day, month) => day.or(month),
                }
            }
            Unit::FreeRequests | Unit::MilliQpu => None,
        }
    }

    fn told(&self, connection: &str, unit: Unit, spent: &Spent, day: Day) -> Fault {
        let until = "it goes on tomorrow (UTC), or with a higher cap";
        match unit {
            Unit::BytesScanned => {
                let gib = |bytes: u64| bytes.div_ceil(1 << 30);
                let (today, month) = (gib(spent.on(unit, day)), gib(spent.in_month_of(unit, day)));
                Fault::new(
                    FaultKind::Capped,
                    format!(
                        "the cap on bytes that BigQuery scans is reached: {today} GiB today, {month} GiB this month"
                    ),
                )
                .hint(format!("`scan_gib_per_day` and `scan_gib_per_month` in [{connection}] raise it; {until}"))
            }
            _ => {
                let cap = self.requests_a_day.unwrap_or(0);
                let spent = spent.on(unit, day);
                Fault::new(
                    FaultKind::Capped,
                    format!("the cap of {cap} paid requests a day is reached: {spent} were made today"),
                )
                .hint(format!("`requests_per_day` in [{connection}] raises it; {until}"))
            }
        }
    }
}

/// How a day's requests are shared by what is new and history, as long as some of it is to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// The day's cap.
    pub cap: u64,
    /// What is left of it.
    pub left: u64,
    /// What was spent of it for history.
    pub history: u64,
    /// What the day's later syncs will need for the newest days.
    pub later: u64,
}

impl Share {
    /// What is new may take all but a quarter of the day's requests, which is kept for history.
    #[must_use]
    pub fn of_new(&self) -> u64 {
        self.left.saturating_sub(self.kept())
    }

    /// History may take what later syncs do not need, and that quarter in any case.
    #[must_use]
    pub fn of_history(&self) -> u64 {
        self.left.saturating_sub(self.later).max(self.kept().min(self.left))
    }

    fn kept(&self) -> u64 {
        self.cap.div_ceil(4).saturating_sub(self.history)
    }
}

/// Whether at least four fifths of a cap are spent.
#[must_use]
pub fn is_near(spent: u64, cap: Option<u64>) -> bool {
    cap.is_some_and(|cap| cap > 0 && spent.saturating_mul(5) >= cap.saturating_mul(4))
}

/// What may still be spent so that a cap is not near afterwards.
#[must_use]
pub fn before_near(spent: u64, cap: Option<u64>) -> u64 {
    cap.map_or(u64::MAX, |cap| cap.saturating_mul(4).div_ceil(5).saturating_sub(spent.saturating_add(1)))
}

/// The state of sync, shared by the scopes under way and written through.
pub struct Book {
    place: Option<Place>,
    state: Mutex<State>,
    is_closed: AtomicBool,
}

impl Book {
    /// Of a state; written to `place`, kept in memory without one.
    #[must_use]
    pub fn new(place: Option<Place>, state: State) -> Book {
        Book { place, state: Mutex::new(state), is_closed: AtomicBool::new(false) }
    }

    /// The state, for one at a time.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and writes it.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails: the change then holds for this process alone. Also once it is closed.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T> {
        let mut state = self.state();
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Error::store("who syncs now is somebody else"));
        }
        let changed = change(&mut state);
        match &self.place {
            Some(place) => place.write(&state).map(|()| changed),
            None => Ok(changed),
        }
    }

    /// Changes nothing any more: from now on the state may be another process's.
    pub fn close(&self) {
        let _state = self.state();
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Changes what was spent of something, and writes it where a crash must not forget it.
    fn spend<T>(&self, unit: Unit, change: impl FnOnce(&mut State) -> T) -> Result<T> {
        match unit {
            Unit::PaidRequests | Unit::BytesScanned => self.change(change),
            Unit::FreeRequests | Unit::MilliQpu => Ok(change(&mut self.state())),
        }
    }
}

/// Meters one connection.
pub struct ConnectionMeter {
    /// The connection's name.
    pub connection: String,
    /// Its caps.
    pub caps: Caps,
    /// Whether what is spent now is for history.
    pub history: bool,
    /// Where it is written.
    pub book: Arc<Book>,
    /// What time it is.
    pub clock: Clock,
}

impl ConnectionMeter {
    fn today(&self) -> Day {
        Day::of_seconds((self.clock)())
    }
}

impl Meter for ConnectionMeter {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        let (day, caps) = (self.today(), &self.caps);
        let taken = self.book.spend(unit, |state| {
            let spent = state.spent.entry(self.connection.clone()).or_default();
            if caps.left(unit, spent, day, self.history).is_some_and(|left| left < amount) {
                return Err(caps.told(&self.connection, unit, spent, day));
            }
            // The allowance for history is spent first: the day's is for what is new.
            let aside = caps.requests_for_history.filter(|_| self.history && unit == Unit::PaidRequests).unwrap_or(0);
            let used = spent.history.get(&unit).copied().unwrap_or(0);
            spent.add(unit, day, amount, aside.saturating_sub(used).min(amount), self.history);
            Ok(())
        });
        // Where it cannot be written down, nothing that costs money is sent.
        taken
            .unwrap_or_else(|error| Err(Fault::new(FaultKind::Here, format!("what is spent cannot be noted: {error}"))))
    }

    fn give_back(&self, unit: Unit, amount: u64) {
        let day = self.today();
        // Not given back, it only counts for more than it was.
        let _ = self.book.spend(unit, |state| {
            let spent = state.spent.entry(self.connection.clone()).or_default();
            spent.take_back(unit, day, amount, self.history);
        });
    }

    fn left(&self, unit: Unit) -> Option<u64> {
        let state = self.book.state();
        let none = Spent::default();
        self.caps.left(unit, state.spent.get(&self.connection).unwrap_or(&none), self.today(), self.history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(history: bool, caps: Caps) -> ConnectionMeter {
        let book = Arc::new(Book::new(None, State::default()));
        ConnectionMeter { connection: "aws.prod".into(), caps, history, book, clock: Arc::new(|| 1_795_000_000) }
    }

    #[test]
    fn what_costs_nothing_is_written_with_what_is_written_next() {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        let book = Arc::new(Book::new(Some(place.clone()), State::default()));
        let (caps, clock): (_, Clock) = (Caps::default(), Arc::new(|| 1_795_000_000));
        let meter = ConnectionMeter { connection: "azure.main".into(), caps, history: false, book, clock };
        let (day, written) =
            (meter.today(), |unit, day| place.read().0.spent.get("azure.main").map_or(0, |spent| spent.on(unit, day)));
        meter.take(Unit::FreeRequests, 3).expect("no cap");
        assert_eq!(written(Unit::FreeRequests, day), 0);
        meter.take(Unit::PaidRequests, 1).expect("no cap");
        assert_eq!([Unit::FreeRequests, Unit::PaidRequests].map(|unit| written(unit, day)), [3, 1]);
    }

    #[test]
    fn nothing_is_spent_beyond_the_cap() {
        let caps = Caps { requests_a_day: Some(3), ..Caps::default() };
        let meter = meter(false, caps);
        for _ in 0..3 {
            meter.take(Unit::PaidRequests, 1).expect("below the cap");
        }
        let fault = meter.take(Unit::PaidRequests, 1).expect_err("at the cap");
        assert_eq!(
            (fault.kind, fault.message.as_str()),
            (FaultKind::Capped, "the cap of 3 paid requests a day is reached: 3 were made today")
        );
        assert!(fault.hints[0].contains("`requests_per_day` in [aws.prod]"), "{fault:?}");
        meter.give_back(Unit::PaidRequests, 1);
        assert_eq!(meter.left(Unit::PaidRequests), Some(1));
        meter.take(Unit::FreeRequests, 1_000).expect("no cap");
    }

    #[test]
    fn what_is_left_before_a_cap_is_near_brings_nobody_near_it() {
        for (cap, spent) in [(0, 0), (1, 0), (2, 0), (3, 0), (12, 0), (12, 7), (12, 9), (12, 12), (100, 5)] {
            let left = before_near(spent, Some(cap));
            assert!(left == 0 || !is_near(spent + left, Some(cap)), "{left} of {cap}");
            assert!(cap == 0 || is_near(spent + left + 1, Some(cap)), "{left} of {cap}");
        }
        assert_eq!(before_near(7, Some(12)), 2);
        assert_eq!((before_near(9, None), is_near(9, None)), (u64::MAX, false));
    }

    #[test]
    fn history_has_an_allowance_of_its_own_and_then_the_days() {
        let caps = Caps { requests_a_day: Some(3), requests_for_history: Some(2), ..Caps::default() };
        let meter = meter(true, caps);
        for left in [5, 4, 3, 2, 1] {
            assert_eq!(meter.left(Unit::PaidRequests), Some(left));
            meter.take(Unit::PaidRequests, 1).expect("left");
        }
        assert!(meter.take(Unit::PaidRequests, 1).is_err());
        assert_eq!(meter.book.state().spent["aws.prod"].history[&Unit::PaidRequests], 2);
        meter.give_back(Unit::PaidRequests, 4);
        assert_eq!(meter.left(Unit::PaidRequests), Some(4));
    }

    #[test]
    fn neither_history_nor_what_is_new_takes_all_of_a_day() {
        let share = |left, history, later| {
            let share = Share { cap: 12, left, history, later };
            (share.of_new(), share.of_history())
        };
        assert_eq!(share(12, 0, 2), (9, 10));
        // What is new took its share: the quarter is left for history.
        assert_eq!(share(3, 0, 6), (0, 3));
        // History had its quarter, and leaves what later syncs need.
        assert_eq!(share(7, 3, 2), (7, 5));
        assert_eq!(share(2, 5, 2), (2, 0));
        assert_eq!(share(0, 0, 0), (0, 0));
    }

    #[test]
    fn bytes_are_capped_by_day_and_by_month() {
        let caps = Caps { bytes_a_day: Some(10), bytes_a_month: Some(15), ..Caps::default() };
        let (mut spent, day) = (Spent::default(), Day::parse("2026-11-22").expect("a day"));
        spent.add(Unit::BytesScanned, day.plus(-1), 9, 0, false);
        assert_eq!(caps.left(Unit::BytesScanned, &spent, day, false), Some(6));
        spent.add(Unit::BytesScanned, day, 6, 0, false);
        let fault = caps.told("gcp.main", Unit::BytesScanned, &spent, day);
        assert!(fault.message.ends_with("1 GiB today, 1 GiB this month"), "{fault}");
    }
}
