//! Syncing in the line mode: how it stands in sentences, and what is told of it by itself.
//!
//! Pure: a snapshot in, lines out. Text from outside is made safe here. Knows no screen.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::calendar::format_timestamp;
use crate::domain::text::SafeText;
use crate::engine::overview::{Doing, Overview, ScopeOverview, Trouble, Word};
use crate::report;
use crate::tui::syncing::Snapshot;
use crate::tui::syncing_words;

/// What a person was told already, and waits for.
#[derive(Debug, Default)]
pub struct Told {
    /// What fails, by its name, with what was said.
    fails: BTreeMap<String, String>,
    /// Scopes that somebody asked for by hand, and when.
    asked: Option<(i64, BTreeSet<String>)>,
}

fn safe(text: &str) -> SafeText {
    SafeText::from_outside(text)
}

/// A text as a sentence's end, without the full stop that it may have.
fn end(text: &str) -> String {
    safe(text).as_str().trim_end_matches('.').to_owned()
}

/// How syncing stands, a fact a line.
#[must_use]
pub fn standing(snapshot: Option<&Snapshot>, demo: bool) -> Vec<String> {
    let none = match demo {
        true => "This is the demo: nothing of it is synced.",
        false => {
            "There is no connection: spendtop connect aws, azure, gcp, opencost or folder makes one, outside of here."
        }
    };
    let Some(snapshot) = snapshot else { return vec![none.to_owned()] };
    let overview = match &snapshot.overview {
        Ok(overview) => overview,
        Err(error) => {
            let hints = error.hints.iter().map(|hint| format!("Hint: {}.", end(hint)));
            return std::iter::once(format!("Not syncing: {}.", end(&error.message))).chain(hints).collect();
        }
    };
    let mut lines = vec![format!("Syncing, as of {}.", format_timestamp(snapshot.at))];
    for scope in &overview.scopes {
        lines.push(scope_line(scope, snapshot.at));
        lines.extend(scope.elsewhere.iter().map(|told| format!("{}: {}.", safe(&scope.source), end(told))));
        lines.extend(scope.trouble.iter().flat_map(|trouble| wrong(&scope.source, scope.word, trouble)));
        let left = scope.left.iter().filter(|_| scope.trouble.is_none());
        lines.extend(left.map(|left| format!("{}: {}.", safe(&scope.source), end(left))));
    }
    lines.extend(overview.wrong.iter().flat_map(|(name, trouble)| unusable(name, trouble)));
    let meters = overview.meters.iter();
    lines.extend(meters.map(|meter| format!("{} spent: {}.", safe(&meter.connection), report::meter_sentence(meter))));
    lines
}

fn scope_line(scope: &ScopeOverview, now: i64) -> String {
    let mut said = vec![format!("{}: {}", safe(&scope.source), scope.word.name())];
    said.push(match scope.good_at {
        Some(at) => format!("synced {}", report::ago(at, now)),
        None => "never synced whole".to_owned(),
    });
    if let Some(doing) = &scope.doing {
        said.push(at_work(doing, now));
    } else {
        said.push(format!("next {}", report::due_words(scope, now)));
    }
    let history = report::history_words(scope);
    if !history.is_empty() {
        said.push(format!("history {history}"));
    }
    format!("{}.", said.join(", "))
}

fn at_work(doing: &Doing, now: i64) -> String {
    if let Some((why, until)) = &doing.waits {
        return format!("waits {}: {}", report::span(until - now), end(why));
    }
    let what = if doing.what.is_empty() {
        "looks what is there".to_owned()
    } else {
        format!("asks for {}", safe(&doing.what))
    };
    match doing.pieces {
        (_, 0) => what,
        (come, all) => format!("{what}, {come} of {all} parts"),
    }
}

/// What goes wrong with a scope, and what to do.
fn wrong(source: &str, word: Word, trouble: &Trouble) -> Vec<String> {
    let how = match word {
        Word::Capped => "is at its cap",
        Word::Blocked => "is blocked",
        _ => "fails",
    };
    lines(source, how, trouble)
}

fn unusable(name: &str, trouble: &Trouble) -> Vec<String> {
    lines(name, "cannot be used", trouble)
}

fn lines(name: &str, how: &str, trouble: &Trouble) -> Vec<String> {
    let hints = trouble.hints.iter().map(|hint| format!("Hint: {}.", end(hint)));
    std::iter::once(format!("{} {how}: {}.", safe(name), end(&trouble.message))).chain(hints).collect()
}

