//! The Budgets tab: how budgets stand, one of them in detail, and what could be budgets.

pub mod detail;
pub mod gauge;
mod history;
#[cfg(test)]
pub mod samples;
pub mod state;
pub mod view;

pub use self::state::{State, View};
