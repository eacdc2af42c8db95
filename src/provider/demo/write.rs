//! Puts charges into batches and hands them over.
//!
//! A profile is entered once a batch, terms once a month; a charge is then three numbers and its
//! quantities. Knows what a charge looks like, not why it is there.

use std::borrow::Cow;

use super::catalog::{PRICE_SCALE, QUANTITY_SCALE};
use super::commitments::{Commitment, PLANS};
use super::company::BILLERS;
use super::fleet::Texts;
use crate::domain::batch::{BatchBuilder, Facts, Limits};
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::Decimal;
use crate::provider::{Sink, Stop};

/// The text of each [`Terms`] column.
pub(super) type TermTexts = [Cow<'static, str>; Terms::COUNT];

/// Charges in a batch at most: about a fifth of the whole, so that the receiver works meanwhile.
const BATCH: usize = 120_000;
const UNSEEN: u32 = u32::MAX;
const SLOTS: usize = 25;
const WAYS: usize = 2 + 2 * PLANS.len();

/// How a use is priced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// At the list.
    Standard,
    /// At the market's price.
    Dynamic,
    /// By the commitment at a position.
    Covered(usize),
    /// Committed and not used.
    Unused(usize),
}

impl Way {
    fn index(self) -> usize {
        match self {
            Way::Standard => 0,
            Way::Dynamic => 1,
            Way::Covered(plan) => 2 + plan,
            Way::Unused(plan) => 2 + PLANS.len() + plan,
        }
    }
}

/// A day, or an hour of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    /// The day.
    pub(super) day: Day,
    /// The hour of the day, where it is not the whole day.
    pub(super) hour: Option<i64>,
    /// The day's month, as a period.
    pub(super) month: Period,
}

impl When {
    fn facts(&self, quantities: [Option<Decimal>; Quantity::COUNT]) -> Facts {
        let (start, length) = match self.hour {
            Some(hour) => (self.day.seconds() + hour * 3600, 3600),
            None => (self.day.seconds(), 86_400),
        };
        Facts { start, end: start + length, billing_start: self.month.from, billing_end: self.month.to, quantities }
    }
}

/// What a use came to: costs in units of a price, quantities in units of a quantity.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Use {
    pub(super) quantity: i64,
    pub(super) ratio: i64,
    pub(super) list: i64,
    pub(super) contracted: i64,
    pub(super) effective: i64,
    pub(super) billed: i64,
    pub(super) committed: Option<i64>,
}

/// See the [module's page](self).
pub(super) struct Writer<'a> {
    sink: &'a dyn Sink,
    builder: BatchBuilder,
    profiles: Vec<u32>,
    terms: Vec<u32>,
    month: Option<Month>,
    as_of: Day,
    /// Charges written.
    pub(super) rows: u64,
}

impl<'a> Writer<'a> {
    /// A writer for so many items.
    pub(super) fn new(sink: &'a dyn Sink, items: usize, as_of: Day) -> Self {
        Writer {
            sink,
            builder: BatchBuilder::new(Limits { rows: BATCH, ..Limits::default() }),
            profiles: vec![UNSEEN; items],
            terms: vec![UNSEEN; BILLERS.len() * WAYS * SLOTS],
            month: None,
            as_of,
            rows: 0,
        }
    }

    /// Begins a day: hands over what is full.
    ///
    /// # Errors
    /// [`Stop`] from the receiver.
    pub(super) fn open(&mut self, day: Day) -> Result<(), Stop> {
        if self.builder.is_full() || self.builder.len() + 12_000 > BATCH {
            self.flush()?;
        }
        if self.month != Some(day.month()) {
            self.terms.fill(UNSEEN);
            self.month = Some(day.month());
        }
        Ok(())
    }

