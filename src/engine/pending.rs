//! Which days have come of those that figures are about, and whose have not.
//!
//! A scope that is asked day by day says itself which have come; of what is delivered or imported the last
//! charge tells. Knows days, not costs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Card;
use super::alike::Lacking;
use super::answer::{Behind, Figure, Freshness, Notice, NoticeKind, Pending, PendingCard, Severity};
use super::local::LocalEngine;
use super::matcher::admits;
use super::notices::GONE_DAYS;
use crate::domain::calendar::{DAY_SECONDS, Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::{Clause, Filter};
use crate::domain::money::Amount;
use crate::domain::services::canonical_provider;
use crate::domain::text::Untrusted;
use crate::store::manifest::{Group, Manifest};
use crate::store::remote::{BASE, Synced};

/// A scope that the config no longer names, and that was asked nothing for so long, is gone.
const UNASKED: i64 = 2 * DAY_SECONDS;
/// Days before its last in which a provider must have charges on every other, to be one that has some daily.
const USUAL_DAYS: i32 = 14;
/// Fewer days with charges say nothing about how often there are some.
const KNOWN_DAYS: usize = 3;
/// Days without a charge in a row, of who else has some daily, that tell that nobody brought them; and how often.
const HOLE_DAYS: i32 = 7;
const HOLES_MAX: usize = 2;
/// Arrivals that are remembered.
const REMEMBERED_MAX: usize = 16;

/// The last day that nobody restates any more of those who still deliver; of those who did, where nobody does.
#[must_use]
pub fn settled<'f>(freshness: impl IntoIterator<Item = &'f Freshness, IntoIter: Clone>, as_of: Day) -> Option<Day> {
    let all = freshness.into_iter();
    let live = all.clone().filter(|fresh| still_delivers(fresh, as_of));
    let of_live = live.map(|fresh| fresh.settled_through).min();
    of_live.or_else(|| all.map(|fresh| fresh.settled_through).max())
}

/// Whether a provider's charges may still come.
pub(super) fn still_delivers(fresh: &Freshness, as_of: Day) -> bool {
    as_of.0 - fresh.last_day.0 <= GONE_DAYS
}

/// What has come of everybody that is looked at.
pub(super) struct Arrivals {
    members: Vec<Member>,
    /// The first day of the data: what lies before is told otherwise.
    oldest: Option<Day>,
    /// The last day that nobody restates any more.
    settled: Option<Day>,
    /// Who has delivered nothing for so long that nothing more is to come: what they cost since is nothing.
    gone: BTreeSet<String>,
}

/// Somebody whose charges are expected.
#[derive(Clone)]
struct Member {
    provider: String,
    source: Option<String>,
    came: Came,
    /// The first day that is wanted: those before it are not missing.
    since: Option<Day>,
    /// The billing accounts.
    accounts: BTreeSet<String>,
    /// Days that have not come whole, but mostly.
    begun: BTreeSet<Day>,
    /// Runs of days on which nothing is charged of what else is charged every day: nobody brought them.
    holes: Vec<Period>,
    /// Whether there are charges every day: nobody else is late, though nothing is known of the days after the last.
    is_daily: bool,
}

impl Member {
    /// Whether a day has come, or most of it.
    fn has(&self, day: Day) -> bool {
        self.came.has(day) || self.begun.contains(&day)
    }

    /// The days of some that have not come.
    fn lacks(&self, days: Period) -> impl Iterator<Item = Day> {
        days.iter().filter(|day| self.since.is_none_or(|since| *day >= since) && !self.came.has(*day))
    }
}

/// Which days have come.
#[derive(Clone)]
enum Came {
    /// These.
    Days(BTreeSet<Day>),
    /// All up to this one.
    Through(Day),
}

impl Came {
    fn has(&self, day: Day) -> bool {
        match self {
            Came::Days(days) => days.contains(&day),
            Came::Through(last) => day <= *last,
        }
    }

