//! Files of budgets: read, printed, held against what is kept; knows no disk.

use super::*;
use crate::domain::calendar::Period;

fn as_of() -> Day {
    Day::parse("2026-11-21").expect("day")
}

fn read(text: &str, kept: &[Budget]) -> Result<Vec<Budget>> {
    let own = [Dimension::Tag("team".to_owned())];
    parse(text, "b.toml", &Beside { own: &own, kept, as_of: as_of() })
}

const FILE: &str = r#"
[budgets.platform]
where = "team=platform"
amount = 50_000.50
currency = "usd"
growth = "2.5%"
rollover = "unspent"
actual = [50, "80%", 100.5]
forecast = []
owner = "on-call"

[budgets."launch day"]
amount = "1k"
currency = "EUR"
every = "2026-12-01..2026-12-08"
archived = true

[budgets.quarterly]
amount = 5
currency = "USD"
every = "quarter"
from = 2026-02-10
"#;

#[test]
fn a_file_is_read_printed_and_read_again() {
    let budgets = read(FILE, &[]).expect("budgets");
    let [launch, platform, quarterly] = budgets.as_slice() else { panic!("{budgets:?}") };
    assert_eq!(
        (platform.amount.to_string(), platform.scope.to_string()),
        ("50000.5".into(), "tag:team=platform".into())
    );
    assert_eq!((platform.from, platform.every), (as_of().month().first(), Cycle::Month));
    assert_eq!(budget::thresholds_line(&platform.thresholds.actual), "50,80,100.5");
    assert!(platform.thresholds.forecast.is_empty());
    let days = Period { from: Day::parse("2026-12-01").expect("day"), to: Day::parse("2026-12-08").expect("day") };
    assert_eq!((launch.every, launch.from, launch.archived), (Cycle::Days(days), days.from, true));
    assert_eq!(quarterly.from.to_string(), "2026-02-10");
    assert_eq!(read(&print(&budgets), &[]).expect("again"), budgets);
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let budgets = read(FILE, &[]).expect("budgets");
    // Read in another month: what began keeps its first day.
    let beside = Beside { own: &[Dimension::Tag("team".to_owned())], kept: &budgets, as_of: as_of().plus(60) };
    let again = parse(FILE, "b.toml", &beside).expect("budgets");
    assert_eq!(Difference::of(&budgets, &again), Difference { same: 3, ..Difference::default() });
}

#[test]
fn what_a_file_would_change_is_named() {
    let kept = read(FILE, &[]).expect("budgets");
    let text = "[budgets.platform]\nwhere = \"team=platform\"\namount = 60000\ncurrency = \"USD\"\n[budgets.new]\namount = 1\ncurrency = \"USD\"";
    let written = read(text, &kept).expect("budgets");
    let difference = Difference::of(&kept, &written);
    assert_eq!((difference.added.len(), difference.missing.len(), difference.same), (1, 2, 0));
    let (before, after) = &difference.changed[0];
    assert_eq!(
        changes(before, after),
        [
            "amount: 50000.5 -> 60000",
            "growth: +2.5% -> +0%",
            "rollover: unspent -> none",
            "actual: 50,80,100.5 -> 80,100",
            "forecast: none -> 100",
            "owner: on-call -> (none)",
        ]
    );
}

#[test]
fn every_mistake_is_named_with_its_line() {
    for (text, said) in [
        ("x = 1", "b.toml:1:1: unknown `x`"),
        ("[budgets.a]\namont = 5\ncurrency = \"USD\"", "b.toml:2:1: unknown key `budgets.a.amont`"),
        ("[budgets.a]\namount = 5", "`budgets.a` needs the key `currency`"),
        ("[budgets.a]\namount = \"lots\"\ncurrency = \"USD\"", "b.toml:2:10: `budgets.a.amount`: an amount is written"),
        (
            "[budgets.a]\namount = 5\ncurrency = \"USD\"\nwhere = \"servce:x\"",
            "b.toml:4:9: `budgets.a.where`: unknown dimension `servce`",
        ),
        ("[budgets.a]\namount = 5\ncurrency = \"USD\"\nevery = \"week\"", "b.toml:4:9: `budgets.a.every`"),
        ("[budgets.a]\namount = 5\ncurrency = \"USD\"\nactual = 80", "expected a list of percentages"),
        ("[budgets.a]\namount = 5\ncurrency = \"USD\"\nactual = [0]", "0 % is no threshold"),
        ("[budgets.a]\namount = 0\ncurrency = \"USD\"", "b.toml:1:10: `budgets.a`: a limit of 0 is none"),
        ("[budgets.a\n", "not TOML"),
        ("budgets = 3", "unknown `budgets`"),
        ("[budgets.a]\narchived = 3\namount = 5\ncurrency = \"USD\"", "expected `true` or `false`"),
    ] {
        let error = read(text, &[]).expect_err(said);
        assert!(error.message.contains(said), "{said}\n{}", error.message);
    }
    let two = read("[budgets.a]\nx = 1\n[budgets.b]\ny = 1", &[]).expect_err("mistakes");
    assert!(two.message.starts_with("the file has 6 mistakes"), "{}", two.message);
}
