//! Alerts from an import or a sync to a sink: by the program itself, killed between finding and bringing, with sinks
//! that are dead or hang, and a secret of the keyring; and Amazon SNS by moto.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use spendtop::clock;
use spendtop::domain::calendar::Day;
use spendtop::store::Store;
use spendtop::sync::state::Place;

use crate::screen::{command, pid_of, printed, run, text};
use crate::support::write;

/// How long anything here may take.
const SOON: Duration = Duration::from_secs(60);

/// The last day of bills: whoever looks as of another day than today tells nobody.
pub fn last_day() -> Day {
    clock::today().plus(-1)
}

/// Sixty days of a service, of which the last costs 900 and all others 100; its path.
pub fn bill(home: &Path) -> PathBuf {
    days(home, "EC2", 900)
}

/// Sixty days of a service, of which the last costs so much and all others 100; its path.
pub fn days(folder: &Path, service: &str, last_cost: u32) -> PathBuf {
    let last = last_day();
    let mut text =
        String::from("BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName\n");
    for before in (0..60).rev() {
        let (day, cost) = (last.plus(-before), if before == 0 { last_cost } else { 100 });
        writeln!(text, "{cost},{day}T00:00:00Z,{}T00:00:00Z,USD,AWS,{service}", day.plus(1)).expect("text");
    }
    write(folder, "bill.csv", text)
}

/// A sink's answer; `None` never comes.
type Answer = Option<&'static str>;

/// Answers each request in turn, the last answer again and again; its port, and what it was sent.
fn sink(answers: Vec<Answer>) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for (at, stream) in listener.incoming().flatten().enumerate() {
            let request = read(&stream);
            let answer = answers[at.min(answers.len() - 1)];
            if let Some(status) = answer {
                let _ = write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            } else {
                held.push(stream);
            }
            let _ = tell.send(request);
        }
    });
    (port, told)
}

fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
    for line in head.lines() {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    head + &String::from_utf8_lossy(&body)
}

/// A config that tells a webhook of spikes; what names it.
fn told_by(home: &Path, port: u16) -> Vec<String> {
    let secret = write(home, "hook", format!("http://127.0.0.1:{port}/canary-91ab"));
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("mode");
    let text = format!(
        "[channels.ops]\ntype = \"webhook\"\nurl = \"file:{}\"\nallow_private = [\"127.0.0.1\"]\n\
         [alerts.spike]\nto = [\"ops\"]\n",
        secret.display()
    );
    config(home, &text)
}

/// A config; what names it, as of today.
fn config(home: &Path, text: &str) -> Vec<String> {
    let path = write(home, "c.toml", text).display().to_string();
    vec!["--config".into(), path, "--as-of".into(), clock::today().to_string()]
}

fn words<'a>(flags: &'a [String], rest: &[&'a str]) -> Vec<&'a str> {
    flags.iter().map(String::as_str).chain(rest.iter().copied()).collect()
}

fn key(request: &str) -> String {
    let head =
        request.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("idempotency-key:").map(str::to_owned));
    head.expect("each news has a key").trim().to_owned()
}

#[test]
fn a_sink_that_fails_is_told_again_once_and_the_log_says_so() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("503 Unavailable"), Some("202 Accepted")]);
    let (flags, bill) = (told_by(home.path(), port), bill(home.path()));
    let imported = run(home.path(), &words(&flags, &["import", &bill.to_string_lossy()]));
    let said = text(&imported.stderr);
    assert!(imported.status.success(), "a sink that fails is no failure of an import: {said}");
    assert!(said.contains("ops was not told: 127.0.0.1 answered 503") && !said.contains("canary"), "{said}");
    let first = told.recv_timeout(SOON).expect("it was tried");
    let spike = format!("spend on {} is 900.00 USD so far, usually 100.00 USD", last_day());
    assert!(first.contains(&spike), "{first}");
    let log = printed(home.path(), &words(&flags, &["alert", "log"]));
    assert!(log.contains("on its way") && log.contains("1 try: 127.0.0.1 answered 503"), "{log}");
    let early = run(home.path(), &words(&flags, &["alert", "run"]));
    assert!(early.status.success() && told.try_recv().is_err(), "it waits: {}", text(&early.stderr));
    let again = run(home.path(), &words(&flags, &["alert", "run", "--now"]));
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert_eq!(key(&told.recv_timeout(SOON).expect("again")), key(&first));
    let log = printed(home.path(), &words(&flags, &["alert", "log", "--format", "json"]));
    assert!(log.contains("\"outbox\":{}") && log.contains("\"tries\":2"), "{log}");
    let once = run(home.path(), &words(&flags, &["alert", "run", "--now"]));
    assert!(once.status.success() && told.recv_timeout(Duration::from_millis(1)).is_err(), "it was told");
    let listed = printed(home.path(), &words(&flags, &["alert", "list"]));
    assert!(
        listed.contains("ops") && listed.contains("webhook") && listed.contains("50 % and 50 above usual"),
        "{listed}"
    );
}

