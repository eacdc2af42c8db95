//! Files that lie elsewhere: what was read and refused is not paid for again and again.

use std::sync::atomic::AtomicU64;

use spendtop::provider::Sink;
use spendtop::provider::remote::{Ask, Brought, Call, Check, Fault, Found, Halt, Manner, Scope};

use super::*;

/// A folder of which each read is paid for.
struct Far(Watched, Arc<AtomicU64>);

impl Costs for Far {
    fn scope(&self) -> &Scope {
        self.0.scope()
    }
    fn manner(&self) -> Manner {
        self.0.manner()
    }
    fn look(&self, mark: Option<&str>, call: &Call) -> Result<Found, Fault> {
        self.0.look(mark, call)
    }
    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.fetch(ask, call, sink)
    }
    fn check(&self, call: &Call) -> Vec<Check> {
        self.0.check(call)
    }
}

fn world() -> (World, Arc<AtomicU64>) {
    let reads = Arc::new(AtomicU64::new(0));
    let counts = Arc::clone(&reads);
    let far = |folder: &std::path::Path| -> Vec<Arc<dyn Costs>> {
        let bills = folder.join("bills");
        std::fs::create_dir(&bills).expect("folder");
        vec![Arc::new(Far(Watched::new("folder.f", bills, 1), Arc::clone(&counts)))]
    };
    (World::of("folder.f", &far, false), reads)
}

fn after(world: &World, hours: i64, which: &Which) -> usize {
    world.time.fetch_add(hours * 3_600, Ordering::Relaxed);
    world.syncer.pass(which, &CancellationToken::new()).failed
}

#[test]
fn what_is_held_back_is_read_again_when_it_may_be_taken_and_not_each_hour() {
    let (world, reads) = world();
    let read = || reads.load(Ordering::Relaxed);
    world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
    assert_eq!((world.pass().failed, read()), (0, 1));
    world.put("oct.csv", &bill("2026-10", 0..5, 1), 5);
    assert_eq!((world.pass().failed, read()), (1, 2));
    let trouble = world.standing().trouble.expect("told");
    for _ in 0..50 {
        assert_eq!(after(&world, 1, &Which::default()), 1, "it is said all the same");
    }
    assert_eq!((read(), world.standing().trouble.expect("told")), (2, trouble));
    // Whoever wishes for it has it read.
    let wish = Which { now: true, ..Which::default() };
    assert_eq!((after(&world, 1, &wish), read()), (1, 3));
    assert_eq!((after(&world, 1, &Which::default()), read()), (1, 3));
    // Another version of it, and what is stored being another, may be taken.
    world.put("oct.csv", &bill("2026-10", 0..6, 1), 6);
    assert_eq!((after(&world, 1, &Which::default()), read()), (1, 4));
    let import = world.vault.0.manifest().imports[0].id;
    spendtop::sync::undo::remove_import(&world.vault.0, import).expect("removed");
    assert_eq!((after(&world, 1, &Which::default()), read()), (0, 5));
    assert_eq!((world.sum(), world.standing().trouble), (usd(6), None));
}

#[test]
fn what_cannot_be_read_is_read_again_once_a_day() {
    let (world, reads) = world();
    world.put("oct.csv", "this is no bill", 0);
    assert_eq!(world.pass().failed, 1);
    for _ in 0..23 {
        after(&world, 1, &Which::default());
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    after(&world, 1, &Which::default());
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}
