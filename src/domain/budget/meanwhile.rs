//! A budget that somebody changes while somebody else does: what one changed is changed, and the rest stays as the other
//! made it.
//!
//! Knows not where budgets are kept.

use super::Budget;

/// A budget changed, and what of it somebody else changed meanwhile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// As it is now.
    pub budget: Budget,
    /// Parts that somebody else changed, and that are as they made them.
    stays: Vec<&'static str>,
    /// Parts that both changed otherwise.
    replaced: Vec<&'static str>,
}

impl Merged {
    /// What somebody else changed meanwhile, and what became of it; none where nobody did.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let said = |parts: &[&str], became: &str| {
            (!parts.is_empty()).then(|| format!("{}, changed meanwhile, {became}", parts.join(", ")))
        };
        let said: Vec<String> =
            said(&self.stays, "stays").into_iter().chain(said(&self.replaced, "is replaced")).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// What a budget is that somebody saw and changed, where it is otherwise `now`: the parts that were changed are theirs.
#[must_use]
pub fn merged(seen: &Budget, changed: &Budget, now: &Budget) -> Merged {
    let mut merged = Merged { budget: now.clone(), stays: Vec::new(), replaced: Vec::new() };
    macro_rules! part {
        ($name:literal, $($of:ident).+) => {
            let (was, own, other) = (&seen.$($of).+, &changed.$($of).+, &now.$($of).+);
            if own != was {
                if other != was && other != own {
                    merged.replaced.push($name);
                }
                merged.budget.$($of).+ = own.clone();
            } else if other != was {
                merged.stays.push($name);
            }
        };
    }
    part!("name", name);
    part!("where", scope);
    part!("amount", amount);
    part!("currency", currency);
    part!("every", every);
    part!("from", from);
    part!("growth", growth);
    part!("rollover", rollover);
    part!("actual", thresholds.actual);
    part!("forecast", thresholds.forecast);
    part!("metric", metric);
    part!("owner", owner);
    part!("note", note);
    part!("archived", archived);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::budget::Cycle;
    use crate::domain::calendar::Day;
    use crate::domain::money::Amount;

    #[test]
    fn what_one_changed_is_changed_and_the_rest_stays_as_another_made_it() {
        let seen = Budget::plain("a", Amount::whole(500), "USD", Cycle::Month, Day::parse("2026-11-01").expect("day"));
        let other = Budget { amount: Amount::whole(7_777), owner: "cli".into(), ..seen.clone() };
        let noted = Budget { note: "hello".into(), ..seen.clone() };
        let both = merged(&seen, &noted, &other);
        assert_eq!(both.budget, Budget { note: "hello".into(), ..other.clone() });
        assert_eq!(both.words().as_deref(), Some("amount, owner, changed meanwhile, stays"));
        let own = Budget { amount: Amount::whole(600), ..noted.clone() };
        let both = merged(&seen, &own, &other);
        assert_eq!((both.budget.amount, both.budget.owner.raw()), (Amount::whole(600), "cli"));
        let said = "owner, changed meanwhile, stays; amount, changed meanwhile, is replaced";
        assert_eq!(both.words().as_deref(), Some(said));
        for (own, now) in [(&noted, &seen), (&own, &own), (&seen, &seen)] {
            let alone = merged(&seen, own, now);
            assert_eq!((&alone.budget, alone.words()), (own, None));
        }
    }
}
