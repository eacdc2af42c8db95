//! Questions in, answers out: the one place where a figure is computed.
//!
//! Every face asks the same [`Engine`]; the app, the command line, the reports and the API render
//! the same answers, and what the user makes goes in as a [`Command`]. Knows no face.

pub mod aggregate;
pub mod alerts;
mod alike;
#[cfg(test)]
mod alike_tests;
pub mod anomalies;
pub mod answer;
#[cfg(test)]
mod bills;
pub mod breakdown;
pub mod budgets;
pub mod charges;
pub mod command;
mod concerned;
#[cfg(test)]
mod corrections;
pub mod driver_sweep;
pub mod drivers;
pub mod explain;
pub mod export;
pub mod forecast;
pub mod foretell;
pub mod front;
pub mod grouping;
pub mod held;
pub mod local;
pub mod matcher;
mod notices;
mod opened;
pub mod pending;
pub mod pick;
pub mod query;
mod reach;
pub mod remembered;
mod rest;
pub mod row_detail;
pub mod scan;
pub mod selection;
mod shares;
pub mod sharing;
pub mod spend;
mod spend_alike;
#[cfg(test)]
mod spend_alike_tests;
mod spend_cards;
pub mod spend_details;
pub mod sweep;
pub mod table;
pub mod tag_hygiene;
mod tally;
mod tally_untold;
mod together;
mod told;
pub mod twin;
mod untold;
pub mod values;
pub mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

pub use self::anomalies::list::{AnomalyQuery, AnomalySort};
pub use self::command::{Command, Outcome};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::{Lens, SavedLens};
use crate::domain::note::Note;
use crate::domain::virtuals::Definitions;
use crate::error::Result;
pub use crate::store::listeners::{Listener, Listeners};
pub use crate::sync::alarm::Alarm;
pub use crate::sync::log::Run;
pub use crate::sync::overview::Unit as MeterUnit;
pub use crate::sync::overview::{self, Overview};

/// What can be asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Question {
    /// The Spend tab: figures, chart, movers. Groups by the lens's first dimension.
    Spend(Lens),
    /// What of the Spend tab needs a look at single charges, and so follows later: the last hour, the
    /// costliest resources, cost without tags.
    SpendDetails {
        /// What to look at.
        lens: Lens,
        /// Resources at most.
        resources: usize,
    },
    /// The Breakdown tab: rows of the lens's grouping with trend and change.
    Breakdown {
        /// What to look at; the drill path is part of its filter.
        lens: Lens,
        /// Rows at most; all where `None`.
        limit: Option<usize>,
        /// Pieces of a row's course, at least a day long; those that suit the period where `None`.
        pieces: Option<Granularity>,
    },
    /// Costs by up to four dimensions.
    Query(Query),
    /// Why the cost of groups of the lens changed: price, quantity, and what contributed most.
    Drivers {
        /// What to look at.
        lens: Lens,
        /// Which groups.
        among: Among,
    },
    /// What one row is made of: the lens is narrowed to it.
    Detail(Lens),
    /// Single charges.
    LineItems {
        /// What to look at.
        lens: Lens,
        /// Which of them.
        page: Page,
    },
    /// What will come: this month's end and the next 90 days. Of the lens only filter, metric and currency matter.
    Forecast(Lens),
    /// How well charges are tagged: coverage of each key, misspelt values, where the rest is.
    TagHygiene(Lens),
    /// The values of a dimension, for completion.
    Values {
        /// The dimension.
        dimension: Dimension,
        /// Which charges.
        lens: Lens,
        /// Values at most.
        limit: usize,
    },
    /// The tag keys of the config and of the bills of the lens's days, for completion.
    TagKeys(Lens),
    /// What a figure means and rests on.
    Explain {
        /// What to look at.
        lens: Lens,
        /// Which of its figures.
        card: Card,
        /// Line items at most of a currency, and how many to pass over first.
        items: (usize, usize),
    },
    /// Which anomalies there are.
    Anomalies(AnomalyQuery),
    /// What one anomaly is, by the beginning of its name.
    Anomaly(String),
    /// The user's notes.
    Notes {
        /// Of these days; all where `None`.
        period: Option<Period>,
    },
    /// The saved lenses: the store's and the config's.
    Lenses,
    /// What there is about budgets.
    Budgets(budgets::Asked),
    /// What is on its way to a person, and what was brought.
    Alerts,
    /// What would be on its way to a person, had somebody looked at a moment.
    News(watch::Moment),
}

