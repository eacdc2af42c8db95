//! A program with all that it has begun, ended together where nobody waits for it any more.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// What a program has begun, as long as somebody waits for it.
#[derive(Debug)]
pub struct Group(Option<Pid>);

impl Group {
    /// Has a program to be begun in a group of its own.
    pub fn of_its_own(run: &mut Command) {
        run.process_group(0).kill_on_drop(true);
    }

    /// The group of a program that has begun so.
    #[must_use]
    pub fn of(child: &Child) -> Group {
        Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    /// The program has ended: what it leaves behind on purpose goes on, and its id may be somebody else's soon.
    pub fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Who has ended meanwhile needs no signal.
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
