//! Syncing in the background, while an app is open.
//!
//! Of several apps on one store one syncs; the others wait for its lock, without waking, and take over when
//! it goes. How it stands is written beside the store, so that all of them can tell it; who does not sync
//! asks the one that does by a file there. One that only syncs when somebody asks for it has the lock no
//! longer than that takes. Where the config's connections change they are taken up, whoever
//! has written them: what is under way is given up then, and asked again from what had come.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::asked;
use super::connections::Connections;
use super::telling;
use super::watch::{self, Watch};
use crate::clock;
use crate::config::Notify;
use crate::engine::{Listener, Listeners, Overview};
use crate::error::{Error, Result, contained};
pub use crate::notify::Notice;
use crate::provider::remote::FaultKind;
use crate::provider::remote::pace::Pace;
use crate::sync::lock::{self, SyncLock};
use crate::sync::state::{Place, Trouble, is_telling};
use crate::sync::task::{self, Connection, Syncer, Vault, Which};
use crate::sync::{log, overview};

/// Runs that an overview tells.
const RUNS: usize = 200;
/// How often it is looked whether another process has ended its one sync, while somebody wishes for another.
const TRIED_EVERY: Duration = Duration::from_secs(1);

/// The config that connections are of.
pub struct Source {
    /// Its file.
    pub file: PathBuf,
    /// Its connections by now; `None` where they are those that it gave before, or cannot be read.
    pub renewed: Box<dyn Fn() -> Option<Connections> + Send + Sync>,
}

/// Syncing in the background. It ends when this is dropped: what is under way is given up, and what had come
/// is stored.
pub struct Syncing {
    shared: Arc<Shared>,
    /// Kept: they tell of what another process does, and of the config.
    _watches: Vec<Watch>,
}

/// What is synced until the config says otherwise.
struct Turn {
    connections: Arc<Vec<Connection>>,
    wrong: Vec<(String, Trouble)>,
    /// Cancelled when another turn comes.
    cancel: CancellationToken,
}

impl Turn {
    fn of(found: Connections, within: &CancellationToken) -> Turn {
        let wrong = found.wrong.iter().map(|(name, fault)| (name.clone(), Trouble::from(fault)));
        Turn { wrong: wrong.collect(), connections: Arc::new(found.connections), cancel: within.child_token() }
    }
}

struct Shared {
    place: Place,
    turn: Mutex<Turn>,
    vault: Arc<dyn Vault>,
    /// While this process is the one that syncs.
    syncer: Mutex<Option<Arc<Syncer>>>,
    /// Whether it asks whatever becomes due.
    by_itself: bool,
    /// Whether somebody here wishes for a sync that has not begun.
    wished: Mutex<bool>,
    wishes: Condvar,
    cancel: CancellationToken,
    listeners: Listeners<()>,
    /// Why this process does not sync, where it cannot.
    failed: Mutex<Option<Error>>,
    /// By what a person is told.
    notify: Notify,
    /// Scopes that the terminal is to tell a person of, by source.
    untold: Mutex<BTreeSet<String>>,
    /// When somebody asked for a sync that was heard.
    heard: Mutex<i64>,
    /// Whether it has ended.
    ended: Mutex<bool>,
    over: Condvar,
}

impl Syncing {
    /// Begins, with what was found of a config, whose later connections come from `source` where there is
    /// one. Unless it syncs `by_itself`, scopes are only asked when somebody asks for it.
    ///
    /// # Errors
    /// Kind `Store` where the folder beside the store cannot be made, `Bug` where there are no threads.
    pub fn begin(
        found: Connections,
        source: Option<Source>,
        vault: Arc<dyn Vault>,
        place: Place,
        by_itself: bool,
        notify: Notify,
    ) -> Result<Syncing> {
        place.prepare()?;
        let cancel = CancellationToken::new();
        let shared = Arc::new(Shared {
            heard: Mutex::new(place.asked_at()),
            place,
            turn: Mutex::new(Turn::of(found, &cancel)),
            vault,
            by_itself,
            wished: Mutex::default(),
            wishes: Condvar::new(),
            syncer: Mutex::default(),
            cancel,
            listeners: Listeners::default(),
            failed: Mutex::default(),
            notify,
            untold: Mutex::default(),
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
        let config = source.and_then(|source| watch_config(&shared, source));
        let ours = Arc::clone(&shared);
        let work = move || {
            let ran = contained(|| ours.run());
            if let Err(error) = ran.unwrap_or_else(|_| Err(Error::bug("syncing in the background broke off"))) {
                ours.fail(Some(error));
            }
            *ours.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
            ours.over.notify_all();
        };
        let started = std::thread::Builder::new().name("sync".into()).spawn(move || crate::threads::aside(work));
        started.map_err(|e| Error::bug(format!("no thread to sync on: {e}")))?;
        Ok(Syncing { shared, _watches: watch.into_iter().chain(config).collect() })
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
            None => (lock::seen(&self.shared.place).0, BTreeMap::new()),
        };
        let runs = log::read(&self.shared.place, RUNS);
        let (connections, wrong) = {
            let turn = self.shared.turn();
            (Arc::clone(&turn.connections), turn.wrong.clone())
        };
        let opinions = self.shared.place.opinions();
        let mut overview = overview::of(&connections, &state, &live, &opinions, runs, clock::now_seconds());
        overview.wrong = wrong;
        overview.wrong.extend(self.shared.syncer().and_then(|syncer| forgotten(&syncer)));
        Ok(overview)
    }

    /// Has all scopes asked now, by this process or by the one that syncs.
    ///
    /// # Errors
    /// Kind `Store` where the other one cannot be asked.
    pub fn ask_now(&self) -> Result<()> {
        match self.shared.syncer() {
            Some(syncer) => syncer.ask_now(),
            None if self.shared.by_itself => self.shared.place.ask(clock::now_seconds())?,
            None => self.shared.wish(),
        }
        Ok(())
    }

    /// What the terminal is to tell a person, since nobody else can; it counts as told then.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        let syncer = self.shared.syncer()?;
        let mut notice = None;
        while notice.is_none() {
            let source = self.shared.untold().pop_first()?;
            // Where it cannot be written that somebody was told, this process knows it all the same.
            let _ = syncer.tell_a_person(&source, |alarm| {
                notice = Some(Notice::of(alarm));
                true
            });
        }
        notice
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
        self.shared.wish();
        if let Some(syncer) = self.shared.syncer() {
            syncer.wake();
        }
    }
}

