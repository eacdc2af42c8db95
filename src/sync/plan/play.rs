//! What a plan will cost, told by playing it for a month. Pure.

use std::collections::BTreeSet;

use super::{Job, LOOK_BACK_DAYS, Now, Renewed, Rhythm, jobs};
use crate::domain::calendar::{DAY_SECONDS, Day, Period};
use crate::provider::remote::{Ask, Feed, Found, Manner, Scope};
use crate::store::remote::Synced;
use crate::sync::silence::Silence;

/// How much a feed's answers are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Volume {
    /// Rows of a day.
    pub rows_a_day: u64,
    /// Rows that a page holds.
    pub page_rows: u64,
}

impl Volume {
    /// Pages that so many days take: one at least, for asking.
    #[must_use]
    pub fn pages(&self, days: i32) -> u64 {
        let rows = self.rows_a_day.saturating_mul(u64::try_from(days).unwrap_or(0));
        rows.div_ceil(self.page_rows.max(1)).max(1)
    }
}

/// What is played: a scope's feeds, each with how much it answers.
pub struct Play<'a> {
    /// The scope.
    pub scope: &'a Scope,
    /// Its feeds.
    pub feeds: &'a [(Feed, Volume)],
    /// Seconds between two syncs.
    pub every: i64,
    /// Months of history that are wanted, the current one not counted.
    pub months: u16,
}

/// Requests, a page each.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Played {
    /// Of a month of 31 days, once history has come.
    pub a_month: u64,
    /// For history, once.
    pub history: u64,
}

impl Played {
    /// Requests of a day, on average.
    #[must_use]
    pub fn a_day(&self) -> u64 {
        self.a_month.div_ceil(31)
    }
}

/// A first of a month that has 31 days, as has the one before; which does not matter.
const BEGIN: Day = Day(20_666);

/// Plays a month of syncs in a rhythm, until it comes to more than `most` requests.
#[must_use]
pub fn play(play: &Play<'_>, rhythm: Rhythm, most: u64) -> Played {
    let manner = Manner::Days(play.feeds.iter().map(|(feed, _)| feed.clone()).collect());
    let begin = BEGIN.seconds();
    let mut synced = Synced::default();
    let (silence, brought) = (Silence::default(), Renewed::new());
    let plan = |at, months, synced: &Synced| {
        let now =
            Now { at, every: play.every, months, rhythm, wished: false, synced, silence: &silence, brought: &brought };
        jobs(play.scope, &manner, &Found::Unknown, &now)
    };
    let first = plan(begin, play.months, &synced);
    let cost = |job: &Job| match &job.ask {
        Ask::Days { feed, days } => volume(play, feed).pages(days.days()),
        Ask::Delivery(_) => 0,
    };
    let history = first.iter().filter(|job| job.why.is_history()).map(cost).sum();
    // Begins when all that is ever asked for again has just come.
    let asked_again = Period { from: BEGIN.plus(-LOOK_BACK_DAYS), to: BEGIN };
    for (feed, _) in play.feeds {
        synced.come(&feed.name, asked_again, begin, |_| false, &BTreeSet::new());
    }
    let (mut a_month, mut at) = (0, begin);
    while at < begin + 31 * DAY_SECONDS && a_month <= most {
        for job in plan(at, 3, &synced) {
            a_month += cost(&job);
            if let Ask::Days { feed, days } = &job.ask {
                synced.come(&feed.name, *days, at, |_| false, &BTreeSet::new());
            }
        }
        at += play.every.max(60);
    }
    Played { a_month, history }
}

/// The rhythm that is the most often of those that so many requests a day allow, or the slowest.
#[must_use]
pub fn rhythm(of: &Play<'_>, a_day: u64) -> Rhythm {
    let most = a_day.saturating_mul(31);
    let fits = |rhythm: &Rhythm| play(of, *rhythm, most).a_month <= most;
    let [.., slowest] = Rhythm::ALL;
    Rhythm::ALL.into_iter().find(fits).unwrap_or(slowest)
}

