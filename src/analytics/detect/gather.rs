//! Pieces of one cause: what several places that have a part in common did on the same days, told as one.
//!
//! A place that moved may not be out of its own band, where its pieces are: a service that also leaps
//! elsewhere hides what it did in one region. Those pieces would each be told.

use super::event::Event;
use super::explain::{Cause, Left};
use super::place::Place;
use super::tree::{Alarm, Anomaly, Kind, TOGETHER, Tree};

/// The share of its pieces' moves that a place must have, and the most: what is much more is another cause.
const SHARE: (f64, f64) = (0.3, 3.0);

impl Tree<'_> {
    /// Tells pieces that moved together as the place that they are of.
    pub(super) fn gather(&self, mut found: Vec<Anomaly>, causes: &[Cause]) -> Vec<Anomaly> {
        let mut i = 0;
        while i < found.len() {
            match self.whole(&found, i, causes) {
                Some((whole, pieces)) => {
                    let mut at = 0..;
                    found.retain(|_| !at.next().is_some_and(|at| pieces.contains(&at)));
                    found.push(whole);
                    i = 0;
                }
                None => i += 1,
            }
        }
        found
    }

    /// The anomaly that one and others are pieces of, if there is one, and which those are.
    fn whole(&self, found: &[Anomaly], one: usize, causes: &[Cause]) -> Option<(Anomaly, Vec<usize>)> {
        let wider = found[one].place.parts().iter().map(|part| Place::of([part]));
        let groups = wider.map(|place| {
            let are_pieces = |other: &usize| {
                let other = &found[*other];
                place.holds(&other.place) && place != other.place && go_together(&found[one], other)
            };
            let pieces: Vec<usize> = (0..found.len()).filter(are_pieces).collect();
            (place, pieces)
        });
        let (place, pieces) = groups.max_by_key(|(_, pieces)| pieces.len()).filter(|(_, pieces)| pieces.len() > 1)?;
        let moved: f64 = pieces.iter().map(|piece| found[*piece].moved).sum();
        let largest = pieces.iter().copied().max_by(|a, b| found[*a].moved.abs().total_cmp(&found[*b].moved.abs()))?;
        let alarm = Alarm { at: *self.by_place.get(&place)?, event: found[largest].event, born: false };
        let left = Left::new(self, &alarm, &[], causes);
        let at = self.down(alarm.at, &left);
        let is_inside_one = |piece: &usize| found[*piece].place.holds(&self.watched[at].node.place);
        if pieces.iter().any(is_inside_one) || !(SHARE.0..=SHARE.1).contains(&(left.of(at) / moved)) {
            return None;
        }
        let mut whole = self.anomaly(at, &alarm, &left);
        if whole.event == alarm.event.only(left.share(at)) {
            whole.event = sum(pieces.iter().map(|piece| &found[*piece].event), whole.event);
        }
        whole.event.found = pieces.iter().map(|piece| found[*piece].event.found).min()?;
        Some((whole, pieces))
    }
}

/// Whether two may be pieces of one cause: they moved the same way from the same days on.
fn go_together(one: &Anomaly, other: &Anomaly) -> bool {
    let is_move = |kind: Kind| matches!(kind, Kind::Moved(_));
    is_move(one.kind)
        && is_move(other.kind)
        && one.event.direction == other.event.direction
        && (one.event.start - other.event.start).abs() <= TOGETHER
}

/// The events of pieces as one of all of them.
fn sum<'e>(pieces: impl Iterator<Item = &'e Event>, like: Event) -> Event {
    let none = Event { impact: 0.0, rate: 0.0, actual: 0.0, expected: 0.0, lower: 0.0, upper: 0.0, score: 0.0, ..like };
    pieces.fold(none, |all, piece| Event {
        start: all.start.min(piece.start),
        last: all.last.max(piece.last),
        score: all.score.max(piece.score),
        actual: all.actual + piece.actual,
        expected: all.expected + piece.expected,
        lower: all.lower + piece.lower,
        upper: all.upper + piece.upper,
        impact: all.impact + piece.impact,
        rate: all.rate + piece.rate,
        steps: all.steps.max(piece.steps),
        ..all
    })
}
