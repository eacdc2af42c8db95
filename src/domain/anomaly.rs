//! Anomalies as they are kept: what a cost did that nobody would have expected, and what people said of it.
//!
//! What was found is replaced whenever days come or are restated; what a person said stays, and so does the
//! history. How an anomaly stands follows from both ([`Anomaly::state`]). Knows no detector and no store.
//!
//! Amounts that a detector reckoned (expected, impact, a day if it goes on) are estimates of a few decimals.

mod finding;
mod within;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::finding::{Contributor, Finding, HELD_DAYS, Reckoned};
pub use self::within::left_open;
use super::calendar::Day;
use super::dimension::Dimension;
use super::filter::{Clause, Filter, Pattern};
use super::held::Held;
use super::money::Amount;
use super::note;
use super::text::Untrusted;

/// What of an anomaly's history is kept.
const HISTORY_MAX: usize = 40;

/// The share of a move from which on whoever has it is where the anomaly is.
pub const MOSTLY: f64 = 0.8;

/// Days for which a large rise that became usual stays open, if nobody says anything.
const UNSEEN_DAYS: i32 = 60;
/// Days after its last one that an anomaly is still news. One that was told goes on for as long as it is open.
pub const NEWS_DAYS: i32 = 7;

/// An anomaly's name: the same from one detection to the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AnomalyId(pub u64);

impl fmt::Display for AnomalyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl AnomalyId {
    /// Reads a whole name.
    #[must_use]
    pub fn parse(text: &str) -> Option<AnomalyId> {
        (text.len() == 16).then(|| u64::from_str_radix(text, 16).ok()).flatten().map(AnomalyId)
    }

    /// What people call it by: few letters suffice.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string()[..6].to_owned()
    }
}

impl Serialize for AnomalyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AnomalyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AnomalyId::parse(&text).ok_or_else(|| serde::de::Error::custom("an anomaly's name has sixteen hex digits"))
    }
}

/// One dimension's value, and its name where it is an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Spot {
    /// The dimension.
    pub dimension: Dimension,
    /// Its value; empty where charges have none.
    pub value: Untrusted,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Untrusted>,
}

/// The demand that charges lie in all of some spots.
#[must_use]
pub fn filter_of(place: &[Spot]) -> Filter {
    let clause = |spot: &Spot| Clause {
        negated: false,
        dimension: Some(spot.dimension.clone()),
        patterns: vec![Pattern::only(spot.value.raw())],
    };
    Filter { clauses: place.iter().map(clause).collect(), bounds: Vec::new() }
}

/// What kind of anomaly it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Up, and down again as far as is known.
    Spike,
    /// Down, and up again as far as is known.
    Drop,
    /// To another level.
    Step,
    /// Slowly to another level.
    Ramp,
    /// A service that never cost before.
    NewService,
    /// A region that never cost before.
    NewRegion,
    /// An account that never cost before.
    NewAccount,
    /// A provider that never cost before.
    NewProvider,
    /// A commitment that covers nothing any more.
    Expired,
    /// More cost without a tag.
    Untagged,
}

impl Kind {
    /// Whether it is about something that never cost before.
    #[must_use]
    pub fn is_news(self) -> bool {
        matches!(self, Kind::NewService | Kind::NewRegion | Kind::NewAccount | Kind::NewProvider)
    }

    /// What it is called.
    #[must_use]
    pub fn words(self, rises: bool) -> &'static str {
        match (self, rises) {
            (Kind::Spike, _) => "spike",
            (Kind::Drop, _) => "drop",
            (Kind::Step, true) => "step up",
            (Kind::Step, false) => "step down",
            (Kind::Ramp, true) => "slow rise",
            (Kind::Ramp, false) => "slow fall",
            (Kind::NewService, _) => "new service",
            (Kind::NewRegion, _) => "new region",
            (Kind::NewAccount, _) => "new account",
            (Kind::NewProvider, _) => "new provider",
            (Kind::Expired, _) => "commitment ended",
            (Kind::Untagged, _) => "untagged rise",
        }
    }
}

/// How much an anomaly matters, by the money at stake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Low,
    /// Look today.
    Medium,
    /// Look now.
    High,
    /// Wake somebody.
    Critical,
}

