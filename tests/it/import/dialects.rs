//! The clouds' own billing files go in as FOCUS ones do: told by their columns, exact, and never twice.

use std::path::PathBuf;

use spendtop::domain::charge::Metric;
use spendtop::sync::groups::{Decisions, Fate};

use crate::support::{How, fixture, import, import_as, memory, sum, write};

fn file(name: &str) -> PathBuf {
    fixture(name)
}

#[test]
fn a_bill_of_aws_is_stored_with_its_invoices_sum() {
    let store = memory();
    let outcome = import(&store, &file("aws/cur_legacy.csv")).expect("import").0;
    assert_eq!((outcome.rows, outcome.refused), (15, 0));
    assert_eq!(outcome.read.files[0].file.format, "AWS CUR CSV");
    assert_eq!(sum(&store, "USD", Metric::Billed), "1061.68");
    assert_eq!(sum(&store, "USD", Metric::Effective), "91.68");
    let store = memory();
    let outcome = import(&store, &file("aws/cur_2_0.parquet")).expect("import").0;
    assert_eq!((outcome.rows, outcome.read.files[0].file.format.as_str()), (3, "AWS CUR 2.0 Parquet"));
}

#[test]
fn actual_and_amortised_cost_of_a_month_are_never_added() {
    let (actual, amortised) = (file("azure/actual.csv"), file("azure/amortised.csv"));
    let store = memory();
    let error = import_as(&store, &[&actual, &amortised], &How::default()).expect_err("refused");
    assert!(error.message.contains("tell the same charges in two ways"), "{error}");
    import(&store, &actual).expect("import");
    assert_eq!(sum(&store, "USD", Metric::Billed), "362.65");
    let part = How { decisions: Decisions { part: true, ..Decisions::default() }, ..How::default() };
    let error = import_as(&store, &[&amortised], &part).expect_err("refused");
    assert!(error.message.contains("tells the same charges in another way"), "{error}");
    assert_eq!(sum(&store, "USD", Metric::Billed), "362.65");
    let replace = How { decisions: Decisions { replace: true, ..Decisions::default() }, ..How::default() };
    let outcome = import_as(&store, &[&amortised], &replace).expect("import").0;
    assert!(matches!(outcome.groups[0].1, Fate::Replaces { before: 5, now: 4, .. }), "{:?}", outcome.groups);
    assert_eq!(sum(&store, "USD", Metric::Billed), "2.65");
    assert_eq!(sum(&store, "USD", Metric::Effective), "3.4");
    assert!(outcome.read.files[0].notes[0].contains("billed cost is less than the invoice"));
}

#[test]
fn lines_of_json_are_found_in_a_folder() {
    let folder = tempfile::tempdir().expect("folder");
    let lines = std::fs::read_to_string(file("gcp/detailed.jsonl")).expect("fixture");
    let good: Vec<&str> = lines.lines().take(4).collect();
    write(folder.path(), "export-000.jsonl", good.join("\n"));
    let store = memory();
    let outcome = import(&store, folder.path()).expect("import").0;
    assert_eq!((outcome.rows, outcome.refused), (4, 0));
    assert_eq!(outcome.read.files[0].file.format, "Google Cloud detailed export JSON");
    assert_eq!(sum(&store, "EUR", Metric::Billed), "9.149999999999999999");
}
