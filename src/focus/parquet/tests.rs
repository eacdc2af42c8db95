//! Tests of reading Parquet: against CSV, on every type, and on hostile bytes.

mod lists;
mod refused;

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::{Arc, Mutex};

use parquet::data_type::*;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::domain::batch::ChargeBatch;
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::Amount;
use crate::focus::csv;
use crate::focus::receive::Refusal;

/// Rows as texts, and refusals, in the order in which they came.
#[derive(Default)]
pub(super) struct Kept {
    rows: Mutex<Vec<Vec<String>>>,
    refused: Mutex<Vec<String>>,
    small: bool,
}

impl Receive for Kept {
    fn batch(&self, batch: &ChargeBatch) -> Result<()> {
        let mut rows = self.rows.lock().expect("lock");
        for (i, key) in batch.rows.iter().enumerate() {
            let (window, terms) = (batch.windows[key.window as usize], batch.terms[key.terms as usize]);
            let mut row: Vec<String> =
                Profile::ALL.iter().map(|c| batch.profile_text(key.profile, *c).to_owned()).collect();
            row.extend(Terms::ALL.iter().map(|c| batch.terms_text(key.terms, *c).to_owned()));
            row.extend(batch.quantities.iter().map(|q| q.get(i).map_or("?".to_owned(), |a| a.to_string())));
            row.push(format!("{window:?} {} {} {}", terms.start, terms.duration, terms.billing_end));
            // Numbers of dictionaries depend on how a file was cut into batches.
            let at = row.len() - 1;
            row[at] = format!("{} {} {} {}", window.day, window.billing_period, terms.start, terms.duration);
            rows.push(row);
        }
        Ok(())
    }
    fn refused(&self, line: u64, refusal: Refusal, group: Option<(String, Day)>) {
        let text = format!("{line} {} {} {} {group:?}", refusal.column, refusal.value, refusal.reason);
        self.refused.lock().expect("lock").push(text);
    }
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

pub(super) enum Col {
    Text(Vec<Option<&'static str>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Fixed(Vec<Option<Vec<u8>>>),
    I32(Vec<Option<i32>>),
    I64(Vec<Option<i64>>),
    F32(Vec<Option<f32>>),
    F64(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    I96(Vec<Option<Int96>>),
    /// Values and levels as they are written.
    Nested(Vec<&'static str>, Vec<i16>, Vec<i16>),
}

fn levels<T: Clone>(values: &[Option<T>]) -> (Vec<T>, Vec<i16>) {
    (values.iter().flatten().cloned().collect(), values.iter().map(|v| i16::from(v.is_some())).collect())
}

/// A file of as many row groups as `groups`.
pub(super) fn file(schema: &str, groups: &[Vec<Col>], properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).expect("schema"));
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).expect("writer");
    for columns in groups {
        let mut group = writer.next_row_group().expect("group");
        for column in columns {
            let mut to = group.next_column().expect("column").expect("a column more");
            macro_rules! put {
                ($t:ty, $v:expr) => {{
                    let (values, defs) = levels(&$v);
                    to.typed::<$t>().write_batch(&values, Some(&defs), None).expect("write");
                }};
            }
            let bytes = |v: &Option<&'static str>| v.map(ByteArray::from);
            match column {
                Col::Text(v) => put!(ByteArrayType, v.iter().map(bytes).collect::<Vec<_>>()),
                Col::Bytes(v) => {
                    put!(ByteArrayType, v.iter().map(|b| b.clone().map(ByteArray::from)).collect::<Vec<_>>())
                }
                Col::Fixed(v) => {
                    let fixed = |b: &Option<Vec<u8>>| b.clone().map(FixedLenByteArray::from);
                    put!(FixedLenByteArrayType, v.iter().map(fixed).collect::<Vec<_>>());
                }
                Col::I32(v) => put!(Int32Type, v),
                Col::I64(v) => put!(Int64Type, v),
                Col::F32(v) => put!(FloatType, v),
                Col::F64(v) => put!(DoubleType, v),
                Col::Bool(v) => put!(BoolType, v),
                Col::I96(v) => put!(Int96Type, v),
                Col::Nested(v, defs, reps) => {
                    let values: Vec<ByteArray> = v.iter().map(|t| ByteArray::from(*t)).collect();
                    to.typed::<ByteArrayType>().write_batch(&values, Some(defs), Some(reps)).expect("write");
                }
            }
            to.close().expect("close");
        }
        group.close().expect("close");
    }
    writer.close().expect("close");
    out
}

fn read_bytes(bytes: &[u8], threads: usize, kept: &Kept) -> Result<Outcome> {
    read_with(&[], bytes, threads, kept)
}

fn read_with(dialects: &[&dyn Dialect], bytes: &[u8], threads: usize, kept: &Kept) -> Result<Outcome> {
    let mut file: File = tempfile::tempfile().expect("file");
    file.write_all(bytes).expect("write");
    file.rewind().expect("rewind");
    let limits = if kept.small { Limits { rows: 1_000, text_bytes: 20_000 } } else { Limits::default() };
    read(file, dialects, threads, limits, kept)
}

const SCHEMA: &str = "message m {
  optional binary BilledCost (UTF8); optional double EffectiveCost; optional int64 ListCost (DECIMAL(18,4));
  optional fixed_len_byte_array(16) ContractedCost (DECIMAL(38,18)); optional int32 ConsumedQuantity; optional float PricingQuantity;
  optional int64 ChargePeriodStart (TIMESTAMP(MILLIS,true)); optional int64 ChargePeriodEnd (TIMESTAMP(NANOS,false));
  optional int96 BillingPeriodStart; optional int32 BillingPeriodEnd (DATE);
  optional binary BillingCurrency (UTF8); optional binary ProviderName; optional binary PublisherName;
  optional binary ResourceId (UTF8); optional int64 SkuId; optional boolean RegionName; optional double ListUnitPrice;
  optional group Tags (MAP) { repeated group key_value { required binary key (UTF8); optional binary value (UTF8); } }
  optional group SkuPriceDetails (MAP_KEY_VALUE) { repeated group map { required binary key; optional binary value; } }
  optional group Other { optional int32 a; } }";

