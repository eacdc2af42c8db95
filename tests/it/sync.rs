//! Syncing scopes of a cloud that is made up: what it restates, refuses and delays, day after day, held
//! against what it would answer now.

mod alarms;
mod aside;
mod beside;
mod changes;
mod commands;
mod opinion;
mod paid;
mod pending;
mod shared;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use spendtop::domain::batch::{Facts, Row};
use spendtop::domain::calendar::{DAY_SECONDS, Day};
use spendtop::domain::charge::{Metric, Profile, Quantity, Terms as TermsColumn};
use spendtop::domain::dimension::Dimension;
use spendtop::domain::money::Decimal;
use spendtop::error::{Error, Result};
use spendtop::provider::remote::pace::Pace;
use spendtop::provider::remote::rows::Days;
use spendtop::provider::remote::{
    Ask, Brought, Call, Check, Costs, Fault, FaultKind, Feed, Found, Halt, Manner, Opines, Opinion, Scope, Terms, Unit,
};
use spendtop::provider::{CostSource, Sink, SourceId, SourceKind, Stop};
use spendtop::store::Store;
use spendtop::store::listeners::Listener;
use spendtop::store::remote::Synced;
use spendtop::sync::ingest::{Options, Outcome, Watcher, ingest};
use spendtop::sync::meter::Caps;
use spendtop::sync::overlap;
use spendtop::sync::state::Place;
use spendtop::sync::task::{Connection, Syncer, Vault, Which};
use tokio_util::sync::CancellationToken;

use crate::support::{Random, amount, check_sound, sum};

const HOUR: i64 = 3_600;
const ROWS_A_PAGE: u64 = 50;

/// What a cloud bills: cents by day and service.
type Bill = BTreeMap<Day, BTreeMap<String, i64>>;

/// A scope of a cloud that is made up.
struct Cloud {
    scope: Scope,
    feeds: Vec<Feed>,
    bill: Arc<Mutex<Bill>>,
    /// What the next fetches meet before they succeed.
    faults: Mutex<VecDeque<Fault>>,
    /// Whether it answers without a charge, whatever it bills.
    silent: AtomicBool,
    /// Days of which it tells nothing, whatever it bills.
    mute: Mutex<BTreeSet<Day>>,
    /// Days that changed, one after the other, where it tells that: a mark is how many of them were seen.
    changes: Mutex<Option<Vec<Day>>>,
    denied: Mutex<BTreeSet<String>>,
    pages: AtomicU64,
    /// What it thinks itself.
    opinion: Mutex<Option<Opinion>>,
    looks: AtomicU64,
    /// What breaks on this machine while it is asked.
    breaks: Mutex<Option<Breaks>>,
    /// Done while it is asked.
    meanwhile: Mutex<Option<Meanwhile>>,
    /// The billing account of its charges.
    account: &'static str,
}

type Meanwhile = Box<dyn Fn(&Call) + Send>;

#[derive(Clone)]
enum Breaks {
    Panics,
    Fails(Error),
}

impl Cloud {
    fn new(name: &str, price: u32, bill: &Arc<Mutex<Bill>>) -> Arc<Cloud> {
        Cloud::of_account(name, "1", price, bill)
    }

    fn of_account(name: &str, account: &'static str, price: u32, bill: &Arc<Mutex<Bill>>) -> Arc<Cloud> {
        let feed = |name: &str, tells: &[Dimension]| Feed {
            name: name.into(),
            tells: tells.to_vec(),
            days_max: 31,
            reach: None,
            page_rows: ROWS_A_PAGE as u32,
        };
        Arc::new(Cloud {
            scope: Scope {
                source: SourceId { name: name.into(), kind: SourceKind::Api },
                provider: "AWS",
                title: "made up".into(),
                terms: Terms { request_microdollars: price, every: 8 * 3_600, settles: 2, months: 13 },
            },
            feeds: vec![
                feed(Feed::BASE, &[Dimension::Service]),
                feed("service+region", &[Dimension::Service, Dimension::Region]),
            ],
            bill: Arc::clone(bill),
            faults: Mutex::default(),
            silent: AtomicBool::new(false),
            mute: Mutex::default(),
            changes: Mutex::default(),
            denied: Mutex::default(),
            pages: AtomicU64::new(0),
            opinion: Mutex::default(),
            looks: AtomicU64::new(0),
            breaks: Mutex::default(),
            meanwhile: Mutex::default(),
            account,
        })
    }

