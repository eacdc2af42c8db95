//! A cloud's own opinion: asked for once a day after the charges, kept, and never a run's undoing.

use std::sync::Arc;

use spendtop::domain::calendar::{DAY_SECONDS, Day, Period};
use spendtop::domain::text::Untrusted;
use spendtop::provider::remote::opinion::{Anomalies, Anomaly, Forecast, ForecastDay};
use spendtop::provider::remote::{Call, Fault, FaultKind, Opines, Opinion, Unit};
use spendtop::sync::log::{self, Run};
use spendtop::sync::meter::Caps;
use spendtop::sync::opinion::Kept;
use spendtop::sync::overview;
use spendtop::sync::state::Place;

use super::{Cloud, HOUR, World, day, steady};
use crate::support::amount;

impl Opines for Cloud {
    fn requests(&self) -> u64 {
        2
    }

    /// A page for the forecast, and one for each three anomalies. What is denied costs nothing.
    fn opinion(&self, call: &Call) -> Opinion {
        let told = self.opinion.lock().expect("opinion").clone().expect("an opinion");
        let forecast = told.forecast.and_then(|told| call.meter.take(Unit::PaidRequests, 1).map(|()| told));
        let anomalies = told.anomalies.and_then(|mut told| {
            let found = std::mem::take(&mut told.found);
            for (at, page) in found.chunks(3).enumerate() {
                match call.meter.take(Unit::PaidRequests, 1) {
                    Ok(()) => told.found.extend_from_slice(page),
                    Err(fault) if at == 0 => return Err(fault),
                    Err(_) => told.more = true,
                }
            }
            Ok(told)
        });
        Opinion { forecast, anomalies }
    }
}

fn opinion(anomalies: i64) -> Opinion {
    let days = Period { from: day("2026-10-21"), to: day("2026-11-21") };
    let ahead = (0..3).map(|n| ForecastDay {
        day: day("2026-11-30").plus(n),
        mean: amount("10.5"),
        low: Some(amount("9")),
        high: Some(amount("12")),
    });
    let anomaly = |n: i64| Anomaly {
        id: Untrusted::new(format!("a-{n}")),
        from: day("2026-11-18"),
        last: None,
        watched: Untrusted::new("AmazonEC2"),
        currency: "USD".into(),
        impact: amount(&format!("{n}30.004")),
        actual: None,
        expected: None,
        causes: Vec::new(),
    };
    Opinion {
        forecast: Ok(Forecast { currency: "USD".into(), interval: 80, days: ahead.collect() }),
        anomalies: Ok(Anomalies { days, found: (0..anomalies).map(anomaly).collect(), more: false }),
    }
}

/// A scope with an opinion, of which all charges have come, and a place to keep it.
struct Bench {
    cloud: Arc<Cloud>,
    world: World,
    place: Place,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new(cap: u64, opinion: Opinion) -> Bench {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        let cloud = Cloud::new("aws.prod", 10_000, &steady("2026-10-01", "2026-11-21"));
        let world = World::new(
            &[(&cloud, Caps { requests_a_day: Some(1_000), ..Caps::default() })],
            "2026-11-18",
            Some(place.clone()),
        );
        world.pass();
        *cloud.opinion.lock().expect("opinion") = Some(opinion);
        world.later(2 * DAY_SECONDS);
        let caps = Caps { requests_a_day: Some(cap), ..Caps::default() };
        let world = World::over(Arc::clone(&world.vault), &[(&cloud, caps)], world.now(), Some(place.clone()));
        Bench { cloud, world, place, _folder: folder }
    }

    fn kept(&self) -> Kept {
        self.place.opinion("aws.prod").expect("kept")
    }

    /// What the log says of opinions, oldest first.
    fn runs(&self) -> Vec<Run> {
        let runs = log::read(&self.place, usize::MAX).into_iter().filter(|run| run.what == log::OPINION);
        let mut runs: Vec<Run> = runs.collect();
        runs.reverse();
        runs
    }

    fn spent(&self) -> u64 {
        let state = self.world.syncer.state();
        state.spent["aws.prod"].on(Unit::PaidRequests, Day::of_seconds(self.world.now()))
    }
}

