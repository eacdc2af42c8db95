//! Has a look for what a person is to know, and brings what is on its way: once, for a command, or again and
//! again ([`super::alerting`]).
//!
//! One process at a time brings, by a lock beside the store, so that nobody is told twice; the others leave it to
//! that one. What is not brought stays on its way; when it is tried again is decided where it is noted. Knows no
//! face.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs2::FileExt;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::alert::{Channel, Wrong};
use crate::config::{Config, at_home};
use crate::domain::alert::{Bundle, DESKTOP, Fate, Letter, Message, Plan, TERMINAL};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::engine::alerts::{AlertsAnswer, KEPT_FOR, Try};
use crate::engine::watch::Moment;
use crate::engine::{Answer, Cancel, Command, Engine, Outcome, Question};
use crate::error::{Error, Kind, Result};
use crate::notify::outgoing::{self, Means};
use crate::notify::{Notice, desktop};
use crate::sync::state::Place;
use crate::sync::task;

/// The lock's file, in the folder beside the store.
const LOCK: &str = "bring.lock";
/// Between two messages to a channel: most of them take one a second.
const PAUSE: Duration = Duration::from_millis(1_100);

/// What is being brought when it is given up has so long to get there and be noted: else it would be brought again.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Tells a person by the terminal; whether it has.
pub type Terminal<'t> = dyn Fn(&Notice) -> bool + 't;

/// Who brings.
#[derive(Clone, Debug)]
pub struct Courier {
    channels: Vec<Channel>,
    plan: Plan,
    wrong: Vec<Wrong>,
    /// Whether somebody sees what the terminal is told.
    is_seen: bool,
    certificate: Option<PathBuf>,
    place: Place,
    /// The day to look at, where one was named that is not today.
    another: Option<Day>,
    /// Whether it is the demo that is looked at.
    is_demo: bool,
    /// Whether what failed is tried before its time.
    is_impatient: bool,
}

/// Why nobody is told of what is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// None of it is so.
    Demo,
    /// It is looked at as of another day than today.
    AsOf(Day),
}

impl Silence {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Silence::Demo => "this is the demo: nobody is told".to_owned(),
            Silence::AsOf(day) => format!("as of {day}, which is not today, nobody is told"),
        }
    }
}

/// What a round came to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Round {
    /// What was tried, and what became of it.
    pub tried: Vec<(Bundle, Fate)>,
    /// When something is to be brought at the earliest, seconds since 1970.
    pub next: Option<i64>,
    /// Whether another process brings.
    pub elsewhere: bool,
}

impl Courier {
    /// Of a config, for a store; `home` is what `~/` stands for. Where a day was named that is today, it looks from
    /// then on: who watches tells of the days after it, too.
    #[must_use]
    pub fn new(config: &Config, place: Place, named: Option<Day>, home: Option<&Path>) -> Courier {
        Courier::begun(config, place, named, home, clock::now_seconds())
    }

    /// The same, begun at a moment.
    pub(super) fn begun(config: &Config, place: Place, named: Option<Day>, home: Option<&Path>, at: i64) -> Courier {
        Courier {
            channels: config.alerts.channels.clone(),
            plan: config.alerts.plan.clone(),
            wrong: config.alerts.wrong.clone(),
            is_seen: true,
            certificate: config.sync.certificate.as_deref().map(|path| at_home(path, home)),
            place,
            another: named.filter(|day| *day != Day::of_seconds(at)),
            is_demo: false,
            is_impatient: false,
        }
    }

    /// The same over generated charges.
    #[must_use]
    pub fn of_demo(self) -> Courier {
        Courier { is_demo: true, ..self }
    }

    /// The same where what failed is tried at once, whatever it waits for.
    #[must_use]
    pub fn impatient(self) -> Courier {
        Courier { is_impatient: true, ..self }
    }

    /// Why nobody is told of what is found, where that is so.
    #[must_use]
    pub fn silence(&self) -> Option<Silence> {
        self.is_demo.then_some(Silence::Demo).or(self.another.map(Silence::AsOf))
    }

    /// The same where nobody sees what the terminal is told, as in a job of cron: what is for this machine is left
    /// to who can tell it.
    #[must_use]
    pub fn unseen(self) -> Courier {
        Courier { is_seen: false, ..self }
    }

