//! Cost Management against servers on this machine: good ones, and one that misbehaves on purpose.

mod checks;
mod faults;
mod fetching;
mod logins;
mod published;
mod server;

use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::{ExitStatus, Output};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::server::{Reply, Request, Server};
use super::{CostManagement, Limits, Login, Settings, connect_with};
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::{Day, Month, Period};
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::provider::remote::call::Unwatched;
use crate::provider::remote::pace::Pace;
use crate::provider::remote::{Ask, Brought, Call, Costs, Fault, Halt, Manner, Meter, Unit};
use crate::provider::{Problem, Sink, Stop};

/// A token that must never be shown.
const TOKEN: &str = "canary-token-5b1f";

/// The management group that most tests ask.
const TOP: &str = "/providers/Microsoft.Management/managementGroups/top";

/// An Azure CLI that answers what it is told.
#[derive(Debug)]
struct Cli {
    status: i32,
    out: String,
    error: String,
}

impl azure_identity::Executor for Cli {
    fn run<'life0, 'life1, 'life2, 'life3, 'async_trait>(
        &'life0 self,
        _: &'life1 OsStr,
        _: &'life2 [&'life3 OsStr],
    ) -> Pin<Box<dyn Future<Output = io::Result<Output>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        'life3: 'async_trait,
        Self: 'async_trait,
    {
        let output = Output {
            status: ExitStatus::from_raw(self.status << 8),
            stdout: self.out.clone().into_bytes(),
            stderr: self.error.clone().into_bytes(),
        };
        Box::pin(std::future::ready(Ok(output)))
    }
}

/// A CLI that is logged in.
fn logged_in() -> Arc<Cli> {
    let out = format!(r#"{{"accessToken":"{TOKEN}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
    Arc::new(Cli { status: 0, out, error: String::new() })
}

/// Counts what is metered, against a cap of QPU.
struct Counted {
    qpu: AtomicU64,
    requests: AtomicU64,
    cap: u64,
}

impl Meter for Counted {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        let counter = if unit == Unit::MilliQpu { &self.qpu } else { &self.requests };
        if unit == Unit::MilliQpu && counter.load(Ordering::Relaxed) + amount > self.cap {
            return Err(Fault::new(crate::provider::remote::FaultKind::Capped, "the cap is reached"));
        }
        counter.fetch_add(amount, Ordering::Relaxed);
        Ok(())
    }

    fn give_back(&self, _: Unit, amount: u64) {
        self.qpu.fetch_sub(amount, Ordering::Relaxed);
    }

    fn left(&self, _: Unit) -> Option<u64> {
        None
    }
}

/// What is needed to make calls.
struct Bench {
    runtime: tokio::runtime::Runtime,
    meter: Arc<Counted>,
    cancel: CancellationToken,
}

impl Bench {
    fn new() -> Bench {
        Bench::capped(u64::MAX)
    }

    fn capped(cap: u64) -> Bench {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let meter = Counted { qpu: AtomicU64::new(0), requests: AtomicU64::new(0), cap };
        Bench { runtime: runtime.expect("runtime"), meter: Arc::new(meter), cancel: CancellationToken::new() }
    }

    fn call(&self) -> Call {
        let ms = Duration::from_millis;
        Call {
            runtime: self.runtime.handle().clone(),
            cancel: self.cancel.clone(),
            pace: Pace {
                tries: 3,
                first: ms(1),
                longest: ms(2),
                patience: ms(50),
                try_within: ms(300),
                ..Pace::default()
            },
            meter: Arc::clone(&self.meter) as Arc<dyn Meter>,
            watch: Arc::new(Unwatched),
            now: Day::from_ymd(2026, 11, 22).expect("a day").seconds(),
        }
    }

    fn fetch(&self, costs: &CostManagement, feed: &str) -> (Result<Brought, Halt>, Kept) {
        let kept = Kept::default();
        let ask = ask(costs, feed, Month::new(2024, 1).period());
        (costs.fetch(&ask, &self.call(), &kept), kept)
    }
}

fn ask(costs: &CostManagement, feed: &str, days: Period) -> Ask {
    let Manner::Days(feeds) = costs.manner() else { panic!("Cost Management answers for days") };
    let feed = feeds.into_iter().find(|f| f.name == feed).expect("the feed");
    Ask::Days { feed, days }
}

/// Settings for a server, without a pace of our own.
fn settings(server: &Server, scope: &str) -> Settings {
    let plenty = [("QueriesPer10Sec", Duration::from_secs(10), u64::MAX / 4); 3];
    Settings {
        login: Login::AzureCli,
        endpoint: server.url.clone(),
        authority: server.url.clone(),
        limits: Limits { tenant: plenty, scope: (Duration::from_secs(60), 1_000_000), ..Limits::default() },
        ..Settings::new("azure.main", vec![scope.to_owned()])
    }
}

/// The one scope of settings.
fn costs(settings: &Settings) -> CostManagement {
    let mut all = connect_with(settings, logged_in(), |_| None).expect("connected");
    all.remove(0)
}

/// Keeps the charges as lines: day, account, service, region, currency, billed and effective cost.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Kept {
    fn lines(&self) -> Vec<String> {
        let mut lines = self.0.lock().expect("lock").clone();
        lines.sort();
        lines
    }
}

impl Sink for Kept {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        assert!(batch.is_whole());
        for (at, row) in batch.rows.iter().enumerate() {
            let text = |column| batch.profile_text(row.profile, column).to_owned();
            let cost = |column: Quantity| {
                let value = batch.quantities[column.index()].get(at);
                value.map_or("?".to_owned(), |value| value.to_string())
            };
            let words = [
                batch.windows[row.window as usize].day.to_string(),
                text(Profile::BillingAccountId),
                text(Profile::SubAccountName),
                text(Profile::ServiceName),
                text(Profile::RegionId),
                text(Profile::Tags),
                batch.terms_text(row.terms, Terms::Currency).to_owned(),
                cost(Quantity::Billed),
                cost(Quantity::Effective),
            ];
            self.0.lock().expect("lock").push(words.join("|"));
        }
        Ok(())
    }

    fn problem(&self, problem: Problem) {
        panic!("{problem:?}");
    }

    fn progress(&self, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

/// An answer with these rows: cost, day, subscription, service, currency.
fn rows(rows: &str) -> Reply {
    let columns = ["Cost", "UsageDate", "SubscriptionId", "ServiceName", "Currency"];
    let columns = columns.map(|name| format!(r#"{{"name":"{name}","type":"String"}}"#)).join(",");
    Reply::json(200, &format!(r#"{{"properties":{{"nextLink":null,"columns":[{columns}],"rows":[{rows}]}}}}"#))
}

/// What the directory answers; `None` for a query.
fn directory(request: &Request) -> Option<Reply> {
    let list = r#"{"value":[{"subscriptionId":"00000000-0000-0000-0000-00000000000A","displayName":"Shop","state":"Enabled"}]}"#;
    let one = r#"{"subscriptionId":"s1","displayName":"Shop","state":"Enabled","subscriptionPolicies":{"quotaId":"PayAsYouGo_2014-09-01"}}"#;
    let billing = r#"{"properties":{"billingAccountId":"/providers/Microsoft.Billing/billingAccounts/7","billingAccountDisplayName":"Us"}}"#;
    let path = request.target.split('?').next().unwrap_or_default();
    match path {
        "/subscriptions" => Some(Reply::json(200, list)),
        _ if path.ends_with("billingProperty/default") => Some(Reply::json(200, billing)),
        _ if path.starts_with("/subscriptions/") && request.method == "GET" => Some(Reply::json(200, one)),
        _ => None,
    }
}
