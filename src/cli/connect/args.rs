//! The flags of `spendtop connect`: what a connection's section holds, and how it is written.
//!
//! Knows words and shapes. Values that stand for secrets are read as they are and judged later, so that no
//! message of the parser repeats one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::host::connect::wanted::{self, Settings, Wanted};

/// `spendtop connect`
#[derive(Clone, PartialEq, Eq, Debug, Args)]
#[command(after_help = "Examples:
  spendtop connect aws --name prod --profile billing
  spendtop connect azure --scope /subscriptions/00000000-0000-0000-0000-000000000000 --yes
  spendtop connect gcp --table project.dataset.gcp_billing_export_v1_XXXXXX --print
  spendtop connect folder --path /srv/bills --yes")]
pub struct ConnectArgs {
    /// To what.
    #[command(subcommand)]
    pub to: ConnectTo,
}

/// What to connect to.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum ConnectTo {
    /// Amazon Web Services: Cost Explorer, or exports in S3
    Aws(AwsArgs),
    /// Microsoft Azure: Cost Management, or exports in Blob storage
    Azure(AzureArgs),
    /// Google Cloud: the billing export in BigQuery, or files in Cloud Storage
    Gcp(GcpArgs),
    /// OpenCost: what Kubernetes' workloads cost
    #[command(name = "opencost")]
    OpenCost(OpenCostArgs),
    /// A folder: billing files that come there are read by themselves
    Folder(FolderArgs),
}

/// How the section is written.
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
#[command(next_help_heading = "How it is written")]
pub struct HowArgs {
    /// The connection's name: small letters, digits, `-` and `_`.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Months of history that are wanted [default: 13].
    #[arg(long, value_name = "N")]
    pub months: Option<u16>,
    /// Ask nothing: what no flag says is as it usually is.
    #[arg(long)]
    pub yes: bool,
    /// Print the section, and neither check nor write it, whatever else is said.
    #[arg(long)]
    pub print: bool,
    /// Write over a connection of that name; other keys of it are taken out.
    #[arg(long)]
    pub replace: bool,
    /// Ask the provider nothing.
    #[arg(long)]
    pub no_check: bool,
}

/// `spendtop connect aws`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct AwsArgs {
    /// A profile of the AWS CLI [default: the SDK's own chain].
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A role to take on, by its ARN; several are scopes of their own.
    #[arg(long, value_name = "ARN")]
    pub role: Vec<String>,
    /// What the roles' trust policies ask for, or a reference to it: env:NAME, file:/path, cmd:command, keyring:SERVICE/ACCOUNT.
    #[arg(long, value_name = "REFERENCE", requires = "role")]
    pub external_id: Option<String>,
    /// A data export (FOCUS or CUR 2.0): s3://bucket/prefix/name.
    #[arg(long, value_name = "PLACE")]
    pub export: Vec<String>,
    /// The exports' region.
    #[arg(long, value_name = "REGION", requires = "export")]
    pub region: Option<String>,
    /// Ask Cost Explorer although there are exports.
    #[arg(long)]
    pub api: bool,
    /// A tag key to split costs by [default: those of `[tags] keys`].
    #[arg(long, value_name = "KEY")]
    pub tag: Vec<String>,
    /// Accounts that have costs, about: only for the estimate.
    #[arg(long, value_name = "N")]
    pub accounts: Option<u32>,
    /// Services that they use, about: only for the estimate.
    #[arg(long, value_name = "N", default_value = "20")]
    pub services: u32,
    /// Paid requests a day at most [default: 12].
    #[arg(long, value_name = "N")]
    pub requests_per_day: Option<u64>,
    /// Pay for as many requests as the history needs, once.
    #[arg(long)]
    pub history: bool,
    /// Another endpoint than AWS's own.
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// How it is written.
    #[command(flatten)]
    pub how: HowArgs,
}

/// `spendtop connect azure`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct AzureArgs {
    /// /subscriptions/ID, a management group or a billing account [default: the login's subscriptions].
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// An export: `https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH`.
    #[arg(long, value_name = "PLACE")]
    pub export: Vec<String>,
    /// A reference to the storage account's key: env:NAME, file:/path, cmd:command, keyring:SERVICE/ACCOUNT.
    #[arg(long, value_name = "REFERENCE")]
    pub key: Option<String>,
    /// auto, cli, service-principal, managed-identity or workload-identity [default: auto].
    #[arg(long, value_name = "HOW")]
    pub login: Option<String>,
    /// The tenant.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// A service principal's or managed identity's client id.
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
    /// A reference to a service principal's secret.
    #[arg(long, value_name = "REFERENCE")]
    pub secret: Option<String>,
    /// A reference to a service principal's certificate.
    #[arg(long, value_name = "REFERENCE")]
    pub certificate: Option<String>,
    /// A tag key to split costs by [default: those of `[tags] keys`].
    #[arg(long, value_name = "KEY")]
    pub tag: Vec<String>,
    /// How it is written.
    #[command(flatten)]
    pub how: HowArgs,
}

