//! One connection: messages over a Unix socket, with limits on how long a write may take.
//!
//! Knows no message; who is at the other end is told by the system, not by what it says.

use std::io::{self, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, Kind};

/// How long the other end may leave a full socket unread.
pub const WRITE_MAX: Duration = Duration::from_secs(10);

/// A connection. Several threads may hold clones of its [`Sender`].
pub struct Wire {
    sender: Sender,
    input: BufReader<Input>,
}

struct Input(Arc<UnixStream>);

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

/// The end that writes. Whoever writes must be alone: messages are not mixed.
#[derive(Clone)]
pub struct Sender(Arc<UnixStream>);

impl Wire {
    /// Over a connected socket.
    ///
    /// # Errors
    /// Where the system refuses limits on it.
    pub fn new(stream: UnixStream) -> io::Result<Wire> {
        stream.set_write_timeout(Some(WRITE_MAX))?;
        let stream = Arc::new(stream);
        let input = BufReader::with_capacity(64 << 10, Input(Arc::clone(&stream)));
        Ok(Wire { sender: Sender(stream), input })
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
        self.sender.0.set_read_timeout(limit)
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
    /// Sends a value.
    ///
    /// # Errors
    /// Where the other end is gone, or reads nothing.
    pub fn send(&self, value: &impl Serialize) -> io::Result<()> {
        let mut writer = frame::Writer::new(&*self.0, Kind::Json);
        serde_json::to_writer(&mut writer, value)?;
        writer.finish()
    }

    /// Sends a value that is large, or no JSON.
    ///
    /// # Errors
    /// Where the other end is gone, or reads nothing.
    pub fn send_packed(&self, value: &impl Serialize) -> io::Result<()> {
        let writer = frame::Writer::new(&*self.0, Kind::Packed);
        postcard::to_io(value, writer).map_err(io::Error::other)?.finish()
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// Where the other end is gone, or reads nothing.
    pub fn send_bytes(&self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        frame::write(&*self.0, kind, bytes)
    }

    /// Sends a small value at once or not at all, where the other end has left the socket full: it
    /// never waits.
    pub fn send_now(&self, value: &impl Serialize) {
        let mut bytes = Vec::new();
        let written = serde_json::to_vec(value).map(|json| frame::write(&mut bytes, Kind::Json, &json));
        if written.is_ok() {
            let flags = rustix::net::SendFlags::DONTWAIT | rustix::net::SendFlags::NOSIGNAL;
            let _ = rustix::net::send(&*self.0, &bytes, flags);
        }
    }

    /// Ends the connection for all who hold it.
    pub fn hang_up(&self) {
        let _ = self.0.shutdown(std::net::Shutdown::Both);
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
