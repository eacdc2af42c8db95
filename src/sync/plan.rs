//! What is to be asked of a scope now, and when to look again. Pure: knows no clock and no network.
//!
//! Providers restate: the last days with every delivery, the open month until it is closed, and now and
//! then a day of long ago. So each day of a feed may be so old, by how far back it lies, before it is
//! asked for again ([`Rhythm::ages`]). Where that costs more paid requests than a day may, a slower
//! [`Rhythm`] is kept; [`play`] tells what one costs. What has waited for longest beyond its time comes
//! first, so that nothing starves where not all fits.
//!
//! A day of which an answer told nothing ([`super::silence`]) is asked for again with the next sync, or a day later
//! where it never came and is of history, or is paid for and no charge of the last days; those whose silence would be
//! believed have a window of their own.
//!
//! A day that has not come is due whatever its age: history, a pause, and what damage took come the same
//! way. Since what has come is told by the store alone, whatever was interrupted goes on where it was.

pub mod play;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::calendar::{DAY_SECONDS, Day, Period};
use crate::provider::remote::{Ask, Delivery, Feed, Found, Manner, Scope};
use crate::store::remote::{Come, Synced, whole_from};
use crate::sync::silence::Silence;

/// The last days, which change with each delivery.
pub const LATEST_DAYS: i32 = 3;
/// The days that are restated often.
const RECENT_DAYS: i32 = 10;
/// The day of the month until which the month before may still change.
const CLOSED_BY: u32 = 10;
/// Days back that are looked at now and then.
const LOOK_BACK_DAYS: i32 = 92;
/// How old the newest charges may be where somebody wishes for them: pressing a key twice asks once.
pub const WISHED: i64 = 5 * 60;
/// How finely ages are compared with what they may be.
const EIGHTHS: i64 = 8;
/// A day is due that much early, so that what is due once a day comes with the sync before it.
const EARLY: i64 = 7;

/// How often days are asked for again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Rhythm {
    /// As often as what is there may be another.
    #[default]
    Full,
    /// Less often, where that would be too many requests.
    Frugal,
    /// Once a day and less, where that still would be.
    Sparse,
}

impl Rhythm {
    /// All, the most often first.
    pub const ALL: [Rhythm; 3] = [Rhythm::Full, Rhythm::Frugal, Rhythm::Sparse];

    /// How old a day may be, in days, 0 for each sync: one of the last 3, of the last 10, of a month that
    /// is not closed (this one; the one before until the 10th), of the last 92. Older ones are not asked for
    /// again. `is_base` tells the scope's own charges from a facet.
    #[must_use]
    pub fn ages(self, is_base: bool) -> [i64; 4] {
        match (self, is_base) {
            (Rhythm::Full, true) => [0, 0, 1, 7],
            (Rhythm::Full, false) => [1, 1, 7, 30],
            (Rhythm::Frugal, true) => [0, 1, 3, 14],
            (Rhythm::Frugal, false) => [1, 2, 14, 30],
            (Rhythm::Sparse, true) => [1, 5, 15, 30],
            (Rhythm::Sparse, false) => [2, 10, 30, 60],
        }
    }
}

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
    /// How many times its time has doubled since it was due: what is late comes first.
    pub late: u32,
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
    /// How often days are asked for again.
    pub rhythm: Rhythm,
    /// Whether somebody wishes for what is new: the newest charges are then due after minutes.
    pub wished: bool,
    /// What has come of it.
    pub synced: &'a Synced,
    /// Of which days it told nothing.
    pub silence: &'a Silence,
    /// What of its changes has been brought since it was looked at.
    pub brought: &'a Renewed,
}

/// Days that were brought since a scope was looked at, by feed.
pub type Renewed = BTreeMap<String, BTreeSet<Day>>;

impl Now<'_> {
    fn today(&self) -> Day {
        Day::of_seconds(self.at)
    }
}

/// What to ask of a scope, the most urgent first; `found` is what it was just seen to have.
#[must_use]
pub fn jobs(scope: &Scope, manner: &Manner, found: &Found, now: &Now<'_>) -> Vec<Job> {
    let mut jobs = match (manner, found) {
        (_, Found::Deliveries { whole, .. }) => deliveries_of(whole, now.synced),
        (Manner::Deliveries, _) => Vec::new(),
        (Manner::Days(feeds), found) => feeds.iter().flat_map(|feed| windows(scope, feed, found, now)).collect(),
    };
    jobs.sort_by_key(|job| (Reverse(job.late), job.why));
    jobs
}

