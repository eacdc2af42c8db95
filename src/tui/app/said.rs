//! What keys do in the Anomalies tab, and what becomes of it.
//!
//! Knows no store: what is said goes out as an effect and comes back as an event.

use ratatui::layout::Position;

use super::App;
use super::ask::answered;
use super::distance;
use crate::domain::anomaly::{Saying, Word, clean_note};
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::engine::anomalies::say::Said;
use crate::engine::{Answer, Command, Question};
use crate::error::Result;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::foot::Wrong;
use crate::tui::overlay::prompt::{Prompt, Purpose};
use crate::tui::tab::Tab;
use crate::tui::tab::anomalies::state::Before;
use crate::tui::tab::anomalies::view;
use crate::tui::worker::Asker;

/// Days that are snoozed where none are named.
const SNOOZE_DAYS: i32 = 7;
/// Lines that a page goes by.
const PAGE: usize = 10;

impl App {
    /// Asks which anomalies there are.
    pub(super) fn ask_anomalies(&mut self) -> Option<Effect> {
        let question = Question::Anomalies(self.anomalies.query(&self.lens.filter));
        let generation = self.anomalies.slot.ask(&question, &self.lens, &[])?;
        Some(self.asking(Asker::Anomalies, generation, question))
    }

    /// Asks what the selected one is.
    pub(super) fn ask_beside_anomalies(&mut self) -> Vec<Effect> {
        if self.anomalies.slot.waiting() {
            return vec![];
        }
        let Some(selected) = self.anomalies.selected() else { return vec![] };
        let question = Question::Anomaly(selected.anomaly.id.to_string());
        let Some(generation) = self.anomalies.detail.ask(&question, &self.lens, &[]) else { return vec![] };
        vec![self.asking(Asker::Anomaly, generation, question)]
    }

    pub(super) fn accept_anomalies(&mut self, generation: u64, answer: Result<Answer>) {
        let answers = answered!(answer, Anomalies).map(|answer| vec![answer]);
        self.anomalies.slot.accept(generation, answers);
    }

    pub(super) fn accept_anomaly(&mut self, generation: u64, answer: Result<Answer>) {
        let answers = answered!(answer, Anomaly).map(|answer| vec![*answer]);
        self.anomalies.detail.accept(generation, answers);
    }

    /// Does what an action says in the tab. `None` where it is not the tab's.
    pub(super) fn perform_anomalies(&mut self, action: Action) -> Option<Vec<Effect>> {
        if self.tab != Tab::Anomalies {
            return None;
        }
        let effects = match action {
            Action::Open | Action::Explain => {
                self.open_anomaly(action);
                vec![]
            }
            Action::CopyRow => return Some(self.copy_summary()),
            Action::CopyCommand => {
                let selected = self.anomalies.selected()?;
                let command = format!("spendtop anomalies show {}{}", selected.anomaly.id.short(), self.flags);
                return Some(self.copy(command, "the command"));
            }
            Action::Sort => {
                self.anomalies.next_sort();
                vec![]
            }
            Action::ShowOnly => {
                self.anomalies.only = self.anomalies.only.next();
                vec![]
            }
            Action::Acknowledge | Action::Snooze | Action::Expect => {
                self.ask_what_to_say(action);
                vec![]
            }
            Action::Reopen => self.say_of_selected(Word::Reopened, ""),
            Action::Undo => self.undo_said(),
            _ => {
                let by = distance(action, PAGE)?;
                self.anomalies.go(by, self.anomaly_lines());
                vec![]
            }
        };
        Some(effects.into_iter().chain(self.ask()).collect())
    }

    /// How many lines of the list are seen.
    fn anomaly_lines(&self) -> usize {
        usize::from(view::lines(&self.anomalies, self.body()).height)
    }

    /// The line of the list at a place of the screen.
    pub(super) fn anomaly_at(&self, at: Position) -> Option<usize> {
        view::row_at(&self.anomalies, self.body(), at)
    }

    /// Selects a line of the list; tells whether it was that already.
    pub(super) fn select_anomaly(&mut self, at: usize) -> bool {
        let selected = self.anomalies.at() == at;
        self.anomalies.select(at, self.anomaly_lines());
        selected
    }

    /// Opens the line that a note, or the day to snooze until, is written on.
    fn ask_what_to_say(&mut self, action: Action) {
        let Some(selected) = self.anomalies.selected() else {
            self.status = Some("there is no anomaly to say it of".to_owned());
            return;
        };
        let id = selected.anomaly.id.to_string();
        let until = self.as_of.plus(SNOOZE_DAYS).to_string();
        let prompt = match action {
            Action::Snooze => Prompt::new(Purpose::Snooze(id), &until),
            Action::Expect => Prompt::new(Purpose::Expect(id), ""),
            _ => Prompt::new(Purpose::Acknowledge(id), ""),
        };
        self.overlay = Some(Overlay::Prompt(prompt));
    }

