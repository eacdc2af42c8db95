//! What a person does in the Spend tab, by script.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::fake::{Mood, Session, as_of};
use crate::domain::calendar::{Day, Granularity};
use crate::engine::{Card, Question};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::event::Event;
use crate::tui::frugal::Frugal;
use crate::tui::screen;
use crate::tui::tab::Tab;
use crate::tui::tab::spend::state::Pane;
use crate::tui::tab::spend::timeline::{Timeline, together};

const SIZE: (u16, u16) = (120, 36);

fn started() -> Session {
    Session::started(Mood::Demo, SIZE)
}

fn period(s: &Session) -> String {
    s.app.lens.period.resolve(as_of()).to_string()
}

fn cursor(s: &Session) -> Day {
    s.app.spend.cursor_day(None).expect("a day")
}

/// The row of the screen that holds a text.
fn row(s: &Session, text: &str) -> String {
    let screen = s.text();
    screen.lines().find(|l| l.contains(text)).unwrap_or_else(|| panic!("no `{text}` in\n{screen}")).to_owned()
}

#[test]
fn what_did_last_tuesday_cost() {
    let mut s = started();
    s.keys("<left>");
    let read = row(&s, "Tue Nov 19");
    assert!(read.contains("3,981.30") && read.contains("so far") && read.contains("· Sat Oct 19"), "{read}");
    assert!(read.ends_with("not settled"), "{read}");
    let parts = row(&s, "AWS 2,");
    assert!(parts.contains("Azure 792.66") && parts.contains("Datadog"), "{parts}");
    s.keys("<enter>");
    assert_eq!((s.app.tab, period(&s).as_str()), (Tab::Breakdown, "2024-11-19..2024-11-20"));
    s.keys("<backspace>");
    assert_eq!((s.app.tab, cursor(&s)), (Tab::Spend, as_of().plus(-1)));
}

#[test]
fn why_did_it_cost_that() {
    let mut s = started();
    s.keys("<left> + + + +");
    assert_eq!(period(&s), "2024-11-19..2024-11-20");
    let first = row(&s, "Amazon EC2");
    assert!(first.contains("quantity +19 %  price -1 %") && first.contains("p4d.24xlarge us-east-1"), "{first}");
    assert!(row(&s, "CloudWatch Logs").contains("new: p4d"), "{}", s.text());
    assert!(row(&s, "Biggest moves").ends_with("because"), "{}", s.text());
    s.keys("j <enter>");
    assert_eq!(s.app.lens.filter.to_string(), "service:\"Amazon EC2\" sub_account:111122223333");
    let small = Session::started(Mood::Demo, (80, 24));
    assert!(row(&small, "Amazon EC2").contains("quantity +19 %  price -1 %"), "{}", small.text());
}

#[test]
fn zoom_into_the_spike_and_see_its_hours() {
    let mut s = started();
    s.keys("<left> <left> <left> <left> <left> + + + +");
    assert_eq!(period(&s), "2024-11-15..2024-11-16");
    s.keys("u u u u");
    assert_eq!(s.app.lens.granularity, Granularity::Day, "all the way round");
    s.keys("u u u");
    let text = s.text();
    assert!(text.contains("Hourly") && text.contains("Fri Nov 15 00:00") && text.contains("Nov 15 00h"), "{text}");
    s.keys("<right> <right>");
    assert!(s.text().contains("Fri Nov 15 02:00"));
    s.keys("+");
    assert!(s.text().contains("this is one day: u cuts it into hours"));
    s.keys("<backspace>");
    assert_eq!(s.app.lens.period.to_string(), "this-month", "one step back undoes all steps of the zoom");
    assert!(s.app.path.is_empty());
}

