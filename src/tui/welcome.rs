//! The first screen, while there is no store: what one can begin with.
//!
//! Knows which credentials were found by name. Pure: reads state, writes cells.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::action::{Action, Place};
use super::keymap::Keymap;
use super::text::{cut, left, paragraph, put, width, wrap};
use super::theme::{Role, Theme};
use crate::domain::text::SafeText;

/// Columns of text that are read easily.
const COLUMNS: u16 = 78;
/// Columns of a key, and of what it does.
const KEY: usize = 6;
const WHAT: usize = 27;
/// Columns before a step's number.
const STEP: usize = 2;

/// A cloud whose credentials were looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cloud {
    /// Its short name.
    pub name: &'static str,
    /// Profiles, subscriptions, configurations.
    pub names: Vec<SafeText>,
    /// Files and variables that say so.
    pub places: Vec<SafeText>,
    /// How its bill is brought here, step by step.
    pub steps: Vec<&'static str>,
}

impl Cloud {
    /// What was found, in a few words; `None` where nothing was.
    fn found(&self) -> Option<String> {
        match (self.names.len(), self.places.is_empty()) {
            (0, true) => None,
            (0, false) => Some(self.name.to_owned()),
            (1, _) => Some(format!("{} {}", self.name, self.names[0])),
            (count, _) => Some(format!("{} {count} names", self.name)),
        }
    }
}

/// What the first screen offers.
const OFFERS: [(Action, &str, &str); 5] = [
    (Action::Demo, "explore the demo", "a made-up company, nothing of yours"),
    (Action::Connect, "connect a cloud", "checked, reckoned, written to the config"),
    (Action::Import, "import a billing export", "FOCUS: CSV, Parquet, .gz, .zst"),
    (Action::Credentials, "see cloud credentials", ""),
    (Action::Quit, "quit", ""),
];

/// The first screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Welcome {
    /// What was found on this machine.
    pub clouds: Vec<Cloud>,
    selected: usize,
    /// Whether the credentials are shown, and how many lines of them are scrolled away.
    details: Option<usize>,
}

impl Welcome {
    /// With what was found.
    #[must_use]
    pub fn new(clouds: Vec<Cloud>) -> Welcome {
        Welcome { clouds, ..Welcome::default() }
    }

    /// Selects another line, or scrolls the credentials as drawn over an area, no further than the last.
    pub fn step(&mut self, by: isize, area: Rect, keymap: &Keymap) {
        let Some(first) = self.details else {
            self.selected = self.selected.saturating_add_signed(by).min(OFFERS.len() - 1);
            return;
        };
        let (_, body) = places(area);
        let most = self.credentials(usize::from(body.width), keymap).len().saturating_sub(usize::from(body.height));
        self.details = Some(first.saturating_add_signed(by).min(most));
    }

    /// What the selected line does.
    #[must_use]
    pub fn chosen(&self) -> Option<Action> {
        self.details.is_none().then_some(OFFERS[self.selected].0)
    }

    /// Shows the credentials, or goes back to the list.
    pub fn show_credentials(&mut self, shown: bool) {
        self.details = shown.then_some(0);
    }

    /// Draws it over the whole screen but the footer.
    pub fn draw(&self, area: Rect, keymap: &Keymap, buf: &mut Buffer, theme: &Theme) {
        let (inner, body) = places(area.intersection(buf.area));
        let dash = theme.glyphs.dot;
        let mut said = "top for cloud spend".to_owned();
        match self.details {
            Some(first) => {
                let lines = self.credentials(usize::from(body.width), keymap);
                let room = usize::from(body.height);
                let first = first.min(lines.len().saturating_sub(room));
                let more = lines.len().saturating_sub(first + room);
                if more > 0 {
                    said = format!("{more} more below: {} scrolls", keymap.key_in(Action::Down, Place::Welcome));
                }
                for (row, (text, role)) in lines.into_iter().skip(first).take(room).enumerate() {
                    put(buf, body, row as u16, &Line::from(Span::styled(text, theme.style(role))));
                }
            }
            None => self.offers(body, keymap, buf, theme),
        }
        let name = Span::styled("spendtop", theme.style(Role::Strong));
        let said = Span::styled(format!("  {dash}  {said}"), theme.style(Role::Muted));
        put(buf, inner, 0, &Line::from(vec![name, said]));
    }

