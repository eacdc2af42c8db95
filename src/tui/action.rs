//! The one table of actions: what a key can do, what it is called, and where it works.
//!
//! Drives dispatch, footer, help and the config's keys. Knows no state
//! and does nothing itself.

pub use super::place::{Place, Scope};
use super::tab::Tab;

/// Something that a person can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "each is documented by its entry in the table, which a test holds complete")]
pub enum Action {
    Show(Tab),
    NextTab,
    PreviousTab,
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    DayBefore,
    DayAfter,
    NextPane,
    Pieces,
    ZoomIn,
    ZoomOut,
    PanEarlier,
    PanLater,
    Note,
    Open,
    Back,
    Filter,
    Period,
    Earlier,
    Later,
    GroupBy,
    Metric,
    Comparison,
    Currency,
    ChooseMetric,
    ChooseComparison,
    ChooseCurrency,
    Sort,
    Reverse,
    Mark,
    Unmark,
    Find,
    Detail,
    Explain,
    ExplainTotal,
    Forecast,
    Export,
    ShowRows,
    ItemsBefore,
    ItemsAfter,
    Compare,
    Pivot,
    PivotPieces,
    CellBefore,
    CellAfter,
    Overview,
    Hygiene,
    CopyRow,
    CopyCommand,
    Link,
    ScreenAsSvg,
    ScreenAsText,
    CopyScreen,
    Help,
    Palette,
    NextTheme,
    Mouse,
    Import,
    Demo,
    Credentials,
    AddPart,
    ReplaceStored,
    Redraw,
    Suspend,
    Quit,
    Close,
    Choose,
    OtherSide,
    Apply,
    CursorLeft,
    CursorRight,
    CursorStart,
    CursorEnd,
    DeleteBefore,
    DeleteAfter,
    WordLeft,
    WordRight,
    DeleteWord,
    DeleteToEnd,
    DeleteAll,
    PutBack,
    Complete,
    CompleteBack,
    LineDown,
    LineUp,
    SearchHistory,
    SavedLenses,
    SaveLens,
    CopyLens,
    PasteLens,
    ResetLens,
    RenameLens,
    ForgetLens,
    SyncNow,
    SyncLog,
    Alerts,
    TestChannel,
    Connect,
    CheckAgain,
    PayHistory,
    WriteAnyway,
    NewBudget,
    EditBudget,
    CloneBudget,
    ArchiveBudget,
    RemoveBudget,
    UndoBudget,
    ShowArchived,
    SuggestBudgets,
    WhatIf,
    Acknowledge,
    Snooze,
    Expect,
    Reopen,
    Undo,
    ShowOnly,
}

/// Headings of the help, in its order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// The tab's own keys.
    Here,
    /// Moving about.
    Move,
    /// What is looked at.
    Lens,
    /// Lists to choose from.
    List,
    /// Lines that are edited.
    Edit,
    /// The program.
    App,
}

impl Group {
    /// All, in the help's order.
    pub const ALL: [Group; 6] = [Group::Here, Group::Move, Group::Lens, Group::List, Group::Edit, Group::App];

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Group::Here => "In this view",
            Group::Move => "Moving about",
            Group::Lens => "What is looked at",
            Group::List => "Choosing from a list",
            Group::Edit => "Editing a line",
            Group::App => "The program",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it does, for the program.
    pub action: Action,
    /// Its name in configs and the palette.
    pub name: &'static str,
    /// Under which heading the help has it.
    pub group: Group,
    /// What it does, for people.
    pub doc: &'static str,
    /// Its word in the footer, and how much it belongs there (1 most); 0 leaves it out.
    pub footer: (&'static str, u8),
    /// Its usual keys, as [`parse_sequence`](super::key::parse_sequence) reads them, the one to show
    /// first.
    pub keys: &'static [&'static str],
    /// Where it works.
    pub scope: Scope,
}

const fn entry(
    action: Action,
    name: &'static str,
    group: Group,
    keys: &'static [&'static str],
    scope: Scope,
    footer: (&'static str, u8),
    doc: &'static str,
) -> Entry {
    Entry { action, name, group, doc, footer, keys, scope }
}

use Action as A;
use Group as G;
use Scope as S;

