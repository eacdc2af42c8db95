//! The owner's socket: listens, takes connections in, and lets them go.
//!
//! Each connection has a thread that waits for what comes (`session.rs`); nothing wakes
//! while nobody speaks. Knows no question.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use std::{fs, io};

use rustix::event::{PollFd, PollFlags};

use super::message::{News, Welcome};
use super::owner::Serving;
use super::session;
use super::wire::{Sender, Wire, peer};
use crate::engine::{Cancel, Listener};

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
    /// Kept: the store tells it of changes, and it those who watch.
    bell: Listener<()>,
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
    /// The connections on which events are told.
    watching: BTreeSet<u64>,
    /// What is being worked on, by connection.
    running: BTreeMap<u64, Work>,
    /// Sources that are being taken in.
    taking: usize,
    /// Whether it has been taken leave of all.
    ended: bool,
    /// Counted up by everything that is asked.
    used: u64,
}

/// What is being worked on.
struct Work {
    cancel: Cancel,
    span: Span,
}

/// How long what is asked may go on once the owner wants to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// For a moment: it can be given up, and be asked again of the next owner.
    Moment,
    /// Until it is done: nobody can tell what doing it half did.
    Whole,
}

impl State {
    /// Whether something goes on that is not to be broken off.
    fn is_changing(&self) -> bool {
        self.taking > 0 || self.running.values().any(|work| work.span == Span::Whole)
    }

    fn is_busy(&self) -> bool {
        !self.running.is_empty() || self.taking > 0
    }

    /// Whether all have gone who ever came.
    fn is_deserted(&self) -> bool {
        self.next > 0 && self.connections.is_empty() && !self.is_busy()
    }

    /// Tells all who watch, without waiting: one that has left its socket full has the same news unread.
    fn tell(&self, news: News) {
        self.watching.iter().filter_map(|number| self.connections.get(number)).for_each(|who| who.send_now(&news));
    }

    fn let_go(&self) {
        self.tell(News::Goodbye);
        self.connections.values().for_each(Sender::hang_up);
        self.running.values().for_each(|work| work.cancel.cancel());
    }

    fn is_closed(&self) -> bool {
        matches!(self.gate, Gate::Closed)
    }
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
        let ours = Arc::clone(&desk);
        let bell: Listener<()> = Arc::new(move |()| ours.lock().tell(News::Committed));
        Ok(Service { path: path.to_owned(), desk, bell, _stop: stop })
    }

    /// Lets those in who wait.
    pub fn open(&self, serving: &Arc<Serving>) {
        serving.store().on_change(&self.bell);
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

    /// Serves on while something goes on that is not to be broken off, `waits` told of it, and closes then.
    pub fn finish(&self, waits: &dyn Fn()) {
        self.desk.wait_until_settled(waits);
        self.close();
    }

    /// Waits until nothing has been asked for as long as `linger`, or all have gone, does what is left
    /// to do, and takes nobody in from then on. Whoever asks while `last` is done is served as before.
    pub fn wait_until_unused(&self, linger: Duration, last: &dyn Fn()) {
        self.desk.wait_until_unused(linger, last);
        self.close();
    }

    fn end(&self) {
        if std::mem::replace(&mut self.desk.lock().ended, true) {
            return;
        }
        self.desk.lock().gate = Gate::Closed;
        self.desk.changed.notify_all();
        self.desk.wait_until_idle();
        self.desk.lock().let_go();
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

    /// Notes that a connection's request is being worked on, until [`Self::finished`]; whether it may
    /// be: nothing is begun any more once nobody is taken in.
    pub fn started(&self, connection: u64, cancel: &Cancel, span: Span) -> bool {
        let mut state = self.lock();
        if !state.is_closed() {
            state.used += 1;
            state.running.insert(connection, Work { cancel: cancel.clone(), span });
        }
        !state.is_closed()
    }

    /// Welcomes a connection that is told from then on what happens: nothing is told before, and
    /// nothing that happens afterwards is missed.
    pub fn watches(&self, connection: u64, welcome: &Welcome) {
        let mut state = self.lock();
        if let Some(sender) = state.connections.get(&connection).filter(|_| !state.is_closed()) {
            sender.send_now(welcome);
            state.watching.insert(connection);
        }
    }

    /// Notes that a source is being taken in, for as long as what this returns is kept.
    pub fn taking(&self) -> Taking<'_> {
        self.lock().taking += 1;
        Taking(self)
    }

    /// A connection's request is done, its reply is sent.
    pub fn finished(&self, connection: u64) {
        {
            let mut state = self.lock();
            state.running.remove(&connection);
            state.used += 1;
        }
        self.changed.notify_all();
    }

    fn wait_until_unused(&self, linger: Duration, last: &dyn Fn()) {
        let mut done_after = None;
        let mut state = self.lock();
        loop {
            state = self.changed.wait_while(state, |state| state.is_busy()).unwrap_or_else(PoisonError::into_inner);
            let used = state.used;
            let goes_on = |state: &mut State| state.used == used && !state.is_busy() && !state.is_deserted();
            if done_after != Some(used) {
                state =
                    self.changed.wait_timeout_while(state, linger, goes_on).unwrap_or_else(PoisonError::into_inner).0;
            }
            let is_unused = state.used == used && !state.is_busy() || state.is_deserted();
            if is_unused && done_after == Some(state.used) {
                // At once: what is asked from here on is asked of the next owner.
                state.gate = Gate::Closed;
                return;
            }
            if is_unused {
                done_after = Some(state.used);
                drop(state);
                last();
                state = self.lock();
            }
        }
    }

    /// Waits until nothing goes on that is not to be broken off, `waits` told where there is; nothing
    /// is begun from then on.
    fn wait_until_settled(&self, waits: &dyn Fn()) {
        if self.lock().is_changing() {
            waits();
        }
        let settled = self.changed.wait_while(self.lock(), |state| state.is_changing());
        settled.unwrap_or_else(PoisonError::into_inner).gate = Gate::Closed;
    }

    fn wait_until_idle(&self) {
        let state = self.lock();
        let _ = self.changed.wait_timeout_while(state, LEAVE, |state| !state.running.is_empty());
    }

    fn enter(&self, sender: Sender) -> Option<u64> {
        let mut state = self.lock();
        if state.is_closed() || state.connections.len() >= CONNECTIONS_MAX {
            return None;
        }
        state.next += 1;
        state.used += 1;
        let number = state.next;
        state.connections.insert(number, sender);
        Some(number)
    }

    fn leave(&self, connection: u64) {
        let mut state = self.lock();
        state.connections.remove(&connection);
        state.watching.remove(&connection);
        // What nobody waits for any more.
        if let Some(work) = state.running.get(&connection) {
            work.cancel.cancel();
        }
        drop(state);
        self.changed.notify_all();
    }
}

