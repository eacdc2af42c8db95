//! Billing files go in: what real exports write is read exactly, what is wrong is refused by file,
//! line, column, value and reason, and nothing is counted twice or lost.

mod dialects;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use spendtop::domain::calendar::{Day, Period};
use spendtop::domain::charge::Metric;
use spendtop::domain::dimension::Dimension;
use spendtop::domain::money::Amount;
use spendtop::domain::rollup::WHOLE;
use spendtop::engine::Cancel;
use spendtop::engine::aggregate::aggregate;
use spendtop::engine::table::Request;
use spendtop::error::{Error, Kind};
use spendtop::provider::{Problem, SourceKind};
use spendtop::store::{Store, rollups};
use spendtop::sync::groups::{Decisions, Fate};

use crate::support::{
    How, amount, check_rollups, check_sound, fixture, import, import_as, memory, scan, shared, sum, total, values,
    write,
};

const HEADER: &str = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,BillingAccountId,ResourceId";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("folder")
}

/// One row a day and resource, each costing `cost`.
fn month(month: &str, resources: std::ops::Range<u32>, cost: &str) -> String {
    let mut text = format!("{HEADER}\n");
    for (at, resource) in resources.enumerate() {
        let day = at % 28 + 1;
        writeln!(text, "{cost},{cost},{month}-{day:02}T00:00:00Z,{month}-{day:02}T01:00:00Z,USD,AWS,1,r-{resource}")
            .expect("text");
    }
    text
}

fn file(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    write(folder, name, text)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

fn decided(decisions: Decisions) -> How {
    How { decisions, ..How::default() }
}

fn billed(store: &Store) -> String {
    sum(store, "USD", Metric::Billed)
}

/// Asserts that an import is refused and leaves every byte of the store as it was.
fn refused_untouched(store: &Store, paths: &[&Path], how: &How) -> Error {
    let before = (values(store), store.manifest());
    let error = import_as(store, paths, how).expect_err("refused");
    assert!((values(store), store.manifest()) == before, "the store was changed: {error}");
    error
}

// What real exports write.

#[test]
fn the_real_sample_adds_up_exactly() {
    let (Some(sample), Some(truth)) = (shared("focus/focus_1.0_sample_third.csv"), shared("focus/truth_third.json"))
    else {
        return;
    };
    let truth: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(truth).expect("truth")).expect("json");
    let text = |value: &serde_json::Value| amount(value.as_str().expect("text")).to_string();
    for threads in [1, 3] {
        let store = memory();
        let (outcome, problems) = import_as(&store, &[&sample], &How { threads, ..How::default() }).expect("import");
        assert_eq!((outcome.rows, outcome.refused, problems), (334, 0, vec![]));
        assert_eq!(outcome.read.files[0].file.format, "FOCUS 1.0 CSV");
        assert_eq!(outcome.read.files[0].dropped_columns, ["Id"]);
        for metric in Metric::ALL {
            let want = text(&truth["total"][metric.quantity().focus_name()]);
            assert_eq!(sum(&store, "USD", metric), want, "{metric:?}");
        }
        for (provider, want) in truth["by_provider_billed"].as_object().expect("object") {
            let got: Amount = scan(&store)
                .expect("scan")
                .iter()
                .filter(|((_, p, ..), _)| p == provider)
                .flat_map(|(_, held)| held.costs.values().map(|c| c[1].sum))
                .sum();
            assert_eq!(got.to_string(), text(want), "{provider}");
        }
        check_rollups(&store);
        check_sound(&store);
    }
}

