//! Billing files that lie in a watched folder, synced: which counts where several tell a month, and what is said
//! of one that cannot be taken.

mod exports;
mod far;
mod keeps;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use spendtop::domain::calendar::Day;
use spendtop::domain::charge::Metric;
use spendtop::error::Result;
use spendtop::provider::CostSource;
use spendtop::provider::folder::Watched;
use spendtop::provider::remote::Costs;
use spendtop::provider::remote::pace::Pace;
use spendtop::store::Store;
use spendtop::store::remote::Synced;
use spendtop::sync::ingest::{Options, Outcome, Watcher, ingest};
use spendtop::sync::log::{self, Run};
use spendtop::sync::meter::Caps;
use spendtop::sync::overlap;
use spendtop::sync::state::{Place, Standing};
use spendtop::sync::task::{Connection, Passed, Syncer, Vault, Which};
use tokio_util::sync::CancellationToken;

use crate::support::{amount, check_sound, sum};

const HEADER: &str =
    "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,BillingAccountId,ResourceId";

/// A month's charges of these resources, each at a price.
fn bill(month: &str, resources: std::ops::Range<u32>, price: u32) -> String {
    let row = |i| format!("\n{price},{month}-01,{month}-02,USD,AWS,1,r-{i}");
    format!("{HEADER}{}\n", resources.map(row).collect::<String>())
}

/// A store in this process; the other is whether it forgets which deliveries came.
struct Here(Store, AtomicBool);

impl Vault for Here {
    fn scope(&self, source: &str) -> Result<Synced> {
        let mut synced = self.0.manifest().scopes.get(source).cloned().unwrap_or_default();
        if self.1.load(Ordering::Relaxed) {
            synced.deliveries.clear();
        }
        Ok(synced)
    }
    fn take(&self, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
        ingest(&self.0, source, options, watcher)
    }
    fn settle(&self, configured: &[String]) -> Result<()> {
        overlap::settle(&self.0, configured).map(drop)
    }
}

/// Makes scopes that hold files in a folder.
type Scopes<'s> = &'s dyn Fn(&std::path::Path) -> Vec<Arc<dyn Costs>>;

/// A folder that is watched.
struct World {
    folder: tempfile::TempDir,
    vault: Arc<Here>,
    place: Place,
    time: Arc<AtomicI64>,
    syncer: Syncer,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> World {
        World::that(false)
    }

    /// A world that takes files with refused rows, or not.
    fn that(accept_partial: bool) -> World {
        let watched = |folder: &std::path::Path| -> Vec<Arc<dyn Costs>> {
            let bills = folder.join("bills");
            std::fs::create_dir(&bills).expect("folder");
            vec![Arc::new(Watched::new("folder.f", bills, 1))]
        };
        World::of("folder.f", &watched, accept_partial)
    }

    /// A world with these scopes.
    fn of(name: &str, scopes: Scopes<'_>, accept_partial: bool) -> World {
        let vault = Arc::new(Here(Store::in_memory(&[]), AtomicBool::new(false)));
        World::with(tempfile::tempdir().expect("folder"), vault, (name, scopes), accept_partial)
    }

    /// The same, with another config.
    fn then(self, name: &str, scopes: Scopes<'_>) -> World {
        World::with(self.folder, self.vault, (name, scopes), false)
    }

    fn with(
        folder: tempfile::TempDir,
        vault: Arc<Here>,
        (name, scopes): (&str, Scopes<'_>),
        accept_partial: bool,
    ) -> World {
        let scopes = scopes(folder.path());
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        let time = Arc::new(AtomicI64::new(Day::parse("2026-11-20").expect("day").seconds()));
        let clock = Arc::clone(&time);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let connection =
            Connection { name: name.into(), every: None, months: 13, caps: Caps::default(), accept_partial, scopes };
        let syncer = Syncer::new(
            Arc::new(vec![connection]),
            Arc::clone(&vault) as Arc<dyn Vault>,
            Some(place.clone()),
            Arc::new(move || clock.load(Ordering::Relaxed)),
            runtime.handle().clone(),
            Pace { first: Duration::from_millis(1), ..Pace::default() },
        );
        World { folder, vault, place, time, syncer, _runtime: runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("bills").join(name)
    }

    /// Writes a file as if so many minutes after the beginning of the day, and goes on a day.
    fn put(&self, name: &str, content: &str, minutes: u64) {
        std::fs::write(self.path(name), content).expect("written");
        let day = u64::try_from(Day::parse("2026-11-10").expect("day").seconds()).expect("a time");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(day + minutes * 60);
        std::fs::File::options().write(true).open(self.path(name)).and_then(|f| f.set_modified(at)).expect("time");
    }

    fn pass(&self) -> Passed {
        self.time.fetch_add(24 * 3_600, Ordering::Relaxed);
        self.syncer.pass(&Which::default(), &CancellationToken::new())
    }

    fn sum(&self) -> String {
        check_sound(&self.vault.0);
        sum(&self.vault.0, "USD", Metric::Billed)
    }

    fn runs(&self) -> Vec<Run> {
        log::read(&self.place, 100)
    }

    fn standing(&self) -> Standing {
        self.syncer.state().scopes["folder.f"].clone()
    }
}

fn usd(units: u32) -> String {
    amount(&units.to_string()).to_string()
}

#[test]
fn of_versions_of_a_month_the_one_that_was_written_last_counts() {
    let world = World::new();
    // By name the older one comes last.
    world.put("oct-b.csv", &bill("2026-10", 0..20, 1), 0);
    world.put("oct-a.csv", &bill("2026-10", 0..22, 2), 5);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(44)));
    world.put("sep.csv", &bill("2026-09", 0..10, 1), 10);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(54)));
    assert_eq!(world.pass().stored, 0);
}

