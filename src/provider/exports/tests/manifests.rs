//! Manifests that are half written, name files twice or in vain, or may not be read; and prefixes that hide them.

use super::*;

/// A month's manifest, as it is.
fn write(bench: &Bench, text: &str) {
    bench.put(&format!("{MANIFEST}/focus-Manifest.json"), text);
}

fn two_parts(bench: &Bench) -> (String, String) {
    let (one, two) = (format!("{DATA}/focus-00001.csv"), format!("{DATA}/focus-00002.csv"));
    bench.put(&one, &bill(2));
    bench.put(&two, &bill(3));
    (one, two)
}

#[test]
fn a_file_that_a_manifest_names_twice_is_brought_once_and_the_same_content_twice_not_at_all() {
    let bench = Bench::new();
    let (one, two) = two_parts(&bench);
    let files = format!("\"s3://bills/{one}\",\"{one}\",\"/{one}\",{{\"key\":\"{two}\"}}");
    write(&bench, &format!("{{\"executionId\":\"a\",\"dataFiles\":[{files}]}}"));
    let deliveries = bench.look("ex/focus").expect("look");
    assert_eq!(names(&deliveries), [("2026-11", vec!["focus-00001.csv", "focus-00002.csv"])]);
    assert_eq!(bench.fetch("ex/focus", &deliveries[0], &nowhere()).expect("brought"), 5);

    bench.put(&two, &bill(2));
    let again = &bench.look("ex/focus").expect("look")[0];
    let halt = bench.fetch("ex/focus", again, &nowhere()).expect_err("twice");
    let Halt::Stopped(Stop::Failed(error)) = halt else { panic!("{halt:?}") };
    assert!(error.message.contains("have the same content") && error.hints[0].contains("is a copy"), "{error:?}");
    // Of a copy of the export two names may lead to one file.
    bench.put("copy/20261101-20261130/part.csv", &bill(1));
    let told = r#"{"blobs":[{"blobName":"a/part.csv"},{"blobName":"b/part.csv"}]}"#;
    bench.put("copy/20261101-20261130/manifest.json", told);
    assert!(bench.look("copy").expect_err("two names").message.contains("stands for two of its files"));
}

#[test]
fn what_a_manifest_does_not_tell_in_full_is_not_taken_from_the_folder() {
    let bench = Bench::new();
    let (one, two) = two_parts(&bench);
    for (text, want) in [
        ("{}".to_owned(), "it has no list of files"),
        (r#"{"dataFiles":null}"#.to_owned(), "it has no list of files"),
        (format!("{{\"dataFiles\":\"s3://bills/{one}\"}}"), "it has no list of files"),
        (r#"{"dataFiles":[1,2]}"#.to_owned(), "in a form that is not known"),
        (format!("{{\"dataFiles\":[\"{one}\",{{\"uri\":\"{two}\"}}]}}"), "in a form that is not known"),
        (format!("{{\"dataFiles\":[\"{one}\",\"s3://bills\"]}}"), "in a form that is not known"),
        (String::new(), "it is empty"),
        ("{\"dataFiles\":[".to_owned(), "it is no whole JSON"),
        (
            data_exports_manifest("a", &[&one, &format!("{DATA}/focus-00003.csv")]),
            "focus-00003.csv`, which it names, is not there",
        ),
    ] {
        write(&bench, &text);
        let fault = bench.look("ex/focus").expect_err("not whole");
        assert!(fault.kind == FaultKind::NotThere && fault.message.contains(want), "{text}: {fault}");
        assert!(fault.message.contains("the newest run of 2026-11 is not whole"), "{fault}");
    }
    // A part that is there with nothing in it is being written.
    bench.put(&two, "");
    write(&bench, &data_exports_manifest("a", &[&one, &two]));
    assert!(bench.look("ex/focus").expect_err("empty").message.contains("focus-00002.csv`, which it names, is empty"));
}

#[test]
fn a_prefix_below_the_manifests_is_refused_with_the_right_one() {
    let bench = Bench::new();
    let (one, two) = two_parts(&bench);
    write(&bench, &data_exports_manifest("a", &[&one, &two]));
    for prefix in ["ex/focus/data", "/ex/focus/data/", DATA, "ex/focus/metadata"] {
        let fault = bench.look(prefix).expect_err("below");
        assert!(fault.kind == FaultKind::Refused && fault.hints[0].contains("`s3://bills/ex/focus`"), "{fault:?}");
    }
    for prefix in ["ex/focus", "ex"] {
        assert_eq!(bench.look(prefix).expect("whole").len(), 1, "{prefix}");
    }
    bench.put("data/BILLING_PERIOD=2026-11/x-00001.csv", &bill(1));
    assert!(bench.look("data").expect_err("below").hints[0].contains("`s3://bills`"));
    // A folder that is only called so.
    bench.put("my/data/focus/20261101-20261130/part_0_0001.csv", &bill(1));
    assert_eq!(bench.look("my/data").expect("whole").len(), 1);
}

#[test]
fn a_newer_run_that_is_not_whole_is_told_beside_the_one_that_counts() {
    let bench = Bench::new();
    let run = |name: &str, is_whole: bool| {
        let file = format!("{DATA}/{name}/focus-00001.csv");
        if is_whole {
            bench.put(&file, &bill(1));
        }
        bench.put(&format!("{MANIFEST}/{name}/focus-Manifest.json"), &data_exports_manifest(name, &[&file]));
    };
    run("2026-11-01T00:00:00.000Z-good", true);
    for day in 2..=8 {
        run(&format!("2026-11-{day:02}T00:00:00.000Z-bad"), false);
    }
    let newest = bench.modified(&format!("{MANIFEST}/2026-11-08T00:00:00.000Z-bad/focus-Manifest.json"));
    let found = |after: i64| {
        let call = Call { now: newest + after, ..bench.call() };
        let found = bench.exports("ex/focus").look(None, &call).expect("look");
        let Found::Deliveries { whole, broken, young } = found else { panic!("{found:?}") };
        assert_eq!((whole.len(), whole[0].version.as_str()), (1, "2026-11-01T00:00:00.000Z-good"));
        (broken, young)
    };
    let (broken, young) = found(2 * 3_600);
    let fault = &broken.first().expect("told").1;
    assert!(broken[0].0 == "2026-11" && fault.message.contains("2026-11-08"), "{fault}");
    assert!(fault.hints[0].contains("the last whole one counts") && young.is_empty());
    // It may be on its way.
    let (broken, young) = found(60);
    assert!(broken.is_empty() && young[0].ends_with("-bad/focus-Manifest.json"), "{broken:?} {young:?}");
}
