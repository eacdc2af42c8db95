//! Azure's billing words in FOCUS's: services, regions, types of charge. Pure tables, for its API and its
//! files alike.
//!
//! Facts from Microsoft's public documentation: the list of regions, and the names of services as the
//! `ServiceName` dimension spells them. A name that no table knows stays as it came.

use std::borrow::Cow;

use crate::domain::services;

/// Billing names of services that [`services`] does not know, or knows as another cloud's: the FOCUS name
/// and category.
const SERVICES: [(&str, &str, &str); 42] = [
    ("Advanced Data Security", "Microsoft Defender for Cloud", "Security"),
    ("Advanced Threat Protection", "Microsoft Defender for Cloud", "Security"),
    ("API Management", "API Management", "Integration"),
    ("App Configuration", "App Configuration", "Developer Tools"),
    ("Application Insights", "Azure Monitor", "Management and Governance"),
    ("Azure Active Directory B2C", "Microsoft Entra ID", "Identity"),
    ("Azure Active Directory Domain Services", "Microsoft Entra Domain Services", "Identity"),
    ("Azure Analysis Services", "Azure Analysis Services", "Analytics"),
    ("Azure App Configuration", "App Configuration", "Developer Tools"),
    ("Azure Applied AI Services", "Azure AI Services", "AI and Machine Learning"),
    ("Azure Blob Storage", "Storage Accounts", "Storage"),
    ("Azure Bot Service", "Azure Bot Service", "AI and Machine Learning"),
    ("Azure Communication Services", "Azure Communication Services", "Web"),
    ("Azure Data Box", "Azure Data Box", "Migration"),
    ("Azure Data Lake Storage", "Storage Accounts", "Storage"),
    ("Azure Data Share", "Azure Data Share", "Analytics"),
    ("Azure Database for MariaDB", "Azure Database for MariaDB", "Databases"),
    ("Azure Dedicated Host", "Azure Dedicated Host", "Compute"),
    ("Azure Digital Twins", "Azure Digital Twins", "Internet of Things"),
    ("Azure Grafana Service", "Azure Managed Grafana", "Management and Governance"),
    ("Azure HPC Cache", "Azure HPC Cache", "Storage"),
    ("Azure Lab Services", "Azure Lab Services", "Developer Tools"),
    ("Azure Load Testing", "Azure Load Testing", "Developer Tools"),
    ("Azure Managed Instance for Apache Cassandra", "Azure Managed Instance for Apache Cassandra", "Databases"),
    ("Azure Maps", "Azure Maps", "Internet of Things"),
    ("Azure Migrate", "Azure Migrate", "Migration"),
    ("Azure Policy", "Azure Policy", "Management and Governance"),
    ("Azure Red Hat OpenShift", "Azure Red Hat OpenShift", "Compute"),
    ("Azure Spring Cloud", "Azure Spring Apps", "Compute"),
    ("Azure Web PubSub", "Azure Web PubSub", "Web"),
    ("Backup", "Azure Backup", "Storage"),
    ("Bandwidth", "Bandwidth", "Networking"),
    ("Cloud Services", "Cloud Services", "Compute"),
    ("Data Lake Store", "Azure Data Lake Storage Gen1", "Storage"),
    ("HDInsight", "HDInsight", "Analytics"),
    ("Insight and Analytics", "Azure Monitor", "Management and Governance"),
    ("Network Watcher", "Network Watcher", "Networking"),
    ("Notification Hubs", "Notification Hubs", "Mobile"),
    ("Sentinel", "Microsoft Sentinel", "Security"),
    ("SignalR", "Azure SignalR Service", "Web"),
    ("Storage", "Storage Accounts", "Storage"),
    ("Traffic Manager", "Traffic Manager", "Networking"),
];

/// The FOCUS name of a service, and its category where that is known.
#[must_use]
pub fn service(billing: &str) -> (&str, &'static str) {
    if let Ok(at) = SERVICES.binary_search_by_key(&billing.to_lowercase(), |(name, ..)| name.to_lowercase()) {
        return (SERVICES[at].1, SERVICES[at].2);
    }
    // A name that only another cloud goes by is not this one's.
    match services::find(billing).filter(|service| service.provider == "Microsoft") {
        Some(service) => (service.name, service.category),
        None => (billing, ""),
    }
}

