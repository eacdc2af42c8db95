//! A batch of charges in columns: what every source yields and the store takes.
//!
//! A [`ChargeBatch`] holds each distinct [`Profile`] row ("what") and each distinct [`Terms`] row
//! ("how") once; a charge is two small numbers, a window and its [`Quantity`] values. Batches are
//! bounded ([`Limits`]), so that a file of any size passes through fixed memory.
//!
//! Knows no file format and no store.

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use super::builder::{BatchBuilder, terms_extra};
use super::calendar::{DAY_SECONDS, Day};
use super::charge::{Profile, Quantity, Terms};
use super::dict::Dict;
use super::money::{Amount, Decimal};
use super::numbers::Numbers;
use super::rollup::METRICS;

/// When a batch is full and a new one is begun.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Charges at most.
    pub rows: usize,
    /// Bytes of distinct text and profiles at most, about.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { rows: 768 * 1024, text_bytes: 48 << 20 }
    }
}

/// Seconds that a charge period has at most.
pub const PERIOD_MAX: i64 = 10 * 366 * DAY_SECONDS;

/// The years 1990 to 2199, in seconds since 1970. No cloud billed before; a time beyond is a slip or a
/// number in another unit, and would stretch every chart.
pub const YEARS: Range<i64> = 631_152_000..7_258_118_400;

/// The largest magnitude that a quantity may have: costs are added up, others are not.
#[must_use]
pub fn limit(quantity: usize) -> i128 {
    if quantity < METRICS { Amount::LIMIT } else { Amount::QUANTITY_LIMIT }
}

/// The days that are replaced together, within the source that a batch belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Window {
    /// Number in the dictionary of [`Profile::Provider`].
    pub provider: u32,
    /// Number in the dictionary of [`Profile::BillingAccountId`].
    pub account: u32,
    /// First day of the billing period.
    pub billing_period: Day,
    /// The UTC day that the charges started on.
    pub day: Day,
}

/// How a charge was charged, besides its text columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct TermsRow {
    /// Numbers in the dictionaries of [`Terms`], by [`Terms::index`].
    pub texts: [u32; Terms::COUNT],
    /// Start of the charge period within its day, in seconds.
    pub start: u32,
    /// Length of the charge period in seconds.
    pub duration: i64,
    /// End of the billing period, exclusive.
    pub billing_end: Day,
}

impl TermsRow {
    fn is_sane(&self) -> bool {
        i64::from(self.start) < DAY_SECONDS && (0..=PERIOD_MAX).contains(&self.duration) && is_sane(self.billing_end)
    }
}

/// Whether a day is of [`YEARS`], or the one behind them, where a period may end.
fn is_sane(day: Day) -> bool {
    (YEARS.start..=YEARS.end).contains(&day.seconds())
}

/// One charge as a reader hands it in.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Text of each [`Profile`] column, empty where there is none.
    pub profile: [&'a str; Profile::COUNT],
    /// Text of each [`Terms`] column, empty where there is none.
    pub terms: [&'a str; Terms::COUNT],
    /// When and how much.
    pub facts: Facts,
}

/// When a charge was and how much it came to.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Start of the charge period, seconds since 1970.
    pub start: i64,
    /// End of the charge period, exclusive.
    pub end: i64,
    /// First day of the billing period.
    pub billing_start: Day,
    /// Day after the billing period.
    pub billing_end: Day,
    /// Value of each [`Quantity`] column, `None` where unknown.
    pub quantities: [Option<Decimal>; Quantity::COUNT],
}

/// Charges in columns. See the [module's page](self).
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct ChargeBatch {
    /// A dictionary for each [`Profile`] column.
    pub profile_texts: Vec<Dict>,
    /// For each [`Profile`] column, the text number of each profile.
    pub profiles: Vec<Vec<u32>>,
    /// A dictionary for each [`Terms`] column.
    pub terms_texts: Vec<Dict>,
    /// Each distinct way of charging.
    pub terms: Vec<TermsRow>,
    /// Each window that the charges touch.
    pub windows: Vec<Window>,
    /// Each charge's window, profile and terms.
    pub rows: Vec<RowKey>,
    /// For each [`Quantity`] column, each charge's value.
    pub quantities: Vec<Numbers>,
    /// For each profile, a hash of what names a charge across restatements of a bill.
    pub profile_identity: Vec<u64>,
    /// The same for each terms row.
    pub terms_identity: Vec<u64>,
}

