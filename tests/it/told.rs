//! A scope that tells only some dimensions jointly, held against an oracle: a true bill of which base and
//! facets are marginals, some of them old, some with days missing. Every figure is what can be known, and
//! every total that of the base.

mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use spendtop::config::Config;
use spendtop::domain::batch::{Facts, Row};
use spendtop::domain::calendar::{Day, Granularity, Period};
use spendtop::domain::charge::{Metric, Profile, Quantity, Terms};
use spendtop::domain::dimension::Dimension;
use spendtop::domain::filter::{Clause, Filter, Pattern};
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Decimal;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::domain::text::{UNTOLD, Untrusted};
use spendtop::engine::answer::QueryAnswer;
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Engine, Query, Question, Sort};
use spendtop::provider::remote::rows::Days;
use spendtop::provider::{CostSource, ReadSummary, Sink, SourceId, SourceKind, Stop};
use spendtop::store::Store;
use spendtop::store::remote::Asking;
use spendtop::sync::ingest::{Options, Renewal, Window, ingest};

use crate::support::{Problems, Random, amount, check_sound, memory, rounds};

/// Account, service, region and team; empty where there is none.
type What = [&'static str; 4];
/// Cents by day and what.
type Bill = BTreeMap<(Day, What), i64>;

const VALUES: [&[&str]; 4] = [&["a1", "a2", "a3"], &["s1", "s2", "s3"], &["", "us", "eu"], &["", "data", "web"]];
/// What each feed tells, by place in [`What`].
const FEEDS: [(&str, &[usize]); 4] = [("base", &[0, 1]), ("f1", &[1, 2]), ("f2", &[0, 2]), ("f3", &[1, 3])];

fn dimension(at: usize) -> Dimension {
    [Dimension::SubAccount, Dimension::Service, Dimension::Region, Dimension::Tag("team".into())][at].clone()
}

fn first() -> Day {
    Day::parse("2026-01-20").expect("a day")
}

/// What a feed tells of some days, and nothing else.
struct Feed<'b> {
    source: &'static str,
    payer: &'static str,
    tells: &'b [usize],
    bill: &'b Bill,
    days: Period,
    /// Seconds that a charge is long.
    length: i64,
}

/// A bill by some of its dimensions.
fn marginal(bill: &Bill, tells: &[usize]) -> Bill {
    let mut sums = Bill::new();
    for ((day, what), cents) in bill {
        let told = std::array::from_fn(|at| if tells.contains(&at) { what[at] } else { "" });
        *sums.entry((*day, told)).or_default() += cents;
    }
    sums
}

impl CostSource for Feed<'_> {
    fn id(&self) -> SourceId {
        SourceId { name: self.source.into(), kind: SourceKind::Api }
    }
    fn size(&self) -> Option<u64> {
        None
    }
    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let mut days = Days::new(sink, self.days);
        for ((day, what), cents) in
            marginal(self.bill, self.tells).into_iter().filter(|((d, _), _)| self.days.contains(*d))
        {
            let tags = if what[3].is_empty() { String::new() } else { format!("{{\"team\":\"{}\"}}", what[3]) };
            let mut profile = [""; Profile::COUNT];
            profile[Profile::Provider.index()] = "AWS";
            profile[Profile::BillingAccountId.index()] = self.payer;
            profile[Profile::SubAccountId.index()] = what[0];
            profile[Profile::ServiceName.index()] = what[1];
            profile[Profile::RegionId.index()] = what[2];
            profile[Profile::Tags.index()] = &tags;
            let mut terms = [""; Terms::COUNT];
            terms[Terms::Currency.index()] = "USD";
            let mut quantities = [None; Quantity::COUNT];
            let cost = Decimal::parse(format!("{cents}e-2").as_bytes()).expect("a decimal");
            quantities[Quantity::Billed.index()] = Some(cost);
            quantities[Quantity::Effective.index()] = Some(cost);
            let month = day.month();
            let (billing_start, billing_end) = (month.first(), month.plus(1).first());
            let facts = Facts {
                start: day.seconds(),
                end: day.seconds() + self.length,
                billing_start,
                billing_end,
                quantities,
            };
            days.push(&Row { profile, terms, facts })?;
        }
        days.finish()?;
        Ok(ReadSummary::default())
    }
}

/// What the store was told: by feed, its bill and the days that have come.
struct World {
    store: Arc<Store>,
    engine: LocalEngine,
    told: Vec<(Bill, Vec<Day>)>,
    /// A bill that tells everything, of another payer.
    whole: Bill,
}