#[test]
fn an_opinion_is_asked_for_once_a_day_after_the_charges_and_kept() {
    let bench = Bench::new(100, opinion(2));
    let begin = bench.world.now();
    for _ in 0..6 {
        assert_eq!(bench.world.pass().failed, 0);
        bench.world.later(8 * HOUR);
    }
    let runs = bench.runs();
    assert_eq!(
        runs.iter().map(|run| Day::of_seconds(run.at).to_string()).collect::<Vec<_>>(),
        ["2026-11-20", "2026-11-21"]
    );
    assert_eq!(runs[0].spent[&Unit::PaidRequests], 2);
    assert_eq!(runs[0].notes, ["forecast of 3 days", "2 anomalies"]);
    let all = log::read(&bench.place, usize::MAX);
    let first = all.iter().filter(|run| run.at == begin).map(|run| run.what.as_str()).next();
    assert_eq!(first, Some(log::OPINION), "the last of its run");
    let kept = bench.kept();
    let anomalies = kept.anomalies.as_ref().expect("told");
    assert_eq!((anomalies.at, anomalies.what.found.len()), (begin + DAY_SECONDS, 2));
    assert_eq!(bench.place.opinions()["aws.prod"], kept);
    // It is told with its scope, and only while somebody wants it.
    let told = |bench: &Bench| {
        let (state, opinions) = (bench.world.syncer.state(), bench.place.opinions());
        let (live, now) = (bench.world.syncer.live(), bench.world.now());
        overview::of(bench.world.syncer.connections(), &state, &live, &opinions, Vec::new(), now)
            .scopes
            .remove(0)
            .opinion
    };
    assert_eq!(told(&bench), Some(kept));
    *bench.cloud.opinion.lock().expect("opinion") = None;
    assert_eq!(told(&bench), None);
}

#[test]
fn charges_go_before_an_opinion_where_the_cap_is_near() {
    let bench = Bench::new(6, opinion(30));
    bench.world.pass();
    let said = bench.runs();
    let trouble = said[0].trouble.as_ref().expect("said");
    assert_eq!((said.len(), trouble.kind), (1, FaultKind::Capped));
    assert!(trouble.hints[0].contains("`requests_per_day` in [aws.prod]"), "{trouble:?}");
    assert_eq!(bench.world.syncer.state().scopes["aws.prod"].trouble, None);
    for _ in 0..6 {
        bench.world.later(8 * HOUR);
        assert_eq!(bench.world.pass().failed, 0);
    }
    let capped: Vec<bool> = bench.runs().iter().map(|run| run.trouble.is_some()).collect();
    assert!(!capped.windows(2).any(|two| two == [true, true]), "it is said once: {capped:?}");
    // With room for some, it takes no more than leaves the cap not near.
    let bench = Bench::new(15, opinion(30));
    bench.world.pass();
    let kept = bench.kept().anomalies.expect("told").what;
    assert!(kept.more && !kept.found.is_empty() && kept.found.len() < 30, "{}", kept.found.len());
    assert!(bench.spent() <= 11, "{}", bench.spent());
}

#[test]
fn what_is_not_allowed_is_noted_once_and_fails_nothing() {
    let denied = Fault::new(FaultKind::Denied, "`ce:GetAnomalies`: no");
    let bench = Bench::new(100, Opinion { anomalies: Err(denied.clone()), ..opinion(1) });
    for _ in 0..4 {
        assert_eq!(bench.world.pass().failed, 0);
        bench.world.later(DAY_SECONDS);
    }
    let noted =
        |runs: &[Run]| runs.iter().flat_map(|run| &run.notes).filter(|note| note.contains("GetAnomalies")).count();
    assert_eq!((bench.runs().len(), noted(&bench.runs())), (4, 1));
    assert!(bench.kept().forecast.is_some() && bench.kept().anomalies.is_none());
    // Nothing at all is allowed, which costs nothing: the log stays as it is.
    *bench.cloud.opinion.lock().expect("opinion") =
        Some(Opinion { forecast: Err(denied.clone()), anomalies: Err(denied) });
    for _ in 0..3 {
        assert_eq!(bench.world.pass().failed, 0);
        bench.world.later(DAY_SECONDS);
    }
    assert_eq!(bench.runs().len(), 4);
    assert_eq!(bench.world.syncer.state().scopes["aws.prod"].trouble, None);
}

#[test]
fn what_fails_to_come_leaves_what_was_told_before() {
    let bench = Bench::new(100, opinion(1));
    bench.world.pass();
    let before = bench.kept();
    let late = Fault::new(FaultKind::Unavailable, "503");
    *bench.cloud.opinion.lock().expect("opinion") = Some(Opinion { forecast: Err(late), ..opinion(2) });
    bench.world.later(DAY_SECONDS);
    assert_eq!(bench.world.pass().failed, 0);
    let kept = bench.kept();
    assert_eq!((kept.forecast, kept.anomalies.map(|told| told.what.found.len())), (before.forecast, Some(2)));
    let trouble = bench.runs().pop().and_then(|run| run.trouble).expect("in the log");
    assert_eq!((trouble.kind, trouble.message.as_str()), (FaultKind::Unavailable, "503"));
    // Asked for once a day all the same, and what is damaged is asked for anew.
    bench.world.later(8 * HOUR);
    bench.world.pass();
    assert_eq!(bench.runs().len(), 2);
    let file = bench.place.folder().join("opinions/aws.prod.json");
    std::fs::write(file, "{\"version\":1").expect("damaged");
    bench.world.later(8 * HOUR);
    bench.world.pass();
    assert_eq!((bench.runs().len(), bench.kept().anomalies.is_some()), (3, true));
}
