//! The program: reads the flags, runs, prints the error with its hints, and sets the exit code.
//!
//! Knows nothing else; see the library.

use std::io::{BufWriter, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use spendtop::cli::{self, Cli, Streams};

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
    let width = terminal.then(cli::terminal_width).flatten();
    let (mut out, mut err) = (BufWriter::with_capacity(1 << 16, stdout), std::io::stderr());
    let mut streams = Streams::new(&mut out, &mut err, width, terminal);
    let result = cli::run(&cli, &mut streams).and_then(|code| streams.flush().map(|()| code));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(_) if streams.is_reader_gone() => ExitCode::SUCCESS,
        Err(error) => {
            // What was answered before the error comes first; that it cannot be written is less news.
            let _ = streams.flush();
            let _ = cli::print_error(&error, streams.err);
            ExitCode::from(error.kind.exit_code())
        }
    }
}
