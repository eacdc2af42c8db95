//! Lets the days pass: what each item was used, what it cost, and who paid.
//!
//! The last fortnight is by the hour for what AWS bills by the hour. The newest days are as
//! incomplete as the providers leave them: see [`reported`].

use super::commitments::{self, Commitment};
use super::company::{self, BILLERS};
use super::extras::{self, Extras};
use super::fleet::{self, Item};
use super::rng::{mix, wobble};
use super::seasons::{self, Shape};
use super::stories::Stories;
use super::write::{Use, Way, When, Writer};
use crate::domain::calendar::{Day, Period};
use crate::provider::{Sink, Stop};

/// Days, up to and with today, that have hours.
pub(super) const HOURLY_DAYS: i32 = 14;
/// Hours of today that AWS has billed.
pub(super) const HOURS_TODAY: i64 = 9;

/// Everything that time passes over.
pub(super) struct Ledger {
    items: Vec<Item>,
    hourly: Vec<usize>,
    commitments: Vec<Commitment>,
    extras: Extras,
    stories: Stories,
    span: Period,
    as_of: Day,
}

impl Ledger {
    /// The company in the days of `span`, seen on `as_of`.
    pub(super) fn new(seed: u64, span: Period, as_of: Day) -> Self {
        let stories = Stories::until(as_of);
        let items = fleet::build(seed, span, &stories);
        let commitments = commitments::build(&items, &stories, as_of);
        let hourly = (0..items.len()).filter(|i| items[*i].hourly).collect();
        Ledger { hourly, commitments, extras: Extras::default(), stories, span, as_of, items }
    }

    /// Writes all charges; says how many.
    ///
    /// # Errors
    /// [`Stop`] when the receiver wants no more.
    pub(super) fn write(&mut self, sink: &dyn Sink) -> Result<u64, Stop> {
        let mut writer = Writer::new(sink, self.items.len(), self.as_of);
        for day in self.span.iter() {
            if sink.cancelled() {
                return Err(Stop::Cancelled);
            }
            writer.open(day)?;
            self.day(day, &mut writer);
            sink.progress(1);
        }
        writer.flush()?;
        Ok(writer.rows)
    }

    fn day(&mut self, day: Day, writer: &mut Writer<'_>) {
        let ago = self.as_of.0 - day.0;
        let by_hour = ago < HOURLY_DAYS;
        let seasons = seasons::of_day(day, self.as_of);
        let when = When { day, hour: None, month: day.month().period() };
        self.commitments.iter_mut().filter(|c| !(by_hour && c.biller == company::AWS)).for_each(|c| c.open(day, 24));
        for index in 0..self.items.len() {
            if self.items[index].life.contains(day) && !(by_hour && self.items[index].hourly) {
                self.item(index, &when, &seasons, writer);
            }
        }
        if by_hour {
            let hours = if ago == 0 { HOURS_TODAY } else { 24 };
            for hour in 0..hours {
                self.hour(&When { hour: Some(hour), ..when }, &seasons, writer);
            }
        }
        self.unused(&when, by_hour, writer);
        self.extras.day(&when, self.as_of, &self.commitments, writer);
    }

    fn hour(&mut self, when: &When, seasons: &[i64; Shape::ALL.len()], writer: &mut Writer<'_>) {
        self.commitments.iter_mut().filter(|c| c.biller == company::AWS).for_each(|c| c.open(when.day, 1));
        for position in 0..self.hourly.len() {
            let index = self.hourly[position];
            if self.items[index].life.contains(when.day) {
                self.item(index, when, seasons, writer);
            }
        }
        self.unused(when, false, writer);
    }

    /// Charges for what the commitments have left, where the bill of the day is complete.
    fn unused(&mut self, when: &When, by_hour: bool, writer: &mut Writer<'_>) {
        let settled = self.as_of.0 - when.day.0 > 2;
        for commitment in &mut self.commitments {
            let here =
                (when.hour.is_some() == (commitment.biller == company::AWS)) || (!by_hour && when.hour.is_none());
            let left = if here { commitment.unused() } else { 0 };
            if left > 0 && (settled || commitment.biller == company::AWS) {
                self.extras.count(commitment.biller, 0);
                writer.unused(commitment, &extras::plan_texts(commitment, "unused"), when, left);
            }
        }
    }

