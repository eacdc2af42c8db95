//! Whole syncs of a scope with hours, resources and AWS's own opinion switched on, and what the engine then
//! answers, held against the bill that the server answers from.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use spendtop::config::Config;
use spendtop::domain::calendar::{DAY_SECONDS, Day, Granularity, HOUR_SECONDS, Period, format_timestamp};
use spendtop::domain::charge::Metric;
use spendtop::domain::dimension::Dimension;
use spendtop::domain::filter::Filter;
use spendtop::domain::lens::Lens;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::answer::{NoticeKind, QueryAnswer};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Engine, Query, Question, Sort};
use spendtop::provider::aws::feeds::RESOURCE_SERVICE;
use spendtop::provider::remote::{Costs, Unit};
use spendtop::store::Store;
use spendtop::sync::log;
use spendtop::sync::meter::Caps;
use spendtop::sync::state::Place;
use spendtop::sync::task::{Connection, Passed, Syncer, Vault, Which};
use tokio_util::sync::CancellationToken;

use super::server::{Asked, Reply, Server, error, fixture, good};
use super::{Bench, NOW, day};
use crate::support::{amount, check_sound};
use crate::sync::Here;

/// Days back, today among them, that AWS tells hours and resources of.
const RECENT: i32 = 14;
const STORAGE: &str = "Amazon Simple Storage Service";

/// What is charged for an hour: account, service, resource, cents. Tax is charged for the month's first hour and
/// told by no hour.
fn charges(start: i64) -> Vec<(&'static str, &'static str, &'static str, i64)> {
    let (day, hour) = (Day::of_seconds(start), start % DAY_SECONDS / HOUR_SECONDS);
    let mut charges = vec![
        ("111122223333", RESOURCE_SERVICE, "i-1", 100 + hour),
        ("111122223333", STORAGE, "", 7),
        ("444455556666", RESOURCE_SERVICE, "i-2", 50),
        ("444455556666", RESOURCE_SERVICE, "i-3", i64::from(day.number())),
    ];
    if day.number() == 1 && hour == 0 {
        charges.push(("111122223333", "Tax", "", 5_000));
    }
    charges
}

/// The hours that have charges by now.
fn hours(days: Period, now: i64) -> impl Iterator<Item = i64> {
    (days.from.seconds()..days.to.seconds().min(now - 2 * HOUR_SECONDS)).step_by(HOUR_SECONDS as usize)
}

/// Cents of some days.
fn cents(days: Period, now: i64, admits: impl Fn(&str, &str, &str) -> bool) -> i64 {
    let all = hours(days, now).flat_map(charges);
    all.filter(|(account, service, resource, _)| admits(account, service, resource)).map(|charge| charge.3).sum()
}

/// Cents by what they are grouped by, of a piece of time.
fn groups(asked: &Asked, start: i64, length: i64, now: i64) -> Value {
    let question = asked.json();
    let (by_hour, by_resource) = (question["Granularity"] == "HOURLY", asked.action.ends_with("Resources"));
    let mut sums: BTreeMap<[&str; 2], i64> = BTreeMap::new();
    for start in (start..(start + length).min(now - 2 * HOUR_SECONDS)).step_by(HOUR_SECONDS as usize) {
        for (account, service, resource, cents) in charges(start) {
            if !(by_hour && service == "Tax" || by_resource && service != RESOURCE_SERVICE) {
                *sums.entry([account, if by_resource { resource } else { service }]).or_default() += cents;
            }
        }
    }
    let group = |(keys, cents): (&[&str; 2], &i64)| {
        let told = json!({"Amount": format!("{}.{:02}", cents / 100, cents % 100), "Unit": "USD"});
        let metrics = ["NetUnblendedCost", "NetAmortizedCost", "UnblendedCost", "AmortizedCost"];
        json!({"Keys": keys, "Metrics": metrics.map(|metric| (metric, told.clone())).into_iter().collect::<BTreeMap<_, _>>()})
    };
    sums.iter().map(group).collect()
}

