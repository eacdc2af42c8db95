//! The app on top of the engine of fixed answers, steered by key scripts.

use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Fake, Mood, as_of, keeper};
use crate::domain::budget::Budget;
use crate::domain::lens::Lens;
use crate::engine::budgets::{BudgetCommand, kept};
use crate::engine::local::LocalEngine;
use crate::engine::{Answer, Cancel, Command, Engine, Question, front};
use crate::error::Result;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::frugal::Frugal;
use crate::tui::key::Key as Pressed;
use crate::tui::session;
use crate::tui::theme::Env;
use crate::tui::worker::{Lane, Reply, Standing};
use crate::tui::{Options, screen};

/// The app with its engine, and what it wanted done.
pub struct Session {
    pub app: App,
    engine: Fake,
    /// What keeps what the user makes.
    keeper: LocalEngine,
    size: (u16, u16),
    /// Effects that are not questions.
    pub done: Vec<Effect>,
    /// Questions asked of what tabs cannot be drawn without.
    pub asked: Vec<Question>,
    /// Questions asked of what stands beside it.
    pub beside: Vec<Question>,
    /// Questions that wait for [`Session::answer_held`], where answers are slow.
    held: Option<Vec<Effect>>,
}

pub fn colours() -> Env {
    Env { term: "xterm-256color".into(), colorterm: "truecolor".into(), locale: "C.UTF-8".into(), ..Env::default() }
}

