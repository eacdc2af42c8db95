//! A store over HTTP that refuses, lies elsewhere or lists what nobody can ask for.

use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, AwsCredential};
use wiremock::matchers::{any, method, path_regex, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::wire::{Lends, once, wired};
use super::*;
use crate::provider::remote::Check;
use crate::provider::remote::http::Http;

/// Lends what no server looks at.
struct Anybody;

impl Lends for Anybody {
    type Credential = AwsCredential;
    const STORE: &'static str = "S3";

    async fn lend(&self, _: bool) -> Result<Arc<AwsCredential>, Fault> {
        Ok(Arc::new(AwsCredential { key_id: "id".into(), secret_key: "secret".into(), token: None }))
    }
}

fn store(url: &str) -> Arc<dyn ObjectStore> {
    let (connector, lent) = wired(Http::new(None).expect("client"), Anybody);
    let builder = AmazonS3Builder::new().with_bucket_name("bills").with_region("us-east-1").with_retry(once());
    let builder = builder.with_endpoint(url).with_allow_http(true).with_http_connector(connector);
    Arc::new(builder.with_credentials(lent).build().expect("store"))
}

impl Bench {
    fn server(&self) -> MockServer {
        self.runtime.block_on(MockServer::start())
    }

    fn answers(&self, server: &MockServer, mock: Mock) {
        self.runtime.block_on(mock.mount(server));
    }

    /// Has a server list these objects, each of a byte.
    fn lists(&self, server: &MockServer, keys: &[&str]) {
        let object = |key: &&str| {
            let when = "<LastModified>2026-11-20T00:00:00.000Z</LastModified>";
            format!("<Contents><Key>{key}</Key>{when}<ETag>\"t\"</ETag><Size>1</Size></Contents>")
        };
        let list: String = keys.iter().map(object).collect();
        let list = format!("<ListBucketResult>{list}</ListBucketResult>");
        let mock = Mock::given(method("GET")).and(query_param("list-type", "2"));
        self.answers(server, mock.respond_with(ResponseTemplate::new(200).set_body_string(list)).with_priority(5));
    }
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(format!("<Error><Code>{code}</Code></Error>"))
}

fn of<'c>(checks: &'c [Check], what: &str) -> &'c Check {
    checks.iter().find(|check| check.what == what).expect("a check")
}

#[test]
fn a_manifest_that_may_not_be_read_holds_no_other_month_up_and_is_what_doctor_tries() {
    let (bench, server) = (Bench::new(), Bench::new().server());
    let october = "ex/metadata/BILLING_PERIOD=2026-10/x-Manifest.json";
    bench.lists(
        &server,
        &["ex/data/BILLING_PERIOD=2026-11/x-00001.csv", "ex/data/BILLING_PERIOD=2026-10/x-00001.csv", october],
    );
    let denied = Mock::given(path_regex("2026-10/x-Manifest.json$")).respond_with(error(403, "AccessDenied"));
    bench.answers(&server, denied.with_priority(1));
    let good = ResponseTemplate::new(206).set_body_string("x").insert_header("etag", "\"t\"");
    let good = good
        .insert_header("content-range", "bytes 0-0/1")
        .insert_header("last-modified", "Fri, 20 Nov 2026 00:00:00 GMT");
    bench.answers(&server, Mock::given(any()).respond_with(good).with_priority(9));
    let exports = bench.of(store(&server.uri()), "ex");
    let found = exports.look(None, &bench.call()).expect("November");
    let Found::Deliveries { whole, broken, .. } = found else { panic!("{found:?}") };
    assert_eq!((names(&whole), broken.len()), (vec![("2026-11", vec!["x-00001.csv"])], 1));
    let (name, fault) = &broken[0];
    assert!(name == "2026-10" && fault.kind == FaultKind::Denied && fault.message.contains(october), "{fault}");
    let checks = exports.check(&bench.call());
    let get = of(&checks, "s3:GetObject");
    assert!(get.finding == Finding::Missing && get.detail.contains(october), "{get:?}");
    assert_eq!(get.fix, "POLICY");
    assert!(fault.hints[0].contains("allow `s3:GetObject`"), "{fault:?}");
}

