//! What lies over a tab: help, lists to choose from, the filter's line.
//!
//! At most one at a time, which takes all keys that are not everywhere's. Knows no engine.

pub mod filter;
pub mod help;
mod keys;
pub mod picker;

use super::action::Place;

/// An open overlay.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// All keys, from the table of actions.
    Help(help::Help),
    /// Periods to choose from.
    Period(picker::Picker),
    /// Dimensions to group by.
    GroupBy(picker::Picker),
    /// The filter's line.
    Filter(filter::LineEditor),
}

impl Overlay {
    /// Where keys go while it is open.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Overlay::Help(_) => Place::Help,
            Overlay::Period(_) | Overlay::GroupBy(_) => Place::Picker,
            Overlay::Filter(_) => Place::FilterLine,
        }
    }
}