#[test]
fn quirks_of_real_exports_are_read() {
    for threads in [1, 2, 3] {
        let store = memory();
        let (outcome, problems) =
            import_as(&store, &[&fixture("quirks.csv")], &How { threads, ..How::default() }).expect("import");
        assert_eq!(problems, vec![]);
        assert_eq!((outcome.rows, outcome.refused), (6, 0));
        assert_eq!(outcome.read.files[0].dropped_columns, ["Id", "x_Team"]);
        assert_eq!(billed(&store), "120.0944991189");
        assert_eq!(sum(&store, "EUR", Metric::Billed), "12.5");
        assert_eq!(sum(&store, "USD", Metric::Effective), "0.251388988900001");
        assert_eq!(sum(&store, "USD", Metric::List), "122.252");
        let usd = total(&store).costs["USD"];
        // `NULL` and nothing are unknown, zero is zero.
        assert_eq!((usd[0].unknown, usd[2].unknown, usd[3].unknown), (1, 1, 0));
        let groups: Vec<(String, String)> = scan(&store).expect("scan").into_keys().map(|k| (k.1, k.2)).collect();
        assert_eq!(
            groups,
            [("AWS", "1"), ("Microsoft", "/subscriptions/aaaa/bbbb")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        check_rollups(&store);
        check_sound(&store);
    }
}

#[test]
fn charges_count_on_the_day_and_in_the_period_that_they_name() {
    let store = memory();
    import(&store, &fixture("quirks.csv")).expect("import");
    let manifest = store.manifest();
    let aws = manifest.groups.iter().find(|g| g.key.provider == "AWS").expect("AWS");
    let days: Vec<(String, u64)> = aws.parts[0].days.iter().map(|(d, n)| (d.to_string(), *n)).collect();
    // A month's purchase is whole on its first day; an offset moves a charge to its UTC day.
    let want = [("2024-09-01", 1), ("2024-09-02", 1), ("2024-09-18", 1), ("2024-09-30", 2)];
    assert_eq!(days, want.map(|(d, n)| (d.to_owned(), n)));
    assert_eq!((aws.account_name.as_str(), aws.key.billing_period.to_string().as_str()), ("Acme", "2024-09-01"));
}

#[test]
fn newer_versions_name_the_provider_elsewhere() {
    let folder = folder();
    let text = "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceProviderName\n\
                1,2025-03-01,2025-03-02,USD,AWS,Snowflake\n1,2025-03-01,2025-03-02,USD,AWS,\n";
    let store = memory();
    import(&store, &file(folder.path(), "both.csv", text)).expect("import");
    let providers: Vec<String> = scan(&store).expect("scan").into_keys().map(|k| k.1).collect();
    assert_eq!(providers, ["AWS", "Snowflake"]);
    for (name, format, sum_billed) in
        [("focus_1_3.csv", "FOCUS 1.3 CSV", "4.5"), ("focus_1_4.csv", "FOCUS 1.4 CSV", "4.5")]
    {
        let store = memory();
        let (outcome, _) = import(&store, &fixture(name)).expect("import");
        assert_eq!(outcome.read.files[0].file.format, format);
        assert_eq!(billed(&store), sum_billed);
        let providers: Vec<String> = scan(&store).expect("scan").into_keys().map(|k| k.1).collect();
        let want: &[&str] = if name == "focus_1_3.csv" { &["Snowflake"] } else { &["AWS", "Snowflake"] };
        assert_eq!(providers, want, "{name}");
    }
}

#[test]
fn columns_come_in_any_order_and_case() {
    let folder = folder();
    let text = "x_Extra,chargeperiodend,PROVIDERNAME,BilledCost,ChargePeriodStart,\"BillingCurrency\"\n\
                1,2024-01-02,AWS,5,2024-01-01,USD\n";
    let store = memory();
    let (outcome, _) = import(&store, &file(folder.path(), "a.csv", text)).expect("import");
    assert_eq!((outcome.rows, billed(&store).as_str()), (1, "5"));
    // A cost that the file does not have is unknown, not zero.
    assert_eq!(total(&store).costs["USD"][0].value(), None);
}

#[test]
fn quotes_in_the_middle_of_a_field_are_text() {
    let folder = folder();
    let mut text = format!("{HEADER}\n");
    for i in 0..10_000 {
        writeln!(text, "1,1,2024-09-01,2024-09-02,USD,AWS,1,24\" rack {i} {}", "y".repeat(150)).expect("text");
        writeln!(text, "1,1,2024-09-01,2024-09-02,USD,AWS,1,\"a\nb\"\"c\" tail\" {i}").expect("text");
    }
    let path = file(folder.path(), "a.csv", text);
    for threads in [1, 2] {
        let store = memory();
        let (outcome, problems) = import_as(&store, &[&path], &How { threads, ..How::default() }).expect("import");
        assert_eq!((outcome.rows, problems, billed(&store).as_str()), (20_000, vec![], "20000"));
    }
}

#[test]
fn a_quoted_header_after_a_byte_order_mark_may_hold_a_line_break() {
    let folder = folder();
    let mut text = format!("\u{feff}\"x_A,\"\"\n\n,B\",{HEADER}\n");
    text.push_str("x,1,1,2024-09-01,2024-09-02,USD,AWS,1,r\nx,oops,1,2024-09-01,2024-09-02,USD,AWS,1,r\n");
    let store = memory();
    let (outcome, problems) = import(&store, &file(folder.path(), "a.csv", text)).expect("import");
    assert_eq!((outcome.rows, problems.len()), (1, 1));
    assert_eq!((problems[0].line, problems[0].column.as_str()), (5, "BilledCost"));
}

// What is wrong.

fn told(problems: &[Problem]) -> Vec<(u64, &str, &str, &str)> {
    problems.iter().map(|p| (p.line, p.column.as_str(), p.value.as_str(), p.reason.as_str())).collect()
}

const REFUSED: [(u64, &str, &str, &str); 10] = [
    (
        3,
        "BilledCost",
        "$50,000.00 ",
        "not a decimal number like 1234.56: take out currency sign, thousands separators and spaces",
    ),
    (4, "ChargePeriodStart", "4/1/25", "not a date and time like 2024-09-01T00:00:00Z or 2024-09-01 00:00:00"),
    (9, "BilledCost", "", "a charge needs a billed cost"),
    (10, "BilledCost", "NaN", "not a finite number"),
    (12, "ChargePeriodEnd", "2024-09-01T00:00:00Z", "the charge period ends before it starts"),
    (13, "BillingCurrency", "", "a charge needs a billing currency"),
    (14, "BillingCurrency", "usd", "not an ISO 4217 currency code like USD: write three capital letters and no spaces"),
    (15, "ProviderName", "", "a charge needs a provider: the provider columns are all empty"),
    (16, "", "", "has 7 fields, the header has 8"),
    (17, "EffectiveCost", "1e400", "out of range: more than a cost or a quantity can be"),
];

#[test]
fn bad_rows_are_refused_by_line_column_value_and_reason() {
    let folder = folder();
    let plain = std::fs::read_to_string(fixture("refused.csv")).expect("fixture");
    let windows = file(folder.path(), "crlf.csv", plain.replace('\n', "\r\n"));
    for path in [fixture("refused.csv"), windows] {
        for threads in [1, 2, 3] {
            let store = memory();
            let (outcome, problems) = import_as(&store, &[&path], &How { threads, ..How::default() }).expect("import");
            assert_eq!((outcome.rows, outcome.refused), (3, 10));
            assert_eq!(told(&problems), REFUSED, "{} on {threads} threads", path.display());
            assert!(problems.iter().all(|p| p.refused && p.file == path.to_string_lossy()));
            assert_eq!(billed(&store), "6");
            assert!(store.manifest().groups[0].incomplete);
        }
    }
    let strict = How { strict: true, ..How::default() };
    let error = refused_untouched(&memory(), &[&fixture("refused.csv")], &strict);
    assert_eq!(error.message, "10 rows were refused, and --strict takes all or nothing: nothing was changed");
}

#[test]
fn tags_that_cannot_be_read_are_counted() {
    let folder = folder();
    let mut text = format!("{HEADER},Tags\n");
    for (day, tags) in
        [(1, "team=web"), (2, "\"{\"\"team\"\":\"\"web\"\"}\""), (3, ""), (4, "team=web"), (5, "[1]"), (6, "{}")]
    {
        writeln!(text, "1,1,2024-09-0{day}T00:00:00Z,2024-09-0{day}T01:00:00Z,USD,AWS,1,r,{tags}").expect("text");
    }
    let (outcome, _) = import(&memory(), &file(folder.path(), "tags.csv", text)).expect("import");
    assert_eq!((outcome.rows, &outcome.read.files[0].odd_tags), (6, &(3, "[1]".to_owned())));
}

#[test]
fn lines_are_right_across_blocks_and_threads() {
    let folder = folder();
    let mut text = format!("{HEADER}\r\n");
    let mut want = Vec::new();
    let mut line = 2;
    for i in 0..15_000 {
        if i % 2_499 == 0 {
            want.push(line);
            text.push_str("oops,1,2024-09-01,2024-09-02,USD,AWS,1,r\r\n");
            line += 1;
        }
        writeln!(text, "1,1,2024-09-01,2024-09-02,USD,AWS,1,\"r{i} {}\n\"\r", "x".repeat(400)).expect("text");
        line += 2;
    }
    assert!(text.len() > 6 << 20, "several blocks");
    let path = file(folder.path(), "a.csv", text);
    for threads in [1, 2, 3] {
        let store = memory();
        let (outcome, problems) = import_as(&store, &[&path], &How { threads, ..How::default() }).expect("import");
        assert_eq!(outcome.rows, 15_000);
        assert_eq!(problems.iter().map(|p| p.line).collect::<Vec<_>>(), want, "on {threads} threads");
    }
}

#[test]
fn files_without_charges_say_so() {
    let folder = folder();
    let store = memory();
    for (name, text) in
        [("lf.csv", format!("{HEADER}\n")), ("none.csv", HEADER.to_owned()), ("crlf.csv", format!("{HEADER}\r\n"))]
    {
        let (outcome, problems) = import(&store, &file(folder.path(), name, text)).expect(name);
        assert_eq!((outcome.rows, outcome.refused, outcome.import, problems), (0, 0, None, vec![]), "{name}");
    }
    for (name, text) in [("empty.csv", ""), ("blank.csv", "\n\n"), ("mark.csv", "\u{feff}")] {
        let error = refused_untouched(&store, &[&file(folder.path(), name, text)], &How::default());
        assert!(error.kind == Kind::Usage && error.message.contains("is empty"), "{name}: {error}");
    }
    let long = format!("[{{\"a\":\"{}\"}}]", "x".repeat(20 << 20));
    for (name, text) in [("lines.json", "{\"BilledCost\":\"1\"}\n{}\n"), ("long.json", &long), ("s.json", " \n[\n{}]")]
    {
        let error = refused_untouched(&store, &[&file(folder.path(), name, text)], &How::default());
        assert!(error.message.contains("this is JSON") && error.hints[0].contains("--format csv"), "{name}: {error}");
    }
    let error = refused_untouched(&store, &[&file(folder.path(), "x.csv", "a,b\n1,2\n")], &How::default());
    assert!(error.message.contains("this is no FOCUS cost and usage export"), "{error}");
}

#[test]
fn a_quote_that_is_never_closed_commits_nothing() {
    let folder = folder();
    let store = memory();
    // In the last column, where the swallowed rows would make one long text.
    for rows in [3, 100_000] {
        let mut text = format!("{HEADER}\n");
        for i in 0..rows {
            let quote = if i == 1 { "\"" } else { "" };
            writeln!(text, "1,1,2024-09-01,2024-09-02,USD,AWS,1,{quote}r{i}").expect("text");
        }
        for threads in [1, 2] {
            let path = file(folder.path(), "a.csv", &text);
            let error = refused_untouched(&store, &[&path], &How { threads, ..How::default() });
            assert!(error.message.contains("line 3: "), "{rows} rows: {error}");
            assert!(error.hints.iter().any(|h| h.contains("quote")), "{error:?}");
        }
    }
}

#[test]
fn the_specifications_saas_examples_are_refused_with_reasons() {
    let Some(folder) = shared("focus/specification/data/saas_examples") else { return };
    let mut seen = 0;
    for below in [folder.clone(), folder.join("simple_agreements"), folder.join("spend_agreements")] {
        for entry in std::fs::read_dir(below).expect("folder").flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|e| e != "csv") {
                continue;
            }
            seen += 1;
            let store = memory();
            match import(&store, &path) {
                Err(error) => assert!(
                    error.kind == Kind::Usage && error.message.contains("missing"),
                    "{}: {error}",
                    path.display()
                ),
                Ok((outcome, problems)) => {
                    assert_eq!((outcome.rows, outcome.import), (0, None), "{}", path.display());
                    assert!(!problems.is_empty(), "{}", path.display());
                    assert!(problems.iter().all(|p| !p.reason.is_empty() && p.line > 1), "{problems:?}");
                }
            }
        }
    }
    assert!(seen > 10);
}