#[test]
fn a_zoom_is_of_the_lens_so_that_every_tab_follows_and_back_stays_in_the_tab() {
    let mut s = started();
    s.keys("<left> <left> + + 2");
    assert!(matches!(s.asked.last(), Some(Question::Breakdown { lens, .. }) if lens.period.to_string() == "7d"));
    assert!(s.text().contains("all › 2024-11-14 to 2024-11-20"), "{}", s.text());
    s.keys("<backspace>");
    assert_eq!((s.app.tab, s.app.lens.period.to_string().as_str()), (Tab::Breakdown, "this-month"));
}

#[test]
fn a_zoom_keeps_the_day_under_the_cursor() {
    let mut s = started();
    s.keys("<left> <left> <left> <left> <left> <left> <left> <left> <left> <left>");
    let day = cursor(&s);
    for keys in ["+", "+", "-", "-", "-", "-", "u", "u", "u", "+", "+", "+"] {
        s.keys(keys);
        let days = s.app.spend_answer().and_then(|a| s.app.spend.selected_days(a, 1)).expect("days");
        assert!(days.contains(day), "{keys}: {days:?} without {day:?}");
    }
}

#[test]
fn zooming_out_ends_where_the_charges_begin() {
    let mut s = started();
    s.keys("- - - - - - - -");
    assert_eq!(period(&s), format!("{}..{}", as_of().plus(-400), as_of().plus(1)));
    assert!(s.text().contains("these are all the days there are"), "{}", s.text());
    s.keys("<backspace>");
    assert_eq!(s.app.lens.period.to_string(), "this-month");
}

#[test]
fn look_at_the_weeks_before_without_leaving_the_zoom() {
    let mut s = started();
    s.keys("+ + < <");
    assert_eq!(period(&s), "2024-11-08..2024-11-15");
    assert_eq!(cursor(&s), Day::from_ymd(2024, 11, 14).expect("date"), "the cursor goes along");
    s.keys("> > >");
    assert_eq!(s.app.lens.period.to_string(), "7d");
    assert!(s.text().contains("these days are the newest"), "{}", s.text());
    s.keys("<esc>");
    assert_eq!(s.app.lens.period.to_string(), "this-month");
}

#[test]
fn hours_are_left_out_where_they_would_be_too_many() {
    let mut s = started();
    s.keys("- - - - u u u");
    assert_eq!(s.app.lens.granularity, Granularity::Day);
    assert!(s.text().contains("hours can be seen of at most 92 days: + looks nearer"), "{}", s.text());
    let mut s = started();
    s.keys("u u u - - - -");
    assert_eq!(s.app.lens.granularity, Granularity::Day, "too many hours become days");
}

#[test]
fn the_year_month_by_month() {
    let mut s = started();
    s.keys("- - - - u u");
    let text = s.text();
    assert!(text.contains("Monthly") && text.contains("Nov 1-20 2024") && text.contains("2024 Jan"), "{text}");
    s.keys("<left> <enter>");
    assert_eq!(period(&s), "2024-10-01..2024-11-01");
}

#[test]
fn a_week_opens_as_far_as_it_is_looked_at() {
    let mut s = started();
    s.keys("u g <left> <left> <left> <left> <left> <left>");
    assert!(s.text().contains("Nov 1 to 3 ") && s.text().contains("· Oct 1 to 3 "), "{}", s.text());
    s.keys("<enter>");
    assert_eq!(period(&s), "2024-11-01..2024-11-04", "the days of October were in no figure");
}

#[test]
fn the_focus_goes_round_and_is_seen() {
    let mut s = started();
    assert_eq!(s.app.spend.focus, Pane::Chart);
    s.keys("w");
    assert_eq!(s.app.spend.focus, Pane::Movers);
    s.keys("j");
    assert!(row(&s, "Amazon S3").starts_with(" ▌"), "{}", s.text());
    s.keys("w");
    assert!(row(&s, "over since Nov 18").contains("▌ over since Nov 18: data budget"), "{}", s.text());
    s.keys("w");
    assert!(row(&s, "Month to date").starts_with(" ▌ Month to date"), "{}", s.text());
    s.keys("w w");
    assert!(row(&s, "Amazon S3").starts_with(" ▌"), "the selection is where it was");
}

