//! Nimbus Freight has what it is said to have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use super::*;
use crate::domain::batch::{ChargeBatch, Limits};
use crate::domain::calendar::DAY_SECONDS;
use crate::domain::charge::{Profile, Quantity, Terms, spans_days};
use crate::domain::money::Amount;
use crate::domain::{services, tags};
use crate::provider::Problem;

#[derive(Default)]
struct Collect {
    batches: Mutex<Vec<ChargeBatch>>,
    stop: bool,
}

impl Sink for Collect {
    fn batch(&self, batch: &ChargeBatch) -> Result<(), Stop> {
        self.batches.lock().expect("lock").push(batch.clone());
        Ok(())
    }
    fn problem(&self, problem: Problem) {
        panic!("{problem:?}");
    }
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        self.stop
    }
}

fn today() -> Day {
    Day::parse("2026-11-21").expect("day")
}

fn batches(mut demo: Demo) -> (Vec<ChargeBatch>, ReadSummary) {
    let sink = Collect::default();
    let summary = demo.read(&sink).expect("read");
    (sink.batches.into_inner().expect("lock"), summary)
}

fn company() -> &'static [ChargeBatch] {
    static ALL: OnceLock<Vec<ChargeBatch>> = OnceLock::new();
    ALL.get_or_init(|| batches(Demo::new(7, today())).0)
}

#[derive(Clone, Copy)]
struct Charge<'a> {
    batch: &'a ChargeBatch,
    row: usize,
}

impl<'a> Charge<'a> {
    fn profile(self, column: Profile) -> &'a str {
        self.batch.profile_text(self.batch.rows[self.row].profile, column)
    }
    fn terms(self, column: Terms) -> &'a str {
        self.batch.terms_text(self.batch.rows[self.row].terms, column)
    }
    fn amount(self, column: Quantity) -> Option<Amount> {
        self.batch.quantities[column.index()].get(self.row)
    }
    fn cost(self) -> Amount {
        self.amount(Quantity::Effective).expect("cost")
    }
    fn day(self) -> Day {
        self.batch.windows[self.batch.rows[self.row].window as usize].day
    }
    fn billing(self) -> Day {
        self.batch.windows[self.batch.rows[self.row].window as usize].billing_period
    }
    fn duration(self) -> i64 {
        self.batch.terms[self.batch.rows[self.row].terms as usize].duration
    }
    fn ago(self) -> i32 {
        today().0 - self.day().0
    }
}

fn charges(batches: &[ChargeBatch]) -> impl Iterator<Item = Charge<'_>> {
    batches.iter().flat_map(|batch| (0..batch.len()).map(move |row| Charge { batch, row }))
}

