//! FOCUS as CSV, read on several threads.
//!
//! One thread cuts the stream into blocks that end where a record ends; it follows the quotes
//! exactly, so that a line break inside of a quoted text never cuts a row. Workers split blocks
//! into records ([`super::split`]) and turn them into charges. A block goes to whichever worker is
//! free: one that is busy with a full batch holds nobody up. Which charges share a batch therefore
//! depends on time; no answer depends on that.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::layout::Layout;
use super::receive::{Outcome, Receive, Refusal, Tally};
use super::rows::{Fields, RowReader};
use super::rules::FIELD_MAX;
use super::split::{Records, Scratch};
use crate::domain::batch::{BatchBuilder, Limits};
use crate::error::{Error, Kind, Result};

/// A row longer than this ends the reading: a quote that is never closed would swallow the file.
pub const ROW_MAX: usize = 1 << 20;
/// The byte order mark that some programs begin a file with.
const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
/// Bytes that a block has, about.
const BLOCK: usize = 512 << 10;
/// Blocks that are cut ahead of each worker: enough to go on with while another stores a batch.
const BLOCKS_AHEAD: usize = 4;
/// Bytes that are read, hashed and looked through at a time: they stay in the processor's cache.
const PIECE: usize = 128 << 10;

/// Whole records, in the order of the file.
pub struct Block {
    /// The records' bytes, and more that is not theirs.
    buffer: Vec<u8>,
    range: std::ops::Range<usize>,
    /// The line on which it starts, from 1.
    pub line: u64,
}

impl Block {
    /// The records' bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }
}

/// Buffers that blocks were read into, to be used again.
#[derive(Default)]
struct Pool(Mutex<Vec<Vec<u8>>>);

impl Pool {
    fn get(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put(&self, buffer: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Cuts a stream into blocks of whole records.
pub struct Blocks<'p, R> {
    input: R,
    pool: &'p Pool,
    /// What is read and not yet handed out is at its start.
    buffer: Vec<u8>,
    /// How much of `buffer` that is.
    filled: usize,
    /// How far it has been looked through.
    seen: usize,
    /// Whether `seen` lies within a quoted field.
    quoted: bool,
    /// The end of the last whole record before `seen`.
    cut: usize,
    /// The line on which `buffer` starts.
    line: u64,
    ended: bool,
    hasher: blake3::Hasher,
    /// Uncompressed bytes read.
    pub bytes: u64,
}

impl<'p, R: Read> Blocks<'p, R> {
    /// Cuts `input`, which starts at a record.
    fn new(input: R, pool: &'p Pool) -> Self {
        Blocks {
            input,
            pool,
            buffer: Vec::new(),
            filled: 0,
            seen: 0,
            quoted: false,
            cut: 0,
            line: 1,
            ended: false,
            hasher: blake3::Hasher::new(),
            bytes: 0,
        }
    }

    /// The hash of everything read, in hex.
    #[must_use]
    pub fn hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }

    /// The next block of about `size` bytes; `None` at the end.
    ///
    /// # Errors
    /// Kind `Usage` where the input cannot be read or a row has no end.
    pub fn next(&mut self, size: usize) -> Result<Option<Block>> {
        loop {
            self.scan();
            if self.ended && self.quoted {
                // What follows the quote would be one long text: rows would be lost.
                let line = self.line + count_lines(&self.buffer[..self.cut]);
                return Err(Error::usage(format!("line {line}: a quote is opened there and never closed"))
                    .hint("nothing of the file was taken: is it cut short, or a quote missing?"));
            }
            if self.cut >= size || (self.ended && self.cut > 0) {
                return Ok(Some(self.take(self.cut)));
            }
            if self.ended {
                return Ok((self.filled > 0).then(|| self.take(self.filled)));
            }
            if self.filled - self.cut > ROW_MAX + size {
                let line = self.line + count_lines(&self.buffer[..self.cut]);
                return Err(Error::usage(format!("line {line}: a row is longer than {} KiB", ROW_MAX / 1024))
                    .hint("is a quote opened there and never closed? nothing of the file was taken"));
            }
            self.fill(size)?;
        }
    }

    fn take(&mut self, len: usize) -> Block {
        let mut next = self.pool.get();
        let rest = self.filled - len;
        if next.len() < rest {
            next.resize(rest.max(BLOCK), 0);
        }
        next[..rest].copy_from_slice(&self.buffer[len..self.filled]);
        let buffer = std::mem::replace(&mut self.buffer, next);
        let line = self.line;
        self.line += count_lines(&buffer[..len]);
        self.filled = rest;
        self.seen -= len.min(self.seen);
        self.cut = 0;
        Block { buffer, range: 0..len, line }
    }

    fn fill(&mut self, size: usize) -> Result<()> {
        let want = self.filled + size.max(64 * 1024) + 64 * 1024;
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        let before = self.filled;
        let end = self.buffer.len().min(before + PIECE);
        while self.filled < end && !self.ended {
            match self.input.read(&mut self.buffer[self.filled..end]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let error = Error::usage(format!("the input cannot be read to its end: {e}"));
                    // What is larger than it may be says itself what to do: it comes no better again.
                    return Err(match e.kind() {
                        std::io::ErrorKind::FileTooLarge => error.hint("nothing of it was taken"),
                        _ => error.hint("a truncated file commits nothing: fetch it again"),
                    });
                }
            }
        }
        self.bytes += (self.filled - before) as u64;
        self.hasher.update(&self.buffer[before..self.filled]);
        Ok(())
    }