/// Takes up the config's connections whenever its file changes; where the system tells of no files only
/// those of now.
fn watch_config(shared: &Arc<Shared>, source: Source) -> Option<Watch> {
    // Of a link what it leads to: that is what is written.
    let file = source.file.canonicalize().unwrap_or_else(|_| source.file.clone());
    let name = file.file_name()?.as_encoded_bytes().to_vec();
    let theirs = Arc::downgrade(shared);
    let changed = move || {
        if let (Some(shared), Some(found)) = (theirs.upgrade(), (source.renewed)()) {
            shared.renew(found);
        }
    };
    watch::watch(file.parent()?, move |changed: &[u8]| changed == name, changed).ok()
}

impl Shared {
    fn untold(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Syncs other connections from now on.
    fn renew(&self, found: Connections) {
        let before = std::mem::replace(&mut *self.turn(), Turn::of(found, &self.cancel));
        before.cancel.cancel();
        if let Some(syncer) = self.syncer() {
            syncer.wake();
        }
        self.listeners.tell(());
    }

    fn syncer(&self) -> Option<Arc<Syncer>> {
        self.syncer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, why: Option<Error>) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = why;
        self.listeners.tell(());
    }

    fn wish(&self) {
        *self.wished.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wishes.notify_all();
    }

    /// Waits for a wish; whether there is one, and not the end.
    fn wait_for_wish(&self) -> bool {
        let wished = self.wished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wished = self.wishes.wait_while(wished, |wished| !*wished).unwrap_or_else(PoisonError::into_inner);
        *wished = false;
        !self.cancel.is_cancelled()
    }

    /// Syncs until it is ended: by itself once this process is the one that does, else when it is wished for.
    fn run(self: &Arc<Self>) -> Result<()> {
        let runtime = task::runtime()?;
        if self.by_itself {
            let _lock = SyncLock::wait(&self.place, true)?;
            while !self.cancel.is_cancelled() {
                let turn = self.sync(&runtime, |syncer, turn| syncer.watch(turn));
                // Where nothing is ever due there may be something in the next turn.
                runtime.block_on(turn.cancelled());
            }
        }
        while !self.by_itself && self.wait_for_wish() {
            let brought = self.bring(&runtime);
            self.fail(brought.err());
        }
        runtime.shutdown_background();
        Ok(())
    }

