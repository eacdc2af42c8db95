//! Which SQL is asked, by table.

use super::*;
use crate::provider::gcp::table::{Field, Length, TableName};

fn field(name: &str, kind: &str, mode: &str, fields: Vec<Field>) -> Field {
    Field { name: name.into(), kind: kind.into(), mode: mode.into(), fields }
}

fn text(name: &str) -> Field {
    field(name, "STRING", "NULLABLE", Vec::new())
}

fn record(name: &str, mode: &str, names: &[&str]) -> Field {
    field(name, "RECORD", mode, names.iter().map(|name| text(name)).collect())
}

fn standard(partition: Partition) -> Table {
    let fields = vec![
        text("billing_account_id"),
        record("service", "NULLABLE", &["id", "description"]),
        text("usage_start_time"),
        text("cost"),
        text("currency"),
        text("export_time"),
        record("labels", "REPEATED", &["key", "value"]),
        record("credits", "REPEATED", &["name", "amount", "type"]),
    ];
    Table::of(TableName::parse("p.d.t").expect("a name"), fields, partition).expect("a table")
}

fn october() -> Period {
    let day = |n| Day::from_ymd(2026, 10, n).expect("a day");
    Period { from: day(1), to: day(31).plus(1) }
}

#[test]
fn only_columns_that_are_there_are_asked_for() {
    let wanted = Wanted { labels: &["team' OR '1'='1".to_owned()], resources: true };
    let asked = charges(&standard(Partition::Ingestion(Length::Day)), wanted, october(), None);
    let sql = &asked.query.sql;
    for there in
        ["t.billing_account_id", "t.service.description", "UNNEST(t.labels)", "c.amount", "FROM `p`.`d`.`t` AS t"]
    {
        assert!(sql.contains(there), "{there}: {sql}");
    }
    for absent in ["project", "resource", "usage.amount", "cost_at_list", "system_labels", "c.full_name", "team"] {
        assert!(!sql.contains(absent), "{absent}: {sql}");
    }
    assert_eq!(asked.columns.len(), asked.query.columns.len());
    let label = asked.query.parameters.last().expect("a label");
    assert_eq!((label.name.as_str(), label.value.as_str()), ("label_0", "team' OR '1'='1"));
}

#[test]
fn a_cost_that_is_unknown_stands_apart_and_an_amount_that_is_too_large_is_unknown() {
    let mut table = standard(Partition::None);
    table.fields.push(record("usage", "NULLABLE", &["amount"]));
    let asked = charges(&table, Wanted { labels: &[], resources: false }, october(), None);
    let sql = &asked.query.sql;
    let at = asked.columns.iter().position(|column| *column == Column::Unpriced).expect("it is asked for");
    assert!(sql.contains(&format!("IF(t.cost IS NULL, 'yes', NULL) AS c{at}")), "{sql}");
    let groups = sql.rsplit_once("GROUP BY ").expect("groups").1;
    assert!(groups.split(", ").any(|group| group == format!("c{at}")), "{groups}");
    assert!(sql.contains(" SAFE_CAST(CAST(t.usage.amount AS STRING)"), "{sql}");
    assert!(sql.contains(" CAST(CAST(t.cost AS STRING)") && !sql.contains("SAFE_CAST(CAST(t.cost "), "{sql}");
}

#[test]
fn partitions_that_can_hold_nothing_are_left_out() {
    let none = Wanted { labels: &[], resources: false };
    let sql = |partition, last| charges(&standard(partition), none, october(), last).query;
    let open = sql(Partition::Ingestion(Length::Day), None);
    assert!(open.sql.contains("(_PARTITIONTIME >= @loaded_from OR _PARTITIONTIME IS NULL)"), "{}", open.sql);
    let from = open.parameters.iter().find(|p| p.name == "loaded_from").expect("from");
    assert_eq!(from.value, "2026-09-30T00:00:00Z");
    let closed = sql(Partition::Ingestion(Length::Day), Some(october().to.plus(4)));
    assert!(closed.sql.contains("AND _PARTITIONTIME < @loaded_to"), "{}", closed.sql);
    let exported = sql(Partition::Column("Export_Time".into()), None);
    assert!(exported.sql.contains("t.export_time >= @loaded_from"), "{}", exported.sql);
    for partition in [Partition::None, Partition::Column("usage_start_time".into())] {
        assert!(!sql(partition, None).sql.contains("loaded_from"));
    }
}

#[test]
fn whatever_a_partitions_length_none_is_left_out_that_can_hold_something() {
    let day = |month, n| Day::from_ymd(2026, month, n).expect("a day");
    let days = Period { from: day(11, 15), to: day(12, 1) };
    for (kind, from, to) in [
        ("HOUR", "2026-11-14", "2026-12-04"),
        ("DAY", "2026-11-14", "2026-12-04"),
        ("MONTH", "2026-11-01", "2026-12-02"),
        ("YEAR", "2026-01-01", "2026-01-02"),
    ] {
        let length = Length::parse(kind).expect("a length");
        let table = standard(Partition::Ingestion(length));
        // What a row of the third of December comes home with as the last partition.
        let last = length.first(day(12, 3));
        let none = Wanted { labels: &[], resources: false };
        let parameters = charges(&table, none, days, Some(last)).query.parameters;
        let value = |name: &str| parameters.iter().find(|p| p.name == name).expect(name).value.clone();
        let bounds = (value("loaded_from"), value("loaded_to"));
        assert_eq!(bounds, (format!("{from}T00:00:00Z"), format!("{to}T00:00:00Z")), "{kind}");
    }
    assert_eq!(Length::parse("WEEK"), None);
}

#[test]
fn changes_are_told_by_the_time_of_the_export() {
    let asked = changes(&standard(Partition::Ingestion(Length::Day)), october().from.seconds()).expect("it tells");
    assert!(asked.sql.contains("t.export_time >= @since AND (_PARTITIONTIME >= @loaded_from"), "{}", asked.sql);
    let mut table = standard(Partition::None);
    table.fields.retain(|field| field.name != "export_time");
    assert_eq!(changes(&table, 0), None);
    assert_eq!(last_partition(&table, october()), None);
}

#[test]
fn a_focus_table_is_asked_in_focus_words() {
    let fields = vec![
        text("BillingAccountId"),
        text("ServiceName"),
        text("ServiceProviderName"),
        text("ResourceId"),
        field("ChargePeriodStart", "TIMESTAMP", "NULLABLE", Vec::new()),
        field("BilledCost", "NUMERIC", "NULLABLE", Vec::new()),
        text("BillingCurrency"),
        field("SkuPriceDetails", "JSON", "NULLABLE", Vec::new()),
        record("Tags", "REPEATED", &["key", "value"]),
    ];
    let table = Table::of(TableName::parse("p.d.f").expect("a name"), fields, Partition::None).expect("a table");
    let labels = ["team".to_owned()];
    let asked = charges(&table, Wanted { labels: &labels, resources: false }, october(), None);
    for column in [
        Column::Profile(Profile::Provider),
        Column::Terms(Terms::Currency),
        Column::Label(0),
        Column::Sum(Quantity::Billed),
    ] {
        assert!(asked.columns.contains(&column), "{column:?}");
    }
    assert!(!asked.query.sql.contains("ResourceId") && !asked.query.sql.contains("SkuPriceDetails"));
}
