//! Parquet's run-length and bit-packed numbers: definition levels and dictionary codes.
//!
//! Read here rather than by the `parquet` crate, because a run of a million equal codes is then one
//! step instead of a million copies of a text. Knows nothing of pages and values; trusts no length.

use bytes::Bytes;

/// The bytes do not hold what they should.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Short;

/// A stretch of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stretch {
    /// So many times the same number.
    Same(u32, usize),
    /// So many numbers that [`Hybrid::unpack`] gives.
    Packed(usize),
}

/// Numbers of `width` bits each, in runs.
pub struct Hybrid {
    data: Bytes,
    at: usize,
    width: usize,
    left: usize,
    same: Option<u32>,
    bit: usize,
}

impl Hybrid {
    /// Over `data`; `None` where the width is impossible.
    #[must_use]
    pub fn new(data: Bytes, width: u8) -> Option<Hybrid> {
        (width <= 32).then_some(Hybrid { data, at: 0, width: usize::from(width), left: 0, same: None, bit: 0 })
    }

    /// The next stretch of at most `max` numbers, at least one.
    ///
    /// # Errors
    /// [`Short`] at the end of the data.
    pub fn next(&mut self, max: usize) -> Result<Stretch, Short> {
        while self.left == 0 {
            self.begin()?;
        }
        let n = self.left.min(max);
        match self.same {
            Some(value) => {
                self.left -= n;
                Ok(Stretch::Same(value, n))
            }
            None => Ok(Stretch::Packed(n)),
        }
    }

    fn begin(&mut self) -> Result<(), Short> {
        let mut header = 0u64;
        for shift in (0..=35).step_by(7) {
            let byte = *self.data.get(self.at).ok_or(Short)?;
            self.at += 1;
            header |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        let count = (header >> 1) as usize;
        if header & 1 == 0 {
            let bytes = self.width.div_ceil(8);
            let raw = self.data.get(self.at..self.at + bytes).ok_or(Short)?;
            self.at += bytes;
            self.same = Some(raw.iter().rev().fold(0u32, |value, b| value << 8 | u32::from(*b)));
            self.left = count;
        } else {
            let there = self.data.len() - self.at;
            self.bit = self.at * 8;
            self.same = None;
            if self.width == 0 {
                self.same = Some(0);
                self.left = count * 8;
            } else {
                // A writer may leave off the last group's padding.
                self.left = (count * 8).min(there * 8 / self.width);
                self.at += (count * self.width).min(there);
            }
            if self.left == 0 {
                return Err(Short);
            }
        }
        Ok(())
    }

    /// The numbers of the last [`Stretch::Packed`], each plus `plus`.
    pub fn unpack(&mut self, n: usize, plus: u32, out: &mut Vec<u32>) {
        let n = n.min(self.left);
        let mask = if self.width == 32 { u64::from(u32::MAX) } else { (1u64 << self.width) - 1 };
        let (data, mut bit) = (&self.data[..], self.bit);
        out.extend((0..n).map(|_| {
            let start = bit / 8;
            let word = match data.get(start..start + 8).and_then(|raw| <[u8; 8]>::try_from(raw).ok()) {
                Some(raw) => u64::from_le_bytes(raw),
                None => data[start.min(data.len())..].iter().rev().fold(0u64, |word, b| word << 8 | u64::from(*b)),
            };
            let value = (word >> (bit % 8)) & mask;
            bit += self.width;
            (value as u32).wrapping_add(plus)
        }));
        self.bit = bit;
        self.left -= n;
    }

    /// Appends the next `n` numbers, each plus `plus`.
    ///
    /// # Errors
    /// [`Short`] where there are fewer.
    pub fn read(&mut self, mut n: usize, plus: u32, out: &mut Vec<u32>) -> Result<(), Short> {
        while n > 0 {
            n -= match self.next(n)? {
                Stretch::Same(value, count) => {
                    out.resize(out.len() + count, value.wrapping_add(plus));
                    count
                }
                Stretch::Packed(count) => {
                    self.unpack(count, plus, out);
                    count
                }
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_runs_and_packed_numbers() {
        // Three times 4, then the specification's own example of 0 to 7 in three bits.
        let mut hybrid = Hybrid::new(Bytes::from_static(&[6, 4, 3, 0x88, 0xc6, 0xfa]), 3).expect("width");
        let mut out = Vec::new();
        hybrid.read(5, 0, &mut out).expect("five");
        hybrid.read(6, 1, &mut out).expect("six");
        assert_eq!(out, [4, 4, 4, 0, 1, 3, 4, 5, 6, 7, 8]);
        assert_eq!(hybrid.next(1), Err(Short));
    }

    #[test]
    fn survives_any_bytes() {
        let mut seed = 7u64;
        for width in 0..=32 {
            for _ in 0..200 {
                let bytes: Vec<u8> = (0..24)
                    .map(|_| {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        (seed >> 56) as u8
                    })
                    .collect();
                let mut out = Vec::new();
                let _ = Hybrid::new(Bytes::from(bytes), width).map(|mut h| h.read(1000, 0, &mut out));
                assert!(out.len() <= 1000);
            }
        }
        assert!(Hybrid::new(Bytes::new(), 33).is_none());
    }
}
