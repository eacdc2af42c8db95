//! The front page: the answer that the next start shows first, kept beside the store.
//!
//! It says which question it answers, as of which day and moment, so that nobody takes it for newer
//! than it is. Knows no face; where it lies, and whether it is whole, is [`crate::store::front`]'s business.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sharing::definition;
use super::{Answer, Cancel, Engine, Question};
use crate::domain::calendar::Day;
use crate::domain::lens::Lens;
use crate::error::{Error, Result};
use crate::store::front;

/// Rows that a page of a breakdown has at most: more than a screen shows, few enough to be read at once.
pub const ROWS_MAX: usize = 200;

/// What the screen can show before the store is open.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Page {
    /// What was asked.
    pub question: Question,
    /// As of which day.
    pub as_of: Day,
    /// When it was computed, seconds since 1970.
    pub made_at: i64,
    /// What the store was.
    pub of: Of,
    /// How the lens's virtual dimensions were defined, as a hash.
    #[serde(default)]
    pub defined: u64,
    /// The answer.
    pub answer: Answer,
}

/// What a store is that a page is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Of {
    /// Commits that it had seen.
    pub generation: u64,
    /// The last day with charges.
    pub last_day: Day,
    /// Whether the charges are the demo's.
    pub demo: bool,
}

/// A hash of how a lens's virtual dimensions are defined; 0 where it has none.
fn defined(lens: &Lens) -> u64 {
    let filtered = lens.filter.clauses.iter().filter_map(|clause| clause.dimension.as_ref());
    let all: Vec<_> = lens.by.iter().chain(filtered).filter_map(definition).collect();
    if all.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(format!("{all:?}").as_bytes()) }
}

fn lens_of(question: &Question) -> Option<&Lens> {
    match question {
        Question::Spend(lens) | Question::Breakdown { lens, .. } => Some(lens),
        _ => None,
    }
}

/// The page in a store's folder, where there is a sound one of the newest commit that answers this.
#[must_use]
pub fn read(place: &Path, question: &Question) -> Option<Page> {
    let page: Page = serde_json::from_slice(&front::read(place)?).ok()?;
    let empty = match &page.answer {
        Answer::Spend(answers) => answers.is_empty(),
        Answer::Breakdown(answers) => answers.is_empty(),
        _ => true,
    };
    let same = page.question == *question && page.defined == lens_of(question).map_or(0, defined);
    (same && !empty).then_some(page)
}

/// Writes the page of what the store holds now, unless it lies there already; takes it away where
/// the store holds nothing (`None`).
///
/// # Errors
/// Kind `Store` where data cannot be read, or the disk fails.
pub fn refresh(
    engine: &dyn Engine,
    place: &Path,
    of: Option<Of>,
    question: &Question,
    (as_of, now): (Day, i64),
) -> Result<()> {
    let Some(of) = of else {
        front::remove(place);
        return Ok(());
    };
    if read(place, question).is_some_and(|page| page.as_of == as_of) {
        return Ok(());
    }
    let answer = engine.ask(question, as_of, &Cancel::default())?;
    let defined = lens_of(question).map_or(0, defined);
    let page = Page { question: question.clone(), as_of, made_at: now, of, defined, answer };
    let bytes = serde_json::to_vec(&page).map_err(|e| Error::bug(format!("the front page cannot be written: {e}")))?;
    front::write(place, of.generation, &bytes)
}
