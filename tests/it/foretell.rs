//! Forecasts of a store's charges: what is fitted, what stays out of the fit and is put back, and how it adds up.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use spendtop::analytics::budget as burn;
use spendtop::analytics::forecast::{Band, Series, State, contest};
use spendtop::cli::fill_with_demo_days;
use spendtop::config::Config;
use spendtop::domain::budget::{Budget, Cycle};
use spendtop::domain::calendar::{Day, Granularity, Month, Period};
use spendtop::domain::charge::Metric;
use spendtop::domain::filter::Filter;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::engine::answer::ForecastAnswer;
use spendtop::engine::budgets::{BudgetCommand, Was, standings};
use spendtop::engine::foretell::{Aside, Foretold, foretell};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Card, Command, Engine, Question};
use spendtop::error::Kind;
use spendtop::report::{self, Format, Style};
use spendtop::store::Store;

use crate::support::{import, memory, rounds, tag_keys, write};

const USD: (Metric, &str) = (Metric::Billed, "USD");

fn day(text: &str) -> Day {
    Day::parse(text).expect("day")
}

/// What a day of use costs: weekends cost less.
fn usage(at: Day) -> i64 {
    let wave = i64::from(at.0 * 37 % 11);
    if at.0.rem_euclid(7) < 2 { 60 + wave } else { 100 + wave }
}

struct Bill(String);

impl Bill {
    fn new() -> Bill {
        let head = "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,ResourceId";
        Bill(format!("{head},ChargeCategory\n"))
    }

    fn add(&mut self, category: &str, days: Period, cost: i64) {
        let Period { from, to } = days;
        writeln!(self.0, "{cost},USD,{from}T00:00:00Z,{to}T00:00:00Z,AWS,S,r-1,{category}").expect("text");
    }

    /// A day's use of another provider.
    fn other(&mut self, provider: &str, at: Day, cost: i64) {
        let to = at.plus(1);
        writeln!(self.0, "{cost},USD,{at}T00:00:00Z,{to}T00:00:00Z,{provider},T,r-2,Usage").expect("text");
    }

    fn engine(self) -> LocalEngine {
        let folder = tempfile::tempdir().expect("folder");
        let file = write(folder.path(), "bill.csv", self.0);
        let store = memory();
        import(&store, &file).expect("import");
        LocalEngine::new(Arc::new(store), Config::default().settle, false)
    }
}

fn one(at: Day) -> Period {
    Period { from: at, to: at.plus(1) }
}

/// Use of every day from 2026-06-01 to 2026-11-22, with a fee, taxes, a credit and a purchase.
fn company() -> &'static LocalEngine {
    static COMPANY: OnceLock<LocalEngine> = OnceLock::new();
    COMPANY.get_or_init(|| {
        let mut bill = Bill::new();
        for at in (Period { from: day("2026-06-01"), to: day("2026-11-23") }).iter() {
            bill.add("Usage", one(at), usage(at));
        }
        for month in 6..=10 {
            let month = Month::new(2026, month);
            bill.add("Tax", month.period(), 500 + i64::from(month.number()));
            bill.add("Usage", month.period(), 70);
            bill.add("Purchase", one(month.first().plus(24)), 40);
        }
        bill.add("Usage", Month::new(2026, 11).period(), 70);
        bill.add("Purchase", one(day("2026-10-14")), 9_000);
        bill.add("Credit", one(day("2026-11-22")), -30);
        bill.engine()
    })
}

fn ask(engine: &LocalEngine, filter: &str, as_of: &str) -> Arc<Foretold> {
    let filter = Filter::parse(filter, &[]).expect("filter");
    foretell(engine, &filter, USD, day(as_of), 90, &Cancel::default()).expect("forecast")
}

fn near(a: Band, b: Band) -> bool {
    [(a.mid, b.mid), (a.lo80, b.lo80), (a.hi80, b.hi80), (a.lo95, b.lo95), (a.hi95, b.hi95)]
        .into_iter()
        .all(|(a, b)| (a - b).abs() < 1e-6)
}

