//! What bills hold besides use: purchases, support, tax, credits and a refund.
//!
//! Knows amounts that were used, no resource.

use super::commitments::Commitment;
use super::company::{self, BILLERS, SUB_ACCOUNTS, SubAccount};
use super::fleet::{Texts, account_texts};
use super::write::{When, Writer, costs};
use crate::domain::batch::Facts;
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::charge::{Profile, Terms};
use crate::domain::services;

const DOLLAR: i64 = 10_000_000_000;
/// Support costs so much of the bill, in permille.
const SUPPORT: i64 = 30;
/// Google gives back so much of what ran all month, in permille.
const SUSTAINED: i64 = 90;
/// The monthly credit of a migration programme.
const MIGRATION_CREDIT: i64 = 640 * DOLLAR;
/// What AWS gave back for snapshots that it had billed twice.
const REFUND: i64 = 4_128_600_000_000;

/// Sums that later charges rest on.
#[derive(Default)]
pub(super) struct Extras {
    billed: [i64; BILLERS.len()],
    sustained: [i64; BILLERS.len()],
}

impl Extras {
    /// Counts a billed cost.
    pub(super) fn count(&mut self, biller: usize, billed: i64) {
        self.billed[biller] += billed;
    }

    /// Counts a cost that Google discounts.
    pub(super) fn sustain(&mut self, biller: usize, billed: i64) {
        self.sustained[biller] += billed;
    }

    /// Writes a day's extras, after its uses.
    pub(super) fn day(&mut self, when: &When, as_of: Day, commitments: &[Commitment], writer: &mut Writer<'_>) {
        let day = when.day;
        for commitment in commitments {
            purchase(commitment, when, self, writer);
        }
        for biller in [company::GOOGLE, company::GOOGLE_DE] {
            let credit = std::mem::take(&mut self.sustained[biller]) * SUSTAINED / 1000;
            if credit > 0 {
                let text = "Sustained Usage Discount";
                other(biller, "Compute Engine", text, ("Credit", "Usage-Based"), span_of(day), -credit, writer);
                self.billed[biller] -= credit;
            }
        }
        if day == day.month().first().plus(2) && as_of.0 - day.0 > 45 {
            let text = "AWS Migration Acceleration Program credit";
            let service = "Amazon Elastic Compute Cloud";
            other(company::AWS, service, text, ("Credit", "One-Time"), span_of(day), -MIGRATION_CREDIT, writer);
            self.billed[company::AWS] -= MIGRATION_CREDIT;
        }
        if day == as_of.plus(-4) {
            refund(as_of, writer);
        }
        if day.plus(1) == when.month.to {
            self.close(day.month(), as_of, writer);
        }
    }

    /// Writes what comes with the invoice of a month.
    fn close(&mut self, month: Month, as_of: Day, writer: &mut Writer<'_>) {
        let billed = std::mem::take(&mut self.billed);
        if month.plus(1).first().plus(2) > as_of {
            return;
        }
        let support = round(billed[company::AWS] * SUPPORT / 1000);
        let text = "AWS Support (Business): 3% of monthly AWS usage";
        let how = ("Purchase", "Recurring");
        other(company::AWS, "AWS Support (Business)", text, how, month.period(), support, writer);
        for (index, biller) in BILLERS.iter().enumerate().filter(|(_, b)| b.tax > 0) {
            let service = match index {
                company::AWS => "Amazon Elastic Compute Cloud",
                company::AZURE => "Virtual Machines",
                _ => "Invoice",
            };
            let tax = round(billed[index] * biller.tax / 1000);
            other(index, service, biller.tax_name, ("Tax", "Recurring"), month.period(), tax, writer);
        }
    }
}

/// Whole cents.
fn round(cost: i64) -> i64 {
    cost / (DOLLAR / 100) * (DOLLAR / 100)
}

fn span_of(day: Day) -> Period {
    Period { from: day, to: day.plus(1) }
}

/// The sub account that bears what nobody used: the last of a billing account.
fn bearer(biller: usize) -> &'static SubAccount {
    SUB_ACCOUNTS.iter().rfind(|a| a.biller == biller).unwrap_or(&SUB_ACCOUNTS[0])
}

