//! The figures at the top of the Spend tab: which of them there is room for, and how each looks.
//!
//! Each has a title, an amount and what that is held against, on three rows. Knows no keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::month_end::{self, Told};
use crate::domain::calendar::{Day, Period};
use crate::domain::lens::Lens;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::engine::Card;
use crate::engine::answer::{Figure, Pending, PendingCard, SpendAnswer, SpendDetails};
use crate::tui::tab::short_day;
use crate::tui::text::{cut, put_at, width};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// What a figure is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// This month so far.
    MonthToDate,
    /// This month's end.
    Forecast,
    /// The day before the as-of day.
    Yesterday,
    /// The seven days before the as-of day.
    LastWeek,
    /// The days that are looked at.
    Lens,
    /// As many days of the month before.
    SameDays,
    /// The whole month before.
    LastMonth,
    /// The last whole hour, where charges are of hours.
    ThisHour,
}

/// The order in which figures stand beside each other, and how much each is worth its place (1 most).
const ORDER: [(Kind, u8); 8] = [
    (Kind::MonthToDate, 1),
    (Kind::Forecast, 5),
    (Kind::Yesterday, 2),
    (Kind::LastWeek, 3),
    (Kind::Lens, 4),
    (Kind::SameDays, 8),
    (Kind::LastMonth, 7),
    // Whether there is one is known last: nothing stands after it that could move.
    (Kind::ThisHour, 6),
];

/// Columns of one of the first figures at least, of one more, and of any at most.
const COLUMNS: (u16, u16, u16) = (18, 20, 27);
/// How many are packed closer.
const FIRST: u16 = 4;

/// The figures that there is room for, from left to right. It follows from the lens and the room
/// alone, so that nothing moves when an answer comes.
#[must_use]
pub fn shown(columns: u16, lens: &Lens) -> Vec<Kind> {
    // A lens that is the month to date needs no figure of its own.
    let differs = lens.period != PeriodSpec::ThisMonth;
    let all: Vec<(Kind, u8)> = ORDER.into_iter().filter(|(kind, _)| *kind != Kind::Lens || differs).collect();
    let room = usize::from((columns / COLUMNS.0).min(FIRST).max(columns / COLUMNS.1)).max(1);
    let mut ranks: Vec<u8> = all.iter().map(|(_, rank)| *rank).collect();
    ranks.sort_unstable();
    let last = ranks.get(room - 1).copied().unwrap_or(u8::MAX);
    all.into_iter().filter(|(_, rank)| *rank <= last).map(|(kind, _)| kind).collect()
}

/// The days that a figure is of; `None` where nothing is known of them.
#[must_use]
pub fn days(kind: Kind, answer: &SpendAnswer) -> Option<Period> {
    let today = answer.as_of;
    match kind {
        Kind::MonthToDate => Some(Period { from: today.month().first(), to: today.plus(1) }),
        Kind::Forecast => None,
        Kind::Yesterday => Some(Period { from: today.plus(-1), to: today }),
        Kind::LastWeek => Some(Period { from: today.plus(-7), to: today }),
        Kind::Lens => Some(answer.period),
        Kind::SameDays => Comparison::MonthBefore.against_spec(PeriodSpec::ThisMonth, today),
        Kind::LastMonth => Some(today.month().plus(-1).period()),
        Kind::ThisHour => None,
    }
}

fn figure(kind: Kind, answer: &SpendAnswer, details: Option<&SpendDetails>) -> Figure {
    match kind {
        Kind::LastMonth => answer.last_month,
        Kind::ThisHour => details.and_then(|d| d.hour).map_or_else(Figure::default, |hour| hour.figure),
        Kind::MonthToDate => answer.month_to_date,
        Kind::Forecast => Figure::default(),
        Kind::Yesterday => answer.yesterday,
        Kind::LastWeek => answer.last_week,
        Kind::Lens => answer.total,
        Kind::SameDays => Figure { amount: answer.month_to_date.previous, previous: None },
    }
}

/// What of a figure's days has not come; `None` where nothing is known to lack.
fn pending(kind: Kind, answer: &SpendAnswer) -> Option<&PendingCard> {
    let card = match kind {
        Kind::MonthToDate => Card::MonthToDate,
        Kind::Yesterday => Card::Yesterday,
        Kind::LastWeek => Card::LastWeek,
        Kind::Lens => Card::Total,
        Kind::LastMonth => Card::LastMonth,
        Kind::Forecast | Kind::SameDays | Kind::ThisHour => return None,
    };
    answer.pending.iter().find(|pending| pending.card == card)
}

