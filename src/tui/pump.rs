//! Everything that comes but signals, one event at a time: input, answers, the terminal's end.
//!
//! Knows where events come from, not what they do. The stream of input must only be polled from the
//! loop: it wakes whoever polled it first.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream, KeyEvent};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::HANG_UP;
use super::background::{Listener, Told};
use super::event::Event;
use super::terminal::hung_up;
use super::theme::Tone;

/// How long a lone Esc may turn out to be the beginning of an answer.
const ESC: Duration = Duration::from_millis(50);
/// How long after the question a program that ends waits for the answer, which the shell would
/// take for typed.
const SETTLE: Duration = Duration::from_millis(500);

/// The next input; `None` once the terminal is gone. Looked at before each poll: crossterm reads within
/// it, and from a terminal that is gone for ever.
async fn next_input(input: &mut EventStream) -> Option<io::Result<Input>> {
    poll_fn(|context| if hung_up() { Poll::Ready(None) } else { input.poll_next_unpin(context) }).await
}

/// Where events come from.
pub(super) struct Pump {
    input: EventStream,
    receiver: Receiver<Event>,
    gone: Arc<Notify>,
    listener: Listener,
    asked: Instant,
    /// Until when a lone Esc is held.
    esc: Option<Instant>,
    keys: VecDeque<KeyEvent>,
    /// What the terminal said its background is.
    pub(super) background: Option<Tone>,
}

fn now() -> Instant {
    Instant::from_std(crate::clock::instant())
}

impl Pump {
    /// Takes events; `asked` where the terminal was asked for its background just now.
    pub(super) fn new(receiver: Receiver<Event>, gone: Arc<Notify>, asked: bool) -> Pump {
        let (input, listener) = (EventStream::new(), Listener::new(asked));
        Pump { input, receiver, gone, listener, asked: now(), esc: None, keys: VecDeque::new(), background: None }
    }

    /// The next event. May be dropped while it waits: nothing is lost.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            if let Some(key) = self.keys.pop_front() {
                return Event::Key(key);
            }
            let esc = self.esc;
            tokio::select! {
                () = self.gone.notified() => return Event::Ended(HANG_UP),
                input = next_input(&mut self.input) => match input {
                    Some(Ok(input)) => {
                        if let Some(event) = self.take(input) {
                            return event;
                        }
                    }
                    // No more input will come: the terminal is gone.
                    Some(Err(_)) | None => return Event::Ended(HANG_UP),
                },
                Some(event) = self.receiver.recv() => return event,
                () = sleep_until(esc.unwrap_or_else(now)), if esc.is_some() => {
                    self.esc = None;
                    self.keys.extend(self.listener.release());
                }
            }
        }
    }

    /// What input is, if it is an event already.
    fn take(&mut self, input: Input) -> Option<Event> {
        match input {
            Input::Key(key) => {
                let told = self.listener.take(key);
                self.esc = self.listener.holds_esc().then(|| now() + ESC);
                match told {
                    Told::Keys(keys) => self.keys.extend(keys),
                    Told::Held | Told::Tone(None) => {}
                    Told::Tone(Some(tone)) => {
                        self.background = Some(tone);
                        return Some(Event::Background(tone));
                    }
                }
                None
            }
            Input::Paste(text) => Some(Event::Paste(text)),
            Input::Resize(columns, rows) => Some(Event::Resize(columns, rows)),
            Input::Mouse(mouse) => Some(Event::Mouse(mouse)),
            Input::FocusGained | Input::FocusLost => None,
        }
    }

    /// Waits a moment for an answer that is still to come, so that nobody else reads it.
    pub(super) async fn settle(&mut self) {
        while self.listener.expecting() {
            match timeout_at(self.asked + SETTLE, next_input(&mut self.input)).await {
                Ok(Some(Ok(input))) => {
                    self.take(input);
                }
                Ok(Some(Err(_)) | None) | Err(_) => return,
            }
        }
    }
}
