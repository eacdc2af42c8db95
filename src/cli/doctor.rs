//! `spendtop doctor`: everything that spendtop needs, a line each, with what puts it right.
//!
//! Nothing that is checked costs money: a paid request is told, not tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::args::FormatArgs;
use super::config::{self, home};
use super::query::style;
use super::run::Context;
use super::{sync, wiring};
use crate::clock;
use crate::domain::text::SafeText;
use crate::domain::words::count;
use crate::error::{Error, Kind, Result};
use crate::host::connect::check;
use crate::host::connect::cost::{self, Size};
use crate::host::connections::{self, Connections};
use crate::notify::desktop;
use crate::provider::remote::{Check, Costs, Finding};
use crate::report::{self, Checked};
use crate::secret::Reference;
use crate::store::folder;
use crate::sync::overlap::{self, Outdone};
use crate::sync::overview;
use crate::sync::state::{Place, State};
use crate::sync::task::Connection;
use crate::tui::Env;
use crate::tui::notices::Teller;

/// `spendtop doctor`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct DoctorArgs {
    /// Connections, like `aws.prod`; all where none is named.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Only what needs no network.
    #[arg(long)]
    pub offline: bool,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs `doctor`; returns the exit code: 3 where a connection lacks something that it cannot do without.
///
/// # Errors
/// Kind `Usage` where there is no such connection, or the output fails.
pub fn run(context: &mut Context<'_, '_>, args: &DoctorArgs) -> Result<u8> {
    let folder = Place::beside(&context.data_dir()?).folder().to_owned();
    let found = connections::of(&context.config, home().as_deref(), &folder);
    sync::known(&found, &args.names)?;
    let mut checked = Vec::new();
    if args.names.is_empty() {
        checked.extend(machine(context));
        checked.extend(store(context));
    }
    let named = |connection: &str| args.names.is_empty() || args.names.iter().any(|name| sync::is_of(connection, name));
    for (name, fault) in found.wrong.iter().filter(|(name, _)| named(name)) {
        checked.push(of(name, Check::new("settings", Finding::Missing, &fault.message).fix(fault.hints.join("\n"))));
    }
    let scopes: Vec<Arc<dyn Costs>> =
        found.connections.iter().flat_map(|c| &c.scopes).filter(|s| named(&s.scope().source.name)).cloned().collect();
    if found.connections.is_empty() && found.wrong.is_empty() {
        let none = Check::new("connections", Finding::Wanting, "none in the config");
        checked.push(of("spendtop", none.fix("spendtop connect aws|azure|gcp|opencost|folder")));
    }
    if args.offline {
        let untried = |scope: &Arc<dyn Costs>| {
            of(&scope.scope().source.name, Check::new("the provider", Finding::Untried, "not asked, since --offline"))
        };
        checked.extend(scopes.iter().map(untried));
    } else {
        checked.extend(providers(&scopes)?);
    }
    let place = Place::beside(&context.data_dir()?);
    checked.extend(costs(context, &found, &place, &args.names));
    let style = style(&args.format, context.streams);
    report::checks(&checked, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(if checked.iter().any(is_missing) { Kind::Provider.exit_code() } else { 0 })
}

/// Whether nothing works without what was checked, and it is not there.
pub(super) fn is_missing(check: &Checked) -> bool {
    check.finding == name(Finding::Missing)
}

fn name(finding: Finding) -> &'static str {
    match finding {
        Finding::Good => "ok",
        Finding::Untried => "untried",
        Finding::Wanting => "wanting",
        Finding::Missing => "missing",
    }
}

fn of(what: &str, check: Check) -> Checked {
    let Check { what: thing, finding, detail, fix } = check;
    Checked { of: what.to_owned(), what: thing, finding: name(finding), detail, fix }
}

fn good(what: &str, detail: &str) -> Checked {
    of("spendtop", Check::new(what, Finding::Good, detail))
}

/// What can be said of this machine without a network.
fn machine(context: &Context<'_, '_>) -> Vec<Checked> {
    let mut checked = Vec::new();
    let path = config::path(&context.global);
    checked.push(match path {
        Some(path) if path.exists() => good("config", &format!("`{}` is sound", SafeText::path(&path))),
        Some(path) => good("config", &format!("no `{}`: the defaults are in use", SafeText::path(&path))),
        None => of(
            "spendtop",
            Check::new("config", Finding::Wanting, "there is no home folder to look in")
                .fix("name a file: --config FILE"),
        ),
    });
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).into_iter().find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default();
    let unicode = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    checked.push(if unicode {
        good("terminal", &format!("TERM={}, {locale}", variable("TERM")))
    } else {
        let told = format!("TERM={}, and the locale is not UTF-8: charts are drawn in ASCII", variable("TERM"));
        of("spendtop", Check::new("terminal", Finding::Wanting, &told).fix("export LANG=C.UTF-8"))
    });
    checked.push(notifications(context));
    checked.extend(channels(context));
    checked
}

