//! What the company runs on AWS.
//!
//! Knows no charge.

use super::super::commitments::{DATABASE_RESERVATION, SAVINGS_PLAN};
use super::super::regions::GLOBAL;
use super::super::seasons::Shape;
use super::super::stories::{Stories, Story};
use super::{Group, Life};

const US: &[&str] = &["us-east-1"];
const EU: &[&str] = &["eu-west-1"];
const HOME: &[&str] = &["us-east-1", "eu-west-1"];
const MAIN: &[&str] = &["us-east-1", "us-east-1", "us-east-1", "eu-west-1", "eu-west-1", "us-west-2", "eu-central-1"];
const WORLD: &[&str] = &[
    "us-east-1",
    "eu-west-1",
    "us-west-2",
    "eu-central-1",
    "ap-southeast-1",
    "us-east-2",
    "ap-northeast-1",
    "ca-central-1",
    "eu-west-2",
    "ap-south-1",
    "sa-east-1",
    "ap-southeast-2",
];

/// Everything that the company runs on AWS.
pub(super) fn groups(stories: &Stories) -> Vec<Group> {
    let mut groups = machines(stories);
    groups.extend(containers());
    groups.extend(databases(stories));
    groups.extend(storage(stories));
    groups.extend(network());
    groups.extend(observability());
    groups.extend(functions());
    groups
}

fn machines(stories: &Stories) -> Vec<Group> {
    use Group as G;
    let always = |g: Group| g.shape(Shape::Always);
    vec![
        always(G::new("prod-core", "ec2:m6i.4xlarge", "core-node", HOME, 7, ("core", "shipments")))
            .life(Life::Days(75))
            .plan(SAVINGS_PLAN),
        always(G::new("prod-api", "ec2:m6i.2xlarge", "api-node", MAIN, 8, ("web", "quotes")))
            .life(Life::Days(100))
            .plan(SAVINGS_PLAN),
        always(G::new("prod-api", "ec2:c6i.4xlarge", "routing-node", HOME, 2, ("logistics", "routing")))
            .life(Life::Days(80))
            .plan(SAVINGS_PLAN),
        always(G::new("prod-core", "ec2:c7g.2xlarge", "edge-node", WORLD, 7, ("platform", "edge")))
            .life(Life::Days(110)),
        always(G::new("prod-core", "spot:c6i.2xlarge", "batch-spot", US, 10, ("logistics", "routing")))
            .life(Life::Days(25)),
        always(G::new("prod-core", "ec2:r6g.8xlarge", "rating-cache", EU, 2, ("logistics", "rating"))),
        always(G::new("prod-core", "ec2:r6g.4xlarge", "tracking-stream", US, 1, ("logistics", "tracking"))),
        always(G::new("prod-api", "ec2:r6i.2xlarge", "search-node", HOME, 2, ("web", "search"))),
        always(G::new("prod-api", "ec2:c6i.2xlarge", "gateway", WORLD, 3, ("platform", "edge"))),
        G::new("prod-ml", "ec2:p4d.24xlarge", "train-gpu", US, 4, ("ml", "eta-forecast"))
            .shape(Shape::Bursts)
            .size(105),
        always(G::new("prod-ml", "ec2:g5.2xlarge", "infer-gpu", US, 2, ("ml", "eta-forecast"))).life(Life::Days(120)),
        always(G::new("prod-ml", "ec2:g5.12xlarge", "gpu-experiments", &["us-west-2"], 2, ("ml", "gpu-experiments")))
            .life(Life::Since(stories.gpus))
            .tagged("{\"eks:cluster-name\":\"ml-prod\",\"eks:nodegroup-name\":\"gpu-experiments\"}"),
        always(G::new("prod-core", "ec2:m6i.xlarge", "legacy-tms", US, 5, ("logistics", "legacy-tms")))
            .life(Life::Before(stories.deleted)),
        G::new("staging", "ec2:m6i.xlarge", "stage-node", HOME, 8, ("platform", "staging"))
            .shape(Shape::Office)
            .size(500)
            .life(Life::Days(70)),
        G::new("staging", "ec2:m6i.large", "stage-tools", US, 5, ("core", "staging")).shape(Shape::Office).size(500),
        G::new("sandbox", "ec2:t3.large", "dev-box", MAIN, 9, ("web", "dev-boxes"))
            .shape(Shape::Office)
            .size(500)
            .life(Life::Days(70)),
        always(G::new("sandbox", "ec2:t3.medium", "poc", US, 7, ("data", "poc"))).life(Life::Days(90)),
        always(G::new("shared-services", "ec2:m7g.xlarge", "runner", US, 4, ("platform", "ci"))).life(Life::Days(45)),
        always(G::new("shared-services", "ec2:c6i.xlarge", "bastion", WORLD, 4, ("platform", "access"))),
    ]
}

