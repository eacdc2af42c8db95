//! Anomalies in bills that are made up for them.

use std::fmt::Write as _;
use std::sync::Arc;

use super::list::{self, AnomalyQuery};
use super::*;
use crate::config::Config;
use crate::domain::anomaly::{Course, Kind};
use crate::domain::calendar::{DAY_SECONDS, HOUR_SECONDS, format_timestamp};
use crate::domain::money::Amount;
use crate::engine::answer::{DayOf, Listed};
use crate::engine::bills::import;
use crate::store::Store;

pub(super) const FIRST: i32 = 20_600;

/// Charges, a line each.
pub(super) struct Charges(String);

/// What is told of a charge besides its time and cost.
#[derive(Clone, Copy)]
pub(super) struct Of {
    pub(super) provider: &'static str,
    pub(super) service: &'static str,
    pub(super) resource: &'static str,
    pub(super) category: &'static str,
    pub(super) commitment: &'static str,
}

pub(super) const VM: Of = Of { provider: "AWS", service: "vm", resource: "i-1", category: "Usage", commitment: "" };
pub(super) const DB: Of = Of { service: "db", resource: "d-1", ..VM };

impl Charges {
    pub(super) fn new() -> Self {
        Charges(
            "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
             ResourceId,ChargeCategory,CommitmentDiscountId\n"
                .to_owned(),
        )
    }

    fn add(&mut self, of: Of, start: i64, seconds: i64, cost: f64) {
        let (from, to) = (format_timestamp(start), format_timestamp(start + seconds));
        let Of { provider, service, resource, category, commitment } = of;
        writeln!(self.0, "{cost},{cost},{from},{to},USD,{provider},{service},{resource},{category},{commitment}")
            .expect("text");
    }

    /// The same cost each day, but for a little noise.
    pub(super) fn daily(&mut self, of: Of, days: std::ops::Range<i32>, cost: f64) {
        for day in days {
            self.add(of, Day(FIRST + day).seconds(), DAY_SECONDS, cost + f64::from(day * 7 % 5) / 10.0);
        }
    }

    pub(super) fn hourly(&mut self, of: Of, hours: std::ops::Range<i64>, cost: f64) {
        for hour in hours {
            let start = Day(FIRST).seconds() + hour * HOUR_SECONDS;
            self.add(of, start, HOUR_SECONDS, cost + (hour * 7 % 5) as f64 / 100.0);
        }
    }

    /// The same without an effective cost.
    fn billed_only(mut self) -> Self {
        let lines = self.0.lines().map(|line| match line.split_once(',') {
            Some((billed, rest)) if !billed.starts_with('B') => {
                format!("{billed},{}\n", &rest[rest.find(',').unwrap_or_default()..])
            }
            _ => format!("{line}\n"),
        });
        self.0 = lines.collect();
        self
    }

    fn found(&self, days: i32) -> Vec<Listed> {
        self.found_in(&engine(), days)
    }

    /// The same in an engine that may have looked at others before.
    pub(super) fn found_in(&self, engine: &LocalEngine, days: i32) -> Vec<Listed> {
        import(engine.store(), "bill", &self.0, 0);
        let answer = list::answer(engine, &AnomalyQuery::default(), Day(FIRST + days), &Cancel::default());
        answer.expect("answer").anomalies
    }
}

pub(super) fn engine() -> LocalEngine {
    LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false)
}

pub(super) fn told(found: &[Listed]) -> Vec<(Kind, bool, i32)> {
    let one = |l: &Listed| (l.anomaly.finding.kind, l.anomaly.finding.rises, l.anomaly.finding.start.0 - FIRST);
    found.iter().map(one).collect()
}

#[test]
fn each_commitment_that_ended_is_told_by_what_it_made_dearer() {
    let mut charges = Charges::new();
    for base in [VM, DB] {
        charges.daily(base, 0..100, 60.0);
        // What the first covered stops with it; what the second covered goes on at the public price.
        charges.daily(Of { resource: "old", commitment: "plan-a", ..base }, 0..60, 40.0);
        charges.daily(Of { resource: "new", commitment: "plan-b", ..base }, 0..85, 40.0);
        charges.daily(Of { resource: "new", ..base }, 85..100, 80.0);
    }
    let found = charges.found(105);
    let ended: Vec<_> = told(&found).into_iter().filter(|(kind, ..)| *kind == Kind::Expired).collect();
    assert!(ended.contains(&(Kind::Expired, false, 60)), "{:?}", told(&found));
    assert!(ended.contains(&(Kind::Expired, true, 85)), "{:?}", told(&found));
}

