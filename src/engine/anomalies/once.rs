//! Each cause once: what several of the anomalies that were found have in common, the charges tell.
//!
//! The detector knows places and pairs of them by their sums, and so tells one move twice where two places cross in
//! the very charges that moved, or where something but changed its name. Here, of a few anomalies, the gravest:
//!
//! 1. **Names.** What lost its tag, got another or came in other SKUs moved nothing: of tags the rise is told, which
//!    has the others as what cancels it; of SKUs nothing.
//! 2. **Place.** One service of one account that has nearly all of a move is where it is, whatever place it showed at:
//!    so the same is at the same place the next time.
//! 3. **Overlap.** Of those that began together and move the same charges the one is told that explains most, the
//!    highest first; one that began later is none where the earlier had moved it by then, or climbs through both.

use super::bill::{Bill, word_of};
use super::cause::{Common, Looker};
use super::cells::{self, Cells, Move};
use super::find::{self, Found};
use crate::analytics::detect::event::{Event, Shape};
use crate::analytics::detect::inside::is_inside;
use crate::analytics::detect::place::{Part, Place};
use crate::analytics::detect::tree::{self, Kind};
use crate::domain::anomaly::{Contributor, Finding, HELD_DAYS, Kind as Told};
use crate::domain::calendar::Period;
use crate::domain::dimension::Dimension;
use crate::domain::text::UNTOLD;
use crate::error::Result;

/// Anomalies of one currency whose charges are looked at, at most.
const LOOKED_AT: usize = 50;
/// The share of a move that must be another's for it to be no move of its own.
const SAME: f64 = 0.7;
/// The share of a move from which on it is told whose it was before.
const PART: f64 = 0.1;
/// By how much of it moves may differ to be of one size.
const EQUAL: f64 = 0.1;
/// Days between the beginnings of what has one cause.
const TOGETHER: i32 = 2;
/// The same where one of them moves slowly.
const TOGETHER_SLOW: i32 = 10;
/// The share of a move that one service of one account must have for it to be the place, and how much more of the
/// move than of the cost that must be.
pub(super) const MOST: f64 = 0.8;
pub(super) const LIFT: f64 = 0.08;
/// The share of a place's cost that makes another place the same.
const ALL: f64 = 0.95;
/// How many times a place's cost another one may have had before and still tell its move as well.
const MUCH_WIDER: f64 = 4.0;
/// How much later moves may add to what an earlier one had moved already.
pub(super) const MORE: f64 = 0.4;
/// Of a rise that is seen later at one place than at another: the share of it that must have come before, and the share
/// that the later one must be off by. One that only began then has not both: what had come before is expected of it.
const BEGUN: f64 = 0.25;
const WHOLE: f64 = 0.75;

/// The share of what a SKU cost, before or since, from which on its move may be another's that it does not nearly make up
/// for: what costs much more always moves by as much.
const MUCH: f64 = 0.3;
/// How many times as much of its cost a sharp rise is as a slow one that it is no part of; and the share of that which such
/// rises have for it to be but their sum.
const SHARPER: f64 = 3.0;
const HALF: f64 = 0.5;

/// An anomaly with its charges, where they were looked at.
struct Case {
    found: Found,
    cells: Option<Cells>,
}

impl Case {
    fn place(&self) -> &Place {
        &self.found.raw.place
    }

    fn moved(&self) -> f64 {
        self.cells.as_ref().map_or(self.found.raw.moved, |cells| cells.whole().by())
    }

    /// The part of its place that is of a dimension.
    fn part(&self, is: impl Fn(&str) -> bool) -> Option<&Part> {
        self.place().parts().iter().find(|part| is(&part.dimension))
    }
}

fn is_tag(dimension: &str) -> bool {
    dimension.starts_with("tag:")
}

/// Whether a dimension only says where or whose something is, not what costs or who pays.
fn is_beside(dimension: &str) -> bool {
    dimension == "region" || is_tag(dimension)
}

/// Whether an anomaly is about money that moved, not about a commitment.
fn is_plain(found: &Found) -> bool {
    let commitment = word_of(&Dimension::CommitmentDiscount);
    found.raw.place.parts().iter().all(|part| part.dimension != commitment)
}

