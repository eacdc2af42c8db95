//! Counts what connections spend, against caps, before it is spent.
//!
//! A paid request is on disk before it is sent, so that no crash forgets one. What costs nothing is written
//! with whatever is written next. What runs under way are about to spend is held for them ([`holds`]), so that
//! scopes under one cap do not count on the same requests. Tries that fail cost nothing and are counted too: a
//! storm of them has an end.

pub mod holds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::holds::{Held, Hold, Holds};
use super::Clock;
use super::state::{Place, Spent, State};
use crate::domain::calendar::Day;
use crate::domain::words::counted;
use crate::error::{Error, Result};
use crate::provider::remote::{Fault, FaultKind, Meter, Unit};

/// After how long it is looked again whether what is held for others is left over.
const HELD_FOR: Duration = Duration::from_secs(60);

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
    /// Tries that fail a day (UTC), which cost nothing.
    pub failed_a_day: Option<u64>,
}

impl Caps {
    /// What may still be spent on a day, of what was spent: of what the day may cost, `None` where there is no
    /// cap, and of what is set aside for history.
    #[must_use]
    pub fn left(&self, unit: Unit, spent: &Spent, day: Day, history: bool) -> (Option<u64>, u64) {
        let of_day = |cap: Option<u64>| cap.map(|cap| cap.saturating_sub(spent.on(unit, day)));
        match unit {
            Unit::PaidRequests => {
                let set_aside = self.requests_for_history.filter(|_| history).unwrap_or(0);
                let used = spent.history.get(&unit).copied().unwrap_or(0);
                (of_day(self.requests_a_day), set_aside.saturating_sub(used))
            }
            Unit::BytesScanned => {
                let month = self.bytes_a_month.map(|cap| cap.saturating_sub(spent.in_month_of(unit, day)));
                match (of_day(self.bytes_a_day), month) {
                    (Some(day), Some(month)) => (Some(day.min(month)), 0),
                    (day, month) => (day.or(month), 0),
                }
            }
            Unit::FreeRequests | Unit::MilliQpu => (None, 0),
        }
    }

    /// That nothing more may be spent, while so much is held for others.
    fn told(&self, connection: &str, unit: Unit, spent: &Spent, day: Day, held: u64) -> Fault {
        let until = match held {
            0 => "it goes on tomorrow (UTC), or with a higher cap",
            _ => "it goes on with what of that is left over, or with a higher cap",
        };
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
                let kept = held;
                let held = match held {
                    0 => String::new(),
                    held => format!(", {} kept for what is under way", counted(held, "is", "are")),
                };
                Fault::new(
                    FaultKind::Capped,
                    format!("the cap of {cap} paid requests a day is reached: {spent} were made today{held}"),
                )
                .hint(format!("`requests_per_day` in [{connection}] raises it; {until}"))
                // What is under way may not need it.
                .wait((kept > 0).then_some(HELD_FOR))
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
    /// What other scopes under the cap need for theirs that have not come today.
    pub others: u64,
}

impl Share {
    /// What is new may take all that the newest days of other scopes do not need, but for a quarter of the day's
    /// requests where history waits.
    #[must_use]
    pub fn of_new(&self, history_waits: bool) -> u64 {
        self.left.saturating_sub(if history_waits { self.kept() } else { 0 }).saturating_sub(self.others)
    }

    /// History may take what later syncs and other scopes do not need, and that quarter in any case.
    #[must_use]
    pub fn of_history(&self) -> u64 {
        self.left.saturating_sub(self.later.saturating_add(self.others)).max(self.kept().min(self.left))
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
    /// Locked after `state`, where both are.
    holds: Mutex<Holds>,
    fitting: Mutex<()>,
}

impl Book {
    /// Of a state; written to `place`, kept in memory without one.
    #[must_use]
    pub fn new(place: Option<Place>, state: State) -> Book {
        let (is_closed, holds, fitting) = (AtomicBool::new(false), Mutex::default(), Mutex::default());
        Book { place, state: Mutex::new(state), is_closed, holds, fitting }
    }

    /// Held while it is reckoned what fits what is left, until it is held: one at a time.
    pub fn fitting(&self) -> MutexGuard<'_, ()> {
        self.fitting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds paid requests of a connection for a run of a source until what is given back is dropped.
    #[must_use]
    pub fn hold(self: &Arc<Self>, connection: &str, source: &str, held: Held) -> Hold {
        Hold::new(Arc::clone(self), connection, source, held)
    }

    /// Sources that paid requests of a connection are held for.
    #[must_use]
    pub fn holders(&self, connection: &str) -> BTreeSet<String> {
        self.holds().sources(connection)
    }

    fn holds(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Meters what one call spends of a connection.
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
    /// What is held for the call.
    hold: Option<Arc<Hold>>,
    /// On which days what was taken: what is given back goes where it came from, be it past midnight.
    taken: Mutex<BTreeMap<Unit, BTreeMap<Day, u64>>>,
}

impl ConnectionMeter {
    /// Of a connection; nothing is held for it.
    #[must_use]
    pub fn new(connection: &str, caps: Caps, history: bool, book: Arc<Book>, clock: Clock) -> ConnectionMeter {
        let (connection, taken) = (connection.to_owned(), Mutex::default());
        ConnectionMeter { connection, caps, history, book, clock, hold: None, taken }
    }

