//! Billing files of text, read on several threads: CSV, and lines of JSON.
//!
//! One thread cuts the stream into blocks of whole records ([`super::blocks`]). Workers split blocks
//! into records ([`super::split`], [`super::lines`]) and turn them into charges. A block goes to
//! whichever worker is free: one that is busy with a full batch holds nobody up. Which charges share
//! a batch therefore depends on time; no answer depends on that.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::blocks::{BLOCK, Block, Blocks, MARK, Pool, count_lines};
use super::dialect::{Dialect, Foreign, ForeignReader, Form, Record, unknown_json};
use super::layout::Layout;
use super::lines::{Line, Slots};
use super::receive::{Outcome, Receive, Refusal, Tally};
use super::rows::{Fields, RowReader};
use super::rules::FIELD_MAX;
use super::split::{Records, Scratch, delimiter};
use crate::domain::batch::{BatchBuilder, Limits};
use crate::error::{Error, Kind, Result};

/// Blocks that are cut ahead of each worker: enough to go on with while another stores a batch.
const BLOCKS_AHEAD: usize = 4;

/// What a stream of text is.
enum Text {
    /// CSV that is FOCUS.
    Focus(Layout),
    /// CSV that is translated.
    Foreign(Foreign),
    /// Lines of JSON, which are translated.
    Lines(Foreign, Slots),
}

/// Reads a stream of text; `dialects` are the kinds of files that are read besides FOCUS. `threads` of 1
/// reads on the caller's thread alone.
///
/// # Errors
/// Kind `Usage` where it is of no known kind or cannot be read to its end; those of `receive`.
pub fn read(
    input: impl Read + Send,
    dialects: &[&dyn Dialect],
    threads: usize,
    limits: Limits,
    receive: &dyn Receive,
) -> Result<Outcome> {
    let pool = Pool::default();
    let mut blocks = Blocks::new(input, &pool);
    let (text, first) = header(&mut blocks, dialects)?;
    let parts: Vec<Result<Worker<'_>>> = if threads <= 1 {
        let mut worker = Worker::new(&text, limits, receive);
        let run = feed(&mut blocks, first, receive, |block| worker.block(block, &pool)).and_then(|()| worker.finish());
        vec![run.map(|()| worker)]
    } else {
        on_threads(&mut blocks, first, threads, &text, limits, receive)?
    };
    let mut tally = Tally::default();
    for worker in parts {
        tally += worker?.tally;
    }
    let (hash, bytes) = (blocks.hash(), blocks.bytes);
    Ok(match &text {
        Text::Focus(layout) => Outcome::new(layout, "CSV", tally, hash, bytes),
        Text::Foreign(foreign) => Outcome::of_foreign(foreign, "CSV", tally, hash, bytes),
        Text::Lines(foreign, _) => Outcome::of_foreign(foreign, "JSON", tally, hash, bytes),
    })
}

fn on_threads<'a, R: Read>(
    blocks: &mut Blocks<'_, R>,
    first: Block,
    threads: usize,
    text: &'a Text,
    limits: Limits,
    receive: &'a dyn Receive,
) -> Result<Vec<Result<Worker<'a>>>> {
    let pool = blocks.pool();
    std::thread::scope(|scope| {
        let (sender, receiver): (SyncSender<Block>, Receiver<Block>) = sync_channel(threads * BLOCKS_AHEAD);
        let queue = Arc::new(Mutex::new(receiver));
        let failed = Arc::new(AtomicBool::new(false));
        let spawn = |_| {
            let (queue, failed) = (queue.clone(), failed.clone());
            scope.spawn(move || {
                let mut worker = Worker::new(text, limits, receive);
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
                let mut work = || {
                    while let Some(block) = next() {
                        worker.block(block, pool)?;
                    }
                    worker.finish()
                };
                let done = work();
                failed.fetch_or(done.is_err(), Ordering::Relaxed);
                done.map(|()| worker)
            })
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        // The queue ends when its last worker does, so that a cutter never waits for nobody.
        drop(queue);
        let fed = feed(blocks, first, receive, |block| {
            // A worker that failed says why: its error is the one to report.
            let stopped = || Error::new(Kind::Interrupted, "reading stopped");
            if failed.load(Ordering::Relaxed) { Err(stopped()) } else { sender.send(block).map_err(|_| stopped()) }
        });
        drop(sender);
        let parts: Vec<Result<Worker<'_>>> =
            handles.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect();
        match fed {
            Err(error) if parts.iter().all(Result::is_ok) => Err(error),
            _ => Ok(parts),
        }
    })
}