/// What of the days that a figure is the sum of has not come or may change.
fn lacks(kind: Kind, answer: &SpendAnswer) -> Option<&Pending> {
    match kind {
        // They are what this month is held against.
        Kind::SameDays => pending(Kind::MonthToDate, answer)?.previous.as_ref(),
        _ => pending(kind, answer).map(|pending| &pending.now),
    }
}

/// A figure as text to copy: its words, its amount with the currency, and what it lacks.
#[must_use]
pub fn text(kind: Kind, answer: &SpendAnswer, details: Option<&SpendDetails>, lens: &Lens) -> String {
    let title = title(kind, lens, answer.as_of);
    let amount = money::amount(figure(kind, answer, details).amount, money::places(&answer.currency));
    let lacks = lacks(kind, answer).and_then(Pending::words).map_or_else(String::new, |words| format!("\t{words}"));
    format!("{title}\t{amount} {}{lacks}", answer.currency)
}

/// What a figure is called.
#[must_use]
pub fn title(kind: Kind, lens: &Lens, as_of: Day) -> String {
    titles(kind, lens, as_of).into_iter().next().unwrap_or_default()
}

/// What a figure is called, the longest words first.
fn titles(kind: Kind, lens: &Lens, as_of: Day) -> Vec<String> {
    let month = |by: i32| as_of.month().plus(by).name();
    let last = as_of.month().plus(1).first().plus(-1);
    match kind {
        Kind::MonthToDate => vec!["Month to date".to_owned(), "This month".to_owned()],
        Kind::Forecast => vec![format!("Forecast to {}", short_day(last)), format!("Forecast {}", short_day(last))],
        Kind::Yesterday => vec!["Yesterday".to_owned()],
        Kind::LastWeek => vec!["Last 7 days".to_owned()],
        Kind::LastMonth => vec![month(-1).to_owned()],
        Kind::ThisHour => vec!["Last hour".to_owned()],
        Kind::SameDays => vec![format!("Same days of {}", month(-1)), format!("Same in {}", &month(-1)[..3])],
        Kind::Lens => {
            let mut words = lens.period.describe(as_of);
            if let Some(first) = words.get(..1).map(str::to_uppercase) {
                words.replace_range(..1, &first);
            }
            let days = lens.period.resolve(as_of);
            vec![words, format!("{} to {}", short_day(days.from), short_day(days.to.plus(-1))), "These days".to_owned()]
        }
    }
}

/// What a figure's change is held against, where its title does not say so.
fn held_against(kind: Kind) -> &'static str {
    match kind {
        Kind::Yesterday => "on average",
        Kind::LastWeek => "on week",
        Kind::LastMonth => "on month",
        Kind::ThisHour => "on yesterday",
        _ => "",
    }
}

/// The first of several texts that fits; the last one, cut, where none does.
pub(super) fn fitting(texts: &[String], room: usize, theme: &Theme) -> String {
    let found = texts.iter().find(|text| width(text) <= room).or(texts.last());
    cut(found.map_or("", String::as_str), room, theme.glyphs.ellipsis)
}

/// All that the figures are drawn from.
pub struct Cards<'a> {
    /// What is known; `None` before the first answer.
    pub answer: Option<&'a SpendAnswer>,
    /// What followed later.
    pub details: Option<&'a SpendDetails>,
    /// What will come.
    pub told: Told<'a>,
    /// What is looked at.
    pub lens: &'a Lens,
    /// As of which day.
    pub as_of: Day,
    /// The selected figure, where figures have the focus.
    pub selected: Option<Kind>,
}

