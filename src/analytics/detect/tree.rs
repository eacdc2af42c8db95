//! Anomalies over a hierarchy of places: each cause once, at the highest place that explains it.
//!
//! Every place's series has a detector of its own, so that two moves that cancel in a total are
//! found below it. What begins within days of each other is taken together and explained, the highest
//! place first:
//!
//! 1. **Down.** From a place that moved to the one child, in any dimension, that has at least
//!    [`MOST`] of the move and clearly more of it than of the cost; and on from there. Where the move
//!    is spread over several children, the place itself is what moved, and they are its contributors.
//! 2. **Off.** The move is taken off every other place by what they have in common. A place of which
//!    enough is left to be out of its own band has a cause of its own and is explained next.
//!
//! This is the search for the fewest and highest places by explanatory power and surprise (Bhagwan et al.
//! 2014, Adtributor, NSDI; Li et al. 2019, Squeeze, ISSRE) for sums that are small enough to be searched whole.
//!
//! A place that never cost anything has no forecast: that it begins is an anomaly, of a new service, region
//! or account by its dimension.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::event::{Direction, Event, Phase, Reading, Shape};
use super::place::{Part, Place};
use super::series::{Detector, Settings};

/// The share of a move that one child must have to be what moved.
pub const MOST: f64 = 0.8;
/// How much more of the move than of the cost that must be.
const LIFT: f64 = 0.08;
/// The share of its band's half that a place must have moved for itself.
const NEARLY: f64 = 0.7;
/// Days between the beginnings of what is taken together.
const TOGETHER: i64 = 2;
/// The same for what moves slowly.
const TOGETHER_SLOW: i64 = 10;
/// The least share of a move that makes a contributor.
const PART: f64 = 0.05;
/// Days after a cause in which what it has in common with another place is its echo.
const ECHO: i64 = 14;
/// Days of a bill before anything in it can be new.
const KNOWN_DAYS: usize = 14;

/// A place's costs by day.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which place.
    pub place: Place,
    /// Its costs from the first day on; `None` where a day has not come.
    pub costs: Vec<Option<f64>>,
}

/// What kind of anomaly it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Costs that moved.
    Moved(Shape),
    /// A service that never cost before.
    NewService,
    /// A region that never cost before.
    NewRegion,
    /// An account that never cost before.
    NewAccount,
    /// A commitment that costs nothing any more.
    Expired,
    /// More costs without a tag.
    Untagged,
}

/// A part of an anomaly.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Contributor {
    /// By what it is narrower than the anomaly's place.
    pub part: Part,
    /// Its share of the move.
    pub share: f64,
    /// Its move a day.
    pub moved: f64,
}

/// An anomaly.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Anomaly {
    /// Where.
    pub place: Place,
    /// What kind.
    pub kind: Kind,
    /// The event of the place's series.
    pub event: Event,
    /// What it moved by, a day, as it was found.
    pub moved: f64,
    /// Who contributed, the largest first.
    pub contributors: Vec<Contributor>,
    /// The place of the anomaly of about the same size in the other direction, which began with it.
    pub cancels: Option<Place>,
}

/// One place's days and what its detector said of them.
struct Watched<'a> {
    node: &'a Node,
    expected: Vec<f64>,
    /// How far a day may be from what was expected.
    reach: Vec<f64>,
    events: Vec<Event>,
    /// The day on which it first cost something, if that is news.
    born: Option<usize>,
}

/// An event of a place: what is to be explained.
#[derive(Clone, Copy)]
struct Alarm {
    at: usize,
    event: Event,
    born: bool,
}

/// What was explained: its echoes are no news.
#[derive(Clone, Copy)]
struct Cause {
    at: usize,
    start: i64,
    last: i64,
    direction: Direction,
}

/// The hierarchy, watched.
struct Tree<'a> {
    watched: Vec<Watched<'a>>,
    by_place: HashMap<&'a Place, usize>,
    /// Children of each place.
    children: Vec<Vec<usize>>,
    settings: &'a Settings,
    first: i64,
}

