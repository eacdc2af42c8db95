//! What needs attention: budgets that do not hold, anomalies, and what is to be known of the figures; the gravest
//! first.
//!
//! Draws only the rows that are seen. Asks nothing and changes nothing.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::state::Pane;
use super::timeline::heading;
use crate::domain::text::SafeText;
use crate::engine::answer::{BudgetAnswer, BudgetState, Notice, NoticeKind, Severity, SpendAnswer, SpendDetails};
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::tab::{Tab, short_day};
use crate::tui::text::{cut_words, put, put_at, width, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the sign before what is told.
const SIGN: u16 = 2;

/// Where something is told in full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leads {
    /// In a tab of its own.
    To(Tab),
    /// In the view of how charges are tagged.
    ToTags,
}

/// Something that needs attention.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    severity: Severity,
    /// What it is.
    pub text: String,
    /// What can be done about it.
    pub hint: String,
    /// Where it is told in full.
    pub leads: Option<Leads>,
}

impl Item {
    fn of(notice: &Notice) -> Item {
        let leads = match notice.kind {
            NoticeKind::Anomalies => Some(Leads::To(Tab::Anomalies)),
            NoticeKind::Untagged => Some(Leads::ToTags),
            _ => None,
        };
        Item { severity: notice.severity, text: notice.text.clone(), hint: notice.hint.clone(), leads }
    }

    /// The key of the tab that tells it in full; empty where there is none.
    fn key(&self, keymap: &Keymap) -> String {
        match self.leads {
            Some(Leads::To(tab)) => keymap.key_of(Action::Show(tab)),
            _ => String::new(),
        }
    }
}

/// All that is told, the gravest first, and of what is as grave anomalies, then budgets.
#[must_use]
pub fn items(answer: &SpendAnswer, details: Option<&SpendDetails>, budgets: Option<&[BudgetAnswer]>) -> Vec<Item> {
    let notices = answer.notices.iter().chain(details.into_iter().flat_map(|d| &d.notices));
    let (anomalies, others): (Vec<&Notice>, Vec<&Notice>) = notices.partition(|n| n.kind == NoticeKind::Anomalies);
    let mut items: Vec<Item> = anomalies.into_iter().map(Item::of).collect();
    items.extend(of_budgets(budgets.unwrap_or_default()));
    items.extend(others.into_iter().map(Item::of));
    items.sort_by_key(|item| Reverse(item.severity));
    items
}

/// Budgets that are over, those that likely are, and those that will be: one of each by its name, several by how many they are. Days come
/// before names, which may be cut.
fn of_budgets(budgets: &[BudgetAnswer]) -> Vec<Item> {
    let (mut over, mut likely, mut will) = (Vec::new(), Vec::new(), Vec::new());
    for answer in budgets.iter().filter(|answer| !answer.is_history()) {
        let name = answer.budget.name.safe();
        match answer.state {
            BudgetState::Exceeded { on } => over.push((short_day(on), name)),
            BudgetState::WillExceed { on } if answer.state.is_likely_over(answer.as_of) => {
                likely.push((short_day(on), name));
            }
            BudgetState::WillExceed { on } => will.push((short_day(on), name)),
            _ => {}
        }
    }
    let said = |one: &str, several: &str, word: &str, found: &[(String, SafeText)]| match found {
        [] => None,
        [(day, name)] => Some(format!("{one} {day}: {name} budget")),
        all => {
            let each: Vec<String> = all.iter().map(|(day, name)| format!("{name} {word} {day}")).collect();
            Some(format!("{} {several}: {}", all.len(), each.join(", ")))
        }
    };
    let hint = "the Budgets tab and `spendtop budget list` say more";
    let item = |severity, text: Option<String>| {
        Some(Item { severity, text: text?, hint: hint.to_owned(), leads: Some(Leads::To(Tab::Budgets)) })
    };
    let over = item(Severity::Alarm, said("over since", "budgets are over", "since", &over));
    let likely = said("likely over since", "budgets are likely over", "since", &likely);
    let likely = item(Severity::Warning, likely);
    let will = item(Severity::Warning, said("over on", "budgets will be over", "on", &will));
    over.into_iter().chain(likely).chain(will).collect()
}

fn sign(item: &Item, selected: bool, theme: &Theme) -> Span<'static> {
    let (sign, role) = match item.severity {
        Severity::Alarm => ("!", Role::Error),
        Severity::Warning => ("!", Role::Unsure),
        Severity::Info => (theme.glyphs.dot, Role::Muted),
    };
    let (sign, role) = if selected { (theme.glyphs.marks.0, Role::Accent) } else { (sign, role) };
    Span::styled(sign, theme.style(role))
}

