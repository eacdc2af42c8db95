//! The filter's line: edited as text, with what could be written at the cursor above it, what is
//! wrong below it, and the filters that were used before.
//!
//! Knows the filter language, not what a filter is used for.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::complete::{Known, Suggestion, recalled, suggestions};
use super::foot::{self, Foot, Wrong};
use super::line::EditedLine;
use crate::domain::dimension::Dimension;
use crate::domain::filter::spot::{Spot, Wanted, spot};
use crate::domain::filter::{Filter, FilterError};
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::text::{left, put, put_at, rule, width};
use crate::tui::theme::{Role, Theme};

/// Suggestions that are seen at once, and columns of one's own words.
const SUGGESTIONS: u16 = 8;
const LABEL: usize = 34;

/// What the line can be about.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Dimensions and values.
    pub known: &'a Known,
    /// Filters that were used, the newest first.
    pub history: &'a [String],
}

/// A filter that is edited.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FilterLine {
    line: EditedLine,
    error: Option<FilterError>,
    offered: Vec<Suggestion>,
    chosen: Option<usize>,
    /// How many filters back the line is; 0 is what was written here.
    back: usize,
    /// What was written here, while the line shows or looks for something else.
    draft: String,
    searching: bool,
}

impl FilterLine {
    /// A line with the cursor at the text's end.
    #[must_use]
    pub fn new(text: String, scene: Scene<'_>) -> FilterLine {
        let mut new = FilterLine { line: EditedLine::new(text), ..FilterLine::default() };
        new.offer(scene);
        new
    }

    fn spot(&self) -> Spot {
        spot(self.line.text(), self.line.cursor())
    }

    /// The dimension whose values could be written at the cursor.
    #[must_use]
    pub fn wanted(&self, known: &Known) -> Option<Dimension> {
        match self.spot().wanted {
            Wanted::Value(word) if !self.searching => known.dimension(&word),
            _ => None,
        }
    }

    /// Whether a tag's key could be written at the cursor.
    #[must_use]
    pub fn wants_tag_keys(&self) -> bool {
        !self.searching && self.spot().wanted == Wanted::TagKey
    }

    /// Looks anew at what could be written: more is known. What is offered stays where it is, with what is
    /// new behind it, until more is typed; what is chosen stays chosen.
    pub fn refresh(&mut self, scene: Scene<'_>) {
        let chosen = self.chosen.take().and_then(|at| self.offered.get(at).cloned());
        let before = self.offered.split_off(0);
        self.offer(scene);
        let place = |offered: &Suggestion| before.iter().position(|s| s.is_same(offered)).unwrap_or(before.len());
        self.offered.sort_by_cached_key(place);
        self.chosen = chosen.and_then(|chosen| self.offered.iter().position(|s| s.is_same(&chosen)));
    }

    /// What could be written where the cursor is.
    fn offer(&mut self, scene: Scene<'_>) {
        self.offered = if self.searching {
            recalled(self.line.text(), scene.history)
        } else {
            suggestions(&self.spot(), scene.known)
        };
    }

    /// What is wrong in the terms that nobody is writing just now.
    fn check(&mut self, own: &[Dimension]) {
        let term = self.spot().term;
        let error = Filter::parse(self.line.text(), own).err();
        self.error = error.filter(|e| !self.searching && !(term.start..=term.end).contains(&e.at));
    }

    fn changed(&mut self, scene: Scene<'_>) {
        self.chosen = None;
        self.check(&scene.known.own);
        self.offer(scene);
    }

    /// Inserts typed or pasted text, behind the chosen suggestion where there is one.
    pub fn insert(&mut self, text: &str, scene: Scene<'_>) {
        match self.chosen.filter(|_| !self.searching) {
            Some(at) => {
                self.take(at, scene);
                self.go_on(text);
            }
            None => self.line.insert(text),
        }
        self.back = 0;
        self.changed(scene);
    }

