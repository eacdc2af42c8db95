//! One connection as the owner sees it: the greeting, then requests or events.
//!
//! What a client says is checked and bounded: one that says nonsense, or reads nothing, loses its
//! connection and nothing else. Knows no face.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::frame::{Kind, PIECE_MAX};
use super::intake;
use super::message::{Greeting, Hello, News, Numbered, Purpose, REQUEST_MAX, Reply, Request, Settings, Welcome};
use super::owner::Serving;
use super::service::{Desk, Span};
use super::wire::{self, Sender, Wire};
use crate::engine::{Cancel, Engine, Listener, export};
use crate::error::{Error, Result, contained};

/// How long a client may take to say who it is.
const HELLO_MAX: Duration = Duration::from_secs(5);

fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Serves a connection until it ends.
///
/// # Errors
/// Where the client is gone, reads nothing, or says what makes no sense.
pub fn run(wire: &mut Wire, desk: &Arc<Desk>, connection: u64) -> io::Result<()> {
    wire.wait_at_most(Some(HELLO_MAX))?;
    let Some((_, hello)) = wire.next(REQUEST_MAX)? else { return Ok(()) };
    let greeting: Greeting = wire::value(&hello)?;
    let welcome = |refused: Option<&str>| Welcome {
        greeting: Greeting::ours(),
        process: std::process::id(),
        refused: refused.map(str::to_owned),
    };
    if greeting != Greeting::ours() {
        return wire.send(&welcome(Some("another version")));
    }
    let hello: Hello = wire::value(&hello)?;
    if hello.store != desk.store {
        return wire.send(&welcome(Some("another store")));
    }
    wire.wait_at_most(None)?;
    let Some(serving) = desk.serving() else { return Ok(()) };
    match hello.purpose {
        Purpose::Ask => {
            wire.send(&welcome(None))?;
            Session { desk, connection, serving, settings: hello.settings }.serve(wire)
        }
        Purpose::Import => {
            wire.send(&welcome(None))?;
            let Some(serving) = serving.upgrade() else { return Ok(()) };
            let _busy = desk.taking();
            intake::run(wire, &serving)
        }
        Purpose::Watch => {
            let sender = wire.sender();
            // Told without waiting: a client that has left the socket full has the same news unread.
            let listener: Listener<()> = Arc::new(move |()| sender.send_now(&News::Committed));
            let Some(serving) = serving.upgrade() else { return Ok(()) };
            serving.store().on_change(&listener);
            drop(serving);
            wire.send(&welcome(None))?;
            desk.watches(connection);
            match wire.next(REQUEST_MAX)? {
                None => Ok(()),
                Some(_) => Err(nonsense("who watches says nothing")),
            }
        }
    }
}

/// A connection that asks.
struct Session<'a> {
    desk: &'a Arc<Desk>,
    connection: u64,
    /// Weak: a connection that says nothing keeps no store open.
    serving: Weak<Serving>,
    settings: Settings,
}

/// A request that is being worked on.
struct Running {
    number: u64,
    cancel: Cancel,
    done: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Session<'_> {
    fn serve(&self, wire: &mut Wire) -> io::Result<()> {
        let mut running: Option<Running> = None;
        while let Some(Numbered { number, what }) = wire.receive::<Numbered<Request>>(REQUEST_MAX)? {
            if let Request::Cancel(given_up) = what {
                running.iter().filter(|r| r.number == given_up).for_each(|r| r.cancel.cancel());
                continue;
            }
            if let Some(before) = running.take() {
                if !before.done.load(Ordering::Acquire) {
                    before.cancel.cancel();
                    return Err(nonsense("a request before the reply to the one before"));
                }
                // It may still be sending the end of its reply, which the client must have read.
                let _ = before.thread.join();
            }
            running = Some(self.begin(number, what, wire.sender())?);
        }
        if let Some(running) = running {
            running.cancel.cancel();
        }
        Ok(())
    }

    fn begin(&self, number: u64, request: Request, sender: Sender) -> io::Result<Running> {
        let (cancel, done) = (Cancel::default(), Arc::new(AtomicBool::new(false)));
        if !self.desk.started(self.connection, &cancel, span(&request)) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let (desk, connection) = (Arc::clone(self.desk), self.connection);
        let (serving, settings) = (self.serving.clone(), self.settings.clone());
        let (given_up, is_done) = (cancel.clone(), Arc::clone(&done));
        let work = move || {
            let reply = serving.upgrade().map(|serving| {
                let answered = contained(|| answer(&serving, request, &settings, &given_up, &sender));
                answered
                    .unwrap_or_else(|_| Err(Error::bug("the spendtop that has the store open failed to answer this")))
                    .unwrap_or_else(Reply::Failed)
            });
            is_done.store(true, Ordering::Release);
            // Where there is no store any more, or the reply cannot be sent, the client asks the next owner.
            if reply.is_none_or(|what| sender.send(&Numbered { number, what }).is_err()) {
                sender.hang_up();
            }
            desk.finished(connection);
        };
        let started = std::thread::Builder::new().name("host-request".into()).spawn(work);
        if started.is_err() {
            self.desk.finished(self.connection);
        }
        Ok(Running { number, cancel, done, thread: started? })
    }
}

/// How long a request may go on once the owner wants to end.
fn span(request: &Request) -> Span {
    match request {
        Request::Command(_) | Request::Chore(_) => Span::Whole,
        Request::Ask(..) | Request::Extent | Request::About | Request::Export(_) | Request::Cancel(_) => Span::Moment,
    }
}

fn answer(serving: &Serving, request: Request, settings: &Settings, cancel: &Cancel, sender: &Sender) -> Result<Reply> {
    let engine = || serving.engine(settings);
    Ok(match request {
        Request::Ask(question, as_of) => Reply::Answer(engine().ask(&question, as_of, cancel)?),
        Request::Command(command) => {
            let outcome = engine().command(&command)?;
            serving.changed();
            Reply::Outcome(outcome)
        }
        Request::Extent => Reply::Extent(engine().extent()?),
        Request::About => Reply::About(serving.about()),
        Request::Chore(chore) => Reply::Done(chore.run(serving)?),
        Request::Export(scope) => {
            let out = BufWriter::with_capacity(PIECE_MAX, Data(sender.clone()));
            Reply::Exported(export::write(&engine(), &scope, Box::new(out), cancel)?)
        }
        Request::Cancel(_) => return Err(Error::bug("giving up is no work")),
    })
}

/// Sends what is written as bytes of a file.
struct Data(Sender);

impl Write for Data {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send_bytes(Kind::Data, bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
