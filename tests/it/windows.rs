//! Windows of days, replaced over and over, held against an oracle: what a scope told last of a day is
//! what the store holds of it, nothing more and nothing less.

use std::collections::{BTreeMap, BTreeSet};

use spendtop::domain::batch::{Facts, Row};
use spendtop::domain::calendar::{Day, Period};
use spendtop::domain::charge::{Metric, Profile, Quantity, Terms};
use spendtop::domain::dimension::Dimension;
use spendtop::domain::money::{Amount, Decimal};
use spendtop::provider::remote::rows::Days;
use spendtop::provider::{CostSource, ReadSummary, Sink, SourceId, SourceKind, Stop};
use spendtop::store::Store;
use spendtop::store::manifest::Manifest;
use spendtop::store::remote::Asking;
use spendtop::sync::ingest::{Options, Outcome, Renewal, Window, ingest};
use spendtop::sync::undo;

use crate::support::{Problems, Random, amount, check_rollups, check_sound, memory, sum};

/// What a provider would tell: account, service and cents of each charge of a day.
type Bill = BTreeMap<Day, Vec<(String, String, i64)>>;

struct Told<'b> {
    bill: &'b Bill,
    days: Period,
    /// Days that it has forgotten.
    left: BTreeSet<Day>,
    /// Billing accounts that the charges are of, by sub account.
    payer: fn(&str) -> &str,
}

impl CostSource for Told<'_> {
    fn id(&self) -> SourceId {
        SourceId { name: "aws.prod".into(), kind: SourceKind::Api }
    }
    fn size(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let mut days = Days::new(sink, self.days);
        let known = self.bill.range(self.days.from..self.days.to).filter(|(day, _)| !self.left.contains(day));
        for (day, charges) in known {
            for (account, service, cents) in charges {
                let mut profile = [""; Profile::COUNT];
                profile[Profile::Provider.index()] = "AWS";
                profile[Profile::BillingAccountId.index()] = (self.payer)(account);
                profile[Profile::SubAccountId.index()] = account;
                profile[Profile::ServiceName.index()] = service;
                let mut terms = [""; Terms::COUNT];
                terms[Terms::Currency.index()] = "USD";
                terms[Terms::ChargeCategory.index()] = "Usage";
                let mut quantities = [None; Quantity::COUNT];
                let cost = Decimal::parse(format!("{cents}e-2").as_bytes()).expect("a decimal");
                quantities[Quantity::Billed.index()] = Some(cost);
                quantities[Quantity::Effective.index()] = Some(cost);
                let (start, month) = (day.seconds(), day.month());
                let facts = Facts {
                    start,
                    end: day.plus(1).seconds(),
                    billing_start: month.first(),
                    billing_end: month.plus(1).first(),
                    quantities,
                };
                days.push(&Row { profile, terms, facts })?;
            }
        }
        days.finish()?;
        Ok(ReadSummary { left: self.left.clone(), ..ReadSummary::default() })
    }
}

fn window(feed: &str, days: Period) -> Window {
    let facet = feed != "base";
    let tells = vec![Dimension::Service, if facet { Dimension::Region } else { Dimension::SubAccount }];
    Window { feed: feed.into(), facet, tells, hours: false, asks: Asking::default(), days, since: None, mark: None }
}

fn renew(store: &Store, bill: &Bill, feed: &str, days: Period, at: i64) -> Outcome {
    renew_but(store, bill, feed, (days, BTreeSet::new()), at)
}

/// Renews days but for those that are forgotten.
fn renew_but(store: &Store, bill: &Bill, feed: &str, (days, left): (Period, BTreeSet<Day>), at: i64) -> Outcome {
    let options = Options { renews: Some(Renewal::Window(window(feed, days))), taken_at: at, ..Options::default() };
    let payer = |account: &str| if account == "a9" { "second" } else { "first" };
    ingest(store, &mut Told { bill, days, left, payer }, &options, &Problems::default()).expect("renewed")
}

fn total(bill: &Bill, of: impl Fn(&Day) -> bool) -> Amount {
    let cents: i64 = bill.iter().filter(|(day, _)| of(day)).flat_map(|(_, charges)| charges).map(|c| c.2).sum();
    amount(&format!("{cents}e-2"))
}

fn rows(manifest: &Manifest) -> BTreeMap<Day, u64> {
    let mut days = BTreeMap::new();
    for part in manifest.groups.iter().flat_map(|group| &group.parts) {
        part.days.iter().for_each(|(day, rows)| *days.entry(*day).or_default() += rows);
    }
    days
}

