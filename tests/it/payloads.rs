//! Messages of each kind as Slack and Teams are given them, held against what those publish: Slack's own models of
//! its blocks, and Microsoft's schema of adaptive cards. `.ci/emulators` installs both.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use spendtop::analytics::alert::decide::{Memory, decide};
use spendtop::analytics::alert::{
    AnomalyFact, BudgetFact, DigestFact, Facts, ProviderFact, SpendFact, SyncFact, Taken, bring,
};
use spendtop::domain::alert::{Kind, Message, Plan, Rule, Severity};
use spendtop::domain::calendar::{DAY_SECONDS, Day};
use spendtop::domain::money::Amount;
use spendtop::domain::text::Untrusted;
use spendtop::notify::worded::Worded;
use spendtop::notify::{slack, teams};

use crate::emulators::installed;
use crate::screen::text;
use crate::support::fixture;

const NOW: i64 = 20_700 * DAY_SECONDS;

/// Something out of the ordinary, with `name` wherever a bill's words go.
fn anomaly(name: &str) -> AnomalyFact {
    let (today, words) = (Day::of_seconds(NOW), || Untrusted::new(name));
    AnomalyFact {
        id: "a1".into(),
        what: words(),
        mostly: vec![words(); 2],
        within: vec![words(); 2],
        place_words: words(),
        rules: std::collections::BTreeSet::new(),
        kind: "step up",
        severity: Severity::Critical,
        start: today,
        since: today.to_string(),
        last: today,
        silence: Some(name.to_owned()),
        actual: Amount::whole(1_000),
        expected: Amount::whole(300),
        impact: Amount::whole(700),
        per_day: Amount::whole(100),
        currency: "USD".into(),
        who: vec![name.to_owned(); 3],
        why: Some(words()),
        taken: Taken::Open,
        command: "spendtop anomalies show a1".into(),
    }
}

/// Facts of which each kind of rule tells something, with `name` wherever a bill's or a person's words go.
fn facts(name: &str) -> Facts {
    let (today, words) = (Day::of_seconds(NOW), || Untrusted::new(name));
    let budget = |name: &str, spent: i64, reached: Option<u32>| BudgetFact {
        name: Untrusted::new(name),
        place: Vec::new(),
        scope: name.to_owned(),
        period: today.month().period(),
        currency: "EUR".into(),
        limit: Amount::whole(1_000),
        spent: Amount::whole(spent),
        forecast: Some(Amount::whole(1_200)),
        exceeds_on: Some(today.plus(3)),
        as_of: today,
        through: None,
        reached,
        since: Some(today),
        foreseen: Some(120),
        spenders: vec![name.to_owned(); 3],
        owner: Some(words()),
        note: Some(words()),
        command: format!("spendtop budget show '{name}'"),
    };
    let spend = SpendFact {
        rule: "spike".into(),
        day: today,
        settled: false,
        currency: "USD".into(),
        amount: Amount::whole(900),
        usual: Amount::whole(100),
        aside: vec![("Tax", Amount::whole(300))],
        lines: vec![words(); 5],
    };
    let sync = SyncFact {
        source: "aws.prod/111122223333".into(),
        needs_a_person: true,
        expired: true,
        since: NOW - DAY_SECONDS,
        good_at: 0,
        last_day: Some(today),
        brief: "the login has expired",
        message: words(),
        hint: Some(words()),
    };
    let provider = ProviderFact {
        provider: words(),
        last_day: today.plus(-9),
        expected: today,
        late: 9 * DAY_SECONDS,
        is_gone: false,
        since: NOW,
        by: vec![words(); 3],
        connection: Some("aws.prod".into()),
        said: Some(words()),
    };
    let digest = DigestFact {
        rule: "digest".into(),
        period: today.month().period(),
        title: words(),
        lines: vec![words(); 9],
        figures: (0..3).map(|at| (format!("CU{at}"), words())).collect(),
    };
    Facts {
        now: NOW,
        offset: 0,
        budgets: Some(vec![budget(name, 900, Some(80)), budget(&format!("{name}2"), 1_100, Some(100))]),
        anomalies: Some(vec![anomaly(name)]),
        spends: Some(vec![spend]),
        providers: Some(vec![provider]),
        syncs: Some(vec![sync]),
        digests: Some(vec![digest]),
    }
}

