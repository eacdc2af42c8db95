//! `spendtop budget`: limits for what charges cost, from flags and files to the store and back.

pub mod args;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use self::args::{BudgetArgs, BudgetCommand, BudgetFlags, ListArgs, SimulateArgs};
use super::args::FormatArgs;
use super::query::style;
use super::run::Context;
use super::wiring;
use crate::config::budgets::{self as file, Beside, Difference};
use crate::domain::budget::{self, Budget, Cycle, Thresholds};
use crate::domain::filter::Filter;
use crate::domain::money::Amount;
use crate::domain::scenario::Scenario;
use crate::domain::text::{SafeText, Untrusted};
use crate::domain::words::counted;
use crate::engine::answer::BudgetsAnswer;
use crate::engine::budgets::{Asked, BudgetCommand as Change, BudgetOutcome, Was, kept};
use crate::engine::{Answer, Cancel, Command, Engine, Outcome, Question};
use crate::error::{Error, Kind, Result};
use crate::report;

/// Bytes of a file of budgets at most.
const FILE_MAX: u64 = 1 << 20;

/// Runs `budget`; returns the exit code.
///
/// # Errors
/// Where the store or the output fails, flags or a file cannot be understood, or there is no such budget.
pub fn run(context: &mut Context<'_, '_>, args: &BudgetArgs) -> Result<u8> {
    match &args.command {
        None => list(context, &ListArgs::default()),
        Some(BudgetCommand::List(args)) => list(context, args),
        Some(BudgetCommand::Show { name, demo, format }) => show(context, name, *demo, format),
        Some(BudgetCommand::Add { name, of }) => {
            let Some(amount) = of.amount else {
                return Err(Error::usage("a budget needs `--amount`").hint("like --amount 50000, or --amount 50k"));
            };
            let flags = flags(context, of)?;
            let engine = wiring::engine(context, false)?;
            let budget = flags(fresh(context, &*engine, name, amount, of)?);
            keep(context, &*engine, budget, Was::New, "made")
        }
        Some(BudgetCommand::Edit { name, to, of }) => {
            let flags = flags(context, of)?;
            let engine = wiring::engine(context, false)?;
            let before = find(context, &*engine, name)?;
            let was = Was::Seen(Box::new(before.clone()));
            let name = to.as_deref().map_or(before.name.clone(), Untrusted::from);
            keep(context, &*engine, Budget { name, ..flags(before) }, was, "changed")
        }
        Some(BudgetCommand::Clone { name, to, of }) => {
            let flags = flags(context, of)?;
            let engine = wiring::engine(context, false)?;
            let like = find(context, &*engine, name)?;
            keep(context, &*engine, Budget { name: to.as_str().into(), ..flags(like) }, Was::New, "made")
        }
        Some(BudgetCommand::Archive { name, undo }) => {
            let engine = wiring::engine(context, false)?;
            let before = find(context, &*engine, name)?;
            let was = Was::Seen(Box::new(before.clone()));
            let what = if *undo { "took back" } else { "archived" };
            keep(context, &*engine, Budget { archived: !undo, ..before }, was, what)
        }
        Some(BudgetCommand::Rm { name }) => {
            let engine = wiring::engine(context, false)?;
            let outcome = command(&*engine, Change::Remove { name: name.clone() })?;
            let BudgetOutcome::Removed(gone) = outcome else { return Err(odd(&outcome)) };
            context.streams.print(&format!("removed budget {}\n", line(&gone)))?;
            Ok(0)
        }
        Some(BudgetCommand::Suggest { add, demo, format }) => suggest(context, *add, *demo, format),
        Some(BudgetCommand::Apply { file, dry_run, prune }) => apply(context, file, *dry_run, *prune),
        Some(BudgetCommand::Export) => {
            let engine = wiring::engine(context, false)?;
            let text = file::print(&all(context, &*engine)?);
            context.streams.print(&text)?;
            Ok(0)
        }
        Some(BudgetCommand::Simulate(args)) => simulate(context, args),
        Some(BudgetCommand::Scenarios { rm, format }) => scenarios(context, rm.as_deref(), format),
    }
}

fn odd(outcome: &impl std::fmt::Debug) -> Error {
    Error::bug(format!("the engine did or answered something else: {outcome:?}"))
}

