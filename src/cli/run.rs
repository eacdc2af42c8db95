//! From parsed flags to an exit code.
//!
//! Config, completions and manual need neither a sound config nor a store, so that they work when
//! those are broken. Everything else runs in a [`Context`].

use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Cli, Command, Global, LensArgs};
use super::stdio::Streams;
use super::{
    alert, anomalies, app, budget, config, connect, doctor, export, generate, import, imports, lens, notes, query,
    saved, screenshot, store, sync, wiring,
};
use crate::config::Config;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::host::Host;

/// What a command runs in.
pub struct Context<'a, 's> {
    /// The config: its file's, or the defaults.
    pub config: Config,
    /// The day to take for today.
    pub as_of: Day,
    /// The flags of every command.
    pub global: Global,
    /// Where it writes.
    pub streams: &'a mut Streams<'s>,
    /// The store, once it is reached.
    pub host: Option<Arc<Host>>,
}

impl Context<'_, '_> {
    /// The store's folder.
    ///
    /// # Errors
    /// Kind `Usage` where there is no home folder and no flag names one, or a file is named.
    pub fn data_dir(&self) -> Result<PathBuf> {
        let place = config::data_dir(&self.global, &self.config)?;
        if place.is_file() {
            return Err(Error::usage(format!("`{}` is a file, not the store's folder", SafeText::path(&place)))
                .hint("--data-dir names a folder; `spendtop import FILE` reads a billing export into it"));
        }
        Ok(place)
    }
}

/// Runs what the flags ask for; returns the exit code.
///
/// # Errors
/// For `main` to print; its kind is the exit code.
pub fn run(cli: &Cli, streams: &mut Streams<'_>) -> Result<u8> {
    match &cli.command {
        Some(Command::Config(args)) => return config::run(args.command, &cli.global, streams),
        Some(Command::Completions { shell }) => return generate::completions(*shell, streams),
        // It makes the config that others read.
        Some(Command::Connect(args)) => return connect::run(args, &cli.global, streams),
        Some(Command::Man { command }) => return generate::man(command.as_deref(), streams),
        _ => {}
    }
    let as_of = cli.global.as_of.unwrap_or_else(crate::clock::today);
    let config = config::load(&cli.global)?;
    let mut context = Context { config, as_of, global: cli.global.clone(), streams, host: None };
    let result = dispatch(cli, &mut context);
    // Letting go of the store may take what others do to it: the answer is read by then.
    let flushed = context.streams.flush();
    result.and_then(|code| flushed.map(|()| code))
}

fn dispatch(cli: &Cli, context: &mut Context<'_, '_>) -> Result<u8> {
    let as_of = context.as_of;
    match &cli.command {
        None => app::run(context, app::Face::of(cli.plain)),
        Some(Command::Demo(args)) => app::demo(context, args),
        Some(Command::Import(args)) => import::run(context, args),
        Some(Command::Imports(args)) => imports::run(context, args),
        Some(Command::Sync(args)) => sync::run(context, args),
        Some(Command::Doctor(args)) => doctor::run(context, args),
        Some(Command::Export(args)) => export::run(context, args),
        Some(Command::Store(args)) => store::run(context, args),
        Some(Command::Budget(args)) => budget::run(context, args),
        Some(Command::Anomalies(args)) => anomalies::run(context, args),
        Some(Command::Notes(args)) => notes::run(context, args),
        Some(Command::Alert(args)) => alert::run(context, args),
        Some(Command::Lens(args)) => saved::run(context, args),
        Some(Command::Query(args)) => {
            let (question, engine) =
                asked(context, &args.lens, |saved, config| lens::query_of(args, saved, config, as_of))?;
            query::query(&question, &args.format, engine.as_ref(), as_of, context.streams)
        }
        Some(Command::Spend(args)) => {
            let (lens, engine) = asked(context, &args.lens, |saved, config| {
                lens::lens_of(&args.lens, saved, config, as_of, &[Dimension::Provider])
            })?;
            query::spend(&lens, &args.format, engine.as_ref(), as_of, context.streams)
        }
        Some(Command::Screenshot(args)) => {
            let (lens, engine) = asked(context, &args.lens, |saved, config| {
                lens::lens_of(&args.lens, saved, config, as_of, &[Dimension::Provider])
            })?;
            screenshot::run(context, args, lens, engine.as_ref())
        }
        Some(Command::Forecast(args)) => {
            let flags = args.lens();
            let (lens, engine) = asked(context, &flags, |saved, config| {
                lens::lens_of(&flags, saved, config, as_of, &[Dimension::Provider])
            })?;
            query::forecast(
                &lens,
                args.granularity.unwrap_or(Granularity::Day),
                &args.format,
                engine.as_ref(),
                as_of,
                context.streams,
            )
        }
        Some(Command::Tags(args)) => {
            let flags = args.lens();
            let (lens, engine) = asked(context, &flags, |saved, config| {
                lens::lens_of(&flags, saved, config, as_of, &[Dimension::Provider])
            })?;
            query::tags(&lens, &args.format, engine.as_ref(), as_of, context.streams)
        }
        Some(Command::Config(_) | Command::Connect(_) | Command::Completions { .. } | Command::Man { .. }) => Ok(0),
    }
}

/// What the flags ask for, and the engine to ask. Bad flags are told before anything is opened, unless a
/// saved lens, which the store may keep, decides what they mean.
fn asked<Q>(
    context: &mut Context<'_, '_>,
    args: &LensArgs,
    question: impl Fn(Option<&Lens>, &Config) -> Result<Q>,
) -> Result<(Q, Arc<dyn Engine>)> {
    let Some(name) = &args.saved else {
        let alone = question(None, &context.config)?;
        return Ok((alone, wiring::engine(context, args.scope.demo)?));
    };
    let engine = wiring::engine(context, args.scope.demo)?;
    let saved = lens::saved(name, engine.as_ref(), context.as_of)?;
    Ok((question(Some(&saved), &context.config)?, engine))
}