fn containers() -> Vec<Group> {
    use Group as G;
    vec![
        G::new("prod-core", "eks", "core-prod", HOME, 2, ("platform", "kubernetes")).shape(Shape::Always),
        G::new("prod-ml", "eks", "ml-prod", &["us-west-2"], 1, ("ml", "kubernetes")).shape(Shape::Always),
        G::new("staging", "eks", "stage", US, 1, ("platform", "kubernetes")).shape(Shape::Always),
        G::new("prod-api", "fargate", "bff", MAIN, 8, ("web", "quotes")).size(1300),
        G::new("staging", "fargate", "bff-stage", US, 5, ("web", "quotes")).shape(Shape::Office).size(400),
        G::new("shared-services", "ecr", "images", US, 26, ("platform", "ci")).shape(Shape::Stored),
        G::new("prod-ml", "sagemaker", "eta", US, 1, ("ml", "eta-forecast")).shape(Shape::Always),
        G::new("prod-ml", "bedrock", "document-reader", US, 3, ("ml", "customs-docs")).size(900),
        G::new("shared-services", "codebuild", "build", US, 9, ("platform", "ci")).shape(Shape::Office),
    ]
}

fn databases(stories: &Stories) -> Vec<Group> {
    use Group as G;
    vec![
        G::new("prod-core", "rds:db.r6g.2xlarge", "shipments-db", HOME, 3, ("core", "shipments"))
            .shape(Shape::Always)
            .plan(DATABASE_RESERVATION),
        G::new("prod-api", "rds:db.r6g.xlarge", "quotes-db", HOME, 3, ("web", "quotes"))
            .shape(Shape::Always)
            .plan(DATABASE_RESERVATION),
        G::new("staging", "rds:db.m6g.large", "stage-db", US, 3, ("core", "staging")).shape(Shape::Always),
        G::new("sandbox", "rds:db.t4g.medium", "poc-db", US, 2, ("data", "poc"))
            .shape(Shape::Always)
            .life(Life::Days(90)),
        G::new("prod-core", "rds:db.r6g.xlarge", "legacy-tms-db", US, 1, ("logistics", "legacy-tms"))
            .shape(Shape::Always)
            .life(Life::Before(stories.deleted)),
        G::new("prod-core", "rds:storage", "shipments-data", HOME, 6, ("core", "shipments")).shape(Shape::Stored),
        G::new("prod-api", "rds:storage", "quotes-data", HOME, 4, ("web", "quotes")).shape(Shape::Stored),
        G::new("prod-core", "ddb", "events", MAIN, 22, ("logistics", "tracking")).size(700),
        G::new("prod-api", "ddb", "sessions", HOME, 8, ("web", "quotes")),
        G::new("prod-api", "elasticache", "cache", HOME, 4, ("web", "quotes")).shape(Shape::Always),
        G::new("shared-services", "opensearch", "audit-search", US, 2, ("platform", "audit")).shape(Shape::Always),
        G::new("prod-core", "redshift", "reporting", US, 1, ("data", "reporting")).shape(Shape::Always),
    ]
}

fn storage(stories: &Stories) -> Vec<Group> {
    use Group as G;
    let stored = |g: Group| g.shape(Shape::Stored);
    vec![
        stored(G::new("prod-core", "ebs", "pvc-core", MAIN, 80, ("core", "shipments")).size(500)),
        stored(G::new("prod-api", "ebs", "pvc-api", WORLD, 50, ("web", "quotes")).size(500)),
        stored(G::new("prod-ml", "ebs", "pvc-ml", US, 30, ("ml", "eta-forecast"))).size(1300),
        stored(G::new("staging", "ebs", "pvc-stage", US, 40, ("platform", "staging"))).size(500).life(Life::Days(250)),
        stored(G::new("sandbox", "ebs", "scratch", MAIN, 45, ("data", "poc"))).size(600).life(Life::Days(300)),
        stored(G::new("prod-core", "ebs", "legacy-tms-disk", US, 6, ("logistics", "legacy-tms")))
            .life(Life::Before(stories.deleted)),
        stored(G::new("shared-services", "snapshot", "nightly", HOME, 50, ("platform", "backup")))
            .life(Life::Days(300)),
        stored(G::new("prod-core", "s3", "nimbus-core", MAIN, 38, ("core", "shipments"))),
        stored(G::new("prod-api", "s3", "nimbus-web", WORLD, 24, ("web", "quotes"))).size(500),
        stored(G::new("prod-ml", "s3", "nimbus-ml", US, 18, ("ml", "eta-forecast"))).size(1700),
        stored(G::new("sandbox", "s3", "nimbus-sandbox", MAIN, 20, ("data", "poc"))).size(300),
        stored(G::new("shared-services", "s3", "nimbus-logs", WORLD, 22, ("platform", "audit"))).size(900),
        stored(G::new("shared-services", "glacier", "archive", HOME, 4, ("platform", "backup"))),
        stored(G::new("prod-core", "efs", "documents", HOME, 5, ("core", "customs-docs"))),
        stored(G::new("shared-services", "backup", "vault", HOME, 6, ("platform", "backup")).size(600)),
    ]
}

