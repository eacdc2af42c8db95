//! A connection's section as text, and a config's text with it. Pure.
//!
//! A new section is added at the end: what stands before it stays byte for byte. Where one is replaced,
//! the rest of the file and the comments before its header stay.

use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use crate::error::{Error, Result};

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// `aws`, `azure` ...
    pub kind: &'static str,
    /// The connection's name without its kind.
    pub name: String,
    entries: Vec<(&'static str, Value)>,
}

/// Two that are written alike are the same.
impl PartialEq for Section {
    fn eq(&self, other: &Section) -> bool {
        self.block() == other.block()
    }
}

impl Section {
    /// An empty one.
    #[must_use]
    pub fn new(kind: &'static str, name: &str) -> Section {
        Section { kind, name: name.to_owned(), entries: Vec::new() }
    }

    /// The connection's whole name: `aws.prod`.
    #[must_use]
    pub fn connection(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// Adds a key.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.entries.push((key, value.into()));
    }

    /// Adds a text, where there is one.
    pub fn text(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
            self.set(key, text);
        }
    }

    /// Adds a list of texts, where it holds any.
    pub fn texts(&mut self, key: &'static str, texts: &[String]) {
        if !texts.is_empty() {
            self.set(key, texts.iter().map(String::as_str).collect::<Array>());
        }
    }

    /// Adds a number, where there is one.
    pub fn number(&mut self, key: &'static str, number: Option<u64>) {
        if let Some(number) = number.and_then(|number| i64::try_from(number).ok()) {
            self.set(key, number);
        }
    }

    /// As it is written.
    #[must_use]
    pub fn block(&self) -> String {
        let line = |(key, value): &(&str, Value)| format!("{key} = {}\n", value.to_string().trim());
        format!("[{}]\n", self.connection()) + &self.entries.iter().map(line).collect::<String>()
    }
}

/// Whether a config has a connection of that name.
#[must_use]
pub fn is_there(config: &str, kind: &str, name: &str) -> bool {
    let document = config.parse::<DocumentMut>().unwrap_or_default();
    document.get(kind).and_then(Item::as_table_like).is_some_and(|kind| kind.contains_key(name))
}

/// A config's text with a section; one of that name is replaced only where `replace` says so.
///
/// # Errors
/// Kind `Usage` where there is one already, or the text is no TOML.
pub fn placed(config: &str, section: &Section, replace: bool) -> Result<String> {
    if !is_there(config, section.kind, &section.name) {
        return Ok(added(config, &section.block()));
    }
    if replace { replaced(config, section) } else { Err(taken(section.kind, &section.name)) }
}

/// The error for a name that another connection has.
#[must_use]
pub fn taken(kind: &str, name: &str) -> Error {
    Error::usage(format!("there is a connection `{kind}.{name}` in the config already"))
        .hint("`--name OTHER` adds another one, `--replace` writes over it")
}

fn added(config: &str, block: &str) -> String {
    let end = if config.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = config.to_owned();
    if !text.is_empty() {
        let ends = text.ends_with('\n');
        text.push_str(if ends { "" } else { end });
        text.push_str(end);
    }
    text + &block.replace('\n', end)
}

fn replaced(config: &str, section: &Section) -> Result<String> {
    let unread = || Error::usage("the config is no TOML").hint("`spendtop config check` says where");
    let mut document = config.parse::<DocumentMut>().map_err(|_| unread())?;
    let kind = document.get_mut(section.kind).and_then(Item::as_table_like_mut);
    let table = kind.and_then(|kind| kind.get_mut(&section.name)).and_then(Item::as_table_like_mut);
    fill(table.ok_or_else(unread)?, section);
    let text = document.to_string();
    // What is parsed and written again has lines that end with `\n`.
    let is_crlf = config.contains("\r\n") && config.matches('\n').count() == config.matches("\r\n").count();
    Ok(if is_crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text })
}

/// Makes a table hold the section's keys and no others. What stays keeps the comment behind it.
fn fill(table: &mut dyn TableLike, section: &Section) {
    let old: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for key in old.iter().filter(|key| section.entries.iter().all(|(new, _)| new != key)) {
        table.remove(key);
    }
    for (key, value) in &section.entries {
        let mut value = value.clone();
        match table.get_mut(key) {
            Some(item) => {
                if let Some(before) = item.as_value() {
                    *value.decor_mut() = before.decor().clone();
                }
                *item = Item::Value(value);
            }
            None => {
                table.insert(key, Item::Value(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> Section {
        let mut section = Section::new("aws", "prod");
        section.text("profile", Some("bill \"ing\""));
        section.texts("roles", &["arn:a".to_owned(), "arn:b".to_owned()]);
        section.number("requests_for_history", Some(65));
        section
    }

    #[test]
    fn a_section_is_read_as_it_was_meant() {
        let block = section().block();
        assert_eq!(
            block,
            "[aws.prod]\nprofile = 'bill \"ing\"'\nroles = [\"arn:a\", \"arn:b\"]\nrequests_for_history = 65\n"
        );
        let config = crate::config::parse(&block, "c").expect("sound");
        assert_eq!(config.connections[0].name, "aws.prod");
    }

    #[test]
    fn a_new_section_leaves_every_byte_before_it_alone() {
        for (before, between) in [
            ("", ""),
            ("# mine\n[screen]\nmouse = true # yes\n", "\n"),
            ("[screen]\r\nmouse = true\r\n", "\r\n"),
            ("[screen] # no end", "\n\n"),
        ] {
            let text = placed(before, &section(), false).expect("placed");
            assert!(text.starts_with(&format!("{before}{between}[aws.prod]")), "{text:?}");
            assert_eq!(text.contains("\r\n"), before.contains("\r\n"), "{text:?}");
            assert!(crate::config::parse(&text, "c").is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_connection_is_replaced_only_where_that_is_said() {
        let before = "# first\n[aws.prod] # the payer\nprofile = \"old\" # by SSO\nhourly = true\n\n# bills\n\
                      [folder.bills]\npath  =  '/srv'\n";
        let error = placed(before, &section(), false).expect_err("taken");
        assert!(error.message.contains("`aws.prod`") && error.hints[0].contains("--replace"), "{error:?}");
        let want = "# first\n[aws.prod] # the payer\nprofile = 'bill \"ing\"' # by SSO\nroles = [\"arn:a\", \
                    \"arn:b\"]\nrequests_for_history = 65\n\n# bills\n[folder.bills]\npath  =  '/srv'\n";
        assert_eq!(placed(before, &section(), true).expect("replaced"), want);
        let crlf = before.replace('\n', "\r\n");
        assert_eq!(placed(&crlf, &section(), true).expect("replaced"), want.replace('\n', "\r\n"));
    }
}