/// Answers as AWS does.
fn answer(asked: &Asked, now: i64) -> Reply {
    match asked.action.as_str() {
        "GetCostForecast" => return good(fixture("forecast")),
        "GetAnomalies" => return good(fixture("anomalies_2")),
        _ => {}
    }
    let question = asked.json();
    let at =
        |which: &str| question["TimePeriod"][which].as_str().and_then(|text| Day::parse(&text[..10])).expect("a day");
    let days = Period { from: at("Start"), to: at("End") };
    let by_hour = question["Granularity"] == "HOURLY";
    let recent = by_hour || asked.action.ends_with("Resources");
    if recent && days.from < Day::of_seconds(now).plus(1 - RECENT) {
        return error(400, "ValidationException", "start date is too old");
    }
    let length = if by_hour { HOUR_SECONDS } else { DAY_SECONDS };
    let text = |at: i64| if by_hour { format_timestamp(at) } else { Day::of_seconds(at).to_string() };
    let slice = |start: i64| {
        json!({
            "TimePeriod": {"Start": text(start), "End": text(start + length)},
            "Total": {}, "Estimated": false, "Groups": groups(asked, start, length, now),
        })
    };
    let until = if by_hour { days.to.seconds().min(now - 2 * HOUR_SECONDS) } else { days.to.seconds() };
    let slices: Vec<Value> = (days.from.seconds()..until).step_by(length as usize).map(slice).collect();
    good(json!({"ResultsByTime": slices}).to_string())
}

/// A scope that is synced, and an engine over what came.
struct Whole {
    syncer: Syncer,
    store: Arc<Store>,
    engine: LocalEngine,
    place: Place,
    time: Arc<AtomicI64>,
    server: Server,
    /// They live as long as the scope.
    _held: (tokio::runtime::Runtime, [tempfile::TempDir; 2]),
}

impl Whole {
    fn new(change: impl FnOnce(&mut spendtop::provider::aws::Settings)) -> Whole {
        Whole::over(change, answer)
    }

    fn over(
        change: impl FnOnce(&mut spendtop::provider::aws::Settings),
        answer: impl Fn(&Asked, i64) -> Reply + Send + Sync + 'static,
    ) -> Whole {
        let time = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&time);
        let server = Server::costs(move |asked| answer(asked, clock.load(Ordering::Relaxed)));
        let Bench { scope, call, _runtime, folder, .. } = Bench::new(&server.url, |settings| {
            (settings.tags, settings.months) = (Vec::new(), 1);
            settings.facets.clear();
            change(settings);
        });
        let connection = Connection {
            name: "aws.test".into(),
            every: None,
            months: 1,
            caps: Caps { requests_a_day: Some(200), ..Caps::default() },
            accept_partial: false,
            scopes: vec![Arc::new(scope) as Arc<dyn Costs>],
        };
        let (store, beside) = (Arc::new(Store::in_memory(&[])), tempfile::tempdir().expect("folder"));
        let place = Place::beside(beside.path());
        place.prepare().expect("folder");
        let vault = Arc::new(Here(Arc::clone(&store))) as Arc<dyn Vault>;
        let (connections, clock) = (Arc::new(vec![connection]), Arc::clone(&time));
        let syncer = Syncer::new(
            connections,
            vault,
            Some(place.clone()),
            Arc::new(move || clock.load(Ordering::Relaxed)),
            call.runtime.clone(),
            call.pace,
        );
        let engine = LocalEngine::new(Arc::clone(&store), Config::default().settle, false);
        Whole { syncer, store, engine, place, time, server, _held: (_runtime, [folder, beside]) }
    }

    fn pass(&self) -> Passed {
        self.syncer.pass(&Which::default(), &CancellationToken::new())
    }

    fn now(&self) -> i64 {
        self.time.load(Ordering::Relaxed)
    }

    fn today(&self) -> Day {
        Day::of_seconds(self.now())
    }

    /// The last days, today among them.
    fn last(&self, days: i32) -> Period {
        Period { from: self.today().plus(1 - days), to: self.today().plus(1) }
    }

    fn ask(&self, period: Period, by: &[Dimension], filter: &str, granularity: Option<Granularity>) -> QueryAnswer {
        let lens = Lens {
            period: PeriodSpec::Range(period),
            comparison: Comparison::None,
            filter: Filter::parse(filter, &[]).expect(filter),
            metric: Metric::Billed,
            by: by.to_vec(),
            ..Lens::default()
        };
        let question = Question::Query(Query { lens, granularity, sort: Sort::Key, limit: None });
        match self.engine.ask(&question, self.today(), &Cancel::default()).expect("answered") {
            Answer::Query(mut answers) => answers.remove(0),
            other => panic!("{other:?}"),
        }
    }
}

