//! What a person does in the Breakdown tab, by script.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fake::{Mood, Session, colours};
use super::scripts::replies;
use super::snapshots::shot;
use crate::domain::calendar::Granularity;
use crate::domain::dimension::Dimension;
use crate::engine::{Among, Question};
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::frugal::Frugal;
use crate::tui::screen;
use crate::tui::theme::Env;

const SIZE: (u16, u16) = (120, 36);

pub fn opened(size: (u16, u16)) -> Session {
    let mut session = Session::started(Mood::Demo, size);
    session.keys("2");
    session
}

/// Groups by a dimension, as the list of them does.
fn by(session: &mut Session, dimension: Dimension) -> &mut Session {
    session.app.lens.by = vec![dimension];
    session.keys("r")
}

/// The names of the rows from the top, as the screen has them.
fn names(session: &Session) -> Vec<String> {
    let text = session.text();
    let rows = text.lines().skip_while(|line| !line.contains("Cost"));
    let named = rows.skip(1).map(|line| line.chars().skip(4).take(20).collect::<String>().trim().to_owned());
    named.take_while(|name| !name.is_empty()).collect()
}

#[test]
fn every_heading_can_be_sorted_by_and_says_so() {
    let mut s = opened(SIZE);
    for (heading, first) in
        [("Cost ↓", "AWS"), ("Change ↓", "AWS"), ("% ↓", "Datadog"), ("Previous ↓", "AWS"), ("Provider ↑", "AWS")]
    {
        assert!(s.text().contains(heading), "{heading}: {}", s.text());
        assert_eq!(names(&s)[0], first, "{heading}");
        s.keys("s");
    }
    assert!(s.text().contains("Cost ↓"), "round the end: {}", s.text());
    s.keys("s S");
    assert!(s.text().contains("Change ↑"), "{}", s.text());
    assert_eq!(names(&s)[0], "Azure", "what fell most stands first");
}

#[test]
fn what_grew_most_is_found_and_its_command_copied() {
    let mut s = opened(SIZE);
    by(&mut s, Dimension::Service).keys("[ s g <enter> Y");
    let copied = format!("{:?}", s.done.last());
    assert!(copied.contains("--period 2024-10") && copied.contains("service:\\\"Amazon EC2\\\""), "{copied}");
}

#[test]
fn the_order_that_was_chosen_once_is_followed_again() {
    let mut s = opened(SIZE);
    s.keys("<enter>");
    by(&mut s, Dimension::Region).keys("<backspace>");
    let chosen = [Dimension::Region];
    s.keys("j <enter>");
    assert_eq!(s.app.lens.by, chosen, "the second provider is opened as the first was");
    s.keys("<enter>");
    assert_eq!(s.app.lens.by, [Dimension::SubAccount]);
}

#[test]
fn marks_are_taken_away_together() {
    let mut s = opened(SIZE);
    s.keys("<space> <space>");
    assert!(s.text().contains("marked 2 = "), "{}", s.text());
    s.keys("U");
    assert!(!s.text().contains("marked"), "{}", s.text());
}

#[test]
fn at_80_columns_the_line_below_has_what_has_no_column() {
    let mut s = opened((80, 24));
    let text = s.text();
    assert!(!text.contains("Previous") && text.contains("previous 15,893.67"), "{text}");
    s.keys("j");
    assert!(s.text().contains("previous 5,000.00"), "{}", s.text());
    assert!(!opened(SIZE).text().contains("previous"), "there is a column for it");
    let small = opened((60, 15)).text();
    assert!(small.contains("change ▲   2,310.44"), "{small}");
}

#[test]
fn the_pivot_opens_a_row_in_one_of_its_days_and_comes_back_to_the_cell() {
    let mut s = opened(SIZE);
    s.keys("p j <left> <left>");
    let text = s.text();
    assert!(text.contains("Nov 18") && text.contains("Total"), "{text}");
    assert!(text.contains("Azure  2024-11-18"), "the cell is read out: {text}");
    s.keys("<enter>");
    assert_eq!(s.app.lens.period.to_string(), "2024-11-18..2024-11-19");
    assert_eq!(s.app.lens.filter.to_string(), "provider:Microsoft");
    assert!(s.text().contains("all › Azure, 2024-11-18"), "{}", s.text());
    s.keys("<backspace>");
    assert_eq!(s.app.lens.period.to_string(), "this-month");
    assert!(s.text().contains("Azure  2024-11-18"), "{}", s.text());
    s.keys("<esc>");
    assert!(s.text().contains("Trend") && s.app.path.is_empty(), "{}", s.text());
}

