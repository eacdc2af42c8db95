//! Billing files as a source: which files, how they are packed, and reading them in order.
//!
//! All files of one source are one batch. What a file is, is told by its first bytes, never by
//! its name. Knows no store.

pub mod input;
pub mod shards;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use input::{Input, Shape, about};

use super::dialects::tell_the_same;
use super::{CostSource, FileSummary, Problem, ReadSummary, Sink, SourceId, SourceKind, Stop, dialects};
use crate::domain::batch::{ChargeBatch, Limits};
use crate::domain::calendar::Day;
use crate::domain::charge::Profile;
use crate::domain::source_file::SourceFile;
use crate::domain::tags::is_object;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::focus::receive::{Outcome, Receive, Refusal};
use crate::focus::{csv, parquet};

/// Files at most in one batch.
pub const FILES_MAX: usize = 100_000;

/// Folders within one another at most.
const DEPTH_MAX: usize = 16;

/// Bytes that are hashed at a time.
const PIECE: usize = 256 << 10;

/// Characters of an odd text that are shown as an example.
const EXAMPLE_MAX: usize = 40;

/// Files of one export.
pub struct BillingFiles {
    name: String,
    paths: Vec<PathBuf>,
    threads: usize,
    limits: Limits,
    /// Content that is left out, by its hash.
    left_out: BTreeSet<String>,
}

impl BillingFiles {
    /// Files by path, folder (all billing files below it) or pattern; `-` is standard input.
    ///
    /// # Errors
    /// Kind `Usage` where a path does not exist or a pattern matches nothing.
    pub fn new(source: &str, arguments: &[impl AsRef<Path>], threads: usize) -> Result<BillingFiles> {
        let mut paths = Vec::new();
        for argument in arguments {
            paths.extend(expand(argument.as_ref())?);
        }
        // A file that two arguments name is read once.
        let mut known = HashSet::new();
        paths.retain(|path: &PathBuf| known.insert(path.clone()));
        if paths.len() > FILES_MAX {
            return Err(Error::usage(format!("{} files are more than one import takes ({FILES_MAX})", paths.len())));
        }
        let (name, limits) = (source.to_owned(), Limits::default());
        let mut files = BillingFiles { name, paths, threads, limits, left_out: BTreeSet::new() };
        files.read_on(threads);
        Ok(files)
    }

    /// Reads on so many threads, at least one.
    pub fn read_on(&mut self, threads: usize) {
        self.threads = threads.max(1);
        // Two threads' batches fit into the memory that an import may use; more share it.
        let rows = (Limits::default().rows / threads.max(2)).max(64 * 1024);
        let text_bytes = (Limits::default().text_bytes * 2 / threads.max(2)).max(8 << 20);
        self.limits = Limits { rows, text_bytes };
    }
}

/// Names of files that a folder is searched for.
#[must_use]
pub fn is_billing_name(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let hidden = name.starts_with(['.', '_']);
    let unpacked = [".gz", ".zst", ".zstd"].iter().find_map(|packing| name.strip_suffix(packing)).unwrap_or(&name);
    let is_text = [".csv", ".jsonl", ".ndjson"].iter().any(|end| unpacked.ends_with(end));
    !hidden && (is_text || name.ends_with(".parquet"))
}

/// The files that an argument names.
fn expand(argument: &Path) -> Result<Vec<PathBuf>> {
    let path = argument.to_owned();
    if argument == Path::new("-") {
        return Ok(vec![path]);
    }
    let mut found = Vec::new();
    let pattern = argument.to_str().filter(|text| text.contains(['*', '?', '[']) && !path.exists());
    if path.is_dir() {
        walk(&path, 0, &mut found)?;
        if found.is_empty() {
            return Err(Error::usage(format!("there is no billing file in `{}`", SafeText::path(&path)))
                .hint("files named *.csv and *.jsonl, packed (.gz, .zst) or not, and *.parquet are read"));
        }
    } else if let Some(pattern) = pattern {
        let safe = SafeText::from_outside(pattern);
        let matches = glob::glob(pattern).map_err(|e| Error::usage(format!("`{safe}` is no pattern: {e}")))?;
        for path in matches {
            let path = path.map_err(|e| Error::io(Kind::Usage, "read", e.path(), e.error()))?;
            // What cannot be looked at is not left out: opening it will say why.
            if std::fs::metadata(&path).map_or(true, |meta| meta.is_file()) {
                found.push(path);
            }
        }
        if found.is_empty() {
            return Err(Error::usage(format!("no file matches `{safe}`")));
        }
    } else {
        found.push(path);
    }
    found.sort();
    Ok(found)
}

