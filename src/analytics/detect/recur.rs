//! What comes every day, week or month, though no season knows it: a job about two o'clock, fees on the
//! first, closing on the last days, the bill of the 15th.
//!
//! Remembers residuals. One is *usual* where most of the three days, weeks or months before had one of
//! its direction, at least half its size and more than noise, at about the same place; one is enough where place and
//! size agree closely. What is usual is usual whole: fees on the first are not the same every month. About: an hour in a day or week of hours, a day in a month. Days of a month's first
//! half are counted from its start, later ones from either end, since the last day is the 28th to the 31st.

use std::collections::VecDeque;

use crate::domain::calendar::Day;

/// Times before that are asked.
const TIMES: usize = 3;
const DAYS: usize = 31;
/// The share by which what came in two months may differ for both to be as much.
const AGREE: f64 = 0.2;

/// What one time before had nearest to a residual, and whether the very place had one that is close.
type Found = Option<(f64, bool)>;

/// A residual that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Like {
    /// The residual.
    pub residual: f64,
    /// By which share of it one of before may differ to be close.
    pub close: f64,
    /// What is less than this is noise, and no sign that anything comes again.
    pub least: f64,
}

fn nearer(best: Found, residual: f64, exact: bool, like: Like) -> Found {
    let Like { residual: like, close, .. } = like;
    let close = exact && (residual - like).abs() < close * like.abs();
    match best {
        Some((best, was)) if (residual - like).abs() >= (best - like).abs() => Some((best, was || close)),
        best => Some((residual, close || best.is_some_and(|(_, was)| was))),
    }
}

/// Whether a residual is usual, by what the times before had.
fn is_usual(times: [Found; TIMES], Like { residual, least, .. }: Like) -> bool {
    let (mut hits, mut close) = (0, false);
    for (best, very) in times.into_iter().flatten() {
        if best * residual > 0.0 && best.abs() >= (0.5 * residual.abs()).max(least) {
            hits += 1;
            close = very;
        }
    }
    hits >= 2 || hits == 1 && close
}

/// What most times before had, if they agree but for a share of it and for so much: the middle one.
fn typical(times: [Option<f64>; TIMES], most: f64) -> Option<f64> {
    let mut known: Vec<f64> = times.into_iter().flatten().collect();
    known.sort_by(f64::total_cmp);
    let middle = known.get(known.len() / 2).copied()?;
    let alike = |of: &&f64| (**of - middle).abs() <= (AGREE * middle.abs()).min(most);
    (known.iter().filter(alike).count() >= 2).then_some(middle)
}

/// The residuals of the last seasons.
#[derive(Clone, Debug)]
pub struct Seasons {
    /// Season lengths, each with how many steps are about the same place.
    seasons: Vec<(usize, usize)>,
    cap: usize,
    last: VecDeque<f64>,
    /// The step after the last.
    next: i64,
}

impl Seasons {
    /// For seasons of so many steps, in series of so many a day.
    #[must_use]
    pub fn new(seasons: &[usize], per_day: i64) -> Self {
        let about = usize::try_from(per_day / 24).unwrap_or(0);
        let longest = seasons.iter().copied().max().unwrap_or(0);
        let cap = TIMES * longest + about + 1;
        Seasons { seasons: seasons.iter().map(|n| (*n, about)).collect(), cap, last: VecDeque::new(), next: 0 }
    }

    /// Keeps a step's residual. Steps that were left out have none.
    pub fn learn(&mut self, step: i64, residual: f64) {
        let gap = usize::try_from(step - self.next).unwrap_or(0);
        if !self.last.is_empty() {
            self.last.extend(std::iter::repeat_n(0.0, gap.min(self.cap)));
        }
        self.last.push_back(residual);
        while self.last.len() > self.cap {
            self.last.pop_front();
        }
        self.next = step + 1;
    }

    /// Whether a step's residual is usual.
    #[must_use]
    pub fn is_usual(&self, step: i64, like: Like) -> bool {
        self.seasons.iter().any(|(season, about)| {
            let mut times = [None; TIMES];
            for (k, time) in times.iter_mut().enumerate() {
                let centre = (k + 1) * season;
                for back in centre - about..=centre + about {
                    if let Some(before) = self.back(step, back) {
                        *time = nearer(*time, before, back == centre, like);
                    }
                }
            }
            is_usual(times, like)
        })
    }

    fn back(&self, step: i64, back: usize) -> Option<f64> {
        let from_end = usize::try_from(self.next - (step - back as i64)).ok()?;
        self.last.len().checked_sub(from_end).and_then(|at| self.last.get(at)).copied()
    }
}

