//! What the line mode waits for: the next line, that syncing stands otherwise, or an alert.
//!
//! Lines are read on a thread of their own, one at a time and only when the one before is dealt with: what
//! follows `quit` is never read.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};

use super::command::{self, Word};
use super::{Session, alerts, syncing};
use crate::clock;
use crate::domain::text::SafeText;
use crate::engine::Listener;
use crate::tui::alerting;
use crate::tui::event::Event;
use crate::tui::notices::BELL;
use crate::tui::syncing::{Snapshot, Watcher};

/// Words on syncing that may wait to be told.
const WAITING_MAX: usize = 8;

/// What came.
enum Heard {
    /// A line; empty where there are no more.
    Line(Vec<u8>),
    /// How syncing stands now.
    Syncing(Box<Snapshot>),
    /// There may be something that a person is to be told.
    Alerts,
}

impl Session<'_> {
    /// Tells what is spent, then obeys each line.
    pub(super) fn serve(&mut self, input: &mut (dyn BufRead + Send)) -> std::io::Result<()> {
        self.spend()?;
        self.tell_news()?;
        let (heard, hears) = channel();
        let _watcher = self.watch(heard.clone());
        let _listener = self.hear_alerts(heard.clone());
        let (asks, asked) = channel();
        std::thread::scope(|scope| {
            let read = move || {
                for () in asked {
                    let mut line = Vec::new();
                    // Input that cannot be read any more has ended.
                    let _ = input.read_until(b'\n', &mut line);
                    if heard.send(Heard::Line(line)).is_err() {
                        return;
                    }
                }
            };
            std::thread::Builder::new().name("tui-lines".into()).spawn_scoped(scope, read)?;
            // Moved in: without anybody who asks for lines their thread ends.
            let asks = asks;
            self.listen(&asks, &hears)
        })?;
        // What has come with the last line is not told by anybody else.
        self.tell_alerts(false)?;
        self.out.flush()
    }

    fn listen(&mut self, asks: &Sender<()>, hears: &Receiver<Heard>) -> std::io::Result<()> {
        loop {
            self.tell_alerts(false)?;
            self.prompt()?;
            if asks.send(()).is_err() {
                return Ok(());
            }
            let line = loop {
                match hears.recv() {
                    Ok(Heard::Line(line)) => break line,
                    Ok(Heard::Syncing(snapshot)) => {
                        let news = self.heard.news(&snapshot);
                        if !news.is_empty() {
                            self.away_from_prompt()?;
                            self.lines(&news)?;
                            self.prompt()?;
                        }
                    }
                    Ok(Heard::Alerts) => {
                        if self.tell_alerts(true)? {
                            self.prompt()?;
                        }
                    }
                    Err(_) => return Ok(()),
                }
            };
            if line.is_empty() {
                return Ok(());
            }
            match command::read(&String::from_utf8_lossy(&line)) {
                Ok(None) => {}
                Ok(Some((Word::Quit, _))) => return Ok(()),
                Ok(Some((word, rest))) => {
                    self.refresh();
                    self.obey(word, rest)?;
                }
                Err(why) => self.say(&why)?,
            }
        }
    }

    /// Begins a line: whoever types has the prompt before them.
    fn away_from_prompt(&mut self) -> std::io::Result<()> {
        if self.reader.types { self.say("") } else { Ok(()) }
    }

    fn prompt(&mut self) -> std::io::Result<()> {
        if self.reader.types {
            writeln!(self.out)?;
            write!(self.out, "Command, or help: ")?;
        }
        self.out.flush()
    }

    /// Has it told whenever syncing stands otherwise, until what is given back is dropped.
    fn watch(&self, heard: Sender<Heard>) -> Option<Watcher> {
        let Some(Ok(syncs)) = &self.syncing else { return None };
        let (events, mut told) = tokio::sync::mpsc::channel(WAITING_MAX);
        let watcher = Watcher::start(Weak::clone(syncs), events, false).ok()?;
        let pass = move || {
            while let Some(event) = told.blocking_recv() {
                let Event::Syncing(Some(snapshot)) = event else { continue };
                if heard.send(Heard::Syncing(snapshot)).is_err() {
                    return;
                }
            }
        };
        // Without a thread for that `sync` still tells how it stands.
        std::thread::Builder::new().name("tui-hears".into()).spawn(pass).ok()?;
        Some(watcher)
    }

    /// Has it said whenever there may be something to tell a person, until what is given back is dropped.
    fn hear_alerts(&self, heard: Sender<Heard>) -> Option<Listener<()>> {
        self.reader.sees.then(|| {
            let listener: Listener<()> = Arc::new(move |()| {
                // Who does not listen any more has told what there was.
                let _ = heard.send(Heard::Alerts);
            });
            self.alerting.iter().filter_map(Weak::upgrade).for_each(|alerts| alerts.subscribe(&listener));
            let syncing = self.syncing.iter().flatten().filter_map(Weak::upgrade);
            syncing.for_each(|syncs| syncs.subscribe(&listener));
            listener
        })
    }

    /// Tells what is for the terminal, and rings; whether there was anything. It counts as told: where nobody sees it,
    /// it is left to who does.
    fn tell_alerts(&mut self, interrupts: bool) -> std::io::Result<bool> {
        if !self.reader.sees {
            return Ok(false);
        }
        let mut lines = Vec::new();
        if let Some(alerting) = self.alerting.as_ref().and_then(Weak::upgrade) {
            lines.extend(std::iter::from_fn(|| alerting.notice()).flat_map(|notice| alerts::told(&notice)));
        }
        if let Some(Ok(syncing)) = self.syncing.as_ref().map(|syncs| syncs.as_ref().map(Weak::upgrade)) {
            let notices = syncing.iter().flat_map(|syncs| std::iter::from_fn(|| syncs.notice()));
            lines.extend(notices.flat_map(|notice| alerts::told(&notice)));
        }
        if lines.is_empty() {
            return Ok(false);
        }
        if interrupts {
            self.away_from_prompt()?;
        }
        self.lines(&lines)?;
        write!(self.out, "{BELL}")?;
        Ok(true)
    }

    /// `alerts`: how they stand.
    pub(super) fn alerts(&mut self) -> std::io::Result<()> {
        let alerting = self.alerting.as_ref().and_then(Weak::upgrade);
        let stands = |standing| alerting::Snapshot { at: clock::now_seconds(), standing };
        let snapshot = alerting.map(|alerting| stands(alerting.standing()));
        self.lines(&alerts::standing(snapshot.as_ref()))
    }

    /// How syncing stands at this moment; `None` where nothing is synced.
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        match self.syncing.as_ref()? {
            Err(error) => Some(Snapshot::failed(error.clone())),
            Ok(syncs) => Some(Snapshot { at: clock::now_seconds(), overview: syncs.upgrade()?.overview() }),
        }
    }

    /// Tells what of syncing has to be told by itself.
    pub(super) fn tell_news(&mut self) -> std::io::Result<()> {
        let news = self.snapshot().map(|snapshot| self.heard.news(&snapshot)).unwrap_or_default();
        self.lines(&news)
    }

    /// `sync`: how it stands; `sync now`: asks all connections.
    pub(super) fn sync(&mut self, rest: &str) -> std::io::Result<()> {
        let (snapshot, demo) = (self.snapshot(), self.app.flags.contains(" --demo"));
        match rest {
            "" => self.lines(&syncing::standing(snapshot.as_ref(), demo)),
            "now" => {
                let Some(Ok(syncs)) = &self.syncing else {
                    return self.lines(&syncing::standing(snapshot.as_ref(), demo));
                };
                match syncs.upgrade().map(|syncs| syncs.ask_now()) {
                    Some(Err(error)) => self.say(&format!("Not asked: {}.", SafeText::from_outside(&error.message))),
                    _ => {
                        let said: Vec<String> = snapshot.iter().map(|snapshot| self.heard.ask(snapshot)).collect();
                        self.lines(&said)
                    }
                }
            }
            other => self.say(&format!("sync takes nothing, or now; not {}.", SafeText::from_outside(other))),
        }
    }
}
