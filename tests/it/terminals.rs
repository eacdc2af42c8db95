//! What terminals are asked and told, and whether they get back what was taken.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use spendtop::clock;

use crate::alerts::bill;
use crate::screen::{Screen, command, printed, text};
use crate::support::write;

/// The question after the background.
const QUESTION: &str = "\x1b]11;?\x07";
/// The accent of the light theme, as it is written.
const LIGHT: &str = "38;2;11;95;165";
const TRUECOLOR: [(&str, &str); 2] = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];

fn cached(home: &Path) -> Option<String> {
    std::fs::read_to_string(home.join(".cache/spendtop/backgrounds")).ok()
}

#[test]
fn the_background_is_asked_for_and_remembered() {
    let home = tempfile::tempdir().expect("home");
    let mut screen = Screen::open_with(home.path(), &["demo"], &TRUECOLOR);
    screen.first_frame();
    screen.until_written(QUESTION);
    screen.press("\x1b]11;rgb:ffff/ffff/ffff\x07");
    screen.until_written(LIGHT);
    screen.press("q");
    assert_eq!(screen.end(), 0);
    if cfg!(target_os = "linux") {
        assert_eq!(cached(home.path()).as_deref(), Some("xterm-256color/ light\n"));
    }
    // Never answered: the next start goes by what was said before, from its first frame on.
    let mut screen = Screen::open_with(home.path(), &["demo"], &TRUECOLOR);
    screen.first_frame();
    screen.press("?");
    screen.until_written(LIGHT);
    screen.press("q");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_late_answer_is_never_typed() {
    let home = tempfile::tempdir().expect("home");
    let mut screen = Screen::open_with(home.path(), &["demo"], &TRUECOLOR);
    screen.until_written(QUESTION);
    screen.press("/");
    screen.until("Esc cancel");
    screen.press("env\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\=prod");
    screen.until("env=prod");
    assert!(!screen.text().contains("rgb") && !screen.text().contains("11;"), "{}", screen.text());
    screen.press("\x03");
    assert_eq!(screen.end(), 0);
}

#[test]
fn terminals_that_do_not_know_the_question_are_not_asked_it() {
    let home = tempfile::tempdir().expect("home");
    for term in ["linux", "screen", "vt220", "never-heard-of"] {
        let mut screen = Screen::open_with(home.path(), &["demo"], &[("TERM", term)]);
        screen.until("Demo: a made-up company");
        screen.press("q");
        let (code, written) = screen.ended();
        assert_eq!(code, 0, "{term}");
        assert!(!text(&written).contains("\x1b]11"), "{term} was asked");
    }
}

#[test]
fn the_mouse_is_given_back_however_the_app_ends() {
    let home = tempfile::tempdir().expect("home");
    let config = crate::support::write(home.path(), "c.toml", "[screen]\nmouse = true\n");
    let words = ["demo", "--config", config.to_str().expect("path")];
    for quit in [true, false] {
        let mut screen = Screen::open(home.path(), &words);
        screen.until_written("\x1b[?1000h\x1b[?1006h");
        screen.until("Demo: a made-up company");
        if quit {
            screen.press("q");
        } else {
            rustix::process::kill_process(screen.pid(), rustix::process::Signal::TERM).expect("kill");
        }
        let (code, written) = screen.ended();
        assert_eq!(code, if quit { 0 } else { 143 });
        let written = text(&written);
        assert!(written.rfind("\x1b[?1006l\x1b[?1000l") > written.rfind("\x1b[?1000h"), "the mouse is given back");
        assert!(!written.contains("\x1b[?1003h"), "movements are never asked for");
    }
}

#[test]
fn a_dumb_terminal_and_a_pipe_get_lines() {
    let home = tempfile::tempdir().expect("home");
    let output = command(home.path()).env("TERM", "dumb").output().expect("run");
    let told = text(&output.stdout);
    assert!(output.status.success() && told.starts_with("Spend: effective cost, "), "{told}");
    assert!(told.contains("Biggest moves") && !told.contains('\x1b'), "{told}");
    assert!(text(&output.stderr).contains("`spendtop --plain` answers more"), "{}", text(&output.stderr));

    let mut child = command(home.path())
        .args(["demo", "--plain"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("spawn");
    let mut input = child.stdin.take().expect("stdin");
    input.write_all(b"breakdown\ndrill 1\nquit\n").expect("words");
    let output = child.wait_with_output().expect("output");
    let told = text(&output.stdout);
    assert!(output.status.success() && told.contains("Inside: "), "{told}");
    assert!(!told.contains('\x1b') && !told.contains("Command, or help"), "a pipe needs no prompt: {told}");
}

#[test]
fn plain_lines_tell_an_alert_and_a_pipe_takes_none() {
    let home = tempfile::tempdir().expect("home");
    let config = write(home.path(), "c.toml", "[notify]\ndesktop = false\n[alerts.spike]\nto = [\"terminal\"]\n");
    let (config, today) = (config.display().to_string(), clock::today().to_string());
    let with = |more: &[&'static str]| -> Vec<String> {
        let flags = ["--config", &config, "--as-of", &today];
        flags.iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    let mut import = command(home.path());
    let imported = import.args(with(&["import"])).arg(bill(home.path())).output().expect("run");
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let log = || {
        let words = with(&["alert", "log"]);
        printed(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(log().contains("on its way"), "{}", log());

    let mut lines = command(home.path());
    lines.args(with(&["--plain"])).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = lines.spawn().expect("spawn");
    child.stdin.take().expect("stdin").write_all(b"alerts\nspend\nquit\n").expect("words");
    let told = text(&child.wait_with_output().expect("output").stdout);
    assert!(told.contains("critical, on its way, terminal: ") && !told.contains("Alert: "), "{told}");
    assert!(!told.contains('\x07') && log().contains("on its way"), "a pipe takes none: {}", log());

    let words = with(&["--plain"]);
    let mut screen = Screen::open(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
    screen.until_written("Alert: critical: ");
    screen.until_written("\x07");
    screen.press("quit\r");
    assert_eq!(screen.end(), 0);
    assert!(!log().contains("on its way") && log().contains("told"), "{}", log());
}
