//! `spendtop sync`: brings what connections charged, and says how syncing stands.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::args::FormatArgs;
use super::config::home;
use super::query::style;
use super::run::Context;
use super::wiring;
use crate::clock;
use crate::domain::text::SafeText;
use crate::engine::{Listener, Overview, Run};
use crate::error::{Error, Kind, Result};
use crate::host::connect::check;
use crate::host::connect::cost::{self, Size};
use crate::host::connections::{self, Connections};
use crate::host::telling;
use crate::notify::{Notice, Undelivered};
use crate::provider::remote::Costs;
use crate::provider::remote::pace::Pace;
use crate::report::{self, Format, Style};
use crate::sync::state::{Place, SyncLock, Trouble};
use crate::sync::task::{Connection, Syncer, Which};
use crate::sync::{log, overview};

/// Runs that `--status` looks back at.
const RUNS: usize = 20;

/// `spendtop sync`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct SyncArgs {
    /// Connections or scopes, like `aws.prod`; all where none is named.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Go on until Ctrl-C, and ask whenever something is due; the desktop tells of a login that has expired, and
    /// of what fails for a day (`[notify]` in the config).
    #[arg(long, conflicts_with_all = ["status", "log", "names"])]
    pub watch: bool,
    /// Ask each once, although it failed a moment ago [the default].
    #[arg(long, conflicts_with_all = ["watch", "due"])]
    pub once: bool,
    /// Ask only those whose time has come, as from cron.
    #[arg(long)]
    pub due: bool,
    /// Say how each stands and what was spent; ask nothing.
    #[arg(long)]
    pub status: bool,
    /// Print the newest runs; ask nothing.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20", conflicts_with = "status")]
    pub log: Option<usize>,
    /// How --status and --log are written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs `sync`; returns the exit code: 3 where a scope failed.
///
/// # Errors
/// Kind `Usage` where there is no such connection, `Store` where the store or the disk fails.
pub fn run(context: &mut Context<'_, '_>, args: &SyncArgs) -> Result<u8> {
    let place = context.data_dir()?;
    let found = found(context, &place)?;
    known(&found, &args.names)?;
    let state = Place::beside(&place);
    if let Some(most) = args.log {
        let style = style(&args.format, context.streams);
        let named = |run: &Run| args.names.is_empty() || args.names.iter().any(|name| is_of(&run.source, name));
        let runs: Vec<Run> = log::read(&state, usize::MAX).into_iter().filter(named).take(most).collect();
        return written(context, |out| report::runs(&runs, style, out));
    }
    if args.status {
        return status(context, &found, &state, args);
    }
    sync(context, found, &place, args)
}

/// The config's connections; there must be one. Those that cannot be made are told.
///
/// # Errors
/// Kind `Usage` where there is none.
pub fn found(context: &mut Context<'_, '_>, place: &Path) -> Result<Connections> {
    let folder = Place::beside(place).folder().to_owned();
    let found = connections::of(&context.config, home().as_deref(), &folder);
    if found.connections.is_empty() && found.wrong.is_empty() {
        return Err(Error::usage("there is no connection in the config yet")
            .hint("`spendtop connect aws`, `azure`, `gcp`, `opencost` or `folder` makes one")
            .hint("`spendtop import FILE` reads a billing export without one"));
    }
    for (name, fault) in &found.wrong {
        let hints: Vec<&str> = fault.hints.iter().map(String::as_str).collect();
        context.streams.note(&format!("[{name}] cannot be used: {fault}"), &hints)?;
    }
    Ok(found)
}

pub(super) fn is_of(source: &str, name: &str) -> bool {
    source == name || source.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
}

/// Refuses names of connections that there are not.
///
/// # Errors
/// Kind `Usage` with what may have been meant.
pub fn known(found: &Connections, names: &[String]) -> Result<()> {
    let scopes = |connection: &Connection| -> Vec<String> {
        let sources = connection.scopes.iter().map(|scope| scope.scope().source.name.clone());
        std::iter::once(connection.name.clone()).chain(sources).collect()
    };
    let all: Vec<String> = found.connections.iter().flat_map(scopes).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for name in names {
        if !all.contains(&name.as_str()) {
            let told = format!("there is no connection `{}` in the config", SafeText::from_outside(name));
            return Err(Error::usage(told).did_you_mean(name, &all));
        }
    }
    Ok(())
}