#[test]
fn use_is_fitted_and_all_else_is_put_back_as_known_amounts() {
    let as_of = day("2026-11-22");
    let told = ask(company(), "", "2026-11-22");
    let settled = told.settled_through.expect("settled");
    assert!(settled < as_of && as_of.0 - settled.0 <= 5, "{settled}");
    // The oracle: the days of use alone, by hand.
    let first = day("2026-06-01");
    let days = Period { from: first, to: settled.plus(1) };
    let series = Series { first, values: days.iter().map(|at| Some(usage(at) as f64)).collect() };
    let horizon = 90 + usize::try_from(as_of.0 - settled.0).expect("days");
    let forecast = contest(&series, horizon);
    assert_eq!((told.first(), told.words()), (settled.plus(1), forecast.words()));
    assert!(told.end() >= as_of.plus(91));
    // November: what is settled of it with its fee; the day's credit; the purchase of the 25th, and October's tax again.
    let november = Month::new(2026, 11).period();
    let came: i64 = days.iter().filter(|at| november.contains(*at)).map(usage).sum();
    assert_eq!(told.came(november), Amount::whole(came + 70));
    assert_eq!(told.put_back(november), Amount::whole(-30 + 40 + 510));
    let tax = told.put_back_of(Aside::Tax, november);
    assert_eq!((tax.came, tax.expected), (Amount::ZERO, Amount::whole(510)));
    let ahead = forecast.sum(Period { from: told.first(), ..november }).expect("sum");
    let sum = told.sum(november).expect("sum");
    // A day that is not settled costs no less than what has come of it.
    let open = forecast.days.iter().zip((Period { from: told.first(), to: day("2026-11-23") }).iter());
    let more: f64 = open.map(|(band, at)| (usage(at) as f64 - band.mid).max(0.0)).sum();
    assert!(near(sum, ahead.plus((came + 70 - 30 + 40 + 510) as f64 + more)), "{sum:?}");
    assert!(sum.lo95 < sum.lo80 && sum.lo80 < sum.mid && sum.mid < sum.hi80 && sum.hi80 < sum.hi95, "{sum:?}");
    // December: the purchase that came once is not expected again.
    let december = Month::new(2026, 12).period();
    assert_eq!(told.put_back(december), Amount::whole(40 + 510 + 70));
    // A day of its own.
    let at = day("2026-11-25");
    let place = usize::try_from(at.0 - told.first().0).expect("place");
    assert!(near(told.day(at).expect("day"), forecast.days[place].plus(40.0)));
    assert_eq!(told.day(settled), None);
}

#[test]
fn a_period_that_is_settled_is_what_it_came_to_and_one_too_far_is_not_told() {
    let told = ask(company(), "", "2026-11-22");
    let october = Month::new(2026, 10).period();
    let came: i64 = october.iter().map(usage).sum::<i64>() + 510 + 70 + 40 + 9_000;
    assert_eq!(told.sum(october), Some(Band::exactly(came as f64)));
    assert_eq!(told.sum(Period { from: october.from, to: told.end().plus(1) }), None);
    assert_eq!(told.sum(Period { from: october.to, to: october.from }), None);
    let long = foretell(company(), &Filter::default(), USD, day("2026-11-22"), 200, &Cancel::default()).expect("long");
    assert!(long.sum(Period { from: october.from, to: told.end().plus(1) }).is_some());
}

#[test]
fn scans_and_rollups_foretell_alike() {
    let (rolled, scanned) = (ask(company(), "", "2026-11-20"), ask(company(), "resource:r-1", "2026-11-20"));
    let days = Period { from: day("2026-11-01"), to: day("2027-02-01") };
    let (rolled, scanned) = (rolled.sum(days).expect("sum"), scanned.sum(days).expect("sum"));
    assert!(near(rolled, scanned), "{rolled:?} {scanned:?}");
}

