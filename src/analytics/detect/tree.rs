//! Anomalies over a hierarchy of places: each cause once, at the highest place that explains it.
//!
//! Every place's series has a detector of its own, so that two moves that cancel in a total are
//! found below it. What begins within days of each other is taken together and explained, the highest
//! place first:
//!
//! 1. **Down.** From a place that moved to the one child, in any dimension, that has at least
//!    most of the move and clearly more of it than of the cost; and on from there. Children of a provider are the
//!    services, accounts and regions that it alone has. Where the move
//!    is spread over several children, the place itself is what moved, and they are its contributors.
//! 2. **Off.** The move is taken off every other place by what they have in common. A place of which
//!    enough is left to be out of its own band has a cause of its own and is explained next.
//!
//! What began by itself before what holds it, or goes on after that is back, is told by itself, and the wider one by what
//! it did beside it (`beside`).
//!
//! First of all what only ends is taken off: of a fall as much as earlier rises had added that are over with it, on
//! whichever days they began (`ends`).
//!
//! This is the search for the fewest and highest places by explanatory power and surprise (Bhagwan et al.
//! 2014, Adtributor, NSDI; Li et al. 2019, Squeeze, ISSRE) for sums that are small enough to be searched whole.
//!
//! A place that never cost anything has no forecast: that it begins is an anomaly, of a new service, region,
//! account or provider by its dimension. What it cost before the first day that is looked at is told with it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::beside::Series;
use super::event::{Event, Phase, Reading, Shape};
use super::explain::PROVIDER;
use super::inside::is_of_provider;
use super::place::{Part, Place};
use super::series::{Detector, Settings};

/// Days between the beginnings of what is taken together.
pub(super) const TOGETHER: i64 = 2;
/// The same for what moves slowly.
pub(super) const TOGETHER_SLOW: i64 = 10;
/// Days of a bill before anything in it can be new.
pub const KNOWN_DAYS: usize = 14;

/// A place's costs by day.
#[derive(Clone, Default, Debug)]
pub struct Node {
    /// Which place.
    pub place: Place,
    /// Its costs from the first day on; `None` where a day has not come.
    pub costs: Vec<Option<f64>>,
    /// How many of its days are settled, where it is fewer or more than of the others.
    pub settled: Option<usize>,
    /// Whether it cost something before the first day: that it begins is no news.
    pub was_billed: bool,
    /// The providers whose charges it holds; none where that is not known.
    pub providers: Vec<String>,
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
    /// A provider that never cost before.
    NewProvider,
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
    /// Whether its event is without those of others that are told within it.
    #[serde(default)]
    pub is_net: bool,
    /// Whether its event is without those of further ones at its place, that began while it went on.
    #[serde(default)]
    pub has_further: bool,
    /// Who contributed, the largest first.
    pub contributors: Vec<Contributor>,
    /// The place of the anomaly of about the same size in the other direction, which began with it.
    pub cancels: Option<Place>,
}

/// One place's days and what its detector said of them.
pub(super) struct Watched<'a> {
    pub(super) node: &'a Node,
    pub(super) expected: Vec<f64>,
    /// How far a day may be below what was expected, and above.
    pub(super) reach: Vec<(f64, f64)>,
    pub(super) events: Vec<Event>,
    /// The day on which it first cost something, if that is news.
    pub(super) born: Option<usize>,
    /// How many of its days are settled.
    settled: usize,
}

/// An event of a place: what is to be explained.
#[derive(Clone, Copy)]
pub(super) struct Alarm {
    pub(super) at: usize,
    pub(super) event: Event,
    pub(super) born: bool,
}

/// The hierarchy, watched.
pub(super) struct Tree<'a> {
    pub(super) watched: Vec<Watched<'a>>,
    pub(super) by_place: HashMap<&'a Place, usize>,
    /// Children of each place.
    pub(super) children: Vec<Vec<usize>>,
    pub(super) settings: &'a Settings,
    pub(super) first: i64,
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
        let (together, later): (Vec<Alarm>, Vec<Alarm>) = alarms.into_iter().partition(near);
        let ends = |alarm: &&Alarm| together.iter().any(|other| tree.is_after(alarm, other));
        let ends: Vec<Alarm> = together.iter().filter(ends).copied().collect();
        let is_after = |alarm: &Alarm| ends.iter().any(|end| tree.is_with(alarm, end));
        let (after, together): (Vec<Alarm>, Vec<Alarm>) = together.iter().partition(|alarm| is_after(alarm));
        alarms = [after, later].concat();
        alarms.sort_by_key(|alarm| (alarm.event.start, alarm.event.found, tree.depth(alarm.at)));
        found.extend(tree.explain(together, &mut causes));
    }
    Series::new(nodes, first, settled, settings).net(&mut found);
    found
}

