//! Draws the wizard that connects: one step at a time, in a box that stays as large. What has no room is
//! scrolled to, never cut. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::connect::{Step, Wizard};
use super::{begin_box, end_box};
use crate::domain::text::SafeText;
use crate::error::Error;
use crate::host::connect::ask::Question;
use crate::host::connect::desk::Review;
use crate::host::connect::script::Next;
use crate::host::connect::wanted::Kind;
use crate::host::connect::{Check, Finding};
use crate::tui::action::Action;
use crate::tui::connecting::Progress;
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::text::{left, put, put_at, width, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns and rows of the box at most.
const COLUMNS: u16 = 104;
const ROWS: u16 = 32;
/// Columns of what can be connected, and of what is found of something.
const KIND: usize = 15;
const FINDING: usize = 9;
/// Columns before what belongs to the line above.
const INDENT: usize = 3;
/// The sign before the line that is typed into.
const PROMPT: &str = " > ";
/// Steps that are counted in the title.
const STEPS: usize = 4;

/// One line.
#[derive(Default)]
struct Row {
    spans: Vec<(String, Role)>,
    /// Which of what there is to choose, or of what was checked, it belongs to.
    of: Option<usize>,
    /// Whether it is typed into, and at which column.
    cursor: Option<u16>,
}

/// All that the wizard is drawn from.
pub struct Scene<'a> {
    /// What it is at.
    pub wizard: &'a Wizard,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Scene<'_> {
    fn laid(&self, under: Rect) -> (Rect, Vec<Row>, usize) {
        let area = overlay(under, COLUMNS, under.height.min(ROWS));
        let rows = self.rows(usize::from(area.width.saturating_sub(2)));
        (area, rows, usize::from(area.height.saturating_sub(2)))
    }

    /// Lines that may be scrolled away when it is drawn over an area.
    #[must_use]
    pub fn scrolls(&self, under: Rect) -> usize {
        let (_, rows, height) = self.laid(under);
        rows.len().saturating_sub(height)
    }

    /// Lines that can be selected.
    #[must_use]
    pub fn lines(&self, under: Rect) -> usize {
        self.laid(under).1.len()
    }

    /// The line where what was checked begins.
    #[must_use]
    pub fn line_of(&self, check: usize, under: Rect) -> usize {
        self.laid(under).1.iter().position(|row| row.of == Some(check)).unwrap_or_default()
    }

    /// What of what was checked the selected line belongs to.
    #[must_use]
    pub fn selected(&self, under: Rect) -> Option<usize> {
        let (_, rows, _) = self.laid(under);
        rows.get(self.wizard.selected.min(rows.len().saturating_sub(1)))?.of
    }

    /// Draws it over an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, under: Rect, buf: &mut Buffer) -> Option<Position> {
        let (area, rows, height) = self.laid(under);
        let (area, inner) = begin_box(area, under, buf, self.theme);
        self.title(inner, buf);
        let most = rows.len().saturating_sub(height);
        let selected = self.selected_row(&rows);
        let first = match (self.wizard.step, selected) {
            (Step::Ask, _) => most.saturating_sub(self.wizard.scroll),
            (_, Some(selected)) => selected.saturating_sub(height / 2).min(most),
            _ => self.wizard.scroll.min(most),
        };
        let mut cursor = None;
        for (at, row) in rows.iter().enumerate().skip(first).take(height) {
            let y = (at - first) as u16 + 1;
            let spans = row.spans.iter().map(|(text, role)| Span::styled(text.as_str(), self.theme.style(*role)));
            put(buf, inner, y, &Line::from(spans.collect::<Vec<_>>()));
            if let Some(column) = row.cursor.filter(|_| y < inner.height) {
                cursor = Some(Position { x: (inner.x + column).min(inner.right().max(1) - 1), y: inner.y + y });
            }
            if Some(at) == selected {
                let line = Rect { y: area.y + y, height: 1, ..inner };
                buf.set_style(line.intersection(buf.area), self.theme.style(Role::Selected));
                let mark = Span::styled(self.theme.glyphs.marks.0, self.theme.style(Role::Accent));
                put_at(buf, area, 0, y, &Line::from(mark));
            }
        }
        end_box(area, buf, self.theme);
        let below = rows.len().saturating_sub(first + height);
        let more = match self.wizard.step {
            Step::Ask if first > 0 => format!(" {first} lines above: {} ", self.key(Action::PageUp)),
            _ if below > 0 => format!(" {below} lines below "),
            _ => String::new(),
        };
        if area.height > 1 && !more.is_empty() {
            put_at(buf, inner, 0, area.height - 1, &Line::from(Span::styled(more, self.theme.style(Role::Muted))));
        }
        cursor
    }

    fn selected_row(&self, rows: &[Row]) -> Option<usize> {
        match self.wizard.step {
            Step::Choose => rows.iter().position(|row| row.of == Some(self.wizard.selected)),
            Step::Checked if self.wizard.review().is_some() => {
                Some(self.wizard.selected.min(rows.len().saturating_sub(1)))
            }
            _ => None,
        }
    }

    fn title(&self, inner: Rect, buf: &mut Buffer) {
        let (number, what) = match self.wizard.step {
            Step::Choose => (1, "what is connected"),
            Step::Ask => (2, "questions"),
            Step::Checking | Step::Checked => (3, "what it may do"),
            Step::Review | Step::Writing | Step::Written => (4, "what it costs, and the config"),
        };
        let of = if number > 1 { format!("{} ", self.wizard.kind().title()) } else { String::new() };
        let dot = if number > 1 { format!("{} ", self.theme.glyphs.dot) } else { String::new() };
        let spans = vec![
            Span::styled(" Connect ", self.theme.style(Role::Strong)),
            Span::styled(format!("{of}{dot}{number} of {STEPS}: {what} "), self.theme.style(Role::Muted)),
        ];
        put(buf, inner, 0, &Line::from(spans));
    }

    fn key(&self, action: Action) -> String {
        self.keymap.key_in(action, self.wizard.place())
    }

    fn rows(&self, columns: usize) -> Vec<Row> {
        let mut page = Page { columns, rows: vec![Row::default()] };
        let wizard = self.wizard;
        match (wizard.step, &wizard.beginning, &wizard.reviewed) {
            (Step::Written, ..) => self.written(&mut page),
            (_, None, _) => page.said(1, "looking for credentials, by name", Role::Muted),
            (_, Some(Err(error)), _) => page.error(error),
            (Step::Choose, Some(Ok(_)), _) => self.choose(&mut page),
            (Step::Ask, ..) => self.ask(&mut page),
            (Step::Checking, ..) => self.checking(&mut page),
            (_, _, Some(Err(error))) => page.error(error),
            (Step::Checked, _, Some(Ok(review))) => checked(review, &mut page),
            (Step::Review | Step::Writing, _, Some(Ok(review))) => self.review(review, &mut page),
            (Step::Checked | Step::Review | Step::Writing, _, None) => {}
        }
        page.rows
    }

    fn choose(&self, page: &mut Page) {
        let Some(Ok(beginning)) = &self.wizard.beginning else { return };
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            let found = match kind {
                Kind::OpenCost => "what Kubernetes' workloads cost".to_owned(),
                Kind::Folder => "billing files that come there are read by themselves".to_owned(),
                _ => beginning.found.words(kind).unwrap_or_else(|| "no credentials were found".to_owned()),
            };
            let room = page.columns.saturating_sub(KIND + 2);
            for (row, text) in wrap(&found, room).into_iter().enumerate() {
                let name = match (row, kind) {
                    (0, Kind::Folder) => "A folder",
                    (0, kind) => kind.title(),
                    _ => "",
                };
                let spans = vec![(format!(" {}", left(name, KIND, "")), Role::Text), (text, Role::Muted)];
                page.rows.push(Row { spans, of: Some(at), cursor: None });
            }
        }
        page.blank();
        let promise = "Found by name: no key, token or secret was read. A cloud is asked once the questions are \
                       answered; nothing that costs money is asked, and nothing is written before the last step.";
        page.said(1, promise, Role::Muted);
        page.blank();
        page.said(
            1,
            "`spendtop connect aws --help` tells of more settings; the config can be edited as well.",
            Role::Muted,
        );
    }

    fn ask(&self, page: &mut Page) {
        let Some(asked) = self.wizard.asked() else { return };
        for (question, answer) in &asked.before {
            page.said(1, &question.text, Role::Muted);
            let answer = if answer.is_empty() { "none" } else { answer };
            page.said(INDENT, &SafeText::uncut(answer), Role::Text);
        }
        let Next::Question(question, said) = asked.next else { return };
        if !asked.before.is_empty() {
            page.blank();
        }
        for text in &said {
            page.said(1, &SafeText::uncut(text), Role::Muted);
        }
        if !said.is_empty() {
            page.blank();
        }
        page.said(1, &question.text, Role::Strong);
        let room = page.columns.saturating_sub(width(PROMPT) + 1);
        let (shown, column) = self.wizard.line.seen(room, self.theme.glyphs.ellipsis);
        let spans = vec![(PROMPT.to_owned(), Role::Accent), (shown, Role::Text)];
        page.rows.push(Row { spans, of: None, cursor: Some(width(PROMPT) as u16 + column) });
        match &self.wizard.wrong {
            Some(wrong) => page.said(INDENT, &wrong.message, Role::Error),
            None => self.hint(&question, page),
        }
    }

    /// What an empty answer means, and what else was found.
    fn hint(&self, question: &Question, page: &mut Page) {
        let usual = match question.usual.as_str() {
            "" if question.needs.is_some() => String::new(),
            "" => format!("{} alone: none", self.key(Action::Apply)),
            usual => format!("{} alone: {}", self.key(Action::Apply), SafeText::uncut(usual)),
        };
        page.said(INDENT, &usual, Role::Muted);
        if !question.choices.is_empty() && !question.is_yes_or_no {
            let keys = format!("{} {}", self.key(Action::LineDown), self.key(Action::LineUp));
            let all: Vec<String> = question.choices.iter().map(|c| SafeText::uncut(c).into_string()).collect();
            page.said(INDENT, &format!("{keys} take one that was found: {}", all.join(", ")), Role::Muted);
        }
    }

    fn checking(&self, page: &mut Page) {
        let said = match &self.wizard.progress {
            None => "asking; nothing of it is paid for".to_owned(),
            Some(Progress::Checked(done, of)) => format!("{done} of {of} scopes have answered"),
            Some(Progress::Waits(scope, why, seconds)) => {
                format!(
                    "{} is asked again in {seconds} s: {}",
                    SafeText::from_outside(scope),
                    SafeText::from_outside(why)
                )
            }
        };
        page.said(1, &said, Role::Text);
        page.said(1, &format!("{} gives it up and goes back.", self.key(Action::Close)), Role::Muted);
    }

    fn review(&self, review: &Review, page: &mut Page) {
        if let Some(wrong) = &self.wizard.wrong {
            page.error(wrong);
            page.blank();
        }
        page.said(1, "What it costs a month", Role::Strong);
        review.cost.lines.iter().for_each(|line| page.said(INDENT, line, Role::Text));
        if review.cost.history > 0 {
            let price = &review.cost.history_price;
            let (now, other) = match self.wizard.pays_history {
                true => (format!("history: {price} are paid once, and it comes at once"), "does not pay"),
                false => ("history: comes with what each day leaves of the cap".to_owned(), "pays for it at once"),
            };
            page.said(INDENT, &format!("{now}; {} {other}", self.key(Action::PayHistory)), Role::Unsure);
        }
        page.blank();
        page.said(1, &format!("What is written to `{}`", review.file()), Role::Strong);
        let block = review.section(self.wizard.pays_history).block();
        block.lines().for_each(|line| page.whole(line, Role::Text, None));
        page.blank();
        if self.wizard.step == Step::Writing {
            page.said(1, "writing", Role::Muted);
        } else if review.is_missing() {
            let keys = (self.key(Action::WriteAnyway), self.key(Action::Back));
            let said = format!(
                "Something is missing without which it cannot sync: {} writes it all the same, {} shows what.",
                keys.0, keys.1
            );
            page.said(1, &said, Role::Unsure);
        } else {
            let key = self.key(Action::Choose);
            let said = format!(
                "{key} writes it. All else in the file stays as it is, its comments too; syncing begins at once."
            );
            page.said(1, &said, Role::Muted);
        }
    }

    fn written(&self, page: &mut Page) {
        let name = self.wizard.written.as_deref().unwrap_or_default();
        let is_missing = self.wizard.review().is_some_and(Review::is_missing);
        if let Some(review) = self.wizard.review() {
            page.said(1, &format!("[{name}] is in `{}`.", review.file()), Role::Strong);
        }
        page.blank();
        if is_missing {
            let said = format!("It cannot sync yet: something is missing. `spendtop doctor {name}` checks it again.");
            page.said(1, &said, Role::Unsure);
        }
        let said =
            "{sync-log} shows how it syncs, {sync-now} asks all connections at once; its costs show as they come.";
        page.said(1, &self.keymap.say(said), Role::Text);
    }
}

