//! Keeps text in CSV cells from running as a formula in a spreadsheet.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a
//! formula (OWASP, "CSV injection"). [`guarded`] puts a `'` before such a text, [`unguarded`] takes
//! it off again, so that what spendtop wrote is read back as it was. For text cells only: a number
//! is written as a number. Knows no CSV.

use std::borrow::Cow;

/// Whether a text needs the guard: a formula's first character, after any number of `'`, since
/// those must be told from the guard when it is taken off.
fn is_dangerous(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// The text as it is safe in a spreadsheet's cell.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_dangerous(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text without the guard that [`guarded`] put before it, if it did.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_dangerous(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_formulas_and_takes_the_guard_off() {
        for (text, want) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-web", "'-web"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("'=1", "''=1"),
            ("''-", "'''-"),
            ("'quoted'", "'quoted'"),
            ("a=b", "a=b"),
            ("", ""),
            ("'", "'"),
        ] {
            assert_eq!(guarded(text), want);
            assert_eq!(unguarded(want), text);
        }
    }
}
