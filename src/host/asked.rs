//! Hears when another process wishes for a sync of whoever syncs.
//!
//! By the system's word of a file beside the store; where that tells of no files nothing is heard.

use std::sync::{Arc, Mutex, PoisonError};

use super::watch::{self, Watch};
use crate::clock;
use crate::sync::state::{Place, is_telling};
use crate::sync::task::Syncer;

/// How long a wish that nobody has heard is worth fulfilling, in seconds: later all is due by itself.
const KEEPS: i64 = 8 * 3_600;

/// A wish is heard until this is dropped.
pub struct Hearing {
    _watch: Option<Watch>,
}

/// Has all scopes asked whenever another process wishes for it from now on.
#[must_use]
pub fn hear(place: &Place, syncer: &Arc<Syncer>) -> Hearing {
    let (heard, place, theirs) = (Mutex::new(place.asked_at()), place.clone(), Arc::downgrade(syncer));
    let folder = place.folder().to_owned();
    let changed = move || {
        let (asked, mut heard) = (place.asked_at(), heard.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(syncer) = theirs.upgrade().filter(|_| asked > 0 && asked != *heard) {
            *heard = asked;
            syncer.ask_now();
        }
    };
    Hearing { _watch: watch::watch(&folder, is_telling, changed).ok() }
}

/// Whether somebody wished for a sync of a process that has ended before it began one of every scope.
#[must_use]
pub fn is_left_over(place: &Place, syncer: &Syncer) -> bool {
    let (asked, now, state) = (place.asked_at(), clock::now_seconds(), syncer.state());
    let sources = syncer.connections().iter().flat_map(|connection| &connection.scopes);
    // Those that were never asked are due in any case.
    let begun = sources.filter_map(|costs| state.scopes.get(&costs.scope().source.name)).map(|known| known.begun_at);
    begun.min().is_some_and(|begun| asked > begun) && (0..KEEPS).contains(&(now - asked))
}
