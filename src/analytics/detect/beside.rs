//! What goes on by itself beside something wider: a step in a place that all rises with for a day.
//!
//! What holds a place explains what that does, as long as both do it. But a place may have begun before, or go on after
//! what holds it is back: then that is a move of its own, and the wider one is what it did without it.

use super::event::{Event, Phase, Shape};
use super::explain::{ALONG, Cause, Left, MOST, PROVIDER, Taken, before, kind};
use super::tree::{Alarm, Anomaly, Node, TOGETHER, Tree};

/// The share of its band's half below which a place is calm.
const CALM: f64 = 0.5;

impl Tree<'_> {
    /// Whether all charges of a place are of another that is wider, by its parts or as those of one provider.
    fn is_inside(&self, narrow: usize, wide: usize) -> bool {
        let one_provider = |node: &Node| matches!((node.place.parts(), &node.providers[..]), ([part], [of]) if part.dimension == PROVIDER && part.value == *of);
        let (inner, outer) = (self.watched[narrow].node, self.watched[wide].node);
        let of_provider = || one_provider(outer) && inner.providers == outer.providers && inner.place.depth() > 0;
        narrow != wide && (outer.place.holds(&inner.place) || of_provider())
    }

    /// The last day on which what was explained at a wider place showed beside an alarm, where that goes on, or went on for
    /// long, by itself after it: of that it explains nothing.
    pub(super) fn outlived(&self, alarm: &Alarm, taken: &Taken) -> Option<usize> {
        let (event, other) = (&alarm.event, &taken.own?);
        let is_sudden = ![event.shape, other.shape].contains(&Shape::Ramp);
        let is_wider = self.is_inside(alarm.at, taken.at);
        if !is_sudden || !is_wider || event.direction != other.direction {
            return None;
        }
        let day = |step: i64| usize::try_from(step - self.first).unwrap_or(0);
        let sign = event.direction.sign();
        let moved = |at: usize, day: usize| sign * self.moved(at, (day, day), false);
        let rest = |day: usize| moved(taken.at, day) - moved(alarm.at, day);
        let from = day(other.start);
        let shown = rest(from);
        let reach = |day: usize| CALM * self.watched[taken.at].reach(day, sign);
        let is_calm = |rest: f64, day: usize| rest < reach(day).min(ALONG * shown);
        let is_own = shown > reach(from).max((1.0 - MOST) * moved(taken.at, from));
        // Until they are steps both are held against what was expected before them.
        let to = day(event.last.min(event.start.min(other.start) + self.settings.confirm as i64 - 1));
        let quiet = (from..=to).rev().take_while(|day| is_calm(rest(*day), *day)).count();
        let least = match event.phase {
            Phase::Over => self.settings.back(),
            _ if day(event.last) > to => 2,
            _ => 1,
        };
        // Where both go on, it is what the wider one is beyond this one.
        let goes_on = other.last == event.last && !is_calm((other.rate - event.rate) * sign, from);
        (is_own && !goes_on && quiet >= least).then(|| to - quiet)
    }

    /// The days that show an event, or, where something else that it outlived showed on those until a day, as many after it.
    pub(super) fn evidence_after(&self, event: &Event, outlived: &[(Taken, usize)]) -> (usize, usize) {
        let (from, to) = self.evidence(event);
        let day = |step: i64| usize::try_from(step - self.first).unwrap_or(0);
        let among = outlived
            .iter()
            .filter(|(taken, until)| taken.own.is_some_and(|own| day(own.start) <= to) && *until >= from);
        let Some(last) = among.map(|(_, until)| *until).max() else { return (from, to) };
        (last + 1, (last + 1 + to - from).min(day(event.last)))
    }

    /// Whether all that holds a place and moved with it did so later.
    pub(super) fn began_by_itself(&self, alarm: &Alarm, alarms: &[Alarm], causes: &[Cause]) -> bool {
        let holds = |wider: &&Alarm| self.is_inside(alarm.at, wider.at);
        let mut wider =
            alarms.iter().filter(holds).filter(|wider| wider.event.direction == alarm.event.direction).peekable();
        // What is but the end of something else began with that.
        let ends = |of: &Alarm| Left::new(self, of, &[], causes).ends.at(of.at).is_some();
        let is_later = |wider: &Alarm| self.began_before(alarm, wider) && ![alarm, wider].into_iter().any(ends);
        wider.peek().is_some() && wider.all(|wider| is_later(wider) || self.began_by_itself(wider, alarms, causes))
    }

    /// Whether what one place shows, and still does, had begun by itself before one that holds it moved: until then that
    /// moved by no more than this one, and then by more.
    fn began_before(&self, alarm: &Alarm, wider: &Alarm) -> bool {
        let (event, other) = (&alarm.event, &wider.event);
        let is_sudden = ![event.shape, other.shape].contains(&Shape::Ramp);
        let longer = if event.phase == Phase::Over { self.settings.back() as i64 } else { 0 };
        if !is_sudden || other.start <= event.start || event.last - other.last < longer {
            return false;
        }
        let day = |step: i64| usize::try_from(step - self.first).unwrap_or(0);
        let (until, shown) = ((day(event.start), day(other.start - 1)), self.evidence(other));
        let sign = event.direction.sign();
        let own = |days| sign * self.moved(alarm.at, days, false);
        let all = |days| sign * self.moved(wider.at, days, false);
        let rest = |days| all(days) - own(days);
        let was_out = own(until) > self.watched[alarm.at].reach(until.0, sign);
        was_out && rest(shown) > (1.0 - MOST) * all(shown) && rest(until) < ALONG * rest(shown)
    }

    /// Tells of what holds others that go on what it did beside them.
    pub(super) fn beside(&self, found: &mut [Anomaly], causes: &[Cause]) {
        for i in 0..found.len() {
            let Some(at) = self.by_place.get(&found[i].place).copied() else { continue };
            let event = found[i].event;
            let is_alike = |other: &&Anomaly| other.event.direction == event.direction;
            let now = found.iter().filter(is_alike).filter(|other| other.event.phase != Phase::Over);
            let now = now.filter_map(|other| Some((*self.by_place.get(&other.place)?, other.event.start)));
            let now = now.filter(|(other, _)| self.is_inside(*other, at));
            let lately = |cause: &&Cause| event.start - cause.start <= self.settings.settle;
            let before = causes.iter().filter(|cause| !cause.is_over && cause.direction == event.direction);
            let before = before.filter(|cause| self.is_inside(cause.at, at));
            let before = before.filter(lately).map(|cause| (cause.at, cause.start));
            let mut others: Vec<(usize, i64)> = Vec::new();
            for (other, start) in now.chain(before) {
                let meets = |(known, _): &(usize, i64)| {
                    !self.are_apart(*known, other) && self.place(*known).meet(self.place(other)).is_some()
                };
                if !others.iter().any(meets) {
                    others.push((other, start));
                }
            }
            // Of what is but an end in part, that part is off already.
            let is_whole = self.watched[at].events.iter().any(|own| own.impact.total_cmp(&event.impact).is_eq());
            if others.is_empty() || event.shape == Shape::Ramp || !is_whole {
                continue;
            }
            let near = |own: &&Event| own.direction == event.direction && (own.start - event.start).abs() <= TOGETHER;
            let own = self.events_beside(at, &others);
            if let Some(own) = own.iter().filter(near).min_by_key(|own| (own.start - event.start).abs()) {
                found[i].event = Event { found: own.found.min(event.found), ..*own };
                found[i].kind = kind(&found[i].place, &found[i].event, false);
            }
        }
    }

    /// The events of a place without what others in it cost, since they began, beyond what they did before.
    fn events_beside(&self, at: usize, others: &[(usize, i64)]) -> Vec<Event> {
        let mut node = self.watched[at].node.clone();
        for (other, start) in others {
            let from = usize::try_from(start - self.first).unwrap_or(0);
            let costs = &self.watched[*other].node.costs;
            for (day, cost) in node.costs.iter_mut().enumerate().skip(from) {
                let (Some(cost), Some(own)) = (cost.as_mut(), costs.get(day).copied().flatten()) else { continue };
                *cost -= own - before(costs, day, from + 7);
            }
        }
        self.events_of(&node)
    }
}
