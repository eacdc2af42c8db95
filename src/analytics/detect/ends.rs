//! What of a move is but the end of earlier ones, after which a place costs what it did before they began.
//!
//! Steps that began on different days and end on one are a fall of what holds them, larger than any of them, though
//! nothing costs less than it did. So of a move as much is none as earlier causes of the other direction had added to what
//! they have in common with the place and do no longer, and as is expected of the place beyond what it cost before them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::explain::Cause;
use super::place::Place;
use super::scale::{mean, median};
use super::tree::{Alarm, Tree};

/// Steps by which a sum may notice an end later.
const LATE: i64 = 3;
/// How many times as much one day of a week may cost as another.
const UNLIKE: f64 = 3.0;
/// The least share of a move that is an end.
const PART: f64 = 0.05;
/// Weeks that tell what a weekday cost.
const WEEKS: usize = 4;

/// An earlier cause that may end with a move: the days before that on which it went on.
#[derive(Clone, Copy)]
struct End {
    at: usize,
    start: usize,
    lately: (usize, usize),
}

/// The causes that may end with a move.
pub(super) struct Ends<'t> {
    tree: &'t Tree<'t>,
    days: (usize, usize),
    slow: bool,
    /// Of the causes, not of the move.
    sign: f64,
    /// The earliest first.
    ends: Vec<End>,
    /// Of which pairs of dimensions there are series.
    pairs: HashSet<[&'t str; 2]>,
    known: RefCell<HashMap<usize, Option<Ended>>>,
    /// By how much places had grown until a day.
    grown: RefCell<HashMap<(usize, usize), f64>>,
}

/// What ends at a place.
#[derive(Clone, Copy)]
pub(super) struct Ended {
    /// How much of its move that is.
    pub(super) by: f64,
    /// By how much it is below what it cost just before, or above: a forecast may not know that yet.
    pub(super) fell: f64,
    /// The last day before what ends: what is below that is as far off as its band was then.
    pub(super) before: usize,
}

impl<'t> Ends<'t> {
    /// Those of a move that shows on some days, and whether it is slow.
    pub(super) fn new(
        tree: &'t Tree<'t>,
        alarm: &Alarm,
        (days, slow): ((usize, usize), bool),
        causes: &[Cause],
    ) -> Self {
        let begins = alarm.event.start;
        let day = |step: i64| tree.day(step);
        let may_end = |cause: &&Cause| {
            // What made way for another of its direction climbs, too.
            let is_past = cause.last + LATE < begins;
            let since = if cause.is_slow || is_past { tree.settings.grown() } else { tree.settings.settle };
            let is_lately = cause.start < begins && begins - cause.start <= since;
            let is_other_way = cause.direction != alarm.event.direction;
            is_lately && is_other_way && !(cause.is_over && is_past)
        };
        let lately = tree.settings.season();
        let end = |cause: &Cause| {
            let to = if cause.is_over { begins.min(cause.last + 1) } else { begins };
            let (start, to) = (day(cause.start), day(to));
            End { at: cause.at, start, lately: (start.max(to.saturating_sub(lately)), to) }
        };
        let mut ends: Vec<End> = causes.iter().filter(may_end).map(end).collect();
        ends.sort_by_key(|end| (end.start, tree.depth(end.at), end.at));
        let dimensions = |at: usize| match tree.place(at).parts() {
            [a, b] if !ends.is_empty() => Some([a.dimension.as_str(), b.dimension.as_str()]),
            _ => None,
        };
        let pairs = (0..tree.watched.len()).filter_map(dimensions).collect();
        Ends {
            tree,
            days,
            slow,
            sign: -alarm.event.direction.sign(),
            ends,
            pairs,
            known: RefCell::default(),
            grown: RefCell::default(),
        }
    }

    /// What of them ends at a place.
    pub(super) fn at(&self, at: usize) -> Option<Ended> {
        if self.ends.is_empty() {
            return None;
        }
        if let Some(known) = self.known.borrow().get(&at) {
            return *known;
        }
        let ended = self.ended(at);
        self.known.borrow_mut().insert(at, ended);
        ended
    }

    /// What a day of a place is held against.
    fn base(&self, at: usize, day: usize) -> f64 {
        self.tree.base(at, day, self.slow.then_some(self.days.0))
    }

    fn ended(&self, at: usize) -> Option<Ended> {
        let mut counted: Vec<(&Place, f64)> = Vec::new();
        let mut all: Option<End> = None;
        for end in &self.ends {
            let Some((place, undone)) = self.shared(at, end) else { continue };
            // What two of them have in common is counted once.
            let rest = undone - counted.iter().map(|(other, by)| self.both(place, other, end).min(*by)).sum::<f64>();
            if rest > 0.0 {
                counted.push((place, rest));
                // Before the first of them it was as it is now, and since the last began as it was then.
                let (start, since) = all.map_or((end.start, 0), |all| (all.start, all.lately.0));
                all = Some(End { at, start, lately: (since.max(end.lately.0), end.lately.1) });
            }
        }
        let all = all?;
        let beyond = |day: usize| self.sign * (self.base(at, day) - self.usual(at, day, all.start));
        let by = counted.iter().map(|(_, by)| by).sum::<f64>();
        let by = by.min(mean((self.days.0..=self.days.1).map(beyond)));
        let before = all.start.checked_sub(1)?;
        let is_some = by > PART * self.tree.moved(at, self.days, self.slow).abs();
        let fell = || self.less(at, &all, f64::NEG_INFINITY);
        is_some.then(|| Ended { by: -self.sign * by, fell: -self.sign * fell(), before })
    }

