//! The first run, by script: the first screen, choosing a bill, taking it in.

use std::path::{Path, PathBuf};

use super::fake::{Mood, Session};
use super::snapshots::shot;
use crate::domain::text::SafeText;
use crate::error::{Cause, Error};
use crate::tui::action::Place;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::intake::{Decision, Entry, Intake, Listing, NotTaken, Progress, Refused, Taken};
use crate::tui::tab::Tab;
use crate::tui::welcome::{Cloud, Welcome};
use crate::tui::worker::Source;

const SIZE: (u16, u16) = (80, 24);

/// The first screen on a machine with a few credentials.
pub fn first(size: (u16, u16)) -> Session {
    let mut s = Session::new(Mood::Demo, size, super::fake::colours());
    let safe = |texts: &[&str]| texts.iter().map(|text| SafeText::from_outside(text)).collect();
    let cloud = |name, names: &[&str], places: &[&str]| Cloud {
        name,
        names: safe(names),
        places: safe(places),
        steps: vec!["1  create an export", "2  bring it here"],
    };
    s.app.welcome = Some(Welcome::new(vec![
        cloud("AWS", &["default", "prod\x1b]52;c;x\x07"], &["~/.aws/config"]),
        cloud("Azure", &[], &[]),
        cloud("Google Cloud", &[], &["GOOGLE_APPLICATION_CREDENTIALS"]),
    ]));
    s
}

pub fn listing(folder: &str, names: &[(&str, Option<u64>)]) -> Event {
    let entry = |(name, bytes): &(&str, Option<u64>)| Entry {
        path: Path::new(folder).join(name),
        name: SafeText::from_outside(name),
        bytes: *bytes,
        changed: None,
    };
    let listing =
        Listing { folder: PathBuf::from(folder), entries: names.iter().map(entry).collect(), others: 3, beyond: 0 };
    Event::Listed { asked: PathBuf::from("/"), found: Box::new(Ok(listing)) }
}

/// The picker over two bills, then the import of one of them.
pub fn importing() -> Session {
    let mut s = first(SIZE);
    s.keys("i");
    s.send(listing("/bills", &[("old", None), ("bill-09.csv", Some(1_000)), ("bill-10.csv", Some(2_000))]));
    s.keys("1 0 <enter>");
    s
}

#[test]
fn a_newcomer_explores_the_demo() {
    let mut s = first(SIZE);
    assert_eq!(s.app.start(), [], "nothing is asked before it is known of what");
    assert!(s.text().contains("What would you like to do?") && s.text().contains("found: AWS 2 names, Google Cloud"));
    s.keys("d");
    assert_eq!((s.app.place(), s.asked.len()), (Place::Tab(Tab::Spend), 1));
    assert!(matches!(&s.done[..], [Effect::Open(Source::Demo)]), "{:?}", s.done);
}

#[test]
fn arrows_and_enter_do_what_the_letters_do() {
    let mut s = first(SIZE);
    s.keys("j j j <enter>");
    let text = s.text();
    assert!(text.contains("AWS: default, prod\\x1b]52") && text.contains("Azure: nothing found"), "{text}");
    assert!(text.contains("Google Cloud: signed in"), "{text}");
    s.keys("<esc> j <enter>");
    assert!(matches!(&s.done[..], [Effect::Quit(0)]), "{:?}", s.done);
}

#[test]
fn the_help_begins_with_the_first_screens_keys() {
    let mut s = first(SIZE);
    s.keys("?");
    assert_eq!(s.app.place(), Place::Help);
    let text = s.text();
    let shown = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(shown("On the first screen") < shown("explore the demo"));
    s.keys("q");
    assert_eq!((s.app.place(), s.done.len()), (Place::Welcome, 0));
}

#[test]
fn the_credentials_stop_at_their_last_line() {
    let mut s = first((60, 15));
    assert!(!s.text().contains("Esc back"), "{}", s.text());
    s.keys("s");
    assert!(s.text().contains(" more below: j scrolls") && s.text().contains("Esc back"), "{}", s.text());
    s.keys("G");
    let last = s.text();
    assert!(!last.contains("more below"), "{last}");
    s.keys("j G k");
    assert!(s.text() != last, "one line up is one line up: {last}");
    s.keys("j");
    assert_eq!(s.text(), last);
}

fn refused() -> Refused {
    Refused {
        first: vec![SafeText::from_outside("bill-10.csv:7 BilledCost `x`: not a decimal number")],
        count: 12,
        listed_in: Some(SafeText::from_outside("/store/problems/x.tsv")),
    }
}

