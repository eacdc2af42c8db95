//! The README's table of keys is the table of actions.
//!
//! `SPENDTOP_README=write cargo test --lib readme` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use crate::tui::Keymap;
use crate::tui::action::{Entry, Group, Place, Scope, TABLE};
use crate::tui::tab::Tab;

const MARKS: (&str, &str) = ("<!-- keys: written by a test from the table of actions -->\n", "<!-- /keys -->");

/// The keys as Markdown: what works in tabs, under the help's headings, by what it does.
fn table() -> String {
    let keymap = Keymap::default();
    let mut out = "| key | does |\n|---|---|\n".to_owned();
    let code = |keys: &str| if keys.contains('`') { format!("`` {keys} ``") } else { format!("`{keys}`") };
    let mut put = |title: &str, entries: &[&Entry]| {
        let _ = writeln!(out, "| | **{title}** |");
        for entry in entries {
            let keys = (0..entry.keys.len()).map(|at| code(&nth(&keymap, entry, at)).replace('|', "\\|"));
            let keys: Vec<String> = keys.collect();
            let _ = writeln!(out, "| {} | {} |", keys.join(" "), entry.doc.replace('|', "\\|"));
        }
    };
    let in_tabs = |e: &&Entry| Tab::ALL.iter().any(|tab| e.scope.holds(Place::Tab(*tab)));
    let everywhere = |e: &&Entry| !matches!(e.scope, Scope::Only(_));
    for tab in Tab::ALL {
        let own: Vec<&Entry> = TABLE.iter().filter(|e| e.scope == Scope::Only(tab)).collect();
        if !own.is_empty() {
            put(tab.title(), &own);
        }
    }
    for group in Group::ALL {
        let title = if group == Group::Here { "Figures" } else { group.title() };
        let all: Vec<&Entry> = TABLE.iter().filter(|e| e.group == group).filter(in_tabs).filter(everywhere).collect();
        if !all.is_empty() {
            put(title, &all);
        }
    }
    out
}

/// An entry's usual key of a number, as people read it.
fn nth(keymap: &Keymap, entry: &Entry, at: usize) -> String {
    let upto = |count: usize| keymap.shown(entry, count);
    upto(at + 1)[upto(at).len()..].trim_start().to_owned()
}

#[test]
fn the_readme_has_every_key_and_what_it_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(MARKS.0).expect("the mark before the keys");
    let (found, after) = rest.split_once(MARKS.1).expect("the mark after the keys");
    let table = table();
    if found != table && std::env::var("SPENDTOP_README").is_ok_and(|what| what == "write") {
        std::fs::write(&path, format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1)).expect("README.md is written");
        return;
    }
    assert!(
        found == table,
        "README.md has other keys than the table of actions; \
         `SPENDTOP_README=write cargo test --lib readme` writes this between its marks:\n{table}"
    );
}