#[test]
fn what_alerts_cannot_mean_stops_their_channel_and_nothing_else() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("200 OK")]);
    let (flags, bill) = (told_by(home.path(), port), bill(home.path()));
    let good = std::fs::read_to_string(&flags[1]).expect("config");
    let bad = good.replace("\"127.0.0.1\"]", "\"127.0.0.1\", \"10.0.0.0/8\"]") + "[alerts]\nquiet = \"00:00-24:00\"\n";
    write(home.path(), "c.toml", bad);
    let imported = run(home.path(), &words(&flags, &["import", &bill.to_string_lossy()]));
    let said = text(&imported.stderr);
    assert!(
        imported.status.success() && said.contains("ops was not told: `channels.ops.allow_private` must"),
        "{said}"
    );
    assert!(printed(home.path(), &words(&flags, &["spend"])).contains("AWS"));
    let checked = run(home.path(), &words(&flags, &["config", "check"]));
    let said = text(&checked.stderr);
    assert_eq!(checked.status.code(), Some(2), "{said}");
    for line in
        ["alerts of the config have 2 mistakes", "c.toml:8:9: `alerts.quiet` must", "c.toml:4:31: `channels.ops"]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    let listed = run(home.path(), &words(&flags, &["alert", "list"]));
    assert!(text(&listed.stdout).contains("cannot be used: `channels.ops.allow_private` must"), "{listed:?}");
    assert!(text(&listed.stderr).contains("`alerts.quiet` must") && listed.status.success(), "{listed:?}");
    let log = printed(home.path(), &words(&flags, &["alert", "log"]));
    assert!(log.contains("on its way") && log.contains("1 try: `channels.ops.allow_private` must"), "{log}");
    assert!(told.try_recv().is_err(), "nothing private is let through");
    write(home.path(), "c.toml", good);
    let again = run(home.path(), &words(&flags, &["alert", "run", "--now"]));
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(told.recv_timeout(SOON).expect("it was kept").contains("usually 100.00 USD"));
}

#[test]
fn as_of_another_day_nobody_is_told() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("200 OK")]);
    let (flags, bill) = (told_by(home.path(), port), bill(home.path()));
    let tomorrow = clock::today().plus(1).to_string();
    let imported = run(home.path(), &words(&flags[..2], &["--as-of", &tomorrow, "import", &bill.to_string_lossy()]));
    let said = text(&imported.stderr);
    assert!(said.contains(&format!("as of {tomorrow}, which is not today, nobody is told")), "{said}");
    let looked = run(home.path(), &words(&flags[..2], &["--as-of", &tomorrow, "alert", "run"]));
    let shown = text(&looked.stdout);
    assert!(looked.status.success() && text(&looked.stderr).contains("nobody is told"), "{}", text(&looked.stderr));
    let spike = format!("spend on {} is 900.00 USD", last_day());
    assert!(shown.contains("critical") && shown.contains(&spike) && shown.contains("ops"), "{shown}");
    let log = printed(home.path(), &words(&flags, &["alert", "log", "--format", "json"]));
    assert!(log.contains("\"outbox\":{}") && log.contains("\"log\":[]"), "nothing of it is kept: {log}");
    let dry = printed(home.path(), &words(&flags, &["alert", "run", "--dry-run", "--format", "json"]));
    assert!(dry.contains(&spike) && dry.contains("\"channel\":\"ops\""), "{dry}");
    assert!(told.try_recv().is_err(), "nobody was told");
    let run = run(home.path(), &words(&flags, &["alert", "run"]));
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert!(told.recv_timeout(SOON).expect("today it is told").contains(&spike));
}

#[test]
fn of_the_demo_that_is_kept_nobody_is_told_and_that_is_said() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("200 OK")]);
    let (flags, place) = (told_by(home.path(), port), home.path().join("store"));
    let store = Store::open(&place, &[]).expect("store");
    spendtop::cli::fill_with_demo_days(&store, 1, clock::today(), 60).expect("demo");
    drop(store);
    let place = place.display().to_string();
    let looked = run(home.path(), &words(&flags, &["--data-dir", &place, "alert", "run"]));
    let said = text(&looked.stderr);
    assert!(looked.status.success() && said.contains("this is the demo: nobody is told"), "{said}");
    assert!(told.try_recv().is_err(), "nobody was told");
}