/// What is said once something is written, as text.
#[must_use]
pub fn written_text(wizard: &Wizard) -> String {
    let name = wizard.written.as_deref().unwrap_or_default();
    let file = wizard.review().map_or_else(String::new, |review| format!(" is in `{}`", review.file()));
    format!("[{name}]{file}\n`spendtop doctor {name}` checks it, `spendtop sync --status` tells how it syncs")
}

fn checked(review: &Review, page: &mut Page) {
    for (at, (of, check)) in review.checks.iter().enumerate() {
        let (word, role) = match check.finding {
            Finding::Good => ("ok", Role::Cool),
            Finding::Untried => ("untried", Role::Muted),
            Finding::Wanting => ("wanting", Role::Unsure),
            Finding::Missing => ("missing", Role::Error),
        };
        let of = if review.checks.iter().all(|(other, _)| other == of) { "" } else { of };
        page.check(at, word, role, of, check);
        // What puts several right stands once, behind the last of those that follow one another.
        if review.checks.get(at + 1).is_none_or(|(_, next)| next.fix != check.fix) {
            check.fix.lines().for_each(|line| page.whole(line, Role::Text, Some(at)));
        }
    }
    if review.checks.is_empty() {
        page.said(1, "there is nothing to check", Role::Muted);
    }
}

