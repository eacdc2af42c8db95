//! Brings a person what goes wrong with scopes while they are synced: the desktop first, then whoever else there
//! is.
//!
//! A thread of its own, which sleeps until something goes wrong: a desktop that hangs holds nothing up. Knows
//! no terminal.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

use crate::engine::{Alarm, Listener};
use crate::error::{Error, Result};
use crate::notify::{Notice, Undelivered, desktop};
use crate::sync::task::Syncer;

/// Begins, until what is given back is dropped. What the desktop was not told, where it may be told at all,
/// `otherwise` is to tell, and says whether it has.
///
/// # Errors
/// Kind `Bug` where the system gives no thread.
pub fn begin(
    syncer: &Arc<Syncer>,
    by_desktop: bool,
    otherwise: impl Fn(&Alarm, Option<Undelivered>) -> bool + Send + 'static,
) -> Result<Listener<String>> {
    let (raises, raised) = channel();
    let raises = Mutex::new(raises);
    let listener: Listener<String> = Arc::new(move |source| {
        // Where the thread has ended, so has the program.
        let _ = raises.lock().unwrap_or_else(PoisonError::into_inner).send(source);
    });
    syncer.on_alarm(&listener);
    let syncer = Arc::clone(syncer);
    let work = move || {
        for source in raised {
            let bring = |alarm: &Alarm| {
                let shown = by_desktop.then(|| desktop::show(&Notice::of(alarm)));
                shown == Some(Ok(())) || otherwise(alarm, shown.and_then(Result::err))
            };
            // Where it cannot be written that somebody was told, this process knows it all the same.
            let _ = syncer.tell_a_person(&source, bring);
        }
    };
    let started = std::thread::Builder::new().name("notify".into()).spawn(work);
    started.map_err(|e| Error::bug(format!("no thread to tell a person on: {e}")))?;
    Ok(listener)
}
