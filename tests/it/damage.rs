//! Damages stores at random and opens them: what they hold is then whole, or the damage is told
//! and the files are kept; never less or other figures without a word, never a panic, never a hang.
//!
//! `cargo test` does a few; a long run is
//! `SPENDTOP_DAMAGES=200 cargo test --test it damage -- --nocapture`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use spendtop::domain::calendar::Period;
use spendtop::error::Kind;
use spendtop::store::journal::Subject;
use spendtop::store::{Store, check};
use spendtop::sync::groups::Decisions;

use crate::support::{How, Random, State, import_as, rounds, scan, tag_keys, write};

/// Longer than any of these small stores takes to open, verify and repair on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

type Entries = BTreeMap<Subject, Value>;

/// What a store held before it was damaged.
struct Whole {
    state: State,
    entries: Entries,
    /// The bills that it was imported from.
    bills: Vec<PathBuf>,
}

/// A store of three months from two imports, one of them replaced, with entries in its journal.
fn template(folder: &Path) -> (PathBuf, Whole) {
    let place = folder.join("template");
    let store = Store::open(&place, &tag_keys()).expect("open");
    let mut bills = Vec::new();
    for (month, version) in [(7, 1), (8, 1), (9, 1), (8, 2)] {
        let mut text = String::from(
            "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,\
             BillingAccountId,ServiceName,ResourceId\n",
        );
        for row in 0..1_500 {
            let (day, service) = (row % 28 + 1, row % 23);
            writeln!(
                text,
                "{version}.{row},{row}.{version},2024-{month:02}-{day:02},2024-{month:02}-{day:02}T01:00:00Z,USD,AWS,1,\
                 Service {service},i-{}",
                blake3::hash(&[month, (row / 256) as u8, row as u8]).to_hex()
            )
            .expect("text");
        }
        let path = write(folder, &format!("{month}-{version}.csv"), text);
        import_as(&store, &[&path], &How::default()).expect("import");
        bills.push(path);
    }
    // The month that was imported twice counts as it came last.
    bills.remove(1);
    let mut journal = store.journal();
    for i in 0..5 {
        journal.set("note", &format!("n{i}"), Some(json!({"text": format!("note {i}")}))).expect("set");
    }
    let entries = journal.entries().clone();
    drop(journal);
    let state = scan(&store).expect("scan");
    drop(store);
    // Opening once more leaves a snapshot, as any store that is in use has.
    drop(Store::open(&place, &tag_keys()).expect("open"));
    assert!(database_file(&place, "snap.").is_some(), "a store has a snapshot");
    (place, Whole { state, entries, bills })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copy");
        }
    }
}

/// A file of the database by the start of its name.
fn database_file(place: &Path, start: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(place.join("db")).expect("db");
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    found.retain(|p| p.is_file() && p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(start)));
    found.sort();
    found.pop()
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).expect("read");
    change(&mut bytes);
    std::fs::write(path, bytes).expect("write");
}

fn flip(path: &Path, random: &mut Random) {
    change(path, |bytes| {
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
    });
}

fn cut(path: &Path, random: &mut Random) {
    change(path, |bytes| bytes.truncate(random.below(bytes.len() as u64) as usize));
}

fn zero(path: &Path, random: &mut Random) {
    change(path, |bytes| {
        let at = random.below(bytes.len() as u64) as usize / 4096 * 4096;
        let end = (at + 4096).min(bytes.len());
        bytes[at..end].fill(0);
    });
}

const KINDS: u64 = 20;