/// Days that have changed and were not brought since, by feed, be it that they rest or do not fit: from a mark
/// beyond them nobody would see them again. Those that never came are due in any case.
#[must_use]
pub fn unrenewed(scope: &Scope, manner: &Manner, found: &Found, now: &Now<'_>) -> Renewed {
    let (Manner::Days(feeds), Found::Changed { days, .. }) = (manner, found) else { return Renewed::new() };
    let waits = |feed: &Feed| {
        let (all, come) = (span(scope, feed, now), now.synced.days.get(&feed.name));
        let waits = |day: &&Day| {
            all.contains(**day)
                && come.is_some_and(|come| come.contains_key(*day))
                && !is_in(now.brought, &feed.name, **day)
        };
        (feed.name.clone(), days.iter().filter(waits).copied().collect::<BTreeSet<Day>>())
    };
    feeds.iter().map(waits).filter(|(_, days)| !days.is_empty()).collect()
}

fn is_in(renewed: &Renewed, feed: &str, day: Day) -> bool {
    renewed.get(feed).is_some_and(|days| days.contains(&day))
}

/// Deliveries that have not come as they are now. Of those that are a billing period each the newest comes first,
/// which is what a person waits for. Others may be versions of one another: the newest comes last, so that it
/// is what counts. A run of a month that began before the one that came never takes its place by itself.
fn deliveries_of(deliveries: &[Delivery], synced: &Synced) -> Vec<Job> {
    let come = |delivery: &Delivery| synced.deliveries.get(&delivery.name).filter(|come| !come.version.is_empty());
    let is_new = |delivery: &&Delivery| {
        come(delivery).is_none_or(|come| !delivery.is(&come.version) && !delivery.is_before(&come.version))
    };
    let is_history = |delivery: &Delivery| come(delivery).is_none() && deliveries.last() != Some(delivery);
    let job = |delivery: &Delivery| {
        let why = if delivery.billing_period.is_some() && is_history(delivery) { Why::History } else { Why::Changed };
        Job { ask: Ask::Delivery(delivery.clone()), why, late: 0 }
    };
    let (periods, others): (Vec<&Delivery>, Vec<&Delivery>) =
        deliveries.iter().filter(is_new).partition(|delivery| delivery.billing_period.is_some());
    periods.into_iter().rev().chain(others).map(job).collect()
}

/// The windows of a feed that are due, the newest first.
fn windows(scope: &Scope, feed: &Feed, found: &Found, now: &Now<'_>) -> Vec<Job> {
    let none = BTreeMap::new();
    let come = now.synced.days.get(&feed.name).unwrap_or(&none);
    let (today, all) = (now.today(), span(scope, feed, now));
    let is_unbrought = |day: &&Day| !is_in(now.brought, &feed.name, **day);
    let changed: Option<BTreeSet<Day>> = match found {
        Found::Changed { days, .. } => Some(days.iter().filter(is_unbrought).copied().collect()),
        _ => None,
    };
    let due: BTreeSet<Day> = match &changed {
        // Who says what has changed need not be asked for the rest, but for days of which not all was told when they
        // came: where nothing of such a day changes any more, nobody would ever say that it is whole.
        Some(changed) => {
            let is_open = |day: &Day, come: &Come| feed.is_base() && now.at >= whole_from(*day) && !come.is_whole(*day);
            let is_due = |day: &Day| come.get(day).is_none_or(|come| is_open(day, come)) || changed.contains(day);
            all.iter().filter(is_due).collect()
        }
        None => due(all, come, feed, now),
    };
    // History is not asked for along with what is new: other requests are set aside for it. A facet that does
    // not reach far has none.
    let has_history = feed.is_base() || feed.reach.is_none();
    let is_history = |day: Day| has_history && today.0 - day.0 >= RECENT_DAYS && !come.contains_key(&day);
    let why = |days: Period| {
        let newest = days.to.plus(-1);
        match (feed.is_base(), today.0 - newest.0 < RECENT_DAYS) {
            (true, true) => Why::Recent,
            (false, true) => Why::Facet,
            (true, false) if is_history(newest) => Why::History,
            (false, false) if is_history(newest) => Why::FacetHistory,
            _ if changed.as_ref().is_some_and(|changed| changed.contains(&newest)) => Why::Changed,
            (true, false) if is_open(newest, today) => Why::OpenMonth,
            _ => Why::LookBack,
        }
    };
    let late = |day: Day| if is_history(day) { 0 } else { lateness(day, come.get(&day), feed, now) };
    let ask = |days: Period| Job {
        ask: Ask::Days { feed: feed.clone(), days },
        why: why(days),
        late: days.iter().map(late).max().unwrap_or(0),
    };
    let heard = due.into_iter().filter(|day| !rests(*day, come.contains_key(day), (scope, feed), now));
    let (ripe, due): (BTreeSet<Day>, BTreeSet<Day>) =
        heard.partition(|day| now.silence.is_ripe(&feed.name, *day, now.at));
    let (history, new) = due.iter().partition(|day| is_history(**day));
    let most = i32::from(feed.days_max.max(1));
    [new, history, ripe].iter().flat_map(|days| cut(days, most)).map(ask).collect()
}

