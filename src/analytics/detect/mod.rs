//! Anomalies: what a cost did that nobody would have expected, found once.

pub mod bank;
pub mod event;
pub mod identity;
pub mod place;
pub mod recur;
pub mod scale;
pub mod series;
pub mod slow;
pub mod tree;
