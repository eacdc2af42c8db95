//! What of a scope is refused by itself, so that the rest of it goes on: a split that is not allowed, a file that
//! cannot be taken. It is set aside for the run and told, and asked for again later. Pure.

use std::collections::BTreeMap;

use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::domain::words::count;
use crate::provider::remote::{Ask, Fault, FaultKind};
use crate::store::remote::Synced;
use crate::sync::state::{Aside, Trouble};

/// What is remembered to the next run at most; of more, all is asked for again.
const KEPT_MAX: usize = 100;

/// Seconds after which what costs nothing is asked for again by itself: a person must do something first.
const AGAIN_AFTER: i64 = 30 * 60;

/// When what was set aside is asked for again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// Once a day, since it is paid for.
    Daily,
    /// Once a day where all of a delivery was read to refuse it, which is paid for by the byte, and not before it may
    /// be taken where it was held back; the rest once a while has passed.
    Elsewhere,
    /// Once a while has passed.
    AfterAWhile,
    /// At once: somebody wishes for it.
    Now,
}

/// The first version of a delivery that was refused.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Refused {
    /// When, seconds since 1970.
    pub since: i64,
    /// When it had been written, seconds since 1970; 0 where that is not known.
    pub written: i64,
}

/// What is set aside.
#[derive(Clone)]
pub struct Asides {
    /// Before this run.
    known: BTreeMap<String, Aside>,
    /// In this run.
    now: BTreeMap<String, Aside>,
    again: Again,
    at: i64,
}

/// What it is remembered by. A delivery that was written anew is another one.
fn key(ask: &Ask) -> String {
    match ask {
        Ask::Days { feed, .. } => feed.name.clone(),
        Ask::Delivery(delivery) => format!("{} {}", delivery.name, delivery.version),
    }
}

/// Whether a fault says nothing about what else a scope is asked for: it is of a split or of a delivery, and not
/// of who asks or of the way there.
#[must_use]
pub fn is_by_itself(ask: &Ask, fault: &Fault) -> bool {
    let is_part = match ask {
        Ask::Days { feed, .. } => !feed.is_base(),
        Ask::Delivery(_) => true,
    };
    is_part && matches!(fault.kind, FaultKind::Denied | FaultKind::Refused | FaultKind::NotThere)
}

impl Asides {
    /// At the beginning of a run.
    pub fn new(known: BTreeMap<String, Aside>, again: Again, at: i64) -> Asides {
        Asides { known, now: BTreeMap::new(), again, at }
    }

    /// Whether nothing is set aside in this run.
    pub fn is_empty(&self) -> bool {
        self.now.is_empty()
    }

    /// Whether an ask is set aside for this run.
    pub fn has(&mut self, ask: &Ask, synced: &Synced) -> bool {
        let key = key(ask);
        if self.now.contains_key(&key) {
            return true;
        }
        let is_today = |aside: &Aside| Day::of_seconds(aside.at) == Day::of_seconds(self.at);
        let is_of_now = |aside: &Aside| (0..AGAIN_AFTER).contains(&(self.at - aside.at));
        let is_as_before = |aside: &Aside| aside.beside == beside(ask, synced);
        let waits = |aside: &&Aside| match self.again {
            Again::Now => false,
            // Nothing else that is stored is another one: what was held back is again, whatever it costs to read it.
            Again::Elsewhere if aside.beside.is_some() => is_as_before(aside),
            Again::AfterAWhile if aside.beside.is_some() => is_as_before(aside) && is_today(aside),
            Again::Elsewhere if aside.trouble.kind == FaultKind::Refused => is_today(aside),
            Again::Daily => is_today(aside),
            Again::Elsewhere | Again::AfterAWhile => is_of_now(aside),
        };
        let Some(aside) = self.known.get(&key).filter(waits).cloned() else { return false };
        self.now.insert(key, aside);
        true
    }

    /// Sets an ask aside that was refused just now, which is later than the run began: others may have come in it.
    pub fn put(&mut self, ask: &Ask, fault: &Fault, now: i64) {
        let aside = match ask {
            Ask::Days { .. } => {
                let Fault { kind, message, hints, .. } = fault.clone();
                Aside { split: true, ..set_aside(self.at, Trouble { kind, message, hints }) }
            }
            Ask::Delivery(delivery) => {
                // What was only being written says when it is, once it is.
                let is_judged = fault.kind != FaultKind::NotThere;
                let first = is_judged.then_some(Refused { since: now, written: delivery.written });
                let Refused { since, written } = self.refused(&delivery.name).or(first).unwrap_or_default();
                Aside { since, written, ..aside(&delivery.name, fault, self.at) }
            }
        };
        self.now.insert(key(ask), aside);
    }

    /// The same of what was held back, since it would take much away of what is stored.
    pub fn put_held_back(&mut self, ask: &Ask, fault: &Fault, now: i64, synced: &Synced) {
        self.put(ask, fault, now);
        if let Some(aside) = self.now.get_mut(&key(ask)) {
            aside.beside = beside(ask, synced);
        }
    }

