//! The Spend tab: what it costs, day by day, and what moved.

pub mod state;
pub mod view;

pub use state::State;
