//! Google Cloud's billing export in an emulator of BigQuery: the SQL runs, and comes to what the rows do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use spendtop::domain::batch::ChargeBatch;
use spendtop::domain::calendar::{Day, Period};
use spendtop::domain::charge::{Profile, Quantity, Terms};
use spendtop::domain::money::Amount;
use spendtop::provider::gcp::{BillingExport, Settings, TableName};
use spendtop::provider::remote::call::{Unmetered, Unwatched};
use spendtop::provider::remote::pace::Pace;
use spendtop::provider::remote::{Ask, Brought, Call, Costs, Fault, FaultKind, Finding, Found, Halt, Manner};
use spendtop::provider::{Problem, Sink, Stop};
use tokio::runtime::Runtime;

use crate::emulators::Emulator;

const PROJECT: &str = "acme-billing";
const TABLE: &str = "gcp_billing_export_resource_v1_01ABCD_234567_89EF01";

/// What charges come to: billed cost by day, service and charge category.
type Sums = BTreeMap<(Day, String, String), Amount>;

struct BigQuery {
    runtime: Runtime,
    emulator: Emulator,
}

impl BigQuery {
    fn start() -> Option<BigQuery> {
        let arguments = |port: u16, folder: &str| {
            ["start", "--rest-port", &port.to_string(), "--grpc-port", "0", "--data-dir", folder]
                .map(str::to_owned)
                .to_vec()
        };
        let emulator = Emulator::start("bqemulator", "/", arguments)?;
        Some(BigQuery { runtime: Runtime::new().expect("runtime"), emulator })
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/bigquery/v2/projects/{PROJECT}/{path}", self.emulator.url());
        self.runtime.block_on(async {
            let answer = reqwest::Client::new().post(url).json(body).send().await.expect("sent");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.expect("JSON")
        })
    }

    fn create(&self, table: &str, fields: &Value) {
        let reference = json!({ "projectId": PROJECT, "datasetId": "billing", "tableId": table });
        let body = json!({ "tableReference": reference, "schema": { "fields": fields }, "timePartitioning": { "type": "DAY" } });
        self.post("datasets/billing/tables", &body);
    }

    fn insert(&self, table: &str, rows: &[Value]) {
        let rows: Vec<Value> = rows.iter().map(|row| json!({ "json": row })).collect();
        let answer = self.post(&format!("datasets/billing/tables/{table}/insertAll"), &json!({ "rows": rows }));
        assert!(answer["insertErrors"].as_array().is_none_or(Vec::is_empty), "{answer}");
    }

    fn settings(&self, table: &str) -> Settings {
        let table = TableName::parse(&format!("{PROJECT}.billing.{table}")).expect("a table");
        let settings = Settings::new("gcp.main", PROJECT, table);
        let labels = vec!["team".to_owned(), "env".to_owned()];
        Settings { endpoint: Some(self.emulator.url()), labels, resources: true, ..settings }
    }

    fn call(&self) -> Call {
        Call {
            runtime: self.runtime.handle().clone(),
            cancel: tokio_util::sync::CancellationToken::new(),
            pace: Pace::default(),
            meter: Arc::new(Unmetered),
            watch: Arc::new(Unwatched),
            now: day(30).plus(2).seconds(),
        }
    }

    fn fetch(&self, settings: &Settings) -> Result<(Brought, Kept), Fault> {
        let export = BillingExport::new(settings).expect("a connection");
        let Manner::Days(feeds) = export.manner() else { panic!("days") };
        let ask = Ask::Days { feed: feeds[0].clone(), days: Period { from: day(1), to: day(30).plus(1) } };
        let kept = Kept::default();
        match export.fetch(&ask, &self.call(), &kept) {
            Ok(brought) => Ok((brought, kept)),
            Err(Halt::Fault(fault)) => Err(fault),
            Err(Halt::Stopped(stop)) => panic!("{stop:?}"),
        }
    }
}

