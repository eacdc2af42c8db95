//! Draws how syncing stands: scopes with what went wrong and how that is put right, meters with their caps,
//! and the log; or one of them whole. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::syncing::{SyncLog, Target, targets};
use super::{Spans, begin_box, box_lines};
use crate::domain::calendar::format_timestamp;
use crate::domain::currency::signed;
use crate::domain::text::SafeText;
use crate::domain::words::{count, counted};
use crate::engine::Run;
use crate::engine::overview::{MeterOverview, Overview, ScopeOverview, Trouble, Word};
use crate::report;
use crate::tui::action::{Action, Place};
use crate::tui::keymap::Keymap;
use crate::tui::layout::overlay;
use crate::tui::syncing::Snapshot;
use crate::tui::syncing_words::{moment, progress, progress_role};
use crate::tui::text::{cut, left, put, right, width, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the box at most.
const COLUMNS: u16 = 180;
/// Columns of a scope's name, its word, when it will be asked, and when it was.
const NAME: usize = 22;
const WORD: usize = 9;
const TIME: usize = 12;
const SYNCED: usize = 17;
/// Columns of a run's moment, of its count of charges, of requests, and of seconds.
const MOMENT: usize = 11;
const CHARGES: usize = 10;
const REQUESTS: usize = 5;
const SECONDS: usize = 7;
/// Columns of what a run asked for, at least, and of why, where there is room for that too.
const ASKED: usize = 24;
const WHY: usize = 14;
/// Columns that are left to what came of a run before what was asked for takes more.
const OUTCOME: usize = 26;
/// Columns of a list from which on there is.
const WIDE: usize = 100;
/// Columns before what is said of the line above.
const INDENT: usize = 3;
/// Columns of a label of what is shown whole.
const LABEL: usize = 12;

/// One line.
struct Row {
    spans: Spans,
    target: Option<Target>,
}

/// All that it is drawn from.
pub struct Scene<'a> {
    /// What is selected and open.
    pub log: &'a SyncLog,
    /// How syncing stood; `None` where nothing is synced.
    pub snapshot: Option<&'a Snapshot>,
    /// Whether the demo is looked at.
    pub demo: bool,
    /// Whether something can be connected from here.
    pub connects: bool,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Scene<'_> {
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
        let of =
            self.snapshot.map_or_else(String::new, |snapshot| format!("as of {}", moment(snapshot.at, snapshot.at)));
        let title = vec![
            Span::styled(" Syncing ", self.theme.style(Role::Strong)),
            Span::styled(format!("{of} "), self.theme.style(Role::Muted)),
        ];
        put(buf, inner, 0, &Line::from(title));
        let rows = self.rows(usize::from(inner.width));
        let height = usize::from(area.height.saturating_sub(2));
        let most = rows.len().saturating_sub(height);
        let target = self.overview().and_then(|overview| self.log.selected(&targets(overview)));
        let selected = rows.iter().position(|row| row.target.is_some() && row.target == target);
        // The selected line stands in the middle, so that what is said below it is seen too.
        let first =
            self.log.opened().unwrap_or_else(|| selected.unwrap_or_default().saturating_sub(height / 2)).min(most);
        box_lines((area, inner), rows.iter().map(|row| &row.spans), (first, selected), buf, self.theme);
    }

    fn overview(&self) -> Option<&Overview> {
        self.snapshot?.overview.as_ref().ok()
    }

    fn rows(&self, columns: usize) -> Vec<Row> {
        let mut page = Page { columns, ellipsis: self.theme.glyphs.ellipsis, rows: Vec::new() };
        let Some(snapshot) = self.snapshot else {
            self.nothing(&mut page);
            return page.rows;
        };
        match &snapshot.overview {
            Err(error) => {
                page.wrapped(0, &error.message, Role::Error);
                error.hints.iter().for_each(|hint| page.wrapped(0, hint, Role::Text));
            }
            Ok(overview) if self.log.opened().is_some() => {
                if let Some(target) = self.log.selected(&targets(overview)) {
                    page.whole(&target, overview, snapshot.at);
                }
            }
            Ok(overview) => page.list(overview, snapshot.at),
        }
        page.rows
    }

    /// Why there is nothing to see, and what to do.
    fn nothing(&self, page: &mut Page<'_>) {
        if self.demo {
            page.wrapped(0, "This is the demo: nothing of it is synced.", Role::Strong);
        } else {
            page.wrapped(0, "There is no connection yet: nothing is synced.", Role::Strong);
        }
        page.blank();
        let here = match self.connects {
            true => format!("{} makes one, and so does ", self.keymap.key_in(Action::Connect, Place::Syncing)),
            false => String::new(),
        };
        let does = if self.connects { "" } else { " makes one" };
        let ways = format!(
            "{here}`spendtop connect aws`, `azure`, `gcp`, `opencost` or `folder`{does}; spendtop then brings what it \
             costs by itself, while it is open."
        );
        page.wrapped(0, &ways, Role::Text);
        page.wrapped(0, &format!("{} goes back.", self.keymap.key_in(Action::Back, Place::Syncing)), Role::Muted);
    }
}