#[test]
fn whoever_watches_as_of_another_day_says_that_nobody_is_told() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("200 OK")]);
    told_by(home.path(), port);
    let mut config_text = std::fs::read_to_string(home.path().join("c.toml")).expect("config");
    write!(config_text, "[folder.bills]\npath = \"{}\"\n", home.path().display()).expect("text");
    let (flags, tomorrow) = (config(home.path(), &config_text), clock::today().plus(1).to_string());
    let mut watch = command(home.path());
    watch.args(words(&flags[..2], &["--as-of", &tomorrow, "sync", "--watch"]));
    let mut watch = watch.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("begun");
    let lines = BufReader::new(watch.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    let (tell, heard) = channel();
    std::thread::spawn(move || lines.for_each(|line| drop(tell.send(line))));
    let silence = format!("as of {tomorrow}, which is not today, nobody is told");
    let is_said = std::iter::from_fn(|| heard.recv_timeout(SOON).ok()).any(|line| line.contains(&silence));
    rustix::process::kill_process(pid_of(watch.id()), rustix::process::Signal::INT).expect("kill");
    assert!(is_said, "it says so at its beginning");
    watch.wait().expect("ended");
    assert!(told.try_recv().is_err(), "nobody was told");
}

#[test]
fn what_is_for_a_terminal_waits_for_one_where_a_command_has_none() {
    let home = tempfile::tempdir().expect("home");
    let (flags, bill) = (config(home.path(), "[alerts.spike]\nto = [\"terminal\"]\n"), bill(home.path()));
    let imported = run(home.path(), &words(&flags, &["import", &bill.to_string_lossy()]));
    let said = text(&imported.stderr);
    assert!(imported.status.success() && !said.contains("spend on"), "nobody reads it: {said}");
    let log = printed(home.path(), &words(&flags, &["alert", "log", "--format", "json"]));
    assert!(log.contains("\"log\":[]") && log.contains("\"tries\":0"), "it is not told: {log}");
    let log = printed(home.path(), &words(&flags, &["alert", "log"]));
    assert!(log.contains("terminal") && log.contains("on its way"), "{log}");
}

#[test]
fn a_template_that_cannot_be_filled_in_is_told_before_a_message_comes() {
    let home = tempfile::tempdir().expect("home");
    let hook =
        |template: &str| format!("[channels.hook]\ntype = \"webhook\"\nurl = \"env:HOOK\"\ntemplate = '{template}'\n");
    for (template, said) in [
        ("{{ title", "syntax error"),
        ("{{ titel|tojson }}", "the template has `titel`, and a message has key, subject, kind"),
    ] {
        let flags = config(home.path(), &hook(template));
        let checked = run(home.path(), &words(&flags, &["config", "check"]));
        let told = text(&checked.stderr);
        assert_eq!(checked.status.code(), Some(2), "{told}");
        assert!(told.contains("[channels.hook]: ") && told.contains(said), "{told}");
    }
    let flags = config(home.path(), &hook("{\"text\": {{ title|tojson }}}"));
    assert!(printed(home.path(), &words(&flags, &["config", "check"])).contains("is sound"));
}

#[test]
fn a_topics_profile_goes_before_the_environments_keys() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("500 No")]);
    let keys = "[billing]\naws_access_key_id = AKBILLING\naws_secret_access_key = canary\n";
    let keys = write(home.path(), "credentials", keys);
    let flags = config(
        home.path(),
        &format!(
            "[channels.topic]\ntype = \"sns\"\ntopic = \"arn:aws:sns:eu-west-1:111122223333:costs\"\n\
             profile = \"billing\"\nendpoint = \"http://127.0.0.1:{port}\"\n"
        ),
    );
    let mut program = command(home.path());
    program.args(words(&flags, &["alert", "test", "topic"])).env("AWS_SHARED_CREDENTIALS_FILE", &keys);
    program.env("AWS_ACCESS_KEY_ID", "AKENVIRONMENT").env("AWS_SECRET_ACCESS_KEY", "canary");
    let output = program.output().expect("run");
    let request = told.recv_timeout(SOON).unwrap_or_else(|_| panic!("it is asked: {}", text(&output.stderr)));
    assert!(request.contains("Credential=AKBILLING/"), "{request}");
}

