//! A config as it is written: known keys with values of the right shape and their places.
//!
//! An unknown key and a value of another shape are mistakes; reading goes on after each, so that
//! one run names them all. Knows which keys there are, not what their values mean.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::alert::{ALERTS, CHANNEL, RULE};
use super::dimension::RawDimension;
use super::mistake::{Mistake, of_one, shown, syntax};

/// The shape of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// True or false.
    Flag,
    /// Texts.
    Texts,
}

impl Shape {
    fn expected(self) -> &'static str {
        match self {
            Shape::Text => "a text in quotes",
            Shape::Whole => "a whole number",
            Shape::Flag => "`true` or `false`",
            Shape::Texts => "a list of texts like [\"a\", \"b\"]",
        }
    }
}

/// The keys of a lens, whether it has a name or not.
const LENS: &[(&str, Shape)] = &[
    ("period", Shape::Text),
    ("comparison", Shape::Text),
    ("metric", Shape::Text),
    ("by", Shape::Texts),
    ("currency", Shape::Text),
    ("where", Shape::Text),
];

/// Every section and key, but for [`NAMED`].
const SECTIONS: &[(&str, &[(&str, Shape)])] = &[
    ("data", &[("dir", Shape::Text)]),
    ("lens", LENS),
    ("tags", &[("keys", Shape::Texts)]),
    ("settle", &[("aws", Shape::Whole), ("azure", Shape::Whole), ("gcp", Shape::Whole), ("other", Shape::Whole)]),
    ("sources", &[("prefer", Shape::Texts)]),
    ("sync", &[("auto", Shape::Flag), ("certificate", Shape::Text)]),
    ("notify", &[("desktop", Shape::Flag), ("terminal", Shape::Flag)]),
    ("demo", &[("seed", Shape::Whole)]),
    (
        "screen",
        &[
            ("theme", Shape::Text),
            ("charts", Shape::Text),
            ("ambiguous_width", Shape::Text),
            ("mouse", Shape::Flag),
            ("reduced_motion", Shape::Flag),
            ("plain", Shape::Flag),
            ("hints", Shape::Flag),
        ],
    ),
];

/// The keys of connections, by what they connect to.
pub const CONNECTIONS: &[(&str, &[(&str, Shape)])] = &[
    (
        "aws",
        &[
            ("profile", Shape::Text),
            ("billing_account", Shape::Text),
            ("roles", Shape::Texts),
            ("external_id", Shape::Text),
            ("api", Shape::Flag),
            ("split_by", Shape::Texts),
            ("tags", Shape::Texts),
            ("cost_categories", Shape::Texts),
            ("hourly", Shape::Flag),
            ("resources", Shape::Flag),
            ("opinion", Shape::Flag),
            ("exports", Shape::Texts),
            ("region", Shape::Text),
            ("endpoint", Shape::Text),
            ("accept_partial", Shape::Flag),
            ("every", Shape::Text),
            ("months", Shape::Whole),
            ("requests_per_day", Shape::Whole),
            ("requests_for_history", Shape::Whole),
        ],
    ),
    (
        "azure",
        &[
            ("scopes", Shape::Texts),
            ("billing_account", Shape::Text),
            ("exports", Shape::Texts),
            ("key", Shape::Text),
            ("login", Shape::Text),
            ("tenant", Shape::Text),
            ("client", Shape::Text),
            ("secret", Shape::Text),
            ("certificate", Shape::Text),
            ("split_by", Shape::Texts),
            ("tags", Shape::Texts),
            ("endpoint", Shape::Text),
            ("authority", Shape::Text),
            ("accept_partial", Shape::Flag),
            ("every", Shape::Text),
            ("months", Shape::Whole),
        ],
    ),
    (
        "gcp",
        &[
            ("table", Shape::Text),
            ("project", Shape::Text),
            ("location", Shape::Text),
            ("exports", Shape::Texts),
            ("key", Shape::Text),
            ("impersonate", Shape::Text),
            ("labels", Shape::Texts),
            ("resources", Shape::Flag),
            ("endpoint", Shape::Text),
            ("storage_endpoint", Shape::Text),
            ("accept_partial", Shape::Flag),
            ("every", Shape::Text),
            ("months", Shape::Whole),
            ("scan_gib_per_query", Shape::Whole),
            ("scan_gib_per_day", Shape::Whole),
            ("scan_gib_per_month", Shape::Whole),
        ],
    ),
    (
        "opencost",
        &[
            ("url", Shape::Text),
            ("token", Shape::Text),
            ("currency", Shape::Text),
            ("on_a_bill", Shape::Flag),
            ("reach_days", Shape::Whole),
            ("labels", Shape::Texts),
            ("every", Shape::Text),
            ("months", Shape::Whole),
        ],
    ),
    ("folder", &[("path", Shape::Text), ("accept_partial", Shape::Flag), ("every", Shape::Text)]),
];

