//! The engine over a store in this process.

use std::sync::Arc;

use super::aggregate::together;
use super::answer::Freshness;
use super::remembered::Remembered;
use super::sharing::{is_shared, shared_out};
use super::table::{Request, Table};
use super::{
    Answer, Cancel, Command, Engine, Event, Extent, Listener, Listeners, OpenFile, Outcome, Question, alerts,
    anomalies, breakdown, charges, command, drivers, explain, export, forecast, pick, query, row_detail, spend,
    spend_details, tag_hygiene,
};
use crate::config::Settle;
use crate::domain::alert::Plan;
use crate::domain::calendar::{Day, Period};
use crate::domain::dimension::Dimension;
use crate::domain::lens::SavedLens;
use crate::domain::services::canonical_provider;
use crate::domain::text::{SafeText, Untrusted};
use crate::domain::virtuals::{Definitions, own_dimensions};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::manifest::Group;

/// Answers from a store.
pub struct LocalEngine {
    store: Arc<Store>,
    settle: Settle,
    demo: bool,
    lenses: Vec<SavedLens>,
    connections: Option<Vec<String>>,
    listeners: Arc<Listeners<Event>>,
    /// Kept: the store tells it of changes.
    _on_change: Listener<()>,
    definitions: Definitions,
    remembered: Arc<Remembered>,
    plan: Plan,
}

impl LocalEngine {
    /// Over a store; `demo` says that its data is generated.
    #[must_use]
    pub fn new(store: Arc<Store>, settle: Settle, demo: bool) -> Self {
        let listeners = Arc::new(Listeners::default());
        let theirs = Arc::clone(&listeners);
        let on_change: Listener<()> = Arc::new(move |()| theirs.tell(Event::Committed));
        store.on_change(&on_change);
        LocalEngine {
            store,
            settle,
            demo,
            lenses: Vec::new(),
            connections: None,
            definitions: Definitions::default(),
            remembered: Arc::default(),
            plan: Plan::default(),
            listeners,
            _on_change: on_change,
        }
    }

    /// The same, with the lenses that the config names.
    #[must_use]
    pub fn with_lenses(mut self, lenses: Vec<SavedLens>) -> Self {
        self.lenses = lenses;
        self
    }

    /// The same, with the connections that the config names, as `aws.prod`.
    #[must_use]
    pub fn with_connections(self, connections: Vec<String>) -> Self {
        LocalEngine { connections: Some(connections), ..self }
    }

    /// Whether the config names the connection that a source is of; `None` where nothing is known of the config.
    #[must_use]
    pub fn is_connected(&self, source: &str) -> Option<bool> {
        let connection = source.split_once('/').map_or(source, |(connection, _)| connection);
        Some(self.connections.as_ref()?.iter().any(|name| name == connection))
    }

    /// The lenses that the config names.
    #[must_use]
    pub fn configured_lenses(&self) -> &[SavedLens] {
        &self.lenses
    }

    /// The same, answering by these virtual dimensions.
    #[must_use]
    pub fn with_dimensions(self, definitions: Definitions) -> Self {
        LocalEngine { definitions, ..self }
    }

    /// The same, remembering what others of the same config have worked out of the same store.
    #[must_use]
    pub fn with_memory(self, remembered: Arc<Remembered>) -> Self {
        LocalEngine { remembered, ..self }
    }

    /// The same, looking for what this plan says.
    #[must_use]
    pub fn with_plan(self, plan: Plan) -> Self {
        LocalEngine { plan, ..self }
    }

