//! A `MAP` column (tags, price details) as the JSON text that a CSV would hold.
//!
//! Members may be called anything: writers differ (`key_value`, `map`, `entries`; `key`, `keys`).

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::schema::types::Type;

use super::chunk::Table;
use super::guard::damaged;
use crate::domain::tags::to_json;
use crate::error::Result;

/// Whether a field is a map of texts: a group of one repeated group of two texts.
#[must_use]
pub fn is_map(field: &Type) -> bool {
    let info = field.get_basic_info();
    let named = matches!(info.logical_type_ref(), Some(LogicalType::Map))
        || matches!(info.converted_type(), ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
    if field.is_primitive() || !named {
        return false;
    }
    let [entries] = field.get_fields() else { return false };
    let repeated = entries.get_basic_info().has_repetition()
        && entries.get_basic_info().repetition() == Repetition::REPEATED
        && !entries.is_primitive();
    repeated
        && entries.get_fields().len() == 2
        && entries.get_fields().iter().all(|f| {
            f.is_primitive()
                && f.get_physical_type() == Physical::BYTE_ARRAY
                && f.get_basic_info().repetition() != Repetition::REPEATED
        })
}

struct Half {
    reader: ColumnReaderImpl<ByteArrayType>,
    most: i16,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    values: Vec<ByteArray>,
}

impl Half {
    fn new(reader: ColumnReader, most: i16) -> Option<Half> {
        let ColumnReader::ByteArrayColumnReader(reader) = reader else { return None };
        Some(Half { reader, most, definitions: Vec::new(), repetitions: Vec::new(), values: Vec::new() })
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
    /// From the readers of both leaves, each with its highest definition level.
    #[must_use]
    pub fn new(keys: (ColumnReader, i16), values: (ColumnReader, i16)) -> Option<MapChunk> {
        Some(MapChunk { keys: Half::new(keys.0, keys.1)?, values: Half::new(values.0, values.1)? })
    }

    /// The codes of the next `rows` rows; their JSON texts are in `table`.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn read(&mut self, rows: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        self.keys.read(rows)?;
        self.values.read(rows)?;
        if self.keys.repetitions != self.values.repetitions {
            return Err(damaged("a map has other keys than values"));
        }
        let (mut keys, mut values) = (self.keys.values.iter(), self.values.values.iter());
        let mut pairs: Vec<(String, Option<String>)> = Vec::new();
        let mut last: Option<u32> = None;
        let mut flush = |pairs: &mut Vec<(String, Option<String>)>| {
            let json = to_json(pairs.iter().map(|(k, v)| (k.as_str(), v.as_deref())));
            pairs.clear();
            let code = match last {
                _ if json.is_empty() => 0,
                Some(code) if table.get(code) == json.as_bytes() => code,
                _ => table.push(json.as_bytes()),
            };
            last = (code > 0).then_some(code).or(last);
            codes.push(code);
        };
        let text = |raw: Option<&ByteArray>| raw.map(|r| String::from_utf8_lossy(r.data()).into_owned());
        for i in 0..self.keys.repetitions.len() {
            if i > 0 && self.keys.repetitions[i] == 0 {
                flush(&mut pairs);
            }
            let key = if self.keys.definitions[i] == self.keys.most { text(keys.next()) } else { None };
            let there = self.values.definitions.get(i) == Some(&self.values.most);
            let value = if there { text(values.next()) } else { None };
            if let Some(key) = key {
                pairs.push((key, value));
            }
        }
        flush(&mut pairs);
        if codes.len() == rows { Ok(()) } else { Err(damaged("a map has other rows than its file")) }
    }
}
