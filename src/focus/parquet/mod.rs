//! FOCUS as Parquet, row groups on several threads.
//!
//! Means the same as [`super::csv`]: the same rows as Parquet and as CSV give the same charges and
//! the same refusals, and a row's number stands where a line's would. Row groups go to workers in
//! turn, so that the same file on as many threads always gives the same batches.
//!
//! - [`guard`] holds what a file claims against its size, before anything is allocated;
//! - [`hybrid`], [`chunk`], [`map`] and [`record`] turn pages into codes and raw values;
//! - [`value`] says what raw bytes mean; [`mod@column`], [`plan`] and [`worker`] make charges of them;
//! - [`foreign`] and [`list`] read files that are not FOCUS, as texts that are translated.
//!
//! Knows no store and no provider.

pub mod chunk;
pub mod column;
pub mod foreign;
pub mod guard;
pub mod hybrid;
pub mod list;
pub mod map;
pub mod plan;
pub mod record;
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
use parquet::schema::types::SchemaDescriptor;

use super::dialect::{Dialect, known};
use super::receive::{Outcome, Receive, Tally};
use crate::domain::batch::Limits;
use crate::error::{Error, Kind, Result};
use crate::threads;
use foreign::{ForeignPlan, ForeignWorker};
use guard::{Positioned, check_footer, damaged};
use plan::Plan;
use worker::{Worker, guarded};

/// How the rows of a file are read.
enum Way {
    /// As they are: it is FOCUS.
    Focus(Plan),
    /// By translation.
    Foreign(ForeignPlan),
}

/// Reads a Parquet file; `dialects` are the kinds of files that are read besides FOCUS. `at_once` threads
/// read it; 1 reads on the caller's thread alone.
///
/// # Errors
/// Kind `Usage` where it is of no known kind or is damaged; those of `receive`.
pub fn read(
    file: File,
    dialects: &[&dyn Dialect],
    at_once: usize,
    limits: Limits,
    receive: &dyn Receive,
) -> Result<Outcome> {
    let file = Positioned::new(file)?;
    file.check_ends()?;
    let (reader, way) = guarded(|| {
        let reader = SerializedFileReader::new(file.clone()).map_err(damaged)?;
        check_footer(reader.metadata(), file.len())?;
        let way = way(reader.metadata().file_metadata().schema_descr(), dialects)?;
        Ok((reader, way))
    })?;
    let hash = hash(&file, receive)?;
    let groups = groups(reader.metadata());
    let at_once = at_once.clamp(1, groups.len().max(1));
    let stop = AtomicBool::new(false);
    let work = |turn: usize| {
        let run = || -> Result<Tally> {
            let mut worker: Box<dyn ReadGroups + '_> = match &way {
                Way::Focus(plan) => Box::new(Worker::new(plan, &reader, &file, limits, receive)),
                Way::Foreign(plan) => Box::new(ForeignWorker::new(plan, &reader, &file, limits, receive)),
            };
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
        done
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
    let done = || match &way {
        Way::Focus(plan) => Outcome::new(&plan.layout, "Parquet", tally, hash, file.len()),
        Way::Foreign(plan) => Outcome::of_foreign(&plan.foreign, "Parquet", tally, hash, file.len()),
    };
    stopped.map_or_else(|| Ok(done()), Err)
}

/// Reads row groups one by one.
trait ReadGroups {
    /// Reads a row group, whose first row is number `first` of the file.
    fn group(&mut self, index: usize, first: u64) -> Result<()>;
    /// Hands in what is left; what became of the rows.
    fn finish(&mut self) -> Result<Tally>;
}

impl ReadGroups for Worker<'_> {
    fn group(&mut self, index: usize, first: u64) -> Result<()> {
        Worker::group(self, index, first)
    }

    fn finish(&mut self) -> Result<Tally> {
        Worker::finish(self).map(|()| self.tally)
    }
}

impl ReadGroups for ForeignWorker<'_> {
    fn group(&mut self, index: usize, first: u64) -> Result<()> {
        ForeignWorker::group(self, index, first)
    }

    fn finish(&mut self) -> Result<Tally> {
        ForeignWorker::finish(self).map(|()| self.tally)
    }
}

/// Tells how a file with this schema is read.
fn way(schema: &SchemaDescriptor, dialects: &[&dyn Dialect]) -> Result<Way> {
    let error = match Plan::new(schema) {
        Ok(plan) => return Ok(Way::Focus(plan)),
        Err(error) => error,
    };
    match ForeignPlan::new(schema, dialects) {
        Some(plan) => plan.map(Way::Foreign),
        None if dialects.is_empty() => Err(error),
        None => Err(error.hint(known(dialects))),
    }
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
