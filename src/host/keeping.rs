//! What a [`Host`] does beside answering: chores, files of charges, and taking sources in.
//!
//! The owner does it here, others at its socket. Knows no face.

use std::io::Write;

use super::chore::{Chore, Done, other};
use super::remote::Trouble;
use super::{Found, Host, LOST_MAX, all_gone, feed, gone_meanwhile};
use crate::engine::Cancel;
use crate::engine::export::{self, Scope};
use crate::error::Result;
use crate::provider::CostSource;
use crate::store::check;
use crate::store::manifest::Manifest;
use crate::sync::ingest::{self, Options, Outcome, Watcher};
use crate::threads;

impl Host {
    pub(super) fn chore(&self, chore: &Chore) -> Result<Done> {
        self.shared.with(
            |owner| chore.run(owner.serving()),
            |remote| {
                if !chore.changes() {
                    return remote.chore(chore);
                }
                // One that has gone before this is sent has done nothing.
                remote.about()?;
                remote.chore(chore).map_err(gone_meanwhile)
            },
        )
    }

    /// Does a chore that is answered by a count.
    ///
    /// # Errors
    /// As [`Chore::run`], or where the store cannot be reached.
    pub fn count(&self, chore: &Chore) -> Result<u64> {
        match self.chore(chore)? {
            Done::Count(count) => Ok(count),
            _ => Err(other()),
        }
    }

    /// What the store holds.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be reached.
    pub fn manifest(&self) -> Result<Manifest> {
        match self.chore(&Chore::Manifest)? {
            Done::Manifest(manifest) => Ok(*manifest),
            _ => Err(other()),
        }
    }

    /// Verifies everything; also whether something that was committed is missing.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be reached, or not be read at all.
    pub fn check(&self) -> Result<(check::Report, bool)> {
        match self.chore(&Chore::Check)? {
            Done::Checked(report, lost) => Ok((*report, lost)),
            _ => Err(other()),
        }
    }

    /// Writes charges as a file to what `open` gives, which is called again where the owner has gone
    /// meanwhile; returns how many.
    ///
    /// # Errors
    /// As [`export::write`], or where the store cannot be reached.
    pub fn export(
        &self,
        scope: &Scope,
        open: &dyn Fn() -> Result<Box<dyn Write + Send>>,
        cancel: &Cancel,
    ) -> Result<u64> {
        let settings = &self.shared.setup.settings;
        self.shared.with(
            |owner| export::write(&owner.serving().engine(settings), scope, open()?, cancel),
            |remote| remote.export(scope, &mut *open().map_err(Trouble::Told)?, cancel),
        )
    }

    /// Reads a source into the store, on threads that give way to questions. `waiting` is called where
    /// another change is waited for.
    ///
    /// # Errors
    /// As [`ingest::ingest`], or where the store cannot be reached, or its owner has gone meanwhile.
    pub fn import(
        &self,
        source: &mut dyn CostSource,
        options: &Options,
        watcher: &dyn Watcher,
        waiting: &(dyn Fn() + Sync),
    ) -> Result<Outcome> {
        for _ in 0..LOST_MAX {
            match self.shared.found()? {
                Found::Owning(owner) => {
                    if owner.serving().store().is_being_changed() {
                        waiting();
                    }
                    let store = owner.serving().store();
                    let outcome = threads::aside(|| ingest::ingest(store, source, options, watcher))?;
                    if outcome.import.is_some() {
                        owner.serving().changed();
                    }
                    return Ok(outcome);
                }
                Found::Attached(remote) => {
                    // Only what reads gives way: an owner that is opened meanwhile answers as all others do.
                    let read = |wire| threads::aside(|| feed::run(wire, source, options, watcher, waiting));
                    let told = remote.import().and_then(read);
                    match told {
                        Ok(outcome) => return Ok(outcome),
                        Err(Trouble::Told(error)) => return Err(error),
                        Err(Trouble::Gone) => self.shared.lost(&remote),
                    }
                }
            }
        }
        Err(all_gone())
    }
}
