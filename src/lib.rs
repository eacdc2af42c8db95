//! spendtop.
pub mod analytics;
pub mod clock;
pub mod domain;
pub mod engine;
pub mod error;
pub mod focus;
pub mod provider;
pub mod store;
pub mod sync;
