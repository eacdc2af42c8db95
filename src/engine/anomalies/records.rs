//! The anomalies that are kept, and what a new detection makes of them.
//!
//! What was found is replaced; what people said and the history stay ([`crate::domain::anomaly`]). An anomaly that is
//! found no more ends, whoever said what of it. What is said to be expected teaches for its place and for who
//! has it there: what moves there the same way later, and hardly more, is expected from the beginning. Knows no detector's numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::begun;
use super::bill::{place_of, word_of};
use super::find::Found;
use super::hold::{self, Days, Places};
use super::{spoken, standing};
use crate::analytics::detect::event::Direction;
use crate::analytics::detect::identity::{Known, Name, alike, core, names, reach};
use crate::analytics::detect::place::{Part, Place};
use crate::analytics::detect::tree::{Anomaly as Anomalous, Contributor as Raw};
use crate::domain::anomaly::{Anomaly, AnomalyId, Course, Finding, Happened, Saying, Spot, Word};
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::text::Untrusted;
use crate::store::journal::Journal;

/// The kind of journal entries that anomalies are.
pub const ANOMALY: &str = "anomaly";
/// The kind of entries that say what is expected where.
pub const EXPECTED: &str = "expected";

/// How much more than what was said to be expected is expected still.
const TOLERANCE: (i64, i64) = (5, 4);
/// How many times as long, and a day, what is like something that is over may last: a spike teaches no step.
const LONGER: i32 = 2;
/// Days after the first of the series in which what was found before may be found no more only because less is
/// known of the time before it.
const EARLY_DAYS: i32 = 60;
/// Days that an ended anomaly of which nobody said anything is kept.
const KEPT_DAYS: i32 = 400;

/// What is expected at a place from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// The currency.
    pub currency: String,
    /// The place.
    pub place: Vec<Spot>,
    /// Who had nearly all of it there.
    #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "core")]
    pub mostly: Vec<Spot>,
    /// Whether rises are.
    pub rises: bool,
    /// Moves of a day up to about this.
    pub up_to: Amount,
    /// For how many days it was so, where it is over: as the record of it says by now.
    #[serde(skip)]
    pub lasted: Option<i32>,
    /// Who said so.
    pub who: Untrusted,
    /// When, seconds since 1970.
    pub at: i64,
    /// In words of their own.
    #[serde(default)]
    pub note: Untrusted,
}

/// The part that a spot is of.
fn part_of(spot: &Spot) -> Part {
    Part { dimension: word_of(&spot.dimension), value: spot.value.raw().to_owned() }
}

/// Where nearly all of an anomaly is: its place, and who has it there.
pub(super) fn reach_of(finding: &Finding) -> Place {
    let parts: Vec<(Part, f64)> = finding.contributors.iter().map(|c| (part_of(&c.spot), c.share)).collect();
    reach(&place_of(&finding.place), parts.iter().map(|(part, share)| (part, *share)))
}

/// The service and account that have nearly all of an anomaly.
pub(super) fn core_of(finding: &Finding) -> Option<Place> {
    core(&reach_of(finding))
}

/// The provider whose all charges of a place are, as a part of it.
pub(super) fn provider_of(providers: &[String]) -> Option<Part> {
    let [one] = providers else { return None };
    Some(Part { dimension: word_of(&Dimension::Provider), value: one.clone() })
}

/// The same of a place whose days are known.
pub(super) fn provider_of_days(days: Option<&Days>) -> Option<Part> {
    provider_of(&days?.providers)
}

/// A place and more parts of it; what it says itself stays.
pub(super) fn with(place: &Place, more: Option<Part>) -> Place {
    reach(place, more.iter().map(|part| (part, 1.0)))
}

impl Rule {
    /// That such a move is expected where this one was.
    #[must_use]
    pub fn of(anomaly: &Anomaly, saying: &Saying) -> Rule {
        let reach = reach_of(&anomaly.finding);
        let spots = anomaly.finding.contributors.iter().map(|c| &c.spot);
        let has_most = |spot: &&Spot| reach.parts().contains(&part_of(spot));
        Rule {
            mostly: spots.filter(has_most).cloned().collect(),
            currency: anomaly.currency.clone(),
            place: anomaly.finding.place.clone(),
            rises: anomaly.finding.rises,
            up_to: anomaly.finding.moved(),
            lasted: lasted(&anomaly.finding),
            who: saying.who.clone(),
            at: saying.at,
            note: saying.note.clone(),
        }
    }

