//! Tests of the hierarchy: bills of few cells, each with one cause or two.

use super::event::{Direction, Phase, Shape};
use super::identity::{Known, names};
use super::place::Place;
use super::series::Settings;
use super::series_tests::{Random, office};
use super::tree::{Anomaly, Kind, Node, find};

pub(super) const FIRST: i64 = 20_089;
pub(super) const DAYS: usize = 100;
const SERVICES: [&str; 3] = ["db", "vm", "web"];
const ACCOUNTS: [&str; 2] = ["dev", "prod"];

/// Costs by service and account.
pub(super) struct Bill(Vec<(&'static str, &'static str, Vec<f64>)>);

impl Bill {
    pub(super) fn new(seed: u64) -> Self {
        let cell = |(i, (service, account))| (service, account, office(seed * 100 + i, DAYS, 100.0, 0.03));
        let cells = SERVICES.into_iter().flat_map(|service| ACCOUNTS.map(|account| (service, account)));
        Bill((0..).zip(cells).map(cell).collect())
    }

    pub(super) fn times(mut self, service: &str, account: &str, from: usize, to: usize, factor: f64) -> Self {
        for (s, a, costs) in &mut self.0 {
            if (service.is_empty() || *s == service) && (account.is_empty() || *a == account) {
                costs[from..to].iter_mut().for_each(|cost| *cost *= factor);
            }
        }
        self
    }

    pub(super) fn nodes(&self) -> Vec<Node> {
        let mut places = vec![Place::default()];
        places.extend(SERVICES.map(|s| Place::new([("service", s)])));
        places.extend(ACCOUNTS.map(|a| Place::new([("account", a)])));
        places.extend(self.0.iter().map(|(s, a, _)| Place::new([("service", *s), ("account", *a)])));
        let sum = |place: Place| {
            let inside = |s: &str, a: &str| place.holds(&Place::new([("service", s), ("account", a)]));
            let cells: Vec<&Vec<f64>> = self.0.iter().filter(|(s, a, _)| inside(s, a)).map(|(_, _, c)| c).collect();
            let costs = (0..DAYS).map(|day| Some(cells.iter().map(|costs| costs[day]).sum())).collect();
            Node { place, costs, ..Node::default() }
        };
        places.into_iter().map(sum).collect()
    }

    pub(super) fn find(&self) -> Vec<Anomaly> {
        find(&self.nodes(), FIRST, DAYS, &Settings::of_places())
    }
}

pub(super) fn places(found: &[Anomaly]) -> Vec<String> {
    found.iter().map(|anomaly| anomaly.place.to_string()).collect()
}

#[test]
fn a_quiet_bill_has_none() {
    for seed in 0..10 {
        assert_eq!(places(&Bill::new(seed).find()), [""; 0], "seed {seed}");
    }
}

#[test]
fn each_cause_is_told_once_at_the_highest_place_that_explains_it() {
    for (service, account, want) in [
        ("", "", "total"),
        ("db", "", "service=db"),
        ("", "prod", "account=prod"),
        ("web", "dev", "account=dev service=web"),
    ] {
        for seed in 1..6 {
            let found = Bill::new(seed).times(service, account, 70, DAYS, 1.8).find();
            assert_eq!(places(&found), [want], "seed {seed}");
            assert_eq!((found[0].event.start, found[0].event.direction), (FIRST + 70, Direction::Up));
            assert_eq!(found[0].kind, Kind::Moved(Shape::Step));
        }
    }
}

#[test]
fn contributors_come_to_the_whole_by_each_dimension() {
    let found = Bill::new(1).times("", "", 70, 72, 2.0).find();
    let [anomaly] = &found[..] else { panic!("{:?}", places(&found)) };
    for dimension in ["service", "account"] {
        let share: f64 = anomaly.contributors.iter().filter(|c| c.part.dimension == dimension).map(|c| c.share).sum();
        assert!((share - 1.0).abs() < 0.05, "{dimension}: {share}");
    }
}

