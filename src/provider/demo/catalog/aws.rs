//! What AWS sells: SKUs of us-east-1.
//!
//! Knows no resource.

use super::Offer;

const INSTANCES: [(&str, &str); 17] = [
    ("t3.medium", "0.0416"),
    ("t3.large", "0.0832"),
    ("m6i.large", "0.096"),
    ("m6i.xlarge", "0.192"),
    ("m6i.2xlarge", "0.384"),
    ("m6i.4xlarge", "0.768"),
    ("c6i.xlarge", "0.17"),
    ("c6i.2xlarge", "0.34"),
    ("c6i.4xlarge", "0.68"),
    ("c7g.2xlarge", "0.29"),
    ("m7g.xlarge", "0.1632"),
    ("r6g.4xlarge", "0.8064"),
    ("r6g.8xlarge", "1.6128"),
    ("r6i.2xlarge", "0.504"),
    ("g5.2xlarge", "1.212"),
    ("g5.12xlarge", "5.672"),
    ("p4d.24xlarge", "32.7726"),
];

const DATABASES: [(&str, &str); 4] =
    [("db.r6g.2xlarge", "0.9"), ("db.r6g.xlarge", "0.45"), ("db.m6g.large", "0.159"), ("db.t4g.medium", "0.065")];

const EC2: &str = "Amazon Elastic Compute Cloud";
const INSTANCE: &str = "arn:aws:ec2:{region}:{account}:instance/i-{hex}";

/// Everything that the company buys of AWS.
pub(super) fn offers() -> Vec<Offer> {
    let mut offers = compute();
    offers.extend(databases());
    offers.extend(storage_and_network());
    offers.extend(observability_and_security());
    offers.extend(integration_and_data());
    offers
}

fn compute() -> Vec<Offer> {
    let mut offers = Vec::new();
    for (instance, price) in INSTANCES {
        let text = format!("${{price}} per On Demand Linux {instance} Instance Hour");
        offers.push(
            Offer::new(&format!("ec2:{instance}"), EC2, "Virtual Machines", "instance", INSTANCE)
                .meter(&format!("BoxUsage:{instance}"), "Hrs", price, "24", &text)
                .machine(instance)
                .hourly()
                .zonal(),
        );
    }
    // Spot: a price of its own, about a third.
    offers.push(
        Offer::new("spot:c6i.2xlarge", EC2, "Virtual Machines", "instance", INSTANCE)
            .meter(
                "SpotUsage:c6i.2xlarge",
                "Hrs",
                "0.1214",
                "24",
                "c6i.2xlarge Linux/UNIX Spot Instance-hour in {region}",
            )
            .machine("c6i.2xlarge")
            .hourly()
            .zonal(),
    );
    offers.extend([
        Offer::new(
            "lambda",
            "AWS Lambda",
            "Serverless Compute",
            "function",
            "arn:aws:lambda:{region}:{account}:function:{name}",
        )
        .meter(
            "Lambda-GB-Second",
            "Lambda-GB-Second",
            "0.0000166667",
            "21000",
            "AWS Lambda - Total Compute - {region}",
        ),
        Offer::new(
            "fargate",
            "Amazon Elastic Container Service",
            "Containers",
            "service",
            "arn:aws:ecs:{region}:{account}:service/{project}/{name}",
        )
        .meter("Fargate-vCPU-Hours:perCPU", "hours", "0.04048", "48", "AWS Fargate - vCPU - {region}")
        .meter("Fargate-GB-Hours", "hours", "0.004445", "96", "AWS Fargate - Memory - {region}"),
        Offer::new(
            "eks",
            "Amazon Elastic Container Service for Kubernetes",
            "Containers",
            "cluster",
            "arn:aws:eks:{region}:{account}:cluster/{name}",
        )
        .meter("AmazonEKS-Hours:perCluster", "Hours", "0.1", "24", "Amazon EKS cluster usage in {region}")
        .machine("")
        .hourly(),
        Offer::new(
            "ecr",
            "Amazon EC2 Container Registry (ECR)",
            "Containers",
            "repository",
            "arn:aws:ecr:{region}:{account}:repository/{name}",
        )
        .meter("TimedStorage-ByteHrs", "GB-Mo", "0.1", "1.6", "${price} per GB-month of data storage"),
        Offer::new(
            "sagemaker",
            "Amazon SageMaker",
            "Machine Learning Platforms",
            "endpoint",
            "arn:aws:sagemaker:{region}:{account}:endpoint/{name}",
        )
        .meter("Host:ml.g5.xlarge", "Hrs", "1.408", "24", "${price} per Hosting ml.g5.xlarge hour in {region}")
        .machine("ml.g5.xlarge"),
        Offer::new(
            "bedrock",
            "Amazon Bedrock",
            "Generative AI",
            "model",
            "arn:aws:bedrock:{region}:{account}:application-inference-profile/{name}",
        )
        .meter("InputTokenCount", "1K tokens", "0.003", "4200", "${price} per 1K input tokens"),
        Offer::new(
            "sfn",
            "AWS Step Functions",
            "Application Integration",
            "stateMachine",
            "arn:aws:states:{region}:{account}:stateMachine:{name}",
        )
        .meter("StateTransition", "StateTransitions", "0.000025", "31000", "${price} per state transition"),
    ]);
    offers
}

