//! Who asks the engine, and on which of the two threads. Knows no question.

/// Whose question it is. Each asker has one place to wait in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Asker {
    /// The Spend tab.
    Spend,
    /// What follows on the Spend tab.
    SpendDetails,
    /// What will come, on the Spend tab.
    Forecast,
    /// How budgets stand, on the Spend tab.
    Standings,
    /// Why what moved on the Spend tab did.
    Moves,
    /// The Breakdown tab.
    Breakdown,
    /// Prices and quantities of the Breakdown tab's rows.
    Drivers,
    /// What the Breakdown tab's selected row is made of.
    Detail,
    /// Some of that row's line items.
    LineItems,
    /// What one of two rows side by side is made of: the first or the second.
    Compared(usize),
    /// What a figure rests on.
    Explain,
    /// How charges are tagged, in the Breakdown tab.
    Tags,
    /// The Anomalies tab.
    Anomalies,
    /// What the Anomalies tab's selected one is.
    Anomaly,
    /// The saved lenses.
    Lenses,
    /// What there is to choose from.
    Choices,
    /// How budgets stand.
    Budgets,
    /// One budget in detail.
    Budget,
    /// What could be budgets.
    Suggested,
    /// How a budget would stand if something else came.
    Simulated,
    /// Scenarios that are kept.
    Scenarios,
}

/// Which of the two threads asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lane {
    /// What a tab cannot be drawn without.
    Front,
    /// What stands beside it.
    Back,
}

impl Asker {
    /// The thread that asks for it.
    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            Asker::Spend | Asker::Breakdown | Asker::Lenses | Asker::Budgets => Lane::Front,
            Asker::SpendDetails
            | Asker::Forecast
            | Asker::Standings
            | Asker::Moves
            | Asker::Drivers
            | Asker::Detail
            | Asker::LineItems
            | Asker::Compared(_)
            | Asker::Tags
            | Asker::Explain
            | Asker::Budget
            | Asker::Suggested
            | Asker::Simulated
            | Asker::Scenarios
            | Asker::Anomalies
            | Asker::Anomaly
            | Asker::Choices => Lane::Back,
        }
    }
}