    fn last(&self) -> Option<Day> {
        match self {
            Came::Days(days) => days.last().copied(),
            Came::Through(last) => Some(*last),
        }
    }
}

/// What arrivals are of: commit and day, providers, and what a filter says of billing accounts.
type Of = (u64, Day, Vec<Freshness>, Vec<Clause>);

/// Arrivals that were worked out, the last of them first: many filters look at the same providers and accounts.
#[derive(Default)]
pub(super) struct Memory(Mutex<VecDeque<(Of, Arc<Arrivals>)>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(Of, Arc<Arrivals>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrivals {
    /// Of those whose freshness it is, and whose billing accounts a filter admits.
    pub(super) fn of_those(
        engine: &LocalEngine,
        filter: &Filter,
        freshness: &[Freshness],
        as_of: Day,
    ) -> Arc<Arrivals> {
        let is_of_accounts = |clause: &&Clause| clause.dimension.as_ref() == Some(&Dimension::BillingAccount);
        let clauses = filter.clauses.iter().filter(is_of_accounts).cloned().collect();
        let of: Of = (engine.store().manifest().generation, as_of, freshness.to_vec(), clauses);
        let memory = &engine.remembered().arrivals;
        if let Some((_, known)) = memory.lock().iter().find(|(known, _)| *known == of) {
            return Arc::clone(known);
        }
        let fresh = Arc::new(Arrivals::new(engine, filter, freshness, as_of));
        let mut all = memory.lock();
        all.truncate(REMEMBERED_MAX - 1);
        all.push_front((of, Arc::clone(&fresh)));
        fresh
    }

    fn new(engine: &LocalEngine, filter: &Filter, freshness: &[Freshness], as_of: Day) -> Arrivals {
        let manifest = engine.store().manifest();
        let looked_at: BTreeSet<&str> = freshness.iter().map(|f| canonical_provider(f.provider.raw())).collect();
        let is_looked_at = |group: &Group| {
            looked_at.contains(canonical_provider(&group.key.provider))
                && admits(filter, &Dimension::BillingAccount, &group.key.account, &group.account_name)
        };
        let mut groups: BTreeMap<(&str, Option<&str>), Vec<&Group>> = BTreeMap::new();
        let active = manifest.active();
        for group in &active {
            let provider = canonical_provider(&group.key.provider);
            let source = manifest.scopes.contains_key(&group.source).then_some(group.source.as_str());
            if is_looked_at(group) {
                groups.entry((provider, source)).or_default().push(group);
            }
        }
        // Where an account is synced, what was imported of it is of the time before.
        let synced: BTreeSet<Account<'_>> = groups
            .iter()
            .filter(|((_, source), _)| source.is_some())
            .flat_map(|(_, mine)| mine)
            .map(|g| account(g))
            .collect();
        let mut members = Vec::new();
        for ((provider, source), mine) in &groups {
            let scope = source.and_then(|source| manifest.scopes.get(source));
            let came = match (scope.filter(|scope| scope.days.contains_key(BASE)), source) {
                (Some(_), Some(source)) => Some(Came::Days(days_of_scope(&manifest, source, mine, &active))),
                (None, None) => {
                    let by_hand: Vec<&Group> = mine.iter().filter(|g| !synced.contains(&account(g))).copied().collect();
                    last_of_charges(&manifest, &by_hand).map(Came::Through)
                }
                _ => last_of_charges(&manifest, mine).map(Came::Through),
            };
            let of_provider = freshness.iter().filter(|fresh| canonical_provider(fresh.provider.raw()) == *provider);
            let is_daily = came.is_some();
            let came = came.or_else(|| of_provider.map(|fresh| fresh.last_day).max().map(Came::Through));
            let Some(came) = came else { continue };
            let is_recent = came.last().is_some_and(|last| as_of.0 - last.0 <= GONE_DAYS);
            let is_connected = source.and_then(|source| engine.is_connected(source));
            if is_connected.map_or(is_recent, |is_connected| is_connected || scope.is_some_and(|s| is_asked(s, as_of)))
            {
                members.push(Member {
                    provider: (*provider).to_owned(),
                    source: source.map(str::to_owned),
                    since: scope.and_then(|scope| scope.since),
                    accounts: mine.iter().map(|group| group.key.account.clone()).collect(),
                    begun: begun(mine, &came),
                    holes: if matches!(came, Came::Through(_)) { holes(mine) } else { Vec::new() },
                    came,
                    is_daily,
                });
            }
        }
        // Whoever has charges every day tells of all of the provider's.
        let daily: BTreeSet<String> =
            members.iter().filter(|member| member.is_daily).map(|member| member.provider.clone()).collect();
        members.retain(|member| member.is_daily || !daily.contains(&member.provider));
        let is_gone = |provider: &&str| !members.iter().any(|member| member.provider == *provider);
        let gone = groups.keys().map(|(provider, _)| *provider).filter(is_gone).map(str::to_owned).collect();
        let settled = settled(freshness, as_of);
        Arrivals { members, oldest: engine.data_days().map(|data| data.from), settled, gone }
    }

    /// Whether nothing more is to come of a provider.
    pub(super) fn is_gone(&self, provider: &str) -> bool {
        self.gone.contains(provider)
    }

    /// Of each provider the days within its own that nobody seems to have brought, though nothing says that they are to
    /// come.
    pub(super) fn holes(&self) -> impl Iterator<Item = (&str, Period)> {
        self.members.iter().flat_map(|member| member.holes.iter().map(|hole| (member.provider.as_str(), *hole)))
    }

    /// Those whose charges are expected every day.
    fn daily(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_daily)
    }

    /// The same of those alone who have a billing account that is looked at, and whose freshness it is.
    pub(super) fn only<'f>(
        &self,
        has: impl Fn(&str, &str) -> bool,
        freshness: impl IntoIterator<Item = &'f Freshness, IntoIter: Clone>,
        as_of: Day,
    ) -> Arrivals {
        let is_one = |member: &&Member| member.accounts.iter().any(|account| has(&member.provider, account));
        let members = self.members.iter().filter(is_one).cloned().collect();
        Arrivals { members, settled: settled(freshness, as_of), oldest: self.oldest, gone: self.gone.clone() }
    }

    /// What of a period has not come or may still change; `None` where all is as it will be.
    pub(super) fn of(&self, period: Period) -> Option<Pending> {
        self.but(period, &[])
    }

    /// The same without the days that are left out of what is held against others.
    fn but(&self, period: Period, left_out: &[Lacking]) -> Option<Pending> {
        let known = self.known(period);
        let behind = |member: &Member| {
            let (provider, source) = (Untrusted::new(member.provider.clone()), member.source.clone());
            let is_left_out = |day: Day| {
                let is = |account| left_out.iter().any(|lacking| lacking.is_of(&member.provider, account, day));
                !member.accounts.is_empty() && member.accounts.iter().all(|account| is(account))
            };
            let missing = runs(member.lacks(known).filter(|day| !is_left_out(*day)));
            Some(Behind { provider, source, missing }).filter(|behind| !behind.missing.is_empty())
        };
        let of: Vec<Behind> = self.daily().filter_map(behind).collect();
        let missing: BTreeSet<Day> = of.iter().flat_map(|behind| &behind.missing).flat_map(|run| run.iter()).collect();
        let is_open = |day: &Day| self.settled.is_some_and(|settled| *day > settled) && !missing.contains(day);
        let unsettled = known.iter().filter(is_open).count();
        let first = missing.first().map_or(period.to, |first| *first);
        (!missing.is_empty() || unsettled > 0).then(|| Pending {
            days: period.days().unsigned_abs(),
            missing: missing.len() as u32,
            unsettled: unsettled as u32,
            through: Some(first.plus(-1)).filter(|last| *last >= period.from),
            newest: known.iter().filter(|day| self.daily().any(|member| member.has(*day))).last(),
            of,
        })
    }

    /// What of a period is not told otherwise.
    fn known(&self, period: Period) -> Period {
        Period { from: self.oldest.map_or(period.to, |oldest| oldest.max(period.from)), to: period.to }
    }

    /// What of the days that a period is held against is left out, since the same days of the period have not come:
    /// of each account those that nobody has brought who brings it. A day that has mostly come is held against a
    /// whole one.
    pub(super) fn lacking(&self, period: Period, against: Option<Period>) -> Vec<Lacking> {
        let Some(against) = against else { return Vec::new() };
        let known = self.known(period);
        let mut silent: BTreeMap<(&str, &str), BTreeSet<Day>> = BTreeMap::new();
        // Of who has charges now and then there may be none to come of days the first of which has come.
        let lacks_some = |member: &&Member| member.is_daily || member.came.last().is_none_or(|last| last < known.from);
        for member in self.members.iter().filter(lacks_some) {
            let days: BTreeSet<Day> = member.lacks(known).filter(|day| !member.begun.contains(day)).collect();
            for account in &member.accounts {
                let all = silent.entry((member.provider.as_str(), account.as_str())).or_insert_with(|| days.clone());
                all.retain(|day| days.contains(day));
            }
        }
        let mut alike: BTreeMap<(&str, BTreeSet<Day>), BTreeSet<String>> = BTreeMap::new();
        let mut accounts: BTreeMap<&str, usize> = BTreeMap::new();
        for ((provider, account), days) in silent {
            *accounts.entry(provider).or_default() += 1;
            alike.entry((provider, days)).or_default().insert(account.to_owned());
        }
        let mut all: Vec<Lacking> = Vec::new();
        for ((provider, missing), of) in alike {
            let days: Vec<Period> = runs(missing.iter().copied())
                .into_iter()
                .map(|run| counterpart(run, period, against))
                .filter(|days| days.days() > 0)
                .collect();
            let Some(first) = missing.first().filter(|_| !days.is_empty()) else { continue };
            let accounts = Some(of).filter(|of| accounts.get(provider) != Some(&of.len()));
            let one = Lacking { providers: [provider.to_owned()].into(), accounts, days, through: first.plus(-1) };
            let same = |known: &&mut Lacking| {
                known.accounts.is_none()
                    && one.accounts.is_none()
                    && (&known.days, known.through) == (&one.days, one.through)
            };
            match all.iter_mut().find(same) {
                Some(known) => known.providers.extend(one.providers),
                None => all.push(one),
            }
        }
        all
    }

    /// Of a period, and where days are missing of those that it is held against, and are not left out of them.
    pub(super) fn both(&self, period: Period, against: Option<Period>) -> (Option<Pending>, Option<Pending>) {
        let left_out = self.lacking(period, against);
        let before = against.and_then(|days| self.but(days, &left_out)).filter(|pending| pending.missing > 0);
        (self.of(period), before)
    }

    /// Where days are missing of a period: those before them and as many of the others, as far as all of both
    /// have come.
    pub(super) fn alike(&self, period: Period, against: Period) -> Option<(Period, Period)> {
        let last = self.missing(period)?.through?;
        let to = against.to.min(against.from.plus(last.plus(1).0 - period.from.0));
        let before = Period { to, ..against };
        self.missing(before).is_none().then_some((Period { to: last.plus(1), ..period }, before))
    }

    /// What one figure lacks, and what `sum` says of the days of it that can be held against each other; `None`
    /// where all is as it will be.
    pub(super) fn card(
        &self,
        card: Card,
        (period, against): (Period, Option<Period>),
        sum: impl Fn(Period) -> Option<Amount>,
    ) -> Option<PendingCard> {
        let (now, previous) = (self.of(period), against.and_then(|days| self.missing(days)));
        let whole = |_: &Pending| {
            let (days, through) = (period.days().unsigned_abs(), Some(period.to.plus(-1)));
            Pending { days, missing: 0, unsettled: 0, through, newest: through, of: Vec::new() }
        };
        let now = now.or_else(|| previous.as_ref().map(whole))?;
        let alike = against.and_then(|against| self.alike(period, against));
        let alike = alike.map(|(period, before)| Figure { amount: sum(period), previous: sum(before) });
        Some(PendingCard { card, now, previous, alike, those_in: false })
    }

    /// Whether a day has come of none of those that are expected to have it.
    pub(super) fn is_nobody_in(&self, day: Day) -> bool {
        self.daily().next().is_some() && self.daily().all(|member| !member.came.has(day))
    }

    /// The same where days are missing, not only open.
    pub(super) fn missing(&self, period: Period) -> Option<Pending> {
        self.of(period).filter(|pending| pending.missing > 0)
    }
}

