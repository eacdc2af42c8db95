//! What moved most, up and down, and because of what.
//!
//! The reasons follow later: their column keeps its place until then. Draws only the rows that are
//! seen. Asks nothing and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::State;
use super::cards::days_words;
use super::state::Pane;
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::engine::Card;
use crate::engine::answer::{Driver, DriversAnswer, Mover, PendingCard, Presence, SpendAnswer};
use crate::tui::keymap::Keymap;
use crate::tui::tab::{self, group_name, label};
use crate::tui::text::{cut_words, left, put, right, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// Columns of a change at most, and of its share.
const CHANGE_MAX: usize = 17;
const PERCENT: usize = 8;
/// Columns of the mark before a row, and of the air before the reason.
const MARK: usize = 2;
const AIR: usize = 2;
/// Columns of price and quantity, and of what contributed at least and at most.
const EFFECTS: usize = 27;
const REASON: (usize, usize) = (14, 44);
/// Columns of one of a move's names at least and at most.
const NAME: (usize, usize) = (10, 26);

/// What is said of a group that only one of the two periods has.
const NEW: &str = "new";
const GONE: &str = "gone";

/// How wide the columns are; it follows from the moves and the room alone, so that nothing moves when
/// the reasons come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Columns {
    /// One for each of a move's names, with the air after it.
    names: Vec<usize>,
    change: usize,
    /// The reason's, where there is room for one.
    pub because: usize,
}

impl Columns {
    /// The columns of an answer's moves in so many columns.
    #[must_use]
    pub fn of(answer: &SpendAnswer, room: usize) -> Columns {
        let places = money::places(&answer.currency);
        let amounts = answer.movers.iter().map(|m| width(&money::change(&m.figure, places))).max().unwrap_or_default();
        let change = (amounts + 4).clamp(8, CHANGE_MAX);
        let mut names = vec![NAME.0; answer.movers_by.len()];
        for mover in &answer.movers {
            for (column, label) in names.iter_mut().zip(labels(answer, mover)) {
                *column = (*column).max(width(&label)).min(NAME.1);
            }
        }
        let fixed = MARK + change + PERCENT;
        let least = names.len() * (NAME.0 + AIR);
        let because = if room >= fixed + least + AIR + EFFECTS { EFFECTS } else { 0 };
        let left = room.saturating_sub(fixed + if because > 0 { AIR + because } else { 0 });
        fit(&mut names, left);
        let used = fixed + names.iter().sum::<usize>() + AIR + because;
        let spare = room.saturating_sub(used);
        let more = if because > 0 && spare >= REASON.0 + AIR { spare.min(REASON.1 + AIR) } else { 0 };
        Columns { names, change, because: because + more }
    }
}

/// Narrows the widest until all fit, each with the air after it.
fn fit(names: &mut [usize], room: usize) {
    names.iter_mut().for_each(|name| *name += AIR);
    while names.iter().sum::<usize>() > room {
        let Some(widest) = names.iter_mut().max_by_key(|name| **name).filter(|name| **name > AIR + 1) else { return };
        *widest -= 1;
    }
}

/// Draws heading and rows.
pub fn draw(
    state: &State,
    answer: &SpendAnswer,
    drivers: Option<&DriversAnswer>,
    keymap: &Keymap,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    if area.height < 2 {
        return;
    }
    let columns = Columns::of(answer, usize::from(area.width));
    heading(state, answer, &columns, area, buf, theme);
    if answer.movers.is_empty() {
        let why = match (answer.previous_period, answer.total.previous) {
            (None, _) => "nothing to compare with; {comparison} chooses other days".to_owned(),
            (Some(days), None) => {
                let days = days_words(days);
                format!("nothing to compare with: no charge is known of {days}; {{comparison}} chooses other days")
            }
            _ => "nothing moved: {period} chooses other days, {comparison} what they are held against".to_owned(),
        };
        let why = cut_words(&keymap.say(&why), usize::from(area.width), theme.glyphs.ellipsis);
        put(buf, area, 1, &Line::from(Span::styled(why, theme.style(Role::Muted))));
        return;
    }
    let places = money::places(&answer.currency);
    let selected = state.mover(answer);
    for (row, (at, mover)) in seen(state, answer, area).enumerate() {
        let (role, sign) = money::direction(&mover.figure, &theme.glyphs);
        let mark = if selected == Some(at) { theme.glyphs.marks.0 } else { sign };
        let change = money::signed_change(&mover.figure, places, columns.change - 4, columns.change);
        let mut spans = vec![
            Span::styled(left(mark, MARK, ""), theme.style(role)),
            Span::raw(row_names(answer, mover, &columns, theme)),
            Span::styled(right(&change, columns.change, theme.glyphs.ellipsis), theme.style(role)),
            Span::styled(right(&money::percent_cell(&mover.figure), PERCENT, ""), theme.style(role)),
        ];
        if columns.because > 0 {
            let days = days_of(mover, answer);
            let driver = drivers.and_then(|all| all.groups.iter().find(|group| group.key == mover.key));
            let waits = drivers.is_none() && row == 0;
            let text = match driver {
                Some(driver) => because(driver, columns.because - width(&days), theme.glyphs.ellipsis),
                None if waits && state.drivers.error.is_some() => keymap.say("cannot be read: {redraw} asks again"),
                None if waits => "loading".to_owned(),
                None => String::new(),
            };
            spans.push(Span::raw(" ".repeat(AIR)));
            spans.push(Span::styled(days.clone(), theme.style(Role::Unsure)));
            spans.push(Span::styled(left(&text, columns.because - width(&days), ""), theme.style(Role::Muted)));
        }
        let line = Line::from(spans);
        put(buf, area, row as u16 + 1, &line);
        if selected == Some(at) {
            let bar = Rect { y: area.y + row as u16 + 1, height: 1, width: line.width() as u16, ..area };
            buf.set_style(bar.intersection(area).intersection(buf.area), theme.style(Role::Selected));
        }
    }
}

