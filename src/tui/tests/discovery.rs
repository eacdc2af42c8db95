//! Stories of people who do not know the keys: they find what they want by typing what they mean.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::fake::{Mood, Session, as_of, colours};
use crate::domain::charge::Metric;
use crate::domain::dimension::Dimension;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::tui::Keymap;
use crate::tui::action::{Action, Place, TABLE};
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::hints::Hints;
use crate::tui::synonyms::SYNONYMS;
use crate::tui::tab::Tab;

const SIZE: (u16, u16) = (120, 36);

#[test]
fn group_by_region_by_typing_a_part_of_it() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 b r e g");
    assert!(s.text().contains("> reg") && s.text().contains(" 1 of 17 "), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((s.app.place(), &s.app.lens.by[..]), (Place::Tab(Tab::Breakdown), &[Dimension::Region][..]));
}

#[test]
fn group_by_two_dimensions_in_their_order() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b r e g <space> <ctrl-u> s e r v <ctrl-n> <ctrl-p> <tab>");
    assert!(s.text().contains(" Provider / Region / "), "{}", s.text());
    s.keys("<ctrl-u> p r o v <space> <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Region, Dimension::Service]);
}

#[test]
fn no_more_than_four_dimensions_at_once() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b <down> <space> <down> <space> <down> <space> <down> <space>");
    assert!(s.app.status.as_deref().is_some_and(|text| text.contains("at most 4")), "{:?}", s.app.status);
    s.keys("<esc>");
    assert_eq!(s.app.lens.by, [Dimension::Provider], "closing changes nothing");
}

#[test]
fn letters_are_typed_and_never_move_or_quit() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b q j k ? 2 : / 1");
    assert!(s.text().contains("nothing matches `qjk?2:/1`"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((s.app.place(), s.done.len()), (Place::Several, 0), "nothing is chosen where nothing matches");
    s.keys("<ctrl-u>");
    s.send(Event::Paste("availability\x1b[2J zone\n".into()));
    s.keys("<ctrl-w> <ctrl-w> a v z o <enter>");
    assert_eq!(s.app.lens.by, [Dimension::AvailabilityZone]);
}

#[test]
fn a_list_opens_on_what_is_chosen_now() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("b <down> <enter> b <enter>");
    assert_eq!(s.app.lens.by, [Dimension::BillingAccount]);
    s.keys("b <pgdn> <pgdn> <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Tag("env".into())]);
}

/// The first line of the open list.
fn first_line(s: &Session) -> String {
    let text = s.text();
    let mut lines = text.lines().skip_while(|line| !line.contains("> "));
    lines.nth(1).unwrap_or_default().to_owned()
}

#[test]
fn copy_the_command_without_knowing_its_key() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": c o p y c o m");
    assert!(first_line(&s).contains("copy the command that prints the figures") && first_line(&s).contains(" Y "));
    s.keys("<enter>");
    assert!(matches!(&s.done[..], [Effect::Copy(text)] if text.starts_with("spendtop spend ")), "{:?}", s.done);
    assert_eq!(s.app.place(), Place::Tab(Tab::Spend));
}

#[test]
fn an_action_is_found_first_by_its_own_name() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2");
    let mut met = HashSet::new();
    // An action that several keys of several places do is there once, by the first of its names.
    let entries = TABLE.iter().filter(|e| Tab::ALL.iter().any(|tab| e.scope.holds(Place::Tab(*tab))));
    for entry in entries.filter(|e| met.insert(e.action) && e.action != Action::Palette) {
        s.keys(":");
        s.send(Event::Paste(entry.name.replace('-', " ")));
        assert!(first_line(&s).contains(entry.doc), "{}: {}", entry.name, s.text());
        s.keys("<esc>");
    }
}

