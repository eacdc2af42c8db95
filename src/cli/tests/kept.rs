//! What the user makes: notes and saved lenses, from the command line to a store in a folder and back.

use super::stores::demo_store;
use super::*;

#[test]
fn notes_are_written_listed_and_removed() {
    let (_folder, flags) = demo_store();
    let run = |words: &str| run_words(&format!("spendtop notes {words} {flags}"));
    let (out, err, code) = run("list");
    assert_eq!((out.as_str(), code), ("", Ok(0)));
    assert!(err.contains("no notes yet") && err.contains("notes add DAY TEXT"), "{err}");
    assert_eq!(run("add 2024-09-17 launch of X").0, "wrote note 1: 2024-09-17 launch of X\n");
    assert_eq!(run("add today new GPU pool").0, "wrote note 2: 2024-09-18 new GPU pool\n");
    let (out, _, _) = run("list --format csv");
    let lines: Vec<&str> = out.lines().map(|l| l.rsplit_once(',').map_or(l, |(line, _)| line)).collect();
    assert_eq!(lines, ["id,day,text", "1,2024-09-17,launch of X", "2,2024-09-18,new GPU pool"]);
    assert_eq!(run("rm 1").0, "removed note 1: 2024-09-17 launch of X\n");
    assert!(run("rm 1").2.is_err_and(|e| e.message == "there is no note 1"));
    assert!(run("add launch 2024-09-17").2.is_err_and(|e| e.hints[0].contains("the day comes first")));
}

#[test]
fn a_lens_is_saved_from_flags_or_a_line_and_used_by_its_name() {
    let (folder, flags) = demo_store();
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[lenses.fixed]\nby = [\"region\"]\nmetric = \"list\"\n").expect("write");
    let run = |words: &str| run_words(&format!("spendtop {words} {flags} --config {}", config.display()));
    let line = "billed 30d vs previous by service where provider:aws per day";
    let (out, _, code) =
        run("lens save aws --by service --last 30d --metric billed --compare previous --where provider:aws");
    assert_eq!((out, code), (format!("saved lens aws: {line}\n"), Ok(0)));
    let (out, err, _) = run("lens save aws --lens aws --by region");
    assert_eq!(out, format!("saved lens aws: {}\n", line.replace("service", "region")));
    assert!(err.contains(&format!("it was {line}")), "{err}");
    let (out, _, _) = run("lens list --format csv");
    let fixed = "effective this-month vs month-before by region per day".replace("effective", "list");
    assert_eq!(
        out,
        format!("name,lens,keeper\naws,{},store\nfixed,{fixed},config\n", line.replace("service", "region"))
    );
    let named = run("query --lens aws --by service --format json");
    let told =
        run("query --by service --last 30d --metric billed --compare previous --where provider:aws --format json");
    assert_eq!(named, told);
    assert!(named.0.contains("\"previous_period\""), "{}", named.0);
    assert!(run("spend --lens fixed --format json").0.contains("\"metric\":\"list\""));
    assert_eq!(run("lens rm aws").2, Ok(0));
    for (words, want) in [
        ("lens rm aws", "there is no saved lens `aws`"),
        ("query --lens fixd", "there is no saved lens `fixd`"),
        ("lens rm fixed", "the lens `fixed` is the config's"),
        ("lens save fixed", "the lens `fixed` is the config's"),
        ("lens save x 30d --by service", "a line and flags both say"),
        ("lens save x 30d,by", "in the lens: `30d,by` is no period"),
        ("lens save x --demo", "the demo is made anew"),
    ] {
        let error = run(words).2.expect_err(words);
        assert!(error.message.contains(want) && error.kind == Kind::Usage, "{words}: {error}");
    }
    assert!(run("query --lens fixd").2.is_err_and(|e| e.hints[0] == "did you mean `fixed`?"));
}

#[test]
fn tags_are_measured_from_the_command_line() {
    let (_folder, flags) = demo_store();
    let (out, err, code) = run_words(&format!("spendtop tags --last 30d --format csv {flags}"));
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    assert!(out.starts_with("kind,key,value,meant,currency,cost,untagged,values\nkey,"), "{out}");
    assert!(out.contains("\nkey,team,,,USD,") && out.contains("\nuntagged,team,"), "{out}");
    let (out, err, _) = run_words(&format!("spendtop tags --where service:nosuch {flags}"));
    assert!(out.is_empty() && err.contains("match the filter"), "{out} {err}");
}

