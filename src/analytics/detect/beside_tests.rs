//! Tests of what is told beside something else of the same money: within it, or upon it.

use super::beside::Series;
use super::event::{Direction, Event, Phase};
use super::place::Place;
use super::series::Settings;
use super::tree::{Anomaly, Kind, Node, find};
use super::tree_tests::{Bill, DAYS, FIRST, cut, places};

#[test]
fn what_holds_another_that_is_told_is_told_without_it_and_with_it_again_where_it_is_not() {
    let settings = Settings::of_places();
    let bill = Bill::new(3).times("", "prod", 70, DAYS, 1.6);
    let nodes = bill.nodes();
    let series = Series::new(&nodes, FIRST, DAYS, &settings);
    let impact = |found: &[Anomaly], place: &str| {
        let of_place = found.iter().filter(|one| one.place.to_string() == place);
        of_place.map(|one| one.event.impact).fold(f64::NEG_INFINITY, f64::max)
    };
    let mut found = bill.find();
    let inner = Anomaly {
        place: Place::new([("service", "db"), ("account", "prod")]),
        event: Event { start: FIRST + 76, impact: 1.0, ..found[0].event },
        ..found[0].clone()
    };
    let prod = |found: &[Anomaly]| impact(found, "account=prod");
    let whole = prod(&found);
    found.push(inner);
    assert!(series.net(&mut found).contains(&true));
    let without = prod(&found);
    assert!(without < 0.8 * whole, "{without} of {whole}");
    found.pop();
    assert!(series.net(&mut found).contains(&true));
    assert!((prod(&found) - whole).abs() < 1e-6, "{} of {whole}", prod(&found));
}

