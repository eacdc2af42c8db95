//! `spendtop completions` and `spendtop man`: what the definitions in [`super::args`] generate.
//!
//! Knows no data.

use clap::CommandFactory;

use super::args::Cli;
use super::stdio::Streams;
use crate::error::{Error, Result};

/// Prints completions for a shell.
///
/// # Errors
/// Where the output fails.
pub fn completions(shell: clap_complete::Shell, streams: &mut Streams<'_>) -> Result<u8> {
    // The generator panics where it cannot write, so it writes into memory.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "spendtop", &mut text);
    streams.print(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

/// Prints the manual page of spendtop or of one of its commands.
///
/// # Errors
/// Where there is no such command or the output fails.
pub fn man(command: Option<&str>, streams: &mut Streams<'_>) -> Result<u8> {
    let mut all = Cli::command();
    all.build();
    let page = match command {
        None => all,
        Some(name) => match all.find_subcommand(name) {
            // The page is headed `spendtop-query`, as `man` looks it up.
            Some(found) => found.clone().name(format!("spendtop-{name}")),
            None => {
                let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
                let shown = crate::domain::text::SafeText::from_outside(name);
                return Err(Error::usage(format!("there is no command `{shown}`"))
                    .did_you_mean(name, &known)
                    .hint(format!("commands are {}", known.join(", "))));
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).map_err(|e| streams.failed(&e))?;
    streams.print(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
