//! How exports lie in an object store: which files make up which month, and which run of it counts.
//!
//! | who | data | manifest |
//! |---|---|---|
//! | AWS Data Exports | `NAME/data/BILLING_PERIOD=2026-11/[run/]...` | `NAME/metadata/BILLING_PERIOD=2026-11/[run/]NAME-Manifest.json` |
//! | AWS legacy reports | `NAME/20261101-20261201/[assembly/]...`, as Parquet `NAME/NAME/year=2026/month=11/...` | `NAME/20261101-20261201/[assembly/]NAME-Manifest.json` |
//! | Azure exports | `DIR/NAME/20261101-20261130/[run/]part_0_0001.csv` | `manifest.json` beside them |
//! | anybody | files of any names | none: each file counts, pieces of one together ([`shards`](super::super::files::shards)) |
//!
//! Of a month the newest run counts whose files are all there: a run that is being written is passed over
//! for the one before it. Which is the newest, the names of their folders say where they have the time of the run,
//! and the dates of the files otherwise; manifests of one moment, as a copy's are, say it themselves where they can.
//! Pure: knows no store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::super::files::is_billing_name;
use super::super::remote::fault::words;
use super::super::remote::{Fault, FaultKind};
use crate::domain::calendar::{Day, Month, parse_timestamp};

/// An object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its whole key.
    pub key: String,
    /// Its bytes.
    pub bytes: u64,
    /// Changes when its content does.
    pub tag: String,
    /// When it was written, milliseconds since 1970.
    pub modified: i64,
}

impl Entry {
    fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    fn folder(&self) -> &str {
        self.key.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn is_manifest(&self) -> bool {
        self.name().to_ascii_lowercase().ends_with("manifest.json")
    }

    fn is_data(&self) -> bool {
        self.bytes > 0 && is_billing_name(Path::new(self.name()))
    }
}

/// What lies below a prefix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arranged {
    /// An export, month by month.
    Months(BTreeMap<Month, Runs>),
    /// Files of any names, in no order.
    Files(Vec<Entry>),
}

/// What lies there of a month.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Runs {
    /// Manifests, the newest first.
    pub manifests: Vec<Entry>,
    /// Data files below the month's own folders.
    pub files: Vec<Entry>,
}

/// Tells months apart.
///
/// # Errors
/// [`FaultKind::Refused`] where several exports lie there: they may tell the same charges.
/// [`FaultKind::NotThere`] where exports are of other spans than months.
pub fn arrange(entries: &[Entry]) -> Result<Arranged, Fault> {
    let (mut months, mut roots) = (BTreeMap::<Month, Runs>::new(), BTreeSet::new());
    let mut other_spans = 0;
    for entry in entries {
        match place(&entry.key) {
            Place::Month { month, root } if entry.is_manifest() || entry.is_data() => {
                roots.insert(root);
                let runs = months.entry(month).or_default();
                if entry.is_manifest() { &mut runs.manifests } else { &mut runs.files }.push(entry.clone());
            }
            Place::OtherSpan => other_spans += 1,
            _ => {}
        }
    }
    if roots.len() > 1 {
        let names: Vec<String> = roots.iter().take(5).map(|root| format!("`{}`", words(root))).collect();
        let names = format!("{}{}", names.join(", "), if roots.len() > 5 { ", ..." } else { "" });
        return Err(Fault::new(FaultKind::Refused, format!("{} exports lie there: {names}", roots.len()))
            .hint("name the prefix of one of them: several may tell the same charges")
            .hint("each further one is a connection of its own"));
    }
    if months.is_empty() && other_spans > 0 {
        let what = "the exports there are of single days or weeks, which replace nothing as a whole";
        return Err(Fault::new(FaultKind::NotThere, what).hint("export the month to date, every day"));
    }
    if months.is_empty() {
        return Ok(Arranged::Files(entries.iter().filter(|e| e.is_data()).cloned().collect()));
    }
    for runs in months.values_mut() {
        let said = said(&runs.manifests);
        runs.manifests.sort_by(|a, b| age(b, said).cmp(&age(a, said)));
    }
    Ok(Arranged::Months(months))
}

/// How new a file is: by when its run began where all of them say that, since a copy of an export has the dates of
/// copying; by when it was written otherwise.
fn age(entry: &Entry, said: bool) -> (Option<u64>, i64, &str) {
    (began(&entry.key).filter(|_| said), entry.modified, &entry.key)
}

/// Whether all of them lie in folders that say when their runs began.
#[must_use]
pub fn said(entries: &[Entry]) -> bool {
    entries.iter().all(|entry| began(&entry.key).is_some())
}

