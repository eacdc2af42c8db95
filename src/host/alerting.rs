//! Alerts while an app is open, or a command goes on: looks after each change and once an hour, and brings what
//! is due.
//!
//! A thread of its own, which sleeps until there is something to do: no channel that hangs holds anything up.
//! What the terminal is to tell waits here until the app takes it. Knows no screen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::courier::{Courier, Silence};
use crate::clock;
use crate::config::alert::Wrong;
use crate::domain::alert::{DESKTOP, Fate, Gate, Letter, TERMINAL};
use crate::engine::alerts::AlertsAnswer;
use crate::engine::{Engine, Event, Listener, Listeners};
use crate::error::{Error, Result, contained};
use crate::notify::{Notice, desktop, outgoing};

/// The longest time between two looks: providers fall behind, and digests become due, while nothing changes.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// The least.
const REST: Duration = Duration::from_secs(2);
/// Changes come in swarms, and each look reads what budgets and anomalies are about: it looks once nothing has
/// changed for so long,
const QUIET: Duration = Duration::from_secs(5);
/// or once the swarm has lasted so long.
const SWARM_MAX: Duration = Duration::from_secs(600);
/// How long a try may take, and after how long a round begins none: then it looks again.
const ROUND_MAX: Duration = Duration::from_secs(30);
/// What waits for the terminal at most: who has not looked for so long looks at the log.
const UNTOLD_MAX: usize = 20;

/// How alerts stand, for a face.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Standing {
    /// The channels: their names and kinds, and how each stands.
    pub channels: Vec<ChannelStanding>,
    /// What is on its way, and what was brought.
    pub answer: AlertsAnswer,
    /// What became of channels that somebody tried, each time the last.
    pub tested: BTreeMap<String, Fate>,
    /// Where nobody is told of what is found: why not, and what would be told.
    pub silence: Option<(Silence, Vec<Letter>)>,
    /// What of the config's plan cannot be meant, and is left out.
    pub wrong: Vec<String>,
}

/// How a channel stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelStanding {
    /// Its name.
    pub name: String,
    /// What it is: `slack`, `email`, `desktop` ...
    pub kind: &'static str,
    /// Letters on their way to it.
    pub waiting: usize,
    /// When it is tried again, seconds since 1970; `None` where nothing waits.
    pub next: Option<i64>,
    /// How it went so far.
    pub gate: Gate,
    /// What is to be known of it besides.
    pub remark: Option<&'static str>,
    /// Why it brings nothing until the config is mended.
    pub unusable: Option<String>,
}

/// The channels of a config and how each stands: the config's, then this machine's.
#[must_use]
pub fn channels(courier: &Courier, answer: &AlertsAnswer) -> Vec<ChannelStanding> {
    let own = [
        (DESKTOP, "desktop", desktop::Surroundings::read().why_not(), None),
        (TERMINAL, "terminal", Some("the app's status line, and this log"), None),
    ];
    let going = answer.going();
    let configured = courier.channels().iter().map(|channel| {
        let unusable = outgoing::check(channel).err().map(|failure| failure.why);
        (channel.name.as_str(), channel.via.name(), None, unusable)
    });
    let standing = |(name, kind, remark, unusable): (&str, &'static str, Option<&'static str>, Option<String>)| {
        let gate = answer.channels.get(name).cloned().unwrap_or_default();
        let waiting = || going.iter().filter(|letter| letter.channel == name);
        let next = waiting().map(|letter| letter.not_before.max(gate.shut_until)).min();
        ChannelStanding { name: name.to_owned(), kind, waiting: waiting().count(), next, gate, remark, unusable }
    };
    configured.chain(own).map(standing).collect()
}

/// What the terminal is to tell a person.
#[derive(Clone, Default)]
pub struct Untold(Arc<Mutex<Vec<Notice>>>);

impl Untold {
    fn lock(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of it; it counts as told.
    #[must_use]
    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.lock())
    }
}

/// Alerts in the background; they end when this is dropped.
pub struct Alerting {
    shared: Arc<Shared>,
    /// Kept: the engine tells it of changes.
    _listener: Listener<Event>,
}

#[derive(Default)]
struct Wanted {
    /// The store holds something else than before.
    news: bool,
    ended: bool,
    over: bool,
}

