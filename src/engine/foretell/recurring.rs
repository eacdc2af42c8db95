//! What stays out of the fit, put back: as it came, and as it comes again.
//!
//! A stream of a few days a month is fees and invoices. What came on the same day of two months in a row, of one billing
//! account, is expected on that day of the months to come, as it came last: fees of the first, tax, support; what comes on
//! the last day of a month, or on one that a shorter month lacks, on the last of that; and what came three quarters in a
//! row, of the quarters to come. Much of it is dated at the beginning
//! of a month and comes with its invoice, after its end; so it is expected of the months that lack it, too: of the one
//! before as long as this one lasts. What has not come until then is expected no more, and both are told
//! ([`missed`]), so that no figure changes over night without a word.
//!
//! A stream that came four times at the same pause, as each week or fortnight, goes on at it. One of many days goes on by whichever of two rules came nearer in the last four weeks: as the same weekdays of its
//! last week, or as the same days of the months before, where two had them. So what began lately goes on, and what ended is
//! over.
//!
//! A correction says nothing of days to come. Pure; knows no store.

use std::collections::BTreeMap;

use super::gather::Stream;
use super::{Aside, PutBack};
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::money::Amount;

/// Days of a month on which a stream may come to be told by months: what comes on more goes on day by day.
const FEW_DAYS: usize = 4;
/// Days in a row that tell a stream of many days before a month does.
const IN_A_ROW: i32 = 3;
/// So many days after a month's end its invoice may be missing without a word.
const INVOICE_DAYS: u32 = 10;
/// So many months it is told that something is expected no more.
const OVER_MONTHS: i32 = 2;
/// What came so many days early or late, and by no more than this share off, is what was expected.
const SHIFTED_DAYS: i32 = 7;
const SHIFTED_SHARE: i64 = 2;
const WEEK: i32 = 7;
/// Months of a quarter.
const QUARTER: i32 = 3;
/// Days after which it is seen which rule of a stream of many days came near, and how often.
const LOOKED_AT: i32 = 14;
const LOOKS: i32 = 2;
/// What comes evenly does so often and at such pauses: what comes daily, and by the month, has rules of its own.
const EVEN_TIMES: usize = 4;
const EVEN_DAYS: std::ops::RangeInclusive<i32> = 2..=28;
/// Settled days beyond its usual pause on which such a stream may be missing.
const LATE_DAYS: i32 = 2;

/// The days of a stream.
type Days = BTreeMap<Day, Amount>;

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
pub(super) fn missed(others: &BTreeMap<Stream, Days>, first: Day, as_of: Day) -> Vec<Missed> {
    let of = |(stream, days): (&Stream, &Days)| {
        let last = days.last_key_value()?.0.month();
        let ago = (2..3 + OVER_MONTHS).find(|ago| as_of.month().plus(-ago) == last)?;
        let is_expected = ago == 2 && as_of.number() > INVOICE_DAYS;
        let is_told = is_expected || ago > 2;
        if !is_told || stream.kind == Aside::Correction || is_daily(days, first.min(last.plus(1).first())) {
            return None;
        }
        let amount: Amount =
            habits(days, last, 1).into_iter().filter(|habit| habit.before.is_some()).map(|habit| habit.amount).sum();
        (!amount.is_zero()).then_some(Missed { kind: stream.kind, amount, last, is_expected })
    };
    others.iter().filter_map(of).collect()
}

/// By kind and day: what has come from `first` on, the day after the last that is settled, and what is expected up to
/// `end`.
pub(super) fn put_back(
    others: &BTreeMap<Stream, Days>,
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
        let expected = match stream.kind {
            Aside::Correction => Vec::new(),
            _ => match evenly(days) {
                Some(pause) => pause_by_pause(days, pause, (first, end)),
                None if is_daily(days, first) => day_by_day(days, (first, end)),
                None => month_by_month(days, end, as_of),
            },
        };
        for (day, amount) in expected {
            put(day, Amount::ZERO, amount);
        }
    }
    out
}

/// The days between what comes evenly, if all of the last that tell it are: each week, each fortnight.
fn evenly(days: &Days) -> Option<i32> {
    let last: Vec<Day> = days.keys().rev().take(EVEN_TIMES).copied().collect();
    let mut pauses = last.windows(2).map(|two| two[0].0 - two[1].0);
    let pause = pauses.next().filter(|pause| EVEN_DAYS.contains(pause))?;
    (last.len() == EVEN_TIMES && pauses.all(|other| other == pause)).then_some(pause)
}