/// The events of one place's series alone, as [`find`] sees them.
#[must_use]
pub fn events(node: &Node, first: i64, settled: usize, settings: &Settings) -> Vec<Event> {
    watch(node, first, settled, settings).events
}

pub(super) fn watch<'a>(node: &'a Node, first: i64, settled: usize, settings: &Settings) -> Watched<'a> {
    let mut detector = Detector::new(settings.clone());
    let settled = node.settled.unwrap_or(settled);
    // What is given back where nothing was is no beginning.
    let born = node.costs.iter().position(|cost| cost.is_some_and(|cost| cost.abs() > settings.absolute));
    let born = born.filter(|day| node.costs[*day].is_some_and(|cost| cost > 0.0));
    // Nothing is learnt of the time before a place was; where it was, that it cost nothing for months is learnt.
    let begins = node.costs.iter().position(|cost| cost.is_some_and(|cost| cost != 0.0)).unwrap_or(node.costs.len());
    let from = if node.was_billed { 0 } else { begins };
    let mut watched = Watched {
        node,
        expected: vec![0.0; node.costs.len()],
        reach: vec![(settings.absolute, settings.absolute); node.costs.len()],
        events: Vec::new(),
        born: born.filter(|day| *day >= KNOWN_DAYS && *day - begins <= 1 && !node.was_billed),
        settled,
    };
    let (mut early, mut further): (Option<Event>, bool) = (None, false);
    for (day, cost) in node.costs.iter().enumerate().skip(from) {
        let Some(cost) = *cost else { continue };
        let step = first + day as i64;
        let reading = if day < settled { detector.push(step, cost) } else { detector.peek(step, cost) };
        watched.expected[day] = reading.expected;
        watched.reach[day] = (reading.expected - reading.lower, reading.upper - reading.expected);
        if day >= settled && (reading.found || early.is_some() && reading.out) {
            further |= early.is_none() && settings.per_day == 1 && detector.may_go_further(step, cost);
            grow(&mut early, step, cost, &reading);
        }
    }
    let unsettled = node.costs.iter().enumerate().skip(settled.max(from));
    watched.events = detector.events_with(unsettled.filter_map(|(day, cost)| Some((first + day as i64, (*cost)?))));
    // What a step that was found lately does further will be a part of it once it has settled, and is until then.
    let has = |going: &Event, early: &Event| going.start < early.start && going.last >= early.last;
    let is_known = |early: &Event| further && watched.events.iter().any(|going| has(going, early));
    let early = early.filter(|early| !is_known(early));
    watched.events.extend(early);
    watched
}

fn grow(early: &mut Option<Event>, step: i64, cost: f64, reading: &Reading) {
    match early {
        Some(event) => event.add(step, cost, reading),
        None => *early = Some(Event::begin(Shape::Spike, step, step, cost, reading)),
    }
    early.iter_mut().for_each(|event| event.unsettled += 1);
}

impl Watched<'_> {
    /// How far a day may be from what was expected, in the direction of a move.
    pub(super) fn reach(&self, day: usize, moved: f64) -> f64 {
        let (below, above) = self.reach[day];
        if moved < 0.0 { below } else { above }
    }
}

impl<'a> Tree<'a> {
    fn watch(nodes: &'a [Node], first: i64, settled: usize, settings: &'a Settings) -> Self {
        let watched: Vec<Watched<'a>> = nodes.iter().map(|node| watch(node, first, settled, settings)).collect();
        let by_place: HashMap<&Place, usize> = nodes.iter().enumerate().map(|(at, node)| (&node.place, at)).collect();
        let mut children = vec![Vec::new(); nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            for part in node.place.parts() {
                let wider = Place::of(node.place.parts().iter().filter(|p| *p != part));
                if let Some(parent) = by_place.get(&wider) {
                    children[*parent].push(at);
                }
            }
            if let ([part], [provider]) = (node.place.parts(), &node.providers[..])
                && part.dimension != PROVIDER
                && let Some(parent) = by_place.get(&Place::new([(PROVIDER, provider)]))
            {
                children[*parent].push(at);
            }
        }
        Tree { watched, by_place, children, settings, first }
    }

