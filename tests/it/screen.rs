//! The program in an environment of its own: run and waited for, or in a pseudo-terminal.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Pid;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_spendtop");

pub fn command(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("HOME", home).env("SPENDTOP_AS_OF", "2024-10-15").stdin(Stdio::null());
    command
}

pub fn run(home: &Path, words: &[&str]) -> Output {
    command(home).args(words).output().expect("run")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs what must succeed; its standard output.
pub fn printed(home: &Path, words: &[&str]) -> String {
    let output = run(home, words);
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A process by its number.
pub fn pid_of(number: u32) -> Pid {
    Pid::from_raw(i32::try_from(number).expect("pid")).expect("pid")
}

/// A program in a pseudo-terminal, with the screen that it draws.
pub struct Screen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    bytes: std::sync::mpsc::Receiver<Vec<u8>>,
    parser: vt100::Parser,
    raw: Vec<u8>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Screen {
    pub fn open(home: &Path, words: &[&str]) -> Screen {
        Screen::open_with(home, words, &[])
    }

    pub fn open_with(home: &Path, words: &[&str], environment: &[(&str, &str)]) -> Screen {
        Screen::of(PROGRAM, home, words, environment)
    }

    /// Any program.
    pub fn of(program: &str, home: &Path, words: &[&str], environment: &[(&str, &str)]) -> Screen {
        let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("pty");
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("SPENDTOP_AS_OF", "2024-10-15");
        environment.iter().for_each(|(name, value)| command.env(name, value));
        command.args(words);
        let child = pair.slave.spawn_command(command).expect("spawn");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("reader");
        let keys = pair.master.take_writer().expect("writer");
        let (sender, bytes) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 8192];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Screen { child, keys, bytes, parser: vt100::Parser::new(30, 100, 0), raw: Vec::new(), _master: pair.master }
    }

    /// Waits until a text is on the screen.
    pub fn until(&mut self, wanted: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.parser.screen().contents().contains(wanted) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => {
                    self.parser.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(_) => panic!("`{wanted}` never came:\n{}", self.parser.screen().contents()),
            }
        }
    }

    /// Whether some bytes are among those that were read while something was waited for.
    pub fn has_written(&self, wanted: &str) -> bool {
        self.raw.windows(wanted.len()).any(|w| w == wanted.as_bytes())
    }

    /// Waits until the program has written some bytes, whether they show or not.
    pub fn until_written(&mut self, wanted: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.has_written(wanted) {
            let bytes = self.bytes.recv_timeout(end.saturating_duration_since(Instant::now()));
            let bytes = bytes.unwrap_or_else(|_| panic!("{wanted:?} was never written"));
            self.parser.process(&bytes);
            self.raw.extend(bytes);
        }
    }

    /// The first frame, which ends with the first synchronized update.
    pub fn first_frame(&mut self) -> String {
        let mark = b"\x1b[?2026l";
        let at = loop {
            if let Some(at) = self.raw.windows(mark.len()).position(|w| w == mark) {
                break at;
            }
            let bytes = self.bytes.recv_timeout(Duration::from_secs(20)).expect("a frame");
            self.parser.process(&bytes);
            self.raw.extend(bytes);
        };
        let mut parser = vt100::Parser::new(30, 100, 0);
        parser.process(&self.raw[..at]);
        parser.screen().contents()
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The program's process.
    pub fn pid(&self) -> Pid {
        pid_of(self.child.process_id().expect("pid"))
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("keys");
    }

    /// Takes the terminal away, as when its window is closed; the program is left to itself. The keys' end
    /// types Enter and Ctrl-D as it goes, and with the program's answer to that the last reader goes: the
    /// terminal is gone while the program is at work.
    pub fn hang_up(self) -> Box<dyn portable_pty::Child + Send + Sync> {
        let Screen { child, keys, bytes, .. } = self;
        // In this order: else the answer may still find somebody to pass it on to, and the reader stays.
        drop(bytes);
        drop(keys);
        child
    }

    /// Waits for the end; the exit code.
    pub fn end(self) -> u32 {
        self.ended().0
    }

    /// Waits for the end; the exit code, and all that was written.
    pub fn ended(mut self) -> (u32, Vec<u8>) {
        let end = Instant::now() + Duration::from_secs(20);
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                break status.exit_code();
            }
            if Instant::now() > end {
                let _ = self.child.kill();
                panic!("the program did not end:\n{}", self.parser.screen().contents());
            }
            // The pseudo-terminal is read meanwhile, as a terminal would.
            if let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(50)) {
                self.parser.process(&bytes);
                self.raw.extend(bytes);
            }
        };
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_secs(5)) {
            self.raw.extend(bytes);
        }
        let last = |mark: &[u8]| self.raw.windows(mark.len()).rposition(|w| w == mark);
        // In lines neither was taken.
        assert!(last(b"\x1b[?1049l") >= last(b"\x1b[?1049h"), "the alternate screen is left");
        assert!(last(b"\x1b[?25h") >= last(b"\x1b[?25l"), "the cursor is shown");
        (code, self.raw)
    }
}