#[test]
fn the_pivots_columns_are_days_weeks_or_months() {
    let mut s = opened(SIZE);
    s.keys("u");
    assert!(s.text().contains("p shows days, weeks or months"), "{}", s.text());
    s.keys("p u");
    let weeks =
        |s: &Session| matches!(s.asked.last(), Some(Question::Breakdown { pieces: Some(Granularity::Week), .. }));
    assert!(weeks(&s), "{:?}", s.asked.last());
    let text = s.text();
    assert!(
        text.contains(" Nov 1    Nov 4") && !text.contains("Oct 28"),
        "a week by its days that are looked at: {text}"
    );
    assert!(text.contains("week 4 of 4, 3 days of it"), "{text}");
    s.keys("u");
    assert!(s.text().contains("Nov 2024"), "{}", s.text());
    s.keys("u p");
    assert!(matches!(s.asked.last(), Some(Question::Breakdown { pieces: None, .. })), "{:?}", s.asked.last());
}

#[test]
fn the_pivot_scrolls_sideways_under_its_cell() {
    let mut s = opened((80, 24));
    s.keys("p");
    assert!(s.text().contains("Total") && !s.text().contains("Nov 1 "), "{}", s.text());
    s.keys(&"<left> ".repeat(30));
    assert!(
        s.text().contains("Nov 1 ") && !s.text().contains("Nov 19  ") && s.text().contains("day 1 of 20"),
        "{}",
        s.text()
    );
}

#[test]
fn prod_and_staging_are_compared_side_by_side() {
    let mut s = opened(SIZE);
    s.keys("<space> =");
    assert!(s.text().contains("two rows are compared, 1 are marked: Space marks one"), "{}", s.text());
    s.keys("<space> =");
    let text = s.text();
    assert!(text.contains("AWS") && text.contains("Azure") && text.contains("+ 13,653.09"), "{text}");
    assert!(text.contains("■ AWS   ■ Azure   ▒ may still change"), "{text}");
    assert!(text.contains("by service") && text.contains("4,000.00    40 %"), "what both are made of: {text}");
    assert!(
        !s.text().contains("open  ") && !s.text().contains("explain") && s.text().contains("y copy"),
        "{}",
        s.text()
    );
    for key in ["<enter>", "<space>", "j", "f", "s", "i", "U", "G"] {
        s.keys(key);
        assert!(s.text().contains("goes back to the rows"), "{key}: {}", s.text());
    }
    s.keys("y");
    assert_eq!(
        s.done.last(),
        Some(&Effect::Copy("AWS\t18,204.11 USD\t+15 %\nAzure\t4,551.02 USD\t-9.0 %".to_owned())),
        "the rows that are seen"
    );
    s.keys("<esc>");
    assert!(s.text().contains("Trend") && s.text().contains("marked 2"), "{}", s.text());
}

#[test]
fn the_overview_is_walked_by_arrows_and_opened_by_enter() {
    let mut s = opened(SIZE);
    s.keys("v t");
    assert!(s.text().contains("▌■ AWS") && s.text().contains("the 4 largest of 4"), "{}", s.text());
    s.keys("<right> <down> <left> <right> <enter>");
    assert_eq!(s.app.lens.filter.to_string(), "provider:Microsoft");
    s.keys("<backspace>");
    assert!(s.text().contains("▌■ Azure"), "{}", s.text());
    s.keys("<esc> v t v t");
    assert!(s.text().contains("Trend"), "{}", s.text());
    let mut small = opened((80, 24));
    small.keys("v t");
    assert!(small.text().contains("the overview needs 100 columns and 24 lines"), "{}", small.text());
}

#[test]
fn a_selection_is_moved_in_few_bytes() {
    for (size, script, most) in
        [((160, 48), "", 800), ((120, 36), "", 800), ((80, 24), "", 800), ((160, 48), "d", 1500)]
    {
        let mut s = opened(size);
        s.keys(script);
        let before = s.screen();
        s.keys("j");
        let written = written(&before, &s.screen());
        assert!(written <= most, "{size:?} {script}: {written} bytes");
    }
}

