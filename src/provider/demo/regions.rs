//! Where the company runs, and how much dearer it is there.
//!
//! Knows no resource.

/// A provider's region.
pub(super) struct Region {
    /// `RegionId`; empty for services that have none.
    pub(super) id: &'static str,
    /// `RegionName`.
    pub(super) name: &'static str,
    /// Prices there, in permille of the catalog's.
    pub(super) price: i64,
}

const fn region(id: &'static str, name: &'static str, price: i64) -> Region {
    Region { id, name, price }
}

/// Stands for "no region", which is where global services are billed.
pub(super) const GLOBAL: &[&str] = &[""];

const REGIONS: [Region; 28] = [
    region("", "", 1000),
    region("us-east-1", "US East (N. Virginia)", 1000),
    region("us-east-2", "US East (Ohio)", 1000),
    region("us-west-2", "US West (Oregon)", 1000),
    region("ca-central-1", "Canada (Central)", 1110),
    region("eu-west-1", "EU (Ireland)", 1120),
    region("eu-west-2", "EU (London)", 1160),
    region("eu-central-1", "EU (Frankfurt)", 1200),
    region("ap-southeast-1", "Asia Pacific (Singapore)", 1250),
    region("ap-southeast-2", "Asia Pacific (Sydney)", 1250),
    region("ap-northeast-1", "Asia Pacific (Tokyo)", 1290),
    region("ap-south-1", "Asia Pacific (Mumbai)", 1050),
    region("sa-east-1", "South America (Sao Paulo)", 1600),
    region("eastus", "East US", 1000),
    region("eastus2", "East US 2", 1000),
    region("westus2", "West US 2", 1000),
    region("westeurope", "West Europe", 1200),
    region("northeurope", "North Europe", 1110),
    region("uksouth", "UK South", 1160),
    region("germanywestcentral", "Germany West Central", 1190),
    region("southeastasia", "Southeast Asia", 1250),
    region("us-central1", "Iowa", 1000),
    region("us-east4", "Northern Virginia", 1126),
    region("europe-west1", "Belgium", 1100),
    region("europe-west3", "Frankfurt", 1288),
    region("europe-west4", "Netherlands", 1101),
    region("asia-southeast1", "Singapore", 1233),
    region("asia-northeast1", "Tokyo", 1285),
];

/// The region with this id; "no region" where there is none.
pub(super) fn find(id: &str) -> &'static Region {
    REGIONS.iter().find(|r| r.id == id).unwrap_or(&REGIONS[0])
}
