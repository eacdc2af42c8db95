//! Tests that each cause is told once, at the place where it is, in bills that are made up for them.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::config::Config;
use crate::domain::anomaly::{Kind, Severity};
use crate::domain::calendar::{DAY_SECONDS, Day, format_timestamp};
use crate::engine::Cancel;
use crate::engine::anomalies::detail;
use crate::engine::anomalies::list::{AnomalyQuery, answer, beside};
use crate::engine::answer::Listed;
use crate::engine::bills::import;
use crate::engine::local::LocalEngine;
use crate::store::Store;

const FIRST: i32 = 20_600;
const DAYS: i32 = 90;
const ACCOUNTS: [&str; 3] = ["prod", "dev", "lab"];
const SERVICES: [&str; 4] = ["vm", "db", "disk", "queue"];
const TEAMS: [&str; 3] = ["core", "ml", "web"];

/// One line of a day: an account's service.
#[derive(Clone)]
struct Line {
    day: i32,
    account: &'static str,
    service: &'static str,
    region: &'static str,
    team: &'static str,
    sku: String,
    cost: f64,
}

/// What a company with lines that a test alters is found to have.
fn found(alter: impl Fn(&mut Line)) -> Vec<Listed> {
    let store = Store::in_memory(&["team"].map(ToOwned::to_owned));
    let engine = LocalEngine::new(Arc::new(store), Config::default().settle, false);
    found_in(&engine, DAYS, alter)
}

fn found_in(engine: &LocalEngine, days: i32, alter: impl Fn(&mut Line)) -> Vec<Listed> {
    found_on(engine, days, days + 4, alter)
}

/// What is found as of a day: of days up to it the last have not settled.
fn found_on(engine: &LocalEngine, days: i32, as_of: i32, alter: impl Fn(&mut Line)) -> Vec<Listed> {
    let mut bill = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,\
                    ServiceName,SubAccountId,RegionId,SkuId,ChargeCategory,Tags\n"
        .to_owned();
    for day in 0..days {
        for (a, account) in ACCOUNTS.into_iter().enumerate() {
            for (s, service) in SERVICES.into_iter().enumerate() {
                let noise = f64::from((day * 37 + (a * 11 + s * 5) as i32 * 13) % 17 - 8) / 200.0;
                let cost = [40.0, 20.0, 10.0, 5.0][s] * (1.0 + 0.3 * a as f64) * (1.0 + noise);
                // In each region there is one service of an account more than elsewhere.
                let region = if (a + s) % 2 == 0 { "east" } else { "west" };
                let team = TEAMS[(a + s) % 3];
                let mut line = Line { day, account, service, region, team, sku: format!("{service}-1"), cost };
                alter(&mut line);
                let start = Day(FIRST + day).seconds();
                let (from, to) = (format_timestamp(start), format_timestamp(start + DAY_SECONDS));
                let Line { account, service, region, team, sku, cost, .. } = line;
                let tags = if team.is_empty() { "{}".to_owned() } else { format!("{{\"\"team\"\":\"\"{team}\"\"}}") };
                if cost > 0.0 {
                    writeln!(
                        bill,
                        "{cost},{cost},{from},{to},USD,AWS,{service},{account},{region},{sku},Usage,\"{tags}\""
                    )
                    .expect("text");
                }
            }
        }
    }
    import(engine.store(), "bill", &bill, 0);
    answer(engine, &AnomalyQuery::default(), Day(FIRST + as_of), &Cancel::default()).expect("answer").anomalies
}

fn told(found: &[Listed]) -> Vec<(Vec<&str>, Kind, bool)> {
    let mut told = Vec::new();
    for listed in found {
        let mut place: Vec<&str> = listed.anomaly.finding.place.iter().map(|spot| spot.value.raw()).collect();
        place.sort_unstable();
        told.push((place, listed.anomaly.finding.kind, listed.anomaly.finding.rises));
    }
    told
}

