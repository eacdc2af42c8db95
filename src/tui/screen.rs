//! The whole screen, drawn from the app's state and from nothing else.
//!
//! ```text
//!  spendtop   1 Spend  2 Breakdown  3 Recommendations ...              AWS Nov 20  Azure Nov 19
//!  effective cost · November to date vs same days of October · by provider           USD 1 of 2
//!  (banner)
//!  (a hint on the first starts, and what is synced or fails)
//!
//!  the tab, or an overlay over it
//!
//!  Enter open  Bksp back  / filter  ...                                           ? help  q quit
//! ```
//!
//! Pure: changes no state and knows no terminal.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::action::{Action, Entry, Group};
use super::app::App;
use super::layout;
use super::overlay::{self, Overlay};
use super::sentence;
use super::syncing_words::{self, Fails, Said};
use super::tab::{Tab, anomalies, breakdown, budgets, later, short_day};
use super::text::{cut, paragraph, put, put_at, width};
use super::theme::Role;
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::engine::answer::Freshness;

/// What stands before the tabs.
const NAME: &str = " spendtop";
/// Columns of what is said behind the first of what fails, with its dot.
const SHORT: usize = 18;

const GAP: &str = "  ";
/// Columns and rows below which there is no telling what is what.
const LEAST: (u16, u16) = (40, 8);

/// Draws a frame.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if let Some(cursor) = render(app, area, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws into a buffer; returns where the terminal's cursor belongs, if anywhere.
pub fn render(app: &App, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(app, area, buf);
        app.theme.paint_ground(buf);
        return None;
    }
    let parts = layout::screen(area, app.banner.is_some());
    match &app.welcome {
        Some(welcome) => welcome.draw(parts.under, &app.keymap, buf, &app.theme),
        None => tabbed(app, &parts, buf),
    }
    footer(app, parts.footer, buf);
    let under = parts.under;
    use Overlay::{Alerts, BudgetForm, Connect, Explain, Files, Help, Importing, Link, Notice, Pick, Syncing};
    if let Some(
        Help(_)
        | Notice(_)
        | Pick(_)
        | Files(_)
        | Importing(_)
        | Explain(_)
        | Link(_)
        | Syncing(_)
        | Alerts(_)
        | Connect(_)
        | BudgetForm(_)
        | Overlay::WhatIf(_),
    ) = app.overlay
    {
        overlay::recede(under, buf, &app.theme);
    }
    let cursor = over(app, &parts, buf);
    if !app.pending.is_empty() {
        overlay::following::draw(app, under, buf);
    }
    if app.theme.glyphs.only_ascii {
        only_ascii(buf);
    } else if app.theme.glyphs.wide {
        only_sure_widths(buf);
    }
    app.theme.paint_ground(buf);
    cursor
}

/// Draws what lies over the tab; returns where the terminal's cursor belongs, if anywhere.
fn over(app: &App, parts: &layout::Parts, buf: &mut Buffer) -> Option<Position> {
    let under = parts.under;
    match &app.overlay {
        Some(Overlay::Help(help)) => help.draw(app.tab, &app.keymap, under, buf, &app.theme),
        Some(Overlay::Period(calendar)) => {
            overlay::calendar_view::draw(calendar, &app.calendar_facts(), &app.keymap, under, buf, &app.theme)
        }
        Some(Overlay::Pick(list)) => list.draw(under, buf, &app.theme),
        Some(Overlay::Explain(explain)) => {
            app.explain_scene(explain).draw(under, buf);
            None
        }
        Some(Overlay::Filter(line)) => line.draw(&app.keymap, under, buf, &app.theme),
        Some(Overlay::Find(line)) => breakdown::view::find_line(line, parts.body, buf, &app.theme),
        Some(Overlay::Prompt(prompt)) => prompt.draw(&app.keymap, under, buf, &app.theme),
        Some(Overlay::Files(picker)) => picker.draw(&app.keymap, under, buf, &app.theme),
        Some(Overlay::Importing(importing)) => {
            importing.draw(&app.keymap, under, buf, &app.theme);
            None
        }
        Some(Overlay::Note(line)) => line.draw(under, buf, &app.theme),
        Some(Overlay::Link(shown)) => {
            shown.draw(under, buf, &app.theme);
            None
        }
        Some(Overlay::Syncing(log)) => {
            app.sync_scene(log).draw(under, buf);
            None
        }
        Some(Overlay::BudgetForm(form)) => form.draw(&app.keymap, under, buf, &app.theme),
        Some(Overlay::WhatIf(whatif)) => {
            let simulation = app.budgets.simulated.shown.as_ref().and_then(|shown| shown.answers.first());
            let scenarios = app.budgets.scenarios.shown.as_ref().map_or(&[][..], |shown| &shown.answers);
            whatif.draw(simulation, scenarios, &app.keymap, under, buf, &app.theme)
        }
        Some(Overlay::Alerts(panel)) => {
            app.alerts_scene(panel).draw(under, buf);
            None
        }
        Some(Overlay::Connect(wizard)) => app.connect_scene(wizard).draw(under, buf),
        Some(Overlay::Notice(notice)) => {
            notice.draw(under, buf, &app.theme);
            None
        }
        None => None,
    }
}

