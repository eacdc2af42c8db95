//! Amazon Web Services: costs from Cost Explorer, names from Organizations.
//!
//! [`CostExplorer`] is one scope: everything that one payer or account is charged, through one
//! identity. Cost Explorer groups by two keys at most, so that account by service is the base and
//! other pairs are facets ([`feeds`]). Each page of an answer costs 0.01 USD, a failed request
//! nothing; figures are renewed up to three times a day, the last two days are restated for long, and
//! 13 months are kept besides the current one. [`client`] is the wire, [`normalise`] the table of
//! what becomes of each field, [`check`] the permissions by name, [`estimate`] how much it will answer,
//! [`opinion`] AWS's own forecast and anomalies.
//!
//! Knows no store and no schedule.

pub mod access;
pub mod check;
pub mod client;
pub mod estimate;
pub mod faults;
pub mod feeds;
pub mod normalise;
pub mod objects;
pub mod opinion;
pub mod page;
pub mod policy;
mod rate;
pub mod settings;
mod wire;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use self::settings::{ExternalId, Facet, Role, Settings};

use self::client::{Answer, Client, Learnt, Question, endless};
use self::feeds::{Grouping, groupings};
use self::normalise::{PROVIDER, Reading, Standing};
use super::remote::rows::Days;
use super::remote::{
    Ask, Brought, Call, Check, Costs, Elsewhere, Fault, FaultKind, Found, Halt, Manner, Opines, Scope, Terms,
};
use super::{Problem, Sink, SourceId, SourceKind, Stop};
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::{Day, Period};

/// What a paid request costs (AWS's price list of Cost Explorer's API), in millionths of a dollar.
pub const REQUEST_MICRODOLLARS: u32 = 10_000;

/// Seconds between two syncs: figures are renewed up to three times a day.
const EVERY: u32 = 8 * 3_600;

/// Days that are restated, until that is learnt.
const SETTLES: u16 = 2;

/// Pages of one question at most: a million rows, and 10 USD.
const PAGES_MAX: u32 = 1_000;

/// Pages without a row, one after the other, that are believed at most.
const EMPTY_PAGES_MAX: u32 = 5;

/// Seconds that names of accounts and whose bill it is are taken for known.
const STANDING_KEEPS: i64 = 12 * 3_600;

/// The same where AWS did not tell all of it then.
const PART_KEEPS: i64 = 15 * 60;

/// The costs of one payer or account by Cost Explorer.
pub struct CostExplorer {
    scope: Scope,
    groupings: Vec<Grouping>,
    client: Client,
    /// Whether AWS refused to tell costs after discounts.
    plain_only: AtomicBool,
    standing: Mutex<Option<(i64, Arc<Learnt>)>>,
    /// How many accounts a check has found that it tells the costs of.
    accounts: Mutex<Option<u32>>,
}

/// How a chain of pages ended.
enum Chain {
    Whole(Brought),
    /// It is to be begun again, which is of use where nothing of it was handed over.
    Broken {
        fault: Fault,
        handed_over: bool,
    },
    /// It is to be begun again without costs after discounts.
    Plain(Fault),
}

