//! How long an import takes, durably, on one thread and on two.
//!
//! `SPENDTOP_BENCH_FILE=focus.csv cargo bench --bench import`

#![allow(missing_docs, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]

mod small;

use std::path::PathBuf;
use std::sync::OnceLock;

use divan::Bencher;

const ROWS: usize = 200_000;

fn file() -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        small::given("SPENDTOP_BENCH_FILE", "a FOCUS file, CSV or Parquet").unwrap_or_else(|| {
            let path = std::env::temp_dir().join(format!("spendtop-bench-{}.csv", std::process::id()));
            small::write(&path, ROWS);
            path
        })
    })
}

#[divan::bench(args = [1, 2], sample_count = 3, sample_size = 1)]
fn import(bencher: Bencher<'_, '_>, threads: usize) {
    let bytes = std::fs::metadata(file()).map_or(0, |m| m.len());
    bencher
        .counter(divan::counter::BytesCount::new(bytes))
        .with_inputs(|| tempfile::tempdir().expect("a folder"))
        .bench_local_values(|folder| {
            small::import(file(), &folder.path().join("store"), threads);
            folder
        });
}

fn main() {
    divan::main();
    if std::env::var_os("SPENDTOP_BENCH_FILE").is_none() {
        // Ours, and not needed any more.
        let _ = std::fs::remove_file(file());
    }
}
