//! Rows of text as charges.
//!
//! Knows no CSV: a row gives its fields' texts ([`Fields`]). Most rows repeat a profile and terms that
//! are known by a hash of their raw bytes.

use std::borrow::Cow;

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::layout::{Layout, Time, without_guard};
use super::receive::{Receive, Tally};
use super::rules::{Cells, Moment, facts, group, is_currency, is_null, refuse};
use crate::domain::batch::{BatchBuilder, Facts, limit, terms_extra};
use crate::domain::calendar::{Day, parse_timestamp};
use crate::domain::charge::{Profile, Terms};
use crate::domain::money::{Decimal, DecimalError};

/// Distinct timestamp texts that are remembered at most.
const TIMES_MAX: usize = 4_096;

/// Timestamps by their text: a file repeats few.
#[derive(Default)]
struct Times {
    last: Option<(Vec<u8>, i64)>,
    known: HashMap<Vec<u8>, i64>,
}

impl Times {
    fn read(&mut self, raw: &[u8]) -> Moment {
        if let Some((text, seconds)) = &self.last
            && text == raw
        {
            return Moment::At(*seconds);
        }
        if is_null(raw) {
            return Moment::None;
        }
        let seconds = match self.known.get(raw) {
            Some(seconds) => *seconds,
            None => {
                let seconds = match Moment::of(parse_timestamp(raw)) {
                    Moment::At(seconds) => seconds,
                    other => return other,
                };
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
        Moment::At(seconds)
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
    times: [Times; Time::COUNT],
}

/// A text row's cells.
struct TextCells<'r, F> {
    layout: &'r Layout,
    times: &'r mut [Times; Time::COUNT],
    row: &'r F,
}

impl<F: Fields> Cells for TextCells<'_, F> {
    #[inline]
    fn moment(&mut self, time: Time) -> Moment {
        let raw = self.layout.times[time.index()].map(|at| self.row.get(at));
        raw.map_or(Moment::None, |raw| self.times[time.index()].read(raw))
    }

    #[inline]
    fn number(&self, quantity: usize) -> Result<Option<Decimal>, DecimalError> {
        match self.layout.quantities[quantity].map(|at| self.row.get(at)) {
            Some(raw) if !is_null(raw) => Decimal::parse_within(raw, limit(quantity)).map(Some),
            _ => Ok(None),
        }
    }

    fn text(&self, at: usize) -> Cow<'_, [u8]> {
        let raw = self.row.get(at);
        Cow::Borrowed(if self.layout.guarded { without_guard(raw) } else { raw })
    }

    fn shown(&self, at: usize) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.row.get(at))
    }
}

impl<'a> RowReader<'a> {
    /// For files of this layout.
    #[must_use]
    pub fn new(layout: &'a Layout) -> Self {
        RowReader { layout, scratch: Vec::new(), times: Default::default() }
    }

    /// Adds a row to the builder, where it is a charge; false where it is none.
    #[must_use]
    pub fn push(&mut self, builder: &mut BatchBuilder, row: &mut impl Fields, tally: &mut Tally) -> bool {
        let layout = self.layout;
        let Some(facts) = facts(&mut TextCells { layout, times: &mut self.times, row }) else { return false };
        let currency = layout.terms[Terms::Currency.index()].unwrap_or_default();
        if !is_currency(row.get(currency)) || layout.providers.iter().all(|at| is_null(row.get(*at))) {
            return false;
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
        tally.take(&facts);
        true
    }

    /// Tells why a row is no charge.
    pub fn refuse(&mut self, row: &mut impl Fields, line: u64, receive: &dyn Receive) {
        // Values are shown as they are meant.
        row.unescape();
        refuse(self.layout, &mut TextCells { layout: self.layout, times: &mut self.times, row }, line, receive);
    }

    /// The billing account and period that a row says it belongs to; `None` where it may be any.
    pub fn group(&mut self, row: &mut impl Fields) -> Option<(String, Day)> {
        group(self.layout, &mut TextCells { layout: self.layout, times: &mut self.times, row })
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
}
