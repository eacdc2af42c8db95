//! What the reader of a budget must know beside its figures, in sentences.

use super::costs::Costs;
use super::standing::Ground;
use crate::domain::budget::{Rollover, period_words};
use crate::domain::calendar::Period;
use crate::domain::currency::written;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::answer::{Past, Pending, cents};

impl Ground {
    /// All that must be known.
    pub(super) fn remarks(&self, costs: &Costs, no_data: bool) -> Vec<String> {
        let (budget, span) = (&self.budget, &self.span);
        let mut remarks = Vec::new();
        if span.is_part() {
            let (part, whole) = (span.period.days(), span.whole.days());
            let of = period_words(span.whole);
            remarks.push(format!("begins on {}: the limit is for {part} of {whole} days of {of}", span.period.from));
        }
        remarks.extend(self.carried());
        let carries = budget.rollover != Rollover::None;
        if carries && self.history.iter().any(|past| past.limit.is_some() && (past.spent.is_none() || past.is_part)) {
            remarks.push("of some earlier periods not all is known: nothing is left over from them".to_owned());
        }
        // A period to come begins after all that is known.
        let so_far = Period { to: span.period.to.min(self.as_of.plus(1)), ..span.period };
        if let Some(first) = costs.known_from(so_far) {
            remarks.push(format!("charges are known from {first} on: what was spent before is not counted"));
        }
        remarks.extend(self.outstanding());
        remarks.extend(self.left_open.iter().cloned());
        remarks.extend(self.pending.as_ref().and_then(Pending::words));
        let unsettled = self.pending.as_ref().map_or(0, |pending| pending.unsettled);
        if unsettled > 0 {
            remarks.push(format!(
                "{} not settled: {} may still change",
                counted(u64::from(unsettled), "day is", "days are"),
                if unsettled == 1 { "it" } else { "they" }
            ));
        }
        if self.unknown_rows > 0 {
            let rows = counted(self.unknown_rows, "charge has", "charges have");
            remarks.push(format!("{rows} no known cost: spend is at least what is shown"));
        }
        if !costs.others.is_empty() {
            let others: Vec<String> = costs.others.iter().map(|c| SafeText::from_outside(c).into_string()).collect();
            remarks.push(format!("charges in {} are not counted: currencies are never added", others.join(", ")));
        }
        if no_data {
            remarks.push("no charges of this scope's providers are known".to_owned());
        } else if costs.asked.days() > 0
            && costs.others.is_empty()
            && costs.days.values().all(|total| total.rows() == 0)
        {
            let days = costs.asked;
            let scope = SafeText::from_outside(&budget.scope.to_string());
            let of = if budget.scope.is_empty() { String::new() } else { format!(" `{scope}`") };
            remarks.push(format!("no charge from {} to {} matches{of}", days.from, days.to.plus(-1)));
        }
        remarks
    }

    /// What went over from the period before, and why no more where that one is not settled.
    fn carried(&self) -> Option<String> {
        let past = self.history.last().filter(|_| self.budget.rollover != Rollover::None)?;
        let (limit, carried) = (past.limit?.total, self.limit.carried);
        let code = &self.budget.currency;
        let amount = |amount: Amount| format!("{} {code}", written(amount.abs(), code));
        let before = period_words(past.period);
        let open = open_words(past);
        let said = match carried {
            _ if carried > Amount::ZERO => format!("{} left over from {before} are in the limit", amount(carried)),
            // What is owed can use a limit up, and the rest of it goes on being owed.
            _ if self.limit.base + carried < Amount::ZERO => format!(
                "{} overspent in {before} use the limit up: {} of it go over to the next",
                amount(carried),
                amount(self.limit.base + carried)
            ),
            _ if carried < Amount::ZERO => format!("{} overspent in {before} are in the limit", amount(carried)),
            _ if open.is_some() && past.spent.is_some_and(|spent| spent < limit) => {
                format!("nothing is left over from {before} so far")
            }
            _ => return None,
        };
        let Some(open) = open else { return Some(said) };
        let spent = past.spent.unwrap_or_default();
        let more = match past.foretold {
            Some(end) if carried < Amount::ZERO => foretold(end.mid - spent, "", code),
            // What is to come back is no money to spend until it has come.
            Some(end) if end.hi80 < spent => {
                format!("{}, which counts once it has come", foretold(end.hi80 - spent, "", code))
            }
            Some(end) => foretold(end.hi80 - spent, "up to ", code),
            None => "nothing can be foretold of it".to_owned(),
        };
        Some(format!("{said}: {open}, and {more}"))
    }

    /// That the invoice of a period is outstanding whose days are all settled.
    fn outstanding(&self) -> Option<String> {
        let is_over = self.as_of >= self.span.period.to && self.pending.is_none();
        let (_, end) = self.ahead.as_ref().filter(|_| is_over)?.path.last()?;
        let by = cents(end.mid) - self.burn.spent().unwrap_or_default();
        Some(format!("its invoice has not come, and {}", foretold(by, "", &self.budget.currency)))
    }
}

/// How much more, or less, is foretold of something than has come of it.
fn foretold(by: Amount, most: &str, code: &str) -> String {
    let (most, word) = if by < Amount::ZERO { ("", "less") } else { (most, "more") };
    format!("{most}{} {code} {word} is foretold of it", written(by.abs(), code))
}

/// What of an earlier period is not as it will be.
fn open_words(past: &Past) -> Option<String> {
    match &past.pending {
        Some(pending) if pending.missing > 0 => {
            let days = counted(u64::from(pending.missing), "of its days is", "of its days are");
            Some(format!("{days} not in yet"))
        }
        Some(_) => Some("it is not settled".to_owned()),
        None => past.foretold.map(|_| "its invoice has not come".to_owned()),
    }
}