/// Sections whose keys are names: connections, dimensions, lenses, channels, alerts, and the app's actions.
const NAMED: [&str; 10] =
    ["aws", "azure", "gcp", "opencost", "folder", "dimensions", "lenses", "channels", "alerts", "keys"];

/// A value and the byte position where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: usize,
}

/// What is written.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Raw {
    /// Texts by dotted key.
    pub texts: BTreeMap<String, Placed<String>>,
    /// Whole numbers by dotted key.
    pub numbers: BTreeMap<String, Placed<i128>>,
    /// Flags by dotted key.
    pub flags: BTreeMap<String, Placed<bool>>,
    /// Lists by dotted key.
    pub lists: BTreeMap<String, Placed<Vec<Placed<String>>>>,
    /// `[lenses]`: names, and where they stand. Their keys are among the others, like
    /// `lenses.NAME.period`.
    pub lenses: BTreeMap<String, usize>,
    /// Connections: what they connect to, their names, and where they stand. Their keys are among the
    /// others, like `aws.NAME.profile`.
    pub connections: Vec<(&'static str, String, usize)>,
    /// `[channels]`: names, and where they stand. Their keys are among the others.
    pub channels: Vec<(String, usize)>,
    /// `[alerts.NAME]`: names, and where they stand. Their keys are among the others.
    pub rules: Vec<(String, usize)>,
    /// `[keys]`: lists by action name.
    pub actions: BTreeMap<String, Placed<Vec<Placed<String>>>>,
    /// `[dimensions]`, in their order.
    pub dimensions: Vec<RawDimension>,
}

/// Reads a text as far as it can be understood, with everything that cannot.
pub fn read(text: &str) -> (Raw, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { raw: Raw::default(), mistakes: Vec::new() };
    if errors.is_empty() {
        reader.file(table.get_ref());
    }
    reader.mistakes.extend(syntax(errors));
    (reader.raw, reader.mistakes)
}

struct Reader {
    raw: Raw,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn file(&mut self, table: &DeTable<'_>) {
        for (name, value) in table.iter() {
            let (section, at) = (name.get_ref().as_ref(), name.span().start);
            let known = SECTIONS.iter().find(|(known, _)| *known == section);
            let DeValue::Table(entries) = value.get_ref() else {
                self.mistakes.push(stray(section, at, known.is_some() || NAMED.contains(&section)));
                continue;
            };
            match known {
                Some((section, keys)) => self.section(section, keys, entries),
                None if section == "keys" => self.actions(entries),
                None if CONNECTIONS.iter().any(|(kind, _)| *kind == section) => self.connections(section, entries),
                None if section == "lenses" => self.lenses(entries),
                None if section == "channels" => self.channels(entries),
                None if section == "alerts" => self.alerts(entries),
                None if section == "dimensions" => {
                    self.raw.dimensions = super::dimension::read(entries, &mut self.mistakes);
                }
                None => {
                    let sections: Vec<&str> = SECTIONS.iter().map(|(s, _)| *s).chain(NAMED).collect();
                    let message =
                        format!("unknown section `{}`; sections are {}", shown(section), words(sections.iter()));
                    self.mistakes.push(Mistake::new(at, message).meant(section, &sections));
                }
            }
        }
    }

