//! OpenCost: what Kubernetes' workloads cost, as it estimates it.
//!
//! [`normalise`] says what its figures are worth, and how they are kept from being added to the bill of the
//! machines. OpenCost computes a day from what Prometheus still has of it (two weeks, as most are set up), so
//! that it is asked day by day, and no further back than [`Settings::reach`]: a day that Prometheus has forgotten
//! would come home as nothing.

mod check;
pub mod client;
pub mod normalise;

use std::path::PathBuf;

use self::client::Client;
use self::normalise::{PROVIDER, charges};
use super::remote::fault::words;
use super::remote::rows::Days;
use super::remote::secret::Reference;
use super::remote::{Ask, Brought, Call, Check, Costs, Fault, FaultKind, Feed, Found, Halt, Manner, Scope, Terms};
use super::{Sink, SourceId, SourceKind, Stop};

/// Days that are asked for at once: each is a request of its own, and OpenCost takes its time for one.
const DAYS_MAX: u16 = 7;

/// Days that Prometheus keeps, less the one that it is in the middle of forgetting (its default retention is
/// 15 days: "Storage", Prometheus documentation).
const REACH: u16 = 14;

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
            terms: Terms { request_microdollars: 0, every: 6 * 3_600, settles: 2, months: 1 },
        };
        Ok(Allocations { client: Client::new(settings)?, scope })
    }
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
        let settings = self.client.settings();
        let mut into = Days::new(sink, *days);
        let (mut pages, mut empty, mut unknown) = (0, Vec::new(), 0u64);
        for day in days.iter() {
            if sink.cancelled() {
                return Err(Stop::Cancelled.into());
            }
            let found = self.client.day(call, day)?;
            pages += 1;
            call.watch.progress(u64::from(pages), days.days() as u64);
            if found.is_empty() {
                empty.push(day);
            }
            unknown += found.iter().filter(|allocation| allocation.total_cost.is_none()).count() as u64;
            let charges = charges(day, &found, settings);
            for charge in charges.map_err(|why| Fault::new(FaultKind::Garbled, words(&format!("OpenCost: {why}"))))? {
                charge.with_row(|row| into.push(row))?;
            }
        }
        if empty.len() == days.iter().count() {
            let fault = Fault::new(FaultKind::NotThere, format!("OpenCost knows nothing of {}", days.words()));
            return Err(fault
                .hint("does Prometheus still keep those days? `--storage.tsdb.retention.time` says how many it does")
                .into());
        }
        let mut notes = Vec::new();
        if !empty.is_empty() {
            let days: Vec<String> = empty.iter().map(ToString::to_string).collect();
            notes.push(format!("OpenCost knows nothing of {}", days.join(", ")));
        }
        if unknown > 0 {
            notes.push(format!("OpenCost could not compute {unknown} costs, which are unknown"));
        }
        Ok(Brought { rows: into.finish()?, pages, notes, ..Brought::default() })
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        check::all(self, call)
    }
}

#[cfg(test)]
mod tests;
