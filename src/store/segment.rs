//! Segments: one batch of charges as columns in the store.
//!
//! A segment keeps the batch's dictionaries, its profiles and terms, and its charges in chunks of
//! at most [`CHUNK_ROWS`], ordered by window. Each column of each chunk has a key of its own.
//! A segment is written once and never changed; the manifest says which of its windows count.

use serde::{Deserialize, Serialize};

use super::codec::{self, Reader};
use super::frame::{self, Damage};
use super::keys::{self, Part};
use super::kv::{Change, Kv};
use crate::domain::batch::{ChargeBatch, TermsRow};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::numbers::Numbers;
use crate::domain::services;
use crate::domain::text::SafeText;
use crate::domain::texts::Texts;
use crate::error::{Error, Result};

/// Charges a chunk at most: eight bytes of a cost fill less than a page.
pub const CHUNK_ROWS: usize = 8_192;
/// A chunk that has so many charges is closed where a window ends.
const CHUNK_ROWS_MIN: usize = 4_096;
/// The column of [`Part::Terms`] that holds their times.
const TIMES: u8 = 255;

/// What a segment holds.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Head {
    /// Charges.
    pub rows: u64,
    /// Distinct profiles.
    pub profiles: u32,
    /// Distinct terms.
    pub terms: u32,
    /// Its windows.
    pub windows: Vec<WindowHead>,
    /// For each chunk, its runs of charges: window and count.
    pub chunks: Vec<Vec<(u32, u32)>>,
}

/// A window of a segment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct WindowHead {
    /// The group of windows that it belongs to.
    pub group: GroupKey,
    /// The UTC day that its charges started on.
    pub day: Day,
}

/// What is replaced together: within a source, the charges of a billing account in a billing period.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct GroupKey {
    /// The provider's FOCUS name.
    pub provider: String,
    /// `BillingAccountId`, empty where the bill has none.
    pub account: String,
    /// First day of the billing period.
    pub billing_period: Day,
}

impl GroupKey {
    /// What it is called in messages: provider, account and month.
    #[must_use]
    pub fn name(&self) -> SafeText {
        SafeText::from_outside(&format!("{} {} {}", self.provider, self.account, self.billing_period.month()))
    }

    /// Whose charges these are, however the bill spells the provider: canonical provider, account
    /// and billing period. A source may hold several groups of one identity, each as it is spelt.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        (services::canonical_provider(&self.provider), &self.account, self.billing_period)
    }
}

/// See [`GroupKey::identity`].
pub type Identity<'a> = (&'a str, &'a str, Day);

/// Writes a batch as a segment: the changes to make, and what it holds. `order` is the batch's.
#[must_use]
pub fn encode(batch: &ChargeBatch, order: &[u32], number: u64) -> (Vec<Change>, Head) {
    let mut changes = Vec::new();
    let chunks = cut(batch, order);
    let head = head(batch, &chunks, order);
    put(&mut changes, keys::column(number, Part::Head, 0, 0), &postcard::to_stdvec(&head).unwrap_or_default());
    let mut raw = Vec::new();
    for column in Profile::ALL {
        let at = column.index();
        raw.clear();
        codec::put_texts(&mut raw, &batch.profile_texts[at]);
        put(&mut changes, keys::column(number, Part::ProfileTexts, at as u8, 0), &raw);
        raw.clear();
        codec::put_ids(&mut raw, &batch.profiles[at], false);
        put(&mut changes, keys::column(number, Part::Profiles, at as u8, 0), &raw);
    }
    encode_terms(&mut changes, batch, number, &mut raw);
    for (chunk, range) in chunks.iter().enumerate() {
        let rows = &order[range.clone()];
        encode_chunk(&mut changes, batch, number, chunk as u32, rows);
    }
    // Neighbouring keys in one batch are cheapest for the database.
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    (changes, head)
}

