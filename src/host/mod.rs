//! The process that owns the store, and those that attach to it.
//!
//! One process at a time has a store open. It holds the folder's lock, listens on a Unix socket
//! beside the store (`socket`, mode 0600, in a folder of mode 0700) and is its **owner**. Every
//! other spendtop, the app or a command, finds the socket and **attaches**: its questions are
//! answered by the owner, and it is told of the owner's commits. [`Host`] is either, and an
//! [`Engine`] as such; whoever asks does not know which.
//!
//! ## Who becomes the owner
//!
//! [`Host::open`] knocks at the socket first, then tries the lock, without waiting, and goes on so
//! until it has one of them. The socket is bound as soon as the lock is held and before the store
//! is opened, so that all who start together knock and wait. Only who holds the lock removes a
//! socket file: one that a killed process left is removed, one that is in use never is.
//!
//! A command opens the store itself: it is soon over. The app never does, since the database keeps
//! threads that wake every second until their process ends, and the app stays for days. It hands the
//! lock to a process that it starts of its own program ([`apart`]), and attaches to that one. Only
//! where none can be started, or no socket can be had, does it open the store after all.
//!
//! ## When the owner goes
//!
//! The system gives its lock back and breaks its connections, however it ended. An app waits on a
//! connection of its own for that ([`message::Purpose::Watch`]).
//!
//! An owner that ends by itself answers what is under way, for a moment, and says goodbye: a command
//! that is done, one that is to be stopped (Ctrl-Z, [`Engine::release`]), and the process that an app
//! started, once nothing has been asked for a second or all have gone. What others are changing is
//! waited for, but by one that is to be stopped. Then nobody looks for another
//! one until there is a question, for which a process is started again. Meanwhile the system tells of
//! what others bring, and [`Event::Committed`] is told. Only Linux does so: elsewhere an
//! app that sleeps sees what others brought with its next question.
//!
//! One that is lost without a word, killed or broken, is looked for at once, as at the start.
//! Questions under way wait and are asked again. Who watches is told [`Event::Reattaching`], then
//! [`Event::Attached`], and [`Event::Committed`] where the store is another than before.
//!
//! ## What is said
//!
//! [`frame`] cuts messages into pieces, [`message`] says which there are. Both ends check the
//! other's user, the protocol and version, and which store is meant. Messages are bounded, so are
//! connections and what one of them can have under way; a client that is not read, or reads
//! nothing, loses its connection and holds nobody up.
//!
//! Nothing here wakes while nothing happens: threads wait for their sockets.

pub mod address;
pub mod alerting;
pub mod apart;
pub mod asked;
pub mod chore;
pub mod connect;
pub mod connections;
pub mod courier;
mod feed;
pub mod frame;
mod intake;
mod keeping;
pub mod message;
pub mod owner;
pub mod remote;
pub mod service;
mod session;
pub mod syncing;
pub mod telling;
mod vault;
mod watch;
pub mod wire;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::domain::calendar::Day;
use crate::engine::{
    Answer, Cancel, Command, Engine, Event, Extent, Listener, Listeners, OpenFile, Outcome, Question, export,
};
use crate::error::{Error, Kind, Result};
use crate::store::folder::{self, Lock, Mark};

pub use message::{About, Settings};
pub use owner::{Owner, Program, Setup};

use message::News;
use remote::{Events, Remote, Trouble};
use watch::Watch;

/// How long the lock of a process that does not serve is waited for.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Between tries.
const WAIT_STEP: Duration = Duration::from_millis(5);

/// Owners that a question may lose before it is taken for what ends them.
const LOST_MAX: u32 = 20;

/// How long what this process asks of its own store may go on after it was to be released.
const RELEASE_MAX: Duration = Duration::from_millis(500);

/// A store that is open here, or in another process.
pub struct Host {
    shared: Arc<Shared>,
    /// Kept: it looks at the store's files while nobody has the store open.
    _watch: Option<Watch>,
}

struct Shared {
    setup: Setup,
    /// Whether it is told of commits, and looks for an owner before the next question.
    watches: bool,
    state: Mutex<State>,
    changed: Condvar,
    listeners: Listeners<Event>,
    /// Kept: the own store tells it of changes.
    on_change: Listener<()>,
    /// The store as it was when its changes were last told.
    told: Mutex<Mark>,
    /// Whether this process had the lock, be it only to hand it over.
    has_begun: AtomicBool,
}

enum State {
    Owning(Arc<Owner>),
    Attached(Arc<Remote>),
    /// A thread looks for an owner.
    Looking,
    /// Nobody looks until the next question.
    Away,
}

/// An owner, and where it tells its events.
type Watched = (Arc<Remote>, Events);

/// Whom to ask.
enum Found {
    Owning(Arc<Owner>),
    Attached(Arc<Remote>),
}

