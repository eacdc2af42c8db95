//! Where commands meet the store, the sources and the app: opens what a command needs.
//!
//! Knows no flag's syntax and renders nothing.

use super::args::{DemoArgs, ExportArgs, ImportArgs, ImportsArgs, StoreArgs};
use super::run::Context;
use crate::engine::Engine;
use crate::error::{Error, Result};

/// The engine over the store, or over the generated company.
pub fn engine(_context: &Context<'_, '_>, _demo: bool) -> Result<Box<dyn Engine>> {
    unwired("the engine")
}

/// Opens the app.
pub fn app(_context: &mut Context<'_, '_>) -> Result<u8> {
    unwired("the app")
}

/// Opens the app on the generated company.
pub fn demo(_context: &mut Context<'_, '_>, _args: &DemoArgs) -> Result<u8> {
    unwired("demo")
}

/// Reads files into the store.
pub fn import(_context: &mut Context<'_, '_>, _args: &ImportArgs) -> Result<u8> {
    unwired("import")
}

/// Lists, shows and undoes imports.
pub fn imports(_context: &mut Context<'_, '_>, _args: &ImportsArgs) -> Result<u8> {
    unwired("imports")
}

/// Writes charges.
pub fn export(_context: &mut Context<'_, '_>, _args: &ExportArgs) -> Result<u8> {
    unwired("export")
}

/// Looks after the store.
pub fn store(_context: &mut Context<'_, '_>, _args: &StoreArgs) -> Result<u8> {
    unwired("store")
}

fn unwired<T>(what: &str) -> Result<T> {
    Err(Error::bug(format!("{what} is not built into this version yet")))
}
