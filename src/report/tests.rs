//! Answers in every format, written out in full: hostile names, unknown costs, two currencies.

use std::collections::BTreeMap;

use super::*;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::note::Note;
use crate::domain::period::Comparison;
use crate::engine::answer::{
    Behind, Figure, Freshness, LeftOut, Mover, Notice, NoticeKind, Pending, PendingCard, QueryAnswer, QueryRow, Series,
    Severity, SpendAnswer,
};
use crate::engine::{Card, Query, Sort};

fn money(text: &str) -> Option<Amount> {
    (!text.is_empty()).then(|| text.parse().expect("amount"))
}

fn month(text: &str) -> Period {
    crate::domain::calendar::Month::parse(text).expect("month").period()
}

fn row(key: &[&str], cost: &str, previous: &str) -> QueryRow {
    QueryRow {
        shared: None,
        through: None,
        key: key.iter().map(|k| (*k).into()).collect(),
        names: BTreeMap::new(),
        start: None,
        cost: money(cost),
        previous: money(previous),
        unknown_rows: 0,
    }
}

fn answer(by: &[Dimension], rows: Vec<QueryRow>, total: &str) -> QueryAnswer {
    QueryAnswer {
        notices: Vec::new(),
        metric: Metric::Effective,
        currency: "USD".to_owned(),
        period: month("2024-09"),
        previous_period: None,
        by: by.to_vec(),
        granularity: None,
        groups: rows.len() as u64,
        rows,
        total: money(total),
        previous_total: None,
        unknown_rows: 0,
        incomplete: false,
        previous_from: None,
        pending: None,
        previous_pending: None,
        left_out: None,
    }
}

fn asked(answer: &QueryAnswer) -> Query {
    let comparison = if answer.previous_period.is_some() { Comparison::Previous } else { Comparison::None };
    let lens = Lens { by: answer.by.clone(), comparison, ..Lens::default() };
    Query { lens, granularity: answer.granularity, sort: Sort::Cost, limit: None }
}

