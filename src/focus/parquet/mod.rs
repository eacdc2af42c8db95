//! FOCUS as Parquet, row groups on several threads.
//!
//! Means the same as [`super::csv`]: the same rows as Parquet and as CSV give the same charges and
//! the same refusals, and a row's number stands where a line's would. Row groups go to workers in
//! turn, so that the same file on as many threads always gives the same batches.
//!
//! - [`guard`] holds what a file claims against its size, before anything is allocated;
//! - [`hybrid`], [`chunk`] and [`map`] turn pages into codes and raw values;
//! - [`value`] says what raw bytes mean; [`mod@column`], [`plan`] and [`worker`] make charges of them.
//!
//! Knows no store and no provider.

pub mod chunk;
pub mod column;
pub mod guard;
pub mod hybrid;
pub mod map;
pub mod plan;
#[cfg(test)]
mod tests;
pub mod value;
pub mod worker;

use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, Length};
use parquet::file::serialized_reader::SerializedFileReader;

use super::receive::{Outcome, Receive, Tally};
use crate::domain::batch::Limits;
use crate::error::{Error, Kind, Result};
use crate::threads;
use guard::{Positioned, check_footer, damaged};
use plan::Plan;
use worker::{Worker, guarded};

/// Reads a Parquet file. `at_once` threads read it; 1 reads on the caller's thread alone.
///
/// # Errors
/// Kind `Usage` where it is no FOCUS file or is damaged; those of `receive`.
pub fn read(file: File, at_once: usize, limits: Limits, receive: &dyn Receive) -> Result<Outcome> {
    let file = Positioned::new(file)?;
    file.check_ends()?;
    let (reader, plan) = guarded(|| {
        let reader = SerializedFileReader::new(file.clone()).map_err(damaged)?;
        check_footer(reader.metadata(), file.len())?;
        let plan = Plan::new(reader.metadata().file_metadata().schema_descr())?;
        Ok((reader, plan))
    })?;
    let hash = hash(&file, receive)?;
    let groups = groups(reader.metadata());
    let at_once = at_once.clamp(1, groups.len().max(1));
    let stop = AtomicBool::new(false);
    let work = |turn: usize| {
        let mut worker = Worker::new(&plan, &reader, &file, limits, receive);
        let mut run = || -> Result<()> {
            for (index, first, size) in groups.iter().skip(turn).step_by(at_once) {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::new(Kind::Interrupted, "reading stopped"));
                }
                worker.group(*index, *first)?;
                receive.progress(*size);
            }
            worker.finish()
        };
        let done = run();
        if done.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        done.map(|()| worker.tally)
    };
    let (mut tally, mut stopped) = (Tally::default(), None);
    for part in threads::share(at_once, work) {
        match part {
            Ok(part) => tally += part,
            // A worker that was told to stop says nothing of why.
            Err(error) if error.kind == Kind::Interrupted => stopped = Some(error),
            Err(error) => return Err(error),
        }
    }
    stopped.map_or_else(|| Ok(Outcome::new(&plan.layout, tally, hash, file.len())), Err)
}

/// Each row group's index, the number of its first row (from 1), and its packed size.
fn groups(meta: &ParquetMetaData) -> Vec<(usize, u64, u64)> {
    let mut first = 1;
    let groups = meta.row_groups().iter().enumerate();
    groups
        .map(|(index, group)| {
            let this = first;
            first += group.num_rows() as u64;
            (index, this, group.compressed_size().max(0) as u64)
        })
        .collect()
}

/// The BLAKE3 hash of the whole file, in hex.
fn hash(file: &Positioned, receive: &dyn Receive) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut input = file.from(0);
    loop {
        if receive.cancelled() {
            return Err(Error::new(Kind::Interrupted, "reading was stopped"));
        }
        let n = input.read(&mut buffer).map_err(|e| Error::usage(format!("the file cannot be read: {e}")))?;
        if n == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..n]);
    }
}
