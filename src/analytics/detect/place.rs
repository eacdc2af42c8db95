//! Places of a bill: what a series is the cost of, and how places lie to each other.
//!
//! A place is a set of dimensions with a value each, at most one value a dimension; the empty one is the
//! whole bill. Knows no charges: whoever has them hands in each place's series.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One dimension's value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The dimension's word, `service` or `tag:team`.
    pub dimension: String,
    /// Its value; empty where charges have none.
    pub value: String,
}

/// A place: its parts, in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Place(Vec<Part>);

impl Place {
    /// The place of some parts; the last of two of one dimension is taken.
    #[must_use]
    pub fn new<D: Into<String>, V: Into<String>>(parts: impl IntoIterator<Item = (D, V)>) -> Self {
        let mut place = Place::default();
        for (dimension, value) in parts {
            let part = Part { dimension: dimension.into(), value: value.into() };
            place.0.retain(|p| p.dimension != part.dimension);
            place.0.push(part);
        }
        place.0.sort();
        place
    }

    /// The place of parts that are known; the last of two of one dimension is taken.
    #[must_use]
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p Part>) -> Self {
        Place::new(parts.into_iter().map(|part| (part.dimension.clone(), part.value.clone())))
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// How deep it is: 0 is the whole.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Whether all of `other` is in this place.
    #[must_use]
    pub fn holds(&self, other: &Place) -> bool {
        self.0.iter().all(|part| other.0.contains(part))
    }

    /// What is in both; `None` where nothing can be.
    #[must_use]
    pub fn meet(&self, other: &Place) -> Option<Place> {
        let mut both = self.0.clone();
        for part in &other.0 {
            match both.iter().find(|p| p.dimension == part.dimension) {
                Some(same) if same.value != part.value => return None,
                Some(_) => {}
                None => both.push(part.clone()),
            }
        }
        both.sort();
        Some(Place(both))
    }
}

/// Whether charges of some providers and of others have no provider in common: then no charge is of both, whatever
/// places are called. Of those of whom nothing is known it may be.
#[must_use]
pub fn are_apart(one: &[String], other: &[String]) -> bool {
    !one.is_empty() && !other.is_empty() && one.iter().all(|provider| !other.contains(provider))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("total");
        }
        for (i, part) in self.0.iter().enumerate() {
            let and = if i == 0 { "" } else { " " };
            write!(f, "{and}{}={}", part.dimension, part.value)?;
        }
        Ok(())
    }
}
