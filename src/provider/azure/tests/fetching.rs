//! Good answers: whole chains, joined and named.

use super::*;
use crate::provider::remote::FaultKind;

fn fixture(name: &str, url: &str) -> Reply {
    let path = format!("{}/tests/fixtures/azure/query/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Reply::json(200, &std::fs::read_to_string(path).expect("fixture").replace("ENDPOINT", url))
}

/// The recorded organisation.
fn organisation() -> Server {
    Server::start(|request, url| {
        if let Some(reply) = directory(request) {
            return reply;
        }
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("json");
        let name = match (body["type"].as_str(), request.target.contains("skiptoken")) {
            (Some("ActualCost"), false) => "base_actual_1",
            (Some("ActualCost"), true) => "base_actual_2",
            _ => "base_amortized",
        };
        fixture(name, url)
    })
}

#[test]
fn both_costs_of_a_month_come_page_by_page() {
    let (server, bench) = (organisation(), Bench::new());
    let costs = costs(&settings(&server, TOP));
    let (brought, kept) = bench.fetch(&costs, "base");
    let brought = brought.expect("brought");
    assert_eq!(
        kept.lines(),
        [
            "2024-01-01||Shop|Azure Reservations|||USD|365|0",
            "2024-01-01||Shop|Bandwidth|||USD|0.00000123|0.00000123",
            "2024-01-01||Shop|Virtual Machines|||USD|12.34567890123456789|13.34567890123456789",
            "2024-01-02|||A Partner's Thing|||EUR|7|7",
            "2024-01-02|||Storage Accounts|||EUR|-2.5|-2.5",
        ]
    );
    assert_eq!((brought.rows, brought.pages), (5, 3));
    let [untold, unknown] = brought.notes.as_slice() else { panic!("{:?}", brought.notes) };
    assert_eq!(untold, "Cost Management tells no credits, no taxes and no support plans");
    assert!(unknown.contains("`billing_account` in the config names it"), "{unknown}");
    let queries: Vec<Request> = server.asked().into_iter().filter(|r| r.method == "POST").collect();
    assert_eq!(queries[0].body, queries[1].body, "a further page is asked with the same body");
    for query in &queries {
        assert_eq!(query.headers["clienttype"], "spendtop");
        assert_eq!(query.headers["authorization"], format!("Bearer {TOKEN}"));
    }
    assert_eq!(bench.meter.qpu.load(Ordering::Relaxed), 3_000);
}

#[test]
fn names_are_read_once_for_all_scopes() {
    let (server, bench) = (organisation(), Bench::new());
    let scopes = vec![TOP.to_owned(), "/subscriptions/s1".to_owned()];
    let all = connect_with(&Settings { scopes, ..settings(&server, TOP) }, logged_in(), |_| None).expect("connected");
    let names: Vec<&str> = all.iter().map(|costs| costs.scope().source.name.as_str()).collect();
    assert_eq!(names, ["azure.main/top", "azure.main/s1"]);
    bench.fetch(&all[0], "base").0.expect("brought");
    bench.fetch(&all[0], "base").0.expect("brought");
    assert_eq!(server.asked().iter().filter(|r| r.target.starts_with("/subscriptions?")).count(), 1);
}

#[test]
fn a_scope_that_is_part_of_another_is_refused() {
    let scopes = vec!["/subscriptions/a".to_owned(), "/subscriptions/a/resourceGroups/x".to_owned()];
    let settings = Settings { scopes, ..Settings::new("azure.main", Vec::new()) };
    let Err(fault) = connect_with(&settings, logged_in(), |_| None) else { panic!("refused") };
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(fault.message, "[azure.main]: `/subscriptions/a/resourceGroups/x` is part of `/subscriptions/a`");
}

/// Answers a subscription's query by service and region.
fn by_region(cost: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"properties":{{"columns":[{{"name":"totalCost"}},{{"name":"UsageDate"}},{{"name":"ServiceName"}},{{"name":"ResourceLocation"}},{{"name":"Currency"}}],"rows":[[{cost},20240131,"Storage","EU West","CHF"]]}}}}"#
        ),
    )
}

#[test]
fn a_subscription_tells_its_payer_and_its_regions() {
    let server = Server::start(|request, _| directory(request).unwrap_or_else(|| by_region("1.50")));
    let (brought, kept) = Bench::new().fetch(&costs(&settings(&server, "/subscriptions/s1")), "base");
    brought.expect("brought");
    let account = "/providers/Microsoft.Billing/billingAccounts/7";
    assert_eq!(kept.lines(), [format!("2024-01-31|{account}||Storage Accounts|westeurope||CHF|1.5|1.5")]);
}

