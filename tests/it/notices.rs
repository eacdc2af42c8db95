//! What a person is told who does not look: by a desktop on a bus of its own, by the terminal where the bus
//! hangs, and by a line where there is neither.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use rustix::process::Signal;
use spendtop::clock;
use spendtop::provider::remote::FaultKind;
use spendtop::sync::state::{Place, Standing, State, Trouble};
use zbus::OwnedVariant;

use crate::alerts::{days, last_day};
use crate::screen::{Screen, command, pid_of, printed, text};
use crate::support::write;

const TITLE: &str = "spendtop: opencost.kube has not synced for 26 h";
/// What the provider says, which is none of a desktop's markup.
const SAID: &str = "OpenCost answers 400: <b>no</b> & more";
/// How long anything here may take.
const SOON: Duration = Duration::from_secs(60);

/// Refuses all that it is asked; its port.
fn refuses() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = r#"{"code":400,"message":"<b>no</b> & more"}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    port
}

/// A connection that has failed for 26 hours, in a home folder: what names its config and store.
fn failing(home: &Path) -> Vec<String> {
    let text = format!("[opencost.kube]\nurl = \"http://127.0.0.1:{}\"\ncurrency = \"USD\"\n", refuses());
    let (config, store) = (write(home, "c.toml", text), home.join("store"));
    let place = Place::beside(&store);
    place.prepare().expect("folder");
    let trouble = Some(Trouble { kind: FaultKind::Unavailable, message: "no".into(), hints: vec![] });
    let failing_since = clock::now_seconds() - 26 * 3_600 - 60;
    let standing = Standing { failures: 30, failing_since, trouble, ..Standing::default() };
    place.write(&State { scopes: [("opencost.kube".to_owned(), standing)].into(), ..State::default() }).expect("state");
    let shown = |path: &Path| path.to_str().expect("path").to_owned();
    vec!["--config".into(), shown(&config), "--data-dir".into(), shown(&store)]
}

/// Waits until it stands in the state that somebody was told.
fn until_told(home: &Path) {
    let (place, end) = (Place::beside(&home.join("store")), Instant::now() + SOON);
    while place.read().0.scopes["opencost.kube"].told_at == 0 {
        assert!(Instant::now() < end, "it is not remembered that somebody was told");
        // Nothing tells when another process has written.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn watching(home: &Path, words: &[String], bus: Option<&str>) -> Ended {
    let mut command = command(home);
    command.args(["sync", "--watch"]).args(words).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(bus) = bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    Ended(command.spawn().expect("spawn"))
}

/// Ends it as Ctrl-C does; what it said beside the answer.
fn interrupted(mut program: Ended) -> String {
    rustix::process::kill_process(pid_of(program.0.id()), Signal::INT).expect("kill");
    let mut said = String::new();
    program.0.stderr.take().expect("stderr").read_to_string(&mut said).expect("text");
    program.0.wait().expect("ended");
    said
}

/// What a notification daemon was asked to show.
struct Shown {
    app: String,
    title: String,
    body: String,
    urgency: Option<u8>,
}

/// Serves notifications on a bus, until the test ends.
fn notification_daemon(address: String) -> Receiver<Shown> {
    let (shows, shown) = channel();
    let (ready, is_ready) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let connection = zbus::connection::Builder::address(address.as_str()).build().await.expect("a bus");
            let mut messages = zbus::MessageStream::from(&connection);
            connection.request_name("org.freedesktop.Notifications").await.expect("the name");
            ready.send(()).expect("the test waits");
            while let Some(Ok(message)) = messages.next().await {
                let header = message.header();
                if header.member().is_none_or(|member| member.as_str() != "Notify") {
                    continue;
                }
                type Asked = (String, u32, String, String, String, Vec<String>, HashMap<String, OwnedVariant>, i32);
                let (app, _, _, title, body, _, hints, _): Asked =
                    message.body().deserialize().expect("a notification");
                let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
                connection.reply(&header, &7u32).await.expect("an answer");
                if shows.send(Shown { app, title, body, urgency }).is_err() {
                    return;
                }
            }
        });
    });
    is_ready.recv_timeout(SOON).expect("the daemon serves");
    shown
}

