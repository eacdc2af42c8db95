//! A store that is open in a process of its own, which ends by itself as soon as nobody asks.
//!
//! The database keeps threads that wake every second until their process ends, whether it is open or
//! not. So the app, which stays for days, never opens it: it starts its own program once more, hands
//! over the store's lock, and attaches. [`start`] is the app's side, [`serve`] the other.
//!
//! The lock goes from hand to hand, so that of many who need an owner only one starts a process. The
//! process has no terminal and a session of its own: what ends the app does not end it half way
//! through a commit. Knows no question and no flag.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::message::{Begun, REQUEST_MAX};
use super::owner::{Owner, Program, Setup};
use super::remote::WELCOME_MAX;
use super::wire::Wire;
use crate::error::{Error, Kind, Result};
use crate::store::folder::Lock;

/// How long such a process goes on after the last that was asked of it.
const LINGER: Duration = Duration::from_secs(1);

/// How glibc keeps memory in such a process; others do not know these. By default each of the threads that
/// a scan starts gets an arena of its own, which keeps what they free: after a few scans of ten million
/// charges 600 MB were held in place of 200.
const ALLOCATOR: [(&str, &str); 3] =
    [("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "262144"), ("MALLOC_TRIM_THRESHOLD_", "1048576")];

/// Processes that may end before they have opened the store.
const STARTS_MAX: u32 = 3;

/// Starts a process that opens the store whose lock is held, and waits until it serves. The lock
/// comes back where none can: the caller then opens the store itself.
///
/// # Errors
/// Those of opening the store, as that process met them.
pub fn start(program: &Program, lock: Lock) -> Result<Option<Lock>> {
    for _ in 0..STARTS_MAX {
        let Some((mut child, mut wire)) = spawn(program, &lock) else { return Ok(Some(lock)) };
        match wire.receive::<Begun>(REQUEST_MAX) {
            Ok(Some(Begun::Serving)) => {
                reap(child);
                return Ok(None);
            }
            Ok(Some(Begun::Unserved)) => {
                let _ = child.wait();
                return Ok(Some(lock));
            }
            Ok(Some(Begun::Failed(error))) => {
                reap(child);
                return Err(error);
            }
            // It has ended, and was perhaps killed.
            Ok(None) => {
                let _ = child.wait();
            }
            Err(_) => {
                let process = child.id();
                reap(child);
                return Err(Error::store(format!("the process that opens the store ({process}) does not answer"))
                    .hint(format!("`kill {process}` ends it")));
            }
        }
    }
    Ok(Some(lock))
}

fn spawn(program: &Program, lock: &Lock) -> Option<(Child, Wire)> {
    let (ours, theirs) = UnixStream::pair().ok()?;
    let wire = Wire::new(ours).ok()?;
    wire.wait_at_most(Some(WELCOME_MAX)).ok()?;
    let mut command = Command::new(&program.path);
    let (name, words) = program.words.split_first()?;
    command.arg0(name).args(words).stderr(Stdio::null());
    for (name, value) in ALLOCATOR.iter().filter(|(name, _)| std::env::var_os(name).is_none()) {
        command.env(name, value);
    }
    command.stdin(OwnedFd::from(theirs)).stdout(lock.hand_over().ok()?);
    let child = command.spawn().ok()?;
    // What it keeps of the socket would hide that the child has ended.
    drop(command);
    Some((child, wire))
}

/// Waits for the child's end where nobody waits for it, so that the system forgets it then.
fn reap(mut child: Child) {
    let _ = std::thread::Builder::new().name("host-reap".into()).spawn(move || child.wait());
}

/// Opens the store and serves it until it is not needed. `lock` is the lock's file and `parent` the
/// socket that [`start`] gives its process; `let_go` lets them go where they came from.
///
/// # Errors
/// Kind `Usage` where this process was not started by [`start`].
pub fn serve(setup: &Setup, parent: UnixStream, lock: File, let_go: impl FnOnce()) -> Result<()> {
    let lock = Lock::handed(lock, &setup.place).ok_or_else(by_hand)?;
    let wire = Wire::new(parent).map_err(|_| by_hand())?;
    // Fails where it leads a session already.
    let _ = rustix::process::setsid();
    let owner = match Owner::open(setup, lock) {
        Ok(owner) if owner.is_served() => owner,
        Ok(owner) => {
            drop(owner);
            return wire.send(&Begun::Unserved).map_err(|_| by_hand());
        }
        Err(error) => {
            let _ = wire.send(&Begun::Failed(error.clone()));
            return Err(error);
        }
    };
    // Where whoever started it is gone already, it serves others, or ends at once.
    let _ = wire.send(&Begun::Serving);
    drop(wire);
    let_go();
    owner.serve_until_unused(LINGER);
    Ok(())
}

fn by_hand() -> Error {
    Error::new(Kind::Usage, "`store serve` is what the app starts by itself, where it needs the store")
        .hint("`spendtop` opens the app")
}
