//! The loop that keeps scopes fresh: who is due is looked at, asked window by window, and stored.
//!
//! Scopes run beside each other, each by itself one ask after the other: one that fails or waits holds
//! nobody up, and history gives way to what is new. After each window the plan is made anew from what the
//! store says has come, so that a run may end anywhere. One process of a store syncs at a time ([`super::lock::SyncLock`]).

mod aside;
mod outcome;
mod pool;
mod scope;
mod told;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::Clock;
use super::alarm::{self, Alarm};
use super::ingest::{Options, Outcome, Watcher};
use super::log::{Log, Run};
use super::meter::{Book, Caps};
use super::state::{Place, Running, Standing, State};
use crate::error::{Error, Result};
use crate::provider::CostSource;
use crate::provider::remote::pace::Pace;
use crate::provider::remote::{Costs, FaultKind, Manner};
use crate::store::listeners::{Listener, Listeners};
use crate::store::remote::Synced;

use pool::Bell;
pub use scope::wait_after;

/// Threads that speak with providers.
const NET_THREADS: usize = 2;

/// Where charges go: the store, here or in the process that has it open.
pub trait Vault: Send + Sync {
    /// What has come of a scope, by its source; nothing where it does not know it.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be reached.
    fn scope(&self, source: &str) -> Result<Synced>;

    /// Takes a source in.
    ///
    /// # Errors
    /// As [`super::ingest::ingest`].
    fn take(&self, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome>;

    /// Has what is stored of deliveries count as the config has their sources, which are named in its order.
    ///
    /// # Errors
    /// As [`super::overlap::settle`].
    fn settle(&self, configured: &[String]) -> Result<()>;
}

/// A connection of the config, with its scopes.
pub struct Connection {
    /// Its name, as `aws.prod`.
    pub name: String,
    /// Seconds between two syncs; the provider's own where `None`.
    pub every: Option<i64>,
    /// Months of history that are wanted.
    pub months: u16,
    /// What it may spend.
    pub caps: Caps,
    /// Whether a delivery with refused rows may take the place of a complete one.
    pub accept_partial: bool,
    /// What there is to ask.
    pub scopes: Vec<Arc<dyn Costs>>,
}

/// What is synced, with what, and how it goes.
pub struct Syncer {
    connections: Arc<Vec<Connection>>,
    vault: Arc<dyn Vault>,
    place: Option<Place>,
    /// That what was known before cannot be read.
    told: Option<String>,
    book: Arc<Book>,
    log: Log,
    clock: Clock,
    runtime: Handle,
    pace: Pace,
    board: Arc<Board>,
    ran: Listeners<Arc<Run>>,
    alarms: Listeners<String>,
    bell: Arc<Bell>,
}

/// How a scope under way is doing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Live {
    /// What is asked for now.
    pub what: String,
    /// Pieces of it that have come, and how many there are; 0 where that is not known.
    pub pieces: (u64, u64),
    /// Charges of it that have come.
    pub rows: u64,
    /// Why it waits, and until when, seconds since 1970.
    pub waits: Option<(String, i64)>,
    /// Since when what was asked has no answer, seconds since 1970; `None` where it is not long ago.
    pub silent_since: Option<i64>,
    /// Days of history that came in this run, and those that are still to come.
    pub history: (u32, u32),
    /// When this run began, seconds since 1970.
    pub since: i64,
}

/// Where it is told how scopes under way are doing.
#[derive(Default)]
struct Board {
    lives: Mutex<BTreeMap<String, Live>>,
    listeners: Listeners<()>,
}

impl Board {
    fn lives(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how a scope is doing, and tells those who look.
    fn tell(&self, source: &str, change: impl FnOnce(&mut Live)) {
        change(self.lives().entry(source.to_owned()).or_default());
        self.listeners.tell(());
    }
}

/// Which scopes a pass is of, and whether they are asked before they are due.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Which {
    /// Connections or scopes, by name; all where empty.
    pub names: Vec<String>,
    /// Whether they are asked although they are not due, as somebody wishes; not those that the provider
    /// wants left alone.
    pub now: bool,
}

impl Which {
    fn has(&self, connection: &str, source: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == connection || name == source)
    }
}