    /// Edits the line, chooses a suggestion or goes back in history; other actions do nothing.
    pub fn edit(&mut self, action: Action, scene: Scene<'_>) {
        let writing = !self.spot().typed.is_empty() && !self.offered.is_empty();
        match action {
            Action::Complete if self.offered.len() == 1 => self.take(0, scene),
            Action::Complete => self.choose(1),
            Action::CompleteBack => self.choose(-1),
            Action::LineDown if self.back > 0 => self.recall(self.back - 1, scene),
            Action::LineDown => self.choose(1),
            Action::LineUp if self.back > 0 || (self.chosen.is_none() && !writing) => self.recall(self.back + 1, scene),
            Action::LineUp => self.choose(-1),
            Action::SearchHistory if self.searching => self.choose(1),
            Action::SearchHistory => {
                self.searching = true;
                self.draft = std::mem::take(&mut self.line).text().to_owned();
                self.changed(scene);
            }
            action => {
                let before = self.line.cursor();
                if self.line.edit(action) {
                    self.back = 0;
                    self.changed(scene);
                } else if self.line.cursor() != before {
                    self.changed(scene);
                }
            }
        }
    }

    /// Chooses another suggestion, round the end.
    fn choose(&mut self, by: isize) {
        let count = self.offered.len() as isize;
        if count > 0 {
            let from = self.chosen.map_or(if by > 0 { -1 } else { 0 }, |at| at as isize);
            self.chosen = Some((from + by).rem_euclid(count) as usize);
        }
    }

    /// Shows the filter that was used so many before.
    fn recall(&mut self, back: usize, scene: Scene<'_>) {
        if back > scene.history.len() || self.searching {
            return;
        }
        if self.back == 0 {
            self.draft = self.line.text().to_owned();
        }
        self.back = back;
        let text = if back == 0 { &self.draft } else { &scene.history[back - 1] };
        self.line.set(&text.clone());
        self.changed(scene);
    }

    /// Writes a suggestion.
    fn take(&mut self, at: usize, scene: Scene<'_>) {
        let Some(suggestion) = self.offered.get(at) else { return };
        if std::mem::take(&mut self.searching) {
            self.line.set(suggestion.text());
        } else {
            let piece = self.spot().piece;
            let (text, also) = suggestion.written(&self.line.text()[piece.end..]);
            self.line.replace(piece.start..piece.end + also, &text);
        }
        self.back = 0;
        self.changed(scene);
    }

    /// Inserts text behind a suggestion that was just taken. A separator takes the place of the one that it
    /// ends with, a blank ends it, and one more value goes on where it ended its term.
    fn go_on(&mut self, text: &str) {
        let here = self.line.cursor();
        let (before, after) = self.line.text().split_at(here);
        let (ended, opened) = (before.ends_with(' '), before.ends_with([':', '=', '<', '>']));
        match text {
            " " if ended || opened => {}
            " " if after.starts_with(' ') => self.line.move_to(here + 1),
            "|" if ended => self.line.replace(here - 1..here, text),
            ":" if opened => self.line.replace(here - 1..here, text),
            "=" if before.ends_with([':', '=']) => self.line.replace(here - 1..here, text),
            "<" | ">" if opened => self.line.replace(here - 1..here, text),
            _ => self.line.insert(text),
        }
    }

    /// Takes what is chosen, or else what the line means; `None` where there is more to do: the line
    /// has changed, or the error is shown.
    pub fn enter(&mut self, scene: Scene<'_>) -> Option<Filter> {
        if let Some(at) = self.chosen.or(self.searching.then_some(0)) {
            self.take(at, scene);
            return None;
        }
        match Filter::parse(self.line.text(), &scene.known.own) {
            Ok(filter) => Some(filter),
            Err(error) => {
                self.line.move_to(error.at);
                self.offer(scene);
                self.error = Some(error);
                None
            }
        }
    }

    /// Whether the history is searched.
    #[must_use]
    pub fn is_searching(&self) -> bool {
        self.searching
    }

    /// Leaves the search of the history with what was written before it.
    pub fn leave_search(&mut self, scene: Scene<'_>) {
        self.searching = false;
        self.line.set(&std::mem::take(&mut self.draft));
        self.changed(scene);
    }