impl Cards<'_> {
    /// Draws them.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let kinds = shown(area.width, self.lens);
        let columns = (area.width / kinds.len().max(1) as u16).min(COLUMNS.2);
        let room = usize::from(columns.saturating_sub(2));
        for (i, kind) in kinds.into_iter().enumerate() {
            if kind == Kind::ThisHour && self.details.is_none_or(|d| d.hour.is_none()) {
                continue;
            }
            let at = i as u16 * columns;
            for (row, line) in self.lines(kind, room, theme).into_iter().enumerate() {
                put_at(buf, area, at, row as u16, &line);
            }
        }
    }

    fn lines(&self, kind: Kind, room: usize, theme: &Theme) -> [Line<'static>; 3] {
        let title = self.title(kind, room, theme);
        let Some(answer) = self.answer else {
            let value = Span::styled(format!("  {}", theme.glyphs.ellipsis), theme.style(Role::Muted));
            return [title, Line::from(value), Line::default()];
        };
        if kind == Kind::Forecast {
            let [value, below] = month_end::lines(answer, self.told, room, theme);
            return [title, value, below];
        }
        let figure = figure(kind, answer, self.details);
        let places = money::places(&answer.currency);
        let open = kind == Kind::Yesterday && self.is_open(kind);
        // The amount and its change end in the same column.
        let changed = if open { String::new() } else { money::change(&figure, places) };
        let value = money::amount_in(figure.amount, places, room.saturating_sub(2));
        let amounts = width(&value).max(width(&changed));
        let below = match kind {
            Kind::SameDays => {
                let days = days(kind, answer).map_or_else(String::new, days_words);
                Span::styled(fitting(&[days], room, theme), theme.style(Role::Muted))
            }
            _ => match pending(kind, answer).filter(|pending| pending.misleads()) {
                Some(PendingCard { alike: None, previous: Some(_), .. }) => {
                    // What has not come of the days before would all be a rise.
                    let words = ["days before not all in", "before not all in", "not comparable"].map(str::to_owned);
                    Span::styled(fitting(&words, room, theme), theme.style(Role::Unsure))
                }
                Some(PendingCard { alike: Some(alike), now, those_in: true, .. }) => {
                    change_of_those(alike, now, places, room, theme)
                }
                _ if open => so_far(&figure, room, theme),
                Some(PendingCard { alike: Some(alike), now, .. }) => {
                    let to = now.through.unwrap_or(answer.as_of);
                    change_to(alike, to, places, room, theme)
                }
                Some(_) => so_far(&figure, room, theme),
                None => change(&figure, places, amounts, held_against(kind), room, theme),
            },
        };
        let unknown = figure.amount.is_none();
        let role = if unknown { Role::Muted } else { Role::Strong };
        let value = Span::styled(format!("  {value:>amounts$}"), theme.style(role));
        [title, Line::from(value), Line::from(below)]
    }

    fn title(&self, kind: Kind, room: usize, theme: &Theme) -> Line<'static> {
        let selected = self.selected == Some(kind);
        let role = if selected { Role::Accent } else { Role::Muted };
        let mark = if selected { format!("{} ", theme.glyphs.marks.0) } else { String::new() };
        let unsure = self.unsure(kind, theme);
        let least = unsure.last().map_or(0, |words| width(words));
        let room = room.saturating_sub(width(&mark));
        let title = fitting(&titles(kind, self.lens, self.as_of), room.saturating_sub(least), theme);
        let left = room.saturating_sub(width(&title));
        let mut spans = vec![Span::styled(format!("{mark}{title}"), theme.style(role))];
        if let Some(words) = unsure.iter().find(|words| width(words) <= left).or(unsure.last()) {
            spans.push(Span::styled(words.clone(), theme.style(Role::Unsure)));
        }
        Line::from(spans)
    }

    /// What is to be known of a figure's days beside its title, the longest words first; nothing where all is as
    /// it will be.
    fn unsure(&self, kind: Kind, theme: &Theme) -> Vec<String> {
        let hatch = format!(" {}", theme.glyphs.hatch);
        let lacks = self.answer.and_then(|answer| lacks(kind, answer));
        match lacks.filter(|pending| pending.missing > 0) {
            Some(pending) if pending.days == 1 => vec![" not all in".to_owned(), hatch],
            Some(pending) => {
                let (come, all) = (pending.come(), pending.days);
                vec![format!(" {come} of {all} days in"), format!(" {come} of {all} in"), format!(" {come}/{all}")]
            }
            None if self.is_open(kind) => vec![" settling".to_owned(), hatch],
            None => Vec::new(),
        }
    }

    /// Whether some of a figure's days may still change.
    fn is_open(&self, kind: Kind) -> bool {
        let Some(answer) = self.answer else { return false };
        let settled = |days: Period| answer.settled_through.is_some_and(|day| day < days.to.plus(-1));
        figure(kind, answer, self.details).amount.is_some() && days(kind, answer).is_some_and(settled)
    }
}

