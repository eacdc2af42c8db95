//! What a Parquet file may ask for before anything is allocated for it, and reading it by position.
//!
//! A footer and a page header are a stranger's claims about sizes. They are held against the file's
//! own size here; the `parquet` crate would allocate what they say. Knows nothing of FOCUS.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::super::layout::COLUMNS_MAX;
use crate::error::{Error, Result};

/// A page that unpacks to more is refused.
pub const PAGE_MAX: u64 = 512 << 20;
/// A file may claim this many bytes or rows whatever its size.
const FREE: u64 = 64 << 20;
/// Beyond [`FREE`], at most so many times the file's size.
const RATIO: u64 = 1_000;
/// A footer longer than this is refused: it is parsed in memory, several times its size.
const FOOTER_MAX: u32 = 128 << 20;
/// Structs and lists within one another at most, in a footer or a page header.
const DEPTH_MAX: u32 = 16;

/// The error for a file that is not what it says.
pub fn damaged(what: impl std::fmt::Display) -> Error {
    Error::usage(format!("the Parquet file is damaged: {what}"))
        .hint("nothing of it was taken: fetch it again, or look at it with another tool")
}

/// A file that several threads read, each at its own position.
#[derive(Clone)]
pub struct Positioned {
    file: Arc<File>,
    len: u64,
}

