//! Tests of writing: what is written is read back the same.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::domain::batch::{ChargeBatch, Limits};
use crate::focus::receive::{Outcome, Receive, Refusal};

/// An output that can be looked at.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A charge that owns its texts.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Owned {
    profile: Vec<String>,
    terms: Vec<String>,
    times: (i64, i64, Day, Day),
    quantities: [Option<Amount>; Quantity::COUNT],
}

impl Owned {
    fn row(&self) -> ChargeRow<'_> {
        ChargeRow {
            profile: std::array::from_fn(|i| self.profile[i].as_str()),
            terms: std::array::from_fn(|i| self.terms[i].as_str()),
            start: self.times.0,
            end: self.times.1,
            billing_start: self.times.2,
            billing_end: self.times.3,
            quantities: self.quantities,
        }
    }
}

#[derive(Default)]
struct Kept(Mutex<Vec<Owned>>);

impl Receive for Kept {
    fn batch(&self, batch: &ChargeBatch) -> Result<()> {
        for (i, key) in batch.rows.iter().enumerate() {
            let (window, terms) = (batch.windows[key.window as usize], batch.terms[key.terms as usize]);
            let start = window.day.seconds() + i64::from(terms.start);
            self.0.lock().expect("lock").push(Owned {
                profile: Profile::ALL.iter().map(|c| batch.profile_text(key.profile, *c).to_owned()).collect(),
                terms: Terms::ALL.iter().map(|c| batch.terms_text(key.terms, *c).to_owned()).collect(),
                times: (start, start + terms.duration, window.billing_period, terms.billing_end),
                quantities: std::array::from_fn(|q| batch.quantities[q].get(i)),
            });
        }
        Ok(())
    }
    fn refused(&self, line: u64, refusal: Refusal, _: Option<(String, Day)>) {
        panic!("row {line}: {refusal:?}");
    }
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

fn written(format: Format, charges: &[Owned]) -> Vec<u8> {
    let out = Shared::default();
    let mut to = writer(format, Box::new(out.clone())).expect("writer");
    charges.iter().for_each(|c| to.write(&c.row()).expect("write"));
    to.finish().expect("finish");
    out.0.lock().expect("lock").clone()
}

fn read_back(format: Format, bytes: &[u8]) -> (Vec<Owned>, Outcome) {
    let kept = Kept::default();
    let outcome = if format == Format::Parquet {
        let mut file = tempfile::tempfile().expect("file");
        file.write_all(bytes).expect("write");
        crate::focus::parquet::read(file, &[], 1, Limits::default(), &kept).expect("read")
    } else {
        crate::focus::csv::read(bytes, &[], 1, Limits::default(), &kept).expect("read")
    };
    (kept.0.into_inner().expect("lock"), outcome)
}

fn charge(texts: &[&str], start: i64, cost: i128) -> Owned {
    let text = |i: usize| if texts.is_empty() { String::new() } else { texts[i % texts.len()].to_owned() };
    let mut profile: Vec<String> = (0..Profile::COUNT).map(text).collect();
    for column in Profile::ALL {
        match column {
            Profile::Provider => profile[column.index()] = "AWS".to_owned(),
            c if Field::Profile(*c).is_price() => profile[c.index()] = "-0.0000004".to_owned(),
            // Empty is filled in from the details on reading.
            Profile::InstanceType => profile[column.index()] = "'=m5".to_owned(),
            _ => {}
        }
    }
    let mut terms: Vec<String> = (0..Terms::COUNT).map(text).collect();
    terms[Terms::Currency.index()] = "USD".to_owned();
    let mut quantities = [None; Quantity::COUNT];
    quantities[Quantity::Billed.index()] = Some(Amount::from_units(cost));
    quantities[Quantity::Effective.index()] = Some(Amount::from_units(-cost / 3));
    let month = Day::of_seconds(start).month().period();
    Owned { profile, terms, times: (start, start + 3_600, month.from, month.to), quantities }
}

const HOSTILE: &[&str] = &[
    "=1+2",
    "+1",
    "-x",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=x",
    "''=x",
    "'x",
    "'",
    "a,b",
    "say \"hi\"",
    "two\nlines",
    "two\r\nlines\r",
    " lead",
    "trail ",
    "é漢字🦀\u{202e}",
    "\u{feff}bom",
    "{\"team\":\"=x\"}",
    "",
    "0",
    "nULL",
    "a\0b",
];

#[test]
fn hostile_texts_come_back_as_they_were() {
    let charges: Vec<Owned> = (0..HOSTILE.len())
        .map(|i| charge(&HOSTILE[i..], 1_725_148_800 + i as i64 * 3_600, 1_000_000_000_000_000_001 * i as i128))
        .collect();
    for format in [Format::Csv { raw: false }, Format::Csv { raw: true }, Format::Parquet] {
        let (back, outcome) = read_back(format, &written(format, &charges));
        assert_eq!(outcome.form, "FOCUS 1.2");
        assert!(outcome.dropped.is_empty(), "{:?}", outcome.dropped);
        assert_eq!(back, charges, "{format:?}");
    }
}

#[test]
fn no_cell_of_a_csv_starts_a_formula() {
    let charges: Vec<Owned> = HOSTILE.iter().map(|t| charge(&[t], 0, -1)).collect();
    let bytes = written(Format::Csv { raw: false }, &charges);
    let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().expect("header").clone();
    assert_eq!(header.iter().next_back(), Some(GUARD_COLUMN));
    let names: Vec<&str> = header.iter().filter(|n| !n.starts_with("x_")).collect();
    assert!(names.is_sorted());
    for record in reader.records() {
        for cell in record.expect("record").iter() {
            let starts = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!starts || cell.parse::<Amount>().is_ok(), "{cell:?}");
        }
    }
    let raw = written(Format::Csv { raw: true }, &charges);
    assert!(!String::from_utf8_lossy(&raw).contains(GUARD_COLUMN));
}