// Packed files.

#[test]
fn packed_files_hold_what_plain_ones_do() {
    let folder = folder();
    let text = month("2024-09", 0..300, "0.1");
    let (head, tail) = text.split_at(text.len() / 2);
    let members = [gzip(head.as_bytes()), gzip(b""), gzip(tail.as_bytes())].concat();
    let frames = [head, tail].map(|t| zstd::encode_all(t.as_bytes(), 1).expect("zstd")).concat();
    for (name, bytes, format) in [
        ("a.csv", text.clone().into_bytes(), "FOCUS 1.0 CSV"),
        ("a.csv.gz", members, "FOCUS 1.0 CSV, gzip"),
        ("a.csv.zst", frames, "FOCUS 1.0 CSV, zstd"),
    ] {
        let store = memory();
        let (outcome, _) = import(&store, &file(folder.path(), name, bytes)).expect(name);
        assert_eq!((outcome.rows, billed(&store).as_str()), (300, "30"), "{name}");
        let summary = &outcome.read.files[0];
        assert_eq!((summary.file.format.as_str(), summary.file.bytes), (format, text.len() as u64));
        assert_eq!(summary.file.hash, blake3::hash(text.as_bytes()).to_hex().to_string());
    }
}

#[test]
fn a_truncated_file_commits_nothing() {
    let folder = folder();
    let mut text = month("2024-09", 0..4_000, "0.1");
    text.push_str(&month("2024-10", 0..4_000, "0.7")[HEADER.len() + 1..]);
    let store = memory();
    import(&store, &file(folder.path(), "ok.csv", month("2024-09", 0..100, "1"))).expect("import");
    let zstd = zstd::encode_all(text.as_bytes(), 1).expect("zstd");
    for (name, bytes) in [("a.csv.gz", gzip(text.as_bytes())), ("a.csv.zst", zstd)] {
        for cut in [20, bytes.len() / 2, bytes.len() - 1] {
            for threads in [1, 2] {
                let path = file(folder.path(), name, &bytes[..cut]);
                let error = refused_untouched(&store, &[&path], &How { threads, ..How::default() });
                assert_eq!(error.kind, Kind::Usage, "{name} cut at {cut}: {error}");
                assert!(error.message.contains("cannot be read to its end"), "{name} cut at {cut}: {error}");
            }
        }
    }
}

