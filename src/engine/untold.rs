//! What an answer must say of costs whose values nobody told: how much they are, whether a filter left them
//! out, and which requests would tell.
//!
//! Knows no layout. Asks nobody: it only says what could be asked, and what that costs.

use std::collections::BTreeMap;

use super::Cancel;
use super::aggregate::add_up;
use super::answer::{Notice, NoticeKind, Severity};
use super::query::request;
use super::rest;
use super::table::Request;
use super::told::{Needed, Part, Plan};
use crate::analytics::asking::{self, Asked, Estimate};
use crate::domain::calendar::Period;
use crate::domain::currency::written;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::error::Result;
use crate::store::Store;
use crate::store::manifest::{Group, Manifest};
use crate::store::remote::Synced;

/// Units of an amount in a millionth.
const MICRO: i128 = 1_000_000_000_000;

/// Notices by currency.
pub(super) type ByCurrency = BTreeMap<String, Vec<Notice>>;

/// What an answer about a lens's charges by some dimensions must say.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn notices(
    store: &Store,
    lens: &Lens,
    (period, by): (Period, &[Dimension]),
    cancel: &Cancel,
) -> Result<ByCurrency> {
    let mut notices = ByCurrency::new();
    let (_held, manifest) = store.read();
    if manifest.scopes.is_empty() {
        return Ok(notices);
    }
    let request = request(lens, period, by, None);
    let needed = Needed::new(by, request.clauses, false);
    for part in &Plan::new(&manifest, period, &needed).parts {
        let (rest, admitted) = rest::in_all((store, &manifest), &request, part, cancel)?;
        let of = Of { store, manifest: &manifest, request: &request, part, needed: &needed.dimensions };
        let mut asks = None;
        for (key, total) in rest.groups().filter(|(_, total)| !total.sum.is_zero()) {
            if asks.is_none() {
                asks = Some(of.asks(cancel)?);
            }
            let currency = rest.currencies.get(key.currency);
            let said = of.said(total.sum, currency, admitted, asks.clone().unwrap_or_default());
            notices.entry(currency.to_owned()).or_default().push(said);
        }
    }
    Ok(notices)
}

/// A part of what a question is about, of which not all is told.
struct Of<'a> {
    store: &'a Store,
    manifest: &'a Manifest,
    request: &'a Request<'a>,
    part: &'a Part<'a>,
    needed: &'a [&'a Dimension],
}

