//! What a call to a provider is made with: a way to run it, to give it up, to try it again, to count
//! what it costs and to tell how it goes.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::fault::{Fault, FaultKind};
use super::pace::Pace;

/// What a provider meters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Requests that cost money.
    PaidRequests,
    /// Requests that do not.
    FreeRequests,
    /// Azure's query processing units, in thousandths.
    MilliQpu,
    /// Bytes that BigQuery bills as scanned.
    BytesScanned,
}

/// Counts what calls cost, against caps.
pub trait Meter: Send + Sync {
    /// Takes leave to spend, before anything is sent; what is taken counts from then on.
    ///
    /// # Errors
    /// [`FaultKind::Capped`], which says which cap and how it is raised: nothing may be sent.
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault>;

    /// Gives back what was taken and, as the provider says, not charged.
    fn give_back(&self, unit: Unit, amount: u64);

    /// What may still be spent today; `None` where there is no cap.
    fn left(&self, unit: Unit) -> Option<u64>;

    /// Asks leave to try something, whatever it costs: too many tries may have failed.
    ///
    /// # Errors
    /// [`FaultKind::Capped`]: nothing may be sent.
    fn may_try(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// Counts a try that failed.
    fn failed(&self, _fault: &Fault) {}
}

/// Is told how a call goes, for the sync log.
pub trait Watch: Send + Sync {
    /// A try failed, and the next one comes after this wait.
    fn waits(&self, fault: &Fault, wait: Duration);

    /// Nothing has failed, but the first or next try may not be made before this wait.
    fn queues(&self, why: &Fault, wait: Duration) {
        self.waits(why, wait);
    }

    /// So many of so many pieces of the work are done; `of` is 0 where it is not known.
    fn progress(&self, done: u64, of: u64);

    /// A try has had no answer for so long, and goes on.
    fn silent(&self, since: Duration);

    /// A try that was told to be silent has ended.
    fn heard(&self);
}

/// What a call to a provider is made with.
#[derive(Clone)]
pub struct Call {
    /// Where it runs.
    pub runtime: Handle,
    /// Cancelled to give it up.
    pub cancel: CancellationToken,
    /// When to try again.
    pub pace: Pace,
    /// Counts what it costs.
    pub meter: Arc<dyn Meter>,
    /// Is told how it goes.
    pub watch: Arc<dyn Watch>,
    /// The time it is made at, seconds since 1970.
    pub now: i64,
}

impl Call {
    /// Waits for a future on this thread, which must not be one of the runtime's; gives it up at once
    /// when the call is cancelled.
    ///
    /// # Errors
    /// The future's, or [`FaultKind::Cancelled`].
    pub fn run<T>(&self, future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(Fault::cancelled()),
                done = future => done,
            }
        })
    }

    /// Tries something until it succeeds, its fault does not pass, or [`Pace`] says that it is enough.
    /// Each try has its time; one that takes longer is [`FaultKind::Unavailable`].
    ///
    /// # Errors
    /// The last try's.
    pub async fn tried<T, F: Future<Output = Result<T, Fault>>>(&self, once: impl FnMut() -> F) -> Result<T, Fault> {
        self.tried_after(|| std::future::ready(Ok(())), once).await
    }

    /// The same with a step before each try, as a wait for one's turn, which is no part of the try's time.
    ///
    /// # Errors
    /// The step's first, else the last try's.
    pub async fn tried_after<T, B, F>(
        &self,
        mut before: impl FnMut() -> B,
        mut once: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        B: Future<Output = Result<(), Fault>>,
        F: Future<Output = Result<T, Fault>>,
    {
        let mut failed = 0;
        loop {
            self.meter.may_try()?;
            before().await?;
            let fault = match tokio::time::timeout(self.pace.try_within, self.watched(once())).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(fault)) => fault,
                Err(_) => {
                    Fault::new(FaultKind::Unavailable, format!("no answer within {} s", self.pace.try_within.as_secs()))
                }
            };
            self.meter.failed(&fault);
            failed += 1;
            let Some(wait) = self.pace.wait(failed, &fault, chance()) else { return Err(fault) };
            self.watch.waits(&fault, wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// A try, of which it is told where it has no answer for long.
    async fn watched<T>(&self, once: impl Future<Output = T>) -> T {
        let mut once = std::pin::pin!(once);
        if let Ok(done) = tokio::time::timeout(self.pace.quiet_for, &mut once).await {
            return done;
        }
        self.watch.silent(self.pace.quiet_for);
        let _silence = Silence(&*self.watch);
        once.await
    }
}

/// Tells that nobody is silent any more, when it is dropped: however a try ends.
struct Silence<'c>(&'c dyn Watch);

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        self.0.heard();
    }
}

/// A number in [0, 1) that differs from process to process and from call to call: waits need no more.
fn chance() -> f64 {
    use std::hash::BuildHasher;
    let bits = std::hash::RandomState::new().hash_one(0u8) >> 11;
    bits as f64 / (1u64 << 53) as f64
}

/// A meter without caps that counts nothing, for what costs nothing.
pub struct Unmetered;

impl Meter for Unmetered {
    fn take(&self, _: Unit, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn give_back(&self, _: Unit, _: u64) {}

    fn left(&self, _: Unit) -> Option<u64> {
        None
    }
}

/// Nobody is told.
pub struct Unwatched;

impl Watch for Unwatched {
    fn waits(&self, _: &Fault, _: Duration) {}

    fn progress(&self, _: u64, _: u64) {}

