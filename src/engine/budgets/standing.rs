//! How budgets stand: what their periods cost, held against their limits and what is foretold.

use std::sync::Arc;

use super::ahead::{self, Ahead};
use super::costs::Costs;
use super::earlier::{self, Known};
use super::kept;
use crate::analytics::budget::{self as arithmetic, Burn, Limit};
use crate::domain::budget::{Budget, Rollover, Span};
use crate::domain::calendar::{Day, Granularity, Period};
use crate::domain::lens::Lens;
use crate::domain::money::Amount;
use crate::engine::Cancel;
use crate::engine::aggregate::is_kept;
use crate::engine::answer::{BudgetAnswer, Foreseen, Past, Pending};
use crate::engine::concerned;
use crate::engine::foretell::Wanted;
use crate::engine::local::LocalEngine;
use crate::engine::pending::Arrivals;
use crate::engine::query::request;
use crate::engine::spend::admitted;
use crate::engine::table::Request;
use crate::engine::together::Together;
use crate::error::{Kind, Result};

/// Budgets whose charges are looked at in one pass: each has tables of its own meanwhile.
const TOGETHER: usize = 32;

/// How all budgets stand that are not archived, those that want to be looked at first.
///
/// # Errors
/// Kind `Store` where data cannot be read, `Interrupted` where it was given up.
pub fn standings(engine: &LocalEngine, as_of: Day, cancel: &Cancel) -> Result<Vec<BudgetAnswer>> {
    list(engine, false, as_of, cancel)
}

pub(super) fn list(engine: &LocalEngine, archived: bool, as_of: Day, cancel: &Cancel) -> Result<Vec<BudgetAnswer>> {
    let budgets = kept::budgets(&engine.store().journal());
    engine.remembered().budgets.forget_others(&budgets);
    let wanted: Vec<&Budget> = budgets.iter().filter(|budget| archived || !budget.archived).collect();
    let mut answers = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(TOGETHER) {
        let scanned: Vec<(Sight, Wanted)> = some.iter().filter_map(|budget| scanned(engine, budget, as_of)).collect();
        let requests = scanned.iter().flat_map(|(sight, ahead)| [sight.request()].into_iter().chain(ahead.requests()));
        let together = Together::ask(engine, requests.collect(), cancel)?;
        for budget in some {
            answers.push(answer(&together, budget, as_of, cancel)?);
        }
    }
    answers.sort_by(|a, b| {
        let share = |answer: &BudgetAnswer| answer.share().unwrap_or(0.0);
        let rank = |answer: &BudgetAnswer| (answer.budget.archived, answer.has_ended(), answer.state.rank());
        let by_share = share(b).total_cmp(&share(a));
        rank(a).cmp(&rank(b)).then(by_share).then_with(|| a.budget.name.cmp(&b.budget.name))
    });
    Ok(answers)
}

/// What will be asked about a budget of which nothing is known yet and that no rollup answers.
fn scanned(engine: &LocalEngine, budget: &Budget, as_of: Day) -> Option<(Sight, Wanted)> {
    let generation = engine.store().manifest().generation;
    if engine.remembered().budgets.find(budget, generation, as_of).is_some() {
        return None;
    }
    let sight = Sight::new(engine, budget, as_of).ok()?;
    let ahead = Wanted::new(engine, &sight.bound.scope, (budget.metric, &budget.currency), as_of);
    (!is_kept(engine.store(), &sight.request())).then_some((sight, ahead))
}

fn answer(together: &Together<'_>, budget: &Budget, as_of: Day, cancel: &Cancel) -> Result<BudgetAnswer> {
    match Ground::of(together, budget, as_of, cancel) {
        Ok(ground) => Ok(ground.answer()),
        // One whose filter means nothing any more must not hide the others.
        Err(error) if error.kind == Kind::Usage => {
            let span = current(budget, as_of);
            let base = arithmetic::base(budget, &span);
            let mut answer = Ground::nothing(budget, span, as_of).answer();
            answer.limit = Limit { base, carried: Amount::ZERO, total: base };
            answer.remarks = [error.message].into_iter().chain(error.hints).collect();
            Ok(answer)
        }
        Err(error) => Err(error),
    }
}

/// The lens that a budget looks through, but for its days.
pub(super) fn lens_of(budget: &Budget) -> Lens {
    let (filter, currency) = (budget.scope.clone(), Some(budget.currency.clone()));
    Lens { filter, metric: budget.metric, currency, by: Vec::new(), ..Lens::default() }
}

/// The period of a budget that an answer is about.
fn current(budget: &Budget, as_of: Day) -> Span {
    let first = || budget.every.span(budget.from, 0);
    let days = Period { from: budget.from, to: budget.from.plus(1) };
    arithmetic::spans(budget, as_of).pop().or_else(first).unwrap_or(Span { number: 0, whole: days, period: days })
}

/// Which of a budget's charges are looked at.
struct Sight {
    /// The budget, its scope with definitions.
    bound: Budget,
    span: Span,
    /// Its periods so far.
    spans: Vec<Span>,
    /// The calendar's before the one that runs.
    earlier: Vec<Period>,
    /// The days that any charge is known of.
    data: Option<Period>,
    days: Period,
    /// The charges, whatever their currency.
    any: Lens,
}

