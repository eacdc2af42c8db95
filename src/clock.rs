//! The only place that reads the time.
//!
//! Everything else is handed a day or a moment, so that a run can be repeated: `--as-of` and
//! `SPENDTOP_AS_OF` fix the day.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::calendar::Day;

/// Seconds since 1970, UTC. A machine whose clock stands before 1970 is at 0.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "here, and nowhere else")]
pub fn now_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

/// Today in UTC.
#[must_use]
pub fn today() -> Day {
    Day::of_seconds(now_seconds())
}

/// By how many seconds this machine's clock is ahead of UTC at a moment.
#[must_use]
pub fn offset(seconds: i64) -> i64 {
    use chrono::{Offset, TimeZone};
    let local = chrono::Local.timestamp_opt(seconds, 0).earliest();
    local.map_or(0, |at| i64::from(at.offset().fix().local_minus_utc()))
}

/// A point in time for measuring how long something takes.
#[must_use]
pub fn instant() -> std::time::Instant {
    std::time::Instant::now()
}
