//! # spendtop: `top` for cloud spend
//!
//! A full-screen terminal app, and command-line twins of its views, over what AWS, Azure, Google
//! Cloud and any FOCUS billing export really charged. This page is the architecture document:
//! what the house looks like, where things are, and what each part must not know. A test
//! (`tests/it/architecture.rs`) holds the layers.
//!
//! ## The way of a charge
//!
//! ```text
//! billing file -> provider::files -> focus (CSV, Parquet) -> domain::batch::ChargeBatch
//! scope of a connection -> sync::plan -> provider::{aws, azure, gcp ...} -> sync::fetching -> ChargeBatch
//!     -> sync::ingest -> analytics::rollup + store::segment -> one commit of the store
//! question -> engine (rollups, else a scan) -> answer -> tui | report
//! ```
//!
//! ## Principles
//!
//! * **Store first.** Screens are drawn from the local store; no key press calls a provider.
//! * **One answer, many faces.** A figure is computed in one place, [`engine`], and rendered by
//!   [`tui`] and [`report`].
//! * **Honest figures.** Money is exact ([`domain::money::Amount`]); unknown is never zero;
//!   currencies are never added; days that a provider has not settled are marked.
//! * **No invented joins.** An API that tells costs by two dimensions at once is stored as it tells them:
//!   charges, and facets of the same total ([`store::remote`]). What neither tells is "unknown", which is not
//!   "none", and every total stays that of the charges.
//! * **Never twice, never less.** A batch replaces exactly the account periods that it holds
//!   ([`sync::groups`]); a commit is all or nothing ([`store`]).
//! * **Untrusted text.** What a bill says reaches a face only as [`domain::text::SafeText`].
//!
//! ## The layers, lowest first
//!
//! | module | what it is | may use |
//! |---|---|---|
//! | [`error`], [`clock`] | trouble, time | `domain` |
//! | [`config`] | what can be configured | `domain`, `secret` |
//! | [`threads`] | work that several threads share; everyone may use it | nothing |
//! | [`secret`] | secrets by reference; everyone may use it | `domain` |
//! | [`domain`] | what cost is: money, calendar, charges, dimensions, lenses | nothing |
//! | [`analytics`] | pure functions over the domain: rollups | `domain` |
//! | [`focus`] | FOCUS files read and written | `domain` |
//! | [`store`] | segments, rollups, manifest, journal over sled | `domain` |
//! | [`provider`] | where charges come from: billing files, the clouds, the demo | `domain`, `focus` |
//! | [`sync`] | brings charges into the store, all or nothing; keeps connections fresh | `analytics`, `store`, `provider` |
//! | [`engine`] | questions to answers | `analytics`, `store`, `sync`, `focus` |
//! | [`notify`] | brings a person what they are to know | `engine` |
//! | [`host`] | the process that owns the store, and those that attach to it | `engine`, `sync`, `notify`, `store` to open it, `provider` for what it takes in |
//! | [`report`] | answers as tables, JSON, CSV, Markdown | `engine` |
//! | [`tui`] | the full-screen app | `engine`, `report`, `host` |
//! | [`cli`] | flags and subcommands | all of these |
//!
//! ratatui and crossterm stay in [`tui`], sled in [`store`], clap in [`cli`], notify-rust and lettre in [`notify`]; only [`clock`] reads
//! the time. `domain` and `analytics` do no I/O.
//!
//! ## Where to begin reading
//!
//! * [`domain::batch`]: the shape that charges travel in, and why it is small.
//! * [`store`]: the layout on disk and the commit.
//! * [`sync::ingest`]: an import from first row to commit.
//! * [`provider::remote`]: what a cloud is asked for; [`sync::plan`]: when, and how often again.
//! * [`host::connect`]: how a connection comes about, for the command and for the app's wizard.
//! * [`engine::aggregate`]: how a question is answered.
//! * [`tui::app`]: the app's state and how it changes.

pub mod analytics;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod error;
pub mod focus;
pub mod host;
pub mod notify;
pub mod provider;
pub mod report;
pub mod secret;
pub mod store;
pub mod sync;
pub mod threads;
pub mod tui;
