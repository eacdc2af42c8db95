//! Connecting a cloud or a folder, by script: each step, what it says, and the config that comes of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::fake::{HOSTILE, Mood, Session, poor};
use super::first::first;
use super::snapshots::shot;
use crate::error::Error;
use crate::host::connect::check;
use crate::host::connect::cost::Cost;
use crate::host::connect::desk::{Beginning, Desk, Review};
use crate::host::connect::file::ConfigFile;
use crate::host::connect::found::Found;
use crate::host::connect::{Check, Finding};
use crate::provider::credentials::{Cloud, Credentials, Subscription};
use crate::tui::action::Place;
use crate::tui::connecting::{Order, Progress, Told};
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::tab::Tab;
use crate::tui::worker::Source;

fn told(session: &mut Session, told: Told) {
    session.send(Event::Connecting(Box::new(told)));
}

/// A machine with a few credentials.
fn found() -> Found {
    let of = |cloud, names: &[&str], ways: &[(&str, &'static str)]| Credentials {
        cloud,
        names: names.iter().map(|name| (*name).into()).collect(),
        places: vec!["~/somewhere".into()],
        ways: ways.iter().map(|(name, way)| ((*name).into(), *way)).collect(),
    };
    Found {
        clouds: vec![
            of(Cloud::Aws, &["default", "prod", "staging-eu"], &[("prod", "SSO"), ("staging-eu", "a role")]),
            of(Cloud::Azure, &["Prod EU"], &[]),
            Credentials { places: vec![], ..of(Cloud::GoogleCloud, &[], &[]) },
        ],
        subscriptions: vec![Subscription { id: "0000-aaaa".to_owned(), name: "Prod EU".into() }],
        profile: None,
    }
}

fn beginning() -> Told {
    Told::Beginning(Ok(Beginning { found: found(), taken: vec!["folder.bills".to_owned()] }))
}

/// The wizard over a tab, once it is known what there is.
fn begun(size: (u16, u16)) -> Session {
    let mut s = Session::started(Mood::Demo, size);
    s.keys("A");
    told(&mut s, beginning());
    s
}

/// The order that was given last.
fn order(session: &Session) -> &Order {
    match session.done.last() {
        Some(Effect::Connect(order)) => order,
        other => panic!("{other:?}"),
    }
}

/// Answers the order to review.
fn reviewed(session: &mut Session, checks: Vec<Check>, cost: Cost) {
    let Order::Review { number, section } = order(session).clone() else { panic!("{:?}", session.done) };
    let file = ConfigFile::read(Path::new("/home/ana/.config/spendtop/config.toml")).expect("none");
    let checks = checks.into_iter().map(|check| (section.connection(), check)).collect();
    told(session, Told::Reviewed(number, Ok(Review::new(section, file, checks, cost))));
}

const POLICY: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
                      \"Action\": [\"ce:GetCostAndUsage\", \"ce:GetTags\", \"organizations:ListAccounts\"],\n      \
                      \"Resource\": \"*\"\n    }\n  ]\n}";

fn checks() -> Vec<Check> {
    vec![
        Check::new("credentials", Finding::Good, "arn:aws:sts::111122223333:assumed-role/Billing/ana"),
        Check::new("ce:GetCostAndUsage", Finding::Untried, "a request costs 0.01 USD: not tried"),
        Check::new("ce:GetTags", Finding::Missing, "not allowed").fix(POLICY),
        Check::new("organizations:ListAccounts", Finding::Wanting, "accounts are told by number").fix(POLICY),
    ]
}

fn cost() -> Cost {
    Cost {
        lines: vec![
            "paid requests: at most 12 a day, 3.72 USD a month; 13 months of history: 65 requests, 0.65 USD once"
                .into(),
            "reckoned for 1 account with 20 services at their fullest".into(),
        ],
        history: 65,
        history_price: "0.65 USD".into(),
    }
}

#[test]
fn each_step_at_two_sizes() {
    for size in [(80, 24), (120, 36)] {
        let named = |name: &str| format!("connect-{name}-{}x{}", size.0, size.1);
        let mut s = begun(size);
        shot(&named("choose"), &s);
        s.keys("<enter> <down> <down>");
        shot(&named("question"), &s);
        s.keys("<enter> <enter> <enter>");
        shot(&named("answers"), &s);
        s.keys("<enter>");
        told(&mut s, Told::Progress(1, Progress::Waits("aws.prod".into(), "too many requests".into(), 2)));
        shot(&named("checking"), &s);
        reviewed(&mut s, checks(), cost());
        shot(&named("checked"), &s);
        s.keys("<enter> h");
        shot(&named("review"), &s);
        s.keys("w");
        told(&mut s, Told::Written(Ok("aws.prod".to_owned())));
        shot(&named("written"), &s);
    }
}

#[test]
fn it_is_readable_without_colour_and_with_sixteen() {
    for (name, env) in poor() {
        let mut s = Session::new(Mood::Demo, (80, 24), env);
        s.start();
        s.keys("A");
        told(&mut s, beginning());
        s.keys("<enter> <enter> <enter> <enter> <enter>");
        reviewed(&mut s, checks(), cost());
        shot(&format!("connect-{name}"), &s);
    }
}

#[test]
fn it_is_reached_from_each_place_and_told_of() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("A");
    assert_eq!((s.app.place(), order(&s)), (Place::Connect, &Order::Look));
    s.keys("<esc> ! c");
    assert_eq!(s.app.place(), Place::Connect);
    s.keys("q : c o n n e c t");
    assert!(s.text().contains("connect a cloud, a cluster or a folder"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!(s.app.place(), Place::Connect);
    s.keys("<esc> ? / c l u s t e r");
    assert!(s.text().contains("connect a cloud, a cluster or a folder"), "{}", s.text());
    let mut s = first((80, 24));
    assert!(s.text().contains("connect a cloud"), "{}", s.text());
    s.keys("j <enter>");
    assert_eq!(s.app.place(), Place::Connect);
    s.keys("<esc> c");
    assert_eq!(s.app.place(), Place::Connect);
    s.keys("<esc>");
    assert_eq!(s.app.place(), Place::Welcome);
}

#[test]
fn the_demo_says_why_it_is_not_offered() {
    let mut s = Session::started(Mood::Demo, (100, 24));
    s.app.connects = false;
    s.keys("A");
    assert!(
        s.app.overlay.is_none() && s.text().contains("this is the demo: nothing is connected to it"),
        "{}",
        s.text()
    );
    s.keys("! c");
    assert!(s.text().contains("`spendtop` alone connects"), "{}", s.text());
    assert_eq!(s.app.place(), Place::Syncing);
}

#[test]
fn keys_lead_through_the_steps_and_back() {
    for (keys, place, shown) in [
        ("", Place::Connect, "profiles default; prod, SSO; staging-eu, a role"),
        ("j j j", Place::Connect, "no credentials were found"),
        ("j j <enter>", Place::Question, "The billing export's table, project.dataset.table"),
        ("j j <enter> <enter>", Place::Question, "the billing export's table must be named"),
        ("j j <enter> <enter> x", Place::Question, " > x"),
        ("<enter>", Place::Question, "profiles of the AWS CLI: default, prod, staging-eu"),
        ("<enter> <down> <down>", Place::Question, " > prod"),
        ("<enter> <up> <up> <up> <up>", Place::Question, " > default"),
        ("<enter> <down> <down> <enter>", Place::Question, "Enter alone: prod"),
        ("<enter> <down> <down> <enter> <esc>", Place::Question, " > prod"),
        ("<enter> <down> <enter> <esc> <esc>", Place::Connect, "Azure"),
        ("<enter> <enter> A <enter>", Place::Question, "a name has up to 40 small letters"),
        ("G <enter> / b <enter>", Place::Question, "Enter alone: bills-2"),
        ("G <enter> / b <enter> b i l l s <enter>", Place::Question, "[folder.bills] is in the config already"),
        ("G <enter> / b <enter> <enter>", Place::Checking, "nothing of it is paid for"),
        ("G <enter> / b <enter> <enter> <esc>", Place::Question, "Its name, as in [folder.NAME]"),
        ("G <enter> q", Place::Question, " > q"),
    ] {
        let mut s = begun((100, 30));
        s.keys(keys);
        assert_eq!(s.app.place(), place, "{keys}");
        assert!(s.text().contains(shown), "{keys}: {}", s.text());
    }
}

#[test]
fn a_review_that_is_given_up_or_old_is_not_waited_for() {
    let mut s = begun((100, 30));
    s.keys("G <enter> / b <enter> <enter>");
    let Order::Review { number, section } = order(&s).clone() else { panic!("{:?}", s.done) };
    assert_eq!(section.block(), "[folder.bills-2]\npath = \"/b\"\n");
    s.keys("<esc>");
    assert_eq!(order(&s), &Order::GiveUp);
    told(&mut s, Told::Reviewed(number, Err(Error::usage("late"))));
    assert_eq!(s.app.place(), Place::Question);
    s.keys("<enter>");
    told(&mut s, Told::Reviewed(number, Err(Error::usage("late"))));
    told(&mut s, Told::Progress(number, Progress::Checked(1, 1)));
    assert!(s.app.place() == Place::Checking && !s.text().contains("1 of 1"), "{}", s.text());
    told(&mut s, Told::Reviewed(number + 2, Err(Error::usage("it cannot be so").hint("be otherwise"))));
    let text = s.text();
    assert!(
        text.contains("it cannot be so") && text.contains("be otherwise") && !text.contains("Enter go on"),
        "{text}"
    );
    s.keys("<enter> r");
    assert!(matches!(order(&s), Order::Review { number: again, .. } if *again == number + 3));
}

#[test]
fn fixes_are_copied_and_what_is_missing_must_be_meant() {
    let mut s = begun((80, 24));
    s.keys("<enter> <enter> <enter> <enter> <enter>");
    reviewed(&mut s, checks(), cost());
    s.keys("y");
    assert_eq!(s.copied(), POLICY);
    s.keys("g y");
    assert!(s.text().contains("there is nothing to put right on this line"), "{}", s.text());
    s.keys("k");
    assert!(!s.text().contains("copy the fix"), "a key that does nothing here is not offered: {}", s.text());
    s.keys("G");
    assert!(s.text().contains("copy the fix"), "{}", s.text());
    s.keys("<enter> y");
    assert_eq!(s.copied(), "[aws.main]\n");
    s.keys("<enter>");
    assert!(s.text().contains("something is missing: it cannot sync yet"), "{}", s.text());
    assert_eq!(s.app.place(), Place::Review);
    s.keys("h y");
    assert_eq!(s.copied(), "[aws.main]\nrequests_for_history = 65\n");
    s.keys("w");
    assert!(matches!(order(&s), Order::Write { pays_history: true, .. }), "{:?}", s.done);
    s.keys("<esc>");
    assert!(s.text().contains("it is being written"), "{}", s.text());
    told(&mut s, Told::Written(Err(Error::usage("`c` has changed meanwhile"))));
    assert!(s.app.place() == Place::Review && s.text().contains("has changed meanwhile"), "{}", s.text());
    s.keys("w");
    told(&mut s, Told::Written(Ok("aws.main".to_owned())));
    assert!(s.text().contains("`spendtop doctor aws.main` checks"), "{}", s.text());
    assert!(matches!(s.done.last(), Some(Effect::Open(Source::Store))), "{:?}", s.done);
    s.keys("<enter>");
    assert_eq!(s.app.place(), Place::Tab(Tab::Spend));
}

#[test]
fn what_cannot_be_read_says_so_and_nothing_is_chosen() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("A");
    assert!(s.text().contains("looking for credentials"), "{}", s.text());
    s.keys("<enter>");
    told(&mut s, Told::Beginning(Err(Error::usage("c.toml:2:1: this is no TOML").hint("mend it"))));
    s.keys("<enter>");
    assert!(s.app.place() == Place::Connect && s.text().contains("this is no TOML"), "{}", s.text());
}

/// Does what is ordered, as the threads would.
fn performed(session: &mut Session, desk: &Desk) {
    let nobody: Arc<dyn check::Told> = Arc::new(());
    let outcome = match order(session).clone() {
        Order::Look => Told::Beginning(desk.look()),
        Order::Review { number, section } => {
            Told::Reviewed(number, desk.review(section, &CancellationToken::new(), &nobody))
        }
        Order::Write { review, pays_history } => Told::Written(desk.write(&review, pays_history)),
        Order::GiveUp => return,
    };
    told(session, outcome);
}

#[test]
fn a_folder_is_connected_and_the_configs_comments_stay() {
    let folder = tempfile::tempdir().expect("folder");
    let config = folder.path().join("config.toml");
    let before = "# mine\n[screen]\nmouse = true   # yes\n\n[folder.bills] # the old ones\npath = '/srv'\n";
    std::fs::write(&config, before).expect("config");
    let bills: PathBuf = folder.path().join("new bills");
    let desk = Desk { config: Some(config.clone()), home: None, folder: folder.path().join("sync") };
    let mut s = first((120, 36));
    s.keys("c");
    performed(&mut s, &desk);
    s.keys("G <enter>");
    s.send(Event::Paste(bills.display().to_string()));
    s.keys("<enter> <enter>");
    performed(&mut s, &desk);
    assert!(s.text().contains("missing") && s.text().contains("mkdir -p"), "{}", s.text());
    std::fs::create_dir(&bills).expect("bills");
    s.keys("r");
    performed(&mut s, &desk);
    assert!(!s.text().contains("mkdir -p"), "{}", s.text());
    s.keys("<enter> <enter>");
    performed(&mut s, &desk);
    let want = format!("{before}\n[folder.bills-2]\npath = \"{}\"\n", bills.display());
    assert_eq!(std::fs::read_to_string(&config).expect("config"), want);
    assert!(s.text().contains("[folder.bills-2] is in"), "{}", s.text());
    assert!(s.app.welcome.is_none(), "there is something to look at now");
    s.keys("y");
    assert!(s.copied().contains("spendtop doctor folder.bills-2"));
}

#[test]
fn nothing_from_outside_reaches_the_terminal_as_it_came() {
    let raw = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{9b}');
    for size in [(40, 8), (60, 15), (80, 24), (200, 60)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("A");
        let mut found = found();
        found.clouds[0].names = vec![HOSTILE.into()];
        found.subscriptions[0].name = HOSTILE.into();
        told(&mut s, Told::Beginning(Ok(Beginning { found, taken: vec![] })));
        assert!(!s.text().contains(raw), "{:?}", s.text());
        s.keys("j <enter>");
        assert!(!s.text().contains(raw), "{:?}", s.text());
        s.keys("<esc> k <enter> <down> <enter> m <enter> <enter> <enter>");
        assert!(!s.text().contains(raw), "{:?}", s.text());
        told(&mut s, Told::Progress(1, Progress::Waits(HOSTILE.into(), HOSTILE.into(), 2)));
        assert!(!s.text().contains(raw), "{:?}", s.text());
        let check = Check::new(HOSTILE, Finding::Missing, HOSTILE).fix(HOSTILE);
        reviewed(&mut s, vec![check], Cost { lines: vec![], ..Cost::default() });
        assert!(!s.text().contains(raw), "{:?}", s.text());
        s.keys("<enter>");
        assert!(!s.text().contains(raw), "{:?}", s.text());
    }
}
