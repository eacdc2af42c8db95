//! The owner's socket: listens, takes connections in, and lets them go.
//!
//! Each connection has a thread that waits for what comes ([`super::session`]); nothing wakes
//! while nobody speaks. Knows no question.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use std::{fs, io};

use rustix::event::{PollFd, PollFlags};

use super::owner::Serving;
use super::session;
use super::wire::{Sender, Wire, peer};
use crate::engine::Cancel;

/// Connections at once at most.
pub const CONNECTIONS_MAX: usize = 128;

/// How long what others ask may go on once the owner wants to end, and how long giving it up may take.
const LEAVE: Duration = Duration::from_millis(400);

/// Between tries to take a connection in where the system has no room for it.
const PAUSE: Duration = Duration::from_millis(200);

/// A socket that is listened to until this is dropped.
pub struct Service {
    path: PathBuf,
    desk: Arc<Desk>,
    /// Wakes the listener when it is dropped.
    _stop: UnixStream,
}

/// What the listener and all connections share.
pub struct Desk {
    /// What tells the store from others.
    pub store: (u64, u64),
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    gate: Gate,
    next: u64,
    connections: BTreeMap<u64, Sender>,
    /// What is being worked on, by connection.
    running: BTreeMap<u64, Cancel>,
}

#[derive(Default)]
enum Gate {
    /// The store is being opened.
    #[default]
    Opening,
    Open(Weak<Serving>),
    Closed,
}

impl Service {
    /// Listens at `path`; whoever connects waits until [`Self::open`].
    ///
    /// The caller holds the store's lock: a socket that lies there is nobody's, and is taken away.
    ///
    /// # Errors
    /// Where the system refuses a socket there.
    pub fn listen(path: &Path, store: (u64, u64)) -> io::Result<Service> {
        let _ = fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let desk = Arc::new(Desk { store, state: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&desk);
        let (stop, stopped) = UnixStream::pair()?;
        let listen = move || listen(&listener, &stopped, &theirs);
        std::thread::Builder::new().name("host-listen".into()).spawn(listen)?;
        Ok(Service { path: path.to_owned(), desk, _stop: stop })
    }

    /// Lets those in who wait.
    pub fn open(&self, serving: &Arc<Serving>) {
        self.desk.lock().gate = Gate::Open(Arc::downgrade(serving));
        self.desk.changed.notify_all();
    }

    /// Takes nobody in any more, and lets those go who are here, what they asked answered or given up.
    ///
    /// The caller still holds the store's lock: the socket is its own.
    pub fn close(&self) {
        let _ = fs::remove_file(&self.path);
        self.end();
    }

    fn end(&self) {
        if matches!(std::mem::replace(&mut self.desk.lock().gate, Gate::Closed), Gate::Closed) {
            return;
        }
        self.desk.changed.notify_all();
        self.desk.wait_until_idle();
        {
            let state = self.desk.lock();
            state.connections.values().for_each(Sender::hang_up);
            state.running.values().for_each(Cancel::cancel);
        }
        self.desk.wait_until_idle();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Not the file: the lock may be another's by now, and the socket there too.
        self.end();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, once it is open; `None` where it will not be.
    pub fn serving(&self) -> Option<Weak<Serving>> {
        let mut state = self.lock();
        loop {
            match &state.gate {
                Gate::Open(serving) => return Some(Weak::clone(serving)),
                Gate::Closed => return None,
                Gate::Opening => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Notes that a connection's request is being worked on, until [`Self::finished`].
    pub fn started(&self, connection: u64, cancel: &Cancel) {
        self.lock().running.insert(connection, cancel.clone());
    }

    /// A connection's request is done, its reply is sent.
    pub fn finished(&self, connection: u64) {
        self.lock().running.remove(&connection);
        self.changed.notify_all();
    }

    fn wait_until_idle(&self) {
        let state = self.lock();
        let _ = self.changed.wait_timeout_while(state, LEAVE, |state| !state.running.is_empty());
    }

    fn enter(&self, sender: Sender) -> Option<u64> {
        let mut state = self.lock();
        if matches!(state.gate, Gate::Closed) || state.connections.len() >= CONNECTIONS_MAX {
            return None;
        }
        state.next += 1;
        let number = state.next;
        state.connections.insert(number, sender);
        Some(number)
    }

    fn leave(&self, connection: u64) {
        let mut state = self.lock();
        state.connections.remove(&connection);
        // What nobody waits for any more.
        if let Some(cancel) = state.running.get(&connection) {
            cancel.cancel();
        }
    }
}

fn listen(listener: &UnixListener, stopped: &UnixStream, desk: &Arc<Desk>) {
    loop {
        let mut both = [PollFd::new(listener, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        let polled = rustix::event::poll(&mut both, None);
        if !both[1].revents().is_empty() || matches!(desk.lock().gate, Gate::Closed) {
            return;
        }
        match polled.map_err(io::Error::from).and_then(|_| listener.accept()) {
            Ok((stream, _)) => take_in(stream, desk),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            // No room for another open file: there may be soon.
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// Gives a connection its thread. One that is another user's, or too many, is dropped.
fn take_in(stream: UnixStream, desk: &Arc<Desk>) {
    if !peer(&stream).ours {
        return;
    }
    let Ok(mut wire) = Wire::new(stream) else { return };
    let Some(number) = desk.enter(wire.sender()) else { return };
    let theirs = Arc::clone(desk);
    let session = move || {
        // A connection that fails is over: whoever it was connects again.
        let _ = session::run(&mut wire, &theirs, number);
        wire.sender().hang_up();
        theirs.leave(number);
    };
    if std::thread::Builder::new().name("host-session".into()).spawn(session).is_err() {
        desk.leave(number);
    }
}