impl Severity {
    /// All, the least first.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// What became of the cost itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// It goes on; whether it will stay is not known yet.
    GoesOn,
    /// It stays at another level.
    Stays,
    /// The cost is where it was before.
    Over,
    /// It has stayed so long that it is what the cost is now.
    Usual,
    /// It is found no more since charges were restated or removed.
    NotFound,
    /// It goes on as a part of what is told at a wider place.
    Within,
}

impl Course {
    /// Whether it still costs, or saves, more than expected.
    #[must_use]
    pub fn is_going(self) -> bool {
        matches!(self, Course::GoesOn | Course::Stays)
    }

    /// What it is called.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Course::GoesOn => "goes on",
            Course::Stays => "stays",
            Course::Over => "over: back to what was expected",
            Course::Usual => "stayed: it is what the cost is now",
            Course::NotFound => "found no more: the charges were restated",
            Course::Within => "told as a part of what is at a wider place",
        }
    }
}

/// What a person can say of an anomaly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "said", content = "until")]
pub enum Word {
    /// Somebody looks into it.
    Acknowledged,
    /// Not before this day.
    Snoozed(Day),
    /// It is as it should be.
    Expected,
    /// What was said before does not count any more.
    Reopened,
}

/// What somebody said, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saying {
    /// What.
    #[serde(flatten)]
    pub word: Word,
    /// Who.
    pub who: Untrusted,
    /// When, seconds since 1970.
    pub at: i64,
    /// In words of their own; empty where there are none.
    #[serde(default)]
    pub note: Untrusted,
    /// Where it was said of another one that moved the same at the same place: that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<AnomalyId>,
    /// By how much a mean day was off when it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Amount>,
}

/// What happened to an anomaly.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Happened {
    /// It was found.
    Found {
        /// When, seconds since 1970.
        at: i64,
        /// Whether it was over by then, and its charges had only just come.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    /// It ended by itself.
    Resolved {
        /// When that was seen, seconds since 1970.
        at: i64,
        /// How.
        course: Course,
    },
    /// It had ended and goes on again.
    Returned {
        /// When that was seen, seconds since 1970.
        at: i64,
    },
    /// It is seen at another place since, with what it was at before.
    Moved {
        /// When that was seen, seconds since 1970.
        at: i64,
        /// Where it was.
        from: Vec<Spot>,
    },
    /// It moved further than what it was taken to be like, or than what was spoken of: nobody expects that.
    Outgrown {
        /// When that was seen, seconds since 1970.
        at: i64,
        /// What counted until then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Box<Saying>>,
    },
    /// It had outgrown what was spoken of by charges that were restated since: what was said of it counts again.
    PutRight {
        /// When that was seen, seconds since 1970.
        at: i64,
    },
    /// Somebody said something.
    Said(Saying),
    /// The last thing said was taken back.
    Undone {
        /// When, seconds since 1970.
        at: i64,
    },
}

impl Happened {
    /// Whether somebody said it of this one, and not of another like it.
    fn is_of_people(&self) -> bool {
        matches!(self, Happened::Said(saying) if saying.like.is_none())
    }
}

/// How an anomaly stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has said anything.
    Open,
    /// Somebody looks into it.
    Acknowledged,
    /// Not to be looked at for now.
    Snoozed,
    /// It is as it should be.
    Expected,
    /// It ended by itself.
    Resolved,
}

impl State {
    /// All, in the order in which they matter.
    pub const ALL: [State; 5] = [State::Open, State::Acknowledged, State::Snoozed, State::Expected, State::Resolved];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Acknowledged => "acknowledged",
            State::Snoozed => "snoozed",
            State::Expected => "expected",
            State::Resolved => "resolved",
        }
    }

    /// Whether somebody has yet to do something about it.
    #[must_use]
    pub fn needs_somebody(self) -> bool {
        matches!(self, State::Open | State::Acknowledged)
    }
}

/// An anomaly.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Anomaly {
    /// Its name.
    pub id: AnomalyId,
    /// Its currency.
    pub currency: String,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// What counts of what people said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Saying>,
    /// What happened to it, the oldest first.
    pub history: Vec<Happened>,
    /// What its place is held against as long as it goes on. Kept, not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

