//! A budget's earlier periods: which they are, what they came to, and what of those that are not settled is foretold.

use std::collections::BTreeMap;

use super::ahead;
use super::costs::Costs;
use crate::analytics::budget::{self as arithmetic, Burn, Came, Limit, State};
use crate::analytics::forecast::Band;
use crate::domain::budget::{Budget, Cycle, Rollover, Span};
use crate::domain::calendar::{Day, Period};
use crate::domain::money::Amount;
use crate::engine::answer::{Interval, Past, Pending};
use crate::engine::foretell::Foretold;
use crate::engine::pending::Arrivals;

/// Earlier periods that an answer has at most.
const HISTORY: usize = 12;

/// The calendar's periods before a budget's, the oldest first; of days that come once as many before them.
pub(super) fn periods(budget: &Budget, whole: Period) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut next = whole;
    for _ in 0..HISTORY {
        let before = match budget.every {
            Cycle::Days(days) if periods.is_empty() => {
                Some(Period { from: days.from.plus(-days.days()), to: days.from })
            }
            cycle => cycle.period_of(next.from.plus(-1)),
        };
        let Some(before) = before else { break };
        periods.push(before);
        next = before;
    }
    periods.reverse();
    periods
}

/// What earlier periods are told from.
pub(super) struct Known<'g> {
    pub budget: &'g Budget,
    pub costs: &'g Costs,
    pub arrivals: &'g Arrivals,
    pub foretold: Option<&'g Foretold>,
    pub as_of: Day,
}

/// What of an earlier period is not settled.
struct Open {
    pending: Option<Pending>,
    /// What it will have cost with each day that is foretold; empty where that cannot be told.
    path: Vec<(Day, Band)>,
}

impl Open {
    /// What it will have cost.
    fn end(&self) -> Option<Interval> {
        self.path.last().map(|(_, end)| end.into())
    }
}

impl Known<'_> {
    /// What of a period is not settled; nothing where all is as it will be.
    fn open(&self, period: Period) -> Option<Open> {
        let pending = self.arrivals.of(period);
        // Its invoice may not have come, though its days have.
        let invoice = self.foretold.map_or(Amount::ZERO, |told| told.expected(period));
        if pending.is_none() && invoice.is_zero() {
            return None;
        }
        // Of days that others followed nothing is foretold.
        let foretold = self.foretold.filter(|told| !told.lacks(period));
        let before = |days: Period| self.costs.sum(days).unwrap_or_default();
        let path = foretold.map(|told| ahead::path(told, period, before)).unwrap_or_default();
        Some(Open { pending, path })
    }

    /// Whether not all days of a period are known.
    fn is_part(&self, period: Period) -> bool {
        self.costs.known_from(period).is_some() || self.foretold.is_some_and(|told| told.has_holes(period))
    }

    /// Whether all of a period is as it will be.
    pub fn is_settled(&self, period: Period) -> bool {
        self.open(period).is_none()
    }

    /// What the periods came to that go over to later ones.
    pub fn came(&self, spans: &[Span]) -> Vec<Came> {
        // The last is the one that runs.
        let behind = spans.split_last().map_or(&[][..], |(_, behind)| behind);
        if self.budget.rollover == Rollover::None {
            return Vec::new();
        }
        behind.iter().map(|span| self.came_of(span.period)).collect()
    }

    fn came_of(&self, period: Period) -> Came {
        let Some(spent) = self.costs.sum(period) else { return Came::Unknown };
        let open = self.open(period);
        if self.is_part(period) {
            // What was spent before, or on days that nobody brought, is no money left over; what was overspent is no less
            // for it.
            let end = open.and_then(|open| open.end()).map_or(spent, |end| end.mid);
            return Came::Open { spent: end, foretold: None };
        }
        match open {
            None => Came::Settled(spent),
            // A credit that has not come is no money to spend.
            Some(open) => Came::Open { spent, foretold: open.end().map(|end| (end.mid, end.hi80.max(spent))) },
        }
    }

    /// The earlier periods from the first on of which anything is known, and the limits of the budget's own.
    pub fn history(&self, earlier: &[Period], (spans, limits): (&[Span], &[Limit])) -> Vec<Past> {
        let costs = self.costs;
        // Before a budget that is yet to begin there are periods that are not over.
        let over = earlier.iter().take_while(|period| period.to <= self.as_of).count();
        let earlier = &earlier[..over];
        let first_known = earlier.iter().position(|period| costs.sum(*period).is_some()).unwrap_or(earlier.len());
        let past = |whole: &Period| {
            let own = spans.iter().zip(limits).find(|(span, _)| span.whole == *whole);
            let period = own.map_or(*whole, |(span, _)| span.period);
            let limit = own.map(|(_, limit)| *limit);
            let open = self.open(period);
            let pending = open.as_ref().and_then(|open| open.pending.clone());
            let burn =
                Burn { is_final: open.is_none(), ..costs.burn(period, pending.as_ref(), &BTreeMap::new(), self.as_of) };
            let path = open.as_ref().map_or(&[][..], |open| &open.path);
            let standing =
                |limit: Limit| arithmetic::standing(self.budget, (period, limit.total), &burn, path, self.as_of).state;
            let is_part = self.is_part(period);
            let foretold = open.as_ref().and_then(Open::end);
            // What is known of it is beyond its limit, or says nothing.
            let state = limit.map(standing).map(|state| match state {
                State::Exceeded { .. } | State::WillExceed { .. } => state,
                _ if is_part => State::Unknown,
                _ => state,
            });
            Past { period, limit, spent: costs.sum(period), state, is_part, pending, foretold }
        };
        earlier[first_known..].iter().map(past).collect()
    }
}