#[test]
fn every_figure_at_the_top_is_explained_and_shows_its_days() {
    let mut s = started();
    s.keys("w w w <enter> b");
    assert_eq!((s.app.tab, period(&s).as_str()), (Tab::Breakdown, "2024-11-01..2024-11-21"));
    s.keys("<backspace> <right> <right> <right> <enter>");
    assert!(matches!(s.beside.last(), Some(Question::Explain { card: Card::LastWeek, .. })));
    s.keys("<backspace> <left> <left> y");
    assert_eq!(s.copied(), "Forecast to Nov 30\t118,400.00 USD\t80 % 114,300.00 to 122,500.00");
    s.keys("<enter>");
    assert!(matches!(s.beside.last(), Some(Question::Explain { card: Card::Forecast, .. })));
    s.keys("<backspace> <right> y");
    assert_eq!(s.copied(), "Yesterday\t3,214.09 USD");
}

#[test]
fn the_selection_survives_another_lens() {
    let mut s = started();
    s.keys("<left> <left> <left>");
    let day = cursor(&s);
    s.keys("m b <down> <enter> x");
    assert_eq!(cursor(&s), day);
    s.keys("j j j m");
    assert!(row(&s, "CloudWatch").starts_with(" ▌"), "{}", s.text());
}

#[test]
fn a_provider_that_lags_is_named_and_only_its_days_are_hatched() {
    let s = started();
    let legend = row(&s, "before  ▒");
    assert!(legend.contains("▒ not settled: Azure after Nov 17"), "{legend}");
    let (mut aws, mut azure) = (0, 0);
    let chart = Timeline::of(&s.app.spend, s.app.spend_answer().expect("answer"), s.app.spend_forecast(), 118).chart;
    for (layer, series) in chart.layers.iter().zip(&s.app.spend_answer().expect("answer").series) {
        match series.key.as_ref().map(|k| k.raw()) {
            Some("AWS") => aws = layer.open_from,
            Some("Microsoft") => azure = layer.open_from,
            _ => {}
        }
    }
    assert_eq!((aws, azure), (18, 17));
}

#[test]
fn what_is_read_out_is_what_the_bar_stands_for() {
    let mut s = started();
    let answer = s.app.spend_answer().expect("answer").clone();
    let narrow = |s: &Session| Timeline::of(&s.app.spend, &answer, None, 21).row_text().expect("a bar");
    assert_eq!(together(&s.app.spend, &answer, 21), 2, "thirty days in fifteen columns");
    let two = answer.totals[18].zip(answer.totals[19]).map(|(a, b)| a + b).expect("known");
    assert_eq!(narrow(&s), format!("2024-11-19 to 2024-11-20\t{} USD", two.grouped(2)));
    s.app.spend.move_cursor(-1, 2, None);
    assert!(narrow(&s).starts_with("2024-11-17 to 2024-11-18\t"), "{}", narrow(&s));
    let days = s.app.spend.selected_days(&answer, 2).map(|days| days.to_string());
    assert_eq!(days.as_deref(), Some("2024-11-17..2024-11-19"), "and opened");
    s.app.spend.move_cursor(-99, 2, None);
    s.app.spend.move_cursor(1, 2, None);
    assert!(narrow(&s).starts_with("2024-11-03 to"), "{}", narrow(&s));
}

#[test]
fn days_without_a_charge_are_said_to_be_empty_as_in_the_other_tab() {
    let mut s = started();
    let shown = s.app.spend.slot.shown.as_mut().expect("an answer");
    for answer in &mut shown.answers {
        (answer.rows, answer.movers) = (0, vec![]);
    }
    let text = s.text();
    assert!(text.contains("Nothing matches.") && !text.contains("Month to date"), "{text}");
    assert!(text.contains("t chooses the days"), "{text}");
}

#[test]
fn small_screens_go_to_the_panes_that_they_show() {
    let mut s = Session::started(Mood::Demo, (60, 15));
    s.keys("w");
    assert_eq!(s.app.spend.focus, Pane::Cards, "there are no moves at this height");
    s.keys("w");
    assert_eq!(s.app.spend.focus, Pane::Chart);
}