/// Finds the billing files below a folder. What cannot be read is an error, since a bill that is
/// imported in part looks like one that shrank.
fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    if depth > DEPTH_MAX {
        return Err(Error::usage(format!("`{}` lies more than {DEPTH_MAX} folders deep", SafeText::path(folder)))
            .hint("name a folder nearer to the billing files, or the files"));
    }
    let unread = |path: &Path, e: &std::io::Error| Error::io(Kind::Usage, "read", path, e);
    for entry in std::fs::read_dir(folder).map_err(|e| unread(folder, &e))? {
        let entry = entry.map_err(|e| unread(folder, &e))?;
        let path = entry.path();
        // Links are not followed: a folder may link to itself.
        let kind = entry.file_type().map_err(|e| unread(&path, &e))?;
        if kind.is_dir() {
            walk(&path, depth + 1, found)?;
        } else if kind.is_file() && is_billing_name(&path) {
            found.push(path);
        }
        if found.len() > FILES_MAX {
            // Too many: the caller says so.
            break;
        }
    }
    Ok(())
}

impl CostSource for BillingFiles {
    fn id(&self) -> SourceId {
        SourceId { name: self.name.clone(), kind: SourceKind::Export }
    }

    fn size(&self) -> Option<u64> {
        self.paths.iter().map(|p| std::fs::metadata(p).ok().filter(std::fs::Metadata::is_file).map(|m| m.len())).sum()
    }

    fn leave_out(&mut self, hashes: BTreeSet<String>) {
        self.left_out = hashes;
    }

    fn read(&mut self, sink: &dyn Sink) -> Result<ReadSummary, Stop> {
        let mut summary = ReadSummary::default();
        let mut contents = Contents::default();
        for path in &self.paths {
            if sink.cancelled() {
                return Err(Stop::Cancelled);
            }
            if let Some(file) = self.known(path, sink)? {
                summary.left_out.push(file);
                continue;
            }
            let file = self.read_file(path, sink)?;
            // Standard input is known only once it is read, and a file may change between.
            if self.left_out.contains(&file.file.hash) {
                let error = Error::usage(format!("what came from `{}` is stored already", SafeText::path(path)));
                return Err(Stop::Failed(error.hint("leave it away: nothing was changed")));
            }
            contents.add(&summary.files, &file).map_err(Stop::Failed)?;
            summary.files.push(file);
        }
        Ok(summary)
    }
}

/// What the files of a batch hold, so that nothing of it counts twice.
#[derive(Default)]
pub struct Contents(HashMap<String, usize>);

impl Contents {
    /// Adds the one that comes behind `files`.
    ///
    /// # Errors
    /// Kind `Usage` where one of them has the same content, or tells the same charges in another way.
    pub fn add(&mut self, files: &[FileSummary], file: &FileSummary) -> Result<()> {
        if let Some(before) = self.0.get(&file.file.hash).and_then(|at| files.get(*at)) {
            let [one, other] = [before, file].map(|file| SafeText::from_outside(&file.file.name));
            let error = Error::usage(format!("`{one}` and `{other}` have the same content"));
            return Err(error.hint("name each file once: nothing was changed"));
        }
        if let Some(before) = files.iter().find(|f| tell_the_same(&f.file.format, &file.file.format)) {
            return Err(told_twice(&before.file, &file.file));
        }
        if file.file.rows > 0 {
            self.0.insert(file.file.hash.clone(), files.len());
        }
        Ok(())
    }
}