fn network() -> Vec<Group> {
    use Group as G;
    vec![
        G::new("prod-ml", "nat", "ml-nat", US, 1, ("ml", "eta-forecast"))
            .story(Story::RunawayNat)
            .tagged("{\"team\":\"ml\",\"env\":\"prod\"}"),
        G::new("prod-core", "nat", "core-nat", HOME, 3, ("platform", "network")),
        G::new("prod-api", "nat", "api-nat", HOME, 2, ("platform", "network")),
        G::new("staging", "nat", "stage-nat", US, 1, ("platform", "network")).size(90),
        G::new("sandbox", "nat", "sandbox-nat", US, 1, ("platform", "network")).size(4),
        G::new("prod-api", "elb", "public", WORLD, 16, ("web", "quotes")),
        G::new("prod-core", "elb", "internal", HOME, 9, ("platform", "network")).size(500),
        G::new("staging", "elb", "stage", US, 6, ("platform", "staging")).size(100).shape(Shape::Office),
        G::new("shared-services", "vpce", "endpoint", WORLD, 16, ("platform", "network")).shape(Shape::Always),
        G::new("sandbox", "eip", "idle-ip", MAIN, 8, ("data", "poc")).shape(Shape::Always).life(Life::Days(200)),
        G::new("prod-api", "cloudfront", "site", GLOBAL, 5, ("web", "storefront")).size(500),
        G::new("shared-services", "route53", "zone", GLOBAL, 9, ("platform", "network")),
        G::new("prod-api", "waf", "edge-rules", HOME, 3, ("platform", "edge")),
    ]
}

fn observability() -> Vec<Group> {
    use Group as G;
    vec![
        G::new("prod-core", "logs", "/eks/api", US, 1, ("core", "shipments"))
            .size(90_000)
            .story(Story::LoudLogs)
            .tagged("{\"team\":\"core\",\"env\":\"prod\",\"project\":\"shipments\"}"),
        G::new("prod-core", "logs", "/eks/core", MAIN, 22, ("core", "shipments")),
        G::new("prod-api", "logs", "/ecs/bff", WORLD, 20, ("web", "quotes")),
        G::new("staging", "logs", "/eks/stage", US, 10, ("platform", "staging")).size(300).shape(Shape::Office),
        G::new("prod-ml", "logs", "/sagemaker", US, 6, ("ml", "eta-forecast")),
        G::new("shared-services", "metrics", "metrics", WORLD, 12, ("platform", "observability"))
            .size(300)
            .shape(Shape::Stored),
        G::new("shared-services", "cloudtrail", "org-trail", MAIN, 4, ("platform", "audit")),
        G::new("shared-services", "awsconfig", "config", WORLD, 12, ("platform", "audit")).shape(Shape::Office),
        G::new("shared-services", "guardduty", "detector", WORLD, 12, ("platform", "audit")).size(500),
        G::new("prod-core", "kms", "key", MAIN, 24, ("platform", "audit")).shape(Shape::Always),
        G::new("prod-api", "secret", "quotes", HOME, 26, ("web", "quotes")).shape(Shape::Always),
        G::new("prod-core", "secret", "shipments", HOME, 30, ("core", "shipments")).shape(Shape::Always),
    ]
}

fn functions() -> Vec<Group> {
    use Group as G;
    vec![
        G::new("prod-core", "lambda", "on-shipment", MAIN, 34, ("logistics", "tracking")).size(700),
        G::new("prod-api", "lambda", "quote", WORLD, 26, ("web", "quotes")).size(500),
        G::new("staging", "lambda", "stage-fn", US, 18, ("web", "staging")).size(60).shape(Shape::Office),
        G::new("sandbox", "lambda", "try", MAIN, 16, ("data", "poc")).size(30).life(Life::Days(120)),
        G::new("prod-core", "sfn", "clearance", HOME, 6, ("logistics", "customs-docs")),
        G::new("prod-core", "sqs", "shipment-events", MAIN, 26, ("logistics", "tracking")),
        G::new("prod-api", "sqs", "quote-events", HOME, 12, ("web", "quotes")),
        G::new("prod-core", "sns", "notices", HOME, 14, ("logistics", "tracking")),
        G::new("prod-api", "apigw", "public-api", HOME, 6, ("web", "quotes")),
        G::new("prod-core", "kinesis", "positions", HOME, 3, ("logistics", "tracking")).shape(Shape::Always),
        G::new("prod-core", "msk", "backbone", US, 1, ("data", "events")).shape(Shape::Always),
        G::new("shared-services", "athena", "adhoc", HOME, 4, ("data", "reporting")).shape(Shape::Office),
        G::new("prod-core", "glue", "nightly-etl", US, 6, ("data", "reporting")).size(600).shape(Shape::Batch),
        G::new("prod-api", "ses", "mail", HOME, 2, ("web", "quotes")),
    ]
}