#[test]
fn keys_act_on_nothing_that_is_not_drawn() {
    let mut s = Session::started(Mood::Demo, (60, 15));
    s.keys("j");
    assert_eq!(s.app.spend.focus, Pane::Chart, "there are no moves at this height");
    s.keys("<enter>");
    assert_eq!((s.app.lens.filter.to_string().as_str(), period(&s).as_str()), ("", "2024-11-20..2024-11-21"));

    let mut s = Session::started(Mood::Demo, (200, 60));
    s.keys("w w j");
    assert_eq!(s.app.spend.focus, Pane::Resources);
    s.resize((80, 24));
    assert_eq!(s.app.spend.focus, Pane::Chart, "the resources are no longer seen");
    s.keys("y");
    assert!(s.copied().starts_with("2024-11-20"), "{}", s.copied());
    s.resize((200, 60));
    assert_eq!(s.app.spend.focus, Pane::Resources, "as it was");
    assert!(row(&s, "▌ prod-api").contains("4,551.00"), "{}", s.text());
}

#[test]
fn only_notices_that_are_listed_are_selected() {
    let mut s = Session::started(Mood::Demo, (200, 60));
    s.resize((80, 24));
    s.keys("w w j j j j k");
    assert_eq!(s.app.spend.focus, Pane::Attention);
    s.keys("y");
    assert!(s.copied().starts_with("3 rows were refused"), "{}", s.copied());
    assert!(row(&s, "3 rows were refused").contains("▌ 3 rows"), "{}", s.text());
    s.resize((200, 60));
    s.keys("y");
    assert!(s.copied().starts_with("3 rows were refused"), "nothing else was selected unseen: {}", s.copied());
}

#[test]
fn days_that_have_not_come_are_read_out_and_explained_and_open_nothing() {
    let mut s = started();
    s.keys("<right> <right>");
    let told = row(&s, " Fri Nov 22");
    assert!(told.contains("4,800.00  forecast, 80 % between 4,464.00 and 5,136.00"), "{told}");
    s.keys("y");
    assert_eq!(s.copied(), "2024-11-22\t4,800.00 USD\tforecast, 80 % 4,464.00 to 5,136.00");
    let asked = s.asked.len();
    s.keys("<enter>");
    assert!(s.text().contains("this day has not come: i explains what is foretold"), "{}", s.text());
    assert_eq!(s.asked.len(), asked);
    s.keys("i");
    assert!(matches!(s.beside.last(), Some(Question::Explain { card: Card::Forecast, .. })));
    // No further than the month goes.
    s.keys("<esc> <right> <right> <right> <right> <right> <right> <right> <right> <right> <right> <right>");
    assert!(row(&s, " Sat Nov 30").contains("forecast"), "{}", s.text());
    // One question for what is looked at, however the chart is cut or compared.
    let forecasts = |s: &Session| s.beside.iter().filter(|q| matches!(q, Question::Forecast(_))).count();
    s.keys("u u u u b");
    assert_eq!(forecasts(&s), 1);
}

#[test]
fn note_the_launch_on_the_day_it_happened() {
    let mut s = started();
    s.keys("<left> <left> n");
    assert!(s.text().contains("Note of Mon Nov 18") && s.text().contains("what happened that day"));
    s.send(Event::Paste("launch of\nX".into()));
    s.keys("! <enter>");
    assert!(s.app.overlay.is_none() && s.text().contains("the note of Mon Nov 18 is kept"), "{}", s.text());
    let marked = row(&s, "└");
    s.keys("<right>");
    assert_eq!(row(&s, "└").matches('◆').count(), 1, "{}", s.text());
    assert!(marked.contains("◆▲") && s.text().contains("◆ launch of X!"), "beside the bars: {}", s.text());
    s.keys("<left>");
    assert!(row(&s, " Mon Nov 18").contains("◆ launch of X!"), "read out: {}", s.text());
    s.keys("n <ctrl-w> Z <enter>");
    assert!(s.text().contains("◆ launch of Z"), "{}", s.text());
    s.keys("n <ctrl-u> <enter>");
    assert!(s.text().contains("the note of Mon Nov 18 is gone") && !s.text().contains('◆'), "{}", s.text());
}

