//! Draws how charges are tagged: coverage of each key, what is misspelt, and where what has no tag is.
//!
//! One grid for the three sections, so that costs stand beneath each other. Pure: reads state, draws
//! only the lines that are seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::columns::{GAP, MARKS};
use super::hygiene::{Entry, Hygiene, Item};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::engine::answer::{Difference, Misspelt, Share, TagKey, TagsAnswer};
use crate::report::words;
use crate::tui::keymap::Keymap;
use crate::tui::layout;
use crate::tui::tab::label;
use crate::tui::text::{cut, left, put, right, rule, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::{bar, money};

/// Columns of a share, and of a count.
const SHARE: usize = 7;
const COUNT: usize = 9;
/// Columns of a bar at least and at most, of a name at most.
const BAR: (usize, usize) = (11, 34);
const NAME_MOST: usize = 40;
/// Columns that a name has even if the bar becomes shorter, and of that one.
const NAME_LEAST: usize = 12;
const BAR_LEAST: usize = 3;

/// How wide the columns are; nothing where one has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Grid {
    name: usize,
    bar: usize,
    tagged: usize,
    /// What has not the key, and the cost of the other sections.
    cost: usize,
    count: usize,
    /// What the misspelt values of a key hold.
    odd: usize,
}

impl Grid {
    fn of(width: usize, answer: &TagsAnswer) -> Grid {
        let places = money::places(&answer.currency);
        let amounts = answer.keys.iter().flat_map(|key| [key.tagged, key.untagged]).chain([answer.total]);
        let most = amounts.flatten().map(Amount::abs).max().unwrap_or_default();
        let money = (crate::tui::text::width(&most.grouped(places)) + 3).clamp(12, 26);
        let mut grid = Grid { name: 0, bar: BAR.0, tagged: 0, cost: money, count: 0, odd: 0 };
        let mut room = width.saturating_sub(MARKS + BAR.0 + SHARE + money);
        // Large amounts on few columns: a name says more than a bar.
        let lacking = NAME_LEAST.saturating_sub(room).min(BAR.0 - BAR_LEAST);
        grid.bar -= lacking;
        room += lacking;
        let mut take = |column: &mut usize, wanted: usize| {
            if room >= wanted + 22 {
                *column = wanted;
                room -= wanted;
            }
        };
        take(&mut grid.tagged, money);
        take(&mut grid.count, COUNT);
        take(&mut grid.odd, money);
        grid.name = room.min(NAME_MOST);
        grid.bar += (room - grid.name).min(BAR.1 - grid.bar);
        grid
    }
}

/// What a grid is drawn with.
struct Drawn<'a> {
    answer: &'a TagsAnswer,
    grid: Grid,
    places: u32,
    theme: &'a Theme,
}

/// Draws the view; `answer` is `None` until one has come.
pub fn draw(
    hygiene: &Hygiene,
    answer: Option<&TagsAnswer>,
    area: Rect,
    keymap: &Keymap,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let say = |buf: &mut Buffer, text: &str| {
        put(buf, area, 1, &Line::from(Span::styled(format!("   {text}"), theme.style(Role::Muted))));
    };
    let Some(answer) = answer else {
        let none = hygiene.slot.shown.is_some();
        let why = keymap.say("no charges here: {filter} changes the filter, {period} the days");
        return say(buf, if none { &why } else { "loading how charges are tagged" });
    };
    let parts = layout::hygiene(area);
    let drawn = Drawn {
        answer,
        grid: Grid::of(usize::from(area.width), answer),
        places: money::places(&answer.currency),
        theme,
    };
    let entries = hygiene.entries(answer);
    let selected = hygiene.selected(&entries);
    let first = hygiene.first_visible(&entries, usize::from(parts.lines.height));
    for (row, entry) in entries.iter().skip(first).take(usize::from(parts.lines.height)).enumerate() {
        let chosen = matches!((entry, selected), (Entry::Item(at, _), Some((chosen, _))) if *at == chosen);
        put(buf, parts.lines, row as u16, &drawn.entry(*entry, chosen));
        if chosen {
            let whole = Rect { y: parts.lines.y + row as u16, height: 1, ..parts.lines };
            buf.set_style(whole.intersection(buf.area), theme.style(Role::Selected));
        }
    }
    if let (false, Some((_, item))) = (parts.detail.is_empty(), selected) {
        rule(buf, parts.detail, 0, theme);
        put(buf, parts.detail, 1, &drawn.reading(item, usize::from(area.width), keymap));
    }
}

