//! Channels and rules as they are written: good ones, and a table of bad ones.

use super::*;
use crate::config::parse;

fn alerts(text: &str) -> Alerts {
    parse(text, "c.toml").expect("good").alerts
}

fn bad(text: &str) -> String {
    match parse(text, "c.toml") {
        Err(error) => error.message,
        Ok(config) => wrong(&config.alerts).join("\n"),
    }
}

/// What is wrong with single channels and rules.
fn wrong(alerts: &Alerts) -> Vec<String> {
    let of_channels = alerts.channels.iter().filter_map(|channel| channel.wrong.as_ref());
    alerts.wrong.iter().chain(of_channels).map(Wrong::line).collect()
}

#[test]
fn without_a_word_the_usual_is_told_on_this_machine() {
    let names =
        |alerts: &Alerts| alerts.plan.rules.iter().map(|r| (r.name.clone(), r.to.join(" "))).collect::<Vec<_>>();
    let usual = ["budget", "forecast", "anomaly", "stale", "sync"];
    assert_eq!(names(&alerts("")), usual.map(|name| (name.to_owned(), "desktop terminal".to_owned())));
    let text = "[channels.ops]\ntype = \"slack\"\nurl = \"env:HOOK\"\n[notify]\nterminal = false\n";
    assert_eq!(names(&alerts(text)), usual.map(|name| (name.to_owned(), "desktop ops".to_owned())));
}

/// A channel of each kind, and rules with each key.
const ALL: &str = r#"
        tags.keys = ["team"]
        [channels.chat]
        type = "slack"
        url = "env:SLACK"
        [channels.rooms]
        type = "teams"
        url = "file:/etc/teams"
        allow_private = ["proxy.corp"]
        [channels.hook]
        type = "webhook"
        url = "cmd:pass hook"
        secret = "keyring:spendtop/hook"
        template = '{"text": {{ title|tojson }}}'
        [channels.mail]
        type = "email"
        host = "mail.example"
        security = "starttls"
        port = 2525
        user = "me"
        password = "env:MAIL"
        from = "spendtop <costs@example.com>"
        to = ["ops@example.com"]
        [channels.topic]
        type = "sns"
        topic = "arn:aws:sns:eu-west-1:111122223333:costs"
        profile = "billing"
        [channels.pager]
        type = "pagerduty"
        key = "env:PAGER"
        [channels.phones]
        type = "azure-hub"
        connection = "env:HUB"
        hub = "costs"
        format = "fcm"
        tags = "oncall"
        [channels.script]
        type = "command"
        run = ["/usr/local/bin/tell", "--loud"]
        [alerts]
        to = ["chat"]
        cooldown = "90m"
        quiet = "22:00-07:00"
        urgent = "warning"
        storm = 3
        clock = "utc"
        [alerts.anomaly]
        severity = "critical"
        to = ["pager", "chat"]
        [alerts.data-team]
        rule = "spike"
        where = "team=data"
        above = "120.50"
        percent = 25
        hours = "09:00-17:00"
        days = ["mon", "sun"]
        [alerts.morning]
        rule = "digest"
        every = "week"
        at = "07:30"
        [alerts.late]
        rule = "stale"
        after = "2d"
    "#;

#[test]
fn how_much_an_anomaly_presses_is_said_as_anomalies_say_it_and_as_before() {
    let severity = |kind: &str, word: &str| {
        let text = format!("[alerts.{kind}]\nseverity = \"{word}\"\n[alerts]\nurgent = \"high\"\n");
        let alerts = alerts(&text);
        assert_eq!(alerts.plan.urgent, Severity::High);
        alerts.plan.rules.first().map(|rule| rule.severity).ok_or_else(|| wrong(&alerts).join("\n"))
    };
    for (word, want) in [
        ("low", Severity::Info),
        ("info", Severity::Info),
        ("medium", Severity::Warning),
        ("warning", Severity::Warning),
        ("high", Severity::High),
        ("critical", Severity::Critical),
    ] {
        assert_eq!(severity("anomaly", word).expect(word), want, "{word}");
    }
    let message = severity("anomaly", "severe").expect_err("none");
    assert!(message.contains("it is one of `low`, `medium`, `high`, `critical`, `info`, `warning`"), "{message}");
    let message = severity("budget", "high").expect_err("a budget's has no such grade");
    assert!(message.contains("it is one of `info`, `warning`, `critical`"), "{message}");
}