impl Question {
    /// Gives its virtual dimensions their definitions.
    ///
    /// # Errors
    /// The name of one that is not defined.
    pub fn bind(&mut self, definitions: &Definitions) -> std::result::Result<(), String> {
        match self {
            Question::Values { dimension, lens, .. } => {
                definitions.bind(dimension)?;
                definitions.bind_lens(lens)
            }
            Question::Spend(lens)
            | Question::SpendDetails { lens, .. }
            | Question::Breakdown { lens, .. }
            | Question::Query(Query { lens, .. })
            | Question::Drivers { lens, .. }
            | Question::Detail(lens)
            | Question::LineItems { lens, .. }
            | Question::Forecast(lens)
            | Question::TagHygiene(lens)
            | Question::TagKeys(lens)
            | Question::Explain { lens, .. } => definitions.bind_lens(lens),
            // Places know no virtual dimensions: a clause about one admits them all.
            Question::Anomalies(_) | Question::Anomaly(_) => Ok(()),
            Question::Notes { .. } | Question::Lenses | Question::Budgets(_) | Question::Alerts | Question::News(_) => {
                Ok(())
            }
        }
    }
}

/// A figure of the Spend tab, each with days of its own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// The sum over the lens's days.
    #[default]
    Total,
    /// This month so far, against the same days of the month before.
    MonthToDate,
    /// The day before the as-of day, against the mean of the seven days before it.
    Yesterday,
    /// The seven days up to yesterday, against the seven before.
    LastWeek,
    /// The whole month before this, against the one before it.
    LastMonth,
    /// This month at its end, against the whole month before: settled days as they came, the rest foretold.
    Forecast,
    /// The last whole hour with charges, against the same hour of the day before.
    LastHour,
}

/// Some of many groups: there may be more than an answer can hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Among {
    /// These.
    Groups(Vec<answer::Key>),
    /// So many of each currency, those that [`Question::Breakdown`] has first.
    Costliest(usize),
}

/// Some of many line items.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Page {
    /// Line items at most, of each currency.
    pub limit: usize,
    /// How many to pass over first.
    pub skip: usize,
    /// Which come first.
    pub order: Order,
}

/// How line items are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Order {
    /// The costliest first, by magnitude, in the lens's metric.
    #[default]
    Cost,
    /// The newest first.
    Newest,
}

/// Costs by up to four dimensions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Query {
    /// What to look at.
    pub lens: Lens,
    /// Pieces of time as part of each row's key.
    pub granularity: Option<Granularity>,
    /// How rows are ordered.
    pub sort: Sort,
    /// Rows at most, per currency.
    pub limit: Option<usize>,
}

/// How rows are ordered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Sort {
    /// Largest cost first; pieces of time in order within a group.
    #[default]
    Cost,
    /// Largest change first, up or down.
    Change,
    /// By values, in the order of the dimensions.
    Key,
    /// By time, then cost.
    Time,
    /// By one dimension's value.
    By(Dimension),
}

