//! How alerts stand: channels with what was last brought and what waits, and what was told. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Spans, begin_box, box_lines};
use crate::domain::alert::{Entry, Fate, Letter, Refused, Severity, Turn};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::host::alerting::{ChannelStanding, Standing};
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
const MOMENT: usize = 13;
const STATE: usize = 12;

/// The open panel.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AlertsPanel {
    /// The selected line, of channels and then of what was told.
    selected: usize,
}

impl AlertsPanel {
    /// Selects a line that many lines further, of so many.
    pub fn step(&mut self, by: isize, lines: usize) {
        self.selected = self.selected.saturating_add_signed(by).min(lines.saturating_sub(1));
    }
}

/// One line.
struct Row {
    spans: Spans,
    selectable: bool,
}

/// All that it is drawn from.
pub struct Scene<'a> {
    /// What is selected.
    pub panel: &'a AlertsPanel,
    /// How alerts stood; `None` where nobody is told anything, or that is not known yet.
    pub snapshot: Option<&'a Snapshot>,
    /// Whether the demo is looked at.
    pub demo: bool,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Scene<'_> {
    fn standing(&self) -> Option<&Standing> {
        self.snapshot?.standing.as_ref().ok()
    }

    /// The channel that is selected.
    #[must_use]
    pub fn selected(&self) -> Option<&ChannelStanding> {
        self.standing()?.channels.get(self.panel.selected)
    }

    /// Lines that can be selected.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.standing().map_or(0, |s| s.channels.len() + s.answer.outbox.len() + s.answer.log.len())
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
        let mut selectable = rows.iter().enumerate().filter(|(_, row)| row.selectable).map(|(at, _)| at);
        let selected = selectable.nth(self.panel.selected);
        let most = rows.len().saturating_sub(height);
        let first = selected.unwrap_or_default().saturating_sub(height / 2).min(most);
        box_lines((area, inner), rows.iter().map(|row| &row.spans), (first, selected), buf, self.theme);
    }

    fn rows(&self, columns: usize) -> Vec<Row> {
        let mut page = Page { columns, ellipsis: self.theme.glyphs.ellipsis, rows: Vec::new() };
        match self.snapshot.map(|snapshot| (&snapshot.standing, snapshot.at)) {
            None if self.demo => {
                page.wrapped("This is the demo: nobody is told anything of it.", Role::Strong);
                page.wrapped("With a bill of yours alerts reach you by the channels of the config.", Role::Text);
            }
            None => page.wrapped("Looking how alerts stand.", Role::Muted),
            Some((Err(error), _)) => {
                page.wrapped(&error.message, Role::Error);
                error.hints.iter().for_each(|hint| page.wrapped(hint, Role::Text));
            }
            Some((Ok(standing), now)) => {
                page.channels(standing, now);
                if standing.channels.len() <= 2 {
                    let more = "Slack, Teams, email, PagerDuty and others: `[channels.NAME]` in the config; \
                                `spendtop config template` has an example of each.";
                    page.wrapped(more, Role::Muted);
                }
                page.log(standing, now, &self.keymap.key_in(Action::TestChannel, Place::Alerts));
            }
        }
        page.rows
    }
}

struct Page<'a> {
    columns: usize,
    ellipsis: &'a str,
    rows: Vec<Row>,
}

