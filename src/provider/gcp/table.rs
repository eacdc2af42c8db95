//! A billing table: its name, which export it holds, and what of its columns is there.
//!
//! Pure. Google names the tables `gcp_billing_export_v1_*` (standard), `gcp_billing_export_resource_v1_*`
//! (detailed) and `gcp_billing_export_focus_*` (FOCUS), but a view over one may be called anything: the
//! columns tell which it is ("Understand the Cloud Billing data tables in BigQuery", Google Cloud
//! documentation, which also says that columns come and go).

use std::fmt;

use super::super::remote::{Fault, FaultKind};
use crate::domain::calendar::{Day, Month};
use crate::domain::text::SafeText;

/// The full name of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableName {
    /// The project that it lies in.
    pub project: String,
    /// Its dataset.
    pub dataset: String,
    /// The table or view.
    pub table: String,
}

impl TableName {
    /// Reads `project.dataset.table`. Only names that need no escaping between backticks are taken, so
    /// that no name changes what a query means.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<TableName, String> {
        let shown = SafeText::from_outside(text);
        let wrong = || format!("`{shown}` is no table: write `project.dataset.table`");
        // A project of an old domain has dots and a colon of its own: `example.com:billing`.
        let mut parts = text.rsplitn(3, '.');
        let (Some(table), Some(dataset), Some(project)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let all = |part: &str, more: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !(all(project, "-.:") && all(dataset, "_") && all(table, "_-")) {
            return Err(wrong());
        }
        Ok(TableName { project: project.to_owned(), dataset: dataset.to_owned(), table: table.to_owned() })
    }

    /// As SQL names it.
    #[must_use]
    pub fn sql(&self) -> String {
        format!("`{}`.`{}`.`{}`", self.project, self.dataset, self.table)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.project, self.dataset, self.table)
    }
}

/// Which export a table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The standard usage cost export.
    Standard,
    /// The detailed usage cost export, which tells resources.
    Detailed,
    /// The FOCUS export.
    Focus,
}

impl Kind {
    /// Its word in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Standard => "standard",
            Kind::Detailed => "detailed",
            Kind::Focus => "FOCUS",
        }
    }
}

/// A column, as `tables.get` describes it.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type: `STRING`, `RECORD`, `FLOAT`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// `NULLABLE`, `REQUIRED` or `REPEATED`.
    pub mode: String,
    /// The columns of a record.
    pub fields: Vec<Field>,
}

/// What the rows are kept apart by, so that a query that says which reads fewer bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Partition {
    /// Nothing.
    None,
    /// The time they were loaded at: what Google's own tables have, by the day. A copy may have it otherwise.
    Ingestion(Length),
    /// A column.
    Column(String),
}

/// How long a partition is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    /// An hour.
    Hour,
    /// A UTC day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl Length {
    /// As `timePartitioning.type` names it; `None` of one that is not known.
    #[must_use]
    pub fn parse(name: &str) -> Option<Length> {
        Some(match name {
            "HOUR" => Length::Hour,
            "DAY" => Length::Day,
            "MONTH" => Length::Month,
            "YEAR" => Length::Year,
            _ => return None,
        })
    }

    /// The first day of the partition that rows of a day lie in: what `_PARTITIONTIME` says, but for the hour.
    #[must_use]
    pub fn first(self, day: Day) -> Day {
        match self {
            Length::Hour | Length::Day => day,
            Length::Month => day.month().first(),
            Length::Year => Month::new(day.month().year(), 1).first(),
        }
    }
}

/// A table that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Which export it holds.
    pub kind: Kind,
    /// Its columns.
    pub fields: Vec<Field>,
    /// What its rows are kept apart by.
    pub partition: Partition,
    /// Where it lies: `EU`, `europe-west1`.
    pub location: Option<String>,
    /// When its rows last changed, seconds since 1970; `None` of a view.
    pub changed: Option<i64>,
}

/// What a table of an export must have.
const EXPORT_NEEDS: [&str; 5] = ["billing_account_id", "service.description", "usage_start_time", "cost", "currency"];

/// What a table of FOCUS must have.
const FOCUS_NEEDS: [&str; 5] =
    ["BillingAccountId", "ServiceName", "ChargePeriodStart", "BilledCost", "BillingCurrency"];

