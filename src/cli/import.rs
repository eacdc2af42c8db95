//! `spendtop import`: files into the store, with progress and a summary of what became of them.
//!
//! Knows how it looks, not how files are read.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::args::ImportArgs;
use super::run::Context;
use super::{alert, told, wiring};
use crate::clock;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::provider::demo;
use crate::provider::files::BillingFiles;
use crate::provider::{CostSource, FileSummary, Problem};
use crate::report::words;
use crate::store::folder;
use crate::sync::groups::Decisions;
use crate::sync::ingest::{self, Options, Outcome, Watcher};

/// Problems that are printed; all of them are in the file.
const SHOWN_MAX: usize = 5;

/// Problems that are put in order before they are written.
const PENDING_MAX: usize = 10_000;

/// Reads files into the store; returns the exit code: 0 all rows in, 1 some refused, 2 none usable.
///
/// # Errors
/// Where the files, the store or the disk are at fault; nothing was then changed.
pub fn run(context: &mut Context<'_, '_>, args: &ImportArgs) -> Result<u8> {
    let place = context.data_dir()?;
    let name = args.source.as_deref().unwrap_or("import");
    if name == demo::SOURCE {
        return Err(Error::usage(format!("`--source {name}` is the name of the generated company's charges"))
            .hint("choose another name for your export"));
    }
    let mut source = BillingFiles::new(name, &args.files, 1)?;
    // A dry run reads what is stored, but makes nothing, not even a folder.
    let host = if args.dry_run && !folder::exists(&place) { None } else { Some(wiring::reach(context, &place)?) };
    if let Some(host) = &host {
        wiring::refuse_demo(&host.manifest()?, &place)?;
    }
    let threads = args.threads.map_or_else(|| wiring::import_threads(host.as_deref()), usize::from);
    source.read_on(threads);
    let cancelled = Arc::new(AtomicBool::new(false));
    let given_up = Arc::clone(&cancelled);
    wiring::on_interrupt(move || given_up.store(true, Ordering::Relaxed));
    let taken_at = clock::now_seconds();
    let options = Options {
        threads,
        decisions: Decisions { part: args.part, replace: args.replace, accept_partial: args.accept_partial },
        strict: args.strict,
        dry_run: args.dry_run,
        renews: None,
        taken_at,
        cancelled,
    };
    let moving = !context.config.screen.reduced_motion;
    let live = moving && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let watcher = Progress::new(source.size(), live, problems_path(&place, args.dry_run, taken_at));
    let result = match &host {
        Some(host) => host.import(&mut source, &options, &watcher, &|| watcher.waits()),
        None => ingest::ingest(&wiring::in_memory(&context.config), &mut source, &options, &watcher),
    };
    watcher.clear();
    let problems = watcher.finish();
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            let _ = problems.print(context);
            return Err(error);
        }
    };
    context.streams.print(&summary(&outcome, args.dry_run))?;
    told::overlaps(context, &outcome)?;
    problems.print(context)?;
    if host.is_some() && !args.dry_run {
        alert::bring_after(context)?;
    }
    Ok(exit_code(&outcome))
}

fn exit_code(outcome: &Outcome) -> u8 {
    match (outcome.rows, outcome.refused) {
        (0, 0) if outcome.already_stored => 0,
        (0, _) => 2,
        (_, 0) => 0,
        _ => 1,
    }
}

/// Named by the moment too: in a container every run has the same process number.
pub(super) fn problems_path(place: &Path, dry_run: bool, taken_at: i64) -> PathBuf {
    let name = format!("spendtop-problems-{taken_at}-{}.tsv", std::process::id());
    if dry_run { std::env::temp_dir().join(name) } else { place.join("problems").join(name) }
}

/// The progress line, and the list of problems.
struct Progress {
    size: Option<u64>,
    live: bool,
    started: Instant,
    drawn: Mutex<Option<Instant>>,
    problems: Mutex<Problems>,
}

/// Problems so far: the first by file and line to show, all of them in a file.
pub(super) struct Problems {
    path: PathBuf,
    file: Option<std::io::BufWriter<std::fs::File>>,
    failed: bool,
    shown: Vec<Problem>,
    /// Those that are not written yet.
    pending: Vec<Problem>,
    count: u64,
}

