//! Syncing as the app sees it: how it stands, brought by a thread of its own.
//!
//! The thread waits until it is told that it stands otherwise, looks, and says so at most once a second, and
//! only where what is shown has changed. It wakes by itself only while a wait counts down. Knows no screen.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::errand::{Errands, Runner};
use super::event::Event;
use super::syncing_words;
use crate::clock;
use crate::domain::calendar::HOUR_SECONDS;
use crate::engine::overview::{ScopeOverview, Word};
use crate::engine::{Listener, Overview};
use crate::error::{Error, Result};
use crate::host::syncing::{Notice, Syncing};

/// The least time between two words on how syncing stands.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// Seconds below which a wait counts down by seconds; above, minutes are told.
const MINUTE: i64 = 60;

/// Who syncs in the background. Whoever began it ends it: the app only borrows it.
pub trait Syncs: Send + Sync {
    /// How it stands.
    ///
    /// # Errors
    /// Those that keep it from syncing.
    fn overview(&self) -> Result<Overview>;

    /// Has all scopes asked now.
    ///
    /// # Errors
    /// Kind `Store` where whoever syncs cannot be asked.
    fn ask_now(&self) -> Result<()>;

    /// What the terminal is to tell a person, since nobody else can; it counts as told then.
    fn notice(&self) -> Option<Notice>;

    /// Tells `listener` whenever it stands otherwise than before, for as long as it is kept.
    fn subscribe(&self, listener: &Listener<()>);
}

impl Syncs for Syncing {
    fn overview(&self) -> Result<Overview> {
        self.overview()
    }

    fn ask_now(&self) -> Result<()> {
        self.ask_now()
    }

    fn notice(&self) -> Option<Notice> {
        self.notice()
    }

    fn subscribe(&self, listener: &Listener<()>) {
        self.subscribe(listener);
    }
}

/// How syncing stood at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// When, seconds since 1970.
    pub at: i64,
    /// How it stood, or why nothing is synced.
    pub overview: Result<Overview>,
}

impl Snapshot {
    /// Of syncing that could not begin.
    #[must_use]
    pub fn failed(error: Error) -> Snapshot {
        Snapshot { at: clock::now_seconds(), overview: Err(error) }
    }

    /// When the age of what a failing scope has brought is told otherwise: by the minute, then by the hour.
    fn older_in(&self, scope: &ScopeOverview) -> Option<i64> {
        let fails = matches!(scope.word, Word::Failing | Word::Blocked);
        let age = (self.at - scope.good_at.or(scope.stored_at).filter(|_| fails)?).max(0);
        let unit = if age < HOUR_SECONDS { MINUTE } else { HOUR_SECONDS };
        Some(unit - age % unit)
    }

    /// Until when it shows the same by itself; `None` where nothing counts.
    fn holds(&self) -> Option<Duration> {
        let scopes = self.overview.as_ref().map_or(&[][..], |overview| &overview.scopes);
        let ends = scopes.iter().filter_map(|scope| Some(scope.doing.as_ref()?.waits.as_ref()?.1));
        let left = ends.map(|until| until - self.at).filter(|left| *left > 0).min();
        let counts_down = left.map(|left| if left <= MINUTE { 1 } else { (left - MINUTE).min(MINUTE) });
        // Who is given up before a minute is over is told of by the second.
        let silent = scopes.iter().any(|scope| scope.doing.as_ref().is_some_and(|doing| doing.silent_since.is_some()));
        let ages = scopes.iter().filter_map(|scope| self.older_in(scope));
        let seconds = counts_down.into_iter().chain(silent.then_some(1)).chain(ages).min()?;
        Some(Duration::from_secs(seconds.unsigned_abs()))
    }
}

#[derive(Default)]
struct Wanted {
    /// It may stand otherwise.
    news: bool,
    /// Somebody looks, and wants to be told in any case.
    look: bool,
    /// All connections are to be asked.
    ask: bool,
}

impl Wanted {
    fn is_nothing(&self) -> bool {
        !self.news && !self.is_asked()
    }

    /// Whether somebody wants it now.
    fn is_asked(&self) -> bool {
        self.look || self.ask
    }
}

/// Tells the app how syncing stands, until it is dropped.
pub struct Watcher(Runner<Wanted>);

impl Watcher {
    /// Starts the thread; it says at once how it stands. What the terminal is to tell is taken, and said, where it
    /// `tells`: it counts as told then.
    ///
    /// # Errors
    /// Kind `Bug` where the system gives no thread.
    pub fn start(syncs: Weak<dyn Syncs>, events: Sender<Event>, tells: bool) -> Result<Watcher> {
        let of = syncs.upgrade();
        let subscribe = |listener: &Listener<()>| of.iter().for_each(|syncs| syncs.subscribe(listener));
        let run = move |errands: &Errands<Wanted>| watch(errands, &syncs, &events, tells);
        let runner = Runner::start("tui-sync", |wanted: &mut Wanted| wanted.news = true, subscribe, run)?;
        Ok(Watcher(runner))
    }

    /// Has all connections asked.
    pub fn ask_now(&self) {
        self.0.want(|wanted| wanted.ask = true);
    }

    /// Says how it stands, whether that has changed or not.
    pub fn look(&self) {
        self.0.want(|wanted| wanted.look = true);
    }
}

