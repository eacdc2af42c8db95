//! What translations share: sums of decimals, tags from several places, a service's category.

use crate::domain::charge::Profile;
use crate::domain::money::{Amount, Decimal};
use crate::domain::services;
use crate::focus::dialect::{Draft, Place};
use crate::focus::json::{Value, items, members, quote};

/// A value to add, and the file's column that it is in.
pub type Addend<'r> = (&'r [u8], Option<usize>);

/// Adds decimals up; `None` where all of them are empty. A value that is no number refuses the row.
pub fn sum(draft: &mut Draft, addends: &[Addend<'_>]) -> Option<Amount> {
    let mut total = None;
    for (raw, at) in addends.iter().filter(|(raw, _)| !raw.is_empty()) {
        total = Some(total.unwrap_or(Amount::ZERO) + number(draft, raw, *at)?);
    }
    total
}

/// A decimal; `None` where it is none, which refuses the row.
pub fn number(draft: &mut Draft, raw: &[u8], at: Option<usize>) -> Option<Amount> {
    match Decimal::parse(raw) {
        Ok(decimal) => {
            if decimal.rounded {
                draft.round();
            }
            Some(decimal.amount())
        }
        Err(error) => {
            draft.refuse(at.unwrap_or_default(), error.to_string());
            None
        }
    }
}

/// Sets a column to an amount, where there is one.
pub fn put_amount(draft: &mut Draft, place: impl Into<Place>, amount: Option<Amount>) {
    if let Some(amount) = amount {
        draft.put(place, amount.to_string().as_bytes());
    }
}

/// Sets a service's name, in FOCUS's spelling where the table knows it, and its category.
pub fn put_service(draft: &mut Draft, name: &[u8]) {
    let name = String::from_utf8_lossy(name);
    let known = services::find(&name);
    draft.put(Profile::ServiceName, known.map_or(&name[..], |service| service.name).as_bytes());
    if let Some(service) = known {
        draft.put(Profile::ServiceCategory, service.category.as_bytes());
    }
}

/// Tags on their way into one JSON object. Of a key that comes twice the first counts.
#[derive(Default)]
pub struct Tags {
    json: Vec<u8>,
    keys: Vec<String>,
}

impl Tags {
    /// Adds a tag; one without a value is kept as null.
    pub fn add(&mut self, key: &str, value: Option<&str>) {
        if key.is_empty() || self.keys.iter().any(|known| known == key) {
            return;
        }
        self.json.push(if self.json.is_empty() { b'{' } else { b',' });
        quote(key, &mut self.json);
        self.json.push(b':');
        match value {
            Some(value) => quote(value, &mut self.json),
            None => self.json.extend_from_slice(b"null"),
        }
        self.keys.push(key.to_owned());
    }

    /// Adds what a field holds: a JSON object, or a list of records with a `key` and a `value`; `rename`
    /// gives a key its name. False where it is neither.
    #[must_use]
    pub fn add_all(&mut self, raw: &[u8], rename: &dyn Fn(&str) -> String) -> bool {
        let Ok(text) = std::str::from_utf8(raw) else { return false };
        match text.trim_start().as_bytes().first() {
            None => true,
            Some(b'[') => items(text, &mut |item| {
                let Value::Object(record) = item else { return };
                let (key, value) = pair(record);
                self.add(&rename(&key), value.as_deref());
            }),
            Some(_) => members(text, &mut |key, value| self.add(&rename(key), value.scalar())),
        }
    }

    /// Sets the charge's tags.
    pub fn put(mut self, draft: &mut Draft) {
        if !self.json.is_empty() {
            self.json.push(b'}');
            draft.put(Profile::Tags, &self.json);
        }
    }
}

/// The `key` and the `value` of a record.
fn pair(record: &str) -> (String, Option<String>) {
    let (mut key, mut text) = (String::new(), None);
    members(record, &mut |name, value| match name {
        "key" => key = value.scalar().unwrap_or_default().to_owned(),
        "value" => text = value.scalar().map(str::to_owned),
        _ => {}
    });
    (key, text)
}

/// A record's single values, by name.
pub type Member<'r> = dyn Fn(&str) -> Option<String> + 'r;

/// Calls `visit` with each record of a list; false where it is no list.
#[must_use]
pub fn records(raw: &[u8], visit: &mut dyn FnMut(&Member<'_>)) -> bool {
    let Ok(text) = std::str::from_utf8(raw) else { return false };
    items(text, &mut |item| {
        let Value::Object(record) = item else { return };
        visit(&|wanted| {
            let mut found = None;
            members(record, &mut |name, value| {
                if name == wanted {
                    found = value.scalar().map(str::to_owned);
                }
            });
            found
        });
    })
}