/// Finds the anomalies of a bill. `first` is the first day of all series; `settled` how many days are
/// settled: of those after, only rises are told.
#[must_use]
pub fn find(nodes: &[Node], first: i64, settled: usize, settings: &Settings) -> Vec<Anomaly> {
    let tree = Tree::watch(nodes, first, settled, settings);
    let mut alarms = tree.alarms();
    alarms.sort_by_key(|alarm| (alarm.event.start, alarm.event.found, tree.depth(alarm.at)));
    let mut found = Vec::new();
    let mut causes = Vec::new();
    while let Some(lead) = alarms.first().copied() {
        let near = |alarm: &Alarm| {
            let slow = alarm.event.shape == Shape::Ramp || lead.event.shape == Shape::Ramp;
            alarm.event.start - lead.event.start <= if slow { TOGETHER_SLOW } else { TOGETHER }
        };
        let (together, later) = alarms.into_iter().partition(near);
        alarms = later;
        found.extend(tree.explain(together, &mut causes));
    }
    found
}

fn watch<'a>(node: &'a Node, first: i64, settled: usize, settings: &Settings) -> Watched<'a> {
    let mut detector = Detector::new(settings.clone());
    let born = node.costs.iter().position(|cost| cost.is_some_and(|cost| cost.abs() > settings.absolute));
    // Nothing is learnt of the time before a place was.
    let from = node.costs.iter().position(|cost| cost.is_some_and(|cost| cost != 0.0)).unwrap_or(node.costs.len());
    let mut watched = Watched {
        node,
        expected: vec![0.0; node.costs.len()],
        reach: vec![settings.absolute; node.costs.len()],
        events: Vec::new(),
        born: born.filter(|day| *day >= KNOWN_DAYS && *day - from <= 1),
    };
    let mut early: Option<Event> = None;
    for (day, cost) in node.costs.iter().enumerate().skip(from) {
        let Some(cost) = *cost else { continue };
        let step = first + day as i64;
        let reading = if day < settled { detector.push(step, cost) } else { detector.peek(step, cost) };
        watched.expected[day] = reading.expected;
        watched.reach[day] = (reading.upper - reading.expected).min(reading.expected - reading.lower);
        if day >= settled && (reading.found || early.is_some() && reading.out) {
            grow(&mut early, step, cost, &reading);
        }
    }
    watched.events = detector.events();
    watched.events.extend(early);
    watched
}

fn grow(early: &mut Option<Event>, step: i64, cost: f64, reading: &Reading) {
    match early {
        Some(event) => event.add(step, cost, reading),
        None => *early = Some(Event::begin(Shape::Spike, step, step, cost, reading)),
    }
}

impl<'a> Tree<'a> {
    fn watch(nodes: &'a [Node], first: i64, settled: usize, settings: &'a Settings) -> Self {
        let watched: Vec<Watched<'a>> = nodes.iter().map(|node| watch(node, first, settled, settings)).collect();
        let by_place: HashMap<&Place, usize> = nodes.iter().enumerate().map(|(at, node)| (&node.place, at)).collect();
        let mut children = vec![Vec::new(); nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            for part in node.place.parts() {
                let wider = node.place.parts().iter().filter(|p| *p != part);
                let wider = Place::new(wider.map(|p| (p.dimension.clone(), p.value.clone())));
                if let Some(parent) = by_place.get(&wider) {
                    children[*parent].push(at);
                }
            }
        }
        Tree { watched, by_place, children, settings, first }
    }

    fn depth(&self, at: usize) -> usize {
        self.watched[at].node.place.depth()
    }

