//! Anomalies in words: where they are, and the paragraph for an incident channel.
//!
//! Text from outside is made safe here; plain letters only, so that it can be pasted anywhere. Knows no store.

use super::begun::counts_missing;
use super::hold::LASTS;
use super::silence;
use crate::domain::anomaly::{Anomaly, Contributor, Course, Finding, Happened, Kind, Spot, State, Word};
use crate::domain::calendar::{DAY_HOURS, Day, HOUR_SECONDS, Period, format_timestamp};
use crate::domain::currency::{signed, written};
use crate::domain::dimension::Dimension;
use crate::domain::money::Amount;
use crate::domain::services;
use crate::domain::text::{SafeText, Untrusted};
use crate::domain::words::counted;
use crate::engine::answer::{Driver, Freshness, HoursOf, Listed, Silent};

/// The share of a move from which on one value has it all.
const ALL: f64 = 0.8;
/// Contributors that a summary names.
const NAMED: usize = 6;
/// The share of the largest effect from which on another one is told.
const TOLD: f64 = 0.01;

/// What is said of a day's cost where the days that told it were taken out of the bill.
pub const NOT_KNOWN: &str = "what a day costs now is not known";

/// What a spot is called.
#[must_use]
pub fn spot(spot: &Spot) -> String {
    let named = spot.name.as_ref().filter(|name| !name.raw().is_empty());
    let text = |text: &str| SafeText::from_outside(text).into_string();
    match (&spot.dimension, named, spot.value.raw()) {
        (Dimension::Tag(key), _, "") => text(&format!("without {key}")),
        (Dimension::Tag(key), _, value) => text(&format!("{key}={value}")),
        (dimension, _, "") => dimension.missing().into_string(),
        (Dimension::Provider | Dimension::Service, _, value) => text(services::called(&spot.dimension, value)),
        // A region's id is what people call it.
        (Dimension::Region, _, value) => text(value),
        (Dimension::Resource, Some(name), _) => text(name.raw()),
        (_, Some(name), _) => text(name.raw()),
        (_, None, value) => text(value),
    }
}

/// How far from the beginning a part stands: what it is first, then whose and where, and last what can be cut off.
fn rank(dimension: &Dimension) -> u8 {
    match dimension {
        Dimension::CommitmentDiscount => 0,
        Dimension::Service => 1,
        Dimension::SubAccount => 2,
        Dimension::Provider => 3,
        Dimension::Region => 5,
        Dimension::Sku => 6,
        Dimension::Resource => 7,
        _ => 4,
    }
}

/// Parts of a place in the order in which they are said.
#[must_use]
pub fn ordered<'f>(parts: impl IntoIterator<Item = &'f Spot>) -> Vec<&'f Spot> {
    let mut parts: Vec<&Spot> = parts.into_iter().collect();
    parts.sort_by_key(|spot| rank(&spot.dimension));
    parts
}

fn joined(parts: Vec<&Spot>, by: &str) -> String {
    ordered(parts).into_iter().map(spot).collect::<Vec<_>>().join(by)
}

/// Who has nearly all of the move at an anomaly's place, each of what the place leaves open.
#[must_use]
pub fn mostly(finding: &Finding) -> Vec<&Spot> {
    // What a commitment's end made dearer is no part of it.
    if finding.kind == Kind::Expired {
        return Vec::new();
    }
    [Dimension::Service, Dimension::SubAccount, Dimension::Region, Dimension::Sku]
        .iter()
        .filter(|dimension| !finding.place.iter().any(|spot| spot.dimension == **dimension))
        .filter_map(|dimension| finding.contributors.iter().find(|c| c.spot.dimension == *dimension && c.share >= ALL))
        .map(|contributor| &contributor.spot)
        .collect()
}

fn at_place(place: &[Spot]) -> String {
    match place {
        [] => "all spend".to_owned(),
        place => joined(place.iter().collect(), " | "),
    }
}

/// Where an anomaly is: the place that its figures are of, and behind it who has nearly all of the move there.
#[must_use]
pub fn place(finding: &Finding) -> String {
    let own = at_place(&finding.place);
    let mostly = mostly(finding);
    if mostly.is_empty() {
        return own;
    }
    format!("{own} (mostly {})", joined(mostly, ", "))
}

