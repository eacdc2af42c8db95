//! Fields of the export to columns of FOCUS, by table.

use super::*;

type Given<'t> = &'t [(Column, &'t str)];

const COLUMNS: [Column; 20] = [
    Column::Day,
    Column::End,
    Column::Month,
    Column::CostType,
    Column::Commitment,
    Column::CreditName,
    Column::Adjusts,
    Column::Transaction,
    Column::Label(0),
    Column::Label(1),
    Column::Profile(Profile::ServiceName),
    Column::Profile(Profile::ChargeDescription),
    Column::Profile(Profile::ResourceId),
    Column::Profile(Profile::Publisher),
    Column::Terms(Terms::Currency),
    Column::Credit,
    Column::Sum(Quantity::Billed),
    Column::Sum(Quantity::Contracted),
    Column::Sum(Quantity::List),
    Column::Sum(Quantity::Consumed),
];

fn values(given: Given<'_>) -> Vec<Option<String>> {
    let usual: Given<'_> = &[
        (Column::Day, "2026-10-31"),
        (Column::Month, "202610"),
        (Column::Terms(Terms::Currency), "EUR"),
        (Column::Sum(Quantity::Billed), "7.25"),
        (Column::Sum(Quantity::Contracted), "10"),
    ];
    let find = |column: &Column| given.iter().chain(usual).find(|(c, _)| c == column).map(|(_, text)| *text);
    COLUMNS.iter().map(|column| find(column).filter(|text| *text != "-").map(str::to_owned)).collect()
}

fn labels() -> Vec<String> {
    vec!["team".to_owned(), "env".to_owned()]
}

fn with<T>(given: Given<'_>, look: impl FnOnce(&Charges<'_>) -> T) -> T {
    let (labels, values) = (labels(), values(given));
    look(&charges(Kind::Detailed, &COLUMNS, &labels, &values).expect("a charge"))
}

fn amount(charge: &Charge<'_>, quantity: Quantity) -> Option<String> {
    charge.facts.quantities[quantity.index()].map(|value| value.amount().to_string())
}

#[test]
fn cost_types_are_charge_categories() {
    for (cost_type, sku, category, pricing) in [
        ("regular", "N2 Instance Core running in Belgium", "Usage", "Standard"),
        ("regular", "Spot Preemptible N2 Instance Core", "Usage", "Dynamic"),
        ("regular", "Commitment v1: N2 Cpu in Belgium for 1 Year", "Purchase", "Committed"),
        ("tax", "Tax", "Tax", ""),
        ("adjustment", "Correction", "Adjustment", ""),
        ("rounding_error", "Rounding error", "Adjustment", ""),
        ("", "N2", "Usage", "Standard"),
    ] {
        let given = [(Column::CostType, cost_type), (Column::Profile(Profile::ChargeDescription), sku)];
        with(&given, |found| {
            let row = found.charge.row();
            assert_eq!(row.terms[Terms::ChargeCategory.index()], category, "{cost_type} {sku}");
            assert_eq!(row.terms[Terms::PricingCategory.index()], pricing, "{cost_type} {sku}");
        });
    }
}

#[test]
fn a_discount_lowers_the_cost_and_a_promotion_is_a_charge_of_its_own() {
    let given = [
        (Column::Commitment, "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"),
        (Column::Credit, "-1.000000000000000001"),
        (Column::CreditName, "Welcome"),
        (Column::Sum(Quantity::List), "12"),
    ];
    with(&given, |found| {
        let costs = |charge| Quantity::ALL[..4].iter().map(|q| amount(charge, *q)).collect::<Vec<_>>();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(costs(&found.charge), [text("7.25"), text("7.25"), text("12"), text("10")]);
        assert_eq!(found.charge.terms[Terms::CommitmentCategory.index()], "Spend");
        let credit = found.credit.as_ref().expect("a credit");
        let least = text("-1.000000000000000001");
        assert_eq!(costs(credit), [least.clone(), least, text("0"), text("0")]);
        assert_eq!(credit.terms[Terms::ChargeCategory.index()], "Credit");
        assert_eq!(credit.terms[Terms::CommitmentCategory.index()], "");
        assert_eq!(credit.profile[Profile::ChargeDescription.index()], "Welcome");
        assert_eq!(credit.terms[Terms::Currency.index()], "EUR");
    });
    with(&[(Column::Credit, "0.000")], |found| assert!(found.credit.is_none()));
}

