//! What the owner of a store and those who attached to it say to one another.
//!
//! A connection begins with a [`Hello`] and a [`Welcome`]; what follows depends on the
//! [`Purpose`]. Everything is JSON but batches of charges and the bytes of files: money is exact
//! decimal text, and texts of a bill pass raw. Knows no socket.

use serde::{Deserialize, Serialize};

use super::chore::{Chore, Done};
use super::wire::MESSAGE_MAX;
use crate::config::Settle;
use crate::domain::alert::Plan;
use crate::domain::calendar::Day;
use crate::domain::lens::SavedLens;
use crate::domain::virtuals::Definitions;
use crate::engine::export::Scope;
use crate::engine::{Answer, Command, Extent, Outcome, Question};
use crate::error::Error;
use crate::provider::{Problem, ReadSummary, SourceId};
use crate::sync::groups::Decisions;
use crate::sync::ingest::{Options, Renewal};

/// Counted up with every change of what is said.
pub const PROTOCOL: u32 = 6;

/// This build's version, as others are told.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Bytes of a [`Hello`] at most: what a config of the greatest size defines takes far less.
pub const HELLO_MAX: usize = 32 << 20;

/// Bytes of what is asked, or of any word beside, at most.
pub const REQUEST_MAX: usize = 1 << 20;

/// Bytes of an answer at most.
pub const REPLY_MAX: usize = MESSAGE_MAX;

/// The part of a [`Hello`] that every build understands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// [`VERSION`].
    pub version: String,
}

impl Greeting {
    /// This build's.
    #[must_use]
    pub fn ours() -> Greeting {
        Greeting { protocol: PROTOCOL, version: VERSION.to_owned() }
    }
}

/// The first message: who comes, to which store, and what for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// Who comes.
    #[serde(flatten)]
    pub greeting: Greeting,
    /// What tells the store from others ([`super::address::identity`]).
    pub store: (u64, u64),
    /// What of this process's config its answers follow.
    pub settings: Settings,
    /// What for.
    pub purpose: Purpose,
}

/// What of a config answers depend on. Whoever asks is answered by its own, whoever owns the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// When days are settled.
    pub settle: Settle,
    /// Dimensions that the config defines.
    pub dimensions: Definitions,
    /// Lenses that the config names.
    pub lenses: Vec<SavedLens>,
    /// Connections that the config names, as `aws.prod`.
    pub connections: Vec<String>,
    /// Whether what APIs tell counts where exports tell it too: the owner's says so for all.
    pub prefers_api: bool,
    /// What a person is to know.
    pub plan: Plan,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// [`Request`]s, one after the other, each with its [`Reply`].
    Ask,
    /// The owner tells [`News`] until one of them goes.
    Watch,
    /// A source is read into the store: an [`Intake`], then [`Fed`] one way and [`Taken`] the other.
    Import,
}

/// The answer to a [`Hello`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// Who answers.
    #[serde(flatten)]
    pub greeting: Greeting,
    /// The owner's process.
    pub process: u32,
    /// Why the owner does not want this connection.
    pub refused: Option<String>,
}

/// What the owner tells by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum News {
    /// The store holds something else than before.
    Committed,
    /// The owner ends by itself and owes nobody an answer: nobody need look for another one before
    /// there is something to ask.
    Goodbye,
}

/// What a process that was started to serve says once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Begun {
    /// The store is open, and its socket is listened to.
    Serving,
    /// No socket can be had for it: it is for whoever asks to open it.
    Unserved,
    /// The store cannot be opened.
    Failed(Error),
}

/// Something asked of the owner.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Request {
    /// A question to the engine.
    Ask(Question, Day),
    /// A command to the engine.
    Command(Command),
    /// What data there is.
    Extent,
    /// What the store is.
    About,
    /// Something done to the store itself.
    Chore(Chore),
    /// Charges as a file, whose bytes come before the reply.
    Export(Scope),
    /// The request of this number is given up; it is still replied to.
    Cancel(u64),
}

/// What came of a [`Request`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Of [`Request::Ask`].
    Answer(Answer),
    /// Of [`Request::Command`].
    Outcome(Outcome),
    /// Of [`Request::Extent`].
    Extent(Extent),
    /// Of [`Request::About`].
    About(About),
    /// Of [`Request::Chore`].
    Done(Done),
    /// Of [`Request::Export`]: how many charges the file holds.
    Exported(u64),
    /// Of any: it could not be done.
    Failed(Error),
}

/// A request or a reply, and which of the connection's it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Numbered<T> {
    /// Counted up by whoever asks.
    pub number: u64,
    /// What is said.
    pub what: T,
}

/// What the store is, beside its figures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct About {
    /// First and last day with charges.
    pub days: Option<(Day, Day)>,
    /// Whether its charges are generated.
    pub demo: bool,
    /// Whether nothing was ever taken in, nor lost.
    pub empty: bool,
    /// What whoever uses it must know.
    pub notices: Vec<String>,
}

/// What is to be read into the store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Intake {
    /// The source.
    pub id: SourceId,
    /// Its bytes in all, where they are known.
    pub size: Option<u64>,
    /// See [`Options`].
    pub decisions: Decisions,
    /// See [`Options`].
    pub strict: bool,
    /// See [`Options`].
    pub dry_run: bool,
    /// See [`Options`].
    pub renews: Option<Renewal>,
    /// See [`Options`].
    pub threads: usize,
    /// See [`Options`].
    pub taken_at: i64,
}

impl Intake {
    /// How the owner takes it in.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            decisions: self.decisions,
            strict: self.strict,
            dry_run: self.dry_run,
            renews: self.renews.clone(),
            threads: self.threads,
            taken_at: self.taken_at,
            ..Options::default()
        }
    }
}

/// What whoever reads a source tells the owner; batches of charges come packed between these.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Fed {
    /// A row was refused, or taken with a change.
    Problem(Problem),
    /// All was read.
    Done(ReadSummary),
    /// It could not be read.
    Failed(Error),
    /// It was given up, before or after all was read.
    GivenUp,
}

/// What the owner tells whoever reads a source; what became of it comes packed at the end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Taken {
    /// Another change is being made, and is waited for.
    Waiting,
    /// It may be read; content of these hashes is left out.
    Begin(Vec<String>),
    /// It was not taken in: nothing was changed.
    Failed(Error),
}