/// Regions: the id, the name, and how bills also spell it.
const REGIONS: &[(&str, &str, &str)] = &[
    ("australiacentral", "Australia Central", "AU Central"),
    ("australiacentral2", "Australia Central 2", "AU Central 2"),
    ("australiaeast", "Australia East", "AU East"),
    ("australiasoutheast", "Australia Southeast", "AU Southeast"),
    ("austriaeast", "Austria East", "AT East"),
    ("belgiumcentral", "Belgium Central", "BE Central"),
    ("brazilsouth", "Brazil South", "BR South"),
    ("brazilsoutheast", "Brazil Southeast", "BR Southeast"),
    ("canadacentral", "Canada Central", "CA Central"),
    ("canadaeast", "Canada East", "CA East"),
    ("centralindia", "Central India", "IN Central"),
    ("centralus", "Central US", "US Central"),
    ("chilecentral", "Chile Central", "CL Central"),
    ("chinaeast", "China East", "CN East"),
    ("chinaeast2", "China East 2", "CN East 2"),
    ("chinanorth", "China North", "CN North"),
    ("chinanorth2", "China North 2", "CN North 2"),
    ("chinanorth3", "China North 3", "CN North 3"),
    ("eastasia", "East Asia", "AP East"),
    ("eastus", "East US", "US East"),
    ("eastus2", "East US 2", "US East 2"),
    ("francecentral", "France Central", "FR Central"),
    ("francesouth", "France South", "FR South"),
    ("germanynorth", "Germany North", "DE North"),
    ("germanywestcentral", "Germany West Central", "DE West Central"),
    ("indonesiacentral", "Indonesia Central", "ID Central"),
    ("israelcentral", "Israel Central", "IL Central"),
    ("italynorth", "Italy North", "IT North"),
    ("japaneast", "Japan East", "JA East"),
    ("japanwest", "Japan West", "JA West"),
    ("koreacentral", "Korea Central", "KR Central"),
    ("koreasouth", "Korea South", "KR South"),
    ("malaysiawest", "Malaysia West", "MY West"),
    ("mexicocentral", "Mexico Central", "MX Central"),
    ("newzealandnorth", "New Zealand North", "NZ North"),
    ("northcentralus", "North Central US", "US North Central"),
    ("northeurope", "North Europe", "EU North"),
    ("norwayeast", "Norway East", "NO East"),
    ("norwaywest", "Norway West", "NO West"),
    ("polandcentral", "Poland Central", "PL Central"),
    ("qatarcentral", "Qatar Central", "QA Central"),
    ("southafricanorth", "South Africa North", "ZA North"),
    ("southafricawest", "South Africa West", "ZA West"),
    ("southcentralus", "South Central US", "US South Central"),
    ("southindia", "South India", "IN South"),
    ("southeastasia", "Southeast Asia", "AP Southeast"),
    ("spaincentral", "Spain Central", "ES Central"),
    ("swedencentral", "Sweden Central", "SE Central"),
    ("swedensouth", "Sweden South", "SE South"),
    ("switzerlandnorth", "Switzerland North", "CH North"),
    ("switzerlandwest", "Switzerland West", "CH West"),
    ("uaecentral", "UAE Central", "AE Central"),
    ("uaenorth", "UAE North", "AE North"),
    ("uksouth", "UK South", "UK South"),
    ("ukwest", "UK West", "UK West"),
    ("usgovarizona", "US Gov Arizona", "US Gov AZ"),
    ("usgovtexas", "US Gov Texas", "US Gov TX"),
    ("usgovvirginia", "US Gov Virginia", "USGov Virginia"),
    ("westcentralus", "West Central US", "US West Central"),
    ("westeurope", "West Europe", "EU West"),
    ("westindia", "West India", "IN West"),
    ("westus", "West US", "US West"),
    ("westus2", "West US 2", "US West 2"),
    ("westus3", "West US 3", "US West 3"),
    ("global", "Global", "Global"),
];