/// The keys of everything that a segment of so many chunks has, for what must be read one by one.
#[must_use]
pub fn columns(number: u64, chunks: u32) -> Vec<Vec<u8>> {
    let column = |part, at, chunk| keys::column(number, part, at, chunk);
    let mut all = vec![column(Part::Head, 0, 0), column(Part::Terms, TIMES, 0)];
    for at in Profile::ALL.iter().map(|c| c.index() as u8) {
        all.extend([column(Part::ProfileTexts, at, 0), column(Part::Profiles, at, 0)]);
    }
    for at in Terms::ALL.iter().map(|c| c.index() as u8) {
        all.extend([column(Part::TermsTexts, at, 0), column(Part::Terms, at, 0)]);
    }
    for chunk in 0..chunks {
        all.extend([column(Part::Rows, 0, chunk), column(Part::Rows, 1, chunk)]);
        all.extend(Quantity::ALL.iter().map(|q| column(Part::Quantities, q.index() as u8, chunk)));
    }
    all
}

fn put(changes: &mut Vec<Change>, key: Vec<u8>, raw: &[u8]) {
    frame::put(changes, &key, raw);
}

fn encode_terms(changes: &mut Vec<Change>, batch: &ChargeBatch, number: u64, raw: &mut Vec<u8>) {
    for column in Terms::ALL {
        let at = column.index();
        raw.clear();
        codec::put_texts(raw, &batch.terms_texts[at]);
        put(changes, keys::column(number, Part::TermsTexts, at as u8, 0), raw);
        raw.clear();
        let ids: Vec<u32> = batch.terms.iter().map(|t| t.texts[at]).collect();
        codec::put_ids(raw, &ids, false);
        put(changes, keys::column(number, Part::Terms, at as u8, 0), raw);
    }
    let times: Vec<(u32, i64, i32)> = batch.terms.iter().map(|t| (t.start, t.duration, t.billing_end.0)).collect();
    put(changes, keys::column(number, Part::Terms, TIMES, 0), &postcard::to_stdvec(&times).unwrap_or_default());
}

fn encode_chunk(changes: &mut Vec<Change>, batch: &ChargeBatch, number: u64, chunk: u32, rows: &[u32]) {
    let mut raw = Vec::new();
    for (column, delta) in [(0u8, true), (1, false)] {
        let ids: Vec<u32> = rows
            .iter()
            .map(|r| if column == 0 { batch.rows[*r as usize].profile } else { batch.rows[*r as usize].terms })
            .collect();
        raw.clear();
        codec::put_ids(&mut raw, &ids, delta);
        put(changes, keys::column(number, Part::Rows, column, chunk), &raw);
    }
    let columns: Vec<Numbers> = batch.quantities.iter().map(|q| q.gather(rows)).collect();
    for quantity in Quantity::ALL {
        let at = quantity.index();
        raw.clear();
        codec::put_numbers(&mut raw, &columns[at], neighbour(*quantity).map(|n| &columns[n.index()]));
        put(changes, keys::column(number, Part::Quantities, at as u8, chunk), &raw);
    }
}

/// The column that a quantity mostly equals; never one that has a neighbour itself.
fn neighbour(quantity: Quantity) -> Option<Quantity> {
    match quantity {
        Quantity::Billed | Quantity::Contracted => Some(Quantity::Effective),
        Quantity::Pricing | Quantity::Commitment => Some(Quantity::Consumed),
        _ => None,
    }
}

/// Cuts ordered charges into chunks, at a window's end where that is near.
fn cut(batch: &ChargeBatch, order: &[u32]) -> Vec<std::ops::Range<usize>> {
    let window = |i: usize| batch.rows[order[i] as usize].window;
    let mut chunks = Vec::new();
    let mut start = 0;
    for i in 1..=order.len() {
        let len = i - start;
        let ends = i == order.len() || len == CHUNK_ROWS || (len >= CHUNK_ROWS_MIN && window(i) != window(i - 1));
        if ends {
            chunks.push(start..i);
            start = i;
        }
    }
    chunks
}

