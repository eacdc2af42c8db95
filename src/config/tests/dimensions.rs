//! `[dimensions]`: good ones, and tables of bad ones.

use super::*;
use crate::domain::virtuals::{of_account, of_tags};

/// Asserts what is said of a config, or of a line of a dimension.
fn assert_named(text: &str, want: &str) {
    let head = "[dimensions.team]\ntags = [\"team\"]\n";
    let text = if text.contains("dimensions") { text.to_owned() } else { format!("{head}{text}") };
    assert!(bad(&text).contains(want), "{text}\n{}\n{want}", bad(&text));
}

#[test]
fn mistakes_in_the_shape_of_a_dimension_are_named() {
    for (text, want) in [
        (
            "[dimensions]\nteam = 1",
            "c.toml:2:1: `dimensions.team` is a section: write `[dimensions.team]` on a line of its own, its keys below, not the number 1",
        ),
        (
            "dimensions = 1",
            "c.toml:1:1: `dimensions` is a section: write `[dimensions]` on a line of its own, its keys below",
        ),
        (
            "[dimensions.team]\nfold = true",
            "c.toml:1:13: `[dimensions.team]` has neither `tags` nor `accounts`: no charge would have a value",
        ),
        (
            "[dimensions.service]\ntags = [\"s\"]",
            "c.toml:1:13: `[dimensions.service]` has the name of something else: call it otherwise",
        ),
        (
            "[dimensions.\"My Team\"]\ntags = [\"s\"]",
            "c.toml:1:13: the name of `[dimensions.My Team]` must be small letters, digits, `_` and `-`, at most 32, a letter first",
        ),
        (
            "[dimensions.team]\ntags = \"team\"",
            "c.toml:2:8: `dimensions.team.tags` must be a list of texts like [\"a\", \"b\"], not the text \"team\"",
        ),
        (
            "[dimensions.team]\ntags = [\"a\", \"\"]",
            "c.toml:2:14: `dimensions.team.tags` holds an empty text; write tag keys like \"team\"",
        ),
        ("[dimensions.team]\ntags = [\"a\", \"a\"]", "c.toml:2:14: `dimensions.team.tags` holds \"a\" twice"),
        ("fold = 1", "c.toml:3:8: `dimensions.team.fold` must be `true` or `false`, not the number 1"),
        (
            "alias = { a = [\"b\"] }",
            "c.toml:3:1: unknown key `dimensions.team.alias`; the keys of a dimension are `tags`, `fold`, `aliases`, `accounts`, `shared`; did you mean `aliases`?",
        ),
        ("aliases = [\"a\"]", "c.toml:3:11: `dimensions.team.aliases` must be a table like { name = ... }, not a list"),
        (
            "aliases = { a = \"b\" }",
            "c.toml:3:17: `dimensions.team.aliases.a` must be a list of texts like [\"a\", \"b\"], not the text \"b\"",
        ),
    ] {
        assert_named(text, want);
    }
}

#[test]
fn what_a_dimension_cannot_mean_is_named() {
    for (text, want) in [
        (
            "aliases = { a = [\"x\"], b = [\"X\"] }",
            "c.toml:3:29: `dimensions.team.aliases`: \"X\" stands for \"a\" and for \"b\"; it can stand for one",
        ),
        (
            "aliases = { a = [\"b\"], b = [\"c\"] }",
            "c.toml:3:18: `dimensions.team.aliases`: \"b\" stands for \"b\" and for \"a\"; it can stand for one",
        ),
        ("aliases = { a = [\"\"] }", "c.toml:3:18: `dimensions.team`: \"\" can be no value's name"),
        (
            "accounts = { 1 = 2 }",
            "c.toml:3:18: `dimensions.team.accounts.1` must be a text in quotes, not the number 2",
        ),
        (
            "accounts = { Sandbox = \"a\", sandbox = \"b\" }",
            "c.toml:3:29: `dimensions.team.accounts`: \"sandbox\" stands for \"a\" and for \"b\"; it can stand for one",
        ),
        ("accounts = { 1 = \"(none)\" }", "c.toml:3:18: `dimensions.team`: \"(none)\" can be no value's name"),
        (
            "shared = { net = \"evenly\" }",
            "c.toml:3:18: `dimensions.team.shared.net` cannot be \"evenly\"; it is `even`, `proportional` or shares like { a = 40, b = 60 }; did you mean `even`?",
        ),
        (
            "shared = { net = 5 }",
            "c.toml:3:18: `dimensions.team.shared.net` must be \"even\", \"proportional\" or shares like { a = 40, b = 60 }, not the number 5",
        ),
        (
            "shared = { net = { a = 40, b = 59.5 } }",
            "c.toml:3:18: the shares of `dimensions.team.shared.net` come to 99.5, not to 100",
        ),
        ("shared = { net = {} }", "c.toml:3:18: the shares of `dimensions.team.shared.net` come to 0, not to 100"),
        (
            "shared = { net = { a = 110, b = -10 } }",
            "c.toml:3:29: `dimensions.team.shared.net.b` must be more than 0, not -10",
        ),
        (
            "shared = { net = { a = \"40\" } }",
            "c.toml:3:24: `dimensions.team.shared.net.a` must be a share in percent like 40, not the text \"40\"",
        ),
        (
            "shared = { net = { log = 100 }, log = \"even\" }",
            "c.toml:3:20: `dimensions.team.shared.net`: \"log\" is shared itself",
        ),
        ("shared = { net = \"even\", NET = \"even\" }", "c.toml:3:26: `dimensions.team.shared` holds \"NET\" twice"),
    ] {
        assert_named(text, want);
    }
    let many: String = (0..9).map(|n| format!("[dimensions.d{n}]\ntags = [\"t\"]\n")).collect();
    assert_eq!(bad(&many), "c.toml:17:13: `dimensions` has 9 dimensions, at most 8 work");
}

/// The example's dimension, its lines switched on.
fn example_dimension() -> String {
    let lines = TEMPLATE.lines().skip_while(|l| !l.starts_with("# [dimensions.")).take_while(|l| l.starts_with("# "));
    lines.map(|l| &l[2..]).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_dimension_takes_its_name_before_a_tag_key() {
    let text =
        format!("{}\n[lens]\nby = [\"team\", \"tag:team\"]\nwhere = \"team=data env=prod\"", example_dimension());
    let config = parse(&text, "c.toml").expect("good");
    let names: Vec<String> = config.lens(&[]).by.iter().map(Dimension::name).collect();
    assert_eq!(names, ["virtual:team", "tag:team"]);
    assert_eq!(config.lens(&[]).filter.to_string(), "virtual:team=data tag:env=prod");
    let own: Vec<String> = config.own_dimensions().iter().map(Dimension::name).collect();
    assert_eq!(own, ["virtual:team", "tag:env", "tag:project"]);
    let Some(Dimension::Virtual(team)) = config.dimensions.dimensions().next() else { panic!("virtual") };
    let team = team.definition().expect("defined");
    let owner = |tags: &str, id: &str, name: &str| {
        let evidence = of_tags(tags, team.tags()).unwrap_or_else(|| of_account(id, name));
        team.owner_of(&evidence).into_owned()
    };
    assert_eq!(owner(r#"{"owner":"PLAT "}"#, "", ""), "platform");
    assert_eq!((owner("", "111122223333", ""), owner("", "1", "Sandbox")), ("data".to_owned(), "platform".to_owned()));
    assert_eq!(team.shared().len(), 3);
}
