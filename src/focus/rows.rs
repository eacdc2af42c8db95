//! A row of a FOCUS file as a charge, or the reason why it is none.
//!
//! Knows neither CSV nor Parquet: fields come as text or as values already typed.

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::layout::{Layout, without_guard};
use crate::domain::batch::{BatchBuilder, Facts, terms_extra};
use crate::domain::calendar::{DAY_SECONDS, Day, parse_timestamp};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::{Amount, Decimal, DecimalError};
use crate::domain::rollup::METRICS;

/// A field longer than this is refused.
pub const FIELD_MAX: usize = 64 * 1024;
/// Distinct timestamp texts that are remembered at most.
const TIMES_MAX: usize = 4_096;

/// Why a row is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The file's column; `None` where the whole row is meant.
    pub column: Option<usize>,
    /// The value, shortened.
    pub value: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Refusal {
    /// A refusal of a column's value.
    #[must_use]
    pub fn of(column: usize, value: &[u8], reason: impl Into<String>) -> Refusal {
        let mut value = String::from_utf8_lossy(&value[..value.len().min(200)]).into_owned();
        if value.chars().count() > 80 {
            value = value.chars().take(80).chain(['…']).collect();
        }
        Refusal { column: Some(column), value, reason: reason.into() }
    }

    /// A refusal of the whole row.
    #[must_use]
    pub fn row(reason: impl Into<String>) -> Refusal {
        Refusal { column: None, value: String::new(), reason: reason.into() }
    }
}

/// What reading rows has lost or mended so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Values with more than 18 decimals, rounded.
    pub rounded: u64,
    /// Rows with bytes that are not UTF-8, replaced.
    pub repaired: u64,
}

/// Whether a field says "no value".
#[must_use]
pub fn is_null(raw: &[u8]) -> bool {
    matches!(raw, b"" | b"NULL" | b"null")
}

/// The largest magnitude that a quantity may have: costs are added up, others are not.
#[must_use]
pub fn limit(quantity: usize) -> i128 {
    if quantity < METRICS { Amount::LIMIT } else { Amount::QUANTITY_LIMIT }
}

/// Timestamps by their text: a file repeats few.
#[derive(Default)]
pub struct Times {
    last: Option<(Vec<u8>, i64)>,
    known: HashMap<Vec<u8>, i64>,
}

impl Times {
    /// Seconds since 1970 of a timestamp text.
    pub fn read(&mut self, raw: &[u8]) -> Option<i64> {
        if let Some((text, seconds)) = &self.last
            && text == raw
        {
            return Some(*seconds);
        }
        let seconds = match self.known.get(raw) {
            Some(seconds) => *seconds,
            None => {
                let seconds = parse_timestamp(raw)?;
                if self.known.len() == TIMES_MAX {
                    self.known.clear();
                }
                self.known.insert(raw.to_vec(), seconds);
                seconds
            }
        };
        match &mut self.last {
            Some((text, s)) => {
                text.clear();
                text.extend_from_slice(raw);
                *s = seconds;
            }
            None => self.last = Some((raw.to_vec(), seconds)),
        }
        Some(seconds)
    }
}

/// A row's fields as text.
pub trait Fields {
    /// The text of a column; with quotes still doubled until [`Self::unescape`] was called.
    fn get(&self, at: usize) -> &[u8];
    /// Appends bytes that tell the texts of neighbouring columns from all others.
    fn sign(&self, first: usize, last: usize, out: &mut Vec<u8>);
    /// Makes [`Self::get`] give every text as it is meant.
    fn unescape(&mut self);
}

/// Turns text rows into charges.
pub struct RowReader<'a> {
    layout: &'a Layout,
    scratch: Vec<u8>,
    starts: Times,
    ends: Times,
    billing_starts: Times,
    billing_ends: Times,
    /// What reading has lost or mended.
    pub tally: Tally,
}

impl<'a> RowReader<'a> {
    /// For files of this layout.
    #[must_use]
    pub fn new(layout: &'a Layout) -> Self {
        RowReader {
            layout,
            scratch: Vec::new(),
            starts: Times::default(),
            ends: Times::default(),
            billing_starts: Times::default(),
            billing_ends: Times::default(),
            tally: Tally::default(),
        }
    }

    /// Adds a row of text fields to the builder.
    ///
    /// # Errors
    /// Why the row is refused; nothing was added.
    pub fn push(&mut self, builder: &mut BatchBuilder, row: &mut impl Fields) -> Result<(), Refusal> {
        let layout = self.layout;
        let facts = self.facts(row)?;
        let currency_at = layout.terms[Terms::Currency.index()].unwrap_or_default();
        check_currency(currency_at, row.get(currency_at))?;
        if !layout.providers.iter().any(|at| !is_null(row.get(*at))) {
            return Err(Refusal::of(
                layout.providers[0],
                b"",
                "a charge needs a provider: the provider columns are all empty",
            ));
        }
        let profile_key = self.key(builder.seed(), row, &layout.profile_runs, None);
        let terms_key = self.key(builder.seed(), row, &layout.terms_runs, Some(&facts));
        let (profile, terms) = match (builder.known_profile(profile_key), builder.known_terms(terms_key)) {
            (Some(profile), Some(terms)) => (profile, terms),
            (profile, terms) => {
                row.unescape();
                let text = |at: usize| if layout.guarded { without_guard(row.get(at)) } else { row.get(at) };
                let optional = |at: Option<usize>| at.map_or(&b""[..], text);
                let provider = layout.providers.iter().map(|at| text(*at)).find(|raw| !is_null(raw));
                let profile = profile.unwrap_or_else(|| {
                    builder.profile(profile_key, |column| match column {
                        Profile::Provider => provider.unwrap_or_default(),
                        column => optional(layout.profile[column.index()]),
                    })
                });
                let terms = terms.unwrap_or_else(|| {
                    builder.terms(terms_key, &facts, |column| optional(layout.terms[column.index()]))
                });
                (profile, terms)
            }
        };
        builder.push_charge(profile, terms, &facts);
        Ok(())
    }

