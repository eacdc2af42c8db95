//! The command line that prints what a view shows.

use crate::domain::calendar::Day;
use crate::domain::lens::Lens;
use crate::domain::period::Comparison;

/// Quotes a word for a POSIX shell.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:,=@%+".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The `spendtop query` that answers a lens's question, with its days spelt out.
#[must_use]
pub fn command(lens: &Lens, as_of: Day) -> String {
    let (period, _) = lens.days(as_of);
    let mut words = vec!["spendtop".to_owned(), "query".to_owned()];
    if !lens.by.is_empty() {
        let by: Vec<String> = lens.by.iter().map(crate::domain::dimension::Dimension::name).collect();
        words.extend(["--by".to_owned(), quoted(&by.join(","))]);
    }
    words.extend(["--metric".to_owned(), lens.metric.name().to_owned()]);
    words.extend(["--from".to_owned(), period.from.to_string(), "--to".to_owned(), period.to.to_string()]);
    if lens.comparison != Comparison::None {
        words.extend(["--compare".to_owned(), lens.comparison.name().to_owned()]);
    }
    if !lens.filter.is_empty() {
        words.extend(["--where".to_owned(), quoted(&lens.filter.to_string())]);
    }
    if let Some(currency) = &lens.currency {
        words.extend(["--currency".to_owned(), quoted(currency)]);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;

    #[test]
    fn quotes_what_a_shell_would_read() {
        for (word, want) in [("prod", "prod"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(rm)", "'$(rm)'"), ("", "''"), ("tag:team", "tag:team")] {
            assert_eq!(quoted(word), want);
        }
    }

    #[test]
    fn spells_the_days_out() {
        let filter = Filter::parse("env=prod region:us-*", &["env".into()]).expect("filter");
        let lens = Lens { filter, comparison: Comparison::None, ..Lens::default() };
        let as_of = Day::parse("2026-11-21").expect("day");
        assert_eq!(command(&lens, as_of), "spendtop query --by provider --metric effective --from 2026-11-01 --to 2026-11-22 --where 'tag:env=prod region:us-*'");
    }
}