    fn page(&self, call: &Call) -> Result<(), Fault> {
        call.meter.take(Unit::PaidRequests, 1)?;
        self.pages.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Costs for Cloud {
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn manner(&self) -> Manner {
        Manner::Days(self.feeds.clone())
    }
    fn look(&self, mark: Option<&str>, _: &Call) -> Result<Found, Fault> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let changes = self.changes.lock().expect("changes");
        let Some(changes) = &*changes else { return Ok(Found::Unknown) };
        let seen: usize = mark.map_or(0, |mark| mark.parse().expect("a mark"));
        Ok(Found::Changed { days: changes[seen..].iter().copied().collect(), mark: changes.len().to_string() })
    }
    fn opines(&self) -> Option<&dyn Opines> {
        self.opinion.lock().expect("opinion").is_some().then_some(self)
    }
    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let Ask::Days { feed, days } = ask else { unreachable!("no deliveries") };
        if let Some(meanwhile) = &*self.meanwhile.lock().expect("meanwhile") {
            meanwhile(call);
        }
        let breaks = self.breaks.lock().expect("breaks").clone();
        match breaks {
            Some(Breaks::Panics) => panic!("an answer nobody thought of"),
            Some(Breaks::Fails(error)) => return Err(Halt::Stopped(Stop::Failed(error))),
            None => {}
        }
        let bill = self.bill.lock().expect("bill").clone();
        let mut rows = Days::new(sink, *days);
        let (mut brought, fault) = (Brought::default(), self.faults.lock().expect("faults").pop_front());
        self.page(call)?;
        if self.silent.load(Ordering::Relaxed) || days.iter().all(|day| self.mute.lock().expect("mute").contains(&day))
        {
            return Ok(Brought { pages: 1, silent: true, ..Brought::default() });
        }
        if self.denied.lock().expect("denied").contains(&feed.name) {
            return Err(Fault::new(FaultKind::Denied, "not allowed").hint("allow it").into());
        }
        for (day, services) in bill.range(days.from..days.to) {
            for (service, cents) in services {
                if brought.rows > 0 && brought.rows % ROWS_A_PAGE == 0 {
                    self.page(call)?;
                }
                // A fault in the middle of what is told: nothing of it may stay.
                if brought.rows == 3
                    && let Some(fault) = &fault
                {
                    return Err(fault.clone().into());
                }
                rows.push(&charge(self.account, *day, service, *cents, !feed.is_base()))?;
                brought.rows += 1;
            }
        }
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        rows.finish()?;
        brought.pages = brought.rows.div_ceil(ROWS_A_PAGE).max(1) as u32;
        Ok(brought)
    }
    fn check(&self, _: &Call) -> Vec<Check> {
        Vec::new()
    }
}

fn charge<'a>(account: &'a str, day: Day, service: &'a str, cents: i64, region: bool) -> Row<'a> {
    let mut profile = [""; Profile::COUNT];
    profile[Profile::Provider.index()] = "AWS";
    profile[Profile::BillingAccountId.index()] = account;
    profile[Profile::ServiceName.index()] = service;
    if region {
        profile[Profile::RegionId.index()] = "us-east-1";
    }
    let mut terms = [""; TermsColumn::COUNT];
    terms[TermsColumn::Currency.index()] = "USD";
    let mut quantities = [None; Quantity::COUNT];
    let cost = Decimal::parse(format!("{cents}e-2").as_bytes()).expect("a decimal");
    quantities[Quantity::Billed.index()] = Some(cost);
    let (start, month) = (day.seconds(), day.month());
    let (billing_start, billing_end) = (month.first(), month.plus(1).first());
    Row { profile, terms, facts: Facts { start, end: start + DAY_SECONDS, billing_start, billing_end, quantities } }
}

/// A store in this process.
pub struct Here(pub Arc<Store>);

