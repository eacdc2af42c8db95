//! Numbered pieces of one bill, by their names alone: `bills-000.csv`, `bills-001.csv`, as BigQuery, splitters
//! and copies of clouds' exports name them. Pure: looks into no file.
//!
//! Pieces are counted together. A name that only looks like one must not be: versions of a bill that were taken
//! for pieces would count twice. So numbers have at least three digits (fewer are days, months and versions), as
//! many in each name, and begin at 0 or 1; a file of a set that does not is a bill of its own. A set that leaves
//! out a number is not whole yet, and no bill until it is. Where it begins says nothing by itself: whether its first
//! pieces were taken away is told by those that came before ([`taken_away`]).

use std::collections::BTreeMap;

use super::super::remote::{Fault, FaultKind};
use crate::domain::text::SafeText;

/// Digits of a piece's number.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=12;

/// Endings that a billing file's name may have, one after the other.
const ENDINGS: [&str; 8] = [".gz", ".zst", ".zstd", ".snappy", ".csv", ".jsonl", ".ndjson", ".parquet"];

/// A bill: one file, or several that are its pieces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bill<T> {
    /// What it is called, however many pieces it has: a file's name, or `bills-*.csv`.
    pub name: String,
    /// Its files, in the order of their numbers.
    pub files: Vec<T>,
    /// The first number that is left out, as its name would write it.
    pub lacks: Option<String>,
}

/// That a piece of a bill is not there, as [`Bill::lacks`] names it.
#[must_use]
pub fn lacking(piece: &str) -> Fault {
    let what = format!("`{}` is not there, and pieces after it are", SafeText::from_outside(piece));
    Fault::new(FaultKind::NotThere, what)
        .hint("nothing of that bill is taken until all of its pieces are there")
        .hint("bills of their own must have other names than pieces have (`NAME-001.csv`, `NAME-002.csv`)")
}

/// The first piece of a bill that came before, where it was taken away and pieces after it are here still: what is
/// here is not all of it, whatever the numbers begin at. `before` are the files of what came, `here` those that are
/// to take their place.
#[must_use]
pub fn taken_away(before: &[&str], here: &[&str]) -> Option<String> {
    let (before, here) = (firsts(before), firsts(here));
    let is_gone =
        |(set, (first, _)): &(&Set<'_>, &(u64, &str))| *first <= 1 && here.get(*set).is_some_and(|now| now.0 > *first);
    before.iter().find(is_gone).map(|(_, (_, name))| (*name).to_owned())
}

/// The lowest number of each set, with the name that has it.
fn firsts<'n>(names: &[&'n str]) -> BTreeMap<Set<'n>, (u64, &'n str)> {
    let mut firsts = BTreeMap::new();
    for name in names {
        let Some((set, number)) = piece(name).and_then(|(set, digits)| Some((set, number(digits)?))) else { continue };
        let first = firsts.entry(set).or_insert((number, *name));
        *first = (*first).min((number, *name));
    }
    firsts
}

/// What the name of a piece consists of, besides its number.
type Set<'n> = (&'n str, &'n str);

/// Puts pieces of one bill together; `name` is a file's, with the folder that it lies in. In the order of names.
pub fn together<T>(files: Vec<T>, name: impl Fn(&T) -> String) -> Vec<Bill<T>> {
    let mut named: Vec<(String, T)> = files.into_iter().map(|file| (name(&file), file)).collect();
    named.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut sets: BTreeMap<Set<'_>, Vec<&str>> = BTreeMap::new();
    for (set, digits) in named.iter().filter_map(|(name, _)| piece(name)) {
        sets.entry(set).or_default().push(digits);
    }
    sets.retain(|_, digits| digits.iter().all(|d| d.len() == digits[0].len()) && number(digits[0]) <= Some(1));
    let places: Vec<(String, Option<String>)> = named.iter().map(|(name, _)| place(name, &sets)).collect();
    let mut bills: BTreeMap<String, Bill<T>> = BTreeMap::new();
    for ((name, lacks), (_, file)) in places.into_iter().zip(named) {
        let bill = bills.entry(name.clone()).or_insert(Bill { name, files: Vec::new(), lacks });
        bill.files.push(file);
    }
    bills.into_values().collect()
}

/// The name of the bill that a file is of, and what that lacks.
fn place(name: &str, sets: &BTreeMap<Set<'_>, Vec<&str>>) -> (String, Option<String>) {
    let of_set = piece(name).and_then(|(set, _)| sets.get(&set).map(|digits| (set, digits)));
    let Some(((stem, ending), digits)) = of_set else { return (name.to_owned(), None) };
    let next = |pair: &[&str]| number(pair[0]).map(|n| n + 1).filter(|next| number(pair[1]) != Some(*next));
    let lacks = digits.windows(2).find_map(next);
    let lacks = lacks.map(|n| format!("{stem}{n:0width$}{ending}", width = digits[0].len()));
    (format!("{stem}*{ending}"), lacks)
}

