//! What runs under way are about to spend, held for them so that others under the same cap do not count on it.
//!
//! In memory only: a process that has gone is about to spend nothing. Knows no cap.

use std::collections::BTreeMap;
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
    held: BTreeMap<(String, u64), Held>,
    next: u64,
}

/// Requests that are held for a run until this is dropped.
pub struct Hold {
    book: Arc<Book>,
    key: (String, u64),
}

impl Hold {
    pub(super) fn new(book: Arc<Book>, connection: &str, held: Held) -> Hold {
        let key = book.holds().put(connection, held);
        Hold { book, key }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.book.holds().held.remove(&self.key);
    }
}

impl Holds {
    fn put(&mut self, connection: &str, held: Held) -> (String, u64) {
        self.next += 1;
        let key = (connection.to_owned(), self.next);
        self.held.insert(key.clone(), held);
        key
    }

    /// What is held of a connection's for others than the one.
    pub(super) fn others(&self, connection: &str, own: Option<&Hold>) -> Held {
        let begin = (connection.to_owned(), 0);
        let of_connection = self.held.range(begin..).take_while(|((known, _), _)| known == connection);
        of_connection.filter(|(key, _)| own.is_none_or(|own| own.key != **key)).fold(
            Held::default(),
            |sum, (_, held)| Held {
                of_day: sum.of_day.saturating_add(held.of_day),
                aside: sum.aside.saturating_add(held.aside),
            },
        )
    }

    /// Notes that so much of what was held is spent.
    pub(super) fn used(&mut self, hold: &Hold, used: Held) {
        if let Some(held) = self.held.get_mut(&hold.key) {
            held.of_day = held.of_day.saturating_sub(used.of_day);
            held.aside = held.aside.saturating_sub(used.aside);
        }
    }

    /// Notes that so much was spent and given back.
    pub(super) fn unused(&mut self, hold: &Hold, back: Held) {
        if let Some(held) = self.held.get_mut(&hold.key) {
            held.of_day = held.of_day.saturating_add(back.of_day);
            held.aside = held.aside.saturating_add(back.aside);
        }
    }
}
