//! Splits a block of CSV into records without copying it.
//!
//! Records as exporters write them are only marked: where each field ends, and which fields have
//! doubled quotes. Those are undone when their text is asked for, which is rare, since most
//! rows repeat a profile that is known by its raw bytes. A record with a quote where none belongs
//! is given to `csv-core`, whose reading of it counts; a test holds the two ways to the same
//! fields.
//!
//! Knows nothing of FOCUS.

use super::rows::Fields;

/// Bytes at which an unquoted field ends, or is not as it should be.
const fn stops(delimiter: u8) -> [bool; 256] {
    let mut stops = [false; 256];
    stops[delimiter as usize] = true;
    stops[b'\n' as usize] = true;
    stops[b'\r' as usize] = true;
    stops[b'"' as usize] = true;
    stops
}

static COMMAS: [bool; 256] = stops(b',');
static SEMICOLONS: [bool; 256] = stops(b';');

/// What stands between the fields of a file with this first line: a comma, or where there are more of
/// them, semicolons, as programs write that use the comma in numbers.
#[must_use]
pub fn delimiter(header: &[u8]) -> u8 {
    let count = |mark: u8| memchr::memchr_iter(mark, header).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}

/// Memory that records are split with, kept from block to block.
#[derive(Default)]
pub struct Scratch {
    /// Where each field ends: the place of the delimiter after it.
    ends: Vec<u32>,
    /// Fields with doubled quotes.
    escaped: Vec<u32>,
    /// Texts that are not in the block as they are.
    text: Vec<u8>,
    /// For each field, its place in `text`; `None` where the block has it.
    places: Vec<Option<(u32, u32)>>,
    /// Where `csv-core` says that fields end.
    fields: Vec<usize>,
}

/// A block's records, one at a time.
pub struct Records<'b> {
    block: &'b [u8],
    delimiter: u8,
    stops: &'static [bool; 256],
    /// Where the record under way starts.
    start: usize,
    /// Where the next one is looked for.
    next: usize,
    /// Whether the record under way lies in [`Scratch::text`] as a whole.
    copied: bool,
    scratch: Scratch,
}

impl<'b> Records<'b> {
    /// The records of `block`, which starts with a record; a comma or a semicolon is between fields.
    #[must_use]
    pub fn new(block: &'b [u8], delimiter: u8, scratch: Scratch) -> Self {
        let stops = if delimiter == b';' { &SEMICOLONS } else { &COMMAS };
        Records { block, delimiter, stops, start: 0, next: 0, copied: false, scratch }
    }

    /// The memory, for the next block.
    #[must_use]
    pub fn into_scratch(self) -> Scratch {
        self.scratch
    }

    /// How many fields the record has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scratch.ends.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scratch.ends.is_empty()
    }

    /// The record's raw bytes.
    #[must_use]
    pub fn raw(&self) -> &'b [u8] {
        &self.block[self.start..self.next]
    }

    /// Where in the block the record starts.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Goes to the next record; false at the end.
    pub fn advance(&mut self) -> bool {
        while matches!(self.block.get(self.next), Some(b'\n' | b'\r')) {
            self.next += 1;
        }
        self.start = self.next;
        self.copied = false;
        self.scratch.ends.clear();
        self.scratch.escaped.clear();
        self.scratch.places.clear();
        if self.start >= self.block.len() {
            return false;
        }
        if !self.mark() {
            self.copy();
        }
        true
    }

    /// Marks the fields; false where the record is not written as it should be.
    fn mark(&mut self) -> bool {
        let (block, delimiter, stops) = (self.block, self.delimiter, self.stops);
        let mut at = self.next;
        loop {
            if block.get(at) == Some(&b'"') {
                let Some(end) = self.close(at + 1) else { return false };
                at = end;
            } else {
                at += block[at..].iter().position(|b| stops[usize::from(*b)]).unwrap_or(block.len() - at);
            }
            match block.get(at) {
                Some(b) if *b == delimiter => self.scratch.ends.push(at as u32),
                Some(b'\n' | b'\r') | None => {
                    self.scratch.ends.push(at as u32);
                    self.next = at;
                    return true;
                }
                Some(_) => return false,
            }
            at += 1;
        }
    }

    /// The place after the quote that closes the field which has begun before `at`.
    fn close(&mut self, mut at: usize) -> Option<usize> {
        let column = self.scratch.ends.len() as u32;
        loop {
            at += memchr::memchr(b'"', &self.block[at..])? + 1;
            if self.block.get(at) != Some(&b'"') {
                return Some(at);
            }
            at += 1;
            if self.scratch.escaped.last() != Some(&column) {
                self.scratch.escaped.push(column);
            }
        }
    }

    /// Reads the record with `csv-core`.
    fn copy(&mut self) {
        let Scratch { ends, escaped, text, places, fields } = &mut self.scratch;
        escaped.clear();
        let input = &self.block[self.start..];
        let mut reader = csv_core::ReaderBuilder::new().delimiter(self.delimiter).build();
        text.resize(text.len().max(4096), 0);
        fields.resize(fields.len().max(64), 0);
        let (mut read, mut wrote, mut count) = (0, 0, 0);
        loop {
            use csv_core::ReadRecordResult as Progress;
            let (progress, r, w, f) = reader.read_record(&input[read..], &mut text[wrote..], &mut fields[count..]);
            (read, wrote, count) = (read + r, wrote + w, count + f);
            match progress {
                Progress::InputEmpty => {}
                Progress::OutputFull => text.resize(text.len() * 2, 0),
                Progress::OutputEndsFull => fields.resize(fields.len() * 2, 0),
                Progress::Record | Progress::End => break,
            }
        }
        ends.clear();
        ends.resize(count, 0);
        let mut start = 0u32;
        for end in &fields[..count] {
            places.push(Some((start, *end as u32)));
            start = *end as u32;
        }
        self.next = self.start + read;
        self.copied = true;
    }

    /// Makes [`Fields::get`] give texts with doubled quotes as they are meant.
    pub fn unescape(&mut self) {
        if self.copied || self.scratch.escaped.is_empty() || !self.scratch.places.is_empty() {
            return;
        }
        let mut text = std::mem::take(&mut self.scratch.text);
        let mut places = std::mem::take(&mut self.scratch.places);
        text.clear();
        places.resize(self.len(), None);
        for column in &self.scratch.escaped {
            let start = text.len() as u32;
            let mut rest = self.content(*column as usize);
            while let Some(at) = memchr::memchr(b'"', rest) {
                text.extend_from_slice(&rest[..=at]);
                rest = rest.get(at + 2..).unwrap_or_default();
            }
            text.extend_from_slice(rest);
            places[*column as usize] = Some((start, text.len() as u32));
        }
        self.scratch.text = text;
        self.scratch.places = places;
    }

    /// Where a field's raw bytes start.
    fn raw_start(&self, at: usize) -> usize {
        if at == 0 { self.start } else { self.scratch.ends[at - 1] as usize + 1 }
    }

    /// A field's bytes in the block, without the quotes around it.
    fn content(&self, at: usize) -> &'b [u8] {
        let raw = &self.block[self.raw_start(at)..self.scratch.ends[at] as usize];
        match raw {
            [b'"', inner @ .., b'"'] => inner,
            _ => raw,
        }
    }
}