/// What a stream is expected to bring that comes evenly, as it came last. What is late by some days is over.
fn pause_by_pause(days: &Days, pause: i32, (first, end): (Day, Day)) -> Vec<(Day, Amount)> {
    let Some((last, amount)) = days.range(..first).next_back().map(|(day, amount)| (*day, *amount)) else {
        return Vec::new();
    };
    if first.0 - last.0 > pause + LATE_DAYS {
        return Vec::new();
    }
    let ahead = (1..).map(|times| last.plus(pause * times)).take_while(|day| *day < end);
    ahead.filter(|day| *day >= first && !days.contains_key(day)).map(|day| (day, amount)).collect()
}

/// Whether a stream comes on many days: in a month of late, or on each of the last.
fn is_daily(days: &Days, first: Day) -> bool {
    let many = |month: Month| in_month(days, month).count() > FEW_DAYS;
    let this = first.plus(-1).month();
    let in_a_row = || (1..=IN_A_ROW).all(|ago| days.contains_key(&first.plus(-ago)));
    (0..=2).any(|ago| many(this.plus(-ago))) || in_a_row()
}

/// The days of a month on which a stream came.
fn in_month(days: &Days, month: Month) -> impl Iterator<Item = (&Day, &Amount)> {
    days.range(month.first()..month.plus(1).first())
}

/// What a stream brought on one day of a month.
struct Habit {
    day: Day,
    /// The number of the day that it comes on: of 31 the last, whatever the month.
    number: u32,
    amount: Amount,
    /// On which day it did before, too.
    before: Option<Day>,
}

/// What a month's days have brought, and whether one so many months before did, too.
fn habits(days: &Days, month: Month, step: i32) -> Vec<Habit> {
    let before: Vec<Day> = in_month(days, month.plus(-step)).map(|(day, _)| *day).collect();
    let of = |(day, amount): (&Day, &Amount)| {
        let same = before.iter().find(|other| other.number() == day.number());
        let both = |other: &Day| Some(day.number().max(other.number())).filter(|n| is(*day, *n) && is(*other, *n));
        let found = same.or_else(|| before.iter().rev().find(|other| both(other).is_some()));
        let number = found.and_then(both).unwrap_or(day.number());
        Habit { day: *day, number, amount: *amount, before: found.copied() }
    };
    in_month(days, month).map(of).collect()
}

/// The day of a month that a number stands for: the last one where it has none of that number.
fn at(month: Month, number: u32) -> Day {
    let last = month.plus(1).first().plus(-1);
    month.first().plus(i32::try_from(number).unwrap_or(1) - 1).min(last)
}

/// Whether a day is the one that a number stands for.
fn is(day: Day, number: u32) -> bool {
    at(day.month(), number) == day
}

/// What a stream of few days a month is expected to bring.
fn month_by_month(days: &Days, end: Day, as_of: Day) -> Vec<(Day, Amount)> {
    let this = as_of.month();
    let newest: Vec<(Month, Vec<Habit>)> =
        (0..=2).map(|ago| this.plus(-ago)).map(|month| (month, habits(days, month, 1))).collect();
    let mut out = Vec::new();
    let mut month = this.plus(-1);
    while month.first() < end {
        let (mut seen, mut continued): (Vec<Day>, Vec<Day>) = Default::default();
        for (_, habits) in newest.iter().filter(|(of, _)| *of < month) {
            for habit in habits {
                // Of what a newer month had on that day, the newer tells.
                let is_newer = continued.contains(&habit.day) || seen.iter().any(|day| is(*day, habit.number));
                let day = at(month, habit.number);
                // What came of this month comes no more of the one before.
                let is_followed = month < this && has_come(days, at(this, habit.number), habit);
                if habit.before.is_some() && !is_newer && !is_followed && !has_come(days, day, habit) && day < end {
                    out.push((day, habit.amount));
                }
            }
            seen.extend(habits.iter().map(|habit| habit.day));
            continued.extend(habits.iter().filter_map(|habit| habit.before));
        }
        month = month.plus(1);
    }
    out.extend(quarter_by_quarter(days, end, this));
    out
}

/// What a stream is expected to bring that came on the same day of three quarters in a row, and in no month between them.
fn quarter_by_quarter(days: &Days, end: Day, this: Month) -> Vec<(Day, Amount)> {
    let mut out = Vec::new();
    // What is due in the month before may be late.
    for month in (0..=QUARTER + 1).map(|ago| this.plus(-ago)) {
        let on = |months: i32, habit: &Habit| in_month(days, month.plus(months)).any(|(day, _)| is(*day, habit.number));
        let is_quarterly = |habit: &Habit| {
            habit.before.is_some()
                && on(-2 * QUARTER, habit)
                && ![-2, -1, 1, 2, QUARTER].into_iter().any(|months| on(months, habit))
        };
        for habit in habits(days, month, QUARTER).into_iter().filter(is_quarterly) {
            let ahead = (1..).map(|quarters| at(month.plus(QUARTER * quarters), habit.number));
            let ahead = ahead.take_while(|day| *day < end).filter(|day| day.month() >= this.plus(-1));
            let wanted = ahead.filter(|day| !has_come(days, *day, &habit));
            out.extend(wanted.map(|day| (day, habit.amount)));
        }
    }
    out
}

