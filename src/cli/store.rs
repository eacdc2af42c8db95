//! `spendtop store check|stats|backup|restore|rebuild|accept-loss`.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use super::args::{StoreArgs, StoreCommand};
use super::run::Context;
use super::wiring;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::host::chore::Chore;
use crate::host::{Host, apart};
use crate::report::words;
use crate::store::backup;

/// Runs `store`; returns the exit code.
///
/// # Errors
/// Where the store cannot be opened, or a file is at fault.
pub fn run(context: &mut Context<'_, '_>, args: &StoreArgs) -> Result<u8> {
    let place = context.data_dir()?;
    if args.command == StoreCommand::Serve {
        return serve(context, &place);
    }
    if let StoreCommand::Restore { file } = &args.command {
        let kept = backup::restore(file, &place)?;
        let kept =
            kept.map_or(String::new(), |k| format!("; what was there is kept in {}", SafeText::from_outside(&k)));
        context.streams.print(&format!("restored{kept}\n"))?;
        wiring::committed(&*wiring::reach(context, &place)?);
        return Ok(0);
    }
    if !crate::store::folder::exists(&place) {
        return match &args.command {
            StoreCommand::Check => context.streams.print("sound: there is no store yet\n").map(|()| 0),
            _ => Err(wiring::no_store(&place)),
        };
    }
    let host = wiring::reach(context, &place)?;
    match &args.command {
        StoreCommand::Check => check_all(context, &host),
        StoreCommand::Stats => stats(context, &host, &place),
        StoreCommand::Backup { file } => {
            let whole = std::path::absolute(file).map_err(|e| Error::io(Kind::Usage, "find", file, &e))?;
            let values = host.count(&Chore::Backup(whole))?;
            context.streams.print(&format!("wrote {} values to {}\n", words::count(values), SafeText::path(file)))?;
            Ok(0)
        }
        StoreCommand::AcceptLoss => {
            let lost = host.count(&Chore::AcceptLoss)?;
            context.streams.print(&match lost {
                0 => "nothing is lost\n".to_owned(),
                _ => format!("{} lost account periods are told of no more\n", words::count(lost)),
            })?;
            Ok(0)
        }
        StoreCommand::Rebuild => {
            let (groups, entries) = rebuild(context, &host)?;
            context.streams.print(&format!(
                "made the rollups of {groups} account periods anew, and replayed {entries} journal entries\n"
            ))?;
            Ok(0)
        }
        StoreCommand::Restore { .. } | StoreCommand::Serve => Ok(0),
    }
}

/// What the app has started: standard input is its socket, standard output the store's lock.
fn serve(context: &mut Context<'_, '_>, place: &Path) -> Result<u8> {
    let kept = |stream: BorrowedFd<'_>| {
        stream.try_clone_to_owned().map_err(|e| Error::new(Kind::Store, format!("no room for another open file: {e}")))
    };
    let (parent, lock) = (kept(std::io::stdin().as_fd())?, kept(std::io::stdout().as_fd())?);
    let let_go = || {
        if let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdin(&nothing).and_then(|()| rustix::stdio::dup2_stdout(&nothing));
        }
    };
    // A process that is started by its file's link is named after the link.
    let _ = std::fs::write("/proc/self/comm", "spendtop");
    apart::serve(&wiring::setup(context, place), parent.into(), lock.into(), let_go)?;
    Ok(0)
}

/// Makes the rollups anew. Where that meets damage, what can be read is saved first, by opening the
/// store again.
fn rebuild(context: &mut Context<'_, '_>, host: &Host) -> Result<(u64, u64)> {
    let again = Chore::Rebuild(context.config.tags.keys.clone(), context.config.dimensions.evidence());
    let made = match host.count(&again) {
        Err(error) if error.kind == Kind::Store && error.cause.is_none() => {
            if host.owner().is_none() {
                return Err(error.hint("quit the spendtop that has the store open, then run this again"));
            }
            host.finish();
            for notice in host.about()?.notices {
                context.streams.note(&notice, &[])?;
            }
            host.count(&again)?
        }
        made => made?,
    };
    Ok((made, host.count(&Chore::Entries)?))
}

