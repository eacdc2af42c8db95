//! Charges of an API, as they come, into batches of one day each.
//!
//! The store replaces days, so what it keeps together is of one day. Pages come in any order: a
//! builder a day is filled until they hold too much together, then the fullest is handed over.

use std::collections::BTreeMap;

use super::super::{Sink, Stop};
use crate::domain::batch::{BatchBuilder, Limits, Row};
use crate::domain::calendar::{Day, Period};
use crate::error::{Error, Kind};

/// Charges that are held back over all days: some 150 bytes each with their texts.
const HELD_MAX: usize = 150_000;

/// Gathers charges day by day.
pub struct Days<'s> {
    sink: &'s dyn Sink,
    days: Period,
    builders: BTreeMap<Day, BatchBuilder>,
    held: usize,
    rows: u64,
}

impl<'s> Days<'s> {
    /// For charges of these days.
    #[must_use]
    pub fn new(sink: &'s dyn Sink, days: Period) -> Self {
        Days { sink, days, builders: BTreeMap::new(), held: 0, rows: 0 }
    }

    /// Takes a charge.
    ///
    /// # Errors
    /// [`Stop`] where the sink wants no more, or the charge is of none of the days: what was asked for
    /// is not what came, and nothing of it can be believed.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), Stop> {
        let day = Day::of_seconds(row.facts.start);
        if !self.days.contains(day) {
            let error = Error::new(Kind::Provider, format!("asked for {}, the answer has charges of {day}", self.days));
            return Err(Stop::Failed(error.hint("nothing was changed; it is asked for again with the next sync")));
        }
        let builder = self.builders.entry(day).or_insert_with(|| BatchBuilder::new(Limits::default()));
        builder.push(row);
        self.held += 1;
        self.rows += 1;
        if builder.is_full() || self.held >= HELD_MAX {
            self.hand_over_fullest()?;
        }
        Ok(())
    }

    fn hand_over_fullest(&mut self) -> Result<(), Stop> {
        let Some(day) = self.builders.iter().max_by_key(|(_, builder)| builder.len()).map(|(day, _)| *day) else {
            return Ok(());
        };
        self.hand_over(day)
    }

    fn hand_over(&mut self, day: Day) -> Result<(), Stop> {
        let Some(builder) = self.builders.remove(&day) else { return Ok(()) };
        self.held -= builder.len();
        if self.sink.cancelled() {
            return Err(Stop::Cancelled);
        }
        self.sink.batch(builder.batch())
    }

    /// Hands over what is left; how many charges there were.
    ///
    /// # Errors
    /// [`Stop`] where the sink wants no more.
    pub fn finish(mut self) -> Result<u64, Stop> {
        while let Some(day) = self.builders.keys().next().copied() {
            self.hand_over(day)?;
        }
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::batch::{ChargeBatch, Facts};
    use crate::domain::charge::{Profile, Quantity, Terms};
    use crate::provider::Problem;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(Day, usize)>>);

    impl Sink for Kept {
        fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
            let days: std::collections::BTreeSet<Day> = batch.windows.iter().map(|w| w.day).collect();
            assert_eq!(days.len(), 1);
            self.0.lock().expect("lock").extend(days.into_iter().map(|day| (day, batch.len())));
            Ok(())
        }
        fn problem(&self, _: Problem) {}
        fn progress(&self, _: u64) {}
        fn cancelled(&self) -> bool {
            false
        }
    }

    fn row(day: Day) -> Row<'static> {
        let month = day.month();
        Row {
            profile: [""; Profile::COUNT],
            terms: [""; Terms::COUNT],
            facts: Facts {
                start: day.seconds(),
                end: day.plus(1).seconds(),
                billing_start: month.first(),
                billing_end: month.plus(1).first(),
                quantities: [None; Quantity::COUNT],
            },
        }
    }

    #[test]
    fn each_batch_is_of_one_day_whatever_the_order() {
        let (from, kept) = (Day(20_000), Kept::default());
        let mut days = Days::new(&kept, Period { from, to: from.plus(3) });
        for at in [2, 0, 1, 2, 0, 2] {
            days.push(&row(from.plus(at))).expect("taken");
        }
        assert_eq!(days.finish().expect("finished"), 6);
        assert_eq!(kept.0.into_inner().expect("lock"), [(from, 2), (from.plus(1), 1), (from.plus(2), 3)]);
    }

    #[test]
    fn what_was_not_asked_for_is_not_believed() {
        let (from, kept) = (Day(20_000), Kept::default());
        let mut days = Days::new(&kept, Period { from, to: from.plus(3) });
        let stop = days.push(&row(from.plus(3))).expect_err("another day");
        assert!(matches!(stop, Stop::Failed(error) if error.message.contains("charges of 2024-10-07")));
    }
}