    /// What is said by the answer to what was asked; `None` where the answer is refused.
    pub(super) fn said_by_prompt(&mut self, purpose: &Purpose, text: &str) -> Option<Command> {
        let refuse = |app: &mut App, message: String| {
            if let Some(Overlay::Prompt(prompt)) = &mut app.overlay {
                prompt.refuse(Wrong { at: None, message, suggestion: None });
            }
        };
        let (id, word, note) = match purpose {
            Purpose::Acknowledge(id) => (id, Word::Acknowledged, text),
            Purpose::Expect(id) => (id, Word::Expected, text),
            Purpose::Snooze(id) => {
                let Some(until) = until(text, self.as_of) else {
                    refuse(self, "a day that is yet to come, like 2024-10-01, or 7d".to_owned());
                    return None;
                };
                (id, Word::Snoozed(until), "")
            }
            _ => return None,
        };
        match clean_note(note) {
            Ok(note) => Some(self.saying(id.clone(), word, &note)),
            Err(message) => {
                refuse(self, message);
                None
            }
        }
    }

    fn saying(&mut self, id: String, word: Word, note: &str) -> Command {
        let who = if self.user.is_empty() { "somebody" } else { &self.user };
        let (who, at) = (who.into(), self.moment());
        Command::SayOfAnomaly { id, saying: Saying { word, who, at, note: note.into(), like: None, moved: None } }
    }

    /// Now, on the day that is shown.
    fn moment(&self) -> i64 {
        let now = crate::clock::now_seconds();
        if Day::of_seconds(now) == self.as_of { now } else { self.as_of.seconds() }
    }

    fn say_of_selected(&mut self, word: Word, note: &str) -> Vec<Effect> {
        let Some(id) = self.anomalies.selected().map(|selected| selected.anomaly.id.to_string()) else {
            return vec![];
        };
        vec![Effect::Do(Box::new(self.saying(id, word, note)))]
    }

    fn undo_said(&mut self) -> Vec<Effect> {
        if self.anomalies.undo.is_under_way() {
            self.status = Some("being taken back".to_owned());
            return vec![];
        }
        let Some(Before { id, said }) = self.anomalies.undo.begin() else {
            self.status = Some("nothing was said that could be taken back".to_owned());
            return vec![];
        };
        vec![Effect::Do(Box::new(Command::UnsayOfAnomaly { id, to: said, at: self.moment() }))]
    }

    /// Says how an anomaly stands now, and asks again what shows it.
    pub(super) fn said_of_anomaly(&mut self, said: &Said) -> Vec<Effect> {
        let place = view::place(&said.place_words, &self.theme);
        let stands = said.state.word();
        if self.anomalies.undo.done(Before { id: said.id.clone(), said: said.before.clone() }) {
            self.status = Some(format!("taken back: {place} is {stands} again"));
        } else {
            self.status = Some(self.keymap.say(&format!("{} is {stands}: {{undo}} takes it back", braces(&place))));
        }
        self.anomalies.slot.forget();
        self.anomalies.detail.forget();
        self.spend.details.forget();
        self.ask()
    }

    /// Opens the charges behind the selected one: as rows of Breakdown, or explained.
    fn open_anomaly(&mut self, action: Action) {
        let Some(detail) = self.anomalies.detail() else { return self.not_here() };
        let label = SafeText::from_outside(&detail.listed.place_words.replace(" | ", ", "));
        let lens = detail.lens.clone();
        self.currency.clone_from(&lens.currency);
        if action == Action::Explain {
            return self.explain_part(label, lens);
        }
        let lens = crate::domain::lens::Lens { currency: self.lens.currency.clone(), ..lens };
        self.open_lens(label, lens);
    }

    fn copy_summary(&mut self) -> Vec<Effect> {
        match self.anomalies.detail().map(|detail| detail.summary.clone()) {
            Some(summary) => self.copy(summary, "the summary"),
            None => {
                self.not_here();
                vec![]
            }
        }
    }

    /// Says that nothing is selected, or that what it is, is on its way.
    fn not_here(&mut self) {
        let listed = self.anomalies.selected().is_some();
        self.status = Some(if listed { "loading" } else { "there is no anomaly" }.to_owned());
    }
}

/// The day that is meant: a day, or so many days on.
fn until(text: &str, as_of: Day) -> Option<Day> {
    let text = text.trim();
    let on = text.strip_suffix('d').and_then(|days| days.trim().parse::<u16>().ok());
    let day = on.map(|days| as_of.plus(i32::from(days))).or_else(|| Day::parse(text))?;
    (day > as_of).then_some(day)
}

/// Text that is put into a sentence in which braces stand for keys.
fn braces(text: &str) -> String {
    text.replace(['{', '}'], " ")
}
