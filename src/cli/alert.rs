//! `spendtop alert list|log|test|run`: channels and rules, what was told or would be, and trying a channel.

use std::io::IsTerminal;
use std::time::Duration;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::args::FormatArgs;
use super::config::home;
use super::query::style;
use super::run::Context;
use super::{unknown, wiring};
use crate::clock;
use crate::domain::alert::{Fate, Refused};
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::Engine;
use crate::engine::alerts::AlertsAnswer;
use crate::error::{Error, Kind, Result};
use crate::host::alerting;
use crate::host::courier::{Courier, Silence};
use crate::notify::Notice;
use crate::report;
use crate::store::folder;
use crate::sync::state::Place;

/// How long a try may take at the end of a command, and after how long it begins none any more: it ends after twice
/// that at most. The rest is brought by the next one.
const BRING_MAX: Duration = Duration::from_secs(20);

/// `spendtop alert`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct AlertArgs {
    /// What to do; `list` where absent.
    #[command(subcommand)]
    pub command: Option<AlertCommand>,
}

/// What to do with alerts.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum AlertCommand {
    /// Channels with what was last brought to each, and the rules
    List {
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// What was told, the newest first, and what is on its way
    Log {
        /// Entries at most.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// How it is written.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Send a message that says it is a test; exits 3 where it does not get there
    Test {
        /// A channel of the config, `desktop` or `terminal`.
        #[arg(value_name = "CHANNEL")]
        channel: String,
    },
    /// Look now, and bring what is on its way: what the app and `sync` do by themselves
    ///
    /// As of another day than today (`--as-of`) it only says what would be told, as `--dry-run` does.
    Run {
        /// Say what would be told, and to whom; nobody is told.
        #[arg(long)]
        dry_run: bool,
        /// Try at once what waits for its next try, as after a sink was mended.
        #[arg(long, conflicts_with = "dry_run")]
        now: bool,
        /// How it is written what would be told.
        #[command(flatten)]
        format: FormatArgs,
    },
}

/// Runs `alert`; returns the exit code.
///
/// # Errors
/// Where the store or the output fails, or there is no such channel.
pub fn run(context: &mut Context<'_, '_>, args: &AlertArgs) -> Result<u8> {
    match &args.command {
        None => list(context, &FormatArgs::default()),
        Some(AlertCommand::List { format }) => list(context, format),
        Some(AlertCommand::Log { limit, format }) => log(context, *limit, format),
        Some(AlertCommand::Test { channel }) => test(context, channel),
        Some(AlertCommand::Run { dry_run, now, format }) => {
            let place = context.data_dir()?;
            let host = wiring::reach_existing(context, &place)?;
            let courier = courier_here(context)?;
            let courier = if host.about()?.demo { courier.of_demo() } else { courier };
            unknown::say(context, &*host)?;
            if *dry_run || courier.silence().is_some() {
                return would(context, &courier, &*host, format);
            }
            let failed = bring(context, if *now { courier.impatient() } else { courier })?;
            Ok(if failed { Kind::Provider.exit_code() } else { 0 })
        }
    }
}

/// Who brings, for a store.
///
/// # Errors
/// Kind `Usage` where there is no folder for a store.
pub fn courier(context: &Context<'_, '_>) -> Result<Courier> {
    let place = Place::beside(&context.data_dir()?);
    let fixed = context.global.as_of.map(|_| context.as_of);
    Ok(Courier::new(&context.config, place, fixed, home().as_deref()))
}

/// The same for a command that says on stderr what the terminal is to tell. What nobody reads tells nobody: whoever
/// opens the app next sees it.
///
/// # Errors
/// Kind `Usage` where there is no folder for a store.
pub fn courier_here(context: &Context<'_, '_>) -> Result<Courier> {
    let courier = courier(context)?;
    Ok(if std::io::stderr().is_terminal() { courier } else { courier.unseen() })
}

/// Says what would be told, and to whom.
fn would(context: &mut Context<'_, '_>, courier: &Courier, engine: &dyn Engine, format: &FormatArgs) -> Result<u8> {
    say_wrong(context, courier)?;
    let letters = courier.news(engine)?;
    let why = courier.silence().map_or_else(|| "nobody is told".to_owned(), Silence::words);
    let going = courier.standing(engine)?.going().len() as u64;
    let on_the_way =
        || format!("{} on the way already: `spendtop alert log`", counted(going, "message is", "messages are"));
    let hint = (going > 0).then(on_the_way);
    context.streams.note(&why, hint.as_deref().as_slice())?;
    if letters.is_empty() {
        context.streams.note("there is nothing new to tell", &[])?;
    }
    let style = style(format, context.streams);
    report::alert_news(&letters, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

/// Looks, and brings what is on its way; says what became of it. Whether anything failed.
fn bring(context: &mut Context<'_, '_>, courier: Courier) -> Result<bool> {
    say_wrong(context, &courier)?;
    let place = context.data_dir()?;
    let host = wiring::reach(context, &place)?;
    let cancel = CancellationToken::new();
    let told = std::sync::Mutex::new(Vec::new());
    let terminal = |notice: &Notice| {
        told.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(notice.clone());
        true
    };
    let looked = courier.look(&*host);
    let going = courier.going_to(&*host)?;
    if !going.is_empty() {
        let names: Vec<String> = going.iter().map(|name| SafeText::from_outside(name).into_string()).collect();
        context.streams.note(&format!("telling {}", names.join(", ")), &[])?;
    }
    let round = courier.bring_due(&*host, &terminal, &cancel, BRING_MAX)?;
    looked?;
    for notice in told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        let title = notice.title.strip_prefix("spendtop: ").unwrap_or(&notice.title).to_owned();
        context.streams.note(&title, &[])?;
    }
    let mut failed = false;
    for (bundle, fate) in &round.tried {
        let again = "it stays on its way: the app, `spendtop sync` and `spendtop alert run` bring it";
        let (said, hints) = match fate {
            Fate::Failed { why, .. } => (format!("{} was not told: {why}", bundle.channel), vec![again]),
            Fate::Partly { refused, later, .. } => {
                let hints = if later.is_empty() { vec![] } else { vec![again] };
                let missed = Refused::words(refused.iter().chain(later));
                (format!("{} was told in part: {missed}", bundle.channel), hints)
            }
            Fate::Delivered | Fate::Impossible { .. } | Fate::LeftOut { .. } => continue,
        };
        failed = true;
        context.streams.note(&said, &hints)?;
    }
    Ok(failed)
}

/// Says why nobody is told, where that is so and somebody might wait for it.
///
/// # Errors
/// Where nothing can be said any more.
pub fn say_silence(context: &mut Context<'_, '_>, courier: &Courier) -> Result<()> {
    match courier.silence().filter(|_| !courier.channels().is_empty()) {
        Some(silence) => {
            context.streams.note(&silence.words(), &["`spendtop alert run --dry-run` says what would be told"])
        }
        None => Ok(()),
    }
}

/// Looks, and brings what is on its way, at the end of a command that has done its work: what fails here is told, and is
/// no failure of it.
///
/// # Errors
/// Where nothing can be said any more.
pub fn bring_after(context: &mut Context<'_, '_>) -> Result<()> {
    let courier = courier_here(context)?;
    if courier.silence().is_some() {
        return say_silence(context, &courier);
    }
    say_wrong(context, &courier)?;
    match bring(context, courier) {
        Ok(_) => Ok(()),
        Err(error) => context.streams.note(&format!("alerts were not looked at: {}", error.message), &[]),
    }
}

/// Says what of the config's plan is left out, and which channels bring nothing.
fn say_wrong(context: &mut Context<'_, '_>, courier: &Courier) -> Result<()> {
    let of_channels = courier.channels().iter().filter_map(|channel| channel.wrong.as_ref());
    courier.wrong().iter().chain(of_channels).try_for_each(|wrong| context.streams.note(&wrong.line(), &[]))
}

fn stands(context: &mut Context<'_, '_>) -> Result<AlertsAnswer> {
    let place = context.data_dir()?;
    if !folder::exists(&place) {
        return Ok(AlertsAnswer::default());
    }
    let host = wiring::reach(context, &place)?;
    courier(context)?.standing(&*host)
}

fn list(context: &mut Context<'_, '_>, format: &FormatArgs) -> Result<u8> {
    let stands = stands(context)?;
    let courier = courier(context)?;
    say_wrong(context, &courier)?;
    if let Some(host) = context.host.clone() {
        unknown::say(context, &*host)?;
    }
    let channels = alerting::channels(&courier, &stands);
    let rows: Vec<report::ChannelRow> = channels
        .into_iter()
        .map(|channel| report::ChannelRow {
            channel: channel.name,
            kind: channel.kind,
            waiting: channel.waiting,
            next_at: channel.next,
            good_at: Some(channel.gate.good_at).filter(|at| *at > 0),
            failed_at: Some(channel.gate.failed_at).filter(|at| *at > 0),
            why: channel.gate.why,
            unusable: channel.unusable,
        })
        .collect();
    let (plan, now) = (context.config.alerts.plan.clone(), clock::now_seconds());
    let style = style(format, context.streams);
    report::alerts(&rows, &plan, now, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn log(context: &mut Context<'_, '_>, limit: usize, format: &FormatArgs) -> Result<u8> {
    let mut stands = stands(context)?;
    stands.log.truncate(limit);
    if stands.log.is_empty() && stands.going().is_empty() {
        context.streams.note("nobody was told anything yet", &["`spendtop alert test CHANNEL` tries a channel"])?;
    }
    let style = style(format, context.streams);
    report::alert_log(&stands, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn test(context: &mut Context<'_, '_>, channel: &str) -> Result<u8> {
    let place = context.data_dir()?;
    let courier = courier(context)?;
    // Bad names are told before anything is opened.
    let known = courier.channels().iter().any(|known| known.name == channel);
    if !known && channel != crate::domain::alert::DESKTOP && channel != crate::domain::alert::TERMINAL {
        return Err(courier.unknown(channel));
    }
    let engine: std::sync::Arc<dyn Engine> = match folder::exists(&place) {
        true => wiring::reach(context, &place)?,
        // A channel can be tried before there is a store.
        false => std::sync::Arc::new(wiring::in_memory_engine(&context.config)),
    };
    let told = std::sync::Mutex::new(None);
    let terminal = |notice: &Notice| {
        *told.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(notice.clone());
        true
    };
    let fate = courier.test(&*engine, channel, &terminal)?;
    if let Some(notice) = told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        context.streams.print(&format!("{}\n{}\n", notice.title, notice.body))?;
    }
    let shown = SafeText::from_outside(channel);
    match fate {
        Fate::Delivered => {
            context.streams.print(&format!("{shown} has the test\n"))?;
            Ok(0)
        }
        Fate::Partly { refused, later, .. } => {
            let said = format!("{shown} has the test, but {}", Refused::words(refused.iter().chain(&later)));
            Err(Error::new(Kind::Provider, said)
                .hint("its readers are in [channels] of the config: `spendtop config path`"))
        }
        Fate::Failed { why, .. } | Fate::Impossible { why } | Fate::LeftOut { why } => {
            let error = Error::new(Kind::Provider, format!("{shown} has not got the test: {why}"));
            Err(error.hint("what is sent, and where, is in [channels] of the config: `spendtop config path`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::domain::alert::{DESKTOP, Kind as Of, TERMINAL};
    use crate::domain::calendar::Day;

    #[test]
    fn of_the_demo_nobody_is_told_but_what_would_be_is_found() {
        let (folder, config) = (tempfile::tempdir().expect("folder"), Config::default());
        let day = Day::parse("2024-11-20").expect("date");
        let engine = wiring::made_up(&config, config.demo.seed, day).expect("made up");
        let courier = Courier::new(&config, Place::beside(&folder.path().join("store")), Some(day), None).of_demo();
        assert_eq!(courier.silence(), Some(Silence::Demo));
        let news = courier.news(&engine).expect("looked");
        assert!([Of::Anomaly, Of::Budget].iter().all(|kind| news.iter().any(|l| l.message.kind == *kind)), "{news:?}");
        assert!(news.iter().all(|letter| [DESKTOP, TERMINAL].contains(&letter.channel.as_str())));
        let (none, most) = (CancellationToken::new(), Duration::from_secs(5));
        let round = courier.round(&engine, &|_| panic!("nobody is told"), &none, most).expect("looked");
        assert_eq!(round, crate::host::courier::Round::default());
        assert_eq!(courier.standing(&engine).expect("it stands"), AlertsAnswer::default());
        assert_eq!(courier.news(&engine).expect("again"), news);
    }
}
