//! `spendtop export`: charges as FOCUS 1.2, into a file or to standard output.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::{ExportArgs, ExportFormat};
use super::import::thousands;
use super::lens::{Scope, scope_of};
use super::run::Context;
use super::wiring;
use crate::domain::text::SafeText;
use crate::engine::local::LocalEngine;
use crate::engine::query::incomplete;
use crate::engine::{Cancel, export};
use crate::error::{Cause, Error, Kind, Result};
use crate::focus::write::{Format, writer};

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
    let engine = wiring::local(context, args.scope.demo)?;
    // A file of charges has no place to say so.
    let days = scope.period.map(|p| p.resolve(context.as_of)).or(engine.data_days());
    if days.is_some_and(|days| incomplete(&engine, days)) {
        let hint = "`spendtop imports list` shows which; import what is missing again";
        context.streams.note("incomplete: rows of the bill were refused, or lost to damage", &[hint])?;
    }
    let cancel = Cancel::default();
    let given_up = cancel.clone();
    wiring::on_interrupt(move || given_up.cancel());
    if to_stdout {
        return match write(context, args, &scope, &engine, &cancel, Box::new(std::io::stdout())) {
            // A reader that has seen enough is no failure.
            Err(error) if error.cause == Some(Cause::ReaderGone) => Ok(0),
            other => other.map(|_| 0),
        };
    }
    let part = part_of(&args.output);
    let file = File::create(&part).map_err(|e| Error::io(Kind::Usage, "create", &part, &e))?;
    let sync = file.try_clone().map_err(|e| Error::io(Kind::Usage, "write", &part, &e))?;
    let written = write(context, args, &scope, &engine, &cancel, Box::new(file)).and_then(|count| {
        sync.sync_all().map_err(|e| Error::io(Kind::Usage, "write", &part, &e))?;
        std::fs::rename(&part, &args.output).map_err(|e| Error::io(Kind::Usage, "write", &args.output, &e))?;
        Ok(count)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let count = written?;
    context.streams.note(&format!("wrote {} charges to {}", thousands(count), SafeText::path(&args.output)), &[])?;
    Ok(0)
}

/// The name under which a file grows.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    path.with_file_name(name)
}

fn write(
    context: &Context<'_, '_>,
    args: &ExportArgs,
    scope: &Scope,
    engine: &LocalEngine,
    cancel: &Cancel,
    out: Box<dyn Write + Send>,
) -> Result<u64> {
    let format = match args.format {
        ExportFormat::Csv => Format::Csv { raw: args.raw },
        ExportFormat::Json => Format::Json,
        ExportFormat::Parquet => Format::Parquet,
    };
    let mut writer = writer(format, out)?;
    let period = scope.period.map(|p| p.resolve(context.as_of));
    let filter = scope.filter.clone().unwrap_or_default();
    let count = export::export(engine, period, &filter, scope.currency.as_deref(), &mut *writer, cancel)?;
    writer.finish()?;
    Ok(count)
}
