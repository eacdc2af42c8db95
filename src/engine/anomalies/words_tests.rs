//! Tests of what anomalies are called.

use std::collections::BTreeMap;

use super::*;
use crate::analytics::attribute::Effects;
use crate::domain::anomaly::{AnomalyId, Course, Reckoned, Severity};
use crate::engine::answer::Figure;

fn finding(place: &[(Dimension, &str)], contributors: &[(Dimension, &str, f64)]) -> Finding {
    let spot =
        |dimension: &Dimension, value: &str| Spot { dimension: dimension.clone(), value: value.into(), name: None };
    let day = Reckoned { expected: Amount::ZERO, lower: Amount::ZERO, upper: Amount::ZERO, actual: Amount::whole(9) };
    let part = |(dimension, value, share): &(Dimension, &str, f64)| Contributor {
        spot: spot(dimension, value),
        share: *share,
        moved: Amount::whole(1),
    };
    Finding {
        place: place.iter().map(|(dimension, value)| spot(dimension, value)).collect(),
        kind: Kind::Step,
        unlike: Vec::new(),
        rises: true,
        severity: Severity::High,
        start: Day(20_000),
        start_hour: None,
        evening: None,
        hourly: false,
        found: Day(20_000),
        last: Day(20_003),
        unsettled: 0,
        day,
        peak: (Day(20_001), day),
        impact: Amount::whole(36),
        rate: Amount::whole(9),
        relabelled: false,
        course: Course::Stays,
        contributors: contributors.iter().map(part).collect(),
        cancels: None,
    }
}

#[test]
fn a_place_is_the_one_of_the_figures_and_who_has_it_is_said_as_such() {
    use Dimension::{Region, Service, Sku, SubAccount};
    let all = [(Sku, "sku-9", 1.0), (Region, "eu", 0.9), (SubAccount, "prod", 0.85), (Service, "vm", 0.3)];
    let words = place(&finding(&[(SubAccount, "dev"), (Region, "us")], &all));
    assert_eq!(words, "dev | us (mostly sku-9)");
    assert_eq!(place(&finding(&[(Service, "vm")], &all)), "vm (mostly prod, eu, sku-9)");
    assert_eq!(place(&finding(&[], &all[1..])), "all spend (mostly prod, eu)");
    assert_eq!(place(&finding(&[(Sku, "sku-9"), (Service, "vm")], &[])), "vm | sku-9");
    let expired = Finding { kind: Kind::Expired, ..finding(&[(Dimension::CommitmentDiscount, "sp-1")], &all) };
    assert_eq!(place(&expired), "sp-1");
}

#[test]
fn what_lost_its_tag_says_whose_it_was() {
    let team = || Dimension::Tag("team".into());
    let lost =
        finding(&[(team(), "")], &[(Dimension::Service, "vm", 0.9), (team(), "core", -0.6), (team(), "ml", -0.3)]);
    let said = was(&lost).expect("words");
    assert_eq!(said, "as much went from team=core 60 %, team=ml 30 %: the cost is what it was");
    assert_eq!(was(&Finding { rises: false, ..lost.clone() }), None);
    assert_eq!(was(&finding(&[(Dimension::Service, "vm")], &[(team(), "core", -0.6)])), None);
    assert_eq!(who(&lost), ["vm 90 %"]);
}

#[test]
fn a_summary_has_the_decimals_of_its_currency() {
    let figures = |code: &str| {
        let mut finding = finding(&[(Dimension::Service, "vm")], &[]);
        finding.day.actual = "1234.5678".parse().expect("amount");
        let (id, currency) = (AnomalyId(1), code.to_owned());
        let anomaly = Anomaly { id, currency, finding, said: None, history: Vec::new(), held: None };
        let text = summary(&listed(anomaly, Day(20_005), &[]), None, None);
        text.split_once("A day costs ").and_then(|(_, rest)| rest.split_once(';')).map(|(first, _)| first.to_owned())
    };
    for (code, want) in [
        ("JPY", "1,235 JPY, expected 0 (0 to 0). Impact so far +36 JPY in 4 days to 2024-10-07"),
        ("USD", "1,234.57 USD, expected 0.00 (0.00 to 0.00). Impact so far +36.00 USD in 4 days to 2024-10-07"),
        ("KWD", "1,234.568 KWD, expected 0.000 (0.000 to 0.000). Impact so far +36.000 KWD in 4 days to 2024-10-07"),
    ] {
        assert_eq!(figures(code).as_deref(), Some(want));
    }
}

#[test]
fn hours_that_count_as_nothing_are_not_said_to_count() {
    let from = Day(20_003).seconds();
    let hours = Some(HoursOf { from, until: from + 11 * HOUR_SECONDS });
    let rise = finding(&[], &[]);
    let of = |finding: &Finding| begun(finding, hours).expect("words");
    assert_eq!(of(&rise), "Of 2024-10-07 11 hours have come: the others count as what they usually cost");
    for other in [Finding { rises: false, ..rise.clone() }, Finding { start: Day(19_990), ..rise }] {
        assert_eq!(of(&other), "Of 2024-10-07 11 hours have come");
    }
}

#[test]
fn what_hardly_had_a_part_in_it_is_no_reason() {
    let why_of = |quantity: i64, price: i64, other: i64| {
        let [quantity, price, other] = [quantity, price, other].map(Amount::whole);
        let effects = Some(Effects { quantity, price, other });
        let driver = Driver {
            key: Vec::new(),
            names: BTreeMap::new(),
            figure: Figure { amount: None, previous: None },
            effects,
            unit: None,
            new_skus: 0,
            gone_skus: 0,
            reason: None,
        };
        why(&driver, "3 days", "USD")
    };
    assert_eq!(why_of(500, -1, 0).as_deref(), Some("usage (+500.00) in 3 days"));
    assert_eq!(why_of(-500, 20, 0).as_deref(), Some("usage (-500.00), price (+20.00) in 3 days"));
    assert_eq!(why_of(0, 0, 0), None);
}