fn usd(cents: i64) -> Option<spendtop::domain::money::Amount> {
    Some(amount(&format!("{cents}e-2")))
}

fn rows(answer: &QueryAnswer) -> Vec<String> {
    let row = |row: &spendtop::engine::answer::QueryRow| {
        let key: Vec<String> = row.key.iter().map(|value| value.safe().into_string()).collect();
        format!("{} {}", key.join(" "), row.cost.expect("known"))
    };
    answer.rows.iter().map(row).collect()
}

/// The notices besides that today is not over.
fn said(answer: &QueryAnswer) -> Vec<String> {
    let notices = answer.notices.iter().filter(|notice| notice.kind != NoticeKind::NotIn);
    notices.map(|notice| format!("{} ({})", notice.text, notice.hint)).collect()
}

#[test]
fn hours_are_answered_within_14_days_and_change_no_total() {
    let whole = Whole::new(|settings| settings.hourly = true);
    assert_eq!(whole.pass().failed, 0, "{:?}", whole.syncer.state().scopes);
    check_sound(&whole.store);
    let (now, all) = (whole.now(), |_: &str, _: &str, _: &str| true);
    for days in [1, 3, 14, 22] {
        let total = usd(cents(whole.last(days), now, all));
        assert_eq!(whole.ask(whole.last(days), &[], "", None).total, total, "{days} days");
        assert_eq!(whole.ask(whole.last(days), &[], "", Some(Granularity::Day)).total, total, "{days} days");
    }
    // Each hour of the last days is that of the bill, the one under way and the one before not yet told.
    let by_hour = whole.ask(whole.last(2), &[Dimension::SubAccount], "", Some(Granularity::Hour));
    let want = hours(whole.last(2), now).flat_map(|start| {
        let of = |account: &str| usd(charges(start).iter().filter(|c| c.0 == account).map(|c| c.3).sum());
        ["111122223333", "444455556666"].map(|account| (Some(start), account.to_owned(), of(account)))
    });
    let mut got: Vec<_> = by_hour.rows.iter().map(|row| (row.start, row.key[0].raw().to_owned(), row.cost)).collect();
    got.sort();
    assert_eq!(got, want.collect::<Vec<_>>());
    assert_eq!(by_hour.left_out, None);
    // Further back nothing lies in an hour, and what is left out is what was charged then.
    let far = whole.ask(whole.last(22), &[], "", Some(Granularity::Hour));
    let (recent, older) = (whole.last(RECENT), Period { to: whole.today().plus(1 - RECENT), ..whole.last(22) });
    assert_eq!(far.total, usd(cents(recent, now, all)));
    assert_eq!(far.rows.iter().filter_map(|row| row.start).min(), Some(recent.from.seconds()));
    assert_eq!(far.left_out.and_then(|left| left.cost), usd(cents(older, now, all)));
    // By service too, and by what AWS does not tell beside hours all is left out.
    let storage = whole.ask(whole.last(3), &[], "service:*storage*", Some(Granularity::Hour));
    assert_eq!(storage.total, usd(cents(whole.last(3), now, |_, service, _| service == STORAGE)));
    let region = whole.ask(whole.last(3), &[Dimension::Region], "", Some(Granularity::Hour));
    assert!(region.rows.is_empty(), "{region:?}");
    assert_eq!(region.left_out.and_then(|left| left.cost), usd(cents(whole.last(3), now, all)));
}

