//! One scope's run: look, plan, ask, store, until nothing more is due or it gives way to others.

mod changes;
mod counts;
mod ended;
mod ending;
mod fit;
mod history;
mod keeping;
mod opinion;
mod silence;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::counts::{Counting, Counts};
use self::ended::{Asked, Ended, Next};
pub(super) use self::ending::WAIT_MAX;
pub use self::ending::wait_after;
use self::ending::{come, fail};
use super::aside::{self, Again, Asides};
use super::told::{Refusals, overlaps, restated};
use super::{Connection, Flag, Live, Syncer, every, outcome};
use crate::domain::text::SafeText;
use crate::error::{Cause, Error, Kind, Result, contained};
use crate::provider::remote::{Ask, Call, Costs, Fault, FaultKind, Found, Manner, Scope, Watch};
use crate::store::remote::Synced;
use crate::sync::fetching::{self, Fetching};
use crate::sync::ingest::{Options, Outcome, Watcher};
use crate::sync::log::Run;
use crate::sync::meter::ConnectionMeter;
use crate::sync::meter::holds::Hold;
use crate::sync::plan::{self, Job, Now, Renewed, Rhythm};
use crate::sync::spool::{self, Spool};
use crate::sync::state::{Place, Trouble};

/// Asks of one run at most: a plan that never ends is a bug, and must not cost money.
const ASKS_MAX: usize = 2_000;

/// What is asked for in a run, and what came of it so far.
struct Course<'a> {
    syncer: &'a Syncer,
    connection: &'a Connection,
    costs: &'a dyn Costs,
    cancel: &'a CancellationToken,
    source: String,
    found: Found,
    stored: usize,
    /// Asks since it was looked at.
    asks: usize,
    /// What is left for later, since it does not fit what may be spent.
    left: usize,
    /// How often days are asked for again.
    rhythm: Rhythm,
    /// Whether the provider's opinion was seen to in this run.
    heard: bool,
    /// What is refused by itself.
    asides: Asides,
    /// Whether somebody wishes for it.
    wished: bool,
    /// What is held for what is asked for now, of what the connection may spend.
    hold: Option<Arc<Hold>>,
    /// What has been brought of what had changed.
    renewed: Renewed,
}

/// What a run that gave way goes on with.
pub(super) struct Rest {
    found: Found,
    asks: usize,
    heard: bool,
    asides: Asides,
    wished: bool,
    renewed: Renewed,
}

/// How a run begins.
pub(super) enum Begins {
    /// It looks what is there, since somebody wishes for it or by itself.
    Anew {
        /// Whether somebody does.
        wished: bool,
    },
    /// It goes on where it gave way.
    Again(Rest),
}

/// What came of a run.
pub(super) struct Ran {
    /// Whether all went well.
    pub(super) good: bool,
    /// Windows and deliveries that were stored.
    pub(super) stored: usize,
    /// What it goes on with, where it gave way.
    pub(super) rest: Option<Rest>,
}

