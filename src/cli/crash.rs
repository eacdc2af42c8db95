//! What a panic leaves behind: a report that only its user can read, and where that is.
//!
//! A report says which build, thread and place, and the message without what it quotes, which may
//! be of a bill. Knows nothing of what the program was doing.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::config::project;
use crate::clock;
use crate::domain::calendar::format_timestamp;
use crate::domain::text::SafeText;
use crate::error::{Guard, guard};

/// The newest report of this process.
static REPORT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Reports of one second that a process writes at most.
const REPORTS_MAX: u32 = 16;

/// Has panics leave a report instead of a message. Those that are expected leave nothing.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        if guard() == Guard::Expected {
            return;
        }
        let backtrace = std::backtrace::Backtrace::force_capture().to_string();
        let written =
            folder().map_or(Err(io::ErrorKind::NotFound.into()), |folder| write(&folder, &describe(info, &backtrace)));
        if let Ok(path) = written {
            *REPORT.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
        }
    }));
}

/// Where the newest report lies, told once.
#[must_use]
pub fn untold_report() -> Option<String> {
    let path = REPORT.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    Some(format!("what is known of it is in `{}`, for a report: no charges are in there", SafeText::path(&path)))
}

/// The folder for reports: the platform's for state. Never one that others may write to.
fn folder() -> Option<PathBuf> {
    let project = project()?;
    Some(project.state_dir().unwrap_or(project.data_local_dir()).to_owned())
}

fn describe(info: &PanicHookInfo<'_>, backtrace: &str) -> String {
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let place = info.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    text(thread.name().unwrap_or("unnamed"), &place, message.unwrap_or("none"), backtrace)
}

fn text(thread: &str, place: &str, message: &str, backtrace: &str) -> String {
    format!(
        "spendtop {} failed at {}\nthread: {thread}\nplace: {place}\nmessage: {}\n\n{backtrace}\n",
        env!("CARGO_PKG_VERSION"),
        format_timestamp(clock::now_seconds()),
        SafeText::from_outside(&without_quotes(message)),
    )
}

/// A message up to its first quote: slices and failed conversions quote their text, which may hold
/// quotes itself, or lack its last one, so that nothing behind is safe to show.
fn without_quotes(message: &str) -> String {
    match message.find(['`', '"']) {
        Some(first) => format!("{}...", &message[..=first]),
        None => message.to_owned(),
    }
}

/// Writes a report, readable by its owner alone, under a name that nothing has yet.
fn write(folder: &Path, report: &str) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (now, process) = (clock::now_seconds(), std::process::id());
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for n in 0..REPORTS_MAX {
        let path = folder.join(format!("panic-{now}-{process}-{n}.txt"));
        match File::options().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => return file.write_all(report.as_bytes()).map(|()| path),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_text_that_holds_quotes_itself_is_left_out_whole() {
        for (message, kept) in [
            ("index 3 is out of range", "index 3 is out of range"),
            ("no number: Err(\"1x\") at 3", "no number: Err(\"..."),
            (r#"said "say \"prod-db-7\" now" at 3"#, r#"said "..."#),
            ("inside of `a ` prod-db-7` at 3", "inside of `..."),
            ("cut short: \"a\" \"prod-db-7", "cut short: \"..."),
        ] {
            assert_eq!(without_quotes(message), kept);
        }
    }

    #[test]
    fn a_report_is_its_owners_and_says_nothing_of_a_bill() {
        let home = tempfile::tempdir().expect("folder");
        let folder = home.path().join("state");
        let message = "byte index 3 is not a boundary; it is inside 'x' of `i-0abc prod\x1b[2J` and \"acme \u{202e}";
        let report = text("tui-worker", "src/a.rs:1:2", message, "0: main");
        let (first, second) = (write(&folder, &report).expect("written"), write(&folder, &report).expect("written"));
        assert_ne!(first, second);
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&first)), (0o700, 0o600));
        let said = std::fs::read_to_string(&first).expect("read");
        for part in ["spendtop 0.", "thread: tui-worker", "place: src/a.rs:1:2", "byte index 3", "0: main"] {
            assert!(said.contains(part), "{said}");
        }
        for part in ["i-0abc", "acme", "\x1b", "\u{202e}"] {
            assert!(!said.contains(part), "{said}");
        }
    }
}