fn day(number: u32) -> Day {
    Day::from_ymd(2026, 10, number).expect("a day")
}

/// Adds up what comes.
#[derive(Default, Debug)]
struct Kept {
    sums: Mutex<Sums>,
    texts: Mutex<Vec<[String; 4]>>,
}

impl Sink for Kept {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        let (mut sums, mut texts) = (self.sums.lock().expect("lock"), self.texts.lock().expect("lock"));
        for (at, key) in batch.rows.iter().enumerate() {
            let text = |column| batch.profile_text(key.profile, column).to_owned();
            let category = batch.terms_text(key.terms, Terms::ChargeCategory).to_owned();
            let billed = batch.quantities[Quantity::Billed.index()].get(at).expect("a cost");
            let day = batch.windows[key.window as usize].day;
            *sums.entry((day, text(Profile::ServiceName), category)).or_default() += billed;
            texts.push([Profile::Tags, Profile::ResourceId, Profile::RegionId, Profile::InstanceType].map(text));
        }
        Ok(())
    }
    fn problem(&self, problem: Problem) {
        panic!("{problem:?}");
    }
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

fn field(name: &str, kind: &str) -> Value {
    json!({ "name": name, "type": kind, "mode": "NULLABLE" })
}

fn record(name: &str, mode: &str, fields: &[(&str, &str)]) -> Value {
    let fields: Vec<Value> = fields.iter().map(|(name, kind)| field(name, kind)).collect();
    json!({ "name": name, "type": "RECORD", "mode": mode, "fields": fields })
}

/// The columns of the detailed export, as Google's documentation lists them.
fn detailed() -> Value {
    let (text, float, one, many) = ("STRING", "FLOAT", "NULLABLE", "REPEATED");
    let pairs = [("key", text), ("value", text)];
    let mut project = record("project", one, &[("id", text), ("number", text), ("name", text)]);
    project["fields"].as_array_mut().expect("fields").push(record("labels", many, &pairs));
    json!([
        field("billing_account_id", text),
        record("service", one, &[("id", text), ("description", text)]),
        record("sku", one, &[("id", text), ("description", text)]),
        field("usage_start_time", "TIMESTAMP"),
        field("usage_end_time", "TIMESTAMP"),
        project,
        record("labels", many, &pairs),
        record("system_labels", many, &pairs),
        record("location", one, &[("location", text), ("country", text), ("region", text), ("zone", text)]),
        record("resource", one, &[("name", text), ("global_name", text)]),
        record("tags", many, &pairs),
        record("price", one, &[("effective_price", "NUMERIC"), ("unit", text)]),
        field("transaction_type", text),
        field("seller_name", text),
        field("export_time", "TIMESTAMP"),
        field("cost", float),
        field("currency", text),
        field("currency_conversion_rate", float),
        record(
            "usage",
            one,
            &[("amount", float), ("unit", text), ("amount_in_pricing_units", float), ("pricing_unit", text)]
        ),
        record(
            "credits",
            many,
            &[("name", text), ("amount", float), ("full_name", text), ("id", text), ("type", text)]
        ),
        record("invoice", one, &[("month", text), ("publisher_type", text)]),
        field("cost_type", text),
        record("adjustment_info", one, &[("id", text), ("description", text), ("mode", text), ("type", text)]),
        field("cost_at_list", float),
    ])
}

/// A row of the export, and what it adds to the sums.
struct Given {
    day: Day,
    service: &'static str,
    cost_type: &'static str,
    cost: &'static str,
    discount: &'static str,
    promotion: &'static str,
    exported: i32,
}

