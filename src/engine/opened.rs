//! An open segment: its columns are read once, however many questions ask for them.
//!
//! Reading a column is unpacking and decoding all its texts: of many requests that are answered in one pass it
//! would be most of the work. Knows neither what is asked nor what is made of it.

use std::cell::RefCell;
use std::hash::Hash;
use std::ops::Deref;
use std::rc::Rc;

use hashbrown::HashMap;

use super::grouping::Groups;
use super::matcher;
use super::table::Request;
use crate::analytics::evidence::evidence;
use crate::analytics::rollup::canonical;
use crate::domain::charge::{Profile, Terms};
use crate::domain::dict::{Dict, NONE};
use crate::domain::dimension::{Dimension, Place};
use crate::domain::filter::Clause;
use crate::domain::tags;
use crate::domain::texts::Texts;
use crate::error::Result;
use crate::store::segment::Segment;

/// A column's texts, and the number of each profile's or terms row's among them.
pub type Known = Rc<(Texts, Vec<u32>)>;

/// What was read or made of columns, by what it is of.
type Memo<K, V> = RefCell<HashMap<K, V>>;

/// What profiles are told apart by, and which.
type Grouped = (Vec<Dimension>, Vec<Clause>);

/// A segment and what was read of it.
pub struct Opened<'s> {
    segment: &'s Segment<'s>,
    profiles: Memo<usize, Known>,
    terms: Memo<usize, Known>,
    tags: Memo<String, Known>,
    evidence: Memo<Vec<String>, Known>,
    flags: Memo<Clause, Rc<Vec<bool>>>,
    groups: Memo<Grouped, Rc<Groups>>,
    names: Memo<Dimension, Rc<Vec<u32>>>,
}

impl<'s> Deref for Opened<'s> {
    type Target = Segment<'s>;

    fn deref(&self) -> &Self::Target {
        self.segment
    }
}

impl<'s> Opened<'s> {
    /// A segment of which nothing was read yet.
    #[must_use]
    pub fn new(segment: &'s Segment<'s>) -> Self {
        let (profiles, terms, tags, evidence, flags, groups, names) = Default::default();
        Opened { segment, profiles, terms, tags, evidence, flags, groups, names }
    }

    /// A profile column.
    ///
    /// # Errors
    /// Kind `Store` where it is missing or damaged.
    pub fn profile(&self, column: Profile) -> Result<Known> {
        once(&self.profiles, &column.index(), || self.segment.profile_column(column))
    }

    /// A terms column.
    ///
    /// # Errors
    /// Kind `Store` where it is missing or damaged.
    pub fn of_terms(&self, column: Terms) -> Result<Known> {
        once(&self.terms, &column.index(), || self.segment.terms_column(column))
    }

    /// A tag key's values, and the number of each profile's. Many tag texts have the same value of
    /// one key: few values are left to tell apart.
    ///
    /// # Errors
    /// Kind `Store` where the tags are missing or damaged.
    pub fn tag(&self, key: &str) -> Result<Known> {
        once(&self.tags, &key.to_owned(), || {
            let (tag_texts, ids) = &*self.profile(Profile::Tags)?;
            let mut dict = Dict::default();
            let value_of: Vec<u32> =
                tag_texts.iter().map(|t| dict.intern(&tags::value_of(t, key).unwrap_or_default())).collect();
            Ok((texts_of(&dict), ids.iter().map(|id| value_of[*id as usize]).collect()))
        })
    }

    /// The evidence of virtual dimensions with these tag keys, and the number of each profile's.
    ///
    /// # Errors
    /// Kind `Store` where a column is missing or damaged.
    pub fn evidence(&self, keys: &[String]) -> Result<Known> {
        once(&self.evidence, &keys.to_vec(), || {
            let (tag_texts, tags) = &*self.profile(Profile::Tags)?;
            let (account_texts, accounts) = &*self.profile(Profile::SubAccountId)?;
            let (name_texts, names) = &*self.profile(Profile::SubAccountName)?;
            let mut dict = Dict::default();
            let account = |id, name| (account_texts.get(id), name_texts.get(name));
            // Number 0 is the empty text of profiles without tags.
            let of_tags = (0..tag_texts.len() as u32).map(|id| tag_texts.get(id));
            let ids = evidence(keys, of_tags, [tags, accounts, names], account, |text| dict.intern(text));
            Ok((texts_of(&dict), ids))
        })
    }

    /// The column of a dimension's place.
    ///
    /// # Errors
    /// Kind `Store` where it is missing or damaged.
    pub fn at(&self, place: Place<'_>) -> Result<Known> {
        match place {
            Place::Profile(column) => self.profile(column),
            Place::Terms(column) => self.of_terms(column),
            Place::Tag(key) => self.tag(key),
            Place::Evidence(keys) => self.evidence(keys),
        }
    }

    /// Whether a demand on one dimension, be it negated or not, finds the value of each profile, or of each terms row
    /// where it is one of theirs.
    ///
    /// # Errors
    /// Kind `Store` where a column is missing or damaged.
    pub fn found(&self, dimension: &Dimension, clause: &Clause) -> Result<Rc<Vec<bool>>> {
        once(&self.flags, clause, || {
            let (texts, ids) = &*self.at(dimension.place())?;
            let hit = |text| matcher::matches(dimension, &clause.patterns, &canonical(dimension, text), "");
            let hits: Vec<bool> = texts.iter().map(hit).collect();
            let mut found: Vec<bool> = ids.iter().map(|id| hits[*id as usize]).collect();
            if let Some(label) = dimension.label_place() {
                let (names, ids) = &*self.at(label)?;
                let hits: Vec<bool> = names.iter().map(|name| matcher::matches_name(&clause.patterns, name)).collect();
                found.iter_mut().zip(ids).for_each(|(found, id)| *found |= hits[*id as usize]);
            }
            Ok(found)
        })
    }

    /// For each of a dimension's texts the number of its name, of several the smallest, as in rollups; nothing where
    /// the dimension has none.
    ///
    /// # Errors
    /// Kind `Store` where a column is missing or damaged.
    pub fn name_of(&self, dimension: &Dimension) -> Result<Rc<Vec<u32>>> {
        once(&self.names, dimension, || {
            let Some(label) = dimension.label_place() else { return Ok(Vec::new()) };
            let (texts, ids) = &*self.at(dimension.place())?;
            let (names, of) = &*self.at(label)?;
            let mut name_of = vec![NONE; texts.len()];
            for (id, name) in ids.iter().zip(of) {
                let best = &mut name_of[*id as usize];
                if *name != *best && *name != NONE && (*best == NONE || names.get(*name) < names.get(*best)) {
                    *best = *name;
                }
            }
            Ok(name_of)
        })
    }

    /// How profiles fall into the groups of a request: the same for all days.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn grouped(&self, of: &Request<'_>, make: impl FnOnce() -> Result<Groups>) -> Result<Rc<Groups>> {
        once(&self.groups, &(of.by.to_vec(), of.clauses.to_vec()), make)
    }
}

/// What was made before, or is made now.
fn once<K: Clone + Eq + Hash, V>(memo: &Memo<K, Rc<V>>, key: &K, make: impl FnOnce() -> Result<V>) -> Result<Rc<V>> {
    if let Some(known) = memo.borrow().get(key) {
        return Ok(Rc::clone(known));
    }
    let made = Rc::new(make()?);
    memo.borrow_mut().insert(key.clone(), Rc::clone(&made));
    Ok(made)
}

fn texts_of(dict: &Dict) -> Texts {
    let mut texts = Texts::default();
    dict.iter().for_each(|text| {
        texts.push(text);
    });
    texts
}
