//! Lines of JSON as rows: each line an object, members within members named `service.description`.
//!
//! Lists stay the text that they are. Knows no cloud.

use std::collections::HashMap;
use std::ops::Range;

use super::dialect::{Foreign, Record};
use super::json::{Value, members};
use super::rules::FIELD_MAX;

/// Objects within one another at most.
const DEPTH_MAX: usize = 8;

/// Members of a line at most.
const MEMBERS_MAX: usize = 1_024;

/// Which member is which column.
pub struct Slots {
    by_name: HashMap<String, usize>,
    columns: usize,
}

impl Slots {
    /// The names of a line's members; `None` where it is no object.
    #[must_use]
    pub fn names(line: &[u8]) -> Option<Vec<String>> {
        let (text, mut names) = (String::from_utf8_lossy(line), Vec::new());
        flatten("", &text, 0, &mut |name, _| names.push(name.to_owned())).then_some(names)
    }

    /// Of a file with these columns.
    #[must_use]
    pub fn new(foreign: &Foreign) -> Slots {
        let read = foreign.reads.iter().map(|at| (foreign.names[*at].clone(), *at));
        Slots { by_name: read.collect(), columns: foreign.names.len() }
    }
}

/// Calls `visit` for each member that is no object; false where a line is no object, or broken.
fn flatten(prefix: &str, object: &str, depth: usize, visit: &mut dyn FnMut(&str, Value<'_>)) -> bool {
    let mut sound = depth < DEPTH_MAX;
    let mut seen = 0;
    let whole = sound
        && members(object, &mut |name, value| {
            seen += 1;
            let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            match value {
                Value::Object(inner) => sound &= flatten(&name, inner, depth + 1, visit),
                value => visit(&name, value),
            }
        });
    whole && sound && seen <= MEMBERS_MAX
}

/// A line, as a row.
pub struct Line<'a> {
    slots: &'a Slots,
    text: Vec<u8>,
    spans: Vec<Range<usize>>,
    repaired: bool,
}

impl<'a> Line<'a> {
    /// Before the first line.
    #[must_use]
    pub fn new(slots: &'a Slots) -> Self {
        Line { slots, text: Vec::new(), spans: vec![0..0; slots.columns], repaired: false }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Why it is no row.
    pub fn read(&mut self, line: &[u8]) -> Result<(), String> {
        self.text.clear();
        self.spans.fill(0..0);
        let json = String::from_utf8_lossy(line);
        self.repaired = matches!(json, std::borrow::Cow::Owned(_));
        let (text, spans, slots, mut long) = (&mut self.text, &mut self.spans, self.slots, false);
        let whole = flatten("", &json, 0, &mut |name, value| {
            let Some(at) = slots.by_name.get(name) else { return };
            let raw = match &value {
                Value::Null => "",
                Value::Text(text) => text,
                Value::Word(word) | Value::List(word) | Value::Object(word) => word,
            };
            long |= raw.len() > FIELD_MAX;
            let start = text.len();
            text.extend_from_slice(raw.as_bytes());
            spans[*at] = start..text.len();
        });
        match whole {
            false => Err("is no JSON object, or a broken one".to_owned()),
            true if long => Err(format!("has a value longer than {} KiB", FIELD_MAX / 1024)),
            true => Ok(()),
        }
    }

    /// Whether bytes of it were not UTF-8 and are replaced.
    #[must_use]
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }
}

impl Record for Line<'_> {
    fn field(&self, at: usize) -> &[u8] {
        &self.text[self.spans[at].clone()]
    }
}