#[test]
fn a_charge_stays_in_the_month_that_it_is_invoiced_in() {
    with(&[(Column::Day, "2026-11-01")], |found| {
        assert_eq!(found.charge.facts.billing_start.to_string(), "2026-10-01");
        assert_eq!(found.charge.facts.billing_end.to_string(), "2026-11-01");
        assert_eq!(Day::of_seconds(found.charge.facts.start).to_string(), "2026-11-01");
    });
    with(&[(Column::Month, "-")], |found| assert_eq!(found.charge.facts.billing_start.to_string(), "2026-10-01"));
    with(&[(Column::End, "2026-12-01T00:00:00Z")], |found| {
        assert_eq!(found.charge.facts.end, Day::from_ymd(2026, 12, 1).expect("a day").seconds());
    });
}

#[test]
fn a_charge_without_a_cost_is_unknown_and_one_without_a_currency_is_refused() {
    with(&[(Column::Sum(Quantity::Billed), "-"), (Column::Credit, "-2")], |found| {
        assert!(found.is_unpriced);
        assert_eq!((amount(&found.charge, Quantity::Billed), amount(&found.charge, Quantity::Effective)), (None, None));
        let credit = found.credit.as_ref().expect("a credit");
        assert_eq!(amount(credit, Quantity::Billed).as_deref(), Some("-2"));
    });
    with(&[], |found| assert!(!found.is_unpriced));
    for (currency, want) in [("-", "has no currency"), ("euros", "has the currency `euros`")] {
        let labels = labels();
        for kind in [Kind::Detailed, Kind::Focus] {
            let values = values(&[(Column::Terms(Terms::Currency), currency)]);
            let wrong = charges(kind, &COLUMNS, &labels, &values).expect_err("refused");
            assert!(wrong.starts_with("a charge of 2026-10-31") && wrong.ends_with(want), "{wrong}");
        }
    }
}

#[test]
fn texts_become_focus_columns() {
    let given = [
        (Column::Profile(Profile::ServiceName), "Compute Engine"),
        (Column::Profile(Profile::ResourceId), "//compute.googleapis.com/projects/1/zones/z/instances/2"),
        (Column::Profile(Profile::Publisher), "Elastic"),
        (Column::Transaction, "THIRD_PARTY_RESELLER"),
        (Column::Label(1), "prod"),
        (Column::Adjusts, "yes"),
    ];
    with(&given, |found| {
        let row = found.charge.row();
        for (column, want) in [
            (Profile::Provider, "Google Cloud"),
            (Profile::Publisher, "Elastic"),
            (Profile::ServiceCategory, "Compute"),
            (Profile::ResourceType, "compute.googleapis.com/instances"),
            (Profile::Tags, r#"{"env":"prod"}"#),
        ] {
            assert_eq!(row.profile[column.index()], want);
        }
        assert_eq!(row.terms[Terms::ChargeClass.index()], "Correction");
    });
    with(&[(Column::Profile(Profile::Publisher), "Google LLC"), (Column::Transaction, "GOOGLE")], |found| {
        assert_eq!(found.charge.profile[Profile::Publisher.index()], "Google Cloud");
    });
}

#[test]
fn what_cannot_be_read_is_refused_and_a_huge_amount_left_out() {
    for (column, text) in [
        (Column::Day, "yesterday"),
        (Column::Day, "0001-01-01"),
        (Column::Month, "202613"),
        (Column::Month, "2026-1"),
        (Column::End, "2026-10-01T00:00:00Z"),
        (Column::Sum(Quantity::Billed), "NaN"),
        (Column::Sum(Quantity::Billed), "1e400"),
        (Column::Sum(Quantity::Billed), "12,50"),
        (Column::Sum(Quantity::Consumed), "inf"),
        (Column::Credit, "much"),
    ] {
        let (labels, values) = (labels(), values(&[(column, text)]));
        assert!(charges(Kind::Standard, &COLUMNS, &labels, &values).is_err(), "{column:?} {text}");
    }
    with(&[(Column::Sum(Quantity::Consumed), "99999999999999999999")], |found| {
        assert_eq!((found.too_large, amount(&found.charge, Quantity::Consumed)), (1, None));
    });
}
