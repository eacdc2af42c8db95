//! The palette: everything that the app can do, found by typing a part of what it is called.
//!
//! ```text
//! actions and tabs     from the table of actions, with their keys
//! group by Service     dimensions
//! lens: incident       saved lenses
//! filter: region = …   values, with what they cost
//! period, metric ...   the lens's other parts
//! theme: dark          themes
//! ```
//!
//! The part of [`App`] that fills the list; what choosing does is [`choice`](super::choice)'s.

use super::Overlay;
use super::choice::{Choice, Value};
use super::picker::{Item, Picker};
use crate::config::ThemeName;
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Keeper;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::{SafeText, Untrusted};
use crate::tui::action::{Action, Entry, Group, Place, TABLE};
use crate::tui::app::App;
use crate::tui::tab::label;

/// What the list is called.
pub const TITLE: &str = "Commands";
/// How many keys of an action are shown.
const KEYS: usize = 2;

/// What an action is called there, and whether it is one of its own: those that only move within an
/// overlay, and the palette itself, are not.
fn is_command(entry: &Entry) -> bool {
    let in_tabs = Place::ALL.iter().any(|place| matches!(place, Place::Tab(_)) && entry.scope.holds(*place));
    in_tabs && entry.action != Action::Palette
}

fn item(section: &'static str, label: &str, note: &str, value: Choice) -> Item<Choice> {
    let item = Item::new(SafeText::from_outside(label), value).note(SafeText::from_outside(note));
    item.section(section)
}

impl App {
    /// Everything that can be done here: what was chosen last comes first, what does nothing now last.
    pub(super) fn palette(&self) -> Picker<Choice> {
        let mut items = self.commands();
        items.extend(self.dimensions().into_iter().map(|by| {
            let (title, name) = (format!("group by {}", by.title()), by.name());
            item("group", &title, &name, Choice::GroupBy(by))
        }));
        items.extend(self.saved.list.iter().map(|saved| {
            let name = saved.name.raw();
            let keeper = if saved.keeper == Keeper::Config { "of the config" } else { "" };
            item("lens", &format!("lens: {name}"), keeper, Choice::Lens(name.to_owned()))
        }));
        items.extend(self.known.values.keys().flat_map(|dimension| self.value_items(dimension)));
        items.extend(PeriodSpec::PRESETS.map(|preset| self.period_item(preset)));
        items.extend(Metric::ALL.map(|metric| {
            // Its definition begins with its column.
            let column = metric.definition().split(':').next().unwrap_or_default();
            item("metric", &format!("metric: {} cost", metric.name()), column, Choice::Metric(metric))
        }));
        items.extend(Comparison::ALL.map(|comparison| {
            let words = format!("compare with: {}", comparison.name().replace('-', " "));
            item("compare", &words, &self.days_against(comparison), Choice::Comparison(comparison))
        }));
        items.extend(ThemeName::ALL.map(|theme| {
            let now = if theme == self.theme.name { "now" } else { "" };
            item("theme", &format!("theme: {}", theme.name()), now, Choice::Theme(theme))
        }));
        let last = self.recent.len();
        let turn = |choice: &Choice| self.recent.iter().position(|recent| recent == choice).unwrap_or(last);
        items.sort_by_key(|item| (turn(&item.value), item.idle.is_some()));
        Picker::new(TITLE, items)
    }

    /// A period by the words that it is asked for with, and the days that those mean today.
    fn period_item(&self, preset: PeriodSpec) -> Item<Choice> {
        let (written, said) = (preset.to_string(), preset.describe(self.as_of));
        let words = if written.contains('-') { written.replace('-', " ") } else { said.clone() };
        let days = preset.resolve(self.as_of).words();
        let also = vec![format!("{written} {said}")];
        Item { also, ..item("period", &format!("period: {words}"), &days, Choice::Period(preset)) }
    }

    /// Puts a dimension's values, of which more is known now, behind what the open palette offers.
    pub(in crate::tui) fn offer_values(&mut self, dimension: &Dimension) {
        let items = self.value_items(dimension);
        if let Some(Overlay::Pick(list)) = self.overlay.as_mut().filter(|over| over.is_palette()) {
            list.merge(items);
        }
    }

    /// The values of a dimension, each with its id where it has a name, and with its cost.
    fn value_items(&self, dimension: &Dimension) -> Vec<Item<Choice>> {
        let costs = self.known.costs.get(dimension);
        let values = self.known.values.get(dimension).into_iter().flatten();
        let one = |(raw, name): &(Untrusted, Option<Untrusted>)| {
            let shown = label(dimension, raw, name.as_ref());
            let id = raw.safe();
            let id = if id.as_str() == shown.as_str() { "" } else { id.as_str() };
            let cost = costs.and_then(|costs| costs.get(raw)).map(SafeText::as_str).unwrap_or_default();
            let note = [cost, id].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("  ");
            let value = Value { dimension: dimension.clone(), raw: raw.clone(), name: name.clone() };
            let label = format!("filter: {} = {shown}", dimension.name());
            Item { late: true, ..item("filter", &label, &note, Choice::Filter(value)) }
        };
        values.map(one).collect()
    }

    /// The actions of the tabs, each once.
    fn commands(&self) -> Vec<Item<Choice>> {
        let context = self.context();
        let mut items: Vec<Item<Choice>> = Vec::new();
        let mut entries: Vec<&Entry> = TABLE.iter().filter(|entry| is_command(entry)).collect();
        // What every list does comes last: nobody looks for it here.
        entries.sort_by_key(|entry| entry.group == Group::Move && !matches!(entry.action, Action::Show(_)));
        for first in &entries {
            let choice = Choice::Do(first.action);
            if items.iter().any(|item| item.value == choice) {
                continue;
            }
            // Several tabs may have it, each by a name of its own: all of them find the one of here.
            let alike = || entries.iter().filter(|entry| entry.action == first.action);
            let entry = alike().find(|entry| entry.scope.holds(context.place)).unwrap_or(first);
            let section = if matches!(entry.action, Action::Show(_)) { "tab" } else { "action" };
            let mut found = item(section, entry.doc, &self.keymap.shown(entry, KEYS), choice);
            let names = |entry: &&Entry| [&[entry.name], entry.synonyms()].concat();
            found.also = alike().flat_map(names).map(str::to_owned).collect();
            found.idle = context.why_not(entry);
            items.push(found);
        }
        items
    }

    /// The texts that a value of a dimension must not be taken for.
    pub(super) fn others_of(&self, value: &Value) -> Vec<String> {
        let others = self.known.values.get(&value.dimension).into_iter().flatten().filter(|(raw, _)| *raw != value.raw);
        others.flat_map(|(raw, name)| [Some(raw), name.as_ref()]).flatten().map(|text| text.raw().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_what_works_in_a_tab() {
        let named = |name: &str| TABLE.iter().find(|e| e.name == name).map(is_command);
        for (name, command) in
            [("quit", true), ("sort", true), ("show-budgets", true), ("palette", false), ("next-line", false)]
        {
            assert_eq!(named(name), Some(command), "{name}");
        }
    }
}
