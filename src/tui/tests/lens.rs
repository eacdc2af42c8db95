//! What is looked at, chosen by key: periods, filters and lenses.

use super::fake::{Mood, Session, colours};
use super::snapshots::shot;
use crate::domain::filter::Filter;
use crate::engine::Question;
use crate::tui::action::Place;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::tab::Tab;
use crate::tui::theme::Env;

const SIZE: (u16, u16) = (120, 36);

fn period(s: &Session) -> String {
    s.app.lens.period.to_string()
}

#[test]
fn september_is_compared_with_august() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("t s e p t e m b e r");
    assert!(s.text().contains("September: 2024-09-01 to 2024-09-30, 30 days"), "{}", s.text());
    s.keys("<enter> x x x");
    assert_eq!((period(&s).as_str(), s.app.lens.comparison.name()), ("2024-09", "previous"));
    assert!(s.text().contains("September vs August"), "{}", s.text());
    s.keys("t");
    assert!(s.text().contains("held against 2024-08-01 to 2024-08-31"), "{}", s.text());
}

#[test]
fn a_week_is_picked_from_the_calendar_day_by_day() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("t <tab> <pgup> <up> <left> <enter>");
    assert!(s.text().contains("Enter: last day"), "{}", s.text());
    s.keys("<down> <left>");
    assert!(s.text().contains("2024-10-12 to 2024-10-18, 7 days"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((period(&s).as_str(), s.app.place()), ("2024-10-12..2024-10-19", Place::Tab(Tab::Spend)));
}

#[test]
fn a_first_day_is_given_up_before_the_picker_is_closed() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let before = period(&s);
    s.keys("t <right> <left> <enter> <esc>");
    assert!(s.text().contains("Enter: first day"), "{}", s.text());
    s.keys("<enter> <backspace> <esc>");
    assert_eq!((period(&s), s.app.overlay.is_none()), (before, true));
}

#[test]
fn words_of_a_period_are_typed_or_pasted_and_nonsense_is_told() {
    let mut s = Session::started(Mood::Demo, SIZE);
    for (typed, want) in
        [("30d", "30d"), ("last-q", "last-quarter"), ("2024-09-01..2024-09-15\n", "2024-09-01..2024-09-15")]
    {
        s.keys("t");
        s.send(Event::Paste(typed.into()));
        s.keys("<enter>");
        assert_eq!(period(&s), want, "{typed}");
    }
    s.keys("t b l u e <enter>");
    assert!(s.text().contains("`blue` is no period"), "{}", s.text());
    s.keys("<ctrl-u> 2 0 2 3 <enter>");
    assert_eq!(period(&s), "2023");
}

#[test]
fn the_calendar_at_every_size_and_without_colour() {
    for (name, size) in [("60x15", (60, 15)), ("80x24", (80, 24)), ("120x36", SIZE)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("t");
        shot(&format!("period-{name}"), &s);
        s.keys("<tab> <up> <enter> <up> <left>");
        shot(&format!("calendar-{name}"), &s);
    }
    let mut s = Session::new(Mood::Demo, (80, 24), Env { no_color: "1".into(), term: "linux".into(), ..colours() });
    s.start();
    s.keys("t <tab> <up> <enter> <up> <left>");
    shot("calendar-console-no-colour", &s);
}

fn filter(s: &Session) -> String {
    s.app.lens.filter.to_string()
}

#[test]
fn only_eu_west_without_knowing_how_it_is_spelt() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <enter> <enter> <enter> / <ctrl-u> e u w e");
    assert!(s.text().contains("region:eu-west-1"), "{}", s.text());
    s.keys("<tab> <enter>");
    assert_eq!(filter(&s), "region:eu-west-1");
}

#[test]
fn a_dimension_and_its_value_are_completed_with_the_quotes_that_they_need() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/ s e r v");
    assert!(s.text().contains("like ec2, s3, bigquery; 4 seen here"), "{}", s.text());
    s.keys("<down> <enter>");
    assert!(s.text().contains("/ service:") && s.text().contains("Amazon S3"), "{}", s.text());
    s.keys("s 3 <tab> <enter> <enter>");
    assert_eq!(filter(&s), "service:\"Amazon S3\"");
    s.keys("/ - a c c <tab> <enter> <tab>");
    assert!(s.text().contains("▌ prod-ml"), "{}", s.text());
    s.keys("<enter> <enter>");
    assert_eq!(filter(&s), "service:\"Amazon S3\" -sub_account:111122223333");
}

