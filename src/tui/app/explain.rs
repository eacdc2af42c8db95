//! What of the screen can be explained, and what keys do in an explanation.
//!
//! The part of [`App::update`] for [`Explain`]. Draws nothing.

use super::App;
use super::ask::answered;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::period::{Comparison, PeriodSpec};
use crate::domain::text::SafeText;
use crate::engine::Card;
use crate::engine::answer::QueryAnswer;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::explain::{Explain, Subject, Target, part_name};
use crate::tui::overlay::explain_view::Scene;
use crate::tui::tab::spend::attention::Leads;
use crate::tui::tab::spend::cards::{self, Kind};
use crate::tui::tab::spend::state::Pane;
use crate::tui::tab::{Tab, breakdown, narrowed, spend};
use crate::tui::widget::{item, money};
use crate::tui::worker::{Asker, Reply};

/// Lines that a page of an explanation moves by.
const PAGE: usize = 10;

impl App {
    /// Opens the explanation of the selected figure.
    pub(super) fn explain(&mut self) {
        if self.waiting() || self.error().is_some() {
            self.status = self.waiting().then(|| "loading".into());
            return;
        }
        match self.selected_subject() {
            Ok(subject) => self.explain_subject(subject),
            Err(why) => self.status = Some(self.keymap.say(why)),
        }
    }

    /// Opens the explanation of what all that is listed costs.
    pub(super) fn explain_total(&mut self) {
        let Some(lens) = self.shown_lens().cloned() else { return };
        let title = SafeText::from_outside(&format!("All of {}", lens.period.describe(self.shown_as_of())));
        self.explain_part(title, lens);
    }

    /// Opens what all that is looked at will come to.
    pub(super) fn explain_forecast(&mut self) {
        let Some(lens) = self.shown_lens().map(within) else { return };
        let title = SafeText::from_outside(&cards::title(Kind::Forecast, &lens, self.shown_as_of()));
        self.explain_subject(Subject { title, lens, card: Card::Forecast });
    }

    /// Opens the explanation of what the charges that a lens admits cost.
    pub(super) fn explain_part(&mut self, title: SafeText, lens: Lens) {
        self.explain_subject(Subject { title, lens: within(&lens), card: Card::Total });
    }

    /// Opens the explanation of a figure.
    pub(super) fn explain_subject(&mut self, subject: Subject) {
        let currency = self.shown_currency().map(str::to_owned);
        self.overlay = Some(Overlay::Explain(Box::new(Explain::new(subject, currency))));
    }

    /// An explanation as it is drawn.
    #[must_use]
    pub fn explain_scene<'a>(&'a self, explain: &'a Explain) -> Scene<'a> {
        Scene { explain, flags: &self.flags, keymap: &self.keymap, theme: &self.theme }
    }

    /// The lens of the answer that is on the screen.
    fn shown_lens(&self) -> Option<&Lens> {
        match self.tab {
            Tab::Spend => self.spend.slot.shown.as_ref().map(|shown| &shown.lens),
            Tab::Breakdown => self.breakdown.slot.shown.as_ref().map(|shown| &shown.lens),
            _ => None,
        }
    }