impl Drawn<'_> {
    fn muted(&self) -> Style {
        self.theme.style(Role::Muted)
    }

    fn entry(&self, entry: Entry<'_>, selected: bool) -> Line<'static> {
        let grid = self.grid;
        match entry {
            Entry::Blank => Line::default(),
            Entry::Nothing(why) => Line::from(Span::styled(" ".repeat(MARKS) + why, self.muted())),
            Entry::Keys => {
                let shown = self.answer.keys.len() as u64;
                let all = self.answer.keys_total;
                let more = if shown < all { format!("Tag key, {shown} of {all}") } else { "Tag key".to_owned() };
                let odd = right("Misspelt", grid.odd, "");
                self.heading(
                    &more,
                    "Coverage",
                    [right("Tagged", grid.tagged, ""), right("Untagged", grid.cost, "")],
                    right("Values", grid.count, "") + &odd,
                )
            }
            Entry::Odd => self.heading(
                "Probably misspelt",
                "Likely",
                [" ".repeat(grid.tagged), right("Cost", grid.cost, "")],
                right("Charges", grid.count, ""),
            ),
            Entry::Without(key) => {
                let title = format!("Without {}", key.key.safe());
                self.heading(&title, "Share", [" ".repeat(grid.tagged), right("Cost", grid.cost, "")], String::new())
            }
            Entry::Item(_, item) => self.item(item, selected),
        }
    }

    fn heading(&self, name: &str, meter: &str, money: [String; 2], rest: String) -> Line<'static> {
        let grid = self.grid;
        let name = " ".repeat(MARKS)
            + &left(&cut(name, grid.name.saturating_sub(GAP), self.theme.glyphs.ellipsis), grid.name, "");
        let meter = left(meter, grid.bar + SHARE, "");
        let text = meter + &money.concat() + &rest;
        Line::from(vec![Span::styled(name, self.theme.style(Role::Strong)), Span::styled(text, self.muted())])
    }

    fn item(&self, item: Item<'_>, selected: bool) -> Line<'static> {
        let grid = self.grid;
        let cut_by = self.theme.glyphs.ellipsis;
        let mark = if selected { self.theme.glyphs.marks.0 } else { "" };
        let named = cut(&name(item), grid.name.saturating_sub(GAP), cut_by);
        let mut spans = vec![
            Span::styled(left(mark, MARKS, ""), self.theme.style(Role::Strong)),
            Span::raw(left(&named, grid.name, "")),
        ];
        match item {
            Item::Key(key) => spans.extend(self.of_key(key)),
            Item::OddKey(odd) | Item::OddValue(_, odd) => {
                let meant = cut(&odd.meant.safe(), (grid.bar + SHARE).saturating_sub(GAP), cut_by);
                spans.push(Span::raw(left(&meant, grid.bar + SHARE + grid.tagged, "")));
                spans.push(Span::raw(self.money(odd.cost, grid.cost)));
                let count = words::count(odd.rows);
                spans.push(Span::styled(right(&count, grid.count, ""), self.muted()));
            }
            Item::Untagged(key) => spans.extend(self.part(Some(1.0), key.untagged)),
            Item::UntaggedOf(_, share) => spans.extend(self.part(share.share, share.cost)),
        }
        Line::from(spans)
    }

    fn of_key(&self, key: &TagKey) -> Vec<Span<'static>> {
        let grid = self.grid;
        let mut spans = match &key.twin {
            // Its own meter would be empty.
            Some(twin) => {
                let columns = grid.bar + SHARE;
                let text =
                    cut(&format!("is it {}?", twin.safe()), columns.saturating_sub(GAP), self.theme.glyphs.ellipsis);
                vec![Span::styled(left(&text, columns, ""), self.theme.style(Role::Unsure))]
            }
            None => self.meter(key.coverage),
        };
        spans.push(Span::styled(right(&self.money_in(key.tagged, grid.tagged), grid.tagged, ""), self.muted()));
        let whole = key.untagged.is_some_and(Amount::is_zero);
        let role = if whole { Role::Muted } else { Role::Text };
        spans.push(Span::styled(self.money(key.untagged, grid.cost), self.theme.style(role)));
        let values = words::count(key.values);
        spans.push(Span::styled(right(&values, grid.count, ""), self.muted()));
        let odd =
            if key.misspelt.is_empty() { String::new() } else { self.money_in(Some(key.misspelt_cost), grid.odd) };
        spans.push(Span::styled(right(&odd, grid.odd, ""), self.theme.style(Role::Unsure)));
        spans
    }

    fn part(&self, share: Option<f64>, cost: Option<Amount>) -> Vec<Span<'static>> {
        let mut spans = self.meter(share);
        spans.push(Span::raw(" ".repeat(self.grid.tagged)));
        spans.push(Span::raw(self.money(cost, self.grid.cost)));
        spans
    }

    /// A share as a bar and in percent.
    fn meter(&self, share: Option<f64>) -> Vec<Span<'static>> {
        let accent = Style::new().fg(self.theme.layer(Some(0)));
        let bar = bar::bar(share.unwrap_or_default(), self.grid.bar, &self.theme.glyphs);
        let share = if share.is_some() { money::share(share) } else { money::UNKNOWN.to_owned() };
        vec![Span::styled(bar, accent), Span::styled(right(&share, SHARE, ""), self.muted())]
    }

    fn money_in(&self, amount: Option<Amount>, room: usize) -> String {
        if room == 0 { String::new() } else { money::amount_in(amount, self.places, room - 1) }
    }

    fn money(&self, amount: Option<Amount>, room: usize) -> String {
        right(&self.money_in(amount, room), room, "")
    }

    /// The selected line in words, and what opening it does.
    fn reading(&self, item: Item<'_>, room: usize, keymap: &Keymap) -> Line<'static> {
        let (said, does) = match item {
            Item::Key(key) => (self.of_values(key), "{open} groups by it"),
            Item::OddKey(odd) => (differs(odd), "{open} groups by it"),
            Item::OddValue(_, odd) => (differs(odd), "{open} shows its charges"),
            Item::Untagged(key) => (format!("all without {}", key.key.safe()), "{open} shows its charges"),
            Item::UntaggedOf(key, share) => {
                (format!("{} without {}", service(share), key.key.safe()), "{open} shows its charges")
            }
        };
        let does = keymap.say(does);
        // What is said of the line comes before what its key does.
        let does = if MARKS + width(&said) + width(&does) + 3 > room { String::new() } else { does };
        let room = room.saturating_sub(MARKS + width(&does) + 3);
        let said = cut(&said, room, self.theme.glyphs.ellipsis);
        Line::from(vec![
            Span::raw(" ".repeat(MARKS)),
            Span::raw(left(&said, room + 2, "")),
            Span::styled(does, self.muted()),
        ])
    }

    /// The costliest values of a key.
    fn of_values(&self, key: &TagKey) -> String {
        let values = if key.values == 0 { "no charge has it".to_owned() } else { self.values(key) };
        match key.unknown {
            Some(unknown) => format!("{values}   of {} unknown", unknown.grouped(self.places)),
            None => values,
        }
    }

    fn values(&self, key: &TagKey) -> String {
        let one = |share: &Share| format!("{} {}", share.value.safe(), money::share(share.share));
        let values = key.top.iter().map(one).collect::<Vec<_>>().join("  ");
        format!("{}  {values}", if key.values == 1 { "1 value:".to_owned() } else { format!("{} values:", key.values) })
    }
}

