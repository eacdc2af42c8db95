//! Which of many values are misspelt twins of others.
//!
//! A value is taken for a misspelling only beside a twin that far more charges have: `Prod` beside
//! `prod`, `data_platform` beside `data-platform`, `teams` beside `team`, `paymnets` beside `payments`.
//! Values that differ in a digit (`team1`, `team2`), in their first letter (which is rarely mistyped:
//! Pollock and Zamora, "Automatic spelling correction in scientific and scholarly text", 1984) or that
//! are short are told apart by that, and never taken for each other. Knows no tag.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How two spellings differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// In upper and lower case alone.
    Case,
    /// In separators: `-`, `_`, `.`, `/`, space, or none.
    Separators,
    /// One has an `s` at its end.
    Plural,
    /// In a letter or two.
    Letters,
}

/// A value that is probably misspelt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Misspelling {
    /// Its position among the values.
    pub value: usize,
    /// The position of what is probably meant.
    pub meant: usize,
    /// How they differ.
    pub difference: Difference,
}

/// So many times more charges must have a twin that differs in an `s`.
const PLURAL_FACTOR: u64 = 4;
/// The same for one that differs in letters.
const LETTERS_FACTOR: u64 = 10;
/// Shorter values are not compared letter by letter.
const LETTERS_MIN: usize = 5;
/// From so many letters on, two may differ.
const TWO_LETTERS_MIN: usize = 9;
/// Of so many values at most each is compared with others letter by letter: more are ids.
const VALUES_MAX: usize = 2_000;

/// The misspellings among distinct values, each with how many charges have it, in the values' order.
#[must_use]
pub fn misspellings(values: &[(&str, u64)]) -> Vec<Misspelling> {
    let plain: Vec<String> = values.iter().map(|(text, _)| plain(text)).collect();
    let mut best: Vec<Option<Misspelling>> = vec![None; values.len()];
    let mut consider = |value: usize, meant: usize, difference: Difference| {
        let slot = &mut best[value];
        let rank = |m: &Misspelling| (std::cmp::Reverse(m.difference), values[m.meant].1);
        let found = Misspelling { value, meant, difference };
        if slot.as_ref().is_none_or(|known| rank(&found) > rank(known)) {
            *slot = Some(found);
        }
    };
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    plain.iter().enumerate().filter(|(_, text)| !text.is_empty()).for_each(|(at, text)| {
        alike.entry(text).or_default().push(at);
    });
    // The most frequent of those that are alike stands for all of them.
    let leader = |twins: &[usize]| twins.iter().copied().max_by_key(|at| (values[*at].1, std::cmp::Reverse(*at)));
    for twins in alike.values() {
        let Some(meant) = leader(twins) else { continue };
        for value in twins.iter().copied().filter(|at| values[*at].1 < values[meant].1) {
            let case = values[value].0.to_lowercase() == values[meant].0.to_lowercase();
            consider(value, meant, if case { Difference::Case } else { Difference::Separators });
        }
    }
    for (text, twins) in &alike {
        let Some(other) = alike.get(format!("{text}s").as_str()).and_then(|twins| leader(twins)) else { continue };
        let Some(one) = leader(twins).filter(|_| text.chars().count() > 2) else { continue };
        for (value, meant) in [(one, other), (other, one)] {
            if values[meant].1 / PLURAL_FACTOR >= values[value].1 {
                consider(value, meant, Difference::Plural);
            }
        }
    }
    let leaders: Vec<usize> = alike.values().filter_map(|twins| leader(twins)).collect();
    if leaders.len() <= VALUES_MAX {
        for value in &leaders {
            for meant in leaders.iter().filter(|meant| values[**meant].1 / LETTERS_FACTOR >= values[*value].1) {
                if differ_in_letters(&plain[*value], &plain[*meant]) {
                    consider(*value, *meant, Difference::Letters);
                }
            }
        }
    }
    best.into_iter().flatten().collect()
}

/// Letters and digits alone, in lower case.
fn plain(text: &str) -> String {
    let separator = |c: &char| matches!(c, '-' | '_' | '.' | '/' | ':') || c.is_whitespace();
    text.chars().filter(|c| !separator(c)).flat_map(char::to_lowercase).collect()
}

fn differ_in_letters(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (shorter, longer) = {
        let (a, b) = (a.chars().count(), b.chars().count());
        (a.min(b), a.max(b))
    };
    let allowed = if shorter >= TWO_LETTERS_MIN { 2 } else { 1 };
    shorter >= LETTERS_MIN
        && longer - shorter <= allowed
        && a.chars().next() == b.chars().next()
        && digits(a) == digits(b)
        && strsim::damerau_levenshtein(a, b) <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[(&'static str, u64)]) -> Vec<(&'static str, &'static str, Difference)> {
        let found = misspellings(values);
        found.into_iter().map(|m| (values[m.value].0, values[m.meant].0, m.difference)).collect()
    }

    #[test]
    fn finds_what_is_meant() {
        use Difference::{Case, Letters, Plural, Separators};
        for (values, want) in [
            (&[("prod", 90), ("Prod", 5), ("PROD", 1)][..], &[("Prod", "prod", Case), ("PROD", "prod", Case)][..]),
            (
                &[("data-platform", 9), ("data_platform", 2), ("Data Platform", 1)],
                &[("data_platform", "data-platform", Separators), ("Data Platform", "data-platform", Separators)],
            ),
            (&[("team", 40), ("teams", 10)], &[("teams", "team", Plural)]),
            (&[("analytic", 1), ("analytics", 40)], &[("analytic", "analytics", Plural)]),
            (
                &[("payments", 100), ("paymnets", 10), ("payment", 1)],
                &[("paymnets", "payments", Letters), ("payment", "payments", Plural)],
            ),
            (&[("observability", 100), ("obsevrabilty", 3)], &[("obsevrabilty", "observability", Letters)]),
        ] {
            assert_eq!(found(values), want, "{values:?}");
        }
    }

    #[test]
    fn tells_apart_what_is_different() {
        for values in [
            // As frequent: nobody can say which is meant.
            &[("prod", 5), ("Prod", 5)][..],
            &[("team", 40), ("teams", 11)],
            &[("payments", 99), ("paymnets", 10)],
            &[("team1", 1_000), ("team2", 1)],
            &[("web-v1.2", 1_000), ("web-v1.3", 1)],
            &[("eu-west", 1_000), ("us-west", 1)],
            &[("dev", 1_000), ("div", 1), ("de", 1), ("devs2", 1)],
            &[("staging", 1_000), ("stage", 1), ("preprod", 1), ("prod", 1_000)],
            &[("", 1_000), ("-", 1), ("a", 100), ("as", 1)],
            &[("café", 1_000), ("cafe", 1)],
        ] {
            assert_eq!(found(values), [], "{values:?}");
        }
    }

    #[test]
    fn many_ids_are_not_compared_with_each_other() {
        let ids: Vec<String> = (0..20_000).map(|n| format!("resource-{n:x}")).collect();
        let values: Vec<(&str, u64)> = ids.iter().map(|id| (id.as_str(), 1)).chain([("resource_A", 0)]).collect();
        let found = misspellings(&values);
        assert_eq!(found.len(), 1);
        assert_eq!((values[found[0].meant].0, found[0].difference), ("resource-a", Difference::Separators));
    }
}
