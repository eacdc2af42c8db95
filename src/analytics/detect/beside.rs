//! What goes on by itself beside something wider: a step in a place that all rises with for a day.
//!
//! What holds a place explains what that does, as long as both do it. But a place may have begun before, or go on
//! after what holds it is back: then that is a move of its own, and the wider one is what it did without it
//! ([`Series::net`]): no money is told twice. So it is of a step upon a step at the very same place: the first is told
//! without the second.

use std::collections::HashMap;

use super::event::{Event, Phase, Shape};
use super::explain::{ALONG, Cause, Left, MOST, Taken, before};
use super::inside::is_inside;
use super::place::{Place, are_apart};
use super::settings::Settings;
use super::tree::{self, Alarm, Anomaly, Kind, Node, TOGETHER, Tree, Watched};

/// The share of its band's half below which a place is calm.
const CALM: f64 = 0.5;

impl Tree<'_> {
    /// Whether all charges of a place are of another that is wider.
    fn is_inside(&self, narrow: usize, wide: usize) -> bool {
        let node = |at: usize| self.watched[at].node;
        is_inside(node(narrow), node(wide), |place| Some(node(*self.by_place.get(place)?)))
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
        let sign = event.direction.sign();
        let moved = |at: usize, day: usize| sign * self.moved(at, (day, day), false);
        let rest = |day: usize| moved(taken.at, day) - moved(alarm.at, day);
        let from = self.day(other.start);
        let shown = rest(from);
        let reach = |day: usize| CALM * self.watched[taken.at].reach(day, sign);
        let is_calm = |rest: f64, day: usize| rest < reach(day).min(ALONG * shown);
        let is_own = shown > reach(from).max((1.0 - MOST) * moved(taken.at, from));
        // Until they are steps both are held against what was expected before them.
        let to = self.day(event.last.min(event.start.min(other.start) + self.settings.confirm as i64 - 1));
        let quiet = (from..=to).rev().take_while(|day| is_calm(rest(*day), *day)).count();
        let least = match event.phase {
            Phase::Over => self.settings.back(),
            _ if self.day(event.last) > to => 2,
            _ => 1,
        };
        // Where both go on, it is what the wider one is beyond this one.
        let goes_on = other.last == event.last && !is_calm((other.rate - event.rate) * sign, from);
        (is_own && !goes_on && quiet >= least).then(|| to - quiet)
    }

    /// The days that show an event, or, where something else that it outlived showed on those until a day, as many after it.
    pub(super) fn evidence_after(&self, event: &Event, outlived: &[(Taken, usize)]) -> (usize, usize) {
        let (from, to) = self.evidence(event);
        let among = outlived
            .iter()
            .filter(|(taken, until)| taken.own.is_some_and(|own| self.day(own.start) <= to) && *until >= from);
        let Some(last) = among.map(|(_, until)| *until).max() else { return (from, to) };
        (last + 1, (last + 1 + to - from).min(self.day(event.last)))
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
        let (until, shown) = ((self.day(event.start), self.day(other.start - 1)), self.evidence(other));
        let sign = event.direction.sign();
        let own = |days| sign * self.moved(alarm.at, days, false);
        let all = |days| sign * self.moved(wider.at, days, false);
        let rest = |days| all(days) - own(days);
        let was_out = own(until) > self.watched[alarm.at].reach(until.0, sign);
        was_out && rest(shown) > (1.0 - MOST) * all(shown) && rest(until) < ALONG * rest(shown)
    }
}

/// The series of a bill's places, as anomalies are reckoned from them.
pub struct Series<'n> {
    nodes: HashMap<&'n Place, &'n Node>,
    first: i64,
    settled: usize,
    settings: &'n Settings,
}

impl<'n> Series<'n> {
    /// Those of some places, of the same days and settings as [`tree::find`] takes.
    #[must_use]
    pub fn new(nodes: &'n [Node], first: i64, settled: usize, settings: &'n Settings) -> Self {
        Series { nodes: nodes.iter().map(|node| (&node.place, node)).collect(), first, settled, settings }
    }

    /// Tells of what holds others that are told, or goes on below further ones of its own place, what it did beside them,
    /// and of what does no more all of it again. Says which of `found` are other than they were.
    pub fn net(&self, found: &mut [Anomaly]) -> Vec<bool> {
        let told = |one: &Anomaly| self.nodes.get(&one.place).map(|node| (*node, self.own(node, one)));
        let told: Vec<(&Node, Event)> = found.iter().filter_map(told).collect();
        let net = |anomaly: &mut Anomaly| self.without(anomaly, &told).map(|net| *anomaly = net).is_some();
        found.iter_mut().map(net).collect()
    }

    /// An anomaly's event in the figures of its own place: of what is told by the event of a place that holds it, those of
    /// its move.
    fn own(&self, node: &Node, anomaly: &Anomaly) -> Event {
        let event = anomaly.event;
        let cost = node.costs.get(self.day(event.peak)).copied().flatten();
        let is_own = cost.is_none_or(|cost| event.is_of(cost));
        let (impact, rate) = (anomaly.moved * f64::from(event.steps), anomaly.moved);
        if is_own || anomaly.is_net { event } else { Event { impact, rate, ..event } }
    }

