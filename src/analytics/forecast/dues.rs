//! Large charges of certain days, such as a rent on each first: apart from what the other days cost.
//!
//! One such day may cost as much as a month of others. Left among them it would be what a model erred as long as
//! it did not know it, in units of a small day, and that would be multiplied by the size of a large one. So what
//! comes by a [`Rule`] is taken out of the series first: its days become days that are not known, models compete
//! on the rest, and what is due is put back on top with an error of its own, told from its own days alone.
//!
//! A day stands out that is far beyond both its neighbours and its weekday. A rule holds where its last days
//! stood out, one after the other, more often than chance allows with as many days that stand out by no rule.

use super::prepare::{filled, plus};
use super::robust::{median, running, spread, trimmed};
use super::rule::Rule;
use crate::domain::calendar::Day;

/// A day stands out by this share of what its neighbours cost, and
const FAR: f64 = 0.75;
/// by so many spreads.
const FAR_SPREADS: f64 = 5.0;
/// Where more days than this share stand out, none is rare.
const RARE: f64 = 0.2;
/// Weeks to either side that a weekday is told from.
const WEEKS: usize = 6;
/// Amounts that errors are told from at most.
const AMOUNTS: usize = 9;
/// How often chance may keep a rule of the months, and any other: there are many of both.
const CHANCE: [f64; 2] = [3e-4, 3e-5];
/// Quantiles of Student's distribution for 80 and 95 %, by how many errors there are; of one, drawn in.
const STUDENT: [[f64; 2]; 8] =
    [[2.2, 5.0], [1.89, 4.3], [1.64, 3.18], [1.53, 2.78], [1.48, 2.57], [1.44, 2.45], [1.41, 2.36], [1.40, 2.31]];

/// What is due by rules.
#[derive(Clone, Default, Debug)]
pub(super) struct Dues(Vec<Due>);

/// A series without what is due.
pub(super) struct Parted {
    pub dues: Dues,
    pub rest: Vec<f64>,
    pub known: Vec<bool>,
}

#[derive(Clone, Debug)]
struct Due {
    rule: Rule,
    mid: f64,
    /// Half of the two intervals.
    off: [f64; 2],
    /// Of so many amounts [`Self::mid`] is the mean; of one, it wanders.
    of: usize,
}

/// What is due on a run of days.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Sum {
    pub mid: f64,
    /// Half of the interval of 80 % and of that of 95 %.
    pub off: [f64; 2],
}

impl Dues {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// On which of the days from `first` on it falls.
    pub fn ahead(self, first: Day, horizon: usize) -> Ahead {
        let days = |due: &Due| (0..horizon).filter(|k| due.rule.has(plus(first, *k))).collect();
        Ahead(self.0.into_iter().map(|due| (days(&due), due)).collect())
    }
}

/// What is due on the days ahead.
#[derive(Clone, Default, Debug)]
pub(super) struct Ahead(Vec<(Vec<usize>, Due)>);

impl Ahead {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is due on the days ahead from number `from` up to before `to`.
    pub fn sum(&self, from: usize, to: usize) -> Sum {
        let mut sum = Sum::default();
        for (days, due) in &self.0 {
            let before = days.partition_point(|k| *k < from);
            let number = days.partition_point(|k| *k < to) - before;
            let grow = due.grow(before, number);
            sum.mid += due.mid * number as f64;
            sum.off = std::array::from_fn(|b| sum.off[b].hypot(due.off[b] * grow));
        }
        sum
    }
}

impl Due {
    /// How far `number` amounts together may be off, after `before` others, in what the next one may be off.
    fn grow(&self, before: usize, number: usize) -> f64 {
        let n = number as f64;
        if self.of > 1 {
            // Each by its own, and all by what the mean is off.
            return ((n + n * n / self.of as f64) / (1.0 + 1.0 / self.of as f64)).sqrt();
        }
        // A walk: what the first is off, the later ones are too.
        let pairs = (1..=number).map(|i| (before + i) as f64 * (2 * (number - i) + 1) as f64);
        pairs.sum::<f64>().sqrt()
    }
}

