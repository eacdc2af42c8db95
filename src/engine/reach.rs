//! How far the data behind an answer's rows reaches: what begins after it is unknown, not free.
//!
//! Knows costs by row and days, not how they were added up.

use super::answer::{Freshness, Key};
use super::pending::Arrivals;
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::services::canonical_provider;

/// The last days that the providers have delivered, for rows by some dimensions.
pub(super) struct Reach<'a> {
    freshness: &'a [Freshness],
    /// Where a row's key names its provider.
    provider: Option<usize>,
    /// Of whom nothing more is to come: what others have come to is known of them, too.
    gone: Option<&'a Arrivals>,
}

impl<'a> Reach<'a> {
    /// Of those who are looked at, for rows by `by`.
    pub(super) fn new(freshness: &'a [Freshness], by: &[Dimension]) -> Reach<'a> {
        Reach { freshness, provider: by.iter().position(|dimension| *dimension == Dimension::Provider), gone: None }
    }

    /// The same where it is known who is gone.
    pub(super) fn told(self, arrivals: &'a Arrivals) -> Reach<'a> {
        Reach { gone: Some(arrivals), ..self }
    }

    /// The last day that a row's provider has data of, or where rows are not of a provider each, that any has.
    pub(super) fn of(&self, key: &Key) -> Option<Day> {
        let own = self.provider.and_then(|at| key.get(at)).map(|own| canonical_provider(own.raw()));
        let own = own.filter(|own| !self.gone.is_some_and(|arrivals| arrivals.is_gone(own)));
        let its = |fresh: &&Freshness| own.is_none_or(|own| own == canonical_provider(fresh.provider.raw()));
        self.freshness.iter().filter(its).map(|fresh| fresh.last_day).max()
    }

    /// The last day that any has data of.
    pub(super) fn any(&self) -> Option<Day> {
        self.freshness.iter().map(|fresh| fresh.last_day).max()
    }
}

/// A cost of what begins on a day; nothing is unknown where that is after the last day of the data.
pub(super) fn known(cost: Option<Amount>, begins: Day, last: Option<Day>) -> Option<Amount> {
    cost.filter(|cost| !cost.is_zero() || last.is_none_or(|last| begins <= last))
}
