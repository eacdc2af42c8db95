//! Large charges of certain days: told again, certain as they were, and no part of what other days are off.

use chrono::{Datelike, Weekday};

use super::tests::{FIRST, Random, all_of, near, series};
use super::*;

/// When something large is charged.
#[derive(Clone, Copy, PartialEq, Debug)]
enum On {
    Never,
    First,
    Fifteenth,
    LastDay,
    LastWorkingDay,
    Fortnight,
    FirstOfQuarter,
}

impl On {
    const ALL: [On; 6] = [On::First, On::Fifteenth, On::LastDay, On::LastWorkingDay, On::Fortnight, On::FirstOfQuarter];

    fn has(self, day: Day) -> bool {
        let number = day.date().day();
        let is_working = |day: Day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let end = day.month().plus(1).first();
        match self {
            On::Never => false,
            On::First => number == 1,
            On::Fifteenth => number == 15,
            On::LastDay => plus(day, 1) == end,
            On::LastWorkingDay => is_working(day) && (day.0 + 1..end.0).all(|later| !is_working(Day(later))),
            On::Fortnight => day.0.rem_euclid(14) == 4,
            On::FirstOfQuarter => number == 1 && day.month().number() % 3 == 1,
        }
    }
}

/// A hundred a working day and less at weekends, and so many times as much on top on certain days.
fn company(days: usize, on: On, times: f64, noise: f64, seed: u64) -> Series {
    let mut random = Random(seed);
    series(days, move |_, day| {
        let week = if day.weekday().num_days_from_monday() >= 5 { 45.0 } else { 100.0 };
        let due = if on.has(day) { 100.0 * times } else { 0.0 };
        week * (noise * random.normal()).exp() + due
    })
}

/// What days will have come to, and what a forecast of the days before says of them.
fn continued(on: On, times: f64, given: usize, ahead: usize, seed: u64) -> (f64, Forecast) {
    let whole = company(given + ahead, on, times, 0.05, seed);
    let came = whole.values[given..].iter().flatten().sum();
    (came, contest(&Series { values: whole.values[..given].to_vec(), ..whole }, ahead))
}

fn sum_of_days(forecast: &Forecast) -> f64 {
    forecast.days.iter().map(|day| day.mid).sum()
}

#[test]
fn sums_with_large_charges_come_near_agree_with_their_days_and_stay_narrow() {
    for (number, on) in On::ALL.into_iter().enumerate() {
        // Eleven, twelve and thirteen months, up to other days of a month.
        for (times, given) in [(10.0, 337), (30.0, 366), (60.0, 398)] {
            let given = given + number * 3;
            let (came, forecast) = continued(on, times, given, 90, number as u64);
            let sum = forecast.sum(all_of(&forecast)).unwrap();
            let told = format!("{on:?} x{times} of {given} days: {sum:?} came {came}; {}", forecast.words());
            assert!(near(sum.mid, came, 0.04), "{told}");
            assert!(near(sum.mid, sum_of_days(&forecast), 0.02), "{told}, days {}", sum_of_days(&forecast));
            assert!(sum.lo95 > 0.85 * came && sum.hi95 < 1.2 * came, "{told}");
            let winner = forecast.winner.as_ref().unwrap();
            assert!(winner.has_dues && winner.measured.wape < winner.measured.naive_wape, "{told}");
            assert!(winner.words().contains(", large charges apart, ±"), "{told}");
        }
    }
}

#[test]
fn a_month_end_with_no_such_day_left_is_as_narrow_as_without_them() {
    for seed in 0..3 {
        // Twelve months and the first nineteen days of another.
        let (_, plain) = continued(On::Never, 0.0, 385, 10, seed);
        let (came, with) = continued(On::First, 60.0, 385, 10, seed);
        let (plain, with) = (plain.sum(all_of(&plain)).unwrap(), with.sum(all_of(&with)).unwrap());
        assert!(with.hi95 - with.lo95 < 1.4 * (plain.hi95 - plain.lo95), "{with:?} {plain:?}");
        assert!(near(with.mid, came, 0.06) && near(with.mid, plain.mid, 0.02), "{with:?} {plain:?} {came}");
    }
}

/// Shares of days, and of sums, within the two intervals; levels wander with every third seed.
fn covered(on: On, seeds: u64) -> ([f64; 2], [f64; 2]) {
    let (mut days, mut sums, mut count) = ([0.0; 2], [0.0; 2], 0.0);
    for seed in 0..seeds {
        let mut random = Random(7_000 + seed);
        let mut walk = 0.0;
        let given = 335 + (seed as usize * 37) % 61;
        let whole = series(given + 30, |_, day| {
            walk += if seed % 2 == 0 { 0.01 * random.normal() } else { 0.0 };
            let week = if day.weekday().num_days_from_monday() >= 5 { 45.0 } else { 100.0 };
            let due = if on.has(day) { 3_000.0 * (0.04 * random.normal()).exp() } else { 0.0 };
            week * (walk + 0.05 * random.normal()).exp() + due
        });
        let came: Vec<f64> = whole.values[given..].iter().flatten().copied().collect();
        let forecast = contest(&Series { values: whole.values[..given].to_vec(), ..whole }, 30);
        let is_in = |band: &Band, came: f64| {
            [band.lo80 <= came && came <= band.hi80, band.lo95 <= came && came <= band.hi95]
                .map(|is| f64::from(u8::from(is)))
        };
        for (band, came) in forecast.days.iter().zip(&came) {
            let is = is_in(band, *came);
            days = [days[0] + is[0], days[1] + is[1]];
            count += 1.0;
        }
        let is = is_in(&forecast.sum(all_of(&forecast)).unwrap(), came.iter().sum());
        sums = [sums[0] + is[0], sums[1] + is[1]];
    }
    (days.map(|d| d / count), sums.map(|s| s / seeds as f64))
}

