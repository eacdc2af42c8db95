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
use super::message::{
    Greeting, HELLO_MAX, Hello, Numbered, Purpose, REPLY_MAX, REQUEST_MAX, Reply, Request, Settings, Welcome,
};
use super::owner::Serving;
use super::service::{Desk, Span};
use super::wire::{self, Sender, Wire};
use crate::engine::{Cancel, Engine, export};
use crate::error::{Error, Result, contained};

/// How long a client may take to say who it is.
const HELLO_WAIT: Duration = Duration::from_secs(5);

fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Serves a connection until it ends.
///
/// # Errors
/// Where the client is gone, reads nothing, or says what makes no sense.
pub fn run(wire: &mut Wire, desk: &Arc<Desk>, connection: u64) -> io::Result<()> {
    wire.wait_at_most(Some(HELLO_WAIT))?;
    let Some((_, hello)) = wire.next(HELLO_MAX)? else { return Ok(()) };
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
            // Its reader may wait for the disk, or for another import: that is no reason to give it up.
            wire.sender().wait_for_reader()?;
            wire.send(&welcome(None))?;
            let Some(serving) = serving.upgrade() else { return Ok(()) };
            let _busy = desk.taking();
            intake::run(wire, &serving)
        }
        Purpose::Watch => {
            desk.watches(connection, &welcome(None));
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
            if reply.is_none_or(|what| send(&sender, &Numbered { number, what }, REPLY_MAX).is_err()) {
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

/// Sends a reply, or why it cannot be had.
fn send(sender: &Sender, reply: &Numbered<Reply>, max: usize) -> io::Result<()> {
    match sender.send_at_most(reply, max) {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let why = Error::usage("the answer has too many rows to be handed over")
                .hint("ask for fewer: a limit, a filter, a shorter period or a coarser grouping");
            sender.send(&Numbered { number: reply.number, what: Reply::Failed(why) })
        }
        sent => sent,
    }
}

fn answer(serving: &Serving, request: Request, settings: &Settings, cancel: &Cancel, sender: &Sender) -> Result<Reply> {
    let engine = || serving.engine(settings);
    Ok(match request {
        Request::Ask(question, as_of) => Reply::Answer(engine().ask(&question, as_of, cancel)?),
        Request::Command(command) => {
            let outcome = engine().command(&command)?;
            if !command.is_of_alerts() {
                serving.changed();
            }
            Reply::Outcome(outcome)
        }
        Request::Extent => Reply::Extent(engine().extent()?),
        Request::About => Reply::About(serving.about()),
        Request::Chore(chore) => Reply::Done(chore.run(serving)?),
        Request::Export(scope) => {
            // What the charges are written to may take its time.
            sender.wait_for_reader().map_err(|e| Error::store(format!("cannot send the charges: {e}")))?;
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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn an_answer_that_is_too_long_is_told_to_be() {
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        let (ours, mut theirs) = (Wire::new(ours).expect("wire"), Wire::new(theirs).expect("wire"));
        send(&ours.sender(), &Numbered { number: 7, what: Reply::Exported(u64::MAX) }, 10).expect("told");
        let heard: Numbered<Reply> = theirs.receive(REPLY_MAX).expect("heard").expect("a reply");
        assert!(
            heard.number == 7 && matches!(&heard.what, Reply::Failed(why) if why.message.contains("too many rows"))
        );
    }
}
