//! The Anomalies tab: what is out of the ordinary, why, and what is said of it.

pub mod detail;
pub mod state;
pub mod view;

pub use self::state::State;
