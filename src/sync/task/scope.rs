//! One scope's run: look, plan, ask, store, until nothing more is due.

mod counts;
mod fit;
mod opinion;
mod silence;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::counts::{Counting, Counts};
use super::aside::{self, Again, Asides};
use super::{Board, Connection, Syncer, every, flag, outcome};
use crate::domain::calendar::Day;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::provider::Problem;
use crate::provider::remote::{Ask, Call, Costs, Fault, FaultKind, Found, Watch};
use crate::store::remote::{BASE, Restated, Synced};
use crate::sync::fetching::{self, Fetching};
use crate::sync::ingest::{Options, Outcome, Watcher};
use crate::sync::log::{self, Run};
use crate::sync::meter::ConnectionMeter;
use crate::sync::plan::{self, Job, Now, Rhythm, Why};
use crate::sync::state::{Standing, Trouble};

/// The first wait after a failed run, and the longest.
const WAIT_FIRST: i64 = 5 * 60;
const WAIT_LONGEST: i64 = 3_600;
/// Asks of one run at most: a plan that never ends is a bug, and must not cost money.
const ASKS_MAX: usize = 2_000;

/// How long a scope is left alone after `failures` failed runs, in seconds, the last for `fault`.
#[must_use]
pub fn wait_after(fault: &Fault, failures: u32, now: i64) -> i64 {
    let asked = fault.wait.map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX / 2));
    let ours = match fault.kind {
        // Until the day's allowance is a new one.
        FaultKind::Capped => Day::of_seconds(now).plus(1).seconds() - now,
        FaultKind::QuotaSpent => WAIT_LONGEST,
        // A person must do something; asking costs little, and the next sync is to find it done.
        kind if kind.needs_a_person() => WAIT_LONGEST / 2,
        FaultKind::NotThere => WAIT_LONGEST,
        FaultKind::Cancelled => 0,
        _ => (WAIT_FIRST << failures.saturating_sub(1).min(8)).min(WAIT_LONGEST),
    };
    asked.max(ours)
}

/// What is asked for in a run, and what came of it so far.
struct Course<'a> {
    syncer: &'a Syncer,
    connection: &'a Connection,
    costs: &'a dyn Costs,
    cancel: &'a CancellationToken,
    source: String,
    found: Found,
    stored: usize,
    /// What is left for later, since it does not fit what may be spent.
    left: usize,
    /// How often days are asked for again.
    rhythm: Rhythm,
    /// Whether the provider's opinion was seen to in this run.
    heard: bool,
    /// What is refused by itself.
    asides: Asides,
}

impl Syncer {
    /// Runs a scope, since somebody wishes for it or by itself; whether all went well, and how much was stored.
    pub(super) fn run(
        &self,
        connection: &Connection,
        costs: &Arc<dyn Costs>,
        wished: bool,
        cancel: &CancellationToken,
    ) -> Result<(bool, usize)> {
        let (source, now) = (costs.scope().source.name.clone(), self.now());
        self.board.tell(&source, |live| (live.what, live.since) = ("looking".to_owned(), now));
        self.stand(&source, |standing| standing.begun_at = now)?;
        let again = match (costs.scope().terms.request_microdollars > 0, wished) {
            (true, _) => Again::Daily,
            (false, true) => Again::Now,
            (false, false) => Again::AfterAWhile,
        };
        let known = self.book.state().scopes.get(&source).map(|standing| standing.aside.clone()).unwrap_or_default();
        let mut course = Course {
            syncer: self,
            connection,
            costs: &**costs,
            cancel,
            source,
            found: Found::Unknown,
            stored: 0,
            left: 0,
            rhythm: Rhythm::Full,
            heard: false,
            asides: Asides::new(known, again, now),
        };
        let ended = course.run();
        let left = course.left_over();
        let Course { source, stored, asides, .. } = course;
        self.board.lives().remove(&source);
        let now = self.now();
        let fault = match ended {
            Ok(()) => None,
            Err(Ended::Fault(fault)) => Some(fault),
            Err(Ended::Error(error)) => {
                self.stand(&source, |_| {})?;
                return Err(error);
            }
        };
        let given_up = fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::Cancelled);
        let good = fault.is_none() && asides.trouble().is_none();
        let next = now.saturating_add(every(connection, &**costs));
        self.stand(&source, |standing| match fault {
            None => come(standing, asides, left, (now, next)),
            // Given up by this machine's user: nobody failed.
            Some(fault) if fault.kind == FaultKind::Cancelled => standing.aside = asides.kept_so_far(),
            Some(fault) => {
                standing.aside = asides.kept_so_far();
                fail(standing, &fault, now);
            }
        })?;
        if !good && !given_up {
            self.raise(&source);
        }
        Ok((good, stored))
    }
}

