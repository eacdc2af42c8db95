//! How budgets stood when they were last looked at: of the same charges and on the same day they stand so still.
//!
//! One a budget. Knows no charge.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::standing::Ground;
use crate::domain::budget::Budget;
use crate::domain::calendar::Day;

/// What answers rest on, by the names of budgets, and of which commit it is.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<String, (u64, Arc<Ground>)>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (u64, Arc<Ground>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an answer about a budget rests on, where that is known of this commit and day.
    pub(super) fn find(&self, budget: &Budget, generation: u64, as_of: Day) -> Option<Arc<Ground>> {
        let all = self.lock();
        let (of, ground) = all.get(budget.name.raw())?;
        (*of == generation && ground.as_of == as_of && ground.budget == *budget).then(|| Arc::clone(ground))
    }

    pub(super) fn keep(&self, generation: u64, ground: &Arc<Ground>) {
        self.lock().insert(ground.budget.name.raw().to_owned(), (generation, Arc::clone(ground)));
    }

    /// Forgets those that are no more.
    pub(super) fn forget_others(&self, budgets: &[Budget]) {
        self.lock().retain(|name, _| budgets.iter().any(|budget| budget.name.raw() == name));
    }
}