#[test]
fn what_cannot_be_foretold_says_why() {
    // So long after the last charge nothing is known of today.
    let stale = ask(company(), "", "2027-03-01");
    assert!(stale.is_stale && stale.sum(Month::new(2027, 3).period()).is_none());
    assert_eq!(stale.words(), "nothing is foretold: the last settled day is 2026-11-22");
    // A filter that admits nothing.
    let zero = ask(company(), "service:none", "2026-11-22");
    assert_eq!(zero.state(), State::Zero);
    assert_eq!(zero.sum(Month::new(2026, 12).period()), Some(Band::exactly(0.0)));
    // Tax alone: nothing goes on by itself, and what comes every month does.
    let tax = ask(company(), "charge_category:tax", "2026-11-22");
    assert_eq!((tax.state(), tax.put_back(Month::new(2026, 12).period())), (State::Zero, Amount::whole(510)));
    // Before there was any charge.
    let early = ask(company(), "", "2026-05-01");
    assert!(
        early.is_stale
            && early.settled_through.is_none()
            && early.words() == "nothing is foretold: no day is settled yet"
    );
    let young = ask(company(), "", "2026-06-20");
    assert!(matches!(young.state(), State::Short { .. }), "{:?}", young.state());
    assert!(young.model().is_none() && young.sum(Month::new(2026, 6).period()).is_some());
    let cancel = Cancel::default();
    cancel.cancel();
    let gone = foretell(company(), &Filter::default(), USD, day("2026-11-03"), 90, &cancel).expect_err("given up");
    assert_eq!(gone.kind, Kind::Interrupted);
}

#[test]
fn the_demo_is_foretold_in_each_currency_and_what_has_come_is_exact() {
    let as_of = day("2026-11-21");
    let store = Store::in_memory(&tag_keys());
    fill_with_demo_days(&store, 1, as_of, 110).expect("demo");
    let engine = LocalEngine::new(Arc::new(store), Config::default().settle, true);
    for currency in engine.extent().expect("extent").currencies {
        let of = (Metric::Effective, currency.as_str());
        let told = foretell(&engine, &Filter::default(), of, as_of, 90, &Cancel::default()).expect("forecast");
        assert!(told.model().is_some(), "{}", told.words());
        let measured = told.measured().expect("measured");
        assert!(measured.wape.is_some_and(|wape| wape < 0.25), "{measured:?}");
        let month = told.sum(Month::new(2026, 11).period()).expect("month");
        assert!(month.lo95 > told.came(Month::new(2026, 11).period()).to_f64(), "{month:?}");
        let again = foretell(&engine, &Filter::default(), of, as_of, 90, &Cancel::default()).expect("forecast");
        assert!(Arc::ptr_eq(&told, &again), "it is remembered");
    }
}

