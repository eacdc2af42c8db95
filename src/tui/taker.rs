//! The threads that look into folders and take billing files in: neither may hold up a key.
//!
//! Knows what it is handed to do, not how files are read.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::event::Event;
use super::intake::{GiveUp, Importer, Intake, Lister, Progress};
use crate::clock;

/// The least time between two words on how far an import is: often enough to see that it goes on,
/// and little enough for a slow line.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Starts threads and hears from them.
pub struct Taker {
    importer: Importer,
    lister: Lister,
    events: Sender<Event>,
    running: Option<GiveUp>,
}

impl Taker {
    /// Events go to `events`.
    #[must_use]
    pub fn new(importer: Importer, lister: Lister, events: Sender<Event>) -> Taker {
        Taker { importer, lister, events, running: None }
    }

    /// Looks into a folder.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn list(&self, folder: PathBuf) -> std::io::Result<()> {
        let (lister, events) = (self.lister.clone(), self.events.clone());
        std::thread::Builder::new().name("tui-list".into()).spawn(move || {
            let listing = lister(&folder);
            let _ = events.blocking_send(Event::Listed { asked: folder, found: Box::new(listing) });
        })?;
        Ok(())
    }

    /// Takes files in.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn import(&mut self, intake: Intake) -> std::io::Result<()> {
        let give_up = GiveUp::default();
        self.running = Some(give_up.clone());
        let (importer, events) = (self.importer.clone(), self.events.clone());
        std::thread::Builder::new().name("tui-import".into()).spawn(move || {
            let told: Mutex<Option<Instant>> = Mutex::new(None);
            let result = importer(&intake, &give_up, &|progress: Progress| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) {
                    *told = Some(clock::instant());
                    // Progress that finds the queue full is soon out of date.
                    let _ = events.try_send(Event::Importing(progress));
                }
            });
            let _ = events.blocking_send(Event::Imported(Box::new(result)));
        })?;
        Ok(())
    }

    /// Asks the import that is under way to give up.
    pub fn give_up(&self) {
        if let Some(running) = &self.running {
            running.give_up();
        }
    }
}

impl Drop for Taker {
    /// What is left half way counts for nothing: the thread need not be waited for.
    fn drop(&mut self) {
        self.give_up();
    }
}
