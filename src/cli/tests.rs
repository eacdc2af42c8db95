//! The command line against an engine that answers what it is told: flags, lenses, output, talk.

mod anomalies;
mod answers;
mod budgets;
mod kept;
mod screenshot;
mod stores;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Mutex;

use clap::{CommandFactory, Parser};

use super::args::{Cli, Command, ExportFormat, Global, ImportsCommand, QueryArgs, ScopeArgs};
use super::lens::{lens_of, query_of, scope_of};
use super::*;
use crate::config::Config;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::period::Comparison;
use crate::engine::answer::{LeftOut, QueryAnswer, QueryRow};
use crate::engine::{Answer, Cancel, Engine, Extent, Question, Sort};
use crate::error::{Error, Kind, Result};

fn today() -> Day {
    Day::parse("2024-09-18").expect("day")
}

fn parsed(words: &str) -> Cli {
    Cli::try_parse_from(words.split(' ')).unwrap_or_else(|e| panic!("{words}: {e}"))
}

fn refused(words: &str) -> String {
    let error = Cli::try_parse_from(words.split(' ')).expect_err(words);
    assert_eq!(error.exit_code(), 2, "{words}");
    error.to_string()
}

fn query_args(words: &str) -> QueryArgs {
    let words = format!("spendtop query {words}");
    match parsed(words.trim_end()).command {
        Some(Command::Query(args)) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn definitions_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    let flags = "--data-dir /d --config /c.toml --as-of 2024-09-18";
    let want = Global {
        data_dir: Some("/d".into()),
        config: Some("/c.toml".into()),
        as_of: Some(today()),
        ..Global::default()
    };
    for words in [
        format!("spendtop {flags}"),
        format!("spendtop {flags} query --by region"),
        format!("spendtop query {flags} --by region"),
        format!("spendtop imports list {flags}"),
        "spendtop --data-dir /d store check --config /c.toml --as-of 2024-09-18".to_owned(),
    ] {
        assert_eq!(parsed(&words).global, want, "{words}");
    }
}

#[test]
fn commands_are_read() {
    assert_eq!(parsed("spendtop").command, None);
    let Some(Command::Import(args)) = parsed("spendtop import a.csv - --part --threads 2").command else { panic!() };
    assert_eq!((args.files.len(), args.part, args.threads), (2, true, Some(2)));
    let Some(Command::Imports(args)) = parsed("spendtop imports rm 7 --yes").command else { panic!() };
    assert_eq!(args.command, Some(ImportsCommand::Rm { id: "7".into(), yes: true }));
    let Some(Command::Export(args)) = parsed("spendtop export --format parquet -o x --last 7d").command else {
        panic!()
    };
    assert_eq!((args.format, args.scope.last.as_deref()), (ExportFormat::Parquet, Some("7d")));
    let args = query_args("--where -team:data --where env=prod");
    assert_eq!(args.lens.scope.filter, ["-team:data", "env=prod"]);
    assert!(refused("spendtop import").contains("<FILE>"));
    assert!(refused("spendtop import a --part --replace").contains("cannot be used with"));
    assert!(refused("spendtop import a --threads 0").contains("1..=256"));
    assert!(refused("spendtop qurey").contains("similar subcommand exists: 'query'"));
}

#[test]
fn misspelt_values_are_told_what_is_allowed() {
    for (flags, near, allowed) in [
        ("--metric efective", "'effective'", "effective, billed, list, contracted"),
        ("--granularity days", "'day'", "hour, day, week, month"),
        ("--format jsn", "'json'", "table, json, csv, markdown"),
        ("--compare previus", "'previous'", "previous, month-before, year-before, none"),
    ] {
        let text = refused(&format!("spendtop query {flags}"));
        assert!(text.contains(near) && text.contains(allowed), "{flags}: {text}");
    }
    let text = refused("spendtop query --from 2024-9-1");
    assert!(text.contains("a day is written like 2024-09-01"), "{text}");
}

fn lens(flags: &str, config: &Config) -> Result<Lens> {
    lens_of(&query_args(flags).lens, None, config, today(), &[Dimension::Service])
}

#[test]
fn without_flags_the_config_says_what_to_look_at() {
    let config = Config::default();
    let query =
        query_of(&QueryArgs { sort: "cost".into(), ..QueryArgs::default() }, None, &config, today()).expect("query");
    assert_eq!(query.lens.by, [Dimension::Service]);
    assert_eq!(query.lens.comparison, Comparison::None);
    assert_eq!(query.lens.period.to_string(), "this-month");
    assert_eq!((query.granularity, query.sort, query.limit), (None, Sort::Cost, None));
    let text = "[lens]\nby = [\"region\"]\nperiod = \"7d\"\ncomparison = \"previous\"\nwhere = \"env=prod\"\ncurrency = \"EUR\"\nmetric = \"list\"";
    let config = crate::config::parse(text, "c").expect("config");
    let lens = lens("", &config).expect("lens");
    assert_eq!(lens, config.lens(&[]));
    assert_eq!(lens.by, [Dimension::Region]);
}

#[test]
fn flags_say_what_to_look_at() {
    let config = Config::default();
    let days = |flags: &str| lens(flags, &config).expect(flags).days(today()).0.to_string();
    for (flags, want) in [
        ("--last 7d", "2024-09-12..2024-09-19"),
        ("--last 7", "2024-09-12..2024-09-19"),
        ("--last 2w", "2024-09-05..2024-09-19"),
        ("--last month", "2024-08-01..2024-09-01"),
        ("--from 2024-09-01 --to 2024-09-08", "2024-09-01..2024-09-08"),
        ("--from 2024-09-10", "2024-09-10..2024-09-19"),
        ("--month 2024-02", "2024-02-01..2024-03-01"),
        ("--month december", "2023-12-01..2024-01-01"),
        ("--period 2024-Q1", "2024-01-01..2024-04-01"),
        ("--period last-week", "2024-09-09..2024-09-16"),
    ] {
        assert_eq!(days(flags), want, "{flags}");
    }
    let lens = lens(
        "--by service,team --by tag:\"a,b\" --metric billed --compare year-before --granularity week --currency eur --where env=prod --where cost>5",
        &config,
    )
    .expect("lens");
    let names: Vec<String> = lens.by.iter().map(Dimension::name).collect();
    assert_eq!(names, ["service", "tag:team", "tag:a,b"]);
    assert_eq!((lens.metric, lens.comparison), (Metric::Billed, Comparison::YearBefore));
    assert_eq!((lens.granularity, lens.currency.as_deref()), (Granularity::Week, Some("EUR")));
    assert_eq!(lens.filter.to_string(), "tag:env=prod cost>5");
    assert_eq!(self::lens("--by none", &config).expect("lens").by, []);
}

#[test]
fn an_export_without_flags_is_of_everything() {
    let config = crate::config::parse("[lens]\nwhere = \"env=prod\"\ncurrency = \"EUR\"", "c").expect("config");
    let scope = scope_of(&ScopeArgs::default(), &config, today()).expect("scope");
    assert_eq!(scope, super::lens::Scope { period: None, filter: None, currency: None });
}

#[test]
fn flags_that_cannot_be_meant_are_explained() {
    for (flags, message, hint) in [
        ("--last 7d --from 2024-09-01", "`--last` and `--from` both say which days", "leave out `--last` or `--from`"),
        ("--month 2024-09 --period 7d", "`--month` and `--period` both say which days", "leave out"),
        ("--to 2024-09-08", "`--to` needs `--from`, the first day", "--from 2024-08-09 --to 2024-09-08"),
        (
            "--from 2024-09-08 --to 2024-09-08",
            "`--from 2024-09-08 --to 2024-09-08` holds no day: `--to` is the day after the last",
            "--to 2024-09-09",
        ),
        ("--from 2024-10-01", "`--from 2024-10-01` lies after today, 2024-09-18", ""),
        ("--last soon", "`--last soon` is no span of days", "30d"),
        ("--month 2024", "`--month 2024` is no month", "2024-09"),
        ("--period 2024-13", "`--period 2024-13` is no period", "last-quarter"),
        ("--by serivce", "`--by`: unknown dimension `serivce`", "did you mean `service`?"),
        ("--by owner", "`--by`: unknown dimension `owner`", "dimensions are provider, "),
        ("--by service,service", "`--by` has `service` twice", ""),
        ("--by sku,region,service,provider,resource", "`--by` has 5 dimensions, at most 4 work", "--where"),
        ("--by sku,nosuch,service,service,resource", "`--by` has 5 dimensions, at most 4 work", "--where"),
        ("--by ,", "`--by` is empty", "--by none"),
        ("--currency dollars", "`--currency` takes a code of three letters like USD, not `dollars`", ""),
        ("--sort change", "`--sort change` needs something to compare with", "--compare previous"),
        ("--sort time", "`--sort time` needs pieces of time", "--granularity hour"),
        ("--sort region", "`--sort region`: the answer is not by region", "add region to --by"),
        ("--sort csot", "`--sort`: unknown order `csot`", "did you mean `cost`?"),
        ("--where --limit", "`--where` has no filter: it is followed by the flag `--limit`", ""),
        (
            "--where serivce:ec2",
            "in the filter: unknown dimension `serivce`\n  serivce:ec2\n  ^",
            "service:...; a tag of that name is written tag:serivce=...",
        ),
    ] {
        let error = query_of(&query_args(flags), None, &Config::default(), today()).expect_err(flags);
        assert_eq!(error.message, message, "{flags}");
        assert_eq!(error.kind, Kind::Usage);
        let said = hint.is_empty() || error.hints.iter().any(|h| h.contains(hint));
        assert!(said, "{flags}: {:?}", error.hints);
    }
}

/// What a whole command line says.
fn run_words(words: &str) -> (String, String, Result<u8>) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(&parsed(words), &mut Streams::new(&mut out, &mut err, None, false));
    (String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"), code)
}

#[test]
fn config_commands_work_with_a_broken_config() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("c.toml");
    let shown = path.display().to_string();
    let flag = format!("--config {shown}");
    let (out, err, code) = run_words(&format!("spendtop config path {flag}"));
    assert_eq!((out, code), (format!("{shown}\n"), Ok(0)));
    assert!(err.contains("no such file"), "{err}");
    assert!(run_words(&format!("spendtop config check {flag}")).2.is_err(), "a named file must be there");
    std::fs::write(&path, "[lens]\nmetric = 1\n").expect("write");
    let error = run_words(&format!("spendtop config check {flag}")).2.expect_err("bad");
    assert!(error.message.starts_with(&format!("{shown}:2:10: `lens.metric` must be")), "{error}");
    assert!(run_words(&format!("spendtop query {flag}")).2.is_err());
    assert_eq!(run_words(&format!("spendtop config template {flag}")).0, crate::config::TEMPLATE);
    std::fs::write(&path, "[settle]\ngcp = 5\n").expect("write");
    assert_eq!(run_words(&format!("spendtop config check {flag}")).0, format!("`{shown}` is sound\n"));
    std::fs::write(&path, "[keys]\nquit = \"m\"\n").expect("write");
    let error = run_words(&format!("spendtop config check {flag}")).2.expect_err("one key for two actions");
    assert!(error.message.contains("`metric` (m) and `quit` (m) have the same key"), "{error}");
    assert!(error.message.contains(&format!("{shown}:2:8: ")), "{error:?}");
    assert!(error.hints.iter().any(|hint| hint.contains("spendtop config keys")), "{error:?}");
    std::fs::write(&path, "[keys]\nquit = \"<C-q>\"\n[sources]\nprefer = [\"api\"]\n").expect("write");
    assert_eq!(run_words(&format!("spendtop config check {flag}")).0, format!("`{shown}` is sound\n"));
}