/// Days between the beginnings of what may have one cause.
fn reach(one: Shape, other: Shape) -> i32 {
    if [one, other].contains(&Shape::Ramp) { TOGETHER_SLOW } else { TOGETHER }
}

/// Whether two began together.
fn together(one: &Case, other: &Case) -> bool {
    let [(a, shape), (b, other)] = [one, other].map(|case| (case.found.finding.start, case.found.raw.event.shape));
    (a.0 - b.0).abs() <= reach(shape, other)
}

/// Tells each cause of `found` once.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub(super) fn tell(looker: &Looker<'_>, found: &mut Vec<Found>) -> Result<()> {
    let mut all = std::mem::take(found);
    all.sort_by_key(|found| (!is_plain(found), std::cmp::Reverse(found.finding.impact.abs())));
    let by = cells::by(looker.bill);
    let looked_at: Vec<&Finding> =
        all.iter().take(LOOKED_AT).take_while(|found| is_plain(found)).map(|found| &found.finding).collect();
    let cells = looker.cells(&looked_at, &by)?.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    let mut cases: Vec<Case> = all.into_iter().zip(cells).map(|(found, cells)| Case { found, cells }).collect();
    leave_out_skus(looker, &mut cases)?;
    leave_out_tags(looker, &mut cases, &by)?;
    let settled = cases.iter().enumerate().filter_map(|(at, case)| {
        let moved = settle(looker.bill, &case.found, case.cells.as_ref()?)?;
        Some((at, moved))
    });
    let settled: Vec<(usize, Found)> = settled.collect();
    let places: Vec<&Finding> = settled.iter().map(|(_, found)| &found.finding).collect();
    let cells = looker.cells(&places, &by)?;
    for ((at, found), cells) in settled.into_iter().zip(cells) {
        cases[at] = Case { found, cells: Some(cells) };
    }
    found.extend(explained(looker, cases)?.into_iter().map(|case| case.found));
    Ok(())
}

/// The charges around each of the cases at a place of some dimension, the place without it, and the share of the
/// move that only changed its name in that, with others that moved by such a share of their cost at least.
fn renamed(
    looker: &Looker<'_>,
    cases: &[Case],
    is: impl Fn(&str) -> bool,
    by: &[Dimension],
    least: f64,
) -> Result<Vec<Option<(Part, Cells, f64)>>> {
    let part = |case: &Case| case.part(&is).filter(|_| case.cells.is_some()).cloned();
    let parts: Vec<Option<Part>> = cases.iter().map(part).collect();
    let around = |(case, part): (&Case, &Option<Part>)| {
        let mut around = case.found.finding.clone();
        around.place.retain(|spot| part.as_ref().is_some_and(|part| word_of(&spot.dimension) != part.dimension));
        part.is_some().then_some(around)
    };
    let places: Vec<Finding> = cases.iter().zip(&parts).filter_map(around).collect();
    let mut cells = looker.cells(&places.iter().collect::<Vec<_>>(), by)?.into_iter();
    let mut renamed = |part: Part| {
        let cells = cells.next().unwrap_or_default();
        let share = cells.renamed(&part, least);
        (part, cells, share)
    };
    Ok(parts.into_iter().map(|part| part.map(&mut renamed)).collect())
}

/// Leaves out what came in other SKUs of the same service and account.
fn leave_out_skus(looker: &Looker<'_>, cases: &mut Vec<Case>) -> Result<()> {
    let by = [Dimension::SubAccount, Dimension::Service, Dimension::Sku];
    let sku = word_of(&Dimension::Sku);
    let mut renamed = renamed(looker, cases, |dimension| dimension == sku, &by, MUCH)?.into_iter();
    cases.retain(|_| renamed.next().flatten().is_none_or(|(_, _, share)| share < SAME));
    Ok(())
}

