//! Holds the house in order: who may import whom, what stays inside which walls, file sizes and
//! opening lines. The tables below are the rules; a failure says what to do instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What every module may import, besides itself.
const FOR_ALL: [&str; 6] = ["error", "clock", "domain", "config", "threads", "secret"];

/// Who may import whom: a module, and what it may import besides itself (and [`FOR_ALL`], where
/// `true`).
const LAYERS: &[(&str, bool, &[&str])] = &[
    ("domain", false, &[]),
    ("error", false, &["domain"]),
    ("clock", false, &["domain", "error"]),
    ("config", false, &["error", "clock", "domain", "secret"]),
    ("threads", false, &[]),
    ("secret", false, &["domain"]),
    ("analytics", true, &[]),
    ("focus", true, &[]),
    ("store", true, &[]),
    ("provider", true, &["focus"]),
    ("sync", true, &["analytics", "store", "provider"]),
    ("engine", true, &["analytics", "store", "sync", "focus"]),
    ("report", true, &["engine"]),
    ("notify", true, &["engine"]),
    ("serve", true, &["engine"]),
    ("host", true, &["store", "provider", "engine", "sync", "notify", "serve"]),
    ("tui", true, &["engine", "report", "host"]),
    (
        "cli",
        true,
        &["analytics", "focus", "store", "provider", "sync", "engine", "report", "notify", "serve", "host", "tui"],
    ),
];

/// A path that only some places may name, and what the others do instead.
struct Fence {
    /// Segments that lie side by side in a forbidden path; `^` is the path's start.
    paths: &'static [&'static [&'static str]],
    /// Macros that are forbidden too.
    macros: &'static [&'static str],
    /// Where it is allowed, or with `!`, the only places where it is forbidden.
    places: &'static [&'static str],
    instead: &'static str,
}

const FENCES: &[Fence] = &[
    Fence {
        paths: &[&["^", "ratatui"], &["^", "crossterm"]],
        macros: &[],
        places: &["tui/"],
        instead: "draw in `tui`; hand it plain data",
    },
    Fence {
        paths: &[&["^", "sled"]],
        macros: &[],
        places: &["store/"],
        instead: "use `store::Store`, or `store::kv::Kv` within the store",
    },
    Fence {
        paths: &[&["^", "aws_config"]],
        macros: &[],
        places: &["provider/aws/", "notify/sns.rs"],
        instead: "ask through `provider::remote::Costs`",
    },
    Fence {
        paths: &[
            &["^", "aws_credential_types"],
            &["^", "aws_sdk_costexplorer"],
            &["^", "aws_sdk_organizations"],
            &["^", "aws_sdk_sts"],
            &["^", "aws_smithy_http_client"],
            &["^", "aws_smithy_runtime_api"],
            &["^", "aws_types"],
        ],
        macros: &[],
        places: &["provider/aws/"],
        instead: "ask through `provider::remote::Costs`",
    },
    Fence {
        paths: &[&["^", "azure_core"], &["^", "azure_identity"]],
        macros: &[],
        places: &["provider/azure/"],
        instead: "ask through `provider::remote::Costs`",
    },
    Fence {
        paths: &[&["^", "google_cloud_auth"]],
        macros: &[],
        places: &["provider/gcp/"],
        instead: "ask through `provider::remote::Costs`",
    },
    Fence {
        paths: &[&["^", "object_store"]],
        macros: &[],
        places: &["provider/"],
        instead: "speak with networks in `provider`",
    },
    Fence {
        paths: &[&["^", "reqwest"]],
        macros: &[],
        places: &["provider/", "notify/"],
        instead: "speak with networks in `provider`; bring messages in `notify`",
    },
    Fence {
        paths: &[&["^", "lettre"], &["^", "minijinja"], &["^", "aws_sdk_sns"]],
        macros: &[],
        places: &["notify/"],
        instead: "put what is to be told on its way; `notify` brings it",
    },
    Fence {
        paths: &[&["^", "notify_rust"]],
        macros: &[],
        places: &["notify/"],
        instead: "make a `notify::Notice` of it",
    },
    Fence {
        paths: &[&["^", "clap"], &["^", "clap_complete"], &["^", "clap_mangen"]],
        macros: &[],
        places: &["cli/", "main.rs"],
        instead: "take a plain value as an argument; `cli` parses it",
    },
    Fence {
        paths: &[&["SystemTime", "now"], &["Instant", "now"], &["Utc", "now"], &["Local", "now"]],
        macros: &[],
        places: &["clock.rs"],
        instead: "take the time as an argument, or call `clock`",
    },
    Fence {
        paths: &[&["process", "exit"]],
        macros: &["print", "println", "eprint", "eprintln", "dbg"],
        places: &["cli/", "main.rs"],
        instead: "return a value or an `Error`; `cli` prints it and `main` exits",
    },
    Fence {
        paths: &[
            &["^", "std", "fs"],
            &["^", "std", "net"],
            &["^", "std", "env"],
            &["^", "std", "process"],
            &["^", "std", "thread"],
        ],
        macros: &[],
        places: &["!domain/", "!analytics/"],
        instead: "keep it pure: take what is needed as an argument and do I/O in the caller",
    },
];

