//! Where the hours moved: what was found by the hour at all spend, or at a service or account, is at the one service
//! of one account that has nearly all of it.
//!
//! By the hour only the largest services and accounts have series of their own, and charges of whole days have no
//! hours: whoever has all of the hours has all of their cost as well, and nothing tells the two apart but what the
//! days cost. So pairs are read where something was found, and held against the cost of days, as what is found by the
//! day is (`once`). Knows no records.

use std::collections::HashMap;

use super::bill::{Bill, clause, request, word_of};
use super::hour_costs::Costs;
use super::once::{LIFT, MOST};
use crate::analytics::detect::event::Event;
use crate::analytics::detect::place::Place;
use crate::analytics::detect::scale::median;
use crate::analytics::detect::series::Settings;
use crate::analytics::detect::tree::{self, Anomaly, Kind, Node};
use crate::domain::calendar::{DAY_HOURS, Day, Granularity, HOUR_SECONDS, Period};
use crate::domain::dimension::Dimension;
use crate::domain::text::UNTOLD;
use crate::engine::Cancel;
use crate::engine::foretell::Aside;
use crate::engine::local::LocalEngine;
use crate::engine::table::Table;
use crate::error::Result;

/// Hours between the beginnings of what may be one.
const TOGETHER: i64 = 2;

/// The hours of a bill's places, and of those that two of them have in common.
pub(super) struct Pieces<'b> {
    bill: &'b Bill,
    nodes: &'b [Node],
    first: Day,
    pairs: Vec<Node>,
}

