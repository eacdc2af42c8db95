//! A lens in one line, to be kept, sent to somebody and pasted back.
//!
//! `effective this-month vs month-before by service,region where env=prod in USD per day`
//!
//! The metric (effective where it is left out) and the period come first. Then, in any order and
//! each at most once: `vs` what it is held against, `by` dimensions with commas between them, `where`
//! a filter, `in` a currency, `per` a piece of time. What is not said is not there: no comparison, no
//! grouping, every charge, all currencies; pieces are days. These five words begin a part wherever
//! they stand by themselves outside of quotes; in quotes they are text to look for. A value with a
//! line break keeps it inside its quotes.

use std::fmt;

use super::calendar::{Day, Granularity};
use super::charge::Metric;
use super::dimension::Dimension;
use super::filter::Filter;
use super::lens::{DIMENSIONS_MAX, Lens};
use super::period::{Comparison, PeriodSpec};
use super::words::{nearest, pointed};

/// The words that begin a part.
const PARTS: [&str; 5] = ["vs", "by", "where", "in", "per"];

/// What is wrong with a line, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LensError {
    /// The line.
    pub text: String,
    /// Byte position that the message is about.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for LensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pointed(f, &self.text, self.at, &self.message)
    }
}
impl std::error::Error for LensError {}

impl Lens {
    /// The lens in one line, which [`Lens::parse`] reads back as the same lens.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = format!("{} {}", self.metric.name(), self.period);
        if self.comparison != Comparison::None {
            line.push_str(&format!(" vs {}", self.comparison.name()));
        }
        if !self.by.is_empty() {
            let by: Vec<String> = self.by.iter().map(dimension_text).collect();
            line.push_str(&format!(" by {}", by.join(",")));
        }
        if !self.filter.is_empty() {
            line.push_str(&format!(" where {}", self.filter));
        }
        if let Some(currency) = &self.currency {
            let plain = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
            line.push_str(&if plain { format!(" in {currency}") } else { format!(" in {}", quoted(currency)) });
        }
        line.push_str(&format!(" per {}", self.granularity.name()));
        line
    }

    /// Reads a line. `own` are tags and virtual dimensions that may be written by their bare names;
    /// `as_of` is the day that a month without a year is meant before.
    ///
    /// # Errors
    /// The place and reason of the first mistake, with a suggestion where one is near.
    pub fn parse(text: &str, own: &[Dimension], as_of: Day) -> Result<Lens, LensError> {
        Reader { text, own, as_of }.lens()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn dimension_text(dimension: &Dimension) -> String {
    match dimension {
        Dimension::Tag(key) if key.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\\')) => {
            format!("tag:{}", quoted(key))
        }
        other => other.name(),
    }
}

struct Reader<'a> {
    text: &'a str,
    own: &'a [Dimension],
    as_of: Day,
}

/// A word and the byte position where it begins.
type Word<'a> = (usize, &'a str);

impl<'a> Reader<'a> {
    fn error<T>(&self, at: usize, message: impl Into<String>, suggestion: Option<String>) -> Result<T, LensError> {
        Err(LensError { text: self.text.to_owned(), at, message: message.into(), suggestion })
    }

    fn lens(&self) -> Result<Lens, LensError> {
        let words = split(self.text, char::is_whitespace);
        let starts: Vec<usize> = (0..words.len()).filter(|i| PARTS.contains(&words[*i].1)).collect();
        let head = &words[..starts.first().copied().unwrap_or(words.len())];
        let mut lens = Lens { comparison: Comparison::None, by: Vec::new(), ..Lens::default() };
        self.head(head, &mut lens)?;
        for (i, start) in starts.iter().enumerate() {
            let (at, part) = words[*start];
            if starts[..i].iter().any(|s| words[*s].1 == part) {
                let hint = format!("leave one out; to look for the word write \"{part}\" in quotes");
                return self.error(at, format!("`{part}` stands here twice"), Some(hint));
            }
            let end = starts.get(i + 1).map_or(self.text.len(), |next| words[*next].0);
            let from = at + part.len();
            let rest = &self.text[from..end];
            let value = rest.trim();
            let place = from + (rest.len() - rest.trim_start().len());
            self.part((at, part), (place, value), &mut lens)?;
        }
        Ok(lens)
    }