/// A provider's billing account.
type Account<'a> = (&'a str, &'a str);

fn account(group: &Group) -> Account<'_> {
    (canonical_provider(&group.key.provider), group.key.account.as_str())
}

/// Whether a scope was asked of late: the config that is known here may be older than its connection.
fn is_asked(scope: &Synced, as_of: Day) -> bool {
    let days = scope.days.get(BASE).into_iter().flat_map(BTreeMap::values);
    let newest = days.map(|come| come.at).chain(scope.deliveries.values().map(|delivered| delivered.at)).max();
    newest.is_some_and(|at| as_of.seconds() - at <= UNASKED)
}

/// The days that a scope has brought whole, and those that an import holds of the same accounts.
fn days_of_scope(manifest: &Manifest, source: &str, mine: &[&Group], active: &[&Group]) -> BTreeSet<Day> {
    let base = manifest.scopes.get(source).and_then(|synced: &Synced| synced.days.get(BASE));
    let whole = base.into_iter().flatten().filter(|(day, come)| come.is_whole(**day));
    let accounts: BTreeSet<_> = mine.iter().map(|g| account(g)).collect();
    let is_synced =
        |group: &Group| manifest.scopes.get(&group.source).is_some_and(|synced| synced.days.contains_key(BASE));
    let others = active.iter().filter(|group| !is_synced(group) && accounts.contains(&account(group)));
    let theirs = others.flat_map(|group| &group.parts).flat_map(|part| part.days.keys());
    whole.map(|(day, _)| day).chain(theirs).copied().collect()
}

