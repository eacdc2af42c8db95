//! Microsoft Azure: costs of subscriptions, management groups and billing scopes, from the Cost Management
//! Query API.
//!
//! | file | what it is |
//! |---|---|
//! | [`scope`] | the paths that costs are asked for |
//! | [`feeds`] | what two group-bys can tell: the base and its facets |
//! | [`credentials`], [`assertion`] | who asks |
//! | [`client`] | the wire |
//! | [`quota`] | how much may be asked at once |
//! | [`refusals`] | what errors mean |
//! | [`page`], [`chains`] | answers read, and the two costs of a charge put together |
//! | [`normalise`], [`super::azure_words`] | what that is in FOCUS |
//! | [`directory`] | names of subscriptions, and who pays |
//! | [`check`] | permissions by name, with the fix |
//!
//! The API is free of charge and metered in query processing units; its data is renewed about every four
//! hours, a month is closed up to 72 hours after its end and may change to the fifth day (Microsoft's
//! pages "Understand Cost Management data" and "Automate with Cost Management"). It tells sums and no line
//! items, no credits and no taxes: an export does, and is preferred where there is one.

pub mod assertion;
pub mod chains;
pub mod check;
pub mod client;
pub mod credentials;
pub mod directory;
pub mod feeds;
pub mod normalise;
pub mod objects;
pub mod page;
pub mod quota;
pub mod refusals;
pub mod scope;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use self::chains::Chains;
use self::client::Client;
pub use self::credentials::Login;
use self::credentials::{Az, Credentials};
use self::directory::Directory;
pub use self::feeds::Facet;
use self::feeds::{DAYS_MAX, Split};
use self::page::{CostKind, body};
pub use self::quota::Limits;
use self::scope::ScopePath;
use super::remote::http::Http;
use super::remote::rows::Days;
use super::remote::{
    Ask, Brought, Call, Check, Costs, Elsewhere, Fault, FaultKind, Feed, Found, Halt, Manner, Scope, Terms,
};
use super::{Sink, SourceId, SourceKind};
use crate::domain::calendar::{Day, Period};

/// The management host of the public cloud.
const ENDPOINT: &str = "https://management.azure.com";

/// A connection to Azure, as configured.
#[derive(Clone)]
pub struct Settings {
    /// Its name, as `azure.main`.
    pub name: String,
    /// The scopes, as [`scope`] reads them. None may be part of another, or its charges would count
    /// twice; whether a subscription is part of a management group only the one who configures it knows.
    pub scopes: Vec<String>,
    /// The billing account of those whose own Azure does not tell, as its exports write it.
    pub billing_account: Option<String>,
    /// How to log in.
    pub login: Login,
    /// The tenant's id or domain; for the Azure CLI the default one where there is none.
    pub tenant: Option<String>,
    /// The application's id; of a managed identity, which one.
    pub client_id: Option<String>,
    /// The management host, for sovereign clouds.
    pub endpoint: String,
    /// Where tokens come from, for sovereign clouds.
    pub authority: String,
    /// Further certificates to trust.
    pub certificate: Option<PathBuf>,
    /// Tag keys, a facet each.
    pub tags: Vec<String>,
    /// Other facets.
    pub facets: Vec<Facet>,
    /// Months of history; the API has 13.
    pub months: u16,
    /// What may be asked at once.
    pub limits: Limits,
}

impl Settings {
    /// A connection to the public cloud, with everything else as it is by default.
    #[must_use]
    pub fn new(name: &str, scopes: Vec<String>) -> Settings {
        Settings {
            name: name.to_owned(),
            scopes,
            billing_account: None,
            login: Login::Detect,
            tenant: None,
            client_id: None,
            endpoint: ENDPOINT.to_owned(),
            authority: "https://login.microsoftonline.com".to_owned(),
            certificate: None,
            tags: Vec::new(),
            facets: vec![Facet::Region, Facet::Charge],
            months: 13,
            limits: Limits::default(),
        }
    }
}

/// The costs of one scope.
pub struct CostManagement {
    scope: Scope,
    path: ScopePath,
    splits: Vec<Split>,
    client: Arc<Client>,
    directory: Arc<Directory>,
}

/// The scopes of a connection, which share its credentials. Nothing is asked yet.
///
/// # Errors
/// [`FaultKind::Refused`] where a setting is wrong.
pub fn connect(settings: &Settings) -> Result<Vec<CostManagement>, Fault> {
    connect_with(settings, Arc::new(Az), |name| std::env::var(name).ok())
}

