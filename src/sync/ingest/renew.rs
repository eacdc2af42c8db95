//! What a scope brings anew, in place of what was stored of it: days of a feed, or a delivery.
//!
//! A window replaces all charges that the feed had on its days, of every account and billing period, so
//! that what the provider no longer tells is gone. Segments of such a source hold one day each, so that a
//! day is taken out without writing the others again. Days that the provider has forgotten stay as they are. All or
//! nothing, like every commit.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ingest, Outcome};
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::numbers::{Total, UNKNOWN_WIDE};
use crate::domain::rollup::WHOLE;
use crate::domain::sketch::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::provider::{ReadSummary, SourceId};
use crate::store::manifest::{Group, Manifest, Part};
use crate::store::remote::{Asking, Come, Delivered, Facet, Restated};
use crate::store::segment::{GroupKey, Identity, Segment};
use crate::store::spill::Spill;
use crate::store::{Store, rollups};
use crate::sync::billed;
use crate::sync::groups::{Fate, Incoming};
use crate::sync::keep::{self, Held, Keeps};
use crate::sync::merge::{Merge, Pieces};
use crate::sync::overlap::{self, Sources};
use crate::sync::rebuild;

/// What of a scope a batch brings anew.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Renewal {
    /// Days of a feed.
    Window(Window),
    /// A delivery: it replaces the account periods that it holds, and where it is whole all of its billing
    /// period.
    Delivery {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// The billing period that it holds whole.
        billing_period: Option<Month>,
        /// What it may not take away.
        keeps: Keeps,
        /// Sources of deliveries that the config names, in its order.
        configured: Vec<String>,
    },
}

/// Days of a feed that are brought together.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Window {
    /// The feed.
    pub feed: String,
    /// Whether it is a facet, whose charges are never added to the scope's.
    pub facet: bool,
    /// The dimensions that its charges tell; empty where all.
    pub tells: Vec<Dimension>,
    /// Whether its charges are of an hour each, and not of days as the scope's.
    pub hours: bool,
    /// What the scope can be asked for besides.
    pub asks: Asking,
    /// The days.
    pub days: Period,
    /// The first day that is wanted of the scope's charges, where whoever asks knows.
    pub since: Option<Day>,
    /// What the scope is looked at from next time, once this is stored.
    pub mark: Option<String>,
}

/// Billed sums by day and currency; `None` where they are not kept.
type Billed = BTreeMap<(Day, String), Total>;

/// What is stored of a group and stays.
struct Stays {
    was: u64,
    parts: Vec<Part>,
    old: Group,
}

