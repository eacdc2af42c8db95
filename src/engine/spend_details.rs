//! Answers [`super::Question::SpendDetails`]: what of the Spend tab takes a look at single charges.
//!
//! The tab is drawn from [`super::spend`]'s answer; this one follows it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::aggregate::is_kept;
use super::alike::{self, Before};
use super::answer::{Figure, HourFigure, Notice, NoticeKind, Severity, SpendDetails, TopResource};
use super::local::LocalEngine;
use super::query::request;
use super::sharing::is_shared;
use super::spend::{admitted, currencies};
use super::table::{Ids, Key, Table};
use super::tally::{self, Asked};
use super::{Cancel, anomalies, concerned, twin};
use crate::domain::calendar::{DAY_SECONDS, Day, Granularity, HOUR_SECONDS, Period};
use crate::domain::dict::NONE;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter, Pattern};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::numbers::Total;
use crate::domain::text::{SafeText, UNTOLD, Untrusted};
use crate::domain::virtuals::own_dimensions;
use crate::error::Result;

/// An hour is looked for in so many days up to the one that is asked about.
const HOUR_DAYS: i32 = 3;
/// So many resources are looked for one by one.
const NARROWED_MAX: usize = 200;
/// From this share of the cost on, a tag that is missing is a warning.
const UNTAGGED_WARNING: f64 = 0.2;

/// Answers what the Spend tab shows later, one a currency; `limit` resources at most.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn answer(
    engine: &LocalEngine,
    lens: &Lens,
    limit: usize,
    as_of: Day,
    cancel: &Cancel,
) -> Result<Vec<SpendDetails>> {
    let (period, against) = lens.days(as_of);
    let by = [Dimension::Resource, Dimension::Service];
    let mut now = engine.aggregate(&request(lens, period, &by, None), cancel)?;
    let mut resources = Resources::of(&now);
    let against = against.filter(|days| engine.has_data(*days));
    let freshness = admitted(engine.freshness(as_of), lens);
    let days = (period, against);
    let lacking = concerned::arrivals(engine, lens, (&freshness, as_of), days, cancel)?.lacking(period, against);
    let before = against
        .map(|days| {
            let narrow =
                resources.narrowed(&now, lens, limit, &engine.aggregate(&request(lens, days, &[], None), cancel)?);
            let request = request(narrow.as_ref().unwrap_or(lens), days, &by, None);
            Before::new(&request, &lacking, |request| engine.aggregate(request, cancel)).map(|before| before.table)
        })
        .transpose()?;
    if let Some(before) = &before {
        resources.hold_against(&mut now, before);
    }
    let hours = Hours::new(engine, lens, as_of, cancel)?;
    let untagged = untagged(engine, lens, period, cancel)?;
    let currencies = currencies([&now, &hours.table].into_iter().chain(&before));
    anomalies::refresh(engine, as_of, cancel)?;
    let details = currencies.into_iter().map(|currency| {
        let (marks, notice) = anomalies::list::beside(engine, (lens, &currency), as_of, cancel)?;
        let (resources, resources_total, without_resource) = resources.top(&now, &currency, limit);
        Ok(SpendDetails {
            metric: lens.metric,
            hour: hours.last(&currency),
            resources,
            resources_total,
            without_resource,
            anomalies: marks,
            notices: notice.into_iter().chain(untagged.get(&currency).into_iter().flatten().cloned()).collect(),
            currency,
        })
    });
    details.collect()
}

/// A resource while the costliest are looked for.
#[derive(Default)]
struct Resource {
    now: Total,
    before: Total,
    /// The service that most of it is of.
    service: (Amount, u32),
}

/// Whether it is told which resource a group is, or that it is none.
fn is_told(table: &Table, key: &Key) -> bool {
    table.dimensions[0].text(key.values.0[0]) != UNTOLD
}

/// Resources by currency and number, in the numbers of the table of now.
struct Resources {
    found: HashMap<(u32, u32), Resource>,
    compared: bool,
}

impl Resources {
    fn of(now: &Table) -> Resources {
        let mut resources = Resources { found: HashMap::new(), compared: false };
        for (key, total) in now.groups().filter(|(key, _)| is_told(now, key)) {
            resources.add(key.currency, &key.values, total, false);
        }
        resources
    }

