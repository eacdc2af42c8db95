//! The command line: flags in, answers and messages out.
//!
//! [`args`] says which flags there are (help, completions and the man page come from the same
//! definitions), [`lens`] turns flags into a question, and each subcommand has a file. Only here and
//! in `main` are the environment and the standard streams known. Commands write to the writers they
//! are handed and return an exit code; only `main` ends the process.

pub mod alert;
pub mod anomalies;
mod app;
pub mod args;
mod background;
mod budget;
mod config;
pub mod connect;
mod crash;
mod demo;
mod doctor;
mod export;
mod first;
mod generate;
mod hints;
mod import;
mod imports;
pub mod lens;
mod notes;
pub mod query;
mod run;
mod saved;
mod screenshot;
mod stdio;
mod store;
mod sync;
mod told;
mod unknown;
mod wiring;

#[cfg(test)]
mod tests;

pub use self::args::Cli;
pub use self::crash::{report_panics, untold_report};
pub use self::run::{Context, run};
pub use self::stdio::{Streams, print_error, terminal_width};
pub use self::wiring::fill_with_demo_days;