/// That two files tell the same charges in two ways.
fn told_twice(one: &SourceFile, other: &SourceFile) -> Error {
    let named = |file: &SourceFile| format!("`{}` ({})", SafeText::from_outside(&file.name), file.format);
    let (one, other) = (named(one), named(other));
    Error::usage(format!("{one} and {other} tell the same charges in two ways: added, they would count twice"))
        .hint("import one of them: actual cost bills what the invoice does, amortised cost spreads purchases")
        .hint("both are in an export as FOCUS (\"Cost and usage details (FOCUS)\"): nothing was changed")
}

impl BillingFiles {
    /// The file, where its content is to be left out. Reading it for that is cheap beside reading
    /// charges.
    fn known(&self, path: &Path, sink: &dyn Sink) -> Result<Option<SourceFile>, Stop> {
        if self.left_out.is_empty() || path == Path::new("-") {
            return Ok(None);
        }
        let input = Input::open(path)?;
        let mut input: Box<dyn Read> = match input.shape {
            Shape::Parquet => Box::new(File::open(path).map_err(|e| Error::io(Kind::Usage, "open", path, &e))?),
            _ => input.into_reader()?,
        };
        let (mut hasher, mut buffer, mut bytes) = (blake3::Hasher::new(), vec![0; PIECE], 0);
        loop {
            if sink.cancelled() {
                return Err(Stop::Cancelled);
            }
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    hasher.update(&buffer[..n]);
                    bytes += n as u64;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                // Reading its charges will say why.
                Err(_) => return Ok(None),
            }
        }
        let hash = hasher.finalize().to_hex().to_string();
        if !self.left_out.contains(&hash) {
            return Ok(None);
        }
        sink.progress(std::fs::metadata(path).map_or(0, |meta| meta.len()));
        Ok(Some(SourceFile { name: path.to_string_lossy().into_owned(), hash, bytes, ..SourceFile::default() }))
    }

    fn read_file(&self, path: &Path, sink: &dyn Sink) -> Result<FileSummary, Stop> {
        self.read_as(path.to_string_lossy().into_owned(), path, sink)
    }

    fn read_as(&self, name: String, path: &Path, sink: &dyn Sink) -> Result<FileSummary, Stop> {
        let input = Input::open(path)?;
        let bridge = Bridge { sink, file: &name, odd_tags: Mutex::default() };
        let (outcome, packing) = self.read_input(input, &bridge).map_err(|error| match error.kind {
            Kind::Interrupted => Stop::Cancelled,
            _ => Stop::Failed(about(Path::new(&name), error)),
        })?;
        let writing = format!("{}{packing}", outcome.writing);
        let Outcome { form, tally, notes, dropped, hash, bytes, .. } = outcome;
        let odd_tags = bridge.odd_tags.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(FileSummary {
            odd_tags,
            file: SourceFile {
                name,
                hash,
                bytes,
                format: format!("{form} {writing}"),
                rows: tally.rows,
                refused: tally.refused,
            },
            rounded: tally.rounded,
            repaired: tally.repaired,
            dropped_columns: dropped,
            notes,
        })
    }

    fn read_input(&self, input: Input, bridge: &Bridge<'_>) -> Result<(Outcome, &'static str)> {
        let packing = match input.shape {
            Shape::Parquet => {
                let file = input.into_file()?;
                // Open pages of every column take memory beside the batch: it has less of it.
                let Limits { rows, text_bytes } = self.limits;
                let limits = Limits { rows: rows * 7 / 12, text_bytes: text_bytes * 7 / 12 };
                return Ok((parquet::read(file, &dialects::ALL, self.threads, limits, bridge)?, ""));
            }
            Shape::Gzip => ", gzip",
            Shape::Zstd => ", zstd",
            Shape::Plain => "",
        };
        Ok((csv::read(input.into_reader()?, &dialects::ALL, self.threads, self.limits, bridge)?, packing))
    }
}

/// Reads one file that is at hand at `path` and is called `name` where it comes from.
///
/// # Errors
/// [`Stop`], as [`CostSource::read`] says.
pub fn read_one(name: &str, path: &Path, threads: usize, sink: &dyn Sink) -> Result<FileSummary, Stop> {
    let none: [&Path; 0] = [];
    BillingFiles::new("", &none, threads)?.read_as(name.to_owned(), path, sink)
}

