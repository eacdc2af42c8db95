//! Virtual dimensions: a company's own, like `team`, from tags with aliases and from accounts.
//!
//! What a charge says of its owner is its *evidence*: the value of the first of some tag keys that
//! it has, else its sub account. Evidence depends on the list of keys alone; a [`Definition`] makes
//! the owner of it while a question is answered. Sums by evidence ([rollups](super::rollup)) so
//! stay true while aliases, accounts and shares are edited, and only another list of keys needs
//! them made anew.
//!
//! A value may be *shared*: no owner but a cost that owners bear together. How it is cut is
//! [`analytics::split`](crate::analytics::split)'s business. Knows no config file and no store.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dimension::Dimension;
use super::filter::{Clause, Filter};
use super::lens::Lens;
use super::money::Amount;
use super::tags;

/// Begins the evidence of a tag; its value follows.
const TAG: char = 't';
/// Begins the evidence of an account; its id, [`BETWEEN`] and its name follow.
const ACCOUNT: char = 'a';
const BETWEEN: char = '\u{1f}';

/// The evidence in a tags text: of the first of `keys` that has a value, and not only blanks.
#[must_use]
pub fn of_tags(json: &str, keys: &[String]) -> Option<String> {
    keys.iter().find_map(|key| {
        let value = tags::value_of(json, key)?;
        (!value.trim().is_empty()).then(|| format!("{TAG}{value}"))
    })
}

/// The evidence of a charge whose tags say nothing; empty where it has no sub account either.
#[must_use]
pub fn of_account(id: &str, name: &str) -> String {
    if id.is_empty() && name.is_empty() { String::new() } else { format!("{ACCOUNT}{id}{BETWEEN}{name}") }
}

/// How a virtual dimension's values are found.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Definition {
    name: String,
    tags: Vec<String>,
    fold: bool,
    /// Values by every spelling of them that is known, folded.
    values: BTreeMap<String, String>,
    /// Values by the id or name of an account, folded.
    accounts: BTreeMap<String, String>,
    shared: Vec<Shared>,
}

/// A value whose cost others bear.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Shared {
    /// The value; empty for charges that have none.
    pub value: String,
    /// By what its cost is cut.
    pub split: Split,
}

/// By what a shared cost is cut.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Split {
    /// The same to each owner that has charges of its own in the calendar month.
    Even,
    /// By each owner's own cost in the calendar month.
    Proportional,
    /// By shares in percent, which come to 100.
    Shares(Vec<(String, Amount)>),
}

impl Definition {
    /// A dimension without aliases, accounts and shared values; `fold` makes spellings that differ
    /// in case and white space one value.
    #[must_use]
    pub fn new(name: &str, tags: Vec<String>, fold: bool) -> Definition {
        Definition { name: name.to_owned(), tags, fold, ..Definition::default() }
    }

    /// Takes a spelling as a value. Gives back the value that it stands for already, if that is
    /// another.
    ///
    /// # Errors
    /// The value that the spelling stands for already.
    pub fn alias(&mut self, value: &str, spelling: &str) -> Result<(), String> {
        let known = self.values.entry(self.key(spelling).into_owned()).or_insert_with(|| value.to_owned());
        if known == value { Ok(()) } else { Err(known.clone()) }
    }

    /// Takes charges of an account, by its id or name, whose tags say nothing as a value's.
    ///
    /// # Errors
    /// The value that another spelling of the account, or the same, stands for already.
    pub fn account(&mut self, account: &str, value: &str) -> Result<(), String> {
        let value = self.spelt(value);
        let known = self.accounts.entry(self.key(account).into_owned()).or_insert_with(|| value.clone());
        if *known == value { Ok(()) } else { Err(known.clone()) }
    }

    /// Has others bear a value's cost.
    pub fn share(&mut self, value: &str, split: Split) {
        let value = self.spelt(value);
        let split = match split {
            Split::Shares(shares) => Split::Shares(shares.into_iter().map(|(to, of)| (self.spelt(&to), of)).collect()),
            other => other,
        };
        self.shared.push(Shared { value, split });
    }

    /// The value that a word of the config means; its spelling there is the value's from now on.
    fn spelt(&mut self, word: &str) -> String {
        if word.is_empty() {
            return String::new();
        }
        let key = self.key(word).into_owned();
        self.values.entry(key).or_insert_with(|| word.to_owned()).clone()
    }

    /// The word that it is asked for by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag keys that its evidence is from, the first that a charge has first.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Whether it gives the charges of some accounts to a value where their tags say nothing.
    #[must_use]
    pub fn has_accounts(&self) -> bool {
        !self.accounts.is_empty()
    }

