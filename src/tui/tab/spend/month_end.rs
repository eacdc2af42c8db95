//! The figure of this month's end: what is foretold, how sure that is, and its change on the month before.
//!
//! Knows no keys.

use ratatui::text::{Line, Span};

use super::cards::{Kind, fitting, title};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::domain::text::SafeText;
use crate::domain::words::counted;
use crate::engine::answer::{Ahead, Figure, ForecastAnswer, SpendAnswer};
use crate::tui::text::cut;
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::money;

/// What is known of what will come.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// It is on its way.
    Waiting,
    /// This.
    Of(&'a ForecastAnswer),
    /// There is none.
    Nothing,
}

/// The figure, held against the month before.
fn figure(month: &Ahead) -> Figure {
    Figure { amount: Some(month.range.forecast), previous: month.previous }
}

/// The amount with its margin, and the change below it.
#[must_use]
pub fn lines(answer: &SpendAnswer, told: Told<'_>, room: usize, theme: &Theme) -> [Line<'static>; 2] {
    let muted = |text: String| Line::from(Span::styled(text, theme.style(Role::Muted)));
    let forecast = match told {
        Told::Waiting => return [muted(format!("  {}", theme.glyphs.ellipsis)), Line::default()],
        Told::Nothing => None,
        Told::Of(forecast) => Some(forecast),
    };
    let Some((forecast, month)) = forecast.and_then(|told| Some((told, told.month.as_ref()?))) else {
        let why = forecast.map(|told| SafeText::from_outside(&told.words).into_string());
        let why: Vec<String> = why.into_iter().filter(|why| why.chars().count() <= room).collect();
        let words: Vec<String> = why.into_iter().chain(["no forecast".to_owned()]).collect();
        return [muted(format!("  {}", money::UNKNOWN)), muted(fitting(&words, room, theme))];
    };
    let amount = written(month.range.forecast, forecast, room.saturating_sub(2));
    let margin = written(month.range.margin(), forecast, room);
    let sign = if theme.glyphs.ascii { "+-" } else { "±" };
    // A margin that is cut would be another one: it is whole, or the amount stands alone.
    let wide = [format!("  {sign} {margin}"), format!(" {sign} {margin}"), format!(" {sign}{margin}")];
    let fits = |text: &&String| amount.chars().count() + text.chars().count() + 2 <= room;
    let is_known = forecast.few_days.is_none() && !month.range.margin().is_zero();
    let margin = wide.iter().find(fits).filter(|_| is_known).cloned().unwrap_or_default();
    let value = Line::from(vec![
        Span::styled(format!("  {amount}"), theme.style(Role::Strong)),
        Span::styled(margin, theme.style(Role::Muted)),
    ]);
    if let Some(days) = forecast.few_days {
        let known = format!("{} known", counted(days.into(), "day", "days"));
        let words = [format!("only {known}: no {sign} yet"), format!("{known}: no {sign} yet"), known];
        return [value, Line::from(Span::styled(fitting(&words, room, theme), theme.style(Role::Unsure)))];
    }
    let figure = figure(month);
    let (role, sign) = money::direction(&figure, &theme.glyphs);
    let percent = money::percent_change(&figure);
    let brief = if theme.glyphs.ascii { percent.clone() } else { format!("{sign} {percent}") };
    let before = answer.as_of.month().plus(-1).name();
    let words = match month.previous_lacks {
        None => vec![format!("{brief} on {before}"), format!("{brief} on {}", &before[..3]), brief],
        // What has not come of it is foretold.
        Some(_) => {
            let on = |before: &str| format!("{brief} on {before} foretold");
            vec![on(before), on(&before[..3]), format!("{brief} foretold"), format!("{brief} ?")]
        }
    };
    let below = if percent.is_empty() { String::new() } else { fitting(&words, room, theme) };
    [value, Line::from(Span::styled(cut(&below, room, theme.glyphs.ellipsis), theme.style(role)))]
}

/// An estimate without decimals, unless it is small.
fn written(amount: Amount, forecast: &ForecastAnswer, room: usize) -> String {
    let large = forecast.month.as_ref().is_some_and(|month| month.range.forecast.abs() >= Amount::whole(100));
    money::amount_in(Some(amount), if large { 0 } else { money::places(&forecast.currency) }, room)
}

/// The figure as text to copy.
#[must_use]
pub fn text(answer: &SpendAnswer, forecast: &ForecastAnswer, lens: &Lens) -> String {
    let title = title(Kind::Forecast, lens, answer.as_of);
    let places = money::places(&answer.currency);
    let amount = |amount: Option<Amount>| money::amount(amount, places);
    let Some(month) = &forecast.month else {
        return format!("{title}\t{} {}", money::UNKNOWN, answer.currency);
    };
    if let Some(days) = forecast.few_days {
        let known = counted(days.into(), "day", "days");
        return format!("{title}\t{} {}\tonly {known} known", amount(Some(month.range.forecast)), answer.currency);
    }
    let (low, high) = (amount(Some(month.range.low_80)), amount(Some(month.range.high_80)));
    format!("{title}\t{} {}\t80 % {low} to {high}", amount(Some(month.range.forecast)), answer.currency)
}
