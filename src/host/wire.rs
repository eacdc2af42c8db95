//! One connection: messages over a Unix socket, with limits on how long one may be and how long a
//! write may take.
//!
//! Several threads may write: a message is never mixed with another, and one that could not be
//! written whole ends the connection. Knows no message; who is at the other end is told by the
//! system, not by what it says.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, Kind};

/// How long the other end may leave a full socket unread.
pub const WRITE_MAX: Duration = Duration::from_secs(10);

/// Bytes of any message at most.
pub const MESSAGE_MAX: usize = 1 << 30;

/// A connection. Several threads may hold clones of its [`Sender`].
pub struct Wire {
    sender: Sender,
    input: BufReader<Input>,
}

struct Input(Arc<Line>);

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.0.stream).read(buffer)
    }
}

struct Line {
    stream: UnixStream,
    /// Held while a message is written.
    writing: Mutex<()>,
}

/// The end that writes.
#[derive(Clone)]
pub struct Sender(Arc<Line>);

impl Wire {
    /// Over a connected socket.
    ///
    /// # Errors
    /// Where the system refuses limits on it.
    pub fn new(stream: UnixStream) -> io::Result<Wire> {
        stream.set_write_timeout(Some(WRITE_MAX))?;
        let line = Arc::new(Line { stream, writing: Mutex::default() });
        let input = BufReader::with_capacity(64 << 10, Input(Arc::clone(&line)));
        Ok(Wire { sender: Sender(line), input })
    }

    /// The end that writes.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// How long a read may wait; for ever where `None`.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn wait_at_most(&self, limit: Option<Duration>) -> io::Result<()> {
        self.sender.0.stream.set_read_timeout(limit)
    }

    /// Sends a value.
    ///
    /// # Errors
    /// Where the other end is gone, or reads nothing.
    pub fn send(&self, value: &impl Serialize) -> io::Result<()> {
        self.sender.send(value)
    }

    /// The next message of at most `max` bytes; `None` where the other end is done.
    ///
    /// # Errors
    /// As [`frame::read`], or where the other end is gone.
    pub fn next(&mut self, max: usize) -> io::Result<Option<(Kind, Vec<u8>)>> {
        frame::read(&mut self.input, max)
    }

    /// The next value, in at most `max` bytes; `None` where the other end is done.
    ///
    /// # Errors
    /// As [`Self::next`]; `InvalidData` where it is another value.
    pub fn receive<T: DeserializeOwned>(&mut self, max: usize) -> io::Result<Option<T>> {
        match self.next(max)? {
            Some((Kind::Json, bytes)) => value(&bytes).map(Some),
            Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "another kind of message than was due")),
            None => Ok(None),
        }
    }
}

/// A value from a message's bytes.
///
/// # Errors
/// `InvalidData` where it is another value.
pub fn value<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// A value from a packed message's bytes.
///
/// # Errors
/// `InvalidData` where it is another value.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    postcard::from_bytes(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

