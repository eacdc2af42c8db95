//! One input file: what it is by its first bytes, unpacked within bounds.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};

/// Unpacked bytes at most: more is a bomb or a mistake.
const UNPACKED_MAX: u64 = 64 << 30;
/// From so many unpacked bytes on, the ratio counts.
const RATIO_FROM: u64 = 64 << 20;
/// Unpacked bytes for each packed one at most.
const RATIO_MAX: u64 = 1_000;

/// The window that a zstd frame may ask for: 128 MiB, zstd's own default. A larger one could ask for
/// all memory.
const WINDOW_LOG_MAX: u32 = 27;
/// What zstd says where a frame asks for more.
const WINDOW: &str = "too much memory";

fn too_large(what: &str) -> io::Error {
    let text = format!("it unpacks to {what}, and no more is read of a packed file: if that is right, unpack it first");
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

fn window_too_large() -> io::Error {
    let mib = 1u32 << (WINDOW_LOG_MAX - 20);
    let text =
        format!("it is packed with a window of more than {mib} MiB: pack it with `--long={WINDOW_LOG_MAX}` or less");
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Text.
    Plain,
    /// gzip, also of several members.
    Gzip,
    /// Zstandard, also of several frames.
    Zstd,
    /// Apache Parquet.
    Parquet,
}

impl Shape {
    /// Tells it by a file's first bytes.
    fn of(start: &[u8]) -> Result<Shape> {
        Ok(match start {
            [0x1f, 0x8b, ..] => Shape::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Shape::Zstd,
            [b'P', b'A', b'R', b'1', ..] => Shape::Parquet,
            [b'P', b'K', 3, 4, ..] => {
                return Err(Error::usage("it is a zip archive").hint("unzip it and import what is in it"));
            }
            [b'B', b'Z', b'h', ..] => {
                return Err(Error::usage("it is packed with bzip2").hint("unpack it: bunzip2 FILE"));
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
                return Err(Error::usage("it is packed with xz").hint("unpack it: unxz FILE"));
            }
            _ => Shape::Plain,
        })
    }
}

/// Says which file an error is about that does not name it.
#[must_use]
pub fn about(path: &Path, error: Error) -> Error {
    let name = SafeText::from_outside(&path.to_string_lossy()).into_string();
    match error.kind {
        Kind::Usage => Error { message: format!("`{name}`: {}", error.message), ..error },
        _ => error,
    }
}

/// An opened input.
pub struct Input {
    /// How it is packed.
    pub shape: Shape,
    start: Vec<u8>,
    rest: Source,
}

enum Source {
    File(File),
    Stdin(io::Stdin),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => file.read(buffer),
            Source::Stdin(stdin) => stdin.read(buffer),
        }
    }
}

impl Input {
    /// Opens a file, or standard input for `-`, and tells what it is.
    ///
    /// # Errors
    /// Kind `Usage` where it cannot be read or is of a kind that is not.
    pub fn open(path: &Path) -> Result<Input> {
        let mut rest = if path == Path::new("-") {
            Source::Stdin(io::stdin())
        } else {
            let file = File::open(path).map_err(|e| Error::io(Kind::Usage, "open", path, &e))?;
            let meta = file.metadata().map_err(|e| Error::io(Kind::Usage, "look at", path, &e))?;
            if meta.is_dir() {
                return Err(about(path, Error::usage("it is a folder")));
            }
            Source::File(file)
        };
        let mut start = Vec::new();
        rest.by_ref().take(8).read_to_end(&mut start).map_err(|e| Error::io(Kind::Usage, "read", path, &e))?;
        let shape = Shape::of(&start).map_err(|error| about(path, error))?;
        Ok(Input { shape, start, rest })
    }

    /// The unpacked stream.
    ///
    /// # Errors
    /// Kind `Usage` where the packing is broken from the start.
    pub fn into_reader(self) -> Result<Box<dyn Read + Send>> {
        let packed = Arc::new(AtomicU64::new(0));
        let source = Counted { inner: Cursor::new(self.start).chain(self.rest), count: packed.clone() };
        let unpacked: Box<dyn Read + Send> = match self.shape {
            Shape::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(256 * 1024, source))),
            Shape::Zstd => {
                let mut decoder = zstd::stream::Decoder::new(source)
                    .map_err(|e| Error::usage(format!("it is no sound zstd stream: {e}")))?;
                decoder.window_log_max(WINDOW_LOG_MAX).map_err(|e| Error::usage(e.to_string()))?;
                Box::new(decoder)
            }
            Shape::Plain | Shape::Parquet => return Ok(Box::new(source)),
        };
        Ok(Box::new(Bounded { inner: unpacked, packed, unpacked: 0 }))
    }

    /// The file itself, for formats that are read from their end; standard input is first put
    /// into an unnamed file.
    ///
    /// # Errors
    /// Kind `Usage` where there is no room for that.
    pub fn into_file(self) -> Result<File> {
        match self.rest {
            Source::File(file) => Ok(file),
            Source::Stdin(mut stdin) => {
                let mut spool = || -> io::Result<File> {
                    let path = std::env::temp_dir().join(format!("spendtop-{}-stdin", std::process::id()));
                    let mut file = File::options().create_new(true).read(true).write(true).open(&path)?;
                    std::fs::remove_file(&path)?;
                    file.write_all(&self.start)?;
                    io::copy(&mut stdin.by_ref().take(UNPACKED_MAX), &mut file)?;
                    Ok(file)
                };
                spool().map_err(|e| {
                    Error::usage(format!("standard input cannot be kept for reading: {e}"))
                        .hint("save it to a file and import that")
                })
            }
        }
    }
}

struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Ends a stream that unpacks to more than a billing file can.
struct Bounded<R> {
    inner: R,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n =
            self.inner.read(buffer).map_err(|e| if e.to_string().contains(WINDOW) { window_too_large() } else { e })?;
        self.unpacked += n as u64;
        let packed = self.packed.load(Ordering::Relaxed).max(1);
        if self.unpacked > UNPACKED_MAX {
            return Err(too_large(&format!("more than {} GiB", UNPACKED_MAX >> 30)));
        }
        if self.unpacked > RATIO_FROM && self.unpacked / packed > RATIO_MAX {
            return Err(too_large(&format!("more than {RATIO_MAX} times its size")));
        }
        Ok(n)
    }
}
