//! What of the figures leaves the app: asked anew in full, set as the command line sets it, and written to
//! a file or handed back for the clipboard.
//!
//! Done on a thread of its own, which no key waits for. Knows no screen.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::domain::calendar::{Day, Granularity};
use crate::domain::text::SafeText;
use crate::engine::export::{self, Scope};
use crate::engine::{Answer, Cancel, Engine, Query, Question};
use crate::error::{Error, Kind, Result};
use crate::report::{self, Style, words};
use crate::tui::picture::Shape;

/// Bytes of text that terminals take for their clipboard, as far as is known.
pub const CLIPBOARD_MAX: usize = 74_000;

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A table as the command line prints it.
    Table(report::Format),
    /// The line items, as FOCUS in Parquet.
    Items,
    /// The screen.
    Screen(Shape),
}

impl Form {
    /// The end of a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Form::Table(report::Format::Csv) => "csv",
            Form::Table(report::Format::Json) => "json",
            Form::Table(report::Format::Markdown) => "md",
            Form::Table(report::Format::Table) | Form::Screen(Shape::Text) => "txt",
            Form::Screen(Shape::Svg) => "svg",
            Form::Items => "parquet",
        }
    }
}

/// What is to be exported.
#[derive(Clone, PartialEq, Debug)]
pub struct Order {
    /// What is in it.
    pub content: Content,
    /// As of which day.
    pub as_of: Day,
    /// How it is written.
    pub form: Form,
    /// To which file; to the clipboard where `None`. `~/` is the home folder.
    pub path: Option<PathBuf>,
    /// What becomes of a file of that name.
    pub if_there: IfThere,
}

/// What is written.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// The answer to this, or the line items of its lens.
    Answer(Question),
    /// The screen as it was.
    Screen(String),
}

/// What is done where there is a file of the name already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfThere {
    /// It is left alone, and nothing is written.
    Leave,
    /// It is written over.
    Replace,
    /// It is left alone, and the new one gets a number behind its name.
    Number,
}

/// Numbers that are tried behind a name.
const NUMBERS_MAX: u32 = 1_000;

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exported {
    /// Text for the clipboard.
    Text(String),
    /// A file, with its size and, of line items, how many they are.
    File {
        /// Where it lies.
        path: PathBuf,
        /// How many line items it holds.
        items: Option<u64>,
        /// How large it is.
        bytes: u64,
        /// How it is written.
        form: Form,
    },
    /// There is a file of that name, which was left alone.
    Exists(PathBuf),
}

/// Does what an order says; of a screen nobody is asked.
///
/// # Errors
/// Where the engine fails, the clipboard takes less, or the file cannot be written.
pub fn perform(order: &Order, engine: Option<&dyn Engine>, cancel: &Cancel) -> Result<Exported> {
    let Some(path) = &order.path else {
        let text = table(order, engine, true, cancel)?;
        if text.len() > CLIPBOARD_MAX {
            let (size, most) = (text.len() / 1000, CLIPBOARD_MAX / 1000);
            return Err(Error::usage(format!("{size} kB are too much: terminals take about {most} kB"))
                .hint("write it to a file, or filter first"));
        }
        return Ok(Exported::Text(String::from_utf8_lossy(&text).into_owned()));
    };
    let path = home(path, std::env::var_os("HOME").map(PathBuf::from));
    // It is told where it lies, wherever spendtop was started.
    let path = std::path::absolute(&path).unwrap_or(path);
    let failed = |doing: &str, cause: &std::io::Error| Error::io(Kind::Usage, doing, &path, cause);
    if order.if_there == IfThere::Leave && path.symlink_metadata().is_ok() {
        return Ok(Exported::Exists(path));
    }
    // It grows beside its place, so that there is never a half file of that name.
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    let part = path.with_file_name(name);
    let written = write(order, engine, &part, cancel).and_then(|items| {
        let bytes = part.metadata().map_err(|e| failed("write", &e))?.len();
        match put(&part, &path, order.if_there) {
            Ok(path) => Ok(Exported::File { path, items, bytes, form: order.form }),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(Exported::Exists(path.clone())),
            Err(e) => Err(failed("write", &e)),
        }
    });
    // Gone already where it took its place.
    let _ = std::fs::remove_file(&part);
    written
}

