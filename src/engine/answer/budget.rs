//! The answers about budgets: how each stands, what it is made of, what could be one, and what if.

use serde::{Deserialize, Serialize};

use super::{Composition, Pending};
use crate::analytics::budget::{Crossing, Limit, Pace, State};
use crate::analytics::forecast::Band;
use crate::domain::budget::Budget;
use crate::domain::calendar::{Day, Period};
use crate::domain::money::{Amount, Decimal};
use crate::domain::scenario::{Change, Scenario};
use crate::domain::words::counted;

/// Answer to [`crate::engine::budgets::Asked`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum BudgetsAnswer {
    /// How budgets stand, those that want to be looked at first.
    List(Vec<BudgetAnswer>),
    /// What they are, by name.
    Kept(Vec<Budget>),
    /// One of them, in detail.
    Detail(Box<BudgetDetail>),
    /// What could be budgets, by history.
    Suggested(Vec<Suggestion>),
    /// How one would stand if something else came.
    Simulated(Box<Simulation>),
    /// Scenarios that are kept, by name.
    Scenarios(Vec<Scenario>),
}

/// How a budget stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BudgetAnswer {
    /// The budget.
    pub budget: Budget,
    /// As of which day.
    pub as_of: Day,
    /// The period that runs; the first where none has begun, the last where all are over.
    pub period: Period,
    /// The calendar's period, which is longer where the budget began after its first day.
    pub whole: Period,
    /// What it may cost.
    pub limit: Limit,
    /// What was spent; `None` where nothing is known.
    pub spent: Option<Amount>,
    /// What is left of the limit; below zero where more was spent.
    pub left: Option<Amount>,
    /// Spend held against the calendar, while the period runs.
    pub pace: Option<Pace>,
    /// What the period will have cost at its end; `None` where nothing can be foretold.
    pub forecast: Option<Foreseen>,
    /// How it stands.
    pub state: State,
    /// Its thresholds.
    pub thresholds: Vec<Crossing>,
    /// Earlier periods, the oldest first.
    pub history: Vec<Past>,
    /// What of the period has not come or may still change; `None` where all is as it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// Charges whose cost is unknown.
    pub unknown_rows: u64,
    /// What the reader must know beside the figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

impl BudgetAnswer {
    /// What share of the limit was spent.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        self.spent?.ratio(self.limit.total).filter(|_| self.limit.total > Amount::ZERO)
    }

    /// Whether it had days of its own, and these are over and settled, and nothing is to come of them: nobody can do
    /// anything about it any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let is_open = self.pending.is_some() || self.forecast.is_some();
        self.budget.every.days().is_some() && self.as_of >= self.period.to && !is_open
    }

    /// Whether how it stands is only to be looked up.
    #[must_use]
    pub fn is_history(&self) -> bool {
        self.budget.archived || self.has_ended()
    }

    /// What is said before how it stands, of one that is only to be looked up.
    #[must_use]
    pub fn history_word(&self) -> Option<&'static str> {
        if self.budget.archived { Some("archived, ") } else { self.has_ended().then_some("ended, ") }
    }

    /// How it stands, in words.
    #[must_use]
    pub fn state_words(&self) -> String {
        let words = self.state.words(self.period.to, self.as_of);
        self.history_word().unwrap_or_default().to_owned() + &words
    }
}

/// What is foretold of a period's end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Foreseen {
    /// The period's cost at its end.
    pub end: Interval,
    /// How, and how well that went before.
    pub words: String,
}

/// A foretold amount with its intervals, to the cent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// In the middle.
    pub mid: Amount,
    /// 80 % lie above this and below [`Self::hi80`].
    pub lo80: Amount,
    /// See [`Self::lo80`].
    pub hi80: Amount,
    /// 95 % lie above this and below [`Self::hi95`].
    pub lo95: Amount,
    /// See [`Self::lo95`].
    pub hi95: Amount,
}

impl Interval {
    /// How far the 80 % interval reaches to its longer side.
    #[must_use]
    pub fn give(&self) -> Amount {
        (self.hi80 - self.mid).max(self.mid - self.lo80)
    }
}

impl From<&Band> for Interval {
    fn from(band: &Band) -> Interval {
        Interval {
            mid: cents(band.mid),
            lo80: cents(band.lo80),
            hi80: cents(band.hi80),
            lo95: cents(band.lo95),
            hi95: cents(band.hi95),
        }
    }
}

/// An estimate as an amount, to the cent.
#[must_use]
pub fn cents(value: f64) -> Amount {
    let rounded = (value * 100.0).round() / 100.0;
    Decimal::from_f64(rounded, Amount::LIMIT).map(Decimal::amount).unwrap_or_default()
}

/// An earlier period of a budget.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Past {
    /// Its days.
    pub period: Period,
    /// What it might cost; `None` before the budget began.
    pub limit: Option<Limit>,
    /// What it cost; `None` where nothing is known.
    pub spent: Option<Amount>,
    /// How it ended; `None` before the budget began.
    pub state: Option<State>,
    /// Whether charges are known of some of its days alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_part: bool,
    /// What of it has not come or may still change; `None` where all is as it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What it will have cost, where not all of it has come or is settled; `None` where that cannot be foretold, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foretold: Option<Interval>,
}

impl Past {
    /// What of it has not come, or may still change, in few words; none where all is as it will be.
    #[must_use]
    pub fn open_words(&self) -> Option<String> {
        match &self.pending {
            Some(pending) if pending.missing > 0 => {
                Some(format!("{} not in", counted(u64::from(pending.missing), "day", "days")))
            }
            Some(_) => Some("not settled".to_owned()),
            None => self.foretold.map(|_| "invoice not in".to_owned()),
        }
    }

    /// How it ended, or stands as of a day; none before the budget began, and where that its days are not all known
    /// says all.
    #[must_use]
    pub fn state_words(&self, as_of: Day) -> Option<String> {
        match self.state {
            None => Some("before the budget".to_owned()),
            Some(State::Unknown) if self.is_part => None,
            Some(state) => Some(state.words(self.period.to, as_of)),
        }
    }
}

/// A budget in detail.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BudgetDetail {
    /// How it stands.
    pub standing: BudgetAnswer,
    /// What each day cost from the period's first on; `None` where nothing is known.
    pub days: Vec<Option<Amount>>,
    /// What the period will have cost with each day to come, and each that has not settled.
    pub path: Vec<(Day, Interval)>,
    /// Who spends it.
    pub spenders: Vec<Composition>,
}

/// What could be a budget.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Suggestion {
    /// The budget.
    pub budget: Budget,
    /// Why this amount.
    pub why: String,
    /// What earlier months cost, the oldest first.
    pub months: Vec<Amount>,
}

/// How a budget would stand if something else came.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Simulation {
    /// How it stands.
    pub today: BudgetDetail,
    /// What is changed, and what each change adds to the period's end, after those before it.
    pub changes: Vec<(Change, Amount)>,
    /// Of each change why it does not count, or counts otherwise than it seems to.
    #[serde(default)]
    pub remarks: Vec<Option<String>>,
    /// What the period would have cost at its end.
    pub end: Interval,
    /// How it would stand.
    pub state: State,
    /// What the period would have cost with each day.
    pub path: Vec<(Day, Interval)>,
    /// Services whose use or price can be changed, the costliest first.
    pub services: Vec<String>,
}
