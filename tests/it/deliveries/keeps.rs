//! Files that would take away what is stored: held back, said, and the others taken all the same.

use super::*;

/// A charge a day of a month, so many days at a price.
fn days(month: &str, days: std::ops::RangeInclusive<u32>, price: u32) -> String {
    let row = |day: u32| format!("\n{price},{month}-{day:02},{month}-{:02},USD,AWS,1,r-{day}", day + 1);
    format!("{HEADER}{}\n", days.map(row).collect::<String>())
}

/// What is told of a world whose file is held back.
fn held(world: &World) -> String {
    assert_eq!(world.pass().failed, 1);
    let trouble = world.standing().trouble.expect("told");
    assert!(trouble.hints.iter().all(|hint| !hint.is_empty()) && !trouble.hints.is_empty());
    trouble.message
}

#[test]
fn a_file_that_was_cut_short_is_held_back_until_it_is_whole() {
    let world = World::new();
    world.put("oct.csv", &days("2026-10", 1..=30, 1), 0);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(30)));
    world.put("oct.csv", &days("2026-10", 1..=20, 1), 5);
    world.put("sep.csv", &days("2026-09", 1..=10, 1), 6);
    let message = held(&world);
    assert!(
        message.starts_with(
            "`oct.csv`: AWS 1 2026-10 has 20 charges on 20 days (20.00 USD) here, nothing of 10 days from 2026-10-21 on; \
             30 charges on 30 days (30.00 USD) are stored: held back, what came on 2026-11-21 stays"
        ),
        "{message}"
    );
    assert_eq!(world.sum(), usd(40), "what is stored stays, and all else comes");
    let trouble = world.standing().trouble.expect("told");
    let path = world.path("oct.csv").to_string_lossy().into_owned();
    assert!(trouble.hints[1].contains(&format!("spendtop import --replace --source folder.f '{path}'")), "{trouble:?}");
    // Half of the charges of each day, an empty month and an empty file are no better.
    world.put("oct.csv", &days("2026-10", 1..=30, 1).replace("\n1,", "\n0,"), 7);
    assert!(held(&world).contains("(0.00 USD) here"));
    world.put("oct.csv", &format!("{HEADER}\n"), 8);
    assert!(held(&world).contains("has 0 charges on 0 days (0.00 USD) here"));
    world.put("oct.csv", "", 9);
    assert!(held(&world).contains("`oct.csv` is empty: what is stored stays"));
    assert_eq!(world.sum(), usd(40));
    world.put("oct.csv", &days("2026-10", 1..=30, 2), 10);
    assert_eq!((world.pass().failed, world.sum(), world.standing().trouble), (0, usd(70), None));
}

#[test]
fn an_account_period_that_is_held_back_holds_no_other_of_its_file_up() {
    let world = World::new();
    // Written anew each day with the last thirty days.
    let both = |october: std::ops::RangeInclusive<u32>, november| {
        let november = days("2026-11", november, 1);
        format!("{}{}", days("2026-10", october, 1), november.split_once('\n').expect("rows").1)
    };
    world.put("current.csv", &both(2..=30, 1..=1), 0);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(30)));
    for (day, minutes) in [(3, 5), (4, 6)] {
        world.put("current.csv", &both(day..=30, 1..=day - 1), minutes);
        let message = held(&world);
        assert!(message.starts_with(&format!("`current.csv`: AWS 1 2026-10 has {} charges", 31 - day)), "{message}");
        assert_eq!(world.sum(), usd(29 + day - 1), "what is held back stays, and the rest comes");
        let run = world.runs().remove(0);
        assert_eq!(run.rows, u64::from(day) - 1, "only what was stored counts");
        assert!(run.trouble.is_some_and(|trouble| trouble.message.contains("2026-10 has")));
        let delivered = world.vault.0.manifest().scopes["folder.f"].deliveries["current.csv"].clone();
        assert!(delivered.version.ends_with(" in part"), "{delivered:?}");
    }
    // It is said as long as it is so, and a newer file tells all of it.
    held(&world);
    world.put("current.csv", &both(1..=30, 1..=4), 8);
    assert_eq!((world.pass().failed, world.sum(), world.standing().trouble), (0, usd(34), None));
}

