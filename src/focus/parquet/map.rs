//! A `MAP` column (tags, price details), or a list of keys with values, as the JSON text that a CSV
//! would hold.
//!
//! Members may be called anything: writers differ (`key_value`, `map`, `entries`; `key`, `keys`).

use parquet::basic::{ConvertedType, Encoding, LogicalType, Repetition, Type as Physical};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::Type;

use super::super::rules::FIELD_MAX;
use super::chunk::Table;
use super::guard::damaged;
use super::hybrid::{Hybrid, Stretch};
use crate::domain::tags::to_json;
use crate::error::Result;

/// Pairs of one row at most: the JSON of so many is longer than a field may be.
const PAIRS_MAX: usize = FIELD_MAX / 4;
/// Rows that are decoded at a time: of as many pairs as may be, they still fit into memory.
pub const ROWS: usize = 128;

/// Pages in which no row has more than `PAIRS_MAX` pairs. A page of a few bytes can claim that
/// its billions of values are all of one row, which would be decoded as a whole.
pub struct RowPages {
    pages: Box<dyn PageReader>,
    /// Pairs so far of the row under way, which may go on in the next page.
    open: usize,
}

impl RowPages {
    /// Over the pages of a chunk.
    #[must_use]
    pub fn new(pages: Box<dyn PageReader>) -> RowPages {
        RowPages { pages, open: 0 }
    }

    fn check(&mut self, page: &Page) -> ParquetResult<()> {
        let general = |what: &str| ParquetError::General(what.to_owned());
        let (levels, count) = match page {
            Page::DictionaryPage { .. } => return Ok(()),
            Page::DataPage { buf, num_values, rep_level_encoding, .. } => {
                if *rep_level_encoding != Encoding::RLE {
                    return Err(general("levels in an encoding of the past"));
                }
                let head = buf.get(..4).and_then(|head| <[u8; 4]>::try_from(head).ok());
                let length = head.map(|head| u32::from_le_bytes(head) as usize);
                let end = length.and_then(|length| length.checked_add(4)).filter(|end| *end <= buf.len());
                (end.map(|end| buf.slice(4..end)), *num_values)
            }
            Page::DataPageV2 { buf, num_values, rep_levels_byte_len, .. } => {
                let end = Some(*rep_levels_byte_len as usize).filter(|end| *end <= buf.len());
                (end.map(|end| buf.slice(..end)), *num_values)
            }
        };
        let mut levels = levels.and_then(|levels| Hybrid::new(levels, 1)).ok_or_else(|| general("a page is short"))?;
        let (mut left, mut packed) = (count as usize, Vec::new());
        while left > 0 {
            left -= match levels.next(left).map_err(|_| general("a page has fewer levels than values"))? {
                Stretch::Same(0, n) => {
                    self.open = 1;
                    n
                }
                Stretch::Same(_, n) => {
                    self.open += n;
                    n
                }
                Stretch::Packed(n) => {
                    packed.clear();
                    levels.unpack(n, 0, &mut packed);
                    packed.iter().for_each(|level| self.open = if *level == 0 { 1 } else { self.open + 1 });
                    n
                }
            };
            if self.open > PAIRS_MAX {
                return Err(ParquetError::General(format!("a row's map has more than {PAIRS_MAX} pairs")));
            }
        }
        Ok(())
    }
}