fn ask(context: &Context<'_, '_>, engine: &dyn Engine, asked: Asked) -> Result<BudgetsAnswer> {
    match engine.ask(&Question::Budgets(asked), context.as_of, &Cancel::default())? {
        Answer::Budgets(answer) => Ok(*answer),
        other => Err(odd(&other)),
    }
}

fn command(engine: &dyn Engine, change: Change) -> Result<BudgetOutcome> {
    match engine.command(&Command::Budget(change))? {
        Outcome::Budget(outcome) => Ok(outcome),
        other => Err(odd(&other)),
    }
}

fn all(context: &Context<'_, '_>, engine: &dyn Engine) -> Result<Vec<Budget>> {
    match ask(context, engine, Asked::Kept)? {
        BudgetsAnswer::Kept(budgets) => Ok(budgets),
        other => Err(odd(&other)),
    }
}

fn find(context: &Context<'_, '_>, engine: &dyn Engine, name: &str) -> Result<Budget> {
    let all = all(context, engine)?;
    let found = all.iter().find(|budget| budget.name.raw() == name.trim());
    found.cloned().ok_or_else(|| kept::unknown("budget", name, all.iter().map(|budget| budget.name.raw())))
}

fn line(budget: &Budget) -> String {
    let scope = SafeText::from_outside(&budget.scope.to_string());
    let scope = if scope.is_empty() { "all charges".to_owned() } else { scope.into_string() };
    format!("{}: {}, {scope}", budget.name.safe(), budget.limit_words())
}

/// What the flags make of a budget.
fn flags<'f>(context: &Context<'_, '_>, flags: &'f BudgetFlags) -> Result<impl Fn(Budget) -> Budget + use<'f>> {
    let scope =
        flags.filter.as_deref().map(|text| Filter::parse(text, &context.config.own_dimensions())).transpose()?;
    let list = |text: &Option<String>| text.as_deref().map(budget::parse_thresholds).transpose().map_err(Error::usage);
    let (actual, forecast) = (list(&flags.actual)?, list(&flags.forecast)?);
    Ok(move |before: Budget| {
        let before = match flags.every {
            Some(every) => before.with_periods(every),
            None => before,
        };
        let text = |text: &Option<String>, before: Untrusted| text.as_deref().map_or(before, Untrusted::from);
        Budget {
            name: before.name,
            scope: scope.clone().unwrap_or(before.scope),
            metric: flags.metric.unwrap_or(before.metric),
            currency: flags.currency.clone().unwrap_or(before.currency),
            amount: flags.amount.unwrap_or(before.amount),
            every: before.every,
            from: flags.from.unwrap_or(before.from),
            growth: flags.growth.unwrap_or(before.growth),
            rollover: flags.rollover.unwrap_or(before.rollover),
            thresholds: Thresholds {
                actual: actual.clone().unwrap_or(before.thresholds.actual),
                forecast: forecast.clone().unwrap_or(before.thresholds.forecast),
            },
            owner: text(&flags.owner, before.owner),
            note: text(&flags.note, before.note),
            archived: before.archived,
        }
    })
}

/// A new budget, before flags say more of it.
fn fresh(
    context: &Context<'_, '_>,
    engine: &dyn Engine,
    name: &str,
    amount: Amount,
    flags: &BudgetFlags,
) -> Result<Budget> {
    let currency = match flags.currency.clone().or_else(|| context.config.lens.currency.clone()) {
        Some(currency) => currency,
        None => match engine.extent()?.currencies.as_slice() {
            [] => "USD".to_owned(),
            [one] => one.clone(),
            several => {
                let several: Vec<String> =
                    several.iter().map(|code| SafeText::from_outside(code).into_string()).collect();
                return Err(Error::usage(format!(
                    "the data has costs in {}: which is the limit in?",
                    several.join(", ")
                ))
                .hint(format!("add --currency {}", several[0])));
            }
        },
    };
    let every = flags.every.unwrap_or(Cycle::Month);
    let from = every.period_of(context.as_of).map_or(context.as_of, |period| period.from);
    Ok(Budget::plain(name, amount, &currency, every, from))
}