impl Told {
    /// Notes that somebody asked for a sync by hand, and wants to know when it is done; what is to be said of that at
    /// once. Who is left alone as its provider wants is not waited for.
    pub fn ask(&mut self, snapshot: &Snapshot) -> String {
        let scopes = snapshot.overview.as_ref().map_or(&[][..], |overview| &overview.scopes);
        let asked = scopes.iter().filter(|scope| !syncing_words::is_left_alone(scope, snapshot.at));
        self.asked = Some((snapshot.at, asked.map(|scope| scope.source.clone()).collect()));
        let said = snapshot.overview.as_ref().ok().and_then(|overview| syncing_words::asked(overview, snapshot.at));
        match said {
            Some(said) => format!("Asked for: {said}."),
            None => "Asked for: what has changed comes as soon as it can, and is told here.".to_owned(),
        }
    }

    /// What has to be said by itself: what fails now and did not before, what works again, and what came of
    /// what somebody asked for.
    pub fn news(&mut self, snapshot: &Snapshot) -> Vec<String> {
        let now = failing(snapshot);
        let (mut said, mut as_before) = (Vec::new(), BTreeSet::new());
        for (name, lines) in &now {
            if self.fails.get(name) == lines.first() {
                as_before.insert(name.clone());
            } else {
                said.extend(lines.iter().cloned());
            }
        }
        if let Ok(overview) = &snapshot.overview {
            let again = |name: &&String| {
                !now.contains_key(*name)
                    && overview.scopes.iter().any(|scope| scope.source == **name && scope.doing.is_none())
            };
            said.extend(self.fails.keys().filter(again).map(|name| format!("{} syncs again.", safe(name))));
            said.extend(self.done(overview, &as_before));
            // What is tried again is not well before it has come.
            let busy =
                |name: &String| overview.scopes.iter().any(|scope| scope.source == *name && scope.doing.is_some());
            self.fails.retain(|name, _| busy(name));
        }
        self.fails.extend(now.into_iter().filter_map(|(name, lines)| Some((name, lines.into_iter().next()?))));
        said
    }

    /// Which of those that somebody asked for have come since.
    /// `told` are those that fail as they did before.
    fn done(&mut self, overview: &Overview, told: &BTreeSet<String>) -> Vec<String> {
        let Some((since, waited)) = &mut self.asked else { return Vec::new() };
        let mut said = Vec::new();
        for scope in overview.scopes.iter().filter(|scope| scope.doing.is_none()) {
            let good = scope.good_at.is_some_and(|at| at >= *since);
            let ran = overview.runs.iter().any(|run| run.source == scope.source && run.at >= *since);
            if (good || ran) && waited.remove(&scope.source) {
                match (&scope.trouble, &scope.left) {
                    (None, None) => said.push(format!("{} is synced: spend tells what has come.", safe(&scope.source))),
                    (None, Some(left)) => said.push(format!("{}: {}.", safe(&scope.source), end(left))),
                    // What is new of it was said as what fails.
                    (Some(trouble), _) if told.contains(&scope.source) => {
                        said.push(format!("{} still fails: {}.", safe(&scope.source), end(&trouble.message)));
                    }
                    (Some(_), _) => {}
                }
            }
        }
        if waited.is_empty() {
            self.asked = None;
        }
        said
    }
}