/// The last day with charges of those who have some daily, unless it was not over when they were taken.
fn last_of_charges(manifest: &Manifest, groups: &[&Group]) -> Option<Day> {
    let parts = || groups.iter().flat_map(|group| &group.parts);
    let days: BTreeSet<Day> = parts().flat_map(|part| part.days.keys().copied()).collect();
    let (first, last) = (*days.first()?, *days.last()?);
    let since = first.max(last.plus(1 - USUAL_DAYS));
    let (with, all) = (days.range(since..).count(), last.0 + 1 - since.0);
    if days.len() < KNOWN_DAYS || (with as i32) * 2 < all {
        return None;
    }
    let of_last = parts().filter(|part| part.days.contains_key(&last));
    let taken_at = of_last.filter_map(|part| manifest.import(part.import)).map(|import| import.taken_at).max();
    let is_over = taken_at.is_none_or(|at| Day::of_seconds(at) != last);
    Some(if is_over { last } else { last.plus(-1) })
}

/// Runs of at least a week without a charge between days of which most have one. More than a few of them are its way.
fn holes(groups: &[&Group]) -> Vec<Period> {
    let days: BTreeSet<Day> =
        groups.iter().flat_map(|group| &group.parts).flat_map(|p| p.days.keys().copied()).collect();
    let Some((first, last)) = days.first().copied().zip(days.last().copied()) else { return Vec::new() };
    let is_daily = |of: Period, least: usize| {
        let of = of.intersect(Period { from: first, to: last.plus(1) });
        let with = days.range(of.from..of.to.max(of.from)).count();
        with >= least && with * 2 >= usize::try_from(of.days()).unwrap_or(0)
    };
    let in_order: Vec<Day> = days.iter().copied().collect();
    let hole = |two: &[Day]| {
        let hole = Period { from: two[0].plus(1), to: two[1] };
        let before = Period { from: hole.from.plus(-USUAL_DAYS), to: hole.from };
        let after = Period { from: hole.to, to: hole.to.plus(USUAL_DAYS) };
        // Who charges now and then has days without a charge.
        let is_among = is_daily(before, USUAL_DAYS as usize / 2) && is_daily(after, KNOWN_DAYS);
        (hole.days() >= HOLE_DAYS && is_among).then_some(hole)
    };
    let holes: Vec<Period> = in_order.windows(2).filter_map(hole).collect();
    if holes.len() > HOLES_MAX { Vec::new() } else { holes }
}

