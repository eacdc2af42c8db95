//! What stays out of the fit, put back: as it came, and where it comes every month, as it came last.
//!
//! What came on the same day of two months in a row, of one billing account, is expected on that day of the months
//! to come: fees of the first, tax, support. A correction says nothing of months to come. Much of it is dated at the
//! beginning of a month and comes with its invoice, after its end; so it is expected of the months that lack it, too: of
//! the one before as long as this one lasts. What has not come until then is expected no more, and both are told
//! (`missed`), so that no figure changes over night without a word. Pure; knows no store.

use std::collections::BTreeMap;

use super::gather::Stream;
use super::{Aside, PutBack};
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::money::Amount;

/// Days of a month on which a stream may come to be told day by day: what comes on fewer is an invoice's.
const FEW_DAYS: usize = 4;
/// So many days after a month's end its invoice may be missing without a word.
const INVOICE_DAYS: u32 = 10;
/// So many months it is told that something is expected no more.
const OVER_MONTHS: i32 = 2;

/// What came every month, and has not of late.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Missed {
    pub kind: Aside,
    /// What a month of it cost last.
    pub amount: Amount,
    /// The month that it came for last.
    pub last: Month,
    /// Whether it may yet come.
    pub is_expected: bool,
}

/// What of each stream that came every month has not come for so long that it must be told.
pub(super) fn missed(others: &BTreeMap<Stream, BTreeMap<Day, Amount>>, as_of: Day) -> Vec<Missed> {
    let of = |(stream, days): (&Stream, &BTreeMap<Day, Amount>)| {
        let last = days.last_key_value()?.0.month();
        let ago = (2..3 + OVER_MONTHS).find(|ago| as_of.month().plus(-ago) == last)?;
        let is_expected = ago == 2 && as_of.number() > INVOICE_DAYS;
        let is_told = is_expected || ago > 2;
        if !is_told || stream.kind == Aside::Correction || is_daily(days, last) {
            return None;
        }
        let again = |day: &Day| same(*day, last.plus(-1), false).is_some_and(|before| days.contains_key(&before));
        let of_last = days.range(last.first()..).filter(|(day, _)| again(day));
        let amount: Amount = of_last.map(|(_, amount)| *amount).sum();
        (!amount.is_zero()).then_some(Missed { kind: stream.kind, amount, last, is_expected })
    };
    others.iter().filter_map(of).collect()
}

/// Whether a stream came day by day in a month or the one before.
fn is_daily(days: &BTreeMap<Day, Amount>, month: Month) -> bool {
    let in_month = |month: Month| days.range(month.first()..month.plus(1).first()).count();
    in_month(month) > FEW_DAYS || in_month(month.plus(-1)) > FEW_DAYS
}

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
    let is_daily = is_daily(days, this.plus(-1));
    let begin = if is_daily { first } else { this.plus(-1).first() };
    // What came of this month comes no more of the one before.
    let is_followed =
        |day: Day| day.month() < this && same(day, this, is_daily).is_some_and(|followed| days.contains_key(&followed));
    let target = |day: Day| {
        if days.contains_key(&day) || is_followed(day) {
            return None;
        }
        let newest = (0..=if is_daily { 1 } else { 2 }).map(|ago| this.plus(-ago));
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