/// An anomaly as it is told on a day, on which some providers are `late`.
#[must_use]
pub fn listed(mut anomaly: Anomaly, as_of: Day, late: &[Freshness]) -> Listed {
    // Nothing that came since says that it goes on.
    let lasted = as_of.0 - anomaly.finding.last.0.max(anomaly.finding.start.0);
    if anomaly.finding.course.is_going() && lasted > LASTS {
        anomaly.finding.course = Course::Usual;
    }
    let silent = silence::of(&anomaly, late);
    // Of days that were taken out of the bill no more follows.
    if silent.as_ref().is_some_and(|silent| silent.since < anomaly.finding.last) {
        anomaly.finding.rate = Amount::ZERO;
    }
    let providers = anomaly.held.take().map(|held| held.providers).unwrap_or_default();
    let place_words = place(&anomaly.finding);
    let (state, late_news, at_stake) = (anomaly.state(as_of), anomaly.is_late_news(as_of), anomaly.at_stake());
    Listed { state, place_words, at_stake, late_news, silent, providers, anomaly }
}

/// Whether the last days that it was seen on were taken out of the bill since: what a day costs now is not known.
#[must_use]
pub fn is_taken_out(listed: &Listed) -> bool {
    listed.silent.as_ref().is_some_and(|silent| silent.since < listed.anomaly.finding.last)
}

/// How it stands, in words: one that has become what the cost is stays open while nobody has said a word, and of one
/// whose provider is silent it is not known.
#[must_use]
pub fn stands(listed: &Listed) -> String {
    let stays = listed.state == State::Open && !listed.anomaly.finding.course.is_going();
    let more = match listed.silent {
        _ if stays => ", stays",
        _ if listed.late_news => ", new",
        Some(_) => ", silent",
        None => "",
    };
    format!("{}{more}", listed.state.word())
}

/// When it was last seen, and that nothing is heard of it since.
#[must_use]
pub fn silence(listed: &Listed) -> Option<String> {
    unheard(listed).map(|unheard| format!("Last seen {unheard}"))
}

