//! Sources that one process reads and another takes in.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::domain::batch::ChargeBatch;
use crate::domain::numbers::Numbers;
use crate::host::chore::Chore;
use crate::host::message::{Fed, Intake, Taken};
use crate::provider::files::BillingFiles;
use crate::provider::{CostSource, Problem, ReadSummary, Sink, SourceId, SourceKind, Stop};
use crate::store::Store;
use crate::sync::ingest::Outcome;

const HEADER: &str = "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,ResourceId\n";

/// Rows of one account period; `bad` of them are refused.
fn bill(folder: &Path, name: &str, rows: u32, bad: u32) -> String {
    let row = |id: u32| {
        let cost = if id < bad { "much".to_owned() } else { format!("{id}.000000000000000001") };
        format!("USD,{cost},2024-10-14T00:00:00Z,2024-10-15T00:00:00Z,AWS,r-{name}-{id}\n")
    };
    let path = folder.join(name);
    std::fs::write(&path, (0..rows).fold(HEADER.to_owned(), |text, id| text + &row(id))).expect("written");
    path.to_string_lossy().into_owned()
}

#[derive(Default)]
struct Seen {
    rows: AtomicU64,
    problems: Mutex<Vec<Problem>>,
}

impl Watcher for Seen {
    fn progress(&self, _: u64, rows: u64) {
        self.rows.fetch_max(rows, Ordering::Relaxed);
    }
    fn problem(&self, problem: &Problem) {
        self.problems.lock().expect("problems").push(problem.clone());
    }
}

/// Two hosts of one store, the second attached, and a store in memory to compare with.
fn empty_pair() -> (tempfile::TempDir, Host, Host, Store) {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let owner = Host::open(setup(&place), true).expect("owner");
    let attached = Host::open(setup(&place), true).expect("attached");
    (folder, owner, attached, Store::in_memory(&setup(&place).tag_keys))
}

fn both(attached: &Host, alone: &Store, files: &[String], options: &Options) -> [Result<Outcome>; 2] {
    let read = || BillingFiles::new("import", files, 2).expect("files");
    let (seen, seen_alone) = (Seen::default(), Seen::default());
    let theirs = attached.import(&mut read(), options, &seen, &|| {});
    let ours = ingest::ingest(alone, &mut read(), options, &seen_alone);
    assert_eq!(seen.rows.into_inner(), seen_alone.rows.into_inner());
    assert_eq!(seen.problems.into_inner().expect("all"), seen_alone.problems.into_inner().expect("all"));
    [theirs, ours]
}

#[test]
fn an_import_through_the_owner_is_the_one_that_it_would_make_itself() {
    let (folder, owner, attached, alone) = empty_pair();
    let at = |name: &str, rows, bad| bill(folder.path(), name, rows, bad);
    let (first, other, broken) = (at("a.csv", 40, 0), at("b.csv", 30, 0), at("c.csv", 50, 3));
    let part = Options {
        decisions: crate::sync::groups::Decisions { part: true, ..Default::default() },
        ..Options::default()
    };
    let strict = Options { strict: true, ..Options::default() };
    let dry = Options { dry_run: true, ..Options::default() };
    for (files, options) in [
        (vec![&first], &Options::default()),
        (vec![&first], &Options::default()),
        (vec![&other], &Options::default()),
        (vec![&other, &first], &part),
        (vec![&broken], &strict),
        (vec![&broken], &dry),
        (vec![&broken], &Options::default()),
    ] {
        let files: Vec<String> = files.into_iter().cloned().collect();
        let [theirs, ours] = both(&attached, &alone, &files, options);
        assert_eq!(theirs, ours, "{files:?}");
    }
    let manifest = attached.manifest().expect("manifest");
    assert_eq!(manifest, owner.manifest().expect("manifest"));
    let rows = |manifest: &crate::store::manifest::Manifest| manifest.active().iter().map(|g| g.rows()).sum::<u64>();
    assert_eq!(rows(&manifest), rows(&alone.manifest()));
    let sums = Question::Query(Query { lens: lens(), granularity: None, sort: Sort::Cost, limit: None });
    let expected = crate::engine::local::LocalEngine::new(Arc::new(alone), setup(folder.path()).settings.settle, false)
        .ask(&sums, today(), &Cancel::default());
    assert_eq!(attached.ask(&sums, today(), &Cancel::default()), expected);
    assert!(attached.check().expect("check").0.damage.is_empty());
    assert_eq!(attached.count(&Chore::RemoveImport(1)), Ok(0));
    assert!(owner.manifest().expect("manifest").import(1).is_none());
}

