//! What a person does about budgets, by script, and how the tab looks.

use super::fake::{HOSTILE, Mood, Session, poor};
use super::mouse::click;
use super::snapshots::shot;
use crate::domain::budget::Budget;
use crate::domain::money::Amount;
use crate::domain::text::is_hidden;
use crate::engine::Question;
use crate::engine::budgets::{Asked, BudgetCommand, Was};
use crate::tui::event::Event;
use crate::tui::overlay::Overlay;
use crate::tui::tab::Tab;
use crate::tui::tab::budgets::View;

const SIZE: (u16, u16) = (120, 36);

fn shown(size: (u16, u16)) -> Session {
    let mut s = Session::started(Mood::Demo, size);
    s.keys("4");
    s
}

#[test]
fn the_worst_is_first_and_the_selected_one_is_shown_in_detail() {
    let mut s = shown(SIZE);
    let text = s.text();
    assert!(text.find("data") < text.find("platform") && text.contains("! over since Nov 18"), "{text}");
    assert!(text.contains("Who spends it") && text.contains("prod-core"), "{text}");
    s.keys("j");
    assert!(s.text().contains("8,796.00 left"), "{}", s.text());
    s.keys("<enter>");
    let text = s.text();
    assert!(text.contains("Earlier periods") && text.contains("October 2024") && !text.contains("sandbox"), "{text}");
    s.keys("Y y <esc>");
    assert!(s.text().contains("sandbox"), "{}", s.text());
    let copied = format!("{:?}", s.done);
    assert!(copied.contains("spendtop budget show 'platform' --as-of 2024-11-20"), "{copied}");
    assert!(copied.contains("platform\\t41,204.00 of 50,000.00 USD"), "{copied}");
}

#[test]
fn its_charges_are_opened_as_rows_and_left_again() {
    let mut s = shown(SIZE);
    s.keys("j <enter> <enter>");
    assert_eq!((s.app.tab, s.app.lens.filter.to_string().as_str()), (Tab::Breakdown, "tag:team=platform"));
    assert!(s.text().contains("all › platform"), "{}", s.text());
    s.keys("<backspace>");
    assert_eq!((s.app.tab, s.app.lens.filter.is_empty()), (Tab::Budgets, true));
    s.keys("<backspace>");
    for view in [View::List, View::Detail] {
        click(&mut s, "web  ");
        assert_eq!(s.app.budgets.view, view);
    }
    assert!(s.text().contains("12,010.00") && s.app.budgets.budget().is_some_and(|b| b.budget.name.raw() == "web"));
}

#[test]
fn a_budget_is_made_in_the_form_and_undone() {
    let mut s = shown(SIZE);
    s.keys("n <enter>");
    assert!(s.text().contains("a budget needs a name"), "{}", s.text());
    s.send(Event::Paste("new one".into()));
    s.keys("<down> <down> 5 0 x <enter>");
    assert!(s.text().contains("an amount is written like"), "{}", s.text());
    s.keys("<backspace> k <enter>");
    assert!(s.app.overlay.is_none(), "{}", s.text());
    let status = s.app.status.clone().unwrap_or_default();
    assert_eq!(status, "budget new one is kept: 50000 USD a month: u undoes it");
    s.keys("u");
    assert!(s.app.status.as_deref().is_some_and(|status| status == "budget new one is gone"), "{:?}", s.app.status);
    s.keys("u");
    assert_eq!(s.app.status.as_deref(), Some("nothing to undo"));
}

#[test]
fn a_name_that_is_taken_is_refused_in_the_form() {
    let mut s = shown(SIZE);
    s.keys("c <ctrl-u>");
    s.send(Event::Paste("platform".into()));
    s.keys("<enter>");
    assert!(s.text().contains("there is a budget `platform` already"), "{}", s.text());
    s.keys("<esc>");
    assert!(s.app.overlay.is_none());
}

#[test]
fn what_somebody_else_changes_while_a_form_is_open_stays() {
    let mut s = shown(SIZE);
    let seen = s.app.budgets.budget().expect("selected").budget.clone();
    s.keys("e <up>");
    let other = Budget { amount: Amount::whole(7_777), owner: "cli".into(), ..seen.clone() };
    s.elsewhere(BudgetCommand::Keep { budget: Box::new(other.clone()), was: Was::New });
    s.send(Event::Paste("hello".into()));
    s.keys("<enter>");
    let name = seen.name.raw();
    let said = format!("budget {name} is changed, but amount, owner, changed meanwhile, stays: u undoes it");
    assert_eq!(s.app.status.as_deref(), Some(said.as_str()));
    let note = format!("{}hello", seen.note.raw());
    assert_eq!(s.kept_budgets(), [Budget { note: note.into(), ..other.clone() }]);
    // What is undone is what was done here.
    let now = s.kept_budgets().remove(0);
    let last = Budget { currency: "EUR".into(), ..now.clone() };
    s.elsewhere(BudgetCommand::Keep { budget: Box::new(last), was: Was::Seen(Box::new(now)) });
    s.keys("u");
    assert_eq!(s.kept_budgets(), [Budget { currency: "EUR".into(), ..other }]);
    // Gone meanwhile: what was typed is not lost.
    s.keys("e <up>");
    s.send(Event::Paste("typed".into()));
    s.elsewhere(BudgetCommand::Remove { name: name.to_owned() });
    s.keys("<enter>");
    assert!(s.text().contains("typed") && s.text().contains("there is no budget"), "{}", s.text());
    s.keys("<esc>");
    assert!(s.app.overlay.is_none() && s.app.budgets.sent.is_none());
}

