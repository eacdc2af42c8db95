//! A column chunk, block by block: for each row a code, for each code the value's raw bytes.
//!
//! A dictionary's entries are codes already, so that a repeated value is never copied and never
//! looked at twice; a plain value gets a code of its own. Encodings other than plain and dictionary
//! are decoded by the `parquet` crate and look like plain ones. Knows nothing of what values mean.

use bytes::Bytes;
use hashbrown::HashMap;
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::page::{Page, PageReader};
use parquet::column::reader::ColumnReader;
use parquet::data_type::AsBytes;
use parquet::schema::types::ColumnDescriptor;

use super::super::rules::FIELD_MAX;
use super::guard::damaged;
use super::hybrid::{Hybrid, Short, Stretch};
use crate::error::{Error, Result};

/// Bytes of a value above which it is looked for before it is copied.
const LONG: usize = 256;

/// Raw values by code, from 1.
#[derive(Default)]
pub struct Table {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Table {
    /// How many values it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value of a code; empty for 0.
    #[must_use]
    pub fn get(&self, code: u32) -> &[u8] {
        let Some(at) = (code as usize).checked_sub(1) else { return &[] };
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }

    /// Adds a value; what is longer than a field may be is cut right behind that length.
    pub fn push(&mut self, raw: &[u8]) -> u32 {
        self.bytes.extend_from_slice(&raw[..raw.len().min(FIELD_MAX + 1)]);
        self.ends.push(self.bytes.len());
        self.ends.len() as u32
    }

    /// The code of a row's value, 0 of none; one that is as the row's before it, whose code is `last`, is kept once.
    pub fn code_of(&mut self, raw: &[u8], last: &mut u32) -> u32 {
        if raw.is_empty() {
            return 0;
        }
        if *last == 0 || self.get(*last) != raw {
            *last = self.push(raw);
        }
        *last
    }

    /// Forgets all values but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }
}

/// What a column's values look like in the file.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The physical type.
    pub physical: Physical,
    /// Bytes of a value of fixed length.
    pub length: usize,
    /// Whether there are nulls.
    pub optional: bool,
}

impl Shape {
    /// Of a column.
    #[must_use]
    pub fn of(column: &ColumnDescriptor) -> Shape {
        let length = match column.physical_type() {
            Physical::INT32 | Physical::FLOAT => 4,
            Physical::INT64 | Physical::DOUBLE => 8,
            Physical::INT96 => 12,
            _ => usize::try_from(column.type_length()).unwrap_or(0),
        };
        Shape { physical: column.physical_type(), length, optional: column.max_def_level() > 0 }
    }
}

enum Values {
    Codes(Hybrid),
    Plain(Bytes, usize),
}

/// A flat column's chunk.
pub struct Chunk {
    pages: Box<dyn PageReader>,
    shape: Shape,
    /// Entries of the dictionary, which are the table's first.
    pub fixed: usize,
    left: usize,
    levels: Option<Hybrid>,
    values: Values,
    scratch: Vec<u32>,
}

fn short(_: Short) -> Error {
    damaged("a page ends too early")
}

impl Chunk {
    /// Over the pages of a chunk.
    #[must_use]
    pub fn new(pages: Box<dyn PageReader>, shape: Shape) -> Chunk {
        let values = Values::Plain(Bytes::new(), 0);
        Chunk { pages, shape, fixed: 0, left: 0, levels: None, values, scratch: Vec::new() }
    }

    /// Whether pages in this encoding are read here.
    #[must_use]
    pub fn reads(encoding: Encoding, physical: Physical) -> bool {
        match encoding {
            Encoding::PLAIN | Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => true,
            // The encoding of levels is listed among those of values.
            Encoding::RLE => physical != Physical::BOOLEAN,
            _ => false,
        }
    }