/// Every action. Order is the help's order; the first entry that holds a place and a key wins.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    entry(A::Open, "open", G::Here, &["enter"], S::Figures, ("open", 1), "open what is selected; explain a figure"),
    entry(A::DayBefore, "day-before", G::Here, &["left", "h"], S::Only(Tab::Spend), ("day", 2), "select the day before, and read it out"),
    entry(A::DayAfter, "day-after", G::Here, &["right", "l"], S::Only(Tab::Spend), ("", 0), "select the day after, and read it out"),
    entry(A::NextPane, "next-pane", G::Here, &["w"], S::Only(Tab::Spend), ("pane", 7), "go to the next pane of the view"),
    entry(A::Pieces, "pieces", G::Here, &["u"], S::Only(Tab::Spend), ("pieces", 8), "next pieces: hours, days, weeks, months"),
    entry(A::ZoomIn, "zoom-in", G::Here, &["+"], S::Only(Tab::Spend), ("zoom", 6), "zoom in: fewer days around this one"),
    entry(A::ZoomOut, "zoom-out", G::Here, &["-"], S::Only(Tab::Spend), ("", 0), "zoom out: more days around this one"),
    entry(A::PanEarlier, "pan-earlier", G::Here, &["<"], S::Only(Tab::Spend), ("", 0), "pan earlier, by half of the days shown"),
    entry(A::PanLater, "pan-later", G::Here, &[">"], S::Only(Tab::Spend), ("", 0), "pan later, by half of the days shown"),
    entry(A::Note, "note", G::Here, &["n"], S::Only(Tab::Spend), ("note", 9), "note what happened on the selected day"),
    entry(A::Sort, "sort", G::Here, &["s"], S::Only(Tab::Breakdown), ("sort", 3), "sort by the next column"),
    entry(A::Reverse, "reverse-sort", G::Here, &["S"], S::Only(Tab::Breakdown), ("", 0), "reverse the order of the rows"),
    entry(A::Mark, "mark", G::Here, &["space"], S::Only(Tab::Breakdown), ("mark", 8), "mark the row, and add up what is marked"),
    entry(A::Unmark, "unmark-all", G::Here, &["U"], S::Only(Tab::Breakdown), ("", 0), "unmark all rows"),
    entry(A::Find, "find", G::Here, &["f"], S::Only(Tab::Breakdown), ("find", 5), "find rows like what is typed"),
    entry(A::Detail, "detail", G::Here, &["d"], S::Only(Tab::Breakdown), ("detail", 4), "show the detail: what a row is made of"),
    entry(A::ItemsBefore, "items-before", G::Here, &["<"], S::Only(Tab::Breakdown), ("", 0), "show the detail's line items before"),
    entry(A::ItemsAfter, "items-after", G::Here, &[">"], S::Only(Tab::Breakdown), ("", 0), "show the detail's line items after"),
    entry(A::Compare, "compare", G::Here, &["="], S::Only(Tab::Breakdown), ("", 0), "compare the two marked rows"),
    entry(A::Pivot, "pivot", G::Here, &["p"], S::Only(Tab::Breakdown), ("pivot", 7), "pivot: days, weeks or months as columns"),
    entry(A::PivotPieces, "pivot-pieces", G::Here, &["u"], S::Only(Tab::Breakdown), ("", 0), "next pieces of the pivot's columns"),
    entry(A::CellBefore, "cell-before", G::Here, &["left", "h"], S::Only(Tab::Breakdown), ("", 0), "select the column or area at the left"),
    entry(A::CellAfter, "cell-after", G::Here, &["right", "l"], S::Only(Tab::Breakdown), ("", 0), "select the column or area at the right"),
    entry(A::NewBudget, "new-budget", G::Here, &["n"], S::Only(Tab::Budgets), ("new", 3), "make a new budget"),
    entry(A::WhatIf, "what-if", G::Here, &["w"], S::Only(Tab::Budgets), ("what if", 4), "ask what if: growth, prices, purchases"),
    entry(A::EditBudget, "edit-budget", G::Here, &["e"], S::Only(Tab::Budgets), ("edit", 5), "edit the budget"),
    entry(A::CloneBudget, "clone-budget", G::Here, &["c"], S::Only(Tab::Budgets), ("clone", 6), "make a copy: clone the budget and edit"),
    entry(A::ArchiveBudget, "archive-budget", G::Here, &["a"], S::Only(Tab::Budgets), ("archive", 7), "archive the budget, or take it back"),
    entry(A::RemoveBudget, "remove-budget", G::Here, &["X", "delete"], S::Only(Tab::Budgets), ("", 0), "remove the budget"),
    entry(A::UndoBudget, "undo-budget", G::Here, &["u"], S::Only(Tab::Budgets), ("undo", 8), "undo the last change of a budget"),
    entry(A::SuggestBudgets, "suggest-budgets", G::Here, &["s"], S::Only(Tab::Budgets), ("suggest", 9), "suggest budgets by earlier months"),
    entry(A::ShowArchived, "show-archived", G::Here, &["v a"], S::Only(Tab::Budgets), ("", 0), "list archived budgets, too, or hide them"),
    entry(A::Explain, "explain", G::Here, &["i"], S::Figures, ("explain", 3), "explain the figure: what it rests on"),
    entry(A::ExplainTotal, "explain-total", G::Here, &["v i"], S::Figures, ("", 0), "explain all that is looked at"),
    entry(A::Forecast, "forecast", G::Here, &["v f"], S::Figures, ("", 0), "forecast of the month's end, and 90 days"),
    entry(A::Export, "export", G::Here, &["e"], S::Figures, ("export", 9), "export to a file, or copy as a table"),
    entry(A::Link, "console-link", G::Here, &["o"], S::Figures, ("console", 10), "link to it in the cloud's own console"),
    entry(A::Overview, "overview", G::Here, &["v t"], S::Only(Tab::Breakdown), ("", 0), "show the overview: rows as areas of cost"),
    entry(A::Hygiene, "tag-hygiene", G::Here, &["v h"], S::Only(Tab::Breakdown), ("", 0), "check tag hygiene: untagged, misspelt"),
    entry(A::CopyRow, "copy-row", G::Here, &["y"], S::Figures, ("copy", 9), "copy the row as text, or all marked ones"),
    entry(A::CopyCommand, "copy-command", G::Here, &["Y"], S::Figures, ("", 0), "copy the command that prints the figures"),
    entry(A::Open, "open-budget", G::Here, &["enter"], S::Only(Tab::Budgets), ("open", 1), "open the budget; make what is suggested"),
    entry(A::CopyRow, "copy-budget", G::Here, &["y"], S::Only(Tab::Budgets), ("copy", 10), "copy the budget's line as text"),
    entry(A::CopyCommand, "copy-budget-command", G::Here, &["Y"], S::Only(Tab::Budgets), ("", 0), "copy the command that prints the same"),
    entry(A::Open, "open-charges", G::Here, &["enter"], S::Only(Tab::Anomalies), ("open", 1), "open the charges behind it, as rows"),
    entry(A::Acknowledge, "acknowledge", G::Here, &["a"], S::Only(Tab::Anomalies), ("acknowledge", 2), "acknowledge it: somebody looks into it"),
    entry(A::Snooze, "snooze", G::Here, &["z"], S::Only(Tab::Anomalies), ("snooze", 3), "snooze it until a day"),
    entry(A::Expect, "expect", G::Here, &["x"], S::Only(Tab::Anomalies), ("expect", 4), "expect it: its like is no news there"),
    entry(A::Reopen, "reopen", G::Here, &["O"], S::Only(Tab::Anomalies), ("", 0), "reopen it: what was said does not count"),
    entry(A::Undo, "undo", G::Here, &["u"], S::Only(Tab::Anomalies), ("undo", 5), "undo what was said last"),
    entry(A::CopyRow, "copy-summary", G::Here, &["y"], S::Only(Tab::Anomalies), ("copy", 3), "copy a summary to tell others"),
    entry(A::ShowOnly, "show-anomalies-of", G::Here, &["f"], S::Only(Tab::Anomalies), ("show", 6), "show those of other states, or all"),
    entry(A::Sort, "sort-anomalies", G::Here, &["s"], S::Only(Tab::Anomalies), ("sort", 7), "sort by impact, severity or first day"),
    entry(A::Explain, "explain-anomaly", G::Here, &["i"], S::Only(Tab::Anomalies), ("line items", 8), "explain it down to the line items"),
    entry(A::CopyCommand, "copy-anomaly-command", G::Here, &["Y"], S::Only(Tab::Anomalies), ("", 0), "copy the command that tells of it"),

    entry(A::Open, "open-part", G::Here, &["enter"], S::Explain, ("open", 1), "open the part, or show the line item"),
    entry(A::Back, "back-up", G::Here, &["backspace", "esc"], S::Explain, ("back", 2), "go back to the whole, or to the tab"),
    entry(A::ShowRows, "show-rows", G::Here, &["b"], S::Explain, ("rows", 3), "show its charges as rows of Breakdown"),
    entry(A::ItemsBefore, "page-of-items-before", G::Here, &["<", "left", "h"], S::Explain, ("", 0), "show the line items before"),
    entry(A::ItemsAfter, "page-of-items-after", G::Here, &[">", "right", "l"], S::Explain, ("", 0), "show the line items after"),
    entry(A::CopyRow, "copy-line", G::Here, &["y"], S::Explain, ("copy", 4), "copy the selected line's text"),
    entry(A::CopyCommand, "copy-its-command", G::Here, &["Y"], S::Explain, ("copy command", 5), "copy the command that prints the figure"),
    entry(A::Export, "export-parts", G::Here, &["e"], S::Explain, ("export", 7), "export its parts or items, or copy them"),
    entry(A::Link, "console-link-of-line", G::Here, &["o"], S::Explain, ("", 0), "link to it in the cloud's own console"),
    entry(A::Redraw, "ask-again", G::Here, &["r", "ctrl-l"], S::Explain, ("", 0), "redraw; after an error, ask again"),
    entry(A::Close, "close-explanation", G::Here, &["q", "i"], S::Explain, ("close", 6), "close it: back to the tab at once"),

    entry(A::CopyRow, "copy-address", G::Here, &["y", "enter"], S::Link, ("copy", 1), "copy the address"),
    entry(A::Close, "close-address", G::Here, &["esc", "q", "o", "backspace"], S::Link, ("close", 2), "close it: back to what was looked at"),

    entry(A::Open, "open-run", G::Here, &["enter"], S::Syncing, ("open", 1), "open the scope or run, to read all of it"),
    entry(A::Back, "back-to-log", G::Here, &["esc", "backspace"], S::Syncing, ("back", 2), "go back to the log, or to the figures"),
    entry(A::SyncNow, "sync-now-here", G::Here, &["R"], S::Syncing, ("sync now", 3), "sync now: ask all connections"),
    entry(A::CopyCommand, "copy-sync-command", G::Here, &["Y"], S::Syncing, ("copy command", 5), "copy the command that prints the same"),
    entry(A::Close, "close-sync-log", G::Here, &["q", "!"], S::Syncing, ("close", 4), "close it: back to the figures"),

    entry(A::Open, "open-alert", G::Here, &["enter"], S::Alerts, ("open", 1), "open the message or channel, whole"),
    entry(A::Back, "back-from-alerts", G::Here, &["esc", "backspace"], S::Alerts, ("back", 2), "go back to the list, or to the figures"),
    entry(A::TestChannel, "test-channel", G::Here, &["t"], S::Alerts, ("test it", 3), "test it: send the channel a message"),
    entry(A::CopyCommand, "copy-alerts-command", G::Here, &["Y"], S::Alerts, ("copy command", 5), "copy the command that prints the same"),
    entry(A::Close, "close-alerts", G::Here, &["q", "N"], S::Alerts, ("close", 4), "close it: back to the figures"),

    entry(A::Connect, "connect-here", G::Here, &["c"], S::Syncing, ("connect", 6), "connect a cloud, a cluster or a folder"),

    entry(A::Choose, "choose-provider", G::Here, &["enter"], S::Connect, ("choose", 1), "choose what is to be connected"),
    entry(A::Close, "close-connect", G::Here, &["esc", "q", "backspace"], S::Connect, ("close", 2), "close it: nothing is written"),
    entry(A::Apply, "answer", G::Here, &["enter"], S::Question, ("answer", 1), "answer the question"),
    entry(A::Back, "question-before", G::Here, &["esc"], S::Question, ("back", 2), "go back to the question before"),
    entry(A::LineDown, "next-answer", G::Here, &["down", "ctrl-n"], S::Question, ("found", 3), "take the next answer that was found"),
    entry(A::LineUp, "answer-before", G::Here, &["up", "ctrl-p"], S::Question, ("", 0), "take the found answer before"),
    entry(A::PageUp, "said-before", G::Here, &["pgup"], S::Question, ("", 0), "scroll up to what was said before"),
    entry(A::PageDown, "said-after", G::Here, &["pgdn"], S::Question, ("", 0), "scroll down to the question again"),
    entry(A::Close, "give-up-checks", G::Here, &["esc", "q", "backspace"], S::Checking, ("give up", 1), "give up the checks, and go back"),
    entry(A::Choose, "go-on", G::Here, &["enter"], S::Checked, ("go on", 1), "go on to what it costs, and the config"),
    entry(A::Back, "back-to-questions", G::Here, &["esc", "backspace"], S::Checked, ("back", 2), "go back to the questions"),
    entry(A::CopyRow, "copy-fix", G::Here, &["y"], S::Checked, ("copy the fix", 3), "copy the fix of the selected line"),
    entry(A::CheckAgain, "check-again", G::Here, &["r"], S::Checked, ("check again", 4), "check again, once it is put right"),
    entry(A::Close, "close-checks", G::Here, &["q"], S::Checked, ("", 0), "close it: nothing is written"),
    entry(A::Choose, "write-section", G::Here, &["enter"], S::Review, ("write", 1), "write it to the config, and sync it"),
    entry(A::Back, "back-to-checks", G::Here, &["esc", "backspace"], S::Review, ("back", 2), "go back to what it may do"),
    entry(A::CopyRow, "copy-section", G::Here, &["y"], S::Review, ("copy", 3), "copy the section as it is written"),
    entry(A::PayHistory, "pay-history", G::Here, &["h"], S::Review, ("", 0), "pay for the history at once, or not"),
    entry(A::WriteAnyway, "write-anyway", G::Here, &["w"], S::Review, ("", 0), "write it although something is missing"),
    entry(A::Close, "close-review", G::Here, &["q"], S::Review, ("", 0), "close it: nothing is written"),

    entry(A::Close, "close", G::Here, &["esc", "q", "?"], S::Help, ("close", 2), "close, and go back to the figures"),
    entry(A::CopyRow, "copy-help", G::Here, &["y"], S::Help, ("copy", 3), "copy the keys that are listed"),
    entry(A::Filter, "search-help", G::Here, &["/"], S::Help, ("search", 1), "search by a part of what a key does"),

    entry(A::CopyRow, "copy-notice", G::Here, &["y"], S::Notice, ("copy", 2), "copy the notice and what to do"),
    entry(A::Close, "close-notice", G::Here, &["esc", "q", "enter"], S::Notice, ("close", 1), "close, and go back to the figures"),

    entry(A::Choose, "choose-days", G::Here, &["enter"], S::Calendar, ("choose", 1), "choose the period, or its two ends"),
    entry(A::Close, "close-calendar", G::Here, &["esc"], S::Calendar, ("close", 2), "close, and leave the days as they were"),
    entry(A::OtherSide, "other-side", G::Here, &["tab", "backtab"], S::Calendar, ("presets or days", 3), "go to the presets or days, and back"),
    entry(A::DayBefore, "calendar-day-before", G::Here, &["left"], S::Calendar, ("", 0), "go to the day before"),
    entry(A::DayAfter, "calendar-day-after", G::Here, &["right"], S::Calendar, ("", 0), "go to the day after"),
    entry(A::Up, "calendar-up", G::Here, &["up"], S::Calendar, ("", 0), "go a week earlier, or to a preset above"),
    entry(A::Down, "calendar-down", G::Here, &["down"], S::Calendar, ("", 0), "go a week later, or to a preset below"),
    entry(A::PageUp, "month-before", G::Here, &["pgup"], S::Calendar, ("month", 4), "go a month earlier"),
    entry(A::PageDown, "month-after", G::Here, &["pgdn"], S::Calendar, ("", 0), "go a month later"),
    entry(A::First, "month-start", G::Here, &["home"], S::Calendar, ("", 0), "go to the first day of the month"),
    entry(A::Last, "month-end", G::Here, &["end"], S::Calendar, ("", 0), "go to the last day of the month"),

    entry(A::Demo, "demo", G::Here, &["d"], S::Welcome, ("demo", 1), "explore the demo, a made-up company"),
    entry(A::Import, "import-first", G::Here, &["i"], S::Welcome, ("import", 3), "import a billing export"),
    entry(A::Connect, "connect-first", G::Here, &["c", "A"], S::Welcome, ("connect", 2), "connect a cloud, a cluster or a folder: checked, reckoned and written"),
    entry(A::Credentials, "credentials", G::Here, &["s"], S::Welcome, ("credentials", 4), "see which cloud credentials were found, and how to bring a bill here"),
    entry(A::Choose, "choose-first", G::Here, &["enter"], S::Welcome, ("", 0), "do what the selected line says"),
    entry(A::Close, "leave-credentials", G::Here, &["esc", "backspace"], S::Welcome, ("back", 1), "go back to the list"),
    entry(A::Help, "help-first", G::Here, &["?"], S::Welcome, ("help", 5), "help with all keys that work here"),
    entry(A::Quit, "quit-first", G::Here, &["q"], S::Welcome, ("quit", 6), "quit spendtop"),
    entry(A::Complete, "complete-file", G::List, &["tab"], S::Files, ("complete", 3), "complete the name, or open the folder"),
    entry(A::AddPart, "add-part", G::List, &["a"], S::Imported, ("", 0), "add these charges to what is stored"),
    entry(A::ReplaceStored, "replace-stored", G::List, &["r"], S::Imported, ("", 0), "replace what is stored by these charges"),
    entry(A::Close, "give-up-import", G::List, &["esc", "q"], S::Importing, ("give up", 1), "give up the import: nothing is changed"),
    entry(A::Import, "import-another", G::List, &["i"], S::Imported, ("choose another", 2), "choose another file to import"),
    entry(A::Close, "close-import", G::List, &["esc", "enter", "q"], S::Imported, ("close", 1), "close what became of the import"),

    entry(A::Down, "down", G::Move, &["j", "down"], S::Lists, ("", 0), "go one line down"),
    entry(A::Up, "up", G::Move, &["k", "up"], S::Lists, ("", 0), "go one line up"),
    entry(A::PageDown, "page-down", G::Move, &["pgdn", "ctrl-f", "ctrl-d"], S::Lists, ("", 0), "go one page down"),
    entry(A::PageUp, "page-up", G::Move, &["pgup", "ctrl-b", "ctrl-u"], S::Lists, ("", 0), "go one page up"),
    entry(A::First, "first", G::Move, &["g", "home"], S::Lists, ("", 0), "go to the first line"),
    entry(A::Last, "last", G::Move, &["G", "end"], S::Lists, ("", 0), "go to the last line"),
    entry(A::Back, "back", G::Move, &["backspace", "esc"], S::Figures, ("back", 2), "go back out of what was opened"),
    entry(A::Back, "back-to-budgets", G::Move, &["backspace", "esc"], S::Only(Tab::Budgets), ("back", 2), "go back to the list of budgets"),
    entry(A::Show(Tab::Spend), "show-spend", G::Move, &["1"], S::Tabs, ("", 0), "show Spend: what it costs, day by day"),
    entry(A::Show(Tab::Breakdown), "show-breakdown", G::Move, &["2"], S::Tabs, ("", 0), "show Breakdown: what it is made of"),
    entry(A::Show(Tab::Recommendations), "show-recommendations", G::Move, &["3"], S::Tabs, ("", 0), "show Recommendations: what can be saved"),
    entry(A::Show(Tab::Budgets), "show-budgets", G::Move, &["4"], S::Tabs, ("", 0), "show Budgets: whether they will hold"),
    entry(A::Show(Tab::Anomalies), "show-anomalies", G::Move, &["5"], S::Tabs, ("", 0), "show Anomalies: what is unusual"),
    entry(A::Show(Tab::Leaderboard), "show-leaderboard", G::Move, &["6"], S::Tabs, ("", 0), "show Leaderboard: who saves most"),
    entry(A::NextTab, "next-tab", G::Move, &["tab"], S::Tabs, ("next tab", 10), "go to the next tab"),
    entry(A::PreviousTab, "previous-tab", G::Move, &["backtab"], S::Tabs, ("", 0), "go to the tab before"),

    entry(A::Filter, "filter", G::Lens, &["/"], S::Figures, ("filter", 4), "filter by a line like env=prod cost>100"),
    entry(A::Filter, "filter-anomalies", G::Lens, &["/"], S::Only(Tab::Anomalies), ("filter", 4), "filter by a line like account:prod"),
    entry(A::Period, "period", G::Lens, &["t"], S::Figures, ("period", 5), "choose the days of the period"),
    entry(A::Earlier, "earlier", G::Lens, &["["], S::Figures, ("", 0), "go to the period before this one"),
    entry(A::Later, "later", G::Lens, &["]"], S::Figures, ("", 0), "go to the period after this one"),
    entry(A::GroupBy, "group-by", G::Lens, &["b"], S::Figures, ("by", 6), "group by what is chosen"),
    entry(A::Metric, "metric", G::Lens, &["m"], S::Figures, ("metric", 7), "next metric: billed, list, contracted"),
    entry(A::Comparison, "comparison", G::Lens, &["x"], S::Figures, ("", 0), "next comparison: against other days"),
    entry(A::Currency, "currency", G::Lens, &["c"], S::Figures, ("currency", 7), "next currency: they are never added"),
    entry(A::ChooseMetric, "choose-metric", G::Lens, &["L m"], S::Figures, ("", 0), "choose the metric, with what each means"),
    entry(A::ChooseComparison, "choose-comparison", G::Lens, &["X", "L x"], S::Figures, ("", 0), "choose the comparison, by its days"),
    entry(A::ChooseCurrency, "choose-currency", G::Lens, &["C", "L c"], S::Figures, ("", 0), "choose the currency, with its sum"),
    entry(A::SavedLenses, "saved-lenses", G::Lens, &["'"], S::Figures, ("lenses", 9), "list saved lenses, and look through one"),
    entry(A::SaveLens, "save-lens", G::Lens, &["L s"], S::Figures, ("", 0), "save what is looked at as a lens"),
    entry(A::CopyLens, "copy-lens", G::Lens, &["L y"], S::Figures, ("", 0), "copy the lens as one line"),
    entry(A::PasteLens, "paste-lens", G::Lens, &["L p"], S::Figures, ("", 0), "paste a lens that is one line"),
    entry(A::ResetLens, "reset-lens", G::Lens, &["L r"], S::Figures, ("", 0), "reset the lens to the config's"),

    entry(A::Choose, "choose", G::List, &["enter"], S::Pickers, ("choose", 1), "choose the line, or all that are marked"),
    entry(A::Mark, "mark-line", G::List, &["space", "tab"], S::Several, ("mark several", 2), "mark several: all marked ones are meant"),
    entry(A::Down, "next-line", G::List, &["down", "ctrl-n"], S::Pickers, ("", 0), "go to the next line of the list"),
    entry(A::Up, "line-before", G::List, &["up", "ctrl-p"], S::Pickers, ("", 0), "go to the line of the list before"),
    entry(A::PageDown, "next-page", G::List, &["pgdn"], S::Pickers, ("", 0), "go a page of the list on"),
    entry(A::PageUp, "page-before", G::List, &["pgup"], S::Pickers, ("", 0), "go a page of the list back"),

    entry(A::RenameLens, "rename-lens", G::List, &["ctrl-r"], S::Lenses, ("rename", 4), "rename the saved lens"),
    entry(A::ForgetLens, "forget-lens", G::List, &["ctrl-d"], S::Lenses, ("forget", 5), "forget the saved lens"),

    entry(A::Apply, "apply", G::Edit, &["enter"], S::Line, ("apply", 1), "apply the line as it stands"),
    entry(A::Close, "cancel", G::Edit, &["esc"], S::Cancelled, ("cancel", 3), "cancel, and leave everything as it was"),
    entry(A::LineDown, "next-field", G::Edit, &["tab", "down", "ctrl-n"], S::Form, ("next line", 2), "go to the next line of the form"),
    entry(A::LineUp, "field-before", G::Edit, &["backtab", "up", "ctrl-p"], S::Form, ("", 0), "go to the line of the form before"),
    entry(A::CursorLeft, "cursor-left", G::Edit, &["left", "ctrl-b"], S::Lines, ("", 0), "go one character left"),
    entry(A::CursorRight, "cursor-right", G::Edit, &["right", "ctrl-f"], S::Lines, ("", 0), "go one character right"),
    entry(A::CursorStart, "cursor-start", G::Edit, &["home", "ctrl-a"], S::Lines, ("", 0), "go to the line's start"),
    entry(A::CursorEnd, "cursor-end", G::Edit, &["end", "ctrl-e"], S::Lines, ("", 0), "go to the line's end"),
    entry(A::Complete, "complete", G::Edit, &["tab"], S::Filter, ("complete", 3), "complete by the next or only suggestion"),
    entry(A::CompleteBack, "complete-back", G::Edit, &["backtab"], S::Filter, ("", 0), "choose the suggestion before"),
    entry(A::LineDown, "line-down", G::Edit, &["down", "ctrl-n"], S::Filter, ("", 0), "choose the next suggestion or newer line"),
    entry(A::LineUp, "line-up", G::Edit, &["up", "ctrl-p"], S::Filter, ("used before", 4), "choose what was suggested or used before"),
    entry(A::SearchHistory, "search-history", G::Edit, &["ctrl-r"], S::Filter, ("look for one", 5), "look for one that was used before"),
    entry(A::DeleteBefore, "delete-before", G::Edit, &["backspace", "ctrl-h"], S::Typing, ("", 0), "delete the character before"),
    entry(A::DeleteAfter, "delete-after", G::Edit, &["delete"], S::Lines, ("", 0), "delete the character after"),
    entry(A::WordLeft, "word-left", G::Edit, &["ctrl-left", "alt-b"], S::Lines, ("", 0), "go one word left"),
    entry(A::WordRight, "word-right", G::Edit, &["ctrl-right", "alt-f"], S::Lines, ("", 0), "go one word right"),
    entry(A::DeleteWord, "delete-word", G::Edit, &["ctrl-w"], S::Typing, ("delete word", 8), "delete the word before"),
    entry(A::DeleteToEnd, "delete-to-end", G::Edit, &["ctrl-k"], S::Typing, ("", 0), "delete what follows"),
    entry(A::DeleteAll, "delete-all", G::Edit, &["ctrl-u"], S::Typing, ("clear", 9), "clear the whole line"),
    entry(A::PutBack, "put-back", G::Edit, &["ctrl-y"], S::Typing, ("", 0), "put back what was deleted last"),

    entry(A::Palette, "palette", G::App, &[":"], S::Tabs, ("all commands", 1), "find all commands by a part of the name"),
    entry(A::Help, "help", G::App, &["?"], S::Tabs, ("help", 1), "show this help"),
    entry(A::Mouse, "mouse", G::App, &["M"], S::Tabs, ("", 0), "turn the mouse on or off: clicks, wheel"),
    entry(A::NextTheme, "next-theme", G::App, &["v c"], S::Tabs, ("", 0), "next theme: dark, light and others"),
    entry(A::Import, "import", G::App, &["I"], S::Tabs, ("", 0), "import a billing export"),
    entry(A::SyncNow, "sync-now", G::App, &["R"], S::Tabs, ("sync", 12), "sync now: ask all connections"),
    entry(A::SyncLog, "sync-log", G::App, &["!"], S::Tabs, ("", 0), "show the sync log: what came and failed"),
    entry(A::Alerts, "alerts", G::App, &["N"], S::Tabs, ("", 0), "show alerts: channels, what was told"),
    entry(A::Connect, "connect", G::App, &["A"], S::Tabs, ("", 0), "connect a cloud, a cluster or a folder"),
    entry(A::Redraw, "redraw", G::App, &["r", "ctrl-l"], S::Tabs, ("", 0), "redraw; after an error, ask again"),
    entry(A::ScreenAsSvg, "screen-as-svg", G::App, &["ctrl-s s", "ctrl-s ctrl-s"], S::Everywhere, ("", 0), "save the screen as a picture (SVG file)"),
    entry(A::ScreenAsText, "screen-as-text", G::App, &["ctrl-s t"], S::Everywhere, ("", 0), "save the screen as text, to a file here"),
    entry(A::CopyScreen, "copy-screen", G::App, &["ctrl-s y"], S::Everywhere, ("", 0), "copy the screen as text"),
    entry(A::Suspend, "suspend", G::App, &["ctrl-z"], S::Everywhere, ("", 0), "suspend to the shell; `fg` returns"),
    entry(A::Quit, "quit", G::App, &["q"], S::Tabs, ("quit", 2), "quit spendtop"),
    entry(A::Quit, "quit-now", G::App, &["ctrl-c"], S::Everywhere, ("", 0), "quit spendtop from anywhere"),
];