/// What fails, by its name, with what is said of it.
fn failing(snapshot: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let overview = match &snapshot.overview {
        Ok(overview) => overview,
        Err(_) => return BTreeMap::from([(String::new(), standing(Some(snapshot), false))]),
    };
    let scopes = overview.scopes.iter().filter(|scope| scope.doing.is_none());
    let scopes = scopes.filter_map(|scope| {
        let trouble = scope.trouble.as_ref()?;
        Some((scope.source.clone(), wrong(&scope.source, scope.word, trouble)))
    });
    let unusable = overview.wrong.iter().map(|(name, trouble)| (name.clone(), unusable(name, trouble)));
    scopes.chain(unusable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tests::fake::syncing::{failing, fresh, under_way};

    #[test]
    fn how_it_stands_is_a_fact_a_line() {
        for (snapshot, wanted) in [
            (fresh(), "aws.prod: fresh, synced 25 min ago, next in 3 h, history complete."),
            (fresh(), "aws.prod spent: paid requests: 6 of 12 today, 214 this month, 2.14 USD."),
            (
                under_way(),
                "aws.prod: syncing, never synced whole, asks for 2024-07, 1 of 4 parts, history 120 of 396 days.",
            ),
            (under_way(), "azure.main: syncing, synced 25 min ago, waits 40 s: too many requests, history complete."),
            (failing(), "aws.prod is blocked: the session has expired."),
            (failing(), "Hint: `aws sso login --profile billing`."),
            (failing(), "gcp.data cannot be used: there is no file `~/key.json`."),
        ] {
            let lines = standing(Some(&snapshot), false);
            assert!(lines.iter().any(|line| line == wanted), "{wanted}\n---\n{lines:#?}");
        }
        assert!(standing(None, true)[0].contains("the demo"));
        assert!(standing(None, false)[0].contains("spendtop connect"));
    }

    #[test]
    fn what_fails_is_said_once_and_that_it_works_again() {
        let mut told = Told::default();
        assert_eq!(told.news(&fresh()), [""; 0]);
        let said = told.news(&failing());
        assert!(said.iter().any(|line| line == "aws.prod is blocked: the session has expired."), "{said:?}");
        assert!(said.iter().any(|line| line.starts_with("azure.main fails: ")), "{said:?}");
        assert_eq!(told.news(&failing()), [""; 0], "not twice");
        let mut tries = failing();
        let scopes = &mut tries.overview.as_mut().expect("it stands somehow").scopes;
        scopes[0].doing = under_way().overview.expect("it stands somehow").scopes[0].doing.clone();
        assert_eq!(told.news(&tries), [""; 0], "what is tried again is not well yet");
        assert_eq!(told.news(&failing()), [""; 0]);
        assert_eq!(told.news(&fresh()), ["aws.prod syncs again.", "azure.main syncs again.", "gcp.data syncs again."]);
    }

    #[test]
    fn what_was_asked_for_is_said_when_it_has_come() {
        let mut told = Told::default();
        let mut snapshot = fresh();
        told.ask(&snapshot);
        assert_eq!(told.news(&snapshot), [""; 0]);
        let at = snapshot.at;
        snapshot.overview.as_mut().expect("it stands somehow").scopes[1].good_at = Some(at + 3);
        assert_eq!(told.news(&snapshot), ["azure.main is synced: spend tells what has come."]);
        assert_eq!(told.news(&snapshot), [""; 0], "not twice");
        let mut fails = failing();
        assert!(!told.news(&fails).is_empty());
        told.ask(&fails);
        let at = fails.at;
        fails.overview.as_mut().expect("it stands somehow").scopes[1].good_at = Some(at);
        let said = told.news(&fails);
        assert_eq!(said, ["azure.main still fails: the service says 503: try again later."]);
    }

    #[test]
    fn what_a_cap_keeps_from_coming_is_not_told_as_synced() {
        let mut told = Told::default();
        let mut snapshot = fresh();
        told.ask(&snapshot);
        let at = snapshot.at;
        let scope = &mut snapshot.overview.as_mut().expect("it stands somehow").scopes[0];
        (scope.good_at, scope.left) = (Some(at + 3), Some("1 window waits for tomorrow's requests".to_owned()));
        assert_eq!(told.news(&snapshot), ["aws.prod: 1 window waits for tomorrow's requests."]);
        assert_eq!(told.news(&snapshot), [""; 0], "not twice");
    }

    #[test]
    fn who_is_left_alone_as_its_provider_wants_is_not_waited_for() {
        let mut told = Told::default();
        let mut snapshot = failing();
        let at = snapshot.at;
        let scopes = &mut snapshot.overview.as_mut().expect("it stands somehow").scopes;
        scopes.truncate(2);
        let trouble = scopes[1].trouble.as_mut().expect("it fails");
        trouble.kind = crate::engine::overview::FaultKind::Throttled;
        scopes[1].due_at = at + 3_600;
        told.news(&snapshot);
        let said = told.ask(&snapshot);
        assert!(said.starts_with("Asked for: ") && said.contains("azure.main is left alone until "), "{said}");
        let scope = &mut snapshot.overview.as_mut().expect("it stands somehow").scopes[0];
        (scope.good_at, scope.trouble) = (Some(at + 3), None);
        assert!(told.news(&snapshot).contains(&"aws.prod is synced: spend tells what has come.".to_owned()));
        assert!(told.asked.is_none(), "nobody else was asked");
    }
}
