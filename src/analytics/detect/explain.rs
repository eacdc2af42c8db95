//! Which places explain what began together.
//!
//! Works on what a day's move leaves of each place once what is explained, or only ends, is taken off ([`Left`]); see
//! [`super::tree`] for the way down and the way off. Knows no detectors, only what they said.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::ends::Ends;
use super::event::{Direction, Event, Phase, Shape};
use super::place::{Part, Place, are_apart};
use super::scale::median;
use super::tree::{Alarm, Anomaly, Contributor, Kind, TOGETHER, TOGETHER_SLOW, Tree};

/// The share of a move that one child must have to be what moved.
pub const MOST: f64 = 0.8;
/// How much more of the move than of the cost that must be.
const LIFT: f64 = 0.08;
/// The least share of a move that makes a contributor.
const PART: f64 = 0.05;
/// The share of its band's half that a place must have moved for itself.
const NEARLY: f64 = 0.7;
/// The share of a place's relative move from which on a piece moved along, and of its cost that must.
pub(super) const ALONG: f64 = 0.35;
pub(super) const EVEN: f64 = 0.6;
/// The dimension of who delivers: of all that is new with one, that is the highest place.
pub(super) const PROVIDER: &str = "provider";
/// The share of what ended by which more may have fallen and be the same.
const UNSURE: f64 = 0.1;
/// Causes that one alarm can have.
const CAUSES: usize = 4;

/// What was explained: its echoes are no news.
#[derive(Clone, Copy)]
pub(super) struct Cause {
    pub(super) at: usize,
    pub(super) start: i64,
    pub(super) last: i64,
    pub(super) direction: Direction,
    /// Whether it was back by then.
    pub(super) is_over: bool,
    /// Whether it climbed.
    pub(super) is_slow: bool,
}

/// What was explained of those that began together: where, how much of it, and the event of that place.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) at: usize,
    pub(super) by: f64,
    pub(super) own: Option<Event>,
}