/// Lines a file may have without its trailing test module.
const LINES_MAX: usize = 500;

struct Source {
    /// Below `src/`.
    path: String,
    text: String,
    /// The text without comments, strings and the trailing test module, line for line.
    code: String,
}

/// A path in code, with `use` trees unfolded: line and segments.
type CodePath = (usize, Vec<String>);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, end, found);
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
}

/// Every file below `src/`, those of tests too.
fn all_sources() -> Vec<Source> {
    let src = root().join("src");
    let mut found = Vec::new();
    files_below(&src, ".rs", &mut found);
    assert!(found.len() > 10, "the sources were not found in {}", src.display());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("source");
        let code = blank(without_tests(&text));
        let path = path.strip_prefix(&src).expect("below src").to_string_lossy().into_owned();
        Source { path, text, code }
    };
    found.into_iter().map(read).collect()
}

/// The files below `src/` that the program is built of.
fn sources() -> Vec<Source> {
    let mut all = all_sources();
    // `#[cfg(test)] mod tests;` is a test module in a file of its own, with a folder of its own.
    let test_files: BTreeSet<String> = all.iter().flat_map(test_files_of).collect();
    let below = |path: &str| test_files.iter().any(|f| path.starts_with(&format!("{}/", f.trim_end_matches(".rs"))));
    all.retain(|s| !test_files.contains(&s.path) && !below(&s.path));
    all
}

fn test_files_of(source: &Source) -> Vec<String> {
    let folder = match source.path.rsplit_once('/') {
        Some((folder, "mod.rs")) => format!("{folder}/"),
        None if source.path == "lib.rs" || source.path == "main.rs" => String::new(),
        _ => format!("{}/", source.path.trim_end_matches(".rs")),
    };
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let named = |pair: &[&str]| {
        let name = pair[1].strip_prefix("mod ")?.strip_suffix(';')?;
        (pair[0] == "#[cfg(test)]").then(|| format!("{folder}{name}.rs"))
    };
    lines.windows(2).filter_map(named).collect()
}

/// A file's text up to its trailing `#[cfg(test)] mod ... {`.
fn without_tests(text: &str) -> &str {
    let mut from = 0;
    while let Some(at) = text[from..].find("#[cfg(test)]").map(|at| at + from) {
        let after = text[at + "#[cfg(test)]".len()..].trim_start();
        let inline = after.strip_prefix("mod ").is_some_and(|m| {
            m.split(['{', ';']).next() != Some(m) && {
                let end = m.find(['{', ';']).unwrap_or(0);
                m[end..].starts_with('{')
            }
        });
        if inline && (at == 0 || text[..at].ends_with('\n')) {
            return &text[..at];
        }
        from = at + 1;
    }
    text
}