/// A commitment over two services that ends, and a service that begins a day later.
pub(super) fn after_a_commitment() -> Charges {
    let mut charges = Charges::new();
    for base in [VM, DB] {
        charges.daily(base, 0..100, 60.0);
        charges.daily(Of { resource: "new", commitment: "plan-b", ..base }, 0..85, 40.0);
        charges.daily(Of { resource: "new", ..base }, 85..100, 80.0);
    }
    charges.daily(Of { service: "ml", resource: "m-1", ..VM }, 86..100, 90.0);
    charges
}

#[test]
fn what_begins_when_a_commitment_ends_is_not_what_it_had_covered() {
    let found = told(&after_a_commitment().found(105));
    assert!(found.contains(&(Kind::NewService, true, 86)), "{found:?}");
    assert!(found.contains(&(Kind::Expired, true, 85)), "{found:?}");
}

/// What became of the one anomaly whose place has these words.
fn course(found: &[Listed], words: &str) -> (Course, i32) {
    let one = found.iter().find(|one| one.place_words.contains(words)).expect("told");
    (one.anomaly.finding.course, one.anomaly.finding.last.0 - FIRST)
}

/// AWS for some days, and for others Oracle, which costs more from the seventieth on.
pub(super) fn beside_oracle(days: i32, other: i32) -> Charges {
    let mut charges = Charges::new();
    charges.daily(VM, 0..days, 60.0);
    charges.daily(Of { provider: "Oracle", service: "oci", resource: "o-1", ..VM }, 0..other, 50.0);
    charges.daily(Of { provider: "Oracle", service: "oci", resource: "o-2", ..VM }, 70..other, 80.0);
    charges
}

#[test]
fn a_provider_that_delivers_no_more_leaves_its_anomalies_open_for_a_while() {
    let engine = engine();
    let found = beside_oracle(76, 76).found_in(&engine, 77);
    assert!(course(&found, "oci").0.is_going());
    assert_eq!((words::silence(&found[0]), words::stands(&found[0])), (None, "open".to_owned()));
    // Nothing more comes of it: first it is late, then it is gone, and nobody restated anything. That is said.
    for day in [83, 100] {
        let found = beside_oracle(day - 1, 77).found_in(&engine, day);
        assert_eq!((course(&found, "oci"), found.len()), ((Course::Stays, 76), 1));
        let silence = format!("Last seen {}: nothing has come from Oracle since", Day(FIRST + 76));
        assert_eq!(
            (words::silence(&found[0]), words::stands(&found[0])),
            (Some(silence.clone()), "open, silent".into())
        );
        let one = detail::answer(&engine, &found[0].anomaly.id.to_string(), Day(FIRST + day), &Cancel::default());
        let one = one.expect("answer");
        assert_eq!(one.listed.silent, found[0].silent);
        assert!(one.summary.contains(&format!(" {silence}. ")), "{}", one.summary);
    }
    let found = beside_oracle(110, 77).found_in(&engine, 111);
    assert_eq!((course(&found, "oci"), found.len()), ((Course::Usual, 76), 1));
}

#[test]
fn what_stood_for_days_is_the_step_that_it_was_once_it_is_over() {
    // (Days that it stood, what it is.)
    for (stood, kind) in [(1, Kind::Spike), (2, Kind::Spike), (3, Kind::Step), (5, Kind::Step), (9, Kind::Step)] {
        let engine = engine();
        for (days, course) in [(70 + stood, Course::GoesOn), (80 + stood, Course::Over)] {
            let mut charges = Charges::new();
            charges.daily(VM, 0..days, 60.0);
            charges.daily(DB, 0..days, 40.0);
            charges.daily(Of { resource: "d-2", ..DB }, 70..70 + stood, 80.0);
            let found = charges.found_in(&engine, days + 3);
            assert_eq!(told(&found), [(kind, true, 70)], "{stood} days, as of {days}");
            let is = found[0].anomaly.finding.course;
            assert_eq!(is.is_going(), course.is_going(), "{stood} days, as of {days}: {is:?}");
        }
    }
}

