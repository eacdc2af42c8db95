//! Opens the app: on the store where there is one, else on the demo.
//!
//! The app starts on the store's front page; the store itself is opened on the app's worker
//! thread. Knows nothing of the screen but how to start it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::args::{DemoArgs, Global};
use super::config::{self, home};
use super::run::Context;
use super::{background, first, hints, wiring};
use crate::config::Config;
use crate::domain::calendar::Day;
use crate::engine::local::LocalEngine;
use crate::engine::{front, twin};
use crate::error::{Error, Result};
use crate::host::alerting::Alerting;
use crate::host::connect::desk::Desk;
use crate::host::courier::Courier;
use crate::host::syncing::{Notice, Source, Syncing};
use crate::host::{About, Host, Setup, connections};
use crate::store::folder;
use crate::sync::state::Place;
use crate::tui;

pub(super) const DEMO_BANNER: &str = "Demo: a made-up company, nothing of yours. `spendtop import FILE` reads yours.";

/// How long an app that is left waits until what was on its way is stored.
const SYNC_END_MAX: Duration = Duration::from_millis(900);

/// What a command needs to ask the generated company.
const DEMO_FLAG: &str = " --demo";

/// The flags that name the store and config that this run was given, for a command to ask the same.
fn flags(global: &Global) -> String {
    [("--data-dir", &global.data_dir), ("--config", &global.config)]
        .into_iter()
        .filter_map(|(flag, path)| Some(format!(" {flag} {}", twin::word(&path.as_ref()?.to_string_lossy()))))
        .collect()
}

/// `spendtop` alone: the app on the store, or the first screen while there is no store.
///
/// # Errors
/// Where there is no terminal. A store that cannot be opened is told of on the screen.
pub fn run(context: &mut Context<'_, '_>, face: Face) -> Result<u8> {
    let place = context.data_dir()?;
    // Where there are connections their charges are on their way: the demo would hide them.
    if !folder::exists(&place) && face.is_plain(context) && context.config.connections.is_empty() {
        return generated(context, context.config.demo.seed, face);
    }
    over(context, place, None, face)
}

/// `spendtop demo`: the app on a generated company, in memory, or kept where `--data-dir` says.
///
/// # Errors
/// Where there is no terminal. A folder that holds somebody's real bill is told of on the screen.
pub fn demo(context: &mut Context<'_, '_>, args: &DemoArgs) -> Result<u8> {
    let seed = args.seed.unwrap_or(context.config.demo.seed);
    let face = Face::of(args.plain);
    match context.global.data_dir.clone() {
        None => generated(context, seed, face),
        Some(place) => over(context, place, Some(seed), face),
    }
}

/// What opening a store needs, on whichever thread.
#[derive(Clone)]
struct Plan {
    config: Config,
    setup: Setup,
    today: Day,
    fixed: bool,
    /// Fills the store with this demo first.
    demo: Option<u64>,
    /// The flags that name the config.
    global: Global,
    /// Where the store is.
    place: PathBuf,
    /// The flags that name the store.
    flags: String,
    /// What the store's user must know, as it was last told.
    notices: Arc<Mutex<Vec<String>>>,
}

impl Plan {
    /// Reaches the store; `None` where it is empty, so that the demo is looked at instead.
    fn open(&self) -> Result<Option<Arc<Host>>> {
        let host = Host::open(self.setup.clone(), true)?;
        let about = host.about()?;
        let Some(seed) = self.demo else {
            // One that lost all that it held is not empty: the demo would hide it.
            return Ok((!about.empty || self.syncs()).then(|| Arc::new(host)));
        };
        if !about.empty && !about.demo {
            return Err(Error::usage("the store in --data-dir holds real charges: the demo is not mixed with them")
                .hint("leave --data-dir away, or name an empty folder"));
        }
        // Whoever else has it open has filled it, or does so now.
        if host.has_begun() {
            wiring::keep_demo(&host, seed, self.today)?;
        }
        Ok(Some(Arc::new(host)))
    }

    /// The same with the connections that the config has by now: the app may have written one. Where it can
    /// no longer be read they stay.
    fn renewed(&self) -> Plan {
        let mut plan = self.clone();
        if let Ok(config) = config::load(&self.global) {
            plan.config.connections = config.connections;
        }
        plan
    }

    /// Whether there are connections that bring charges into the store.
    fn syncs(&self) -> bool {
        self.demo.is_none() && !self.config.connections.is_empty()
    }