/// The store and its sync.
fn store(context: &mut Context<'_, '_>) -> Vec<Checked> {
    let place = match context.data_dir() {
        Ok(place) => place,
        Err(error) => return vec![trouble("store", &error)],
    };
    let shown = SafeText::path(&place);
    if !folder::exists(&place) {
        return vec![good("store", &format!("none in `{shown}` yet: the first import or sync makes it"))];
    }
    let reached = wiring::reach(context, &place).and_then(|host| Ok((host.about()?, host.manifest()?)));
    let mut outdone = None;
    let mut checked = vec![match reached {
        Ok((about, manifest)) => {
            outdone = Outdone::words(&overlap::outdone(&manifest, None));
            let rows: u64 = manifest.active().iter().map(|group| group.rows()).sum();
            let days = about.days.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
            match about.notices.first() {
                None => good("store", &format!("`{shown}`: {} charges{days}", count(rows))),
                Some(notice) => {
                    of("spendtop", Check::new("store", Finding::Wanting, notice).fix("spendtop store check"))
                }
            }
        }
        Err(error) => trouble("store", &error),
    }];
    let less = outdone.map(|(text, hint)| of("spendtop", Check::new("sources", Finding::Wanting, &text).fix(hint)));
    checked.extend(less);
    let (state, told) = Place::beside(&place).read();
    if let Some(told) = told {
        checked.push(of("spendtop", Check::new("sync", Finding::Wanting, &told)));
    }
    checked.extend(failing(&state));
    checked
}

/// What the connections that are asked for have spent, and what they will.
fn costs(context: &Context<'_, '_>, found: &Connections, place: &Place, names: &[String]) -> Vec<Checked> {
    let (state, now) = (place.read().0, clock::now_seconds());
    let overview = overview::of(&found.connections, &state, &BTreeMap::new(), &BTreeMap::new(), Vec::new(), now);
    let named = |connection: &&Connection| {
        names.is_empty() || names.iter().any(|name| *name == connection.name || sync::is_of(name, &connection.name))
    };
    let mut checked = Vec::new();
    for connection in found.connections.iter().filter(named) {
        for meter in overview.meters.iter().filter(|meter| meter.connection == connection.name) {
            let finding = if meter.is_near() { Finding::Wanting } else { Finding::Good };
            checked.push(of(&connection.name, Check::new("spent", finding, &report::meter_sentence(meter))));
        }
        let configured = context.config.connections.iter().find(|configured| configured.name == connection.name);
        let lines = configured.map_or_else(Vec::new, |to| cost::of(to, &connection.scopes, Size::default()).lines);
        checked.extend(lines.iter().map(|line| of(&connection.name, Check::new("costs", Finding::Good, line))));
    }
    checked
}

/// Scopes whose last sync failed.
fn failing(state: &State) -> Vec<Checked> {
    let now = clock::now_seconds();
    let failing =
        state.scopes.iter().filter_map(|(source, standing)| Some((source, standing, standing.trouble.as_ref()?)));
    let told = |(source, standing, trouble): (&String, &crate::sync::state::Standing, &crate::sync::state::Trouble)| {
        let since = (standing.failing_since > 0).then(|| report::span(now - standing.failing_since));
        let since = since.map_or_else(String::new, |span| format!("fails for {span}: "));
        let check = Check::new("sync", Finding::Wanting, &format!("{since}{}", trouble.message));
        of(source, check.fix(trouble.hints.join("\n")))
    };
    failing.map(told).collect()
}

/// By what a person is told who does not look.
fn notifications(context: &Context<'_, '_>) -> Checked {
    let wanted = context.config.notify;
    let why_not = if wanted.desktop { desktop::Surroundings::read().why_not() } else { Some("off in the config") };
    let terminal = || Teller::of(&Env::read(context.global.color)).name();
    match why_not {
        None => good("notifications", "by the desktop"),
        Some(why) if wanted.terminal => {
            good("notifications", &format!("by {} of the app's terminal; the desktop: {why}", terminal()))
        }
        Some(why) => {
            let check = Check::new("notifications", Finding::Wanting, &format!("none; the desktop: {why}"));
            of("spendtop", check.fix("`terminal = true` in [notify] in the config has the app's terminal tell them"))
        }
    }
}

/// The channels of the config: what is known without sending anything.
fn channels(context: &Context<'_, '_>) -> Vec<Checked> {
    let alerts = &context.config.alerts;
    let rules = |name: &str| {
        let of = alerts.plan.rules.iter().filter(|rule| rule.to.iter().any(|to| to == name));
        of.map(|rule| rule.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let line = |channel: &crate::config::alert::Channel| {
        let (kind, told) = (channel.via.name(), rules(&channel.name));
        let references = channel.via.secrets().into_iter().filter_map(|text| Reference::parse(text).ok());
        let mut lacking = references.filter_map(|reference| reference.lacks(|name| std::env::var(name).ok()));
        let check = match (lacking.next(), told.is_empty()) {
            (Some(missing), _) => {
                Check::new("alerts", Finding::Wanting, format!("by {kind}: {}", missing.message).as_str())
                    .fix(missing.hint)
            }
            (None, true) => {
                Check::new("alerts", Finding::Wanting, format!("by {kind}: no rule of `[alerts]` goes there").as_str())
                    .fix(format!("name it in `to`: [alerts] to = [\"{}\"]", channel.name))
            }
            (None, false) => Check::new("alerts", Finding::Untried, format!("by {kind}, of {told}").as_str())
                .fix(format!("spendtop alert test {}", channel.name)),
        };
        of(&channel.name, check)
    };
    alerts.channels.iter().map(line).collect()
}

fn trouble(what: &str, error: &Error) -> Checked {
    of("spendtop", Check::new(what, Finding::Missing, &error.message).fix(error.hints.join("\n")))
}

/// What each scope says of itself, in the order of the config.
///
/// # Errors
/// Kind `Bug` where the system gives no threads.
pub(super) fn providers(scopes: &[Arc<dyn Costs>]) -> Result<Vec<Checked>> {
    let told: Arc<dyn check::Told> = Arc::new(());
    let found = check::of(scopes, &CancellationToken::new(), &told)?;
    let named = |(source, checks): (String, Vec<Check>)| checks.into_iter().map(move |check| of(&source, check));
    Ok(found.into_iter().flat_map(named).collect())
}