#[test]
fn days_and_sums_with_large_charges_are_covered_as_it_says() {
    let seeds = 12;
    let (mut days, mut sums) = ([0.0; 2], [0.0; 2]);
    let kinds = [On::First, On::Fifteenth, On::LastDay, On::LastWorkingDay];
    for on in kinds {
        let (of_days, of_sums) = covered(on, seeds);
        println!("{on:?}: days {of_days:?} sums {of_sums:?}");
        days = std::array::from_fn(|b| days[b] + of_days[b] / kinds.len() as f64);
        sums = std::array::from_fn(|b| sums[b] + of_sums[b] / kinds.len() as f64);
    }
    assert!((0.77..=0.83).contains(&days[0]) && (0.92..=0.98).contains(&days[1]), "days {days:?}");
    assert!((0.77..=0.83).contains(&sums[0]) && (0.92..=0.98).contains(&sums[1]), "sums {sums:?}");
}

#[test]
fn of_certain_days_alone_nothing_else_is_expected() {
    let only = contest(&series(390, |_, day| if On::First.has(day) { 3_000.0 } else { 0.0 }), 90);
    let sum = only.sum(all_of(&only)).unwrap();
    assert!(near(sum.mid, 9_000.0, 1e-6) && near(sum.lo95, 9_000.0, 1e-6) && near(sum.hi95, 9_000.0, 1e-6), "{sum:?}");
    // A monthly refund beside what days cost.
    let mut random = Random(3);
    let refunded =
        series(390, |_, day| 100.0 + 3.0 * random.normal() - if On::Fifteenth.has(day) { 900.0 } else { 0.0 });
    let forecast = contest(&refunded, 90);
    let sum = forecast.sum(all_of(&forecast)).unwrap();
    assert!(near(sum.mid, 6_300.0, 0.05) && sum.lo95 > 5_500.0 && sum.hi95 < 7_000.0, "{sum:?}");
}

#[test]
fn what_ended_or_is_chance_or_comes_weekly_is_not_due() {
    let has_dues = |series: &Series| contest(series, 30).winner.unwrap().has_dues;
    let ended = company(300, On::First, 30.0, 0.05, 4);
    let later = company(390, On::Never, 0.0, 0.05, 5);
    let ended = Series { values: [&ended.values[..], &later.values[300..]].concat(), ..ended };
    let forecast = contest(&ended, 90);
    let sum = forecast.sum(all_of(&forecast)).unwrap();
    assert!(!has_dues(&ended) || near(sum.mid, sum_of_days(&forecast), 0.01));
    assert!(near(sum.mid, 7_600.0, 0.05) && sum.hi95 < 9_500.0, "{sum:?}");
    for seed in 0..4 {
        let mut random = Random(20 + seed);
        let odd = series(300, |_, _| if random.next() < 0.06 { 900.0 } else { 100.0 } * (0.05 * random.normal()).exp());
        assert!(!has_dues(&odd), "seed {seed}");
        let mondays = |_, day: Day| if day.weekday() == Weekday::Mon { 2_000.0 } else { 100.0 };
        let mondays = series(300, |at, day| mondays(at, day) * (0.05 * random.normal()).exp());
        assert!(!has_dues(&mondays), "seed {seed}");
    }
}

#[test]
fn a_charge_that_rose_is_due_as_it_came_last_and_two_are_told_apart() {
    let rose = Day::parse("2024-10-20").unwrap();
    let base = company(380, On::Never, 0.0, 0.05, 6);
    let due = |day: Day| match day.date().day() {
        1 if day < rose => 1_000.0,
        1 => 3_000.0,
        20 => 700.0,
        _ => 0.0,
    };
    let value = |(at, v): (usize, &Option<f64>)| v.map(|v| v + due(plus(FIRST, at)));
    let both = Series { values: base.values.iter().enumerate().map(value).collect(), ..base };
    let forecast = contest(&both, 40);
    let on = |number: u32| {
        let day = forecast.days.iter().enumerate().find(|(k, _)| plus(forecast.first, *k).date().day() == number);
        day.map(|(_, band)| *band).unwrap()
    };
    assert!((3_020.0..3_130.0).contains(&on(1).mid) && (720.0..830.0).contains(&on(20).mid), "{:?}", [on(1), on(20)]);
    // One such rise may come again; it says nothing of the other.
    assert!(on(1).hi95 > 3_300.0 && on(20).hi95 < 900.0, "{:?}", [on(1), on(20)]);
    let winner = forecast.winner.as_ref().unwrap();
    assert_eq!(refresh(&both, winner, 40).days, forecast.days);
}