fn feed<R: Read>(
    blocks: &mut Blocks<'_, R>,
    first: Block,
    receive: &dyn Receive,
    mut give: impl FnMut(Block) -> Result<()>,
) -> Result<()> {
    let mut reported = 0;
    let mut block = Some(first);
    while let Some(full) = block {
        if receive.cancelled() {
            return Err(Error::new(Kind::Interrupted, "reading was stopped"));
        }
        give(full)?;
        receive.progress(blocks.bytes - reported);
        reported = blocks.bytes;
        block = blocks.next(BLOCK)?;
    }
    Ok(())
}

/// Reads what stands before the first record; the rest of its block follows.
fn header<R: Read>(blocks: &mut Blocks<'_, R>, dialects: &[&dyn Dialect]) -> Result<(Text, Block)> {
    let empty = || Error::usage("the file is empty").hint("a billing export starts with a line of column names");
    let start = blocks.look()?;
    if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
        return Err(Error::usage("the file is UTF-16").hint("convert it to UTF-8: iconv -f UTF-16 -t UTF-8 FILE"));
    }
    if matches!(start.strip_prefix(&MARK).unwrap_or(start).trim_ascii_start().first(), Some(b'{' | b'[')) {
        return lines(blocks, dialects);
    }
    let delimiter = delimiter(start.split(|byte| *byte == b'\n').next().unwrap_or_default());
    blocks.split_at(delimiter);
    let mut block = blocks.next(1)?.ok_or_else(empty)?;
    if block.bytes().starts_with(&MARK) {
        block.range.start += MARK.len();
    }
    let mut reader = csv_reader(block.bytes(), delimiter);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|e| Error::usage(format!("the header cannot be read: {e}")))?;
    if record.iter().all(<[u8]>::is_empty) {
        return Err(empty());
    }
    let names: Vec<String> = record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect();
    let text = match Form::of(&names, dialects)? {
        Form::Focus(layout) => Text::Focus(layout),
        Form::Foreign(foreign) => Text::Foreign(foreign),
    };
    let at = (reader.position().byte() as usize).min(block.bytes().len());
    block.line += count_lines(&block.bytes()[..at]);
    block.range.start += at;
    Ok((text, block))
}

/// Tells what lines of JSON are by the first of them, which stays in its block.
fn lines<R: Read>(blocks: &mut Blocks<'_, R>, dialects: &[&dyn Dialect]) -> Result<(Text, Block)> {
    blocks.by_lines();
    // All of a JSON file may be one line, which is too long for a row.
    let Ok(Some(mut block)) = blocks.next(1) else { return Err(unknown_json()) };
    if block.bytes().starts_with(&MARK) {
        block.range.start += MARK.len();
    }
    let first = block.bytes().split(|byte| *byte == b'\n').next().unwrap_or_default();
    let names = Slots::names(first).unwrap_or_default();
    let foreign = Foreign::of_members(&names, dialects).unwrap_or_else(|| Err(unknown_json()))?;
    let slots = Slots::new(&foreign);
    Ok((Text::Lines(foreign, slots), block))
}

fn csv_reader(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).buffer_capacity(64 * 1024).from_reader(bytes)
}

/// How a worker makes charges of records.
enum Rows<'a> {
    Focus(&'a Layout, RowReader<'a>),
    Foreign(&'a Foreign, ForeignReader<'a>),
    Lines(&'a Foreign, ForeignReader<'a>, Line<'a>),
}

struct Worker<'a> {
    rows: Rows<'a>,
    builder: BatchBuilder,
    receive: &'a dyn Receive,
    scratch: Scratch,
    tally: Tally,
}

impl<'a> Worker<'a> {
    fn new(text: &'a Text, limits: Limits, receive: &'a dyn Receive) -> Self {
        let rows = match text {
            Text::Focus(layout) => Rows::Focus(layout, RowReader::new(layout)),
            Text::Foreign(foreign) => Rows::Foreign(foreign, ForeignReader::new(foreign)),
            Text::Lines(foreign, slots) => Rows::Lines(foreign, ForeignReader::new(foreign), Line::new(slots)),
        };
        let (builder, scratch, tally) = (BatchBuilder::new(limits), Scratch::default(), Tally::default());
        Worker { rows, builder, receive, scratch, tally }
    }

    fn block(&mut self, block: Block, pool: &Pool) -> Result<()> {
        match self.rows {
            Rows::Lines(..) => self.lines(block.bytes(), block.line)?,
            _ => self.records(block.bytes(), block.delimiter, block.line)?,
        }
        pool.put(block.into_buffer());
        Ok(())
    }

