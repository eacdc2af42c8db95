//! `spendtop export`: charges as FOCUS 1.2, into a file or to standard output.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{ExportArgs, ExportFormat};
use super::lens::scope_of;
use super::run::Context;
use super::wiring;
use crate::domain::calendar::Period;
use crate::domain::text::SafeText;
use crate::engine::local::LocalEngine;
use crate::engine::{Cancel, export};
use crate::error::{Cause, Error, Kind, Result};
use crate::focus::write::Format;
use crate::host::Host;
use crate::report::words;
use crate::store::manifest::Group;

/// Writes the charges; a file appears whole or not at all.
///
/// # Errors
/// Where the flags, the store or the file are at fault.
pub fn run(context: &mut Context<'_, '_>, args: &ExportArgs) -> Result<u8> {
    let scope = scope_of(&args.scope, &context.config, context.as_of)?;
    let to_stdout = args.output == Path::new("-");
    if to_stdout && context.streams.terminal {
        // A bill's texts are kept as they came, and may hold what moves a cursor.
        return Err(Error::usage("`-o -` writes charges as they are, which a terminal must not be given")
            .hint("redirect it, or name a file: -o FILE"));
    }
    if !to_stdout && !args.force && args.output.exists() {
        return Err(
            Error::usage(format!("`{}` exists already", SafeText::path(&args.output))).hint("--force writes over it")
        );
    }
    let source = Source::open(context, args.scope.demo)?;
    // A file of charges has no place to say so.
    if source.is_incomplete(scope.period.map(|p| p.resolve(context.as_of)))? {
        let hint = "`spendtop imports list` shows which; import what is missing again";
        context.streams.note("incomplete: rows of the bill were refused, or lost to damage", &[hint])?;
    }
    if source.is_untold(scope.period.map(|p| p.resolve(context.as_of)))? {
        let hint = "charges of which the filter looks at an empty column are left out";
        context
            .streams
            .note("not all told: what a provider's API does not tell of charges are empty columns", &[hint])?;
    }
    let what = export::Scope {
        period: scope.period.map(|p| p.resolve(context.as_of)),
        filter: scope.filter.unwrap_or_default(),
        currency: scope.currency,
        format: match args.format {
            ExportFormat::Csv => Format::Csv { raw: args.raw },
            ExportFormat::Json => Format::Json,
            ExportFormat::Parquet => Format::Parquet,
        },
    };
    let cancel = Cancel::default();
    let given_up = cancel.clone();
    wiring::on_interrupt(move || given_up.cancel());
    if to_stdout {
        return match source.to_stdout(&what, &cancel) {
            // A reader that has seen enough is no failure.
            Err(error) if error.cause == Some(Cause::ReaderGone) => Ok(0),
            other => other.map(|_| 0),
        };
    }
    let part = part_of(&args.output);
    let create = || File::create(&part).map_err(|e| Error::io(Kind::Usage, "create", &part, &e));
    let written = source.write(&what, &|| Ok(Box::new(create()?)), &cancel).and_then(|count| {
        let written = File::open(&part).and_then(|file| file.sync_all());
        written.map_err(|e| Error::io(Kind::Usage, "write", &part, &e))?;
        std::fs::rename(&part, &args.output).map_err(|e| Error::io(Kind::Usage, "write", &args.output, &e))?;
        Ok(count)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let count = written?;
    context.streams.note(&format!("wrote {} charges to {}", words::count(count), SafeText::path(&args.output)), &[])?;
    Ok(0)
}

/// The name under which a file grows.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    path.with_file_name(name)
}

/// Whose charges are written.
enum Source {
    Demo(Box<LocalEngine>),
    Store(Arc<Host>, PathBuf),
}

impl Source {
    fn open(context: &mut Context<'_, '_>, demo: bool) -> Result<Source> {
        if demo {
            let engine = wiring::made_up(&context.config, context.config.demo.seed, context.as_of)?;
            return Ok(Source::Demo(Box::new(engine)));
        }
        let place = context.data_dir()?;
        Ok(Source::Store(wiring::reach_existing(context, &place)?, place))
    }

    /// Whether charges of these days, or of any where `None`, were refused or lost.
    fn is_incomplete(&self, days: Option<Period>) -> Result<bool> {
        let Source::Store(host, _) = self else { return Ok(false) };
        let manifest = host.manifest()?;
        let all = manifest.extent().map(|(from, to)| Period { from, to: to.plus(1) });
        Ok(days.or(all).is_some_and(|days| manifest.is_incomplete(days)))
    }

    /// Whether of charges of these days, or of any where `None`, not every column was told.
    fn is_untold(&self, days: Option<Period>) -> Result<bool> {
        let Source::Store(host, _) = self else { return Ok(false) };
        let manifest = host.manifest()?;
        let of_days = |group: &&&Group| days.is_none_or(|days| group.overlaps(days));
        Ok(!manifest.scopes.is_empty()
            && manifest.active().iter().filter(of_days).any(|group| manifest.tells(group).is_some()))
    }

    fn write(
        &self,
        scope: &export::Scope,
        open: &dyn Fn() -> Result<Box<dyn Write + Send>>,
        cancel: &Cancel,
    ) -> Result<u64> {
        match self {
            Source::Demo(engine) => export::write(engine, scope, open()?, cancel),
            Source::Store(host, _) => host.export(scope, open, cancel),
        }
    }

    fn to_stdout(&self, scope: &export::Scope, cancel: &Cancel) -> Result<u64> {
        match self {
            // Whoever has the store open waits for no reader: it is all taken first.
            Source::Store(host, place) if host.owner().is_none() => {
                let spool = unseen_file(place).map_err(|e| Error::io(Kind::Usage, "write in", place, &e))?;
                let again = |e: std::io::Error| Error::io(Kind::Usage, "write in", place, &e);
                let open = || -> Result<Box<dyn Write + Send>> {
                    let mut file = spool.try_clone().map_err(again)?;
                    file.set_len(0).and_then(|()| file.rewind()).map_err(again)?;
                    Ok(Box::new(file))
                };
                let count = host.export(scope, &open, cancel)?;
                let mut written = spool.try_clone().map_err(again)?;
                written.rewind().map_err(again)?;
                std::io::copy(&mut written, &mut std::io::stdout())
                    .map_err(|e| Error::usage(format!("cannot write the charges: {e}")).because(Cause::of(&e)))?;
                Ok(count)
            }
            _ => self.write(scope, &|| Ok(Box::new(std::io::stdout())), cancel),
        }
    }
}

/// A file in a folder that nobody else can open, and that is gone when this process is.
fn unseen_file(folder: &Path) -> std::io::Result<File> {
    let path = folder.join(format!("spill-export-{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