/// Code with comments and literals blanked out; lines stay where they are.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = match &bytes[at..] {
            [b'/', b'/', ..] => text[at..].find('\n').map_or(text.len(), |n| at + n),
            [b'/', b'*', ..] => text[at..].find("*/").map_or(text.len(), |n| at + n + 2),
            [b'r', b'"' | b'#', ..] if at == 0 || !is_word(bytes[at - 1]) => raw_end(text, at),
            [b'"', ..] => string_end(bytes, at),
            [b'\'', b'\\', ..] => text[at + 3..].find('\'').map_or(text.len(), |n| at + n + 4),
            [b'\'', ..] if char_literal(text, at).is_some() => char_literal(text, at).unwrap_or(at + 1),
            _ => at,
        };
        if end > at {
            text[at..end].chars().for_each(|c| out.push(if c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            let c = text[at..].chars().next().unwrap_or(' ');
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn raw_end(text: &str, at: usize) -> usize {
    let hashes = text[at + 1..].bytes().take_while(|b| *b == b'#').count();
    if text.as_bytes().get(at + 1 + hashes) != Some(&b'"') {
        return at;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = at + 2 + hashes;
    text[body..].find(&close).map_or(text.len(), |n| body + n + close.len())
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut i = at + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    bytes.len()
}

/// The end of a character literal; `None` for a lifetime.
fn char_literal(text: &str, at: usize) -> Option<usize> {
    let mut chars = text[at + 1..].char_indices();
    let (_, first) = chars.next()?;
    let (close, second) = chars.next()?;
    (first != '\'' && second == '\'').then_some(at + 1 + close + 1)
}

/// All paths of two or more segments in the code.
fn paths(code: &str) -> Vec<CodePath> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        if is_word(bytes[at]) {
            let end = word_end(bytes, at);
            let continues = code[..at].trim_end().ends_with("::");
            if !continues && code[end..].starts_with("::") {
                let from = found.len();
                let after = tree(code, at, &mut Vec::new(), line, &mut found);
                // What a generic argument holds is looked at on its own.
                let next = if found.len() > from + 1 { after } else { end };
                line += code[at..next].matches('\n').count();
                at = next;
                continue;
            }
            at = end;
        } else {
            line += usize::from(bytes[at] == b'\n');
            at += 1;
        }
    }
    found
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|b| is_word(**b)).count()
}

/// Reads `a::b::{c, d::e}` from `at`; returns where it ends.
fn tree(code: &str, mut at: usize, prefix: &mut Vec<String>, line: usize, found: &mut Vec<CodePath>) -> usize {
    let bytes = code.as_bytes();
    let depth = prefix.len();
    let first_line = |at: usize, start: usize| line + code[start..at].matches('\n').count();
    let start = at;
    loop {
        match bytes.get(at) {
            Some(b) if is_word(*b) => {
                let end = word_end(bytes, at);
                prefix.push(code[at..end].to_owned());
                at = end;
            }
            Some(b'*') => at += 1,
            Some(b'{') => {
                at += 1;
                loop {
                    at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace() || **b == b',').count();
                    match bytes.get(at) {
                        Some(b) if is_word(*b) || *b == b'*' => {
                            let within = first_line(at, start);
                            at = tree(code, at, prefix, within, found);
                        }
                        Some(b'}') => {
                            at += 1;
                            break;
                        }
                        _ => break,
                    }
                }
                prefix.truncate(depth);
                return at;
            }
            _ => break,
        }
        if !code[at..].starts_with("::") {
            break;
        }
        at += 2;
    }
    found.push((first_line(at, start), prefix.clone()));
    prefix.truncate(depth);
    // `x as y` within a tree.
    if depth > 0 && code[at..].trim_start().starts_with("as ") {
        at += code[at..].find([',', '}']).unwrap_or(0);
    }
    at
}

/// The top-level module that a file belongs to, and how deep its own module lies.
fn module_of(path: &str) -> (String, usize) {
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').filter(|p| *p != "mod").collect();
    (parts[0].to_owned(), parts.len())
}