impl Given {
    fn row(&self) -> Value {
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let credits: Vec<Value> = [("SUSTAINED_USAGE_DISCOUNT", self.discount), ("PROMOTION", self.promotion)]
            .into_iter()
            .filter(|(_, amount)| *amount != "0")
            .map(|(kind, amount)| json!({ "name": kind, "amount": number(amount), "type": kind }))
            .collect();
        json!({
            "billing_account_id": "01ABCD-234567-89EF01",
            "service": { "id": "6F81", "description": self.service }, "sku": { "id": "X", "description": "N2 core" },
            "usage_start_time": format!("{}T05:00:00Z", self.day), "usage_end_time": format!("{}T06:00:00Z", self.day),
            "project": { "id": "prod", "name": "Prod", "labels": [{ "key": "env", "value": "prod" }] },
            "labels": [{ "key": "team", "value": "a\"b" }],
            "system_labels": [{ "key": "compute.googleapis.com/machine_spec", "value": "n2-standard-4" }],
            "location": { "location": "europe-west1", "region": "europe-west1", "zone": "europe-west1-b" },
            "resource": { "name": "vm-1", "global_name": "//compute.googleapis.com/projects/1/zones/z/instances/7" },
            "cost": number(self.cost), "currency": "EUR", "cost_at_list": number(self.cost),
            "usage": { "amount": 3600.0, "unit": "seconds", "amount_in_pricing_units": 1.0, "pricing_unit": "hour" },
            "credits": credits, "invoice": { "month": "202610" }, "cost_type": self.cost_type,
            "export_time": format!("{}T12:00:00Z", self.day.plus(self.exported)),
        })
    }

    fn add_to(&self, sums: &mut Sums) {
        let amount = |text: &str| text.parse::<Amount>().expect("an amount");
        let category = if self.cost_type == "tax" { "Tax" } else { "Usage" };
        let mut add = |category: &str, amount: Amount| {
            *sums.entry((self.day, self.service.to_owned(), category.to_owned())).or_default() += amount;
        };
        add(category, amount(self.cost) + amount(self.discount));
        if self.promotion != "0" {
            add("Credit", amount(self.promotion));
        }
    }
}

/// Three weeks of a bill whose floats do not add up as floats.
fn bill() -> Vec<Given> {
    let costs = ["0.1", "0.2", "1e-7", "104.123456", "33.333333", "0.000123"];
    let mut bill = Vec::new();
    for (at, number) in (1..=21).flat_map(|number| (0..3).map(move |_| number)).enumerate() {
        let discount = if at % 3 == 0 { "-0.03" } else { "0" };
        let promotion = if at % 5 == 0 { "-0.000001" } else { "0" };
        let (service, cost_type) = [("Compute Engine", "regular"), ("BigQuery", "regular"), ("Invoice", "tax")][at % 3];
        let (day, cost) = (day(number), costs[at % costs.len()]);
        bill.push(Given { day, service, cost_type, cost, discount, promotion, exported: 1 });
    }
    bill
}

fn sums(bill: &[Given]) -> Sums {
    let mut sums = Sums::new();
    bill.iter().for_each(|given| given.add_to(&mut sums));
    sums
}

