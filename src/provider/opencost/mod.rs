//! OpenCost: what Kubernetes' workloads cost, as it estimates it.
//!
//! [`normalise`] says what its figures are worth, and how they are kept from being added to the bill of the
//! machines. OpenCost computes a day from what Prometheus still has of it (two weeks, as most are set up), so
//! that it is asked day by day, and no further back than [`Settings::reach`].
//!
//! **What is forgotten stays.** A day that Prometheus has forgotten comes home as nothing, and the one that it is in
//! the middle of forgetting as a part of it. Neither takes the place of what is stored ([`Brought::left`]): a day
//! without any allocation, and the first day that has some where the day before it has none. A cluster's own first
//! day looks the same; it is taken as long as it is of the last days. Of days before the last ones nothing may be
//! known at all, as before OpenCost was there: they are asked for and have nothing. Where nothing is known of the
//! last days, OpenCost does not work.

mod check;
pub mod client;
pub mod normalise;

use std::collections::BTreeSet;
use std::path::PathBuf;

use self::client::Client;
use self::normalise::{PROVIDER, charges};
use super::remote::fault::words;
use super::remote::rows::Days;
use super::remote::secret::{Reference, Secret};
use super::remote::{Ask, Brought, Call, Check, Costs, Fault, FaultKind, Feed, Found, Halt, Manner, Scope, Terms};
use super::{Sink, SourceId, SourceKind, Stop};
use crate::domain::calendar::{Day, Period};

/// Days that are asked for at once: each is a request of its own, and OpenCost takes its time for one.
const DAYS_MAX: u16 = 7;

/// Days that Prometheus keeps, less the one that it is in the middle of forgetting (its default retention is
/// 15 days: "Storage", Prometheus documentation).
const REACH: u16 = 14;

/// Days until Prometheus knows all of a day.
const SETTLES: u16 = 2;

/// One connection to an OpenCost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The connection's name, as `opencost.main`.
    pub name: String,
    /// Where it listens: https, or this machine.
    pub url: String,
    /// A bearer token, where what stands before it wants one.
    pub token: Option<Reference>,
    /// Keys of labels that are kept.
    pub labels: Vec<String>,
    /// The currency of its prices, which it does not tell.
    pub currency: String,
    /// Whether a cloud bills the clusters' machines: their estimates are then taken off again.
    pub on_a_bill: bool,
    /// The cluster's name, where OpenCost does not tell it.
    pub cluster: Option<String>,
    /// How many days back it still knows.
    pub reach: u16,
    /// A file of further certificates to trust.
    pub authority: Option<PathBuf>,
}

impl Settings {
    /// For an OpenCost at an address, with what is usual.
    #[must_use]
    pub fn new(name: &str, url: &str) -> Settings {
        Settings {
            name: name.to_owned(),
            url: url.to_owned(),
            token: None,
            labels: Vec::new(),
            currency: "USD".to_owned(),
            on_a_bill: true,
            cluster: None,
            reach: REACH,
            authority: None,
        }
    }
}

/// The estimates of one OpenCost.
#[derive(Debug)]
pub struct Allocations {
    scope: Scope,
    client: Client,
}

