//! Which anomaly is which, from one run to the next.
//!
//! Anomalies are found anew whenever days come or are restated; what a person said of one must stay
//! with it. An anomaly's name is made of its place, direction, whether it is news, and first day. A
//! restatement can move that day or the place: so a fresh anomaly takes the name of a known one of the
//! same direction whose days overlap, give or take two, at the same place or with the same core; else at one that
//! holds nearly all of it or is nearly all in it and began within two days. Each name is given once, to the nearest.
//!
//! The same money shows now at one place, now at another: the [`reach()`] of an anomaly is its place and who has nearly
//! all of it there, its [`core()`] the one service of one account among them.

use std::borrow::Cow;
use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::event::Direction;
use super::place::{Part, Place};
use super::tree::{Anomaly, Kind};

/// Days by which a first or last day may move.
pub const SLACK: i64 = 2;

/// The name of an anomaly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Name(pub u64);

/// What is remembered of an anomaly to know it again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Known {
    /// Its name.
    pub name: Name,
    /// Its place.
    pub place: Place,
    /// Its place and who has nearly all of it there.
    pub reach: Place,
    /// Its direction.
    pub direction: Direction,
    /// Whether something new is what it is about.
    pub news: bool,
    /// Its first step.
    pub start: i64,
    /// Its last.
    pub last: i64,
    /// By how much a step of it is off, in money.
    pub moved: f64,
}

/// The rank of what lies at a place around it, or within it: what is at the same place, or has the same core, is nearer.
const RELATED: usize = 2;
/// The share of a move from which on one value has it.
const ALL: f64 = 0.8;
/// The dimensions of a core.
const CORE: [&str; 2] = ["account", "service"];

/// Where nearly all of an anomaly is: its place, and of each dimension that it leaves open the one value that has nearly
/// all of it.
#[must_use]
pub fn reach<'a>(place: &Place, contributors: impl Iterator<Item = (&'a Part, f64)>) -> Place {
    let mut most: Vec<(&Part, f64)> = contributors.filter(|(_, share)| *share >= ALL).collect();
    most.sort_by(|a, b| a.1.total_cmp(&b.1));
    let own = place.parts().iter();
    let parts = most.into_iter().map(|(part, _)| part).chain(own);
    Place::of(parts)
}

/// The one service of one account that an anomaly of a reach is about; `None` where one of both is spread over several.
#[must_use]
pub fn core(reach: &Place) -> Option<Place> {
    let of = |dimension: &str| reach.parts().iter().find(|part| part.dimension == dimension);
    let parts: Vec<_> = CORE.into_iter().map(of).collect::<Option<_>>()?;
    Some(Place::of(parts))
}

/// Whether two anomalies, each of a place and a reach, may be about the same: at the same place or with the same core;
/// or nearly all of one is at the place of the other, where not both have cores, which would tell them apart. The whole
/// bill holds all.
#[must_use]
pub fn alike(one: (&Place, &Place), other: (&Place, &Place)) -> bool {
    match (core(one.1), core(other.1)) {
        _ if one.0 == other.0 => true,
        (Some(one), Some(other)) => one == other,
        _ => {
            let held = |a: (&Place, &Place), b: (&Place, &Place)| a.0.depth() > 0 && a.0.holds(b.1);
            held(one, other) || held(other, one)
        }
    }
}

/// Where nearly all of a fresh anomaly is.
#[must_use]
pub fn reach_of(anomaly: &Anomaly) -> Place {
    reach(&anomaly.place, anomaly.contributors.iter().map(|c| (&c.part, c.share)))
}

fn is_news(kind: Kind) -> bool {
    matches!(kind, Kind::NewService | Kind::NewRegion | Kind::NewAccount | Kind::NewProvider)
}

/// FNV-1a, 64 bits: the same on every machine and in every version.
fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Name {
    /// The name of an anomaly that nothing is known of.
    #[must_use]
    pub fn of(anomaly: &Anomaly) -> Name {
        let mut bytes: Vec<u8> = Vec::new();
        for part in anomaly.place.parts() {
            for text in [&part.dimension, &part.value] {
                bytes.extend((text.len() as u64).to_le_bytes());
                bytes.extend(text.as_bytes());
            }
        }
        bytes.push(u8::from(anomaly.event.direction == Direction::Up));
        bytes.push(u8::from(is_news(anomaly.kind)));
        bytes.extend(anomaly.event.start.to_le_bytes());
        Name(hash(bytes))
    }
}

impl Known {
    /// What to remember of an anomaly.
    #[must_use]
    pub fn of(name: Name, anomaly: &Anomaly) -> Known {
        Known {
            name,
            place: anomaly.place.clone(),
            reach: reach_of(anomaly),
            direction: anomaly.event.direction,
            news: is_news(anomaly.kind),
            start: anomaly.event.start,
            last: anomaly.event.last,
            moved: anomaly.moved,
        }
    }

