//! Which action a key means in a place: the usual keys, changed as the config says.
//!
//! Pure: a context is a plain snapshot of facts. Knows the table of actions, not what they do.

#[cfg(test)]
use std::collections::BTreeMap;

use super::action::{Action, Entry, Place, Scope, TABLE};
use super::key::{Key, parse_sequence, shown_sequence};
use super::text::width;
use crate::config::Config;
use crate::domain::text::SafeText;
use crate::domain::words;
use crate::error::{Error, Result};

/// What decides which keys work now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Where keys go.
    pub place: Place,
    /// Whether something was opened that can be backed out of.
    pub can_go_back: bool,
    /// Whether there is something to open, and to explain.
    pub can_open: bool,
    /// Whether something is selected, to be copied or left for what is beside it.
    pub selected: bool,
    /// Whether rows are listed, to be ordered, marked, looked for and told apart.
    pub listed: bool,
    /// Whether there is more than one currency.
    pub currencies: bool,
    /// Whether there are connections to sync.
    pub syncs: bool,
}

impl Context {
    /// Whether an entry does something now, for the footer. Keys that do nothing now are still
    /// theirs: they say why instead of meaning something else.
    #[must_use]
    pub fn serves(&self, entry: &Entry) -> bool {
        entry.scope.holds(self.place)
            && match entry.action {
                Action::Back => self.can_go_back,
                Action::Close if self.place == Place::Welcome => self.can_go_back,
                Action::Open | Action::Explain => self.can_open,
                Action::CopyRow | Action::DayBefore | Action::Pivot | Action::TestChannel => self.selected,
                Action::WhatIf | Action::EditBudget | Action::CloneBudget => self.selected,
                Action::ArchiveBudget | Action::RemoveBudget => self.selected,
                Action::Acknowledge | Action::Snooze | Action::Expect | Action::Reopen => self.selected,
                Action::Sort | Action::Mark | Action::Find | Action::Detail => self.can_open && self.listed,
                Action::Currency | Action::ChooseCurrency => self.currencies,
                Action::SyncNow => self.syncs,
                Action::Choose if matches!(self.place, Place::Checked | Place::Review) => self.can_open,
                Action::LineDown if self.place == Place::Question => self.can_open,
                _ => true,
            }
    }
}

impl Context {
    /// Why an entry does nothing now; `None` where it does something.
    #[must_use]
    pub fn why_not(&self, entry: &Entry) -> Option<String> {
        if self.serves(entry) {
            return None;
        }
        Some(match entry.action {
            _ if !entry.scope.holds(self.place) => match entry.scope {
                Scope::Only(tab) => format!("only in {}", tab.title()),
                Scope::Figures | Scope::Lists => "only where there are figures".to_owned(),
                _ => "not here".to_owned(),
            },
            Action::Back => "nothing was opened".to_owned(),
            Action::SyncNow => "there is no connection".to_owned(),
            Action::Currency | Action::ChooseCurrency => "there is only one currency".to_owned(),
            _ => "there is nothing to do it to".to_owned(),
        })
    }
}

/// What the keys pressed so far mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// An action.
    Action(Action),
    /// The beginning of at least one action's keys.
    Beginning,
    /// Nothing.
    Nothing,
}

/// The keys of every action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap {
    /// For each entry of the table its sequences of keys, the one to show first.
    keys: Vec<Vec<Vec<Key>>>,
}

impl Default for Keymap {
    fn default() -> Self {
        let parse = |entry: &Entry| entry.keys.iter().filter_map(|text| parse_sequence(text)).collect();
        Keymap { keys: TABLE.iter().map(parse).collect() }
    }
}

