//! Every way out of the app, in a real pseudo-terminal: the terminal as it was found, the exit code
//! right, and gone at once.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use spendtop::domain::calendar::Day;
use spendtop::engine::{Answer, Cancel, Command, Engine, Extent, Outcome, Question};
use spendtop::error::Result;
use spendtop::tui;

use crate::screen::{PROGRAM, Screen, printed, run, text};

/// How long the program may take to be gone; the promise is two seconds on a machine that does
/// nothing else.
const GONE: Duration = Duration::from_secs(10);

#[test]
fn signals_and_keys_end_the_app_with_their_code() {
    let home = tempfile::tempdir().expect("home");
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131), (Signal::TERM, 143)] {
        let mut app = Screen::open(home.path(), &["demo"]);
        app.until("Biggest moves");
        rustix::process::kill_process(app.pid(), signal).expect("kill");
        let since = Instant::now();
        assert_eq!(app.end(), code);
        assert!(since.elapsed() < GONE, "{signal:?}: {:?}", since.elapsed());
    }
    let mut app = Screen::open(home.path(), &["demo"]);
    app.until("Biggest moves");
    app.press("\x03");
    assert_eq!(app.end(), 0);
    // Before the first answer, too.
    let mut app = Screen::open(home.path(), &["demo"]);
    app.first_frame();
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn a_terminal_that_is_gone_ends_the_app_whether_it_is_told_so_or_not() {
    let home = tempfile::tempdir().expect("home");
    for start in ["exec", "trap '' HUP; exec"] {
        let said = home.path().join("said");
        let line = format!("{start} {PROGRAM} demo 2>{}", said.display());
        let mut app = Screen::of("/bin/sh", home.path(), &["-c", &line], &[]);
        app.until("Biggest moves");
        app.press("2");
        app.until("row 1 of");
        let mut child = app.hang_up();
        let end = Instant::now() + GONE;
        let code = loop {
            if let Some(status) = child.try_wait().expect("wait") {
                break status;
            }
            assert!(Instant::now() < end, "`{start}` lives on without a terminal");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(code.exit_code(), 129, "{start}: {code:?}");
        assert_eq!(std::fs::read_to_string(&said).expect("standard error"), "", "{start}: nobody is left to read it");
    }
}

#[test]
fn stopped_by_the_user_it_lets_the_store_go_and_comes_back() {
    let home = tempfile::tempdir().expect("home");
    let charges = "BillingCurrency,BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,ProviderName\n\
                   USD,1234.56,1234.56,2024-10-14T00:00:00Z,2024-10-15T00:00:00Z,AWS\n";
    let file = crate::support::write(home.path(), "a.csv", charges);
    printed(home.path(), &["import", &file.to_string_lossy()]);
    let mut shell = Screen::of("/bin/bash", home.path(), &["--norc", "-i"], &[("PS1", "ready> ")]);
    shell.until("ready>");
    shell.press(&format!("{PROGRAM}\r"));
    shell.until("Biggest moves");
    shell.press("2");
    shell.until("row 1 of 1");
    shell.press("\x1a");
    shell.until("Stopped");
    let beside = run(home.path(), &["store", "check"]);
    assert!(text(&beside.stdout).starts_with("sound: 1 charges"), "{}", text(&beside.stderr));
    shell.press("fg\r");
    shell.until("row 1 of 1");
    shell.press("1");
    shell.until("Biggest moves");
    shell.press("q");
    shell.until("ready>");
    shell.press("exit\r");
    assert_eq!(shell.end(), 0);
}

/// An engine that fails as a bug would.
struct Broken;

impl Engine for Broken {
    fn export(
        &self,
        scope: &spendtop::engine::export::Scope,
        _: &spendtop::engine::OpenFile<'_>,
        _: &Cancel,
    ) -> Result<u64> {
        panic!("no charges are here: {scope:?}");
    }

    fn ask(&self, _: &Question, _: Day, _: &Cancel) -> Result<Answer> {
        panic!("no such group: `somebody's secret`");
    }
    fn command(&self, _: &Command) -> Result<Outcome> {
        panic!("none");
    }
    fn extent(&self) -> Result<Extent> {
        Ok(Extent::default())
    }
}

/// Says to the test below that it is the program in the pseudo-terminal.
const AS_PROGRAM: &str = "SPENDTOP_TEST_AS_PROGRAM";

/// The app on an engine that panics.
fn run_on_a_broken_engine() {
    spendtop::cli::report_panics();
    let as_of = Day::from_ymd(2024, 10, 15).expect("date");
    let config = spendtop::config::Config::default();
    let options = tui::Options {
        as_of,
        now: 0,
        lens: spendtop::domain::lens::Lens::default(),
        env: tui::Env::read(tui::When::Auto),
        screen: config.screen,
        background: None,
        banner: None,
        front: None,
        keymap: Arc::new(tui::Keymap::configured(&config).expect("keys")),
        session: None,
        hints: None,
        first_run: None,
        desk: None,
        folder: "/".into(),
    };
    let opener: tui::Opener = Box::new(move |_| {
        let standing = tui::Standing { as_of, banner: None, flags: String::new() };
        Ok(tui::Opened { engine: Arc::new(Broken), standing, look: None, syncing: None, alerting: None })
    });
    let importer: tui::intake::Importer = Arc::new(|_, _, _| Ok(tui::intake::Taken::default()));
    let lister: tui::intake::Lister = Arc::new(|_| Ok(tui::intake::Listing::default()));
    let error = tui::run(&options, tui::Helpers { opener, importer, lister, end: |code| panic!("stuck: {code}") })
        .map(|_| ())
        .expect_err("a bug");
    println!("ended: {error}; {}", spendtop::cli::untold_report().expect("a report"));
    #[expect(clippy::exit, reason = "the exit code is what the other test looks at")]
    std::process::exit(error.kind.exit_code().into());
}

fn reports(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

#[test]
fn a_panic_in_a_thread_gives_the_terminal_back_and_leaves_a_report() {
    if std::env::var_os(AS_PROGRAM).is_some() {
        return run_on_a_broken_engine();
    }
    let home = tempfile::tempdir().expect("home");
    // No flag makes spendtop panic: this test is the program, too, in a pseudo-terminal of its own.
    let us = std::env::current_exe().expect("this program");
    let name = "exits::a_panic_in_a_thread_gives_the_terminal_back_and_leaves_a_report";
    let mut app =
        Screen::of(&us.to_string_lossy(), home.path(), &["--exact", "--nocapture", name], &[(AS_PROGRAM, "1")]);
    app.until("ended: ");
    app.until("panic-");
    assert_eq!(app.end(), 70);
    let found = reports(&home.path().join(".local/state/spendtop"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(std::fs::metadata(&found[0]).expect("there").permissions().mode() & 0o777, 0o600);
    let report = std::fs::read_to_string(&found[0]).expect("read");
    assert!(report.contains("thread: tui-worker") && report.contains("no such group"), "{report}");
    assert!(!report.contains("secret"), "{report}");
}