    /// Hands over what has been written.
    ///
    /// # Errors
    /// [`Stop`] from the receiver.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        self.profiles.fill(UNSEEN);
        self.terms.fill(UNSEEN);
        if self.builder.is_empty() { Ok(()) } else { self.sink.batch(&self.builder.take()) }
    }

    /// Writes a use of the item at a position.
    pub(super) fn used(&mut self, item: usize, texts: &Texts, biller: usize, way: Way, when: &When, used: &Use) {
        let mut quantities = [None; Quantity::COUNT];
        let mut set = |column: Quantity, mantissa: i64, scale: u8| {
            quantities[column.index()] = Some(Decimal { mantissa: i128::from(mantissa), scale, rounded: false });
        };
        set(Quantity::Effective, used.effective, PRICE_SCALE);
        set(Quantity::Billed, used.billed, PRICE_SCALE);
        set(Quantity::List, used.list, PRICE_SCALE);
        set(Quantity::Contracted, used.contracted, PRICE_SCALE);
        set(Quantity::Pricing, used.quantity, QUANTITY_SCALE);
        set(Quantity::Consumed, used.quantity * used.ratio, QUANTITY_SCALE);
        if let Some(committed) = used.committed {
            set(Quantity::Commitment, committed, PRICE_SCALE);
        }
        let facts = when.facts(quantities);
        if self.profiles[item] == UNSEEN {
            self.profiles[item] = self.builder.profile_of_texts(|column: Profile| texts[column.index()].as_bytes());
        }
        let slot = (biller * WAYS + way.index()) * SLOTS + when.hour.map_or(24, |h| h as usize);
        if self.terms[slot] == UNSEEN {
            let texts = self.usage_terms(biller, way, when.day.month());
            self.terms[slot] = self.builder.terms_of_texts(&facts, |column| texts[column.index()].as_bytes());
        }
        self.builder.push_charge(self.profiles[item], self.terms[slot], &facts);
        self.rows += 1;
    }

    /// Writes what was committed and not used.
    pub(super) fn unused(&mut self, commitment: &Commitment, texts: &Texts, when: &When, cost: i64) {
        let way = Way::Unused(commitment.index);
        let quantities = costs([cost, 0, 0, 0]);
        let terms = self.usage_terms(commitment.biller, way, when.day.month());
        self.charge(texts, &terms, &when.facts(quantities));
    }

    /// Writes any other charge.
    pub(super) fn charge(&mut self, texts: &Texts, terms: &TermTexts, facts: &Facts) {
        let profile = self.builder.profile_of_texts(|column: Profile| texts[column.index()].as_bytes());
        let terms = self.builder.terms_of_texts(facts, |column| terms[column.index()].as_bytes());
        self.builder.push_charge(profile, terms, facts);
        self.rows += 1;
    }

    fn usage_terms(&self, biller: usize, way: Way, month: Month) -> TermTexts {
        let mut terms = self.terms_of(biller, "Usage", "Usage-Based", month);
        let (pricing, plan, status) = match way {
            Way::Standard => ("Standard", None, ""),
            Way::Dynamic => ("Dynamic", None, ""),
            Way::Covered(plan) => ("Committed", PLANS.get(plan), "Used"),
            Way::Unused(plan) => ("Committed", PLANS.get(plan), "Unused"),
        };
        terms[Terms::PricingCategory.index()] = pricing.into();
        if let Some(plan) = plan {
            for (column, text) in [
                (Terms::CommitmentId, plan.id),
                (Terms::CommitmentName, plan.name),
                (Terms::CommitmentCategory, plan.category),
                (Terms::CommitmentType, plan.kind),
                (Terms::CommitmentUnit, plan.unit),
                (Terms::CommitmentStatus, status),
            ] {
                terms[column.index()] = text.into();
            }
        }
        terms
    }

    /// The terms of a charge of a category on a month's bill.
    pub(super) fn terms_of(
        &self,
        biller: usize,
        category: &'static str,
        frequency: &'static str,
        month: Month,
    ) -> TermTexts {
        let mut terms: TermTexts = std::array::from_fn(|_| Cow::Borrowed(""));
        let biller = &BILLERS[biller];
        for (column, text) in [
            (Terms::Currency, biller.currency),
            (Terms::PricingCurrency, biller.currency),
            (Terms::ChargeCategory, category),
            (Terms::ChargeFrequency, frequency),
        ] {
            terms[column.index()] = text.into();
        }
        if month.plus(1).first().plus(4) < self.as_of {
            let number = format!("{}{:04}{:02}", biller.invoice, month.year(), month.number());
            terms[Terms::InvoiceId.index()] = number.into();
        }
        terms
    }
}

/// Effective, billed, list and contracted cost, and no quantity.
pub(super) fn costs(costs: [i64; 4]) -> [Option<Decimal>; Quantity::COUNT] {
    let mut quantities = [None; Quantity::COUNT];
    for (quantity, cost) in quantities.iter_mut().zip(costs) {
        *quantity = Some(Decimal { mantissa: i128::from(cost), scale: PRICE_SCALE, rounded: false });
    }
    quantities
}