fn databases() -> Vec<Offer> {
    let mut offers = Vec::new();
    for (instance, price) in DATABASES {
        let text = format!("${{price}} per RDS {instance} Single-AZ instance hour running PostgreSQL");
        offers.push(
            Offer::new(
                &format!("rds:{instance}"),
                "Amazon Relational Database Service",
                "Relational Databases",
                "db",
                "arn:aws:rds:{region}:{account}:db:{name}",
            )
            .meter(&format!("InstanceUsage:{instance}"), "Hrs", price, "24", &text)
            .machine(instance)
            .hourly()
            .zonal(),
        );
    }
    offers.extend([
        Offer::new(
            "rds:storage",
            "Amazon Relational Database Service",
            "Relational Databases",
            "db",
            "arn:aws:rds:{region}:{account}:db:{name}",
        )
        .meter("RDS:GP3-Storage", "GB-Mo", "0.115", "28", "${price} per GB-month of provisioned gp3 storage"),
        Offer::new(
            "ddb",
            "Amazon DynamoDB",
            "NoSQL Databases",
            "table",
            "arn:aws:dynamodb:{region}:{account}:table/{name}",
        )
        .meter("WriteRequestUnits", "WriteRequestUnits", "0.000000625", "3400000", "${price} per write request unit")
        .meter("TimedStorage-ByteHrs", "GB-Mo", "0.25", "1.1", "${price} per GB-month of storage"),
        Offer::new(
            "elasticache",
            "Amazon ElastiCache",
            "Caching",
            "cluster",
            "arn:aws:elasticache:{region}:{account}:cluster:{name}",
        )
        .meter(
            "NodeUsage:cache.r6g.large",
            "Hrs",
            "0.206",
            "24",
            "${price} per cache.r6g.large node hour running Redis",
        )
        .machine("cache.r6g.large")
        .hourly(),
        Offer::new(
            "opensearch",
            "Amazon OpenSearch Service",
            "Search",
            "domain",
            "arn:aws:es:{region}:{account}:domain/{name}",
        )
        .meter("ESInstance:r6g.large", "Hrs", "0.167", "72", "${price} per r6g.large.search instance hour"),
        Offer::new(
            "redshift",
            "Amazon Redshift",
            "Data Warehouses",
            "cluster",
            "arn:aws:redshift:{region}:{account}:cluster:{name}",
        )
        .meter("Node:ra3.xlplus", "Hrs", "1.086", "24", "${price} per Redshift ra3.xlplus compute node-hour")
        .machine("ra3.xlplus"),
    ]);
    offers
}

