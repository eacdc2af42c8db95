//! Cuts a stream of text into blocks of whole records, for several threads to read.
//!
//! The cutter follows the quotes of CSV exactly, so that a line break inside of a quoted text never cuts
//! a row; of lines that are records by themselves ([`Blocks::by_lines`]) it only looks for their ends.
//! Knows nothing of what a record holds.

use std::io::Read;
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// A row longer than this ends the reading: a quote that is never closed would swallow the file.
pub const ROW_MAX: usize = 1 << 20;
/// The byte order mark that some programs begin a file with.
pub const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
/// Bytes that a block has, about.
pub const BLOCK: usize = 512 << 10;
/// Bytes that are read, hashed and looked through at a time: they stay in the processor's cache.
const PIECE: usize = 128 << 10;

/// Whole records, in the order of the file.
pub struct Block {
    /// The records' bytes, and more that is not theirs.
    buffer: Vec<u8>,
    pub(super) range: std::ops::Range<usize>,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// What is between its fields.
    pub delimiter: u8,
}

impl Block {
    /// The records' bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.range.clone()]
    }

    /// Its memory, to be used again.
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }
}

/// Buffers that blocks were read into, to be used again.
#[derive(Default)]
pub struct Pool(Mutex<Vec<Vec<u8>>>);

impl Pool {
    fn get(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub fn put(&self, buffer: Vec<u8>) {
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
    /// What is between fields.
    delimiter: u8,
    /// Whether quotes mean nothing: each line is a record.
    lines: bool,
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
    #[must_use]
    pub fn new(input: R, pool: &'p Pool) -> Self {
        Blocks {
            input,
            pool,
            buffer: Vec::new(),
            filled: 0,
            seen: 0,
            quoted: false,
            delimiter: b',',
            lines: false,
            cut: 0,
            line: 1,
            ended: false,
            hasher: blake3::Hasher::new(),
            bytes: 0,
        }
    }

    /// Takes this for what is between fields.
    pub fn split_at(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Takes each line for a record from here on: what was looked through is looked through again.
    pub fn by_lines(&mut self) {
        self.lines = true;
        self.quoted = false;
        self.seen = 0;
    }

    /// What is read and not yet handed out.
    #[must_use]
    pub fn ahead(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// Where blocks' memory comes from and goes to.
    #[must_use]
    pub fn pool(&self) -> &'p Pool {
        self.pool
    }

    /// Reads some of the stream, so that it can be told what it is.
    ///
    /// # Errors
    /// Kind `Usage` where the input cannot be read.
    pub fn look(&mut self) -> Result<&[u8]> {
        while self.filled < MARK.len() + 1 && !self.ended {
            self.fill(1)?;
        }
        Ok(self.ahead())
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
        Block { buffer, range: 0..len, line, delimiter: self.delimiter }
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
        if self.lines {
            self.note_record_ends(self.filled);
            self.seen = self.filled;
        }
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
                    Some(b) if *b == self.delimiter && self.buffer[..self.filled].get(at + 2) == Some(&b'"') => {
                        self.seen = at + 3;
                    }
                    _ => {
                        self.quoted = false;
                        self.seen = at + 1;
                    }
                }
            } else {
                self.note_record_ends(at);
                let first = at == MARK.len() && self.line == 1 && self.buffer.starts_with(&MARK);
                let opens = at == 0
                    || first
                    || matches!(self.buffer[at - 1], b'\n' | b'\r')
                    || self.buffer[at - 1] == self.delimiter;
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

/// Line breaks among bytes.
#[must_use]
pub fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