/// Whether what is expected on a day has come: on it, or about as much some days earlier or later in its month.
fn has_come(days: &Days, day: Day, of: &Habit) -> bool {
    let month = day.month();
    let near = day.plus(-SHIFTED_DAYS).max(month.first())..=day.plus(SHIFTED_DAYS).min(month.plus(1).first().plus(-1));
    let is_like = |came: Amount| (came - of.amount).abs().scale_by(SHIFTED_SHARE, 1) <= of.amount.abs();
    // What came on that day of the month before as well is another one.
    let is_other = |came: Day| {
        let before = habits(days, month, 1).into_iter().find(|habit| habit.day == came).and_then(|habit| habit.before);
        came != day && before.is_some_and(|before| before != of.day)
    };
    days.contains_key(&day) || days.range(near).any(|(came, sum)| is_like(*sum) && !is_other(*came))
}

/// What a stream of many days is expected to bring.
fn day_by_day(days: &Days, (first, end): (Day, Day)) -> Vec<(Day, Amount)> {
    let mut off = [Amount::ZERO; 2];
    for from in (1..=LOOKS).map(|look| first.plus(-LOOKED_AT * look)) {
        let by_week = Week::before(days, from);
        for day in (Period { from, to: from.plus(LOOKED_AT) }).iter() {
            let came = days.get(&day).copied().unwrap_or_default();
            let told = [as_in_months(days, from, day), by_week.on(days, day)];
            off.iter_mut().zip(told).for_each(|(off, told)| *off += (came - told.unwrap_or_default()).abs());
        }
    }
    let (is_monthly, by_week) = (off[0] < off[1], Week::before(days, first));
    let rule = |day: Day| if is_monthly { as_in_months(days, first, day) } else { by_week.on(days, day) };
    let ahead = Period { from: first, to: end };
    let wanted = ahead.iter().filter(|day| !days.contains_key(day));
    wanted.filter_map(|day| Some((day, rule(day)?))).collect()
}

/// What days cost after the last week that was known before one.
enum Week {
    /// Nothing: none has come for longer than there was a pause.
    Over,
    /// As all days of a stream that began within it.
    Mean(Amount),
    /// As the same weekday up to this day.
    Weekdays(Day),
}

impl Week {
    fn before(days: &Days, from: Day) -> Week {
        let mut known = days.range(..from).map(|(day, _)| *day);
        let Some(began) = known.next() else { return Week::Over };
        let last = known.next_back().unwrap_or(began);
        let lately: Vec<Day> = days.range(last.plus(-4 * WEEK)..=last).map(|(day, _)| *day).collect();
        let pause = lately.windows(2).map(|two| two[1].0 - two[0].0 - 1).max().unwrap_or(0);
        if from.0 - last.0 - 1 > pause.min(WEEK) + LATE_DAYS {
            return Week::Over;
        }
        let length = last.0 - began.0 + 1;
        if length >= WEEK {
            return Week::Weekdays(last);
        }
        let sum: Amount = days.range(began..=last).map(|(_, amount)| *amount).sum();
        Week::Mean(sum.scale_by(1, i64::from(length)))
    }

    fn on(&self, days: &Days, day: Day) -> Option<Amount> {
        match self {
            Week::Over => None,
            Week::Mean(amount) => Some(*amount),
            Week::Weekdays(last) => {
                let weeks = (day.0 - last.0 + WEEK - 1).div_euclid(WEEK);
                days.get(&day.plus(-WEEK * weeks)).copied()
            }
        }
    }
}

/// What a day costs as the same day of the month before, where two had it.
fn as_in_months(days: &Days, from: Day, day: Day) -> Option<Amount> {
    let this = from.month();
    let known = |at: &Day| if *at < from { days.get(at) } else { None };
    let mut newest = (0..=1).map(|ago| this.plus(-ago)).filter(|month| *month < day.month());
    let (amount, month) = newest.find_map(|month| Some((known(&same(day, month)?)?, month)))?;
    known(&same(day, month.plus(-1))?).map(|_| *amount)
}

/// The day of another month that one of many stands for: the last for the last, else the one of the same number.
fn same(day: Day, month: Month) -> Option<Day> {
    let is_last = |day: Day| day.plus(1) == day.month().plus(1).first();
    let last = month.plus(1).first().plus(-1);
    if is_last(day) {
        return Some(last);
    }
    let at = month.first().plus(i32::try_from(day.number()).ok()? - 1);
    (at <= last).then_some(at)
}
