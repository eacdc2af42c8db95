//! The process that owns the store: it has the lock and the store open, and serves others.
//!
//! Knows nothing of who attaches; [`super::service`] does.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::address;
use super::message::{About, Settings};
use super::service::Service;
use crate::engine::local::LocalEngine;
use crate::engine::remembered::Remembered;
use crate::error::Result;
use crate::provider::demo;
use crate::store::Store;
use crate::store::folder::Lock;

/// Configs for which what was worked out is remembered.
const REMEMBERED_MAX: usize = 4;

/// Called after each change that the owner made, for itself or for others, by whoever made it.
pub type AfterChange = Arc<dyn Fn(&LocalEngine) + Send + Sync>;

/// What to start, so that it serves a store ([`super::apart::serve`]).
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments, the first of them its name.
    pub words: Vec<OsString>,
}

/// Which store, and how it is used.
#[derive(Clone)]
pub struct Setup {
    /// The store's folder.
    pub place: PathBuf,
    /// A folder for sockets whose path would be too long beside the store.
    pub short: Option<PathBuf>,
    /// Tag keys that a new store has rollups of.
    pub tag_keys: Vec<String>,
    /// What of the config answers depend on.
    pub settings: Settings,
    /// What the owner does after each change: its front page is of what was there before.
    pub after_change: AfterChange,
    /// Called where this process, which has the store open, is done and stays for what others still do
    /// to it.
    pub waits: Arc<dyn Fn() + Send + Sync>,
    /// What opens the store in a process of its own; this process does where `None`.
    pub program: Option<Program>,
}

impl Setup {
    /// Where the store's socket lies.
    #[must_use]
    pub fn socket(&self) -> Option<PathBuf> {
        address::of(&self.place, self.short.as_deref())
    }
}

/// The open store, as the owner's own questions and those of others see it.
pub struct Serving {
    store: Arc<Store>,
    own: Settings,
    after_change: AfterChange,
    /// What was worked out for whose config, the last come first.
    remembered: Mutex<VecDeque<(Settings, Arc<Remembered>)>>,
}

impl Serving {
    /// An engine that answers as its asker's config says.
    #[must_use]
    pub fn engine(&self, settings: &Settings) -> LocalEngine {
        let engine = LocalEngine::new(Arc::clone(&self.store), settings.settle, is_demo(&self.store));
        let engine = engine.with_dimensions(settings.dimensions.clone()).with_lenses(settings.lenses.clone());
        let engine = engine.with_connections(settings.connections.clone()).with_plan(settings.plan.clone());
        engine.with_memory(self.remembered(settings))
    }

    /// What was worked out for those whose answers depend on the same.
    fn remembered(&self, settings: &Settings) -> Arc<Remembered> {
        let mut all = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |known: &Settings| {
            known.settle == settings.settle
                && known.dimensions == settings.dimensions
                && known.connections == settings.connections
        };
        if let Some((_, known)) = all.iter().find(|(known, _)| is_same(known)) {
            return Arc::clone(known);
        }
        all.truncate(REMEMBERED_MAX - 1);
        let fresh = Arc::<Remembered>::default();
        all.push_front((settings.clone(), Arc::clone(&fresh)));
        fresh
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Has the owner do what follows from a change that was made.
    pub fn changed(&self) {
        (self.after_change)(&self.engine(&self.own));
    }

    /// What the store is.
    #[must_use]
    pub fn about(&self) -> About {
        let manifest = self.store.manifest();
        About {
            days: manifest.extent(),
            demo: is_demo(&self.store),
            empty: manifest.imports.is_empty() && manifest.lost.is_empty(),
            notices: self.store.notices_now(),
        }
    }
}

/// Whether a store holds generated charges. It then holds no others: nothing is imported beside them.
#[must_use]
pub fn is_demo(store: &Store) -> bool {
    store.manifest().imports.iter().any(|i| i.source == demo::SOURCE)
}

/// A store that this process owns. Dropping it lets others have it.
pub struct Owner {
    service: Option<Service>,
    serving: Arc<Serving>,
}

impl Owner {
    /// Opens the store whose lock is held, and serves it. Others may knock while it is being opened.
    ///
    /// # Errors
    /// Those of opening the store. That it cannot be served is none: others then say who has it.
    pub fn open(setup: &Setup, lock: Lock) -> Result<Owner> {
        let service = setup.socket().and_then(|path| Service::listen(&path, address::identity(&setup.place)).ok());
        let store = Store::open_locked(&setup.place, &setup.tag_keys, lock)?;
        store.plan_evidence(&setup.settings.dimensions.evidence());
        store.prefer_api(setup.settings.prefers_api);
        let serving = Arc::new(Serving {
            store: Arc::new(store),
            own: setup.settings.clone(),
            after_change: Arc::clone(&setup.after_change),
            remembered: Mutex::default(),
        });
        if let Some(service) = &service {
            service.open(&serving);
        }
        Ok(Owner { service, serving })
    }

    /// The open store.
    #[must_use]
    pub fn serving(&self) -> &Arc<Serving> {
        &self.serving
    }

    /// Serves until nothing has been asked for as long as `linger`, or all have gone, and what follows
    /// from the last of it is done.
    pub fn serve_until_unused(&self, linger: Duration) {
        if let Some(service) = &self.service {
            // Whoever asked last may look at something else, or on another day, than at the last commit.
            service.wait_until_unused(linger, &|| self.serving.changed());
        }
    }

    /// Whether others can reach it.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.service.is_some()
    }

    /// Serves on until what others do to the store is done, `waits` told of it, and then no more.
    pub fn finish(&self, waits: &dyn Fn()) {
        if let Some(service) = &self.service {
            service.finish(waits);
        }
    }

    /// Serves no more: what others ask is answered within a moment or given up.
    pub fn close(&self) {
        if let Some(service) = &self.service {
            service.close();
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::domain::alert::Plan;

    #[test]
    fn what_was_worked_out_is_remembered_for_those_whose_answers_rest_on_the_same() {
        let config = Config::default();
        let own = Settings {
            settle: config.settle,
            dimensions: config.dimensions.clone(),
            lenses: Vec::new(),
            connections: Vec::new(),
            prefers_api: false,
            plan: Plan::default(),
        };
        let serving = Serving {
            store: Arc::new(Store::in_memory(&[])),
            own: own.clone(),
            after_change: Arc::new(|_| {}),
            remembered: Mutex::default(),
        };
        let first = serving.remembered(&own);
        assert!(Arc::ptr_eq(&first, &serving.remembered(&Settings { prefers_api: true, ..own.clone() })));
        let connected = |n: usize| Settings { connections: vec![format!("aws.{n}")], ..own.clone() };
        let other = serving.remembered(&connected(0));
        assert!(!Arc::ptr_eq(&first, &other) && Arc::ptr_eq(&other, &serving.remembered(&connected(0))));
        (1..20).for_each(|n| _ = serving.remembered(&connected(n)));
        assert_eq!(serving.remembered.lock().expect("remembered").len(), REMEMBERED_MAX);
    }
}