    /// Follows the quotes up to the end of what is read: a quote opens only where a field starts,
    /// and two of them within a quoted field stand for one.
    fn scan(&mut self) {
        while self.seen < self.filled {
            let Some(step) = memchr::memchr(b'"', &self.buffer[self.seen..self.filled]) else {
                self.note_record_ends(self.filled);
                self.seen = self.filled;
                return;
            };
            let at = self.seen + step;
            if self.quoted {
                match self.buffer[..self.filled].get(at + 1) {
                    Some(b'"') => self.seen = at + 2,
                    // Whether the quote closes depends on a byte that is not read yet.
                    None if !self.ended => {
                        self.seen = at;
                        return;
                    }
                    // Fields mostly come one quoted field after the other.
                    Some(b',') if self.buffer[..self.filled].get(at + 2) == Some(&b'"') => self.seen = at + 3,
                    _ => {
                        self.quoted = false;
                        self.seen = at + 1;
                    }
                }
            } else {
                self.note_record_ends(at);
                let first = at == MARK.len() && self.line == 1 && self.buffer.starts_with(&MARK);
                let opens = at == 0 || first || matches!(self.buffer[at - 1], b',' | b'\n' | b'\r');
                self.quoted = opens;
                self.seen = at + 1;
            }
        }
    }

