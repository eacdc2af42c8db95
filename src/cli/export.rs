//! `spendtop export`: charges as FOCUS 1.2.
use super::args::ExportArgs;
use super::run::Context;
use crate::error::{Error, Result};
/// x
pub fn run(_context: &mut Context<'_, '_>, _args: &ExportArgs) -> Result<u8> {
    Err(Error::bug("x"))
}
