//! Anomalies: what a cost did that nobody would have expected, each told once.
//!
//! * [`series`]: one series, step by step: a [`bank`] of robust forecasts, what [`recur`]s, the width of
//!   the noise on an even [`scale`], and [`slow`] moves. It finds an [`event`] at the step at which it shows.
//! * [`tree`]: the series of all [`place`]s of a bill: each cause once, at the highest place that explains
//!   it, with its contributors; moves that cancel; what is new.
//! * [`identity`]: which anomaly is which on the next run.
//!
//! Pure: knows no store, no clock and no charges. Whoever has them hands in series and which days are
//! settled, and may keep a [`series::Detector`] to go on from. `benches/anomaly_peers.py` measures it.

pub mod bank;
pub mod beside;
#[cfg(test)]
mod beside_tests;
mod echo;
#[cfg(test)]
mod echo_tests;
mod ends;
pub mod event;
mod explain;
mod extreme;
mod gather;
pub mod identity;
pub mod inside;
mod past;
pub mod place;
pub mod recur;
pub mod scale;
pub mod series;
#[cfg(test)]
mod series_tests;
mod settings;
pub mod slow;
pub mod tree;
#[cfg(test)]
mod tree_tests;