#[test]
fn every_key_reaches_its_place() {
    let alerts = alerts(ALL);
    let kinds: Vec<(&str, &str)> = alerts.channels.iter().map(|c| (c.name.as_str(), c.via.name())).collect();
    let want = [
        ("chat", "slack"),
        ("hook", "webhook"),
        ("mail", "email"),
        ("pager", "pagerduty"),
        ("phones", "azure-hub"),
        ("rooms", "teams"),
        ("script", "command"),
        ("topic", "sns"),
    ];
    assert_eq!(kinds, want);
    let plan = &alerts.plan;
    assert_eq!((plan.cooldown, plan.quiet.map(Hours::words), plan.storm), (5_400, Some("22:00-07:00".into()), 3));
    assert_eq!((plan.urgent, plan.local_hours), (Severity::Warning, false));
    let rule = |name: &str| plan.rules.iter().find(|rule| rule.name == name).expect(name);
    assert_eq!((rule("anomaly").severity, rule("anomaly").to.len()), (Severity::Critical, 2));
    let spike = rule("data-team");
    assert_eq!((spike.kind, spike.scope.to_string().as_str(), spike.percent), (Kind::Spike, "tag:team=data", 25));
    assert_eq!(
        (spike.above.to_string().as_str(), spike.days, &spike.to),
        ("120.5", Days(0b100_0001), &vec!["chat".to_owned()])
    );
    assert_eq!((rule("morning").every, rule("morning").minute), (Every::Week, 450));
    assert_eq!(rule("late").after, 2 * DAY_SECONDS);
    let Some(Via::Command(run)) = alerts.channels.iter().find(|c| c.name == "script").map(|c| &c.via) else { panic!() };
    assert_eq!(run, &["/usr/local/bin/tell", "--loud"]);
}

#[test]
fn each_mistake_is_named_and_no_secret_is_repeated() {
    for (text, want) in [
        (
            "[channels.a]\ntype = \"slak\"",
            "c.toml:2:8: `channels.a.type` cannot be \"slak\"; it is one of `slack`, `teams`, `webhook`, `email`, `sns`, `pagerduty`, `azure-hub`, `command`; did you mean `slack`?",
        ),
        ("[channels.a]", "c.toml:1:11: `[channels.a]` needs `type`"),
        ("[channels.a]\ntype = \"slack\"", "c.toml:1:11: `[channels.a]` needs `url`"),
        (
            "[channels.a]\ntype = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/canary\"",
            "c.toml:3:7: `channels.a.url` must refer to the secret, not hold it: \"env:NAME\", \"file:/path\", \"cmd:command\" or \"keyring:SERVICE/ACCOUNT\"",
        ),
        (
            "[channels.a]\ntype = \"slack\"\nurl = \"env:A\"\nhost = \"x\"",
            "c.toml:4:8: `channels.a.host` is no key of a channel by slack; it has `url`, `allow_private`",
        ),
        (
            "[channels.a]\ntype = \"pagerduty\"\nkey = \"env:A\"\nendpoint = \"https://me:canary@events.example\"",
            "c.toml:4:12: `channels.a.endpoint` must be an address alone, without `?`, `#` and what stands before an `@`",
        ),
        (
            "[channels.desktop]\ntype = \"slack\"\nurl = \"env:A\"",
            "c.toml:1:11: `[channels.desktop]`: `desktop` is this machine's own channel; take another name",
        ),
        ("[channels.a]\ntype = \"command\"\nrun = []", "c.toml:1:11: `[channels.a]` needs `run`"),
        (
            "channels.a = 1",
            "c.toml:1:10: `channels.a` must be a channel with a name: write `[channels.NAME]` on a line of its own, its keys below",
        ),
    ] {
        assert_eq!(bad(text), want, "{text}");
        assert!(!bad(text).contains("canary"));
    }
}

