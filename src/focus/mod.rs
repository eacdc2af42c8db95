//! FOCUS read and written: which columns a file has, which version it is, and its rows as charges.
//!
//! Readers ([`csv`], [`mod@parquet`]) judge rows by the same [`rules`], gather charges with a
//! [`crate::domain::batch::BatchBuilder`] and tell their caller through [`receive::Receive`]. Knows
//! no store and no provider. FOCUS is the FinOps Open Cost and Usage Specification, 1.0 to 1.4,
//! dataset Cost and Usage.

pub mod csv;
pub mod layout;
pub mod parquet;
pub mod receive;
pub mod rows;
pub mod rules;
pub mod split;
pub mod write;