#[test]
fn moves_that_cancel_are_both_seen_and_paired() {
    for seed in 1..6 {
        let found = Bill::new(seed).times("db", "", 70, DAYS, 1.5).times("vm", "", 70, DAYS, 0.5).find();
        let mut told = places(&found);
        told.sort();
        assert_eq!(told, ["service=db", "service=vm"], "seed {seed}");
        assert!(found.iter().all(|anomaly| anomaly.cancels.is_some()));
    }
}

#[test]
fn what_never_cost_before_is_news_once() {
    for seed in 1..6 {
        let found = Bill::new(seed).times("web", "", 0, 70, 0.0).find();
        assert_eq!(places(&found), ["service=web"], "seed {seed}");
        assert_eq!((found[0].kind, found[0].event.start), (Kind::NewService, FIRST + 70));
        let found = Bill::new(seed).times("", "dev", 0, 70, 0.0).find();
        assert_eq!((places(&found), found[0].kind), (vec!["account=dev".to_owned()], Kind::NewAccount));
    }
}

#[test]
fn what_is_new_for_a_day_costs_for_a_day() {
    let found = Bill::new(1).times("web", "", 0, 70, 0.0).times("web", "", 71, DAYS, 0.0).find();
    let [anomaly] = &found[..] else { panic!("{:?}", places(&found)) };
    assert_eq!((anomaly.kind, anomaly.event.phase), (Kind::NewService, Phase::Over));
    assert_eq!((anomaly.event.start, anomaly.event.last, anomaly.event.steps), (FIRST + 70, FIRST + 70, 1));
}

#[test]
fn what_is_given_back_where_nothing_was_is_a_drop() {
    let mut bill = Bill::new(1).times("web", "dev", 0, DAYS, 0.0);
    let of_it = bill.0.iter_mut().find(|(service, account, _)| (*service, *account) == ("web", "dev"));
    of_it.expect("the cell").2[70] = -900.0;
    let found = bill.find();
    let [anomaly] = &found[..] else { panic!("{:?}", places(&found)) };
    assert_eq!((anomaly.kind, anomaly.event.direction), (Kind::Moved(Shape::Drop), Direction::Down));
    assert!((anomaly.event.impact + 900.0).abs() < 50.0, "{:#?}", anomaly.event);
}

#[test]
fn two_causes_of_one_day_are_two() {
    let found = Bill::new(2).times("db", "dev", 70, 72, 3.0).times("web", "prod", 70, 72, 2.0).find();
    let mut told = places(&found);
    told.sort();
    assert_eq!(told, ["account=dev service=db", "account=prod service=web"]);
}

#[test]
fn pieces_of_one_cause_are_told_as_one() {
    for seed in 1..5 {
        let mut random = Random(seed);
        let mut dev = office(seed, DAYS, 100.0, 0.02);
        let mut prod = office(seed + 50, DAYS, 100.0, 0.02);
        // What leaps hides in the sum what its pieces did.
        let mut lab: Vec<f64> = (0..DAYS).map(|_| 100.0 * (0.6 * random.normal()).exp()).collect();
        lab[70..73].fill(100.0);
        dev[70..].iter_mut().chain(&mut prod[70..]).for_each(|cost| *cost *= 1.8);
        let all = (0..DAYS).map(|day| dev[day] + prod[day] + lab[day]).collect();
        let cell = |account: Option<&str>, costs: Vec<f64>| Node {
            place: Place::new([("service", "db")].into_iter().chain(account.map(|account| ("account", account)))),
            costs: costs.into_iter().map(Some).collect(),
            ..Node::default()
        };
        let nodes = [cell(None, all), cell(Some("dev"), dev), cell(Some("lab"), lab), cell(Some("prod"), prod)];
        let found = find(&nodes, FIRST, 73, &Settings::of_places());
        assert_eq!(places(&found), ["service=db"], "seed {seed}");
        assert_eq!((found[0].event.start, found[0].event.direction), (FIRST + 70, Direction::Up));
        assert!((found[0].event.rate - 160.0).abs() < 40.0, "seed {seed}: {:#?}", found[0].event);
    }
}

#[test]
fn days_that_are_not_settled_only_rise() {
    let late = |factor: f64| {
        let bill = Bill::new(3).times("", "", DAYS - 1, DAYS, factor);
        places(&find(&bill.nodes(), FIRST, DAYS - 2, &Settings::of_places()))
    };
    assert_eq!(late(0.3), [""; 0]);
    assert_eq!(late(2.0), ["total"]);
}