/// Leaves out what only got another tag, and tells what lost it by the rise alone: nothing fell, and whose it was before
/// stands with it. What never had a tag lost none: it is told as the move that it is, wherever that is.
fn leave_out_tags(looker: &Looker<'_>, cases: &mut Vec<Case>, by: &[Dimension]) -> Result<()> {
    let mut renamed = renamed(looker, cases, is_tag, by, 0.0)?.into_iter();
    let mut relabelled = Vec::new();
    cases.retain_mut(|case| {
        let Some((part, around, share)) = renamed.next().flatten() else { return true };
        if share < SAME {
            if case.found.raw.kind == Kind::Untagged && never_had_one(case, &around, &part) {
                case.found.raw.kind = Kind::Moved(case.found.raw.event.shape);
                case.found.finding = find::finding(looker.bill, &case.found.raw).unwrap_or(case.found.finding.clone());
            }
            return true;
        }
        relabelled.push(case.found.raw.place.clone());
        if !case.found.finding.rises || !part.value.is_empty() {
            return false;
        }
        let was = fell(looker.bill, &around, &part, case.moved());
        case.found.finding.contributors.retain(|c| word_of(&c.spot.dimension) != part.dimension);
        case.found.finding.contributors.extend(was);
        case.found.finding.relabelled = true;
        case.found.finding.severity = find::weigh(&case.found.finding, looker.bill.daily);
        true
    });
    // Nothing fell or rose there: it cancels nothing, and nothing cancels it.
    let is_none = |place: &Place| relabelled.contains(place);
    for Found { raw, finding } in cases.iter_mut().map(|case| &mut case.found) {
        if is_none(&raw.place) || raw.cancels.as_ref().is_some_and(is_none) {
            (raw.cancels, finding.cancels) = (None, None);
        }
    }
    Ok(())
}

/// Whether most of what rose without a tag is of one service of one account that never had one.
fn never_had_one(case: &Case, around: &Cells, part: &Part) -> bool {
    let Some(place) = case.cells.as_ref().and_then(|cells| pair(&case.found, cells)) else { return false };
    let untagged = Place::of(place.parts().iter().chain([part]));
    let (Some(all), Some(own)) = (around.within(&place), around.within(&untagged)) else { return false };
    own.then > 0.0 && own.then >= ALL * all.then
}

/// The other values of a dimension that fell where one rose.
fn fell(bill: &Bill, around: &Cells, part: &Part, moved: f64) -> Vec<Contributor> {
    let pieces = around.pieces(&[part.dimension.as_str()]);
    let mut fell: Vec<Contributor> = pieces
        .iter()
        .filter(|(place, piece)| piece.by() / moved <= -PART && !place.parts().contains(part))
        .filter_map(|(place, piece)| {
            let [of] = place.parts() else { return None };
            let spot = bill.spot(&of.dimension, &of.value)?;
            Some(Contributor { spot, share: piece.by() / moved, moved: find::estimate(piece.by()) })
        })
        .collect();
    fell.sort_by(|a, b| a.share.total_cmp(&b.share));
    fell
}

/// An anomaly at the place that its charges say it is at, if that is another one that is out by itself.
fn settle(bill: &Bill, found: &Found, cells: &Cells) -> Option<Found> {
    let raw = &found.raw;
    let is_sku = |part: &Part| part.dimension == word_of(&Dimension::Sku);
    if !matches!(raw.kind, Kind::Moved(_)) || raw.place.parts().iter().any(is_sku) {
        return None;
    }
    let is_near = |place: &Place| {
        let (own, other) = (cost_before(bill, raw, &raw.place), cost_before(bill, raw, place));
        own.zip(other).is_some_and(|(own, other)| other <= MUCH_WIDER * own)
    };
    let pair = pair(found, cells).filter(is_near);
    let place = pair.or_else(|| single(found, cells)).or_else(|| wider(bill, found))?;
    let place = of_its_provider(bill, &raw.place, place)?;
    if place == raw.place {
        return None;
    }
    let node = bill.node(&place)?;
    let events = tree::events(node, i64::from(bill.first.0), bill.settled, &find::settings(bill.daily));
    let near = |event: &&Event| {
        let apart = (event.start - raw.event.start).abs();
        event.direction == raw.event.direction && apart <= i64::from(reach(event.shape, raw.event.shape))
    };
    let own = events.iter().filter(near).min_by_key(|event| (event.start - raw.event.start).abs())?;
    let raw = tree::Anomaly {
        place,
        kind: Kind::Moved(own.shape),
        event: Event { found: own.found.min(raw.event.found), ..*own },
        moved: own.impact / f64::from(own.steps.max(1)),
        is_net: false,
        has_further: false,
        contributors: Vec::new(),
        cancels: raw.cancels.clone(),
    };
    let finding = find::finding(bill, &raw)?;
    // Where it shows as something smaller, or not as long, is not where it is.
    let as_much =
        finding.impact.ratio(found.finding.impact).is_some_and(|ratio| (SAME..=SAME.recip()).contains(&ratio));
    as_much.then_some(Found { finding, raw })
}