    /// The same with what is held for it.
    #[must_use]
    pub fn holding(self, hold: Option<Arc<Hold>>) -> ConnectionMeter {
        ConnectionMeter { hold, ..self }
    }

    fn today(&self) -> Day {
        Day::of_seconds((self.clock)())
    }

    /// What is held for others.
    fn held(&self, unit: Unit) -> Held {
        match unit {
            Unit::PaidRequests => self.book.holds().others(&self.connection, self.hold.as_deref()),
            _ => Held::default(),
        }
    }

    /// What may be spent now, of what is left and not held for others.
    fn free(&self, unit: Unit, spent: &Spent, day: Day, held: Held) -> (Option<u64>, u64) {
        let (of_day, aside) = self.caps.left(unit, spent, day, self.history);
        (of_day.map(|left| left.saturating_sub(held.of_day)), aside.saturating_sub(held.aside))
    }

    /// That nothing more may be spent, in words: takes nothing.
    #[must_use]
    pub fn refusal(&self, unit: Unit) -> Fault {
        let (state, none) = (self.book.state(), Spent::default());
        let spent = state.spent.get(&self.connection).unwrap_or(&none);
        self.caps.told(&self.connection, unit, spent, self.today(), self.held(unit).of_day)
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<Unit, BTreeMap<Day, u64>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The days that so much was taken of last, and how much of each.
    fn last_taken(&self, unit: Unit, mut amount: u64) -> Vec<(Day, u64)> {
        let (mut taken, mut last) = (self.taken(), Vec::new());
        let days = taken.entry(unit).or_default();
        while amount > 0
            && let Some((day, of_day)) = days.pop_last()
        {
            let back = of_day.min(amount);
            amount -= back;
            last.push((day, back));
            if of_day > back {
                days.insert(day, of_day - back);
            }
        }
        last
    }
}

impl Meter for ConnectionMeter {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        let (day, caps) = (self.today(), &self.caps);
        let taken = self.book.spend(unit, |state| {
            let (spent, held) = (state.spent.entry(self.connection.clone()).or_default(), self.held(unit));
            let (of_day, aside) = self.free(unit, spent, day, held);
            if of_day.is_some_and(|left| left.saturating_add(aside) < amount) {
                return Err(caps.told(&self.connection, unit, spent, day, held.of_day));
            }
            // The allowance for history is spent first: the day's is for what is new.
            let aside = aside.min(amount);
            spent.add(unit, day, amount, aside, self.history);
            if let Some(hold) = self.hold.as_ref().filter(|_| unit == Unit::PaidRequests) {
                self.book.holds().used(hold, Held { of_day: amount - aside, aside });
            }
            Ok(())
        });
        // Where it cannot be written down, nothing that costs money is sent.
        let taken = taken.unwrap_or_else(|error| {
            Err(Fault::new(FaultKind::Here, format!("what is spent cannot be noted: {error}")))
        });
        taken.inspect(|()| *self.taken().entry(unit).or_default().entry(day).or_default() += amount)
    }

    fn give_back(&self, unit: Unit, amount: u64) {
        let days = self.last_taken(unit, amount);
        // Not given back, it only counts for more than it was.
        let _ = self.book.spend(unit, |state| {
            let spent = state.spent.entry(self.connection.clone()).or_default();
            for (day, amount) in days {
                let back = spent.take_back(unit, day, amount, self.history);
                if let Some(hold) = self.hold.as_ref().filter(|_| unit == Unit::PaidRequests) {
                    // It is tried again.
                    self.book.holds().unused(hold, Held { of_day: back.0, aside: back.1 });
                }
            }
        });
    }

    fn left(&self, unit: Unit) -> Option<u64> {
        let state = self.book.state();
        let none = Spent::default();
        let spent = state.spent.get(&self.connection).unwrap_or(&none);
        let (of_day, aside) = self.free(unit, spent, self.today(), self.held(unit));
        of_day.map(|left| left.saturating_add(aside))
    }

    fn may_try(&self) -> Result<(), Fault> {
        let failed = self.book.state().spent.get(&self.connection).map_or(0, |spent| spent.failed_on(self.today()));
        match self.caps.failed_a_day {
            Some(cap) if failed >= cap => Err(Fault::new(
                FaultKind::Capped,
                format!("{failed} requests have failed today: no more are sent before 00:00 UTC"),
            )
            .hint("`spendtop sync --log` says what failed; what is stored stays")),
            _ => Ok(()),
        }
    }

    fn failed(&self, fault: &Fault) {
        // What was never sent has not failed.
        if !matches!(fault.kind, FaultKind::Capped | FaultKind::Cancelled | FaultKind::Here) {
            let day = self.today();
            self.book.state().spent.entry(self.connection.clone()).or_default().fail(day);
        }
    }
}

#[cfg(test)]
mod tests;
