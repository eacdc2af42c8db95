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
    /// Names of saved lenses that were used, the newest first, none twice.
    pub lenses: Vec<String>,
}

/// Puts a text first; `false` where it was first already.
fn keep(list: &mut Vec<String>, text: &str) -> bool {
    if list.first().is_some_and(|newest| newest == text) {
        return false;
    }
    list.retain(|other| other != text);
    list.insert(0, text.to_owned());
    list.truncate(KEPT_MAX);
    true
}

impl History {
    /// Keeps a filter that was used. `false` where it was the newest already.
    pub fn keep_filter(&mut self, text: &str) -> bool {
        !text.trim().is_empty() && keep(&mut self.filters, text.trim())
    }

    /// Keeps the name of a lens that was used. `false` where it was the newest already.
    pub fn keep_lens(&mut self, name: &str) -> bool {
        keep(&mut self.lenses, name)
    }

    /// Gives a lens that was used another name.
    pub fn rename_lens(&mut self, from: &str, to: &str) {
        self.lenses.retain(|name| name != to);
        self.lenses.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
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
        assert!(history.keep_lens("incident") && history.keep_lens("mine"));
        history.rename_lens("incident", "mine");
        assert_eq!(history.lenses, ["mine"]);
        (0..2 * KEPT_MAX).for_each(|n| assert!(history.keep_filter(&format!("cost>{n}"))));
        assert_eq!((history.filters.len(), history.filters[0].as_str()), (KEPT_MAX, "cost>199"));
    }
}