    /// The selected figure, or why there is none, with actions in place of keys.
    pub(super) fn selected_subject(&self) -> std::result::Result<Subject, &'static str> {
        const NONE: &str = "there is no figure here to explain";
        let lens = within(self.shown_lens().ok_or(NONE)?);
        if self.tab == Tab::Breakdown {
            if self.breakdown.view == breakdown::View::Hygiene {
                let (title, filter) = self.tags_part().ok_or(NONE)?;
                return Ok(Subject { title, lens: Lens { filter, ..lens }, card: Card::Total });
            }
            let answer = self.breakdown_answer().ok_or(NONE)?;
            let row = self.breakdown.row(answer).ok_or("no row is listed")?;
            let title = SafeText::from_outside(&breakdown::state::opened_name(answer, row));
            let lens = self.selected_lens().ok_or(NONE)?;
            let period = self.breakdown.opened_days(answer).map_or(lens.period, PeriodSpec::Range);
            return Ok(Subject { title, lens: Lens { period, ..lens }, card: Card::Total });
        }
        let answer = self.spend_answer().ok_or(NONE)?;
        match self.spend.focus {
            Pane::Cards => {
                let kind = self.spend.card(&self.spend_scene().cards(self.body())).ok_or(NONE)?;
                let title = SafeText::from_outside(&cards::title(kind, &lens, answer.as_of));
                card(kind, title, lens, answer)
            }
            Pane::Movers => {
                let mover = self.spend.selected_mover(answer).ok_or(NONE)?;
                let filter = spend::movers::narrowed(&lens.filter, answer, mover);
                let title = spend::movers::name(answer, mover);
                Ok(Subject { title, lens: Lens { filter, ..lens }, card: Card::Total })
            }
            Pane::Resources => {
                let details = self.spend_details().ok_or(NONE)?;
                let resource = self.spend.selected_resource(details).ok_or(NONE)?;
                let filter = spend::resources::narrowed(&lens.filter, details, resource);
                let title = spend::resources::name(resource);
                Ok(Subject { title, lens: Lens { filter, ..lens }, card: Card::Total })
            }
            Pane::Attention => {
                let notice = self.spend_scene().notice().ok_or(NONE)?;
                Err(match notice.leads {
                    Some(Leads::ToTags) => "{open} shows what has which tag: each cost there can be explained",
                    _ => "this is no figure: {open} says what can be done",
                })
            }
            Pane::Chart => {
                let days = self.spend.selected_days(answer, self.spend_together()).ok_or(NONE)?;
                if days.from > answer.as_of {
                    let title = SafeText::from_outside(&cards::title(Kind::Forecast, &lens, answer.as_of));
                    return card(Kind::Forecast, title, lens, answer);
                }
                let title = self.days_title(days);
                Ok(Subject { title, lens: Lens { period: PeriodSpec::Range(days), ..lens }, card: Card::Total })
            }
        }
    }

    /// Opens something over an explanation, which is shown again once that is closed, or over the tab.
    pub(super) fn lay_over(&mut self, over: Overlay) {
        if let Some(Overlay::Explain(explain)) = self.overlay.replace(over) {
            self.beneath = Some(explain);
        }
    }

    /// The open explanation, whether something lies over it or not.
    fn explanation(&mut self) -> Option<&mut Explain> {
        match &mut self.overlay {
            Some(Overlay::Explain(explain)) => Some(explain),
            _ => self.beneath.as_deref_mut(),
        }
    }

    /// Asks what the open explanation shows, where that is not asked yet.
    pub(super) fn ask_explained(&mut self) -> Option<Effect> {
        let mut newest = self.explained;
        let question = self.explanation()?.question(&mut newest)?;
        self.explained = newest;
        Some(self.asking(Asker::Explain, newest, question))
    }

    pub(super) fn accept_explained(&mut self, reply: Reply) {
        if let Some(explain) = self.explanation() {
            explain.accept(reply.generation, answered!(reply.answer, Explain));
        }
    }

    /// Has the open explanation asked again.
    pub(in crate::tui) fn forget_explained(&mut self) {
        if let Some(explain) = self.explanation() {
            explain.forget();
        }
    }

    /// Does what an action says to the open explanation.
    pub(in crate::tui) fn perform_explained(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Explain(explain)) = &mut self.overlay else { return vec![] };
        match action {
            Action::Close => self.overlay = None,
            Action::Back => {
                if !explain.back() {
                    self.overlay = None;
                }
            }
            Action::ItemsBefore | Action::ItemsAfter => {
                if !explain.turn(action == Action::ItemsAfter) {
                    self.status = Some("there are no other line items".to_owned());
                }
            }
            Action::Open => self.open_explained(),
            Action::ShowRows => self.show_explained_rows(),
            Action::Link => self.show_link(),
            Action::Export => self.offer_exports(),
            Action::CopyRow => return self.copy_explained(),
            Action::CopyCommand => return self.copy_explained_command(),
            action => {
                if let Some(by) = super::distance(action, PAGE) {
                    explain.select(by);
                }
            }
        }
        self.ask()
    }

    /// Opens the selected part or line item.
    fn open_explained(&mut self) {
        let Some(Overlay::Explain(explain)) = &mut self.overlay else { return };
        match explain.target() {
            Some(Target::Item(at)) => explain.open_item(at),
            Some(Target::Part(at)) => {
                let level = explain.level();
                match level.parts().map(|parts| part(&level.subject, parts, at)) {
                    Some(Ok(subject)) => explain.push(subject),
                    Some(Err(why)) => self.status = Some(why.to_owned()),
                    None => {}
                }
            }
            Some(Target::Figure) => self.status = Some("a part or a line item below can be opened".to_owned()),
            Some(Target::Command | Target::Column(_)) | None => {}
        }
    }

    /// Shows what is explained as rows of the Breakdown tab.
    fn show_explained_rows(&mut self) {
        let Some(Overlay::Explain(explain)) = &self.overlay else { return };
        let level = explain.level();
        let Some(answer) = level.answer() else { return };
        let by = level.parts().map(|parts| parts.by.clone()).filter(|by| !by.is_empty());
        let whole = level.subject.card == Card::Total;
        let period = if whole { level.subject.lens.period } else { PeriodSpec::Range(answer.period) };
        let lens = Lens { period, by: by.unwrap_or_else(|| self.lens.by.clone()), ..level.subject.lens.clone() };
        let title = level.subject.title.clone();
        self.overlay = None;
        self.open_lens(title, lens);
    }

    fn copy_explained(&mut self) -> Vec<Effect> {
        let Some(Overlay::Explain(explain)) = &self.overlay else { return vec![] };
        let level = explain.level();
        let Some((answer, target)) = level.answer().zip(explain.target()) else { return vec![] };
        let text = match target {
            Target::Command => return self.copy_explained_command(),
            Target::Figure => level.figure().map(|f| {
                let amount = money::amount(f.figure.amount, money::places(&f.currency));
                format!("{}\t{amount} {}\t{}", level.subject.title, f.currency, answer.period.words())
            }),
            Target::Part(at) => level.parts().and_then(|parts| part_text(parts, at)),
            Target::Item(at) => level.items().and_then(|items| items.items.get(at)).map(|charge| {
                let cost =
                    money::amount(item::cost(charge, level.subject.lens.metric), money::places(charge.currency.raw()));
                let day = crate::domain::calendar::Day::of_seconds(charge.start);
                format!("{day}\t{}\t{cost} {}", item::described(charge), charge.currency.safe())
            }),
            Target::Column(at) => {
                let columns = level.open_item().map(item::columns);
                columns
                    .and_then(|mut all| (at < all.len()).then(|| all.swap_remove(at)))
                    .map(|(name, value)| format!("{name}\t{value}"))
            }
        };
        text.map_or_else(Vec::new, |text| self.copy(text, "the line"))
    }

    fn copy_explained_command(&mut self) -> Vec<Effect> {
        let Some(Overlay::Explain(explain)) = &self.overlay else { return vec![] };
        let Some(answer) = explain.level().answer() else { return vec![] };
        let command = format!("{}{}", answer.command, self.flags);
        self.copy(command, "the command")
    }
}

