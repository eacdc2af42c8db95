//! Figures as a screen has room for them: short numbers, changes behind their sign, shares.
//!
//! What they are, their decimals and which changes have a percentage is [`crate::report::money`]'s.
//! Knows no column and no colour, only roles.

use crate::domain::money::Amount;
use crate::engine::answer::Figure;
use crate::report::money::Moved;
pub use crate::report::money::{UNKNOWN, fixed as amount, places};
use crate::tui::theme::{Glyphs, Role};

/// Amounts as charts draw them.
#[must_use]
pub fn floats(amounts: &[Option<Amount>]) -> Vec<Option<f64>> {
    amounts.iter().map(|amount| amount.map(Amount::to_f64)).collect()
}

/// A number in at most five columns: `950`, `1.2k`, `18k`, `1.2M`.
#[must_use]
pub fn short(value: f64) -> String {
    let (sign, size) = (if value < 0.0 { "-" } else { "" }, value.abs());
    let text = match size {
        s if s >= 9.995e12 => format!("{:.0}T", s / 1e12),
        s if s >= 9.995e11 => format!("{:.1}T", s / 1e12),
        s if s >= 9.995e9 => format!("{:.0}G", s / 1e9),
        s if s >= 9.995e8 => format!("{:.1}G", s / 1e9),
        s if s >= 9.95e6 => format!("{:.0}M", s / 1e6),
        s if s >= 9.995e5 => format!("{:.1}M", s / 1e6),
        s if s >= 9.95e3 => format!("{:.0}k", s / 1e3),
        s if s >= 999.5 => format!("{:.1}k", s / 1e3),
        s if s >= 9.95 || s == 0.0 => format!("{s:.0}"),
        s if s >= 0.095 => format!("{s:.1}"),
        s => format!("{s:.2}"),
    };
    let text = match text.split_once(".0") {
        Some((whole, unit)) if !unit.starts_with(|c: char| c.is_ascii_digit()) => format!("{whole}{unit}"),
        _ => text,
    };
    format!("{sign}{text}")
}

/// Which way a figure went: the role, and the sign that says so without colour.
#[must_use]
pub fn direction(figure: &Figure, glyphs: &Glyphs) -> (Role, &'static str) {
    match figure.change() {
        Some(change) if change > Amount::ZERO => (Role::Warm, glyphs.change.0),
        Some(change) if change < Amount::ZERO => (Role::Cool, glyphs.change.1),
        _ => (Role::Muted, " "),
    }
}

/// How much a figure changed, without its sign; empty where that is unknown.
#[must_use]
pub fn change(figure: &Figure, places: u32) -> String {
    figure.change().map_or_else(String::new, |c| c.abs().grouped(places))
}

/// An amount in at most so many columns: whole where it fits, else short. Never a part of its digits.
#[must_use]
pub fn amount_in(value: Option<Amount>, places: u32, room: usize) -> String {
    let whole = amount(value, places);
    match value {
        Some(value) if whole.len() > room => short(value.to_f64()),
        _ => whole,
    }
}

/// How much a figure changed behind its sign, the sign a column of its own before `columns` of
/// amount; short where the whole has no `room`.
#[must_use]
pub fn signed_change(figure: &Figure, places: u32, columns: usize, room: usize) -> String {
    match figure.change() {
        None => String::new(),
        Some(change) => {
            let sign = if change < Amount::ZERO { "-" } else { "+" };
            let columns = columns.min(room.saturating_sub(2));
            format!("{sign} {:>columns$}", amount_in(Some(change.abs()), places, columns))
        }
    }
}

/// A change as a percentage for a column of them: without decimals, so that all end alike.
#[must_use]
pub fn percent_cell(figure: &Figure) -> String {
    match Moved::of(figure.amount, figure.previous) {
        Moved::By(ratio) if ratio != 0.0 && ratio.abs() < 0.005 => "<1 %".to_owned(),
        Moved::By(ratio) if ratio != 0.0 && ratio.abs() < 0.0995 => format!("{:+.0} %", ratio * 100.0),
        _ => percent_change(figure),
    }
}

/// A share of one as a signed percentage: `+6.1 %`, `-18 %`; empty where it is unknown.
#[must_use]
pub fn percent_change(figure: &Figure) -> String {
    let percent = match Moved::of(figure.amount, figure.previous) {
        Moved::Unknown => return String::new(),
        Moved::New => return "new".to_owned(),
        Moved::By(ratio) => ratio * 100.0,
    };
    match percent.abs() {
        p if p >= 9_999.5 => format!("{}9999 %", if percent < 0.0 { "<-" } else { ">" }),
        p if p >= 9.95 => format!("{percent:+.0} %"),
        p if p < 0.05 => "0 %".to_owned(),
        _ => format!("{percent:+.1} %"),
    }
}

/// A share of a total: `44 %`; `<1 %` where it is small but there.
#[must_use]
pub fn share(ratio: Option<f64>) -> String {
    match ratio {
        None => String::new(),
        Some(r) if r > 0.0 && r < 0.005 => "<1 %".to_owned(),
        // Adding nothing makes a zero of a negative zero.
        Some(r) => format!("{:.0} %", (r * 100.0).round() + 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(amount: &str, previous: &str) -> Figure {
        Figure { amount: amount.parse().ok(), previous: previous.parse().ok() }
    }

    #[test]
    fn short_numbers_fit_an_axis() {
        for (value, want) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (0.5, "0.5"),
            (950.0, "950"),
            (999.6, "1k"),
            (1_200.0, "1.2k"),
            (2_500.0, "2.5k"),
            (18_000.0, "18k"),
            (1_200_000.0, "1.2M"),
            (1_000_000.0, "1M"),
            (5e9, "5G"),
            (-1_500.0, "-1.5k"),
            (10.0, "10"),
            (100.0, "100"),
        ] {
            assert_eq!(short(value), want);
            assert!(short(value).len() <= 5);
        }
    }

    #[test]
    fn changes_say_what_is_known() {
        for (now, before, percent) in [
            ("106.1", "100", "+6.1 %"),
            ("82", "100", "-18 %"),
            ("100", "100", "0 %"),
            ("5", "0", "new"),
            ("0", "0", "0 %"),
            ("", "5", ""),
            ("5", "", ""),
            ("1000000", "1", ">9999 %"),
            ("-50", "-100", ""),
        ] {
            assert_eq!(percent_change(&figure(now, before)), percent, "{now} from {before}");
        }
        for (now, before, cell) in [
            ("106.6", "100", "+7 %"),
            ("82", "100", "-18 %"),
            ("100", "100", "0 %"),
            ("100.1", "100", "<1 %"),
            ("5", "-9", ""),
        ] {
            assert_eq!(percent_cell(&figure(now, before)), cell, "{now} from {before}");
        }
        assert_eq!(signed_change(&figure("5", "17.5"), 2, 8, 15), "-    12.50");
        assert_eq!(signed_change(&figure("5000000000000", "17.5"), 2, 20, 12), "+         5T");
        let large = Some("123456789.12".parse().expect("amount"));
        assert_eq!([14, 13].map(|room| amount_in(large, 2, room)), ["123,456,789.12", "123M"]);
        assert_eq!(
            (share(Some(0.001)).as_str(), share(Some(0.444)).as_str(), share(None).as_str()),
            ("<1 %", "44 %", "")
        );
        assert_eq!(share(Some(-0.001)), "0 %");
    }
}
