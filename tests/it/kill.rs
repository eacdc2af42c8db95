//! Kills an import with SIGKILL at random moments and looks at what the store holds then: exactly
//! what it held before, or exactly what it was to hold after.
//!
//! `cargo test` does a few; a long run is
//! `SPENDTOP_KILLS=200 cargo test --test it kill -- --nocapture`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use spendtop::clock;
use spendtop::domain::money::Amount;
use spendtop::provider::Problem;
use spendtop::provider::files::BillingFiles;
use spendtop::store::Store;
use spendtop::sync::groups::Decisions;
use spendtop::sync::ingest::{Options, Watcher, ingest};

use crate::support::{Random, State, check_sound, rounds, scan, tag_keys, write};

const CHILD: &str = "SPENDTOP_TEST_IMPORT";
/// Files of one import; each becomes a segment of its own.
const FILES: u64 = 3;
/// The longest wait between an event and the kill.
const DELAY_MAX: Duration = Duration::from_secs(2);

/// The child: opens the store, imports, and says how far it is. Does nothing as a test.
#[test]
fn import_that_is_killed() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let mut words = order.split('\n');
    let place = PathBuf::from(words.next().expect("place"));
    let part = words.next() == Some("part");
    let paths: Vec<String> = words.map(str::to_owned).collect();
    say("opening");
    let store = Store::open(&place, &tag_keys()).expect("open");
    say("open");
    let mut files = BillingFiles::new("import", &paths, 2).expect("files");
    let options = Options { decisions: Decisions { part, ..Decisions::default() }, ..Options::default() };
    let outcome = ingest(&store, &mut files, &options, &Teller).expect("import");
    assert!(outcome.import.is_some(), "{outcome:?}");
    say("done");
    drop(store);
    say("closed");
}

struct Teller;

impl Watcher for Teller {
    fn progress(&self, _bytes: u64, _rows: u64) {
        say("progress");
    }
    fn problem(&self, problem: &Problem) {
        panic!("{problem:?}");
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may have stopped listening.
    let _ = writeln!(out, "@{word}");
    let _ = out.flush();
}

fn start(place: &Path, part: bool, files: &[PathBuf]) -> Child {
    let mut order = format!("{}\n{}", place.display(), if part { "part" } else { "whole" });
    files.iter().for_each(|f| order.push_str(&format!("\n{}", f.display())));
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "kill::import_that_is_killed", "--nocapture"])
        .env(CHILD, order)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start")
}

/// One month's export in [`FILES`] files, and what the store is to hold of it.
fn export(folder: &Path, month: u64, version: u64, other: bool, rows: u64) -> (Vec<PathBuf>, State) {
    let mut state = State::new();
    let mut paths = Vec::new();
    for file in 0..FILES {
        let mut text = String::from(
            "BilledCost,EffectiveCost,ListCost,ContractedCost,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,\
             BillingPeriodEnd,BillingCurrency,ProviderName,BillingAccountId,ServiceName,ResourceId,Tags\n",
        );
        for row in 0..rows {
            let at = file * rows + row;
            let account = if at.is_multiple_of(3) { "111" } else { "222" };
            // A version restates every cost; another part has other resources.
            let units = i128::from(at * 7 + version * 1_000_003 + 1) * 10_000_000_000;
            let cost = Amount::from_units(units);
            let day = at % 28 + 1;
            let unknown = at.is_multiple_of(11);
            let list = if unknown { "NULL".to_owned() } else { cost.to_string() };
            writeln!(
                text,
                "{cost},{cost},{list},{cost},2024-{month:02}-{day:02}T00:00:00Z,2024-{month:02}-{day:02}T01:00:00Z,\
                 2024-{month:02}-01,2024-{:02}-01,USD,AWS,{account},Service {},{}-{at},\"{{\"\"team\"\":\"\"t{}\"\"}}\"",
                month + 1,
                at % 17,
                if other { "other" } else { "r" },
                at % 5,
            )
            .expect("text");
            let key = ("import".to_owned(), "AWS".to_owned(), account.to_owned(), format!("2024-{month:02}"));
            let held = state.entry(key).or_default();
            held.rows += 1;
            let totals = held.costs.entry("USD".to_owned()).or_default();
            for (i, total) in totals.iter_mut().enumerate() {
                total.add_units(if i == 2 && unknown { i128::MIN } else { units });
            }
        }
        paths.push(write(folder, &format!("{month}-{version}-{other}-{file}.csv"), text));
    }
    (paths, state)
}

fn after(before: &State, files: &State, part: bool) -> State {
    let mut state = before.clone();
    for (key, held) in files {
        let slot = state.entry(key.clone()).or_default();
        if !part {
            *slot = Default::default();
        }
        slot.merge(held);
    }
    state
}

/// When to kill: after so many lines of the child, and a little later.
struct Moment {
    lines: u64,
    delay: Duration,
}

