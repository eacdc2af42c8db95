//! The SQL that a billing table is asked with. Pure: text in, text out.
//!
//! BigQuery adds up, so that a bill of any size comes home as one row a day, account, project, service,
//! SKU, place and label. Nothing of a config becomes SQL but a checked [`TableName`](super::table::TableName)
//! (between backticks) and names of columns that the table itself has; days and label keys are parameters.
//!
//! **Bytes.** BigQuery bills the columns and partitions that are read. Google's tables are partitioned by
//! the day that rows were loaded on, and a row is loaded on the day of its usage or later: a query for
//! usage from a day on reads the partitions from that day on ([`MARGIN`] before it, for a subscription that
//! is exported before its month begins), and rows that lie in no partition yet. A copy may be partitioned by the
//! hour, month or year: the partition that the day lies in is then the first.
//! Rows of a past month lie mostly in its own partitions: [`last_partition`], which reads two narrow columns,
//! tells where they end.
//!
//! **Money.** `cost` and `credits.amount` are floats; each is read by its shortest decimal text, rounded at
//! the 18th decimal and added as a decimal, which is what a float in a file becomes too.

use super::table::{Kind, Partition, Table};
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::{Profile, Quantity, Terms};

/// Days before its usage that a row may have been loaded.
pub const MARGIN: i32 = 1;

/// Credits that are part of a price: they lower the cost of the usage that they stand beside. All others are
/// charges of their own.
pub const DISCOUNTS: [&str; 8] = [
    "SUSTAINED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE",
    "FEE_UTILIZATION_OFFSET",
    "DISCOUNT",
    "RESELLER_MARGIN",
    "FREE_TIER",
    "SUBSCRIPTION_BENEFIT",
];

/// Credits of a commitment.
const COMMITMENTS: [&str; 2] = ["COMMITTED_USAGE_DISCOUNT", "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"];

/// What a column of the answer tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The UTC day that usage began on.
    Day,
    /// When it ended, of a charge for more than a day.
    End,
    /// The invoice's month, as `202610`.
    Month,
    /// A text of FOCUS.
    Profile(Profile),
    /// A text of FOCUS.
    Terms(Terms),
    /// The value of a label, by its place among those asked for.
    Label(usize),
    /// `cost_type`.
    CostType,
    /// Whether an adjustment says what it adjusts.
    Adjusts,
    /// `transaction_type`.
    Transaction,
    /// The type of a commitment's credit.
    Commitment,
    /// The name of a credit that is a charge of its own.
    CreditName,
    /// The sum of such credits.
    Credit,
    /// A sum.
    Sum(Quantity),
    /// Whether there is no cost. Such charges stand apart, so that their sum alone is unknown.
    Unpriced,
}

/// A parameter: name, type, value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `STRING` or `TIMESTAMP`.
    pub kind: &'static str,
    /// Its value.
    pub value: String,
}

impl Parameter {
    fn day(name: &str, day: Day) -> Parameter {
        Parameter { name: name.to_owned(), kind: "TIMESTAMP", value: format!("{day}T00:00:00Z") }
    }
}

/// A query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// Its text.
    pub sql: String,
    /// What it refers to as `@name`.
    pub parameters: Vec<Parameter>,
    /// The names of the columns of its answer, in order.
    pub columns: Vec<String>,
}

/// A query for charges, and what its columns tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charges {
    /// The query.
    pub query: Query,
    /// What each column of its answer tells.
    pub columns: Vec<Column>,
}

/// What is asked about each charge.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Keys of labels, tags and project labels.
    pub labels: &'a [String],
    /// Whether resources are told apart.
    pub resources: bool,
}

/// A column of the inner query: what it tells, and how it is computed of the row `t`.
struct Piece {
    column: Column,
    sql: String,
}