#[test]
fn what_if_is_asked_line_by_line() {
    let mut s = shown(SIZE);
    s.keys("w");
    s.send(Event::Paste("growth +10%".into()));
    s.keys("<enter>");
    let text = s.text();
    assert!(text.contains("today") && text.contains("then") && text.contains("+2,000.00"), "{text}");
    s.send(Event::Paste("grwth".into()));
    s.keys("<enter>");
    assert!(s.text().contains("did you mean `growth`?"), "{}", s.text());
    s.keys("<ctrl-u> <backspace>");
    assert!(!s.text().contains("+2,000.00"), "{}", s.text());
    s.send(Event::Paste("use autumn".into()));
    s.keys("<enter>");
    assert!(s.text().contains("buy 5"), "{}", s.text());
    s.send(Event::Paste("save winter".into()));
    s.keys("<enter>");
    assert_eq!(s.app.status.as_deref(), Some("kept as scenario winter"));
    assert!(matches!(s.app.overlay, Some(Overlay::WhatIf(_))));
}

#[test]
fn a_service_by_its_short_name_is_worked_out_once() {
    let mut s = shown(SIZE);
    s.keys("w");
    s.send(Event::Paste("growth +10% of ec2".into()));
    s.beside.clear();
    s.keys("<enter>");
    let simulated = |asked: &&Question| matches!(asked, Question::Budgets(Asked::Simulate { .. }));
    let asked: Vec<&Question> = s.beside.iter().filter(simulated).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(s.text().contains("Elastic Compute Cloud"), "as the bill has it: {}", s.text());
    s.send(Event::Paste("buy 5".into()));
    s.beside.clear();
    s.keys("<enter>");
    assert_eq!(s.beside.iter().filter(simulated).count(), 1);
}

#[test]
fn those_who_have_none_are_offered_some() {
    let mut s = Session::started(Mood::Empty, SIZE);
    s.keys("4");
    assert!(s.text().contains("No budgets yet.") && s.text().contains("the last 6 months cost"), "{}", s.text());
    s.keys("j <enter>");
    assert!(s.text().contains("New budget, as suggested") && s.text().contains("team web"), "{}", s.text());
    s.keys("<enter>");
    assert!(s.app.status.as_deref().is_some_and(|status| status.starts_with("budget team web is kept")));
}

#[test]
fn names_from_outside_do_no_harm_there() {
    for size in [(60, 15), (80, 24), (200, 60)] {
        for keys in ["4", "4 <enter>", "4 w", "4 e", "4 c", "4 s", "4 y Y"] {
            let mut s = Session::started(Mood::Hostile, size);
            s.keys(keys);
            let bad = |text: &str| text.chars().any(|c| c == '\u{9b}' || c == '\x07' || is_hidden(c));
            assert!(!bad(&s.text()), "{keys}");
            assert!(!s.written().contains("\x1b]52"), "{keys}: {HOSTILE:?}");
        }
    }
}

#[test]
fn budgets_at_three_sizes() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let named = |name: &str| format!("budgets-{name}-{}x{}", size.0, size.1);
        let mut s = shown(size);
        s.keys("j");
        shot(&named("list"), &s);
        s.keys("<enter>");
        shot(&named("detail"), &s);
        s.keys("e");
        shot(&named("form"), &s);
        s.keys("<esc> w");
        s.send(Event::Paste("growth +10%".into()));
        s.keys("<enter>");
        shot(&named("what-if"), &s);
        let mut s = Session::started(Mood::Empty, size);
        s.keys("4");
        shot(&named("none"), &s);
    }
}

#[test]
fn budgets_without_colour_in_sixteen_and_in_ascii() {
    for (name, env) in poor() {
        let mut s = Session::new(Mood::Demo, (80, 24), env);
        s.start();
        s.keys("4 j");
        shot(&format!("budgets-{name}"), &s);
    }
}