/// What would be told of the store as it is.
#[derive(Default)]
struct News {
    /// How often the store has changed: what was found before that is of another one.
    changes: u64,
    /// What it is, once somebody asked.
    found: Option<Vec<Letter>>,
}

struct Shared {
    courier: Courier,
    engine: Arc<dyn Engine>,
    wanted: Mutex<Wanted>,
    changed: Condvar,
    cancel: CancellationToken,
    untold: Untold,
    /// Channels that are being tried.
    trying: Mutex<BTreeSet<String>>,
    tested: Mutex<BTreeMap<String, Fate>>,
    news: Mutex<News>,
    listeners: Listeners<()>,
}

impl Alerting {
    /// Begins, and looks at once.
    ///
    /// # Errors
    /// Kind `Bug` where the system gives no thread.
    pub fn begin(courier: Courier, engine: Arc<dyn Engine>) -> Result<Alerting> {
        let shared = Arc::new(Shared {
            courier,
            engine,
            wanted: Mutex::new(Wanted { news: true, ..Wanted::default() }),
            changed: Condvar::new(),
            cancel: CancellationToken::new(),
            untold: Untold::default(),
            trying: Mutex::default(),
            tested: Mutex::default(),
            news: Mutex::default(),
            listeners: Listeners::default(),
        });
        let theirs = Arc::downgrade(&shared);
        let listener: Listener<Event> = Arc::new(move |event| {
            if let (Event::Committed, Some(shared)) = (event, theirs.upgrade()) {
                shared.renew();
                shared.want(|wanted| wanted.news = true);
            }
        });
        shared.engine.subscribe(&listener);
        let ours = Arc::clone(&shared);
        let work = move || {
            // What fails here by a bug ends alerts, and nothing else.
            let _ = contained(|| ours.run());
            ours.want(|wanted| wanted.over = true);
        };
        let started = std::thread::Builder::new().name("alerts".into()).spawn(move || crate::threads::aside(work));
        started.map_err(|e| Error::bug(format!("no thread to bring alerts on: {e}")))?;
        Ok(Alerting { shared, _listener: listener })
    }

    /// How alerts stand.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached.
    pub fn standing(&self) -> Result<Standing> {
        let answer = self.shared.courier.standing(&*self.shared.engine)?;
        let tested = self.shared.tested().clone();
        let silence =
            self.shared.courier.silence().map(|why| self.shared.found().map(|news| (why, news))).transpose()?;
        let wrong = self.shared.courier.wrong().iter().map(Wrong::line).collect();
        Ok(Standing { channels: channels(&self.shared.courier, &answer), answer, tested, silence, wrong })
    }

    /// Has a channel tried; [`Self::standing`] says what became of it.
    pub fn test(&self, channel: &str) {
        self.shared.tested().remove(channel);
        if !self.shared.trying().insert(channel.to_owned()) {
            return;
        }
        // Whatever hangs meanwhile, and whoever waits for this one: neither holds up the other.
        let (shared, name) = (Arc::clone(&self.shared), channel.to_owned());
        let work = move || {
            let _ = contained(|| shared.test(&name));
            shared.trying().remove(&name);
        };
        if std::thread::Builder::new().name("alert-test".into()).spawn(move || crate::threads::aside(work)).is_err() {
            self.shared.trying().remove(channel);
        }
    }

    /// What the terminal is to tell a person; it counts as told.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        let mut untold = self.shared.untold.lock();
        (!untold.is_empty()).then(|| untold.remove(0))
    }

    /// What waits for the terminal, for whoever tells it without keeping alerts.
    #[must_use]
    pub fn untold(&self) -> Untold {
        self.shared.untold.clone()
    }

    /// Tells `listener` whenever it stands otherwise than before, for as long as it is kept.
    pub fn subscribe(&self, listener: &Listener<()>) {
        self.shared.listeners.add(listener);
    }

    /// Ends it, and waits until what is under way is noted or given up, but no longer than `most`.
    pub fn end(self, most: Duration) {
        let shared = Arc::clone(&self.shared);
        drop(self);
        drop(shared.changed.wait_timeout_while(shared.lock(), most, |wanted| !wanted.over));
    }
}

