//! FOCUS 1.2 written: charges as CSV, JSON or Parquet, one at a time, in bounded memory.
//!
//! Reading an export back gives the same totals and the same texts. Columns stand in FOCUS's
//! alphabetical order; what FOCUS 1.2 has no column for follows as `x_` columns.
//!
//! **CSV cells never start a formula.** A text that begins with `=`, `+`, `-`, `@`, a tab or a
//! carriage return would be run by a spreadsheet, so it gets a `'` in front; so does a text that
//! begins with `'` before one of these, so that nothing is ambiguous. Such a file says so by a last,
//! empty column, [`GUARD_COLUMN`]: a header survives sorting, filtering, splitting and saving again,
//! which a comment or a metadata line does not. [`super::csv`] takes the guard off where that column
//! is there, and only there. Numbers are not guarded.
//!
//! Knows no store: who has charges, hands them in as [`ChargeRow`]s.

mod csv;
mod json;
mod parquet;
#[cfg(test)]
mod tests;

use std::io::Write;

use super::layout::GUARD_COLUMN;
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::{Amount, Decimal};
use crate::error::{Cause, Error, Kind, Result};

/// What an export is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Format {
    /// CSV; `raw` leaves texts as they are, though a spreadsheet may run them as formulas.
    Csv {
        /// Whether the guard is off.
        raw: bool,
    },
    /// One JSON array of objects.
    Json,
    /// Parquet.
    Parquet,
}

/// One charge as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChargeRow<'a> {
    /// Text of each [`Profile`] column by [`Profile::index`], empty where there is none.
    pub profile: [&'a str; Profile::COUNT],
    /// Text of each [`Terms`] column by [`Terms::index`], empty where there is none.
    pub terms: [&'a str; Terms::COUNT],
    /// Start of the charge period, seconds since 1970.
    pub start: i64,
    /// End of the charge period, exclusive.
    pub end: i64,
    /// First day of the billing period.
    pub billing_start: Day,
    /// Day after the billing period.
    pub billing_end: Day,
    /// Value of each [`Quantity`] by [`Quantity::index`], `None` where unknown.
    pub quantities: [Option<Amount>; Quantity::COUNT],
}

/// Writes charges. A writer that is dropped without [`ChargeWriter::finish`] leaves half a file.
pub trait ChargeWriter: Send {
    /// Writes one charge.
    ///
    /// # Errors
    /// Kind `Usage` where the output takes no more.
    fn write(&mut self, charge: &ChargeRow<'_>) -> Result<()>;
    /// Writes what is left and the end of the file.
    ///
    /// # Errors
    /// Kind `Usage` where the output takes no more.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A writer of a format. `out` need not be buffered.
///
/// # Errors
/// Kind `Usage` where the output takes nothing.
pub fn writer(format: Format, out: Box<dyn Write + Send>) -> Result<Box<dyn ChargeWriter>> {
    Ok(match format {
        Format::Csv { raw } => Box::new(csv::CsvWriter::new(out, raw)?),
        Format::Json => Box::new(json::JsonWriter::new(out)),
        Format::Parquet => Box::new(parquet::ParquetWriter::new(out)?),
    })
}

/// A column of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Profile(Profile),
    Terms(Terms),
    Quantity(Quantity),
    ChargeStart,
    ChargeEnd,
    BillingStart,
    BillingEnd,
}

impl Field {
    /// All, in the order in which they are written.
    fn all() -> Vec<(&'static str, Field)> {
        let profile = Profile::ALL.iter().map(|c| match c {
            // FOCUS has it from 1.3 on only.
            Profile::HostProvider => ("x_HostProviderName", Field::Profile(*c)),
            c => (c.focus_name(), Field::Profile(*c)),
        });
        let terms = Terms::ALL.iter().map(|c| (c.focus_name(), Field::Terms(*c)));
        let quantities = Quantity::ALL.iter().map(|c| (c.focus_name(), Field::Quantity(*c)));
        let times = [
            ("ChargePeriodStart", Field::ChargeStart),
            ("ChargePeriodEnd", Field::ChargeEnd),
            ("BillingPeriodStart", Field::BillingStart),
            ("BillingPeriodEnd", Field::BillingEnd),
        ];
        let mut all: Vec<_> = profile.chain(terms).chain(quantities).chain(times).collect();
        all.sort_unstable_by_key(|(name, _)| (name.starts_with("x_"), *name));
        all
    }

    /// A charge's value.
    fn of<'a>(self, charge: &ChargeRow<'a>) -> Value<'a> {
        match self {
            Field::Profile(c) => Value::Text(charge.profile[c.index()]),
            Field::Terms(c) => Value::Text(charge.terms[c.index()]),
            Field::Quantity(c) => Value::Amount(charge.quantities[c.index()]),
            Field::ChargeStart => Value::Time(charge.start),
            Field::ChargeEnd => Value::Time(charge.end),
            Field::BillingStart => Value::Time(charge.billing_start.seconds()),
            Field::BillingEnd => Value::Time(charge.billing_end.seconds()),
        }
    }

    /// Whether its texts are numbers in FOCUS's eyes.
    fn is_price(self) -> bool {
        use Profile::{
            ContractedUnitPrice, ListUnitPrice, PricingCurrencyContractedUnitPrice, PricingCurrencyListUnitPrice,
        };
        matches!(
            self,
            Field::Profile(
                ContractedUnitPrice | ListUnitPrice | PricingCurrencyContractedUnitPrice | PricingCurrencyListUnitPrice
            )
        )
    }

    /// Whether its texts are JSON objects.
    fn is_object(self) -> bool {
        matches!(self, Field::Profile(Profile::Tags | Profile::SkuPriceDetails))
    }
}

/// A charge's value in a column.
enum Value<'a> {
    Text(&'a str),
    Amount(Option<Amount>),
    Time(i64),
}

/// The price that a text holds, where it is a number without loss.
fn price(text: &str) -> Option<Amount> {
    Decimal::parse(text.as_bytes()).ok().filter(|d| !d.rounded).map(Decimal::amount)
}

/// An output that takes no more.
fn failed(cause: &std::io::Error) -> Error {
    let error = Error::new(Kind::Usage, format!("the export cannot be written: {cause}")).because(Cause::of(cause));
    match cause.kind() {
        std::io::ErrorKind::StorageFull => error.hint("the disk is full: free some space, then export again"),
        _ => error,
    }
}
