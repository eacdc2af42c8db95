//! What will come: the charges of a filter continued, day by day and as sums, with intervals.
//!
//! What goes on by itself is fitted: usage of days that nobody restates any more. Purchases, taxes, credits,
//! adjustments, corrections of earlier bills and charges longer than a day stay out of the fit (`gather`) and are put back as known amounts:
//! as they came, and where they come every month, as they came last (`recurring`).
//!
//! Providers that are much later than others are foretold apart, each from its own last settled day on, and added:
//! what the others delivered since counts as it came. A day that is not settled costs no less than what has come of
//! it, unless costs may fall below zero. Of whom no day is settled yet nothing is foretold: what has come of them counts.
//!
//! The model is looked for once a day and series, and remembered (`memory`); see
//! [`crate::analytics::forecast`]. Knows no face.

mod gather;
mod memory;
mod recurring;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_parts;
#[cfg(test)]
mod tests_of_recurring;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(super) use self::gather::Wanted;
use self::gather::{Gathered, Part};
pub use self::memory::Memory;
use self::memory::Name;
use self::recurring::Missed;
use super::Cancel;
use super::answer::Freshness;
use super::local::LocalEngine;
use super::scan::check;
use super::together::Together;
use crate::analytics::forecast::{Band, Forecast, Measured, State, contest, refresh};
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter, Pattern};
use crate::domain::money::Amount;
use crate::error::Result;

/// Days ahead that are foretold at least: what screens show.
pub const DAYS: usize = 90;
/// Days before the one that is asked about that are read: a year and a month, as models do.
const DAYS_READ: i32 = 400;
/// Days that say what costs most.
const USUAL_DAYS: usize = 28;
/// Where the last settled day is older, nothing is foretold.
const STALE_DAYS: i32 = 62;
/// And where it is older than this, and than all the days from the first charge up to it.
const SILENT_DAYS: i32 = 4;

/// A kind of charge that stays out of the fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// Charge category `Purchase`.
    Purchase,
    /// Charge category `Tax`.
    Tax,
    /// Charge category `Credit`.
    Credit,
    /// Charge category `Adjustment`.
    Adjustment,
    /// Charge class `Correction`, of whatever category: a refund or restatement of an earlier bill.
    Correction,
    /// Usage that is charged for longer than a day at once.
    Long,
}

impl Aside {
    /// All, in the order in which they are told.
    pub const ALL: [Aside; 6] =
        [Aside::Purchase, Aside::Tax, Aside::Credit, Aside::Adjustment, Aside::Correction, Aside::Long];
    /// The charge categories among them.
    const CATEGORIES: [(Aside, &str); 4] = [
        (Aside::Purchase, "Purchase"),
        (Aside::Tax, "Tax"),
        (Aside::Credit, "Credit"),
        (Aside::Adjustment, "Adjustment"),
    ];

    /// The charge class among them.
    const CLASS: &str = "Correction";

    /// The demand that charges are of one of those categories, or of none.
    fn of_categories(negated: bool) -> Clause {
        let patterns = Aside::CATEGORIES.map(|(_, name)| Pattern::Is(name.to_owned())).to_vec();
        Clause { negated, dimension: Some(Dimension::ChargeCategory), patterns }
    }

    /// The demand that charges are corrections, or are none.
    pub(super) fn of_class(negated: bool) -> Clause {
        let patterns = vec![Pattern::Is(Aside::CLASS.to_owned())];
        Clause { negated, dimension: Some(Dimension::ChargeClass), patterns }
    }

    /// The demands that charges go on by themselves, however long they are.
    pub(super) fn none() -> [Clause; 2] {
        [Aside::of_categories(true), Aside::of_class(true)]
    }

    /// The kind of a charge; nothing where it goes on by itself. What corrects a tax is no tax that comes again.
    pub(super) fn of(category: &str, class: &str, long: bool) -> Option<Aside> {
        if class.eq_ignore_ascii_case(Aside::CLASS) {
            return Some(Aside::Correction);
        }
        let named = Aside::CATEGORIES.into_iter().find(|(_, name)| name.eq_ignore_ascii_case(category));
        named.map(|(kind, _)| kind).or(long.then_some(Aside::Long))
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Aside::Purchase => "purchases",
            Aside::Tax => "tax",
            Aside::Credit => "credits",
            Aside::Adjustment => "adjustments",
            Aside::Correction => "corrections of earlier bills",
            Aside::Long => "charges longer than a day",
        }
    }
}

