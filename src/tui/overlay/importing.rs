//! An import under way, and what became of it.
//!
//! Knows words and counts, not how files are read.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::clear;
use crate::domain::text::SafeText;
use crate::error::{Cause, Result};
use crate::report::words;
use crate::tui::intake::{Intake, Progress, Taken};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::text::{put, rule, wrap};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::bar;

/// Columns of the box.
const COLUMNS: u16 = 84;
/// What an import that failed has done.
const UNCHANGED: &str = "nothing was changed";

/// How far an import has come.
#[derive(Clone, Debug)]
enum State {
    Running(Progress),
    /// It was asked to give up and has not ended yet.
    GivingUp,
    Ended(Result<Taken>),
}

/// An import.
#[derive(Clone, Debug)]
pub struct Importing {
    intake: Intake,
    state: State,
}

/// A line of the box.
type Said = (String, Role);

impl Importing {
    /// One that has just begun.
    #[must_use]
    pub fn new(intake: Intake) -> Importing {
        Importing { intake, state: State::Running(Progress::default()) }
    }

    /// What is taken in.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.intake.path.clone()
    }

    /// Takes how far it is.
    pub fn progress(&mut self, progress: Progress) {
        if let State::Running(before) = &mut self.state {
            *before = progress;
        }
    }

    /// Takes what became of it.
    pub fn ended(&mut self, result: Result<Taken>) {
        self.state = State::Ended(result);
    }

    /// Notes that it was asked to give up.
    pub fn give_up(&mut self) {
        self.state = State::GivingUp;
    }

    /// Whether it has ended, well or not.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Whether it was refused until somebody decides: add, or replace.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        matches!(&self.state, State::Ended(Err(error)) if error.cause == Some(Cause::Undecided))
    }

    fn lines(&self, columns: usize, keymap: &Keymap, theme: &Theme) -> Vec<Said> {
        let mut lines = Vec::new();
        match &self.state {
            State::Running(progress) => running(progress, columns, theme, &mut lines),
            State::GivingUp => lines.push(("giving up: nothing will have changed".to_owned(), Role::Unsure)),
            State::Ended(Ok(taken)) => told(taken, columns, &mut lines),
            State::Ended(Err(error)) => {
                let message = SafeText::from_outside(&error.message);
                lines.extend(wrap(&message, columns).into_iter().map(|line| (line, Role::Error)));
                if self.is_undecided() {
                    let add = keymap.say("{add-part}  add: it is another part of the same export");
                    let replace = keymap.say("{replace-stored}  replace: it takes the place of what is stored");
                    lines.extend([(add, Role::Text), (replace, Role::Text)]);
                } else {
                    let hints = error.hints.iter().flat_map(|h| wrap(&SafeText::from_outside(h), columns));
                    lines.extend(hints.map(|line| (line, Role::Text)));
                }
                let said = error.hints.iter().chain([&error.message]).any(|text| text.contains(UNCHANGED));
                lines.extend((!said).then(|| (UNCHANGED.to_owned(), Role::Muted)));
            }
        }
        lines
    }

    /// Draws it over an area.
    pub fn draw(&self, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let columns = usize::from(COLUMNS.min(area.width).saturating_sub(4));
        let lines = self.lines(columns, keymap, theme);
        let area = overlay(area, COLUMNS, lines.len() as u16 + 2).intersection(buf.area);
        clear(area, buf);
        let inner = Rect { x: area.x + u16::from(area.width > 4), width: area.width.saturating_sub(2), ..area };
        rule(buf, area, 0, theme);
        let title = format!(" Import {} ", SafeText::path(&self.intake.path));
        put(buf, inner, 0, &Line::from(Span::styled(title, theme.style(Role::Strong))));
        for (row, (text, role)) in lines.into_iter().enumerate() {
            put(buf, inner, row as u16 + 1, &Line::from(Span::styled(text, theme.style(role))));
        }
        if area.height > 1 {
            rule(buf, area, area.height - 1, theme);
        }
    }
}

fn running(progress: &Progress, columns: usize, theme: &Theme, lines: &mut Vec<Said>) {
    let done = words::bytes(progress.bytes);
    let of = progress.of.map_or(String::new(), |all| format!(" of {}", words::bytes(all)));
    if let Some(share) = progress.share() {
        let percent = format!("{:>4.0} %", share * 100.0);
        let room = columns.saturating_sub(percent.len());
        lines.push((format!("{}{percent}", bar::bar(share, room, &theme.glyphs)), Role::Accent));
    }
    lines.push((format!("{} charges, {done}{of}", words::count(progress.rows)), Role::Text));
    lines.push(("nothing counts until all of it is read".to_owned(), Role::Muted));
}

fn told(taken: &Taken, columns: usize, lines: &mut Vec<Said>) {
    let wrapped = |text: &SafeText| wrap(text, columns);
    lines.extend(taken.summary.iter().flat_map(wrapped).map(|line| (line, Role::Text)));
    if taken.refused > 0 {
        lines.push((String::new(), Role::Text));
        lines.push((format!("{} rows were refused:", words::count(taken.refused)), Role::Unsure));
        lines.extend(taken.problems.iter().flat_map(wrapped).map(|line| (format!("  {line}"), Role::Text)));
        if let Some(list) = &taken.listed_in {
            lines.extend(wrap(&format!("all are listed in {list}"), columns).into_iter().map(|l| (l, Role::Muted)));
        }
    }
}