impl Tree<'_> {
    pub(super) fn place(&self, at: usize) -> &Place {
        &self.watched[at].node.place
    }

    /// Whether two places hold charges of different providers.
    pub(super) fn are_apart(&self, one: usize, other: usize) -> bool {
        are_apart(&self.watched[one].node.providers, &self.watched[other].node.providers)
    }

    /// By how much a place is off what was expected, a day, over some days.
    pub(super) fn moved(&self, at: usize, days: (usize, usize), slow: bool) -> f64 {
        let watched = &self.watched[at];
        let mut sum = 0.0;
        let mut n = 0;
        for day in days.0..=days.1 {
            if let Some(cost) = watched.node.costs.get(day).copied().flatten() {
                sum += cost - self.base(at, day, slow.then_some(days.0));
                n += 1;
            }
        }
        sum / f64::from(n.max(1))
    }

    /// What a place's day is held against: its forecast, or, of what moved slowly from a day on, the weeks before.
    pub(super) fn base(&self, at: usize, day: usize, slowly_from: Option<usize>) -> f64 {
        let watched = &self.watched[at];
        slowly_from.map_or(watched.expected[day], |from| before(&watched.node.costs, day, from))
    }

    /// Explains what began together.
    pub(super) fn explain(&self, mut alarms: Vec<Alarm>, causes: &mut Vec<Cause>) -> Vec<Anomaly> {
        let size = |alarm: &Alarm| self.moved(alarm.at, self.evidence(&alarm.event), false).abs();
        alarms.sort_by(|a, b| {
            let delivers = |alarm: &Alarm| matches!(self.place(alarm.at).parts(), [part] if part.dimension == PROVIDER);
            let place = |alarm: &Alarm| (!alarm.born, self.depth(alarm.at), !(alarm.born && delivers(alarm)));
            place(a).cmp(&place(b)).then_with(|| size(b).total_cmp(&size(a)))
        });
        // What had begun by itself before something wider did is no part of that.
        let (born, moved): (Vec<Alarm>, Vec<Alarm>) = alarms.iter().partition(|alarm| alarm.born);
        let (begun, along): (Vec<Alarm>, Vec<Alarm>) =
            moved.iter().partition(|alarm| self.began_by_itself(alarm, &moved, causes));
        let alarms = [born, begun, along].concat();
        let mut found: Vec<Anomaly> = Vec::new();
        let mut taken: Vec<Taken> = Vec::new();
        for alarm in &alarms {
            for _ in 0..CAUSES {
                let left = Left::new(self, alarm, &taken, causes);
                if !self.is_news(alarm, &left, causes) {
                    break;
                }
                let at = if alarm.born { alarm.at } else { self.down(alarm.at, &left) };
                let known = found.iter().any(|anomaly| anomaly.place == self.watched[at].node.place);
                if !known && (at == alarm.at || self.is_out(at, &left)) {
                    found.push(self.anomaly(at, alarm, &left));
                }
                let moved = left.of(at);
                let apart = |own: &Event| (own.start - alarm.event.start).abs();
                let is_it = |own: &&Event| apart(own) <= TOGETHER && own.direction == Direction::of(moved);
                let own = self.watched[at].events.iter().filter(is_it).min_by_key(|own| apart(own));
                let own = own.filter(|_| !alarm.born).copied();
                taken.push(Taken { at, by: moved, own });
                if known {
                    break;
                }
            }
        }
        let mut found = self.gather(found, causes);
        pair_up(&mut found);
        causes.extend(taken.iter().filter_map(|Taken { at, by, .. }| {
            let alarm = alarms.iter().find(|a| a.at == *at).or(alarms.first())?;
            let Event { start, last, phase, shape, .. } = alarm.event;
            let (is_over, is_slow) = (phase == Phase::Over, shape == Shape::Ramp);
            Some(Cause { at: *at, start, last, direction: Direction::of(*by), is_over, is_slow })
        }));
        found
    }

    /// Whether enough of an alarm's move is left unexplained.
    fn is_news(&self, alarm: &Alarm, left: &Left<'_>, causes: &[Cause]) -> bool {
        let (own, ended) = (left.of(alarm.at), left.ends.at(alarm.at));
        let reach = self.watched[alarm.at].reach(ended.map_or(left.days.0, |ended| ended.before), own);
        let is_less = |share: f64, all: f64| own.abs() < reach.max(share * all.abs());
        let is_part = !left.taken.is_empty() && is_less(0.4, left.moved(alarm.at));
        let is_end = ended.is_some_and(|ended| is_less(UNSURE, ended.by)) || left.outlives && is_less(0.0, 0.0);
        let is_explained = is_part || is_end;
        let is_none = own * alarm.event.direction.sign() < self.settings.absolute;
        !is_explained && !is_none && !self.is_echo(alarm, left, causes)
    }

    /// The days that show an event: its first, until it was found; of what climbed the last of them.
    pub(super) fn evidence(&self, event: &Event) -> (usize, usize) {
        let from = if event.shape == Shape::Ramp { event.start.max(event.found - 2) } else { event.start };
        (self.day(from), self.day(event.found.max(from)))
    }

    /// Goes down from a place to where the move is.
    pub(super) fn down(&self, from: usize, left: &Left<'_>) -> usize {
        let mut at = from;
        while let Some(child) = self.carrier(at, left).or_else(|| self.uneven(at, left)) {
            at = child;
        }
        at
    }

    fn cost(&self, at: usize, left: &Left<'_>) -> f64 {
        self.watched[at].expected[left.days.0].max(0.0)
    }

    /// The child that has nearly all of a place's move, and more of it than of its cost.
    fn carrier(&self, at: usize, left: &Left<'_>) -> Option<usize> {
        let whole = left.of(at);
        let all = self.cost(at, left).max(self.settings.absolute);
        let surprise = |child: usize| left.of(child) / whole - self.cost(child, left) / all;
        let most = self.children[at].iter().copied().filter(|child| left.of(*child) / whole >= MOST);
        most.filter(|child| surprise(*child) > LIFT).max_by(|a, b| surprise(*a).total_cmp(&surprise(*b)))
    }

    /// Where a move is not a place's own, since too little of its cost moved along in some cut of it:
    /// the piece of such a cut that moved most. Cuts by one dimension are tried before cuts by two.
    fn uneven(&self, at: usize, left: &Left<'_>) -> Option<usize> {
        let place = &self.watched[at].node.place;
        let whole = left.of(at);
        let all = self.cost(at, left).max(self.settings.absolute);
        let mut cuts: BTreeMap<(usize, Vec<&str>), Vec<usize>> = BTreeMap::new();
        for (below, watched) in self.watched.iter().enumerate() {
            if below != at && self.holds(at, below) {
                let more = watched.node.place.parts().iter().filter(|part| !place.parts().contains(part));
                let more: Vec<&str> = more.map(|part| part.dimension.as_str()).collect();
                cuts.entry((more.len(), more)).or_default().push(below);
            }
        }
        let moved_along = |below: usize| {
            let cost = self.cost(below, left);
            left.of(below) / whole > ALONG * cost / all
        };
        let surprise = |below: usize| left.of(below) / whole - self.cost(below, left) / all;
        let mut best: Option<(usize, f64, usize)> = None;
        for ((depth, _), pieces) in cuts {
            if best.is_some_and(|(found, ..)| found < depth) {
                break;
            }
            let cut: f64 = pieces.iter().map(|below| self.cost(*below, left)).sum();
            let along: f64 = pieces.iter().filter(|b| moved_along(**b)).map(|b| self.cost(*b, left)).sum();
            if along >= EVEN * cut {
                continue;
            }
            for piece in pieces {
                let surprise = surprise(piece);
                if surprise > LIFT && best.is_none_or(|(_, most, _)| surprise > most) {
                    best = Some((depth, surprise, piece));
                }
            }
        }
        best.map(|(.., piece)| piece)
    }

    /// Whether a place's move is out of the ordinary for itself, or nearly: a leap of a cost that often leaps
    /// may stand out in a sum that is otherwise even, but is no anomaly.
    fn is_out(&self, at: usize, left: &Left<'_>) -> bool {
        let watched = &self.watched[at];
        let days = left.days;
        let is_off = |day: usize| {
            let off = watched.node.costs[day].unwrap_or(0.0) - watched.expected[day];
            off.abs() > NEARLY * watched.reach(day, off)
        };
        left.slow || (days.0..=days.1).any(is_off)
    }

    pub(super) fn anomaly(&self, at: usize, alarm: &Alarm, left: &Left<'_>) -> Anomaly {
        let moved = left.of(at);
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
        }
        .only(left.share(at));
        let mut contributors: Vec<Contributor> = self.children[at]
            .iter()
            .filter_map(|child| {
                let by = left.of(*child);
                let more = |part: &&Part| !watched.node.place.parts().contains(part);
                let part = self.place(*child).parts().iter().find(more)?.clone();
                Some(Contributor { part, share: by / moved, moved: by })
            })
            .filter(|c| c.share.abs() >= PART)
            .collect();
        contributors.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()).then_with(|| a.part.cmp(&b.part)));
        let kind = kind(&watched.node.place, &event, born.is_some());
        Anomaly {
            place: watched.node.place.clone(),
            kind,
            event,
            moved,
            is_net: false,
            has_further: false,
            contributors,
            cancels: None,
        }
    }
}

