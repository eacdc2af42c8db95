//! Counts, sizes and spans of time as people read them.
//!
//! Knows no answer.

pub use crate::domain::words::{count, counted};

/// Bytes in the largest decimal unit that there is one of: `1.5 GB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{value:.0} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// Seconds, or minutes and seconds: `42 s`, `1:05 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    if seconds < 60 { format!("{seconds} s") } else { format!("{}:{:02} min", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([count(0), count(1_234_567)], ["0", "1,234,567"]);
        assert_eq!(
            [counted(1, "row is", "rows are"), counted(2_000, "row is", "rows are")],
            ["1 row is", "2,000 rows are"]
        );
        assert_eq!([bytes(999), bytes(1_500), bytes(8_900_000_000)], ["999 B", "1.5 kB", "8.9 GB"]);
        assert_eq!([duration(41.6), duration(65.0)], ["42 s", "1:05 min"]);
    }
}
