//! `spendtop connect`: finds credentials, asks least, checks, says what it costs, writes the section.
//!
//! The terminal's face of [`crate::host::connect`], which the app's wizard shares.

pub mod args;
mod asker;

#[cfg(test)]
mod tests;

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use self::args::{ConnectArgs, ConnectTo};
use self::asker::Asker;
use super::args::Global;
use super::config::{self, home};
use super::doctor;
use super::stdio::Streams;
use crate::config::Config;
use crate::config::section::{self, Section};
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::host::connect::ask::{self, Asker as _};
use crate::host::connect::cost::{self, Size};
use crate::host::connect::draft::{self, Draft};
use crate::host::connect::file::ConfigFile;
use crate::host::connect::found::Found;
use crate::report::{self, Style};
use crate::sync::state::Place;

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
    connect(&args.to, global, &Found::look(home().as_deref()), &mut Asker { input, streams })
}

fn connect(to: &ConnectTo, global: &Global, found: &Found, asker: &mut Asker<'_, '_, '_>) -> Result<u8> {
    let how = to.how();
    if how.print {
        let section = with_history(ask::section(&to.wanted(), found, asker)?, to, global)?;
        asker.streams.print(&section.block())?;
        return Ok(0);
    }
    let path = config::path(global)
        .ok_or_else(|| Error::usage("there is no home folder for a config").hint("name a file: --config FILE"))?;
    let file = ConfigFile::read(&path)?;
    let before = file.text()?;
    let shown = SafeText::path(file.path());
    let machine = Machine::of(global, &crate::config::parse(before, &shown)?)?;
    if let Some(name) =
        how.name.as_ref().filter(|name| !how.replace && section::is_there(before, to.kind().name(), name))
    {
        return Err(section::taken(to.kind().name(), &SafeText::from_outside(name)));
    }
    let drafted = |section| Draft::new(section, before, how.replace, &shown, machine.place());
    let mut draft = drafted(ask::section(&to.wanted(), found, asker)?)?;
    let is_missing = !how.no_check && check(&draft, asker.streams)?;
    let cost = cost::of(&draft.connection, &draft.scopes, size(to));
    asker.streams.print("\nWhat it costs:\n")?;
    for line in &cost.lines {
        asker.streams.print(&format!("  {line}\n"))?;
    }
    if cost.history > 0 && wants_history(to, &cost, asker)? {
        draft.section.number("requests_for_history", Some(cost.history));
        draft = drafted(draft.section)?;
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
    asker.streams.print(&format!("wrote [{name}] to `{shown}`\n"))?;
    if is_missing {
        let again = format!("`spendtop doctor {name}` checks it again");
        asker.streams.note(&format!("[{name}] cannot sync yet: something is missing (above)"), &[&again])?;
        return Ok(1);
    }
    asker
        .streams
        .print(&format!("next: `spendtop sync {name}` brings it now; `spendtop` brings it while it is open\n"))?;
    Ok(0)
}

/// Where things are on this machine.
struct Machine {
    home: Option<PathBuf>,
    folder: PathBuf,
}

impl Machine {
    fn of(global: &Global, config: &Config) -> Result<Machine> {
        let folder = Place::beside(&config::data_dir(global, config)?).folder().to_owned();
        Ok(Machine { home: home(), folder })
    }

    fn place(&self) -> draft::Place<'_> {
        draft::Place { home: self.home.as_deref(), folder: &self.folder }
    }
}

/// With what `--history` pays for.
fn with_history(mut section: Section, to: &ConnectTo, global: &Global) -> Result<Section> {
    let machine = Machine::of(global, &Config::default())?;
    let alone = Draft::alone(section.clone(), machine.place())?;
    let cost = cost::of(&alone.connection, &alone.scopes, size(to));
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
        ConnectTo::Aws(aws) => Size { accounts: aws.accounts, services: aws.services },
        _ => Size::default(),
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