#[test]
fn what_came_and_is_told_as_new_again_is_not_read_for_ever() {
    let world = World::new();
    world.vault.1.store(true, Ordering::Relaxed);
    world.put("may.csv", &bill("2026-05", 0..3, 1), 0);
    world.pass();
    assert_eq!((world.sum(), world.runs().len()), (usd(3), 1), "read once");
    let trouble = world.standing().trouble.expect("said");
    assert!(trouble.message.contains("may.csv") && trouble.message.contains("as new again"), "{trouble:?}");
    world.vault.1.store(false, Ordering::Relaxed);
    world.pass();
    assert_eq!(world.standing().trouble, None);
}

#[test]
fn what_damage_made_forget_comes_again_in_the_same_order() {
    let world = World::new();
    world.put("oct-b.csv", &bill("2026-10", 0..20, 1), 0);
    world.put("oct-a.csv", &bill("2026-10", 0..22, 2), 5);
    world.pass();
    let before = world.sum();
    let mut next = (*world.vault.0.manifest()).clone();
    next.scopes.get_mut("folder.f").expect("scope").bring_again();
    world.vault.0.commit(next).expect("committed");
    assert_eq!((world.pass().failed, world.sum()), (0, before));
    assert_eq!(world.pass().stored, 0);
}

#[test]
fn pieces_of_a_bill_are_counted_together_as_they_come() {
    let world = World::new();
    world.put("bills-000.csv", &bill("2026-10", 0..20, 1), 0);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(20)));
    world.put("bills-001.csv", &bill("2026-10", 20..45, 1), 5);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(45)));
    world.put("bills-002.csv", &bill("2026-10", 45..50, 1), 6);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(50)));
    // A newer run has one piece, since it is smaller: what is left of the older one is not whole.
    std::fs::remove_file(world.path("bills-001.csv")).expect("removed");
    world.pass();
    assert_eq!(world.sum(), usd(50));
}

#[test]
fn another_part_is_never_taken_for_a_newer_version_and_holds_nothing_else_up() {
    let world = World::new();
    world.put("oct-east.csv", &bill("2026-10", 0..20, 1), 0);
    world.put("oct-west.csv", &bill("2026-10", 100..130, 1), 5);
    world.put("sep.csv", &bill("2026-09", 0..10, 1), 10);
    assert_eq!((world.pass().failed, world.sum()), (1, usd(30)));
    let run = world.runs().into_iter().find(|run| run.what == "oct-west.csv").expect("logged");
    let trouble = run.trouble.expect("refused");
    assert!(trouble.message.contains("with other charges (20 stored, 30 here)"), "{trouble:?}");
    assert!(trouble.hints.iter().all(|hint| !hint.contains("--")), "{trouble:?}");
    let standing = world.standing();
    let trouble = standing.trouble.expect("told");
    assert!(trouble.message.starts_with("`oct-west.csv`: ") && trouble.message.ends_with("all else is up to date"));
    assert!(standing.good_at > 0);
    // It is asked for again, told again, and mended by being taken away.
    assert_eq!((world.pass().failed, world.sum()), (1, usd(30)));
    std::fs::remove_file(world.path("oct-west.csv")).expect("removed");
    assert_eq!((world.pass().failed, world.standing().trouble), (0, None));
}

#[test]
fn a_file_with_a_refused_row_takes_the_place_of_a_complete_one_only_where_that_is_wanted() {
    for (accepts, want) in [(false, usd(20)), (true, usd(42))] {
        let world = World::that(accepts);
        world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
        world.pass();
        let broken = format!("{}2,someday,2026-10-02,USD,AWS,1,r-99\n", bill("2026-10", 0..21, 2));
        world.put("oct.csv", &broken, 5);
        world.put("sep.csv", "this is no bill", 6);
        world.put("nov.csv", &bill("2026-11", 0..3, 1), 7);
        assert_eq!(world.pass().failed, 1);
        assert_eq!(
            world.sum(),
            (want.parse::<spendtop::domain::money::Amount>().expect("usd") + amount("3")).to_string()
        );
        let hint = "to take the good ones, write `accept_partial = true` below `[folder.f]`";
        let told = world.runs().into_iter().filter_map(|run| run.trouble).any(|t| t.hints.iter().any(|h| h == hint));
        assert_eq!(told, !accepts);
    }
}

#[test]
fn a_piece_that_is_missing_is_told_and_logged_once() {
    let world = World::new();
    for (piece, at) in [("bills-000.csv", 0), ("bills-002.csv", 40)] {
        world.put(piece, &bill("2026-10", at..at + 20, 1), 0);
    }
    world.put("sep.csv", &bill("2026-09", 0..10, 1), 10);
    assert_eq!((world.pass().failed, world.sum()), (1, usd(10)));
    assert!(world.standing().trouble.expect("told").message.contains("`bills-001.csv` is not there"));
    assert_eq!(world.pass().failed, 1);
    assert_eq!(world.runs().iter().filter(|run| run.what == "bills-*.csv").count(), 1);
    world.put("bills-001.csv", &bill("2026-10", 20..40, 1), 20);
    assert_eq!((world.pass().failed, world.sum(), world.standing().trouble), (0, usd(70), None));
}

#[test]
fn a_month_that_shrinks_is_logged_with_what_it_had() {
    let world = World::new();
    world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
    world.pass();
    world.put("oct.csv", &bill("2026-10", 0..12, 1), 5);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(12)));
    let notes = world.runs().remove(0).notes;
    assert!(notes.iter().any(|note| note.contains("AWS 1 2026-10 had 20 charges, has 12")), "{notes:?}");
}
