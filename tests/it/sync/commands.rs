//! `spendtop sync` and `doctor` as programs: connections by name, other processes that sync, readers that go.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use spendtop::sync::lock::SyncLock;
use spendtop::sync::state::Place;

use crate::screen::{command, printed, run, text};
use crate::support::fixture;

/// Has the config of a home say this.
fn configure(home: &Path, config: &str) {
    let path = std::path::PathBuf::from(printed(home, &["config", "path"]).trim());
    std::fs::create_dir_all(path.parent().expect("folder")).expect("folder");
    std::fs::write(path, config).expect("config");
}

/// A home with a folder of a bill that is old enough to be read.
fn with_bill() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("home");
    let bills = home.path().join("bills");
    std::fs::create_dir(&bills).expect("bills");
    let bill = bills.join("focus.csv");
    std::fs::copy(fixture("focus_1_3.csv"), &bill).expect("bill");
    let rests = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    std::fs::File::options().write(true).open(&bill).and_then(|file| file.set_modified(rests)).expect("old");
    configure(home.path(), &format!("[folder.bills]\npath = \"{}\"\n", bills.display()));
    home
}

fn beside(home: &Path, words: &[&str]) -> Output {
    let place = home.join("data");
    command(home).args(words).arg("--data-dir").arg(place).output().expect("run")
}

#[test]
fn a_connection_that_cannot_be_used_is_told_from_one_that_there_is_not() {
    let config = "[sync]\ncertificate = \"/nowhere.pem\"\n[opencost.main]\nurl = \"https://opencost.example\"\n";
    let home = tempfile::tempdir().expect("home");
    configure(home.path(), config);
    let told = run(home.path(), &["doctor", "--offline", "opencost.main"]);
    assert_eq!(told.status.code(), Some(3), "{}", text(&told.stderr));
    assert!(text(&told.stdout).contains("settings") && text(&told.stdout).contains("nowhere.pem"));
    let told = run(home.path(), &["sync", "opencost.main"]);
    assert_eq!(told.status.code(), Some(3));
    assert!(text(&told.stderr).contains("[opencost.main] cannot be used"), "{}", text(&told.stderr));
    let told = run(home.path(), &["sync", "opencost.mian"]);
    assert_eq!(told.status.code(), Some(2));
    let error = text(&told.stderr);
    assert!(error.contains("there is no connection `opencost.mian`") && error.contains("`opencost.main`"), "{error}");
}

#[test]
fn cron_leaves_a_store_to_whoever_keeps_it_fresh() {
    let home = with_bill();
    let place = Place::beside(&home.path().join("data"));
    for by_itself in [true, false] {
        std::fs::create_dir_all(home.path().join("data")).expect("data");
        let _held = SyncLock::try_take(&place, by_itself).expect("tried").expect("free");
        let due = beside(home.path(), &["sync", "--due"]);
        assert_eq!(due.status.code(), Some(0), "{}", text(&due.stderr));
        assert!(text(&due.stderr).contains(&format!("another spendtop ({})", std::process::id())));
        let now = beside(home.path(), &["sync"]);
        assert_eq!(now.status.code(), Some(2));
        assert_eq!(text(&now.stderr).contains("`R` asks for all of it now"), by_itself, "{}", text(&now.stderr));
    }
    let due = beside(home.path(), &["sync", "--due"]);
    assert_eq!(due.status.code(), Some(0), "{}", text(&due.stderr));
    assert!(text(&due.stdout).contains("folder.bills"), "{}", text(&due.stdout));
}

#[test]
fn nothing_is_asked_on_once_nobody_reads_what_it_costs() {
    let home = with_bill();
    let mut watch = command(home.path()).args(["sync", "--watch"]).stdout(Stdio::piped()).spawn().expect("begun");
    drop(watch.stdout.take());
    let begun = Instant::now();
    while watch.try_wait().expect("looked").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it syncs on, unseen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn who_keeps_a_store_fresh_does_what_an_app_beside_it_wishes_for() {
    use std::io::BufRead;
    let home = with_bill();
    let data = home.path().join("data");
    let mut watch = command(home.path());
    let watch = watch.args(["sync", "--watch", "--data-dir"]).arg(&data).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watch = watch.spawn().expect("begun");
    let lines = std::io::BufReader::new(watch.stdout.take().expect("stdout")).lines();
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| told.send(line)));
    let next = || heard.recv_timeout(Duration::from_secs(60)).expect("it goes on");
    assert!(next().contains("focus.csv"));
    let (bills, place) = (home.path().join("bills"), Place::beside(&data));
    let bill = bills.join("broken.csv");
    std::fs::write(&bill, "no bill\n").expect("bill");
    let rests = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    std::fs::File::options().write(true).open(&bill).and_then(|file| file.set_modified(rests)).expect("old");
    place.ask(1_700_000_000).expect("asked");
    assert!(next().contains("broken.csv"));
    watch.kill().expect("ended");
    watch.wait().expect("ended");
}