impl Of<'_> {
    fn said(&self, amount: Amount, currency: &str, admitted: bool, asks: String) -> Notice {
        let mut lacking: Vec<String> = Vec::new();
        for dimension in self.needed.iter().filter(|d| !self.part.tells(d)) {
            let title = dimension.title().to_lowercase();
            if !lacking.contains(&title) {
                lacking.push(title);
            }
        }
        let (lacking, from) = (lacking.join(" and "), self.names());
        let sum = format!("{} {}", written(amount, currency), SafeText::from_outside(currency));
        let text = match (admitted, self.part.has_facets) {
            (true, false) => format!("{lacking} of {sum} unknown: {from} tells it not beside what else is asked"),
            (true, true) => format!("{lacking} of {sum} unknown: {from} has not told it"),
            (false, _) => format!("{sum} left out: {from} has not told its {lacking}"),
        };
        let severity = if admitted { Severity::Info } else { Severity::Warning };
        let hint = if self.part.has_facets {
            "a sync brings what is told of it, which may be the last days or some services only".to_owned()
        } else {
            asks
        };
        Notice { kind: NoticeKind::Untold, severity, text, hint }
    }

    /// Whom the charges are of.
    fn names(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for (source, synced) in self.scopes() {
            let group = self.part.base.iter().find(|group| group.source == source);
            let provider = group.map_or("", |group| group.key.provider.as_str());
            let name = if synced.asks.title.is_empty() { provider } else { &synced.asks.title };
            let name = SafeText::from_outside(name).into_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    fn scopes(&self) -> impl Iterator<Item = (&str, &Synced)> {
        let manifest = self.manifest;
        self.part.sources.iter().filter_map(|source| Some((*source, manifest.scopes.get(*source)?)))
    }

    /// What to ask for, and what it costs; another way where it cannot be asked for.
    fn asks(&self, cancel: &Cancel) -> Result<String> {
        let otherwise = || "a billing export tells it: `spendtop import FILE`".to_owned();
        if self.part.has_facets {
            return Ok(String::new());
        }
        let mut whole = Estimate { requests: 0, microdollars: 0 };
        for (source, synced) in self.scopes() {
            let Some(estimate) = self.estimate(source, synced, cancel)? else { return Ok(otherwise()) };
            whole.requests = whole.requests.saturating_add(estimate.requests);
            whole.microdollars = whole.microdollars.saturating_add(estimate.microdollars);
        }
        let price = match whole.microdollars {
            0 => "free".to_owned(),
            micro => format!("{} USD", Amount::from_units(i128::from(micro).saturating_mul(MICRO)).grouped(2)),
        };
        Ok(format!("ask {}: {}, {price}", self.names(), counted(whole.requests, "request", "requests")))
    }

    /// What it takes to ask one scope; `None` where it cannot tell.
    fn estimate(&self, source: &str, synced: &Synced, cancel: &Cancel) -> Result<Option<Estimate>> {
        let asks = &synced.asks;
        let dimensions = asked_of(self.needed);
        let can = |d: &Dimension| matches!(d, Dimension::Tag(_)) || asks.dimensions.contains(d);
        if asks.title.is_empty() || !dimensions.iter().all(can) {
            return Ok(None);
        }
        let base: Vec<&Group> = self.part.base.iter().copied().filter(|group| group.source == source).collect();
        let mut values = Vec::new();
        for dimension in &dimensions {
            values.push(self.values(dimension, &base, cancel)?);
        }
        let Period { from, to } = self.request.period;
        let come = synced.days.values().map(|days| days.range(from..to.max(from)).count());
        let days = come.max().unwrap_or_default();
        Ok(asking::estimate(&Asked {
            values: &values,
            jointly: asks.jointly.into(),
            days: days as u64,
            page_rows: asks.page_rows.into(),
            microdollars: asks.request_microdollars.into(),
        }))
    }

    /// How many values of a dimension some groups have; 0 where their charges do not tell.
    fn values(&self, dimension: &Dimension, base: &[&Group], cancel: &Cancel) -> Result<u64> {
        if !self.part.tells(dimension) {
            return Ok(0);
        }
        let clauses: Vec<_> =
            self.request.clauses.iter().filter(|clause| self.part.tells_of(clause)).cloned().collect();
        let by = std::slice::from_ref(dimension);
        let request = Request { by, clauses: &clauses, granularity: None, ..self.request.clone() };
        Ok(add_up((self.store, self.manifest), &request, base, cancel)?.len() as u64)
    }
}

/// The dimensions that a provider is asked for, to be told of some.
fn asked_of(needed: &[&Dimension]) -> Vec<Dimension> {
    let mut asked = Vec::new();
    for dimension in needed {
        let means = match dimension {
            Dimension::Provider | Dimension::BillingAccount => Vec::new(),
            Dimension::ServiceCategory => vec![Dimension::Service],
            Dimension::Virtual(own) => {
                let definition = own.definition();
                let tags = definition.iter().flat_map(|d| d.tags()).map(|key| Dimension::Tag(key.clone()));
                let account = definition.filter(|d| d.has_accounts()).map(|_| Dimension::SubAccount);
                tags.chain(account).collect()
            }
            other => vec![(*other).clone()],
        };
        for dimension in means {
            if !asked.contains(&dimension) {
                asked.push(dimension);
            }
        }
    }
    asked
}