#[test]
fn a_note_that_is_left_or_cannot_be_kept_changes_nothing() {
    let mut s = started();
    let asked = s.asked.len();
    s.keys("n a b <esc> n <enter>");
    assert_eq!((s.asked.len(), s.app.status.as_deref()), (asked, None));
    s.send(Event::Done(Box::new(Err(crate::error::Error::store("the disk is full")))));
    assert!(s.app.status.as_deref().is_some_and(|why| why.contains("the disk is full")));
    s.keys("n");
    s.send(Event::Paste("x".repeat(300)));
    s.keys("<enter>");
    assert!(s.text().contains("a note has at most 200 characters, this one has 300"), "{}", s.text());
}

#[test]
fn what_needs_attention_is_said_in_full() {
    let mut s = started();
    s.keys("w w");
    assert_eq!(s.app.spend.focus, Pane::Attention);
    s.keys("<enter>");
    assert_eq!(s.app.tab, Tab::Budgets, "the worst leads to where it is told");
    s.keys("1 j j i");
    assert!(s.text().contains("this is no figure: Enter says what can be done"), "{}", s.text());
    s.keys("<enter>");
    let text = s.text();
    assert!(text.contains("3 rows were refused") && text.contains("spendtop imports show 4"), "{text}");
    assert!(text.contains("Esc close") && !text.contains("search"), "{text}");
    s.keys("/ j <esc> j y");
    assert!(s.app.overlay.is_none() && s.copied().starts_with("no tag `team`"));
    s.keys("i");
    assert!(s.text().contains("Enter shows what has which tag: each cost there can be explained"), "{}", s.text());
    s.keys("<enter>");
    assert_eq!(s.app.tab, Tab::Breakdown);
    assert!(s.text().contains("all › tag hygiene"), "what is not tagged is seen where tags are: {}", s.text());
    let mut small = Session::started(Mood::Demo, (80, 24));
    assert!(row(&small, "over since Nov 18: data budget (4 shows it)").ends_with("1 of 4"), "{}", small.text());
    small.keys("w w j j <enter>");
    assert!(small.text().contains("spendtop imports show 4 lists them"), "{}", small.text());
}

#[test]
fn the_costliest_resource_and_what_it_is_billed_for() {
    let mut s = Session::started(Mood::Demo, (200, 60));
    let text = s.text();
    assert!(text.contains("Top resources") && text.contains("3 of 1,204"), "{text}");
    assert!(text.contains("in no resource") && text.contains("Last hour"), "{text}");
    s.keys("w w j");
    assert!(row(&s, "▌ prod-api").contains("4,551.00"), "{}", s.text());
    s.keys("m");
    assert!(row(&s, "▌ prod-api").contains("+14 %"), "selected still: {}", s.text());
    s.keys("<enter>");
    assert_eq!((s.app.tab, s.app.lens.filter.to_string().as_str()), (Tab::Breakdown, "resource:i-0a7c22"));
    assert!(s.text().contains("all › prod-api"), "{}", s.text());
    s.keys("<backspace>");
    assert_eq!((s.app.tab, s.app.spend.focus), (Tab::Spend, Pane::Resources));
}

#[test]
fn what_stands_beside_is_asked_after_the_answer_and_only_where_it_is_seen() {
    let details = |s: &Session| s.beside.iter().filter(|q| matches!(q, Question::SpendDetails { .. })).count();
    let mut s = Session::started(Mood::Demo, (60, 15));
    s.keys("m <left>");
    assert_eq!(details(&s), 0);
    s.send(Event::Resize(200, 60));
    assert_eq!(details(&s), 1);
    s.keys("m <left> w w j 2 m 1 u");
    assert_eq!(details(&s), 3, "once for each metric, whatever the pieces of time");
}

