//! What keys do, by script; what any size and any text does to the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use super::fake::{Mood, Session, as_of, colours};
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::engine::front::{Of, Page};
use crate::engine::{Answer, Question};
use crate::tui::action::Place;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::screen;
use crate::tui::tab::Tab;
use crate::tui::theme::Env;
use crate::tui::worker::Standing;

const SIZE: (u16, u16) = (120, 36);

#[test]
fn enter_drills_down_and_backspace_comes_back_to_the_same_row() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j <enter>");
    assert_eq!(s.app.lens.filter.to_string(), "provider:Microsoft");
    assert_eq!(s.app.lens.by, [Dimension::SubAccount]);
    s.keys("<enter> <enter> <enter> <enter>");
    assert_eq!(s.app.lens.by, [Dimension::Resource]);
    assert!(s.text().contains("all › Azure › prod-ml › Amazon EC2 › us-east-1 › i-0f3a91"), "{}", s.text());
    s.keys("<enter>");
    assert!(s.app.status.as_deref().is_some_and(|t| t.contains("finest")));
    s.keys("<backspace> <esc> <backspace> <backspace> <backspace> <backspace>");
    assert!(s.app.path.is_empty() && s.app.lens.filter.is_empty());
    assert_eq!(s.app.lens.by, [Dimension::Provider]);
    assert_eq!(s.app.breakdown.selected(), 1, "the row that was opened is selected again");
}

#[test]
fn a_commit_asks_again_and_leaves_everything_where_it_was() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j j <space> k");
    let (before, asked) = (s.text(), s.asked.len());
    s.send(Event::Changed);
    assert_eq!(s.asked.len(), asked + 1);
    assert_eq!(s.text(), before);
    s.keys("1");
    assert_eq!(s.asked.len(), asked + 2, "the other tab is asked again once it is shown");
}

#[test]
fn looking_for_another_owner_is_said_until_there_is_one() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let before = s.text();
    s.send(Event::Reattaching(true));
    s.keys("<left> <right>");
    assert!(s.text().contains("reattaching"), "{}", s.text());
    s.send(Event::Reattaching(false));
    assert_eq!(s.text(), before);
    s.send(Event::Reattaching(true));
    s.send(Event::Changed);
    assert_eq!(s.text(), before, "who answers was found");
}

#[test]
fn enter_on_a_day_or_a_move_opens_it_in_the_breakdown() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("<left> <left> <enter>");
    assert_eq!(s.app.tab, Tab::Breakdown);
    assert_eq!(s.app.lens.period.resolve(as_of()).to_string(), "2024-11-18..2024-11-19");
    s.keys("<backspace>");
    assert_eq!((s.app.tab, s.app.lens.period.to_string().as_str()), (Tab::Spend, "this-month"));
    s.keys("j j <enter>");
    assert_eq!(s.app.lens.filter.to_string(), "service:\"Amazon S3\" sub_account:444455556666");
}

#[test]
fn a_narrow_header_names_the_oldest_data() {
    let header = |columns| Session::started(Mood::Demo, (columns, 24)).text().lines().next().unwrap_or("").to_owned();
    assert!(header(80).contains("AWS Nov 20  Azure Nov 19"), "{}", header(80));
    assert!(header(58).trim_end().ends_with(" oldest: Azure Nov 19"), "{}", header(58));
    assert!(header(52).trim_end().ends_with(" oldest Nov 19"), "{}", header(52));
    assert!(!header(48).contains("Nov"), "{}", header(48));
}

#[test]
fn the_help_stops_at_its_last_line() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("? G");
    let last = s.text();
    assert!(last.contains("In Anomalies") && !last.contains("more below"), "{last}");
    s.keys("j j j k");
    assert!(s.text().contains("1 more below"), "one line up is one line up: {}", s.text());
}

#[test]
fn selection_and_marks_stay_with_their_rows() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <space> <space> g");
    assert!(s.text().contains("marked 2 = "), "{}", s.text());
    let selected = |s: &Session| s.app.breakdown_answer().and_then(|a| s.app.breakdown.row(a)).map(|r| r.key.clone());
    let before = selected(&s);
    s.keys("s s S m");
    assert_eq!(selected(&s), before);
    s.keys("G");
    assert_eq!(s.app.breakdown.selected(), 3);
}