impl Host {
    /// Becomes the store's owner, or attaches to it, or to a process that it starts where the setup
    /// says so. One that `watches` is told of commits, and of another owner where one is lost.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be opened, or a process has it that does not serve it,
    /// or serves another version.
    pub fn open(setup: Setup, watches: bool) -> Result<Host> {
        folder::prepare(&setup.place)?;
        let shared = Arc::new_cyclic(|shared: &Weak<Shared>| {
            let theirs = Weak::clone(shared);
            let on_change: Listener<()> = Arc::new(move |()| {
                if let Some(shared) = theirs.upgrade() {
                    shared.committed();
                }
            });
            let (state, changed, listeners) = (Mutex::new(State::Looking), Condvar::new(), Listeners::default());
            let (told, has_begun) = (Mutex::new(folder::mark(&setup.place)), AtomicBool::new(false));
            Shared { setup, watches, state, changed, listeners, on_change, told, has_begun }
        });
        let theirs = Arc::downgrade(&shared);
        let look = move || {
            if let Some(shared) = theirs.upgrade() {
                shared.look_for_news();
            }
        };
        // Where the system does not tell of files, the next question brings what is new.
        let watch = if watches { watch::watch(&shared.setup.place, folder::is_marking, look).ok() } else { None };
        shared.look()?;
        Ok(Host { shared, _watch: watch })
    }

    /// Whether nobody had the store open when this process came, so that it took it or had it taken.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.shared.has_begun.load(Ordering::Acquire)
    }

    /// What the store is.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be reached.
    pub fn about(&self) -> Result<About> {
        self.shared.with(|owner| Ok(owner.serving().about()), Remote::about)
    }

    /// Lets the store go, or the owner, until the next question, but not while others are changing the
    /// store that is open here.
    pub fn finish(&self) {
        self.shared.release(|owner| owner.finish(&*self.shared.setup.waits));
    }

    /// The owner, where it is this process.
    #[must_use]
    pub fn owner(&self) -> Option<Arc<Owner>> {
        match &*self.shared.lock() {
            State::Owning(owner) => Some(Arc::clone(owner)),
            _ => None,
        }
    }
}

impl Engine for Host {
    fn export(&self, scope: &export::Scope, open: &OpenFile<'_>, cancel: &Cancel) -> Result<u64> {
        Host::export(self, scope, open, cancel)
    }

    fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer> {
        let settings = &self.shared.setup.settings;
        self.shared.with(
            |owner| owner.serving().engine(settings).ask(question, as_of, cancel),
            |remote| {
                if cancel.is_cancelled() {
                    return Err(Trouble::Told(Error::new(Kind::Interrupted, "given up")));
                }
                remote.ask(question, as_of, cancel)
            },
        )
    }

    fn command(&self, command: &Command) -> Result<Outcome> {
        let settings = &self.shared.setup.settings;
        self.shared.with(
            |owner| {
                let outcome = owner.serving().engine(settings).command(command)?;
                if !command.is_of_alerts() {
                    owner.serving().changed();
                }
                Ok(outcome)
            },
            |remote| {
                // One that has gone before this is sent has done nothing.
                remote.about()?;
                remote.command(command).map_err(gone_meanwhile)
            },
        )
    }

    fn extent(&self) -> Result<Extent> {
        let settings = &self.shared.setup.settings;
        self.shared.with(|owner| owner.serving().engine(settings).extent(), Remote::extent)
    }

    fn subscribe(&self, listener: &Listener<Event>) {
        self.shared.listeners.add(listener);
    }

    fn release(&self) {
        self.shared.release(Owner::close);
    }
}

fn all_gone() -> Error {
    Error::store(format!("each spendtop that was to do this has gone, {LOST_MAX} in a row")).hint("run it again")
}