fn keep(context: &mut Context<'_, '_>, engine: &dyn Engine, budget: Budget, was: Was, what: &str) -> Result<u8> {
    let budget = Box::new(budget.checked().map_err(Error::usage)?);
    let outcome = command(engine, Change::Keep { budget, was })?;
    let BudgetOutcome::Kept { budget, before, meanwhile } = outcome else { return Err(odd(&outcome)) };
    context.streams.print(&format!("{what} budget {}\n", line(&budget)))?;
    for change in before.iter().flat_map(|before| file::changes(before, &budget)) {
        context.streams.print(&format!("  {change}\n"))?;
    }
    if let Some(meanwhile) = meanwhile {
        context.streams.note(&meanwhile, &[])?;
    }
    Ok(0)
}

fn list(context: &mut Context<'_, '_>, args: &ListArgs) -> Result<u8> {
    let engine = wiring::engine(context, args.demo)?;
    let answer = ask(context, &*engine, Asked::List { archived: args.archived })?;
    let BudgetsAnswer::List(budgets) = answer else { return Err(odd(&answer)) };
    if budgets.is_empty() {
        let hints = [
            "`spendtop budget suggest` offers some, by what earlier months cost",
            "`spendtop budget add NAME --amount 50000` makes one",
        ];
        context.streams.note("there are no budgets yet", &hints)?;
    }
    let style = style(&args.format, context.streams);
    report::budgets(&budgets, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    let grave = |rank: u8| budgets.iter().any(|one| !one.is_history() && one.state.rank() <= rank);
    Ok(u8::from(args.fail_on.is_some_and(|state| grave(state.rank()))))
}

fn show(context: &mut Context<'_, '_>, name: &str, demo: bool, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, demo)?;
    let answer = ask(context, &*engine, Asked::Detail { name: name.to_owned() })?;
    let BudgetsAnswer::Detail(detail) = answer else { return Err(odd(&answer)) };
    let style = style(format, context.streams);
    report::budget(&detail, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn suggest(context: &mut Context<'_, '_>, add: bool, demo: bool, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, demo)?;
    let answer = ask(context, &*engine, Asked::Suggest)?;
    let BudgetsAnswer::Suggested(found) = answer else { return Err(odd(&answer)) };
    if found.is_empty() {
        let hint = "it takes a week of charges that no budget is for yet";
        context.streams.note("nothing to suggest", &[hint])?;
    }
    if add {
        let keep: Vec<Budget> = found.into_iter().map(|one| one.budget).collect();
        let lines: Vec<String> = keep.iter().map(line).collect();
        command(&*engine, Change::Apply { keep, remove: Vec::new() })?;
        lines.iter().try_for_each(|line| context.streams.print(&format!("made budget {line}\n")))?;
        return Ok(0);
    }
    let style = style(format, context.streams);
    report::suggestions(&found, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}

fn apply(context: &mut Context<'_, '_>, path: &Path, dry_run: bool, prune: bool) -> Result<u8> {
    let text = read(path)?;
    let named = if path == Path::new("-") { "standard input".to_owned() } else { SafeText::path(path).into_string() };
    let engine = wiring::engine(context, false)?;
    let kept = all(context, &*engine)?;
    let own = context.config.own_dimensions();
    let written = file::parse(&text, &named, &Beside { own: &own, kept: &kept, as_of: context.as_of })?;
    if prune && written.is_empty() && !kept.is_empty() {
        // What writes the file may have failed before this: nobody means all of them.
        let all = counted(kept.len() as u64, "budget", "budgets");
        let text = format!("`{named}` has no budgets: --prune would remove all {all}");
        return Err(Error::usage(text).hint("`spendtop budget rm NAME` removes one"));
    }
    let difference = Difference::of(&kept, &written);
    let remove: Vec<String> =
        difference.missing.iter().filter(|_| prune).map(|budget| budget.name.raw().to_owned()).collect();
    context.streams.print(&said(&difference, prune, dry_run))?;
    let keep: Vec<Budget> =
        difference.added.into_iter().chain(difference.changed.into_iter().map(|(_, after)| after)).collect();
    let changes = !(keep.is_empty() && remove.is_empty());
    if changes && !dry_run {
        command(&*engine, Change::Apply { keep, remove })?;
    }
    Ok(0)
}

/// What a file changes, a line each.
fn said(difference: &Difference, prune: bool, dry_run: bool) -> String {
    let mut out = String::new();
    for budget in &difference.added {
        out += &format!("+ {}\n", line(budget));
    }
    for (before, after) in &difference.changed {
        out += &format!("~ {}\n", after.name.safe());
        file::changes(before, after).iter().for_each(|change| out += &format!("    {change}\n"));
    }
    for budget in difference.missing.iter().filter(|_| prune) {
        out += &format!("- {}\n", line(budget));
    }
    let removed = if prune { difference.missing.len() } else { 0 };
    let (added, changed) = (difference.added.len(), difference.changed.len());
    let would = if dry_run { "would be " } else { "" };
    out += &format!(
        "{added} {would}added, {changed} {would}changed, {removed} {would}removed, {} unchanged\n",
        difference.same
    );
    if !prune && !difference.missing.is_empty() {
        let kept = counted(difference.missing.len() as u64, "budget is", "budgets are");
        out += &format!("{kept} not in the file: left alone (--prune removes)\n");
    }
    out
}

fn read(path: &Path) -> Result<String> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(FILE_MAX + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_string(&mut text))
    };
    read.map_err(|e| Error::io(Kind::Usage, "read", path, &e))?;
    if text.len() as u64 > FILE_MAX {
        return Err(Error::usage(format!("`{}` is too large for a file of budgets", SafeText::path(path))));
    }
    Ok(text)
}

