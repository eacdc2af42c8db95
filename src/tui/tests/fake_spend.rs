//! What the engine of fixed answers says beside the Spend tab's chart.

use std::collections::BTreeMap;

use super::fake::{Fake, HOSTILE, Mood, as_of, cents, figure};
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::engine::answer::PieceAhead;
use crate::engine::answer::{
    Ahead, DayAhead, Driver, DriversAnswer, ForecastAnswer, HourFigure, Key, Notice, NoticeKind, Presence, Range,
    Reason, Severity, SpendDetails, TopResource,
};

impl Fake {
    pub(super) fn moves(&self, lens: &Lens, currency: &str, only: &[Key]) -> DriversAnswer {
        let group = |(i, key): (usize, &Key)| {
            let mut driver = Driver {
                key: key.clone(),
                names: BTreeMap::new(),
                figure: figure(118_000, 100_000),
                effects: Some(Default::default()),
                unit: None,
                new_skus: 0,
                gone_skus: 0,
                reason: Some(Reason {
                    sku: "SKU-1".into(),
                    name: Some(if self.0 == Mood::Hostile { HOSTILE.into() } else { "p4d.24xlarge".into() }),
                    region: "us-east-1".into(),
                    figure: figure(2_000, 1_000),
                    presence: if i == 2 { Presence::New } else { Presence::Both },
                }),
            };
            if let (Some(effects), Some(quantity), Some(price)) = (&mut driver.effects, cents(19_000), cents(-1_000)) {
                (effects.quantity, effects.price) = (quantity, price);
            }
            driver
        };
        let period = lens.period.resolve(as_of());
        DriversAnswer {
            metric: lens.metric,
            currency: currency.into(),
            period,
            previous_period: lens.comparison.against(period),
            by: lens.by.clone(),
            groups: only.iter().enumerate().map(group).collect(),
        }
    }

    pub(super) fn forecast(&self, lens: &Lens, currency: &str, scale: i64) -> ForecastAnswer {
        let amount = |value: i64| cents(scale * value).unwrap_or_default();
        let range = |mid: i64, margin: i64| Range {
            forecast: amount(mid),
            low_80: amount(mid - margin),
            high_80: amount(mid + margin),
            low_95: amount(mid - 2 * margin),
            high_95: amount(mid + 2 * margin),
        };
        let first = as_of().plus(-2);
        let day = |n: i32| DayAhead {
            day: first.plus(n),
            range: range(4_200 + i64::from(n % 7) * 150, 300 + i64::from(n) * 9),
        };
        let ahead = |period: Period, mid, margin| Ahead {
            previous_lacks: None,
            period,
            range: range(mid, margin),
            settled: amount(mid / 2),
            put_back: Default::default(),
            previous: cents(scale * 107_832),
        };
        let piece = |from: Day, to: Day, mid: i64| PieceAhead {
            period: Period { from, to },
            range: range(mid, mid / 20),
            settled: Default::default(),
        };
        ForecastAnswer {
            metric: lens.metric,
            currency: currency.into(),
            as_of: as_of(),
            settled_through: Some(first.plus(-1)),
            month: Some(ahead(as_of().month().period(), 118_400, 4_100)),
            next_90_days: Some(ahead(Period { from: as_of().plus(1), to: as_of().plus(91) }, 360_000, 21_000)),
            days: (0..93).map(day).collect(),
            weeks: (0..12).map(|n| piece(Day(as_of().0 - 2 + 7 * n), Day(as_of().0 + 5 + 7 * n), 30_000)).collect(),
            months: (0..3)
                .map(|n| as_of().month().plus(n).period())
                .map(|month| piece(month.from, month.to, 118_400))
                .collect(),
            words: "theta, \u{b1}9 % on the last 3 months".into(),
            odd: None,
            few_days: None,
            model: None,
            aside: vec![],
        }
    }

    pub(super) fn details(&self, currency: &str, scale: i64) -> SpendDetails {
        let ids = self.values(&Dimension::Resource);
        let resource = |(i, id): (usize, &&'static str)| TopResource {
            id: (*id).into(),
            name: (i == 1).then(|| "prod-api".into()),
            service: self.values(&Dimension::Service)[i % 3].into(),
            figure: figure(scale * 9_102 / (i as i64 + 1), scale * 8_000 / (i as i64 + 1)),
        };
        let hour = HourFigure { start: as_of().seconds() - 3_600, figure: figure(scale * 134, scale * 121) };
        SpendDetails {
            anomalies: Vec::new(),
            metric: crate::domain::charge::Metric::Effective,
            currency: currency.into(),
            hour: Some(hour),
            resources: ids.iter().filter(|id| !id.is_empty()).enumerate().map(resource).collect(),
            resources_total: 1_204,
            without_resource: cents(scale * 1_010),
            notices: vec![Notice {
                kind: NoticeKind::Untagged,
                severity: Severity::Info,
                text: "no tag `team`: 12.4 % of cost".into(),
                hint: "`spendtop query --by service --where 'tag:team=\"\"'` says where".into(),
            }],
        }
    }
}