/// The moves that are seen in an area, each with its place among all.
fn seen<'a>(state: &State, answer: &'a SpendAnswer, area: Rect) -> impl Iterator<Item = (usize, &'a Mover)> {
    let room = usize::from(area.height.saturating_sub(1));
    let first = state.mover(answer).map_or(0, |at| (at + 1).saturating_sub(room));
    answer.movers.iter().enumerate().skip(first).take(room)
}

/// The move that is drawn at a place.
#[must_use]
pub fn row_at(state: &State, answer: &SpendAnswer, area: Rect, at: Position) -> Option<usize> {
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let row = rows.contains(at).then(|| usize::from(at.y - rows.y))?;
    seen(state, answer, area).nth(row).map(|(at, _)| at)
}

/// The heading of the column of changes.
const CHANGE: &str = "change";

fn heading(state: &State, answer: &SpendAnswer, columns: &Columns, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let role = if state.focus == Pane::Movers { Role::Accent } else { Role::Strong };
    let muted = theme.style(Role::Muted);
    let title = "Biggest moves";
    let before = MARK + columns.names.iter().sum::<usize>() + columns.change;
    let because = if columns.because > 0 { format!("{}because", " ".repeat(AIR)) } else { String::new() };
    let why = answer.lacks(Card::Total).and_then(|lacks| which_days(answer, lacks)).map(|why| format!("  {why}"));
    let room = before.saturating_sub(width(title) + CHANGE.len() + AIR);
    let why = why.filter(|why| width(why) <= room).unwrap_or_default();
    let used = width(title) + width(&why);
    let spans = vec![
        Span::styled(title, theme.style(role)),
        Span::styled(why, theme.style(Role::Unsure)),
        Span::styled(right(CHANGE, before.saturating_sub(used), ""), muted),
        Span::styled(right("%", PERCENT, ""), muted),
        Span::styled(because, muted),
    ];
    put(buf, area, 0, &Line::from(spans));
}

/// Which days the moves are of, where not all are in: those of each that are.
fn which_days(answer: &SpendAnswer, lacks: &PendingCard) -> Option<String> {
    if answer.movers.iter().any(|mover| lacks.now.earlier(mover.through).is_some()) {
        return Some("same days only".to_owned());
    }
    let all = lacks.now.all_to(answer.period).map(|last| tab::compared_to(last, answer.period));
    all.or_else(|| lacks.why_not_held())
}

/// Up to which day a move is compared, with the air after it; nothing where that is as far as others are.
fn days_of(mover: &Mover, answer: &SpendAnswer) -> String {
    let own = answer.lacks(Card::Total).and_then(|lacks| lacks.now.earlier(mover.through));
    own.map_or_else(String::new, |through| format!("{}  ", tab::compared_to(through, answer.period)))
}

