//! What Azure sells: meters of East US.
//!
//! Knows no resource.

use super::Offer;

macro_rules! arm {
    ($kind:literal) => {
        concat!("/subscriptions/{account}/resourcegroups/rg-{project}/providers/", $kind, "/{name}")
    };
}

const MACHINES: [(&str, &str, &str); 4] = [
    ("Standard_D4s_v5", "D4s v5", "0.192"),
    ("Standard_D8s_v5", "D8s v5", "0.384"),
    ("Standard_E8s_v5", "E8s v5", "0.504"),
    ("Standard_B2ms", "B2ms", "0.0832"),
];

/// Everything that the company buys of Microsoft.
pub(super) fn offers() -> Vec<Offer> {
    let mut offers: Vec<Offer> = MACHINES
        .iter()
        .map(|(instance, meter, price)| {
            Offer::new(
                &format!("vm:{meter}"),
                "Virtual Machines",
                "Virtual Machines",
                "Virtual machine",
                arm!("microsoft.compute/virtualmachines"),
            )
            .meter(meter, "1 Hour", price, "24", &format!("Virtual Machines {meter} - {{region}}"))
            .machine(instance)
        })
        .collect();
    offers.extend(platform());
    offers.extend(data());
    offers
}

fn platform() -> Vec<Offer> {
    vec![
        Offer::new(
            "vmss",
            "Virtual Machine Scale Sets",
            "Virtual Machines",
            "Virtual machine scale set",
            arm!("microsoft.compute/virtualmachinescalesets"),
        )
        .meter("D4as v5", "1 Hour", "0.172", "72", "Virtual Machines Dasv5 Series - D4as v5 - {region}"),
        Offer::new("disk", "Virtual Machines", "Block Storage", "Disk", arm!("microsoft.compute/disks"))
            .meter("P10 LRS Disk", "1/Month", "19.71", "0.0329", "Premium SSD Managed Disks - P10 LRS Disk - {region}")
            .in_category("Storage"),
        Offer::new(
            "aks",
            "Azure Kubernetes Service",
            "Containers",
            "Managed cluster",
            arm!("microsoft.containerservice/managedclusters"),
        )
        .meter("Standard Uptime SLA", "1 Hour", "0.1", "24", "Azure Kubernetes Service - Standard Uptime SLA")
        .machine(""),
        Offer::new(
            "acr",
            "Azure Container Registry",
            "Containers",
            "Container registry",
            arm!("microsoft.containerregistry/registries"),
        )
        .meter("Premium Registry Unit", "1/Day", "1.667", "1", "Container Registry - Premium Registry Unit"),
        Offer::new(
            "appservice",
            "Azure App Service",
            "Application Platforms",
            "App Service plan",
            arm!("microsoft.web/serverfarms"),
        )
        .meter("P1 v3 App", "1 Hour", "0.155", "24", "Azure App Service Premium v3 Plan - Linux - P1 v3 App")
        .machine("P1v3"),
        Offer::new("functions", "Functions", "Serverless Compute", "Function app", arm!("microsoft.web/sites"))
            .meter("Standard Total Executions", "10", "0.000002", "210000", "Functions - Standard Total Executions")
            .per(10, "Executions"),
        Offer::new("keyvault", "Key Vault", "Secrets Management", "Key vault", arm!("microsoft.keyvault/vaults"))
            .meter("Operations", "10K", "0.03", "4.2", "Key Vault - Operations")
            .per(10_000, "Operations"),
        Offer::new(
            "appgw",
            "Application Gateway",
            "Application Networking",
            "Application gateway",
            arm!("microsoft.network/applicationgateways"),
        )
        .meter("Standard Fixed Cost", "1 Hour", "0.246", "24", "Application Gateway Standard v2 - Standard Fixed Cost")
        .machine(""),
        Offer::new(
            "vnet",
            "Virtual Network",
            "Network Infrastructure",
            "Public IP address",
            arm!("microsoft.network/publicipaddresses"),
        )
        .meter(
            "Standard IPv4 Static Public IP",
            "1 Hour",
            "0.005",
            "24",
            "IP Addresses - Standard IPv4 Static Public IP",
        ),
        Offer::new(
            "azmon",
            "Azure Monitor",
            "Observability",
            "Log Analytics workspace",
            arm!("microsoft.operationalinsights/workspaces"),
        )
        .meter(
            "Pay-as-you-go Data Ingestion",
            "1 GB",
            "2.3",
            "7.5",
            "Log Analytics - Pay-as-you-go Data Ingestion",
        ),
    ]
}

fn data() -> Vec<Offer> {
    vec![
        Offer::new(
            "storage",
            "Storage Accounts",
            "Object Storage",
            "Storage account",
            arm!("microsoft.storage/storageaccounts"),
        )
        .meter("Hot LRS Data Stored", "1 GB/Month", "0.0184", "24", "Blob Storage - Hot LRS Data Stored - {region}")
        .meter("Hot LRS Write Operations", "10K", "0.05", "6", "Blob Storage - Hot LRS Write Operations")
        .per(10_000, "Operations"),
        Offer::new(
            "azuresql",
            "Azure SQL Database",
            "Relational Databases",
            "SQL database",
            arm!("microsoft.sql/servers/sql-{project}/databases"),
        )
        .meter(
            "vCore",
            "1 Hour",
            "0.252",
            "192",
            "SQL Database Single/Elastic Pool General Purpose - Compute Gen5 - vCore - {region}",
        ),
        Offer::new(
            "cosmos",
            "Cosmos DB",
            "NoSQL Databases",
            "Cosmos DB account",
            arm!("microsoft.documentdb/databaseaccounts"),
        )
        .meter("100 RU/s", "1/Hour", "0.008", "960", "Azure Cosmos DB - 100 RU/s - {region}"),
        Offer::new(
            "azurepg",
            "Azure DB for PostgreSQL",
            "Relational Databases",
            "PostgreSQL server",
            arm!("microsoft.dbforpostgresql/flexibleservers"),
        )
        .meter(
            "D4ds v5 vCore",
            "1 Hour",
            "0.089",
            "96",
            "Azure Database for PostgreSQL Flexible Server - Ddsv5 Series Compute - vCore",
        ),
        Offer::new(
            "servicebus",
            "Service Bus",
            "Messaging",
            "Service Bus namespace",
            arm!("microsoft.servicebus/namespaces"),
        )
        .meter("Premium Messaging Unit", "1/Hour", "0.928", "24", "Service Bus - Premium Messaging Unit")
        .machine(""),
        Offer::new(
            "eventhubs",
            "Event Hubs",
            "Streaming Analytics",
            "Event Hubs namespace",
            arm!("microsoft.eventhub/namespaces"),
        )
        .meter("Standard Throughput Unit", "1 Hour", "0.03", "96", "Event Hubs - Standard Throughput Unit"),
        Offer::new(
            "adf",
            "Azure Data Factory",
            "Data Processing",
            "Data factory",
            arm!("microsoft.datafactory/factories"),
        )
        .meter(
            "Cloud Orchestration Activity Run",
            "1K",
            "1",
            "5.5",
            "Azure Data Factory v2 - Cloud Orchestration Activity Run",
        )
        .per(1_000, "Runs"),
    ]
}
