//! What makes a row a charge, and what is wrong with a row that is none.
//!
//! The rules stand here once: the same rows as CSV and as Parquet give the same charges and the same
//! refusals. A reader says what a row's cells hold ([`Cells`]), as texts or as values already typed.
//! Nearly all rows are charges, which [`facts`] finds out in no more steps than it takes; only of a
//! row that is none does [`refuse`] ask why.

use std::borrow::Cow;

use super::layout::{Layout, Slot, Time};
use super::receive::{Receive, Refusal};
use crate::domain::batch::{Facts, PERIOD_MAX, YEARS};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::{Decimal, DecimalError};

/// A field longer than this is refused.
pub const FIELD_MAX: usize = 64 * 1024;

/// Whether a field says "no value".
#[must_use]
pub fn is_null(raw: &[u8]) -> bool {
    matches!(raw, b"" | b"NULL" | b"null")
}

/// Whether a text is a currency code as ISO 4217 and FOCUS's virtual currencies write it.
#[must_use]
pub fn is_currency(raw: &[u8]) -> bool {
    raw.len() == 3 && raw.iter().all(u8::is_ascii_uppercase)
}

/// What a time field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// Nothing.
    None,
    /// Something that is no time.
    Bad,
    /// A time outside of the years 1990 to 2199.
    Far,
    /// Seconds since 1970.
    At(i64),
}

impl Moment {
    /// What was read as seconds since 1970, if it could be.
    #[must_use]
    pub fn of(seconds: Option<i64>) -> Moment {
        match seconds {
            Some(seconds) if YEARS.contains(&seconds) => Moment::At(seconds),
            Some(_) => Moment::Far,
            None => Moment::Bad,
        }
    }
}

/// What a row's cells hold.
pub trait Cells {
    /// A time.
    fn moment(&mut self, time: Time) -> Moment;
    /// A quantity, by its number; `Ok(None)` where there is none.
    ///
    /// # Errors
    /// Why it is no number.
    fn number(&self, quantity: usize) -> Result<Option<Decimal>, DecimalError>;
    /// The text of one of the file's columns.
    fn text(&self, at: usize) -> Cow<'_, [u8]>;
    /// The value of one of the file's columns, as a person is shown it.
    fn shown(&self, at: usize) -> Cow<'_, [u8]>;
}

/// When and how much a row charges; `None` where the row is no charge.
#[inline]
pub fn facts(cells: &mut impl Cells) -> Option<Facts> {
    let needed = |moment: Moment| if let Moment::At(seconds) = moment { Some(seconds) } else { None };
    let wanted = |moment: Moment| if moment == Moment::None { Some(None) } else { needed(moment).map(Some) };
    let start = needed(cells.moment(Time::ChargeStart))?;
    let end = needed(cells.moment(Time::ChargeEnd))?;
    let billing_start = wanted(cells.moment(Time::BillingStart))?;
    let billing_end = wanted(cells.moment(Time::BillingEnd))?;
    if period_fault(start, end).is_some() {
        return None;
    }
    // A charge whose billing period is not told is billed in the month that it starts in.
    let billing_start = billing_start.map_or_else(|| Day::of_seconds(start).month().first(), Day::of_seconds);
    let billing_end = billing_end.map_or_else(|| billing_start.month().plus(1).first(), Day::of_seconds);
    let mut quantities = [None; Quantity::COUNT];
    for (quantity, value) in quantities.iter_mut().enumerate() {
        *value = cells.number(quantity).ok()?;
    }
    quantities[Quantity::Billed.index()].is_some().then_some(Facts {
        start,
        end,
        billing_start,
        billing_end,
        quantities,
    })
}

fn period_fault(start: i64, end: i64) -> Option<&'static str> {
    if end < start {
        Some("the charge period ends before it starts")
    } else if end - start > PERIOD_MAX {
        Some("the charge period is longer than ten years")
    } else {
        None
    }
}

/// Tells why a row is no charge, and which billing account and period it says it belongs to.
#[cold]
pub fn refuse(layout: &Layout, cells: &mut impl Cells, line: u64, receive: &dyn Receive) {
    let refusal = refusal(layout, cells);
    receive.refused(line, refusal, group(layout, cells));
}

/// The first of the file's columns that is wrong; else what is wrong between columns.
fn refusal(layout: &Layout, cells: &mut impl Cells) -> Refusal {
    for (at, slot) in layout.slots.iter().enumerate() {
        if let Some(reason) = fault(at, *slot, cells) {
            return Refusal::of(&layout.names[at], &cells.shown(at), reason);
        }
    }
    if let (Moment::At(start), Moment::At(end)) = (cells.moment(Time::ChargeStart), cells.moment(Time::ChargeEnd))
        && let Some(reason) = period_fault(start, end)
    {
        let at = layout.times[Time::ChargeEnd.index()].unwrap_or_default();
        return Refusal::of(&layout.names[at], &cells.shown(at), reason);
    }
    let reason = "a charge needs a provider: the provider columns are all empty";
    Refusal::of(&layout.names[layout.providers[0]], b"", reason)
}

/// What is wrong with a column's value, looked at alone.
fn fault(at: usize, slot: Slot, cells: &mut impl Cells) -> Option<Cow<'static, str>> {
    if slot == Slot::Dropped {
        return None;
    }
    if cells.shown(at).len() > FIELD_MAX {
        return Some(format!("longer than {} KiB", FIELD_MAX / 1024).into());
    }
    let reason = match slot {
        Slot::Time(time) => match cells.moment(time) {
            Moment::At(_) => return None,
            Moment::None if time.is_needed() => "a charge needs this time",
            Moment::None => return None,
            Moment::Bad => "not a date and time like 2024-09-01T00:00:00Z or 2024-09-01 00:00:00",
            Moment::Far => "outside of the years 1990 to 2199",
        },
        Slot::Quantity(quantity) => match cells.number(quantity.index()) {
            Ok(None) if quantity == Quantity::Billed => "a charge needs a billed cost",
            Ok(_) => return None,
            Err(DecimalError::Syntax) => {
                "not a decimal number like 1234.56: take out currency sign, thousands separators and spaces"
            }
            Err(other) => return Some(other.to_string().into()),
        },
        Slot::Terms(Terms::Currency) => match cells.shown(at) {
            raw if is_null(&raw) => "a charge needs a billing currency",
            raw if !is_currency(&raw) => {
                "not an ISO 4217 currency code like USD: write three capital letters and no spaces"
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(reason.into())
}

/// The billing account and period that a row says it belongs to; `None` where it may be any.
pub fn group(layout: &Layout, cells: &mut impl Cells) -> Option<(String, Day)> {
    let day = match cells.moment(Time::BillingStart) {
        Moment::At(seconds) => Day::of_seconds(seconds),
        Moment::None => match cells.moment(Time::ChargeStart) {
            Moment::At(seconds) => Day::of_seconds(seconds).month().first(),
            _ => return None,
        },
        Moment::Bad | Moment::Far => return None,
    };
    let account =
        layout.profile[Profile::BillingAccountId.index()].map_or(Cow::Borrowed(&b""[..]), |at| cells.text(at));
    match account {
        account if is_null(&account) => Some((String::new(), day)),
        account if account.len() > FIELD_MAX => None,
        account => Some((String::from_utf8_lossy(&account).into_owned(), day)),
    }
}