    fn silent(&self, _: Duration) {}

    fn heard(&self) {}
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn call(runtime: &tokio::runtime::Runtime) -> Call {
        Call {
            runtime: runtime.handle().clone(),
            cancel: CancellationToken::new(),
            pace: Pace { first: Duration::from_millis(1), ..Pace::default() },
            meter: Arc::new(Unmetered),
            watch: Arc::new(Unwatched),
            now: 0,
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime")
    }

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_not() {
        let runtime = runtime();
        let call = call(&runtime);
        for (kind, tries) in [(FaultKind::Unavailable, 5), (FaultKind::Denied, 1)] {
            let tried = AtomicU32::new(0);
            let once = || async {
                tried.fetch_add(1, Ordering::Relaxed);
                Err::<(), _>(Fault::new(kind, "no"))
            };
            assert_eq!(call.run(call.tried(once)).expect_err("failed").kind, kind);
            assert_eq!(tried.load(Ordering::Relaxed), tries);
        }
    }

    #[test]
    fn the_step_before_comes_before_each_try_and_takes_none_of_its_time() {
        let runtime = runtime();
        let call = call(&runtime);
        let call = Call { pace: Pace { tries: 3, try_within: Duration::from_millis(50), ..call.pace }, ..call };
        let told = std::sync::Mutex::new(String::new());
        let before = async || {
            tokio::time::sleep(Duration::from_millis(60)).await;
            told.lock().expect("lock").push('b');
            Ok(())
        };
        let once = async || {
            told.lock().expect("lock").push('o');
            Err::<(), _>(Fault::new(FaultKind::Throttled, "later"))
        };
        assert_eq!(call.run(call.tried_after(before, once)).expect_err("failed").message, "later");
        assert_eq!(*told.lock().expect("lock"), "bobobo");
        let capped = || std::future::ready(Err(Fault::new(FaultKind::Throttled, "no turn")));
        assert_eq!(call.run(call.tried_after(capped, once)).expect_err("no turn").message, "no turn");
        assert_eq!(*told.lock().expect("lock"), "bobobo");
    }

    #[test]
    fn nothing_is_tried_once_too_much_has_failed() {
        /// Lets two tries fail.
        #[derive(Default)]
        struct Two(AtomicU32);
        impl Meter for Two {
            fn take(&self, _: Unit, _: u64) -> Result<(), Fault> {
                Ok(())
            }
            fn give_back(&self, _: Unit, _: u64) {}
            fn left(&self, _: Unit) -> Option<u64> {
                None
            }
            fn may_try(&self) -> Result<(), Fault> {
                let enough = self.0.load(Ordering::Relaxed) >= 2;
                if enough { Err(Fault::new(FaultKind::Capped, "enough")) } else { Ok(()) }
            }
            fn failed(&self, _: &Fault) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (runtime, tried) = (runtime(), AtomicU32::new(0));
        let call = Call { meter: Arc::new(Two::default()), ..call(&runtime) };
        let once = async || {
            tried.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(Fault::new(FaultKind::Throttled, "later"))
        };
        assert_eq!(call.run(call.tried(once)).expect_err("capped").kind, FaultKind::Capped);
        assert_eq!(tried.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_call_is_given_up_while_it_waits() {
        let runtime = runtime();
        let call = call(&runtime);
        call.cancel.cancel();
        let forever = std::future::pending::<Result<(), Fault>>();
        assert_eq!(call.run(forever).expect_err("cancelled").kind, FaultKind::Cancelled);
    }

    /// Notes what it is told.
    #[derive(Default)]
    struct Noted(std::sync::Mutex<Vec<&'static str>>);

    impl Noted {
        fn note(&self, what: &'static str) {
            self.0.lock().expect("lock").push(what);
        }
    }

    impl Watch for Noted {
        fn waits(&self, _: &Fault, _: Duration) {
            self.note("waits");
        }

        fn progress(&self, _: u64, _: u64) {}

        fn silent(&self, since: Duration) {
            assert_eq!(since, Duration::from_millis(2));
            self.note("silent");
        }

        fn heard(&self) {
            self.note("heard");
        }
    }

    #[test]
    fn a_try_without_an_answer_is_told_of_before_it_is_given_up() {
        let runtime = runtime();
        let noted = Arc::new(Noted::default());
        let call = Call { watch: Arc::clone(&noted) as Arc<dyn Watch>, ..call(&runtime) };
        let (quiet_for, try_within) = (Duration::from_millis(2), Duration::from_millis(30));
        let call = Call { pace: Pace { tries: 2, quiet_for, try_within, ..call.pace }, ..call };
        call.run(call.tried(std::future::pending::<Result<(), Fault>>)).expect_err("late");
        assert_eq!(*noted.0.lock().expect("lock"), ["silent", "heard", "waits", "silent", "heard"]);
        noted.0.lock().expect("lock").clear();
        call.run(call.tried(|| std::future::ready(Ok(())))).expect("at once");
        assert!(noted.0.lock().expect("lock").is_empty(), "who answers is not told of");
    }

    #[test]
    fn a_try_that_takes_too_long_is_given_up() {
        let runtime = runtime();
        let call = call(&runtime);
        let call = Call { pace: Pace { tries: 1, try_within: Duration::from_millis(5), ..call.pace }, ..call };
        let fault = call.run(call.tried(std::future::pending::<Result<(), Fault>>)).expect_err("late");
        assert_eq!(fault.kind, FaultKind::Unavailable);
    }
}