#[test]
fn bombs_are_stopped() {
    let folder = folder();
    let store = memory();
    let zeros = gzip(&vec![0u8; 8 << 20]);
    let error = refused_untouched(&store, &[&file(folder.path(), "zeros.csv.gz", zeros)], &How::default());
    assert!(error.message.contains("a row is longer than"), "{error}");
    let lines = [HEADER.as_bytes(), b"\n", &vec![b'\n'; 66 << 20]].concat();
    let packed = zstd::encode_all(lines.as_slice(), 1).expect("zstd");
    let error = refused_untouched(&store, &[&file(folder.path(), "lines.csv.zst", packed)], &How::default());
    assert!(error.message.contains("unpacks to more than 1000 times its size"), "{error}");
    assert!(error.message.contains("unpack it first") && error.hints == ["nothing of it was taken"], "{error:?}");
    let mut wide = zstd::Encoder::new(Vec::new(), 1).expect("zstd");
    wide.window_log(28).and_then(|()| wide.write_all(lines.as_slice())).expect("write");
    let packed = wide.finish().expect("zstd");
    let error = refused_untouched(&store, &[&file(folder.path(), "wide.csv.zst", packed)], &How::default());
    assert!(error.message.contains("a window of more than 128 MiB: pack it with `--long=27`"), "{error}");
    assert_eq!(error.hints, ["nothing of it was taken"]);
    let wide = format!("{HEADER}\n1,1,2024-09-01,2024-09-02,USD,AWS,1,{}\n", "x".repeat(70_000));
    let (outcome, problems) = import(&store, &file(folder.path(), "wide.csv", wide)).expect("import");
    assert_eq!((outcome.rows, problems[0].reason.as_str()), (0, "longer than 64 KiB"));
}

// Never twice, never less.

#[test]
fn the_same_file_again_changes_nothing() {
    let folder = folder();
    let path = file(folder.path(), "a.csv", month("2024-09", 0..100, "1"));
    let packed = file(folder.path(), "b.csv.gz", gzip(month("2024-09", 0..100, "1").as_bytes()));
    let store = memory();
    import(&store, &path).expect("import");
    let before = (values(&store), store.manifest());
    for again in [&path, &packed] {
        let (outcome, _) = import(&store, again).expect("again");
        assert_eq!((outcome.already_stored, outcome.import), (true, None));
        assert!((values(&store), store.manifest()) == before);
    }
    let error = refused_untouched(&store, &[&path, &packed], &How::default());
    assert!(error.message.contains("have the same content"), "{error}");
}

#[test]
fn a_provider_that_was_renamed_is_the_same() {
    for (before, after) in [("AWS", "Amazon Web Services"), ("Microsoft Azure", "Microsoft"), ("GCP", "Google Cloud")] {
        let folder = folder();
        let text = month("2024-09", 0..20, "1");
        let named =
            |name: &str, provider: &str| file(folder.path(), name, text.replace(",AWS,", &format!(",{provider},")));
        let (old, new) = (named("old.csv", before), named("new.csv", after));
        let store = memory();
        import(&store, &old).expect("import");
        let (outcome, _) = import(&store, &new).expect("import");
        assert!(
            matches!(outcome.groups[0].1, Fate::Replaces { before: 20, now: 20, .. }),
            "{after}: {:?}",
            outcome.groups
        );
        assert_eq!((billed(&store), store.manifest().groups.len()), ("20".to_owned(), 1), "{after}");
        assert_eq!(store.manifest().groups[0].key.provider, after, "values stay as the bill has them");

        // Another part keeps its own name, and both count; a whole version takes the place of both.
        let part = month("2024-09", 100..110, "1").replace(",AWS,", &format!(",{before},"));
        let part = file(folder.path(), "part.csv", part);
        let (added, _) =
            import_as(&store, &[&part], &decided(Decisions { part: true, ..Decisions::default() })).expect("part");
        assert_eq!((added.rows, billed(&store).as_str()), (10, "30"), "{after}");
        let whole = text.clone() + month("2024-09", 100..110, "2").split_once('\n').expect("rows").1;
        let whole = whole.replace(",AWS,", &format!(",{after},"));
        let whole = file(folder.path(), "whole.csv", whole);
        let (outcome, _) = import(&store, &whole).expect("import");
        assert!(
            matches!(outcome.groups[0].1, Fate::Replaces { before: 30, now: 30, .. }),
            "{after}: {:?}",
            outcome.groups
        );
        assert_eq!((billed(&store), store.manifest().groups.len()), ("40".to_owned(), 1), "{after}");
        check_rollups(&store);
        check_sound(&store);
    }
    let providers = spendtop::domain::services::canonical_provider;
    assert_eq!((providers("amazon web services"), providers("Datadog")), ("AWS", "Datadog"));
}

