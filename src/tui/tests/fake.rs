//! An engine of fixed answers, and the app on top of it without terminal or threads.

mod running;
pub mod syncing;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analytics::attribute::Effects;
use crate::config::Config;
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::{Keeper, Lens, SavedLens};
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;
use crate::engine::answer::{
    BreakdownAnswer, BreakdownRow, Composition, Coverage, CurrencyDetail, DetailAnswer, Driver, DriversAnswer,
    ExplainAnswer, Explained, Figure, Freshness, LineItem, LineItems, Mover, Notice, NoticeKind, QueryAnswer, QueryRow,
    Series, Severity, Share, SpendAnswer, TagKeysAnswer, TagUse, TagsAnswer, UnitFigure, Value, ValuesAnswer,
};
use crate::engine::local::LocalEngine;
use crate::engine::pending;
use crate::engine::query::pieces;
use crate::engine::{Among, Answer, Cancel, Card, Command, Engine, Extent, Outcome, Page, Question, twin};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::tui::tab::breakdown::samples;
use crate::tui::tab::budgets;

pub use running::{Session, colours, options, poor};

/// What the engine says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Demo,
    Empty,
    Broken,
    Hostile,
}

pub struct Fake(pub Mood);

pub const HOSTILE: &str = "web\x1b]52;c;aGk=\x07\u{9b}2J\u{202e}lla\nnext\u{200b}\r";

pub fn as_of() -> Day {
    Day::from_ymd(2024, 11, 20).expect("date")
}

pub(super) fn cents(n: i64) -> Option<Amount> {
    Some(Amount::from_units(i128::from(n) * 10_000_000_000_000_000))
}

pub(super) fn figure(now: i64, before: i64) -> Figure {
    Figure { amount: cents(now), previous: cents(before) }
}

/// A cost that looks like one: weekly rhythm and slow growth.
fn wave(day: usize, scale: i64) -> i64 {
    let weekend = if matches!(day % 7, 1 | 2) { 70 } else { 100 };
    scale * (weekend + day as i64) + (day as i64 * 37 % 11) * 113
}

/// How far the providers' data goes.
fn freshness() -> Vec<Freshness> {
    [("AWS", 0), ("Microsoft", -1)]
        .map(|(provider, late)| Freshness {
            provider: provider.into(),
            last_day: as_of().plus(late),
            settled_through: as_of().plus(late - 2),
            taken_at: 0,
        })
        .to_vec()
}

