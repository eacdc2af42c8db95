//! What the raw bytes of a Parquet value mean: a text, a number or a moment.
//!
//! Knows types and nothing of pages or charges.

use std::borrow::Cow;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

use super::super::rules::{Moment, is_null};
use crate::domain::calendar::{DAY_SECONDS, Day, format_timestamp, parse_timestamp};
use crate::domain::money::{Amount, Decimal, DecimalError, POW10, SCALE};

/// How to read a column's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A little-endian integer.
    Integer {
        /// Without a sign.
        unsigned: bool,
    },
    /// An integer of 10^-scale: little-endian, or big-endian in `BYTE_ARRAY`s.
    Decimal {
        /// Decimal places.
        scale: u32,
        /// Whether the bytes are big-endian.
        big: bool,
    },
    /// A 64-bit float.
    Double,
    /// A 32-bit float.
    Float,
    /// True or false.
    Bool,
    /// Days since 1970.
    Date,
    /// So many per second since 1970.
    Moment(i64),
    /// Nanoseconds of a Julian day, as Spark and Impala wrote.
    Int96,
}

impl Kind {
    /// The kind of a column; `None` where it is none that a charge could have.
    #[must_use]
    pub fn of(column: &ColumnDescriptor) -> Option<Kind> {
        let scale = || u32::try_from(column.type_scale()).ok().filter(|s| *s <= 38);
        let (logical, converted) = (column.logical_type_ref(), column.converted_type());
        let decimal = matches!(logical, Some(LogicalType::Decimal(_))) || converted == ConvertedType::DECIMAL;
        let unit = match logical {
            Some(LogicalType::Timestamp(t)) => Some(match t.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            }),
            _ if converted == ConvertedType::TIMESTAMP_MILLIS => Some(1_000),
            _ if converted == ConvertedType::TIMESTAMP_MICROS => Some(1_000_000),
            _ => None,
        };
        let unsigned = matches!(logical, Some(LogicalType::Integer(i)) if !i.is_signed)
            || matches!(
                converted,
                ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
            );
        let date = matches!(logical, Some(LogicalType::Date)) || converted == ConvertedType::DATE;
        match column.physical_type() {
            Physical::BOOLEAN => Some(Kind::Bool),
            Physical::INT32 | Physical::INT64 if decimal => Some(Kind::Decimal { scale: scale()?, big: false }),
            Physical::INT32 if date => Some(Kind::Date),
            Physical::INT64 if unit.is_some() => unit.map(Kind::Moment),
            Physical::INT32 | Physical::INT64 => Some(Kind::Integer { unsigned }),
            Physical::INT96 => Some(Kind::Int96),
            Physical::FLOAT => Some(Kind::Float),
            Physical::DOUBLE => Some(Kind::Double),
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY if decimal => {
                Some(Kind::Decimal { scale: scale()?, big: true })
            }
            Physical::BYTE_ARRAY => Some(Kind::Text),
            Physical::FIXED_LEN_BYTE_ARRAY => None,
        }
    }

    /// The value as a number of at most `limit` units; `None` where it says "no value".
    ///
    /// # Errors
    /// Why it is none.
    pub fn number(self, raw: &[u8], limit: i128) -> Result<Option<Decimal>, DecimalError> {
        match self {
            Kind::Text if is_null(raw) => Ok(None),
            Kind::Text => Decimal::parse_within(raw, limit).map(Some),
            Kind::Integer { unsigned } => scaled(integer(raw, unsigned), 0, limit).map(Some),
            Kind::Decimal { scale, big: false } => scaled(integer(raw, false), scale, limit).map(Some),
            Kind::Decimal { scale, big: true } => {
                big_endian(raw).ok_or(DecimalError::Range).and_then(|m| scaled(m, scale, limit)).map(Some)
            }
            Kind::Double => Decimal::from_f64(f64::from_le_bytes(fixed(raw)), limit).map(Some),
            Kind::Float => {
                let value = f32::from_le_bytes(fixed(raw));
                if !value.is_finite() {
                    return Err(DecimalError::NotFinite);
                }
                Decimal::parse_within(format!("{value:e}").as_bytes(), limit).map(Some)
            }
            Kind::Bool | Kind::Date | Kind::Moment(_) | Kind::Int96 => Err(DecimalError::Syntax),
        }
    }

    /// The value as a moment, in seconds since 1970.
    #[must_use]
    pub fn seconds(self, raw: &[u8]) -> Option<i64> {
        match self {
            Kind::Text => parse_timestamp(raw),
            Kind::Date => Some(Day(i32::from_le_bytes(fixed(raw))).seconds()),
            Kind::Moment(per_second) => Some(i64::from_le_bytes(fixed(raw)).div_euclid(per_second)),
            Kind::Int96 => {
                let nanos = i64::from_le_bytes(fixed(raw.get(..8)?));
                let day = i64::from(u32::from_le_bytes(fixed(raw.get(8..12)?))) - 2_440_588;
                Some(day * DAY_SECONDS + nanos.div_euclid(1_000_000_000))
            }
            _ => None,
        }
    }

    /// The value as text, as a CSV export would write it.
    #[must_use]
    pub fn text(self, raw: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Kind::Text if is_null(raw) => Cow::Borrowed(b""),
            Kind::Text => Cow::Borrowed(raw),
            Kind::Integer { unsigned } => Cow::Owned(integer(raw, unsigned).to_string().into_bytes()),
            Kind::Bool => Cow::Borrowed(if raw.first() == Some(&1) { b"true" } else { b"false" }),
            Kind::Date => Cow::Owned(Day(i32::from_le_bytes(fixed(raw))).to_string().into_bytes()),
            Kind::Moment(_) | Kind::Int96 => Cow::Owned(match (self, Moment::of(self.seconds(raw))) {
                (_, Moment::At(seconds)) => format_timestamp(seconds).into_bytes(),
                // In another unit than the file says: a date would be invented.
                (Kind::Moment(_), _) => integer(raw, false).to_string().into_bytes(),
                _ => Vec::new(),
            }),
            Kind::Decimal { .. } | Kind::Double | Kind::Float => match self.number(raw, Amount::QUANTITY_LIMIT) {
                Ok(Some(decimal)) if !decimal.rounded => Cow::Owned(decimal.amount().to_string().into_bytes()),
                Err(DecimalError::NotFinite) => Cow::Borrowed(b""),
                _ => self.shown(raw),
            },
        }
    }

    /// The value for a person: in refusals.
    #[must_use]
    pub fn shown(self, raw: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Kind::Text => Cow::Borrowed(raw),
            Kind::Double => Cow::Owned(f64::from_le_bytes(fixed(raw)).to_string().into_bytes()),
            Kind::Float => Cow::Owned(f32::from_le_bytes(fixed(raw)).to_string().into_bytes()),
            Kind::Decimal { scale, big } => match if big { big_endian(raw) } else { Some(integer(raw, false)) } {
                Some(mantissa) => Cow::Owned(format!("{mantissa}e-{scale}").into_bytes()),
                None => Cow::Borrowed(b"(a decimal of more than 38 digits)"),
            },
            _ => self.text(raw),
        }
    }
}

