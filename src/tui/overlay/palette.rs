//! The palette: everything that the app can do, found by typing a part of what it is called.
//!
//! ```text
//! actions and tabs     from the table of actions, with their keys
//! group by Service     dimensions
//! filter: region = …   values that are known
//! period, metric ...   the lens's other parts
//! ```
//!
//! The part of [`App`] that fills the list; what choosing does is [`choice`](super::choice)'s.

use super::choice::{Choice, Value};
use super::picker::{Item, Picker};
use crate::domain::charge::Metric;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::tui::action::{Action, Entry, Group, Place, TABLE};
use crate::tui::app::App;
use crate::tui::tab::label;

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
        items.extend(self.values_known().map(|value| {
            let shown = label(&value.dimension, &value.raw, value.name.as_ref());
            let raw = value.raw.safe();
            let note = if raw.as_str() == shown.as_str() { "" } else { raw.as_str() };
            item(
                "filter",
                &format!("filter: {} = {shown}", value.dimension.name()),
                note,
                Choice::Filter(value.clone()),
            )
        }));
        items.extend(PeriodSpec::PRESETS.map(|preset| {
            let words = format!("period: {}", preset.describe(self.as_of));
            item("period", &words, &preset.resolve(self.as_of).words(), Choice::Period(preset))
        }));
        items.extend(Metric::ALL.map(|metric| {
            // Its definition begins with its column.
            let column = metric.definition().split(':').next().unwrap_or_default();
            item("metric", &format!("metric: {} cost", metric.name()), column, Choice::Metric(metric))
        }));
        items.extend(Comparison::ALL.map(|comparison| {
            let days =
                comparison.against_spec(self.lens.period, self.as_of).map_or_else(String::new, |days| days.words());
            let words = format!("compare with: {}", comparison.name().replace('-', " "));
            item("compare", &words, &days, Choice::Comparison(comparison))
        }));
        let last = self.recent.len();
        let turn = |choice: &Choice| self.recent.iter().position(|recent| recent == choice).unwrap_or(last);
        items.sort_by_key(|item| (turn(&item.value), item.idle.is_some()));
        Picker::new("Commands", items)
    }

    /// The actions of the tabs, each once.
    fn commands(&self) -> Vec<Item<Choice>> {
        let context = self.context();
        let mut items: Vec<Item<Choice>> = Vec::new();
        let mut entries: Vec<&Entry> = TABLE.iter().filter(|entry| is_command(entry)).collect();
        // What every list does comes last: nobody looks for it here.
        entries.sort_by_key(|entry| entry.group == Group::Move && !matches!(entry.action, Action::Show(_)));
        for entry in entries {
            let choice = Choice::Do(entry.action);
            if items.iter().any(|item| item.value == choice) {
                continue;
            }
            let section = if matches!(entry.action, Action::Show(_)) { "tab" } else { "action" };
            let mut found = item(section, entry.doc, &self.keymap.shown(entry, KEYS), choice);
            found.also = entry.name;
            found.idle = context.why_not(entry);
            items.push(found);
        }
        items
    }

    /// The values that are known, dimension by dimension.
    fn values_known(&self) -> impl Iterator<Item = Value> {
        let values = self.known.values.iter();
        values.flat_map(|(dimension, values)| {
            values.iter().map(|(raw, name)| Value {
                dimension: dimension.clone(),
                raw: raw.clone(),
                name: name.clone(),
            })
        })
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