    fn item(&mut self, index: usize, when: &When, seasons: &[i64; Shape::ALL.len()], writer: &mut Writer<'_>) {
        let item = &self.items[index];
        let ago = self.as_of.0 - when.day.0;
        let Some(part) = reported(item, ago, when) else { return };
        let quantity = quantity(item, when, seasons, &self.stories) * part / 1000;
        if quantity == 0 {
            return;
        }
        let list = cost(quantity, item.list);
        let contracted = if item.contracted == item.list { list } else { cost(quantity, item.contracted) };
        let mut used = Use {
            quantity,
            ratio: item.ratio,
            list,
            contracted,
            effective: contracted,
            billed: contracted,
            committed: None,
        };
        let mut way = if item.spot { Way::Dynamic } else { Way::Standard };
        if let Some(commitment) = item.plan.and_then(|plan| self.commitments.get_mut(plan)) {
            let covered = cost(quantity, commitment.price(item.list));
            if commitment.take(covered) {
                (used.effective, used.billed) = (covered, 0);
                let by_cost = commitment.plan.category == "Spend";
                used.committed = Some(if by_cost { covered } else { quantity * 1_000_000 });
                way = Way::Covered(commitment.index);
            }
        }
        self.extras.count(item.biller, used.billed);
        if item.sustained {
            self.extras.sustain(item.biller, used.billed);
        }
        writer.used(index, &item.texts, item.biller, way, when, &used);
    }
}

/// How much of a day's use the provider has reported by now, in permille; `None` where nothing.
///
/// AWS is hours behind, Azure a day, Google Cloud up to two, Datadog two.
fn reported(item: &Item, ago: i32, when: &When) -> Option<i64> {
    if ago > 2 {
        return Some(1000);
    }
    let roll = mix(item.key ^ when.day.0 as u64) % 1000;
    let (rows, part) = match (BILLERS[item.biller].provider, ago) {
        ("AWS", 0) if when.hour.is_some() => (1000, 1000),
        ("AWS", 0) => (700, HOURS_TODAY * 1000 / 24),
        ("AWS", _) => (if ago == 1 { 980 } else { 1000 }, 1000),
        ("Microsoft", 1) => (420, 640),
        ("Microsoft", 2) => (880, 1000),
        ("Google Cloud", 1) => (300, 500),
        ("Google Cloud", 2) => (800, 1000),
        (_, 2) => (1000, 1000),
        _ => (0, 0),
    };
    (roll < rows).then_some(part)
}

/// What was used of an item, in units of a quantity.
fn quantity(item: &Item, when: &When, seasons: &[i64; Shape::ALL.len()], stories: &Stories) -> i64 {
    let mut quantity = item.daily;
    if item.shape != Shape::Always {
        let spread = item.shape.spread();
        let wobble = wobble(item.key, when.day.0 as u64, spread);
        // An hour cannot be used more than once.
        let wobble = if item.clocked { wobble - spread as i64 } else { wobble };
        quantity = quantity * seasons[item.shape.index()] / 1000 * wobble / 1000;
    }
    if let Some(story) = item.story {
        quantity = quantity * stories.factor(story, when.day, when.hour) / 1000;
    }
    match when.hour {
        Some(hour) => quantity * item.shape.hours()[hour as usize] / 24_000,
        None => quantity,
    }
}

/// Quantity times price, rounded half to even at a price's last place.
fn cost(quantity: i64, price: i64) -> i64 {
    let product = i128::from(quantity) * i128::from(price);
    let (whole, rest) = (product.div_euclid(10_000), product.rem_euclid(10_000));
    let up = rest > 5_000 || (rest == 5_000 && whole % 2 != 0);
    (whole + i128::from(up)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_round_half_to_even() {
        for (quantity, price, want) in [(10_000, 7, 7), (5_000, 1, 0), (5_000, 3, 2), (-5_000, 3, -2), (5_001, 1, 1)] {
            assert_eq!(cost(quantity, price), want, "{quantity} x {price}");
        }
    }
}