    /// When a delivery of this name, in whatever version, was first refused; `None` where none is.
    pub fn refused(&self, name: &str) -> Option<Refused> {
        let is_named = |key: &str| key.rsplit_once(' ').is_some_and(|(known, _)| known == name);
        let all = self.known.iter().chain(&self.now).filter(|(key, aside)| aside.since > 0 && is_named(key));
        let first = all.map(|(_, aside)| Refused { since: aside.since, written: aside.written });
        first.min_by_key(|refused| refused.since)
    }

    /// Sets aside a delivery that cannot be asked for as it lies there; whether that is new.
    pub fn put_broken(&mut self, name: &str, fault: &Fault) -> bool {
        let broken = aside(name, fault, self.at);
        let is_new = self.known.get(name).is_none_or(|known| known.trouble != broken.trouble);
        self.now.insert(name.to_owned(), broken);
        is_new
    }

    /// Splits that the provider does not tell, and why, in words.
    pub fn untold(&self) -> impl Iterator<Item = String> {
        let splits = self.now.iter().filter(|(_, aside)| aside.split);
        splits.map(|(feed, aside)| format!("`{}` is not told: {}", SafeText::from_outside(feed), aside.trouble.message))
    }

    /// What goes wrong with deliveries, in the words of what a person can mend; `None` where nothing does.
    pub fn trouble(&self) -> Option<Trouble> {
        let deliveries = self.now.values().filter(|aside| !aside.split);
        let more = deliveries.clone().count().saturating_sub(1);
        let mut trouble = deliveries.min_by_key(|aside| !aside.trouble.kind.needs_a_person())?.trouble.clone();
        if more > 0 {
            trouble.message.push_str(&format!(" (and {} more)", count(more as u64)));
        }
        trouble.message.push_str("; all else is up to date");
        Some(trouble)
    }

    /// What to remember after a run that saw everything.
    pub fn kept(self) -> BTreeMap<String, Aside> {
        self.now.into_iter().take(KEPT_MAX).collect()
    }

    /// What to remember after a run that ended early.
    pub fn kept_so_far(mut self) -> BTreeMap<String, Aside> {
        let known = std::mem::take(&mut self.known);
        self.now.into_iter().chain(known).take(KEPT_MAX).fold(BTreeMap::new(), |mut all, (key, aside)| {
            all.entry(key).or_insert(aside);
            all
        })
    }
}

/// Why what came is not asked for again, although it is told as new: what tells it so is at fault, here or there.
pub(super) fn told_again() -> Fault {
    Fault::new(FaultKind::Garbled, "came, and is told as new again: it is not read a second time")
        .hint("its charges are stored; please report this, with what its name and its manifest look like")
}

fn set_aside(at: i64, trouble: Trouble) -> Aside {
    Aside { at, since: 0, written: 0, beside: None, split: false, trouble }
}

