//! Pure functions over the domain: rollups, forecasts, what is out of the ordinary, alert rules.
//!
//! Does no I/O and knows no store, no provider and no screen.

pub mod alert;
pub mod asking;
pub mod attribute;
pub mod budget;
pub mod detect;
pub mod evidence;
pub mod forecast;
pub mod rollup;
pub mod spelling;
pub mod split;