/// The bytes that the terminal gets for what differs between two screens.
fn written(before: &Buffer, after: &Buffer) -> usize {
    let mut bytes = Vec::new();
    let mut backend = Frugal::new(&mut bytes);
    backend.draw(before.diff(after).into_iter()).expect("drawn");
    bytes.len()
}

#[test]
fn who_owns_the_nat_gateway_cost_is_found_by_typing() {
    let mut s = opened(SIZE);
    by(&mut s, Dimension::Service).keys("f n a t");
    let text = s.text();
    assert!(text.contains("find nat") && text.contains("1 of 4 rows · 1,820.41"), "{text}");
    assert_eq!(names(&s), ["NAT gateway"]);
    s.keys("<enter> <enter>");
    assert_eq!(s.app.lens.filter.to_string(), "service:\"NAT gateway\"");
    assert_eq!(s.app.lens.by, [Dimension::SubAccount]);
    assert_eq!(names(&s).len(), 3, "what was looked for is not looked for in what was opened");
}

#[test]
fn what_is_looked_for_is_typed_in_place_of_the_path() {
    let mut s = opened((80, 24));
    s.keys("<enter> <enter> f a b c");
    let line = s.text().lines().nth(3).unwrap_or_default().to_owned();
    assert!(line.starts_with(" find abc  ") && line.matches("abc").count() == 1, "{line}");
    assert!(!line.contains('›') && line.contains(" rows · "), "{line}");
}

#[test]
fn what_is_looked_for_is_let_go_by_escape() {
    let mut s = opened(SIZE);
    s.keys("j f z z z");
    assert!(s.text().contains("no row is like that: Esc lists all"), "{}", s.text());
    s.keys("<backspace> <backspace> <backspace> g o o");
    assert!(s.text().contains("find goo") && s.text().contains("1 of 4 rows"), "{}", s.text());
    s.keys("<enter>");
    assert!(s.text().contains("all › like goo"), "{}", s.text());
    s.keys("<esc>");
    assert!(s.text().contains("row 3 of 4"), "the row that was found stays selected: {}", s.text());
    s.keys("f a <esc>");
    assert_eq!(names(&s).len(), 4);
    assert!(s.app.path.is_empty());
}

#[test]
fn every_view_draws_at_every_size() {
    let console = Env { term: "linux".into(), no_color: "1".into(), ..Env::default() };
    for (mood, env) in [(Mood::Demo, colours()), (Mood::Hostile, console)] {
        for script in ["p", "v t", "<space> <space> =", "f e", "d", "v h"] {
            let mut s = Session::new(mood, SIZE, env.clone());
            s.start();
            s.keys("2").keys(script);
            for (width, height) in (0..130).step_by(7).flat_map(|w| (0..40).step_by(3).map(move |h| (w, h))) {
                s.send(Event::Resize(width, height));
                let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
                screen::render(&s.app, buf.area, &mut buf);
                s.keys("<left>");
            }
        }
    }
}

#[test]
fn views_in_full() {
    for (name, size, script) in [
        ("pivot-120x36", SIZE, "p j"),
        ("pivot-80x24", (80, 24), "p j"),
        ("overview-120x36", SIZE, "v t <right>"),
        ("compared-80x24", (80, 24), "<space> <space> ="),
        ("find-80x24", (80, 24), "f a"),
        ("detail-80x24", (80, 24), "d"),
        ("detail-200x60", (200, 60), ""),
    ] {
        let mut s = opened(size);
        s.keys(script);
        shot(name, &s);
    }
}

#[test]
fn a_wide_table_has_unit_prices_and_quantities() {
    let mut s = opened((160, 48));
    let text = s.text();
    assert!(text.contains("Unit price") && text.contains("32.7700") && text.contains("555.5 h"), "{text}");
    let azure = text.lines().find(|line| line.contains("  Azure  ")).unwrap_or_default();
    assert!(azure.contains("n/a"), "mixed units have neither: {azure}");
    s.keys("s s s s");
    assert!(s.text().contains("Unit price ↓"), "{}", s.text());
    s.keys("s");
    assert!(s.text().contains("Quantity ↓"), "{}", s.text());
    assert_eq!(names(&s).last().map(String::as_str), Some("Azure"), "what is not known stands last");
    let drivers = |s: &Session| {
        s.beside.iter().filter(|q| matches!(q, Question::Drivers { among: Among::Costliest(_), .. })).count()
    };
    s.keys("j k c c");
    assert_eq!(drivers(&s), 1, "asked once a lens");
    assert_eq!(drivers(&opened((80, 24))), 0, "not asked where there is no room for it");
}

