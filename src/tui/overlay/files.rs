//! Choosing a billing export to take in: a folder's billing files, narrowed by what is typed.
//!
//! Folders are looked into by an effect, never here. Knows names and sizes, not what is in a file.

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::line::EditedLine;
use super::{begin_box, end_box};
use crate::domain::text::SafeText;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::app::distance;
use crate::tui::intake::{Entry, Listing};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::text::{cut, cut_start, left, put, right};
use crate::tui::theme::{Role, Theme};

/// Columns of the box, and lines of it that are not the list's.
const COLUMNS: u16 = 84;
const FRAME: u16 = 5;
/// Columns of a size and of a day.
const SIZE: usize = 10;
const DAY: usize = 12;

/// What choosing means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Look into a folder.
    Folder(PathBuf),
    /// Take this in: a file, a folder with all its billing files, or a pattern.
    Take(PathBuf),
}

/// A line of the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Item<'a> {
    /// The folder above.
    Above,
    /// All billing files of this folder and those below it.
    All,
    Entry(&'a Entry),
}

/// The open picker.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FilePicker {
    folder: PathBuf,
    line: EditedLine,
    listing: Option<Listing>,
    error: Option<String>,
    selected: usize,
    /// What is looked into now.
    awaited: Option<Awaited>,
}

/// A folder that is being looked into.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Awaited {
    folder: PathBuf,
    /// What was typed to get there.
    typed: String,
}

impl FilePicker {
    /// A picker that waits for its folder to be looked into.
    #[must_use]
    pub fn new(folder: PathBuf) -> FilePicker {
        let awaited = Some(Awaited { folder: folder.clone(), typed: String::new() });
        FilePicker { folder, awaited, ..FilePicker::default() }
    }

    /// The folder whose files are listed.
    #[must_use]
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Remembers what is looked into, and hands it on.
    fn look_into(&mut self, folder: PathBuf) -> PathBuf {
        self.awaited = Some(Awaited { folder: folder.clone(), typed: self.line.text().to_owned() });
        folder
    }

    /// Takes what a folder holds, or why that is not known. What was typed since it was asked for is
    /// kept; another folder than the one that was asked for last is nobody's.
    pub fn listed(&mut self, asked: &Path, found: crate::error::Result<Listing>) {
        let Some(awaited) = self.awaited.take_if(|awaited| awaited.folder == asked) else { return };
        match found {
            Ok(listing) => {
                self.folder.clone_from(&listing.folder);
                let text = self.line.text();
                let same = text.chars().zip(awaited.typed.chars()).take_while(|(a, b)| a == b);
                let spent: usize = same.map(|(c, _)| c.len_utf8()).sum();
                let cursor = self.line.cursor().saturating_sub(spent);
                self.line.replace(0..spent, "");
                self.line.move_to(cursor);
                self.listing = Some(listing);
                self.error = None;
                // What is wanted is mostly a file, and what leads up and all are above it.
                self.selected = self.items().iter().position(|i| matches!(i, Item::Entry(_))).unwrap_or_default();
            }
            Err(error) => self.error = Some(error.message),
        }
    }

    /// Inserts typed or pasted text; returns the folder to look into where a folder's name was ended.
    pub fn insert(&mut self, text: &str) -> Option<PathBuf> {
        self.line.insert(text);
        self.error = None;
        self.selected = 0;
        let folder = self.line.text().ends_with('/').then(|| self.typed())?;
        Some(self.look_into(folder))
    }

    /// Moves the selection or edits the line; returns the folder to look into, if another one.
    pub fn edit(&mut self, action: Action, page: usize) -> Option<PathBuf> {
        if let Some(by) = distance(action, page) {
            let last = self.items().len().saturating_sub(1);
            self.selected = self.selected.saturating_add_signed(by).min(last);
            return None;
        }
        match action {
            Action::DeleteBefore if self.line.text().is_empty() => {
                let above = self.folder.parent()?.to_owned();
                return Some(self.look_into(above));
            }
            Action::Complete => return self.complete(),
            _ => {}
        }
        if self.line.edit(action) {
            self.error = None;
            self.selected = 0;
        }
        None
    }

    /// What is typed as a path: from the folder on, or from the root, or from `~`, which whoever looks
    /// there knows.
    fn typed(&self) -> PathBuf {
        let text = self.line.text();
        if text == "~" || text.starts_with("~/") { PathBuf::from(text) } else { self.folder.join(text) }
    }

    /// Completes to the selected entry: into a folder, or a file's name.
    fn complete(&mut self) -> Option<PathBuf> {
        let Some(Item::Entry(entry)) = self.items().get(self.selected).copied() else { return None };
        let entry = entry.clone();
        if entry.bytes.is_none() {
            return Some(self.look_into(entry.path));
        }
        self.line.set(&entry.name);
        self.selected = 0;
        None
    }

