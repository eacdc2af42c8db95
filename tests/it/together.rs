//! Several processes on one store: one owns it, the others attach; the owner is killed, another
//! takes over.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::screen::{Screen, command, printed, run, text};
use crate::support::write;

const HEADER: &str = "BillingCurrency,BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,\
                      BillingAccountId,ServiceName\n";

/// A bill of one charge for an account.
fn bill(home: &Path, account: u32, cost: &str) -> PathBuf {
    let row = format!("USD,{cost},{cost},2024-10-14T00:00:00Z,2024-10-15T00:00:00Z,AWS,{account},Amazon EC2\n");
    write(home, &format!("{account}.csv"), format!("{HEADER}{row}"))
}

/// A home with a store of 1,234.56 USD.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("home");
    printed(home.path(), &["import", &bill(home.path(), 1, "1234.56").to_string_lossy()]);
    home
}

const QUESTION: [&str; 7] = ["query", "--by", "account", "--month", "2024-10", "--format", "json"];

#[test]
fn a_command_asks_the_app_that_has_the_store() {
    let home = home();
    let alone = printed(home.path(), &QUESTION);
    let mut app = Screen::open(home.path(), &[]);
    app.until("Biggest moves");
    let beside = run(home.path(), &QUESTION);
    assert_eq!((text(&beside.stdout), text(&beside.stderr)), (alone, String::new()));
    assert!(printed(home.path(), &["spend", "--format", "json"]).contains("1234.56"));
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn sixteen_at_once_all_answer_the_same() {
    let home = home();
    let alone = printed(home.path(), &QUESTION);
    let start = || {
        let mut command = command(home.path());
        command.args(QUESTION).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("spawn")
    };
    let children: Vec<_> = (0..16).map(|_| start()).collect();
    for child in children {
        let output = child.wait_with_output().expect("wait");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
        assert_eq!(text(&output.stdout), alone);
    }
    assert!(text(&run(home.path(), &["store", "check"]).stdout).starts_with("sound: "));
}

#[test]
fn killed_owners_are_followed_by_others_until_the_last() {
    let home = home();
    let open = || {
        let mut app = Screen::open(home.path(), &[]);
        app.until("Biggest moves");
        app
    };
    // Each is up before the next begins, so that the first has the store.
    let mut apps: Vec<Screen> = (0..4).map(|_| open()).collect();
    while apps.len() > 1 {
        let owner = owner_of(home.path());
        let at = apps.iter().position(|app| app.pid().as_raw_nonzero().get() == owner).expect("one of them owns it");
        let killed = apps.remove(at);
        rustix::process::kill_process(killed.pid(), Signal::KILL).expect("kill");
        let since = Instant::now();
        drop(killed);
        // Everything that is shown is asked again, and no error comes.
        for app in &mut apps {
            app.press("2");
            app.until("row 1 of 1");
            app.press("1");
            app.until("Biggest moves");
            assert!(!app.text().contains("another spendtop"), "{}", app.text());
        }
        assert_eq!(text(&run(home.path(), &QUESTION).stderr), "");
        assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
        assert_ne!(owner_of(home.path()), owner);
    }
    let mut last = apps.remove(0);
    last.press("q");
    assert_eq!(last.end(), 0);
    assert!(text(&run(home.path(), &["store", "check"]).stdout).starts_with("sound: "));
}

#[test]
fn every_command_works_while_the_app_has_the_store_and_the_app_shows_what_they_did() {
    let home = home();
    let (mut owner, mut attached) = {
        let open = || {
            let mut app = Screen::open(home.path(), &[]);
            app.until("Biggest moves");
            app.press("2");
            app.until("row 1 of 1");
            app
        };
        (open(), open())
    };
    let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
    let said = |line: &str| {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = run(home.path(), &words);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let second = bill(home.path(), 2, "765.44");
    assert!(said(&format!("import {}", second.display())).contains("took 1 charges"));
    for app in [&mut owner, &mut attached] {
        app.until("2,000.00");
    }
    assert!(said(&format!("import {}", second.display())).contains("already stored"));
    assert!(said("imports list").contains("2.csv"));
    assert!(said("imports show 2").contains("1 charges"));
    assert!(said("store check").starts_with("sound: 2 charges"));
    assert!(said("store stats").contains("charges that count"));
    assert!(said("store accept-loss").contains("nothing is lost"));
    assert!(said("store rebuild").contains("2 account periods"));
    let backup = home.path().join("backup");
    assert!(said(&format!("store backup {}", backup.display())).contains("wrote"));
    assert_eq!(said("export --format csv -o -").lines().count(), 3);
    let file = home.path().join("out.csv");
    said(&format!("export --format csv -o {}", file.display()));
    assert_eq!(std::fs::read_to_string(&file).expect("file"), said("export --format csv -o -"));
    assert!(said("imports rm 2 --yes").contains("removed import 2"));
    for app in [&mut owner, &mut attached] {
        app.until("row 1 of 1 · 1,234.56");
    }
    let restore = run(home.path(), &["store", "restore", &backup.to_string_lossy()]);
    assert_eq!(restore.status.code(), Some(4));
    assert!(text(&restore.stderr).contains("another spendtop (process "), "{}", text(&restore.stderr));
    for app in [owner, attached] {
        let mut app = app;
        app.press("q");
        assert_eq!(app.end(), 0);
    }
    assert!(said("store check").starts_with("sound: 1 charges"));
}

/// The process whose number the store's lock holds.
fn owner_of(home: &Path) -> i32 {
    let lock = home.join(".local/share/spendtop/lock");
    std::fs::read_to_string(lock).expect("lock").trim().parse().expect("a process")
}