/// A session bus of our own; `None`, with a word, where none can be had.
fn bus() -> Option<(Ended, String)> {
    let mut daemon = Command::new("dbus-daemon");
    daemon.args(["--session", "--nofork", "--print-address"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(daemon) = daemon.spawn() else {
        println!("skipped: `dbus-daemon` is not installed");
        return None;
    };
    let mut daemon = Ended(daemon);
    let mut address = String::new();
    BufReader::new(daemon.0.stdout.take().expect("stdout")).read_line(&mut address).expect("an address");
    assert!(!address.is_empty(), "`dbus-daemon` ended at its start");
    Some((daemon, address.trim().to_owned()))
}

#[test]
fn the_desktop_is_told_once_in_plain_text() {
    let Some((_bus, address)) = bus() else { return };
    let shown = notification_daemon(address.clone());
    let home = tempfile::tempdir().expect("home");
    let words = failing(home.path());
    let program = watching(home.path(), &words, Some(&address));
    let told = shown.recv_timeout(SOON).expect("the desktop is told");
    assert_eq!((told.app.as_str(), told.title.as_str(), told.urgency), ("spendtop", TITLE, Some(2)));
    assert!(told.body.starts_with("OpenCost answers 400: &lt;b&gt;no&lt;/b&gt; &amp; more"), "{}", told.body);
    until_told(home.path());
    let said = interrupted(program);
    assert!(!said.contains("has not synced"), "who was told by the desktop is not told again: {said}");
    // Another run fails as well, and the trouble is the same.
    let mut state = Place::beside(&home.path().join("store")).read().0;
    let standing = state.scopes.get_mut("opencost.kube").expect("it stands somehow");
    let failed = standing.failures;
    standing.not_before = 0;
    Place::beside(&home.path().join("store")).write(&state).expect("state");
    let program = watching(home.path(), &words, Some(&address));
    let end = Instant::now() + SOON;
    while Place::beside(&home.path().join("store")).read().0.scopes["opencost.kube"].failures == failed {
        assert!(Instant::now() < end, "it is tried again");
        // Nothing tells when another process has written.
        std::thread::sleep(Duration::from_millis(20));
    }
    interrupted(program);
    assert!(shown.try_recv().is_err(), "once");
}

#[test]
fn the_desktop_is_told_of_an_alert_once_in_plain_text() {
    let Some((_bus, address)) = bus() else { return };
    let shown = notification_daemon(address.clone());
    let home = tempfile::tempdir().expect("home");
    let config = write(home.path(), "c.toml", "[alerts.spike]\nto = [\"desktop\"]\n");
    let (config, bill) = (config.display().to_string(), days(home.path(), "<b>EC2</b>", 900));
    let run = |words: &[&str]| {
        let mut program = command(home.path());
        program.args(["--config", &config, "--as-of", &clock::today().to_string()]).args(words);
        let ended = program.env("DBUS_SESSION_BUS_ADDRESS", &address).output().expect("run");
        assert!(ended.status.success(), "{}", text(&ended.stderr));
        text(&ended.stderr)
    };
    let said = run(&["import", &bill.to_string_lossy()]);
    let told = shown.recv_timeout(SOON).expect("the desktop is told");
    let title = format!("spendtop: critical: spend on {} is 900.00 USD so far, usually 100.00 USD", last_day());
    assert_eq!((told.app.as_str(), told.title, told.urgency), ("spendtop", title, Some(2)));
    assert!(told.body.starts_with("&lt;b&gt;EC2&lt;/b&gt;"), "{}", told.body);
    assert!(told.body.contains("Spent: 900.00 USD; Usually: 100.00 USD"), "{}", told.body);
    assert!(!said.contains("900.00"), "who was told by the desktop is not told again: {said}");
    run(&["alert", "run"]);
    assert!(shown.try_recv().is_err(), "once");
    let log = printed(home.path(), &["--config", &config, "alert", "log"]);
    assert!(log.contains("desktop") && !log.contains("on its way"), "{log}");
}

#[test]
fn where_there_is_no_desktop_whoever_watches_says_it() {
    let home = tempfile::tempdir().expect("home");
    let program = watching(home.path(), &failing(home.path()), None);
    until_told(home.path());
    let said = interrupted(program);
    assert!(said.contains(&format!("note: {TITLE}: {SAID}")), "{said}");
    assert!(said.contains("hint: the desktop was not told: there is no session bus"), "{said}");
}

#[test]
fn a_bus_that_hangs_takes_two_seconds_of_a_thread_and_the_terminal_tells_it() {
    let home = tempfile::tempdir().expect("home");
    let words = failing(home.path());
    let (path, (reached, is_reached)) = (home.path().join("bus"), channel());
    let listener = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        // Held open, and never answered.
        let mut streams = Vec::new();
        for stream in listener.incoming() {
            streams.push(stream);
            let _ = reached.send(Instant::now());
        }
    });
    let bus = format!("unix:path={}", path.display());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let terminal = [("TERM", "xterm-kitty"), ("DBUS_SESSION_BUS_ADDRESS", bus.as_str())];
    let mut screen = Screen::open_with(home.path(), &words, &terminal);
    let began = is_reached.recv_timeout(SOON).expect("the bus is tried");
    let told = "\x1b]99;i=spendtop-";
    screen.press("!");
    screen.until("opencost.kube");
    assert!(!screen.has_written(told), "the app goes on while the bus hangs");
    screen.until_written(told);
    screen.until_written("\x1b\\\x07");
    let took = began.elapsed();
    assert!((Duration::from_millis(1_900)..Duration::from_secs(15)).contains(&took), "{took:?}");
    until_told(home.path());
    let end = Instant::now() + SOON;
    while threads(&screen).iter().any(|name| name == "desktop") {
        assert!(Instant::now() < end, "the thread is given back");
        // Nothing tells when another process' thread has ended.
        std::thread::sleep(Duration::from_millis(20));
    }
    screen.until(TITLE);
    screen.press("q");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

/// The names of a program's threads.
fn threads(screen: &Screen) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", screen.pid().as_raw_nonzero())).expect("threads");
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    tasks.flatten().filter_map(name).map(|name| name.trim().to_owned()).collect()
}