impl Sender {
    /// Has writes wait for as long as the other end is there, however long it reads nothing.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn wait_for_reader(&self) -> io::Result<()> {
        self.0.stream.set_write_timeout(None)
    }

    /// Sends a value.
    ///
    /// # Errors
    /// As [`Self::send_at_most`].
    pub fn send(&self, value: &impl Serialize) -> io::Result<()> {
        self.send_at_most(value, MESSAGE_MAX)
    }

    /// Sends a value in at most `max` bytes.
    ///
    /// # Errors
    /// `FileTooLarge` where it takes more: nothing was said. Any other where the other end is gone, or
    /// reads nothing.
    pub fn send_at_most(&self, value: &impl Serialize, max: usize) -> io::Result<()> {
        self.message(Kind::Json, max, |writer| Ok(serde_json::to_writer(writer, value)?))
    }

    /// Sends a value that is large, or no JSON.
    ///
    /// # Errors
    /// As [`Self::send_at_most`].
    pub fn send_packed(&self, value: &impl Serialize) -> io::Result<()> {
        let pack = |writer: &mut frame::Writer<_>| postcard::to_io(value, writer).map(|_| ()).map_err(io::Error::other);
        self.message(Kind::Packed, MESSAGE_MAX, pack)
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// As [`Self::send_at_most`].
    pub fn send_bytes(&self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        self.message(kind, MESSAGE_MAX, |writer| writer.write_all(bytes))
    }

    fn message<'a>(
        &'a self,
        kind: Kind,
        max: usize,
        put: impl FnOnce(&mut frame::Writer<&'a UnixStream>) -> io::Result<()>,
    ) -> io::Result<()> {
        let _alone = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer = frame::Writer::new(&self.0.stream, kind, max);
        let (sent, told) = match put(&mut writer) {
            Ok(()) => (writer.finish(), Ok(())),
            Err(_) if writer.is_too_long() => (writer.take_back(), Err(io::ErrorKind::FileTooLarge.into())),
            Err(error) => (Err(error), Ok(())),
        };
        if sent.is_err() {
            // What was cut short would be taken for the beginning of the next one.
            self.hang_up();
        }
        sent.and(told)
    }

    /// Sends a small value at once or not at all, where the other end has left the socket full or
    /// another message is being written: it never waits.
    pub fn send_now(&self, value: &impl Serialize) {
        let Ok(_alone) = self.0.writing.try_lock() else { return };
        let mut bytes = Vec::new();
        let written = serde_json::to_vec(value).map(|json| frame::write(&mut bytes, Kind::Json, &json));
        if written.is_ok() {
            let flags = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
            let sent = rustix::net::send(&self.0.stream, &bytes, flags);
            if sent.is_ok_and(|sent| sent < bytes.len()) {
                self.hang_up();
            }
        }
    }

    /// Ends the connection for all who hold it.
    pub fn hang_up(&self) {
        let _ = self.0.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// Who a socket's other end is.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Whether it is of this user.
    pub ours: bool,
    /// Its process, where the system tells.
    pub process: Option<u32>,
}

/// Who the other end is. Where the system does not tell, the folder's permissions are the guard.
#[must_use]
pub fn peer(stream: &UnixStream) -> Peer {
    #[cfg(target_os = "linux")]
    if let Ok(who) = rustix::net::sockopt::socket_peercred(stream) {
        let process = u32::try_from(who.pid.as_raw_nonzero().get()).ok();
        return Peer { ours: who.uid == rustix::process::geteuid(), process };
    }
    let _ = stream;
    Peer { ours: !cfg!(target_os = "linux"), process: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Wire, Wire) {
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        (Wire::new(ours).expect("wire"), Wire::new(theirs).expect("wire"))
    }

    #[test]
    fn what_is_too_long_is_not_said_and_the_connection_goes_on() {
        let (ours, mut theirs) = pair();
        for length in [100, 3 * frame::PIECE_MAX] {
            let text = "x".repeat(length);
            std::thread::scope(|scope| {
                let heard = scope.spawn(|| theirs.receive::<u32>(100).expect("heard"));
                let error = ours.sender().send_at_most(&text, length).expect_err("too long with its quotes");
                assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
                ours.send(&7).expect("sent");
                assert_eq!(heard.join().expect("no panic"), Some(7));
            });
        }
    }

    #[test]
    fn what_is_sent_at_once_never_gets_into_another_message() {
        let (ours, mut theirs) = pair();
        let text = "x".repeat(1 << 20);
        let (long, small) = (ours.sender(), ours.sender());
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| long.send(&text));
            // The message fills the socket: its first bytes are there, and the rest waits.
            let begun = rustix::net::recv(&theirs.sender.0.stream, &mut [0; 1][..], rustix::net::RecvFlags::PEEK);
            assert!(begun.is_ok());
            small.send_now(&"a word");
            assert_eq!(theirs.receive::<String>(2 << 20).expect("whole").as_ref(), Some(&text));
            sending.join().expect("no panic").expect("sent");
        });
        small.send_now(&"a word");
        assert_eq!(theirs.receive::<String>(100).expect("heard").as_deref(), Some("a word"));
    }
}