impl Allocations {
    /// For a connection. Nothing is asked yet.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where settings cannot be.
    pub fn new(settings: &Settings) -> Result<Allocations, Fault> {
        let currency = &settings.currency;
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            let message = format!("`{}` is no currency", words(currency));
            return Err(Fault::new(FaultKind::Refused, message).hint("write its code, as `USD`"));
        }
        let scope = Scope {
            source: SourceId { name: settings.name.clone(), kind: SourceKind::Api },
            provider: PROVIDER,
            title: words(&settings.url),
            terms: Terms {
                request_microdollars: 0,
                every: 6 * 3_600,
                settles: SETTLES,
                months: settings.reach.div_ceil(28),
            },
        };
        Ok(Allocations { client: Client::new(settings)?, scope })
    }

    /// What is told of days, and of which of them nothing is to be taken.
    fn days<'s>(&self, call: &Call, days: Period, sink: &'s dyn Sink) -> Result<Told<'s>, Halt> {
        let token = self.client.token(call)?;
        let mut told = Told { into: Days::new(sink, days), pages: 0, unknown: 0, empty: Vec::new(), half: None };
        let mut is_first = true;
        for day in days.iter() {
            if sink.cancelled() {
                return Err(Stop::Cancelled.into());
            }
            let found = self.client.day(call, token.as_ref(), day)?;
            told.pages += 1;
            call.watch.progress(u64::from(told.pages), days.days() as u64);
            if found.is_empty() {
                told.empty.push(day);
                continue;
            }
            if std::mem::take(&mut is_first) && self.is_half(call, token.as_ref(), day, days.from, &mut told.pages)? {
                told.half = Some(day);
                continue;
            }
            told.unknown += found.iter().filter(|allocation| allocation.total_cost.is_none()).count() as u64;
            let charges = charges(day, &found, self.client.settings());
            for charge in charges.map_err(|why| Fault::new(FaultKind::Garbled, words(&format!("OpenCost: {why}"))))? {
                charge.with_row(|row| told.into.push(row))?;
            }
        }
        Ok(told)
    }

    /// Whether of the first day that OpenCost knows, of those from a day on, a part may be forgotten.
    fn is_half(
        &self,
        call: &Call,
        token: Option<&Secret>,
        day: Day,
        from: Day,
        pages: &mut u32,
    ) -> Result<bool, Fault> {
        if is_of_now(day, call) {
            return Ok(false);
        }
        if day > from {
            return Ok(true);
        }
        *pages += 1;
        Ok(self.client.day(call, token, day.plus(-1))?.is_empty())
    }
}

/// Whether a day is one of the last, of which an OpenCost that works knows something.
fn is_of_now(day: Day, call: &Call) -> bool {
    Day::of_seconds(call.now).0 - day.0 <= i32::from(SETTLES)
}

/// What was told of days.
struct Told<'s> {
    into: Days<'s>,
    pages: u32,
    /// Costs that could not be computed.
    unknown: u64,
    /// Days of which nothing is known.
    empty: Vec<Day>,
    /// The day of which a part may be forgotten.
    half: Option<Day>,
}

impl Costs for Allocations {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn manner(&self) -> Manner {
        Manner::Days(vec![Feed {
            name: Feed::BASE.to_owned(),
            tells: Vec::new(),
            days_max: DAYS_MAX,
            reach: Some(self.client.settings().reach),
            page_rows: u32::MAX,
        }])
    }

    fn look(&self, _mark: Option<&str>, _call: &Call) -> Result<Found, Fault> {
        Ok(Found::Unknown)
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let Ask::Days { days, .. } = ask else {
            return Err(Fault::new(FaultKind::Refused, "OpenCost has days, and no deliveries").into());
        };
        let told = self.days(call, *days, sink)?;
        let Told { into, pages, unknown, empty, half } = told;
        if empty.len() == days.iter().count() && is_of_now(days.to.plus(-1), call) {
            let name = &self.client.settings().name;
            let fault = Fault::new(FaultKind::NotThere, format!("OpenCost knows nothing of {}", days.words()));
            return Err(fault
                .hint("does Prometheus still keep those days? `--storage.tsdb.retention.time` says how many it does")
                .hint(format!("`reach_days` in [{name}] says how many of them are asked for"))
                .into());
        }
        let mut notes = Vec::new();
        if !empty.is_empty() {
            let days: Vec<String> = empty.iter().map(ToString::to_string).collect();
            notes.push(format!("OpenCost knows nothing of {}: what is stored of that stays", days.join(", ")));
        }
        if let Some(day) = half {
            notes.push(format!(
                "OpenCost knows nothing of before {day}, and may have forgotten a part of that day: what is stored of it stays"
            ));
        }
        if unknown > 0 {
            notes.push(format!("OpenCost could not compute {unknown} costs, which are unknown"));
        }
        let left: BTreeSet<Day> = empty.into_iter().chain(half).collect();
        Ok(Brought { rows: into.finish()?, pages, left, notes, ..Brought::default() })
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        check::all(self, call)
    }
}

#[cfg(test)]
mod tests;
