//! Reading a source for a store that another process owns: its charges go over the socket, its
//! progress and problems stay here.
//!
//! Knows no store. Only the owner commits, once it has been told that all was read.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use super::frame::Kind;
use super::message::{Fed, Intake, REPLY_MAX, Taken};
use super::remote::{Outcome as Told, Trouble};
use super::wire::{self, Wire};
use crate::domain::batch::ChargeBatch;
use crate::error::Error;
use crate::provider::{CostSource, Problem, Sink, Stop};
use crate::sync::ingest::{Options, Outcome, Watcher};

/// How often it is looked whether to give up, while the owner is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// Reads a source into the store at the other end. `waiting` is called where another change is
/// waited for.
///
/// # Errors
/// [`Trouble::Gone`] where the owner has gone before the source was begun to be read, [`Trouble::Told`] for all
/// else: as [`crate::sync::ingest::ingest`].
pub fn run(
    mut wire: Wire,
    source: &mut dyn CostSource,
    options: &Options,
    watcher: &dyn Watcher,
    waiting: &(dyn Fn() + Sync),
) -> Told<Outcome> {
    let Options { decisions, strict, dry_run, threads, taken_at, .. } = *options;
    let renews = options.renews.clone();
    let intake = Intake { id: source.id(), size: source.size(), decisions, strict, dry_run, renews, threads, taken_at };
    wire.send(&intake).map_err(|e| Trouble::of(&e))?;
    let feed = Feed {
        sender: wire.sender(),
        ended: AtomicBool::new(false),
        cancelled: Arc::clone(&options.cancelled),
        watcher,
        bytes: 0.into(),
        rows: 0.into(),
    };
    let (begins, begin) = channel();
    let (became, read) = std::thread::scope(|scope| {
        let owner = scope.spawn(|| {
            let became = hear(&mut wire, &begins, waiting);
            feed.ended.store(true, Ordering::Release);
            drop(begins);
            became
        });
        let read = feed.begun(&begin).map(|left_out| {
            source.leave_out(left_out.into_iter().collect());
            feed.read(source)
        });
        feed.wait(&owner);
        (owner.join(), read)
    });
    match became {
        Ok(Err(Trouble::Gone)) if read == Some(true) => Err(Trouble::Told(
            Error::store("the spendtop that had the store open has gone, and may have taken this in or not")
                .hint("import the same files again: what is stored is known, and is not stored twice"),
        )),
        // What was begun may be half read, be it to no row: a pipe does not begin anew.
        Ok(Err(Trouble::Gone)) if read.is_some() => Err(Trouble::Told(
            Error::store("the spendtop that had the store open has gone: nothing was changed").hint("run it again"),
        )),
        Ok(became) => became,
        Err(_) => Err(Trouble::Told(Error::bug("what became of the import was lost"))),
    }
}

/// Hears what the owner says until it says what became of it.
fn hear(wire: &mut Wire, begins: &Sender<Vec<String>>, waiting: &(dyn Fn() + Sync)) -> Told<Outcome> {
    let lost = |e: io::Error| Trouble::of(&e);
    loop {
        let taken: Taken = match wire.next(REPLY_MAX).map_err(lost)?.ok_or(Trouble::Gone)? {
            (Kind::Packed, bytes) => return wire::unpack(&bytes).map_err(lost),
            (_, bytes) => wire::value(&bytes).map_err(lost)?,
        };
        match taken {
            Taken::Waiting => waiting(),
            Taken::Begin(left_out) => drop(begins.send(left_out)),
            Taken::Failed(error) => return Err(Trouble::Told(error)),
        }
    }
}

/// Where a source is read to.
struct Feed<'a> {
    sender: wire::Sender,
    ended: AtomicBool,
    cancelled: Arc<AtomicBool>,
    watcher: &'a dyn Watcher,
    bytes: AtomicU64,
    rows: AtomicU64,
}

impl Feed<'_> {
    fn send(&self, send: impl FnOnce(&wire::Sender) -> io::Result<()>) -> Result<(), Stop> {
        // That it cannot be sent means that the owner is done with this, and has said why or is gone.
        send(&self.sender).map_err(|_| Stop::Cancelled)
    }

    /// What is to be left out, once it may be read; `None` where it never may.
    fn begun(&self, begin: &Receiver<Vec<String>>) -> Option<Vec<String>> {
        loop {
            match begin.recv_timeout(LOOK) {
                Ok(left_out) => return Some(left_out),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.cancelled.load(Ordering::Relaxed) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Reads everything; whether it was, and the owner has been told so.
    fn read(&self, source: &mut dyn CostSource) -> bool {
        let (last, whole) = match source.read(self) {
            Ok(summary) => (Fed::Done(summary), true),
            Err(Stop::Failed(error)) => (Fed::Failed(error), false),
            Err(Stop::Cancelled) => (Fed::GivenUp, false),
        };
        self.send(|sender| sender.send(&last)).is_ok() && whole
    }

    /// Waits for the end, and passes on that it is given up.
    fn wait<T>(&self, owner: &ScopedJoinHandle<'_, T>) {
        let mut told = false;
        while !owner.is_finished() {
            if self.cancelled.load(Ordering::Relaxed) && !told {
                told = true;
                let _ = self.send(|sender| sender.send(&Fed::GivenUp));
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Sink for Feed<'_> {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        if self.ended.load(Ordering::Acquire) {
            return Err(Stop::Cancelled);
        }
        self.send(|sender| sender.send_packed(batch))?;
        let rows = self.rows.fetch_add(batch.len() as u64, Ordering::Relaxed) + batch.len() as u64;
        self.watcher.progress(self.bytes.load(Ordering::Relaxed), rows);
        Ok(())
    }

    fn problem(&self, problem: Problem) {
        self.watcher.problem(&problem);
        // Where it cannot be sent, the next batch finds out.
        let _ = self.send(|sender| sender.send(&Fed::Problem(problem)));
    }

    fn progress(&self, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.watcher.progress(bytes, self.rows.load(Ordering::Relaxed));
    }

    fn cancelled(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || self.cancelled.load(Ordering::Relaxed)
    }
}
