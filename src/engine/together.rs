//! Requests that are made together: what no rollup has is read once for all of them.
//!
//! A pass over charges is mostly reading them: that many budgets by tags and names look at the same ones
//! must not cost as many passes. Knows nobody who asks.

use std::borrow::Cow;

use super::Cancel;
use super::local::LocalEngine;
use super::table::{Request, Table};
use crate::error::Result;

/// Tables of requests that were made together; others are made when they are asked for.
pub(super) struct Together<'r> {
    engine: &'r LocalEngine,
    known: Vec<(Request<'r>, Table)>,
}

impl<'r> Together<'r> {
    /// None that were made.
    pub(super) fn none(engine: &'r LocalEngine) -> Self {
        Together { engine, known: Vec::new() }
    }

    /// Makes some.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
    pub(super) fn ask(engine: &'r LocalEngine, requests: Vec<Request<'r>>, cancel: &Cancel) -> Result<Self> {
        let tables = engine.aggregate_together(&requests, cancel)?;
        Ok(Together { engine, known: requests.into_iter().zip(tables).collect() })
    }

    /// The engine that answers.
    pub(super) fn engine(&self) -> &'r LocalEngine {
        self.engine
    }

    /// The table of a request.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(super) fn table(&self, request: &Request<'_>, cancel: &Cancel) -> Result<Cow<'_, Table>> {
        match self.known.iter().find(|(known, _)| known == request) {
            Some((_, table)) => Ok(Cow::Borrowed(table)),
            None => self.engine.aggregate(request, cancel).map(Cow::Owned),
        }
    }
}