impl World {
    fn new(whole: Bill) -> World {
        let store = Arc::new(memory());
        let engine = LocalEngine::new(Arc::clone(&store), Config::default().settle, false);
        let mut world = World { store, engine, told: vec![(Bill::new(), Vec::new()); FEEDS.len()], whole };
        let days = Period { from: first(), to: first().plus(60) };
        let bill = world.whole.clone();
        world.bring(
            Feed { source: "bill", payer: "second", tells: &[0, 1, 2, 3], bill: &bill, days, length: 86_400 },
            "base",
            Vec::new(),
        );
        world
    }

    fn bring(&mut self, mut feed: Feed<'_>, name: &str, tells: Vec<Dimension>) {
        let (hours, asks) = (name == "hourly", asks());
        let window = Window {
            feed: name.into(),
            facet: name != "base",
            tells,
            hours,
            asks,
            days: feed.days,
            since: None,
            mark: None,
        };
        let options = Options { renews: Some(Renewal::Window(window)), taken_at: 1_700_000_000, ..Options::default() };
        ingest(&self.store, &mut feed, &options, &Problems::default()).expect("brought");
    }

    fn tell(&mut self, feed: usize, bill: &Bill, days: Period) {
        let (name, tells) = FEEDS[feed];
        let dimensions = tells.iter().map(|at| dimension(*at)).collect();
        self.bring(Feed { source: "aws", payer: "first", tells, bill, days, length: 86_400 }, name, dimensions);
        let (held, come) = &mut self.told[feed];
        held.retain(|(day, _), _| !days.contains(*day));
        held.extend(bill.iter().filter(|((day, _), _)| days.contains(*day)).map(|(key, cents)| (*key, *cents)));
        come.retain(|day| !days.contains(*day));
        come.extend(days.iter());
    }

    fn ask(&self, lens: &Lens, granularity: Option<Granularity>) -> Option<QueryAnswer> {
        let question = Question::Query(Query { lens: lens.clone(), granularity, sort: Sort::Key, limit: None });
        match self.engine.ask(&question, first().plus(60), &Cancel::default()).expect("answered") {
            Answer::Query(mut answers) => answers.pop(),
            other => panic!("{other:?}"),
        }
    }
}

/// Cents by start and values.
type Sums = BTreeMap<(i64, Vec<String>), i64>;

/// A question by places in [`What`].
struct Asked {
    by: Vec<usize>,
    clauses: Vec<(usize, Clause)>,
    period: Period,
    granularity: Option<Granularity>,
}

impl Asked {
    fn random(random: &mut Random) -> Asked {
        let mut by: Vec<usize> = Vec::new();
        for _ in 0..random.below(4) {
            let at = random.below(4) as usize;
            if !by.contains(&at) {
                by.push(at);
            }
        }
        let clause = |random: &mut Random| {
            let at = random.below(4) as usize;
            let pattern = |random: &mut Random| match random.below(6) {
                0 => Pattern::Missing,
                1 => Pattern::Untold,
                2 => Pattern::Like("*".into()),
                _ => Pattern::only(VALUES[at][random.below(3) as usize]),
            };
            let patterns = (0..=random.below(2)).map(|_| pattern(random)).collect();
            (at, Clause { negated: random.below(3) == 0, dimension: Some(dimension(at)), patterns })
        };
        let clauses = (0..random.below(3)).map(|_| clause(random)).collect();
        let from = first().plus(random.below(58) as i32);
        let period = Period { from, to: from.plus(1 + random.below(60) as i32) };
        let pieces = [None, Some(Granularity::Day), Some(Granularity::Week), Some(Granularity::Month)];
        Asked { by, clauses, period, granularity: pieces[random.below(4) as usize] }
    }

    fn lens(&self) -> Lens {
        Lens {
            period: PeriodSpec::Range(self.period),
            comparison: Comparison::None,
            filter: Filter { clauses: self.clauses.iter().map(|(_, clause)| clause.clone()).collect(), bounds: vec![] },
            metric: Metric::Billed,
            by: self.by.iter().map(|at| dimension(*at)).collect(),
            ..Lens::default()
        }
    }

    /// Adds up a bill of which some is told; `UNTOLD` where a value is not.
    fn add(&self, sums: &mut Sums, bill: &Bill, tells: &[usize], within: Period, sign: i64, all_clauses: bool) {
        for ((day, what), cents) in bill {
            let is_admitted = |(at, clause): &(usize, Clause)| {
                clause.patterns.iter().any(|pattern| pattern.matches(what[*at])) != clause.negated
            };
            let asked = |(at, _): &&(usize, Clause)| all_clauses || tells.contains(at);
            if within.contains(*day) && self.clauses.iter().filter(asked).all(is_admitted) {
                let start = self.granularity.map_or(0, |g| g.floor(day.seconds()));
                let value = |at: &usize| if tells.contains(at) { what[*at].to_owned() } else { UNTOLD.to_owned() };
                *sums.entry((start, self.by.iter().map(value).collect())).or_default() += sign * cents;
            }
        }
    }

