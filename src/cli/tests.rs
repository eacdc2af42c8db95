//! The command line against an engine that answers what it is told: flags, lenses, output, talk.

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
    let want = Global { data_dir: Some("/d".into()), config: Some("/c.toml".into()), as_of: Some(today()) };
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
    lens_of(&query_args(flags).lens, config, today(), &[Dimension::Service])
}

#[test]
fn without_flags_the_config_says_what_to_look_at() {
    let config = Config::default();
    let query = query_of(&QueryArgs { sort: "cost".into(), ..QueryArgs::default() }, &config, today()).expect("query");
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
        let error = query_of(&query_args(flags), &Config::default(), today()).expect_err(flags);
        assert_eq!(error.message, message, "{flags}");
        assert_eq!(error.kind, Kind::Usage);
        let said = hint.is_empty() || error.hints.iter().any(|h| h.contains(hint));
        assert!(said, "{flags}: {:?}", error.hints);
    }
}

/// An engine that gives one answer and remembers what it was asked.
struct Told {
    answers: Vec<QueryAnswer>,
    extent: Extent,
    asked: Mutex<Vec<Question>>,
}

impl Engine for Told {
    fn ask(&self, question: &Question, _as_of: Day, _cancel: &Cancel) -> Result<Answer> {
        self.asked.lock().expect("lock").push(question.clone());
        Ok(match question {
            Question::Spend(_) => Answer::Spend(Vec::new()),
            _ => Answer::Query(self.answers.clone()),
        })
    }

    fn extent(&self) -> Result<Extent> {
        Ok(self.extent.clone())
    }
}

fn told(answers: Vec<QueryAnswer>) -> Told {
    let day = |text: &str| Day::parse(text).expect("day");
    let days = Some((day("2024-09-01"), day("2024-09-30")));
    let extent = Extent { days, rows: 5, currencies: vec!["USD".into()], ..Extent::default() };
    Told { answers, extent, asked: Mutex::default() }
}

fn answer(currency: &str, cost: &str) -> QueryAnswer {
    let cost = cost.parse().ok();
    let row = QueryRow {
        key: vec!["=HYPERLINK(\"x\")".into()],
        names: BTreeMap::new(),
        start: None,
        cost,
        previous: None,
        unknown_rows: u64::from(cost.is_none()),
    };
    QueryAnswer {
        metric: Metric::Effective,
        currency: currency.to_owned(),
        period: crate::domain::calendar::Month::new(2024, 9).period(),
        previous_period: None,
        by: vec![Dimension::Service],
        granularity: None,
        groups: 1,
        unknown_rows: row.unknown_rows,
        rows: vec![row],
        total: cost,
        previous_total: None,
        incomplete: false,
        previous_from: None,
        left_out: None,
    }
}

/// What `spendtop query FLAGS` says: answer, talk, exit code or error.
fn said(flags: &str, engine: &dyn Engine) -> (String, String, Result<u8>) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams::new(&mut out, &mut err, None, false);
    let args = query_args(flags);
    let code = query_of(&args, &Config::default(), today())
        .and_then(|question| query::query(&question, &args.format, engine, today(), &mut streams));
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(out), text(err), code)
}