#[test]
fn the_data_folder_is_the_flags_then_the_configs() {
    let config = crate::config::parse("[data]\ndir = \"/var/spend\"", "c").expect("config");
    assert_eq!(super::config::data_dir(&Global::default(), &config), Ok("/var/spend".into()));
    let global = Global { data_dir: Some("/d".into()), ..Global::default() };
    assert_eq!(super::config::data_dir(&global, &config), Ok("/d".into()));
}

#[test]
fn completions_and_manual_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (out, _, code) = run_words(&format!("spendtop completions {shell}"));
        assert_eq!(code, Ok(0));
        for word in ["imports", "granularity", "compare", "as-of"] {
            assert!(out.contains(word), "{shell}: {word}");
        }
    }
    let (out, _, _) = run_words("spendtop man");
    assert!(out.contains(".TH spendtop 1") && out.contains("SPENDTOP_DATA_DIR"), "{out}");
    let (out, _, _) = run_words("spendtop man query");
    assert!(out.contains(".TH spendtop-query 1") && out.contains("granularity"), "{out}");
    let error = run_words("spendtop man qeury").2.expect_err("unknown");
    assert_eq!(error.hints[0], "did you mean `query`?");
}

#[test]
fn errors_are_printed_with_their_hints_and_nothing_that_moves_a_cursor() {
    let error = Error::usage("in `a\u{1b}[2J`\n  text\n    ^").hint("do that");
    let mut out = Vec::new();
    print_error(&error, &mut out).expect("written");
    assert_eq!(out, b"error: in `a\\x1b[2J`\n  text\n    ^\n  hint: do that\n");
}