/// Where addresses stand on the screen that the terminal may make links of, each with the whole address.
#[must_use]
pub fn links(app: &App, area: Rect) -> Vec<(Rect, String)> {
    let Some(Overlay::Link(shown)) = &app.overlay else { return Vec::new() };
    let under = layout::screen(area, app.banner.is_some()).under;
    shown.places(under).into_iter().map(|place| (place, shown.link.url().to_owned())).collect()
}

fn too_small(app: &App, area: Rect, buf: &mut Buffer) {
    let (columns, rows) = LEAST;
    let here = format!("this window has {} by {}", area.width, area.height);
    let ways = app.keymap.say("enlarge it, or quit by {quit-now}");
    let text = format!("spendtop needs {columns} columns and {rows} rows, {here}: {ways}");
    paragraph(buf, area, 0, &text, app.theme.style(Role::Unsure));
}

/// Where the terminal draws characters of ambiguous width two columns wide, none may shift a row.
fn only_sure_widths(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if cell.symbol().width_cjk() > cell.symbol().width() {
            cell.set_char('?');
        }
    }
}

fn tabbed(app: &App, parts: &layout::Parts, buf: &mut Buffer) {
    header(app, parts.header, buf);
    lens(app, parts.lens, buf);
    if let Some(banner) = &app.banner {
        let text = cut(&format!(" {banner}"), usize::from(parts.banner.width), app.theme.glyphs.ellipsis);
        put(buf, parts.banner, 0, &Line::from(Span::styled(text, app.theme.style(Role::Unsure))));
    }
    hint(app, parts.hint, buf);
    body(app, parts.body, buf);
}

/// Where the terminal shows ASCII only, outside text must not be anything else either.
fn only_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if !cell.symbol().is_ascii() {
            cell.set_char('?');
        }
    }
}

/// The tabs as they stand beside each other after the name; only the active one's name where there is
/// no room for all.
fn tabs(active: Tab, columns: u16) -> impl Iterator<Item = (Tab, String)> {
    let full: usize = Tab::ALL.iter().map(|t| width(t.title()) + 4).sum();
    let narrow = full + 12 > usize::from(columns);
    Tab::ALL.into_iter().enumerate().map(move |(i, tab)| {
        let named = tab == active || !narrow;
        (tab, if named { format!(" {} {} ", i + 1, tab.title()) } else { format!(" {} ", i + 1) })
    })
}

/// The tab whose name is at a column of the header.
#[must_use]
pub fn tab_at(active: Tab, header: Rect, column: u16) -> Option<Tab> {
    let widths = tabs(active, header.width).map(|(tab, text)| (tab, width(&text)));
    spot(widths, usize::from(column.checked_sub(header.x)?).checked_sub(width(NAME) + width(GAP))?)
}

/// Which of things beside each other is at a column.
fn spot<T>(widths: impl IntoIterator<Item = (T, usize)>, column: usize) -> Option<T> {
    let mut end = 0;
    widths.into_iter().find_map(|(what, width)| {
        end += width;
        (column < end).then_some(what)
    })
}

fn header(app: &App, area: Rect, buf: &mut Buffer) {
    let theme = &app.theme;
    let mut spans = vec![Span::styled(NAME, theme.style(Role::Strong)), Span::raw(GAP)];
    for (tab, text) in tabs(app.tab, area.width) {
        spans.push(Span::styled(text, theme.style(if tab == app.tab { Role::Selected } else { Role::Muted })));
    }
    let line = Line::from(spans);
    let used = line.width();
    put(buf, area, 0, &line);
    let said = freshness(app, usize::from(area.width).saturating_sub(used + 3));
    let columns: usize = said.iter().map(|(text, _)| width(text)).sum();
    let spans: Vec<_> = said.into_iter().map(|(text, role)| Span::styled(text, theme.style(role))).collect();
    put_at(buf, area, area.width.saturating_sub(columns as u16 + 1), 0, &Line::from(spans));
}

