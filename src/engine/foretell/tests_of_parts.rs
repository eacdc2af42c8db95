//! Providers that are settled up to different days: who holds up whom, and what counts of whom nothing is foretold.

use std::fmt::Write;
use std::sync::Arc;

use super::{Foretold, foretell};
use crate::config::{Config, Settle};
use crate::domain::calendar::{Day, Period};
use crate::domain::charge::Metric;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::engine::local::LocalEngine;
use crate::engine::{Answer, Cancel, Engine, Question, bills};
use crate::store::Store;

const AS_OF: &str = "2026-11-22";

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

/// Whose days of which service: `provider, service, first, last`, and what a day costs.
type Days<'d> = ([&'d str; 4], i64);

/// What is named a fee is a purchase.
fn engine(all: &[Days<'_>], settle: Settle) -> LocalEngine {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
         ChargeCategory\n",
    );
    for ([provider, service, first, last], cost) in all {
        for at in (Period { from: day(first), to: day(last).plus(1) }).iter() {
            let category = if *service == "fee" { "Purchase" } else { "Usage" };
            let (cost, to) = (cost + i64::from(at.0 % 5), at.plus(1));
            writeln!(text, "{cost},{cost},{at}T00:00:00Z,{to}T00:00:00Z,USD,{provider},{service},{category}")
                .expect("text");
        }
    }
    let engine = LocalEngine::new(Arc::new(Store::in_memory(&[])), settle, false);
    bills::import(engine.store(), "bill", &text, 0);
    engine
}

fn told(engine: &LocalEngine, filter: &str) -> Arc<Foretold> {
    let filter = Filter::parse(filter, &[]).expect("filter");
    foretell(engine, &filter, (Metric::Billed, "USD"), day(AS_OF), 90, &Cancel::default()).expect("forecast")
}

/// Of AWS two days settle, of Google Cloud eight; the charges begin on a day.
fn begun(first: &str) -> LocalEngine {
    let all = [(["AWS", "vm", first, AS_OF], 100), (["Google Cloud", "vm", first, AS_OF], 40)];
    engine(&all, Settle { aws: 2, gcp: 8, ..Config::default().settle })
}

#[test]
fn of_whom_no_day_is_settled_what_came_counts_though_nothing_is_foretold() {
    let engine = begun("2026-11-20");
    let (all, aws) = (told(&engine, ""), told(&engine, "provider:aws"));
    let google = |days: Period| days.iter().map(|at| 40.0 + f64::from(at.0 % 5)).sum::<f64>();
    let came = Period { from: day("2026-11-20"), to: day("2026-11-23") };
    // The month; the one settled day; a day that is foretold of the other.
    for (period, days) in [
        (day(AS_OF).month().period(), came),
        (Period { to: day("2026-11-21"), ..came }, Period { to: day("2026-11-21"), ..came }),
    ] {
        let (both, one) = (all.sum(period).expect("sum").mid, aws.sum(period).expect("sum").mid);
        assert!((both - one - google(days)).abs() < 1e-6, "{period:?}: {both} is not {one} and {}", google(days));
    }
    let last = Period { from: day(AS_OF), to: day("2026-11-23") };
    let (both, one) = (all.day(last.from).expect("day").mid, aws.day(last.from).expect("day").mid);
    assert!((both - one - google(last)).abs() < 1e-6, "{both} {one}");
    assert!(
        all.words().ends_with("; nothing of Google Cloud is foretold: no day of theirs is settled yet"),
        "{}",
        all.words()
    );
}

#[test]
fn where_no_day_of_anybody_is_settled_that_is_said() {
    let engine = begun("2026-11-21");
    let question = Question::Forecast(Lens { metric: Metric::Billed, ..Lens::default() });
    let Answer::Forecast(answers) = engine.ask(&question, day(AS_OF), &Cancel::default()).expect("answer") else {
        panic!("another answer");
    };
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(answer.words, "nothing is foretold: no day is settled yet");
    assert!(answer.month.is_none() && answer.days.is_empty() && answer.model.is_none(), "{answer:?}");
}

