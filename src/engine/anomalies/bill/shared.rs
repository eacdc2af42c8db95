//! Services of one name that several providers have: of each provider they are a place of their own.
//!
//! `Load Balancer` is sold by many, and what one of them charges for it is no part of what others do: a place of the name
//! alone would tell all their costs of what one of them did. A service that one provider alone has is that place already.

use std::collections::{BTreeMap, BTreeSet};

use super::{PAIRS_MAX, Series, is_place, provider, word_of};
use crate::analytics::detect::place::Place;
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::engine::table::Table;

impl<'p> Series<'p> {
    /// Adds them from a table by service.
    pub(super) fn add_shared(&mut self, table: &Table) {
        let days = self.window.days().max(0) as usize;
        let mut services: BTreeMap<&str, BTreeMap<&'p str, Vec<f64>>> = BTreeMap::new();
        for (key, total) in table.groups() {
            let service = table.dimensions[0].text(key.values.0[0]);
            let known = provider(table, &key, 1, self.providers).and_then(|name| self.providers.get_key_value(name));
            let Some((name, known)) = known.filter(|_| is_place(&Dimension::Service, service)) else { continue };
            let day = Day::of_seconds(key.start);
            let costs = services.entry(service).or_default().entry(name).or_insert_with(|| vec![0.0; days]);
            let cost = costs.get_mut((day.0 - self.window.from.0) as usize).filter(|_| day >= known.first);
            cost.into_iter().for_each(|cost| *cost += total.sum.to_f64());
        }
        let size = |costs: &[f64]| costs.iter().map(|cost| cost.abs()).sum::<f64>();
        let shared = services.into_iter().filter(|(_, of)| of.len() > 1);
        let mut shared: Vec<(f64, &str, &'p str, Vec<f64>)> = shared
            .flat_map(|(service, of)| of.into_iter().map(move |(name, costs)| (size(&costs), service, name, costs)))
            .collect();
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
        for (_, service, name, costs) in shared.into_iter().take(PAIRS_MAX) {
            let parts = [(Dimension::Provider, name), (Dimension::Service, service)];
            let place = Place::new(parts.iter().map(|(dimension, value)| (word_of(dimension), *value)));
            self.places.insert(place, (costs, BTreeSet::from([name])));
        }
    }
}
