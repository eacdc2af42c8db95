//! The app until the store is open: figures of the front page, said to be what they are.
//!
//! Changes state, draws nothing.

use super::app::App;
use super::effect::Effect;
use super::tab::{Shown, Tab};
use crate::domain::calendar::{Day, format_timestamp};
use crate::domain::text::SafeText;
use crate::engine::front::Page;

impl App {
    /// Shows the figures of an earlier moment, and says so until the first answer comes.
    pub(super) fn show_front(&mut self, page: &Page) {
        let whose = if page.demo { "Demo figures" } else { "Figures" };
        let made = format_timestamp(page.made_at);
        self.front = Some(format!(
            "{whose} as of {}, computed {made}. Opening the store{}",
            page.as_of, self.theme.glyphs.ellipsis
        ));
        self.spend.slot.shown = Some(Shown { lens: page.lens.clone(), crumbs: vec![], answers: page.answers.clone() });
        self.freshness = self.spend_answer().map(|a| a.freshness.clone()).unwrap_or_default();
    }

    /// The day that the figures on the screen are as of.
    #[must_use]
    pub fn shown_as_of(&self) -> Day {
        match (&self.front, self.spend_answer()) {
            (Some(_), Some(answer)) if self.tab == Tab::Spend => answer.as_of,
            _ => self.as_of,
        }
    }

    /// The line above the tab.
    #[must_use]
    pub fn line(&self) -> Option<&str> {
        self.front.as_deref().or(self.banner.as_deref())
    }

    /// Takes the day to show, and asks what data there is; what was asked as of another day is asked
    /// again.
    pub(super) fn opened(&mut self, as_of: Day, banner: Option<&str>) -> Vec<Effect> {
        self.banner = banner.map(|b| SafeText::from_outside(b).into_string());
        let mut effects = vec![Effect::AskExtent];
        if self.as_of != as_of {
            self.as_of = as_of;
            self.spend.slot.forget();
            self.breakdown.slot.forget();
            effects.extend(self.ask());
        }
        effects
    }
}