#[test]
fn a_step_that_ends_when_it_is_taken_for_the_new_level_is_told_once() {
    let mut seen = Vec::new();
    for stood in 27..=31 {
        let engine = engine();
        for days in (70 + stood - 2..70 + stood + 12).chain([120]) {
            let mut charges = Charges::new();
            charges.daily(VM, 0..days, 60.0);
            charges.daily(DB, 0..days, 40.0);
            charges.daily(Of { resource: "d-2", ..DB }, 70..days.min(70 + stood), 80.0);
            let found = charges.found_in(&engine, days + 3);
            if told(&found) != [(Kind::Step, true, 70)] {
                seen.push((stood, days - 70, told(&found)));
            }
            if days == 120 && found.iter().any(|one| one.anomaly.finding.course != Course::Over) {
                seen.push((stood, days - 70, told(&found)));
            }
        }
    }
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn a_provider_has_its_cause_and_its_charges_however_the_bill_spells_it() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..90, 60.0);
    for service in ["mail", "search", "maps"] {
        let of = |resource| Of { provider: "Amazon Web Services", service, resource, ..VM };
        charges.daily(of("old"), 0..90, 40.0);
        charges.daily(of("new"), 86..90, 30.0);
    }
    let engine = engine();
    let found = charges.found_in(&engine, 92);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    let of = |listed: &Listed| listed.anomaly.id.to_string();
    let shown = detail::answer(&engine, &of(one), Day(FIRST + 92), &Cancel::default()).expect("answer");
    assert!(shown.driver.is_some(), "{}", shown.summary);
    let contributors = &one.anomaly.finding.contributors;
    assert!(contributors.iter().any(|part| part.spot.value.raw() == "new"), "{contributors:?}");
}

#[test]
fn a_new_provider_has_its_days_however_its_charges_spell_it() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..60, 60.0);
    charges.daily(Of { provider: "Oracle Cloud", service: "oci", resource: "o-1", ..VM }, 50..60, 50.0);
    let engine = engine();
    let found = charges.found_in(&engine, 61);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    assert_eq!((one.anomaly.finding.kind, one.place_words.as_str()), (Kind::NewProvider, "Oracle (mostly oci)"));
    let cancel = Cancel::default();
    let shown = detail::answer(&engine, &one.anomaly.id.to_string(), Day(FIRST + 61), &cancel).expect("answer");
    let costs: Vec<f64> = shown.days.iter().filter_map(|day| day.cost).map(|cost| cost.to_f64()).collect();
    assert_eq!(costs.iter().filter(|cost| **cost > 49.0).count(), 10, "{costs:?}");
    // The days before it are shown: it came from nothing.
    let before: Vec<&DayOf> = shown.days.iter().filter(|day| day.day < Day(FIRST + 50)).collect();
    assert!(before.len() >= 14, "{before:?}");
    assert!(before.iter().all(|day| day.band.is_none() && day.cost.is_none_or(|cost| cost == Amount::ZERO)));
}

#[test]
fn a_place_that_others_outgrow_is_held_against_its_own_charges() {
    let bill = |days: i32, raised: i32, larger: bool| {
        let mut charges = Charges::new();
        charges.daily(VM, 0..days, 20.0);
        charges.daily(DB, 0..days, 50.0);
        charges.daily(Of { resource: "d-2", ..DB }, 70..raised, 80.0);
        // Larger ones than it, as many as are looked at, that were there all the time.
        let names: Vec<String> = (0..60).map(|at| format!("other-{at:02}")).collect();
        for name in names.iter().filter(|_| larger) {
            charges.daily(Of { service: name.clone().leak(), resource: "r", ..VM }, 0..days, 500.0);
        }
        charges
    };
    for (raised, want) in [(85, (Course::Stays, 84)), (77, (Course::Over, 76))] {
        let engine = engine();
        assert!(course(&bill(76, 76, false).found_in(&engine, 77), "db").0.is_going());
        assert_eq!(course(&bill(85, raised, true).found_in(&engine, 86), "db"), want);
    }
    // Its charges were removed, whoever else has any.
    let engine = engine();
    bill(76, 76, false).found_in(&engine, 77);
    let mut without = Charges::new();
    without.daily(VM, 0..85, 20.0);
    assert_eq!(course(&without.found_in(&engine, 86), "db").0, Course::NotFound);
}

