//! What runs under way are about to spend, held for them so that others under the same cap do not count on it.
//!
//! In memory only: a process that has gone is about to spend nothing. Knows no cap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Book;

/// Paid requests that are held.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Held {
    /// Of what the day may cost.
    pub of_day: u64,
    /// Of what is set aside for history.
    pub aside: u64,
}

/// All that is held, by connection and run.
#[derive(Default)]
pub(super) struct Holds {
    /// What is held, and for which source.
    held: BTreeMap<(String, u64), (Held, String)>,
    next: u64,
}

/// Requests that are held for a run until this is dropped.
pub struct Hold {
    book: Arc<Book>,
    key: (String, u64),
}

impl Hold {
    pub(super) fn new(book: Arc<Book>, connection: &str, source: &str, held: Held) -> Hold {
        let key = book.holds().put(connection, source, held);
        Hold { book, key }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.book.holds().held.remove(&self.key);
    }
}

impl Holds {
    fn put(&mut self, connection: &str, source: &str, held: Held) -> (String, u64) {
        self.next += 1;
        let key = (connection.to_owned(), self.next);
        self.held.insert(key.clone(), (held, source.to_owned()));
        key
    }

    /// All that is held of a connection's.
    fn of<'h>(&'h self, connection: &'h str) -> impl Iterator<Item = (&'h (String, u64), &'h (Held, String))> {
        self.held.range((connection.to_owned(), 0)..).take_while(move |((known, _), _)| known == connection)
    }

    /// Sources that something of a connection's is held for.
    pub(super) fn sources(&self, connection: &str) -> BTreeSet<String> {
        self.of(connection).map(|(_, (_, source))| source.clone()).collect()
    }

    /// What is held of a connection's for others than the one.
    pub(super) fn others(&self, connection: &str, own: Option<&Hold>) -> Held {
        let others = self.of(connection).filter(|(key, _)| own.is_none_or(|own| own.key != **key));
        others.fold(Held::default(), |sum, (_, (held, _))| Held {
            of_day: sum.of_day.saturating_add(held.of_day),
            aside: sum.aside.saturating_add(held.aside),
        })
    }

    /// Notes that so much of what was held is spent.
    pub(super) fn used(&mut self, hold: &Hold, used: Held) {
        if let Some((held, _)) = self.held.get_mut(&hold.key) {
            held.of_day = held.of_day.saturating_sub(used.of_day);
            held.aside = held.aside.saturating_sub(used.aside);
        }
    }

    /// Notes that so much was spent and given back.
    pub(super) fn unused(&mut self, hold: &Hold, back: Held) {
        if let Some((held, _)) = self.held.get_mut(&hold.key) {
            held.of_day = held.of_day.saturating_add(back.of_day);
            held.aside = held.aside.saturating_add(back.aside);
        }
    }
}