impl PageReader for RowPages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.as_ref().map_or(Ok(()), |page| self.check(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> ParquetResult<bool> {
        self.pages.at_record_boundary()
    }
}

impl Iterator for RowPages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Whether a field is a map of texts: a group of one repeated group of two texts. As a list it may
/// also be of structs of a `key` and a `value`, in this order, as writers without maps have it.
#[must_use]
pub fn is_map(field: &Type) -> bool {
    let is_group = |t: &Type| !t.is_primitive();
    let repeats =
        |t: &Type| t.get_basic_info().has_repetition() && t.get_basic_info().repetition() == Repetition::REPEATED;
    if !is_group(field) || repeats(field) {
        return false;
    }
    let [entries] = field.get_fields() else { return false };
    if !is_group(entries) || !repeats(entries) {
        return false;
    }
    let info = field.get_basic_info();
    let named = matches!(info.logical_type_ref(), Some(LogicalType::Map))
        || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
    let listed =
        matches!(info.logical_type_ref(), Some(LogicalType::List)) || info.converted_type() == ConvertedType::LIST;
    let pair = match entries.get_fields() {
        [element] if listed && is_group(element) && !repeats(element) => element.get_fields(),
        pair => pair,
    };
    let [key, value] = pair else { return false };
    let called = |t: &Type, name: &str| t.name().eq_ignore_ascii_case(name);
    (named || (listed && called(key, "key") && called(value, "value")))
        && [key, value].iter().all(|t| t.is_primitive() && t.get_physical_type() == Physical::BYTE_ARRAY && !repeats(t))
}

struct Half {
    reader: ColumnReaderImpl<ByteArrayType>,
    most: i16,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    values: Vec<ByteArray>,
}

impl Half {
    fn open(group: &dyn RowGroupReader, leaf: usize) -> Result<Half> {
        let column = group.metadata().column(leaf).column_descr_ptr();
        let most = column.max_def_level();
        let pages = RowPages::new(group.get_column_page_reader(leaf).map_err(damaged)?);
        let reader = ColumnReaderImpl::new(column, Box::new(pages));
        Ok(Half { reader, most, definitions: Vec::new(), repetitions: Vec::new(), values: Vec::new() })
    }

    fn read(&mut self, rows: usize) -> Result<()> {
        self.definitions.clear();
        self.repetitions.clear();
        self.values.clear();
        let mut got = 0;
        while got < rows {
            let (n, ..) = self
                .reader
                .read_records(rows - got, Some(&mut self.definitions), Some(&mut self.repetitions), &mut self.values)
                .map_err(damaged)?;
            if n == 0 {
                return Err(damaged("a map has fewer values than rows"));
            }
            got += n;
        }
        Ok(())
    }
}

/// The chunk of a map column.
pub struct MapChunk {
    keys: Half,
    values: Half,
}

impl MapChunk {
    /// Of a map ([`is_map`]) whose keys are in this leaf, the values in the next.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn open(group: &dyn RowGroupReader, leaf: usize) -> Result<MapChunk> {
        Ok(MapChunk { keys: Half::open(group, leaf)?, values: Half::open(group, leaf + 1)? })
    }

    /// The codes of the next `rows` rows; their JSON texts are in `table`.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn read(&mut self, rows: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        let mut last = 0;
        while codes.len() < rows {
            let end = rows.min(codes.len() + ROWS);
            self.step(end - codes.len(), &mut last, codes, table)?;
            if codes.len() != end {
                return Err(damaged("a map has other rows than its file"));
            }
        }
        Ok(())
    }

    fn step(&mut self, rows: usize, last: &mut u32, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        self.keys.read(rows)?;
        self.values.read(rows)?;
        if self.keys.repetitions != self.values.repetitions {
            return Err(damaged("a map has other keys than values"));
        }
        let (mut keys, mut values) = (self.keys.values.iter(), self.values.values.iter());
        let mut row = Pairs::default();
        let mut flush = |row: &mut Pairs| {
            codes.push(table.code_of(row.take().as_bytes(), last));
        };
        for i in 0..self.keys.repetitions.len() {
            if i > 0 && self.keys.repetitions[i] == 0 {
                flush(&mut row);
            }
            let key = if self.keys.definitions[i] == self.keys.most { keys.next() } else { None };
            let there = self.values.definitions.get(i) == Some(&self.values.most);
            let value = if there { values.next() } else { None };
            if let Some(key) = key {
                row.add(key.data(), value.map(ByteArray::data));
            }
        }
        flush(&mut row);
        Ok(())
    }
}

/// A row's pairs, as far as they fit into a field.
#[derive(Default)]
pub struct Pairs {
    pairs: Vec<(String, Option<String>)>,
    /// Their bytes.
    length: usize,
}

impl Pairs {
    /// Adds a pair.
    pub fn add(&mut self, key: &[u8], value: Option<&[u8]>) {
        if self.length > FIELD_MAX {
            return;
        }
        let text = |raw: &[u8]| String::from_utf8_lossy(&raw[..raw.len().min(FIELD_MAX + 1)]).into_owned();
        self.length += key.len() + value.map_or(0, <[u8]>::len);
        self.pairs.push((text(key), value.map(text)));
    }

    /// Their JSON, longer than a field may be where they are; the next row begins.
    pub fn take(&mut self) -> String {
        let mut json = to_json(self.pairs.iter().map(|(k, v)| (k.as_str(), v.as_deref())));
        if self.length > FIELD_MAX {
            // A key that comes twice counts twice: what follows it was not looked at.
            json.extend(std::iter::repeat_n(' ', (FIELD_MAX + 1).saturating_sub(json.len())));
        }
        self.pairs.clear();
        self.length = 0;
        json
    }
}