fn written(
    context: &mut Context<'_, '_>,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<u8> {
    write(context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn status(context: &mut Context<'_, '_>, found: &Connections, place: &Place, args: &SyncArgs) -> Result<u8> {
    let (state, told) = place.read();
    if let Some(told) = told {
        context.streams.note(&told, &[])?;
    }
    let now = clock::now_seconds();
    let runs = log::read(place, RUNS);
    let (live, opinions) = (BTreeMap::new(), place.opinions());
    let mut overview = overview::of(&found.connections, &state, &live, &opinions, runs, now);
    overview.wrong.extend(found.wrong.iter().map(|(name, fault)| {
        let trouble = Trouble { kind: fault.kind, message: fault.message.clone(), hints: fault.hints.clone() };
        (name.clone(), trouble)
    }));
    overview.scopes.retain(|scope| args.names.is_empty() || args.names.iter().any(|name| is_of(&scope.source, name)));
    let style = style(&args.format, context.streams);
    written(context, |out| report::scopes(&overview, now, style, out))?;
    hints(context, &overview, style)
}

/// Says what to do about scopes that fail; the exit code.
fn hints(context: &mut Context<'_, '_>, overview: &Overview, style: Style) -> Result<u8> {
    let failing = overview.scopes.iter().filter_map(|scope| Some((scope, scope.trouble.as_ref()?)));
    let mut code = 0;
    for (scope, trouble) in failing {
        code = Kind::Provider.exit_code();
        if style.format == Format::Table && !trouble.hints.is_empty() {
            let hints: Vec<&str> = trouble.hints.iter().map(String::as_str).collect();
            context.streams.note(&format!("{}: {}", scope.source, trouble.message), &hints)?;
        }
    }
    Ok(code)
}

fn sync(context: &mut Context<'_, '_>, found: Connections, place: &Path, args: &SyncArgs) -> Result<u8> {
    let state = Place::beside(place);
    let host = wiring::reach(context, place)?;
    wiring::refuse_demo(&host.manifest()?, place)?;
    let Some(_lock) = SyncLock::try_take(&state)? else {
        let running = state.read().0.running;
        let who =
            running.map_or_else(|| "another spendtop".to_owned(), |by| format!("another spendtop ({})", by.process));
        return Err(Error::usage(format!("{who} is syncing this store: it brings what is due"))
            .hint("`spendtop sync --status` says how far it is; in an app `R` asks for it now"));
    };
    let (_, told) = state.read();
    if let Some(told) = told {
        context.streams.note(&told, &[])?;
    }
    let runtime = check::runtime()?;
    let clock: crate::sync::Clock = Arc::new(clock::now_seconds);
    let vault = Arc::clone(&host) as Arc<dyn crate::sync::task::Vault>;
    let Connections { connections, wrong } = found;
    let pace = Pace::default();
    let syncer = Syncer::new(Arc::new(connections), vault, Some(state), clock, runtime.handle().clone(), pace);
    let syncer = Arc::new(syncer);
    estimates(context, &syncer)?;
    let cancel = CancellationToken::new();
    let given_up = cancel.clone();
    wiring::on_interrupt(move || given_up.cancel());
    let (tells, told) = channel();
    let listener = on_runs(tells.clone());
    syncer.on_run(&listener);
    // Whoever goes on by itself tells a person who does not look; others say it where they end.
    let by_desktop = context.config.notify.desktop;
    let _telling = args.watch.then(|| tells_a_person(&syncer, by_desktop, tells.clone())).transpose()?;
    let style = style(&args.format, context.streams);
    let failed = std::thread::scope(|scope| {
        let (syncer, cancel) = (&syncer, &cancel);
        let work = scope.spawn(move || {
            // However it ends, the loop below does too: who still tells the desktop is not waited for.
            let _over = Over(tells);
            if args.watch {
                let waker = std::thread::scope(|inner| {
                    inner.spawn(|| runtime_wait(cancel, syncer));
                    syncer.watch(true, cancel)
                });
                return waker.map(|()| 0);
            }
            let which = Which { names: args.names.clone(), now: !args.due };
            syncer.pass(&which, cancel).map(|passed| passed.failed)
        });
        for news in told {
            match news {
                News::Ran(run) => print_run(context, &run, style)?,
                News::Untold(notice, why) => untold(context, &notice, why.as_ref())?,
                News::Over => break,
            }
        }
        work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    if cancel.is_cancelled() && !args.watch {
        return Err(Error::new(
            Kind::Interrupted,
            "stopped: what had come is stored, the rest comes with the next sync",
        ));
    }
    let now = clock::now_seconds();
    let (live, opinions) = (syncer.live(), BTreeMap::new());
    let overview = overview::of(syncer.connections(), &syncer.state(), &live, &opinions, Vec::new(), now);
    hints(context, &overview, Style::default())?;
    Ok(if failed > 0 || !wrong.is_empty() { Kind::Provider.exit_code() } else { 0 })
}

/// Wakes the loop when it is cancelled.
fn runtime_wait(cancel: &CancellationToken, syncer: &Syncer) {
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() {
        runtime.block_on(cancel.cancelled());
    }
    syncer.wake();
}

/// What is printed while it goes on.
enum News {
    /// A run has ended.
    Ran(Arc<Run>),
    /// What a person is to know, and why the desktop was not told, where that was tried.
    Untold(Notice, Option<Undelivered>),
    /// All is done.
    Over,
}

/// Says that all is done, when it is dropped.
struct Over(Sender<News>);

impl Drop for Over {
    fn drop(&mut self) {
        let _ = self.0.send(News::Over);
    }
}

fn on_runs(tells: Sender<News>) -> Listener<Arc<Run>> {
    let tells = Mutex::new(tells);
    Arc::new(move |run| {
        // Whoever prints them has gone: nobody is told.
        let _ = tells.lock().unwrap_or_else(PoisonError::into_inner).send(News::Ran(run));
    })
}

/// Has a person told of what fails: by the desktop, else by what is printed.
fn tells_a_person(syncer: &Arc<Syncer>, by_desktop: bool, tells: Sender<News>) -> Result<Listener<String>> {
    let tells = Mutex::new(tells);
    telling::begin(syncer, by_desktop, move |alarm, why| {
        let untold = News::Untold(Notice::of(alarm), why);
        tells.lock().unwrap_or_else(PoisonError::into_inner).send(untold).is_ok()
    })
}

/// Says what a person is to know whom the desktop did not tell.
fn untold(context: &mut Context<'_, '_>, notice: &Notice, why: Option<&Undelivered>) -> Result<()> {
    let why = why.map(|why| format!("the desktop was not told: {why}"));
    let hints: Vec<&str> = why.iter().map(String::as_str).collect();
    context.streams.note(&format!("{}: {}", notice.title, notice.body), &hints)
}

fn print_run(context: &mut Context<'_, '_>, run: &Arc<Run>, style: Style) -> Result<()> {
    let runs = std::slice::from_ref(&**run);
    let line = match style.format {
        Format::Table => {
            let mut text = format!("{}  {}", run.source, if run.what.is_empty() { "look" } else { &run.what });
            if let Some(why) = run.why {
                text.push_str(&format!("  ({})", why.name()));
            }
            text.push_str(&format!("  {}\n", report::told(run)));
            SafeText::from_outside(text.trim_end()).into_string() + "\n"
        }
        _ => {
            let mut bytes = Vec::new();
            report::runs(runs, style, &mut bytes).map_err(|e| context.streams.failed(&e))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    context.streams.print(&line)?;
    context.streams.flush()
}

/// Says what scopes that were never asked will cost, before the first request.
fn estimates(context: &mut Context<'_, '_>, syncer: &Syncer) -> Result<()> {
    let state = syncer.state();
    for connection in syncer.connections() {
        let is_new = |scope: &&Arc<dyn Costs>| {
            let scope = scope.scope();
            scope.terms.request_microdollars > 0 && !state.scopes.contains_key(&scope.source.name)
        };
        let configured = context.config.connections.iter().find(|configured| configured.name == connection.name);
        if let Some(configured) = configured.filter(|_| connection.scopes.iter().any(|scope| is_new(&scope))) {
            let cost = cost::of(configured, &connection.scopes, Size::default());
            let lines: Vec<&str> = cost.lines.iter().map(String::as_str).collect();
            if let Some((first, more)) = lines.split_first() {
                context.streams.note(&format!("[{}] {first}", connection.name), more)?;
            }
        }
    }
    Ok(())
}
