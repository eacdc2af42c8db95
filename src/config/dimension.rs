//! `[dimensions.NAME]`: the company's own dimensions, as they are written and what they mean.
//!
//! Unlike other sections their keys are the user's: names of dimensions, of their values, of
//! accounts. Knows no bill: whether a tag or an account is in one, nobody can tell here.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, shown};
use super::raw::{Placed, described, list, words};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::virtuals::{Definition, Definitions, Split, Virtual};

/// Dimensions at most: each list of tag keys has rollups, which every import pays for.
const DIMENSIONS_MAX: usize = 8;
/// Tag keys of one dimension at most.
const KEYS_MAX: usize = 16;
/// What a dimension may say.
const KEYS: [&str; 5] = ["tags", "fold", "aliases", "accounts", "shared"];
/// How the value that charges without any have is written.
const NONE: &str = "(none)";

/// A text and what stands for it.
type Pairs<T> = Vec<(Placed<String>, T)>;

/// One dimension as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawDimension {
    name: Placed<String>,
    tags: Option<Placed<Vec<Placed<String>>>>,
    fold: bool,
    /// Values with their other spellings.
    aliases: Pairs<Placed<Vec<Placed<String>>>>,
    /// Accounts with their values.
    accounts: Pairs<Placed<String>>,
    /// Values with what their cost is cut by.
    shared: Pairs<Placed<RawSplit>>,
}

/// What a shared value's cost is cut by, as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
enum RawSplit {
    Word(String),
    Shares(Pairs<String>),
}

/// Reads the tables under `[dimensions]`, in their order in the file.
pub fn read(entries: &DeTable<'_>, mistakes: &mut Vec<Mistake>) -> Vec<RawDimension> {
    let mut found: Vec<RawDimension> = Vec::new();
    for (name, value) in entries.iter() {
        let name = Placed { value: name.get_ref().to_string(), at: name.span().start };
        let key = format!("dimensions.{}", shown(&name.value));
        match value.get_ref() {
            DeValue::Table(table) => found.push(one(name, &key, table, mistakes)),
            other => {
                let message = format!(
                    "`{key}` is a section: write `[{key}]` on a line of its own, its keys below, not {}",
                    described(other)
                );
                mistakes.push(Mistake::new(name.at, message));
            }
        }
    }
    found.sort_by_key(|d| d.name.at);
    found
}

fn one(name: Placed<String>, key: &str, table: &DeTable<'_>, mistakes: &mut Vec<Mistake>) -> RawDimension {
    let mut raw = RawDimension { name, tags: None, fold: true, aliases: vec![], accounts: vec![], shared: vec![] };
    for (word, value) in table.iter() {
        let key = format!("{key}.{}", shown(word.get_ref()));
        match (word.get_ref().as_ref(), value.get_ref()) {
            ("tags", _) => raw.tags = list(&key, value, mistakes),
            ("fold", DeValue::Boolean(fold)) => raw.fold = *fold,
            ("aliases", DeValue::Table(table)) => {
                raw.aliases = pairs(table, |v, k| list(&format!("{key}.{k}"), v, mistakes))
            }
            ("accounts", DeValue::Table(table)) => {
                raw.accounts = pairs(table, |v, k| text(&format!("{key}.{k}"), v, mistakes))
            }
            ("shared", DeValue::Table(table)) => {
                raw.shared = pairs(table, |v, k| split(&format!("{key}.{k}"), v, mistakes))
            }
            (known, other) if KEYS.contains(&known) => {
                let expected = if known == "fold" { "`true` or `false`" } else { "a table like { name = ... }" };
                let message = format!("`{key}` must be {expected}, not {}", described(other));
                mistakes.push(Mistake::new(value.span().start, message));
            }
            (other, _) => {
                let message = format!("unknown key `{key}`; the keys of a dimension are {}", words(KEYS.iter()));
                mistakes.push(Mistake::new(word.span().start, message).meant(other, &KEYS));
            }
        }
    }
    raw
}

/// The entries of a table, in their order in the file, whose values can be read.
fn pairs<T>(table: &DeTable<'_>, mut read: impl FnMut(&Spanned<DeValue<'_>>, &str) -> Option<T>) -> Pairs<T> {
    let mut pairs: Pairs<T> = Vec::new();
    for (name, value) in table.iter() {
        if let Some(value) = read(value, &shown(name.get_ref())) {
            pairs.push((Placed { value: name.get_ref().to_string(), at: name.span().start }, value));
        }
    }
    pairs.sort_by_key(|(name, _)| name.at);
    pairs
}