/// How far each provider's data goes; how old it is and since when it fails to come; and a cap that is near.
/// Where not all fit, the provider that is furthest behind stands for them: the freshest alone would let the others pass
/// for as fresh.
fn freshness(app: &App, room: usize) -> Vec<Said> {
    let snapshot = app.syncing.as_deref();
    let fails = |fresh: &Freshness| snapshot.and_then(|snapshot| syncing_words::fails(snapshot, fresh.provider.raw()));
    let one = |fresh: &Freshness, brief: bool| -> Vec<Said> {
        let name = SafeText::from_outside(services::provider_short(fresh.provider.raw()));
        let name = cut(&name, 14, app.theme.glyphs.ellipsis);
        let day = short_day(fresh.last_day);
        let (when, fails) = match fails(fresh) {
            None => (day, None),
            Some(Fails { age, since }) => {
                let sign = if brief { " !".to_owned() } else { format!(" ! failing since {since}") };
                // How long ago it was says more than the day that it was of.
                (age.unwrap_or(day), Some(sign))
            }
        };
        [(format!("{name} {when}"), Role::Muted)].into_iter().chain(fails.map(|text| (text, Role::Unsure))).collect()
    };
    let gap = || (GAP.to_owned(), Role::Muted);
    let all = |brief| -> Vec<Said> {
        let each = app.freshness.iter().map(|fresh| one(fresh, brief));
        each.reduce(|before, next| before.into_iter().chain([gap()]).chain(next).collect()).unwrap_or_default()
    };
    let near = snapshot.and_then(syncing_words::near).map(|near| [(near, Role::Unsure), gap()]);
    let oldest = app.freshness.iter().min_by_key(|f| f.last_day);
    let any_fails = app.freshness.iter().any(|fresh| fails(fresh).is_some());
    let mut forms = vec![all(false), all(true)];
    if let Some(oldest) = oldest {
        forms.push([("oldest: ".to_owned(), Role::Muted)].into_iter().chain(one(oldest, true)).collect());
        let sign = any_fails.then(|| (" !".to_owned(), Role::Unsure));
        let age = fails(oldest).and_then(|fails| fails.age);
        let brief = (format!("oldest {}", age.unwrap_or_else(|| short_day(oldest.last_day))), Role::Muted);
        forms.push([brief].into_iter().chain(sign).collect());
    }
    let with_cap = |form: &Vec<Said>| near.iter().flatten().cloned().chain(form.iter().cloned()).collect::<Vec<Said>>();
    let fits = |form: &Vec<Said>| form.iter().map(|(text, _)| width(text)).sum::<usize>() <= room;
    let capped: Vec<Vec<Said>> = forms.iter().map(with_cap).collect();
    capped.into_iter().chain(forms).find(fits).unwrap_or_default()
}

fn lens(app: &App, area: Rect, buf: &mut Buffer) {
    let theme = &app.theme;
    let dot = format!(" {} ", theme.glyphs.dot);
    let mut right = Vec::new();
    // Where it stands nothing else moves when it goes.
    match &app.front {
        _ if app.reattaching => right.push(Span::styled("reattaching  ", theme.style(Role::Unsure))),
        Some(age) => right.push(Span::styled(format!("figures {age}  "), theme.style(Role::Unsure))),
        None if app.waiting() => right.push(Span::styled("loading  ", theme.style(Role::Unsure))),
        None => {}
    }
    let all = app.currencies();
    if let Some(shown) = app.shown_currency() {
        let at = all.iter().position(|c| *c == shown).unwrap_or_default() + 1;
        let name = SafeText::from_outside(shown);
        let text =
            if all.len() > 1 { format!("{name}, {at} of {} currencies ", all.len()) } else { format!("{name} ") };
        right.push(Span::styled(text, theme.style(if all.len() > 1 { Role::Strong } else { Role::Muted })));
    }
    let right = Line::from(right);
    let room = usize::from(area.width).saturating_sub(right.width() + 3);
    let own = match app.tab {
        // Each looks through a lens of its own.
        Tab::Budgets => Some(budgets::view::sentence(&app.budgets, &dot)),
        // Of the lens only its filter counts.
        Tab::Anomalies => Some(anomalies::view::sentence(&app.anomalies, &app.lens.filter, &dot)),
        _ => None,
    };
    if let Some(said) = own {
        let said = cut(&said, room, theme.glyphs.ellipsis);
        put_at(buf, area, 1, 0, &Line::from(Span::styled(said, theme.style(Role::Muted))));
        return put_at(buf, area, area.width.saturating_sub(right.width() as u16), 0, &right);
    }
    let name = app.saved.same(&app.lens).map(|saved| saved.name.raw());
    let frame = sentence::Frame { room, dot: &dot, ellipsis: theme.glyphs.ellipsis };
    let mut spans = Vec::new();
    for part in sentence::fitting(&app.said_lens(), &app.first_lens, name, app.shown_as_of(), frame) {
        let role = match (part.is_name, part.differs) {
            (true, _) => Role::Strong,
            (_, true) => Role::Text,
            _ => Role::Muted,
        };
        let gap = part.gap(&dot).to_owned();
        spans.push(Span::styled(part.text, theme.style(role)));
        spans.push(Span::styled(gap, theme.style(Role::Muted)));
    }
    spans.pop();
    put_at(buf, area, 1, 0, &Line::from(spans));
    put_at(buf, area, area.width.saturating_sub(right.width() as u16), 0, &right);
}

