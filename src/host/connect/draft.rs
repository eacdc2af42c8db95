//! A section with the config that it becomes part of: what is checked, reckoned and then written.

use std::path::Path;
use std::sync::Arc;

use super::super::connections;
use crate::config::Config;
use crate::config::connection::Connection;
use crate::config::section::{self, Section};
use crate::error::{Error, Result};
use crate::provider::remote::Costs;

/// Where things are that a connection uses.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What `~/` stands for.
    pub home: Option<&'a Path>,
    /// For files on their way.
    pub folder: &'a Path,
}

/// A section, and the whole config with it.
pub struct Draft {
    /// The section.
    pub section: Section,
    /// The config's text with it.
    pub text: String,
    /// What it means.
    pub connection: Connection,
    /// What can be asked of it.
    pub scopes: Vec<Arc<dyn Costs>>,
}

impl Draft {
    /// A section, checked by itself and with the rest of a config's text; one of its name is replaced only
    /// where `replace` says so. `shown` is what the config is called.
    ///
    /// # Errors
    /// Kind `Usage` where it means nothing, or there is one of its name.
    pub fn new(section: Section, before: &str, replace: bool, shown: &str, place: Place<'_>) -> Result<Draft> {
        crate::config::parse(&section.block(), "the new section")?;
        let text = section::placed(before, &section, replace)?;
        let (connection, scopes) = made(&text, shown, &section.connection(), place)?;
        Ok(Draft { section, text, connection, scopes })
    }

    /// A section by itself.
    ///
    /// # Errors
    /// As [`Draft::new`].
    pub fn alone(section: Section, place: Place<'_>) -> Result<Draft> {
        Draft::new(section, "", false, "the new section", place)
    }
}

/// A connection of a config's text, and its scopes.
fn made(text: &str, shown: &str, name: &str, place: Place<'_>) -> Result<(Connection, Vec<Arc<dyn Costs>>)> {
    let mut config: Config = crate::config::parse(text, shown)?;
    config.connections.retain(|connection| connection.name == name);
    let made = connections::of(&config, place.home, place.folder);
    if let Some((_, fault)) = made.wrong.first() {
        let error = Error::usage(format!("[{name}] cannot be used: {}", fault.message));
        return Err(fault.hints.iter().cloned().fold(error, Error::hint));
    }
    let scopes = made.connections.into_iter().flat_map(|connection| connection.scopes).collect();
    let connection = config.connections.pop();
    connection.map(|connection| (connection, scopes)).ok_or_else(|| Error::bug(format!("[{name}] was not read back")))
}