    /// Does what the selected line means; what is typed, where nothing is selected.
    pub fn choose(&mut self) -> Option<Choice> {
        let chosen = self.chosen()?;
        Some(match chosen {
            Choice::Folder(folder) => Choice::Folder(self.look_into(folder)),
            taken => taken,
        })
    }

    fn chosen(&self) -> Option<Choice> {
        match self.items().get(self.selected) {
            Some(Item::Above) => self.folder.parent().map(|above| Choice::Folder(above.to_owned())),
            Some(Item::All) => Some(Choice::Take(self.folder.clone())),
            Some(Item::Entry(entry)) if entry.bytes.is_none() => Some(Choice::Folder(entry.path.clone())),
            Some(Item::Entry(entry)) => Some(Choice::Take(entry.path.clone())),
            None if self.line.text().trim().is_empty() => None,
            None => Some(Choice::Take(self.typed())),
        }
    }

    fn items(&self) -> Vec<Item<'_>> {
        let Some(listing) = &self.listing else { return vec![] };
        let wanted = self.line.text().to_lowercase();
        let matching = listing.entries.iter().filter(|e| e.name.to_lowercase().contains(&wanted));
        let bills = listing.entries.iter().filter(|e| e.bytes.is_some()).count();
        let mut items = Vec::new();
        if wanted.is_empty() {
            items.extend(self.folder.parent().map(|_| Item::Above));
            items.extend((bills > 1).then_some(Item::All));
        }
        items.extend(matching.map(Item::Entry));
        items
    }

    /// Lines of the list that are seen in an area.
    #[must_use]
    pub fn page(area: Rect) -> usize {
        usize::from(area.height.saturating_sub(FRAME)).max(1)
    }

    /// Draws it over an area; returns where the terminal's cursor belongs.
    pub fn draw(&self, keymap: &Keymap, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let (area, inner) = begin_box(overlay(area, COLUMNS, area.height), area, buf, theme);
        if area.height < 3 {
            return None;
        }
        let columns = usize::from(inner.width);
        let folder = SafeText::path(&self.folder).into_string();
        let title = format!(" Import from {} ", cut_start(&folder, columns.saturating_sub(14), theme.glyphs.ellipsis));
        put(buf, inner, 0, &Line::from(Span::styled(title, theme.style(Role::Strong))));
        let (shown, cursor) = self.line.seen(columns.saturating_sub(3), theme.glyphs.ellipsis);
        let line = vec![Span::styled("> ", theme.style(Role::Accent)), Span::raw(shown)];
        put(buf, inner, 1, &Line::from(line));
        let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(FRAME - 1), ..inner };
        self.draw_list(list, keymap, buf, theme);
        let foot = inner.height - 2;
        let (text, role) = match (&self.error, &self.listing) {
            (Some(error), _) => (SafeText::from_outside(error).into_string(), Role::Error),
            (None, Some(listing)) if listing.beyond > 0 => {
                let all = listing.beyond + listing.entries.len();
                (
                    format!("the first {} of {all}: type a path or a pattern for others", listing.entries.len()),
                    Role::Muted,
                )
            }
            (None, Some(listing)) if listing.others > 0 => {
                (format!("{} other files are no CSV or Parquet and are not shown", listing.others), Role::Muted)
            }
            _ => ("a path or a pattern like bill-*.csv.gz can be typed".to_owned(), Role::Muted),
        };
        put(buf, inner, foot, &Line::from(Span::styled(cut(&text, columns, theme.glyphs.ellipsis), theme.style(role))));
        end_box(area, buf, theme);
        Some(Position { x: (inner.x + 2 + cursor).min(inner.right().saturating_sub(1)), y: inner.y + 1 })
    }

    fn draw_list(&self, area: Rect, keymap: &Keymap, buf: &mut Buffer, theme: &Theme) {
        let items = self.items();
        let room = usize::from(area.height);
        let muted = theme.style(Role::Muted);
        if items.is_empty() {
            let why = match &self.listing {
                None => "looking",
                Some(_) if !self.line.text().is_empty() => {
                    "nothing here is called so: {choose} takes the path as typed"
                }
                Some(_) => "no billing files here: {delete-before} goes to the folder above",
            };
            return put(buf, area, 0, &Line::from(Span::styled(keymap.say(why), muted)));
        }
        let first = (self.selected + 1).saturating_sub(room);
        for (row, (at, item)) in items.iter().enumerate().skip(first).take(room).enumerate() {
            let mark = if at == self.selected { theme.glyphs.marks.0 } else { " " };
            let (name, size, day) = self.cells(*item);
            let name_columns = usize::from(area.width).saturating_sub(2 + SIZE + DAY);
            let line = Line::from(vec![
                Span::raw(format!("{mark} ")),
                Span::raw(left(&name, name_columns, theme.glyphs.ellipsis)),
                Span::styled(right(&size, SIZE, ""), muted),
                Span::styled(right(&day, DAY, ""), muted),
            ]);
            put(buf, area, row as u16, &line);
            if at == self.selected {
                let bar = Rect { y: area.y + row as u16, height: 1, ..area };
                buf.set_style(bar.intersection(buf.area), theme.style(Role::Selected));
            }
        }
    }

    /// A line's name, size and day.
    fn cells(&self, item: Item<'_>) -> (String, String, String) {
        match item {
            Item::Above => ("..".to_owned(), String::new(), String::new()),
            Item::All => {
                let files = self.listing.iter().flat_map(|l| &l.entries).filter_map(|e| e.bytes);
                let (count, bytes) = files.fold((0, 0), |(count, sum), bytes| (count + 1, sum + bytes));
                (format!("all {count} billing files here, and those below"), words::bytes(bytes), String::new())
            }
            Item::Entry(entry) => {
                let name =
                    if entry.bytes.is_none() { format!("{}/", entry.name) } else { entry.name.as_str().to_owned() };
                let day = entry.changed.map_or(String::new(), |day| day.to_string());
                (name, entry.bytes.map_or(String::new(), words::bytes), day)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker() -> FilePicker {
        let entry = |name: &str, bytes| Entry {
            path: Path::new("/data").join(name),
            name: SafeText::from_outside(name),
            bytes,
            changed: None,
        };
        let entries = vec![entry("aws", None), entry("Bill-09.csv", Some(10)), entry("bill-10.csv.gz", Some(5_000))];
        let mut picker = FilePicker::new(PathBuf::from("/data"));
        assert_eq!(picker.choose(), None, "nothing is known yet");
        let listing = Listing { folder: PathBuf::from("/data"), entries, others: 2, beyond: 0 };
        picker.listed(Path::new("/data"), Ok(listing));
        picker
    }

    #[test]
    fn what_is_typed_narrows_and_enter_takes_what_is_selected() {
        let mut picker = picker();
        assert_eq!(picker.choose(), Some(Choice::Folder("/data/aws".into())));
        picker.edit(Action::Down, 5);
        assert_eq!(picker.choose(), Some(Choice::Take("/data/Bill-09.csv".into())));
        picker.edit(Action::First, 5);
        assert_eq!(picker.choose(), Some(Choice::Folder("/".into())));
        picker.edit(Action::Down, 5);
        assert_eq!(picker.choose(), Some(Choice::Take("/data".into())), "all of the folder");
        assert_eq!(picker.insert("10"), None);
        assert_eq!(picker.choose(), Some(Choice::Take("/data/bill-10.csv.gz".into())));
        picker.insert("*");
        assert_eq!(picker.choose(), Some(Choice::Take("/data/10*".into())), "a pattern as it is typed");
    }

    #[test]
    fn folders_are_gone_into_by_tab_and_slash_and_left_by_backspace() {
        let mut picker = picker();
        assert_eq!(picker.edit(Action::Complete, 5), Some("/data/aws".into()));
        assert_eq!(picker.insert("aws/"), Some("/data/aws/".into()));
        picker.listed(Path::new("/data/aws/"), Err(crate::error::Error::usage("cannot read `/data/aws`")));
        assert_eq!(picker.folder, Path::new("/data"), "it stays where it can look");
        picker.edit(Action::DeleteAll, 5);
        assert_eq!(picker.edit(Action::DeleteBefore, 5), Some("/".into()));
        assert_eq!(picker.insert("/home/"), Some("/home/".into()));
    }

    #[test]
    fn a_late_listing_takes_nothing_away() {
        let listing = |folder: &str| Ok(Listing { folder: folder.into(), ..Listing::default() });
        let mut picker = picker();
        picker.insert("aws/");
        picker.insert("nov");
        picker.listed(Path::new("/data/aws/"), listing("/data/aws"));
        assert_eq!((picker.folder.to_str(), picker.line.text()), (Some("/data/aws"), "nov"));
        picker.edit(Action::DeleteAll, 5);
        picker.insert("a/");
        picker.insert("b/");
        picker.listed(Path::new("/data/aws/a/"), listing("/data/aws/a"));
        assert_eq!((picker.folder.to_str(), picker.line.text()), (Some("/data/aws"), "a/b/"), "not the newest");
        picker.edit(Action::DeleteAll, 5);
        picker.insert("x");
        picker.listed(Path::new("/data/aws/a/b"), listing("/data/aws/a/b"));
        assert_eq!((picker.folder.to_str(), picker.line.text()), (Some("/data/aws/a/b"), "x"));
    }
}
