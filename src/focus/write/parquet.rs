//! Charges as Parquet: zstd, amounts as `DECIMAL(38,18)`, moments as UTC microseconds, tags as JSON.
//!
//! Unit prices, which a charge keeps as text, are decimals too, as FOCUS types them; the rare one
//! that is none is left out. A row group is held as text numbers until it is full, so that memory
//! stays bounded.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{ChargeRow, ChargeWriter, Field, Value, failed, price};
use crate::domain::dict::{Dict, NONE};
use crate::domain::money::Amount;
use crate::error::Result;

/// Charges of a row group.
const GROUP_ROWS: usize = 100_000;
/// Bytes of distinct texts of a row group, about.
const GROUP_BYTES: usize = 64 << 20;
/// Values that are handed to the `parquet` crate at a time.
const SLICE: usize = 4_096;

/// A column's values of a row group.
enum Values {
    Texts(Dict, Vec<u32>),
    Amounts(Vec<Option<Amount>>),
    Times(Vec<i64>),
}

/// Writes Parquet.
pub struct ParquetWriter {
    out: SerializedFileWriter<Box<dyn Write + Send>>,
    columns: Vec<(Field, Values)>,
    rows: usize,
    bytes: usize,
}

fn parquet_failed(error: ParquetError) -> crate::error::Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(e) => failed(&e),
            Err(e) => failed(&std::io::Error::other(e)),
        },
        other => failed(&std::io::Error::other(other)),
    }
}

fn column_type(name: &str, values: &Values) -> Result<TypePtr, ParquetError> {
    let built = match values {
        Values::Texts(..) => Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .with_repetition(Repetition::OPTIONAL),
        Values::Amounts(_) => Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
            .with_length(16)
            .with_logical_type(Some(LogicalType::decimal(18, 38)))
            .with_precision(38)
            .with_scale(18)
            .with_repetition(Repetition::OPTIONAL),
        Values::Times(_) => Type::primitive_type_builder(name, Physical::INT64)
            .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MICROS)))
            .with_repetition(Repetition::REQUIRED),
    };
    built.build().map(Arc::new)
}

impl ParquetWriter {
    /// Writes the start of the file.
    ///
    /// # Errors
    /// Kind `Usage` where the output takes nothing.
    pub fn new(out: Box<dyn Write + Send>) -> Result<ParquetWriter> {
        let mut columns = Vec::new();
        let mut types = Vec::new();
        for (name, field) in Field::all() {
            let values = match field {
                Field::Quantity(_) => Values::Amounts(Vec::new()),
                Field::Profile(_) if field.is_price() => Values::Amounts(Vec::new()),
                Field::Profile(_) | Field::Terms(_) => Values::Texts(Dict::default(), Vec::new()),
                Field::ChargeStart | Field::ChargeEnd | Field::BillingStart | Field::BillingEnd => {
                    Values::Times(Vec::new())
                }
            };
            types.push(column_type(name, &values).map_err(parquet_failed)?);
            columns.push((field, values));
        }
        let schema = Type::group_type_builder("focus").with_fields(types).build().map_err(parquet_failed)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("spendtop ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let out = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(parquet_failed)?;
        Ok(ParquetWriter { out, columns, rows: 0, bytes: 0 })
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.write_group().map_err(parquet_failed)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.out.next_row_group()?;
        for (_, values) in &mut self.columns {
            let Some(mut column) = group.next_column()? else {
                return Err(ParquetError::General("a column is missing".to_owned()));
            };
            values.put(&mut column)?;
            column.close()?;
        }
        group.close().map(|_| ())
    }
}

impl Values {
    /// Hands the values over and forgets them.
    fn put(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self {
            Values::Texts(dict, ids) => {
                let mut texts = Vec::with_capacity(dict.len());
                let all = Bytes::from(dict.iter().collect::<String>());
                let mut at = 0;
                texts.push(ByteArray::new());
                for text in dict.iter() {
                    texts.push(ByteArray::from(all.slice(at..at + text.len())));
                    at += text.len();
                }
                for slice in ids.chunks(SLICE) {
                    let levels: Vec<i16> = slice.iter().map(|id| i16::from(*id != NONE)).collect();
                    let present: Vec<ByteArray> =
                        slice.iter().filter(|id| **id != NONE).map(|id| texts[*id as usize].clone()).collect();
                    column.typed::<ByteArrayType>().write_batch(&present, Some(&levels), None)?;
                }
                dict.clear();
                ids.clear();
            }
            Values::Amounts(amounts) => {
                for slice in amounts.chunks(SLICE) {
                    let levels: Vec<i16> = slice.iter().map(|a| i16::from(a.is_some())).collect();
                    let bytes: Vec<u8> = slice.iter().flatten().flat_map(|a| a.units().to_be_bytes()).collect();
                    let bytes = Bytes::from(bytes);
                    let present: Vec<FixedLenByteArray> = (0..bytes.len() / 16)
                        .map(|i| ByteArray::from(bytes.slice(i * 16..i * 16 + 16)).into())
                        .collect();
                    column.typed::<FixedLenByteArrayType>().write_batch(&present, Some(&levels), None)?;
                }
                amounts.clear();
            }
            Values::Times(times) => {
                column.typed::<Int64Type>().write_batch(times, None, None)?;
                times.clear();
            }
        }
        Ok(())
    }
}

impl ChargeWriter for ParquetWriter {
    fn write(&mut self, charge: &ChargeRow<'_>) -> Result<()> {
        for (field, values) in &mut self.columns {
            match (values, field.of(charge)) {
                (Values::Texts(dict, ids), Value::Text(text)) => {
                    let before = dict.len();
                    ids.push(dict.intern(text));
                    self.bytes += if dict.len() > before { text.len() + 64 } else { 0 };
                }
                (Values::Amounts(amounts), Value::Text(text)) => amounts.push(price(text)),
                (Values::Amounts(amounts), Value::Amount(amount)) => amounts.push(amount),
                (Values::Times(times), Value::Time(seconds)) => times.push(seconds.saturating_mul(1_000_000)),
                _ => return Err(crate::error::Error::bug("an export's column has two kinds of values")),
            }
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.flush()?;
        self.out.finish().map_err(parquet_failed)?;
        self.out.inner_mut().flush().map_err(|e| failed(&e))
    }
}
