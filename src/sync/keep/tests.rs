//! What is older, what is held back and what passes.

use super::*;
use crate::domain::source_file::SourceFile;

const FIRST: Day = Day(20_000);
/// Billed for a charge, in units.
const PRICE: i128 = 1_000;

/// Charges on each of so many days at a price, told by a range of days.
fn part(days: std::ops::Range<i32>, rows: u64, price: i128) -> Part {
    let days: BTreeMap<Day, u64> = days.map(|day| (FIRST.plus(day), rows)).collect();
    let mut part = Part { import: 1, days, ..Part::default() };
    part.sums[Metric::Billed as usize] = i128::from(part.rows()) * price;
    part
}

fn key() -> GroupKey {
    GroupKey { provider: "AWS".into(), account: "1".into(), billing_period: FIRST }
}

fn stored(part: Part, files: &[&str]) -> Manifest {
    let file = |name: &&str| SourceFile { name: (*name).into(), ..SourceFile::default() };
    let files = files.iter().map(file).collect();
    let import = Import { id: 1, source: "s".into(), taken_at: 1_000, files, ..Import::default() };
    let group = Group {
        id: 7,
        source: "s".into(),
        rank: 0,
        place: 0,
        key: key(),
        account_name: String::new(),
        parts: vec![part],
        incomplete: false,
    };
    Manifest { groups: vec![group], imports: vec![import], ..Manifest::default() }
}

/// What becomes of a part of a file, held against what is stored of others.
fn fate(manifest: &Manifest, came: Part, file: &str, keeps: &Keeps) -> Result<Fate, Why> {
    let before = manifest.groups[0].rows();
    let mut fates = [Fate::Replaces { stored: 7, before, now: came.rows() }];
    let incoming = Incoming {
        key: key(),
        account_name: String::new(),
        part: came,
        fingerprint: crate::domain::sketch::Fingerprint::default(),
        incomplete: false,
    };
    match judge(manifest, "s", (&[incoming], &[], &[file]), keeps, &mut fates).as_slice() {
        [] => Ok(fates[0]),
        held => {
            assert!(fates[0] == Fate::HeldBack && !is_apart(held, None, &fates), "nothing else came");
            Err(held[0].why.clone())
        }
    }
}

/// Days before the twentieth are settled.
fn keeps() -> Keeps {
    Keeps { settled_before: FIRST.plus(20), ..Keeps::default() }
}

#[test]
fn what_takes_much_away_is_held_back_and_a_restatement_passes() {
    let whole = part(0..22, 10, PRICE);
    let without = |days: std::ops::Range<i32>, rows| {
        let mut part = part(0..22, 10, PRICE);
        days.for_each(|day| assert!(part.days.remove(&FIRST.plus(day)).is_some()));
        part.sums[Metric::Billed as usize] = i128::from(part.rows()) * PRICE;
        part.days.values_mut().for_each(|of_day| *of_day += rows);
        part
    };
    let shrinks = |days, first: Option<i32>| Err(Why::Shrinks(days, first.map(|day| FIRST.plus(day))));
    for (what, came, want) in [
        ("the same", whole.clone(), Ok(())),
        ("more days", part(0..30, 10, PRICE), Ok(())),
        ("other prices", part(0..22, 10, PRICE * 6 / 10), Ok(())),
        ("a few charges fewer", part(0..22, 8, PRICE), Ok(())),
        ("one settled day is gone", without(3..4, 0), shrinks(1, Some(3))),
        ("a day is gone, other days have more", without(3..4, 1), Ok(())),
        ("a young day within is gone", without(20..21, 0), Ok(())),
        ("the last day is gone", part(0..21, 10, PRICE), shrinks(1, Some(21))),
        ("cut short", part(0..7, 10, PRICE), shrinks(15, Some(7))),
        ("fewer than half of the charges", part(0..22, 4, PRICE), shrinks(0, None)),
        ("fewer charges at the same cost", part(0..22, 1, PRICE * 10), Ok(())),
        ("less than half of the cost", part(0..22, 10, PRICE * 4 / 10), shrinks(0, None)),
        ("credits", part(0..22, 20, PRICE / 10), Ok(())),
    ] {
        let stored = stored(whole.clone(), &["a.csv"]);
        assert_eq!(fate(&stored, came, "a.csv", &keeps()).map(|_| ()), want, "{what}");
    }
}

