//! spendtop.
pub mod clock;
pub mod domain;
pub mod engine;
pub mod error;
pub mod provider;
pub mod tui;
