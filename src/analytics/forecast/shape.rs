//! Takes a daily series apart: a level that moves, a profile of the week, days of the month that stand out.
//!
//! Works on logarithms where all days are positive (then the parts are factors), else on the values
//! themselves. `value(t) = level(t) + week(weekday of t) + month(day of t) + rest`:
//!
//! * the level is a running median of seven days, so that each weekday is in it once;
//! * a weekday's part is the trimmed mean of its distances from the level in the last weeks, all
//!   seven drawn towards none as their noise asks for (James and Stein 1961, positive part);
//! * a month's course, where costs climb or fall within each month and begin anew with the next, is told at
//!   [`COURSE`] places between its first day and its last, however many days it has;
//! * a day of the month, counted from its start or from its end, has a part only if it stood out,
//!   each time the same way, in two months or more.
//!
//! Knows no model; [`super::models`] continues the level.

use chrono::Datelike;

use super::robust::{median, running, spread, trimmed};
use super::rule;
use crate::domain::calendar::Day;

/// Weeks that the profile of the week is told from.
const WEEKS: usize = 12;
/// Of a positive series, the smallest value in medians with which logarithms are still sound.
const SMALLEST: f64 = 0.005;
/// Places of a month's course.
const COURSE: usize = 6;
/// Days that it is told from, at least and at most.
const COURSE_DAYS: [usize; 2] = [85, 366];
/// Days of the month that are told from its end.
const FROM_END: u32 = 4;

/// Days without gaps, the first of which is `first`.
#[derive(Clone, Copy)]
pub(super) struct Days<'a> {
    pub first: Day,
    pub values: &'a [f64],
}

impl Days<'_> {
    /// Day number `at`.
    pub fn day(&self, at: usize) -> Day {
        self.first.plus(i32::try_from(at).unwrap_or(i32::MAX))
    }
}

/// A series taken apart.
pub(super) struct Shape {
    /// Whether the parts are of logarithms.
    pub log: bool,
    /// What is left without week and month.
    pub plain: Vec<f64>,
    /// The same, odd days drawn in to what its neighbours allow.
    pub calm: Vec<f64>,
    /// Spread of [`Self::plain`] around its running median.
    pub noise: f64,
    /// Where the level last jumped, to stay.
    pub jump: usize,
    week: [f64; 7],
    month: Vec<(u8, bool, f64)>,
    course: Option<[f64; COURSE]>,
}

impl Shape {
    /// Takes a series apart; with `monthly` false without days of the month.
    pub fn of(days: Days<'_>, monthly: bool) -> Shape {
        let log = in_logarithms(days.values);
        let values: Vec<f64> = days.values.iter().map(|v| if log { v.ln() } else { *v }).collect();
        let start = days.first.weekday().num_days_from_monday() as usize;
        let week = week_of(&values, start);
        let mut plain: Vec<f64> = values.iter().enumerate().map(|(at, v)| v - week[(start + at) % 7]).collect();
        let course = if monthly { course_of(&plain, days) } else { None };
        if let Some(course) = &course {
            plain.iter_mut().enumerate().for_each(|(at, value)| *value -= on_course(course, days.day(at)));
        }
        let month = if monthly { month_of(&plain, days) } else { Vec::new() };
        let mut shape = Shape { log, plain: Vec::new(), calm: Vec::new(), noise: 0.0, jump: 0, week, month, course };
        for (at, value) in plain.iter_mut().enumerate() {
            *value -= shape.month_part(days.day(at));
        }
        let level = running(&plain, 4);
        let rest: Vec<f64> = plain.iter().zip(&level).map(|(v, l)| v - l).collect();
        shape.noise = spread(&rest, 0.0);
        let reach = 3.0 * shape.noise;
        shape.calm = level.iter().zip(&rest).map(|(l, r)| l + r.clamp(-reach, reach)).collect();
        shape.jump = last_jump(&shape.calm, shape.noise);
        shape.plain = plain;
        shape
    }

