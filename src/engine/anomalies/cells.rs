//! What a few days of an anomaly's place cost beside the days before it, by account, service, region and tag.
//!
//! Pairs of places have no rollups, and triples none at all: whether a move is one or another is told by the charges
//! themselves. Knows no records and no detector.

use std::collections::BTreeMap;

use super::bill::{Bill, word_of};
use crate::analytics::detect::place::{Part, Place};
use crate::domain::dimension::Dimension;
use crate::engine::table::Table;

/// The share of a move that others may leave of it where they make up for it.
const EVEN: f64 = 0.15;

/// What some charges cost a day: during an anomaly, and before it.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Move {
    /// During it.
    pub now: f64,
    /// Before.
    pub then: f64,
}

impl Move {
    /// By how much they moved.
    #[must_use]
    pub fn by(self) -> f64 {
        self.now - self.then
    }

    fn add(&mut self, other: Move) {
        self.now += other.now;
        self.then += other.then;
    }
}

/// The moves of a place, in pieces.
#[derive(Clone, Default, Debug)]
pub struct Cells {
    words: Vec<String>,
    cells: Vec<(Vec<String>, Move)>,
}

/// By what the pieces of a bill's places are told apart: the most that charges can be.
#[must_use]
pub fn by(bill: &Bill) -> Vec<Dimension> {
    let mut by = vec![Dimension::SubAccount, Dimension::Service, Dimension::Region];
    let mut parts = bill.nodes.iter().flat_map(|node| node.place.parts());
    by.extend(parts.find(|part| part.dimension.starts_with("tag:")).and_then(|part| Dimension::parse(&part.dimension)));
    by
}

impl Cells {
    /// The pieces that two tables by the same dimensions have, each with its days.
    #[must_use]
    pub fn new(by: &[Dimension], now: (&Table, i32), then: (&Table, i32)) -> Cells {
        let mut cells = Cells { words: by.iter().map(word_of).collect(), cells: Vec::new() };
        let mut known: std::collections::HashMap<Vec<String>, Move> = std::collections::HashMap::new();
        for ((table, days), is_now) in [(now, true), (then, false)] {
            for (key, total) in table.groups() {
                let text = |at: usize| table.dimensions[at].text(key.values.0[at]).to_owned();
                let cell = known.entry((0..by.len()).map(text).collect()).or_default();
                let daily = total.sum.to_f64() / f64::from(days.max(1));
                *(if is_now { &mut cell.now } else { &mut cell.then }) += daily;
            }
        }
        cells.cells = known.into_iter().collect();
        cells.cells.sort_by(|a, b| a.0.cmp(&b.0));
        cells
    }

    /// All of them.
    #[must_use]
    pub fn whole(&self) -> Move {
        let mut whole = Move::default();
        self.cells.iter().for_each(|(_, cell)| whole.add(*cell));
        whole
    }

    fn at(&self, dimension: &str) -> Option<usize> {
        self.words.iter().position(|word| word == dimension)
    }

    /// What of them is in a place; `None` where it says what they do not know.
    #[must_use]
    pub fn within(&self, place: &Place) -> Option<Move> {
        let parts: Vec<(usize, &Part)> =
            place.parts().iter().map(|part| Some((self.at(&part.dimension)?, part))).collect::<Option<_>>()?;
        let mut sum = Move::default();
        let is_in = |values: &[String]| parts.iter().all(|(at, part)| values[*at] == part.value);
        self.cells.iter().filter(|(values, _)| is_in(values)).for_each(|(_, cell)| sum.add(*cell));
        Some(sum)
    }

    /// The pieces by some of the dimensions.
    #[must_use]
    pub fn pieces(&self, dimensions: &[&str]) -> Vec<(Place, Move)> {
        let at: Vec<usize> = dimensions.iter().filter_map(|dimension| self.at(dimension)).collect();
        let mut pieces: BTreeMap<Place, Move> = BTreeMap::new();
        for (values, cell) in &self.cells {
            let place = Place::new(at.iter().map(|at| (self.words[*at].clone(), values[*at].clone())));
            pieces.entry(place).or_default().add(*cell);
        }
        pieces.into_iter().collect()
    }