pub(super) const START: i64 = 1_725_148_800;

fn julian(seconds: i64) -> Int96 {
    let mut value = Int96::new();
    let nanos = (seconds.rem_euclid(86_400) * 1_000_000_000) as u64;
    value.set_data(nanos as u32, (nanos >> 32) as u32, (seconds.div_euclid(86_400) + 2_440_588) as u32);
    value
}

fn sample() -> Vec<Col> {
    let ten = 10_i128.pow(18);
    vec![
        Col::Text(vec![Some("1.5"), Some("-0.25"), Some("x"), Some("NULL"), Some("3")]),
        Col::F64(vec![Some(0.1), Some(-2.5e-7), Some(1.0), Some(1.0), None]),
        Col::I64(vec![Some(15_000), None, Some(1), Some(1), Some(-1)]),
        Col::Fixed(vec![
            Some((ten * 7 + 1).to_be_bytes().to_vec()),
            Some((-ten).to_be_bytes().to_vec()),
            None,
            None,
            None,
        ]),
        Col::I32(vec![Some(24), None, None, None, None]),
        Col::F32(vec![Some(0.1), None, None, None, None]),
        Col::I64(vec![
            Some(START * 1_000),
            Some((START + 3_600) * 1_000),
            Some(START * 1_000),
            Some(START * 1_000),
            None,
        ]),
        Col::I64((1..=5).map(|i| Some((START + i * 3_600) * 1_000_000_000)).collect()),
        Col::I96((0..5).map(|_| Some(julian(START))).collect()),
        Col::I32((0..5).map(|_| Some(19_997)).collect()),
        Col::Text((0..5).map(|_| Some("USD")).collect()),
        Col::Text(vec![Some("AWS"), None, Some("AWS"), Some("AWS"), Some("AWS")]),
        Col::Text(vec![Some("A"), Some("Publisher"), None, None, None]),
        Col::Text(vec![Some("i-1"), Some("NULL"), None, None, None]),
        Col::I64(vec![Some(42), None, None, None, None]),
        Col::Bool(vec![Some(true), Some(false), None, None, None]),
        Col::F64(vec![Some(4e-7), Some(f64::NAN), None, None, None]),
        // {"team":"a\"b","env":null}, {}, null, {"k":"v"}, null
        Col::Nested(vec!["team", "env", "k"], vec![2, 2, 1, 0, 2, 0], vec![0, 1, 0, 0, 0, 0]),
        Col::Nested(vec!["a\"b", "v"], vec![3, 2, 1, 0, 3, 0], vec![0, 1, 0, 0, 0, 0]),
        Col::Nested(vec!["InstanceType"], vec![2, 0, 0, 0, 0], vec![0; 5]),
        Col::Nested(vec!["m7.xlarge"], vec![3, 0, 0, 0, 0], vec![0; 5]),
        Col::I32(vec![None; 5]),
    ]
}