fn check_all(context: &mut Context<'_, '_>, host: &Host) -> Result<u8> {
    let manifest = host.manifest()?;
    let (report, lost) = host.check()?;
    for damage in &report.damage {
        context.streams.print(&format!("damaged: {damage}\n"))?;
    }
    if report.damage.is_empty() && !lost {
        let line = format!(
            "sound: {} charges in {} segments and {} account periods verified\n",
            words::count(report.rows),
            report.segments,
            report.groups
        );
        context.streams.print(&line)?;
        return Ok(0);
    }
    for lost in &manifest.lost {
        let files: Vec<String> = manifest
            .imports_of(lost)
            .flat_map(|i| &i.files)
            .map(|f| SafeText::from_outside(&f.name).into_string())
            .collect();
        let (rows, name) = (lost.rows(), lost.name());
        let line = match lost.key {
            Some(_) => format!("lost: {name}: {} charges of {}\n", words::count(rows), files.join(", ")),
            None => format!("lost: {name}, which nobody can list\n"),
        };
        context.streams.print(&line)?;
    }
    let hit = manifest.groups.iter().filter(|g| report.groups_hit.contains(&g.id));
    let mut imports: BTreeSet<u64> = hit.flat_map(|g| g.parts.iter().map(|p| p.import)).collect();
    imports.extend(manifest.lost.iter().flat_map(|l| &l.parts).map(|(import, _)| *import));
    let again: Vec<String> = imports
        .iter()
        .filter_map(|id| manifest.import(*id))
        .flat_map(|i| i.files.iter().map(|f| SafeText::from_outside(&f.name).into_string()))
        .collect();
    let mut error = Error::new(Kind::Store, "committed data is damaged or lost");
    if !again.is_empty() {
        error = error.hint(format!("`spendtop import --replace` with these brings it back: {}", again.join(", ")));
    }
    if !report.damage.is_empty() {
        error = error.hint("`spendtop store rebuild` makes rollups anew");
    }
    error = error.hint("`spendtop store restore FILE` brings a backup back");
    if !manifest.lost.is_empty() {
        error =
            error.hint("`spendtop store accept-loss` tells of losses no more, when all is here again or gone for good");
    }
    Err(error)
}

fn stats(context: &mut Context<'_, '_>, host: &Host, place: &Path) -> Result<u8> {
    let manifest = host.manifest()?;
    let bytes = host.count(&Chore::Size)?;
    let rows: u64 = manifest.active().iter().map(|g| g.rows()).sum();
    let kept: u64 = manifest.groups.iter().map(crate::store::manifest::Group::rows).sum();
    let mut lines = vec![
        ("folder", SafeText::path(place).into_string()),
        ("charges that count", words::count(rows)),
        ("account periods", words::count(manifest.groups.len() as u64)),
        ("segments", words::count(manifest.segments().len() as u64)),
        ("imports", words::count(manifest.imports.len() as u64)),
        ("size on disk", words::bytes(bytes)),
        ("commits", manifest.generation.to_string()),
        ("schema", manifest.schema.to_string()),
        ("tag keys with rollups", manifest.tag_keys.join(", ")),
    ];
    if !manifest.evidence.is_empty() {
        let lists: Vec<String> = manifest.evidence.iter().map(|keys| keys.join("|")).collect();
        lines.push(("tag lists with rollups", lists.join(", ")));
    }
    if kept > rows {
        lines.insert(2, ("charges kept, not counted", words::count(kept - rows)));
    }
    if let Some((from, to)) = manifest.extent() {
        lines.insert(2, ("days", format!("{from} to {to}")));
    }
    let text: String = lines.iter().map(|(name, value)| format!("{name:<26}{value}\n")).collect();
    context.streams.print(&text)?;
    Ok(0)
}