fn written(answers: &[QueryAnswer], style: Style) -> String {
    let mut out = Vec::new();
    query(&asked(&answers[0]), answers, style, &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

fn style(format: Format) -> Style {
    Style { format, ..Style::default() }
}

fn simple() -> QueryAnswer {
    let rows = vec![row(&["Amazon EC2"], "1234567.891", ""), row(&["AWS Lambda"], "0.0000042", ""), row(&[""], "", "")];
    let mut answer = answer(&[Dimension::Service], rows, "1234567.8910042");
    answer.rows[2].unknown_rows = 2;
    answer.unknown_rows = 2;
    answer.groups = 212;
    answer.incomplete = true;
    answer
}

fn compared() -> QueryAnswer {
    let mut first = row(&["123", "web|1\\"], "12.5", "10");
    first.names.insert(0, "Prod".into());
    let rows = vec![first, row(&["", "-x\u{1b}[31m"], "3", "0"), row(&["9", "=1+1"], "-1", "")];
    let mut answer = answer(&[Dimension::SubAccount, Dimension::Tag("team".into())], rows, "14.5");
    answer.previous_period = Some(month("2024-08"));
    answer.previous_total = money("20");
    answer
}

fn daily() -> QueryAnswer {
    let mut answer = answer(&[Dimension::Service], vec![row(&["S3"], "1", ""), row(&["S3"], "2", "")], "3");
    answer.granularity = Some(Granularity::Day);
    answer.groups = 1;
    for (i, row) in answer.rows.iter_mut().enumerate() {
        row.start = Some(month("2024-09").from.plus(i as i32).seconds());
    }
    answer
}

#[test]
fn json_is_what_the_module_says() {
    assert_eq!(
        written(&[simple()], style(Format::Json)),
        r#"{"metric":"effective","currency":"USD","period":{"from":"2024-09-01","to":"2024-10-01"},"by":["service"],"rows":[
{"key":{"service":"Amazon EC2"},"cost":"1234567.891"},
{"key":{"service":"AWS Lambda"},"cost":"0.0000042"},
{"key":{"service":null},"cost":null,"unknown_rows":2}
],"total":"1234567.8910042","groups":212,"unknown_rows":2,"incomplete":true}
"#
    );
    assert_eq!(
        written(&[compared()], style(Format::Json)),
        r#"{"metric":"effective","currency":"USD","period":{"from":"2024-09-01","to":"2024-10-01"},"previous_period":{"from":"2024-08-01","to":"2024-09-01"},"by":["sub_account","tag:team"],"rows":[
{"key":{"sub_account":"123","tag:team":"web|1\\"},"names":{"sub_account":"Prod"},"cost":"12.5","previous":"10","change":"2.5"},
{"key":{"sub_account":null,"tag:team":"-x\u001b[31m"},"cost":"3","previous":"0","change":"3"},
{"key":{"sub_account":"9","tag:team":"=1+1"},"cost":"-1","previous":null,"change":null}
],"total":"14.5","previous_total":"20","groups":3}
"#
    );
    let text = written(&[daily()], style(Format::Json));
    assert!(text.contains(r#""granularity":"day","rows":["#), "{text}");
    assert!(text.contains(r#"{"key":{"service":"S3"},"period":"2024-09-02","cost":"2"}"#), "{text}");
}

#[test]
fn the_example_in_the_documentation_is_what_is_written() {
    let block = include_str!("mod.rs").split("//! ```").nth(1).expect("an example").trim_start_matches("json\n");
    let said: String = block.lines().filter_map(|line| line.strip_prefix("//! ")).collect();
    let mut all = answer(&[Dimension::SubAccount], vec![row(&["123"], "123.45", "100")], "123.45");
    all.rows[0].names.insert(0, "Prod".into());
    all.rows[0].start = Some(month("2024-09").from.seconds());
    all.rows[0].unknown_rows = 1;
    all.granularity = Some(Granularity::Hour);
    all.previous_period = Some(month("2024-08"));
    all.previous_total = money("100");
    (all.groups, all.unknown_rows, all.incomplete) = (212, 1, true);
    all.previous_from = Day::parse("2024-08-15");
    let missing = vec![Period { from: Day::parse("2024-09-30").expect("day"), to: month("2024-10").from }];
    let of = vec![Behind { provider: "AWS".into(), source: Some("aws.prod".to_owned()), missing }];
    all.pending =
        Some(Pending { days: 30, missing: 1, unsettled: 3, through: Day::parse("2024-09-29"), newest: None, of });
    all.left_out = Some(LeftOut { rows: 12, cost: money("340.5") });
    let [said, written] = [said, written(&[all], style(Format::Json))]
        .map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|e| panic!("{e}: {text}")));
    assert_eq!(said, written);
}

#[test]
fn json_lists_currencies_and_is_an_empty_list_without_data() {
    let mut euros = answer(&[Dimension::Service], Vec::new(), "");
    euros.currency = "EUR".to_owned();
    let text = written(&[simple(), euros], style(Format::Json));
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value[0]["currency"], "USD");
    assert_eq!(value[1]["currency"], "EUR");
    assert_eq!(value[1]["total"], serde_json::Value::Null);
    let mut out = Vec::new();
    query(&asked(&simple()), &[], style(Format::Json), &mut out).expect("written");
    assert_eq!(out, b"[]\n");
}

#[test]
fn csv_guards_text_and_never_numbers() {
    assert_eq!(
        written(&[compared()], style(Format::Csv)),
        "sub_account,sub_account_name,tag:team,currency,cost,previous,change,unknown_rows,compared_to\n\
         123,Prod,web|1\\,USD,12.5,10,2.5,0,\n\
         ,,'-x\u{1b}[31m,USD,3,0,3,0,\n\
         9,,'=1+1,USD,-1,,,0,\n"
    );
    let raw = written(&[compared()], Style { raw: true, ..style(Format::Csv) });
    assert!(raw.contains("9,,=1+1,USD,-1,,,0,\n"), "{raw}");
    let seen = written(&[compared()], Style { terminal: true, ..style(Format::Csv) });
    assert!(seen.contains(",,'-x\\x1b[31m,USD"), "{seen}");
    assert_eq!(
        written(&[daily()], style(Format::Csv)),
        "period,service,currency,cost,unknown_rows\n2024-09-01,S3,USD,1,0\n2024-09-02,S3,USD,2,0\n"
    );
    let mut out = Vec::new();
    query(&asked(&simple()), &[], style(Format::Csv), &mut out).expect("written");
    assert_eq!(out, b"service,currency,cost,unknown_rows\n");
}

