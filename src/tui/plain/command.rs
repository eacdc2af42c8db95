//! The commands of the line mode: one table for reading them and for their help.
//!
//! Knows words, not what they do.

use crate::domain::text::SafeText;
use crate::domain::words::nearest;

/// What a line asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    Spend,
    Breakdown,
    Series,
    Drill,
    Back,
    More,
    Period,
    By,
    Filter,
    Metric,
    Compare,
    Currency,
    Command,
    Lens,
    Save,
    Sync,
    Forecast,
    Budgets,
    Anomalies,
    Alerts,
    Help,
    Quit,
}

/// Word, what may stand for it, what follows it, what it does.
type Row = (Word, &'static str, &'static str, &'static str, &'static str);

const TABLE: [Row; 22] = [
    (Word::Spend, "spend", "1", "", "what is spent and what changed"),
    (Word::Breakdown, "breakdown", "2", "", "what it is made of, in numbered rows"),
    (Word::Series, "series", "days", "", "the cost of each day or other piece of time"),
    (Word::Drill, "drill", "open", "NUMBER", "open a row of the breakdown"),
    (Word::Back, "back", "up", "", "out of what was opened last"),
    (Word::More, "more", "next", "", "more rows of the breakdown"),
    (Word::Period, "period", "", "DAYS", "this-month, last-month, 30d, 2024-09, 2024-09-01..2024-10-01"),
    (Word::By, "by", "", "DIMENSION", "group by provider, service, account, region, tag:team ..."),
    (Word::Filter, "filter", "where", "FILTER", "only what matches, like service:ec2 env=prod; alone: everything"),
    (Word::Metric, "metric", "", "COST", "effective, billed, list or contracted"),
    (Word::Compare, "compare", "", "DAYS", "previous, month-before, year-before or none"),
    (Word::Currency, "currency", "", "CODE", "figures in another currency; they are never added"),
    (Word::Command, "command", "", "", "the command that prints what is looked at"),
    (Word::Lens, "lens", "", "NAME", "look through a lens that is kept under a name; alone lists them"),
    (Word::Save, "save", "", "NAME", "keep what is looked at under a name"),
    (Word::Sync, "sync", "status", "", "how syncing stands; sync now asks all connections at once"),
    (Word::Forecast, "forecast", "", "", "what this month will come to, and how sure that is"),
    (Word::Budgets, "budgets", "4", "", "how each budget stands"),
    (Word::Anomalies, "anomalies", "5", "", "what is out of the ordinary"),
    (Word::Alerts, "alerts", "", "", "how the channels of alerts stand, and the last messages"),
    (Word::Help, "help", "?", "", "these commands"),
    (Word::Quit, "quit", "q", "", "leave spendtop"),
];

/// Reads a line: its command, and what follows it. A number alone opens a row; nothing where the
/// line is blank.
///
/// # Errors
/// That the word is none, with the one that may be meant.
pub fn read(line: &str) -> Result<Option<(Word, &str)>, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if word.is_empty() {
        return Ok(None);
    }
    let lower = word.to_lowercase();
    let found = TABLE.iter().find(|(_, name, other, ..)| lower == *name || (!other.is_empty() && lower == *other));
    if let Some((word, ..)) = found {
        return Ok(Some((*word, rest.trim())));
    }
    let names: Vec<&str> = TABLE.iter().map(|(_, name, ..)| *name).collect();
    let meant = nearest(&lower, &names).map_or(String::new(), |name| format!(" Did you mean {name}?"));
    Err(format!("There is no command {}.{meant} help lists them.", SafeText::from_outside(word)))
}

/// The commands, a line each.
#[must_use]
pub fn help() -> Vec<String> {
    let line = |(_, name, other, follows, doc): &Row| {
        let follows = if follows.is_empty() { String::new() } else { format!(" {follows}") };
        let other = if other.is_empty() { String::new() } else { format!(", or {other}") };
        format!("{name}{follows}{other}: {doc}.")
    };
    TABLE.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_people_write_them() {
        for (line, want) in [
            ("", Ok(None)),
            ("  ", Ok(None)),
            ("spend", Ok(Some((Word::Spend, "")))),
            ("2", Ok(Some((Word::Breakdown, "")))),
            (" Drill  3 ", Ok(Some((Word::Drill, "3")))),
            ("filter service:ec2 env=prod", Ok(Some((Word::Filter, "service:ec2 env=prod")))),
            ("?", Ok(Some((Word::Help, "")))),
            ("spnd", Err("There is no command spnd. Did you mean spend? help lists them.".to_owned())),
            ("\x1b[2J", Err("There is no command \\x1b[2J. help lists them.".to_owned())),
        ] {
            assert_eq!(read(line), want, "{line:?}");
        }
        assert_eq!(help().len(), TABLE.len());
    }
}
