//! The app's state, and the one function that changes it.
//!
//! [`App::update`] takes an event and returns effects; nothing else changes state. Knows no
//! terminal, no thread and no engine: a test can replay a list of events.

use crossterm::event::KeyEvent;

use super::Options;
use super::action::{Action, Place};
use super::effect::Effect;
use super::event::Event;
use super::keymap::{Context, Key, lookup};
use super::layout;
use super::overlay::Overlay;
use super::tab::{Tab, breakdown, narrowed, spend};
use super::theme::Theme;
use super::worker::{Job, Reply};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::engine::answer::{Freshness, Key as GroupKey};
use crate::engine::twin;
use crate::engine::{Answer, Extent, Question};
use crate::error::{Error, Result};

/// Rows that a breakdown asks for at most.
const ROWS_MAX: usize = 5_000;

/// Something that was opened, and how to get back out of it.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// What it is called.
    pub label: SafeText,
    filter: Filter,
    by: Vec<Dimension>,
    period: Option<PeriodSpec>,
    key: Option<GroupKey>,
    tab: Tab,
}

/// All that the screen is drawn from.
#[derive(Clone, Debug)]
pub struct App {
    /// Today, as the caller says.
    pub as_of: Day,
    /// What all tabs look at.
    pub lens: Lens,
    /// The tab that is shown.
    pub tab: Tab,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// The Spend tab.
    pub spend: spend::State,
    /// The Breakdown tab.
    pub breakdown: breakdown::State,
    /// What was opened on the way here.
    pub path: Vec<Crumb>,
    /// Which currency is shown, once one was chosen.
    pub currency: Option<String>,
    /// What data there is, once it is known.
    pub extent: Option<Extent>,
    /// How far each provider's data goes, as last told.
    pub freshness: Vec<Freshness>,
    /// What the last key did, where the screen does not show it.
    pub status: Option<String>,
    /// A line above the tab.
    pub banner: Option<String>,
    /// What the figures are while they are those of an earlier moment: the front page's.
    pub front: Option<String>,
    /// What a command needs to ask the same data, each flag after a space.
    pub flags: String,
    /// Colours and glyphs.
    pub theme: Theme,
    /// Columns and rows.
    pub size: (u16, u16),
}

impl App {
    /// The app before anything is known.
    #[must_use]
    pub fn new(options: &Options, size: (u16, u16)) -> App {
        let mut app = App {
            as_of: options.as_of,
            lens: options.lens.clone(),
            tab: Tab::Spend,
            overlay: None,
            spend: spend::State::default(),
            breakdown: breakdown::State::default(),
            path: Vec::new(),
            currency: options.lens.currency.clone(),
            extent: None,
            freshness: Vec::new(),
            status: None,
            banner: options.banner.as_deref().map(|b| SafeText::from_outside(b).into_string()),
            front: None,
            flags: String::new(),
            theme: Theme::of(&options.env),
            size,
        };
        if let Some(page) = &options.front {
            app.show_front(page);
        }
        app
    }

    /// What is to be done once the first frame is drawn. What data there is, is asked once it is
    /// open ([`Event::Opened`]): that may take more than one try.
    pub fn start(&mut self) -> Vec<Effect> {
        self.ask()
    }