/// The days that have not come whole and have at least half of the charges that a day has lately.
fn begun(groups: &[&Group], came: &Came) -> BTreeSet<Day> {
    let mut charges: BTreeMap<Day, u64> = BTreeMap::new();
    for (day, rows) in groups.iter().flat_map(|group| &group.parts).flat_map(|part| &part.days) {
        *charges.entry(*day).or_default() += rows;
    }
    let lately = |day: Day| {
        let days = charges.range(day.plus(-USUAL_DAYS)..day).filter(|(day, _)| came.has(**day));
        let (count, rows) = days.fold((0, 0), |(count, sum), (_, rows)| (count + 1, sum + rows));
        (count > 0).then(|| rows / count)
    };
    let has_half = |(day, rows): &(&Day, &u64)| lately(**day).is_some_and(|usual| *rows * 2 >= usual);
    charges.iter().filter(|(day, _)| !came.has(**day)).filter(has_half).map(|(day, _)| *day).collect()
}

/// The days of `against` that a run of days of a period is held against: in their order; with the last of the one
/// go all that are left of the other.
fn counterpart(run: Period, period: Period, against: Period) -> Period {
    let moved = |day: Day| against.from.plus(day.0 - period.from.0);
    let to = if run.to == period.to { against.to.max(moved(run.to)) } else { moved(run.to) };
    Period { from: moved(run.from), to }.intersect(against)
}

