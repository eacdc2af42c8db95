//! What AWS calls a charge, in FOCUS's words: record types of Cost Explorer and line item types of cost and usage
//! reports. Pure; knows neither API nor file.
//!
//! | AWS | kind | ChargeCategory | ChargeFrequency | PricingCategory |
//! |---|---|---|---|---|
//! | Usage, Support | usage | Usage | Usage-Based | told by more than this |
//! | DiscountedUsage | reserved | Usage | Usage-Based | Committed |
//! | SavingsPlanCoveredUsage | planned | Usage | Usage-Based | Committed |
//! | SavingsPlanNegation | negation | Usage | | |
//! | RIFee, Recurring reservation fee | reservation fee | Purchase | Recurring | Committed |
//! | SavingsPlanRecurringFee | plan fee | Purchase | Recurring | Committed |
//! | Upfront reservation fee, SavingsPlanUpfrontFee | upfront fee | Purchase | One-Time | Committed |
//! | Fee | fee | Purchase | One-Time | |
//! | Tax | tax | Tax | | |
//! | Credit | credit | Credit | | |
//! | Refund, out-of-cycle charges, and every discount | adjustment | Adjustment | | |
//!
//! A negation takes back what the covered usage is unblended at, so that both together are usage. A
//! refund may be of usage, a purchase or a tax, of this bill or an earlier one: AWS does not say which
//! here, so that it is an adjustment of unknown class. Cost Explorer writes some in words
//! ("Recurring reservation fee") and some as bills do (`RIFee`): spaces and case are passed over.

/// What a charge is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Usage at its price.
    Usage,
    /// Usage that a reservation covers.
    Reserved,
    /// Usage that a savings plan covers.
    Planned,
    /// What takes the on-demand cost of planned usage away.
    Negation,
    /// A reservation's recurring fee.
    ReservationFee,
    /// A savings plan's recurring fee.
    PlanFee,
    /// A commitment's upfront fee.
    UpfrontFee,
    /// Another fee.
    Fee,
    /// A tax.
    Tax,
    /// A credit.
    Credit,
    /// A discount or refund.
    Adjustment,
}

/// Names in lower case, letters and digits only.
const NAMES: &[(&str, Kind)] = &[
    ("usage", Kind::Usage),
    ("support", Kind::Usage),
    ("discountedusage", Kind::Reserved),
    ("savingsplancoveredusage", Kind::Planned),
    ("savingsplannegation", Kind::Negation),
    ("rifee", Kind::ReservationFee),
    ("recurring", Kind::ReservationFee),
    ("recurringreservationfee", Kind::ReservationFee),
    ("savingsplanrecurringfee", Kind::PlanFee),
    ("upfront", Kind::UpfrontFee),
    ("upfrontreservationfee", Kind::UpfrontFee),
    ("savingsplanupfrontfee", Kind::UpfrontFee),
    ("fee", Kind::Fee),
    ("tax", Kind::Tax),
    ("credit", Kind::Credit),
    ("refund", Kind::Adjustment),
    ("outofcyclecharge", Kind::Adjustment),
    ("outofcyclecharges", Kind::Adjustment),
    ("otheroutofcyclecharges", Kind::Adjustment),
];

impl Kind {
    /// What a charge of this name is; `None` where the name is not known.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Kind> {
        let plain = || name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
        if let Some((_, kind)) = NAMES.iter().find(|(known, _)| plain().eq(known.bytes())) {
            return Some(*kind);
        }
        // `EdpDiscount`, `BundledDiscount`, `Solution Provider Program Discount` ...
        let discount = b"discount".iter().rev().copied();
        let ends = name.iter().rev().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
        ends.take(discount.len()).eq(discount).then_some(Kind::Adjustment)
    }

    /// `ChargeCategory`.
    #[must_use]
    pub fn category(self) -> &'static str {
        match self {
            Kind::Usage | Kind::Reserved | Kind::Planned | Kind::Negation => "Usage",
            Kind::ReservationFee | Kind::PlanFee | Kind::UpfrontFee | Kind::Fee => "Purchase",
            Kind::Tax => "Tax",
            Kind::Credit => "Credit",
            Kind::Adjustment => "Adjustment",
        }
    }

    /// `ChargeFrequency`; empty where it is not told.
    #[must_use]
    pub fn frequency(self) -> &'static str {
        match self {
            Kind::Usage | Kind::Reserved | Kind::Planned => "Usage-Based",
            Kind::ReservationFee | Kind::PlanFee => "Recurring",
            Kind::UpfrontFee | Kind::Fee => "One-Time",
            Kind::Negation | Kind::Tax | Kind::Credit | Kind::Adjustment => "",
        }
    }

    /// Whether `PricingCategory` is `Committed`.
    #[must_use]
    pub fn is_committed(self) -> bool {
        matches!(self, Kind::Reserved | Kind::Planned | Kind::ReservationFee | Kind::PlanFee | Kind::UpfrontFee)
    }
}

/// The `ChargeCategory` that a service's name alone tells: Cost Explorer lists taxes, refunds and some
/// discounts as services of that name.
#[must_use]
pub fn category_of_service(service: &str) -> &'static str {
    match service {
        "Tax" | "Refund" | "Credit" | "Solution Provider Program Discount" | "Enterprise Discount Program Discount" => {
            Kind::of(service.as_bytes()).map_or("", Kind::category)
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_told_in_focus_words_however_they_are_written() {
        for (name, category, frequency, is_committed) in [
            ("Usage", "Usage", "Usage-Based", false),
            ("Support", "Usage", "Usage-Based", false),
            ("DiscountedUsage", "Usage", "Usage-Based", true),
            ("SavingsPlanCoveredUsage", "Usage", "Usage-Based", true),
            ("SavingsPlanNegation", "Usage", "", false),
            ("RIFee", "Purchase", "Recurring", true),
            ("Recurring reservation fee", "Purchase", "Recurring", true),
            ("SavingsPlanRecurringFee", "Purchase", "Recurring", true),
            ("Upfront reservation fee", "Purchase", "One-Time", true),
            ("SavingsPlanUpfrontFee", "Purchase", "One-Time", true),
            ("Fee", "Purchase", "One-Time", false),
            ("Tax", "Tax", "", false),
            ("Credit", "Credit", "", false),
            ("Refund", "Adjustment", "", false),
            ("Other out-of-cycle charges", "Adjustment", "", false),
            ("EdpDiscount", "Adjustment", "", false),
            ("Enterprise Discount Program Discount", "Adjustment", "", false),
        ] {
            let kind = Kind::of(name.as_bytes()).expect(name);
            assert_eq!((kind.category(), kind.frequency()), (category, frequency), "{name}");
            assert_eq!(kind.is_committed(), is_committed, "{name}");
        }
        for name in ["Something New", "Discounts", "", "iscount"] {
            assert_eq!(Kind::of(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn a_service_tells_its_category_only_where_it_is_certain() {
        for (service, want) in [("Tax", "Tax"), ("Amazon Route 53", ""), ("Savings Plans for AWS Compute usage", "")] {
            assert_eq!(category_of_service(service), want, "{service}");
        }
        assert_eq!(category_of_service("Solution Provider Program Discount"), "Adjustment");
    }
}