impl Fields for Records<'_> {
    fn get(&self, at: usize) -> &[u8] {
        match self.scratch.places.get(at) {
            Some(Some((start, end))) => &self.scratch.text[*start as usize..*end as usize],
            _ => self.content(at),
        }
    }

    fn sign(&self, first: usize, last: usize, out: &mut Vec<u8>) {
        if self.copied {
            for at in first..=last {
                out.extend_from_slice(&(self.get(at).len() as u32).to_le_bytes());
                out.extend_from_slice(self.get(at));
            }
            // The last byte tells the two ways apart.
            out.push(b'c');
        } else {
            // The delimiter behind each field keeps it apart from the next.
            out.extend_from_slice(&self.block[self.raw_start(first)..self.scratch.ends[last] as usize]);
            out.push(self.delimiter);
        }
    }

    fn unescape(&mut self) {
        Records::unescape(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(block: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut records = Records::new(block, b',', Scratch::default());
        let mut all = Vec::new();
        while records.advance() {
            records.unescape();
            all.push((0..records.len()).map(|at| records.get(at).to_vec()).collect());
        }
        all
    }

    fn with_csv(block: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(block);
        reader.byte_records().map(|r| r.expect("record").iter().map(<[u8]>::to_vec).collect()).collect()
    }

    #[test]
    fn splits_what_exports_write() {
        for block in [
            "a,b\n",
            "a,b",
            "\"a\",\"b \"\"x\"\" \"\r\n,,\n",
            "\"a\nb\",\"\"\n\n\r\nc,",
            "a\"b,c\n",
            "\"a\"b,c\nd",
            "\"open",
        ] {
            assert_eq!(split(block.as_bytes()), with_csv(block.as_bytes()), "{block:?}");
        }
    }

    /// Signs the columns `runs` of each block's only record; whether all signs differ.
    fn signed_apart(delimiter: u8, blocks: &[&str], runs: &[usize]) -> bool {
        let sign = |block: &&str| {
            let mut records = Records::new(block.as_bytes(), delimiter, Scratch::default());
            assert!(records.advance());
            let mut out = Vec::new();
            runs.iter().for_each(|at| records.sign(*at, *at, &mut out));
            out
        };
        let signs: std::collections::HashSet<Vec<u8>> = blocks.iter().map(sign).collect();
        signs.len() == blocks.len()
    }

    #[test]
    fn different_texts_are_signed_differently() {
        let blocks = ["ab,c", "a,bc", "\"a,b\",c", "\"a\"\"\",c", "\"a\"b,c"];
        assert!(signed_apart(b',', &blocks, &[0, 1]));
        let semicolons = blocks.map(|block| block.replace(',', ";"));
        assert!(signed_apart(b';', &semicolons.each_ref().map(String::as_str), &[0, 1]));
        // A comma is a letter like any other where semicolons are between fields.
        assert!(signed_apart(b';', &["A;1;B,C", "A,B;1;C"], &[0, 2]));
    }

    proptest! {
        #[test]
        fn splits_any_bytes_as_csv_does(block in "[a,\"\r\n\u{e9}]{0,40}") {
            prop_assert_eq!(split(block.as_bytes()), with_csv(block.as_bytes()));
        }
    }
}
