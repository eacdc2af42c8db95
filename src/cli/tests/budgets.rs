//! Budgets, from the command line to a store in a folder and back.

use super::stores::demo_store;
use super::*;

#[test]
fn budgets_are_made_changed_listed_and_removed() {
    let (_folder, flags) = demo_store();
    let run = |words: &str| run_words(&format!("spendtop budget {words} {flags}"));
    let (out, err, code) = run("list");
    assert_eq!((out.as_str(), code), ("", Ok(0)));
    assert!(err.contains("no budgets yet") && err.contains("budget suggest"), "{err}");
    let asks = run("add a --amount 50k").2.expect_err("two currencies");
    assert!(asks.message.contains("EUR") && asks.hints[0].starts_with("add --currency"), "{asks}");
    let (out, _, _) = run("add a --amount 50k --currency usd --where provider:aws --owner me");
    assert_eq!(out, "made budget a: 50000 USD a month, provider:aws\n");
    assert!(run("add a --amount 1 --currency USD").2.is_err_and(|e| e.message.contains("`a` already")));
    let (out, _, _) = run("edit a --amount 60000 --name b --actual none --growth -2.5%");
    let changes = ["  amount: 50000 -> 60000", "  growth: +0% -> -2.5%", "  actual: 80,100 -> none"];
    assert_eq!(out, format!("changed budget b: 60000 USD a month, -2.5% each, provider:aws\n{}\n", changes.join("\n")));
    let shown = run("show b").0;
    assert!(shown.contains("Who spends it, by service"), "{shown}");
    assert!(!shown.contains("Amazon Elastic Compute Cloud"), "services are called as on screens: {shown}");
    assert_eq!(run("clone b c --amount 5").0, "made budget c: 5 USD a month, -2.5% each, provider:aws\n");
    let (out, _, _) = run("list --format csv");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("budget,where,metric,currency,from,to,spent,limit"), "{out}");
    assert!(lines[1].starts_with("c,provider:aws,effective,USD,2024-09-01,2024-10-01,"), "the worst first: {out}");
    assert!(lines[1].contains(",exceeded,") && lines[2].starts_with("b,"), "{out}");
    assert_eq!(run("list --fail-on exceeded --format csv").2, Ok(1));
    assert_eq!(
        run("archive c").0,
        "archived budget c: 5 USD a month, -2.5% each, provider:aws\n  archived: false -> true\n"
    );
    assert_eq!(run("list --fail-on exceeded --format csv").2, Ok(0));
    assert!(run("list --archived").0.contains("archived, exceeded"));
    assert_eq!(run("archive c --undo").2, Ok(0));
    assert_eq!(run("rm c").0, "removed budget c: 5 USD a month, -2.5% each, provider:aws\n");
    assert!(run("rm c").2.is_err_and(|e| e.message == "there is no budget `c`"));
    let (out, _, _) = run("show b");
    assert!(out.contains("Who spends it, by service") && out.contains("September 2024"), "{out}");
    for (words, want) in [
        ("add x", "needs `--amount`"),
        ("add x --amount -5 --currency USD", "a limit of -5 is none: an amount is more than 0, like 50000 or 50k"),
        ("add x --amount 0 --currency USD", "a limit of 0 is none"),
        ("edit b --amount -5k", "a limit of -5000 is none"),
        ("edit b --growth -100%", "cannot shrink by 100 % or more: archive"),
        ("edit b --actual -80,100", "-80 % is no threshold: shares of the limit are more than 0"),
        ("edit b --forecast 0", "0 % is no threshold"),
        ("add x --amount 5 --currency USD --where cost>5", "of groups only"),
        ("add x --amount 5 --currency USD --where servce:x", "unknown dimension"),
        ("simulate b", "nothing would be otherwise"),
        ("simulate b --scenario none", "there is no scenario `none`"),
        ("show bb", "there is no budget `bb`"),
    ] {
        let error = run(words).2.expect_err(words);
        assert!(error.message.contains(want) && error.kind == Kind::Usage, "{words}: {error}");
    }
}

#[test]
fn a_file_is_applied_once_and_shows_what_differs() {
    let (folder, flags) = demo_store();
    let file = folder.path().join("b.toml");
    let run = |words: &str| run_words(&format!("spendtop budget {words} {flags}"));
    let write = |text: &str| std::fs::write(&file, text).expect("write");
    let apply = |more: &str| run(format!("apply {} {more}", file.display()).trim_end());
    write(
        "[budgets.a]\namount = 5\ncurrency = \"USD\"\n\n[budgets.b]\namount = 6.5\ncurrency = \"EUR\"\nevery = \"year\"\n",
    );
    let said = "+ a: 5 USD a month, all charges\n+ b: 6.5 EUR a year, all charges\n";
    let (out, _, code) = apply("--dry-run");
    assert_eq!(
        (out, code),
        (format!("{said}2 would be added, 0 would be changed, 0 would be removed, 0 unchanged\n"), Ok(0))
    );
    assert_eq!(apply("").0, format!("{said}2 added, 0 changed, 0 removed, 0 unchanged\n"));
    assert_eq!(apply("").0, "0 added, 0 changed, 0 removed, 2 unchanged\n");
    let (exported, _, _) = run("export");
    write(&exported);
    assert_eq!(apply("").0, "0 added, 0 changed, 0 removed, 2 unchanged\n", "{exported}");
    write("[budgets.a]\namount = 7\ncurrency = \"USD\"\n");
    let (out, _, _) = apply("");
    assert!(
        out.starts_with("~ a\n    amount: 5 -> 7\n0 added, 1 changed") && out.contains("1 budget is not in the file"),
        "{out}"
    );
    let (out, _, _) = apply("--prune");
    assert_eq!(out, "- b: 6.5 EUR a year, all charges\n0 added, 0 changed, 1 removed, 1 unchanged\n");
    write("");
    let error = apply("--prune").2.expect_err("nothing");
    assert!(error.message.contains("has no budgets: --prune would remove all 1 budget"), "{error}");
    assert!(run("export").0.contains("[budgets.a]"), "nothing is lost");
    write("[budgets.a]\namuont = 7\n");
    let error = apply("").2.expect_err("a mistake");
    assert!(error.message.contains("b.toml:2:1: unknown key `budgets.a.amuont`"), "{error}");
    assert!(run("apply /nowhere/b.toml").2.is_err_and(|e| e.message.contains("/nowhere/b.toml")));
}