    /// Changes the state as an event demands.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.key(&key),
            Event::Paste(text) => {
                if let Some(Overlay::Filter(line)) = &mut self.overlay {
                    line.insert(&text);
                }
                vec![]
            }
            Event::Resize(columns, rows) => {
                self.size = (columns, rows);
                vec![]
            }
            Event::Opened { as_of, banner, flags } => {
                self.flags = flags;
                self.opened(as_of, banner.as_deref())
            }
            Event::Answer(reply) => {
                self.accept(*reply);
                vec![]
            }
            Event::Extent(extent) => {
                self.extent = extent.ok();
                vec![]
            }
            Event::Ended(signal) => vec![Effect::Quit(128u8.saturating_add(signal.clamp(0, 127) as u8))],
            Event::Suspend => vec![Effect::Suspend],
            Event::Resumed => vec![Effect::Redraw],
            Event::NotSuspended => {
                self.status = Some("no shell to go back to: q quits".into());
                vec![]
            }
            Event::WorkerDied => vec![Effect::Quit(crate::error::Kind::Bug.exit_code())],
        }
    }

    /// Where keys go.
    #[must_use]
    pub fn place(&self) -> Place {
        self.overlay.as_ref().map_or(Place::Tab(self.tab), Overlay::place)
    }

    /// The facts that decide which keys work now.
    #[must_use]
    pub fn context(&self) -> Context {
        let can_open = match self.tab {
            Tab::Spend => self.spend_answer().is_some_and(|a| !a.starts.is_empty()),
            Tab::Breakdown => self.breakdown_answer().is_some_and(|a| !a.rows.is_empty()),
            _ => false,
        };
        let currencies = self.currencies().len() > 1;
        Context { place: self.place(), can_go_back: !self.path.is_empty(), can_open, currencies }
    }

    /// The Spend tab's answer in the chosen currency.
    #[must_use]
    pub fn spend_answer(&self) -> Option<&crate::engine::answer::SpendAnswer> {
        self.spend.answer(self.currency.as_deref())
    }

    /// The Breakdown tab's answer in the chosen currency.
    #[must_use]
    pub fn breakdown_answer(&self) -> Option<&crate::engine::answer::BreakdownAnswer> {
        self.breakdown.answer(self.currency.as_deref())
    }

    /// The currencies of the tab's answer, in its order.
    #[must_use]
    pub fn currencies(&self) -> Vec<&str> {
        match self.tab {
            Tab::Spend => self.spend.slot.shown.iter().flat_map(|s| &s.answers).map(|a| a.currency.as_str()).collect(),
            Tab::Breakdown => {
                self.breakdown.slot.shown.iter().flat_map(|s| &s.answers).map(|a| a.currency.as_str()).collect()
            }
            _ => vec![],
        }
    }

    /// The currency that is shown.
    #[must_use]
    pub fn shown_currency(&self) -> Option<&str> {
        match self.tab {
            Tab::Spend => self.spend_answer().map(|a| a.currency.as_str()),
            Tab::Breakdown => self.breakdown_answer().map(|a| a.currency.as_str()),
            _ => None,
        }
    }

    /// Whether the tab's newest question is not answered yet.
    #[must_use]
    pub fn waiting(&self) -> bool {
        match self.tab {
            Tab::Spend => self.spend.slot.waiting(),
            Tab::Breakdown => self.breakdown.slot.waiting(),
            _ => false,
        }
    }

    /// Why the tab has no newer answer.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self.tab {
            Tab::Spend => self.spend.slot.error.as_ref(),
            Tab::Breakdown => self.breakdown.slot.error.as_ref(),
            _ => None,
        }
    }

    /// Asks what the tab shows, where that is not asked yet.
    pub(super) fn ask(&mut self) -> Vec<Effect> {
        let crumbs: Vec<SafeText> = self.path.iter().map(|c| c.label.clone()).collect();
        let (generation, question) = match self.tab {
            Tab::Spend => (self.spend.slot.ask(&self.lens, &crumbs), Question::Spend(self.lens.clone())),
            Tab::Breakdown => (
                self.breakdown.slot.ask(&self.lens, &crumbs),
                Question::Breakdown { lens: self.lens.clone(), limit: Some(ROWS_MAX) },
            ),
            _ => return vec![],
        };
        let Some(generation) = generation else { return vec![] };
        vec![Effect::Ask(Box::new(Job { tab: self.tab, generation, question, as_of: self.as_of }))]
    }

    fn accept(&mut self, reply: Reply) {
        let odd = || Error::bug("the engine answered another question");
        match (reply.tab, reply.answer) {
            (Tab::Breakdown, answer) => {
                let answers: Result<_> = answer.and_then(|a| match a {
                    Answer::Breakdown(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                if self.breakdown.slot.accept(reply.generation, answers) {
                    self.breakdown.arrange(self.currency.as_deref());
                }
            }
            (_, answer) => {
                let answers: Result<_> = answer.and_then(|a| match a {
                    Answer::Spend(answers) => Ok(answers),
                    _ => Err(odd()),
                });
                if self.spend.slot.accept(reply.generation, answers) {
                    self.front = None;
                    self.freshness = self.spend_answer().map_or_else(Vec::new, |a| a.freshness.clone());
                }
            }
        }
    }

    fn key(&mut self, event: &KeyEvent) -> Vec<Effect> {
        let Some(key) = Key::of(event) else { return vec![] };
        self.status = None;
        match lookup(key, self.place()) {
            Some(action) => self.perform(action),
            None => {
                if let (Some(Overlay::Filter(line)), Some(c)) = (&mut self.overlay, key.typed()) {
                    line.insert(c.encode_utf8(&mut [0; 4]));
                }
                vec![]
            }
        }
    }

    /// Does what an action says.
    pub fn perform(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit(0)],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => {
                if self.error().is_some() {
                    self.spend.slot.forget();
                    self.breakdown.slot.forget();
                }
                let mut effects = self.ask();
                effects.push(Effect::Redraw);
                return effects;
            }
            _ => {}
        }
        if self.overlay.is_some() {
            return self.perform_over(action);
        }
        match action {
            Action::Show(tab) => self.show(tab),
            Action::NextTab => self.show(self.tab.step(1)),
            Action::PreviousTab => self.show(self.tab.step(Tab::ALL.len() - 1)),
            Action::Open => self.open(),
            Action::Back => self.back(),
            Action::CopyRow => return self.copy_row(),
            Action::CopyCommand => return self.copy_command(),
            Action::Help | Action::Filter | Action::Period | Action::GroupBy => self.open_overlay(action),
            Action::Earlier => self.lens.period = self.lens.period.step(-1, self.as_of),
            Action::Later => self.later(),
            Action::Metric => self.lens.metric = after(&crate::domain::charge::Metric::ALL, &self.lens.metric),
            Action::Comparison => self.lens.comparison = after(&Comparison::ALL, &self.lens.comparison),
            Action::Currency => self.next_currency(),
            _ => self.move_about(action),
        }
        self.ask()
    }

    fn show(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// The next period, unless it has not begun.
    fn later(&mut self) {
        let next = self.lens.period.step(1, self.as_of);
        if next.resolve(self.as_of).from > self.as_of {
            self.status = Some("that period has not begun".into());
        } else {
            self.lens.period = next;
        }
    }

    fn next_currency(&mut self) {
        let all: Vec<String> = self.currencies().into_iter().map(str::to_owned).collect();
        let Some(shown) = self.shown_currency().map(str::to_owned) else { return };
        if all.len() > 1 {
            self.currency = Some(after(&all, &shown));
            self.breakdown.arrange(self.currency.as_deref());
        } else {
            self.status = Some(format!("{} is the only currency", SafeText::from_outside(&shown)));
        }
    }

    /// How many lines a page has.
    fn page(&self) -> usize {
        let area = ratatui::layout::Rect::new(0, 0, self.size.0, self.size.1);
        let body = layout::screen(area, self.line().is_some()).body;
        usize::from(layout::breakdown(body).rows.height).max(1)
    }

    fn move_about(&mut self, action: Action) {
        let currency = self.currency.clone();
        let currency = currency.as_deref();
        let page = self.page();
        if self.tab == Tab::Spend {
            match action {
                Action::DayBefore => self.spend.move_cursor(-1, currency),
                Action::DayAfter => self.spend.move_cursor(1, currency),
                _ => {
                    if let Some(by) = distance(action, page) {
                        self.spend.move_mover(by, currency);
                    }
                }
            }
        } else if self.tab == Tab::Breakdown {
            match action {
                Action::Sort => self.breakdown.sort_next(currency),
                Action::Reverse => self.breakdown.reverse(currency),
                Action::Mark => {
                    self.breakdown.mark(currency);
                    self.breakdown.select(self.breakdown.selected() + 1, page, currency);
                }
                _ => {
                    if let Some(by) = distance(action, page) {
                        let to = self.breakdown.selected().saturating_add_signed(by);
                        self.breakdown.select(to, page, currency);
                    }
                }
            }
        }
    }

    /// Opens the selected day, move or row in the Breakdown tab. Not while what is on the screen
    /// answers an older question: its rows are not those of the lens.
    fn open(&mut self) {
        if self.waiting() || self.error().is_some() {
            self.status = self.waiting().then(|| "loading".into());
            return;
        }
        if self.tab == Tab::Spend {
            let Some(answer) = self.spend_answer() else { return };
            if let Some(mover) = self.spend.selected_mover(answer) {
                let (by, key) = (answer.movers_by.clone(), mover.key.clone());
                let label = join(spend::view::mover_labels(answer, mover));
                let all = answer.movers.iter().map(|m| (&m.key, &m.names));
                let filter = narrowed(&self.lens.filter, &by, &key, all);
                self.drill(by, key, filter, label);
            } else if let Some(days) = self.spend.selected_days(answer) {
                self.open_days(days);
            }
            self.tab = Tab::Breakdown;
            return;
        }
        let Some(answer) = self.breakdown_answer() else { return };
        let Some(row) = self.breakdown.row(answer) else { return };
        let label = SafeText::from_outside(&breakdown::state::name(answer, row));
        let (by, key) = (answer.by.clone(), row.key.clone());
        let filter = narrowed(&self.lens.filter, &by, &key, answer.rows.iter().map(|r| (&r.key, &r.names)));
        self.drill(by, key, filter, label);
    }

    fn open_days(&mut self, days: Period) {
        let period = Some(std::mem::replace(&mut self.lens.period, PeriodSpec::Range(days)));
        self.push(SafeText::from_outside(&days.words()), period, None);
    }

    fn drill(&mut self, by: Vec<Dimension>, key: GroupKey, filter: Filter, label: SafeText) {
        let lens = Lens { by, filter, ..self.lens.clone() };
        let Some(next) = breakdown::state::next_level(&lens) else {
            self.status = Some("this is the finest level: b groups otherwise".into());
            return;
        };
        self.push(label, None, Some(key));
        self.lens.filter = lens.filter;
        self.lens.by = vec![next];
    }

    fn push(&mut self, label: SafeText, period: Option<PeriodSpec>, key: Option<GroupKey>) {
        let (filter, by) = (self.lens.filter.clone(), self.lens.by.clone());
        self.path.push(Crumb { label, filter, by, period, key, tab: self.tab });
        self.breakdown.seek(None);
    }

    fn back(&mut self) {
        let Some(crumb) = self.path.pop() else { return };
        self.lens.filter = crumb.filter;
        self.lens.by = crumb.by;
        if let Some(period) = crumb.period {
            self.lens.period = period;
        }
        self.tab = crumb.tab;
        self.breakdown.seek(crumb.key);
    }

    fn copy(&mut self, text: String, what: &str) -> Vec<Effect> {
        self.status = Some(format!("{what}: sent to the terminal's clipboard"));
        vec![Effect::Copy(text)]
    }

    fn copy_command(&mut self) -> Vec<Effect> {
        let twin = if self.tab == Tab::Spend { twin::spend } else { twin::command };
        let command = format!("{}{}", twin(&self.lens, self.as_of), self.flags);
        self.copy(command, "the command")
    }

    fn copy_row(&mut self) -> Vec<Effect> {
        let text = match self.tab {
            Tab::Spend => self.spend_answer().and_then(|a| spend::view::row_text(&self.spend, a)),
            Tab::Breakdown => self.breakdown_answer().and_then(|a| breakdown::view::row_text(&self.breakdown, a)),
            _ => None,
        };
        text.map_or_else(Vec::new, |text| self.copy(text, "the row"))
    }
}

/// How far a movement goes; `None` for other actions.
pub(super) fn distance(action: Action, page: usize) -> Option<isize> {
    let page = page as isize;
    Some(match action {
        Action::Down => 1,
        Action::Up => -1,
        Action::PageDown => page,
        Action::PageUp => -page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        _ => return None,
    })
}

/// The one after `current`, round the end.
fn after<T: Clone + PartialEq>(all: &[T], current: &T) -> T {
    let at = all.iter().position(|t| t == current).map_or(0, |at| (at + 1) % all.len());
    all[at].clone()
}

fn join(labels: Vec<SafeText>) -> SafeText {
    let words: Vec<String> = labels.into_iter().map(SafeText::into_string).collect();
    SafeText::from_outside(&words.join(" / "))
}