/// The charges that began on these days. `last` is the day that the last partition which has any begins on, where
/// that is known.
#[must_use]
pub fn charges(table: &Table, wanted: Wanted<'_>, days: Period, last: Option<Day>) -> Charges {
    let pieces = if table.kind == Kind::Focus { focus(table, wanted) } else { export(table, wanted) };
    let (mut inner, mut outer, mut groups, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, piece) in pieces.iter().enumerate() {
        let name = format!("c{at}");
        inner.push(format!("{} AS {name}", piece.sql));
        match piece.column {
            // A sum of which a part is unknown is unknown.
            Column::Sum(_) => {
                outer.push(format!("IF(COUNTIF({name} IS NULL) = 0, CAST(SUM({name}) AS STRING), NULL) AS {name}"))
            }
            Column::Credit => outer.push(format!("CAST(SUM({name}) AS STRING) AS {name}")),
            _ => {
                outer.push(name.clone());
                groups.push(name.clone());
            }
        }
        names.push(name);
    }
    let start = usage_start(table);
    let mut parameters = vec![Parameter::day("from", days.from), Parameter::day("to", days.to)];
    let partition = partition(table, days.from, last, &mut parameters);
    parameters.extend(wanted.labels.iter().enumerate().map(|(at, key)| Parameter {
        name: format!("label_{at}"),
        kind: "STRING",
        value: key.clone(),
    }));
    let sql = format!(
        "WITH charges AS (SELECT {} FROM {} AS t WHERE t.{start} >= @from AND t.{start} < @to{partition}) \
         SELECT {} FROM charges GROUP BY {}",
        inner.join(", "),
        table.name.sql(),
        outer.join(", "),
        groups.join(", ")
    );
    Charges {
        query: Query { sql, parameters, columns: names },
        columns: pieces.into_iter().map(|piece| piece.column).collect(),
    }
}

/// The day that the last partition with usage of these days begins on: one row with it, or with nothing.
#[must_use]
pub fn last_partition(table: &Table, days: Period) -> Option<Query> {
    if !matches!(table.partition, Partition::Ingestion(_)) {
        return None;
    }
    let start = usage_start(table);
    let mut parameters = vec![Parameter::day("from", days.from), Parameter::day("to", days.to)];
    let partition = partition(table, days.from, None, &mut parameters);
    let sql = format!(
        "SELECT FORMAT_TIMESTAMP('%Y-%m-%d', MAX(_PARTITIONTIME)) AS last FROM {} AS t \
         WHERE t.{start} >= @from AND t.{start} < @to{partition}",
        table.name.sql()
    );
    Some(Query { sql, parameters, columns: vec!["last".into()] })
}

/// Which days have usage that was exported since a time (seconds since 1970), and when the newest of it was,
/// in microseconds; `None` where the table does not tell.
#[must_use]
pub fn changes(table: &Table, since: i64) -> Option<Query> {
    let exported = exported(table)?;
    let start = usage_start(table);
    let since_text = crate::domain::calendar::format_timestamp(since);
    let mut parameters = vec![Parameter { name: "since".into(), kind: "TIMESTAMP", value: since_text }];
    let partition = match &table.partition {
        Partition::Ingestion(_) => partition(table, Day::of_seconds(since), None, &mut parameters),
        Partition::None | Partition::Column(_) => String::new(),
    };
    let sql = format!(
        "SELECT FORMAT_TIMESTAMP('%Y-%m-%d', t.{start}) AS day, \
         CAST(UNIX_MICROS(MAX(t.{exported})) AS STRING) AS newest FROM {} AS t \
         WHERE t.{exported} >= @since{partition} GROUP BY day",
        table.name.sql()
    );
    Some(Query { sql, parameters, columns: vec!["day".into(), "newest".into()] })
}

/// Who asks: reads no table.
#[must_use]
pub fn who() -> Query {
    Query { sql: "SELECT SESSION_USER() AS who".into(), parameters: Vec::new(), columns: vec!["who".into()] }
}

fn usage_start(table: &Table) -> &'static str {
    if table.kind == Kind::Focus { "ChargePeriodStart" } else { "usage_start_time" }
}

fn exported(table: &Table) -> Option<&'static str> {
    ["export_time", "x_ExportTime"].into_iter().find(|name| table.has(name))
}

/// A condition that leaves out partitions that can hold nothing of usage from a day on.
fn partition(table: &Table, from: Day, last: Option<Day>, parameters: &mut Vec<Parameter>) -> String {
    let from = from.plus(-MARGIN);
    let (loaded, from) = match &table.partition {
        Partition::None => return String::new(),
        // A partition is named by its first moment, which may lie long before what it holds.
        Partition::Ingestion(length) => ("_PARTITIONTIME".to_owned(), length.first(from)),
        // A table that is partitioned by its usage is cut by the days that are asked for.
        Partition::Column(name) if exported(table).is_some_and(|column| column.eq_ignore_ascii_case(name)) => {
            (format!("t.{}", exported(table).unwrap_or_default()), from)
        }
        Partition::Column(_) => return String::new(),
    };
    parameters.push(Parameter::day("loaded_from", from));
    let until = last.map_or_else(String::new, |last| {
        parameters.push(Parameter::day("loaded_to", last.plus(1)));
        format!(" AND {loaded} < @loaded_to")
    });
    format!(" AND ({loaded} >= @loaded_from{until} OR {loaded} IS NULL)")
}