    pub(super) fn covers(&self, currency: &str, finding: &Finding) -> bool {
        let (place, other) = (place_of(&self.place), place_of(&finding.place));
        let parts: Vec<Part> = self.mostly.iter().map(part_of).collect();
        let reach = reach(&place, parts.iter().map(|part| (part, 1.0)));
        self.currency == currency
            && self.rises == finding.rises
            && alike((&place, &reach), (&other, &reach_of(finding)))
            && finding.moved() <= self.up_to.scale_by(TOLERANCE.0, TOLERANCE.1)
            && self.lasted.is_none_or(|days| days_of(finding) <= LONGER * days + 1)
    }
}

fn days_of(finding: &Finding) -> i32 {
    finding.last.0 - finding.start.0 + 1
}

/// For how many days something was so that is over.
fn lasted(finding: &Finding) -> Option<i32> {
    (finding.course == Course::Over).then(|| days_of(finding))
}

/// The anomalies of a journal, by name.
#[must_use]
pub fn kept(journal: &Journal) -> Vec<Anomaly> {
    journal.kept(ANOMALY).map(|(_, anomaly)| anomaly).collect()
}

/// What is expected where, by the anomaly that it was said of; `known` are those of the journal.
#[must_use]
pub fn rules(journal: &Journal, known: &[Anomaly]) -> Vec<(AnomalyId, Rule)> {
    let rule = |(name, rule): (&str, Rule)| {
        let id = AnomalyId::parse(name)?;
        let of = known.iter().find(|anomaly| anomaly.id == id);
        Some((id, Rule { lasted: of.and_then(|anomaly| lasted(&anomaly.finding)), ..rule }))
    };
    journal.kept(EXPECTED).filter_map(rule).collect()
}

/// What a detection found, of each currency that has series.
#[derive(Clone, Default, Debug)]
pub struct Fresh {
    /// The currency.
    pub currency: String,
    /// The first day of its series.
    pub first: Day,
    /// What an average day of it costs.
    pub daily: f64,
    /// What was found.
    pub found: Vec<Found>,
    /// The days of the places of what was found and is known.
    pub places: Places,
    /// The last day of each provider's charges that was there when it was looked at before.
    pub seen: BTreeMap<String, Day>,
}

impl Fresh {
    /// Whether the last charges of an anomaly were not there when it was looked at before, though others of theirs were.
    fn has_only_come(&self, finding: &Finding) -> bool {
        let providers = self.places.get(&place_of(&finding.place)).map_or(&[][..], |days| &days.providers);
        providers.iter().filter_map(|provider| self.seen.get(provider)).any(|seen| *seen < finding.last)
    }
}

/// The records after a detection.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Merged {
    /// All of them.
    pub anomalies: Vec<Anomaly>,
    /// Those that are other than before.
    pub changed: Vec<AnomalyId>,
    /// Those that are forgotten, of which nobody said anything: they ended long ago, or are told as another.
    pub forgotten: Vec<AnomalyId>,
    /// Those that are new and go on.
    pub opened: Vec<AnomalyId>,
    /// Those that ended by themselves.
    pub resolved: Vec<AnomalyId>,
}

