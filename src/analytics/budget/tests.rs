//! Limits, states, thresholds and what if, by table and by property; knows no store.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::whatif::{Ground, otherwise, remarks};
use super::*;
use crate::domain::budget::{Cycle, Rollover};
use crate::domain::scenario::Change;

fn day(text: &str) -> Day {
    Day::parse(text).expect(text)
}

fn budget(amount: i64, every: Cycle, from: &str) -> Budget {
    Budget::plain("platform", Amount::whole(amount), "USD", every, day(from))
}

fn month(text: &str) -> Period {
    Cycle::Month.period_of(day(&format!("{text}-01"))).expect("a month")
}

/// So many days that cost so much each.
fn burn(days: i32, cost: i64) -> Burn {
    Burn { days: vec![Some(Amount::whole(cost)); days as usize], come: f64::from(days), is_final: false }
}

/// A path on which each day from `from` to the end of the month costs so much, give or take a share.
fn path(period: Period, from: Day, before: f64, cost: f64, give: f64) -> Vec<(Day, Band)> {
    let days = (Period { from, to: period.to }).iter();
    let band = |n: usize| {
        let (mid, off) = (before + cost * n as f64, give * cost * n as f64);
        Band { mid, lo80: mid - off, hi80: mid + off, lo95: mid - 2.0 * off, hi95: mid + 2.0 * off }
    };
    days.enumerate().map(|(at, day)| (day, band(at + 1))).collect()
}

fn state_of(limit: i64, burn: &Burn, path: &Path, as_of: &str) -> State {
    let budget = budget(limit, Cycle::Month, "2026-11-01");
    standing(&budget, (month("2026-11"), budget.amount), burn, path, day(as_of)).state
}

#[test]
fn a_limit_grows_from_period_to_period_exactly() {
    let budget = Budget { growth: "3".parse().expect("percent"), ..budget(10_000, Cycle::Month, "2026-01-01") };
    let spans = spans(&budget, day("2026-04-15"));
    let texts: Vec<String> = limits(&budget, &spans, &[]).iter().map(|limit| limit.total.to_string()).collect();
    assert_eq!(texts, ["10000", "10300", "10609", "10927.27"]);
    let far = Budget { growth: Percent::whole(100_000), ..budget };
    assert_eq!(base(&far, &far.every.span(far.from, 900).expect("a period")).units(), Amount::LIMIT);
}

#[test]
fn a_first_period_that_begins_late_has_the_share_of_its_days() {
    let limit = |every: Cycle, from: &str| {
        let budget = budget(3_000, every, from);
        base(&budget, &spans(&budget, day(from))[0]).to_string()
    };
    assert_eq!(limit(Cycle::Month, "2026-11-01"), "3000");
    assert_eq!(limit(Cycle::Month, "2026-11-16"), "1500");
    assert_eq!(limit(Cycle::Month, "2024-02-29"), "103.448275862068965517");
    assert_eq!(limit(Cycle::Quarter, "2026-12-31"), "32.608695652173913043");
    let once = Cycle::Days(Period { from: day("2026-11-16"), to: day("2026-11-18") });
    assert_eq!(limit(once, "2026-11-16"), "3000");
}

#[test]
fn what_goes_over_is_what_the_budget_says() {
    let spent = |cost: i64| Came::Settled(Amount::whole(cost));
    let came = [spent(80), spent(150), Came::Unknown, spent(-10)];
    for (rollover, want) in [
        (Rollover::None, [100, 100, 100, 100, 100]),
        (Rollover::Unspent, [100, 120, 100, 100, 210]),
        (Rollover::Balance, [100, 120, 70, 100, 210]),
    ] {
        let budget = Budget { rollover, ..budget(100, Cycle::Month, "2026-01-01") };
        let limits = limits(&budget, &spans(&budget, day("2026-05-03")), &came);
        let totals: Vec<Amount> = limits.iter().map(|limit| limit.total).collect();
        assert_eq!(totals, want.map(Amount::whole), "{rollover}");
    }
}

