//! The program itself, in an environment of its own: streams, exit codes, reproducible runs, and
//! a few runs in a real pseudo-terminal.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::screen::{Screen, command, printed, run, text};
use crate::support::{fixture, shared};

#[test]
fn the_configs_own_dimensions_are_asked_for_by_name() {
    let home = tempfile::tempdir().expect("home");
    let config = home.path().join("c.toml");
    let own =
        "[dimensions.team]\ntags = [\"team\"]\naccounts = { \"prod-ml\" = \"ml\" }\nshared = { platform = \"even\" }\n";
    std::fs::write(&config, own).expect("config");
    let config = config.to_string_lossy();
    let rows = [("10", "a", ""), ("30", "platform", ""), ("20", "", "prod-ml"), ("5", "", "x")].map(
        |(cost, team, account)| {
            let tags = if team.is_empty() { String::new() } else { format!("\"{{\"\"team\"\":\"\"{team}\"\"}}\"") };
            format!("{cost},{cost},USD,2024-10-02T00:00:00Z,2024-10-03T00:00:00Z,AWS,{account},{tags}\n")
        },
    );
    let head =
        "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,SubAccountId,Tags";
    let bill = home.path().join("bill.csv");
    std::fs::write(&bill, format!("{head}\n{}", rows.concat())).expect("bill");
    printed(home.path(), &["--config", &config, "import", &bill.to_string_lossy()]);
    let ask = |words: &[&str]| printed(home.path(), &[&["--config", &config, "query"], words].concat());
    let json = ask(&["--by", "team", "--format", "json"]);
    assert!(json.contains("{\"key\":{\"virtual:team\":\"ml\"},\"cost\":\"35\",\"shared\":\"15\"}"), "{json}");
    assert!(!json.contains("platform"), "{json}");
    let table = ask(&["--by", "team", "--where", "-team=ml", "--sort", "team"]);
    assert!(table.contains("(no team)") && table.contains("Of which shared"), "{table}");
    assert!(table.contains("no shares of `platform`: "), "{table}");
    assert!(ask(&["--by", "tag:team"]).contains("platform"));
    let csv = ask(&["--by", "virtual:team,provider", "--format", "csv"]);
    assert!(csv.starts_with("virtual:team,provider,currency,cost,shared,unknown_rows"), "{csv}");
    let output = run(home.path(), &["--config", &config, "config", "check"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    std::fs::write(&*config, own.replace("even", "evenly")).expect("config");
    let output = run(home.path(), &["--config", &config, "config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `even`?"), "{}", text(&output.stderr));
}

#[test]
fn imports_and_answers_and_exports_the_same_again() {
    let home = tempfile::tempdir().expect("home");
    let quirks = fixture("quirks.csv");
    let imported = run(home.path(), &["import", &quirks.to_string_lossy()]);
    assert!(matches!(imported.status.code(), Some(0 | 1)), "{}", text(&imported.stderr));
    let question = [
        "query",
        "--by",
        "provider,service",
        "--period",
        "2020-01-01..2030-01-01",
        "--metric",
        "billed",
        "--format",
        "json",
    ];
    let before = printed(home.path(), &question);
    assert!(before.contains("\"total\""), "{before}");
    for format in ["csv", "parquet"] {
        let file = home.path().join(format!("out.{format}"));
        let file = file.to_string_lossy();
        printed(home.path(), &["export", "--format", format, "-o", &file]);
        let other = tempfile::tempdir().expect("home");
        printed(other.path(), &["import", &file]);
        assert_eq!(printed(other.path(), &question), before, "{format}");
    }
}

#[test]
fn the_real_sample_sums_exactly() {
    let (Some(sample), Some(truth)) = (shared("focus/focus_1.0_sample_third.csv"), shared("focus/truth_third.json"))
    else {
        return;
    };
    let home = tempfile::tempdir().expect("home");
    printed(home.path(), &["import", &sample.to_string_lossy()]);
    let truth: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(truth).expect("truth")).expect("json");
    let exact = |text: &serde_json::Value| {
        text.as_str().expect("text").parse::<spendtop::domain::money::Amount>().expect("amount")
    };
    for (metric, column) in [
        ("billed", "BilledCost"),
        ("effective", "EffectiveCost"),
        ("list", "ListCost"),
        ("contracted", "ContractedCost"),
    ] {
        let answer = printed(
            home.path(),
            &["query", "--by", "service", "--month", "2024-09", "--metric", metric, "--format", "json"],
        );
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("json");
        assert_eq!(exact(&answer["total"]), exact(&truth["total"][column]), "{metric}");
    }
    let days = printed(
        home.path(),
        &[
            "query",
            "--by",
            "none",
            "--month",
            "2024-09",
            "--metric",
            "billed",
            "--granularity",
            "day",
            "--format",
            "json",
        ],
    );
    let days: serde_json::Value = serde_json::from_str(&days).expect("json");
    for row in days["rows"].as_array().expect("rows") {
        let day = row["period"].as_str().expect("period");
        assert_eq!(exact(&row["cost"]), exact(&truth["by_day_billed"][day]), "{day}");
    }
}

#[test]
fn says_what_to_do_and_exits_by_kind() {
    let home = tempfile::tempdir().expect("home");
    for (words, code, said) in [
        (&["query"][..], 2, "spendtop import FILE"),
        (&["query", "--by", "servce", "--demo"], 2, "did you mean `service`?"),
        (&["query", "--demo", "--where", "servce:x"], 2, "^"),
        (&["import", "/no/such/file"], 2, "No such file"),
        (&["imports", "rm", "1"], 2, "no import 1"),
        (&["imports", "rm", "x"], 2, "no import's number"),
        (&["frobnicate"], 2, "unrecognized subcommand"),
        (&[], 2, "needs a terminal"),
        (&["--config", "/no/such.toml", "config", "check"], 2, "such.toml"),
    ] {
        let output = run(home.path(), words);
        assert_eq!(output.status.code(), Some(code), "{words:?}");
        assert!(text(&output.stderr).contains(said), "{words:?}: {}", text(&output.stderr));
    }
    let fresh = tempfile::tempdir().expect("home");
    assert_eq!(printed(fresh.path(), &["store", "check"]), "sound: there is no store yet\n");
}

#[test]
fn a_broken_pipe_is_quiet() {
    let home = tempfile::tempdir().expect("home");
    let mut child = command(home.path())
        .args(["query", "--demo", "--by", "resource", "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("spawn");
    let mut first = [0u8; 16];
    child.stdout.as_mut().expect("stdout").read_exact(&mut first).expect("read");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("wait");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn an_export_that_is_interrupted_leaves_nothing() {
    let home = tempfile::tempdir().expect("home");
    let file = home.path().join("out.csv");
    let child = command(home.path())
        .args(["export", "--demo", "--format", "csv", "-o", &file.to_string_lossy()])
        .stderr(Stdio::piped())
        .spawn()
        .expect("spawn");
    let part = home.path().join(format!("out.csv.part-{}", child.id()));
    let end = Instant::now() + Duration::from_secs(60);
    while !part.exists() {
        assert!(Instant::now() < end, "the export never began");
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("pid")).expect("pid");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("kill");
    let output = child.wait_with_output().expect("wait");
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(!part.exists() && !file.exists());
}

#[test]
fn an_exports_broken_pipe_is_quiet_in_every_format() {
    let home = tempfile::tempdir().expect("home");
    run(home.path(), &["import", &fixture("quirks.csv").to_string_lossy()]);
    for format in ["csv", "json", "parquet"] {
        let mut child = command(home.path())
            .args(["export", "--format", format, "-o", "-"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("spawn");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("wait");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn the_demo_is_only_kept_where_the_flag_says() {
    let home = tempfile::tempdir().expect("home");
    let place = home.path().join("mine");
    let mut screen = Screen::open_with(home.path(), &["demo"], &[("SPENDTOP_DATA_DIR", &place.to_string_lossy())]);
    screen.until("Biggest moves");
    screen.press("q");
    assert_eq!(screen.end(), 0);
    assert!(!place.exists(), "the environment names the folder of the real bill");
}

#[test]
fn the_same_run_prints_the_same() {
    let home = tempfile::tempdir().expect("home");
    let words = ["query", "--demo", "--by", "service", "--compare", "previous", "--format", "json"];
    let first = printed(home.path(), &words);
    let after: Vec<&str> = words.iter().copied().chain(["--as-of", "2024-10-15"]).collect();
    let before: Vec<&str> = ["--as-of", "2024-10-15"].into_iter().chain(words).collect();
    assert_eq!(printed(home.path(), &after), first);
    assert_eq!(printed(home.path(), &before), first);
    assert_ne!(
        printed(home.path(), &["--as-of", "2024-10-16", "query", "--demo", "--by", "service", "--format", "json"]),
        first
    );
}

#[test]
fn the_app_opens_on_the_demo_drills_down_and_quits() {
    let home = tempfile::tempdir().expect("home");
    let mut screen = Screen::open(home.path(), &[]);
    screen.until("What would you like to do?");
    screen.press("d");
    screen.until("Demo: a made-up company");
    screen.until("Biggest moves");
    screen.press("2");
    screen.until("Provider");
    screen.until("AWS");
    screen.press("\r");
    screen.until("all");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_signal_ends_the_app_and_gives_the_terminal_back() {
    let home = tempfile::tempdir().expect("home");
    let mut screen = Screen::open(home.path(), &["demo"]);
    screen.until("Biggest moves");
    let pid = screen.pid();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("kill");
    assert_eq!(screen.end(), 143);
}

#[test]
fn the_first_frame_shows_figures_before_the_store_is_open() {
    let home = tempfile::tempdir().expect("home");
    let folder = home.path().join("store");
    let place = folder.to_string_lossy().into_owned();
    let charges = "BillingCurrency,BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId\n\
                   USD,1234.56,1234.56,2024-10-14T00:00:00Z,2024-10-15T00:00:00Z,AWS,1\n";
    let file = crate::support::write(home.path(), "a.csv", charges);
    printed(home.path(), &["--data-dir", &place, "import", &file.to_string_lossy()]);
    assert!(folder.join("front").exists());

    // Somebody else has the store.
    let other = spendtop::store::Store::open(&folder, &[]).expect("open");
    let mut screen = Screen::open(home.path(), &["--data-dir", &place]);
    screen.until("another spendtop");
    screen.until("use another --data-dir");
    let first = screen.first_frame();
    assert!(first.contains("1,234.56") && first.contains("figures just computed"), "{first}");
    drop(other);
    screen.press("r");
    screen.until("1,234.56");
    assert!(!screen.text().contains("figures just computed"));
    screen.press("q");
    assert_eq!(screen.end(), 0);

    // Another day's figures are not shown as the day's that was asked for.
    let mut screen = Screen::open(home.path(), &["--data-dir", &place, "--as-of", "2024-11-03"]);
    assert!(!screen.first_frame().contains("1,234.56"));
    screen.press("q");
    assert_eq!(screen.end(), 0);

    printed(home.path(), &["--data-dir", &place, "imports", "rm", "1", "--yes"]);
    assert!(!folder.join("front").exists(), "nothing is left of what was removed");
}

#[test]
fn a_replacement_says_what_was_billed_before_and_now() {
    let home = tempfile::tempdir().expect("home");
    let header = "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,ResourceId\n";
    let row = |cost: &str, id: u32| format!("USD,{cost},2024-10-14T00:00:00Z,2024-10-15T00:00:00Z,AWS,r-{id}\n");
    let rows = |cost: &str, n: u32| (0..n).fold(header.to_owned(), |text, id| text + &row(cost, id));
    let old = crate::support::write(home.path(), "old.csv", rows("100.5", 20));
    let new = crate::support::write(home.path(), "new.csv", rows("101", 15));
    printed(home.path(), &["import", &old.to_string_lossy()]);
    let dry = printed(home.path(), &["import", "--dry-run", &new.to_string_lossy()]);
    assert!(dry.contains("from 20 to 15 charges; billed 2,010.00 USD before\n"), "{dry}");
    let said = printed(home.path(), &["import", &new.to_string_lossy()]);
    assert!(said.contains("from 20 to 15 charges; billed 2,010.00 USD before, 1,515.00 USD now"), "{said}");
}
