//! The app's state, and the one function that changes it.
//!
//! [`App::update`] takes an event and returns effects; nothing else changes state. Knows no
//! terminal, no thread and no engine: a test can replay a list of events.

mod alerts;
pub(in crate::tui) mod ask;
mod budgets;
mod choices;
mod connect;
mod explain;
mod export;
mod intake;
mod link;
mod mouse;
mod note;
mod open;
mod path;
mod perform;
mod picture;
mod said;
mod saved;
mod syncing;
mod time;

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::layout::Rect;

use super::Options;
use super::action::Place;
use super::alerting;
use super::effect::Effect;
use super::event::Event;
use super::hints::Hints;
use super::history::History;
use super::key::Key;
use super::keymap::{Context, Keymap};
use super::layout;
use super::notices::Teller;
use super::overlay::Overlay;
use super::overlay::choice::Choice;
use super::overlay::complete::Known;
use super::overlay::explain::Explain;
use super::syncing::Snapshot;
use super::tab::{Tab, anomalies, breakdown, budgets as budgets_tab, spend};
use super::theme::Theme;
use super::welcome::Welcome;
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::domain::lens::Lens;
use crate::domain::text::SafeText;
use crate::engine::Extent;
use crate::engine::answer::Freshness;
use crate::error::Error;

pub(super) use ask::odd;
use choices::Choices;
pub use mouse::Target;
pub use path::Crumb;
pub(super) use perform::distance;
pub use saved::Saved;

/// All that the screen is drawn from.
#[derive(Clone, Debug)]
pub struct App {
    /// Today, as the caller says.
    pub as_of: Day,
    /// What all tabs look at.
    pub lens: Lens,
    /// The tab that is shown.
    pub tab: Tab,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// The explanation that the overlay lies over; shown again when that closes.
    pub(super) beneath: Option<Box<Explain>>,
    /// The first screen, while it is shown.
    pub welcome: Option<Welcome>,
    /// The folder where billing files are looked for.
    pub folder: PathBuf,
    /// What keys mean.
    pub keymap: Arc<Keymap>,
    /// Keys that were pressed and begin a longer sequence.
    pub pending: Vec<Key>,
    /// The Spend tab.
    pub spend: spend::State,
    /// The Breakdown tab.
    pub breakdown: breakdown::State,
    /// The Budgets tab.
    pub budgets: budgets_tab::State,
    /// The Anomalies tab.
    pub anomalies: anomalies::State,
    /// Who sits here, as what they say is signed.
    pub(super) user: String,
    /// What was opened on the way here.
    pub path: Vec<Crumb>,
    /// What a filter can be about, as long as one is edited.
    pub known: Known,
    /// What was told of what there is to choose from.
    pub(super) choices: Choices,
    /// The lenses that have names.
    pub saved: Saved,
    /// What was looked through at the start: the config's lens.
    pub first_lens: Lens,
    /// How many questions explanations have asked.
    pub(super) explained: u64,
    /// What was typed before.
    pub history: History,
    /// Which currency is shown, once one was chosen.
    pub currency: Option<String>,
    /// What data there is, once it is known.
    pub extent: Option<Extent>,
    /// How far each provider's data goes, as last told.
    pub freshness: Vec<Freshness>,
    /// What the last key did, where the screen does not show it.
    pub status: Option<String>,
    /// What the user was hinted at; `None` where nobody wants to be.
    pub hints: Option<Hints>,
    /// Whether that is to be remembered.
    pub(super) hints_changed: bool,
    /// What was chosen from lists, the newest first.
    pub recent: Vec<Choice>,
    /// A line above the tab.
    pub banner: Option<String>,
    /// How old the figures are while they are those of an earlier moment: the front page's.
    pub front: Option<String>,
    /// What a command needs to ask the same data, each flag after a space.
    pub flags: String,
    /// Colours and glyphs.
    pub theme: Theme,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Whether the mouse works in the app.
    pub mouse: bool,
    /// Whether the terminal is known to take links.
    pub clickable: bool,
    /// How the terminal tells a person who does not look.
    pub(super) teller: Teller,
    /// And what the status line has told.
    noticed: alerts::Noticed,
    /// Whether an export is under way.
    pub(super) exporting: bool,
    /// Whether whoever answers is being looked for.
    pub reattaching: bool,
    /// Whether something can be connected from here.
    pub connects: bool,
    /// How syncing stood when it was last told; `None` where nothing is synced.
    pub syncing: Option<Box<Snapshot>>,
    /// How alerts stood when that was last told; `None` where nobody is told anything.
    pub alerts: Option<Box<alerting::Snapshot>>,
}