    /// All events of all places, with what is new.
    fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for (at, watched) in self.watched.iter().enumerate() {
            alarms.extend(watched.events.iter().map(|event| Alarm { at, event: *event, born: false }));
            if let Some(day) = watched.born.filter(|_| self.depth(at) == 1) {
                alarms.push(Alarm { at, event: self.birth(at, day), born: true });
            }
        }
        alarms
    }

    /// The event of a place that begins.
    fn birth(&self, at: usize, day: usize) -> Event {
        let costs = &self.watched[at].node.costs;
        let reading = Reading { expected: 0.0, lower: 0.0, upper: 0.0, score: 0.0, out: true, found: true };
        let step = |day: usize| self.first + day as i64;
        let mut event = Event::begin(Shape::Step, step(day), step(day), costs[day].unwrap_or(0.0), &reading);
        for (later, cost) in costs.iter().enumerate().skip(day + 1) {
            if step(later) - event.start > self.settings.settle {
                event.phase = Phase::Settled;
                return event;
            }
            if let Some(cost) = cost {
                event.add(step(later), *cost, &reading);
            }
        }
        event.phase = if event.rate > self.settings.absolute { Phase::Lasting } else { Phase::Over };
        event
    }

    /// By how much a place is off what was expected, a day, over some days.
    fn moved(&self, at: usize, days: (usize, usize), slow: bool) -> f64 {
        let watched = &self.watched[at];
        let mut sum = 0.0;
        let mut n = 0;
        for day in days.0..=days.1 {
            if let Some(cost) = watched.node.costs.get(day).copied().flatten() {
                sum += cost - if slow { before(&watched.node.costs, day, days.0) } else { watched.expected[day] };
                n += 1;
            }
        }
        sum / f64::from(n.max(1))
    }

    /// Explains what began together.
    fn explain(&self, mut alarms: Vec<Alarm>, causes: &mut Vec<Cause>) -> Vec<Anomaly> {
        alarms.sort_by_key(|alarm| (!alarm.born, self.depth(alarm.at)));
        let mut found: Vec<Anomaly> = Vec::new();
        let mut taken: Vec<(usize, f64)> = Vec::new();
        for alarm in &alarms {
            let days = self.evidence(&alarm.event);
            let slow = alarm.event.shape == Shape::Ramp;
            let moves = |at: usize| self.moved(at, days, slow);
            let mut left: HashMap<usize, f64> = HashMap::new();
            let mut rest = |at: usize| *left.entry(at).or_insert_with(|| self.rest(at, moves(at), &taken, &moves));
            let own = rest(alarm.at);
            let all = moves(alarm.at);
            let reach = self.watched[alarm.at].reach[days.0];
            let is_explained = !taken.is_empty() && own.abs() < (0.6 * reach).max(0.4 * all.abs());
            if is_explained || self.is_echo(alarm, own, days, causes) || own * alarm.event.direction.sign() < self.settings.absolute {
                continue;
            }
            let at = if alarm.born { alarm.at } else { self.down(alarm.at, days, &mut rest) };
            if found.iter().any(|anomaly| anomaly.place == self.watched[at].node.place) {
                continue;
            }
            let moved = rest(at);
            if at == alarm.at || self.is_out(at, days, slow) {
                found.push(self.anomaly(at, alarm, moved, &mut rest));
            }
            taken.push((at, moved));
        }
        pair_up(&mut found);
        causes.extend(taken.iter().filter_map(|(at, moved)| {
            let alarm = alarms.iter().find(|a| a.at == *at).or(alarms.first())?;
            let (start, last) = (alarm.event.start, alarm.event.last);
            Some(Cause { at: *at, start, last, direction: Direction::of(*moved) })
        }));
        found
    }

    /// Whether a place's move is what an earlier cause still does, or undoes, in what they have in common:
    /// a sum may notice it only days later, and its forecast may have begun to follow.
    fn is_echo(&self, alarm: &Alarm, own: f64, days: (usize, usize), causes: &[Cause]) -> bool {
        let place = &self.watched[alarm.at].node.place;
        causes.iter().any(|cause| {
            if alarm.event.start - cause.last.min(cause.start + ECHO) > ECHO {
                return false;
            }
            let other = &self.watched[cause.at].node.place;
            let Some(both) = place.meet(other) else { return false };
            let Some(both) = self.by_place.get(&both) else { return false };
            let from = usize::try_from(cause.start - self.first).unwrap_or(0);
            let costs = &self.watched[*both].node.costs;
            let (mut shared, mut n) = (0.0, 0.0);
            for day in days.0..=days.1 {
                shared += costs[day].unwrap_or(0.0) - before(costs, day, from);
                n += 1.0;
            }
            let shared = shared / n;
            let goes_on = shared * own > 0.0 && shared.abs() >= 0.5 * own.abs();
            let ends = alarm.event.direction != cause.direction && cause.last + 3 >= alarm.event.start;
            goes_on || ends
        })
    }

    /// The days that show an event: its first, until it was found.
    fn evidence(&self, event: &Event) -> (usize, usize) {
        let day = |step: i64| usize::try_from(step - self.first).unwrap_or(0);
        let from = if event.shape == Shape::Ramp { event.found - 2 } else { event.start };
        (day(from), day(event.found.max(from)))
    }

    /// What is left of a place's move without the moves that are explained.
    fn rest(&self, at: usize, moved: f64, taken: &[(usize, f64)], moves: &dyn Fn(usize) -> f64) -> f64 {
        let place = &self.watched[at].node.place;
        let mut rest = moved;
        for (other, by) in taken {
            let other = &self.watched[*other].node.place;
            if other.holds(place) {
                return 0.0;
            }
            let Some(both) = place.meet(other) else { continue };
            rest -= match self.by_place.get(&both) {
                Some(both) if self.watched[*both].node.place == *other => *by,
                Some(both) => moves(*both),
                None if by * moved > 0.0 => by.abs().min(moved.abs()).copysign(moved),
                None => 0.0,
            };
        }
        if rest * moved < 0.0 { 0.0 } else { rest }
    }

    /// Goes down from a place to where the move is.
    fn down(&self, from: usize, days: (usize, usize), rest: &mut impl FnMut(usize) -> f64) -> usize {
        let mut at = from;
        loop {
            let whole = rest(at);
            let cost = |at: usize| self.watched[at].expected[days.0].max(0.0);
            let all = cost(at).max(self.settings.absolute);
            let mut best: Option<(f64, usize)> = None;
            for child in &self.children[at] {
                let share = rest(*child) / whole;
                let surprise = share.min(1.0) - cost(*child) / all;
                if share >= MOST && surprise > LIFT && best.is_none_or(|(most, _)| surprise > most) {
                    best = Some((surprise, *child));
                }
            }
            match best {
                Some((_, child)) => at = child,
                None => return at,
            }
        }
    }

    /// Whether a place's move is out of the ordinary for itself, or nearly: a leap of a cost that often leaps
    /// may stand out in a sum that is otherwise even, but is no anomaly.
    fn is_out(&self, at: usize, days: (usize, usize), slow: bool) -> bool {
        let watched = &self.watched[at];
        let off = |day: usize| (watched.node.costs[day].unwrap_or(0.0) - watched.expected[day]).abs();
        slow || (days.0..=days.1).any(|day| off(day) > NEARLY * watched.reach[day])
    }

    fn anomaly(&self, at: usize, alarm: &Alarm, moved: f64, rest: &mut impl FnMut(usize) -> f64) -> Anomaly {
        let watched = &self.watched[at];
        let near = |event: &&Event| {
            (event.start - alarm.event.start).abs() <= TOGETHER_SLOW && event.direction == alarm.event.direction
        };
        let own = watched.events.iter().filter(near).min_by_key(|event| (event.start - alarm.event.start).abs());
        let born = watched.born.filter(|day| (self.first + *day as i64 - alarm.event.start).abs() <= TOGETHER);
        let event = match (own, born) {
            (_, Some(day)) => self.birth(at, day),
            (Some(event), None) if !alarm.born => Event { found: event.found.min(alarm.event.found), ..*event },
            _ => alarm.event,
        };
        let mut contributors: Vec<Contributor> = self.children[at]
            .iter()
            .filter_map(|child| {
                let by = rest(*child);
                let part = watched.node.place.step_to(&self.watched[*child].node.place)?.clone();
                Some(Contributor { part, share: by / moved, moved: by })
            })
            .filter(|c| c.share.abs() >= PART)
            .collect();
        contributors.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()).then_with(|| a.part.cmp(&b.part)));
        let kind = kind(&watched.node.place, &event, born.is_some());
        Anomaly { place: watched.node.place.clone(), kind, event, moved, contributors, cancels: None }
    }
}