/// A lens without bounds on groups: they say nothing of a group's parts.
fn within(lens: &Lens) -> Lens {
    let mut lens = lens.clone();
    lens.filter.bounds.clear();
    lens
}

/// A figure at the top of the Spend tab.
fn card(
    kind: Kind,
    title: SafeText,
    lens: Lens,
    answer: &crate::engine::answer::SpendAnswer,
) -> std::result::Result<Subject, &'static str> {
    let card = match kind {
        Kind::MonthToDate => Card::MonthToDate,
        Kind::Yesterday => Card::Yesterday,
        Kind::LastWeek => Card::LastWeek,
        Kind::LastMonth => Card::LastMonth,
        Kind::ThisHour => Card::LastHour,
        Kind::Lens => Card::Total,
        Kind::SameDays => {
            let days = cards::days(kind, answer).ok_or("nothing is known of these days")?;
            let lens = Lens { period: PeriodSpec::Range(days), comparison: Comparison::None, ..lens };
            return Ok(Subject { title, lens, card: Card::Total });
        }
        Kind::Forecast => Card::Forecast,
    };
    Ok(Subject { title, lens, card })
}

/// A part of a figure, as a figure.
pub(super) fn part(whole: &Subject, parts: &QueryAnswer, at: usize) -> std::result::Result<Subject, &'static str> {
    let Some(row) = parts.rows.get(at).filter(|_| !parts.by.is_empty()) else {
        return Err("an hour has no finer parts: its day's line items are below");
    };
    let pinned = |by: &Dimension| {
        let one = whole.lens.filter.clauses.iter().filter(|clause| !clause.negated && clause.patterns.len() == 1);
        one.into_iter().any(|clause| clause.dimension.as_ref() == Some(by))
    };
    if parts.by.iter().all(pinned) {
        return Err("there are no finer parts: the line items are below");
    }
    let all = parts.rows.iter().map(|row| (&row.key, &row.names));
    let filter = narrowed(&whole.lens.filter, &parts.by, &row.key, all);
    Ok(Subject {
        title: SafeText::from_outside(&part_name(parts, row)),
        lens: Lens { filter, ..whole.lens.clone() },
        card: whole.card,
    })
}

fn part_text(parts: &QueryAnswer, at: usize) -> Option<String> {
    let row = parts.rows.get(at)?;
    let cost = money::amount(row.cost, money::places(&parts.currency));
    Some(format!("{}\t{cost} {}", part_name(parts, row), parts.currency))
}