/// Takes what was found into the records.
#[must_use]
pub fn merge(before: Vec<Anomaly>, fresh: &[Fresh], rules: &[(AnomalyId, Rule)], (as_of, now): (Day, i64)) -> Merged {
    let mut merged = Merged::default();
    let mut taken: Vec<AnomalyId> = before.iter().map(|anomaly| anomaly.id).collect();
    let mut matched: Vec<AnomalyId> = Vec::new();
    let mut anomalies = before;
    for of in fresh {
        let currency = &of.currency;
        let same: Vec<&Anomaly> = anomalies.iter().filter(|a| a.currency == *currency).collect();
        let known: Vec<Known> = same.iter().map(|anomaly| known_of(anomaly, &of.places)).collect();
        let both: Vec<(&Anomaly, &Known)> = same.iter().copied().zip(&known).collect();
        let (found, raw) = standing::what_is_new(&both, of, as_of);
        let seen: Vec<&Finding> = found.iter().map(|found| &found.finding).collect();
        let spoken = spoken::amounts(both.iter().copied(), &raw);
        let holds = |k: usize, at: usize| {
            !spoken::is_outgrown(same[k], (&same[k].finding, &found[at].finding), spoken[at], rules)
        };
        let names = names(&known, &raw, holds);
        for ((name, found), spoken) in names.into_iter().zip(found).zip(spoken) {
            let id = AnomalyId(name.0);
            if known.iter().any(|known| known.name == name) {
                matched.push(id);
                if let Some(anomaly) = anomalies.iter_mut().find(|anomaly| anomaly.id == id) {
                    renew(anomaly, (&found.finding, spoken), (of, &seen, as_of), rules, now, &mut merged);
                }
                continue;
            }
            let id = fresh_id(name, currency, &taken);
            taken.push(id);
            matched.push(id);
            let anomaly = begin(id, &found.finding, (of, &seen, as_of), rules, now);
            if anomaly.finding.course.is_going() && anomaly.said.is_none() {
                merged.opened.push(id);
            }
            merged.changed.push(id);
            anomalies.push(anomaly);
        }
        let lost = |anomaly: &&mut Anomaly| anomaly.currency == *currency && !matched.contains(&anomaly.id);
        for anomaly in anomalies.iter_mut().filter(lost) {
            miss(anomaly, (of, &seen, as_of), now, &mut merged);
        }
    }
    let forgotten = |anomaly: &Anomaly| {
        anomaly.is_untouched() && !anomaly.finding.course.is_going() && as_of.0 - anomaly.finding.last.0 > KEPT_DAYS
    };
    merged.forgotten.extend(anomalies.iter().filter(|a| forgotten(a)).map(|a| a.id));
    anomalies.retain(|anomaly| !merged.forgotten.contains(&anomaly.id));
    merged.changed.retain(|id| !merged.forgotten.contains(id));
    merged.changed.sort_unstable();
    merged.changed.dedup();
    merged.anomalies = anomalies;
    merged
}

/// What was found, with those who have it as the charges tell, and whose all of them are.
pub(super) fn with_contributors(found: &Found, places: &Places) -> Anomalous {
    let named = found.finding.contributors.iter();
    let named = named.map(|c| Raw { part: part_of(&c.spot), share: c.share, moved: c.moved.to_f64() });
    let provider = provider_of_days(places.get(&place_of(&found.finding.place))).map(|part| Raw {
        part,
        share: 1.0,
        moved: found.raw.moved,
    });
    let contributors = named.chain(provider).collect();
    let mut event = found.raw.event;
    // What ended and made other things dearer is told as a rise.
    event.direction = direction(&found.finding);
    Anomalous { contributors, event, ..found.raw.clone() }
}

fn direction(finding: &Finding) -> Direction {
    if finding.rises { Direction::Up } else { Direction::Down }
}

fn known_of(anomaly: &Anomaly, places: &Places) -> Known {
    let finding = &anomaly.finding;
    let place = place_of(&finding.place);
    Known {
        name: Name(anomaly.id.0),
        reach: with(&reach_of(finding), provider_of_days(places.get(&place))),
        place,
        direction: direction(finding),
        news: finding.kind.is_news(),
        start: i64::from(finding.start.0),
        last: i64::from(finding.last.0),
        moved: finding.moved().to_f64(),
    }
}

/// A name that none has: the detector's knows no currency.
fn fresh_id(name: Name, currency: &str, taken: &[AnomalyId]) -> AnomalyId {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut id = currency.bytes().fold(name.0, mix);
    while taken.contains(&AnomalyId(id)) {
        id = mix(id, 1);
    }
    AnomalyId(id)
}

