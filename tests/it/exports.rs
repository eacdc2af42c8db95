//! Exports in real object stores' places: S3 by moto, Blob storage by azurite. Listed, brought, stored, and
//! brought again only where they have changed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path as File;
use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use spendtop::clock;
use spendtop::domain::charge::Metric;
use spendtop::provider::aws::access::Access;
use spendtop::provider::aws::objects::{self as s3, Bucket};
use spendtop::provider::azure::objects::{self as blob, Container};
use spendtop::provider::exports::check::Remedy;
use spendtop::provider::exports::{Exports, Settings};
use spendtop::provider::remote::call::{Unmetered, Unwatched};
use spendtop::provider::remote::http::Http;
use spendtop::provider::remote::pace::Pace;
use spendtop::provider::remote::secret::Reference;
use spendtop::provider::remote::{Ask, Call, Costs, Delivery, FaultKind, Finding, Found};
use spendtop::provider::{aws, azure};
use spendtop::store::Store;
use spendtop::sync::fetching::Fetching;
use spendtop::sync::ingest::{Options, ingest};

use crate::emulators::Emulator;
use crate::support::{Problems, fixture, memory, sum};

struct Bench {
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Bench { runtime: runtime.expect("runtime"), folder: tempfile::tempdir().expect("folder") }
    }

    fn call(&self) -> Call {
        Call {
            runtime: self.runtime.handle().clone(),
            cancel: tokio_util::sync::CancellationToken::new(),
            pace: Pace { tries: 2, first: Duration::from_millis(1), ..Pace::default() },
            meter: Arc::new(Unmetered),
            watch: Arc::new(Unwatched),
            now: clock::now_seconds(),
        }
    }

    fn put(&self, store: &Arc<dyn ObjectStore>, key: &str, content: &[u8]) {
        let path = Path::from(key);
        let put = store.put(&path, content.to_vec().into());
        self.runtime.block_on(put).expect("put");
    }

    fn exports(&self, store: Arc<dyn ObjectStore>, location: &str, prefix: &str, remedy: Remedy) -> Exports {
        let settings = Settings {
            source: "cloud.prod".into(),
            provider: "",
            location: location.into(),
            prefix: prefix.into(),
            folder: self.folder.path().to_owned(),
            threads: 1,
            every: 3_600,
            months: 120,
            remedy,
        };
        Exports::new(store, settings).expect("exports")
    }

    fn deliveries(&self, exports: &Exports) -> Vec<Delivery> {
        match exports.look(None, &self.call()).expect("look") {
            Found::Deliveries { whole, .. } => whole,
            other => panic!("{other:?}"),
        }
    }

    /// Brings a delivery into a store.
    fn bring(&self, exports: &Exports, delivery: &Delivery, store: &Store) -> u64 {
        let (ask, call) = (Ask::Delivery(delivery.clone()), self.call());
        let mut source = Fetching::new(exports, &ask, &call);
        let options = Options { renews: Some(source.renewal(None, None)), taken_at: call.now, ..Options::default() };
        let outcome = ingest(store, &mut source, &options, &Problems::default()).expect("stored");
        assert_eq!(outcome.refused, 0);
        outcome.rows
    }
}

