//! Answers: what every face renders, and what JSON output is made of.
//!
//! Plain serialisable data. Costs are exact decimals; `None` is "unknown", never zero. Texts from
//! a bill are [`Untrusted`]: a face makes them safe, JSON carries them raw.

mod anomalies;
mod budget;
mod choices;
mod detail;
mod drivers;
mod forecast;
mod pending;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::anomalies::{AnomaliesAnswer, AnomalyAnswer, AnomalyMark, DayOf, HoursOf, Listed, Silent};
pub use self::budget::{
    BudgetAnswer, BudgetDetail, BudgetsAnswer, Foreseen, Interval, Past, Simulation, Suggestion, cents,
};
pub use self::choices::{TagKeysAnswer, Value, ValuesAnswer};
pub use self::detail::{Composition, Coverage, CurrencyDetail, DetailAnswer, Share, TagUse};
pub use self::drivers::{Driver, DriversAnswer, Presence, Reason, UnitFigure};
pub use self::forecast::{Ahead, Aside, DayAhead, ForecastAnswer, LeftAside, PieceAhead, Range, Told};
pub use self::pending::{Behind, Pending, PendingCard};
pub use self::tags::{Misspelt, TagKey, TagsAnswer};
pub use crate::analytics::attribute::Effects;
pub use crate::analytics::budget::{Crossing, Limit, Of as CrossingOf, Pace, State as BudgetState};
pub use crate::analytics::spelling::Difference;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::note::Note;
use crate::domain::text::Untrusted;

/// Values of the dimensions that an answer is grouped by, in their order; empty where a charge
/// has none.
pub type Key = Vec<Untrusted>;

/// How far a provider's data goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Freshness {
    /// The provider's FOCUS name.
    pub provider: Untrusted,
    /// The last day with charges.
    pub last_day: Day,
    /// The last day that the provider is not expected to restate any more.
    pub settled_through: Day,
    /// When the newest import or sync of it was, seconds since 1970.
    pub taken_at: i64,
}

/// What needs attention, and belongs beside the figures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// How grave it is.
    pub severity: Severity,
    /// What is the matter, one sentence.
    pub text: String,
    /// What to do.
    pub hint: String,
}

/// How grave a notice is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; the figures are what they say.
    Info,
    /// The figures may mislead who does not know it.
    Warning,
    /// The figures are wrong, for charges are missing.
    Alarm,
}

/// What a notice is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Damage took charges.
    Lost,
    /// Account periods lack rows that were refused.
    Incomplete,
    /// Rows were refused of which nobody can say whose they are.
    Refused,
    /// A provider's charges end earlier than usual.
    Lagging,
    /// Charges whose cost the bill does not say.
    UnknownCost,
    /// Charges that lie in no hour.
    InNoHour,
    /// Account periods that several sources have.
    Overlap,
    /// The days that it is held against lie before the first charge.
    Beginning,
    /// The filter bounds groups, which single figures do not know.
    CostBound,
    /// Cost without a tag, or without a value of a virtual dimension.
    Untagged,
    /// The filter is by a virtual dimension whose shared costs are not in the figures.
    WithoutShares,
    /// A virtual dimension has no rollups yet.
    NoRollups,
    /// Costs of which the provider did not tell a value that is asked for.
    Untold,
    /// Days of the period, or of those that it is held against, have not come.
    NotIn,
    /// Anomalies of which nobody has said anything.
    Anomalies,
}

/// Answer to [`super::Question::Query`], one a currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueryAnswer {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// Over which days.
    pub period: Period,
    /// Held against which days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_period: Option<Period>,
    /// By which dimensions.
    pub by: Vec<Dimension>,
    /// In pieces of what size, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<Granularity>,
    /// The groups that are shown.
    pub rows: Vec<QueryRow>,
    /// Over everything that the filter admits, whatever is shown.
    pub total: Option<Amount>,
    /// The same for the days that it is held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_total: Option<Amount>,
    /// How many groups there are, shown or not.
    pub groups: u64,
    /// Charges whose cost is unknown.
    pub unknown_rows: u64,
    /// Whether some of the charges' groups had refused rows.
    pub incomplete: bool,
    /// The first day that any charge is known of, where the days before begin earlier: of what is
    /// earlier nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_from: Option<Day>,
    /// What of the period has not come or may still change; `None` where all is as it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What of the days that it is held against has not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_pending: Option<Pending>,
    /// What the reader must know beside the figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// By the hour: the period's charges that the filter admits and that are longer than an hour,
    /// which lie in none. They are in no row and in no total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
}

/// Charges that an answer cannot place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many they are.
    pub rows: u64,
    /// What they cost; `None` where every charge's cost is unknown.
    pub cost: Option<Amount>,
}

