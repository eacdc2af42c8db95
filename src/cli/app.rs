//! Opens the app: on the store where there is one, else on the demo.
//!
//! Knows nothing of the screen but how to start it.

use std::sync::{Arc, OnceLock};

use super::args::DemoArgs;
use super::run::Context;
use super::wiring;
use crate::config::{Config, Settle};
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::engine::local::LocalEngine;
use crate::engine::{Answer, Cancel, Engine, Extent, Question};
use crate::error::{Error, Result};
use crate::store::{Store, folder};
use crate::tui;

const DEMO_BANNER: &str = "Demo: a made-up company, nothing of yours. `spendtop import FILE` reads your bill.";

/// `spendtop` alone: the app on the store, or on the demo while there is no store.
///
/// # Errors
/// Where the store cannot be opened or there is no terminal.
pub fn run(context: &mut Context<'_, '_>) -> Result<u8> {
    let place = context.data_dir()?;
    if !folder::exists(&place) {
        return generated(context, context.config.demo.seed);
    }
    let store = wiring::open_store(context, &place)?;
    if store.manifest().imports.is_empty() {
        drop(store);
        return generated(context, context.config.demo.seed);
    }
    over(context, store)
}

/// `spendtop demo`: the app on a generated company, in memory, or kept where `--data-dir` says.
///
/// # Errors
/// Where there is no terminal, or the folder holds somebody's real bill.
pub fn demo(context: &mut Context<'_, '_>, args: &DemoArgs) -> Result<u8> {
    let seed = args.seed.unwrap_or(context.config.demo.seed);
    let Some(place) = context.global.data_dir.clone() else { return generated(context, seed) };
    let store = wiring::open_store(context, &place)?;
    if !store.manifest().imports.is_empty() && !wiring::is_demo(&store) {
        return Err(Error::usage("the store in --data-dir holds real charges: the demo is not mixed with them")
            .hint("leave --data-dir away, or name an empty folder"));
    }
    wiring::fill_with_demo(&store, seed, context.as_of)?;
    over(context, store)
}

fn over(context: &mut Context<'_, '_>, store: Store) -> Result<u8> {
    let demo = wiring::is_demo(&store);
    let extent = store.manifest().extent();
    let (as_of, stale) = shown_day(context, extent.map(|(_, last)| last));
    let engine = LocalEngine::new(Arc::new(store), context.config.settle, demo);
    let banner = match (demo, stale) {
        (true, _) => Some(DEMO_BANNER.to_owned()),
        (false, true) => Some(format!(
            "The newest charges are of {as_of}: everything is shown as of that day. `spendtop import FILE` brings newer ones."
        )),
        (false, false) => None,
    };
    start(context, as_of, banner, Arc::new(engine))
}

/// The day to show: today, or the data's last day where this month and the last have none.
fn shown_day(context: &Context<'_, '_>, last: Option<Day>) -> (Day, bool) {
    match last {
        Some(last) if context.global.as_of.is_none() && last < context.as_of.month().plus(-1).first() => (last, true),
        _ => (context.as_of, false),
    }
}

fn generated(context: &mut Context<'_, '_>, seed: u64) -> Result<u8> {
    let as_of = context.as_of;
    let engine = DemoEngine { config: context.config.clone(), seed, as_of, made: OnceLock::new() };
    start(context, as_of, Some(DEMO_BANNER.to_owned()), Arc::new(engine))
}

fn start(context: &mut Context<'_, '_>, as_of: Day, banner: Option<String>, engine: Arc<dyn Engine>) -> Result<u8> {
    let lens = context.config.lens(&[Dimension::Provider]);
    let options = tui::Options { as_of, lens, env: tui::Env::read(), banner };
    tui::run(&options, engine)
}

/// The generated company, made when the first question comes: the first frame does not wait.
struct DemoEngine {
    config: Config,
    seed: u64,
    as_of: Day,
    made: OnceLock<Result<LocalEngine>>,
}

impl DemoEngine {
    fn engine(&self) -> Result<&LocalEngine> {
        let make = || -> Result<LocalEngine> {
            let store = Store::in_memory(&self.config.tags.keys);
            wiring::fill_with_demo(&store, self.seed, self.as_of)?;
            let settle: Settle = self.config.settle;
            Ok(LocalEngine::new(Arc::new(store), settle, true))
        };
        self.made.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

impl Engine for DemoEngine {
    fn ask(&self, question: &Question, as_of: Day, cancel: &Cancel) -> Result<Answer> {
        self.engine()?.ask(question, as_of, cancel)
    }

    fn extent(&self) -> Result<Extent> {
        self.engine()?.extent()
    }
}
