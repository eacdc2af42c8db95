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
use crate::host::alerting::Alerting;
use crate::host::asked;
use crate::host::connect::cost::{self, Size};
use crate::host::connections::{self, Connections};
use crate::host::telling;
use crate::notify::{Notice, Undelivered};
use crate::provider::remote::Costs;
use crate::provider::remote::pace::Pace;
use crate::report::{self, Format, Style};
use crate::sync::lock::{self, SyncLock};
use crate::sync::state::{Place, Trouble};
use crate::sync::task::{self, Connection, Passed, Syncer, Which};
use crate::sync::{log, overview};
use crate::threads;

/// How long what is being brought is waited for when syncing ends.
const ALERTS_END_MAX: std::time::Duration = std::time::Duration::from_secs(2);

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
        let named = |run: &Run| is_named(args, &run.source);
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
    let made: Vec<String> = found.connections.iter().flat_map(scopes).collect();
    // Those that cannot be used are told apart from those that there are not.
    let wrong = found.wrong.iter().map(|(name, _)| name.as_str());
    let all: Vec<&str> = made.iter().map(String::as_str).chain(wrong).collect();
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
    let (state, told) = lock::seen(place);
    if let Some(told) = told {
        context.streams.note(&told, &[])?;
    }
    let now = clock::now_seconds();
    let runs = log::read(place, RUNS);
    let (live, opinions) = (BTreeMap::new(), place.opinions());
    let mut overview = overview::of(&found.connections, &state, &live, &opinions, runs, now);
    overview.wrong.extend(found.wrong.iter().map(|(name, fault)| (name.clone(), Trouble::from(fault))));
    overview.scopes.retain(|scope| is_named(args, &scope.source));
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
    let Some(_lock) = SyncLock::try_take(&state, args.watch)? else { return elsewhere(context, &state, args) };
    let runtime = task::runtime()?;
    let clock: crate::sync::Clock = Arc::new(clock::now_seconds);
    let vault = Arc::clone(&host) as Arc<dyn crate::sync::task::Vault>;
    let Connections { connections, wrong } = found;
    let syncer = Arc::new(Syncer::new(
        Arc::new(connections),
        vault,
        Some(state.clone()),
        clock,
        runtime.handle().clone(),
        Pace::default(),
    ));
    if let Some(told) = syncer.told() {
        context.streams.note(told, &[])?;
    }
    estimates(context, &syncer)?;
    let cancel = CancellationToken::new();
    let (given_up, woken) = (cancel.clone(), Arc::downgrade(&syncer));
    wiring::on_interrupt(move || {
        given_up.cancel();
        if let Some(syncer) = woken.upgrade() {
            syncer.wake();
        }
    });
    // Whoever goes on by itself does what apps beside it wish for.
    let _hearing = args.watch.then(|| asked::hear(&state, &syncer));
    let alerting = if args.watch {
        let engine = Arc::clone(&host) as Arc<dyn crate::engine::Engine>;
        let courier = super::alert::courier_here(context)?;
        super::alert::say_silence(context, &courier)?;
        Some(Alerting::begin(courier, engine)?)
    } else {
        None
    };
    let passed = work(context, &syncer, (args, alerting.as_ref()), &cancel)?;
    if let Some(alerting) = alerting {
        alerting.end(ALERTS_END_MAX);
    }
    if cancel.is_cancelled() && !args.watch {
        return Err(Error::new(
            Kind::Interrupted,
            "stopped: what had come is stored, the rest comes with the next sync",
        ));
    }
    let now = clock::now_seconds();
    let (live, opinions) = (syncer.live(), BTreeMap::new());
    let mut overview = overview::of(syncer.connections(), &syncer.state(), &live, &opinions, Vec::new(), now);
    overview.scopes.retain(|scope| is_named(args, &scope.source));
    for scope in overview.scopes.iter().filter(|scope| passed.held.contains(&scope.source)) {
        let until = report::span(scope.due_at - now);
        context.streams.note(&format!("{} is left alone for {until}, as its provider wants", scope.source), &[])?;
    }
    for (scope, left) in overview.scopes.iter().filter_map(|scope| Some((scope, scope.left.as_ref()?))) {
        context.streams.note(&format!("{}: {left}", scope.source), &[])?;
    }
    let failing = hints(context, &overview, Style::default())?;
    if !args.watch {
        super::alert::bring_after(context)?;
    }
    let is_wrong = wrong.iter().any(|(name, _)| is_named(args, name));
    Ok(match (is_wrong || passed.failed > 0, args.due) {
        (true, _) => Kind::Provider.exit_code(),
        // Whoever asked for it now did not get it; what is not due yet is none of cron's trouble.
        (false, false) => failing,
        (false, true) => 0,
    })
}