/// One group of a [`QueryAnswer`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueryRow {
    /// Its values, in the order of [`QueryAnswer::by`].
    pub key: Key,
    /// Names for values that are ids, where the bill has them, by position in `key`.
    pub names: BTreeMap<usize, Untrusted>,
    /// Start of the piece of time, seconds since 1970; `None` without a granularity.
    pub start: Option<i64>,
    /// Its cost; `None` where every charge's is unknown.
    pub cost: Option<Amount>,
    /// Its cost in the days that it is held against.
    pub previous: Option<Amount>,
    /// The last day that it is compared up to, where days of it after that have not come: what it is held against is
    /// without the same days. Before the first where none has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Day>,
    /// What of its cost is its share of costs that others bear with it, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Amount>,
    /// Charges whose cost is unknown.
    pub unknown_rows: u64,
}

/// One figure and what it is held against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figure {
    /// The amount; `None` is unknown.
    pub amount: Option<Amount>,
    /// The amount that it is held against, where there is one.
    pub previous: Option<Amount>,
}

impl Figure {
    /// The change, where both are known.
    #[must_use]
    pub fn change(&self) -> Option<Amount> {
        Some(self.amount? - self.previous?)
    }

    /// The change as a fraction of the earlier amount, where that is not zero.
    #[must_use]
    pub fn change_ratio(&self) -> Option<f64> {
        let previous = self.previous.filter(|p| !p.is_zero())?;
        self.change()?.ratio(previous.abs())
    }
}

/// Answer to [`super::Question::Spend`], for one currency.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpendAnswer {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// The day that the answer is as of.
    pub as_of: Day,
    /// The lens's days.
    pub period: Period,
    /// The days that they are held against.
    pub previous_period: Option<Period>,
    /// The lens's total.
    pub total: Figure,
    /// This month so far, against the same days of the month before.
    pub month_to_date: Figure,
    /// The day before the as-of day, against the mean of the seven days before it.
    pub yesterday: Figure,
    /// The seven days up to yesterday, against the seven before.
    pub last_week: Figure,
    /// The whole month before this, against the one before it.
    pub last_month: Figure,
    /// The chart's series, largest first; what is beyond the largest is summed under "other".
    pub series: Vec<Series>,
    /// What all of it costs in each piece of time; `None` where nothing is known, or charges have
    /// not come yet.
    pub totals: Vec<Option<Amount>>,
    /// The first moment of each piece of time, seconds since 1970, over the whole period.
    pub starts: Vec<i64>,
    /// The size of the pieces.
    pub granularity: Granularity,
    /// The totals of the days that the period is held against, piece by piece.
    pub previous_series: Vec<Option<Amount>>,
    /// The same of those alone who have brought the piece that is held against it; empty where all have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub those_in_series: Vec<Option<Amount>>,
    /// What changed most, up or down, by [`SpendAnswer::movers_by`].
    pub movers: Vec<Mover>,
    /// The dimensions of the movers' keys.
    pub movers_by: Vec<Dimension>,
    /// How far the data of each provider goes that the filter admits.
    pub freshness: Vec<Freshness>,
    /// The last day that none of them restates any more.
    pub settled_through: Option<Day>,
    /// What of each figure's days has not come or may still change; of the others all is as it will be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingCard>,
    /// How many days there are from the first known charge to that day: what a forecast can rest on.
    pub settled_days: u32,
    /// What needs attention, the gravest first.
    pub notices: Vec<Notice>,
    /// The user's notes beside days of the period.
    pub notes: Vec<Note>,
    /// Charges whose cost is unknown.
    pub unknown_rows: u64,
    /// Charges in the answer.
    pub rows: u64,
}

/// Answer to [`super::Question::SpendDetails`], for one currency.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpendDetails {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// The last whole hour with charges of the last days; `None` where no charge lies in an hour.
    pub hour: Option<HourFigure>,
    /// The costliest resources of the lens's days, each beside the days that they are held against.
    pub resources: Vec<TopResource>,
    /// How many resources there are, shown or not.
    pub resources_total: u64,
    /// What lies in no resource; `None` where nothing does, or its cost is unknown.
    pub without_resource: Option<Amount>,
    /// Anomalies that began in the lens's days and need somebody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anomalies: Vec<AnomalyMark>,
    /// What needs attention besides the notices of [`SpendAnswer`].
    pub notices: Vec<Notice>,
}

/// What an hour cost, and the same hour of the day before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HourFigure {
    /// Start of the hour, seconds since 1970.
    pub start: i64,
    /// Its charges of at most an hour.
    pub figure: Figure,
}

/// One resource and its cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TopResource {
    /// Its `ResourceId`.
    pub id: Untrusted,
    /// Its name, where the bill has one.
    pub name: Option<Untrusted>,
    /// The service that most of it is of.
    pub service: Untrusted,
    /// Its cost, and the cost that it is held against.
    pub figure: Figure,
}

