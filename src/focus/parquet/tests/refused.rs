//! What is refused, and how it is told: files, rows and values that are not what they say.

use super::*;

#[test]
fn a_footer_of_lists_in_lists_is_an_error() {
    // Field 9 is a list of one list of one list ...
    let footer = [vec![0x99], vec![0x19; 4 << 20]].concat();
    let bytes = [b"PAR1".as_slice(), &footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat();
    let error = read_bytes(&bytes, 1, &Kept::default()).expect_err("error");
    assert!(error.message.contains("its footer cannot be read"), "{error}");
}

#[test]
fn a_row_with_bytes_that_are_no_utf_8_counts_once() {
    let rows = 10_000;
    let text = |i: usize| if i == 5 { vec![b'a', 0xff] } else { format!("r{i}").into_bytes() };
    let schema = format!("message m {{ {SHORT} optional binary ResourceId (UTF8); }}");
    for dictionary in [false, true] {
        let mut columns = short(rows);
        columns.push(Col::Bytes((0..rows).map(|i| Some(text(i))).collect()));
        let properties = WriterProperties::builder().set_dictionary_enabled(dictionary).build();
        let outcome = read_bytes(&file(&schema, &[columns], properties), 1, &Kept::default()).expect("read");
        assert_eq!(outcome.tally.repaired, 1, "dictionary: {dictionary}");
    }
}

/// The refusals of rows of raw texts, as CSV and as Parquet, and what became of the rows.
fn refusals(header: &str, rows: &[Vec<Vec<u8>>]) -> [(Vec<String>, Tally); 2] {
    let of_csv = Kept::default();
    let mut text = header.as_bytes().to_vec();
    for row in rows {
        text.push(b'\n');
        text.extend(row.join(&b","[..]));
    }
    let csv = csv::read(text.as_slice(), &[], 1, Limits::default(), &of_csv).expect("csv");
    let columns: String = header.split(',').map(|name| format!("optional binary {name} (UTF8);")).collect();
    let column = |at: usize| Col::Bytes(rows.iter().map(|row| Some(row[at].clone())).collect());
    let columns_of: Vec<Col> = (0..header.split(',').count()).map(column).collect();
    let properties = WriterProperties::builder().build();
    let of_parquet = Kept::default();
    let bytes = file(&format!("message m {{ {columns} }}"), &[columns_of], properties);
    let parquet = read_bytes(&bytes, 1, &of_parquet).expect("parquet");
    assert!(*of_csv.rows.lock().expect("lock") == *of_parquet.rows.lock().expect("lock"), "other charges");
    let refused = |kept: Kept| kept.refused.into_inner().expect("lock");
    [(refused(of_csv), csv.tally), (refused(of_parquet), parquet.tally)]
}

#[test]
fn a_refusal_names_the_first_bad_column_of_the_file_in_both_formats() {
    const HEADER: [&str; 10] = [
        "x_Raw",
        "BillingPeriodStart",
        "BilledCost",
        "EffectiveCost",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "BillingCurrency",
        "ProviderName",
        "BillingAccountId",
        "ResourceId",
    ];
    const SOUND: [&str; 10] = ["", "", "1", "1", "2024-09-01", "2024-09-02", "USD", "AWS", "a", "r"];
    let long = "y".repeat(70_000);
    let with = |changes: &[(&str, &str)]| -> Vec<Vec<u8>> {
        let cell = |(name, sound): (&&str, &&str)| {
            changes.iter().find(|(n, _)| n == name).map_or(*sound, |(_, value)| *value).as_bytes().to_vec()
        };
        HEADER.iter().zip(&SOUND).map(cell).collect()
    };
    let time = "not a date and time like 2024-09-01T00:00:00Z or 2024-09-01 00:00:00";
    let number = "not a decimal number like 1234.56: take out currency sign, thousands separators and spaces";
    let years = "outside of the years 1990 to 2199";
    let ours = r#"Some(("a", 2024-09-01))"#;
    let late = "2199-12-31T23:30:00-02:00";
    let cases: &[(&[(&str, &str)], String)] = &[
        (
            &[("BillingCurrency", "NULL"), ("ProviderName", "")],
            format!("BillingCurrency NULL a charge needs a billing currency {ours}"),
        ),
        (&[("ResourceId", &long), ("BilledCost", "x")], format!("BilledCost x {number} {ours}")),
        (&[("BillingPeriodStart", "soon"), ("BilledCost", "x")], format!("BillingPeriodStart soon {time} None")),
        (
            &[("ChargePeriodEnd", "2024-08-01"), ("ProviderName", "NULL")],
            format!("ChargePeriodEnd 2024-08-01 the charge period ends before it starts {ours}"),
        ),
        (
            &[("ProviderName", "NULL")],
            format!("ProviderName  a charge needs a provider: the provider columns are all empty {ours}"),
        ),
        (&[("ChargePeriodStart", "1989-12-31")], format!("ChargePeriodStart 1989-12-31 {years} None")),
        (&[("ChargePeriodEnd", late)], format!("ChargePeriodEnd {late} {years} {ours}")),
        (&[("BillingPeriodStart", "0000-05-01")], format!("BillingPeriodStart 0000-05-01 {years} None")),
        (&[("BilledCost", ""), ("EffectiveCost", "1e400")], format!("BilledCost  a charge needs a billed cost {ours}")),
        (&[("BillingAccountId", &long)], format!("BillingAccountId {}… longer than 64 KiB None", &long[..80])),
        // Nothing is rounded of a charge that is not taken.
        (
            &[("EffectiveCost", "0.1234567890123456789"), ("ProviderName", "")],
            format!("ProviderName  a charge needs a provider: the provider columns are all empty {ours}"),
        ),
    ];
    let mut rows: Vec<Vec<Vec<u8>>> = cases.iter().map(|(changes, _)| with(changes)).collect();
    // A column that is not kept may hold anything.
    rows.push(with(&[("x_Raw", &long), ("EffectiveCost", "0.1234567890123456789")]));
    rows.push(with(&[]));
    rows[cases.len() + 1][0] = vec![0xff];
    rows.push(with(&[]));
    rows[cases.len() + 2][9] = vec![b'r', 0xff];
    for ((refused, tally), first) in refusals(&HEADER.join(","), &rows).into_iter().zip([2, 1]) {
        let want: Vec<String> =
            cases.iter().enumerate().map(|(at, (_, why))| format!("{} {why}", at + first)).collect();
        assert_eq!(refused, want);
        assert_eq!(tally, Tally { rows: 3, refused: cases.len() as u64, rounded: 1, repaired: 1 });
    }
}

#[test]
fn a_billing_period_in_another_unit_than_the_file_says_is_refused() {
    let mut columns = short(1);
    columns.push(Col::I64(vec![Some(START * 1_000_000_000)]));
    let schema = format!("message m {{ {SHORT} optional int64 BillingPeriodStart (TIMESTAMP(MILLIS,true)); }}");
    let kept = Kept::default();
    read_bytes(&file(&schema, &[columns], WriterProperties::builder().build()), 1, &kept).expect("read");
    let want = "1 BillingPeriodStart 1725148800000000000 outside of the years 1990 to 2199 None";
    assert_eq!(*kept.refused.lock().expect("lock"), [want]);
}

/// A file of two charges, the first with as many pairs of tags as `pairs`, each with a value of `length`.
fn tagged(pairs: usize, length: usize) -> Vec<u8> {
    let schema = format!(
        "message m {{ {SHORT} optional group Tags (MAP) {{ repeated group key_value {{
         required binary key (UTF8); optional binary value (UTF8); }} }} }}"
    );
    let leak = |text: String| &*Box::leak(text.into_boxed_str());
    let keys: Vec<&str> = (0..pairs).map(|i| leak(format!("k{i}"))).chain([leak("k".to_owned())]).collect();
    let values = [vec![leak("v".repeat(length)); pairs], vec!["v"]].concat();
    let repetitions: Vec<i16> = (0..=pairs).map(|i| i16::from(i > 0 && i < pairs)).collect();
    let mut columns = short(2);
    columns.push(Col::Nested(keys, vec![2; pairs + 1], repetitions.clone()));
    columns.push(Col::Nested(values, vec![3; pairs + 1], repetitions));
    file(&schema, &[columns], WriterProperties::builder().build())
}

