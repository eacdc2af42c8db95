//! What the company committed itself to, and what is left of it.
//!
//! A commitment is an amount an hour. Covered use takes from it at the commitment's rate; what
//! nobody takes is charged as unused, so that a month's effective cost is the month's fee. Knows no
//! resource.

use super::company;
use super::fleet::Item;
use super::stories::Stories;
use crate::domain::calendar::{Day, Period};

/// Terms of a commitment.
pub(super) struct Plan {
    /// `CommitmentDiscountId`.
    pub(super) id: &'static str,
    /// `CommitmentDiscountName`.
    pub(super) name: &'static str,
    /// `CommitmentDiscountCategory`.
    pub(super) category: &'static str,
    /// `CommitmentDiscountType`.
    pub(super) kind: &'static str,
    /// `CommitmentDiscountUnit`.
    pub(super) unit: &'static str,
    /// The service that its purchase is billed under.
    pub(super) service: &'static str,
    /// The sub account that bought it.
    pub(super) account: &'static str,
    /// Its price in permille of the public one.
    pub(super) rate: i64,
    /// Whether the year was paid at once.
    pub(super) upfront: bool,
    /// Where it holds.
    pub(super) region: &'static str,
}

/// Positions in [`PLANS`].
pub(super) const SAVINGS_PLAN: usize = 0;
/// See [`SAVINGS_PLAN`].
pub(super) const DATABASE_RESERVATION: usize = 1;
/// See [`SAVINGS_PLAN`].
pub(super) const VM_RESERVATION: usize = 2;

/// All commitments of the company.
pub(super) const PLANS: [Plan; 3] = [
    Plan {
        id: "arn:aws:savingsplans::104839201755:savingsplan/7f1e9c22-5b0d-4c55-8f5c-3d1b6c2a9e40",
        name: "compute-1y-no-upfront",
        category: "Spend",
        kind: "Compute Savings Plan",
        unit: "USD",
        service: "Savings Plans for AWS Compute usage",
        account: "shared-services",
        rate: 680,
        upfront: false,
        region: "",
    },
    Plan {
        id: "arn:aws:rds:us-east-1:880271649931:ri:ri-2026-01-14-09-31-17-402",
        name: "rds-r6g-1y-no-upfront",
        category: "Usage",
        kind: "Reserved Instance",
        unit: "Hours",
        service: "Amazon Relational Database Service",
        account: "shared-services",
        rate: 660,
        upfront: false,
        region: "us-east-1",
    },
    Plan {
        id: "/providers/microsoft.capacity/reservationorders/9a37c1d0-6e5f-4b4a-9d2b-0d1c7f84be11",
        name: "VM_RI_E8s_v5_1y",
        category: "Usage",
        kind: "Reservation",
        unit: "Hours",
        service: "Virtual Machines",
        account: "erp-prod",
        rate: 590,
        upfront: true,
        region: "westeurope",
    },
];

/// A commitment while it lasts.
pub(super) struct Commitment {
    /// Its terms.
    pub(super) plan: &'static Plan,
    /// Its position in [`PLANS`].
    pub(super) index: usize,
    /// The bill that it is on.
    pub(super) biller: usize,
    /// When it holds.
    pub(super) term: Period,
    /// Committed cost an hour, in units of a price.
    pub(super) hourly: i64,
    /// What is left of it now.
    left: i64,
}

impl Commitment {
    /// The cost committed over a period.
    pub(super) fn cost(&self, period: Period) -> i64 {
        self.hourly * 24 * i64::from(period.intersect(self.term).days())
    }

    /// Makes so many hours of a day available.
    pub(super) fn open(&mut self, day: Day, hours: i64) {
        self.left = if self.term.contains(day) { self.hourly * hours } else { 0 };
    }

    /// Covers a cost where enough is left.
    pub(super) fn take(&mut self, cost: i64) -> bool {
        let enough = cost <= self.left;
        self.left -= if enough { cost } else { 0 };
        enough
    }

    /// What nobody took; nothing is left then.
    pub(super) fn unused(&mut self) -> i64 {
        std::mem::take(&mut self.left)
    }

    /// The rate for something with this public price.
    pub(super) fn price(&self, list: i64) -> i64 {
        list * self.plan.rate / 1000
    }
}

/// The commitments, each as large as what it covered in the middle of its term.
pub(super) fn build(items: &[Item], stories: &Stories, as_of: Day) -> Vec<Commitment> {
    let ends = [stories.expired, as_of.plus(62), as_of.plus(145)];
    let all = PLANS.iter().enumerate().zip(ends).map(|((index, plan), to)| {
        let term = Period { from: to.plus(-365), to };
        let middle = to.plus(-120).min(as_of.plus(-30));
        let covered = items.iter().filter(|i| i.plan == Some(index) && i.life.contains(middle));
        let daily: i128 = covered.map(|i| i128::from(i.list * plan.rate / 1000) * i128::from(i.daily) / 10_000).sum();
        let account = company::SUB_ACCOUNTS.iter().find(|a| a.name == plan.account);
        Commitment {
            plan,
            index,
            biller: account.map_or(company::AWS, |a| a.biller),
            term,
            // Whole tenths of a cent, a little less than all.
            hourly: (daily * 97 / 100 / 24) as i64 / 10_000_000 * 10_000_000,
            left: 0,
        }
    });
    all.collect()
}
