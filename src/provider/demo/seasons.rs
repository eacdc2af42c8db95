//! How use goes up and down: through the day, the week, the month and the year.
//!
//! Everything is in permille and in integers. Knows no resource and no price.

use chrono::Datelike;

use crate::domain::calendar::Day;

/// How the use of something goes with time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// The same every hour.
    Always,
    /// Follows customers: evenings low, weekends lower, the weeks before Christmas high.
    Traffic,
    /// Follows office hours.
    Office,
    /// Runs at night, and most when a month closes.
    Batch,
    /// Only ever grows.
    Stored,
    /// Comes in campaigns of some days.
    Bursts,
}

impl Shape {
    /// All, by [`Self::index`].
    pub(super) const ALL: [Shape; 6] =
        [Shape::Always, Shape::Traffic, Shape::Office, Shape::Batch, Shape::Stored, Shape::Bursts];

    /// Its position in [`Self::ALL`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// Growth within a year, in permille.
    fn growth(self) -> i64 {
        match self {
            Shape::Always => 0,
            Shape::Traffic => 190,
            Shape::Office => 60,
            Shape::Batch => 140,
            Shape::Stored => 310,
            Shape::Bursts => 260,
        }
    }

    /// How far a single day strays, in permille.
    pub(super) fn spread(self) -> u64 {
        match self {
            Shape::Always => 0,
            Shape::Stored => 2,
            Shape::Traffic => 35,
            Shape::Office | Shape::Batch => 60,
            Shape::Bursts => 120,
        }
    }

    /// The season of a day in permille, without growth: at most 1000 for what runs by the hour.
    pub(super) fn season(self, day: Day) -> i64 {
        let weekday = day.weekday().num_days_from_monday() as usize;
        let date = day.date();
        match self {
            Shape::Always | Shape::Stored => 1000,
            Shape::Office => [980, 1000, 1000, 990, 950, 160, 120][weekday],
            Shape::Batch => {
                let close = match date.day() {
                    1 => 2600,
                    2 => 1900,
                    3 => 1400,
                    28.. => 1250,
                    _ => 1000,
                };
                close * [1000, 1010, 1000, 1000, 980, 900, 900][weekday] / 1000
            }
            Shape::Traffic => {
                let freight = match (date.month(), date.day()) {
                    (11, 10..) | (12, 1..=20) => 1110,
                    (12, 21..) => 820,
                    (1, 1..=6) => 860,
                    (8, _) => 950,
                    _ => 1000,
                };
                freight * [990, 1030, 1040, 1050, 1010, 830, 790][weekday] / 1000
            }
            // Twelve days of training, then nine of looking at the results.
            Shape::Bursts => match day.0.rem_euclid(21) {
                0..12 => 1000 * [1000, 1000, 1000, 1000, 950, 700, 700][weekday] / 1000,
                _ => 620,
            },
        }
    }

    /// The share of a day's use in an hour, in permille of an even share: 24000 in all.
    pub(super) fn hours(self) -> &'static [i64; 24] {
        match self {
            Shape::Always | Shape::Stored => &[1000; 24],
            Shape::Traffic => &[
                620, 560, 530, 520, 540, 620, 760, 940, 1100, 1210, 1280, 1310, 1320, 1330, 1340, 1330, 1300, 1250,
                1190, 1120, 1050, 990, 940, 850,
            ],
            Shape::Office => &[
                0, 0, 0, 0, 0, 0, 0, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 2000, 0, 0, 0,
                0, 0,
            ],
            Shape::Batch => &[
                2600, 3100, 3300, 2900, 2300, 1500, 800, 500, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400,
                400, 400, 500, 500, 800,
            ],
            Shape::Bursts => &[
                700, 700, 700, 700, 700, 700, 800, 900, 1100, 1300, 1400, 1400, 1400, 1400, 1400, 1300, 1300, 1100,
                1000, 900, 800, 800, 800, 700,
            ],
        }
    }
}

/// Season and growth of a day for each shape, by [`Shape::index`]: of a use that is 1000 at `as_of`.
pub(super) fn of_day(day: Day, as_of: Day) -> [i64; Shape::ALL.len()] {
    Shape::ALL.map(|shape| {
        let grown = 1000 - shape.growth() * i64::from(as_of.0 - day.0) / 365;
        shape.season(day) * grown.max(200) / 1000
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_make_a_day() {
        for shape in Shape::ALL {
            assert_eq!(shape.hours().iter().sum::<i64>(), 24_000, "{shape:?}");
            assert_eq!(Shape::ALL[shape.index()], shape);
        }
    }

    #[test]
    fn weekends_months_and_growth_show() {
        let day = |text| Day::parse(text).expect("day");
        let (monday, sunday, first) = (day("2026-09-14"), day("2026-09-20"), day("2026-09-01"));
        assert!(Shape::Office.season(sunday) * 5 < Shape::Office.season(monday));
        assert!(Shape::Traffic.season(sunday) < Shape::Traffic.season(monday));
        assert!(Shape::Batch.season(first) > 2 * Shape::Batch.season(monday));
        let year_ago = of_day(monday.plus(-364), monday);
        assert!(year_ago[Shape::Stored.index()] < 700);
    }
}