#[test]
fn resources_are_answered_within_14_days_and_change_no_total() {
    let whole = Whole::new(|settings| settings.resources = true);
    assert_eq!(whole.pass().failed, 0, "{:?}", whole.syncer.state().scopes);
    check_sound(&whole.store);
    let (now, all) = (whole.now(), |_: &str, _: &str, _: &str| true);
    let by = [Dimension::Resource];
    for days in [1, 14, 22] {
        let answer = whole.ask(whole.last(days), &by, "", None);
        assert_eq!(answer.total, usd(cents(whole.last(days), now, all)), "{days} days");
        let recent = whole.last(days.min(RECENT));
        let of = |id: &'static str| cents(recent, now, move |_, _, resource| resource == id);
        let rest = cents(whole.last(days), now, all) - ["i-1", "i-2", "i-3"].map(of).iter().sum::<i64>();
        let mut want: Vec<String> =
            ["i-1", "i-2", "i-3"].map(|id| format!("{id} {}", usd(of(id)).expect("known"))).into();
        want.push(format!("(unknown) {}", usd(rest).expect("known")));
        let mut got = rows(&answer);
        got.sort();
        want.sort();
        assert_eq!(got, want, "{days} days");
        let unknown = format!("resource of {} USD unknown", usd(rest).expect("known").grouped(2));
        assert!(said(&answer).iter().any(|said| said.starts_with(&unknown)), "{:?}", said(&answer));
    }
    // Within what AWS tells nothing is unknown, and nothing is said.
    let filter = format!("service:\"{RESOURCE_SERVICE}\"");
    let machines = whole.ask(whole.last(7), &[Dimension::SubAccount, Dimension::Resource], &filter, None);
    let of = |id: &'static str| usd(cents(whole.last(7), now, move |_, _, resource| resource == id)).expect("known");
    let want = [("111122223333", "i-1"), ("444455556666", "i-2"), ("444455556666", "i-3")];
    assert_eq!(rows(&machines), want.map(|(account, id)| format!("{account} {id} {}", of(id))));
    assert_eq!(said(&machines), Vec::<String>::new());
    let one = whole.ask(whole.last(7), &[], "resource:i-2", None);
    assert_eq!(one.total, Some(of("i-2")));
    // Resources by the hour are told by nobody.
    assert!(whole.ask(whole.last(2), &by, "", Some(Granularity::Hour)).rows.is_empty());
}

#[test]
fn a_day_that_was_told_by_the_hour_stays_told_when_it_is_past_14_days() {
    let whole = Whole::new(|settings| (settings.hourly, settings.resources) = (true, true));
    for _ in 0..20 {
        assert_eq!(whole.pass().failed, 0, "{:?}", whole.syncer.state().scopes);
        whole.time.fetch_add(DAY_SECONDS, Ordering::Relaxed);
    }
    whole.time.fetch_sub(DAY_SECONDS, Ordering::Relaxed);
    check_sound(&whole.store);
    let (now, days, all) = (whole.now(), whole.last(30), |_: &str, _: &str, _: &str| true);
    let tax = cents(days, now, |_, service, _| service == "Tax");
    let by_hour = whole.ask(days, &[], "", Some(Granularity::Hour));
    assert_eq!(by_hour.total, usd(cents(days, now, all) - tax));
    assert_eq!(by_hour.left_out.and_then(|left| left.cost), usd(tax));
    assert_eq!(whole.ask(days, &[], "", None).total, usd(cents(days, now, all)));
    let filter = format!("service:\"{RESOURCE_SERVICE}\"");
    assert_eq!(said(&whole.ask(days, &[Dimension::Resource], &filter, None)), Vec::<String>::new());
}