fn lens() -> Lens {
    Lens { by: vec![Dimension::Resource], metric: crate::domain::charge::Metric::Billed, ..Lens::default() }
}

/// Hands over a batch, then does as it is told.
struct Odd<'a>(Ending<'a>);

type Ending<'a> = &'a (dyn Fn() -> Result<ReadSummary, Stop> + Sync);

impl CostSource for Odd<'_> {
    fn id(&self) -> SourceId {
        SourceId { name: "odd".into(), kind: SourceKind::Export }
    }
    fn size(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        sink.batch(&batch())?;
        (self.0)()
    }
}

/// A batch of a few charges, as the demo's reader makes them.
fn batch() -> ChargeBatch {
    struct Kept(Mutex<Option<ChargeBatch>>);
    impl Sink for Kept {
        fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
            self.0.lock().expect("kept").get_or_insert_with(|| batch.clone());
            Ok(())
        }
        fn problem(&self, _: Problem) {}
        fn progress(&self, _: u64) {}
        fn cancelled(&self) -> bool {
            false
        }
    }
    let kept = Kept(Mutex::default());
    Demo::new(1, today()).last_days(1).read(&kept).expect("read");
    kept.0.into_inner().expect("kept").expect("a batch")
}

#[test]
fn what_ends_early_commits_nothing() {
    let (_folder, owner, attached, _) = empty_pair();
    let given_up = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&given_up);
    let endings: [(Ending<'_>, Kind, &str); 3] = [
        (&|| Err(Stop::Failed(Error::usage("the file is cut short"))), Kind::Usage, "the file is cut short"),
        (&|| Err(Stop::Cancelled), Kind::Interrupted, "nothing was changed"),
        (
            &|| {
                // Ctrl-C when all has been read already.
                flag.store(true, Ordering::Relaxed);
                Err(Stop::Cancelled)
            },
            Kind::Interrupted,
            "nothing was changed",
        ),
    ];
    for (ending, kind, said) in endings {
        let options = Options { cancelled: Arc::clone(&given_up), ..Options::default() };
        let error = attached.import(&mut Odd(ending), &options, &Unwatched, &|| {}).expect_err("ended early");
        assert!(error.kind == kind && error.message.contains(said), "{error}");
        assert!(owner.about().expect("about").empty);
    }
}

#[test]
fn a_batch_that_no_reader_makes_is_not_whole() {
    type Spoil = fn(&mut ChargeBatch);
    let wrong: [(&str, Spoil); 9] = [
        ("profile", |b| b.rows[0].profile = u32::MAX),
        ("start", |b| b.terms[0].start = 86_400),
        ("duration", |b| b.terms[0].duration = i64::MAX),
        ("duration", |b| b.terms[0].duration = -1),
        ("billing end", |b| b.terms[0].billing_end = Day(i32::MAX)),
        ("day", |b| b.windows[0].day = Day(i32::MIN)),
        ("billing period", |b| b.windows[0].billing_period = Day(7_300 - 1)),
        ("cost", |b| {
            b.quantities[0] = Numbers::Narrow { scale: 0, values: vec![i64::MAX; b.len()] };
        }),
        ("cost", |b| b.quantities[0] = Numbers::Wide(vec![i128::MAX; b.len()])),
    ];
    assert!(batch().is_whole());
    for (what, spoil) in wrong {
        let mut batch = batch();
        spoil(&mut batch);
        assert!(!batch.is_whole(), "{what}");
    }
}