/// The same after "last seen".
#[must_use]
pub fn unheard(listed: &Listed) -> Option<String> {
    let Silent { providers, since } = listed.silent.as_ref()?;
    let provider = |name: &Untrusted| spot(&Spot { dimension: Dimension::Provider, value: name.clone(), name: None });
    let names: Vec<String> = providers.iter().map(provider).collect();
    let last = listed.anomaly.finding.last;
    let day = if *since == last { String::new() } else { format!(" {since}") };
    Some(format!("{last}: nothing has come from {} since{day}", names.join(", ")))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Since when it is, in words.
#[must_use]
pub fn since(finding: &Finding) -> String {
    match finding.start_hour {
        Some(hour) => format!("{} {} UTC", finding.start, &format_timestamp(hour)[11..16]),
        None => finding.start.to_string(),
    }
}

/// Who contributes most: first who has nearly all of it, what and whose it is before where.
fn who(finding: &Finding) -> Vec<String> {
    let mut contributors: Vec<&Contributor> = finding.contributors.iter().filter(|c| c.share > 0.0).collect();
    let order = |c: &Contributor| if c.share >= ALL { rank(&c.spot.dimension) } else { u8::MAX };
    contributors.sort_by_key(|c| order(c));
    let mut named: Vec<String> = Vec::new();
    for contributor in contributors {
        let words = format!("{} {}", spot(&contributor.spot), percent(contributor.share));
        if !named.contains(&words) {
            named.push(words);
        }
    }
    named.truncate(NAMED);
    named
}

/// What it was before, where it but got another tag or lost it.
#[must_use]
pub fn was(finding: &Finding) -> Option<String> {
    let is_tag = |spot: &&Spot| matches!(spot.dimension, Dimension::Tag(_));
    let tag = finding.place.iter().find(is_tag).filter(|_| finding.rises)?;
    let fell = finding.contributors.iter().filter(|c| c.spot.dimension == tag.dimension && c.share < 0.0);
    let named: Vec<String> =
        fell.take(NAMED).map(|c| format!("{} {}", spot(&c.spot), percent(c.share.abs()))).collect();
    (!named.is_empty()).then(|| format!("as much went from {}: the cost is what it was", named.join(", ")))
}

/// How long the days or hours are that are held against others.
#[must_use]
pub fn span(days: i32, hours: Option<HoursOf>) -> String {
    match hours {
        Some(HoursOf { from, until }) => counted(((until - from) / HOUR_SECONDS).unsigned_abs(), "hour", "hours"),
        None => counted(days.unsigned_abs().into(), "day", "days"),
    }
}

/// The days or hours that are held against others, and those others.
#[must_use]
pub fn held(held: (Period, Period), hours: Option<HoursOf>) -> [String; 2] {
    let Some(HoursOf { from, until }) = hours else { return [held.0.words(), held.1.words()] };
    let (from, to) = (format_timestamp(from), format_timestamp(until));
    let last = if from[..10] == to[..10] { String::new() } else { format!("{} ", &to[..10]) };
    let own = format!("{} {} to {last}{} UTC", &from[..10], &from[11..16], &to[11..16]);
    [own, format!("the same hours of {}", held.1.words())]
}

/// Why the cost differs, by price and by quantity, over as long as the words for it say.
#[must_use]
pub fn why(driver: &Driver, span: &str, currency: &str) -> Option<String> {
    let effects = driver.effects.as_ref()?;
    let ratio = |now: Option<Amount>, then: Option<Amount>| match (now, then) {
        (Some(now), Some(then)) if !then.is_zero() => {
            (now - then).ratio(then.abs()).map(|r| format!(" {:+.0} %", r * 100.0))
        }
        _ => None,
    };
    let unit = driver.unit.as_ref();
    let most = [effects.quantity, effects.price, effects.other].map(Amount::abs).into_iter().max()?;
    let part = |name: &str, effect: Amount, figure: Option<&crate::engine::answer::Figure>| {
        let ratio = figure.and_then(|f| ratio(f.amount, f.previous)).unwrap_or_default();
        let share = effect.abs().ratio(most).unwrap_or_default();
        (share >= TOLD).then(|| format!("{name}{ratio} ({})", signed(effect, currency)))
    };
    let parts: Vec<String> = [
        part("usage", effects.quantity, unit.map(|u| &u.quantity)),
        part("price", effects.price, unit.map(|u| &u.price)),
        part("other", effects.other, None),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("{} in {span}", parts.join(", ")))
}

/// What was said of it last, in words.
#[must_use]
pub fn said(anomaly: &Anomaly) -> Option<String> {
    let said = anomaly.said.as_ref()?;
    let what = match said.word {
        Word::Acknowledged => "acknowledged".to_owned(),
        Word::Snoozed(until) => format!("snoozed until {until}"),
        Word::Expected => "said to be expected".to_owned(),
        Word::Reopened => "reopened".to_owned(),
    };
    let note = if said.note.raw().is_empty() { String::new() } else { format!(": {}", said.note.safe()) };
    Some(format!("{what} by {} on {}{note}", said.who.safe(), Day::of_seconds(said.at)))
}

/// What happened to it, a line each, the newest last.
#[must_use]
pub fn history(anomaly: &Anomaly) -> Vec<String> {
    let day = |at: i64| Day::of_seconds(at);
    let line = |happened: &Happened| match happened {
        Happened::Found { at, late: true } => format!("{} found, over by then", day(*at)),
        Happened::Found { at, .. } => format!("{} found", day(*at)),
        // What became usual may still be open.
        Happened::Resolved { at, course: Course::Usual } => format!("{} {}", day(*at), Course::Usual.words()),
        Happened::Resolved { at, course } => format!("{} resolved: {}", day(*at), course.words()),
        Happened::Returned { at } => format!("{} goes on again", day(*at)),
        Happened::Moved { at, from } => format!("{} moved here from {}", day(*at), at_place(from)),
        Happened::Outgrown { at, .. } => format!("{} grew beyond what was said of it", day(*at)),
        Happened::PutRight { at } => {
            format!("{} the charges were restated: what was said of it counts again", day(*at))
        }
        Happened::Undone { at } => format!("{} taken back", day(*at)),
        Happened::Said(said) => {
            let what = match said.word {
                Word::Acknowledged => "acknowledged".to_owned(),
                Word::Snoozed(until) => format!("snoozed until {until}"),
                Word::Expected => "expected".to_owned(),
                Word::Reopened => "reopened".to_owned(),
            };
            let note = if said.note.raw().is_empty() { String::new() } else { format!(": {}", said.note.safe()) };
            let like = said.like.map_or_else(String::new, |id| format!(", as {} was", id.short()));
            format!("{} {what} by {}{like}{note}", day(said.at), said.who.safe())
        }
    };
    anomaly.history.iter().map(line).collect()
}

/// What it has come to in some time, and what it will.
fn impact(listed: &Listed, time: &str) -> String {
    let (Listed { anomaly, state, .. }, taken_out) = (listed, is_taken_out(listed));
    let Finding { impact, rate, course, relabelled, .. } = &anomaly.finding;
    let (code, currency) = (anomaly.currency.as_str(), SafeText::from_outside(&anomaly.currency));
    let (money, signed) = (|amount| written(amount, code), |amount| signed(amount, code));
    let month = rate.scale_by(30, 1);
    if *relabelled {
        let more = if course.is_going() && !taken_out {
            format!("; {} a day if it goes on", money(*rate))
        } else {
            String::new()
        };
        return format!("No money lost: {} {currency} without an owner in {time}{more}.", money(*impact));
    }
    let goes_on = match course {
        _ if taken_out => NOT_KNOWN.to_owned(),
        course if course.is_going() => format!("{} a day if it goes on, {} in 30 days", signed(*rate), signed(month)),
        _ if *state == State::Open => format!("it stayed, {} a day, and nobody has said anything", signed(*rate)),
        course => course.words().to_owned(),
    };
    format!("Impact so far {} {currency} in {time}; {goes_on}.", signed(*impact))
}

/// That of the last day only some hours have come.
#[must_use]
pub fn begun(finding: &Finding, hours: Option<HoursOf>) -> Option<String> {
    let until = hours?.until;
    let (day, so_far) = (Day::of_seconds(until - 1), (until - Day::of_seconds(until - 1).seconds()) / HOUR_SECONDS);
    let come = counted(so_far.unsigned_abs(), "hour has", "hours have");
    let others = if counts_missing(finding) { ": the others count as what they usually cost" } else { "" };
    (so_far < DAY_HOURS as i64).then(|| format!("Of {day} {come} come{others}"))
}

/// The paragraph for an incident channel: why it is, and over how long that was looked at; and the hours that have
/// come, where the last day is not whole.
#[must_use]
pub fn summary(listed: &Listed, driver: Option<(&Driver, &str)>, hours: Option<HoursOf>) -> String {
    let Listed { anomaly, state, place_words, .. } = listed;
    let Finding { severity, day, last, start, .. } = &anomaly.finding;
    let code = anomaly.currency.as_str();
    let currency = SafeText::from_outside(code);
    let money = |amount| written(amount, code);
    let mut out = format!(
        "Cost anomaly {} ({}, {}): {}, {place_words}, since {}. A day costs {} {currency}, expected {} ({} to {}).",
        anomaly.id.short(),
        severity.word(),
        state.word(),
        anomaly.finding.kind_words(),
        since(&anomaly.finding),
        money(day.actual),
        money(day.expected),
        money(day.lower),
        money(day.upper),
    );
    if let Some(begun) = begun(&anomaly.finding, hours) {
        out.push_str(&format!(" {begun}."));
    }
    let days = (last.0 - start.0 + 1).max(1);
    let lasted = span(days, hours.filter(|_| anomaly.finding.hourly));
    let late = match anomaly.finding.unsettled {
        0 => String::new(),
        days if i64::from(days) == i64::from(last.0 - start.0 + 1) => ", not settled yet".to_owned(),
        days => format!(", {days} of them not settled yet"),
    };
    // The last day that was seen: nothing has come since where a provider is late.
    let seen = if last > start { format!(" to {last}") } else { String::new() };
    out.push_str(&format!(" {}", impact(listed, &format!("{lasted}{seen}{late}"))));
    if let Some(silence) = silence(listed) {
        out.push_str(&format!(" {silence}."));
    }
    let who = who(&anomaly.finding);
    if !who.is_empty() {
        out.push_str(&format!(" Who: {}.", who.join(", ")));
    }
    if let Some(was) = was(&anomaly.finding) {
        out.push_str(&format!(" About {was}."));
    }
    if let Some(why) = driver.and_then(|(driver, span)| why(driver, span, code)) {
        out.push_str(&format!(" Why: {why}."));
    }
    if let Some(cancels) = &anomaly.finding.cancels {
        let other: Vec<String> = cancels.iter().map(spot).collect();
        out.push_str(&format!(" About as much moved the other way at {}.", other.join(" | ")));
    }
    if let Some(said) = said(anomaly).filter(|_| *state != State::Open) {
        out.push_str(&format!(" It was {said}."));
    }
    out.push_str(&format!(" More: spendtop anomalies show {}", anomaly.id.short()));
    out
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