#[test]
fn hours_tell_what_began_before_its_day_does_and_the_day_is_the_same_anomaly() {
    let (days, begins) = (40, 40 * 24 + 6);
    let bill = |hours: i64, rises: bool| {
        let mut charges = Charges::new();
        charges.hourly(VM, 0..days * 24 + hours, 2.0);
        charges.hourly(DB, 0..days * 24 + hours, 1.0);
        if rises {
            charges.hourly(Of { resource: "d-2", ..DB }, begins..days * 24 + hours, 4.0);
        }
        charges
    };
    assert_eq!(told(&bill(10, false).found(40)), []);
    let engine = engine();
    let found = bill(10, true).found_in(&engine, 40);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    let finding = &one.anomaly.finding;
    assert!(finding.hourly && finding.course == Course::GoesOn && finding.kind == Kind::Spike, "{finding:?}");
    assert_eq!(finding.start_hour, Some(Day(FIRST).seconds() + begins * HOUR_SECONDS));
    assert_eq!((finding.start, one.place_words.as_str()), (Day(FIRST + 40), "db"));
    // Four hours of four.
    let impact = finding.impact.to_f64();
    assert!((15.0..17.5).contains(&impact), "{impact}");
    let later = bill(4 * 24, true).found_in(&engine, 44);
    let [same] = &later[..] else { panic!("{:?}", told(&later)) };
    assert_eq!((same.anomaly.id, same.anomaly.finding.hourly), (one.anomaly.id, false));
    assert_eq!(same.anomaly.finding.start_hour, finding.start_hour);
}

#[test]
fn hours_of_a_provider_that_is_new_are_told_once() {
    let mut charges = Charges::new();
    charges.hourly(VM, 0..40 * 24 + 10, 2.0);
    charges.hourly(DB, 0..40 * 24 + 10, 1.0);
    charges.hourly(Of { provider: "Oracle", service: "oci", resource: "o-1", ..VM }, 40 * 24..40 * 24 + 10, 9.0);
    assert_eq!(told(&charges.found(40)), [(Kind::NewProvider, true, 40)]);
}

const OTHER: Of = Of { provider: "Snowflake", service: "wh", resource: "w-1", ..VM };

/// 200 days of two services, whose second doubles on day 185.
fn doubled() -> Charges {
    let mut charges = Charges::new();
    charges.daily(VM, 0..200, 60.0);
    charges.daily(DB, 0..185, 40.0);
    charges.daily(DB, 185..200, 80.0);
    charges
}

#[test]
fn a_new_provider_is_told_and_takes_no_days_from_the_others() {
    for (begins, costs) in [(153, 0.1), (172, 0.1), (172, 30.0), (190, 30.0), (185, 30.0)] {
        let mut charges = doubled();
        charges.daily(OTHER, begins..200, costs);
        let mut found = told(&charges.found(201));
        found.sort_by_key(|(kind, ..)| *kind);
        let step = (Kind::Step, true, 185);
        let told = if costs > 10.0 { vec![step, (Kind::NewProvider, true, begins)] } else { vec![step] };
        assert_eq!(found, told, "{costs} a day from {begins} on");
    }
}

#[test]
fn a_provider_that_is_late_takes_no_days_from_the_others() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..200, 60.0);
    charges.daily(DB, 0..194, 40.0);
    charges.daily(DB, 194..200, 4.0);
    charges.daily(OTHER, 0..190, 30.0);
    assert_eq!(told(&charges.found(201)), [(Kind::Step, false, 194)]);
}

#[test]
fn a_provider_that_charges_once_a_month_is_neither_late_nor_new_each_time() {
    let mut charges = doubled();
    // The firsts of the months.
    for first in [5, 35, 66, 97, 127, 158, 188] {
        charges.daily(OTHER, first..first + 1, 30.0);
    }
    let news = |told: &(Kind, bool, i32)| told.0.is_news() || told.2 > 100;
    assert_eq!(told(&charges.found(201)).into_iter().filter(news).collect::<Vec<_>>(), [(Kind::Step, true, 185)]);
}

#[test]
fn what_was_billed_a_year_before_is_not_new() {
    let yearly = Of { service: "domains", resource: "n-1", ..VM };
    let mut charges = Charges::new();
    charges.daily(VM, 0..400, 60.0);
    charges.daily(DB, 0..400, 40.0);
    charges.daily(yearly, 25..26, 300.0);
    charges.daily(yearly, 390..391, 300.0);
    let found = charges.found(405);
    assert_eq!(told(&found), [(Kind::Spike, true, 390)]);
    let finding = &found[0].anomaly.finding;
    assert_eq!((finding.course, finding.last), (Course::Over, finding.start), "{finding:?}");
    assert!((finding.impact.to_f64() - 300.0).abs() < 1.0, "{finding:?}");
}

#[test]
fn what_is_charged_once_costs_for_one_day() {
    let mut charges = doubled();
    charges.daily(Of { service: "audit", resource: "a-1", ..VM }, 150..151, 300.0);
    let found = charges.found(201);
    let finding = &found.iter().find(|l| l.anomaly.finding.kind == Kind::NewService).expect("told").anomaly.finding;
    assert_eq!((finding.course, finding.last), (Course::Over, finding.start), "{finding:?}");
    assert!((finding.impact.to_f64() - 300.0).abs() < 1.0 && finding.day.actual == finding.impact, "{finding:?}");
}