impl<'b> Pieces<'b> {
    /// Reads the pairs of the places of `nodes`, whose hours begin on a day.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
    pub(super) fn read(
        engine: &LocalEngine,
        bill: &'b Bill,
        (nodes, first): (&'b [Node], Day),
        cancel: &Cancel,
    ) -> Result<Self> {
        let hours = nodes.first().map_or(0, |node| node.costs.len());
        let of = |dimension: &Dimension| -> Vec<String> {
            let parts = nodes.iter().flat_map(|node| node.place.parts());
            parts.filter(|part| part.dimension == word_of(dimension)).map(|part| part.value.clone()).collect()
        };
        let by = [Dimension::SubAccount, Dimension::Service, Dimension::Provider];
        let [accounts, services] = [of(&by[0]), of(&by[1])];
        let mut pieces = Pieces { bill, nodes, first, pairs: Vec::new() };
        if accounts.is_empty() || services.is_empty() {
            return Ok(pieces);
        }
        let mut clauses = vec![clause(&by[0], &accounts), clause(&by[1], &services)];
        clauses.extend(Aside::none());
        let period = Period { from: first, to: first.plus(hours.div_ceil(DAY_HOURS) as i32) };
        let request = request(Some(&bill.currency), period, (&by, &clauses), Some(Granularity::Hour));
        pieces.pairs = pieces.pairs_of(&engine.aggregate(&request, cancel)?, &by, hours);
        Ok(pieces)
    }

    /// The pairs of a table that are places of the bill.
    fn pairs_of(&self, table: &Table, by: &[Dimension], hours: usize) -> Vec<Node> {
        let mut pairs: HashMap<[u32; 2], Costs> = HashMap::new();
        for (key, total) in table.groups() {
            let provider = table.dimensions[2].text(key.values.0[2]);
            let at = ((key.start - self.first.seconds()) / HOUR_SECONDS).max(0) as usize;
            if self.bill.providers.contains(provider) && at < hours {
                let costs = pairs.entry([key.values.0[0], key.values.0[1]]).or_default();
                costs.add(provider, at, total.sum.to_f64());
            }
        }
        let node = |(ids, costs): ([u32; 2], Costs)| {
            let values = ids.iter().zip(&table.dimensions).map(|(id, values)| values.text(*id));
            if values.clone().any(|value| value.is_empty() || value == UNTOLD) {
                return None;
            }
            let place = Place::new(by.iter().map(word_of).zip(values));
            self.bill.node(&place)?;
            Some(super::hours::node(self.bill, self.first, (place, &costs), hours))
        };
        let mut pairs: Vec<Node> = pairs.into_iter().filter_map(node).collect();
        pairs.sort_by(|a, b| a.place.cmp(&b.place));
        pairs
    }

    /// The hours of a place.
    pub(super) fn node(&self, place: &Place) -> Option<&Node> {
        self.nodes.iter().chain(&self.pairs).find(|node| node.place == *place)
    }

    /// What was found, at the place whose hours moved.
    pub(super) fn placed(&self, raw: Anomaly, settled: usize, settings: &Settings) -> Anomaly {
        let Some((node, off)) = self.carrier(&raw) else { return raw };
        let first = self.first.seconds() / HOUR_SECONDS;
        let events = tree::events(node, first, settled, settings);
        let near = |event: &&Event| {
            event.direction == raw.event.direction && (event.start - raw.event.start).abs() <= TOGETHER
        };
        let own = events.iter().filter(near).min_by_key(|event| (event.start - raw.event.start).abs());
        let event = own.copied().unwrap_or(Event { impact: off, ..raw.event });
        let is_of_place = |dimension: &str| node.place.parts().iter().any(|part| part.dimension == dimension);
        Anomaly {
            place: node.place.clone(),
            kind: Kind::Moved(event.shape),
            moved: event.impact / f64::from(event.steps.max(1)),
            is_net: false,
            has_further: false,
            event,
            contributors: raw.contributors.into_iter().filter(|c| !is_of_place(&c.part.dimension)).collect(),
            cancels: raw.cancels,
        }
    }

    /// The pair that has nearly all of what moved, and more of that than of the cost; else, of all there is, the
    /// service or account; and by how much it is off.
    fn carrier(&self, raw: &Anomaly) -> Option<(&Node, f64)> {
        let whole = self.off(self.nodes.iter().find(|node| node.place == raw.place)?, &raw.event);
        let all = self.cost(&raw.place)?;
        let is_it = |(node, off): &(&Node, f64)| {
            let cost = self.cost(&node.place).map(|cost| cost / all);
            off / whole >= MOST && cost.is_some_and(|cost| off / whole - cost >= LIFT)
        };
        let within = |node: &&Node| raw.place.holds(&node.place) && raw.place != node.place;
        let moved = |node| (node, self.off(node, &raw.event));
        let pair = self.pairs.iter().filter(within).map(moved).filter(is_it).max_by(|a, b| a.1.total_cmp(&b.1));
        // Of both the one that is the smaller part of what the days cost.
        let costs = |node: &Node| self.cost(&node.place).unwrap_or(all);
        let single = || {
            let of_all = self.nodes.iter().filter(within).map(moved).filter(is_it);
            of_all.min_by(|a, b| costs(a.0).total_cmp(&costs(b.0)))
        };
        pair.or_else(single)
    }

    /// By how much the hours of an event are off those of the days before, in sum.
    fn off(&self, node: &Node, event: &Event) -> f64 {
        let first = self.first.seconds() / HOUR_SECONDS;
        let at = |step: i64| usize::try_from(step - first).unwrap_or(0).min(node.costs.len());
        let (from, to) = (at(event.start), at(event.last + 1));
        let usual = |hour: usize| {
            let before = node.costs[..from].iter().skip(hour % DAY_HOURS).step_by(DAY_HOURS);
            median(&mut before.flatten().copied().collect::<Vec<f64>>())
        };
        (from..to).filter_map(|hour| Some(node.costs[hour]? - usual(hour))).sum()
    }

    /// What a place's days cost since the hours begin; `None` where that is nothing.
    fn cost(&self, place: &Place) -> Option<f64> {
        let from = usize::try_from(self.first.0 - self.bill.first.0).ok()?;
        let cost: f64 = self.bill.node(place)?.costs.get(from..)?.iter().flatten().sum();
        (cost > 0.0).then_some(cost)
    }
}