impl Fake {
    pub(super) fn values(&self, dimension: &Dimension) -> Vec<&'static str> {
        if self.0 == Mood::Hostile {
            return vec![HOSTILE, "本番環境データベース", "cafe\u{301}"];
        }
        match dimension {
            Dimension::Provider => vec!["AWS", "Microsoft", "Google Cloud", "Datadog"],
            Dimension::SubAccount => vec!["111122223333", "444455556666", ""],
            Dimension::Service => vec!["Amazon EC2", "Amazon S3", "CloudWatch Logs", "NAT gateway"],
            Dimension::Region => vec!["us-east-1", "eu-west-1", ""],
            _ => vec!["i-0f3a91", "i-0a7c22", "vol-0b1d", ""],
        }
    }

    /// One more than the answers have, and what each costs.
    fn choices(&self, dimension: &Dimension, limit: usize) -> ValuesAnswer {
        let all: Vec<&str> = match dimension {
            Dimension::Tag(_) => vec!["web", "data"],
            Dimension::Region => self.values(dimension).into_iter().chain(["ap-south-1"]).collect(),
            other => self.values(other),
        };
        let value = |(at, value): (usize, &&str)| Value {
            value: (*value).into(),
            name: (*value == "111122223333").then(|| "prod-ml".into()),
            costs: vec![("USD".to_owned(), cents(1_820_411 / (at as i64 + 1)))],
        };
        let values = all.iter().enumerate().take(limit).map(value).collect();
        ValuesAnswer { dimension: dimension.clone(), values, total: all.len() as u64 }
    }

    fn spend(&self, lens: &Lens, currency: &str, scale: i64) -> SpendAnswer {
        let starts = pieces(lens.period.resolve(as_of()), lens.granularity);
        let by = lens.by.first().cloned().unwrap_or(Dimension::Provider);
        let values = self.values(&by);
        let series = values.iter().enumerate().map(|(i, value)| {
            let costs: Vec<_> =
                (0..starts.len()).map(|d| cents(wave(d, scale * 2000 / (i as i64 * 2 + 1) / 100))).collect();
            Series {
                key: Some((*value).into()),
                name: None,
                total: costs.iter().flatten().copied().reduce(|a, b| a + b),
                costs,
            }
        });
        let services = self.values(&Dimension::Service);
        let movers = services.iter().enumerate().map(|(i, service)| Mover {
            key: vec![(*service).into(), self.values(&Dimension::SubAccount)[i % 3].into()],
            names: BTreeMap::from([(1, Untrusted::from("prod-ml"))]),
            figure: figure(1_820_411 / (i as i64 + 1), if i % 2 == 0 { 1_589_367 / (i as i64 + 1) } else { 2_100_000 }),
            through: None,
        });
        let period = lens.period.resolve(as_of());
        let series: Vec<Series> = series.collect();
        let total = |at: usize| series.iter().filter_map(|s| s.costs[at]).reduce(|a, b| a + b);
        SpendAnswer {
            metric: lens.metric,
            currency: currency.into(),
            as_of: as_of(),
            period,
            previous_period: lens.comparison.against(period),
            total: figure(8_421_033, 7_937_021),
            month_to_date: figure(8_421_033, 7_937_021),
            yesterday: figure(321_409, 328_029),
            last_week: figure(2_387_012, 2_308_520),
            last_month: figure(11_733_102, 11_204_871),
            totals: (0..starts.len()).map(total).collect(),
            series,
            those_in_series: Vec::new(),
            previous_series: (0..starts.len()).map(|d| cents(wave(d, scale * 30))).collect(),
            starts,
            granularity: lens.granularity,
            movers: movers.collect(),
            movers_by: vec![Dimension::Service, Dimension::SubAccount],
            freshness: freshness(),
            settled_through: Some(as_of().plus(-3)),
            settled_days: 398,
            pending: Vec::new(),
            notices: vec![Notice {
                kind: NoticeKind::Refused,
                severity: Severity::Warning,
                text: "3 rows were refused".into(),
                hint: "spendtop imports show 4 lists them".into(),
            }],
            notes: vec![],
            unknown_rows: 0,
            rows: 1_000,
        }
    }

    fn breakdown(&self, lens: &Lens, currency: &str, pieces: Option<Granularity>) -> BreakdownAnswer {
        let by = lens.by.clone();
        let granularity = pieces.unwrap_or(Granularity::Day);
        let starts = crate::engine::query::pieces(lens.period.resolve(as_of()), granularity);
        let values = self.values(by.first().unwrap_or(&Dimension::Service));
        let names = |value: &str| match value {
            "111122223333" => BTreeMap::from([(0, Untrusted::from("prod-ml"))]),
            _ => BTreeMap::new(),
        };
        let rows: Vec<BreakdownRow> = values
            .iter()
            .enumerate()
            .map(|(i, value)| BreakdownRow {
                shared: None,
                through: None,
                key: vec![(*value).into()],
                names: names(value),
                figure: figure(1_820_411 / (i as i64 * 3 + 1), [1_589_367, 500_000, 260_058, 90_000][i % 4]),
                trend: (0..starts.len()).map(|d| cents(wave(d * (i + 1), 100))).collect(),
            })
            .collect();
        let period: Period = lens.period.resolve(as_of());
        BreakdownAnswer {
            freshness: freshness(),
            settled_through: pending::settled(&freshness(), as_of()),
            pending: None,
            previous_pending: None,
            notices: Vec::new(),
            metric: lens.metric,
            currency: currency.into(),
            period,
            previous_period: lens.comparison.against(period),
            by,
            total: Figure {
                amount: rows.iter().filter_map(|r| r.figure.amount).reduce(|a, b| a + b),
                previous: cents(2_439_425),
            },
            groups: rows.len() as u64,
            rows,
            unknown_rows: 0,
            starts,
            granularity,
        }
    }

    /// The second of the groups has mixed units.
    fn drivers(&self, lens: &Lens, currency: &str) -> DriversAnswer {
        let breakdown = self.breakdown(lens, currency, None);
        let unit = || UnitFigure { unit: "h".into(), quantity: figure(55_550, 48_500), price: figure(3_277, 3_277) };
        let drivers = breakdown.rows.into_iter().enumerate().map(|(i, row)| Driver {
            key: row.key,
            names: row.names,
            figure: row.figure,
            effects: row.figure.change().map(|change| Effects { quantity: change, ..Effects::default() }),
            unit: (i != 1).then(unit),
            new_skus: 0,
            gone_skus: 0,
            reason: None,
        });
        DriversAnswer {
            metric: lens.metric,
            currency: currency.into(),
            period: breakdown.period,
            previous_period: breakdown.previous_period,
            by: breakdown.by,
            groups: drivers.collect(),
        }
    }

    /// Hostile ones have a name from outside wherever there is one.
    fn tags(&self) -> TagsAnswer {
        let mut answer = samples::tags();
        if self.0 == Mood::Hostile {
            let team = &mut answer.keys[0];
            let named = [&mut team.key, &mut team.top[0].value, &mut team.untagged_by[0].value];
            let odd = team.misspelt.iter_mut().chain(&mut answer.misspelt_keys);
            let named = named.into_iter().chain(odd.flat_map(|odd| [&mut odd.value, &mut odd.meant]));
            named.for_each(|text| *text = HOSTILE.into());
        }
        answer
    }

    fn detail(&self, lens: &Lens) -> DetailAnswer {
        let share = |value: &str, cost: i64, of: f64| Share {
            value: value.into(),
            name: None,
            cost: cents(cost),
            share: Some(of),
        };
        let by = Dimension::Service;
        let values = self.values(&by).into_iter().enumerate();
        let values = values.map(|(i, value)| share(value, 400_000 / (i as i64 + 1), 0.4 / (i as f64 + 1.0))).collect();
        let breakdown = self.breakdown(lens, "USD", None);
        // The second of the rows has mixed units, as in [`Fake::drivers`].
        let mixed = lens.filter.to_string().contains("Microsoft");
        let currency = CurrencyDetail {
            metric: lens.metric,
            currency: "USD".into(),
            rows: 25,
            figure: breakdown.total,
            starts: breakdown.starts,
            trend: vec![],
            composition: vec![Composition { dimension: by, values, others: 3, others_cost: cents(9_000) }],
            tags: vec![TagUse {
                key: "team".into(),
                values: vec![share("ml", 810_000, 0.81)],
                others: 0,
                untagged: share("", 190_000, 0.19),
            }],
            driver: self.drivers(lens, "USD").groups.into_iter().nth(usize::from(mixed)),
            coverage: Coverage {
                usage: cents(1_000_000),
                pricing: vec![share("Standard", 610_000, 0.61), share("Committed", 390_000, 0.39)],
                commitments: vec![],
                unused: cents(1_200),
            },
        };
        DetailAnswer {
            period: breakdown.period,
            previous_period: breakdown.previous_period,
            currencies: vec![currency],
            notices: vec![],
        }
    }

    fn items(&self, page: Page) -> LineItems {
        LineItems {
            currency: "USD".into(),
            skip: page.skip as u64,
            items: (page.skip..(page.skip + page.limit).min(25)).map(|at| self.item(at)).collect(),
            total: 25,
        }
    }
}

