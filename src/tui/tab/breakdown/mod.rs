//! The Breakdown tab: what a figure is made of, level by level.

pub mod state;
pub mod view;

pub use state::State;
