//! The owner as an attached process sees it: requests over its socket, and its events.
//!
//! Knows no store. That the owner has gone is told apart from what it says, since it is asked
//! again of the next one ([`super::Host`]).

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::address;
use super::chore::{Chore, Done};
use super::frame::Kind;
use super::message::{
    About, Greeting, HELLO_MAX, Hello, News, Numbered, PROTOCOL, Purpose, REPLY_MAX, REQUEST_MAX, Reply, Request,
    VERSION, Welcome,
};
use super::owner::Setup;
use super::wire::{self, Sender, Wire, peer};
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::engine::export::Scope;
use crate::engine::{self, Answer, Cancel, Command, Extent, Listener, Question};
use crate::error::{Cause, Error};

/// Connections that are kept for the next question.
const IDLE_MAX: usize = 2;

/// How long an owner may open its store before it says anything: a damaged one is repaired first.
pub const WELCOME_MAX: Duration = Duration::from_secs(120);

/// After this long without a word it is looked whether the owner has been stopped.
const LOOK: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// The owner has gone, or there is none.
    Gone,
    /// The owner says so, or it cannot be understood.
    Told(Error),
}

impl Trouble {
    /// What a connection's failure means.
    #[must_use]
    pub fn of(error: &io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::InvalidData => Trouble::Told(
                Error::store("the spendtop that has the store open says what this one does not understand")
                    .hint("they may be of different builds: quit that one, or run the same program"),
            ),
            io::ErrorKind::FileTooLarge => Trouble::Told(
                Error::usage("this is too long to be asked of the spendtop that has the store open")
                    .hint("a shorter filter or text is taken"),
            ),
            _ => Trouble::Gone,
        }
    }
}

/// What was asked of the owner, or why not.
pub type Outcome<T> = std::result::Result<T, Trouble>;

/// An owner that was found.
pub struct Remote {
    path: PathBuf,
    hello: Hello,
    process: u32,
    idle: Mutex<Vec<Line>>,
    /// Connections on which events come.
    watching: Mutex<Vec<Sender>>,
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.watching.get_mut().unwrap_or_else(PoisonError::into_inner).iter().for_each(Sender::hang_up);
    }
}

/// A connection to the owner, and the number of its last request.
struct Line {
    wire: Wire,
    number: u64,
}

impl Remote {
    /// Attaches to whoever owns the store.
    ///
    /// # Errors
    /// [`Trouble::Gone`] where nobody listens, [`Trouble::Told`] where the owner does not want this
    /// process, or has been stopped.
    pub fn attach(setup: &Setup) -> Outcome<Remote> {
        let path = setup.socket().ok_or(Trouble::Gone)?;
        let hello = Hello {
            greeting: Greeting::ours(),
            store: address::identity(&setup.place),
            settings: setup.settings.clone(),
            purpose: Purpose::Ask,
        };
        let (wire, process) = greet(&path, &hello)?;
        Ok(Remote {
            path,
            hello,
            process,
            idle: Mutex::new(vec![Line { wire, number: 0 }]),
            watching: Mutex::default(),
        })
    }

    /// The owner's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Asks the engine.
    ///
    /// # Errors
    /// As the engine's; see [`Trouble`].
    pub fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Outcome<Answer> {
        match self.request(Request::Ask(question.clone(), as_of), cancel)? {
            Reply::Answer(answer) => Ok(answer),
            _ => Err(other()),
        }
    }

    /// Has the engine do what a command says.
    ///
    /// # Errors
    /// As the engine's; see [`Trouble`].
    pub fn command(&self, command: &Command) -> Outcome<engine::Outcome> {
        match self.request(Request::Command(command.clone()), &Cancel::default())? {
            Reply::Outcome(outcome) => Ok(outcome),
            _ => Err(other()),
        }
    }

