//! Commands on a store in a folder: imports, damage, what is kept apart.

use super::*;

/// A folder with a store of the demo's last days, and the words that name it.
pub(super) fn demo_store() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("folder");
    let place = folder.path().join("store");
    let store = crate::store::Store::open(&place, &[]).expect("open");
    fill_with_demo_days(&store, 1, today(), 2).expect("filled");
    let flags = format!("--data-dir {} --as-of {}", place.display(), today());
    (folder, flags)
}

#[test]
fn a_bill_is_not_added_to_the_demo() {
    let (folder, flags) = demo_store();
    let bill = folder.path().join("bill.csv");
    let text = "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName\n\
                USD,1,2024-09-14T00:00:00Z,2024-09-15T00:00:00Z,AWS\n";
    std::fs::write(&bill, text).expect("write");
    let import = format!("spendtop import {} {flags}", bill.display());
    for words in [import.clone(), format!("{import} --dry-run")] {
        let error = run_words(&words).2.expect_err("refused");
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message.contains("holds the demo company"), "{error}");
        assert!(error.hints.iter().any(|h| h.contains("spendtop imports rm 1")), "{:?}", error.hints);
    }
    let error = run_words(&format!("{import} --source demo")).2.expect_err("reserved");
    assert!(error.message.contains("the generated company's"), "{error}");
    assert_eq!(run_words(&format!("spendtop imports rm 1 --yes {flags}")).2, Ok(0));
    assert_eq!(run_words(&import).2, Ok(0), "as the hint says");
}

#[test]
fn an_export_gives_a_terminal_no_raw_text() {
    let mut out = Vec::new();
    let mut err = Vec::new();
    let cli = parsed("spendtop export --demo --format csv -o -");
    let error = run(&cli, &mut Streams::new(&mut out, &mut err, Some(80), true)).expect_err("refused");
    assert_eq!((error.kind, out.len()), (Kind::Usage, 0));
    assert!(error.hints.iter().any(|h| h.contains("redirect it, or name a file")), "{:?}", error.hints);
}

#[test]
fn a_check_fails_where_something_committed_is_gone_and_only_there() {
    let (folder, flags) = demo_store();
    let place = folder.path().join("store");
    let check = format!("spendtop store check {flags}");
    std::fs::write(place.join("generation"), "nonsense").expect("write");
    let (out, err, code) = run_words(&check);
    // The manifest's copy says as much as the note did.
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    assert!(out.starts_with("sound: "), "{out}");
    for note in ["generation", "witness"] {
        std::fs::write(place.join(note), "nonsense").expect("write");
    }
    // Neither says any more how many commits there were: the newest may be gone without a trace.
    let (out, err, code) = run_words(&check);
    assert!(err.contains("every charge that is here was verified") && err.contains("may be too low"), "{err}");
    assert_eq!((out.contains("lost: "), code.map_err(|e| e.kind)), (true, Err(Kind::Store)));
    assert!(run_words(&check).1.contains("may be too low"), "told once and no more");
    assert_eq!(run_words(&format!("spendtop store accept-loss {flags}")).2, Ok(0));
    assert_eq!(run_words(&check).2, Ok(0));
    std::fs::remove_dir_all(place.join("db")).expect("remove");
    assert_eq!(run_words(&check).2.map_err(|e| e.kind), Err(Kind::Store));
}