/// What will come of a filter's charges in one currency.
#[derive(Clone, Debug)]
pub struct Foretold {
    /// As of which day.
    pub as_of: Day,
    /// In which currency.
    currency: String,
    /// The last day that counts as it came, but for those of [`Self::late`]; none where no day does.
    pub settled_through: Option<Day>,
    /// Providers whose days count as they came up to an earlier one only.
    pub late: Vec<Freshness>,
    /// Providers of whom nothing is foretold, though of others it is: no day of theirs is settled yet.
    pub untold: Vec<Freshness>,
    /// Providers of whom nothing is foretold, though of others it is: nothing of theirs has come for too long.
    pub silent: Vec<Freshness>,
    /// Days within those that are known that nobody seems to have brought, by provider: they are fitted as unknown.
    holes: Vec<(String, Period)>,
    /// Whether the settled days are too old to say anything of what is to come: none is foretold then.
    pub is_stale: bool,
    /// What is put back of each kind that stays out of the fit: by day, what came after the settled days, and what
    /// is expected again.
    pub aside: BTreeMap<Aside, BTreeMap<Day, PutBack>>,
    /// What came of those kinds every month, and has not of late.
    missed: Vec<Missed>,
    /// What came of those kinds in the days that were fitted.
    pub left_out: BTreeMap<Aside, Amount>,
    /// The first day that is known, for there is none before it or none was read.
    known_from: Day,
    /// Whether there are charges before that.
    has_older: bool,
    /// The cost of each day as it came, as far as days are settled.
    came: BTreeMap<Day, Amount>,
    /// Days of which not all has come, and that are not foretold.
    lacking: BTreeSet<Day>,
    /// What each provider costs a day, by its canonical name; of those of which enough days are known.
    pub usual: BTreeMap<String, f64>,
    /// By how much more has come of days that are not settled than was foretold; all of it where nothing was.
    more: BTreeMap<Day, f64>,
    /// Of each part, that which costs most first; one at least.
    forecasts: Vec<Forecast>,
}

/// A known amount of a day that is foretold.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PutBack {
    /// Charged already.
    pub came: Amount,
    /// Not yet, but as it came in the months before.
    pub expected: Amount,
}

impl PutBack {
    fn sum(self) -> Amount {
        self.came + self.expected
    }
}

impl Foretold {
    /// The first day of which anything is foretold.
    #[must_use]
    pub fn first(&self) -> Day {
        self.forecasts.iter().map(|forecast| forecast.first).min().unwrap_or(self.as_of)
    }

    /// The day after the last that is foretold; [`Self::first`] where none is.
    #[must_use]
    pub fn end(&self) -> Day {
        let ends = self.forecasts.iter().map(|forecast| forecast.first.plus(days(forecast.days.len())));
        ends.min().unwrap_or(self.as_of)
    }

    /// What a period will have cost: what is settled of it as it came, known amounts, and the rest foretold. Nothing
    /// where the period reaches beyond what is known or foretold.
    #[must_use]
    pub fn sum(&self, period: Period) -> Option<Band> {
        let is_known = period.from >= self.known_from || !self.has_older;
        if period.days() <= 0 || !is_known || period.to > self.end() {
            return None;
        }
        let more: f64 = self.more.range(period.from..period.to).map(|(_, more)| more).sum();
        let known = (self.came(period) + self.put_back(period)).to_f64() + more;
        if period.to <= self.first() {
            return Some(Band::exactly(known));
        }
        let of = |forecast: &Forecast| forecast.sum(Period { from: period.from.max(forecast.first), to: period.to });
        let ahead = self.forecasts.iter().filter_map(of).reduce(Band::and)?;
        Some(ahead.plus(known))
    }

    /// What one day that is foretold will cost.
    #[must_use]
    pub fn day(&self, day: Day) -> Option<Band> {
        let one = Period { from: day, to: day.plus(1) };
        let known = (self.came(one) + self.put_back(one)).to_f64() + self.more.get(&day).copied().unwrap_or(0.0);
        let of = |forecast: &Forecast| at(forecast, day).copied();
        Some(self.forecasts.iter().filter_map(of).reduce(Band::and)?.plus(known))
    }

    /// What is settled of a period, as it came.
    #[must_use]
    pub fn came(&self, period: Period) -> Amount {
        self.came.range(period.from..period.to.max(period.from)).map(|(_, amount)| *amount).sum()
    }

    /// Whether days of a period lack charges that are not foretold: others came after them.
    #[must_use]
    pub fn lacks(&self, period: Period) -> bool {
        self.lacking.range(period.from..period.to.max(period.from)).next().is_some()
    }

