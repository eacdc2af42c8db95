//! Frames: every value of the store carries what it is, how long it is, and a checksum.
//!
//! A frame is a 20-byte head and a body, compressed where that helps. A long frame is cut into
//! pages below the database's limit, under keys that end in the page's number. What is read back
//! is checked before a byte of it is believed.

use std::cell::RefCell;

use super::kv::{Change, Kv};
use crate::error::{Error, Result};

const MAGIC: [u8; 4] = *b"spt1";
const HEAD: usize = 20;
/// Bytes a page: below sled's limit, and small enough that it evicts pages in time.
const PAGE: usize = 48_000;
/// No frame may claim to unpack to more: the largest is a dictionary of a full batch.
const RAW_MAX: usize = 512 << 20;
const LEVEL: i32 = 1;

/// What is wrong with a stored value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage(pub String);

impl Damage {
    /// Damage to something.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Damage(what.into())
    }
}

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Error::store(format!("stored data is damaged: {}", damage.0))
            .hint("run `spendtop store check` to see what is affected and how to mend it")
    }
}

thread_local! {
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Makes a frame of a body.
#[must_use]
pub fn seal(raw: &[u8]) -> Vec<u8> {
    let packed = if raw.len() < 64 { None } else { compress(raw).filter(|p| p.len() + p.len() / 32 < raw.len()) };
    let (flag, body) = match &packed {
        Some(packed) => (1u32, packed.as_slice()),
        None => (0, raw),
    };
    let mut out = Vec::with_capacity(HEAD + body.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&flag.to_le_bytes());
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    out.extend_from_slice(body);
    let sum = crc32c::crc32c(&out[8..]);
    out[4..8].copy_from_slice(&sum.to_le_bytes());
    out
}

fn compress(raw: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = zstd::bulk::Compressor::new(LEVEL).ok();
        }
        slot.as_mut().and_then(|c| c.compress(raw).ok())
    })
}

fn decompress(body: &[u8], raw: usize) -> std::io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(zstd::bulk::Decompressor::new()?);
        }
        slot.as_mut().map_or_else(|| zstd::bulk::decompress(body, raw), |d| d.decompress(body, raw))
    })
}

fn word(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, |b| u32::from_le_bytes(b) as usize)
}

/// The length that a frame says it has, from its head.
fn sealed_len(head: &[u8]) -> Result<usize, Damage> {
    if head.len() < HEAD || head[..4] != MAGIC {
        return Err(Damage::new("a value does not start as spendtop's values do"));
    }
    Ok(HEAD + word(head, 12))
}

/// The body of a frame.
///
/// # Errors
/// [`Damage`] where the frame is cut, changed or claims too much.
pub fn open(frame: &[u8]) -> Result<Vec<u8>, Damage> {
    let len = sealed_len(frame)?;
    if frame.len() != len || crc32c::crc32c(&frame[8..]) as usize != word(frame, 4) {
        return Err(Damage::new("a value's checksum does not fit"));
    }
    let raw = word(frame, 16);
    if raw > RAW_MAX {
        return Err(Damage::new("a value claims to be too large"));
    }
    let body = &frame[HEAD..];
    let out = if word(frame, 8) == 1 {
        decompress(body, raw).map_err(|e| Damage::new(format!("a value does not unpack: {e}")))?
    } else {
        body.to_vec()
    };
    if out.len() == raw { Ok(out) } else { Err(Damage::new("a value has another length than it says")) }
}

/// The body of a frame that is no longer than `most` bytes, packed or not.
///
/// # Errors
/// [`Damage`] where it is longer, cut or changed.
pub fn open_small(frame: &[u8], most: usize) -> Result<Vec<u8>, Damage> {
    if frame.len() > most || word(frame, 16) > most {
        return Err(Damage::new("a value is larger than it may be"));
    }
    open(frame)
}

/// Cuts a frame of `raw` into pages under `key`.
pub fn put(changes: &mut Vec<Change>, key: &[u8], raw: &[u8]) {
    for (page, bytes) in seal(raw).chunks(PAGE).enumerate() {
        changes.push((page_key(key, page), Some(bytes.to_vec())));
    }
}

fn page_key(key: &[u8], page: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 2);
    out.extend_from_slice(key);
    out.extend_from_slice(&(page as u16).to_be_bytes());
    out
}

/// Reads a frame's body from its pages; `None` where there is none.
///
/// # Errors
/// Kind `Store` where pages are missing or damaged; `what` names it.
pub fn get(kv: &dyn Kv, key: &[u8], what: &str) -> Result<Option<Vec<u8>>> {
    let Some(mut frame) = kv.get(&page_key(key, 0))? else { return Ok(None) };
    let named = |damage: Damage| Error::from(Damage(format!("{what}: {}", damage.0)));
    let len = sealed_len(&frame).map_err(named)?;
    let mut page = 1;
    while frame.len() < len {
        let Some(more) = kv.get(&page_key(key, page))? else {
            return Err(named(Damage::new("a page is missing")));
        };
        frame.extend_from_slice(&more);
        page += 1;
    }
    open(&frame).map(Some).map_err(named)
}

/// Reads a frame that must be there.
///
/// # Errors
/// Kind `Store` where it is missing or damaged; `what` names it.
pub fn must_get(kv: &dyn Kv, key: &[u8], what: &str) -> Result<Vec<u8>> {
    get(kv, key, what)?.ok_or_else(|| Damage(format!("{what} is missing")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::kv::MemoryKv;

    #[test]
    fn any_changed_byte_is_noticed() {
        for raw in [b"short".to_vec(), b"long and repetitive ".repeat(100)] {
            let frame = seal(&raw);
            assert_eq!(open(&frame), Ok(raw.clone()));
            for at in 0..frame.len() {
                let mut bad = frame.clone();
                bad[at] ^= 0x10;
                assert!(open(&bad).is_err(), "byte {at}");
            }
            assert!(open(&frame[..frame.len() - 1]).is_err());
        }
    }

    #[test]
    fn long_frames_are_paged_and_a_lost_page_is_noticed() {
        let raw: Vec<u8> = (0..300_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let kv = MemoryKv::default();
        let mut changes = Vec::new();
        put(&mut changes, b"k", &raw);
        assert!(changes.len() > 10 && changes.iter().all(|(_, v)| v.as_ref().is_some_and(|v| v.len() <= PAGE)));
        kv.write(changes).expect("write");
        assert_eq!(must_get(&kv, b"k", "it").expect("read"), raw);
        kv.write(vec![(page_key(b"k", 3), None)]).expect("write");
        assert!(must_get(&kv, b"k", "it").is_err());
        assert_eq!(get(&kv, b"other", "it").expect("read"), None);
    }
}
