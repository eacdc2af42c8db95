//! Pages by hand into charges, and pages that are not believed.

use super::super::feeds::groupings;
use super::super::settings::Settings;
use super::*;
use crate::domain::money::Amount;

const FROM: &str = "2026-11-01";

fn day(text: &str) -> Day {
    Day::parse(text).expect("day")
}

fn days(count: i32) -> Period {
    Period { from: day(FROM), to: day(FROM).plus(count) }
}

fn grouping(name: &str) -> Grouping {
    let settings = Settings {
        tags: vec!["team".into()],
        cost_categories: vec!["Product".into()],
        hourly: true,
        resources: true,
        ..Settings::new("aws.prod")
    };
    groupings(&settings).into_iter().find(|grouping| grouping.feed.name == name).expect("a feed of that name")
}

fn standing() -> Standing {
    let names = [("111122223333", "Payer"), ("444455556666", "Production")];
    let names = names.map(|(id, name)| (id.to_owned(), name.to_owned()));
    Standing { payer: "111122223333".into(), own: "111122223333".into(), names: names.into() }
}

fn group(keys: [&str; 2], metrics: &[(&str, &str, &str)]) -> Group {
    let metrics = metrics.iter().map(|(name, amount, unit)| {
        let value = ((*amount).to_owned(), (*unit).to_owned());
        ((*name).to_owned(), value)
    });
    Group { keys: keys.map(str::to_owned).to_vec(), metrics: metrics.collect() }
}

/// A group with all four costs.
fn costs(keys: [&str; 2], billed: &str, effective: &str) -> Group {
    let list = [
        ("NetUnblendedCost", billed, "USD"),
        ("NetAmortizedCost", effective, "USD"),
        ("UnblendedCost", "999", "USD"),
        ("AmortizedCost", "999", "USD"),
    ];
    group(keys, &list)
}

fn slice(on: Day, groups: Vec<Group>) -> Slice {
    Slice { start: on.to_string(), end: on.plus(1).to_string(), estimated: false, groups }
}

fn page(slices: Vec<Slice>) -> Page {
    Page { slices: Some(slices), ..Page::default() }
}

/// A charge as a test looks at it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Charge {
    texts: BTreeMap<&'static str, String>,
    start: i64,
    length: i64,
    amounts: BTreeMap<&'static str, String>,
}

impl Charge {
    fn of(row: &Row<'_>) -> Self {
        let profile = Profile::ALL.iter().map(|c| (c.focus_name(), row.profile[c.index()]));
        let terms = Terms::ALL.iter().map(|c| (c.focus_name(), row.terms[c.index()]));
        let texts = profile.chain(terms).filter(|(_, text)| !text.is_empty());
        let amounts = Quantity::ALL.iter().filter_map(|c| Some((c.focus_name(), row.facts.quantities[c.index()]?)));
        Charge {
            texts: texts.map(|(column, text)| (column, text.to_owned())).collect(),
            start: row.facts.start,
            length: row.facts.end - row.facts.start,
            amounts: amounts.map(|(column, value)| (column, value.amount().to_string())).collect(),
        }
    }

    fn text(&self, column: &str) -> &str {
        self.texts.get(column).map_or("", String::as_str)
    }
}

/// Reads pages of a feed; the charges and what was told besides.
fn read(feed: &str, asked: Period, pages: &[Page]) -> Result<(Vec<Charge>, Told), Halt> {
    let (grouping, standing) = (grouping(feed), standing());
    let mut reading = Reading::new(&grouping, asked, &standing);
    let mut charges = Vec::new();
    for page in pages {
        reading.page(page, &mut |row| {
            charges.push(Charge::of(row));
            Ok(())
        })?;
    }
    Ok((charges, reading.finish(day("2026-11-22"))?))
}

/// The one charge of one group.
fn one(feed: &str, group: Group) -> Charge {
    let (charges, _) = read(feed, days(1), &[page(vec![slice(day(FROM), vec![group])])]).expect("read");
    charges.into_iter().next().expect("a charge")
}

fn refused(feed: &str, asked: Period, pages: &[Page]) -> Fault {
    match read(feed, asked, pages) {
        Err(Halt::Fault(fault)) => fault,
        other => panic!("believed: {other:?}"),
    }
}