#[test]
fn what_damage_took_is_told_until_it_is_here_again_or_accepted() {
    let folder = tempfile::tempdir().expect("folder");
    let bill = folder.path().join("bill.csv");
    let text = "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId\n\
                USD,7,2024-09-14T00:00:00Z,2024-09-15T00:00:00Z,AWS,1\n";
    std::fs::write(&bill, text).expect("write");
    let place = folder.path().join("store");
    let flags = format!("--as-of 2024-09-15 --data-dir {}", place.display());
    let import = format!("spendtop import {} {flags}", bill.display());
    let query = format!("spendtop query --metric billed --by none --last 30d --format json {flags}");
    assert_eq!(run_words(&import).2, Ok(0));
    let sound = run_words(&query);
    assert_eq!((sound.1.as_str(), &sound.2), ("", &Ok(0)));
    let lose = || std::fs::remove_dir_all(place.join("db")).expect("remove");
    lose();
    for _ in 0..2 {
        let (out, err, code) = run_words(&query);
        assert_eq!((out.trim(), code), ("[]", Ok(0)));
        assert!(err.contains("damage took charges") && err.contains("AWS 1 2024-09"), "{err}");
        let (out, _, code) = run_words(&format!("spendtop store check {flags}"));
        assert!(out.contains("lost: AWS 1 2024-09: 1 charges of") && out.contains("bill.csv"), "{out}");
        let error = code.expect_err("lost");
        assert!(error.kind == Kind::Store && error.hints[0].contains("bill.csv"), "{error:?}");
        let (out, _, _) = run_words(&format!("spendtop imports list {flags}"));
        assert!(out.contains("bill.csv  (1 charges lost to damage)"), "{out}");
    }
    assert_eq!(run_words(&import).2, Ok(0), "not stored already");
    assert_eq!(run_words(&query), sound);
    for way_out in ["imports rm 2 --yes", "store accept-loss"] {
        assert!(run_words(&import).2.is_ok());
        lose();
        assert!(run_words(&query).1.contains("damage took charges"));
        assert_eq!(run_words(&format!("spendtop {way_out} {flags}")).2, Ok(0), "{way_out}");
        assert!(!run_words(&query).1.contains("damage"), "{way_out}");
        assert_eq!(run_words(&format!("spendtop store check {flags}")).2, Ok(0), "{way_out}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_fault_of_the_store() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams::new(&mut out, &mut err, None, false);
    let error = streams.failed(&std::io::ErrorKind::StorageFull.into());
    assert_eq!((error.kind, streams.is_reader_gone()), (Kind::Usage, false));
}

#[test]
fn a_file_is_no_store_and_a_failed_restore_leaves_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("bill.csv");
    std::fs::write(&file, "BilledCost\n").expect("write");
    for words in ["store check", "query", "import x.csv"] {
        let error = run_words(&format!("spendtop {words} --data-dir {}", file.display())).2.expect_err(words);
        assert!(error.kind == Kind::Usage && error.message.contains("is a file"), "{error:?}");
    }
    let fresh = folder.path().join("fresh");
    let restore = format!("spendtop store restore {} --data-dir {}", file.display(), fresh.display());
    assert_eq!(run_words(&restore).2.map_err(|e| e.kind), Err(Kind::Usage));
    assert!(!fresh.exists(), "a folder was left behind");
}

/// A bill of so many charges of an account.
fn bill(folder: &std::path::Path, name: &str, account: &str, charges: std::ops::Range<u32>) -> String {
    let mut text =
        "BillingCurrency,BilledCost,ChargePeriodStart,ChargePeriodEnd,ProviderName,BillingAccountId,ResourceId\n"
            .to_owned();
    for charge in charges {
        text.push_str(&format!("USD,1,2024-09-14T00:00:00Z,2024-09-15T00:00:00Z,AWS,{account},r-{charge}\n"));
    }
    let path = folder.join(name);
    std::fs::write(&path, text).expect("write");
    path.display().to_string()
}

#[test]
fn an_import_says_which_source_counts_and_how_to_change_that() {
    let folder = tempfile::tempdir().expect("folder");
    let flags = format!("--data-dir {} --as-of {}", folder.path().join("store").display(), today());
    let import = |words: &str| run_words(&format!("spendtop import {words} {flags}"));
    let (full, small) = (bill(folder.path(), "full.csv", "a", 0..500), bill(folder.path(), "small.csv", "a", 0..1));
    let (_, err, code) = import(&format!("--source cur {full}"));
    assert_eq!((err.as_str(), code), ("", Ok(0)));
    let want = "note: 1 account period counts from source `cur`, as before; what these files hold of it is kept, not added\n  \
                AWS a 2024-09: billed 500.00 USD, these files 1.00 USD\n  \
                hint: to let these files count there, remove what counts: `spendtop imports rm 1`\n";
    for again in [false, true] {
        let (out, err, code) = import(&format!("--source tst {small}"));
        assert_eq!((err.as_str(), code), (want, Ok(0)));
        assert!(
            out.contains(if again { "already stored; nothing to do: 1 charges" } else { "took 1 charges" }),
            "{out}"
        );
    }
    let (_, err, code) = run_words(&format!("spendtop imports rm 1 --yes {flags}"));
    assert_eq!((err.as_str(), code), ("note: 1 account period counts from source `tst` now\n", Ok(0)));
}

#[test]
fn an_import_says_what_is_left_out_and_what_does_not_come_back() {
    let folder = tempfile::tempdir().expect("folder");
    let flags = format!("--data-dir {} --as-of {}", folder.path().join("store").display(), today());
    let import = |words: &str| run_words(&format!("spendtop import {words} {flags}"));
    let first = bill(folder.path(), "a.csv", "a", 0..10);
    let (out, _, code) = import(&first);
    assert_eq!(code, Ok(0));
    assert!(out.ends_with("import 1; `spendtop imports rm 1` removes its charges\n"), "{out}");
    let second = bill(folder.path(), "b.csv", "a", 10..20);
    let (out, _, code) = import(&format!("--part {first} {second}"));
    assert_eq!(code, Ok(0));
    assert!(out.contains("a.csv: already stored\n") && out.contains("AWS a 2024-09: 10 charges added\n"), "{out}");
    let (out, _, code) = import(&format!("--part {first} {second}"));
    assert_eq!((out.lines().last(), code), (Some("already stored; nothing to do"), Ok(0)));
    let newer = bill(folder.path(), "c.csv", "a", 0..21);
    let (out, _, code) = import(&newer);
    assert_eq!(code, Ok(0));
    assert!(
        out.ends_with("removes its charges, but what it replaced only comes back by importing the older files again\n"),
        "{out}"
    );
    let (_, err, code) = run_words(&format!("spendtop imports rm 3 --yes {flags}"));
    assert_eq!(code, Ok(0));
    assert!(err.contains("note: What it replaced, if anything, is not stored any more"), "{err}");
}