/// `Oct 1 to 20`, `Oct 30 to Nov 2`.
#[must_use]
pub fn days_words(days: Period) -> String {
    let last = days.to.plus(-1);
    if last <= days.from {
        return short_day(days.from);
    }
    let same = days.from.month() == last.month();
    let end = if same { last.number().to_string() } else { short_day(last) };
    format!("{} to {end}", short_day(days.from))
}

/// Amount, share and reference of a change, as much of it as there is room for; `amounts` columns
/// for the amount behind its sign.
#[must_use]
pub fn change(
    figure: &Figure,
    places: u32,
    amounts: usize,
    against: &str,
    room: usize,
    theme: &Theme,
) -> Span<'static> {
    let (role, sign) = money::direction(figure, &theme.glyphs);
    let percent = money::percent_change(figure);
    let amount = money::change(figure, places);
    // In ASCII the sign of the direction is the percentage's own.
    let brief = if theme.glyphs.ascii && !percent.is_empty() { percent.clone() } else { format!("{sign} {percent}") };
    let whole = format!("{sign} {amount:>amounts$}  {percent}").trim_end().to_owned();
    let close = format!("{sign} {amount:>amounts$} {percent}").trim_end().to_owned();
    let text = match against {
        _ if amount.is_empty() => String::new(),
        "" => fitting(&[whole, close, brief], room, theme),
        _ => fitting(&[format!("{whole} {against}"), whole, close, format!("{brief} {against}"), brief], room, theme),
    };
    Span::styled(text, theme.style(role))
}

/// A change over the days up to `to` alone, which it says in any case, as much of it as there is room for.
fn change_to(figure: &Figure, to: Day, places: u32, room: usize, theme: &Theme) -> Span<'static> {
    let (role, sign) = money::direction(figure, &theme.glyphs);
    let (amount, percent) = (money::change(figure, places), money::percent_change(figure));
    let (day, number) = (short_day(to), to.number());
    let whole = format!("{sign} {amount} {percent}").trim_end().to_owned();
    let brief = if percent.is_empty() { format!("{sign} {amount}") } else { format!("{sign} {percent}") };
    let texts = [
        format!("{whole} to {day}"),
        format!("{whole} to {number}"),
        format!("{brief} to {day}"),
        format!("{brief} to {number}"),
    ];
    let text = if amount.is_empty() { String::new() } else { fitting(&texts, room, theme) };
    Span::styled(text, theme.style(role))
}

/// A change of those alone whose days are in, which it says in any case, as much of it as there is room for.
fn change_of_those(figure: &Figure, lacks: &Pending, places: u32, room: usize, theme: &Theme) -> Span<'static> {
    let (role, sign) = money::direction(figure, &theme.glyphs);
    let (amount, percent) = (money::change(figure, places), money::percent_change(figure));
    let brief = if percent.is_empty() { format!("{sign} {amount}") } else { format!("{sign} {percent}") };
    let mut names: Vec<SafeText> = lacks.of.iter().map(|behind| behind.provider.safe()).collect();
    names.dedup();
    let whose = if let [one] = names.as_slice() { format!("without {one}") } else { "of those in".to_owned() };
    let texts = [
        format!("{sign} {amount} {percent} {whose}"),
        format!("{brief} {whose}"),
        format!("{brief} of those in"),
        format!("{brief} in part"),
    ];
    let text = if amount.is_empty() { String::new() } else { fitting(&texts, room, theme) };
    Span::styled(text, theme.style(role))
}

