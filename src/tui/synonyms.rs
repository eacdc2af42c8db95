//! Other words for what the table of actions calls by one: whoever thinks of another finds it all the same, in the
//! palette and in the help.
//!
//! Knows names of entries, not what they do.

use super::action::Entry;

/// Entries by name, each with the plain words that people look for it by. A word finds one entry first.
pub const SYNONYMS: &[(&str, &[&str])] = &[
    ("show-spend", &["spend", "chart", "home"]),
    ("show-breakdown", &["breakdown"]),
    ("show-recommendations", &["recommendations", "savings", "waste"]),
    ("show-budgets", &["budgets", "limits"]),
    ("show-anomalies", &["anomalies", "anomaly", "incidents", "unusual", "spikes"]),
    ("show-leaderboard", &["leaderboard", "points"]),
    ("forecast", &["prediction", "projection", "outlook"]),
    ("note", &["annotate"]),
    ("new-budget", &["add-budget", "create-budget", "make-budget"]),
    ("what-if", &["simulate", "simulation", "scenario", "scenarios"]),
    ("edit-budget", &["change-budget"]),
    ("clone-budget", &["duplicate-budget"]),
    ("remove-budget", &["delete-budget"]),
    ("undo-budget", &["revert-budget"]),
    ("suggest-budgets", &["proposals", "recommend-budgets"]),
    ("acknowledge", &["ack", "take-over"]),
    ("snooze", &["mute", "silence", "postpone"]),
    ("expect", &["expected", "teach", "false-alarm", "ignore"]),
    ("reopen", &["unsnooze", "unacknowledge"]),
    ("undo", &["revert"]),
    ("show-anomalies-of", &["resolved", "snoozed", "acknowledged", "states"]),
    ("copy-row", &["paste-into-incident", "yank"]),
    ("copy-command", &["twin", "cli"]),
    ("alerts", &["notifications", "channels", "slack", "pagerduty", "rules"]),
    ("sync-log", &["history-of-syncs", "failures"]),
    ("quit", &["exit", "leave"]),
];

impl Entry {
    /// Other words that find it.
    #[must_use]
    pub fn synonyms(&self) -> &'static [&'static str] {
        SYNONYMS.iter().find(|(name, _)| *name == self.name).map_or(&[], |(_, words)| words)
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::TABLE;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_word_is_of_one_action_and_is_not_its_name() {
        let mut met: HashSet<&str> = TABLE.iter().map(|entry| entry.name).collect();
        for (name, words) in SYNONYMS {
            assert!(TABLE.iter().any(|entry| entry.name == *name), "{name}");
            for word in *words {
                assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{word}");
                assert!(met.insert(word), "`{word}` of {name} is taken");
            }
        }
    }
}