    /// The channels, besides the desktop and the terminal.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// What of the config's plan cannot be meant, and is left out.
    #[must_use]
    pub fn wrong(&self) -> &[Wrong] {
        &self.wrong
    }

    /// The moment to look at: now, or the end of the day that was named.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let now = clock::now_seconds();
        let at = self.another.map_or(now, |day| day.seconds() + DAY_SECONDS - 1);
        Moment { at, offset: clock::offset(at) }
    }

    /// Has a look, and brings what is due: no try takes longer than `most`, and none begins after that; what has not
    /// been brought stays on its way.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached or the disk fails. What was found before is brought even where
    /// nobody can look.
    pub fn round(
        &self,
        engine: &dyn Engine,
        terminal: &Terminal<'_>,
        cancel: &CancellationToken,
        most: Duration,
    ) -> Result<Round> {
        if self.silence().is_some() {
            return Ok(Round::default());
        }
        let looked = self.look(engine);
        let round = self.bring_due(engine, terminal, cancel, most)?;
        looked.map(|()| round)
    }

    /// What a look would put on its way: nothing of it is.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached.
    pub fn news(&self, engine: &dyn Engine) -> Result<Vec<Letter>> {
        let moment = self.moment();
        match engine.ask(&Question::News(moment), moment.day(), &Cancel::default())? {
            Answer::News(letters) => Ok(letters),
            _ => Err(Error::bug("the engine answered another question than what is news")),
        }
    }

    /// Has a look: what is news is on its way then.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached or the disk fails.
    pub fn look(&self, engine: &dyn Engine) -> Result<()> {
        match engine.command(&Command::Watch(self.moment()))? {
            Outcome::Watched(_) => Ok(()),
            other => Err(Error::bug(format!("a look became {other:?}"))),
        }
    }

    /// The channels of the config that something is due for.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached.
    pub fn going_to(&self, engine: &dyn Engine) -> Result<BTreeSet<String>> {
        let now = clock::now_seconds();
        let due = self.mine(engine)?.due(self.plan.storm, &|_| false, now);
        let names = due.into_iter().map(|bundle| bundle.channel);
        Ok(names.filter(|name| self.channel(name).is_some()).collect())
    }

    /// How alerts stand; what nobody has tried waits as the config has it now.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached.
    pub fn standing(&self, engine: &dyn Engine) -> Result<AlertsAnswer> {
        let (mut stands, now) = (stands(engine)?, clock::now_seconds());
        let offset = if self.plan.local_hours { clock::offset(now) } else { 0 };
        stands.wait_by(&self.plan, now, offset);
        Ok(stands)
    }

    /// The same without what is left to others.
    fn mine(&self, engine: &dyn Engine) -> Result<AlertsAnswer> {
        let mut stands = self.standing(engine)?;
        let at = clock::now_seconds();
        stands.outbox.retain(|_, letter| !self.leaves(letter, at));
        if self.is_impatient {
            stands.hurry();
        }
        Ok(stands)
    }

    /// Whether somebody else can tell it who may yet come. After a week it is too late for that.
    fn leaves(&self, letter: &Letter, at: i64) -> bool {
        let is_theirs = match letter.channel.as_str() {
            TERMINAL => !self.is_seen,
            DESKTOP => !self.is_seen && desktop::Surroundings::read().why_not().is_some(),
            _ => false,
        };
        is_theirs && at - letter.message.at < KEPT_FOR
    }

    /// Brings what is due, as [`Self::round`] does after its look.
    ///
    /// # Errors
    /// Kind `Store` where the store cannot be reached or the disk fails.
    pub fn bring_due(
        &self,
        engine: &dyn Engine,
        terminal: &Terminal<'_>,
        cancel: &CancellationToken,
        most: Duration,
    ) -> Result<Round> {
        let now = clock::now_seconds();
        let stands = self.mine(engine)?;
        // Who ends tells nobody any more: the terminal, too, may be gone.
        if cancel.is_cancelled() || stands.next().is_none_or(|next| next > now) {
            return Ok(Round { next: stands.next(), ..Round::default() });
        }
        let Some(_lock) = self.lock()? else {
            return Ok(Round { elsewhere: true, next: stands.next(), ..Round::default() });
        };
        // What another process has brought meanwhile is not due any more.
        let mut stands = self.mine(engine)?;
        let moot = stands.moot();
        if !moot.is_empty() {
            for (channel, letters) in moot {
                self.drop_moot(engine, channel, letters)?;
            }
            stands = self.mine(engine)?;
        }
        let tried = self.bring(&stands, now, (engine, terminal), cancel, most)?;
        Ok(Round { tried, next: self.mine(engine)?.next(), elsewhere: false })
    }

    /// Brings what is due. Each try is noted as soon as it is over.
    fn bring(
        &self,
        stands: &AlertsAnswer,
        now: i64,
        (engine, terminal): (&dyn Engine, &Terminal<'_>),
        cancel: &CancellationToken,
        most: Duration,
    ) -> Result<Vec<(Bundle, Fate)>> {
        let apart = |name: &str| self.keeps_apart(name);
        let mut by_channel: BTreeMap<String, Vec<Bundle>> = BTreeMap::new();
        for bundle in stands.due(self.plan.storm, &apart, now) {
            by_channel.entry(bundle.channel.clone()).or_default().push(bundle);
        }
        let mut tried = Vec::new();
        for name in [TERMINAL, DESKTOP] {
            for bundle in by_channel.remove(name).unwrap_or_default() {
                let fate = match self.is_seen || name != TERMINAL {
                    true => here(name, &bundle.message, terminal),
                    false => Fate::Impossible { why: "nobody had a terminal open for a week".to_owned() },
                };
                self.note(engine, &bundle, &fate, now)?;
                tried.push((bundle, fate));
            }
        }
        if by_channel.is_empty() {
            return Ok(tried);
        }
        let runtime = task::runtime()?;
        let since = clock::instant();
        let outcome = runtime.block_on(async {
            let (sender, mut fates) = tokio::sync::mpsc::unbounded_channel::<(Bundle, Fate)>();
            for (name, bundles) in by_channel {
                let (courier, sender, cancel) = (self.clone(), sender.clone(), cancel.clone());
                tokio::spawn(
                    async move { courier.to_channel(&name, bundles, (now, since, most), &sender, &cancel).await },
                );
            }
            drop(sender);
            let given_up = async {
                cancel.cancelled().await;
                tokio::time::sleep(LAST_WORD).await;
            };
            tokio::pin!(given_up);
            loop {
                let next = tokio::select! {
                    // What was brought is noted first.
                    biased;
                    next = fates.recv() => next,
                    () = &mut given_up => None,
                };
                let Some((bundle, fate)) = next else { return Ok::<(), Error>(()) };
                self.note(engine, &bundle, &fate, now)?;
                tried.push((bundle, fate));
            }
        });
        runtime.shutdown_background();
        outcome?;
        Ok(tried)
    }

    /// Brings what is due to one channel, one after the other; after a failure, once it is given up, or after so
    /// long, the rest waits. Each try has all of that time: what begins late has not failed when the round ends.
    async fn to_channel(
        &self,
        name: &str,
        bundles: Vec<Bundle>,
        (now, since, most): (i64, Instant, Duration),
        fates: &tokio::sync::mpsc::UnboundedSender<(Bundle, Fate)>,
        cancel: &CancellationToken,
    ) {
        let means = Means { certificate: self.certificate.clone(), now, limit: most, ..Means::default() };
        for (at, bundle) in bundles.into_iter().enumerate() {
            let fate = match self.channel(name) {
                Some(channel) => {
                    let pause = if at > 0 { PAUSE } else { Duration::ZERO };
                    if cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
                    if at > 0 && since.elapsed() >= most {
                        return;
                    }
                    let means = Means { settled: bundle.settled.clone(), ..means.clone() };
                    outgoing::bring(channel, &bundle.message, &means).await
                }
                None => Fate::Impossible { why: "the config has no such channel any more".to_owned() },
            };
            let failed = matches!(fate, Fate::Failed { .. });
            // Who has ended meanwhile has not noted it: it is brought again.
            if fates.send((bundle, fate)).is_err() || failed {
                return;
            }
        }
    }

    /// Tries a channel with a message that says so, and notes how that went.
    ///
    /// # Errors
    /// Kind `Usage` where there is no such channel, `Store` where it cannot be noted.
    pub fn test(&self, engine: &dyn Engine, name: &str, terminal: &Terminal<'_>) -> Result<Fate> {
        let now = clock::now_seconds();
        let message = Message::test(name, now);
        let fate = match (name, self.channel(name)) {
            (DESKTOP | TERMINAL, _) => here(name, &message, terminal),
            (_, Some(channel)) => {
                let means = Means { certificate: self.certificate.clone(), now, ..Means::default() };
                let runtime: Runtime = task::runtime()?;
                let fate = runtime.block_on(outgoing::bring(channel, &message, &means));
                runtime.shutdown_background();
                fate
            }
            _ => return Err(self.unknown(name)),
        };
        let tried = Try {
            channel: name.to_owned(),
            letters: Vec::new(),
            beside: Some(message),
            incident: None,
            moot: false,
            fate: fate.clone(),
            at: now,
            jitter: 0,
        };
        engine.command(&Command::Tried(tried))?;
        Ok(fate)
    }

    /// The error for a channel that is not there.
    #[must_use]
    pub fn unknown(&self, name: &str) -> Error {
        let mut known: Vec<&str> = self.channels.iter().map(|channel| channel.name.as_str()).collect();
        known.extend([DESKTOP, TERMINAL]);
        let shown = crate::domain::text::SafeText::from_outside(name);
        let error = Error::usage(format!("there is no channel `{shown}`")).did_you_mean(name, &known);
        error.hint("`spendtop alert list` shows them; `[channels.NAME]` in the config makes one")
    }

    fn note(&self, engine: &dyn Engine, bundle: &Bundle, fate: &Fate, now: i64) -> Result<()> {
        let at = clock::now_seconds().max(now);
        // As good as chance between processes and channels, and the same when it is done again.
        let jitter = blake3::hash(format!("{}{at}", bundle.message.key).as_bytes()).as_bytes()[0];
        let incident = self.keeps_apart(&bundle.channel).then(|| bundle.message.subject.clone());
        let tried = Try {
            channel: bundle.channel.clone(),
            letters: bundle.letters.clone(),
            beside: None,
            incident,
            moot: false,
            fate: fate.clone(),
            at,
            jitter: u16::from(jitter) * 3,
        };
        engine.command(&Command::Tried(tried)).map(|_| ())
    }

    /// Notes that there is nothing to tell a channel any more of what was on its way to it.
    fn drop_moot(&self, engine: &dyn Engine, channel: String, letters: Vec<String>) -> Result<()> {
        let fate = Fate::Impossible { why: String::new() };
        let (at, incident) = (clock::now_seconds(), None);
        let tried = Try { channel, letters, beside: None, incident, moot: true, fate, at, jitter: 0 };
        engine.command(&Command::Tried(tried)).map(|_| ())
    }

    fn keeps_apart(&self, name: &str) -> bool {
        self.channel(name).is_some_and(|channel| channel.via.keeps_apart())
    }

    fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// The lock of the one process that brings; `None` where another one has it.
    pub(super) fn lock(&self) -> Result<Option<File>> {
        self.place.prepare()?;
        let path = self.place.folder().join(LOCK);
        let file = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|e| Error::io(Kind::Store, "open", &path, &e))?;
        Ok(file.try_lock_exclusive().is_ok().then_some(file))
    }
}

/// How alerts stand.
///
/// # Errors
/// Kind `Store` where the store cannot be reached.
pub fn stands(engine: &dyn Engine) -> Result<AlertsAnswer> {
    match engine.ask(&Question::Alerts, clock::today(), &Cancel::default())? {
        Answer::Alerts(stands) => Ok(stands),
        _ => Err(Error::bug("the engine answered another question than how alerts stand")),
    }
}

/// Tells a person at this machine. What cannot be shown now is of no use later: the log has it.
fn here(name: &str, message: &Message, terminal: &Terminal<'_>) -> Fate {
    let notice = Notice::from(message);
    if name == TERMINAL {
        return match terminal(&notice) {
            true => Fate::Delivered,
            false => Fate::Failed { why: "no terminal is there to tell it".to_owned(), wait: None, unsure: false },
        };
    }
    if let Some(why) = desktop::Surroundings::read().why_not() {
        return Fate::LeftOut { why: why.to_owned() };
    }
    match desktop::show(&notice) {
        Ok(()) => Fate::Delivered,
        Err(why) => Fate::Impossible { why: why.0 },
    }
}

#[cfg(test)]
pub(super) mod tests;
