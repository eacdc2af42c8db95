//! Asking for the provider's own opinion of a scope: once a day, after the charges, and only where what may
//! be spent on them is not near its end.
//!
//! Nothing of it makes a run fail. What is not to be had is told in the log once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Course, Ended, Trouble};
use crate::domain::calendar::Day;
use crate::domain::words::counted;
use crate::provider::remote::{Call, Fault, FaultKind, Meter, Opines, Unit};
use crate::sync::log::{self, Run};
use crate::sync::meter::before_near;
use crate::sync::opinion::Kept;
use crate::sync::plan::Why;
use crate::sync::state::Place;

/// What the log is told where the cap leaves no room for it.
const KEPT_BACK: &str = "not asked for: the requests that are left today are kept for charges";

/// Whether something is asked for before an opinion is.
pub(super) fn goes_before(why: Why) -> bool {
    why < Why::LookBack
}

impl Course<'_> {
    /// Asks for the provider's opinion: once a day (UTC), where no charges wait that go before it.
    pub(super) fn hear(&mut self, charges_wait: bool) -> Result<(), Ended> {
        let (Some(opines), Some(place)) = (self.costs.opines(), &self.syncer.place) else { return Ok(()) };
        if self.heard || charges_wait {
            return Ok(());
        }
        self.heard = true;
        let at = self.syncer.now();
        let mut kept = place.opinion(&self.source).unwrap_or_else(|| self.unheard());
        if Day::of_seconds(kept.asked_at) == Day::of_seconds(at) {
            return Ok(());
        }
        let allowed = self.allowed(Day::of_seconds(at));
        if allowed < opines.requests() {
            return self.keep_back(place, kept);
        }
        // Noted before anything is paid for: where it cannot be, nothing is asked.
        kept.asked_at = at;
        if let Err(error) = place.keep(&kept) {
            let fault = Fault::new(FaultKind::Unavailable, format!("not asked for: {}", error.message));
            let run = Run { trouble: Some(Trouble::from(&fault)), ..self.opinion_run(at) };
            return Ok(self.log(run)?);
        }
        self.ask_opinion(opines, place, kept, allowed)
    }

    fn unheard(&self) -> Kept {
        Kept::new(&self.source, self.costs.scope().provider)
    }

    /// Paid requests that may be made today until the cap is near.
    fn allowed(&self, today: Day) -> u64 {
        let spent = {
            let state = self.syncer.book.state();
            state.spent.get(&self.connection.name).map_or(0, |spent| spent.on(Unit::PaidRequests, today))
        };
        before_near(spent, self.connection.caps.requests_a_day)
    }

    /// Says once that the cap leaves no room.
    fn keep_back(&self, place: &Place, mut kept: Kept) -> Result<(), Ended> {
        if kept.notes.iter().any(|note| note == KEPT_BACK) {
            return Ok(());
        }
        kept.notes.push(KEPT_BACK.to_owned());
        // Where it cannot be kept it is said again.
        let _ = place.keep(&kept);
        let fault = Fault::new(FaultKind::Capped, KEPT_BACK)
            .hint(format!("`requests_per_day` in [{}] raises the cap", self.connection.name));
        let run = Run { trouble: Some(Trouble::from(&fault)), ..self.opinion_run(self.syncer.now()) };
        Ok(self.log(run)?)
    }

    fn ask_opinion(&self, opines: &dyn Opines, place: &Place, mut kept: Kept, allowed: u64) -> Result<(), Ended> {
        let (at, counts) = (kept.asked_at, Arc::new(self.counts()));
        self.syncer.board.tell(&self.source, |live| {
            (live.what, live.pieces, live.rows, live.waits) = (log::OPINION.to_owned(), (0, 0), 0, None);
        });
        let call = self.call(false, &counts);
        let call = Call { meter: Arc::new(Within { meter: call.meter, left: AtomicU64::new(allowed) }), ..call };
        let began = crate::clock::instant();
        let opinion = opines.opinion(&call);
        if self.cancel.is_cancelled() {
            return Err(Ended::Fault(Fault::cancelled()));
        }
        let (known, came) = (std::mem::take(&mut kept.notes), told(&opinion));
        let failed = kept.renew(opinion, at);
        let mut run = self.record(at, began.elapsed(), log::OPINION, &counts);
        run.notes = came;
        run.notes.extend(kept.notes.iter().filter(|note| !known.contains(note)).cloned());
        run.trouble = failed.as_ref().map(Trouble::from);
        if let Err(error) = place.keep(&kept) {
            run.notes.push(format!("not kept: {}", error.message));
        }
        let is_news = run.trouble.is_some() || !run.notes.is_empty() || run.spent.values().any(|spent| *spent > 0);
        if is_news { Ok(self.log(run)?) } else { Ok(()) }
    }

    fn opinion_run(&self, at: i64) -> Run {
        self.record(at, std::time::Duration::ZERO, log::OPINION, &self.counts())
    }
}

/// What came, in words.
fn told(opinion: &crate::provider::remote::Opinion) -> Vec<String> {
    let forecast = opinion
        .forecast
        .as_ref()
        .ok()
        .map(|forecast| format!("forecast of {}", counted(forecast.days.len() as u64, "day", "days")));
    let anomalies = opinion.anomalies.as_ref().ok().map(|anomalies| {
        let found = counted(anomalies.found.len() as u64, "anomaly", "anomalies");
        if anomalies.more { format!("the first {found}") } else { found }
    });
    forecast.into_iter().chain(anomalies).collect()
}

/// A meter that lets no more than so many paid requests through.
struct Within {
    meter: Arc<dyn Meter>,
    left: AtomicU64,
}

impl Meter for Within {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        if unit != Unit::PaidRequests {
            return self.meter.take(unit, amount);
        }
        let fits = |left: u64| left.checked_sub(amount);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
            return Err(Fault::new(FaultKind::Capped, KEPT_BACK));
        }
        self.meter.take(unit, amount).inspect_err(|_| {
            self.left.fetch_add(amount, Ordering::Relaxed);
        })
    }

    fn give_back(&self, unit: Unit, amount: u64) {
        self.meter.give_back(unit, amount);
        if unit == Unit::PaidRequests {
            self.left.fetch_add(amount, Ordering::Relaxed);
        }
    }

    fn left(&self, unit: Unit) -> Option<u64> {
        if unit == Unit::PaidRequests { Some(self.left.load(Ordering::Relaxed)) } else { self.meter.left(unit) }
    }

    fn may_try(&self) -> Result<(), Fault> {
        self.meter.may_try()
    }

    fn failed(&self, fault: &Fault) {
        self.meter.failed(fault);
    }
}
