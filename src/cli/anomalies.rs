//! `spendtop anomalies [list|show|ack|snooze|expect|reopen]`: what is out of the ordinary, and what is said of it.

use clap::{Args, Subcommand};

use super::args::FormatArgs;
use super::query::style;
use super::run::Context;
use super::wiring;
use crate::clock;
use crate::domain::anomaly::{Saying, Severity, State, Word};
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::text::SafeText;
use crate::engine::{AnomalyQuery, AnomalySort, Answer, Cancel, Command, Engine, Outcome, Question};
use crate::error::{Error, Result};
use crate::report;

/// `spendtop anomalies`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AnomaliesArgs {
    /// What to do; `list` where absent.
    #[command(subcommand)]
    pub command: Option<AnomaliesCommand>,
    /// Which to list.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Which anomalies to list.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct ListArgs {
    /// Of these states: open, acknowledged, snoozed, expected, resolved, or all [default: open, acknowledged].
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = states())]
    pub state: Vec<String>,
    /// That matter at least so much: low, medium, high, critical [default: low].
    #[arg(long, value_name = "SEVERITY", value_parser = severities())]
    pub severity: Option<String>,
    /// At places that a filter may admit: 'service:ec2 team=ml'.
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Vec<String>,
    /// Only this currency, like USD.
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// The order: impact, severity, since [default: impact].
    #[arg(long, value_name = "ORDER", value_parser = ["impact", "severity", "since"])]
    pub sort: Option<String>,
    /// Exit with code 1 where one of which nobody has said anything is listed.
    #[arg(long, value_name = "WHAT", value_parser = ["new"])]
    pub fail_on: Option<String>,
    /// Ask a generated company instead of the store.
    #[arg(long)]
    pub demo: bool,
    /// How it is written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// What to do with anomalies.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum AnomaliesCommand {
    /// The anomalies, the most money at stake first
    #[command(after_help = "Examples:
  spendtop anomalies list --severity high --format json
  spendtop anomalies list --where 'team=ml' --state all --sort since
  spendtop anomalies list --fail-on new || page-somebody")]
    List {
        /// Which.
        #[command(flatten)]
        list: Box<ListArgs>,
    },
    /// One: what it is in a paragraph, who has it, why, and its history
    Show {
        /// The beginning of its id, as `list` prints it.
        id: String,
        /// Ask a generated company instead of the store.
        #[arg(long)]
        demo: bool,
        /// How it is written: JSON has its days with the band, CSV only those.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Say that somebody looks into it
    Ack {
        /// Which, and who says it.
        #[command(flatten)]
        of: OfArgs,
    },
    /// Leave it alone until a day; it comes back then, if it goes on
    Snooze {
        /// Which, and who says it.
        #[command(flatten)]
        of: OfArgs,
        /// The day on which it is looked at again, like 2024-10-01 [default: in 7 days].
        #[arg(long, value_name = "DAY", value_parser = super::args::day)]
        until: Option<Day>,
    },
    /// Say that it is as it should be: its like at the same place is then expected from the beginning
    Expect {
        /// Which, and who says it.
        #[command(flatten)]
        of: OfArgs,
    },
    /// Open it again: what was said before does not count any more
    Reopen {
        /// Which, and who says it.
        #[command(flatten)]
        of: OfArgs,
    },
}

/// Of which anomaly something is said, and by whom.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct OfArgs {
    /// The beginning of its id, as `list` prints it.
    pub id: String,
    /// A note in your own words.
    #[arg(value_name = "NOTE")]
    pub note: Vec<String>,
    /// Who says it [default: the user's name].
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
}

fn states() -> clap::builder::PossibleValuesParser {
    State::ALL.map(State::word).into_iter().chain(["all"]).collect::<Vec<_>>().into()
}

fn severities() -> clap::builder::PossibleValuesParser {
    Severity::ALL.map(Severity::word).to_vec().into()
}

/// Days that are snoozed where none are named.
const SNOOZE_DAYS: i32 = 7;

