//! What the engine of fixed answers says beside the Spend tab's chart.

use std::collections::BTreeMap;

use super::fake::{Fake, HOSTILE, Mood, as_of, cents, figure};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::engine::answer::{
    Driver, DriversAnswer, HourFigure, Key, Notice, NoticeKind, Presence, Reason, Severity, SpendDetails, TopResource,
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
