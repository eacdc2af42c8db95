//! moto in the place of AWS: pages, an organisation's names, roles in two accounts.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use spendtop::provider::aws::{CostExplorer, ExternalId, Role};
use spendtop::provider::remote::Costs;

use super::{Bench, days};
use crate::emulators::Emulator;

fn moto() -> Option<Emulator> {
    Emulator::start("moto_server", "/moto-api/", |port, _| {
        vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()]
    })
}

/// Posts to moto; its answer.
fn post(moto: &Emulator, path: &str, headers: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", moto.port)).expect("moto");
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        moto.port,
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 20"), "{answer}");
    serde_json::from_str(body).unwrap_or_default()
}

/// Calls Organizations as the account that pays.
fn organizations(moto: &Emulator, action: &str, body: &Value) -> Value {
    let headers = format!(
        "content-type: application/x-amz-json-1.1\r\nx-amz-target: AWSOrganizationsV20161128.{action}\r\nauthorization: \
         AWS4-HMAC-SHA256 Credential=AKIASEED/20261122/us-east-1/organizations/aws4_request, SignedHeaders=host, \
         Signature=0\r\n"
    );
    post(moto, "/", &headers, body)
}

/// What an account's next questions are answered with.
fn seed(moto: &Emulator, account: &str, results: &[Value]) {
    let body = json!({"account_id": account, "results": results});
    post(moto, "/moto-api/static/ce/cost-and-usage-results", "content-type: application/json\r\n", &body);
}

fn slice(day: u32, groups: &[(&str, &str, &str)]) -> Value {
    let groups = groups.iter().map(|(account, service, cost)| {
        let amount = json!({"Amount": cost, "Unit": "USD"});
        json!({"Keys": [account, service], "Metrics": {"UnblendedCost": amount, "AmortizedCost": amount}})
    });
    let (start, end) = (format!("2026-11-{day:02}"), format!("2026-11-{:02}", day + 1));
    json!({
        "TimePeriod": {"Start": start, "End": end}, "Total": {}, "Groups": groups.collect::<Vec<_>>(), "Estimated": day > 1,
    })
}

#[test]
fn an_organisation_is_read_page_by_page_with_its_names() {
    let Some(moto) = moto() else { return };
    organizations(&moto, "CreateOrganization", &json!({"FeatureSet": "ALL"}));
    let made = organizations(&moto, "CreateAccount", &json!({"Email": "shop@example.com", "AccountName": "Shop"}));
    let shop = made["CreateAccountStatus"]["AccountId"].as_str().expect("an account").to_owned();
    let payer = "123456789012";
    seed(
        &moto,
        payer,
        &[
            json!({"ResultsByTime": [slice(1, &[(payer, "Tax", "1.1"), (&shop, "AWS Lambda", "0.0000000001")])], "NextPageToken": "2"}),
            json!({"ResultsByTime": [slice(1, &[(&shop, "Amazon Route 53", "0.5")]), slice(2, &[(&shop, "AWS Lambda", "2")])]}),
        ],
    );
    let bench = Bench::new(&moto.url(), |_| {});
    let (brought, kept) = bench.fetch("base", days(2)).expect("brought");
    assert_eq!((brought.rows, brought.pages, bench.meter.paid()), (4, 2, 2));
    assert_eq!(kept.totals(), ["3.6000000001", "3.6000000001"]);
    let lines = kept.lines();
    assert!(lines.iter().all(|line| line.split('|').nth(1) == Some(payer)), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.contains(&format!("|{shop}|Shop|"))).count(), 3, "{lines:?}");
    assert_eq!(brought.estimated.len(), 1);
}

#[test]
fn roles_in_two_accounts_are_two_scopes() {
    let Some(moto) = moto() else { return };
    let accounts = ["210987654321", "310987654321"];
    let benches = accounts.map(|account| {
        seed(&moto, account, &[json!({"ResultsByTime": [slice(1, &[(account, "AWS Lambda", &account[..2])])]})]);
        Bench::new(&moto.url(), |settings| {
            settings.source = format!("aws.test/{account}");
            settings.role = Some(Role {
                arn: format!("arn:aws:iam::{account}:role/costs"),
                external_id: Some(ExternalId::Plain("external-1".into())),
                session: Some("spendtop-test".into()),
            });
        })
    });
    for (account, bench) in accounts.iter().zip(&benches) {
        let (_, kept) = bench.fetch("base", days(1)).expect("brought");
        let want = format!("2026-11-01|{account}|{account}||AWS Lambda|||||{0}|{0}", &account[..2]);
        assert_eq!(kept.lines(), [want]);
        let checks = CostExplorer::check(&bench.scope, &bench.call);
        assert!(checks[0].detail.contains(&format!("account {account}")), "{checks:?}");
    }
}

#[test]
fn what_moto_does_not_know_is_a_fault_and_no_panic() {
    let Some(moto) = moto() else { return };
    let bench = Bench::new(&moto.url(), |settings| settings.resources = true);
    for fault in [
        bench.scope.forecast(days(1), &bench.call).expect_err("a page"),
        bench.scope.anomalies(days(1), &bench.call).expect_err("a page"),
        bench.fetch("resources", days(1)).expect_err("a page"),
    ] {
        assert!(!fault.message.contains('<'), "{fault}");
    }
    assert_eq!(bench.meter.paid(), 0);
    // An account that nothing is known of: nothing is taken for free of charge.
    let nothing = bench.fetch("base", days(1)).expect_err("nothing");
    assert_eq!(nothing.kind, spendtop::provider::remote::FaultKind::NotThere);
}