#[test]
fn one_service_of_one_account_is_told_once_wherever_it_shows() {
    for (account, service) in [("prod", "vm"), ("lab", "db"), ("dev", "vm")] {
        for to in [81, DAYS] {
            let found = found(|line| {
                if (line.account, line.service) == (account, service) && (80..to).contains(&line.day) {
                    line.cost *= 3.0;
                }
            });
            let told = told(&found);
            let [(place, _, true)] = &told[..] else { panic!("{account} {service}: {told:?}") };
            let mut want = [account, service];
            want.sort_unstable();
            assert_eq!(place, &want);
        }
    }
}

#[test]
fn a_region_that_is_hardly_more_than_one_service_of_one_account_is_told_as_that() {
    for factor in [1.4, 3.0] {
        let found = found(|line| match (line.account, line.service) {
            ("lab", "vm") => {
                line.region = "south";
                line.cost *= if line.day < 80 { 1.0 } else { factor };
            }
            ("lab", "queue") => {
                line.region = "south";
                line.cost *= 0.2;
            }
            _ => {}
        });
        let told = told(&found);
        let [(place, Kind::Step, true)] = &told[..] else { panic!("{factor}: {told:?}") };
        assert_eq!(place, &["lab", "vm"], "{factor}");
    }
}

#[test]
fn what_climbs_is_told_once_and_at_its_service_and_account_too() {
    for (account, service) in [("lab", "vm"), ("prod", "vm"), ("dev", "db")] {
        let found = found(|line| {
            if (line.account, line.service) == (account, service) && line.day >= 72 {
                line.cost *= 1.0 + 0.08 * f64::from(line.day - 71);
            }
        });
        let told = told(&found);
        let [(place, Kind::Ramp, true)] = &told[..] else { panic!("{account} {service}: {told:?}") };
        let mut want = [account, service];
        want.sort_unstable();
        assert_eq!(place, &want);
    }
}

#[test]
fn what_climbs_is_told_once_while_it_is_young() {
    let mut seen = Vec::new();
    for (share, days) in [1.5, 2.5, 4.0, 6.0].into_iter().flat_map(|share| (79..86).map(move |days| (share, days))) {
        let store = Store::in_memory(&["team"].map(ToOwned::to_owned));
        let engine = LocalEngine::new(Arc::new(store), Config::default().settle, false);
        let found = found_on(&engine, days, days, |line| {
            if (line.account, line.service) == ("prod", "vm") {
                line.cost *= share * (1.0 + 0.08 * f64::from((line.day - 75).max(0)));
            } else if line.service == "vm" && (76..79).contains(&line.day) {
                // What the others cost less hides its first days in the service's.
                line.cost *= 1.0 - 0.06 * f64::from(line.day - 75);
            }
        });
        if found.len() > 1 {
            seen.push((share, days, told(&found).into_iter().map(|(place, ..)| place.join(" ")).collect::<Vec<_>>()));
        }
    }
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn a_little_cost_that_leaps_is_told_there_and_not_at_a_pair_that_costs_much_more() {
    let found = found(|line| match (line.account, line.service) {
        ("lab", "queue") => {
            (line.service, line.region, line.sku) = ("vm", "south", "vm-2".to_owned());
            line.cost *= if line.day < 80 { 0.25 } else { 6.0 };
        }
        ("dev", "queue") => line.region = "south",
        _ => {}
    });
    let told = told(&found);
    let [(place, _, true)] = &told[..] else { panic!("{told:?}") };
    assert!(place.contains(&"south"), "{place:?}");
}

#[test]
fn what_lost_its_tag_is_told_as_that_and_nothing_fell() {
    let store = Store::in_memory(&["team"].map(ToOwned::to_owned));
    let engine = LocalEngine::new(Arc::new(store), Config::default().settle, false);
    let found = found_in(&engine, DAYS, |line| {
        if line.account == "prod" && line.day >= 78 {
            line.team = "";
        }
    });
    let told = told(&found);
    let [(_, Kind::Untagged, true)] = &told[..] else { panic!("{told:?}") };
    let finding = &found[0].anomaly.finding;
    let was: Vec<&str> = finding.contributors.iter().filter(|c| c.share < 0.0).map(|c| c.spot.value.raw()).collect();
    assert!(was.contains(&"core") && was.contains(&"ml"), "{:?}", finding.contributors);
    assert!(found[0].place_words.contains("without team"), "{}", found[0].place_words);
    // Nobody pays for it.
    assert!(finding.relabelled && finding.severity <= Severity::Medium && found[0].at_stake.is_zero(), "{finding:?}");
    let (as_of, cancel) = (Day(FIRST + DAYS + 4), Cancel::default());
    let answer = detail::answer(&engine, &found[0].anomaly.id.to_string(), as_of, &cancel).expect("answer");
    let summary = &answer.summary;
    assert!(summary.contains(": tag lost, without team") && summary.contains(" USD without an owner in "), "{summary}");
    assert!(summary.contains(" No money lost: ") && !summary.contains("Impact"), "{summary}");
    assert!(answer.driver.is_none() && !summary.contains("Why"), "{summary}");
    let (_, notice) =
        beside(&engine, (&crate::domain::lens::Lens::default(), "USD"), as_of, &Cancel::default()).expect("told");
    let text = notice.expect("told").text;
    assert!(text.starts_with("1 anomaly, ") && text.contains(" without an owner: ") && !text.contains('+'), "{text}");
}

#[test]
fn what_went_to_another_team_moved_nothing() {
    for team in ["platform", "web"] {
        let found = found(|line| {
            if line.account == "dev" && line.day >= 78 {
                line.team = team;
            }
        });
        assert_eq!(told(&found), [], "{team}");
    }
}

#[test]
fn what_never_had_a_tag_lost_none_when_it_rises() {
    let found = found(|line| {
        if (line.account, line.service) == ("prod", "queue") {
            line.team = "";
            line.cost *= if line.day >= 78 { 6.0 } else { 1.0 };
        }
    });
    let told = told(&found);
    let [(place, kind, true)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&place[..], *kind == Kind::Untagged), (&["prod", "queue"][..], false));
}

