//! What is done to the store itself rather than asked of it: looked at whole, checked, mended,
//! copied, and imports removed.
//!
//! The owner does it, for itself as for others. Knows no socket.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::owner::Serving;
use crate::error::{Error, Kind, Result};
use crate::store::manifest::Manifest;
use crate::store::remote::Synced;
use crate::store::{backup, check};
use crate::sync::{overlap, undo};

/// Something to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Chore {
    /// Say what the store holds: [`Done::Manifest`].
    Manifest,
    /// Say what has come of a scope, by its source: [`Done::Scope`].
    Scope(String),
    /// Say how many bytes it takes on disk: [`Done::Count`].
    Size,
    /// Say how many entries the journal has: [`Done::Count`].
    Entries,
    /// Verify everything, and have the next opening mend what is found: [`Done::Checked`].
    Check,
    /// Copy everything into a file, by its whole path: [`Done::Count`] of its values.
    Backup(PathBuf),
    /// Remove an import, by its number: [`Done::Count`] of nothing.
    RemoveImport(u64),
    /// Tell of losses no more: [`Done::Count`] of account periods.
    AcceptLoss,
    /// Make the rollups anew, for these tag keys and what own dimensions rest on: [`Done::Count`] of account periods.
    Rebuild(Vec<String>, Vec<Vec<String>>),
    /// Have deliveries count as the config has their sources, in its order: [`Done::Count`] of nothing.
    Settle(Vec<String>),
}

/// What came of a [`Chore`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Done {
    /// What the store holds.
    Manifest(Box<Manifest>),
    /// What has come of a scope.
    Scope(Box<Synced>),
    /// How many.
    Count(u64),
    /// What a check found, and whether something that was committed is missing.
    Checked(Box<check::Report>, bool),
}

impl Chore {
    /// Whether it changes what the store holds.
    #[must_use]
    pub fn changes(&self) -> bool {
        matches!(self, Chore::RemoveImport(_) | Chore::AcceptLoss | Chore::Rebuild(..))
    }

    /// Does it.
    ///
    /// # Errors
    /// Kind `Store` where the store or the disk fails, `Usage` where there is no such import or the
    /// file is there already.
    pub fn run(&self, serving: &Serving) -> Result<Done> {
        let store = serving.store();
        let done = match self {
            Chore::Manifest => return Ok(Done::Manifest(Box::new((*store.manifest()).clone()))),
            Chore::Scope(source) => {
                let come = store.manifest().scopes.get(source).map(Synced::come_alone).unwrap_or_default();
                return Ok(Done::Scope(Box::new(come)));
            }
            Chore::Size => store.kv().size(),
            Chore::Entries => store.journal().entries().len() as u64,
            Chore::Check => {
                let (_held, manifest) = store.read();
                let report = check::run(store.kv(), &manifest, &mut |_, _| {})?;
                if !report.charges_hit.is_empty() {
                    store.mark_damaged();
                }
                return Ok(Done::Checked(Box::new(report), store.is_lost_now()));
            }
            Chore::Backup(path) => backup::write(store, path)?,
            Chore::RemoveImport(id) => {
                undo::remove_import(store, *id)?;
                0
            }
            Chore::Settle(configured) => {
                if overlap::settle(store, configured)? {
                    serving.changed();
                }
                0
            }
            Chore::AcceptLoss => undo::accept_loss(store)? as u64,
            Chore::Rebuild(keys, evidence) => undo::rebuild_rollups(store, keys, evidence).inspect_err(|error| {
                if error.kind == Kind::Store && error.cause.is_none() {
                    store.mark_damaged();
                }
            })? as u64,
        };
        if self.changes() {
            serving.changed();
        }
        Ok(Done::Count(done))
    }
}

/// The error for a [`Done`] that is not what was asked for.
#[must_use]
pub fn other() -> Error {
    Error::bug("the spendtop that has the store open did something else than it was asked")
}
