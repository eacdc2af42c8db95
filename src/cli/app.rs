//! Opens the app.
use super::args::DemoArgs;
use super::run::Context;
use crate::error::{Error, Result};
/// x
pub fn run(_context: &mut Context<'_, '_>) -> Result<u8> { Err(Error::bug("x")) }
/// x
pub fn demo(_context: &mut Context<'_, '_>, _a: &DemoArgs) -> Result<u8> { Err(Error::bug("x")) }