#[test]
fn a_step_upon_a_step_at_the_very_same_place_is_told_and_its_money_once() {
    let mut wrong = Vec::new();
    for (service, account) in [("db", "dev"), ("db", ""), ("", "prod"), ("", "")] {
        for (gap, factor) in [(18, 1.5), (21, 1.8), (24, 1.6), (27, 2.5)] {
            for seed in 1..4 {
                let (first, second) = (90 - gap, 90);
                let bill = Bill::new(seed).times(service, account, first, DAYS, 1.8);
                let bill = bill.times(service, account, second, DAYS, factor);
                let [nodes, even] = [bill.nodes(), Bill::new(seed).nodes()];
                for until in [second + 3, second + 5] {
                    let nodes: Vec<Node> = nodes.iter().map(|node| cut(node.clone(), until)).collect();
                    let found = find(&nodes, FIRST, until, &Settings::of_places());
                    let begun = |day: usize| {
                        found.iter().filter(move |one| (one.event.start - FIRST - day as i64).abs() <= 1).count()
                    };
                    let off = |day: usize| Some(nodes[0].costs[day]? - even[0].costs[day]?);
                    let truth: f64 = (first..until).filter_map(off).sum();
                    let told = found.iter().map(|one| one.event.impact).sum::<f64>() / truth;
                    if begun(first) == 0 || begun(second) != 1 || !(0.85..=1.15).contains(&told) {
                        let what =
                            format!("{service}/{account} {gap} days later x{factor}, until {until}, seed {seed}");
                        wrong.push(format!("{what}: {told:.2} at {:?}", places(&found)));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is found by day 84 of a bill with a place that is new on day 60, of 80 a day, and of 180 from day 80 on.
fn doubled(seed: u64, place: &Place) -> Vec<Anomaly> {
    let new = |day: usize| [0.0, 80.0, 180.0][usize::from(day >= 60) + usize::from(day >= 80)];
    let mut nodes = Bill::new(seed).nodes();
    for node in nodes.iter_mut().filter(|node| node.place.holds(place)) {
        node.costs.iter_mut().zip(0..).for_each(|(cost, day)| *cost = cost.map(|cost| cost + new(day)));
    }
    let costs = (0..DAYS).map(|day| Some(new(day))).collect();
    nodes.push(Node { place: place.clone(), costs, ..Node::default() });
    let nodes: Vec<Node> = nodes.into_iter().map(|node| cut(node, 84)).collect();
    find(&nodes, FIRST, 84, &Settings::of_places())
}

#[test]
fn what_is_new_and_doubles_later_is_two_and_its_money_once() {
    for seed in 1..4 {
        let found = doubled(seed, &Place::new([("service", "new")]));
        assert_eq!(places(&found), ["service=new"; 2], "seed {seed}");
        assert_eq!(found[0].kind, Kind::NewService);
        let [first, further] = [0, 1].map(|at| found[at].event.impact);
        assert!((first - 24.0 * 80.0).abs() < 100.0 && (further - 4.0 * 100.0).abs() < 20.0, "{first}, {further}");
    }
}

#[test]
fn what_goes_further_lately_is_one_line_before_it_has_settled_and_after() {
    for seed in 1..4 {
        for later in [81, 83] {
            let bill = Bill::new(seed).times("db", "dev", 70, DAYS, 1.8).times("db", "dev", later, DAYS, 1.8);
            for until in later + 1..later + 10 {
                let nodes: Vec<Node> = bill.nodes().into_iter().map(|node| cut(node, until)).collect();
                let found = find(&nodes, FIRST, until - 3, &Settings::of_places());
                assert_eq!(places(&found), ["account=dev service=db"], "{later} until {until}, seed {seed}");
            }
        }
    }
}

/// What a step from day 70 on, of 80 a day, is told as once something else came upon it.
fn first_of(bill: &Bill, until: usize) -> (Vec<Anomaly>, Event) {
    let nodes: Vec<Node> = bill.nodes().into_iter().map(|node| cut(node, until)).collect();
    let found = find(&nodes, FIRST, until, &Settings::of_places());
    let first = found.iter().find(|one| (one.event.start - FIRST - 70).abs() <= 1).map(|one| one.event);
    let first = first.unwrap_or_else(|| panic!("{found:#?}"));
    (found, first)
}

#[test]
fn what_came_and_went_upon_a_step_leaves_its_rate_as_it_is() {
    for seed in 1..5 {
        let bill = Bill::new(seed).times("db", "dev", 70, DAYS, 1.8).times("db", "dev", 85, 87, 4.0);
        let (found, first) = first_of(&bill, 92);
        let spike = found.iter().find(|one| (one.event.start - FIRST - 85).abs() <= 1);
        assert!(spike.is_some_and(|spike| spike.event.phase == Phase::Over), "seed {seed}: {found:#?}");
        assert!((40.0..120.0).contains(&first.rate), "seed {seed}: {} a day", first.rate);
        assert!((first.impact / (22.0 * 75.0) - 1.0).abs() < 0.25, "seed {seed}: {}", first.impact);
    }
}

#[test]
fn what_is_new_of_two_dimensions_and_doubles_later_is_counted_once() {
    for seed in 1..4 {
        let found = doubled(seed, &Place::new([("service", "db"), ("account", "new")]));
        let told: f64 = found.iter().map(|one| one.event.impact).sum();
        let truth = 20.0 * 80.0 + 4.0 * 180.0;
        assert!((told / truth - 1.0).abs() < 0.15, "seed {seed}: {told} of {truth}: {:?}", places(&found));
    }
}

#[test]
fn what_lost_its_tag_keeps_its_kind_where_more_does_later() {
    let costs = |day: usize| [80.0, 160.0, 400.0][usize::from(day >= 70) + usize::from(day >= 85)];
    let node = Node {
        place: Place::new([("tag:team", "")]),
        costs: (0..90).map(|day| Some(costs(day))).collect(),
        ..Node::default()
    };
    let found = find(&[node], FIRST, 90, &Settings::of_places());
    assert_eq!(found.iter().map(|one| one.kind).collect::<Vec<_>>(), [Kind::Untagged; 2], "{found:#?}");
    assert!(found[0].has_further && (found[0].event.impact - 20.0 * 80.0).abs() < 40.0, "{found:#?}");
}

#[test]
fn where_a_spike_of_something_else_ends_a_fall_is_not_told_again() {
    for seed in 2..7 {
        for later in [75, 76, 77] {
            let bill = Bill::new(seed).times("db", "", 70, DAYS, 0.3).times("vm", "dev", later, later + 1, 3.0);
            for until in later + 2..later + 6 {
                let nodes: Vec<Node> = bill.nodes().into_iter().map(|node| cut(node, until)).collect();
                let found = find(&nodes, FIRST, until, &Settings::of_places());
                let mut told = places(&found);
                told.sort();
                let what = format!("on day {later} until {until}, seed {seed}");
                assert_eq!(told, ["account=dev service=vm", "service=db"], "{what}: {found:#?}");
            }
        }
    }
}

#[test]
fn what_catches_up_on_the_day_after_it_failed_is_told_once() {
    for seed in 1..6 {
        let bill = Bill::new(seed).times("vm", "prod", 70, 71, 0.1).times("vm", "prod", 71, 72, 4.0);
        let found = bill.find();
        assert!(places(&found).iter().all(|place| place == "account=prod service=vm"), "seed {seed}: {found:#?}");
        let rises = found.iter().filter(|one| one.event.direction == Direction::Up).count();
        assert_eq!(rises, 1, "seed {seed}: {found:#?}");
    }
}
