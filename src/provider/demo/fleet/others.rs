//! What the company runs on Azure, Google Cloud and Datadog.
//!
//! Knows no charge.

use super::super::commitments::VM_RESERVATION;
use super::super::regions::GLOBAL;
use super::super::seasons::Shape;
use super::super::stories::Stories;
use super::{Group, Life};

const WEST: &[&str] = &["westeurope"];
const AZURE: &[&str] = &["westeurope", "northeurope", "eastus"];
const AZURE_WORLD: &[&str] =
    &["westeurope", "eastus", "northeurope", "eastus2", "uksouth", "germanywestcentral", "westus2", "southeastasia"];
const IOWA: &[&str] = &["us-central1"];
const GOOGLE: &[&str] =
    &["us-central1", "europe-west1", "us-east4", "europe-west4", "asia-southeast1", "asia-northeast1"];
const FRANKFURT: &[&str] = &["europe-west3"];

/// Everything that the company runs elsewhere than on AWS.
pub(super) fn groups(_stories: &Stories) -> Vec<Group> {
    let mut groups = azure();
    groups.extend(google());
    groups.extend(germany());
    groups.extend(datadog());
    groups
}

fn azure() -> Vec<Group> {
    use Group as G;
    let always = |g: Group| g.shape(Shape::Always);
    let stored = |g: Group| g.shape(Shape::Stored);
    vec![
        always(G::new("erp-prod", "vm:E8s v5", "erp-app", WEST, 5, ("core", "erp"))).plan(VM_RESERVATION),
        always(G::new("erp-prod", "vm:D8s v5", "erp-batch", AZURE, 3, ("core", "erp"))).life(Life::Days(200)),
        G::new("erp-dev", "vm:D4s v5", "erp-dev", WEST, 6, ("core", "erp"))
            .shape(Shape::Office)
            .size(500)
            .life(Life::Days(90)),
        G::new("erp-dev", "vm:B2ms", "jumpbox", AZURE_WORLD, 8, ("platform", "access"))
            .shape(Shape::Office)
            .size(500)
            .life(Life::Days(120)),
        always(G::new("backoffice", "vm:D4s v5", "desktop-host", AZURE_WORLD, 6, ("platform", "backoffice")))
            .life(Life::Days(150)),
        always(G::new("backoffice", "vmss", "report-farm", AZURE, 2, ("data", "reporting"))),
        stored(G::new("erp-prod", "disk", "erp-disk", AZURE_WORLD, 26, ("core", "erp"))),
        stored(G::new("erp-dev", "disk", "dev-disk", WEST, 18, ("core", "erp"))),
        always(G::new("erp-prod", "aks", "erp-aks", AZURE, 2, ("platform", "kubernetes"))),
        always(G::new("erp-prod", "acr", "nimbuserp", WEST, 1, ("platform", "ci"))),
        always(G::new("backoffice", "appservice", "intranet", AZURE, 9, ("web", "backoffice"))),
        G::new("backoffice", "functions", "flow", AZURE_WORLD, 14, ("web", "backoffice")).shape(Shape::Office),
        G::new("erp-prod", "keyvault", "kv-erp", AZURE, 10, ("platform", "erp")),
        always(G::new("erp-prod", "appgw", "agw-erp", WEST, 2, ("platform", "network"))),
        always(G::new("backoffice", "vnet", "pip", AZURE_WORLD, 14, ("platform", "network"))),
        G::new("erp-prod", "azmon", "law-erp", AZURE, 4, ("platform", "observability")).size(700),
        stored(G::new("erp-prod", "storage", "nimbuserpdata", AZURE_WORLD, 16, ("core", "erp"))),
        stored(G::new("backoffice", "storage", "nimbusoffice", AZURE, 14, ("data", "backoffice"))),
        always(G::new("erp-prod", "azuresql", "erp-sql", WEST, 2, ("core", "erp")).size(450)),
        G::new("backoffice", "cosmos", "customer-360", AZURE, 3, ("data", "reporting")),
        always(G::new("backoffice", "azurepg", "hr-db", WEST, 3, ("core", "backoffice"))),
        always(G::new("erp-prod", "servicebus", "erp-bus", WEST, 1, ("core", "erp"))),
        G::new("erp-prod", "eventhubs", "erp-events", AZURE, 2, ("data", "erp")).shape(Shape::Always),
        G::new("backoffice", "adf", "month-close", WEST, 4, ("data", "reporting")).shape(Shape::Batch).size(700),
    ]
}