/// The top-level module that a path leads to, where it leads into this crate.
fn target(path: &[String], depth: usize) -> Option<&str> {
    match path.first()?.as_str() {
        "crate" | "spendtop" => path.get(1).map(String::as_str),
        "super" => {
            let supers = path.iter().take_while(|s| *s == "super").count();
            (supers >= depth).then(|| path.get(supers).map(String::as_str)).flatten()
        }
        _ => None,
    }
}

fn fail_with(problems: &[String]) {
    let mut text = String::new();
    problems.iter().for_each(|p| {
        let _ = writeln!(text, "  {p}");
    });
    assert!(problems.is_empty(), "{} places break the rules of the house:\n{text}", problems.len());
}

fn modules(sources: &[Source]) -> BTreeSet<String> {
    sources.iter().map(|s| module_of(&s.path).0).filter(|m| m != "lib" && m != "main").collect()
}

/// Every import between top-level modules: from, to, and where.
fn imports(sources: &[Source]) -> Vec<(String, String, String)> {
    let known = modules(sources);
    let mut found = Vec::new();
    for source in sources.iter().filter(|s| s.path != "lib.rs" && s.path != "main.rs") {
        let (module, depth) = module_of(&source.path);
        for (line, path) in paths(&source.code) {
            if let Some(to) = target(&path, depth)
                && known.contains(to)
                && to != module
            {
                let place = format!("src/{}:{line}: `{}`", source.path, path.join("::"));
                found.push((module.clone(), to.to_owned(), place));
            }
        }
    }
    found
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let sources = sources();
    let mut problems = Vec::new();
    for module in modules(&sources) {
        if !LAYERS.iter().any(|(name, ..)| *name == module) {
            problems.push(format!("src/{module}: no rule says who may import it: add it to LAYERS"));
        }
    }
    for (from, to, place) in imports(&sources) {
        let Some((_, common, more)) = LAYERS.iter().find(|(name, ..)| *name == from) else { continue };
        if !(more.contains(&to.as_str()) || (*common && FOR_ALL.contains(&to.as_str()))) {
            let allowed: Vec<&str> =
                more.iter().chain(FOR_ALL.iter().filter(|_| *common)).copied().filter(|m| *m != from).collect();
            problems.push(format!(
                "{place}: `{from}` must not know `{to}` (only {}): move what both need down into one of these, or \
                 hand it in from above",
                if allowed.is_empty() { "itself".to_owned() } else { allowed.join(", ") }
            ));
        }
    }
    fail_with(&problems);
}

#[test]
fn modules_form_no_cycle() {
    let sources = sources();
    let mut edges: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (from, to, place) in imports(&sources) {
        edges.entry(from).or_default().entry(to).or_insert(place);
    }
    // What reaches nothing that is left is no part of a cycle.
    loop {
        let left: BTreeSet<String> = edges.keys().cloned().collect();
        edges.values_mut().for_each(|to| to.retain(|m, _| left.contains(m)));
        let before = edges.len();
        edges.retain(|_, to| !to.is_empty());
        if edges.len() == before {
            break;
        }
    }
    let problems: Vec<String> = edges
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |(to, place)| format!("{place}: part of a cycle, {from} -> {to}")))
        .collect();
    fail_with(&problems);
}

#[test]
fn what_is_fenced_stays_inside() {
    let mut problems = Vec::new();
    for source in sources() {
        for fence in FENCES {
            let inside = |place: &&str| source.path.starts_with(place.trim_start_matches('!'));
            let forbidden_in: Vec<&&str> = fence.places.iter().filter(|p| p.starts_with('!')).collect();
            let allowed = if forbidden_in.is_empty() {
                fence.places.iter().any(inside)
            } else {
                !forbidden_in.into_iter().any(inside)
            };
            if !allowed {
                breaches(&source, fence, &mut problems);
            }
        }
    }
    fail_with(&problems);
}