/// Which deliveries of a scope have come, as a text that is another one once others have, or once those are to come
/// again since what was stored of them was taken out; `None` of days.
fn beside(ask: &Ask, synced: &Synced) -> Option<String> {
    let Ask::Delivery(_) = ask else { return None };
    let mut hasher = blake3::Hasher::new();
    for (name, come) in &synced.deliveries {
        for text in [name, &come.version] {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
    }
    Some(hasher.finalize().to_hex()[..16].to_owned())
}

/// A delivery that is set aside, named in what is said of it.
fn aside(name: &str, fault: &Fault, at: i64) -> Aside {
    let name = SafeText::from_outside(name);
    let is_named = fault.message.contains(&*name);
    let message = if is_named { fault.message.clone() } else { format!("`{name}`: {}", fault.message) };
    let trouble = Trouble { kind: fault.kind, message, hints: fault.hints.clone() };
    set_aside(at, trouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{DAY_SECONDS, Period};
    use crate::provider::remote::{Delivery, Feed};
    use crate::store::remote::Delivered;

    fn feed(name: &str) -> Ask {
        let feed = Feed { name: name.into(), tells: Vec::new(), days_max: 31, reach: None, page_rows: 1 };
        Ask::Days { feed, days: Period { from: Day(20_000), to: Day(20_001) } }
    }

    fn file(version: &str) -> Ask {
        let written = version.parse().expect("a number");
        let (name, version) = ("a.csv".into(), version.into());
        Ask::Delivery(Delivery { name, version, billing_period: None, files: Vec::new(), written })
    }

    #[test]
    fn only_what_says_nothing_about_the_rest_is_by_itself() {
        let fault = |kind| Fault::new(kind, "no");
        for (ask, kind, want) in [
            (feed("hourly"), FaultKind::Denied, true),
            (feed("hourly"), FaultKind::Throttled, false),
            (feed("hourly"), FaultKind::Expired, false),
            (feed(Feed::BASE), FaultKind::Denied, false),
            (file("1"), FaultKind::Refused, true),
            (file("1"), FaultKind::NotThere, true),
            (file("1"), FaultKind::Cancelled, false),
        ] {
            assert_eq!(is_by_itself(&ask, &fault(kind)), want, "{ask:?} {kind:?}");
        }
    }

    #[test]
    fn what_was_refused_is_asked_for_again_later_and_what_is_another_at_once() {
        let (begin, none) = (20_000 * DAY_SECONDS, Synced::default());
        let refused = |ask: &Ask| {
            let mut asides = Asides::new(BTreeMap::new(), Again::Now, begin);
            asides.put(ask, &Fault::new(FaultKind::Refused, "no"), begin);
            assert!(asides.has(ask, &none) && asides.trouble().is_some() != asides.untold().next().is_some());
            asides.kept()
        };
        for (again, after, want) in [
            (Again::Daily, DAY_SECONDS - 1, true),
            (Again::Daily, DAY_SECONDS, false),
            (Again::AfterAWhile, 60, true),
            (Again::AfterAWhile, AGAIN_AFTER, false),
            (Again::AfterAWhile, -60, false),
            (Again::Now, 60, false),
        ] {
            let mut asides = Asides::new(refused(&feed("hourly")), again, begin + after);
            assert_eq!(asides.has(&feed("hourly"), &none), want, "{again:?} {after}");
            assert_eq!(asides.is_empty(), !want);
            let mut asides = Asides::new(refused(&file("1")), again, begin + after);
            assert!(!asides.has(&file("2"), &none));
        }
    }

    #[test]
    fn what_was_held_back_is_asked_for_again_once_it_may_be_taken() {
        let (begin, come) = (20_000 * DAY_SECONDS, |version: &str| {
            let delivered = Delivered { version: version.into(), at: 7 };
            Synced { deliveries: BTreeMap::from([("b.csv".to_owned(), delivered)]), ..Synced::default() }
        });
        let put = |is_held_back: bool| {
            let (mut asides, fault) =
                (Asides::new(BTreeMap::new(), Again::Now, begin), Fault::new(FaultKind::Refused, "no"));
            match is_held_back {
                true => asides.put_held_back(&file("1"), &fault, begin, &come("1")),
                false => asides.put(&file("1"), &fault, begin),
            }
            asides.kept()
        };
        for (is_held_back, again, after, beside, want) in [
            (true, Again::Elsewhere, 400 * DAY_SECONDS, "1", true),
            (true, Again::Elsewhere, 60, "2", false),
            (true, Again::Elsewhere, 60, "", false),
            (true, Again::AfterAWhile, DAY_SECONDS - 1, "1", true),
            (true, Again::AfterAWhile, DAY_SECONDS, "1", false),
            (true, Again::AfterAWhile, 60, "2", false),
            (true, Again::Now, 60, "1", false),
            (false, Again::Elsewhere, DAY_SECONDS - 1, "2", true),
            (false, Again::Elsewhere, DAY_SECONDS, "1", false),
            (false, Again::AfterAWhile, AGAIN_AFTER, "1", false),
        ] {
            let mut asides = Asides::new(put(is_held_back), again, begin + after);
            assert_eq!(asides.has(&file("1"), &come(beside)), want, "{is_held_back} {again:?} {after} {beside}");
        }
    }

    #[test]
    fn since_when_a_file_is_refused_is_known_although_it_was_written_anew() {
        let mut known = BTreeMap::new();
        // The first time it was still being written, which says nothing about what it tells.
        for (at, version, kind, want) in [
            (5, "1", FaultKind::NotThere, None),
            (6, "2", FaultKind::Refused, Some(Refused { since: 9, written: 2 })),
            (8, "2", FaultKind::Refused, Some(Refused { since: 9, written: 2 })),
            (9, "3", FaultKind::NotThere, Some(Refused { since: 9, written: 2 })),
        ] {
            let mut asides = Asides::new(known, Again::Now, at);
            asides.put(&file(version), &Fault::new(kind, "no"), at + 3);
            known = asides.kept();
            let asides = Asides::new(known.clone(), Again::Now, 10);
            assert_eq!((asides.refused("a.csv"), asides.refused("b.csv")), (want, None));
        }
    }

    #[test]
    fn what_a_person_can_mend_is_told_first_and_a_split_by_itself() {
        let mut asides = Asides::new(BTreeMap::new(), Again::Now, 7);
        assert!(asides.put_broken("2026-10", &Fault::new(FaultKind::NotThere, "2026-10 is half written")));
        asides.put(&file("1"), &Fault::new(FaultKind::Denied, "not allowed").hint("allow it"), 7);
        asides.put(&feed("hourly"), &Fault::new(FaultKind::Denied, "not switched on"), 7);
        let trouble = asides.trouble().expect("trouble");
        assert_eq!(trouble.message, "`a.csv`: not allowed (and 1 more); all else is up to date");
        assert_eq!(trouble.hints, ["allow it"]);
        assert_eq!(asides.untold().collect::<Vec<_>>(), ["`hourly` is not told: not switched on"]);
        let mut again = Asides::new(asides.kept_so_far(), Again::Now, 8);
        assert!(!again.put_broken("2026-10", &Fault::new(FaultKind::NotThere, "2026-10 is half written")));
        assert_eq!(again.trouble().expect("trouble").message, "2026-10 is half written; all else is up to date");
    }
}