    fn add(&mut self, currency: u32, ids: &Ids, total: &Total, earlier: bool) {
        let [id, service, ..] = ids.0;
        let resource = self.found.entry((currency, id)).or_default();
        let of = if earlier { &mut resource.before } else { &mut resource.now };
        of.merge(total);
        if resource.service.1 == NONE || total.sum.abs() > resource.service.0 {
            resource.service = (total.sum.abs(), service);
        }
    }

    /// Adds what they cost before.
    fn hold_against(&mut self, now: &mut Table, before: &Table) {
        self.compared = true;
        let numbers = now.adopt(before);
        for (key, total) in before.groups().filter(|(key, _)| is_told(before, key)) {
            self.add(numbers.currency(key.currency), &numbers.ids(&key.values), total, true);
        }
    }

    /// A lens of only those resources that will be listed, where that can be told before it is known
    /// what they cost before: by the hundred thousand they need not be remembered for that.
    fn narrowed(&self, now: &Table, lens: &Lens, limit: usize, before: &Table) -> Option<Lens> {
        let mut costs: BTreeMap<u32, Vec<(Amount, u32)>> = BTreeMap::new();
        for ((currency, id), resource) in self.found.iter().filter(|((_, id), _)| *id != NONE) {
            costs.entry(*currency).or_default().push((resource.now.sum, *id));
        }
        // A currency of which there are fewer now lists also those that are gone.
        let of_before = before.currencies.iter().map(|text| now.currencies.find(text));
        if of_before.into_iter().any(|currency| currency.is_none_or(|c| !costs.contains_key(&c))) {
            return None;
        }
        let mut ids = Vec::new();
        for costs in costs.values_mut() {
            let (_, least, _) = (limit > 0 && limit <= costs.len())
                .then(|| costs.select_nth_unstable_by_key(limit - 1, |(cost, _)| Reverse(*cost)))?;
            let least = least.0;
            ids.extend(costs.iter().filter(|(cost, _)| *cost >= least).map(|(_, id)| *id));
            if least <= Amount::ZERO || ids.len() > NARROWED_MAX {
                return None;
            }
        }
        let patterns = ids.into_iter().map(|id| Pattern::Exactly(now.dimensions[0].text(id).to_owned())).collect();
        let mut lens = lens.clone();
        lens.filter.clauses.push(Clause { negated: false, dimension: Some(Dimension::Resource), patterns });
        Some(lens)
    }

    /// The costliest of a currency, how many there are, and what lies in no resource.
    fn top(&self, table: &Table, currency: &str, limit: usize) -> (Vec<TopResource>, u64, Option<Amount>) {
        let Some(currency) = table.currencies.find(currency) else { return (Vec::new(), 0, None) };
        let mine = self.found.iter().filter(|((c, id), _)| *c == currency && *id != NONE);
        let mut list: Vec<(u32, &Resource)> = mine.map(|((_, id), resource)| (*id, resource)).collect();
        let total = list.iter().filter(|(_, r)| r.now.rows() > 0).count() as u64;
        let [ids, services] = table.dimensions.as_slice() else { return (Vec::new(), 0, None) };
        list.sort_unstable_by(|(a, x), (b, y)| {
            (Reverse(x.now.sum), Reverse(x.before.sum))
                .cmp(&(Reverse(y.now.sum), Reverse(y.before.sum)))
                .then_with(|| ids.text(*a).cmp(ids.text(*b)))
        });
        list.truncate(limit);
        let resource = |(id, resource): (u32, &Resource)| TopResource {
            id: ids.text(id).into(),
            name: Some(ids.name(id)).filter(|name| !name.is_empty()).map(Untrusted::from),
            service: services.text(resource.service.1).into(),
            figure: alike::figure(&resource.now, &resource.before, self.compared),
        };
        let without = self.found.get(&(currency, NONE)).filter(|r| r.now.rows() > 0).and_then(|r| r.now.value());
        (list.into_iter().map(resource).collect(), total, without)
    }
}

/// The hourly costs of the last days.
pub(super) struct Hours {
    table: Table,
    /// The moment up to which hours can be whole.
    until: i64,
}

impl Hours {
    pub(super) fn new(engine: &LocalEngine, lens: &Lens, as_of: Day, cancel: &Cancel) -> Result<Hours> {
        let days = Period { from: as_of.plus(-HOUR_DAYS), to: as_of.plus(1) };
        let table = engine.aggregate(&request(lens, days, &[], Some(Granularity::Hour)), cancel)?;
        let until = admitted(engine.freshness(as_of), lens).iter().map(|f| f.taken_at).max().unwrap_or_default();
        Ok(Hours { table, until })
    }