    /// The codes of the next `rows` rows; their values are in `table`.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn read(&mut self, rows: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        while codes.len() < rows {
            if self.left == 0 && !self.page(table)? {
                return Err(damaged("a column has fewer values than rows"));
            }
            let n = self.left.min(rows - codes.len());
            self.left -= n;
            match self.levels.take() {
                None => self.values(n, codes, table)?,
                Some(mut levels) => {
                    self.leveled(&mut levels, n, codes, table)?;
                    self.levels = Some(levels);
                }
            }
        }
        Ok(())
    }

    fn leveled(&mut self, levels: &mut Hybrid, mut n: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        while n > 0 {
            n -= match levels.next(n).map_err(short)? {
                Stretch::Same(0, count) => {
                    codes.resize(codes.len() + count, 0);
                    count
                }
                Stretch::Same(_, count) => {
                    self.values(count, codes, table)?;
                    count
                }
                Stretch::Packed(count) => {
                    let mut present = std::mem::take(&mut self.scratch);
                    present.clear();
                    levels.unpack(count, 0, &mut present);
                    let there = present.iter().filter(|p| **p != 0).count();
                    let start = codes.len();
                    self.values(there, codes, table)?;
                    // Spread from the end, in place.
                    codes.resize(start + count, 0);
                    let mut from = start + there;
                    for (at, present) in present.iter().enumerate().rev() {
                        codes[start + at] = if *present == 0 {
                            0
                        } else {
                            from -= 1;
                            codes[from]
                        };
                    }
                    self.scratch = present;
                    count
                }
            };
        }
        Ok(())
    }

    fn values(&mut self, n: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        match &mut self.values {
            Values::Codes(hybrid) => {
                let start = codes.len();
                hybrid.read(n, 1, codes).map_err(short)?;
                let most = codes[start..].iter().copied().map(|c| c.wrapping_sub(1)).max();
                if most.is_some_and(|most| most as usize >= self.fixed) {
                    return Err(damaged("a code is in no dictionary"));
                }
                Ok(())
            }
            Values::Plain(data, at) => {
                for _ in 0..n {
                    let code = take_plain(self.shape, data, at, table).ok_or_else(|| short(Short))?;
                    codes.push(code);
                }
                Ok(())
            }
        }
    }

    /// Goes to the next data page; `false` at the end.
    fn page(&mut self, table: &mut Table) -> Result<bool> {
        loop {
            let Some(page) = self.pages.get_next_page().map_err(damaged)? else { return Ok(false) };
            match page {
                Page::DictionaryPage { buf, num_values, .. } => self.dictionary(&buf, num_values, table)?,
                Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                    let mut at = 0;
                    self.levels = None;
                    if self.shape.optional {
                        if def_level_encoding != Encoding::RLE {
                            return Err(damaged("levels in an encoding of the past"));
                        }
                        let head =
                            buf.get(..4).and_then(|h| <[u8; 4]>::try_from(h).ok()).ok_or_else(|| short(Short))?;
                        at = 4 + u32::from_le_bytes(head) as usize;
                        if at > buf.len() {
                            return Err(short(Short));
                        }
                        self.levels = Hybrid::new(buf.slice(4..at), 1);
                    }
                    return self.begin(num_values, buf.slice(at..), encoding);
                }
                Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                    let (rep, def) = (rep_levels_byte_len as usize, def_levels_byte_len as usize);
                    if rep + def > buf.len() {
                        return Err(short(Short));
                    }
                    self.levels = None;
                    if self.shape.optional {
                        self.levels = Hybrid::new(buf.slice(rep..rep + def), 1);
                    }
                    return self.begin(num_values, buf.slice(rep + def..), encoding);
                }
            }
        }
    }

    fn begin(&mut self, count: u32, data: Bytes, encoding: Encoding) -> Result<bool> {
        self.left = count as usize;
        self.values = match encoding {
            Encoding::PLAIN => Values::Plain(data, 0),
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => match data.first() {
                Some(width) => {
                    Values::Codes(Hybrid::new(data.slice(1..), *width).ok_or_else(|| damaged("impossible codes"))?)
                }
                // A page of nulls alone.
                None => Values::Plain(data, 0),
            },
            other => return Err(damaged(format_args!("a page is in the encoding {other}, which its footer hides"))),
        };
        Ok(true)
    }

    fn dictionary(&mut self, data: &Bytes, count: u32, table: &mut Table) -> Result<()> {
        if self.fixed > 0 || !table.is_empty() || self.shape.physical == Physical::BOOLEAN {
            return Err(damaged("a column has a second dictionary"));
        }
        let mut at = 0;
        for _ in 0..count {
            take_plain(self.shape, data, &mut at, table).ok_or_else(|| short(Short))?;
        }
        self.fixed = table.len();
        Ok(())
    }
}

