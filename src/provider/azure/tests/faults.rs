//! A server that misbehaves: each fault comes out as what it is, nothing of it is believed, and no secret
//! goes astray.

use super::*;
use crate::provider::remote::FaultKind as F;

/// What is answered to a query, and what that must come out as: its kind, and words of it or its hints.
type Case = (&'static str, Reply, F, &'static str);

const ROW: &str = r#"[1.5,20240103,"a","VM","USD"]"#;

fn waits(names: &[(&str, &str)]) -> Reply {
    let names: Vec<(String, &str)> =
        names.iter().map(|(name, value)| (format!("x-ms-ratelimit-microsoft.{name}-retry-after"), *value)).collect();
    Reply::bare(429, &names.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>())
}

fn next(link: &str) -> Reply {
    let Reply::Http(status, headers, body) = rows(ROW) else { unreachable!("rows are HTTP") };
    Reply::Http(status, headers, body.replace(r#""nextLink":null"#, &format!(r#""nextLink":"{link}""#)))
}

fn columns(names: &[&str], row: &str) -> Reply {
    let columns: Vec<String> = names.iter().map(|name| format!(r#"{{"name":"{name}"}}"#)).collect();
    Reply::json(200, &format!(r#"{{"properties":{{"columns":[{}],"rows":[{row}]}}}}"#, columns.join(",")))
}

/// What the service refuses.
fn refusals() -> Vec<Case> {
    vec![
        ("expired", Reply::error(401, "ExpiredAuthenticationToken", "expired"), F::Expired, "az login"),
        ("401", Reply::bare(401, &[]), F::Expired, "az login"),
        ("401 for a role", Reply::error(401, "RBACAccessDenied", "no"), F::Denied, "role assignment create"),
        ("403", Reply::error(403, "AuthorizationFailed", "no"), F::Denied, "Microsoft.CostManagement/query/read"),
        ("view charges", Reply::error(401, "IndirectCostDisabled", "no"), F::Denied, "EA administrator"),
        ("tenant", Reply::error(401, "InvalidAuthenticationTokenTenant", "no"), F::Denied, "another tenant"),
        ("429 alone", Reply::bare(429, &[]), F::Throttled, "45"),
        ("429 qpu", waits(&[("costmanagement-qpu", "3")]), F::Throttled, "45"),
        (
            "429 longest",
            waits(&[("costmanagement-qpu", "3"), ("costmanagement-entity", "60"), ("consumption", "90")]),
            F::Throttled,
            "90",
        ),
        ("429 clienttype", waits(&[("costmanagement-clienttype", "120")]), F::Throttled, "120"),
        ("500", Reply::error(500, "InternalServerError", "no"), F::Unavailable, "500"),
        ("502 page", Reply::Http(502, Vec::new(), "<html>Bad Gateway</html>".into()), F::Unavailable, "502"),
        ("503 later", Reply::bare(503, &[("retry-after", "600")]), F::Unavailable, "600"),
        ("424", Reply::error(424, "FailedDependency", "no"), F::Unavailable, "424"),
        ("dimension", Reply::error(400, "BadRequest", "Invalid dimension"), F::Refused, "Invalid dimension"),
        ("offer", Reply::error(404, "NotFound", "no valid WebDirect/AIRS offer type."), F::Refused, "sponsorships"),
        ("offer 422", Reply::error(422, "422", "not a valid offer type"), F::Refused, "classic CSP"),
        ("gone", Reply::error(404, "ManagementGroupNotFound", "no"), F::NotThere, "management group top"),
        ("202", Reply::bare(202, &[]), F::Garbled, "202"),
        ("redirect", Reply::bare(302, &[("location", "https://login.example/")]), F::Garbled, "302"),
        ("skew", Reply::bare(401, &[("date", "Thu, 01 Jan 2026 00:00:00 GMT")]), F::Expired, "clock"),
    ]
}

/// What is no answer.
fn nonsense() -> Vec<Case> {
    let head = "HTTP/1.1 200 x\r\ncontent-length: 900\r\n\r\n{\"properties\":{\"columns\":[";
    vec![
        ("closed", Reply::Raw(Vec::new()), F::Unavailable, "127.0.0.1"),
        ("cut", Reply::Raw(head.into()), F::Unavailable, "127.0.0.1"),
        ("no HTTP", Reply::Raw(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()), F::Unavailable, "127.0.0.1"),
        ("slow", Reply::Silence, F::Unavailable, "no answer within"),
        ("empty body", Reply::Http(200, Vec::new(), String::new()), F::Garbled, "EOF"),
        ("page", Reply::Http(200, Vec::new(), "<html>Log in</html>".into()), F::Garbled, "<html>"),
        ("half", Reply::json(200, r#"{"properties":{"columns":[{"name":"Cost"#), F::Garbled, "EOF"),
        ("another shape", Reply::json(200, r#"{"value":[]}"#), F::Garbled, "properties"),
        ("no columns", columns(&[], "[1]"), F::Garbled, "cells for 0 columns"),
        ("NaN", rows(r#"[NaN,20240103,"a","VM","USD"]"#), F::Garbled, "expected value"),
        ("our token", Reply::json(200, &format!(r#"{{"echo":"Bearer {TOKEN}"}}"#)), F::Refused, "repeats"),
        ("our token in a 400", Reply::error(400, "x", &format!("bad {TOKEN}")), F::Refused, "repeats"),
    ]
}

/// What is an answer, and cannot be believed.
fn lies() -> Vec<Case> {
    let all = ["Cost", "UsageDate", "SubscriptionId", "ServiceName", "Currency"];
    vec![
        ("no cost", columns(&all[1..], ""), F::Garbled, "no column `Cost`"),
        ("no currency", columns(&all[..4], ""), F::Garbled, "no column `Currency`"),
        ("short row", columns(&all, "[1.5,20240103]"), F::Garbled, "2 cells for 5 columns"),
        ("long row", columns(&all, r#"[1,20240103,"a","VM","USD",1]"#), F::Garbled, "6 cells for 5 columns"),
        ("text cost", rows(r#"["much",20240103,"a","VM","USD"]"#), F::Garbled, "the cost is no number"),
        ("object cost", rows(r#"[{},20240103,"a","VM","USD"]"#), F::Garbled, "the cost is no number"),
        ("huge", rows(r#"[1e400,20240103,"a","VM","USD"]"#), F::Garbled, "out of range"),
        ("other day", rows(r#"[1,20240203,"a","VM","USD"]"#), F::Garbled, "a charge of 2024-02-03"),
        ("no day", rows(r#"[1,20241303,"a","VM","USD"]"#), F::Garbled, "its date is none"),
        ("no money", rows(r#"[1,20240103,"a","VM","$"]"#), F::Garbled, "its currency is none"),
        ("twice", rows(&format!("{ROW},{ROW}")), F::Garbled, "the same group comes twice"),
        ("stranger", next("https://attacker.example/providers/Microsoft.CostManagement/query"), F::Garbled, "attacker"),
        ("unencrypted", next("http://management.azure.com/x"), F::Garbled, "http://management.azure.com"),
        ("relative", next("/providers/Microsoft.CostManagement/query"), F::Garbled, "is no URL"),
        ("number", next("42"), F::Garbled, "is no URL"),
        ("other operation", next("SELF/subscriptions"), F::Garbled, "another operation"),
        ("user", next("http://me:pw@HOST/providers/Microsoft.CostManagement/query"), F::Garbled, "is said to be at"),
        (
            "other port",
            next("http://127.0.0.1:1/providers/Microsoft.CostManagement/query"),
            F::Garbled,
            "is said to be",
        ),
        ("again", next(&format!("SELF{TOP}/providers/Microsoft.CostManagement/query?p=2")), F::Garbled, ""),
    ]
}

fn with_url(reply: &Reply, url: &str) -> Reply {
    match reply {
        Reply::Http(status, headers, body) => {
            let host = url.trim_start_matches("http://");
            Reply::Http(*status, headers.clone(), body.replace("SELF", url).replace("HOST", host))
        }
        other => other.clone(),
    }
}

fn fault_of(brought: Result<Brought, Halt>, name: &str) -> Fault {
    match brought {
        Err(Halt::Fault(fault)) => fault,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_fault_comes_out_as_what_it_is_and_nothing_is_believed() {
    let cases: Vec<Case> = [refusals(), nonsense(), lies()].concat();
    assert!(cases.len() >= 50, "{}", cases.len());
    for (name, reply, kind, words) in cases {
        let mended = Arc::new(AtomicBool::new(false));
        let is_mended = Arc::clone(&mended);
        let server = Server::start(move |request, url| {
            let answer = || if is_mended.load(Ordering::Relaxed) { rows(ROW) } else { with_url(&reply, url) };
            directory(request).unwrap_or_else(answer)
        });
        let (bench, costs) = (Bench::new(), costs(&settings(&server, TOP)));
        let (brought, kept) = bench.fetch(&costs, "base");
        let fault = fault_of(brought, name);
        let shown = format!("{fault} {fault:?} {}", fault.wait.unwrap_or_default().as_secs());
        assert_eq!(fault.kind, kind, "{name}: {shown}");
        assert!(shown.contains(words), "{name}: {shown}");
        assert!(!shown.contains("canary"), "{name}: {shown}");
        assert!(kept.lines().is_empty(), "{name}: {:?}", kept.lines());
        // Twice with a new token where the first one is refused.
        let queries = server.asked().iter().filter(|request| request.method == "POST").count();
        let most = if fault.kind.is_passing() {
            2 * 3
        } else if fault.kind == F::Expired {
            2
        } else {
            1
        };
        assert!(queries <= most, "{name}: {queries} queries");
        // Whoever wants to be left alone is not asked before; the others are believed once they are well.
        if fault.wait.is_none() {
            mended.store(true, Ordering::Relaxed);
            let (brought, kept) = bench.fetch(&costs, "base");
            assert!(brought.is_ok(), "{name}: not well again: {brought:?}");
            assert_eq!(kept.lines(), ["2024-01-03|||VM|||USD|1.5|1.5"], "{name}");
        }
    }
}

#[test]
fn a_fault_in_the_second_chain_takes_the_first_one_with_it() {
    let server = Server::start(|request, _| {
        directory(request)
            .unwrap_or_else(|| if request.body.contains("Amortized") { Reply::bare(500, &[]) } else { rows(ROW) })
    });
    let (brought, kept) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
    assert_eq!(fault_of(brought, "second").kind, F::Unavailable);
    assert!(kept.lines().is_empty());
}

#[test]
fn a_chain_without_an_end_is_stopped() {
    let pages = AtomicU64::new(0);
    let server = Server::start(move |request, url| {
        directory(request).unwrap_or_else(|| {
            let page = pages.fetch_add(1, Ordering::Relaxed);
            let link = format!("{url}{TOP}/providers/Microsoft.CostManagement/query?p={page}");
            let Reply::Http(status, headers, body) = rows("") else { unreachable!("rows are HTTP") };
            Reply::Http(status, headers, body.replace(r#""nextLink":null"#, &format!(r#""nextLink":"{link}""#)))
        })
    });
    let (brought, _) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
    let fault = fault_of(brought, "endless");
    assert!(fault.kind == F::Garbled && fault.message.contains("more than 2000 pages"), "{fault}");
}

#[test]
fn the_token_goes_to_nobody_else() {
    let stranger = Server::start(|_, _| rows(""));
    let link = format!("{}{TOP}/providers/Microsoft.CostManagement/query", stranger.url);
    for reply in [next(&link), Reply::bare(307, &[("location", &link)])] {
        let server = Server::start(move |request, _| directory(request).unwrap_or_else(|| reply.clone()));
        let (brought, _) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
        assert_eq!(fault_of(brought, "stranger").kind, F::Garbled);
    }
    assert!(stranger.asked().is_empty());
}

#[test]
fn currencies_are_kept_apart_and_extra_columns_are_passed_over() {
    let server = Server::start(|request, _| {
        directory(request).unwrap_or_else(|| {
            columns(
                &["Currency", "New", "ServiceName", "Cost", "SubscriptionId", "UsageDate"],
                r#"["USD",{"x":1},"VM",1,"a",20240103],["EUR",null,"VM",2,"a",20240103]"#,
            )
        })
    });
    let (brought, kept) = Bench::new().fetch(&costs(&settings(&server, TOP)), "base");
    assert_eq!(brought.expect("brought").rows, 2);
    assert_eq!(kept.lines(), ["2024-01-03|||VM|||EUR|2|2", "2024-01-03|||VM|||USD|1|1"]);
}

#[test]
fn every_try_waits_for_its_turn() {
    let server = Server::start(|request, _| directory(request).unwrap_or_else(|| Reply::bare(503, &[])));
    let settings = settings(&server, &format!("{TOP}-turns"));
    let limits = Limits { scope: (Duration::from_secs(60), 2), ..settings.limits.clone() };
    let costs = costs(&Settings { limits, ..settings });
    let fault = fault_of(Bench::new().fetch(&costs, "base").0, "turns");
    assert!(fault.kind == F::Throttled && fault.wait.is_some_and(|wait| wait > Duration::from_secs(50)), "{fault:?}");
    assert_eq!(server.asked().iter().filter(|request| request.method == "POST").count(), 2);
}

#[test]
fn a_call_is_given_up_within_a_moment() {
    let server = Server::start(|request, _| directory(request).unwrap_or(Reply::Silence));
    let bench = Bench::new();
    let cancel = bench.cancel.clone();
    let costs = costs(&settings(&server, TOP));
    let canceller = std::thread::spawn(move || cancel.cancel());
    let (brought, _) = bench.fetch(&costs, "base");
    canceller.join().expect("cancelled");
    assert_eq!(fault_of(brought, "cancelled").kind, F::Cancelled);
}

#[test]
fn one_refusal_holds_the_others_of_the_tenant_back() {
    let server =
        Server::start(|request, _| directory(request).unwrap_or_else(|| waits(&[("costmanagement-tenant", "60")])));
    let bench = Bench::new();
    let scopes = vec![TOP.to_owned(), format!("{TOP}2")];
    let all = connect_with(&Settings { scopes, ..settings(&server, TOP) }, logged_in(), |_| None).expect("connected");
    assert_eq!(fault_of(bench.fetch(&all[0], "base").0, "first").kind, F::Throttled);
    let before = server.asked().len();
    let fault = fault_of(bench.fetch(&all[1], "base").0, "second");
    assert!(fault.kind == F::Throttled && fault.wait.is_some_and(|wait| wait > Duration::from_secs(50)), "{fault:?}");
    assert_eq!(server.asked().len(), before, "nothing was asked");
}