/// The same with another Azure CLI and another environment.
fn connect_with(
    settings: &Settings,
    az: Arc<dyn azure_identity::Executor>,
    variable: fn(&str) -> Option<String>,
) -> Result<Vec<CostManagement>, Fault> {
    let paths = settings.scopes.iter().map(|text| ScopePath::parse(text)).collect::<Result<Vec<_>, _>>();
    let refused = |wrong: String| Fault::new(FaultKind::Refused, format!("[{}]: {wrong}", settings.name));
    let paths = paths.map_err(refused)?;
    if let Some((part, whole)) = scope::overlap(&paths) {
        return Err(refused(format!("`{}` is part of `{}`", part.path(), whole.path())).hint("name only one of them"));
    }
    let http = Http::new(settings.certificate.as_deref())?;
    let credentials = Arc::new(Credentials::new(settings, http.clone(), az, variable));
    let client = Arc::new(Client::new(http, credentials, &settings.endpoint, settings.limits.clone())?);
    let directory = Arc::new(Directory::new(settings.billing_account.clone()));
    let names: Vec<String> = match paths.as_slice() {
        [_] => vec![settings.name.clone()],
        several => several.iter().map(|path| format!("{}/{}", settings.name, path.name_among(several))).collect(),
    };
    let costs = |(name, path): (String, ScopePath)| CostManagement {
        scope: Scope {
            source: SourceId { name, kind: SourceKind::Api },
            provider: normalise::PROVIDER,
            title: path.title(),
            terms: Terms { request_microdollars: 0, every: 4 * 3_600, settles: 2, months: settings.months.min(13) },
        },
        splits: feeds::splits(path.kind(), &settings.facets, &settings.tags),
        path,
        client: Arc::clone(&client),
        directory: Arc::clone(&directory),
    };
    Ok(names.into_iter().zip(paths).map(costs).collect())
}

impl CostManagement {
    /// The split and the days that an ask means.
    fn asked(&self, ask: &Ask) -> Result<(&Split, Period), Fault> {
        let refused = |why: String| Fault::new(FaultKind::Refused, format!("Cost Management: {why}"));
        let (feed, days): (&Feed, Period) = match ask {
            Ask::Days { feed, days } => (feed, *days),
            Ask::Delivery(_) => return Err(refused("it answers for days and has no deliveries".to_owned())),
        };
        let split = self.splits.iter().find(|split| split.feed.name == feed.name);
        let split = split.ok_or_else(|| refused(format!("no feed `{}`", feed.name)))?;
        if days.days() > i32::from(DAYS_MAX) {
            return Err(refused(format!("{} days at once, at most {DAYS_MAX}", days.days())));
        }
        Ok((split, days))
    }

    /// Reads both chains of a feed's days; the second one's refusal leaves its cost unknown.
    fn chains<'s>(
        &self,
        split: &'s Split,
        days: Period,
        call: &Call,
        brought: &mut Brought,
    ) -> Result<Chains<'s>, Fault> {
        let mut chains = Chains::new(&split.groups, days);
        let (mut is_refused, mut ahead) = (false, 0_i64);
        for (done, kind) in (1..).zip(CostKind::ALL) {
            let asked = body(kind, days, &split.groups);
            let read = call.run(self.client.query(&self.path, &asked, call, |page| chains.take(kind, page)));
            match read {
                Ok(chain) => {
                    brought.pages += chain.pages;
                    ahead = chain.ahead;
                }
                Err(fault) if kind == CostKind::Amortized && fault.kind == FaultKind::Refused => {
                    is_refused = true;
                    note(brought, format!("amortised costs are not told here, EffectiveCost is unknown: {fault}"));
                }
                Err(fault) => return Err(fault),
            }
            call.watch.progress(done, CostKind::ALL.len() as u64);
        }
        if ahead.abs() > refusals::SKEW_MAX {
            note(brought, refusals::skew(ahead));
        }
        match CostKind::ALL.map(|kind| chains.is_silent(kind)) {
            [true, false] => {
                let what = format!("Cost Management tells amortised costs of {} and no actual ones", days.words());
                return Err(Fault::new(FaultKind::Garbled, what)
                    .hint("nothing was changed; it is asked again with the next sync"));
            }
            [true, true] => {
                brought.silent = true;
                note(brought, format!("no cost at all was told of {}", days.words()));
            }
            [false, true] if !is_refused => {
                note(brought, "no amortised cost came with the actual ones: EffectiveCost is unknown".to_owned());
            }
            [false, _] => {}
        }
        Ok(chains)
    }
}

fn note(brought: &mut Brought, note: String) {
    if !brought.notes.contains(&note) {
        brought.notes.push(note);
    }
}

impl Costs for CostManagement {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn manner(&self) -> Manner {
        Manner::Days(self.splits.iter().map(|split| split.feed.clone()).collect())
    }

    fn jointly(&self) -> Option<u8> {
        Some(2)
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Elsewhere::of(Some(self.client.endpoint()), ENDPOINT, "Azure")
    }

    fn look(&self, _: Option<&str>, _: &Call) -> Result<Found, Fault> {
        // Nothing in the API tells which days have changed.
        Ok(Found::Unknown)
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let (split, days) = self.asked(ask)?;
        // What lies ahead has no costs, and the service would shift the period silently.
        let days = days.intersect(Period { from: days.from, to: Day::of_seconds(call.now).plus(1) });
        let mut brought = Brought { covers: self.path.covers().to_owned(), ..Brought::default() };
        if days.days() == 0 {
            return Ok(brought);
        }
        note(&mut brought, "Cost Management tells no credits, no taxes and no support plans".to_owned());
        let (about, notes) = call.run(self.directory.about(&self.client, &self.path, call))?;
        let chains = self.chains(split, days, call, &mut brought)?;
        notes.into_iter().for_each(|text| note(&mut brought, text));
        let mut rows = Days::new(sink, days);
        for told in chains.told() {
            normalise::row(&told, &split.groups, &about, |row| rows.push(row))?;
        }
        brought.rows = rows.finish()?;
        Ok(brought)
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        check::check(self, call)
    }
}
