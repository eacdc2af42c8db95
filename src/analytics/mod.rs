//! Pure functions over the domain: rollups now; forecasts, anomalies and budgets stand beside them.
//!
//! Does no I/O and knows no store, no provider and no screen.

pub mod asking;
pub mod attribute;
pub mod detect;
pub mod evidence;
pub mod rollup;
pub mod spelling;
pub mod split;
