//! The app driven by key scripts against an engine of fixed answers, at many sizes and themes.

mod anomalies;
mod breakdown;
mod budgets;
mod connect;
mod discovery;
mod explain;
mod export;
pub(crate) mod fake;
mod fake_anomalies;
mod fake_spend;
mod first;
mod harmless;
mod hygiene;
mod keymaps;
mod late;
mod leaving;
mod lens;
mod link;
mod mouse;
mod picture;
mod plain;
mod readme;
mod scripts;
mod snapshots;
mod spend;
mod syncing;
mod terminals;
