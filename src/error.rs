//! What can go wrong, said so that the reader knows what to do.
//!
//! An [`Error`] has a kind, which decides the exit code, a message that says what and where, and
//! hints that say what to do. Knows no terminal; `main` prints it.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

/// What sort of trouble it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// The command line, the config, the input or the output is at fault.
    Usage,
    /// A provider or its credentials are.
    Provider,
    /// The store or the disk is.
    Store,
    /// spendtop is.
    Bug,
    /// The user stopped it (Ctrl-C).
    Interrupted,
}

impl Kind {
    /// The process's exit code. 0 is success and 1 means findings: rows refused, a budget exceeded.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Usage => 2,
            Kind::Provider => 3,
            Kind::Store => 4,
            Kind::Bug => 70,
            Kind::Interrupted => 130,
        }
    }
}

/// Why it went wrong, as far as the program itself goes on from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Cause {
    /// The machine refuses: rights, space, quota, open files, a lock. What is on disk may be sound.
    Machine,
    /// The reader of the output has gone, which is nobody's failure.
    ReaderGone,
    /// A spendtop of another schema wrote it.
    OtherSchema,
    /// Other charges of the same periods are stored: somebody must say whether these are added or
    /// take their place.
    Undecided,
    /// Only some of what is stored is here: nothing but taking its place can go on.
    InTheWay,
    /// Rows were refused of what is stored completely: somebody must say whether the others do.
    Incomplete,
    /// Much of what is stored would be gone: somebody must say whether that is right.
    HeldBack,
}

impl Cause {
    /// The cause behind an input or output failure; `None` where it may be the data's own.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Cause> {
        use io::ErrorKind as K;
        // Without a kind of its own in the standard library: too many open files, here or on the
        // whole machine.
        let files = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].map(rustix::io::Errno::raw_os_error);
        match error.kind() {
            K::BrokenPipe => Some(Cause::ReaderGone),
            K::PermissionDenied
            | K::StorageFull
            | K::QuotaExceeded
            | K::FileTooLarge
            | K::ReadOnlyFilesystem
            | K::OutOfMemory
            | K::WouldBlock => Some(Cause::Machine),
            _ if error.raw_os_error().is_some_and(|code| files.contains(&code)) => Some(Cause::Machine),
            _ => None,
        }
    }
}

/// An error for a person: what, where, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Error {
    /// What sort of trouble it is.
    pub kind: Kind,
    /// What is wrong and where, in lower case, without a full stop.
    pub message: String,
    /// What to do about it, most useful first.
    pub hints: Vec<String>,
    /// Why, where somebody decides by it: never by the message's words.
    pub cause: Option<Cause>,
}

/// A result with spendtop's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), hints: Vec::new(), cause: None }
    }

    /// The caller or the input is at fault.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The store or the disk is at fault.
    #[must_use]
    pub fn store(message: impl Into<String>) -> Self {
        Self::new(Kind::Store, message)
    }

    /// spendtop is at fault.
    #[must_use]
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Notes why it went wrong.
    #[must_use]
    pub fn because(mut self, cause: Option<Cause>) -> Self {
        self.cause = cause;
        self
    }

    /// An input or output failure at a path.
    #[must_use]
    pub fn io(kind: Kind, doing: &str, path: &std::path::Path, cause: &io::Error) -> Self {
        let path = crate::domain::text::SafeText::path(path);
        let error = Self::new(kind, format!("cannot {doing} `{path}`: {cause}")).because(Cause::of(cause));
        match cause.kind() {
            io::ErrorKind::StorageFull => error.hint("the disk is full: free some space, then run the command again"),
            io::ErrorKind::QuotaExceeded => {
                error.hint("your quota on this disk is used up: free some space, then run the command again")
            }
            io::ErrorKind::PermissionDenied => error.hint("check who owns the path and its permissions"),
            _ => error,
        }
    }

    /// Adds what may have been meant, where something was.
    fn suggesting(self, suggestion: Option<&str>) -> Self {
        match suggestion {
            Some(text) => self.hint(crate::domain::text::SafeText::from_outside(text).into_string()),
            None => self,
        }
    }

    /// Adds a "did you mean" where a known word is near.
    #[must_use]
    pub fn did_you_mean(self, word: &str, known: &[&str]) -> Self {
        match crate::domain::filter::nearest(word, known) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// What becomes of a panic on this thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// It ends what the program does.
    None,
    /// Somebody goes on from it, but it is a bug all the same.
    Contained,
    /// Damaged input may lead to it: it is turned into an error.
    Expected,
}

thread_local! {
    static GUARD: std::cell::Cell<Guard> = const { std::cell::Cell::new(Guard::None) };
}

fn guarding<T>(guard: Guard, action: impl FnOnce() -> T) -> std::thread::Result<T> {
    let before = GUARD.replace(guard);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(action));
    GUARD.set(before);
    result
}

/// Runs what may panic on damaged input; a panic is given back to the caller, and panic hooks
/// stay silent about it (see [`guard`]).
///
/// # Errors
/// The panic's payload.
pub fn guarded<T>(action: impl FnOnce() -> T) -> std::thread::Result<T> {
    guarding(Guard::Expected, action)
}

/// Runs what must not take the program down with it; a panic is given back to the caller, and
/// panic hooks only note it.
///
/// # Errors
/// The panic's payload.
pub fn contained<T>(action: impl FnOnce() -> T) -> std::thread::Result<T> {
    guarding(Guard::Contained, action)
}

/// What becomes of a panic on this thread, for panic hooks.
#[must_use]
pub fn guard() -> Guard {
    GUARD.get()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Error {}

impl From<crate::domain::filter::FilterError> for Error {
    fn from(error: crate::domain::filter::FilterError) -> Self {
        Error::usage(format!("in the filter: {error}")).suggesting(error.suggestion.as_deref())
    }
}

impl From<crate::domain::lens::LensError> for Error {
    fn from(error: crate::domain::lens::LensError) -> Self {
        Error::usage(format!("in the lens: {error}")).suggesting(error.suggestion.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_refuses_is_told_from_data_that_is_damaged() {
        use rustix::io::Errno as E;
        let cause = |errno: E| Cause::of(&io::Error::from_raw_os_error(errno.raw_os_error()));
        for errno in [E::ACCESS, E::NOSPC, E::DQUOT, E::MFILE, E::NFILE, E::ROFS, E::AGAIN, E::NOMEM] {
            assert_eq!(cause(errno), Some(Cause::Machine), "{errno}");
        }
        assert_eq!(cause(E::PIPE), Some(Cause::ReaderGone));
        assert_eq!(cause(E::IO), None);
        assert_eq!(Cause::of(&io::ErrorKind::UnexpectedEof.into()), None);
    }
}