/// An import's connection, after the owner has let it begin.
fn begun(place: &Path) -> Wire {
    let mut wire = knock(place, Purpose::Import);
    let id = SourceId { name: "odd".into(), kind: SourceKind::Export };
    let decisions = crate::sync::groups::Decisions::default();
    let intake =
        Intake { id, size: None, decisions, strict: false, dry_run: false, renews: None, threads: 2, taken_at: 1 };
    wire.send(&intake).expect("sent");
    // The one before may not be put away yet.
    let mut said = wire.receive(1 << 20);
    while matches!(said, Ok(Some(Taken::Waiting))) {
        said = wire.receive(1 << 20);
    }
    assert!(matches!(said, Ok(Some(Taken::Begin(_)))));
    wire
}

#[test]
fn whoever_goes_in_the_middle_or_sends_nonsense_commits_nothing() {
    let (folder, owner, attached, _) = empty_pair();
    let place = folder.path().join("store");
    let failed = |wire: &mut Wire| match wire.receive::<Taken>(1 << 20) {
        Ok(Some(Taken::Failed(error))) => error.message,
        other => panic!("{other:?}"),
    };
    let done = Fed::Done(ReadSummary::default());
    let gone = begun(&place);
    gone.sender().send_packed(&batch()).expect("sent");
    drop(gone);

    let mut wrong = batch();
    wrong.rows[0].profile = u32::MAX;
    let mut liar = begun(&place);
    liar.sender().send_packed(&wrong).and_then(|()| liar.send(&done)).expect("sent");
    assert!(failed(&mut liar).contains("make no sense"));

    let mut noise = begun(&place);
    noise.sender().send_bytes(frame::Kind::Packed, &[0xff; 1000]).and_then(|()| noise.send(&done)).expect("sent");
    assert!(failed(&mut noise).contains("make no sense"));
    assert!(owner.about().expect("about").empty);

    let outcome = attached.import(&mut Odd(&|| Ok(ReadSummary::default())), &Options::default(), &Unwatched, &|| {});
    assert_eq!(outcome.expect("taken").import, Some(1), "others still can");
}

#[test]
fn one_import_waits_for_another() {
    let (folder, owner, attached, _) = empty_pair();
    let held = owner.owner().expect("owned");
    let writing = held.serving().store().writing().expect("held");
    let (sender, told) = mpsc::channel();
    let file = bill(folder.path(), "a.csv", 10, 0);
    std::thread::scope(|scope| {
        let import = scope.spawn(|| {
            let mut files = BillingFiles::new("import", &[file], 1).expect("files");
            attached.import(&mut files, &Options::default(), &Unwatched, &|| sender.send(()).expect("told"))
        });
        assert_eq!(told.recv(), Ok(()));
        assert!(owner.about().expect("about").empty);
        drop(writing);
        assert_eq!(import.join().expect("no panic").expect("taken").rows, 10);
    });
}

#[test]
fn files_of_charges_are_the_same_from_both() {
    let (folder, owner, attached, _) = empty_pair();
    fill(&owner.owner().expect("owned"));
    let scope = crate::engine::export::Scope {
        period: None,
        filter: crate::domain::filter::Filter::default(),
        currency: None,
        format: crate::focus::write::Format::Json,
    };
    let written = |host: &Host, name: &str| {
        let path = folder.path().join(name);
        let open = || -> Result<Box<dyn Write + Send>> { Ok(Box::new(std::fs::File::create(&path).expect("file"))) };
        let count = host.export(&scope, &open, &Cancel::default()).expect("written");
        (count, std::fs::read(&path).expect("read"))
    };
    let (ours, theirs) = (written(&owner, "a"), written(&attached, "b"));
    assert!(ours.0 > 100 && ours == theirs);
}

