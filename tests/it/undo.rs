//! Imports undone and rollups made anew: of many account periods that lie in the same segments.

use std::fmt::Write;

use spendtop::store::Store;
use spendtop::store::keys;
use spendtop::sync::groups::Decisions;
use spendtop::sync::undo;

use super::support::{
    How, check_rollups, check_sound, import, import_as, memory, scan, tag_keys, total, values, write,
};

const HEADER: &str = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,\
    BillingAccountId,ResourceId,ServiceName,RegionId,RegionName,Tags";

/// Charges of many accounts, services, regions and tags in two months.
fn accounts(accounts: std::ops::Range<u32>, resource: &str) -> String {
    let mut text = format!("{HEADER}\n");
    for account in accounts {
        for charge in 0..12 {
            let (month, day, service) = (8 + charge % 2, 1 + (account + charge) % 28, charge % 5);
            let period = format!("2024-{month:02}-{day:02}T00:00:00Z,2024-{month:02}-{day:02}T01:00:00Z");
            let tags = format!(r#""{{""team"":""t{}""}}""#, charge % 3);
            writeln!(
                text,
                "{charge}.5,{account}.25,{period},USD,AWS,a{account},{resource}-{charge},s{service},r{charge},Region {charge},{tags}"
            )
            .expect("text");
        }
    }
    text
}

/// A store's rollups by what they are of, whatever numbers its groups have.
fn rollups(store: &Store) -> Vec<Vec<u8>> {
    let manifest = store.manifest();
    let values = values(store);
    let of = |group: u64| {
        let prefix = keys::group_rollups(group);
        values.range(prefix.clone()..).take_while(move |(key, _)| key.starts_with(&prefix)).map(|(key, value)| {
            let mut all = key[9..].to_vec();
            all.extend_from_slice(value);
            all
        })
    };
    let mut groups: Vec<_> = manifest.groups.iter().collect();
    groups.sort_by(|a, b| a.key.cmp(&b.key));
    groups.into_iter().flat_map(|g| of(g.id).collect::<Vec<_>>()).collect()
}

#[test]
fn rollups_made_anew_are_the_same() {
    let folder = tempfile::tempdir().expect("folder");
    let store = memory();
    import(&store, &write(folder.path(), "a.csv", accounts(0..40, "a"))).expect("import");
    let before = rollups(&store);
    assert_eq!(undo::rebuild_rollups(&store, &tag_keys(), &[]).expect("rebuild"), 80);
    assert!(rollups(&store) == before);
    check_rollups(&store);
    check_sound(&store);
    // For other tag keys.
    undo::rebuild_rollups(&store, &["team".to_owned(), "app".to_owned()], &[]).expect("rebuild");
    assert_eq!(store.manifest().tag_keys, ["team", "app"]);
    check_rollups(&store);
}

#[test]
fn an_import_that_is_removed_leaves_the_other_parts_of_its_groups() {
    let folder = tempfile::tempdir().expect("folder");
    let first = write(folder.path(), "a.csv", accounts(0..30, "a"));
    let second = write(folder.path(), "b.csv", accounts(10..40, "b"));
    let alone = memory();
    import(&alone, &first).expect("import");
    let store = memory();
    import(&store, &first).expect("import");
    let part = How { decisions: Decisions { part: true, ..Decisions::default() }, ..How::default() };
    import_as(&store, &[&second], &part).expect("part");
    assert_eq!(total(&store).rows, 720);
    undo::remove_import(&store, 2).expect("remove");
    assert_eq!(scan(&store).expect("scan"), scan(&alone).expect("scan"));
    assert!(rollups(&store) == rollups(&alone));
    check_rollups(&store);
    check_sound(&store);
    undo::remove_import(&store, 1).expect("remove");
    assert!(store.manifest().groups.is_empty() && store.manifest().imports.is_empty());
    assert!(rollups(&store).is_empty());
}

#[test]
fn a_damaged_store_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("folder");
    let store = memory();
    import(&store, &write(folder.path(), "a.csv", accounts(0..3, "a"))).expect("import");
    let head = keys::column(1, keys::Part::Rows, 1, 0);
    let key = values(&store).into_keys().find(|key| key.starts_with(&head)).expect("a column");
    store.write(vec![(key, None)]).expect("damage");
    let before = values(&store);
    let error = undo::rebuild_rollups(&store, &tag_keys(), &[]).expect_err("damage");
    assert!(error.message.contains("damaged"), "{error}");
    assert!(values(&store) == before, "what was begun was left behind");
}

#[test]
fn a_missing_rollup_of_a_large_group_is_noticed_and_made_anew() {
    let folder = tempfile::tempdir().expect("folder");
    let store = memory();
    let mut text = accounts(0..1, "a");
    for charge in 0..5_000 {
        writeln!(text, "1,1,2024-08-01T00:00:00Z,2024-08-01T01:00:00Z,USD,AWS,a0,r-{charge},s,r,R,").expect("text");
    }
    import(&store, &write(folder.path(), "a.csv", text)).expect("import");
    check_sound(&store);
    let group = store.manifest().groups[0].id;
    let kind = [spendtop::domain::dimension::Dimension::Region];
    let key = keys::rollup_all(group, &spendtop::store::rollups::kind_name(&kind));
    spendtop::store::kv::remove_prefix(store.kv(), &key).expect("remove");
    let check = || spendtop::store::check::run(store.kv(), &store.manifest(), &mut |_, _| {}).expect("check").damage;
    let damage = check();
    assert!(damage.len() == 1 && damage[0].contains("the rollup by region is missing"), "{damage:?}");
    // One that has too many cells is not missing.
    let mut changes = Vec::new();
    spendtop::store::rollups::put_too_large(&mut changes, group, &kind);
    store.write(changes).expect("note");
    assert_eq!(check(), Vec::<String>::new());
    undo::rebuild_rollups(&store, &tag_keys(), &[]).expect("rebuild");
    check_rollups(&store);
    check_sound(&store);
}