    /// What data there is.
    ///
    /// # Errors
    /// As the engine's; see [`Trouble`].
    pub fn extent(&self) -> Outcome<Extent> {
        match self.request(Request::Extent, &Cancel::default())? {
            Reply::Extent(extent) => Ok(extent),
            _ => Err(other()),
        }
    }

    /// What the store is.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn about(&self) -> Outcome<About> {
        match self.request(Request::About, &Cancel::default())? {
            Reply::About(about) => Ok(about),
            _ => Err(other()),
        }
    }

    /// Has something done to the store.
    ///
    /// # Errors
    /// As [`Chore::run`]; see [`Trouble`].
    pub fn chore(&self, chore: &Chore) -> Outcome<Done> {
        match self.request(Request::Chore(chore.clone()), &Cancel::default())? {
            Reply::Done(done) => Ok(done),
            _ => Err(other()),
        }
    }

    /// Writes charges as a file to `out`; returns how many.
    ///
    /// # Errors
    /// As the engine's and those of `out`; see [`Trouble`].
    pub fn export(&self, scope: &Scope, out: &mut dyn Write, cancel: &Cancel) -> Outcome<u64> {
        let mut line = Line { wire: greet(&self.path, &self.hello)?.0, number: 0 };
        let reply = line.request_with(Request::Export(scope.clone()), cancel, &mut |bytes| {
            out.write_all(bytes).map_err(|e| Trouble::Told(unwritten(&e)))
        })?;
        match reply {
            Reply::Exported(count) => out.flush().map(|()| count).map_err(|e| Trouble::Told(unwritten(&e))),
            Reply::Failed(error) => Err(Trouble::Told(error)),
            _ => Err(other()),
        }
    }

    /// A connection on which a source is read into the store.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn import(&self) -> Outcome<Wire> {
        let (wire, _) = greet(&self.path, &Hello { purpose: Purpose::Import, ..self.hello.clone() })?;
        // The owner may wait for the disk: that it takes nothing for a while is no trouble.
        wire.sender().wait_for_reader().map_err(|e| Trouble::of(&e))?;
        Ok(wire)
    }

    /// A connection on which the owner tells its events, until this is dropped.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn watch(&self) -> Outcome<Events> {
        let (wire, _) = greet(&self.path, &Hello { purpose: Purpose::Watch, ..self.hello.clone() })?;
        self.watching.lock().unwrap_or_else(PoisonError::into_inner).push(wire.sender());
        Ok(Events(wire))
    }

    fn request(&self, request: Request, cancel: &Cancel) -> Outcome<Reply> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut line = match kept {
            Some(line) => line,
            None => Line { wire: greet(&self.path, &self.hello)?.0, number: 0 },
        };
        let reply = line.request(request, cancel)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(line);
        }
        match reply {
            Reply::Failed(error) => Err(Trouble::Told(error)),
            reply => Ok(reply),
        }
    }
}

fn other() -> Trouble {
    Trouble::Told(Error::bug("the spendtop that has the store open answered another question"))
}

fn unwritten(cause: &io::Error) -> Error {
    Error::usage(format!("cannot write the charges: {cause}")).because(Cause::of(cause))
}

impl Line {
    fn request(&mut self, what: Request, cancel: &Cancel) -> Outcome<Reply> {
        self.request_with(what, cancel, &mut |_| Err(other()))
    }

    /// Asks; bytes of a file that come before the reply go to `data`.
    fn request_with(
        &mut self,
        what: Request,
        cancel: &Cancel,
        data: &mut dyn FnMut(&[u8]) -> Outcome<()>,
    ) -> Outcome<Reply> {
        self.number += 1;
        let number = self.number;
        let gone = |e: io::Error| Trouble::of(&e);
        self.wire.sender().send_at_most(&Numbered { number, what }, REQUEST_MAX).map_err(gone)?;
        let sender = self.wire.sender();
        // Small enough never to wait: the owner reads while it works.
        let given_up: Listener<()> = Arc::new(move |()| {
            sender.send_now(&Numbered { number: 0, what: Request::Cancel(number) });
        });
        cancel.on_cancel(&given_up);
        let reply: Numbered<Reply> = loop {
            match self.wire.next(REPLY_MAX).map_err(gone)?.ok_or(Trouble::Gone)? {
                (Kind::Json, bytes) => break wire::value(&bytes).map_err(gone)?,
                (Kind::Data, bytes) => data(&bytes)?,
                (Kind::Packed, _) => return Err(other()),
            }
        };
        if reply.number == number { Ok(reply.what) } else { Err(other()) }
    }
}