#[test]
fn of_a_period_that_is_open_only_what_is_sure_goes_over() {
    let came = |spent: i64, foretold: Option<(i64, i64)>| Came::Open {
        spent: Amount::whole(spent),
        foretold: foretold.map(|(mid, high)| (Amount::whole(mid), Amount::whole(high))),
    };
    for (came, unspent, balance) in [
        (came(20, Some((80, 90))), 110, 110),
        (came(20, Some((95, 105))), 100, 100),
        (came(20, Some((130, 150))), 100, 70),
        // Where nothing can be foretold, what has not come may use all up.
        (came(20, None), 100, 100),
        (came(120, None), 100, 80),
    ] {
        for (rollover, want) in [(Rollover::None, 100), (Rollover::Unspent, unspent), (Rollover::Balance, balance)] {
            let budget = Budget { rollover, ..budget(100, Cycle::Month, "2026-01-01") };
            let limits = limits(&budget, &spans(&budget, day("2026-02-03")), &[came]);
            assert_eq!(limits[1].total, Amount::whole(want), "{rollover} {came:?}");
        }
    }
}

#[test]
fn a_state_says_what_will_come_and_on_which_day() {
    let november = month("2026-11");
    let so_far = burn(20, 100);
    let ahead = |cost: f64, give: f64| path(november, day("2026-11-21"), 2_000.0, cost, give);
    let state = |limit: i64, path: &Path| state_of(limit, &so_far, path, "2026-11-21");
    assert_eq!(state(5_000, &ahead(100.0, 0.1)), State::OnTrack);
    assert_eq!(state(3_050, &ahead(100.0, 0.1)), State::AtRisk);
    assert_eq!(state(2_450, &ahead(100.0, 0.1)), State::WillExceed { on: day("2026-11-25") });
    assert_eq!(state(3_000, &ahead(100.0, 0.0)), State::OnTrack);
    assert_eq!(state(1_950, &ahead(100.0, 0.1)), State::Exceeded { on: day("2026-11-20") });
    assert_eq!(state(2_000, &ahead(0.0, 0.0)), State::OnTrack);
    // Without a forecast the calendar speaks: 100 a day make 3,000.
    assert_eq!([state(2_999, &[]), state(3_000, &[])], [State::AtRisk, State::OnTrack]);
}

#[test]
fn days_that_are_over_or_yet_to_come_have_states_of_their_own() {
    let whole = burn(30, 100);
    assert_eq!(state_of(3_000, &Burn { is_final: true, ..whole.clone() }, &[], "2026-12-04"), State::Kept);
    assert_eq!(state_of(2_950, &whole, &[], "2026-12-04"), State::Exceeded { on: day("2026-11-30") });
    assert_eq!(state_of(3_000, &burn(0, 0), &[], "2026-10-31"), State::NotBegun);
    // What is foretold of days yet to come may speak against them.
    let to_come = path(month("2026-11"), day("2026-11-01"), 0.0, 100.0, 0.1);
    let will = |limit: i64| state_of(limit, &Burn::default(), &to_come, "2026-10-20");
    assert_eq!(will(2_950), State::WillExceed { on: day("2026-11-30") });
    assert_eq!((will(3_100), will(4_000)), (State::AtRisk, State::NotBegun));
    assert_eq!(state_of(3_000, &Burn::default(), &[], "2026-11-05"), State::Unknown);
    // The month is over, but its last two days have not come.
    let early = burn(28, 100);
    let rest = path(month("2026-11"), day("2026-11-29"), 2_800.0, 100.0, 0.1);
    assert_eq!(state_of(2_950, &early, &rest, "2026-12-01"), State::WillExceed { on: day("2026-11-30") });
    assert_eq!(state_of(4_000, &early, &rest, "2026-12-01"), State::OnTrack);
}

#[test]
fn credits_take_back_what_was_exceeded() {
    let mut burn = burn(10, 100);
    burn.days.extend([Some(Amount::whole(-600)), Some(Amount::whole(50))]);
    assert_eq!(state_of(900, &burn, &[], "2026-11-13"), State::AtRisk);
    burn.days.push(Some(Amount::whole(700)));
    assert_eq!(state_of(900, &burn, &[], "2026-11-14"), State::Exceeded { on: day("2026-11-13") });
    let negative = Burn { days: vec![Some(Amount::whole(-5)); 3], ..Burn::default() };
    assert_eq!(state_of(900, &negative, &[], "2026-11-04"), State::OnTrack);
    assert_eq!(negative.spent(), Some(Amount::whole(-15)));
}