/// The billing files below a folder, in the order of their names.
///
/// # Errors
/// Kind `Usage` where any of it cannot be read, or there are too many.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(folder, 0, &mut found)?;
    if found.len() > FILES_MAX {
        return Err(Error::usage(format!("more than {FILES_MAX} files are in `{}`", SafeText::path(folder))));
    }
    found.sort();
    Ok(found)
}

/// Hands what a reader finds to the sink, with the file's name.
struct Bridge<'a> {
    sink: &'a dyn Sink,
    file: &'a str,
    /// Charges whose tags are no JSON object, and the smallest such text.
    odd_tags: Mutex<(u64, String)>,
}

impl Bridge<'_> {
    /// Counts charges whose tags cannot be read.
    fn look_at_tags(&self, batch: &ChargeBatch) {
        let texts = &batch.profile_texts[Profile::Tags.index()];
        let odd: Vec<bool> =
            std::iter::once(false).chain(texts.iter().map(|text| !text.is_empty() && !is_object(text))).collect();
        let Some(example) = texts.iter().zip(&odd[1..]).filter(|(_, odd)| **odd).map(|(text, _)| text).min() else {
            return;
        };
        let example: String = example.chars().take(EXAMPLE_MAX).collect();
        let ids = &batch.profiles[Profile::Tags.index()];
        let count = batch.rows.iter().filter(|row| odd[ids[row.profile as usize] as usize]).count() as u64;
        let mut all = self.odd_tags.lock().unwrap_or_else(PoisonError::into_inner);
        if all.0 == 0 || example < all.1 {
            all.1 = example;
        }
        all.0 += count;
    }
}

impl Receive for Bridge<'_> {
    fn batch(&self, batch: &ChargeBatch) -> Result<()> {
        self.look_at_tags(batch);
        self.sink.batch(batch).map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Cancelled => Error::new(Kind::Interrupted, "stopped"),
        })
    }

    fn refused(&self, line: u64, refusal: Refusal, group: Option<(String, Day)>) {
        let Refusal { column, value, reason } = refusal;
        self.sink.problem(Problem { file: self.file.to_owned(), line, column, value, reason, refused: true, group });
    }

    fn progress(&self, bytes: u64) {
        self.sink.progress(bytes);
    }

    fn cancelled(&self) -> bool {
        self.sink.cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("folder");
        let mut deep = folder.path().to_path_buf();
        let argument = [folder.path().to_string_lossy().into_owned()];
        for at in 0..=DEPTH_MAX {
            std::fs::write(deep.join(format!("{at}.csv")), "").expect("file");
            deep.push("d");
            std::fs::create_dir(&deep).expect("folder");
            let files = BillingFiles::new("import", &argument, 1).map(|files| files.paths.len());
            if at < DEPTH_MAX {
                assert_eq!(files, Ok(at + 1));
            } else {
                assert!(files.expect_err("error").message.contains("more than 16 folders deep"));
            }
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_a_file_all_the_same() {
        use std::os::unix::ffi::OsStrExt;

        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(std::ffi::OsStr::from_bytes(b"bill-\xe9*.csv"));
        std::fs::write(&path, "").expect("file");
        assert_eq!(BillingFiles::new("import", &[&path], 1).expect("files").paths, [path]);
    }

    #[test]
    fn what_a_pattern_matches_is_never_left_out() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("a.csv"), "").expect("file");
        std::fs::create_dir(folder.path().join("b.csv")).expect("folder");
        std::os::unix::fs::symlink("nowhere", folder.path().join("c.csv")).expect("link");
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let files = BillingFiles::new("import", &[path("*.csv"), path("a.csv")], 1).expect("files");
        assert_eq!(files.paths, ["a.csv", "c.csv"].map(|name| PathBuf::from(path(name))));
    }

    #[test]
    fn an_error_names_its_file_whatever_the_file_is_called() {
        let error = about(Path::new("a"), Error::usage("it is a folder"));
        assert_eq!(error.message, "`a`: it is a folder");
    }
}