fn random_day(random: &mut Random) -> Vec<(String, String, i64)> {
    let charges = random.below(6);
    let charge = |random: &mut Random| {
        let (account, service) = (random.below(10), random.below(4));
        (format!("a{account}"), format!("s{service}"), random.below(100_000) as i64 - 20_000)
    };
    (0..charges).map(|_| charge(random)).collect()
}

#[test]
fn whatever_windows_come_the_store_holds_what_was_told_last() {
    let mut random = Random::seeded("windows");
    let (store, first) = (memory(), Day::parse("2026-01-20").expect("a day"));
    let (mut bill, mut held) = (Bill::new(), Bill::new());
    for at in 0..120 {
        // The provider changes its mind about some days, and forgets others.
        for _ in 0..4 {
            bill.insert(first.plus(random.below(60) as i32), random_day(&mut random));
        }
        let from = first.plus(random.below(55) as i32);
        let days = Period { from, to: from.plus(1 + random.below(31) as i32) };
        let before = total(&held, |day| days.contains(*day));
        let known = store.manifest().scopes.get("aws.prod").map(|s| s.days["base"].clone()).unwrap_or_default();
        // Of some days nothing is known any more: what was told of them before stays.
        let left: BTreeSet<Day> = days.iter().filter(|_| random.below(8) == 0).collect();
        let outcome = renew_but(&store, &bill, "base", (days, left.clone()), 1_000 + at);
        held.retain(|day, _| !days.contains(*day) || left.contains(day));
        let told = bill.range(days.from..days.to).filter(|(day, _)| !left.contains(day));
        held.extend(told.map(|(day, charges)| (*day, charges.clone())));
        let counted: BTreeMap<Day, u64> =
            held.iter().filter(|(_, c)| !c.is_empty()).map(|(day, c)| (*day, c.len() as u64)).collect();
        assert_eq!(rows(&store.manifest()), counted, "after window {at}: {days}");
        let whole = total(&held, |_| true).to_string();
        let stored = sum(&store, "USD", Metric::Billed);
        assert!(stored == whole || (stored == "none" && counted.is_empty()), "{stored} is not {whole} after {at}");
        // Days that came for the first time are not restated: what was is then nothing.
        let change: Amount =
            outcome.restated.iter().map(|r| r.after.unwrap_or_default() - r.before.unwrap_or_default()).sum();
        let new: Amount = total(&held, |day| days.contains(*day) && !known.contains_key(day));
        assert_eq!(before + change + new, total(&held, |day| days.contains(*day)), "after window {at}");
        if at % 20 == 0 {
            check_sound(&store);
            check_rollups(&store);
        }
    }
    check_sound(&store);
}

#[test]
fn a_facet_is_never_added_to_what_it_splits() {
    let store = memory();
    let day = Day::parse("2026-02-01").expect("a day");
    let days = Period { from: day, to: day.plus(3) };
    let bill: Bill = days.iter().map(|day| (day, vec![("a1".into(), "s1".into(), 1_000)])).collect();
    renew(&store, &bill, "base", days, 10);
    renew(&store, &bill, "service+region", days, 11);
    renew(&store, &bill, "service+region", Period { from: day.plus(1), to: day.plus(2) }, 12);
    assert_eq!(sum(&store, "USD", Metric::Billed), "30");
    let manifest = store.manifest();
    let facets: Vec<u64> = manifest.facets().map(|facet| facet.group.rows()).collect();
    assert_eq!(facets, [3]);
    assert_eq!(manifest.imports.len(), 3);
    check_sound(&store);
    // Nothing is told of a facet as restated, and its days are known by themselves.
    let synced = &manifest.scopes["aws.prod"];
    assert_eq!((synced.restated.len(), synced.days.len()), (0, 2));
    undo::rebuild_rollups(&store, &["team".into(), "owner".into()], &[]).expect("rebuilt");
    check_sound(&store);
}