fn breaches(source: &Source, fence: &Fence, problems: &mut Vec<String>) {
    for (line, path) in paths(&source.code) {
        let mut rooted = vec!["^".to_owned()];
        rooted.extend(path.iter().cloned());
        if fence.paths.iter().any(|want| rooted.windows(want.len()).any(|w| w == *want)) {
            problems.push(format!("src/{}:{line}: `{}`: {}", source.path, path.join("::"), fence.instead));
        }
    }
    for (at, line) in source.code.lines().enumerate() {
        for name in fence.macros {
            let found =
                line.match_indices(&format!("{name}!")).any(|(i, _)| i == 0 || !is_word(line.as_bytes()[i - 1]));
            if found {
                problems.push(format!("src/{}:{}: `{name}!`: {}", source.path, at + 1, fence.instead));
            }
        }
    }
}

#[test]
fn files_say_what_they_are_and_stay_small() {
    let mut problems = Vec::new();
    for source in all_sources() {
        if !source.text.starts_with("//! ") {
            problems.push(format!(
                "src/{}:1: begin with `//! ` and a sentence on what the file is and what it must not know",
                source.path
            ));
        }
        let lines = without_tests(&source.text).trim_end().lines().count();
        if lines > LINES_MAX {
            problems.push(format!(
                "src/{}: {lines} lines without its tests, at most {LINES_MAX}: split it where it does two things",
                source.path
            ));
        }
    }
    fail_with(&problems);
}

/// A snapshot that no test names is a picture of something that no longer exists.
#[test]
fn snapshots_are_all_used() {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        files_below(&root().join(folder), ".snap", &mut found);
        let mut fresh = Vec::new();
        files_below(&root().join(folder), ".snap.new", &mut fresh);
        assert!(fresh.is_empty(), "review these snapshots, or remove them: {fresh:?}");
    }
    let mut problems = Vec::new();
    for snapshot in found {
        let text = std::fs::read_to_string(&snapshot).expect("snapshot");
        let shown = snapshot.strip_prefix(root()).expect("below the root").display().to_string();
        let source = text.lines().find_map(|l| l.strip_prefix("source: ")).map(|s| s.trim_matches('"').to_owned());
        let Some(source) = source.and_then(|s| std::fs::read_to_string(root().join(s)).ok()) else {
            problems.push(format!("{shown}: the test that it is of is gone: remove it"));
            continue;
        };
        let stem = snapshot.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = stem.rsplit("__").next().unwrap_or(&stem);
        let plain = name.rsplit_once('-').filter(|(_, n)| n.parse::<u32>().is_ok()).map_or(name, |(n, _)| n);
        let named = [format!("\"{name}\""), format!("fn {plain}("), format!("fn test_{plain}(")];
        if !named.iter().any(|n| source.contains(n)) && !source.contains("format!") {
            problems.push(format!("{shown}: no test names it: remove it"));
        }
    }
    fail_with(&problems);
}

#[test]
fn the_reader_of_this_test_sees_paths_and_passes_over_text() {
    let code = blank(
        "// crate::store::x\nuse crate::{domain::{a, b as c}, sync};\nlet s = \"crate::tui\"; // sled::open\n\
         let t: Vec<crate::engine::E> = super::super::store::f(r#\"crate::cli\"#, '\"', 'x');\nlet c = b'\"';",
    );
    let found: Vec<(usize, String)> = paths(&code).into_iter().map(|(l, p)| (l, p.join("::"))).collect();
    let want = [
        (2, "crate::domain::a"),
        (2, "crate::domain::b"),
        (2, "crate::sync"),
        (4, "crate::engine::E"),
        (4, "super::super::store::f"),
    ];
    assert_eq!(found, want.map(|(l, p)| (l, p.to_owned())));
    let path: Vec<String> = ["super", "super", "store"].map(str::to_owned).to_vec();
    assert_eq!((target(&path, 2), target(&path, 3)), (Some("store"), None));
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n}"), "a\n");
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests;\nb"), "a\n#[cfg(test)]\nmod tests;\nb");
}