/// Effective cost of what matches, by days ago, in a range of them.
fn sum(ago: std::ops::Range<i32>, matches: impl Fn(Charge<'_>) -> bool) -> f64 {
    charges(company()).filter(|c| ago.contains(&c.ago()) && matches(*c)).map(Charge::cost).sum::<Amount>().to_f64()
}

fn fingerprint(batches: &[ChargeBatch]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for charge in charges(batches) {
        let profile = Profile::ALL.iter().map(|c| charge.profile(*c));
        for text in profile.chain(Terms::ALL.iter().map(|c| charge.terms(*c))) {
            hasher.update(text.as_bytes()).update(b"|");
        }
        let numbers = Quantity::ALL.iter().map(|q| charge.amount(*q));
        hasher.update(format!("{:?}{}{}", numbers.collect::<Vec<_>>(), charge.day(), charge.duration()).as_bytes());
    }
    hasher.finalize()
}

#[test]
fn the_same_seed_and_day_give_the_same_bytes() {
    let of = |seed, day: Day| fingerprint(&batches(Demo::new(seed, day).last_days(17)).0);
    let first = of(1, today());
    assert_eq!(first, of(1, today()));
    assert_ne!(first, of(2, today()));
    assert_ne!(first, of(1, today().plus(1)));
}

#[test]
fn is_as_large_as_it_is_said_to_be() {
    let rows = charges(company()).count();
    assert!((400_000..700_000).contains(&rows), "{rows}");
    assert!(company().iter().all(|b| b.len() <= Limits::default().rows && b.len() < 150_000));
    let month = |currency| sum(3..33, |c| c.terms(Terms::Currency) == currency);
    let (usd, eur) = (month("USD"), month("EUR"));
    assert!((80_000.0..100_000.0).contains(&usd), "{usd}");
    assert!((500.0..3_000.0).contains(&eur), "{eur}");
}

#[test]
fn has_accounts_regions_services_resources_and_teams() {
    let values =
        |column| charges(company()).map(|c| c.profile(column)).filter(|t| !t.is_empty()).collect::<BTreeSet<_>>();
    let providers = values(Profile::Provider);
    assert_eq!(providers.into_iter().collect::<Vec<_>>(), ["AWS", "Datadog", "Google Cloud", "Microsoft"]);
    assert!((12..=14).contains(&values(Profile::SubAccountId).len()));
    assert!(values(Profile::RegionId).len() >= 25);
    let resources = values(Profile::ResourceId).len();
    assert!((1_800..2_400).contains(&resources), "{resources}");
    let names = values(Profile::ServiceName);
    assert!(names.len() >= 40);
    for name in names {
        assert!(services::all().iter().any(|s| s.name == name), "{name}");
    }
    assert!(values(Profile::InstanceType).contains("m6i.4xlarge"));
    assert!(values(Profile::ResourceId).iter().all(|id| !id.contains(['{', '}'])));
    assert!(values(Profile::ChargeDescription).contains("$0.768 per On Demand Linux m6i.4xlarge Instance Hour"));
}

#[test]
fn tags_are_nearly_all_right() {
    let mut resources = BTreeMap::new();
    for charge in charges(company()) {
        resources.insert(charge.profile(Profile::ResourceId), charge.profile(Profile::Tags));
    }
    let value = |key| resources.values().filter_map(|t| tags::value_of(t, key)).collect::<BTreeSet<_>>();
    assert_eq!(value("team").into_iter().collect::<Vec<_>>(), company::TEAMS);
    let envs = value("env");
    assert!(["prod", "staging", "dev", "Prod", "prd", "produciton"].iter().all(|e| envs.contains(*e)), "{envs:?}");
    assert!(!value("Team").is_empty() && value("project").len() >= 15);
    let untagged = resources.values().filter(|t| t.is_empty()).count();
    assert!((resources.len() / 20..resources.len() / 4).contains(&untagged), "{untagged}");
}

#[test]
fn costs_are_quantity_times_price() {
    let unit = |text: &str| text.parse::<Amount>().expect("price").units() / 100_000_000;
    let mut seen = 0;
    for charge in charges(company()).filter(|c| c.ago() < 60 || c.row % 50 == 0) {
        let Some(quantity) = charge.amount(Quantity::Pricing) else { continue };
        let quantity = quantity.units() / 100_000_000_000_000;
        for (price, cost) in
            [(Profile::ListUnitPrice, Quantity::List), (Profile::ContractedUnitPrice, Quantity::Contracted)]
        {
            let exact = quantity * unit(charge.profile(price));
            let cost = charge.amount(cost).expect("cost").units() / 100_000_000 * 10_000;
            assert!((exact - cost).abs() <= 5_000, "{}", charge.profile(Profile::ChargeDescription));
        }
        let effective = charge.cost();
        if charge.terms(Terms::PricingCategory) == "Committed" {
            assert_eq!(charge.amount(Quantity::Billed), Some(Amount::ZERO));
            assert!(effective < charge.amount(Quantity::Contracted).expect("cost"));
        } else {
            assert_eq!(charge.amount(Quantity::Billed), Some(effective));
            assert_eq!(charge.amount(Quantity::Contracted), Some(effective));
        }
        if charge.profile(Profile::ResourceType) == "instance" {
            assert!(quantity * 3600 <= i128::from(charge.duration()) * 10_000, "more hours than the clock has");
        }
        seen += 1;
    }
    assert!(seen > 50_000);
}

#[test]
fn the_last_fortnight_has_hours_and_nothing_is_charged_twice() {
    let mut daily = BTreeSet::new();
    let mut hourly = BTreeSet::new();
    for charge in charges(company()).filter(|c| !c.terms(Terms::PricingCategory).is_empty()) {
        let key = (charge.day(), charge.profile(Profile::ResourceId), charge.profile(Profile::SkuMeter));
        match charge.duration() {
            3600 => drop(hourly.insert(key)),
            DAY_SECONDS if !key.1.is_empty() => assert!(daily.insert(key), "{key:?}"),
            _ => {}
        }
    }
    assert!(daily.is_disjoint(&hourly));
    let days: BTreeSet<i32> = hourly.iter().map(|key| today().0 - key.0.0).collect();
    assert_eq!(days, (0..ledger::HOURLY_DAYS).collect());
}

#[test]
fn the_newest_days_are_incomplete() {
    let count = |provider: &str, ago: i32| {
        charges(company()).filter(|c| c.ago() == ago && c.profile(Profile::Provider) == provider).count()
    };
    assert_eq!((count("Microsoft", 0), count("Google Cloud", 0), count("Datadog", 1)), (0, 0, 0));
    for provider in ["Microsoft", "Google Cloud"] {
        assert!(count(provider, 1) * 2 < count(provider, 4) && count(provider, 2) < count(provider, 4), "{provider}");
    }
    let aws = |ago| sum(ago..ago + 1, |c| c.profile(Profile::Provider) == "AWS" && c.duration() <= DAY_SECONDS);
    assert!(aws(0) > 0.0 && aws(0) < 0.6 * aws(3));
}

#[test]
fn has_purchases_credits_tax_and_a_refund() {
    let find = |category: &'static str| charges(company()).filter(move |c| c.terms(Terms::ChargeCategory) == category);
    let bought = || find("Purchase").filter(|c| !c.terms(Terms::CommitmentId).is_empty());
    assert!(bought().all(|c| c.cost().is_zero() && c.amount(Quantity::Billed) > Some(Amount::ZERO)));
    assert!(
        bought().filter(|c| c.terms(Terms::ChargeFrequency) == "Recurring" && spans_days(c.duration())).count() > 15
    );
    assert_eq!(bought().filter(|c| c.terms(Terms::ChargeFrequency) == "One-Time").count(), 1);
    assert!(find("Credit").count() > 100 && find("Credit").all(|c| c.cost() < Amount::ZERO));
    assert!(find("Tax").count() > 40);
    assert!(find("Tax").any(|c| c.terms(Terms::Currency) == "EUR"));
    let refunds: Vec<_> = charges(company()).filter(|c| c.terms(Terms::ChargeClass) == "Correction").collect();
    assert_eq!(refunds.len(), 1);
    assert!(refunds[0].cost() < Amount::ZERO && refunds[0].billing() > refunds[0].day());
    assert!(find("Usage").any(|c| c.terms(Terms::CommitmentStatus) == "Unused"));
    assert!(charges(company()).any(|c| c.terms(Terms::PricingCategory) == "Dynamic"));
    let invoiced =
        |ago: i32| charges(company()).find(|c| c.ago() == ago).map(|c| !c.terms(Terms::InvoiceId).is_empty());
    assert_eq!((invoiced(5), invoiced(60)), (Some(false), Some(true)));
}

#[test]
fn what_a_commitment_cost_in_a_month_is_what_it_was_billed_for() {
    let month = today().month().plus(-3);
    for kind in ["Compute Savings Plan", "Reserved Instance"] {
        let all = |cost: Quantity| -> Amount {
            charges(company())
                .filter(|c| c.day().month() == month && c.terms(Terms::CommitmentType) == kind)
                .filter_map(|c| c.amount(cost))
                .sum()
        };
        assert!(all(Quantity::Billed) > Amount::whole(500), "{kind}");
        assert_eq!(all(Quantity::Effective), all(Quantity::Billed), "{kind}");
    }
}

#[test]
fn every_story_shows() {
    let nat = |c: Charge<'_>| {
        c.profile(Profile::SkuMeter) == "NatGateway-Bytes" && c.profile(Profile::SubAccountName) == "prod-ml"
    };
    assert!(sum(2..9, nat) > 3.0 * sum(13..20, nat));
    let gpus = |c: Charge<'_>| c.profile(Profile::ResourceName).starts_with("gpu-experiments");
    assert!(sum(2..40, gpus) > 8_000.0);
    assert!(sum(41..400, gpus) == 0.0);
    let logs = |c: Charge<'_>| c.profile(Profile::ResourceName) == "/eks/api";
    let ratio = sum(3..17, logs) / sum(21..35, logs);
    assert!((1.7..2.5).contains(&ratio), "{ratio}");
    let legacy = |c: Charge<'_>| c.profile(Profile::ResourceName).starts_with("legacy-tms");
    assert!(sum(26..33, legacy) > 200.0 && sum(0..25, legacy) == 0.0);
    let plan = |c: Charge<'_>| c.terms(Terms::CommitmentType) == "Compute Savings Plan";
    assert!(sum(10..17, plan) > 500.0 && sum(0..9, plan) == 0.0);
    let nodes = |c: Charge<'_>| c.profile(Profile::InstanceType) == "m6i.4xlarge";
    assert!(sum(2..9, nodes) > 1.25 * sum(10..17, nodes));
}

#[test]
fn stops_when_nobody_listens() {
    let sink = Collect { stop: true, ..Collect::default() };
    assert_eq!(Demo::new(1, today()).read(&sink), Err(Stop::Cancelled));
}

#[test]
fn works_on_any_day_of_a_year() {
    for ago in (0..366).step_by(61) {
        let (batches, summary) = batches(Demo::new(3, today().plus(-ago)).last_days(3));
        assert_eq!(summary.files[0].file.rows as usize, charges(&batches).count());
    }
}