#[test]
fn a_service_that_rises_everywhere_is_the_place() {
    let found = found(|line| {
        if line.service == "disk" && line.day >= 78 {
            line.cost *= 2.5;
        }
    });
    let told = told(&found);
    let [(place, _, true)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(place, &["disk"]);
}

#[test]
fn what_came_in_another_sku_of_the_same_service_and_account_moved_nothing() {
    let found = found(|line| {
        if (line.account, line.service) == ("lab", "vm") && line.day >= 78 {
            line.sku = "vm-2".into();
        }
    });
    assert_eq!(told(&found), []);
}

#[test]
fn a_part_of_a_sku_that_goes_over_to_another_moved_nothing() {
    for share in [0.05, 0.1, 0.25] {
        let found = found(|line| {
            let since = if line.day >= 78 { share } else { 0.0 };
            match (line.account, line.service) {
                ("lab", "vm") => line.cost *= 10.0 * (1.0 - since),
                // The account's queue, as another SKU beside its machines.
                ("lab", "queue") => {
                    let cost = 640.0 * since + 0.01;
                    let (region, team) = ("east", TEAMS[2]);
                    *line = Line { service: "vm", region, team, sku: "vm-2".into(), cost, ..line.clone() };
                }
                _ => {}
            }
        });
        assert_eq!(told(&found), [], "{share}");
    }
}

#[test]
fn an_account_that_ends_takes_its_services_along() {
    let found = found(|line| {
        if line.account == "dev" && line.day >= 78 {
            line.cost = 0.0;
        }
    });
    let told = told(&found);
    let [(place, _, false)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(place, &["dev"]);
}

#[test]
fn two_causes_of_one_account_are_two() {
    let found = found(|line| {
        if matches!((line.account, line.service, line.day), ("prod", "vm", 70..) | ("lab", "queue", 80..)) {
            line.cost *= 4.0;
        }
    });
    let mut told: Vec<Vec<&str>> = told(&found).into_iter().map(|(place, ..)| place).collect();
    told.sort_unstable();
    assert_eq!(told, [["lab", "queue"], ["prod", "vm"]]);
}

#[test]
fn who_has_a_spike_that_is_over_is_kept_with_it() {
    let found = found(|line| {
        if line.account == "prod" && line.day == 80 {
            line.cost *= 3.0;
        }
    });
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    let finding = &one.anomaly.finding;
    assert!(!finding.course.is_going());
    let named: Vec<&str> = finding.contributors.iter().map(|c| c.spot.value.raw()).collect();
    assert!(["vm", "db", "vm-1"].iter().all(|name| named.contains(name)), "{named:?}");
}

#[test]
fn a_spike_a_week_after_another_is_told_where_it_is_and_held_against_neither() {
    let found = found(|line| {
        let times = match (line.account, line.service, line.day) {
            ("prod", "vm", 77) => 3.0,
            ("prod", "vm", 84) => 3.2,
            _ => 1.0,
        };
        line.cost *= times;
    });
    assert_eq!(told(&found), [(vec!["prod", "vm"], Kind::Spike, true), (vec!["prod", "vm"], Kind::Spike, true)]);
    for one in &found {
        let finding = &one.anomaly.finding;
        assert!(finding.contributors.iter().all(|c| c.share < 1.1), "{:?}", finding.contributors);
        assert_eq!(finding.held().1.from, Day(FIRST + 70), "the last week without one");
    }
}

#[test]
fn what_only_lost_its_tag_is_no_move_the_other_way() {
    let found = found(|line| {
        if line.day >= 81 && line.account == "lab" {
            line.team = "";
        }
        if line.day >= 80 && (line.account, line.service) == ("prod", "vm") {
            line.cost += 64.0;
        }
    });
    assert!(found.iter().any(|one| one.place_words.contains("vm") && !one.anomaly.finding.relabelled), "{found:#?}");
    let cancels = |one: &Listed| one.anomaly.finding.cancels.clone();
    assert!(found.iter().all(|one| cancels(one).is_none()), "{:?}", found.iter().map(cancels).collect::<Vec<_>>());
}

/// How often a line costs what it does on a day: a step, and what else it does.
type Times = fn(&Line) -> f64;

#[test]
fn a_step_keeps_its_name_beside_a_day_on_which_all_that_holds_it_rises() {
    let is_step = |line: &Line| (line.account, line.service) == ("dev", "disk");
    let spikes: [(&str, Times); 3] = [
        ("the others, two days later", |line| if line.day == 82 && line.service != "disk" { 1.6 } else { 1.0 }),
        ("all, a day later", |line| if line.day == 81 { 1.6 } else { 1.0 }),
        ("its account, two days later", |line| if line.day == 82 && line.account == "dev" { 2.0 } else { 1.0 }),
    ];
    for (what, times) in spikes {
        let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
        let mut name = None;
        for days in 81..88 {
            let found = found_in(&engine, days, |line| {
                line.cost *= if line.day >= 80 && is_step(line) { 1.9 } else { 1.0 } * times(line);
            });
            let told: Vec<_> = found.iter().map(|one| (one.place_words.as_str(), one.state, one.anomaly.id)).collect();
            let place = |one: &&Listed| one.anomaly.finding.place.len() == 2;
            let step = found.iter().find(place).unwrap_or_else(|| panic!("{what}, {days} days: {told:?}"));
            assert_eq!(*name.get_or_insert(step.anomaly.id), step.anomaly.id, "{what}, {days} days: {told:?}");
            assert!(step.anomaly.finding.course.is_going(), "{what}, {days} days: {told:?}");
            let spike = found.iter().find(|one| one.anomaly.id != step.anomaly.id);
            assert_eq!(found.len(), 1 + usize::from(spike.is_some()), "{what}, {days} days: {told:?}");
            let is_going = spike.map(|one| one.anomaly.finding.course.is_going());
            assert!(days < 85 || is_going == Some(false), "{what}, {days} days: {told:?}");
        }
    }
}