/// What is left of places' moves without those that are explained.
pub(super) struct Left<'t> {
    tree: &'t Tree<'t>,
    pub(super) days: (usize, usize),
    slow: bool,
    taken: Vec<Taken>,
    /// What was explained of the other direction, whether it shows on those days or not.
    pub(super) against: Vec<Taken>,
    /// Whether something that was explained is over by now, so that this is not of it.
    outlives: bool,
    pub(super) ends: Ends<'t>,
    known: RefCell<HashMap<usize, f64>>,
}

impl<'t> Left<'t> {
    pub(super) fn new(tree: &'t Tree<'t>, alarm: &Alarm, taken: &[Taken], causes: &[Cause]) -> Self {
        let slow = alarm.event.shape == Shape::Ramp;
        let (from, to) = tree.evidence(&alarm.event);
        // What went the other way and was back before a move, or began after it, has nothing of its days.
        let is_apart = |own: &Event| own.phase == Phase::Over && tree.day(own.last) < from || to < tree.day(own.start);
        let is_gone = |taken: &Taken| is_against(taken, alarm) && taken.own.is_some_and(|own| is_apart(&own));
        let against = taken.iter().filter(|taken| is_against(taken, alarm)).copied().collect();
        let (gone, rest): (Vec<Taken>, Vec<Taken>) = taken.iter().partition(|taken| is_gone(taken));
        let (mut outlived, mut left) = (Vec::new(), Vec::new());
        for taken in rest {
            match tree.outlived(alarm, &taken) {
                Some(until) => outlived.push((taken, until)),
                None => left.push(taken),
            }
        }
        let days = tree.evidence_after(&alarm.event, &outlived);
        let ends = Ends::new(tree, alarm, (days, slow), causes);
        let outlives = !(outlived.is_empty() && gone.is_empty());
        Left { tree, days, slow, taken: left, against, outlives, ends, known: RefCell::default() }
    }

