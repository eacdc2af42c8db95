//! The Breakdown tab: what a figure is made of, level by level.

mod beside;
mod columns;
mod compare;
pub mod crumbs;
mod hygiene;
mod hygiene_keys;
mod hygiene_view;
mod keys;
mod levels;
mod pane;
mod pivot;
mod pivot_view;
#[cfg(test)]
pub(in crate::tui) mod samples;
pub mod sort;
pub mod state;
mod treemap;
mod units;
pub mod view;

pub use state::{State, View};