impl Sight {
    /// # Errors
    /// Kind `Usage` where the scope means nothing any more.
    fn new(engine: &LocalEngine, budget: &Budget, as_of: Day) -> Result<Sight> {
        let mut bound = budget.clone();
        engine.definitions().bind_filter(&mut bound.scope).map_err(|name| engine.undefined(&name))?;
        let span = current(budget, as_of);
        let earlier = earlier::periods(budget, span.whole);
        // What went over follows from all that came before.
        let since = if budget.rollover == Rollover::None { span.period.from } else { budget.from };
        let first = earlier.first().map_or(span.period.from, |period| period.from).min(since);
        let data = engine.data_days();
        let from = data.map_or(first, |data| first.max(data.from));
        let days = Period { from, to: as_of.plus(1).min(span.period.to).max(from) };
        let any = Lens { currency: None, ..lens_of(&bound) };
        Ok(Sight { bound, span, spans: arithmetic::spans(budget, as_of), earlier, data, days, any })
    }

    fn request(&self) -> Request<'_> {
        request(&self.any, self.days, &concerned::BY, Some(Granularity::Day))
    }
}

/// All that an answer about a budget rests on.
pub(super) struct Ground {
    pub budget: Budget,
    pub as_of: Day,
    pub span: Span,
    pub limit: Limit,
    pub burn: Burn,
    pub ahead: Option<Ahead>,
    pub history: Vec<Past>,
    pub pending: Option<Pending>,
    pub unknown_rows: u64,
    /// What is not in what is foretold, in words.
    pub left_open: Vec<String>,
    remarks: Vec<String>,
}

impl Ground {
    fn nothing(budget: &Budget, span: Span, as_of: Day) -> Ground {
        Ground {
            budget: budget.clone(),
            as_of,
            span,
            limit: Limit { base: Amount::ZERO, carried: Amount::ZERO, total: Amount::ZERO },
            burn: Burn::default(),
            ahead: None,
            history: Vec::new(),
            pending: None,
            unknown_rows: 0,
            left_open: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Of the same charges and on the same day it is found once.
    ///
    /// # Errors
    /// Kind `Usage` where the scope means nothing any more, `Store` where data cannot be read, `Interrupted`.
    pub fn of(together: &Together<'_>, budget: &Budget, as_of: Day, cancel: &Cancel) -> Result<Arc<Ground>> {
        let engine = together.engine();
        let generation = engine.store().manifest().generation;
        let memory = &engine.remembered().budgets;
        if let Some(known) = memory.find(budget, generation, as_of) {
            return Ok(known);
        }
        let ground = Arc::new(Ground::new(together, budget, as_of, cancel)?);
        memory.keep(generation, &ground);
        Ok(ground)
    }

    fn new(together: &Together<'_>, budget: &Budget, as_of: Day, cancel: &Cancel) -> Result<Ground> {
        let engine = together.engine();
        let sight = Sight::new(engine, budget, as_of)?;
        let table = together.table(&sight.request(), cancel)?;
        let costs = Costs::new(&table, &budget.currency, sight.days, sight.data);
        let Sight { bound, span, spans, earlier, any, .. } = sight;
        let freshness = admitted(engine.freshness(as_of), &any);
        let arrivals = Arrivals::of_those(engine, &any.filter, &freshness, as_of);
        // Nobody is waited for whom the budget has no charge of.
        let arrivals = concerned::of_table(&arrivals, (&freshness, as_of), &table, Some(&budget.currency));
        // Of days that are not over nothing is late.
        let over = Period { to: span.period.to.min(as_of).max(span.period.from), ..span.period };
        let pending = arrivals.of(over);
        let foretold = ahead::foretold(together, &bound, span.period, as_of, cancel)?;
        let known = Known { budget, costs: &costs, arrivals: &arrivals, foretold: foretold.as_deref(), as_of };
        let limits = arithmetic::limits(budget, &spans, &known.came(&spans));
        let fallback = arithmetic::base(budget, &span);
        let limit = limits.last().copied().unwrap_or(Limit { base: fallback, carried: Amount::ZERO, total: fallback });
        let usual = foretold.as_ref().map(|told| told.usual.clone()).unwrap_or_default();
        let is_final = as_of >= span.period.to && known.is_settled(span.period);
        let burn = Burn { is_final, ..costs.burn(span.period, pending.as_ref(), &usual, as_of) };
        let before = |days: Period| costs.sum(days).unwrap_or_default();
        let ahead = foretold.as_deref().and_then(|told| ahead::of(told, span.period, before));
        let left_open = foretold.as_deref().map(|told| told.left_open(span.period)).unwrap_or_default();
        let history = known.history(&earlier, (&spans, &limits));
        let mut ground = Ground {
            limit,
            burn,
            ahead,
            history,
            pending,
            unknown_rows: costs.unknown(span.period),
            left_open,
            ..Ground::nothing(budget, span, as_of)
        };
        ground.remarks = ground.remarks(&costs, freshness.is_empty());
        Ok(ground)
    }

    /// The answer.
    pub fn answer(&self) -> BudgetAnswer {
        let path = self.ahead.as_ref().map(|ahead| ahead.path.as_slice()).unwrap_or_default();
        let (period, limit) = (self.span.period, self.limit);
        let standing = arithmetic::standing(&self.budget, (period, limit.total), &self.burn, path, self.as_of);
        let end = self.ahead.as_ref().and_then(|ahead| {
            let end = (&ahead.path.last()?.1).into();
            Some(Foreseen { end, words: ahead.words.clone() })
        });
        BudgetAnswer {
            budget: self.budget.clone(),
            as_of: self.as_of,
            period,
            whole: self.span.whole,
            limit,
            spent: standing.spent,
            left: standing.spent.map(|spent| limit.total - spent),
            pace: standing.pace,
            forecast: end,
            state: standing.state,
            thresholds: standing.thresholds,
            history: self.history.clone(),
            pending: self.pending.clone(),
            unknown_rows: self.unknown_rows,
            remarks: self.remarks.clone(),
        }
    }
}