#[test]
fn an_import_that_is_refused_for_its_rows_lists_them_and_says_what_can_be_done_here() {
    let mut s = importing();
    let error = Error::usage("rows of AWS 1 2024-10 were refused, and what is stored of it is complete")
        .hint("take the good ones with --accept-partial")
        .because(Some(Cause::Incomplete));
    s.send(Event::Imported(Box::new(Err(NotTaken { error, refused: refused() }))));
    let text = s.text();
    for said in
        ["mend the rows below", "bill-10.csv:7", "all are listed in /store/problems/x.tsv", "nothing was changed"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn parts_that_are_not_all_here_can_only_be_replaced() {
    let mut s = importing();
    let refused = Error::usage("AWS 1 2024-10 is stored in 2 parts").hint("--replace").because(Some(Cause::InTheWay));
    s.send(Event::Imported(Box::new(Err(refused.into()))));
    assert!(s.text().contains("r  replace") && !s.text().contains("--replace"), "{}", s.text());
    let before = s.done.len();
    s.keys("a");
    assert_eq!(s.done.len(), before, "adding is no choice");
    s.keys("r");
    assert!(matches!(s.done.last(), Some(Effect::Import(Intake { decision: Some(Decision::Replace), .. }))));
}

#[test]
fn what_is_no_bill_is_named_once_and_another_is_chosen() {
    let mut s = importing();
    let error = Error::usage("`/bills/bill-10.csv`: this is no FOCUS cost and usage export");
    s.send(Event::Imported(Box::new(Err(error.into()))));
    let text = s.text();
    assert_eq!((text.matches("/bills/bill-10.csv").count(), text.contains("this is no FOCUS")), (1, true), "{text}");
    assert!(text.contains("i choose another"), "{text}");
    s.keys("i");
    assert_eq!(s.app.place(), Place::Files);
}

#[test]
fn a_bill_is_found_by_a_part_of_its_name_and_taken_in() {
    let mut s = importing();
    let bill = PathBuf::from("/bills/bill-10.csv");
    let [Effect::List(folder), Effect::Import(intake)] = &s.done[..] else { panic!("{:?}", s.done) };
    assert_eq!((folder, intake), (&PathBuf::from("/"), &Intake { path: bill, decision: None }));
    s.send(Event::Importing(Progress { bytes: 500, of: Some(2_000), rows: 1_234 }));
    let text = s.text();
    assert!(text.contains("  25 %") && text.contains("1,234 charges, 500 B of 2.0 kB"), "{text}");
    s.send(Event::Importing(Progress { bytes: 2_000, of: Some(2_000), rows: 4_000 }));
    assert!(s.text().contains("now its charges are sorted and written"), "{}", s.text());
    let taken =
        Taken { summary: vec![SafeText::from_outside("took 5,000 charges")], refused: refused(), changed: true };
    s.send(Event::Imported(Box::new(Ok(taken))));
    let text = s.text();
    assert!(text.contains("took 5,000 charges") && text.contains("12 rows were refused:"), "{text}");
    assert!(text.contains("bill-10.csv:7 BilledCost") && text.contains("all are listed in /store/problems/x.tsv"));
    assert!(matches!(s.done.last(), Some(Effect::Open(Source::Store))) && s.asked.len() == 1);
    s.keys("<enter>");
    assert_eq!(s.app.place(), Place::Tab(Tab::Spend));
}

#[test]
fn an_import_is_given_up_and_says_that_nothing_changed() {
    let mut s = importing();
    assert!(s.text().contains("Esc give up") && !s.text().contains("close"), "{}", s.text());
    s.keys("<esc>");
    assert!(matches!(s.done.last(), Some(Effect::GiveUpImport)) && s.text().contains("giving up"));
    for said in ["the import was given up", "stopped: nothing was changed"] {
        s.send(Event::Imported(Box::new(Err(Error::new(crate::error::Kind::Interrupted, said).into()))));
        assert_eq!(s.text().matches("nothing was changed").count(), 1, "{}", s.text());
        assert!(s.text().contains("Esc close"), "{}", s.text());
    }
    s.keys("a r <esc>");
    assert_eq!(s.app.place(), Place::Welcome, "back to the first screen: there is still no bill");
}

/// An import is refused until somebody decides.
pub fn undecided() -> Event {
    let refused = Error::usage("AWS 1 2024-10 is stored from other files").because(Some(Cause::Undecided));
    Event::Imported(Box::new(Err(refused.into())))
}

#[test]
fn other_charges_of_a_stored_period_are_asked_about() {
    for (key, decision) in [("a", Decision::Part), ("r", Decision::Replace)] {
        let mut s = importing();
        s.send(undecided());
        assert!(s.text().contains("a  add: it is another part"), "{}", s.text());
        s.keys(key);
        assert!(matches!(s.done.last(), Some(Effect::Import(Intake { decision: Some(d), .. })) if *d == decision));
    }
}

#[test]
fn a_bill_can_be_imported_from_any_tab() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 I");
    assert_eq!(s.app.place(), Place::Files);
    s.keys("<esc>");
    assert_eq!(s.app.place(), Place::Tab(Tab::Breakdown));
}

#[test]
fn first_screens() {
    for size in [(60, 15), (80, 24), (120, 36)] {
        let mut s = first(size);
        shot(&format!("welcome-{}x{}", size.0, size.1), &s);
        s.keys("i");
        s.send(listing("/bills", &[("old", None), ("bill-09.csv", Some(1_000)), ("b\x1b[2Jill.csv", Some(2_000))]));
        shot(&format!("files-{}x{}", size.0, size.1), &s);
    }
}
