//! Several processes on one store: one owns it, the others attach; the owner is killed, another
//! takes over; the app asks a process of its own, which ends when nobody asks.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::screen::{Screen, command, pid_of, printed, run, text};
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
    let mut apps: Vec<Screen> = (0..4).map(|_| open()).collect();
    for _ in 0..3 {
        // One that has just come is answered by somebody, unless the machine is very slow.
        let owner = loop {
            apps.push(open());
            if let Some(process) = serving(home.path()).first() {
                break *process;
            }
        };
        let killed = apps.remove(0);
        for process in [owner, killed.pid()] {
            rustix::process::kill_process(process, Signal::KILL).expect("kill");
        }
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
        assert!(!serving(home.path()).contains(&owner));
    }
    for mut last in apps {
        last.press("q");
        assert_eq!(last.end(), 0);
    }
    until_nobody_serves(home.path());
    assert!(text(&run(home.path(), &["store", "check"]).stdout).starts_with("sound: "));
}

#[test]
fn an_app_that_asks_nothing_has_nothing_that_wakes_and_shows_what_others_bring() {
    let home = home();
    let mut app = Screen::open(home.path(), &[]);
    app.until("Biggest moves");
    app.press("2");
    app.until("row 1 of 1");
    until_nobody_serves(home.path());
    let threads = std::fs::read_dir(format!("/proc/{}/task", app.pid().as_raw_nonzero())).expect("threads");
    let names = threads.map(|t| std::fs::read_to_string(t.expect("thread").path().join("comm")).unwrap_or_default());
    let names: Vec<String> = names.collect();
    assert!(!names.iter().any(|name| name.starts_with("sled")), "{names:?}");
    let children = format!("/proc/{0}/task/{0}/children", app.pid().as_raw_nonzero());
    assert_eq!(std::fs::read_to_string(children).expect("children"), "", "none is left, not even as a zombie");
    let second = bill(home.path(), 2, "765.44");
    printed(home.path(), &["import", &second.to_string_lossy()]);
    app.until("2,000.00");
    // What it starts to answer lives on without it, and no longer than it is of use.
    rustix::process::kill_process(app.pid(), Signal::KILL).expect("kill");
    until_nobody_serves(home.path());
    assert!(text(&run(home.path(), &["store", "check"]).stdout).starts_with("sound: 2 charges"));
}

#[test]
fn apps_that_start_together_share_one_owner() {
    let home = home();
    let mut apps: Vec<Screen> = (0..16).map(|_| Screen::open(home.path(), &[])).collect();
    let mut most = 0;
    for app in &mut apps {
        app.until("Biggest moves");
        most = most.max(serving(home.path()).len());
        assert!(!app.text().contains("another spendtop"), "{}", app.text());
    }
    assert!(most <= 1, "{most} own it");
    for mut app in apps {
        app.press("q");
        assert_eq!(app.end(), 0);
    }
    until_nobody_serves(home.path());
}

#[test]
fn what_the_app_starts_is_not_for_hands() {
    let home = home();
    let output = run(home.path(), &["store", "serve"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("starts by itself"), "{}", text(&output.stderr));
    assert!(!text(&run(home.path(), &["store", "--help"]).stdout).contains("serve"));
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
    // It needs the store to itself, which it has while no app asks.
    until_nobody_serves(home.path());
    assert!(said(&format!("store restore {}", backup.display())).contains("restored"));
    for app in [&mut owner, &mut attached] {
        app.until("2,000.00");
    }
    for app in [owner, attached] {
        let mut app = app;
        app.press("q");
        assert_eq!(app.end(), 0);
    }
    assert!(said("store check").starts_with("sound: 2 charges"));
}

/// The processes that serve the store of a home.
fn serving(home: &Path) -> Vec<Pid> {
    let store = home.join(".local/share/spendtop").to_string_lossy().into_owned();
    let words = |process: &str| std::fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let all = std::fs::read_dir("/proc").expect("processes").flatten();
    let found = all.filter_map(|entry| {
        let number = entry.file_name().into_string().ok()?;
        let words = words(&number);
        let serves = words.contains(&format!("\0{store}\0")) && words.ends_with("\0store\0serve\0");
        serves.then(|| number.parse().ok()).flatten()
    });
    found.map(pid_of).collect()
}

fn until_nobody_serves(home: &Path) {
    let end = Instant::now() + Duration::from_secs(30);
    while !serving(home).is_empty() {
        assert!(Instant::now() < end, "somebody serves for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
}