struct Page<'a> {
    columns: usize,
    ellipsis: &'a str,
    rows: Vec<Row>,
}

fn role(word: Word) -> Role {
    match word {
        Word::Syncing => Role::Accent,
        Word::Blocked => Role::Error,
        Word::Failing | Word::Capped => Role::Unsure,
        Word::Never | Word::Fresh | Word::Due => Role::Text,
    }
}

impl Page<'_> {
    fn push(&mut self, spans: Vec<(String, Role)>, target: Option<Target>) {
        self.rows.push(Row { spans, target });
    }

    fn blank(&mut self) {
        self.push(Vec::new(), None);
    }

    fn wrapped(&mut self, indent: usize, text: &str, role: Role) {
        let room = self.columns.saturating_sub(indent + 1);
        let lines = wrap(&SafeText::from_outside(text), room);
        let before = " ".repeat(indent + 1);
        self.rows
            .extend(lines.into_iter().map(|line| Row { spans: vec![(format!("{before}{line}"), role)], target: None }));
    }

    /// A cell at the left, safe and as wide as it is to be.
    fn cell(&self, text: &str, columns: usize) -> String {
        left(&SafeText::from_outside(text), columns.saturating_sub(1), self.ellipsis) + " "
    }

    fn list(&mut self, overview: &Overview, now: i64) {
        let heads = [("Scope", NAME), ("State", WORD), ("Synced", SYNCED), ("Next", TIME), ("History", 0)];
        let heads: String = heads.iter().map(|(head, columns)| format!("{head:columns$}")).collect();
        self.push(vec![(format!(" {heads}"), Role::Muted)], None);
        overview.scopes.iter().for_each(|scope| self.scope(scope, now));
        for (name, trouble) in &overview.wrong {
            let spans =
                vec![(format!(" {}", self.cell(name, NAME)), Role::Text), ("cannot be used".to_owned(), Role::Error)];
            self.push(spans, Some(Target::Wrong(name.clone())));
            self.trouble(trouble);
        }
        if !overview.meters.is_empty() {
            self.blank();
            self.push(vec![(" Spent".to_owned(), Role::Muted)], None);
            overview.meters.iter().for_each(|meter| self.meter(meter));
        }
        self.blank();
        if overview.runs.is_empty() {
            self.push(vec![(" Nothing was asked for yet".to_owned(), Role::Muted)], None);
            return;
        }
        let asked = self.asked(&overview.runs);
        self.heads_of_runs(asked);
        overview.runs.iter().for_each(|run| self.run(run, asked, now));
    }

    fn scope(&mut self, scope: &ScopeOverview, now: i64) {
        let synced = report::synced_words(scope, now);
        let spans = vec![
            (format!(" {}", self.cell(&scope.source, NAME)), Role::Text),
            (self.cell(scope.word.name(), WORD), role(scope.word)),
            (self.cell(&synced, SYNCED), Role::Text),
            (self.cell(&report::due_words(scope, now), TIME), Role::Muted),
            (report::history_words(scope), Role::Muted),
        ];
        self.push(spans, Some(Target::Scope(scope.source.clone())));
        scope.elsewhere.iter().for_each(|told| self.wrapped(INDENT, told, Role::Muted));
        if let Some(said) = progress(scope, now) {
            let name = SafeText::from_outside(&scope.source);
            let said = said.strip_prefix(name.as_str()).unwrap_or(&said).trim_start();
            self.wrapped(INDENT, said, progress_role(scope));
        }
        if let Some(trouble) = &scope.trouble {
            if let Some(since) = scope.failing_since {
                self.wrapped(INDENT, &format!("since {}: {}", moment(since, now), trouble.message), Role::Unsure);
                self.hints(trouble);
            } else {
                self.trouble(trouble);
            }
        }
        scope.left.iter().for_each(|left| self.wrapped(INDENT, left, Role::Muted));
    }

    fn trouble(&mut self, trouble: &Trouble) {
        self.wrapped(INDENT, &trouble.message, Role::Unsure);
        self.hints(trouble);
    }

    fn hints(&mut self, trouble: &Trouble) {
        trouble.hints.iter().for_each(|hint| self.wrapped(INDENT, hint, Role::Text));
    }

    fn meter(&mut self, meter: &MeterOverview) {
        let near = match meter.cap_today {
            Some(cap) if meter.today >= cap => "  at its cap",
            _ if meter.is_near() => "  near its cap",
            _ => "",
        };
        let spans = vec![
            (format!(" {}", self.cell(&meter.connection, NAME)), Role::Text),
            (report::meter_sentence(meter), Role::Text),
            (near.to_owned(), Role::Unsure),
        ];
        self.push(spans, None);
    }

    /// Columns of what runs asked for: as many as the longest takes, where there is room.
    fn asked(&self, runs: &[Run]) -> usize {
        let widest = runs.iter().map(|run| width(&SafeText::from_outside(&run.what)) + 2).max().unwrap_or_default();
        let others = match self.columns >= WIDE {
            true => WHY + CHARGES + REQUESTS + SECONDS,
            false => CHARGES,
        };
        let room = self.columns.saturating_sub(1 + MOMENT + NAME + others + 2 + OUTCOME);
        widest.min(room).max(ASKED)
    }

    fn heads_of_runs(&mut self, asked: usize) {
        let mut heads = format!(" {:MOMENT$}{:NAME$}{:asked$}", "When", "Scope", "Asked for");
        if self.columns >= WIDE {
            heads.push_str(&format!(
                "{:WHY$}{:>CHARGES$}{:>REQUESTS$}{:>SECONDS$}  Outcome",
                "Why", "Charges", "Req", "Sec"
            ));
        } else {
            heads.push_str(&format!("{:>CHARGES$}  Outcome", "Charges"));
        }
        self.push(vec![(heads, Role::Muted)], None);
    }

    fn run(&mut self, run: &Run, asked: usize, now: i64) {
        let what = if run.what.is_empty() { "look" } else { &run.what };
        let mut text = format!(
            " {}{}{}",
            self.cell(&moment(run.at, now), MOMENT),
            self.cell(&run.source, NAME),
            self.cell(what, asked)
        );
        let charges = right(&count(run.rows), CHARGES, self.ellipsis);
        if self.columns >= WIDE {
            text.push_str(&self.cell(run.why.map_or("", |why| why.name()), WHY));
            text.push_str(&charges);
            text.push_str(&right(&count(run.requests()), REQUESTS, self.ellipsis));
            text.push_str(&right(&run.seconds(), SECONDS, self.ellipsis));
        } else {
            text.push_str(&charges);
        }
        let role = if run.trouble.is_some() { Role::Unsure } else { Role::Text };
        let outcome = SafeText::from_outside(&report::outcome(run));
        let room = self.columns.saturating_sub(width(&text) + 2);
        let spans = vec![(text, Role::Text), (format!("  {}", cut(&outcome, room, self.ellipsis)), role)];
        self.push(spans, Some(Target::of_run(run)));
    }

    fn label(&mut self, label: &str, text: &str, role: Role) {
        if text.is_empty() {
            return;
        }
        let room = self.columns.saturating_sub(LABEL + 1);
        for (at, line) in wrap(&SafeText::from_outside(text), room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.push(vec![(format!(" {label:LABEL$}"), Role::Muted), (line, role)], None);
        }
    }

    /// One of the lines with all that is known of it.
    fn whole(&mut self, target: &Target, overview: &Overview, now: i64) {
        match target {
            Target::Scope(source) => {
                if let Some(scope) = overview.scopes.iter().find(|scope| scope.source == *source) {
                    self.whole_scope(scope, now);
                }
            }
            Target::Wrong(name) => {
                if let Some((name, trouble)) = overview.wrong.iter().find(|(known, _)| known == name) {
                    self.label("Connection", name, Role::Strong);
                    self.whole_trouble(trouble);
                }
            }
            Target::Run(..) => {
                if let Some(run) = overview.runs.iter().find(|run| Target::of_run(run) == *target) {
                    self.whole_run(run);
                }
            }
        }
    }

    fn whole_scope(&mut self, scope: &ScopeOverview, now: i64) {
        self.label("Scope", &scope.source, Role::Strong);
        self.label("Called", &scope.title, Role::Text);
        self.label("Endpoint", scope.elsewhere.as_deref().unwrap_or_default(), Role::Text);
        self.label("State", scope.word.name(), role(scope.word));
        let synced = match (scope.good_at, scope.stored_at) {
            (Some(at), _) => format_timestamp(at),
            (None, Some(at)) => format!("in part {}", format_timestamp(at)),
            (None, None) => "never".to_owned(),
        };
        self.label("Synced", &synced, Role::Text);
        self.label("Next", &report::due_words(scope, now), Role::Text);
        self.label("History", &report::history_words(scope), Role::Text);
        self.label(
            "Under way",
            &progress(scope, now).unwrap_or_default(),
            match progress_role(scope) {
                Role::Muted => Role::Text,
                role => role,
            },
        );
        if let Some(doing) = &scope.doing {
            self.label("So far", &counted(doing.rows, "charge", "charges"), Role::Text);
        }
        self.label(
            "Failing",
            &scope.failing_since.map_or_else(String::new, |at| format!("since {}", format_timestamp(at))),
            Role::Unsure,
        );
        scope.trouble.iter().for_each(|trouble| self.whole_trouble(trouble));
        self.label("Left", scope.left.as_deref().unwrap_or_default(), Role::Text);
        let opinion = scope.opinion.as_ref().and_then(|kept| report::opinion_words(kept, now));
        self.label("Opinion", &opinion.unwrap_or_default(), Role::Text);
    }

    fn whole_trouble(&mut self, trouble: &Trouble) {
        self.label("Problem", &trouble.message, Role::Unsure);
        trouble.hints.iter().for_each(|hint| self.label("What to do", hint, Role::Text));
    }

    fn whole_run(&mut self, run: &Run) {
        self.label("When", &format_timestamp(run.at), Role::Strong);
        self.label("Scope", &run.source, Role::Text);
        self.label("Asked for", if run.what.is_empty() { "how it stands" } else { &run.what }, Role::Text);
        self.label("Why", run.why.map_or("", |why| why.name()), Role::Text);
        self.label("Charges", &count(run.rows), Role::Text);
        self.label("Pages", &count(u64::from(run.pages)), Role::Text);
        run.spent.iter().for_each(|(unit, spent)| self.label("Spent", &report::spent_words(*unit, *spent), Role::Text));
        self.label("Retries", &run.retries.to_string(), Role::Text);
        self.label("Seconds", &run.seconds(), Role::Text);
        for (currency, amount) in &run.restated {
            self.label("Restated", &format!("{} {currency}", signed(*amount, currency)), Role::Text);
        }
        match &run.trouble {
            Some(trouble) => self.whole_trouble(trouble),
            None => self.label("Outcome", "stored", Role::Text),
        }
        run.notes.iter().for_each(|note| self.label("Note", note, Role::Text));
    }
}
