//! What a person does about tags, by script.

use super::breakdown::opened;
use super::fake::{Mood, Session, colours};
use super::scripts::reply;
use super::snapshots::shot;
use crate::domain::dimension::Dimension;
use crate::engine::Question;
use crate::tui::event::Event;
use crate::tui::theme::Env;

const SIZE: (u16, u16) = (120, 36);

fn shown(size: (u16, u16)) -> Session {
    let mut s = opened(size);
    s.keys("v h");
    s
}

#[test]
fn a_misspelt_team_is_found_and_its_charges_shown() {
    let mut s = shown(SIZE);
    let text = s.text();
    assert!(text.contains("all › tag hygiene") && text.contains("75 %") && text.contains("6,191.00"), "{text}");
    assert!(text.contains("3 values:  payments 49 %  ml 22 %"), "{text}");
    s.keys("j j j");
    assert!(s.text().contains("differs from `payments` in a letter or two"), "{}", s.text());
    s.keys("y Y");
    let copied = format!("{:?}", s.done);
    assert!(copied.contains("team=paymnets\\t812.00 USD\\tprobably\\tpayments"), "{copied}");
    assert!(copied.contains("spendtop tags --metric effective --period this-month --as-of 2024-11-20"), "{copied}");
    s.keys("<enter>");
    assert_eq!(s.app.lens.filter.to_string(), "tag:team==paymnets");
    assert_eq!(s.app.lens.by, [Dimension::Provider], "as it was grouped before");
    assert!(s.text().contains("all › team=paymnets") && s.text().contains("Trend"), "{}", s.text());
    s.keys("<backspace>");
    assert!(s.text().contains("differs from `payments`"), "the line that was opened is selected: {}", s.text());
    s.keys("<esc>");
    assert!(s.text().contains("Trend") && s.app.lens.filter.is_empty(), "{}", s.text());
}

#[test]
fn what_has_no_team_is_opened_by_service() {
    let mut s = shown(SIZE);
    s.keys("G k");
    assert!(s.text().contains("Amazon EC2 without team"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!(s.app.lens.filter.to_string(), "tag:team=\"\" service:\"Amazon EC2\"");
    assert_eq!(s.app.lens.by, [Dimension::SubAccount]);
    s.keys("<backspace> k <enter>");
    assert_eq!(
        (s.app.lens.filter.to_string().as_str(), &s.app.lens.by[..]),
        ("tag:team=\"\"", &[Dimension::Service][..])
    );
}

#[test]
fn a_key_is_grouped_by_and_so_is_one_that_is_misspelt() {
    let mut s = shown(SIZE);
    s.keys("j <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Tag("env".into())]);
    assert!(s.app.lens.filter.is_empty());
    s.keys("<backspace> j <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Tag("Team".into())]);
    assert_eq!(s.app.lens.filter.to_string(), "-tag:Team=\"\"");
}

#[test]
fn services_are_those_without_the_key_that_was_selected_last() {
    let mut s = shown(SIZE);
    assert!(s.text().contains("Without team"), "{}", s.text());
    s.keys("j");
    assert!(s.text().contains("Without env") && s.text().contains("every charge has it"), "{}", s.text());
}

#[test]
fn keys_that_are_about_rows_say_the_way_back() {
    for keys in ["f", "s", "<space>", "u", "="] {
        let mut s = shown(SIZE);
        s.keys(keys);
        assert!(s.text().contains("goes back to the rows") && s.app.overlay.is_none(), "{keys}: {}", s.text());
    }
    let mut s = shown(SIZE);
    s.keys("v h");
    assert!(s.text().contains("Trend"), "the same keys leave: {}", s.text());
    s.keys("v h p");
    assert!(s.text().contains("day 20 of 20"), "{}", s.text());
}

#[test]
fn it_says_that_it_loads_fails_or_has_nothing() {
    let mut s = opened(SIZE);
    let key = |c: char| Event::Key(crossterm::event::KeyCode::Char(c).into());
    s.app.update(key('v'));
    let asked = s.app.update(key('h'));
    assert!(s.text().contains("loading how charges are tagged"), "{}", s.text());
    s.send(reply(&asked, Mood::Broken));
    assert!(s.text().contains("cannot read the store") && s.text().contains("asks again"), "{}", s.text());
    s.keys("r");
    assert!(s.text().contains("Probably misspelt"), "{}", s.text());
    let asked = |s: &Session| s.beside.iter().filter(|q| matches!(q, Question::TagHygiene(_))).count();
    s.keys("j k v h v h");
    assert_eq!(asked(&s), 1, "asked once a lens");
    s.keys("[");
    assert_eq!(asked(&s), 2);
    let mut none = Session::started(Mood::Empty, SIZE);
    none.keys("2 v h <enter> j");
    assert!(none.text().contains("nothing has been imported"), "{}", none.text());
}

#[test]
fn hygiene_in_full() {
    for size in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let mut s = shown(size);
        s.keys("j j j");
        shot(&format!("hygiene-{}x{}", size.0, size.1), &s);
    }
    let mut s =
        Session::new(Mood::Demo, (80, 24), Env { term: "linux".into(), no_color: "1".into(), ..Env::default() });
    s.start();
    s.keys("2 v h");
    shot("hygiene-console-no-colour", &s);
}

#[test]
fn large_totals_are_drawn_at_every_width() {
    let mut s = shown((40, 24));
    let shown = s.app.breakdown.hygiene.slot.shown.as_mut().expect("answered");
    let large = "12345678901.23".parse().ok();
    for answer in &mut shown.answers {
        answer.total = large;
        answer.keys.iter_mut().for_each(|key| key.untagged = large);
    }
    for width in 40..=120 {
        s.resize((width, 24));
        assert!(s.text().contains("12,345,678,901.23") && s.text().contains("team"), "{width}: {}", s.text());
    }
}

#[test]
fn no_figure_leaves_its_column_at_any_size() {
    for mood in [Mood::Demo, Mood::Hostile] {
        let mut s = Session::new(mood, SIZE, colours());
        s.start();
        s.keys("2 v h");
        for (width, height) in (40..210).step_by(9).flat_map(|w| (8..40).step_by(3).map(move |h| (w, h))) {
            s.resize((width, height));
            let text = s.text();
            assert!(text.contains("6,191.00"), "{width}x{height}: {text}");
            s.keys("j g");
        }
    }
}