/// Puts a file that is whole in its place, over another one only where that was said; where it lies now.
fn put(part: &Path, path: &Path, if_there: IfThere) -> std::io::Result<PathBuf> {
    if if_there == IfThere::Replace {
        return std::fs::rename(part, path).map(|()| path.to_owned());
    }
    let mut named = path.to_owned();
    for number in 2..=NUMBERS_MAX {
        match std::fs::hard_link(part, &named) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists && if_there == IfThere::Number => {
                named = numbered(path, number);
            }
            linked => return linked.map(|()| named),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A file's name with a number before its end: `screen-2.svg`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{end}"))
}

/// Writes all of it; returns how many line items, where it is of those.
fn write(order: &Order, engine: Option<&dyn Engine>, part: &Path, cancel: &Cancel) -> Result<Option<u64>> {
    let failed = |e: &std::io::Error| Error::io(Kind::Usage, "write", part, e);
    let create = || -> Result<File> {
        let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
        open.map_err(|e| failed(&e))
    };
    let items = match order.form {
        Form::Table(_) => {
            let text = table(order, engine, false, cancel)?;
            create()?.write_all(&text).map_err(|e| failed(&e))?;
            None
        }
        Form::Screen(_) => {
            let Content::Screen(text) = &order.content else {
                return Err(Error::bug("a screen that was not drawn"));
            };
            create()?.write_all(text.as_bytes()).map_err(|e| failed(&e))?;
            None
        }
        Form::Items => {
            let Content::Answer(
                Question::Spend(lens) | Question::TagHygiene(lens) | Question::Query(Query { lens, .. }),
            ) = &order.content
            else {
                return Err(Error::bug("line items of a question without a lens"));
            };
            let mut filter = lens.filter.clone();
            // Bounds are about groups, and these are single charges.
            filter.bounds.clear();
            let period = Some(lens.period.resolve(order.as_of));
            let scope = Scope { period, filter, currency: lens.currency.clone(), format: export::Format::Parquet };
            Some(asked(engine)?.export(&scope, &|| Ok(Box::new(create()?)), cancel)?)
        }
    };
    File::open(part).and_then(|file| file.sync_all()).map_err(|e| failed(&e))?;
    Ok(items)
}

/// The answer as text; `terminal` where one reads it.
fn table(order: &Order, engine: Option<&dyn Engine>, terminal: bool, cancel: &Cancel) -> Result<Vec<u8>> {
    let (Form::Table(format), Content::Answer(question)) = (order.form, &order.content) else {
        return Err(Error::usage("line items are no text: write them to a file"));
    };
    let style = Style { format, raw: false, width: None, terminal };
    let answer = asked(engine)?.ask(question, order.as_of, cancel)?;
    let mut out = Vec::new();
    let set = match (question, &answer) {
        (Question::Spend(lens), Answer::Spend(answers)) => report::spend(lens, answers, style, &mut out),
        (Question::Query(query), Answer::Query(answers)) => report::query(query, answers, style, &mut out),
        (Question::Forecast(_), Answer::Forecast(answers)) => {
            report::forecast(answers, Granularity::Day, style, &mut out)
        }
        (Question::TagHygiene(_), Answer::TagHygiene(answers)) => report::tags(answers, style, &mut out),
        _ => return Err(super::app::odd()),
    };
    set.map_err(|e| Error::bug(format!("cannot set the answer: {e}")))?;
    Ok(out)
}

fn asked(engine: Option<&dyn Engine>) -> Result<&dyn Engine> {
    engine.ok_or_else(|| Error::bug("figures are exported, and nobody is there to ask"))
}

/// A path with its `~/` resolved.
fn home(path: &Path, home: Option<PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// A name for a file that says what is in it.
#[must_use]
pub fn suggested(what: &str, period: &str, form: Form) -> String {
    let mut name: String = format!("spendtop-{what}-{period}")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    format!("{}.{}", name.trim_end_matches('-'), form.extension())
}

/// What was done, in words.
#[must_use]
pub fn said(path: &Path, items: Option<u64>, bytes: u64) -> String {
    let items = items.map_or_else(String::new, |n| format!("{} line items, ", words::count(n)));
    format!("wrote {}: {items}{} bytes", SafeText::path(path), words::count(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;

    #[test]
    fn names_say_what_is_in_the_file() {
        for (what, period, form, want) in [
            ("spend", "2024-11", Form::Table(Format::Csv), "spendtop-spend-2024-11.csv"),
            ("service", "2024-11-01 to 2024-11-20", Form::Items, "spendtop-service-2024-11-01-to-2024-11-20.parquet"),
            ("tag:a/../b\u{202e}", "x", Form::Table(Format::Markdown), "spendtop-tag-a-b-x.md"),
            ("", "\u{1b}[2J", Form::Table(Format::Json), "spendtop-2j.json"),
        ] {
            assert_eq!(suggested(what, period, form), want);
        }
    }

    #[test]
    fn the_home_folder_is_where_a_shell_has_it() {
        let at = |path: &str| home(Path::new(path), Some(PathBuf::from("/home/me")));
        assert_eq!(at("~/a.csv"), Path::new("/home/me/a.csv"));
        assert_eq!(at("~me/a.csv"), Path::new("~me/a.csv"));
        assert_eq!(at("/tmp/a.csv"), Path::new("/tmp/a.csv"));
    }

    #[test]
    fn a_picture_never_takes_anothers_name() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("spend.svg");
        let order = |text: &str| Order {
            content: Content::Screen(text.to_owned()),
            as_of: crate::tui::tests::fake::as_of(),
            form: Form::Screen(Shape::Svg),
            path: Some(path.clone()),
            if_there: IfThere::Number,
        };
        for (text, name) in [("one", "spend.svg"), ("two", "spend-2.svg"), ("three", "spend-3.svg")] {
            let Ok(Exported::File { path, bytes, .. }) = perform(&order(text), None, &Cancel::default()) else {
                panic!("{text}")
            };
            assert_eq!((path.as_path(), bytes), (folder.path().join(name).as_path(), text.len() as u64));
            assert_eq!(std::fs::read_to_string(path).expect("file"), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 3, "no part is left");
    }

    #[test]
    fn a_file_is_never_written_over_unasked_and_nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.md");
        let engine = crate::tui::tests::fake::Fake(crate::tui::tests::fake::Mood::Demo);
        let mut order = Order {
            content: Content::Answer(Question::Spend(crate::domain::lens::Lens::default())),
            as_of: crate::tui::tests::fake::as_of(),
            form: Form::Table(Format::Markdown),
            path: Some(path.clone()),
            if_there: IfThere::Leave,
        };
        assert!(matches!(perform(&order, Some(&engine), &Cancel::default()), Ok(Exported::File { bytes: 1.., .. })));
        assert_eq!(path.metadata().expect("file").permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "mine").expect("written");
        assert_eq!(perform(&order, Some(&engine), &Cancel::default()), Ok(Exported::Exists(path.clone())));
        assert_eq!(std::fs::read_to_string(&path).expect("file"), "mine");
        order.if_there = IfThere::Replace;
        assert!(matches!(perform(&order, Some(&engine), &Cancel::default()), Ok(Exported::File { .. })));
        assert_ne!(std::fs::read_to_string(&path).expect("file"), "mine");
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1, "no part is left");
    }
}
