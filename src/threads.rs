//! Work that several threads share.
//!
//! Knows no work.

/// How much work aside gives way: about a tenth of the time where all are busy.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// As many threads as there are processors; `but` leaves some of those to others, if there are so many.
#[must_use]
pub fn all(but: usize) -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(but).max(1)
}

/// Runs `work` on so many threads, each with its turn from 0, and waits for all; one runs on the
/// caller's own. What each gave, by turn; a panic of one is the caller's.
pub fn share<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 {
        return vec![work(0)];
    }
    std::thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (0..threads).map(|turn| scope.spawn(move || work(turn))).collect();
        handles.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Does long work on a thread that gives way to whoever waits for an answer on the same processors, and
/// waits for it. A panic of it is the caller's.
///
/// The thread's own: what has once given way may not take it back. What it starts gives way as well. Where the
/// caller's gives way already the work stays on it: each thread more is memory of its own that nobody else is given.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if gives_way() {
        return work();
    }
    std::thread::scope(|scope| {
        let aside = scope.spawn(|| {
            give_way();
            work()
        });
        aside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Lets all others go before this thread for good, where each has a priority of its own: elsewhere it is the
/// process's, which may be the app's.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

/// Whether this thread has given way, or was started by one that has.
fn gives_way() -> bool {
    #[cfg(target_os = "linux")]
    return rustix::process::nice(0).is_ok_and(|nice| nice >= NICENESS);
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_turn_and_a_panic_is_passed_on() {
        assert_eq!([share(0, |turn| turn), share(1, |turn| turn)], [[0], [0]]);
        assert_eq!(share(3, |turn| turn * 2), [0, 2, 4]);
        let panic = std::panic::catch_unwind(|| share(2, |turn| assert!(turn != 1, "the second")));
        assert_eq!(panic.expect_err("a panic").downcast_ref::<&str>(), Some(&"the second"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn work_aside_gives_way_and_the_caller_does_not() {
        let nice = || rustix::process::nice(0).expect("a priority");
        let before = nice();
        let least = 19;
        assert_eq!(aside(|| share(2, |_| nice())), [(before + NICENESS).min(least); 2]);
        assert_eq!(nice(), before);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_gives_way_already_stays_on_its_thread() {
        let here = || std::thread::current().id();
        let outside = here();
        let (first, second, started) =
            aside(|| (here(), aside(here), std::thread::scope(|s| s.spawn(|| aside(here) == here()).join())));
        assert!(first != outside && first == second);
        assert!(started.expect("no panic"), "so does what it starts");
        assert!(!gives_way(), "the caller goes on as before");
    }
}
