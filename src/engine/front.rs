//! The front page: the Spend answer of the default lens, kept beside the store for the next start.
//!
//! It says of which lens, day and moment it is, so that nobody takes it for newer than it is.
//! Knows no face; where it lies, and whether it is whole, is [`crate::store::front`]'s business.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::answer::SpendAnswer;
use super::local::LocalEngine;
use super::{Answer, Cancel, Engine, Question};
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::error::{Error, Result};
use crate::store::front;

/// What the screen can show before the store is open.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Page {
    /// What was looked at.
    pub lens: Lens,
    /// As of which day.
    pub as_of: Day,
    /// When it was computed, seconds since 1970.
    pub made_at: i64,
    /// The last day with charges.
    pub last_day: Day,
    /// Whether the charges are the demo's.
    pub demo: bool,
    /// How the lens's virtual dimensions were defined, as a hash.
    #[serde(default)]
    pub defined: u64,
    /// One answer a currency.
    pub answers: Vec<SpendAnswer>,
}

/// A hash of how a lens's virtual dimensions are defined; 0 where it has none.
fn defined(lens: &Lens) -> u64 {
    let filtered = lens.filter.clauses.iter().filter_map(|clause| clause.dimension.as_ref());
    let own = |d: &Dimension| if let Dimension::Virtual(own) = d { own.definition().cloned() } else { None };
    let all: Vec<_> = lens.by.iter().chain(filtered).filter_map(own).collect();
    if all.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(format!("{all:?}").as_bytes()) }
}

/// The page in a store's folder, where there is a sound one of the newest commit and this lens.
#[must_use]
pub fn read(place: &Path, lens: &Lens) -> Option<Page> {
    let page: Page = serde_json::from_slice(&front::read(place)?).ok()?;
    (page.lens == *lens && page.defined == defined(lens) && !page.answers.is_empty()).then_some(page)
}

/// Writes the page of what the store holds now, unless it lies there already; takes it away where
/// the store holds nothing.
///
/// # Errors
/// Kind `Store` where data cannot be read, or the disk fails.
pub fn refresh(engine: &LocalEngine, lens: &Lens, as_of: Day, now: i64) -> Result<()> {
    let Some(place) = engine.store().place() else { return Ok(()) };
    let manifest = engine.store().manifest();
    let Some((_, last_day)) = manifest.extent() else {
        front::remove(place);
        return Ok(());
    };
    if read(place, lens).is_some_and(|page| page.as_of == as_of) {
        return Ok(());
    }
    let Answer::Spend(answers) = engine.ask(&Question::Spend(lens.clone()), as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than `spend`"));
    };
    let (demo, defined) = (engine.is_demo(), defined(lens));
    let page = Page { lens: lens.clone(), as_of, made_at: now, last_day, demo, defined, answers };
    let bytes = serde_json::to_vec(&page).map_err(|e| Error::bug(format!("the front page cannot be written: {e}")))?;
    front::write(place, manifest.generation, &bytes)
}