#[test]
fn what_will_come_is_told_from_the_command_line() {
    let (_folder, flags) = demo_store();
    // Two days, none of which is settled.
    let (out, err, code) = run_words(&format!("spendtop forecast {flags}"));
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    assert!(out.starts_with("Forecast of effective cost as of "), "{out}");
    assert!(out.contains("\nmodel: nothing is foretold: no day is settled yet\n"), "{out}");
    let (out, err, code) = run_words(&format!("spendtop forecast --format csv {flags}"));
    assert_eq!(out, "kind,from,to,currency,forecast,low_80,high_80,low_95,high_95,previous\n");
    assert!(err.contains("no day is settled yet") && code == Ok(0), "{err}");
    let (out, _, _) = run_words(&format!("spendtop forecast --currency USD --format json {flags}"));
    let json: serde_json::Value = serde_json::from_str(&out).expect("json");
    assert!(json["month"].is_null() && json["currency"] == "USD", "{json}");
    let (out, err, _) = run_words(&format!("spendtop forecast --where service:nosuch {flags}"));
    assert!(!out.contains("model") && err.contains("match the filter"), "{out} {err}");
}

#[test]
fn what_comes_is_told_by_week_and_by_month_as_sums_of_their_own() {
    let told = |words: &str| run_words(&format!("spendtop forecast --demo --currency USD --as-of 2026-11-18 {words}"));
    let lines = |granularity: &str| -> Vec<Vec<String>> {
        let (out, _, code) = told(&format!("--format csv --granularity {granularity}"));
        assert_eq!(code, Ok(0), "{out}");
        out.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let by_month = lines("month");
    let of = |kind: &str| by_month.iter().filter(|row| row[0] == kind).cloned().collect::<Vec<_>>();
    let (month, months) = (of("month"), of("whole_month"));
    let weeks: Vec<Vec<String>> = lines("week").into_iter().filter(|row| row[0] == "week").collect();
    // The one that is part past is the figure that is told of this month, and only whole ones follow.
    assert_eq!(month[0][1..9], months[0][1..9]);
    let from = |rows: &[Vec<String>]| rows.iter().map(|row| row[1].clone()).collect::<Vec<_>>();
    assert_eq!(from(&months), ["2026-11-01", "2026-12-01", "2027-01-01"]);
    assert_eq!((weeks[0][1].as_str(), weeks[0][2].as_str(), weeks.len() > 11), ("2026-11-16", "2026-11-23", true));
}

#[test]
fn what_a_rule_asks_for_that_nothing_has_is_said() {
    let (folder, flags) = demo_store();
    let config = folder.path().join("c.toml");
    let rules = |where_: &str| {
        let text = format!("[alerts.waf]\nrule = \"anomaly\"\nwhere = '{where_}'\n");
        std::fs::write(&config, text).expect("write");
    };
    let run = |words: &str| run_words(&format!("spendtop {words} {flags} --config {}", config.display()));
    for (asked, note) in [
        ("service=AWS Lambda", Some("`service:AWS` yet; nearest: `service:\"AWS Lambda\"`")),
        ("service=\"AWS Lamda\"", Some("`service:\"AWS Lamda\"` yet; nearest: `service:\"AWS Lambda\"`")),
        ("account=zzzzzzzzzzzz", Some("`sub_account:zzzzzzzzzzzz` yet")),
        ("provider=oracle", Some("`provider:oracle` yet")),
        ("service:s3 provider:aws", None),
        ("service=*lambda* -service:none", None),
        ("env=nowhere", None),
    ] {
        rules(asked);
        for command in ["alert list", "alert run --dry-run", "config check"] {
            let (_, err, code) = run(command);
            let said = err.contains("`alerts.waf.where`: nothing in the store has ");
            assert_eq!((code, said), (Ok(0), note.is_some()), "{command}, {asked}: {err}");
            assert!(err.contains(note.unwrap_or_default()), "{command}, {asked}: {err}");
        }
    }
    rules("service=Foo");
    let (out, err, code) = run_words(&format!("spendtop config check --config {} --data-dir /none", config.display()));
    assert!(code == Ok(0) && out.contains("is sound") && !err.contains("nothing in"), "without a store: {err}");
}