impl Ingest<'_> {
    /// Puts a window in place of what the feed had on its days, and commits; its import's number.
    pub(super) fn renew(&self, id: &SourceId, window: &Window, outcome: &mut Outcome) -> Result<u64> {
        if outcome.refused > 0 {
            let error = format!("{} charges of {} make no sense: nothing was changed", outcome.refused, window.days);
            return Err(Error::new(Kind::Provider, error));
        }
        let manifest = self.store.manifest();
        let (incoming, places) = self.gathered_groups();
        let left = outcome.read.left.clone();
        let goes = |day: Day| window.days.contains(day) && !left.contains(&day);
        if incoming.iter().flat_map(|group| group.part.days.keys()).any(|day| !goes(*day)) {
            return Err(Error::bug(format!("charges outside of {} came: nothing was changed", window.days)));
        }
        if !window.facet {
            self.tell_overlaps(outcome, id, &incoming);
        }
        let mut next = (*manifest).clone();
        let import = next.next.import;
        next.next.import += 1;
        let mut stays = BTreeMap::new();
        for old in take_out(&mut next, id, window, &incoming) {
            let parts = remaining(self.store, &old, &goes)?;
            stays.insert(old.key.clone(), Stays { was: old.id, parts, old });
        }
        let before = billed(self.store, stays.values().map(|stays| stays.was), window.days)?;
        let (groups, was) = self.put_together(id, incoming, stays, import, &mut next, &manifest)?;
        self.write_window(&groups, &was, &places, &goes)?;
        let after = billed(self.store, groups.iter().map(|group| group.id), window.days)?;
        outcome.restated = self.note_window(&mut next, id, window, outcome, (before, after));
        if window.facet {
            let facet =
                |group| Facet { feed: window.feed.clone(), tells: window.tells.clone(), hours: window.hours, group };
            next.scopes.entry(id.name.clone()).or_default().facets.extend(groups.into_iter().map(facet));
        } else {
            next.groups.extend(groups);
        }
        next.next.segment = self.gathered().next_segment;
        next.imports.push(self.import_of(import, id, outcome));
        next.strike_found(false);
        next.forget_unused_imports();
        self.commit_unless_cancelled(next)?;
        Ok(import)
    }

    /// The groups as they are from now on: what came first, in its order, then those of which something
    /// stays and nothing came. Beside each, the group that it was, where something of that stays.
    fn put_together(
        &self,
        id: &SourceId,
        incoming: Vec<Incoming>,
        mut stays: BTreeMap<GroupKey, Stays>,
        import: u64,
        next: &mut Manifest,
        manifest: &Manifest,
    ) -> Result<(Vec<Group>, Vec<Option<u64>>)> {
        let sources = Sources::new(manifest);
        let (mut groups, mut was, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for mut came in incoming {
            came.part.import = import;
            let stayed = stays.remove(&came.key);
            let place = sources.place(id, &came.key);
            let (parts, name) = stayed.as_ref().map_or((&[][..], ""), |s| (&s.parts[..], &s.old.account_name));
            was.push(stayed.as_ref().filter(|s| !s.parts.is_empty()).map(|s| s.was));
            groups.push(Group {
                id: 0,
                source: id.name.clone(),
                rank: id.kind as u8,
                place,
                account_name: if came.account_name.is_empty() { name.to_owned() } else { came.account_name },
                parts: parts.iter().cloned().chain([came.part]).collect(),
                incomplete: false,
                key: came.key,
            });
        }
        for stayed in stays.into_values().filter(|stayed| !stayed.parts.is_empty()) {
            was.push(Some(stayed.was));
            groups.push(Group { parts: stayed.parts, ..stayed.old });
        }
        for group in &mut groups {
            group.id = next.next.group;
            next.next.group += 1;
            // Windows are replaced by day: nobody asks by which charges a version is known.
            self.store.put_fingerprint(&mut changes, group.id, &Fingerprint::default());
        }
        self.store.write(changes)?;
        Ok((groups, was))
    }

    /// Writes the rollups of a window's groups, with what stays of those that they were.
    fn write_window(
        &self,
        groups: &[Group],
        was: &[Option<u64>],
        places: &[u32],
        goes: &dyn Fn(Day) -> bool,
    ) -> Result<()> {
        let none = Pieces::new(Spill::Memory(Vec::new()), 0);
        let pieces = std::mem::replace(&mut self.gathered().pieces, none);
        let numbers: Vec<u64> = groups.iter().map(|group| group.id).collect();
        let most = rollups::worth_keeping(&groups.iter().map(Group::rows).collect::<Vec<_>>());
        // What came, the last part, is held against its own charges: the rest is in other cells, of other days.
        let came = groups.iter().map(|group| group.parts.last().map_or(0, Part::rows));
        let worth: Vec<usize> = came.zip(&most).map(|(rows, most)| rollups::cells_worth(rows).min(*most)).collect();
        let merge = Merge { store: self.store, numbers: &numbers, most: &worth, places, pieces: &pieces };
        merge.run(&self.kinds, self.options.threads)?;
        let came: BTreeSet<usize> = places.iter().map(|place| *place as usize).collect();
        let mut anew = Vec::new();
        for (at, (group, was)) in groups.iter().zip(was).enumerate() {
            match was {
                Some(was) if most[at] > 0 && rollups::can_grow(self.store.kv(), *was)? => {
                    let stays = |day| !goes(day);
                    let to = (group.id, came.contains(&at), most[at]);
                    rebuild::add_rollups(self.store, (*was, &stays), to, &self.kinds)?;
                }
                Some(_) if most[at] > 0 => anew.push((group, group.id)),
                _ => {}
            }
        }
        for (_, number) in &anew {
            crate::store::kv::remove_prefix(self.store.kv(), &crate::store::keys::group_rollups(*number))?;
        }
        rebuild::from_segments(self.store, &anew, &self.kinds)
    }

    /// Notes that the window has come; what of it was restated.
    fn note_window(
        &self,
        next: &mut Manifest,
        id: &SourceId,
        window: &Window,
        outcome: &Outcome,
        (before, after): (Option<Billed>, Option<Billed>),
    ) -> Vec<Restated> {
        let synced = next.scopes.entry(id.name.clone()).or_default();
        let known = synced.days.get(&window.feed);
        let mut restated = Vec::new();
        if let (Some(before), Some(after)) = (before, after) {
            let keys: BTreeSet<&(Day, String)> = before.keys().chain(after.keys()).collect();
            for key in keys.into_iter().filter(|(day, _)| known.is_some_and(|known| known.contains_key(day))) {
                let value = |billed: &Billed| billed.get(key).map_or(Some(Default::default()), Total::value);
                let (before, after) = (value(&before), value(&after));
                if before != after {
                    let (day, currency) = key.clone();
                    restated.push(Restated { at: self.options.taken_at, day, currency, before, after });
                }
            }
        }
        let days: BTreeSet<Day> = restated.iter().map(|restated| restated.day).collect();
        let (estimated, left) = (&outcome.read.estimated, &outcome.read.left);
        let forgotten: Vec<(Day, Come)> = left.iter().filter_map(|day| Some((*day, *known?.get(day)?))).collect();
        synced.come(&window.feed, window.days, self.options.taken_at, |day| days.contains(&day), estimated);
        // What was not over when it came has not come whole since. The others are noted as asked for, so that they
        // are not with each sync.
        let is_half = |(day, come): &(Day, Come)| come.at < day.plus(2).seconds();
        synced.days.entry(window.feed.clone()).or_default().extend(forgotten.into_iter().filter(is_half));
        if let Some(mark) = &window.mark {
            synced.mark.clone_from(mark);
        }
        synced.asks.clone_from(&window.asks);
        if window.facet {
            return Vec::new();
        }
        synced.since = window.since.or(synced.since);
        synced.tells.clone_from(&window.tells);
        synced.covers.clone_from(&outcome.read.covers);
        synced.restate(restated.clone());
        restated
    }

    /// Notes that a delivery has come, in what is about to be committed.
    pub(super) fn note_delivery(&self, next: &mut Manifest, id: &SourceId, is_whole: bool) {
        if let Some(Renewal::Delivery { name, version, .. }) = &self.options.renews {
            // As long as some of it is to come it is told as new.
            let version = if is_whole { version.clone() } else { format!("{version} in part") };
            let delivered = Delivered { version, at: self.options.taken_at };
            next.scopes.entry(id.name.clone()).or_default().deliveries.insert(name.clone(), delivered);
        }
    }

    /// Gives exports that tell the same their places as the config has them.
    pub(super) fn arrange(&self, next: &mut Manifest) {
        if let Some(Renewal::Delivery { configured, .. }) = &self.options.renews {
            overlap::arrange(next, configured);
        }
    }

    /// Notes that a delivery has come that changes no charge.
    pub(super) fn note_come(&self, id: &SourceId) -> Result<()> {
        if self.options.renews.is_none() || self.options.dry_run {
            return Ok(());
        }
        let mut next = (*self.store.manifest()).clone();
        self.note_delivery(&mut next, id, true);
        self.commit_unless_cancelled(next)
    }

    /// Marks what of a delivery is older than what is stored, and what is held back, of which the refusal is given
    /// back; `gone` are account periods that it no longer holds.
    ///
    /// # Errors
    /// Kind `Usage` where it would take much away from what is stored, and nothing else of it can come.
    pub(super) fn keep(
        &self,
        manifest: &Manifest,
        id: &SourceId,
        (incoming, gone): (&[Incoming], &[(GroupKey, u64)]),
        read: &ReadSummary,
        fates: &mut [Fate],
    ) -> Result<Option<Error>> {
        let Some(Renewal::Delivery { keeps, billing_period, .. }) = &self.options.renews else { return Ok(None) };
        let files: Vec<&str> = read.files.iter().map(|file| file.file.name.as_str()).collect();
        let held = keep::judge(manifest, &id.name, (incoming, gone, &files), keeps, fates);
        if held.is_empty() {
            return Ok(None);
        }
        let refusal = self.held_back(manifest, id, &held);
        if keep::is_apart(&held, *billing_period, fates) { Ok(Some(refusal)) } else { Err(refusal) }
    }

    /// Refuses a delivery without any charge where some are stored of its files.
    ///
    /// # Errors
    /// Kind `Usage` where that is so.
    pub(super) fn keep_all(&self, id: &SourceId, read: &ReadSummary) -> Result<()> {
        if !matches!(self.options.renews, Some(Renewal::Delivery { .. })) {
            return Ok(());
        }
        let manifest = self.store.manifest();
        let files: Vec<&str> = read.files.iter().map(|file| file.file.name.as_str()).collect();
        let held = keep::emptied(&manifest, &id.name, &files, &|group| self.is_of_period(group, id));
        if held.is_empty() { Ok(()) } else { Err(self.held_back(&manifest, id, &held)) }
    }

    fn held_back(&self, manifest: &Manifest, id: &SourceId, held: &[Held]) -> Error {
        keep::refuse(held, |key| {
            let mut currencies = billed::of(self.store, manifest, &id.name, key)?.into_keys();
            currencies.next().filter(|_| currencies.next().is_none())
        })
    }

    /// Takes out what a delivery that is whole replaces, besides what it holds.
    pub(super) fn leave_period(&self, groups: &mut Vec<Group>, id: &SourceId) {
        groups.retain(|group| !self.is_of_period(group, id));
    }

    /// Whether a stored group is of the source and of the billing period that is brought whole.
    fn is_of_period(&self, group: &Group, id: &SourceId) -> bool {
        let Some(Renewal::Delivery { billing_period: Some(month), .. }) = &self.options.renews else { return false };
        group.source == id.name && group.key.billing_period.month() == *month
    }

    /// What [`Self::leave_period`] takes out that nothing which came is of, with its charges.
    pub(super) fn gone(&self, manifest: &Manifest, id: &SourceId, incoming: &[Incoming]) -> Vec<(GroupKey, u64)> {
        let came: BTreeSet<Identity<'_>> = incoming.iter().map(|group| group.key.identity()).collect();
        let groups = manifest.groups.iter().filter(|group| self.is_of_period(group, id));
        let gone = groups.filter(|group| !came.contains(&group.key.identity()));
        gone.map(|group| (group.key.clone(), group.rows())).collect()
    }
}