/// A source that is being taken in.
pub struct Taking<'a>(&'a Desk);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        {
            let mut state = self.0.lock();
            state.taking -= 1;
            state.used += 1;
        }
        self.0.changed.notify_all();
    }
}

fn listen(listener: &UnixListener, stopped: &UnixStream, desk: &Arc<Desk>) {
    loop {
        let mut both = [PollFd::new(listener, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        let polled = rustix::event::poll(&mut both, None);
        if !both[1].revents().is_empty() || desk.lock().is_closed() {
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn who_watches_is_told_nothing_before_its_welcome_and_everything_after() {
        use super::super::message::Greeting;

        let desk = Desk { store: (1, 1), state: Mutex::default(), changed: Condvar::new() };
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        let (ours, mut theirs) = (Wire::new(ours).expect("wire"), Wire::new(theirs).expect("wire"));
        let connection = desk.enter(ours.sender()).expect("let in");
        desk.lock().tell(News::Committed);
        let welcome = Welcome { greeting: Greeting::ours(), process: 1, refused: None };
        desk.watches(connection, &welcome);
        desk.lock().tell(News::Committed);
        desk.lock().let_go();
        assert_eq!(theirs.receive(1 << 20).expect("read"), Some(welcome));
        assert_eq!(theirs.receive(1 << 20).expect("read"), Some(News::Committed));
        assert_eq!(theirs.receive(1 << 20).expect("read"), Some(News::Goodbye));
    }

    #[test]
    fn who_asks_while_the_last_is_done_is_served() {
        let desk = Desk { store: (1, 1), state: Mutex::default(), changed: Condvar::new() };
        let times = std::cell::Cell::new(0);
        desk.wait_until_unused(Duration::from_millis(1), &|| {
            times.set(times.get() + 1);
            if times.get() == 1 {
                assert!(desk.started(1, &Cancel::default(), Span::Moment));
                desk.finished(1);
            }
        });
        assert_eq!(times.get(), 2, "what was asked may have changed what is left to do");
        assert!(!desk.started(2, &Cancel::default(), Span::Moment));
    }

    #[test]
    fn an_owner_that_ends_waits_for_what_is_done_whole_and_for_nothing_else() {
        let desk = Desk { store: (1, 1), state: Mutex::default(), changed: Condvar::new() };
        let (told, waits) = channel();
        assert!(desk.started(1, &Cancel::default(), Span::Moment));
        assert!(desk.started(2, &Cancel::default(), Span::Whole));
        std::thread::scope(|scope| {
            let ends = scope.spawn(|| desk.wait_until_settled(&|| told.send(()).expect("test listens")));
            waits.recv().expect("it waits");
            assert!(desk.started(3, &Cancel::default(), Span::Moment), "it serves on meanwhile");
            desk.finished(2);
            ends.join().expect("no panic");
        });
        assert!(!desk.started(4, &Cancel::default(), Span::Moment));
        desk.wait_until_settled(&|| panic!("nothing is left to wait for"));
    }
}