#[test]
fn and_so_is_each_of_rules() {
    for (text, want) in [
        (
            "[alerts]\nto = [\"deskto\"]",
            "c.toml:2:7: `alerts.to`: there is no channel \"deskto\"; there are `desktop`, `terminal`; did you mean `desktop`?",
        ),
        (
            "[alerts]\nquiet = \"22-7\"",
            "c.toml:2:9: `alerts.quiet` must be hours like \"22:00-07:00\", which end, not \"22-7\"",
        ),
        (
            "[alerts]\ncooldwn = \"1h\"",
            "c.toml:2:1: unknown key `alerts.cooldwn`; the keys of `alerts` are `to`, `cooldown`, `quiet`, `urgent`, `storm`, `clock`; did you mean `cooldown`?",
        ),
        ("[alerts.mine]\npercent = 5", "c.toml:1:9: `[alerts.mine]` needs `rule`"),
        (
            "[alerts.spike]\nwhere = \"serivce=x\"",
            "c.toml:2:9: `alerts.spike.where` is 'serivce=x': unknown dimension `serivce`",
        ),
        (
            "[alerts.spike]\ndays = [\"monday\"]",
            "c.toml:2:9: `alerts.spike.days` must hold days like `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`, not \"monday\"",
        ),
    ] {
        assert_eq!(bad(text), want, "{text}");
    }
}

#[test]
fn a_key_of_another_kind_of_rule_is_refused() {
    for (text, want) in [
        (
            "[alerts.late]\nrule = \"stale\"\nseverity = \"critical\"",
            "c.toml:3:12: `alerts.late.severity` is no key of a rule by stale; it has `to`, `hours`, `days`, `where`, `after`",
        ),
        (
            "[alerts.anomaly]\npercent = 5",
            "c.toml:2:11: `alerts.anomaly.percent` is no key of a rule by anomaly; it has `to`, `hours`, `days`, `severity`, `where`",
        ),
        (
            "[alerts.sync]\nwhere = \"provider=aws\"",
            "c.toml:2:9: `alerts.sync.where` is no key of a rule by sync; it has `to`, `hours`, `days`, `severity`, `after`",
        ),
        (
            "[alerts.stale]\nwhere = \"service=ec2\"",
            "c.toml:2:9: `alerts.stale.where` is 'service=ec2': a provider is late as a whole; name it by `provider` alone",
        ),
        (
            "[alerts.spike]\nwhere = \"cost>100\"",
            "c.toml:2:9: `alerts.spike.where` is 'cost>100': `cost` is of a list's rows, not of charges; leave it out",
        ),
        (
            "[alerts.anomaly]\nbudget = \"plat\"",
            "c.toml:2:1: unknown key `alerts.anomaly.budget`; the keys of `alerts.anomaly` are `rule`, `to`, `severity`, `where`, `hours`, `days`, `above`, `percent`, `after`, `every`, `at`",
        ),
    ] {
        assert_eq!(bad(text), want, "{text}");
    }
}