/// The place that one is to be told at, which is of its provider alone: of a name that others have as well the service of
/// the one provider is; `None` where there is no such place.
fn of_its_provider(bill: &Bill, own: &Place, place: Place) -> Option<Place> {
    let [provider] = &bill.node(own)?.providers[..] else { return Some(place) };
    if bill.node(&place)?.providers.iter().all(|of| of == provider) {
        return Some(place);
    }
    let service = place.parts().iter().find(|part| part.dimension == word_of(&Dimension::Service))?;
    let provider = Part { dimension: word_of(&Dimension::Provider), value: provider.clone() };
    Some(Place::of([service, &provider])).filter(|place| bill.node(place).is_some())
}

/// The one service of one account that has nearly all of a move, and more of it than of the cost; or of whose cost
/// the place is but another view.
fn pair(found: &Found, cells: &Cells) -> Option<Place> {
    let whole = cells.whole();
    if (whole.by() > 0.0) != found.finding.rises {
        return None;
    }
    let pieces = cells.pieces(&["account", "service"]);
    let (place, piece) =
        pieces.into_iter().max_by(|a, b| (a.1.by() / whole.by()).total_cmp(&(b.1.by() / whole.by())))?;
    let known = place.depth() == 2 && place.parts().iter().all(|part| !part.value.is_empty() && part.value != UNTOLD);
    let (share, cost) = (piece.by() / whole.by(), piece.then / whole.then.max(f64::MIN_POSITIVE));
    let is_view = found.raw.place.depth() > 1 || found.raw.place.parts().iter().any(|part| is_beside(&part.dimension));
    let is_it = share - cost >= LIFT || is_view && cost >= ALL;
    (known && share >= MOST && is_it).then_some(place)
}

/// Of all that a provider costs, or all there is: the one service or account that has nearly all of a move.
fn single(found: &Found, cells: &Cells) -> Option<Place> {
    let is_wide = found.raw.place.parts().iter().all(|part| part.dimension == word_of(&Dimension::Provider));
    let whole = cells.whole();
    let one = |dimension: &str| {
        let shares = cells
            .pieces(&[dimension])
            .into_iter()
            .map(|(place, piece)| (piece.by() / whole.by(), piece.then / whole.then.max(f64::MIN_POSITIVE), place));
        shares.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    let told = |place: &Place| place.parts().iter().all(|part| !part.value.is_empty() && part.value != UNTOLD);
    let is_it = |(share, cost, place): &(f64, f64, Place)| *share >= MOST && share - cost >= LIFT && told(place);
    let found = ["service", "account"].into_iter().filter_map(one).filter(is_it);
    // Of both the one that is the smaller part of what it cost before.
    found.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(.., place)| place).filter(|_| is_wide)
}

/// What a place cost in the weeks before an anomaly.
fn cost_before(bill: &Bill, raw: &tree::Anomaly, place: &Place) -> Option<f64> {
    let costs = &bill.node(place)?.costs;
    let to = usize::try_from(raw.event.start - i64::from(bill.first.0)).ok()?.min(costs.len());
    Some(costs[to.saturating_sub(HELD_DAYS as usize * 4)..to].iter().flatten().sum())
}

/// The place without its region or tag, where that leaves nothing out.
fn wider(bill: &Bill, found: &Found) -> Option<Place> {
    let raw = &found.raw;
    let own = cost_before(bill, raw, &raw.place)?;
    let narrows = |part: &&Part| is_beside(&part.dimension);
    let without = |out: &Part| Place::of(raw.place.parts().iter().filter(|part| *part != out));
    let wider = raw.place.parts().iter().filter(narrows).map(without).filter(|place| place.depth() > 0);
    wider.into_iter().find(|place| cost_before(bill, raw, place).is_some_and(|all| own > 0.0 && own >= ALL * all))
}

