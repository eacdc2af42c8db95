//! How much of what is due is asked for, where requests are paid for and a day may cost so many.

use std::sync::Arc;

use super::{Counts, Course, Ended};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::error::Result;
use crate::provider::remote::{Ask, Brought, Costs, Fault, FaultKind, Feed, Manner, Meter, Unit};
use crate::store::remote::{BASE, Synced};
use crate::sync::meter::Share;
use crate::sync::meter::holds::Held;
use crate::sync::plan::play::{self, Play, Volume};
use crate::sync::plan::{self, Job, Rhythm, Why};
use crate::sync::state::{Seen, Standing};
use crate::sync::task::every;

/// Days that a feed of paid requests is first asked for, to see how much a day is.
const PROBE_DAYS: u64 = 3;
/// Charges that are asked for at once, about.
const ROWS_MAX: u64 = 500_000;

impl Course<'_> {
    /// How often days may be asked for again, with the requests that a day may cost, by what answers were like.
    pub(super) fn rhythm(&self) -> Rhythm {
        let scope = self.costs.scope();
        let (cap, Manner::Days(feeds)) = (self.connection.caps.requests_a_day, self.costs.manner()) else {
            return Rhythm::Full;
        };
        let Some(cap) = cap.filter(|_| is_paid(self.costs)) else { return Rhythm::Full };
        // Scopes of a connection share its cap.
        let sharing = self.connection.scopes.iter().filter(|costs| is_paid(&***costs)).count().max(1);
        let feeds: Vec<(Feed, Volume)> = feeds.into_iter().map(|feed| (feed.clone(), self.volume(&feed))).collect();
        let (every, months) = (every(self.connection, self.costs), self.connection.months);
        play::rhythm(&Play { scope, feeds: &feeds, every, months }, cap / sharing as u64)
    }

    /// The job, or as much of it as may be spent for, which is held for it then; `None` where nothing of it may.
    pub(super) fn fit_and_hold(
        &mut self,
        job: &Job,
        history_waits: bool,
        synced: &Synced,
    ) -> Result<Option<Job>, Ended> {
        self.hold = None;
        let book = Arc::clone(&self.syncer.book);
        let _alone = book.fitting();
        let Some((fitting, held)) = self.fit(job, history_waits, synced)? else { return Ok(None) };
        self.hold = held.map(|held| Arc::new(book.hold(&self.connection.name, &self.source, held)));
        Ok(Some(fitting))
    }

    /// The job, or as much of it as may be spent for, with what it will take. A feed that nobody knows the size
    /// of is first asked for a few days.
    fn fit(&self, job: &Job, history_waits: bool, synced: &Synced) -> Result<Option<(Job, Option<Held>)>, Ended> {
        let Ask::Days { feed, days } = &job.ask else { return Ok(Some((job.clone(), None))) };
        let window = |days| Job { ask: Ask::Days { feed: feed.clone(), days }, ..job.clone() };
        let volume = self.volume(feed);
        // What is brought at once is held in memory while it is sorted, and lost together where it breaks off.
        let held = plan::shorten(*days, volume.rows_a_day, ROWS_MAX.max(volume.rows_a_day)).unwrap_or(*days);
        let (meter, is_history) = (self.meter(false), job.why.is_history());
        let Some(left) = meter.left(Unit::PaidRequests).filter(|_| is_paid(self.costs)) else {
            return Ok(Some((window(held), None)));
        };
        if left == 0 && self.stored == 0 && !is_history && !self.is_fresh(synced) {
            // In the words of whoever keeps the cap.
            return Err(Ended::Fault(meter.refusal(Unit::PaidRequests)));
        }
        let set_aside = self.meter(true).left(Unit::PaidRequests).unwrap_or(left).saturating_sub(left);
        let share = self.share(left);
        let may = match is_history {
            true => set_aside + share.of_history(),
            false => share.of_new(history_waits && set_aside == 0),
        };
        let is_known = self.seen(&feed.name).is_some();
        // The last days of a scope's charges come before others and history have their share: in the requests that a
        // day takes, with the days beside it that those hold. One day alone would take as many, day after day.
        let is_first = job.why == Why::Recent;
        let shortened = if is_known {
            self.refuse_if_never(feed, volume)?;
            let as_many_as = |pages: u64, days| {
                plan::shorten(days, volume.rows_a_day, pages.saturating_mul(volume.page_rows)).filter(|_| pages > 0)
            };
            as_many_as(may, held).or_else(|| as_many_as(left.min(volume.pages(1)), held).filter(|_| is_first))
        } else {
            let probe = |pages: u64| plan::shorten(*days, 1, PROBE_DAYS.min(pages));
            probe(may).or_else(|| probe(left.min(1)).filter(|_| is_first))
        };
        Ok(shortened.map(|days| {
            // Of what nobody knows a page a day is held.
            let pages = if is_known { volume.pages(days.days()) } else { u64::try_from(days.days()).unwrap_or(1) };
            let aside = if is_history { pages.min(set_aside) } else { 0 };
            (window(days), Some(Held { of_day: (pages - aside).min(left), aside }))
        }))
    }

    /// Says so where a day of the scope's charges takes more requests than a day may cost: waiting is of no use.
    fn refuse_if_never(&self, feed: &Feed, volume: Volume) -> Result<(), Ended> {
        let (needs, cap) = (volume.pages(1), self.connection.caps.requests_a_day.unwrap_or(u64::MAX));
        if !feed.is_base() || needs <= cap {
            return Ok(());
        }
        let name = &self.connection.name;
        let fault = Fault::new(
            FaultKind::Capped,
            format!("a day's charges take about {needs} paid requests, and the cap is {cap} a day"),
        );
        let hint = format!("`requests_per_day = {}` in [{name}] lets them come; an export in S3 costs none", needs * 2);
        Err(Ended::Fault(fault.hint(hint)))
    }

    /// Whether the newest days have come within a day: what is left waits for tomorrow, and nothing is wrong.
    fn is_fresh(&self, synced: &Synced) -> bool {
        let newest = synced.days.get(BASE).and_then(|days| days.last_key_value());
        newest.is_some_and(|(_, come)| (0..DAY_SECONDS).contains(&(self.syncer.now() - come.at)))
    }

    /// How what is left of the day's requests is shared, by all scopes of the connection.
    fn share(&self, left: u64) -> Share {
        let (now, every) = (self.syncer.now(), every(self.connection, self.costs).max(1));
        let today = Day::of_seconds(now);
        let syncs = u64::try_from((today.plus(1).seconds() - now) / every).unwrap_or(0);
        let holders = self.syncer.book.holders(&self.connection.name);
        let state = self.syncer.book.state();
        let none = Standing::default();
        let standing = |costs: &dyn Costs| state.scopes.get(&costs.scope().source.name).unwrap_or(&none);
        let (mut later, mut others) = (0_u64, 0_u64);
        for costs in self.connection.scopes.iter().map(|costs| &**costs).filter(|costs| is_paid(*costs)) {
            let (standing, is_other) = (standing(costs), costs.scope().source.name != self.source);
            let base = base_pages(costs, standing);
            later = later.saturating_add(syncs.saturating_mul(base));
            // Whoever waits for a person needs none; what is held for one that is under way is not left as it is.
            let waits = standing.trouble.as_ref().is_some_and(|trouble| trouble.kind.needs_a_person());
            let needs = !waits && !holders.contains(&costs.scope().source.name);
            if is_other && needs && Day::of_seconds(standing.good_at) != today {
                others = others.saturating_add(base);
            }
        }
        let spent = state.spent.get(&self.connection.name);
        let history = spent.map_or(0, |spent| spent.on_history(Unit::PaidRequests, today));
        let cap = self.connection.caps.requests_a_day.unwrap_or(0);
        Share { cap, left, history, later, others }
    }

    /// What answers of a feed were like; none before the first.
    pub(super) fn seen(&self, feed: &str) -> Option<Seen> {
        let state = self.syncer.book.state();
        state.scopes.get(&self.source).and_then(|standing| standing.seen.get(feed)).copied()
    }

    /// How much a feed's answers are, by what was seen.
    fn volume(&self, feed: &Feed) -> Volume {
        let state = self.syncer.book.state();
        volume(feed, state.scopes.get(&self.source).unwrap_or(&Standing::default()))
    }

    /// Remembers how much a day of a feed is, for the next plan.
    pub(super) fn learn(&self, ask: &Ask, brought: &Brought) -> Result<()> {
        let Ask::Days { feed, days } = ask else { return Ok(()) };
        let days = u64::try_from(days.days()).unwrap_or(1);
        let before = self.seen(&feed.name);
        let learnt = before.unwrap_or_default().with(days, brought.rows, brought.pages.into());
        if before == Some(learnt) {
            return Ok(());
        }
        self.syncer.stand(&self.source, |standing| {
            standing.seen.insert(feed.name.clone(), learnt);
        })
    }

    /// Remembers that a window had more pages than could be paid for, where that is why it broke off: half as many
    /// days are asked for next time.
    pub(super) fn learn_too_much(&self, ask: &Ask, counts: &Counts) -> Result<()> {
        let Ask::Days { feed, days } = ask else { return Ok(()) };
        let (paid, is_refused) = {
            let tally = counts.tally();
            (tally.spent.get(&Unit::PaidRequests).copied(), tally.is_refused)
        };
        let Some(paid) = paid.filter(|paid| is_refused && *paid > 0) else { return Ok(()) };
        let (volume, days) = (self.volume(feed), u64::try_from(days.days()).unwrap_or(1).max(1));
        let cap = self.connection.caps.requests_a_day.unwrap_or(u64::MAX);
        // One page more than was paid for is certain; the rest is a guess, which must not bar a day that may fit.
        let certain = (paid + 1).saturating_mul(volume.page_rows) / days;
        let guess = (2 * paid).saturating_mul(volume.page_rows) / days;
        let rows_a_day = certain.max(guess.min(cap.saturating_mul(volume.page_rows))).max(volume.rows_a_day);
        self.syncer.stand(&self.source, |standing| {
            let seen = standing.seen.entry(feed.name.clone()).or_default();
            *seen = Seen { rows_a_day, ..*seen };
        })
    }
}

/// Whether its requests cost money.
fn is_paid(costs: &dyn Costs) -> bool {
    costs.scope().terms.request_microdollars > 0
}

/// How much a feed's answers are, by what was seen. A page holds as much whatever it tells.
fn volume(feed: &Feed, standing: &Standing) -> Volume {
    let seen = &standing.seen;
    let page = |paged| seen.values().filter(|seen| seen.paged == paged).map(|seen| seen.page_rows).max();
    let known = page(true).unwrap_or_else(|| u64::from(feed.page_rows));
    Volume {
        rows_a_day: seen.get(&feed.name).map_or(0, |seen| seen.rows_a_day),
        page_rows: known.max(page(false).unwrap_or(0)).max(1),
    }
}

/// Pages that the newest days of a scope's charges take.
fn base_pages(costs: &dyn Costs, standing: &Standing) -> u64 {
    match costs.manner() {
        Manner::Days(feeds) => feeds.first().map_or(1, |feed| volume(feed, standing).pages(plan::LATEST_DAYS)),
        Manner::Deliveries => 1,
    }
}