impl Drop for Alerting {
    fn drop(&mut self) {
        self.shared.cancel.cancel();
        self.shared.want(|wanted| wanted.ended = true);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trying(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tested(&self) -> MutexGuard<'_, BTreeMap<String, Fate>> {
        self.tested.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what would be told: the store holds something else.
    fn renew(&self) {
        let mut news = self.news();
        *news = News { changes: news.changes + 1, found: None };
    }

    /// What would be told; found out once for the store as it is.
    fn found(&self) -> Result<Vec<Letter>> {
        let changes = {
            let known = self.news();
            if let Some(found) = &known.found {
                return Ok(found.clone());
            }
            known.changes
        };
        let found = self.courier.news(&*self.engine)?;
        let mut known = self.news();
        if known.changes == changes {
            known.found = Some(found.clone());
        }
        Ok(found)
    }

    fn want(&self, set: impl FnOnce(&mut Wanted)) {
        set(&mut self.lock());
        self.changed.notify_all();
    }

    fn run(&self) {
        let (mut wait, mut is_first) = (LOOK_EVERY, true);
        loop {
            let idle = |wanted: &mut Wanted| !(wanted.news || wanted.ended);
            let waited = self.changed.wait_timeout_while(self.lock(), wait, idle);
            let mut wanted = waited.unwrap_or_else(PoisonError::into_inner).0;
            if wanted.ended {
                return;
            }
            let since = clock::instant();
            while wanted.news && !is_first && since.elapsed() < SWARM_MAX {
                wanted.news = false;
                let waited = self.changed.wait_timeout_while(wanted, QUIET, idle);
                wanted = waited.unwrap_or_else(PoisonError::into_inner).0;
                if wanted.ended {
                    return;
                }
            }
            is_first = false;
            wanted.news = false;
            drop(wanted);
            let now = clock::now_seconds();
            let terminal = |notice: &Notice| self.tell(notice);
            let round = self.courier.round(&*self.engine, &terminal, &self.cancel, ROUND_MAX);
            wait = match round {
                Ok(round) if !round.elsewhere => {
                    let left = round.next.map(|next| u64::try_from((next - now).max(1)).unwrap_or(1));
                    left.map_or(LOOK_EVERY, Duration::from_secs).min(LOOK_EVERY)
                }
                // The store is away, or another process brings.
                _ => Duration::from_secs(60),
            };
            self.listeners.tell(());
            let rests = |wanted: &mut Wanted| !wanted.ended;
            drop(self.changed.wait_timeout_while(self.lock(), REST, rests));
        }
    }

    fn test(&self, channel: &str) {
        let fate = self.courier.test(&*self.engine, channel, &|notice| self.tell(notice));
        let fate = fate.unwrap_or_else(|error| Fate::Impossible { why: error.message });
        self.tested().insert(channel.to_owned(), fate);
        self.listeners.tell(());
    }

    /// Keeps a notice for the terminal, the oldest of too many for the log alone.
    fn tell(&self, notice: &Notice) -> bool {
        let mut untold = self.untold.lock();
        if untold.len() >= UNTOLD_MAX {
            untold.remove(0);
        }
        untold.push(notice.clone());
        drop(untold);
        self.listeners.tell(());
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;
    use crate::config::Config;
    use crate::domain::alert::Message;
    use crate::domain::calendar::Day;
    use crate::engine::local::LocalEngine;
    use crate::engine::{Answer, Cancel, Command, Extent, OpenFile, Outcome, Question, export};
    use crate::host::courier::tests::put_on_its_way;
    use crate::store::Store;
    use crate::sync::state::Place;

    /// An engine with letters to the terminal on their way, and who brings them.
    fn on_their_way(letters: usize, folder: &std::path::Path) -> (Arc<LocalEngine>, Courier) {
        let store = Arc::new(Store::in_memory(&[]));
        let news = |at| Message { key: format!("k{at}"), subject: format!("s{at}"), ..Message::test("a", 0) };
        put_on_its_way(&store, (0..letters).map(|at| (news(at), TERMINAL)));
        let engine = Arc::new(LocalEngine::new(store, Config::default().settle, false));
        (engine, Courier::new(&Config::default(), Place::beside(&folder.join("store")), None, None))
    }

    #[test]
    fn what_is_on_its_way_is_brought_and_a_channel_is_tried_while_it_goes_on() {
        let folder = tempfile::tempdir().expect("folder");
        let (engine, courier) = on_their_way(7, folder.path());
        let alerting = Alerting::begin(courier, Arc::clone(&engine) as Arc<dyn Engine>).expect("begun");
        let (tell, told) = channel();
        let listener: Listener<()> = Arc::new(move |()| {
            let _ = tell.send(());
        });
        alerting.subscribe(&listener);
        let until = |what: &str, is: &dyn Fn() -> bool| {
            while !is() {
                told.recv_timeout(Duration::from_secs(20)).expect(what);
            }
        };
        until("a storm is one notice", &|| alerting.standing().is_ok_and(|s| s.answer.outbox.is_empty()));
        let notice = alerting.notice().expect("told");
        assert!(notice.title.contains("7 alerts") && alerting.notice().is_none(), "{notice:?}");
        let standing = alerting.standing().expect("it stands somehow");
        assert!(standing.answer.log.len() == 7 && standing.answer.log.iter().all(|entry| entry.with == 7));
        assert!(standing.channels.iter().any(|c| c.name == TERMINAL && c.gate.good_at > 0));
        alerting.test(TERMINAL);
        until("it is tried", &|| alerting.standing().is_ok_and(|s| s.tested.contains_key(TERMINAL)));
        assert!(alerting.notice().is_some_and(|notice| notice.title.contains("A test of the channel")));
        alerting.test("none");
        until("it is refused", &|| {
            let tested = alerting.standing().expect("it stands somehow").tested;
            tested.get("none").is_some_and(|fate| matches!(fate, Fate::Impossible { .. }))
        });
        let tested = alerting.standing().expect("it stands somehow").tested;
        assert_eq!(tested.get(TERMINAL), Some(&Fate::Delivered), "one hides no other");
        alerting.end(Duration::from_secs(20));
    }

    #[test]
    fn one_process_brings_at_a_time() {
        let folder = tempfile::tempdir().expect("folder");
        let (engine, courier) = on_their_way(1, folder.path());
        let held = courier.lock().expect("a folder").expect("free");
        let (none, most) = (CancellationToken::new(), Duration::from_secs(5));
        let round = courier.round(&*engine, &|_| panic!("another one brings"), &none, most).expect("looked");
        assert!(round.elsewhere && round.tried.is_empty());
        drop(held);
        let round = courier.round(&*engine, &|_| true, &none, most).expect("looked");
        assert_eq!((round.elsewhere, round.tried.len(), round.next), (false, 1, None));
    }

    /// An engine over a store that changes for the first time while somebody asks what is news.
    struct Changing {
        inner: LocalEngine,
        asked: AtomicUsize,
        listeners: Listeners<Event>,
    }

    impl Engine for Changing {
        fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer> {
            let Question::News(_) = question else { return self.inner.ask(question, as_of, cancel) };
            let at = self.asked.fetch_add(1, Ordering::SeqCst);
            if at == 0 {
                self.listeners.tell(Event::Committed);
            }
            let at = i64::try_from(at).expect("few");
            Ok(Answer::News(vec![Letter::new(Message::test("a", at), TERMINAL, 0)]))
        }

        fn command(&self, command: &Command) -> Result<Outcome> {
            self.inner.command(command)
        }

        fn export(&self, scope: &export::Scope, open: &OpenFile<'_>, cancel: &Cancel) -> Result<u64> {
            self.inner.export(scope, open, cancel)
        }

        fn extent(&self) -> Result<Extent> {
            self.inner.extent()
        }

        fn subscribe(&self, listener: &Listener<Event>) {
            self.listeners.add(listener);
        }
    }

    #[test]
    fn what_was_news_before_the_store_changed_is_asked_for_again() {
        let folder = tempfile::tempdir().expect("folder");
        let inner = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
        let engine = Arc::new(Changing { inner, asked: AtomicUsize::new(0), listeners: Listeners::default() });
        let courier = Courier::new(&Config::default(), Place::beside(&folder.path().join("store")), None, None);
        let alerting = Alerting::begin(courier.of_demo(), engine).expect("begun");
        let found_at = || {
            let (_, news) = alerting.standing().expect("it stands somehow").silence.expect("nobody is told");
            news[0].message.at
        };
        assert_eq!([found_at(), found_at(), found_at()], [0, 1, 1], "and once for the store as it is");
        alerting.end(Duration::from_secs(20));
    }
}