/// What comes back, by question.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// One a currency, largest spend first; empty where there is no data at all.
    Spend(Vec<answer::SpendAnswer>),
    /// One a currency.
    SpendDetails(Vec<answer::SpendDetails>),
    /// One a currency.
    Breakdown(Vec<answer::BreakdownAnswer>),
    /// One a currency.
    Query(Vec<answer::QueryAnswer>),
    /// One a currency.
    Drivers(Vec<answer::DriversAnswer>),
    /// What stands behind it.
    Detail(answer::DetailAnswer),
    /// One a currency.
    LineItems(Vec<answer::LineItems>),
    /// One a currency.
    Forecast(Vec<answer::ForecastAnswer>),
    /// One a currency.
    TagHygiene(Vec<answer::TagsAnswer>),
    /// The values.
    Values(answer::ValuesAnswer),
    /// The keys.
    TagKeys(answer::TagKeysAnswer),
    /// The explanation.
    Explain(answer::ExplainAnswer),
    /// The anomalies.
    Anomalies(answer::AnomaliesAnswer),
    /// The anomaly.
    Anomaly(Box<answer::AnomalyAnswer>),
    /// By day.
    Notes(Vec<Note>),
    /// By name.
    Lenses(Vec<SavedLens>),
    /// What was asked about budgets.
    Budgets(Box<answer::BudgetsAnswer>),
    /// How alerts stand.
    Alerts(alerts::AlertsAnswer),
    /// What would be on its way.
    News(Vec<crate::domain::alert::Letter>),
}

/// What data there is to ask about.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Extent {
    /// First and last day with charges; `None` in an empty store.
    pub days: Option<(Day, Day)>,
    /// Charges that count.
    pub rows: u64,
    /// Whether it is the demo's.
    pub demo: bool,
    /// Tag keys that have rollups.
    pub tag_keys: Vec<String>,
    /// The company's own dimensions, which may be written by their bare names in filters: virtual
    /// ones, and tags of [`Self::tag_keys`] that none of them takes the name of.
    pub own: Vec<Dimension>,
    /// Currencies in the data.
    pub currencies: Vec<String>,
}

/// Lets a long question be given up.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Given>);

#[derive(Default)]
struct Given {
    up: AtomicBool,
    listeners: Listeners<()>,
}

impl Cancel {
    /// Gives up: whoever works on it stops at the next chunk.
    pub fn cancel(&self) {
        self.0.up.store(true, Ordering::SeqCst);
        self.0.listeners.tell(());
    }

    /// Whether it was given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.up.load(Ordering::Relaxed)
    }

    /// Tells `listener` when it is given up, at once where it is already.
    pub fn on_cancel(&self, listener: &Listener<()>) {
        self.0.listeners.add(listener);
        if self.0.up.load(Ordering::SeqCst) {
            listener(());
        }
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}

/// What an engine tells by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// The store holds something else than before: what was answered may no longer be so.
    Committed,
    /// Whoever owned the store has gone: questions wait until it has an owner again.
    Reattaching,
    /// The store has an owner again.
    Attached,
}

/// Opens what an export is written to.
pub type OpenFile<'o> = dyn Fn() -> Result<Box<dyn std::io::Write + Send>> + 'o;

/// Answers questions and does commands: in this process, or over a socket.
pub trait Engine: Send + Sync {
    /// Answers a question as of a day.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read, `Interrupted` where `cancel` was used.
    fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer>;

    /// Does what a command says; it is done, and on disk where the store is, when this returns.
    ///
    /// # Errors
    /// Kind `Usage` where it cannot be done, `Store` where the disk fails: nothing has changed then.
    fn command(&self, command: &Command) -> Result<Outcome>;

    /// Writes charges as a file to what `open` gives, which may be called again; returns how many.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read, `Interrupted` where `cancel` was used; those of the file.
    fn export(&self, scope: &export::Scope, open: &OpenFile<'_>, cancel: &Cancel) -> Result<u64>;

    /// What data there is.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read.
    fn extent(&self) -> Result<Extent>;

    /// Tells `listener` what happens, for as long as it is kept. An engine over what never changes
    /// tells nothing.
    fn subscribe(&self, _listener: &Listener<Event>) {}

    /// Gives up what other processes would wait for, as when this one is to be stopped. The next
    /// question takes it again.
    fn release(&self) {}
}
