//! What is to be told, to whom, and when.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Kind, Severity};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::domain::filter::Filter;
use crate::domain::money::Amount;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Hours of a day, by minutes since midnight. From later to earlier they go over midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hours {
    /// Their first minute.
    pub from: u16,
    /// The minute after their last.
    pub to: u16,
}

impl Hours {
    /// Reads `22:00-07:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Hours> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from != to).then_some(Hours { from, to: to % DAY_MINUTES })
    }

    /// Whether a minute of a day is one of theirs.
    #[must_use]
    pub fn contains(self, minute: u16) -> bool {
        let Hours { from, to } = self;
        if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }

    /// As it is written.
    #[must_use]
    pub fn words(self) -> String {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{}-{}", clock(self.from), clock(self.to))
    }
}

/// Reads a time of day like `07:30`, in minutes; 24:00 is a day's end.
#[must_use]
pub fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2 && !text.starts_with('+'));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= DAY_MINUTES).then_some(hours * 60 + minutes)
}

/// Days of a week, a bit each, Monday the lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Days(pub u8);

impl Days {
    /// Every day.
    pub const ALL: Days = Days(0x7f);
    /// Their names, Monday first.
    pub const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Whether a day is one of them.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        self.0 >> day.weekday().num_days_from_monday() & 1 == 1
    }
}

/// How often there is a digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Each day, of the day before.
    Day,
    /// Each Monday, of the week before.
    Week,
}

impl Every {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Every::Day => "day",
            Every::Week => "week",
        }
    }
}

/// When something is told, and to whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub kind: Kind,
    /// Only what presses at least so much.
    pub severity: Severity,
    /// Only of these charges.
    pub scope: Filter,
    /// The channels that are told.
    pub to: Vec<String>,
    /// Only within these hours.
    pub hours: Option<Hours>,
    /// Only on these days.
    pub days: Days,
    /// What a spike is above its usual cost at least, in money.
    pub above: Amount,
    /// And in percent of it.
    pub percent: u32,
    /// Seconds that a connection fails, or a provider is late, before that is told.
    pub after: i64,
    /// How often there is a digest.
    pub every: Every,
    /// The minute of the day at which there is one.
    pub minute: u16,
}

impl Rule {
    /// A rule of a kind that leaves nothing out.
    #[must_use]
    pub fn new(name: &str, kind: Kind) -> Rule {
        Rule {
            name: name.to_owned(),
            kind,
            severity: if kind == Kind::Anomaly { Severity::Warning } else { Severity::Info },
            scope: Filter::default(),
            to: Vec::new(),
            hours: None,
            days: Days::ALL,
            above: Amount::whole(50),
            percent: 50,
            after: if kind == Kind::Stale { 3 * DAY_SECONDS } else { DAY_SECONDS },
            every: Every::Day,
            minute: 8 * 60,
        }
    }

    /// Whether it applies at a moment of somebody's own clock, in seconds since 1970.
    #[must_use]
    pub fn applies_at(&self, local: i64) -> bool {
        let (day, minute) = moment(local);
        // A night is of the day on which it begins.
        let is_after_midnight = self.hours.is_some_and(|hours| hours.from >= hours.to && minute < hours.to);
        let day = if is_after_midnight { day.plus(-1) } else { day };
        self.days.contains(day) && self.hours.is_none_or(|hours| hours.contains(minute))
    }
}

/// A moment's day and minute.
#[must_use]
pub fn moment(local: i64) -> (Day, u16) {
    (Day::of_seconds(local), u16::try_from(local.rem_euclid(DAY_SECONDS) / 60).unwrap_or(0))
}

/// All that is to be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The rules.
    pub rules: Vec<Rule>,
    /// The names of those that the config cannot mean as they are: what they had found stays as it was told.
    #[serde(default)]
    pub stopped: BTreeSet<String>,
    /// Seconds after its end in which the same trouble is not told again.
    pub cooldown: i64,
    /// Hours in which only what presses most is told; all else waits for their end.
    pub quiet: Option<Hours>,
    /// What is told within quiet hours too.
    pub urgent: Severity,
    /// More messages than these to a channel at once are one.
    pub storm: usize,
    /// Whether hours are those of the machine's clock; else of UTC.
    pub local_hours: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            rules: Vec::new(),
            stopped: BTreeSet::new(),
            cooldown: 6 * 3_600,
            quiet: None,
            urgent: Severity::Critical,
            storm: 5,
            local_hours: true,
        }
    }
}