    /// Draws it at the foot of an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let above = Rect { height: area.height.saturating_sub(foot::ROWS), ..area };
        self.draw_offered(above, buf, theme);
        let title = if self.searching { "Look for a filter used before" } else { "Filter" };
        let hint = match () {
            () if self.searching && self.offered.is_empty() => {
                "no filter used before has this in it; {cancel} goes back"
            }
            () if self.searching => "{apply} takes it into the line; {cancel} goes back",
            () if area.width < 76 => "service:ec2|rds  region:us-*  env=prod  cost>100",
            () => "service:ec2|rds  region:us-*  env=prod  -team:data  cost>100  \"free text\"",
        };
        let wrong = self.error.as_ref().map(|error| Wrong {
            at: Some(error.at),
            message: error.message.clone(),
            suggestion: error.suggestion.clone(),
        });
        Foot { title, sign: '/', line: &self.line, rows: foot::ROWS }.draw(
            wrong.as_ref(),
            &keymap.say(hint),
            area,
            buf,
            theme,
        )
    }

    /// What could be written, at the foot of what is above the line.
    fn draw_offered(&self, above: Rect, buf: &mut Buffer, theme: &Theme) {
        // The header stays: a screen that shows nothing but suggestions says nothing of where it is.
        // As high for few as for many: nothing moves when more is known, or when there is less to choose from.
        let rows = SUGGESTIONS.min(above.height.saturating_sub(4));
        if rows == 0 || self.offered.is_empty() {
            return;
        }
        let area = Rect { y: above.bottom() - rows - 1, height: rows + 1, ..above }.intersection(buf.area);
        Clear.render(area, buf);
        rule(buf, area, 0, theme);
        let chosen = self.chosen.unwrap_or_default();
        let first = (chosen + 1).saturating_sub(usize::from(rows));
        let hidden = self.offered.len().saturating_sub(usize::from(rows));
        if hidden > 0 {
            let more = format!(" {hidden} more: go on typing ");
            put(buf, area, 0, &Line::from(Span::styled(more, theme.style(Role::Muted))));
        }
        let widest = |of: fn(&Suggestion) -> &str| self.offered.iter().map(|s| width(of(s))).max().unwrap_or_default();
        let label = widest(|s| &s.label).min(LABEL).min(usize::from(area.width) / 2);
        let cost = widest(|s| &s.cost);
        if cost > 0 {
            let said = " cost of all charges of these days ";
            let column = area.width.saturating_sub(width(said) as u16 + 1);
            put_at(buf, area, column, 0, &Line::from(Span::styled(said, theme.style(Role::Muted))));
        }
        for (row, (at, suggestion)) in self.offered.iter().enumerate().skip(first).take(usize::from(rows)).enumerate() {
            let here = self.chosen == Some(at);
            let mark = if here { theme.glyphs.marks.0 } else { " " };
            // Beside nothing a label has the whole row, and what it means where there is no cost.
            let priced = if suggestion.cost.is_empty() { 0 } else { cost + 2 };
            let whole = usize::from(area.width).saturating_sub(foot::PROMPT + 1 + priced);
            let columns = if suggestion.note.is_empty() { whole } else { label };
            let room = whole.saturating_sub(columns + 2);
            let by = theme.glyphs.ellipsis;
            let line = Line::from(vec![
                Span::raw(format!(" {mark} ")),
                Span::raw(left(&suggestion.label, columns, by)),
                Span::styled(format!("  {}", left(&suggestion.note, room, by)), theme.style(Role::Muted)),
            ]);
            put(buf, area, row as u16 + 1, &line);
            let column = area.width.saturating_sub(width(&suggestion.cost) as u16 + 1);
            put_at(buf, area, column, row as u16 + 1, &Line::from(Span::raw(suggestion.cost.as_str())));
            if here {
                let bar = Rect { y: area.y + row as u16 + 1, height: 1, ..area };
                buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_once_its_term_is_left_and_enter_goes_there() {
        let known = Known::default();
        let scene = Scene { known: &known, history: &[] };
        let mut line = FilterLine::new("env=prod servce:x".into(), scene);
        line.insert("y", scene);
        assert_eq!(line.error, None, "it is being written");
        line.insert(" ", scene);
        assert!(line.error.as_ref().is_some_and(|e| e.at == 9));
        assert_eq!(line.enter(scene), None);
        line.insert("!", scene);
        assert_eq!(line.line.text(), "env=prod !servce:xy ");
    }

    #[test]
    fn what_is_offered_stays_where_it_is_until_more_is_typed() {
        let values = |all: &[&str]| all.iter().map(|value| ((*value).into(), None)).collect::<Vec<_>>();
        let known = |all: &[&str]| Known { values: [(Dimension::Region, values(all))].into(), ..Known::default() };
        let (before, after) = (known(&["eu-1", "eu-2"]), known(&["eu-3", "eu-2", "eu-1"]));
        let mut line = FilterLine::new("region:e".into(), Scene { known: &before, history: &[] });
        let labels = |line: &FilterLine| line.offered.iter().map(|s| s.label.to_string()).collect::<Vec<_>>();
        let scene = Scene { known: &after, history: &[] };
        line.refresh(scene);
        assert_eq!(labels(&line), ["eu-1", "eu-2", "eu-3"]);
        line.insert("u", scene);
        assert_eq!(labels(&line), ["eu-3", "eu-2", "eu-1"]);
    }

    #[test]
    fn typing_on_takes_the_chosen_suggestion() {
        let known = Known {
            own: vec![Dimension::Tag("team".into())],
            values: [(Dimension::Region, vec![("us-east-1".into(), None), ("us-west-2".into(), None)])].into(),
            ..Known::default()
        };
        let scene = Scene { known: &known, history: &[] };
        for (begun, typed, want) in [
            ("ser", ":ec2", "service:ec2"),
            ("ser", "=ec2", "service=ec2"),
            ("ser", "ec2", "service:ec2"),
            ("ser", " ec2", "service:ec2"),
            ("tea", ":web", "team:web"),
            ("cos", ">100", "cost>100"),
            ("cos", "<100", "cost<100"),
            ("cos", "=100", "cost>=100"),
            ("region:us", " env=prod", "region:us-east-1 env=prod"),
            ("region:us", "env=prod", "region:us-east-1 env=prod"),
            ("region:us", "|eu", "region:us-east-1|eu"),
        ] {
            let mut line = FilterLine::new(begun.into(), scene);
            while line.chosen.is_none() {
                line.edit(Action::LineDown, scene);
            }
            for character in typed.chars() {
                line.insert(character.encode_utf8(&mut [0; 4]), scene);
            }
            assert_eq!(line.line.text(), want, "{begun} {typed}");
        }
    }

    #[test]
    fn history_goes_back_and_forth_and_keeps_what_was_written() {
        let history = ["region:eu-*".to_owned(), "env=prod".to_owned()];
        let known = Known::default();
        let scene = Scene { known: &known, history: &history };
        let mut line = FilterLine::new("team=x ".into(), scene);
        let texts = |line: &mut FilterLine, actions: &[Action]| {
            let text = |action: &Action| {
                line.edit(*action, scene);
                line.line.text().to_owned()
            };
            actions.iter().map(text).collect::<Vec<_>>()
        };
        use Action::{LineDown, LineUp, SearchHistory};
        let walk = texts(&mut line, &[LineUp, LineUp, LineUp, LineDown, LineDown]);
        assert_eq!(walk, ["region:eu-*", "env=prod", "env=prod", "region:eu-*", "team=x "]);
        assert_eq!(texts(&mut line, &[SearchHistory]), [""]);
        line.insert("prd", scene);
        assert_eq!((line.enter(scene), line.line.text()), (None, "env=prod"));
        assert!(line.enter(scene).is_some() && !line.is_searching());
        line.edit(SearchHistory, scene);
        line.leave_search(scene);
        assert_eq!(line.line.text(), "env=prod");
    }
}