/// The first-time hint that is due, and what is under way or fails.
fn hint(app: &App, area: Rect, buf: &mut Buffer) {
    let due = app.hints.as_ref().and_then(|hints| hints.due(&app.keymap, &app.context()));
    let sync_key = app.keymap.key_of(Action::SyncLog);
    let said = app.syncing.as_ref().map(|snapshot| syncing_words::line(snapshot, &sync_key)).unwrap_or_default();
    let mut spans = vec![Span::raw(" ")];
    if let Some((key, words)) = due {
        let hint = [
            Span::styled(key, app.theme.style(Role::Strong)),
            Span::styled(format!(" {words}"), app.theme.style(Role::Muted)),
            Span::raw(GAP),
        ];
        // What fails is never cut short for a hint.
        let needs: usize = said.iter().map(|(text, _)| width(text) + GAP.len()).sum();
        if said.is_empty() || hint.iter().map(Span::width).sum::<usize>() + needs < usize::from(area.width) {
            spans.extend(hint);
        }
    }
    let dot = format!(" {} ", app.theme.glyphs.dot);
    // How many more there are and where all is told stand whole behind the first.
    let behind: usize = said.iter().skip(1).map(|(text, _)| width(text) + 3).filter(|columns| *columns <= SHORT).sum();
    for (at, (text, role)) in said.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::styled(dot.clone(), app.theme.style(Role::Muted)));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let kept = if at == 0 { behind } else { 0 };
        let room = usize::from(area.width).saturating_sub(used + 1 + kept);
        spans.push(Span::styled(cut(&text, room, app.theme.glyphs.ellipsis), app.theme.style(role)));
    }
    put(buf, area, 0, &Line::from(spans));
}

fn body(app: &App, area: Rect, buf: &mut Buffer) {
    if let Some(error) = app.error() {
        return failed(app, error, area, buf);
    }
    // What is known of the data says more than that nothing was found in none.
    if app.tab == Tab::Anomalies && app.extent.as_ref().is_none_or(|e| e.days.is_some()) {
        return anomalies::view::draw(&app.anomalies, &app.lens.filter, area, &app.keymap, buf, &app.theme);
    }
    let shown = match app.tab {
        Tab::Anomalies => Some(true),
        Tab::Spend => app.spend.is_nothing(app.currency.as_deref()),
        Tab::Breakdown => app.breakdown.slot.shown.as_ref().map(|s| s.answers.is_empty()),
        Tab::Budgets => return budgets::view::draw(app, area, buf),
        other => return later::draw(other, &app.keymap, area, buf, &app.theme),
    };
    if shown == Some(true) {
        return empty(app, area, buf);
    }
    if app.tab == Tab::Spend {
        app.spend_scene().draw(area, buf, &app.theme);
    } else {
        breakdown::view::draw(app, area, buf);
    }
}

fn failed(app: &App, error: &crate::error::Error, area: Rect, buf: &mut Buffer) {
    let say = |text: &str| SafeText::from_outside(text).into_string();
    let mut row = paragraph(buf, area, 0, &say(&error.message), app.theme.style(Role::Error));
    for hint in &error.hints {
        row = paragraph(buf, area, row, &say(hint), app.theme.style(Role::Text));
    }
    paragraph(buf, area, row + 1, &app.keymap.say("{redraw} asks again, {quit} quits"), app.theme.style(Role::Muted));
}