    fn offers(&self, area: Rect, keymap: &Keymap, buf: &mut Buffer, theme: &Theme) {
        let muted = theme.style(Role::Muted);
        let said = "There is no bill on this machine yet. What would you like to do?";
        let mut row = paragraph(buf, area, 0, said, theme.style(Role::Text)) + 1;
        let found: Vec<String> = self.clouds.iter().filter_map(Cloud::found).collect();
        let found = if found.is_empty() { "none found".to_owned() } else { format!("found: {}", found.join(", ")) };
        for (at, (action, what, note)) in OFFERS.iter().enumerate() {
            let note = if *action == Action::Credentials { &found } else { *note };
            let selected = at == self.selected;
            let key = keymap.key_in(*action, Place::Welcome);
            let line = Line::from(vec![
                Span::raw(if selected { theme.glyphs.marks.0 } else { " " }),
                Span::styled(left(&format!(" {key}"), KEY, ""), theme.style(Role::Accent)),
                Span::raw(left(what, WHAT, theme.glyphs.ellipsis)),
                Span::styled(
                    cut(note, usize::from(area.width).saturating_sub(KEY + WHAT + 2), theme.glyphs.ellipsis),
                    muted,
                ),
            ]);
            put(buf, area, row, &line);
            if selected && row < area.height {
                let bar = Rect { y: area.y + row, height: 1, ..area };
                buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
            }
            row += 1;
        }
        let promise = "Your bill stays on this machine, in a folder that only you can read. Nothing is sent anywhere.";
        paragraph(buf, area, row + 1, promise, muted);
    }

    /// What was found of each cloud, line by line.
    fn credentials(&self, columns: usize, keymap: &Keymap) -> Vec<(String, Role)> {
        let mut lines: Vec<(String, Role)> = Vec::new();
        let intro = keymap.say(
            "Found by name; nothing else was read. {connect-first} connects one: it checks what they may do, says \
             what it costs and brings costs from then on; or a billing export is brought here by hand. \
             {leave-credentials} goes back.",
        );
        lines.extend(wrap(&intro, columns).into_iter().map(|line| (line, Role::Muted)));
        for cloud in &self.clouds {
            lines.push((String::new(), Role::Text));
            let names: Vec<&str> = cloud.names.iter().map(SafeText::as_str).collect();
            let found = match (names.is_empty(), cloud.places.is_empty()) {
                (false, _) => names.join(", "),
                (true, false) => "signed in".to_owned(),
                (true, true) => "nothing found".to_owned(),
            };
            let role = if cloud.places.is_empty() { Role::Muted } else { Role::Strong };
            lines.extend(wrap(&format!("{}: {found}", cloud.name), columns).into_iter().map(|line| (line, role)));
            let places: Vec<&str> = cloud.places.iter().map(SafeText::as_str).collect();
            if !places.is_empty() {
                let text = format!("in {}", places.join(", "));
                lines.extend(
                    wrap(&text, columns.saturating_sub(2)).into_iter().map(|line| (format!("  {line}"), Role::Muted)),
                );
            }
            lines.extend(cloud.steps.iter().flat_map(|step| hanging(step, columns)).map(|line| (line, Role::Text)));
        }
        lines
    }
}

/// A step in lines, all of its text behind its number.
fn hanging(step: &str, columns: usize) -> Vec<String> {
    let (number, text) = step.trim_start().split_once("  ").unwrap_or(("", step));
    let indent = STEP + width(number) + 2;
    let lines = wrap(text, columns.saturating_sub(indent)).into_iter().enumerate();
    let before = |row: usize| if row == 0 { format!("{:STEP$}{number}  ", "") } else { " ".repeat(indent) };
    lines.map(|(row, line)| before(row) + &line).collect()
}

/// The text of the first screen in an area, and what of it lies below its title.
fn places(area: Rect) -> (Rect, Rect) {
    let indent = if area.width > COLUMNS { 2 } else { u16::from(area.width > 20) };
    let top = if area.height >= 16 { 2 } else { 0 };
    let inner = Rect {
        x: area.x + indent,
        y: area.y + top.min(area.height),
        width: area.width.saturating_sub(2 * indent).min(COLUMNS),
        height: area.height.saturating_sub(top),
    };
    (inner, Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steps_text_stands_behind_its_number() {
        let said = hanging("2  one two three", 12);
        assert_eq!(said, ["  2  one two", "     three"]);
    }
}
