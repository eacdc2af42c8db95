//! What has not come yet, in the chart of weeks and months.

use super::fake::{Mood, Session, colours};
use crate::domain::calendar::Granularity;
use crate::domain::period::PeriodSpec;
use crate::tui::tab::spend::ahead;

#[test]
fn weeks_and_months_that_have_not_come_whole_are_foretold() {
    for (period, granularity, wanted) in [
        (PeriodSpec::ThisMonth, Granularity::Week, 1),
        (PeriodSpec::ThisYear, Granularity::Month, 2),
        (PeriodSpec::LastDays(90), Granularity::Week, 10),
        (PeriodSpec::LastDays(90), Granularity::Month, 3),
        (PeriodSpec::LastMonth, Granularity::Week, 0),
        (PeriodSpec::LastDays(2), Granularity::Hour, 0),
    ] {
        let mut s = Session::new(Mood::Demo, (120, 36), colours());
        s.app.lens.period = period;
        s.app.lens.granularity = granularity;
        s.start();
        let answer = s.app.spend_answer().expect("answer");
        let forecast = s.app.spend.forecast(None);
        let starts = ahead::starts(&s.app.spend, answer);
        let values = ahead::values(forecast, answer, &starts);
        assert_eq!(values.iter().flatten().count(), wanted, "{period:?} by {granularity:?}: {starts:?}");
        assert!(wanted == 0 || s.text().contains(" forecast"), "{period:?} by {granularity:?}: {}", s.text());
        if let Some(at) = answer.starts.len().checked_sub(1).filter(|_| wanted > 0) {
            let known = answer.totals[at].map_or(0.0, crate::domain::money::Amount::to_f64);
            let forecast = forecast.expect("forecast");
            let range = ahead::of_piece(forecast, answer, (at, starts[at])).expect("of the last that has begun");
            let on_top = values[at].expect("foretold").mid;
            assert!((known + on_top - range.forecast.to_f64()).abs() < 1e-6, "what came is not foretold twice");
        }
    }
}