/// Takes what is due out of a series without gaps; nothing where no rule holds.
pub(super) fn part(first: Day, values: &[f64], known: &[bool]) -> Option<Parted> {
    let mut far = standing_out(values, known)?;
    let mut found: Vec<(Rule, Vec<usize>, bool)> = Vec::new();
    while let Some(next) = best(first, known, &far) {
        let sizes: Vec<f64> = next.1.iter().map(|at| far[*at]).collect();
        for (number, at) in next.1.iter().enumerate() {
            // What is twice as much as before and after may be due by another rule as well.
            let around = number.saturating_sub(2)..(number + 3).min(sizes.len());
            let typical = median(&sizes[around]);
            let rest = sizes[number] - typical;
            far[*at] = if rest / typical >= 1.0 { rest } else { 0.0 };
        }
        found.push(next);
        if found.len() >= 6 {
            break;
        }
    }
    if found.is_empty() {
        return None;
    }
    let mut rest: Vec<Option<f64>> = values.iter().zip(known).map(|(v, known)| known.then_some(*v)).collect();
    found.iter().flat_map(|(_, days, _)| days).for_each(|at| rest[*at] = None);
    let known = rest.iter().map(Option::is_some).collect();
    let rest = filled(&rest);
    let noise = noise(&rest);
    let dues = found.iter().filter(|(.., goes_on)| *goes_on).map(|(rule, days, _)| {
        let alone = days.iter().filter(|at| !found.iter().any(|(other, of, _)| other != rule && of.contains(at)));
        let amounts: Vec<f64> = alone.map(|at| values[*at] - rest[*at]).collect();
        ahead(*rule, &amounts, noise)
    });
    let dues = Dues(dues.collect());
    Some(Parted { dues, rest, known })
}

/// By how much each day stands out, zero where it does not; nothing where no day does, or many do.
fn standing_out(values: &[f64], known: &[bool]) -> Option<Vec<f64>> {
    let n = values.len();
    let level = running(values, 7);
    let week: Vec<[f64; 3]> = (0..n).map(|at| weekday(values, at)).collect();
    let off: Vec<f64> = values.iter().zip(&week).map(|(v, w)| v - w[1]).collect();
    let least = FAR_SPREADS * spread(&off, 0.0);
    let far = |at: usize| {
        let (v, level, [low, _, high]) = (values[at], level[at], week[at]);
        // Above what its weekday costs in most weeks, or below it.
        let far = if v > level { (v - level.max(low)).max(0.0) } else { (v - level.min(high)).min(0.0) };
        let is_far = known[at] && far.abs() > (FAR * level.abs()).max(least).max(1e-9);
        if is_far { far } else { 0.0 }
    };
    let far: Vec<f64> = (0..n).map(far).collect();
    let count = far.iter().filter(|far| **far != 0.0).count();
    (count > 1 && (count as f64) < RARE * n as f64).then_some(far)
}

/// What a day's weekday costs in the weeks around: more than a third of them do, half, and less than a third.
fn weekday(values: &[f64], at: usize) -> [f64; 3] {
    let weeks = (values.len() - 1 - at % 7) / 7;
    let from = (at / 7).min(weeks.saturating_sub(WEEKS)).saturating_sub(WEEKS);
    let mut each: Vec<f64> =
        (from..=(from + 2 * WEEKS).min(weeks)).filter_map(|week| values.get(week * 7 + at % 7).copied()).collect();
    each.sort_unstable_by(f64::total_cmp);
    let last = (each.len() - 1) as f64;
    [0.35, 0.5, 0.65].map(|p| each[(if p > 0.5 { (p * last).ceil() } else { (p * last).floor() }) as usize])
}