    /// Known amounts of kinds that stay out of the fit, on top of what is settled and foretold.
    #[must_use]
    pub fn put_back(&self, period: Period) -> Amount {
        self.aside.keys().map(|kind| self.put_back_of(*kind, period).sum()).sum()
    }

    /// What of that has not come.
    #[must_use]
    pub fn expected(&self, period: Period) -> Amount {
        self.aside.keys().map(|kind| self.put_back_of(*kind, period).expected).sum()
    }

    /// The same of one kind.
    #[must_use]
    pub fn put_back_of(&self, kind: Aside, period: Period) -> PutBack {
        let days = period.from..period.to.max(period.from);
        let found = self.aside.get(&kind).into_iter().flat_map(|by_day| by_day.range(days.clone()));
        found.fold(PutBack::default(), |sum, (_, one)| PutBack {
            came: sum.came + one.came,
            expected: sum.expected + one.expected,
        })
    }

    /// Of what costs most.
    fn main(&self) -> &Forecast {
        &self.forecasts[0]
    }

    /// What is odd about the series.
    #[must_use]
    pub fn state(&self) -> State {
        self.main().state
    }

    /// The name of the model that did best; nothing where no contest was held.
    #[must_use]
    pub fn model(&self) -> Option<&'static str> {
        self.main().winner.as_ref().map(|winner| winner.model.name())
    }

    /// How well that model did.
    #[must_use]
    pub fn measured(&self) -> Option<&Measured> {
        self.main().winner.as_ref().map(|winner| &winner.measured)
    }
}

/// What will come of the charges that a filter admits, in one currency, up to `horizon` days after the day that is asked
/// about and [`DAYS`] at least. Its virtual dimensions must have their definitions.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn foretell(
    engine: &LocalEngine,
    scope: &Filter,
    (metric, currency): (Metric, &str),
    as_of: Day,
    horizon: usize,
    cancel: &Cancel,
) -> Result<Arc<Foretold>> {
    foretell_of(&Together::none(engine), scope, (metric, currency), as_of, horizon, cancel)
}

/// The same, of what was asked for together.
///
/// # Errors
/// As [`foretell`].
pub(super) fn foretell_of(
    together: &Together<'_>,
    scope: &Filter,
    (metric, currency): (Metric, &str),
    as_of: Day,
    horizon: usize,
    cancel: &Cancel,
) -> Result<Arc<Foretold>> {
    let engine = together.engine();
    let horizon = horizon.max(DAYS);
    let generation = engine.store().manifest().generation;
    let name = Name { scope: scope.to_string(), metric, currency: currency.to_owned(), as_of };
    let memory = &engine.remembered().foretold;
    if let Some(known) = memory.answer(&name, generation, horizon) {
        return Ok(known);
    }
    let wanted = Wanted::new(engine, scope, (metric, currency), as_of);
    let gathered = gather::gather(together, &wanted, cancel)?;
    check(cancel)?;
    let foretold = Arc::new(of_parts(memory, &name, gathered, horizon));
    memory.keep(name, generation, horizon, &foretold);
    Ok(foretold)
}

/// Whether nothing has come for so long that what came before says nothing of what is to come.
fn is_silent(part: &Part, as_of: Day) -> bool {
    let Some(last) = part.settled else { return false };
    let silent = as_of.0 - last.0;
    let charged = part.totals.keys().next().map_or(0, |first| last.0 + 1 - first.0);
    silent > STALE_DAYS || (silent > SILENT_DAYS && silent > charged)
}