    /// Syncs once, or has it done by another process that goes on by itself; one that does not is waited for.
    fn bring(self: &Arc<Self>, runtime: &Runtime) -> Result<()> {
        let mut is_asked = false;
        loop {
            if let Some(_lock) = SyncLock::try_take(&self.place, false)? {
                let which = Which { now: true, ..Which::default() };
                self.sync(runtime, |syncer, turn| drop(syncer.pass(&which, turn)));
                return Ok(());
            }
            let holder = lock::holder(&self.place);
            if !std::mem::replace(&mut is_asked, true) {
                self.place.ask(clock::now_seconds())?;
                self.listeners.tell(());
            }
            if holder.is_some_and(|holder| holder.by_itself) {
                return Ok(());
            }
            let wished = self.wished.lock().unwrap_or_else(PoisonError::into_inner);
            let goes_on = |_: &mut bool| !self.cancel.is_cancelled();
            drop(self.wishes.wait_timeout_while(wished, TRIED_EVERY, goes_on));
            if self.cancel.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Syncs what is to be synced for now, while this process has the lock; what ends that.
    fn sync(self: &Arc<Self>, runtime: &Runtime, work: impl FnOnce(&Syncer, &CancellationToken)) -> CancellationToken {
        let (connections, turn) = {
            let turn = self.turn();
            (Arc::clone(&turn.connections), turn.cancel.clone())
        };
        let (vault, place, net) = (Arc::clone(&self.vault), self.place.clone(), runtime.handle().clone());
        let clock: crate::sync::Clock = Arc::new(clock::now_seconds);
        let syncer = Arc::new(Syncer::new(connections, vault, Some(place), clock, net, Pace::default()));
        let ours = Arc::downgrade(self);
        let listener: Listener<()> = Arc::new(move |()| {
            if let Some(shared) = ours.upgrade() {
                shared.listeners.tell(());
            }
        });
        syncer.subscribe(&listener);
        let set = |syncer| *self.syncer.lock().unwrap_or_else(PoisonError::into_inner) = syncer;
        set(Some(Arc::clone(&syncer)));
        if self.is_asked_for(&syncer) {
            syncer.ask_now();
        }
        // Without a thread for that the app itself still shows what goes wrong.
        let _telling = self.begin_telling(&syncer);
        work(&syncer, &turn);
        // Who is still being told of something writes nothing over the state of whoever syncs next.
        syncer.close();
        set(None);
        self.listeners.tell(());
        turn
    }

    /// Whether somebody asked another process for a sync, and it has ended before it began it.
    fn is_asked_for(&self, syncer: &Syncer) -> bool {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = self.place.asked_at();
        self.by_itself && asked::is_left_over(&self.place, syncer)
    }

    /// Has a person told of what goes wrong, until what is given back is dropped.
    fn begin_telling(self: &Arc<Self>, syncer: &Arc<Syncer>) -> Result<Listener<String>> {
        let ours = Arc::downgrade(self);
        telling::begin(syncer, self.notify.desktop, move |alarm, _| {
            if let Some(shared) = ours.upgrade().filter(|shared| shared.notify.terminal) {
                shared.untold().insert(alarm.source.clone());
                shared.listeners.tell(());
            }
            // It counts once the terminal takes it.
            false
        })
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
        if asked > 0 && asked != *heard {
            *heard = asked;
            drop(heard);
            syncer.ask_now();
        }
    }
}

/// That what was known of earlier syncs cannot be read.
fn forgotten(syncer: &Syncer) -> Option<(String, Trouble)> {
    let trouble = |told: &str| Trouble { kind: FaultKind::Here, message: told.to_owned(), hints: Vec::new() };
    syncer.told().map(|told| ("sync".to_owned(), trouble(told)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::CostSource;
    use crate::store::remote::Synced;
    use crate::sync::ingest::{Options, Outcome, Watcher};

    /// Holds nothing, and is out of order.
    struct Broken;

    impl Vault for Broken {
        fn scope(&self, _: &str) -> Result<Synced> {
            Err(Error::store("out of order"))
        }

        fn take(&self, _: &mut dyn CostSource, _: &Options, _: &dyn Watcher) -> Result<Outcome> {
            Err(Error::store("out of order"))
        }

        fn settle(&self, _: &[String]) -> Result<()> {
            Err(Error::store("out of order"))
        }
    }

    fn connections(config: &str, folder: &std::path::Path) -> Connections {
        super::super::connections::of(&crate::config::parse(config, "c").expect("a config"), None, folder)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_connection_that_is_written_into_the_config_is_taken_up() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "[folder.a]\npath = \"/a\"\n").expect("config");
        let (read, work) = (file.clone(), folder.path().join("sync"));
        let files = work.clone();
        let renewed = move || Some(connections(&std::fs::read_to_string(&read).ok()?, &files));
        let found = renewed().expect("there");
        let source = Source { file: file.clone(), renewed: Box::new(renewed) };
        let place = Place::beside(folder.path());
        let syncing = Syncing::begin(
            found,
            Some(source),
            Arc::new(Broken),
            place,
            false,
            Notify { desktop: false, terminal: false },
        )
        .expect("begun");
        let names = || -> Vec<String> {
            let overview = syncing.overview().expect("it stands somehow");
            overview.scopes.into_iter().map(|scope| scope.source).collect()
        };
        assert_eq!(names(), ["folder.a"]);
        let (told, heard) = std::sync::mpsc::channel();
        let listener: Listener<()> = Arc::new(move |()| {
            let _ = told.send(());
        });
        syncing.subscribe(&listener);
        let fresh = folder.path().join("config.toml.1");
        std::fs::write(&fresh, "[folder.a]\npath = \"/a\"\n[folder.b]\npath = \"/b\"\n").expect("config");
        std::fs::rename(&fresh, &file).expect("in its place");
        while names().len() < 2 {
            heard.recv_timeout(Duration::from_secs(20)).expect("told of the change");
        }
        assert_eq!(names(), ["folder.a", "folder.b"]);
        syncing.end(Duration::from_secs(5));
    }
}
