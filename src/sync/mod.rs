//! Brings charges from a source into the store: all of a batch or nothing.
//!
//! Knows sources only by their trait, and no face.

pub mod billed;
pub mod gather;
pub mod groups;
pub mod ingest;
pub mod merge;
pub mod overlap;
pub mod rebuild;
pub mod undo;