#[test]
fn an_address_that_is_none_is_told_before_a_message_comes() {
    let home = tempfile::tempdir().expect("home");
    for (from, to, is_sound) in [
        ("spendtop <costs@example.com>", "ops@example.com", true),
        ("not an address", "ops@example.com", false),
        ("a@b c", "ops@example.com", false),
        ("costs@example.com", "oncall@", false),
        ("costs@example.com", "ops@example.com, boss@example.com", false),
    ] {
        let mail =
            format!("[channels.mail]\ntype = \"email\"\nhost = \"mail.example\"\nfrom = \"{from}\"\nto = [\"{to}\"]\n");
        let flags = config(home.path(), &mail);
        let checked = run(home.path(), &words(&flags, &["config", "check"]));
        let told = text(&checked.stderr);
        assert_eq!(checked.status.success(), is_sound, "{from} {to}: {told}");
        assert!(is_sound || told.contains("[channels.mail]: ") && told.contains("is no address: "), "{told}");
    }
}

#[test]
fn killed_while_it_is_brought_it_is_brought_by_the_next() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![None, Some("200 OK")]);
    let (flags, bill) = (told_by(home.path(), port), bill(home.path()));
    let import = words(&flags, &["import"]);
    let mut program = command(home.path());
    program.args(import).arg(&bill).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = program.spawn().expect("started");
    let first = told.recv_timeout(SOON).expect("it is found, and the sink does not answer");
    program.kill().expect("killed");
    program.wait().expect("ended");
    let again = run(home.path(), &words(&flags, &["alert", "run"]));
    assert!(again.status.success(), "{}", text(&again.stderr));
    let second = told.recv_timeout(SOON).expect("brought by the next");
    assert_eq!(key(&first), key(&second), "whoever has both can tell that they are one");
    let log = printed(home.path(), &words(&flags, &["alert", "log", "--format", "json"]));
    assert!(log.contains("\"outbox\":{}"), "{log}");
}

#[test]
fn a_channel_is_tried_and_its_refusal_told() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("200 OK"), Some("403 Forbidden")]);
    let flags = told_by(home.path(), port);
    assert_eq!(printed(home.path(), &words(&flags, &["alert", "test", "ops"])), "ops has the test\n");
    assert!(told.recv_timeout(SOON).expect("there").contains("A test of the channel ops"));
    let refused = run(home.path(), &words(&flags, &["alert", "test", "ops"]));
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("ops has not got the test: 127.0.0.1 answered 403") && !said.contains("canary"), "{said}");
    let unknown = run(home.path(), &words(&flags, &["alert", "test", "opz"]));
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `ops`?"), "{}", text(&unknown.stderr));
    let lacking = config(home.path(), "[channels.chat]\ntype = \"slack\"\nurl = \"env:SPENDTOP_NO_SUCH_HOOK\"\n");
    let looked = text(&run(home.path(), &words(&lacking, &["doctor", "--offline"])).stdout);
    assert!(looked.contains("by slack: `env:SPENDTOP_NO_SUCH_HOOK`: the variable is not set"), "{looked}");
    let flags = told_by(home.path(), port);
    let shown = printed(home.path(), &words(&flags, &["alert", "test", "terminal"]));
    assert!(shown.contains("A test of the channel terminal"), "{shown}");
}

/// A bill in a watched folder, at rest since so many seconds after a day in 2023.
fn delivered(folder: &Path, last_cost: u32, seconds: u64) {
    let file = std::fs::File::options().write(true).open(days(folder, "EC2", last_cost)).expect("bill");
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)).expect("old");
}

