//! Where keys go, and in which of those places an action works.
//!
//! Knows no action and no key.

use super::tab::Tab;

/// Where keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A tab, with nothing over it.
    Tab(Tab),
    /// The help.
    Help,
    /// A notice to read.
    Notice,
    /// What a figure is and rests on.
    Explain,
    /// An address in a cloud's console.
    Link,
    /// A list to choose one line from.
    Picker,
    /// A list to choose several lines from.
    Several,
    /// The list of saved lenses.
    Lenses,
    /// The period's picker.
    Calendar,
    /// The filter's line.
    Filter,
    /// Another line that is edited.
    Line,
    /// Several lines that are edited, one below the other.
    Form,
    /// The first screen.
    Welcome,
    /// Billing files to choose from.
    Files,
    /// An import under way.
    Importing,
    /// What became of an import.
    Imported,
    /// How syncing stands, and its log.
    Syncing,
    /// How alerts stand, and their log.
    Alerts,
    /// What can be connected.
    Connect,
    /// A question of what is connected.
    Question,
    /// A new connection that is being checked or written.
    Checking,
    /// What a new connection may do.
    Checked,
    /// What a new connection costs, and its section.
    Review,
}

impl Place {
    /// All.
    pub const ALL: [Place; 28] = [
        Place::Tab(Tab::Spend),
        Place::Tab(Tab::Breakdown),
        Place::Tab(Tab::Recommendations),
        Place::Tab(Tab::Budgets),
        Place::Tab(Tab::Anomalies),
        Place::Tab(Tab::Leaderboard),
        Place::Help,
        Place::Notice,
        Place::Explain,
        Place::Link,
        Place::Picker,
        Place::Several,
        Place::Lenses,
        Place::Calendar,
        Place::Filter,
        Place::Line,
        Place::Form,
        Place::Welcome,
        Place::Files,
        Place::Importing,
        Place::Imported,
        Place::Syncing,
        Place::Alerts,
        Place::Connect,
        Place::Question,
        Place::Checking,
        Place::Checked,
        Place::Review,
    ];

    /// Whether a character is typed into a line there.
    #[must_use]
    pub fn types(self, character: char) -> bool {
        match self {
            Place::Line
            | Place::Form
            | Place::Filter
            | Place::Picker
            | Place::Lenses
            | Place::Calendar
            | Place::Files
            | Place::Question => true,
            // A blank marks the selected line.
            Place::Several => character != ' ',
            Place::Tab(_)
            | Place::Help
            | Place::Notice
            | Place::Welcome
            | Place::Importing
            | Place::Imported
            | Place::Explain
            | Place::Syncing
            | Place::Alerts
            | Place::Connect
            | Place::Checking
            | Place::Checked
            | Place::Review
            | Place::Link => false,
        }
    }
}

/// In which places an action works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Everywhere, lines that are edited too.
    Everywhere,
    /// In every tab.
    Tabs,
    /// In the tabs that show figures.
    Figures,
    /// In one tab.
    Only(Tab),
    /// In figures, explanations, the sync log, alerts, the help and what can be connected, and on the first screen.
    Lists,
    /// In the help.
    Help,
    /// In a notice.
    Notice,
    /// In explanations of figures.
    Explain,
    /// Over an address in a cloud's console.
    Link,
    /// In lists to choose from.
    Pickers,
    /// In lists to choose several lines from.
    Several,
    /// In the list of saved lenses.
    Lenses,
    /// In the filter's line.
    Filter,
    /// In the period's picker.
    Calendar,
    /// In lines that are edited.
    Line,
    /// In several lines below each other.
    Form,
    /// In lines that are edited, those of lists too.
    Lines,
    /// The same where that is given up at once.
    Cancelled,
    /// On the first screen.
    Welcome,
    /// In the list of billing files.
    Files,
    /// While an import is under way.
    Importing,
    /// While it is shown what became of an import.
    Imported,
    /// Over how syncing stands.
    Syncing,
    /// Over how alerts stand.
    Alerts,
    /// Over what can be connected.
    Connect,
    /// In a question of what is connected.
    Question,
    /// While a new connection is checked or written.
    Checking,
    /// Over what a new connection may do.
    Checked,
    /// Over what a new connection costs, and its section.
    Review,
    /// Wherever text is typed, also where arrows move something else than the cursor.
    Typing,
}

impl Scope {
    /// Whether it holds a place.
    #[must_use]
    pub fn holds(self, place: Place) -> bool {
        let figures = matches!(place, Place::Tab(Tab::Spend | Tab::Breakdown));
        let picker = matches!(place, Place::Picker | Place::Several | Place::Lenses | Place::Files);
        let line = matches!(place, Place::Line | Place::Filter | Place::Form);
        match self {
            Scope::Everywhere => true,
            Scope::Tabs => matches!(place, Place::Tab(_)),
            Scope::Figures => figures,
            Scope::Only(tab) => place == Place::Tab(tab),
            Scope::Lists => {
                let budgets = place == Place::Tab(Tab::Budgets);
                let connecting = matches!(place, Place::Connect | Place::Checked | Place::Review);
                let read =
                    matches!(place, Place::Help | Place::Welcome | Place::Explain | Place::Syncing | Place::Alerts);
                figures || budgets || place == Place::Tab(Tab::Anomalies) || connecting || read
            }
            Scope::Help => place == Place::Help,
            Scope::Notice => place == Place::Notice,
            Scope::Explain => place == Place::Explain,
            Scope::Link => place == Place::Link,
            Scope::Pickers => picker,
            Scope::Several => place == Place::Several,
            Scope::Lenses => place == Place::Lenses,
            Scope::Filter => place == Place::Filter,
            Scope::Form => place == Place::Form,
            Scope::Line => line,
            Scope::Lines => picker || line || place == Place::Question,
            Scope::Cancelled => picker || line,
            Scope::Calendar => place == Place::Calendar,
            Scope::Welcome => place == Place::Welcome,
            Scope::Files => place == Place::Files,
            Scope::Importing => place == Place::Importing,
            Scope::Imported => place == Place::Imported,
            Scope::Syncing => place == Place::Syncing,
            Scope::Alerts => place == Place::Alerts,
            Scope::Connect => place == Place::Connect,
            Scope::Question => place == Place::Question,
            Scope::Checking => place == Place::Checking,
            Scope::Checked => place == Place::Checked,
            Scope::Review => place == Place::Review,
            Scope::Typing => place.types('a'),
        }
    }
}
