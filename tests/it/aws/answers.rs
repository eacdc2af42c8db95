//! Recorded answers through the SDK's own reader: what is asked, what becomes of it, what it costs.

use std::io::Read;

use serde_json::{Value, json};
use spendtop::domain::text::Untrusted;
use spendtop::provider::remote::opinion::Cause;
use spendtop::provider::remote::{Costs, FaultKind, Finding};

use super::server::{Reply, Server, around, error, fixture, good, pages};
use super::{Bench, KEY, day, days};
use crate::support::shared;

#[test]
fn account_by_service_comes_whole_over_two_pages() {
    let server = Server::costs(pages);
    let bench = Bench::new(&server.url, |_| {});
    let (brought, kept) = bench.fetch("base", days(3)).expect("brought");
    assert_eq!((brought.rows, brought.pages, bench.meter.paid()), (9, 2, 2));
    assert_eq!(brought.estimated, [day("2026-11-03")].into());
    assert_eq!(
        kept.lines(),
        [
            "2026-11-01|111122223333|111122223333|Payer|AWS Cost Explorer|||||0.12|0.12",
            "2026-11-01|111122223333|111122223333|Payer|Tax||||Tax|83.45|83.45",
            "2026-11-01|111122223333|444455556666|Production|Amazon Elastic Compute Cloud - Compute|||||41.0123456789|38.5000000001",
            "2026-11-01|111122223333|444455556666|Production|EC2 - Other|||||7.1|7.1",
            "2026-11-02|111122223333|444455556666|Production|Amazon Elastic Compute Cloud - Compute|||||40|37.5",
            "2026-11-02|111122223333|444455556666|Production|Amazon Simple Storage Service|||||2.3456789012345678|2.3456789012345678",
            "2026-11-02|111122223333|444455556666|Production|Refund||||Adjustment|-12.5|-12.5",
            "2026-11-03|111122223333|444455556666|Production|AWS Lambda|||||0.0000001|0.0000001",
            "2026-11-03|111122223333|777788889999|sandbox|Amazon Route 53|||||0.5|0.5",
        ]
    );
    let asked = server.asked("GetCostAndUsage");
    let want = json!({
        "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-04"},
        "Granularity": "DAILY",
        "Metrics": ["NetUnblendedCost", "NetAmortizedCost", "UnblendedCost", "AmortizedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": "SERVICE"}],
    });
    assert_eq!(asked[0].json(), want);
    assert_eq!(asked[1].json()["NextPageToken"], "page-2");
    // Names and the payer are asked for once, and cost nothing.
    bench.fetch("base", days(3)).expect("brought");
    assert_eq!((server.asked("ListAccounts").len(), server.asked("DescribeOrganization").len()), (2, 1));
}