#[test]
fn what_could_not_be_undone_still_can_be() {
    let mut s = shown(SIZE);
    s.keys("n");
    s.send(Event::Paste("new one".into()));
    s.keys("<down> <down> 5 <enter>");
    let undo = s.app.budgets.undo.begin();
    assert!(undo.is_some());
    s.send(Event::Done(Box::new(Err(crate::error::Error::store("the disk is full")))));
    assert_eq!(s.app.budgets.undo.begin(), undo);
    s.keys("u");
    assert_eq!(s.app.status.as_deref(), Some("being undone"));
}

#[test]
fn what_other_changes_come_to_is_not_said_of_these() {
    let mut s = shown(SIZE);
    s.keys("w");
    s.send(Event::Paste("growth +10%".into()));
    s.keys("<enter>");
    assert!(s.text().contains("+2,000.00"), "{}", s.text());
    let Some(Overlay::WhatIf(whatif)) = &mut s.app.overlay else { panic!("no what-if") };
    whatif.changes = vec!["buy 7".parse().expect("a change")];
    let text = s.text();
    assert!(text.contains("buy 7") && !text.contains("+2,000.00") && !text.contains("then"), "{text}");
}

#[test]
fn no_day_and_no_figure_is_cut() {
    for size in [(80, 24), (100, 30), (120, 36), (200, 60)] {
        let mut s = shown(size);
        s.keys("j <enter>");
        let text = s.text();
        let text = format!("{text}{}", {
            s.keys("G");
            s.text()
        });
        let past = text.lines().find(|line| line.contains("October 2024") || line.contains("Oct 2024"));
        assert!(past.is_none_or(|line| line.contains("! over since Oct 29")), "{size:?}\n{text}");
        assert!(past.is_some(), "{size:?}\n{text}");
        s.keys("<esc> k w");
        s.send(Event::Paste("buy 5000 on 2026-12-10".into()));
        s.keys("<enter>");
        let text = s.text();
        assert!(text.contains("! over since Nov 18") && text.contains("buy 5000 on 2026-12-10"), "{size:?}\n{text}");
    }
}

#[test]
fn what_is_left_of_a_budget_is_said_whole_beside_the_list() {
    for columns in (80..=240).step_by(8) {
        let text = shown((columns, 40)).text();
        let said =
            text.lines().find(|line| line.contains(" · November ")).unwrap_or_else(|| panic!("{columns}\n{text}"));
        assert!(said.trim_end().ends_with(" over"), "{columns}: {said}");
    }
}

#[test]
fn all_of_a_budget_that_is_shown_whole_can_be_read() {
    let long = "821.48 USD left over from October are in the limit, and this goes on for several lines to-the-end";
    for size in [(80, 24), (100, 30), (120, 36), (200, 60)] {
        let mut s = shown(size);
        s.keys("j <enter>");
        let shown = s.app.budgets.detail.shown.as_mut().expect("a budget");
        let standing = &mut shown.answers[0].standing;
        standing.remarks.push(long.to_owned());
        let past = standing.history[1].clone();
        standing.history.extend(vec![past; 10]);
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..12 {
            seen.extend(s.text().lines().map(|line| line.trim().to_owned()));
            assert_eq!(s.app.budgets.budget().map(|b| b.budget.name.raw().to_owned()).as_deref(), Some("platform"));
            s.keys("<pgdn>");
        }
        let seen = seen.join(" ");
        let words =
            ["Thresholds", "100 % foretold", "Earlier periods", "by service", "CloudWatch Logs", "by sub account"];
        for words in words.into_iter().chain(["821.48 USD left over", "to-the-end"]) {
            assert!(seen.contains(words), "{size:?} {words}\n{}", seen.replace("  ", ""));
        }
        assert!(!s.text().contains("more below"), "{size:?}\n{}", s.text());
        s.keys("g");
        assert_eq!(s.app.budgets.scroll, 0);
        assert!(s.text().contains("more below") || size.1 >= 36, "{size:?}\n{}", s.text());
        s.keys("G <esc> <enter>");
        assert_eq!(s.app.budgets.scroll, 0);
    }
}

#[test]
fn where_budgets_have_several_currencies_each_line_says_its_own() {
    for size in [(80, 24), (120, 36), (200, 60)] {
        let mut s = shown(size);
        assert!(!s.text().lines().any(|line| line.contains("web") && line.contains("USD")), "{}", s.text());
        let answers = &mut s.app.budgets.slot.shown.as_mut().expect("told").answers;
        answers[2].budget.currency = "EUR".to_owned();
        answers[2].spent = answers[2].limit.total.scale_by(875, 100).into();
        let text = s.text();
        for (name, currency) in [("web  ", " 20,000 EUR "), ("sandbox", " 1,000 USD ")] {
            let line = text.lines().find(|line| line.contains(name));
            assert!(line.is_some_and(|line| line.contains(currency)), "{size:?}\n{text}");
        }
        assert!(text.contains("! over since Nov 18"), "{size:?}\n{text}");
        assert!(text.contains(" 875 %"), "a share stands apart from its gauge: {size:?}\n{text}");
    }
}
