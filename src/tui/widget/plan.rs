//! How the pieces of time of a chart become bars of so many columns.
//!
//! Pure arithmetic. Knows no values.

/// Columns of the vertical axis: five for a label, one for the line.
pub const AXIS: u16 = 6;
/// Columns of a bar at most: few pieces are seen as bars, not as areas.
const BAR_MAX: u16 = 16;

/// How pieces become columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Columns of a bar.
    pub bar: u16,
    /// Columns between bars.
    pub gap: u16,
    /// Pieces that one bar adds up.
    pub pieces: usize,
}

impl Plan {
    /// The widest bars that fit.
    #[must_use]
    pub fn of(pieces: usize, columns: u16) -> Plan {
        let room = usize::from(columns.max(1));
        let each = room / pieces.max(1);
        match each {
            0 => Plan { bar: 1, gap: 0, pieces: pieces.div_ceil(room) },
            1 => Plan { bar: 1, gap: 0, pieces: 1 },
            2..=6 => Plan { bar: each as u16 - 1, gap: 1, pieces: 1 },
            _ => Plan { bar: (each as u16 - 2).min(BAR_MAX), gap: 2, pieces: 1 },
        }
    }

    /// The plan for an area of that many columns, the axis among them, where so many pieces may share a
    /// bar; where it has no columns, every piece is a bar.
    #[must_use]
    pub fn within(pieces: usize, columns: u16, strides: &[usize]) -> Plan {
        if columns <= AXIS {
            return Plan { bar: 1, gap: 0, pieces: 1 };
        }
        let plan = Plan::of(pieces, columns - AXIS);
        let shared = strides.iter().find(|stride| **stride >= plan.pieces);
        Plan { pieces: shared.copied().unwrap_or(plan.pieces), ..plan }
    }

    /// Columns of a bar and of the gap after it.
    #[must_use]
    pub fn slot(self) -> u16 {
        self.bar + self.gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_periods_share_bars() {
        assert_eq!(Plan::of(400, 100), Plan { bar: 1, gap: 0, pieces: 4 });
        assert_eq!(Plan::of(30, 100), Plan { bar: 2, gap: 1, pieces: 1 });
        assert_eq!(Plan::of(7, 100), Plan { bar: 12, gap: 2, pieces: 1 });
        assert_eq!(Plan::of(3, 100), Plan { bar: 16, gap: 2, pieces: 1 });
        assert_eq!(Plan::of(15, 114), Plan { bar: 5, gap: 2, pieces: 1 });
        assert_eq!(Plan::within(400, 106, &[2, 6]), Plan { bar: 1, gap: 0, pieces: 6 });
        for (pieces, columns) in (0..400).flat_map(|p| (1..300u16).map(move |c| (p, c))) {
            let plan = Plan::of(pieces, columns);
            let bars = pieces.div_ceil(plan.pieces.max(1)) as u16;
            let used = (bars * plan.slot()).saturating_sub(plan.gap);
            assert!(used <= columns, "{pieces} pieces in {columns} columns: {plan:?}");
        }
    }
}
