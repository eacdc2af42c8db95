//! The program: reads the flags, runs, prints the error with its hints, and sets the exit code.
//!
//! Knows nothing else; see the library.

use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use spendtop::cli::{self, Cli, Streams, Watched};

fn main() -> ExitCode {
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
    let mut out = BufWriter::with_capacity(1 << 16, Watched::new(stdout));
    let mut err = std::io::stderr();
    let mut streams =
        Streams { out: &mut out, err: &mut err, width: terminal.then(cli::terminal_width).flatten(), terminal };
    let result = cli::run(&cli, &mut streams);
    let flushed = streams.out.flush().map_err(|e| streams.failed(&e));
    // A reader that has seen enough (`| head`) is no failure.
    if out.get_ref().is_closed() {
        return ExitCode::SUCCESS;
    }
    match result.and_then(|code| flushed.map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = cli::print_error(&error, &mut err.lock());
            ExitCode::from(error.kind.exit_code())
        }
    }
}