impl Progress {
    fn new(size: Option<u64>, live: bool, path: PathBuf) -> Self {
        let problems = Mutex::new(Problems::new(path));
        Progress { size, live, started: clock::instant(), drawn: Mutex::new(None), problems }
    }

    /// Another import is under way, and is waited for.
    fn waits(&self) {
        let _ = writeln!(std::io::stderr(), "note: another import is under way: this one begins when it has ended");
    }

    fn clear(&self) {
        if self.live && self.drawn.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn finish(self) -> Problems {
        let mut problems = self.problems.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems.finish();
        problems
    }

    fn line(&self, bytes: u64, rows: u64) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = bytes as f64 / seconds;
        let mut line =
            format!("{} charges · {} · {}/s", words::count(rows), words::bytes(bytes), words::bytes(rate as u64));
        if let Some(all) = self.size.filter(|all| *all > 0) {
            let part = (bytes as f64 / all as f64).min(1.0);
            line = format!("{:>3.0} %  {line}", part * 100.0);
            if part > 0.01 && rate > 0.0 {
                let left = (all.saturating_sub(bytes)) as f64 / rate;
                line = format!("{line} · {} left", words::duration(left));
            }
        }
        line
    }
}

impl Watcher for Progress {
    fn progress(&self, bytes: u64, rows: u64) {
        if !self.live {
            return;
        }
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.is_none_or(|at| at.elapsed() >= Duration::from_millis(200)) {
            *drawn = Some(clock::instant());
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", self.line(bytes, rows));
        }
    }

    fn problem(&self, problem: &Problem) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).note(problem);
    }
}

impl Problems {
    /// None yet; `path` is where they are to be listed.
    pub(super) fn new(path: PathBuf) -> Self {
        Problems { path, file: None, failed: false, shown: Vec::new(), pending: Vec::new(), count: 0 }
    }

    pub(super) fn note(&mut self, problem: &Problem) {
        self.count += 1;
        // Threads find them in any order; what is shown is the same each time.
        let at = self.shown.partition_point(|p| (&p.file, p.line) <= (&problem.file, problem.line));
        if at < SHOWN_MAX {
            self.shown.truncate(SHOWN_MAX - 1);
            self.shown.insert(at, problem.clone());
        }
        self.pending.push(problem.clone());
        if self.pending.len() == PENDING_MAX {
            self.write();
        }
    }

    /// Writes what is left.
    pub(super) fn finish(&mut self) {
        self.write();
        if let Some(file) = &mut self.file {
            self.failed |= file.flush().is_err();
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The first of them, each as a line: place, column and value, reason.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.shown.iter().map(|problem| {
            let safe = |text: &str| SafeText::from_outside(text).into_string();
            let place = format!("{}:{}", safe(&problem.file), problem.line);
            let what = match problem.column.as_str() {
                "" => String::new(),
                column => format!(" {} `{}`:", safe(column), safe(&problem.value)),
            };
            format!("{place}{what} {}", problem.reason)
        })
    }

    /// The file that lists all of them, where it could be written.
    pub(super) fn list(&self) -> Option<&Path> {
        (self.count > 0 && !self.failed).then_some(&*self.path)
    }

    /// Writes what is pending, in order. A list of more is in order piece by piece.
    fn write(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        if self.file.is_none() && !self.failed && !pending.is_empty() {
            self.open();
        }
        pending.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let Some(file) = &mut self.file else { return };
        for problem in pending {
            let safe = |text: &str| SafeText::from_outside(text).into_string();
            let row = [
                safe(&problem.file),
                problem.line.to_string(),
                safe(&problem.column),
                safe(&problem.value),
                problem.reason.clone(),
            ];
            self.failed |= writeln!(file, "{}", row.join("\t")).is_err();
        }
    }

    fn open(&mut self) {
        let open = || -> std::io::Result<std::fs::File> {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::File::options().write(true).create_new(true).open(&self.path)
        };
        match open() {
            Ok(file) => {
                let mut file = std::io::BufWriter::new(file);
                self.failed |= writeln!(file, "file\tline\tcolumn\tvalue\treason").is_err();
                self.file = Some(file);
            }
            Err(_) => self.failed = true,
        }
    }

    fn print(&self, context: &mut Context<'_, '_>) -> Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let mut lines = format!("{} rows refused:\n", words::count(self.count));
        self.lines().for_each(|line| lines.push_str(&format!("  {line}\n")));
        let more = self.count - self.shown.len() as u64;
        let path = SafeText::path(&self.path);
        match self.failed {
            false if more > 0 => {
                lines.push_str(&format!("  and {} more; all are listed in {path}\n", words::count(more)))
            }
            false => lines.push_str(&format!("  listed in {path}\n")),
            true => lines.push_str(&format!("  the list could not be written to {path}\n")),
        }
        context.streams.print(&lines)
    }
}