const SAME_AS_CSV: &str = r#"BilledCost,EffectiveCost,ListCost,ContractedCost,ConsumedQuantity,PricingQuantity,ChargePeriodStart,ChargePeriodEnd,BillingPeriodStart,BillingPeriodEnd,BillingCurrency,ProviderName,PublisherName,ResourceId,SkuId,RegionName,ListUnitPrice,Tags,SkuPriceDetails
1.5,0.1,1.5,7.000000000000000001,24,0.1,2024-09-01,2024-09-01T01:00:00Z,2024-09-01,2024-10-01,USD,AWS,A,i-1,42,true,0.0000004,"{""team"":""a\""b"",""env"":null}","{""InstanceType"":""m7.xlarge""}"
-0.25,-2.5e-7,,-1,,,2024-09-01T01:00:00Z,2024-09-01T02:00:00Z,2024-09-01,2024-10-01,USD,,Publisher,NULL,,false,,,
x,1,0.0001,,,,2024-09-01,2024-09-01T03:00:00Z,2024-09-01,2024-10-01,USD,AWS,,,,,,,
NULL,1,0.0001,,,,2024-09-01,2024-09-01T04:00:00Z,2024-09-01,2024-10-01,USD,AWS,,,,,,"{""k"":""v""}",
3,,-0.0001,,,,,2024-09-01T05:00:00Z,2024-09-01,2024-10-01,USD,AWS,,,,,,,
"#;

#[test]
fn the_same_rows_as_csv_and_as_parquet_are_the_same_charges() {
    let of_csv = Kept::default();
    csv::read(SAME_AS_CSV.as_bytes(), &[], 1, Limits::default(), &of_csv).expect("csv");
    // A CSV's first row is on line 2.
    let lines = of_csv.refused.lock().expect("lock");
    let want: Vec<String> =
        lines.iter().map(|r| format!("{}{}", r[..1].parse::<u64>().expect("line") - 1, &r[1..])).collect();
    let rows = of_csv.rows.lock().expect("lock").clone();
    assert_eq!((rows.len(), want.len()), (2, 3));
    assert_eq!(rows[0][Profile::InstanceType.index()], "m7.xlarge");
    assert_eq!(rows[1][Profile::Provider.index()], "Publisher");
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for dictionary in [true, false] {
            let properties = WriterProperties::builder()
                .set_writer_version(version)
                .set_dictionary_enabled(dictionary)
                .set_compression(parquet::basic::Compression::ZSTD(Default::default()))
                .build();
            let bytes = file(SCHEMA, &[sample(), sample()], properties);
            for threads in [1, 2] {
                let kept = Kept::default();
                let outcome = read_bytes(&bytes, threads, &kept).expect("read");
                assert_eq!((outcome.tally.rows, outcome.tally.refused), (4, 6));
                assert_eq!(outcome.dropped, ["Other (nested)"]);
                assert_eq!(outcome.bytes, bytes.len() as u64);
                assert_eq!(outcome.hash, blake3::hash(&bytes).to_hex().to_string());
                let mut refused = kept.refused.lock().expect("lock").clone();
                let number = |r: &str| r.split(' ').next().and_then(|n| n.parse::<u64>().ok());
                refused.sort_by_key(|r| number(r));
                assert_eq!(refused[..3], want[..], "{version:?} {dictionary}");
                let numbers: Vec<_> = refused.iter().filter_map(|r| number(r)).collect();
                assert_eq!(numbers, [3, 4, 5, 8, 9, 10]);
                let got = kept.rows.lock().expect("lock").clone();
                assert_eq!(got[..2], rows[..]);
                assert_eq!(got[2..], rows[..]);
            }
        }
    }
}

