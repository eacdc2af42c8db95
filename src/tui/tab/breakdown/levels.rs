//! The order that Enter goes down by.
//!
//! Each depth is grouped as it was the last time, where that was chosen; else by the next finer
//! dimension that is not settled yet. Pure: knows lenses, no answer.

use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;

/// The usual levels, coarse to fine.
const USUAL: [Dimension; 6] = [
    Dimension::Provider,
    Dimension::SubAccount,
    Dimension::Service,
    Dimension::Region,
    Dimension::ResourceType,
    Dimension::Resource,
];

/// What each depth was grouped by, from the top.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    chosen: Vec<Vec<Dimension>>,
}

impl Levels {
    /// Keeps what a depth is grouped by. Where that is new, what lies deeper was chosen for another
    /// order and is forgotten.
    pub fn keep(&mut self, depth: usize, by: &[Dimension]) {
        if self.chosen.get(depth).is_some_and(|kept| kept == by) {
            return;
        }
        self.chosen.truncate(depth);
        if self.chosen.len() == depth {
            self.chosen.push(by.to_vec());
        }
    }

    /// What to group by a level below `depth`, where a lens holds all that was opened; `None` at the
    /// last.
    #[must_use]
    pub fn next(&self, depth: usize, lens: &Lens) -> Option<Vec<Dimension>> {
        let chosen = self.chosen.get(depth + 1).filter(|by| !by.iter().any(|d| settled(lens, d)));
        chosen.cloned().or_else(|| finer(lens).map(|dimension| vec![dimension]))
    }
}

/// Whether every charge that a lens with its groups opened admits has the same value.
fn settled(lens: &Lens, dimension: &Dimension) -> bool {
    lens.by.contains(dimension)
        || lens.filter.clauses.iter().any(|c| !c.negated && c.dimension.as_ref() == Some(dimension))
}

/// The usual level that comes after what is settled.
fn finer(lens: &Lens) -> Option<Dimension> {
    if settled(lens, &Dimension::Resource) {
        return None;
    }
    let says_provider = |d: &Dimension| {
        use Dimension as D;
        matches!(d, D::BillingAccount | D::SubAccount | D::Service | D::Region | D::AvailabilityZone | D::Sku)
    };
    let all = lens.filter.clauses.iter().filter(|c| !c.negated).filter_map(|c| c.dimension.as_ref()).chain(&lens.by);
    let provider_said = all.into_iter().any(says_provider);
    let known = |d: &Dimension| settled(lens, d) || *d == Dimension::Provider && provider_said;
    USUAL.into_iter().find(|d| !known(d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;

    fn lens(by: &[&str], filter: &str) -> Lens {
        let by = by.iter().map(|word| Dimension::parse(word).expect("dimension")).collect();
        Lens { by, filter: Filter::parse(filter, &[]).expect("filter"), ..Lens::default() }
    }

    #[test]
    fn the_next_level_is_the_first_that_is_not_settled() {
        for (by, filter, next) in [
            (&["provider"][..], "", "sub_account"),
            (&["sub_account"], "provider:AWS", "service"),
            (&["region"], "", "sub_account"),
            (&["service"], "", "sub_account"),
            (&["region"], "service:s3 account:1", "resource_type"),
            (&["tag:team"], "", "provider"),
            (&["tag:team"], "provider:AWS", "sub_account"),
            (&["service", "region"], "account:1", "resource_type"),
            (&["provider"], "-service:s3", "sub_account"),
            (&["resource_type"], "account:1 service:s3 region:x", "resource"),
            (&["instance_type"], "account:1 service:s3 region:x", "resource_type"),
            (&["resource"], "", ""),
            (&["tag:env"], "resource:i-1", ""),
        ] {
            let found = Levels::default().next(0, &lens(by, filter));
            let found = found.map_or(String::new(), |by| by[0].name());
            assert_eq!(found, next, "{by:?} {filter}");
        }
    }

    #[test]
    fn a_chosen_order_is_followed_until_another_is_chosen() {
        let mut levels = Levels::default();
        let region = lens(&["region"], "").by;
        levels.keep(0, &lens(&["provider"], "").by);
        levels.keep(1, &region);
        assert_eq!(levels.next(0, &lens(&["provider"], "")), Some(region.clone()));
        assert_eq!(levels.next(0, &lens(&["provider"], "region:x")).map(|by| by[0].name()), Some("sub_account".into()));
        levels.keep(0, &lens(&["provider"], "").by);
        assert_eq!(levels.next(0, &lens(&["provider"], "")), Some(region));
        levels.keep(0, &lens(&["service"], "").by);
        assert_eq!(levels.next(0, &lens(&["service"], "")).map(|by| by[0].name()), Some("sub_account".into()));
    }
}
