//! How alerts stand: channels with what was last brought and what waits, and what was told; one of either whole, once
//! it is opened. Pure.

mod whole;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(in crate::tui) use self::whole::{News, all};
use super::log::Log;
use super::{Spans, begin_box, box_lines};
use crate::domain::alert::{Fate, Kind, Letter, Message, Refused, Severity, Turn, by_message};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::host::alerting::Standing;
use crate::host::courier::Silence;
use crate::report;
use crate::tui::action::{Action, Place};
use crate::tui::alerting::Snapshot;
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::syncing_words::moment;
use crate::tui::text::{cut, left, put, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the box at most.
const COLUMNS: u16 = 140;
/// Columns of a name, a kind, when something was brought, how much waits, and of a state.
const NAME: usize = 16;
const KIND: usize = 11;
const BROUGHT: usize = 14;
const WAITING: usize = 22;
const MOMENT: usize = 11;
const STATE: usize = 12;
/// Of how much a message presses, and of its channels.
const PRESSING: usize = 10;
const TO: usize = 26;
/// What is said of a channel that the config cannot mean.
const UNUSABLE: &str = "cannot be used";
/// Columns from which on there is room for what can be read elsewhere too.
const WIDE: usize = 100;

/// How a channel is made: what is said, and what is written.
const ADD: &str = "Add a channel to the file that `spendtop config path` names; all kinds are in \
                   `spendtop config template`:";
const ADDED: [&str; 3] = ["[channels.chat]", "type = \"slack\"", "url = \"env:SLACK_WEBHOOK\""];

/// A line that can be selected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A channel, by its name.
    Channel(String),
    /// A message that would be told, by its key.
    Would(String),
    /// One that is or was, by its key.
    Told(String),
}

/// The open panel.
pub type AlertsPanel = Log<Target>;

/// One line.
struct Row {
    spans: Spans,
    target: Option<Target>,
}

/// All that it is drawn from.
pub struct Scene<'a> {
    /// What is selected.
    pub panel: &'a AlertsPanel,
    /// How alerts stood; `None` where nobody is told anything, or that is not known yet.
    pub snapshot: Option<&'a Snapshot>,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Scene<'_> {
    fn standing(&self) -> Option<&Standing> {
        self.snapshot?.standing.as_ref().ok()
    }

    /// All lines that can be selected, from the top.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let Some(standing) = self.standing() else { return Vec::new() };
        let channels = standing.channels.iter().map(|channel| Target::Channel(channel.name.clone()));
        channels.chain(messages(standing).into_iter().map(|(target, _)| target)).collect()
    }

    /// What is selected.
    #[must_use]
    pub fn selected(&self) -> Option<Target> {
        self.panel.selected(&self.targets())
    }

    /// The name of the channel that is selected.
    #[must_use]
    pub fn channel(&self) -> Option<String> {
        match self.selected() {
            Some(Target::Channel(name)) => Some(name),
            _ => None,
        }
    }

    /// Lines of what is shown whole that may be scrolled away when it is drawn over an area.
    #[must_use]
    pub fn scrolls(&self, area: Rect) -> usize {
        let area = overlay(area, COLUMNS, area.height);
        let columns = usize::from(area.width.saturating_sub(2));
        self.rows(columns).len().saturating_sub(usize::from(area.height.saturating_sub(2)))
    }

    /// Draws it over an area.
    pub fn draw(&self, under: Rect, buf: &mut Buffer) {
        let (area, inner) = begin_box(overlay(under, COLUMNS, under.height), under, buf, self.theme);
        let of = self.snapshot.map_or_else(String::new, |at| format!("as of {} ", moment(at.at, at.at)));
        let title = vec![
            Span::styled(" Alerts ", self.theme.style(Role::Strong)),
            Span::styled(of, self.theme.style(Role::Muted)),
        ];
        put(buf, inner, 0, &Line::from(title));
        let rows = self.rows(usize::from(inner.width));
        let height = usize::from(area.height.saturating_sub(2));
        let most = rows.len().saturating_sub(height);
        let target = self.selected();
        let selected = rows.iter().position(|row| row.target.is_some() && row.target == target);
        let first =
            self.panel.opened().unwrap_or_else(|| selected.unwrap_or_default().saturating_sub(height / 2)).min(most);
        box_lines((area, inner), rows.iter().map(|row| &row.spans), (first, selected), buf, self.theme);
    }

    fn rows(&self, columns: usize) -> Vec<Row> {
        let mut page = Page { columns, ellipsis: self.theme.glyphs.ellipsis, rows: Vec::new() };
        match self.snapshot.map(|snapshot| (&snapshot.standing, snapshot.at)) {
            None => page.wrapped("Looking how alerts stand.", Role::Muted),
            Some((Err(error), _)) => {
                page.wrapped(&error.message, Role::Error);
                error.hints.iter().for_each(|hint| page.wrapped(hint, Role::Text));
            }
            Some((Ok(standing), now)) if self.panel.opened().is_some() => self.whole(&mut page, standing, now),
            Some((Ok(standing), now)) => {
                page.channels(standing, now);
                if !standing.wrong.is_empty() {
                    page.blank();
                }
                standing.wrong.iter().for_each(|wrong| page.wrapped(wrong, Role::Unsure));
                if standing.channels.len() <= 2 {
                    page.blank();
                    page.wrapped(ADD, Role::Muted);
                    ADDED.iter().for_each(|line| page.push(vec![(format!("   {line}"), Role::Text)], None));
                }
                if let Some((silence, news)) = &standing.silence {
                    page.would(*silence, news);
                }
                page.log(standing, now, &self.keymap.key_in(Action::TestChannel, Place::Alerts));
            }
        }
        page.rows
    }

    /// What is selected, with all that is known of it.
    fn whole(&self, page: &mut Page<'_>, standing: &Standing, now: i64) {
        match self.selected() {
            Some(Target::Channel(name)) => {
                let test = self.keymap.key_in(Action::TestChannel, Place::Alerts);
                let channel = standing.channels.iter().find(|channel| channel.name == name);
                let tested = standing.tested.get(&name);
                channel.into_iter().for_each(|channel| page.channel(channel, (tested, now), &test));
            }
            target => {
                let found = messages(standing).into_iter().find(|(own, _)| Some(own) == target.as_ref());
                found.into_iter().for_each(|(_, news)| page.message(&news, now));
            }
        }
    }
}

