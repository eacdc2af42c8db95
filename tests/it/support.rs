//! What the tests share: importing files, adding up what a store really holds, and random numbers
//! that can be repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use spendtop::domain::charge::{Metric, Terms};
use spendtop::domain::money::Amount;
use spendtop::domain::numbers::Total;
use spendtop::error::{Error, Result};
use spendtop::provider::files::BillingFiles;
use spendtop::provider::{CostSource, Problem, ReadSummary, Sink, SourceId, SourceKind, Stop};
use spendtop::store::manifest::Group;
use spendtop::store::segment::Segment;
use spendtop::store::{Store, rollups};
use spendtop::sync::groups::Decisions;
use spendtop::sync::ingest::{Options, Outcome, Watcher, ingest};

/// Tag keys with rollups, as a fresh config has them.
#[must_use]
pub fn tag_keys() -> Vec<String> {
    ["team", "env"].map(str::to_owned).to_vec()
}

/// Keeps the problems that an import tells of.
#[derive(Default)]
pub struct Problems(pub Mutex<Vec<Problem>>);

impl Watcher for Problems {
    fn progress(&self, _bytes: u64, _rows: u64) {}
    fn problem(&self, problem: &Problem) {
        self.0.lock().expect("problems").push(problem.clone());
    }
}

/// How to import in a test.
#[derive(Clone, Default)]
pub struct How {
    pub source: Option<&'static str>,
    pub kind: Option<SourceKind>,
    pub threads: usize,
    pub decisions: Decisions,
    pub strict: bool,
    pub dry_run: bool,
}

/// Files of a source that may be another than an export.
struct Named(BillingFiles, Option<SourceKind>);

impl CostSource for Named {
    fn id(&self) -> SourceId {
        let id = self.0.id();
        SourceId { kind: self.1.unwrap_or(id.kind), ..id }
    }
    fn size(&self) -> Option<u64> {
        self.0.size()
    }
    fn leave_out(&mut self, hashes: BTreeSet<String>) {
        self.0.leave_out(hashes);
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        self.0.read(sink)
    }
}

/// Imports files as one batch; returns what became of it and the problems by file and line.
pub fn import_as(store: &Store, paths: &[&Path], how: &How) -> Result<(Outcome, Vec<Problem>)> {
    let paths: Vec<String> = paths.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let files = BillingFiles::new(how.source.unwrap_or("import"), &paths, how.threads.max(1))?;
    let problems = Problems::default();
    let options = Options {
        decisions: how.decisions,
        strict: how.strict,
        dry_run: how.dry_run,
        taken_at: 1_700_000_000,
        ..Options::default()
    };
    let outcome = ingest(store, &mut Named(files, how.kind), &options, &problems)?;
    let mut problems = problems.0.into_inner().expect("problems");
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok((outcome, problems))
}

/// Imports one file on one thread.
pub fn import(store: &Store, path: &Path) -> Result<(Outcome, Vec<Problem>)> {
    import_as(store, &[path], &How::default())
}

#[must_use]
pub fn memory() -> Store {
    Store::in_memory(&tag_keys())
}

/// Where the project's own small files lie.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A file of `shared/data`, which lies beside some checkouts only.
#[must_use]
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

/// Writes a file in a folder.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::File::create(&path).and_then(|mut f| f.write_all(bytes.as_ref())).expect("write");
    path
}

/// What a store's group holds: charges, and each currency's sum of each cost.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Held {
    pub rows: u64,
    pub costs: BTreeMap<String, [Total; 4]>,
}

impl Held {
    pub fn merge(&mut self, other: &Held) {
        self.rows += other.rows;
        for (currency, costs) in &other.costs {
            let slot = self.costs.entry(currency.clone()).or_default();
            slot.iter_mut().zip(costs).for_each(|(a, b)| a.merge(b));
        }
    }
}

/// Every group by source, provider, account and period, added up from its charges.
pub type State = BTreeMap<(String, String, String, String), Held>;

