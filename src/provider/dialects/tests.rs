//! Dialects read whole small files: each row's costs, and the sums that must come out.

use std::sync::Mutex;

use super::ALL;
use crate::domain::batch::{ChargeBatch, Limits};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::Amount;
use crate::error::{Error, Result};
use crate::focus::receive::{Outcome, Receive, Refusal};
use crate::focus::{csv, parquet};

/// A charge: its texts, billing period, start and amounts.
#[derive(Clone, PartialEq, Debug)]
pub struct Charge {
    pub profile: Vec<String>,
    pub terms: Vec<String>,
    pub billed_in: String,
    pub day: String,
    pub quantities: Vec<Option<String>>,
}

impl Charge {
    pub fn profile(&self, column: Profile) -> &str {
        &self.profile[column.index()]
    }

    pub fn terms(&self, column: Terms) -> &str {
        &self.terms[column.index()]
    }

    pub fn quantity(&self, quantity: Quantity) -> Option<&str> {
        self.quantities[quantity.index()].as_deref()
    }
}

#[derive(Default)]
pub struct Kept {
    pub charges: Mutex<Vec<Charge>>,
    pub refused: Mutex<Vec<String>>,
}

impl Receive for Kept {
    fn batch(&self, batch: &ChargeBatch) -> Result<()> {
        let mut charges = self.charges.lock().expect("lock");
        for (at, row) in batch.rows.iter().enumerate() {
            let window = batch.windows[row.window as usize];
            charges.push(Charge {
                profile: Profile::ALL.iter().map(|c| batch.profile_text(row.profile, *c).to_owned()).collect(),
                terms: Terms::ALL.iter().map(|c| batch.terms_text(row.terms, *c).to_owned()).collect(),
                billed_in: window.billing_period.to_string(),
                day: window.day.to_string(),
                quantities: batch.quantities.iter().map(|n| n.get(at).map(|a| a.to_string())).collect(),
            });
        }
        Ok(())
    }

    fn refused(&self, line: u64, refusal: Refusal, _: Option<(String, Day)>) {
        let Refusal { column, value, reason } = refusal;
        self.refused.lock().expect("lock").push(format!("{line} {column} {value}: {reason}"));
    }