#[test]
fn a_map_beyond_a_field_is_refused_before_it_is_put_together() {
    for (pairs, length) in [(2_000, 40), (1, 70_000)] {
        let kept = Kept::default();
        let outcome = read_bytes(&tagged(pairs, length), 1, &kept).expect("read");
        assert_eq!((outcome.tally.rows, outcome.tally.refused), (1, 1));
        let refused = kept.refused.lock().expect("lock");
        assert!(refused[0].starts_with("1 Tags {\"k0\"") && refused[0].contains("longer than 64 KiB"), "{refused:?}");
    }
    let error = read_bytes(&tagged(20_000, 1), 1, &Kept::default()).expect_err("error");
    assert!(error.message.contains("a row's map has more than"), "{error}");
}

#[test]
fn a_page_that_is_not_what_its_checksum_says_is_refused() {
    let sound = include_bytes!("../../../../tests/fixtures/checksums.parquet");
    let kept = Kept::default();
    assert_eq!(read_bytes(sound, 1, &kept).expect("sound").tally.rows, 40);
    // The last bits of the first column's values: another cost, but a sound page.
    let (mut bytes, cost) = (sound.to_vec(), 1.25f64.to_le_bytes());
    let at = bytes.windows(16).position(|w| w[..8] == cost && w[8..] == cost).expect("values");
    bytes[at + 40] ^= 1;
    let error = read_bytes(&bytes, 1, &Kept::default()).expect_err("damaged");
    assert!(error.message.contains("the Parquet file is damaged") && error.message.contains("CRC"), "{error}");
}

#[test]
fn tags_as_a_list_of_keys_and_values_are_a_map() {
    let bytes = include_bytes!("../../../../tests/fixtures/tags_list.parquet");
    let kept = Kept::default();
    let outcome = read_bytes(bytes, 1, &kept).expect("read");
    assert_eq!((outcome.tally.rows, outcome.dropped), (40, vec![]));
    let rows = kept.rows.lock().expect("lock");
    let tags = |at: usize| rows[at][Profile::Tags.index()].as_str();
    assert_eq!([tags(0), tags(1), tags(39)], ["", r#"{"team":"web","env":null}"#, r#"{"team":"web","env":null}"#]);
}

#[test]
fn refuses_a_file_without_what_a_charge_needs() {
    let schema = "message m { optional binary BilledCost (UTF8); optional binary Tags (UTF8); }";
    let columns = vec![Col::Text(vec![Some("1")]), Col::Text(vec![None])];
    let error = read_bytes(&file(schema, &[columns], WriterProperties::builder().build()), 1, &Kept::default());
    assert!(error.expect_err("error").message.contains("`ChargePeriodStart`"));
}