/// What an item is called.
#[must_use]
pub fn name(item: Item<'_>) -> String {
    match item {
        Item::Key(key) => key.key.safe().into_string(),
        Item::OddKey(odd) => format!("{} (key)", odd.value.safe()),
        Item::OddValue(key, odd) => format!("{}={}", key.key.safe(), odd.value.safe()),
        Item::Untagged(_) => "all services".to_owned(),
        Item::UntaggedOf(_, share) => service(share),
    }
}

fn service(share: &Share) -> String {
    label(&Dimension::Service, &share.value, share.name.as_ref()).into_string()
}

fn differs(odd: &Misspelt) -> String {
    let how = match odd.difference {
        Difference::Case => "in upper and lower case alone",
        Difference::Separators => "in separators alone",
        Difference::Plural => "in an `s` at the end",
        Difference::Letters => "in a letter or two",
    };
    format!("differs from `{}` {how}", odd.meant.safe())
}

/// The selected line as text to copy.
#[must_use]
pub fn row_text(hygiene: &Hygiene, answer: &TagsAnswer) -> Option<String> {
    let (_, item) = hygiene.selected(&hygiene.entries(answer))?;
    let cost = match item {
        Item::Key(key) | Item::Untagged(key) => key.untagged,
        Item::OddKey(odd) | Item::OddValue(_, odd) => odd.cost,
        Item::UntaggedOf(_, share) => share.cost,
    };
    let cost = money::amount(cost, money::places(&answer.currency));
    let about = match item {
        Item::Key(key) => format!("untagged\tcoverage {}", money::share(key.coverage)),
        Item::OddKey(odd) | Item::OddValue(_, odd) => format!("probably\t{}", odd.meant.safe()),
        Item::Untagged(key) | Item::UntaggedOf(key, _) => format!("without\t{}", key.key.safe()),
    };
    Some(format!("{}\t{cost} {}\t{about}", name(item), answer.currency))
}