    /// What can be known.
    fn known(&self, world: &World) -> Sums {
        let mut sums = Sums::new();
        self.add(&mut sums, &world.whole, &[0, 1, 2, 3], self.period, 1, true);
        let needed: Vec<usize> = self.by.iter().copied().chain(self.clauses.iter().map(|(at, _)| *at)).collect();
        let tells_all = |tells: &[usize]| needed.iter().all(|at| tells.contains(at));
        for month in 0..3 {
            let month = first().month().plus(month).period();
            let within = month.intersect(self.period);
            let come = |feed: usize| world.told[feed].1.iter().filter(|day| month.contains(**day)).count();
            let has = |feed: usize| world.told[feed].0.keys().any(|(day, _)| month.contains(*day));
            if !has(0) {
                continue;
            }
            let base = &world.told[0].0;
            if tells_all(FEEDS[0].1) {
                self.add(&mut sums, base, FEEDS[0].1, within, 1, true);
                continue;
            }
            let facets = (1..FEEDS.len()).filter(|feed| tells_all(FEEDS[*feed].1) && has(*feed));
            let facet = facets.min_by_key(|feed| (std::cmp::Reverse(come(*feed)), FEEDS[*feed].0));
            if let Some(facet) = facet {
                self.add(&mut sums, &world.told[facet].0, FEEDS[facet].1, within, 1, true);
            }
            let untold = |at: &usize| !FEEDS[0].1.contains(at);
            if self.clauses.iter().filter(|(at, _)| untold(at)).all(|(_, clause)| clause.admits_untold()) {
                self.add(&mut sums, base, FEEDS[0].1, within, 1, false);
                if let Some(facet) = facet {
                    // What the facet accounts for, by what the base tells.
                    self.add(&mut sums, &world.told[facet].0, FEEDS[0].1, within, -1, false);
                }
            }
        }
        sums.retain(|_, cents| *cents != 0);
        sums
    }
}

fn said(answer: Option<&QueryAnswer>) -> Sums {
    let mut sums = Sums::new();
    for row in answer.into_iter().flat_map(|answer| &answer.rows) {
        let cents = row.cost.expect("known").units() / 10_i128.pow(16);
        let key = row.key.iter().map(|value| value.raw().to_owned()).collect();
        sums.insert((row.start.unwrap_or_default(), key), cents as i64);
    }
    sums.retain(|_, cents| *cents != 0);
    sums
}

fn random_bill(random: &mut Random, days: i32) -> Bill {
    let mut bill = Bill::new();
    for day in 0..days {
        for _ in 0..random.below(5) + 1 {
            let what = std::array::from_fn(|at| VALUES[at][random.below(3) as usize]);
            *bill.entry((first().plus(day), what)).or_default() += random.below(100_000) as i64 - 20_000;
        }
    }
    bill
}

/// A scope whose facets are old or lack days, here and there.
fn world(random: &mut Random) -> World {
    let (old, whole) = (random_bill(random, 60), random_bill(random, 10));
    let mut world = World::new(whole);
    let mut new = old.clone();
    for (key, cents) in random_bill(random, 60).into_iter().filter(|_| random.below(4) == 0) {
        new.insert(key, cents);
    }
    let all = Period { from: first(), to: first().plus(60) };
    world.tell(0, &new, all);
    for feed in 1..FEEDS.len() {
        let from = first().plus(random.below(20) as i32);
        world.tell(feed, &old, Period { from, to: first().plus(40 + random.below(21) as i32) });
        if random.below(2) == 0 {
            let from = first().plus(random.below(50) as i32);
            world.tell(feed, &new, Period { from, to: from.plus(10) });
        }
    }
    world
}