impl App {
    /// The app before anything is known.
    #[must_use]
    pub fn new(options: &Options, size: (u16, u16)) -> App {
        let mut app = App {
            as_of: options.as_of,
            lens: options.lens.clone(),
            tab: Tab::Spend,
            overlay: None,
            beneath: None,
            welcome: options.first_run.clone().map(Welcome::new),
            folder: options.folder.clone(),
            keymap: Arc::clone(&options.keymap),
            pending: Vec::new(),
            spend: spend::State::default(),
            breakdown: breakdown::State::default(),
            budgets: budgets_tab::State::default(),
            anomalies: anomalies::State::default(),
            user: options.env.user.clone(),
            path: Vec::new(),
            known: Known::default(),
            explained: 0,
            choices: Choices::default(),
            saved: Saved::default(),
            first_lens: options.lens.clone(),
            history: History::default(),
            currency: options.lens.currency.clone(),
            extent: None,
            freshness: Vec::new(),
            status: None,
            hints: options.hints.clone(),
            hints_changed: false,
            recent: Vec::new(),
            banner: options.banner.as_deref().map(|b| SafeText::from_outside(b).into_string()),
            front: None,
            flags: String::new(),
            theme: Theme::with(&options.env, &options.screen).remembering(options.background),
            size,
            mouse: options.screen.mouse,
            clickable: options.env.links(),
            teller: Teller::of(&options.env),
            noticed: alerts::Noticed::default(),
            exporting: false,
            reattaching: false,
            connects: options.desk.is_some(),
            syncing: None,
            alerts: None,
        };
        if let Some(session) = &options.session {
            app.resume(session.clone());
        }
        if let Some(page) = &options.front {
            app.show_front(page, options.now);
        }
        app
    }

    /// What is to be done once the first frame is drawn. What data there is, is asked once it is
    /// open ([`Event::Opened`]): that may take more than one try.
    pub fn start(&mut self) -> Vec<Effect> {
        if self.welcome.is_some() {
            return vec![];
        }
        self.hints_changed = self.hints.as_mut().is_some_and(Hints::begin);
        self.ask()
    }

