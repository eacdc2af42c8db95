//! The help: every key that works here, from the table of actions; this tab's own first, then the
//! rest, then those of other tabs. `/` and a few letters leave what they mean.
//!
//! Knows no state but what was typed and how far it is scrolled.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::fuzzy::Fuzzy;
use super::line::EditedLine;
use super::{begin_box, emphasised, end_box};
use crate::domain::text::SafeText;
use crate::tui::action::{Action, Entry, Group, Place, Scope, TABLE};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::tab::Tab;
use crate::tui::text::{cut, put, width};
use crate::tui::theme::{Role, Theme};

/// The open help.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Help {
    /// How many lines are scrolled away.
    pub scroll: usize,
    /// What is looked for.
    line: EditedLine,
    /// Whether it is being typed.
    searching: bool,
    /// Whether it lies over the first screen, whose keys it then begins with.
    first: bool,
}

/// Columns of one list of keys, and of the keys in it.
const LIST: u16 = 78;
const KEYS: usize = 22;
/// The same of each of two lists beside each other; lists as narrow as that show fewer of an action's keys.
const HALF: u16 = 60;
const FEWER_KEYS: usize = 16;

enum Row {
    Heading(String),
    Key(&'static Entry),
    Blank,
}

/// What people look for a key by: what it does, its name, and the key itself.
fn words(entry: &Entry, keymap: &Keymap) -> String {
    let synonyms = entry.synonyms().join(" ");
    format!("{} {} {} {synonyms}", entry.doc, keymap.shown(entry, usize::MAX), entry.name)
}

/// The help's parts: a heading, and the entries under it; of the first screen too, where that is open.
fn parts(tab: Tab, first: bool) -> Vec<(String, Vec<&'static Entry>)> {
    let of = |serves: &dyn Fn(&Entry) -> bool| TABLE.iter().filter(|e| serves(e)).collect::<Vec<_>>();
    let mut parts: Vec<(String, Vec<&'static Entry>)> = Vec::new();
    if first {
        parts.push(("On the first screen".to_owned(), of(&|e| e.scope == Scope::Welcome)));
    }
    for group in Group::ALL {
        let place = match group {
            Group::Here if first => continue,
            Group::List => Place::Several,
            Group::Edit => Place::Filter,
            _ => Place::Tab(tab),
        };
        parts.push((group.title().to_owned(), of(&|e| e.group == group && e.scope.holds(place))));
    }
    parts.push(("Choosing days".to_owned(), of(&|e| e.scope == Scope::Calendar)));
    parts.push(("In an explanation".to_owned(), of(&|e| e.scope == Scope::Explain)));
    parts.push(("Over an address".to_owned(), of(&|e| e.scope == Scope::Link)));
    parts.push(("In the sync log".to_owned(), of(&|e| e.scope == Scope::Syncing)));
    parts.push(("Over alerts".to_owned(), of(&|e| e.scope == Scope::Alerts)));
    let wizard = [Scope::Connect, Scope::Question, Scope::Checking, Scope::Checked, Scope::Review];
    parts.push(("While connecting".to_owned(), of(&|e| wizard.contains(&e.scope))));
    parts.push(("In this help".to_owned(), of(&|e| e.scope == Scope::Help)));
    for other in Tab::ALL.into_iter().filter(|other| first || *other != tab) {
        parts.push((format!("In {}", other.title()), of(&|e| e.scope == Scope::Only(other))));
    }
    parts
}

/// The rows in as many lists as there is room for beside each other, cut between groups.
fn lists(mut first: Vec<Row>, width: u16) -> Vec<Vec<Row>> {
    if width < 2 * HALF {
        return vec![first];
    }
    let half = first.len() / 2;
    let gaps = first.iter().enumerate().filter(|(_, row)| matches!(row, Row::Blank)).map(|(at, _)| at);
    let Some(gap) = gaps.min_by_key(|at| at.abs_diff(half)) else { return vec![first] };
    let second = first.split_off(gap + 1);
    first.pop();
    vec![first, second]
}

/// How many lines of an area are for keys, between the rules.
fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(2))
}

fn lines(lists: &[Vec<Row>]) -> usize {
    lists.iter().map(Vec::len).max().unwrap_or_default()
}

impl Help {
    /// All keys; those of the first screen before others where it lies over that.
    #[must_use]
    pub fn new(first: bool) -> Help {
        Help { first, ..Help::default() }
    }

    /// Forgets what was looked for.
    pub fn clear(&mut self) {
        *self = Help::new(self.first);
    }

    /// Whether letters are typed into its line.
    #[must_use]
    pub fn is_searching(&self) -> bool {
        self.searching
    }

    /// Begins to look for something.
    pub fn search(&mut self) {
        self.searching = true;
    }

    /// Ends typing and keeps what was found.
    pub fn keep(&mut self) {
        self.searching = false;
    }

    /// Whether something is or was looked for, which is left before the help itself is.
    #[must_use]
    pub fn searched(&self) -> bool {
        self.searching || !self.line.text().is_empty()
    }

    /// Types or pastes text into its line, while that is open.
    pub fn insert(&mut self, text: &str) {
        if self.searching {
            self.line.insert(text);
            self.scroll = 0;
        }
    }

    /// Edits the line.
    pub fn edit(&mut self, action: Action) {
        if self.line.edit(action) {
            self.scroll = 0;
        }
    }