    fn records(&mut self, bytes: &[u8], delimiter: u8, mut line: u64) -> Result<()> {
        let is_utf8 = std::str::from_utf8(bytes).is_ok();
        let mut records = Records::new(bytes, delimiter, std::mem::take(&mut self.scratch));
        let mut counted = 0;
        while records.advance() {
            if self.row(&mut records) {
                self.tally.repaired += u64::from(!is_utf8 && self.rows.is_broken(&records));
            } else {
                line += count_lines(&bytes[counted..records.start()]);
                counted = records.start();
                self.refuse(&mut records, line);
            }
            self.hand_over_full()?;
        }
        self.scratch = records.into_scratch();
        Ok(())
    }

    fn lines(&mut self, bytes: &[u8], first: u64) -> Result<()> {
        for (number, text) in (first..).zip(bytes.split(|byte| *byte == b'\n')) {
            let Rows::Lines(_, reader, line) = &mut self.rows else { break };
            if text.trim_ascii().is_empty() {
                continue;
            }
            if let Err(reason) = line.read(text) {
                self.tally.refused += 1;
                self.receive.refused(number, Refusal::row(reason), None);
            } else if reader.push(&mut self.builder, line, &mut self.tally) {
                self.tally.repaired += u64::from(line.is_repaired());
            } else {
                self.tally.refused += 1;
                reader.refuse(line, number, self.receive);
            }
            self.hand_over_full()?;
        }
        Ok(())
    }

    fn hand_over_full(&mut self) -> Result<()> {
        if self.builder.is_full() && !self.builder.is_empty() {
            self.receive.batch(self.builder.batch())?;
            self.builder.clear();
        }
        Ok(())
    }

    /// Adds a record to the batch, where it is a charge.
    fn row(&mut self, records: &mut Records<'_>) -> bool {
        if records.len() != self.rows.columns() {
            return false;
        }
        if records.raw().len() > FIELD_MAX {
            records.unescape();
            if self.rows.has_long(records) {
                return false;
            }
        }
        match &mut self.rows {
            Rows::Focus(_, reader) => reader.push(&mut self.builder, records, &mut self.tally),
            Rows::Foreign(_, reader) | Rows::Lines(_, reader, _) => {
                records.unescape();
                reader.push(&mut self.builder, &*records, &mut self.tally)
            }
        }
    }

    fn refuse(&mut self, records: &mut Records<'_>, line: u64) {
        self.tally.refused += 1;
        let (fields, columns) = (records.len(), self.rows.columns());
        if fields != columns {
            let reason = format!("has {fields} fields, the header has {columns}");
            return self.receive.refused(line, Refusal::row(reason), None);
        }
        match &mut self.rows {
            Rows::Focus(_, reader) => reader.refuse(records, line, self.receive),
            Rows::Foreign(foreign, reader) | Rows::Lines(foreign, reader, _) => {
                records.unescape();
                match foreign.reads.iter().find(|at| records.get(**at).len() > FIELD_MAX) {
                    Some(long) => {
                        let reason = format!("longer than {} KiB", FIELD_MAX / 1024);
                        let refusal = Refusal::of(&foreign.names[*long], records.get(*long), reason);
                        self.receive.refused(line, refusal, None);
                    }
                    None => reader.refuse(&*records, line, self.receive),
                }
            }
        }
    }

    fn finish(&mut self) -> Result<()> {
        if self.builder.is_empty() { Ok(()) } else { self.receive.batch(self.builder.batch()) }
    }
}

impl Rows<'_> {
    fn columns(&self) -> usize {
        match self {
            Rows::Focus(layout, _) => layout.names.len(),
            Rows::Foreign(foreign, _) | Rows::Lines(foreign, ..) => foreign.names.len(),
        }
    }

    /// Whether any field that is read is true of this.
    fn any(&self, records: &Records<'_>, is: impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Rows::Focus(layout, _) => layout.kept().any(|at| is(records.get(at))),
            Rows::Foreign(foreign, _) | Rows::Lines(foreign, ..) => foreign.reads.iter().any(|at| is(records.get(*at))),
        }
    }

    fn is_broken(&self, records: &Records<'_>) -> bool {
        self.any(records, |field| std::str::from_utf8(field).is_err())
    }

    fn has_long(&self, records: &Records<'_>) -> bool {
        self.any(records, |field| field.len() > FIELD_MAX)
    }
}

impl Record for Records<'_> {
    fn field(&self, at: usize) -> &[u8] {
        self.get(at)
    }
}