#[test]
fn a_file_whose_every_account_period_is_held_back_changes_nothing() {
    let world = World::new();
    world.put("oct.csv", &days("2026-10", 1..=30, 1), 0);
    world.pass();
    let before = world.vault.0.manifest().imports.len();
    world.put("oct.csv", &days("2026-10", 4..=30, 1), 5);
    let message = held(&world);
    assert!(message.contains("nothing of 3 days from 2026-10-01 on"), "{message}");
    assert_eq!((world.vault.0.manifest().imports.len(), world.sum()), (before, usd(30)));
}

#[test]
fn what_a_person_takes_all_the_same_is_held_back_no_more() {
    let world = World::new();
    world.put("oct.csv", &days("2026-10", 1..=30, 1), 0);
    world.pass();
    world.put("oct.csv", &days("2026-10", 1..=5, 1), 5);
    held(&world);
    let mut files =
        spendtop::provider::files::BillingFiles::new("folder.f", &[world.path("oct.csv")], 1).expect("a file");
    let decisions = spendtop::sync::groups::Decisions { replace: true, ..Default::default() };
    let options = Options { decisions, ..Options::default() };
    ingest(&world.vault.0, &mut files, &options, &crate::support::Problems::default()).expect("imported");
    assert_eq!((world.pass().failed, world.sum(), world.standing().trouble), (0, usd(5), None));
}

#[test]
fn a_month_that_ends_and_another_that_begins_pass() {
    let world = World::new();
    for (content, minutes, want) in [
        (days("2026-10", 1..=20, 1), 0, 20),
        (days("2026-10", 1..=30, 1), 5, 30),
        // Some charges are restated, and a few are gone.
        (days("2026-10", 1..=30, 1).replace("\n1,2026-10-07", "\n3,2026-10-07"), 6, 32),
        (days("2026-11", 1..=3, 1), 7, 35),
    ] {
        world.put("bill.csv", &content, minutes);
        assert_eq!((world.pass().failed, world.sum()), (0, usd(want)));
    }
}

#[test]
fn of_months_to_date_the_one_that_reaches_furthest_counts_whatever_their_dates() {
    for minutes in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
        let world = World::new();
        for (days_told, at) in [15, 18, 20].into_iter().zip(minutes) {
            world.put(&format!("nov-{days_told}.csv"), &days("2026-11", 1..=days_told, 1), at);
        }
        assert_eq!((world.pass().failed, world.sum()), (0, usd(20)), "{minutes:?}");
        assert_eq!((world.pass().stored, world.standing().trouble), (0, None));
    }
}

#[test]
fn an_older_file_that_is_put_there_anew_is_held_back() {
    let world = World::new();
    world.put("nov-18.csv", &days("2026-11", 1..=18, 1), 0);
    world.put("nov-20.csv", &days("2026-11", 1..=20, 1), 5);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(20)));
    // Copied over, so that it was written after the other came.
    world.put("nov-18.csv", &days("2026-11", 1..=18, 2), (11 * 24 + 12) * 60);
    assert!(held(&world).contains("`nov-18.csv`: AWS 1 2026-11 has 18 charges"));
    assert_eq!(world.sum(), usd(20));
}

#[test]
fn pieces_whose_first_ones_were_taken_away_are_not_a_bill() {
    let world = World::new();
    for piece in 0..4 {
        world.put(&format!("bills-00{piece}.csv"), &bill("2026-10", piece * 10..piece * 10 + 10, 1), 0);
    }
    assert_eq!((world.pass().failed, world.sum()), (0, usd(40)));
    for gone in 0..3 {
        std::fs::remove_file(world.path(&format!("bills-00{gone}.csv"))).expect("removed");
        if gone == 0 {
            // What is left as it was takes nothing away.
            assert_eq!((world.pass().failed, world.sum()), (0, usd(40)));
        }
        for piece in gone + 1..4 {
            let restated = bill("2026-10", piece * 10..piece * 10 + 10, 2 + gone);
            world.put(&format!("bills-00{piece}.csv"), &restated, 5 + u64::from(gone));
        }
        let message = held(&world);
        assert!(message.contains("bills-000.csv` is not there, and pieces after it are"), "{message}");
        assert_eq!(world.sum(), usd(40));
    }
}

