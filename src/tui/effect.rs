//! What the app wants done: the only way out of [`App::update`](super::app::App::update).
//!
//! Plain data; the loop and the worker do it. Knows nothing of why.

use std::path::PathBuf;

use super::connecting;
use super::export::Order;
use super::intake::Intake;
use super::worker::{Job, Source};
use crate::engine::Command;

/// Something to be done outside of the app's state.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Ask the engine, in the background.
    Ask(Box<Job>),
    /// Have the engine do something; what became of it comes back as [`Event::Done`](super::event::Event::Done).
    Do(Box<Command>),
    /// Write figures to a file, or set them for the clipboard; [`Event::Exported`](super::event::Event::Exported) follows.
    Export(Box<Order>),
    /// Ask the engine what data there is.
    AskExtent,
    /// Ask the store or the demo from now on.
    Open(Source),
    /// Look into a folder for billing files.
    List(PathBuf),
    /// Take a billing export in.
    Import(Intake),
    /// Give the import up that is under way.
    GiveUpImport,
    /// Do something about a new connection.
    Connect(Box<connecting::Order>),
    /// Have all connections asked now.
    SyncNow,
    /// Look how syncing stands.
    LookAtSyncing,
    /// Look how alerts stand.
    LookAtAlerts,
    /// Have a channel of alerts tried, by its name.
    TestChannel(String),
    /// Give text to the terminal's clipboard.
    Copy(String),
    /// Give the terminal a sequence by which it tells a person who does not look.
    Tell(String),
    /// Let the terminal send what the mouse does, or no longer.
    Mouse(bool),
    /// Forget what the terminal shows and draw all of it.
    Redraw,
    /// Stop until the shell lets the program run again.
    Suspend,
    /// End with an exit code.
    Quit(u8),
}