    /// Metric and period.
    fn head(&self, words: &[Word<'a>], lens: &mut Lens) -> Result<(), LensError> {
        let metric = words.first().and_then(|(_, word)| Metric::ALL.into_iter().find(|m| m.name() == *word));
        lens.metric = metric.unwrap_or_default();
        let days = &words[usize::from(metric.is_some())..];
        let example = || Some("effective this-month by service".to_owned());
        let Some((at, first)) = days.first() else {
            let at = words.last().map_or(0, |(at, word)| at + word.len());
            return self.error(at, "a period is missing", example());
        };
        let period = days.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ");
        match PeriodSpec::parse(&period, self.as_of) {
            Some(spec) => lens.period = spec,
            None => {
                let metrics = Metric::ALL.map(Metric::name);
                let near = nearest(first, &metrics).or_else(|| days.iter().find_map(|(_, w)| nearest(w, &PARTS)));
                let periods =
                    "a period is written like this-month, 30d, last-quarter, 2024-09 or 2024-09-01..2024-10-01";
                let hint = near.map_or_else(|| periods.to_owned(), |near| format!("did you mean `{near}`?"));
                return self.error(*at, format!("`{period}` is no period"), Some(hint));
            }
        }
        Ok(())
    }

    fn part(&self, (at, part): Word<'a>, value: Word<'a>, lens: &mut Lens) -> Result<(), LensError> {
        if value.1.is_empty() {
            let example = match part {
                "vs" => "vs previous",
                "by" => "by service,region",
                "where" => "where env=prod",
                "in" => "in USD",
                _ => "per day",
            };
            return self.error(at, format!("nothing stands after `{part}`"), Some(example.to_owned()));
        }
        match part {
            "vs" => {
                lens.comparison =
                    self.one_of(value, &Comparison::ALL.map(|c| (c.name(), c)), "nothing to compare with")?
            }
            "per" => {
                lens.granularity = self.one_of(value, &Granularity::ALL.map(|g| (g.name(), g)), "no piece of time")?
            }
            "in" => lens.currency = Some(self.currency(value)?),
            "by" => lens.by = self.dimensions(value)?,
            _ => {
                lens.filter = Filter::parse(value.1, self.own).map_err(|e| LensError {
                    text: self.text.to_owned(),
                    at: value.0 + e.at,
                    message: e.message,
                    suggestion: e.suggestion,
                })?;
            }
        }
        Ok(())
    }

    fn one_of<T: Copy>(&self, (at, word): Word<'a>, known: &[(&str, T)], what: &str) -> Result<T, LensError> {
        if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
            return Ok(*value);
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let near = nearest(word, &names).map(|near| format!("did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| format!("it is one of {}", names.join(", ")));
        self.error(at, format!("`{word}` is {what}"), Some(hint))
    }

    /// A code of three letters in any case, or in quotes whatever the bill calls it.
    fn currency(&self, (at, word): Word<'a>) -> Result<String, LensError> {
        if word.starts_with('"') {
            return self.unquoted((at, word));
        }
        if word.len() == 3 && word.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Ok(word.to_ascii_uppercase());
        }
        self.error(
            at,
            format!("`{word}` is no currency"),
            Some("a code of three letters like USD, or a name in quotes".into()),
        )
    }

    fn dimensions(&self, (from, list): Word<'a>) -> Result<Vec<Dimension>, LensError> {
        let mut found = Vec::new();
        for (at, word) in split(list, |c| c == ',').into_iter().map(|(at, w)| (from + at, w)) {
            let trimmed = word.trim();
            let at = at + (word.len() - word.trim_start().len());
            if trimmed.is_empty() {
                return self.error(at, "a dimension is missing", Some("by service,region".into()));
            }
            let dimension = self.dimension((at, trimmed))?;
            if found.contains(&dimension) {
                return self.error(at, format!("`{trimmed}` stands here twice"), None);
            }
            if found.len() == DIMENSIONS_MAX {
                let hint = "narrow down with `where` instead".to_owned();
                return self.error(at, format!("at most {DIMENSIONS_MAX} dimensions work at once"), Some(hint));
            }
            found.push(dimension);
        }
        Ok(found)
    }

    fn dimension(&self, (at, word): Word<'a>) -> Result<Dimension, LensError> {
        if let Some(key) = word.strip_prefix("tag:").filter(|key| key.starts_with('"')) {
            return self.unquoted((at + 4, key)).map(Dimension::Tag);
        }
        if let Some(dimension) = Dimension::among(word, self.own) {
            return Ok(dimension);
        }
        let own: Vec<_> = self.own.iter().map(Dimension::bare).collect();
        let known: Vec<&str> = Dimension::all_words().into_iter().chain(own.iter().map(AsRef::as_ref)).collect();
        let hint = match nearest(word, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("tag:{word} for a tag"),
        };
        self.error(at, format!("unknown dimension `{word}`"), Some(hint))
    }

    /// What stands between quotes that begin and end the word.
    fn unquoted(&self, (at, word): Word<'a>) -> Result<String, LensError> {
        let mut out = String::new();
        let mut letters = word[1..].chars();
        loop {
            match letters.next() {
                Some('\\') => out.extend(letters.next()),
                Some('"') if letters.as_str().is_empty() && !out.is_empty() => return Ok(out),
                Some('"') | None => {
                    let hint = "begin and end the text with `\"`, and write `\\\"` for one inside".to_owned();
                    return self.error(at, "this quote does not fit", Some(hint));
                }
                Some(c) => out.push(c),
            }
        }
    }
}

/// Splits where `between` holds outside of quotes. A quote opens where a value can begin, as in
/// filters; empty words are left out between spaces, and kept between commas.
fn split(text: &str, between: impl Fn(char) -> bool) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut start, mut open, mut escaped, mut before) = (0, false, false, ' ');
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if open => escaped = true,
            '"' if open => open = false,
            '"' => open = before.is_whitespace() || matches!(before, '-' | '!' | ':' | '=' | '|' | ','),
            c if !open && between(c) => {
                words.push((start, &text[start..at]));
                start = at + c.len_utf8();
            }
            _ => {}
        }
        before = c;
    }
    words.push((start, &text[start..]));
    words.retain(|(_, word)| !word.is_empty() || between(','));
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::calendar::{Month, Period};

    fn keys() -> Vec<Dimension> {
        ["team", "env"].map(|key| Dimension::Tag(key.into())).to_vec()
    }

    fn as_of() -> Day {
        Day::from_ymd(2024, 11, 20).expect("date")
    }

    fn read(line: &str) -> Lens {
        Lens::parse(line, &keys(), as_of()).unwrap_or_else(|e| panic!("{line}: {e}"))
    }

    #[test]
    fn reads_what_people_write_and_prints_it_in_one_way() {
        for (line, want) in [
            ("this-month", "effective this-month per day"),
            ("last 30 days by service", "effective 30d by service per day"),
            (
                "billed 2024-Q3 per week vs year-before in eur by team , region",
                "billed 2024-Q3 vs year-before by tag:team,region in EUR per week",
            ),
            (
                "effective this-month vs month-before by service,region where env=prod in USD per day",
                "effective this-month vs month-before by service,region where tag:env=prod in USD per day",
            ),
            (
                "mtd where \"vs\" team:\"by me\" in usd",
                "effective this-month where \"vs\" tag:team=\"by me\" in USD per day",
            ),
            ("september by tag:\"a,b\"", "effective 2024-09 by tag:\"a,b\" per day"),
            (
                "list 2024-09-01..2024-09-08 where cost > 5 in \"Credits\"",
                "list 2024-09-01..2024-09-08 where cost>5 in \"Credits\" per day",
            ),
        ] {
            assert_eq!(read(line).to_line(), want, "{line}");
            assert_eq!(read(want).to_line(), want);
        }
        assert_eq!(read(&Lens::default().to_line()), Lens::default());
    }

    #[test]
    fn points_at_the_mistake_and_suggests() {
        for (line, at, message, suggestion) in [
            ("", 0, "a period is missing", "this-month"),
            ("billed", 6, "a period is missing", "this-month"),
            ("efective this-month", 0, "is no period", "`effective`"),
            ("last-blue-moon", 0, "`last-blue-moon` is no period", "30d"),
            ("30d vs previus", 7, "`previus` is nothing to compare with", "`previous`"),
            ("30d by serivce", 7, "unknown dimension `serivce`", "`service`"),
            ("30d by service,,region", 15, "a dimension is missing", "by service,region"),
            ("30d by service, service", 16, "`service` stands here twice", ""),
            ("30d by sku,region,service,provider,resource", 35, "at most 4 dimensions", "where"),
            ("30d by tag:\"open", 11, "this quote does not fit", "end the text"),
            ("30d by service by region", 15, "`by` stands here twice", "in quotes"),
            ("30d where env=prod servce:ec2", 19, "unknown dimension `servce`", "service:"),
            ("30d where", 4, "nothing stands after `where`", "where env=prod"),
            ("30d in dollars", 7, "`dollars` is no currency", "USD"),
            ("30d per days", 8, "`days` is no piece of time", "`day`"),
        ] {
            let error = Lens::parse(line, &keys(), as_of()).expect_err(line);
            assert_eq!((error.at, error.message.contains(message)), (at, true), "{line}: {error:?}");
            assert!(error.suggestion.as_deref().unwrap_or_default().contains(suggestion), "{line}: {error:?}");
        }
        let shown = Lens::parse("30d by serivce", &[], as_of()).expect_err("error").to_string();
        assert_eq!(shown, "unknown dimension `serivce`\n  30d by serivce\n         ^");
    }

    fn period() -> impl Strategy<Value = PeriodSpec> {
        let day = 10_000i32..20_000;
        prop_oneof![
            prop::sample::select(PeriodSpec::PRESETS.to_vec()),
            (1u16..1000).prop_map(PeriodSpec::LastDays),
            (1990i32..2100, 1u32..13).prop_map(|(y, m)| PeriodSpec::Month(Month::new(y, m))),
            (1990i32..2100, 1u32..5).prop_map(|(y, q)| PeriodSpec::Quarter(y, q)),
            (1990i32..2100).prop_map(PeriodSpec::Year),
            (day, 1i32..400).prop_map(|(d, n)| PeriodSpec::Range(Period { from: Day(d), to: Day(d + n) })),
        ]
    }

    /// Texts that mean something in a line, and any others.
    fn text() -> impl Strategy<Value = String> {
        let odd =
            ["in", "per day", "by", "vs", "where", "a\"b", "\\", "\"", "x, y", "in USD", "a=b", "|", "-x", "tag:"];
        prop_oneof![prop::sample::select(odd.to_vec()).prop_map(str::to_owned), "[a-zA-Z0-9é ,:=|\"\\\\.*-]{1,12}"]
            .prop_filter("a key", |t: &String| !t.trim().is_empty())
    }

    fn dimension() -> impl Strategy<Value = Dimension> {
        prop_oneof![prop::sample::select(Dimension::FIXED.to_vec()), text().prop_map(Dimension::Tag)]
    }

    fn filter() -> impl Strategy<Value = Filter> {
        let clause = (dimension(), prop_oneof![Just(String::new()), text()], any::<bool>());
        prop::collection::vec(clause, 0..4).prop_map(|clauses| {
            clauses.into_iter().fold(Filter::default(), |filter, (dimension, value, exact)| {
                let others = exact.then(|| value.clone());
                filter.and(dimension, &value, others.iter().map(String::as_str))
            })
        })
    }

    proptest! {
        #[test]
        fn every_lens_is_read_back_from_its_line(
            period in period(),
            comparison in prop::sample::select(Comparison::ALL.to_vec()),
            filter in filter(),
            metric in prop::sample::select(Metric::ALL.to_vec()),
            by in prop::collection::btree_set(dimension(), 0..5),
            granularity in prop::sample::select(Granularity::ALL.to_vec()),
            currency in prop::option::of(prop_oneof![Just("USD".to_owned()), text()]),
        ) {
            let lens = Lens { period, comparison, filter, metric, by: by.into_iter().collect(), granularity, currency };
            let line = lens.to_line();
            let read = Lens::parse(&line, &keys(), as_of());
            prop_assert_eq!(read.as_ref(), Ok(&lens), "{}", line);
        }

        #[test]
        fn no_line_is_too_odd_to_be_told_what_is_wrong(line in "[a-z\"\\\\ ,:=|é<>-]{0,40}") {
            if let Err(error) = Lens::parse(&line, &keys(), as_of()) {
                prop_assert!(error.to_string().contains('^'));
            }
        }
    }
}