#[test]
fn the_lens_changes_and_each_change_is_asked_once() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("t <down> <enter> b <down> <down> <enter> m x [");
    let Some(Question::Spend(lens)) = s.asked.last() else { panic!("{:?}", s.asked) };
    assert_eq!(lens, &s.app.lens);
    let asked = s.asked.len();
    s.keys("? j <esc> <left> c 3 1 <enter> <backspace> ]");
    assert_eq!(s.asked.len(), asked + 2, "a day opened, a period later: {:?}", &s.asked[asked..]);
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("]");
    assert!(s.app.status.is_some() && s.asked.len() == 1, "the future is not asked for");
}

#[test]
fn an_answer_to_an_older_question_is_not_shown() {
    let mut s = Session::new(Mood::Demo, SIZE, colours());
    let first = s.app.start();
    let key = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    let second = s.app.update(key('m'));
    s.send(reply(&first, Mood::Demo));
    assert!(s.app.waiting() && s.app.spend_answer().is_none());
    s.send(reply(&second, Mood::Demo));
    assert!(!s.app.waiting() && s.app.spend_answer().is_some());
}

/// The answer to the first question among effects.
pub fn reply(effects: &[Effect], mood: Mood) -> Event {
    replies(effects, mood).next().expect("a question")
}

/// The answers to the questions among effects.
pub fn replies(effects: &[Effect], mood: Mood) -> impl Iterator<Item = Event> {
    let jobs = effects.iter().filter_map(|e| if let Effect::Ask(job) = e { Some(job) } else { None });
    jobs.map(move |job| {
        let fake = super::fake::Fake(mood);
        let answer = crate::engine::Engine::ask(&fake, &job.question, job.as_of, &Default::default());
        Event::Answer(Box::new(crate::tui::worker::Reply { asker: job.asker, generation: job.generation, answer }))
    })
}

#[test]
fn nothing_is_opened_in_an_answer_to_an_older_question() {
    let enter = || Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j");
    let asked = s.app.update(enter());
    assert_eq!(s.app.lens.filter.to_string(), "provider:Microsoft");
    assert!(s.app.update(enter()).is_empty());
    assert_eq!((s.app.lens.filter.to_string().as_str(), s.app.path.len()), ("provider:Microsoft", 1));
    assert_eq!(s.app.status.as_deref(), Some("loading"));
    s.send(reply(&asked, Mood::Demo));
    s.keys("<enter>");
    assert_eq!(s.app.path.len(), 2);
}

#[test]
fn why_there_is_no_answer_is_said_of_its_question_only() {
    let mut s = Session::started(Mood::Broken, SIZE);
    assert!(s.text().contains("cannot read the store"), "{}", s.text());
    let asked = s.app.update(Event::Key(KeyEvent::new(KeyCode::Char('['), KeyModifiers::NONE)));
    assert!(s.text().contains("loading") && !s.text().contains("cannot read"), "{}", s.text());
    s.send(reply(&asked, Mood::Demo));
    assert!(s.text().contains("Month to date"), "{}", s.text());
}

#[test]
fn that_nothing_was_imported_is_said_once_it_is_known() {
    let mut s = Session::new(Mood::Empty, SIZE, colours());
    let asked = s.app.start();
    s.send(reply(&asked, Mood::Empty));
    assert!(s.text().contains("Nothing matches.") && !s.text().contains("imported"), "{}", s.text());
    // However many tries the opening took, the extent is asked with it.
    let mut broken = Session::new(Mood::Broken, SIZE, colours());
    let asked = broken.app.start();
    broken.send(reply(&asked, Mood::Broken));
    broken.app.perform(crate::tui::action::Action::Redraw);
    let opened = Event::Opened(Standing { as_of: as_of(), banner: None, flags: String::new() });
    assert_eq!(broken.app.update(opened.clone()).first(), Some(&Effect::AskExtent));
    s.send(opened);
    assert!(s.text().contains("nothing has been imported"), "{}", s.text());
}

#[test]
fn marked_rows_of_unknown_cost_cost_nobody_knows_what() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 <space>");
    let mut answer = s.app.breakdown_answer().expect("answer").clone();
    answer.rows.iter_mut().for_each(|r| r.figure.amount = None);
    assert_eq!(s.app.breakdown.marked(&answer), (1, None));
}