    fn section(&mut self, section: &str, keys: &[(&str, Shape)], entries: &DeTable<'_>) {
        for (name, value) in entries.iter() {
            let key = name.get_ref().as_ref();
            match keys.iter().find(|(known, _)| *known == key) {
                Some((known, shape)) => self.entry(format!("{section}.{known}"), *shape, value),
                None => {
                    let known: Vec<&str> = keys.iter().map(|(k, _)| *k).collect();
                    let message = format!(
                        "unknown key `{section}.{}`; the keys of `{section}` are {}",
                        shown(key),
                        words(known.iter()),
                        section = shown(section)
                    );
                    self.mistakes.push(Mistake::new(name.span().start, message).meant(key, &known));
                }
            }
        }
    }

    fn lenses(&mut self, entries: &DeTable<'_>) {
        for (name, value) in entries.iter() {
            let (lens, at) = (name.get_ref().to_string(), name.span().start);
            let DeValue::Table(keys) = value.get_ref() else {
                let message = format!(
                    "`lenses.{}` must be a lens with a name: write `[lenses.NAME]` on a line of its own, its keys below",
                    shown(&lens)
                );
                self.mistakes.push(Mistake::new(at, message));
                continue;
            };
            self.section(&format!("lenses.{lens}"), LENS, keys);
            self.raw.lenses.insert(lens, at);
        }
    }

    fn channels(&mut self, entries: &DeTable<'_>) {
        for (name, value) in entries.iter() {
            let (channel, at) = (name.get_ref().to_string(), name.span().start);
            let DeValue::Table(keys) = value.get_ref() else {
                let message = format!(
                    "`channels.{}` must be a channel with a name: write `[channels.NAME]` on a line of its own, its keys below",
                    shown(&channel)
                );
                self.mistakes.push(Mistake::new(at, message));
                continue;
            };
            self.one(&format!("channels.{channel}"), CHANNEL, keys);
            self.raw.channels.push((channel, at));
        }
    }

    /// A channel or a rule: what is wrong with it stops it alone.
    fn one(&mut self, section: &str, keys: &[(&str, Shape)], entries: &DeTable<'_>) {
        let before = self.mistakes.len();
        self.section(section, keys, entries);
        of_one(&mut self.mistakes[before..], section);
    }

    /// Keys of all alerts, and tables of single ones.
    fn alerts(&mut self, entries: &DeTable<'_>) {
        let mut plain = DeTable::new();
        for (name, value) in entries.iter() {
            let (rule, at) = (name.get_ref().to_string(), name.span().start);
            match value.get_ref() {
                DeValue::Table(keys) => {
                    self.one(&format!("alerts.{rule}"), RULE, keys);
                    self.raw.rules.push((rule, at));
                }
                _ => {
                    plain.insert(name.clone(), value.clone());
                }
            }
        }
        self.section("alerts", ALERTS, &plain);
    }

    fn connections(&mut self, section: &str, entries: &DeTable<'_>) {
        let Some((kind, keys)) = CONNECTIONS.iter().find(|(kind, _)| *kind == section) else { return };
        for (name, value) in entries.iter() {
            let (connection, at) = (name.get_ref().to_string(), name.span().start);
            let DeValue::Table(entries) = value.get_ref() else {
                let message = format!(
                    "`{kind}.{}` must be a connection with a name: write `[{kind}.NAME]` on a line of its own, its keys below",
                    shown(&connection)
                );
                self.mistakes.push(Mistake::new(at, message));
                continue;
            };
            self.section(&format!("{kind}.{connection}"), keys, entries);
            self.raw.connections.push((kind, connection, at));
        }
    }