/// When the run began that a file is of, to the minute, by the name of its folder: `2026-11-20T03:12:45.000Z-ID` of
/// AWS, `202611200312` of Azure, as a number of its digits.
fn began(key: &str) -> Option<u64> {
    let time = |part: &str| {
        let head = part
            .get(..16)
            .filter(|head| head.as_bytes()[10] == b'T')
            .or_else(|| Some(part).filter(|p| p.len() == 12))?;
        let digits: String = head.chars().filter(|c| !matches!(c, '-' | 'T' | ':')).collect();
        let is_time = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit());
        let is_day = || Day::parse(&format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8])).is_some();
        (is_time && is_day()).then(|| digits.parse().ok()).flatten()
    };
    key.rsplit('/').skip(1).find_map(time)
}

enum Place<'k> {
    /// Below a month's folder, of the export that lies at `root`.
    Month { month: Month, root: &'k str },
    /// Below a folder of other days than a month's.
    OtherSpan,
    /// Anywhere else.
    Elsewhere,
}

fn place(key: &str) -> Place<'_> {
    let mut at = 0;
    for part in key.split('/') {
        let root = || {
            let before = key[..at].trim_end_matches('/');
            before.strip_suffix("/data").or_else(|| before.strip_suffix("/metadata")).unwrap_or(match before {
                "data" | "metadata" => "",
                before => before,
            })
        };
        if let Some(month) = part.to_ascii_uppercase().strip_prefix("BILLING_PERIOD=").and_then(Month::parse) {
            return Place::Month { month, root: root() };
        }
        if let Some((from, to)) = span(part) {
            let month = from.month();
            let is_whole =
                from == month.first() && (to == month.plus(1).first() || to == month.plus(1).first().plus(-1));
            return if is_whole { Place::Month { month, root: root() } } else { Place::OtherSpan };
        }
        at += part.len() + 1;
    }
    Place::Elsewhere
}

/// The days of `20261101-20261130`.
fn span(part: &str) -> Option<(Day, Day)> {
    let day = |text: &str| {
        let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| Day::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))).flatten()
    };
    let (from, to) = part.split_once('-')?;
    Some((day(from)?, day(to)?))
}

/// What a manifest says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Manifest {
    /// The run that it is of.
    pub run: Option<String>,
    /// The keys of the files, in order, each once however often it is named.
    pub files: Vec<String>,
    /// When the run began, seconds since 1970, where it says that.
    pub submitted: Option<i64>,
}

/// Reads a manifest of AWS (`executionId` and `dataFiles`, `assemblyId` and `reportKeys`) or of Azure
/// (`runInfo.runId` and `blobs`).
///
/// # Errors
/// [`FaultKind::Garbled`] where it is no JSON, or does not tell all of its files: it is half written, or of a form
/// that is not known, and then what lies beside it may be of several runs.
pub fn manifest(text: &[u8]) -> Result<Manifest, Fault> {
    let garbled = |why: String| Fault::new(FaultKind::Garbled, why);
    let text = text.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(text);
    if text.is_empty() {
        return Err(garbled("it is empty".to_owned()));
    }
    let json: Value = serde_json::from_slice(text).map_err(|e| garbled(format!("it is no whole JSON: {e}")))?;
    let run = [&json["executionId"], &json["assemblyId"], &json["runInfo"]["runId"]];
    // A run without a name is told by its files.
    let run = run.into_iter().find_map(Value::as_str).filter(|run| !run.is_empty()).map(str::to_owned);
    let submitted = json["runInfo"]["submittedTime"].as_str().and_then(|text| parse_timestamp(text.as_bytes()));
    let lists = [&json["dataFiles"], &json["reportKeys"], &json["blobs"]];
    let list = lists.into_iter().find_map(Value::as_array);
    let list = list.ok_or_else(|| garbled("it has no list of files".to_owned()))?;
    let files: Option<BTreeSet<String>> = list.iter().map(named).collect();
    let files = files.ok_or_else(|| garbled("it names a file in a form that is not known".to_owned()))?;
    Ok(Manifest { run, files: files.into_iter().collect(), submitted })
}

/// The key of a file that a manifest names: as `s3://BUCKET/KEY`, `KEY` or `/KEY`.
fn named(file: &Value) -> Option<String> {
    let told = [file, &file["blobName"], &file["key"], &file["s3Uri"]];
    let name = told.into_iter().find_map(Value::as_str)?;
    let key = match name.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => name,
    };
    let key = key.trim_start_matches('/');
    (!key.is_empty()).then(|| key.to_owned())
}

