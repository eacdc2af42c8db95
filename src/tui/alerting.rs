//! Alerts as the app sees them: how they stand, and what the terminal is to tell, brought by a thread of its own.
//!
//! The thread waits until it is told that they stand otherwise. It never wakes by itself. Knows no screen.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::mpsc::Sender;

use super::event::Event;
use crate::clock;
use crate::engine::Listener;
use crate::error::{Error, Result};
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
    ended: bool,
}

#[derive(Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn want(&self, set: impl FnOnce(&mut Wanted)) {
        set(&mut self.lock());
        self.changed.notify_all();
    }

    fn next(&self) -> Wanted {
        let idle = |wanted: &mut Wanted| !(wanted.news || wanted.look || wanted.ended || !wanted.tests.is_empty());
        let mut wanted = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let ended = wanted.ended;
        Wanted { ended, ..std::mem::take(&mut *wanted) }
    }
}

/// Tells the app how alerts stand, until it is dropped.
pub struct Watcher {
    shared: Arc<Shared>,
    _listener: Listener<()>,
}

impl Watcher {
    /// Starts the thread.
    ///
    /// # Errors
    /// Kind `Bug` where the system gives no thread.
    pub fn start(alerts: Weak<dyn Alerts>, events: Sender<Event>) -> Result<Watcher> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::downgrade(&shared);
        let listener: Listener<()> = Arc::new(move |()| {
            if let Some(shared) = theirs.upgrade() {
                shared.want(|wanted| wanted.news = true);
            }
        });
        if let Some(alerts) = alerts.upgrade() {
            alerts.subscribe(&listener);
        }
        // What was to be told before anybody listened.
        shared.want(|wanted| wanted.news = true);
        let ours = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("tui-alerts".into());
        thread
            .spawn(move || watch(&ours, &alerts, &events))
            .map_err(|e| Error::bug(format!("no thread to look at alerts: {e}")))?;
        Ok(Watcher { shared, _listener: listener })
    }

    /// Says how alerts stand, whether that has changed or not.
    pub fn look(&self) {
        self.shared.want(|wanted| wanted.look = true);
    }

    /// Has a channel tried.
    pub fn test(&self, channel: &str) {
        self.shared.want(|wanted| wanted.tests.push(channel.to_owned()));
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.want(|wanted| wanted.ended = true);
    }
}

fn watch(shared: &Shared, alerts: &Weak<dyn Alerts>, events: &Sender<Event>) {
    let mut looked_at = false;
    loop {
        let wanted = shared.next();
        let (false, Some(alerts)) = (wanted.ended, alerts.upgrade()) else { return };
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
