//! Answers [`crate::engine::Question::Anomalies`]: which there are.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{bill, looked_at, mark, records, refresh, silence, within, words};
use crate::domain::anomaly::{Anomaly, AnomalyId, Finding, Severity, Spot, State};
use crate::domain::calendar::{Day, Period};
use crate::domain::currency::{signed, written};
use crate::domain::dimension::Dimension;
use crate::domain::filter::Filter;
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::Cancel;
use crate::engine::answer::{AnomaliesAnswer, AnomalyMark, Listed, Notice, NoticeKind, Severity as Gravity};
use crate::engine::local::LocalEngine;
use crate::error::{Error, Result};

/// Which anomalies are asked for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AnomalyQuery {
    /// That are of charges which this admits.
    pub filter: Filter,
    /// Of these states; of all where it is empty.
    pub states: Vec<State>,
    /// That matter at least so much.
    pub severity: Severity,
    /// In this currency only.
    pub currency: Option<String>,
    /// In which order.
    pub sort: AnomalySort,
}

impl Default for AnomalyQuery {
    fn default() -> Self {
        AnomalyQuery {
            filter: Filter::default(),
            states: Vec::new(),
            severity: Severity::Low,
            currency: None,
            sort: AnomalySort::default(),
        }
    }
}

/// How anomalies are ordered. What nobody has to do anything about comes last in every order but by day.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalySort {
    /// The gravest first: of those that matter as much what costs before what saves, then the most money.
    #[default]
    Severity,
    /// The most money at stake first: in what saves there is none.
    Impact,
    /// The newest first.
    Since,
}

impl AnomalySort {
    /// All, in menu order.
    pub const ALL: [AnomalySort; 3] = [AnomalySort::Severity, AnomalySort::Impact, AnomalySort::Since];

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AnomalySort::Impact => "impact",
            AnomalySort::Severity => "severity",
            AnomalySort::Since => "since",
        }
    }
}

/// Answers which anomalies there are; looks for them first, where the store has changed since that was done.
///
/// # Errors
/// Kind `Store` where data cannot be read or the disk fails, `Interrupted` where it was given up.
pub fn answer(engine: &LocalEngine, query: &AnomalyQuery, as_of: Day, cancel: &Cancel) -> Result<AnomaliesAnswer> {
    refresh(engine, as_of, cancel)?;
    let journal = engine.store().journal();
    let (all, mark) = (records::kept(&journal), mark(&journal));
    drop(journal);
    let late = silence::late(engine, as_of);
    let all: Vec<Listed> = all
        .into_iter()
        .filter(|anomaly| anomaly.finding.start <= as_of)
        .map(|anomaly| words::listed(anomaly, as_of, &late))
        .collect();
    let is_in = |listed: &&Listed| query.currency.as_ref().is_none_or(|own| listed.anomaly.currency == *own);
    let about = admitted(engine, all.iter().filter(is_in).collect(), &query.filter, cancel)?;
    let count = |state: State| about.iter().filter(|listed| listed.state == state).count() as u64;
    let counts = State::ALL.map(|state| (state, count(state))).to_vec();
    let wanted = |listed: &&&Listed| {
        (query.states.is_empty() || query.states.contains(&listed.state))
            && listed.anomaly.finding.severity >= query.severity
    };
    let mut anomalies: Vec<Listed> = about.iter().filter(wanted).map(|listed| (*listed).clone()).collect();
    sort(&mut anomalies, query.sort);
    let mark = mark.as_ref();
    Ok(AnomaliesAnswer {
        as_of,
        looked: mark.map(|mark| mark.as_of).filter(|looked| *looked > looked_at(engine, as_of)),
        anomalies,
        counts,
        series: mark.map_or(0, |mark| mark.series),
        unknown: unknown(engine, cancel)?,
        days: engine.store().manifest().extent(),
        too_few: mark
            .into_iter()
            .flat_map(|mark| &mark.too_few)
            .map(|few| (few.currency.clone(), u64::from(few.days.unsigned_abs())))
            .collect(),
        days_needed: u64::from(bill::LEARN_DAYS.unsigned_abs()),
    })
}

/// Those that a filter is about.
fn admitted<'l>(
    engine: &LocalEngine,
    all: Vec<&'l Listed>,
    filter: &Filter,
    cancel: &Cancel,
) -> Result<Vec<&'l Listed>> {
    let within = within::of(engine, &all, &[filter], cancel)?;
    Ok(all.into_iter().zip(within.into_iter().flatten()).filter(|(_, is)| *is).map(|(listed, _)| listed).collect())
}

/// Charges of which no effective cost is known.
fn unknown(engine: &LocalEngine, cancel: &Cancel) -> Result<u64> {
    let Some(days) = engine.data_days() else { return Ok(0) };
    let table = engine.aggregate(&bill::request(None, days, (&[], &[]), None), cancel)?;
    Ok(table.groups().map(|(_, total)| total.unknown).sum())
}

