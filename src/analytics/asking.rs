//! How many requests it takes to be told of several dimensions at once, and what they cost.
//!
//! An API that groups by a few dimensions at most is asked once for each value of those that do not fit,
//! narrowed to it. Knows no provider: how many fit, and the price, are its caller's.

/// What would be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked<'a> {
    /// For each dimension, how many values it has; 0 where nobody knows.
    pub values: &'a [u64],
    /// How many dimensions a request tells jointly.
    pub jointly: usize,
    /// Of how many days.
    pub days: u64,
    /// Rows that a request brings at most; 0 where that is not known.
    pub page_rows: u64,
    /// The price of a request, in millionths of a US dollar.
    pub microdollars: u64,
}

/// What it takes, at least: pairs of values may be more than are known of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// Requests.
    pub requests: u64,
    /// What they cost, in millionths of a US dollar.
    pub microdollars: u64,
}

/// Estimates what it takes; `None` where a dimension that does not fit has values that nobody knows.
#[must_use]
pub fn estimate(asked: &Asked<'_>) -> Option<Estimate> {
    // Those of the fewest values are asked for one by one.
    let mut values = asked.values.to_vec();
    values.sort_unstable_by_key(|count| if *count == 0 { u64::MAX } else { *count });
    let apart = values.len().saturating_sub(asked.jointly.max(1));
    let (apart, joint) = values.split_at(apart);
    if apart.contains(&0) {
        return None;
    }
    let runs = apart.iter().fold(1, |runs: u64, count| runs.saturating_mul(*count));
    let rows = asked.days.saturating_mul(joint.iter().copied().max().unwrap_or(1).max(1));
    let pages = if asked.page_rows == 0 { 1 } else { rows.div_ceil(asked.page_rows).max(1) };
    let requests = runs.saturating_mul(pages);
    Some(Estimate { requests, microdollars: requests.saturating_mul(asked.microdollars) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_asked_for_value_by_value() {
        let cost = |values: &[u64], jointly, days, page_rows| {
            let asked = Asked { values, jointly, days, page_rows, microdollars: 10_000 };
            estimate(&asked).map(|found| (found.requests, found.microdollars))
        };
        for (values, jointly, days, page_rows, want) in [
            // Account, service and region: once for each of fourteen accounts.
            (&[14, 40, 0][..], 2, 30, 5_000, Some((14, 140_000))),
            // A pair in one request, more where it has more pages.
            (&[14, 0], 2, 30, 5_000, Some((1, 10_000))),
            (&[200, 0], 2, 365, 5_000, Some((15, 150_000))),
            (&[14, 200, 0], 2, 365, 5_000, Some((14 * 15, 2_100_000))),
            // Two do not fit: every pair of their values.
            (&[3, 5, 40, 9], 2, 1, 0, Some((15, 150_000))),
            (&[3, 5, 40], 1, 1, 0, Some((15, 150_000))),
            (&[], 2, 30, 100, Some((1, 10_000))),
            (&[0], 2, 0, 100, Some((1, 10_000))),
            // Nobody knows of what to ask.
            (&[14, 0, 0, 0], 2, 30, 100, None),
            (&[u64::MAX, u64::MAX, u64::MAX], 1, 1, 1, Some((u64::MAX, u64::MAX))),
        ] {
            assert_eq!(cost(values, jointly, days, page_rows), want, "{values:?}");
        }
    }
}