    /// The values whose cost others bear.
    #[must_use]
    pub fn shared(&self) -> &[Shared] {
        &self.shared
    }

    /// The value that a spelling means.
    #[must_use]
    pub fn value_of<'t>(&'t self, spelling: &'t str) -> Cow<'t, str> {
        let key = self.key(spelling);
        self.values.get(&*key).map_or(key, |value| Cow::Borrowed(value))
    }

    /// The value that a charge's evidence means; empty where it means none.
    #[must_use]
    pub fn owner_of<'t>(&'t self, evidence: &'t str) -> Cow<'t, str> {
        if let Some(tag) = evidence.strip_prefix(TAG) {
            return self.value_of(tag);
        }
        let account = evidence.strip_prefix(ACCOUNT).and_then(|account| account.split_once(BETWEEN));
        let Some((id, name)) = account else { return Cow::Borrowed("") };
        let value = |text: &str| self.accounts.get(&*self.key(text)).filter(|_| !text.is_empty());
        value(id).or_else(|| value(name)).map_or(Cow::Borrowed(""), |value| Cow::Borrowed(value))
    }

    /// What spellings that mean the same have in common.
    fn key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let is_folded = |c: char| !c.is_uppercase() && (!c.is_whitespace() || c == ' ');
        if !self.fold || (text.chars().all(is_folded) && text.trim() == text && !text.contains("  ")) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
    }
}

/// A virtual dimension in a question: its name and, where the question is answered, its definition.
///
/// Two are the same when their names are: a definition is what the one who answers has for it.
#[derive(Clone, Debug)]
pub struct Virtual {
    name: String,
    definition: Option<Arc<Definition>>,
}

impl Virtual {
    /// Without a definition.
    #[must_use]
    pub fn named(name: &str) -> Virtual {
        Virtual { name: name.to_owned(), definition: None }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its definition, where it has got one.
    #[must_use]
    pub fn definition(&self) -> Option<&Arc<Definition>> {
        self.definition.as_ref()
    }

    /// The tag keys of its evidence; none without a definition.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        self.definition.as_ref().map_or(&[], |d| d.tags())
    }

    /// Whether a text can be a name: small letters, digits, `_` and `-`, a letter first.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 32
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    }
}

impl PartialEq for Virtual {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
impl Eq for Virtual {}
impl PartialOrd for Virtual {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Virtual {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}
impl Hash for Virtual {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// All virtual dimensions that are defined, in their order in the config.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<Definition>", into = "Vec<Definition>")]
pub struct Definitions(Vec<Arc<Definition>>);

impl From<Vec<Definition>> for Definitions {
    fn from(definitions: Vec<Definition>) -> Definitions {
        Definitions::new(definitions)
    }
}
impl From<Definitions> for Vec<Definition> {
    fn from(definitions: Definitions) -> Vec<Definition> {
        definitions.0.iter().map(|definition| (**definition).clone()).collect()
    }
}

impl Definitions {
    /// These.
    #[must_use]
    pub fn new(definitions: Vec<Definition>) -> Definitions {
        Definitions(definitions.into_iter().map(Arc::new).collect())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|d| d.name())
    }

    /// The dimensions, with their definitions.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        self.0.iter().map(|d| Dimension::Virtual(Virtual { name: d.name.clone(), definition: Some(Arc::clone(d)) }))
    }

    /// The lists of tag keys that they take evidence from, each once.
    #[must_use]
    pub fn evidence(&self) -> Vec<Vec<String>> {
        let mut lists: Vec<Vec<String>> = Vec::new();
        for definition in &self.0 {
            if !lists.contains(&definition.tags) {
                lists.push(definition.tags.clone());
            }
        }
        lists
    }

    /// Gives a dimension its definition, in place of any that it came with.
    ///
    /// # Errors
    /// The name of a virtual dimension that is not defined.
    pub fn bind(&self, dimension: &mut Dimension) -> Result<(), String> {
        let Dimension::Virtual(asked) = dimension else { return Ok(()) };
        let found = self.0.iter().find(|d| d.name == asked.name).ok_or_else(|| asked.name.clone())?;
        asked.definition = Some(Arc::clone(found));
        Ok(())
    }

    /// Gives a filter's dimensions their definitions.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub fn bind_filter(&self, filter: &mut Filter) -> Result<(), String> {
        filter
            .clauses
            .iter_mut()
            .filter_map(|clause: &mut Clause| clause.dimension.as_mut())
            .try_for_each(|d| self.bind(d))
    }

