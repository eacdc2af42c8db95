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
use crate::engine::anomalies::words;
use crate::engine::answer::{AnomaliesAnswer, Listed};
use crate::engine::{AnomalyQuery, AnomalySort, Answer, Cancel, Command, Engine, Outcome, Question};
use crate::error::{Error, Result};
use crate::report;

/// `spendtop anomalies`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
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
    /// Of these states: open, acknowledged, snoozed, expected, resolved, or all [default: open,
    /// acknowledged, and what was resolved in the last week].
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
    /// Exit with code 1 where one is listed that is open, or of the last week and over before its charges came, as long as
    /// nobody has said anything of it.
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
    /// The anomalies, the gravest first
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
        #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = super::args::day)]
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

/// Days for which one that ended by itself is listed unasked.
const LATELY_DAYS: i32 = 7;
/// Of how many a list for machines tells why: each is looked up among the charges.
const TOLD_MAX: usize = 50;
/// Days that are snoozed where none are named.
const SNOOZE_DAYS: i32 = 7;

/// Runs `anomalies`; returns the exit code.
///
/// # Errors
/// Where the store or the output fails, the filter cannot be read, or there is no such anomaly.
pub fn run(context: &mut Context<'_, '_>, args: &AnomaliesArgs) -> Result<u8> {
    // Flags of every command may stand before one of these too, so clap cannot tell these apart.
    if args.command.is_some() && args.list != ListArgs::default() {
        let error = Error::usage("flags of a list stand before another command of `anomalies`");
        return Err(error.hint("write them behind it, like `spendtop anomalies list --state all`"));
    }
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
        [] => vec![State::Open, State::Acknowledged, State::Resolved],
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
    let Answer::Anomalies(mut answer) = engine.ask(&question, context.as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than which anomalies there are"));
    };
    said_of_later(context, &answer)?;
    if args.state.is_empty() {
        let lately = context.as_of.plus(-LATELY_DAYS);
        answer.anomalies.retain(|l| l.state != State::Resolved || l.anomaly.finding.last >= lately);
    }
    let style = style(&args.format, context.streams);
    if style.format == report::Format::Json {
        let told = told(engine.as_ref(), &answer.anomalies, context.as_of)?;
        report::anomalies_told(&told, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    } else {
        report::anomalies(&answer, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    }
    if answer.anomalies.is_empty() {
        let asked = if args.state.is_empty() { &states[..2] } else { &states };
        let (why, hint) = report::why_none(&answer, asked);
        let hints: Vec<&str> = Some(hint.as_str()).filter(|hint| !hint.is_empty()).into_iter().collect();
        context.streams.note(&why, &hints)?;
    }
    let is_new = |listed: &Listed| listed.state == State::Open || listed.late_news;
    let new = answer.anomalies.iter().any(is_new);
    Ok(u8::from(args.fail_on.is_some() && new))
}

/// Says that what is told is known of a later day than the one that is asked about.
fn said_of_later(context: &mut Context<'_, '_>, answer: &AnomaliesAnswer) -> Result<()> {
    let Some(looked) = answer.looked else { return Ok(()) };
    let text = format!("figures and states are as of {looked}, which was looked at last: later than {}", answer.as_of);
    context.streams.note(&text, &["what began after that day is left out"])
}

/// What is told of each in a list for machines: why the first of them cost more, and the paragraph.
fn told(engine: &dyn Engine, listed: &[Listed], as_of: Day) -> Result<Vec<report::AnomalyTold>> {
    let one = |(at, listed): (usize, &Listed)| {
        let question = Question::Anomaly(listed.anomaly.id.to_string());
        let (driver, summary) = match (at < TOLD_MAX).then(|| engine.ask(&question, as_of, &Cancel::default())) {
            Some(Ok(Answer::Anomaly(answer))) => (answer.driver, answer.summary),
            Some(Ok(_)) => return Err(Error::bug("the engine answered another question than what an anomaly is")),
            Some(Err(error)) => return Err(error),
            None => (None, words::summary(listed, None, None)),
        };
        Ok(report::AnomalyTold { listed: listed.clone(), driver, summary })
    };
    listed.iter().enumerate().map(one).collect()
}

/// The filter that all of the flags say together.
fn filter(texts: &[String], own: &[Dimension]) -> Result<Filter> {
    Ok(Filter::parse(&texts.join(" "), own)?)
}

fn show(context: &mut Context<'_, '_>, id: &str, demo: bool, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, demo)?;
    let looked = look(engine.as_ref(), context.as_of)?;
    said_of_later(context, &looked)?;
    let question = Question::Anomaly(id.to_owned());
    let Answer::Anomaly(answer) = engine.ask(&question, context.as_of, &Cancel::default())? else {
        return Err(Error::bug("the engine answered another question than what an anomaly is"));
    };
    let style = style(format, context.streams);
    report::anomaly(&answer, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

/// What nobody has looked for yet has no name.
fn look(engine: &dyn Engine, as_of: Day) -> Result<AnomaliesAnswer> {
    match engine.ask(&Question::Anomalies(AnomalyQuery::default()), as_of, &Cancel::default())? {
        Answer::Anomalies(answer) => Ok(answer),
        _ => Err(Error::bug("the engine answered another question than which anomalies there are")),
    }
}

fn say(context: &mut Context<'_, '_>, of: &OfArgs, word: Word) -> Result<u8> {
    let who = of.who.clone().unwrap_or_else(user);
    let saying = Saying {
        word,
        who: who.into(),
        at: moment(context.as_of),
        note: of.note.join(" ").into(),
        like: None,
        moved: None,
    };
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

/// The moment at which something is said: now, or on the day that is taken for today.
fn moment(as_of: Day) -> i64 {
    let now = clock::now_seconds();
    if Day::of_seconds(now) == as_of { now } else { as_of.seconds() }
}

/// The user's name, as the environment or the system has it, or else the number.
fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|name| !name.is_empty());
    named("USER").or_else(|| named("LOGNAME")).or_else(|| named("USERNAME")).unwrap_or_else(|| {
        let uid = rustix::process::getuid().as_raw();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        name_of(&users, uid).unwrap_or_else(|| format!("uid {uid}"))
    })
}

/// The name that a list of users has for a number.
fn name_of(users: &str, uid: u32) -> Option<String> {
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let own = lines.find(|fields| fields.get(2).and_then(|id| id.parse().ok()) == Some(uid))?;
    own.first().filter(|name| !name.is_empty()).map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command as Commands};

    fn parsed(line: &str) -> AnomaliesArgs {
        let cli = Cli::try_parse_from(line.split(' ')).expect("a command line");
        let Some(Commands::Anomalies(args)) = cli.command else { panic!("{:?}", cli.command) };
        assert_eq!(cli.global.data_dir.as_deref(), Some(std::path::Path::new("X")), "{line}");
        *args
    }

    #[test]
    fn flags_of_every_command_stand_anywhere() {
        for line in [
            "spendtop anomalies --data-dir X show e39",
            "spendtop --data-dir X anomalies show e39",
            "spendtop anomalies show --data-dir X e39",
        ] {
            let args = parsed(line);
            assert!(matches!(args.command, Some(AnomaliesCommand::Show { id, .. }) if id == "e39"), "{line}");
            assert_eq!(args.list, ListArgs::default());
        }
        assert_ne!(parsed("spendtop anomalies --data-dir X --state all show e39").list, ListArgs::default());
    }

    #[test]
    fn who_says_something_is_called_by_a_name_or_a_number() {
        let users = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\n:x:7:7\nbroken\n";
        assert_eq!((name_of(users, 1000).as_deref(), name_of(users, 7), name_of(users, 9)), (Some("ana"), None, None));
    }

    #[test]
    fn what_is_said_as_of_a_day_is_said_on_it() {
        assert_eq!(Day::of_seconds(moment(Day(20_000))), Day(20_000));
        let today = clock::today();
        assert!(Day::of_seconds(moment(today)) >= today);
    }
}
