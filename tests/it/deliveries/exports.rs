//! Exports in an object store, synced: which run of a month counts, and what is said of what does not.

use futures_util::FutureExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use spendtop::provider::exports::check::Remedy;
use spendtop::provider::exports::{Exports, Settings};

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

fn world(store: &Arc<InMemory>, sources: &[(&str, &str)]) -> World {
    let scopes = |folder: &std::path::Path| {
        sources.iter().map(|(source, prefix)| export(store, source, prefix, folder)).collect()
    };
    World::of("aws.prod", &scopes, false)
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
