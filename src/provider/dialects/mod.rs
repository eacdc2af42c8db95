//! Billing files as the clouds wrote them before FOCUS, and still do: [`cur`] of AWS, [`azure`]'s cost
//! details, [`gcp`]'s billing export.
//!
//! Each is told by its columns and translated row by row into FOCUS's, by pure functions; what reads the
//! files is [`crate::focus`]. Each module's page has the table: from which column, with what lost.

pub mod azure;
pub mod cur;
pub mod dates;
pub mod gcp;
pub mod header;
pub mod parts;
#[cfg(test)]
mod tests;

use crate::focus::dialect::Dialect;

/// All kinds of files that are read besides FOCUS.
pub const ALL: [&dyn Dialect; 3] = [&cur::Cur, &azure::Azure, &gcp::Gcp];

/// Whether files of these forms ([`crate::focus::dialect::Translate::format`]) tell the same charges in two
/// ways, so that they are never added: actual and amortised cost.
#[must_use]
pub fn tell_the_same(one: &str, other: &str) -> bool {
    let pair = |a: &str, b: &str| a.starts_with(azure::ACTUAL) && b.starts_with(azure::AMORTISED);
    pair(one, other) || pair(other, one)
}