/// What is told of facts, of their end, and of all of it as one message.
fn told(name: &str) -> Vec<Message> {
    let rule = |kind: Kind| Rule { to: vec!["ops".into()], severity: Severity::Info, ..Rule::new(kind.name(), kind) };
    let plan = Plan { rules: Kind::RULES.map(rule).to_vec(), ..Plan::default() };
    let raised = decide(&plan, &facts(name), &Memory::new(), &BTreeMap::new());
    let memory: Memory = raised.memory.into_iter().filter_map(|(subject, known)| Some((subject, known?))).collect();
    let nothing = Facts {
        now: NOW + 60,
        offset: 0,
        budgets: Some(Vec::new()),
        anomalies: Some(Vec::new()),
        spends: Some(Vec::new()),
        providers: Some(Vec::new()),
        syncs: Some(Vec::new()),
        digests: Some(Vec::new()),
    };
    let over = decide(&plan, &nothing, &memory, &BTreeMap::new());
    assert!(!over.letters.is_empty(), "what ends is told");
    let letters: BTreeMap<String, _> =
        raised.letters.into_iter().chain(over.letters).map(|letter| (letter.name(), letter)).collect();
    let storm = bring::due(&letters, &BTreeMap::new(), 1, &|_| false, NOW + DAY_SECONDS);
    assert_eq!(storm.len(), 1);
    let storm = storm.into_iter().map(|bundle| bundle.message);
    letters.into_values().map(|letter| letter.message).chain(storm).chain([Message::test(name, NOW)]).collect()
}

/// Holds lines of JSON against what is published.
fn held(python: &std::path::Path, lines: &[Value]) -> Output {
    let mut program = Command::new(python);
    program.arg(fixture("payloads.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = program.spawn().expect("Python");
    let mut input = program.stdin.take().expect("stdin");
    for line in lines {
        // One that is refused ends it.
        let _ = writeln!(input, "{line}");
    }
    drop(input);
    program.wait_with_output().expect("ended")
}

#[test]
fn messages_of_each_kind_are_what_slack_and_teams_publish() {
    let Some(python) = installed("payloads") else { return };
    let hostile = "a\x1b]52;c;eA==\x07 <!channel> <https://evil.example|click> *b* \u{202e}\r\n".repeat(12);
    let wide = "\u{1f680}\u{8cbb}\u{7528}".repeat(400);
    let (mut lines, mut kinds) = (Vec::new(), BTreeSet::new());
    for (what, name) in [("plain", "platform"), ("nothing", ""), ("hostile", &hostile), ("wide", &wide)] {
        for message in told(name) {
            let worded = Worded::of(&message);
            kinds.insert(message.kind);
            let name = format!("{what}: {} {}", worded.kind, worded.state);
            lines.push(json!({"name": name, "slack": slack::payload(&worded), "teams": teams::payload(&worded)}));
        }
    }
    assert_eq!(kinds, Kind::RULES.into_iter().chain([Kind::Test]).collect(), "each kind is told of");
    let output = held(&python, &lines);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).trim(), lines.len().to_string());
    // It would say so if they were not.
    for (place, value, said) in [
        ("/teams/attachments/0/content/body/0/inlines/0/size", json!("huge"), "body"),
        ("/slack/blocks/0/text/text", json!("x".repeat(151)), "150 characters"),
        ("/slack/blocks/0/type", json!("heading"), "no block of Slack's"),
    ] {
        let mut wrong = lines[0].clone();
        *wrong.pointer_mut(place).expect(place) = value;
        let output = held(&python, &[wrong]);
        assert!(!output.status.success() && text(&output.stderr).contains(said), "{place}: {}", text(&output.stderr));
    }
}
