//! What tests of sources read charges into.

use super::{Problem, Sink, Stop};
use crate::domain::batch::ChargeBatch;

/// Has something done with each batch. A problem fails the test.
pub struct Each<F>(pub F);

/// Takes charges and keeps none.
pub fn nowhere() -> impl Sink {
    Each(|_: &ChargeBatch| ())
}

impl<F: Fn(&ChargeBatch) + Sync> Sink for Each<F> {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        (self.0)(batch);
        Ok(())
    }

    fn problem(&self, problem: Problem) {
        panic!("{problem:?}");
    }

    fn progress(&self, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}