/// That all has come but what is set aside, which is looked at again with the next sync.
fn come(standing: &mut Standing, asides: Asides, left: Option<String>, (now, next): (i64, i64)) {
    let before = std::mem::take(standing);
    let trouble = asides.trouble();
    let fresh = Standing {
        begun_at: before.begun_at,
        good_at: now,
        left,
        seen: before.seen,
        silence: before.silence,
        history: before.history,
        aside: asides.kept(),
        ..Standing::default()
    };
    *standing = match trouble {
        None => fresh,
        trouble => Standing {
            failures: before.failures.saturating_add(1),
            failing_since: if before.failing_since == 0 { now } else { before.failing_since },
            told_at: before.told_at,
            not_before: next,
            trouble,
            ..fresh
        },
    };
}

fn fail(standing: &mut Standing, fault: &Fault, now: i64) {
    standing.failures = standing.failures.saturating_add(1);
    // A cap is no failure; it does not end one either.
    if standing.failing_since == 0 && fault.kind != FaultKind::Capped {
        standing.failing_since = now;
    }
    standing.not_before = now.saturating_add(wait_after(fault, standing.failures, now));
    standing.trouble = Some(trouble(fault));
}

fn trouble(fault: &Fault) -> Trouble {
    Trouble { kind: fault.kind, message: fault.message.clone(), hints: fault.hints.clone() }
}

/// Why a run ended early.
enum Ended {
    /// The provider's side, or what was brought.
    Fault(Fault),
    /// This machine's.
    Error(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::Error(error)
    }
}