/// Why there is nothing to see, and what to do.
fn empty(app: &App, area: Rect, buf: &mut Buffer) {
    // While it is not known what data there is, nobody is told that there is none.
    let nothing = app.extent.as_ref().is_some_and(|e| e.days.is_none());
    let mut say = |row, text: &str, role| paragraph(buf, area, row, text, app.theme.style(role));
    let key = |sentence: &str| app.keymap.say(sentence);
    if let Some(snapshot) = app.syncing.as_deref().filter(|_| nothing) {
        let row = say(0, syncing_words::none_yet(snapshot), Role::Strong);
        let more = "{sync-log} shows how syncing stands; {import} takes in a billing export besides.";
        say(row + 1, &key(more), Role::Text);
        return;
    }
    if nothing {
        let row = say(0, "No costs yet: nothing has been imported.", Role::Strong);
        let takes = key("{import} takes in a billing export: FOCUS as CSV or Parquet, also .gz and .zst.");
        let row = say(row + 1, &takes, Role::Text);
        say(row, &key("{quit} leaves; then `spendtop demo` opens on a made-up company."), Role::Text);
        return;
    }
    let row = say(0, "Nothing matches.", Role::Strong);
    let mut row = row + 1;
    // What leaves most out comes first.
    if !app.lens.filter.is_empty() {
        let filter = SafeText::from_outside(&app.lens.filter.to_string());
        let ways = key("{filter} changes it, {filter} {delete-all} {apply} takes it away.");
        row = say(row, &format!("The filter is {filter}: {ways}"), Role::Text);
        for (written, meant) in app.misspelt() {
            let written = SafeText::from_outside(written);
            row = say(row, &format!("Did you mean `{meant}` by `{written}`?"), Role::Unsure);
        }
        if !app.path.is_empty() {
            row = say(row, &key("{back} goes back to where you came from."), Role::Text);
        }
    }
    if let Some((first, last)) = app.extent.as_ref().and_then(|e| e.days) {
        let there = format!("There are charges from {first} to {last}: ");
        say(row, &(there + &key("{period} chooses the days.")), Role::Text);
    }
}

/// The keys of the footer that there is room for, in their order.
fn keys(app: &App, columns: u16) -> Vec<(&'static Entry, String, &'static str)> {
    let theme = &app.theme;
    let mut room = usize::from(columns).saturating_sub(1);
    let mut fitting = Vec::new();
    for (entry, key) in app.keymap.footer(&app.context()) {
        let key = match key.as_str() {
            "Enter" => theme.glyphs.enter.to_owned(),
            "Left" if theme.glyphs.ascii => "Left/Right".to_owned(),
            "Left" => "← →".to_owned(),
            _ => key,
        };
        let word = match entry.action {
            Action::DayBefore => app.spend_step(),
            _ => entry.footer.0,
        };
        let needs = width(&key) + width(word) + 3;
        if needs <= room {
            room -= needs;
            fitting.push((entry, key, word));
        }
    }
    // The most useful fit; help and quit stand last, where they are looked for.
    fitting.sort_by_key(|(entry, ..)| entry.group == Group::App);
    fitting
}

/// The action whose key is at a column of the footer.
#[must_use]
pub fn key_at(app: &App, footer: Rect, column: u16) -> Option<Action> {
    if app.status.is_some() {
        return None;
    }
    let keys = keys(app, footer.width);
    let widths = keys.iter().map(|(entry, key, word)| (entry.action, width(key) + width(word) + 3));
    spot(widths, usize::from(column.checked_sub(footer.x + 1)?))
}

fn footer(app: &App, area: Rect, buf: &mut Buffer) {
    let theme = &app.theme;
    if let Some(status) = &app.status {
        let (sign, role) = app.pressing().unwrap_or(("", Role::Accent));
        let text = cut(&format!(" {sign}{status}"), usize::from(area.width), theme.glyphs.ellipsis);
        return put(buf, area, 0, &Line::from(Span::styled(text, theme.style(role))));
    }
    let mut spans = vec![Span::raw(" ")];
    for (_, key, word) in keys(app, area.width) {
        spans.push(Span::styled(key, theme.style(Role::Strong)));
        spans.push(Span::styled(format!(" {word}  "), theme.style(Role::Muted)));
    }
    put(buf, area, 0, &Line::from(spans));
}