/// Adds up a group's charges, cost by cost, from its segments.
pub fn scan_group(store: &Store, group: &Group) -> Result<Held> {
    let mut held = Held::default();
    for number in group.parts.iter().flat_map(|p| &p.segments) {
        let segment = Segment::open(store.kv(), *number)?;
        let (texts, currencies) = segment.terms_column(Terms::Currency)?;
        for (chunk, runs) in segment.head.chunks.iter().enumerate() {
            let chunk = chunk as u32;
            let terms = segment.chunk_terms(chunk)?;
            let mut costs = Vec::new();
            for metric in Metric::ALL {
                costs.push(segment.chunk_numbers(chunk, metric.quantity())?);
            }
            let mut at = 0;
            for (window, rows) in runs {
                let ours = segment.head.windows[*window as usize].group == group.key;
                for row in at..at + *rows as usize {
                    if ours {
                        let currency = texts.get(currencies[terms[row] as usize]);
                        let slot = held.costs.entry(currency.to_owned()).or_default();
                        slot.iter_mut().zip(&costs).for_each(|(total, column)| total.add_units(column.units(row)));
                        held.rows += 1;
                    }
                }
                at += *rows as usize;
            }
        }
    }
    Ok(held)
}

/// Adds up everything in a store, group by group.
pub fn scan(store: &Store) -> Result<State> {
    let (_held, manifest) = store.read();
    let mut state = State::new();
    for group in &manifest.groups {
        let key = &group.key;
        let name =
            (group.source.clone(), key.provider.clone(), key.account.clone(), key.billing_period.month().to_string());
        state.insert(name, scan_group(store, group)?);
    }
    Ok(state)
}

/// What all groups that count hold together.
pub fn total(store: &Store) -> Held {
    let mut sum = Held::default();
    for group in store.manifest().active() {
        sum.merge(&scan_group(store, group).expect("scan"));
    }
    sum
}

/// One currency's exact sum of a cost over all that counts, as text.
#[must_use]
pub fn sum(store: &Store, currency: &str, metric: Metric) -> String {
    let held = total(store);
    let at = Metric::ALL.iter().position(|m| *m == metric).expect("metric");
    held.costs.get(currency).map_or_else(|| "none".to_owned(), |c| c[at].sum.to_string())
}

/// Holds every rollup of every group against the group's charges.
pub fn check_rollups(store: &Store) {
    let manifest = store.manifest();
    for group in &manifest.groups {
        let held = scan_group(store, group).expect("scan");
        for kind in manifest.kinds() {
            for (at, metric) in Metric::ALL.into_iter().enumerate() {
                let rollup = rollups::get(store.kv(), group.id, &kind, metric).expect("rollup").expect("kept");
                let mut sums: BTreeMap<String, Total> = BTreeMap::new();
                for cell in 0..rollup.len() {
                    let currency = rollup.currency_texts.get(rollup.currencies.get(cell)).to_owned();
                    sums.entry(currency).or_default().merge(&rollup.total(cell));
                }
                let want: BTreeMap<String, Total> = held.costs.iter().map(|(c, t)| (c.clone(), t[at])).collect();
                assert_eq!(sums, want, "{:?} by {kind:?}, {metric:?}", group.key);
            }
        }
    }
}

/// Asserts that everything in a store is whole.
pub fn check_sound(store: &Store) {
    let report = spendtop::store::check::run(store.kv(), &store.manifest(), &mut |_, _| {}).expect("check");
    assert_eq!(report.damage, Vec::<String>::new());
}

/// Everything that lies in the database, to see that something was left as it was.
#[must_use]
pub fn values(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    spendtop::store::kv::each_key(store.kv(), b"", |key| {
        let value = store.kv().get(key)?.unwrap_or_default();
        all.insert(key.to_vec(), value);
        Ok::<(), Error>(())
    })
    .expect("values");
    all
}

/// An exact amount from text.
#[must_use]
pub fn amount(text: &str) -> Amount {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Repeatable random numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    /// From `SPENDTOP_SEED`, or the time; prints the seed.
    #[must_use]
    pub fn seeded(what: &str) -> Random {
        let seed = std::env::var("SPENDTOP_SEED").ok().and_then(|s| s.parse().ok());
        let seed = seed.unwrap_or_else(|| spendtop::clock::now_seconds() as u64);
        println!("{what}: repeat with SPENDTOP_SEED={seed}");
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % bound.max(1)
    }
}

/// How often a random test runs: from the environment, or a few times.
#[must_use]
pub fn rounds(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}