#[test]
fn values_that_no_answer_has_are_offered_with_what_they_cost() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/ r e g i o n : a p");
    let text = s.text();
    let row = text.lines().find(|line| line.contains("ap-south-1")).unwrap_or_else(|| panic!("{text}"));
    assert!(row.ends_with("4,551.02 USD"), "{row}");
    assert!(text.contains("cost of all charges of these days"), "{text}");
    s.keys("<tab> t a g : c o s t");
    assert!(s.text().contains("cost-center"), "{}", s.text());
    s.keys("<tab> x <enter>");
    assert_eq!(filter(&s), "region:ap-south-1 tag:cost-center=x");
}

#[test]
fn values_are_asked_once_for_the_same_days_and_the_wanted_ones_first() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let asked = |s: &Session| {
        let names = s.beside.iter().filter_map(|question| match question {
            Question::Values { dimension, .. } => Some(dimension.name()),
            Question::TagKeys(_) => Some("keys".to_owned()),
            _ => None,
        });
        names.collect::<Vec<_>>()
    };
    assert!(asked(&s).is_empty());
    s.keys("/");
    let main = ["provider", "service", "sub_account", "region", "service_category", "tag:team", "tag:env"];
    assert_eq!(asked(&s), main);
    s.keys("s k u : <esc> : <esc> /");
    assert_eq!(asked(&s)[main.len()..], ["sku"]);
    s.keys("<esc> [ :");
    assert_eq!(asked(&s)[main.len() + 1..], main, "of other days");
}

#[test]
fn nothing_moves_when_values_come() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.app.update(Event::Key(crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char('/'))));
    for c in "service:".chars() {
        s.app.update(Event::Key(crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char(c))));
    }
    let before = s.text();
    let effects = s.app.update(Event::Changed);
    s.answer(effects);
    let after = s.text();
    for (was, is) in before.lines().zip(after.lines()) {
        let rule = was.starts_with('─');
        assert!(was.trim().is_empty() || rule || is.starts_with(was), "{before}\n{after}");
    }
    assert_ne!(before, after);
}

#[test]
fn costs_and_days_and_definitions_are_chosen_from_lists() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("L m");
    assert!(s.text().contains("EffectiveCost: the amortised cost"), "{}", s.text());
    shot("metrics-120x36", &s);
    s.keys("<down> <enter> X");
    assert_eq!(s.app.lens.metric.name(), "billed");
    assert!(s.text().contains("2023-11-01 to 2023-11-20"), "{}", s.text());
    shot("comparisons-120x36", &s);
    s.keys("y e a r <enter>");
    assert_eq!(s.app.lens.comparison.name(), "year-before");
    s.keys("C E U R <enter>");
    assert_eq!(s.app.shown_currency(), Some("EUR"));
}

#[test]
fn enter_applies_what_is_written_unless_something_is_chosen() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/ p r o v <enter>");
    assert_eq!(filter(&s), "\"prov\"");
    s.keys("/ <ctrl-u> t e a m = w e b <space> t e <tab> <enter> x <enter>");
    assert_eq!(filter(&s), "tag:team=web tag:team=x");
}

#[test]
fn a_filter_used_before_comes_back() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/ e n v = p r o d <enter> / <ctrl-u> r e g i o n : e u - * <enter> / <ctrl-u> <up> <up> <enter>");
    assert_eq!(filter(&s), "tag:env=prod");
    s.keys("/ <ctrl-r> e u");
    assert!(s.text().contains("Look for a filter used before"), "{}", s.text());
    s.keys("<enter> <enter>");
    assert_eq!(filter(&s), "region:eu-*");
    s.keys("/ <ctrl-r> <esc>");
    assert_eq!(s.app.place(), Place::Filter);
    s.keys("<esc>");
    assert_eq!((s.app.place(), filter(&s).as_str()), (Place::Tab(Tab::Spend), "region:eu-*"));
}

#[test]
fn the_filter_with_its_suggestions_at_every_size() {
    for (name, size) in [("60x15", (60, 15)), ("80x24", (80, 24)), ("120x36", SIZE)] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("/");
        shot(&format!("filter-{name}"), &s);
        s.keys("s e r v c e : x <space> s e r v i c e : a <down>");
        shot(&format!("filter-values-{name}"), &s);
    }
}

#[test]
fn a_misspelt_value_is_told_of() {
    let mut s = Session::started(Mood::Demo, SIZE);
    for (filter, want) in
        [("provider=amazn", Some(("amazn", "AWS"))), ("provider=amazon", None), ("-provider=amazn", None)]
    {
        s.keys("/ <ctrl-u>");
        s.send(Event::Paste(filter.to_owned()));
        s.keys("<enter>");
        let misspelt = s.app.misspelt().first().map(|(written, meant)| (*written, meant.to_string()));
        assert_eq!(misspelt, want.map(|(written, meant)| (written, meant.to_owned())), "{filter}");
    }
}