impl Anomaly {
    /// How it stands on a day.
    #[must_use]
    pub fn state(&self, as_of: Day) -> State {
        match self.said.as_ref().map(|said| said.word) {
            Some(Word::Expected) => State::Expected,
            None if self.stayed_unseen(as_of) => State::Open,
            _ if !self.finding.course.is_going() => State::Resolved,
            Some(Word::Snoozed(until)) if as_of < until => State::Snoozed,
            Some(Word::Acknowledged) => State::Acknowledged,
            _ => State::Open,
        }
    }

    /// Whether it has become what the cost is, and nobody ever said that it may: that much money does not pass
    /// unseen, for a while.
    fn stayed_unseen(&self, as_of: Day) -> bool {
        let Finding { course, rises, severity, last, .. } = &self.finding;
        *course == Course::Usual && *rises && *severity >= Severity::High && as_of.0 - last.0 <= UNSEEN_DAYS
    }

    /// Whether it was over when its charges came, in the week before a day: nobody can have heard of it, and nobody has
    /// said anything.
    #[must_use]
    pub fn is_late_news(&self, as_of: Day) -> bool {
        let came_late = matches!(self.history.first(), Some(Happened::Found { late: true, .. }));
        let is_over = self.finding.course == Course::Over && self.said.is_none();
        came_late && is_over && (0..=NEWS_DAYS).contains(&(as_of.0 - self.finding.last.0))
    }

    /// Whether nobody ever said anything of it; what was said of another one like it is not said of this one.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.said.is_none() && !self.history.iter().any(Happened::is_of_people)
    }

    /// Takes what somebody said, or takes back what was said last.
    pub fn say(&mut self, saying: Saying) {
        let saying = Saying { moved: Some(self.finding.moved()), ..saying };
        self.note(Happened::Said(saying.clone()));
        self.said = (saying.word != Word::Reopened).then_some(saying);
    }

    /// Keeps something of its history; of a long one the beginning, what people said of it, and the end.
    pub fn note(&mut self, happened: Happened) {
        self.history.push(happened);
        if self.history.len() > HISTORY_MAX {
            let inner = &self.history[1..HISTORY_MAX];
            let goes = inner.iter().position(|happened| !happened.is_of_people()).unwrap_or(0);
            self.history.remove(1 + goes);
        }
    }

    /// What it may come to.
    #[must_use]
    pub fn at_stake(&self) -> Amount {
        self.finding.at_stake()
    }
}

