//! Draws the details of the selected row: its course, price and quantity, parts and line items.
//!
//! Every part has its place whether its figures have come or not. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::State;
use super::beside::Paned;
use super::compare::{course, signed};
use super::state::{name, open_from};
use super::units::{self, Per};
use crate::domain::calendar::Day;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::answer::{BreakdownAnswer, BreakdownRow, CurrencyDetail, Driver, LineItems, Notice, Share};
use crate::report::words;
use crate::tui::keymap::Keymap;
use crate::tui::tab::label;
use crate::tui::text::{cut, left, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::{bar, item, money};

/// Line items of a page and parts, at most.
const ITEMS: usize = 20;
pub const PARTS: usize = 8;
/// Columns of one of the effects on a change, of a part's name, and of a line item's cost, at most.
const EFFECT_MAX: usize = 28;
const PART_MAX: usize = 60;
const COST_MAX: usize = 16;
/// Columns of which line items are shown, and the air after it, at least.
const COUNTS: usize = 34;
/// Lines of a pane that has a chart, and of the chart.
const CHARTED: u16 = 34;
const CHART: u16 = 11;

/// How many lines of a pane each part has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The course of the cost.
    trend: u16,
    /// What the row is made of.
    parts: usize,
    /// Before the line items.
    gap: u16,
    /// Line items of a page.
    pub items: usize,
}

impl Plan {
    /// The plan for so many lines.
    #[must_use]
    pub fn of(lines: u16) -> Plan {
        let trend = if lines >= CHARTED { CHART } else { 1 };
        // The name, price and quantity, the change, payment, tags, and the headings of parts and items.
        let room = usize::from(lines.saturating_sub(trend + 7));
        let gap = u16::from(room > 9);
        let parts = (room / 2).min(PARTS);
        Plan { trend, parts, gap, items: room.saturating_sub(parts + usize::from(gap)).clamp(1, ITEMS) }
    }
}

struct Pane<'a> {
    state: &'a State,
    answer: &'a BreakdownAnswer,
    keymap: &'a Keymap,
    area: Rect,
    row: u16,
    plan: Plan,
    places: u32,
    theme: &'a Theme,
}

/// The course of a row in so many columns.
#[must_use]
pub fn trend(answer: &BreakdownAnswer, row: &BreakdownRow, columns: usize, theme: &Theme) -> String {
    bar::sparkline(&money::floats(&row.trend), open_from(answer, row), columns, &theme.glyphs)
}

/// Draws the details of a row.
pub fn draw(
    state: &State,
    answer: &BreakdownAnswer,
    Paned { row, detail, items }: Paned<'_>,
    keymap: &Keymap,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    let mut pane = Pane {
        state,
        answer,
        keymap,
        area,
        row: 0,
        plan: Plan::of(area.height),
        places: money::places(&answer.currency),
        theme,
    };
    pane.head(row, buf);
    let of = detail.and_then(|detail| detail.currencies.iter().find(|c| c.currency == answer.currency));
    pane.units(of.map(|of| of.driver.as_ref()), buf);
    pane.payment(of, row.shared, buf);
    pane.tags(of, buf);
    if let Some(error) = &state.detail.error {
        return pane.say(pane.cut(&error.message), Role::Error, buf);
    }
    let first = pane.row;
    let notice = detail.and_then(|detail| detail.notices.first());
    pane.parts(detail.map(|_| of), notice, buf);
    pane.row = first + pane.plan.parts as u16 + 1;
    if let Some(notice) = notice.filter(|_| pane.plan.gap > 0) {
        pane.say(pane.cut(&notice.text), Role::Unsure, buf);
    }
    pane.row = first + pane.plan.parts as u16 + 1 + pane.plan.gap;
    pane.items(items, buf);
}

