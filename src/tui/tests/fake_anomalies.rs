//! What the engine of fixed answers says of anomalies.

use super::fake::{Fake, HOSTILE, Mood, as_of, cents};
use crate::analytics::attribute::Effects;
use crate::domain::anomaly::{
    Anomaly, AnomalyId, Contributor, Course, Finding, Happened, Kind, Reckoned, Saying, Severity, Spot, State, Word,
};
use crate::domain::calendar::Period;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::period::PeriodSpec;
use crate::engine::AnomalyQuery;
use crate::engine::anomalies::words;
use crate::engine::answer::{AnomaliesAnswer, AnomalyAnswer, DayOf, Driver, Figure, Listed, UnitFigure};

fn amount(n: i64) -> Amount {
    cents(n).unwrap_or_default()
}

fn spot(dimension: Dimension, value: &str, name: Option<&str>) -> Spot {
    Spot { dimension, value: value.into(), name: name.map(Into::into) }
}

/// A day of it costs so many cents, and was expected to cost so many.
fn anomaly(id: u64, place: Vec<Spot>, ago: i32, (expected, actual): (i64, i64), course: Course) -> Anomaly {
    let day = Reckoned {
        expected: amount(expected),
        lower: amount(expected * 8 / 10),
        upper: amount(expected * 12 / 10),
        actual: amount(actual),
    };
    let (start, days) = (as_of().plus(-ago), i64::from(ago.min(30)));
    let rises = actual > expected;
    let finding = Finding {
        place,
        kind: if rises { Kind::Step } else { Kind::Drop },
        unlike: Vec::new(),
        rises,
        severity: if actual - expected > 50_000 { Severity::High } else { Severity::Medium },
        start,
        start_hour: None,
        evening: None,
        hourly: false,
        found: start,
        last: start.plus(days as i32 - 1),
        unsettled: 0,
        day,
        peak: (start, day),
        impact: amount((actual - expected) * days),
        rate: amount(actual - expected),
        relabelled: false,
        course,
        contributors: Vec::new(),
        cancels: None,
    };
    let history = vec![Happened::Found { at: start.seconds(), late: false }];
    Anomaly { id: AnomalyId(id << 40), currency: "USD".into(), finding, said: None, history, held: None }
}

impl Fake {
    fn all_anomalies(&self) -> Vec<Anomaly> {
        if self.0 == Mood::Empty {
            return Vec::new();
        }
        let hostile = self.0 == Mood::Hostile;
        let name = |text: &'static str| if hostile { HOSTILE } else { text };
        let account = |id: &str, text: &'static str| spot(Dimension::SubAccount, id, Some(name(text)));
        let service = |text: &'static str| spot(Dimension::Service, name(text), None);
        let mut nat =
            anomaly(1, vec![service("NAT gateway"), account("1", "prod-ml")], 11, (31_000, 118_000), Course::Stays);
        nat.finding.start_hour = Some(nat.finding.start.seconds() + 14 * 3_600);
        let part = |spot: Spot, share: f64| Contributor { spot, share, moved: amount((87_000.0 * share) as i64) };
        nat.finding.contributors = vec![
            part(spot(Dimension::Region, "us-east-1", None), 1.0),
            part(spot(Dimension::Sku, "SKU-9", Some(name("NatGateway-Bytes"))), 0.97),
            part(spot(Dimension::Resource, "nat-0b1d", Some(name("ml-nat"))), 0.91),
            part(spot(Dimension::Tag("team".into()), "", None), 0.12),
        ];
        let mut logs = anomaly(
            2,
            vec![service("CloudWatch Logs"), account("2", "prod-core")],
            8,
            (54_000, 110_400),
            Course::Stays,
        );
        logs.say(Saying {
            word: Word::Acknowledged,
            who: name("on-call").into(),
            at: as_of().plus(-7).seconds(),
            note: "debug logs are off from tonight on".into(),
            like: None,
            moved: None,
        });
        let gone = anomaly(3, vec![account("3", "staging")], 5, (12_290, 110), Course::GoesOn);
        let over = anomaly(4, vec![spot(Dimension::Region, "eu-west-1", None)], 40, (8_000, 21_000), Course::Over);
        vec![nat, logs, gone, over]
    }

    pub(super) fn anomalies(&self, query: &AnomalyQuery) -> AnomaliesAnswer {
        let all: Vec<Listed> = self.all_anomalies().into_iter().map(|a| words::listed(a, as_of(), &[])).collect();
        let count = |state: State| (state, all.iter().filter(|l| l.state == state).count() as u64);
        let counts = State::ALL.map(count).to_vec();
        let wanted = |l: &Listed| query.states.is_empty() || query.states.contains(&l.state);
        AnomaliesAnswer {
            looked: None,
            as_of: as_of(),
            anomalies: all.into_iter().filter(wanted).collect(),
            counts,
            series: 214,
            unknown: 0,
            days: Some((as_of().plus(-400), as_of())),
            too_few: Vec::new(),
            days_needed: 28,
        }
    }

    pub(super) fn anomaly(&self, id: &str) -> AnomalyAnswer {
        let found = self.all_anomalies().into_iter().find(|a| a.id.to_string() == id).expect("one of ours");
        let listed = words::listed(found, as_of(), &[]);
        let finding = &listed.anomaly.finding;
        let (expected, actual) = (finding.day.expected, finding.day.actual);
        let day = |ago: i32| {
            let day = as_of().plus(-ago);
            let anomalous = day >= finding.start && day <= finding.last;
            let wave = |amount: Amount| amount.scale_by(90 + i64::from(ago * 7 % 20), 100);
            DayOf {
                day,
                cost: Some(wave(if anomalous { actual } else { expected })),
                band: Some([finding.day.lower, expected, finding.day.upper]),
                anomalous,
                unsettled: ago < 2,
            }
        };
        let days = (0..45).rev().map(day).collect();
        let held = |from: i32| Period { from: finding.start.plus(from), to: finding.start.plus(from + 7) };
        let figure = |now: i64, before: i64| Figure { amount: cents(now), previous: cents(before) };
        let driver = Driver {
            key: vec![],
            names: Default::default(),
            figure: Figure { amount: Some(actual), previous: Some(expected) },
            effects: Some(Effects { quantity: actual - expected, ..Effects::default() }),
            unit: Some(UnitFigure { unit: "GB".into(), quantity: figure(1_180, 310), price: figure(4, 4) }),
            new_skus: 0,
            gone_skus: 0,
            reason: None,
        };
        let lens = Lens {
            period: PeriodSpec::Range(held(0)),
            filter: crate::domain::anomaly::filter_of(&finding.place),
            by: vec![Dimension::Resource],
            ..Lens::default()
        };
        let summary = words::summary(&listed, Some((&driver, "7 days")), None);
        AnomalyAnswer { days, held: (held(0), held(-7)), hours: None, driver: Some(driver), lens, summary, listed }
    }
}
