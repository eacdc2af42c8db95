//! What was worked out and need not be worked out again: of a store that is open, by whoever answers as one config
//! says.
//!
//! Each part says itself what it is of, and is of no use once that has changed. Knows no charge.

use super::{budgets, foretell, pending};

/// What was worked out.
#[derive(Default)]
pub struct Remembered {
    /// What was foretold, and by which models.
    pub(super) foretold: foretell::Memory,
    /// Which days have come.
    pub(super) arrivals: pending::Memory,
    /// How budgets stand.
    pub(super) budgets: budgets::Memory,
}
