//! What a day usually costs where weekends cost less.

use super::*;

/// Weeks up to a Saturday whose working days cost 600 and whose others 450, with another cost on its last days.
fn weeks(saturday: Day, last: &[(i32, i64)]) -> LocalEngine {
    let mut text = String::from(COLUMNS);
    for day in (saturday.0 - 40..=saturday.0).map(Day) {
        let usual = if day.weekday().num_days_from_monday() < 5 { 600 } else { 450 };
        let of_day = last.iter().find(|(before, _)| saturday.plus(-before) == day).map(|(_, cost)| *cost);
        charge(&mut text, day.0, ("AWS", "Amazon EC2", "Usage"), of_day.unwrap_or(usual));
    }
    let store = Arc::new(Store::in_memory(&[]));
    bills::import(&store, "bill", &text, saturday.seconds());
    engine(store, vec![Rule { above: crate::domain::money::Amount::whole(100), ..rule(Of::Spike) }])
}

#[test]
fn a_day_is_held_against_its_own_weekday() {
    let saturday = Day(TODAY).week_start().plus(-2);
    let at = Moment { at: saturday.plus(1).seconds() + 9 * 3_600, offset: 0 };
    let told_of = |last: &[(i32, i64)]| {
        let engine = weeks(saturday, last);
        look(&engine, at);
        (told(&engine), stand(&engine).outbox.into_values().next().map(|letter| letter.message.lines))
    };
    let (headlines, lines) = told_of(&[(0, 837)]);
    assert_eq!(headlines, [format!("warning: spend on {saturday} is 837.00 USD so far, usually 450.00 USD")]);
    let named: Vec<String> = lines.expect("lines").iter().map(|line| line.raw().to_owned()).collect();
    assert_eq!(named, ["Amazon Elastic Compute Cloud: +387.00 USD"]);
    let friday = saturday.plus(-1);
    let (headlines, _) = told_of(&[(1, 837)]);
    assert_eq!(headlines, [] as [&str; 0], "+40 % of a Friday");
    let (headlines, _) = told_of(&[(1, 950)]);
    assert_eq!(headlines, [format!("warning: spend on {friday} is 950.00 USD, usually 600.00 USD")]);
}
