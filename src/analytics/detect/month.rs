//! What comes once a month: fees on the first, closing jobs on the last days, a bill of the 15th.
//!
//! Remembers the residuals of the last three months by day. A day's residual is *of the month* where most
//! of the months before had one of its direction, and at least half its size, at the same place give or take a
//! day; one month is enough where day and size agree closely. Days of a month's first half are counted
//! from its start, later ones from either end, since the last day is the 28th to the 31st.

use crate::domain::calendar::Day;

/// Months that are remembered.
const MONTHS: usize = 3;
const DAYS: usize = 31;

/// A month's residuals.
#[derive(Clone, Debug)]
struct Page {
    month: (i32, u32),
    days: usize,
    residuals: [f64; DAYS],
    known: u32,
}

/// The residuals of the last months.
#[derive(Clone, Default, Debug)]
pub struct Months {
    pages: Vec<Page>,
}

fn place(day: Day) -> ((i32, u32), usize, usize) {
    let month = day.month();
    let first = month.first();
    ((month.year(), month.number()), (day.0 - first.0) as usize, month.period().days() as usize)
}

impl Months {
    /// Keeps a day's residual.
    pub fn learn(&mut self, day: Day, residual: f64) {
        let (month, at, days) = place(day);
        if self.pages.last().is_none_or(|page| page.month != month) {
            if self.pages.len() > MONTHS {
                self.pages.remove(0);
            }
            self.pages.push(Page { month, days, residuals: [0.0; DAYS], known: 0 });
        }
        if let Some(page) = self.pages.last_mut() {
            page.residuals[at] = residual;
            page.known |= 1 << at;
        }
    }

    /// How much of a day's residual is what this place of the month usually has: between 0 and it.
    #[must_use]
    pub fn usual(&self, day: Day, residual: f64) -> f64 {
        let (month, at, days) = place(day);
        let mut found = [0.0; MONTHS + 1];
        let (mut months, mut hits, mut close) = (0, 0, false);
        for page in self.pages.iter().filter(|page| page.month != month) {
            let Some((best, exact)) = page.best(at, days, residual) else { continue };
            months += 1;
            if best * residual > 0.0 && best.abs() >= 0.5 * residual.abs() {
                found[hits] = best;
                hits += 1;
                close = exact && (best - residual).abs() < 0.25 * residual.abs();
            }
        }
        let usual = match (months, hits) {
            (_, 0) => return 0.0,
            (_, 1) if close => found[0],
            (_, hits) if hits >= 2 => super::scale::median(&mut found[..hits]),
            _ => return 0.0,
        };
        if usual.abs() > residual.abs() { residual } else { usual }
    }
}

impl Page {
    /// The residual nearest to `like` around the same place, and whether it is just there.
    fn best(&self, at: usize, days: usize, like: f64) -> Option<(f64, bool)> {
        let from_end = (days - 1 - at).min(self.days - 1);
        let from_end = self.days - 1 - from_end;
        let places = [Some(at), (at >= 15).then_some(from_end)];
        let mut best: Option<(f64, bool)> = None;
        for centre in places.into_iter().flatten() {
            for near in centre.saturating_sub(1)..=(centre + 1).min(self.days - 1) {
                if self.known & 1 << near == 0 {
                    continue;
                }
                let residual = self.residuals[near];
                if best.is_none_or(|(b, _)| (residual - like).abs() < (b - like).abs()) {
                    best = Some((residual, near == centre));
                }
            }
        }
        best
    }
}
