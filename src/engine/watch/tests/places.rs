//! What an anomaly is called in a headline, which some channels have nothing else of.

use super::*;

/// Sixty days of three accounts, of which one has several services, one of them in the region `kms`; on the last three
/// days each of them costs nine times as much there.
fn accounts(kms: &str) -> String {
    let mut text = String::from(
        "BilledCost,EffectiveCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName,ServiceName,\
         ChargeCategory,SubAccountId,SubAccountName,RegionId\n",
    );
    for day in TODAY - 60..TODAY {
        for (account, name, region, service, share) in [
            (1, "Prod", "us-east-1", "Amazon Connect", 9),
            (2, "Dev", "us-east-1", "Amazon S3", 1),
            (3, "Team 770", "eu-north-1", "Amazon Connect", 9),
            (3, "Team 770", "eu-north-1", "Amazon S3", 1),
            (3, "Team 770", kms, "AWS KMS", 1),
        ] {
            let cost = share * if account == 3 && day >= TODAY - 3 { 900 } else { 100 };
            let (from, to) = (Day(day), Day(day + 1));
            let line = format!("{from}T00:00:00Z,{to}T00:00:00Z,USD,AWS,{service},Usage,{account},{name},{region}");
            writeln!(text, "{cost},{cost},{line}").expect("text");
        }
    }
    text
}

#[test]
fn a_place_where_one_service_has_nearly_all_of_it_is_told_with_that() {
    let told_of = |kms: &str| {
        let store = Arc::new(Store::in_memory(&[]));
        bills::import(&store, "bill", &accounts(kms), TAKEN_AT);
        let engine = engine(store, vec![rule(Of::Anomaly)]);
        assert!(look(&engine, at(9)));
        let message = stand(&engine).outbox.into_values().next().expect("one").message;
        let place = message.figures.iter().find(|(name, _)| name == "Where").map(|(_, value)| value.raw().to_owned());
        (told(&engine), place.expect("where"))
    };
    let costs = "costs 9,900 USD a day, expected 1,100";
    let (headlines, place) = told_of("eu-west-3");
    assert_eq!(
        headlines,
        [format!("critical: Team 770 (mostly Amazon Connect) {costs}")],
        "the region is in the fields"
    );
    assert_eq!(place, "Team 770 (mostly Amazon Connect, eu-north-1)", "as the tab has it");
    let (headlines, place) = told_of("eu-north-1");
    assert_eq!(headlines, [format!("critical: eu-north-1 (mostly Amazon Connect, Team 770) {costs}")]);
    assert_eq!(place, "eu-north-1 (mostly Amazon Connect, Team 770)");
}
