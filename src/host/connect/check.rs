//! What scopes say of themselves: each thing that they need, by name. Nothing of it is paid for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::domain::text::SafeText;
use crate::error::Result;
use crate::provider::remote::pace::Pace;
use crate::provider::remote::{Call, Check, Costs, Fault, Finding, Watch};
use crate::sync::meter::{Book, Caps, ConnectionMeter};
use crate::sync::state::State;
use crate::sync::task;
use crate::threads;

/// Scopes that are checked beside each other.
const AT_ONCE: usize = 8;

/// Is told how checking goes; called on any thread.
pub trait Told: Send + Sync {
    /// So many of so many scopes are checked.
    fn checked(&self, done: usize, of: usize);

    /// A scope waits before it asks again: who, why, and for how many seconds.
    fn waits(&self, scope: &str, why: &str, seconds: u64);
}

/// Nobody.
impl Told for () {
    fn checked(&self, _: usize, _: usize) {}

    fn waits(&self, _: &str, _: &str, _: u64) {}
}

/// What each scope says of itself, by its source, in their order.
///
/// # Errors
/// Kind `Bug` where the system gives no threads.
pub fn of(
    scopes: &[Arc<dyn Costs>],
    cancel: &CancellationToken,
    told: &Arc<dyn Told>,
) -> Result<Vec<(String, Vec<Check>)>> {
    let runtime = task::runtime()?;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = |_| {
        let mut found = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(scope) = scopes.get(at).filter(|_| !cancel.is_cancelled()) else { return found };
            let elsewhere = scope.elsewhere().map(|told| Check::new("endpoint", Finding::Good, &told.to_string()));
            let checks = scope.check(&call(scope.as_ref(), runtime.handle(), cancel, told));
            found.push((at, elsewhere.into_iter().chain(checks).collect()));
            told.checked(done.fetch_add(1, Ordering::Relaxed) + 1, scopes.len());
        }
    };
    let mut found: Vec<(usize, Vec<Check>)> =
        threads::share(AT_ONCE.min(scopes.len().max(1)), work).into_iter().flatten().collect();
    // What a provider still does on these threads is nothing that anybody waits for.
    runtime.shutdown_background();
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(at, checks)| (scopes[at].scope().source.name.clone(), checks)).collect())
}

/// Passes on what a scope waits for.
struct Watching {
    scope: String,
    told: Arc<dyn Told>,
}

impl Watch for Watching {
    fn waits(&self, fault: &Fault, wait: std::time::Duration) {
        self.told.waits(&self.scope, &SafeText::from_outside(&fault.message), wait.as_secs().max(1));
    }

    fn progress(&self, _: u64, _: u64) {}

    fn silent(&self, _: std::time::Duration) {}

    fn heard(&self) {}
}

/// A call that may spend nothing.
fn call(scope: &dyn Costs, runtime: &tokio::runtime::Handle, cancel: &CancellationToken, told: &Arc<dyn Told>) -> Call {
    let name = scope.scope().source.name.clone();
    let (caps, book) = (Caps { requests_a_day: Some(0), ..Caps::default() }, Book::new(None, State::default()));
    let meter = ConnectionMeter::new(&name, caps, false, Arc::new(book), Arc::new(clock::now_seconds));
    Call {
        runtime: runtime.clone(),
        cancel: cancel.clone(),
        pace: Pace { tries: 2, ..Pace::default() },
        meter: Arc::new(meter),
        watch: Arc::new(Watching { scope: name, told: Arc::clone(told) }),
        now: clock::now_seconds(),
    }
}