fn text(key: &str, value: &Spanned<DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<Placed<String>> {
    let at = value.span().start;
    if let DeValue::String(text) = value.get_ref() {
        return Some(Placed { value: text.to_string(), at });
    }
    let message = format!("`{key}` must be a text in quotes, not {}", described(value.get_ref()));
    mistakes.push(Mistake::new(at, message));
    None
}

fn split(key: &str, value: &Spanned<DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<Placed<RawSplit>> {
    let at = value.span().start;
    let split = match value.get_ref() {
        DeValue::String(word) => RawSplit::Word(word.to_string()),
        DeValue::Table(table) => RawSplit::Shares(pairs(table, |value, name| match value.get_ref() {
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.to_string()),
            other => {
                let message = format!("`{key}.{name}` must be a share in percent like 40, not {}", described(other));
                mistakes.push(Mistake::new(value.span().start, message));
                None
            }
        })),
        other => {
            let message = format!(
                "`{key}` must be \"even\", \"proportional\" or shares like {{ a = 40, b = 60 }}, not {}",
                described(other)
            );
            mistakes.push(Mistake::new(at, message));
            return None;
        }
    };
    Some(Placed { value: split, at })
}

/// What the written dimensions mean; adds to `mistakes` what they cannot.
pub fn validate(raw: &[RawDimension], mistakes: &mut Vec<Mistake>) -> Definitions {
    if let Some(beyond) = raw.get(DIMENSIONS_MAX) {
        let message = format!("`dimensions` has {} dimensions, at most {DIMENSIONS_MAX} work", raw.len());
        mistakes.push(Mistake::new(beyond.name.at, message));
    }
    Definitions::new(raw.iter().map(|raw| Check { raw, mistakes }.definition()).collect())
}

struct Check<'a> {
    raw: &'a RawDimension,
    mistakes: &'a mut Vec<Mistake>,
}