#[test]
fn what_comes_and_what_is_wrong_are_found_by_their_plain_words() {
    for (tab, words, name) in [
        ("1", "forecast|prediction|outlook", "forecast"),
        ("1", "what-if|what if|simulate|simulation|scenario|growth", "what-if"),
        ("1", "acknowledge|ack", "acknowledge"),
        ("1", "snooze|mute|silence", "snooze"),
        ("1", "expect|expected|false alarm", "expect"),
        ("5", "undo", "undo"),
        ("4", "undo", "undo-budget"),
        ("1", "reopen|unsnooze", "reopen"),
        ("1", "alert|alerts|notifications|channels|slack", "alerts"),
        ("1", "anomaly|anomalies|spikes", "show-anomalies"),
        ("1", "budget|budgets", "show-budgets"),
        ("4", "new budget|add budget|create budget", "new-budget"),
        ("4", "edit budget|change budget", "edit-budget"),
        ("4", "clone|clone budget|duplicate", "clone-budget"),
        ("4", "archive", "archive-budget"),
        ("4", "show archived|archived", "show-archived"),
        ("4", "remove budget|delete budget", "remove-budget"),
        ("4", "suggest", "suggest-budgets"),
        ("5", "summary|copy summary|paste into incident", "copy-summary"),
        ("5", "line items|explain", "explain-anomaly"),
        ("5", "charges", "open-charges"),
        ("5", "filter", "filter-anomalies"),
        ("5", "sort|severity", "sort-anomalies"),
        ("5", "states|snoozed", "show-anomalies-of"),
    ] {
        let mut s = Session::started(Mood::Demo, SIZE);
        s.keys(tab);
        let entry = TABLE.iter().find(|entry| entry.name == name).expect(name);
        for typed in words.split('|') {
            s.keys(":");
            s.send(Event::Paste(typed.to_owned()));
            assert!(first_line(&s).contains(entry.doc), "`{typed}` for {name}: {}", s.text());
            s.keys("<esc>");
        }
    }
}

#[test]
fn every_other_word_of_an_action_finds_it_in_the_palette_and_in_the_help() {
    let mut s = Session::started(Mood::Demo, SIZE);
    for (name, words) in SYNONYMS {
        let entry = TABLE.iter().find(|entry| entry.name == *name).expect(name);
        for word in *words {
            s.keys(":");
            s.send(Event::Paste(word.replace('-', " ")));
            assert!(first_line(&s).contains(entry.doc), "`{word}` for {name}: {}", s.text());
            s.keys("<esc> ? /");
            s.send(Event::Paste((*word).to_owned()));
            assert!(s.text().contains(entry.doc), "`{word}` for {name}: {}", s.text());
            s.keys("<esc> <esc>");
        }
    }
}

#[test]
fn the_forecast_is_told_by_its_word() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 : f o r e c a s t <enter>");
    assert_eq!(s.app.place(), Place::Explain);
    assert!(s.text().contains("Forecast to Nov 30"), "{}", s.text());
    s.keys("q v f");
    assert!(s.text().contains("Forecast to Nov 30"), "{}", s.text());
}

#[test]
fn group_by_region_through_the_palette() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 : r e g i o n <enter>");
    assert_eq!((s.app.tab, &s.app.lens.by[..]), (Tab::Breakdown, &[Dimension::Region][..]));
}

#[test]
fn periods_are_found_by_the_words_that_they_are_asked_for_with() {
    for (typed, label, period) in [
        ("last month", "period: last month", PeriodSpec::LastMonth),
        ("last-month", "period: last month", PeriodSpec::LastMonth),
        ("this month", "period: this month", PeriodSpec::ThisMonth),
        ("last 90 days", "period: last 90 days", PeriodSpec::LastDays(90)),
        ("october", "period: last month", PeriodSpec::LastMonth),
        ("90d", "period: last 90 days", PeriodSpec::LastDays(90)),
        ("today", "period: today", PeriodSpec::LastDays(1)),
        ("last quarter", "period: last quarter", PeriodSpec::LastQuarter),
    ] {
        let mut s = Session::started(Mood::Demo, SIZE);
        s.keys(":");
        s.send(Event::Paste(typed.to_owned()));
        assert!(first_line(&s).contains(label), "{typed}: {}", s.text());
        s.keys("<enter>");
        assert_eq!(s.app.lens.period, period, "{typed}");
    }
}

#[test]
fn tabs_without_figures_say_where_a_key_works() {
    for tab in ["3", "4", "6"] {
        let mut s = Session::started(Mood::Demo, SIZE);
        s.keys(tab).keys("i");
        assert!(s.text().contains("i works where there are figures: 1 or 2"), "{}", s.text());
        s.keys("~");
        assert_eq!(s.app.status, None, "what means nothing anywhere is only a key");
    }
}

