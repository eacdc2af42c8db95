//! Where the user left off: what the next run opens on.
//!
//! Plain data that can be written down; the caller of [`run`](super::run) keeps it between runs.
//! Knows no file.

use serde::{Deserialize, Serialize};

use super::app::{App, Crumb};
use super::history::History;
use super::tab::Tab;
use super::tab::breakdown::sort::Sort;
use super::tab::breakdown::state::View;
use crate::domain::lens::Lens;
use crate::engine::{Question, front};

/// Changes with the shape of what is kept; what another one wrote is not read.
const EDITION: u32 = 2;

/// Bytes of a kept session at most: more is not one of ours.
const BYTES_MAX: usize = 1 << 20;

/// What is kept of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Session {
    edition: u32,
    /// The tab that was shown.
    pub tab: Tab,
    /// What was looked at; its virtual dimensions are to be bound again.
    pub lens: Lens,
    currency: Option<String>,
    path: Vec<Crumb>,
    sort: Sort,
    reversed: bool,
    view: View,
    pane: Option<bool>,
    history: History,
}

impl Session {
    /// Reads what [`Session::to_bytes`] wrote; `None` where it is anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Session> {
        let session: Session = (bytes.len() <= BYTES_MAX).then(|| serde_json::from_slice(bytes).ok())??;
        (session.edition == EDITION).then_some(session)
    }

    /// As it is kept; `None` where it is too long to be.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok().filter(|bytes| bytes.len() <= BYTES_MAX)
    }

    /// The question whose answer the next run shows first.
    #[must_use]
    pub fn question(&self) -> Question {
        match self.tab {
            Tab::Breakdown => {
                Question::Breakdown { lens: self.lens.clone(), limit: Some(front::ROWS_MAX), pieces: None }
            }
            _ => Question::Spend(self.lens.clone()),
        }
    }
}

impl App {
    /// What is to be kept; `None` while the first screen is shown.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        // What is compared was marked, and marks are not kept.
        let view = if self.breakdown.view == View::Compared { View::Table } else { self.breakdown.view };
        self.welcome.is_none().then(|| Session {
            edition: EDITION,
            tab: self.tab,
            lens: self.lens.clone(),
            currency: self.currency.clone(),
            path: self.path.clone(),
            sort: self.breakdown.sort,
            reversed: self.breakdown.reversed,
            view,
            pane: self.breakdown.pane,
            history: self.history.clone(),
        })
    }

    /// Opens where a session left off.
    pub(super) fn resume(&mut self, session: Session) {
        self.tab = session.tab;
        self.lens = session.lens;
        self.currency = session.currency;
        self.path = session.path;
        self.breakdown.sort = session.sort;
        self.breakdown.reversed = session.reversed;
        self.breakdown.view = session.view;
        self.breakdown.pane = session.pane;
        self.history = session.history;
    }
}