fn decimal(of: &str) -> String {
    format!("CAST(CAST({of} AS STRING) AS BIGNUMERIC(38, 18))")
}

/// A sum's part. Money that cannot be read fails the query; an amount of usage, as byte-seconds of which a day has
/// more than 20 digits, is unknown then.
fn part(of: &str, quantity: Quantity) -> String {
    let is_cost = !matches!(quantity, Quantity::Consumed | Quantity::Pricing | Quantity::Commitment);
    if is_cost { decimal(of) } else { format!("SAFE_{}", decimal(of)) }
}

fn unpriced(cost: &str) -> String {
    format!("IF(t.{cost} IS NULL, 'yes', NULL)")
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// Until when a charge lasts, where it is for more than a day.
fn end(start: &str, end: &str) -> String {
    format!(
        "IF(TIMESTAMP_DIFF(t.{end}, t.{start}, SECOND) <= 86400, NULL, FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', t.{end}))"
    )
}

/// The value of a label; of several columns that have it, the first of these.
fn label(table: &Table, at: usize, columns: &[&str]) -> Option<String> {
    let found: Vec<String> = columns
        .iter()
        .filter(|path| table.has_pairs(path))
        .map(|path| format!("(SELECT MIN(l.value) FROM UNNEST(t.{path}) AS l WHERE l.key = @label_{at})"))
        .collect();
    (!found.is_empty()).then(|| format!("COALESCE({})", found.join(", ")))
}

/// Columns of the exports that are texts of FOCUS as they are.
const TEXTS: [(&str, Column); 17] = [
    ("billing_account_id", Column::Profile(Profile::BillingAccountId)),
    ("project.id", Column::Profile(Profile::SubAccountId)),
    ("project.name", Column::Profile(Profile::SubAccountName)),
    ("service.description", Column::Profile(Profile::ServiceName)),
    ("sku.id", Column::Profile(Profile::SkuId)),
    ("sku.description", Column::Profile(Profile::ChargeDescription)),
    ("location.zone", Column::Profile(Profile::AvailabilityZone)),
    ("price.effective_price", Column::Profile(Profile::ContractedUnitPrice)),
    ("usage.unit", Column::Profile(Profile::ConsumedUnit)),
    ("usage.pricing_unit", Column::Profile(Profile::PricingUnit)),
    ("seller_name", Column::Profile(Profile::Publisher)),
    ("currency", Column::Terms(Terms::Currency)),
    ("invoice.month", Column::Month),
    ("cost_type", Column::CostType),
    ("transaction_type", Column::Transaction),
    ("resource.name", Column::Profile(Profile::ResourceName)),
    ("resource.global_name", Column::Profile(Profile::ResourceId)),
];

/// The columns of the standard and of the detailed export.
fn export(table: &Table, wanted: Wanted<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |column, sql: String| pieces.push(Piece { column, sql });
    add(Column::Day, "FORMAT_TIMESTAMP('%Y-%m-%d', t.usage_start_time)".into());
    if table.has("usage_end_time") {
        add(Column::End, end("usage_start_time", "usage_end_time"));
    }
    let told = |path: &str| table.has(path) && (wanted.resources || !path.starts_with("resource."));
    for (path, column) in TEXTS.into_iter().filter(|(path, _)| told(path)) {
        let number = path == "price.effective_price";
        add(column, if number { format!("CAST(t.{path} AS STRING)") } else { format!("t.{path}") });
    }
    let places: Vec<&str> = ["location.region", "location.location"].into_iter().filter(|p| table.has(p)).collect();
    if !places.is_empty() {
        // A multi-region or `global` has no region.
        let places: Vec<String> = places.iter().map(|path| format!("t.{path}")).collect();
        add(Column::Profile(Profile::RegionId), format!("COALESCE({})", places.join(", ")));
    }
    if table.has_pairs("system_labels") {
        let key = "compute.googleapis.com/machine_spec";
        let sql = format!("(SELECT MIN(l.value) FROM UNNEST(t.system_labels) AS l WHERE l.key = '{key}')");
        add(Column::Profile(Profile::InstanceType), sql);
    }
    if table.has("adjustment_info.id") {
        add(Column::Adjusts, "IF(t.adjustment_info.id IS NULL, NULL, 'yes')".into());
    }
    for at in 0..wanted.labels.len() {
        if let Some(sql) = label(table, at, &["labels", "tags", "project.labels"]) {
            add(Column::Label(at), sql);
        }
    }
    costs(table, &mut add);
    pieces
}

/// Costs, credits and amounts of the standard and of the detailed export.
fn costs(table: &Table, add: &mut impl FnMut(Column, String)) {
    let cost = decimal("t.cost");
    add(Column::Unpriced, unpriced("cost"));
    if table.has_credits() {
        let credits = |what: &str, types: &[&str], not: &str| {
            let types = quoted(types);
            format!("(SELECT {what} FROM UNNEST(t.credits) AS c WHERE IFNULL(c.type, '') {not}IN ({types}))")
        };
        let amounts = format!("SUM({})", decimal("c.amount"));
        let net = format!("{cost} + IFNULL({}, 0)", credits(&amounts, &DISCOUNTS, ""));
        add(Column::Commitment, credits("MIN(c.type)", &COMMITMENTS, ""));
        for (name, column) in [
            (["id", "full_name", "name"], Column::Terms(Terms::CommitmentId)),
            (["full_name", "name", "id"], Column::Terms(Terms::CommitmentName)),
        ] {
            if let Some(name) = credit_name(table, &name) {
                add(column, credits(&format!("MIN({name})"), &COMMITMENTS, ""));
            }
        }
        if let Some(name) = credit_name(table, &["full_name", "name", "id"]) {
            add(Column::CreditName, credits(&format!("MIN({name})"), &DISCOUNTS, "NOT "));
        }
        add(Column::Credit, credits(&amounts, &DISCOUNTS, "NOT "));
        add(Column::Sum(Quantity::Billed), net);
    } else {
        add(Column::Sum(Quantity::Billed), cost.clone());
    }
    add(Column::Sum(Quantity::Contracted), cost);
    for (path, quantity) in [
        ("cost_at_list", Quantity::List),
        ("usage.amount", Quantity::Consumed),
        ("usage.amount_in_pricing_units", Quantity::Pricing),
    ] {
        if table.has(path) {
            add(Column::Sum(quantity), part(&format!("t.{path}"), quantity));
        }
    }
}

/// The first of a credit's names that is there and not empty.
fn credit_name(table: &Table, names: &[&str]) -> Option<String> {
    let there = names.iter().filter(|name| table.has(&format!("credits.{name}")));
    let names: Vec<String> = there.map(|name| format!("NULLIF(c.{name}, '')")).collect();
    (!names.is_empty()).then(|| format!("COALESCE({})", names.join(", ")))
}

/// The columns of the FOCUS export: FOCUS's own, as they are.
fn focus(table: &Table, wanted: Wanted<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |column, sql: String| pieces.push(Piece { column, sql });
    add(Column::Day, "FORMAT_TIMESTAMP('%Y-%m-%d', t.ChargePeriodStart)".into());
    if table.has("ChargePeriodEnd") {
        add(Column::End, end("ChargePeriodStart", "ChargePeriodEnd"));
    }
    if table.has("BillingPeriodStart") {
        add(Column::Month, "FORMAT_TIMESTAMP('%Y%m', t.BillingPeriodStart)".into());
    }
    let scalar = |name: &str| {
        let kinds = ["STRING", "NUMERIC", "BIGNUMERIC", "FLOAT", "INTEGER"];
        table.field(name).is_some_and(|f| f.mode != "REPEATED" && kinds.contains(&f.kind.as_str()))
    };
    let of_resource = [
        Profile::ResourceId,
        Profile::ResourceName,
        Profile::ResourceType,
        Profile::SkuPriceDetails,
        Profile::CapacityReservationId,
    ];
    for column in Profile::ALL.iter().copied().filter(|column| *column != Profile::Tags) {
        // FOCUS 1.3 has another name for it.
        let renamed = (column == Profile::Provider).then_some("ServiceProviderName");
        let name = [Some(column.focus_name()), renamed].into_iter().flatten().find(|name| scalar(name));
        if let Some(name) = name.filter(|_| wanted.resources || !of_resource.contains(&column)) {
            add(Column::Profile(column), format!("CAST(t.{name} AS STRING)"));
        }
    }
    for column in Terms::ALL.iter().copied().filter(|column| scalar(column.focus_name())) {
        add(Column::Terms(column), format!("CAST(t.{} AS STRING)", column.focus_name()));
    }
    for at in 0..wanted.labels.len() {
        if let Some(sql) = label(table, at, &["Tags"]) {
            add(Column::Label(at), sql);
        }
    }
    for quantity in Quantity::ALL.iter().copied().filter(|quantity| scalar(quantity.focus_name())) {
        add(Column::Sum(quantity), part(&format!("t.{}", quantity.focus_name()), quantity));
    }
    add(Column::Unpriced, unpriced(Quantity::Billed.focus_name()));
    pieces
}

#[cfg(test)]
mod tests;
