//! `spendtop connect`: finds credentials, asks least, checks, says what it costs, writes the section.
//!
//! `ask` makes the section, `section` puts it into the config's text, `cost` reckons, `file` writes.
//! Nothing that is checked costs money, and nothing is written that [`crate::config::parse`] refuses.

pub mod args;
mod ask;
pub(super) mod cost;
mod file;
mod section;

#[cfg(test)]
mod tests;

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use self::args::{ConnectArgs, ConnectTo};
use self::ask::{Asker, Found};
use self::cost::Size;
use self::file::ConfigFile;
use self::section::Section;
use super::args::Global;
use super::config::{self, home};
use super::doctor;
use super::stdio::Streams;
use crate::config::Config;
use crate::config::connection::Connection;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::host::connections;
use crate::provider::credentials;
use crate::provider::remote::Costs;
use crate::report::{self, Style};
use crate::sync::state::Place;

/// A section, and the whole config with it.
struct Draft {
    section: Section,
    text: String,
    connection: Connection,
    scopes: Vec<Arc<dyn Costs>>,
}

/// Runs `connect`; returns the exit code: 1 where it was written although something is missing.
///
/// # Errors
/// Kind `Usage` where flags, answers or the config are wrong, `Interrupted` where nobody answers.
pub fn run(args: &ConnectArgs, global: &Global, streams: &mut Streams<'_>) -> Result<u8> {
    let how = args.to.how();
    let stdin = std::io::stdin();
    let is_terminal = stdin.is_terminal() && streams.terminal;
    if !is_terminal && !how.yes && !how.print {
        return Err(Error::usage("there is no terminal to ask in")
            .hint("--yes takes what the flags say and writes it, --print only prints it"));
    }
    let mut lock = stdin.lock();
    let input: Option<&mut dyn BufRead> = if how.yes || how.print { None } else { Some(&mut lock) };
    connect(&args.to, global, &found(), &mut Asker { input, streams })
}

/// What is on this machine.
fn found() -> Found {
    let home = home().unwrap_or_default();
    let variable = |name: &str| std::env::var_os(name);
    Found {
        clouds: credentials::find(&home, &variable),
        subscriptions: credentials::subscriptions(&home, &variable),
        profile: std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()),
    }
}

fn connect(to: &ConnectTo, global: &Global, found: &Found, asker: &mut Asker<'_, '_, '_>) -> Result<u8> {
    let how = to.how();
    if how.print {
        let section = with_history(ask::section(to, found, asker)?, to, global)?;
        asker.streams.print(&section.block())?;
        return Ok(0);
    }
    let path = config::path(global)
        .ok_or_else(|| Error::usage("there is no home folder for a config").hint("name a file: --config FILE"))?;
    let file = ConfigFile::read(&path)?;
    let before = file.text()?;
    let shown = SafeText::path(file.path());
    crate::config::parse(before, &shown)?;
    if let Some(name) = how.name.as_ref().filter(|name| !how.replace && section::is_there(before, to.kind(), name)) {
        return Err(section::taken(to.kind(), &SafeText::from_outside(name)));
    }
    let mut draft = draft(ask::section(to, found, asker)?, before, how.replace, &shown, global)?;
    let is_missing = !how.no_check && check(&draft, asker.streams)?;
    let cost = cost::of(&draft.connection, &draft.scopes, size(to));
    asker.streams.print("\nWhat it costs:\n")?;
    for line in &cost.lines {
        asker.streams.print(&format!("  {line}\n"))?;
    }
    if cost.history > 0 && wants_history(to, &cost, asker)? {
        draft.section.number("requests_for_history", Some(cost.history));
        draft = self::draft(draft.section, before, how.replace, &shown, global)?;
    }
    asker.streams.print(&format!("\n{}\n", draft.section.block()))?;
    let wanted = match is_missing {
        true => {
            asker.yes("Something is missing without which it cannot sync (above). Write it all the same?", false)?
        }
        false => asker.yes(&format!("Write this to `{shown}`?"), true)?,
    };
    if asker.is_heard() && !wanted {
        return Err(Error::new(Kind::Interrupted, "nothing was written"));
    }
    file.write(&draft.text)?;
    let name = draft.section.connection();
    asker.streams.print(&format!(
        "wrote [{name}] to `{shown}`\nnext: `spendtop sync {name}` brings it now; `spendtop` brings it while it is open\n"
    ))?;
    if is_missing {
        let again = format!("`spendtop doctor {name}` checks it again");
        asker.streams.note(&format!("[{name}] cannot sync yet: something is missing (above)"), &[&again])?;
        return Ok(1);
    }
    Ok(0)
}