#[test]
fn kinds_go_by_place_and_direction() {
    let costs = |from: usize, before: f64, after: f64| {
        let noise = office(9, DAYS, 1.0, 0.02);
        (0..DAYS).map(|day| Some(noise[day] * if day < from { before } else { after })).collect::<Vec<_>>()
    };
    for (dimension, value, before, after, want) in [
        ("commitment", "sp-1", 80.0, 0.0, Kind::Expired),
        ("commitment", "sp-1", 80.0, 40.0, Kind::Moved(Shape::Step)),
        ("tag:team", "", 80.0, 160.0, Kind::Untagged),
        ("tag:team", "", 160.0, 80.0, Kind::Moved(Shape::Step)),
        ("tag:team", "core", 80.0, 160.0, Kind::Moved(Shape::Step)),
    ] {
        let costs = costs(70, before, after);
        let node = Node { place: Place::new([(dimension, value)]), costs, ..Node::default() };
        let found = find(&[node], FIRST, DAYS, &Settings::of_places());
        assert_eq!(found.iter().map(|a| a.kind).collect::<Vec<_>>(), [want], "{dimension} {value} {after}");
    }
}

#[test]
fn a_name_survives_new_days_and_restatements() {
    let bill = Bill::new(4).times("db", "", 70, DAYS, 1.8);
    let first =
        find(&bill.nodes().into_iter().map(|n| cut(n, 75)).collect::<Vec<_>>(), FIRST, 75, &Settings::of_places());
    let names_first = names(&[], &first, |_, _| true);
    let known: Vec<Known> = first.iter().zip(&names_first).map(|(a, name)| Known::of(*name, a)).collect();
    assert_eq!(names(&known, &bill.find(), |_, _| true), names_first, "more days");
    let restated = Bill::new(4).times("db", "", 71, DAYS, 1.8).times("db", "", 70, 71, 1.1);
    let again = restated.find();
    assert_eq!(again[0].event.start, FIRST + 71);
    assert_eq!(names(&known, &again, |_, _| true), names_first, "another first day");
    let other = Bill::new(4).times("vm", "", 70, DAYS, 1.8).find();
    assert_ne!(names(&known, &other, |_, _| true), names_first, "another place");
    let both = Bill::new(4).times("db", "", 60, 62, 1.8).times("db", "", 80, 82, 1.8).find();
    let both_names = names(&[], &both, |_, _| true);
    assert!(both_names.len() == 2 && both_names[0] != both_names[1], "two times");
}

pub(super) fn cut(mut node: Node, days: usize) -> Node {
    node.costs.truncate(days);
    node
}

#[test]
fn a_tag_that_is_lost_at_one_provider_hides_nothing_at_another() {
    for seed in 1..6 {
        let mut nodes = Bill::new(seed).times("db", "prod", 70, DAYS, 1.4).nodes();
        let step = Place::new([("service", "db"), ("account", "prod")]);
        nodes.iter_mut().filter(|node| node.place == step).for_each(|node| node.providers = vec!["gcp".to_owned()]);
        let tagged = |team: &str, costs: [f64; 2]| Node {
            place: Place::new([("tag:team", team)]),
            costs: (0..DAYS).map(|day| Some(costs[usize::from(day >= 71)])).collect(),
            providers: vec!["azure".to_owned()],
            ..Node::default()
        };
        nodes.extend([tagged("", [0.0, 60.0]), tagged("shop", [60.0, 0.0])]);
        let found = places(&find(&nodes, FIRST, DAYS, &Settings::of_places()));
        assert!(found.contains(&step.to_string()), "seed {seed}: {found:?}");
    }
}

/// A bill with a place that holds all of it, and of which and another no series is.
fn with_provider(bill: &Bill, days: usize) -> Vec<Node> {
    let mut nodes = bill.nodes();
    nodes.push(Node { place: Place::new([("provider", "aws")]), ..nodes[0].clone() });
    nodes.into_iter().map(|node| cut(node, days)).collect()
}