    /// Remembers the last record end between `seen` and `end`, outside of quotes.
    fn note_record_ends(&mut self, end: usize) {
        if !self.quoted
            && let Some(at) = memchr::memrchr(b'\n', &self.buffer[self.seen..end])
        {
            self.cut = self.seen + at + 1;
        }
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Reads a CSV stream. `threads` of 1 reads on the caller's thread alone.
///
/// # Errors
/// Kind `Usage` where it is no FOCUS file or cannot be read to its end; those of `receive`.
pub fn read(input: impl Read + Send, threads: usize, limits: Limits, receive: &dyn Receive) -> Result<Outcome> {
    let pool = Pool::default();
    let mut blocks = Blocks::new(input, &pool);
    let (layout, first) = header(&mut blocks)?;
    let parts: Vec<Result<Worker<'_>>> = if threads <= 1 {
        let mut worker = Worker::new(&layout, limits, receive);
        let run = feed(&mut blocks, first, receive, |block| worker.block(block, &pool)).and_then(|()| worker.finish());
        vec![run.map(|()| worker)]
    } else {
        on_threads(&mut blocks, first, threads, &layout, limits, receive)?
    };
    let mut tally = Tally::default();
    for worker in parts {
        tally += worker?.tally;
    }
    Ok(Outcome::new(&layout, tally, blocks.hash(), blocks.bytes))
}

fn on_threads<'a, R: Read>(
    blocks: &mut Blocks<'_, R>,
    first: Block,
    threads: usize,
    layout: &'a Layout,
    limits: Limits,
    receive: &'a dyn Receive,
) -> Result<Vec<Result<Worker<'a>>>> {
    let pool = blocks.pool;
    std::thread::scope(|scope| {
        let (sender, receiver): (SyncSender<Block>, Receiver<Block>) = sync_channel(threads * BLOCKS_AHEAD);
        let queue = Arc::new(Mutex::new(receiver));
        let failed = Arc::new(AtomicBool::new(false));
        let spawn = |_| {
            let (queue, failed) = (queue.clone(), failed.clone());
            scope.spawn(move || {
                let mut worker = Worker::new(layout, limits, receive);
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

/// Reads the header; the rest of its block follows.
fn header<R: Read>(blocks: &mut Blocks<'_, R>) -> Result<(Layout, Block)> {
    let empty = || Error::usage("the file is empty").hint("a FOCUS export starts with a line of column names");
    let first = blocks.next(1);
    // All of a JSON file may be one line, which is too long for a row.
    let start = first.as_ref().map_or(&blocks.buffer[..], |b| b.as_ref().map_or(&b""[..], Block::bytes));
    if matches!(start.strip_prefix(&MARK).unwrap_or(start).trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Err(Error::usage("this is JSON, which is not read")
            .hint("export it as CSV or Parquet: `spendtop export --format csv` (or parquet) can be imported again"));
    }
    let mut block = first?.ok_or_else(empty)?;
    if block.bytes().starts_with(&MARK) {
        block.range.start += MARK.len();
    } else if block.bytes().starts_with(&[0xFF, 0xFE]) || block.bytes().starts_with(&[0xFE, 0xFF]) {
        return Err(Error::usage("the file is UTF-16").hint("convert it to UTF-8: iconv -f UTF-16 -t UTF-8 FILE"));
    }
    let mut reader = csv_reader(block.bytes());
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|e| Error::usage(format!("the header cannot be read: {e}")))?;
    if record.iter().all(<[u8]>::is_empty) {
        return Err(empty());
    }
    let names: Vec<String> = record.iter().map(|f| String::from_utf8_lossy(f).trim().to_owned()).collect();
    let layout = Layout::of_header(&names)?;
    let at = (reader.position().byte() as usize).min(block.bytes().len());
    block.line += count_lines(&block.bytes()[..at]);
    block.range.start += at;
    Ok((layout, block))
}

fn csv_reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(64 * 1024).from_reader(bytes)
}

struct Worker<'a> {
    layout: &'a Layout,
    reader: RowReader<'a>,
    builder: BatchBuilder,
    receive: &'a dyn Receive,
    scratch: Scratch,
    tally: Tally,
}

impl<'a> Worker<'a> {
    fn new(layout: &'a Layout, limits: Limits, receive: &'a dyn Receive) -> Self {
        Worker {
            layout,
            reader: RowReader::new(layout),
            builder: BatchBuilder::new(limits),
            receive,
            scratch: Scratch::default(),
            tally: Tally::default(),
        }
    }

    fn block(&mut self, block: Block, pool: &Pool) -> Result<()> {
        let bytes = block.bytes();
        let is_utf8 = std::str::from_utf8(bytes).is_ok();
        let mut records = Records::new(bytes, std::mem::take(&mut self.scratch));
        let (mut line, mut counted) = (block.line, 0);
        while records.advance() {
            if self.row(&mut records) {
                let broken = |at| std::str::from_utf8(records.get(at)).is_err();
                self.tally.repaired += u64::from(!is_utf8 && self.layout.kept().any(broken));
            } else {
                line += count_lines(&bytes[counted..records.start()]);
                counted = records.start();
                self.refuse(&mut records, line);
            }
            if self.builder.is_full() && !self.builder.is_empty() {
                self.receive.batch(self.builder.batch())?;
                self.builder.clear();
            }
        }
        self.scratch = records.into_scratch();
        pool.put(block.buffer);
        Ok(())
    }

    /// Adds a record to the batch, where it is a charge.
    fn row(&mut self, records: &mut Records<'_>) -> bool {
        if records.len() != self.layout.names.len() {
            return false;
        }
        if records.raw().len() > FIELD_MAX {
            records.unescape();
            if self.layout.kept().any(|at| records.get(at).len() > FIELD_MAX) {
                return false;
            }
        }
        self.reader.push(&mut self.builder, records, &mut self.tally)
    }

    fn refuse(&mut self, records: &mut Records<'_>, line: u64) {
        self.tally.refused += 1;
        let (fields, columns) = (records.len(), self.layout.names.len());
        if fields == columns {
            self.reader.refuse(records, line, self.receive);
        } else {
            let reason = format!("has {fields} fields, the header has {columns}");
            self.receive.refused(line, Refusal::row(reason), None);
        }
    }

    fn finish(&mut self) -> Result<()> {
        if self.builder.is_empty() { Ok(()) } else { self.receive.batch(self.builder.batch()) }
    }
}