fn volume(play: &Play<'_>, feed: &Feed) -> Volume {
    let none = Volume { rows_a_day: 0, page_rows: 1 };
    play.feeds.iter().find(|(known, _)| known.name == feed.name).map_or(none, |(_, volume)| *volume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::remote::Terms;
    use crate::provider::{SourceId, SourceKind};

    /// A scope with four facets of which each splits as many services by a few values.
    fn played(rows: &[u64], page_rows: u64, rhythm: Rhythm) -> Played {
        with(rows, page_rows, |of| play(of, rhythm, u64::MAX))
    }

    fn with<T>(rows: &[u64], page_rows: u64, then: impl FnOnce(&Play<'_>) -> T) -> T {
        let scope = Scope {
            source: SourceId { name: "aws.prod".into(), kind: SourceKind::Api },
            provider: "AWS",
            title: "prod".into(),
            terms: Terms { request_microdollars: 10_000, every: 28_800, settles: 2, months: 13 },
        };
        let feed = |(at, rows_a_day): (usize, &u64)| {
            let name = if at == 0 { Feed::BASE.to_owned() } else { format!("facet {at}") };
            let feed = Feed { name, tells: Vec::new(), days_max: 92, reach: None, page_rows: 1_000 };
            (feed, Volume { rows_a_day: *rows_a_day, page_rows })
        };
        let feeds: Vec<(Feed, Volume)> = rows.iter().enumerate().map(feed).collect();
        then(&Play { scope: &scope, feeds: &feeds, every: 28_800, months: 13 })
    }

    /// 20 accounts, 40 services, 4 regions, 10 usage types and 4 record types a service.
    const ORGANISATION: [u64; 5] = [800, 160, 400, 80, 160];

    #[test]
    fn a_small_account_is_asked_as_often_as_there_is_news() {
        let told = played(&[20, 80, 200, 4, 80], 5_000, Rhythm::Full);
        // Three times a day the charges, once a day four facets; now and then what is older.
        assert_eq!((told.a_month, told.a_day()), (3 * 31 + 4 * 31 + 71, 10));
        // Five windows for each: two pages of 80 rows a day for 92 days, four of 200.
        assert_eq!(told.history, 5 + 9 + 17 + 5 + 9);
    }

    #[test]
    fn an_organisation_of_20_accounts_and_40_services_fits_12_requests_a_day() {
        for page_rows in [1_000, 2_000, 5_000, 10_000, 1_000_000] {
            let rhythm = with(&ORGANISATION, page_rows, |of| rhythm(of, 12));
            let told = played(&ORGANISATION, page_rows, rhythm);
            assert!(told.a_day() <= 12, "{told:?} in {rhythm:?} with pages of {page_rows}");
        }
    }

    #[test]
    fn the_rhythm_is_as_often_as_the_requests_of_a_day_allow() {
        let small = [20, 80, 200, 4, 80];
        let rhythm = |rows: &[u64], page, a_day| with(rows, page, |of| rhythm(of, a_day));
        assert_eq!(rhythm(&small, 1_000, 12), Rhythm::Full);
        assert_eq!(rhythm(&small, 1_000, 5), Rhythm::Sparse);
        assert_eq!(rhythm(&ORGANISATION, 10_000, 12), Rhythm::Full);
        assert_eq!(rhythm(&ORGANISATION, 5_000, 12), Rhythm::Frugal);
        assert_eq!(rhythm(&ORGANISATION, 1_000, 12), Rhythm::Sparse);
        assert_eq!(rhythm(&ORGANISATION, 1_000, 1_000), Rhythm::Full);
    }

    #[test]
    fn pages_are_whole_and_asking_costs_one() {
        let volume = Volume { rows_a_day: 800, page_rows: 5_000 };
        assert_eq!([0, 1, 6, 7, 92].map(|days| volume.pages(days)), [1, 1, 1, 2, 15]);
        assert_eq!(Volume { rows_a_day: 0, page_rows: 0 }.pages(10), 1);
    }
}
