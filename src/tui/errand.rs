//! What a thread of the app's is to do, and how it waits for that without ever waking by itself.
//!
//! Knows no screen, and not what is done.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::Listener;
use crate::error::{Error, Result};

/// What is wanted of the thread so far, and whether it is to end.
#[derive(Default)]
struct Asked<W> {
    wanted: W,
    ended: bool,
}

/// What is wanted of a thread: whoever wants something adds it, and the thread takes all of it at once.
#[derive(Default)]
pub struct Errands<W> {
    asked: Mutex<Asked<W>>,
    changed: Condvar,
}

impl<W: Default> Errands<W> {
    fn lock(&self) -> MutexGuard<'_, Asked<W>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds something.
    pub fn want(&self, set: impl FnOnce(&mut W)) {
        set(&mut self.lock().wanted);
        self.changed.notify_all();
    }

    fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits while it is `idle`, for `most` at most, and takes what is wanted; `None` where the thread is to end.
    pub fn next(&self, most: Option<Duration>, idle: impl Fn(&W) -> bool) -> Option<W> {
        let idle = |asked: &mut Asked<W>| !asked.ended && idle(&asked.wanted);
        let mut asked = match most {
            Some(most) => {
                let waited = self.changed.wait_timeout_while(self.lock(), most, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner),
        };
        (!asked.ended).then(|| std::mem::take(&mut asked.wanted))
    }

    /// Lets so much time pass while it is `quiet`; takes nothing.
    pub fn rest(&self, most: Duration, quiet: impl Fn(&W) -> bool) {
        let quiet = |asked: &mut Asked<W>| !asked.ended && quiet(&asked.wanted);
        drop(self.changed.wait_timeout_while(self.lock(), most, quiet));
    }
}

/// A thread that runs errands, until this is dropped. It is not waited for.
pub struct Runner<W: Default> {
    errands: Arc<Errands<W>>,
    _listener: Listener<()>,
}

impl<W: Default + Send + 'static> Runner<W> {
    /// Starts the thread: it wants `news` whenever those say so that `subscribe` tells of the listener.
    ///
    /// # Errors
    /// Kind `Bug` where the system gives no thread.
    pub fn start(
        name: &str,
        news: fn(&mut W),
        subscribe: impl FnOnce(&Listener<()>),
        run: impl FnOnce(&Errands<W>) + Send + 'static,
    ) -> Result<Runner<W>> {
        let errands: Arc<Errands<W>> = Arc::default();
        let theirs = Arc::downgrade(&errands);
        let listener: Listener<()> = Arc::new(move |()| {
            if let Some(errands) = theirs.upgrade() {
                errands.want(news);
            }
        });
        subscribe(&listener);
        let ours = Arc::clone(&errands);
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(move || run(&ours)).map_err(|e| Error::bug(format!("no thread for `{name}`: {e}")))?;
        Ok(Runner { errands, _listener: listener })
    }

    /// Adds something that is to be done.
    pub fn want(&self, set: impl FnOnce(&mut W)) {
        self.errands.want(set);
    }
}

impl<W: Default> Drop for Runner<W> {
    fn drop(&mut self) {
        self.errands.end();
    }
}