    /// What the watch looks for.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The virtual dimensions that it knows.
    #[must_use]
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The error for a virtual dimension that nobody defined.
    #[must_use]
    pub fn undefined(&self, name: &str) -> Error {
        let known: Vec<&str> = self.definitions.names().collect();
        let error = Error::usage(format!("there is no virtual dimension `{}`", SafeText::from_outside(name)));
        let error = error.did_you_mean(name, &known);
        let hint = format!("define it in the config, under `[dimensions.{}]`", SafeText::from_outside(name));
        if known.is_empty() {
            error.hint(hint)
        } else {
            error.hint(format!("{hint}; defined are {}", known.join(", ")))
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    #[cfg(test)]
    pub(super) fn shared_store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What need not be worked out again.
    pub(super) fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Whether its data is generated.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.demo
    }

    /// Adds up a request.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
    pub fn aggregate(&self, request: &Request<'_>, cancel: &Cancel) -> Result<Table> {
        Self::check(request)?;
        shared_out(&self.store, request, cancel)
    }

    /// Adds up several requests, all that no rollup has in one pass over charges.
    ///
    /// # Errors
    /// As [`Self::aggregate`].
    pub(super) fn aggregate_together(&self, requests: &[Request<'_>], cancel: &Cancel) -> Result<Vec<Table>> {
        requests.iter().try_for_each(Self::check)?;
        if requests.iter().flat_map(|request| request.by).any(is_shared) {
            return requests.iter().map(|request| shared_out(&self.store, request, cancel)).collect();
        }
        together(&self.store, requests, cancel)
    }

    fn check(request: &Request<'_>) -> Result<()> {
        if request.by.len() > crate::domain::lens::DIMENSIONS_MAX {
            return Err(Error::usage(format!(
                "at most {} dimensions can be grouped by at once",
                crate::domain::lens::DIMENSIONS_MAX
            )));
        }
        let dimensions = request.by.iter().chain(request.clauses.iter().filter_map(|c| c.dimension.as_ref()));
        if let Some(unbound) =
            dimensions.into_iter().find(|d| matches!(d, Dimension::Virtual(v) if v.definition().is_none()))
        {
            return Err(Error::bug(format!("`{unbound}` is asked for without its definition")));
        }
        Ok(())
    }

    /// The days from the first to the last that a charge is known of.
    #[must_use]
    pub fn data_days(&self) -> Option<Period> {
        self.store.manifest().extent().map(|(first, last)| Period { from: first, to: last.plus(1) })
    }

    /// Whether charges are known of any of some days, or of days before and after them.
    #[must_use]
    pub fn has_data(&self, days: Period) -> bool {
        self.data_days().is_some_and(|data| days.intersect(data).days() > 0)
    }

    /// After how many days a provider restates a day no more: as the config says, or later where its scopes
    /// were seen to restate later.
    #[must_use]
    pub fn settles_in(&self, provider: &str) -> i32 {
        let manifest = self.store.manifest();
        let provider = canonical_provider(provider);
        let ours = |source: &String| {
            let of = |group: &&Group| group.source == *source;
            manifest.groups.iter().find(of).is_some_and(|g| canonical_provider(&g.key.provider) == provider)
        };
        let scopes = manifest.scopes.iter().filter(|(source, _)| ours(source));
        let learnt = scopes.filter_map(|(_, synced)| synced.settles_in()).max().unwrap_or(0);
        i32::from(self.settle.days_for(provider).max(learnt))
    }

    /// How far each provider's data goes, and until when it is settled.
    #[must_use]
    pub fn freshness(&self, as_of: Day) -> Vec<Freshness> {
        let manifest = self.store.manifest();
        let mut list: Vec<Freshness> = Vec::new();
        for group in manifest.active() {
            let Some(days) = group.days() else { continue };
            let taken_at =
                group.parts.iter().filter_map(|p| manifest.import(p.import)).map(|i| i.taken_at).max().unwrap_or(0);
            let last_day = days.to.plus(-1);
            let provider = canonical_provider(&group.key.provider);
            match list.iter_mut().find(|f| canonical_provider(f.provider.raw()) == provider) {
                Some(known) => {
                    known.last_day = known.last_day.max(last_day);
                    known.taken_at = known.taken_at.max(taken_at);
                }
                None => list.push(Freshness {
                    provider: Untrusted::new(group.key.provider.clone()),
                    last_day,
                    settled_through: last_day,
                    taken_at,
                }),
            }
        }
        for fresh in &mut list {
            let open = as_of.plus(-self.settles_in(fresh.provider.raw()));
            fresh.settled_through = fresh.last_day.min(open);
        }
        list
    }
}

impl Engine for LocalEngine {
    fn export(&self, scope: &export::Scope, open: &OpenFile<'_>, cancel: &Cancel) -> Result<u64> {
        export::write(self, scope, open()?, cancel)
    }

    fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer> {
        let mut question = question.clone();
        question.bind(&self.definitions).map_err(|name| self.undefined(&name))?;
        match &question {
            Question::Spend(lens) => spend::answer(self, lens, as_of, cancel).map(Answer::Spend),
            Question::SpendDetails { lens, resources } => {
                spend_details::answer(self, lens, *resources, as_of, cancel).map(Answer::SpendDetails)
            }
            Question::Breakdown { lens, limit, pieces } => {
                breakdown::answer(self, lens, (*limit, *pieces), as_of, cancel).map(Answer::Breakdown)
            }
            Question::Query(query) => query::answer(self, query, as_of, cancel).map(Answer::Query),
            Question::Drivers { lens, among } => drivers::answer(self, lens, among, as_of, cancel).map(Answer::Drivers),
            Question::Detail(lens) => row_detail::answer(self, lens, as_of, cancel).map(Answer::Detail),
            Question::LineItems { lens, page } => {
                charges::page(self, lens, *page, as_of, cancel).map(Answer::LineItems)
            }
            Question::Forecast(lens) => forecast::answer(self, lens, as_of, cancel).map(Answer::Forecast),
            Question::TagHygiene(lens) => tag_hygiene::answer(self, lens, as_of, cancel).map(Answer::TagHygiene),
            Question::Values { dimension, lens, limit } => {
                pick::values(self, dimension, lens, *limit, as_of, cancel).map(Answer::Values)
            }
            Question::TagKeys(lens) => pick::tag_keys(self, lens, as_of, cancel).map(Answer::TagKeys),
            Question::Explain { lens, card, items } => {
                explain::answer(self, lens, *card, *items, as_of, cancel).map(Answer::Explain)
            }
            Question::Anomalies(query) => anomalies::list::answer(self, query, as_of, cancel).map(Answer::Anomalies),
            Question::Anomaly(name) => {
                anomalies::detail::answer(self, name, as_of, cancel).map(|answer| Answer::Anomaly(Box::new(answer)))
            }
            Question::Notes { period } => Ok(Answer::Notes(command::notes(self, *period))),
            Question::Lenses => Ok(Answer::Lenses(command::lenses(self))),
            Question::Budgets(asked) => {
                super::budgets::answer(self, asked, as_of, cancel).map(|answer| Answer::Budgets(Box::new(answer)))
            }
            Question::Alerts => Ok(Answer::Alerts(alerts::answer(self))),
            Question::News(moment) => super::watch::news(self, *moment, cancel).map(Answer::News),
        }
    }

    fn command(&self, command: &Command) -> Result<Outcome> {
        let outcome = command::run(self, command)?;
        if outcome.changes() {
            self.store.tell_change();
        }
        Ok(outcome)
    }

    fn extent(&self) -> Result<Extent> {
        let manifest = self.store.manifest();
        let rows = manifest.active().iter().map(|g| g.rows()).sum();
        let mut extent = Extent {
            days: manifest.extent(),
            rows,
            demo: self.demo,
            tag_keys: manifest.tag_keys.clone(),
            own: own_dimensions(&self.definitions, &manifest.tag_keys),
            currencies: Vec::new(),
        };
        if let Some((from, to)) = extent.days {
            let period = Period { from, to: to.plus(1) };
            let request = Request {
                period,
                by: &[],
                clauses: &[],
                metric: crate::domain::charge::Metric::Effective,
                granularity: None,
                currency: None,
                long: None,
                parting: &[],
            };
            let table = self.aggregate(&request, &Cancel::default())?;
            extent.currencies = table.currencies.iter().map(String::from).collect();
            extent.currencies.sort();
        }
        Ok(extent)
    }
    fn subscribe(&self, listener: &Listener<Event>) {
        self.listeners.add(listener);
    }
}