impl Vault for Here {
    fn scope(&self, source: &str) -> Result<Synced> {
        Ok(self.0.manifest().scopes.get(source).cloned().unwrap_or_default())
    }
    fn take(&self, source: &mut dyn CostSource, options: &Options, watcher: &dyn Watcher) -> Result<Outcome> {
        ingest(&self.0, source, options, watcher)
    }
    fn settle(&self, configured: &[String]) -> Result<()> {
        overlap::settle(&self.0, configured).map(drop)
    }
}

/// Hears of whatever it listens to.
fn hears() -> (Listener<()>, Receiver<()>) {
    let (told, heard) = std::sync::mpsc::channel();
    let tell = move |()| {
        let _ = told.send(());
    };
    (Arc::new(tell), heard)
}

struct World {
    vault: Arc<Here>,
    time: Arc<AtomicI64>,
    syncer: Syncer,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new(clouds: &[(&Arc<Cloud>, Caps)], begin: &str, place: Option<Place>) -> World {
        World::over(Arc::new(Here(Arc::new(Store::in_memory(&[])))), clouds, day(begin).seconds() + HOUR, place)
    }

    fn over(vault: Arc<Here>, clouds: &[(&Arc<Cloud>, Caps)], at: i64, place: Option<Place>) -> World {
        let time = Arc::new(AtomicI64::new(at));
        let clock = Arc::clone(&time);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let connection = |(cloud, caps): &(&Arc<Cloud>, Caps)| Connection {
            name: cloud.scope.source.name.clone(),
            every: None,
            months: 13,
            caps: *caps,
            accept_partial: false,
            scopes: vec![Arc::clone(cloud) as Arc<dyn Costs>],
        };
        let syncer = Syncer::new(
            Arc::new(clouds.iter().map(connection).collect()),
            Arc::clone(&vault) as Arc<dyn Vault>,
            place,
            Arc::new(move || clock.load(Ordering::Relaxed)),
            runtime.handle().clone(),
            Pace { first: Duration::from_millis(1), ..Pace::default() },
        );
        World { vault, time, syncer, runtime }
    }

    fn now(&self) -> i64 {
        self.time.load(Ordering::Relaxed)
    }

    fn pass(&self) -> spendtop::sync::task::Passed {
        self.syncer.pass(&Which::default(), &CancellationToken::new())
    }

    fn later(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::Relaxed);
    }

    fn store(&self) -> &Store {
        &self.vault.0
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day")
}

fn billed(bill: &Mutex<Bill>) -> String {
    let cents: i64 = bill.lock().expect("bill").values().flat_map(BTreeMap::values).sum();
    amount(&format!("{cents}e-2")).to_string()
}

fn steady(from: &str, to: &str) -> Arc<Mutex<Bill>> {
    let days = spendtop::domain::calendar::Period { from: day(from), to: day(to) };
    let services = |day: Day| (0..4).map(|s| (format!("s{s}"), i64::from(day.0 % 100) + s)).collect();
    Arc::new(Mutex::new(days.iter().map(|day| (day, services(day))).collect()))
}