#[test]
fn what_is_stored_of_a_newer_file_stays() {
    let whole = stored(part(0..22, 10, PRICE), &["b.csv"]);
    let newer = || Keeps { newer: ["b.csv".to_owned()].into(), written: 500, ..keeps() };
    let lay_there = || Keeps { written: 500, ..keeps() };
    let came_later = || Keeps { written: 2_000, ..keeps() };
    let fate = |days: std::ops::Range<i32>, file, keeps: &Keeps| {
        fate(&whole, part(days, 10, PRICE * 7 / 10), file, keeps).map(|fate| fate == Fate::Older)
    };
    for (what, days, file, keeps, want) in [
        ("an older date", 0..22, "a.csv", newer(), Ok(true)),
        ("an older date that reaches less far", 0..10, "a.csv", newer(), Ok(true)),
        ("an older date that reaches further", 0..23, "a.csv", newer(), Ok(false)),
        ("it lay there and reaches less far", 0..20, "a.csv", lay_there(), Ok(true)),
        ("it lay there and reaches as far", 0..22, "a.csv", lay_there(), Ok(false)),
        (
            "it came later and reaches less far",
            0..20,
            "a.csv",
            came_later(),
            Err(Why::Shrinks(2, Some(FIRST.plus(20)))),
        ),
        ("the same file", 0..20, "b.csv", lay_there(), Err(Why::Shrinks(2, Some(FIRST.plus(20))))),
    ] {
        assert_eq!(fate(days, file, &keeps), want, "{what}");
    }
}

#[test]
fn which_of_two_is_newer_is_not_guessed_where_one_was_refused_before_the_other_came() {
    let whole = stored(part(0..22, 10, PRICE), &["b.csv"]);
    let fate = |days: std::ops::Range<i32>, file, since| {
        let keeps = Keeps { refused_since: Some(since), written: 2_000, ..keeps() };
        fate(&whole, part(days, 10, PRICE), file, &keeps).map(|_| ())
    };
    assert_eq!(fate(0..22, "a.csv", 900), Err(Why::Unclear));
    assert_eq!(fate(0..23, "a.csv", 900), Ok(()));
    for since in [1_000, 1_100] {
        assert_eq!(fate(0..22, "a.csv", since), Ok(()), "it was the newer one when it was refused");
    }
    let refused_before = ["b.csv".to_owned()].into();
    let keeps = Keeps { refused_since: Some(1_000), refused_before, written: 2_000, ..keeps() };
    let came = self::fate(&whole, part(0..22, 10, PRICE), "a.csv", &keeps);
    assert_eq!(came, Err(Why::Unclear), "the newer one came at once after it");
    assert_eq!(fate(0..22, "b.csv", 900), Ok(()));
}

#[test]
fn pieces_whose_first_was_taken_away_and_accounts_that_are_gone_are_held_back() {
    let pieces = stored(part(0..22, 10, PRICE), &["x-000.csv", "x-001.csv"]);
    let lacks = Err(Why::Lacks("x-000.csv".to_owned()));
    assert_eq!(fate(&pieces, part(0..22, 9, PRICE), "x-001.csv", &keeps()).map(|_| ()), lacks);
    let held = judge(&pieces, "s", (&[], &[(key(), 220)], &["y.csv"]), &keeps(), &mut []);
    assert_eq!((held.len(), held[0].now.rows, held[0].before.rows), (1, 0, 220));
    for (source, file, is_of, want) in [
        ("s", "x-001.csv", false, 1),
        ("s", "y.csv", true, 1),
        ("s", "y.csv", false, 0),
        ("other", "x-001.csv", true, 0),
    ] {
        assert_eq!(emptied(&pieces, source, &[file], &|_| is_of).len(), want, "{source} {file}");
    }
}

#[test]
fn what_is_held_back_of_a_file_lets_the_rest_come_where_that_is_whole() {
    let held = |why| [Held { key: key(), before: Figures::default(), now: Figures::default(), came: 0, why }];
    let (shrinks, lacks) = (held(Why::Shrinks(1, None)), held(Why::Lacks("x-000.csv".into())));
    for (what, held, period, other, want) in [
        ("another is new", &shrinks, None, Fate::New, true),
        ("another is older", &shrinks, None, Fate::Older, false),
        ("pieces are not whole", &lacks, None, Fate::New, false),
        ("it is a billing period", &shrinks, Some(FIRST.month()), Fate::New, false),
    ] {
        assert_eq!(is_apart(held, period, &[Fate::HeldBack, other]), want, "{what}");
    }
}

#[test]
fn what_is_held_back_is_said_with_what_was_and_what_would_be() {
    let whole = stored(part(0..22, 10, PRICE * 1_000_000_000_000_000), &["a.csv"]);
    let mut fates = [Fate::New];
    let part = part(0..1, 10, PRICE * 1_000_000_000_000_000);
    let (fingerprint, account_name) = (crate::domain::sketch::Fingerprint::default(), String::new());
    let incoming = Incoming { key: key(), account_name, part, fingerprint, incomplete: false };
    let held = judge(&whole, "s", (&[incoming], &[], &["a.csv"]), &keeps(), &mut fates);
    let error = refuse(&held, |_| Some("USD".into()));
    let want = format!(
        "{} has 10 charges on 1 day (10.00 USD) here, nothing of 21 days from 2024-10-05 on; 220 charges on 22 days \
         (220.00 USD) are stored: held back, what came on 1970-01-01 stays",
        key().name()
    );
    assert_eq!((error.message, error.cause), (want, Some(Cause::HeldBack)));
    assert!(refuse(&held, |_| None).message.contains(" has 10 charges on 1 day here, "));
}