#[test]
fn pace_holds_spend_against_the_days_that_have_come() {
    let budget = budget(4_000, Cycle::Month, "2026-11-01");
    let mut burn = burn(15, 100);
    // Days that have not come whole are not behind.
    burn.days.extend([Some(Amount::whole(20)), None]);
    let standing = standing(&budget, (month("2026-11"), budget.amount), &burn, &[], day("2026-11-17"));
    assert_eq!(standing.spent, Some(Amount::whole(1_520)));
    assert_eq!(standing.pace, Some(Pace { spent: Some(0.38), days: 0.5 }));
    // Of two days half has come.
    burn.come = 16.0;
    let half = super::standing(&budget, (month("2026-11"), budget.amount), &burn, &[], day("2026-11-17"));
    assert_eq!(half.pace.map(|pace| pace.days), Some(16.0 / 30.0));
    let below = super::standing(&budget, (month("2026-11"), Amount::whole(-5)), &burn, &[], day("2026-11-17"));
    assert_eq!((below.pace.and_then(|p| p.spent), below.state), (None, State::Exceeded { on: day("2026-11-01") }));
}

#[test]
fn thresholds_say_on_which_day_they_are_reached() {
    let mut budget = budget(2_500, Cycle::Month, "2026-11-01");
    budget.thresholds.actual = [50, 80, 100].map(Percent::whole).to_vec();
    budget.thresholds.forecast = [60, 100, 150].map(Percent::whole).to_vec();
    let november = month("2026-11");
    let ahead = path(november, day("2026-11-21"), 2_000.0, 100.0, 0.1);
    let burn = burn(20, 100);
    let list = standing(&budget, (november, budget.amount), &burn, &ahead, day("2026-11-21")).thresholds;
    let on: Vec<Option<String>> = list.iter().map(|c| c.on.map(|day| day.to_string())).collect();
    let on: Vec<Option<&str>> = on.iter().map(Option::as_deref).collect();
    let days = [Some("2026-11-13"), Some("2026-11-20"), None, Some("2026-11-15"), Some("2026-11-25"), None];
    assert_eq!(on, days);
}

/// A hundred of usage a day.
const USAGE: [f64; 31] = [100.0; 31];

/// November as of the 22nd.
fn in_november<'a>(path: &'a Path, shares: &'a BTreeMap<String, f64>) -> Ground<'a> {
    Ground { path, usage: &USAGE, from: day("2026-11-01"), as_of: day("2026-11-22"), shares }
}

#[test]
fn what_does_not_count_as_it_seems_to_is_said() {
    let ahead = path(month("2026-11"), day("2026-11-21"), 2_000.0, 100.0, 0.1);
    let none = BTreeMap::new();
    let ground = in_november(&ahead, &none);
    let changes = [
        "growth +10%",
        "buy 5 on 2026-11-21",
        "buy 5 on 2026-11-22",
        "buy 5 on 2026-12-01",
        "price -5% from 2026-10-01",
        "growth +10%",
        "add 1 x 5 from 2027-01-01",
    ];
    let changes = changes.map(|line| line.parse().expect(line));
    let said = remarks(&ground, &changes);
    let said: Vec<&str> = said.iter().map(|remark| remark.as_deref().unwrap_or_default()).collect();
    let wanted = [
        "",
        "does not count: on 2026-11-21 it was bought or not, and is in what was spent",
        "",
        "does not count: the period ends on 2026-11-30",
        "counts from 2026-11-23 on: what came before stays as it is",
        "the same as change 1: both count",
        "does not count: the period ends on 2026-11-30",
    ];
    assert_eq!(said, wanted);
}

