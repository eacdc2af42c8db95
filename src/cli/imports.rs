//! `spendtop imports list|show|rm`: what was taken in, and removing it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use super::args::{ImportsArgs, ImportsCommand};
use super::import::number;
use super::run::Context;
use super::told::counting;
use super::wiring;
use crate::domain::calendar::format_timestamp;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::chore::Chore;
use crate::report::words;
use crate::store::manifest::{Group, Import, Manifest, Part};

/// What removing an import does not do.
const BROUGHT_BACK: &str =
    "What it replaced, if anything, is not stored any more: importing the older files again brings that back.";

/// Runs `imports`.
///
/// # Errors
/// Where the store cannot be read, or there is no such import.
pub fn run(context: &mut Context<'_, '_>, args: &ImportsArgs) -> Result<u8> {
    let place = context.data_dir()?;
    let host = wiring::reach_existing(context, &place)?;
    let manifest = host.manifest()?;
    match &args.command {
        None | Some(ImportsCommand::List) => list(context, &manifest),
        Some(ImportsCommand::Show { id }) => show(context, &manifest, find(&manifest, id)?),
        Some(ImportsCommand::Rm { id, yes }) => remove(context, &host, &manifest, find(&manifest, id)?, *yes),
    }
}

fn find<'m>(manifest: &'m Manifest, id: &str) -> Result<&'m Import> {
    let id = number(id)?;
    manifest
        .import(id)
        .ok_or_else(|| Error::usage(format!("there is no import {id}")).hint("`spendtop imports list` shows them"))
}

/// The groups that an import's charges are in, those of facets too, with its part of each.
fn parts<'m>(manifest: &'m Manifest, id: u64) -> Vec<(&'m Group, &'m Part)> {
    let of = |g: &'m Group| g.parts.iter().filter(|p| p.import == id).map(move |p| (g, p));
    manifest.all_groups().flat_map(of).collect()
}

/// What is in use: groups that count, and facets, which split what counts.
fn in_use(manifest: &Manifest) -> BTreeSet<u64> {
    manifest.active().iter().map(|g| g.id).chain(manifest.facets().map(|facet| facet.group.id)).collect()
}

