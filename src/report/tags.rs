//! The answer to how charges are tagged, in each format.
//!
//! Knows what a [`TagsAnswer`] says, not how a table, Markdown or CSV is set.

use std::io::{self, Write};

use super::csv::Sheet;
use super::grid::{Column, Document, Grid, Kind, Part, safe};
use super::query::title;
use super::{Format, Style, json, markdown, money, table};
use crate::domain::dimension::Dimension;
use crate::engine::answer::{Difference, Misspelt, Share, TagKey, TagsAnswer};

/// Writes how charges are tagged, one answer a currency. In CSV each line is a key, a misspelt value or
/// key, or a service's cost without a key, as its `kind` says.
///
/// # Errors
/// What the writer fails with.
pub fn tags(answers: &[TagsAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Json => json::one_or_list(answers, out, |answer, out| json::value(answer, out)),
        Format::Csv => write_csv(answers, style, out),
        Format::Table => table::write(&document(answers), style.width, out),
        Format::Markdown => markdown::write(&document(answers), out),
    }
}

fn document(answers: &[TagsAnswer]) -> Document {
    answers.iter().flat_map(parts).collect()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| money::UNKNOWN.to_owned(), |share| format!("{:.1}%", share * 100.0))
}

fn grid(columns: &[(&str, Kind)], rows: Vec<Vec<String>>) -> Part {
    let columns = columns.iter().map(|(heading, kind)| Column::new(*heading, *kind)).collect();
    Part::Grid(Grid { columns, rows, total: None })
}

fn parts(answer: &TagsAnswer) -> Vec<Part> {
    let (text, number) = (Kind::Text, Kind::Number);
    let currency = &answer.currency;
    let keys = answer.keys.iter().map(|key| {
        vec![
            safe(key.key.raw()),
            money::known(key.tagged, currency),
            money::known(key.untagged, currency),
            percent(key.coverage),
            key.values.to_string(),
            key.misspelt.len().to_string(),
        ]
    });
    let headings = [
        ("Key", text),
        ("Tagged", number),
        ("Untagged", number),
        ("Coverage", number),
        ("Values", number),
        ("Misspelt", number),
    ];
    let mut parts =
        vec![Part::Title(title(answer.metric.name(), answer.period, None, currency)), grid(&headings, keys.collect())];
    let shown = answer.keys.len() as u64;
    if shown < answer.keys_total {
        parts.push(Part::Note(format!("{shown} of {} keys", answer.keys_total)));
    }
    let twins = answer.keys.iter().filter_map(|key| Some((safe(key.key.raw()), safe(key.twin.as_ref()?.raw()))));
    parts.extend(twins.map(|(key, twin)| Part::Note(format!("no charge has `{key}`; the bill has `{twin}`"))));
    let unknown = answer.keys.iter().filter_map(|key| {
        let unknown = money::known(Some(key.unknown?), currency);
        Some(Part::Note(format!(
            "`{}` of {unknown} {currency} unknown: the provider did not tell it",
            safe(key.key.raw())
        )))
    });
    parts.extend(unknown);
    let misspelt: Vec<Vec<String>> = misspellings(answer)
        .map(|(key, m)| {
            let difference = words(m.difference).to_owned();
            let cost = money::known(m.cost, currency);
            vec![key.to_owned(), safe(m.value.raw()), safe(m.meant.raw()), difference, cost, m.rows.to_string()]
        })
        .collect();
    if !misspelt.is_empty() {
        let headings = [
            ("Key", text),
            ("Written", text),
            ("Probably", text),
            ("Differs in", text),
            ("Cost", number),
            ("Charges", number),
        ];
        parts.extend([Part::Title("Probably misspelt".to_owned()), grid(&headings, misspelt)]);
    }
    for key in answer.keys.iter().filter(|key| key.configured && !key.untagged_by.is_empty()) {
        let rows = key
            .untagged_by
            .iter()
            .map(|share| vec![service(share), money::known(share.cost, currency), percent(share.share)]);
        let title = format!("Without {}, by service", safe(key.key.raw()));
        parts.extend([
            Part::Title(title),
            grid(&[("Service", text), ("Cost", number), ("Share", number)], rows.collect()),
        ]);
    }
    parts
}

fn service(share: &Share) -> String {
    super::grid::value(&Dimension::Service, &share.value, share.name.as_ref())
}

/// What is misspelt, with the key that it is a value of; `(key)` for keys themselves.
fn misspellings(answer: &TagsAnswer) -> impl Iterator<Item = (String, &Misspelt)> {
    let of_key = |key: &'_ TagKey| safe(key.key.raw());
    let values = answer.keys.iter().flat_map(move |key| key.misspelt.iter().map(move |m| (of_key(key), m)));
    answer.misspelt_keys.iter().map(|m| ("(key)".to_owned(), m)).chain(values)
}

