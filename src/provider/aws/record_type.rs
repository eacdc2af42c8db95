//! What AWS calls a charge (`RECORD_TYPE`), in FOCUS's words.
//!
//! | record type | ChargeCategory | ChargeFrequency | PricingCategory |
//! |---|---|---|---|
//! | Usage, Support | Usage | | |
//! | DiscountedUsage, SavingsPlanCoveredUsage, SavingsPlanNegation | Usage | | Committed |
//! | RIFee, Recurring reservation fee, SavingsPlanRecurringFee | Purchase | Recurring | |
//! | Fee, Upfront reservation fee, SavingsPlanUpfrontFee | Purchase | One-Time | |
//! | Tax | Tax | | |
//! | Credit | Credit | | |
//! | Refund, out-of-cycle charges, and every discount | Adjustment | | |
//! | anything else | unknown | | |
//!
//! A negation takes back what the covered usage is unblended at, so that both together are usage. A
//! refund may be of usage, a purchase or a tax, of this bill or an earlier one: AWS does not say which
//! here, so that it is an adjustment of unknown class. Cost Explorer writes some record types in words
//! ("Recurring reservation fee") and some as bills do (`RIFee`): spaces and case are passed over.

/// What a record type means in FOCUS; empty where it is not told.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Meaning {
    /// `ChargeCategory`.
    pub category: &'static str,
    /// `ChargeFrequency`.
    pub frequency: &'static str,
    /// `PricingCategory`.
    pub pricing: &'static str,
}

const TABLE: &[(&[&str], Meaning)] = &[
    (&["usage", "support"], Meaning { category: "Usage", frequency: "", pricing: "" }),
    (
        &["discountedusage", "savingsplancoveredusage", "savingsplannegation"],
        Meaning { category: "Usage", frequency: "", pricing: "Committed" },
    ),
    (
        &["rifee", "recurring", "recurringreservationfee", "savingsplanrecurringfee"],
        Meaning { category: "Purchase", frequency: "Recurring", pricing: "" },
    ),
    (
        &["fee", "upfront", "upfrontreservationfee", "savingsplanupfrontfee"],
        Meaning { category: "Purchase", frequency: "One-Time", pricing: "" },
    ),
    (&["tax"], Meaning { category: "Tax", frequency: "", pricing: "" }),
    (&["credit"], Meaning { category: "Credit", frequency: "", pricing: "" }),
    (
        &["refund", "outofcyclecharge", "outofcyclecharges", "otheroutofcyclecharges"],
        Meaning { category: "Adjustment", frequency: "", pricing: "" },
    ),
];

/// What a record type means.
#[must_use]
pub fn meaning(record_type: &str) -> Meaning {
    let plain: String = record_type.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if let Some((_, meaning)) = TABLE.iter().find(|(names, _)| names.contains(&plain.as_str())) {
        return *meaning;
    }
    // `EdpDiscount`, `BundledDiscount`, `Solution Provider Program Discount` ...
    let category = if plain.ends_with("discount") { "Adjustment" } else { "" };
    Meaning { category, ..Meaning::default() }
}

/// What a service's name alone says of its charges: Cost Explorer lists taxes, refunds and some
/// discounts as services of that name.
#[must_use]
pub fn of_service(service: &str) -> &'static str {
    match service {
        "Tax" | "Refund" | "Credit" => meaning(service).category,
        "Solution Provider Program Discount" | "Enterprise Discount Program Discount" => "Adjustment",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_types_are_told_in_focus_words() {
        for (record_type, category, frequency, pricing) in [
            ("Usage", "Usage", "", ""),
            ("Support", "Usage", "", ""),
            ("DiscountedUsage", "Usage", "", "Committed"),
            ("SavingsPlanCoveredUsage", "Usage", "", "Committed"),
            ("SavingsPlanNegation", "Usage", "", "Committed"),
            ("RIFee", "Purchase", "Recurring", ""),
            ("Recurring reservation fee", "Purchase", "Recurring", ""),
            ("SavingsPlanRecurringFee", "Purchase", "Recurring", ""),
            ("Upfront reservation fee", "Purchase", "One-Time", ""),
            ("SavingsPlanUpfrontFee", "Purchase", "One-Time", ""),
            ("Fee", "Purchase", "One-Time", ""),
            ("Tax", "Tax", "", ""),
            ("Credit", "Credit", "", ""),
            ("Refund", "Adjustment", "", ""),
            ("Other out-of-cycle charges", "Adjustment", "", ""),
            ("EdpDiscount", "Adjustment", "", ""),
            ("BundledDiscount", "Adjustment", "", ""),
            ("Enterprise Discount Program Discount", "Adjustment", "", ""),
            ("Something New", "", "", ""),
            ("", "", "", ""),
        ] {
            assert_eq!(meaning(record_type), Meaning { category, frequency, pricing }, "{record_type}");
        }
    }

    #[test]
    fn a_service_says_its_category_only_where_it_is_certain() {
        for (service, want) in [("Tax", "Tax"), ("Amazon Route 53", ""), ("Savings Plans for AWS Compute usage", "")] {
            assert_eq!(of_service(service), want, "{service}");
        }
        assert_eq!(of_service("Solution Provider Program Discount"), "Adjustment");
    }
}