/// A note of one line to what is said; it may be empty.
///
/// # Errors
/// What is wrong with it: it is too long.
pub fn clean_note(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Ok(String::new()) } else { note::clean(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Period;

    fn anomaly(course: Course) -> Anomaly {
        let zero = Reckoned { expected: Amount::ZERO, lower: Amount::ZERO, upper: Amount::ZERO, actual: Amount::ZERO };
        let finding = Finding {
            place: vec![Spot { dimension: Dimension::Service, value: "vm".into(), name: None }],
            kind: Kind::Step,
            unlike: Vec::new(),
            rises: true,
            severity: Severity::High,
            start: Day(10),
            start_hour: None,
            evening: None,
            hourly: false,
            found: Day(10),
            last: Day(12),
            unsettled: 0,
            day: zero,
            peak: (Day(11), zero),
            impact: Amount::whole(30),
            rate: Amount::whole(10),
            relabelled: false,
            course,
            contributors: Vec::new(),
            cancels: None,
        };
        Anomaly { id: AnomalyId(7), currency: "USD".into(), finding, said: None, history: Vec::new(), held: None }
    }

    fn said(word: Word) -> Saying {
        Saying { word, who: "ana".into(), at: 5, note: Untrusted::default(), like: None, moved: None }
    }

    #[test]
    fn how_it_stands_follows_from_the_cost_and_from_what_was_said() {
        for (course, word, want) in [
            (Course::GoesOn, None, State::Open),
            (Course::Stays, Some(Word::Acknowledged), State::Acknowledged),
            (Course::Stays, Some(Word::Snoozed(Day(21))), State::Snoozed),
            // On the day itself it is looked at again.
            (Course::Stays, Some(Word::Snoozed(Day(20))), State::Open),
            (Course::Over, Some(Word::Snoozed(Day(21))), State::Resolved),
            (Course::Over, Some(Word::Acknowledged), State::Resolved),
            // Much money that nobody has ever said anything of does not go unseen.
            (Course::Usual, None, State::Open),
            (Course::Usual, Some(Word::Acknowledged), State::Resolved),
            (Course::Over, Some(Word::Expected), State::Expected),
            (Course::Stays, Some(Word::Reopened), State::Open),
        ] {
            let mut anomaly = anomaly(course);
            word.into_iter().for_each(|word| anomaly.say(said(word)));
            assert_eq!(anomaly.state(Day(20)), want, "{course:?} {word:?}");
        }
        assert_eq!(anomaly(Course::Stays).at_stake(), Amount::whole(330));
        // Of three days that go on, 7.19 more are likely.
        assert_eq!(anomaly(Course::GoesOn).at_stake().to_string(), "101.9");
        assert_eq!(anomaly(Course::Over).at_stake(), Amount::whole(30));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut anomaly = anomaly(Course::Stays);
        anomaly.note(Happened::Found { at: 1, late: false });
        for word in [Word::Acknowledged, Word::Reopened, Word::Snoozed(Day(20))] {
            anomaly.say(said(word));
        }
        let json = serde_json::to_value(&anomaly).expect("json");
        assert_eq!(json["id"], "0000000000000007");
        assert_eq!(serde_json::from_value::<Anomaly>(json).expect("read"), anomaly);
        for _ in 0..100 {
            anomaly.say(said(Word::Acknowledged));
        }
        assert_eq!(
            (anomaly.history.len(), &anomaly.history[0]),
            (HISTORY_MAX, &Happened::Found { at: 1, late: false })
        );
    }

    #[test]
    fn what_people_said_outlasts_all_else_that_happens() {
        let mut anomaly = anomaly(Course::Stays);
        anomaly.note(Happened::Found { at: 1, late: false });
        anomaly.say(said(Word::Acknowledged));
        anomaly.say(said(Word::Reopened));
        for at in 0..100 {
            anomaly.note(Happened::Returned { at });
        }
        assert_eq!((anomaly.history.len(), anomaly.is_untouched()), (HISTORY_MAX, false));
        let last = anomaly.history.last();
        assert_eq!(
            (&anomaly.history[0], last),
            (&Happened::Found { at: 1, late: false }, Some(&Happened::Returned { at: 99 }))
        );
    }

    #[test]
    fn what_was_over_when_its_charges_came_is_news_for_a_week_and_until_somebody_has_said_a_word() {
        let found = |late: bool| Happened::Found { at: 1, late };
        let of = |late: bool| Anomaly { history: vec![found(late)], ..anomaly(Course::Over) };
        let last = anomaly(Course::Over).finding.last;
        for (anomaly, days, want, what) in [
            (of(true), 0, true, "on its last day"),
            (of(true), 7, true, "a week later"),
            (of(true), 8, false, "more than a week later"),
            (of(true), -1, false, "as of a day before it ended"),
            (of(false), 3, false, "its charges had been there"),
            (Anomaly { finding: anomaly(Course::GoesOn).finding, ..of(true) }, 3, false, "it goes on again"),
            (Anomaly { said: Some(said(Word::Acknowledged)), ..of(true) }, 3, false, "somebody knows of it"),
        ] {
            assert_eq!(anomaly.is_late_news(last.plus(days)), want, "{what}");
        }
    }

    #[test]
    fn an_anomaly_is_held_against_the_last_week_of_which_all_days_say_what_its_place_costs() {
        let period = |from, to| Period { from: Day(from), to: Day(to) };
        for (unlike, want, what) in [
            (vec![], (103, 105), "the week before"),
            (vec![period(104, 105)], (96, 98), "a spike on one of the days"),
            (vec![period(105, 110)], (103, 105), "a spike on none of them"),
            (vec![period(97, 98), period(103, 104)], (89, 91), "a spike each week"),
            (vec![period(60, 120)], (103, 105), "no week says it"),
        ] {
            let mut finding = anomaly(Course::Over).finding;
            (finding.start, finding.last, finding.unlike) = (Day(110), Day(111), unlike);
            assert_eq!(finding.held(), (period(110, 112), period(want.0, want.1)), "{what}");
        }
    }
}