/// Damages a store one of [`KINDS`] ways; says how.
fn damage(place: &Path, kind: u64, random: &mut Random) -> &'static str {
    let file = |start: &str| database_file(place, start).expect(start);
    let journal = place.join("journal.jsonl");
    let generation = place.join("generation");
    let remove = |path: &Path| std::fs::remove_file(path).expect("remove");
    match kind % KINDS {
        0 | 1 => (flip(&file("db"), random), "a bit of db flipped").1,
        2 | 3 => (zero(&file("db"), random), "4 KiB of db zeroed").1,
        4 => (cut(&file("db"), random), "db cut short").1,
        5 => (cut(&file("snap."), random), "the snapshot cut short").1,
        6 => (flip(&file("snap."), random), "a bit of the snapshot flipped").1,
        7 => (remove(&file("snap.")), "the snapshot gone").1,
        8 => {
            let snapshot = file("snap.");
            let bytes = std::fs::read(&snapshot).expect("read");
            let half = random.below(bytes.len() as u64) as usize;
            std::fs::write(place.join("db/snap.00000000000FFFFF.generating"), &bytes[..half]).expect("write");
            "a snapshot left half written"
        }
        9 => (flip(&file("conf"), random), "a bit of conf flipped").1,
        10 => {
            remove(&file("snap."));
            zero(&file("db"), random);
            "the snapshot gone and 4 KiB of db zeroed"
        }
        11 => (flip(&journal, random), "a bit of the journal flipped").1,
        12 => (flip(&generation, random), "a bit of the generation flipped").1,
        13 => {
            std::fs::remove_dir_all(place.join("db")).expect("remove");
            "the database gone"
        }
        14 => (cut(&generation, random), "the generation cut short").1,
        15 => (flip(&place.join("witness"), random), "a bit of the witness flipped").1,
        16 => {
            remove(&place.join("witness"));
            zero(&file("db"), random);
            "the witness gone and 4 KiB of db zeroed"
        }
        17 | 18 => {
            for note in ["witness", "generation"] {
                std::fs::write(place.join(note), "").expect("write");
            }
            cut(&file("db"), random);
            "witness and generation emptied and db cut short"
        }
        _ => {
            remove(&file("snap."));
            cut(&file("db"), random);
            "the snapshot gone and db cut short"
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Found {
    Intact,
    Repaired,
    Told,
    SetAside,
}

/// Opens a damaged store and reads everything; the message says what went silently wrong.
fn look(place: &Path, whole: &Whole) -> Result<Found, String> {
    let store = match Store::open(place, &tag_keys()) {
        Ok(store) => store,
        Err(error) if error.kind == Kind::Store => return Ok(Found::Told),
        Err(error) => return Err(format!("an error of another kind: {error:?}")),
    };
    let noticed = !store.notices.is_empty();
    let entries = store.journal().entries().clone();
    if entries != whole.entries && !noticed {
        return Err(format!("the journal lost entries without a word: {entries:?}"));
    }
    let report = check::run(store.kv(), &store.manifest(), &mut |_, _| {});
    let sound = report.as_ref().is_ok_and(|r| r.damage.is_empty());
    match scan(&store) {
        Ok(state) if state == whole.state => Ok(if noticed { Found::Repaired } else { Found::Intact }),
        Ok(_) if noticed => {
            let kept = std::fs::read_dir(place).expect("folder").flatten();
            let kept = kept.filter(|e| e.file_name().to_string_lossy().starts_with("corrupt")).count();
            if kept > 0 { Ok(Found::SetAside) } else { Err("nothing was set aside".to_owned()) }
        }
        Ok(state) if sound => Err(format!("other figures without a word: {state:?}")),
        Err(error) if sound => Err(format!("the check finds nothing, but reading fails: {error}")),
        _ => Ok(Found::Told),
    }
}

/// What is missing is told at each opening, and importing the bills again brings it back.
fn lead_out(place: &Path, whole: &Whole) -> Result<(), String> {
    // An opening after damage was met in use saves what can be read.
    for _ in 0..2 {
        let store = Store::open(place, &tag_keys()).map_err(|e| format!("it does not open again: {e:?}"))?;
        match scan(&store) {
            Ok(state) if state == whole.state => return Ok(()),
            Ok(_) if store.lost && store.notices.iter().any(|n| n.starts_with("damage ")) => {}
            Ok(_) => return Err(format!("told once and then no more: {:?}", store.notices)),
            Err(_) => {
                check::run(store.kv(), &store.manifest(), &mut |_, _| {}).map_err(|e| format!("no check: {e}"))?;
                store.mark_damaged();
            }
        }
    }
    let store = Store::open(place, &tag_keys()).map_err(|e| format!("it does not open at last: {e:?}"))?;
    let replace = How { decisions: Decisions { replace: true, ..Decisions::default() }, ..How::default() };
    for bill in &whole.bills {
        import_as(&store, &[bill], &replace).map_err(|e| format!("importing again: {e}"))?;
    }
    drop(store);
    let store = Store::open(place, &tag_keys()).map_err(|e| format!("it does not open when mended: {e:?}"))?;
    let named = store.manifest().lost.iter().filter(|l| l.key.is_some()).count();
    let report = check::run(store.kv(), &store.manifest(), &mut |_, _| {}).map_err(|e| e.message)?;
    match scan(&store) {
        Ok(state) if state == whole.state && named == 0 && report.damage.is_empty() => Ok(()),
        other => Err(format!("not mended: {named} losses, {:?}, {other:?}", report.damage)),
    }
}

/// Panics that the store catches are not shown.
fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if spendtop::error::guard() != spendtop::error::Guard::Expected {
                before(info);
            }
        }));
    });
}