    /// Gives a lens's dimensions their definitions.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub fn bind_lens(&self, lens: &mut Lens) -> Result<(), String> {
        lens.by.iter_mut().try_for_each(|d| self.bind(d))?;
        self.bind_filter(&mut lens.filter)
    }
}

/// A company's own dimensions: the virtual ones, then the tags of these keys that none of them takes
/// the name of.
#[must_use]
pub fn own_dimensions(definitions: &Definitions, tag_keys: &[String]) -> Vec<Dimension> {
    let tags = tag_keys.iter().filter(|key| !definitions.names().any(|name| name == key.as_str()));
    definitions.dimensions().chain(tags.map(|key| Dimension::Tag(key.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team() -> Definition {
        let mut team = Definition::new("team", ["team", "Team", "owner"].map(str::to_owned).to_vec(), true);
        for (value, spelling) in [("platform", "platform"), ("platform", "plat"), ("platform", "Platform-Team")] {
            assert_eq!(team.alias(value, spelling), Ok(()));
        }
        assert_eq!(team.account("111122223333", "Data"), Ok(()));
        assert_eq!(team.account("Sandbox Account", "plat"), Ok(()));
        assert_eq!(team.account("sandbox  account", "platform"), Ok(()));
        assert_eq!(team.account("sandbox account", "data"), Err("platform".to_owned()));
        team
    }

    fn owner(definition: &Definition, json: &str, id: &str, name: &str) -> String {
        let evidence = of_tags(json, definition.tags()).unwrap_or_else(|| of_account(id, name));
        definition.owner_of(&evidence).into_owned()
    }

    #[test]
    fn a_charge_has_the_owner_that_its_first_tag_names_else_its_account() {
        let team = team();
        for (json, id, name, want) in [
            (r#"{"team":"web"}"#, "", "", "web"),
            (r#"{"team":" Web\tShop "}"#, "", "", "web shop"),
            (r#"{"owner":"b","Team":"a"}"#, "", "", "a"),
            (r#"{"owner":"b","team":""}"#, "", "", "b"),
            (r#"{"owner":"b","team":"  "}"#, "", "", "b"),
            (r#"{"owner":"b","team":null}"#, "", "", "b"),
            (r#"{"TEAM":"a"}"#, "", "", ""),
            (r#"{"team":"PLAT"}"#, "", "", "platform"),
            (r#"{"team":"platform-team"}"#, "", "", "platform"),
            (r#"{"team":"DATA"}"#, "", "", "Data"),
            (r#"{"team":"web"}"#, "111122223333", "", "web"),
            ("", "111122223333", "anything", "Data"),
            ("{}", "999", "sandbox  account", "platform"),
            ("{}", "999", "", ""),
            ("{}", "", "", ""),
            ("no json", "", "sandbox account", "platform"),
        ] {
            assert_eq!(owner(&team, json, id, name), want, "{json} {id} {name}");
        }
    }

    #[test]
    fn without_folding_values_stay_as_they_are_spelt() {
        let mut env = Definition::new("env", vec!["env".to_owned()], false);
        assert_eq!(env.alias("prod", "Production"), Ok(()));
        for (json, want) in [
            (r#"{"env":"Production"}"#, "prod"),
            (r#"{"env":"production"}"#, "production"),
            (r#"{"env":" Prod "}"#, " Prod "),
        ] {
            assert_eq!(owner(&env, json, "", ""), want);
        }
    }

    #[test]
    fn a_spelling_stands_for_one_value() {
        let mut team = team();
        assert_eq!(team.alias("data", "PLAT"), Err("platform".to_owned()));
        assert_eq!(team.alias("platform", "Plat"), Ok(()));
        team.share("Plat", Split::Shares(vec![("DATA".to_owned(), "100".parse().expect("amount"))]));
        assert_eq!(team.shared()[0].value, "platform");
        let Split::Shares(shares) = &team.shared()[0].split else { panic!("shares") };
        assert_eq!(shares[0].0, "Data");
    }

    #[test]
    fn a_dimension_gets_its_definition_by_its_name() {
        let all = Definitions::new(vec![team(), Definition::new("squad", team().tags, true)]);
        assert_eq!(all.evidence().len(), 1);
        let mut asked = Dimension::Virtual(Virtual::named("team"));
        assert_eq!(all.bind(&mut asked), Ok(()));
        let Dimension::Virtual(bound) = &asked else { panic!("virtual") };
        assert_eq!(bound.definition().map(|d| d.name()), Some("team"));
        assert_eq!(asked, Dimension::Virtual(Virtual::named("team")));
        assert_eq!(all.bind(&mut Dimension::Virtual(Virtual::named("x"))), Err("x".to_owned()));
    }
}