fn watch(errands: &Errands<Wanted>, syncs: &Weak<dyn Syncs>, events: &Sender<Event>, tells: bool) {
    let mut told: Option<Snapshot> = None;
    errands.want(|wanted| wanted.look = true);
    loop {
        let counts = told.as_ref().and_then(Snapshot::holds);
        let Some((wanted, syncs)) = errands.next(counts, Wanted::is_nothing).zip(syncs.upgrade()) else { return };
        if wanted.ask
            && let Some(event) = ask(&*syncs)
            && events.blocking_send(event).is_err()
        {
            return;
        }
        while let Some(notice) = tells.then(|| syncs.notice()).flatten() {
            if events.blocking_send(Event::Notice(Box::new(notice))).is_err() {
                return;
            }
        }
        let snapshot = Snapshot { at: clock::now_seconds(), overview: syncs.overview() };
        // It may be the last that holds it: then it ends here.
        drop(syncs);
        let same = told.as_ref().is_some_and(|told| told.overview == snapshot.overview);
        if same && !wanted.look && counts.is_none() {
            continue;
        }
        told = Some(snapshot.clone());
        if events.blocking_send(Event::Syncing(Some(Box::new(snapshot)))).is_err() {
            return;
        }
        errands.rest(TOLD_EVERY, |wanted| !wanted.is_asked());
    }
}

/// Has all connections asked; what is to be said of it, by how they stood before.
fn ask(syncs: &dyn Syncs) -> Option<Event> {
    let said = syncs.overview().ok().and_then(|overview| syncing_words::asked(&overview, clock::now_seconds()));
    match syncs.ask_now() {
        Ok(()) => said.map(Event::Asked),
        Err(error) => Some(Event::NotAsked(Box::new(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::overview::Doing;
    use crate::tui::tests::fake::syncing;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    /// Stands as it is told.
    #[derive(Default)]
    struct Told {
        rows: AtomicU64,
        asked: AtomicU64,
        notices: Mutex<Vec<Notice>>,
        listeners: crate::engine::Listeners<()>,
    }

    impl Syncs for Told {
        fn overview(&self) -> Result<Overview> {
            let mut overview = syncing::fresh().overview?;
            let rows = self.rows.load(Ordering::Relaxed);
            let what = "2024-11".to_owned();
            let (pieces, waits, silent_since) = ((0, 0), None, None);
            overview.scopes[0].doing = Some(Doing { what, pieces, rows, waits, silent_since, seconds_left: None });
            Ok(overview)
        }

        fn ask_now(&self) -> Result<()> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Err(Error::store("nobody syncs"))
        }

        fn notice(&self) -> Option<Notice> {
            self.notices.lock().unwrap_or_else(PoisonError::into_inner).pop()
        }

        fn subscribe(&self, listener: &Listener<()>) {
            self.listeners.add(listener);
        }
    }

    fn rows(event: Option<Event>) -> u64 {
        match event {
            Some(Event::Syncing(Some(snapshot))) => {
                let overview = snapshot.overview.expect("it stands somehow");
                overview.scopes[0].doing.as_ref().expect("under way").rows
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_has_not_changed_is_told_only_to_who_looks() {
        let (events, mut told) = tokio::sync::mpsc::channel(8);
        let syncs = Arc::new(Told::default());
        let weak: Weak<dyn Syncs> = Arc::downgrade(&(Arc::clone(&syncs) as Arc<dyn Syncs>));
        let watcher = Watcher::start(weak, events, true).expect("thread");
        assert_eq!(rows(told.blocking_recv()), 0);
        watcher.look();
        assert_eq!(rows(told.blocking_recv()), 0, "whoever looks is told at once");
        syncs.listeners.tell(());
        syncs.rows.store(7, Ordering::Relaxed);
        syncs.listeners.tell(());
        assert_eq!(rows(told.blocking_recv()), 7, "many words become one");
        watcher.ask_now();
        assert!(matches!(told.blocking_recv(), Some(Event::NotAsked(error)) if error.message == "nobody syncs"));
        assert_eq!(syncs.asked.load(Ordering::Relaxed), 1);
        let title = crate::domain::text::SafeText::ours("spendtop: no");
        let notice = Notice { body: title.clone(), title, severity: crate::domain::alert::Severity::Warning };
        syncs.notices.lock().expect("notices").push(notice.clone());
        syncs.listeners.tell(());
        assert!(matches!(told.blocking_recv(), Some(Event::Notice(told)) if *told == notice), "what is to be told is");
        drop(watcher);
        assert!(told.blocking_recv().is_none(), "the thread ends");
    }

    #[test]
    fn only_waits_count_down_and_only_silence_up() {
        let until = |left: i64| {
            let mut snapshot = syncing::under_way();
            let at = snapshot.at;
            let overview = snapshot.overview.as_mut().expect("it stands somehow");
            for doing in overview.scopes.iter_mut().filter_map(|scope| scope.doing.as_mut()) {
                doing.waits = Some(("too many requests".to_owned(), at + left));
            }
            snapshot.holds().map(|held| held.as_secs())
        };
        assert_eq!([0, 1, 60, 75, 3_600].map(until), [None, Some(1), Some(1), Some(15), Some(60)]);
        assert_eq!(syncing::fresh().holds(), None);
        let hour = Duration::from_secs(600);
        assert_eq!(syncing::failing().holds(), Some(hour), "3 h and 50 minutes old, then 4 h");
        assert_eq!(syncing::silent().holds(), Some(Duration::from_secs(1)), "who does not answer counts up");
    }
}