    /// Whether a fresh anomaly is at its place and moves the same way on some of its days.
    #[must_use]
    pub fn is_at(&self, fresh: &Anomaly) -> bool {
        let overlaps = self.start <= fresh.event.last + SLACK && fresh.event.start <= self.last + SLACK;
        overlaps && self.direction == fresh.event.direction && self.place == fresh.place
    }

    /// Whether it is at a place around a fresh anomaly, and moves the same way on some of its days.
    #[must_use]
    pub fn is_around(&self, fresh: &Anomaly) -> bool {
        let overlaps = self.start <= fresh.event.last + SLACK && fresh.event.start <= self.last + SLACK;
        let is_wider = self.place != fresh.place && self.place.holds(&reach_of(fresh));
        overlaps && is_wider && self.direction == fresh.event.direction
    }

    /// Whether a fresh anomaly holds it: it moves the same way, began about when it did, and nearly all of it is there.
    #[must_use]
    pub fn is_in(&self, fresh: &Anomaly) -> bool {
        let is_near = (self.start - fresh.event.start).abs() <= SLACK;
        is_near && self.direction == fresh.event.direction && fresh.place.holds(&self.reach)
    }
}

/// Where a known or a fresh anomaly is, worked out once for all that it is held against.
struct Where<'a> {
    place: &'a Place,
    reach: Cow<'a, Place>,
    core: Option<Place>,
    direction: Direction,
    news: bool,
    start: i64,
    last: i64,
}

impl<'a> Where<'a> {
    fn known(known: &'a Known) -> Where<'a> {
        let Known { place, reach, direction, news, start, last, .. } = known;
        let (reach, core) = (Cow::Borrowed(reach), core(reach));
        Where { place, reach, core, direction: *direction, news: *news, start: *start, last: *last }
    }

    fn fresh(fresh: &'a Anomaly) -> Where<'a> {
        let Anomaly { place, kind, event, .. } = fresh;
        let reach = reach_of(fresh);
        let core = core(&reach);
        let (direction, news) = (event.direction, is_news(*kind));
        Where { place, reach: Cow::Owned(reach), core, direction, news, start: event.start, last: event.last }
    }

    /// How far from a fresh anomaly it is, if they can be the same: the place first, then days.
    fn distance(&self, fresh: &Where<'_>) -> Option<(usize, i64)> {
        if self.direction != fresh.direction || self.news != fresh.news {
            return None;
        }
        let apart = (self.start - fresh.start).abs();
        let overlaps = self.start <= fresh.last + SLACK && fresh.start <= self.last + SLACK;
        if !overlaps && apart > SLACK {
            return None;
        }
        if self.place == fresh.place || self.core.is_some() && self.core == fresh.core {
            return overlaps.then_some((usize::from(self.place != fresh.place), apart));
        }
        let related = self.place.holds(&fresh.reach) || fresh.place.holds(&self.reach);
        (related && apart <= SLACK).then_some((RELATED, apart))
    }
}

/// The names of fresh anomalies, in their order: those of known ones where they are the same. `may_move` tells of a known
/// one and of a fresh one around it or within it whether the name may go there.
#[must_use]
pub fn names(known: &[Known], fresh: &[Anomaly], may_move: impl Fn(usize, usize) -> bool) -> Vec<Name> {
    let mut pairs = Vec::new();
    let all: Vec<Where<'_>> = known.iter().map(Where::known).collect();
    let moves: Vec<f64> = known.iter().map(|known| known.moved).collect();
    for (at, anomaly) in fresh.iter().map(Where::fresh).enumerate() {
        let near = all.iter().enumerate().filter_map(|(k, known)| {
            let (rank, apart) = known.distance(&anomaly).filter(|(rank, _)| *rank < RELATED || may_move(k, at))?;
            // Of several that one place takes in, it is the one that has most of it.
            let cents = (moves[k].abs() * 100.0) as i64;
            let most = if rank < RELATED { 0 } else { cents };
            Some((rank, Reverse(most), apart, at, k))
        });
        pairs.extend(near);
    }
    pairs.sort_unstable();
    let mut names: Vec<Option<Name>> = vec![None; fresh.len()];
    let mut given = vec![false; known.len()];
    for (_, _, _, at, k) in pairs {
        if names[at].is_none() && !given[k] {
            names[at] = Some(known[k].name);
            given[k] = true;
        }
    }
    let mut taken: Vec<Name> = known.iter().map(|k| k.name).collect();
    names
        .into_iter()
        .zip(fresh)
        .map(|(name, anomaly)| {
            name.unwrap_or_else(|| {
                let mut name = Name::of(anomaly);
                while taken.contains(&name) {
                    name = Name(hash(name.0.to_le_bytes()));
                }
                taken.push(name);
                name
            })
        })
        .collect()
}
