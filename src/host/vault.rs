//! The store as sync knows it, whoever has it open.

use super::Host;
use super::chore::{Chore, Done, other};
use crate::error::Result;
use crate::provider::CostSource;
use crate::store::remote::Scopes;
use crate::sync::ingest::{Options, Outcome, Watcher};
use crate::sync::task::Vault;

impl Vault for Host {
    fn scopes(&self) -> Result<Scopes> {
        match self.chore(&Chore::Scopes)? {
            Done::Scopes(scopes) => Ok(*scopes),
            _ => Err(other()),
        }
    }

    fn take(&self, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
        self.import(source, options, watcher, &|| {})
    }
}
