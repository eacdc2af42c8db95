//! Messages on a byte stream: cut into pieces, each with its kind and length before it.
//!
//! ```text
//! piece = kind (1 byte) · length (4 bytes, little-endian), "more follow" (its bit 31) and
//!         "taken back" (its bit 30) · bytes
//! ```
//!
//! Both ends say how long a message may be: a writer takes back one that turns out longer while it is
//! made, a reader reserves nothing before it has come. Knows nothing of what messages say.

use std::io::{self, Read, Write};

/// Bytes of a piece at most.
pub const PIECE_MAX: usize = 256 << 10;

const MORE: u32 = 1 << 31;

/// What came of the message before this piece is nothing: the next message follows.
const TAKEN_BACK: u32 = 1 << 30;

/// What a message's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A value in JSON.
    Json = 1,
    /// A value in postcard.
    Packed = 2,
    /// Bytes of a file.
    Data = 3,
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        [Kind::Json, Kind::Packed, Kind::Data].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// Writes one message, piece by piece, as it is made.
pub struct Writer<W: Write> {
    out: W,
    kind: Kind,
    piece: Vec<u8>,
    room: usize,
    has_begun: bool,
    is_too_long: bool,
}

impl<W: Write> Writer<W> {
    /// A message of a kind, of at most `max` bytes.
    pub fn new(out: W, kind: Kind, max: usize) -> Self {
        Writer { out, kind, piece: Vec::new(), room: max, has_begun: false, is_too_long: false }
    }

    /// Whether more was written than the message may hold.
    pub fn is_too_long(&self) -> bool {
        self.is_too_long
    }

    /// Ends the message. Without it the other end takes it for cut short.
    ///
    /// # Errors
    /// Where the stream takes no more.
    pub fn finish(mut self) -> io::Result<()> {
        self.put(0)?;
        self.out.flush()
    }

    /// Ends the message as one that was never said.
    ///
    /// # Errors
    /// Where the stream takes no more.
    pub fn take_back(mut self) -> io::Result<()> {
        self.piece.clear();
        if self.has_begun { self.put(TAKEN_BACK) } else { Ok(()) }
    }

    fn put(&mut self, flags: u32) -> io::Result<()> {
        self.has_begun = true;
        let length = self.piece.len() as u32 | flags;
        let mut head = [self.kind as u8, 0, 0, 0, 0];
        head[1..].copy_from_slice(&length.to_le_bytes());
        self.out.write_all(&head)?;
        self.out.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.room {
            self.is_too_long = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.piece.len() == PIECE_MAX {
            self.put(MORE)?;
        }
        let taken = bytes.len().min(PIECE_MAX - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one message whose bytes are there already.
///
/// # Errors
/// Where the stream takes no more.
pub fn write(out: impl Write, kind: Kind, bytes: &[u8]) -> io::Result<()> {
    let mut writer = Writer::new(out, kind, bytes.len());
    writer.write_all(bytes)?;
    writer.finish()
}

/// Reads one message of at most `max` bytes; `None` where the stream has ended before it.
///
/// # Errors
/// `InvalidData` for what is no message or too long, `UnexpectedEof` where it is cut short.
pub fn read(input: &mut impl Read, max: usize) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut message: Option<(Kind, Vec<u8>)> = None;
    loop {
        let mut head = [0u8; 5];
        if message.is_none() {
            match read_first(input, &mut head)? {
                0 => return Ok(None),
                n => input.read_exact(&mut head[n..])?,
            }
        } else {
            input.read_exact(&mut head)?;
        }
        let kind = Kind::of(head[0]).ok_or_else(|| bad("a message of no known kind"))?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        if length == TAKEN_BACK && message.take().is_some_and(|(first, _)| first == kind) {
            continue;
        }
        let (more, length) = (length & MORE != 0, (length & !MORE) as usize);
        let (first, bytes) = message.get_or_insert_with(|| (kind, Vec::new()));
        // Pieces of nothing could follow one another for ever.
        let sane = length <= PIECE_MAX && (length > 0 || !more) && *first == kind;
        if !sane || bytes.len() + length > max {
            return Err(bad("a message that is cut wrongly, or longer than it may be"));
        }
        let before = bytes.len();
        bytes.resize(before + length, 0);
        input.read_exact(&mut bytes[before..])?;
        if !more {
            return Ok(message);
        }
    }
}

fn read_first(input: &mut impl Read, head: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(head) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, Kind::Json, bytes).expect("written");
        out
    }

    #[test]
    fn gives_back_what_was_written_whatever_its_length() {
        for length in [0, 1, PIECE_MAX - 1, PIECE_MAX, PIECE_MAX + 1, 3 * PIECE_MAX + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let mut stream = framed(&bytes);
            stream.extend(framed(b"next"));
            let mut input = stream.as_slice();
            assert_eq!(read(&mut input, length).expect("read"), Some((Kind::Json, bytes)), "{length}");
            assert_eq!(read(&mut input, 4).expect("read"), Some((Kind::Json, b"next".to_vec())));
            assert_eq!(read(&mut input, 4).expect("end"), None);
        }
    }

    #[test]
    fn what_is_cut_short_is_told_from_the_end() {
        let stream = framed(&vec![7; PIECE_MAX + 10]);
        for end in [1, 4, 5, 6, PIECE_MAX, PIECE_MAX + 5, PIECE_MAX + 9, stream.len() - 1] {
            let error = read(&mut &stream[..end], usize::MAX).expect_err("short");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
    }

    #[test]
    fn what_turns_out_too_long_is_taken_back_and_the_next_message_follows() {
        for (max, length) in [(0, 1), (10, 11), (PIECE_MAX, PIECE_MAX + 1), (3 * PIECE_MAX + 5, 3 * PIECE_MAX + 6)] {
            let mut stream = Vec::new();
            let mut writer = Writer::new(&mut stream, Kind::Json, max);
            let bytes = vec![b'1'; length];
            let error = bytes.chunks(7).try_for_each(|some| writer.write_all(some)).expect_err("too long");
            assert!(error.kind() == io::ErrorKind::FileTooLarge && writer.is_too_long());
            writer.take_back().expect("taken back");
            stream.extend(framed(b"next"));
            let next = read(&mut stream.as_slice(), usize::MAX).expect("read");
            assert_eq!(next, Some((Kind::Json, b"next".to_vec())), "{max}");
        }
    }

    #[test]
    fn a_hostile_stream_is_refused_before_it_takes_memory_or_time() {
        let head = |kind: u8, length: u32| [&[kind][..], &length.to_le_bytes()].concat();
        let endless = head(1, MORE).repeat(100);
        let mixed = [head(1, MORE | 1), vec![0], head(2, 1), vec![0]].concat();
        let wrong = [
            head(1, TAKEN_BACK),
            head(1, !MORE),
            head(1, u32::MAX),
            head(9, 1),
            head(1, PIECE_MAX as u32 + 1),
            endless,
            mixed,
        ];
        for stream in wrong {
            let error = read(&mut stream.as_slice(), usize::MAX).expect_err("refused");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{:?}", &stream[..5]);
        }
        let long = framed(&[0; 101]);
        assert_eq!(read(&mut long.as_slice(), 100).expect_err("long").kind(), io::ErrorKind::InvalidData);
    }
}