fn head(batch: &ChargeBatch, chunks: &[std::ops::Range<usize>], order: &[u32]) -> Head {
    let provider = &batch.profile_texts[Profile::Provider.index()];
    let account = &batch.profile_texts[Profile::BillingAccountId.index()];
    let windows = batch.windows.iter().map(|w| WindowHead {
        group: GroupKey {
            provider: provider.get(w.provider).to_owned(),
            account: account.get(w.account).to_owned(),
            billing_period: w.billing_period,
        },
        day: w.day,
    });
    let runs = |range: &std::ops::Range<usize>| {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for row in &order[range.clone()] {
            let window = batch.rows[*row as usize].window;
            match runs.last_mut() {
                Some((last, count)) if *last == window => *count += 1,
                _ => runs.push((window, 1)),
            }
        }
        runs
    };
    Head {
        rows: order.len() as u64,
        profiles: batch.profile_identity.len() as u32,
        terms: batch.terms.len() as u32,
        windows: windows.collect(),
        chunks: chunks.iter().map(runs).collect(),
    }
}

/// Whether charges of a segment have charge classes. Reads no more than the few that there are.
///
/// # Errors
/// Kind `Store` where they are missing or damaged.
pub fn has_classes(kv: &dyn Kv, number: u64) -> Result<bool> {
    let what = format!("the charge classes of segment {number}");
    let key = keys::column(number, Part::TermsTexts, Terms::ChargeClass.index() as u8, 0);
    let raw = frame::must_get(kv, &key, &what)?;
    let texts = codec::take_texts(raw).map_err(|d| Error::from(Damage(format!("{what}: {}", d.0))))?;
    Ok(texts.iter().any(|text| !text.is_empty()))
}

/// Reads a segment's columns, only those that are asked for.
pub struct Segment<'a> {
    kv: &'a dyn Kv,
    /// Its number.
    pub number: u64,
    /// What it holds.
    pub head: Head,
}

impl<'a> Segment<'a> {
    /// Opens a segment.
    ///
    /// # Errors
    /// Kind `Store` where it is missing or damaged.
    pub fn open(kv: &'a dyn Kv, number: u64) -> Result<Segment<'a>> {
        let what = format!("the head of segment {number}");
        let raw = frame::must_get(kv, &keys::column(number, Part::Head, 0, 0), &what)?;
        let head: Head = postcard::from_bytes(&raw).map_err(|e| Error::from(Damage(format!("{what}: {e}"))))?;
        let rows: u64 = head.chunks.iter().flatten().map(|(_, n)| u64::from(*n)).sum();
        let known = head.chunks.iter().flatten().all(|(w, _)| (*w as usize) < head.windows.len());
        if rows != head.rows || !known {
            return Err(Damage(format!("{what} does not add up")).into());
        }
        Ok(Segment { kv, number, head })
    }

    fn read<T>(
        &self,
        part: Part,
        column: u8,
        chunk: u32,
        decode: impl FnOnce(&mut Reader<'_>) -> Result<T, Damage>,
    ) -> Result<T> {
        self.take(part, column, chunk, |raw| decode(&mut Reader(&raw)))
    }

    fn take<T>(
        &self,
        part: Part,
        column: u8,
        chunk: u32,
        decode: impl FnOnce(Vec<u8>) -> Result<T, Damage>,
    ) -> Result<T> {
        let what = format!("{part:?} column {column}, chunk {chunk} of segment {}", self.number);
        let raw = frame::must_get(self.kv, &keys::column(self.number, part, column, chunk), &what)?;
        decode(raw).map_err(|d| Damage(format!("{what}: {}", d.0)).into())
    }

    /// A profile column's texts and each profile's number among them.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn profile_column(&self, column: Profile) -> Result<(Texts, Vec<u32>)> {
        let at = column.index() as u8;
        let texts = self.take(Part::ProfileTexts, at, 0, codec::take_texts)?;
        let ids = self.read(Part::Profiles, at, 0, codec::get_ids)?;
        self.checked(texts, ids, self.head.profiles)
    }

    /// A terms column's texts and each terms row's number among them.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn terms_column(&self, column: Terms) -> Result<(Texts, Vec<u32>)> {
        let at = column.index() as u8;
        let texts = self.take(Part::TermsTexts, at, 0, codec::take_texts)?;
        let ids = self.read(Part::Terms, at, 0, codec::get_ids)?;
        self.checked(texts, ids, self.head.terms)
    }