impl Keymap {
    /// The usual keys with those that a config names, by action name, in place of an action's own.
    ///
    /// # Errors
    /// Kind `Usage` with everything that is wrong and where in the config's file it is: unknown actions
    /// and keys, and keys that would mean two things in one place.
    pub fn configured(config: &Config) -> Result<Keymap> {
        let place = |name: &str| config.key_places.get(name).map_or_else(String::new, |place| format!("{place}: "));
        let mut map = Keymap::default();
        let mut wrong = Vec::new();
        for (name, keys) in &config.keys {
            let shown = SafeText::from_outside(name);
            let Some(at) = TABLE.iter().position(|e| e.name == name) else {
                let names: Vec<&str> = TABLE.iter().map(|e| e.name).collect();
                let meant = words::nearest(name, &names).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
                wrong.push(format!("{}`keys.{shown}`: there is no such action{meant}", place(name)));
                continue;
            };
            let mut sequences = Vec::new();
            for text in keys {
                match parse_sequence(text) {
                    Some(sequence) => sequences.push(sequence),
                    None => {
                        let text = SafeText::from_outside(text);
                        wrong.push(format!("{}`keys.{shown}`: `{text}` is no key", place(name)));
                    }
                }
            }
            if TABLE[at].name == "quit-now" && sequences.is_empty() {
                wrong.push(format!("{}`keys.quit-now` must keep a key: there must be a way out", place(name)));
            }
            map.keys[at] = sequences;
        }
        wrong.extend(map.conflicts(&place));
        if wrong.is_empty() {
            return Ok(map);
        }
        let message = match wrong.as_slice() {
            [one] => one.clone(),
            all => format!("the config's keys have {} mistakes\n  {}", all.len(), all.join("\n  ")),
        };
        Err(Error::usage(message)
            .hint("keys are written like \"j\", \"G\", \"enter\", \"space\", \"ctrl-l\", \"f5\", or one after the other: \"v p\"")
            .hint("`spendtop config keys` lists every action with its name and its usual keys"))
    }

    /// The usual keys with others in place of some actions' own.
    #[cfg(test)]
    pub fn with(changes: &BTreeMap<String, Vec<String>>) -> Result<Keymap> {
        Keymap::configured(&Config { keys: changes.clone(), ..Config::default() })
    }

    /// Keys that would mean two things in one place, or that could no longer be typed.
    fn conflicts(&self, place: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut found = Vec::new();
        let bound: Vec<(usize, &Vec<Key>)> =
            self.keys.iter().enumerate().flat_map(|(at, all)| all.iter().map(move |keys| (at, keys))).collect();
        for (i, (a, keys)) in bound.iter().enumerate() {
            for (b, others) in &bound[i + 1..] {
                let short = keys.len().min(others.len());
                let meet = |place: &Place| TABLE[*a].scope.holds(*place) && TABLE[*b].scope.holds(*place);
                if a != b && keys[..short] == others[..short] && Place::ALL.iter().any(meet) {
                    let (one, other) = (shown_sequence(keys), shown_sequence(others));
                    let (a, b) = (TABLE[*a].name, TABLE[*b].name);
                    let places = [place(a), place(b)];
                    let at = places.iter().find(|place| !place.is_empty()).map_or("", String::as_str);
                    found.push(format!("{at}`{a}` ({one}) and `{b}` ({other}) have the same key"));
                }
            }
            let typed = keys.first().and_then(|key| key.typed());
            if typed.is_some_and(|c| Place::ALL.iter().any(|p| p.types(c) && TABLE[*a].scope.holds(*p))) {
                let shown = shown_sequence(keys);
                let name = TABLE[*a].name;
                found.push(format!("{}`{name}`: {shown} could no longer be typed into a line", place(name)));
            }
        }
        found
    }

    /// Every action's name, with its keys and what it does, a line each.
    #[must_use]
    pub fn list(&self) -> String {
        let shown = |entry: &Entry| self.shown(entry, usize::MAX);
        let names = TABLE.iter().map(|entry| width(entry.name)).max().unwrap_or_default();
        let keys = TABLE.iter().map(|entry| width(&shown(entry))).max().unwrap_or_default();
        let line = |entry: &Entry| {
            let gap = " ".repeat(keys - width(&shown(entry)));
            format!("{:<names$}  {}{gap}  {}\n", entry.name, shown(entry), entry.doc)
        };
        TABLE.iter().map(line).collect()
    }

    /// What the keys pressed so far mean in a place.
    #[must_use]
    pub fn find(&self, pressed: &[Key], place: Place) -> Found {
        let mut beginning = false;
        for (entry, sequences) in TABLE.iter().zip(&self.keys).filter(|(e, _)| e.scope.holds(place)) {
            if sequences.iter().any(|keys| keys == pressed) {
                return Found::Action(entry.action);
            }
            beginning |= sequences.iter().any(|keys| keys.starts_with(pressed));
        }
        if beginning { Found::Beginning } else { Found::Nothing }
    }

