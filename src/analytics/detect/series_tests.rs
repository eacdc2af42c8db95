//! Tests of the detector of one series: on series made by a small generator with printed seeds.

use proptest::prelude::*;

use super::event::{Direction, Event, Phase, Shape};
use super::series::{Detector, Settings};
use crate::domain::calendar::Day;

const FIRST: i64 = 20_089;

/// A normal number of mean 0 and deviation 1, by Box and Muller, of a linear congruential generator.
pub(super) struct Random(pub u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub(super) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// A cost with a quiet weekend and some noise.
pub(super) fn office(seed: u64, days: usize, level: f64, noise: f64) -> Vec<f64> {
    let mut random = Random(seed);
    let week = |t: usize| if t % 7 >= 5 { 0.6 } else { 1.0 };
    (0..days).map(|t| level * week(t) * (noise * random.normal()).exp()).collect()
}

fn run(settings: Settings, costs: &[f64]) -> (Vec<usize>, Vec<Event>) {
    let mut detector = Detector::new(settings);
    let found = |(t, cost): (usize, &f64)| detector.push(FIRST + t as i64, *cost).found.then_some(t);
    let found = costs.iter().enumerate().filter_map(found).collect();
    (found, detector.events())
}

fn daily(costs: &[f64]) -> (Vec<usize>, Vec<Event>) {
    run(Settings::daily(), costs)
}

fn one(costs: &[f64]) -> (usize, Event) {
    let (found, events) = daily(costs);
    assert_eq!((found.len(), events.len()), (1, 1), "{found:?} {events:#?}");
    (found[0], events[0])
}

#[test]
fn a_quiet_cost_has_hardly_an_event() {
    let found: Vec<(u64, Vec<usize>)> = (0..40).map(|seed| (seed, daily(&office(seed, 200, 120.0, 0.05)).0)).collect();
    let told: Vec<&(u64, Vec<usize>)> = found.iter().filter(|(_, found)| !found.is_empty()).collect();
    // Nine months of 40 series: fewer than one false alert in fifty months of a series.
    assert!(told.iter().map(|(_, found)| found.len()).sum::<usize>() <= 5, "{told:?}");
}

#[test]
fn a_spike_is_found_on_its_day_and_is_over_after_it() {
    let mut costs = office(3, 120, 100.0, 0.03);
    costs[80] *= 2.0;
    costs[81] *= 2.0;
    let (found, event) = one(&costs);
    assert_eq!((found, event.start, event.last), (80, FIRST + 80, FIRST + 81));
    assert_eq!((event.shape, event.direction, event.phase), (Shape::Spike, Direction::Up, Phase::Over));
    let planted = (costs[80] + costs[81]) / 2.0;
    assert!((event.impact - planted).abs() < 0.1 * planted, "{event:#?}, planted {planted}");
    assert!(event.lower < event.expected && event.expected < event.upper && event.upper < event.actual);
    assert_eq!(event.steps, 2);
}

#[test]
fn a_drop_is_a_drop() {
    let mut costs = office(4, 120, 100.0, 0.03);
    costs[80] *= 0.3;
    costs[81] *= 0.3;
    let (found, event) = one(&costs);
    assert_eq!((found, event.shape, event.direction, event.phase), (80, Shape::Drop, Direction::Down, Phase::Over));
    assert!(event.impact < 0.0);
}

#[test]
fn a_step_is_found_at_once_and_settles_without_another_word() {
    let mut costs = office(5, 150, 100.0, 0.03);
    costs[80..].iter_mut().for_each(|cost| *cost *= 1.4);
    let (found, before) = one(&costs[..95]);
    assert_eq!((found, before.shape, before.phase), (80, Shape::Step, Phase::Lasting));
    let planted: f64 = costs[80..95].iter().map(|cost| cost * (1.0 - 1.0 / 1.4)).sum();
    assert!((before.impact - planted).abs() < 0.15 * planted, "{} {planted}", before.impact);
    assert!((before.rate - costs[94] * (1.0 - 1.0 / 1.4)).abs() < 0.2 * before.rate);
    let (_, after) = one(&costs);
    assert_eq!((after.phase, after.last), (Phase::Settled, FIRST + 110));
}

#[test]
fn what_rises_upon_a_step_by_more_than_that_did_is_told_by_itself() {
    for seed in 1..9 {
        let mut costs = office(seed, 120, 100.0, 0.03);
        costs[80..].iter_mut().for_each(|cost| *cost *= 1.5);
        costs[92..94].iter_mut().for_each(|cost| *cost *= 3.0);
        let (_, events) = daily(&costs[..100]);
        let told: Vec<_> = events.iter().map(|event| (event.shape, event.start, event.phase)).collect();
        let (step, spike) = ((Shape::Step, FIRST + 80, Phase::Lasting), (Shape::Spike, FIRST + 92, Phase::Over));
        assert_eq!(told, [step, spike], "seed {seed}");
    }
}

#[test]
fn what_came_and_went_upon_a_young_step_is_no_fall() {
    for seed in 1..6 {
        for (factor, days) in [(1.5, 2), (1.9, 1), (1.9, 2)] {
            let mut costs = office(seed, 120, 100.0, 0.03);
            costs[80..].iter_mut().for_each(|cost| *cost *= 2.0);
            costs[90..90 + days].iter_mut().for_each(|cost| *cost *= factor);
            for until in [94, 100, 105] {
                let (_, events) = daily(&costs[..until]);
                let falls = events.iter().filter(|event| event.direction == Direction::Down).count();
                assert_eq!(falls, 0, "seed {seed}, {days} days, x{factor}, until {until}: {events:#?}");
                let step = (events[0].start, events[0].phase, events[0].last);
                assert_eq!(step, (FIRST + 80, Phase::Lasting, FIRST + until as i64 - 1), "seed {seed}: {events:#?}");
            }
        }
    }
}

#[test]
fn a_step_that_goes_back_within_days_was_a_spike() {
    let mut costs = office(6, 150, 100.0, 0.03);
    costs[80..87].iter_mut().for_each(|cost| *cost *= 1.8);
    let (_, event) = one(&costs);
    assert_eq!((event.shape, event.phase, event.start), (Shape::Spike, Phase::Over, FIRST + 80));
}

#[test]
fn what_stayed_for_days_and_went_back_is_over_and_counts_no_day_after() {
    for (seed, days, factor) in [(6, 7, 1.8), (6, 12, 1.6), (8, 20, 1.6), (9, 9, 1.4), (10, 12, 3.0)] {
        let mut costs = office(seed, 120, 100.0, 0.03);
        let planted: f64 = costs[80..80 + days].iter().map(|cost| cost * (factor - 1.0)).sum();
        costs[80..80 + days].iter_mut().for_each(|cost| *cost *= factor);
        // Three calm days suffice.
        for until in [80 + days + 3, 120] {
            let (_, events) = daily(&costs[..until]);
            let event = events[0];
            assert_eq!(events.len(), 1, "seed {seed}, {days} days until {until}: {events:#?}");
            let case = format!("seed {seed}, {days} days until {until}: {event:#?}, planted {planted}");
            assert_eq!(
                (event.phase, event.start, event.last),
                (Phase::Over, FIRST + 80, FIRST + 79 + days as i64),
                "{case}"
            );
            assert!((event.impact - planted).abs() < 0.15 * planted && event.steps as usize == days, "{case}");
        }
    }
}

#[test]
fn what_falls_below_the_level_of_before_is_over_and_the_fall_is_told_by_itself() {
    for (seed, days, factor, low) in [(6, 12, 1.6, 0.2), (8, 20, 1.9, 0.35), (9, 9, 1.4, 0.5), (10, 26, 3.0, 0.0)] {
        let mut costs = office(seed, 120, 100.0, 0.03);
        let planted: f64 = costs[80..80 + days].iter().map(|cost| cost * (factor - 1.0)).sum();
        costs[80..80 + days].iter_mut().for_each(|cost| *cost *= factor);
        costs[80 + days..].iter_mut().for_each(|cost| *cost *= low);
        let end = FIRST + 80 + days as i64;
        for until in [3, 4, 5, 9] {
            let (_, events) = daily(&costs[..80 + days + until]);
            let case = format!("seed {seed}, {days} days, {until} of a fall: {events:#?}, planted {planted}");
            let [rise, fall] = events[..] else { panic!("{case}") };
            assert_eq!((rise.phase, rise.start, rise.last), (Phase::Over, FIRST + 80, end - 1), "{case}");
            assert!((rise.impact - planted).abs() < 0.15 * planted, "{case}");
            assert_eq!((fall.direction, fall.start, fall.last), (Direction::Down, end, end - 1 + until as i64));
        }
        // Two days below are an outage: the rise goes on after them, and none of it is the outage's.
        let mut costs = office(seed, 120, 100.0, 0.03);
        costs[80..].iter_mut().for_each(|cost| *cost *= factor);
        let planted: f64 = costs[80..].iter().map(|cost| cost * (1.0 - 1.0 / factor)).sum();
        costs[88..90].iter_mut().for_each(|cost| *cost *= low / factor);
        let (_, events) = daily(&costs[..105]);
        let planted = planted * 23.0 / 40.0;
        assert!(events[0].phase == Phase::Lasting && events[0].last == FIRST + 104, "seed {seed}: {events:#?}");
        assert!((events[0].impact - planted).abs() < 0.2 * planted, "seed {seed}: {planted} {events:#?}");
    }
}

#[test]
fn two_calm_days_are_no_end() {
    let mut costs = office(5, 120, 100.0, 0.03);
    let raised = |t: usize| t >= 80 && !(95..97).contains(&t);
    costs.iter_mut().enumerate().filter(|(t, _)| raised(*t)).for_each(|(_, cost)| *cost *= 1.8);
    let (_, events) = daily(&costs[..106]);
    let stays = events.iter().find(|event| event.phase == Phase::Lasting);
    assert_eq!(stays.map(|event| (event.start, event.last)), Some((FIRST + 80, FIRST + 105)), "{events:#?}");
}

#[test]
fn a_jump_of_what_comes_each_month_is_told_by_the_jump() {
    let firsts = [0, 31, 59, 90, 120, 151];
    for (seed, level, each, jump) in
        [(1, 100.0, 1000.0, 2000.0), (2, 40.0, 1000.0, 2000.0), (3, 1000.0, 3000.0, 4000.0)]
    {
        let mut costs = office(seed, 170, level, 0.03);
        firsts.into_iter().for_each(|first| costs[first] += each);
        costs[151] += jump;
        let (_, events) = daily(&costs);
        let last = events.iter().find(|event| event.start == FIRST + 151);
        let case = format!("seed {seed}: {events:#?}");
        assert!(last.is_some_and(|event| (event.impact - jump).abs() < 0.1 * jump), "{case}");
        assert!(last.is_some_and(|event| event.phase == Phase::Over && event.steps == 1), "{case}");
    }
}

#[test]
fn what_moves_about_a_floor_is_one_event() {
    let mut costs: Vec<f64> = office(7, 120, 0.1, 0.03);
    costs.iter_mut().enumerate().skip(80).for_each(|(t, cost)| *cost += [5.9, 5.4, 6.1, 5.2, 5.8][t % 5]);
    let (found, events) = run(Settings { absolute: 5.4, ..Settings::of_places() }, &costs[..95]);
    assert_eq!((found.len(), events.len()), (1, 1), "{events:#?}");
    assert_eq!((events[0].shape, events[0].phase), (Shape::Step, Phase::Lasting));
}

#[test]
fn unsettled_days_count_as_long_as_they_are_high() {
    let mut costs = office(5, 120, 100.0, 0.03);
    costs[80..].iter_mut().for_each(|cost| *cost *= 2.0);
    let counted = |settled: usize, known: usize| {
        let mut detector = Detector::new(Settings::daily());
        costs[..settled].iter().enumerate().for_each(|(t, cost)| _ = detector.push(FIRST + t as i64, *cost));
        let late = (settled..known).map(|t| (FIRST + t as i64, costs[t] * if t == 97 { 0.2 } else { 1.0 }));
        let events = detector.events_with(late);
        (events[0].steps, events[0].unsettled, events[0].last - FIRST)
    };
    assert_eq!(counted(82, 84), (4, 2, 83));
    assert_eq!(counted(90, 92), (12, 2, 91));
    assert_eq!(counted(95, 98), (17, 2, 96), "a day that has hardly come counts nothing");
}

#[test]
fn a_ramp_is_one_event() {
    for seed in [7, 8, 9] {
        let mut costs = office(seed, 150, 100.0, 0.02);
        for (t, cost) in costs.iter_mut().enumerate().skip(80) {
            *cost *= 1.0 + (t - 79).min(12) as f64 / 12.0;
        }
        let (found, event) = one(&costs);
        assert!(found <= 92, "seed {seed}: found {found}");
        assert!(matches!(event.shape, Shape::Ramp | Shape::Step), "seed {seed}: {event:#?}");
        assert_eq!(event.direction, Direction::Up);
    }
}

#[test]
fn what_comes_every_month_is_no_event() {
    // 2025-01-01 is day 0: fees on the first, another on the last day.
    let mut costs = office(10, 180, 100.0, 0.03);
    for first in [0, 31, 59, 90, 120, 151] {
        costs[first] *= 2.5;
    }
    for last in [30, 58, 89, 119, 150] {
        costs[last] *= 1.8;
    }
    let (found, _) = daily(&costs);
    assert!(found.iter().all(|t| *t < 62), "{found:?}");
}

#[test]
fn both_floors_hold() {
    let mut costs = office(11, 120, 100.0, 0.001);
    costs[80] *= 1.12;
    assert!(daily(&costs).0.is_empty(), "12 % is below the relative floor");
    let mut costs = office(12, 120, 0.5, 0.001);
    costs[80] *= 2.0;
    assert!(daily(&costs).0.is_empty(), "50 cents are below the absolute floor");
    assert_eq!(run(Settings { absolute: 0.05, ..Settings::daily() }, &costs).0, [80]);
}

#[test]
fn what_is_not_settled_rises_but_never_drops() {
    let costs = office(13, 101, 100.0, 0.03);
    let mut detector = Detector::new(Settings::daily());
    for (t, cost) in costs[..100].iter().enumerate() {
        detector.push(FIRST + t as i64, *cost);
    }
    let day = FIRST + 100;
    assert!(!detector.peek(day, costs[100] * 0.1).found, "half a day is no drop");
    assert!(detector.peek(day, costs[100] * 2.0).found);
    assert!(!detector.peek(day, costs[100]).found);
    assert!(detector.events().is_empty(), "looking is not telling");
    assert!(detector.clone().push(day, costs[100] * 0.1).found, "settled, it is a drop");
}

#[test]
fn an_hourly_cost_knows_its_day_and_week() {
    let mut random = Random(14);
    let mut costs: Vec<f64> = (0..24 * 42)
        .map(|t| {
            let day = if (8..19).contains(&(t % 24)) { 1.0 } else { 0.5 };
            let week = if t / 24 % 7 >= 5 { 0.4 } else { 1.0 };
            20.0 * day * week * (0.04 * random.normal()).exp()
        })
        .collect();
    assert_eq!(run(Settings::hourly(), &costs).0.iter().filter(|t| **t > 24 * 21).count(), 0);
    costs[24 * 30 + 3] *= 2.5;
    let found: Vec<usize> = run(Settings::hourly(), &costs).0.into_iter().filter(|t| *t > 24 * 21).collect();
    assert_eq!(found, [24 * 30 + 3]);
}

#[test]
fn a_spike_of_hours_does_not_hide_the_next() {
    let mut random = Random(16);
    let mut costs: Vec<f64> = (0..24 * 42).map(|_| 20.0 * (0.01 * random.normal()).exp()).collect();
    costs[24 * 30..24 * 30 + 12].iter_mut().for_each(|cost| *cost *= 4.0);
    costs[24 * 36 + 5..].iter_mut().for_each(|cost| *cost *= 1.5);
    let (found, events) = run(Settings::hourly(), &costs);
    assert_eq!(found, [24 * 30, 24 * 36 + 5], "{events:#?}");
}

#[test]
fn an_hour_that_cost_more_than_ever_is_found_where_no_band_holds() {
    let mut random = Random(17);
    let mut costs: Vec<f64> = (0..24 * 42)
        .map(|_| if random.unit() < 0.2 { 20.0 * (1.0 + random.unit()) } else { 3.0 * (0.1 * random.normal()).exp() })
        .collect();
    assert_eq!(run(Settings::hourly(), &costs).0, [0; 0]);
    costs[24 * 35] = 120.0;
    let (found, events) = run(Settings::hourly(), &costs);
    assert_eq!(found, [24 * 35], "{events:#?}");
    assert_eq!((events[0].shape, events[0].phase), (Shape::Spike, Phase::Over));
}

#[test]
fn a_spike_does_not_teach() {
    let mut costs = office(15, 120, 100.0, 0.03);
    let quiet = {
        let mut detector = Detector::new(Settings::daily());
        costs.iter().enumerate().for_each(|(t, cost)| _ = detector.push(FIRST + t as i64, *cost));
        detector.peek(FIRST + 120, 100.0).expected
    };
    costs[110] *= 8.0;
    costs[111] *= 8.0;
    let mut detector = Detector::new(Settings::daily());
    costs.iter().enumerate().for_each(|(t, cost)| _ = detector.push(FIRST + t as i64, *cost));
    let spiked = detector.peek(FIRST + 120, 100.0).expected;
    assert!((spiked / quiet - 1.0).abs() < 0.03, "{quiet} {spiked}");
}

/// The same with noise that goes on from day to day, as bills have it.
fn uneven(seed: u64, days: usize, level: f64, noise: f64) -> Vec<f64> {
    let mut random = Random(seed);
    let (week, mut off) = (|t: usize| if t % 7 >= 5 { 0.7 } else { 1.0 }, 0.0);
    let mut next = || {
        off = 0.4 * off + noise * (1.0f64 - 0.16).sqrt() * random.normal();
        off
    };
    (0..days).map(|t| level * week(t) * next().exp()).collect()
}

/// The event that a place's move since day 120 is told as, and what it truly cost.
fn since_120(seed: u64, noise: f64, days: usize, by: impl Fn(usize) -> f64) -> (Option<Event>, f64) {
    let plain = uneven(seed, 120 + days, 100.0, noise);
    let moved = |(t, cost): (usize, &f64)| if t < 120 { *cost } else { cost * (1.0 + by(t - 119)) };
    let costs: Vec<f64> = plain.iter().enumerate().map(moved).collect();
    let truth = costs.iter().sum::<f64>() - plain.iter().sum::<f64>();
    let (_, events) = run(Settings::of_places(), &costs);
    let of_it = events.into_iter().filter(|event| event.start >= FIRST + 106 && event.direction == Direction::Up);
    (of_it.max_by(|a, b| a.impact.total_cmp(&b.impact)), truth)
}

#[test]
fn a_step_in_noise_is_no_spike_while_it_goes_on_and_has_its_whole_impact() {
    let (mut found, mut over, mut far) = (0, Vec::new(), Vec::new());
    for seed in 0..60 {
        for (noise, by) in [(0.05, 0.4), (0.07, 0.45), (0.08, 0.5)] {
            let (event, truth) = since_120(seed, noise, 12, |_| by);
            let Some(event) = event else { continue };
            found += 1;
            if event.phase == Phase::Over {
                over.push((seed, noise, event));
            }
            if (event.impact / truth - 1.0).abs() > 0.25 {
                far.push((seed, noise, event.impact, truth));
            }
        }
    }
    assert!(found >= 171, "{found} of 180");
    assert!(over.len() <= 6, "{over:#?}");
    assert!(far.len() <= 16, "{far:?}");
}

#[test]
fn a_step_that_a_day_hides_is_seen_in_a_few_and_noise_alone_is_not() {
    let (mut found, mut none) = (0, 0);
    for seed in 0..60 {
        for (noise, by) in [(0.05, 0.3), (0.07, 0.4), (0.08, 0.45)] {
            found += usize::from(since_120(seed, noise, 5, |_| by).0.is_some());
            none += run(Settings::of_places(), &uneven(seed, 200, 100.0, noise)).0.len();
        }
    }
    assert!(found >= 158, "{found} of 180");
    // 180 series of more than six months each.
    assert!(none <= 3, "{none}");
}

#[test]
fn a_step_goes_on_over_days_of_the_month_that_were_always_as_high() {
    // The 16th and 17th of each month; the step begins on 13 May.
    let cost = |(t, cost): (usize, f64)| {
        let day = Day((FIRST + t as i64) as i32);
        let is_high = t >= 132 || (15..17).contains(&(day.0 - day.month().first().0));
        if is_high { 1.6 * cost } else { cost }
    };
    let costs: Vec<f64> = office(5, 148, 100.0, 0.05).into_iter().enumerate().map(cost).collect();
    let (_, events) = run(Settings::of_places(), &costs);
    let event = events.last().expect("found");
    assert_eq!(
        (events.len(), event.start, event.phase, event.steps),
        (1, FIRST + 132, Phase::Lasting, 16),
        "{events:#?}"
    );
}

#[test]
fn what_climbs_is_told_from_where_it_began_and_once() {
    let (mut ramps, mut near, mut far) = (0, 0, Vec::new());
    for seed in 0..60 {
        let (event, truth) = since_120(seed, 0.05, 18, |days| 0.05 * days as f64);
        let Some(event) = event else { continue };
        ramps += usize::from(event.shape == Shape::Ramp && event.phase == Phase::Lasting);
        near += usize::from((event.start - FIRST - 120).abs() <= 4);
        if (event.impact / truth - 1.0).abs() > 0.25 {
            far.push((seed, event.impact, truth, event.start - FIRST));
        }
    }
    assert!(ramps >= 56 && near >= 40, "{ramps} {near}");
    assert!(far.len() <= 2, "{far:?}");
}

#[test]
fn a_leap_begins_where_it_leaps_though_days_before_it_moved_a_little() {
    let mut leaps = 0;
    for seed in 0..60 {
        let mut costs = office(seed, 140, 100.0, 0.02);
        costs[118..120].iter_mut().for_each(|cost| *cost *= 1.12);
        for (days, cost) in costs[120..].iter_mut().enumerate() {
            *cost *= if days == 0 { 1.7 } else { 3.3 };
        }
        let (found, events) = daily(&costs);
        // Where the two days are out by themselves, the leap goes on from there.
        if found.iter().all(|t| *t < 118 || *t >= 120) {
            let event = events.last().expect("a leap");
            assert_eq!((event.start - FIRST, event.shape), (120, Shape::Step), "seed {seed}: {event:#?}");
            leaps += 1;
        }
    }
    assert!(leaps >= 20, "{leaps}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Whatever comes, figures are finite, a band has its ends in order, and events are in order.
    #[test]
    fn nothing_breaks_it(costs in prop::collection::vec(prop_oneof![
        -1e6..1e6f64, Just(0.0), Just(f64::MIN_POSITIVE), Just(1e15), Just(-1e15), 99.0..101.0f64], 0..150),
        gaps in prop::collection::vec(0i64..4, 150)) {
        let mut detector = Detector::new(Settings::daily());
        let mut step = FIRST;
        for (cost, gap) in costs.iter().zip(gaps) {
            step += 1 + if gap == 3 { 40 } else { 0 };
            let reading = detector.push(step, *cost);
            prop_assert!(reading.expected.is_finite() && reading.score.is_finite());
            prop_assert!(reading.lower <= reading.expected && reading.expected <= reading.upper);
        }
        for event in detector.events() {
            prop_assert!(event.start <= event.found && event.found <= event.last.max(event.found));
            prop_assert!(event.impact.is_finite() && event.steps > 0);
        }
    }

    /// Another unit of money is no other anomaly.
    #[test]
    fn scale_does_not_matter(seed in 0u64..1000, by in 0.01..1000.0f64, at in 60usize..110, factor in 1.3..4.0f64) {
        let mut costs = office(seed, 120, 100.0, 0.04);
        costs[at] *= factor;
        let scaled: Vec<f64> = costs.iter().map(|cost| cost * by).collect();
        let settings = Settings { absolute: by, ..Settings::daily() };
        prop_assert_eq!(daily(&costs).0, run(settings, &scaled).0);
    }

    /// What is told of a day never depends on later days.
    #[test]
    fn the_future_changes_nothing(seed in 0u64..1000, cut in 70usize..115) {
        let mut costs = office(seed, 120, 100.0, 0.06);
        costs[80] *= 2.0;
        costs[100..].iter_mut().for_each(|cost| *cost *= 1.6);
        let before: Vec<usize> = daily(&costs).0.into_iter().filter(|t| *t < cut).collect();
        prop_assert_eq!(before, daily(&costs[..cut]).0);
    }
}