#[test]
fn why_a_row_grew_and_its_line_items_are_a_key_away() {
    let mut s = opened((80, 24));
    s.keys("d");
    let text = s.text();
    assert!(text.contains("AWS") && text.contains("change   quantity + 2,310.44"), "{text}");
    assert!(text.contains("line items 1 to 3 of 25") && text.contains("by service, 7 in all"), "{text}");
    assert!(text.contains("standard 61 %   committed 39 %") && text.contains("team=ml 81 % untagged 19 %"), "{text}");
    s.keys(&"> ".repeat(40));
    assert!(s.text().contains("line items 25 to 25 of 25"), "there is no page after the last: {}", s.text());
    s.keys("< j");
    assert!(s.text().contains("line items 1 to 3 of 25"), "another row begins at its first page: {}", s.text());
    assert!(s.text().contains("n/a: its units are mixed or missing"), "{}", s.text());
    let Some(Question::LineItems { lens, .. }) = s.beside.last() else { panic!("{:?}", s.beside.last()) };
    assert_eq!(lens.filter.to_string(), "provider:Microsoft");
    s.keys("d");
    assert!(!s.text().contains("line items"), "{}", s.text());
}

#[test]
fn the_detail_stands_beside_the_rows_where_there_is_room() {
    let mut s = opened((200, 60));
    assert!(s.text().contains("line items 1 to 20 of 25"), "{}", s.text());
    s.keys("d");
    assert!(!s.text().contains("line items"), "{}", s.text());
}

#[test]
fn enter_on_the_finest_level_shows_its_line_items() {
    let mut s = opened(SIZE);
    by(&mut s, Dimension::Resource).keys("<enter>");
    assert!(s.text().contains("its line items are below") && s.text().contains("Line items 1 to "), "{}", s.text());
}

#[test]
fn moving_on_takes_the_place_of_a_detail_that_is_not_there_yet() {
    let mut s = opened(SIZE);
    s.keys("d");
    let pane = |s: &Session| s.text().split("────").last().unwrap_or_default().to_owned();
    let of_first = pane(&s);
    let key = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    let first = s.app.update(key('j'));
    assert_eq!(pane(&s), of_first, "what is known stays, under its own name");
    let second = s.app.update(key('j'));
    assert_eq!(s.app.breakdown.selected(), 2, "the selection did not wait");
    replies(&first, Mood::Demo).for_each(|reply| s.send(reply));
    assert_eq!(pane(&s), of_first, "what is not selected any more is not shown");
    replies(&second, Mood::Demo).for_each(|reply| s.send(reply));
    assert!(s.text().contains("line items 1 to 3 of 25") && pane(&s) != of_first, "{}", s.text());
}

#[test]
fn details_that_could_not_be_read_are_asked_for_again() {
    let mut s = opened(SIZE);
    let asked = s.app.update(Event::Key(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::NONE)));
    replies(&asked, Mood::Broken).for_each(|reply| s.send(reply));
    assert!(s.text().contains("cannot read the store"), "{}", s.text());
    s.keys("r");
    assert!(s.text().contains("line items 1 to 3 of 25"), "{}", s.text());
}

#[test]
fn what_is_marked_is_copied_together() {
    let mut s = opened(SIZE);
    s.keys("<space> <space> y");
    let lines: Vec<&str> = s.copied().lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("AWS\t") && lines[1].starts_with("Azure\t"), "{lines:?}");
}

#[test]
fn an_account_that_was_opened_is_said_by_its_name() {
    let mut s = Session::started(Mood::Demo, (80, 24));
    s.keys("2 <enter>");
    let lens = |s: &Session| s.text().lines().nth(1).unwrap_or_default().to_owned();
    assert!(lens(&s).contains("vs Oct · provider:AWS · by "), "{}", lens(&s));
    s.keys("b s u b <space> a c c o u n t <enter>");
    s.keys("<enter>");
    assert!(lens(&s).contains("vs Oct · provider:AWS sub_account:prod-ml"), "{}", lens(&s));
    assert!(s.app.lens.filter.to_string().contains("sub_account:111122223333"), "{}", s.app.lens.filter);
}
