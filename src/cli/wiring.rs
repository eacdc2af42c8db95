//! Where commands meet the store, the sources and the app: opens what a command needs.
//!
//! Knows no flag's syntax and renders nothing.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::config::short_folder;
use super::run::Context;
use super::stdio::write_note;
use crate::clock;
use crate::config::Config;
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::front::{self, Of};
use crate::engine::local::LocalEngine;
use crate::engine::{Engine, Question};
use crate::error::{Error, Result};
use crate::host::{Host, Program, Settings, Setup};
use crate::provider::Problem;
use crate::provider::demo::{self, Demo};
use crate::store::manifest::Manifest;
use crate::store::{Store, folder};
use crate::sync::ingest::{self, Options, Watcher};
use crate::threads;
use crate::tui::session::Session;

/// The file beside the store that says where the app was left.
const SESSION: &str = "session.json";

/// What of the config answers depend on.
#[must_use]
pub fn settings(config: &Config) -> Settings {
    let (dimensions, lenses) = (config.dimensions.clone(), config.saved_lenses());
    let (connections, plan) = (names_of_connections(config), config.alerts.plan.clone());
    let (settle, prefers_api) = (config.settle, config.sources.prefers_api());
    Settings { settle, dimensions, lenses, connections, prefers_api, plan }
}

fn names_of_connections(config: &Config) -> Vec<String> {
    config.connections.iter().map(|connection| connection.name.clone()).collect()
}

/// What reaching the store needs.
#[must_use]
pub fn setup(context: &Context<'_, '_>, place: &Path) -> Setup {
    let (config, today, fixed) = (context.config.clone(), context.as_of, context.global.as_of.is_some());
    Setup {
        place: place.to_owned(),
        short: short_folder(),
        tag_keys: context.config.tags.keys.clone(),
        settings: settings(&context.config),
        after_change: Arc::new(move |engine| keep_front(engine, &config, today, fixed)),
        waits: Arc::new(say_that_it_waits),
        program: None,
    }
}

/// Says on stderr why a command that is done does not end.
fn say_that_it_waits() {
    let why = "another spendtop is changing the store, which this one has open: it ends when that is done";
    let _ = write_note(&mut std::io::stderr(), why, &["Ctrl-C ends it now; the other one then has to begin again"]);
}

/// What the app needs to reach the store: it leaves opening it to a process of its own.
#[must_use]
pub fn setup_apart(context: &Context<'_, '_>, place: &Path) -> Setup {
    // The running program's file, whatever lies by now where it was started from.
    let running = Path::new("/proc/self/exe");
    let path = if running.exists() { Some(running.to_owned()) } else { std::env::current_exe().ok() };
    let mut words: Vec<OsString> = vec!["spendtop".into(), "--data-dir".into(), place.into()];
    if let Some(config) = &context.global.config {
        words.extend(["--config".into(), config.into()]);
    }
    if let Some(day) = context.global.as_of {
        words.extend(["--as-of".into(), day.to_string().into()]);
    }
    words.extend(["store".into(), "serve".into()]);
    Setup { program: path.map(|path| Program { path, words }), waits: Arc::new(|| {}), ..setup(context, place) }
}

/// Reaches the store, in this process or in the one that has it open, and says what its user must
/// know. It is reached once, and kept until the command has ended.
///
/// # Errors
/// Kind `Store` where it cannot be reached.
pub fn reach(context: &mut Context<'_, '_>, place: &Path) -> Result<Arc<Host>> {
    if let Some(host) = &context.host {
        return Ok(Arc::clone(host));
    }
    let host = Arc::new(Host::open(setup(context, place), false)?);
    context.host = Some(Arc::clone(&host));
    for notice in host.about()?.notices {
        context.streams.note(&notice, &[])?;
    }
    Ok(host)
}

/// What the app looks at first.
#[must_use]
pub fn first_lens(config: &Config) -> Lens {
    config.lens(&[Dimension::Provider])
}