#[test]
fn markdown_keeps_text_text() {
    assert_eq!(
        written(&[compared()], style(Format::Markdown)),
        r"**Effective cost, 2024-09-01 to 2024-09-30, compared with 2024-08-01 to 2024-08-31, in USD**

| Sub account | Tag team | Cost | Previous | Change | % |
| --- | --- | ---: | ---: | ---: | ---: |
| Prod (123) | web\|1\\ | 12.50 | 10.00 | +2.50 | +25.0% |
| (none) | -x\\x1b\[31m | 3.00 | 0.00 | +3.00 | new |
| 9 | =1+1 | -1.00 | n/a | n/a | n/a |
| **Total** |  | **14.50** | **20.00** | **-5.50** | **-27.5%** |
"
    );
}

#[test]
fn a_table_aligns_amounts_at_the_point() {
    assert_eq!(
        written(&[simple()], style(Format::Table)),
        "\
Effective cost, 2024-09-01 to 2024-09-30, in USD
Service                  Cost
Amazon EC2  1,234,567.89
AWS Lambda          0.0000042
(none)               n/a
-----------------------------
Total       1,234,567.89
3 of 212 rows; the total is over all of them
2 charges with unknown cost are in no sum
incomplete: rows of the bill were refused, or lost to damage, see `spendtop imports list`
"
    );
    assert_eq!(
        written(&[compared(), daily()], style(Format::Table)),
        "\
Effective cost, 2024-09-01 to 2024-09-30, compared with 2024-08-01 to 2024-08-31, in USD
Sub account  Tag team     Cost  Previous  Change       %
Prod (123)   web|1\\      12.50     10.00   +2.50  +25.0%
(none)       -x\\x1b[31m   3.00      0.00   +3.00     new
9            =1+1        -1.00       n/a     n/a     n/a
--------------------------------------------------------
Total                    14.50     20.00   -5.50  -27.5%

Effective cost, 2024-09-01 to 2024-09-30, in USD
Day         Service  Cost
2024-09-01  S3       1.00
2024-09-02  S3       2.00
-------------------------
Total                3.00
"
    );
}

#[test]
fn a_row_of_which_days_have_not_come_says_up_to_which_it_is_compared() {
    let mut answer = compared();
    let day = |text| Day::parse(text).expect(text);
    answer.pending = Some(Pending { newest: Some(day("2024-09-29")), ..not_in() });
    answer.rows[0].through = Some(day("2024-09-14"));
    answer.rows[1].through = Some(day("2024-09-29"));
    (answer.rows[2].cost, answer.rows[2].through) = (None, Some(day("2024-08-31")));
    let table = written(std::slice::from_ref(&answer), style(Format::Table));
    for (row, end) in [(1, " %  Compared to"), (2, "+25.0%  2024-09-14"), (3, "new"), (4, "n/a  not in")] {
        let line = table.lines().nth(row).unwrap_or_default();
        assert!(line.ends_with(end), "{row}: {table}");
    }
    let csv = written(std::slice::from_ref(&answer), style(Format::Csv));
    assert!(csv.contains(",10,2.5,0,2024-09-14\n") && csv.contains(",0,3,0,2024-09-29\n"), "{csv}");
    let json = written(&[answer], style(Format::Json));
    assert!(json.contains(r#""through":"2024-09-14""#) && json.contains(r#""newest":"2024-09-29""#), "{json}");
}

#[test]
fn a_table_without_a_grouping_is_its_total() {
    assert_eq!(
        written(&[answer(&[], vec![row(&[], "5", "")], "5")], style(Format::Table)),
        "Effective cost, 2024-09-01 to 2024-09-30, in USD\nCost\n5.00\n"
    );
}

fn not_in() -> Pending {
    let first = month("2024-09").from;
    let missing = vec![Period { from: first.plus(1), to: first.plus(2) }];
    let of = vec![Behind { provider: "AWS".into(), source: None, missing }];
    Pending { days: 2, missing: 1, unsettled: 0, through: Some(first), newest: Some(first), of }
}

fn spend_answer() -> SpendAnswer {
    let from = month("2024-09").from;
    let figure = |amount: &str, previous: &str| Figure { amount: money(amount), previous: money(previous) };
    SpendAnswer {
        metric: Metric::Billed,
        currency: "USD".to_owned(),
        as_of: Day::parse("2024-09-02").expect("day"),
        period: Period { from, to: from.plus(2) },
        previous_period: Some(Period { from: from.plus(-2), to: from }),
        total: figure("30", "20"),
        month_to_date: figure("30", "25"),
        yesterday: figure("10", ""),
        last_week: figure("30", "0"),
        last_month: figure("", "40"),
        series: vec![
            Series { key: Some("AWS".into()), name: None, costs: vec![money("9"), None], total: money("9") },
            Series { key: None, name: None, costs: vec![money("1"), money("20")], total: money("21") },
        ],
        totals: vec![money("10"), money("20")],
        starts: vec![from.seconds(), from.plus(1).seconds()],
        granularity: Granularity::Day,
        previous_series: vec![money("5"), None],
        those_in_series: Vec::new(),
        movers: [("+S3", "2", None), ("Logs", "9", Some(from.plus(-1)))]
            .map(|(key, previous, through)| Mover {
                key: vec![key.into()],
                names: BTreeMap::new(),
                figure: figure("12", previous),
                through,
            })
            .to_vec(),
        movers_by: vec![Dimension::Service],
        freshness: vec![Freshness {
            provider: "AWS".into(),
            last_day: from.plus(1),
            settled_through: from,
            taken_at: 0,
        }],
        settled_through: Some(from),
        settled_days: 1,
        pending: vec![PendingCard {
            card: Card::Total,
            now: not_in(),
            previous: None,
            alike: Some(figure("9", "10")),
            those_in: false,
        }],
        notices: vec![Notice {
            kind: NoticeKind::UnknownCost,
            severity: Severity::Warning,
            text: "1 charge of unknown cost".into(),
            hint: "--metric billed".into(),
        }],
        notes: vec![Note { id: 1, day: from, text: "launch of X".into(), created_at: 0 }],
        unknown_rows: 1,
        rows: 9,
    }
}

fn spent(format: Format) -> String {
    let mut out = Vec::new();
    spend(&Lens::default(), &[spend_answer()], style(format), &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

#[test]
fn spend_as_a_table() {
    assert_eq!(
        spent(Format::Table),
        "\
Billed cost, 2024-09-01 to 2024-09-02, compared with 2024-08-30 to 2024-08-31, in USD
                Cost  Previous  Change       %
Total          30.00     20.00     n/a     n/a
Month to date  30.00     25.00   +5.00  +20.0%
Yesterday      10.00       n/a     n/a     n/a
Last 7 days    30.00      0.00  +30.00     new
Last month       n/a     40.00     n/a     n/a

By provider
Provider   Cost  Share
AWS        9.00  30.0%
(other)   21.00  70.0%

What changed most (days that are in, against the same days alone)
Service   Cost  Previous  Change        %  Compared to
+S3      12.00      2.00  +10.00  +500.0%
Logs     12.00      9.00   +3.00   +33.3%  part not in

By day
Day          Cost  Previous
2024-09-01  10.00      5.00
2024-09-02  20.00       n/a

Data
AWS: charges through 2024-09-02, settled through 2024-09-01
Total: 1 of 2 days not in yet: AWS 2024-09-02; to 2024-09-01 9.00, before 10.00, -10.0%
1 charge of unknown cost (--metric billed)

Notes
2024-09-01: launch of X
"
    );
}

#[test]
fn spend_as_csv_and_json() {
    assert_eq!(
        spent(Format::Csv),
        "\
kind,period,provider,service,currency,cost,previous,change,missing_days
total,,,,USD,30,20,,1
month_to_date,,,,USD,30,25,5,0
yesterday,,,,USD,10,,,0
last_week,,,,USD,30,0,30,0
last_month,,,,USD,,40,,0
mover,,,'+S3,USD,12,2,10,0
mover,,,Logs,USD,12,9,3,2
series,2024-09-01,AWS,,USD,9,,,
series,2024-09-02,AWS,,USD,,,,
other,2024-09-01,,,USD,1,,,
other,2024-09-02,,,USD,20,,,
"
    );
    let read: SpendAnswer = serde_json::from_str(&spent(Format::Json)).expect("one object");
    assert_eq!(read, spend_answer());
    assert!(spent(Format::Markdown).contains("| Service | Cost | Previous | Change | % | Compared to |\n"));
}