/// The first bytes of `raw`, zeros where it is shorter: values of fixed size are cut to it before.
fn fixed<const N: usize>(raw: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let n = N.min(raw.len());
    bytes[..n].copy_from_slice(&raw[..n]);
    bytes
}

fn integer(raw: &[u8], unsigned: bool) -> i128 {
    match (raw.len(), unsigned) {
        (4, false) => i32::from_le_bytes(fixed(raw)).into(),
        (4, true) => u32::from_le_bytes(fixed(raw)).into(),
        (_, false) => i64::from_le_bytes(fixed(raw)).into(),
        (_, true) => u64::from_le_bytes(fixed(raw)).into(),
    }
}

fn big_endian(raw: &[u8]) -> Option<i128> {
    let negative = raw.first().is_some_and(|b| *b >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    let cut = raw.len().saturating_sub(16);
    if raw[..cut].iter().any(|b| *b != fill) {
        return None;
    }
    let mut bytes = [fill; 16];
    bytes[16 - (raw.len() - cut)..].copy_from_slice(&raw[cut..]);
    let value = i128::from_be_bytes(bytes);
    ((value < 0) == negative).then_some(value)
}

/// `mantissa` x 10^-`scale`, without needless places: a column of decimals then stays narrow.
fn scaled(mantissa: i128, scale: u32, limit: i128) -> Result<Decimal, DecimalError> {
    if scale > SCALE {
        return Decimal::parse_within(format!("{mantissa}e-{scale}").as_bytes(), limit);
    }
    let limit = limit / i128::from(POW10[(SCALE - scale) as usize]);
    if !(-limit..=limit).contains(&mantissa) {
        return Err(DecimalError::Range);
    }
    let (mut value, mut places) = (mantissa, scale as u8);
    if let Ok(mut narrow) = i64::try_from(mantissa) {
        while places > 0 && narrow % 10 == 0 {
            narrow /= 10;
            places -= 1;
        }
        value = narrow.into();
    } else {
        while places > 0 && value % 10 == 0 {
            value /= 10;
            places -= 1;
        }
    }
    Ok(Decimal { mantissa: value, scale: places, rounded: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_kind_as_a_csv_would_hold_it() {
        let text = |kind: Kind, raw: &[u8]| String::from_utf8_lossy(&kind.text(raw)).into_owned();
        let number =
            |kind: Kind, raw: &[u8]| kind.number(raw, Amount::LIMIT).map(|d| d.map(|d| d.amount().to_string()));
        let big = Kind::Decimal { scale: 4, big: true };
        for (raw, want) in [(&[0x30, 0x39][..], "1.2345"), (&[0xff, 0xff, 0xcf, 0xc7], "-1.2345"), (&[0; 20], "0")] {
            assert_eq!(number(big, raw), Ok(Some(want.to_owned())));
            assert_eq!(text(big, raw), want);
        }
        assert_eq!(number(big, &[0x7f; 20]), Err(DecimalError::Range));
        assert_eq!(number(Kind::Decimal { scale: 2, big: false }, &150i32.to_le_bytes()), Ok(Some("1.5".to_owned())));
        assert_eq!(number(Kind::Decimal { scale: 20, big: false }, &1i64.to_le_bytes()), Ok(Some("0".to_owned())));
        assert_eq!(number(Kind::Float, &0.1f32.to_le_bytes()), Ok(Some("0.1".to_owned())));
        assert_eq!(number(Kind::Double, &f64::NAN.to_le_bytes()), Err(DecimalError::NotFinite));
        assert_eq!(number(Kind::Integer { unsigned: true }, &u64::MAX.to_le_bytes()), Err(DecimalError::Range));
        assert_eq!(number(Kind::Text, b"NULL"), Ok(None));
        assert_eq!(text(Kind::Integer { unsigned: false }, &(-7i64).to_le_bytes()), "-7");
        assert_eq!(text(Kind::Double, &f64::NAN.to_le_bytes()), "");
        assert_eq!(text(Kind::Bool, &[1]), "true");
        let moment = 1_725_148_800i64;
        for (kind, raw) in [
            (Kind::Moment(1_000), (moment * 1_000 + 999).to_le_bytes().to_vec()),
            (Kind::Moment(1_000_000), (moment * 1_000_000).to_le_bytes().to_vec()),
            (Kind::Moment(1_000_000_000), (moment * 1_000_000_000).to_le_bytes().to_vec()),
            (Kind::Date, 19_967i32.to_le_bytes().to_vec()),
            (Kind::Int96, [0i64.to_le_bytes().as_slice(), &(19_967u32 + 2_440_588).to_le_bytes()].concat()),
            (Kind::Text, b"2024-09-01 00:00:00".to_vec()),
        ] {
            assert_eq!(kind.seconds(&raw), Some(moment), "{kind:?}");
        }
        assert_eq!(text(Kind::Moment(1_000), &(moment * 1_000).to_le_bytes()), "2024-09-01T00:00:00Z");
    }
}