fn answers(engine: &LocalEngine, lens: &Lens, as_of: &str) -> Vec<ForecastAnswer> {
    match engine.ask(&Question::Forecast(lens.clone()), day(as_of), &Cancel::default()).expect("answer") {
        Answer::Forecast(answers) => answers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn days_before_the_bill_are_no_measure_of_those_to_come() {
    // The bill begins on June 1.
    for (as_of, is_known) in [("2026-06-29", false), ("2026-08-29", false), ("2026-09-10", true), ("2026-11-22", true)]
    {
        let answers = answers(company(), &Lens { metric: Metric::Billed, ..Lens::default() }, as_of);
        let next = answers[0].next_90_days.as_ref().expect("90 days");
        assert_eq!(next.previous.is_some(), is_known, "as of {as_of}");
    }
}

#[test]
fn the_answer_says_what_was_foretold_and_what_it_rests_on() {
    let told = ask(company(), "", "2026-11-22");
    let lens = Lens { metric: Metric::Billed, ..Lens::default() };
    let all = answers(company(), &lens, "2026-11-22");
    let [answer] = all.as_slice() else { panic!("{all:?}") };
    let month = answer.month.as_ref().expect("month");
    let november = Month::new(2026, 11).period();
    assert_eq!((month.period, month.settled), (november, told.came(november)));
    let sum = told.sum(november).expect("sum");
    assert!((month.range.forecast.to_f64() - sum.mid).abs() < 0.006, "{month:?}");
    assert!((month.range.margin().to_f64() - (sum.hi80 - sum.lo80) / 2.0).abs() < 0.011, "{month:?}");
    let october: i64 = Month::new(2026, 10).period().iter().map(usage).sum::<i64>() + 510 + 70 + 40 + 9_000;
    assert_eq!(month.previous, Some(Amount::whole(october)));
    assert_eq!(answer.days.first().map(|first| first.day), Some(told.first()));
    assert_eq!(answer.days.last().map(|last| last.day), Some(day("2027-02-20")));
    let next = answer.next_90_days.as_ref().expect("90 days");
    assert_eq!((next.period.days(), next.settled), (90, Amount::ZERO));
    let model = answer.model.as_ref().expect("model");
    assert!(answer.words.starts_with(&model.name) && answer.odd.is_none(), "{answer:?}");
    let tax = answer.aside.iter().find(|kind| kind.kind == Aside::Tax).expect("tax");
    assert_eq!(
        (tax.left_out, tax.month_came, tax.month_expected),
        (Amount::whole(2_540), Amount::ZERO, Amount::whole(510))
    );
    // The figure on the Spend tab is the same, and is explained by model, error, coverage and what is left out.
    let question = Question::Explain { lens: lens.clone(), card: Card::Forecast, items: (5, 0) };
    let Answer::Explain(explained) =
        company().ask(&question, day("2026-11-22"), &Cancel::default()).expect("explained")
    else {
        panic!("another answer");
    };
    assert_eq!(explained.figures[0].figure.amount, Some(month.range.forecast));
    let sentences = explained.definition.join("\n");
    for want in [&model.name, "Error of days over the last 91 days", "95 % one", "Left out of the fit: tax, 2,540.00"] {
        assert!(sentences.contains(want), "{want}: {sentences}");
    }
    assert!(explained.command.starts_with("spendtop forecast "), "{}", explained.command);
    // In every format.
    let set = |format| {
        let mut out = Vec::new();
        report::forecast(&all, Granularity::Day, Style { format, ..Style::default() }, &mut out).expect("set");
        String::from_utf8(out).expect("text")
    };
    let table = set(Format::Table);
    let forecast = month.range.forecast.grouped(2);
    for want in ["Forecast of billed cost as of 2026-11-22, USD", &forecast, "90 days to 2027-02-20", "\n2026-11-30 "] {
        assert!(table.contains(want), "{want}: {table}");
    }
    assert!(
        table.contains("left out of the fit: tax, 2,540.00; put back this month as in the months before: 510.00"),
        "{table}"
    );
    assert!(set(Format::Markdown).contains(&format!("| November | {forecast} |")), "{}", set(Format::Markdown));
    let csv = set(Format::Csv);
    assert!(csv.contains(&format!("\nmonth,2026-11-01,2026-12-01,USD,{},", month.range.forecast)), "{csv}");
    assert_eq!(csv.lines().count(), 3 + answer.days.len());
    let json: serde_json::Value = serde_json::from_str(&set(Format::Json)).expect("json");
    assert_eq!(json["month"]["forecast"], month.range.forecast.to_string());
    // Too old to say anything; and nothing at all.
    let stale = answers(company(), &lens, "2027-02-10");
    assert!(stale.iter().all(|answer| answer.month.is_none() && answer.days.is_empty()), "{stale:?}");
    let none = Lens { filter: Filter::parse("service:none", &[]).expect("filter"), ..lens };
    assert!(answers(company(), &none, "2026-11-22").is_empty());
}

/// What month ends were foretold on several days of them, against what came: the error as a share of what came.
fn error_of_month_ends(engine: &LocalEngine, filter: &str, last: Month) -> f64 {
    let filter = Filter::parse(filter, &[]).expect("filter");
    let tell = |as_of: Day| {
        let of = (Metric::Effective, "USD");
        foretell(engine, &filter, of, as_of, 90, &Cancel::default()).expect("forecast")
    };
    let known = tell(last.plus(1).first().plus(10));
    let (mut off, mut whole) = (0.0, 0.0);
    for month in (0..4).map(|ago| last.plus(-ago)) {
        let came = known.came(month.period()).to_f64();
        for number in [6, 13, 20] {
            let told = tell(month.first().plus(number)).sum(month.period()).expect("sum");
            (off, whole) = (off + (told.mid - came).abs(), whole + came.abs());
        }
    }
    off / whole
}

#[test]
fn month_ends_of_the_demo_are_foretold_within_12_percent() {
    let as_of = day("2026-11-21");
    for seed in 101..=100 + rounds("SPENDTOP_DEMO_SEEDS", 1) {
        let store = Store::in_memory(&tag_keys());
        fill_with_demo_days(&store, seed, as_of, 300).expect("demo");
        let engine = LocalEngine::new(Arc::new(store), Config::default().settle, true);
        for filter in ["", "charge_category:usage", "provider:aws"] {
            let error = error_of_month_ends(&engine, filter, Month::new(2026, 10));
            println!("seed {seed}, `{filter}`: {:.1} %", error * 100.0);
            assert!(error < 0.12, "seed {seed}, `{filter}`: {error}");
        }
    }
}

/// Use that costs 1.8 times as much in the last 12 of its days, and a provider that is silent for `silent` of them and
/// costs `cost` a day.
fn late(silent: i32, cost: i64) -> LocalEngine {
    let (mut bill, end) = (Bill::new(), day("2026-10-24"));
    for at in (Period { from: day("2026-01-01"), to: end }).iter() {
        bill.add("Usage", one(at), risen(at));
        if at < end.plus(-silent) {
            bill.other("LogCo", at, cost + i64::from(at.0 % 3));
        }
    }
    bill.engine()
}

fn risen(at: Day) -> i64 {
    usage(at) * 10 * if at < day("2026-10-12") { 10 } else { 18 } / 10
}

#[test]
fn a_provider_that_is_late_holds_up_no_other() {
    let october = Month::new(2026, 10).period();
    let aws: i64 = october.iter().map(risen).sum();
    for (silent, cost) in [(1, 3), (5, 3), (10, 3), (16, 3), (30, 3), (16, 300)] {
        let engine = late(silent, cost);
        let told = ask(&engine, "", "2026-10-24");
        let truth = (aws + october.iter().map(|at| cost + i64::from(at.0 % 3)).sum::<i64>()) as f64;
        let sum = told.sum(october).expect("sum");
        let off = (sum.mid / truth - 1.0).abs();
        assert!(off < 0.05, "silent for {silent} days at {cost}: {sum:?} of {truth}");
        let spent: i64 = (Period { to: day("2026-10-24"), ..october }).iter().map(risen).sum();
        assert!(sum.lo80 > spent as f64, "{sum:?} of {spent}");
        // What days add up to is the month, whoever is late.
        let first = told.first().max(october.from);
        let days = (Period { from: first, ..october }).iter().map(|at| told.day(at).expect("day").mid).sum::<f64>();
        let before = told.came(Period { to: first, ..october }).to_f64();
        assert!((days + before - sum.mid).abs() < 1e-6, "{days} {before} {sum:?}");
        // The words say whose days were foretold.
        let since = format!("; LogCo's days after {} have not come: foretold", day("2026-10-24").plus(-silent - 1));
        assert_eq!(told.words().contains(&since), silent > 5, "{}", told.words());
        assert!(told.settled_through >= Some(day("2026-10-18")), "{:?}", told.settled_through);
    }
    // Alone, it is late and nothing else.
    let alone = ask(&late(16, 3), "provider:LogCo", "2026-10-24");
    assert_eq!((alone.late.len(), alone.settled_through), (0, Some(day("2026-10-07"))));
}

#[test]
fn a_budget_is_told_to_break_whoever_is_late() {
    let engine = late(16, 3);
    let budget = Budget::plain("all", Amount::whole(40_000), "USD", Cycle::Month, day("2026-10-01"));
    let budget = Budget { metric: Metric::Billed, ..budget };
    let keep = BudgetCommand::Keep { budget: Box::new(budget), was: Was::New };
    engine.command(&Command::Budget(keep)).expect("kept");
    let standings = standings(&engine, day("2026-10-24"), &Cancel::default()).expect("standings");
    let [standing] = standings.as_slice() else { panic!("{standings:?}") };
    assert!(matches!(standing.state, burn::State::WillExceed { .. }), "{standing:?}");
    let end = standing.forecast.as_ref().expect("forecast");
    assert!(end.words.contains("LogCo's days after 2026-10-07 have not come"), "{}", end.words);
}

#[test]
fn a_budget_of_all_there_is_ends_where_the_forecast_of_it_does() {
    let budget = Budget::plain("all there is", Amount::whole(40_000), USD.1, Cycle::Month, day("2026-10-01"));
    let budget = Budget { metric: USD.0, ..budget };
    let keep = BudgetCommand::Keep { budget: Box::new(budget), was: Was::New };
    company().command(&Command::Budget(keep)).expect("kept");
    let standings = standings(company(), day("2026-11-22"), &Cancel::default()).expect("standings");
    let [standing] = standings.as_slice() else { panic!("{standings:?}") };
    let end = standing.forecast.as_ref().expect("forecast").end.mid.to_f64();
    let told = ask(company(), "", "2026-11-22").sum(Month::new(2026, 11).period()).expect("sum").mid;
    // October's tax is yet to come, dated the first.
    assert!((end - told).abs() < 0.02, "{end} is not {told}");
}