fn number(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

/// The set of a piece, and its number's digits.
fn piece(name: &str) -> Option<(Set<'_>, &str)> {
    let mut bare = name;
    while let Some(rest) = ENDINGS.iter().find_map(|ending| bare.strip_suffix(ending)) {
        bare = rest;
    }
    let stem = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &bare[stem.len()..];
    let is_piece = stem.ends_with(['-', '_', '.']) && DIGITS.contains(&digits.len());
    is_piece.then_some(((stem, &name[bare.len()..]), digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bills(names: &[&str]) -> Vec<(String, usize)> {
        let bills = together(names.to_vec(), |name| (*name).to_owned());
        bills.into_iter().inspect(|bill| assert_eq!(bill.lacks, None)).map(|b| (b.name, b.files.len())).collect()
    }

    #[test]
    fn pieces_are_one_bill_from_the_first_on() {
        for (names, want) in [
            (&["b/bills-001.csv", "b/bills-000.csv"][..], &[("b/bills-*.csv", 2)][..]),
            (&["bills-000.csv"], &[("bills-*.csv", 1)]),
            (&["x-000000000000.csv.gz", "x-000000000001.csv.gz"], &[("x-*.csv.gz", 2)]),
            (&["part_0_0001.csv", "part_0_0002.csv"], &[("part_0_*.csv", 2)]),
            (&["a/x-001.parquet", "b/x-001.parquet"], &[("a/x-*.parquet", 1), ("b/x-*.parquet", 1)]),
            (&["x-001.csv", "x-001.csv.gz"], &[("x-*.csv", 1), ("x-*.csv.gz", 1)]),
        ] {
            let want: Vec<(String, usize)> = want.iter().map(|(name, files)| ((*name).to_owned(), *files)).collect();
            assert_eq!(bills(names), want, "{names:?}");
        }
        let in_order = together(vec!["x-002.csv", "x-001.csv"], |name| (*name).to_owned());
        assert_eq!(in_order[0].files, ["x-001.csv", "x-002.csv"]);
    }

    #[test]
    fn what_only_looks_like_pieces_is_not() {
        for names in [
            &["oct-v1.csv", "oct-v2.csv"][..],
            &["bills-2026-10.csv", "bills-2026-11.csv"],
            &["bills-20261101.csv", "bills-20261102.csv"],
            &["bills-1.csv", "bills-2.csv"],
            &["x-002.csv", "x-003.csv"],
            &["x001.csv", "x002.csv"],
            &["x-0001.csv", "x-001.csv"],
            &["001.csv"],
            &["x-.csv", "x.csv", "\u{e9}-1.csv"],
        ] {
            let want: Vec<(String, usize)> = names.iter().map(|name| ((*name).to_owned(), 1)).collect();
            assert_eq!(bills(names), want);
        }
    }

    #[test]
    fn pieces_whose_first_ones_were_taken_away_are_not_all_of_what_came() {
        let four = ["b/x-000.csv", "b/x-001.csv", "b/x-002.csv", "b/x-003.csv"];
        for (before, here, want) in [
            (&four[..], &four[1..], Some("b/x-000.csv")),
            (&four[..], &four[3..], Some("b/x-000.csv")),
            (&four[1..], &four[2..], Some("b/x-001.csv")),
            // A newer run has fewer, or the same.
            (&four[..], &four[..1], None),
            (&four[..], &four[..], None),
            // Bills of their own, which numbers only tell apart.
            (&["b/x-123.csv"][..], &["b/x-124.csv"][..], None),
            (&four[..], &["a/x-001.csv"], None),
            (&["x.csv"], &["y.csv"], None),
        ] {
            assert_eq!(taken_away(before, here).as_deref(), want, "{before:?} {here:?}");
        }
    }

    #[test]
    fn a_set_that_leaves_out_a_number_is_not_whole() {
        let bills = together(vec!["x-000.csv", "x-003.csv", "x-001.csv", "y.csv"], |name| (*name).to_owned());
        let told: Vec<(&str, Option<&str>)> = bills.iter().map(|b| (b.name.as_str(), b.lacks.as_deref())).collect();
        assert_eq!(told, [("x-*.csv", Some("x-002.csv")), ("y.csv", None)]);
    }
}