fn google() -> Vec<Group> {
    use Group as G;
    let always = |g: Group| g.shape(Shape::Always);
    let stored = |g: Group| g.shape(Shape::Stored);
    vec![
        always(G::new("analytics-prod", "gce:n2-highmem-8", "airflow", IOWA, 3, ("data", "data-lake")))
            .life(Life::Days(90)),
        always(G::new("analytics-prod", "gce:n2-standard-8", "lake-worker", GOOGLE, 5, ("data", "data-lake")))
            .life(Life::Days(60)),
        G::new("analytics-dev", "gce:n2-standard-4", "notebook", IOWA, 7, ("data", "notebooks"))
            .shape(Shape::Office)
            .size(500)
            .life(Life::Days(60)),
        stored(G::new("analytics-prod", "pd", "lake-disk", GOOGLE, 20, ("data", "data-lake"))),
        always(G::new("analytics-prod", "gke", "lake-gke", IOWA, 2, ("platform", "kubernetes"))),
        G::new("analytics-prod", "run", "report-api", GOOGLE, 10, ("data", "reporting")).size(400),
        stored(G::new("analytics-prod", "gar", "pipelines", IOWA, 5, ("platform", "ci"))),
        G::new("analytics-prod", "gnat", "lake-nat", GOOGLE, 3, ("platform", "network")),
        G::new("analytics-prod", "glogs", "_Default", IOWA, 3, ("platform", "observability")),
        G::new("analytics-prod", "vertex", "demand", IOWA, 3, ("ml", "demand-forecast")).size(1300),
        G::new("analytics-prod", "bq", "lake", GOOGLE, 10, ("data", "data-lake")).size(400).shape(Shape::Batch),
        G::new("analytics-dev", "bq", "scratch", IOWA, 7, ("data", "notebooks")).shape(Shape::Office).size(400),
        stored(G::new("analytics-prod", "gcs", "nimbus-lake", GOOGLE, 26, ("data", "data-lake"))).size(1100),
        stored(G::new("analytics-dev", "gcs", "nimbus-scratch", IOWA, 14, ("data", "notebooks"))).size(500),
        always(G::new("analytics-prod", "cloudsql", "metadata", IOWA, 3, ("data", "data-lake"))),
        G::new("analytics-prod", "pubsub", "positions", GOOGLE, 10, ("logistics", "tracking")),
        G::new("analytics-prod", "dataflow", "positions-to-bq", GOOGLE, 5, ("data", "data-lake")).shape(Shape::Batch),
    ]
}

fn germany() -> Vec<Group> {
    use Group as G;
    vec![
        G::new("tracking-de", "gce:n2-standard-4", "tracking", FRANKFURT, 3, ("logistics", "tracking"))
            .shape(Shape::Always)
            .life(Life::Days(100)),
        G::new("tracking-de", "run", "tracking-api", FRANKFURT, 4, ("logistics", "tracking")),
        G::new("tracking-de", "gcs", "nimbus-de", FRANKFURT, 6, ("logistics", "tracking")).shape(Shape::Stored),
        G::new("tracking-de", "cloudsql", "tracking-db", FRANKFURT, 1, ("logistics", "tracking")).shape(Shape::Always),
        G::new("tracking-de", "gfs", "positions", FRANKFURT, 2, ("logistics", "tracking")),
    ]
}

fn datadog() -> Vec<Group> {
    use Group as G;
    vec![
        G::new("nimbus-freight", "dd:infra", "infra", GLOBAL, 1, ("platform", "observability")).shape(Shape::Stored),
        G::new("nimbus-freight", "dd:apm", "apm", GLOBAL, 1, ("platform", "observability")).shape(Shape::Stored),
        G::new("nimbus-freight", "dd:logs", "logs", GLOBAL, 1, ("platform", "observability")),
        G::new("nimbus-freight", "dd:synth", "synthetics", GLOBAL, 1, ("web", "observability")).shape(Shape::Always),
    ]
}