    /// Where a step is among the days of all places.
    pub(super) fn day(&self, step: i64) -> usize {
        usize::try_from(step - self.first).unwrap_or(0)
    }

    pub(super) fn depth(&self, at: usize) -> usize {
        self.watched[at].node.place.depth()
    }

    /// Whether one place holds all charges of another: by its parts, or as the provider whose all of them are.
    pub(super) fn holds(&self, wide: usize, narrow: usize) -> bool {
        let [wide, narrow] = [wide, narrow].map(|at| self.watched[at].node);
        wide.place.holds(&narrow.place) || is_of_provider(narrow, wide)
    }

    /// What two places have in common, whether there is a series of it or not; `None` where nothing can be.
    pub(super) fn meet(&self, one: usize, other: usize) -> Option<Place> {
        match (self.holds(one, other), self.holds(other, one)) {
            (true, _) => Some(self.place(other).clone()),
            (_, true) => Some(self.place(one).clone()),
            _ => self.place(one).meet(self.place(other)),
        }
    }

    /// The series that hold what two places have in common, where none is of that itself: of what each part of one has in
    /// common with the other, and of the other.
    pub(super) fn around(&self, one: usize, other: usize) -> Vec<usize> {
        let [a, b] = [one, other].map(|at| self.place(at));
        let parts = [(a, b), (b, a)].into_iter().flat_map(|(of, with)| of.parts().iter().map(move |part| (part, with)));
        let wider = parts.filter_map(|(part, with)| Place::of([part]).meet(with));
        wider.filter_map(|place| self.by_place.get(&place).copied()).chain([other]).collect()
    }

    /// Whether a move began, the other way, once another that it may have charges in common with was over: it may be the end
    /// of that.
    fn is_after(&self, alarm: &Alarm, other: &Alarm) -> bool {
        let is_over = other.event.phase == Phase::Over && other.event.last < alarm.event.start;
        is_over && other.event.direction != alarm.event.direction && self.meet(alarm.at, other.at).is_some()
    }

    /// Whether a move is another, or began with it or since in charges that both may have: wherever it shows, it is
    /// explained along with that.
    fn is_with(&self, alarm: &Alarm, other: &Alarm) -> bool {
        let is_so = alarm.event.start >= other.event.start && alarm.event.direction == other.event.direction;
        is_so && self.meet(alarm.at, other.at).is_some()
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
    pub(super) fn birth(&self, at: usize, day: usize) -> Event {
        let Watched { node, settled, .. } = self.watched[at];
        birth(node, (self.first, settled), self.settings, day)
    }
}

/// The event of a place that begins on a day, of series from a first step on of which so many days are settled.
pub(super) fn birth(node: &Node, (first, settled): (i64, usize), settings: &Settings, day: usize) -> Event {
    let costs = &node.costs;
    let reading = Reading { expected: 0.0, lower: 0.0, upper: 0.0, score: 0.0, out: true, found: true };
    let step = |day: usize| first + day as i64;
    let mut event = Event::begin(Shape::Step, step(day), step(day), costs[day].unwrap_or(0.0), &reading);
    let mut quiet = 0;
    event.unsettled = u32::from(day >= settled);
    for (later, cost) in costs.iter().enumerate().skip(day + 1) {
        if step(later) - event.start > settings.settle {
            event.phase = if quiet == 0 { Phase::Settled } else { Phase::Over };
            return event;
        }
        match cost {
            Some(cost) if cost.abs() > settings.absolute => {
                quiet = 0;
                let rate = event.rate;
                event.add(step(later), *cost, &reading);
                if later >= settled {
                    event.unsettled += 1;
                    // More of such a day may yet come: a further day costs what the last whole one did.
                    event.rate = if day < settled { rate } else { event.rate };
                }
            }
            Some(_) if later < settled => quiet += 1,
            _ => {}
        }
        // What came once, or was tried for some days, does not go on for ever.
        if quiet >= settings.back().min(event.steps as usize) {
            (event.phase, event.shape) = (Phase::Over, Shape::Spike);
            return event;
        }
    }
    event.phase = if event.rate > settings.absolute { Phase::Lasting } else { Phase::Over };
    event
}