/// Sends a request without a body; it must succeed.
fn send(port: u16, request: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("emulator");
    let head =
        format!("{request} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}

fn private(path: &File, text: &str) {
    std::fs::write(path, text).expect("file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("mode");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

#[test]
fn a_report_in_s3_is_brought_once_a_version() {
    let Some(moto) = Emulator::start("moto_server", "/moto-api/", |port, _| {
        vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()]
    }) else {
        return;
    };
    let bench = Bench::new();
    send(moto.port, "PUT /bills");
    let keys = bench.folder.path().join("keys");
    std::fs::create_dir(&keys).expect("folder");
    private(&keys.join("credentials"), "[prod]\naws_access_key_id = AKIAONE\naws_secret_access_key = canary\n");
    let mut settings = aws::Settings::new("cloud.prod");
    settings.profile = Some("prod".into());
    settings.files = vec![keys.join("credentials")];
    settings.endpoint = Some(moto.url());
    let access = Arc::new(Access::new(settings));
    let bucket = |name: &str| Bucket { name: name.into(), region: "us-east-1".into() };
    let http = || Http::new(None).expect("client");
    let store = s3::store(access.clone(), &bucket("bills"), http()).expect("store");
    let report = std::fs::read(fixture("aws/cur_legacy.csv")).expect("fixture");
    let month = "cur/r/20261001-20261101";
    let put = |assembly: &str, report: &[u8]| {
        let key = format!("{month}/{assembly}/r-1.csv.gz");
        bench.put(&store, &key, &gzip(report));
        let told = format!("{{\"assemblyId\":\"{assembly}\",\"reportKeys\":[\"{key}\"]}}");
        bench.put(&store, &format!("{month}/r-Manifest.json"), told.as_bytes());
    };
    put("a1", &report);
    bench.put(&store, "cur/r/20260901-20261001/a0/r-1.csv.gz", b"nothing of a manifest");
    let remedy = s3::remedy("bills", "cur/r");
    assert!(remedy.grant.contains("arn:aws:s3:::bills/cur/r/*"), "{}", remedy.grant);
    let exports = bench.exports(store.clone(), "s3://bills", "cur/r", remedy.clone());
    let found = bench.deliveries(&exports).pop().expect("a delivery");
    assert_eq!((found.name.as_str(), found.version.as_str()), ("2026-10", "a1"));
    let spend = memory();
    assert_eq!(bench.bring(&exports, &found, &spend), 15);
    assert_eq!(sum(&spend, "USD", Metric::Billed), "1061.68");
    assert_eq!(bench.deliveries(&exports).pop(), Some(found));
    // A newer version of the month has one line less.
    let text = String::from_utf8(report).expect("text");
    let shorter = text.lines().filter(|line| !line.contains("enterprise discount")).collect::<Vec<_>>().join("\n");
    put("a2", shorter.as_bytes());
    let found = bench.deliveries(&exports).pop().expect("a delivery");
    assert_eq!(found.version, "a2");
    assert_eq!(bench.bring(&exports, &found, &spend), 14);
    assert_eq!(sum(&spend, "USD", Metric::Billed), "1081.68");
    assert!(exports.check(&bench.call()).iter().all(|check| check.finding == Finding::Good));
    let store = s3::store(access, &bucket("nobodys"), http()).expect("store");
    let nowhere = bench.exports(store, "s3://nobodys", "cur/r", remedy);
    let fault = nowhere.look(None, &bench.call()).expect_err("no bucket");
    assert!(fault.kind == FaultKind::NotThere && !fault.message.contains("canary"), "{fault}");
}

/// A signature over the emulator's own public account, whose key its documentation prints.
const SIGNED: &str = "sv=2019-12-12&ss=b&srt=sco&sp=rwdlac&st=2020-01-01T00%3A00%3A00Z&se=2099-01-01T00%3A00%3A00Z&spr=https%2Chttp&sig=Zv9D28xP1HaI4j2HHbA0rnmLJLO%2BT1iqGTM0RDQlatA%3D";

/// That key.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

#[test]
fn an_azure_export_in_blob_storage_is_brought_by_its_newest_run() {
    let Some(azurite) = Emulator::start("azurite-blob", "/", |port, folder| {
        let port = port.to_string();
        ["--blobHost", "127.0.0.1", "--blobPort", &port, "--location", folder, "--skipApiVersionCheck", "--silent"]
            .map(str::to_owned)
            .to_vec()
    }) else {
        return;
    };
    let bench = Bench::new();
    send(azurite.port, &format!("PUT /devstoreaccount1/costs?restype=container&{SIGNED}"));
    let keys = tempfile::tempdir().expect("folder");
    let key = keys.path().join("key");
    private(&key, KEY);
    let container = Container {
        account: "devstoreaccount1".into(),
        name: "costs".into(),
        endpoint: Some(format!("{}/devstoreaccount1", azurite.url())),
        key: Some(Reference::File(key.clone())),
    };
    let settings = azure::Settings::new("cloud.prod", Vec::new());
    let store = blob::store(&settings, &container).expect("store");
    let month = "exports/actual/20240901-20240930";
    let put = |run: &str, report: &str| {
        let name = format!("{month}/{run}/part_0_0001.csv");
        bench.put(&store, &name, &std::fs::read(fixture(report)).expect("fixture"));
        let told = format!("{{\"blobs\":[{{\"blobName\":\"{name}\"}}],\"runInfo\":{{\"runId\":\"{run}\"}}}}");
        bench.put(&store, &format!("{month}/{run}/manifest.json"), told.as_bytes());
    };
    put("run-1", "azure/actual.csv");
    let exports = bench.exports(store.clone(), "az://costs", "exports/actual", blob::remedy(&container));
    let found = bench.deliveries(&exports);
    assert_eq!((found.len(), found[0].version.as_str()), (1, "run-1"));
    let spend = memory();
    assert_eq!(bench.bring(&exports, &found[0], &spend), 5);
    assert_eq!(sum(&spend, "USD", Metric::Billed), "362.65");
    assert!(exports.check(&bench.call()).iter().all(|check| check.finding == Finding::Good));
    // Another key is told as what it is.
    private(&key, "Y2FuYXJ5");
    let store = blob::store(&settings, &container).expect("store");
    let exports = bench.exports(store, "az://costs", "exports/actual", blob::remedy(&container));
    let fault = exports.look(None, &bench.call()).expect_err("another key");
    assert!(matches!(fault.kind, FaultKind::Denied | FaultKind::Expired), "{fault}");
    let checks = exports.check(&bench.call());
    assert_eq!(checks[0].finding, Finding::Missing);
}