impl Check<'_> {
    fn key(&self) -> String {
        format!("dimensions.{}", shown(&self.raw.name.value))
    }

    fn mistake(&mut self, at: usize, message: String) {
        self.mistakes.push(Mistake::new(at, message));
    }

    fn definition(&mut self) -> Definition {
        let raw = self.raw;
        self.name();
        let mut definition = Definition::new(&raw.name.value, self.tags(), raw.fold);
        self.aliases(&mut definition);
        for (account, value) in &raw.accounts {
            if !self.is_value(value) {
                continue;
            }
            if let Err(known) = definition.account(&account.value, &value.value) {
                self.stands_for_two("accounts", account, &known, value);
            }
        }
        self.shared(&mut definition);
        definition
    }

    fn name(&mut self) {
        let Placed { value: name, at } = &self.raw.name;
        if !Virtual::is_name(name) {
            let what = "must be small letters, digits, `_` and `-`, at most 32, a letter first";
            self.mistake(*at, format!("the name of `[{}]` {what}", self.key()));
        } else if *name == "cost" || *name == "virtual" || *name == "tag" || Dimension::parse(name).is_some() {
            self.mistake(*at, format!("`[{}]` has the name of something else: call it otherwise", self.key()));
        }
    }

    fn tags(&mut self) -> Vec<String> {
        let Some(list) = &self.raw.tags else {
            if self.raw.accounts.is_empty() {
                let message =
                    format!("`[{}]` has neither `tags` nor `accounts`: no charge would have a value", self.key());
                self.mistake(self.raw.name.at, message);
            }
            return Vec::new();
        };
        let key = self.key();
        for (i, tag) in list.value.iter().enumerate() {
            if tag.value.trim().is_empty() {
                self.mistake(tag.at, format!("`{key}.tags` holds an empty text; write tag keys like \"team\""));
            } else if list.value[..i].iter().any(|k| k.value == tag.value) {
                self.mistake(tag.at, format!("`{key}.tags` holds \"{}\" twice", shown(&tag.value)));
            }
        }
        if list.value.len() > KEYS_MAX {
            self.mistake(list.at, format!("`{key}.tags` holds {} keys, at most {KEYS_MAX} work", list.value.len()));
        }
        list.value.iter().map(|tag| tag.value.clone()).collect()
    }

    /// Whether a text can be a value: not an empty one, which is none.
    fn is_value(&mut self, text: &Placed<String>) -> bool {
        let is_value = !text.value.trim().is_empty() && text.value != NONE;
        if !is_value {
            self.mistake(text.at, format!("`{}`: \"{}\" can be no value's name", self.key(), shown(&text.value)));
        }
        is_value
    }

    fn aliases(&mut self, definition: &mut Definition) {
        let raw = self.raw;
        let spellings = raw.aliases.iter().flat_map(|(value, list)| {
            std::iter::once((value, value)).chain(list.value.iter().map(move |spelling| (value, spelling)))
        });
        let spellings: Vec<_> = spellings.collect();
        // Values first: whatever the order in the file, it is the alias that is in the wrong.
        let (values, others): (Vec<_>, Vec<_>) = spellings.into_iter().partition(|(value, s)| value.at == s.at);
        for (value, spelling) in values.into_iter().chain(others) {
            if !self.is_value(spelling) {
                continue;
            }
            if let Err(known) = definition.alias(&value.value, &spelling.value) {
                self.stands_for_two("aliases", spelling, &known, value);
            }
        }
    }

    fn stands_for_two(&mut self, list: &str, spelling: &Placed<String>, known: &str, value: &Placed<String>) {
        let message = format!(
            "`{}.{list}`: \"{}\" stands for \"{}\" and for \"{}\"; it can stand for one",
            self.key(),
            shown(&spelling.value),
            shown(known),
            shown(&value.value)
        );
        self.mistake(spelling.at, message);
    }

    fn shared(&mut self, definition: &mut Definition) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (value, split) in &self.raw.shared {
            let name = if value.value == NONE { "" } else { value.value.as_str() };
            if name.trim().is_empty() && value.value != NONE {
                self.is_value(value);
                continue;
            }
            if seen.insert(definition.value_of(name).into_owned(), name).is_some() {
                self.mistake(value.at, format!("`{}.shared` holds \"{}\" twice", self.key(), shown(name)));
            }
            if let Some(split) = self.split(&value.value, split) {
                definition.share(name, split);
            }
        }
        let shared: Vec<String> = definition.shared().iter().map(|s| s.value.clone()).collect();
        for (value, split) in &self.raw.shared {
            let RawSplit::Shares(shares) = &split.value else { continue };
            for (to, _) in shares.iter().filter(|(to, _)| shared.contains(&definition.value_of(&to.value).into_owned()))
            {
                let key = self.key();
                let message =
                    format!("`{key}.shared.{}`: \"{}\" is shared itself", shown(&value.value), shown(&to.value));
                self.mistake(to.at, message);
            }
        }
    }

    fn split(&mut self, value: &str, split: &Placed<RawSplit>) -> Option<Split> {
        let key = format!("{}.shared.{}", self.key(), shown(value));
        let shares = match &split.value {
            RawSplit::Word(word) if word == "even" => return Some(Split::Even),
            RawSplit::Word(word) if word == "proportional" => return Some(Split::Proportional),
            RawSplit::Word(word) => {
                let message = format!(
                    "`{key}` cannot be \"{}\"; it is `even`, `proportional` or shares like {{ a = 40, b = 60 }}",
                    shown(word)
                );
                self.mistakes.push(Mistake::new(split.at, message).meant(word, &["even", "proportional"]));
                return None;
            }
            RawSplit::Shares(shares) => shares,
        };
        let mut read: Vec<(String, Amount)> = Vec::new();
        for (to, number) in shares {
            match number.replace('_', "").parse::<Amount>() {
                Ok(share) if share > Amount::ZERO && self.is_value(to) => read.push((to.value.clone(), share)),
                Ok(share) if share > Amount::ZERO => {}
                _ => self.mistake(to.at, format!("`{key}.{}` must be more than 0, not {number}", shown(&to.value))),
            }
        }
        let sum = read.iter().fold(Amount::ZERO, |sum, (_, share)| sum + *share);
        if read.len() == shares.len() && sum.to_string() != "100" {
            self.mistake(split.at, format!("the shares of `{key}` come to {sum}, not to 100"));
        }
        Some(Split::Shares(read))
    }
}