#[test]
fn look_at_one_service_by_its_name() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": e c 2");
    assert!(first_line(&s).contains("filter: service = Amazon EC2"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!(s.app.lens.filter.to_string(), "service:\"Amazon EC2\"");
    assert!(s.text().contains("Amazon EC2"), "the lens says so: {}", s.text());
}

#[test]
fn look_at_one_account_by_what_people_call_it() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <enter> : p r o d - m l <enter>");
    assert!(s.app.lens.filter.to_string().contains("sub_account:111122223333"), "{}", s.app.lens.filter);
    s.keys("<backspace>");
    assert_eq!(s.app.lens.filter.to_string(), "sub_account:111122223333", "only what was opened is left");
}

#[test]
fn a_saved_lens_and_a_theme_are_found_by_their_names() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": o n - c a l l <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Region]);
    s.keys(": c o l o u r b l i n d <enter>");
    assert_eq!(s.app.theme.name.name(), "colour-blind");
    s.keys(": s o u t h");
    assert!(first_line(&s).contains("filter: region = ap-south-1") && first_line(&s).contains("4,551.02 USD"));
}

#[test]
fn last_month_by_typing_it() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": q u a r t e r <down> <enter>");
    assert_eq!(s.app.lens.period, PeriodSpec::LastQuarter);
    s.keys(": b i l l e d <enter> : y e a r b e f o r e <enter>");
    assert_eq!((s.app.lens.metric, s.app.lens.comparison), (Metric::Billed, Comparison::YearBefore));
}

#[test]
fn go_to_a_tab_by_its_name() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": b u d g <enter>");
    assert_eq!(s.app.tab, Tab::Budgets);
}

#[test]
fn an_overlay_is_opened_from_the_palette() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": c h o o s e d a y s <enter>");
    assert_eq!(s.app.place(), Place::Calendar);
    s.keys("<esc> : t h i s h e l p <enter>");
    assert_eq!(s.app.place(), Place::Help);
}

#[test]
fn what_was_used_last_comes_first() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": m e t r i c l i s t <enter> : r e g i o n <enter> :");
    assert!(first_line(&s).contains("group by Region"), "{}", s.text());
    s.keys("<down> <enter>");
    assert_eq!(s.app.lens.metric, Metric::List);
    s.keys(":");
    assert!(first_line(&s).contains("metric: list cost"), "{}", s.text());
}

#[test]
fn what_does_nothing_here_says_why_and_does_nothing() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys(": r e v e r s e o r d e r");
    assert!(first_line(&s).contains("only in Breakdown"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!((s.app.status.as_deref(), s.app.place()), (Some("only in Breakdown"), Place::Picker));
    s.keys("<esc> 4 : f i l t e r <space> b y");
    assert!(first_line(&s).contains("only where there are figures"), "{}", s.text());
}

#[test]
fn the_palette_shows_the_keys_of_the_config() {
    let keys = BTreeMap::from([("metric".to_owned(), vec!["v m".to_owned()])]);
    let mut s = Session::started(Mood::Demo, SIZE);
    s.app.keymap = Arc::new(Keymap::with(&keys).expect("sound"));
    s.keys(": n e x t m e t r i c");
    assert!(first_line(&s).contains(" v m "), "{}", s.text());
    s.keys("<esc> ? / l i s t c o n t r a c t");
    assert!(s.text().contains("v m "), "{}", s.text());
}

#[test]
fn what_keys_work_here() {
    let mut s = Session::started(Mood::Demo, (60, 15));
    s.keys("2 ?");
    let text = s.text();
    let own = text.find("sort by");
    let below = text.find("Moving about").is_none_or(|others| own < Some(others));
    assert!(own.is_some() && below, "this tab's keys come first: {text}");
    s.keys("/ c o p y");
    let text = s.text();
    assert!(text.contains("Keys / copy") && text.contains("copy the row as text, or all marked"), "{text}");
    assert!(!text.contains("sort by"), "{text}");
    s.keys("<enter> <esc> <esc>");
    assert_eq!(s.app.place(), Place::Tab(Tab::Breakdown));
}

#[test]
fn which_key_sorts_and_in_which_tab() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("? / s o r t");
    assert!(s.text().contains("In Breakdown") && s.text().contains("sort by"), "{}", s.text());
    s.keys("<ctrl-u> z z z");
    assert!(s.text().contains("no key matches `zzz`"), "{}", s.text());
    s.keys("<esc>");
    assert!(s.text().contains("Moving about"), "leaving the search leaves the help open: {}", s.text());
    s.keys("?");
    assert_eq!(s.app.place(), Place::Tab(Tab::Spend));
}

