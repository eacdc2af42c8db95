//! Statistics that a few odd days do not move: medians, spread by median deviation, running medians.
//!
//! Knows no calendar and no forecast.

/// A median deviation times this is the standard deviation of a normal distribution.
const NORMAL: f64 = 1.4826;

/// The median, by moving the values; nothing of nothing.
pub(super) fn median_of(values: &mut [f64]) -> Option<f64> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let (low, mid, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    let mid = *mid;
    if n % 2 == 1 {
        return Some(mid);
    }
    let below = low.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(below, mid))
}

/// The median of a few values, zero of none.
pub(super) fn median(values: &[f64]) -> f64 {
    median_of(&mut values.to_vec()).unwrap_or(0.0)
}

/// Standard deviation told from the median distance to `centre`: up to half of the values may be odd.
pub(super) fn spread(values: &[f64], centre: f64) -> f64 {
    let mut away: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    NORMAL * median_of(&mut away).unwrap_or(0.0)
}

/// The mean of what lies within 2.5 spreads of the median: nearly as sharp as a mean, nearly as
/// firm as a median.
pub(super) fn trimmed(values: &[f64]) -> f64 {
    let centre = median(values);
    let reach = 2.5 * spread(values, centre);
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values.iter().filter(|v| (**v - centre).abs() <= reach) {
        sum += value;
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { centre }
}

/// The median of each value and its `half` neighbours on either side; at the ends, of those there are.
pub(super) fn running(values: &[f64], half: usize) -> Vec<f64> {
    let n = values.len();
    let mut window = Vec::with_capacity(2 * half + 1);
    (0..n)
        .map(|at| {
            // A window at an end is shifted, not cut: each weekday stays in it once.
            let from = at.saturating_sub(half).min(n.saturating_sub(2 * half + 1));
            window.clear();
            window.extend_from_slice(&values[from..(from + 2 * half + 1).min(n)]);
            median_of(&mut window).unwrap_or(0.0)
        })
        .collect()
}

/// The slope a day by Theil and Sen: the median of the slopes between pairs at least `apart` days
/// apart.
pub(super) fn slope(values: &[f64], apart: usize) -> f64 {
    let mut slopes = Vec::new();
    for to in apart..values.len() {
        let mut from = to % 2;
        while from + apart <= to {
            slopes.push((values[to] - values[from]) / (to - from) as f64);
            from += 2;
        }
    }
    median_of(&mut slopes).unwrap_or(0.0)
}

/// A quantile of sorted values with weights, between the two nearest. `None` of nothing.
pub(super) fn quantile(sorted: &[(f64, f64)], p: f64) -> Option<f64> {
    let whole: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    let mut before: Option<(f64, f64)> = None;
    for (value, weight) in sorted {
        let at = (below + weight / 2.0) / whole;
        if at >= p {
            return Some(match before {
                Some((v, b)) if at > b => v + (value - v) * (p - b) / (at - b),
                _ => *value,
            });
        }
        below += weight;
        before = Some((*value, at));
    }
    before.map(|(value, _)| value)
}
