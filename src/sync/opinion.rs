//! The provider's own opinion of a scope, as it was last told: a file of its own for each scope, beside the
//! state of sync.
//!
//! Nothing rests on it: one that is lost or cannot be read is as one that was never asked for.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

use super::state::Place;
use crate::error::{Error, Result};
use crate::provider::remote::opinion::{Anomalies, Forecast, Opinion};
use crate::provider::remote::{Fault, FaultKind};

/// The folder of the files.
const FOLDER: &str = "opinions";
/// How the files are written; one that is written otherwise is not read.
const VERSION: u32 = 1;
/// Bytes of a file at most.
const BYTES_MAX: u64 = 4 << 20;

/// A scope's opinion as it is kept.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    /// The scope's source.
    pub source: String,
    /// Whose opinion it is, as FOCUS names the provider.
    pub by: String,
    /// When it was last asked for, whatever came of it, seconds since 1970; 0 for never.
    pub asked_at: i64,
    /// What the provider expects, where it said so.
    pub forecast: Option<Told<Forecast>>,
    /// What it takes for unusual, where it said so.
    pub anomalies: Option<Told<Anomalies>>,
    /// Why some of it was not to be had, as the log was told.
    pub notes: Vec<String>,
}

/// Something, with when it was told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Told<T> {
    /// Seconds since 1970.
    pub at: i64,
    /// What.
    pub what: T,
}

impl Kept {
    /// Of a scope that was never asked.
    #[must_use]
    pub fn new(source: &str, by: &str) -> Kept {
        Kept { version: VERSION, source: source.to_owned(), by: by.to_owned(), ..Kept::default() }
    }

    /// Takes in what was told at a moment. What is not to be had goes, with a note; what only failed to come
    /// stays as it was told before. Returns what failed.
    pub fn renew(&mut self, opinion: Opinion, at: i64) -> Option<Fault> {
        self.notes.clear();
        let mut failed = None;
        let mut sort = |fault: Fault| {
            let is_not_to_be_had = matches!(fault.kind, FaultKind::Denied | FaultKind::NotThere | FaultKind::Refused);
            if is_not_to_be_had {
                self.notes.push(fault.message);
            } else if failed.is_none() {
                failed = Some(fault);
            }
            is_not_to_be_had
        };
        match opinion.forecast {
            Ok(what) => self.forecast = Some(Told { at, what }),
            Err(fault) if sort(fault.clone()) => self.forecast = None,
            Err(_) => {}
        }
        match opinion.anomalies {
            Ok(what) => self.anomalies = Some(Told { at, what }),
            Err(fault) if sort(fault.clone()) => self.anomalies = None,
            Err(_) => {}
        }
        failed
    }
}

impl Place {
    /// All opinions that are kept, by source, those of scopes that are no more among them.
    #[must_use]
    pub fn opinions(&self) -> BTreeMap<String, Kept> {
        let Ok(files) = fs::read_dir(self.folder().join(FOLDER)) else { return BTreeMap::new() };
        let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
        let kept = names.filter(|name| name.ends_with(".json")).filter_map(|name| self.read_opinion(&name));
        kept.map(|kept| (kept.source.clone(), kept)).collect()
    }

    /// The opinion that is kept of a scope.
    #[must_use]
    pub fn opinion(&self, source: &str) -> Option<Kept> {
        self.read_opinion(&file(source)).filter(|kept| kept.source == source)
    }

    /// Keeps a scope's opinion; on disk when this returns.
    ///
    /// # Errors
    /// Kind `Store` where the disk fails or is full.
    pub fn keep(&self, kept: &Kept) -> Result<()> {
        let folder = Place::at(self.folder().join(FOLDER));
        folder.prepare()?;
        let text = serde_json::to_vec(kept).map_err(|e| Error::bug(format!("an opinion: {e}")))?;
        folder.put(&file(&kept.source), &text)
    }

    fn read_opinion(&self, name: &str) -> Option<Kept> {
        let path = self.folder().join(FOLDER).join(name);
        let is_small = fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= BYTES_MAX);
        let kept: Kept = serde_json::from_slice(&fs::read(&path).ok().filter(|_| is_small)?).ok()?;
        (kept.version == VERSION).then_some(kept)
    }
}

/// The name of a scope's file: its source's, with all but letters, digits, `.`, `-` and `_` as `%2f`.
fn file(source: &str) -> String {
    let mut name = String::new();
    for byte in source.bytes() {
        match byte {
            b'.' | b'-' | b'_' => name.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name + ".json"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Day, Period};
    use crate::domain::text::Untrusted;
    use crate::provider::remote::opinion::Anomaly;

    fn opinion() -> Opinion {
        let day = Day::parse("2026-11-22").expect("a day");
        let anomaly = Anomaly {
            id: Untrusted::new("a"),
            from: day,
            last: None,
            watched: Untrusted::new("\u{1b}[31mred"),
            currency: "USD".into(),
            impact: "0.000000000000000001".parse().expect("an amount"),
            actual: None,
            expected: None,
            causes: Vec::new(),
        };
        let days = Period { from: day, to: day.plus(1) };
        Opinion {
            forecast: Ok(Forecast { currency: "USD".into(), interval: 80, days: Vec::new() }),
            anomalies: Ok(Anomalies { days, found: vec![anomaly], more: false }),
        }
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_told_and_damage_is_as_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let place = Place::beside(folder.path());
        let mut kept = Kept::new("aws.prod/111122223333", "AWS");
        assert_eq!(kept.renew(opinion(), 7), None);
        assert_eq!((place.opinions(), place.opinion(&kept.source)), (BTreeMap::new(), None));
        place.keep(&kept).expect("kept");
        place.keep(&Kept::new("aws.prod", "AWS")).expect("kept");
        assert_eq!(place.opinion(&kept.source), Some(kept.clone()));
        assert_eq!(place.opinions().into_keys().collect::<Vec<_>>(), ["aws.prod", kept.source.as_str()]);
        let path = place.folder().join(FOLDER).join("aws.prod%2f111122223333.json");
        let text = fs::read_to_string(&path).expect("the file");
        let other = text.replacen("\"version\":1", "\"version\":2", 1);
        for damaged in ["", "{", "[]", &text[..text.len() / 2], &other, &text.replace("2026-11-22", "soon")] {
            fs::write(&path, damaged).expect("damaged");
            assert_eq!(place.opinion(&kept.source), None, "{damaged}");
            assert_eq!(place.opinions().len(), 1, "{damaged}");
        }
        place.keep(&kept).expect("kept again");
        assert_eq!(place.opinion(&kept.source), Some(kept));
    }

    #[test]
    fn what_is_not_to_be_had_goes_and_what_fails_to_come_stays() {
        let mut kept = Kept::new("aws.prod", "AWS");
        kept.renew(opinion(), 7);
        let fault = |kind| Fault::new(kind, "no");
        let (denied, late) = (fault(FaultKind::Denied), fault(FaultKind::Unavailable));
        let failed = kept.renew(Opinion { forecast: Err(denied), anomalies: Err(late.clone()) }, 9);
        assert_eq!((failed, kept.notes.as_slice()), (Some(late), &["no".to_owned()][..]));
        assert_eq!((kept.forecast.clone(), kept.anomalies.as_ref().map(|told| told.at)), (None, Some(7)));
        kept.renew(opinion(), 11);
        assert!(kept.notes.is_empty() && kept.forecast.is_some_and(|told| told.at == 11));
    }
}
