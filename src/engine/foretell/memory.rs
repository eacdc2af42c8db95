//! What was foretold, remembered: a contest of models is held once a day and series.
//!
//! A series is told from another by what is settled for long: new days and restated ones continue it. Knows no
//! charge.

use std::collections::VecDeque;
use std::hash::Hasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::Xxh3;

use super::Foretold;
use crate::analytics::forecast::{Series, Winner};
use crate::domain::calendar::Day;
use crate::domain::charge::Metric;

/// Forecasts that are remembered, as many as there may well be budgets: each holds up to a hundred kilobytes of past
/// errors.
pub(super) const MAX: usize = 512;
/// Parts of one forecast whose winners are remembered.
const PARTS_MAX: usize = 8;
/// What is so old is restated no more.
const FIXED_DAYS: i32 = 45;

/// What a forecast is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Name {
    pub scope: String,
    pub metric: Metric,
    pub currency: String,
    pub as_of: Day,
}

struct Known {
    name: Name,
    /// Who won, of which part of it and over which series.
    winners: Vec<(String, u64, Winner)>,
    /// Of which commit, and how many days ahead.
    answer: Option<(u64, usize, Arc<Foretold>)>,
}

/// Forecasts and their winners, the last used first.
#[derive(Default)]
pub struct Memory(Mutex<VecDeque<Known>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was foretold of the same commit, as many days ahead at least.
    pub(super) fn answer(&self, name: &Name, generation: u64, horizon: usize) -> Option<Arc<Foretold>> {
        let mut all = self.lock();
        let known = find(&mut all, name)?;
        let (_, _, foretold) = known.answer.as_ref().filter(|(of, days, _)| *of == generation && *days >= horizon)?;
        Some(Arc::clone(foretold))
    }

    /// Who won over this series, one of a part of what is asked about, today.
    pub(super) fn winner(&self, name: &Name, part: &str, series: &Series) -> Option<Winner> {
        let mut all = self.lock();
        let (_, of, winner) = find(&mut all, name)?.winners.iter().find(|(known, ..)| known == part)?;
        (*of == identity(series, name.as_of)).then(|| winner.clone())
    }

    pub(super) fn keep_winner(&self, name: &Name, part: &str, series: &Series, winner: &Winner) {
        let mut all = self.lock();
        let winners = &mut place(&mut all, name).winners;
        winners.retain(|(known, ..)| known != part);
        // Parts change where somebody is late no more: of those that were no more are kept than matter.
        winners.truncate(PARTS_MAX - 1);
        winners.insert(0, (part.to_owned(), identity(series, name.as_of), winner.clone()));
    }

    pub(super) fn keep(&self, name: Name, generation: u64, horizon: usize, foretold: &Arc<Foretold>) {
        place(&mut self.lock(), &name).answer = Some((generation, horizon, Arc::clone(foretold)));
    }
}

/// One that is known; it is the last used now.
fn find<'k>(all: &'k mut VecDeque<Known>, name: &Name) -> Option<&'k mut Known> {
    let at = all.iter().position(|known| known.name == *name)?;
    let known = all.remove(at)?;
    all.push_front(known);
    all.front_mut()
}

fn place<'k>(all: &'k mut VecDeque<Known>, name: &Name) -> &'k mut Known {
    match all.iter().position(|known| known.name == *name) {
        Some(at) => &mut all[at],
        None => {
            all.truncate(MAX - 1);
            all.push_front(Known { name: name.clone(), winners: Vec::new(), answer: None });
            &mut all[0]
        }
    }
}

/// Tells a series from another: a hash of its days that nobody restates.
fn identity(series: &Series, as_of: Day) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.write_i32(series.first.0);
    let fixed = usize::try_from(as_of.plus(-FIXED_DAYS).0 - series.first.0).unwrap_or(0);
    for value in series.values.iter().take(fixed) {
        hasher.write_u64(value.map_or(u64::MAX, f64::to_bits));
    }
    hasher.finish()
}
