//! Cost Explorer and Organizations: recorded answers through the SDK, a server that misbehaves, moto, and
//! whole syncs.

mod answers;
mod matrix;
mod moto;
mod server;
mod trust;
mod whole;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spendtop::domain::batch::ChargeBatch;
use spendtop::domain::calendar::{Day, Period};
use spendtop::domain::charge::{Profile, Quantity, Terms};
use spendtop::domain::money::Amount;
use spendtop::provider::aws::{CostExplorer, Settings};
use spendtop::provider::remote::pace::Pace;
use spendtop::provider::remote::{Ask, Brought, Call, Costs, Fault, FaultKind, Feed, Halt, Manner, Meter, Unit, Watch};
use spendtop::provider::{Problem, Sink, Stop};

/// Credentials that must never be seen.
pub const KEY: &str = "AKIACANARYCANARYKEYS";
pub const SECRET: &str = "canarysecretcanarysecretcanarysecret0000";
pub const TOKEN: &str = "canarysessiontokencanarysessiontoken";

/// The 22nd of November 2026, 12:00.
pub const NOW: i64 = 1_795_348_800;

pub fn day(text: &str) -> Day {
    Day::parse(text).expect("day")
}

/// Days of the fixtures.
pub fn days(count: i32) -> Period {
    Period { from: day("2026-11-01"), to: day("2026-11-01").plus(count) }
}

/// Counts what is taken, up to a cap.
#[derive(Default)]
pub struct Counter {
    paid: AtomicI64,
    free: AtomicU64,
    most: Option<i64>,
}

impl Counter {
    pub fn paid(&self) -> i64 {
        self.paid.load(Ordering::Relaxed)
    }
}

impl Meter for Counter {
    fn take(&self, unit: Unit, amount: u64) -> Result<(), Fault> {
        if unit != Unit::PaidRequests {
            self.free.fetch_add(amount, Ordering::Relaxed);
            return Ok(());
        }
        if self.most.is_some_and(|most| self.paid() + amount as i64 > most) {
            return Err(Fault::new(FaultKind::Capped, "the cap is reached"));
        }
        self.paid.fetch_add(amount as i64, Ordering::Relaxed);
        Ok(())
    }

    fn give_back(&self, unit: Unit, amount: u64) {
        assert_eq!(unit, Unit::PaidRequests);
        self.paid.fetch_sub(amount as i64, Ordering::Relaxed);
    }

    fn left(&self, _: Unit) -> Option<u64> {
        None
    }
}

/// Keeps what is told.
#[derive(Default)]
pub struct Listener(Mutex<Vec<String>>);

impl Watch for Listener {
    fn waits(&self, fault: &Fault, wait: Duration) {
        self.0.lock().expect("lock").push(format!("{fault:?} {wait:?}"));
    }

    fn progress(&self, _: u64, _: u64) {}

    fn silent(&self, _: Duration) {}

    fn heard(&self) {}
}

/// Keeps charges as texts.
#[derive(Default, Debug)]
pub struct Kept {
    pub rows: Mutex<Vec<Vec<String>>>,
}

/// Columns that tests look at.
pub const COLUMNS: [Profile; 7] = [
    Profile::BillingAccountId,
    Profile::SubAccountId,
    Profile::SubAccountName,
    Profile::ServiceName,
    Profile::RegionId,
    Profile::SkuId,
    Profile::Tags,
];

impl Kept {
    /// Charges as `day|columns|charge category|billed|effective`, in order.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.rows.lock().expect("lock").iter().map(|row| row.join("|")).collect();
        lines.sort();
        lines
    }

    /// The sums of billed and effective cost.
    pub fn totals(&self) -> [String; 2] {
        let rows = self.rows.lock().expect("lock");
        [2, 1].map(|back| {
            let amounts =
                rows.iter().map(|row| spendtop::domain::money::Decimal::parse(row[row.len() - back].as_bytes()));
            amounts.map(|amount| amount.expect("an amount").amount()).sum::<Amount>().to_string()
        })
    }
}

impl Sink for Kept {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        let mut rows = self.rows.lock().expect("lock");
        for (at, key) in batch.rows.iter().enumerate() {
            let mut row = vec![batch.windows[key.window as usize].day.to_string()];
            row.extend(COLUMNS.map(|column| batch.profile_text(key.profile, column).to_owned()));
            row.push(batch.terms_text(key.terms, Terms::ChargeCategory).to_owned());
            let amount = |quantity: Quantity| batch.quantities[quantity.index()].get(at);
            row.extend(
                [Quantity::Billed, Quantity::Effective].map(|q| amount(q).map_or("n/a".into(), |a| a.to_string())),
            );
            rows.push(row);
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

/// A scope that speaks with a server, as an identity with credentials of its own.
pub struct Bench {
    pub scope: CostExplorer,
    pub call: Call,
    pub meter: Arc<Counter>,
    pub listener: Arc<Listener>,
    _runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new(endpoint: &str, change: impl FnOnce(&mut Settings)) -> Bench {
        let folder = tempfile::tempdir().expect("folder");
        let mut settings = Settings {
            profile: Some("canary".into()),
            files: vec![folder.path().join("credentials")],
            endpoint: Some(endpoint.to_owned()),
            tags: vec!["team".into()],
            apart: Duration::from_millis(1),
            ..Settings::new("aws.test")
        };
        change(&mut settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("runtime");
        let (meter, listener) = (Arc::new(Counter::default()), Arc::new(Listener::default()));
        let call = Call {
            runtime: runtime.handle().clone(),
            cancel: tokio_util::sync::CancellationToken::new(),
            pace: Pace {
                tries: 3,
                first: Duration::from_millis(1),
                longest: Duration::from_millis(2),
                patience: Duration::from_secs(1),
                try_within: Duration::from_secs(20),
                ..Pace::default()
            },
            meter: meter.clone(),
            watch: listener.clone(),
            now: NOW,
        };
        let bench = Bench { scope: CostExplorer::new(settings), call, meter, listener, _runtime: runtime, folder };
        bench.log_in(KEY);
        bench
    }

    /// Writes a key into the profile, as a login does.
    pub fn log_in(&self, key: &str) {
        let text = format!(
            "[canary]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n"
        );
        std::fs::write(self.credentials(), text).expect("credentials");
    }

    pub fn credentials(&self) -> PathBuf {
        self.folder.path().join("credentials")
    }

    pub fn feed(&self, name: &str) -> Feed {
        let Manner::Days(feeds) = self.scope.manner() else { panic!("no days") };
        feeds.into_iter().find(|feed| feed.name == name).expect("a feed of that name")
    }

    pub fn fetch(&self, feed: &str, days: Period) -> Result<(Brought, Kept), Fault> {
        let kept = Kept::default();
        let ask = Ask::Days { feed: self.feed(feed), days };
        match self.scope.fetch(&ask, &self.call, &kept) {
            Ok(brought) => Ok((brought, kept)),
            Err(Halt::Fault(fault)) => Err(fault),
            Err(Halt::Stopped(stop)) => panic!("stopped: {stop:?}"),
        }
    }

    /// That nothing that was told or shown has a secret.
    pub fn assert_silent(&self, shown: &str) {
        let told = self.listener.0.lock().expect("lock").join("\n");
        for secret in [KEY, SECRET, TOKEN] {
            assert!(!told.contains(secret) && !shown.contains(secret), "`{secret}` is seen in: {told} {shown}");
        }
    }
}