#[test]
fn an_owner_that_takes_a_source_in_is_not_unused() {
    let (folder, owner, attached, _) = empty_pair();
    let wire = begun(&folder.path().join("store"));
    let owned = owner.owner().expect("owned");
    let ends = std::thread::spawn(move || owned.serve_until_unused(Duration::from_millis(1)));
    for _ in 0..20 {
        assert_eq!(attached.extent().expect("still served").rows, 0);
    }
    assert!(!ends.is_finished());
    drop(wire);
    ends.join().expect("no panic");
}

#[test]
fn an_owner_that_ends_takes_in_what_another_is_reading() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let (sender, waits) = mpsc::channel();
    let sender = Mutex::new(sender);
    let told = move || sender.lock().expect("test").send(()).expect("test listens");
    let owner = Host::open(Setup { waits: Arc::new(told), ..setup(&place) }, false).expect("owner");
    let attached = Host::open(setup(&place), false).expect("attached");
    let mut wire = begun(&place);
    let ends = std::thread::spawn(move || drop(owner));
    waits.recv().expect("it says that it waits");
    assert_eq!(attached.extent().expect("still served").rows, 0);
    wire.sender().send_packed(&batch()).expect("sent");
    wire.send(&Fed::Done(ReadSummary::default())).expect("sent");
    let (_, said) = wire.next(1 << 20).expect("told").expect("what became of it");
    assert_eq!(wire::unpack::<Outcome>(&said).expect("taken").import, Some(1));
    drop(wire);
    ends.join().expect("no panic");
    assert_eq!(attached.extent().expect("extent").rows, batch().len() as u64);
    assert!(attached.owner().is_some());
}

/// A source that cannot be read twice, as a pipe: what it holds comes after its owner has gone.
struct Pipe<'a> {
    begun: &'a mpsc::Sender<()>,
    times: u32,
}

impl CostSource for Pipe<'_> {
    fn id(&self) -> SourceId {
        SourceId { name: "pipe".into(), kind: SourceKind::Export }
    }
    fn size(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        self.times += 1;
        self.begun.send(()).expect("test listens");
        while !sink.cancelled() {
            std::thread::yield_now();
        }
        Err(Stop::Cancelled)
    }
}

#[test]
fn what_was_begun_to_be_read_is_not_read_again_where_the_owner_is_lost() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().to_owned();
    let listener = std::os::unix::net::UnixListener::bind(setup(&place).socket().expect("path")).expect("bound");
    let (begun, begins) = mpsc::channel();
    let short_lived = std::thread::spawn(move || {
        let welcomed = || {
            let mut wire = Wire::new(listener.accept().expect("knock").0).expect("wire");
            let _: Option<Hello> = wire.receive(1 << 20).expect("hello");
            wire.send(&Welcome { greeting: Greeting::ours(), process: 1, refused: None }).expect("sent");
            wire
        };
        let (_asks, mut imports) = (welcomed(), welcomed());
        let _: Option<Intake> = imports.receive(1 << 20).expect("intake");
        imports.send(&Taken::Begin(Vec::new())).expect("sent");
        begins.recv().expect("it is read");
    });
    let host = Host::open(setup(&place), false).expect("attached");
    let mut pipe = Pipe { begun: &begun, times: 0 };
    let error = host.import(&mut pipe, &Options::default(), &Unwatched, &|| {}).expect_err("lost");
    short_lived.join().expect("no panic");
    assert!(error.message.contains("has gone: nothing was changed"), "{error}");
    assert_eq!(pipe.times, 1);
}

#[test]
fn a_batch_is_the_same_after_the_wire() {
    let before = batch();
    let after: ChargeBatch = postcard::from_bytes(&postcard::to_stdvec(&before).expect("packed")).expect("read");
    assert_eq!(postcard::to_stdvec(&after).expect("packed"), postcard::to_stdvec(&before).expect("packed"));
    assert!((0..before.len()).all(|row| after.identity(row) == before.identity(row)));
}
