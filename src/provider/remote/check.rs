//! What `connect` and `doctor` say of a scope: one thing that it needs, and whether it has it.

use crate::domain::text::SafeText;

/// One thing that was checked.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Check {
    /// What: a permission by the provider's own name (`ce:GetCostAndUsage`), or a thing (`credentials`).
    pub what: String,
    /// How it stands.
    pub finding: Finding,
    /// More about it in a few words: who one is, what was found, why not.
    pub detail: String,
    /// What puts it right, ready to paste where it is a command or a policy; empty where nothing is to
    /// be done.
    pub fix: String,
}

/// How a checked thing stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It is there.
    Good,
    /// It could not be tried without paying, or offline.
    Untried,
    /// It is not there, and what is wanted works without.
    Wanting,
    /// It is not there, and nothing works without.
    Missing,
}

impl Check {
    /// A check. `detail` may be outside text; where it begins by saying what it is of, that is not said twice.
    #[must_use]
    pub fn new(what: &str, finding: Finding, detail: &str) -> Self {
        let named = detail.strip_prefix(what).or_else(|| detail.strip_prefix(&format!("`{what}`")));
        let said = [" is missing: ", " is missing ", " is ", ": "];
        let detail = named.and_then(|rest| said.iter().find_map(|said| rest.strip_prefix(said))).unwrap_or(detail);
        Check {
            what: what.to_owned(),
            finding,
            detail: SafeText::from_outside(detail).into_string(),
            fix: String::new(),
        }
    }

    /// With what puts it right.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_is_said_once() {
        for (detail, want) in [
            ("`a:Get` is denied to ana", "denied to ana"),
            ("a:Get is missing at the subscription", "at the subscription"),
            ("`a:Get`: no answer in time", "no answer in time"),
            ("`a:GetMore` is denied", "`a:GetMore` is denied"),
            ("2 accounts by name", "2 accounts by name"),
        ] {
            assert_eq!(Check::new("a:Get", Finding::Missing, detail).detail, want);
        }
    }
}
