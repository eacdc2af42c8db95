//! Everything that can go wrong on the way to AWS: each comes out as the right kind of fault, within
//! its budget of requests, with nothing told that is secret, and the next good answer is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use spendtop::provider::remote::{Fault, FaultKind as K};

use super::server::{Asked, Reply, Server, around, error, fixture, good, pages};
use super::{Bench, KEY, SECRET, TOKEN, days};

/// What the fixture's two pages come to.
const TOTALS: [&str; 2] = ["162.0280246801345678", "157.0156790013345678"];

type Script = fn(&Asked) -> Reply;

/// A fault: what the server does, what it is taken for, requests for costs that are sent, and how many
/// of them are paid for.
struct Case(&'static str, Script, K, usize, i64);

fn html(status: u16) -> Reply {
    let page = "<html><body>Bad Gateway</body></html>";
    Reply::Raw(format!(
        "HTTP/1.1 {status} x\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    ))
}

/// The first page with something else in it.
fn changed(from: &str, to: &str) -> Reply {
    let page = fixture("base_1");
    assert!(page.contains(from), "the fixture has no {from}");
    good(page.replace(from, to).replace("\"page-2\"", "\"\""))
}

/// A page without groups, whose next token is new each time.
fn endless(asked: &Asked) -> Reply {
    good(format!("{{\"ResultsByTime\": [], \"NextPageToken\": \"token-{}\"}}", asked.nth))
}

fn plain_then_net(asked: &Asked) -> Reply {
    if asked.has_token() { pages(asked) } else { good(fixture("base_1").replace("\"Net", "\"No")) }
}

fn second(asked: &Asked, bad: Reply) -> Reply {
    if asked.has_token() { bad } else { pages(asked) }
}

const REFUSED: &[Case] = &[
    Case("expired token", |_| error(400, "ExpiredTokenException", "expired"), K::Expired, 1, 0),
    Case("unknown key", |_| error(400, "UnrecognizedClientException", "invalid"), K::Expired, 1, 0),
    Case("bad signature", |_| error(403, "InvalidSignatureException", "bad"), K::Expired, 1, 0),
    Case("401", |_| Reply::Json(401, "", String::new()), K::Expired, 1, 0),
    Case("403", |_| Reply::Json(403, "", "{}".into()), K::Denied, 1, 0),
    Case("access denied", |_| error(400, "AccessDeniedException", "not authorized"), K::Denied, 1, 0),
    Case(
        "member account",
        |_| error(400, "AccessDeniedException", "User not enabled for cost explorer access"),
        K::Denied,
        1,
        0,
    ),
    Case("limit exceeded", |_| error(400, "LimitExceededException", "Rate limit exceeded"), K::Throttled, 3, 0),
    Case("429", |_| error(429, "ThrottlingException", "slow down"), K::Throttled, 3, 0),
    Case("429 for an hour", |_| Reply::Json(429, "retry-after: 3600\r\n", "{}".into()), K::Throttled, 1, 0),
    Case("500", |_| error(500, "InternalServerErrorException", "oops"), K::Unavailable, 3, 0),
    Case("502 page", |_| html(502), K::Unavailable, 3, 0),
    Case("503", |_| error(503, "ServiceUnavailableException", ""), K::Unavailable, 3, 0),
    Case("504 without a body", |_| Reply::Json(504, "", String::new()), K::Unavailable, 3, 0),
    Case("403 page of a proxy", |_| html(403), K::Garbled, 3, 0),
    Case("no data yet", |_| error(400, "DataUnavailableException", "not available"), K::NotThere, 1, 0),
    Case("expired bill", |_| error(400, "BillExpirationException", "expired"), K::NotThere, 1, 0),
    Case("invalid request", |_| error(400, "ValidationException", "Group Definition is invalid"), K::Refused, 1, 0),
    Case(
        "a tag that begins as net does",
        |_| error(400, "ValidationException", "Group Definition network is invalid"),
        K::Refused,
        1,
        0,
    ),
    Case(
        "net costs and the others refused",
        |_| error(400, "ValidationException", "NetUnblendedCost or UnblendedCost is not valid"),
        K::Refused,
        2,
        0,
    ),
    Case("page 2 denied", |a| second(a, error(400, "AccessDeniedException", "no")), K::Denied, 2, 1),
    Case("page 2 down", |a| second(a, error(500, "InternalFailure", "no")), K::Unavailable, 4, 1),
    Case("token of page 2 refused", |a| second(a, error(400, "InvalidNextTokenException", "no")), K::Unavailable, 4, 2),
    Case("request changed", |a| second(a, error(400, "RequestChangedException", "no")), K::Unavailable, 4, 2),
    Case("connection closed", |_| Reply::Raw(String::new()), K::Unavailable, 2, 2),
    Case("nonsense for HTTP", |_| Reply::Raw("SSH-2.0-OpenSSH\r\n\r\n".into()), K::Unavailable, 2, 2),
];

const UNREADABLE: &[Case] = &[
    Case("empty body", |_| good(""), K::Garbled, 1, 1),
    Case("empty object", |_| good("{}"), K::Garbled, 1, 1),
    Case("200 page", |_| html(200), K::Garbled, 1, 1),
    Case("invalid JSON", |_| good("{\"ResultsByTime\": [}"), K::Garbled, 1, 1),
    Case("half JSON", |_| good(&fixture("base_1")[..900]), K::Garbled, 1, 1),
    Case(
        "cut body",
        |_| Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"Resul".into()),
        K::Unavailable,
        2,
        2,
    ),
    Case("a number for a text", |_| changed("\"83.45\"", "83.45"), K::Garbled, 1, 1),
    Case("a text for a list", |_| good("{\"ResultsByTime\": \"none\"}"), K::Garbled, 1, 1),
    Case("NaN", |_| changed("\"83.45\"", "\"NaN\""), K::Garbled, 1, 1),
    Case("a huge amount", |_| changed("\"83.45\"", "\"1e400\""), K::Garbled, 1, 1),
    Case("a decimal comma", |_| changed("\"83.45\"", "\"83,45\""), K::Garbled, 1, 1),
    Case("no currency", |_| changed("\"USD\"", "\"N/A\""), K::Garbled, 1, 1),
    Case("other metrics", |_| changed("UnblendedCost", "BlendedCost"), K::Garbled, 1, 1),
    Case("other days", |_| changed("2026-11-02", "2026-10-02"), K::Garbled, 1, 1),
    Case("a day is missing", |_| changed("\"83.45\"", "\"83.45\""), K::Garbled, 1, 1),
    Case("a group twice", |_| changed("EC2 - Other", "Amazon Elastic Compute Cloud - Compute"), K::Garbled, 1, 1),
    Case("one key for two", |_| changed("\"AWS Cost Explorer\"", "\"a\", \"b\""), K::Garbled, 1, 1),
    Case("no days at all", |_| good("{\"ResultsByTime\": []}"), K::NotThere, 1, 1),
    Case("the same token again", |_| good(fixture("base_1").replace("Groups", "Nothing")), K::Garbled, 2, 2),
    Case(
        "the same page again",
        |a| good(fixture("base_1").replace("page-2", &format!("p{}", a.nth))),
        K::Garbled,
        2,
        2,
    ),
    Case("pages without end", endless, K::Garbled, 6, 6),
    Case("net costs on page 2 only", plain_then_net, K::Garbled, 2, 2),
];

/// Runs a case: the fault first, and once AWS is well again, all of it.
fn run(Case(name, script, kind, requests, paid): &Case) {
    let well = Arc::new(AtomicBool::new(false));
    let (script, is_well) = (*script, well.clone());
    let server = Server::costs(move |asked| if is_well.load(Ordering::Relaxed) { pages(asked) } else { script(asked) });
    let bench = Bench::new(&server.url, |_| {});
    let fault: Fault = match bench.fetch("base", days(3)) {
        Err(fault) => fault,
        Ok((brought, _)) => panic!("{name}: taken for good: {brought:?}"),
    };
    assert_eq!(fault.kind, *kind, "{name}: {fault}");
    assert_eq!(server.asked("GetCostAndUsage").len(), *requests, "{name}: {fault}");
    assert_eq!(bench.meter.paid(), *paid, "{name}: {fault}");
    bench.assert_silent(&format!("{fault:?}"));
    well.store(true, Ordering::Relaxed);
    let (_, kept) = bench.fetch("base", days(3)).unwrap_or_else(|fault| panic!("{name}: not well again: {fault}"));
    assert_eq!(kept.totals(), TOTALS, "{name}");
}

#[test]
fn what_aws_refuses_costs_nothing_and_is_asked_no_more_than_it_helps() {
    REFUSED.iter().for_each(run);
}

#[test]
fn what_cannot_be_read_is_not_believed() {
    UNREADABLE.iter().for_each(run);
}

#[test]
fn what_passes_is_asked_again_and_read() {
    let throttled = |asked: &Asked| match asked.nth {
        0 => error(400, "LimitExceededException", "Rate limit exceeded"),
        1 => error(503, "ServiceUnavailable", ""),
        _ => pages(asked),
    };
    let token_gone = |asked: &Asked| match asked.nth {
        1 => error(400, "InvalidNextTokenException", "try again without a token"),
        _ => pages(asked),
    };
    for (script, requests, paid) in [(throttled as Script, 4, 2), (token_gone, 4, 3)] {
        let server = Server::costs(script);
        let bench = Bench::new(&server.url, |_| {});
        let (_, kept) = bench.fetch("base", days(3)).expect("read");
        assert_eq!(kept.totals(), TOTALS);
        assert_eq!((server.asked("GetCostAndUsage").len(), bench.meter.paid()), (requests, paid));
    }
}

#[test]
fn a_chain_that_breaks_after_charges_were_handed_over_is_left_to_the_next_sync() {
    let server = Server::costs(|asked| {
        if asked.has_token() {
            return error(400, "InvalidNextTokenException", "no");
        }
        // More than is held back before a day is handed over.
        let group =
            |n| format!(r#"{{"Keys":["1","{n}"],"Metrics":{{"UnblendedCost":{{"Amount":"1","Unit":"USD"}}}}}}"#);
        let groups: Vec<String> = (0..150_001).map(group).collect();
        let period = r#""TimePeriod":{"Start":"2026-11-01","End":"2026-11-02"}"#;
        good(format!(r#"{{"ResultsByTime":[{{{period},"Groups":[{}]}}],"NextPageToken":"2"}}"#, groups.join(",")))
    });
    let bench = Bench::new(&server.url, |_| {});
    assert_eq!(bench.fetch("base", days(1)).expect_err("broken").kind, K::Unavailable);
    assert_eq!((server.asked("GetCostAndUsage").len(), bench.meter.paid()), (2, 1));
}

#[test]
fn an_account_without_net_costs_is_asked_for_the_others() {
    let server = Server::costs(|asked| match asked.body.contains("NetUnblendedCost") {
        true => error(400, "ValidationException", "NetUnblendedCost is not available for this account"),
        false => good(fixture(if asked.has_token() { "base_2" } else { "base_1" }).replace("\"Net", "\"No")),
    });
    let bench = Bench::new(&server.url, |_| {});
    let (brought, kept) = bench.fetch("base", days(3)).expect("read");
    assert_eq!(kept.totals(), ["166.5849519778345678", "161.2934567791345678"]);
    assert!(brought.notes[0].contains("no net costs"), "{brought:?}");
    bench.fetch("base", days(3)).expect("read");
    // It is not asked for them again, and the refusal was free.
    assert_eq!((server.asked("GetCostAndUsage").len(), bench.meter.paid()), (5, 4));
}

#[test]
fn a_clock_that_is_off_is_put_right_by_the_answer() {
    let server = Server::costs(|asked| match asked.nth {
        0 => Reply::Json(
            403,
            "date: Sun, 22 Nov 2099 10:00:00 GMT\r\n",
            "{\"__type\":\"InvalidSignatureException\"}".into(),
        ),
        _ => pages(asked),
    });
    let bench = Bench::new(&server.url, |_| {});
    bench.fetch("base", days(3)).expect("read");
    assert!(server.asked("GetCostAndUsage")[1].header("x-amz-date").starts_with("20991122T"), "signed with AWS's time");
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_| good(fixture("base_2")));
    let url = elsewhere.url.clone();
    let server = Server::costs(move |_| {
        Reply::Raw(format!("HTTP/1.1 302 Found\r\nlocation: {url}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
    });
    let bench = Bench::new(&server.url, |_| {});
    assert_eq!(bench.fetch("base", days(3)).expect_err("refused").kind, K::Garbled);
    assert!(elsewhere.asked("GetCostAndUsage").is_empty(), "nobody else is told the request");
}

#[test]
fn an_answer_that_does_not_come_is_given_up() {
    let server = Server::costs(|_| Reply::Silence);
    let mut bench = Bench::new(&server.url, |_| {});
    bench.call.pace.try_within = Duration::from_millis(300);
    let fault = bench.fetch("base", days(3)).expect_err("given up");
    assert_eq!((fault.kind, server.asked("GetCostAndUsage").len()), (K::Unavailable, 3));
    // Whether AWS charges for them is not known.
    assert_eq!(bench.meter.paid(), 3);
}

#[test]
fn a_call_is_cancelled_while_an_answer_is_waited_for() {
    let cancel: Arc<std::sync::Mutex<Option<tokio_util::sync::CancellationToken>>> = Arc::default();
    let held = cancel.clone();
    let server = Server::costs(move |_| {
        held.lock().expect("lock").as_ref().expect("a token").cancel();
        Reply::Silence
    });
    let bench = Bench::new(&server.url, |_| {});
    *cancel.lock().expect("lock") = Some(bench.call.cancel.clone());
    assert_eq!(bench.fetch("base", days(3)).expect_err("cancelled").kind, K::Cancelled);
}

#[test]
fn nobody_there_costs_nothing() {
    // Neither a listener nor a name.
    for endpoint in ["http://127.0.0.1:1", "https://spendtop.invalid"] {
        let bench = Bench::new(endpoint, |_| {});
        let forecast = bench.scope.forecast(days(3), &bench.call).expect_err("nobody");
        assert_eq!((forecast.kind, bench.meter.paid()), (K::Unavailable, 0), "{endpoint}: {forecast}");
    }
}

#[test]
fn a_cap_that_is_reached_sends_nothing() {
    let server = Server::costs(pages);
    let mut bench = Bench::new(&server.url, |_| {});
    bench.call.meter = Arc::new(super::Counter { most: Some(1), ..super::Counter::default() });
    assert_eq!(bench.fetch("base", days(3)).expect_err("capped").kind, K::Capped);
    assert_eq!(server.asked("GetCostAndUsage").len(), 1);
}

#[test]
fn what_the_token_service_refuses_is_told_by_its_code() {
    let says = |status, code: &str| {
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        );
        Reply::Json(status, "", body)
    };
    for (reply, kind, requests, words) in [
        (says(400, "Throttling"), K::Throttled, 3, "AWS answered Throttling: no"),
        (says(403, "RegionDisabledException"), K::Denied, 1, "AWS answered RegionDisabled: no"),
        (says(400, "SomethingNew"), K::Refused, 1, "AWS answered SomethingNew: no"),
        (html(403), K::Garbled, 3, "a web page, not AWS"),
    ] {
        let answer = reply.clone();
        let server = Server::start(move |asked| match asked.action.as_str() {
            "GetCallerIdentity" => answer.clone(),
            _ => around(asked).unwrap_or_else(|| pages(asked)),
        });
        let bench = Bench::new(&server.url, |_| {});
        let fault = bench.fetch("base", days(3)).expect_err("refused");
        assert_eq!((fault.kind, server.asked("GetCallerIdentity").len()), (kind, requests), "{reply:?}: {fault}");
        assert!(fault.message.contains(words), "{fault}");
    }
}

#[test]
fn what_organizations_does_not_tell_is_done_without_where_it_says_so() {
    for (reply, kind) in [
        (error(400, "AccessDeniedException", "no"), None),
        (error(400, "AWSOrganizationsNotInUseException", "no"), None),
        (error(500, "ServiceException", "no"), Some(K::Unavailable)),
        (error(400, "TooManyRequestsException", "no"), Some(K::Throttled)),
        (html(200), Some(K::Garbled)),
    ] {
        let answer = reply.clone();
        let server = Server::start(move |asked| match asked.action.as_str() {
            "DescribeOrganization" | "ListAccounts" => answer.clone(),
            _ => around(asked).unwrap_or_else(|| pages(asked)),
        });
        let bench = Bench::new(&server.url, |_| {});
        match (bench.fetch("base", days(3)), kind) {
            (Ok((_, kept)), None) => {
                assert_eq!(kept.totals(), TOTALS);
                // The caller's own account pays, and the answer names accounts.
                assert!(
                    kept.lines()[0].starts_with("2026-11-01|111122223333|111122223333|payer|"),
                    "{:?}",
                    kept.lines()
                );
            }
            // Whose bill it is is not guessed: nothing is asked, nothing paid.
            (Err(fault), Some(kind)) => assert_eq!((fault.kind, bench.meter.paid()), (kind, 0), "{reply:?}: {fault}"),
            (other, kind) => panic!("{reply:?}: {:?}, not {kind:?}", other.map(|(brought, _)| brought)),
        }
    }
}

#[test]
fn costs_come_without_names_where_organizations_wants_fewer_requests() {
    for answer in [error(400, "TooManyRequestsException", "slow down"), error(500, "ServiceException", "no")] {
        let busy = Arc::new(AtomicBool::new(true));
        let is_busy = busy.clone();
        let server = Server::start(move |asked| match asked.action.as_str() {
            "ListAccounts" if is_busy.load(Ordering::Relaxed) && asked.body.contains("more") => answer.clone(),
            _ => around(asked).unwrap_or_else(|| pages(asked)),
        });
        let mut bench = Bench::new(&server.url, |_| {});
        let told = |bench: &Bench| {
            let (brought, kept) = bench.fetch("base", days(3)).expect("costs come");
            assert_eq!(kept.totals(), TOTALS);
            (kept.lines()[0].clone(), brought.notes.iter().any(|note| note.contains("names of accounts are not told")))
        };
        let payer = |name: &str| format!("2026-11-01|111122223333|111122223333|{name}|");
        let (line, is_noted) = told(&bench);
        assert!(line.starts_with(&payer("Payer")) && is_noted, "the first page's names are kept: {line}");
        let asked = server.asked("ListAccounts").len();
        told(&bench);
        assert_eq!(server.asked("ListAccounts").len(), asked, "it is not asked again at once");
        busy.store(false, Ordering::Relaxed);
        bench.call.now += 15 * 60;
        let (line, is_noted) = told(&bench);
        assert!(line.starts_with(&payer("Payer")) && !is_noted, "{line}");
        assert_eq!(spendtop::provider::remote::Costs::accounts(&bench.scope), Some(2));
        // What was learnt is used as long as AWS does not tell it anew, who pays included.
        busy.store(true, Ordering::Relaxed);
        bench.call.now += 13 * 3_600;
        assert!(told(&bench).1);
    }
}

#[test]
fn who_logs_in_again_is_found_at_the_next_call() {
    let server = Server::costs(|asked| match asked.header("authorization").contains(KEY) {
        true => error(400, "ExpiredTokenException", "The security token included in the request is expired"),
        false => pages(asked),
    });
    let bench = Bench::new(&server.url, |_| {});
    let fault = bench.fetch("base", days(3)).expect_err("expired");
    assert_eq!((fault.kind, fault.hints[0].as_str()), (K::Expired, "log in again: `aws sso login --profile canary`"));
    bench.log_in("AKIANEWKEYNEWKEYNEWK");
    assert_eq!(bench.fetch("base", days(3)).expect("read").1.totals(), TOTALS);
}

#[test]
fn no_credentials_are_told_with_what_to_do() {
    let server = Server::costs(pages);
    let bench = Bench::new(&server.url, |_| {});
    std::fs::remove_file(bench.credentials()).expect("removed");
    let fault = bench.fetch("base", days(3)).expect_err("none");
    assert_eq!(fault.kind, K::NoCredentials, "{fault}");
    assert_eq!(fault.hints, ["set the profile up: `aws configure sso --profile canary`"]);
    bench.log_in(KEY);
    assert_eq!(bench.fetch("base", days(3)).expect("read").1.totals(), TOTALS);
}

#[test]
fn a_session_that_has_expired_says_how_to_log_in() {
    let server = Server::costs(pages);
    let bench = Bench::new(&server.url, |settings| settings.files[0].set_file_name("config"));
    let sso = "[profile canary]\nsso_session = none-such-spendtop\nsso_account_id = 111122223333\nsso_role_name = reader\n\
        [sso-session none-such-spendtop]\nsso_region = us-east-1\nsso_start_url = https://spendtop.invalid/start\n";
    std::fs::write(bench.credentials().with_file_name("config"), sso).expect("config");
    let fault = bench.fetch("base", days(3)).expect_err("no session");
    assert_eq!(
        (fault.kind, fault.hints[0].as_str()),
        (K::Expired, "log in again: `aws sso login --profile canary`"),
        "{fault}"
    );
}

#[test]
fn an_answer_that_repeats_the_request_shows_no_secret() {
    for code in ["SignatureDoesNotMatch", "ValidationException", "AccessDeniedException", "InternalFailure"] {
        let server = Server::costs(move |asked| {
            let said = format!("{} {SECRET} {KEY} {TOKEN}", asked.headers.replace("\r\n", " "));
            error(if code == "InternalFailure" { 500 } else { 400 }, code, &said)
        });
        let bench = Bench::new(&server.url, |_| {});
        let fault = bench.fetch("base", days(3)).expect_err("refused");
        assert!(server.asked("GetCostAndUsage")[0].headers.contains(KEY), "the server was told");
        bench.assert_silent(&format!("{fault} {fault:?} {:?}", spendtop::error::Error::from(fault.clone())));
    }
}

#[test]
fn a_role_that_is_written_wrong_is_not_tried_again() {
    let wrong = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
        <Code>ValidationError</Code><Message>roleSessionName is invalid</Message></Error></ErrorResponse>";
    let server = Server::start(move |asked| match asked.action.as_str() {
        "AssumeRole" => Reply::Json(400, "", wrong.to_owned()),
        _ => around(asked).unwrap_or_else(|| pages(asked)),
    });
    let bench = Bench::new(&server.url, |settings| {
        let (arn, session) = ("arn:aws:iam::444455556666:role/costs".into(), Some("not a name".into()));
        settings.role = Some(spendtop::provider::aws::Role { arn, external_id: None, session });
    });
    let fault = bench.fetch("base", days(3)).expect_err("refused");
    assert_eq!((fault.kind, server.asked("AssumeRole").len()), (K::Refused, 1), "{fault}");
}

#[test]
fn a_role_is_not_taken_on_without_trust() {
    let denied = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
        <Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
    let server = Server::start(move |asked| match asked.action.as_str() {
        "AssumeRole" => Reply::Json(403, "", denied.to_owned()),
        _ => around(asked).unwrap_or_else(|| pages(asked)),
    });
    let bench = Bench::new(&server.url, |settings| {
        settings.role = Some(spendtop::provider::aws::Role {
            arn: "arn:aws:iam::444455556666:role/costs".into(),
            external_id: Some(spendtop::provider::aws::ExternalId::Plain("external-1".into())),
            session: None,
        });
    });
    let fault = bench.fetch("base", days(3)).expect_err("denied");
    assert_eq!(fault.kind, K::Denied, "{fault}");
    assert!(fault.message.contains("`arn:aws:iam::444455556666:role/costs`"), "{fault}");
    let asked = &server.asked("AssumeRole")[0].body;
    assert!(asked.contains("ExternalId=external-1") && asked.contains("RoleSessionName=spendtop"), "{asked}");
    let checks = spendtop::provider::remote::Costs::check(&bench.scope, &bench.call);
    for words in ["\"sts:ExternalId\": \"external-1\"", "arn:aws:iam::111122223333:root", "role/costs"] {
        assert!(checks[1].fix.contains(words), "{checks:?} says nothing of {words}");
    }
}
