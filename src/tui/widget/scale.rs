//! Round numbers for an axis.
//!
//! Pure arithmetic on floats, which is what pixels are. Knows nothing of charts.

/// How rows of a chart stand for values.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scale {
    /// What one row is worth.
    pub unit: f64,
    /// How many rows are below zero.
    pub below: u16,
    /// What lies between two labels.
    pub step: f64,
}

/// The least of 1, 2, 2.5, 5 and 10 times a power of ten that is at least `value`.
#[must_use]
pub fn nice(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let lead = value / power;
    power * [1.0, 2.0, 2.5, 5.0].into_iter().find(|n| lead <= *n + 1e-9).unwrap_or(10.0)
}

/// The step that leaves least of the rows blank above `most`, with a label to every second or
/// third row; the fewest labels among equals.
fn fullest(most: f64, rows: u16) -> f64 {
    let counts = (rows / 3).clamp(1, 5)..=(rows / 2).clamp(1, 7);
    let unit = |step: f64| {
        let steps = (most / step - 1e-9).ceil().max(1.0);
        step / (f64::from(rows) / steps).floor().max(1.0)
    };
    let steps = counts.map(|count| nice(most / f64::from(count)));
    steps.min_by(|a, b| unit(*a).total_cmp(&unit(*b))).unwrap_or(most)
}

impl Scale {
    /// A scale of `rows` rows that holds `least` (zero or less) to `most` (zero or more).
    #[must_use]
    pub fn of(least: f64, most: f64, rows: u16) -> Scale {
        let (least, most) = (least.min(0.0), most.max(0.0));
        let span = most - least;
        let rows = rows.max(1);
        if !span.is_finite() || span <= 0.0 {
            return Scale { unit: 1.0 / f64::from(rows), below: 0, step: 1.0 };
        }
        let step = if least < 0.0 {
            // The rows are shared between both sides of zero, and its label stands among the others.
            nice(span / f64::from((rows / 3).clamp(1, 5)))
        } else {
            fullest(most, rows)
        };
        let steps = (most / step - 1e-9).ceil().max(0.0);
        if least >= 0.0 && steps <= f64::from(rows) {
            // Whole rows to a step, so that labels stand at even distances.
            return Scale { unit: step / (f64::from(rows) / steps).floor(), below: 0, step };
        }
        let top = steps * step;
        let below = if least < 0.0 {
            let share = (f64::from(rows) * -least / (top - least)).ceil() as u16;
            share.clamp(1, if most > 0.0 { rows.saturating_sub(1).max(1) } else { rows })
        } else {
            0
        };
        let above = rows - below.min(rows);
        let mut unit = if above > 0 { top / f64::from(above) } else { 0.0 };
        if below > 0 {
            unit = unit.max(-least / f64::from(below));
        }
        Scale { unit: if unit > 0.0 { unit } else { 1.0 }, below, step }
    }

    /// The label of a row, where one of the scale's steps lies nearest to its upper edge.
    #[must_use]
    pub fn label(&self, row: u16) -> Option<f64> {
        let edge = i64::from(row) + 1 - i64::from(self.below);
        let nearest = (edge as f64 * self.unit / self.step).round() * self.step;
        let zero = nearest.abs() <= self.step * 1e-6;
        // Zero is the chart's floor unless something lies below it.
        ((nearest / self.unit).round() as i64 == edge && (!zero || self.below > 0)).then_some(nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (value, want) in [(0.9, 1.0), (1.1, 2.0), (2.2, 2.5), (3.0, 5.0), (7.0, 10.0), (1234.0, 2000.0), (0.0, 1.0)]
        {
            assert!((nice(value) - want).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn a_scale_holds_its_values() {
        for (least, most) in [(0.0, 4_981.2), (0.0, 0.004), (-20.0, 100.0), (-100.0, 0.0), (0.0, 0.0), (-5.0, 1e9)] {
            for rows in 1..40u16 {
                let scale = Scale::of(least, most, rows);
                let edge = |row: u16| (f64::from(row) - f64::from(scale.below)) * scale.unit;
                let (bottom, top) = (edge(0), edge(rows));
                assert!(scale.unit > 0.0 && scale.below <= rows);
                if rows > 1 || least == 0.0 || most == 0.0 {
                    assert!(
                        bottom <= least + 1e-9 && top >= most * (1.0 - 1e-9),
                        "{least}..{most} in {rows}: {scale:?}"
                    );
                }
            }
        }
        let scale = Scale::of(0.0, 4_981.0, 10);
        let labels: Vec<f64> = (0..10).filter_map(|row| scale.label(row)).collect();
        assert_eq!((labels, scale.unit), (vec![1_000.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0], 500.0));
    }
}
