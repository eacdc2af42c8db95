//! The config's tests: the example, good values, and a table of bad ones.

use super::*;

mod connections;
mod dimensions;

fn bad(text: &str) -> String {
    parse(text, "c.toml").expect_err(text).message
}

/// The template with its keys switched on.
fn switched_on() -> String {
    let is_key = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = ");
    let on = |line: &'static str| line.strip_prefix('#').filter(|rest| is_key(rest)).unwrap_or(line);
    TEMPLATE.lines().map(on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_is_the_defaults() {
    assert_eq!(parse(TEMPLATE, "example"), Ok(Config::default()));
    assert_eq!(parse("", "empty"), Ok(Config::default()));
    let on = switched_on();
    assert_eq!(parse(&on, "example"), Ok(Config::default()));
    assert_eq!(on.lines().filter(|l| !l.starts_with('#') && l.contains(" = ")).count(), 30, "{on}");
}

#[test]
fn every_key_reaches_its_place() {
    let text = r#"
        data.dir = "/var/lib/spendtop"
        tags.keys = ["owner"]
        settle = { gcp = 5 }
        sources.prefer = ["api"]
        demo.seed = 7
        notify = { desktop = false }
        [lens]
        period = "2024-09"
        comparison = "none"
        metric = "billed"
        by = ["account", "owner", "tag:k8s:app"]
        currency = "eur"
        where = "owner=me"
        [keys]
        quit = "q"
        help = ["?", "<F1>"]
        [screen]
        theme = "mono"
        charts = "ascii"
        ambiguous_width = "wide"
        mouse = true
    "#;
    let config = parse(text, "c.toml").expect("good");
    assert_eq!(config.data.dir, Some(PathBuf::from("/var/lib/spendtop")));
    assert_eq!(config.settle, Settle { aws: 2, azure: 2, gcp: 5, other: 1 });
    assert_eq!(config.settle.days_for("Google Cloud"), 5);
    assert_eq!(config.sources.prefer, [Preference::Api, Preference::Export]);
    assert_eq!(config.demo.seed, 7);
    assert_eq!(config.notify, Notify { desktop: false, terminal: true });
    let lens = config.lens(&[]);
    assert_eq!(lens.period.to_string(), "2024-09");
    assert_eq!((lens.comparison, lens.metric), (Comparison::None, Metric::Billed));
    let names: Vec<String> = lens.by.iter().map(Dimension::name).collect();
    assert_eq!(names, ["sub_account", "tag:owner", "tag:k8s:app"]);
    assert_eq!(lens.currency.as_deref(), Some("EUR"));
    assert_eq!(lens.filter.to_string(), "tag:owner=me");
    assert_eq!(config.keys["quit"], ["q"]);
    assert_eq!(config.keys["help"], ["?", "<F1>"]);
    let screen = config.screen;
    assert_eq!((screen.theme, screen.charts, screen.mouse), (ThemeName::Mono, Charts::Ascii, true));
    assert_eq!(screen.ambiguous_width, AmbiguousWidth::Wide);
}

#[test]
fn lenses_have_names_and_begin_with_what_the_lens_says() {
    let text = r#"
        tags.keys = ["team"]
        [lens]
        metric = "billed"
        by = ["region"]
        currency = "eur"
        [lenses."prod by team"]
        period = "30d"
        by = ["team"]
        currency = ""
        where = "env=prod"
        [lenses.all]
    "#;
    let saved = parse(text, "c.toml").expect("good").saved_lenses();
    let lines: Vec<(&str, String)> = saved.iter().map(|l| (l.name.raw(), l.lens.to_line())).collect();
    assert_eq!(
        lines,
        [
            ("all", "billed this-month vs month-before by region in EUR per day".to_owned()),
            ("prod by team", "billed 30d vs month-before by tag:team where tag:env=prod per day".to_owned()),
        ]
    );
    assert!(saved.iter().all(|l| l.keeper == Keeper::Config));
    for (text, want) in [
        (
            "lenses.a = 1",
            "c.toml:1:8: `lenses.a` must be a lens with a name: write `[lenses.NAME]` on a line of its own, its keys below",
        ),
        ("[lenses.\" a\"]", "c.toml:1:9: `lenses.\" a\"`: a name has no space around it"),
        (
            "[lenses.a]\nmetrik = \"list\"",
            "c.toml:2:1: unknown key `lenses.a.metrik`; the keys of `lenses.a` are `period`, `comparison`, `metric`, `by`, `currency`, `where`; did you mean `metric`?",
        ),
        (
            "[lenses.a]\nmetric = \"lst\"",
            "c.toml:2:10: `lenses.a.metric` cannot be \"lst\"; it is one of `effective`, `billed`, `list`, `contracted`; did you mean `list`?",
        ),
    ] {
        assert_eq!(bad(text), want, "{text}");
    }
}

#[test]
fn each_mistake_is_named_with_its_place_and_what_is_allowed() {
    for (text, want) in [
        (
            "[lens]\nmetric = \"efective\"",
            "c.toml:2:10: `lens.metric` cannot be \"efective\"; it is one of `effective`, `billed`, `list`, `contracted`; did you mean `effective`?",
        ),
        (
            "[lens]\nmetrik = \"list\"",
            "c.toml:2:1: unknown key `lens.metrik`; the keys of `lens` are `period`, `comparison`, `metric`, `by`, `currency`, `where`; did you mean `metric`?",
        ),
        (
            "[settel]\naws = 1",
            "c.toml:1:2: unknown section `settel`; sections are `data`, `lens`, `tags`, `settle`, `sources`, `sync`, `notify`, `demo`, `screen`, `aws`, `azure`, `gcp`, `opencost`, `folder`, `dimensions`, `lenses`, `channels`, `alerts`, `keys`; did you mean `settle`?",
        ),
        ("metric = \"list\"", "c.toml:1:1: `metric` stands outside of its section: move it under `[lens]`"),
        ("lens = 3", "c.toml:1:1: `lens` is a section: write `[lens]` on a line of its own, its keys below"),
        ("[settle]\naws = \"two\"", "c.toml:2:7: `settle.aws` must be a whole number, not the text \"two\""),
        ("[settle]\naws = -1", "c.toml:2:7: `settle.aws` must be from 0 to 90, not -1"),
        (
            "[screen]\ntheme = \"color-blind\"",
            "c.toml:2:9: `screen.theme` cannot be \"color-blind\"; it is one of `auto`, `dark`, `light`, `high-contrast`, `colour-blind`, `mono`; did you mean `colour-blind`?",
        ),
        ("[screen]\nmouse = 1", "c.toml:2:9: `screen.mouse` must be `true` or `false`, not the number 1"),
        (
            "[tags]\nkeys = \"team\"",
            "c.toml:2:8: `tags.keys` must be a list of texts like [\"a\", \"b\"], not the text \"team\"",
        ),
        ("[tags]\nkeys = [\"a\", 2]", "c.toml:2:14: `tags.keys` must hold texts in quotes, not the number 2"),
        ("[tags]\nkeys = [\"a\", \"a\"]", "c.toml:2:14: `tags.keys` holds \"a\" twice"),
        ("[data]\ndir = \"data\"", "c.toml:2:7: `data.dir` must be an absolute path or begin with `~/`, not \"data\""),
        (
            "[lens]\nperiod = \"september\"",
            "c.toml:2:10: `lens.period` is \"september\": a month needs its year here, like \"2024-09\"",
        ),
        (
            "[lens]\nperiod = 2024-09-01",
            "c.toml:2:10: `lens.period` must be a text in quotes, not the date 2024-09-01; put it in quotes",
        ),
        (
            "[lens]\ncurrency = \"$\"",
            "c.toml:2:12: `lens.currency` must be a code of three letters like \"USD\", not \"$\"",
        ),
        (
            "[lens]\nwhere = \"serivce:ec2\"",
            "c.toml:2:9: `lens.where` is 'serivce:ec2': unknown dimension `serivce` at its character 1; try service:...; a tag of that name is written tag:serivce=...",
        ),
        (
            "[sources]\nprefer = [\"exports\"]",
            "c.toml:2:11: `sources.prefer` cannot be \"exports\"; it is one of `export`, `api`; did you mean `export`?",
        ),
        (
            "[keys]\nquit = 1",
            "c.toml:2:8: `keys.quit` must be a key like \"g\" or a list of texts like [\"a\", \"b\"], not the number 1",
        ),
        (
            "[screen]\nmouse = \"\\u001b\"",
            "c.toml:2:9: `screen.mouse` must be `true` or `false`, not the text \"\\x1b\"",
        ),
    ] {
        assert_eq!(bad(text), want, "{text}");
    }
    assert!(bad("[lens]\nby = [\"serivce\"]").ends_with("and `tag:KEY`; did you mean `service`?"));
    assert!(
        bad("[lens]\nby = [\"sku\",\"region\",\"service\",\"provider\",\"resource\"]").contains("holds 5 dimensions")
    );
    assert!(bad("[lens\nmetric = 1").starts_with("c.toml:1:"), "{}", bad("[lens\nmetric = 1"));
    assert!(bad("[lens]\n[lens]\n").contains("not TOML"));
}

#[test]
fn several_mistakes_are_told_at_once_in_their_order() {
    let text = "[settle]\naws = 400\n[screen]\ncharts = \"line\"\n[lens]\nmetric = 1\n";
    let error = parse(text, "c.toml").expect_err("bad");
    assert_eq!(
        error.message,
        "the config has 3 mistakes\n  c.toml:2:7: `settle.aws` must be from 0 to 90, not 400\n  c.toml:4:10: `screen.charts` cannot be \"line\"; it is one of `auto`, `braille`, `block`, `ascii`\n  c.toml:6:10: `lens.metric` must be a text in quotes, not the number 1"
    );
    assert_eq!(error.hints.len(), 1);
    assert_eq!(error.kind.exit_code(), 2);
}

#[test]
fn a_file_is_read_and_its_absence_told() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("config.toml");
    assert!(load(&path).expect_err("absent").message.starts_with("cannot read the config `"));
    std::fs::write(&path, "\u{feff}[demo]\nseed = 3\n").expect("write");
    assert_eq!(load(&path).map(|c| c.demo.seed), Ok(3));
    std::fs::write(&path, b"[demo]\nseed = \xff\n").expect("write");
    assert!(load(&path).expect_err("not UTF-8").message.ends_with("config.toml:2: the config is not UTF-8 text"));
}