/// The plain value at `at`, added to the table. For truths, `at` counts bits.
fn take_plain(shape: Shape, data: &Bytes, at: &mut usize, table: &mut Table) -> Option<u32> {
    let length = match shape.physical {
        Physical::BOOLEAN => {
            let bit = data.get(*at / 8)? >> (*at % 8) & 1;
            *at += 1;
            return Some(table.push(&[bit]));
        }
        Physical::BYTE_ARRAY => {
            let head: [u8; 4] = data.get(*at..*at + 4)?.try_into().ok()?;
            *at += 4;
            u32::from_le_bytes(head) as usize
        }
        _ => shape.length,
    };
    let raw = data.get(*at..at.checked_add(length)?)?;
    *at += length;
    Some(table.push(raw))
}

/// Reads the next `rows` records of a chunk that the `parquet` crate decodes: their levels of definition and
/// of repetition, where they are asked for, and then each value's bytes, beside all of these levels. `short` is
/// what is said where there are fewer.
///
/// # Errors
/// Kind `Usage` where the file has not what it should.
pub fn read_records(
    reader: &mut ColumnReader,
    rows: usize,
    (mut definitions, mut repetitions): (Option<&mut Vec<i16>>, Option<&mut Vec<i16>>),
    short: &'static str,
    mut each: impl FnMut((&[i16], &[i16]), &[u8]),
) -> Result<()> {
    macro_rules! decode {
        ($reader:expr, $raw:expr) => {{
            let (mut values, mut got) = (Vec::new(), 0);
            while got < rows {
                let (n, ..) = $reader
                    .read_records(rows - got, definitions.as_deref_mut(), repetitions.as_deref_mut(), &mut values)
                    .map_err(damaged)?;
                if n == 0 {
                    return Err(damaged(short));
                }
                got += n;
            }
            let levels = (definitions.as_deref(), repetitions.as_deref());
            let levels = (levels.0.map_or(&[][..], Vec::as_slice), levels.1.map_or(&[][..], Vec::as_slice));
            values.iter().for_each(|value| each(levels, $raw(value)));
        }};
    }
    match reader {
        ColumnReader::BoolColumnReader(r) => decode!(r, |v: &bool| if *v { &[1][..] } else { &[0][..] }),
        ColumnReader::Int32ColumnReader(r) => decode!(r, AsBytes::as_bytes),
        ColumnReader::Int64ColumnReader(r) => decode!(r, AsBytes::as_bytes),
        ColumnReader::Int96ColumnReader(r) => decode!(r, AsBytes::as_bytes),
        ColumnReader::FloatColumnReader(r) => decode!(r, AsBytes::as_bytes),
        ColumnReader::DoubleColumnReader(r) => decode!(r, AsBytes::as_bytes),
        ColumnReader::ByteArrayColumnReader(r) => decode!(r, AsBytes::as_bytes),
        ColumnReader::FixedLenByteArrayColumnReader(r) => decode!(r, AsBytes::as_bytes),
    }
    Ok(())
}

/// The codes of the next `rows` rows of a chunk that the `parquet` crate decodes. A value is there where
/// its level is `most`, the column's highest.
///
/// # Errors
/// Kind `Usage` where the file has not what it should.
pub fn read_typed(
    reader: &mut ColumnReader,
    most: i16,
    rows: usize,
    codes: &mut Vec<u32>,
    table: &mut Table,
) -> Result<()> {
    let (mut levels, mut decoded, mut long) = (Vec::new(), Vec::new(), HashMap::new());
    let short = "a column has fewer values than rows";
    let definitions = (most > 0).then_some(&mut levels);
    read_records(reader, rows, (definitions, None), short, |_, raw| {
        decoded.push(if raw.len() <= LONG {
            table.push(raw)
        } else {
            // A dictionary's value lies where it lay before: a few bytes of codes must not make copies of it.
            *long.entry((raw.as_ptr() as usize, raw.len())).or_insert_with(|| table.push(raw))
        });
    })?;
    if most == 0 {
        codes.extend_from_slice(&decoded);
        return Ok(());
    }
    let mut decoded = decoded.into_iter();
    codes.extend(levels.iter().map(|level| if *level == most { decoded.next().unwrap_or(0) } else { 0 }));
    Ok(())
}
