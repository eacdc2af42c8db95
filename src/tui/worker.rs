//! The threads that ask the engine, so that no key ever waits for an answer.
//!
//! Two of them: one for what the tabs show, one for what stands beside it and may take a scan. Each
//! asker has one waiting question, the newest wins; a question that is superseded while it runs is
//! cancelled. Replies carry the generation of their question. Knows no screen.

mod asker;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::mpsc::Sender;

pub use self::asker::{Asker, Lane};
use super::alerting::{self, Alerts};
use super::event::Event;
use super::export::{self, Content, Order};
use super::syncing::{Snapshot, Syncs, Watcher};
use crate::domain::calendar::Day;
use crate::engine::{self, Answer, Cancel, Command, Engine, Listener, Question};
use crate::error::{Kind, Result};

/// How long a process that ends waits for what is still to be done.
const SETTLE_MAX: Duration = Duration::from_millis(500);

/// What the worker asks, once it is open.
pub struct Opened {
    /// Who answers.
    pub engine: Arc<dyn Engine>,
    /// How the app stands to it.
    pub standing: Standing,
    /// Looks how it stands after a change; `None` where nothing ever changes.
    pub look: Option<Look>,
    /// Who syncs it in the background, or why nobody can; `None` where there is nothing to sync.
    pub syncing: Option<Result<Weak<dyn Syncs>>>,
    /// Who brings alerts in the background; `None` where nobody is told anything.
    pub alerting: Option<Weak<dyn Alerts>>,
}

/// How the app stands to what it asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The day to show.
    pub as_of: Day,
    /// A line that must not be missed, such as that the data is made up.
    pub banner: Option<String>,
    /// What a command needs to ask the same data, each flag after a space: ` --demo`.
    pub flags: String,
}

/// Says how the app stands now; called on a worker's thread.
pub type Look = Box<dyn Fn() -> Result<Standing> + Send>;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Source {
    /// The store; the demo where the store is empty.
    #[default]
    Store,
    /// The demo.
    Demo,
}

/// Opens what is asked; called on a worker's thread, and again with the next question where it
/// failed.
pub type Opener = Box<dyn Fn(Source) -> Result<Opened> + Send>;

/// A question.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// Whose it is.
    pub asker: Asker,
    /// Which of the asker's questions, counted up.
    pub generation: u64,
    /// The question.
    pub question: Question,
    /// As of which day.
    pub as_of: Day,
}

/// The answer to a [`Job`].
#[derive(Clone, Debug)]
pub struct Reply {
    /// Whose question it was.
    pub asker: Asker,
    /// Which of the asker's questions.
    pub generation: u64,
    /// The answer.
    pub answer: Result<Answer>,
}

#[derive(Default)]
struct Slots {
    /// Oldest first; at most one an asker.
    waiting: Vec<Job>,
    extent: bool,
    running: Vec<(Asker, Cancel)>,
    /// What is to be done, in the order in which it was asked for.
    commands: VecDeque<Command>,
    /// Whether something is being done.
    doing: bool,
    /// The export that is under way.
    exporting: Option<Cancel>,
    /// What is asked, and how often that was said.
    wanted: (Source, u64),
    /// What was answered may no longer be so.
    news: bool,
    ended: bool,
}

struct Shared {
    slots: Mutex<Slots>,
    changed: Condvar,
    open: Mutex<(Opener, Option<(u64, Open)>)>,
    syncing: Mutex<Option<Watcher>>,
    alerting: Mutex<Option<alerting::Watcher>>,
    events: Sender<Event>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who answers; opened with the first question, and tried again where that failed.
    fn engine(self: &Arc<Self>) -> Result<Arc<dyn Engine>> {
        let mut guard = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (opener, open) = &mut *guard;
        let (source, times) = self.lock().wanted;
        if let Some((_, open)) = open.as_ref().filter(|(opened, _)| *opened == times) {
            return Ok(Arc::clone(&open.engine));
        }
        // What was open is let go first: it may be the same store.
        *open = None;
        let Opened { engine, standing, look, syncing, alerting } = opener(source)?;
        // Where nobody listens any more the next event says so too.
        let _ = self.events.blocking_send(Event::Opened(standing));
        self.watch_syncing(syncing);
        self.watch_alerts(alerting);
        Ok(Arc::clone(&open.insert((times, Open::new(engine, look, self))).1.engine))
    }

