//! What whoever looks at a run should know of the files that came: what of their rows is not kept. Pure.

use std::collections::BTreeSet;

use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::provider::FileSummary;

/// Columns that are named at most.
const NAMED_MAX: usize = 8;

/// In words, once for all files: a delivery may have hundreds.
#[must_use]
pub fn told(files: &[FileSummary]) -> Vec<String> {
    let named = |file: &FileSummary| {
        let name = file.file.name.clone();
        file.notes.iter().map(move |note| format!("{name}: {note}")).collect::<Vec<_>>()
    };
    let mut notes: Vec<String> = files.iter().flat_map(named).collect();
    notes.extend(lost_columns(files));
    notes.extend(odd_tags(files));
    notes
}

/// Columns that are kept where they are in another form. Those that nobody keeps say nothing.
fn lost_columns(files: &[FileSummary]) -> Option<String> {
    let is_lost = |name: &&String| name.ends_with(" (nested)") || name.ends_with(" (binary)");
    let names: BTreeSet<&String> = files.iter().flat_map(|file| &file.dropped_columns).filter(is_lost).collect();
    let first: Vec<String> =
        names.iter().take(NAMED_MAX).map(|name| SafeText::from_outside(name).into_string()).collect();
    let more = if names.len() > NAMED_MAX { ", ..." } else { "" };
    (!first.is_empty()).then(|| format!("columns not kept: {}{more}", first.join(", ")))
}

fn odd_tags(files: &[FileSummary]) -> Option<String> {
    let rows: u64 = files.iter().map(|file| file.odd_tags.0).sum();
    let example = files.iter().filter(|file| file.odd_tags.0 > 0).map(|file| &file.odd_tags.1).min()?;
    let (rows, example) = (counted(rows, "row has", "rows have"), SafeText::from_outside(example));
    Some(format!("{rows} tags that are no JSON object (such as `{example}`): kept, but no tag is read from them"))
}