    fn entry(&mut self, key: String, shape: Shape, value: &Spanned<DeValue<'_>>) {
        let at = value.span().start;
        match (shape, value.get_ref()) {
            (Shape::Text, DeValue::String(text)) => {
                self.raw.texts.insert(key, Placed { value: text.to_string(), at });
            }
            (Shape::Whole, DeValue::Integer(number)) => {
                // A number too large for 128 bits is out of range of every key.
                let value = i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX);
                self.raw.numbers.insert(key, Placed { value, at });
            }
            (Shape::Flag, DeValue::Boolean(value)) => {
                self.raw.flags.insert(key, Placed { value: *value, at });
            }
            (Shape::Texts, DeValue::Array(_)) => {
                if let Some(list) = list(&key, value, &mut self.mistakes) {
                    self.raw.lists.insert(key, list);
                }
            }
            (_, other) => {
                let message = format!("`{key}` must be {}, not {}", shape.expected(), described(other));
                self.mistakes.push(Mistake::new(at, message));
            }
        }
    }

    fn actions(&mut self, entries: &DeTable<'_>) {
        for (name, value) in entries.iter() {
            let (action, at) = (name.get_ref().to_string(), value.span().start);
            let key = format!("keys.{}", shown(&action));
            match value.get_ref() {
                DeValue::String(text) => {
                    let one = vec![Placed { value: text.to_string(), at }];
                    self.raw.actions.insert(action, Placed { value: one, at });
                }
                DeValue::Array(_) => {
                    if let Some(list) = list(&key, value, &mut self.mistakes) {
                        self.raw.actions.insert(action, list);
                    }
                }
                other => {
                    let message = format!(
                        "`{key}` must be a key like \"g\" or {}, not {}",
                        Shape::Texts.expected(),
                        described(other)
                    );
                    self.mistakes.push(Mistake::new(at, message));
                }
            }
        }
    }
}

/// A key that stands outside of any section, or a section's name used as a key.
fn stray(name: &str, at: usize, is_section: bool) -> Mistake {
    if is_section {
        return Mistake::new(
            at,
            format!("`{name}` is a section: write `[{name}]` on a line of its own, its keys below"),
        );
    }
    let homes: Vec<String> = SECTIONS
        .iter()
        .filter(|(_, keys)| keys.iter().any(|(k, _)| *k == name))
        .map(|(section, _)| format!("`[{section}]`"))
        .collect();
    match homes.as_slice() {
        [] => Mistake::new(at, format!("unknown key `{}` outside of any section", shown(name))),
        homes => {
            Mistake::new(at, format!("`{name}` stands outside of its section: move it under {}", homes.join(" or ")))
        }
    }
}

/// A list of texts; `None` where it is none, or an element is something else.
pub fn list(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Placed<Vec<Placed<String>>>> {
    let DeValue::Array(elements) = value.get_ref() else {
        let message = format!("`{key}` must be {}, not {}", Shape::Texts.expected(), described(value.get_ref()));
        mistakes.push(Mistake::new(value.span().start, message));
        return None;
    };
    let before = mistakes.len();
    let mut list = Vec::new();
    for element in elements.iter() {
        let at = element.span().start;
        match element.get_ref() {
            DeValue::String(text) => list.push(Placed { value: text.to_string(), at }),
            other => {
                let message = format!("`{key}` must hold texts in quotes, not {}", described(other));
                mistakes.push(Mistake::new(at, message));
            }
        }
    }
    (mistakes.len() == before).then_some(Placed { value: list, at: value.span().start })
}

/// A value as a message describes it.
pub fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text \"{}\"", shown(text)),
        DeValue::Integer(number) => format!("the number {}", shown(&number.to_string())),
        DeValue::Float(number) => format!("the number {}", shown(&number.to_string())),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(date) => format!("the date {date}; put it in quotes"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// Words as a message lists them: `` `a`, `b` ``.
pub fn words<W: AsRef<str>>(words: impl Iterator<Item = W>) -> String {
    words.map(|w| format!("`{}`", w.as_ref())).collect::<Vec<_>>().join(", ")
}
