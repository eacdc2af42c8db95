//! Which scope is asked when: those that are due first, so many beside each other, and history gives way.
//!
//! A scope that brings history goes on after each window only while nobody waits for its place; else it
//! goes to the end of the line, with what it found and what is left. One that waits for its provider
//! takes no place from others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::scope::{Begins, Ran, Rest};
use super::{Connection, Passed, Syncer, Which, due_at, every, must_wait};
use crate::provider::remote::Costs;

/// Scopes that are busy beside each other at most.
const AT_ONCE: usize = 4;
/// Scopes that are under way at most, those included that wait for their provider.
const UNDER_WAY: usize = 16;

/// A sleeping machine's timers sleep too: the time is looked at again after so long at most.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// Wakes the loop, and tells runs under way what others want.
#[derive(Default)]
pub(super) struct Bell {
    rung: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Default)]
struct Rung {
    /// There is something to look at.
    now: bool,
    /// Somebody wishes for all scopes to be asked.
    wished: bool,
    /// Scopes that wait for a place.
    waiting: usize,
}

impl Bell {
    fn rung(&self) -> MutexGuard<'_, Rung> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ring(&self) {
        self.rung().now = true;
        self.changed.notify_all();
    }

    pub(super) fn wish(&self) {
        self.rung().wished = true;
        self.ring();
    }

    /// Whether somebody wished for a sync since this was last asked.
    fn take_wish(&self) -> bool {
        std::mem::take(&mut self.rung().wished)
    }

    /// Whether history is to give way: others wait for a place, or somebody wishes for what is new.
    pub(super) fn is_wanted(&self) -> bool {
        let rung = self.rung();
        rung.wished || rung.waiting > 0
    }

    /// Waits until it is rung, at most so long where a time is given.
    fn wait(&self, most: Option<Duration>, cancel: &CancellationToken) {
        let quiet = |rung: &mut Rung| !rung.now && !cancel.is_cancelled();
        let mut rung = match most {
            Some(most) => {
                self.changed.wait_timeout_while(self.rung(), most, quiet).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait_while(self.rung(), quiet).unwrap_or_else(PoisonError::into_inner),
        };
        rung.now = false;
    }
}

/// A scope and its connection.
type Member<'a> = (&'a Connection, &'a Arc<dyn Costs>);

/// All scopes, and which of them are to be asked.
struct Line<'a> {
    syncer: &'a Syncer,
    members: Vec<Member<'a>>,
    /// Those to be asked although they are not due.
    wished: BTreeSet<usize>,
    /// Whether those are asked that become due.
    by_itself: bool,
    /// Whether those to be asked are asked since somebody wishes for it.
    urgent: bool,
    running: BTreeSet<usize>,
    /// What those that gave way have left, and the turn in which they did.
    rests: BTreeMap<usize, (u64, Rest)>,
    turn: u64,
    passed: Passed,
}

impl Syncer {
    /// Asks all scopes that are due, and comes back when nothing more is to be asked of any.
    ///
    /// What goes wrong with a scope, be it this machine's fault, holds no other up: it is in its standing
    /// and in the log.
    pub fn pass(&self, which: &Which, cancel: &CancellationToken) -> Passed {
        self.settle();
        let (now, mut line) = (self.now(), Line::new(self, false, which.now));
        for at in 0..line.members.len() {
            let (connection, costs) = line.members[at];
            let source = &costs.scope().source.name;
            if which.has(&connection.name, source) && (which.now || line.due(at, now) <= now) {
                line.wish(at, now);
            }
        }
        line.work(cancel)
    }

    /// Keeps all scopes fresh until it is cancelled; waits without waking in between.
    pub fn watch(&self, cancel: &CancellationToken) {
        let line = Line::new(self, true, true);
        if !line.members.is_empty() {
            self.settle();
            line.work(cancel);
        }
    }

    /// Scopes under way that do not wait for their provider.
    fn busy(&self, under_way: usize) -> usize {
        let now = self.now();
        let waits = self
            .board
            .lives()
            .values()
            .filter(|live| live.waits.as_ref().is_some_and(|(_, until)| *until > now))
            .count();
        under_way.saturating_sub(waits)
    }
}

impl<'a> Line<'a> {
    fn new(syncer: &'a Syncer, by_itself: bool, urgent: bool) -> Line<'a> {
        Line {
            syncer,
            members: syncer.all().collect(),
            wished: BTreeSet::new(),
            by_itself,
            urgent,
            running: BTreeSet::new(),
            rests: BTreeMap::new(),
            turn: 0,
            passed: Passed::default(),
        }
    }

    fn source(&self, at: usize) -> &'a str {
        &self.members[at].1.scope().source.name
    }