fn simulate(context: &mut Context<'_, '_>, args: &SimulateArgs) -> Result<u8> {
    let engine = wiring::engine(context, args.demo)?;
    let mut changes = match &args.scenario {
        Some(name) => scenario(context, &engine, name)?.changes,
        None => Vec::new(),
    };
    changes.extend(args.changes.iter().cloned());
    crate::domain::scenario::few(&changes)
        .map_err(|why| Error::usage(why).hint("`spendtop budget simulate --help` shows what a --change can be"))?;
    let answer = ask(context, &*engine, Asked::Simulate { name: args.name.clone(), changes })?;
    let BudgetsAnswer::Simulated(simulation) = answer else { return Err(odd(&answer)) };
    let style = style(&args.format, context.streams);
    report::simulation(&simulation, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    if let Some(name) = &args.save {
        let changes = simulation.changes.into_iter().map(|(change, _)| change).collect();
        let outcome = command(&*engine, Change::KeepScenario(Scenario { name: name.as_str().into(), changes }))?;
        let BudgetOutcome::ScenarioKept { scenario, before } = outcome else { return Err(odd(&outcome)) };
        let what = if before.is_some() { "replaced" } else { "kept as" };
        context.streams.note(&format!("{what} scenario {}", scenario.name.safe()), &[])?;
    }
    Ok(0)
}

fn scenario(context: &Context<'_, '_>, engine: &Arc<dyn Engine>, name: &str) -> Result<Scenario> {
    let answer = ask(context, &**engine, Asked::Scenarios)?;
    let BudgetsAnswer::Scenarios(all) = answer else { return Err(odd(&answer)) };
    let found = all.iter().find(|scenario| scenario.name.raw() == name.trim());
    found.cloned().ok_or_else(|| kept::unknown("scenario", name, all.iter().map(|scenario| scenario.name.raw())))
}

fn scenarios(context: &mut Context<'_, '_>, rm: Option<&str>, format: &FormatArgs) -> Result<u8> {
    let engine = wiring::engine(context, false)?;
    if let Some(name) = rm {
        let outcome = command(&*engine, Change::RemoveScenario { name: name.to_owned() })?;
        let BudgetOutcome::ScenarioRemoved(gone) = outcome else { return Err(odd(&outcome)) };
        context.streams.print(&format!("removed scenario {}\n", gone.name.safe()))?;
        return Ok(0);
    }
    let answer = ask(context, &*engine, Asked::Scenarios)?;
    let BudgetsAnswer::Scenarios(all) = answer else { return Err(odd(&answer)) };
    if all.is_empty() {
        context.streams.note(
            "there are no scenarios yet",
            &["`spendtop budget simulate NAME --change ... --save NAME` keeps one"],
        )?;
    }
    let style = style(format, context.streams);
    report::scenarios(&all, style, context.streams.out).map_err(|e| context.streams.failed(&e))?;
    Ok(0)
}