    /// By how much a place moved, but for what only ended.
    fn moved(&self, at: usize) -> f64 {
        let moved = self.tree.moved(at, self.days, self.slow);
        let Some(ended) = self.ends.at(at) else { return moved };
        let sign = moved.signum();
        sign * ((sign * moved).min(sign * ended.fell) - sign * ended.by).max(0.0)
    }

    /// The share of a place's move that is not the end of earlier ones.
    pub(super) fn share(&self, at: usize) -> f64 {
        let moved = self.tree.moved(at, self.days, self.slow);
        if moved == 0.0 { 1.0 } else { (self.moved(at) / moved).clamp(0.0, 1.0) }
    }

    /// What is left of a place's move.
    pub(super) fn of(&self, at: usize) -> f64 {
        if let Some(known) = self.known.borrow().get(&at) {
            return *known;
        }
        let rest = self.take_off(at);
        self.known.borrow_mut().insert(at, rest);
        rest
    }

    fn take_off(&self, at: usize) -> f64 {
        let watched = &self.tree.watched;
        let place = &watched[at].node.place;
        let moved = self.moved(at);
        let mut rest = moved;
        for Taken { at: of, by, .. } in &self.taken {
            if self.tree.are_apart(*of, at) {
                continue;
            }
            if self.tree.holds(*of, at) {
                return 0.0;
            }
            let other = &watched[*of].node.place;
            let Some(both) = self.tree.meet(at, *of) else { continue };
            rest -= match self.tree.by_place.get(&both) {
                // Of what went the other way no more than shows on these days.
                Some(both) if both == of && by * moved < 0.0 => self.moved(*both).clamp(by.min(0.0), by.max(0.0)),
                Some(both) if both == of => *by,
                Some(both) => self.moved(*both),
                None if by * moved > 0.0 => self.at_most(place, other, by.abs().min(moved.abs()), moved),
                None => 0.0,
            };
        }
        if rest * moved < 0.0 { 0.0 } else { rest }
    }

    /// What a place may have in common with another that was explained, where no series is of both: no more than a
    /// part of it has.
    fn at_most(&self, place: &Place, other: &Place, most: f64, moved: f64) -> f64 {
        let wider = |part: &Part| Place::of([part]).meet(other);
        let known = place.parts().iter().filter_map(wider).filter_map(|both| self.tree.by_place.get(&both));
        let bounds = known.map(|both| (self.moved(*both) * moved.signum()).max(0.0));
        bounds.fold(most, f64::min).copysign(moved)
    }
}

/// Whether what was explained went the other way than an alarm.
fn is_against(taken: &Taken, alarm: &Alarm) -> bool {
    taken.own.is_some_and(|own| own.direction != alarm.event.direction)
}

/// What a place cost on the same weekday of the weeks before: the median of four.
pub(super) fn before(costs: &[Option<f64>], day: usize, from: usize) -> f64 {
    let weeks = (1..).map_while(|week| day.checked_sub(7 * week)).filter(|day| day + 7 < from);
    let mut costs: Vec<f64> = weeks.take(4).filter_map(|day| costs[day]).collect();
    median(&mut costs)
}

pub(super) fn kind(place: &Place, event: &Event, born: bool) -> Kind {
    let [part] = place.parts() else { return Kind::Moved(event.shape) };
    match (part.dimension.as_str(), event.direction) {
        ("service", _) if born => Kind::NewService,
        ("region", _) if born => Kind::NewRegion,
        ("account", _) if born => Kind::NewAccount,
        (PROVIDER, _) if born => Kind::NewProvider,
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