    fn syncing(&self) -> MutexGuard<'_, Option<Watcher>> {
        self.syncing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells from now on how whoever syncs stands.
    fn watch_syncing(&self, syncing: Option<Result<Weak<dyn Syncs>>>) {
        let before = self.syncing().take();
        let begun = syncing.map(|syncing| syncing.and_then(|syncs| Watcher::start(syncs, self.events.clone(), true)));
        match begun {
            Some(Ok(watcher)) => *self.syncing() = Some(watcher),
            Some(Err(error)) => {
                drop(self.events.blocking_send(Event::Syncing(Some(Box::new(Snapshot::failed(error))))))
            }
            None if before.is_some() => drop(self.events.blocking_send(Event::Syncing(None))),
            None => {}
        }
    }

    fn alerting(&self) -> MutexGuard<'_, Option<alerting::Watcher>> {
        self.alerting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells from now on how alerts stand; without a thread for that nothing is told of them.
    fn watch_alerts(&self, alerts: Option<Weak<dyn Alerts>>) {
        let before = self.alerting().take();
        match alerts.and_then(|alerts| alerting::Watcher::start(alerts, self.events.clone()).ok()) {
            Some(watcher) => *self.alerting() = Some(watcher),
            None if before.is_some() => drop(self.events.blocking_send(Event::Alerts(None))),
            None => {}
        }
    }

    /// How the app stands now; `None` where it never changes, or cannot be seen: the next question
    /// then says why.
    fn look(&self) -> Option<Standing> {
        let guard = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        guard.1.as_ref()?.1.look.as_ref()?().ok()
    }

    fn tell_news(&self) {
        self.lock().news = true;
        self.changed.notify_all();
    }
}

/// The app's end of the worker. Dropping it cancels what runs; the threads are not waited for,
/// since an engine may take its time to notice.
pub struct Worker {
    shared: Arc<Shared>,
}

impl Worker {
    /// Starts the threads. Events go to `events`, which bounds how many are under way.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(open: Opener, events: Sender<Event>) -> std::io::Result<Worker> {
        let (slots, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared {
            slots,
            changed,
            open: Mutex::new((open, None)),
            syncing: Mutex::default(),
            alerting: Mutex::default(),
            events,
        });
        let worker = Worker { shared: Arc::clone(&shared) };
        for (lane, name) in [(Lane::Front, "tui-worker"), (Lane::Back, "tui-worker-back")] {
            let theirs = Arc::clone(&shared);
            std::thread::Builder::new().name(name.into()).spawn(move || {
                let _died = Died(theirs.events.clone());
                serve(&theirs, lane);
            })?;
        }
        Ok(worker)
    }

    /// Asks; a waiting or running question of the same asker is given up.
    pub fn ask(&self, job: Job) {
        let mut slots = self.shared.lock();
        slots.running.iter().filter(|(asker, _)| *asker == job.asker).for_each(|(_, cancel)| cancel.cancel());
        slots.waiting.retain(|w| w.asker != job.asker);
        slots.waiting.push(job);
        self.shared.changed.notify_all();
    }

    /// Has something done, after all that was to be done before.
    pub fn run(&self, command: Command) {
        self.shared.lock().commands.push_back(command);
        self.shared.changed.notify_all();
    }

    /// Exports on a thread of its own, one at a time.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn export(&self, order: Order) -> std::io::Result<()> {
        let (shared, cancel) = (Arc::clone(&self.shared), Cancel::default());
        shared.lock().exporting = Some(cancel.clone());
        std::thread::Builder::new().name("tui-export".into()).spawn(move || {
            let exported = match &order.content {
                Content::Screen(_) => export::perform(&order, None, &cancel),
                Content::Answer(_) => {
                    shared.engine().and_then(|engine| export::perform(&order, Some(&*engine), &cancel))
                }
            };
            shared.lock().exporting = None;
            shared.changed.notify_all();
            let _ = shared.events.blocking_send(Event::Exported(Box::new(exported)));
        })?;
        Ok(())
    }

    /// Waits until what is to be done is done, and an export given up, but not for long: a disk may be stuck.
    pub fn settle(&self) {
        self.shared.lock().exporting.iter().for_each(Cancel::cancel);
        let undone = |slots: &mut Slots| slots.doing || !slots.commands.is_empty() || slots.exporting.is_some();
        drop(self.shared.changed.wait_timeout_while(self.shared.lock(), SETTLE_MAX, undone));
    }

    /// Asks something else from the next question on, or the same opened anew.
    pub fn open(&self, source: Source) {
        let mut slots = self.shared.lock();
        slots.wanted = (source, slots.wanted.1 + 1);
        slots.waiting.clear();
        slots.running.iter().for_each(|(_, cancel)| cancel.cancel());
    }

    /// Asks what data there is.
    pub fn ask_extent(&self) {
        self.shared.lock().extent = true;
        self.shared.changed.notify_all();
    }

    /// Has all connections asked now.
    pub fn sync_now(&self) {
        self.shared.syncing().iter().for_each(Watcher::ask_now);
    }

    /// Tells how syncing stands, whether that has changed or not.
    pub fn look_at_syncing(&self) {
        self.shared.syncing().iter().for_each(Watcher::look);
    }

    /// Tells how alerts stand, whether that has changed or not.
    pub fn look_at_alerts(&self) {
        self.shared.alerting().iter().for_each(alerting::Watcher::look);
    }

    /// Has a channel of alerts tried.
    pub fn test_channel(&self, name: &str) {
        self.shared.alerting().iter().for_each(|watcher| watcher.test(name));
    }

    /// Gives up what others would wait for while this process is stopped.
    pub fn release(&self) {
        self.shared.lock().running.iter().for_each(|(_, cancel)| cancel.cancel());
        // Not while it is being opened: nobody waits for what is not open.
        if let Ok(guard) = self.shared.open.try_lock()
            && let Some((_, open)) = &guard.1
        {
            open.engine.release();
        }
    }

    /// Looks again, after a release, what there is.
    pub fn look_again(&self) {
        self.shared.tell_news();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        *self.shared.syncing() = None;
        *self.shared.alerting() = None;
        let mut slots = self.shared.lock();
        slots.ended = true;
        slots.running.iter().for_each(|(_, cancel)| cancel.cancel());
        self.shared.changed.notify_all();
    }
}

