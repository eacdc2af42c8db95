//! Brings charges from a source into the store: all of a batch or nothing.
//!
//! An import is one batch of files ([`ingest`]). Scopes of connections are synced in the background
//! ([`task`]): what is due ([`plan`]) is fetched window by window ([`fetching`]), metered ([`meter`]),
//! put by until it is all there ([`spool`]), stored in place of what was there, and written to the log
//! ([`log`]). What an older program's rollups do not know is made anew beside ([`older`]). What the provider itself thinks of them is kept beside ([`opinion`]). What goes wrong for long
//! raises an [`alarm`].
//!
//! Knows sources only by their trait, and no face.

/// What time it is, seconds since 1970: the machine's, or a test's.
pub type Clock = std::sync::Arc<dyn Fn() -> i64 + Send + Sync>;

pub mod alarm;
pub mod billed;
pub mod fetching;
pub mod gather;
pub mod groups;
pub mod ingest;
pub mod keep;
pub mod lock;
pub mod log;
pub mod merge;
pub mod meter;
pub mod older;
pub mod opinion;
pub mod overlap;
pub mod overview;
pub mod plan;
pub mod rebuild;
pub mod silence;
pub mod spool;
pub mod state;
pub mod task;
pub mod undo;
