//! Which days of a period have not come, and whose: what a figure over them lacks. A part of answers.

use serde::{Deserialize, Serialize};

use super::{Figure, SpendAnswer};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::domain::text::{SafeText, Untrusted};
use crate::engine::Card;

/// Names that words list.
const NAMED_MAX: usize = 3;
/// Runs of days that words list of one name.
const RUNS_MAX: usize = 2;

/// Days of a period that have not all come, or that may still change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// Days of the period.
    pub days: u32,
    /// Days of it of which somebody's charges have not come. Of a day that is not over they have not.
    pub missing: u32,
    /// Days of it that have come and that somebody may still restate.
    pub unsettled: u32,
    /// The last day before the first that is missing; `None` where that is the period's first.
    pub through: Option<Day>,
    /// The last day that has come of anybody; `None` where none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Day>,
    /// Whose days are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<Behind>,
}

/// Somebody of whom days have not come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Behind {
    /// The provider's FOCUS name.
    pub provider: Untrusted,
    /// The connection's scope that brings them; `None` where they are imported by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The days, each run of them.
    pub missing: Vec<Period>,
}

/// What one of the Spend tab's figures lacks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PendingCard {
    /// Which figure.
    pub card: Card,
    /// Of its days.
    #[serde(flatten)]
    pub now: Pending,
    /// Of the days that it is held against, where some of those are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Pending>,
    /// The figure over its days up to [`Pending::through`] alone, against as many days: what can be held
    /// against each other. `None` where there are no such days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Figure>,
    /// Whether [`Self::alike`] is the figure as it is against those alone who have brought its days, as no day of it has
    /// come of all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub those_in: bool,
}

impl PendingCard {
    /// Whether the figure and what it is held against are of other days than it seems.
    #[must_use]
    pub fn misleads(&self) -> bool {
        self.now.missing > 0 || self.previous.is_some()
    }

    /// Why the figure is held against nothing as it is, in few words: `6 of 7 days in`. `None` where it can be.
    #[must_use]
    pub fn why_not_held(&self) -> Option<String> {
        match (&self.now, &self.previous) {
            (_, Some(_)) => Some("days before not all in".to_owned()),
            (now, None) if now.days == 1 => (now.missing > 0).then(|| "not all in".to_owned()),
            (now, None) => (now.missing > 0).then(|| format!("{} of {} days in", now.come(), now.days)),
        }
    }
}

impl SpendAnswer {
    /// What a figure lacks, where it and what it is held against are of other days than it seems.
    #[must_use]
    pub fn lacks(&self, card: Card) -> Option<&PendingCard> {
        self.pending.iter().find(|pending| pending.card == card && pending.misleads())
    }

    /// What pieces of time are held against: of those alone who have brought them.
    #[must_use]
    pub fn held_series(&self) -> &[Option<Amount>] {
        if self.those_in_series.is_empty() { &self.previous_series } else { &self.those_in_series }
    }

    /// A figure's change, as far as it may be told without a word: none where days are missing of either side.
    #[must_use]
    pub fn change(&self, card: Card, figure: &Figure) -> Option<Amount> {
        figure.change().filter(|_| self.lacks(card).is_none())
    }
}

impl Pending {
    /// Days that have come.
    #[must_use]
    pub fn come(&self) -> u32 {
        self.days - self.missing.min(self.days)
    }

    /// Up to which day a row is compared, where others' days have come after it.
    #[must_use]
    pub fn earlier(&self, through: Option<Day>) -> Option<Day> {
        through.filter(|last| self.newest.is_some_and(|newest| *last < newest))
    }

    /// Up to which day everything is compared, where that is not as far as a period goes.
    #[must_use]
    pub fn all_to(&self, period: Period) -> Option<Day> {
        self.newest.filter(|newest| period.contains(*newest) && newest.plus(1) < period.to)
    }

    /// That days are missing, and whose: `1 of 7 days not in yet: AWS 2026-11-20`. `None` where none is.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        (self.missing > 0).then(|| {
            let unit = if self.days == 1 { "day" } else { "days" };
            format!("{} of {} {unit} not in yet: {}", self.missing, self.days, self.whose())
        })
    }

    fn whose(&self) -> String {
        let one = |behind: &Behind| {
            let name = behind.source.as_deref().unwrap_or(behind.provider.raw());
            let more = behind.missing.len().saturating_sub(RUNS_MAX);
            let runs: Vec<String> = behind.missing.iter().take(RUNS_MAX).map(|run| run.words()).collect();
            let more = if more > 0 { " and others" } else { "" };
            format!("{} {}{more}", SafeText::from_outside(name), runs.join(" and "))
        };
        // Who lacks most is never among those that are only counted.
        let lacks = |behind: &&Behind| std::cmp::Reverse(behind.missing.iter().map(|run| run.days()).sum::<i32>());
        let mut of: Vec<&Behind> = self.of.iter().collect();
        of.sort_by_key(lacks);
        let mut names: Vec<String> = of.into_iter().take(NAMED_MAX).map(one).collect();
        if self.of.len() > NAMED_MAX {
            names.push(format!("{} more", self.of.len() - NAMED_MAX));
        }
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: i32, to: i32) -> Period {
        Period { from: Day(20_000 + from), to: Day(20_000 + to) }
    }

    #[test]
    fn words_name_who_and_which_days_and_no_more_than_can_be_read() {
        let behind = |source: Option<&str>, missing: Vec<Period>| Behind {
            provider: "AWS\u{1b}".into(),
            source: source.map(str::to_owned),
            missing,
        };
        let of = |missing, of| Pending { days: 7, missing, unsettled: 0, through: None, newest: None, of };
        assert_eq!(of(0, vec![]).words(), None);
        let one = of(1, vec![behind(None, vec![days(6, 7)])]).words().expect("words");
        assert!(one.starts_with("1 of 7 days not in yet: AWS") && one.ends_with("2024-10-10"), "{one}");
        assert!(!one.contains('\u{1b}'), "{one}");
        let runs = vec![days(0, 2), days(3, 4), days(5, 6)];
        let many = of(7, vec![behind(Some("aws.a"), runs); 5]).words().expect("words");
        let aws = "aws.a 2024-10-04 to 2024-10-05 and 2024-10-07 and others";
        assert_eq!(many, format!("7 of 7 days not in yet: {aws}, {aws}, {aws}, 2 more"));
    }
}
