//! The app until the store is open: figures of the front page, said to be what they are.
//!
//! Changes state, draws nothing.

use super::app::App;
use super::effect::Effect;
use super::tab::{Shown, Tab};
use super::worker::Standing;
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::engine::Answer;
use crate::engine::front::Page;

impl App {
    /// Shows the figures of an earlier moment, and their age until the first answer comes. `now` is in
    /// seconds since 1970.
    pub(super) fn show_front(&mut self, page: &Page, now: i64) {
        let lens = self.lens.clone();
        let crumbs = self.crumbs();
        match &page.answer {
            Answer::Spend(answers) => {
                self.spend.slot.shown = Some(Shown { lens, crumbs, answers: answers.clone() });
                self.freshness = self.spend_answer().map(|a| a.freshness.clone()).unwrap_or_default();
            }
            Answer::Breakdown(answers) => {
                self.breakdown.slot.shown = Some(Shown { lens, crumbs, answers: answers.clone() });
                self.breakdown.arrange(self.currency.as_deref());
                self.freshness = self.breakdown_answer().map_or_else(Vec::new, |a| a.freshness.clone());
            }
            _ => return,
        }
        self.front = Some(age(now - page.made_at));
    }

    /// The day that the figures on the screen are as of.
    #[must_use]
    pub fn shown_as_of(&self) -> Day {
        match (&self.front, self.spend_answer()) {
            (Some(_), Some(answer)) if self.tab == Tab::Spend => answer.as_of,
            _ => self.as_of,
        }
    }

    /// Takes the day to show, and asks what data there is; what was asked as of another day is asked
    /// again.
    pub(super) fn opened(&mut self, standing: Standing) -> Vec<Effect> {
        let Standing { as_of, banner, flags } = standing;
        self.flags = flags;
        self.banner = banner.map(|b| SafeText::from_outside(&b).into_string());
        let mut effects = vec![Effect::AskExtent, self.ask_lenses()];
        if self.as_of != as_of {
            self.as_of = as_of;
            self.forget_asked();
            effects.extend(self.ask());
        }
        effects
    }

    /// Asks again what is shown, which stays until the answer comes.
    pub(super) fn changed(&mut self) -> Vec<Effect> {
        self.forget_asked();
        self.ask()
    }

    /// Forgets what was asked, so that it is asked again.
    pub(super) fn forget_asked(&mut self) {
        self.anomalies.slot.forget();
        self.anomalies.detail.forget();
        self.spend.slot.forget();
        self.breakdown.forget();
        self.budgets.forget();
        self.choices.forget();
        self.spend.details.forget();
        self.spend.budgets.forget();
        self.spend.forecast.forget();
        self.spend.drivers.forget();
        self.forget_explained();
    }
}

/// How old figures are, in the largest unit that they are at least two of.
fn age(seconds: i64) -> String {
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    match units.into_iter().find(|(unit, _)| seconds >= 2 * unit) {
        Some((unit, name)) => format!("{} {name} old", seconds / unit),
        None => "just computed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_said_in_one_unit() {
        for (seconds, said) in [
            (-5, "just computed"),
            (90, "just computed"),
            (125, "2 minutes old"),
            (7_000, "116 minutes old"),
            (7_200, "2 hours old"),
            (900_000, "10 days old"),
        ] {
            assert_eq!(age(seconds), said);
        }
    }
}