#[test]
fn one_batch_may_write_a_provider_in_two_ways() {
    let folder = folder();
    let (one, other) = (month("2024-09", 0..20, "1"), month("2024-09", 20..30, "1"));
    let both = one + other.replace(",AWS,", ",Amazon Web Services,").split_once('\n').expect("rows").1;
    let path = file(folder.path(), "both.csv", &both);
    let store = memory();
    import(&store, &path).expect("import");
    assert_eq!(billed(&store), "30");
    let path = file(folder.path(), "again.csv", both.replace("\n1,1,", "\n2,2,"));
    let (outcome, _) = import(&store, &path).expect("import");
    assert_eq!((billed(&store), store.manifest().groups.len()), ("60".to_owned(), 2));
    // Nothing shrank: what is stored of both is held against what came of both.
    let fates: Vec<Fate> = outcome.groups.iter().map(|(_, fate, _)| *fate).collect();
    assert_eq!(fates, [Fate::Replaces { stored: 1, before: 30, now: 30 }, Fate::New]);
    check_rollups(&store);
}

#[test]
fn a_newer_version_replaces_and_says_when_it_shrinks() {
    let folder = folder();
    let store = memory();
    import(&store, &file(folder.path(), "a.csv", month("2024-09", 0..100, "1"))).expect("import");
    let (outcome, _) = import(&store, &file(folder.path(), "b.csv", month("2024-09", 0..120, "2"))).expect("newer");
    assert_eq!(
        (billed(&store).as_str(), outcome.groups[0].1),
        ("240", Fate::Replaces { stored: 1, before: 100, now: 120 })
    );
    let (outcome, _) = import(&store, &file(folder.path(), "c.csv", month("2024-09", 0..60, "2"))).expect("fewer");
    assert_eq!(
        (billed(&store).as_str(), outcome.groups[0].1, outcome.groups[0].2),
        ("120", Fate::Replaces { stored: 2, before: 120, now: 60 }, 60)
    );
    assert_eq!(store.manifest().imports.len(), 1);
    check_rollups(&store);
}

#[test]
fn charges_without_names_of_their_own_are_never_guessed_about() {
    let folder = folder();
    let store = memory();
    // Ten charges that differ in nothing but their cost: with other costs they may be a newer version
    // or another part, and nobody can tell.
    let same = |cost: &str| format!("{HEADER}\n{}", format!("{cost},1,2024-09-01,2024-09-02,USD,AWS,1,r\n").repeat(10));
    import(&store, &file(folder.path(), "a.csv", same("1"))).expect("import");
    let newer = file(folder.path(), "b.csv", same("2"));
    let error = refused_untouched(&store, &[&newer], &How::default());
    assert!(error.message.contains("other charges (10 stored, 10 here)"), "{error}");
    let replace = decided(Decisions { replace: true, ..Decisions::default() });
    let (outcome, _) = import_as(&store, &[&newer], &replace).expect("replace");
    assert_eq!(
        (outcome.groups[0].1, billed(&store).as_str()),
        (Fate::Replaces { stored: 1, before: 10, now: 10 }, "20")
    );
    // Most of them unchanged: a newer version.
    let mixed = format!("{}3,1,2024-09-01,2024-09-02,USD,AWS,1,r\n", same("2"));
    import(&store, &file(folder.path(), "c.csv", mixed)).expect("newer");
    assert_eq!(billed(&store), "23");
}

#[test]
fn another_part_is_added_or_replaces_only_when_told() {
    let folder = folder();
    let first = file(folder.path(), "a.csv", month("2024-09", 0..100, "1"));
    let second = file(folder.path(), "b.csv", month("2024-09", 100..250, "1"));
    let store = memory();
    import(&store, &first).expect("import");
    let error = refused_untouched(&store, &[&second], &How::default());
    assert!(error.message.contains("other charges (100 stored, 150 here): nothing was changed"), "{error}");
    assert!(error.hints.iter().any(|h| h.contains("--part")) && error.hints.iter().any(|h| h.contains("--replace")));
    let part = decided(Decisions { part: true, ..Decisions::default() });
    import_as(&store, &[&second], &part).expect("part");
    assert_eq!(billed(&store), "250");
    assert_eq!(store.manifest().groups[0].parts.len(), 2);
    check_rollups(&store);
    check_sound(&store);
    for path in [&first, &second] {
        let (outcome, _) = import_as(&store, &[path], &part).expect("again");
        assert!(outcome.already_stored);
    }
    assert_eq!(billed(&store), "250");
    let third = file(folder.path(), "c.csv", month("2024-09", 300..310, "1"));
    import_as(&store, &[&third], &decided(Decisions { replace: true, ..Decisions::default() })).expect("replace");
    assert_eq!(billed(&store), "10");
    check_rollups(&store);
    // Both parts in one command are one batch.
    let store = memory();
    import_as(&store, &[&first, &second], &How::default()).expect("both");
    assert_eq!(billed(&store), "250");
}

