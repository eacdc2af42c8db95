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
//! ## When the owner goes
//!
//! The system gives its lock back and breaks its connections, however it ended. An app waits on a
//! connection of its own for that ([`message::Purpose::Watch`]) and looks for an owner at once, as
//! at the start: one gets the lock, opens the store and serves, the others attach to it. Questions
//! under way wait and are asked again. Who watches is told [`Event::Reattaching`], then
//! [`Event::Attached`] and [`Event::Committed`]. An owner that ends by itself first answers what is
//! under way, for a moment. One that is to be stopped (Ctrl-Z) lets go in the same way
//! ([`Engine::release`]).
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
pub mod chore;
mod feed;
pub mod frame;
mod intake;
mod keeping;
pub mod message;
pub mod owner;
pub mod remote;
pub mod service;
mod session;
pub mod wire;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::domain::calendar::Day;
use crate::engine::{
    Answer, Cancel, Command, Engine, Event, Extent, Listener, Listeners, OpenFile, Outcome, Question, export,
};
use crate::error::{Error, Kind, Result};
use crate::store::folder::{self, Lock};

pub use message::{About, Settings};
pub use owner::{Owner, Setup};

use remote::{Events, Remote, Trouble};

/// How long the lock of a process that does not serve is waited for.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Between tries.
const WAIT_STEP: Duration = Duration::from_millis(5);

/// Owners that a question may lose before it is taken for what ends them.
const LOST_MAX: u32 = 20;

/// How long what this process asks of its own store may go on after it was to be released.
const RELEASE_MAX: Duration = Duration::from_millis(500);

/// A store that is open here, or in another process.
pub struct Host(Arc<Shared>);

struct Shared {
    setup: Setup,
    /// Whether it is told of commits, and looks for an owner before the next question.
    watches: bool,
    state: Mutex<State>,
    changed: Condvar,
    listeners: Listeners<Event>,
    /// Kept: the own store tells it of changes.
    on_change: Listener<()>,
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
    /// Becomes the store's owner, or attaches to it. One that `watches` is told of commits, and
    /// takes over by itself when the owner has gone.
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
                    shared.listeners.tell(Event::Committed);
                }
            });
            let (state, changed, listeners) = (Mutex::new(State::Looking), Condvar::new(), Listeners::default());
            Shared { setup, watches, state, changed, listeners, on_change }
        });
        shared.look()?;
        Ok(Host(shared))
    }

    /// What the store is.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be reached.
    pub fn about(&self) -> Result<About> {
        self.0.with(|owner| Ok(owner.serving().about()), Remote::about)
    }

    /// The owner, where it is this process.
    #[must_use]
    pub fn owner(&self) -> Option<Arc<Owner>> {
        match &*self.0.lock() {
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
        let settings = &self.0.setup.settings;
        self.0.with(
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
        let settings = &self.0.setup.settings;
        self.0.with(
            |owner| {
                let outcome = owner.serving().engine(settings).command(command)?;
                owner.serving().changed();
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
        let settings = &self.0.setup.settings;
        self.0.with(|owner| owner.serving().engine(settings).extent(), Remote::extent)
    }

    fn subscribe(&self, listener: &Listener<Event>) {
        self.0.listeners.add(listener);
    }

    fn release(&self) {
        self.0.release();
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
        self.0.release();
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
        self.listeners.tell(Event::Committed);
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
        result
    }

    fn reach(&self) -> Result<(State, Option<Watched>)> {
        let mut waited = Duration::ZERO;
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
            for event in events {
                let Some(shared) = shared.upgrade() else { return };
                shared.listeners.tell(event);
            }
            if let (Some(shared), Some(remote)) = (shared.upgrade(), remote.upgrade()) {
                shared.lost(&remote);
            }
        };
        // Without the thread the next question finds out.
        let _ = std::thread::Builder::new().name("host-follow".into()).spawn(follow);
    }

    /// Lets the store go, or the owner, until the next question.
    fn release(&self) {
        let before = {
            let mut state = self.lock();
            match &*state {
                State::Looking => return,
                _ => std::mem::replace(&mut *state, State::Away),
            }
        };
        let State::Owning(mut owner) = before else { return };
        owner.close();
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
