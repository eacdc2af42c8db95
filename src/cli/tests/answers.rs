//! What is asked and written: answers in each format, on a pipe that ends, of nothing.

use super::*;
use crate::engine;

/// An engine that gives one answer and remembers what it was asked.
struct Told {
    answers: Vec<QueryAnswer>,
    extent: Extent,
    asked: Mutex<Vec<Question>>,
}

impl Engine for Told {
    fn export(&self, scope: &engine::export::Scope, _: &engine::OpenFile<'_>, _: &Cancel) -> Result<u64> {
        panic!("no charges are here: {scope:?}");
    }

    fn ask(&self, question: &Question, _as_of: Day, _cancel: &Cancel) -> Result<Answer> {
        self.asked.lock().expect("lock").push(question.clone());
        Ok(match question {
            Question::Spend(_) => Answer::Spend(Vec::new()),
            _ => Answer::Query(self.answers.clone()),
        })
    }

    fn command(&self, command: &engine::Command) -> Result<engine::Outcome> {
        panic!("nothing is made here: {command:?}");
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
        shared: None,
        through: None,
        key: vec!["=HYPERLINK(\"x\")".into()],
        names: BTreeMap::new(),
        start: None,
        cost,
        previous: None,
        unknown_rows: u64::from(cost.is_none()),
    };
    QueryAnswer {
        notices: Vec::new(),
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
        pending: None,
        previous_pending: None,
        left_out: None,
    }
}

/// What `spendtop query FLAGS` says: answer, talk, exit code or error.
fn said(flags: &str, engine: &dyn Engine) -> (String, String, Result<u8>) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams::new(&mut out, &mut err, None, false);
    let args = query_args(flags);
    let code = query_of(&args, None, &Config::default(), today())
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
        let question = query_of(&args, None, &Config::default(), today()).expect("query");
        let result = query::query(&question, &args.format, &told(vec![answer("USD", "1")]), today(), &mut streams);
        assert!(result.is_err() && streams.is_reader_gone(), "{format}");
    }
}