/// The messages that are listed: what would be told, and what is or was.
fn messages(standing: &Standing) -> Vec<(Target, News<'_>)> {
    let would = standing.silence.iter().flat_map(|(_, news)| by_message(news));
    let would = would.map(|(message, to)| (Target::Would(message.key.clone()), News::would_be(message, to)));
    let told = all(&standing.answer).into_iter();
    would.chain(told.map(|news| (Target::Told(news.key.to_owned()), news))).collect()
}

struct Page<'a> {
    columns: usize,
    ellipsis: &'a str,
    rows: Vec<Row>,
}

impl Page<'_> {
    fn push(&mut self, spans: Vec<(String, Role)>, target: Option<Target>) {
        self.rows.push(Row { spans, target });
    }

    fn blank(&mut self) {
        self.push(Vec::new(), None);
    }

    fn wrapped(&mut self, text: &str, role: Role) {
        for line in wrap(&SafeText::from_outside(text), self.columns.saturating_sub(2)) {
            self.push(vec![(format!(" {line}"), role)], None);
        }
    }

    fn cell(&self, text: &str, columns: usize) -> String {
        left(&cut(&SafeText::from_outside(text), columns.saturating_sub(1), self.ellipsis), columns, self.ellipsis)
    }

    /// The rest of a line after so many columns.
    fn rest(&self, text: &str, taken: usize) -> String {
        cut(&SafeText::from_outside(text), self.columns.saturating_sub(taken + 1), self.ellipsis)
    }

    fn channels(&mut self, standing: &Standing, now: i64) {
        // What kind it is can be read elsewhere; why it fails cannot.
        let kind = if self.columns >= WIDE { KIND } else { 0 };
        let heading = format!(
            " {}{}{}{}",
            self.cell("Channel", NAME),
            self.cell("Kind", kind),
            self.cell("Last brought", BROUGHT),
            self.cell("On its way", WAITING)
        );
        self.push(vec![(heading, Role::Muted)], None);
        for channel in &standing.channels {
            let gate = &channel.gate;
            let brought = if gate.good_at > 0 { report::ago(gate.good_at, now) } else { "never".to_owned() };
            let waiting = match (channel.waiting, channel.next) {
                (0, _) => String::new(),
                (count, next) => format!("{count}, next try {}", report::next_words(next, now)),
            };
            // What the config cannot mean fails each time.
            let unusable = channel.unusable.as_ref().map(|why| format!("{UNUSABLE}: {why}"));
            let why = unusable.as_ref().or(gate.why.as_ref());
            let role = if why.is_some() { Role::Unsure } else { Role::Text };
            let mut spans = vec![
                (format!(" {}", self.cell(&channel.name, NAME)), Role::Strong),
                (self.cell(channel.kind, kind), Role::Muted),
                (self.cell(&brought, BROUGHT), Role::Text),
            ];
            let taken = 1 + NAME + kind + BROUGHT;
            match (why, channel.remark) {
                // Where nothing waits its place is free.
                (None, Some(remark)) if channel.waiting == 0 => spans.push((self.rest(remark, taken), Role::Muted)),
                (Some(why), _) if waiting.is_empty() && unusable.is_some() => {
                    spans.push((self.rest(why, taken), role));
                }
                (Some(why), _) if kind == 0 => {
                    let waiting = if waiting.is_empty() { waiting } else { format!("{waiting}: ") };
                    spans.push((self.rest(&format!("{waiting}{why}"), taken), role));
                }
                (why, _) => {
                    let failed = || why.map(|why| format!("{why} ({})", report::ago(gate.failed_at, now)));
                    spans.push((self.cell(&waiting, WAITING), role));
                    let why = unusable.clone().or_else(failed).unwrap_or_default();
                    spans.push((self.rest(&why, taken + WAITING), role));
                }
            }
            self.push(spans, Some(Target::Channel(channel.name.clone())));
            // Below its channel: with many of them the end of the list is out of view.
            if let Some(fate) = standing.tested.get(&channel.name) {
                self.tested(&channel.name, fate);
            }
        }
    }

    /// What became of a channel's test.
    fn tested(&mut self, channel: &str, fate: &Fate) {
        let (said, role) = match fate {
            Fate::Delivered => (format!("{channel} has the test."), Role::Text),
            Fate::Partly { refused, later, .. } => {
                let others = Refused::words(refused.iter().chain(later));
                (format!("{channel} has the test, but {others}."), Role::Unsure)
            }
            Fate::Failed { why, .. } | Fate::Impossible { why } | Fate::LeftOut { why } => {
                (format!("{channel} has not got the test: {why}"), Role::Unsure)
            }
        };
        for line in wrap(&SafeText::from_outside(&said), self.columns.saturating_sub(5)) {
            self.push(vec![(format!("   {line}"), role)], None);
        }
    }

    /// What would be told, were anybody told.
    fn would(&mut self, silence: Silence, news: &[Letter]) {
        let messages: Vec<(&Message, Vec<&str>)> = by_message(news).collect();
        self.blank();
        self.wrapped(&format!("{}.", capital(&silence.words())), Role::Strong);
        if messages.is_empty() {
            self.wrapped("There would be nothing new to tell.", Role::Muted);
            return;
        }
        // Where all goes the same way it is said once.
        let same = messages.windows(2).all(|two| two[0].1 == two[1].1);
        let count = counted(messages.len() as u64, "message", "messages");
        let to = if same { format!(", to {}", messages[0].1.join(" and ")) } else { String::new() };
        self.wrapped(&format!("What would be told: {count}{to}"), Role::Muted);
        for (message, to) in &messages {
            let (word, role) = pressing(message.turn, message.severity, message.kind);
            let mut spans = vec![(format!(" {}", self.cell(word, STATE)), role)];
            let to_columns = if same { 0 } else { WAITING };
            spans.push((self.cell(&to.join(", "), to_columns), Role::Text));
            spans.push((self.rest(message.title.raw(), 1 + STATE + to_columns), Role::Text));
            self.push(spans, Some(Target::Would(message.key.clone())));
        }
    }

    fn log(&mut self, standing: &Standing, now: i64, test: &str) {
        let all = all(&standing.answer);
        if standing.silence.is_some() && all.is_empty() {
            return;
        }
        self.blank();
        if all.is_empty() {
            self.wrapped(
                &format!("Nobody was told anything yet. {test} sends a test to the selected channel."),
                Role::Muted,
            );
            return;
        }
        let mut heading = format!(" What was found: {}", counted(all.len() as u64, "message", "messages"));
        for state in ["on its way", "not told", "told in part"] {
            let count = all.iter().filter(|news| news.came_to() == state).count();
            heading.push_str(&if count > 0 { format!(", {count} {state}") } else { String::new() });
        }
        self.push(vec![(heading, Role::Muted)], None);
        all.iter().for_each(|news| self.told(news, now));
    }

    /// A message in a line, which has the room.
    fn told(&mut self, news: &News<'_>, now: i64) {
        let (word, role) = pressing(news.turn, news.severity, news.kind);
        let state_role = if news.state() == "told" { Role::Muted } else { Role::Unsure };
        let mut spans = vec![
            (format!(" {}", self.cell(&moment(news.at, now), MOMENT)), Role::Muted),
            (self.cell(&news.state(), STATE), state_role),
            (self.cell(word, PRESSING), role),
        ];
        let mut taken = 1 + MOMENT + STATE + PRESSING;
        let mut text = news.title.raw().to_owned();
        if self.columns >= WIDE {
            spans.insert(1, (self.cell(&news.channels(), TO), Role::Text));
            taken += TO;
            text.push_str(&news.why().map(|why| format!(" ({why})")).unwrap_or_default());
        }
        spans.push((self.rest(&text, taken), Role::Text));
        self.push(spans, Some(Target::Told(news.key.to_owned())));
    }
}

/// How much something presses: its word, and how that looks.
pub(in crate::tui) fn pressing(turn: Turn, severity: Severity, of: Kind) -> (&'static str, Role) {
    let role = match (turn, severity) {
        (Turn::Resolved, _) => return ("resolved", Role::Muted),
        (_, Severity::Critical) => Role::Error,
        (_, Severity::High | Severity::Warning) => Role::Unsure,
        (_, Severity::Info) => Role::Muted,
    };
    (severity.word(of), role)
}

/// A text that begins a sentence.
pub(in crate::tui) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