/// Those that are left when what another explains is taken out.
fn explained(looker: &Looker<'_>, cases: Vec<Case>) -> Result<Vec<Case>> {
    let (mut pairs, mut asked) = (Vec::new(), Vec::new());
    for (at, cause) in cases.iter().enumerate() {
        for (other, case) in
            cases.iter().enumerate().filter(|(other, case)| at != *other && may_explain(looker.bill, cause, case))
        {
            let from = asked.len();
            asked.extend(in_common(case, cause));
            pairs.push((at, other, from..asked.len()));
        }
    }
    let moved = looker.moved(&asked)?;
    let (mut explains, mut sharper) = (vec![Vec::new(); cases.len()], vec![Vec::new(); cases.len()]);
    for (at, other, range) in pairs {
        if is_explained(&cases[other], &cases[at], &moved[range]) {
            let is_sharper = is_sharper(&cases[other], &cases[at]);
            let of = if is_sharper { &mut sharper } else { &mut explains };
            of[at].push(other);
        }
    }
    let is_left = cases.iter().zip(&sharper).map(|(case, sharper)| !is_made_of(case, sharper, &cases));
    let mut is_left: Vec<bool> = is_left.collect();
    let mut told = vec![false; cases.len()];
    while let Some(best) = best(&cases, &explains, &is_left, &told) {
        told[best] = true;
        explains[best].iter().filter(|other| !told[**other]).for_each(|other| is_left[*other] = false);
    }
    Ok(cases.into_iter().zip(is_left).filter(|(_, left)| *left).map(|(case, _)| case).collect())
}

/// Whether a case was seen to the day and is far more of what its place costs than a slow rise that had begun, or was seen,
/// days off: it is no part of that, which may be but the sum of such.
fn is_sharper(case: &Case, slow: &Case) -> bool {
    let late = |case: &Case| case.found.raw.event.found - case.found.raw.event.start;
    let by = |case: &Case| {
        let day = case.found.finding.day;
        (day.actual - day.expected).ratio(day.expected).map_or(f64::INFINITY, f64::abs)
    };
    let [start, began] = [case, slow].map(|case| case.found.raw.event.start);
    let is_slow = late(slow).max(start - began) > i64::from(TOGETHER);
    is_slow && slow.found.raw.event.shape == Shape::Ramp && late(case) <= 1 && by(case) >= SHARPER * by(slow)
}

/// Whether most of a slow rise is that of sharper ones.
fn is_made_of(slow: &Case, sharper: &[usize], cases: &[Case]) -> bool {
    let mut parts: Vec<&Case> = sharper.iter().map(|at| &cases[*at]).collect();
    parts.sort_by(|a, b| b.moved().abs().total_cmp(&a.moved().abs()));
    let mut apart: Vec<&Case> = Vec::new();
    for part in parts {
        if !apart.iter().any(|other| other.place().meet(part.place()).is_some()) {
            apart.push(part);
        }
    }
    apart.iter().map(|part| part.moved()).sum::<f64>() / slow.moved() >= HALF
}

/// Of those that are neither told nor explained the one that explains most; of equals the highest.
fn best(cases: &[Case], explains: &[Vec<usize>], is_left: &[bool], told: &[bool]) -> Option<usize> {
    let money = |at: usize| {
        let others = explains[at].iter().filter(|other| is_left[**other] && !told[**other]);
        cases[at].moved().abs() + others.map(|other| cases[*other].moved().abs()).sum::<f64>()
    };
    let rank = |at: usize| {
        let place = cases[at].place();
        let beside = place.parts().iter().filter(|part| is_beside(&part.dimension)).count();
        (place.depth(), beside, place)
    };
    (0..cases.len()).filter(|at| is_left[*at] && !told[*at]).reduce(|best, at| {
        let (most, more) = (money(best), money(at));
        let as_much = (more - most).abs() <= EQUAL * most.abs().max(more.abs());
        let is_better = if as_much { rank(at) < rank(best) } else { more > most };
        if is_better { at } else { best }
    })
}

