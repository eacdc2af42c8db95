//! Parts of an export that come one after the other, and sources that overlap: nothing counts twice,
//! and nothing stops counting without a word.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use spendtop::domain::charge::Metric;
use spendtop::store::Store;
use spendtop::sync::groups::Decisions;

use crate::support::{How, check_rollups, check_sound, import, import_as, memory, sum, values, write};

const HEADER: &str = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,BillingAccountId,ResourceId";

/// Charges of an account, one a resource.
fn rows(account: &str, resources: std::ops::Range<u32>, cost: &str) -> String {
    resources.fold(String::new(), |mut text, resource| {
        let day = resource % 28 + 1;
        let period = format!("2024-09-{day:02}T00:00:00Z,2024-09-{day:02}T01:00:00Z");
        writeln!(text, "{cost},{cost},{period},USD,AWS,{account},r-{resource}").expect("text");
        text
    })
}

fn bill(folder: &Path, name: &str, rows: impl AsRef<str>) -> PathBuf {
    write(folder, name, format!("{HEADER}\n{}", rows.as_ref()))
}

fn part() -> How {
    How { decisions: Decisions { part: true, ..Decisions::default() }, ..How::default() }
}

fn billed(store: &Store) -> String {
    sum(store, "USD", Metric::Billed)
}

#[test]
fn a_folder_to_which_a_part_came_is_added_part_by_part() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path();
    let first = bill(place, "part-0.csv", rows("x", 0..10, "1"));
    let store = memory();
    import(&store, &first).expect("import");
    bill(place, "part-1.csv", rows("y", 0..20, "1") + &rows("x", 10..15, "1"));
    let (outcome, _) = import_as(&store, &[place], &part()).expect("part");
    assert_eq!((outcome.rows, billed(&store).as_str()), (25, "35"));
    assert_eq!(outcome.read.left_out.iter().map(|f| f.name.clone()).collect::<Vec<_>>(), [first.to_string_lossy()]);
    let before = (values(&store), store.manifest());
    let (outcome, _) = import_as(&store, &[place], &part()).expect("again");
    assert!(outcome.already_stored && outcome.import.is_none());
    assert_eq!((outcome.rows, outcome.read.left_out.len()), (0, 2));
    // Packed, it is the same content.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&std::fs::read(&first).expect("read")).expect("gzip");
    write(place, "part-0.csv.gz", packed.finish().expect("gzip"));
    assert!(import_as(&store, &[place], &part()).expect("packed").0.already_stored);
    assert!((values(&store), store.manifest()) == before);
    check_rollups(&store);
    check_sound(&store);
}

#[test]
fn a_part_that_holds_stored_charges_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path();
    let store = memory();
    import(&store, &bill(place, "a.csv", rows("x", 0..40, "1"))).expect("import");
    let turned: String = rows("x", 0..40, "1").lines().rev().map(|line| format!("{line}\n")).collect();
    for (name, rows) in [
        ("turned.csv", turned),
        ("some.csv", rows("x", 3..20, "1")),
        ("one.csv", rows("x", 3..4, "1")),
        ("more.csv", rows("x", 0..60, "1")),
        ("restated.csv", rows("x", 3..20, "2")),
        ("beside.csv", rows("y", 0..40, "1") + &rows("x", 0..40, "1")),
    ] {
        let before = (values(&store), store.manifest());
        let error = import_as(&store, &[&bill(place, name, rows)], &part()).expect_err(name);
        assert!(error.message.contains("they would count twice; nothing was changed"), "{name}: {error}");
        assert!((values(&store), store.manifest()) == before);
    }
    // The one charge of a small account is in two parts by chance.
    import_as(&store, &[&bill(place, "small.csv", rows("y", 0..20, "1") + &rows("z", 1..2, "1"))], &part())
        .expect("part");
    import_as(&store, &[&bill(place, "chance.csv", rows("y", 20..40, "1") + &rows("z", 1..2, "1"))], &part())
        .expect("part");
    assert_eq!(billed(&store), "82");
    // A charge that is named like a stored one, with another amount, is a correction.
    import_as(&store, &[&bill(place, "correction.csv", rows("x", 3..4, "-0.5"))], &part()).expect("correction");
    assert_eq!(billed(&store), "81.5");
}

#[test]
fn parts_whose_charges_are_all_alike_are_added_unless_they_are_equal() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path();
    let store = memory();
    import(&store, &bill(place, "a.csv", rows("x", 0..1, "1").repeat(10))).expect("import");
    import_as(&store, &[&bill(place, "b.csv", rows("x", 0..1, "1").repeat(12))], &part()).expect("part");
    assert_eq!(billed(&store), "22");
    let same = format!("\"BilledCost\"{}\n{}", &HEADER[10..], rows("x", 0..1, "1").repeat(12));
    import_as(&store, &[&write(place, "c.csv", same)], &part()).expect_err("equal");
}