/// Another process syncs: what is due comes by that one, what is wished for is wished of that one.
fn elsewhere(context: &mut Context<'_, '_>, place: &Place, args: &SyncArgs) -> Result<u8> {
    let holder = lock::holder(place);
    let who = holder.map_or_else(String::new, |holder| format!(" ({})", holder.process));
    let by_itself = holder.is_some_and(|holder| holder.by_itself);
    let what = match by_itself {
        true => format!("another spendtop{who} keeps this store fresh: it brings what is due"),
        false => format!("another spendtop{who} is syncing this store"),
    };
    if args.due {
        context.streams.note(&what, &[])?;
        return Ok(0);
    }
    let error = Error::usage(what).hint("`spendtop sync --status` says how far it is");
    Err(if by_itself { error.hint("in an app `R` asks for all of it now") } else { error.hint("run it again then") })
}

fn is_named(args: &SyncArgs, source: &str) -> bool {
    args.names.is_empty() || args.names.iter().any(|name| is_of(source, name))
}

/// Syncs as the arguments say, and prints what happens.
fn work(
    context: &mut Context<'_, '_>,
    syncer: &Arc<Syncer>,
    (args, alerting): (&SyncArgs, Option<&Alerting>),
    cancel: &CancellationToken,
) -> Result<Passed> {
    let (tells, told) = channel();
    let listener = on_runs(tells.clone());
    syncer.on_run(&listener);
    let _alerts = alerting.map(|alerting| tells_alerts(alerting, tells.clone()));
    // Whoever goes on by itself tells a person who does not look; others say it where they end.
    let by_desktop = context.config.notify.desktop;
    let _telling = args.watch.then(|| tells_a_person(syncer, by_desktop, tells.clone())).transpose()?;
    let style = style(&args.format, context.streams);
    std::thread::scope(|scope| {
        let work = scope.spawn(move || {
            // An app that is open goes first.
            threads::give_way();
            // However it ends, the loop below does too: who still tells the desktop is not waited for.
            let _over = Over(tells);
            if args.watch {
                syncer.watch(cancel);
                return Passed::default();
            }
            syncer.pass(&Which { names: args.names.clone(), now: !args.due }, cancel)
        });
        let printed = told.into_iter().take_while(|news| !matches!(news, News::Over)).try_for_each(|news| match news {
            News::Ran(run) => print_run(context, &run, style),
            News::Untold(notice, why) => untold(context, &notice, why.as_ref()),
            News::Over => Ok(()),
        });
        if printed.is_err() {
            // Nobody sees any more what is asked, and what it costs.
            cancel.cancel();
            syncer.wake();
        }
        let passed = work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        printed.map(|()| passed)
    })
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

/// Has what the terminal is to tell of alerts printed, until what is given back is dropped.
fn tells_alerts(alerting: &Alerting, tells: Sender<News>) -> Listener<()> {
    let (tells, untold) = (Mutex::new(tells), alerting.untold());
    let listener: Listener<()> = Arc::new(move |()| {
        for notice in untold.take() {
            // Whoever prints them has gone: the log has them.
            let _ = tells.lock().unwrap_or_else(PoisonError::into_inner).send(News::Untold(notice, None));
        }
    });
    alerting.subscribe(&listener);
    // What was to be told before anybody listened.
    listener(());
    listener
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