/// What was found of a currency, all of it, and as of when.
type Seen<'f> = (&'f Fresh, &'f [&'f Finding], Day);

/// Takes what was found, which the anomaly has, for what it is by its own place, and keeps what it is held against.
fn take(anomaly: &mut Anomaly, (of, seen, as_of): Seen<'_>) {
    let Some(days) = of.places.get(&place_of(&anomaly.finding.place)) else { return };
    if !hold::is_held(&anomaly.finding, as_of) {
        return;
    }
    hold::keep(anomaly, days);
    let became = hold::still(anomaly, (seen, &of.places), days, of.daily).or_else(|| hold::gone_back(anomaly, days));
    if let Some(finding) = became {
        anomaly.finding = finding;
    }
    note_gone_back(anomaly, as_of);
}

/// Keeps that what had become what the cost is went back.
fn note_gone_back(anomaly: &mut Anomaly, as_of: Day) {
    let ended = anomaly.history.iter().rev().find(|happened| matches!(happened, Happened::Resolved { .. }));
    let stayed = matches!(ended, Some(Happened::Resolved { course: Course::Usual, .. }));
    if stayed && anomaly.finding.course == Course::Over {
        anomaly.note(Happened::Resolved { at: as_of.seconds(), course: Course::Over });
    }
}

fn begin(id: AnomalyId, finding: &Finding, seen: Seen<'_>, rules: &[(AnomalyId, Rule)], now: i64) -> Anomaly {
    let (currency, finding) = (seen.0.currency.clone(), finding.clone());
    let mut anomaly = Anomaly { id, currency, finding, said: None, history: Vec::new(), held: None };
    take(&mut anomaly, seen);
    let late = anomaly.finding.course == Course::Over && seen.0.has_only_come(&anomaly.finding);
    anomaly.history.insert(0, Happened::Found { at: now, late });
    if let Some((like, rule)) = rules.iter().find(|(_, rule)| rule.covers(&anomaly.currency, &anomaly.finding)) {
        let (who, note) = (rule.who.clone(), rule.note.clone());
        anomaly.say(Saying { word: Word::Expected, who, at: rule.at, note, like: Some(*like), moved: None });
    }
    let course = anomaly.finding.course;
    if !course.is_going() {
        anomaly.note(Happened::Resolved { at: now, course });
    }
    anomaly
}

fn renew(
    anomaly: &mut Anomaly,
    (finding, spoken): (&Finding, Amount),
    seen: Seen<'_>,
    rules: &[(AnomalyId, Rule)],
    now: i64,
    merged: &mut Merged,
) {
    let was = anomaly.finding.course.is_going();
    let held = anomaly.held.clone();
    let finding = since_when(&anomaly.finding, finding, seen.0.daily);
    let finding = hold::since_the_first(anomaly, finding, &seen.0.places, seen.0.daily);
    let before = std::mem::replace(&mut anomaly.finding, finding);
    take(anomaly, seen);
    if before != anomaly.finding || held != anomaly.held {
        merged.changed.push(anomaly.id);
    }
    let is = anomaly.finding.course.is_going();
    match (was, is) {
        (true, false) => end(anomaly, now, merged),
        (false, true) => {
            anomaly.note(Happened::Returned { at: now });
            merged.opened.push(anomaly.id);
        }
        _ => {}
    }
    let is_elsewhere = is_elsewhere(&before, &anomaly.finding);
    if is_elsewhere {
        tell_move(anomaly, &before, now);
    }
    // At the same place a first day only fills up.
    let is_more = is_elsewhere || is && anomaly.finding.last > anomaly.finding.start;
    let is_of_others = anomaly.said.as_ref().is_some_and(|said| said.like.is_some());
    if (is_more || is_of_others) && spoken::is_outgrown(anomaly, (&before, &anomaly.finding), spoken, rules) {
        spoken::outgrow(anomaly, now);
        merged.changed.push(anomaly.id);
        if is {
            merged.opened.push(anomaly.id);
        }
    } else if spoken::count_again(anomaly, held.as_ref(), rules, now) {
        merged.changed.push(anomaly.id);
    }
}

