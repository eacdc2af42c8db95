//! Which anomaly is which, from one run to the next.
//!
//! Anomalies are found anew whenever days come or are restated; what a person said of one must stay
//! with it. An anomaly's name is made of its place, direction, whether it is news, and first day. A
//! restatement can move that day or the place: so a fresh anomaly takes the name of a known one of the
//! same direction whose days overlap, give or take two, at the same place or with the same core; else at one that
//! holds it or is held by it and began within two days. Each name is given once, to the nearest.
//!
//! The same money shows now at one place, now at another: the [`core()`] of an anomaly is the one service of one account
//! that has nearly all of it.

use serde::{Deserialize, Serialize};

use super::event::Direction;
use super::place::{Part, Place};
use super::tree::{Anomaly, Kind};

/// Days by which a first or last day may move.
const SLACK: i64 = 2;

/// The name of an anomaly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Name(pub u64);

/// What is remembered of an anomaly to know it again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Known {
    /// Its name.
    pub name: Name,
    /// Its place.
    pub place: Place,
    /// The service and account that have nearly all of it.
    pub core: Option<Place>,
    /// Its direction.
    pub direction: Direction,
    /// Whether something new is what it is about.
    pub news: bool,
    /// Its first step.
    pub start: i64,
    /// Its last.
    pub last: i64,
}

/// The share of a move from which on one value has it.
const ALL: f64 = 0.8;
/// The dimensions of a core.
const CORE: [&str; 2] = ["account", "service"];

/// The one service of one account that an anomaly is about: what its place says, or who has nearly all of it.
/// `None` where one of both is spread over several.
#[must_use]
pub fn core<'a>(place: &Place, contributors: impl Iterator<Item = (&'a Part, f64)> + Clone) -> Option<Place> {
    let of = |dimension: &str| {
        let said = place.parts().iter().find(|part| part.dimension == dimension);
        let has_it = || {
            let own = contributors.clone().filter(|(part, share)| part.dimension == dimension && *share >= ALL);
            own.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(part, _)| part)
        };
        let part = said.or_else(has_it)?;
        Some((part.dimension.clone(), part.value.clone()))
    };
    let parts: Vec<(String, String)> = CORE.into_iter().map(of).collect::<Option<_>>()?;
    Some(Place::new(parts))
}

/// Whether two anomalies may be about the same: at the same place or with the same core; or the place of one holds
/// that of the other, where not both have cores, which would tell them apart. The whole bill holds all.
#[must_use]
pub fn alike(one: (&Place, Option<&Place>), other: (&Place, Option<&Place>)) -> bool {
    match (one.1, other.1) {
        _ if one.0 == other.0 => true,
        (Some(one), Some(other)) => one == other,
        _ => {
            let held = |a: (&Place, Option<&Place>), b: (&Place, Option<&Place>)| {
                a.0.depth() > 0 && (a.0.holds(b.0) || b.1.is_some_and(|core| a.0.holds(core)))
            };
            held(one, other) || held(other, one)
        }
    }
}

fn core_of(anomaly: &Anomaly) -> Option<Place> {
    core(&anomaly.place, anomaly.contributors.iter().map(|c| (&c.part, c.share)))
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
            core: core_of(anomaly),
            direction: anomaly.event.direction,
            news: is_news(anomaly.kind),
            start: anomaly.event.start,
            last: anomaly.event.last,
        }
    }

    /// How far from a fresh anomaly it is, if they can be the same: the place first, then days.
    fn distance(&self, fresh: &Anomaly) -> Option<(usize, i64)> {
        let event = &fresh.event;
        if self.direction != event.direction || self.news != is_news(fresh.kind) {
            return None;
        }
        let apart = (self.start - event.start).abs();
        let core = core_of(fresh);
        let same_core = core.is_some() && self.core == core;
        if self.place == fresh.place || same_core {
            let overlaps = self.start <= event.last + SLACK && event.start <= self.last + SLACK;
            return overlaps.then_some((usize::from(self.place != fresh.place), apart));
        }
        let holds = |place: &Place, other: &Place, core: Option<&Place>| {
            place.holds(other) || core.is_some_and(|core| place.holds(core))
        };
        let related =
            holds(&self.place, &fresh.place, core.as_ref()) || holds(&fresh.place, &self.place, self.core.as_ref());
        (related && apart <= SLACK).then(|| (1 + self.place.depth().abs_diff(fresh.place.depth()), apart))
    }
}

/// The names of fresh anomalies, in their order: those of known ones where they are the same.
#[must_use]
pub fn names(known: &[Known], fresh: &[Anomaly]) -> Vec<Name> {
    let mut pairs: Vec<((usize, i64), usize, usize)> = Vec::new();
    for (at, anomaly) in fresh.iter().enumerate() {
        let near = known.iter().enumerate().filter_map(|(k, known)| Some((known.distance(anomaly)?, at, k)));
        pairs.extend(near);
    }
    pairs.sort_unstable();
    let mut names: Vec<Option<Name>> = vec![None; fresh.len()];
    let mut given = vec![false; known.len()];
    for (_, at, k) in pairs {
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
