//! The program: reads the flags, runs, prints the error with its hints, and sets the exit code.
//!
//! Knows nothing else; see the library.

use std::io::{BufWriter, IsTerminal};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::Parser;
use spendtop::cli::{self, Cli, Streams};
use spendtop::error::{Error, Result};

fn main() -> ExitCode {
    // Files that others may not read: cost data is nobody else's business on a shared host.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    cli::report_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Help, the version or a usage error; where nobody reads it there is nobody to tell.
            let _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(2));
        }
    };
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let width = terminal.then(cli::terminal_width).flatten();
    let (mut out, mut err) = (BufWriter::with_capacity(1 << 16, stdout), std::io::stderr());
    let mut streams = Streams::new(&mut out, &mut err, width, terminal);
    let run = guarded_run(&cli, &mut streams);
    let result = run.and_then(|code| streams.flush().map(|()| code));
    match result {
        Ok(code) => {
            // Something failed that others went on from.
            if let Some(place) = cli::untold_report() {
                let _ = streams.note("a part of spendtop has failed meanwhile: this is a bug", &[&place]);
            }
            ExitCode::from(code)
        }
        Err(_) if streams.is_reader_gone() => ExitCode::SUCCESS,
        Err(error) => {
            // What was answered before the error comes first; that it cannot be written is less news.
            let _ = streams.flush();
            let error = cli::untold_report().into_iter().fold(error, Error::hint);
            let _ = cli::print_error(&error, streams.err);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// Runs; a panic, of which the hook has left a report, is a bug's exit code.
fn guarded_run(cli: &Cli, streams: &mut Streams<'_>) -> Result<u8> {
    std::panic::catch_unwind(AssertUnwindSafe(|| cli::run(cli, streams)))
        .unwrap_or_else(|_| Err(Error::bug("spendtop has failed: this is a bug, please report it")))
}