fn words(difference: Difference) -> &'static str {
    match difference {
        Difference::Case => "case",
        Difference::Separators => "separators",
        Difference::Plural => "plural",
        Difference::Letters => "letters",
    }
}

fn write_csv(answers: &[TagsAnswer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(style, out);
    for column in ["kind", "key", "value", "meant", "currency", "cost", "untagged", "values"] {
        sheet.number(column)?;
    }
    sheet.end()?;
    for answer in answers {
        csv_answer(answer, &mut sheet)?;
    }
    sheet.finish()
}

fn csv_answer(answer: &TagsAnswer, sheet: &mut Sheet<'_>) -> io::Result<()> {
    let mut line = |kind: &str, texts: [&str; 3], amounts: [Option<_>; 2], values: &str| -> io::Result<()> {
        sheet.number(kind)?;
        texts.iter().try_for_each(|text| sheet.text(text))?;
        sheet.text(&answer.currency)?;
        amounts.iter().try_for_each(|amount| sheet.amount(*amount))?;
        sheet.number(values)?;
        sheet.end()
    };
    for key in &answer.keys {
        line("key", [key.key.raw(), "", ""], [key.tagged, key.untagged], &key.values.to_string())?;
    }
    for m in &answer.misspelt_keys {
        line("misspelt_key", [m.value.raw(), "", m.meant.raw()], [m.cost, None], "")?;
    }
    for key in &answer.keys {
        for m in &key.misspelt {
            line("misspelt_value", [key.key.raw(), m.value.raw(), m.meant.raw()], [m.cost, None], "")?;
        }
        for share in &key.untagged_by {
            line("untagged", [key.key.raw(), share.value.raw(), ""], [None, share.cost], "")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Month;
    use crate::domain::charge::Metric;
    use crate::domain::money::Amount;

    fn answer() -> TagsAnswer {
        let amount = |text: &str| text.parse::<Amount>().ok();
        let misspelt = Misspelt {
            value: "=Prod\u{1b}".into(),
            meant: "prod".into(),
            difference: Difference::Case,
            cost: amount("5"),
            rows: 2,
        };
        let key = TagKey {
            key: "env".into(),
            configured: true,
            twin: None,
            tagged: amount("75"),
            untagged: amount("25"),
            unknown: None,
            coverage: Some(0.75),
            values: 3,
            top: Vec::new(),
            misspelt: vec![misspelt.clone()],
            misspelt_cost: Amount::whole(5),
            untagged_by: vec![Share { value: "S3".into(), name: None, cost: amount("25"), share: Some(1.0) }],
        };
        TagsAnswer {
            metric: Metric::Effective,
            currency: "USD".into(),
            period: Month::new(2024, 9).period(),
            total: amount("100"),
            keys: vec![key],
            keys_total: 2,
            misspelt_keys: vec![Misspelt { value: "Env".into(), meant: "env".into(), ..misspelt }],
        }
    }

    #[test]
    fn a_key_that_no_charge_has_is_named_with_its_twin() {
        let mut answer = answer();
        answer.keys[0].twin = Some("Env\u{1b}".into());
        let mut out = Vec::new();
        tags(&[answer], Style::default(), &mut out).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert!(text.contains("no charge has `env`; the bill has `Env\\x1b`"), "{text}");
    }

    fn said(format: Format) -> String {
        let mut out = Vec::new();
        tags(&[answer()], Style { format, ..Style::default() }, &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn says_what_is_untagged_and_what_is_misspelt() {
        assert_eq!(
            said(Format::Table),
            "\
Effective cost, 2024-09-01 to 2024-09-30, in USD
Key  Tagged  Untagged  Coverage  Values  Misspelt
env   75.00     25.00     75.0%       3         1
1 of 2 keys

Probably misspelt
Key    Written    Probably  Differs in  Cost  Charges
(key)  Env        env       case        5.00        2
env    =Prod\\x1b  prod      case        5.00        2

Without env, by service
Service   Cost   Share
S3       25.00  100.0%
"
        );
        assert_eq!(
            said(Format::Csv),
            "\
kind,key,value,meant,currency,cost,untagged,values
key,env,,,USD,75,25,3
misspelt_key,Env,,env,USD,5,,
misspelt_value,env,'=Prod\u{1b},prod,USD,5,,
untagged,env,S3,,USD,,25,
"
        );
        let read: TagsAnswer = serde_json::from_str(&said(Format::Json)).expect("one object");
        assert_eq!(read, answer());
    }
}
