//! The full-screen app.
//!
//! State is changed only by [`app::App::update`], which takes an [`event::Event`] and returns
//! [`effect::Effect`]s; [`screen::draw`] is pure; a [`worker::Worker`] asks the engine. The loop
//! here is the only place that waits: it takes what has come, then draws once, and draws and
//! wakes for nothing else. Knows the engine's questions and answers, and no store, provider or
//! network.

pub mod action;
pub mod alerting;
pub mod app;
pub mod background;
pub mod connecting;
pub mod effect;
mod errand;
pub mod event;
pub mod export;
pub mod frugal;
pub mod hints;
pub mod history;
pub mod intake;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod notices;
pub mod overlay;
mod pace;
mod pen;
pub mod picture;
mod place;
pub mod plain;
mod pump;
pub mod screen;
mod sentence;
pub mod session;
pub mod start;
pub mod still;
pub mod syncing;
pub mod syncing_words;
mod synonyms;
pub mod tab;
pub mod taker;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod text;
pub mod theme;
mod undo;
pub mod welcome;
pub mod widget;
pub mod worker;

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::sync::mpsc::channel;
use tokio::time::sleep_until;

pub use hints::Hints;
pub use keymap::Keymap;
#[cfg(test)]
pub(crate) use tests::fake;
pub use theme::{Env, Tone, When};
pub use worker::{Look, Opened, Opener, Source, Standing};

use self::app::App;
use self::connecting::Connector;
use self::effect::Effect;
use self::event::Event;
use self::pace::Pace;
use self::pump::Pump;
use self::taker::Taker;
use self::terminal::Terminal;
use self::worker::Worker;
use crate::config::Screen;
use crate::domain::calendar::Day;
use crate::domain::lens::Lens;
use crate::engine::front::Page;
use crate::error::{Error, Result};
use crate::host::connect::desk::Desk;

/// How long a burst of keys may put off a frame that is due.
const TAKE: Duration = Duration::from_millis(50);
/// Worker events under way at most; the worker waits where the loop is slower.
const EVENTS_MAX: usize = 16;
/// SIGHUP, for which the terminal's hang-up counts too.
const HANG_UP: i32 = 1;
/// The exit code of a program whose terminal was closed.
const HUNG_UP: u8 = 128 + HANG_UP as u8;

/// How the app starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Today.
    pub as_of: Day,
    /// Now, seconds since 1970.
    pub now: i64,
    /// What to look at first.
    pub lens: Lens,
    /// What the environment says of the terminal.
    pub env: Env,
    /// How the config wants it to look.
    pub screen: Screen,
    /// What the terminal's background was, when it was last told.
    pub background: Option<Tone>,
    /// A line that must not be missed, such as that the data is made up.
    pub banner: Option<String>,
    /// What to show until the first answer comes.
    pub front: Option<Page>,
    /// What keys mean.
    pub keymap: Arc<Keymap>,
    /// Where the user left off, where that is known.
    pub session: Option<session::Session>,
    /// What the user was hinted at; `None` where nobody wants to be.
    pub hints: Option<Hints>,
    /// The clouds of the first screen, where that is to be shown: there is no store.
    pub first_run: Option<Vec<welcome::Cloud>>,
    /// Where billing files are looked for first.
    pub folder: PathBuf,
    /// Where connections are made; `None` where a made-up company is looked at.
    pub desk: Option<Desk>,
}

/// What is left of the app when it has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Left {
    /// The process's exit code.
    pub code: u8,
    /// The terminal's background, where it told it.
    pub background: Option<Tone>,
    /// What the user was hinted at, where that is to be remembered.
    pub hints: Option<Hints>,
    /// Where the user left off; `None` where nothing was looked at.
    pub session: Option<session::Session>,
}

/// What the app has done for it: each is called on a thread of its own.
pub struct Helpers {
    /// Opens what is asked.
    pub opener: Opener,
    /// Takes billing files in.
    pub importer: intake::Importer,
    /// Looks into folders.
    pub lister: intake::Lister,
    /// Ends the process with a code, where nothing else does any more.
    pub end: fn(u8) -> !,
}

/// Runs the app until it is left. The first frame does not wait for what is to be opened.
///
/// # Errors
/// Kind `Usage` where there is no terminal to draw on; `Bug` where a part of the program
/// panicked, or the terminal cannot be written to.
pub fn run(options: &Options, helpers: Helpers) -> Result<Left> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(no_screen("the full-screen app needs a terminal for both input and output"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::bug(format!("cannot start the event loop: {e}")))?;
    let left = runtime.block_on(serve(options, helpers)).or_else(ended);
    terminal::restore();
    runtime.shutdown_background();
    left
}

fn no_screen(message: &str) -> Error {
    Error::usage(message)
        .hint("`spendtop spend` prints the same figures as text")
        .hint("`spendtop --plain` is the app in lines, for pipes too")
}

/// Why the loop ended before it was asked to.
enum End {
    /// The terminal took no more output.
    Output(std::io::Error),
    /// Something that the caller must tell.
    Failed(Error),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> End {
        End::Output(error)
    }
}

/// A terminal that hung up ends the program as SIGHUP does: nobody is left to read a message.
fn ended(end: End) -> Result<Left> {
    let error = match end {
        End::Output(error) => error,
        End::Failed(error) => return Err(error),
    };
    if terminal::hung_up() {
        return Ok(Left { code: HUNG_UP, background: None, hints: None, session: None });
    }
    Err(Error::bug(format!("cannot draw on the terminal: {error}")))
}