    fn checked(&self, texts: Texts, ids: Vec<u32>, rows: u32) -> Result<(Texts, Vec<u32>)> {
        if ids.len() != rows as usize || ids.iter().any(|id| *id as usize >= texts.len()) {
            return Err(Damage(format!("a column of segment {} does not fit its texts", self.number)).into());
        }
        Ok((texts, ids))
    }

    /// Each terms row's start within the day (seconds), duration (seconds) and billing period end.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn terms_times(&self) -> Result<Vec<TermsRow>> {
        let times: Vec<(u32, i64, i32)> =
            self.read(Part::Terms, TIMES, 0, |r| postcard::from_bytes(r.0).map_err(|e| Damage(e.to_string())))?;
        if times.len() != self.head.terms as usize {
            return Err(Damage(format!("the times of segment {} are incomplete", self.number)).into());
        }
        Ok(times
            .into_iter()
            .map(|(start, duration, end)| TermsRow { start, duration, billing_end: Day(end), ..TermsRow::default() })
            .collect())
    }

    /// How many charges a chunk has.
    #[must_use]
    pub fn chunk_rows(&self, chunk: u32) -> usize {
        self.head.chunks.get(chunk as usize).map_or(0, |runs| runs.iter().map(|(_, n)| *n as usize).sum())
    }

    /// The profile number of each charge of a chunk.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn chunk_profiles(&self, chunk: u32) -> Result<Vec<u32>> {
        self.chunk_ids(chunk, 0, self.head.profiles)
    }

    /// The terms number of each charge of a chunk.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn chunk_terms(&self, chunk: u32) -> Result<Vec<u32>> {
        self.chunk_ids(chunk, 1, self.head.terms)
    }

    fn chunk_ids(&self, chunk: u32, column: u8, below: u32) -> Result<Vec<u32>> {
        let ids = self.read(Part::Rows, column, chunk, codec::get_ids)?;
        if ids.len() != self.chunk_rows(chunk) || ids.iter().any(|id| *id >= below) {
            return Err(Damage(format!("chunk {chunk} of segment {} does not fit", self.number)).into());
        }
        Ok(ids)
    }

    /// The values of a quantity of each charge of a chunk.
    ///
    /// # Errors
    /// Kind `Store` where they are missing or damaged.
    pub fn chunk_numbers(&self, chunk: u32, quantity: Quantity) -> Result<Numbers> {
        let what = format!("{} of chunk {chunk}, segment {}", quantity.focus_name(), self.number);
        let key = keys::column(self.number, Part::Quantities, quantity.index() as u8, chunk);
        let raw = frame::must_get(self.kv, &key, &what)?;
        let beside = match neighbour(quantity) {
            Some(next) if codec::needs_neighbour(&raw) => Some(self.chunk_numbers(chunk, next)?),
            _ => None,
        };
        let numbers = codec::get_numbers(&mut Reader(&raw), beside.as_ref())
            .map_err(|d| Error::from(Damage(format!("{what}: {}", d.0))))?;
        if numbers.len() != self.chunk_rows(chunk) {
            return Err(Damage(format!("{what} has another number of charges")).into());
        }
        Ok(numbers)
    }
}