#[test]
fn a_period_to_come_has_what_is_bought_in_it_and_what_moves_before_it() {
    let (from, none) = (day("2026-12-01"), BTreeMap::new());
    let ahead = path(month("2026-12"), from, 0.0, 100.0, 0.1);
    let ground = Ground { path: &ahead, usage: &USAGE, from, as_of: day("2026-11-22"), shares: &none };
    let tomorrow = Ground { as_of: day("2026-11-30"), ..ground };
    let before = "does not count: the period begins on 2026-12-01";
    let monthly = "counts from 2026-11-23 on: what came before stays as it is";
    for (ground, line, adds, said) in [
        (&ground, "buy 500", Some(500.0), ""),
        (&ground, "buy 500 on 2026-12-01", Some(500.0), ""),
        (&ground, "buy 500 on 2026-11-25", Some(0.0), before),
        (&ground, "buy 500 on 2026-11-22", Some(0.0), before),
        (&ground, "buy 500 on 2026-10-02", Some(0.0), before),
        (&ground, "buy 500 on 2027-01-01", Some(0.0), "does not count: the period ends on 2026-12-31"),
        (&tomorrow, "buy 500", Some(500.0), ""),
        (&tomorrow, "buy 500 on 2026-11-30", Some(0.0), before),
        // All of the period has it, as it says.
        (&ground, "growth +10%", Some(310.0), ""),
        (&ground, "growth +10% from 2026-11-25", Some(310.0), ""),
        (&ground, "growth +10% from 2026-11-02", Some(310.0), ""),
        (&ground, "price -10% from 2026-10-02", Some(-310.0), ""),
        (&ground, "add 1 x 5 from 2026-10-02", Some(155.0), ""),
        // What grows each month begins to before the period does, and no earlier than it still can.
        (&ground, "growth +10% a month", None, ""),
        (&ground, "growth +10% a month from 2026-11-02", None, monthly),
    ] {
        let changes: [Change; 1] = [line.parse().expect(line)];
        let effect = otherwise(ground, &changes).effects[0];
        assert_eq!(remarks(ground, &changes)[0].as_deref().unwrap_or_default(), said, "{line}");
        match adds {
            Some(adds) => assert!((effect - adds).abs() < 1e-6, "{line}: {effect}"),
            None => assert!((180.0..260.0).contains(&effect), "{line}: {effect}"),
        }
    }
}

#[test]
fn a_certain_sum_moves_the_interval_and_growth_widens_it() {
    let ahead = path(month("2026-11"), day("2026-11-21"), 2_000.0, 100.0, 0.1);
    let none = BTreeMap::new();
    let ground = in_november(&ahead, &none);
    let end = |lines: &[&str]| {
        let changes: Vec<Change> = lines.iter().map(|line| line.parse().expect(line)).collect();
        otherwise(&ground, &changes).path.last().expect("a path").1
    };
    let today = ahead.last().expect("a path").1;
    let is = |one: Band, other: Band| {
        let each = |band: Band| [band.mid, band.lo80, band.hi80, band.lo95, band.hi95];
        assert!(each(one).iter().zip(each(other)).all(|(a, b)| (a - b).abs() < 1e-6), "{one:?} against {other:?}");
    };
    is(end(&["buy 50000 on 2026-11-25"]), today.plus(50_000.0));
    is(end(&["add 3 x 12.50 from 2026-11-26"]), today.plus(5.0 * 37.5));
    let (grown, both) = (end(&["growth +100%"]), end(&["growth +100%", "buy 5000 on 2026-11-25"]));
    assert!(grown.hi80 - grown.lo80 > 1.5 * (today.hi80 - today.lo80), "{grown:?}");
    is(both, grown.plus(5_000.0));
}

