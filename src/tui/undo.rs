//! What undoes the last changes, one after the other, and which of that is under way.
//!
//! Knows neither what is changed nor who does it.

/// Changes that can be undone at most; the oldest are forgotten.
const MOST: usize = 50;

/// What undoes the last changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Undo<T> {
    /// The newest last.
    kept: Vec<T>,
    under_way: Option<T>,
}

impl<T> Default for Undo<T> {
    fn default() -> Self {
        Undo { kept: Vec::new(), under_way: None }
    }
}

impl<T: Clone> Undo<T> {
    /// What is to be done now to undo the last change; `None` where there is none, or one is being undone: what
    /// comes back next is taken to be that.
    pub fn begin(&mut self) -> Option<T> {
        if self.under_way.is_none() {
            self.under_way = self.kept.pop();
            return self.under_way.clone();
        }
        None
    }

    /// Whether a change is being undone.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Takes note that something was done, and how that is undone: what undid something is not undone in turn.
    /// Tells whether it was that.
    pub fn done(&mut self, back: T) -> bool {
        if self.under_way.take().is_some() {
            return true;
        }
        self.kept.push(back);
        self.kept.drain(..self.kept.len().saturating_sub(MOST));
        false
    }

    /// Takes note that something could not be done: what was to be undone can still be.
    pub fn failed(&mut self) {
        self.kept.extend(self.under_way.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_undone_still_can_be_and_nothing_is_undone_twice() {
        let mut undo = Undo::default();
        assert_eq!(undo.begin(), None);
        assert!(!undo.done(1) && !undo.done(2));
        assert_eq!((undo.begin(), undo.begin(), undo.is_under_way()), (Some(2), None, true));
        undo.failed();
        assert_eq!((undo.begin(), undo.is_under_way()), (Some(2), true));
        assert!(undo.done(-2), "it undid something");
        assert_eq!(undo.begin(), Some(1));
        assert!(undo.done(-1));
        assert_eq!(undo.begin(), None);
        (0..60).for_each(|n| assert!(!undo.done(n)));
        assert_eq!(undo.kept.len(), MOST);
    }
}
