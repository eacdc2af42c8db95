//! Verifies that everything the manifest names is there, whole, and adds up.

use std::collections::BTreeMap;

use super::kv::Kv;
use super::manifest::{Group, Manifest};
use super::rollups;
use super::segment::{GroupKey, Segment};
use crate::domain::calendar::Day;
use crate::domain::charge::{Metric, Profile, Quantity, Terms};
use crate::domain::dimension::Dimension;
use crate::domain::numbers::{Numbers, UNKNOWN_WIDE};
use crate::domain::rollup::METRICS;
use crate::error::Result;

/// What a check found.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// Segments verified.
    pub segments: u64,
    /// Charges verified.
    pub rows: u64,
    /// Groups verified.
    pub groups: u64,
    /// What is damaged, one sentence each; empty where everything is sound.
    pub damage: Vec<String>,
    /// The groups that are affected.
    pub groups_hit: Vec<u64>,
    /// Those of them whose charges are; the others can be made whole from their charges.
    pub charges_hit: Vec<u64>,
}

/// What a window of a group adds up to.
#[derive(Default)]
struct Found {
    days: BTreeMap<Day, u64>,
    sums: [i128; METRICS],
}

/// Reads and verifies every value that the manifest names. `progress` is told how many of how
/// many segments are done.
///
/// # Errors
/// Only where the database itself cannot be read at all.
pub fn run(kv: &dyn Kv, manifest: &Manifest, progress: &mut dyn FnMut(usize, usize)) -> Result<Report> {
    let mut report = Report::default();
    let segments = manifest.segments();
    let mut found: BTreeMap<(u64, GroupKey), Found> = BTreeMap::new();
    let mut unread: BTreeMap<u64, String> = BTreeMap::new();
    for (done, number) in segments.iter().enumerate() {
        progress(done, segments.len());
        let before = report.rows;
        let read = segment(kv, *number, &mut found, &mut report.rows);
        report.segments += u64::from(read.is_ok() || report.rows > before);
        if let Err(error) = read {
            unread.insert(*number, error.message);
        }
    }
    let kinds = manifest.kinds();
    for group in manifest.all_groups() {
        report.groups += 1;
        let before = report.damage.len();
        charges(group, &found, &mut report.damage);
        if report.damage.len() > before {
            report.charges_hit.push(group.id);
            // A chunk that no group has charges in is nobody's loss.
            let numbers = group.parts.iter().flat_map(|p| &p.segments);
            let causes: Vec<String> = numbers.filter_map(|n| unread.remove(n)).collect();
            report.damage.splice(before..before, causes);
        }
        beside(kv, group, &kinds, &mut report.damage);
        if report.damage.len() > before {
            report.groups_hit.push(group.id);
        }
    }
    progress(segments.len(), segments.len());
    Ok(report)
}

/// Whether a group's charges are what was committed.
fn charges(group: &Group, found: &BTreeMap<(u64, GroupKey), Found>, damage: &mut Vec<String>) {
    for part in &group.parts {
        let mut sum = Found::default();
        for number in &part.segments {
            let Some(f) = found.get(&(*number, group.key.clone())) else { continue };
            f.days.iter().for_each(|(day, rows)| *sum.days.entry(*day).or_default() += rows);
            sum.sums.iter_mut().zip(f.sums).for_each(|(a, b)| *a = a.wrapping_add(b));
        }
        if sum.days != part.days || sum.sums != part.sums {
            let name = group.key.name();
            damage.push(format!("{name}: the charges of import {} are not what was committed", part.import));
        }
    }
}

/// Whether what is kept beside a group's charges adds up to them: every rollup, and the sketch.
fn beside(kv: &dyn Kv, group: &Group, kinds: &[Vec<Dimension>], damage: &mut Vec<String>) {
    let name = group.key.name();
    let anew = "(`spendtop store rebuild` makes them anew)";
    for kind in kinds {
        for (at, metric) in Metric::ALL.into_iter().enumerate() {
            let want = group.parts.iter().fold(0i128, |sum, part| sum.wrapping_add(part.sums[at]));
            match rollups::get(kv, group.id, kind, metric) {
                Ok(Some(rollup)) => {
                    let totals = (0..rollup.len()).map(|cell| rollup.total(cell));
                    let (rows, sum) = totals.fold((0, 0i128), |(rows, sum), total| {
                        (rows + total.rows(), sum.wrapping_add(total.sum.units()))
                    });
                    if rows != group.rows() || sum != want {
                        let what = rollups::described(kind);
                        damage.push(format!("{name}: {what} does not add up to its charges {anew}"));
                        break;
                    }
                }
                // Those of a small group among many are not kept, nor is a grouping with too many
                // cells; without them charges are scanned.
                Ok(None) if group.rows() < rollups::CHARGES_ALWAYS => break,
                Ok(None) => {
                    match rollups::is_too_large(kv, group.id, kind) {
                        Ok(true) => {}
                        Ok(false) => damage.push(format!("{name}: {} is missing {anew}", rollups::described(kind))),
                        Err(error) => damage.push(error.message),
                    }
                    break;
                }
                Err(error) => {
                    damage.push(error.message);
                    break;
                }
            }
        }
    }
    if let Err(error) = super::fingerprint_of(kv, group.id) {
        damage.push(format!("{name}: {}", error.message));
    }
}

/// Reads all of a segment that can be read; adds what its windows sum to, and how many charges
/// that was.
fn segment(kv: &dyn Kv, number: u64, found: &mut BTreeMap<(u64, GroupKey), Found>, read: &mut u64) -> Result<()> {
    let segment = Segment::open(kv, number)?;
    for column in Profile::ALL {
        segment.profile_column(*column)?;
    }
    for column in Terms::ALL {
        segment.terms_column(*column)?;
    }
    segment.terms_times()?;
    let mut failed = None;
    for (chunk, runs) in segment.head.chunks.iter().enumerate() {
        let costs = match chunk_costs(&segment, chunk as u32) {
            Ok(costs) => costs,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        let mut at = 0;
        for (window, rows) in runs {
            let window = &segment.head.windows[*window as usize];
            let slot = found.entry((number, window.group.clone())).or_default();
            *slot.days.entry(window.day).or_default() += u64::from(*rows);
            for row in at..at + *rows as usize {
                for (sum, column) in slot.sums.iter_mut().zip(&costs) {
                    let units = column.units(row);
                    *sum = sum.wrapping_add(if units == UNKNOWN_WIDE { 0 } else { units });
                }
            }
            at += *rows as usize;
        }
        *read += at as u64;
    }
    failed.map_or(Ok(()), Err)
}

/// Reads all of a chunk; returns its costs.
fn chunk_costs(segment: &Segment<'_>, chunk: u32) -> Result<Vec<Numbers>> {
    segment.chunk_profiles(chunk)?;
    segment.chunk_terms(chunk)?;
    for quantity in Quantity::ALL.iter().skip(METRICS) {
        segment.chunk_numbers(chunk, *quantity)?;
    }
    Metric::ALL.into_iter().map(|metric| segment.chunk_numbers(chunk, metric.quantity())).collect()
}