#[test]
fn charges_that_lie_in_no_hour_are_said_beside_the_answer() {
    let mut hourly = answer("USD", "1.5");
    hourly.left_out = Some(LeftOut { rows: 12, cost: "340.5".parse().ok() });
    let engine = told(vec![hourly]);
    let (out, err, _) = said("--granularity hour", &engine);
    assert!(!out.contains("340.5"), "{out}");
    assert!(err.contains("12 charges are longer than an hour and left out") && err.contains("340.5 USD"), "{err}");
    assert!(err.contains("--granularity day"), "{err}");
    let (out, err, _) = said("--granularity hour --format json", &engine);
    assert!(out.contains(r#""left_out":{"rows":12,"cost":"340.5"}"#), "{out}");
    assert_eq!(err, "");
}

#[test]
fn a_query_asks_and_writes_each_format() {
    let engine = told(vec![answer("USD", "12.5"), answer("EUR", "unknown")]);
    let (out, err, code) = said("--format csv --limit 3", &engine);
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    assert_eq!(
        out,
        "service,currency,cost,unknown_rows\n\"'=HYPERLINK(\"\"x\"\")\",USD,12.5,0\n\"'=HYPERLINK(\"\"x\"\")\",EUR,,1\n"
    );
    let Some(Question::Query(asked)) = engine.asked.lock().expect("lock").pop() else { panic!() };
    assert_eq!(asked.limit, Some(3));
    let (out, _, _) = said("--format csv --raw", &engine);
    assert!(out.contains("\n\"=HYPERLINK"), "{out}");
    let (out, _, _) = said("--format json", &engine);
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json[0]["rows"][0]["key"]["service"], "=HYPERLINK(\"x\")");
    assert_eq!(json[1]["rows"][0]["cost"], serde_json::Value::Null);
    assert_eq!(json[1]["unknown_rows"], 1);
    let (out, _, _) = said("", &engine);
    assert!(out.ends_with("Total             n/a\n1 charge with unknown cost is in no sum\n"), "{out}");
}

#[test]
fn an_empty_answer_says_where_the_data_is() {
    for (flags, want) in [
        (
            "--month 2024-10",
            "note: no charges in 2024-10-01 to 2024-10-31: the data covers 2024-09-01 to 2024-09-30\n  hint: for all of it: --from 2024-09-01 --to 2024-10-01\n  hint: to stand at its last day: --as-of 2024-09-30\n",
        ),
        ("--currency EUR", "note: no charges in EUR: the data has USD\n"),
        (
            "--where env=prod",
            "note: no charges in 2024-09-01 to 2024-09-18 match the filter tag:env=prod\n  hint: --where '' leaves the filter out\n",
        ),
        (
            "--granularity hour",
            "note: no hourly charges in 2024-09-01 to 2024-09-18\n  hint: charges of whole days show with --granularity day\n",
        ),
    ] {
        let (out, err, code) = said(&format!("{flags} --format json"), &told(Vec::new()));
        assert_eq!((out.as_str(), err.as_str(), code), ("[]\n", want, Ok(0)), "{flags}");
    }
    let mut engine = told(Vec::new());
    engine.extent = Extent::default();
    let (out, err, _) = said("", &engine);
    assert_eq!(out, "");
    assert!(err.starts_with("note: there is no data yet\n  hint: `spendtop import FILE`"), "{err}");
}

/// A writer whose reader has gone.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_has_gone_is_noticed_in_every_format() {
    for format in ["table", "json", "csv", "markdown"] {
        let mut err = Vec::new();
        let mut gone = Gone;
        let mut streams = Streams::new(&mut gone, &mut err, None, false);
        let args = query_args(&format!("--format {format}"));
        let question = query_of(&args, &Config::default(), today()).expect("query");
        let result = query::query(&question, &args.format, &told(vec![answer("USD", "1")]), today(), &mut streams);
        assert!(result.is_err() && streams.is_reader_gone(), "{format}");
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
    std::fs::write(&path, "[keys]\nquit = \"x\"\n[screen]\nmouse = true\n").expect("write");
    assert_eq!(
        run_words(&format!("spendtop config check {flag}")).0,
        format!("`{shown}` is sound\nnot used yet, whatever it says: [keys], [screen]\n")
    );
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

/// A folder with a store of the demo's last days, and the words that name it.
fn demo_store() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let store = crate::store::Store::open(&place, &[]).expect("open");
    fill_with_demo_days(&store, 1, today(), 2).expect("filled");
    let flags = format!("--data-dir {} --as-of {}", place.display(), today());
    (folder, flags)
}

#[test]
fn a_bill_is_not_added_to_the_demo() {
    let (folder, flags) = demo_store();
    let bill = folder.path().join("bill.csv");
    let text = "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName\n\
                USD,1,2024-09-14T00:00:00Z,2024-09-15T00:00:00Z,AWS\n";
    std::fs::write(&bill, text).expect("write");
    let import = format!("spendtop import {} {flags}", bill.display());
    for words in [import.clone(), format!("{import} --dry-run")] {
        let error = run_words(&words).2.expect_err("refused");
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message.contains("holds the demo company"), "{error}");
        assert!(error.hints.iter().any(|h| h.contains("spendtop imports rm 1")), "{:?}", error.hints);
    }
    let error = run_words(&format!("{import} --source demo")).2.expect_err("reserved");
    assert!(error.message.contains("the generated company's"), "{error}");
    assert_eq!(run_words(&format!("spendtop imports rm 1 --yes {flags}")).2, Ok(0));
    assert_eq!(run_words(&import).2, Ok(0), "as the hint says");
}

