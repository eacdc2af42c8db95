//! What stays out of the fit, put back: as it came, and where it comes every month, as it came last.
//!
//! What came on the same day of two months in a row, of one billing account, is expected on that day of the months
//! to come: fees of the first, tax, support. A correction says nothing of months to come. Much of it is dated at the beginning of a month and comes with its
//! invoice, after its end; so it is expected of the months that lack it, too. Pure; knows no store.

use std::collections::BTreeMap;

use super::gather::Stream;
use super::{Aside, PutBack};
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::money::Amount;

/// Days of a month on which a stream may come to be told day by day: what comes on fewer is an invoice's.
const FEW_DAYS: usize = 4;
/// So long after a month's end its invoice may be missing.
const INVOICE_DAYS: u32 = 10;

/// By kind and day: what has come from `first` on, and what is expected up to `end`.
pub(super) fn put_back(
    others: &BTreeMap<Stream, BTreeMap<Day, Amount>>,
    (first, end): (Day, Day),
    as_of: Day,
) -> BTreeMap<Aside, BTreeMap<Day, PutBack>> {
    let mut out: BTreeMap<Aside, BTreeMap<Day, PutBack>> = BTreeMap::new();
    for (stream, days) in others {
        let mut put = |day: Day, came: Amount, expected: Amount| {
            let place = out.entry(stream.kind).or_default().entry(day).or_default();
            place.came += came;
            place.expected += expected;
        };
        days.range(first..).for_each(|(day, amount)| put(*day, *amount, Amount::ZERO));
        let comes_again = stream.kind != Aside::Correction;
        let expected = if comes_again { expected(days, (first, end), as_of) } else { Vec::new() };
        for (day, amount) in expected {
            put(day, Amount::ZERO, amount);
        }
    }
    out
}

/// What one stream is expected to bring.
fn expected(days: &BTreeMap<Day, Amount>, (first, end): (Day, Day), as_of: Day) -> Vec<(Day, Amount)> {
    let this = as_of.month();
    let in_month = |month: Month| days.range(month.first()..month.plus(1).first()).count();
    let is_daily = (1..=2).any(|ago| in_month(this.plus(-ago)) > FEW_DAYS);
    let invoice_is_open = !is_daily && as_of.number() <= INVOICE_DAYS;
    let begin = if is_daily { first } else { this.plus(if invoice_is_open { -1 } else { 0 }).first() };
    let target = |day: Day| {
        if days.contains_key(&day) {
            return None;
        }
        let newest = (0..=if invoice_is_open { 2 } else { 1 }).map(|ago| this.plus(-ago));
        let mut newest = newest.filter(|month| *month < day.month());
        let (at, month) = newest
            .find_map(|month| Some((same(day, month, is_daily)?, month)).filter(|(at, _)| days.contains_key(at)))?;
        let before = same(day, month.plus(-1), is_daily)?;
        days.contains_key(&before).then(|| (day, days[&at]))
    };
    Period { from: begin, to: end }.iter().filter_map(target).collect()
}

/// The day of another month that a day stands for: the last for the last, else the one of the same number.
fn same(day: Day, month: Month, is_daily: bool) -> Option<Day> {
    let is_last = |day: Day| day.plus(1) == day.month().plus(1).first();
    let last = month.plus(1).first().plus(-1);
    if is_last(day) {
        return Some(last);
    }
    let at = month.first().plus(i32::try_from(day.number()).ok()? - 1);
    // The last day of a shorter month already stands for a longer one's last.
    (at < last || (at == last && is_daily)).then_some(at)
}