#[test]
fn changes_move_what_is_foretold_and_nothing_else() {
    let november = month("2026-11");
    let ahead = path(november, day("2026-11-21"), 2_000.0, 100.0, 0.1);
    let shares = BTreeMap::from([("EC2".to_owned(), 0.5)]);
    let ground = in_november(&ahead, &shares);
    let end = |lines: &[&str]| {
        let changes: Vec<Change> = lines.iter().map(|line| line.parse().expect(line)).collect();
        let otherwise = otherwise(&ground, &changes);
        let sum: f64 = otherwise.effects.iter().sum();
        let end = otherwise.path.last().expect("days").1;
        assert!((end.mid - 3_000.0 - sum).abs() < 1e-6, "{lines:?}");
        assert_eq!(otherwise.path[1], ahead[1], "what is behind stays");
        (end.mid * 100.0).round() / 100.0
    };
    assert_eq!(end(&["growth +10%"]), 3_080.0);
    assert_eq!(end(&["growth +10% of EC2"]), 3_040.0);
    assert_eq!(end(&["price -50% of EC2 from 2026-11-27"]), 2_900.0);
    assert_eq!(end(&["growth +10% of unknown"]), 3_000.0);
    assert_eq!(end(&["add 3 x 10 a day from 2026-11-29"]), 3_060.0);
    assert_eq!(end(&["buy 500 on 2026-11-02"]), 3_000.0, "it is in what was spent");
    assert_eq!(end(&["buy 500 on 2026-11-22"]), 3_500.0, "today may not have come yet");
    assert_eq!(end(&["buy 500", "buy 500"]), 4_000.0);
    assert_eq!(end(&["price -50%", "price -50%"]), 2_400.0, "one after the other");
    assert_eq!(end(&["buy 500 on 2026-12-02"]), 3_000.0);
    assert_eq!(end(&["growth +10%", "price +10%", "buy 5"]), 3_173.0);
    assert_eq!(end(&["growth -100%"]), 2_200.0);
    let monthly = end(&["growth +10% a month"]);
    assert!(monthly > 3_005.0 && monthly < 3_020.0, "{monthly}");
}

proptest! {
    #[test]
    fn a_balance_is_never_more_nor_less_than_all_that_was_allowed(amounts in prop::collection::vec(-5_000i64..5_000, 1..30), growth in -50i64..50) {
        let came: Vec<Came> = amounts.iter().map(|a| Came::Settled(Amount::whole(*a))).collect();
        let budget = Budget { rollover: Rollover::Balance, growth: Percent::whole(growth), ..budget(1_000, Cycle::Month, "2024-02-29") };
        let last = budget.every.span(budget.from, amounts.len()).expect("a period");
        let spans = spans(&budget, last.period.from);
        let limits = limits(&budget, &spans, &came);
        let allowed: Amount = spans.iter().map(|span| base(&budget, span)).sum();
        let so_far: Amount = amounts.iter().map(|a| Amount::whole(*a)).sum();
        let last = limits.last().expect("a limit");
        prop_assert_eq!(last.base + last.carried, allowed - so_far);
        prop_assert_eq!(last.total, (allowed - so_far).max(Amount::ZERO));
        let unspent = super::limits(&Budget { rollover: Rollover::Unspent, ..budget }, &spans, &came);
        prop_assert!(unspent.iter().all(|limit| limit.total >= limit.base));
    }

    #[test]
    fn exceeded_is_said_exactly_where_more_was_spent(days in prop::collection::vec(prop::option::of(-500i64..1_000), 0..30), limit in -1_000i64..10_000) {
        let costs: Vec<Option<Amount>> = days.iter().map(|d| d.map(Amount::whole)).collect();
        let burn = Burn { days: costs, come: 0.0, is_final: true };
        let state = state_of(limit, &burn, &[], "2026-12-05");
        let spent: i64 = days.iter().flatten().sum();
        let known = days.iter().any(Option::is_some);
        prop_assert_eq!(matches!(state, State::Exceeded { .. }), known && spent > limit, "{:?}", state);
        prop_assert_eq!(state == State::Unknown, !known);
    }

    #[test]
    fn a_larger_limit_is_never_worse(cost in 1i64..500, ahead in 0.0f64..500.0, limit in 1i64..20_000, more in 0i64..5_000) {
        let november = month("2026-11");
        let burn = burn(15, cost);
        let path = path(november, day("2026-11-16"), (cost * 15) as f64, ahead, 0.2);
        let rank = |limit: i64| state_of(limit, &burn, &path, "2026-11-16").rank();
        prop_assert!(rank(limit) <= rank(limit + more));
    }
}