#[test]
fn an_undone_import_is_brought_again() {
    let store = memory();
    let day = Day::parse("2026-02-01").expect("a day");
    let days = Period { from: day, to: day.plus(3) };
    let bill: Bill = days.iter().map(|day| (day, vec![("a1".into(), "s1".into(), 1_000)])).collect();
    let base = renew(&store, &bill, "base", days, 10);
    let known = |feed: &str| store.manifest().scopes["aws.prod"].days[feed].len();
    // Of a facet's two imports one is undone, and what the other brought is kept.
    renew(&store, &bill, "service+region", days, 11);
    let facet = renew(&store, &bill, "service+region", Period { from: day.plus(1), to: day.plus(2) }, 12);
    undo::remove_import(&store, facet.import.expect("an import")).expect("removed");
    let rows: Vec<u64> = store.manifest().facets().map(|facet| facet.group.rows()).collect();
    assert_eq!((rows, known("base"), known("service+region")), (vec![2], 3, 2));
    check_sound(&store);
    // What is paid for by itself is not asked for along with what is undone.
    undo::remove_import(&store, base.import.expect("an import")).expect("removed");
    assert_eq!(sum(&store, "USD", Metric::Billed), "none");
    assert_eq!((known("base"), known("service+region")), (0, 2));
    check_sound(&store);
}

#[test]
fn what_changed_and_what_did_not_is_told_apart() {
    let store = memory();
    let day = Day::parse("2026-02-01").expect("a day");
    let days = Period { from: day, to: day.plus(3) };
    let mut bill: Bill = days.iter().map(|day| (day, vec![("a1".into(), "s1".into(), 1_000)])).collect();
    assert!(renew(&store, &bill, "base", days, 10).restated.is_empty());
    bill.insert(day.plus(1), vec![("a1".into(), "s1".into(), 1_000), ("a9".into(), "s1".into(), 240)]);
    bill.remove(&day.plus(2));
    let restated = renew(&store, &bill, "base", days, 20).restated;
    let told: Vec<_> =
        restated.iter().map(|r| (r.day, r.before.map(|a| a.to_string()), r.after.map(|a| a.to_string()))).collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(told, [(day.plus(1), text("10"), text("12.4")), (day.plus(2), text("10"), text("0"))]);
    let come = store.manifest().scopes["aws.prod"].days["base"].clone();
    let changed: Vec<_> = come.values().map(|come| (come.at, come.changed_at, come.revision)).collect();
    assert_eq!(changed, [(20, 10, 0), (20, 20, 1), (20, 20, 1)]);
    check_sound(&store);
}

#[test]
fn a_day_that_was_forgotten_has_not_come_whole_by_that() {
    let store = memory();
    let day = Day::parse("2026-02-01").expect("a day");
    let days = Period { from: day, to: day.plus(4) };
    let bill: Bill = days.iter().map(|day| (day, vec![("a1".into(), "s1".into(), 1_000)])).collect();
    // Whole days but for the third, which was not over, and the fourth, which never came.
    let third = day.plus(2).seconds() + 3_600;
    renew(&store, &bill, "base", Period { to: day.plus(3), ..days }, third);
    let later = day.plus(9).seconds();
    renew_but(&store, &bill, "base", (days, [day, day.plus(2), day.plus(3)].into()), later);
    let come = store.manifest().scopes["aws.prod"].days["base"].clone();
    let known: Vec<_> = come.values().map(|come| (come.at, come.changed_at, come.revision)).collect();
    let asked = (later, third, 0);
    // What is known of a day that was over is not asked for again; the other one has come as far as it had.
    assert_eq!(known, [asked, asked, (third, third, 0), (later, later, 0)]);
}

#[test]
fn where_sources_overlap_the_config_says_which_counts() {
    let store = memory();
    let day = Day::parse("2026-02-01").expect("a day");
    let days = Period { from: day, to: day.plus(1) };
    let told = |kind: SourceKind, name: &str, cents: i64| {
        let bill: Bill = [(day, vec![("a1".into(), "s1".into(), cents)])].into();
        let payer = |_: &str| "first";
        let mut source =
            Of(Told { bill: &bill, days, left: BTreeSet::new(), payer }, SourceId { name: name.into(), kind });
        ingest(&store, &mut source, &Options::default(), &Problems::default()).expect("stored");
    };
    told(SourceKind::Export, "export", 1_000);
    told(SourceKind::Api, "api", 900);
    let whole = || sum(&store, "USD", Metric::Billed);
    assert_eq!(whole(), "10");
    store.prefer_api(true);
    assert_eq!(whole(), "9");
    store.prefer_api(false);
    assert_eq!(whole(), "10");
}

/// The same under another name.
struct Of<'b>(Told<'b>, SourceId);

impl CostSource for Of<'_> {
    fn id(&self) -> SourceId {
        self.1.clone()
    }
    fn size(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        self.0.read(sink)
    }
}
