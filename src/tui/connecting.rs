//! The threads that look for credentials, check a new connection and write it: none may hold up a key.
//!
//! Knows the host's desk, where connections are made, and no screen.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::event::Event;
use crate::config::section::Section;
use crate::error::Result;
use crate::host::connect::check;
use crate::host::connect::desk::{Beginning, Desk, Review};

/// What is to be done about a connection.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// Look what there is.
    Look,
    /// Check a section and reckon what it costs.
    Review {
        /// Which of the reviews, counted up.
        number: u64,
        /// The section.
        section: Section,
    },
    /// Give the review up that is under way.
    GiveUp,
    /// Write it.
    Write {
        /// What was checked.
        review: Box<Review>,
        /// Whether its history is paid for at once.
        pays_history: bool,
    },
}

/// What became of an order, or how it goes.
#[derive(Clone, Debug)]
pub enum Told {
    /// What there is.
    Beginning(Result<Beginning>),
    /// How a review goes.
    Progress(u64, Progress),
    /// What is known of a section.
    Reviewed(u64, Result<Review>),
    /// The connection that was written.
    Written(Result<String>),
}

/// How far a review is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// So many of so many scopes have answered.
    Checked(usize, usize),
    /// A scope waits before it asks again: who, why, and for how many seconds.
    Waits(String, String, u64),
}

/// Starts threads and hears from them.
pub struct Connector {
    desk: Option<Arc<Desk>>,
    events: Sender<Event>,
    running: CancellationToken,
}

/// Passes on how a review goes.
struct Telling {
    number: u64,
    events: Sender<Event>,
}

impl Telling {
    /// Progress that finds the queue full is soon out of date.
    fn tell(&self, progress: Progress) {
        let _ = self.events.try_send(Event::Connecting(Box::new(Told::Progress(self.number, progress))));
    }
}

impl check::Told for Telling {
    fn checked(&self, done: usize, of: usize) {
        self.tell(Progress::Checked(done, of));
    }

    fn waits(&self, scope: &str, why: &str, seconds: u64) {
        self.tell(Progress::Waits(scope.to_owned(), why.to_owned(), seconds));
    }
}

impl Connector {
    /// Events go to `events`. Without a desk nothing is done.
    #[must_use]
    pub fn new(desk: Option<Desk>, events: Sender<Event>) -> Connector {
        Connector { desk: desk.map(Arc::new), events, running: CancellationToken::new() }
    }

    /// Does what is ordered, on a thread of its own.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn perform(&mut self, order: Order) -> std::io::Result<()> {
        let Some(desk) = self.desk.clone() else { return Ok(()) };
        // What was under way is of no use any more, whatever comes now.
        self.running.cancel();
        self.running = CancellationToken::new();
        let (cancel, events) = (self.running.clone(), self.events.clone());
        let work = move || {
            let told = match order {
                Order::GiveUp => return,
                Order::Look => Told::Beginning(desk.look()),
                Order::Review { number, section } => {
                    let telling: Arc<dyn check::Told> = Arc::new(Telling { number, events: events.clone() });
                    Told::Reviewed(number, desk.review(section, &cancel, &telling))
                }
                Order::Write { review, pays_history } => Told::Written(desk.write(&review, pays_history)),
            };
            let _ = events.blocking_send(Event::Connecting(Box::new(told)));
        };
        std::thread::Builder::new().name("tui-connect".into()).spawn(work)?;
        Ok(())
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.running.cancel();
    }
}