#[test]
fn aws_own_opinion_comes_with_the_sync_and_is_kept() {
    let whole = Whole::new(|_| {});
    assert_eq!(whole.pass().failed, 0);
    let kept = whole.place.opinion("aws.test").expect("kept");
    assert_eq!((kept.by.as_str(), kept.asked_at), ("AWS", NOW));
    assert_eq!(kept.forecast.map(|told| told.what.days.len()), Some(2));
    assert_eq!(kept.anomalies.map(|told| told.what.found.len()), Some(1));
    let asked = whole.server.asked("GetCostForecast")[0].json();
    assert_eq!(asked["TimePeriod"], json!({"Start": "2026-11-22", "End": "2027-02-22"}));
    let asked = whole.server.asked("GetAnomalies")[0].json();
    assert_eq!(asked["DateInterval"], json!({"StartDate": "2026-10-23", "EndDate": "2026-11-22"}));
    let run = log::read(&whole.place, 100).into_iter().find(|run| run.what == log::OPINION).expect("in the log");
    assert_eq!((run.spent[&Unit::PaidRequests], run.trouble), (2, None));
    for _ in 0..2 {
        whole.time.fetch_add(8 * HOUR_SECONDS, Ordering::Relaxed);
        assert_eq!(whole.pass().failed, 0);
    }
    assert_eq!(whole.server.asked("GetCostForecast").len(), 2, "the second is the next day's");
    let without = Whole::new(|settings| settings.opinion = false);
    assert_eq!(without.pass().failed, 0);
    assert!(without.server.asked("GetCostForecast").is_empty() && without.place.opinions().is_empty());
}

#[test]
fn what_is_not_switched_on_at_aws_holds_nothing_else_up() {
    for (status, code) in
        [(400, "DataUnavailableException"), (400, "AccessDeniedException"), (400, "ValidationException")]
    {
        let refused = Arc::new(Mutex::new(true));
        let refuses = Arc::clone(&refused);
        let answers = move |asked: &Asked, now: i64| {
            let recent = asked.action.ends_with("Resources") || asked.body.contains("HOURLY");
            if recent && *refuses.lock().expect("lock") {
                error(status, code, "not switched on")
            } else {
                answer(asked, now)
            }
        };
        let switched_on =
            |settings: &mut spendtop::provider::aws::Settings| (settings.hourly, settings.resources) = (true, true);
        let whole = Whole::over(switched_on, answers);
        assert_eq!(whole.pass().failed, 0, "{code}");
        let now = whole.now();
        let month = Period { from: day("2026-10-01"), to: whole.today().plus(1) };
        let total = usd(cents(month, now, |_, _, _| true));
        assert_eq!(whole.ask(month, &[], "", None).total, total, "history came too");
        let standing = whole.syncer.state().scopes["aws.test"].clone();
        let left = standing.left.expect("said");
        assert!(left.contains("hourly") && left.contains("resources") && standing.trouble.is_none(), "{left}");
        // Once it is switched on, it comes: what was refused is asked for again the next day.
        *refused.lock().expect("lock") = false;
        whole.time.fetch_add(24 * HOUR_SECONDS, Ordering::Relaxed);
        assert_eq!(whole.pass().failed, 0);
        assert_eq!(whole.syncer.state().scopes["aws.test"].left, None);
        assert!(!whole.ask(whole.last(2), &[], "", Some(Granularity::Hour)).rows.is_empty());
    }
}

/// Answers of a day: an account by its services, and services by region, whose amounts AWS rounds each on its own.
fn rounded(asked: &Asked, eu: &str) -> Reply {
    if asked.action != "GetCostAndUsage" {
        return error(400, "DataUnavailableException", "too little history");
    }
    let question = asked.json();
    let groups = match question["GroupBy"][1]["Key"].as_str() {
        Some("REGION") => vec![
            ([STORAGE, "eu-west-1"], eu),
            ([STORAGE, "us-east-1"], "3.3333333333"),
            ([RESOURCE_SERVICE, "NoRegion"], "1.5"),
        ],
        _ => vec![(["111122223333", STORAGE], "6.6666666667"), (["111122223333", RESOURCE_SERVICE], "1.5")],
    };
    let group = |(keys, amount): &([&str; 2], &str)| {
        let told = json!({"Amount": amount, "Unit": "USD"});
        json!({"Keys": keys, "Metrics": {"UnblendedCost": told.clone(), "AmortizedCost": told}})
    };
    let groups: Vec<Value> = groups.iter().map(group).collect();
    let at =
        |which: &str| question["TimePeriod"][which].as_str().and_then(|text| Day::parse(&text[..10])).expect("a day");
    let slice = |day: Day| {
        let (start, end) = (day.to_string(), day.plus(1).to_string());
        json!({"TimePeriod": {"Start": start, "End": end}, "Total": {}, "Estimated": false, "Groups": groups})
    };
    let days = Period { from: at("Start"), to: at("End") };
    good(json!({"ResultsByTime": days.iter().map(slice).collect::<Vec<_>>()}).to_string())
}

