//! Hears when another process wishes for a sync of whoever syncs.
//!
//! By the system's word of a file beside the store; where that tells of no files nothing is heard.

use std::sync::{Arc, Mutex, PoisonError};

use super::watch::{self, Watch};
use crate::clock;
use crate::sync::state::{Place, is_telling};
use crate::sync::task::Syncer;

/// How long a wish that nobody has heard is worth fulfilling, in seconds: later all is due by itself.
const KEEPS: i64 = 8 * 3_600;

/// A wish is heard until this is dropped.
pub struct Hearing {
    _watch: Option<Watch>,
}

/// Has all scopes asked whenever another process wishes for it from now on.
#[must_use]
pub fn hear(place: &Place, syncer: &Arc<Syncer>) -> Hearing {
    let (heard, place, theirs) = (Mutex::new(place.asked_at()), place.clone(), Arc::downgrade(syncer));
    let folder = place.folder().to_owned();
    let changed = move || {
        let (asked, mut heard) = (place.asked_at(), heard.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(syncer) = theirs.upgrade().filter(|_| asked > 0 && asked != *heard) {
            *heard = asked;
            syncer.ask_now();
        }
    };
    Hearing { _watch: watch::watch(&folder, is_telling, changed).ok() }
}

/// Whether somebody wished for a sync of a process that has ended before it began one of every scope that it could.
/// One that its provider wants left alone keeps no wish alive: for its sake all others would be asked, and paid for,
/// with each start.
#[must_use]
pub fn is_left_over(place: &Place, syncer: &Syncer) -> bool {
    let (asked, now) = (place.asked_at(), clock::now_seconds());
    syncer.begun_without_a_wish(now).is_some_and(|begun| asked > begun) && (0..KEEPS).contains(&(now - asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Result};
    use crate::provider::CostSource;
    use crate::provider::folder::Watched;
    use crate::provider::remote::pace::Pace;
    use crate::provider::remote::{Costs, FaultKind};
    use crate::store::remote::Synced;
    use crate::sync::ingest::{Options, Outcome, Watcher};
    use crate::sync::meter::Caps;
    use crate::sync::state::{Standing, State, Trouble};
    use crate::sync::task::{self, Connection, Vault};

    const HOUR: i64 = 3_600;

    struct Nothing;

    impl Vault for Nothing {
        fn scope(&self, _: &str) -> Result<Synced> {
            Err(Error::store("out of order"))
        }

        fn take(&self, _: &mut dyn CostSource, _: &Options, _: &dyn Watcher) -> Result<Outcome> {
            Err(Error::store("out of order"))
        }

        fn settle(&self, _: &[String]) -> Result<()> {
            Err(Error::store("out of order"))
        }
    }

    /// Whether a wish of an hour before `now` is left over, where scopes stand so.
    fn is_left(now: i64, standings: &[Standing]) -> bool {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        place.prepare().expect("folder");
        let scope = |at: usize| -> Arc<dyn Costs> {
            Arc::new(Watched::new(&format!("folder.{at}"), folder.path().join("bills"), 1))
        };
        let connection = Connection {
            name: "folder".into(),
            every: Some(8 * HOUR),
            months: 1,
            caps: Caps::default(),
            accept_partial: false,
            scopes: (0..standings.len()).map(scope).collect(),
        };
        let known = standings.iter().enumerate().map(|(at, standing)| (format!("folder.{at}"), standing.clone()));
        place.write(&State { scopes: known.collect(), ..State::default() }).expect("written");
        place.ask(now - HOUR).expect("asked");
        let runtime = task::runtime().expect("threads");
        let (net, time) = (runtime.handle().clone(), Arc::new(clock::now_seconds));
        let connections = Arc::new(vec![connection]);
        let syncer = Syncer::new(connections, Arc::new(Nothing), Some(place.clone()), time, net, Pace::default());
        let left = is_left_over(&place, &syncer);
        runtime.shutdown_background();
        left
    }

    #[test]
    fn a_wish_is_left_over_where_who_may_be_asked_was_not() {
        let now = clock::now_seconds();
        let begun = |before: i64| Standing { begun_at: now - before, good_at: now - before, ..Standing::default() };
        let held = |wait: i64| {
            let trouble = Trouble { kind: FaultKind::Throttled, message: "fewer".into(), hints: Vec::new() };
            Standing { not_before: now + wait, trouble: Some(trouble), ..begun(3 * HOUR) }
        };
        for (what, standings, want) in [
            ("before it was asked", vec![begun(2 * HOUR)], true),
            ("since it was asked", vec![begun(HOUR / 2)], false),
            ("one of two", vec![begun(HOUR / 2), begun(2 * HOUR)], true),
            ("the other is left alone", vec![begun(HOUR / 2), held(5 * HOUR)], false),
            ("the other was left alone, and is due by itself", vec![begun(HOUR / 2), held(-HOUR / 4)], false),
            ("one was not, another is left alone", vec![begun(2 * HOUR), held(5 * HOUR)], true),
            ("never", vec![Standing::default()], false),
        ] {
            assert_eq!(is_left(now, &standings), want, "{what}");
        }
    }
}
