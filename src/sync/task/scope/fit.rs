//! How much of what is due is asked for, where requests are paid for and a day may cost so many.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Counts, Course, Ended};
use crate::domain::calendar::{DAY_SECONDS, Day, Period};
use crate::error::Result;
use crate::provider::remote::{Ask, Brought, Costs, Fault, FaultKind, Feed, Manner, Unit};
use crate::store::remote::{BASE, Synced};
use crate::sync::meter::Share;
use crate::sync::plan::play::{self, Play, Volume};
use crate::sync::plan::{self, Job, Rhythm};
use crate::sync::state::Seen;
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
        let is_paid = |costs: &dyn Costs| costs.scope().terms.request_microdollars > 0;
        let Some(cap) = cap.filter(|_| is_paid(self.costs)) else { return Rhythm::Full };
        // Scopes of a connection share its cap.
        let sharing = self.connection.scopes.iter().filter(|costs| is_paid(&***costs)).count().max(1);
        let feeds: Vec<(Feed, Volume)> = feeds.into_iter().map(|feed| (feed.clone(), self.volume(&feed))).collect();
        let (every, months) = (every(self.connection, self.costs), self.connection.months);
        play::rhythm(&Play { scope, feeds: &feeds, every, months }, cap / sharing as u64)
    }

    /// The job, or as much of it as may be spent for; `None` where nothing of it may. A feed that nobody
    /// knows the size of is first asked for a few days.
    pub(super) fn fit(&self, job: &Job, history_waits: bool, synced: &Synced) -> Result<Option<Job>, Ended> {
        let Ask::Days { feed, days } = &job.ask else { return Ok(Some(job.clone())) };
        let window = |days| Job { ask: Ask::Days { feed: feed.clone(), days }, ..job.clone() };
        let volume = self.volume(feed);
        // What is brought at once is held in memory while it is sorted, and lost together where it breaks off.
        let held = plan::shorten(*days, volume.rows_a_day, ROWS_MAX.max(volume.rows_a_day)).unwrap_or(*days);
        let meter = |history| self.call(history, &Arc::new(self.counts())).meter;
        let is_paid = self.costs.scope().terms.request_microdollars > 0;
        let Some(left) = meter(false).left(Unit::PaidRequests).filter(|_| is_paid) else {
            return Ok(Some(if held == *days { job.clone() } else { window(held) }));
        };
        if left == 0 && self.stored == 0 && !job.why.is_history() && !self.is_fresh(synced) {
            // Says why, in the words of whoever keeps the cap.
            meter(false).take(Unit::PaidRequests, 1).map_err(Ended::Fault)?;
        }
        let set_aside = meter(true).left(Unit::PaidRequests).unwrap_or(left).saturating_sub(left);
        let share = self.share(left);
        let may = match job.why.is_history() {
            true => set_aside + share.of_history(),
            false if history_waits && set_aside == 0 => share.of_new(),
            false => left,
        };
        let shortened = if self.seen(&feed.name).is_none() {
            plan::shorten(*days, 1, PROBE_DAYS.min(may))
        } else {
            self.refuse_if_never(feed, volume)?;
            let as_many_as = |pages: u64, days| {
                plan::shorten(days, volume.rows_a_day, pages.saturating_mul(volume.page_rows)).filter(|_| pages > 0)
            };
            // A day of the scope's charges that needs all there is comes before history has its share.
            let newest = Period { from: held.to.plus(-1), ..held };
            let is_first = feed.is_base() && !job.why.is_history();
            as_many_as(may, held).or_else(|| as_many_as(left, newest).filter(|_| is_first))
        };
        Ok(shortened.map(window))
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

    /// How what is left of the day's requests is shared.
    fn share(&self, left: u64) -> Share {
        let (now, every) = (self.syncer.now(), every(self.connection, self.costs).max(1));
        let today = Day::of_seconds(now);
        let base = match self.costs.manner() {
            Manner::Days(feeds) => feeds.first().map_or(1, |feed| self.volume(feed).pages(plan::LATEST_DAYS)),
            Manner::Deliveries => 1,
        };
        let syncs = u64::try_from((today.plus(1).seconds() - now) / every).unwrap_or(0);
        let state = self.syncer.book.state();
        let spent = state.spent.get(&self.connection.name);
        let history = spent.map_or(0, |spent| spent.on_history(Unit::PaidRequests, today));
        let cap = self.connection.caps.requests_a_day.unwrap_or(0);
        Share { cap, left, history, later: syncs.saturating_mul(base) }
    }

    /// What answers of a feed were like; none before the first.
    pub(super) fn seen(&self, feed: &str) -> Option<Seen> {
        let state = self.syncer.book.state();
        state.scopes.get(&self.source).and_then(|standing| standing.seen.get(feed)).copied()
    }

    /// How much a feed's answers are, by what was seen. A page holds as much whatever it tells.
    fn volume(&self, feed: &Feed) -> Volume {
        let state = self.syncer.book.state();
        let none = BTreeMap::new();
        let seen = state.scopes.get(&self.source).map_or(&none, |standing| &standing.seen);
        let page = |paged| seen.values().filter(|seen| seen.paged == paged).map(|seen| seen.page_rows).max();
        let known = page(true).unwrap_or_else(|| u64::from(feed.page_rows));
        Volume {
            rows_a_day: seen.get(&feed.name).map_or(0, |seen| seen.rows_a_day),
            page_rows: known.max(page(false).unwrap_or(0)).max(1),
        }
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

    /// Remembers that a window had more pages than could be paid for: half as many days are asked for next time.
    pub(super) fn learn_too_much(&self, ask: &Ask, counts: &Counts) -> Result<()> {
        let (Ask::Days { feed, days }, paid) = (ask, counts.tally().spent.get(&Unit::PaidRequests).copied()) else {
            return Ok(());
        };
        let Some(paid) = paid.filter(|paid| *paid > 0) else { return Ok(()) };
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