/// What the owner tells by itself, until it has gone.
pub struct Events(Wire);

impl Iterator for Events {
    type Item = News;

    /// Waits for the next one; `None` once the owner has gone.
    fn next(&mut self) -> Option<News> {
        self.0.receive(REQUEST_MAX).ok().flatten()
    }
}

/// Connects and says hello. Waits while the owner opens its store.
fn greet(path: &Path, hello: &Hello) -> Outcome<(Wire, u32)> {
    let gone = |e: io::Error| Trouble::of(&e);
    let stream = UnixStream::connect(path).map_err(|_| Trouble::Gone)?;
    let owner = peer(&stream);
    if !owner.ours {
        return Err(Trouble::Told(
            Error::store(format!("the socket `{}` is another user's", SafeText::path(path)))
                .hint("use a --data-dir of your own"),
        ));
    }
    let mut wire = Wire::new(stream).map_err(gone)?;
    wire.sender().send_at_most(hello, HELLO_MAX).map_err(|e| match e.kind() {
        io::ErrorKind::FileTooLarge => Trouble::Told(
            Error::usage(
                "the config's dimensions and lenses are too large to be told to the spendtop that has the store open",
            )
            .hint("name fewer values in them"),
        ),
        _ => gone(e),
    })?;
    let mut waited = Duration::ZERO;
    wire.wait_at_most(Some(LOOK)).map_err(gone)?;
    let (_, welcome) = loop {
        match wire.next(REQUEST_MAX) {
            Ok(welcome) => break welcome.ok_or(Trouble::Gone)?,
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(e) => return Err(gone(e)),
        }
        waited += LOOK;
        if owner.process.is_some_and(is_stopped) || waited >= WELCOME_MAX {
            return Err(Trouble::Told(silent(owner.process)));
        }
    };
    let greeting: Greeting = wire::value(&welcome).map_err(gone)?;
    let process = owner.process.map_or(String::new(), |number| format!(" (process {number})"));
    if greeting != Greeting::ours() {
        let version = SafeText::from_outside(&greeting.version);
        let (theirs, ours) = if greeting.version == VERSION {
            (format!("{version} of another build"), format!("{VERSION}, speaking {PROTOCOL}"))
        } else {
            (version.into_string(), VERSION.to_owned())
        };
        return Err(Trouble::Told(
            Error::store(format!("the store is open in spendtop {theirs}{process}, and this is spendtop {ours}"))
                .hint("quit that one, or run the same version as it is"),
        ));
    }
    let welcome: Welcome = wire::value(&welcome).map_err(gone)?;
    if welcome.refused.is_some() {
        // The socket is of another store, by chance or by a moved folder: as good as none.
        return Err(Trouble::Gone);
    }
    wire.wait_at_most(None).map_err(gone)?;
    Ok((wire, welcome.process))
}

fn silent(process: Option<u32>) -> Error {
    match process {
        Some(process) => Error::store(format!(
            "the spendtop that has the store open (process {process}) does not answer"
        ))
        .hint(format!("it may have been stopped: `kill -CONT {process}` lets it go on, `kill {process}` ends it")),
        None => Error::store("the spendtop that has the store open does not answer").hint("quit it, then try again"),
    }
}

/// Whether a process is stopped, as by Ctrl-Z, where the system tells.
fn is_stopped(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    matches!(state, Some('T' | 't'))
}
