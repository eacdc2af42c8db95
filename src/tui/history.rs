//! What was typed before, to be had again: kept from run to run.
//!
//! Plain data that can be written down. Knows no file and no line.

use serde::{Deserialize, Serialize};

/// Texts of one kind that are kept.
const KEPT_MAX: usize = 100;

/// What was typed before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// Filters that were used, the newest first, none twice.
    pub filters: Vec<String>,
}

impl History {
    /// Keeps a filter that was used. `false` where it was the newest already.
    pub fn keep_filter(&mut self, text: &str) -> bool {
        let text = text.trim();
        if text.is_empty() || self.filters.first().is_some_and(|newest| newest == text) {
            return false;
        }
        self.filters.retain(|other| other != text);
        self.filters.insert(0, text.to_owned());
        self.filters.truncate(KEPT_MAX);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest_of_what_was_used() {
        let mut history = History::default();
        assert!(history.keep_filter("env=prod ") && !history.keep_filter("env=prod") && !history.keep_filter(" "));
        assert!(history.keep_filter("region:eu-*") && history.keep_filter("env=prod"));
        assert_eq!(history.filters, ["env=prod", "region:eu-*"]);
        (0..2 * KEPT_MAX).for_each(|n| assert!(history.keep_filter(&format!("cost>{n}"))));
        assert_eq!((history.filters.len(), history.filters[0].as_str()), (KEPT_MAX, "cost>199"));
    }
}
