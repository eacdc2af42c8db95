//! A source that another process reads: the owner takes what comes over its connection into the
//! store.
//!
//! What is not understood, or ends early, commits nothing. Batches are checked before they are used,
//! and taken by as many threads as the reader has; a socket that is not read holds the reader up.
//! Knows no file.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::Kind;
use super::message::{Fed, Intake, REQUEST_MAX, Taken};
use super::owner::Serving;
use super::wire::{self, Sender, Wire};
use crate::domain::batch::ChargeBatch;
use crate::error::{Error, Result, contained, guarded};
use crate::provider::{CostSource, Problem, ReadSummary, Sink, SourceId, Stop};
use crate::sync::ingest::{self, Outcome, Watcher};
use crate::threads;

/// Bytes of a batch at most: a reader's limits keep it well below.
const BATCH_MAX: usize = 256 << 20;

/// Threads that take batches in at most.
const THREADS_MAX: usize = 64;

/// What came: a batch's bytes or a word.
enum Came {
    Batch(Vec<u8>),
    Word(Fed),
}

/// Takes a source in, and says what became of it.
///
/// # Errors
/// Where the reader is gone, or says what makes no sense: nothing was changed.
pub fn run(wire: &mut Wire, serving: &Arc<Serving>) -> io::Result<()> {
    let Some(intake) = wire.receive::<Intake>(REQUEST_MAX)? else { return Ok(()) };
    let sender = wire.sender();
    let options = intake.options();
    let cancelled = Arc::clone(&options.cancelled);
    let (came, comes) = sync_channel(1);
    let taking = {
        let (serving, sender) = (Arc::clone(serving), sender.clone());
        let mut source = Fetched { intake, sender: sender.clone(), comes, left_out: BTreeSet::new() };
        move || {
            if serving.store().is_being_changed() {
                let _ = sender.send(&Taken::Waiting);
            }
            let taken =
                threads::aside(|| contained(|| ingest::ingest(serving.store(), &mut source, &options, &Unwatched)));
            let taken = taken.unwrap_or_else(|_| {
                Err(Error::bug("the spendtop that has the store open failed to take this in: nothing was changed"))
            });
            let _ = tell(&sender, &taken);
            if taken.is_ok_and(|outcome| outcome.import.is_some()) {
                serving.changed();
            }
        }
    };
    let thread = std::thread::Builder::new().name("host-intake".into()).spawn(taking)?;
    let heard = listen(wire, &came, &cancelled);
    // Whether all was said or the reader has gone: nothing more comes.
    drop(came);
    let _ = thread.join();
    heard
}

/// Passes on what the reader says, until it has gone or nobody takes it any more.
fn listen(wire: &mut Wire, came: &SyncSender<Came>, cancelled: &AtomicBool) -> io::Result<()> {
    let give_up = || cancelled.store(true, Ordering::Relaxed);
    loop {
        let said = match wire.next(BATCH_MAX) {
            Ok(Some((Kind::Packed, bytes))) => Came::Batch(bytes),
            Ok(Some((Kind::Json, bytes))) => match wire::value(&bytes) {
                Ok(Fed::GivenUp) => {
                    give_up();
                    Came::Word(Fed::GivenUp)
                }
                Ok(word) => Came::Word(word),
                Err(error) => {
                    give_up();
                    return Err(error);
                }
            },
            Ok(Some((Kind::Data, _)) | None) => {
                give_up();
                return Ok(());
            }
            Err(error) => {
                give_up();
                return Err(error);
            }
        };
        // Where it is refused early, what the reader sent meanwhile is passed over.
        let _ = came.send(said);
    }
}

fn tell(sender: &Sender, taken: &Result<Outcome>) -> io::Result<()> {
    match taken {
        Ok(outcome) => sender.send_packed(outcome),
        Err(error) => sender.send(&Taken::Failed(error.clone())),
    }
}

/// The reader watches by itself.
struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, _: &Problem) {}
}

/// The source as the owner reads it.
struct Fetched {
    intake: Intake,
    sender: Sender,
    comes: Receiver<Came>,
    left_out: BTreeSet<String>,
}

impl CostSource for Fetched {
    fn id(&self) -> SourceId {
        self.intake.id.clone()
    }

    fn size(&self) -> Option<u64> {
        self.intake.size
    }

    fn leave_out(&mut self, hashes: BTreeSet<String>) {
        self.left_out = hashes;
    }

    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let begin = Taken::Begin(std::mem::take(&mut self.left_out).into_iter().collect());
        self.sender.send(&begin).map_err(|_| gone())?;
        let threads = self.intake.threads.clamp(1, THREADS_MAX);
        let (batches, waiting) = sync_channel::<Vec<u8>>(1);
        let waiting = Mutex::new(waiting);
        let failed: Mutex<Option<Stop>> = Mutex::default();
        let read = std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| take(&waiting, sink, &failed));
            }
            let read = self.hear(sink, &batches, &failed);
            drop(batches);
            read
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(stop) => Err(stop),
            None => read,
        }
    }
}

impl Fetched {
    /// Hears what comes until all was read.
    fn hear(
        &self,
        sink: &dyn Sink,
        batches: &SyncSender<Vec<u8>>,
        failed: &Mutex<Option<Stop>>,
    ) -> Result<ReadSummary, Stop> {
        loop {
            match self.comes.recv().map_err(|_| gone())? {
                Came::Batch(bytes) => batches.send(bytes).map_err(|_| gone())?,
                Came::Word(Fed::Problem(problem)) => sink.problem(problem),
                Came::Word(Fed::Done(summary)) => return Ok(summary),
                Came::Word(Fed::Failed(error)) => return Err(Stop::Failed(error)),
                Came::Word(Fed::GivenUp) => return Err(Stop::Cancelled),
            }
            if failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() || sink.cancelled() {
                return Err(Stop::Cancelled);
            }
        }
    }
}

/// Takes batches until there are no more; the first trouble is kept, and the rest passed over.
fn take(waiting: &Mutex<Receiver<Vec<u8>>>, sink: &dyn Sink, failed: &Mutex<Option<Stop>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(bytes) = next else { return };
        if failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            continue;
        }
        let taken = guarded(|| {
            let batch: ChargeBatch = wire::unpack(&bytes).map_err(|_| nonsense())?;
            drop(bytes);
            if batch.is_whole() { sink.batch(&batch) } else { Err(nonsense()) }
        });
        if let Err(stop) = taken.unwrap_or_else(|_| Err(nonsense())) {
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(stop);
        }
    }
}

fn gone() -> Stop {
    Stop::Failed(Error::store("whoever read the files has gone: nothing was changed"))
}

fn nonsense() -> Stop {
    Stop::Failed(
        Error::store("the charges that came make no sense: nothing was changed")
            .hint("is the other spendtop of another build? quit one of them, or run the same program"),
    )
}