/// Takes the groups of a window's feed that it changes out of the manifest: those with charges on its
/// days, and those that more charges came of.
fn take_out(next: &mut Manifest, id: &SourceId, window: &Window, incoming: &[Incoming]) -> Vec<Group> {
    let came: BTreeSet<&GroupKey> = incoming.iter().map(|group| &group.key).collect();
    let changes = |group: &Group| group.overlaps(window.days) || came.contains(&group.key);
    if !window.facet {
        return next.groups.extract_if(.., |group| group.source == id.name && changes(group)).collect();
    }
    let Some(synced) = next.scopes.get_mut(&id.name) else { return Vec::new() };
    let ours = |facet: &mut Facet| facet.feed == window.feed && changes(&facet.group);
    synced.facets.extract_if(.., ours).map(|facet| facet.group).collect()
}

/// What a group is made of on other days.
fn remaining(store: &Store, group: &Group, goes: &dyn Fn(Day) -> bool) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for part in &group.parts {
        let inside = part.days.keys().filter(|day| goes(**day)).count();
        if inside == 0 {
            parts.push(part.clone());
        } else if inside < part.days.len() {
            parts.push(cut(store, group, part, goes)?);
        }
    }
    Ok(parts)
}

/// A part without the segments of some days.
fn cut(store: &Store, group: &Group, part: &Part, is_gone: &dyn Fn(Day) -> bool) -> Result<Part> {
    let mut kept = Part { import: part.import, ..Part::default() };
    for number in &part.segments {
        let segment = Segment::open(store.kv(), *number)?;
        let days = segment.head.windows.iter().filter(|window| window.group == group.key).map(|window| window.day);
        let (goes, stays): (Vec<Day>, Vec<Day>) = days.partition(|day| is_gone(*day));
        match (goes.is_empty(), stays.is_empty()) {
            (true, _) => add_segment(&mut kept, &segment, *number, &group.key)?,
            (false, true) => {}
            (false, false) => {
                return Err(Error::bug(format!("segment {number} holds {} and {}", goes[0], stays[0])));
            }
        }
    }
    Ok(kept)
}