#[test]
fn a_wrong_filter_says_where_and_a_paste_is_text() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("/");
    s.send(Event::Paste("servce:x\x1b[2J\nq".into()));
    s.keys("<enter>");
    let text = s.text();
    assert_eq!(s.app.place(), Place::Filter);
    assert!(text.contains("  ^ unknown dimension `servce`") && text.contains("try: service:..."), "{text}");
    s.keys("<ctrl-u> t e a m = w e b <enter>");
    assert_eq!((s.app.place(), s.app.lens.filter.to_string().as_str()), (Place::Tab(Tab::Spend), "tag:team=web"));
    s.keys("/ <ctrl-u> <esc>");
    assert!(!s.app.lens.filter.is_empty() && s.done.is_empty());
    s.send(Event::Paste("q2".into()));
    assert_eq!((s.app.tab, s.done.len()), (Tab::Spend, 0), "a paste runs no commands");
}

#[test]
fn currencies_are_shown_one_at_a_time() {
    let mut s = Session::started(Mood::Demo, SIZE);
    assert!(s.text().contains("USD, 1 of 2 currencies"), "{}", s.text());
    s.keys("c");
    assert!(s.text().contains("EUR, 2 of 2 currencies"));
    s.keys("2");
    assert!(s.text().contains("EUR, 2 of 2 currencies"));
}

#[test]
fn copies_quits_and_signals_are_effects() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("Y");
    assert!(s.text().contains("sent to the terminal's clipboard"));
    s.keys("2 Y y <ctrl-z> <ctrl-l> ? q q");
    let [
        Effect::Copy(spend),
        Effect::Copy(breakdown),
        Effect::Copy(row),
        Effect::Suspend,
        Effect::Redraw,
        Effect::Quit(0),
    ] = &s.done[..]
    else {
        panic!("{:?}", s.done);
    };
    let flags =
        "--by provider --metric effective --period this-month --as-of 2024-11-20 --compare month-before --where ''";
    assert_eq!(spend, &format!("spendtop spend {flags} --demo"));
    assert_eq!(breakdown, &format!("spendtop query {flags} --demo"));
    assert_eq!(row, "AWS\t18,204.11 USD\t+15 %");
    for (signal, code) in [(15, 143), (1, 129), (2, 130), (3, 131)] {
        assert_eq!(s.app.update(Event::Ended(signal)), [Effect::Quit(code)]);
    }
}

#[test]
fn every_size_tab_and_overlay_draws() {
    let overlays = ["", "?", ":", "? / r o w", ": r e g", "t", "b", "/"];
    let envs = [colours(), Env { term: "linux".into(), no_color: "1".into(), ..Env::default() }];
    let mut sizes: Vec<(u16, u16)> =
        (38..=130).step_by(13).flat_map(|w| (7..=37).step_by(6).map(move |h| (w, h))).collect();
    sizes.extend((1..=37).step_by(9).flat_map(|w| (1..=20).step_by(6).map(move |h| (w, h))));
    sizes.extend([(60, 15), (79, 23), (80, 24), (120, 36), (200, 60), (200, 1), (1, 60), (81, 9), (40, 60)]);
    for mood in [Mood::Demo, Mood::Empty, Mood::Broken, Mood::Hostile] {
        for env in &envs {
            let mut s = Session::new(mood, SIZE, env.clone());
            s.start();
            for tab in ["1", "2", "3"] {
                s.keys(tab);
                for overlay in overlays.iter().take(if tab == "3" { 3 } else { 8 }) {
                    s.keys(overlay);
                    for (w, h) in &sizes {
                        s.send(Event::Resize(*w, *h));
                        let mut buf = ratatui::buffer::Buffer::empty(Rect::new(0, 0, *w, *h));
                        screen::render(&s.app, buf.area, &mut buf);
                    }
                    s.keys("<esc> <esc>");
                }
            }
        }
    }
}

