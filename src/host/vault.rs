//! The store as sync knows it, whoever has it open.

use super::Host;
use super::chore::{Chore, Done, other};
use crate::error::Result;
use crate::provider::CostSource;
use crate::store::remote::Synced;
use crate::sync::ingest::{Options, Outcome, Watcher};
use crate::sync::task::Vault;

impl Vault for Host {
    fn scope(&self, source: &str) -> Result<Synced> {
        match self.chore(&Chore::Scope(source.to_owned()))? {
            Done::Scope(synced) => Ok(*synced),
            _ => Err(other()),
        }
    }

    fn take(&self, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
        self.import(source, options, watcher, &|| {})
    }

    fn settle(&self, configured: &[String]) -> Result<()> {
        self.chore(&Chore::Settle(configured.to_vec())).map(drop)
    }
}
