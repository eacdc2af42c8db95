//! What a delivery that nobody looks at may not take away from what is stored. Pure: knows no store.
//!
//! Whoever types `spendtop import` sees what a replacement does; a file that was put into a folder is taken in by
//! itself. One that was cut short, or is an older version under a newer date, must not take the place of the whole:
//! it is held back, and said. What grows, ends a month, or restates what is there passes. Of what differs, an
//! account period is judged by itself, and the others of a file come ([`is_apart`]):
//!
//! - **older**: what is stored is of a file that was written later; or it reaches a later day, and both lay there
//!   when it came. It stays, and nobody need do anything. A later day tells more than the date of a file: what
//!   reaches further is newer whatever its date says.
//! - **held back**: a settled day would be gone, or the last days of what the same file told; or more than half of
//!   the charges with more than a hundredth of the billed cost; or more than half of the billed cost. Also the rest
//!   of a set of pieces whose first ones were taken away, and a file that was refused when it was the older one and
//!   is written anew: which of the two is newer then, nobody can know.
//!
//! Where neither a day nor a date tells two versions apart, and the one that came last does not shrink that much, it
//! counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::groups::{Fate, Incoming};
use crate::domain::calendar::{Day, Month};
use crate::domain::charge::Metric;
use crate::domain::currency::written;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::{count, counted};
use crate::error::{Cause, Error};
use crate::provider::files::shards;
use crate::store::manifest::{Group, Import, Manifest, Part};
use crate::store::segment::{GroupKey, Identity};

/// What is known of a delivery besides its charges.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Keeps {
    /// When its last file was written, seconds since 1970; 0 where that is not known.
    pub written: i64,
    /// Files of other deliveries that came before and were written later.
    pub newer: BTreeSet<String>,
    /// Since when deliveries of its name are refused, seconds since 1970.
    pub refused_since: Option<i64>,
    /// Files of other deliveries that came before and were written later than the first of its name that was refused.
    pub refused_before: BTreeSet<String>,
    /// Days before this one are settled.
    pub settled_before: Day,
}

/// What an account period has.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Figures {
    /// Charges.
    pub rows: u64,
    /// Days with charges.
    pub days: BTreeSet<Day>,
    /// The known billed cost over all currencies, to be compared only.
    pub billed: i128,
}

impl Figures {
    fn of<'p>(parts: impl Iterator<Item = &'p Part>) -> Figures {
        let mut all = Figures::default();
        for part in parts {
            all.rows += part.rows();
            all.days.extend(part.days.keys());
            all.billed = all.billed.saturating_add(part.sums[Metric::Billed as usize]);
        }
        all
    }

    fn last(&self) -> Option<Day> {
        self.days.last().copied()
    }
}

/// Why an account period is held back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// Much of it would be gone: so many days, the first of them.
    Shrinks(usize, Option<Day>),
    /// Nobody can know which is the newer one.
    Unclear,
    /// This piece was taken away.
    Lacks(String),
}

/// An account period that is held back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Which.
    pub key: GroupKey,
    /// What is stored of it.
    pub before: Figures,
    /// What came.
    pub now: Figures,
    /// When what is stored came, seconds since 1970.
    pub came: i64,
    /// Why.
    pub why: Why,
}

/// What is stored of an account period, and what came of it.
struct Sides<'a> {
    key: &'a GroupKey,
    before: Figures,
    now: Figures,
    /// What the stored charges came with.
    came_with: Vec<&'a CameWith>,
}

/// What an import that stored charges came with is to what comes now: of many account periods the same, and known
/// once, since the store is locked meanwhile.
struct CameWith {
    /// When it came, seconds since 1970.
    at: i64,
    /// Whether it is of a file that comes now.
    is_own: bool,
    /// Whether it is of a file that was written later.
    is_newer: bool,
    /// Whether it is of one that was written later than what was refused.
    is_of_after_refusal: bool,
    /// A piece of it that was taken away.
    lacks: Option<String>,
}

impl CameWith {
    /// `here` are the files that come now, in order.
    fn of(import: &Import, here: &[&str], keeps: &Keeps) -> CameWith {
        let names: Vec<&str> = import.files.iter().map(|file| file.name.as_str()).collect();
        CameWith {
            at: import.taken_at,
            is_own: names.iter().any(|name| here.binary_search(name).is_ok()),
            is_newer: names.iter().any(|name| keeps.newer.contains(*name)),
            is_of_after_refusal: names.iter().any(|name| keeps.refused_before.contains(*name)),
            lacks: shards::taken_away(&names, here),
        }
    }
}

