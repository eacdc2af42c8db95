//! FOCUS read and written: which columns a file has, which version it is, and its rows as charges.
//!
//! Readers ([`csv`], [`mod@parquet`]) judge rows by the same [`rules`], gather charges with a
//! [`crate::domain::batch::BatchBuilder`] and tell their caller through [`receive::Receive`]. Knows
//! no store and no provider; what it reads besides FOCUS is handed in as [`dialect::Dialect`]s. FOCUS is the FinOps Open Cost and Usage Specification, 1.0 to 1.4,
//! dataset Cost and Usage.

pub mod blocks;
pub mod csv;
pub mod dialect;
pub mod json;
pub mod layout;
pub mod lines;
pub mod parquet;
pub mod receive;
pub mod rows;
pub mod rules;
pub mod split;
pub mod write;