/// Three places that step on different days and end together.
fn staggered(seed: u64, factor: f64, [a, b, c]: [usize; 3], to: usize) -> Bill {
    let bill = Bill::new(seed).times("db", "dev", a, to, factor).times("vm", "prod", b, to, factor);
    bill.times("web", "dev", c, to, factor)
}

/// What is told of a bill's days that began on a day or later.
fn since(bill: &Bill, days: usize, from: usize) -> Vec<Anomaly> {
    let found = find(&with_provider(bill, days), FIRST, days, &Settings::of_places());
    found.into_iter().filter(|one| one.event.start >= FIRST + from as i64).collect()
}

#[test]
fn the_common_end_of_steps_that_began_on_different_days_is_no_move_of_what_holds_them() {
    let mut told = Vec::new();
    for (factor, from) in [(5.0, [70, 71, 72]), (4.0, [66, 72, 78]), (0.2, [70, 71, 72]), (0.1, [66, 72, 78])] {
        for seed in 1..5 {
            let bill = staggered(seed, factor, from, 85);
            assert!(since(&bill, 84, 66).len() >= 2, "{factor} {from:?}, seed {seed}: the steps themselves are told");
            for days in 86..=DAYS {
                let late = since(&bill, days, 83).into_iter();
                told.extend(late.map(|one| (factor, from, seed, days, one.place.to_string(), one.event.impact)));
            }
        }
    }
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn what_falls_to_below_where_it_was_before_the_steps_that_end_is_told_by_what_it_is_below() {
    for seed in 1..5 {
        let bill = staggered(seed, 4.0, [66, 72, 78], 85).times("", "", 85, DAYS, 0.5);
        let late = since(&bill, 95, 83);
        let is: f64 = (85..95).filter_map(|day| bill.nodes()[0].costs[day]).sum();
        let impact: f64 = late.iter().map(|one| one.event.impact).sum();
        assert!((-1.35..=-0.65).contains(&(impact / is)), "seed {seed}: {impact} of {is}: {:?}", places(&late));
        let falls = |one: &Anomaly| (one.event.direction, one.event.phase) == (Direction::Down, Phase::Lasting);
        assert!(late.len() <= 2 && late.iter().all(falls), "seed {seed}: {:?}", places(&late));
    }
}

#[test]
fn what_falls_while_an_earlier_rise_goes_on_is_told() {
    for seed in 1..5 {
        let bill = Bill::new(seed).times("db", "dev", 70, DAYS, 3.0).times("", "", 80, DAYS, 0.5);
        let late = since(&bill, DAYS, 78);
        assert!(late.iter().any(|one| ["total", "provider=aws"].contains(&one.place.to_string().as_str())), "{late:?}");
    }
}

#[test]
fn what_falls_back_after_a_month_of_growth_is_told() {
    for seed in 1..5 {
        let mut bill = Bill::new(seed);
        for (_, _, costs) in bill.0.iter_mut().filter(|(service, ..)| *service == "db") {
            (55..90).for_each(|day| costs[day] *= 1.03_f64.powi(day as i32 - 54));
        }
        let late = since(&bill, 96, 88);
        assert_eq!(places(&late), ["service=db"], "seed {seed}");
        assert_eq!(late[0].event.direction, Direction::Down, "seed {seed}");
    }
}

/// Bills of a step from day 70 on that are known until some day later, with all else that a test says.
fn step_and(
    until: usize,
    seed: u64,
    (service, account, from, to, factor): (&str, &str, usize, usize, f64),
) -> Vec<Anomaly> {
    let bill = Bill::new(seed).times("web", "dev", 70, DAYS, 1.8).times(service, account, from, to, factor);
    let mut nodes = bill.nodes();
    nodes.iter_mut().for_each(|node| node.costs.truncate(until));
    find(&nodes, FIRST, until, &Settings::of_places())
}

#[test]
fn a_step_does_not_vanish_in_a_spike_of_what_holds_it() {
    let step = Place::new([("service", "web"), ("account", "dev")]);
    for wider in [("", "", "total"), ("web", "", "service=web"), ("", "dev", "account=dev")] {
        for (day, first) in [(69, 71), (70, 71), (71, 72), (72, 73)] {
            for seed in 1..6 {
                for until in first..first + 4 {
                    let found = step_and(until, seed, (wider.0, wider.1, day, day + 1, 2.2));
                    let what = format!("{} on {day}, until {until}, seed {seed}: {:?}", wider.2, places(&found));
                    let spike = found.iter().find(|anomaly| anomaly.place.to_string() == wider.2);
                    let spike = spike.unwrap_or_else(|| panic!("{what}"));
                    assert_eq!(spike.event.start, FIRST + day as i64, "{what}");
                    let told = found.iter().find(|anomaly| anomaly.place == step);
                    // What both began on is one until one of them is over.
                    if until > day + 1 || day > 70 {
                        let told = told.unwrap_or_else(|| panic!("{what}"));
                        assert!(told.event.phase != Phase::Over, "{what}: {told:#?}");
                    }
                    if until > day + 3 {
                        assert_eq!(spike.event.phase, Phase::Over, "{what}: {spike:#?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_moves_days_after_something_wider_was_back_is_no_echo_of_that() {
    for wider in [("", ""), ("db", ""), ("", "dev")] {
        for (length, gap, factor) in
            [(1, 2, 1.6), (1, 4, 1.6), (1, 4, 0.6), (2, 5, 1.6), (3, 6, 2.5), (1, 10, 1.6), (9, 8, 1.6)]
        {
            for seed in 1..3 {
                let from = 70 + length - 1 + gap;
                let bill = Bill::new(seed)
                    .times(wider.0, wider.1, 70, 70 + length, factor)
                    .times("db", "dev", from, DAYS, 2.5);
                for until in [from + 2, from + 4] {
                    let mut nodes = bill.nodes();
                    nodes.iter_mut().for_each(|node| node.costs.truncate(until));
                    let found = find(&nodes, FIRST, until, &Settings::of_places());
                    let is_it = |one: &&Anomaly| {
                        (one.event.start - FIRST - from as i64).abs() <= 1 && one.event.direction == Direction::Up
                    };
                    let told = found.iter().any(|one| is_it(&one));
                    assert!(
                        told,
                        "{wider:?} for {length} days x{factor}, {gap} days later, until {until}, seed {seed}: {:?}",
                        places(&found)
                    );
                }
            }
        }
    }
}

#[test]
fn a_small_step_is_told_beside_a_larger_one_that_began_later_around_it() {
    for (small, factor) in [(0.15, 2.0), (0.3, 1.6)] {
        for seed in 1..5 {
            // All that this service costs is of one account, whose other services cost far more.
            let bill = Bill::new(seed).times("db", "dev", 0, DAYS, 0.0).times("db", "prod", 0, DAYS, small);
            let bill = bill
                .times("db", "prod", 70, DAYS, factor)
                .times("vm", "prod", 72, DAYS, 1.8)
                .times("web", "prod", 72, DAYS, 1.8);
            for until in 74..79 {
                let mut nodes = bill.nodes();
                nodes.iter_mut().for_each(|node| node.costs.truncate(until));
                let found = find(&nodes, FIRST, until, &Settings::of_places());
                let told = places(&found);
                let is_db = |place: &String| place.contains("service=db");
                let is_all = |place: &String| place == "account=prod";
                assert!(
                    told.iter().any(is_db) && told.iter().any(is_all),
                    "{small} x{factor}, until {until}, seed {seed}: {told:?}"
                );
            }
        }
    }
}

#[test]
fn what_rises_right_after_a_part_of_it_fell_for_a_day_is_told_once() {
    for gap in [1, 2] {
        for seed in 1..6 {
            let from = 70 + gap;
            let bill = Bill::new(seed).times("db", "prod", 70, 71, 0.3).times("", "prod", from, DAYS, 1.6);
            for until in from + 3..from + 7 {
                let mut nodes = bill.nodes();
                nodes.iter_mut().for_each(|node| node.costs.truncate(until));
                let mut found = find(&nodes, FIRST, until, &Settings::of_places());
                found.retain(|one| one.event.direction == Direction::Up);
                assert_eq!(places(&found), ["account=prod"], "from {from}, until {until}, seed {seed}");
            }
        }
    }
}
