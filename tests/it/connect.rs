//! `spendtop connect` as a program: what it writes, and that what is connected is synced.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::emulators::Emulator;
use crate::screen::{Screen, command, printed, run, text};
use crate::support::fixture;

/// The config's path and text, as the program finds it.
fn config(home: &Path) -> (std::path::PathBuf, String) {
    let path = std::path::PathBuf::from(printed(home, &["config", "path"]).trim());
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    (path, text)
}

#[test]
fn a_connected_folder_is_synced() {
    let home = tempfile::tempdir().expect("home");
    let bills = home.path().join("bills");
    std::fs::create_dir(&bills).expect("bills");
    let bill = bills.join("focus.csv");
    std::fs::copy(fixture("focus_1_3.csv"), &bill).expect("bill");
    // A file that was written to a moment ago waits until it rests.
    let rests = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    std::fs::File::options().write(true).open(&bill).and_then(|file| file.set_modified(rests)).expect("old");
    let told = printed(home.path(), &["connect", "folder", "--path", &bills.to_string_lossy(), "--yes"]);
    assert!(told.contains("ok       folder.bills  folder: ") && told.contains("1 billing file"), "{told}");
    assert!(told.contains("What it costs:\n  nothing\n") && told.contains("wrote [folder.bills]"), "{told}");
    let (path, written) = config(home.path());
    assert_eq!(written, format!("[folder.bills]\npath = \"{}\"\n", bills.display()));
    assert_eq!(std::fs::metadata(&path).expect("config").permissions().mode() & 0o777, 0o600);
    let synced = run(home.path(), &["sync", "folder.bills"]);
    assert!(synced.status.success(), "{}{}", text(&synced.stdout), text(&synced.stderr));
    let total =
        ["query", "--by", "none", "--period", "2020-01-01..2030-01-01", "--metric", "billed", "--format", "csv"];
    let other = tempfile::tempdir().expect("home");
    printed(other.path(), &["import", &fixture("focus_1_3.csv").to_string_lossy()]);
    assert_eq!(printed(home.path(), &total), printed(other.path(), &total));
}

#[test]
fn nothing_is_asked_or_written_without_a_terminal() {
    let home = tempfile::tempdir().expect("home");
    let output = run(home.path(), &["connect", "aws"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--yes takes what the flags say"), "{}", text(&output.stderr));
    let block = printed(home.path(), &["connect", "gcp", "--table", "p.d.t", "--print"]);
    assert_eq!(block, "[gcp.main]\ntable = \"p.d.t\"\n");
    assert_eq!(config(home.path()).1, "");
}

#[test]
fn a_config_that_is_named_is_made_and_a_bad_one_left_alone() {
    let home = tempfile::tempdir().expect("home");
    let path = home.path().join("mine.toml");
    let words = ["connect", "aws", "--no-check", "--yes", "--profile", "billing"];
    let go = |words: &[&str]| command(home.path()).env("SPENDTOP_CONFIG", &path).args(words).output().expect("run");
    let output = go(&words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let written = std::fs::read_to_string(&path).expect("config");
    assert_eq!(written, "[aws.billing]\nprofile = \"billing\"\n");
    assert_eq!(go(&words).status.code(), Some(2));
    std::fs::write(&path, "[screen]\nmouse = maybe\n").expect("config");
    let output = go(&words);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("mine.toml:2"), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_to_string(&path).expect("config"), "[screen]\nmouse = maybe\n");
}

#[test]
fn a_terminal_is_asked() {
    let home = tempfile::tempdir().expect("home");
    let bills = home.path().join("bills");
    std::fs::create_dir(&bills).expect("bills");
    let mut screen = Screen::open(home.path(), &["connect", "folder"]);
    screen.until("The folder that billing files come to");
    screen.press(&format!("{}\r", bills.display()));
    screen.until("[bills]");
    screen.press("mine\r");
    screen.until("(y/n) [y]");
    screen.press("\r");
    screen.until("next: `spendtop sync folder.mine`");
    assert!(config(home.path()).1.starts_with("[folder.mine]\n"));
}

#[test]
fn permissions_of_aws_are_checked_by_name_and_their_policy_stands_once() {
    let Some(moto) = Emulator::start("moto_server", "/moto-api/", |port, _| {
        vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()]
    }) else {
        return;
    };
    let home = tempfile::tempdir().expect("home");
    let words = ["connect", "aws", "--yes", "--endpoint", &moto.url()];
    let keys = [("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "CANARY"), ("AWS_REGION", "us-east-1")];
    let output = command(home.path()).envs(keys).args(words).output().expect("run");
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    assert!(told.contains("ok       aws.main  credentials: account 123456789012"), "{told}");
    assert!(told.contains("ok       aws.main  endpoint: requests go to 127.0.0.1:"), "{told}");
    assert!(told.contains("untried  aws.main  ce:GetCostAndUsage: not tried: a request costs 0.01 USD"), "{told}");
    assert_eq!(told.matches("\"Version\": \"2012-10-17\"").count(), 1, "{told}");
    let written = config(home.path()).1;
    assert_eq!(written, format!("[aws.main]\nendpoint = \"{}\"\n", moto.url()));
    assert!(!format!("{told}{}{written}", text(&output.stderr)).contains("CANARY"));
}