    /// Begins to sync in the background.
    fn sync(&self, host: &Arc<Host>) -> Result<Syncing> {
        let place = Place::beside(&self.place);
        let found = connections::of(&self.config, home().as_deref(), place.folder());
        let vault = Arc::clone(host) as Arc<dyn crate::sync::task::Vault>;
        Syncing::begin(found, self.source(&place), vault, place, self.config.sync.auto, self.config.notify)
    }

    /// The config as whoever syncs reads it again.
    fn source(&self, place: &Place) -> Option<Source> {
        let (plan, folder) = (self.clone(), place.folder().to_owned());
        let before = Mutex::new(self.config.connections.clone());
        let renewed = move || {
            let config = plan.renewed().config;
            let mut before = before.lock().unwrap_or_else(PoisonError::into_inner);
            if config.connections == *before {
                return None;
            }
            before.clone_from(&config.connections);
            Some(connections::of(&config, home().as_deref(), &folder))
        };
        Some(Source { file: config::path(&self.global)?, renewed: Box::new(renewed) })
    }

    /// How the app stands to a store.
    fn standing(&self, about: About) -> tui::Standing {
        let as_of = wiring::shown_day(self.today, self.fixed, about.days.map(|(_, last)| last));
        let mut lines = about.notices;
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&lines);
        if about.demo {
            lines.push(DEMO_BANNER.to_owned());
        } else if as_of != self.today {
            lines.push(format!(
                "The newest charges are of {as_of}: everything is shown as of that day. `spendtop import FILE` brings newer ones."
            ));
        }
        let banner = (!lines.is_empty()).then(|| lines.join(" \u{b7} "));
        tui::Standing { as_of, banner, flags: self.flags.clone() }
    }
}

fn over(context: &mut Context<'_, '_>, place: PathBuf, demo: Option<u64>, face: Face) -> Result<u8> {
    let fixed = context.global.as_of.is_some();
    let plan = Plan {
        config: context.config.clone(),
        setup: wiring::setup_apart(context, &place),
        notices: Arc::default(),
        today: context.as_of,
        fixed,
        demo,
        global: context.global.clone(),
        place: place.clone(),
        flags: flags(&context.global),
    };
    let front = front_page(context, &place).filter(|page| page.of.demo || demo.is_none());
    let as_of = front.as_ref().map_or(context.as_of, |p| wiring::shown_day(context.as_of, fixed, Some(p.of.last_day)));
    let (open, notices) = (first::Shared::default(), Arc::clone(&plan.notices));
    let (ours, syncing, alerting) = (Arc::clone(&open), Slot::default(), Alerts::default());
    let (begun, alerts) = (Arc::clone(&syncing), Arc::clone(&alerting));
    let seen = face.is_seen(context);
    let (syncs, first_run) = (plan.syncs(), demo.is_none() && !folder::exists(&place));
    let importer = first::importer(plan.setup.clone(), Arc::clone(&open));
    let desk = demo.is_none().then(|| Desk {
        config: config::path(&context.global),
        home: home(),
        folder: Place::beside(&place).folder().to_owned(),
    });
    let opener: tui::Opener = Box::new(move |source| {
        let plan = plan.renewed();
        let there = || -> Result<Option<Arc<Host>>> {
            // The demo is looked at without making a store.
            if source == tui::Source::Demo { Ok(None) } else { plan.open() }
        };
        // Whoever synced what was open ends: the next one takes over from it.
        end(&begun);
        end_alerts(&alerts);
        let Some(host) = there()? else {
            let engine = wiring::made_up(&plan.config, plan.config.demo.seed, plan.today)?;
            return Ok(looking_at_demo(&plan.config, engine, (plan.today, plan.fixed), &alerts));
        };
        *ours.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&host));
        let (theirs, looks) = (Arc::clone(&host), plan.clone());
        let look: tui::Look = Box::new(move || Ok(looks.standing(theirs.about()?)));
        let standing = look()?;
        let syncing = synced(&plan, &host, &begun);
        let is_demo = plan.demo.is_some() || host.about().is_ok_and(|about| about.demo);
        let courier = courier(&plan.config, &plan.place, plan.fixed.then_some(plan.today));
        let courier = if seen { courier } else { courier.unseen() };
        let courier = if is_demo { courier.of_demo() } else { courier };
        let alerting = alerted(courier, Arc::clone(&host) as Arc<dyn crate::engine::Engine>, &alerts);
        Ok(tui::Opened { engine: host, standing, look: Some(look), syncing, alerting })
    });
    let banner = demo.map(|_| DEMO_BANNER.to_owned());
    let first_run = (first_run && !syncs).then(first::clouds);
    let session = wiring::session(&place, &context.config);
    let kept = Some(place.clone());
    let result =
        start(context, Start { as_of, banner, front, first_run, session, place: kept, desk }, opener, importer, face);
    end(&syncing);
    end_alerts(&alerting);
    let host = open.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(host) = host {
        // Whoever owns the store keeps the front page of what was looked at last, when it ends.
        wiring::committed(&host);
        if matches!(result, Ok(0)) && !wiring::has_front(context, &place) {
            let _ = host.about();
        }
        host.finish();
        for notice in &*notices.lock().unwrap_or_else(PoisonError::into_inner) {
            context.streams.note(notice, &[])?;
        }
    }
    say_untold(context, &alerting)?;
    result
}