#[test]
fn a_part_added_to_a_small_group_or_a_small_part_of_a_large_one_keeps_rollups() {
    let folder = folder();
    let part = decided(Decisions { part: true, ..Decisions::default() });
    // So many accounts beside that only those with thousands of charges have rollups.
    let others = |text: &mut String, from: u32| {
        for account in from..from + 1_000 {
            for charge in 0..2 {
                let period = "2024-09-01T00:00:00Z,2024-09-01T01:00:00Z";
                writeln!(text, "1,1,{period},USD,AWS,a{account},o-{charge}").expect("text");
            }
        }
    };
    for (first, second) in [(0..4_200, 5_000..5_001), (0..1, 5_000..9_200), (0..4_200, 5_000..9_200)] {
        let (mut one, mut other) = (month("2024-09", first, "1"), month("2024-09", second, "1"));
        others(&mut one, 10_000);
        others(&mut other, 20_000);
        let store = memory();
        import(&store, &file(folder.path(), "a.csv", one)).expect("import");
        import_as(&store, &[&file(folder.path(), "b.csv", other)], &part).expect("part");
        check_sound(&store);
        let manifest = store.manifest();
        let large = manifest.groups.iter().find(|g| g.parts.len() == 2).expect("both parts");
        let rollup = rollups::get(store.kv(), large.id, WHOLE, Metric::Billed).expect("rollup").expect("kept");
        assert_eq!((0..rollup.len()).map(|cell| rollup.total(cell).rows()).sum::<u64>(), large.rows());
    }
}

#[test]
fn a_part_leaves_the_account_its_name() {
    let folder = folder();
    let named = |name: &str, resources: std::ops::Range<u32>, account: &str| {
        let text = month("2024-09", resources, "1");
        let (head, rows) = text.split_once('\n').expect("rows");
        let rows: String = rows.lines().map(|row| format!("{row},{account}\n")).collect();
        file(folder.path(), name, format!("{head},BillingAccountName\n{rows}"))
    };
    for names in [["Acme", ""], ["", "Acme"], ["Acme", "Zeta"], ["Zeta", "Acme"]] {
        let store = memory();
        import(&store, &named("a.csv", 0..20, names[0])).expect("import");
        let part = decided(Decisions { part: true, ..Decisions::default() });
        import_as(&store, &[&named("b.csv", 100..120, names[1])], &part).expect("part");
        assert_eq!(store.manifest().groups[0].account_name, "Acme", "{names:?}");
    }
}

#[test]
fn replacing_on_request_also_replaces_what_holds_the_same_file() {
    let folder = folder();
    let first = file(folder.path(), "a.csv", month("2024-09", 0..100, "1"));
    let second = file(folder.path(), "b.csv", month("2024-09", 100..250, "1"));
    let store = memory();
    import(&store, &first).expect("import");
    import_as(&store, &[&second], &decided(Decisions { part: true, ..Decisions::default() })).expect("part");
    let (outcome, _) =
        import_as(&store, &[&first], &decided(Decisions { replace: true, ..Decisions::default() })).expect("replace");
    assert!(!outcome.already_stored);
    assert_eq!(billed(&store), "100");
}

#[test]
fn a_newer_version_of_one_part_never_wipes_the_other() {
    let folder = folder();
    let first = file(folder.path(), "a.csv", month("2024-09", 0..100, "1"));
    let second = file(folder.path(), "b.csv", month("2024-09", 100..250, "1"));
    let newer = file(folder.path(), "c.csv", month("2024-09", 0..100, "2"));
    let store = memory();
    import(&store, &first).expect("import");
    import_as(&store, &[&second], &decided(Decisions { part: true, ..Decisions::default() })).expect("part");
    let error = refused_untouched(&store, &[&newer], &How::default());
    assert!(error.message.contains("in 2 parts"), "{error}");
    // All parts together are a newer version of the whole.
    import_as(&store, &[&newer, &second], &How::default()).expect("whole");
    assert_eq!(billed(&store), "350");
}

#[test]
fn refused_rows_never_replace_a_complete_group() {
    let folder = folder();
    let store = memory();
    import(&store, &file(folder.path(), "a.csv", month("2024-09", 0..100, "1"))).expect("import");
    let mut text = month("2024-09", 0..100, "2");
    text.push_str("oops,1,2024-09-01,2024-09-02,USD,AWS,1,r-1\n");
    let bad = file(folder.path(), "b.csv", &text);
    let error = refused_untouched(&store, &[&bad], &How::default());
    assert!(error.hints.iter().any(|h| h.contains("--accept-partial")), "{error:?}");
    // A row that cannot say whose it is may be of any group; another account's does no harm.
    let other = text.replace("oops,1,2024-09-01,2024-09-02,USD,AWS,1,", "oops,1,2024-09-01,2024-09-02,USD,AWS,2,");
    import(&store, &file(folder.path(), "c.csv", other)).expect("another account's row");
    assert!(!store.manifest().groups[0].incomplete);
    let short = text.replace("oops,1,2024-09-01,2024-09-02,USD,AWS,1,r-1", "oops");
    refused_untouched(&store, &[&file(folder.path(), "d.csv", short)], &How::default());
    let dateless = text.replace("oops,1,2024-09-01,2024-09-02", "1,1,soon,2024-09-02");
    refused_untouched(&store, &[&file(folder.path(), "e.csv", dateless)], &How::default());
    let accept = decided(Decisions { accept_partial: true, ..Decisions::default() });
    import_as(&store, &[&bad], &accept).expect("accepted");
    assert!(store.manifest().groups[0].incomplete);
    // What is complete takes the place of what is not.
    import(&store, &file(folder.path(), "f.csv", month("2024-09", 0..100, "3"))).expect("complete");
    assert_eq!((billed(&store).as_str(), store.manifest().groups[0].incomplete), ("300", false));
}