/// What was sent may have been done: only its sender can tell whether to do it again.
fn gone_meanwhile(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Gone => Trouble::Told(
            Error::store("the spendtop that had the store open has gone, and may have done this or not")
                .hint("look whether it is done, and do it again where it is not"),
        ),
        told => told,
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks whoever owns the store now, and again whoever does when that one has gone.
    fn with<T>(
        self: &Arc<Self>,
        ours: impl Fn(&Owner) -> Result<T>,
        theirs: impl Fn(&Remote) -> remote::Outcome<T>,
    ) -> Result<T> {
        for _ in 0..LOST_MAX {
            match self.found()? {
                Found::Owning(owner) => return ours(&owner),
                Found::Attached(remote) => match theirs(&remote) {
                    Ok(said) => return Ok(said),
                    Err(Trouble::Told(error)) => return Err(error),
                    Err(Trouble::Gone) => self.lost(&remote),
                },
            }
        }
        Err(all_gone())
    }

    /// Whom to ask; waits while somebody looks, and looks where nobody does.
    fn found(self: &Arc<Self>) -> Result<Found> {
        let mut state = self.lock();
        loop {
            match &*state {
                State::Owning(owner) => return Ok(Found::Owning(Arc::clone(owner))),
                State::Attached(remote) => return Ok(Found::Attached(Arc::clone(remote))),
                State::Looking => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                State::Away => {
                    *state = State::Looking;
                    drop(state);
                    self.look()?;
                    state = self.lock();
                }
            }
        }
    }

    /// The owner has gone: looks for the next one, unless somebody does already.
    fn lost(self: &Arc<Self>, gone: &Arc<Remote>) {
        {
            let mut state = self.lock();
            if !matches!(&*state, State::Attached(now) if Arc::ptr_eq(now, gone)) {
                return;
            }
            *state = State::Looking;
        }
        self.listeners.tell(Event::Reattaching);
        // Where none is found, the next question looks again and says why.
        let _ = self.look();
        self.listeners.tell(Event::Attached);
    }

    /// The owner has ended by itself: nobody looks for another one before there is something to ask.
    fn left(&self, by: &Arc<Remote>) {
        {
            let mut state = self.lock();
            if !matches!(&*state, State::Attached(now) if Arc::ptr_eq(now, by)) {
                return;
            }
            *state = State::Away;
        }
        self.tell_news();
    }

    /// Tells of a commit that the owner told of.
    fn committed(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = folder::mark(&self.setup.place);
        self.listeners.tell(Event::Committed);
    }

    /// Tells of what nobody told of, if there is anything.
    fn tell_news(&self) {
        let now = folder::mark(&self.setup.place);
        let before = std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), now);
        if before != now {
            self.listeners.tell(Event::Committed);
        }
    }

    /// A file that tells commits has changed. An owner tells of its own, once it can answer for them.
    fn look_for_news(&self) {
        if matches!(&*self.lock(), State::Away) {
            self.tell_news();
        }
    }

    /// Becomes the owner or attaches; the state is [`State::Looking`] meanwhile.
    fn look(self: &Arc<Self>) -> Result<()> {
        let found = self.reach();
        let mut state = self.lock();
        let result = match found {
            Ok((found, events)) => {
                if let Some((remote, events)) = events {
                    self.follow(&remote, events);
                }
                *state = found;
                Ok(())
            }
            Err(error) => {
                *state = State::Away;
                Err(error)
            }
        };
        self.changed.notify_all();
        drop(state);
        // What came between the last owner and this one.
        if self.watches && result.is_ok() {
            self.tell_news();
        }
        result
    }

    fn reach(&self) -> Result<(State, Option<Watched>)> {
        let (mut waited, mut started) = (Duration::ZERO, 0);
        loop {
            match self.attach() {
                Ok((remote, events)) => {
                    let watched = events.map(|events| (Arc::clone(&remote), events));
                    return Ok((State::Attached(remote), watched));
                }
                Err(Trouble::Told(error)) => return Err(error),
                Err(Trouble::Gone) => {}
            }
            if let Some(lock) = Lock::try_take(&self.setup.place)? {
                self.has_begun.store(true, Ordering::Release);
                let ours = match self.setup.program.as_ref().filter(|_| started < LOST_MAX) {
                    Some(program) => apart::start(program, lock)?,
                    None => Some(lock),
                };
                let Some(lock) = ours else {
                    started += 1;
                    continue;
                };
                let owner = Owner::open(&self.setup, lock)?;
                owner.serving().store().on_change(&self.on_change);
                return Ok((State::Owning(Arc::new(owner)), None));
            }
            if waited >= WAIT_MAX {
                return Err(Lock::held(&self.setup.place));
            }
            std::thread::sleep(WAIT_STEP);
            waited += WAIT_STEP;
        }
    }

    fn attach(&self) -> remote::Outcome<(Arc<Remote>, Option<Events>)> {
        let remote = Remote::attach(&self.setup)?;
        let events = if self.watches { Some(remote.watch()?) } else { None };
        Ok((Arc::new(remote), events))
    }

    /// Passes on what the owner tells, in a thread that ends with it.
    fn follow(self: &Arc<Self>, remote: &Arc<Remote>, events: Events) {
        let (shared, remote) = (Arc::downgrade(self), Arc::downgrade(remote));
        let follow = move || {
            for news in events {
                let Some(shared) = shared.upgrade() else { return };
                match (news, remote.upgrade()) {
                    (News::Committed, _) => shared.committed(),
                    (News::Goodbye, Some(remote)) => return shared.left(&remote),
                    (News::Goodbye, None) => return,
                }
            }
            if let (Some(shared), Some(remote)) = (shared.upgrade(), remote.upgrade()) {
                shared.lost(&remote);
            }
        };
        // Without the thread the next question finds out.
        let _ = std::thread::Builder::new().name("host-follow".into()).spawn(follow);
    }

    /// Lets the store go, or the owner, until the next question; others are let go as `end` does it.
    fn release(&self, end: impl FnOnce(&Owner)) {
        let before = {
            let mut state = self.lock();
            match &*state {
                State::Looking => return,
                _ => std::mem::replace(&mut *state, State::Away),
            }
        };
        let State::Owning(mut owner) = before else { return };
        end(&owner);
        // What this process asks itself holds the store open until it is answered or given up.
        let mut waited = Duration::ZERO;
        while waited < RELEASE_MAX {
            match Arc::try_unwrap(owner) {
                Ok(_) => return,
                Err(still) => owner = still,
            }
            std::thread::sleep(WAIT_STEP);
            waited += WAIT_STEP;
        }
    }
}