/// Whether it is worth a look if what moved in one case is what moved in another.
fn may_explain(bill: &Bill, cause: &Case, case: &Case) -> bool {
    let (own, of) = (&case.found.finding, &cause.found.finding);
    let known = case.cells.is_some() && cause.cells.is_some();
    let is_move = matches!(case.found.raw.kind, Kind::Moved(_)) && of.kind != Told::Expired;
    if !known || !is_move || own.rises != of.rises {
        return false;
    }
    // What has ended does not explain what goes on; and what holds it all and began later, or ended a day before it did,
    // was found to be another move already, as was what is told without what is within it.
    let node = |place: &Place| bill.node(place);
    let is_inside = |narrow: &Case, wide: &Case| {
        node(narrow.place()).zip(node(wide.place())).is_some_and(|(narrow, wide)| is_inside(narrow, wide, node))
    };
    let holds = is_inside(case, cause);
    let lasts = if holds { of.last >= own.last } else { of.last.plus(TOGETHER) >= own.last };
    let begins = if holds { of.start <= own.start } else { together(case, cause) || of.start < own.start };
    let meet = || case.place().meet(cause.place()).is_some();
    let is_off_already = || case.found.raw.is_net && is_inside(cause, case);
    lasts && begins && meet() && !is_off_already()
}

/// What is asked of the charges that two places have in common: of those that began together nothing where the cells
/// know it; else how much they had moved when the later one began, and how much they have by now.
fn in_common<'c>(case: &'c Case, cause: &'c Case) -> Vec<Common<'c>> {
    let (own, of) = (&case.found.finding, &cause.found.finding);
    let places = [of.place.as_slice(), own.place.as_slice()];
    if together(case, cause) {
        let known = case.cells.as_ref().is_some_and(|cells| cells.within(cause.place()).is_some());
        let (now, then) = own.held();
        return (!known).then_some(Common { places, now, then }).into_iter().collect();
    }
    let begun = Period { from: of.start.max(own.start.plus(-HELD_DAYS)), to: own.start };
    let since = |now: Period| Common { places, now, then: of.before(now) };
    vec![since(begun), since(own.held().0)]
}

/// Whether both go on, and one was seen so much later that a slow rise may be both: in the noise of one place its first
/// days are lost longer than in that of another.
fn may_climb_in_both(case: &Case, cause: &Case) -> bool {
    let (own, of) = (&case.found.finding, &cause.found.finding);
    let is_later = (of.start..=of.start.plus(TOGETHER_SLOW)).contains(&own.start);
    is_later && own.rises && own.course.is_going() && of.course.is_going()
}

/// Whether what the later of two is off a day is what both have in common, which had moved so much when it began, and has by
/// now.
fn climbed_in_both(off: f64, then: f64, now: f64) -> bool {
    now > 0.0 && then / now >= BEGUN && off / now >= WHOLE && now / off >= SAME
}

/// Whether what moved in one case is what moved in another: of those that began together most of it, else an earlier
/// cause had moved most of it when the later anomaly began, and little came to it; or it rose through both.
fn is_explained(case: &Case, cause: &Case, moved: &[f64]) -> bool {
    if let [then, now] = moved {
        let own = case.found.raw.moved;
        let day = case.found.finding.day;
        let off = (day.actual - day.expected).to_f64();
        let had_moved = own != 0.0 && then / own >= SAME && (now - then) / own <= MORE;
        return had_moved || may_climb_in_both(case, cause) && climbed_in_both(off, *then, *now);
    }
    let Some(cells) = &case.cells else { return false };
    let own = cells.whole().by();
    let shared = cells.within(cause.place()).map(Move::by).or(moved.first().copied());
    (own > 0.0) == case.found.finding.rises && shared.is_some_and(|shared| shared / own >= SAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_rise_seen_later_at_another_place_is_the_same_and_a_second_step_is_not() {
        for (off, then, now, want, what) in [
            (8.6, 4.3, 9.8, true, "a climb of 8 % a day, seen three days later"),
            (20.5, 10.2, 20.4, true, "the same five days later"),
            (100.0, 100.0, 200.0, false, "a step upon a step, whose forecast knew the first"),
            (200.0, 40.0, 240.0, false, "a large step upon a small one"),
            (40.0, 0.0, 40.0, false, "nothing had come before"),
            (300.0, 40.0, 100.0, false, "most of it is elsewhere"),
            (20.0, -5.0, -20.0, false, "what they have in common fell"),
        ] {
            assert_eq!(climbed_in_both(off, then, now), want, "{what}");
        }
    }
}