#[test]
fn ascii_terminals_get_ascii() {
    for mood in [Mood::Demo, Mood::Hostile] {
        let mut s = Session::new(mood, SIZE, Env { term: "linux".into(), locale: "C".into(), ..Env::default() });
        s.start();
        s.keys("m");
        for script in ["", "2", "?", "<esc> t", "<esc> /"] {
            assert!(s.keys(script).text().is_ascii(), "{}", s.text());
        }
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let s = Session::started(Mood::Demo, (80, 24));
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("terminal");
    terminal.draw(|frame| screen::draw(&s.app, frame)).expect("drawn");
    let first = terminal.backend().buffer().clone();
    let again = s.screen();
    assert!(first.diff(&again).is_empty(), "drawing is a pure function of the state");
}

#[test]
fn the_front_page_is_shown_as_what_it_is_until_the_first_answer_comes() {
    let mut made = Session::started(Mood::Demo, SIZE);
    let answers = made.app.spend.slot.shown.take().expect("answered").answers;
    let before = as_of().plus(-21);
    let answers: Vec<_> =
        answers.into_iter().map(|a| crate::engine::answer::SpendAnswer { as_of: before, ..a }).collect();
    let page = Page {
        question: Question::Spend(Lens::default()),
        as_of: before,
        made_at: before.seconds(),
        of: Of { generation: 1, last_day: before, demo: false },
        defined: 0,
        answer: Answer::Spend(answers),
    };
    let mut s = Session::with_front(page.clone(), SIZE);
    let text = s.text();
    assert!(text.contains("figures 21 days old") && text.contains("84,210.33"), "{text}");
    assert!(text.contains("October to date") && !text.contains("November"), "{text}");
    s.start();
    let text = s.text();
    assert!(text.contains("November to date") && !text.contains("days old"), "{text}");

    // The store turns out to be of another day: that is asked for, and what was asked before is not shown.
    let mut s = Session::with_front(page, SIZE);
    let asked = s.app.start();
    s.send(Event::Opened(Standing { as_of: before, banner: Some("old".into()), flags: String::new() }));
    assert_eq!((s.app.as_of, s.asked.len()), (before, 1));
    assert!(asked.iter().any(|e| matches!(e, Effect::Ask(job) if job.as_of == as_of())));
    assert!(s.text().contains("old") && s.text().contains("October to date"), "{}", s.text());
}

#[test]
fn keys_one_after_the_other_say_what_can_follow() {
    let keys = std::collections::BTreeMap::from([("metric".to_owned(), vec!["v m".to_owned()])]);
    let mut s = Session::started(Mood::Demo, SIZE);
    s.app.keymap = std::sync::Arc::new(crate::tui::Keymap::with(&keys).expect("sound"));
    let before = s.app.lens.metric;
    s.keys("v");
    let text = s.text();
    assert!(text.contains(" v then ") && text.contains("m  next metric"), "{text}");
    s.keys("m");
    assert!(s.app.lens.metric != before && !s.text().contains(" v then "));
    s.keys("v x");
    assert!(s.text().contains("v x means nothing here"), "{}", s.text());
    s.keys("v <esc>");
    assert!(s.app.status.is_none() && s.app.pending.is_empty());
    s.keys("v <ctrl-z> v <ctrl-c>");
    assert_eq!(s.done, [Effect::Suspend, Effect::Quit(0)], "there is a way out of everything");
}

#[test]
fn the_next_run_opens_where_this_one_was_left() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j <enter> s S m / r e g i o n : e u - * <enter> c");
    let left = s.app.session().expect("something was looked at");
    let kept = crate::tui::session::Session::from_bytes(&left.to_bytes().expect("short")).expect("read back");
    assert_eq!(kept, left);
    let mut again = Session::resumed(kept, SIZE);
    assert_eq!((again.app.tab, &again.app.lens), (Tab::Breakdown, &s.app.lens));
    again.start();
    assert_eq!(again.text(), s.text(), "the same screen");
    again.keys("/ <up>");
    assert!(again.text().contains("region:eu-*"), "what was typed before is had again: {}", again.text());
    for damaged in ["", "{}", "{\"edition\":1}", "\u{0}"] {
        assert_eq!(crate::tui::session::Session::from_bytes(damaged.as_bytes()), None);
    }
}

#[test]
fn a_page_of_a_breakdown_is_shown_before_anything_is_asked() {
    let mut s = Session::started(Mood::Demo, SIZE);
    s.keys("2 j <enter>");
    let left = s.app.session().expect("something was looked at");
    let answers = s.app.breakdown.slot.shown.as_ref().expect("answered").answers.clone();
    let of = Of { generation: 1, last_day: as_of(), demo: false };
    let made_at = as_of().seconds() - 7_200;
    let answer = Answer::Breakdown(answers);
    let page = Page { question: left.question(), as_of: as_of(), made_at, of, defined: 0, answer };
    let again = Session::resumed_with_front(left, page, SIZE);
    let text = again.text();
    assert!(
        text.contains("figures 2 hours old") && text.contains("all › Azure") && text.contains("18,204.11"),
        "{text}"
    );
}
