//! What the Spend tab's figures and pieces are held against, where some of their days have not come: days that all have
//! brought, or where there are none, those alone who have brought theirs.
//!
//! Knows arrivals and tables, no face.

use super::alike::{Before, Lacking};
use super::answer::{Figure, PendingCard};
use super::local::LocalEngine;
use super::pending::Arrivals;
use super::query::request;
use super::spend::total_of;
use super::spend_cards::{self, CARDS};
use super::table::Table;
use super::{Cancel, Card, held};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::error::Result;

/// The lens's total over the days that can be held against each other, where some of its days have not come.
pub(super) struct Alike([(Period, Table); 2]);

impl Alike {
    pub(super) fn new(
        engine: &LocalEngine,
        lens: &Lens,
        as_of: Day,
        arrivals: &Arrivals,
        cancel: &Cancel,
    ) -> Result<Option<Alike>> {
        let days = lens.days(as_of);
        let Some((now, before)) = days.1.and_then(|against| arrivals.alike(days.0, against)) else { return Ok(None) };
        let of = |days| -> Result<(Period, Table)> {
            Ok((days, engine.aggregate(&request(lens, days, &[], hours(lens)), cancel)?))
        };
        Ok(Some(Alike([of(now)?, of(before)?])))
    }

    pub(super) fn sum(&self, currency: &str, days: Period) -> Option<Amount> {
        let (_, table) = self.0.iter().find(|(known, _)| *known == days)?;
        Some(total_of(table, currency)).filter(|total| total.rows() > 0).and_then(|total| total.value())
    }
}

/// By the hour what is longer than one is in no figure.
fn hours(lens: &Lens) -> Option<Granularity> {
    Some(lens.granularity).filter(|granularity| *granularity == Granularity::Hour)
}

/// What figures are held against of those alone who have brought their days: of figures no day of which all have.
pub(super) struct ThoseIn(Vec<(Card, Table)>);

impl ThoseIn {
    /// # Errors
    /// Those of `aggregate`.
    pub(super) fn new(
        engine: &LocalEngine,
        lens: &Lens,
        (period, against): (Period, Option<Period>),
        as_of: Day,
        arrivals: &Arrivals,
        cancel: &Cancel,
    ) -> Result<ThoseIn> {
        let of_cards = CARDS.into_iter().map(|card| (card, spend_cards::days_of(card, as_of), Some(Granularity::Day)));
        let mut found = Vec::new();
        for (card, (period, against), by) in
            std::iter::once((Card::Total, (period, against), hours(lens))).chain(of_cards)
        {
            let Some(against) = against.filter(|days| is_needed(arrivals, period, *days)) else { continue };
            let lacking = arrivals.lacking(period, Some(against));
            let by = by.filter(|by| *by == Granularity::Hour);
            let before =
                Before::new(&request(lens, against, &[], by), &lacking, |asked| engine.aggregate(asked, cancel))?;
            found.push((card, before.table));
        }
        Ok(ThoseIn(found))
    }

    /// Holds a figure of a currency that is held against nothing against those.
    pub(super) fn fill(&self, pending: &mut [PendingCard], currency: &str, amount: impl Fn(Card) -> Option<Amount>) {
        for (card, table) in &self.0 {
            let before = total_of(table, currency);
            let Some(pending) = pending.iter_mut().find(|one| one.card == *card && one.alike.is_none()) else {
                continue;
            };
            let (Some(now), Some(was)) = (amount(*card), before.value().filter(|_| before.rows() > 0)) else {
                continue;
            };
            let was = if *card == Card::Yesterday { spend_cards::mean(was) } else { was };
            pending.alike = Some(Figure { amount: Some(now), previous: Some(was) });
            (pending.those_in, pending.previous) = (true, None);
        }
    }
}

/// Whether some have brought no day of a period that others have, so that no day is held against another, and all of what
/// they have can be.
fn is_needed(arrivals: &Arrivals, period: Period, against: Period) -> bool {
    arrivals.missing(period).is_some()
        && arrivals.alike(period, against).is_none()
        && arrivals.both(period, Some(against)).1.is_none()
}

/// What pieces of a period are held against, without the charges of those who have not brought theirs; none where nothing
/// is left out.
///
/// # Errors
/// Those of `aggregate`.
pub(super) fn previous(
    engine: &LocalEngine,
    lens: &Lens,
    against: Option<Period>,
    lacking: &[Lacking],
    cancel: &Cancel,
) -> Result<Option<Table>> {
    let by = Some(held::added_up_by(lens.granularity));
    let Some(against) = against.filter(|_| !lacking.is_empty()) else { return Ok(None) };
    Before::new(&request(lens, against, &[], by), lacking, |asked| engine.aggregate(asked, cancel))
        .map(|before| Some(before.table))
}
