//! What corrects an earlier bill, through everything that asks what goes on: it is in every total and in nothing that
//! is learnt.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::anomalies::list::{self, AnomalyQuery};
use super::bills::{import, import_part};
use super::foretell::{Aside, Foretold, foretell};
use super::local::LocalEngine;
use super::table::{Key, Request, Table};
use super::{Cancel, aggregate, scan};
use crate::config::Config;
use crate::domain::calendar::{DAY_SECONDS, Day, Granularity, HOUR_SECONDS, Period, format_timestamp};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::store::manifest::Group;
use crate::store::{Store, rollups};
use crate::sync::older::renew;

const FIRST: i32 = 20_600;
/// Days of usage, the last of which has not settled at the end.
const DAYS: i32 = 200;
const REFUND: i64 = -2_500;
const HEAD: &str = "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
                    SubAccountId,ChargeCategory,ChargeClass\n";

/// Charges, a line each.
struct Bill(String);

impl Bill {
    fn add(&mut self, service: &str, (start, seconds): (i64, i64), cost: f64, class: &str) -> &mut Bill {
        let (from, to) = (format_timestamp(start), format_timestamp(start + seconds));
        writeln!(self.0, "{cost},{cost},{from},{to},USD,AWS,{service},one,Usage,{class}").expect("text");
        self
    }

    /// A charge of one day.
    fn on(mut self, day: i32, cost: f64, class: &str) -> Bill {
        self.add("db", (Day(FIRST + day).seconds(), DAY_SECONDS), cost, class);
        self
    }
}

/// What goes on.
fn usage() -> Bill {
    let mut bill = Bill(HEAD.to_owned());
    for day in 0..DAYS {
        for (service, cost) in [("vm", 60.0), ("db", 40.0)] {
            let span = (Day(FIRST + day).seconds(), DAY_SECONDS);
            bill.add(service, span, cost + f64::from(day * 7 % 5) / 10.0, "");
        }
    }
    bill
}

/// What goes on by the hour.
fn hours() -> Bill {
    let mut bill = Bill(HEAD.to_owned());
    for hour in 0..i64::from(DAYS) * 24 {
        let start = Day(FIRST).seconds() + hour * HOUR_SECONDS;
        bill.add("vm", (start, HOUR_SECONDS), 4.0 + (hour * 7 % 5) as f64 / 100.0, "");
    }
    bill
}

fn engine(bill: &Bill) -> LocalEngine {
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), Config::default().settle, false);
    import(engine.store(), "bill", &bill.0, 0);
    engine
}

/// The store of a program that knew no charge classes.
fn older(bill: &Bill) -> LocalEngine {
    let engine = engine(bill);
    let (store, manifest) = (engine.store(), engine.store().manifest());
    for (group, kind) in manifest.groups.iter().flat_map(|group| manifest.kinds().into_iter().map(move |k| (group, k)))
    {
        rollups::forget_classes(store.kv(), group.id, &kind);
    }
    engine
}

fn anomalies(engine: &LocalEngine) -> usize {
    let answer = list::answer(engine, &AnomalyQuery::default(), Day(FIRST + DAYS + 1), &Cancel::default());
    answer.expect("answer").anomalies.len()
}

fn ahead(engine: &LocalEngine) -> Arc<Foretold> {
    let of = (Metric::Effective, "USD");
    foretell(engine, &Filter::default(), of, Day(FIRST + DAYS + 1), 90, &Cancel::default()).expect("foretold")
}

/// What a filter admits, by rollups where they know it and by scans.
fn costs(engine: &LocalEngine, by: &[Dimension], filter: &str) -> [Vec<(String, Amount)>; 2] {
    let filter = Filter::parse(filter, &[]).expect("filter");
    let request = Request {
        period: Period { from: Day(FIRST), to: Day(FIRST + DAYS) },
        by,
        clauses: &filter.clauses,
        metric: Metric::Billed,
        granularity: Some(Granularity::Month),
        currency: None,
        parting: &[],
        long: None,
    };
    let (store, cancel) = (engine.store(), Cancel::default());
    let manifest = store.manifest();
    let told = |table: Table| {
        let said = |key: Key| format!("{} {}", key.start, table.texts(&key.values).collect::<Vec<_>>().join(" "));
        let mut all: Vec<_> = table.groups().map(|(key, total)| (said(key), total.sum)).collect();
        all.sort();
        all
    };
    let kept = aggregate::aggregate(store, &request, &cancel).expect("aggregated");
    [told(kept), told(scan::totals(store, &request, &manifest.active(), &cancel).expect("scanned"))]
}

