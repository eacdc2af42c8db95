//! What went on at the company lately: the events that a demo is there to find.
//!
//! | story | what it looks like |
//! | --- | --- |
//! | runaway NAT gateway | 12 days ago at 14:00 a crawler in `prod-ml` began to fetch its tiles over the internet |
//! | forgotten GPUs | 40 days ago somebody started the node group `gpu-experiments` and never stopped it |
//! | logging bill | 20 days ago `/eks/api` was set to `DEBUG`: twice the log volume |
//! | deleted workload | the old transport system `legacy-tms` was switched off 25 days ago |
//! | expired savings plan | the compute savings plan ran out 9 days ago: the same machines, at the public price |
//!
//! Knows days and factors, no resource and no price.

use crate::domain::calendar::Day;

/// A story that changes how much of something is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Story {
    /// Bytes through the NAT gateway of `prod-ml`.
    RunawayNat,
    /// The log group `/eks/api`.
    LoudLogs,
}

/// The hour of the day at which the NAT gateway ran away.
pub(super) const NAT_HOUR: i64 = 14;

/// When the stories happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stories {
    /// The day of the runaway NAT gateway.
    pub(super) nat: Day,
    /// The first day of the forgotten GPU node group.
    pub(super) gpus: Day,
    /// The day on which logging doubled.
    pub(super) logs: Day,
    /// The first day without the deleted workload.
    pub(super) deleted: Day,
    /// The first day without the savings plan.
    pub(super) expired: Day,
}

impl Stories {
    /// The stories as they stand on a day.
    pub(super) fn until(as_of: Day) -> Self {
        Stories {
            nat: as_of.plus(-12),
            gpus: as_of.plus(-40),
            logs: as_of.plus(-20),
            deleted: as_of.plus(-25),
            expired: as_of.plus(-9),
        }
    }

    /// How many times more is used on a day, in permille; in an hour where one is given.
    pub(super) fn factor(&self, story: Story, day: Day, hour: Option<i64>) -> i64 {
        let (start, steps): (Day, &[i64]) = match story {
            Story::RunawayNat => (self.nat, &[4600, 7200, 9400]),
            Story::LoudLogs => (self.logs, &[1480, 2050]),
        };
        let since = day.0 - start.0;
        match hour {
            _ if since < 0 => 1000,
            Some(hour) if since == 0 && story == Story::RunawayNat && hour < NAT_HOUR => 1000,
            _ => steps.get(since as usize).or(steps.last()).copied().unwrap_or(1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_runs_away_in_the_afternoon() {
        let stories = Stories::until(Day(20_000));
        let factor = |day: i32, hour| stories.factor(Story::RunawayNat, Day(20_000 - day), hour);
        assert_eq!(factor(13, None), 1000);
        assert_eq!(factor(12, Some(13)), 1000);
        assert_eq!(factor(12, Some(14)), 4600);
        assert_eq!(factor(3, Some(2)), 9400);
        assert_eq!(stories.factor(Story::LoudLogs, Day(20_000), None), 2050);
    }
}