#[test]
fn this_view_is_saved_as_incident_and_come_back_to() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/ e n v = p r o d <enter> m t 7 d <enter> L");
    assert!(s.text().contains(" L then ") && s.text().contains("save what is looked at"), "{}", s.text());
    s.keys("s i n c i d e n t <enter>");
    assert!(s.text().contains("kept as `incident`"), "{}", s.text());
    let kept = s.app.lens.clone();
    s.keys("L r");
    assert_eq!(s.app.lens, crate::domain::lens::Lens::default());
    s.keys("' i n c <enter>");
    assert_eq!(s.app.lens, kept);
}

#[test]
fn a_name_is_never_replaced_unasked() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("L s a <enter> m L s a <enter>");
    assert!(s.text().contains("`a` is kept already: Enter again replaces it"), "{}", s.text());
    s.keys("<esc>");
    assert_eq!(s.app.saved.list[0].lens.metric.name(), "effective");
    s.keys("L s a <enter> <enter>");
    assert_eq!((s.app.saved.list[0].lens.metric.name(), s.app.place()), ("billed", Place::Tab(Tab::Spend)));
    for (name, said) in [("o n - c a l l", "`on-call` is the config's"), ("<space>", "a lens needs a name")] {
        s.keys(&format!("L s <ctrl-u> {name} <enter>"));
        assert!(s.text().contains(said), "{}", s.text());
        s.keys("<esc>");
    }
}

#[test]
fn saved_lenses_are_renamed_and_forgotten_and_those_used_last_come_first() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("L s a <enter> m L s b <enter> m L s c <enter> ' a <enter> '");
    let at = |s: &Session, name: &str| s.text().lines().position(|l| l.contains(&format!("{name}  "))).expect("listed");
    let text = s.text();
    let rows: Vec<usize> = ["a", "c", "b", "on-call"].iter().map(|name| at(&s, name)).collect();
    assert!(rows.is_sorted(), "{rows:?} {text}");
    s.keys("<ctrl-r> <ctrl-u> d <enter>");
    assert!(s.text().contains("`a` is `d` now"), "{}", s.text());
    s.keys("' b <ctrl-d>");
    assert!(s.text().contains("Forget `b`?"), "{}", s.text());
    s.keys("<enter> ' o n <ctrl-d>");
    assert!(s.text().contains("`on-call` is the config's, which spendtop never writes"), "{}", s.text());
    s.keys("<esc>");
    let names: Vec<&str> = s.app.saved.list.iter().map(|l| l.name.raw()).collect();
    assert_eq!(names, ["c", "d", "on-call"]);
}

#[test]
fn a_lens_goes_out_in_one_line_and_comes_back() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/ t e a m = w e b <enter> L y");
    let Some(Effect::Copy(line)) = s.done.last().cloned() else { panic!("{:?}", s.done) };
    let sent = s.app.lens.clone();
    s.keys("L r L p");
    s.send(Event::Paste(format!("{line}\n")));
    s.keys("<enter>");
    assert_eq!(s.app.lens, sent);
    s.keys("L p 3 0 d <space> b y <space> s e r v i c x <enter>");
    let text = s.text();
    assert!(text.contains("> 30d by servicx"), "{text}");
    assert!(
        text.contains("         ^ unknown dimension `servicx`") && text.contains("did you mean `service`"),
        "{text}"
    );
    s.keys("<esc>");
    assert_eq!(s.app.lens, sent);
}

#[test]
fn a_lens_that_no_line_carries_is_not_copied() {
    for name in ["nl\n touch /tmp/x\n", "web\u{202e}lla", "a\x1b[2Jb"] {
        let mut s = Session::started(Mood::Demo, SIZE);
        s.app.lens.filter = Filter::parse(&format!("service=\"{name}\""), &[]).expect("filter");
        s.keys("L y");
        assert!(!s.done.iter().any(|effect| matches!(effect, Effect::Copy(_))), "{:?}", s.done);
        assert!(s.text().contains("characters that no line carries: Y copies the command"), "{}", s.text());
    }
}

#[test]
fn a_lens_that_cannot_be_kept_is_said() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let error = crate::error::Error::store("cannot write the journal").hint("free some space on the disk");
    s.send(Event::Done(Box::new(Err(error))));
    assert!(s.text().contains("cannot write the journal: free some space on the disk"), "{}", s.text());
}

#[test]
fn saved_lenses_look_as_they_should() {
    for (name, size) in [("60x15", (60, 15)), ("80x24", (80, 24))] {
        let mut s = Session::started(Mood::Demo, size);
        s.keys("/ e n v = p r o d <enter> L s i n c i d e n t <enter> '");
        shot(&format!("lenses-{name}"), &s);
        s.keys("<esc> m L s i n c i d e n t <enter>");
        shot(&format!("lens-warning-{name}"), &s);
    }
}