fn storage_and_network() -> Vec<Offer> {
    vec![
        Offer::new("ebs", EC2, "Block Storage", "volume", "arn:aws:ec2:{region}:{account}:volume/vol-{hex}")
            .meter(
                "EBS:VolumeUsage.gp3",
                "GB-Mo",
                "0.08",
                "6.1",
                "${price} per GB-month of General Purpose (gp3) provisioned storage - {region}",
            )
            .in_category("Storage")
            .zonal(),
        Offer::new("snapshot", EC2, "Backup Storage", "snapshot", "arn:aws:ec2:{region}:{account}:snapshot/snap-{hex}")
            .meter(
                "EBS:SnapshotUsage",
                "GB-Mo",
                "0.05",
                "4.3",
                "${price} per GB-Month of snapshot data stored - {region}",
            )
            .in_category("Storage"),
        Offer::new("s3", "Amazon Simple Storage Service", "Object Storage", "bucket", "arn:aws:s3:::{name}")
            .meter(
                "TimedStorage-ByteHrs",
                "GB-Mo",
                "0.023",
                "37",
                "${price} per GB - first 50 TB / month of storage used",
            )
            .meter(
                "Requests-Tier1",
                "Requests",
                "0.000005",
                "9000",
                "$0.005 per 1,000 PUT, COPY, POST, or LIST requests",
            ),
        Offer::new(
            "glacier",
            "Amazon Glacier",
            "Object Storage",
            "vault",
            "arn:aws:glacier:{region}:{account}:vaults/{name}",
        )
        .meter("TimedStorage-ByteHrs", "GB-Mo", "0.0036", "160", "${price} per GB-month of storage"),
        Offer::new(
            "efs",
            "Amazon Elastic File System",
            "File Storage",
            "file-system",
            "arn:aws:elasticfilesystem:{region}:{account}:file-system/fs-{hex}",
        )
        .meter(
            "TimedStorage-ByteHrs",
            "GB-Mo",
            "0.3",
            "9",
            "${price} per GB-Mo for Standard storage ({region})",
        ),
        Offer::new(
            "backup",
            "AWS Backup",
            "Backup Storage",
            "vault",
            "arn:aws:backup:{region}:{account}:backup-vault:{name}",
        )
        .meter("WarmStorage-ByteHrs-EBS", "GB-Mo", "0.05", "62", "${price} per GB-Month of EBS backup storage"),
        Offer::new(
            "nat",
            EC2,
            "Network Connectivity",
            "natgateway",
            "arn:aws:ec2:{region}:{account}:natgateway/nat-{hex}",
        )
        .meter("NatGateway-Hours", "Hrs", "0.045", "24", "${price} per NAT Gateway Hour")
        .meter("NatGateway-Bytes", "GB", "0.045", "250", "${price} per GB Data Processed by NAT Gateways")
        .in_category("Networking")
        .hourly(),
        Offer::new(
            "elb",
            "Elastic Load Balancing",
            "Application Networking",
            "loadbalancer",
            "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{hex}",
        )
        .meter(
            "LoadBalancerUsage",
            "Hrs",
            "0.0225",
            "24",
            "${price} per Application LoadBalancer-hour (or partial hour)",
        )
        .meter(
            "LCUUsage",
            "LCU-Hrs",
            "0.008",
            "40",
            "${price} per used Application load balancer capacity unit-hour",
        ),
        Offer::new(
            "vpce",
            "Amazon Virtual Private Cloud",
            "Network Infrastructure",
            "vpc-endpoint",
            "arn:aws:ec2:{region}:{account}:vpc-endpoint/vpce-{hex}",
        )
        .meter("VpcEndpoint-Hours", "Hrs", "0.01", "48", "${price} per VPC Endpoint Hour"),
        Offer::new(
            "eip",
            "Amazon Virtual Private Cloud",
            "Network Infrastructure",
            "elastic-ip",
            "arn:aws:ec2:{region}:{account}:elastic-ip/eipalloc-{hex}",
        )
        .meter(
            "PublicIPv4:IdleAddress",
            "Hrs",
            "0.005",
            "24",
            "${price} per Idle public IPv4 address per hour",
        ),
        Offer::new(
            "cloudfront",
            "Amazon CloudFront",
            "Content Delivery",
            "distribution",
            "arn:aws:cloudfront::{account}:distribution/E{hex}",
        )
        .meter(
            "DataTransfer-Out-Bytes",
            "GB",
            "0.085",
            "210",
            "${price} per GB - first 10 TB / month data transfer out",
        ),
        Offer::new("route53", "Amazon Route 53", "DNS", "hostedzone", "arn:aws:route53:::hostedzone/Z{hex}").meter(
            "DNS-Queries",
            "Queries",
            "0.0000004",
            "1700000",
            "$0.40 per 1,000,000 queries for the first 1 Billion queries",
        ),
    ]
}