#[test]
fn every_feed_asks_for_its_keys() {
    let server = Server::costs(|asked| match asked.json()["GroupBy"][1]["Key"].as_str() {
        Some("RECORD_TYPE") => good(fixture("record_types")),
        Some("team") => good(fixture("tags")),
        _ => good(fixture("usage_types")),
    });
    let bench = Bench::new(&server.url, |_| {});
    let lines = |feed| bench.fetch(feed, days(1)).expect("brought").1.lines();
    assert_eq!(
        lines("tag:team").iter().map(|line| line.split('|').nth(7).unwrap_or_default().to_owned()).collect::<Vec<_>>(),
        [r#"{"team":"développeurs \"x\""}"#, r#"{"team":"platform"}"#, ""]
    );
    assert!(lines("service+usage_type")[0].contains("EUW1-Request") || lines("service+usage_type")[1].contains("EUW1"));
    let categories: Vec<String> = lines("service+record_type")
        .iter()
        .map(|line| line.split('|').rev().take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert!(categories.contains(&"14 20 Usage".to_owned()) && categories.contains(&"0 -20 Usage".to_owned()));
    assert!(categories.contains(&"1 15 Purchase".to_owned()) && categories.contains(&"-3 -3 Credit".to_owned()));
    let asked = server.asked("GetCostAndUsage");
    assert_eq!(asked[0].json()["GroupBy"][1], json!({"Type": "TAG", "Key": "team"}));
    assert!(asked[1].json()["Metrics"].as_array().is_some_and(|metrics| metrics.contains(&json!("UsageQuantity"))));
}

#[test]
fn hours_and_resources_are_asked_for_where_opted_in() {
    let server = Server::costs(|_| error(400, "DataUnavailableException", "not opted in"));
    let bench = Bench::new(&server.url, |settings| (settings.hourly, settings.resources) = (true, true));
    for feed in ["hourly", "resources"] {
        assert_eq!(bench.fetch(feed, days(1)).expect_err("not there").kind, FaultKind::NotThere);
    }
    let hourly = server.asked("GetCostAndUsage")[0].json();
    assert_eq!(
        (hourly["Granularity"].as_str(), hourly["TimePeriod"]["End"].as_str()),
        (Some("HOURLY"), Some("2026-11-02T00:00:00Z"))
    );
    let resources = server.asked("GetCostAndUsageWithResources")[0].json();
    assert_eq!(resources["Filter"]["Dimensions"]["Key"], "SERVICE");
    assert_eq!(resources["GroupBy"][1]["Key"], "RESOURCE_ID");
    assert_eq!(bench.meter.paid(), 0);
}

#[test]
fn aws_own_opinion_is_read_exactly() {
    let server = Server::costs(|asked| match asked.action.as_str() {
        "GetCostForecast" => good(fixture("forecast")),
        _ => good(fixture(if asked.has_token() { "anomalies_2" } else { "anomalies_1" })),
    });
    let bench = Bench::new(&server.url, |_| {});
    let ahead = spendtop::domain::calendar::Period { from: day("2026-11-22"), to: day("2026-12-01") };
    let forecast = bench.scope.forecast(ahead, &bench.call).expect("told");
    assert_eq!((forecast.currency.as_str(), forecast.interval), ("USD", 80));
    let first = forecast.days[0];
    assert_eq!(
        [Some(first.mean), first.low, first.high].map(|a| a.expect("told").to_string()),
        ["100.5", "90.25", "111"]
    );
    assert_eq!((forecast.days[1].day, forecast.days[1].low), (day("2026-11-23"), None));
    let anomalies = bench.scope.anomalies(days(22), &bench.call).expect("told");
    let [first, second] = &anomalies.found[..] else { panic!("{anomalies:?}") };
    assert_eq!((first.id.raw(), first.impact.to_string().as_str()), ("a-1", "312.07"));
    assert_eq!((first.from, first.last), (day("2026-11-10"), Some(day("2026-11-12"))));
    let cause = Cause {
        service: Untrusted::new("Amazon Elastic Compute Cloud - Compute"),
        region: Untrusted::new("eu-west-1"),
        account: Untrusted::new("444455556666"),
        sku: Untrusted::new("EUW1-BoxUsage:m7g.large"),
    };
    assert_eq!(first.causes, [cause]);
    assert_eq!((second.last, second.impact.to_string().as_str(), second.actual), (None, "0.001", None));
    assert!(!anomalies.more);
    assert_eq!(bench.meter.paid(), 3);
    assert_eq!(server.asked("GetAnomalies")[0].json()["DateInterval"]["EndDate"], "2026-11-22");
}

#[test]
fn too_little_history_for_a_forecast_is_no_failure() {
    let server = Server::costs(|_| error(400, "DataUnavailableException", "Insufficient amount of historical data"));
    let bench = Bench::new(&server.url, |_| {});
    assert_eq!(bench.scope.forecast(days(30), &bench.call).expect_err("none").kind, FaultKind::NotThere);
    assert_eq!(bench.meter.paid(), 0);
}

#[test]
fn more_anomalies_than_may_be_paid_for_are_left_out_and_said_so() {
    let page = |asked: &super::server::Asked| {
        fixture("anomalies_1").replace("\"more\"", &format!("\"page-{}\"", asked.nth + 1))
    };
    let server = Server::costs(move |asked| good(page(asked)));
    let bench = Bench::new(&server.url, |_| {});
    let told = bench.scope.anomalies(days(22), &bench.call).expect("told");
    assert_eq!((told.found.len(), told.more, bench.meter.paid()), (5, true, 5));
    let circles = Server::costs(|_| good(fixture("anomalies_1")));
    let bench = Bench::new(&circles.url, |_| {});
    assert_eq!(bench.scope.anomalies(days(22), &bench.call).expect_err("circles").kind, FaultKind::Garbled);
    let bench = Bench::new(&server.url, |settings| settings.opinion = false);
    assert!(bench.scope.opines().is_none());
}

#[test]
fn a_check_names_each_permission_and_pays_nothing() {
    let server = Server::start(|asked| match asked.action.as_str() {
        "ListAccounts" => error(400, "AccessDeniedException", "You don't have permissions"),
        _ => around(asked).expect("answered"),
    });
    let bench = Bench::new(&server.url, |_| {});
    let checks = bench.scope.check(&bench.call);
    let told: Vec<(&str, Finding)> = checks.iter().map(|check| (check.what.as_str(), check.finding)).collect();
    assert_eq!(
        told,
        [
            ("credentials", Finding::Good),
            ("organizations:DescribeOrganization", Finding::Good),
            ("organizations:ListAccounts", Finding::Wanting),
            ("ce:GetCostAndUsage", Finding::Untried),
            ("ce:GetCostForecast", Finding::Untried),
            ("ce:GetAnomalies", Finding::Untried),
        ]
    );
    assert!(checks[0].detail.contains("account 111122223333 as arn:aws:iam::111122223333:user/reader"));
    assert!(checks[2].fix.contains(r#""organizations:ListAccounts""#), "{:?}", checks[2]);
    let policy: Value = serde_json::from_str(&checks[3].fix).expect("a policy");
    assert_eq!(policy["Statement"][0]["Action"][0], "ce:GetCostAndUsage");
    assert_eq!(bench.meter.paid(), 0);
    bench.assert_silent(&format!("{checks:?}"));
}

#[test]
fn a_check_says_how_to_log_in_again_and_finds_who_did() {
    let server = Server::start(|asked| match asked.header("authorization").contains(KEY) {
        true => Reply::Json(403, "", EXPIRED.to_owned()),
        false => around(asked).expect("answered"),
    });
    let bench = Bench::new(&server.url, |_| {});
    let checks = bench.scope.check(&bench.call);
    assert_eq!((checks.len(), checks[0].finding), (1, Finding::Missing));
    assert!(checks[0].fix.contains("aws sso login --profile canary"), "{checks:?}");
    bench.log_in("AKIANEWKEYNEWKEYNEWK");
    assert_eq!(bench.scope.check(&bench.call)[0].finding, Finding::Good);
}

const EXPIRED: &str = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
    <Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>\
    <RequestId>1</RequestId></ErrorResponse>";

/// Whether a value has the shape that a service's model says.
fn fits(model: &Value, shape: &str, value: &Value, at: &str) {
    let shape = &model["shapes"][shape];
    match shape["type"].as_str() {
        Some("structure") => {
            let members = shape["members"].as_object().expect("members");
            for (name, value) in value.as_object().unwrap_or_else(|| panic!("{at}: no structure")) {
                let member = members.get(name).unwrap_or_else(|| panic!("{at}: the model has no `{name}`"));
                fits(model, member["shape"].as_str().expect("shape"), value, &format!("{at}.{name}"));
            }
            for name in shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(value.get(name).is_some(), "{at}: `{name}` is required");
            }
        }
        Some("list") => {
            let member = shape["member"]["shape"].as_str().expect("member");
            let list = value.as_array().unwrap_or_else(|| panic!("{at}: no list"));
            list.iter().enumerate().for_each(|(n, value)| fits(model, member, value, &format!("{at}[{n}]")));
        }
        Some("map") => {
            let member = shape["value"]["shape"].as_str().expect("value");
            let map = value.as_object().unwrap_or_else(|| panic!("{at}: no map"));
            map.iter().for_each(|(name, value)| fits(model, member, value, &format!("{at}[{name}]")));
        }
        Some("string") => {
            let text = value.as_str().unwrap_or_else(|| panic!("{at}: no string"));
            let known = shape["enum"].as_array().is_none_or(|values| values.iter().any(|v| v == text));
            assert!(known, "{at}: `{text}` is none of the model's values");
        }
        Some("boolean") => assert!(value.is_boolean(), "{at}: no boolean"),
        Some("double") => assert!(value.is_number(), "{at}: no number"),
        other => panic!("{at}: {other:?}"),
    }
}

#[test]
fn fixtures_have_the_published_shape() {
    let Some(path) = shared("aws-api/ce/2017-10-25/service-2.json.gz") else { return };
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("model");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("model");
    let model: Value = serde_json::from_str(&text).expect("JSON");
    for (name, shape) in [
        ("base_1", "GetCostAndUsageResponse"),
        ("base_2", "GetCostAndUsageResponse"),
        ("record_types", "GetCostAndUsageResponse"),
        ("tags", "GetCostAndUsageResponse"),
        ("usage_types", "GetCostAndUsageResponse"),
        ("forecast", "GetCostForecastResponse"),
        ("anomalies_1", "GetAnomaliesResponse"),
        ("anomalies_2", "GetAnomaliesResponse"),
    ] {
        fits(&model, shape, &serde_json::from_str(&fixture(name)).expect("JSON"), name);
    }
}
