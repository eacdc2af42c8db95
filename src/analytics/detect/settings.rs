//! What the detector of a series goes by.

/// What a detector goes by.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// Differences below this much money are none.
    pub absolute: f64,
    /// Differences below this share of what was expected are none.
    pub relative: f64,
    /// Scores beyond this are out of the ordinary.
    pub threshold: f64,
    /// No noise is narrower than this share of the cost.
    pub least_width: f64,
    /// Steps in a day.
    pub per_day: i64,
    /// Seasons, in steps.
    pub seasons: Vec<usize>,
    /// Steps before anything is found.
    pub learn: u32,
    /// Residuals that the width is taken from.
    pub memory: usize,
    /// Steps after which what stays is a step.
    pub confirm: usize,
    /// Steps after which a step is what the cost is now.
    pub settle: i64,
    /// How many days of each month may be kept out of the noise because they are usual.
    pub spared: f64,
    /// What came but once before, on the very day, is usual if it differed by less than this share.
    pub alike: f64,
}

impl Settings {
    /// For how many steps a cost must be back for what stayed to be over.
    #[must_use]
    pub fn back(&self) -> usize {
        self.confirm.div_ceil(2)
    }

    /// Steps of the shortest season.
    #[must_use]
    pub(super) fn season(&self) -> usize {
        self.seasons.first().copied().unwrap_or(1)
    }

    /// Steps after which what climbed has grown to what it is: that it falls back from there is no end of it.
    #[must_use]
    pub(super) fn grown(&self) -> i64 {
        3 * self.seasons.last().copied().unwrap_or(1) as i64
    }

    /// For costs by day: a weekly and a monthly season.
    #[must_use]
    pub fn daily() -> Self {
        Settings {
            absolute: 1.0,
            relative: 0.15,
            threshold: 3.5,
            least_width: 0.02,
            per_day: 1,
            seasons: vec![7],
            learn: 14,
            memory: 56,
            confirm: 5,
            settle: 30,
            spared: 4.0,
            alike: 0.05,
        }
    }

    /// For costs by day of the many places of a bill, each of which can be wrong: a higher bar.
    #[must_use]
    pub fn of_places() -> Self {
        Settings { threshold: 4.5, relative: 0.2, spared: 0.0, alike: 0.35, ..Settings::daily() }
    }

    /// For costs by hour: a daily season and one of a week's hours.
    #[must_use]
    pub fn hourly() -> Self {
        Settings::fine(24)
    }

    /// For costs of several steps a day: three days are learnt before anything is found, what stays for a day is
    /// a step, and the noise is that of two weeks.
    #[must_use]
    pub fn fine(per_day: u16) -> Self {
        let day = usize::from(per_day.max(2));
        Settings {
            threshold: 5.0,
            per_day: day as i64,
            seasons: vec![day, 7 * day],
            learn: 3 * day as u32,
            memory: 14 * day,
            confirm: day,
            settle: 30 * day as i64,
            alike: 0.25,
            ..Settings::daily()
        }
    }
}