/// The id and the name of a region; `None` where the bill says that there is none. The id of one that is
/// not known is its name without spaces, in lower case, as Azure makes its own.
#[must_use]
pub fn region(billing: &str) -> Option<(Cow<'static, str>, &str)> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = plain(billing);
    if matches!(wanted.as_str(), "" | "unassigned" | "unknown" | "notapplicable" | "na") {
        return None;
    }
    let known = REGIONS.iter().find(|(id, _, other)| *id == wanted || plain(other) == wanted);
    Some(known.map_or((Cow::Owned(wanted), billing), |(id, name, _)| (Cow::Borrowed(*id), *name)))
}

/// What a type of charge is in FOCUS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChargeWords {
    /// `ChargeCategory`.
    pub category: &'static str,
    /// `ChargeClass`.
    pub class: &'static str,
    /// `CommitmentDiscountStatus`.
    pub commitment_status: &'static str,
}

/// What a `ChargeType` is in FOCUS; nothing where it is not known.
#[must_use]
pub fn charge(kind: &str) -> ChargeWords {
    let words = |category, class, commitment_status| ChargeWords { category, class, commitment_status };
    match kind.to_ascii_lowercase().as_str() {
        "usage" => words("Usage", "", ""),
        "unusedreservation" | "unusedsavingsplan" => words("Usage", "", "Unused"),
        "purchase" => words("Purchase", "", ""),
        "refund" => words("Purchase", "Correction", ""),
        "tax" => words("Tax", "", ""),
        "credit" => words("Credit", "", ""),
        "adjustment" | "roundingadjustment" => words("Adjustment", "", ""),
        _ => ChargeWords::default(),
    }
}

/// `PricingCategory`, `CommitmentDiscountType` and `CommitmentDiscountCategory` of a `PricingModel`.
#[must_use]
pub fn pricing(model: &str) -> [&'static str; 3] {
    match model.to_ascii_lowercase().replace([' ', '_'], "").as_str() {
        "ondemand" => ["Standard", "", ""],
        "spot" => ["Dynamic", "", ""],
        "reservation" => ["Committed", "Reservation", "Usage"],
        "savingsplan" => ["Committed", "Savings plan", "Spend"],
        _ => [""; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_go_by_their_focus_names() {
        assert!(SERVICES.is_sorted_by_key(|(name, ..)| name.to_lowercase()));
        for (billing, name, category) in [
            ("Virtual Machines", "Virtual Machines", "Compute"),
            ("storage", "Storage Accounts", "Storage"),
            ("Log Analytics", "Azure Monitor", "Management and Governance"),
            ("SQL Database", "Azure SQL Database", "Databases"),
            ("Bandwidth", "Bandwidth", "Networking"),
            ("Functions", "Functions", "Compute"),
            ("A Partner's Thing", "A Partner's Thing", ""),
            ("Amazon EC2", "Amazon EC2", ""),
        ] {
            assert_eq!(service(billing), (name, category));
        }
        for (_, name, category) in SERVICES {
            let is_known = |s: &services::Service| s.category == category;
            assert!(category == "Mobile" || services::all().iter().any(is_known), "{category}");
            let twin = services::all().iter().find(|s| s.name == name);
            assert!(twin.is_none_or(|s| s.category == category), "{name}");
        }
    }

    #[test]
    fn regions_go_by_their_ids_however_a_bill_spells_them() {
        for spelling in ["US East 2", "eastus2", "East US 2", "EAST US2"] {
            assert_eq!(region(spelling), Some(("eastus2".into(), "East US 2")));
        }
        assert_eq!(region("EU West"), Some(("westeurope".into(), "West Europe")));
        assert_eq!(region("Zone 1"), Some(("zone1".into(), "Zone 1")));
        assert_eq!((region(""), region("Unassigned")), (None, None));
        for (id, name, _) in REGIONS {
            assert_eq!(region(name).expect("known").0, *id);
        }
    }

    #[test]
    fn charges_and_prices_go_by_focus_words() {
        assert_eq!(charge("UnusedReservation").commitment_status, "Unused");
        assert_eq!((charge("Refund").category, charge("Refund").class), ("Purchase", "Correction"));
        assert_eq!(charge("SomethingNew"), ChargeWords::default());
        assert_eq!(pricing("SavingsPlan"), ["Committed", "Savings plan", "Spend"]);
        assert_eq!(pricing("OnDemand")[0], "Standard");
        assert_eq!(pricing("x"), [""; 3]);
    }
}