    fn progress(&self, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

pub fn read(text: &str) -> (Outcome, Vec<Charge>, Vec<String>) {
    let kept = Kept::default();
    let outcome = csv::read(text.as_bytes(), &ALL, 1, Limits::default(), &kept).expect("read");
    (outcome, kept.charges.into_inner().expect("lock"), kept.refused.into_inner().expect("lock"))
}

fn failed(text: &str) -> Error {
    csv::read(text.as_bytes(), &ALL, 1, Limits::default(), &Kept::default()).expect_err("refused")
}

fn sum(charges: &[Charge], quantity: Quantity) -> String {
    let amounts = charges.iter().filter_map(|c| c.quantity(quantity)).map(|t| t.parse::<Amount>().expect("amount"));
    amounts.sum::<Amount>().to_string()
}

const CUR: &str = include_str!("../../../tests/fixtures/aws/cur_legacy.csv");
const CUR2: &str = include_str!("../../../tests/fixtures/aws/cur_2_0.csv");

#[test]
fn a_bill_of_aws_adds_up_to_its_invoice_and_to_its_amortised_cost() {
    let (outcome, charges, refused) = read(CUR);
    assert_eq!((outcome.form.as_str(), refused.as_slice()), ("AWS CUR", &[][..]));
    assert_eq!(outcome.dropped, ["identity/LineItemId", "lineItem/Operation", "lineItem/BlendedCost"]);
    // Python: sum(Decimal(row["lineItem/UnblendedCost"])).
    assert_eq!(sum(&charges, Quantity::Billed), "1061.68");
    // By hand, line by line, as the table of `cur::kind_of` has it.
    assert_eq!(sum(&charges, Quantity::Effective), "91.68");
    let by_type = |text: &str| charges.iter().find(|c| c.profile(Profile::ChargeDescription) == text).expect(text);
    for (line, category, status, billed, effective) in [
        ("on demand", "Usage", "", "12", Some("12")),
        ("spot", "Usage", "", "0.3", Some("0.3")),
        ("reserved hours", "Usage", "Used", "0", Some("6.5")),
        ("reservation fee", "Purchase", "Unused", "30", Some("3.5")),
        ("reservation upfront", "Purchase", "", "900", Some("0")),
        ("covered by the plan", "Usage", "Used", "0", Some("4.2")),
        ("negation", "Usage", "", "0", Some("0")),
        ("plan fee", "Purchase", "Unused", "7.2", Some("3")),
        ("plan upfront", "Purchase", "", "50", Some("0")),
        ("support", "Purchase", "", "100", Some("100")),
        ("tax", "Tax", "", "10.5", Some("10.5")),
        ("credit", "Credit", "", "-25", Some("-25")),
        ("refund", "Adjustment", "", "-2.32", Some("-2.32")),
        ("bundled discount", "Adjustment", "", "-1", Some("-1")),
        ("enterprise discount", "Adjustment", "", "-20", Some("-20")),
    ] {
        let charge = by_type(line);
        assert_eq!(charge.terms(Terms::ChargeCategory), category, "{line}");
        assert_eq!(charge.terms(Terms::CommitmentStatus), status, "{line}");
        assert_eq!(charge.quantity(Quantity::Billed), Some(billed), "{line}");
        assert_eq!(charge.quantity(Quantity::Effective), effective, "{line}");
    }
    let first = by_type("on demand");
    assert_eq!(first.profile(Profile::Tags), r#"{"aws:createdBy":"someone","team":"a \"b\""}"#);
    assert_eq!(first.profile(Profile::ServiceName), "Amazon Elastic Compute Cloud");
    assert_eq!(first.profile(Profile::ServiceCategory), "Compute");
    assert_eq!((first.day.as_str(), first.billed_in.as_str()), ("2026-10-01", "2026-10-01"));
    assert_eq!(by_type("spot").terms(Terms::PricingCategory), "Dynamic");
    assert_eq!(by_type("covered by the plan").quantity(Quantity::Contracted), Some("6"));
}

#[test]
fn the_newer_report_says_the_same_with_maps_and_net_costs() {
    let (outcome, charges, refused) = read(CUR2);
    assert_eq!(outcome.form, "AWS CUR 2.0");
    assert_eq!(sum(&charges, Quantity::Billed), "27");
    assert_eq!(sum(&charges, Quantity::Effective), "34.5");
    let usage = &charges[0];
    assert_eq!(usage.profile(Profile::Tags), r#"{"team":"web","aws:created_by":"x"}"#);
    assert_eq!(usage.profile(Profile::ServiceName), "Amazon Elastic Compute Cloud");
    assert_eq!(usage.profile(Profile::SubAccountName), "Shop");
    assert_eq!((usage.quantity(Quantity::Billed), usage.quantity(Quantity::Contracted)), (Some("27"), Some("30")));
    // The discount's own line is in the net cost of the usage.
    assert_eq!(charges[1].quantity(Quantity::Billed), Some("0"));
    assert_eq!(charges[2].quantity(Quantity::Effective), Some("7.5"));
    let want = [
        "5 line_item_unblended_cost twelve: not a decimal number like 1234.56: take out currency sign, thousands \
         separators and spaces",
        "6 line_item_usage_start_date : a charge needs this time",
        "7 reservation_unused_recurring_fee x: not a decimal number",
    ];
    assert_eq!(refused.len(), want.len(), "{refused:?}");
    for (refused, want) in refused.iter().zip(want) {
        assert!(refused.starts_with(want), "{refused}");
    }
}

#[test]
fn what_a_known_kind_of_file_lacks_is_named() {
    let header = |drop: &str| CUR.lines().next().expect("header").replace(drop, "other");
    let error = failed(&header("lineItem/CurrencyCode"));
    assert_eq!(error.message, "this is an AWS cost and usage report: `lineItem/CurrencyCode` is missing");
    let error = failed("SubscriptionId,MeterCategory,ConsumedService,PreTaxCost,UsageDateTime\n");
    assert_eq!(error.message, "this is an Azure cost details export: `BillingCurrency` is missing");
    let error = failed("a,b\n1,2\n");
    assert!(error.message.contains("no FOCUS cost and usage export"), "{error}");
    let known = error.hints.iter().find(|hint| hint.starts_with("files that are read: FOCUS 1.0 to 1.4, AWS"));
    assert!(known.is_some_and(|hint| hint.contains("Azure") && hint.contains("Google Cloud")), "{:?}", error.hints);
    let error = failed("{\"a\":1}\n");
    assert_eq!(error.message, "this is JSON of no kind that is read");
}

const ACTUAL: &str = include_str!("../../../tests/fixtures/azure/actual.csv");
const AMORTISED: &str = include_str!("../../../tests/fixtures/azure/amortised.csv");
const GERMAN: &str = include_str!("../../../tests/fixtures/azure/german.csv");

#[test]
fn azure_tells_actual_and_amortised_cost_row_by_row() {
    let (actual, rows, refused) = read(ACTUAL);
    assert_eq!((actual.form.as_str(), refused.as_slice()), ("Azure actual cost", &[][..]));
    assert!(actual.notes[0].starts_with("an actual cost export"), "{:?}", actual.notes);
    let costs = |charge: &Charge| {
        let text = |q| charge.quantity(q).unwrap_or("?").to_owned();
        (text(Quantity::Billed), text(Quantity::Effective))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let want = [pair("2.64", "2.64"), pair("0", "?"), pair("365", "0"), pair("-5", "0"), pair("0.01", "0.01")];
    assert_eq!(rows.iter().map(costs).collect::<Vec<_>>(), want);
    assert_eq!(sum(&rows, Quantity::Billed), "362.65");
    let usage = &rows[0];
    assert_eq!((usage.day.as_str(), usage.billed_in.as_str()), ("2024-09-04", "2024-09-01"));
    assert_eq!(usage.profile(Profile::Tags), r#"{"env":"prod","CostCenter":"1234"}"#);
    assert_eq!(usage.profile(Profile::InstanceType), "Standard_B2s");
    assert_eq!(usage.profile(Profile::ResourceType), "microsoft.compute/virtualmachines");
    assert_eq!((usage.profile(Profile::ResourceName), usage.profile(Profile::RegionId)), ("web-1", "eastus"));
    assert_eq!(rows[1].terms(Terms::CommitmentStatus), "Used");
    let (amortised, rows, refused) = read(AMORTISED);
    assert_eq!((amortised.form.as_str(), refused.as_slice()), ("Azure amortised cost", &[][..]));
    let want = [pair("2.64", "2.64"), pair("0", "0.5"), pair("0", "0.25"), pair("0.01", "0.01")];
    assert_eq!(rows.iter().map(costs).collect::<Vec<_>>(), want);
    assert_eq!(rows[2].terms(Terms::CommitmentStatus), "Unused");
}

/// An export of Azure with these rows.
fn azure(rows: &[&str]) -> (String, Vec<Charge>) {
    let header = "BillingAccountId,BillingProfileId,SubscriptionId,Date,MeterCategory,CostInBillingCurrency,\
                  paygCostInBillingCurrency,BillingCurrency,ChargeType,PricingModel,ReservationId,ResourceId";
    let (outcome, charges, refused) = read(&format!("{header}\n{}\n", rows.join("\n")));
    assert_eq!(refused, [""; 0]);
    (outcome.form, charges)
}

const COVERED: &str = "7,7,S1,2024-09-04,Storage,0.5,0,USD,Usage,Reservation,r-1,";
const COVERED_FREE: &str = "7,7,S1,2024-09-04,Storage,0,0,USD,Usage,Reservation,r-1,";
const UNUSED: &str = "7,7,S1,2024-09-04,Storage,0.25,0,USD,UnusedReservation,Reservation,r-1,";
const BOUGHT: &str = "7,7,,2024-09-04,Storage,9,0,USD,Purchase,Reservation,r-1,";

#[test]
fn usage_that_a_commitment_covers_for_nothing_makes_no_amortised_export_an_actual_one() {
    for (rows, form) in [
        (&[COVERED_FREE, COVERED][..], super::azure::AMORTISED),
        (&[UNUSED, COVERED_FREE], super::azure::AMORTISED),
        (&[COVERED_FREE], super::azure::ACTUAL),
        (&[BOUGHT, COVERED_FREE], super::azure::ACTUAL),
        (&[BOUGHT, COVERED], "Azure cost details"),
    ] {
        assert_eq!(azure(rows).0, form, "{rows:?}");
    }
}

#[test]
fn a_list_cost_of_nothing_is_unknown_where_the_charge_costs_something() {
    let plain = "7,7,S1,2024-09-04,Storage,1,2,USD,Usage,OnDemand,,";
    let (_, charges) = azure(&[COVERED, COVERED_FREE, plain]);
    let list: Vec<_> = charges.iter().map(|c| c.quantity(Quantity::List)).collect();
    assert_eq!(list, [None, Some("0"), Some("2")]);
}

#[test]
fn azures_accounts_and_refunds_go_by_the_words_of_its_focus_export() {
    let profile = "/providers/Microsoft.Billing/billingAccounts/b:1/billingProfiles/P-2";
    let vm = "/subscriptions/S1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/Web";
    let (_, charges) = azure(&[
        BOUGHT,
        &format!("b:1,P-2,S1,2024-09-04,Storage,-3,0,USD,Refund,OnDemand,,{vm}"),
        &format!("{profile},{profile},/subscriptions/s1,2024-09-04,Storage,1,0,USD,RoundingAdjustment,,,"),
        "b:1,,S1,2024-09-04,Storage,1,0,USD,,,,",
    ]);
    let account =
        |at: usize| (charges[at].profile(Profile::BillingAccountId), charges[at].profile(Profile::SubAccountId));
    assert_eq!(account(0), ("/providers/Microsoft.Billing/billingAccounts/7", ""));
    assert_eq!((account(1), account(2)), ((profile, "/subscriptions/s1"), (profile, "/subscriptions/s1")));
    assert_eq!(account(3).0, "/providers/Microsoft.Billing/billingAccounts/b:1");
    let kinds: Vec<_> = charges.iter().map(|c| (c.terms(Terms::ChargeCategory), c.terms(Terms::ChargeClass))).collect();
    assert_eq!(kinds, [("Purchase", ""), ("Purchase", "Correction"), ("Adjustment", ""), ("Usage", "")]);
    assert_eq!(
        (charges[1].profile(Profile::ResourceId), charges[1].profile(Profile::ResourceName)),
        (&*vm.to_lowercase(), "Web")
    );
    assert_eq!(charges[1].profile(Profile::SubAccountType), "Subscription");
}

#[test]
fn a_german_export_is_read_with_its_decimals_and_dates() {
    let (outcome, rows, refused) = read(GERMAN);
    assert_eq!(outcome.form, "Azure cost details");
    let billed: Vec<_> = rows.iter().map(|c| c.quantity(Quantity::Billed).expect("billed")).collect();
    assert_eq!(billed, ["0.075", "1234.5", "0.00004"]);
    assert_eq!(rows.iter().map(|c| c.day.as_str()).collect::<Vec<_>>(), ["2021-02-02", "2021-02-03", "2021-02-04"]);
    assert_eq!(
        refused,
        [
            "5 UsageDateTime (UsageDateTime) 31/12/2021: not a date like 2024-09-21, 09/21/2024 (month first) or 21.09.2024"
        ]
    );
}

#[test]
fn a_file_with_semicolons_is_read_as_one_with_commas() {
    // No field but the two amounts has a comma, so that each may stand without quotes.
    let semicolons = GERMAN.replace("\"0,075\"", "0.075").replace("\"1.234,50\"", "1234.5").replace(',', ";");
    let comma = semicolons.replace("0.075", "0,075").replace("1234.5", "\"1.234,5\"");
    assert!(!comma.contains("(Tags),") && comma.contains(";0,075;"));
    assert_eq!(read(&comma).1, read(GERMAN).1);
    let focus = "BilledCost;ChargePeriodStart;ChargePeriodEnd;BillingCurrency;ProviderName;ResourceId\n\
                 1.5;2026-10-01;2026-10-02;EUR;AWS;\"a;\"\"b\"\"\"\n";
    let (outcome, charges, refused) = read(focus);
    assert_eq!((outcome.form.as_str(), refused.len()), ("FOCUS 1.0", 0));
    assert_eq!(charges[0].profile(Profile::ResourceId), "a;\"b\"");
}

const GCP_LINES: &str = include_str!("../../../tests/fixtures/gcp/detailed.jsonl");
const GCP_FLAT: &str = include_str!("../../../tests/fixtures/gcp/flattened.csv");

#[test]
fn google_clouds_cost_is_what_is_left_after_credits() {
    let (outcome, lines, refused) = read(GCP_LINES);
    assert_eq!((outcome.form.as_str(), outcome.writing), ("Google Cloud detailed export", "JSON"));
    let billed: Vec<_> = lines.iter().map(|c| c.quantity(Quantity::Billed).expect("billed")).collect();
    assert_eq!(billed, ["7.25", "0", "1.9", "-0.000000000000000001"]);
    let first = &lines[0];
    assert_eq!(first.profile(Profile::Tags), r#"{"team":"a","compute.googleapis.com/machine_spec":"n2-standard-4"}"#);
    assert_eq!((first.profile(Profile::InstanceType), first.billed_in.as_str()), ("n2-standard-4", "2026-10-01"));
    assert_eq!(first.quantity(Quantity::Contracted), Some("10.25"));
    assert_eq!(
        (lines[1].terms(Terms::PricingCategory), lines[1].terms(Terms::CommitmentCategory)),
        ("Committed", "Usage")
    );
    assert_eq!(lines[2].terms(Terms::ChargeCategory), "Tax");
    assert_eq!(
        refused,
        [
            "5  : is no JSON object, or a broken one",
            "6 invoice.month 2026-10: not a month like 202611",
            "7 cost : a charge needs a billed cost",
        ]
    );
    let (outcome, flat, refused) = read(GCP_FLAT);
    assert_eq!((outcome.form.as_str(), refused.len()), ("Google Cloud detailed export", 0));
    let same =
        |charges: &[Charge]| charges.iter().map(|c| (c.quantities.clone(), c.profile.clone())).collect::<Vec<_>>();
    assert_eq!(same(&flat), same(&lines[..2]));
}

#[test]
fn a_bill_of_google_cloud_without_credits_says_so() {
    let header = "billing_account_id,service.description,sku.description,usage_start_time,usage_end_time,cost,currency";
    let row = "01,Compute Engine,N2 core,2026-10-05,2026-10-06,2.5,EUR";
    let (outcome, charges, _) = read(&format!("{header}\n{row}\n"));
    assert_eq!(
        (charges.len(), outcome.notes),
        (1, vec!["no row tells `credits`: costs are before credits".to_owned()])
    );
    for told in [GCP_LINES.to_owned(), format!("{header},credits\n{row},[]\n")] {
        assert_eq!(read(&told).0.notes, [""; 0]);
    }
}

#[test]
fn the_same_charges_come_out_of_parquet_with_maps_and_nested_members() {
    for (path, text, rows) in [("aws/cur_2_0.parquet", CUR2, 3), ("gcp/detailed.parquet", GCP_LINES, 3)] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
        let kept = Kept::default();
        let file = std::fs::File::open(&path).expect("fixture");
        let outcome = parquet::read(file, &ALL, 2, Limits::default(), &kept).expect("read");
        assert_eq!((outcome.tally.rows, outcome.tally.refused, outcome.writing), (rows, 0, "Parquet"));
        let of_parquet = kept.charges.into_inner().expect("lock");
        let (of_text, charges, _) = read(text);
        assert_eq!((outcome.form, &of_parquet[..]), (of_text.form, &charges[..rows as usize]));
    }
}

/// What a file of real shape adds up to.
fn of_file(path: &str) -> Option<(Outcome, Vec<Charge>, usize)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let mut bytes: Box<dyn std::io::Read + Send> = Box::new(file);
    if path.extension().is_some_and(|end| end == "gz") {
        bytes = Box::new(flate2::read::MultiGzDecoder::new(bytes));
    }
    let kept = Kept::default();
    let outcome = csv::read(bytes, &ALL, 2, Limits::default(), &kept).expect("read");
    let refused = kept.refused.into_inner().expect("lock").len();
    Some((outcome, kept.charges.into_inner().expect("lock"), refused))
}

#[test]
fn files_of_real_shape_add_up_exactly() {
    for (path, (rows, billed, effective)) in REAL {
        let Some((outcome, charges, refused)) = of_file(path) else { continue };
        assert_eq!((charges.len(), refused), (rows, 0), "{path}");
        assert_eq!(sum(&charges, Quantity::Billed), billed, "{path}: {}", outcome.form);
        assert_eq!(sum(&charges, Quantity::Effective), effective, "{path}: {}", outcome.form);
    }
}

/// Rows, billed and effective cost, made with Python's `Decimal` over each file, every value rounded half to
/// even at the 18th decimal: of AWS the unblended cost of all lines but those that a savings plan covers,
/// and with their effective cost; of Azure as the table in [`super::azure`]; of Google Cloud the cost.
const REAL: [(&str, (usize, &str, &str)); 5] = [
    ("cur/nise_November-2026-None.csv.gz", (6696, "36514.152417050300859711", "36535.752417050300859711")),
    ("azure-exports/nise_azure_2026-11-01_15.csv", (120, "16.558312808335633983", "16.558312808335633983")),
    ("azure-exports/EA_ActualCost_Small.csv", (11, "8.5450077867419368", "5.2950077867419368")),
    ("azure-exports/EA_AmortizedCost_Small.csv", (28, "15.797780136168644627", "16.296932136636644627")),
    ("gcp-billing/nise_gcp_2026-11-01_10.csv.gz", (2592, "11.222109397125088", "11.222109397125088")),
];
