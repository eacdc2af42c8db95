//! The terminal: taken, drawn on, given back whatever happens.
//!
//! [`restore`] is free of any object, may be called twice, and ignores errors: the guard, the
//! panic hook and every way out call it. Knows nothing of what is drawn.

use std::cell::RefCell;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Frame;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::event::{PollFd, PollFlags};
use rustix::process::Signal;
use tokio::sync::Notify;

use super::frugal::Frugal;
use crate::error::Guard;

/// Whether the terminal is ours, so that it is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether some thread panicked while it was: what is drawn from can no longer be trusted.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Whether the terminal sends what the mouse does; it stays so over a suspension.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Clicks and the wheel, in the form that knows every column. Not crossterm's command: that asks for
/// every movement as well, and each would wake the program.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// How long the loop may take to end by itself once the terminal is gone.
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// Standard output without the library's own buffer: that keeps what a terminal that is gone did not
/// take, and whoever flushes it at the end fails once more.
struct Direct;

impl Write for Direct {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives the terminal back as it was found.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = Direct;
        if MOUSE.load(Ordering::SeqCst) {
            let _ = out.write_all(MOUSE_OFF.as_bytes());
        }
        let _ = execute!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    let mouse = if MOUSE.load(Ordering::SeqCst) { MOUSE_ON } else { "" };
    let taken =
        enable_raw_mode().and_then(|()| execute!(Direct, EnterAlternateScreen, EnableBracketedPaste, Print(mouse)));
    if taken.is_err() {
        restore();
    }
    taken
}

/// Whether a panic has given the terminal back.
#[must_use]
pub fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// A panic in any thread that nobody goes on from gives the terminal back, and wakes the
/// loop, which must end: the state it draws from can no longer be trusted.
fn hook_panics(wake: Arc<Notify>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let ends = crate::error::guard() == Guard::None && TAKEN.load(Ordering::SeqCst);
        // The loop tells where the report lies: it is written before the loop ends.
        before(info);
        if ends {
            PANICKED.store(true, Ordering::SeqCst);
            restore();
            wake.notify_one();
        }
    }));
}

/// The terminal while it is ours.
pub struct Terminal {
    /// Never dropped: ratatui's drop prints to standard error where the cursor cannot be shown,
    /// which panics when that is the terminal that has hung up. [`restore`] shows the cursor.
    inner: ManuallyDrop<ratatui::Terminal<Frugal<Held>>>,
    held: Held,
}

/// What is written is held until it is sent: one frame is one write, whatever its size. ratatui flushes
/// in the middle of a frame where it moves the cursor. Shared, since its backend gives none back.
#[derive(Clone, Default)]
struct Held(Rc<RefCell<Vec<u8>>>);

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Held {
    fn send(&self) -> io::Result<()> {
        let mut bytes = self.0.borrow_mut();
        let sent = Direct.write_all(&bytes);
        bytes.clear();
        sent
    }

    /// Sends it as one synchronized update; nothing where nothing has changed.
    fn send_at_once(&self) -> io::Result<()> {
        let mut bytes = self.0.borrow_mut();
        if bytes.is_empty() {
            return Ok(());
        }
        let mut update = Vec::with_capacity(bytes.len() + 16);
        queue!(update, BeginSynchronizedUpdate)?;
        update.append(&mut bytes);
        queue!(update, EndSynchronizedUpdate)?;
        Direct.write_all(&update)
    }
}

