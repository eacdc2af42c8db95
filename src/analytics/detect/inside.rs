//! Whether all charges of one place are another's that is wider: by their parts, as those of one provider, or because
//! hardly any are left outside it.

use super::explain::PROVIDER;
use super::place::Place;
use super::tree::Node;

/// The share of a place's cost that may be outside of another that holds it, and by which that must be wider.
const HARDLY: f64 = 0.01;

/// Whether `wide` holds all charges of `narrow`, and more; `node` gives those of a place, where there is a series of it.
#[must_use]
pub fn is_inside<'n>(narrow: &Node, wide: &Node, node: impl Fn(&Place) -> Option<&'n Node>) -> bool {
    if narrow.place == wide.place || narrow.place.depth() == 0 {
        return false;
    }
    wide.place.holds(&narrow.place) || is_of_provider(narrow, wide) || is_by_costs(narrow, wide, node)
}

/// Whether a place is one provider, all whose charges of another are.
pub(super) fn is_of_provider(narrow: &Node, wide: &Node) -> bool {
    match (wide.place.parts(), &wide.providers[..]) {
        ([part], [of]) => {
            let is_it = part.dimension == PROVIDER && part.value == *of && narrow.providers == wide.providers;
            is_it && narrow.place.depth() > 0 && narrow.place != wide.place
        }
        _ => false,
    }
}

fn is_by_costs<'n>(narrow: &Node, wide: &Node, node: impl Fn(&Place) -> Option<&'n Node>) -> bool {
    let Some(both) = narrow.place.meet(&wide.place).and_then(|both| node(&both)) else { return false };
    let sum = |costs: &[Option<f64>]| costs.iter().flatten().map(|cost| cost.abs()).sum::<f64>();
    let own = sum(&narrow.costs);
    let days = narrow.costs.iter().zip(&both.costs);
    let outside: f64 = days.map(|(all, both)| (all.unwrap_or(0.0) - both.unwrap_or(0.0)).abs()).sum();
    outside <= HARDLY * own && sum(&wide.costs) > (1.0 + HARDLY) * own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(parts: &[(&str, &str)], cost: f64, providers: &[&str]) -> Node {
        Node {
            place: Place::new(parts.iter().copied()),
            costs: vec![Some(cost), None, Some(cost)],
            providers: providers.iter().map(|of| (*of).to_owned()).collect(),
            ..Node::default()
        }
    }

    #[test]
    fn a_place_is_inside_another_by_its_parts_its_provider_or_its_costs() {
        let (region, account) = (("region", "eu"), ("account", "shop"));
        let all = [
            node(&[], 100.0, &["AWS", "Azure"]),
            node(&[(PROVIDER, "AWS")], 60.0, &["AWS"]),
            node(&[region], 50.0, &["AWS"]),
            node(&[account], 20.0, &["AWS"]),
            node(&[account, region], 20.0, &["AWS"]),
            node(&[("account", "wide")], 30.0, &["AWS"]),
            node(&[("account", "wide"), region], 10.0, &["AWS"]),
            node(&[("account", "other")], 40.0, &["Azure"]),
        ];
        let get = |place: &Place| all.iter().find(|node| node.place == *place);
        let is = |narrow: usize, wide: usize| is_inside(&all[narrow], &all[wide], get);
        for (narrow, wide, want, what) in [
            (3, 0, true, "all is in the whole"),
            (0, 3, false, "and not the other way"),
            (3, 3, false, "nothing is in itself"),
            (4, 2, true, "by its parts"),
            (3, 1, true, "of one provider"),
            (7, 1, false, "of another"),
            (3, 2, true, "all that the account costs is there"),
            (5, 2, false, "most of it is elsewhere"),
            (2, 3, false, "the region is wider"),
            (3, 4, false, "the same charges by another name"),
        ] {
            assert_eq!(is(narrow, wide), want, "{what}");
        }
    }
}