/// Marks what is older than what is stored, whose place it would take, and what is held back; `gone` are account
/// periods that are to go since nothing came of them, `files` the names of what came. What is held back.
#[must_use]
pub fn judge(
    manifest: &Manifest,
    source: &str,
    (incoming, gone, files): (&[Incoming], &[(GroupKey, u64)], &[&str]),
    keeps: &Keeps,
    fates: &mut [Fate],
) -> Vec<Held> {
    let mut files = files.to_vec();
    files.sort_unstable();
    let mut alike: BTreeMap<Identity<'_>, Vec<usize>> = BTreeMap::new();
    for (at, group) in incoming.iter().enumerate() {
        alike.entry(group.key.identity()).or_default().push(at);
    }
    let keys: BTreeMap<Identity<'_>, &GroupKey> = gone
        .iter()
        .map(|(key, _)| key)
        .chain(incoming.iter().map(|i| &i.key))
        .map(|key| (key.identity(), key))
        .collect();
    let mut stored: BTreeMap<Identity<'_>, Vec<&Group>> = BTreeMap::new();
    let same = |group: &&Group| group.source == source && keys.contains_key(&group.key.identity());
    for group in manifest.groups.iter().filter(same) {
        stored.entry(group.key.identity()).or_default().push(group);
    }
    let imports = imports_of(manifest, stored.values().flatten().copied());
    let imports: BTreeMap<u64, CameWith> =
        imports.into_iter().map(|(number, import)| (number, CameWith::of(import, &files, keeps))).collect();
    let mut held = Vec::new();
    for (identity, key) in keys {
        let Some(groups) = stored.get(&identity) else { continue };
        let places = alike.get(&identity).map_or(&[][..], Vec::as_slice);
        let parts = || groups.iter().flat_map(|group| &group.parts);
        let numbers: BTreeSet<u64> = parts().map(|part| part.import).collect();
        let sides = Sides {
            key,
            before: Figures::of(parts()),
            now: Figures::of(places.iter().map(|at| &incoming[*at].part)),
            came_with: numbers.iter().filter_map(|number| imports.get(number)).collect(),
        };
        let fate = match sides.is_older(keeps) {
            true => Fate::Older,
            false => {
                let Some(back) = sides.held(keeps) else { continue };
                held.push(back);
                Fate::HeldBack
            }
        };
        places.iter().for_each(|at| fates[*at] = fate);
    }
    held
}

/// Whether what is held back of a delivery lets the rest of it come. Of a set of pieces that is not whole nothing
/// else is whole either, and what takes the place of a billing period does so as one.
#[must_use]
pub fn is_apart(held: &[Held], billing_period: Option<Month>, fates: &[Fate]) -> bool {
    billing_period.is_none()
        && fates.iter().any(|fate| !fate.leaves())
        && !held.iter().any(|held| matches!(held.why, Why::Lacks(_)))
}

/// What groups came with, by number.
fn imports_of<'m>(manifest: &'m Manifest, groups: impl Iterator<Item = &'m Group>) -> BTreeMap<u64, &'m Import> {
    let numbers: BTreeSet<u64> = groups.flat_map(|group| &group.parts).map(|part| part.import).collect();
    let imports = manifest.imports.iter().filter(|import| numbers.contains(&import.id));
    imports.map(|import| (import.id, import)).collect()
}

/// What is stored of files of these names, and what else `is_of` what came, where no charge at all came of them now.
#[must_use]
pub fn emptied(manifest: &Manifest, source: &str, files: &[&str], is_of: &dyn Fn(&Group) -> bool) -> Vec<Held> {
    let files: BTreeSet<&str> = files.iter().copied().collect();
    let ours = || manifest.groups.iter().filter(|group| group.source == source);
    let known = imports_of(manifest, ours());
    let names_one = |import: &&&Import| import.files.iter().any(|file| files.contains(&*file.name));
    let naming: BTreeSet<u64> = known.values().filter(names_one).map(|import| import.id).collect();
    let held = ours().filter_map(|group| {
        let imports: Vec<&Import> = group.parts.iter().filter_map(|part| known.get(&part.import).copied()).collect();
        if !is_of(group) && !imports.iter().any(|import| naming.contains(&import.id)) {
            return None;
        }
        let before = Figures::of(group.parts.iter());
        let why = Why::Shrinks(before.days.len(), before.days.first().copied());
        let came = imports.iter().map(|import| import.taken_at).max().unwrap_or_default();
        Some(Held { key: group.key.clone(), before, now: Figures::default(), came, why })
    });
    held.collect()
}