/// All that attention is drawn from.
pub struct Attention<'a> {
    /// What is selected.
    pub state: &'a State,
    /// What is told.
    pub items: &'a [Item],
    /// Whether more of it may be on its way.
    pub waits: bool,
    /// What keys mean.
    pub keymap: &'a Keymap,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Attention<'_> {
    /// Draws heading and items in a block, as many lines to each as it takes where there is room.
    pub fn block(&self, area: Rect, buf: &mut Buffer) {
        let (all, theme) = (self.items, self.theme);
        heading("Needs attention", self.state.focus == Pane::Attention, area, buf, theme);
        if all.is_empty() {
            let words = if self.waits { "loading" } else { "nothing" };
            return put(buf, area, 1, &Line::from(Span::styled(words, theme.style(Role::Muted))));
        }
        let room = area.height.saturating_sub(1);
        let texts = |item: &Item| -> Vec<String> {
            let key = width(&item.key(self.keymap));
            let key = if key > 0 { key + 1 } else { 0 };
            let columns = usize::from(area.width.saturating_sub(SIGN)).saturating_sub(key);
            let text = SafeText::from_outside(&item.text);
            if room > 3 { wrap(&text, columns) } else { vec![cut_words(&text, columns, theme.glyphs.ellipsis)] }
        };
        let selected = self.state.notice(all);
        let mut first = 0;
        let heights: Vec<u16> = all.iter().map(|item| texts(item).len() as u16).collect();
        while selected.is_some_and(|at| heights[first..=at.max(first)].iter().sum::<u16>() > room && first < at) {
            first += 1;
        }
        let mut row = 1;
        let mut shown = first;
        for (at, item) in all.iter().enumerate().skip(first) {
            let lines = texts(item);
            if row + lines.len() as u16 > room + 1 {
                break;
            }
            put(buf, area, row, &Line::from(sign(item, selected == Some(at), theme)));
            self.at_right(&item.key(self.keymap), area, row, buf);
            for line in lines {
                put_at(buf, area, SIGN, row, &Line::from(line));
                row += 1;
            }
            shown = at + 1;
        }
        if all.len() > shown - first {
            self.at_right(&format!("{} of {}", shown - first, all.len()), area, 0, buf);
        }
    }

    /// Draws items on lines of their own with what can be done, where there is no place for a block.
    pub fn lines(&self, area: Rect, buf: &mut Buffer) {
        let (all, theme) = (self.items, self.theme);
        if all.is_empty() {
            let words = if self.waits { "" } else { "nothing needs attention" };
            return put(buf, area, 0, &Line::from(Span::styled(words, theme.style(Role::Muted))));
        }
        let selected = self.state.notice(all);
        let room = usize::from(area.height);
        let first = selected.map_or(0, |at| (at + 1).saturating_sub(room));
        for (row, (at, item)) in all.iter().enumerate().skip(first).take(room).enumerate() {
            let more = if row == 0 && all.len() > room { format!("{room} of {}", all.len()) } else { String::new() };
            let key = item.key(self.keymap);
            let text = match key.as_str() {
                "" => SafeText::from_outside(&format!("{}: {}", item.text, item.hint)),
                key => SafeText::from_outside(&format!("{} ({key} shows it)", item.text)),
            };
            let taken = SIGN + if more.is_empty() { 0 } else { width(&more) as u16 + 2 };
            let text = cut_words(&text, usize::from(area.width.saturating_sub(taken)), theme.glyphs.ellipsis);
            let role = if item.severity == Severity::Info { Role::Muted } else { Role::Unsure };
            let line = Line::from(vec![
                sign(item, selected == Some(at), theme),
                Span::raw(" "),
                Span::styled(text, theme.style(role)),
            ]);
            put(buf, area, row as u16, &line);
            self.at_right(&more, area, row as u16, buf);
        }
    }

    fn at_right(&self, text: &str, area: Rect, row: u16, buf: &mut Buffer) {
        let at = area.width.saturating_sub(width(text) as u16);
        put_at(buf, area, at, row, &Line::from(Span::styled(text.to_owned(), self.theme.style(Role::Muted))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tab::budgets::samples;
    use crate::tui::tests::fake::as_of;

    #[test]
    fn budgets_are_told_by_name_and_day_and_several_by_their_number() {
        let told = |budgets: &[BudgetAnswer]| -> Vec<(Severity, String)> {
            of_budgets(budgets).into_iter().map(|item| (item.severity, item.text)).collect()
        };
        let list = samples::list(as_of(), None);
        let over = (Severity::Alarm, "over since Nov 18: data budget".to_owned());
        let will = (Severity::Warning, "over on Nov 27: platform budget".to_owned());
        assert_eq!(told(&list), [over, will.clone()]);
        let twice: Vec<BudgetAnswer> = [list[0].clone(), list[0].clone(), list[1].clone()].to_vec();
        let both = "2 budgets are over: data since Nov 18, data since Nov 18".to_owned();
        assert_eq!(told(&twice), [(Severity::Alarm, both), will.clone()]);
        let mut archived = list.clone();
        archived[0].budget.archived = true;
        assert_eq!(told(&archived), std::slice::from_ref(&will));
        let mut ended = list.clone();
        ended[0].budget.every = crate::domain::budget::Cycle::Days(ended[0].period);
        (ended[0].as_of, ended[0].forecast) = (ended[0].period.to, None);
        assert_eq!(told(&ended), [will]);
        assert_eq!(told(&list[2..]), []);
        // Its charges are late: what is foretold has happened by now.
        let mut behind = list[1].clone();
        behind.state = BudgetState::WillExceed { on: as_of().plus(-2) };
        let day = short_day(as_of().plus(-2));
        let likely = |text: String| (Severity::Warning, text);
        assert_eq!(told(std::slice::from_ref(&behind)), [likely(format!("likely over since {day}: platform budget"))]);
        let several = format!("2 budgets are likely over: platform since {day}, platform since {day}");
        assert_eq!(told(&[behind.clone(), behind]), [likely(several)]);
    }
}
