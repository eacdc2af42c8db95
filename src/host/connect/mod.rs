//! Connecting to a provider: the least that must be asked, each permission by name, what it costs a month,
//! and the section written into the config, whose comments survive.
//!
//! ```text
//! found -> ask (questions) -> draft (section, config's text) -> check -> cost -> file
//! ```
//!
//! The command and the app's wizard are faces of this. Nothing that is checked costs money, and nothing is
//! written that [`crate::config::parse`] refuses. Knows neither face.

pub mod ask;
pub mod check;
pub mod cost;
pub mod desk;
pub mod draft;
pub mod file;
pub mod found;
pub mod script;
pub mod wanted;

pub use crate::provider::remote::{Check, Finding};