impl Pane<'_> {
    fn columns(&self) -> usize {
        usize::from(self.area.width)
    }

    fn put(&mut self, line: &Line<'_>, buf: &mut Buffer) {
        put(buf, self.area, self.row, line);
        self.row += 1;
    }

    fn say(&mut self, text: impl Into<String>, role: Role, buf: &mut Buffer) {
        let line = Line::from(Span::styled(text.into(), self.theme.style(role)));
        self.put(&line, buf);
    }

    /// The row's name and figures, and its course.
    fn head(&mut self, row: &BreakdownRow, buf: &mut Buffer) {
        let theme = self.theme;
        let (role, sign) = money::direction(&row.figure, &theme.glyphs);
        let cost = money::amount(row.figure.amount, self.places);
        let change = match row.figure.change() {
            Some(change) => {
                let amount = change.abs().grouped(self.places);
                format!("  {sign} {amount} {}", money::percent_change(&row.figure))
            }
            None => String::new(),
        };
        let room = self.columns().saturating_sub(width(&cost) + width(&change) + 2);
        let named = cut(&name(self.answer, row), room, theme.glyphs.ellipsis);
        let line = Line::from(vec![
            Span::styled(left(&named, room + 2, ""), theme.style(Role::Strong)),
            Span::styled(cost, theme.style(Role::Strong)),
            Span::styled(change, theme.style(role)),
        ]);
        self.put(&line, buf);
        if self.plan.trend > 1 {
            let area = Rect { y: self.area.y + self.row, height: self.plan.trend, ..self.area };
            course(self.answer, row).draw(area, buf, theme);
            self.row += self.plan.trend;
            return;
        }
        let columns = self.columns().saturating_sub(7).min(62);
        let line = Line::from(vec![
            Span::styled("trend  ", theme.style(Role::Muted)),
            Span::raw(trend(self.answer, row, columns, theme)),
        ]);
        self.put(&line, buf);
    }

    /// What one of it costs and how much it was, and how far each made the change.
    fn units(&mut self, driver: Option<Option<&Driver>>, buf: &mut Buffer) {
        let muted = self.theme.style(Role::Muted);
        let labelled = |label: &'static str, text: String| [Span::styled(label, muted), Span::raw(text)];
        let unit = match driver.map(|driver| driver.and_then(|driver| driver.unit.as_ref())) {
            None => vec![Span::styled("price    ", muted), Span::styled("loading", muted)],
            Some(None) => labelled("price    ", "n/a: its units are mixed or missing".into()).into(),
            Some(Some(unit)) => {
                let name = unit.unit.safe();
                let per = Per::of(unit.price.amount);
                let price = format!("{} /{}{name}   ", units::price(unit.price.amount, per), per.many());
                let before = format!("before {}   ", units::price(unit.price.previous, per));
                let quantity = format!("{} {name}", units::quantity(unit.quantity.amount));
                [labelled("price    ", price), labelled("", before), labelled("quantity ", quantity)].concat()
            }
        };
        self.put(&Line::from(unit), buf);
        let effects = driver.flatten().and_then(|driver| driver.effects).map(|effects| {
            let mut parts = vec![("quantity ", effects.quantity), ("price ", effects.price)];
            if !effects.other.is_zero() {
                parts.push(("other ", effects.other));
            }
            parts
        });
        let mut spans = vec![Span::styled("change   ", muted)];
        let effects: Vec<_> = effects.into_iter().flatten().collect();
        // Each in a column of its own, where there is room: a row's amounts stand where those of the others do.
        let column = (self.columns().saturating_sub(9) / effects.len().max(1)).min(EFFECT_MAX);
        for (label, amount) in effects {
            let role = match amount {
                a if a > Amount::ZERO => Role::Warm,
                a if a < Amount::ZERO => Role::Cool,
                _ => Role::Muted,
            };
            let text = signed(amount, self.places);
            let used: usize = spans.iter().map(Span::width).sum();
            // A part that is cut would pass for a smaller amount.
            if used + width(label) + width(&text) > self.columns() {
                break;
            }
            let text = left(&format!("{text}   "), column.saturating_sub(width(label)).max(width(&text) + 3), "");
            spans.push(Span::styled(label, muted));
            spans.push(Span::styled(text, self.theme.style(role)));
        }
        if spans.len() > 1 {
            put(buf, self.area, self.row, &Line::from(spans));
        }
        self.row += 1;
    }

    /// How its usage was paid for.
    fn payment(&mut self, of: Option<&CurrencyDetail>, shared: Option<Amount>, buf: &mut Buffer) {
        let mut parts = match of {
            None => vec!["loading".to_owned()],
            Some(of) if of.coverage.pricing.is_empty() => vec!["no usage".to_owned()],
            Some(of) => shares(&of.coverage.pricing, "not said"),
        };
        if let Some(unused) = of.and_then(|of| of.coverage.unused).filter(|unused| !unused.is_zero()) {
            parts.push(format!("unused {}", unused.grouped(self.places)));
        }
        if let Some(shared) = shared {
            parts.push(format!("shared {}", shared.grouped(self.places)));
        }
        self.labelled("paid     ", &parts, buf);
    }

    /// The tags that most of it has, with what has them not.
    fn tags(&mut self, of: Option<&CurrencyDetail>, buf: &mut Buffer) {
        let keys = of.into_iter().flat_map(|of| &of.tags).map(|tag| {
            let first =
                tag.values.first().map(|value| format!("={} {}", value.value.safe(), money::share(value.share)));
            let untagged = tag.untagged.share.filter(|share| *share > 0.0);
            let untagged = untagged.map(|share| format!(" untagged {}", money::share(Some(share))));
            format!("{}{}{}", tag.key.safe(), first.unwrap_or_default(), untagged.unwrap_or_default())
        });
        let mut parts: Vec<String> = keys.collect();
        if parts.is_empty() {
            parts.push(if of.is_none() { "loading" } else { "none" }.to_owned());
        }
        self.labelled("tags     ", &parts, buf);
    }

    /// Parts behind what they are, as many as there is room for.
    fn labelled(&mut self, label: &'static str, parts: &[String], buf: &mut Buffer) {
        let room = self.columns().saturating_sub(label.len());
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            let gap = if at == 0 { "" } else { "   " };
            // The first is cut where even that has no room.
            if at > 0 && width(&text) + gap.len() + width(part) > room {
                break;
            }
            text = cut(&format!("{text}{gap}{part}"), room, self.theme.glyphs.ellipsis);
        }
        let line = Line::from(vec![Span::styled(label, self.theme.style(Role::Muted)), Span::raw(text)]);
        self.put(&line, buf);
    }

    fn cut(&self, text: &str) -> String {
        cut(&SafeText::from_outside(text), self.columns(), self.theme.glyphs.ellipsis)
    }

    /// What it is made of, by the coarsest dimension that tells some of it apart. A notice stands beside
    /// the heading where there is no line for it.
    fn parts(&mut self, of: Option<Option<&CurrencyDetail>>, notice: Option<&Notice>, buf: &mut Buffer) {
        let Some(of) = of else { return self.say("parts  loading", Role::Muted, buf) };
        let beside = notice.filter(|_| self.plan.gap == 0).map_or_else(String::new, |n| format!(": {}", n.text));
        let Some(parts) = of.and_then(|of| of.composition.first()) else {
            let text = match of.filter(|of| of.rows > 0) {
                Some(_) => "all of it is alike in every dimension",
                None => "no charge of these days",
            };
            return self.say(self.cut(&format!("{text}{beside}")), Role::Muted, buf);
        };
        let count = words::count(parts.values.len() as u64 + parts.others);
        let heading = format!("by {}, {count} in all{beside}", parts.dimension.title().to_lowercase());
        self.say(self.cut(&heading), Role::Muted, buf);
        let money = 14.min(self.columns());
        let bars = if self.columns() >= 56 { 12 } else { 0 };
        let room = self.columns().saturating_sub(money + bars + 10).min(PART_MAX);
        for part in parts.values.iter().take(self.plan.parts) {
            let named = label(&parts.dimension, &part.value, part.name.as_ref());
            let line = Line::from(vec![
                Span::raw(left(&format!("  {named}"), room, self.theme.glyphs.ellipsis)),
                Span::raw(right(&money::amount_in(part.cost, self.places, money), money, "")),
                // Without a colour: two changes of it on every line would be bytes on a slow line.
                Span::raw(format!("  {}", bar::bar(part.share.unwrap_or_default(), bars, &self.theme.glyphs))),
                Span::raw(right(&money::share(part.share), 7, "")),
            ]);
            self.put(&line, buf);
        }
    }

    /// The charges themselves, the costliest first, page by page.
    fn items(&mut self, items: Option<Option<&LineItems>>, buf: &mut Buffer) {
        if let Some(error) = &self.state.items.error {
            return self.say(self.cut(&error.message), Role::Error, buf);
        }
        let Some(found) = items else { return self.say("line items  loading", Role::Muted, buf) };
        let Some(found) = found else { return self.say("line items  none", Role::Muted, buf) };
        let shown = found.items.len().min(self.plan.items);
        let from = found.skip as usize + usize::from(shown > 0);
        let total = words::count(found.total);
        let text = format!("line items {from} to {} of {total}", found.skip as usize + shown);
        let keys = if found.total as usize > self.plan.items { "{items-before} {items-after} other pages" } else { "" };
        // The keys stay where they are, whatever the counts.
        self.say(left(&text, COUNTS.max(width(&text) + 3), "") + &self.keymap.say(keys), Role::Muted, buf);
        let costs = found.items.iter().map(|item| money::amount(item::cost(item, self.answer.metric), self.places));
        let shown: Vec<_> = found.items.iter().zip(costs).take(self.plan.items).collect();
        let column = shown.iter().map(|(_, cost)| width(cost)).max().unwrap_or_default().clamp(10, COST_MAX);
        for (item, cost) in shown {
            let (day, cost) = (Day::of_seconds(item.start), right(&cost, column, self.theme.glyphs.ellipsis));
            let text = format!("  {day}  {cost}  {}", item::described(item));
            let text = cut(&text, self.columns(), self.theme.glyphs.ellipsis);
            self.put(&Line::from(Span::raw(text)), buf);
        }
    }
}

/// Values with their part of the whole, one after the other.
fn shares(shares: &[Share], missing: &str) -> Vec<String> {
    let one = |share: &Share| {
        let value = share.value.safe().to_lowercase();
        let value = if value.is_empty() { missing.to_owned() } else { value };
        format!("{value} {}", money::share(share.share))
    };
    shares.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_never_exceeds_its_lines() {
        for lines in 9..80 {
            let plan = Plan::of(lines);
            let used = plan.trend + 7 + plan.gap + plan.parts as u16 + plan.items as u16;
            assert!(used <= lines, "{lines}: {plan:?}");
        }
        assert_eq!(Plan::of(11), Plan { trend: 1, parts: 1, gap: 0, items: 2 });
        assert_eq!(Plan::of(60), Plan { trend: CHART, parts: PARTS, gap: 1, items: ITEMS });
    }
}
