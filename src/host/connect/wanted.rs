//! What a connection is to hold, as far as somebody has said so: by flags, or not at all.
//!
//! Words as they were written, judged by nobody yet. Knows neither flags nor a config.

/// What can be connected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// OpenCost.
    OpenCost,
    /// A folder that billing files come to.
    Folder,
}

impl Kind {
    /// All, in the order in which they are offered.
    pub const ALL: [Kind; 5] = [Kind::Aws, Kind::Azure, Kind::Gcp, Kind::OpenCost, Kind::Folder];

    /// As sections and the command call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Aws => "aws",
            Kind::Azure => "azure",
            Kind::Gcp => "gcp",
            Kind::OpenCost => "opencost",
            Kind::Folder => "folder",
        }
    }

    /// As people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Kind::Aws => "AWS",
            Kind::Azure => "Azure",
            Kind::Gcp => "Google Cloud",
            Kind::OpenCost => "OpenCost",
            Kind::Folder => "a folder",
        }
    }

    /// One of which nothing is said.
    #[must_use]
    pub fn wanted(self) -> Wanted {
        let of = match self {
            Kind::Aws => Settings::Aws(Aws::default()),
            Kind::Azure => Settings::Azure(Azure::default()),
            Kind::Gcp => Settings::Gcp(Gcp::default()),
            Kind::OpenCost => Settings::OpenCost(OpenCost::default()),
            Kind::Folder => Settings::Folder(Folder::default()),
        };
        Wanted { of, name: None, months: None }
    }
}

/// A connection as far as somebody has said what it is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// What it holds.
    pub of: Settings,
    /// Its name without its kind.
    pub name: Option<String>,
    /// Months of history.
    pub months: Option<u16>,
}

/// What the connections of a kind hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settings {
    /// Of Amazon Web Services.
    Aws(Aws),
    /// Of Microsoft Azure.
    Azure(Azure),
    /// Of Google Cloud.
    Gcp(Gcp),
    /// Of OpenCost.
    OpenCost(OpenCost),
    /// Of a folder.
    Folder(Folder),
}

/// Of Amazon Web Services; each is what the key of that name in the config means.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[expect(missing_docs, reason = "each is documented where the config's section is")]
pub struct Aws {
    pub profile: Option<String>,
    pub roles: Vec<String>,
    pub external_id: Option<String>,
    pub exports: Vec<String>,
    pub region: Option<String>,
    pub api: bool,
    pub tags: Vec<String>,
    pub requests_per_day: Option<u64>,
    pub endpoint: Option<String>,
}

/// Of Microsoft Azure; each is what the key of that name in the config means.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[expect(missing_docs, reason = "each is documented where the config's section is")]
pub struct Azure {
    pub scopes: Vec<String>,
    pub exports: Vec<String>,
    pub key: Option<String>,
    pub login: Option<String>,
    pub tenant: Option<String>,
    pub client: Option<String>,
    pub secret: Option<String>,
    pub certificate: Option<String>,
    pub tags: Vec<String>,
}

/// Of Google Cloud; each is what the key of that name in the config means.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[expect(missing_docs, reason = "each is documented where the config's section is")]
pub struct Gcp {
    pub table: Option<String>,
    pub project: Option<String>,
    pub location: Option<String>,
    pub exports: Vec<String>,
    pub key: Option<String>,
    pub impersonate: Option<String>,
    pub labels: Vec<String>,
}

/// Of OpenCost; each is what the key of that name in the config means.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[expect(missing_docs, reason = "each is documented where the config's section is")]
pub struct OpenCost {
    pub url: Option<String>,
    pub token: Option<String>,
    pub currency: Option<String>,
    /// The config says it the other way round, by `on_a_bill = false`.
    pub on_no_bill: bool,
    pub labels: Vec<String>,
}

/// Of a folder.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Folder {
    /// Where it is.
    pub path: Option<std::path::PathBuf>,
}