/// Runs `anomalies`; returns the exit code.
///
/// # Errors
/// Where the store or the output fails, the filter cannot be read, or there is no such anomaly.
pub fn run(context: &mut Context<'_, '_>, args: &AnomaliesArgs) -> Result<u8> {
    match &args.command {
        None => list(context, &args.list),
        Some(AnomaliesCommand::List { list: args }) => list(context, args),
        Some(AnomaliesCommand::Show { id, demo, format }) => show(context, id, *demo, format),
        Some(AnomaliesCommand::Ack { of }) => say(context, of, Word::Acknowledged),
        Some(AnomaliesCommand::Snooze { of, until }) => {
            let until = until.unwrap_or(context.as_of.plus(SNOOZE_DAYS));
            say(context, of, Word::Snoozed(until))
        }
        Some(AnomaliesCommand::Expect { of }) => say(context, of, Word::Expected),
        Some(AnomaliesCommand::Reopen { of }) => say(context, of, Word::Reopened),
    }
}

fn list(context: &mut Context<'_, '_>, args: &ListArgs) -> Result<u8> {
    let by_word = |word: &String| State::ALL.into_iter().find(|state| state.word() == word);
    let states: Vec<State> = match args.state.as_slice() {
        [] => vec![State::Open, State::Acknowledged],
        words if words.iter().any(|word| word == "all") => Vec::new(),
        words => words.iter().filter_map(by_word).collect(),
    };
    let severity = args.severity.as_deref().and_then(|word| Severity::ALL.into_iter().find(|s| s.word() == word));
    let sort = args.sort.as_deref().and_then(|word| AnomalySort::ALL.into_iter().find(|s| s.name() == word));
    let query = AnomalyQuery {
        filter: filter(&args.filter, &context.config.own_dimensions())?,
        states: states.clone(),
        severity: severity.unwrap_or(Severity::Low),
        currency: args.currency.clone(),
        sort: sort.unwrap_or_default(),
    };
    let engine = wiring::engine(context, args.demo)?;
    let question = Question::Anomalies(query);
    let Answer::Anomalies(answer) = engine.ask(&question, context.as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than which anomalies there are"));
    };
    let style = style(&args.format, context.streams);
    report::anomalies(&answer, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    if answer.anomalies.is_empty() {
        let (why, hint) = report::why_none(&answer, &states);
        let hints: Vec<&str> = Some(hint.as_str()).filter(|hint| !hint.is_empty()).into_iter().collect();
        context.streams.note(&why, &hints)?;
    }
    let new = answer.anomalies.iter().any(|listed| listed.state == State::Open);
    Ok(u8::from(args.fail_on.is_some() && new))
}

/// The filter that all of the flags say together.
fn filter(texts: &[String], own: &[Dimension]) -> Result<Filter> {
    Ok(Filter::parse(&texts.join(" "), own)?)
}

fn show(context: &mut Context<'_, '_>, id: &str, demo: bool, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, demo)?;
    look(engine.as_ref(), context.as_of)?;
    let question = Question::Anomaly(id.to_owned());
    let Answer::Anomaly(answer) = engine.ask(&question, context.as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than what an anomaly is"));
    };
    let style = style(format, context.streams);
    report::anomaly(&answer, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

/// What nobody has looked for yet has no name.
fn look(engine: &dyn Engine, as_of: Day) -> Result<()> {
    engine.ask(&Question::Anomalies(AnomalyQuery::default()), as_of, &Cancel::default()).map(|_| ())
}

fn say(context: &mut Context<'_, '_>, of: &OfArgs, word: Word) -> Result<u8> {
    let who = of.who.clone().unwrap_or_else(user);
    let saying = Saying { word, who: who.into(), at: clock::now_seconds(), note: of.note.join(" ").into(), like: None };
    let engine = wiring::engine(context, false)?;
    look(engine.as_ref(), context.as_of)?;
    let outcome = engine.command(&Command::SayOfAnomaly { id: of.id.clone(), saying })?;
    let Outcome::OfAnomaly(said) = outcome else {
        return Err(Error::bug("something was said of an anomaly and something else became of it"));
    };
    let (id, place) = (SafeText::from_outside(&said.id[..6]), SafeText::from_outside(&said.place_words));
    context.streams.print(&format!("{id} is {}: {place}\n", said.state.word()))?;
    Ok(0)
}

/// The user's name, as the system has it.
fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|name| !name.is_empty());
    named("USER").or_else(|| named("LOGNAME")).or_else(|| named("USERNAME")).unwrap_or_else(|| "somebody".to_owned())
}
