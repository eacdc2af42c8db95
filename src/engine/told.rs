//! What answers a question for each account period: its charges, where they tell all that is asked; else
//! facets of the same costs that do, and beside them what of the charges no facet accounts for.
//!
//! The one place that decides it, for every reader of groups. Knows no costs; [`super::rest`] has them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::domain::calendar::Period;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Clause;
use crate::store::manifest::{Group, Manifest};
use crate::store::remote::Facet;
use crate::store::segment::Identity;

/// What a question looks at.
pub(super) struct Needed<'d> {
    /// Dimensions, in whatever way.
    pub dimensions: Vec<&'d Dimension>,
    /// Whether at hours: charges of a day lie in none.
    pub hours: bool,
}

impl<'d> Needed<'d> {
    /// What grouping and filtering look at.
    pub(super) fn new(by: &'d [Dimension], clauses: &'d [Clause], hours: bool) -> Needed<'d> {
        let filtered = clauses.iter().filter_map(|clause| clause.dimension.as_ref());
        Needed { dimensions: by.iter().chain(filtered).collect(), hours }
    }

    /// What a filter alone looks at.
    pub(super) fn of(clauses: &'d [Clause]) -> Needed<'d> {
        Needed::new(&[], clauses, false)
    }

    fn is_told_by(&self, tells: &[Dimension]) -> bool {
        self.dimensions.iter().all(|dimension| dimension.is_told_by(tells))
    }
}

/// Which groups answer a question about some days.
pub(super) struct Plan<'m> {
    /// Those whose charges tell all that is asked.
    pub whole: Vec<&'m Group>,
    /// The others, by what they tell and what answers for them.
    pub parts: Vec<Part<'m>>,
}

/// Groups whose charges do not tell all that is asked.
pub(super) struct Part<'m> {
    /// What their charges tell, besides provider and billing account.
    pub told: &'m [Dimension],
    /// The groups.
    pub base: Vec<&'m Group>,
    /// What answers in their place: groups of facets that tell all that is asked.
    pub facets: Vec<&'m Group>,
    /// Whether their source has facets that tell it, though perhaps not of these groups.
    pub has_facets: bool,
    /// The sources of all of them.
    pub sources: BTreeSet<&'m str>,
}

impl<'m> Plan<'m> {
    /// What answers a question over a period. Nothing of it depends on the period but
    /// which groups are looked at: days add up to months.
    pub(super) fn new(manifest: &'m Manifest, period: Period, needed: &Needed<'_>) -> Plan<'m> {
        if manifest.scopes.is_empty() {
            return Plan { whole: manifest.active_in(period), parts: Vec::new() };
        }
        let mut plan = Plan { whole: Vec::new(), parts: Vec::new() };
        let mut places: BTreeMap<(&[Dimension], &[Dimension], bool), usize> = BTreeMap::new();
        let mut sources: HashMap<&str, Facets<'m>> = HashMap::new();
        for group in manifest.active() {
            let told = manifest.tells(group).filter(|told| needed.hours || !needed.is_told_by(told));
            let Some(told) = told else {
                plan.whole.extend(group.overlaps(period).then_some(group));
                continue;
            };
            let facets = sources.entry(&group.source).or_insert_with(|| Facets::new(manifest, group, needed));
            let (tells, of_group) = facets.of(manifest, group);
            if !group.overlaps(period) && !of_group.iter().any(|facet| facet.overlaps(period)) {
                continue;
            }
            let place = *places.entry((told, tells, facets.any)).or_insert_with(|| {
                let (base, facets_of, sources) = (Vec::new(), Vec::new(), BTreeSet::new());
                plan.parts.push(Part { told, base, facets: facets_of, has_facets: facets.any, sources });
                plan.parts.len() - 1
            });
            let part = &mut plan.parts[place];
            part.base.push(group);
            part.facets.extend(of_group);
            part.sources.insert(&group.source);
        }
        plan
    }

    /// The groups whose charges tell all that is asked, alone.
    pub(super) fn whole(manifest: &'m Manifest, period: Period, needed: &Needed<'_>) -> Vec<&'m Group> {
        Plan::new(manifest, period, needed).whole
    }

    /// All groups that an answer rests on.
    pub(super) fn all(&self) -> Vec<&'m Group> {
        let parts = self.parts.iter().flat_map(|part| part.base.iter().chain(&part.facets));
        self.whole.iter().chain(parts).copied().collect()
    }

    /// The groups that single charges are read from: facets' where they answer in the place of others.
    pub(super) fn groups(self) -> Vec<&'m Group> {
        self.whole.into_iter().chain(self.parts.into_iter().flat_map(|part| part.facets)).collect()
    }
}

impl Part<'_> {
    /// Whether their charges tell a dimension.
    pub(super) fn tells(&self, dimension: &Dimension) -> bool {
        dimension.is_told_by(self.told)
    }

    /// Whether a clause is about what their charges tell. Free text is looked for in what there is.
    pub(super) fn tells_of(&self, clause: &Clause) -> bool {
        clause.dimension.as_ref().is_none_or(|dimension| self.tells(dimension))
    }
}

/// The groups that count and whose charges tell everything.
pub(super) fn tell_all(manifest: &Manifest, period: Period) -> Vec<&Group> {
    let mut groups = manifest.active_in(period);
    groups.retain(|group| manifest.tells(group).is_none());
    groups
}

/// The facets of one source that tell all that is asked.
struct Facets<'m> {
    any: bool,
    by_identity: HashMap<Identity<'m>, Vec<&'m Facet>>,
}

impl<'m> Facets<'m> {
    fn new(manifest: &'m Manifest, of: &Group, needed: &Needed<'_>) -> Facets<'m> {
        let mut facets = Facets { any: false, by_identity: HashMap::new() };
        let all = manifest.scopes.get(&of.source).map_or(&[][..], |synced| &synced.facets);
        let tells = |facet: &&Facet| facet.hours == needed.hours && needed.is_told_by(&facet.tells);
        for facet in all.iter().filter(tells) {
            facets.any = true;
            facets.by_identity.entry(facet.group.key.identity()).or_default().push(facet);
        }
        facets
    }

    /// The groups that answer for one, and what they tell: of several feeds the one that most days of its
    /// billing period have come of, and of equals the one that tells least.
    fn of(&self, manifest: &'m Manifest, group: &Group) -> (&'m [Dimension], Vec<&'m Group>) {
        let mine = self.by_identity.get(&group.key.identity()).map_or(&[][..], Vec::as_slice);
        let month = group.key.billing_period.month().period();
        let come = |facet: &Facet| {
            let days = manifest.scopes.get(&group.source).and_then(|synced| synced.days.get(&facet.feed));
            days.map_or(0, |days| days.range(month.from..month.to).count())
        };
        let best = mine.iter().min_by_key(|facet| (Reverse(come(facet)), facet.tells.len(), &facet.feed));
        let Some(best) = best else { return (&[], Vec::new()) };
        let groups = mine.iter().filter(|facet| facet.feed == best.feed).map(|facet| &facet.group);
        (&best.tells, groups.collect())
    }
}
