//! That a rule about a provider is told of its own charges alone.

use super::*;

#[test]
fn a_rule_of_a_provider_finds_the_anomalies_of_its_charges_alone() {
    let of_oracle = AnomalyFact {
        place: vec![Spot { dimension: Dimension::Service, value: "OCI Vault".into(), name: None }],
        parts: Vec::new(),
        providers: vec!["Oracle".into()],
        ..anomaly("a", Severity::Critical, Taken::Open)
    };
    for (text, want) in [("provider:oracle", true), ("provider:aws", false), ("-provider:oracle", false)] {
        let scope = Filter::parse(text, &[]).expect(text);
        let plan = plan(vec![Rule { scope, ..rule(Kind::Anomaly, &["ops"]) }]);
        let told = look(&plan, &facts(vec![of_oracle.clone()]), &mut Memory::new());
        assert_eq!(!told.is_empty(), want, "{text}");
    }
}
