//! Tells the desktop: over D-Bus where there is a session bus, else by what the system has.
//!
//! A bus may hang for as long as it likes: who calls waits [`LIMIT`] at most, on whichever thread that is, and
//! nothing that goes wrong here is more than a reason. Knows nothing of what is told.

use std::time::Duration;

use super::{Notice, Undelivered};

/// How long the desktop may take.
pub const LIMIT: Duration = Duration::from_secs(2);

/// Where this program runs, as far as it decides whether a desktop is at hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Surroundings {
    /// Whether there is a session bus, or a system that needs none.
    pub bus: bool,
    /// Whether this is a session over SSH, whose desktop would be the other machine's.
    pub ssh: bool,
}

impl Surroundings {
    /// Looks at this process's environment.
    #[must_use]
    pub fn read() -> Surroundings {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let socket = || set("XDG_RUNTIME_DIR").is_some_and(|folder| std::path::Path::new(&folder).join("bus").exists());
        let needs_none = cfg!(any(target_os = "macos", target_os = "windows"));
        Surroundings {
            bus: needs_none || set("DBUS_SESSION_BUS_ADDRESS").is_some() || socket(),
            ssh: set("SSH_CONNECTION").is_some() || set("SSH_TTY").is_some(),
        }
    }

    /// Why no desktop can be told; `None` where one can be tried.
    #[must_use]
    pub fn why_not(self) -> Option<&'static str> {
        match self {
            _ if !cfg!(feature = "desktop") => Some("this spendtop was built without the feature `desktop`"),
            Surroundings { ssh: true, .. } => Some("this is a session over SSH"),
            Surroundings { bus: false, .. } => Some("there is no session bus"),
            Surroundings { bus: true, ssh: false } => None,
        }
    }
}

/// Shows a notice on the desktop; waits [`LIMIT`] at most.
///
/// # Errors
/// Why it was not shown.
pub fn show(notice: &Notice) -> Result<(), Undelivered> {
    match Surroundings::read().why_not() {
        Some(why) => Err(Undelivered(why.to_owned())),
        None => delivery::within_limit(notice.clone()),
    }
}

#[cfg(not(feature = "desktop"))]
mod delivery {
    use super::{Notice, Undelivered};

    /// Nothing was built that could.
    pub(super) fn within_limit(_: Notice) -> Result<(), Undelivered> {
        Err(Undelivered("nothing was built that could tell it".to_owned()))
    }
}

#[cfg(feature = "desktop")]
mod delivery {
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use super::{LIMIT, Notice, Undelivered};
    use crate::domain::text::SafeText;
    use crate::error::contained;

    const LATE: &str = "the desktop did not answer within two seconds";

    pub(super) fn within_limit(notice: Notice) -> Result<(), Undelivered> {
        within(LIMIT, move || deliver(&notice))
    }

    /// Does it on a thread of its own, which is left behind where it takes longer, or fails by a bug.
    fn within(limit: Duration, work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), Undelivered> {
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            let done = contained(work).unwrap_or_else(|_| Err("telling the desktop failed by a bug".to_owned()));
            // Nobody may wait any more.
            let _ = sender.send(done);
        };
        let started = std::thread::Builder::new().name("desktop".into()).spawn(work);
        let done = match started {
            Ok(_) => receiver.recv_timeout(limit).unwrap_or_else(|_| Err(LATE.to_owned())),
            Err(error) => Err(format!("no thread to tell the desktop on: {error}")),
        };
        done.map_err(|why| Undelivered(SafeText::from_outside(&why).into_string()))
    }

    #[cfg(not(target_os = "macos"))]
    fn deliver(notice: &Notice) -> Result<(), String> {
        use notify_rust::Urgency as Theirs;
        let is_critical = notice.severity == crate::domain::alert::Severity::Critical;
        let urgency = if is_critical { Theirs::Critical } else { Theirs::Normal };
        let mut message = notify_rust::Notification::new();
        message.appname("spendtop").summary(&notice.title).body(&markup(&notice.body)).urgency(urgency);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| format!("no way to speak with the session bus: {e}"))?;
        // The handle goes within the runtime: its connection ends there.
        let shown = runtime
            .block_on(async { tokio::time::timeout(LIMIT, async { message.show_async().await.map(|_| ()) }).await });
        // What resolves an address may still hang: this thread waits for none of it.
        runtime.shutdown_background();
        shown.map_err(|_| LATE.to_owned())?.map_err(|e| e.to_string())
    }

    #[cfg(target_os = "macos")]
    fn deliver(notice: &Notice) -> Result<(), String> {
        let mut message = notify_rust::Notification::new();
        message.appname("spendtop").summary(&notice.title).body(&notice.body);
        message.show().map(|_| ()).map_err(|e| e.to_string())
    }

    /// Text as the body's markup has it (Desktop Notifications Specification, 1.2, "Markup").
    #[cfg(not(target_os = "macos"))]
    fn markup(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn who_takes_longer_or_panics_is_left_behind() {
            let (hold, held) = sync_channel::<()>(0);
            let stuck = move || {
                let _ = held.recv();
                Ok(())
            };
            assert_eq!(within(Duration::from_millis(5), stuck), Err(Undelivered(LATE.to_owned())));
            drop(hold);
            let told = |done: Result<(), String>| within(LIMIT, move || done);
            assert_eq!(told(Ok(())), Ok(()));
            assert_eq!(told(Err("no\x1b daemon".into())), Err(Undelivered("no\\x1b daemon".into())));
            let panicked = within(LIMIT, || std::panic::resume_unwind(Box::new("a bug")));
            assert_eq!(panicked, Err(Undelivered("telling the desktop failed by a bug".into())));
        }

        #[cfg(not(target_os = "macos"))]
        #[test]
        fn text_is_no_markup() {
            let text = "a <b>&amp; <a href=\"x\">";
            assert_eq!(markup(text), "a &lt;b&gt;&amp;amp; &lt;a href=\"x\"&gt;");
        }
    }
}

#[cfg(all(test, feature = "desktop"))]
mod tests {
    use super::*;

    #[test]
    fn a_desktop_is_told_only_where_one_is_at_hand() {
        for (bus, ssh, why) in [
            (true, false, None),
            (false, false, Some("there is no session bus")),
            (true, true, Some("this is a session over SSH")),
            (false, true, Some("this is a session over SSH")),
        ] {
            assert_eq!(Surroundings { bus, ssh }.why_not(), why);
        }
    }
}