#[test]
fn who_began_after_the_last_settled_day_of_the_others_is_not_left_out_without_a_word() {
    let month = |told: &Foretold| told.sum(day(AS_OF).month().period()).expect("sum");
    let usual = || Config::default().settle;
    let aws = (["AWS", "vm", "2026-05-01", AS_OF], 100);
    let untold = |whose: &str| format!("; nothing of {whose} is foretold: no day of theirs is settled yet");
    // One day that is open still, beside somebody who is settled about as far; a week where ten days are open.
    for (of, settle) in [
        (["Oracle", "db", AS_OF, AS_OF], usual()),
        (["Google Cloud", "db", "2026-11-16", AS_OF], Settle { gcp: 10, ..usual() }),
    ] {
        let [whose, _, first, _] = of;
        let both = engine(&[aws, (of, 500)], settle);
        let (both, one) = (told(&both, ""), told(&both, "provider:aws"));
        assert!(both.words().ends_with(&untold(whose)), "{whose}: {}", both.words());
        let came: f64 =
            (Period { from: day(first), to: day("2026-11-23") }).iter().map(|at| 500.0 + f64::from(at.0 % 5)).sum();
        assert!((month(&both).mid - month(&one).mid - came).abs() < 1e-6, "{whose}: {:?}", month(&both));
    }
    // Days of theirs are settled that are none of the others': they are foretold from those on.
    let settle = Settle { aws: 4, gcp: 0, ..usual() };
    let engine = engine(&[aws, (["Google Cloud", "db", "2026-11-19", AS_OF], 500)], settle);
    let (both, one, young) = (told(&engine, ""), told(&engine, "provider:aws"), told(&engine, "provider:google"));
    assert!(both.late.is_empty(), "who is further on is not late: {}", both.words());
    assert!(month(&young).mid > 11.0 * 500.0, "{:?}", month(&young));
    assert!((month(&both).mid - month(&one).mid - month(&young).mid).abs() < 1e-6, "{:?}", month(&both));
}

#[test]
fn who_has_no_charge_among_those_that_are_asked_for_holds_up_nobody() {
    let since = "2026-06-01";
    let all = [
        (["AWS", "vm", since, AS_OF], 100),
        (["Google Cloud", "vm", since, "2026-11-10"], 40),
        (["Azure", "db", since, "2026-11-09"], 70),
        (["AWS", "disk", since, AS_OF], 20),
        (["Hetzner", "db", since, "2026-11-17"], 5),
    ];
    let engine = engine(&all, Config::default().settle);
    // Azure has no vm: Google Cloud's 10th is settled.
    let vm = told(&engine, "service:vm");
    assert_eq!((vm.settled_through, vm.first()), (Some(day("2026-11-20")), day("2026-11-11")));
    let words = vm.words();
    assert!(words.ends_with("; Google Cloud's days after 2026-11-10 have not come: foretold"), "{words}");
    // Nor does Hetzner hold up AWS, who is three days on.
    let disk = told(&engine, "service:disk");
    assert_eq!((disk.settled_through, disk.first(), disk.late.len()), (Some(day("2026-11-20")), day("2026-11-21"), 0));
    // Of both all is as it was.
    let db = told(&engine, "service:db");
    assert_eq!((db.settled_through, db.first()), (Some(day("2026-11-17")), day("2026-11-10")));
}

#[test]
fn what_was_charged_once_and_weeks_ago_is_foretold_on_no_day() {
    let fly = |first: &'static str, last: &'static str| (["Fly", "machines", first, last], 700);
    let aws = (["AWS", "vm", "2026-05-01", AS_OF], 100);
    for (first, last, is_foretold) in [
        ("2026-10-02", "2026-10-02", false),
        ("2026-10-28", "2026-11-02", false),
        ("2026-11-16", "2026-11-16", false),
        // It came lately, or for longer than it has been silent.
        ("2026-11-19", "2026-11-19", true),
        ("2026-08-01", "2026-11-02", true),
    ] {
        let engine = engine(&[aws, fly(first, last)], Config::default().settle);
        let days = Period { from: day("2026-11-23"), to: day("2026-12-01") };
        let ahead = |told: &Foretold| told.sum(days);
        // All together are foretold as what their parts are.
        let (all, aws) = (told(&engine, ""), told(&engine, "provider:aws"));
        let (more, without) = (ahead(&all).expect("all").mid, ahead(&aws).expect("aws").mid);
        // One day among those of others is a burst.
        let is_more = is_foretold && first != last;
        assert_eq!(more > 1.01 * without, is_more, "{first} to {last}: {more} {without}");
        // Who is hardly later than the others, or delivers no more at all, is among them.
        let said = format!("; nothing of Fly is foretold: no charge of theirs after {last}");
        let is_apart = ("2026-10-09".."2026-11-16").contains(&last);
        assert_eq!(all.words().ends_with(&said), !is_foretold && is_apart, "{last}: {}", all.words());
        let told = told(&engine, "provider:fly");
        let ahead = ahead(&told);
        assert_eq!(
            ahead.is_some_and(|ahead| ahead.mid > 0.0),
            is_foretold,
            "{first} to {last}: {ahead:?}, {}",
            told.words()
        );
    }
}