#[test]
fn an_agreement_without_amortised_costs_leaves_them_unknown() {
    let server = Server::start(|request, _| {
        directory(request).unwrap_or_else(|| {
            if request.body.contains("AmortizedCost") {
                return Reply::error(400, "BadRequest", "AmortizedCost is not supported");
            }
            rows(r#"[1.5,20240103,"a","VM","USD"]"#)
        })
    });
    let (brought, kept) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
    assert_eq!(kept.lines(), ["2024-01-03|||VM|||USD|1.5|?"]);
    let notes = brought.expect("brought").notes;
    assert!(notes.len() == 3 && notes[1].contains("EffectiveCost is unknown"), "{notes:?}");
}

#[test]
fn a_scope_without_costs_is_a_valid_answer() {
    for reply in [Reply::bare(204, &[]), rows("")] {
        let server = Server::start(move |request, _| directory(request).unwrap_or_else(|| reply.clone()));
        let (brought, kept) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
        let brought = brought.expect("brought");
        assert_eq!((brought.rows, kept.lines().len(), brought.silent), (0, 0, true));
        assert!(brought.notes.iter().any(|note| note.contains("no cost at all was told of")), "{:?}", brought.notes);
    }
}

#[test]
fn amortised_costs_without_actual_ones_are_not_believed() {
    for nothing in [Reply::bare(204, &[]), rows("")] {
        let server = Server::start(move |request, _| {
            let query = || match request.body.contains("ActualCost") {
                true => nothing.clone(),
                false => rows(r#"[1.5,20240103,"a","VM","USD"]"#),
            };
            directory(request).unwrap_or_else(query)
        });
        let (brought, kept) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
        let Err(Halt::Fault(fault)) = brought else { panic!("{brought:?}") };
        assert!(fault.kind == FaultKind::Garbled && fault.message.contains("no actual ones"), "{fault}");
        assert_eq!(kept.lines().len(), 0);
    }
}

#[test]
fn a_tag_is_told_by_the_key_that_was_configured() {
    let server = Server::start(|request, _| {
        directory(request).unwrap_or_else(|| {
            assert!(request.body.contains(r#"{"type":"TagKey","name":"Team"}"#), "{}", request.body);
            Reply::json(
                200,
                r#"{"properties":{"columns":[{"name":"Cost"},{"name":"UsageDate"},{"name":"ServiceName"},{"name":"TagKey"},{"name":"TagValue"},{"name":"Currency"}],"rows":[[1,20240101,"Storage","team","core","USD"],[2,20240101,"Storage","team",null,"USD"]]}}"#,
            )
        })
    });
    let settings = Settings { tags: vec!["Team".to_owned()], ..settings(&server, TOP) };
    let (brought, kept) = Bench::new().fetch(&costs(&settings), "tag:Team");
    brought.expect("brought");
    let tagged = r#"2024-01-01|||Storage Accounts||{"Team":"core"}|USD|1|1"#;
    assert_eq!(kept.lines(), [tagged, "2024-01-01|||Storage Accounts|||USD|2|2"]);
}

#[test]
fn a_passing_fault_is_outlived() {
    let tried = AtomicU64::new(0);
    let server = Server::start(move |request, _| {
        directory(request).unwrap_or_else(|| match tried.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::bare(503, &[("retry-after", "0")]),
            1 => Reply::Raw(Vec::new()),
            _ => rows(r#"[1.5,20240103,"a","VM","USD"]"#),
        })
    });
    let bench = Bench::new();
    let (brought, kept) = bench.fetch(&costs(&settings(&server, TOP)), "base");
    assert_eq!((brought.expect("brought").rows, kept.lines().len()), (1, 1));
}

#[test]
fn what_lies_ahead_is_not_asked_for() {
    let server = Server::start(|request, _| {
        directory(request).unwrap_or_else(|| {
            assert!(request.body.contains("2026-11-22T23:59:59Z"), "{}", request.body);
            rows("")
        })
    });
    let costs = costs(&settings(&server, TOP));
    let bench = Bench::new();
    let november = ask(&costs, "base", Month::new(2026, 11).period());
    costs.fetch(&november, &bench.call(), &Kept::default()).expect("brought");
    let december = ask(&costs, "base", Month::new(2026, 12).period());
    let before = server.asked().len();
    assert_eq!(costs.fetch(&december, &bench.call(), &Kept::default()).expect("nothing"), Brought::default());
    assert_eq!(server.asked().len(), before);
}

#[test]
fn a_clock_that_is_wrong_is_noted() {
    let server = Server::start(|request, _| {
        directory(request).unwrap_or_else(|| {
            let Reply::Http(status, mut headers, body) = rows("") else { unreachable!("rows are HTTP") };
            headers.push(("date".into(), "Thu, 01 Jan 1970 00:00:00 GMT".into()));
            Reply::Http(status, headers, body)
        })
    });
    let (brought, _) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
    let notes = brought.expect("brought").notes;
    let clock = notes.iter().filter(|note| note.contains("this machine's clock") && note.contains("ahead of Azure's"));
    assert_eq!(clock.count(), 1, "{notes:?}");
}

#[test]
fn a_cap_is_reached_before_anything_is_sent() {
    let (server, bench) = (organisation(), Bench::capped(2_000));
    let (brought, kept) = bench.fetch(&costs(&settings(&server, TOP)), "base");
    let Err(Halt::Fault(fault)) = brought else { panic!("capped") };
    assert_eq!((fault.kind, kept.lines().len()), (FaultKind::Capped, 0));
    assert_eq!(server.asked().iter().filter(|r| r.method == "POST").count(), 2);
}

#[test]
fn what_a_query_really_took_is_metered() {
    let server = Server::start(|request, _| {
        directory(request).unwrap_or_else(|| {
            let Reply::Http(status, mut headers, body) = rows("") else { unreachable!("rows are HTTP") };
            let taken = if request.body.contains("Actual") { "2.5" } else { "0.25" };
            headers.push(("x-ms-ratelimit-microsoft.costmanagement-qpu-consumed".into(), taken.into()));
            Reply::Http(status, headers, body)
        })
    });
    let bench = Bench::new();
    bench.fetch(&costs(&settings(&server, TOP)), "base").0.expect("brought");
    assert_eq!(bench.meter.qpu.load(Ordering::Relaxed), 2_750);
}
