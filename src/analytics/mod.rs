//! Pure functions over the domain: rollups and forecasts now; anomalies and budgets stand beside them.
//!
//! Does no I/O and knows no store, no provider and no screen.

pub mod asking;
pub mod attribute;
pub mod budget;
pub mod detect;
pub mod evidence;
pub mod forecast;
pub mod rollup;
pub mod spelling;
pub mod split;
