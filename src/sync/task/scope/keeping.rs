//! What a delivery is held against before it takes the place of what is stored: those that lie there beside it, and
//! what was refused before. Pure, but for what the run knows.

use std::collections::BTreeSet;

use super::Course;
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::domain::words::count;
use crate::provider::remote::{Ask, Delivery, Found};
use crate::store::remote::Synced;
use crate::sync::keep::Keeps;

/// Bytes of names of newer files that are handed on at most, those written next first: what takes the delivery in may
/// be another process, to which a message goes.
const NAMES_MAX: usize = 256 << 10;

impl Course<'_> {
    /// What an ask may not take away.
    pub(super) fn keeps(&self, ask: &Ask, synced: &Synced) -> Keeps {
        let Ask::Delivery(delivery) = ask else { return Keeps::default() };
        let today = Day::of_seconds(self.syncer.now());
        let settled_before = today.plus(-i32::from(self.costs.scope().terms.settles));
        let keeps = Keeps { settled_before, ..Keeps::default() };
        if delivery.billing_period.is_some() {
            // Which run of a month is newer was told where they lie.
            return keeps;
        }
        let (Found::Deliveries { whole, .. }, refused) = (&self.found, self.asides.refused(&delivery.name)) else {
            return keeps;
        };
        let after = whole.iter().skip_while(|other| other.name != delivery.name).skip(1);
        let first = refused.map_or(0, |refused| refused.written);
        let later = whole.iter().filter(|other| first > 0 && other.written > first && other.name != delivery.name);
        Keeps {
            written: delivery.written,
            newer: files(after, synced),
            refused_since: refused.map(|refused| refused.since),
            refused_before: files(later, synced),
            ..keeps
        }
    }

    /// Months of which only a run lies there that began before the stored one, in words.
    pub(super) fn before(&self) -> Option<String> {
        let Found::Deliveries { whole, .. } = &self.found else { return None };
        let synced = self.synced().ok()?;
        let came = |delivery: &&Delivery| {
            synced.deliveries.get(&delivery.name).is_some_and(|come| delivery.is_before(&come.version))
        };
        let months: Vec<&str> = whole.iter().filter(came).map(|delivery| delivery.name.as_str()).collect();
        let first = SafeText::from_outside(months.first()?);
        let more =
            if months.len() > 1 { format!(" (and {} more)", count(months.len() as u64 - 1)) } else { String::new() };
        Some(format!(
            "{first}{more}: what lies there began before what is stored, which stays; to take it all the same, remove \
             the stored one (`spendtop imports`, `spendtop imports rm N`) and sync again"
        ))
    }

    /// What is still being written, in words.
    pub(super) fn young(&self) -> Option<String> {
        let Found::Deliveries { young, .. } = &self.found else { return None };
        let first = SafeText::from_outside(young.first()?);
        let (more, verb) = match young.len() - 1 {
            0 => (String::new(), "was"),
            more => (format!(" (and {} more)", count(more as u64)), "were"),
        };
        Some(format!("`{first}`{more} {verb} written just now: left until nobody writes"))
    }
}

/// Files of those deliveries that have come before.
fn files<'d>(deliveries: impl Iterator<Item = &'d Delivery>, synced: &Synced) -> BTreeSet<String> {
    let known = deliveries.filter(|delivery| synced.deliveries.contains_key(&delivery.name));
    let mut room = NAMES_MAX;
    let fits = |name: &&String| {
        room = room.saturating_sub(name.len() + 8);
        room > 0
    };
    known.flat_map(|delivery| &delivery.files).map(|file| &file.name).take_while(fits).cloned().collect()
}
