//! `spendtop config check|template|path|keys`, and where the config and the data are.
//!
//! The only place that knows the platform's folders. Never writes a config.

use std::path::{Path, PathBuf};

use super::args::{ConfigCommand, Global};
use super::run::Context;
use super::stdio::Streams;
use super::{unknown, wiring};
use crate::config::alert::{Alerts, Channel, Wrong};
use crate::config::{self, Config};
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::notify::outgoing;
use crate::tui::Keymap;

pub(super) fn project() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "spendtop")
}

/// The user's home folder, where there is one.
pub(super) fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// The config file that is read, and whether the user named it. `None` without a home folder.
fn file(global: &Global) -> Option<(PathBuf, bool)> {
    match &global.config {
        Some(path) => Some((path.clone(), true)),
        None => project().map(|p| (p.config_dir().join("config.toml"), false)),
    }
}

/// The config file that is read, whether it is there or not.
pub(super) fn path(global: &Global) -> Option<PathBuf> {
    file(global).map(|(path, _)| path)
}

/// The config: the file's, or the defaults where there is no file and none was named.
///
/// # Errors
/// Kind `Usage` where the file is bad, or was named and cannot be read.
pub fn load(global: &Global) -> Result<Config> {
    match file(global) {
        // Not the defaults instead: the config may say which store is meant, and which charges.
        Some((path, named)) if named || exists(&path)? => {
            config::load(&path).map_err(|e| e.hint("`--config /dev/null` does without it"))
        }
        _ => Ok(Config::default()),
    }
}

/// Whether a file is there; one that cannot be looked at is an error, not an absence.
fn exists(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|e| Error::io(Kind::Usage, "look for the config", path, &e))
}

/// The store's folder: the flag's or the environment's, the config's, the platform's.
///
/// # Errors
/// Kind `Usage` where there is no home folder to put it in.
pub fn data_dir(global: &Global, config: &Config) -> Result<PathBuf> {
    let environment = || std::env::var_os("SPENDTOP_DATA_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    if let Some(dir) = global.data_dir.clone().or_else(environment) {
        return Ok(dir);
    }
    let homeless = || Error::usage("there is no home folder to keep data in").hint("name a folder: --data-dir DIR");
    match &config.data.dir {
        Some(dir) => match dir.strip_prefix("~") {
            Ok(rest) => Ok(home().ok_or_else(homeless)?.join(rest)),
            Err(_) => Ok(dir.clone()),
        },
        None => Ok(project().ok_or_else(homeless)?.data_dir().to_owned()),
    }
}

/// A folder for sockets whose path would be too long beside the store: the one for the session's
/// run-time files, else the one for state. Never a folder that others may write to.
#[must_use]
pub fn short_folder() -> Option<PathBuf> {
    let project = project()?;
    project.runtime_dir().or(project.state_dir()).map(Path::to_owned)
}

/// Runs `spendtop config`; returns the exit code.
///
/// # Errors
/// Where the config is bad or the output fails.
pub fn run(command: ConfigCommand, global: &Global, streams: &mut Streams<'_>) -> Result<u8> {
    match command {
        ConfigCommand::Template => streams.print(config::TEMPLATE)?,
        ConfigCommand::Path => match file(global) {
            Some((path, _)) => {
                // As it is, for scripts; a terminal gets it safe.
                let text =
                    if streams.terminal { SafeText::path(&path).into_string() } else { path.display().to_string() };
                streams.print(&format!("{text}\n"))?;
                if !exists(&path)? {
                    streams.note("there is no such file, the defaults are in use", &[])?;
                }
            }
            None => return Err(Error::usage("there is no home folder to look in").hint("name a file: --config FILE")),
        },
        // A config whose keys are wrong sends its reader here: the usual ones then.
        ConfigCommand::Keys => {
            let keymap = load(global).and_then(|config| Keymap::configured(&config));
            streams.print(&keymap.unwrap_or_default().list())?;
        }
        ConfigCommand::Check => {
            let config = load(global)?;
            Keymap::configured(&config)?;
            sound(&config.alerts)?;
            let text = match file(global) {
                Some((path, named)) if named || exists(&path)? => format!("`{}` is sound\n", SafeText::path(&path)),
                Some((path, _)) => format!("there is no `{}`: the defaults are in use\n", SafeText::path(&path)),
                None => "there is no home folder to look in: the defaults are in use\n".to_owned(),
            };
            streams.print(&text)?;
            known(config, global, streams)?;
        }
    }
    Ok(0)
}

/// Says what alert rules ask for that the store does not have, where there is one and it can be read.
fn known(config: Config, global: &Global, streams: &mut Streams<'_>) -> Result<()> {
    if !unknown::asks(&config.alerts.plan.rules) {
        return Ok(());
    }
    let as_of = global.as_of.unwrap_or_else(crate::clock::today);
    let mut context = Context { config, as_of, global: global.clone(), streams, host: None };
    let Ok(place) = context.data_dir() else { return Ok(()) };
    // The config is sound whatever becomes of the store.
    match wiring::reach_existing(&mut context, &place) {
        Ok(host) => unknown::say(&mut context, &*host),
        Err(_) => Ok(()),
    }
}

/// Refuses what alerts cannot mean: all else goes on with it.
fn sound(alerts: &Alerts) -> Result<()> {
    let of_channel = |channel: &Channel| match (&channel.wrong, outgoing::check(channel)) {
        (Some(wrong), _) => Some(wrong.line()),
        (None, Err(failure)) => Some(format!("[channels.{}]: {}", SafeText::from_outside(&channel.name), failure.why)),
        (None, Ok(())) => None,
    };
    let channels = alerts.channels.iter().filter_map(of_channel);
    let lines: Vec<String> = alerts.wrong.iter().map(Wrong::line).chain(channels).collect();
    let said = match lines.as_slice() {
        [] => return Ok(()),
        [line] => line.clone(),
        lines => format!("alerts of the config have {} mistakes\n  {}", lines.len(), lines.join("\n  ")),
    };
    Err(Error::usage(said).hint("`spendtop config template` has an example of each kind of channel"))
}