    /// What week and month add on a day.
    pub fn season(&self, day: Day) -> f64 {
        let course = self.course.as_ref().map_or(0.0, |course| on_course(course, day));
        self.week[day.weekday().num_days_from_monday() as usize] + self.month_part(day) + course
    }

    /// Whether days of the month stand out.
    pub fn is_monthly(&self) -> bool {
        !self.month.is_empty() || self.course.is_some()
    }

    /// A value of a day from its level.
    pub fn value(&self, level: f64, day: Day) -> f64 {
        let value = level + self.season(day);
        if self.log { value.min(700.0).exp() } else { value }
    }

    /// Such a value without what the day of the month adds to it: errors of other days are not larger for it.
    pub fn size(&self, value: f64, day: Day) -> f64 {
        if self.log { value / self.month_part(day).exp() } else { value }
    }

    /// How far two values of a day are apart, in the terms of levels.
    pub fn apart(&self, value: f64, other: f64) -> f64 {
        if self.log { (value / other).max(f64::MIN_POSITIVE).ln() } else { value - other }
    }

    fn month_part(&self, day: Day) -> f64 {
        let found = self.month.iter().find(|(number, from_end, _)| place(day, *from_end) == u32::from(*number));
        found.map_or(0.0, |(_, _, part)| *part)
    }
}

/// The number of a day within its month, from 1, from its start or from its end.
fn place(day: Day, from_end: bool) -> u32 {
    if from_end { rule::from_end(day) } else { day.date().day() }
}

/// Whether a series is positive enough for logarithms.
fn in_logarithms(values: &[f64]) -> bool {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    least > 0.0 && least >= SMALLEST * median(values)
}

/// The parts of the weekdays, from Monday; `start` is the weekday of the first value.
fn week_of(values: &[f64], start: usize) -> [f64; 7] {
    let mut parts = [0.0; 7];
    if values.len() < 14 {
        return parts;
    }
    let from = values.len().saturating_sub(7 * WEEKS);
    let level = running(&values[from..], 3);
    let rest: Vec<f64> = values[from..].iter().zip(&level).map(|(v, l)| v - l).collect();
    let mut noise = 0.0;
    let mut each = Vec::with_capacity(WEEKS);
    for (weekday, part) in parts.iter_mut().enumerate() {
        each.clear();
        let of_it = |at: &usize| (start + from + at) % 7 == weekday;
        each.extend((0..rest.len()).filter(of_it).map(|at| rest[at]));
        *part = trimmed(&each);
        noise += spread(&each, *part).powi(2) / each.len() as f64 / 7.0;
    }
    let mean = parts.iter().sum::<f64>() / 7.0;
    let between: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    // Seven means of which one is taken for the level leave six; James and Stein take two off.
    let keep = if between > 0.0 { (1.0 - 5.0 * noise / between).max(0.0) } else { 0.0 };
    parts.map(|part| if keep < 0.2 { 0.0 } else { part * keep })
}

/// How far a day is between the first day of its month, 0, and the last, 1.
fn share_of_month(day: Day) -> f64 {
    let (before, after) = (day.date().day() - 1, rule::from_end(day) - 1);
    f64::from(before) / f64::from(before + after)
}

/// What the month's course adds on a day: between two places in proportion, and beyond the outer ones as between
/// the two beside them.
fn on_course(course: &[f64; COURSE], day: Day) -> f64 {
    let at = share_of_month(day) * COURSE as f64 - 0.5;
    let left = (at.max(0.0) as usize).min(COURSE - 2);
    course[left] + (at - left as f64) * (course[left + 1] - course[left])
}