/// A run whose files are all there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Changes with every run.
    pub version: String,
    /// Its files, in the order of their keys.
    pub files: Vec<Entry>,
    /// When it began as far as that is known, seconds since 1970: to tell an older run from a newer one.
    pub began: i64,
}

/// Why a run is not whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lack {
    /// The key of a file that its manifest names.
    pub key: String,
    /// What is with it.
    pub what: &'static str,
}

/// The run that a manifest is of.
///
/// # Errors
/// [`Lack`] where a file that it names is not there, or not yet with what is in it.
pub fn run_of(manifest: &Manifest, at: &Entry, by_key: &BTreeMap<&str, &Entry>) -> Result<Run, Lack> {
    let find = |key: &String| {
        let lack = |what| Lack { key: key.clone(), what };
        let beside = format!("{}/{}", at.folder(), key.rsplit('/').next().unwrap_or_default());
        let entry = by_key.get(key.as_str()).or_else(|| by_key.get(beside.as_str()));
        let entry = entry.ok_or_else(|| lack("is not there"))?;
        if entry.bytes == 0 { Err(lack("is empty")) } else { Ok((*entry).clone()) }
    };
    let mut files: Vec<Entry> = manifest.files.iter().map(find).collect::<Result<_, _>>()?;
    files.sort_by(|a, b| a.key.cmp(&b.key));
    // Of a copy two files of one name would both be the one that lies beside the manifest.
    if let Some(pair) = files.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(Lack { key: pair[0].key.clone(), what: "stands for two of its files" });
    }
    let written = at.modified.div_euclid(1_000);
    let began = began(&at.key).and_then(seconds).or(manifest.submitted).unwrap_or(written);
    Ok(Run { version: manifest.run.clone().unwrap_or_else(|| stamp(&files)), files, began })
}

/// The newest run of a month that has no manifest.
#[must_use]
pub fn run_without(runs: &Runs) -> Option<Run> {
    let mut files = newest(&runs.files);
    files.sort_by(|a, b| a.key.cmp(&b.key));
    // A manifest is written last: files that have lost it are as of before.
    let written = files.iter().map(|file| file.modified.div_euclid(1_000)).max()? - 1;
    let began = files.iter().map(|file| began(&file.key).and_then(seconds)).min().flatten().unwrap_or(written);
    Some(Run { version: stamp(&files), files, began })
}

/// The time that the digits of [`began`] tell, seconds since 1970.
fn seconds(digits: u64) -> Option<i64> {
    let (day, minutes) = (digits / 10_000, digits % 10_000);
    let day = Day::parse(&format!("{:04}-{:02}-{:02}", day / 10_000, day / 100 % 100, day % 100))?;
    Some(day.seconds() + i64::try_from(minutes / 100 * 3_600 + minutes % 100 * 60).ok()?)
}

/// The prefix of the export, where `prefix` leads below the folder of its data or of its manifests: those of AWS's
/// Data Exports lie beside one another, and the data alone does not say which of it is whole.
#[must_use]
pub fn above(entries: &[Entry], prefix: &str) -> Option<String> {
    let prefix = prefix.trim_matches('/');
    let root_of = |entry: &Entry| {
        let at = entry.key.to_ascii_uppercase().find("/BILLING_PERIOD=")?;
        let before = &entry.key[..at];
        let root = match before {
            "data" | "metadata" => "",
            before => before.strip_suffix("/data").or_else(|| before.strip_suffix("/metadata"))?,
        };
        let is_below = prefix.len() > root.len() && (prefix.starts_with(before) || before == prefix);
        is_below.then(|| root.to_owned())
    };
    entries.iter().find_map(root_of)
}

/// A text that changes when any of these files does.
#[must_use]
pub fn stamp(files: &[Entry]) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        for part in [file.key.as_bytes(), &file.bytes.to_le_bytes(), file.tag.as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The files of the newest folder. Files that are numbered belong together; of others, each is a run.
fn newest(files: &[Entry]) -> Vec<Entry> {
    let said = said(files);
    let Some(last) = files.iter().max_by_key(|file| age(file, said)) else { return Vec::new() };
    let together: Vec<Entry> = files.iter().filter(|file| file.folder() == last.folder()).cloned().collect();
    if together.iter().all(|file| is_numbered(file.name())) { together } else { vec![last.clone()] }
}

/// Whether a file's name ends in a number: `NAME-00001.csv.gz`, `part_0_0001.csv`, `NAME-000000000000.csv`; a day
/// is none.
fn is_numbered(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let Some((_, last)) = stem.rsplit_once(['-', '_']) else { return false };
    let is_short = (1..=5).contains(&last.len()) || (last.starts_with('0') && last.len() <= 12);
    is_short && last.bytes().all(|b| b.is_ascii_digit())
}