#[test]
fn the_demos_line_fits_a_terminal_of_80_columns() {
    assert!(super::app::DEMO_BANNER.len() < 80, "with the space before it");
}

/// The words of a command as a shell reads them, as far as single quotes go.
fn shell_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' if !quoted => words.extend(word.take()),
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if !quoted => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn the_command_of_a_view_asks_for_the_same_whatever_the_config() {
    use crate::domain::{filter::Filter, period::PeriodSpec};
    use crate::engine::twin;
    let config = "[lens]\nby = [\"region\"]\nperiod = \"7d\"\ncomparison = \"previous\"\nwhere = \"env=prod\"\nmetric = \"list\"";
    let config = crate::config::parse(config, "c").expect("config");
    let month = PeriodSpec::Month(crate::domain::calendar::Month::new(2024, 8));
    let days = crate::domain::calendar::Period { from: today().plus(-5), to: today() };
    let filter = |text: &str| Filter::parse(text, &[]).expect(text);
    for lens in [
        Lens::default(),
        Lens { by: vec![], comparison: Comparison::None, metric: Metric::Billed, ..Lens::default() },
        Lens { period: month, filter: filter("resource:\"bob's\" -service:ec2|s3"), ..Lens::default() },
        Lens { by: vec![Dimension::Tag("a,b".into()), Dimension::Sku], ..Lens::default() },
        Lens { period: PeriodSpec::Range(days), currency: Some("EUR".into()), ..Lens::default() },
        Lens { period: PeriodSpec::LastDays(30), filter: filter("tag:\"k8s:app\"=web cost>5"), ..Lens::default() },
    ] {
        let read =
            |command: String| Cli::try_parse_from(shell_words(&command)).unwrap_or_else(|e| panic!("{command}: {e}"));
        let cli = read(twin::query(&lens, None, today()));
        let Some(Command::Query(args)) = cli.command else { panic!() };
        let as_of = cli.global.as_of.expect("a day");
        assert_eq!(query_of(&args, None, &config, as_of).map(|q| q.lens), Ok(lens.clone()));
        for granularity in [Granularity::Day, Granularity::Week] {
            let lens = Lens { granularity, ..lens.clone() };
            let cli = read(twin::spend(&lens, today()));
            let Some(Command::Spend(args)) = cli.command else { panic!() };
            assert_eq!(cli.global.as_of, Some(today()));
            assert_eq!(lens_of(&args.lens, None, &config, as_of, &[Dimension::Provider]), Ok(lens));
        }
    }
}
