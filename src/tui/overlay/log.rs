//! A list of what there is and comes, one of it selected, and that one whole once it is opened.
//!
//! Selected by what it is, not by its line: what comes meanwhile moves nothing. Draws nothing and asks
//! nothing.

/// What is selected of lines that are told apart by `T`, and whether it is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log<T> {
    selected: Option<T>,
    /// Whether what is selected is shown whole, and how many lines of it are scrolled away.
    open: Option<usize>,
}

impl<T> Default for Log<T> {
    fn default() -> Log<T> {
        Log { selected: None, open: None }
    }
}

impl<T: Clone + PartialEq> Log<T> {
    /// What is selected of all lines, from the top: the first line before another one was, and where it has gone.
    #[must_use]
    pub fn selected(&self, all: &[T]) -> Option<T> {
        self.selected.as_ref().filter(|target| all.contains(target)).or_else(|| all.first()).cloned()
    }

    /// Selects a line that many lines further, or scrolls what is shown whole.
    pub fn step(&mut self, by: isize, all: &[T]) {
        if let Some(first) = &mut self.open {
            *first = first.saturating_add_signed(by);
            return;
        }
        let now = self.selected(all);
        let at = all.iter().position(|target| Some(target) == now.as_ref()).unwrap_or_default();
        self.selected = all.get(at.saturating_add_signed(by).min(all.len().saturating_sub(1))).cloned();
    }

    /// Lines that are scrolled away of what is shown whole; `None` while all is listed.
    #[must_use]
    pub fn opened(&self) -> Option<usize> {
        self.open
    }

    /// Shows what is selected whole, where anything is.
    pub fn open(&mut self, all: &[T]) {
        self.selected = self.selected(all);
        self.open = self.selected.is_some().then_some(0);
    }

    /// Scrolls no further than that what is shown whole has lines.
    pub fn hold_within(&mut self, most: usize) {
        self.open = self.open.map(|first| first.min(most));
    }

    /// Goes back to the list; returns whether there was something to go back from.
    pub fn back(&mut self) -> bool {
        self.open.take().is_some()
    }

    /// Goes back to the list where what is shown whole has gone: nobody reads on in another.
    pub fn close_gone(&mut self, all: &[T]) {
        if self.selected.as_ref().is_some_and(|target| !all.contains(target)) {
            self.open = None;
        }
    }
}
