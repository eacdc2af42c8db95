//! Answers as text: a table for a terminal, Markdown, CSV and JSON.
//!
//! Pure functions from an answer to bytes in a writer. Knows no terminal, no file and no question
//! beyond what it is handed; whoever calls it treats a closed pipe.
//!
//! # JSON
//! What [`query()`] writes is stable. One currency is one object, several are a list of objects, no
//! data at all is an empty list:
//!
//! ```json
//! {"metric": "effective", "currency": "USD",
//!  "period": {"from": "2024-09-01", "to": "2024-10-01"},
//!  "previous_period": {"from": "2024-08-01", "to": "2024-09-01"},
//!  "by": ["sub_account"], "granularity": "hour",
//!  "rows": [{"key": {"sub_account": "123"}, "names": {"sub_account": "Prod"}, "period": "2024-09-01T00:00:00Z",
//!            "cost": "123.45", "previous": "100", "change": "23.45", "unknown_rows": 1}],
//!  "total": "123.45", "previous_total": "100", "groups": 212, "unknown_rows": 1, "incomplete": true,
//!  "previous_from": "2024-08-15",
//!  "pending": {"days": 30, "missing": 1, "unsettled": 3, "through": "2024-09-29",
//!              "of": [{"provider": "AWS", "source": "aws.prod", "missing": [{"from": "2024-09-30", "to": "2024-10-01"}]}]},
//!  "left_out": {"rows": 12, "cost": "340.5"}}
//! ```
//!
//! * Amounts are exact decimals in strings; `null` is unknown, never zero.
//! * `to` is exclusive. `total` is over everything, whatever `--limit` shows; `groups` says how many
//!   groups there are.
//! * `granularity`, and `period` in rows (its first day, or its hour), are there with a granularity; `previous_period`,
//!   `previous`, `change` and `previous_total` where it is compared; `names` where the bill names an
//!   id; `unknown_rows` (charges whose cost is unknown) where there are any; `incomplete` where rows
//!   of the bill were refused; `previous_from`, the first day that charges are known of, where the
//!   days before begin earlier (what is wholly earlier is `null`); `left_out` with the granularity `hour` where charges are longer than
//!   an hour, which are in no row and in no total.
//! * `pending` says what of the period has not come or may still change, where anything is so: of its `days`
//!   how many are `missing` of somebody, how many have come and are `unsettled`, the last day `through` which
//!   all has come, and `of` whom which days are missing. `previous_pending` says the same of the days before,
//!   where any is missing.
//! * Values in `key` are the bill's own, unchanged; a missing one is `null`. Characters that would
//!   move a cursor or turn text round are written as `\u` escapes, which every JSON reader undoes.
//!
//! What [`spend()`] writes is [`SpendAnswer`](crate::engine::answer::SpendAnswer), field by field, under
//! the same rule of one object or a list; [`forecast()`] likewise writes
//! [`ForecastAnswer`](crate::engine::answer::ForecastAnswer). What is foretold is rounded: an estimate is not exact.
//!
//! # CSV
//! A header and one line a row; no totals, so that a column can be added up. An id's name follows it
//! in a column of its own (`region_name`). An unknown cost is an empty cell. Text that a spreadsheet
//! would run is guarded by a `'` unless [`Style::raw`] is set.

mod alerts;
mod anomalies;
mod budgets;
mod csv;
mod forecast;
mod grid;
mod json;
mod kept;
mod markdown;
pub mod money;
mod query;
mod spend;
mod sync;
mod table;
mod tags;
pub mod words;

#[cfg(test)]
mod tests;

pub use self::alerts::{ChannelRow, alert_log, alert_news, alerts, next_words, rule_words};
pub use self::anomalies::{AnomalyTold, anomalies, anomalies_told, anomaly, why_none};
pub use self::budgets::{budget, budgets, scenarios, simulation, suggestions};
pub use self::forecast::{forecast, lines as forecast_lines};
pub use self::kept::{lenses, notes};
pub use self::query::{query, warnings};
pub use self::spend::{pending, spend};
pub use self::sync::{
    Checked, ago, checks, due_words, history_words, meter_sentence, meter_words, opinion_words, outcome, runs, scopes,
    span, spent_words, synced_words, told,
};
pub use self::tags::tags;

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// Columns for a terminal.
    #[default]
    Table,
    /// See the [module's page](self).
    Json,
    /// See the [module's page](self).
    Csv,
    /// A GitHub-flavoured table.
    Markdown,
}

impl Format {
    /// All, in menu order.
    pub const ALL: [Format; 4] = [Format::Table, Format::Json, Format::Csv, Format::Markdown];

    /// Its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
        }
    }
}

/// What the reader at the other end is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// How it is written.
    pub format: Format,
    /// CSV without the guard against formulas.
    pub raw: bool,
    /// Columns of the terminal; `None` where it is none, and nothing is shortened.
    pub width: Option<usize>,
    /// Whether a terminal reads it, which must be given no control characters, not even in CSV.
    pub terminal: bool,
}