/// The numbers that place a charge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RowKey {
    /// Index into [`ChargeBatch::windows`].
    pub window: u32,
    /// Index into each of [`ChargeBatch::profiles`].
    pub profile: u32,
    /// Index into [`ChargeBatch::terms`].
    pub terms: u32,
}

impl ChargeBatch {
    pub(super) fn new() -> Self {
        ChargeBatch {
            profile_texts: vec![Dict::default(); Profile::COUNT],
            profiles: vec![Vec::new(); Profile::COUNT],
            terms_texts: vec![Dict::default(); Terms::COUNT],
            quantities: vec![Numbers::default(); Quantity::COUNT],
            ..ChargeBatch::default()
        }
    }

    pub(super) fn clear(&mut self) {
        self.profile_texts.iter_mut().chain(&mut self.terms_texts).for_each(Dict::clear);
        self.profiles.iter_mut().for_each(Vec::clear);
        self.quantities.iter_mut().for_each(Numbers::clear);
        self.terms.clear();
        self.windows.clear();
        self.rows.clear();
        self.profile_identity.clear();
        self.terms_identity.clear();
    }

    /// How many charges it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether every number in it leads somewhere and is one that a reader takes. A batch that another
    /// process sent may be anything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let texts = |dicts: &[Dict], at: usize, id: u32| (id as usize) < dicts[at].len();
        let profiles = self.profile_identity.len();
        let columns = self.profile_texts.len() == Profile::COUNT
            && self.profiles.len() == Profile::COUNT
            && self.terms_texts.len() == Terms::COUNT
            && self.quantities.len() == Quantity::COUNT;
        columns
            && self
                .profiles
                .iter()
                .enumerate()
                .all(|(at, ids)| ids.len() == profiles && ids.iter().all(|id| texts(&self.profile_texts, at, *id)))
            && self.terms_identity.len() == self.terms.len()
            && self
                .terms
                .iter()
                .all(|row| (0..).zip(row.texts).all(|(at, id)| texts(&self.terms_texts, at, id)) && row.is_sane())
            && self.windows.iter().all(|window| {
                texts(&self.profile_texts, Profile::Provider.index(), window.provider)
                    && texts(&self.profile_texts, Profile::BillingAccountId.index(), window.account)
                    && [window.billing_period, window.day].into_iter().all(is_sane)
            })
            && self.rows.iter().all(|row| {
                (row.window as usize) < self.windows.len()
                    && (row.profile as usize) < profiles
                    && (row.terms as usize) < self.terms.len()
            })
            && (0..)
                .zip(&self.quantities)
                .all(|(at, numbers)| numbers.len() == self.rows.len() && numbers.are_within(limit(at)))
    }

    /// The text of a profile's column.
    #[must_use]
    pub fn profile_text(&self, profile: u32, column: Profile) -> &str {
        let id = self.profiles[column.index()][profile as usize];
        self.profile_texts[column.index()].get(id)
    }

    /// The text of a terms row's column.
    #[must_use]
    pub fn terms_text(&self, terms: u32, column: Terms) -> &str {
        self.terms_texts[column.index()].get(self.terms[terms as usize].texts[column.index()])
    }

    /// A hash that names a charge across restatements: the same resource, price, day and terms.
    /// Stable between runs.
    #[must_use]
    pub fn identity(&self, row: usize) -> u64 {
        let RowKey { window, profile, terms } = self.rows[row];
        let day = self.windows[window as usize].day.0 as u64;
        let mixed = self.profile_identity[profile as usize].rotate_left(17)
            ^ self.terms_identity[terms as usize]
            ^ day.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ (mixed >> 32)
    }

    /// The charges' positions ordered by window, then profile, then terms: windows by provider,
    /// account, billing period and day.
    #[must_use]
    pub fn order(&self) -> Vec<u32> {
        let mut ranks: Vec<u32> = (0..self.windows.len() as u32).collect();
        ranks.sort_by_key(|w| {
            let window = &self.windows[*w as usize];
            (window.provider, window.account, window.billing_period, window.day)
        });
        let mut rank_of = vec![0u32; self.windows.len()];
        ranks.iter().enumerate().for_each(|(rank, w)| rank_of[*w as usize] = rank as u32);
        let mut keys: Vec<(u64, u32)> = self
            .rows
            .iter()
            .enumerate()
            .map(|(i, r)| (u64::from(rank_of[r.window as usize]) << 32 | u64::from(r.profile), i as u32))
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, i)| i).collect()
    }
}