impl Fake {
    /// Parts by the first dimension that the filter says nothing of.
    fn explain(&self, lens: &Lens, card: Card, (limit, skip): (usize, usize)) -> ExplainAnswer {
        let order = [Dimension::Service, Dimension::SubAccount, Dimension::Region, Dimension::Resource];
        let filter = lens.filter.to_string();
        let by = order.into_iter().find(|by| !filter.contains(&by.name())).unwrap_or(Dimension::Sku);
        let whole = Lens { by: vec![by], ..lens.clone() };
        let breakdown = self.breakdown(&whole, "USD", None);
        let rows = breakdown.rows.iter().map(|row| QueryRow {
            key: row.key.clone(),
            names: row.names.clone(),
            start: None,
            cost: row.figure.amount,
            previous: row.figure.previous,
            through: None,
            shared: None,
            unknown_rows: 0,
        });
        let parts = QueryAnswer {
            metric: lens.metric,
            currency: "USD".into(),
            period: breakdown.period,
            previous_period: breakdown.previous_period,
            by: breakdown.by,
            granularity: None,
            rows: rows.collect(),
            total: breakdown.total.amount,
            previous_total: breakdown.total.previous,
            groups: breakdown.groups,
            unknown_rows: 0,
            incomplete: false,
            previous_from: None,
            pending: None,
            previous_pending: None,
            notices: vec![],
            left_out: None,
        };
        let item = |at: usize| LineItem { columns: self.columns(at), ..self.item(at) };
        let none = self.0 == Mood::Empty;
        ExplainAnswer {
            card,
            period: breakdown.period,
            previous_period: breakdown.previous_period,
            same_days: false,
            figures: vec![Explained { currency: "USD".into(), figure: breakdown.total, hour: None }],
            definition: vec![
                "The sum of what the charges cost after all discounts.".into(),
                "Over the charges whose charge period starts in these days (UTC).".into(),
            ],
            parts: if none { vec![] } else { vec![parts] },
            items: vec![LineItems {
                currency: "USD".into(),
                skip: skip as u64,
                items: (skip..(skip + limit).min(250)).map(item).collect(),
                total: 250,
            }],
            freshness: self.spend(lens, "USD", 1).freshness,
            imports: vec!["import 3: november.csv".into()],
            command: twin::query(lens, None, as_of()),
        }
    }

    fn columns(&self, at: usize) -> Vec<(String, Untrusted)> {
        let resource = self.values(&Dimension::Resource)[0];
        [
            ("ServiceProviderName", "AWS"),
            ("ServiceName", "Amazon EC2"),
            ("RegionId", "us-east-1"),
            ("ChargeDescription", &format!("charge {at} of the bill")),
            ("ResourceId", resource),
        ]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .to_vec()
    }