/// Days in order as runs of days that follow one another.
fn runs(days: impl Iterator<Item = Day>) -> Vec<Period> {
    let mut runs: Vec<Period> = Vec::new();
    for day in days {
        match runs.last_mut().filter(|run| run.to == day) {
            Some(run) => run.to = day.plus(1),
            None => runs.push(Period { from: day, to: day.plus(1) }),
        }
    }
    runs
}

/// What is to be known beside figures of whose days some are missing.
pub(super) fn notices(
    now: Option<&Pending>,
    previous: Option<&Pending>,
    (period, against): (Period, Option<Period>),
    lacking: &[Lacking],
) -> Vec<Notice> {
    let notice = |text, hint| Notice { kind: NoticeKind::NotIn, severity: Severity::Info, text, hint };
    let ends = now.and_then(|pending| Some((pending.words()?, pending.through)));
    let of_now = ends.map(|(words, through)| {
        let hint = match (through, against) {
            (Some(last), Some(_)) if previous.is_none() => {
                format!("--from {} --to {} compares days that are all in", period.from, last.plus(1))
            }
            (Some(last), _) => format!("--to {} ends where all is in", last.plus(1)),
            (None, _) => "`spendtop sync --status` says what is to come".to_owned(),
        };
        let is_left_out = |behind: &Behind| lacking.iter().any(|one| one.providers.contains(behind.provider.raw()));
        let is_same = now.is_some_and(|pending| pending.of.iter().any(is_left_out));
        let same = if is_same { "; the same days are left out of those before" } else { "" };
        notice(format!("{words}{same}"), hint)
    });
    let of_previous = previous.and_then(Pending::words).map(|words| {
        notice(format!("of the days before, {words}"), "a rise may only be what has not come of them".to_owned())
    });
    of_now.into_iter().chain(of_previous).collect()
}

#[cfg(test)]
mod tests;