fn list(context: &mut Context<'_, '_>, manifest: &Manifest) -> Result<u8> {
    if manifest.imports.is_empty() {
        context.streams.note("nothing is imported yet", &["`spendtop import FILE` reads a billing export"])?;
        return Ok(0);
    }
    let in_use = in_use(manifest);
    let mut text = format!("{:>4}  {:<20}  {:>13}  {:<10}  {}\n", "id", "taken", "charges", "source", "files");
    for import in manifest.imports.iter().rev() {
        let parts = parts(manifest, import.id);
        let held: u64 = parts.iter().map(|(_, p)| p.rows()).sum();
        let idle: usize = parts.iter().filter(|(g, _)| !in_use.contains(&g.id)).count();
        let files: Vec<String> =
            import.files.iter().take(2).map(|f| SafeText::from_outside(&f.name).into_string()).collect();
        let more = if import.files.len() > 2 { format!(" and {} more", import.files.len() - 2) } else { String::new() };
        let mut line = format!(
            "{:>4}  {:<20}  {:>13}  {:<10}  {}{more}",
            import.id,
            format_timestamp(import.taken_at),
            words::count(held),
            SafeText::from_outside(&import.source),
            files.join(", ")
        );
        if import.refused > 0 {
            line.push_str(&format!("  ({} rows refused)", words::count(import.refused)));
        }
        let lost = manifest.lost_rows(import.id);
        if lost > 0 {
            line.push_str(&format!("  ({} charges lost to damage)", words::count(lost)));
        }
        let replaced = import.rows.saturating_sub(held + lost);
        if replaced > 0 {
            line.push_str(&format!("  ({} charges replaced since)", words::count(replaced)));
        }
        if idle > 0 {
            line.push_str(&format!("  ({idle} account periods kept, not counted: another source has them)"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    context.streams.print(&text)?;
    Ok(0)
}

fn show(context: &mut Context<'_, '_>, manifest: &Manifest, import: &Import) -> Result<u8> {
    let mut text = format!(
        "import {} of source {}, taken {}: {} charges, {} rows refused\n",
        import.id,
        SafeText::from_outside(&import.source),
        format_timestamp(import.taken_at),
        words::count(import.rows),
        words::count(import.refused)
    );
    text.push_str("\nfiles\n");
    for file in &import.files {
        text.push_str(&format!(
            "  {}  {}, {}, {} charges, {} refused, BLAKE3 {}\n",
            SafeText::from_outside(&file.name),
            file.format,
            words::bytes(file.bytes),
            words::count(file.rows),
            words::count(file.refused),
            file.hash.get(..16).unwrap_or(&file.hash)
        ));
    }
    text.push_str("\nwhat counts of it\n");
    let in_use = in_use(manifest);
    let split = |id: u64| manifest.facets().find(|facet| facet.group.id == id);
    let parts = parts(manifest, import.id);
    let lost = manifest.lost_rows(import.id);
    if lost > 0 {
        text.push_str(&format!("  {} charges are lost to damage: import the files again\n", words::count(lost)));
    } else if parts.is_empty() {
        text.push_str("  nothing: later imports replaced all of it\n");
    }
    for (group, part) in parts {
        let mut line = format!(
            "  {}  {}  {}  {} charges",
            SafeText::from_outside(&group.key.provider),
            SafeText::from_outside(if group.account_name.is_empty() {
                &group.key.account
            } else {
                &group.account_name
            }),
            group.key.billing_period.month(),
            words::count(part.rows())
        );
        if let (Some(first), Some(last)) = (part.days.keys().next(), part.days.keys().next_back()) {
            line.push_str(&format!(", {first} to {last}"));
        }
        if group.incomplete {
            line.push_str(", incomplete: rows were refused");
        }
        if let Some(facet) = split(group.id) {
            line.push_str(&format!(", a split by {}", SafeText::from_outside(&facet.feed)));
        }
        if !in_use.contains(&group.id) {
            line.push_str(", kept but not counted: another source has the same account and period");
        }
        text.push_str(&line);
        text.push('\n');
    }
    context.streams.print(&text)?;
    Ok(0)
}

fn remove(context: &mut Context<'_, '_>, host: &Host, manifest: &Manifest, import: &Import, yes: bool) -> Result<u8> {
    let mut by_month: BTreeMap<String, u64> = BTreeMap::new();
    for (group, part) in parts(manifest, import.id) {
        *by_month.entry(format!("{} {}", group.key.provider, group.key.billing_period.month())).or_default() +=
            part.rows();
    }
    let rows: u64 = by_month.values().sum();
    if !yes {
        let months: Vec<String> = by_month
            .iter()
            .map(|(m, rows)| format!("{} ({})", SafeText::from_outside(m), words::count(*rows)))
            .collect();
        let question = format!(
            "remove import {}: {} charges, {}? {BROUGHT_BACK} [y/N] ",
            import.id,
            words::count(rows),
            months.join(", ")
        );
        if !confirmed(context, &question)? {
            return Err(Error::new(Kind::Usage, "nothing was removed").hint("answer y, or use --yes"));
        }
    }
    host.count(&Chore::RemoveImport(import.id))?;
    context.streams.print(&format!("removed import {}: {} charges\n", import.id, words::count(rows)))?;
    // Nothing was there before the first.
    if yes && import.id > 1 {
        context.streams.note(BROUGHT_BACK, &[])?;
    }
    let counted: BTreeSet<u64> = manifest.active().iter().map(|g| g.id).collect();
    let now = host.manifest()?;
    let others = now.active().into_iter().filter(|g| g.source != import.source && !counted.contains(&g.id));
    let mut sources: BTreeMap<&str, u64> = BTreeMap::new();
    others.for_each(|g| *sources.entry(&g.source).or_default() += 1);
    for (source, periods) in sources {
        let source = SafeText::from_outside(source);
        context.streams.note(&format!("{} from source `{source}` now", counting(periods)), &[])?;
    }
    Ok(0)
}

/// Asks on the terminal; without one the answer is no.
fn confirmed(context: &mut Context<'_, '_>, question: &str) -> Result<bool> {
    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        return Err(Error::usage("removing an import needs a yes").hint("use --yes where nobody can answer"));
    }
    let _ = write!(context.streams.err, "{question}").and_then(|()| context.streams.err.flush());
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Error::usage(format!("the answer cannot be read: {e}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