#[test]
fn a_damaged_store_is_whole_or_says_so() {
    hush();
    let damages = rounds("SPENDTOP_DAMAGES", 32);
    let mut random = Random::seeded("damages");
    let folder = tempfile::tempdir().expect("folder");
    let (template, whole) = template(folder.path());
    let whole = std::sync::Arc::new(whole);
    let mut seen: BTreeMap<(&str, Found), u64> = BTreeMap::new();
    let mut failures = Vec::new();
    for round in 0..damages {
        let place = folder.path().join(format!("{round}"));
        copy(&template, &place);
        let how = damage(&place, round, &mut random);
        let (sender, receiver) = mpsc::channel();
        let (there, held) = (place.clone(), whole.clone());
        std::thread::spawn(move || {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let found = look(&there, &held)?;
                lead_out(&there, &held).map(|()| found)
            }));
            let _ = sender.send(caught.unwrap_or_else(|_| Err("a panic".to_owned())));
        });
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(found)) => *seen.entry((how, found)).or_default() += 1,
            Ok(Err(wrong)) => failures.push(format!("{how} (round {round}): {wrong:.300}")),
            Err(_) => failures.push(format!("{how} (round {round}): a hang")),
        }
        std::fs::remove_dir_all(&place).expect("remove");
    }
    for ((how, found), times) in &seen {
        println!("{times:4} {found:?}: {how}");
    }
    assert!(failures.is_empty(), "{} of {damages}:\n{}", failures.len(), failures.join("\n"));
    // What is no loss must not become one.
    for harmless in [
        "the snapshot gone",
        "a snapshot left half written",
        "a bit of the generation flipped",
        "the generation cut short",
        "a bit of the witness flipped",
        "a bit of conf flipped",
        "a bit of the snapshot flipped",
        "the snapshot cut short",
    ] {
        let lost = [Found::Told, Found::SetAside].iter().filter_map(|f| seen.get(&(harmless, *f))).sum::<u64>();
        assert_eq!(lost, 0, "{harmless}: the charges were all there");
    }
}

#[test]
fn a_store_that_failed_in_use_is_saved_by_the_next_opening() {
    let folder = tempfile::tempdir().expect("folder");
    let (place, whole) = template(folder.path());
    // As a reading that meets damage does.
    Store::open(&place, &tag_keys()).expect("open").mark_damaged();
    let store = Store::open(&place, &tag_keys()).expect("save");
    assert!(store.notices.iter().any(|n| n.contains("nothing is lost")), "{:?}", store.notices);
    assert!(!store.lost && place.join("corrupt-0/db").is_dir());
    assert_eq!(scan(&store).expect("scan"), whole.state);
    drop(store);
    let store = Store::open(&place, &tag_keys()).expect("open");
    assert_eq!(store.notices, Vec::<String>::new(), "it is sound from then on");
    assert!(!place.join("corrupt-1").exists());
}

#[test]
fn an_older_state_stands_in_for_lost_charges_and_says_so() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let bill = |name: &str, day: u32| {
        let text = format!(
            "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,BillingAccountId\n\
             1,2024-07-{day:02},2024-07-{day:02}T01:00:00Z,USD,AWS,1\n"
        );
        write(folder.path(), name, text)
    };
    let (old, new) = (bill("old.csv", 1), bill("new.csv", 2));
    let replace = How { decisions: Decisions { replace: true, ..Decisions::default() }, ..How::default() };
    let store = Store::open(&place, &tag_keys()).expect("open");
    import_as(&store, &[&old], &replace).expect("import");
    let before = scan(&store).expect("scan");
    drop(store);
    copy(&place.join("db"), &folder.path().join("older"));
    let store = Store::open(&place, &tag_keys()).expect("open");
    import_as(&store, &[&new], &replace).expect("import");
    let after = scan(&store).expect("scan");
    drop(store);
    // As a database that forgot its newest commit.
    std::fs::remove_dir_all(place.join("db")).expect("remove");
    copy(&folder.path().join("older"), &place.join("db"));
    for _ in 0..2 {
        let store = Store::open(&place, &tag_keys()).expect("open");
        let manifest = store.manifest();
        assert_eq!(scan(&store).expect("scan"), before);
        assert_eq!(manifest.lost.len(), 1);
        let period = manifest.groups[0].days().expect("days");
        assert!(manifest.is_incomplete(Period { from: period.from, to: period.to.plus(1) }));
        assert!(store.notices.iter().any(|n| n.contains("AWS 1 2024-07")), "{:?}", store.notices);
    }
    let store = Store::open(&place, &tag_keys()).expect("open");
    import_as(&store, &[&new], &replace).expect("import");
    assert_eq!(scan(&store).expect("scan"), after);
    assert!(store.manifest().lost.is_empty());
}
