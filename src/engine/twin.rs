//! The command lines that print what is on the screen.
//!
//! A command says all that the view looks at, even where that is nothing in particular, so that it
//! prints the same under whatever config and on whatever day. Which store it asks is for the caller
//! to add. Pure functions of the question. Knows no answer.

use super::Question;
use super::budgets::Asked;
use crate::domain::calendar::{Day, Granularity};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::text::is_hidden;

/// The command that prints the answer to a question; `None` where there is none.
#[must_use]
pub fn of(question: &Question, as_of: Day) -> Option<String> {
    Some(match question {
        Question::Spend(lens) => spend(lens, as_of),
        Question::Forecast(lens) => forecast(lens, as_of),
        Question::TagHygiene(lens) => tags(lens, as_of),
        Question::Budgets(asked) => budgets(asked, as_of)?,
        Question::Query(query) => self::query(&query.lens, query.granularity, as_of),
        _ => return None,
    })
}

/// The command about budgets.
fn budgets(asked: &Asked, as_of: Day) -> Option<String> {
    let command = match asked {
        Asked::List { archived } => format!("list{}", if *archived { " --archived" } else { "" }),
        Asked::Detail { name } => format!("show {}", single_quoted(name)),
        Asked::Suggest => "suggest".to_owned(),
        Asked::Simulate { name, changes } => {
            let changes = changes.iter().map(|change| format!(" --change {}", single_quoted(&change.to_string())));
            format!("simulate {}{}", single_quoted(name), changes.collect::<String>())
        }
        Asked::Scenarios => "scenarios".to_owned(),
        Asked::Kept => return None,
    };
    Some(format!("spendtop budget {command} --as-of {as_of}"))
}

/// The command for a breakdown of the lens, in pieces of time where those are wanted.
#[must_use]
pub fn query(lens: &Lens, granularity: Option<Granularity>, as_of: Day) -> String {
    let pieces = granularity.map(|pieces| format!(" --granularity {}", pieces.name()));
    format!("spendtop query{}{}", flags(lens, as_of), pieces.unwrap_or_default())
}

/// The command for the Spend view of the lens.
#[must_use]
pub fn spend(lens: &Lens, as_of: Day) -> String {
    let mut out = format!("spendtop spend{}", flags(lens, as_of));
    if lens.granularity != Granularity::Day {
        out.push_str(&format!(" --granularity {}", lens.granularity.name()));
    }
    out
}

/// The command that says how the lens's charges are tagged.
#[must_use]
pub fn tags(lens: &Lens, as_of: Day) -> String {
    format!("spendtop tags --metric {} {}", lens.metric.name(), scope(lens, as_of))
}

/// The command that foretells the lens's charges.
#[must_use]
pub fn forecast(lens: &Lens, as_of: Day) -> String {
    let filter = single_quoted(&lens.filter.to_string());
    let mut out = format!("spendtop forecast --metric {} --as-of {as_of} --where {filter}", lens.metric.name());
    if let Some(currency) = &lens.currency {
        out.push_str(&format!(" --currency {}", word(currency)));
    }
    out
}

fn scope(lens: &Lens, as_of: Day) -> String {
    let filter = single_quoted(&lens.filter.to_string());
    let mut out = format!("--period {} --as-of {as_of} --where {filter}", lens.period);
    if let Some(currency) = &lens.currency {
        out.push_str(&format!(" --currency {}", word(currency)));
    }
    out
}

/// The period stays in its words, with the day that they are asked on: a month to date that has
/// come to its end has the days of the whole month, but is held against others.
fn flags(lens: &Lens, as_of: Day) -> String {
    let by: Vec<String> = lens.by.iter().map(dimension).collect();
    let by = if by.is_empty() { "none".to_owned() } else { by.join(",") };
    let mut out = format!(
        " --by {} --metric {} --period {} --as-of {as_of} --compare {} --where {}",
        word(&by),
        lens.metric.name(),
        lens.period,
        lens.comparison.name(),
        single_quoted(&lens.filter.to_string())
    );
    if let Some(currency) = &lens.currency {
        out.push_str(&format!(" --currency {}", word(currency)));
    }
    out
}

