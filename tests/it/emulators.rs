//! The clouds' emulators, as processes of a test: found, started on a port of their own, and ended.
//!
//! `.ci/emulators` installs them into `target/emulators`; `SPENDTOP_EMULATORS` names another folder. A
//! test whose emulator is not there says so and passes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long an emulator may take to answer.
const STARTS_WITHIN: Duration = Duration::from_secs(90);

/// An emulator that runs; dropping it ends it.
pub struct Emulator {
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// What it may write to: kept as long as it runs.
    _folder: tempfile::TempDir,
}

impl Emulator {
    /// Starts an emulator, where it is installed: `arguments` are made of its port and folder. It is
    /// ready once `path` is answered, whatever the status.
    pub fn start(name: &str, path: &str, arguments: impl Fn(u16, &str) -> Vec<String>) -> Option<Emulator> {
        let program = installed(name)?;
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(program);
        command.args(arguments(port, &folder.path().to_string_lossy())).current_dir(folder.path());
        // Some start further processes: they are ended together.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().expect("the emulator starts");
        let mut emulator = Emulator { child, port, _folder: folder };
        emulator.wait(name, path);
        Some(emulator)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn wait(&mut self, name: &str, path: &str) {
        let begun = Instant::now();
        while !answers(self.port, path) {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("`{name}` ended at its start: {status}");
            }
            assert!(begun.elapsed() < STARTS_WITHIN, "`{name}` does not answer");
            // Nothing tells when another program listens.
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// A program that `.ci/emulators` installs; `None`, with a word, where it has not.
pub fn installed(name: &str) -> Option<PathBuf> {
    let folders = [
        std::env::var_os("SPENDTOP_EMULATORS").map(PathBuf::from),
        Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/emulators")),
    ];
    let found = folders.into_iter().flatten().map(|folder| folder.join("bin").join(name)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: `{name}` is not installed (.ci/emulators installs it)");
    }
    found
}

fn answers(port: u16, path: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    let mut first = [0; 5];
    stream.write_all(request.as_bytes()).is_ok() && stream.read_exact(&mut first).is_ok() && &first == b"HTTP/"
}