/// Terminals that show less, by name: without colour, in sixteen, and a console's.
pub fn poor() -> [(&'static str, Env); 3] {
    [
        ("no-colour", Env { no_color: "1".into(), ..colours() }),
        ("sixteen-colours", Env { term: "xterm".into(), locale: "C.UTF-8".into(), ..Env::default() }),
        ("console", Env { term: "linux".into(), ..Env::default() }),
    ]
}

/// What an app starts with in tests.
pub fn options(env: Env) -> Options {
    Options {
        as_of: as_of(),
        now: as_of().seconds(),
        lens: Lens::default(),
        env,
        screen: crate::config::Config::default().screen,
        background: None,
        banner: None,
        front: None,
        keymap: std::sync::Arc::default(),
        session: None,
        hints: None,
        first_run: None,
        folder: std::path::PathBuf::from("/"),
        desk: Some(crate::host::connect::desk::Desk::default()),
    }
}

impl Session {
    fn of(mood: Mood, options: &Options, size: (u16, u16)) -> Session {
        let app = App::new(options, size);
        let (done, asked, beside) = (vec![], vec![], vec![]);
        Session { app, engine: Fake(mood), keeper: keeper(), size, done, asked, beside, held: None }
    }

    #[must_use]
    pub fn new(mood: Mood, size: (u16, u16), env: Env) -> Session {
        Session::of(mood, &options(env), size)
    }

    /// The app on a front page, before anything is asked.
    #[must_use]
    pub fn with_front(page: front::Page, size: (u16, u16)) -> Session {
        Session::of(Mood::Demo, &Options { front: Some(page), ..options(colours()) }, size)
    }

    /// The app where a run was left, before anything is asked.
    #[must_use]
    pub fn resumed(session: session::Session, size: (u16, u16)) -> Session {
        Session::of(Mood::Demo, &Options { session: Some(session), ..options(colours()) }, size)
    }

    /// The same on a front page.
    #[must_use]
    pub fn resumed_with_front(session: session::Session, page: front::Page, size: (u16, u16)) -> Session {
        let options = Options { session: Some(session), front: Some(page), ..options(colours()) };
        Session::of(Mood::Demo, &options, size)
    }

    /// Starts the app and answers what it asks.
    #[must_use]
    pub fn started(mood: Mood, size: (u16, u16)) -> Session {
        let mut session = Session::new(mood, size, colours());
        session.start();
        session
    }

    /// Opens what the app asks, and answers what it asks when it starts.
    pub fn start(&mut self) {
        let effects = self.app.start();
        let (as_of, banner) = (self.app.as_of, self.app.banner.clone());
        if self.engine.0 != Mood::Broken {
            self.send(Event::Opened(Standing { as_of, banner, flags: " --demo".to_owned() }));
        }
        self.perform(effects);
    }

    /// Gives the screen another size.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.send(Event::Resize(size.0, size.1));
    }

    pub fn send(&mut self, event: Event) {
        let effects = self.app.update(event);
        self.perform(effects);
    }

    /// Puts the notes that are kept into an answer of the Spend tab.
    fn put_notes(&self, answer: &mut Result<Answer>) {
        let kept = self.keeper.ask(&Question::Notes { period: None }, as_of(), &Cancel::default());
        if let (Ok(Answer::Spend(answers)), Ok(Answer::Notes(notes))) = (answer, kept) {
            answers.iter_mut().for_each(|answer| answer.notes = notes.clone());
        }
    }

    /// Answers what is asked.
    pub fn answer(&mut self, effects: Vec<Effect>) {
        self.perform(effects);
    }

    /// From now on questions are answered only when that is said.
    pub fn hold(&mut self) -> &mut Session {
        self.held = Some(vec![]);
        self
    }

    /// Answers what was asked meanwhile, in the order in which it was; what that asks too.
    pub fn answer_held(&mut self) {
        let held = self.held.take().unwrap_or_default();
        self.perform(held);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let (Some(held), Effect::Ask(_)) = (&mut self.held, &effect) {
                held.push(effect);
                continue;
            }
            match effect {
                Effect::Ask(job) if job.question == Question::Lenses => {
                    let answer = self.keeper.ask(&job.question, job.as_of, &Cancel::default());
                    let reply = Reply { asker: job.asker, generation: job.generation, answer };
                    self.send(Event::Answer(Box::new(reply)));
                }
                Effect::Export(order) => {
                    let exported = crate::tui::export::perform(&order, Some(&self.engine), &Cancel::default());
                    self.send(Event::Exported(Box::new(exported)));
                }
                // Whoever keeps notes has no anomalies: what became of it is sent by the test.
                Effect::Do(command)
                    if matches!(*command, Command::SayOfAnomaly { .. } | Command::UnsayOfAnomaly { .. }) =>
                {
                    self.done.push(Effect::Do(command));
                }
                Effect::Do(command) => self.send(Event::Done(Box::new(self.keeper.command(&command)))),
                Effect::Ask(job) => {
                    let asked = if job.asker.lane() == Lane::Back { &mut self.beside } else { &mut self.asked };
                    asked.push(job.question.clone());
                    let mut answer = self.engine.ask(&job.question, job.as_of, &Cancel::default());
                    self.put_notes(&mut answer);
                    let reply = Reply { asker: job.asker, generation: job.generation, answer };
                    self.send(Event::Answer(Box::new(reply)));
                }
                Effect::AskExtent => self.send(Event::Extent(Box::new(self.engine.extent()))),
                other => self.done.push(other),
            }
        }
    }

    /// Does something with budgets of which the app does not hear.
    pub fn elsewhere(&mut self, command: BudgetCommand) {
        self.keeper.command(&Command::Budget(command)).expect("done");
    }

    /// The budgets that are kept.
    pub fn kept_budgets(&self) -> Vec<Budget> {
        kept::budgets(&self.keeper.store().journal())
    }

    /// Presses keys: words apart by spaces, `<name>` for keys that are no characters.
    pub fn keys(&mut self, script: &str) -> &mut Session {
        for word in script.split_whitespace() {
            let name = word.strip_prefix('<').and_then(|w| w.strip_suffix('>')).unwrap_or(word);
            let key = Pressed::parse(name).unwrap_or_else(|| panic!("no such key: {word}"));
            self.send(Event::Key(key.event()));
        }
        self
    }

    /// What was copied last.
    pub fn copied(&self) -> &str {
        match self.done.last() {
            Some(Effect::Copy(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    /// What a terminal is sent to show the screen.
    pub fn written(&self) -> String {
        let screen = self.screen();
        let mut bytes = Vec::new();
        let mut backend = Frugal::new(&mut bytes);
        backend.draw(Buffer::empty(screen.area).diff(&screen).into_iter()).expect("drawn");
        String::from_utf8(bytes).expect("UTF-8")
    }

    pub fn screen(&self) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        screen::render(&self.app, buf.area, &mut buf);
        buf
    }

    /// The screen's rows as text.
    pub fn text(&self) -> String {
        let buf = self.screen();
        let rows = buf.content().chunks(usize::from(self.size.0).max(1));
        rows.map(|row| row.iter().map(|c| c.symbol()).collect::<String>().trim_end().to_owned() + "\n").collect()
    }
}