/// Who syncs, while an app is open.
type Slot = Arc<Mutex<Option<Arc<Syncing>>>>;

/// Begins to sync where there are connections, and keeps it; why not, where that fails.
fn synced(plan: &Plan, host: &Arc<Host>, slot: &Slot) -> Option<Result<Weak<dyn tui::syncing::Syncs>>> {
    let begun = plan.syncs().then(|| plan.sync(host))?;
    Some(begun.map(|syncing| {
        let syncing = Arc::new(syncing);
        let lent: Weak<dyn tui::syncing::Syncs> = Arc::<Syncing>::downgrade(&syncing);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(syncing);
        lent
    }))
}

/// Ends whoever syncs; what had come is stored.
fn end(slot: &Slot) {
    let syncing = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    // Where somebody looks at it at this moment it ends when they have.
    if let Some(syncing) = syncing.and_then(Arc::into_inner) {
        syncing.end(SYNC_END_MAX);
    }
}

/// Who brings alerts, while an app is open, and what the terminal was to tell when it ended.
type Alerts = Arc<Mutex<(Option<Arc<Alerting>>, Vec<Notice>)>>;

/// Begins to look for what a person is to know; without a thread for that nobody is told. Of the demo nobody is, but
/// what would be is shown.
fn alerted(
    courier: Courier,
    engine: Arc<dyn crate::engine::Engine>,
    slot: &Alerts,
) -> Option<Weak<dyn tui::alerting::Alerts>> {
    let alerting = Arc::new(Alerting::begin(courier, engine).ok()?);
    let lent: Weak<dyn tui::alerting::Alerts> = Arc::<Alerting>::downgrade(&alerting);
    slot.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(alerting);
    Some(lent)
}

fn courier(config: &Config, place: &Path, fixed: Option<Day>) -> Courier {
    Courier::new(config, Place::beside(place), fixed, home().as_deref())
}

/// Ends whoever brings alerts; what is not brought stays on its way, and what nobody has taken is kept.
fn end_alerts(slot: &Alerts) {
    let Some(alerting) = slot.lock().unwrap_or_else(PoisonError::into_inner).0.take() else { return };
    let untold = alerting.untold();
    if let Some(alerting) = Arc::into_inner(alerting) {
        alerting.end(SYNC_END_MAX);
    }
    slot.lock().unwrap_or_else(PoisonError::into_inner).1.extend(untold.take());
}

/// Says what came for the terminal while the app was left: it counts as told, so that nobody else tells it.
fn say_untold(context: &mut Context<'_, '_>, slot: &Alerts) -> Result<()> {
    for notice in std::mem::take(&mut slot.lock().unwrap_or_else(PoisonError::into_inner).1) {
        let title = notice.title.strip_prefix("spendtop: ").unwrap_or(&notice.title).to_owned();
        context.streams.note(&title, &[])?;
    }
    Ok(())
}

fn looking_at_demo(config: &Config, engine: LocalEngine, (as_of, fixed): (Day, bool), slot: &Alerts) -> tui::Opened {
    let engine: Arc<dyn crate::engine::Engine> = Arc::new(engine);
    // Nothing is brought, and nothing locked: it is beside no store.
    let courier = courier(config, Path::new("demo"), fixed.then_some(as_of)).of_demo();
    let alerting = alerted(courier, Arc::clone(&engine), slot);
    let standing = tui::Standing { as_of, banner: Some(DEMO_BANNER.to_owned()), flags: DEMO_FLAG.to_owned() };
    tui::Opened { engine, standing, look: None, syncing: None, alerting }
}

/// The front page, unless it is of a later day than the one that is asked for, or of any other
/// where one was asked for.
fn front_page(context: &Context<'_, '_>, place: &Path) -> Option<front::Page> {
    let fixed = context.global.as_of.is_some();
    front::read(place, &wiring::first_question(place, &context.config))
        .filter(|page| if fixed { page.as_of == context.as_of } else { page.as_of <= context.as_of })
}

