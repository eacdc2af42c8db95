//! Work that several threads share.
//!
//! Knows no work.

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
}
