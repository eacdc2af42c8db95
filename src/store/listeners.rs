//! Who wants to be told of something: closures that are told for as long as their owners keep them.
//!
//! Knows nothing of what is told.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Told from whichever thread it happens on; must not block, and must not change the list.
pub type Listener<T> = Arc<dyn Fn(T) + Send + Sync>;

type Known<T> = Weak<dyn Fn(T) + Send + Sync>;

/// A list of listeners. It keeps none of them: who drops a listener is told no more.
pub struct Listeners<T>(Mutex<Vec<Known<T>>>);

impl<T> Default for Listeners<T> {
    fn default() -> Self {
        Listeners(Mutex::default())
    }
}

impl<T: Clone> Listeners<T> {
    /// Adds a listener.
    pub fn add(&self, listener: &Listener<T>) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|known| known.strong_count() > 0);
        list.push(Arc::downgrade(listener));
    }

    /// Tells all that are still there.
    pub fn tell(&self, what: T) {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        list.iter().filter_map(Weak::upgrade).for_each(|listener| listener(what.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn who_is_dropped_is_told_no_more() {
        let (list, sum) = (Listeners::default(), Arc::new(AtomicU32::new(0)));
        let ours = Arc::clone(&sum);
        let listener: Listener<u32> = Arc::new(move |n| {
            ours.fetch_add(n, Ordering::Relaxed);
        });
        list.add(&listener);
        list.tell(3);
        drop(listener);
        list.tell(4);
        assert_eq!(sum.load(Ordering::Relaxed), 3);
    }
}