#[test]
fn a_row_whose_billing_period_is_unreadable_may_be_of_any_period() {
    let folder = folder();
    let header = "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,BillingCurrency,ProviderName";
    let rows = |n: u32| {
        (1..=n).map(|d| format!("1,2024-10-{d:02},2024-10-{:02},2024-09-01,USD,AWS\n", d + 1)).collect::<String>()
    };
    let store = memory();
    import(&store, &file(folder.path(), "a.csv", format!("{header}\n{}", rows(20)))).expect("import");
    let bad = format!("{header}\n{}1,2024-10-20,2024-10-21,soon,USD,AWS\n", rows(19));
    refused_untouched(&store, &[&file(folder.path(), "b.csv", bad)], &How::default());
}

#[test]
fn octobers_file_does_not_wipe_september() {
    let folder = folder();
    let header = format!("{HEADER},BillingPeriodStart\n");
    let row =
        |day: &str, period: &str, cost: &str| format!("{cost},{cost},{day},{day}T01:00:00Z,USD,AWS,1,r,{period}\n");
    let store = memory();
    let mut september = header.clone();
    (1..=30).for_each(|d| september.push_str(&row(&format!("2024-09-{d:02}"), "2024-09-01", "1")));
    import(&store, &file(folder.path(), "sep.csv", september)).expect("september");
    let mut october = header;
    (1..=31).for_each(|d| october.push_str(&row(&format!("2024-10-{d:02}"), "2024-10-01", "2")));
    // October's bill corrects a day of September.
    october.push_str(&row("2024-09-30", "2024-10-01", "-0.5"));
    import(&store, &file(folder.path(), "oct.csv", october)).expect("october");
    assert_eq!((billed(&store).as_str(), store.manifest().groups.len()), ("91.5", 2));
}

#[test]
fn small_accounts_beyond_a_thousand_are_scanned() {
    let folder = folder();
    let mut text = format!("{HEADER}\n");
    for account in 0..1_100 {
        for day in 1..=(1 + account % 3) {
            let period = format!("2024-09-{day:02}T00:00:00Z,2024-09-{day:02}T01:00:00Z");
            writeln!(text, "0.5,1.25,{period},USD,AWS,a{account},r").expect("text");
        }
    }
    let store = memory();
    let threads = How { threads: 2, ..How::default() };
    import_as(&store, &[&file(folder.path(), "accounts.csv", text)], &threads).expect("import");
    check_sound(&store);
    let manifest = store.manifest();
    let kind = WHOLE;
    let rolled = manifest.groups.iter().filter(|g| {
        rollups::get(store.kv(), g.id, kind, Metric::Billed).expect("rollup").is_some_and(|r| !r.is_empty())
    });
    assert_eq!((manifest.groups.len(), rolled.count()), (1_100, 1_000));
    // A question adds up both.
    let (period, by) = (Period { from: Day(0), to: Day(30_000) }, [Dimension::Provider]);
    let request = Request {
        period,
        by: &by,
        clauses: &[],
        metric: Metric::Effective,
        granularity: None,
        currency: None,
        long: None,
        parting: &[],
    };
    let table = aggregate(&store, &request, &Cancel::default()).expect("answer");
    let sums: Vec<String> = table.groups().map(|(_, total)| total.sum.to_string()).collect();
    assert_eq!(sums, ["2748.75"]);
}

#[test]
fn of_two_sources_for_a_period_one_counts() {
    let folder = folder();
    let store = memory();
    let api = How { source: Some("api"), kind: Some(SourceKind::Api), ..How::default() };
    import_as(&store, &[&file(folder.path(), "a.csv", month("2024-09", 0..50, "3"))], &api).expect("api");
    assert_eq!(billed(&store), "150");
    let export = How { source: Some("export"), ..How::default() };
    import_as(&store, &[&file(folder.path(), "b.csv", month("2024-09", 0..60, "1"))], &export).expect("export");
    assert_eq!((billed(&store).as_str(), store.manifest().groups.len()), ("60", 2));
    // Another month has the API alone; the API's newer answer still does not count in September.
    let mut both = month("2024-09", 0..50, "4");
    both.push_str(&month("2024-10", 0..10, "5")[HEADER.len() + 1..]);
    import_as(&store, &[&file(folder.path(), "c.csv", both)], &api).expect("api");
    assert_eq!(billed(&store), "110");
    let active: Vec<(String, String)> =
        store.manifest().active().iter().map(|g| (g.source.clone(), g.key.billing_period.to_string())).collect();
    let want = [("export", "2024-09-01"), ("api", "2024-10-01")];
    assert_eq!(active, want.map(|(s, p)| (s.to_owned(), p.to_owned())));
    check_rollups(&store);
}

#[test]
fn a_dry_run_reports_and_changes_nothing() {
    let folder = folder();
    let store = memory();
    let before = values(&store);
    let path = file(folder.path(), "a.csv", month("2024-09", 0..100, "1"));
    let how = How { dry_run: true, ..How::default() };
    let (outcome, _) = import_as(&store, &[&path], &how).expect("dry run");
    assert_eq!((outcome.rows, outcome.import, outcome.groups[0].1), (100, None, Fate::New));
    assert!(values(&store) == before);
}