/// A place in a [`Positioned`] file.
pub struct At {
    file: Arc<File>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Positioned {
    /// Over a file as it is now.
    ///
    /// # Errors
    /// Kind `Usage` where its size cannot be told.
    pub fn new(file: File) -> Result<Positioned> {
        let meta = file.metadata().map_err(|e| Error::usage(format!("the file's size cannot be told: {e}")))?;
        Ok(Positioned { file: Arc::new(file), len: meta.len() })
    }

    /// A reader from a position on.
    #[must_use]
    pub fn from(&self, at: u64) -> At {
        At { file: self.file.clone(), at }
    }

    /// Whether the file ends as a Parquet file does, with a footer of a sane length.
    ///
    /// # Errors
    /// Kind `Usage` where it does not.
    pub fn check_ends(&self) -> Result<()> {
        let mut tail = [0u8; 8];
        let read = self.len >= 12 && self.file.read_exact_at(&mut tail, self.len - 8).is_ok();
        if read && &tail[4..] == b"PARE" {
            return Err(Error::usage("the Parquet file is encrypted").hint("export it without encryption"));
        }
        if !read || &tail[4..] != b"PAR1" {
            return Err(damaged("it does not end as a Parquet file does: was it cut off?"));
        }
        let footer = u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]);
        if footer > FOOTER_MAX || u64::from(footer) + 12 > self.len {
            return Err(damaged(format_args!("its footer claims {footer} bytes")));
        }
        let mut bytes = vec![0; footer as usize];
        self.file.read_exact_at(&mut bytes, self.len - 8 - u64::from(footer)).map_err(damaged)?;
        match (Thrift { bytes: &bytes, at: 0, depth: 0 }).footer() {
            Some(()) => Ok(()),
            None => Err(damaged("its footer cannot be read")),
        }
    }
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Positioned {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> ParquetResult<BufReader<At>> {
        Ok(BufReader::with_capacity(1024, self.from(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF("a part lies beyond the end of the file".to_owned()));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start).map_err(|e| ParquetError::General(e.to_string()))?;
        Ok(bytes.into())
    }
}

/// Holds what a footer claims against the file's size.
///
/// # Errors
/// Kind `Usage` where it is absurd.
pub fn check_footer(meta: &ParquetMetaData, len: u64) -> Result<()> {
    let columns = meta.file_metadata().schema_descr().num_columns();
    if columns > COLUMNS_MAX * 2 {
        return Err(Error::usage(format!("the file has {columns} columns; at most {COLUMNS_MAX} are read")));
    }
    let absurd = |claim: i64| match u64::try_from(claim) {
        Ok(claim) => claim > FREE && claim / RATIO > len,
        Err(_) => true,
    };
    let mut rows = 0i64;
    for (i, group) in meta.row_groups().iter().enumerate() {
        rows = rows.saturating_add(group.num_rows());
        let unpacked = group.columns().iter().fold(0i64, |sum, c| sum.saturating_add(c.uncompressed_size()));
        if group.columns().iter().any(|c| c.uncompressed_size() < 0) || group.num_rows() < 0 {
            return Err(damaged(format_args!("row group {} has a negative size", i + 1)));
        }
        if absurd(unpacked) || absurd(group.total_byte_size()) || absurd(group.num_rows()) || absurd(rows) {
            return Err(damaged(format_args!(
                "row group {} claims {} rows and {unpacked} bytes in a file of {len}",
                i + 1,
                group.num_rows()
            )));
        }
        if group.columns().len() != columns {
            return Err(damaged(format_args!("row group {} has {} columns", i + 1, group.columns().len())));
        }
        for column in group.columns() {
            let (start, size) =
                (column.dictionary_page_offset().unwrap_or(column.data_page_offset()), column.compressed_size());
            let inside = start >= 0 && size >= 0 && start.checked_add(size).is_some_and(|end| end as u64 <= len);
            if !inside {
                return Err(damaged(format_args!("row group {} lies beyond the end of the file", i + 1)));
            }
        }
    }
    if rows != meta.file_metadata().num_rows() {
        return Err(damaged("its row groups have other rows than its footer says"));
    }
    Ok(())
}

/// Walks the page headers of a column chunk and refuses a page that unpacks to too much.
///
/// # Errors
/// Kind `Usage` where one does, or where a header cannot be read.
pub fn check_pages(file: &Positioned, start: u64, len: u64) -> Result<()> {
    let (mut at, end) = (start, start + len);
    let mut buffer = vec![0u8; 512];
    while at < end {
        let PageHead { size, unpacked, packed, distinct } = loop {
            let there = buffer.len().min((end - at) as usize);
            file.file.read_exact_at(&mut buffer[..there], at).map_err(damaged)?;
            match (Thrift { bytes: &buffer[..there], at: 0, depth: 0 }).page() {
                Some(header) => break header,
                // Statistics in a header hold values, which may be long.
                None if there == buffer.len() && there < 16 << 20 => buffer.resize(there * 4, 0),
                None => return Err(damaged("a page header cannot be read")),
            }
        };
        // Room is made for as many values as a dictionary claims; none takes less than a byte.
        if distinct > unpacked {
            return Err(damaged(format_args!("a dictionary claims {distinct} values in {unpacked} bytes")));
        }
        if unpacked > PAGE_MAX || (unpacked > FREE && unpacked / RATIO > packed.max(1)) {
            return Err(damaged(format_args!("a page claims to unpack to {unpacked} bytes from {packed}")));
        }
        at += size as u64 + packed;
    }
    Ok(())
}

/// What a page's header says.
struct PageHead {
    /// The header's own length.
    size: usize,
    /// The page's unpacked bytes.
    unpacked: u64,
    /// The page's packed bytes.
    packed: u64,
    /// A dictionary's values.
    distinct: u64,
}

/// Thrift's compact protocol, as far as finding a page header's end takes.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl Thrift<'_> {
    fn page(&mut self) -> Option<PageHead> {
        let (mut field, mut unpacked, mut packed, mut distinct) = (0, None, None, 0);
        loop {
            let kind = self.field(&mut field)?;
            match (field, kind) {
                (_, 0) => return Some(PageHead { size: self.at, unpacked: unpacked?, packed: packed?, distinct }),
                (2, 5) => unpacked = Some(u64::try_from(self.zigzag()?).ok()?),
                (3, 5) => packed = Some(u64::try_from(self.zigzag()?).ok()?),
                (7, 12) => distinct = self.dictionary()?,
                (_, kind) => self.skip(kind)?,
            }
        }
    }

    /// A dictionary's header: its values.
    fn dictionary(&mut self) -> Option<u64> {
        let (mut field, mut values) = (0, None);
        loop {
            let kind = self.field(&mut field)?;
            match (field, kind) {
                (_, 0) => return values,
                (1, 5) => values = Some(u64::try_from(self.zigzag()?).ok()?),
                (_, kind) => self.skip(kind)?,
            }
        }
    }

    /// Walks a footer: no list in it may claim more items than it has bytes, nor a group more
    /// members than there are columns, since room would be made for as many.
    fn footer(&mut self) -> Option<()> {
        let mut field = 0;
        loop {
            let kind = self.field(&mut field)?;
            match (field, kind) {
                (_, 0) => return Some(()),
                (2, 9) => self.schema()?,
                (_, kind) => self.skip(kind)?,
            }
        }
    }

    fn schema(&mut self) -> Option<()> {
        let (count, _) = self.list()?;
        for _ in 0..count {
            let mut field = 0;
            loop {
                let kind = self.field(&mut field)?;
                match (field, kind) {
                    (_, 0) => break,
                    (5, 5) => (self.zigzag()? <= count as i64).then_some(())?,
                    (_, kind) => self.skip(kind)?,
                }
            }
        }
        Some(())
    }

    /// Goes on from a struct's field to the next; its kind, 0 at the struct's end.
    fn field(&mut self, number: &mut i64) -> Option<u8> {
        let head = self.byte()?;
        if head != 0 {
            *number = if head >> 4 == 0 { self.zigzag()? } else { number.wrapping_add(i64::from(head >> 4)) };
        }
        (head == 0 || head & 15 != 0).then_some(head & 15)
    }

    /// A list's count, which its bytes allow, and its items' kind.
    fn list(&mut self) -> Option<(usize, u8)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { usize::try_from(self.varint()?).ok()? } else { usize::from(head >> 4) };
        (count <= self.bytes.len().saturating_sub(self.at)).then_some((count, head & 15))
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn skip(&mut self, kind: u8) -> Option<()> {
        match kind {
            1 | 2 => {}
            3 => self.at += 1,
            4..=6 => {
                self.varint()?;
            }
            7 => self.at += 8,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.at = self.at.checked_add(length)?;
            }
            // Each level is a call of its own: a stranger must not choose how deep the stack grows.
            9 | 10 | 12 if self.depth == DEPTH_MAX => return None,
            9 | 10 | 12 => {
                self.depth += 1;
                if kind == 12 { self.skip_struct() } else { self.skip_list() }?;
                self.depth -= 1;
            }
            // Parquet's headers have no maps.
            _ => return None,
        }
        (self.at <= self.bytes.len()).then_some(())
    }

    fn skip_list(&mut self) -> Option<()> {
        let (count, kind) = self.list()?;
        for _ in 0..count {
            match kind {
                1 | 2 => self.at += 1,
                kind => self.skip(kind)?,
            }
        }
        Some(())
    }

    fn skip_struct(&mut self) -> Option<()> {
        let mut field = 0;
        loop {
            match self.field(&mut field)? {
                0 => return Some(()),
                kind => self.skip(kind)?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_dictionary_never_claims_more_values_than_it_has_bytes() {
        let page = |values: &[u8]| {
            // Kind 2, 8 bytes unpacked and packed; field 7: that many values, plain.
            let head = [&[0x15, 4, 0x15, 16, 0x15, 16, 0x4c, 0x15][..], values, &[0x15, 0, 0, 0]].concat();
            let mut file = tempfile::tempfile().expect("file");
            file.write_all(&[head, vec![0; 8]].concat()).expect("write");
            let file = Positioned::new(file).expect("file");
            check_pages(&file, 0, file.len)
        };
        page(&[16]).expect("eight values");
        let error = page(&[0xfe, 0xff, 0xff, 0xff, 0x0f]).expect_err("two billion values");
        assert!(error.message.contains("a dictionary claims 2147483647 values in 8 bytes"), "{error}");
    }
}