#[test]
fn an_export_gives_a_terminal_no_raw_text() {
    let mut out = Vec::new();
    let mut err = Vec::new();
    let cli = parsed("spendtop export --demo --format csv -o -");
    let error = run(&cli, &mut Streams::new(&mut out, &mut err, Some(80), true)).expect_err("refused");
    assert_eq!((error.kind, out.len()), (Kind::Usage, 0));
    assert!(error.hints.iter().any(|h| h.contains("redirect it, or name a file")), "{:?}", error.hints);
}

#[test]
fn a_check_fails_where_something_committed_is_gone_and_only_there() {
    let (folder, flags) = demo_store();
    let place = folder.path().join("store");
    let check = format!("spendtop store check {flags}");
    std::fs::write(place.join("generation"), "nonsense").expect("write");
    let (out, err, code) = run_words(&check);
    // The manifest's copy says as much as the note did.
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    assert!(out.starts_with("sound: "), "{out}");
    for note in ["generation", "witness"] {
        std::fs::write(place.join(note), "nonsense").expect("write");
    }
    assert!(run_words(&check).1.contains("every charge that is here was verified"));
    std::fs::remove_dir_all(place.join("db")).expect("remove");
    assert_eq!(run_words(&check).2.map_err(|e| e.kind), Err(Kind::Store));
}

#[test]
fn what_damage_took_is_told_until_it_is_here_again_or_accepted() {
    let folder = tempfile::tempdir().expect("folder");
    let bill = folder.path().join("bill.csv");
    let text = "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId\n\
                USD,7,2024-09-14T00:00:00Z,2024-09-15T00:00:00Z,AWS,1\n";
    std::fs::write(&bill, text).expect("write");
    let place = folder.path().join("store");
    let flags = format!("--as-of 2024-09-15 --data-dir {}", place.display());
    let import = format!("spendtop import {} {flags}", bill.display());
    let query = format!("spendtop query --metric billed --by none --last 30d --format json {flags}");
    assert_eq!(run_words(&import).2, Ok(0));
    let sound = run_words(&query);
    assert_eq!((sound.1.as_str(), &sound.2), ("", &Ok(0)));
    let lose = || std::fs::remove_dir_all(place.join("db")).expect("remove");
    lose();
    for _ in 0..2 {
        let (out, err, code) = run_words(&query);
        assert_eq!((out.trim(), code), ("[]", Ok(0)));
        assert!(err.contains("damage took charges") && err.contains("AWS 1 2024-09"), "{err}");
        let (out, _, code) = run_words(&format!("spendtop store check {flags}"));
        assert!(out.contains("lost: AWS 1 2024-09: 1 charges of") && out.contains("bill.csv"), "{out}");
        let error = code.expect_err("lost");
        assert!(error.kind == Kind::Store && error.hints[0].contains("bill.csv"), "{error:?}");
        let (out, _, _) = run_words(&format!("spendtop imports list {flags}"));
        assert!(out.contains("bill.csv  (1 charges lost to damage)"), "{out}");
    }
    assert_eq!(run_words(&import).2, Ok(0), "not stored already");
    assert_eq!(run_words(&query), sound);
    for way_out in ["imports rm 2 --yes", "store accept-loss"] {
        assert!(run_words(&import).2.is_ok());
        lose();
        assert!(run_words(&query).1.contains("damage took charges"));
        assert_eq!(run_words(&format!("spendtop {way_out} {flags}")).2, Ok(0), "{way_out}");
        assert!(!run_words(&query).1.contains("damage"), "{way_out}");
        assert_eq!(run_words(&format!("spendtop store check {flags}")).2, Ok(0), "{way_out}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_fault_of_the_store() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams::new(&mut out, &mut err, None, false);
    let error = streams.failed(&std::io::ErrorKind::StorageFull.into());
    assert_eq!((error.kind, streams.is_reader_gone()), (Kind::Usage, false));
}

#[test]
fn a_file_is_no_store_and_a_failed_restore_leaves_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("bill.csv");
    std::fs::write(&file, "BilledCost\n").expect("write");
    for words in ["store check", "query", "import x.csv"] {
        let error = run_words(&format!("spendtop {words} --data-dir {}", file.display())).2.expect_err(words);
        assert!(error.kind == Kind::Usage && error.message.contains("is a file"), "{error:?}");
    }
    let fresh = folder.path().join("fresh");
    let restore = format!("spendtop store restore {} --data-dir {}", file.display(), fresh.display());
    assert_eq!(run_words(&restore).2.map_err(|e| e.kind), Err(Kind::Usage));
    assert!(!fresh.exists(), "a folder was left behind");
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
        let cli = read(twin::command(&lens, today()));
        let Some(Command::Query(args)) = cli.command else { panic!() };
        let as_of = cli.global.as_of.expect("a day");
        assert_eq!(query_of(&args, &config, as_of).map(|q| q.lens), Ok(lens.clone()));
        for granularity in [Granularity::Day, Granularity::Week] {
            let lens = Lens { granularity, ..lens.clone() };
            let cli = read(twin::spend(&lens, today()));
            let Some(Command::Spend(args)) = cli.command else { panic!() };
            assert_eq!(cli.global.as_of, Some(today()));
            assert_eq!(lens_of(&args.lens, &config, as_of, &[Dimension::Provider]), Ok(lens));
        }
    }
}