#[test]
fn account_by_service_is_a_charge_of_a_day() {
    let charge = one("base", costs(["444455556666", "Amazon Simple Storage Service"], "12.3456789012", "1E-7"));
    let want = [
        ("BillingAccountId", "111122223333"),
        ("BillingAccountName", "Payer"),
        ("BillingCurrency", "USD"),
        ("ProviderName", "AWS"),
        ("ServiceCategory", "Storage"),
        ("ServiceName", "Amazon Simple Storage Service"),
        ("SubAccountId", "444455556666"),
        ("SubAccountName", "Production"),
    ];
    assert_eq!(charge.texts, want.map(|(column, text)| (column, text.to_owned())).into());
    let want = [("BilledCost", "12.3456789012"), ("EffectiveCost", "0.0000001")];
    assert_eq!(charge.amounts, want.map(|(column, text)| (column, text.to_owned())).into());
    assert_eq!((charge.start, charge.length), (day(FROM).seconds(), DAY_SECONDS));
}

#[test]
fn each_key_has_its_column() {
    for (feed, keys, column, want) in [
        ("service+region", ["AWS Lambda", "eu-west-1"], "RegionId", "eu-west-1"),
        ("service+region", ["AWS Lambda", "NoRegion"], "RegionId", ""),
        ("service+region", ["AWS Lambda", "global"], "RegionId", "global"),
        ("service+usage_type", ["AWS Lambda", "EUW1-Request"], "SkuId", "EUW1-Request"),
        ("service+usage_type", ["AWS Lambda", "EUW1-Request"], "SkuMeter", "EUW1-Request"),
        ("account+region", ["444455556666", "eu-west-1"], "SubAccountName", "Production"),
        ("account+region", ["777788889999", "eu-west-1"], "SubAccountName", ""),
        ("service+record_type", ["AWS Lambda", "SavingsPlanCoveredUsage"], "ChargeCategory", "Usage"),
        ("service+record_type", ["AWS Lambda", "SavingsPlanCoveredUsage"], "PricingCategory", "Committed"),
        ("service+record_type", ["AWS Lambda", "Credit"], "ChargeDescription", "Credit"),
        ("base", ["444455556666", "Tax"], "ChargeCategory", "Tax"),
        ("base", ["444455556666", "AWS Lambda"], "ChargeCategory", ""),
        ("base", ["444455556666", "NoService"], "ServiceName", ""),
        ("tag:team", ["AWS Lambda", "team$plat\"form"], "Tags", r#"{"team":"plat\"form"}"#),
        ("tag:team", ["AWS Lambda", "team$"], "Tags", ""),
        ("tag:team", ["AWS Lambda", "team$a$b"], "Tags", r#"{"team":"a$b"}"#),
        ("cost-category:Product", ["AWS Lambda", "Product$Shop"], "Tags", r#"{"cost-category:Product":"Shop"}"#),
        ("resources", ["444455556666", "i-0abc"], "ResourceId", "i-0abc"),
        ("resources", ["444455556666", "NoResourceId"], "ResourceId", ""),
        ("resources", ["444455556666", "i-0abc"], "ServiceName", RESOURCE_SERVICE),
    ] {
        assert_eq!(one(feed, costs(keys, "1", "1")).text(column), want, "{feed} {keys:?} {column}");
    }
}

#[test]
fn an_account_is_named_by_the_answer_where_organizations_does_not() {
    let mut page = page(vec![slice(day(FROM), vec![costs(["777788889999", "AWS Lambda"], "1", "1")])]);
    page.names = vec![("777788889999".into(), "Sandbox".into())];
    let (charges, _) = read("base", days(1), &[page]).expect("read");
    assert_eq!(charges[0].text("SubAccountName"), "Sandbox");
}

#[test]
fn usage_is_told_by_usage_type_in_its_own_unit() {
    let used = |unit| {
        let costs = [("UnblendedCost", "1", "USD"), ("AmortizedCost", "1", "USD")];
        group(["AWS Lambda", "EUW1-Request"], &[costs[0], costs[1], (QUANTITY, "12345678901234567", unit)])
    };
    let charge = one("service+usage_type", used("Requests"));
    assert_eq!(charge.amounts["ConsumedQuantity"], "12345678901234567");
    assert_eq!(charge.text("ConsumedUnit"), "Requests");
    assert!(!one("service+usage_type", used("N/A")).amounts.contains_key("ConsumedQuantity"));
    assert!(metrics(&grouping("service+usage_type"), true).contains(&QUANTITY));
    assert!(!metrics(&grouping("base"), true).contains(&QUANTITY));
}

#[test]
fn hours_are_charges_of_an_hour() {
    let hour = |n: u32| Slice {
        start: format!("{FROM}T{n:02}:00:00Z"),
        end: if n == 23 { "2026-11-02T00:00:00Z".into() } else { format!("{FROM}T{:02}:00:00Z", n + 1) },
        estimated: false,
        groups: vec![costs(["444455556666", "AWS Lambda"], "1", "1")],
    };
    let (charges, _) = read("hourly", days(1), &[page((0..24).map(hour).collect())]).expect("read");
    assert_eq!((charges.len(), charges[23].length), (24, HOUR_SECONDS));
    assert_eq!(charges[23].start, day(FROM).seconds() + 23 * HOUR_SECONDS);
    let fault = refused("hourly", days(1), &[page((0..23).map(hour).collect())]);
    assert!(fault.message.contains("nothing of 2026-11-01"), "{fault}");
}

#[test]
fn net_costs_are_taken_where_they_are_told_and_never_some() {
    let plain = |keys| group(keys, &[("UnblendedCost", "3", "USD"), ("AmortizedCost", "2", "USD")]);
    let keys = [["1", "a"], ["1", "b"]];
    let (charges, told) =
        read("base", days(1), &[page(vec![slice(day(FROM), keys.map(plain).to_vec())])]).expect("read");
    assert_eq!((charges[0].amounts["BilledCost"].as_str(), charges[0].amounts["EffectiveCost"].as_str()), ("3", "2"));
    assert!(told.notes[0].contains("no net costs"), "{told:?}");
    // The second page of the same chain tells otherwise.
    let pages = [plain(keys[0]), costs(keys[1], "1", "1")].map(|group| page(vec![slice(day(FROM), vec![group])]));
    let fault = refused("base", days(1), &pages);
    assert!(fault.message.contains("`UnblendedCost` and some as `NetUnblendedCost`"), "{fault}");
}

#[test]
fn what_is_not_told_is_unknown() {
    let group = group(["1", "a"], &[("UnblendedCost", "3", "USD")]);
    let (charges, told) = read("base", days(1), &[page(vec![slice(day(FROM), vec![group])])]).expect("read");
    assert_eq!(charges[0].amounts.keys().copied().collect::<Vec<_>>(), ["BilledCost"]);
    assert!(told.notes[0].contains("effective cost is unknown"), "{told:?}");
}

#[test]
fn days_go_on_over_pages_and_estimates_are_noted() {
    let first = page(vec![slice(day(FROM), vec![costs(["1", "a"], "1", "1")])]);
    let mut second = page(vec![
        slice(day(FROM), vec![costs(["1", "b"], "1", "1")]),
        slice(day("2026-11-02"), vec![costs(["1", "a"], "-1", "-1")]),
    ]);
    second.slices.iter_mut().flatten().for_each(|slice| slice.estimated = slice.start == "2026-11-02");
    let (charges, told) = read("base", days(2), &[first, second]).expect("read");
    assert_eq!(charges.len(), 3);
    assert_eq!(told.estimated, [day("2026-11-02")].into());
    assert_eq!(charges[2].amounts["BilledCost"], "-1");
}

#[test]
fn an_answer_that_cannot_be_believed_is_refused() {
    let one_day = |group: Group| vec![page(vec![slice(day(FROM), vec![group])])];
    let metric = |amount, unit| one_day(group(["1", "a"], &[("UnblendedCost", amount, unit)]));
    let two_currencies = group(["1", "a"], &[("UnblendedCost", "1", "USD"), ("AmortizedCost", "1", "EUR")]);
    let three_keys = Group { keys: vec!["a".into(); 3], ..costs(["1", "a"], "1", "1") };
    let twice = vec![slice(day(FROM), vec![costs(["1", "a"], "1", "1"), costs(["1", "a"], "1", "1")])];
    let odd = Slice { end: "2026-11-03".into(), ..slice(day(FROM), Vec::new()) };
    let no_date = Slice { start: "yesterday".into(), ..slice(day(FROM), Vec::new()) };
    for (pages, words) in [
        (
            one_day(group(["1", "a"], &[("BlendedCost", "1", "USD")])),
            "without a cost that was asked for, but with `BlendedCost`",
        ),
        (one_day(group(["1", "a"], &[])), "without a cost"),
        (vec![Page::default()], "no results at all"),
        (metric("NaN", "USD"), "not a finite number"),
        (metric("1e400", "USD"), "out of range"),
        (metric("1000000000000001", "USD"), "out of range"),
        (metric("1,5", "USD"), "not a decimal number"),
        (metric("", "USD"), "not a decimal number"),
        (metric("1", "N/A"), "no currency"),
        (metric("1", "usd"), "no currency"),
        (one_day(two_currencies), "two currencies"),
        (one_day(three_keys), "3 keys"),
        (vec![page(twice.clone())], "twice"),
        (vec![page(twice[..].to_vec()[..1].to_vec()), page(twice)], "twice"),
        (vec![page(vec![slice(day("2026-11-05"), Vec::new())])], "charges of 2026-11-05"),
        (vec![page(vec![odd])], "a time slice from `2026-11-01` to `2026-11-03`"),
        (vec![page(vec![no_date])], "a time slice from `yesterday`"),
        (one_day(costs(["1", "Evil\u{1b}[2J"], "x", "1")), "not a decimal number"),
    ] {
        let fault = refused("base", days(1), &pages);
        assert_eq!(fault.kind, FaultKind::Garbled, "{fault}");
        assert!(fault.message.contains(words), "{fault} says nothing of {words}");
    }
    let fault = refused("tag:team", days(1), &one_day(costs(["a", "owner$x"], "1", "1")));
    assert!(fault.message.contains("`owner$x` where values of `team`"), "{fault}");
}

#[test]
fn a_missing_day_is_not_taken_for_a_free_one() {
    let empty = |days: &[&str]| page(days.iter().map(|text| slice(day(text), Vec::new())).collect());
    let gap = refused("base", days(3), &[empty(&["2026-11-01", "2026-11-03"])]);
    assert!(gap.kind == FaultKind::Garbled && gap.message.contains("nothing of 2026-11-02"), "{gap}");
    let nothing = refused("base", days(3), &[empty(&[])]);
    assert_eq!(nothing.kind, FaultKind::NotThere);
    // It is the 22nd: the 20th and later may not be computed yet.
    let late = Period { from: day("2026-11-18"), to: day("2026-11-23") };
    read("base", late, &[empty(&["2026-11-18", "2026-11-19"])]).expect("read");
    refused("base", late, &[empty(&["2026-11-18", "2026-11-20"])]);
}

#[test]
fn a_tag_that_no_charge_has_is_pointed_out() {
    let notes = |feed, values: &[&str]| {
        let groups = values.iter().map(|value| costs(["AWS Lambda", value], "1", "1")).collect();
        read(feed, days(1), &[page(vec![slice(day(FROM), groups)])]).expect("read").1.notes
    };
    assert!(notes("tag:team", &["team$"])[0].contains("`team`: is it activated"));
    assert!(notes("cost-category:Product", &["Product$"])[0].contains("cost category `Product`"));
    assert!(notes("tag:team", &["team$", "team$a"]).is_empty());
    assert!(notes("tag:team", &[]).is_empty());
    assert!(notes("resources", &["i-1"])[0].contains("of `Amazon Elastic Compute Cloud - Compute` only"));
}

#[test]
fn amounts_are_exact_to_the_last_digit() {
    let groups = (0..10_000).map(|n| costs(["1", &n.to_string()], "0.0000000001", "0.1")).collect();
    let (charges, _) = read("base", days(1), &[page(vec![slice(day(FROM), groups)])]).expect("read");
    let parse = |text: &String| crate::domain::money::Decimal::parse(text.as_bytes()).expect("decimal").amount();
    let total: Amount = charges.iter().map(|charge| parse(&charge.amounts["BilledCost"])).sum();
    assert_eq!(total.to_string(), "0.000001");
}