/// Why a group's cost changed, in so many columns: how much of it is quantity, how much price, and
/// what contributed most.
fn because(driver: &Driver, room: usize, ellipsis: &str) -> String {
    let effects = split(driver);
    let Some(reason) = driver.reason.as_ref().filter(|_| room >= EFFECTS + REASON.0) else {
        return if width(&effects) <= room { effects } else { cut_words(&effects, room, ellipsis) };
    };
    let words = reason.text();
    let words = match reason.presence {
        // Of a group that is new or gone, all is.
        Presence::New if !words.is_empty() && effects != NEW => format!("new: {words}"),
        Presence::Gone if !words.is_empty() && effects != GONE => format!("gone: {words}"),
        _ => words,
    };
    let words = cut_words(&words, room - EFFECTS - AIR, ellipsis);
    format!("{}{}{words}", left(&effects, EFFECTS, ellipsis), " ".repeat(AIR))
}

/// `quantity +19 %  price -1 %`, as shares of the earlier cost.
fn split(driver: &Driver) -> String {
    let Some(effects) = &driver.effects else { return String::new() };
    let zero = |amount: Option<Amount>| amount.is_none_or(Amount::is_zero);
    if zero(driver.figure.previous) {
        return NEW.to_owned();
    }
    if zero(driver.figure.amount) {
        return GONE.to_owned();
    }
    let before = driver.figure.previous.filter(|before| *before > Amount::ZERO);
    let parts = [("quantity", effects.quantity), ("price", effects.price), ("other", effects.other)];
    let mut said: Vec<(f64, String)> = Vec::new();
    for (name, effect) in parts {
        let share = before.and_then(|before| effect.ratio(before));
        match share {
            Some(share) if share.abs() >= 0.005 && share.abs() < 99.995 => {
                said.push((share.abs(), format!("{name} {:+.0} %", share * 100.0)));
            }
            Some(share) if share.abs() < 0.005 => {}
            // Of a credit a share says nothing.
            _ if !effect.is_zero() => said.push((1.0, name.to_owned())),
            _ => {}
        }
    }
    // Two fit: the least of three is left out.
    if said.len() > 2
        && let Some(least) = (0..said.len()).min_by(|a, b| said[*a].0.total_cmp(&said[*b].0))
    {
        said.remove(least);
    }
    said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("  ")
}

/// A move's values side by side, each in a column of its own.
fn row_names(answer: &SpendAnswer, mover: &Mover, columns: &Columns, theme: &Theme) -> String {
    let cells = labels(answer, mover).into_iter().zip(&columns.names);
    cells.map(|(l, room)| left(&left(&l, room - AIR, theme.glyphs.ellipsis), *room, "")).collect()
}

/// What a move is called.
#[must_use]
pub fn name(answer: &SpendAnswer, mover: &Mover) -> SafeText {
    SafeText::from_outside(&group_name(&answer.movers_by, (&mover.key, &mover.names)))
}

/// A filter and the demand that charges are of one move's group, and of no other's.
#[must_use]
pub fn narrowed(filter: &Filter, answer: &SpendAnswer, mover: &Mover) -> Filter {
    let all = answer.movers.iter().map(|other| (&other.key, &other.names));
    tab::narrowed(filter, &answer.movers_by, &mover.key, all)
}

