//! Answers and questions held against the published specification and a recorded answer, where these
//! are at hand (`../shared/data`).

use std::path::PathBuf;

use serde_json::Value;

use super::super::feeds::{SERVICE, SUBSCRIPTION};
use super::super::page::{CostKind, Page, body};
use crate::domain::calendar::Month;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if !path.exists() {
        println!("skipped: `{}` is not here", path.display());
        return None;
    }
    Some(path)
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("json")
}

const STABLE: &str = "azure-api/cost-management/resource-manager/Microsoft.CostManagement/stable/2019-11-01";

#[test]
fn every_published_example_of_an_answer_is_read() {
    let Some(folder) = shared(&format!("{STABLE}/examples")) else { return };
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.contains("Query") {
            continue;
        }
        let example = json(entry.path());
        let answer = &example["responses"]["200"]["body"];
        if answer["properties"]["columns"].is_array() {
            let page = Page::read(answer.to_string().as_bytes()).expect(&name);
            assert_eq!(page.rows.len(), answer["properties"]["rows"].as_array().expect("rows").len(), "{name}");
            assert_eq!(page.next.as_deref(), answer["properties"]["nextLink"].as_str(), "{name}");
            read += 1;
        }
    }
    assert!(read > 10, "{read}");
}

#[test]
fn a_query_is_one_of_the_published_model() {
    let Some(path) = shared(&format!("{STABLE}/costmanagement.json")) else { return };
    let model = json(path);
    let of = |name: &str| &model["definitions"][name]["properties"];
    let allowed = |list: &Value, word: &Value| list["enum"].as_array().expect("an enum").contains(word);
    for kind in CostKind::ALL {
        let body = body(kind, Month::new(2024, 1).period(), &[SUBSCRIPTION, SERVICE]);
        assert!(allowed(&of("QueryDefinition")["type"], &body["type"]));
        assert!(allowed(&of("QueryDefinition")["timeframe"], &body["timeframe"]));
        assert!(allowed(&of("QueryDataset")["granularity"], &body["dataset"]["granularity"]));
        let most = of("QueryDataset")["grouping"]["maxItems"].as_u64().expect("a limit");
        assert!(body["dataset"]["grouping"].as_array().expect("groups").len() as u64 <= most);
        let known = |part: &Value, name: &str| {
            part.as_object().expect("an object").keys().all(|key| of(name).get(key).is_some())
        };
        assert!(known(&body, "QueryDefinition") && known(&body["dataset"], "QueryDataset"));
        assert!(known(&body["timePeriod"], "QueryTimePeriod"));
        assert!(known(&body["dataset"]["grouping"][0], "QueryGrouping"));
        assert!(known(&body["dataset"]["aggregation"]["totalCost"], "QueryAggregation"));
    }
}

#[test]
fn our_own_fixtures_have_the_published_shape() {
    let Some(path) = shared(&format!("{STABLE}/costmanagement.json")) else { return };
    let properties = json(path)["definitions"]["QueryProperties"]["properties"].clone();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/azure/query");
    for entry in std::fs::read_dir(folder).expect("fixtures").flatten() {
        let answer = json(entry.path());
        let names = answer["properties"].as_object().expect("properties");
        assert!(names.keys().all(|name| properties.get(name).is_some()), "{:?}", entry.path());
        Page::read(answer.to_string().as_bytes()).expect("a page");
    }
}

#[test]
fn a_recorded_answer_is_read() {
    let cassette = "c7n-recorded/tools/c7n_azure/tests_azure/cassettes/CostFilterTest.test_cost_resource.json";
    let Some(path) = shared(cassette) else { return };
    let cassette = json(path);
    let answers = cassette["interactions"].as_array().expect("interactions").iter();
    let is_query = |i: &&Value| i["request"]["uri"].as_str().is_some_and(|uri| uri.contains("CostManagement/query"));
    let answers: Vec<Page> = answers
        .filter(is_query)
        .map(|i| Page::read(i["response"]["body"]["data"].to_string().as_bytes()).expect("a page"))
        .collect();
    assert!(!answers.is_empty() && answers.iter().all(|page| page.position(&["PreTaxCost"]).is_some()));
}