/// The course of the month of a series without its week: the trimmed means of what each month was off its own
/// middle, drawn towards none as their noise asks for; none where that leaves little.
fn course_of(plain: &[f64], days: Days<'_>) -> Option<[f64; COURSE]> {
    let [least, most] = COURSE_DAYS;
    if plain.len() < least {
        return None;
    }
    let from = plain.len().saturating_sub(most);
    let level = running(&plain[from..], 15);
    // Of each place one value a month: neighbouring days stray together.
    let mut months: Vec<(Day, [Vec<f64>; COURSE])> = Vec::new();
    for (at, level) in level.iter().enumerate() {
        let day = days.day(from + at);
        if months.last().is_none_or(|(first, _)| *first != day.month().first()) {
            months.push((day.month().first(), Default::default()));
        }
        let place = ((share_of_month(day) * COURSE as f64) as usize).min(COURSE - 1);
        if let Some((_, month)) = months.last_mut() {
            month[place].push(plain[from + at] - level);
        }
    }
    let (mut course, mut noise) = ([0.0; COURSE], 0.0);
    for (place, part) in course.iter_mut().enumerate() {
        let each: Vec<f64> =
            months.iter().filter(|(_, month)| month[place].len() >= 3).map(|(_, m)| median(&m[place])).collect();
        if each.len() < 3 {
            return None;
        }
        *part = trimmed(&each);
        noise += spread(&each, *part).powi(2) / each.len() as f64 / COURSE as f64;
    }
    let mean = course.iter().sum::<f64>() / COURSE as f64;
    let between: f64 = course.iter().map(|part| (part - mean).powi(2)).sum();
    let keep = if between > 0.0 { (1.0 - (COURSE as f64 - 2.0) * noise / between).max(0.0) } else { 0.0 };
    (keep > 0.8).then(|| course.map(|part| (part - mean) * keep))
}

/// Days of the month that stand out of a series without its week.
fn month_of(plain: &[f64], days: Days<'_>) -> Vec<(u8, bool, f64)> {
    if plain.len() < 56 {
        return Vec::new();
    }
    let level = running(plain, 7);
    let rest: Vec<f64> = plain.iter().zip(&level).map(|(v, l)| v - l).collect();
    let noise = spread(&rest, 0.0).max(1e-9);
    let mut found: Vec<(u8, bool, f64)> = Vec::new();
    for (from_end, numbers) in [(true, 1..=FROM_END), (false, 1..=28)] {
        for number in numbers {
            let each: Vec<f64> = (0..rest.len())
                .rev()
                .filter(|at| place(days.day(*at), from_end) == number)
                .take(6)
                .map(|at| rest[at])
                .collect();
            if let Some(part) = stands_out(&each, noise) {
                // From its end, a day may be one of those from the start too: the first found holds.
                found.push((number as u8, from_end, part));
            }
        }
    }
    // So many cannot all stand out: it is noise with another rhythm.
    if found.len() > 14 { Vec::new() } else { found }
}

/// The part of a day of the month that was so far off each time.
fn stands_out(each: &[f64], noise: f64) -> Option<f64> {
    let n = each.len();
    if n < 2 {
        return None;
    }
    let middle = median(each);
    let least = each.iter().map(|v| v * middle.signum()).fold(f64::INFINITY, f64::min);
    let (far, least_far) = if n == 2 { (4.0, 3.0) } else { (2.5, 1.0) };
    (middle.abs() > far * noise && least > least_far * noise).then(|| middle * n as f64 / (n as f64 + 0.25))
}

/// The first day since the level last jumped: the medians of the days before and after differ by far
/// more than noise, and by more than a trend could do.
fn last_jump(calm: &[f64], noise: f64) -> usize {
    const SIDE: usize = 14;
    const AFTER: usize = 7;
    let n = calm.len();
    let limit = (3.0 * noise).max(0.0);
    let mut best = (0, 0.0);
    for at in (SIDE..n.saturating_sub(AFTER)).rev() {
        let before = median(&calm[at - SIDE..at]);
        let after = median(&calm[at..(at + SIDE).min(n)]);
        let near = median(&calm[at.saturating_sub(5)..at]);
        let next = median(&calm[at..(at + 5).min(n)]);
        let size = (after - before).abs().min((next - near).abs());
        if size > limit && size > best.1 {
            best = (at, size);
        } else if best.0 > 0 && best.0 - at > SIDE {
            break;
        }
    }
    best.0
}