/// The day to show: today, or the data's last day where this month and the last have none, unless
/// a day was asked for.
#[must_use]
pub fn shown_day(today: Day, fixed: bool, last: Option<Day>) -> Day {
    match last {
        Some(last) if !fixed && last < today.month().plus(-1).first() => last,
        _ => today,
    }
}

/// Where the user left the app the last time, where that can still be shown.
#[must_use]
pub fn session(place: &Path, config: &Config) -> Option<Session> {
    let mut session = Session::from_bytes(&folder::kept(place, SESSION)?)?;
    config.dimensions.bind_lens(&mut session.lens).ok()?;
    Some(session)
}

/// Keeps where the user left the app. What cannot be kept is not told: the next run begins elsewhere.
pub fn keep_session(place: &Path, session: &Session) {
    if let Some(bytes) = session.to_bytes().filter(|_| folder::exists(place)) {
        let _ = folder::keep(place, SESSION, &bytes);
    }
}

/// What the app shows first: what was looked at last, or the first tab of the config's lens.
#[must_use]
pub fn first_question(place: &Path, config: &Config) -> Question {
    session(place, config).map_or_else(|| Question::Spend(first_lens(config)), |session| session.question())
}

/// Writes the front page of what the store holds now. Without it the next start only shows its
/// figures later, so that failing to write it is not told.
fn keep_front(engine: &LocalEngine, config: &Config, today: Day, fixed: bool) {
    let Some(place) = engine.store().place() else { return };
    let manifest = engine.store().manifest();
    let last = manifest.extent().map(|(_, last)| last);
    let of = last.map(|last_day| Of { generation: manifest.generation, last_day, demo: engine.is_demo() });
    let moment = (shown_day(today, fixed, last), clock::now_seconds());
    let _ = front::refresh(engine, place, of, &first_question(place, config), moment);
}

/// Whether the front page is of what is to be shown first.
#[must_use]
pub fn has_front(context: &Context<'_, '_>, place: &Path) -> bool {
    let shown = |last| shown_day(context.as_of, context.global.as_of.is_some(), Some(last));
    front::read(place, &first_question(place, &context.config))
        .is_some_and(|page| page.as_of == shown(page.of.last_day))
}

/// The same, where this process owns a store that a command changed beside it.
pub fn committed(host: &Host) {
    if let Some(owner) = host.owner() {
        owner.serving().changed();
    }
}

/// The error for a store that is not there.
#[must_use]
pub fn no_store(place: &Path) -> Error {
    let place = SafeText::path(place);
    Error::usage(format!("there is no store in `{place}` yet"))
        .hint("`spendtop import FILE` reads a billing export into one")
        .hint("`--demo` answers from a generated company")
}

/// Reaches a store that must be there.
///
/// # Errors
/// Kind `Usage` where there is none, `Store` where it cannot be reached.
pub fn reach_existing(context: &mut Context<'_, '_>, place: &Path) -> Result<Arc<Host>> {
    if folder::exists(place) { reach(context, place) } else { Err(no_store(place)) }
}

/// The engine over the store, or over the generated company.
///
/// # Errors
/// Those of opening the store.
pub fn engine(context: &mut Context<'_, '_>, demo: bool) -> Result<Arc<dyn Engine>> {
    if demo {
        return Ok(Arc::new(made_up(&context.config, context.config.demo.seed, context.as_of)?));
    }
    let place = context.data_dir()?;
    Ok(reach_existing(context, &place)?)
}

/// The engine over the generated company, in memory.
///
/// # Errors
/// Kind `Store` where the memory does not suffice.
pub fn made_up(config: &Config, seed: u64, as_of: Day) -> Result<LocalEngine> {
    let store = in_memory(config);
    fill_with_demo(&store, seed, as_of)?;
    let engine = LocalEngine::new(Arc::new(store), config.settle, true);
    let engine = engine
        .with_dimensions(config.dimensions.clone())
        .with_lenses(config.saved_lenses())
        .with_connections(names_of_connections(config))
        .with_plan(config.alerts.plan.clone());
    super::demo::give_budgets(&engine, as_of)?;
    Ok(engine)
}