impl Syncer {
    /// Runs a scope, or goes on where it gave way.
    pub(super) fn run(
        &self,
        connection: &Connection,
        costs: &Arc<dyn Costs>,
        begins: Begins,
        cancel: &CancellationToken,
    ) -> Ran {
        let (source, looks) = (costs.scope().source.name.clone(), matches!(begins, Begins::Anew { .. }));
        let begun = if looks { self.begin(&source) } else { Ok(()) };
        let Rest { found, asks, heard, asides, wished, renewed } = match begins {
            Begins::Again(rest) => rest,
            Begins::Anew { wished } => self.nothing_yet(&**costs, wished),
        };
        let mut course = Course {
            syncer: self,
            connection,
            costs: &**costs,
            cancel,
            source,
            found,
            stored: 0,
            asks,
            left: 0,
            rhythm: Rhythm::Full,
            heard,
            asides,
            wished,
            hold: None,
            renewed,
        };
        // A provider that breaks on an answer nobody thought of takes nothing else down with it.
        let ended = begun.map_err(Ended::from).and_then(|()| {
            contained(|| course.run(looks))
                .unwrap_or_else(|_| Err(Error::bug("what was asked for could not be dealt with").into()))
        });
        let left = course.left_over();
        let Course { source, found, stored, asks, heard, asides, wished, renewed, .. } = course;
        if matches!(ended, Ok(Next::GaveWay)) {
            self.board.tell(&source, |live| {
                (live.what, live.pieces, live.rows, live.waits) = ("history, after others".to_owned(), (0, 0), 0, None);
            });
            let aside = asides.clone().kept_so_far();
            let _ = self.stand(&source, |standing| standing.aside = aside);
            return Ran { good: true, stored, rest: Some(Rest { found, asks, heard, asides, wished, renewed }) };
        }
        self.board.lives().remove(&source);
        let (now, fault) = (self.now(), ended.err().map(Fault::from));
        let given_up = fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::Cancelled);
        let good = fault.is_none() && asides.trouble().is_none();
        let next = now.saturating_add(every(connection, &**costs));
        // Where it cannot be written this process knows it all the same, and waits.
        let _ = self.stand(&source, |standing| match fault {
            None => come(standing, asides, left, (now, next)),
            // Given up by this machine's user: nobody failed.
            Some(fault) if fault.kind == FaultKind::Cancelled => standing.aside = asides.kept_so_far(),
            Some(fault) => {
                standing.aside = asides.kept_so_far();
                fail(standing, &fault, now);
            }
        });
        if !good && !given_up {
            self.raise(&source);
        }
        Ran { good, stored, rest: None }
    }

    fn nothing_yet(&self, costs: &dyn Costs, wished: bool) -> Rest {
        let again = match (costs.scope().terms.request_microdollars > 0, wished) {
            (true, _) => Again::Daily,
            (false, true) => Again::Now,
            (false, false) if costs.is_local() => Again::AfterAWhile,
            (false, false) => Again::Elsewhere,
        };
        let asides = Asides::new(self.standing(&costs.scope().source.name).aside, again, self.now());
        Rest { found: Found::Unknown, asks: 0, heard: false, asides, wished, renewed: Renewed::new() }
    }

    fn begin(&self, source: &str) -> Result<()> {
        let now = self.now();
        self.board.tell(source, |live| *live = Live { what: "looking".to_owned(), since: now, ..Live::default() });
        self.stand(source, |standing| standing.begun_at = now)
    }
}