#[test]
fn a_bucket_in_another_region_is_asked_there() {
    let bench = Bench::new();
    let (here, there) = (bench.server(), bench.server());
    let moved = ResponseTemplate::new(301).insert_header("x-amz-bucket-region", "eu-west-1");
    bench.answers(&here, Mock::given(any()).respond_with(moved));
    bench.lists(&there, &["ex/a.csv"]);
    let fault = bench.of(store(&here.uri()), "ex").look(None, &bench.call()).expect_err("elsewhere");
    assert!(fault.kind == FaultKind::Refused && fault.message.contains("the region `eu-west-1`"), "{fault}");
    assert!(fault.hints[0].contains("region = \"eu-west-1\""), "{fault:?}");
    let url = there.uri();
    let moves = Box::new(move |region: &str| {
        assert_eq!(region, "eu-west-1");
        Ok(store(&url))
    });
    let exports = bench.of(store(&here.uri()), "ex").moving(moves);
    for _ in 0..2 {
        assert!(exports.look(None, &bench.call()).is_ok());
    }
    let asked = bench.runtime.block_on(here.received_requests()).expect("recorded");
    assert_eq!(asked.len(), 2, "once without a way and once with one");
}

#[test]
fn what_cannot_be_asked_for_is_passed_over_and_told() {
    let bench = Bench::new();
    let server = bench.server();
    bench.lists(&server, &["ex//a.csv", "ex/./b.csv", "ex/c&#x1;.csv", "/ex/d.csv", "ex/good.csv"]);
    bench.answers(&server, Mock::given(any()).respond_with(error(404, "NoSuchKey")).with_priority(9));
    let exports = bench.of(store(&server.uri()), "ex");
    let found = exports.look(None, &bench.call()).expect("one");
    let Found::Deliveries { whole, .. } = found else { panic!("{found:?}") };
    assert_eq!(names(&whole), [("ex/good.csv", vec!["good.csv"])]);
    let checks = exports.check(&bench.call());
    let keys = of(&checks, "keys");
    assert!(keys.finding == Finding::Wanting && keys.detail.contains("4 objects are passed over"), "{keys:?}");
    assert!(keys.detail.contains("such as `ex//a.csv`"), "{keys:?}");
    let odd = bench.server();
    bench.lists(&odd, &["ex//a.csv"]);
    let fault = bench.of(store(&odd.uri()), "ex").look(None, &bench.call()).expect_err("nothing else");
    assert!(
        fault.message.ends_with("1 object is passed over, whose keys are no paths (such as `ex//a.csv`)"),
        "{fault}"
    );
}

#[test]
fn a_list_that_goes_on_with_itself_or_is_none_ends() {
    let bench = Bench::new();
    let server = bench.server();
    let page = "<ListBucketResult><NextContinuationToken>again</NextContinuationToken></ListBucketResult>";
    let list = ResponseTemplate::new(200).set_body_string(page);
    bench.answers(&server, Mock::given(query_param("list-type", "2")).respond_with(list));
    let fault = bench.of(store(&server.uri()), "ex").look(None, &bench.call()).expect_err("no end");
    assert!(fault.kind == FaultKind::Refused && fault.message.contains("never ends"), "{fault}");
    assert_eq!(bench.runtime.block_on(server.received_requests()).expect("recorded").len(), 2);
    let portal = bench.server();
    let log_in = ResponseTemplate::new(200).set_body_string("<html>log in</html>");
    bench.answers(&portal, Mock::given(query_param_is_missing("continuation-token")).respond_with(log_in));
    let fault = bench.of(store(&portal.uri()), "ex").look(None, &bench.call()).expect_err("no list");
    assert!(fault.message.contains("no object store") && fault.hints[0].contains("login page"), "{fault:?}");
}

#[test]
fn credentials_that_ended_are_told_as_such() {
    let bench = Bench::new();
    for (status, code, kind) in [
        (400, "ExpiredToken", FaultKind::Expired),
        (403, "InvalidAccessKeyId", FaultKind::Expired),
        (403, "RequestTimeTooSkewed", FaultKind::Refused),
        (403, "AccessDenied", FaultKind::Denied),
    ] {
        let server = bench.server();
        bench.answers(&server, Mock::given(any()).respond_with(error(status, code)));
        let fault = bench.of(store(&server.uri()), "ex").look(None, &bench.call()).expect_err("refused");
        assert_eq!((fault.kind, fault.hints.len()), (kind, 1), "{fault:?}");
        assert_eq!(fault.hints[0].contains("allow `s3:ListBucket`"), kind == FaultKind::Denied, "{fault:?}");
    }
}