    fn rows(&self, tab: Tab, keymap: &Keymap) -> Vec<Row> {
        let typed = self.line.text().trim();
        let mut fuzzy = Fuzzy::new(typed);
        let mut out = Vec::new();
        for (heading, mut entries) in parts(tab, self.first) {
            entries.retain(|entry| typed.is_empty() || fuzzy.score(&words(entry, keymap)).is_some());
            if entries.is_empty() {
                continue;
            }
            if !out.is_empty() {
                out.push(Row::Blank);
            }
            out.push(Row::Heading(heading));
            out.extend(entries.into_iter().map(Row::Key));
        }
        out
    }

    /// What is listed, as text: a key, a tab, what it does, a tab, its name for the config.
    #[must_use]
    pub fn text(&self, tab: Tab, keymap: &Keymap) -> String {
        let line = |row: Row| match row {
            Row::Blank => "\n".to_owned(),
            Row::Heading(title) => format!("{title}\n"),
            Row::Key(entry) => format!("{}\t{}\t{}\n", keymap.shown(entry, usize::MAX), entry.doc, entry.name),
        };
        self.rows(tab, keymap).into_iter().map(line).collect()
    }

    /// Scrolls by lines over an area, no further than the last.
    pub fn scroll_by(&mut self, by: isize, tab: Tab, keymap: &Keymap, area: Rect) {
        let most = lines(&lists(self.rows(tab, keymap), area.width)).saturating_sub(room(area));
        self.scroll = self.scroll.saturating_add_signed(by).min(most);
    }

    /// Draws it over an area; returns where the terminal's cursor belongs, if anywhere.
    pub fn draw(&self, tab: Tab, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let found = lists(self.rows(tab, keymap), area.width);
        let lines = lines(&found);
        // The box stays as large while the keys are narrowed down.
        let whole = if self.line.text().is_empty() { lines } else { usize::from(area.height) };
        let wide = if area.width >= 2 * HALF { 2 * HALF } else { LIST };
        let (area, inner) = begin_box(overlay(area, wide, (whole as u16).saturating_add(2)), area, buf, theme);
        let first = self.scroll.min(lines.saturating_sub(room(area)));
        let more = lines.saturating_sub(first + room(area));
        let cursor = self.title(more, keymap, inner, buf, theme);
        let columns = inner.width / found.len().max(1) as u16;
        let mut fuzzy = Fuzzy::new(self.line.text().trim());
        for (at, list) in found.iter().enumerate() {
            let part = Rect { x: inner.x + at as u16 * columns, width: columns, ..inner };
            for (row, entry) in list.iter().skip(first).take(room(area)).enumerate() {
                let line = line(entry, keymap, usize::from(columns), &mut fuzzy, theme);
                put(buf, part, row as u16 + 1, &line);
            }
        }
        if lines == 0 {
            let why = format!("  no key matches `{}`", SafeText::from_outside(self.line.text().trim()));
            let why = cut(&why, usize::from(inner.width), theme.glyphs.ellipsis);
            put(buf, inner, 1, &Line::from(Span::styled(why, theme.style(Role::Muted))));
        }
        end_box(area, buf, theme);
        cursor
    }

    /// What is looked for, or how to look and how much there is.
    fn title(&self, more: usize, keymap: &Keymap, inner: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let key = |action: Action| keymap.key_in(action, Place::Help);
        let room = usize::from(inner.width.saturating_sub(10));
        let (typed, column) = self.line.seen(room, theme.glyphs.ellipsis);
        let mut spans = vec![Span::styled(" Keys ", theme.style(Role::Strong))];
        if self.searched() {
            spans.push(Span::styled("/", theme.style(Role::Accent)));
            spans.push(Span::raw(format!(" {typed} ")));
        } else {
            let dot = theme.glyphs.dot;
            let mut text = format!("{dot} {} searches ", key(Action::Filter));
            if more > 0 {
                text = format!("{text}{dot} {more} more below: {} scrolls ", key(Action::Down));
            }
            spans.push(Span::styled(text, theme.style(Role::Muted)));
        }
        put(buf, inner, 0, &Line::from(spans));
        let column = (width(" Keys / ") as u16 + column).min(inner.width.saturating_sub(1));
        (self.searching && !inner.is_empty()).then_some(Position { x: inner.x + column, y: inner.y })
    }
}

fn line(row: &Row, keymap: &Keymap, columns: usize, fuzzy: &mut Fuzzy, theme: &Theme) -> Line<'static> {
    let by = theme.glyphs.ellipsis;
    let (keys, most) = if columns <= usize::from(HALF) { (FEWER_KEYS, 2) } else { (KEYS, 3) };
    let entry = match row {
        Row::Blank => return Line::default(),
        Row::Heading(title) => return Line::from(Span::styled(title.clone(), theme.style(Role::Muted))),
        Row::Key(entry) => entry,
    };
    // The blanks beside the keys have no style: it may be an underline.
    let fits = |count: &usize| *count == 1 || width(&keymap.shown(entry, *count)) + 3 <= keys;
    let count = (1..=most).rev().find(fits).unwrap_or(1);
    let shown = cut(&keymap.shown(entry, count), keys.saturating_sub(2), by);
    let gap = keys.saturating_sub(2 + width(&shown));
    let mut spans = vec![Span::raw("  "), Span::styled(shown, theme.style(Role::Accent)), Span::raw(" ".repeat(gap))];
    let doc = cut(entry.doc, columns.saturating_sub(keys + 1), by);
    spans.extend(emphasised(&doc, &fuzzy.positions(&words(entry, keymap)), Role::Text, theme));
    Line::from(spans)
}
