//! What damage took: charges that were committed and can no longer be read.
//!
//! The manifest keeps the list until they are imported again, undone, restored or accepted as
//! lost, so that a damaged store is never silently a shorter one.

use serde::{Deserialize, Serialize};

use super::manifest::{Group, Import, Manifest};
use super::segment::GroupKey;
use crate::domain::calendar::Period;

/// Losses that one notice names.
const NAMED_MAX: usize = 3;

/// Charges of an account period that damage took.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Lost {
    /// The source that they are of.
    pub source: String,
    /// Provider, account and period; `None` where nobody can say what a lost commit held.
    pub key: Option<GroupKey>,
    /// Their first day to the day after their last.
    pub days: Option<Period>,
    /// The imports that brought them, with the charges of each.
    pub parts: Vec<(u64, u64)>,
    /// The first import that came after the loss: only such a one can bring them back.
    pub since: u64,
}

impl Lost {
    /// All charges of a group.
    #[must_use]
    pub fn group(group: &Group, since: u64) -> Self {
        Lost {
            source: group.source.clone(),
            key: Some(group.key.clone()),
            days: group.days(),
            parts: group.parts.iter().map(|p| (p.import, p.rows())).collect(),
            since,
        }
    }

    /// Whatever the newest commits held.
    #[must_use]
    pub fn unknown(since: u64) -> Self {
        Lost { since, ..Lost::default() }
    }

    /// Its charges.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|(_, rows)| rows).sum()
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.key {
            Some(key) => key.name().into_string(),
            None => "what the newest commits held".to_owned(),
        }
    }

    /// Whether some of it may be of these days.
    #[must_use]
    pub fn overlaps(&self, period: Period) -> bool {
        self.days.is_none_or(|days| days.from < period.to && period.from < days.to)
    }
}

impl Manifest {
    /// Whether an answer about this period may lack charges: rows of it were refused, or damage
    /// took them.
    #[must_use]
    pub fn is_incomplete(&self, period: Period) -> bool {
        self.lost.iter().any(|lost| lost.overlaps(period)) || self.active_in(period).iter().any(|g| g.incomplete)
    }

    /// What to tell whoever is given an answer: which charges are missing. `None` where none are.
    #[must_use]
    pub fn loss_notice(&self) -> Option<String> {
        if self.lost.is_empty() {
            return None;
        }
        if self.lost.iter().all(|lost| lost.key.is_none()) {
            return Some(
                "damage may have taken what the newest commits held, and totals may be too low: import the newest \
                 files again, then `spendtop store accept-loss`"
                    .to_owned(),
            );
        }
        let named: Vec<String> = self.lost.iter().take(NAMED_MAX).map(Lost::name).collect();
        let more = self.lost.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more account periods") } else { String::new() };
        Some(format!(
            "damage took charges, and totals are too low without them: {}{more}; `spendtop store check` lists what to import again",
            named.join(", ")
        ))
    }

    /// The imports that brought a loss.
    pub fn imports_of<'m>(&'m self, lost: &'m Lost) -> impl Iterator<Item = &'m Import> {
        lost.parts.iter().filter_map(|(import, _)| self.import(*import))
    }

    /// Charges of an import that damage took.
    #[must_use]
    pub fn lost_rows(&self, import: u64) -> u64 {
        self.lost.iter().flat_map(|l| &l.parts).filter(|(id, _)| *id == import).map(|(_, rows)| rows).sum()
    }

    /// Strikes off the list what imports since the loss brought again. One that is only a part of
    /// its bill (`part`) does so when as many charges are there as were lost.
    pub fn strike_found(&mut self, part: bool) {
        let groups = &self.groups;
        self.lost.retain(|lost| {
            let Some(key) = &lost.key else { return true };
            let newer =
                |g: &&Group| g.key.identity() == key.identity() && g.parts.iter().all(|p| p.import >= lost.since);
            let found: Vec<u64> = groups.iter().filter(newer).map(Group::rows).collect();
            found.is_empty() || part && found.iter().sum::<u64>() < lost.rows()
        });
    }

    /// Strikes off the list what came with an import that is undone.
    pub fn strike_import(&mut self, import: u64) {
        self.lost.iter_mut().for_each(|lost| lost.parts.retain(|(id, _)| *id != import));
        self.lost.retain(|lost| lost.key.is_none() || !lost.parts.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;
    use crate::store::manifest::Part;

    fn group(import: u64, rows: u64) -> Group {
        let key = GroupKey { provider: "AWS".into(), account: "1".into(), billing_period: Day(19_000) };
        let part = Part { import, days: [(Day(19_003), rows)].into(), ..Part::default() };
        let (source, account_name) = ("import".to_owned(), String::new());
        Group { id: import, source, rank: 0, place: 0, key, account_name, parts: vec![part], incomplete: false }
    }

    fn losing(group: &Group) -> Manifest {
        let import = Import { id: 1, ..Import::default() };
        Manifest { lost: vec![Lost::group(group, 2)], imports: vec![import], ..Manifest::empty(Vec::new()) }
    }

    fn days(from: i32, to: i32) -> Period {
        Period { from: Day(from), to: Day(to) }
    }

    #[test]
    fn what_was_lost_is_kept_with_the_manifest_and_marks_its_days() {
        let manifest = losing(&group(1, 9));
        let read = Manifest::from_bytes(&manifest.to_bytes().expect("bytes")).expect("manifest");
        assert_eq!(read, manifest);
        assert!(read.is_incomplete(days(19_000, 19_030)) && !read.is_incomplete(days(19_004, 19_030)));
        assert!(read.loss_notice().expect("notice").contains("AWS 1 2022-01"), "{:?}", read.loss_notice());
        let sound = Manifest::empty(Vec::new());
        assert_eq!(Manifest::from_bytes(&sound.to_bytes().expect("bytes")).expect("manifest"), sound);
        assert!(sound.loss_notice().is_none() && !sound.is_incomplete(days(0, 30_000)));
    }

    #[test]
    fn only_what_came_after_the_loss_brings_it_back() {
        let found = |group: Group, part: bool| {
            let mut manifest = losing(&self::group(1, 9));
            manifest.groups.push(group);
            manifest.strike_found(part);
            manifest.lost.is_empty()
        };
        assert!(!found(group(1, 9), false), "an older version of the bill");
        assert!(found(group(2, 5), false), "the whole bill, which has shrunk");
        assert!(!found(group(2, 5), true) && found(group(2, 9), true), "a part of it, and all parts");
    }

    #[test]
    fn a_lost_import_is_known_until_it_is_undone() {
        let mut manifest = losing(&group(1, 9));
        manifest.forget_unused_imports();
        assert_eq!((manifest.imports.len(), manifest.lost_rows(1)), (1, 9));
        manifest.strike_import(1);
        manifest.forget_unused_imports();
        assert!(manifest.lost.is_empty() && manifest.imports.is_empty());
        manifest.lost.push(Lost::unknown(2));
        manifest.strike_import(1);
        assert_eq!(manifest.lost.len(), 1, "nobody knows what it held");
    }
}
