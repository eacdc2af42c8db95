//! What an import tells of account periods that were stored before, by its own source or by others.

use std::collections::BTreeSet;

use super::run::Context;
use crate::domain::text::SafeText;
use crate::error::Result;
use crate::report::words;
use crate::store::segment::GroupKey;
use crate::sync::billed::{Replaced, TOLD_MAX, words};
use crate::sync::groups::Fate;
use crate::sync::ingest::Outcome;
use crate::sync::overlap::Overlap;

/// What became of account periods that were stored before.
#[must_use]
pub fn fates(outcome: &Outcome) -> String {
    let mut text = String::new();
    let told = outcome.groups.iter().filter(|(_, fate, _)| *fate != Fate::New);
    for (key, fate, rows) in told.clone().take(TOLD_MAX) {
        let name = key.name();
        match fate {
            Fate::New => {}
            Fate::Replaces { before, now, .. } if now < before => {
                text.push_str(&format!(
                    "  {name}: replaced, and it shrank from {} to {} charges{}\n",
                    words::count(*before),
                    words::count(*now),
                    sums(outcome.replaced.get(key))
                ));
            }
            Fate::Replaces { before, now, .. } => text.push_str(&format!(
                "  {name}: replaced, {} charges before, {} now{}\n",
                words::count(*before),
                words::count(*now),
                sums(outcome.replaced.get(key))
            )),
            Fate::Older => text.push_str(&format!("  {name}: older than what is stored, which stays\n")),
            Fate::HeldBack => text.push_str(&format!("  {name}: held back, what is stored stays\n")),
            Fate::Adds(_) => text.push_str(&format!("  {name}: {} charges added\n", words::count(*rows))),
        }
    }
    let more = told.count().saturating_sub(TOLD_MAX);
    if more > 0 {
        text.push_str(&format!("  and {} more account periods\n", words::count(more as u64)));
    }
    text
}

/// What removing the import does not bring back.
#[must_use]
pub fn lost(outcome: &Outcome) -> &'static str {
    let replaces = |(_, fate, _): &(GroupKey, Fate, u64)| matches!(fate, Fate::Replaces { .. });
    if outcome.groups.iter().any(replaces) {
        ", but what it replaced only comes back by importing the older files again"
    } else {
        ""
    }
}

/// `; billed 20.00 USD before, 10.00 USD now`, or nothing where the sums are not known.
fn sums(replaced: Option<&Replaced>) -> String {
    match replaced {
        Some(Replaced { before: Some(before), after: Some(after) }) => {
            format!("; billed {} before, {} now", words(before), words(after))
        }
        Some(Replaced { before: Some(before), after: None }) => format!("; billed {} before", words(before)),
        _ => String::new(),
    }
}

/// Says beside the summary whose charges count where sources overlap.
///
/// # Errors
/// Where the summary cannot be written.
pub fn overlaps(context: &mut Context<'_, '_>, outcome: &Outcome) -> Result<()> {
    let (kept, taken): (Vec<_>, Vec<_>) = outcome.overlaps.iter().partition(|(_, o)| o.now == o.before);
    if !taken.is_empty() {
        let now = SafeText::from_outside(&taken[0].1.now).into_string();
        let head = format!(
            "{} now from source `{now}`; what {} brought is kept, not added",
            counting(taken.len() as u64),
            named(&taken)
        );
        let line = |o: &Overlap| match (&o.billed_before, &o.billed_ours) {
            (Some(before), Some(ours)) => format!("billed {} before, {} now", words(before), words(ours)),
            (Some(before), None) => format!("billed {} before", words(before)),
            _ => "what it billed before is not known".to_owned(),
        };
        context.streams.note(&listed(head, &taken, line), &[])?;
    }
    if !kept.is_empty() {
        let head = format!(
            "{} from {}, as before; what these files hold of {} is kept, not added",
            counting(kept.len() as u64),
            named(&kept),
            if kept.len() == 1 { "it" } else { "them" }
        );
        let line = |o: &Overlap| match (&o.billed_before, &o.billed_ours) {
            (Some(before), Some(ours)) => format!("billed {}, these files {}", words(before), words(ours)),
            (Some(before), None) => format!("billed {}", words(before)),
            _ => "what it bills is not known".to_owned(),
        };
        let imports: BTreeSet<u64> = kept.iter().flat_map(|(_, o)| o.imports.iter().copied()).collect();
        let shown: Vec<String> = imports.iter().take(5).map(|i| format!("`spendtop imports rm {i}`")).collect();
        let more = if imports.len() > 5 { ", ..." } else { "" };
        let hint = format!("to let these files count there, remove what counts: {}{more}", shown.join(", "));
        context.streams.note(&listed(head, &kept, line), &[&hint])?;
    }
    Ok(())
}

/// `3 account periods count`.
#[must_use]
pub fn counting(periods: u64) -> String {
    words::counted(periods, "account period counts", "account periods count")
}

/// The sources that counted before.
fn named(overlaps: &[(&GroupKey, &Overlap)]) -> String {
    let sources: BTreeSet<&String> = overlaps.iter().map(|(_, o)| &o.before).collect();
    let names: Vec<String> = sources.iter().map(|s| format!("`{}`", SafeText::from_outside(s))).collect();
    format!("source{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "))
}

/// A head with a line for each account period below it.
fn listed(head: String, overlaps: &[(&GroupKey, &Overlap)], line: impl Fn(&Overlap) -> String) -> String {
    let told = overlaps.iter().take(TOLD_MAX);
    let mut text = told.fold(head, |text, (key, overlap)| format!("{text}\n  {}: {}", key.name(), line(overlap)));
    if overlaps.len() > TOLD_MAX {
        text.push_str(&format!("\n  and {} more", words::count((overlaps.len() - TOLD_MAX) as u64)));
    }
    text
}
