//! Everything that can wake the app, in one closed list.
//!
//! Knows nothing of what follows from it.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};

use super::export::Exported;
use super::intake::{Listing, NotTaken, Progress, Taken};
use super::syncing::Snapshot;
use super::theme::Tone;
use super::worker::{Reply, Standing};
use super::{alerting, connecting};
use crate::engine::{Extent, Outcome};
use crate::error::{Error, Result};
use crate::host::syncing::Notice;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was clicked or turned, while it is on.
    Mouse(MouseEvent),
    /// Text was pasted, as it came.
    Paste(String),
    /// The terminal says what its background is.
    Background(Tone),
    /// The terminal has a new size: columns, rows.
    Resize(u16, u16),
    /// The worker has opened what it asks, or it stands otherwise than before.
    Opened(Standing),
    /// What was answered may no longer be so.
    Changed,
    /// Whoever had the store open has gone, and another is looked for (`true`) or found.
    Reattaching(bool),
    /// The worker answers a question.
    Answer(Box<Reply>),
    /// What became of what the engine was to do.
    Done(Box<Result<Outcome>>),
    /// The worker says what data there is.
    Extent(Box<Result<Extent>>),
    /// A folder was looked into.
    Listed {
        /// The folder, as it was asked for.
        asked: PathBuf,
        /// What it holds.
        found: Box<Result<Listing>>,
    },
    /// An import goes on.
    Importing(Progress),
    /// An import has ended.
    Imported(Box<Result<Taken, NotTaken>>),
    /// An export is done, or has failed.
    Exported(Box<Result<Exported>>),
    /// How syncing stands now; `None` where nothing is synced.
    Syncing(Option<Box<Snapshot>>),
    /// How alerts stand now; `None` where nobody is told anything.
    Alerts(Option<Box<alerting::Snapshot>>),
    /// What is told of a new connection.
    Connecting(Box<connecting::Told>),
    /// A person is to be told something, who may not look.
    Notice(Box<Notice>),
    /// What it comes to that all connections were asked, where not all of them are.
    Asked(String),
    /// Nobody could be asked to sync.
    NotAsked(Box<Error>),
    /// A signal asks the program to end.
    Ended(i32),
    /// A signal asks the program to stop for a while.
    Suspend,
    /// The program runs again after it was stopped.
    Resumed,
    /// It cannot be stopped: no shell would let it run again.
    NotSuspended,
    /// The worker died of a bug.
    WorkerDied,
}

impl Event {
    /// Whether the user did it, and looks for what follows.
    #[must_use]
    pub fn is_done_by_the_user(&self) -> bool {
        matches!(self, Event::Key(_) | Event::Mouse(_) | Event::Paste(_))
    }
}