#[test]
fn four_hundred_days_of_restatements_credits_and_month_ends_lose_and_double_nothing() {
    let mut random = Random::seeded("four hundred days");
    let bill = steady("2025-01-01", "2025-02-02");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2025-02-01", None);
    let (begin, mut steps) = (world.now(), 0);
    while world.now() < begin + 400 * DAY_SECONDS {
        let today = Day::of_seconds(world.now());
        steps += 1;
        {
            let mut bill = bill.lock().expect("bill");
            let service = |random: &mut Random| format!("s{}", random.below(6));
            // Today grows, and the last days are told anew.
            for back in [0, 0, 1, random.below(4) as i32, random.below(9) as i32] {
                let slot = bill.entry(today.plus(-back)).or_default().entry(service(&mut random)).or_default();
                *slot += random.below(5_000) as i64 - 500;
            }
            // A service that was billed by mistake is gone.
            if random.below(10) == 0 {
                bill.entry(today.plus(-(random.below(8) as i32))).or_default().pop_first();
            }
            // Credits, support fees and tax come to the month before, until it is closed.
            if today.number() <= 5 {
                let last = today.month().first().plus(-1 - random.below(25) as i32);
                *bill.entry(last).or_default().entry("credit".into()).or_default() -= random.below(900) as i64;
            }
        }
        if random.below(6) == 0 {
            let kinds = [FaultKind::Throttled, FaultKind::Unavailable, FaultKind::Garbled, FaultKind::NotThere];
            let kind = kinds[random.below(4) as usize];
            cloud.faults.lock().expect("faults").push_back(Fault::new(kind, "made up"));
        }
        world.pass();
        // A lid that was closed for days, a clock that jumped.
        world.later(match random.below(40) {
            0 => 5 * DAY_SECONDS,
            1 => -2 * HOUR,
            2..=9 => 8 * HOUR,
            _ => DAY_SECONDS,
        });
        if steps % 100 == 0 {
            check_sound(world.store());
        }
    }
    cloud.faults.lock().expect("faults").clear();
    for _ in 0..4 {
        world.later(8 * DAY_SECONDS);
        world.pass();
    }
    // What lies before the history that is wanted came while it was of these days.
    assert_eq!(sum(world.store(), "USD", Metric::Billed), billed(&bill));
    let manifest = world.store().manifest();
    let counted: BTreeMap<Day, u64> = manifest.groups.iter().flat_map(|g| &g.parts).flat_map(|p| &p.days).fold(
        BTreeMap::new(),
        |mut days, (day, rows)| {
            *days.entry(*day).or_default() += rows;
            days
        },
    );
    let told: BTreeMap<Day, u64> = bill
        .lock()
        .expect("bill")
        .iter()
        .filter(|(_, services)| !services.is_empty())
        .map(|(day, services)| (*day, services.len() as u64))
        .collect();
    assert_eq!(counted, told);
    check_sound(world.store());
    assert!(!manifest.scopes["aws.prod"].restated.is_empty());
}

#[test]
fn a_fault_keeps_what_is_stored_waits_and_goes_on_at_the_next_good_answer() {
    for kind in [
        FaultKind::NoCredentials,
        FaultKind::Expired,
        FaultKind::Denied,
        FaultKind::Throttled,
        FaultKind::QuotaSpent,
        FaultKind::Unavailable,
        FaultKind::NotThere,
        FaultKind::Refused,
        FaultKind::Garbled,
    ] {
        let bill = steady("2026-10-01", "2026-11-21");
        let cloud = Cloud::new("aws.prod", 0, &bill);
        let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
        assert_eq!(world.pass().failed, 0);
        let before = billed(&bill);
        bill.lock().expect("bill").entry(day("2026-11-20")).or_default().insert("new".into(), 77);
        let fault = Fault::new(kind, "no").wait((kind == FaultKind::Throttled).then_some(Duration::from_secs(7_200)));
        cloud.faults.lock().expect("faults").push_back(fault);
        world.later(8 * HOUR);
        assert_eq!(world.pass().failed, 1, "{kind:?}");
        assert_eq!(sum(world.store(), "USD", Metric::Billed), before, "{kind:?}");
        let standing = world.syncer.state().scopes["aws.prod"].clone();
        assert_eq!((standing.failures, standing.trouble.map(|t| t.kind)), (1, Some(kind)));
        // Not at once, and not before the provider wants it.
        let pages = cloud.pages.load(Ordering::Relaxed);
        assert_eq!(world.pass().asked, 0, "{kind:?}");
        assert_eq!(cloud.pages.load(Ordering::Relaxed), pages);
        // Who asks for it has it tried again, unless the provider wants to be left alone.
        let wish = Which { now: true, ..Which::default() };
        if matches!(kind, FaultKind::Throttled | FaultKind::QuotaSpent) {
            let passed = world.syncer.pass(&wish, &CancellationToken::new());
            assert_eq!((passed.asked, passed.held), (0, vec!["aws.prod".to_owned()]), "{kind:?}");
        }
        let due = world.syncer.next_due(world.now()).expect("due");
        assert!(kind != FaultKind::Throttled || due >= world.now() + 7_200, "{kind:?}");
        world.later(due - world.now());
        assert_eq!(world.pass().failed, 0, "{kind:?}");
        assert_eq!(sum(world.store(), "USD", Metric::Billed), billed(&bill), "{kind:?}");
        assert_eq!(world.syncer.state().scopes["aws.prod"].trouble, None);
        check_sound(world.store());
    }
}