impl Table {
    /// Tells which export the columns are of.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where they are of none, or one that every charge needs is missing.
    pub fn of(name: TableName, fields: Vec<Field>, partition: Partition) -> Result<Table, Fault> {
        let mut table = Table { name, kind: Kind::Standard, fields, partition, location: None, changed: None };
        table.kind = match () {
            () if table.has("BilledCost") && table.has("ChargePeriodStart") => Kind::Focus,
            () if table.has("resource.global_name") || table.has("resource.name") => Kind::Detailed,
            () => Kind::Standard,
        };
        let needs = if table.kind == Kind::Focus { FOCUS_NEEDS } else { EXPORT_NEEDS };
        let missing: Vec<&str> = needs.into_iter().filter(|path| !table.has(path)).collect();
        if missing.is_empty() {
            return Ok(table);
        }
        let (name, missing) = (&table.name, missing.join("`, `"));
        Err(Fault::new(
            FaultKind::Refused,
            format!("table `{name}` is no billing export: it has no column `{missing}`"),
        )
        .hint("name the table of the export: `bq ls PROJECT:DATASET` lists `gcp_billing_export_...`"))
    }

    /// The column at a path like `project.id`. BigQuery's names know no case.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Field> {
        let mut fields = &self.fields;
        let mut found = None;
        for part in path.split('.') {
            let field = fields.iter().find(|f| f.name.eq_ignore_ascii_case(part))?;
            fields = &field.fields;
            found = Some(field);
        }
        found
    }

    /// Whether there is such a column.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.field(path).is_some()
    }

    /// Whether it tells what was taken off of which cost.
    #[must_use]
    pub fn has_credits(&self) -> bool {
        self.has("credits.amount") && self.has("credits.type")
    }

    /// Whether a column is a list of pairs of `key` and `value`.
    #[must_use]
    pub fn has_pairs(&self, path: &str) -> bool {
        self.field(path).is_some_and(|field| {
            let named = |name: &str| field.fields.iter().any(|f| f.name.eq_ignore_ascii_case(name));
            field.mode == "REPEATED" && named("key") && named("value")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(paths: &[&str]) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for path in paths {
            let (name, below) = path.split_once('.').map_or((*path, None), |(name, below)| (name, Some(below)));
            if !fields.iter().any(|f| f.name == name) {
                fields.push(Field { name: name.to_owned(), kind: "STRING".into(), ..Field::default() });
            }
            if let (Some(field), Some(below)) = (fields.iter_mut().find(|f| f.name == name), below) {
                field.fields.push(Field { name: below.to_owned(), kind: "STRING".into(), ..Field::default() });
            }
        }
        fields
    }

    fn name() -> TableName {
        TableName::parse("p.d.t").expect("a name")
    }

    #[test]
    fn names_that_could_change_a_query_are_refused() {
        let name = TableName::parse("acme.com:billing-1.export.gcp_billing_export_v1_01-AB").expect("a name");
        assert_eq!(name.sql(), "`acme.com:billing-1`.`export`.`gcp_billing_export_v1_01-AB`");
        for text in ["", "t", "d.t", "p.d.", "p.d.t` UNION SELECT", "p.d;.t", "p.d.t--\n", "p.d`.t", "p.ü.t"] {
            assert!(TableName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_columns_tell_the_export() {
        let mut detailed = EXPORT_NEEDS.to_vec();
        detailed.push("resource.name");
        for (paths, kind) in
            [(EXPORT_NEEDS.to_vec(), Kind::Standard), (detailed, Kind::Detailed), (FOCUS_NEEDS.to_vec(), Kind::Focus)]
        {
            let table = Table::of(name(), fields(&paths), Partition::None).expect("a billing table");
            assert_eq!(table.kind, kind);
            for without in 0..paths.len().min(EXPORT_NEEDS.len()) {
                let mut paths = paths.clone();
                let missing = paths.remove(without);
                let fault = Table::of(name(), fields(&paths), Partition::None).expect_err("refused");
                assert_eq!(fault.kind, FaultKind::Refused);
                assert!(kind == Kind::Focus || fault.message.contains(missing), "{fault}");
            }
        }
    }
}
