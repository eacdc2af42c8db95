//! An import under way, and what became of it.
//!
//! Knows words and counts, not how files are read.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{begin_box, end_box};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::error::{Cause, Error, Result};
use crate::report::words;
use crate::tui::intake::{Intake, NotTaken, Progress, Refused, Taken};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::text::{put, wrap};
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
    Ended(Result<Taken, NotTaken>),
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
    pub fn ended(&mut self, result: Result<Taken, NotTaken>) {
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

    /// Whether it was refused until somebody decides, and adding it is a choice.
    #[must_use]
    pub fn may_add(&self) -> bool {
        self.cause() == Some(Cause::Undecided)
    }

    /// Whether it was refused until somebody decides, and putting it in the place of what is stored is a
    /// choice.
    #[must_use]
    pub fn may_replace(&self) -> bool {
        matches!(self.cause(), Some(Cause::Undecided | Cause::InTheWay))
    }

    fn cause(&self) -> Option<Cause> {
        match &self.state {
            State::Ended(Err(not)) => not.error.cause,
            _ => None,
        }
    }

    fn lines(&self, columns: usize, keymap: &Keymap, theme: &Theme) -> Vec<Said> {
        let mut lines = Vec::new();
        match &self.state {
            State::Running(progress) => running(progress, columns, theme, &mut lines),
            State::GivingUp => lines.push(("giving up: nothing will have changed".to_owned(), Role::Unsure)),
            State::Ended(Ok(taken)) => told(taken, columns, &mut lines),
            State::Ended(Err(not)) => {
                let mut say = |text: &str, role: Role| {
                    lines.extend(wrap(&SafeText::from_outside(text), columns).into_iter().map(|line| (line, role)));
                };
                let choices = self.choices(&not.error, keymap);
                // The title names the file already.
                let named = format!("`{}`: ", SafeText::path(&self.intake.path));
                say(not.error.message.strip_prefix(&named).unwrap_or(&not.error.message), Role::Error);
                choices.iter().for_each(|hint| say(hint, Role::Text));
                refused(&not.refused, columns, &mut lines);
                let said = choices.iter().chain([&not.error.message]).any(|text| text.contains(UNCHANGED));
                lines.extend((!said).then(|| (UNCHANGED.to_owned(), Role::Muted)));
            }
        }
        lines
    }

    /// What can be done now, in the keys of the app where it has any.
    fn choices(&self, error: &Error, keymap: &Keymap) -> Vec<String> {
        let replace = || keymap.say("{replace-stored}  replace: it takes the place of what is stored");
        match error.cause {
            Some(Cause::Undecided) => {
                vec![keymap.say("{add-part}  add: it is another part of the same export"), replace()]
            }
            Some(Cause::InTheWay) => {
                vec![replace(), "or import a folder with the newer versions of all its files at once".to_owned()]
            }
            Some(Cause::Incomplete) => vec![
                "mend the rows below in the file and import it again".to_owned(),
                "or take the others without them: `spendtop import --accept-partial FILE` in a shell".to_owned(),
            ],
            _ => error.hints.clone(),
        }
    }

    /// Draws it over an area.
    pub fn draw(&self, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let columns = usize::from(COLUMNS.min(area.width).saturating_sub(4));
        let lines = self.lines(columns, keymap, theme);
        let (area, inner) = begin_box(overlay(area, COLUMNS, lines.len() as u16 + 2), area, buf, theme);
        let title = format!(" Import {} ", SafeText::path(&self.intake.path));
        put(buf, inner, 0, &Line::from(Span::styled(title, theme.style(Role::Strong))));
        for (row, (text, role)) in lines.into_iter().enumerate() {
            put(buf, inner, row as u16 + 1, &Line::from(Span::styled(text, theme.style(role))));
        }
        end_box(area, buf, theme);
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
    // What is read is still sorted and written: of that nobody knows how much there is.
    let all_read = progress.of.is_some_and(|all| progress.bytes >= all);
    let now = if all_read {
        "read to its end; now its charges are sorted and written, and nothing counts before that is done"
    } else {
        "nothing counts until all of it is read and written"
    };
    lines.extend(wrap(now, columns).into_iter().map(|line| (line, Role::Muted)));
}

fn told(taken: &Taken, columns: usize, lines: &mut Vec<Said>) {
    let wrapped = |text: &SafeText| wrap(text, columns);
    lines.extend(taken.summary.iter().flat_map(wrapped).map(|line| (line, Role::Text)));
    refused(&taken.refused, columns, lines);
}

fn refused(refused: &Refused, columns: usize, lines: &mut Vec<Said>) {
    if refused.count == 0 {
        return;
    }
    lines.push((String::new(), Role::Text));
    lines.push((format!("{} refused:", counted(refused.count, "row was", "rows were")), Role::Unsure));
    let first = refused.first.iter().flat_map(|text| wrap(text, columns.saturating_sub(2)));
    lines.extend(first.map(|line| (format!("  {line}"), Role::Text)));
    if let Some(list) = &refused.listed_in {
        lines.extend(wrap(&format!("all are listed in {list}"), columns).into_iter().map(|l| (l, Role::Muted)));
    }
}
