//! Tests of the spool: what is read from it is what came, wherever it lay meanwhile.

use super::*;
use crate::domain::batch::{BatchBuilder, Facts, Limits, Row};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::provider::SourceKind;

/// A source of so many batches of so many charges, and a problem after each.
struct Made {
    batches: usize,
    rows: usize,
    /// Told after each batch.
    after: Box<dyn Fn() + Send>,
}

impl CostSource for Made {
    fn id(&self) -> SourceId {
        SourceId { name: "made.up".into(), kind: SourceKind::Api }
    }
    fn size(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        for number in 0..self.batches {
            sink.batch(&batch(number, self.rows))?;
            (self.after)();
            sink.problem(problem(number));
        }
        Ok(ReadSummary { estimated: [Day(20_000)].into(), ..ReadSummary::default() })
    }
}

fn batch(number: usize, rows: usize) -> ChargeBatch {
    let mut builder = BatchBuilder::new(Limits::default());
    for row in 0..rows {
        let mut profile = [""; Profile::COUNT];
        // Texts that hardly pack.
        let id = blake3::hash(format!("{number} {row}").as_bytes()).to_hex();
        profile[Profile::ResourceId.index()] = &id;
        let (start, end) = (Day(20_000).seconds(), Day(20_001).seconds());
        let (billing_start, billing_end) = (Day(20_000), Day(20_030));
        let quantities = [None; Quantity::COUNT];
        let facts = Facts { start, end, billing_start, billing_end, quantities };
        builder.push(&Row { profile, terms: [""; Terms::COUNT], facts });
    }
    builder.batch().clone()
}

fn problem(number: usize) -> Problem {
    let (file, column, value) = (number.to_string(), "BilledCost".into(), "x".into());
    Problem { file, line: 1, column, value, reason: "no number".into(), refused: true, group: None }
}

/// What a sink was told, in words.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        let last = batch.profile_text(batch.rows[batch.len() - 1].profile, Profile::ResourceId).to_owned();
        self.0.lock().expect("heard").push(format!("{} charges, the last {last}", batch.len()));
        Ok(())
    }
    fn problem(&self, problem: Problem) {
        self.0.lock().expect("heard").push(format!("problem {}", problem.file));
    }
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

fn heard(source: &mut dyn CostSource) -> (Vec<String>, ReadSummary) {
    let heard = Heard::default();
    let summary = source.read(&heard).expect("read");
    (heard.0.into_inner().expect("heard"), summary)
}

#[test]
fn what_was_put_by_is_read_as_it_came_as_often_as_need_be() {
    let folder = tempfile::tempdir().expect("folder");
    let made = |rows| Made { batches: 20, rows, after: Box::new(|| {}) };
    for (folder, rows) in [(None, 10), (Some(folder.path()), 10), (None, 12_000), (Some(folder.path()), 12_000)] {
        let never = AtomicBool::new(false);
        let mut spooled = Spool::new(folder, &Told, &never).fill(&mut made(rows)).expect("filled");
        assert_eq!(spooled.held.file.is_some(), folder.is_some() && rows > 10, "only what is much goes to the disk");
        assert!(folder.is_none() || spooled.held.rest.len() <= MEMORY);
        let want = heard(&mut made(rows));
        assert_eq!(want.0.len(), 40);
        assert_eq!((heard(&mut spooled), spooled.id().name.as_str()), (want.clone(), "made.up"));
        assert_eq!(heard(&mut spooled), want);
    }
}

#[test]
fn the_file_has_no_name_and_a_disk_that_fails_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().to_owned();
    let looks = move || assert_eq!(std::fs::read_dir(&place).expect("folder").count(), 0);
    let never = AtomicBool::new(false);
    let mut made = Made { batches: 20, rows: 12_000, after: Box::new(looks) };
    assert!(Spool::new(Some(folder.path()), &Told, &never).fill(&mut made).expect("filled").held.file.is_some());
    let nowhere = folder.path().join("nowhere");
    let mut made = Made { batches: 20, rows: 12_000, after: Box::new(|| {}) };
    let error = Spool::new(Some(&nowhere), &Told, &never).fill(&mut made).err().expect("no such folder");
    assert!(error.kind == Kind::Store && error.message.contains("nowhere"), "{error}");
}

#[test]
fn what_is_given_up_is_not_put_by() {
    let given_up = std::sync::Arc::new(AtomicBool::new(false));
    let theirs = std::sync::Arc::clone(&given_up);
    let mut made = Made { batches: 20, rows: 10, after: Box::new(move || theirs.store(true, Ordering::Relaxed)) };
    let error = Spool::new(None, &Told, &given_up).fill(&mut made).err().expect("given up");
    assert_eq!(error.kind, Kind::Interrupted);
}