#[test]
fn a_part_comes_again_once_it_is_replaced() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path();
    let store = memory();
    let first = bill(place, "a.csv", rows("x", 0..40, "1") + &rows("y", 0..40, "1"));
    import(&store, &first).expect("import");
    let other = bill(place, "b.csv", rows("y", 100..110, "1"));
    let replace = How { decisions: Decisions { replace: true, ..Decisions::default() }, ..How::default() };
    import_as(&store, &[&other], &replace).expect("replace");
    assert_eq!(billed(&store), "50");
    // What still counts of it would count twice.
    import_as(&store, &[&first], &part()).expect_err("half of it counts");
    import_as(&store, &[&bill(place, "c.csv", rows("x", 200..210, "1"))], &replace).expect("replace");
    import_as(&store, &[&first], &part()).expect("nothing of it counts");
    assert_eq!(billed(&store), "100");
    let sources: BTreeSet<String> = store.manifest().groups.iter().map(|g| g.source.clone()).collect();
    assert_eq!(sources.len(), 1);
}

#[test]
fn of_equal_sources_the_first_goes_on_counting() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path();
    let store = memory();
    let source = |name| How { source: Some(name), ..How::default() };
    let full = bill(place, "full.csv", rows("x", 0..500, "1"));
    let (outcome, _) = import_as(&store, &[&full], &source("cur")).expect("import");
    assert!(outcome.overlaps.is_empty());
    let small = bill(place, "small.csv", rows("x", 0..1, "1") + &rows("y", 0..2, "1"));
    for dry_run in [true, false] {
        let (outcome, _) = import_as(&store, &[&small], &How { dry_run, ..source("tst") }).expect("another source");
        let (key, overlap) = outcome.overlaps.first_key_value().expect("told");
        assert_eq!((outcome.overlaps.len(), key.account.as_str()), (1, "x"));
        assert_eq!((overlap.before.as_str(), overlap.now.as_str()), ("cur", "cur"));
        assert_eq!(overlap.imports, [1].into());
        let sum = |billed: &Option<spendtop::sync::billed::Billed>| {
            billed.as_ref().map(|b| b["USD"].value().expect("known").to_string())
        };
        assert_eq!(
            (sum(&overlap.billed_before), sum(&overlap.billed_ours)),
            (Some("500".to_owned()), (!dry_run).then(|| "1".to_owned()))
        );
    }
    assert_eq!(billed(&store), "502");
    // Whatever comes later, newer or again.
    let (outcome, _) = import_as(&store, &[&small], &source("tst")).expect("again");
    assert_eq!((outcome.already_stored, outcome.overlaps.len()), (true, 1));
    let (outcome, _) = import_as(&store, &[&small], &How { source: Some("tst"), ..part() }).expect("again");
    assert_eq!((outcome.already_stored, outcome.overlaps.len()), (true, 1));
    let newer = bill(place, "newer.csv", rows("x", 0..500, "2"));
    let (outcome, _) = import_as(&store, &[&newer], &source("cur")).expect("newer");
    assert!(outcome.overlaps.is_empty());
    assert_eq!(billed(&store), "1002");
    let restated = bill(place, "restated.csv", rows("x", 0..1, "3") + &rows("y", 0..2, "3"));
    import_as(&store, &[&restated], &source("tst")).expect("restated");
    assert_eq!(billed(&store), "1006");
    // Once the first is gone, the second counts, and the first comes back behind it.
    let cur = store.manifest().imports.iter().find(|i| i.source == "cur").expect("cur").id;
    spendtop::sync::undo::remove_import(&store, cur).expect("rm");
    assert_eq!(billed(&store), "9");
    let (outcome, _) = import_as(&store, &[&full], &source("cur")).expect("import");
    assert_eq!((outcome.overlaps.len(), billed(&store).as_str()), (1, "9"));
    check_rollups(&store);
    check_sound(&store);
}

#[test]
fn a_more_trusted_source_takes_over_and_says_so() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path();
    let store = memory();
    let api = How { source: Some("api"), kind: Some(spendtop::provider::SourceKind::Api), ..How::default() };
    import_as(&store, &[&bill(place, "a.csv", rows("x", 0..50, "3"))], &api).expect("api");
    let (outcome, _) = import(&store, &bill(place, "b.csv", rows("x", 0..60, "1"))).expect("export");
    let overlap = outcome.overlaps.first_key_value().expect("told").1;
    assert_eq!((overlap.before.as_str(), overlap.now.as_str()), ("api", "import"));
    let sums = [&overlap.billed_before, &overlap.billed_ours]
        .map(|b| b.as_ref().expect("known")["USD"].value().expect("known").to_string());
    assert_eq!(sums, ["150", "60"]);
    let (outcome, _) = import_as(&store, &[&bill(place, "c.csv", rows("x", 0..50, "4"))], &api).expect("api");
    let overlap = outcome.overlaps.first_key_value().expect("told").1;
    assert_eq!((overlap.now.as_str(), billed(&store).as_str()), ("import", "60"));
}