/// A section, checked by itself and with the rest of the config.
fn draft(section: Section, before: &str, replace: bool, shown: &str, global: &Global) -> Result<Draft> {
    let name = section.connection();
    crate::config::parse(&section.block(), "the new section")?;
    let text = section::placed(before, &section, replace)?;
    let (connection, scopes) = made(&text, shown, &name, global)?;
    Ok(Draft { section, text, connection, scopes })
}

/// A connection of a config's text, and its scopes.
fn made(text: &str, shown: &str, name: &str, global: &Global) -> Result<(Connection, Vec<Arc<dyn Costs>>)> {
    let mut config: Config = crate::config::parse(text, shown)?;
    config.connections.retain(|connection| connection.name == name);
    let folder = Place::beside(&config::data_dir(global, &config)?).folder().to_owned();
    let made = connections::of(&config, home().as_deref(), &folder);
    if let Some((_, fault)) = made.wrong.first() {
        let error = Error::usage(format!("[{name}] cannot be used: {}", fault.message));
        return Err(fault.hints.iter().cloned().fold(error, Error::hint));
    }
    let scopes = made.connections.into_iter().flat_map(|connection| connection.scopes).collect();
    let connection = config.connections.pop();
    connection.map(|connection| (connection, scopes)).ok_or_else(|| Error::bug(format!("[{name}] was not read back")))
}

/// With what `--history` pays for.
fn with_history(mut section: Section, to: &ConnectTo, global: &Global) -> Result<Section> {
    let (connection, scopes) = made(&section.block(), "the new section", &section.connection(), global)?;
    let cost = cost::of(&connection, &scopes, size(to));
    if is_history(to) && cost.history > 0 {
        section.number("requests_for_history", Some(cost.history));
    }
    Ok(section)
}

fn is_history(to: &ConnectTo) -> bool {
    matches!(to, ConnectTo::Aws(aws) if aws.history)
}

fn size(to: &ConnectTo) -> Size {
    match to {
        ConnectTo::Aws(aws) => Size { accounts: aws.accounts.unwrap_or(1), services: aws.services },
        _ => Size { accounts: 1, services: 1 },
    }
}

fn wants_history(to: &ConnectTo, cost: &cost::Cost, asker: &mut Asker<'_, '_, '_>) -> Result<bool> {
    if is_history(to) {
        return Ok(true);
    }
    if !asker.is_heard() {
        let told = "history comes with what each day leaves of the cap";
        asker.streams.note(told, &["--history pays for it at once"])?;
        return Ok(false);
    }
    let question = format!(
        "Pay {} once for the history? Without, it comes with what each day leaves of the cap.",
        cost.history_price
    );
    asker.yes(&question, false)
}

/// Prints what each scope says of itself; whether something is missing.
fn check(draft: &Draft, streams: &mut Streams<'_>) -> Result<bool> {
    streams.note("checking; nothing of it is paid for", &[])?;
    let checked = doctor::providers(&draft.scopes)?;
    report::checks(&checked, Style::default(), streams.out).map_err(|e| streams.failed(&e))?;
    let is_missing = checked.iter().any(doctor::is_missing);
    if is_missing {
        streams.note("--no-check writes it without asking, as where there is no network", &[])?;
    }
    Ok(is_missing)
}