fn observability_and_security() -> Vec<Offer> {
    vec![
        Offer::new(
            "logs",
            "AmazonCloudWatch",
            "Observability",
            "log-group",
            "arn:aws:logs:{region}:{account}:log-group:{name}",
        )
        .meter(
            "DataProcessing-Bytes",
            "GB",
            "0.5",
            "0.9",
            "${price} per GB custom log data ingested in Standard log class - {region}",
        ),
        Offer::new("metrics", "AmazonCloudWatch", "Observability", "metric", "").meter(
            "CW:MetricMonitorUsage",
            "Metrics",
            "0.3",
            "22",
            "${price} per metric-month for the first 10,000 metrics - {region}",
        ),
        Offer::new(
            "cloudtrail",
            "AWS CloudTrail",
            "Observability",
            "trail",
            "arn:aws:cloudtrail:{region}:{account}:trail/{name}",
        )
        .meter(
            "PaidEventsRecorded",
            "Events",
            "0.00002",
            "72000",
            "${price} per paid management event recorded in {region}",
        ),
        Offer::new("awsconfig", "AWS Config", "Compliance", "recorder", "").meter(
            "ConfigurationItemRecorded",
            "ConfigurationItemRecorded",
            "0.003",
            "340",
            "${price} per Configuration Item recorded in {region}",
        ),
        Offer::new(
            "kms",
            "AWS Key Management Service",
            "Encryption",
            "key",
            "arn:aws:kms:{region}:{account}:key/{hex}",
        )
        .meter("KMS-Keys", "Keys", "1", "0.0329", "${price} per customer managed KMS key version in {region}"),
        Offer::new(
            "secret",
            "AWS Secrets Manager",
            "Secrets Management",
            "secret",
            "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
        )
        .meter("AWSSecretsManager-Secrets", "Secrets", "0.4", "0.0329", "${price} per Secret"),
        Offer::new(
            "guardduty",
            "Amazon GuardDuty",
            "Threat Detection",
            "detector",
            "arn:aws:guardduty:{region}:{account}:detector/{hex}",
        )
        .meter(
            "PaidEventsAnalyzed-Bytes",
            "GB",
            "1",
            "3.8",
            "${price} per GB for first 500 GB / month of logs analyzed",
        ),
        Offer::new(
            "waf",
            "AWS WAF",
            "Network Security",
            "webacl",
            "arn:aws:wafv2:{region}:{account}:regional/webacl/{name}/{hex}",
        )
        .meter(
            "RequestV2-Tier1",
            "Requests",
            "0.0000006",
            "3100000",
            "$0.60 per million requests processed in {region}",
        ),
    ]
}

fn integration_and_data() -> Vec<Offer> {
    vec![
        Offer::new("sqs", "Amazon Simple Queue Service", "Messaging", "queue", "arn:aws:sqs:{region}:{account}:{name}")
            .meter(
                "Requests-Tier1",
                "Requests",
                "0.0000004",
                "1400000",
                "$0.40 per million Amazon SQS standard requests in Tier1 in {region}",
            ),
        Offer::new(
            "sns",
            "Amazon Simple Notification Service",
            "Messaging",
            "topic",
            "arn:aws:sns:{region}:{account}:{name}",
        )
        .meter("Requests-Tier1", "Requests", "0.0000005", "520000", "$0.50 per 1 million Amazon SNS Requests"),
        Offer::new(
            "apigw",
            "Amazon API Gateway",
            "API Management",
            "api",
            "arn:aws:apigateway:{region}::/restapis/{hex}",
        )
        .meter(
            "ApiGatewayRequest",
            "Requests",
            "0.0000035",
            "640000",
            "$3.50/million requests - first 333 million requests/month",
        ),
        Offer::new(
            "kinesis",
            "Amazon Kinesis",
            "Streaming Analytics",
            "stream",
            "arn:aws:kinesis:{region}:{account}:stream/{name}",
        )
        .meter("Storage-ShardHour", "Shard-Hours", "0.015", "288", "${price} per provisioned shard-hour"),
        Offer::new(
            "msk",
            "Amazon Managed Streaming for Apache Kafka",
            "Streaming Analytics",
            "cluster",
            "arn:aws:kafka:{region}:{account}:cluster/{name}/{hex}",
        )
        .meter("Kafka.m7g.large", "Hrs", "0.204", "72", "${price} per Kafka.m7g.large broker hour"),
        Offer::new(
            "athena",
            "Amazon Athena",
            "Analytics Platforms",
            "workgroup",
            "arn:aws:athena:{region}:{account}:workgroup/{name}",
        )
        .meter(
            "DataScannedInTB",
            "Terabytes",
            "5",
            "1.2",
            "${price} per Terabyte for DataScannedInTB in {region}",
        ),
        Offer::new("glue", "AWS Glue", "Data Processing", "job", "arn:aws:glue:{region}:{account}:job/{name}").meter(
            "ETL-DPU-Hour",
            "DPU-Hour",
            "0.44",
            "14",
            "${price} per Data Processing Unit-Hour for AWS Glue ETL job",
        ),
        Offer::new(
            "ses",
            "Amazon Simple Email Service",
            "Messaging",
            "identity",
            "arn:aws:ses:{region}:{account}:identity/{name}",
        )
        .meter("Recipients", "Count", "0.0001", "26000", "$0.10 per 1,000 recipients"),
        Offer::new(
            "codebuild",
            "AWS CodeBuild",
            "Continuous Integration and Deployment",
            "project",
            "arn:aws:codebuild:{region}:{account}:project/{name}",
        )
        .meter(
            "Build-Min:Linux:g1.medium",
            "minutes",
            "0.01",
            "310",
            "${price} per minute for general1.medium on Linux",
        ),
    ]
}