/// The share of a change of days that are not all in yet: no saving, so not in a saving's colour.
#[must_use]
pub fn so_far(figure: &Figure, room: usize, theme: &Theme) -> Span<'static> {
    let percent = money::percent_change(figure);
    let whole = format!("{percent} so far").trim_start().to_owned();
    Span::styled(fitting(&[whole, format!("{percent} ?")], room, theme), theme.style(Role::Unsure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::answer::Pending;
    use crate::engine::{Answer, Cancel, Engine, Question};
    use crate::tui::tests::fake::{Fake, Mood, as_of};
    use crate::tui::theme::Env;

    #[test]
    fn the_worthiest_figures_that_fit_stand_in_one_order() {
        use Kind::{Forecast, LastMonth, LastWeek, MonthToDate, SameDays, ThisHour, Yesterday};
        let month = Lens::default();
        let other = Lens { period: PeriodSpec::LastDays(30), ..Lens::default() };
        for (columns, lens, want) in [
            (10, &month, vec![MonthToDate]),
            (40, &month, vec![MonthToDate, Yesterday]),
            (58, &month, vec![MonthToDate, Yesterday, LastWeek]),
            (78, &month, vec![MonthToDate, Forecast, Yesterday, LastWeek]),
            (78, &other, vec![MonthToDate, Yesterday, LastWeek, Kind::Lens]),
            (99, &month, vec![MonthToDate, Forecast, Yesterday, LastWeek]),
            (145, &month, vec![MonthToDate, Forecast, Yesterday, LastWeek, SameDays, LastMonth, ThisHour]),
            (130, &other, vec![MonthToDate, Forecast, Yesterday, LastWeek, Kind::Lens, ThisHour]),
        ] {
            assert_eq!(shown(columns, lens), want, "{columns}");
        }
    }

    /// The three rows of a figure, in so many columns, where some of its days have not come.
    fn rows(kind: Kind, lacks: PendingCard, room: usize) -> [String; 3] {
        let lens = Lens::default();
        let fake = Fake(Mood::Demo).ask(&Question::Spend(lens.clone()), as_of(), &Cancel::default());
        let Ok(Answer::Spend(mut answers)) = fake else { panic!("a spend answer") };
        let answer = &mut answers[0];
        answer.pending = vec![lacks];
        let (answer, theme) = (Some(&answers[0]), Theme::of(&Env::default()));
        let cards = Cards { answer, details: None, told: Told::Waiting, lens: &lens, as_of: as_of(), selected: None };
        cards.lines(kind, room, &theme).map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect())
    }

    #[test]
    fn days_that_have_not_come_are_told_and_only_days_that_came_are_compared() {
        let now = Pending {
            days: 7,
            missing: 1,
            unsettled: 2,
            through: Some(as_of().plus(-2)),
            newest: None,
            of: Vec::new(),
        };
        let amount = |text: &str| text.parse().ok();
        let alike = Figure { amount: amount("110"), previous: amount("100") };
        let card = PendingCard { card: Card::LastWeek, now, previous: None, alike: Some(alike), those_in: false };
        let week = |room| rows(Kind::LastWeek, card.clone(), room);
        assert_eq!(week(27), ["Last 7 days 6 of 7 days in", "  23,870.12", "▲ 10.00 +10 % to Nov 18"]);
        assert_eq!(week(22), ["Last 7 days 6 of 7 in", "  23,870.12", "▲ 10.00 +10 % to 18"]);
        assert_eq!(week(16), ["Last 7 days 6/7", "  23,870.12", "▲ +10 % to 18"]);
        // Where no days can be compared, what has come so far is no saving.
        let none = PendingCard { alike: None, ..card.clone() };
        let [_, _, below] = rows(Kind::LastWeek, none, 25);
        assert_eq!(below, "+3.4 % so far");
        // What has not come of the days before would look like a rise.
        let lacks = Some(card.now.clone());
        let [_, _, below] = rows(Kind::LastWeek, PendingCard { alike: None, previous: lacks, ..card.clone() }, 25);
        assert_eq!(below, "days before not all in");
        let day = Pending { days: 1, through: None, ..card.now.clone() };
        let yesterday = PendingCard { card: Card::Yesterday, now: day, previous: None, alike: None, those_in: false };
        assert_eq!(rows(Kind::Yesterday, yesterday, 25), ["Yesterday not all in", "  3,214.09", "-2.0 % so far"]);
        let month = Pending { days: 22, missing: 2, ..card.now.clone() };
        let month = PendingCard { card: Card::MonthToDate, now: month, ..card.clone() };
        assert_eq!(rows(Kind::MonthToDate, month, 18)[0], "This month 20/22");
        // Nothing of it is of another figure.
        assert_eq!(rows(Kind::MonthToDate, card, 25)[0], "Month to date settling");
    }

    #[test]
    fn days_are_said_in_few_words() {
        let day = |text: &str| Day::parse(text).expect("date");
        for (from, to, want) in [
            ("2024-10-01", "2024-10-21", "Oct 1 to 20"),
            ("2024-10-30", "2024-11-03", "Oct 30 to Nov 2"),
            ("2024-10-30", "2024-10-31", "Oct 30"),
        ] {
            assert_eq!(days_words(Period { from: day(from), to: day(to) }), want);
        }
    }
}
