//! Everything that can wake the app, in one closed list.
//!
//! Knows nothing of what follows from it.

use crossterm::event::KeyEvent;

use super::worker::Reply;
use crate::domain::calendar::Day;
use crate::engine::Extent;
use crate::error::Result;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted, as it came.
    Paste(String),
    /// The terminal has a new size: columns, rows.
    Resize(u16, u16),
    /// The worker has opened what it asks.
    Opened {
        /// The day to show.
        as_of: Day,
        /// A line that must not be missed.
        banner: Option<String>,
        /// What a command needs to ask the same data, each flag after a space.
        flags: String,
    },
    /// The worker answers a question.
    Answer(Box<Reply>),
    /// The worker says what data there is.
    Extent(Box<Result<Extent>>),
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
