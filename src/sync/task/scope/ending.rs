//! How a scope stands once a run has ended, and how long it is left alone then. Pure.

use crate::domain::calendar::{DAY_SECONDS, Day, format_timestamp};
use crate::provider::remote::{Fault, FaultKind};
use crate::sync::state::{Standing, Trouble};
use crate::sync::task::aside::Asides;

/// The first wait after a failed run, and the longest.
const WAIT_FIRST: i64 = 5 * 60;
const WAIT_LONGEST: i64 = 3_600;
/// The first wait where a provider is asked too often and does not say for how long.
const WAIT_THROTTLED: i64 = 60;
/// The longest wait that a provider may ask for: one that is further off is of a clock that was put back.
pub(in crate::sync::task) const WAIT_MAX: i64 = DAY_SECONDS;

/// How long a scope is left alone after `failures` failed runs, in seconds, the last for `fault`.
#[must_use]
pub fn wait_after(fault: &Fault, failures: u32, now: i64) -> i64 {
    let asked = fault.wait.map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX / 2));
    let ours = match fault.kind {
        // Until the day's allowance is a new one.
        FaultKind::Capped if fault.wait.is_none() => Day::of_seconds(now).plus(1).seconds() - now,
        // What others hold of it is free before that.
        FaultKind::Capped => 0,
        FaultKind::QuotaSpent => WAIT_LONGEST,
        // A person must do something; asking costs little, and the next sync is to find it done.
        kind if kind.needs_a_person() => WAIT_LONGEST / 2,
        FaultKind::NotThere => WAIT_LONGEST,
        FaultKind::Cancelled => 0,
        // Whoever wants more says so; nobody who asks by hand is to wait for minutes.
        FaultKind::Throttled => (WAIT_THROTTLED << failures.saturating_sub(1).min(8)).min(WAIT_LONGEST),
        _ => (WAIT_FIRST << failures.saturating_sub(1).min(8)).min(WAIT_LONGEST),
    };
    asked.max(ours).min(WAIT_MAX)
}

/// That all has come but what is set aside, which is looked at again with the next sync.
pub(super) fn come(standing: &mut Standing, asides: Asides, left: Option<String>, (now, next): (i64, i64)) {
    let before = std::mem::take(standing);
    let trouble = asides.trouble();
    let fresh = Standing {
        begun_at: before.begun_at,
        good_at: now,
        left,
        seen: before.seen,
        silence: before.silence,
        history: before.history,
        aside: asides.kept(),
        ..Standing::default()
    };
    *standing = match trouble {
        None => fresh,
        trouble => Standing {
            failures: before.failures.saturating_add(1),
            failing_since: if before.failing_since == 0 { now } else { before.failing_since },
            told_at: before.told_at,
            not_before: next,
            trouble,
            ..fresh
        },
    };
}

/// That a run has failed.
pub(super) fn fail(standing: &mut Standing, fault: &Fault, now: i64) {
    standing.failures = standing.failures.saturating_add(1);
    // A cap is no failure; it does not end one either.
    if standing.failing_since == 0 && fault.kind != FaultKind::Capped {
        standing.failing_since = now;
    }
    standing.not_before = now.saturating_add(wait_after(fault, standing.failures, now));
    let mut trouble = Trouble::from(fault);
    if trouble.hints.is_empty() && goes_on(fault.kind) {
        let at = moment(standing.not_before, now);
        trouble.hints.push(format!(
            "nothing to do: it is asked again from {at} UTC on, by itself while spendtop is open; if it lasts for a \
             day, `spendtop doctor` tells what answers"
        ));
    }
    standing.trouble = Some(trouble);
}

/// A time of this day, with its date where it is of another one.
fn moment(at: i64, now: i64) -> String {
    let (day, text) = (Day::of_seconds(at), format_timestamp(at));
    let time = text.get(11..16).unwrap_or(&text);
    if day == Day::of_seconds(now) { time.to_owned() } else { format!("{day} {time}") }
}

/// Whether it passes without anybody's doing.
fn goes_on(kind: FaultKind) -> bool {
    kind.is_passing() || kind == FaultKind::QuotaSpent
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_passes_by_itself_says_when_it_goes_on_and_what_if_it_does_not() {
        let now = 20_000 * DAY_SECONDS + 14 * 3_600;
        let hints = |fault: Fault| {
            let mut standing = Standing::default();
            fail(&mut standing, &fault, now);
            standing.trouble.map(|trouble| trouble.hints).unwrap_or_default()
        };
        for (kind, wait, at) in [
            (FaultKind::Throttled, None, "14:01"),
            (FaultKind::Throttled, Some(7_200), "16:00"),
            (FaultKind::QuotaSpent, None, "15:00"),
            (FaultKind::Unavailable, None, "14:05"),
            (FaultKind::Throttled, Some(10 * 3_600 - 1), "23:59"),
            (FaultKind::Throttled, Some(10 * 3_600), "2024-10-05 00:00"),
            (FaultKind::QuotaSpent, Some(100 * 3_600), "2024-10-05 14:00"),
        ] {
            let told = hints(Fault::new(kind, "no").wait(wait.map(Duration::from_secs)));
            assert!(told.len() == 1 && told[0].contains(&format!("again from {at} UTC on")), "{kind:?}: {told:?}");
            assert!(told[0].contains("nothing to do") && told[0].contains("if it lasts for a day"), "{told:?}");
        }
        // Where something is to be done it is not said that there is nothing.
        assert_eq!(hints(Fault::new(FaultKind::Unavailable, "no").hint("set the clock")), ["set the clock"]);
        assert_eq!(hints(Fault::new(FaultKind::Denied, "no")), Vec::<String>::new());
    }
}
