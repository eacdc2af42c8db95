//! What is foretold, and what is not, in a line.

use std::collections::BTreeMap;

use super::Foretold;
use crate::domain::calendar::Period;
use crate::domain::currency::written;
use crate::domain::money::Amount;
use crate::domain::services::provider_short;
use crate::domain::text::SafeText;
use crate::engine::answer::Freshness;

/// Late providers that are named.
const LATE_NAMED: usize = 3;

/// Some providers by name; nothing where there are none.
fn named(all: &[Freshness]) -> Option<String> {
    let name = |of: &Freshness| SafeText::from_outside(provider_short(of.provider.raw())).into_string();
    let named: Vec<String> = all.iter().take(LATE_NAMED).map(name).collect();
    let more = all.len().saturating_sub(LATE_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| named.join(", ") + &more)
}

impl Foretold {
    /// In one line: the model with its error, or why there is none, and what is left out.
    #[must_use]
    pub fn words(&self) -> String {
        let all = Period { from: self.known_from, to: self.end().max(self.as_of.plus(1)) };
        std::iter::once(self.how()).chain(self.left_open(all)).collect::<Vec<_>>().join("; ")
    }

    /// The model with its error, or why there is none.
    #[must_use]
    pub fn how(&self) -> String {
        match self.settled_through {
            Some(last) if self.is_stale => format!("nothing is foretold: the last settled day is {last}"),
            None => "nothing is foretold: no day is settled yet".to_owned(),
            _ => std::iter::once(self.main().words()).chain(self.late_words()).collect::<Vec<_>>().join("; "),
        }
    }

    /// Of whom nothing is foretold in a period, and what came every month and has not for it: each in words.
    #[must_use]
    pub fn left_open(&self, period: Period) -> Vec<String> {
        if self.settled_through.is_none() || self.is_stale {
            return Vec::new();
        }
        let is_ahead = period.to > self.first();
        let nobody = [self.untold_words(), self.silent_words()].into_iter().flatten().filter(|_| is_ahead);
        nobody.chain(self.hole_words(period)).chain(self.missed_words(period)).collect()
    }

    /// Whether nobody seems to have brought some days of a period.
    #[must_use]
    pub fn has_holes(&self, period: Period) -> bool {
        self.holes.iter().any(|(_, hole)| hole.intersect(period).days() > 0)
    }

    /// Of whom nothing is foretold, since no day of theirs is settled.
    fn untold_words(&self) -> Option<String> {
        let whose = named(&self.untold)?;
        Some(format!("nothing of {whose} is foretold: no day of theirs is settled yet"))
    }

    /// Of whom nothing is foretold, since nothing came of late.
    fn silent_words(&self) -> Option<String> {
        let (whose, last) = (named(&self.silent)?, self.silent.iter().map(|fresh| fresh.last_day).max()?);
        Some(format!("nothing of {whose} is foretold: no charge of theirs after {last}"))
    }

    /// Days of a period that nobody brought.
    fn hole_words(&self, period: Period) -> Option<String> {
        let one = |(of, hole): &(String, Period)| {
            let hole = Some(hole.intersect(period)).filter(|hole| hole.days() > 0)?;
            let name = SafeText::from_outside(provider_short(of)).into_string();
            Some(format!("no charge of {name} from {} to {} is known", hole.from, hole.to.plus(-1)))
        };
        let all: Vec<String> = self.holes.iter().filter_map(one).collect();
        let more = all.len().saturating_sub(LATE_NAMED);
        let more = (more > 0).then(|| format!("and {more} more such runs of days"));
        let told = all.into_iter().take(LATE_NAMED).chain(more).collect::<Vec<_>>().join("; ");
        (!told.is_empty()).then(|| format!("{told}: import what is missing"))
    }

    /// Whose days are foretold that others have brought.
    fn late_words(&self) -> Option<String> {
        let one = |late: &Freshness| {
            let name = SafeText::from_outside(provider_short(late.provider.raw())).into_string();
            let what = if late.last_day > late.settled_through { "may still change" } else { "have not come" };
            format!("{name}'s days after {} {what}: foretold", late.settled_through)
        };
        let named = self.late.iter().take(LATE_NAMED).map(one);
        let more = self.late.len().saturating_sub(LATE_NAMED);
        let more = (more > 0).then(|| format!("{more} more providers are late: foretold"));
        let all: Vec<String> = named.chain(more).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// What came every month and has not of late: whether it is expected still.
    fn missed_words(&self, period: Period) -> Option<String> {
        let mut sums: BTreeMap<_, Amount> = BTreeMap::new();
        for missed in self.missed.iter().filter(|missed| period.to > missed.last.plus(1).first()) {
            *sums.entry((!missed.is_expected, missed.last, missed.kind)).or_default() += missed.amount;
        }
        let one = |((is_over, last, kind), sum): (&(bool, _, super::Aside), &Amount)| {
            let (amount, code) = (written(*sum, &self.currency), SafeText::from_outside(&self.currency));
            let expected = if *is_over { "expected no more" } else { "expected still" };
            format!("{} of {amount} {code} a month have not come since those of {last}: {expected}", kind.name())
        };
        let all: Vec<String> = sums.iter().filter(|(_, sum)| !sum.is_zero()).map(one).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