    /// Changes the state as an event demands.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.take(event);
        if self.overlay.is_none() {
            self.overlay = self.beneath.take().map(Overlay::Explain);
        }
        self.settle_focus();
        effects
    }

    fn take(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => self.key(&key),
            Event::Mouse(mouse) => self.mouse(&mouse),
            Event::Paste(text) => self.type_over(&text),
            Event::Background(tone) => {
                self.theme = self.theme.clone().on(tone);
                vec![]
            }
            Event::Resize(columns, rows) => {
                self.size = (columns, rows);
                self.ask_beside()
            }
            Event::Opened(standing) => self.opened(standing),
            Event::Changed => self.changed(),
            Event::Reattaching(now) => {
                self.reattaching = now;
                vec![]
            }
            Event::Answer(reply) => {
                self.reattaching &= reply.answer.is_err();
                self.accept(*reply);
                self.refresh_over();
                let mut effects = self.ask_beside();
                effects.extend(self.ask_choices());
                effects
            }
            Event::Done(outcome) => self.done(*outcome),
            Event::Extent(extent) => {
                self.extent = extent.ok();
                self.refresh_over();
                vec![]
            }
            Event::Listed { asked, found } => {
                self.listed(&asked, *found);
                vec![]
            }
            Event::Importing(progress) => {
                self.importing(progress);
                vec![]
            }
            Event::Imported(result) => self.imported(*result),
            Event::Exported(result) => self.exported(*result),
            Event::Syncing(snapshot) => self.syncing_stands(snapshot),
            Event::Alerts(snapshot) => self.alerts_stand(snapshot),
            Event::Connecting(told) => self.connecting(*told),
            Event::Notice(notice) => self.noticed(&notice),
            Event::Asked(said) => {
                self.status = Some(said);
                vec![]
            }
            Event::NotAsked(error) => {
                self.status = Some(SafeText::from_outside(&error.message).into_string());
                vec![]
            }
            Event::Ended(signal) => vec![Effect::Quit(128u8.saturating_add(signal.clamp(0, 127) as u8))],
            Event::Suspend => vec![Effect::Suspend],
            Event::Resumed => vec![Effect::Redraw],
            Event::NotSuspended => {
                self.status = Some(self.keymap.say("no shell to go back to: {quit} quits"));
                vec![]
            }
            Event::WorkerDied => vec![Effect::Quit(crate::error::Kind::Bug.exit_code())],
        }
    }

    /// What the user was hinted at, where that is to be remembered.
    #[must_use]
    pub fn hints_learnt(&self) -> Option<Hints> {
        self.hints.clone().filter(|_| self.hints_changed)
    }

    /// Where keys go.
    #[must_use]
    pub fn place(&self) -> Place {
        let under = if self.welcome.is_some() { Place::Welcome } else { Place::Tab(self.tab) };
        self.overlay.as_ref().map_or(under, Overlay::place)
    }

    /// The whole screen.
    pub(super) fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }

    /// Which part of the screen is whose.
    pub(super) fn parts(&self) -> layout::Parts {
        layout::screen(self.area(), self.banner.is_some())
    }

    /// Where the tab is drawn.
    pub(super) fn body(&self) -> Rect {
        self.parts().body
    }

    /// The company's own dimensions, once they are known.
    pub(super) fn own_dimensions(&self) -> &[Dimension] {
        self.extent.as_ref().map_or(&[], |extent| &extent.own)
    }

    /// The facts that decide which keys work now.
    #[must_use]
    pub fn context(&self) -> Context {
        let compared = self.breakdown.view == breakdown::View::Compared;
        let (selected, can_open) = match self.tab {
            Tab::Spend => (self.spend_answer().is_some(), self.spend_can_open()),
            Tab::Breakdown => {
                let rows = self.breakdown_answer().is_some_and(|a| !a.rows.is_empty());
                (rows, rows && !compared)
            }
            Tab::Budgets => self.budgets_context(),
            Tab::Anomalies => {
                let any = self.anomalies.selected().is_some();
                (any, any)
            }
            _ => (false, false),
        };
        let currencies = self.currencies().len() > 1;
        let rows = &self.breakdown;
        let other_view =
            self.tab == Tab::Breakdown && (rows.view != breakdown::View::Table || !rows.found().is_empty());
        use Overlay::{Alerts, Connect, Explain, Help, Link, Notice, Syncing};
        let copied = matches!(self.overlay, Some(Help(_) | Link(_) | Notice(_)));
        let explaining = matches!(self.overlay, Some(Explain(_)));
        let looked_into = self.welcome.as_ref().is_some_and(|welcome| welcome.chosen().is_none());
        let shown = explaining || copied;
        let (backs, selected, can_open) = match &self.overlay {
            Some(Syncing(log)) => (true, selected, log.opened().is_none() && !self.sync_targets().is_empty()),
            Some(Alerts(panel)) => {
                let scene = self.alerts_scene(panel);
                (true, scene.channel().is_some(), panel.opened().is_none() && scene.selected().is_some())
            }
            Some(Connect(wizard)) => (true, self.wizard_copies(wizard).is_some(), wizard.leads_on()),
            _ => (explaining, shown || selected, shown || can_open),
        };
        let can_go_back = backs || other_view || looked_into || self.goes_back();
        let listed = !compared && rows.view != breakdown::View::Hygiene;
        Context {
            place: self.place(),
            can_go_back,
            can_open,
            selected,
            listed,
            currencies,
            syncs: self.syncing.is_some(),
        }
    }

    /// The Spend tab's answer in the chosen currency.
    #[must_use]
    pub fn spend_answer(&self) -> Option<&crate::engine::answer::SpendAnswer> {
        self.spend.answer(self.currency.as_deref())
    }

    /// The Breakdown tab's answer in the chosen currency.
    #[must_use]
    pub fn breakdown_answer(&self) -> Option<&crate::engine::answer::BreakdownAnswer> {
        self.breakdown.answer(self.currency.as_deref())
    }

    /// The currencies of the tab's answer, in its order.
    #[must_use]
    pub fn currencies(&self) -> Vec<&str> {
        match self.tab {
            Tab::Spend => self.spend.slot.shown.iter().flat_map(|s| &s.answers).map(|a| a.currency.as_str()).collect(),
            Tab::Breakdown => {
                self.breakdown.slot.shown.iter().flat_map(|s| &s.answers).map(|a| a.currency.as_str()).collect()
            }
            _ => vec![],
        }
    }

    /// The currency that is shown.
    #[must_use]
    pub fn shown_currency(&self) -> Option<&str> {
        match self.tab {
            Tab::Spend => self.spend_answer().map(|a| a.currency.as_str()),
            Tab::Breakdown => self.breakdown_answer().map(|a| a.currency.as_str()),
            _ => None,
        }
    }

    /// Whether the tab's newest question is not answered yet.
    #[must_use]
    pub fn waiting(&self) -> bool {
        match self.tab {
            Tab::Spend => self.spend.slot.waiting(),
            Tab::Breakdown if self.breakdown.view == breakdown::View::Hygiene => {
                self.breakdown.slot.waiting() || self.breakdown.hygiene.slot.waiting()
            }
            Tab::Breakdown => self.breakdown.slot.waiting(),
            Tab::Budgets => self.budgets.slot.waiting(),
            Tab::Anomalies => self.anomalies.slot.waiting(),
            _ => false,
        }
    }

    /// Why the tab has no newer answer.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self.tab {
            Tab::Spend => self.spend.slot.error.as_ref(),
            Tab::Breakdown => {
                let tags = (self.breakdown.view == breakdown::View::Hygiene).then_some(&self.breakdown.hygiene.slot);
                self.breakdown.slot.error.as_ref().or_else(|| tags?.error.as_ref())
            }
            Tab::Budgets => self.budgets.slot.error.as_ref(),
            Tab::Anomalies => self.anomalies.slot.error.as_ref(),
            _ => None,
        }
    }
}