/// A dimension as `--by` reads it back.
fn dimension(dimension: &Dimension) -> String {
    match dimension {
        Dimension::Tag(key) if key.contains(',') || key.starts_with('"') || key.trim() != key => {
            format!("tag:\"{key}\"")
        }
        other => other.name(),
    }
}

/// A word as a shell reads it back: in quotes only where it needs them.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-,:./".contains(&b));
    if plain { text.to_owned() } else { single_quoted(text) }
}

/// A text in single quotes for `sh`. Control characters, which a paste could take for keys, and those that
/// nobody sees or that turn text round are written in `$'...'`, which bash, zsh and ksh read back.
fn single_quoted(text: &str) -> String {
    let written = |c: char| c.is_control() || is_hidden(c);
    if text.chars().any(written) {
        let mut out = String::from("$'");
        for c in text.chars() {
            match c {
                '\'' | '\\' => out.extend(['\\', c]),
                c if written(c) => {
                    let mut bytes = [0; 4];
                    c.encode_utf8(&mut bytes).bytes().for_each(|b| out.push_str(&format!("\\x{b:02x}")));
                }
                c => out.push(c),
            }
        }
        out.push('\'');
        return out;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;
    use crate::domain::period::{Comparison, PeriodSpec};

    #[test]
    fn is_a_command_that_a_shell_reads_back() {
        let as_of = Day::from_ymd(2024, 11, 20).expect("date");
        let base = Lens { period: PeriodSpec::LastDays(30), comparison: Comparison::None, ..Lens::default() };
        let with = |text: &str| Lens { filter: Filter::parse(text, &[]).expect(text), ..base.clone() };
        let start = "--by provider --metric effective --period 30d --as-of 2024-11-20";
        for (lens, end) in [
            (base.clone(), "--compare none --where ''"),
            (with("service:ec2 cost>100"), "--compare none --where 'service:ec2 cost>100'"),
            (with("resource:\"bob's $(rm)\""), "--compare none --where 'resource:\"bob'\\''s $(rm)\"'"),
            (
                Lens { filter: base.filter.and(Dimension::Resource, "a\nb'", std::iter::empty()), ..base.clone() },
                "--compare none --where $'resource:\"a\\x0ab\\'\"'",
            ),
            (with("resource:a\u{202e}b"), "--compare none --where $'resource:a\\xe2\\x80\\xaeb'"),
            (Lens { comparison: Comparison::YearBefore, ..base.clone() }, "--compare year-before --where ''"),
            (Lens { currency: Some("EUR".into()), ..base.clone() }, "--compare none --where '' --currency EUR"),
        ] {
            assert_eq!(query(&lens, None, as_of), format!("spendtop query {start} {end}"));
            assert_eq!(spend(&lens, as_of), format!("spendtop spend {start} {end}"));
            assert!(!tags(&lens, as_of).contains("--by") && !tags(&lens, as_of).contains("--compare"));
        }
        let by = |by: Vec<Dimension>| query(&Lens { by, ..base.clone() }, None, as_of);
        assert!(by(vec![Dimension::Service, Dimension::Tag("my key".into())]).contains(" --by 'service,tag:my key' "));
        assert!(by(vec![Dimension::Tag("a,b".into())]).contains(" --by 'tag:\"a,b\"' "));
        assert!(by(Vec::new()).contains(" --by none "));
        let euro = Lens { currency: Some("EUR".into()), ..with("env=\"\"") };
        let command =
            "spendtop tags --metric effective --period 30d --as-of 2024-11-20 --where 'tag:env=\"\"' --currency EUR";
        assert_eq!(tags(&euro, as_of), command);
        let command = "spendtop forecast --metric effective --as-of 2024-11-20 --where 'tag:env=\"\"' --currency EUR";
        assert_eq!(forecast(&euro, as_of), command);
        let weekly = Lens { granularity: Granularity::Week, ..base };
        assert!(spend(&weekly, as_of).ends_with(" --granularity week"));
    }
}
