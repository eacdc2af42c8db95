//! Exports in an object store, synced: which run of a month counts, and what is said of what does not.

use futures_util::FutureExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use spendtop::provider::exports::check::Remedy;
use spendtop::provider::exports::{Exports, Settings};
use spendtop::sync::overlap::Outdone;

use super::*;

const MONTH: &str = "BILLING_PERIOD=2026-10";

fn put(store: &InMemory, key: &str, content: &str) {
    let path = Path::from(key);
    let put = store.put(&path, content.to_owned().into());
    put.now_or_never().expect("memory does not wait").expect("put");
}

fn remove(store: &InMemory, key: &str) {
    store.delete(&Path::from(key)).now_or_never().expect("memory does not wait").expect("deleted");
}

/// An export in a store, read into a folder.
fn export(store: &Arc<InMemory>, source: &str, prefix: &str, folder: &std::path::Path) -> Arc<dyn Costs> {
    let remedy = Remedy { list: "s3:ListBucket".into(), get: "s3:GetObject".into(), grant: "POLICY".into() };
    let settings = Settings {
        source: source.into(),
        provider: "AWS",
        location: "s3://bills".into(),
        prefix: prefix.into(),
        folder: folder.to_owned(),
        threads: 1,
        every: 3_600,
        months: 13,
        remedy,
    };
    Arc::new(Exports::new(Arc::clone(store) as Arc<dyn ObjectStore>, settings).expect("a prefix"))
}

fn scopes<'s>(
    store: &'s Arc<InMemory>,
    sources: &'s [(&str, &str)],
) -> impl Fn(&std::path::Path) -> Vec<Arc<dyn Costs>> + 's {
    |folder| sources.iter().map(|(source, prefix)| export(store, source, prefix, folder)).collect()
}

fn world(store: &Arc<InMemory>, sources: &[(&str, &str)]) -> World {
    World::of("aws.prod", &scopes(store, sources), false)
}

/// A run of the month; its manifest's key.
fn run(store: &InMemory, prefix: &str, name: &str, bill: &str) -> String {
    let file = format!("{prefix}/data/{MONTH}/{name}/x-00001.csv");
    put(store, &file, bill);
    let manifest = format!("{prefix}/metadata/{MONTH}/{name}/x-Manifest.json");
    put(store, &manifest, &format!("{{\"executionId\":\"{name}\",\"dataFiles\":[\"s3://bills/{file}\"]}}"));
    manifest
}

const OLD: &str = "2026-11-01T03:00:00.000Z-a";
const NEW: &str = "2026-11-02T03:00:00.000Z-b";

#[test]
fn a_run_that_began_before_the_stored_one_never_takes_its_place_by_itself() {
    let store = Arc::new(InMemory::new());
    let world = world(&store, &[("aws.prod/exp", "exp")]);
    run(&store, "exp", OLD, &bill("2026-10", 0..20, 1));
    let manifest = run(&store, "exp", NEW, &bill("2026-10", 0..20, 2));
    world.pass();
    assert_eq!(world.sum(), usd(40));
    let is_said = || {
        let left = world.syncer.state().scopes["aws.prod/exp"].left.clone().unwrap_or_default();
        left.contains("2026-10: what lies there began before what is stored, which stays")
    };
    assert!(!is_said());
    // Its file is gone, its manifest is cut, its manifest is gone.
    let file = format!("exp/data/{MONTH}/{NEW}/x-00001.csv");
    remove(&store, &file);
    world.pass();
    assert!(is_said() && world.sum() == usd(40), "{}", world.sum());
    put(&store, &manifest, "{");
    world.pass();
    assert!(is_said() && world.sum() == usd(40), "{}", world.sum());
    remove(&store, &manifest);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(40)));
    assert!(is_said());
    // Somebody wants it all the same.
    let mut next = (*world.vault.0.manifest()).clone();
    next.scopes.get_mut("aws.prod/exp").expect("scope").bring_again();
    world.vault.0.commit(next).expect("committed");
    world.pass();
    assert!(!is_said());
    assert_eq!(world.sum(), usd(20));
    run(&store, "exp", NEW, &bill("2026-10", 0..20, 3));
    world.pass();
    assert_eq!(world.sum(), usd(60));
}