#[test]
fn an_older_file_that_was_refused_does_not_take_the_newer_ones_place_later() {
    let broken = format!("{}2,someday,2026-10-02,USD,AWS,1,r-99\n", bill("2026-10", 0..21, 2));
    // Whether it is mended under its date, or written anew.
    for (minutes, failed) in [(5, 0), (20, 1)] {
        let world = World::new();
        world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
        world.pass();
        world.put("oct-v1.csv", &broken, 5);
        assert_eq!(world.pass().failed, 1);
        world.put("oct-v2.csv", &bill("2026-10", 0..22, 3), 10);
        assert_eq!((world.pass().failed, world.sum()), (1, usd(66)));
        world.put("oct-v1.csv", &bill("2026-10", 0..21, 2), minutes);
        assert_eq!((world.pass().failed, world.sum()), (failed, usd(66)));
        if failed > 0 {
            let trouble = world.standing().trouble.expect("told");
            assert!(trouble.message.contains("which is newer now is not known"), "{trouble:?}");
        }
        assert_eq!((world.pass().failed, world.sum()), (failed, usd(66)));
    }
}

#[test]
fn a_newer_file_that_was_refused_takes_its_place_once_it_is_mended() {
    let broken = format!("{}2,someday,2026-10-02,USD,AWS,1,r-99\n", bill("2026-10", 0..21, 2));
    let world = World::new();
    world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
    world.put("oct-corrected.csv", &broken, 5);
    assert_eq!((world.pass().failed, world.sum()), (1, usd(20)), "the older one came in the same run");
    // Written anew, first as it was.
    world.put("oct-corrected.csv", &broken, 10);
    assert_eq!((world.pass().failed, world.sum()), (1, usd(20)));
    world.put("oct-corrected.csv", &bill("2026-10", 0..21, 2), 20);
    assert_eq!((world.pass().failed, world.sum(), world.standing().trouble), (0, usd(42), None));
}

#[test]
fn which_is_newer_is_not_known_where_the_newer_one_came_in_the_run_that_refused_the_older() {
    let broken = format!("{}2,someday,2026-10-02,USD,AWS,1,r-99\n", bill("2026-10", 0..21, 2));
    let world = World::new();
    world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
    world.pass();
    world.put("oct-v1.csv", &broken, 5);
    world.put("oct-v2.csv", &bill("2026-10", 0..22, 3), 10);
    assert_eq!((world.pass().failed, world.sum()), (1, usd(66)));
    for minutes in [20, 30] {
        world.put("oct-v1.csv", &bill("2026-10", 0..21, 2), minutes);
        assert!(held(&world).contains("which is newer now is not known"));
    }
    assert_eq!(world.sum(), usd(66));
}

#[test]
fn what_an_older_file_tells_besides_comes() {
    let world = World::new();
    world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
    world.pass();
    let both = format!("{}{}", bill("2026-10", 0..21, 2), bill("2026-09", 0..10, 1).split_once('\n').expect("rows").1);
    world.put("both.csv", &format!("{both}2,someday,2026-10-02,USD,AWS,1,r-99\n"), 5);
    assert_eq!(world.pass().failed, 1);
    world.put("oct-v2.csv", &bill("2026-10", 0..22, 3), 10);
    world.pass();
    world.put("both.csv", &both, 5);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(76)));
    assert_eq!(world.pass().stored, 0);
    let note = "older than what is stored, which stays: AWS 1 2026-10";
    let run = world.runs().into_iter().find(|run| run.notes.iter().any(|told| told == note)).expect("told");
    assert_eq!(run.rows, 10, "only what was stored counts");
}

#[test]
fn a_file_that_is_being_written_is_told() {
    let world = World::new();
    world.put("oct.csv", &bill("2026-10", 0..20, 1), 0);
    // At the very moment of the first look.
    world.put("nov.csv", &bill("2026-11", 0..3, 1), 11 * 24 * 60);
    assert_eq!((world.pass().failed, world.sum()), (0, usd(20)));
    assert_eq!(world.standing().left.as_deref(), Some("`nov.csv` was written just now: left until nobody writes"));
    assert_eq!((world.pass().failed, world.sum(), world.standing().left), (0, usd(23), None));
}
