//! What a key and an action do.
//!
//! The part of [`App::update`] that moves about and changes the lens. Draws nothing.

use crossterm::event::KeyEvent;

use super::App;
use super::budgets::is_of_budgets;
use crate::config::ThemeName;
use crate::domain::period::Comparison;
use crate::domain::text::SafeText;
use crate::tui::action::{Action, Place};
use crate::tui::effect::Effect;
use crate::tui::key::{Key, shown_sequence};
use crate::tui::keymap::Found;
use crate::tui::overlay::Overlay;
use crate::tui::tab::Tab;
use crate::tui::tab::breakdown::View;

/// Currencies that one key goes through; where there are more they are chosen from a list.
const CURRENCIES_NEXT: usize = 3;
/// Moves that a page goes by in the Spend tab.
const PAGE: usize = 5;

impl App {
    pub(super) fn key(&mut self, event: &KeyEvent) -> Vec<Effect> {
        let Some(key) = Key::of(event) else { return vec![] };
        self.status = None;
        let mut pressed = std::mem::take(&mut self.pending);
        let begun = !pressed.is_empty();
        pressed.push(key);
        match self.keymap.find(&pressed, self.place()) {
            Found::Action(action) => return self.perform(action),
            Found::Beginning => self.pending = pressed,
            Found::Nothing if begun => {
                if let Some(action) = self.keymap.everywhere(key) {
                    return self.perform(action);
                }
                let esc = Key::parse("esc") == Some(key);
                self.status = (!esc).then(|| format!("{} means nothing here", shown_sequence(&pressed)));
            }
            Found::Nothing => {
                self.status = self.only_for_figures(&pressed);
                if let Some(c) = key.typed() {
                    return self.type_over(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
        vec![]
    }

    /// Why keys that work where there are figures do nothing in a tab that has none.
    fn only_for_figures(&self, pressed: &[Key]) -> Option<String> {
        let figures = [Place::Tab(Tab::Spend), Place::Tab(Tab::Breakdown)];
        let here = self.place();
        let without = matches!(here, Place::Tab(_)) && !figures.contains(&here);
        let works = figures.iter().any(|place| self.keymap.find(pressed, *place) != Found::Nothing);
        (without && works).then(|| {
            let keys = shown_sequence(pressed);
            format!("{keys} works where there are figures: {}", self.keymap.say("{show-spend} or {show-breakdown}"))
        })
    }

    /// Does what an action says.
    pub fn perform(&mut self, action: Action) -> Vec<Effect> {
        if self.overlay.is_none() {
            self.hints_changed |= self.hints.as_mut().is_some_and(|hints| hints.used(action));
        }
        match action {
            Action::Quit => return vec![Effect::Quit(0)],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => return self.redraw(),
            Action::ScreenAsSvg | Action::ScreenAsText | Action::CopyScreen => return self.take_picture(action),
            _ => {}
        }
        match &self.overlay {
            Some(Overlay::Explain(_)) => return self.perform_explained(action),
            Some(_) => return self.perform_over(action),
            None => {}
        }
        if self.welcome.is_some() {
            return self.perform_welcome(action);
        }
        if let Some(effects) = self.perform_anomalies(action) {
            return effects;
        }
        match action {
            _ if self.lists_no_row_for(action) => self.move_about(action),
            Action::Show(tab) => self.tab = tab,
            Action::CopyRow => return self.copy_row(),
            Action::CopyCommand => return self.copy_command(),
            action if self.tab == Tab::Budgets && is_of_budgets(action) => {
                return self.perform_budgets(action);
            }
            Action::NextTab => self.tab = self.tab.step(1),
            Action::PreviousTab => self.tab = self.tab.step(Tab::ALL.len() - 1),
            Action::Open => self.open(),
            Action::Explain => self.explain(),
            Action::Export => self.offer_exports(),
            Action::Link => self.show_link(),
            Action::ExplainTotal => self.explain_total(),
            Action::Forecast => self.explain_forecast(),
            Action::Back => self.back(),
            Action::Import => return self.pick_file(),
            Action::Help
            | Action::Palette
            | Action::Filter
            | Action::Find
            | Action::Period
            | Action::GroupBy
            | Action::ChooseMetric
            | Action::ChooseComparison => self.open_overlay(action),
            Action::Earlier => self.lens.period = self.lens.period.step(-1, self.as_of),
            Action::Later => self.later(),
            Action::Metric => self.lens.metric = after(&crate::domain::charge::Metric::ALL, &self.lens.metric),
            Action::Comparison => self.lens.comparison = after(&Comparison::ALL, &self.lens.comparison),
            Action::Currency | Action::ChooseCurrency => self.change_currency(action),
            Action::SavedLenses => self.open_lenses(),
            Action::SaveLens | Action::PasteLens => self.ask_for(action),
            Action::CopyLens => return self.copy_lens(),
            Action::ResetLens => self.reset_lens(),
            Action::Note => self.open_note(),
            Action::Pieces => self.next_pieces(),
            Action::ZoomIn | Action::ZoomOut | Action::PanEarlier | Action::PanLater => self.zoom_or_pan(action),
            Action::NextTheme => self.next_theme(),
            Action::Mouse => return self.turn_mouse(),
            Action::SyncNow => return self.sync_now(),
            Action::SyncLog => return self.open_sync_log(),
            Action::Alerts => return self.open_alerts(),
            Action::Connect => return self.open_connect(),
            _ => self.move_about(action),
        }
        self.ask()
    }

    /// Draws all of the screen again, and asks again what could not be answered.
    fn redraw(&mut self) -> Vec<Effect> {
        if self.error().is_some() {
            self.forget_asked();
        }
        self.spend.drivers.forget_failed();
        self.spend.details.forget_failed();
        self.spend.forecast.forget_failed();
        self.spend.budgets.forget_failed();
        self.anomalies.detail.forget_failed();
        self.budgets.forget_failed();
        self.breakdown.forget_failed();
        self.forget_explained();
        let mut effects = self.ask();
        effects.push(Effect::Redraw);
        effects
    }

    /// The next period, unless it has not begun.
    fn later(&mut self) {
        let next = self.lens.period.step(1, self.as_of);
        if next.resolve(self.as_of).from > self.as_of {
            self.status = Some("that period has not begun".into());
        } else {
            self.lens.period = next;
        }
    }

    /// The next currency, or a list of them where there are many.
    fn change_currency(&mut self, action: Action) {
        let all: Vec<String> = self.currencies().into_iter().map(str::to_owned).collect();
        let Some(shown) = self.shown_currency().map(str::to_owned) else { return };
        if all.len() < 2 {
            self.status = Some(format!("{} is the only currency", SafeText::from_outside(&shown)));
        } else if action == Action::ChooseCurrency || all.len() > CURRENCIES_NEXT {
            self.open_overlay(Action::ChooseCurrency);
        } else {
            self.show_currency(after(&all, &shown));
        }
    }

    /// Shows figures in a currency.
    pub(in crate::tui) fn show_currency(&mut self, currency: String) {
        self.currency = Some(currency);
        self.breakdown.arrange(self.currency.as_deref());
    }

    fn next_theme(&mut self) {
        self.show_theme(self.theme.clone().next().name);
    }

    /// Looks like a theme from now on, and says how that is kept.
    pub(in crate::tui) fn show_theme(&mut self, theme: ThemeName) {
        self.theme = self.theme.clone().named(theme);
        let name = theme.name();
        self.status = Some(format!("theme {name}: `theme = \"{name}\"` under [screen] in the config keeps it"));
    }

    /// Whether an action is about rows, and those are not listed as the tab is shown.
    fn lists_no_row_for(&self, action: Action) -> bool {
        self.tab == Tab::Breakdown
            && match self.breakdown.view {
                View::Hygiene => action == Action::Find,
                View::Compared => matches!(action, Action::Find | Action::Open | Action::Explain),
                View::Table | View::Pivot | View::Overview => false,
            }
    }

    fn move_about(&mut self, action: Action) {
        if self.tab == Tab::Spend {
            match action {
                Action::DayBefore => self.move_across(-1),
                Action::DayAfter => self.move_across(1),
                Action::NextPane => self.next_pane(),
                _ => {
                    if let Some(by) = distance(action, PAGE) {
                        self.move_in_pane(by);
                    }
                }
            }
        } else if self.tab == Tab::Breakdown {
            self.perform_breakdown(action);
        }
    }
}

/// How far a movement goes; `None` for other actions.
pub(in crate::tui) fn distance(action: Action, page: usize) -> Option<isize> {
    let page = page as isize;
    Some(match action {
        Action::Down => 1,
        Action::Up => -1,
        Action::PageDown => page,
        Action::PageUp => -page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        _ => return None,
    })
}

/// The one after `current`, round the end.
fn after<T: Clone + PartialEq>(all: &[T], current: &T) -> T {
    let at = all.iter().position(|t| t == current).map_or(0, |at| (at + 1) % all.len());
    all[at].clone()
}