/// What one pass came to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Passed {
    /// Scopes that were asked.
    pub asked: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// Windows and deliveries that were stored.
    pub stored: usize,
    /// Scopes that were not asked although somebody wishes it, since the provider wants to be left alone.
    pub held: Vec<String>,
}

impl Syncer {
    /// Of these connections. The state is read from `place` and written there; without one it is kept in
    /// memory.
    #[must_use]
    pub fn new(
        connections: Arc<Vec<Connection>>,
        vault: Arc<dyn Vault>,
        place: Option<Place>,
        clock: Clock,
        runtime: Handle,
        pace: Pace,
    ) -> Syncer {
        let (state, told) = place.as_ref().map_or_else(Default::default, Place::read);
        // What another process was at is over: this one has the lock.
        let state = State { running: None, ..state };
        Syncer {
            told,
            log: Log::new(place.clone()),
            connections,
            vault,
            book: Arc::new(Book::new(place.clone(), state)),
            place,
            clock,
            runtime,
            pace,
            board: Arc::default(),
            ran: Listeners::default(),
            alarms: Listeners::default(),
            bell: Arc::default(),
        }
    }

    /// What is synced.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// That what was known before cannot be read, where that is so.
    #[must_use]
    pub fn told(&self) -> Option<&str> {
        self.told.as_deref()
    }

    /// How all scopes stand, and what was spent.
    #[must_use]
    pub fn state(&self) -> State {
        self.book.state().clone()
    }

    /// How those under way are doing, by source.
    #[must_use]
    pub fn live(&self) -> BTreeMap<String, Live> {
        self.board.lives().clone()
    }

    /// Tells `listener` whenever a scope's doing or standing is another one, for as long as it is kept.
    pub fn subscribe(&self, listener: &Listener<()>) {
        self.board.listeners.add(listener);
    }

    /// Tells `listener` of each run when it has ended, for as long as it is kept.
    pub fn on_run(&self, listener: &Listener<Arc<Run>>) {
        self.ran.add(listener);
    }

    /// Tells `listener` of each scope, by its source, that a person is to be told of, for as long as it is kept:
    /// whenever it has failed, until that was done ([`Self::tell_a_person`]).
    pub fn on_alarm(&self, listener: &Listener<String>) {
        self.alarms.add(listener);
    }

    /// Has `bring` tell a person what is wrong with a scope, unless that was done, and remembers it where `bring`
    /// says that it has. Scopes of one connection that fail alike at once are told of once.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be written down; this process knows it all the same.
    pub fn tell_a_person(&self, source: &str, bring: impl FnOnce(&Alarm) -> bool) -> Result<()> {
        let Some(alarm) = self.alarm(source) else { return Ok(()) };
        if alarm.is_known || bring(&alarm) {
            self.stand(source, |standing| standing.told_at = alarm.at)?;
        }
        Ok(())
    }

    fn alarm(&self, source: &str) -> Option<Alarm> {
        let named = |scope: &Arc<dyn Costs>| scope.scope().source.name == source;
        let connection = self.connections.iter().find(|connection| connection.scopes.iter().any(named))?;
        let sources: Vec<&str> = connection.scopes.iter().map(|scope| scope.scope().source.name.as_str()).collect();
        alarm::of(&connection.name, source, &sources, &self.book.state().scopes, self.now())
    }

    /// Raises an alarm for a scope that has just failed, where it is worth one.
    fn raise(&self, source: &str) {
        if self.alarm(source).is_some() {
            self.alarms.tell(source.to_owned());
        }
    }

    /// Ends its hold of the state, before the lock is given up.
    pub fn close(&self) {
        self.book.close();
    }

    fn now(&self) -> i64 {
        (self.clock)()
    }

    fn standing(&self, source: &str) -> Standing {
        self.book.state().scopes.get(source).cloned().unwrap_or_default()
    }

    fn all(&self) -> impl Iterator<Item = (&Connection, &Arc<dyn Costs>)> {
        self.connections.iter().flat_map(|connection| connection.scopes.iter().map(move |scope| (connection, scope)))
    }

    /// Sources of deliveries that the config names, in its order.
    fn deliverers(&self) -> Vec<String> {
        let delivers = self.all().filter(|(_, scope)| matches!(scope.manner(), Manner::Deliveries));
        delivers.map(|(_, scope)| scope.scope().source.name.clone()).collect()
    }