fn sort(anomalies: &mut [Listed], by: AnomalySort) {
    let stake = |listed: &Listed| (!listed.anomaly.finding.costs(), Reverse(listed.at_stake.abs()));
    let grave = |listed: &Listed| Reverse(listed.anomaly.finding.severity);
    let since = |listed: &Listed| Reverse(listed.anomaly.finding.start);
    match by {
        AnomalySort::Impact => {
            anomalies.sort_by_key(|l| (!l.state.needs_somebody(), stake(l), since(l), l.anomaly.id));
        }
        AnomalySort::Severity => {
            anomalies.sort_by_key(|l| (!l.state.needs_somebody(), grave(l), stake(l), since(l), l.anomaly.id))
        }
        AnomalySort::Since => anomalies.sort_by_key(|l| (since(l), stake(l), l.anomaly.id)),
    }
}

/// The anomaly that a person calls by the beginning of its name.
///
/// # Errors
/// Kind `Usage` where there is none, or several.
pub fn named(all: &[Anomaly], name: &str) -> Result<AnomalyId> {
    let wanted = name.trim().to_ascii_lowercase();
    let like = |anomaly: &&Anomaly| !wanted.is_empty() && anomaly.id.to_string().starts_with(&wanted);
    let found: Vec<AnomalyId> = all.iter().filter(like).map(|anomaly| anomaly.id).collect();
    let shown = SafeText::from_outside(name);
    match found.as_slice() {
        [id] => Ok(*id),
        [] => Err(Error::usage(format!("there is no anomaly `{shown}`")).hint("`spendtop anomalies` lists them")),
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            let error = Error::usage(format!("`{shown}` is the beginning of {} anomalies", several.len()));
            Err(error.hint(format!("write more of it: {}", several.join(", "))))
        }
    }
}

/// What stands beside a lens's days, and what its reader must know: anomalies that need somebody.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn beside(
    engine: &LocalEngine,
    (lens, currency): (&Lens, &str),
    as_of: Day,
    cancel: &Cancel,
) -> Result<(Vec<AnomalyMark>, Option<Notice>)> {
    let (period, _): (Period, _) = lens.days(as_of);
    let all = records::kept(&engine.store().journal());
    let begun = all.into_iter().filter(|anomaly| anomaly.finding.start <= as_of);
    let listed = begun.map(|anomaly| words::listed(anomaly, as_of, &[]));
    let open: Vec<Listed> = listed.filter(|l| l.state.needs_somebody() && l.anomaly.currency == currency).collect();
    let open = admitted(engine, open.iter().collect(), &lens.filter, cancel)?;
    let mut open: Vec<Listed> = open.into_iter().cloned().collect();
    sort(&mut open, AnomalySort::default());
    let mark = |listed: &Listed| AnomalyMark {
        id: listed.anomaly.id.short(),
        start: listed.anomaly.finding.start,
        place_words: listed.place_words.clone(),
        impact: listed.anomaly.finding.impact,
    };
    let marks = open.iter().filter(|l| period.contains(l.anomaly.finding.start)).map(mark).collect();
    let unseen: Vec<&Listed> = open.iter().filter(|l| l.state == State::Open).collect();
    let notice = unseen.first().map(|first| {
        let many = counted(unseen.len() as u64, "anomaly", "anomalies");
        let grave = unseen.iter().any(|l| l.anomaly.finding.severity >= Severity::High);
        Notice {
            kind: NoticeKind::Anomalies,
            severity: if grave { Gravity::Warning } else { Gravity::Info },
            text: format!("{many}, {}: {}", so_far(&unseen, currency), first.place_words),
            hint: "the Anomalies tab and `spendtop anomalies` say what they are".to_owned(),
        }
    });
    Ok((marks, notice))
}

/// What anomalies have come to: what rose, and apart from it what fell, for of both the sum hides each; and what has no
/// owner, which is lost to nobody.
fn so_far(listed: &[&Listed], currency: &str) -> String {
    let sum = |wanted: &dyn Fn(&Finding) -> bool| -> Option<Amount> {
        let of = listed.iter().map(|listed| &listed.anomaly.finding).filter(|finding| wanted(finding));
        of.map(|finding| finding.impact).reduce(|sum, impact| sum + impact)
    };
    let moved = [sum(&Finding::costs), sum(&|finding| !finding.rises)];
    let sums: Vec<String> = moved.into_iter().flatten().map(|sum| signed(sum, currency)).collect();
    let so_far = (!sums.is_empty()).then(|| format!("{} so far", sums.join(" and ")));
    let ownerless =
        sum(&|finding| finding.relabelled).map(|sum| format!("{} without an owner", written(sum, currency)));
    so_far.into_iter().chain(ownerless).collect::<Vec<_>>().join(", ")
}

/// Whether a place says the value of a dimension.
#[must_use]
pub fn says(place: &[Spot], dimension: &Dimension) -> bool {
    place.iter().any(|spot| spot.dimension == *dimension)
}
