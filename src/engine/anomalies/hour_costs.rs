//! What places cost by the hour, as far as their hours have come.
//!
//! Hours of one provider come later than those of another, and hours of one service later than those of another of the
//! same provider. What has a charge in the hours that are next as a rule, and has none since, is waited for: of those hours
//! nothing is known. What has none then as a rule cost nothing. Knows no detector and no store.

use std::collections::BTreeMap;

use crate::domain::calendar::DAY_HOURS;

/// The share of a place's cost that one of its providers must have for its hours to be waited for.
const WAITED_FOR: f64 = 0.1;
/// Hours after the last that tell whether it goes on as a rule: what runs once a day ends an hour sooner or later.
const NEXT: usize = 2;

/// What a place cost by the hour: each provider's charges, until the last hour that has one.
#[derive(Clone, Default, Debug)]
pub(super) struct Costs(BTreeMap<String, Vec<f64>>);

impl Costs {
    /// Adds what an hour cost.
    pub fn add(&mut self, provider: &str, hour: usize, cost: f64) {
        if !self.0.contains_key(provider) {
            self.0.insert(provider.to_owned(), Vec::new());
        }
        let Some(costs) = self.0.get_mut(provider) else { return };
        if costs.len() <= hour {
            costs.resize(hour + 1, 0.0);
        }
        costs[hour] += cost;
    }

    /// The same of each provider alone, where it is several that have charges.
    pub fn apart(&self) -> impl Iterator<Item = (&str, Costs)> {
        let one = |provider: &String, costs: &Vec<f64>| Costs(BTreeMap::from([(provider.clone(), costs.clone())]));
        self.0.iter().filter(|_| self.0.len() > 1).map(move |(of, costs)| (of.as_str(), one(of, costs)))
    }

    /// How many hours there are, until the last with a charge.
    pub fn hours(&self) -> usize {
        self.0.values().map(Vec::len).max().unwrap_or(0)
    }

    /// What each of so many hours cost; `None` from the first on that is waited for. None of those that are settled is.
    pub fn come(&self, hours: usize, settled: usize) -> Vec<Option<f64>> {
        let size = |costs: &Vec<f64>| costs.iter().map(|cost| cost.abs()).sum::<f64>();
        let least = WAITED_FOR * self.0.values().map(size).sum::<f64>();
        let late = self.0.values().filter(|costs| size(costs) >= least && is_late(costs, hours));
        let until = late.map(|costs| costs.len().max(settled)).min().unwrap_or(hours);
        let cost = |hour: usize| self.0.values().filter_map(|costs| costs.get(hour)).sum();
        (0..hours).map(|hour| (hour < until).then(|| cost(hour))).collect()
    }

    /// Whether the second of two days stops before the hours that the first had, where those had much of what that day
    /// cost.
    pub fn ends_early(&self, first: f64) -> bool {
        let had = |costs: &Vec<f64>| costs.iter().take(DAY_HOURS).map(|cost| cost.abs()).sum::<f64>();
        self.0.values().any(|costs| had(costs) >= WAITED_FOR * first.abs() && is_late(costs, 2 * DAY_HOURS))
    }
}

/// Whether the hours after the last that has a charge had one a day before: it would have gone on.
fn is_late(costs: &[f64], hours: usize) -> bool {
    let next = costs.len()..hours.min(costs.len() + NEXT);
    let had = |hour: usize| hour.checked_sub(DAY_HOURS).is_some_and(|hour| costs[hour] != 0.0);
    !next.is_empty() && next.into_iter().all(had)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_waited_for_where_there_is_a_charge_in_the_next_as_a_rule() {
        type Of<'o> = (&'o str, &'o dyn Fn(usize) -> f64, usize);
        let come = |of: &[Of], settled: usize| {
            let mut costs = Costs::default();
            for (provider, cost, until) in of {
                for hour in (0..*until).filter(|hour| cost(*hour) != 0.0) {
                    costs.add(provider, hour, cost(hour));
                }
            }
            costs.come(100, settled).iter().flatten().count()
        };
        let always = |_: usize| 2.0;
        let by_day = |hour: usize| if (8..18).contains(&(hour % 24)) { 2.0 } else { 0.0 };
        assert_eq!(come(&[], 0), 100);
        assert_eq!(come(&[("AWS", &always, 100)], 0), 100);
        for until in [99, 90, 60, 30] {
            assert_eq!(come(&[("AWS", &always, until)], 0), until);
            assert_eq!(come(&[("AWS", &always, until)], 72), until.max(72), "settled");
        }
        // 90 is six in the evening, 84 noon.
        for (until, known) in [(90, 100), (89, 100), (88, 88), (84, 84)] {
            assert_eq!(come(&[("AWS", &by_day, until)], 0), known, "by day until {until}");
        }
        // A sum waits for whoever has much of it.
        let little = |_: usize| 0.1;
        assert_eq!(come(&[("AWS", &always, 100), ("GCP", &always, 80)], 0), 80);
        assert_eq!(come(&[("AWS", &always, 100), ("GCP", &little, 80)], 0), 100);
    }
}