/// A bill of so many charges of an account.
fn bill(folder: &std::path::Path, name: &str, account: &str, charges: std::ops::Range<u32>) -> String {
    let mut text =
        "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId,ResourceId\n"
            .to_owned();
    for charge in charges {
        text.push_str(&format!("USD,1,2024-09-14T00:00:00Z,2024-09-15T00:00:00Z,AWS,{account},r-{charge}\n"));
    }
    let path = folder.join(name);
    std::fs::write(&path, text).expect("write");
    path.display().to_string()
}

#[test]
fn an_import_says_which_source_counts_and_how_to_change_that() {
    let folder = tempfile::tempdir().expect("folder");
    let flags = format!("--data-dir {} --as-of {}", folder.path().join("store").display(), today());
    let import = |words: &str| run_words(&format!("spendtop import {words} {flags}"));
    let (full, small) = (bill(folder.path(), "full.csv", "a", 0..500), bill(folder.path(), "small.csv", "a", 0..1));
    let (_, err, code) = import(&format!("--source cur {full}"));
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    let want = "note: 1 account period counts from source `cur`, as before; what these files hold of it is kept, not added\n  \
                AWS a 2024-09: billed 500.00 USD, these files 1.00 USD\n  \
                hint: to let these files count there, remove what counts: `spendtop imports rm 1`\n";
    for again in [false, true] {
        let (out, err, code) = import(&format!("--source tst {small}"));
        assert_eq!((err.as_str(), code), (want, Ok(0)));
        assert!(
            out.contains(if again { "already stored; nothing to do: 1 charges" } else { "took 1 charges" }),
            "{out}"
        );
    }
    let (_, err, code) = run_words(&format!("spendtop imports rm 1 --yes {flags}"));
    assert_eq!((err.as_str(), code), ("note: 1 account period counts from source `tst` now\n", Ok(0)));
}

#[test]
fn an_import_says_what_is_left_out_and_what_does_not_come_back() {
    let folder = tempfile::tempdir().expect("folder");
    let flags = format!("--data-dir {} --as-of {}", folder.path().join("store").display(), today());
    let import = |words: &str| run_words(&format!("spendtop import {words} {flags}"));
    let first = bill(folder.path(), "a.csv", "a", 0..10);
    let (out, _, code) = import(&first);
    assert_eq!(code, Ok(0));
    assert!(out.ends_with("import 1; `spendtop imports rm 1` removes its charges\n"), "{out}");
    let second = bill(folder.path(), "b.csv", "a", 10..20);
    let (out, _, code) = import(&format!("--part {first} {second}"));
    assert_eq!(code, Ok(0));
    assert!(out.contains("a.csv: already stored\n") && out.contains("AWS a 2024-09: 10 charges added\n"), "{out}");
    let (out, _, code) = import(&format!("--part {first} {second}"));
    assert_eq!((out.lines().last(), code), (Some("already stored; nothing to do"), Ok(0)));
    let newer = bill(folder.path(), "c.csv", "a", 0..21);
    let (out, _, code) = import(&newer);
    assert_eq!(code, Ok(0));
    assert!(
        out.ends_with("removes its charges, but what it replaced only comes back by importing the older files again\n"),
        "{out}"
    );
    let (_, err, code) = run_words(&format!("spendtop imports rm 3 --yes {flags}"));
    assert_eq!(code, Ok(0));
    assert!(err.contains("note: What it replaced, if anything, is not stored any more"), "{err}");
}