/// What a move's values are called.
#[must_use]
pub fn labels(answer: &SpendAnswer, mover: &Mover) -> Vec<SafeText> {
    let values = answer.movers_by.iter().zip(&mover.key).enumerate();
    values.map(|(i, (by, value))| label(by, value, mover.names.get(&i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lens::Lens;
    use crate::engine::answer::{Figure, Pending, Reason};
    use crate::engine::{Answer, Cancel, Engine, Question};
    use crate::tui::tests::fake::{Fake, Mood, as_of};
    use crate::tui::theme::Env;

    fn driver(now: i64, before: i64, quantity: i64, price: i64, other: i64) -> Driver {
        let mut driver = Driver {
            key: vec!["Amazon EC2".into()],
            names: Default::default(),
            figure: Figure { amount: Some(Amount::whole(now)), previous: Some(Amount::whole(before)) },
            effects: Some(Default::default()),
            unit: None,
            new_skus: 0,
            gone_skus: 0,
            reason: Some(Reason {
                sku: "SKU-1".into(),
                name: Some("p4d.24xlarge".into()),
                region: "us-east-1".into(),
                figure: Figure::default(),
                presence: Presence::Both,
            }),
        };
        if let Some(effects) = &mut driver.effects {
            effects.quantity = Amount::whole(quantity);
            effects.price = Amount::whole(price);
            effects.other = Amount::whole(other);
        }
        driver
    }

    #[test]
    fn a_reason_says_what_there_is_room_for() {
        let both = driver(1_180, 1_000, 190, -10, 0);
        assert_eq!(because(&both, 27, "…"), "quantity +19 %  price -1 %");
        assert_eq!(because(&both, 60, "…"), "quantity +19 %  price -1 %   p4d.24xlarge us-east-1");
        assert_eq!(because(&both, 44, "…"), "quantity +19 %  price -1 %   p4d.24xlarge …");
        assert_eq!(because(&driver(1_180, 1_000, 190, -10, 50), 27, "…"), "quantity +19 %  other +5 %");
        for (mut driver, named, want) in [
            (driver(0, 50, -50, 0, 0), true, "gone                         p4d.24xlarge us-east-1"),
            (driver(1_180, 1_000, 180, 0, 0), true, "quantity +18 %               gone: p4d.24xlarge us-east-1"),
            (driver(1_180, 1_000, 180, 0, 0), false, "quantity +18 %"),
        ] {
            let reason = driver.reason.as_mut().expect("a reason");
            reason.presence = Presence::Gone;
            if !named {
                (reason.sku, reason.name, reason.region) = ("".into(), None, "".into());
            }
            assert_eq!(because(&driver, 70, "…").trim_end(), want);
        }
        assert_eq!(because(&driver(1_002, 1_000, 2, 0, 0), 27, "…"), "");
        assert_eq!(because(&driver(50, 0, 50, 0, 0), 27, "…"), "new");
        assert_eq!(because(&driver(0, 50, -50, 0, 0), 27, "…"), "gone");
        assert_eq!(because(&driver(-50, -100, 50, 0, 0), 27, "…"), "quantity");
        assert_eq!(because(&driver(500_000, 1, 499_999, 0, 0), 27, "…"), "quantity");
    }

    /// The heading and the first two moves, drawn in so many columns; up to how many days ago each has come, and the
    /// newest of all.
    fn drawn(through: [Option<i32>; 2], newest: i32, columns: u16) -> Vec<String> {
        let fake = Fake(Mood::Demo).ask(&Question::Spend(Lens::default()), as_of(), &Cancel::default());
        let Ok(Answer::Spend(mut answers)) = fake else { panic!("a spend answer") };
        let (answer, day) = (&mut answers[0], |ago: i32| as_of().plus(-ago));
        for (mover, through) in answer.movers.iter_mut().zip(through) {
            mover.through = through.map(day);
        }
        let newest = Some(day(newest));
        let now = Pending { days: 22, missing: 8, unsettled: 0, through: newest, newest, of: Vec::new() };
        answer.pending = vec![PendingCard { card: Card::Total, now, previous: None, alike: None, those_in: false }];
        let mut drivers = DriversAnswer {
            metric: answer.metric,
            currency: answer.currency.clone(),
            period: answer.period,
            previous_period: answer.previous_period,
            by: answer.movers_by.clone(),
            groups: Vec::new(),
        };
        drivers
            .groups
            .extend(answer.movers.iter().map(|m| Driver { key: m.key.clone(), ..driver(118, 100, 19, -1, 0) }));
        let area = Rect::new(0, 0, columns, 3);
        let mut buf = Buffer::empty(area);
        let (theme, keymap) = (Theme::of(&Env::default()), Keymap::default());
        draw(&State::default(), answer, Some(&drivers), &keymap, area, &mut buf, &theme);
        let cell = |x, y| buf.cell((x, y)).map_or("", |cell| cell.symbol());
        (0..3).map(|y| (0..columns).map(|x| cell(x, y)).collect::<String>()).collect()
    }

    #[test]
    fn a_move_of_fewer_days_says_up_to_which() {
        let to = format!("to {}", tab::short_day(as_of().plus(-8)));
        let rows = drawn([Some(8), Some(2)], 2, 80);
        assert!(rows[0].starts_with("Biggest moves  same days only "), "{rows:#?}");
        assert!(rows[1].contains(&format!("{to}  quantity +19 %")), "{rows:#?}");
        assert!(rows[2].ends_with("quantity +19 %  price -1 % "), "{rows:#?}");
        let rows = drawn([Some(4_000), None], 2, 120);
        assert!(rows[1].contains("part not in  quantity +19 %"), "{rows:#?}");
        let rows = drawn([Some(8), None], 8, 80);
        assert!(rows[0].starts_with(&format!("Biggest moves  {to} ")) && !rows[1].contains("to "), "{rows:#?}");
    }

    #[test]
    fn names_are_narrowed_from_the_widest() {
        for (names, room, want) in
            [(vec![10, 20], 40, vec![12, 22]), (vec![10, 20], 30, vec![12, 18]), (vec![20, 20], 20, vec![10, 10])]
        {
            let mut narrowed = names.clone();
            fit(&mut narrowed, room);
            assert_eq!(narrowed, want, "{names:?} in {room}");
        }
    }
}
