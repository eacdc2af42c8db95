//! All integration tests in one binary: every further one would link everything again.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod alerts;
mod anomalies;
mod answers;
mod architecture;
#[cfg(feature = "aws")]
mod aws;
#[cfg(all(feature = "aws", feature = "gcp"))]
mod budgets;
mod connect;
mod damage;
mod deliveries;
mod details;
mod drivers;
mod emulators;
mod engine;
mod exits;
#[cfg(all(feature = "aws", feature = "azure"))]
mod exports;
#[cfg(feature = "gcp")]
mod foretell;
mod gcp;
mod import;
mod kill;
mod leaving;
#[cfg(all(target_os = "linux", feature = "desktop", feature = "opencost"))]
mod notices;
#[cfg(feature = "net")]
mod payloads;
mod program;
mod screen;
mod sources;
mod support;
mod sync;
mod terminals;
mod together;
mod told;
mod undo;
mod virtuals;
mod windows;