/// What a place cost on the same weekday of the weeks before: the median of four.
fn before(costs: &[Option<f64>], day: usize, from: usize) -> f64 {
    let weeks = (1..).map_while(|week| day.checked_sub(7 * week)).filter(|day| day + 7 < from);
    let mut costs: Vec<f64> = weeks.take(4).filter_map(|day| costs[day]).collect();
    super::scale::median(&mut costs)
}

fn kind(place: &Place, event: &Event, born: bool) -> Kind {
    let [part] = place.parts() else { return Kind::Moved(event.shape) };
    match (part.dimension.as_str(), event.direction) {
        ("service", _) if born => Kind::NewService,
        ("region", _) if born => Kind::NewRegion,
        ("account", _) if born => Kind::NewAccount,
        ("commitment", Direction::Down) if event.actual.abs() <= 0.05 * event.expected.abs() => Kind::Expired,
        (tag, Direction::Up) if tag.starts_with("tag:") && part.value.is_empty() => Kind::Untagged,
        _ => Kind::Moved(event.shape),
    }
}

/// Marks moves of about the same size in opposite directions.
fn pair_up(found: &mut [Anomaly]) {
    for i in 0..found.len() {
        for k in i + 1..found.len() {
            let (a, b) = (&found[i], &found[k]);
            let sum = (a.moved + b.moved).abs();
            if a.cancels.is_none() && b.cancels.is_none() && sum < 0.3 * a.moved.abs().max(b.moved.abs()) {
                let (to, from) = (b.place.clone(), a.place.clone());
                found[i].cancels = Some(to);
                found[k].cancels = Some(from);
            }
        }
    }
}