/// The signals that the loop listens to.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    suspend: Signal,
    wake: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Signals> {
        let of = |s: rustix::process::Signal| signal(SignalKind::from_raw(s.as_raw()));
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            suspend: of(rustix::process::Signal::TSTP)?,
            wake: of(rustix::process::Signal::CONT)?,
        })
    }

    /// The next signal. CONT matters where something else stopped the program: the screen may
    /// have been written over.
    async fn next(&mut self) -> Event {
        tokio::select! {
            // A terminal that hangs up sends HUP and CONT at once: ends come first.
            biased;
            _ = self.terminate.recv() => Event::Ended(SignalKind::terminate().as_raw_value()),
            _ = self.hang_up.recv() => Event::Ended(HANG_UP),
            _ = self.interrupt.recv() => Event::Ended(SignalKind::interrupt().as_raw_value()),
            _ = self.quit.recv() => Event::Ended(SignalKind::quit().as_raw_value()),
            _ = self.suspend.recv() => Event::Suspend,
            _ = self.wake.recv() => Event::Resumed,
        }
    }
}

async fn serve(options: &Options, helpers: Helpers) -> Result<Left, End> {
    let cannot = |e: std::io::Error| End::Failed(Error::bug(format!("cannot use the terminal: {e}")));
    let gone = Arc::new(Notify::new());
    let mut signals = Signals::listen().map_err(cannot)?;
    let (sender, receiver) = channel(EVENTS_MAX);
    let taker = Taker::new(helpers.importer, helpers.lister, sender.clone());
    let connector = Connector::new(options.desk.clone(), sender.clone());
    let worker = Worker::start(helpers.opener, sender).map_err(cannot)?;
    let terminal = Terminal::enter(Arc::clone(&gone)).map_err(cannot)?;
    let mut hands = Hands { worker, taker, connector, terminal };
    terminal::watch_hang_up(Arc::clone(&gone), helpers.end).map_err(cannot)?;
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let mut app = App::new(options, size);
    // The first frame is on the screen before the first question is asked.
    hands.terminal.draw(|frame| screen::draw(&app, frame), |area| screen::links(&app, area))?;
    let asks = app.theme.tells_tones_apart() && options.env.answers();
    if app.mouse {
        hands.terminal.mouse(true)?;
    }
    if asks {
        hands.terminal.send(background::QUESTION)?;
    }
    let mut pump = Pump::new(receiver, gone, asks);
    let mut waiting = VecDeque::from(app.start());
    let mut pace = Pace::new(crate::clock::instant());
    loop {
        while let Some(effect) = waiting.pop_front() {
            match hands.perform(effect, &mut app)? {
                ControlFlow::Continue(more) => waiting.extend(more),
                ControlFlow::Break(code) => {
                    hands.worker.settle();
                    pump.settle().await;
                    let (hints, session) = (app.hints_learnt(), app.session());
                    return Ok(Left { code, background: pump.background, hints, session });
                }
            }
            pace.want(false);
        }
        let due = pace.due();
        // What has come already is taken before a frame that is due is drawn, but not for ever.
        // The stream of input must only be polled from here: it wakes whoever polled it first.
        let take = due.is_none_or(|due| crate::clock::instant() < due + TAKE);
        let event = tokio::select! {
            biased;
            event = signals.next() => Some(event),
            event = pump.next(), if take => Some(event),
            () = sleep_until(due.unwrap_or_else(crate::clock::instant).into()), if due.is_some() => None,
        };
        if terminal::panicked() {
            return Err(End::Failed(Error::bug("a part of spendtop has failed: this is a bug, please report it")));
        }
        match event {
            Some(event) => {
                pace.want(event.is_done_by_the_user());
                waiting.extend(app.update(event));
            }
            None => {
                hands.terminal.draw(|frame| screen::draw(&app, frame), |area| screen::links(&app, area))?;
                pace.drew(crate::clock::instant());
            }
        }
    }
}

/// What effects are performed with.
struct Hands {
    worker: Worker,
    taker: Taker,
    connector: Connector,
    terminal: Terminal,
}

impl Hands {
    /// Performs an effect. Breaks with the exit code where it ends the app, goes on with what else is to be
    /// done.
    fn perform(&mut self, effect: Effect, app: &mut App) -> std::io::Result<ControlFlow<u8, Vec<Effect>>> {
        match effect {
            Effect::Ask(job) => self.worker.ask(*job),
            Effect::Do(command) => self.worker.run(*command),
            Effect::Export(order) => self.worker.export(*order)?,
            Effect::AskExtent => self.worker.ask_extent(),
            Effect::Open(source) => self.worker.open(source),
            Effect::List(folder) => self.taker.list(folder)?,
            Effect::Import(intake) => self.taker.import(intake)?,
            Effect::GiveUpImport => self.taker.give_up(),
            Effect::Connect(order) => self.connector.perform(*order)?,
            Effect::SyncNow => self.worker.sync_now(),
            Effect::LookAtSyncing => self.worker.look_at_syncing(),
            Effect::LookAtAlerts => self.worker.look_at_alerts(),
            Effect::TestChannel(name) => self.worker.test_channel(&name),
            Effect::Copy(text) => self.terminal.copy(&text)?,
            Effect::Tell(sequence) => self.terminal.send(&sequence)?,
            Effect::Mouse(on) => self.terminal.mouse(on)?,
            Effect::Redraw => self.terminal.forget()?,
            Effect::Suspend => {
                let back = self.terminal.suspend(|| self.worker.release())?;
                if back {
                    self.worker.look_again();
                }
                let (columns, rows) = crossterm::terminal::size().unwrap_or(app.size);
                let mut more = app.update(Event::Resize(columns, rows));
                more.extend(app.update(if back { Event::Resumed } else { Event::NotSuspended }));
                return Ok(ControlFlow::Continue(more));
            }
            Effect::Quit(code) => return Ok(ControlFlow::Break(code)),
        }
        Ok(ControlFlow::Continue(vec![]))
    }
}
