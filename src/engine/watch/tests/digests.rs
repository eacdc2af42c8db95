//! A day's summary where charges come late.

use super::*;

/// A store with AWS up to a day, and Google Cloud, which costs more, up to another.
fn two(aws: i32, google: i32) -> Arc<Store> {
    let store = Arc::new(Store::in_memory(&[]));
    come(&store, aws, google);
    store
}

fn come(store: &Store, aws: i32, google: i32) {
    let taken_at = Day(aws.max(google)).seconds() + 6 * 3_600;
    bills::import(store, "aws", &bill(TODAY - 40..aws, 100), taken_at);
    let mut text = String::from(COLUMNS);
    (TODAY - 40..google).for_each(|day| charge(&mut text, day, ("Google Cloud", "Compute Engine", "Usage"), 300));
    bills::import(store, "google", &text, taken_at);
}

/// What the newest summary says: its title, its figure, and who has not come.
fn newest(engine: &LocalEngine) -> (String, String, Option<String>) {
    let letters = stand(engine).outbox;
    let message = letters.into_values().map(|letter| letter.message).max_by_key(|message| message.key.clone());
    let message = message.expect("a summary");
    let missing = message.lines.iter().map(|line| line.raw()).find(|line| line.contains("not in yet"));
    (message.title.raw().to_owned(), message.figures[0].1.raw().to_owned(), missing.map(str::to_owned))
}

#[test]
fn a_day_that_has_come_of_some_is_waited_for_and_the_one_before_it_is_told() {
    let engine = engine(two(TODAY, TODAY - 1), vec![rule(Of::Digest)]);
    look(&engine, at(8));
    let (before, last) = (Day(TODAY - 2), Day(TODAY - 1));
    let whole = "420.00 USD (+0.0 % on the day before)".to_owned();
    let missing = format!("1 of 2 days not in yet: Google Cloud {last}");
    assert_eq!(newest(&engine), (format!("spend, {before}: 420.00 USD"), whole.clone(), Some(missing)));
    come(engine.store(), TODAY, TODAY);
    look(&engine, at(10));
    assert_eq!(newest(&engine), (format!("spend, {last}: 420.00 USD"), whole, None));
    assert!(!look(&engine, at(11)), "once");
}

#[test]
fn whoever_has_long_not_come_is_named_and_not_missed_in_the_figures() {
    let engine = engine(two(TODAY, TODAY - 5), vec![rule(Of::Digest)]);
    look(&engine, at(8));
    let last = Day(TODAY - 1);
    let same = "120.00 USD (+0.0 % on the day before, of the same providers)".to_owned();
    let missing = format!("1 of 1 day not in yet: Google Cloud {last}");
    assert_eq!(newest(&engine), (format!("spend, {last}, not all in: 120.00 USD"), same, Some(missing)));
}

#[test]
fn charges_that_come_days_late_have_their_summary_each_day_all_the_same() {
    for late in 0..=6 {
        let engine = engine(two(TODAY - late - 1, TODAY - late - 1), vec![rule(Of::Digest)]);
        for day in 0..4 {
            come(engine.store(), TODAY - late + day, TODAY - late + day);
            look(&engine, Moment { at: at(8).at + i64::from(day) * DAY_SECONDS, offset: 0 });
            let of = Day(TODAY - late + day - 1);
            assert_eq!(newest(&engine).0, format!("spend, {of}: 420.00 USD"), "{late} days late, on day {day}");
        }
        assert_eq!(told(&engine).len(), 4, "one a day");
    }
}