#[test]
fn a_key_is_found_by_what_it_is_called_in_the_config() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("? / q u i t - n o w");
    assert!(s.text().contains("Ctrl-C") && s.text().contains("from anywhere"), "{}", s.text());
}

#[test]
fn the_palette_opens_before_anything_is_known_and_after_an_error() {
    let mut s = Session::new(Mood::Demo, SIZE, colours());
    s.keys(": l a s t m o n t h <esc> : s o r t <enter> <esc>");
    assert_eq!(s.app.tab, Tab::Spend);
    let mut s = Session::started(Mood::Broken, SIZE);
    s.keys(": o p e n s e l e c t e d");
    assert!(first_line(&s).contains("there is nothing to do it to"), "{}", s.text());
    s.keys("<ctrl-u> a s k a g a i n <enter>");
    assert!(s.done.contains(&Effect::Redraw));
    assert_eq!(as_of(), s.app.as_of);
}

#[test]
fn a_newcomer_is_told_one_key_after_the_other_and_never_again() {
    let mut s = Session::new(Mood::Demo, SIZE, colours());
    s.app.hints = Some(Hints::default());
    assert!(!s.text().contains("opens what is selected"), "nothing can be opened yet: {}", s.text());
    s.start();
    for (keys, hint) in [
        ("", " Enter opens what is selected"),
        ("<enter>", " : finds everything"),
        (": <esc>", " / leaves only what matches"),
        ("/ <esc>", " ? has every key"),
    ] {
        s.keys(keys);
        assert!(s.text().contains(hint), "{hint}: {}", s.text());
    }
    let with = s.text();
    s.keys("? <esc>");
    let rows = |text: &str| text.lines().skip(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&with), rows(&s.text()), "nothing moves when it goes");
    assert!(!s.text().contains("every key that works") && s.app.hints_learnt().is_some());
    let mut later = Session::new(Mood::Demo, SIZE, colours());
    later.app.hints = s.app.hints_learnt();
    later.start();
    assert!(later.app.hints_learnt().is_none(), "there is nothing left to remember");
}

#[test]
fn hints_name_the_keys_of_the_config_or_none() {
    let keys = [("open", vec![]), ("palette", vec!["f2".to_owned()])];
    let keys: BTreeMap<String, Vec<String>> = keys.map(|(name, keys)| (name.to_owned(), keys)).into();
    let mut s = Session::started(Mood::Demo, SIZE);
    s.app.hints = Some(Hints::default());
    s.app.keymap = Arc::new(Keymap::with(&keys).expect("sound"));
    assert!(s.text().contains(" F2 finds everything"), "{}", s.text());
    s.keys("3");
    assert!(s.text().contains(" F2 finds everything"), "{}", s.text());
}

#[test]
fn empty_views_name_the_keys_of_the_config() {
    let keys = [("period", vec!["f4".to_owned()]), ("comparison", vec![]), ("show-spend", vec!["f1".to_owned()])];
    let keys: BTreeMap<String, Vec<String>> = keys.map(|(name, keys)| (name.to_owned(), keys)).into();
    let mut s = Session::started(Mood::Demo, SIZE);
    s.app.keymap = Arc::new(Keymap::with(&keys).expect("sound"));
    for answer in s.app.spend.slot.shown.iter_mut().flat_map(|shown| &mut shown.answers) {
        answer.movers.clear();
        answer.previous_period = None;
    }
    assert!(s.text().contains("nothing to compare with; : comparison chooses"), "{}", s.text());
    s.keys("3");
    assert!(s.text().contains("Until then: F1 shows spend"), "{}", s.text());
    s.keys("2");
    for answer in s.app.breakdown.slot.shown.iter_mut().flat_map(|shown| &mut shown.answers) {
        answer.rows.clear();
    }
    s.app.breakdown.arrange(None);
    assert!(s.text().contains("nothing here: / changes the filter, F4 the days"), "{}", s.text());
    let mut broken = Session::started(Mood::Broken, SIZE);
    assert!(broken.text().contains("r asks again, q quits"), "{}", broken.text());
    broken.keys("3");
    assert!(broken.text().contains("Until then: 1 shows spend"), "{}", broken.text());
}