/// `spendtop connect gcp`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct GcpArgs {
    /// The billing export's table: project.dataset.table.
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    /// The project that queries run in [default: the table's].
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
    /// Where the dataset lies.
    #[arg(long, value_name = "PLACE")]
    pub location: Option<String>,
    /// Files of charges: gs://bucket/prefix.
    #[arg(long, value_name = "PLACE")]
    pub export: Vec<String>,
    /// A reference to a service account's key [default: application default credentials].
    #[arg(long, value_name = "REFERENCE")]
    pub key: Option<String>,
    /// A service account to impersonate.
    #[arg(long, value_name = "ACCOUNT")]
    pub impersonate: Option<String>,
    /// A label key to keep [default: those of `[tags] keys`].
    #[arg(long = "tag", value_name = "KEY")]
    pub tag: Vec<String>,
    /// How it is written.
    #[command(flatten)]
    pub how: HowArgs,
}

/// `spendtop connect opencost`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct OpenCostArgs {
    /// Where it answers [default: http://localhost:9003].
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A reference to a bearer token: env:NAME, file:/path, cmd:command, keyring:SERVICE/ACCOUNT.
    #[arg(long, value_name = "REFERENCE")]
    pub token: Option<String>,
    /// The currency of its prices [default: USD].
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// No cloud bills the cluster's machines: its estimates are the cost.
    #[arg(long)]
    pub on_no_bill: bool,
    /// A label key to keep [default: those of `[tags] keys`].
    #[arg(long = "tag", value_name = "KEY")]
    pub tag: Vec<String>,
    /// How it is written.
    #[command(flatten)]
    pub how: HowArgs,
}

/// `spendtop connect folder`
#[derive(Clone, PartialEq, Eq, Default, Debug, Args)]
pub struct FolderArgs {
    /// The folder.
    #[arg(long, value_name = "FOLDER")]
    pub path: Option<PathBuf>,
    /// How it is written.
    #[command(flatten)]
    pub how: HowArgs,
}

impl ConnectTo {
    /// How its section is written.
    #[must_use]
    pub fn how(&self) -> &HowArgs {
        match self {
            ConnectTo::Aws(args) => &args.how,
            ConnectTo::Azure(args) => &args.how,
            ConnectTo::Gcp(args) => &args.how,
            ConnectTo::OpenCost(args) => &args.how,
            ConnectTo::Folder(args) => &args.how,
        }
    }

    /// The sections' kind.
    #[must_use]
    pub fn kind(&self) -> wanted::Kind {
        match self {
            ConnectTo::Aws(_) => wanted::Kind::Aws,
            ConnectTo::Azure(_) => wanted::Kind::Azure,
            ConnectTo::Gcp(_) => wanted::Kind::Gcp,
            ConnectTo::OpenCost(_) => wanted::Kind::OpenCost,
            ConnectTo::Folder(_) => wanted::Kind::Folder,
        }
    }

    /// What they say of the connection.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let of = match self.clone() {
            ConnectTo::Aws(args) => Settings::Aws(args.wanted()),
            ConnectTo::Azure(args) => Settings::Azure(args.wanted()),
            ConnectTo::Gcp(args) => Settings::Gcp(args.wanted()),
            ConnectTo::OpenCost(args) => Settings::OpenCost(args.wanted()),
            ConnectTo::Folder(args) => Settings::Folder(wanted::Folder { path: args.path }),
        };
        Wanted { of, name: self.how().name.clone(), months: self.how().months }
    }
}

impl AwsArgs {
    fn wanted(self) -> wanted::Aws {
        wanted::Aws {
            profile: self.profile,
            roles: self.role,
            external_id: self.external_id,
            exports: self.export,
            region: self.region,
            api: self.api,
            tags: self.tag,
            requests_per_day: self.requests_per_day,
            endpoint: self.endpoint,
        }
    }
}

impl AzureArgs {
    fn wanted(self) -> wanted::Azure {
        wanted::Azure {
            scopes: self.scope,
            exports: self.export,
            key: self.key,
            login: self.login,
            tenant: self.tenant,
            client: self.client,
            secret: self.secret,
            certificate: self.certificate,
            tags: self.tag,
        }
    }
}

impl GcpArgs {
    fn wanted(self) -> wanted::Gcp {
        wanted::Gcp {
            table: self.table,
            project: self.project,
            location: self.location,
            exports: self.export,
            key: self.key,
            impersonate: self.impersonate,
            labels: self.tag,
        }
    }
}

impl OpenCostArgs {
    fn wanted(self) -> wanted::OpenCost {
        wanted::OpenCost {
            url: self.url,
            token: self.token,
            currency: self.currency,
            on_no_bill: self.on_no_bill,
            labels: self.tag,
        }
    }
}
