//! What the line mode waits for: the next line, or that syncing stands otherwise.
//!
//! Lines are read on a thread of their own, one at a time and only when the one before is dealt with: what
//! follows `quit` is never read.

use std::io::BufRead;
use std::sync::Weak;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::command::{self, Word};
use super::{Session, syncing};
use crate::clock;
use crate::domain::text::SafeText;
use crate::tui::event::Event;
use crate::tui::syncing::{Snapshot, Watcher};

/// Words on syncing that may wait to be told.
const WAITING_MAX: usize = 8;

/// What came.
enum Heard {
    /// A line; empty where there are no more.
    Line(Vec<u8>),
    /// How syncing stands now.
    Syncing(Box<Snapshot>),
}

impl Session<'_> {
    /// Tells what is spent, then obeys each line.
    pub(super) fn serve(&mut self, input: &mut (dyn BufRead + Send), prompt: bool) -> std::io::Result<()> {
        self.spend()?;
        self.tell_news()?;
        let (heard, hears) = channel();
        let _watcher = self.watch(heard.clone());
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
            self.listen(&asks, &hears, prompt)
        })
    }

    fn listen(&mut self, asks: &Sender<()>, hears: &Receiver<Heard>, prompt: bool) -> std::io::Result<()> {
        loop {
            self.prompt(prompt)?;
            if asks.send(()).is_err() {
                return Ok(());
            }
            let line = loop {
                match hears.recv() {
                    Ok(Heard::Line(line)) => break line,
                    Ok(Heard::Syncing(snapshot)) => {
                        let news = self.heard.news(&snapshot);
                        if !news.is_empty() {
                            // Whoever types has the prompt before them.
                            if prompt {
                                self.say("")?;
                            }
                            self.lines(&news)?;
                            self.prompt(prompt)?;
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

    fn prompt(&mut self, prompt: bool) -> std::io::Result<()> {
        if prompt {
            writeln!(self.out)?;
            write!(self.out, "Command, or help: ")?;
        }
        self.out.flush()
    }

    /// Has it told whenever syncing stands otherwise, until what is given back is dropped.
    fn watch(&self, heard: Sender<Heard>) -> Option<Watcher> {
        let Some(Ok(syncs)) = &self.syncing else { return None };
        let (events, mut told) = tokio::sync::mpsc::channel(WAITING_MAX);
        let watcher = Watcher::start(Weak::clone(syncs), events).ok()?;
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