impl CostExplorer {
    /// The scope of a connection; nothing is read or sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let source = SourceId { name: settings.source.clone(), kind: SourceKind::Api };
        let terms = Terms {
            request_microdollars: REQUEST_MICRODOLLARS,
            every: EVERY,
            settles: SETTLES,
            months: settings.months.min(13),
        };
        CostExplorer {
            scope: Scope { source, provider: PROVIDER, title: settings.title.clone(), terms },
            groupings: groupings(&settings),
            client: Client::new(settings),
            plain_only: AtomicBool::new(false),
            standing: Mutex::new(None),
            accounts: Mutex::new(None),
        }
    }

    /// What it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.client.access.settings()
    }

    /// Whose bill it is; asked anew once it is old.
    fn known(&self, call: &Call) -> Result<Arc<Learnt>, Fault> {
        let before = self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, known)) = &before {
            let keeps = if known.is_whole { STANDING_KEEPS } else { PART_KEEPS };
            if (0..keeps).contains(&(call.now - at)) {
                return Ok(known.clone());
            }
        }
        let before = before.as_ref().map(|(_, known)| &known.standing);
        let known = Arc::new(call.run(self.client.standing(call, before))?);
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some((call.now, known.clone()));
        Ok(known)
    }

    /// Lets go of whose bill it is.
    fn forget(&self) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Reads chains of pages until one is whole.
    fn bring(&self, grouping: &Grouping, days: Period, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let known = self.known(call)?;
        let (mut begun_again, mut net) = (false, !self.plain_only.load(Ordering::Relaxed));
        loop {
            match self.chain((grouping, net), days, &known, call, sink)? {
                Chain::Whole(brought) => {
                    // Known once the same was answered without them: else it was refused for something else.
                    self.plain_only.store(!net, Ordering::Relaxed);
                    return Ok(brought);
                }
                Chain::Broken { fault, handed_over } if handed_over || begun_again => {
                    let fault = Fault { kind: FaultKind::Unavailable, ..fault };
                    return Err(fault.hint("nothing was changed; it is asked again with the next sync").into());
                }
                Chain::Broken { fault, .. } => {
                    call.watch.waits(&fault, Duration::ZERO);
                    begun_again = true;
                }
                Chain::Plain(fault) => {
                    call.watch.waits(&fault, Duration::ZERO);
                    net = false;
                }
            }
        }
    }

    /// Reads one chain of pages, of costs after discounts where it is `net`.
    fn chain(
        &self,
        (grouping, net): (&Grouping, bool),
        days: Period,
        known: &Learnt,
        call: &Call,
        sink: &dyn Sink,
    ) -> Result<Chain, Halt> {
        let tap = Tap { sink, handed_over: AtomicBool::new(false) };
        let mut rows = Days::new(&tap, days);
        let mut reading = Reading::new(grouping, days, &known.standing);
        let (mut tokens, mut token, mut pages, mut empty) = (HashSet::new(), None::<String>, 0, 0);
        loop {
            if sink.cancelled() {
                return Err(Stop::Cancelled.into());
            }
            let question = Question { grouping, days, net, token: token.as_deref() };
            let page = match call.run(self.client.page(question, call))? {
                Answer::Page(page) => page,
                Answer::ChainBroken(fault) => {
                    return Ok(Chain::Broken { fault, handed_over: tap.handed_over.load(Ordering::Relaxed) });
                }
                Answer::NetRefused(fault) => return Ok(Chain::Plain(fault)),
                Answer::Unreadable(fault) => return Err(fault.into()),
            };
            pages += 1;
            empty = if page.is_empty() { empty + 1 } else { 0 };
            reading.page(&page, &mut |row| rows.push(row))?;
            call.watch.progress(u64::from(pages), 0);
            let Some(next) = page.next else { break };
            if pages == PAGES_MAX || empty > EMPTY_PAGES_MAX || !tokens.insert(next.clone()) {
                return Err(endless(client::action(grouping)).into());
            }
            token = Some(next);
        }
        let told = reading.finish(Day::of_seconds(call.now))?;
        let mut notes: Vec<String> = told.notes.into_iter().chain(known.notes.iter().cloned()).collect();
        let Standing { payer, own, .. } = &known.standing;
        let rows = rows.finish()?;
        if rows == 0 {
            // As well as where an identity may no longer see the accounts, or Cost Explorer does not work.
            notes.push(format!("no cost at all was told of {}", days.words()));
        }
        Ok(Chain::Whole(Brought {
            rows,
            silent: rows == 0,
            pages,
            estimated: told.estimated,
            covers: if payer == own { String::new() } else { format!("accounts/{own}") },
            notes,
            ..Brought::default()
        }))
    }
}

impl Costs for CostExplorer {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn manner(&self) -> Manner {
        Manner::Days(self.groupings.iter().map(|grouping| grouping.feed.clone()).collect())
    }

    fn jointly(&self) -> Option<u8> {
        Some(2)
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Elsewhere::of(self.settings().endpoint.as_deref(), "", "AWS")
    }

    fn look(&self, _: Option<&str>, _: &Call) -> Result<Found, Fault> {
        // Cost Explorer tells what has changed only by telling it, which is paid for.
        Ok(Found::Unknown)
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let Ask::Days { feed, days } = ask else {
            return Err(Fault::new(FaultKind::Refused, "Cost Explorer answers for days and has no deliveries").into());
        };
        let Some(grouping) = self.groupings.iter().find(|grouping| grouping.feed.name == feed.name) else {
            let what = format!("`{}` is not asked of Cost Explorer", super::remote::fault::words(&feed.name));
            return Err(Fault::new(FaultKind::Refused, what).into());
        };
        let brought = self.bring(grouping, *days, call, sink);
        if let Err(Halt::Fault(fault)) = &brought
            && fault.kind.needs_a_person()
        {
            // Whoever comes back may be somebody else.
            self.forget();
        }
        brought
    }

    fn opines(&self) -> Option<&dyn Opines> {
        self.settings().opinion.then_some(self as &dyn Opines)
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        self.forget();
        let (checks, accounts) = check::check(&self.client, call);
        *self.accounts.lock().unwrap_or_else(PoisonError::into_inner) = accounts;
        checks
    }

    fn accounts(&self) -> Option<u32> {
        let known = self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of = |learnt: &Learnt| match &learnt.standing {
            Standing { payer, own, .. } if payer != own => Some(1),
            Standing { names, .. } => u32::try_from(names.len()).ok().filter(|count| *count > 0 && learnt.is_whole),
        };
        let checked = *self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        known.and_then(|(_, learnt)| of(&learnt)).or(checked)
    }
}

/// Passes charges on, and knows whether any went through.
struct Tap<'s> {
    sink: &'s dyn Sink,
    handed_over: AtomicBool,
}

impl Sink for Tap<'_> {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        self.handed_over.store(true, Ordering::Relaxed);
        self.sink.batch(batch)
    }

    fn problem(&self, problem: Problem) {
        self.sink.problem(problem);
    }

    fn progress(&self, bytes: u64) {
        self.sink.progress(bytes);
    }

    fn cancelled(&self) -> bool {
        self.sink.cancelled()
    }
}