/// The lines as they come.
struct Page {
    columns: usize,
    rows: Vec<Row>,
}

impl Page {
    fn blank(&mut self) {
        self.rows.push(Row::default());
    }

    /// A text of ours, or one that is safe, wrapped.
    fn said(&mut self, indent: usize, text: &str, role: Role) {
        if text.is_empty() {
            return;
        }
        for line in wrap(text, self.columns.saturating_sub(indent + 1)) {
            self.rows.push(Row { spans: vec![(" ".repeat(indent) + &line, role)], ..Row::default() });
        }
    }

    fn error(&mut self, error: &Error) {
        self.said(1, &SafeText::from_outside(&error.message), Role::Error);
        error.hints.iter().for_each(|hint| self.said(1, &SafeText::from_outside(hint), Role::Text));
    }

    /// A line with its blanks, broken only where it is wider than there is room.
    fn whole(&mut self, line: &str, role: Role, of: Option<usize>) {
        let room = self.columns.saturating_sub(INDENT + 1).max(1);
        let text = SafeText::uncut(line);
        let mut piece = String::new();
        for grapheme in text.graphemes(true) {
            if width(&piece) + width(grapheme) > room {
                self.indented(std::mem::take(&mut piece), role, of);
            }
            piece.push_str(grapheme);
        }
        self.indented(piece, role, of);
    }

    fn indented(&mut self, text: String, role: Role, of: Option<usize>) {
        self.rows.push(Row { spans: vec![(" ".repeat(INDENT) + &text, role)], of, cursor: None });
    }

    fn check(&mut self, at: usize, word: &str, role: Role, of: &str, check: &Check) {
        let named = if of.is_empty() { String::new() } else { format!("{}  ", SafeText::from_outside(of)) };
        let detail = if check.detail.is_empty() { String::new() } else { format!(": {}", check.detail) };
        let text = format!("{named}{}{detail}", SafeText::from_outside(&check.what));
        let room = self.columns.saturating_sub(FINDING + 2);
        for (row, line) in wrap(&text, room).into_iter().enumerate() {
            let word = if row == 0 { word } else { "" };
            let spans = vec![(format!(" {}", left(word, FINDING, "")), role), (line, Role::Text)];
            self.rows.push(Row { spans, of: Some(at), cursor: None });
        }
    }
}