impl Action {
    /// The action of a name; `None` where there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Action> {
        TABLE.iter().find(|e| e.name == name).map(|e| e.action)
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::parse_sequence;
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn no_two_actions_share_a_key_in_a_place() {
        for place in Place::ALL {
            let mut taken: HashMap<Vec<super::super::key::Key>, &str> = HashMap::new();
            for entry in TABLE.iter().filter(|e| e.scope.holds(place)) {
                for text in entry.keys {
                    let keys = parse_sequence(text).unwrap_or_else(|| panic!("`{text}` of {} is no key", entry.name));
                    if let Some(other) = taken.insert(keys, entry.name) {
                        panic!("{place:?}: `{text}` is both {other} and {}", entry.name);
                    }
                }
            }
        }
        assert!(super::super::keymap::Keymap::with(&Default::default()).is_ok());
    }

    #[test]
    fn every_action_is_named_documented_bound_and_reachable() {
        let mut names: Vec<&str> = TABLE.iter().map(|e| e.name).collect();
        for entry in TABLE {
            assert!(entry.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", entry.name);
            assert!(!entry.doc.is_empty() && !entry.keys.is_empty(), "{}", entry.name);
            assert!(Place::ALL.iter().any(|p| entry.scope.holds(*p)), "{}", entry.name);
            // The help has two columns of them beside each other in 120 columns; the first screen has one.
            let room = if entry.scope.holds(Place::Welcome) { 80 } else { 40 };
            assert!(entry.doc.len() <= room, "`{}` is cut in the help", entry.doc);
            assert_eq!(entry.footer.0.is_empty(), entry.footer.1 == 0, "{}", entry.name);
            // Who read the footer's word finds it again in the help and by typing it.
            let mut words = entry.footer.0.split(' ');
            assert!(words.all(|word| entry.doc.contains(word)), "`{}` is not in `{}`", entry.footer.0, entry.doc);
            assert_eq!(Action::named(entry.name), Some(entry.action));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        assert_eq!(Action::named("no-such"), None);
    }
}