fn class_and(dimension: Dimension) -> [Dimension; 2] {
    [dimension, Dimension::ChargeClass]
}

#[test]
fn a_refund_of_an_earlier_bill_is_no_anomaly() {
    for (day, cost) in [(197, REFUND as f64), (150, REFUND as f64), (197, 900.0)] {
        assert!(anomalies(&engine(&usage().on(day, cost, ""))) > 0, "{cost} on {day} is one where it is usage");
        let refunded = usage().on(day, cost, "Correction");
        assert_eq!([engine(&refunded), older(&refunded)].map(|engine| anomalies(&engine)), [0, 0], "{cost} on {day}");
    }
}

#[test]
fn a_correction_in_the_last_hours_is_no_anomaly() {
    let span = (Day(FIRST + DAYS).seconds() - 3 * HOUR_SECONDS, HOUR_SECONDS);
    let with = |class| {
        let mut bill = hours();
        bill.add("vm", span, 300.0, class);
        anomalies(&engine(&bill))
    };
    assert!(with("") > 0);
    assert_eq!(with("Correction"), 0);
}

#[test]
fn a_refund_is_in_the_total_and_changes_no_forecast() {
    let without = ahead(&engine(&usage()));
    let refunded = usage().on(150, REFUND as f64, "Correction").on(DAYS - 1, REFUND as f64, "correction");
    let (month, last) = (Day(FIRST + DAYS - 1).month(), Day(FIRST + DAYS - 1));
    let month = Period { from: month.first(), to: month.plus(1).first() };
    for engine in [engine(&refunded), older(&refunded)] {
        let with = ahead(&engine);
        let days = Period { from: with.first().max(Day(FIRST + DAYS)), to: with.end() };
        assert!(days.days() > 80);
        days.iter().for_each(|day| assert_eq!(with.day(day), without.day(day), "{day}"));
        // The month has one of them, as it came.
        let (with_sum, without_sum) = (with.sum(month).expect("known"), without.sum(month).expect("known"));
        assert!((with_sum.mid - without_sum.mid - REFUND as f64).abs() < 1e-6, "{with_sum:?} {without_sum:?}");
        let came = with.came(month) + with.put_back_of(Aside::Correction, month).came;
        assert_eq!(came, without.came(month) + Amount::whole(REFUND));
        assert_eq!(with.put_back_of(Aside::Correction, month).expected, Amount::ZERO);
        let settled = if with.first() > last { 2 } else { 1 };
        assert_eq!(with.left_out[&Aside::Correction], Amount::whole(settled * REFUND));
        let [by_rollups, by_scans] = costs(&engine, &[], "");
        assert_eq!(by_rollups, by_scans);
        let total: Amount = by_rollups.iter().map(|(_, sum)| *sum).sum();
        let [before, _] = costs(&super::corrections::engine(&usage()), &[], "");
        assert_eq!(total, before.iter().map(|(_, sum)| *sum).sum::<Amount>() + Amount::whole(2 * REFUND));
    }
}

#[test]
fn corrections_of_two_months_are_expected_of_no_third() {
    let firsts = (0..DAYS).filter(|day| Day(FIRST + day).number() == 1).collect::<Vec<_>>();
    let bill = firsts.iter().fold(usage(), |bill, day| bill.on(*day, REFUND as f64, "Correction"));
    let told = ahead(&engine(&bill));
    assert!(firsts.len() > 4);
    let next = Period { from: Day(FIRST + DAYS), to: told.end() };
    assert_eq!(told.put_back(next), Amount::ZERO);
}