#[test]
fn whoever_watches_looks_after_each_change() {
    let home = tempfile::tempdir().expect("home");
    let (bills, store) = (home.path().join("bills"), home.path().join("store"));
    std::fs::create_dir(&bills).expect("folder");
    delivered(&bills, 100, 0);
    let (port, told) = sink(vec![Some("200 OK")]);
    told_by(home.path(), port);
    let mut text = std::fs::read_to_string(home.path().join("c.toml")).expect("config");
    write!(text, "[folder.bills]\npath = \"{}\"\n", bills.display()).expect("text");
    let flags = config(home.path(), &text);
    let store = store.display().to_string();
    let mut watch = command(home.path());
    watch.args(words(&flags, &["--data-dir", &store, "sync", "--watch"]));
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("begun");
    let mut runs = BufReader::new(watch.stdout.take().expect("stdout")).lines().map_while(Result::ok);
    let taken = runs.find(|line| line.starts_with("folder.bills")).expect("the first bill is taken in");
    assert!(taken.contains("60"), "{taken}");
    delivered(&bills, 900, 60);
    Place::beside(Path::new(&store)).ask(clock::now_seconds()).expect("wished for");
    let request = told.recv_timeout(SOON).expect("it looks once that has come");
    let spike = format!("spend on {} is 900.00 USD so far, usually 100.00 USD", last_day());
    assert!(request.contains(&spike), "{request}");
    rustix::process::kill_process(pid_of(watch.id()), rustix::process::Signal::INT).expect("kill");
    assert!(watch.wait().expect("ended").success());
    let log = printed(home.path(), &words(&flags, &["--data-dir", &store, "alert", "log", "--format", "json"]));
    assert!(log.contains("\"outbox\":{}") && log.contains("\"tries\":1"), "{log}");
    assert!(told.try_recv().is_err(), "once");
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_secret_of_the_keyring_is_asked_of_the_systems_tool() {
    let home = tempfile::tempdir().expect("home");
    let (port, told) = sink(vec![Some("200 OK")]);
    let (bin, empty, asked) = (home.path().join("bin"), home.path().join("empty"), home.path().join("asked"));
    [&bin, &empty].into_iter().for_each(|folder| std::fs::create_dir(folder).expect("folder"));
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >'{}'\n[ \"$5\" = 'ops $(hook)' ] || exit 1\n\
         echo http://127.0.0.1:{port}/canary-91ab\n",
        asked.display()
    );
    let tool = write(&bin, "secret-tool", script);
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let channel = |name: &str, account: &str| {
        let url = format!("keyring:spendtop/{account}");
        format!("[channels.{name}]\ntype = \"webhook\"\nurl = \"{url}\"\nallow_private = [\"127.0.0.1\"]\n")
    };
    let flags = config(home.path(), &(channel("ops", "ops $(hook)") + &channel("none", "none")));
    let test = |name: &str, path: &Path| {
        let tried = command(home.path()).env("PATH", path).args(words(&flags, &["alert", "test", name])).output();
        let tried = tried.expect("run");
        (tried.status.code(), text(&tried.stdout), text(&tried.stderr))
    };
    let there = test("ops", &bin);
    assert_eq!((there.0, there.1.as_str()), (Some(0), "ops has the test\n"), "{}", there.2);
    assert!(told.recv_timeout(SOON).expect("there").starts_with("POST /canary-91ab"));
    let words = std::fs::read_to_string(&asked).expect("asked");
    assert_eq!(words, "lookup\nservice\nspendtop\nusername\nops $(hook)\n", "no shell has read it");
    let (code, _, none) = test("none", &bin);
    let store = "`secret-tool store --label=spendtop service spendtop username none` puts it there";
    assert!(code == Some(3) && none.contains("`secret-tool` found none (exit status: 1)"), "{none}");
    assert!(none.contains(store), "{none}");
    let (code, _, lacking) = test("ops", &empty);
    assert!(code == Some(3) && lacking.contains("is not installed: it is libsecret-tools"), "{lacking}");
}

#[cfg(feature = "aws")]
#[test]
fn sns_takes_messages_by_moto() {
    let Some(moto) = crate::emulators::Emulator::start("moto_server", "/moto-api/", |port, _| {
        vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()]
    }) else {
        return;
    };
    let body = "Action=CreateTopic&Name=costs&Version=2010-03-31";
    let who = "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0";
    let mut stream = TcpStream::connect(("127.0.0.1", moto.port)).expect("moto");
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: sns.us-east-1.amazonaws.com\r\nauthorization: {who}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("asked");
    let mut created = String::new();
    stream.read_to_string(&mut created).expect("answered");
    let arn = created.split("<TopicArn>").nth(1).and_then(|rest| rest.split('<').next()).expect("a topic");
    let home = tempfile::tempdir().expect("home");
    let channel = |name: &str, topic: &str| {
        format!("[channels.{name}]\ntype = \"sns\"\ntopic = \"{topic}\"\nendpoint = \"{}\"\n", moto.url())
    };
    let config = channel("topic", arn) + &channel("gone", "arn:aws:sns:us-east-1:123456789012:none");
    let config = write(home.path(), "c.toml", config).display().to_string();
    let test = |name: &str| {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "CANARY")];
        let words = ["--config", &config, "alert", "test", name];
        command(home.path()).envs(keys).args(words).output().expect("run")
    };
    let there = test("topic");
    assert_eq!(text(&there.stdout), "topic has the test\n", "{}", text(&there.stderr));
    let gone = test("gone");
    let said = text(&gone.stderr);
    assert!(gone.status.code() == Some(3) && said.contains("NotFound") && !said.contains("CANARY"), "{said}");
}