/// Whether an anomaly is at another place than before, and not just told of the same service and account otherwise.
fn is_elsewhere(before: &Finding, now: &Finding) -> bool {
    before.place != now.place && core_of(before).is_none_or(|core| core_of(now) != Some(core))
}

/// Keeps where it was; of some moves in a row the first, and none where it is back there.
fn tell_move(anomaly: &mut Anomaly, before: &Finding, now: i64) {
    match anomaly.history.last() {
        Some(Happened::Moved { from, .. }) if *from == anomaly.finding.place => drop(anomaly.history.pop()),
        Some(Happened::Moved { .. }) => {}
        _ => anomaly.note(Happened::Moved { at: now, from: before.place.clone() }),
    }
}

/// What was found, with the hour in which it began: that is looked for once, and stays while the day does.
fn since_when(before: &Finding, found: &Finding, daily: f64) -> Finding {
    let mut found = found.clone();
    if found.start_hour.is_none() && before.begins_with(&found) {
        found.start_hour = before.start_hour;
        if let Some(evening) = before.evening.filter(|_| before.start != found.start) {
            begun::began_the_day_before(&mut found, evening, daily);
        }
    }
    found
}

fn end(anomaly: &mut Anomaly, now: i64, merged: &mut Merged) {
    let course = anomaly.finding.course;
    anomaly.note(Happened::Resolved { at: now, course });
    merged.changed.push(anomaly.id);
    // What stayed and that nobody has seen is no good news.
    if course != Course::Usual || anomaly.said.is_some() {
        merged.resolved.push(anomaly.id);
    }
}

/// It was not found this time: what it is held against tells what became of it.
fn miss(anomaly: &mut Anomaly, (of, seen, as_of): Seen<'_>, now: i64, merged: &mut Merged) {
    let finding = &mut anomaly.finding;
    let was = finding.course.is_going();
    // What its place cost before it is held, where it was found by this program.
    let early = if anomaly.held.is_some() { of.first } else { of.first.plus(EARLY_DAYS) };
    let is_early = finding.start < early;
    match finding.course {
        Course::NotFound => return,
        // Hours are looked at for a few days only.
        course if finding.hourly => match as_of.0 - finding.last.0 {
            ..=1 => return,
            _ if course.is_going() => finding.course = Course::Over,
            _ => return,
        },
        // What was before the series began cannot be found any more.
        _ if is_early && was => finding.course = Course::Usual,
        _ if is_early => return,
        _ => {
            let days = of.places.get(&place_of(&finding.place));
            // What was kept before whose charges they are was told.
            if let (Some(held), Some(days)) = (&mut anomaly.held, days)
                && held.providers.is_empty()
                && !days.providers.is_empty()
            {
                held.providers.clone_from(&days.providers);
                merged.changed.push(anomaly.id);
            }
            if !was && !hold::is_held(finding, as_of) {
                return;
            }
            if was && anomaly.is_untouched() && hold::is_told(&anomaly.finding, (seen, &of.places)) {
                merged.forgotten.push(anomaly.id);
                return;
            }
            let reach = with(&reach_of(&anomaly.finding), provider_of_days(days));
            let is_part = hold::is_part(&anomaly.finding, &reach, seen);
            let missed = hold::missed(anomaly, days, of.daily);
            match missed.map(|told| standing::without(told, seen, of)) {
                // What somebody spoke of is kept, and what is counted there is counted once.
                _ if is_part && was => anomaly.finding.course = Course::Within,
                _ if is_part => return,
                Some(finding) if finding != anomaly.finding => anomaly.finding = finding,
                _ => return,
            }
            note_gone_back(anomaly, as_of);
        }
    }
    match (was, anomaly.finding.course.is_going()) {
        (true, false) => end(anomaly, now, merged),
        (false, true) => {
            anomaly.note(Happened::Returned { at: now });
            merged.opened.push(anomaly.id);
        }
        _ => {}
    }
    merged.changed.push(anomaly.id);
}

#[cfg(test)]
#[path = "records_tests.rs"]
pub(super) mod tests;