#[test]
fn a_bill_comes_home_exactly_late_rows_too() {
    let Some(bigquery) = BigQuery::start() else { return };
    bigquery.post("datasets", &json!({ "datasetReference": { "projectId": PROJECT, "datasetId": "billing" } }));
    bigquery.create(TABLE, &detailed());
    let mut bill = bill();
    bigquery.insert(TABLE, &bill.iter().map(Given::row).collect::<Vec<_>>());

    let settings = bigquery.settings(TABLE);
    let (brought, kept) = bigquery.fetch(&settings).expect("brought");
    assert_eq!(*kept.sums.lock().expect("lock"), sums(&bill));
    assert_eq!(brought.pages, 1);
    let texts = kept.texts.lock().expect("lock");
    let want = [
        r#"{"team":"a\"b","env":"prod"}"#,
        "//compute.googleapis.com/projects/1/zones/z/instances/7",
        "europe-west1",
        "n2-standard-4",
    ];
    assert!(texts.iter().all(|found| *found == want), "{:?}", texts.first());

    let (paged, kept) = bigquery.fetch(&Settings { page_rows: 7, ..settings.clone() }).expect("brought in pages");
    assert_eq!((paged.rows, *kept.sums.lock().expect("lock") == sums(&bill)), (brought.rows, true));
    assert_eq!(
        u64::from(paged.pages),
        sums(&bill).keys().filter(|(_, _, category)| category != "Credit").count().div_ceil(7) as u64
    );

    let export = BillingExport::new(&settings).expect("a connection");
    let Found::Changed { mark, .. } = export.look(Some("0"), &bigquery.call()).expect("looked") else { panic!("days") };
    let late = Given {
        day: day(3),
        service: "BigQuery",
        cost_type: "regular",
        cost: "7.77",
        discount: "0",
        promotion: "0",
        exported: 20,
    };
    bigquery.insert(TABLE, &[late.row()]);
    bill.push(late);
    let Found::Changed { days, mark: next } = export.look(Some(&mark), &bigquery.call()).expect("looked") else {
        panic!("days")
    };
    // The newest day of before is within the overlap.
    assert_eq!((days, next > mark), ([day(3), day(21)].into(), true));
    let (_, kept) = bigquery.fetch(&settings).expect("brought anew");
    assert_eq!(*kept.sums.lock().expect("lock"), sums(&bill));

    let checks = export.check(&bigquery.call());
    assert!(checks.iter().any(|c| c.what == "bigquery.jobs.create" && c.finding == Finding::Good), "{checks:?}");
    assert!(checks.iter().any(|c| c.what == "table" && c.detail == "the detailed export"), "{checks:?}");
    let fault = bigquery.fetch(&bigquery.settings("nothing")).expect_err("no table");
    assert_eq!(fault.kind, FaultKind::NotThere);
}

#[test]
fn the_focus_export_comes_home_as_it_is() {
    let Some(bigquery) = BigQuery::start() else { return };
    bigquery.post("datasets", &json!({ "datasetReference": { "projectId": PROJECT, "datasetId": "billing" } }));
    let mut fields: Vec<Value> =
        ["BillingAccountId", "SubAccountId", "ServiceName", "BillingCurrency", "ChargeCategory", "RegionId"]
            .map(|name| field(name, "STRING"))
            .to_vec();
    fields.extend(["ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart"].map(|name| field(name, "TIMESTAMP")));
    fields.extend(["BilledCost", "EffectiveCost", "ListCost"].map(|name| field(name, "NUMERIC")));
    fields.push(record("Tags", "REPEATED", &[("key", "STRING"), ("value", "STRING")]));
    let table = "gcp_billing_export_focus_01ABCD";
    bigquery.create(table, &json!(fields));
    let row = |hour: u32, cost: &str| {
        json!({
            "BillingAccountId": "01ABCD", "SubAccountId": "prod", "ServiceName": "BigQuery", "BillingCurrency": "USD",
            "ChargeCategory": "Usage", "RegionId": "us", "ChargePeriodStart": format!("2026-10-05T{hour:02}:00:00Z"),
            "ChargePeriodEnd": format!("2026-10-05T{:02}:00:00Z", hour + 1), "BillingPeriodStart": "2026-10-01T07:00:00Z",
            "BilledCost": cost, "EffectiveCost": cost, "ListCost": cost, "Tags": [{ "key": "team", "value": "data" }],
        })
    };
    bigquery.insert(table, &[row(1, "0.1"), row(2, "0.2"), row(3, "0.000000001")]);
    let (brought, kept) = bigquery.fetch(&bigquery.settings(table)).expect("brought");
    assert_eq!(brought.rows, 1);
    let want = Sums::from([((day(5), "BigQuery".into(), "Usage".into()), "0.300000001".parse().expect("an amount"))]);
    assert_eq!(kept.sums.into_inner().expect("lock"), want);
    assert_eq!(kept.texts.into_inner().expect("lock")[0][0], r#"{"team":"data"}"#);
}