#[test]
fn who_sends_an_invoice_a_month_alone_is_foretold_by_it() {
    let fees = ["2026-07-26", "2026-08-26", "2026-09-26", "2026-10-26"];
    let mut all = vec![(["AWS", "vm", "2026-05-01", AS_OF], 100)];
    all.extend(fees.map(|at| (["Vercel", "fee", at, at], 1_200)));
    let engine = engine(&all, Config::default().settle);
    let of = |filter: &str| told(&engine, filter).sum(day(AS_OF).month().period()).expect("November").mid;
    let last = 1_200.0 + f64::from(day("2026-10-26").0 % 5);
    assert_eq!(of("provider:vercel"), last);
    assert!((of("") - of("provider:aws") - last).abs() < 1e-6, "{} {}", of(""), of("provider:aws"));
}

#[test]
fn days_that_nobody_brought_are_no_days_without_cost() {
    let whole = (["AWS", "vm", "2026-03-01", AS_OF], 100);
    let parts = [(["AWS", "vm", "2026-03-01", "2026-06-30"], 100), (["AWS", "vm", "2026-08-01", AS_OF], 100)];
    let usual = || Config::default().settle;
    let ahead = Period { from: day("2026-11-23"), to: day("2027-02-20") };
    let (whole, part) = (engine(&[whole], usual()), engine(&parts, usual()));
    let [whole, told] = [told(&whole, ""), told(&part, "")];
    let (sure, sum) = (whole.sum(ahead).expect("sum"), told.sum(ahead).expect("sum"));
    assert!((sum.mid / sure.mid - 1.0).abs() < 0.02, "{sum:?} {sure:?}");
    assert!(sum.hi95 - sum.lo95 < 0.02 * sum.mid, "{sum:?} {sure:?}");
    let said = "no charge of AWS from 2026-07-01 to 2026-07-31 is known: import what is missing";
    assert!(told.words().ends_with(said), "{}", told.words());
    let year = Period { from: day("2026-01-01"), to: day("2027-01-01") };
    assert_eq!((told.left_open(year), told.left_open(day(AS_OF).month().period())), (vec![said.to_owned()], vec![]));
    // One that hardly is over.
    let late = [(["AWS", "vm", "2026-03-01", "2026-11-09"], 100), (["AWS", "vm", "2026-11-20", AS_OF], 100)];
    let words = self::told(&engine(&late, usual()), "").words();
    assert!(
        words.ends_with("no charge of AWS from 2026-11-10 to 2026-11-19 is known: import what is missing"),
        "{words}"
    );
    // Who was charged twice has none, and is not foretold on each day.
    let twice = ["2026-10-05", "2026-11-05"].map(|at| (["Akamai", "cdn", at, at], 320));
    let all = [&[(["AWS", "vm", "2026-03-01", AS_OF], 100)], &twice[..]].concat();
    let [all, alone] = ["", "provider:aws"].map(|filter| self::told(&engine(&all, usual()), filter));
    assert!(!all.words().contains("import what is missing"), "{}", all.words());
    let [all, alone] = [all, alone].map(|told| told.sum(ahead).expect("sum").mid);
    assert!(all < alone + 2_500.0, "{all} {alone}");
    // Who charges on some days of each week, or pauses often, has no holes.
    let weekends =
        (0..38).map(|week| day("2026-03-01").plus(7 * week)).map(|at| (at.to_string(), at.plus(4).to_string()));
    let weekends: Vec<(String, String)> = weekends.collect();
    let weekdays: Vec<Days<'_>> = weekends.iter().map(|(from, to)| (["AWS", "vm", from, to], 100)).collect();
    let paused: Vec<Days<'_>> =
        weekdays.iter().enumerate().filter(|(at, _)| at % 5 < 3).map(|(_, days)| *days).collect();
    for all in [weekdays, paused] {
        let told = self::told(&engine(&all, usual()), "");
        assert!(!told.words().contains("import what is missing"), "{}", told.words());
    }
}