#[test]
fn tags_in_a_structure_are_read_as_those_of_a_map() {
    let schema = "message m { optional double BilledCost; optional int64 ChargePeriodStart (TIMESTAMP(MILLIS,true));
      optional int64 ChargePeriodEnd (TIMESTAMP(MILLIS,true)); optional binary BillingCurrency (UTF8);
      optional binary ProviderName (UTF8); optional group ResourceId { optional binary a (UTF8); }
      optional group tags { optional binary team (UTF8); optional binary env (UTF8); }
      required group SkuPriceDetails { optional binary InstanceType (UTF8); optional int32 CoreCount; } }";
    let rows = 300;
    let time = |hours: i64| Col::I64((0..rows).map(|_| Some((START + hours * 3_600) * 1_000)).collect());
    // {"team":"a","env":"x"}, {"env":"y"}, {}, null
    let levels = |four: [i16; 4]| four.into_iter().cycle().take(rows).collect::<Vec<i16>>();
    let texts = |some: &[&'static str], levels: &[i16]| {
        let there = levels.iter().filter(|level| **level == 2).count();
        some.iter().copied().cycle().take(there).collect::<Vec<_>>()
    };
    let nested = |some: &[&'static str], four| {
        let levels = levels(four);
        Col::Nested(texts(some, &levels), levels, vec![0; rows])
    };
    let columns = vec![
        Col::F64(vec![Some(1.0); rows]),
        time(0),
        time(1),
        Col::Text(vec![Some("USD"); rows]),
        Col::Text(vec![Some("AWS"); rows]),
        nested(&["r"], [2, 2, 2, 2]),
        nested(&["a"], [2, 1, 1, 0]),
        nested(&["x", "y"], [2, 2, 1, 0]),
        Col::Text([Some("m7.xlarge"), None, None, None].into_iter().cycle().take(rows).collect()),
        Col::I32([Some(4), Some(8), None, None].into_iter().cycle().take(rows).collect()),
    ];
    let kept = Kept::default();
    let bytes = file(schema, &[columns], WriterProperties::builder().build());
    let outcome = read_bytes(&bytes, 1, &kept).expect("read");
    assert_eq!((outcome.tally.rows, outcome.tally.refused), (rows as u64, 0));
    assert_eq!(outcome.dropped, ["ResourceId (nested)"]);
    let got = kept.rows.lock().expect("lock");
    for (at, row) in got.iter().enumerate() {
        let (tags, instance) = match at % 4 {
            0 => (r#"{"team":"a","env":"x"}"#, "m7.xlarge"),
            1 => (r#"{"env":"y"}"#, ""),
            _ => ("", ""),
        };
        assert_eq!((&*row[Profile::Tags.index()], &*row[Profile::InstanceType.index()]), (tags, instance), "{at}");
    }
}

/// A file of many rows in pages, with nulls, repeats and batches in between.
fn many() -> (Vec<u8>, Vec<Vec<String>>) {
    let count = 30_000usize;
    let schema = "message m { optional double BilledCost; optional int64 ChargePeriodStart (TIMESTAMP(MICROS,true));
      optional int64 ChargePeriodEnd (TIMESTAMP(MICROS,true)); optional binary BillingCurrency (UTF8);
      optional binary ServiceProviderName (UTF8); optional binary ResourceId (UTF8); optional binary ChargeClass (UTF8); }";
    let names: Vec<&'static str> = (0..5_000).map(|i| &*Box::leak(format!("resource-{i}").into_boxed_str())).collect();
    let resource = |i: usize| (!i.is_multiple_of(7)).then(|| names[i * 31 % names.len()]);
    let columns = vec![
        Col::F64((0..count).map(|i| Some(i as f64 / 100.0)).collect()),
        Col::I64((0..count).map(|i| Some((START + (i as i64 % 720) * 3_600) * 1_000_000)).collect()),
        Col::I64((0..count).map(|i| Some((START + (i as i64 % 720 + 1) * 3_600) * 1_000_000)).collect()),
        Col::Text(vec![Some("USD"); count]),
        Col::Text(vec![Some("Acme"); count]),
        Col::Text((0..count).map(resource).collect()),
        Col::Text(vec![None; count]),
    ];
    let properties = WriterProperties::builder().set_data_page_row_count_limit(777).set_write_batch_size(100).build();
    let mut csv =
        String::from("BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ServiceProviderName,ResourceId\n");
    for i in 0..count {
        let time = |n: usize| crate::domain::calendar::format_timestamp(START + n as i64 * 3_600);
        let (start, end) = (time(i % 720), time(i % 720 + 1));
        csv.push_str(&format!("{},{start},{end},USD,Acme,{}\n", i as f64 / 100.0, resource(i).unwrap_or("")));
    }
    let kept = Kept::default();
    csv::read(csv.as_bytes(), &[], 1, Limits::default(), &kept).expect("csv");
    (file(schema, &[columns], properties), kept.rows.into_inner().expect("lock"))
}

