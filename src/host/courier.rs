//! Has a look for what a person is to know, and brings what is on its way: once, for a command, or again and
//! again ([`super::alerting`]).
//!
//! One process at a time brings, by a lock beside the store, so that nobody is told twice; the others leave it to
//! that one. What is not brought stays on its way; when it is tried again is decided where it is noted. Knows no
//! face.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs2::FileExt;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::alert::Channel;
use crate::config::{Config, at_home};
use crate::domain::alert::{Bundle, DESKTOP, Fate, Message, TERMINAL};
use crate::domain::calendar::{DAY_SECONDS, Day};
use crate::engine::alerts::{AlertsAnswer, Try};
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
    storm: usize,
    certificate: Option<PathBuf>,
    place: Place,
    /// The day to take for today, where one was named.
    fixed: Option<Day>,
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
    /// Of a config, for a store; `home` is what `~/` stands for.
    #[must_use]
    pub fn new(config: &Config, place: Place, fixed: Option<Day>, home: Option<&Path>) -> Courier {
        Courier {
            channels: config.alerts.channels.clone(),
            storm: config.alerts.plan.storm,
            certificate: config.sync.certificate.as_deref().map(|path| at_home(path, home)),
            place,
            fixed,
        }
    }

    /// The channels, besides the desktop and the terminal.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The moment to look at: now, or the end of the day that was named.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let now = clock::now_seconds();
        let at = match self.fixed {
            Some(day) if day != Day::of_seconds(now) => day.seconds() + DAY_SECONDS - 1,
            _ => now,
        };
        Moment { at, offset: clock::offset(at) }
    }

    /// Has a look, and brings what is due, for as long as `most`; what has not been brought by then stays on its
    /// way.
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
        let moment = self.moment();
        let looked = match engine.command(&Command::Watch(moment)) {
            Ok(Outcome::Watched(_)) => Ok(()),
            Ok(other) => Err(Error::bug(format!("a look became {other:?}"))),
            Err(error) => Err(error),
        };
        let round = self.bring_due(engine, clock::now_seconds().max(moment.at), terminal, cancel, most)?;
        looked.map(|()| round)
    }

    fn bring_due(
        &self,
        engine: &dyn Engine,
        now: i64,
        terminal: &Terminal<'_>,
        cancel: &CancellationToken,
        most: Duration,
    ) -> Result<Round> {
        let stands = stands(engine)?;
        // Who ends tells nobody any more: the terminal, too, may be gone.
        if cancel.is_cancelled() || stands.next().is_none_or(|next| next > now) {
            return Ok(Round { next: stands.next(), ..Round::default() });
        }
        let Some(_lock) = self.lock()? else {
            return Ok(Round { elsewhere: true, next: stands.next(), ..Round::default() });
        };
        // What another process has brought meanwhile is not due any more.
        let stands = self::stands(engine)?;
        let tried = self.bring(&stands, now, (engine, terminal), cancel, most)?;
        Ok(Round { tried, next: self::stands(engine)?.next(), elsewhere: false })
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
        let apart = |name: &str| self.channel(name).is_some_and(|channel| channel.via.keeps_apart());
        let mut by_channel: BTreeMap<String, Vec<Bundle>> = BTreeMap::new();
        for bundle in stands.due(self.storm, &apart, now) {
            by_channel.entry(bundle.channel.clone()).or_default().push(bundle);
        }
        let mut tried = Vec::new();
        for name in [TERMINAL, DESKTOP] {
            for bundle in by_channel.remove(name).unwrap_or_default() {
                let fate = here(name, &bundle.message, terminal);
                note(engine, &bundle, &fate, now)?;
                tried.push((bundle, fate));
            }
        }
        if by_channel.is_empty() {
            return Ok(tried);
        }
        let runtime = task::runtime()?;
        let outcome = runtime.block_on(async {
            let (sender, mut fates) = tokio::sync::mpsc::unbounded_channel::<(Bundle, Fate)>();
            for (name, bundles) in by_channel {
                let (courier, sender) = (self.clone(), sender.clone());
                let cancel = cancel.clone();
                tokio::spawn(async move { courier.to_channel(&name, bundles, now, &sender, &cancel).await });
            }
            drop(sender);
            let late = tokio::time::sleep(most);
            let given_up = async {
                cancel.cancelled().await;
                tokio::time::sleep(LAST_WORD).await;
            };
            tokio::pin!(late, given_up);
            loop {
                let next = tokio::select! {
                    // What was brought is noted first.
                    biased;
                    next = fates.recv() => next,
                    () = &mut given_up => None,
                    () = &mut late => None,
                };
                let Some((bundle, fate)) = next else { return Ok::<(), Error>(()) };
                note(engine, &bundle, &fate, now)?;
                tried.push((bundle, fate));
            }
        });
        runtime.shutdown_background();
        outcome.map(|()| tried)
    }

    /// Brings what is due to one channel, one after the other; after a failure, or once it is given up, the rest
    /// waits.
    async fn to_channel(
        &self,
        name: &str,
        bundles: Vec<Bundle>,
        now: i64,
        fates: &tokio::sync::mpsc::UnboundedSender<(Bundle, Fate)>,
        cancel: &CancellationToken,
    ) {
        let means = Means { certificate: self.certificate.clone(), now };
        for (at, bundle) in bundles.into_iter().enumerate() {
            let fate = match self.channel(name) {
                Some(channel) => {
                    let pause = if at > 0 { PAUSE } else { Duration::ZERO };
                    if cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
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
                let means = Means { certificate: self.certificate.clone(), now };
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
            false => Fate::Failed { why: "no terminal is there to tell it".to_owned(), wait: None },
        };
    }
    match desktop::show(&notice) {
        Ok(()) => Fate::Delivered,
        Err(why) => Fate::Impossible { why: why.0 },
    }
}

fn note(engine: &dyn Engine, bundle: &Bundle, fate: &Fate, now: i64) -> Result<()> {
    let at = clock::now_seconds().max(now);
    // As good as chance between processes and channels, and the same when it is done again.
    let jitter = blake3::hash(format!("{}{at}", bundle.message.key).as_bytes()).as_bytes()[0];
    let tried = Try {
        channel: bundle.channel.clone(),
        letters: bundle.letters.clone(),
        beside: None,
        fate: fate.clone(),
        at,
        jitter: u16::from(jitter) * 3,
    };
    engine.command(&Command::Tried(tried)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::alert::Letter;
    use crate::engine::local::LocalEngine;
    use crate::engine::{Extent, OpenFile, export};
    use crate::store::Store;

    /// An engine over a damaged store: nobody can look.
    struct Blind(LocalEngine);

    impl Engine for Blind {
        fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer> {
            self.0.ask(question, as_of, cancel)
        }

        fn command(&self, command: &Command) -> Result<Outcome> {
            match command {
                Command::Watch(_) => Err(Error::store("a chunk is damaged")),
                command => self.0.command(command),
            }
        }

        fn export(&self, scope: &export::Scope, open: &OpenFile<'_>, cancel: &Cancel) -> Result<u64> {
            self.0.export(scope, open, cancel)
        }

        fn extent(&self) -> Result<Extent> {
            self.0.extent()
        }
    }

    #[test]
    fn what_was_found_is_brought_even_where_nobody_can_look() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Arc::new(Store::in_memory(&[]));
        let letter = Letter::new(Message::test("a", 0), TERMINAL, 0);
        let value = serde_json::to_value(&letter).expect("JSON");
        store.journal().set("outbox", &letter.name(), Some(value)).expect("kept");
        let engine = Blind(LocalEngine::new(Arc::clone(&store), Config::default().settle, false));
        let courier = Courier::new(&Config::default(), Place::beside(&folder.path().join("store")), None, None);
        let told = std::cell::Cell::new(0);
        let terminal = |_: &Notice| {
            told.set(told.get() + 1);
            true
        };
        for _ in 0..2 {
            let round = courier.round(&engine, &terminal, &CancellationToken::new(), Duration::from_secs(5));
            assert!(round.expect_err("it is said").message.contains("a chunk is damaged"));
        }
        assert_eq!((told.get(), stands(&engine).expect("it stands").outbox.len()), (1, 0), "once");
        // Nothing is told by who is about to end.
        let letter = Letter::new(Message::test("b", 1), TERMINAL, 0);
        let value = serde_json::to_value(&letter).expect("JSON");
        store.journal().set("outbox", &letter.name(), Some(value)).expect("kept");
        let ends = CancellationToken::new();
        ends.cancel();
        assert!(courier.round(&engine, &terminal, &ends, Duration::from_secs(5)).is_err());
        assert_eq!((told.get(), stands(&engine).expect("it stands").outbox.len()), (1, 1), "it stays on its way");
    }

    #[test]
    fn a_certificate_at_home_is_found_there() {
        let mut config = Config::default();
        config.sync.certificate = Some("~/corp.pem".into());
        let of = |home| Courier::new(&config, Place::beside(Path::new("/s/store")), None, home).certificate;
        assert_eq!(of(Some(Path::new("/home/me"))), Some("/home/me/corp.pem".into()));
        assert_eq!(of(None), Some("~/corp.pem".into()));
    }
}