    /// The share of one value's move that did but change its name: it came from others of the same dimension, or went
    /// to them, where all other dimensions are the same; of others that moved by such a share of what they cost, before or
    /// since, at least, or of all of them, where they make up for nearly all of it.
    #[must_use]
    pub fn renamed(&self, part: &Part, least: f64) -> f64 {
        let Some(at) = self.at(&part.dimension) else { return 0.0 };
        let mut by_rest: BTreeMap<Vec<&str>, (f64, Vec<Move>)> = BTreeMap::new();
        for (values, cell) in &self.cells {
            let rest = values.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, value)| value.as_str());
            let (own, others) = by_rest.entry(rest.collect()).or_default();
            match values[at] == part.value {
                true => *own += cell.by(),
                false => others.push(*cell),
            }
        }
        let whole: f64 = by_rest.values().map(|(own, _)| own).sum();
        if whole == 0.0 {
            return 0.0;
        }
        let may_be_it = |other: &&Move| other.by().abs() >= least * other.now.max(other.then);
        let over = |(own, others): (f64, Vec<Move>)| {
            let all: f64 = others.iter().copied().map(Move::by).sum();
            // A tenth of the machines that go over to another price leave most of what they cost where it was.
            if (all + own).abs() <= EVEN * own.abs() {
                return own.abs();
            }
            let others: f64 = others.iter().filter(may_be_it).copied().map(Move::by).sum();
            (-others * own.signum()).clamp(0.0, own.abs())
        };
        let same_way = by_rest.into_values().filter(|(own, _)| own * whole > 0.0);
        same_way.map(over).sum::<f64>() / whole.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[(&str, &str, &str, f64, f64)]) -> Cells {
        let words = ["account", "service", "tag:team"].map(ToOwned::to_owned).to_vec();
        let one = |(account, service, team, then, now): &(&str, &str, &str, f64, f64)| {
            ([*account, *service, *team].map(ToOwned::to_owned).to_vec(), Move { now: *now, then: *then })
        };
        Cells { words, cells: cells.iter().map(one).collect() }
    }

    fn part(dimension: &str, value: &str) -> Part {
        Part { dimension: dimension.into(), value: value.into() }
    }

    #[test]
    fn what_lost_its_tag_did_not_fall_and_what_fell_did() {
        let lost = cells(&[
            ("prod", "vm", "core", 50.0, 0.0),
            ("prod", "vm", "", 0.0, 51.0),
            ("prod", "db", "core", 20.0, 21.0),
            ("dev", "vm", "core", 5.0, 4.0),
        ]);
        assert!(lost.renamed(&part("tag:team", "core"), 0.0) > 0.95);
        assert!(lost.renamed(&part("tag:team", ""), 0.0) > 0.9);
        let fell =
            cells(&[("prod", "vm", "core", 50.0, 0.0), ("prod", "vm", "", 3.0, 2.0), ("dev", "vm", "", 1.0, 40.0)]);
        assert!(fell.renamed(&part("tag:team", "core"), 0.0) < 0.05);
        assert!(fell.renamed(&part("tag:team", ""), 0.0) < 0.1);
        // What costs much more and fell by a little of itself is not where a rise came from.
        let beside = |now: f64| {
            let cells = cells(&[("prod", "vm", "gpu", 900.0, now), ("prod", "vm", "nat", 13.0, 103.0)]);
            [0.0, 0.3].map(|least| cells.renamed(&part("tag:team", "nat"), least))
        };
        assert_eq!((beside(780.0), beside(1000.0)), ([1.0, 0.0], [0.0, 0.0]));
        // What makes up for all of it is, however little of itself that was.
        assert_eq!((beside(810.0), beside(820.0)), ([1.0, 1.0], [1.0, 1.0]));
        assert_eq!(cells(&[]).renamed(&part("tag:team", "core"), 0.0), 0.0);
    }

    #[test]
    fn a_place_is_what_its_parts_have_in_common() {
        let some =
            cells(&[("prod", "vm", "core", 50.0, 90.0), ("prod", "db", "core", 5.0, 6.0), ("dev", "vm", "", 1.0, 2.0)]);
        let within = |parts: &[(&str, &str)]| some.within(&Place::new(parts.iter().copied())).map(Move::by);
        assert_eq!(within(&[("account", "prod")]), Some(41.0));
        assert_eq!(within(&[("service", "vm"), ("tag:team", "")]), Some(1.0));
        assert_eq!((within(&[]), within(&[("provider", "AWS")])), (Some(42.0), None));
        assert_eq!(some.whole(), Move { now: 98.0, then: 56.0 });
        let pieces = some.pieces(&["account", "service"]);
        assert_eq!(pieces.len(), 3);
        assert!(
            pieces.contains(&(Place::new([("account", "prod"), ("service", "vm")]), Move { now: 90.0, then: 50.0 }))
        );
    }
}