/// A month's residuals.
#[derive(Clone, Debug)]
struct Page {
    month: (i32, u32),
    days: usize,
    residuals: [f64; DAYS],
    known: u32,
}

/// The residuals of the last months, by day.
#[derive(Clone, Default, Debug)]
pub struct Months {
    pages: VecDeque<Page>,
}

fn place(day: Day) -> ((i32, u32), usize, usize) {
    let month = day.month();
    ((month.year(), month.number()), (day.0 - month.first().0) as usize, month.period().days() as usize)
}

impl Months {
    /// Keeps a day's residual.
    pub fn learn(&mut self, day: Day, residual: f64) {
        let (month, at, days) = place(day);
        if self.pages.back().is_none_or(|page| page.month != month) {
            if self.pages.len() > TIMES {
                self.pages.pop_front();
            }
            self.pages.push_back(Page { month, days, residuals: [0.0; DAYS], known: 0 });
        }
        if let Some(page) = self.pages.back_mut() {
            page.residuals[at] = residual;
            page.known |= 1 << at;
        }
    }

    /// What came on that very day of the months before, if most had as much, give or take `most`.
    #[must_use]
    pub fn typical(&self, day: Day, most: f64) -> Option<f64> {
        let (month, at, days) = place(day);
        let mut times = [None; TIMES];
        let before = self.pages.iter().filter(|page| page.month != month);
        for (time, page) in times.iter_mut().zip(before.rev()) {
            *time = page.largest(at, days);
        }
        typical(times, most)
    }

    /// Whether a day's residual is usual.
    #[must_use]
    pub fn is_usual(&self, day: Day, like: Like) -> bool {
        let (month, at, days) = place(day);
        let mut times = [None; TIMES];
        let before = self.pages.iter().filter(|page| page.month != month);
        for (time, page) in times.iter_mut().zip(before.rev()) {
            *time = page.best(at, days, like);
        }
        is_usual(times, like)
    }
}

impl Page {
    /// The days that are at the same place of this month.
    fn places(&self, at: usize, days: usize) -> impl Iterator<Item = usize> {
        let from_end = (days - 1 - at).min(self.days - 1);
        [Some(at), (at >= DAYS / 2).then_some(self.days - 1 - from_end)].into_iter().flatten()
    }

    /// The largest residual at the very place.
    fn largest(&self, at: usize, days: usize) -> Option<f64> {
        let known = self.places(at, days).filter(|at| self.known & 1 << at != 0).map(|at| self.residuals[at]);
        known.max_by(|a, b| a.abs().total_cmp(&b.abs()))
    }

    /// The residual nearest to `like` about the same place.
    fn best(&self, at: usize, days: usize, like: Like) -> Found {
        let mut best = None;
        for centre in self.places(at, days) {
            for near in centre.saturating_sub(1)..=(centre + 1).min(self.days - 1) {
                if self.known & 1 << near != 0 {
                    best = nearer(best, self.residuals[near], near == centre, like);
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Month;

    /// A month whose last but one and last days had these residuals, and whether 0.7 on the last but one of the next
    /// month is usual.
    fn after_one_month(last_but_one: f64, last: f64) -> bool {
        let (march, april) = (Month::new(2025, 3).first(), Month::new(2025, 4).first());
        let mut months = Months::default();
        for at in 0..31 {
            months.learn(Day(march.0 + at), [0.0, last_but_one, last][(at - 28).max(0) as usize]);
        }
        (0..28).for_each(|at| months.learn(Day(april.0 + at), 0.0));
        months.is_usual(Day(april.0 + 28), Like { residual: 0.7, close: 0.25, least: 0.2 })
    }

    #[test]
    fn what_is_noise_is_no_sign_that_anything_comes_again() {
        let mut months = Months::default();
        for month in 3..6 {
            months.learn(Month::new(2025, month).first(), 0.15);
        }
        let is_usual =
            |least| months.is_usual(Month::new(2025, 6).first(), Like { residual: 0.28, close: 0.05, least });
        assert!(is_usual(0.1) && !is_usual(0.2));
    }

    #[test]
    fn what_came_once_is_usual_where_the_very_day_had_about_as_much() {
        assert!(after_one_month(0.75, 0.0));
        assert!(after_one_month(0.75, 0.68), "whatever the day after it had");
        assert!(!after_one_month(0.0, 0.68), "another day had it");
        assert!(!after_one_month(1.4, 0.0), "twice as much is not about as much");
    }
}