/// The first day that is wanted of a scope's charges; `None` where they are not asked for by days.
#[must_use]
pub fn since(scope: &Scope, manner: &Manner, _: &Found, now: &Now<'_>) -> Option<Day> {
    let Manner::Days(feeds) = manner else { return None };
    feeds.iter().find(|feed| feed.is_base()).map(|base| span(scope, base, now).from)
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

/// Which of [`Rhythm::ages`] holds for a day; `None` where it is not asked for again.
fn tier(day: Day, today: Day) -> Option<usize> {
    match today.0 - day.0 {
        back if back < LATEST_DAYS => Some(0),
        back if back < RECENT_DAYS => Some(1),
        _ if is_open(day, today) => Some(2),
        back if back <= LOOK_BACK_DAYS => Some(3),
        _ => None,
    }
}

/// The days of a feed that have not come or may be another by now. Once one is due, those beside it that are half
/// as old as they may be are asked for with it: one window costs fewer requests than many.
fn due(all: Period, come: &BTreeMap<Day, Come>, feed: &Feed, now: &Now<'_>) -> BTreeSet<Day> {
    let (today, ages) = (now.today(), age_max(feed, now));
    // In parts of what its tier allows, of 8; none for a day that is not asked for again.
    let part = |day: Day| {
        let Some(come) = come.get(&day) else { return Some(i64::MAX) };
        let age = now.at - come.at;
        // A clock that was put back: what came later than now is of no known age.
        tier(day, today).map(|tier| if age < 0 { EIGHTHS } else { age * EIGHTHS / ages[tier] })
    };
    let mut is_due = [false; 4];
    for day in all.iter().filter(|day| come.contains_key(day)) {
        if let (Some(tier), Some(EARLY..)) = (tier(day, today), part(day)) {
            is_due[tier] = true;
        }
    }
    let asks = |day: &Day| match (part(*day), tier(*day, today)) {
        (Some(i64::MAX), _) => true,
        (Some(part), Some(tier)) => is_due[tier] && part >= EIGHTHS / 2,
        _ => false,
    };
    all.iter().filter(asks).collect()
}

/// Whether a day is left alone for a while, since an answer just told nothing of it.
fn rests(day: Day, has_come: bool, (scope, feed): (&Scope, &Feed), now: &Now<'_>) -> bool {
    let Some(last) = now.silence.last(&feed.name, day) else { return false };
    // Of what is paid for only the newest days are worth an answer before the one that is believed; and a split that
    // has nothing, as resources of one who has none, is asked for no more often than one that has.
    let (soon, latest) = match scope.terms.request_microdollars {
        0 => (RECENT_DAYS, 0),
        _ => (LATEST_DAYS, now.rhythm.ages(feed.is_base())[0] * DAY_SECONDS),
    };
    let is_soon = has_come || now.today().0 - day.0 < soon;
    let wait = if is_soon { latest.max(now.every).max(1) } else { DAY_SECONDS };
    (0..EARLY).contains(&((now.at - last) * EIGHTHS / wait)) && now.at >= last
}

/// How old what has come of a day may be, in seconds, by its tier.
fn age_max(feed: &Feed, now: &Now<'_>) -> [i64; 4] {
    let [latest, others @ ..] = now.rhythm.ages(feed.is_base()).map(|days| (days * DAY_SECONDS).max(now.every).max(1));
    let latest = if now.wished && feed.is_base() { latest.min(WISHED) } else { latest };
    let [recent, open, look_back] = others;
    [latest, recent, open, look_back]
}

/// How many times the time that a day may be old has doubled since it came, or since it began where it has not.
fn lateness(day: Day, come: Option<&Come>, feed: &Feed, now: &Now<'_>) -> u32 {
    let age = now.at - come.map_or(day.seconds(), |come| come.at);
    let most = tier(day, now.today()).map(|tier| age_max(feed, now)[tier]);
    most.map_or(0, |most| (age / most).max(1).ilog2())
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
