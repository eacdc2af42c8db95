//! What leaves the app as a file, read back.

use std::sync::Arc;

use spendtop::config::Config;
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Query, Question, Sort};
use spendtop::error::Kind;
use spendtop::tui::export::{Content, Exported, Form, IfThere, Order, perform};

use crate::answers::{as_of, ask, engine, lens};
use crate::support::{import, memory};

const ROWS: [&str; 4] = [
    "12.000000000000000003 2023-11-01 2023-11-02T00:00:00Z AWS,a,EC2,\"i-1\x1b]52;c;aGk=\x07\"",
    "5 2023-11-02 2023-11-03T00:00:00Z AWS,a,S3,",
    "-2 2023-11-03 2023-11-04T00:00:00Z AWS,b,EC2,i-2",
    "7 2023-11-03 2023-11-04T00:00:00Z Microsoft,c,VM,=1+2",
];

#[test]
fn a_parquet_file_of_the_app_holds_the_line_items_of_the_lens() {
    let engine = engine("ProviderName,SubAccountId,ServiceName,ResourceId", &ROWS);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("aws.parquet");
    // A bound is about groups: the line items of all of them are written.
    let query = |filter: &str| {
        let lens = lens(&["service", "resource"], filter);
        Question::Query(Query { lens, granularity: None, sort: Sort::Cost, limit: None })
    };
    let order = |if_there| Order {
        content: Content::Answer(query("provider=AWS cost>1")),
        as_of: as_of(),
        form: Form::Items,
        path: Some(path.clone()),
        if_there,
    };
    let done = perform(&order(IfThere::Leave), Some(&engine), &Cancel::default()).expect("written");
    let bytes = path.metadata().expect("file").len();
    assert_eq!(done, Exported::File { path: path.clone(), items: Some(3), bytes, form: Form::Items });
    assert_eq!(perform(&order(IfThere::Leave), Some(&engine), &Cancel::default()), Ok(Exported::Exists(path.clone())));
    // Without anybody to ask nothing is written, and nothing lies about.
    let error = perform(&order(IfThere::Replace), None, &Cancel::default()).expect_err("nobody");
    assert_eq!(error.kind, Kind::Bug);
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1);

    let store = memory();
    let (_, problems) = import(&store, &path).expect("read back");
    assert!(problems.is_empty(), "{problems:?}");
    let back = LocalEngine::new(Arc::new(store), Config::default().settle, false);
    let rows = |engine: &LocalEngine| {
        let Answer::Query(answers) = ask(engine, &query("provider=AWS")) else { panic!("another answer") };
        answers[0].rows.iter().map(|row| (row.key.clone(), row.cost)).collect::<Vec<_>>()
    };
    assert_eq!(rows(&back), rows(&engine), "to the last digit, names as they came");
    let Answer::Query(all) = ask(&back, &query("")) else { panic!("another answer") };
    assert_eq!(all[0].rows.len(), 3, "nothing else is in it");
}
