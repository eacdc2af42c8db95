//! parquet
use super::csv::{Outcome, Receive};
use crate::domain::batch::Limits;
use crate::error::{Error, Result};
use std::fs::File;
/// x
pub fn read(_f: File, _t: usize, _l: Limits, _r: &dyn Receive) -> Result<Outcome> {
    Err(Error::usage("x"))
}
