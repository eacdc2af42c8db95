//! What the app cannot know by itself: which credentials are there, what folders hold, and how a
//! billing export is taken in.
//!
//! Hands the app plain words. Draws nothing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::config::home;
use super::import::{Problems, problems_path, summary};
use super::wiring;
use crate::clock;
use crate::config::at_home;
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Setup};
use crate::provider::credentials::{self, Credentials};
use crate::provider::files::{BillingFiles, is_billing_name};
use crate::provider::{CostSource, Problem};
use crate::sync::groups::Decisions;
use crate::sync::ingest::{Options, Outcome, Watcher};
use crate::tui::intake::{Decision, Entry, Importer, Listing, NotTaken, Progress, Refused, Taken};
use crate::tui::welcome::Cloud;

/// Entries of a folder that are listed at most.
const ENTRIES_MAX: usize = 5_000;

/// The clouds of the first screen.
#[must_use]
pub fn clouds() -> Vec<Cloud> {
    let home = home().unwrap_or_default();
    credentials::find(&home, &|name| std::env::var_os(name)).into_iter().map(|found| cloud(&found, &home)).collect()
}

fn cloud(found: &Credentials, home: &Path) -> Cloud {
    let (name, steps): (_, &[&str]) = match found.cloud {
        credentials::Cloud::Aws => (
            "AWS",
            &[
                "1  spendtop connect aws",
                "2  by hand: Billing and Cost Management > Data Exports: create \"FOCUS 1.2 with AWS columns\"",
                "3  aws s3 sync s3://BUCKET/PREFIX bill-aws",
                "4  import the folder bill-aws",
            ],
        ),
        credentials::Cloud::Azure => (
            "Azure",
            &[
                "1  spendtop connect azure",
                "2  by hand: Cost Management > Exports: create \"Cost and usage details (FOCUS)\"",
                "3  az storage blob download-batch --account-name NAME --source CONTAINER --destination bill-azure",
                "4  import the folder bill-azure",
            ],
        ),
        credentials::Cloud::GoogleCloud => (
            "Google Cloud",
            &[
                "1  spendtop connect gcp",
                "2  by hand: Billing > Billing export: BigQuery, then Google's FOCUS view over it",
                "3  export a table of the view to Cloud Storage as Parquet, and gcloud storage cp it to bill-gcp",
                "4  import the folder bill-gcp",
            ],
        ),
    };
    let place = |text: &str| match Path::new(text).strip_prefix(home) {
        Ok(rest) if !home.as_os_str().is_empty() => format!("~/{}", SafeText::path(rest)),
        _ => SafeText::from_outside(text).into_string(),
    };
    Cloud {
        name,
        names: found.names.iter().map(|name| name.safe()).collect(),
        places: found.places.iter().map(|text| SafeText::from_outside(&place(text.raw()))).collect(),
        steps: steps.to_vec(),
    }
}

/// A path as it was typed, from the home folder where it begins with `~`.
#[must_use]
pub fn expanded(path: &Path) -> PathBuf {
    at_home(path, home().as_deref())
}

/// What a folder holds: folders and billing files by name.
///
/// # Errors
/// Kind `Usage` where it cannot be looked into.
pub fn list(folder: &Path) -> Result<Listing> {
    list_at_most(folder, ENTRIES_MAX)
}

fn list_at_most(folder: &Path, max: usize) -> Result<Listing> {
    let typed = expanded(folder);
    let failed = |e: &std::io::Error| Error::io(Kind::Usage, "look into", &typed, e);
    let folder = typed.canonicalize().map_err(|e| failed(&e))?;
    let mut listing = Listing { folder: folder.clone(), ..Listing::default() };
    for entry in std::fs::read_dir(&folder).map_err(|e| failed(&e))?.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // What a link leads to counts: exports are often linked to from where people work.
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        if hidden {
            continue;
        }
        if meta.is_file() && !is_billing_name(&path) {
            listing.others += 1;
            continue;
        }
        let changed = meta.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        listing.entries.push(Entry {
            name: SafeText::from_outside(&entry.file_name().to_string_lossy()),
            path,
            bytes: meta.is_file().then_some(meta.len()),
            changed: changed.map(|age| Day::of_seconds(age.as_secs() as i64)),
        });
    }
    listing.entries.sort_by_cached_key(|e| (e.bytes.is_some(), e.name.to_lowercase()));
    listing.beyond = listing.entries.len().saturating_sub(max);
    listing.entries.truncate(max);
    Ok(listing)
}