    /// How much of what one of them had added to a place is in another place as well; at most what their parts have in
    /// common, where no series is of both.
    fn both(&self, place: &Place, other: &Place, end: &End) -> f64 {
        let Some(both) = place.meet(other) else { return 0.0 };
        if let Some(both) = self.tree.by_place.get(&both) {
            return self.by(*both, end);
        }
        let mut least = f64::INFINITY;
        for one in place.parts() {
            for part in other.parts().iter().filter(|part| part.dimension != one.dimension) {
                let pair = Place::of([one, part]);
                let dimensions = [&pair.parts()[0], &pair.parts()[1]].map(|part| part.dimension.as_str());
                least = match self.tree.by_place.get(&pair) {
                    Some(pair) => least.min(self.by(*pair, end)),
                    None if self.pairs.contains(&dimensions) => 0.0,
                    None => least,
                };
            }
        }
        least
    }

    /// How much of what one of them had added to what it shares with a place it does no longer, and where that is told:
    /// where no series is of both, no more than what holds both shows.
    fn shared(&self, at: usize, end: &End) -> Option<(&'t Place, f64)> {
        let both = self.tree.meet(at, end.at)?;
        if let Some(both) = self.tree.by_place.get(&both) {
            return Some((self.tree.place(*both), self.by(*both, end)));
        }
        if self.tree.are_apart(at, end.at) {
            return None;
        }
        let known = self.tree.around(at, end.at).into_iter();
        let least = known.map(|at| self.by(at, end)).fold(f64::INFINITY, f64::min);
        Some((self.tree.place(end.at), least))
    }

    /// How much of what one of them had added to a place it does no longer.
    fn by(&self, at: usize, end: &End) -> f64 {
        self.less(at, end, 0.0).max(0.0)
    }

    /// By how much less a place is off what it cost before one of them than it was before the move, `least` at least.
    fn less(&self, at: usize, end: &End, least: f64) -> f64 {
        let costs = &self.tree.watched[at].node.costs;
        let usual = |day: usize| self.usual(at, day, end.start);
        let off = |day: usize| Some(self.sign * (costs.get(day).copied().flatten()? - usual(day)));
        let lately = end.lately.0..end.lately.1;
        let (added, then) = (mean(lately.clone().filter_map(off)).max(least), mean(lately.map(usual)));
        // What is added to a weekday goes by what that costs.
        let like = |day: usize| if then > 0.0 { (usual(day) / then).clamp(UNLIKE.recip(), UNLIKE) } else { 1.0 };
        let less = |day: usize| Some(added * like(day) - off(day)?.max(least));
        mean((self.days.0..=self.days.1).filter_map(less))
    }

    /// What a place cost on such a day just before another: as in the weeks before it, by as much more or less as the last.
    fn usual(&self, at: usize, day: usize, from: usize) -> f64 {
        self.of_weeks(at, day, from) * self.lately(at, from)
    }

    /// What a place cost on the same day of the last weeks before a day.
    fn of_weeks(&self, at: usize, day: usize, from: usize) -> f64 {
        let costs = &self.tree.watched[at].node.costs;
        let week = self.tree.settings.seasons.last().copied().unwrap_or(1);
        let weeks = (1..).map_while(|weeks| day.checked_sub(weeks * week)).filter(|day| *day < from);
        median(&mut weeks.take(WEEKS).filter_map(|day| costs.get(day).copied().flatten()).collect::<Vec<f64>>())
    }

    /// How many times what it did in the weeks before a place cost in the last days before a day.
    fn lately(&self, at: usize, from: usize) -> f64 {
        if let Some(known) = self.grown.borrow().get(&(at, from)) {
            return *known;
        }
        let costs = &self.tree.watched[at].node.costs;
        let times = |day: usize| {
            let (cost, was) = (costs.get(day).copied().flatten()?, self.of_weeks(at, day, day));
            (cost > 0.0 && was > 0.0).then(|| cost / was)
        };
        let days = from.saturating_sub(self.tree.settings.season())..from;
        let mut times: Vec<f64> = days.filter_map(times).collect();
        let grown = if times.is_empty() { 1.0 } else { median(&mut times).clamp(UNLIKE.recip(), UNLIKE) };
        self.grown.borrow_mut().insert((at, from), grown);
        grown
    }
}