#[test]
fn what_aws_rounds_is_not_called_unknown() {
    let facets = |settings: &mut spendtop::provider::aws::Settings| {
        settings.facets = [spendtop::provider::aws::Facet::ServiceRegion].into();
    };
    let whole = Whole::over(facets, |asked, _| rounded(asked, "3.3333333333"));
    assert_eq!(whole.pass().failed, 0);
    // Rows add up to the total that the charges have: the largest has what is left of it by rounding.
    let by_region = whole.ask(whole.last(3), &[Dimension::Region], "", None);
    assert_eq!(by_region.total, Some(amount("24.5000000001")));
    assert_eq!(rows(&by_region), [" 4.5", "eu-west-1 10.0000000002", "us-east-1 9.9999999999"]);
    assert_eq!(said(&by_region), Vec::<String>::new());
    let both = whole.ask(whole.last(3), &[Dimension::Service, Dimension::Region], "service:*storage*", None);
    assert_eq!(both.total, Some(amount("20.0000000001")));
    assert_eq!((both.rows.len(), said(&both)), (2, Vec::new()));
    let days = whole.ask(whole.last(3), &[Dimension::Region], "", Some(Granularity::Day));
    assert_eq!((days.total, days.rows.len()), (Some(amount("24.5000000001")), 9));
    for filter in ["region:us-east-1", "-region:us-east-1"] {
        assert_eq!(said(&whole.ask(whole.last(3), &[], filter, None)), Vec::<String>::new(), "{filter}");
    }
    // What is no rounding is told as ever.
    let whole = Whole::over(facets, |asked, _| rounded(asked, "3.3333331"));
    assert_eq!(whole.pass().failed, 0);
    let by_region = whole.ask(whole.last(3), &[Dimension::Region], "", None);
    assert_eq!(rows(&by_region).last().map(String::as_str), Some("(unknown) 0.0000007002"));
    assert_eq!(said(&by_region).len(), 1);
}

#[test]
fn an_answer_without_a_charge_takes_nothing_away_before_another_agrees() {
    let silent = Arc::new(Mutex::new(false));
    let is_silent = Arc::clone(&silent);
    let answers = move |asked: &Asked, now: i64| match answer(asked, now) {
        Reply::Json(200, headers, body) if asked.action == "GetCostAndUsage" && *is_silent.lock().expect("lock") => {
            let mut told: Value = serde_json::from_str(&body).expect("JSON");
            for slice in told["ResultsByTime"].as_array_mut().expect("slices") {
                slice["Groups"] = json!([]);
            }
            Reply::Json(200, headers, told.to_string())
        }
        reply => reply,
    };
    let whole = Whole::over(|settings| settings.opinion = false, answers);
    assert_eq!(whole.pass().failed, 0);
    let days = whole.last(22);
    let total = || whole.ask(days, &[], "", None).total;
    let stored = total();
    assert_eq!(stored, usd(cents(days, whole.now(), |_, _, _| true)));
    *silent.lock().expect("lock") = true;
    for _ in 0..2 {
        whole.time.fetch_add(8 * HOUR_SECONDS, Ordering::Relaxed);
        assert_eq!(whole.pass().failed, 0);
        assert_eq!(total(), stored, "it may not work");
    }
    let told = log::read(&whole.place, 10).into_iter().flat_map(|run| run.notes).collect::<Vec<_>>();
    assert!(told.iter().any(|note| note.starts_with("no cost at all was told of")), "{told:?}");
    let asked = whole.server.asked("GetCostAndUsage").len();
    assert_eq!(whole.pass().failed, 0);
    assert_eq!(whole.server.asked("GetCostAndUsage").len(), asked, "nothing is paid for on and on");
    *silent.lock().expect("lock") = false;
    whole.time.fetch_add(8 * HOUR_SECONDS, Ordering::Relaxed);
    assert_eq!(whole.pass().failed, 0);
    assert_eq!(total(), usd(cents(days, whole.now(), |_, _, _| true)), "it works again");
}