impl Terminal {
    /// Takes the terminal; `wake` is notified when a panic has given it back.
    ///
    /// # Errors
    /// Where it cannot be written to or put into raw mode.
    pub fn enter(wake: Arc<Notify>) -> io::Result<Terminal> {
        hook_panics(wake);
        take()?;
        let held = Held::default();
        match ratatui::Terminal::new(Frugal::new(held.clone())) {
            Ok(inner) => Ok(Terminal { inner: ManuallyDrop::new(inner), held }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Draws what changed, inside one synchronized update, and then what are links once more as such.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn draw(
        &mut self,
        render: impl FnOnce(&mut Frame<'_>),
        links: impl FnOnce(Rect) -> Vec<(Rect, String)>,
    ) -> io::Result<()> {
        let drawn = self.inner.draw(render)?;
        let links = links(drawn.area);
        if !links.is_empty() {
            let drawn = drawn.buffer.clone();
            link(self.inner.backend_mut().plain(), &drawn, &links)?;
        }
        self.held.send_at_once()
    }

    /// Forgets what is shown, so that the next draw draws everything.
    ///
    /// Not ratatui's `clear`: that asks the terminal where the cursor is, which waits for an
    /// answer that some never give and that the stream of input would take.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn forget(&mut self) -> io::Result<()> {
        let size = self.inner.size()?;
        self.inner.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Writes a sequence that shows nothing.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.inner.backend_mut().plain().write_all(sequence.as_bytes())?;
        self.held.send()
    }

    /// Gives text to the terminal's clipboard (OSC 52).
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        queue!(self.inner.backend_mut().plain(), CopyToClipboard::to_clipboard_from(text))?;
        self.held.send()
    }

    /// Lets the terminal send what the mouse does, or no longer.
    ///
    /// # Errors
    /// Where it cannot be written to.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        MOUSE.store(on, Ordering::SeqCst);
        self.send(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Gives the terminal back, stops the program as Ctrl-Z does, and takes the terminal again
    /// once the shell lets it run. `false` where no shell could: the program leads its session
    /// or shares its leader's group, and would stand still for ever. `let_go` is called before it stops.
    ///
    /// The whole group is stopped, as the terminal itself would, so that a wrapper's shell sees
    /// it. It takes SIGSTOP: SIGTSTP is handled by the loop, and a handler cannot be taken out.
    ///
    /// # Errors
    /// Where the terminal cannot be taken again.
    pub fn suspend(&mut self, let_go: impl FnOnce()) -> io::Result<bool> {
        let group = rustix::process::getpgrp();
        if rustix::process::getsid(None).is_ok_and(|leader| leader == group) {
            return Ok(false);
        }
        restore();
        let_go();
        let _ = rustix::process::kill_current_process_group(Signal::STOP);
        take()?;
        self.forget()?;
        Ok(true)
    }
}

/// Draws areas of what is on the screen again, as links (OSC 8) to their addresses. ratatui knows no links:
/// in a cell's text the sequence would count as columns.
///
/// # Errors
/// Where it cannot be written to.
pub fn link<W: Write>(backend: &mut CrosstermBackend<W>, drawn: &Buffer, links: &[(Rect, String)]) -> io::Result<()> {
    for (area, address) in links {
        // An id by which the terminal knows the pieces of one address as one link.
        queue!(backend, Print(format!("\x1b]8;id=console;{address}\x1b\\")))?;
        let cells = area.intersection(drawn.area).positions().filter_map(|at| Some((at.x, at.y, drawn.cell(at)?)));
        backend.draw(cells)?;
        queue!(backend, Print("\x1b]8;;\x1b\\"))?;
    }
    Ok(())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether nobody is at the other end any more.
#[must_use]
pub fn hung_up() -> bool {
    let stdin = io::stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
    let polled = rustix::event::poll(&mut terminal, Some(&rustix::event::Timespec::default()));
    polled.is_ok() && terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Waits, in a thread that otherwise never wakes, for the terminal to hang up: some programs that start
/// us ignore SIGHUP. Where the program does not end by itself then, `end` has to end it with this code.
///
/// # Errors
/// Where the system gives no thread.
pub fn watch_hang_up(wake: Arc<Notify>, end: fn(u8) -> !) -> io::Result<()> {
    std::thread::Builder::new().name("tui-watchdog".into()).spawn(move || {
        let stdin = io::stdin();
        loop {
            let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
            match rustix::event::poll(&mut terminal, None) {
                Ok(_) if terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) => break,
                // A platform that cannot poll terminals has to do without.
                Ok(_) if terminal[0].revents().contains(PollFlags::NVAL) => return,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
        wake.notify_one();
        std::thread::sleep(GRACE);
        end(super::HUNG_UP);
    })?;
    Ok(())
}