/// Tells the app when a thread unwinds, so that it does not wait for ever.
struct Died(Sender<Event>);

impl Drop for Died {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.try_send(Event::WorkerDied);
        }
    }
}

enum Task {
    Do(Command),
    Ask(Job, Cancel),
    Extent,
    News,
}

fn next(shared: &Shared, lane: Lane) -> Option<Task> {
    let mut slots = shared.lock();
    slots.running.retain(|(asker, _)| asker.lane() != lane);
    loop {
        if slots.ended {
            return None;
        }
        if lane == Lane::Front
            && let Some(command) = slots.commands.pop_front()
        {
            slots.doing = true;
            return Some(Task::Do(command));
        }
        if lane == Lane::Front && std::mem::take(&mut slots.news) {
            return Some(Task::News);
        }
        // The newest first: it is what is looked at now.
        if let Some(at) = slots.waiting.iter().rposition(|job| job.asker.lane() == lane) {
            let job = slots.waiting.remove(at);
            let cancel = Cancel::default();
            slots.running.push((job.asker, cancel.clone()));
            return Some(Task::Ask(job, cancel));
        }
        if lane == Lane::Front && std::mem::take(&mut slots.extent) {
            return Some(Task::Extent);
        }
        slots = shared.changed.wait(slots).unwrap_or_else(PoisonError::into_inner);
    }
}

/// What was opened, kept while there is an app.
struct Open {
    engine: Arc<dyn Engine>,
    look: Option<Look>,
    _listener: Listener<engine::Event>,
}

impl Open {
    fn new(engine: Arc<dyn Engine>, look: Option<Look>, shared: &Arc<Shared>) -> Open {
        let theirs = Arc::downgrade(shared);
        let listener: Listener<engine::Event> = Arc::new(move |event| {
            let Some(shared) = theirs.upgrade() else { return };
            // Only for a word on the screen: one that is lost among many others is no loss.
            let say = |now| drop(shared.events.try_send(Event::Reattaching(now)));
            match event {
                engine::Event::Committed => shared.tell_news(),
                engine::Event::Reattaching => say(true),
                engine::Event::Attached => say(false),
            }
        });
        engine.subscribe(&listener);
        Open { engine, look, _listener: listener }
    }
}

