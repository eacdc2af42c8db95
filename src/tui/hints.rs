//! First-time hints: one quiet line that names a key and what it is good for.
//!
//! One at a time, in their order, each until its key was used once; after three starts, or once all
//! were used, none is shown ever again. Plain data that can be written down. Knows no file and no
//! screen.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::action::{Action, TABLE};
use super::keymap::{Context, Keymap};

/// Starts of the app during which hints are shown.
const STARTS_MAX: u32 = 3;

/// What is hinted at, and why one would want it.
const HINTS: [(Action, &str); 4] = [
    (Action::Open, "opens what is selected: a day, a move, a row"),
    (Action::Palette, "finds everything by a part of its name"),
    (Action::Filter, "leaves only what matches, like env=prod or service:ec2"),
    (Action::Help, "has every key that works here"),
];

/// What is known of the user, so that nothing is said twice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hints {
    /// How often the app was started, as far as that mattered.
    starts: u32,
    /// Names of actions that were hinted at and used.
    used: BTreeSet<String>,
}

/// The action's name in the table.
fn name(action: Action) -> &'static str {
    TABLE.iter().find(|entry| entry.action == action).map_or("", |entry| entry.name)
}

impl Hints {
    /// Whether there is nothing left to say.
    #[must_use]
    pub fn are_over(&self) -> bool {
        self.starts > STARTS_MAX || HINTS.iter().all(|(action, _)| self.used.contains(name(*action)))
    }

    /// Counts a start; returns whether that is to be remembered.
    pub fn begin(&mut self) -> bool {
        let counts = !self.are_over();
        self.starts += u32::from(counts);
        counts
    }

    /// Takes note that an action was used; returns whether that is to be remembered.
    pub fn used(&mut self, action: Action) -> bool {
        let hinted = HINTS.iter().any(|(hint, _)| *hint == action);
        !self.are_over() && hinted && self.used.insert(name(action).to_owned())
    }

    /// The hint that is due: a key that does something here now, and what it is good for.
    #[must_use]
    pub fn due(&self, keymap: &Keymap, context: &Context) -> Option<(String, &'static str)> {
        let fresh = HINTS.iter().filter(|(action, _)| !self.are_over() && !self.used.contains(name(*action)));
        let works = |action: Action| TABLE.iter().any(|entry| entry.action == action && context.serves(entry));
        let mut keyed = fresh.filter(|(action, _)| works(*action));
        keyed.find_map(|(action, words)| {
            let key = keymap.key_in(*action, context.place);
            (!key.is_empty()).then_some((key, *words))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_done_with_once_its_key_was_used() {
        let mut hints = Hints::default();
        assert!(hints.begin() && !hints.used(Action::Quit));
        for (action, _) in HINTS {
            assert!(!hints.are_over() && hints.used(action) && !hints.used(action), "{action:?}");
        }
        assert!(hints.are_over() && !hints.begin(), "nothing is left to say");
    }

    #[test]
    fn after_three_starts_they_are_gone_for_good() {
        let mut hints = Hints::default();
        assert!(hints.begin() && hints.begin() && hints.begin() && !hints.are_over());
        assert!(hints.begin(), "the fourth is remembered, so that it is known that they are over");
        assert!(hints.are_over() && !hints.begin() && !hints.used(Action::Open));
    }
}