#[test]
fn what_one_channel_or_rule_cannot_mean_stops_that_one_alone() {
    let good = "[channels.good]\ntype = \"slack\"\nurl = \"env:A\"\n[alerts.budget]\nto = [\"good\"]\n";
    let mail = "type = \"email\"\nhost = \"h\"\nfrom = \"a@b.example\"\n";
    for (text, of_channel) in [
        ("[channels.bad]\ntype = \"slak\"", true),
        ("[channels.bad]\nurl = \"env:A\"", true),
        ("[channels.bad]\ntype = 3\nurl = \"env:A\"", true),
        ("[channels.bad]\ntype = \"slack\"", true),
        ("[channels.bad]\ntype = \"slack\"\nurl = \"env:A\"\nhedaers = \"x\"", true),
        ("[channels.bad]\ntype = \"slack\"\nurl = \"https://hooks.example/T0/canary\"", true),
        (&format!("[channels.bad]\n{mail}to = \"a@b.example\""), true),
        (&format!("[channels.bad]\n{mail}to = []"), true),
        (&format!("[channels.bad]\n{mail}to = [\"a@b.example\"]\nport = 99999"), true),
        (&format!("[channels.bad]\n{mail}to = [\"a@b.example\"]\nport = \"25\""), true),
        (&format!("[channels.bad]\n{mail}to = [\"a@b.example\"]\nsecurity = \"ssl\""), true),
        ("[channels.bad]\ntype = \"command\"\nrun = []", true),
        ("[channels.bad]\ntype = \"sns\"\ntopic = \"oven\"", true),
        ("[channels.bad]\ntype = \"azure-hub\"\nconnection = \"env:A\"\nhub = \"h\"\nformat = \"gcm\"", true),
        ("[channels.bad]\ntype = \"slack\"\nurl = \"env:A\"\nallow_private = \"127.0.0.1\"", true),
        ("[channels.\"bad name\"]\ntype = \"slack\"\nurl = \"env:A\"", false),
        ("[alerts.anomaly]\nto = [\"gud\"]", false),
        ("[alerts.anomaly]\nseverity = \"hgih\"", false),
        ("[alerts.anomaly]\nwhere = \"cost>5\"", false),
        ("[alerts.anomaly]\nhours = \"25:00-26:00\"", false),
        ("[alerts.anomaly]\ndays = [\"monday\"]", false),
        ("[alerts.anomly]", false),
    ] {
        let alerts = alerts(&format!("{good}{text}\n"));
        let rules: Vec<&str> = alerts.plan.rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(rules, ["budget"], "{text}");
        let sound: Vec<&str> =
            alerts.channels.iter().filter(|channel| channel.wrong.is_none()).map(|one| one.name.as_str()).collect();
        assert_eq!((sound, alerts.channels.len()), (vec!["good"], 1 + usize::from(of_channel)), "{text}");
        let wrong = wrong(&alerts);
        assert!(wrong.len() == 1 && wrong[0].starts_with("c.toml:") && !wrong[0].contains("canary"), "{wrong:?}");
        let stopped = usize::from(text.starts_with("[alerts"));
        assert_eq!(alerts.plan.stopped.len(), stopped, "{text}");
    }
    let two = alerts("[channels.bad]\ntype = \"slack\"\nhedaers = \"x\"");
    let wrong = wrong(&two).join("\n");
    assert!(wrong.contains("needs `url`") && wrong.contains("unknown key `channels.bad.hedaers`"), "{wrong}");
    for text in ["[chanels.a]\ntype = \"slack\"", "[alerts]\nto = [", "[alerts]\ncooldwn = \"1h\""] {
        assert!(parse(&format!("{good}{text}"), "c.toml").is_err(), "{text}");
    }
}

#[test]
fn what_alerts_alone_cannot_mean_keeps_nothing_else_from_its_work() {
    let of = |hosts: &str| {
        let text = format!("[channels.a]\ntype = \"slack\"\nurl = \"env:A\"\nallow_private = [{hosts}]");
        let channel = alerts(&text).channels.remove(0);
        (channel.allow_private, channel.wrong.map(|wrong| wrong.line()))
    };
    let must = "`channels.a.allow_private` must hold hosts by name or address, like \"chat.corp\" or \"10.0.0.7\", \
                one by one, not";
    for (hosts, wrong) in [
        ("\"*\"", format!("c.toml:4:18: {must} \"*\"")),
        ("\"chat.corp\", \"::1\", \"10.0.0.0/8\"", format!("c.toml:4:38: {must} \"10.0.0.0/8\"")),
        ("\"a/b\", \"chat.corp\", \"*\"", format!("c.toml:4:18: {must} \"a/b\" and \"*\"")),
    ] {
        assert_eq!(of(hosts), (Vec::new(), Some(wrong)), "nothing private is let through");
    }
    assert_eq!(of("\"chat.corp\", \"[::1]\""), (vec!["chat.corp".to_owned(), "[::1]".to_owned()], None));
    let endless = alerts("[alerts]\nquiet = \"00:00-24:00\"\nstorm = 3");
    assert_eq!((endless.plan.quiet, endless.plan.storm), (None, 3), "it silences nothing");
    let must = "`alerts.quiet` must be hours like \"22:00-07:00\", which end, not \"00:00-24:00\"; no hours are quiet";
    assert_eq!(wrong(&endless), [format!("c.toml:2:9: {must}")]);
    assert_eq!(alerts("[alerts]\nquiet = \"22:00-07:00\"").wrong, []);
}