    /// Has deliveries count as the config has them, before anything is asked. Where the store is out of order, those
    /// that are asked say so.
    fn settle(&self) {
        let _ = self.vault.settle(&self.deliverers());
    }

    /// When the first scope is due; `None` where there is none. Never before `now`.
    #[must_use]
    pub fn next_due(&self, now: i64) -> Option<i64> {
        let state = self.book.state();
        let standing = |source: &str| state.scopes.get(source).cloned().unwrap_or_default();
        let due = |(connection, scope): (&Connection, &Arc<dyn Costs>)| {
            due_at(connection, &**scope, &standing(&scope.scope().source.name), now)
        };
        self.all().map(due).min().map(|at| at.max(now))
    }

    /// When the one was begun that was longest ago of those that are asked now only where somebody wishes for it:
    /// neither those that are due by themselves, nor those that their provider wants left alone.
    #[must_use]
    pub fn begun_without_a_wish(&self, now: i64) -> Option<i64> {
        let state = self.book.state();
        let begun = |(connection, scope): (&Connection, &Arc<dyn Costs>)| {
            let standing = state.scopes.get(&scope.scope().source.name)?;
            let is_due = due_at(connection, &**scope, standing, now) <= now;
            (!is_due && !must_wait(standing, now)).then_some(standing.begun_at)
        };
        self.all().filter_map(begun).min()
    }

    /// Has the loop ask all scopes now, once.
    pub fn ask_now(&self) {
        self.bell.wish();
    }

    /// Wakes the loop, so that it sees that it is cancelled.
    pub fn wake(&self) {
        self.bell.ring();
    }

    /// Writes a scope's standing, and what runs.
    fn stand(&self, source: &str, change: impl FnOnce(&mut Standing)) -> Result<()> {
        let running: BTreeMap<String, String> =
            self.board.lives().iter().map(|(source, live)| (source.clone(), live.what.clone())).collect();
        self.book.change(|state| {
            change(state.scopes.entry(source.to_owned()).or_default());
            let process = std::process::id();
            state.running = (!running.is_empty()).then_some(Running { process, scopes: running });
        })?;
        self.board.listeners.tell(());
        Ok(())
    }
}

/// When a scope is due: once its time has passed since all had come, and not before what failed may be
/// asked for again. A time in the future is of a clock that was put back.
pub(super) fn due_at(connection: &Connection, scope: &dyn Costs, standing: &Standing, now: i64) -> i64 {
    let every = every(connection, scope);
    let known = |at: i64| if at > now { 0 } else { at };
    let after = if known(standing.good_at) == 0 { 0 } else { standing.good_at + every };
    let not_before = if standing.not_before > now + every.max(scope::WAIT_MAX) { 0 } else { standing.not_before };
    if standing.trouble.is_some() { not_before } else { after.max(not_before) }
}

/// Whether the provider wants to be left alone, whoever asks: it would only refuse for longer.
fn must_wait(standing: &Standing, now: i64) -> bool {
    let kind = standing.trouble.as_ref().map(|trouble| trouble.kind);
    standing.not_before > now && matches!(kind, Some(FaultKind::Throttled | FaultKind::QuotaSpent))
}

/// Seconds between two syncs of a scope.
fn every(connection: &Connection, scope: &dyn Costs) -> i64 {
    connection.every.unwrap_or(i64::from(scope.scope().terms.every))
}

/// Threads to speak with providers, of which most wait.
///
/// # Errors
/// Kind `Bug` where the system gives none.
pub fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(NET_THREADS)
        .thread_name("sync-net")
        .enable_all()
        .build()
        .map_err(|e| Error::bug(format!("no threads to speak with providers: {e}")))
}

/// Passes a cancellation on to what only looks at a flag, until it is dropped.
struct Flag {
    raised: Arc<AtomicBool>,
    passes: tokio::task::JoinHandle<()>,
}

impl Flag {
    fn new(cancel: &CancellationToken, runtime: &Handle) -> Flag {
        let (raised, cancel) = (Arc::new(AtomicBool::new(cancel.is_cancelled())), cancel.clone());
        let raises = Arc::clone(&raised);
        let passes = runtime.spawn(async move {
            cancel.cancelled().await;
            raises.store(true, Ordering::Relaxed);
        });
        Flag { raised, passes }
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        self.passes.abort();
    }
}