#[test]
fn an_answer_without_a_charge_takes_nothing_away_before_another_agrees() {
    let bill = steady("2026-10-01", "2026-11-21");
    let cloud = Cloud::new("azure.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
    let stored = || sum(world.store(), "USD", Metric::Billed);
    world.pass();
    assert_eq!(stored(), billed(&bill));
    cloud.silent.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        world.later(8 * HOUR);
        assert_eq!(world.pass().failed, 0);
        assert_eq!(stored(), billed(&bill), "it may not work");
    }
    let pages = cloud.pages.load(Ordering::Relaxed);
    world.pass();
    assert_eq!(cloud.pages.load(Ordering::Relaxed), pages, "it is not asked on and on");
    cloud.silent.store(false, Ordering::Relaxed);
    bill.lock().expect("bill").entry(day("2026-11-19")).or_default().insert("new".into(), 77);
    world.later(8 * HOUR);
    world.pass();
    assert_eq!(stored(), billed(&bill), "it works again");
    // It has no costs any more.
    bill.lock().expect("bill").clear();
    cloud.silent.store(true, Ordering::Relaxed);
    for _ in 0..3 * 10 {
        world.later(8 * HOUR);
        assert_eq!(world.pass().failed, 0);
    }
    assert_eq!(stored(), "none");
    check_sound(world.store());
}

#[test]
fn history_that_is_not_told_at_first_comes_a_day_later_and_ends_where_there_is_none() {
    for has_costs in [true, false] {
        let bill = steady("2026-01-01", if has_costs { "2026-11-21" } else { "2026-01-01" });
        let cloud = Cloud::new("azure.prod", 0, &bill);
        cloud.silent.store(true, Ordering::Relaxed);
        let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
        let come = || {
            let scopes = world.store().manifest().scopes.clone();
            scopes.get("azure.prod").and_then(|synced| synced.days.get("base").map(BTreeMap::len)).unwrap_or(0)
        };
        world.pass();
        assert_eq!((come(), world.store().manifest().groups.len()), (0, 0));
        let first = cloud.pages.load(Ordering::Relaxed);
        cloud.silent.store(!has_costs, Ordering::Relaxed);
        for _ in 0..4 {
            world.later(8 * HOUR);
            world.pass();
        }
        assert!(come() > 400, "{} days have come", come());
        assert!(cloud.pages.load(Ordering::Relaxed) < 4 * first + 400, "asked once more, not on and on");
        let stored = sum(world.store(), "USD", Metric::Billed);
        assert_eq!(stored, if has_costs { billed(&bill) } else { "none".to_owned() });
    }
}

#[test]
fn one_scope_that_fails_holds_no_other_up() {
    let bill = steady("2026-10-01", "2026-11-21");
    let (good, bad) = (Cloud::new("aws.good", 0, &bill), Cloud::new("aws.bad", 0, &bill));
    bad.faults.lock().expect("faults").push_back(Fault::new(FaultKind::Denied, "no"));
    let world = World::new(&[(&bad, Caps::default()), (&good, Caps::default())], "2026-11-20", None);
    let passed = world.pass();
    assert_eq!((passed.asked, passed.failed), (2, 1));
    let sources: BTreeSet<String> = world.store().manifest().groups.iter().map(|g| g.source.clone()).collect();
    assert_eq!(sources, ["aws.good".to_owned()].into());
}

#[test]
fn the_loop_waits_is_asked_and_is_ended() {
    let bill = steady("2026-10-01", "2026-11-21");
    let cloud = Cloud::new("aws.prod", 0, &bill);
    let world = World::new(&[(&cloud, Caps::default())], "2026-11-20", None);
    let cancel = CancellationToken::new();
    let (listener, heard) = hears();
    world.syncer.subscribe(&listener);
    let good = |than: i64| {
        while world.syncer.state().scopes.get("aws.prod").is_none_or(|standing| standing.good_at <= than) {
            heard.recv_timeout(Duration::from_secs(60)).expect("it goes on");
        }
    };
    std::thread::scope(|scope| {
        let run = scope.spawn(|| world.syncer.watch(&cancel));
        good(0);
        let first = world.now();
        world.later(60);
        world.syncer.ask_now();
        good(first);
        cancel.cancel();
        world.syncer.wake();
        run.join().expect("ended");
    });
}