/// A moment: while the store opens, anywhere, or from the last row on to the end of the commit,
/// which took `commit`.
fn moment(random: &mut Random, lines: u64, commit: Duration) -> Moment {
    let (lines, longest) = match random.below(4) {
        0 => (1, Duration::from_millis(20)),
        1 => (random.below(lines + 1), Duration::from_millis(20)),
        // The last words are `done` and `closed`.
        _ => (lines - 2, commit.mul_f32(1.2)),
    };
    Moment { lines, delay: Duration::from_micros(random.below(longest.min(DELAY_MAX).as_micros() as u64)) }
}

/// Runs an import until the moment; returns the lines that it said by then, and how long it was
/// from the last row to the end of the commit.
fn run_until(mut child: Child, moment: Option<&Moment>) -> (Vec<String>, Duration) {
    let mut lines: Vec<String> = Vec::new();
    let (mut last, mut commit) = (clock::instant(), Duration::ZERO);
    let mut reader = BufReader::new(child.stdout.take().expect("stdout"));
    let mut line = String::new();
    let limit = moment.map_or(u64::MAX, |m| m.lines);
    while (lines.len() as u64) < limit {
        line.clear();
        if reader.read_line(&mut line).expect("line") == 0 {
            break;
        }
        // The test runner may have begun the line.
        if let Some((_, word)) = line.trim_end().split_once('@') {
            match word {
                "done" => commit = last.elapsed(),
                _ => last = clock::instant(),
            }
            lines.push(word.to_owned());
        }
    }
    if let Some(moment) = moment {
        std::thread::sleep(moment.delay);
        let _ = child.kill();
    }
    // What was said before the kill still counts.
    for line in reader.lines().map_while(Result::ok) {
        if let Some((_, word)) = line.split_once('@') {
            lines.push(word.to_owned());
        }
    }
    let output = child.wait_with_output().expect("wait");
    let killed = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(killed || output.status.success(), "the import failed by itself: {errors}");
    (lines, commit)
}

#[test]
fn a_killed_import_leaves_the_old_or_the_new() {
    let kills = rounds("SPENDTOP_KILLS", 12);
    let rows = rounds("SPENDTOP_KILL_ROWS", 2_000);
    let mut random = Random::seeded("kills");
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let mut state = State::new();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    // How many lines an import says: learnt from one that is left alone.
    let (paths, files) = export(folder.path(), 1, 0, false, rows);
    let (whole, commit) = run_until(start(&place, false, &paths), None);
    assert_eq!(whole.last().map(String::as_str), Some("closed"));
    state = after(&state, &files, false);
    verify(&place, &[&state], true);
    for round in 1..=kills {
        let month = 1 + random.below(4);
        let known = state.keys().any(|(.., m)| *m == format!("2024-{month:02}"));
        let part = known && random.below(4) == 0;
        let (paths, files) = export(folder.path(), month, round, part, rows + random.below(rows));
        let next = after(&state, &files, part);
        let moment = moment(&mut random, whole.len() as u64, commit);
        let (lines, _) = run_until(start(&place, part, &paths), Some(&moment));
        let done = lines.iter().any(|l| l == "done");
        let allowed: Vec<&State> = if done { vec![&next] } else { vec![&state, &next] };
        let found = verify(&place, &allowed, false);
        let stage = match lines.last().map_or("start", String::as_str) {
            "start" | "opening" => "opening",
            "open" | "progress" => "importing",
            _ => "ended",
        };
        let changed = found == next;
        *seen.entry(if changed && !done { "committed, not yet told" } else { stage }).or_default() += 1;
        state = found;
        paths.iter().for_each(|p| std::fs::remove_file(p).expect("remove"));
        // A part added to a part would need another name for its rows.
        if part && changed {
            state.retain(|(.., m), _| *m != format!("2024-{month:02}"));
            forget(&place, month);
        }
    }
    println!("{kills} kills, each left the old or the new; killed while: {seen:?}");
}

/// Opens the store; it must hold one of the states, whole and without a word of damage.
fn verify(place: &Path, states: &[&State], first: bool) -> State {
    let store = Store::open(place, &tag_keys()).expect("open after a kill");
    assert_eq!(store.notices, Vec::<String>::new(), "a kill is no damage");
    let found = scan(&store).expect("scan");
    assert!(states.contains(&&found), "a mix: {found:#?}\nis none of {states:#?}");
    check_sound(&store);
    if first {
        crate::support::check_rollups(&store);
    }
    let left: Vec<String> = std::fs::read_dir(place)
        .expect("folder")
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| n.starts_with("spill") || n.starts_with("corrupt"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "left over");
    found
}

fn forget(place: &Path, month: u64) {
    let store = Store::open(place, &tag_keys()).expect("open");
    let mut next = (*store.manifest()).clone();
    next.groups.retain(|g| g.key.billing_period.month().to_string() != format!("2024-{month:02}"));
    next.forget_unused_imports();
    store.commit(next).expect("commit");
}