/// The rule that the most days keep, with those days, and whether it still holds at the end.
fn best(first: Day, known: &[bool], far: &[f64]) -> Option<(Rule, Vec<usize>, bool)> {
    let out: Vec<usize> = (0..far.len()).filter(|at| far[*at] != 0.0).collect();
    let mut best: Option<(Rule, Vec<usize>, bool)> = None;
    for rule in Rule::all() {
        let most = out.iter().filter(|at| rule.has(plus(first, **at))).count();
        if most <= best.as_ref().map_or(1, |(_, kept, _)| kept.len()) {
            continue;
        }
        let days: Vec<usize> = (0..far.len()).filter(|at| known[*at] && rule.has(plus(first, *at))).collect();
        let Some((kept, goes_on)) = kept(&days, far) else { continue };
        if kept.len() > best.as_ref().map_or(1, |(_, kept, _)| kept.len()) && is_sure(rule, &kept, far, out.len()) {
            best = Some((rule, kept, goes_on));
        }
    }
    best
}

/// The last days of a rule that stood out the same way, up to two in a row that did not.
fn kept(days: &[usize], far: &[f64]) -> Option<(Vec<usize>, bool)> {
    let last = days.iter().rposition(|at| far[*at] != 0.0)?;
    let sign = far[days[last]].signum();
    let mut kept = Vec::new();
    let mut missed = [0, 0];
    for at in days[..=last].iter().rev() {
        if far[*at] * sign > 0.0 {
            kept.push(*at);
            missed[1] = 0;
        } else {
            missed = missed.map(|m| m + 1);
            if missed[1] > 1 || missed[0] * 4 > kept.len() {
                break;
            }
        }
    }
    kept.reverse();
    Some((kept, last + 1 == days.len()))
}

/// Whether days that keep a rule are more than chance.
fn is_sure(rule: Rule, kept: &[usize], far: &[f64], all: usize) -> bool {
    let others = all - kept.len();
    match kept {
        [one, two] => {
            let (one, two) = (far[*one].abs(), far[*two].abs());
            rule.is_monthly() && others <= 2 && one.max(two) < 1.25 * one.min(two)
        }
        [_, _, ..] => {
            let each = (others as f64 + 0.5) / far.len() as f64;
            let least = if matches!(rule, Rule::Every(14, _)) { 4 } else { 3 };
            kept.len() >= least && each.powf(kept.len() as f64 - 1.0) < CHANCE[usize::from(!rule.is_monthly())]
        }
        _ => false,
    }
}

/// How far days are off the same weekday of the weeks beside: what amounts are off although the same is due.
fn noise(rest: &[f64]) -> f64 {
    let off = |at: usize| Some(rest[at] - f64::midpoint(rest[at.checked_sub(7)?], *rest.get(at + 7)?));
    spread(&(0..rest.len()).filter_map(off).collect::<Vec<f64>>(), 0.0)
}

/// What is due next, by the mean of as many of the last amounts as was best so far.
fn ahead(rule: Rule, amounts: &[f64], noise: f64) -> Due {
    let mean = |amounts: &[f64], of: usize| trimmed(&amounts[amounts.len().saturating_sub(of)..]);
    let errors = |of: usize| -> Vec<f64> {
        let from = amounts.len().saturating_sub(AMOUNTS - 1).max(1);
        (from..amounts.len()).map(|at| (amounts[at] - mean(&amounts[..at], of)).abs()).collect()
    };
    let average = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len().max(1) as f64;
    let choices: &[usize] = if amounts.len() > 2 { &[6, 3, 1] } else { &[2] };
    let mut chosen = (choices[0], errors(choices[0]));
    for of in &choices[1..] {
        let errors = errors(*of);
        // The longest mean is the calmest: a shorter one has to be clearly better.
        if average(&errors) < 0.9 * average(&chosen.1) {
            chosen = (*of, errors);
        }
    }
    let (of, errors) = chosen;
    let common = noise * (1.0 + 1.0 / of as f64).sqrt();
    let own = |size: f64| (size * size - common * common).max(0.0).sqrt();
    // As of a normal distribution; a single jump is for the wider one.
    let inner = own(1.25 * average(&errors));
    let square = errors.iter().map(|e| e * e).sum::<f64>() / errors.len().max(1) as f64;
    let outer = own(square.sqrt()).max(inner);
    let [by80, by95] = STUDENT[errors.len().clamp(1, STUDENT.len()) - 1];
    Due { rule, mid: mean(amounts, of), off: [inner * by80, outer * by95], of: of.min(amounts.len()) }
}
