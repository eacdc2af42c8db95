//! Columns found by name, however a file spells it: `lineItem/UsageAccountId`, `line_item_usage_account_id`
//! and `Line Item Usage Account ID` are one.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::focus::dialect::Record;
use crate::focus::rules::is_null;

/// Declares the columns that a dialect reads, each with the names that it is known by, best first.
macro_rules! sources {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = [$($key:literal),+ $(,)?],)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        enum $name { $($variant,)* }
        impl $name {
            const NAMES: &'static [&'static [&'static str]] = &[$(&[$($key),+],)*];
        }
        impl From<$name> for usize {
            fn from(column: $name) -> usize { column as usize }
        }
    };
}
pub(super) use sources;

/// What remains of a column's name: letters and digits, in lower case. Of a name in another language with
/// the English one behind it, as Azure writes it, that one: `Kategorie (MeterCategory)`.
#[must_use]
pub fn key(name: &str) -> String {
    let english = english(name).unwrap_or(name);
    english.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The English name behind one in another language.
#[must_use]
pub fn english(name: &str) -> Option<&str> {
    let (_, inner) = name.trim().strip_suffix(')')?.rsplit_once('(')?;
    (!inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(inner)
}

/// Where a file has which of a dialect's columns.
pub struct Header {
    at: Vec<Option<usize>>,
}

impl Header {
    /// Finds columns by the keys of their names; of several that the file has, the first named.
    #[must_use]
    pub fn of(names: &[String], wanted: &[&[&str]]) -> Header {
        let mut by_key: HashMap<String, usize> = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            by_key.entry(key(name)).or_insert(at);
        }
        let find = |keys: &&[&str]| keys.iter().find_map(|k| by_key.get(*k).copied());
        Header { at: wanted.iter().map(find).collect() }
    }

    /// The file's column.
    #[must_use]
    pub fn at(&self, column: impl Into<usize>) -> Option<usize> {
        self.at[column.into()]
    }

    /// Whether the file has a column.
    #[must_use]
    pub fn has(&self, column: impl Into<usize>) -> bool {
        self.at(column).is_some()
    }

    /// All of the file's columns that were found.
    #[must_use]
    pub fn found(&self) -> Vec<usize> {
        self.at.iter().flatten().copied().collect()
    }

    /// A row's value; empty where there is none.
    #[must_use]
    pub fn get<'r>(&self, row: &'r dyn Record, column: impl Into<usize>) -> &'r [u8] {
        let raw = self.at(column).map_or(&b""[..], |at| row.field(at));
        // Tools in between write their own word for no value.
        if is_null(raw) || raw == b"None" { b"" } else { raw }
    }

    /// The first of several values that is not empty.
    #[must_use]
    pub fn first<'r, C: Into<usize> + Copy>(&self, row: &'r dyn Record, columns: &[C]) -> &'r [u8] {
        columns.iter().map(|column| self.get(row, *column)).find(|raw| !raw.is_empty()).unwrap_or_default()
    }

    /// # Errors
    /// Kind `Usage` where a column that every charge needs is not there: which, as `names` call them.
    pub fn need<C: Into<usize> + Copy>(&self, what: &str, needed: &[(C, &str)]) -> Result<()> {
        let missing = needed.iter().filter(|(column, _)| !self.has(*column));
        let missing: Vec<String> = missing.map(|(_, name)| format!("`{name}`")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let verb = if missing.len() == 1 { "is" } else { "are" };
        Err(Error::usage(format!("this is {what}: {} {verb} missing", missing.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_known_however_it_is_spelt() {
        for (name, want) in [
            ("lineItem/UsageAccountId", "lineitemusageaccountid"),
            ("line_item_usage_account_id", "lineitemusageaccountid"),
            ("reservation_reservation_a_r_n", "reservationreservationarn"),
            ("Kategorie der Verbrauchseinheit (MeterCategory)", "metercategory"),
            ("Maßeinheit (UnitOfMeasure)", "unitofmeasure"),
            ("service.description", "servicedescription"),
            ("Cost (in EUR)", "costineur"),
        ] {
            assert_eq!(key(name), want);
        }
    }
}
