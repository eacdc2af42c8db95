//! What Google Cloud and Datadog sell: SKUs of us-central1.
//!
//! Knows no resource.

use super::Offer;

/// Everything that the company buys of Google Cloud and Datadog.
pub(super) fn offers() -> Vec<Offer> {
    let mut offers = compute();
    offers.extend(data());
    offers.extend(datadog());
    offers
}

fn compute() -> Vec<Offer> {
    let machine = |key, instance, cores, memory| {
        Offer::new(
            key,
            "Compute Engine",
            "Virtual Machines",
            "Instance",
            "//compute.googleapis.com/projects/{account}/zones/{zone}/instances/{name}",
        )
        .meter("N2 Instance Core", "hour", "0.031611", cores, "N2 Instance Core running in {region}")
        .meter("N2 Instance Ram", "gibibyte hour", "0.004237", memory, "N2 Instance Ram running in {region}")
        .machine(instance)
        .zonal()
    };
    vec![
        machine("gce:n2-standard-4", "n2-standard-4", "96", "384"),
        machine("gce:n2-standard-8", "n2-standard-8", "192", "768"),
        machine("gce:n2-highmem-8", "n2-highmem-8", "192", "1536"),
        Offer::new(
            "pd",
            "Compute Engine",
            "Block Storage",
            "Disk",
            "//compute.googleapis.com/projects/{account}/zones/{zone}/disks/{name}",
        )
        .meter("SSD backed PD Capacity", "gibibyte month", "0.17", "6.5", "SSD backed PD Capacity in {region}")
        .in_category("Storage")
        .zonal(),
        Offer::new(
            "gke",
            "Kubernetes Engine",
            "Containers",
            "Cluster",
            "//container.googleapis.com/projects/{account}/locations/{region}/clusters/{name}",
        )
        .meter("Regional Kubernetes Clusters", "hour", "0.1", "24", "Regional Kubernetes Clusters")
        .machine(""),
        Offer::new(
            "run",
            "Cloud Run",
            "Serverless Compute",
            "Service",
            "//run.googleapis.com/projects/{account}/locations/{region}/services/{name}",
        )
        .meter("CPU Allocation Time", "second", "0.000024", "190000", "CPU Allocation Time in {region}"),
        Offer::new(
            "gar",
            "Artifact Registry",
            "Development Platforms",
            "Repository",
            "//artifactregistry.googleapis.com/projects/{account}/locations/{region}/repositories/{name}",
        )
        .meter("Artifact Registry Storage", "gibibyte month", "0.1", "9", "Artifact Registry Storage"),
        Offer::new(
            "gnat",
            "Networking",
            "Network Connectivity",
            "Router",
            "//compute.googleapis.com/projects/{account}/regions/{region}/routers/{name}",
        )
        .meter(
            "NAT Gateway: Data Processing Charge",
            "gibibyte",
            "0.045",
            "95",
            "Networking Cloud NAT Data Processing in {region}",
        ),
        Offer::new(
            "glogs",
            "Cloud Logging",
            "Observability",
            "Bucket",
            "//logging.googleapis.com/projects/{account}/locations/{region}/buckets/{name}",
        )
        .meter("Log Storage cost", "gibibyte", "0.5", "21", "Log Storage cost"),
        Offer::new(
            "vertex",
            "Vertex AI",
            "Machine Learning Platforms",
            "Endpoint",
            "//aiplatform.googleapis.com/projects/{account}/locations/{region}/endpoints/{name}",
        )
        .meter(
            "Online Prediction N1 Predefined Instance Core",
            "hour",
            "0.0438",
            "192",
            "Online/Batch Prediction N1 Instance Core in {region}",
        ),
    ]
}

fn data() -> Vec<Offer> {
    vec![
        Offer::new(
            "bq",
            "BigQuery",
            "Data Warehouses",
            "Dataset",
            "//bigquery.googleapis.com/projects/{account}/datasets/{name}",
        )
        .meter("Analysis", "tebibyte", "6.25", "1.9", "Analysis ({region})")
        .meter("Active Logical Storage", "gibibyte month", "0.02", "52", "Active Logical Storage ({region})"),
        Offer::new(
            "gcs",
            "Cloud Storage",
            "Object Storage",
            "Bucket",
            "//storage.googleapis.com/projects/_/buckets/{name}",
        )
        .meter("Standard Storage", "gibibyte month", "0.02", "44", "Standard Storage {region}"),
        Offer::new(
            "cloudsql",
            "Cloud SQL",
            "Relational Databases",
            "Instance",
            "//cloudsql.googleapis.com/projects/{account}/instances/{name}",
        )
        .meter(
            "Cloud SQL for PostgreSQL: Zonal - vCPU",
            "hour",
            "0.0413",
            "96",
            "Cloud SQL for PostgreSQL: Zonal - vCPU in {region}",
        ),
        Offer::new(
            "pubsub",
            "Cloud Pub/Sub",
            "Messaging",
            "Topic",
            "//pubsub.googleapis.com/projects/{account}/topics/{name}",
        )
        .meter("Message Delivery Basic", "tebibyte", "40", "0.061", "Message Delivery Basic"),
        Offer::new(
            "dataflow",
            "Cloud Dataflow",
            "Data Processing",
            "Job",
            "//dataflow.googleapis.com/projects/{account}/locations/{region}/jobs/{name}",
        )
        .meter("vCPU Time Batch", "hour", "0.056", "88", "vCPU Time Batch {region}"),
        Offer::new(
            "gfs",
            "Cloud Firestore",
            "NoSQL Databases",
            "Database",
            "//firestore.googleapis.com/projects/{account}/databases/{name}",
        )
        .meter("Document Reads", "count", "0.0000006", "5200000", "Cloud Firestore Read Ops {region}"),
    ]
}

fn datadog() -> Vec<Offer> {
    vec![
        Offer::new("dd:infra", "Datadog Infrastructure Monitoring", "Observability", "Product", "").meter(
            "infra_host_enterprise",
            "Host-Month",
            "23",
            "1.9",
            "Infra Hosts (Enterprise)",
        ),
        Offer::new("dd:apm", "Datadog APM", "Observability", "Product", "").meter(
            "apm_host",
            "Host-Month",
            "31",
            "0.8",
            "APM Hosts",
        ),
        Offer::new("dd:logs", "Datadog Log Management", "Observability", "Product", "").meter(
            "logs_indexed_15day",
            "1M events",
            "1.7",
            "6.4",
            "Indexed Logs, 15 days retention",
        ),
        Offer::new("dd:synth", "Datadog Synthetic Monitoring", "Observability", "Product", "")
            .meter("synthetics_api_tests", "10K test runs", "5", "0.4", "Synthetics API Test Runs")
            .per(10_000, "Test runs"),
    ]
}