impl Page<'_> {
    fn push(&mut self, spans: Vec<(String, Role)>, selectable: bool) {
        self.rows.push(Row { spans, selectable });
    }

    fn blank(&mut self) {
        self.push(Vec::new(), false);
    }

    fn wrapped(&mut self, text: &str, role: Role) {
        for line in wrap(&SafeText::from_outside(text), self.columns.saturating_sub(2)) {
            self.push(vec![(format!(" {line}"), role)], false);
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
        let heading = format!(
            " {}{}{}{}",
            self.cell("Channel", NAME),
            self.cell("Kind", KIND),
            self.cell("Last brought", BROUGHT),
            self.cell("On its way", WAITING)
        );
        self.push(vec![(heading, Role::Muted)], false);
        for channel in &standing.channels {
            let gate = &channel.gate;
            let brought = if gate.good_at > 0 { report::ago(gate.good_at, now) } else { "never".to_owned() };
            let waiting = match (channel.waiting, channel.next) {
                (0, _) => String::new(),
                (count, next) => format!("{count}, next try {}", report::next_words(next, now)),
            };
            let role = if gate.why.is_some() { Role::Unsure } else { Role::Text };
            let taken = 1 + NAME + KIND + BROUGHT + WAITING;
            let why = gate.why.as_deref().map(|why| format!("{why} ({})", report::ago(gate.failed_at, now)));
            let spans = vec![
                (format!(" {}", self.cell(&channel.name, NAME)), Role::Strong),
                (self.cell(channel.kind, KIND), Role::Muted),
                (self.cell(&brought, BROUGHT), Role::Text),
                (self.cell(&waiting, WAITING), role),
                (self.rest(&why.unwrap_or_default(), taken), role),
            ];
            self.push(spans, true);
        }
        if let Some((channel, fate)) = &standing.tested {
            self.blank();
            match fate {
                Fate::Delivered => self.wrapped(&format!("{channel} has the test."), Role::Text),
                Fate::Partly { refused, later, .. } => {
                    let others = [&refused[..], later].map(Refused::words).join(" ");
                    self.wrapped(&format!("{channel} has the test, but {}.", others.trim()), Role::Unsure);
                }
                Fate::Failed { why, .. } | Fate::Impossible { why } => {
                    self.wrapped(&format!("{channel} has not got the test: {why}"), Role::Unsure);
                }
            }
        }
    }

    fn log(&mut self, standing: &Standing, now: i64, test: &str) {
        let answer = &standing.answer;
        self.blank();
        if answer.log.is_empty() && answer.outbox.is_empty() {
            self.wrapped(
                &format!("Nobody was told anything yet. {test} sends a test to the selected channel."),
                Role::Muted,
            );
            return;
        }
        let told = counted(answer.log.len() as u64, "message", "messages");
        self.push(vec![(format!(" What was told: {told}"), Role::Muted)], false);
        let mut waiting: Vec<&Letter> = answer.outbox.values().collect();
        waiting.sort_by_key(|letter| std::cmp::Reverse(letter.message.at));
        for letter in waiting {
            let message = &letter.message;
            let why = letter.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            let text = format!("{}{why}", message.title.raw());
            self.told((message.at, now), &letter.channel, "on its way", (message.turn, message.severity), &text);
        }
        for entry in &answer.log {
            let Entry { at, channel, turn, severity, title, .. } = entry;
            let why = entry.reason().map(|why| format!(" ({why})")).unwrap_or_default();
            self.told((*at, now), channel, entry.state(), (*turn, *severity), &format!("{}{why}", title.raw()));
        }
    }

    fn told(
        &mut self,
        (at, now): (i64, i64),
        channel: &str,
        state: &str,
        (turn, severity): (Turn, Severity),
        title: &str,
    ) {
        let (word, role) = match (turn, severity) {
            (Turn::Resolved, _) => ("resolved", Role::Muted),
            (_, Severity::Critical) => ("critical", Role::Error),
            (_, Severity::Warning) => ("warning", Role::Unsure),
            (_, Severity::Info) => ("info", Role::Muted),
        };
        let state_role = if state == "told" { Role::Muted } else { Role::Unsure };
        let taken = 1 + MOMENT + NAME + 2 * STATE;
        let spans = vec![
            (format!(" {}", self.cell(&moment(at, now), MOMENT)), Role::Muted),
            (self.cell(channel, NAME), Role::Text),
            (self.cell(state, STATE), state_role),
            (self.cell(word, STATE), role),
            (self.rest(title, taken), Role::Text),
        ];
        self.push(spans, true);
    }
}