    fn item(&self, at: usize) -> LineItem {
        LineItem {
            start: as_of().seconds(),
            end: as_of().plus(1).seconds(),
            columns: vec![
                ("ChargeDescription".into(), format!("charge {at} of the bill").into()),
                ("ResourceId".into(), self.values(&Dimension::Resource)[0].into()),
            ],
            quantities: vec![("EffectiveCost".into(), cents(9_000 - at as i64).unwrap_or_default())],
            currency: "USD".into(),
        }
    }
}

impl Engine for Fake {
    fn export(&self, scope: &crate::engine::export::Scope, _: &crate::engine::OpenFile<'_>, _: &Cancel) -> Result<u64> {
        panic!("no charges are here: {scope:?}");
    }

    fn ask(&self, question: &Question, _: Day, _: &Cancel) -> Result<Answer> {
        if self.0 == Mood::Broken {
            return Err(Error::store("cannot read the store").hint("spendtop store check says what is damaged"));
        }
        let none = self.0 == Mood::Empty;
        Ok(match question {
            Question::Spend(_) if none => Answer::Spend(vec![]),
            Question::Spend(lens) => Answer::Spend(vec![self.spend(lens, "USD", 100), self.spend(lens, "EUR", 7)]),
            Question::Breakdown { .. } if none => Answer::Breakdown(vec![]),
            Question::Breakdown { lens, pieces, .. } => {
                Answer::Breakdown(vec![self.breakdown(lens, "USD", *pieces), self.breakdown(lens, "EUR", *pieces)])
            }
            Question::SpendDetails { .. } => {
                Answer::SpendDetails(vec![self.details("USD", 100), self.details("EUR", 7)])
            }
            Question::Drivers { lens, among: Among::Groups(keys) } => {
                Answer::Drivers(["USD", "EUR"].map(|currency| self.moves(lens, currency, keys)).to_vec())
            }
            Question::Drivers { lens, .. } => Answer::Drivers(vec![self.drivers(lens, "USD")]),
            Question::Detail(lens) => Answer::Detail(self.detail(lens)),
            Question::LineItems { page, .. } => Answer::LineItems(vec![self.items(*page)]),
            Question::Query(query) => match self.explain(&query.lens, Card::Total, (0, 0)) {
                answer if query.limit.is_none() => Answer::Query(answer.parts),
                answer => panic!("a limit on {answer:?}"),
            },
            Question::Explain { lens, card, items } => Answer::Explain(self.explain(lens, *card, *items)),
            Question::Forecast(_) if none => Answer::Forecast(vec![]),
            Question::Forecast(lens) => {
                Answer::Forecast(vec![self.forecast(lens, "USD", 100), self.forecast(lens, "EUR", 7)])
            }
            Question::TagHygiene(_) if none => Answer::TagHygiene(vec![]),
            Question::TagHygiene(_) => Answer::TagHygiene(vec![self.tags()]),
            Question::Anomalies(query) => Answer::Anomalies(self.anomalies(query)),
            Question::Anomaly(id) => Answer::Anomaly(Box::new(self.anomaly(id))),
            Question::Lenses => Answer::Lenses(vec![]),
            Question::Budgets(asked) => {
                let odd = (self.0 == Mood::Hostile).then_some(HOSTILE);
                Answer::Budgets(Box::new(budgets::samples::told(asked, as_of(), (none, odd))))
            }
            Question::Values { dimension, limit, .. } => Answer::Values(self.choices(dimension, *limit)),
            Question::TagKeys(_) => Answer::TagKeys(TagKeysAnswer {
                configured: vec!["team".into(), "env".into()],
                seen: vec!["team".into(), "cost-center".into()],
            }),
            other => panic!("the app asked {other:?}"),
        })
    }

    fn command(&self, command: &Command) -> Result<Outcome> {
        panic!("nothing is made here: {command:?}");
    }

    fn extent(&self) -> Result<Extent> {
        let days = (self.0 != Mood::Empty).then(|| (as_of().plus(-400), as_of()));
        Ok(Extent { days, own: ["team", "env"].map(|key| Dimension::Tag(key.into())).to_vec(), ..Extent::default() })
    }
}

/// An empty store in memory, with a lens of the config.
pub fn keeper() -> LocalEngine {
    let lens = Lens { by: vec![Dimension::Region], ..Lens::default() };
    let configured = SavedLens { name: "on-call".into(), lens, keeper: Keeper::Config };
    let store = Arc::new(Store::in_memory(&[]));
    LocalEngine::new(store, Config::default().settle, false).with_lenses(vec![configured])
}