fn serve(shared: &Arc<Shared>, lane: Lane) {
    while let Some(task) = next(shared, lane) {
        let engine = shared.engine();
        let event = match task {
            Task::News => {
                if let Some(standing) = shared.look() {
                    let _ = shared.events.blocking_send(Event::Opened(standing));
                }
                Event::Changed
            }
            Task::Do(command) => {
                let outcome = engine.and_then(|e| e.command(&command));
                shared.lock().doing = false;
                shared.changed.notify_all();
                Event::Done(Box::new(outcome))
            }
            Task::Extent => Event::Extent(Box::new(engine.and_then(|e| e.extent()))),
            Task::Ask(job, cancel) => {
                let answer = engine.and_then(|e| e.ask(&job.question, job.as_of, &cancel));
                if cancel.is_cancelled() && matches!(&answer, Err(e) if e.kind == Kind::Interrupted) {
                    continue;
                }
                Event::Answer(Box::new(Reply { asker: job.asker, generation: job.generation, answer }))
            }
        };
        if shared.events.blocking_send(event).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lens::Lens;
    use crate::engine::Extent;
    use crate::error::Error;
    use std::sync::mpsc;

    /// Answers when it is told to, and says which question it works on.
    struct Slow {
        started: mpsc::Sender<usize>,
        go: Mutex<mpsc::Receiver<()>>,
    }

    impl Engine for Slow {
        fn export(&self, scope: &engine::export::Scope, _: &engine::OpenFile<'_>, _: &Cancel) -> Result<u64> {
            panic!("no charges are here: {scope:?}");
        }

        fn ask(&self, question: &Question, _: Day, cancel: &Cancel) -> Result<Answer> {
            let Question::Breakdown { limit: Some(number), .. } = question else { return Ok(Answer::Spend(vec![])) };
            self.started.send(*number).expect("test listens");
            if *number == 0 {
                self.go.lock().expect("lock").recv().expect("told to go on");
            }
            if cancel.is_cancelled() {
                return Err(Error::new(Kind::Interrupted, "given up"));
            }
            Ok(Answer::Breakdown(vec![]))
        }
        fn command(&self, command: &crate::engine::Command) -> Result<crate::engine::Outcome> {
            panic!("nothing is made here: {command:?}");
        }

        fn extent(&self) -> Result<Extent> {
            Ok(Extent::default())
        }
    }

    fn standing() -> Standing {
        Standing { as_of: Day(20_000), banner: None, flags: String::new() }
    }

    #[test]
    fn the_newest_question_of_a_tab_wins_and_the_running_one_is_cancelled() {
        let (started, starts) = mpsc::channel();
        let (go, gate) = mpsc::channel();
        let (events, mut replies) = tokio::sync::mpsc::channel(8);
        let engine: Arc<dyn Engine> = Arc::new(Slow { started, go: Mutex::new(gate) });
        let open = move |_| {
            Ok(Opened { engine: Arc::clone(&engine), standing: standing(), look: None, syncing: None, alerting: None })
        };
        let worker = Worker::start(Box::new(open), events).expect("thread");
        let job = |generation: u64| Job {
            asker: Asker::Breakdown,
            generation,
            question: Question::Breakdown { lens: Lens::default(), limit: Some(generation as usize), pieces: None },
            as_of: Day(20_000),
        };
        worker.ask(job(0));
        assert_eq!(starts.recv(), Ok(0));
        worker.ask(job(1));
        worker.ask(job(2));
        go.send(()).expect("worker waits");
        assert_eq!(starts.recv(), Ok(2), "the question between was never asked");
        assert!(matches!(replies.blocking_recv(), Some(Event::Opened(_))));
        match replies.blocking_recv() {
            Some(Event::Answer(reply)) => assert_eq!(reply.generation, 2, "a cancelled question is not answered"),
            other => panic!("{other:?}"),
        }
        drop(worker);
        assert!(replies.blocking_recv().is_none(), "the thread ends");
    }

    #[test]
    fn what_cannot_be_opened_is_told_with_each_question_and_tried_again() {
        let (events, mut replies) = tokio::sync::mpsc::channel(8);
        let tries = std::sync::atomic::AtomicU32::new(0);
        let open = move |_| {
            if tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                return Err(Error::store("another spendtop is using the store"));
            }
            let engine = Arc::new(Slow { started: mpsc::channel().0, go: Mutex::new(mpsc::channel().1) });
            Ok(Opened { engine, standing: standing(), look: None, syncing: None, alerting: None })
        };
        let worker = Worker::start(Box::new(open), events).expect("thread");
        let job = |generation| Job {
            asker: Asker::Spend,
            generation,
            question: Question::Spend(Lens::default()),
            as_of: Day(20_000),
        };
        worker.ask(job(1));
        match replies.blocking_recv() {
            Some(Event::Answer(reply)) => assert!(reply.answer.is_err_and(|e| e.message.contains("another spendtop"))),
            other => panic!("{other:?}"),
        }
        worker.ask(job(2));
        assert!(matches!(replies.blocking_recv(), Some(Event::Opened(_))));
        assert!(matches!(replies.blocking_recv(), Some(Event::Answer(reply)) if reply.answer.is_ok()));
    }
}
