//! What tables and Markdown are made of: lines of text, and grids of safe cells.
//!
//! Knows neither how they are drawn nor what they say.

use crate::domain::dimension::Dimension;
use crate::domain::text::{SafeText, Untrusted};

/// A document: its parts in reading order.
pub type Document = Vec<Part>;

/// One part of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// What the figures below are.
    Title(String),
    /// Rows and columns.
    Grid(Grid),
    /// Something that belongs beside the figures.
    Note(String),
}

/// Rows and columns.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Grid {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows: one cell a column.
    pub rows: Vec<Vec<String>>,
    /// A last row, set apart.
    pub total: Option<Vec<String>>,
}

/// A column of a grid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// How its cells are set.
    pub kind: Kind,
}

/// How a column's cells are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text; what is too long loses its end.
    Text,
    /// Ids, which differ at their ends; what is too long loses its middle.
    Id,
    /// Amounts, aligned at the decimal point.
    Number,
}

impl Column {
    /// A column of a kind.
    pub fn new(heading: impl Into<String>, kind: Kind) -> Column {
        Column { heading: heading.into(), kind }
    }

    /// The column of a dimension's values.
    pub fn of(dimension: &Dimension) -> Column {
        let ids = dimension.label_place().is_some() && *dimension != Dimension::Region;
        Column::new(dimension.title(), if ids { Kind::Id } else { Kind::Text })
    }
}

/// A value as a person reads it: its name with the id, or what a missing one is called.
pub fn value(dimension: &Dimension, value: &Untrusted, name: Option<&Untrusted>) -> String {
    let id = value.safe();
    if id.is_empty() {
        return dimension.missing().into_string();
    }
    match name.map(Untrusted::safe).filter(|n| !n.is_empty() && *n != id) {
        Some(name) => format!("{name} ({id})"),
        None => id.into_string(),
    }
}

/// Our own sentence around text that may hold someone else's.
pub fn safe(text: &str) -> String {
    SafeText::from_outside(text).into_string()
}