    /// A hash of the texts of `runs` of columns.
    fn key(&mut self, seed: u64, row: &impl Fields, runs: &[(usize, usize)], facts: Option<&Facts>) -> u128 {
        self.scratch.clear();
        for (first, last) in runs {
            row.sign(*first, *last, &mut self.scratch);
        }
        for extra in facts.map(terms_extra).into_iter().flatten() {
            self.scratch.extend_from_slice(&extra.to_le_bytes());
        }
        xxh3_128_with_seed(&self.scratch, seed)
    }

    fn facts(&mut self, row: &impl Fields) -> Result<Facts, Refusal> {
        let layout = self.layout;
        let field = |at: usize| row.get(at);
        let time = |times: &mut Times, at: usize| {
            let raw = field(at);
            times.read(raw).ok_or_else(|| refuse_time(at, raw))
        };
        let start = time(&mut self.starts, layout.charge_start)?;
        let end = time(&mut self.ends, layout.charge_end)?;
        let billing = |times: &mut Times, at: Option<usize>| match at {
            Some(at) if !is_null(field(at)) => time(times, at).map(Some),
            _ => Ok(None),
        };
        let billing_start = billing(&mut self.billing_starts, layout.billing_start)?;
        let billing_end = billing(&mut self.billing_ends, layout.billing_end)?;
        let mut facts = check_times(start, end, billing_start, billing_end)
            .map_err(|reason| Refusal::of(layout.charge_end, field(layout.charge_end), reason))?;
        for (quantity, at) in layout.quantities.iter().enumerate() {
            let Some(at) = at else { continue };
            let raw = field(*at);
            if is_null(raw) {
                continue;
            }
            let decimal = Decimal::parse_within(raw, limit(quantity)).map_err(|e| refuse_number(*at, raw, e))?;
            self.tally.rounded += u64::from(decimal.rounded);
            facts.quantities[quantity] = Some(decimal);
        }
        if facts.quantities[Quantity::Billed.index()].is_none() {
            let at = layout.quantities[Quantity::Billed.index()].unwrap_or_default();
            return Err(Refusal::of(at, field(at), "a charge needs a billed cost"));
        }
        Ok(facts)
    }

    /// The billing account and period that a refused row says it belongs to.
    pub fn group(&mut self, row: &impl Fields) -> Option<(String, Day)> {
        let field = |at: usize| if self.layout.guarded { without_guard(row.get(at)) } else { row.get(at) };
        let account = self.layout.profile[Profile::BillingAccountId.index()].map_or(&b""[..], field);
        let account = if is_null(account) { String::new() } else { String::from_utf8_lossy(account).into_owned() };
        // A billing period that cannot be read may be any.
        let start = match self.layout.billing_start.map(field).filter(|raw| !is_null(raw)) {
            Some(raw) => self.billing_starts.read(raw),
            None => {
                self.starts.read(field(self.layout.charge_start)).map(|s| Day::of_seconds(s).month().first().seconds())
            }
        };
        start.map(|s| (account, Day::of_seconds(s)))
    }
}

/// Checks what a charge's times must be like, and fills in a missing billing period: the month
/// that the charge starts in.
///
/// # Errors
/// The reason, where the times are impossible.
pub fn check_times(
    start: i64,
    end: i64,
    billing_start: Option<i64>,
    billing_end: Option<i64>,
) -> Result<Facts, String> {
    if end < start {
        return Err("the charge period ends before it starts".to_owned());
    }
    if end - start > 10 * 366 * DAY_SECONDS {
        return Err("the charge period is longer than ten years".to_owned());
    }
    if !(-62_135_596_800..=253_402_300_800).contains(&start) {
        return Err("the charge period is outside of the years 1 to 9999".to_owned());
    }
    let billing_start = billing_start.map_or_else(|| Day::of_seconds(start).month().first(), Day::of_seconds);
    let billing_end = billing_end.map_or_else(|| billing_start.month().plus(1).first(), Day::of_seconds);
    Ok(Facts { start, end, billing_start, billing_end, quantities: [None; Quantity::COUNT] })
}

/// The refusal of a bad timestamp.
#[must_use]
pub fn refuse_time(at: usize, raw: &[u8]) -> Refusal {
    let reason = if is_null(raw) {
        "a charge needs this time"
    } else {
        "not a date and time like 2024-09-01T00:00:00Z or 2024-09-01 00:00:00"
    };
    Refusal::of(at, raw, reason)
}

/// The refusal of a bad number.
#[must_use]
pub fn refuse_number(at: usize, raw: &[u8], error: DecimalError) -> Refusal {
    let reason = match error {
        DecimalError::Syntax => {
            "not a decimal number like 1234.56: take out currency sign, thousands separators and spaces".to_owned()
        }
        other => other.to_string(),
    };
    Refusal::of(at, raw, reason)
}

/// Checks a currency code: letters and digits, as ISO 4217 and FOCUS's virtual currencies are.
///
/// # Errors
/// The refusal, where it is none.
pub fn check_currency(at: usize, raw: &[u8]) -> Result<(), Refusal> {
    if is_null(raw) {
        return Err(Refusal::of(at, raw, "a charge needs a billing currency"));
    }
    if raw.len() != 3 || !raw.iter().all(u8::is_ascii_uppercase) {
        return Err(Refusal::of(
            at,
            raw,
            "not an ISO 4217 currency code like USD: write three capital letters and no spaces",
        ));
    }
    Ok(())
}