#[test]
fn every_figure_is_what_can_be_known_and_every_total_that_of_the_charges() {
    let mut random = Random::seeded("told");
    for _ in 0..rounds("SPENDTOP_TOLD", 4) {
        let world = world(&mut random);
        check_sound(&world.store);
        for _ in 0..150 {
            let asked = Asked::random(&mut random);
            let lens = asked.lens();
            let what = format!("by {:?} where {} over {}", lens.by, lens.filter, asked.period);
            let answer = world.ask(&lens, asked.granularity);
            let known = asked.known(&world);
            assert_eq!(said(answer.as_ref()), known, "{what}");
            let total: i64 = known.values().sum();
            let shown = answer.as_ref().and_then(|a| a.total).unwrap_or_default();
            assert_eq!(shown, amount(&format!("{total}e-2")), "{what}");
            // Free text is in no rollup: charges are looked at one by one.
            let mut scanned = lens.clone();
            let patterns = vec![Pattern::Like("*aws*".into())];
            scanned.filter.clauses.push(Clause { negated: false, dimension: None, patterns });
            assert_eq!(said(world.ask(&scanned, asked.granularity).as_ref()), known, "scanned {what}");
            let told = |at: &usize| FEEDS[0].1.contains(at);
            if asked.clauses.iter().all(|(at, _)| told(at)) {
                let whole = Lens { by: Vec::new(), ..lens };
                let base = world.ask(&whole, None).and_then(|a| a.total).unwrap_or_default();
                assert_eq!(shown, base, "{what}");
            }
        }
    }
}

fn small() -> World {
    let day = first();
    let bill: Bill = [
        ((day, ["a1", "s1", "us", "data"]), 1_000),
        ((day, ["a2", "s1", "eu", ""]), 500),
        ((day.plus(1), ["a1", "s2", "", "web"]), 300),
    ]
    .into();
    let mut world = World::new(Bill::new());
    let all = Period { from: day, to: day.plus(60) };
    world.tell(0, &bill, all);
    world.tell(1, &bill, Period { from: day, to: day.plus(1) });
    world.tell(3, &bill, all);
    world
}

fn asks() -> Asking {
    Asking {
        title: "AWS".into(),
        dimensions: (0..3).map(dimension).collect(),
        jointly: 2,
        page_rows: 5_000,
        request_microdollars: 10_000,
    }
}

fn asked(by: &[usize], filter: &str) -> Lens {
    let period = Period { from: first(), to: first().plus(60) };
    let filter = Filter::parse(filter, &[]).expect(filter);
    let by = by.iter().map(|at| dimension(*at)).collect();
    let (period, comparison) = (PeriodSpec::Range(period), Comparison::None);
    Lens { period, comparison, filter, metric: Metric::Billed, by, ..Lens::default() }
}

fn notices(answer: &QueryAnswer) -> Vec<String> {
    answer.notices.iter().map(|notice| format!("{} ({})", notice.text, notice.hint)).collect()
}

#[test]
fn what_nobody_told_is_neither_none_nor_lost_and_says_what_would_tell_it() {
    let world = small();
    let rows = |lens: &Lens| -> Vec<(String, String)> {
        let answer = world.ask(lens, None).expect("an answer");
        let words = |row: &spendtop::engine::answer::QueryRow| {
            let key: Vec<String> = row.key.iter().map(Untrusted::safe).map(|text| text.into_string()).collect();
            (key.join(" "), row.cost.expect("known").to_string())
        };
        answer.rows.iter().map(words).collect()
    };
    let text = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(key, cost)| ((*key).to_owned(), (*cost).to_owned())).collect()
    };
    assert_eq!(rows(&asked(&[1, 2], "")), text(&[("s1 eu", "5"), ("s1 us", "10"), ("s2 (unknown)", "3")]));
    assert_eq!(rows(&asked(&[2], "region:(unknown)")), text(&[("(unknown)", "3")]));
    let apart = asked(&[0, 1, 2], "");
    assert_eq!(rows(&apart), text(&[("a1 s1 (unknown)", "10"), ("a1 s2 (unknown)", "3"), ("a2 s1 (unknown)", "5")]));
    for (lens, want) in [
        (
            &apart,
            "region of 18.00 USD unknown: AWS tells it not beside what else is asked (ask AWS: 2 requests, 0.02 USD)",
        ),
        (
            &asked(&[1, 2], ""),
            "region of 3.00 USD unknown: AWS has not told it (a sync brings what is told of it, which may be the last days or some services only)",
        ),
        (
            &asked(&[1], "-region:us"),
            "3.00 USD left out: AWS has not told its region (a sync brings what is told of it, which may be the last days or some services only)",
        ),
        (
            &asked(&[0], "tag:owner=\"\""),
            "18.00 USD left out: AWS has not told its tag owner (ask AWS: 1 request, 0.01 USD)",
        ),
        (
            &asked(&[3, 0], "type:x"),
            "18.00 USD left out: AWS has not told its tag team and resource type (a billing export tells it: `spendtop import FILE`)",
        ),
    ] {
        assert_eq!(notices(&world.ask(lens, None).expect("an answer")), [want], "{}", lens.filter);
    }
    assert!(notices(&world.ask(&asked(&[0, 1], ""), None).expect("an answer")).is_empty());
}