    /// An anomaly without those that are told within it, and without further ones of its place, where that is other than
    /// it is.
    fn without(&self, anomaly: &Anomaly, told: &[(&'n Node, Event)]) -> Option<Anomaly> {
        let (node, event) = (*self.nodes.get(&anomaly.place)?, anomaly.event);
        let may_hold = event.shape != Shape::Ramp && matches!(anomaly.kind, Kind::Moved(_));
        let within = if may_hold { self.within(node, &event, told) } else { Vec::new() };
        let further = further(node, &event, told);
        let was_whole = !anomaly.is_net && !anomaly.has_further;
        // What is but an end in part, or the sum of pieces, is reckoned already.
        let is_whole = |own: &Event| own.impact.total_cmp(&event.impact).is_eq();
        let is_alone = within.is_empty() && further.is_empty();
        if was_whole && (is_alone || !self.events(node, &event).iter().any(is_whole)) {
            return None;
        }
        let rest = self.take_out(node, &within);
        let own = nearest(&self.events(&rest, &event), &event)?;
        let less = self.without_further(rest, own, further, within.is_empty());
        let (is_net, has_further) = (!within.is_empty(), less != own);
        let event = Event { found: own.found.min(event.found), ..less };
        let kind = match anomaly.kind {
            Kind::Moved(_) => Kind::Moved(event.shape),
            kind => kind,
        };
        let is_same = (is_net, has_further) == (anomaly.is_net, anomaly.has_further) && event == anomaly.event;
        (!is_same).then(|| Anomaly { event, kind, is_net, has_further, ..anomaly.clone() })
    }

    /// An event of a series without what further ones, the first first, had added until it was seen last. `may_be_other`:
    /// whether those that this series' detector does not know are taken off as they are told.
    fn without_further(&self, mut node: Node, own: Event, further: Vec<Event>, may_be_other: bool) -> Event {
        if further.is_empty() {
            return own;
        }
        let days = self.day(own.last + 1);
        node.settled = Some(node.settled.unwrap_or(self.settled).min(days));
        node.costs.truncate(days);
        let mut later = self.events(&node, &own);
        later.retain(|event| event.start > own.start);
        let (mut less, mut last) = (own, own.start);
        for further in further {
            // What began while an earlier one of them went on is in that.
            if further.start > last
                && let Some(seen) = nearest(&later, &further).or(may_be_other.then_some(further))
            {
                (less, last) = (less.without(&seen), seen.last);
            }
        }
        less
    }

    /// The events of a place's series; where it began with one that is asked for, what it cost since.
    fn events(&self, node: &Node, of: &Event) -> Vec<Event> {
        let Watched { mut events, born, .. } = tree::watch(node, self.first, self.settled, self.settings);
        let is_near = |step: i64| (step - of.start).abs() <= TOGETHER;
        if let Some(day) = born.filter(|day| is_near(self.first + *day as i64)) {
            let settled = node.settled.unwrap_or(self.settled);
            events.retain(|event| !is_near(event.start));
            events.push(tree::birth(node, (self.first, settled), self.settings, day));
        }
        events
    }

    /// Where a step is among the days of all places.
    fn day(&self, step: i64) -> usize {
        usize::try_from(step - self.first).unwrap_or(0)
    }

    /// What is told within a place that moved the same way, the most money first; of those that have some in common
    /// one.
    fn within(&self, node: &Node, event: &Event, told: &[(&'n Node, Event)]) -> Vec<(&'n Node, Event)> {
        let lately = |other: &Event| {
            let is_begun = event.start - other.start <= self.settings.settle && other.start <= event.last;
            is_begun && (other.phase != Phase::Over || other.last >= event.start)
        };
        let get = |place: &Place| self.nodes.get(place).copied();
        let is_within = |(other, own): &&(&'n Node, Event)| {
            own.direction == event.direction && lately(own) && is_inside(other, node, get)
        };
        let mut within: Vec<(&Node, Event)> = Vec::new();
        for (other, own) in told.iter().filter(is_within) {
            // All that a place did since the first of several moves is what they did.
            match within.iter_mut().find(|(known, _)| known.place == other.place) {
                Some((_, all)) => *all = all.with(own),
                None => within.push((other, *own)),
            }
        }
        within.sort_by(|(_, a), (_, b)| b.impact.abs().total_cmp(&a.impact.abs()));
        let mut apart: Vec<(&Node, Event)> = Vec::new();
        for (other, own) in within {
            let meets = |(known, _): &(&Node, Event)| {
                !are_apart(&known.providers, &other.providers) && known.place.meet(&other.place).is_some()
            };
            if !apart.iter().any(meets) {
                apart.push((other, own));
            }
        }
        apart
    }

    /// A place without what others in it cost, as long as they go on, beyond what they did before.
    fn take_out(&self, node: &Node, others: &[(&Node, Event)]) -> Node {
        let mut node = node.clone();
        for (other, event) in others {
            let from = self.day(event.start);
            let until = if event.phase == Phase::Over { self.day(event.last + 1) } else { node.costs.len() };
            for (day, cost) in node.costs.iter_mut().enumerate().take(until).skip(from) {
                let (Some(cost), Some(own)) = (cost.as_mut(), other.costs.get(day).copied().flatten()) else {
                    continue;
                };
                *cost -= own - before(&other.costs, day, from + 7);
            }
        }
        node
    }
}

/// Of some events the one of another's direction that began with it.
fn nearest(events: &[Event], to: &Event) -> Option<Event> {
    let near = |event: &&Event| event.direction == to.direction && (event.start - to.start).abs() <= TOGETHER;
    events.iter().filter(near).min_by_key(|event| (event.start - to.start).abs()).copied()
}

/// The further moves of the same place and direction that are told by themselves and began while one went on, the first
/// first.
fn further(node: &Node, event: &Event, told: &[(&Node, Event)]) -> Vec<Event> {
    let is_further = |(other, own): &&(&Node, Event)| {
        let later = event.start + TOGETHER + 1..=event.last;
        other.place == node.place && own.direction == event.direction && later.contains(&own.start)
    };
    let mut further: Vec<Event> = told.iter().filter(is_further).map(|(_, own)| *own).collect();
    further.sort_by_key(|own| own.start);
    further
}