    /// When a scope is due.
    fn due(&self, at: usize, now: i64) -> i64 {
        let (connection, costs) = self.members[at];
        let standing = self.syncer.standing(self.source(at));
        match self.rests.get(&at) {
            // What it has left is no reason to look again.
            Some(_) => standing.begun_at + every(connection, &**costs),
            None => due_at(connection, &**costs, &standing, now),
        }
    }

    /// Has a scope asked, unless its provider wants to be left alone.
    fn wish(&mut self, at: usize, now: i64) {
        if must_wait(&self.syncer.standing(self.source(at)), now) {
            if !self.by_itself {
                self.passed.held.push(self.source(at).to_owned());
            }
        } else {
            self.wished.insert(at);
        }
    }

    /// Those that are to be asked, the most urgent first, and when the next of the others is due.
    fn wanted(&self, now: i64) -> (Vec<usize>, Option<i64>) {
        let (mut wanted, mut next) = (Vec::new(), None::<i64>);
        for at in (0..self.members.len()).filter(|at| !self.running.contains(at)) {
            let waits_since = self.due(at, now).min(now);
            let due = if self.by_itself { self.due(at, now) } else { i64::MAX };
            match (self.wished.contains(&at), self.rests.get(&at)) {
                // Where they share a cap that is too small for all, who had nothing goes first.
                (true, _) => wanted.push((0, waits_since, at)),
                (false, _) if due <= now => wanted.push((0, due, at)),
                (false, Some((turn, _))) => wanted.push((1, i64::try_from(*turn).unwrap_or(i64::MAX), at)),
                (false, None) => next = Some(next.map_or(due, |next| next.min(due))),
            }
        }
        wanted.sort_unstable();
        (wanted.into_iter().map(|(_, _, at)| at).collect(), next)
    }

    /// Whether one more may run.
    fn has_place(&self) -> bool {
        self.running.len() < UNDER_WAY && self.syncer.busy(self.running.len()) < AT_ONCE
    }

    /// Runs what is to be asked, until it is cancelled or, unless it is by itself, nothing is left.
    fn work(mut self, cancel: &CancellationToken) -> Passed {
        let (syncer, bell) = (self.syncer, &self.syncer.bell);
        let ended: Mutex<Vec<(usize, Ran)>> = Mutex::default();
        std::thread::scope(|threads| {
            while !cancel.is_cancelled() {
                let now = self.syncer.now();
                if bell.take_wish() {
                    (0..self.members.len()).for_each(|at| self.wish(at, now));
                }
                let (wanted, next) = self.wanted(now);
                let mut wanted = wanted.into_iter();
                while self.has_place()
                    && let Some(at) = wanted.next()
                {
                    let (begins, ended, (connection, costs)) = (self.begin(at, now), &ended, self.members[at]);
                    threads.spawn(move || {
                        let ran = syncer.run(connection, costs, begins, cancel);
                        ended.lock().unwrap_or_else(PoisonError::into_inner).push((at, ran));
                        syncer.bell.ring();
                    });
                }
                let again = self.running.intersection(&self.wished).count();
                bell.rung().waiting = wanted.count() + again;
                if self.running.is_empty() && !self.by_itself {
                    break;
                }
                // What is due at once and could not be done is left for a moment.
                let wait =
                    next.filter(|_| self.by_itself).map(|at| Duration::from_secs((at - now).max(1).unsigned_abs()));
                bell.wait(wait.or(self.by_itself.then_some(LOOK_AGAIN)).map(|wait| wait.min(LOOK_AGAIN)), cancel);
                self.take(&ended);
            }
        });
        bell.rung().waiting = 0;
        self.take(&ended);
        // Those that gave way are under way no more.
        syncer.board.lives().clear();
        self.passed
    }

    /// Notes that a scope is begun, or goes on with what it has left.
    fn begin(&mut self, at: usize, now: i64) -> Begins {
        let wished = self.wished.remove(&at);
        let anew = wished || self.by_itself && self.due(at, now) <= now;
        let rest = self.rests.remove(&at).map(|(_, rest)| rest);
        self.passed.asked += usize::from(rest.is_none());
        self.running.insert(at);
        rest.filter(|_| !anew).map_or(Begins::Anew { wished: wished && self.urgent }, Begins::Again)
    }

    /// Notes which have ended, and what they have left.
    fn take(&mut self, ended: &Mutex<Vec<(usize, Ran)>>) {
        for (at, ran) in std::mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.running.remove(&at);
            self.passed.failed += usize::from(!ran.good);
            self.passed.stored += ran.stored;
            if let Some(rest) = ran.rest {
                self.turn += 1;
                self.rests.insert(at, (self.turn, rest));
            }
        }
    }
}