/// What was read and what became of it, line by line.
pub(super) fn summary(outcome: &Outcome, dry_run: bool) -> String {
    let mut text = String::new();
    for file in &outcome.read.files {
        text.push_str(&describe(file));
    }
    for file in &outcome.read.left_out {
        text.push_str(&format!("{}: already stored\n", SafeText::from_outside(&file.name)));
    }
    if outcome.rows == 0 && outcome.already_stored {
        text.push_str("already stored; nothing to do\n");
        return text;
    }
    if outcome.rows == 0 {
        text.push_str("0 rows: there is nothing to take\n");
        return text;
    }
    let verb = match (dry_run, outcome.already_stored) {
        (_, true) => "already stored; nothing to do:",
        (true, false) => "dry run, nothing was changed: would take",
        (false, false) => "took",
    };
    let days = outcome.days.map_or(String::new(), |(from, to)| format!(", {from} to {to}"));
    text.push_str(&format!("{verb} {} charges{days}\n", words::count(outcome.rows)));
    text.push_str(&told::fates(outcome));
    if let Some(import) = outcome.import {
        text.push_str(&format!(
            "import {import}; `spendtop imports rm {import}` removes its charges{}\n",
            told::lost(outcome)
        ));
    }
    text
}

fn describe(summary: &FileSummary) -> String {
    let file = &summary.file;
    let name = SafeText::from_outside(&file.name);
    let mut text = format!("{name}: {}, {} rows", file.format, words::count(file.rows + file.refused));
    let mut more = |count: u64, what: &str| {
        if count > 0 {
            text.push_str(&format!(", {} {what}", words::count(count)));
        }
    };
    more(file.refused, "refused");
    more(summary.rounded, "values rounded at the 18th decimal");
    more(summary.repaired, "rows with bytes that are not UTF-8, replaced by \u{fffd}");
    let (odd, example) = &summary.odd_tags;
    let example = SafeText::from_outside(example);
    more(
        *odd,
        &format!("rows whose tags are no JSON object (such as `{example}`): kept, but no tag is read from them"),
    );
    if !summary.dropped_columns.is_empty() {
        let names: Vec<String> =
            summary.dropped_columns.iter().map(|c| SafeText::from_outside(c).into_string()).collect();
        text.push_str(&format!(", columns not kept: {}", names.join(", ")));
    }
    text.push('\n');
    summary.notes.iter().for_each(|note| text.push_str(&format!("  {note}\n")));
    text
}

/// Refuses an import number that is none.
///
/// # Errors
/// Kind `Usage`.
pub fn number(text: &str) -> Result<u64> {
    text.trim_start_matches('#').parse().map_err(|_| {
        Error::new(Kind::Usage, format!("`{}` is no import's number", SafeText::from_outside(text)))
            .hint("`spendtop imports list` shows them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_problems_are_shown_in_whatever_order_they_are_found() {
        let folder = tempfile::tempdir().expect("folder");
        let progress = Progress::new(None, false, problems_path(folder.path(), false, 0));
        for line in (1..=20).rev() {
            let text = String::new;
            let (value, reason, group) = (text(), text(), None);
            let problem = Problem { file: "a".into(), line, column: text(), value, reason, refused: true, group };
            progress.problem(&problem);
        }
        let problems = progress.finish();
        assert_eq!(problems.count, 20);
        assert_eq!(problems.shown.iter().map(|p| p.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        let listed = std::fs::read_to_string(&problems.path).expect("list");
        let lines: Vec<u64> = listed.lines().skip(1).filter_map(|l| l.split('\t').nth(1)?.parse().ok()).collect();
        assert!(lines.iter().copied().eq(1..=20), "{lines:?}");
    }
}
