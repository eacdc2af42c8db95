//! What stands behind a row, how charges are tagged, and what there is to choose from.

use spendtop::domain::calendar::Granularity;
use spendtop::domain::charge::Metric;
use spendtop::domain::dimension::Dimension;
use spendtop::domain::lens::Lens;
use spendtop::domain::money::Amount;
use spendtop::domain::period::{Comparison, PeriodSpec};
use spendtop::engine::answer::{CurrencyDetail, DetailAnswer, Difference, LineItem, LineItems, Share, TagsAnswer};
use spendtop::engine::local::LocalEngine;
use spendtop::engine::{Answer, Cancel, Engine, Order, Page, Query, Question, Sort};

use crate::answers::{amount, ask, engine, figure, lens};

fn shares(list: &[Share]) -> Vec<(&str, String, Option<u32>)> {
    let percent = |share: f64| (share * 100.0).round() as u32;
    let cost = |share: &Share| share.cost.map_or_else(|| "?".to_owned(), |cost| cost.to_string());
    list.iter().map(|s| (s.value.raw(), cost(s), s.share.map(percent))).collect()
}

fn detail(engine: &LocalEngine, lens: Lens) -> DetailAnswer {
    match ask(engine, &Question::Detail(lens)) {
        Answer::Detail(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn line_items(engine: &LocalEngine, lens: Lens, page: Page) -> Vec<LineItems> {
    match ask(engine, &Question::LineItems { lens, page }) {
        Answer::LineItems(answer) => answer,
        other => panic!("{other:?}"),
    }
}

const HEADER: &str = "ProviderName,ServiceName,RegionId,SkuId,PricingQuantity,PricingUnit,ChargeCategory,PricingCategory,\
                      CommitmentDiscountId,CommitmentDiscountName,CommitmentDiscountStatus,Tags";

fn bill() -> LocalEngine {
    let web = r#""{""team"": ""web"", ""env"": ""prod""}""#;
    let data = r#""{""team"": ""data"", ""env"": """"}""#;
    let rows = [
        format!("10 2023-10-02 2023-10-03 AWS,EC2,us-east-1,vm,5,Hours,Usage,Standard,,,,{web}"),
        format!("8 2023-11-02 2023-11-03 AWS,EC2,us-east-1,vm,4,Hours,Usage,Standard,,,,{web}"),
        format!("6 2023-11-03 2023-11-04 AWS,EC2,eu-west-1,vm,4,Hours,Usage,Committed,sp-1,Plan,Used,{data}"),
        "2 2023-11-03 2023-11-04 AWS,EC2,eu-west-1,vm,,,Usage,Committed,sp-1,Plan,Unused,".to_owned(),
        "4 2023-11-05 2023-11-06 AWS,EC2,,fee,1,Fee,Tax,,,,,".to_owned(),
        "100 2023-11-05 2023-11-06 AWS,S3,us-east-1,store,1,GB,Usage,Standard,,,,".to_owned(),
    ];
    engine(HEADER, &rows.iter().map(String::as_str).collect::<Vec<_>>())
}

fn ec2() -> CurrencyDetail {
    let mut answer = detail(&bill(), lens(&["service"], "service==EC2"));
    assert_eq!((answer.currencies.len(), answer.notices.len()), (1, 0));
    answer.currencies.remove(0)
}

#[test]
fn a_row_is_taken_apart_by_day_dimension_and_tag() {
    let ec2 = ec2();
    assert_eq!(ec2.figure, figure("20", "10"));
    assert_eq!(ec2.trend.len(), 15);
    assert_eq!(ec2.trend[..6], ["0", "8", "8", "0", "4", ""].map(amount));
    let by: Vec<_> = ec2.composition.iter().map(|c| (c.dimension.name(), shares(&c.values), c.others)).collect();
    let text = |s: &str| s.to_owned();
    let region =
        vec![("eu-west-1", text("8"), Some(40)), ("us-east-1", text("8"), Some(40)), ("", text("4"), Some(20))];
    assert_eq!(by[0], (text("region"), region, 0));
    assert_eq!(by[1], (text("sku"), vec![("vm", text("16"), Some(80)), ("fee", text("4"), Some(20))], 0));
    assert_eq!(by[2].0, "charge_category");
    assert_eq!(by.len(), 3);
    let tags: Vec<_> =
        ec2.tags.iter().map(|t| (t.key.raw(), shares(&t.values), shares(std::slice::from_ref(&t.untagged)))).collect();
    let team = vec![("web", text("8"), Some(40)), ("data", text("6"), Some(30))];
    assert_eq!(tags[0], ("team", team, vec![("", text("6"), Some(30))]));
    // An empty value is no tag.
    assert_eq!(tags[1], ("env", vec![("prod", text("8"), Some(40))], vec![("", text("12"), Some(60))]));
}

#[test]
fn a_row_says_what_drives_it_and_how_it_is_paid_for() {
    let ec2 = ec2();
    let effects = ec2.driver.expect("compared").effects.expect("compared");
    let parts = [effects.quantity, effects.price, effects.other].map(|a| a.to_string());
    // 5 hours at 2 became 8 at 1.75; the fee is new; what is unused has no quantity.
    assert_eq!(parts, ["10", "-2", "2"]);
    let coverage = ec2.coverage;
    assert_eq!((coverage.usage, coverage.unused), (amount("16"), amount("2")));
    let pricing = vec![("Committed", "8".to_owned(), Some(50)), ("Standard", "8".to_owned(), Some(50))];
    assert_eq!(shares(&coverage.pricing), pricing);
    assert_eq!(shares(&coverage.commitments), [("sp-1", "8".to_owned(), Some(50))]);
    assert_eq!(coverage.commitments[0].name.as_ref().map(|n| n.raw()), Some("Plan"));
}

#[test]
fn a_row_without_charges_is_empty_and_says_so() {
    assert!(detail(&bill(), lens(&[], "service:nosuch")).currencies.is_empty());
    assert!(line_items(&bill(), lens(&[], "service:nosuch"), Page { limit: 5, ..Page::default() }).is_empty());
}

/// Each answer's currency, how many line items there are, and the cost of those on the page.
fn costs(answers: &[LineItems]) -> Vec<(&str, u64, Vec<String>)> {
    let cost = |item: &LineItem| {
        let effective = item.quantities.iter().find(|(name, _)| name == "EffectiveCost");
        effective.map(|(_, cost)| cost.to_string()).expect("its cost")
    };
    answers.iter().map(|a| (a.currency.as_str(), a.total, a.items.iter().map(cost).collect())).collect()
}

#[test]
fn line_items_are_ranked_in_each_currency_apart() {
    let rows = [
        "3 2023-11-02 2023-11-03 AWS,EC2",
        "9000 2023-11-03 2023-11-04 AWS,EC2",
        "1000000@JPY 2023-11-03 2023-11-04 AWS,EC2",
        "-40 2023-11-04 2023-11-05 AWS,EC2",
        "1 2023-11-01 2023-11-02 AWS,EC2",
        "7 2023-12-01 2023-12-02 AWS,EC2",
    ];
    let engine = engine("ProviderName,ServiceName", &rows);
    let all = line_items(&engine, lens(&[], ""), Page { limit: 2, ..Page::default() });
    let text = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(costs(&all), [("JPY", 1, text(&["1000000"])), ("USD", 4, text(&["9000", "-40"]))]);
    let only = Lens { currency: Some("USD".into()), ..lens(&[], "") };
    let next = line_items(&engine, only.clone(), Page { limit: 2, skip: 2, ..Page::default() });
    assert_eq!((costs(&next), next[0].skip), (vec![("USD", 4, text(&["3", "1"]))], 2));
    let newest = line_items(&engine, only.clone(), Page { limit: 3, skip: 1, order: Order::Newest });
    assert_eq!(costs(&newest), [("USD", 4, text(&["9000", "3", "1"]))]);
    let detail = detail(&engine, only);
    assert_eq!(detail.currencies.iter().map(|c| (c.currency.as_str(), c.rows)).collect::<Vec<_>>(), [("USD", 4)]);
}

#[test]
fn what_is_gone_is_taken_apart_as_well() {
    let rows = [
        "5 2023-10-02 2023-10-03 AWS,EC2",
        "7@EUR 2023-10-02 2023-10-03 AWS,EC2",
        "3@EUR 2023-11-02 2023-11-03 AWS,EC2",
    ];
    let answer = detail(&engine("ProviderName,ServiceName", &rows), lens(&["service"], "service==EC2"));
    let found: Vec<_> = answer.currencies.iter().map(|c| (c.currency.as_str(), c.figure, c.rows)).collect();
    assert_eq!(found, [("EUR", figure("3", "7"), 1), ("USD", figure("0", "5"), 0)]);
    let gone = &answer.currencies[1];
    assert_eq!(gone.driver.as_ref().map(|d| (d.figure, d.gone_skus)), Some((figure("0", "5"), 0)));
    assert!(gone.composition.is_empty() && gone.coverage.usage.is_none());
}

fn tags(engine: &LocalEngine, filter: &str) -> TagsAnswer {
    match ask(engine, &Question::TagHygiene(lens(&[], filter))) {
        Answer::TagHygiene(mut answers) if answers.len() == 1 => answers.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tags_are_measured_and_misspelt_values_are_found() {
    let row = |cost: u32, service: &str, tags: &str| {
        let tags = tags.replace('"', "\"\"");
        format!("{cost} 2023-11-02 2023-11-03 AWS,{service},\"{tags}\"")
    };
    let mut rows = vec![
        row(5, "EC2", r#"{"team":"Payments","cost-center":"7"}"#),
        row(7, "EC2", r#"{"team":"paymnets"}"#),
        row(30, "S3", r#"{"Team":"data"}"#),
        row(8, "S3", "{}"),
    ];
    rows.extend((0..20).map(|_| row(10, "EC2", r#"{"team":"payments"}"#)));
    let engine = engine("ProviderName,ServiceName,Tags", &rows.iter().map(String::as_str).collect::<Vec<_>>());
    let answer = tags(&engine, "");
    assert_eq!((answer.total, answer.keys_total), (amount("250"), 4));
    let keys: Vec<_> =
        answer.keys.iter().map(|k| (k.key.raw(), k.configured, k.values, k.tagged, k.untagged)).collect();
    let want = [
        ("team", true, 3, amount("212"), amount("38")),
        ("env", true, 0, amount("0"), amount("250")),
        ("Team", false, 1, amount("30"), amount("220")),
        ("cost-center", false, 1, amount("5"), amount("245")),
    ];
    assert_eq!(keys, want);
    let team = &answer.keys[0];
    assert_eq!(team.coverage.map(|c| (c * 1000.0).round()), Some(848.0));
    assert_eq!(shares(&team.untagged_by), [("S3", "38".to_owned(), Some(100))]);
    let misspelt: Vec<_> =
        team.misspelt.iter().map(|m| (m.value.raw(), m.meant.raw(), m.difference, m.cost, m.rows)).collect();
    let want = [
        ("paymnets", "payments", Difference::Letters, amount("7"), 1),
        ("Payments", "payments", Difference::Case, amount("5"), 1),
    ];
    assert_eq!((misspelt, team.misspelt_cost), (want.to_vec(), Amount::whole(12)));
    let keys: Vec<_> = answer.misspelt_keys.iter().map(|m| (m.value.raw(), m.meant.raw(), m.cost)).collect();
    assert_eq!(keys, [("Team", "team", amount("30"))]);
    let s3 = tags(&engine, "service:s3");
    assert_eq!((s3.total, s3.keys[0].untagged), (amount("38"), amount("38")));
}

#[test]
fn a_key_of_the_config_that_no_charge_has_is_not_misspelt_but_has_a_twin() {
    let rows = [r#"5 2023-11-02 2023-11-03 AWS,"{""Team"": ""web"", ""cost-center"": ""7""}""#];
    let answer = tags(&engine("ProviderName,Tags", &rows), "");
    let twins: Vec<_> = answer.keys.iter().map(|k| (k.key.raw(), k.twin.as_ref().map(|t| t.raw()))).collect();
    assert_eq!(twins, [("team", Some("Team")), ("env", None), ("Team", None), ("cost-center", None)]);
    assert_eq!(answer.misspelt_keys, []);
}

#[test]
fn pieces_of_a_course_that_no_data_has_come_of_are_unknown() {
    let rows = [
        "1 2023-09-30 2023-10-01 AWS,EC2",
        "2 2023-10-31 2023-11-01 AWS,EC2",
        "8 2023-11-02 2023-11-03 AWS,S3",
        "-1 2023-11-03 2023-11-04 AWS,Credit",
    ];
    let engine = engine("ProviderName,ServiceName", &rows);
    let course = |period: &str, pieces| {
        let period = PeriodSpec::parse(period, crate::answers::as_of()).expect(period);
        let lens = Lens { period, ..lens(&["service"], "") };
        let Answer::Breakdown(mut answers) = ask(&engine, &Question::Breakdown { lens, limit: Some(2), pieces }) else {
            panic!("{period:?}")
        };
        answers.remove(0).rows.into_iter().map(|row| row.trend).collect::<Vec<_>>()
    };
    let months = course("2023", Some(Granularity::Month));
    assert_eq!(months[0][7..], ["", "0", "0", "8", ""].map(amount));
    assert_eq!(months[1][7..], ["", "1", "2", "0", ""].map(amount));
    assert_eq!(course("this-month", None)[0][..5], ["0", "8", "0", "", ""].map(amount));
}

#[test]
fn a_provider_that_lags_has_a_course_that_ends_where_its_data_does() {
    let rows = [
        "8 2023-11-01 2023-11-02 Azure,VM",
        "1 2023-11-01 2023-11-02 Microsoft Azure,VM",
        "4 2023-11-01 2023-11-02 AWS,EC2",
        "4 2023-11-03 2023-11-04 AWS,EC2",
    ];
    let engine = engine("ProviderName,ServiceName", &rows);
    let question = Question::Breakdown { lens: lens(&["provider"], ""), limit: None, pieces: None };
    let Answer::Breakdown(answers) = ask(&engine, &question) else { panic!() };
    let course: Vec<_> = answers[0].rows.iter().map(|row| row.trend[..4].to_vec()).collect();
    let want = [["9", "", "", ""], ["4", "0", "4", ""]];
    assert_eq!(course, want.map(|course| course.map(amount).to_vec()), "however bills spell it");
}

#[test]
fn days_that_a_provider_has_not_told_of_yet_cost_an_unknown_amount() {
    let rows =
        ["9 2023-10-14 2023-10-15 Azure,VM", "8 2023-11-01 2023-11-02 Azure,VM", "4 2023-11-14 2023-11-15 AWS,EC2"];
    let engine = engine("ProviderName,ServiceName", &rows);
    let period = PeriodSpec::parse("2023-11-14..2023-11-15", crate::answers::as_of()).expect("days");
    let question = Question::Breakdown { lens: Lens { period, ..lens(&["provider"], "") }, limit: None, pieces: None };
    let Answer::Breakdown(answers) = ask(&engine, &question) else { panic!() };
    let figures: Vec<_> = answers[0].rows.iter().map(|row| (row.key[0].raw(), row.figure)).collect();
    assert_eq!(figures, [("AWS", figure("4", "0")), ("Microsoft", figure("", ""))]);
    let query = |filter: &str, granularity| {
        let lens = Lens { period, ..lens(&["provider"], filter) };
        let query = Query { lens, granularity, sort: Sort::Cost, limit: None };
        let Answer::Query(mut answers) = ask(&engine, &Question::Query(query)) else { panic!() };
        answers.remove(0)
    };
    for granularity in [None, Some(Granularity::Day)] {
        let answer = query("", granularity);
        let costs: Vec<_> = answer.rows.iter().map(|row| (row.key[0].raw(), row.cost, row.previous)).collect();
        assert_eq!(costs, [("AWS", amount("4"), amount("0")), ("Microsoft", None, None)], "{granularity:?}");
    }
    assert_eq!(query("provider:azure", None).total, None, "nothing is known of what it costs");
}

#[test]
fn values_and_tag_keys_can_be_chosen_from() {
    let engine = bill();
    let values = |dimension: Dimension, filter: &str, limit: usize| match ask(
        &engine,
        &Question::Values { dimension, lens: lens(&[], filter), limit },
    ) {
        Answer::Values(answer) => answer,
        other => panic!("{other:?}"),
    };
    let services = values(Dimension::Service, "service:ec2 region:us-east-1", 10);
    let list: Vec<_> = services.values.iter().map(|v| (v.value.raw(), v.costs.clone())).collect();
    let usd = |cost: &str| vec![("USD".to_owned(), amount(cost))];
    assert_eq!(list, [("S3", usd("100")), ("EC2", usd("8"))], "its own clause is left out, others count");
    let few = values(Dimension::CommitmentDiscount, "", 1);
    assert_eq!((few.values.len(), few.total, few.values[0].value.raw()), (1, 2, ""));
    let Answer::TagKeys(keys) = ask(&engine, &Question::TagKeys(lens(&[], ""))) else { panic!() };
    let raw = |list: &[spendtop::domain::text::Untrusted]| list.iter().map(|k| k.raw().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (raw(&keys.configured), raw(&keys.seen)),
        (vec!["team".into(), "env".into()], vec!["team".into(), "env".into()])
    );
}

/// What the pass over single charges says of the demo is what rollups say.
#[test]
fn details_are_those_of_the_rollups() {
    let engine = crate::engine::demo();
    let ask = |question: &Question| engine.ask(question, crate::engine::as_of(), &Cancel::default()).expect("answer");
    let base = |by: &[&str], filter: &str| Lens {
        period: PeriodSpec::LastDays(14),
        comparison: Comparison::Previous,
        metric: Metric::Billed,
        ..lens(by, filter)
    };
    let query = |lens: Lens, granularity| match ask(&Question::Query(Query {
        lens,
        granularity,
        sort: Sort::Key,
        limit: None,
    })) {
        Answer::Query(answers) => answers,
        other => panic!("{other:?}"),
    };
    for filter in ["", "provider:aws", "service:ec2 team:*", "account:prod*"] {
        let Answer::Detail(detail) = ask(&Question::Detail(base(&[], filter))) else { panic!() };
        let Answer::TagHygiene(tags) = ask(&Question::TagHygiene(base(&[], filter))) else { panic!() };
        let days = query(base(&[], filter), Some(Granularity::Day));
        for ((found, tags), whole) in detail.currencies.iter().zip(&tags).zip(query(base(&[], filter), None)) {
            let figure = (found.figure.amount, found.figure.previous);
            assert_eq!((&found.currency, figure), (&whole.currency, (whole.total, whole.previous_total)), "{filter}");
            let days = days.iter().find(|d| d.currency == found.currency).expect("days");
            let trend: Amount = found.trend.iter().flatten().copied().sum();
            assert_eq!(Some(trend), days.total, "{filter}");
            for composition in &found.composition {
                let by = vec![composition.dimension.clone()];
                let lens = Lens { by, comparison: Comparison::None, ..base(&[], filter) };
                let all = query(lens, None).into_iter().find(|a| a.currency == found.currency).expect("rows");
                for share in &composition.values {
                    let row = all.rows.iter().find(|r| r.key[0] == share.value).expect("the value");
                    assert_eq!((share.cost, share.name.as_ref()), (row.cost, row.names.get(&0)), "{filter}");
                }
                assert_eq!(composition.values.len() as u64 + composition.others, all.groups);
            }
            let by_team = query(base(&["tag:team"], filter), None);
            let by_team = by_team.iter().find(|a| a.currency == found.currency).expect("teams");
            let untagged = by_team.rows.iter().find(|r| r.key[0].raw().is_empty()).and_then(|r| r.cost);
            assert_eq!(tags.keys[0].untagged, untagged.or(Some(Amount::ZERO)), "{filter}");
        }
    }
}