fn texts_for(account: &SubAccount, service: &'static str, text: &str) -> Texts {
    let mut texts = account_texts(account);
    let category = services::all().iter().find(|s| s.name == service).map_or("Other", |s| s.category);
    texts[Profile::ServiceName.index()] = service.into();
    texts[Profile::ServiceCategory.index()] = category.into();
    texts[Profile::ChargeDescription.index()] = text.to_owned().into();
    texts
}

/// What is said of a commitment's own charges.
pub(super) fn plan_texts(commitment: &Commitment, what: &str) -> Texts {
    let plan = commitment.plan;
    let account = SUB_ACCOUNTS.iter().find(|a| a.name == plan.account).unwrap_or(&SUB_ACCOUNTS[0]);
    let mut texts = texts_for(account, plan.service, &format!("{} {}: {what}", plan.kind, plan.name));
    texts[Profile::ResourceId.index()] = plan.id.into();
    texts[Profile::ResourceName.index()] = plan.name.into();
    texts[Profile::ResourceType.index()] = plan.kind.into();
    texts[Profile::RegionId.index()] = plan.region.into();
    texts
}

fn facts(charge: Period, billing: Month, amounts: [i64; 4]) -> Facts {
    Facts {
        start: charge.from.seconds(),
        end: charge.to.seconds(),
        billing_start: billing.first(),
        billing_end: billing.plus(1).first(),
        quantities: costs(amounts),
    }
}

/// A charge that is billed and effective alike.
fn other(
    biller: usize,
    service: &'static str,
    text: &str,
    (category, frequency): (&'static str, &'static str),
    charge: Period,
    amount: i64,
    writer: &mut Writer<'_>,
) {
    let month = charge.from.month();
    let terms = writer.terms_of(biller, category, frequency, month);
    writer.charge(&texts_for(bearer(biller), service, text), &terms, &facts(charge, month, [amount; 4]));
}

/// A commitment's fee: on its first day for all of its term, or on the first day of each month.
fn purchase(commitment: &Commitment, when: &When, extras: &mut Extras, writer: &mut Writer<'_>) {
    let (day, term) = (when.day, commitment.term);
    let charge = match commitment.plan.upfront {
        true if day == term.from => term,
        false if term.contains(day) && (day == when.month.from || day == term.from) => when.month.intersect(term),
        _ => return,
    };
    let (what, frequency) =
        if commitment.plan.upfront { ("upfront fee", "One-Time") } else { ("recurring monthly fee", "Recurring") };
    let fee = commitment.cost(charge);
    let mut terms = writer.terms_of(commitment.biller, "Purchase", frequency, day.month());
    for (column, text) in [
        (Terms::PricingCategory, "Standard"),
        (Terms::CommitmentId, commitment.plan.id),
        (Terms::CommitmentName, commitment.plan.name),
        (Terms::CommitmentCategory, commitment.plan.category),
        (Terms::CommitmentType, commitment.plan.kind),
        (Terms::CommitmentUnit, commitment.plan.unit),
    ] {
        terms[column.index()] = text.into();
    }
    extras.count(commitment.biller, fee);
    writer.charge(&plan_texts(commitment, what), &terms, &facts(charge, day.month(), [0, fee, fee, fee]));
}

/// A correction, on this month's bill, of a day of the month before.
fn refund(as_of: Day, writer: &mut Writer<'_>) {
    let corrected = as_of.plus(-35);
    let billing = corrected.month().plus(1);
    let mut terms = writer.terms_of(company::AWS, "Usage", "Usage-Based", billing);
    terms[Terms::ChargeClass.index()] = "Correction".into();
    terms[Terms::PricingCategory.index()] = "Standard".into();
    let text = "Refund: EBS snapshot storage billed twice";
    let texts = texts_for(bearer(company::AWS), "Amazon Elastic Compute Cloud", text);
    writer.charge(&texts, &terms, &facts(span_of(corrected), billing, [-REFUND; 4]));
}