impl Plan {
    /// When a message may be sent that was found at `now`, on a clock that is `offset` seconds ahead of UTC.
    #[must_use]
    pub fn not_before(&self, severity: Severity, now: i64, offset: i64) -> i64 {
        let (_, minute) = moment(now + offset);
        match self.quiet.filter(|quiet| severity < self.urgent && quiet.contains(minute)) {
            Some(quiet) => {
                let minutes = (i64::from(quiet.to) - i64::from(minute)).rem_euclid(i64::from(DAY_MINUTES));
                now - now.rem_euclid(60) + minutes * 60
            }
            None => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_go_over_midnight() {
        for (text, minutes) in [
            ("22:00-07:00", Some((1320, 420))),
            ("00:00-24:00", Some((0, 0))),
            ("09:00-17:30", Some((540, 1050))),
            ("9:00-17:00", None),
            ("09:00-09:00", None),
            ("25:00-07:00", None),
            ("22:60-07:00", None),
            ("22:00", None),
            ("", None),
            ("+1:00-07:00", None),
        ] {
            let hours = Hours::parse(text);
            assert_eq!(hours.map(|hours| (hours.from, hours.to)), minutes, "{text}");
        }
        let night = Hours { from: 1320, to: 420 };
        assert_eq!([1319, 1320, 0, 419, 420].map(|minute| night.contains(minute)), [false, true, true, true, false]);
        let all = Hours { from: 0, to: 0 };
        assert!(all.contains(0) && all.contains(1439));
        assert_eq!(night.words(), "22:00-07:00");
    }

    #[test]
    fn what_does_not_press_waits_for_the_end_of_quiet_hours() {
        let plan = Plan { quiet: Hours::parse("22:00-07:00"), ..Plan::default() };
        let at = |hour: i64, minute: i64| 20_000 * DAY_SECONDS + hour * 3_600 + minute * 60;
        for (now, offset, wait) in [
            (at(21, 59), 0, 0),
            (at(22, 0), 0, 9 * 3_600),
            (at(3, 30), 0, 3 * 3_600 + 1_800),
            (at(6, 59), 0, 60),
            (at(7, 0), 0, 0),
            // 21:30 UTC is 22:30 in Vienna.
            (at(21, 30), 3_600, 8 * 3_600 + 1_800),
        ] {
            assert_eq!(plan.not_before(Severity::Warning, now, offset) - now, wait, "{now}");
            assert_eq!(plan.not_before(Severity::Critical, now, offset), now, "what presses most never waits");
        }
    }

    #[test]
    fn a_rule_applies_on_its_days_and_hours() {
        // 2026-11-23 is a Monday.
        let monday = Day::parse("2026-11-23").expect("date").seconds();
        let rule = Rule { hours: Hours::parse("09:00-17:00"), days: Days(0b1_1111), ..Rule::new("a", Kind::Spike) };
        for (seconds, applies) in
            [(9 * 3_600, true), (8 * 3_600, false), (17 * 3_600, false), (5 * DAY_SECONDS + 10 * 3_600, false)]
        {
            assert_eq!(rule.applies_at(monday + seconds), applies, "{seconds}");
        }
    }

    #[test]
    fn a_night_is_of_the_day_on_which_it_begins() {
        // 2026-11-27 is a Friday, the lowest bit a Monday.
        let friday = Day::parse("2026-11-27").expect("date").seconds();
        let on_friday =
            |hours: &str| Rule { hours: Hours::parse(hours), days: Days(0b1_0000), ..Rule::new("a", Kind::Spike) };
        for (hours, later, applies) in [
            ("22:00-06:00", 5, false),
            ("22:00-06:00", 21, false),
            ("22:00-06:00", 22, true),
            ("22:00-06:00", 24, true),
            ("22:00-06:00", 29, true),
            ("22:00-06:00", 30, false),
            ("22:00-06:00", 46, false),
            ("22:00-24:00", 23, true),
            ("22:00-24:00", 24, false),
            ("00:00-24:00", 0, true),
            ("00:00-24:00", 24, false),
            ("00:00-06:00", 5, true),
            ("00:00-06:00", 29, false),
        ] {
            assert_eq!(on_friday(hours).applies_at(friday + later * 3_600), applies, "{hours} {later}");
        }
    }
}
