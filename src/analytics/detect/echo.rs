//! Whether a move is news, or what an earlier cause still does: a sum may notice that only days later, or again once
//! something else in it that hid it is over.

use super::event::{Phase, Shape};
use super::explain::{Cause, EVEN, Left, before};
use super::scale::{mean, median};
use super::tree::{Alarm, Tree};

/// Days after a cause in which what it has in common with another place is its echo.
const ECHO: i64 = 14;
/// Days before a move on which what it is an echo of had moved, and by which share of it at least: by less a place is level.
const WEEK: usize = 7;
const STILL: f64 = 0.25;
/// How many times its threshold what is over must be off to be told upon a step.
const CLEAR: f64 = 2.5;
/// Days that tell whether a place was level.
const LEVEL: usize = 3;

impl Tree<'_> {
    /// Whether a place's move is what an earlier cause still does in what they have in common: a sum may notice it
    /// only days later, and its forecast may have begun to follow. What both share had moved by then, and stayed so
    /// where the cause was over.
    pub(super) fn is_echo(&self, alarm: &Alarm, left: &Left<'_>, causes: &[Cause]) -> bool {
        let (own, days) = (left.of(alarm.at), left.days);
        causes.iter().any(|cause| {
            let is_late = alarm.event.start - cause.last.min(cause.start + ECHO) > ECHO;
            if is_late || cause.direction != alarm.event.direction {
                return false;
            }
            let Some(both) = self.meet(alarm.at, cause.at) else { return false };
            let shared = match self.by_place.get(&both) {
                Some(both) => vec![*both],
                None if self.are_apart(alarm.at, cause.at) => return false,
                // No more than each series that holds it shows.
                None => [vec![alarm.at], self.around(alarm.at, cause.at)].concat(),
            };
            let is_it = |at: &usize| self.had_moved(*at, alarm, left, (cause, causes));
            shared.iter().all(is_it) && !self.is_further(alarm, own, days, cause)
        })
    }

    /// Whether most of what is left of an alarm is what a place does since a cause, and had done by then.
    fn had_moved(&self, at: usize, alarm: &Alarm, left: &Left<'_>, (cause, causes): (&Cause, &[Cause])) -> bool {
        let (own, days, began) = (left.of(alarm.at), left.days, self.day(cause.start));
        let hidden = self.against(at, cause, left, causes);
        let off = |day: usize| {
            let by = |at: usize| {
                let costs = &self.watched[at].node.costs;
                Some(costs.get(day).copied().flatten()? - before(costs, day, began))
            };
            Some(by(at)? - hidden.iter().filter_map(|at| by(*at)).sum::<f64>())
        };
        let shared = mean((days.0..=days.1).filter_map(off));
        // What goes on to grow, of what such days cost before, is the more unlike what was there.
        let to = self.day(alarm.event.last).min(days.0.saturating_add(self.settings.confirm)).max(days.1);
        let times = |to: usize| {
            let costs = &self.watched[at].node.costs;
            let was: f64 = (days.0..=to).map(|day| before(costs, day, began)).sum();
            (days.0..=to).filter_map(off).sum::<f64>() / was
        };
        let grown = times(to) / times(days.1);
        let most = if grown > 1.0 && grown.is_finite() { grown * shared } else { shared };
        let since = if cause.is_over { self.day(cause.last + 1) } else { began };
        let until = self.day(alarm.event.start);
        let mut lately: Vec<f64> = (since.max(until.saturating_sub(WEEK))..until).filter_map(off).collect();
        let had_moved = lately.is_empty() || median(&mut lately) / most >= STILL;
        shared * own > 0.0 && shared.abs() >= 0.5 * own.abs() && had_moved
    }

    /// The places within another at which something went the other way between a cause and an alarm: what they cost then
    /// says nothing of what the rest did. No two of them have charges in common.
    fn against(&self, at: usize, cause: &Cause, left: &Left<'_>, causes: &[Cause]) -> Vec<usize> {
        let later = |other: &&Cause| other.direction != cause.direction && other.start > cause.start;
        let known = causes.iter().filter(later).map(|other| other.at);
        let taken = left.against.iter().map(|taken| taken.at);
        let mut within: Vec<usize> = Vec::new();
        for other in known.chain(taken) {
            let Some(both) = self.meet(at, other) else { continue };
            let Some(both) = self.by_place.get(&both).copied().filter(|both| *both != at) else { continue };
            if !within.iter().any(|known| self.meet(*known, both).is_some()) {
                within.push(both);
            }
        }
        within
    }

    /// Whether an alarm is a step upon that of an earlier cause at the very same place, which had been level since, and then
    /// moved by as much as is told of it against the same days a season ago.
    fn is_further(&self, alarm: &Alarm, own: f64, days: (usize, usize), cause: &Cause) -> bool {
        // What came and went upon it may be the noise of a place that leaps: it must be clear.
        let is_clear = alarm.event.phase != Phase::Over || alarm.event.score >= CLEAR * self.settings.threshold;
        if cause.at != alarm.at || cause.is_slow || alarm.event.shape == Shape::Ramp || !is_clear {
            return false;
        }
        let (began, until, season) = (self.day(cause.start), self.day(alarm.event.start), self.settings.season());
        let costs = &self.watched[alarm.at].node.costs;
        let cost = |day: usize| costs.get(day).copied().flatten();
        let more = |day: usize| {
            let then = day.checked_sub(season).filter(|then| (began..until).contains(then))?;
            Some(cost(day)? - cost(then)?)
        };
        let mut before: Vec<f64> = (until.saturating_sub(season)..until).filter_map(more).collect();
        let is_level = before.len() >= LEVEL && median(&mut before).abs() <= STILL * own.abs();
        is_level && mean((days.0..=days.1).filter_map(more)) / own >= EVEN
    }
}