/// The generated company, made on the worker's thread: the first frame does not wait.
fn generated(context: &mut Context<'_, '_>, seed: u64, face: Face) -> Result<u8> {
    let (config, as_of) = (context.config.clone(), context.as_of);
    let (fixed, alerting) = (context.global.as_of.is_some(), Alerts::default());
    let alerts = Arc::clone(&alerting);
    let opener: tui::Opener = Box::new(move |_| {
        end_alerts(&alerts);
        Ok(looking_at_demo(&config, wiring::made_up(&config, seed, as_of)?, (as_of, fixed), &alerts))
    });
    let importer: tui::intake::Importer = Arc::new(|_, _, _| {
        let error = Error::usage("this is the demo: a bill is not added to it");
        Err(error.hint("`spendtop` alone looks at your own").into())
    });
    let banner = Some(DEMO_BANNER.to_owned());
    let result = start(context, Start { as_of, banner, ..Start::default() }, opener, importer, face);
    end_alerts(&alerting);
    result
}

/// How the app shows itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// Full-screen, unless the config wants lines.
    Screen,
    /// In lines, steered by words.
    Plain,
}

impl Face {
    /// The face for the flag `--plain`.
    pub fn of(plain: bool) -> Face {
        if plain { Face::Plain } else { Face::Screen }
    }

    /// Whether somebody sees what the terminal is told. In lines that is so where they go to a terminal; one that has
    /// no screen is told the first tab alone. What nobody sees is left to whoever opens the app next.
    fn is_seen(self, context: &Context<'_, '_>) -> bool {
        match self == Face::Plain || context.config.screen.plain {
            true => context.streams.terminal,
            false => !self.is_plain(context),
        }
    }

    /// Whether no screen is to be taken: in lines, or on a terminal that has none.
    fn is_plain(self, context: &Context<'_, '_>) -> bool {
        self == Face::Plain || context.config.screen.plain || std::env::var("TERM").is_ok_and(|term| term == "dumb")
    }
}

/// What the first frame is drawn from.
#[derive(Default)]
struct Start {
    as_of: Day,
    banner: Option<String>,
    front: Option<front::Page>,
    first_run: Option<Vec<tui::welcome::Cloud>>,
    session: Option<tui::session::Session>,
    /// Where the next run finds where this one was left; `None` where nothing is kept.
    place: Option<PathBuf>,
    /// Where connections are made.
    desk: Option<Desk>,
}

fn start(
    context: &mut Context<'_, '_>,
    start: Start,
    opener: tui::Opener,
    importer: tui::intake::Importer,
    face: Face,
) -> Result<u8> {
    let (env, screen) = (tui::Env::read(context.global.color), context.config.screen);
    let (dumb, terminal) = (env.term == "dumb", env.terminal());
    let hints = screen.hints.then(hints::remembered);
    let background = background::remembered(&terminal);
    let options = tui::Options {
        as_of: start.as_of,
        now: crate::clock::now_seconds(),
        lens: wiring::first_lens(&context.config),
        env,
        screen,
        background,
        banner: start.banner,
        front: start.front,
        keymap: Arc::new(tui::Keymap::configured(&context.config)?),
        session: start.session,
        hints,
        first_run: start.first_run,
        desk: start.desk,
        folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
    };
    if face == Face::Plain || screen.plain {
        let stdin = std::io::stdin();
        let sees = context.streams.terminal;
        let reader = tui::plain::Reader { types: stdin.is_terminal() && sees, sees };
        let mut input = std::io::BufReader::new(stdin);
        let told = tui::plain::run(&options, &opener, &mut input, context.streams.out, reader)?;
        return told.map(|()| 0).map_err(|e| context.streams.failed(&e));
    }
    if dumb {
        tui::plain::tell(&options, &opener, context.streams.out)?.map_err(|e| context.streams.failed(&e))?;
        context.streams.note(
            "TERM=dumb shows no full-screen app: this is its first tab as text",
            &["`spendtop --plain` answers more, line by line"],
        )?;
        return Ok(0);
    }
    let left = tui::run(&options, tui::Helpers { opener, importer, lister: Arc::new(first::list), end: wiring::end })?;
    if let Some(tone) = left.background.filter(|tone| Some(*tone) != background) {
        background::remember(&terminal, tone);
    }
    if let Some(hints) = &left.hints {
        hints::remember(hints);
    }
    if let (Some(place), Some(session)) = (&start.place, &left.session) {
        wiring::keep_session(place, session);
    }
    Ok(left.code)
}
