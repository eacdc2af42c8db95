//! Columns as bytes: numbers in byte planes, which compress to nearly what they say.
//!
//! A column of numbers is written plane by plane: all lowest bytes, then all second bytes, and so
//! on up to the widest value. The upper planes of real columns are nearly constant and cost
//! nothing once compressed; reading is a few additions a value. Knows nothing of what the
//! columns mean.

use std::ops::Range;

use super::frame::Damage;
use crate::domain::dict::Dict;
use crate::domain::money::POW10;
use crate::domain::numbers::{Numbers, UNKNOWN_NARROW, UNKNOWN_WIDE};
use crate::domain::texts::Texts;

/// No column holds more values: a damaged length must not ask for all memory.
const VALUES_MAX: usize = 1 << 24;

/// Reads bytes front to back, never past the end.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`Damage`] where there are fewer.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], Damage> {
        if n > self.0.len() {
            return Err(Damage::new("a column ends early"));
        }
        let (head, rest) = self.0.split_at(n);
        self.0 = rest;
        Ok(head)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Damage`] at the end.
    pub fn byte(&mut self) -> Result<u8, Damage> {
        Ok(self.bytes(1)?[0])
    }

    /// The next four bytes as a count.
    ///
    /// # Errors
    /// [`Damage`] at the end, or where no column could be so long.
    pub fn count(&mut self) -> Result<usize, Damage> {
        let b = self.bytes(4)?;
        let n = u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize;
        if n > VALUES_MAX { Err(Damage::new("a column claims to be too long")) } else { Ok(n) }
    }
}

fn push_count(out: &mut Vec<u8>, n: usize) {
    out.extend_from_slice(&(n as u32).to_le_bytes());
}

fn planes(out: &mut Vec<u8>, values: &[u64]) {
    let widest = values.iter().fold(0, |a, v| a | v);
    let width = (64 - widest.leading_zeros()).div_ceil(8) as usize;
    out.push(width as u8);
    for plane in 0..width {
        let shift = plane * 8;
        out.extend(values.iter().map(|v| (v >> shift) as u8));
    }
}

/// Values that are put together at a time: their planes then stay in the nearest cache.
const BLOCK: usize = 512;

fn unplanes<T>(reader: &mut Reader<'_>, n: usize, mut value: impl FnMut(u64) -> T) -> Result<Vec<T>, Damage> {
    let width = usize::from(reader.byte()?);
    if width > 8 {
        return Err(Damage::new("a column is wider than a number"));
    }
    let bytes = reader.bytes(n.checked_mul(width).ok_or_else(|| Damage::new("a column is too long"))?)?;
    let mut values = Vec::with_capacity(n);
    for start in (0..n).step_by(BLOCK) {
        let mut block = [0u64; BLOCK];
        let block = &mut block[..BLOCK.min(n - start)];
        for plane in 0..width {
            let shift = plane * 8;
            for (value, byte) in block.iter_mut().zip(&bytes[plane * n + start..]) {
                *value |= u64::from(*byte) << shift;
            }
        }
        values.extend(block.iter().map(|v| value(*v)));
    }
    Ok(values)
}

fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

fn unzigzag(v: u64) -> i64 {
    (v >> 1) as i64 ^ -((v & 1) as i64)
}

/// Writes small numbers; `delta` where neighbours are near each other.
pub fn put_ids(out: &mut Vec<u8>, ids: &[u32], delta: bool) {
    push_count(out, ids.len());
    out.push(u8::from(delta));
    let mut last = 0i64;
    let values: Vec<u64> = if delta {
        ids.iter()
            .map(|id| {
                let step = i64::from(*id) - last;
                last = i64::from(*id);
                zigzag(step)
            })
            .collect()
    } else {
        ids.iter().map(|id| u64::from(*id)).collect()
    };
    planes(out, &values);
}

/// Numbers of at most four planes.
fn unplanes_short(reader: &mut Reader<'_>, n: usize, width: usize) -> Result<Vec<u32>, Damage> {
    let bytes = reader.bytes(n.checked_mul(width).ok_or_else(|| Damage::new("a column is too long"))?)?;
    if width == 0 {
        return Ok(vec![0; n]);
    }
    let (lowest, rest) = bytes.split_at(n);
    let mut values: Vec<u32> = lowest.iter().map(|b| u32::from(*b)).collect();
    for (plane, bytes) in rest.chunks_exact(n.max(1)).enumerate() {
        let shift = 8 * (plane + 1);
        values.iter_mut().zip(bytes).for_each(|(value, byte)| *value |= u32::from(*byte) << shift);
    }
    Ok(values)
}

/// Reads what [`put_ids`] wrote.
///
/// # Errors
/// [`Damage`] where it is none.
pub fn get_ids(reader: &mut Reader<'_>) -> Result<Vec<u32>, Damage> {
    let n = reader.count()?;
    let delta = reader.byte()? != 0;
    let too_large = || Damage::new("a column holds a number out of range");
    let width = reader.0.first().copied().map_or(0, usize::from);
    if !delta && width > 4 {
        return Err(too_large());
    }
    let (mut last, mut seen) = (0i64, 0i64);
    let mut step = |by: u64| {
        last = last.wrapping_add(unzigzag(by));
        seen |= last;
        last as u32
    };
    let ids: Vec<u32> = if width <= 4 {
        let width = usize::from(reader.byte()?);
        let mut values = unplanes_short(reader, n, width)?;
        if delta {
            values.iter_mut().for_each(|v| *v = step(u64::from(*v)));
        }
        values
    } else {
        unplanes(reader, n, step)?
    };
    // One number that is negative or too large sets a bit above the 32nd.
    if seen >> 32 == 0 { Ok(ids) } else { Err(too_large()) }
}

/// Small numbers in as few bytes as they were written in: memory is what reading them costs.
pub enum Ids {
    /// So many, all 0.
    Zeros(usize),
    /// None needs more than a byte.
    Bytes(Vec<u8>),
    /// Some does.
    Words(Vec<u32>),
}

impl Ids {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Ids::Zeros(count) => *count,
            Ids::Bytes(ids) => ids.len(),
            Ids::Words(ids) => ids.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> u32 {
        match self {
            Ids::Zeros(_) => 0,
            Ids::Bytes(ids) => u32::from(ids[at]),
            Ids::Words(ids) => ids[at],
        }
    }

    /// Hands over the numbers in `range`, each with a value of `beside`.
    pub fn each_with<'v, T: 'v>(
        &self,
        range: Range<usize>,
        beside: impl Iterator<Item = &'v mut T>,
        mut give: impl FnMut(&'v mut T, u32),
    ) {
        match self {
            Ids::Zeros(_) => beside.zip(range).for_each(|(value, _)| give(value, 0)),
            Ids::Bytes(ids) => beside.zip(&ids[range]).for_each(|(value, id)| give(value, u32::from(*id))),
            Ids::Words(ids) => beside.zip(&ids[range]).for_each(|(value, id)| give(value, *id)),
        }
    }
}

/// Reads what [`put_ids`] wrote, without making it longer.
///
/// # Errors
/// [`Damage`] where it is none.
pub fn get_short_ids(reader: &mut Reader<'_>) -> Result<Ids, Damage> {
    // After the count: whether they are deltas, and the number of planes.
    let [_, _, _, _, 0, width @ (0 | 1), ..] = *reader.0 else { return get_ids(reader).map(Ids::Words) };
    let n = reader.count()?;
    reader.bytes(2)?;
    Ok(if width == 0 { Ids::Zeros(n) } else { Ids::Bytes(reader.bytes(n)?.to_vec()) })
}

const ALL_UNKNOWN: u8 = 0;
const NARROW: u8 = 1;
const NARROW_BESIDE: u8 = 2;
const WIDE: u8 = 3;

/// Writes decimals. Where at least half of them equal the column `beside` (a billed cost its
/// effective cost, a pricing quantity the consumed one), their difference is written instead;
/// returns whether it was.
pub fn put_numbers(out: &mut Vec<u8>, numbers: &Numbers, beside: Option<&Numbers>) -> bool {
    push_count(out, numbers.len());
    match numbers {
        Numbers::Unknown(_) => out.push(ALL_UNKNOWN),
        Numbers::Wide(values) => {
            out.push(WIDE);
            values.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
        }
        Numbers::Narrow { scale, values } => {
            let base = match beside {
                Some(Numbers::Narrow { scale: s, values: base }) if s == scale && base.len() == values.len() => {
                    let equal = values.iter().zip(base).filter(|(a, b)| a == b || **a == UNKNOWN_NARROW).count();
                    (equal * 2 >= values.len()).then_some(base)
                }
                _ => None,
            };
            out.push(if base.is_some() { NARROW_BESIDE } else { NARROW });
            out.push(*scale);
            put_unknown(out, values);
            let encoded: Vec<u64> = match base {
                Some(base) => values
                    .iter()
                    .zip(base)
                    .map(|(v, b)| if *v == UNKNOWN_NARROW { 0 } else { zigzag(v.wrapping_sub(*b)) })
                    .collect(),
                None => values.iter().map(|v| if *v == UNKNOWN_NARROW { 0 } else { zigzag(*v) }).collect(),
            };
            planes(out, &encoded);
            return base.is_some();
        }
    }
    false
}

/// Which values are unknown: nothing where none is, else a bit each.
fn put_unknown(out: &mut Vec<u8>, values: &[i64]) {
    let any = values.contains(&UNKNOWN_NARROW);
    out.push(u8::from(any));
    if any {
        for eight in values.chunks(8) {
            let bits = eight.iter().enumerate().fold(0u8, |bits, (i, v)| bits | u8::from(*v == UNKNOWN_NARROW) << i);
            out.push(bits);
        }
    }
}

/// Whether a column of decimals was written as differences and needs its neighbour.
#[must_use]
pub fn needs_neighbour(bytes: &[u8]) -> bool {
    bytes.get(4) == Some(&NARROW_BESIDE)
}

/// Reads what [`put_numbers`] wrote.
///
/// # Errors
/// [`Damage`] where it is none, or the neighbour that it needs is missing or another.
pub fn get_numbers(reader: &mut Reader<'_>, beside: Option<&Numbers>) -> Result<Numbers, Damage> {
    let n = reader.count()?;
    match reader.byte()? {
        ALL_UNKNOWN => Ok(Numbers::Unknown(n)),
        WIDE => {
            let bytes = reader.bytes(n.checked_mul(16).ok_or_else(|| Damage::new("a column is too long"))?)?;
            let value = |b: &[u8]| b.try_into().map_or(UNKNOWN_WIDE, i128::from_le_bytes);
            Ok(Numbers::Wide(bytes.chunks_exact(16).map(value).collect()))
        }
        kind @ (NARROW | NARROW_BESIDE) => {
            let scale = reader.byte()?;
            if scale > 18 {
                return Err(Damage::new("a column has too many decimals"));
            }
            let unknown = if reader.byte()? != 0 { Some(reader.bytes(n.div_ceil(8))?) } else { None };
            let mut values = unplanes(reader, n, unzigzag)?;
            if kind == NARROW_BESIDE {
                let Some(Numbers::Narrow { values: base, .. }) = beside.filter(|b| b.len() == n) else {
                    return Err(Damage::new("a column lacks the one that it stands beside"));
                };
                values.iter_mut().zip(base).for_each(|(v, b)| *v = v.wrapping_add(*b));
            }
            if let Some(bits) = unknown {
                for (i, value) in values.iter_mut().enumerate() {
                    if bits[i / 8] >> (i % 8) & 1 == 1 {
                        *value = UNKNOWN_NARROW;
                    }
                }
            }
            Ok(Numbers::Narrow { scale, values })
        }
        _ => Err(Damage::new("a column of an unknown kind")),
    }
}

/// Sums at the coarsest scale that holds them all, narrow where they fit.
#[must_use]
pub fn compact(units: Vec<i128>) -> Numbers {
    let mut drop = 18usize;
    for value in &units {
        while drop > 0 && value % i128::from(POW10[drop]) != 0 {
            drop -= 1;
        }
    }
    let factor = i128::from(POW10[drop]);
    let narrow: Option<Vec<i64>> =
        units.iter().map(|v| i64::try_from(v / factor).ok().filter(|v| *v != i64::MIN)).collect();
    match narrow {
        Some(values) => Numbers::Narrow { scale: (18 - drop) as u8, values },
        None => Numbers::Wide(units),
    }
}

/// Writes a dictionary.
pub fn put_dict(out: &mut Vec<u8>, dict: &Dict) {
    let lengths: Vec<u32> = dict.iter().map(|t| t.len() as u32).collect();
    put_ids(out, &lengths, false);
    dict.iter().for_each(|t| out.extend_from_slice(t.as_bytes()));
}

/// Reads what [`put_dict`] wrote, as texts by number (0 is empty).
///
/// # Errors
/// [`Damage`] where it is none.
pub fn get_texts(reader: &mut Reader<'_>) -> Result<Texts, Damage> {
    let lengths = get_ids(reader)?;
    let text = reader.bytes(total(&lengths))?.to_vec();
    texts(text, &lengths)
}

/// Writes a dictionary as a value of its own, texts first: [`take_texts`] then need not copy them.
pub fn put_texts(out: &mut Vec<u8>, dict: &Dict) {
    let before = out.len();
    dict.iter().for_each(|t| out.extend_from_slice(t.as_bytes()));
    let bytes = out.len() - before;
    let lengths: Vec<u32> = dict.iter().map(|t| t.len() as u32).collect();
    put_ids(out, &lengths, false);
    push_count(out, bytes);
}

/// Reads what [`put_texts`] wrote, and nothing else.
///
/// # Errors
/// [`Damage`] where it is none.
pub fn take_texts(mut raw: Vec<u8>) -> Result<Texts, Damage> {
    let ends_early = || Damage::new("a column ends early");
    let (rest, count) = raw.split_last_chunk::<4>().ok_or_else(ends_early)?;
    let bytes = u32::from_le_bytes(*count) as usize;
    let mut reader = Reader(rest.get(bytes..).ok_or_else(ends_early)?);
    let lengths = get_ids(&mut reader)?;
    if !reader.0.is_empty() {
        return Err(Damage::new("a column goes on after its end"));
    }
    raw.truncate(bytes);
    texts(raw, &lengths)
}

fn total(lengths: &[u32]) -> usize {
    lengths.iter().map(|l| *l as usize).sum()
}

fn texts(text: Vec<u8>, lengths: &[u32]) -> Result<Texts, Damage> {
    let text = String::from_utf8(text).map_err(|_| Damage::new("a text is not UTF-8"))?;
    Texts::of(text, lengths).ok_or_else(|| Damage::new("texts have other lengths than they say"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers() -> impl Strategy<Value = Numbers> {
        prop_oneof![
            (0usize..20).prop_map(Numbers::Unknown),
            (0u8..19, prop::collection::vec(prop_oneof![any::<i64>(), Just(UNKNOWN_NARROW), -5i64..5], 0..40))
                .prop_map(|(scale, values)| Numbers::Narrow { scale, values }),
            prop::collection::vec(any::<i128>(), 0..20).prop_map(Numbers::Wide),
        ]
    }

    proptest! {
        #[test]
        fn reads_the_numbers_it_wrote(column in numbers(), neighbour in numbers()) {
            for beside in [None, Some(&neighbour), Some(&column)] {
                let mut out = Vec::new();
                let used = put_numbers(&mut out, &column, beside);
                prop_assert_eq!(used, needs_neighbour(&out));
                let got = get_numbers(&mut Reader(&out), beside);
                prop_assert_eq!(got.as_ref(), Ok(&column));
                for cut in 0..out.len() {
                    prop_assert!(get_numbers(&mut Reader(&out[..cut]), beside).is_err());
                }
            }
        }

        #[test]
        fn reads_the_ids_and_texts_it_wrote(ids in prop_oneof![prop::collection::vec(any::<u32>(), 0..50), prop::collection::vec(0u32..256, 0..50), Just(vec![0; 9])], texts in prop::collection::vec(".*", 0..10)) {
            for delta in [false, true] {
                let mut out = Vec::new();
                put_ids(&mut out, &ids, delta);
                prop_assert_eq!(get_ids(&mut Reader(&out)), Ok(ids.clone()));
                let short = get_short_ids(&mut Reader(&out)).map(|short| (0..short.len()).map(|i| short.get(i)).collect());
                prop_assert_eq!(short, Ok(ids.clone()));
            }
            let mut dict = Dict::default();
            texts.iter().for_each(|t| { dict.intern(t); });
            let mut out = Vec::new();
            put_dict(&mut out, &dict);
            let read = get_texts(&mut Reader(&out)).map(|t| t.iter().skip(1).map(String::from).collect::<Vec<_>>());
            prop_assert_eq!(read, Ok(dict.iter().map(String::from).collect::<Vec<_>>()));
            let mut out = Vec::new();
            put_texts(&mut out, &dict);
            let read = take_texts(out.clone()).map(|t| t.iter().skip(1).map(String::from).collect::<Vec<_>>());
            prop_assert_eq!(read, Ok(dict.iter().map(String::from).collect()));
        }

        #[test]
        fn any_bytes_are_refused_or_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = get_ids(&mut Reader(&bytes));
            let _ = get_short_ids(&mut Reader(&bytes));
            let _ = get_texts(&mut Reader(&bytes));
            let _ = take_texts(bytes.clone());
            let _ = get_numbers(&mut Reader(&bytes), None);
        }
    }
}