#[test]
fn large_quantities_are_kept() {
    // Google Cloud measures storage in byte-seconds.
    const LARGE: &str = "2592000000000000000";
    let folder = folder();
    let text = format!(
        "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ConsumedQuantity,ConsumedUnit\n\
         1.5,2024-09-01,2024-09-02,USD,Google Cloud,{LARGE},byte-seconds\n"
    );
    let csv = file(folder.path(), "a.csv", text);
    let parquet = file(folder.path(), "a.parquet", large_in_parquet(LARGE));
    for path in [csv, parquet] {
        let store = memory();
        let (outcome, problems) = import(&store, &path).expect("import");
        assert_eq!((outcome.rows, problems), (1, vec![]));
        check_sound(&store);
    }
}

/// One charge with the same quantity as integer, decimal and float.
fn large_in_parquet(quantity: &str) -> Vec<u8> {
    use parquet::data_type::{
        ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
    };
    let schema = "message m { required binary BilledCost (UTF8); required binary ChargePeriodStart (UTF8);
        required binary ChargePeriodEnd (UTF8); required binary BillingCurrency (UTF8);
        required binary ProviderName (UTF8); required binary CommitmentDiscountQuantity (UTF8);
        required int64 ConsumedQuantity; required double PricingQuantity;
        required fixed_len_byte_array(16) PricingCurrencyEffectiveCost (DECIMAL(38,9)); }";
    let schema = std::sync::Arc::new(parquet::schema::parser::parse_message_type(schema).expect("schema"));
    let whole: i64 = quantity.parse().expect("number");
    let mut out = Vec::new();
    let mut writer =
        parquet::file::writer::SerializedFileWriter::new(&mut out, schema, Default::default()).expect("writer");
    let mut group = writer.next_row_group().expect("group");
    for value in ["1.5", "2024-09-01", "2024-09-02", "USD", "Google Cloud", quantity, "int", "double", "decimal"] {
        let mut column = group.next_column().expect("column").expect("column");
        match value {
            "int" => column.typed::<Int64Type>().write_batch(&[whole], None, None),
            "double" => column.typed::<DoubleType>().write_batch(&[whole as f64], None, None),
            "decimal" => {
                let nanos = i128::from(whole) * 1_000_000_000;
                let bytes = FixedLenByteArray::from(nanos.to_be_bytes().to_vec());
                column.typed::<FixedLenByteArrayType>().write_batch(&[bytes], None, None)
            }
            text => column.typed::<ByteArrayType>().write_batch(&[ByteArray::from(text)], None, None),
        }
        .expect("write");
        column.close().expect("close");
    }
    group.close().expect("close");
    writer.close().expect("close");
    out
}

// Laws.

#[derive(Clone, Debug)]
struct Charge {
    cost: String,
    list: Option<String>,
    day: u32,
    month: u32,
    account: u32,
    service: u32,
    currency: &'static str,
    team: Option<u32>,
}

fn charge() -> impl Strategy<Value = Charge> {
    let cost = || (-99_999_999i64..99_999_999, 0u32..16).prop_map(|(m, e)| format!("{m}e-{e}"));
    (
        cost(),
        proptest::option::of(cost()),
        1u32..29,
        8u32..11,
        0u32..3,
        0u32..5,
        0usize..2,
        proptest::option::of(0u32..4),
    )
        .prop_map(|(cost, list, day, month, account, service, currency, team)| Charge {
            cost,
            list,
            day,
            month,
            account,
            service,
            currency: ["USD", "EUR"][currency],
            team,
        })
}

fn csv(charges: &[Charge]) -> String {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ListCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,\
         BillingAccountId,ServiceName,ResourceId,Tags\n",
    );
    for (i, c) in charges.iter().enumerate() {
        let tags = c.team.map_or("NULL".to_owned(), |t| format!("\"{{\"\"team\"\":\"\"t{t}\"\"}}\""));
        writeln!(
            text,
            "{},{},{},2024-{:02}-{:02},2024-{:02}-{:02}T12:00:00Z,{},AWS,a{},s{},r{i},{tags}",
            c.cost,
            c.cost,
            c.list.as_deref().unwrap_or("NULL"),
            c.month,
            c.day,
            c.month,
            c.day,
            c.currency,
            c.account,
            c.service,
        )
        .expect("text");
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_exact_by_any_grouping_and_twice_is_once(charges in prop::collection::vec(charge(), 1..120)) {
        let folder = folder();
        let path = file(folder.path(), "a.csv", csv(&charges));
        let store = memory();
        let (outcome, problems) = import(&store, &path).expect("import");
        prop_assert_eq!((outcome.rows, problems), (charges.len() as u64, vec![]));
        for currency in ["USD", "EUR"] {
            let of = || charges.iter().filter(|c| c.currency == currency);
            let billed: Amount = of().map(|c| amount(&c.cost)).sum();
            let list: Amount = of().filter_map(|c| c.list.as_deref()).map(amount).sum();
            if of().next().is_some() {
                prop_assert_eq!(sum(&store, currency, Metric::Billed), billed.to_string());
                prop_assert_eq!(sum(&store, currency, Metric::List), list.to_string());
            }
        }
        check_rollups(&store);
        check_sound(&store);
        let before = (values(&store), store.manifest());
        import(&store, &path).expect("again");
        prop_assert!((values(&store), store.manifest()) == before);
        // The same charges in another file replace themselves.
        let again = file(folder.path(), "b.csv", csv(&charges) + "\n");
        let (outcome, _) = import_as(&store, &[&again], &decided(Decisions { replace: true, ..Decisions::default() })).expect("newer");
        prop_assert!(outcome.import.is_some());
        prop_assert_eq!(total(&store).rows, charges.len() as u64);
        check_rollups(&store);
    }
}
