//! What is to be asked of a scope now, and when to look again. Pure: knows no clock and no network.
//!
//! Providers restate: the last days with every delivery, the open month until it is closed, and now and
//! then a day of long ago. So each day of a feed may be so old, by how far back it lies, before it is
//! asked for again:
//!
//! | day | the scope's charges | a facet |
//! |---|---|---|
//! | of the last 10 | each sync | a day |
//! | of the open month; of the month before, until the 10th | a day | a week |
//! | of the last three months | a week | a month |
//! | further back | never, once it has come | never, once it has come |
//!
//! A day that has not come is due whatever its age: history, a pause, and what damage took come the same
//! way. Since what has come is told by the store alone, whatever was interrupted goes on where it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::calendar::{DAY_SECONDS, Day, Period};
use crate::provider::remote::{Ask, Delivery, Feed, Found, Manner, Scope};
use crate::store::remote::{Come, Synced};

/// Days that each sync asks for again.
const RECENT_DAYS: i32 = 10;
/// The day of the month until which the month before may still change.
const CLOSED_BY: u32 = 10;
/// Days back that are looked at now and then.
const LOOK_BACK_DAYS: i32 = 92;
const WEEK: i64 = 7 * DAY_SECONDS;
const MONTH: i64 = 30 * DAY_SECONDS;
/// A day is due this share of its time early, so that what is due once a day comes with the sync before it.
const EARLY: i64 = 8;

/// Why something is asked for; the first comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is of the last days.
    Recent,
    /// The provider says that it has changed, or a delivery is new.
    Changed,
    /// It is of a month that is not closed.
    OpenMonth,
    /// It splits the last days by other dimensions.
    Facet,
    /// It was looked at long ago.
    LookBack,
    /// It has not come before.
    History,
    /// It splits history by other dimensions.
    FacetHistory,
}

impl Why {
    /// What the sync log calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Why::Recent => "last days",
            Why::Changed => "changed",
            Why::OpenMonth => "open month",
            Why::Facet => "split",
            Why::LookBack => "look back",
            Why::History => "history",
            Why::FacetHistory => "history, split",
        }
    }

    /// Whether it is of long ago and comes once.
    #[must_use]
    pub fn is_history(self) -> bool {
        matches!(self, Why::History | Why::FacetHistory)
    }
}

/// Something to ask a scope for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// What.
    pub ask: Ask,
    /// Why.
    pub why: Why,
}

/// What a plan rests on, besides the scope.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    /// The time, seconds since 1970.
    pub at: i64,
    /// Seconds between two syncs.
    pub every: i64,
    /// Months of history that are wanted, the current one not counted.
    pub months: u16,
    /// What has come of it.
    pub synced: &'a Synced,
}

impl Now<'_> {
    fn today(&self) -> Day {
        Day::of_seconds(self.at)
    }
}

/// What to ask of a scope, the most urgent first; `found` is what it was just seen to have.
#[must_use]
pub fn jobs(scope: &Scope, manner: &Manner, found: &Found, now: &Now<'_>) -> Vec<Job> {
    let mut jobs = match (manner, found) {
        (_, Found::Deliveries(deliveries)) => deliveries_of(deliveries, now.synced),
        (Manner::Deliveries, _) => Vec::new(),
        (Manner::Days(feeds), found) => feeds.iter().flat_map(|feed| windows(scope, feed, found, now)).collect(),
    };
    jobs.sort_by_key(|job| job.why);
    jobs
}

/// Deliveries that have not come as they are now: the newest first, which is what a person waits for.
fn deliveries_of(deliveries: &[Delivery], synced: &Synced) -> Vec<Job> {
    let new =
        |delivery: &&Delivery| synced.deliveries.get(&delivery.name).is_none_or(|d| d.version != delivery.version);
    let known = |delivery: &Delivery| synced.deliveries.contains_key(&delivery.name);
    let job = |(at, delivery): (usize, &Delivery)| {
        let why = if at == 0 || known(delivery) { Why::Changed } else { Why::History };
        Job { ask: Ask::Delivery(delivery.clone()), why }
    };
    deliveries.iter().rev().filter(new).enumerate().map(job).collect()
}

