//! Syncing in the background, while an app is open.
//!
//! Of several apps on one store one syncs; the others wait for its lock, without waking, and take over when
//! it goes. How it stands is written beside the store, so that all of them can tell it; who does not sync
//! asks the one that does by a file there.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::connections::Connections;
use super::watch::{self, Watch};
use crate::clock;
use crate::engine::{Listener, Listeners, Overview};
use crate::error::{Error, Result};
use crate::provider::remote::pace::Pace;
use crate::sync::state::{Place, SyncLock, Trouble, is_telling};
use crate::sync::task::{Connection, Syncer, Vault};
use crate::sync::{log, overview};

/// Runs that an overview tells.
const RUNS: usize = 200;

/// Threads that speak with providers.
const THREADS: usize = 2;

/// Syncing in the background. It ends when this is dropped: what is under way is given up, and what had come
/// is stored.
pub struct Syncing {
    shared: Arc<Shared>,
    /// Kept: it tells of what another process does.
    _watch: Option<Watch>,
}

struct Shared {
    place: Place,
    connections: Arc<Vec<Connection>>,
    wrong: Vec<(String, Trouble)>,
    /// Once this process is the one that syncs.
    syncer: Mutex<Option<Arc<Syncer>>>,
    cancel: CancellationToken,
    listeners: Listeners<()>,
    /// Why this process does not sync, where it cannot.
    failed: Mutex<Option<Error>>,
    /// When somebody asked for a sync that was heard.
    heard: Mutex<i64>,
    /// Whether it has ended.
    ended: Mutex<bool>,
    over: Condvar,
}

impl Syncing {
    /// Begins. Unless it syncs `by_itself`, scopes are only asked when somebody asks for it.
    ///
    /// # Errors
    /// Kind `Store` where the folder beside the store cannot be made, `Bug` where there are no threads.
    pub fn begin(found: Connections, vault: Arc<dyn Vault>, place: Place, by_itself: bool) -> Result<Syncing> {
        place.prepare()?;
        let wrong = found
            .wrong
            .into_iter()
            .map(|(name, fault)| (name, Trouble { kind: fault.kind, message: fault.message, hints: fault.hints }));
        let shared = Arc::new(Shared {
            heard: Mutex::new(place.asked_at()),
            place,
            connections: Arc::new(found.connections),
            wrong: wrong.collect(),
            syncer: Mutex::default(),
            cancel: CancellationToken::new(),
            listeners: Listeners::default(),
            failed: Mutex::default(),
            ended: Mutex::default(),
            over: Condvar::new(),
        });
        let theirs = Arc::downgrade(&shared);
        let changed = move || {
            if let Some(shared) = theirs.upgrade() {
                shared.changed();
            }
        };
        let watch = watch::watch(shared.place.folder(), is_telling, changed).ok();
        let ours = Arc::clone(&shared);
        let work = move || {
            if let Err(error) = ours.run(vault, by_itself) {
                *ours.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                ours.listeners.tell(());
            }
            *ours.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
            ours.over.notify_all();
        };
        let started = std::thread::Builder::new().name("sync".into()).spawn(move || crate::threads::aside(work));
        started.map_err(|e| Error::bug(format!("no thread to sync on: {e}")))?;
        Ok(Syncing { shared, _watch: watch })
    }

    /// How it stands.
    ///
    /// # Errors
    /// Those that keep this process from syncing.
    pub fn overview(&self) -> Result<Overview> {
        if let Some(error) = &*self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(error.clone());
        }
        let (state, live) = match self.shared.syncer() {
            Some(syncer) => (syncer.state(), syncer.live()),
            None => (self.shared.place.read().0, BTreeMap::new()),
        };
        let runs = log::read(&self.shared.place, RUNS);
        let mut overview = overview::of(&self.shared.connections, &state, &live, runs, clock::now_seconds());
        overview.wrong.clone_from(&self.shared.wrong);
        Ok(overview)
    }

    /// Has all scopes asked now, by this process or by the one that syncs.
    ///
    /// # Errors
    /// Kind `Store` where the other one cannot be asked.
    pub fn ask_now(&self) -> Result<()> {
        match self.shared.syncer() {
            Some(syncer) => syncer.ask_now(),
            None => self.shared.place.ask(clock::now_seconds())?,
        }
        Ok(())
    }

    /// Tells `listener` whenever it stands otherwise than before, for as long as it is kept.
    pub fn subscribe(&self, listener: &Listener<()>) {
        self.shared.listeners.add(listener);
    }
}

impl Syncing {
    /// Ends it, and waits until what had come is stored, but no longer than `most`.
    pub fn end(self, most: Duration) {
        let shared = Arc::clone(&self.shared);
        drop(self);
        // Who only waits for another process to end has nothing to store.
        if shared.syncer().is_some() {
            let ended = shared.ended.lock().unwrap_or_else(PoisonError::into_inner);
            drop(shared.over.wait_timeout_while(ended, most, |ended| !*ended));
        }
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        self.shared.cancel.cancel();
        if let Some(syncer) = self.shared.syncer() {
            syncer.wake();
        }
    }
}

impl Shared {
    fn syncer(&self) -> Option<Arc<Syncer>> {
        self.syncer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until this process is the one that syncs, and does.
    fn run(self: &Arc<Self>, vault: Arc<dyn Vault>, by_itself: bool) -> Result<()> {
        let _lock = SyncLock::wait(&self.place)?;
        if self.cancel.is_cancelled() {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("sync-net")
            .enable_all()
            .build()
            .map_err(|e| Error::bug(format!("no threads to speak with providers: {e}")))?;
        let (connections, place) = (Arc::clone(&self.connections), Some(self.place.clone()));
        let clock: crate::sync::Clock = Arc::new(clock::now_seconds);
        let syncer = Arc::new(Syncer::new(connections, vault, place, clock, runtime.handle().clone(), Pace::default()));
        let ours = Arc::downgrade(self);
        let listener: Listener<()> = Arc::new(move |()| {
            if let Some(shared) = ours.upgrade() {
                shared.listeners.tell(());
            }
        });
        syncer.subscribe(&listener);
        *self.syncer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&syncer));
        let watched = syncer.watch(by_itself, &self.cancel);
        runtime.shutdown_background();
        watched
    }

    /// A file of the folder has changed.
    fn changed(&self) {
        let Some(syncer) = self.syncer() else {
            // Another process syncs: whoever looks reads how it stands.
            self.listeners.tell(());
            return;
        };
        let asked = self.place.asked_at();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if asked > *heard {
            *heard = asked;
            drop(heard);
            syncer.ask_now();
        }
    }
}
