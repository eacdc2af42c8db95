//! Tests of what is an echo of what is told, in bills of two providers.

use super::event::Direction;
use super::place::Place;
use super::series::Settings;
use super::series_tests::office;
use super::tree::{Anomaly, Node, find};
use super::tree_tests::{Bill, DAYS, FIRST, places};

/// A bill that is all of one provider, beside one of another.
fn of_two(bill: &Bill, seed: u64) -> Vec<Node> {
    let mut nodes = bill.nodes();
    nodes.iter_mut().for_each(|node| node.providers = vec!["aws".to_owned()]);
    let other = office(seed * 100 + 99, DAYS, 200.0, 0.03);
    let all = Node {
        costs: nodes[0].costs.iter().zip(&other).map(|(cost, more)| cost.map(|cost| cost + more)).collect(),
        providers: ["aws", "azure"].map(str::to_owned).to_vec(),
        ..nodes[0].clone()
    };
    let aws = Node { place: Place::new([("provider", "aws")]), ..std::mem::replace(&mut nodes[0], all) };
    let azure = Node {
        place: Place::new([("provider", "azure")]),
        costs: other.into_iter().map(Some).collect(),
        providers: vec!["azure".to_owned()],
        ..Node::default()
    };
    nodes.extend([aws, azure]);
    nodes
}

/// What is told of the first days, of which those before the last three are settled.
fn told(nodes: &[Node], days: usize) -> Vec<Anomaly> {
    let mut nodes = nodes.to_vec();
    nodes.iter_mut().for_each(|node| node.costs.truncate(days));
    find(&nodes, FIRST, days - 3, &Settings::of_places())
}

#[test]
fn what_one_service_of_a_provider_does_is_told_of_that_service() {
    for seed in 1..9 {
        let nodes = of_two(&Bill::new(seed).times("db", "", 70, DAYS, 2.4), seed);
        for days in 73..85 {
            assert_eq!(places(&told(&nodes, days)), ["service=db"], "seed {seed}, {days} days");
        }
        let nodes = of_two(&Bill::new(seed).times("", "", 70, DAYS, 1.6), seed);
        assert_eq!(places(&told(&nodes, 80)), ["provider=aws"], "seed {seed}: all that the provider costs");
    }
}

#[test]
fn a_rise_that_goes_on_is_the_same_after_something_beside_it_fell_for_two_days() {
    for seed in 1..9 {
        let bill = Bill::new(seed).times("db", "", 70, DAYS, 2.4).times("vm", "dev", 82, 84, 0.05);
        let nodes = of_two(&bill, seed);
        for days in 75..95 {
            let found = told(&nodes, days);
            let rises: Vec<&Anomaly> = found.iter().filter(|one| one.event.direction == Direction::Up).collect();
            let [rise] = rises[..] else { panic!("seed {seed}, {days} days: {:?}", places(&found)) };
            assert_eq!((rise.place.to_string().as_str(), rise.event.start), ("service=db", FIRST + 70));
            let expected = 2.0 * 140.0 * (days as f64 - 70.0);
            assert!((0.7..1.3).contains(&(rise.event.impact / expected)), "{} of {expected}", rise.event.impact);
        }
    }
}

#[test]
fn what_more_comes_to_one_account_and_to_all_others_is_no_echo_of_what_that_did() {
    let mut told_of = Vec::new();
    for seed in 1..9 {
        let bill = Bill::new(seed).times("", "dev", 66, DAYS, 1.8).times("", "", 72, DAYS, 1.5);
        let found = told(&of_two(&bill, seed), 75);
        let later = found.iter().filter(|one| one.event.start >= FIRST + 71).map(|one| one.place.to_string());
        told_of.push(later.collect::<Vec<_>>());
    }
    assert!(told_of.iter().all(|places| !places.is_empty()), "{told_of:?}");
}

#[test]
fn what_leaps_in_one_cell_after_all_of_a_provider_rose_is_told() {
    for seed in 1..9 {
        let bill = Bill::new(seed).times("", "", 66, DAYS, 1.6).times("db", "dev", 78, 80, 3.4);
        for days in 82..90 {
            let found = told(&of_two(&bill, seed), days);
            let leap = found.iter().filter(|one| one.event.start >= FIRST + 77);
            let leap: Vec<String> = leap.map(|one| one.place.to_string()).collect();
            assert_eq!(leap, ["account=dev service=db"], "seed {seed}, {days} days: {:?}", places(&found));
        }
    }
}

#[test]
fn the_end_of_a_spike_in_what_rose_lately_is_no_fall_of_what_holds_it() {
    for seed in 18..28 {
        let bill = Bill::new(seed).times("", "dev", 62, DAYS, 2.4).times("db", "prod", 73, 74, 3.0);
        let found = told(&of_two(&bill, seed), 79);
        let falls = found.iter().filter(|one| one.event.direction == Direction::Down);
        assert_eq!(falls.count(), 0, "seed {seed}: {:?}", places(&found));
    }
}
