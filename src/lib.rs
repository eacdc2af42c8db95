//! spendtop.
pub mod analytics;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod error;
pub mod focus;
pub mod provider;
pub mod report;
pub mod store;
pub mod sync;
pub mod tui;