/// Takes billing files into the store that the app looks at, or into a new one.
#[must_use]
pub fn importer(setup: Setup, open: Shared) -> Importer {
    Arc::new(move |intake, give_up, progress| {
        let ours = open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let host = ours.map_or_else(|| Host::open(setup.clone(), false).map(Arc::new), Ok)?;
        wiring::refuse_demo(&host.manifest()?, &setup.place)?;
        let threads = wiring::import_threads(Some(&host));
        let mut source = BillingFiles::new("import", &[expanded(&intake.path)], threads)?;
        let taken_at = clock::now_seconds();
        let decisions = Decisions {
            part: intake.decision == Some(Decision::Part),
            replace: intake.decision == Some(Decision::Replace),
            accept_partial: false,
        };
        let options = Options { threads, decisions, taken_at, cancelled: give_up.flag(), ..Options::default() };
        let problems = Mutex::new(Problems::new(problems_path(&setup.place, false, taken_at)));
        let watched = Watched { progress, of: source.size(), problems: &problems };
        let result = host.import(&mut source, &options, &watched, &|| {});
        let mut problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems.finish();
        match result {
            Ok(outcome) => Ok(told(&outcome, &problems)),
            Err(error) => Err(NotTaken { error, refused: refused(&problems) }),
        }
    })
}

/// The host of the app, once it has one.
pub type Shared = Arc<Mutex<Option<Arc<Host>>>>;

/// Passes on what an import says.
struct Watched<'a> {
    progress: &'a (dyn Fn(Progress) + Sync),
    of: Option<u64>,
    problems: &'a Mutex<Problems>,
}

impl Watcher for Watched<'_> {
    fn progress(&self, bytes: u64, rows: u64) {
        (self.progress)(Progress { bytes, of: self.of, rows });
    }

    fn problem(&self, problem: &Problem) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).note(problem);
    }
}

fn told(outcome: &Outcome, problems: &Problems) -> Taken {
    let lines = |text: &str| text.lines().map(SafeText::from_outside).collect();
    Taken { summary: lines(&summary(outcome, false)), refused: refused(problems), changed: outcome.import.is_some() }
}

fn refused(problems: &Problems) -> Refused {
    Refused {
        first: problems.lines().map(|line| SafeText::from_outside(&line)).collect(),
        count: problems.count(),
        listed_in: problems.list().map(SafeText::path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_with_its_folders_first_and_without_what_is_no_bill() {
        let folder = tempfile::tempdir().expect("folder");
        for name in ["b.csv", "A.parquet", "notes.txt", ".hidden.csv"] {
            std::fs::write(folder.path().join(name), "12345").expect("write");
        }
        std::fs::create_dir(folder.path().join("zoo")).expect("folder");
        let listing = list(folder.path()).expect("listing");
        let shown: Vec<(&str, Option<u64>)> = listing.entries.iter().map(|e| (e.name.as_str(), e.bytes)).collect();
        assert_eq!(shown, [("zoo", None), ("A.parquet", Some(5)), ("b.csv", Some(5))]);
        assert_eq!((listing.others, listing.beyond), (1, 0));
        let cut = list_at_most(folder.path(), 2).expect("listing");
        assert_eq!(
            (&cut.entries[..], cut.beyond),
            (&listing.entries[..2], 1),
            "the first by name, whatever their order"
        );
        let error = list(&folder.path().join("none")).expect_err("no such folder");
        assert!(error.message.contains("look into"), "{error}");
    }
}