#[test]
fn many_pages_and_many_batches_give_the_same_rows() {
    let (bytes, want) = many();
    for small in [false, true] {
        let kept = Kept { small, ..Kept::default() };
        let outcome = read_bytes(&bytes, 2, &kept).expect("read");
        assert_eq!((outcome.tally.rows, outcome.form.as_str()), (30_000, "FOCUS 1.4"));
        assert!(*kept.rows.lock().expect("lock") == want);
    }
}

#[test]
fn a_file_that_is_cut_off_is_an_error() {
    let bytes = file(SCHEMA, &[sample()], WriterProperties::builder().build());
    for cut in [0, 4, 11, 100, bytes.len() / 2, bytes.len() - 1] {
        let error = read_bytes(&bytes[..cut], 1, &Kept::default()).expect_err("error");
        assert_eq!(error.kind, Kind::Usage, "{error}");
        assert!(error.message.contains("damaged"), "{error}");
    }
}

#[test]
fn hostile_bytes_never_panic_and_never_add_rows() {
    let bytes = file(SCHEMA, &[sample(), sample()], WriterProperties::builder().build());
    let mut seed = 42u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut read_anyway = 0;
    for _ in 0..600 {
        let mut hostile = bytes.clone();
        for _ in 0..=random(4) {
            let at = random(hostile.len());
            hostile[at] = random(256) as u8;
        }
        if let Ok(outcome) = read_bytes(&hostile, 1, &Kept::default()) {
            assert!(outcome.tally.rows + outcome.tally.refused <= 10);
            read_anyway += 1;
        }
    }
    assert!(read_anyway > 0);
    for garbage in [&b"PAR1"[..], b"PAR1PAR1PAR1PAR1", &[b'P'; 500]] {
        assert!(read_bytes(garbage, 1, &Kept::default()).is_err());
    }
}

/// Columns of `rows` sound charges of a cent.
pub(super) const SHORT: &str = "optional double BilledCost; optional int64 ChargePeriodStart (TIMESTAMP(MICROS,true));
  optional int64 ChargePeriodEnd (TIMESTAMP(MICROS,true)); optional binary BillingCurrency (UTF8); optional binary ProviderName (UTF8);";

pub(super) fn short(rows: usize) -> Vec<Col> {
    vec![
        Col::F64(vec![Some(0.01); rows]),
        Col::I64(vec![Some(START * 1_000_000); rows]),
        Col::I64(vec![Some((START + 3_600) * 1_000_000); rows]),
        Col::Text(vec![Some("USD"); rows]),
        Col::Text(vec![Some("Acme"); rows]),
    ]
}

#[test]
fn reads_the_real_sample_to_its_exact_total() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/focus");
    let Ok(file) = File::open(folder.join("focus_1.0_sample_third.parquet")) else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    let truth = std::fs::read_to_string(folder.join("truth_third.json")).expect("truth");
    let truth: serde_json::Value = serde_json::from_str(&truth).expect("json");
    let kept = Kept::default();
    let outcome = read(file, &[], 2, Limits::default(), &kept).expect("read");
    assert_eq!(outcome.tally.rows, truth["rows"].as_u64().expect("rows"));
    let rows = kept.rows.lock().expect("lock");
    for quantity in [Quantity::Billed, Quantity::Effective, Quantity::List, Quantity::Contracted] {
        let at = Profile::COUNT + Terms::COUNT + quantity.index();
        let sum: Amount = rows.iter().filter_map(|r| r[at].parse::<Amount>().ok()).sum();
        let want: Amount = truth["total"][quantity.focus_name()].as_str().expect("total").parse().expect("amount");
        assert_eq!(sum, want, "{quantity:?}");
    }
}