    /// The currencies that have hourly charges.
    pub(super) fn currencies(&self) -> impl Iterator<Item = &str> {
        self.table.currencies.iter()
    }

    /// The last hour with charges that was over when they were taken in, beside the same hour of the
    /// day before.
    pub(super) fn last(&self, currency: &str) -> Option<HourFigure> {
        let mut hours: BTreeMap<i64, Total> = BTreeMap::new();
        self.table.groups_in(currency).for_each(|(key, total)| hours.entry(key.start).or_default().merge(total));
        let (start, total) = hours.range(..=self.until - HOUR_SECONDS).next_back()?;
        let previous = hours.get(&(start - DAY_SECONDS)).and_then(Total::value);
        Some(HourFigure { start: *start, figure: Figure { amount: total.value(), previous } })
    }
}

/// How much of the cost lacks each of the company's own dimensions, by currency.
fn untagged(
    engine: &LocalEngine,
    lens: &Lens,
    period: Period,
    cancel: &Cancel,
) -> Result<BTreeMap<String, Vec<Notice>>> {
    let own = own_dimensions(engine.definitions(), &engine.store().manifest().tag_keys);
    let kept = |dimension: &Dimension| {
        is_shared(dimension) || is_kept(engine.store(), &request(lens, period, std::slice::from_ref(dimension), None))
    };
    let (kept, scanned): (Vec<Dimension>, Vec<Dimension>) = own.iter().cloned().partition(kept);
    // For each dimension and currency, what all of it costs, and what without a value of it.
    let mut sums: BTreeMap<(usize, String), [Amount; 2]> = BTreeMap::new();
    let mut add = |dimension: &Dimension, currency: &str, (value, text): (u32, &str), cost: Amount| {
        if text == UNTOLD {
            return;
        }
        let at = own.iter().position(|known| known == dimension).unwrap_or_default();
        let [all, without] = sums.entry((at, currency.to_owned())).or_default();
        *all += cost;
        if value == NONE {
            *without += cost;
        }
    };
    for dimension in &kept {
        let table = engine.aggregate(&request(lens, period, std::slice::from_ref(dimension), None), cancel)?;
        for (key, total) in table.groups() {
            let value = (key.values.0[0], table.dimensions[0].text(key.values.0[0]));
            add(dimension, table.currencies.get(key.currency), value, total.sum);
        }
    }
    if !scanned.is_empty() {
        // One pass for all of them.
        let tally = tally::run(engine, &Asked { lens, period, dimensions: &scanned, tags: None }, cancel)?;
        for ((dimension, values), totals) in scanned.iter().zip(&tally.values).zip(&tally.by) {
            for ((currency, value), total) in totals {
                add(dimension, tally.currencies.get(*currency), (*value, values.text(*value)), total.sum);
            }
        }
    }
    let mut notices: BTreeMap<String, Vec<Notice>> = BTreeMap::new();
    for ((at, currency), [all, without]) in sums {
        // Where credits outweigh the cost, a share says nothing.
        let share = without.ratio(all).filter(|share| all > Amount::ZERO && (0.0005..=1.0).contains(share));
        notices.entry(currency).or_default().extend(share.map(|share| untagged_notice(&own[at], share)));
    }
    Ok(notices)
}

fn untagged_notice(dimension: &Dimension, share: f64) -> Notice {
    let filter = Filter::default().and(dimension.clone(), "", std::iter::empty()).to_string();
    let tag = if matches!(dimension, Dimension::Tag(_)) { "tag " } else { "" };
    let name = SafeText::from_outside(&dimension.bare());
    // What lacks first: it is read even where the rest has no room.
    let of = if share >= 0.9995 { "all cost".to_owned() } else { format!("{:.1} % of cost", share * 100.0) };
    let text = format!("no {tag}`{name}`: {of}");
    Notice {
        kind: NoticeKind::Untagged,
        severity: if share < UNTAGGED_WARNING { Severity::Info } else { Severity::Warning },
        text,
        hint: format!("`spendtop query --by service --where {}` says where", twin::word(&filter)),
    }
}