#[test]
fn json_has_objects_exact_amounts_and_no_nulls() {
    let mut one = charge(&[], 1_725_148_800, 1);
    one.profile[Profile::Tags.index()] = "{\"a\": 1}".to_owned();
    one.profile[Profile::SkuPriceDetails.index()] = "{broken".to_owned();
    let mut two = one.clone();
    two.profile[Profile::Tags.index()].clear();
    let bytes = written(Format::Json, &[one, two]);
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("json");
    assert_eq!(value[0]["Tags"]["a"], 1);
    assert_eq!(value[0]["SkuPriceDetails"], "{broken");
    assert_eq!(value[0]["BilledCost"], "0.000000000000000001");
    assert_eq!(value[0]["ChargePeriodStart"], "2024-09-01T00:00:00Z");
    assert!(value[1].get("Tags").is_none() && value[1].get("ListCost").is_none());
    assert_eq!(written(Format::Json, &[]), b"[]\n");
}

#[test]
fn an_empty_parquet_and_a_full_disk() {
    let (back, outcome) = read_back(Format::Parquet, &written(Format::Parquet, &[]));
    assert_eq!((back.len(), outcome.tally.rows), (0, 0));
    for format in [Format::Csv { raw: false }, Format::Json, Format::Parquet] {
        let done = writer(format, Box::new(Full)).and_then(|mut to| {
            to.write(&charge(&["x"], 0, 1).row())?;
            to.finish()
        });
        let error = done.expect_err("full");
        assert!(error.hints.iter().any(|h| h.contains("the disk is full")), "{format:?} {error:?}");
    }
}

/// The real sample, exported and read again in every format, keeps every value.
#[test]
fn the_real_sample_survives_export() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/focus/focus_1.0_sample_third.csv");
    let Ok(mut file) = std::fs::File::open(path) else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).expect("seek");
    file.read_to_end(&mut bytes).expect("read");
    let (charges, _) = read_back(Format::Csv { raw: true }, &bytes);
    assert_eq!(charges.len(), 334);
    for format in [Format::Csv { raw: false }, Format::Csv { raw: true }] {
        assert_eq!(read_back(format, &written(format, &charges)).0, charges);
    }
    // Parquet holds prices as numbers: their needless zeros go.
    let plain = |mut charges: Vec<Owned>| {
        for text in charges.iter_mut().flat_map(|c| {
            let prices = Profile::ALL.iter().filter(|p| Field::Profile(**p).is_price()).map(|p| p.index());
            let prices: Vec<usize> = prices.collect();
            c.profile.iter_mut().enumerate().filter(move |(i, _)| prices.contains(i)).map(|(_, t)| t)
        }) {
            *text = price(text).map_or(String::new(), |a| a.to_string());
        }
        charges
    };
    assert_eq!(read_back(Format::Parquet, &written(Format::Parquet, &charges)).0, plain(charges));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_texts_and_amounts_come_back(
        rows in prop::collection::vec((prop::collection::vec("[=+'@\\-\"\t\r\n, aé漢{}:]{0,6}", 1..9), 631_152_000i64..7_000_000_000, -Amount::LIMIT..Amount::LIMIT), 1..12),
    ) {
        let charges: Vec<Owned> = rows
            .iter()
            .map(|(texts, start, cost)| charge(&texts.iter().map(String::as_str).collect::<Vec<_>>(), *start, *cost))
            .collect();
        for format in [Format::Csv { raw: false }, Format::Csv { raw: true }, Format::Parquet] {
            prop_assert_eq!(&read_back(format, &written(format, &charges)).0, &charges);
        }
    }
}