/// Adds what a segment holds of a group to a part.
fn add_segment(part: &mut Part, segment: &Segment<'_>, number: u64, key: &GroupKey) -> Result<()> {
    part.segments.push(number);
    for (chunk, runs) in segment.head.chunks.iter().enumerate() {
        let windows = &segment.head.windows;
        let ours = |window: u32| windows[window as usize].group == *key;
        if !runs.iter().any(|(window, _)| ours(*window)) {
            continue;
        }
        for (sum, metric) in part.sums.iter_mut().zip(Metric::ALL) {
            let costs = segment.chunk_numbers(chunk as u32, metric.quantity())?;
            let mut at = 0;
            for (window, rows) in runs {
                let run = at..at + *rows as usize;
                at = run.end;
                if ours(*window) {
                    let units = run.map(|row| costs.units(row)).filter(|units| *units != UNKNOWN_WIDE);
                    *sum = units.fold(*sum, i128::wrapping_add);
                }
            }
        }
        for (window, rows) in runs.iter().filter(|(window, _)| ours(*window)) {
            *part.days.entry(windows[*window as usize].day).or_default() += u64::from(*rows);
        }
    }
    Ok(())
}

/// What groups bill on some days, by day and currency; `None` where a group's sums are not kept.
fn billed(store: &Store, groups: impl Iterator<Item = u64>, days: Period) -> Result<Option<Billed>> {
    let mut billed = Billed::new();
    for group in groups {
        let Some(rollup) = rollups::get(store.kv(), group, WHOLE, Metric::Billed)? else { return Ok(None) };
        for cell in (0..rollup.len()).filter(|cell| days.contains(rollup.day(*cell))) {
            let currency = rollup.currency_texts.get(rollup.currencies.get(cell)).to_owned();
            billed.entry((rollup.day(cell), currency)).or_default().merge(&rollup.total(cell));
        }
    }
    Ok(Some(billed))
}
