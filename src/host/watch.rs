//! Changes of a store that nobody who is attached is told of: seen by its files, without opening it. So are
//! those of its sync.
//!
//! Waits for the system's word and never looks by itself. Knows nothing of what changed.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Somebody who waits for changes, until this is dropped.
pub struct Watch {
    /// Wakes the thread when it is dropped.
    _stop: UnixStream,
}

/// Calls `changed` from a thread of its own after each change of the files of a folder that tell something,
/// by their names.
///
/// # Errors
/// Where the system does not tell of files; here only Linux does.
#[cfg(target_os = "linux")]
pub fn watch(
    place: &Path,
    telling: impl Fn(&[u8]) -> bool + Send + 'static,
    changed: impl Fn() + Send + 'static,
) -> io::Result<Watch> {
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

    let files = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    inotify::add_watch(&files, place, WatchFlags::MOVED_TO | WatchFlags::MODIFY | WatchFlags::ONLYDIR)?;
    let (stop, stopped) = UnixStream::pair()?;
    let wait = move || {
        while let Some(tells) = next(&files, &stopped, &telling) {
            if tells {
                changed();
            }
        }
    };
    std::thread::Builder::new().name("host-watch".into()).spawn(wait)?;
    Ok(Watch { _stop: stop })
}

/// Waits for changes; whether one of them is of what tells something. `None` at the end, of the watch
/// or of the folder.
#[cfg(target_os = "linux")]
fn next(files: &std::os::fd::OwnedFd, stopped: &UnixStream, telling: &impl Fn(&[u8]) -> bool) -> Option<bool> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::fs::inotify::{ReadFlags, Reader};
    use rustix::io::Errno;

    let mut both = [PollFd::new(files, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
    if poll(&mut both, None).is_err_and(|error| error != Errno::INTR) || !both[1].revents().is_empty() {
        return None;
    }
    let mut room = [std::mem::MaybeUninit::uninit(); 4096];
    let (mut told, mut tells) = (Reader::new(files, &mut room), false);
    loop {
        match told.next() {
            Ok(event) if event.events().contains(ReadFlags::IGNORED) => return None,
            // One without a name says that there were too many to tell.
            Ok(event) => {
                tells |= event.file_name().is_none_or(|name| telling(name.to_bytes()));
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Some(tells),
            Err(_) => return None,
        }
    }
}

/// Nothing is told here.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn watch(
    _place: &Path,
    _telling: impl Fn(&[u8]) -> bool + Send + 'static,
    _changed: impl Fn() + Send + 'static,
) -> io::Result<Watch> {
    Err(io::ErrorKind::Unsupported.into())
}