#[test]
fn a_monthly_charge_that_jumps_is_told_by_its_jump() {
    for beside in [0.0, 500.0] {
        let mut charges = Charges::new();
        charges.daily(VM, 0..200, 60.0);
        charges.daily(DB, 0..200, 40.0);
        for first in [5, 35, 66, 97, 127, 158, 188] {
            let day = first..first + 1;
            let rent = if first == 188 { 3_000.0 } else { 1_000.0 };
            charges.daily(Of { service: "rent", resource: "r-1", ..VM }, day.clone(), rent);
            charges.daily(Of { service: "seats", resource: "s-1", ..VM }, day, beside);
        }
        let found = charges.found(201);
        let jump = found.iter().find(|l| l.anomaly.finding.start.0 - FIRST == 188);
        let finding = &jump.unwrap_or_else(|| panic!("beside {beside}: {:?}", told(&found))).anomaly.finding;
        assert!((finding.impact.to_f64() - 2_000.0).abs() < 50.0 && finding.last == finding.start, "{finding:?}");
    }
}

#[test]
fn a_step_that_went_back_is_over_and_one_of_three_days_is_a_step() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..200, 60.0);
    charges.daily(DB, 0..185, 40.0);
    charges.daily(DB, 185..192, 80.0);
    charges.daily(DB, 192..200, 40.0);
    let found = charges.found(201);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    let finding = &one.anomaly.finding;
    assert_eq!((finding.course, finding.last.0 - FIRST), (Course::Over, 191), "{finding:?}");
    assert!((finding.impact.to_f64() - 280.0).abs() < 5.0, "{finding:?}");
    let mut young = Charges::new();
    young.daily(VM, 0..200, 60.0);
    young.daily(DB, 0..197, 40.0);
    young.daily(DB, 197..200, 80.0);
    let found = young.found(200);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    let finding = &one.anomaly.finding;
    assert_eq!(
        (finding.kind, finding.course, finding.start.0 - FIRST),
        (Kind::Step, Course::GoesOn, 197),
        "{finding:?}"
    );
    assert!(finding.unsettled > 0 && finding.last.0 - FIRST == 199, "{finding:?}");
}

#[test]
fn what_is_bought_once_is_no_anomaly_of_what_is_used() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..200, 60.0);
    charges.daily(DB, 0..200, 40.0);
    let bought = Of { category: "Purchase", commitment: "plan-c", resource: "plan-c", ..VM };
    charges.add(bought, Day(FIRST + 190).seconds(), 365 * DAY_SECONDS, 9_000.0);
    assert_eq!(told(&charges.found(205)), []);
}

#[test]
fn the_band_that_is_drawn_is_the_one_by_which_it_was_found() {
    let mut charges = Charges::new();
    charges.daily(VM, 0..100, 250_000.0);
    charges.daily(DB, 0..90, 100.0);
    charges.daily(DB, 90..100, 50_000.0);
    let engine = engine();
    let found = charges.found_in(&engine, 100);
    let [one] = &found[..] else { panic!("{:?}", told(&found)) };
    let answer = detail::answer(&engine, &one.anomaly.id.to_string(), Day(FIRST + 100), &Cancel::default());
    let days = answer.expect("answer").days;
    // Of a bill of a quarter of a million a day nobody is told of hundreds.
    let least = find::settings(250_000.0).absolute;
    let bands: Vec<_> = days.iter().filter_map(|day| day.band).collect();
    assert!(least > 300.0 && bands.len() > 30);
    for [_, expected, upper] in bands {
        assert!((upper - expected).to_f64() > 0.99 * least, "{expected} to {upper}, and the least is {least}");
    }
}

#[test]
fn charges_without_an_effective_cost_are_said_to_be_unseen() {
    let bill = |until: i32, cost: f64| {
        let mut charges = Charges::new();
        charges.daily(VM, 0..80, 100.0);
        charges.daily(VM, 80..until, cost);
        charges
    };
    let answer = |charges: &Charges| {
        let engine = engine();
        import(engine.store(), "bill", &charges.0, 0);
        list::answer(&engine, &AnomalyQuery::default(), Day(FIRST + 90), &Cancel::default()).expect("answer")
    };
    let (known, unknown) = (answer(&bill(90, 300.0)), answer(&bill(90, 300.0).billed_only()));
    assert_eq!((known.anomalies.len(), known.unknown), (1, 0));
    assert_eq!((unknown.anomalies.len(), unknown.unknown), (0, 90));
}
