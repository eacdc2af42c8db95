//! Writes the charges that a lens admits as FOCUS again, one at a time.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::Cancel;
use super::charges;
use super::local::LocalEngine;
use super::selection::Wanted;
use super::told::{Needed, Plan};
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::filter::Filter;
use crate::error::{Error, Result};
pub use crate::focus::write::Format;
use crate::focus::write::{ChargeRow, ChargeWriter, writer};

/// Which charges are written, and as what.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// Those that start in these days; all where `None`.
    pub period: Option<Period>,
    /// Those that pass it.
    pub filter: Filter,
    /// Those in this currency; all where `None`.
    pub currency: Option<String>,
    /// The format.
    pub format: Format,
}

/// Writes a whole file; returns how many charges it holds.
///
/// # Errors
/// As [`export`].
pub fn write(engine: &LocalEngine, scope: &Scope, out: Box<dyn Write + Send>, cancel: &Cancel) -> Result<u64> {
    let mut writer = writer(scope.format, out)?;
    let Scope { period, filter, currency, .. } = scope;
    let count = export(engine, *period, filter, currency.as_deref(), &mut *writer, cancel)?;
    writer.finish()?;
    Ok(count)
}

/// Hands every charge that counts, starts in `period` (always, where `None`) and passes the
/// filter and currency to the writer. Returns how many there were. The caller finishes the writer.
///
/// Charges are the provider's: columns that it did not tell stay empty, and where the filter looks at one of
/// those they are left out. Facets are no charges.
///
/// # Errors
/// Kind `Usage` where the filter bounds groups, `Store` where data cannot be read, `Interrupted`
/// where it was given up; those of the writer.
pub fn export(
    engine: &LocalEngine,
    period: Option<Period>,
    filter: &Filter,
    currency: Option<&str>,
    writer: &mut dyn ChargeWriter,
    cancel: &Cancel,
) -> Result<u64> {
    if !filter.bounds.is_empty() {
        return Err(Error::usage("`cost>` is about groups, and an export writes single charges")
            .hint("leave it out, or use `spendtop query --format csv`"));
    }
    let mut filter = filter.clone();
    engine.definitions().bind_filter(&mut filter).map_err(|name| engine.undefined(&name))?;
    let (_held, manifest) = engine.store().read();
    let all = Period { from: Day(i32::MIN / 2), to: Day(i32::MAX / 2) };
    let period = period.unwrap_or(all);
    let groups = Plan::whole(&manifest, period, &Needed::of(&filter.clauses));
    let mut count = 0;
    let wanted = Wanted { period, clauses: &filter.clauses, currency, hour: None };
    charges::each(engine.store(), &groups, &wanted, cancel, |charge| {
        let (start, end) = charge.times();
        count += 1;
        writer.write(&ChargeRow {
            profile: std::array::from_fn(|c| charge.profile(Profile::ALL[c])),
            terms: std::array::from_fn(|c| charge.terms(Terms::ALL[c])),
            start,
            end,
            billing_start: charge.billing_start,
            billing_end: charge.billing_end(),
            quantities: std::array::from_fn(|q| charge.quantity(Quantity::ALL[q])),
        })
    })?;
    Ok(count)
}
