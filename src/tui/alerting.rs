//! Alerts as the app sees them: how they stand, and what the terminal is to tell, brought by a thread of its own.
//!
//! The thread waits until it is told that they stand otherwise. It never wakes by itself. Knows no screen.

use std::sync::Weak;

use tokio::sync::mpsc::Sender;

use super::errand::{Errands, Runner};
use super::event::Event;
use crate::clock;
use crate::engine::Listener;
use crate::error::Result;
use crate::host::alerting::{Alerting, Standing};
use crate::host::syncing::Notice;

/// Who brings alerts in the background. Whoever began it ends it: the app only borrows it.
pub trait Alerts: Send + Sync {
    /// How alerts stand.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached.
    fn standing(&self) -> Result<Standing>;

    /// Has a channel tried.
    fn test(&self, channel: &str);

    /// What the terminal is to tell a person; it counts as told.
    fn notice(&self) -> Option<Notice>;

    /// Tells `listener` whenever they stand otherwise than before, for as long as it is kept.
    fn subscribe(&self, listener: &Listener<()>);
}

impl Alerts for Alerting {
    fn standing(&self) -> Result<Standing> {
        self.standing()
    }

    fn test(&self, channel: &str) {
        self.test(channel);
    }

    fn notice(&self) -> Option<Notice> {
        self.notice()
    }

    fn subscribe(&self, listener: &Listener<()>) {
        self.subscribe(listener);
    }
}

/// How alerts stood at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// When, seconds since 1970.
    pub at: i64,
    /// How they stood, or why that is not known.
    pub standing: Result<Standing>,
}

#[derive(Default)]
struct Wanted {
    news: bool,
    look: bool,
    tests: Vec<String>,
}

impl Wanted {
    fn is_nothing(&self) -> bool {
        !(self.news || self.look) && self.tests.is_empty()
    }
}

/// Tells the app how alerts stand, until it is dropped.
pub struct Watcher(Runner<Wanted>);

impl Watcher {
    /// Starts the thread.
    ///
    /// # Errors
    /// Kind `Bug` where the system gives no thread.
    pub fn start(alerts: Weak<dyn Alerts>, events: Sender<Event>) -> Result<Watcher> {
        let of = alerts.upgrade();
        let subscribe = |listener: &Listener<()>| of.iter().for_each(|alerts| alerts.subscribe(listener));
        let run = move |errands: &Errands<Wanted>| watch(errands, &alerts, &events);
        let runner = Runner::start("tui-alerts", |wanted: &mut Wanted| wanted.news = true, subscribe, run)?;
        // What was to be told before anybody listened.
        runner.want(|wanted| wanted.news = true);
        Ok(Watcher(runner))
    }

    /// Says how alerts stand, whether that has changed or not.
    pub fn look(&self) {
        self.0.want(|wanted| wanted.look = true);
    }

    /// Has a channel tried.
    pub fn test(&self, channel: &str) {
        self.0.want(|wanted| wanted.tests.push(channel.to_owned()));
    }
}

fn watch(errands: &Errands<Wanted>, alerts: &Weak<dyn Alerts>, events: &Sender<Event>) {
    let mut looked_at = false;
    while let Some(wanted) = errands.next(None, Wanted::is_nothing) {
        let Some(alerts) = alerts.upgrade() else { return };
        wanted.tests.iter().for_each(|channel| alerts.test(channel));
        while let Some(notice) = alerts.notice() {
            if events.blocking_send(Event::Notice(Box::new(notice))).is_err() {
                return;
            }
        }
        // Nobody asks the store before somebody looks.
        looked_at |= wanted.look;
        if !looked_at {
            continue;
        }
        let snapshot = Snapshot { at: clock::now_seconds(), standing: alerts.standing() };
        drop(alerts);
        if events.blocking_send(Event::Alerts(Some(Box::new(snapshot)))).is_err() {
            return;
        }
    }
}