#[test]
fn classes_are_told_alike_by_rollups_by_those_of_an_older_program_and_by_scans() {
    let bills = [usage(), usage().on(3, REFUND as f64, "Correction").on(190, 20.0, "Correction").on(190, 1.5, "odd")];
    for bill in &bills {
        for engine in [engine(bill), older(bill)] {
            for (by, filter, is_empty) in [
                (vec![Dimension::ChargeClass], "", false),
                (vec![Dimension::ChargeClass, Dimension::ChargeCategory], "-class:Correction", false),
                (class_and(Dimension::Service).to_vec(), "charge:usage service:db", false),
                (vec![Dimension::Service], "class:correction", std::ptr::eq(bill, &bills[0])),
                (vec![], "class:odd|correction service:db", std::ptr::eq(bill, &bills[0])),
                (vec![Dimension::SubAccount], "class:\"\" service:vm", false),
            ] {
                let [by_rollups, by_scans] = costs(&engine, &by, filter);
                assert_eq!(by_rollups, by_scans, "by {by:?} where {filter}");
                assert_eq!(by_rollups.is_empty(), is_empty, "by {by:?} where {filter}");
            }
        }
    }
}

#[test]
fn rollups_of_an_older_program_are_made_anew_a_few_with_each_commit() {
    let bill = usage().on(3, REFUND as f64, "Correction").on(190, 20.0, "Correction");
    let engine = older(&bill);
    let store = engine.store();
    let known = || -> Vec<bool> {
        let manifest = store.manifest();
        let mut groups: Vec<_> = manifest.groups.iter().collect();
        groups.sort_by_key(|group| group.key.billing_period);
        let of = |group: &&Group| rollups::get(store.kv(), group.id, &[], Metric::Billed).expect("read").expect("kept");
        groups.iter().map(|group| of(group).knows_classes).collect()
    };
    let (before, months) = (costs(&engine, &[Dimension::ChargeClass], "").to_vec(), known().len());
    assert!(months > 5 && !known().contains(&true));
    // Nothing is looked for twice in a store that was looked through.
    assert_eq!(renew(store, u64::MAX).expect("renewed"), 0);
    store.renewed().store(false, Ordering::Relaxed);
    for done in 1..3 {
        assert_eq!(renew(store, 1).expect("renewed"), 1);
        assert_eq!(known(), (0..months).map(|month| month >= months - done).collect::<Vec<_>>(), "the newest first");
        assert_eq!(costs(&engine, &[Dimension::ChargeClass], "").to_vec(), before);
    }
    // An import does the rest, of the charges of a second.
    import_part(store, "other", &Bill(HEAD.to_owned()).on(DAYS - 1, 70.0, "").0);
    assert!(!known().contains(&false) && store.renewed().load(Ordering::Relaxed));
    let [by_rollups, by_scans] = costs(&engine, &[Dimension::Service], "class:Correction");
    assert_eq!((by_rollups.is_empty(), &by_rollups), (false, &by_scans));
    // Where no charge has a class, they are right as they are.
    let plain = older(&usage());
    plain.store().renewed().store(false, Ordering::Relaxed);
    assert_eq!(renew(plain.store(), u64::MAX).expect("renewed"), 0);
}

#[test]
fn rollups_of_an_older_program_are_made_anew_where_others_are_added_to_them() {
    let engine = older(&usage().on(DAYS - 2, REFUND as f64, "Correction"));
    let part = Bill(HEAD.to_owned()).on(DAYS - 1, 70.0, "");
    import_part(engine.store(), "bill", &part.0);
    let manifest = engine.store().manifest();
    let last = manifest.groups.iter().max_by_key(|group| group.key.billing_period.month()).expect("group");
    assert!(last.parts.len() > 1, "{last:?}");
    let rollup = rollups::get(engine.store().kv(), last.id, &[Dimension::Service], Metric::Billed);
    assert!(rollup.expect("read").expect("kept").knows_classes);
    let [by_rollups, by_scans] = costs(&engine, &class_and(Dimension::Service), "class:Correction");
    assert_eq!((by_rollups.len(), &by_rollups), (1, &by_scans));
}