#[test]
fn every_number_of_the_day_stands_at_the_side_of_a_large_screen() {
    let mut s = Session::started(Mood::Demo, (200, 60));
    let all = row(&s, "share");
    assert!(all.contains("Wed Nov 20") && all.contains("in all"), "{all}");
    s.keys("<left>");
    assert!(row(&s, "share").contains("Tue Nov 19"), "{}", s.text());
    assert!(row(&s, "■ Datadog    ").contains("343.08"), "{}", s.text());
}

/// The row and column at which a text stands on a screen.
fn place(screen: &str, text: &str) -> Option<(usize, usize)> {
    let rows = screen.lines().enumerate();
    rows.filter_map(|(row, line)| Some((row, line[..line.find(text)?].chars().count()))).next()
}

#[test]
fn nothing_moves_when_the_details_come() {
    let mut s = Session::new(Mood::Demo, (200, 60), super::fake::colours());
    let first = s.app.start();
    let Some(Effect::Ask(job)) = first.into_iter().next() else { panic!("nothing asked") };
    let before = s.text();
    let fake = super::fake::Fake(Mood::Demo);
    let answer = crate::engine::Engine::ask(&fake, &job.question, job.as_of, &Default::default());
    let reply = crate::tui::worker::Reply { asker: job.asker, generation: job.generation, answer };
    s.app.update(Event::Answer(Box::new(reply)));
    let between = s.text();
    assert!(between.contains("Top resources") && between.contains("loading"), "{between}");
    s.send(Event::Resize(200, 60));
    s.keys("m");
    let after = s.text();
    // What follows from an answer is headed once it is there: of how many pieces, of which days.
    let late = ["Last hour", "Biggest moves", "share"];
    for heading in ["Month to date", "Last hour", "Daily", "Biggest moves", "Needs attention", "Top resources", "share"]
    {
        let places = [&before, &between, &after].map(|text| place(text, heading));
        assert!(places[2].is_some(), "{heading}: {after}");
        let known: Vec<_> = places.iter().flatten().collect();
        assert!(known.windows(2).all(|w| w[0] == w[1]), "{heading}: {places:?}");
        assert!(places[0].is_some() || late.contains(&heading), "{heading}: {before}");
        assert!(places[1].is_some() || heading == "Last hour", "{heading}: {between}");
    }
}

/// Counts what is written to it.
#[derive(Clone, Default)]
struct Counter(Rc<Cell<usize>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_step_of_the_cursor_writes_little() {
    let size = (160, 48);
    let mut s = Session::started(Mood::Demo, size);
    let viewport = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, size.0, size.1)) };
    let written = Counter::default();
    let mut terminal = Terminal::with_options(Frugal::new(written.clone()), viewport).expect("terminal");
    let mut draw = |app: &App| {
        written.0.set(0);
        terminal.draw(|frame| screen::draw(app, frame)).expect("drawn");
        written.0.get()
    };
    draw(&s.app);
    let mut most = 0;
    for keys in ["<left>"].repeat(12).into_iter().chain(["j"; 4]) {
        s.keys(keys);
        most = most.max(draw(&s.app));
    }
    assert!(most <= 800, "{most} bytes for one step");
}

#[test]
fn a_forecast_of_few_days_says_so() {
    for (size, want) in [((80, 24), "3 days known"), ((100, 30), "3 days known: no ± yet")] {
        let mut s = Session::started(Mood::Demo, size);
        let told = &mut s.app.spend.forecast.shown.as_mut().expect("told").answers[0];
        let month = told.month.as_mut().expect("foretold");
        (month.range.low_80, month.range.high_80) = (month.range.forecast, month.range.forecast);
        told.few_days = Some(3);
        let text = s.text();
        assert!(text.contains("118,400") && text.contains(want) && !text.contains("± 0"), "{text}");
    }
}