    /// What a key does that does it everywhere, also where others were pressed before it.
    #[must_use]
    pub fn everywhere(&self, key: Key) -> Option<Action> {
        let entries = TABLE.iter().zip(&self.keys).filter(|(entry, _)| entry.scope == Scope::Everywhere);
        entries.into_iter().find(|(_, sequences)| sequences.contains(&vec![key])).map(|(entry, _)| entry.action)
    }

    /// What can follow the keys pressed so far in a place: the keys that are left, and what they do.
    #[must_use]
    pub fn following(&self, pressed: &[Key], place: Place) -> Vec<(String, &'static Entry)> {
        let entries = TABLE.iter().zip(&self.keys).filter(|(e, _)| e.scope.holds(place));
        entries
            .filter_map(|(entry, sequences)| {
                let keys = sequences.iter().find(|keys| keys.len() > pressed.len() && keys.starts_with(pressed))?;
                Some((shown_sequence(&keys[pressed.len()..]), entry))
            })
            .collect()
    }

    /// The entries that belong in the footer now, most useful first, with the key to show.
    #[must_use]
    pub fn footer(&self, context: &Context) -> Vec<(&'static Entry, String)> {
        let serves = |e: &&Entry| e.footer.1 > 0 && context.serves(e);
        let mut entries: Vec<&Entry> = TABLE.iter().filter(serves).collect();
        entries.sort_by_key(|e| e.footer.1);
        let shown = entries.into_iter().map(|e| (e, self.shown(e, 1)));
        shown.filter(|(_, keys)| !keys.is_empty()).collect()
    }

    /// An entry's keys as people read them, `at_most` of them.
    #[must_use]
    pub fn shown(&self, entry: &Entry, at_most: usize) -> String {
        let at = TABLE.iter().position(|e| e.name == entry.name);
        let keys = at.map_or(&[][..], |at| &self.keys[at]);
        keys.iter().take(at_most).map(|keys| shown_sequence(keys)).collect::<Vec<_>>().join(" ")
    }

    /// The first key that does an action in a place, as people read it; empty where there is none.
    #[must_use]
    pub fn key_in(&self, action: Action, place: Place) -> String {
        let entries = TABLE.iter().filter(|e| e.action == action && e.scope.holds(place));
        entries.map(|e| self.shown(e, 1)).find(|key| !key.is_empty()).unwrap_or_default()
    }

    /// A sentence of ours in which `{name}` stands for the key that does the action of that name; for
    /// one without a key, how the palette finds it.
    #[must_use]
    pub fn say(&self, sentence: &str) -> String {
        let mut said = String::new();
        let mut rest = sentence;
        while let Some((before, (name, after))) = rest.split_once('{').and_then(|(b, r)| Some((b, r.split_once('}')?)))
        {
            let shown =
                |name: &str| TABLE.iter().find(|e| e.name == name).map_or_else(String::new, |e| self.shown(e, 1));
            let key = shown(name);
            said.push_str(before);
            if key.is_empty() {
                said.push_str(&format!("{} {name}", shown("palette")));
            } else {
                said.push_str(&key);
            }
            rest = after;
        }
        said + rest
    }