/// An empty store in memory, with the rollups that the config asks for.
#[must_use]
pub fn in_memory(config: &Config) -> Store {
    let store = Store::in_memory(&config.tags.keys);
    store.plan_evidence(&config.dimensions.evidence());
    store
}

/// An engine over an empty store in memory.
#[must_use]
pub fn in_memory_engine(config: &Config) -> LocalEngine {
    LocalEngine::new(Arc::new(in_memory(config)), config.settle, false)
}

/// Refuses to add a bill to generated charges, which nobody could tell apart in a sum.
///
/// # Errors
/// Kind `Usage` where the store holds the demo.
pub fn refuse_demo(manifest: &Manifest, place: &Path) -> Result<()> {
    let Some(import) = manifest.imports.iter().find(|i| i.source == demo::SOURCE) else { return Ok(()) };
    Err(Error::usage(format!(
        "the store in `{}` holds the demo company: a bill is not added to it",
        SafeText::path(place)
    ))
    .hint("name another folder: --data-dir DIR")
    .hint(format!("or take the demo out first: `spendtop imports rm {}`", import.id)))
}

/// Nobody watches.
struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, _: &Problem) {}
}

/// On how many threads charges are read: on every processor, but for one where another process has the
/// store: somebody may be looking at it.
#[must_use]
pub fn import_threads(host: Option<&Host>) -> usize {
    threads::all(usize::from(host.is_some_and(|host| host.owner().is_none())))
}

/// Generates the demo company into a store, in place of an older one.
///
/// # Errors
/// Kind `Store` where the disk fails.
pub fn fill_with_demo(store: &Store, seed: u64, as_of: Day) -> Result<()> {
    fill(store, Demo::new(seed, as_of), as_of)
}

/// The same into a store that may be another process's.
///
/// # Errors
/// As [`Host::import`].
pub fn keep_demo(host: &Host, seed: u64, as_of: Day) -> Result<()> {
    host.import(&mut Demo::new(seed, as_of), &demo_options(as_of), &Unwatched, &|| {}).map(|_| ())
}

/// Generates only the demo company's last days into a store: enough to try questions on.
///
/// # Errors
/// Kind `Store` where the disk fails.
pub fn fill_with_demo_days(store: &Store, seed: u64, as_of: Day, days: i32) -> Result<()> {
    fill(store, Demo::new(seed, as_of).last_days(days), as_of)
}

fn fill(store: &Store, mut demo: Demo, as_of: Day) -> Result<()> {
    ingest::ingest(store, &mut demo, &demo_options(as_of), &Unwatched).map(|_| ())
}

fn demo_options(as_of: Day) -> Options {
    let decisions = crate::sync::groups::Decisions { replace: true, ..Default::default() };
    Options { decisions, taken_at: as_of.seconds(), ..Options::default() }
}

/// Ends the process at once.
pub fn end(code: u8) -> ! {
    #[expect(clippy::exit, reason = "nobody who would unwind is listening any more")]
    std::process::exit(code.into())
}

/// Gives up when Ctrl-C is pressed, instead of ending the process. From when this returns on: what
/// is begun afterwards is put away.
pub fn on_interrupt(give_up: impl Fn() + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let Ok(runtime) = runtime else { return };
    let listening = {
        let _inside = runtime.enter();
        signal(SignalKind::interrupt())
    };
    let Ok(mut interrupts) = listening else { return };
    // The thread ends with the process; it holds nothing that needs putting away.
    std::thread::spawn(move || {
        runtime.block_on(async {
            if interrupts.recv().await.is_none() {
                return;
            }
            give_up();
            // A second Ctrl-C ends the process at once: the store bears that.
            if interrupts.recv().await.is_some() {
                end(130);
            }
        });
    });
}
