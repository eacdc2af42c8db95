//! Nimbus Freight, a company that does not exist: fourteen months of generated bills.
//!
//! For demos, tests and pictures. Nimbus Freight moves parcels; six teams run it in six AWS
//! accounts, three Azure subscriptions, two Google Cloud projects and Datadog, and its German
//! subsidiary has a Google Cloud project that is billed in euros. It pays about 95,000 dollars a
//! month, tags nearly all it has, and not always rightly.
//!
//! | where | what is decided there |
//! | --- | --- |
//! | `company` | billing accounts, sub accounts, teams, how they tag |
//! | `regions`, `catalog` | where things run, what can be had, public prices |
//! | `fleet` | which resources there are, how long they live |
//! | `seasons` | how use goes with hours, weekdays, months and growth |
//! | `stories` | what went wrong lately, which the screens are there to find |
//! | `commitments` | a savings plan and reservations: what they cover, what nobody used |
//! | `extras` | fees, tax, credits, a refund |
//! | `ledger`, `write` | one day after the other, into batches |
//!
//! The same seed and day give the same charges on every machine: chance is SplitMix64, amounts are
//! integers. To add a resource, add a line to
//! `assets/demo/catalog.csv` where nothing there fits, and a group to `fleet`. Knows no store
//! and no clock.

mod catalog;
mod commitments;
mod company;
mod extras;
mod fleet;
mod ledger;
mod regions;
mod rng;
mod seasons;
mod stories;
#[cfg(test)]
mod tests;
mod write;

use crate::domain::calendar::{Day, Period};
use crate::domain::source_file::SourceFile;
use crate::provider::{CostSource, FileSummary, ReadSummary, Sink, SourceId, SourceKind, Stop};

/// The name of the source: nothing else is stored under it.
pub const SOURCE: &str = "demo";

/// Whole months before the one of `as_of`.
const MONTHS: i32 = 14;

/// Changes when the generated charges do, so that a stored demo is known to be an old one.
const EDITION: u32 = 1;

/// The bills of Nimbus Freight. See the [module's page](self).
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    seed: u64,
    as_of: Day,
    from: Day,
}

impl Demo {
    /// Fourteen months of bills and the current one, as they stand on the morning of `as_of`.
    #[must_use]
    pub fn new(seed: u64, as_of: Day) -> Self {
        Demo { seed, as_of, from: as_of.month().plus(-MONTHS).first() }
    }

    /// Only so many days, `as_of` among them.
    #[must_use]
    pub fn last_days(self, days: i32) -> Self {
        Demo { from: self.as_of.plus(1 - days), ..self }
    }

    /// The days that it has charges for.
    #[must_use]
    pub fn span(&self) -> Period {
        Period { from: self.from, to: self.as_of.plus(1) }
    }
}

impl CostSource for Demo {
    fn id(&self) -> SourceId {
        SourceId { name: SOURCE.to_owned(), kind: SourceKind::Demo }
    }

    /// Progress is counted in days, since nothing is read.
    fn size(&self) -> Option<u64> {
        u64::try_from(self.span().days()).ok()
    }

    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let span = self.span();
        let rows = ledger::Ledger::new(self.seed, span, self.as_of).write(sink)?;
        let what = format!("spendtop demo {EDITION} {} {span}", self.seed);
        let file = SourceFile {
            name: "demo".to_owned(),
            hash: blake3::hash(what.as_bytes()).to_hex().to_string(),
            bytes: span.days() as u64,
            format: "generated".to_owned(),
            rows,
            refused: 0,
        };
        Ok(ReadSummary { files: vec![FileSummary { file, ..FileSummary::default() }], ..ReadSummary::default() })
    }
}