impl Sides<'_> {
    /// Whether what came is of a file that what is stored is of.
    fn is_own(&self) -> bool {
        self.came_with.iter().any(|import| import.is_own)
    }

    fn came(&self) -> i64 {
        self.came_with.iter().map(|import| import.at).max().unwrap_or_default()
    }

    /// Whether what came ends on an earlier day and is less.
    fn is_shorter(&self) -> bool {
        self.now.last() < self.before.last() && self.now.rows < self.before.rows
    }

    fn is_longer(&self) -> bool {
        self.now.last() > self.before.last()
    }

    /// Whether what is stored is newer, for sure.
    fn is_older(&self, keeps: &Keeps) -> bool {
        if self.is_own() || self.is_longer() || self.now.rows == 0 {
            return false;
        }
        let lay_there = keeps.written != 0 && keeps.written <= self.came();
        self.came_with.iter().any(|import| import.is_newer) || (self.is_shorter() && lay_there)
    }

    fn held(&self, keeps: &Keeps) -> Option<Held> {
        let why = self.taken_away().or_else(|| self.unclear(keeps)).or_else(|| self.shrinks(keeps.settled_before))?;
        let (before, now) = (self.before.clone(), self.now.clone());
        Some(Held { key: self.key.clone(), before, now, came: self.came(), why })
    }

    fn taken_away(&self) -> Option<Why> {
        self.came_with.iter().find_map(|import| import.lacks.clone()).map(Why::Lacks)
    }

    fn unclear(&self, keeps: &Keeps) -> Option<Why> {
        // Of what came in the second of the refusal only its date tells.
        let came_after = keeps.refused_since.is_some_and(|since| self.came() > since);
        let was_newer = || self.came_with.iter().any(|import| import.is_of_after_refusal);
        ((came_after || was_newer()) && !self.is_own() && !self.is_longer()).then_some(Why::Unclear)
    }

    fn shrinks(&self, settled_before: Day) -> Option<Why> {
        let (before, now) = (&self.before, &self.now);
        let gone: Vec<Day> = before.days.difference(&now.days).copied().collect();
        let loses_settled = now.rows < before.rows && gone.first().is_some_and(|day| *day < settled_before);
        // What is told in fewer charges costs as much.
        let costs_as_much = before.billed > 0 && now.billed >= before.billed - before.billed / 100;
        let loses_rows = now.rows < before.rows - before.rows / 2 && !costs_as_much;
        let loses_cost = now.rows <= before.rows && before.billed > 0 && now.billed < before.billed - before.billed / 2;
        (loses_settled || self.is_shorter() || loses_rows || loses_cost)
            .then(|| Why::Shrinks(gone.len(), gone.first().copied()))
    }
}

/// The refusal of what is held back; `currency` tells in which one an account period's stored charges are, where
/// that is one.
#[must_use]
pub fn refuse(held: &[Held], currency: impl Fn(&GroupKey) -> Option<String>) -> Error {
    let Some(first) = held.first() else { return Error::bug("a delivery was held back for no reason") };
    if let Some(piece) = held.iter().find_map(|held| if let Why::Lacks(piece) = &held.why { Some(piece) } else { None })
    {
        let fault = shards::lacking(piece);
        let error = Error::usage(format!("{}: what is stored stays as it is", fault.message));
        return fault.hints.into_iter().fold(error, Error::hint);
    }
    let currency = currency(&first.key);
    let figures = |figures: &Figures| {
        let days = counted(figures.days.len() as u64, "day", "days");
        let told = format!("{} on {days}", counted(figures.rows, "charge", "charges"));
        match &currency {
            Some(code) => format!("{told} ({} {code})", written(Amount::from_units(figures.billed), code)),
            None => told,
        }
    };
    let more = if held.len() > 1 { format!(" (and {} more)", count(held.len() as u64 - 1)) } else { String::new() };
    let why = match &first.why {
        Why::Shrinks(1, Some(day)) => format!(", nothing of {day}"),
        Why::Shrinks(days, Some(day)) => format!(", nothing of {} from {day} on", counted(*days as u64, "day", "days")),
        Why::Unclear => "; it was the older one when it was refused, and which is newer now is not known".to_owned(),
        Why::Shrinks(_, None) | Why::Lacks(_) => String::new(),
    };
    let message = format!(
        "{}{more} has {} here{why}; {} are stored: held back, what came on {} stays",
        SafeText::from_outside(&first.key.name()),
        figures(&first.now),
        figures(&first.before),
        Day::of_seconds(first.came),
    );
    let error = Error::usage(message).because(Some(Cause::HeldBack));
    error.hint("was it cut short? put the whole file there; is it right? import it with --replace")
}

#[cfg(test)]
mod tests;