    /// The first key of an action as people read it, for sentences on the screen; empty where it has none.
    #[must_use]
    pub fn key_of(&self, action: Action) -> String {
        TABLE.iter().find(|e| e.action == action).map_or_else(String::new, |entry| self.shown(entry, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tab::Tab;
    use super::*;

    #[test]
    fn a_key_means_what_its_place_says() {
        let map = Keymap::default();
        for (text, place, action) in [
            ("enter", Place::Tab(Tab::Spend), Found::Action(Action::Open)),
            ("enter", Place::Picker, Found::Action(Action::Choose)),
            ("enter", Place::Line, Found::Action(Action::Apply)),
            ("q", Place::Tab(Tab::Budgets), Found::Action(Action::Quit)),
            ("q", Place::Help, Found::Action(Action::Close)),
            ("q", Place::Line, Found::Nothing),
            ("2", Place::Line, Found::Nothing),
            ("ctrl-c", Place::Line, Found::Action(Action::Quit)),
            ("s", Place::Tab(Tab::Spend), Found::Nothing),
        ] {
            assert_eq!(map.find(&parse_sequence(text).expect(text), place), action, "{text} in {place:?}");
        }
    }

    #[test]
    fn the_footer_has_only_what_works_now() {
        let place = Place::Tab(Tab::Breakdown);
        let context = Context {
            place,
            can_go_back: false,
            can_open: true,
            selected: true,
            listed: true,
            currencies: false,
            syncs: false,
        };
        let map = Keymap::default();
        let names = |c: &Context| map.footer(c).into_iter().map(|(e, _)| e.name).collect::<Vec<_>>();
        let at_top = names(&context);
        assert!(!at_top.contains(&"back") && !at_top.contains(&"currency") && at_top.contains(&"sort"));
        let drilled = names(&Context { can_go_back: true, currencies: true, ..context });
        assert!(drilled.contains(&"back") && drilled.contains(&"currency"));
        assert!(!names(&Context { can_open: false, ..context }).contains(&"mark"));
    }

    fn with(changes: &[(&str, &[&str])]) -> Result<Keymap> {
        let owned = |keys: &[&str]| keys.iter().map(|k| (*k).to_owned()).collect();
        Keymap::with(&changes.iter().map(|(name, keys)| ((*name).to_owned(), owned(keys))).collect())
    }

    #[test]
    fn a_config_gives_actions_other_keys() {
        let map = with(&[("quit", &["<C-q>", "Z Z"]), ("metric", &[])]).expect("sound");
        let place = Place::Tab(Tab::Spend);
        let find = |text: &str| map.find(&parse_sequence(text).expect(text), place);
        assert_eq!(find("ctrl-q"), Found::Action(Action::Quit));
        assert_eq!((find("Z"), find("Z Z")), (Found::Beginning, Found::Action(Action::Quit)));
        assert_eq!((find("q"), find("m")), (Found::Nothing, Found::Nothing));
        let z = parse_sequence("Z").expect("Z");
        assert_eq!(
            map.following(&z, place).iter().map(|(k, e)| (k.as_str(), e.name)).collect::<Vec<_>>(),
            [("Z", "quit")]
        );
        assert_eq!(map.key_of(Action::Metric), "");
    }

    #[test]
    fn sentences_have_the_keys_of_the_config() {
        let text = "{filter} changes it, {period} the days, 2 {of them";
        assert_eq!(Keymap::default().say(text), "/ changes it, t the days, 2 {of them");
        let map = with(&[("filter", &["f3"]), ("period", &[])]).expect("sound");
        assert_eq!(map.say(text), "F3 changes it, : period the days, 2 {of them");
    }

    #[test]
    fn mistakes_in_keys_say_where_they_are() {
        for (text, said) in [
            ("[keys]\nquit = [\"m\"]", "c.toml:2:8: `metric` (m) and `quit` (m) have the same key"),
            ("[keys]\n\nquitt = [\"x\"]", "c.toml:3:9: `keys.quitt`: there is no such action; did you mean `quit`?"),
            ("[keys]\nquit = [\"hyper-x\"]", "c.toml:2:8: `keys.quit`: `hyper-x` is no key"),
        ] {
            let config = crate::config::parse(text, "c.toml").expect("a config");
            let error = Keymap::configured(&config).expect_err(said);
            assert_eq!(error.message, said);
        }
    }

    #[test]
    fn all_actions_are_listed_by_name() {
        let list = Keymap::default().list();
        assert_eq!(list.lines().count(), TABLE.len());
        assert!(list.lines().any(|line| line.starts_with("quit ") && line.contains("  q  ")), "{list}");
    }

    #[test]
    fn every_mistake_in_keys_is_named() {
        for (changes, said) in [
            (&[("quitt", &["x"][..])][..], "`keys.quitt`: there is no such action; did you mean `quit`?"),
            (&[("quit", &["hyper-x"])], "`keys.quit`: `hyper-x` is no key"),
            (&[("quit", &["m"])], "`metric` (m) and `quit` (m) have the same key"),
            (&[("sort", &["m x"])], "`sort` (m x) and `metric` (m) have the same key"),
            (&[("apply", &["x"])], "`apply`: x could no longer be typed into a line"),
            (&[("quit-now", &[])], "`keys.quit-now` must keep a key"),
        ] {
            let error = with(changes).expect_err(said);
            assert!(error.message.contains(said), "{}", error.message);
        }
        // The same key in places that never meet is none.
        assert!(with(&[("day-before", &["s"])]).is_ok());
    }
}