impl Course<'_> {
    fn run(&mut self) -> Result<(), Ended> {
        let synced = self.synced()?;
        self.found = self.look(&synced)?;
        self.rhythm = self.rhythm();
        let lying = self.set_broken_aside()?;
        let mut passed_over: Vec<Ask> = Vec::new();
        for _ in 0..ASKS_MAX + lying {
            let synced = self.synced()?;
            let mut jobs = self.plan(&synced);
            jobs.retain(|job| !self.asides.has(&job.ask));
            self.tell_history(&jobs, &synced)?;
            let history_waits = jobs.iter().any(|job| job.why.is_history());
            let is_new = |job: &&Job| !job.why.is_history() && !passed_over.contains(&job.ask);
            let new = jobs.iter().filter(is_new).count();
            let charges_wait = jobs.iter().any(|job| opinion::goes_before(job.why));
            self.hear(charges_wait)?;
            let Some(job) = jobs.into_iter().find(|job| !passed_over.contains(&job.ask)) else {
                self.left = passed_over.len();
                return Ok(());
            };
            let Some(fitting) = self.fit(&job, history_waits, &synced)? else {
                passed_over.push(job.ask);
                continue;
            };
            // History that is to come is brought as it is then: only what has come is looked at for changes.
            let is_last = new <= 1 && fitting == job && !job.why.is_history() && self.asides.is_empty();
            match self.ask(&fitting, if is_last { self.mark() } else { None }) {
                Err(Ended::Fault(fault)) if aside::is_by_itself(&fitting.ask, &fault) => {
                    self.asides.put(&fitting.ask, &fault);
                    continue;
                }
                is_changed => self.stored += usize::from(is_changed?),
            }
            if let (Found::Changed { days: changed, .. }, Ask::Days { days, .. }) = (&mut self.found, &fitting.ask) {
                changed.retain(|day| !days.contains(*day));
            }
        }
        Err(Error::bug(format!("the plan of {} does not end", self.source)).into())
    }

    /// What has not come although nothing failed, in words.
    fn left_over(&self) -> Option<String> {
        let windows = crate::domain::words::counted(self.left as u64, "window waits", "windows wait");
        let later = (self.left > 0).then(|| format!("{windows} for tomorrow's requests"));
        let all: Vec<String> = later.into_iter().chain(self.asides.untold()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Sets aside what cannot be brought as it lies there, and logs it the first time; how many deliveries lie
    /// there besides.
    fn set_broken_aside(&mut self) -> Result<usize> {
        let Found::Deliveries { whole, broken } = &self.found else { return Ok(0) };
        let (lying, broken) = (whole.len(), broken.clone());
        for (name, fault) in broken {
            if !self.asides.put_broken(&name, &fault) {
                continue;
            }
            let name = SafeText::from_outside(&name);
            let record = self.record(self.syncer.now(), Duration::ZERO, &name, &self.counts());
            self.log(Run { trouble: Some(trouble(&fault)), ..record })?;
        }
        Ok(lying)
    }

    fn synced(&self) -> Result<Synced> {
        Ok(self.syncer.vault.scopes()?.remove(&self.source).unwrap_or_default())
    }

    fn mark(&self) -> Option<String> {
        if let Found::Changed { mark, .. } = &self.found { Some(mark.clone()) } else { None }
    }

    fn plan(&self, synced: &Synced) -> Vec<Job> {
        let (every, months) = (every(self.connection, self.costs), self.connection.months);
        let silence = self.silence();
        let (at, rhythm) = (self.syncer.now(), self.rhythm);
        let now = Now { at, every, months, rhythm, synced, silence: &silence };
        plan::jobs(self.costs.scope(), &self.costs.manner(), &self.found, &now)
    }

    /// Notes how much has come of what is wanted: days of the scope's charges, or deliveries.
    fn tell_history(&self, jobs: &[Job], synced: &Synced) -> Result<()> {
        let whole = |job: &Job| match &job.ask {
            Ask::Days { feed, days } if feed.is_base() => u32::try_from(days.days()).unwrap_or(0),
            Ask::Days { .. } => 0,
            Ask::Delivery(_) => 1,
        };
        let ahead: u32 = jobs.iter().filter(|job| job.why == Why::History).map(whole).sum();
        let come = synced.days.get(BASE).map_or(0, BTreeMap::len) + synced.deliveries.len();
        let come = u32::try_from(come).unwrap_or(u32::MAX);
        let begun = self.syncer.book.state().scopes.get(&self.source).map_or((0, 0), |standing| standing.history);
        self.syncer.board.tell(&self.source, |live| {
            let all = live.history.0 + live.history.1;
            live.history = if all == 0 { (0, ahead) } else { (all.saturating_sub(ahead), ahead) };
        });
        let now = (come, come.saturating_add(ahead));
        if begun != now {
            self.syncer.stand(&self.source, |standing| standing.history = now)?;
        }
        Ok(())
    }

    fn counts(&self) -> Counts {
        Counts {
            board: Arc::clone(&self.syncer.board),
            source: self.source.clone(),
            clock: Arc::clone(&self.syncer.clock),
            tally: Mutex::default(),
        }
    }

    fn call(&self, history: bool, counts: &Arc<Counts>) -> Call {
        let meter = ConnectionMeter {
            connection: self.connection.name.clone(),
            caps: self.connection.caps,
            history,
            book: Arc::clone(&self.syncer.book),
            clock: Arc::clone(&self.syncer.clock),
        };
        Call {
            runtime: self.syncer.runtime.clone(),
            cancel: self.cancel.clone(),
            pace: self.syncer.pace,
            meter: Arc::new(Counting { meter, counts: Arc::clone(counts) }),
            watch: Arc::clone(counts) as Arc<dyn Watch>,
            now: self.syncer.now(),
        }
    }

    /// Looks what is there.
    fn look(&self, synced: &Synced) -> Result<Found, Ended> {
        let (at, counts) = (self.syncer.now(), Arc::new(self.counts()));
        let mark = (!synced.mark.is_empty()).then_some(synced.mark.as_str());
        let began = crate::clock::instant();
        let looked = self.costs.look(mark, &self.call(false, &counts));
        if let Err(fault) = &looked {
            let run = Run { trouble: Some(trouble(fault)), ..self.record(at, began.elapsed(), "", &counts) };
            self.log(run)?;
        }
        looked.map_err(Ended::Fault)
    }

    /// Asks for one thing and stores it; whether anything is changed by it.
    fn ask(&self, job: &Job, mark: Option<String>) -> Result<bool, Ended> {
        let (at, counts) = (self.syncer.now(), Arc::new(self.counts()));
        let what = fetching::name(&job.ask);
        self.syncer.board.tell(&self.source, |live| {
            (live.what, live.pieces, live.rows, live.waits) = (format!("{what} ({})", job.why.name()), (0, 0), 0, None);
        });
        let call = self.call(job.why.is_history(), &counts);
        let believes = self.believes_silence(&job.ask);
        let mut fetching = Fetching::new(self.costs, &job.ask, &call).believing_silence(believes);
        let options = Options {
            renews: Some(fetching.renewal(mark)),
            decisions: fetching.decisions(self.connection.accept_partial),
            taken_at: at,
            threads: 1,
            cancelled: flag(self.cancel, &self.syncer.runtime),
            ..Options::default()
        };
        let watcher = Refusals { board: &self.syncer.board, source: &self.source, first: Mutex::default() };
        let began = crate::clock::instant();
        let taken = self.syncer.vault.take(&mut fetching, &options, &watcher);
        let mut run = Run { why: Some(job.why), ..self.record(at, began.elapsed(), &what, &counts) };
        if let Some(brought) = &fetching.brought {
            (run.rows, run.pages) = (brought.rows, brought.pages);
            run.notes.extend(brought.notes.iter().map(|note| SafeText::from_outside(note).into_string()));
            self.learn(&job.ask, brought)?;
        }
        if let Some(fault) = &fetching.fault
            && fault.kind == FaultKind::Capped
        {
            self.learn_too_much(&job.ask, &counts)?;
        }
        let ended = match taken {
            Ok(outcome) => {
                run.restated = restated(&outcome.restated);
                run.notes.extend(overlaps(&outcome).into_iter().chain(outcome::shrunk(&outcome)));
                self.note_silence(&job.ask, false)?;
                Ok(true)
            }
            Err(_) if fetching.is_unbelieved => {
                self.note_silence(&job.ask, true)?;
                Ok(false)
            }
            Err(error) => {
                let refused = watcher.first.into_inner().unwrap_or_else(PoisonError::into_inner);
                run.notes.extend(refused.map(|told| SafeText::from_outside(&told).into_string()));
                Err(self.ended(fetching.fault.take(), error))
            }
        };
        if let Err(Ended::Fault(fault)) = &ended {
            run.trouble = Some(trouble(fault));
        }
        self.log(run)?;
        ended
    }

    /// Whose fault it was that nothing was stored.
    fn ended(&self, fault: Option<Fault>, error: Error) -> Ended {
        match (fault, error.kind) {
            (Some(fault), _) => Ended::Fault(fault),
            (None, _) if self.cancel.is_cancelled() => Ended::Fault(Fault::cancelled()),
            (None, Kind::Store | Kind::Bug) => Ended::Error(error),
            (None, Kind::Usage | Kind::Provider | Kind::Interrupted) => {
                Ended::Fault(fetching::refusal(error, &self.connection.name))
            }
        }
    }

    fn record(&self, at: i64, took: Duration, what: &str, counts: &Counts) -> Run {
        let tally = counts.tally();
        Run {
            at,
            took: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            source: self.source.clone(),
            what: what.to_owned(),
            why: None,
            rows: 0,
            pages: 0,
            spent: tally.spent.clone(),
            retries: tally.retries,
            restated: BTreeMap::new(),
            trouble: None,
            notes: Vec::new(),
        }
    }

    fn log(&self, run: Run) -> Result<()> {
        let run = Arc::new(run);
        let logged = self.syncer.place.as_ref().map_or(Ok(()), |place| log::append(place, &run));
        self.syncer.ran.tell(run);
        logged
    }
}

/// By how much billed cost was restated, by currency, where both are known.
fn restated(days: &[Restated]) -> BTreeMap<String, Amount> {
    let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
    for day in days {
        if let (Some(before), Some(after)) = (day.before, day.after) {
            let slot = sums.entry(day.currency.clone()).or_default();
            *slot = *slot + after - before;
        }
    }
    sums
}

/// What is to be known where another source has the same account periods.
fn overlaps(outcome: &Outcome) -> Option<String> {
    let others: BTreeSet<&str> = outcome.overlaps.values().map(|overlap| overlap.before.as_str()).collect();
    let periods = outcome.overlaps.len();
    (periods > 0).then(|| {
        let others: Vec<String> = others.into_iter().map(|name| SafeText::from_outside(name).into_string()).collect();
        let counted = crate::domain::words::counted(periods as u64, "account period is", "account periods are");
        format!("{counted} also had from {}: one counts, the other is kept", others.join(", "))
    })
}

/// The first refused row is told in the log.
struct Refusals<'a> {
    board: &'a Board,
    source: &'a str,
    first: Mutex<Option<String>>,
}

impl Watcher for Refusals<'_> {
    fn progress(&self, _: u64, rows: u64) {
        self.board.tell(self.source, |live| live.rows = rows);
    }

    fn problem(&self, problem: &Problem) {
        if problem.refused {
            let told = format!("{} line {}: {}", problem.file, problem.line, problem.reason);
            self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(told);
        }
    }
}