/// Foretells each part by itself and adds them up.
fn of_parts(memory: &Memory, name: &Name, gathered: Gathered, horizon: usize) -> Foretold {
    let Gathered { parts, has_older, usual } = gathered;
    let as_of = name.as_of;
    let live = parts.iter().find(|part| part.settled.is_some() && !is_silent(part, as_of));
    let settled_through = live.or(parts.first()).and_then(|part| part.settled);
    let mut told = Foretold {
        as_of,
        currency: name.currency.clone(),
        settled_through,
        late: Vec::new(),
        untold: Vec::new(),
        silent: Vec::new(),
        holes: Vec::new(),
        is_stale: live.is_none(),
        aside: BTreeMap::new(),
        missed: Vec::new(),
        left_out: BTreeMap::new(),
        known_from: parts.first().map_or(as_of, |part| part.series.first),
        has_older,
        came: BTreeMap::new(),
        lacking: BTreeSet::new(),
        usual,
        more: BTreeMap::new(),
        forecasts: Vec::new(),
    };
    let mut sized: Vec<(f64, Forecast)> = Vec::new();
    let mut empty: Option<Forecast> = None;
    for part in &parts {
        if !told.is_stale && is_silent(part, as_of) {
            told.add_silent(part);
            continue;
        }
        let forecast = match told.is_stale {
            true => contest(&part.series, 0),
            false => continued(memory, name, part, horizon),
        };
        told.add(part, &forecast, horizon);
        // Of whom nothing is settled yet nothing is foretold, whatever the others.
        if forecast.state == State::Empty {
            told.untold.extend(part.of.iter().cloned());
            empty.get_or_insert(forecast);
            continue;
        }
        let is_late = |fresh: &&Freshness| settled_through.is_some_and(|last| fresh.settled_through < last);
        if !live.is_some_and(|live| std::ptr::eq(live, part)) {
            told.late.extend(part.of.iter().filter(is_late).cloned());
        }
        let usual = part.series.values.iter().rev().take(USUAL_DAYS).flatten().sum();
        sized.push((usual, forecast));
    }
    if sized.is_empty() {
        told.untold.clear();
        sized.extend(empty.map(|forecast| (0.0, forecast)));
    }
    sized.sort_by(|a, b| b.0.total_cmp(&a.0));
    told.forecasts = sized.into_iter().map(|(_, forecast)| forecast).collect();
    told
}

impl Foretold {
    /// Adds a part of which nothing is to come: all of it came.
    fn add_silent(&mut self, part: &Part) {
        for (day, total) in &part.totals {
            *self.came.entry(*day).or_default() += *total;
        }
        for (stream, days) in &part.others {
            *self.left_out.entry(stream.kind).or_default() += days.values().copied().sum::<Amount>();
        }
        self.silent.extend(part.of.iter().cloned());
    }

    /// Adds what is known of a part.
    fn add(&mut self, part: &Part, forecast: &Forecast, horizon: usize) {
        let first = forecast.first;
        self.lacking.extend(&part.missing);
        self.holes.extend(part.holes.iter().cloned());
        for (day, total) in part.totals.range(..first) {
            *self.came.entry(*day).or_default() += *total;
        }
        for (stream, days) in &part.others {
            let sum: Amount = days.range(..first).map(|(_, amount)| *amount).sum();
            *self.left_out.entry(stream.kind).or_default() += sum;
        }
        if self.is_stale {
            return;
        }
        let end = self.as_of.plus(1 + days(horizon));
        for (kind, by_day) in recurring::put_back(&part.others, (first, end), self.as_of) {
            for (day, one) in by_day {
                let place = self.aside.entry(kind).or_default().entry(day).or_default();
                (place.came, place.expected) = (place.came + one.came, place.expected + one.expected);
            }
        }
        self.missed.extend(recurring::missed(&part.others, first, self.as_of));
        let may_fall = forecast.days.iter().any(|day| day.lo95 < 0.0);
        for (day, came) in part.usage.range(first..) {
            let more = match at(forecast, *day) {
                Some(_) if may_fall => 0.0,
                Some(foretold) => (came.to_f64() - foretold.mid).max(0.0),
                None => came.to_f64(),
            };
            if more != 0.0 {
                *self.more.entry(*day).or_default() += more;
            }
        }
    }
}

/// What is foretold of a day.
fn at(forecast: &Forecast, day: Day) -> Option<&Band> {
    forecast.days.get(usize::try_from(day.0 - forecast.first.0).ok()?)
}

/// Continues a part's series by the winner of today's contest. Whatever was asked for before, the same days come out.
fn continued(memory: &Memory, name: &Name, part: &Part, horizon: usize) -> Forecast {
    let series = &part.series;
    let ends = series.first.plus(days(series.values.len()));
    let ahead = |horizon| usize::try_from(name.as_of.0 + 1 + days(horizon) - ends.0).unwrap_or(0);
    let whose: Vec<&str> = part.of.iter().map(|fresh| fresh.provider.raw()).collect();
    let whose = whose.join("\n");
    if let Some(winner) = memory.winner(name, &whose, series) {
        return refresh(series, &winner, ahead(horizon));
    }
    let forecast = contest(series, ahead(DAYS));
    forecast.winner.iter().for_each(|winner| memory.keep_winner(name, &whose, series, winner));
    match &forecast.winner {
        _ if horizon == DAYS => forecast,
        Some(winner) => refresh(series, winner, ahead(horizon)),
        None => contest(series, ahead(horizon)),
    }
}

fn days(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 4)
}