/// One layer of a stacked chart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Series {
    /// Its value of the first grouping dimension; `None` is all others together.
    pub key: Option<Untrusted>,
    /// A name for the value, where it is an id and the bill has one.
    pub name: Option<Untrusted>,
    /// Its cost in each piece of time; `None` where nothing is known.
    pub costs: Vec<Option<Amount>>,
    /// Its cost in all.
    pub total: Option<Amount>,
}

/// A group whose cost changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mover {
    /// Its values.
    pub key: Key,
    /// Names for values that are ids, by position in `key`.
    pub names: BTreeMap<usize, Untrusted>,
    /// Its cost, and the cost that it is held against.
    pub figure: Figure,
    /// The last day that it is compared up to, where days of it after that have not come: what it is held against is
    /// without the same days. Before the first where none has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Day>,
}

/// Answer to [`super::Question::Breakdown`], for one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreakdownAnswer {
    /// Which cost was added up.
    pub metric: Metric,
    /// In which currency.
    pub currency: String,
    /// The lens's days.
    pub period: Period,
    /// The days that they are held against.
    pub previous_period: Option<Period>,
    /// What the rows are values of.
    pub by: Vec<Dimension>,
    /// The rows, by cost, largest first.
    pub rows: Vec<BreakdownRow>,
    /// The sum over all rows.
    pub total: Figure,
    /// How many rows there are, shown or not.
    pub groups: u64,
    /// Charges whose cost is unknown.
    pub unknown_rows: u64,
    /// Start of each piece of a row's trend, seconds since 1970.
    pub starts: Vec<i64>,
    /// How large the pieces are.
    pub granularity: Granularity,
    /// How far the data of each provider goes that the filter admits.
    pub freshness: Vec<Freshness>,
    /// The last day that none of them restates any more.
    #[serde(default)]
    pub settled_through: Option<Day>,
    /// What of the period has not come or may still change; `None` where all is as it will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What of the days that it is held against has not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_pending: Option<Pending>,
    /// What the reader must know beside the figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

/// One row of a breakdown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreakdownRow {
    /// Its values.
    pub key: Key,
    /// Names for values that are ids, by position in `key`.
    pub names: BTreeMap<usize, Untrusted>,
    /// Its cost, and the cost that it is held against.
    pub figure: Figure,
    /// The last day that it is compared up to, where days of it after that have not come: what it is held against is
    /// without the same days. Before the first where none has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Day>,
    /// What of its cost is its share of costs that others bear with it, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Amount>,
    /// Its cost in each piece of the period; `None` where no data has come of one.
    pub trend: Vec<Option<Amount>>,
}

/// Answer to [`super::Question::LineItems`], for one currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineItems {
    /// In which currency.
    pub currency: String,
    /// How many are passed over.
    pub skip: u64,
    /// Line items after those, in the order asked for.
    pub items: Vec<LineItem>,
    /// How many line items there are.
    pub total: u64,
}

/// One charge as the bill has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineItem {
    /// Start of the charge period, seconds since 1970.
    pub start: i64,
    /// End of the charge period, exclusive.
    pub end: i64,
    /// FOCUS column and value, for every column that has one.
    pub columns: Vec<(String, Untrusted)>,
    /// The four costs and the quantities, FOCUS column and exact value.
    pub quantities: Vec<(String, Amount)>,
    /// In which currency.
    pub currency: Untrusted,
}

/// Answer to [`super::Question::Explain`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExplainAnswer {
    /// Which figure it is.
    pub card: super::Card,
    /// Over which days; of an hour, its day in the first of the figures.
    pub period: Period,
    /// Held against which days, where they are a period.
    pub previous_period: Option<Period>,
    /// The figure, one a currency.
    pub figures: Vec<Explained>,
    /// Whether days are left out of what it is held against, since the same have not come of it.
    #[serde(default)]
    pub same_days: bool,
    /// What the figure is, in sentences.
    pub definition: Vec<String>,
    /// What it is made of by the next finer dimension, one a currency; of an hour, its day's hours.
    pub parts: Vec<QueryAnswer>,
    /// Line items behind it, one a currency, the costliest first.
    pub items: Vec<LineItems>,
    /// How far the data of each provider goes that the filter admits.
    pub freshness: Vec<Freshness>,
    /// Which imports it rests on.
    pub imports: Vec<String>,
    /// The command that prints the figure.
    pub command: String,
}

/// A figure that is explained.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explained {
    /// In which currency.
    pub currency: String,
    /// The figure.
    pub figure: Figure,
    /// Start of the hour, where it is one, seconds since 1970.
    pub hour: Option<i64>,
}