#[test]
fn what_of_an_export_is_in_no_figure_is_told() {
    let store = Arc::new(InMemory::new());
    let world = world(&store, &[("aws.prod/exp", "exp")]);
    let text = bill("2026-10", 0..20, 1).replacen("\n1,", "\nx,", 1);
    let lines: Vec<&str> = text.lines().collect();
    let tags = |at: usize| if at == 0 { ",Tags" } else { ",team=a" };
    let text: String = lines.iter().enumerate().map(|(at, line)| format!("{line}{}\n", tags(at))).collect();
    run(&store, "exp", OLD, &text);
    world.pass();
    assert_eq!(world.sum(), usd(19));
    let notes = world.runs().remove(0).notes.join("; ");
    assert!(notes.contains("1 row was refused, and in no figure: s3://bills/exp/data/"), "{notes}");
    assert!(notes.contains("19 rows have tags that are no JSON object (such as `team=a`)"), "{notes}");
}

const A: (&str, &str) = ("aws.prod/a", "a");
const B: (&str, &str) = ("aws.prod/b", "b");

#[test]
fn of_exports_of_one_account_the_first_of_the_config_counts_and_none_that_it_no_longer_names() {
    let store = Arc::new(InMemory::new());
    run(&store, "a", OLD, &bill("2026-10", 0..20, 1));
    run(&store, "b", OLD, &bill("2026-10", 0..20, 3));
    for (sources, want) in [([A, B], 20), ([B, A], 60)] {
        let world = world(&store, &sources);
        world.pass();
        assert_eq!(world.sum(), usd(want), "{sources:?}");
    }
    // The one is taken out of the config, the other is written there.
    let world = world(&store, &[A]);
    world.pass();
    assert_eq!(world.sum(), usd(20));
    let world = world.then("aws.prod", &scopes(&store, &[B]));
    world.pass();
    assert_eq!(world.sum(), usd(60));
    let notes = world.runs().into_iter().find(|run| run.source == "aws.prod/b").expect("logged").notes.join("; ");
    let want = "2026-10: aws.prod/b (60.00 USD) counts, aws.prod/a (20.00 USD) is kept";
    assert!(notes.contains("also had from another source: AWS") && notes.contains(want), "{notes}");
}

#[test]
fn what_the_config_says_of_exports_that_have_come_holds_at_once() {
    let store = Arc::new(InMemory::new());
    run(&store, "a", OLD, &bill("2026-10", 0..20, 1));
    run(&store, "b", OLD, &bill("2026-10", 0..20, 3));
    let mut world = world(&store, &[A, B]);
    world.pass();
    assert_eq!(world.sum(), usd(20));
    for (sources, want) in [(&[B, A][..], 60), (&[A], 20), (&[B], 60), (&[A, B], 20)] {
        world = world.then("aws.prod", &scopes(&store, sources));
        let before = world.vault.0.manifest().generation;
        let passed = world.pass();
        assert_eq!((passed.stored, world.sum()), (0, usd(want)), "{sources:?}");
        let after = world.vault.0.manifest().generation;
        world.pass();
        assert!(after > before && world.vault.0.manifest().generation == after, "written once");
    }
}

#[test]
fn an_export_that_tells_much_less_than_what_it_takes_the_place_of_is_told() {
    let store = Arc::new(InMemory::new());
    run(&store, "a", OLD, &bill("2026-10", 0..9, 1));
    run(&store, "b", OLD, &bill("2026-10", 0..20, 1));
    let world = world(&store, &[A, B]);
    world.pass();
    assert_eq!(world.sum(), usd(9));
    let manifest = world.vault.0.manifest();
    let (text, hint) = Outdone::words(&overlap::outdone(&manifest, None)).expect("told");
    let want = "`aws.prod/a` counts, which bills 9.00, and `aws.prod/b`, which bills 20.00, does not";
    assert!(text.starts_with("AWS") && text.contains(want), "{text}");
    assert!(hint.contains("is `aws.prod/a` of a part of the account alone?"), "{hint}");
    let other = Day::parse("2026-09-01").expect("day");
    let before = spendtop::domain::calendar::Period { from: other, to: other.plus(7) };
    assert!(overlap::outdone(&manifest, Some(before)).is_empty());
}

#[test]
fn of_an_account_that_has_more_credits_than_charges_no_export_tells_less() {
    let store = Arc::new(InMemory::new());
    let credits = |resources| bill("2026-10", resources, 1).replace("\n1,", "\n-1,");
    run(&store, "a", OLD, &credits(0..9));
    run(&store, "b", OLD, &credits(0..12));
    let world = world(&store, &[A, B]);
    world.pass();
    assert_eq!(world.sum(), amount("-9").to_string());
    assert!(overlap::outdone(&world.vault.0.manifest(), None).is_empty());
}
