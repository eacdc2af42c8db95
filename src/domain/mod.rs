//! What cost is: money, calendar, charges, dimensions, lenses.
//!
//! Pure types and functions. Knows no file, no store, no screen, no clock and no network; every
//! other layer may use it.

pub mod alert;
pub mod anomaly;
pub mod batch;
pub mod budget;
pub mod builder;
pub mod calendar;
pub mod charge;
pub mod console;
pub mod currency;
pub mod dict;
pub mod dimension;
pub mod filter;
pub mod formula;
pub mod held;
pub mod keys;
pub mod lens;
mod lens_line;
pub mod money;
pub mod note;
pub mod numbers;
pub mod percent;
pub mod period;
pub mod rollup;
pub mod scenario;
pub mod services;
pub mod sketch;
pub mod source_file;
pub mod tags;
pub mod text;
pub mod texts;
pub mod virtuals;
pub mod wide;
pub mod words;