impl Course<'_> {
    /// Asks until nothing more is due; `looks` first what is there, unless it goes on.
    fn run(&mut self, looks: bool) -> Result<Next, Ended> {
        let mut synced = self.synced()?;
        if looks {
            self.found = self.look(&synced)?;
        }
        self.rhythm = self.rhythm();
        let lying = self.set_broken_aside()?;
        let (mut passed_over, mut tried) = (Vec::<Ask>::new(), 0);
        let mut brought: Option<Ask> = None;
        while self.asks < ASKS_MAX + lying {
            self.asks += 1;
            let mut jobs = self.planned(&synced, plan::jobs);
            jobs.retain(|job| !self.asides.has(&job.ask, &synced));
            self.tell_history(&jobs, &synced)?;
            let history_waits = jobs.iter().any(|job| job.why.is_history());
            let new = jobs.iter().filter(|job| !job.why.is_history()).count();
            let charges_wait = jobs.iter().any(|job| opinion::goes_before(job.why));
            self.hear(charges_wait)?;
            let Some(job) = jobs.into_iter().find(|job| !passed_over.contains(&job.ask)) else {
                self.left = passed_over.len();
                return Ok(Next::Done);
            };
            if brought.as_ref() == Some(&job.ask) {
                // It would be read and paid for until somebody ends it.
                self.asides.put(&job.ask, &aside::told_again(), self.syncer.now());
                continue;
            }
            if tried > 0 && job.why.is_history() && self.is_to_give_way() {
                return Ok(Next::GaveWay);
            }
            let Some(fitting) = self.fit_and_hold(&job, history_waits, &synced)? else {
                passed_over.push(job.ask);
                continue;
            };
            // History that is to come is brought as it is then: only what has come is looked at for changes.
            let is_last = new <= 1 && fitting == job && !job.why.is_history() && self.asides.is_empty();
            tried += 1;
            let mark = self.mark().filter(|_| is_last && self.is_all_renewed_by(&fitting.ask, &synced));
            let asked = self.ask(&fitting, mark, &synced);
            self.hold = None;
            match asked {
                Err(Ended::Fault(fault)) if aside::is_by_itself(&fitting.ask, &fault) => {
                    self.asides.put(&fitting.ask, &fault, self.syncer.now());
                    continue;
                }
                Err(Ended::HeldBack(fault)) => {
                    self.asides.put_held_back(&fitting.ask, &fault, self.syncer.now(), &synced);
                    continue;
                }
                asked => {
                    self.note_asked(&fitting.ask, &asked?)?;
                    brought = matches!(fitting.ask, Ask::Delivery(_)).then_some(fitting.ask);
                }
            }
            synced = self.synced()?;
        }
        self.asks = 0;
        match self.found {
            // There may be as many files as somebody puts there.
            Found::Deliveries { .. } => Ok(Next::GaveWay),
            _ => Err(Error::bug(format!("the plan of {} does not end", self.source)).into()),
        }
    }

    /// Notes what came of an ask.
    fn note_asked(&mut self, ask: &Ask, asked: &Asked) -> Result<()> {
        let Asked::Stored(held_back) = asked else { return self.has_come(false) };
        self.stored += 1;
        self.note_renewed(ask);
        if let Some(fault) = held_back {
            self.asides.put_held_back(ask, fault, self.syncer.now(), &self.synced()?);
        }
        self.has_come(true)
    }

    /// Whether others wait for its place, or it is time to look again what is new.
    fn is_to_give_way(&self) -> bool {
        let since = self.syncer.now() - self.syncer.standing(&self.source).begun_at;
        self.syncer.bell.is_wanted() || since >= every(self.connection, self.costs)
    }

    /// What has not come although nothing failed, in words.
    fn left_over(&self) -> Option<String> {
        let windows = crate::domain::words::counted(self.left as u64, "window waits", "windows wait");
        let later = (self.left > 0).then(|| format!("{windows} for tomorrow's requests"));
        let all: Vec<String> =
            self.young().into_iter().chain(self.before()).chain(later).chain(self.asides.untold()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Sets aside what cannot be brought as it lies there, and logs it the first time; how many deliveries lie
    /// there besides.
    fn set_broken_aside(&mut self) -> Result<usize> {
        let Found::Deliveries { whole, broken, .. } = &self.found else { return Ok(0) };
        let (lying, broken) = (whole.len(), broken.clone());
        for (name, fault) in broken {
            if !self.asides.put_broken(&name, &fault) {
                continue;
            }
            let name = SafeText::from_outside(&name);
            let record = self.record(self.syncer.now(), Duration::ZERO, &name, &self.counts());
            self.log(Run { trouble: Some(Trouble::from(&fault)), ..record })?;
        }
        Ok(lying)
    }

    fn synced(&self) -> Result<Synced> {
        self.syncer.vault.scope(&self.source)
    }

    /// Makes something of what a plan rests on.
    fn planned<T>(&self, synced: &Synced, of: impl FnOnce(&Scope, &Manner, &Found, &Now<'_>) -> T) -> T {
        let (every, months) = (every(self.connection, self.costs), self.connection.months);
        let silence = self.silence();
        let (at, rhythm) = (self.syncer.now(), self.rhythm);
        let (wished, brought) = (self.wished, &self.renewed);
        let now = Now { at, every, months, rhythm, wished, synced, silence: &silence, brought };
        of(self.costs.scope(), &self.costs.manner(), &self.found, &now)
    }

    fn counts(&self) -> Counts {
        Counts {
            board: Arc::clone(&self.syncer.board),
            bell: Arc::clone(&self.syncer.bell),
            source: self.source.clone(),
            clock: Arc::clone(&self.syncer.clock),
            tally: Mutex::default(),
        }
    }

    /// Meters the connection; nothing is held for it.
    fn meter(&self, history: bool) -> ConnectionMeter {
        let (caps, book) = (self.connection.caps, Arc::clone(&self.syncer.book));
        ConnectionMeter::new(&self.connection.name, caps, history, book, Arc::clone(&self.syncer.clock))
    }

    fn call(&self, history: bool, counts: &Arc<Counts>) -> Call {
        let meter = self.meter(history).holding(self.hold.clone());
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
            let run = Run { trouble: Some(Trouble::from(fault)), ..self.record(at, began.elapsed(), "", &counts) };
            self.log(run)?;
        }
        looked.map_err(Ended::Fault)
    }

    /// Asks for one thing and stores it.
    fn ask(&self, job: &Job, mark: Option<String>, synced: &Synced) -> Result<Asked, Ended> {
        let (at, counts) = (self.syncer.now(), Arc::new(self.counts()));
        let what = fetching::name(&job.ask);
        self.syncer.board.tell(&self.source, |live| {
            (live.what, live.pieces, live.rows, live.waits) = (format!("{what} ({})", job.why.name()), (0, 0), 0, None);
        });
        let call = self.call(job.why.is_history(), &counts);
        let believes = self.believes_silence(&job.ask, synced);
        let mut fetching = Fetching::new(self.costs, &job.ask, &call)
            .believing_silence(believes)
            .keeping(self.keeps(&job.ask, synced))
            .beside(self.syncer.deliverers());
        let flag = Flag::new(self.cancel, &self.syncer.runtime);
        let options = Options {
            renews: Some(fetching.renewal(mark, self.planned(synced, plan::since))),
            decisions: fetching.decisions(self.connection.accept_partial),
            taken_at: at,
            threads: 1,
            cancelled: Arc::clone(&flag.raised),
            ..Options::default()
        };
        let watcher = Refusals { board: &self.syncer.board, source: &self.source, first: Mutex::default() };
        let began = crate::clock::instant();
        let taken = self.take(&mut fetching, &options, &watcher);
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
                run.rows -= outcome::left_charges(&outcome).min(run.rows);
                run.notes.extend(
                    overlaps(&outcome, &self.source)
                        .into_iter()
                        .chain(outcome::shrunk(&outcome))
                        .chain(outcome::older(&outcome)),
                );
                run.notes.extend(watcher.told(outcome.refused));
                self.note_silence(&job.ask, false)?;
                let held = outcome.held_back.map(|error| self.refusal(error, &job.ask));
                run.trouble = held.as_ref().map(Trouble::from);
                Ok(Asked::Stored(held))
            }
            Err(_) if fetching.is_unbelieved => {
                run.notes.push(silence::UNBELIEVED.to_owned());
                self.note_silence(&job.ask, true)?;
                Ok(Asked::Silent)
            }
            Err(error) => {
                run.notes.extend(watcher.first());
                Err(self.ended(&job.ask, fetching.fault.take(), error))
            }
        };
        if let Err(Ended::Fault(fault) | Ended::HeldBack(fault)) = &ended {
            run.trouble = Some(Trouble::from(fault));
        }
        self.log(run)?;
        ended
    }

    /// Brings what is asked for, and has it stored. Nobody waits for the store while a network is waited for.
    fn take(&self, fetching: &mut Fetching<'_>, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
        if self.costs.is_local() {
            return self.syncer.vault.take(fetching, options, watcher);
        }
        let folder = self.syncer.place.as_ref().map(Place::folder);
        let mut spooled = Spool::new(folder, watcher, &options.cancelled).fill(fetching)?;
        self.syncer.vault.take(&mut spooled, options, &spool::Told)
    }

    /// Whose fault it was that nothing was stored.
    fn ended(&self, ask: &Ask, fault: Option<Fault>, error: Error) -> Ended {
        match (fault, error.kind) {
            (Some(fault), _) => Ended::Fault(fault),
            (None, _) if self.cancel.is_cancelled() => Ended::Fault(Fault::cancelled()),
            (None, Kind::Store | Kind::Bug) => Ended::Error(error),
            (None, Kind::Usage | Kind::Provider | Kind::Interrupted) => {
                let is_held_back = error.cause == Some(Cause::HeldBack);
                let fault = self.refusal(error, ask);
                if is_held_back { Ended::HeldBack(fault) } else { Ended::Fault(fault) }
            }
        }
    }

    fn refusal(&self, error: Error, ask: &Ask) -> Fault {
        fetching::refusal(error, &self.connection.name, self.costs, ask)
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
        let logged = self.syncer.log.append(&run);
        self.syncer.ran.tell(run);
        logged
    }
}
