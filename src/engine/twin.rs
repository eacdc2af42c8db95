//! The command line that prints what is on the screen.
//!
//! A pure function of the lens. Knows no answer.

use crate::domain::calendar::Day;
use crate::domain::lens::Lens;
use crate::domain::period::Comparison;

/// The command for a lens. Days are written out, so that it prints the same tomorrow.
#[must_use]
pub fn command(lens: &Lens, as_of: Day) -> String {
    let period = lens.period.resolve(as_of);
    let mut out = String::from("spendtop query");
    if !lens.by.is_empty() {
        let by: Vec<String> = lens.by.iter().map(|d| d.name()).collect();
        out.push_str(&format!(" --by {}", quoted(&by.join(","))));
    }
    out.push_str(&format!(" --metric {}", lens.metric.name()));
    // On a month's last day the month to date has the days of the whole month, but is held against
    // others.
    if lens.days(as_of).1 == lens.comparison.against(period) {
        out.push_str(&format!(" --from {} --to {}", period.from, period.to));
    } else {
        out.push_str(&format!(" --period {} --as-of {as_of}", lens.period));
    }
    if lens.comparison != Comparison::None {
        out.push_str(&format!(" --compare {}", lens.comparison.name()));
    }
    if !lens.filter.is_empty() {
        out.push_str(&format!(" --where {}", single_quoted(&lens.filter.to_string())));
    }
    if let Some(currency) = &lens.currency {
        out.push_str(&format!(" --currency {}", quoted(currency)));
    }
    out
}

/// A word as a shell reads it back: in quotes only where it needs them.
fn quoted(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-,:./".contains(&b));
    if plain { text.to_owned() } else { single_quoted(text) }
}

/// A text in single quotes for `sh`. Control characters, which a paste could take for keys, are
/// written in `$'...'`, which bash, zsh and ksh read back.
fn single_quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        let mut out = String::from("$'");
        for c in text.chars() {
            match c {
                '\'' | '\\' => out.extend(['\\', c]),
                c if c.is_control() => {
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
    use crate::domain::dimension::Dimension;
    use crate::domain::filter::Filter;
    use crate::domain::period::PeriodSpec;

    #[test]
    fn is_a_command_that_a_shell_reads_back() {
        let as_of = Day::from_ymd(2024, 11, 20).expect("date");
        let base = Lens { period: PeriodSpec::LastDays(30), comparison: Comparison::None, ..Lens::default() };
        let with = |text: &str| Lens { filter: Filter::parse(text, &[]).expect(text), ..base.clone() };
        let start = "spendtop query --by provider --metric effective --from 2024-10-22 --to 2024-11-21";
        for (lens, end) in [
            (base.clone(), ""),
            (with("service:ec2 cost>100"), " --where 'service:ec2 cost>100'"),
            (with("resource:\"bob's $(rm)\""), " --where 'resource:\"bob'\\''s $(rm)\"'"),
            (
                Lens { filter: base.filter.and(Dimension::Resource, "a\nb'", std::iter::empty()), ..base.clone() },
                " --where $'resource:\"a\\x0ab\\'\"'",
            ),
            (Lens { comparison: Comparison::YearBefore, ..base.clone() }, " --compare year-before"),
        ] {
            assert_eq!(command(&lens, as_of), format!("{start}{end}"));
        }
        let tagged = Lens { by: vec![Dimension::Service, Dimension::Tag("my key".into())], ..base };
        assert!(command(&tagged, as_of).contains(" --by 'service,tag:my key' "));
        let last_day = Day::from_ymd(2024, 11, 30).expect("date");
        let to_date = command(&Lens::default(), last_day);
        assert!(to_date.contains(" --period this-month --as-of 2024-11-30 --compare month-before"), "{to_date}");
    }
}