/// The windows of a feed that are due, the newest first.
fn windows(scope: &Scope, feed: &Feed, found: &Found, now: &Now<'_>) -> Vec<Job> {
    let none = BTreeMap::new();
    let come = now.synced.days.get(&feed.name).unwrap_or(&none);
    let (today, all) = (now.today(), span(scope, feed, now));
    let changed = if let Found::Changed { days, .. } = found { Some(days) } else { None };
    let mut due: BTreeSet<Day> = all.iter().filter(|day| is_due(*day, come.get(day), feed, changed, now)).collect();
    if let Some(changed) = changed {
        due.extend(changed.iter().filter(|day| all.contains(**day)));
    }
    let why = |days: Period| {
        let newest = days.to.plus(-1);
        let is_new = days.iter().all(|day| !come.contains_key(&day));
        let recent = today.0 - newest.0 < RECENT_DAYS;
        match (feed.is_base(), recent) {
            (true, true) => Why::Recent,
            (false, true) => Why::Facet,
            (true, false) if is_new => Why::History,
            (false, false) if is_new => Why::FacetHistory,
            _ if changed.is_some_and(|changed| changed.contains(&newest)) => Why::Changed,
            (true, false) if is_open(newest, today) => Why::OpenMonth,
            _ => Why::LookBack,
        }
    };
    let ask = |days: Period| Job { ask: Ask::Days { feed: feed.clone(), days }, why: why(days) };
    cut(&due, i32::from(feed.days_max.max(1))).into_iter().map(ask).collect()
}

/// The days that a feed is asked for at all.
fn span(scope: &Scope, feed: &Feed, now: &Now<'_>) -> Period {
    let today = now.today();
    let months = i32::from(now.months.min(scope.terms.months));
    let first = today.month().plus(-months).first();
    let from = feed.reach.map_or(first, |reach| first.max(today.plus(1 - i32::from(reach))));
    Period { from, to: today.plus(1) }
}

fn is_open(day: Day, today: Day) -> bool {
    let month = today.month();
    day.month() == month || (day.month() == month.plus(-1) && today.number() <= CLOSED_BY)
}

/// How old what has come of a day may be, in seconds; `None` where it is not asked for again.
fn age_max(day: Day, today: Day, is_base: bool, every: i64) -> Option<i64> {
    let back = today.0 - day.0;
    let (base, facet) = if back < RECENT_DAYS {
        (every, DAY_SECONDS.max(every))
    } else if is_open(day, today) {
        (DAY_SECONDS, WEEK)
    } else if back <= LOOK_BACK_DAYS {
        (WEEK, MONTH)
    } else {
        return None;
    };
    Some(if is_base { base } else { facet })
}

fn is_due(day: Day, come: Option<&Come>, feed: &Feed, changed: Option<&BTreeSet<Day>>, now: &Now<'_>) -> bool {
    let Some(come) = come else { return true };
    // Who says what has changed need not be asked for the rest.
    if changed.is_some() {
        return false;
    }
    let age = now.at - come.at;
    // A clock that was put back: what came later than now is of no known age.
    age < 0 || age_max(day, now.today(), feed.is_base(), now.every).is_some_and(|max| age >= max - max / EARLY)
}

/// Days in runs of at most so many, the newest first.
fn cut(days: &BTreeSet<Day>, most: i32) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for day in days.iter().rev() {
        match periods.last_mut() {
            Some(last) if last.from == day.plus(1) && last.days() < most => last.from = *day,
            _ => periods.push(Period { from: *day, to: day.plus(1) }),
        }
    }
    periods
}

/// As much of a window's newest days as so many rows hold; `None` where not even a day does.
#[must_use]
pub fn shorten(days: Period, rows_a_day: u64, rows: u64) -> Option<Period> {
    let most = i32::try_from(rows / rows_a_day.max(1)).unwrap_or(i32::MAX);
    (most > 0).then(|| Period { from: days.from.max(days.to.plus(-most)), to: days.to })
}

#[cfg(test)]
mod tests;
