//! Channels as the config has them: how each is reached. What may be a secret is a reference to it.

/// A channel, besides the desktop and the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Hosts that may be spoken with though they are not on the internet, or speak no TLS.
    pub allow_private: Vec<String>,
    /// How it is reached.
    pub via: Via,
    /// What of it cannot be meant: it brings nothing until that is mended, and all else goes on.
    pub wrong: Option<Wrong>,
}

/// A detail that cannot be meant, and that nothing but alerts waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// Where it stands: file, line and column.
    pub place: String,
    /// What is wrong with it.
    pub said: String,
}

impl Wrong {
    /// As a config's mistakes are listed.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.place, self.said)
    }

    /// As it is said where the config is not the subject: what it is comes first.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} ({})", self.said, self.place)
    }
}

/// How a channel is reached. What may be a secret is a reference to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Via {
    /// A webhook of Slack.
    Slack(String),
    /// A webhook of Microsoft Teams' Workflows.
    Teams(String),
    /// Anybody's webhook.
    Webhook {
        /// Where.
        url: String,
        /// What the body is signed with.
        secret: Option<String>,
        /// The body, as a template; ours where `None`.
        template: Option<String>,
    },
    /// Email.
    Email(Email),
    /// A topic of Amazon SNS.
    Sns {
        /// The topic's ARN.
        topic: String,
        /// A profile of the AWS CLI.
        profile: Option<String>,
        /// The topic's region; the ARN's where `None`.
        region: Option<String>,
        /// Another endpoint than AWS's own.
        endpoint: Option<String>,
    },
    /// A service of PagerDuty.
    PagerDuty {
        /// Its integration key.
        key: String,
        /// Where it takes events.
        endpoint: String,
    },
    /// A hub of Azure Notification Hubs.
    AzureHub {
        /// Its connection string.
        connection: String,
        /// Its name.
        hub: String,
        /// What its devices understand.
        format: HubFormat,
        /// Which devices; all where `None`.
        tags: Option<String>,
    },
    /// A program, with its arguments.
    Command(Vec<String>),
    /// It is not known how: the config cannot mean what it says.
    Unknown,
}

impl Via {
    /// The kind's word.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Via::Slack(_) => "slack",
            Via::Teams(_) => "teams",
            Via::Webhook { .. } => "webhook",
            Via::Email(_) => "email",
            Via::Sns { .. } => "sns",
            Via::PagerDuty { .. } => "pagerduty",
            Via::AzureHub { .. } => "azure-hub",
            Via::Command(_) => "command",
            Via::Unknown => "unknown",
        }
    }

    /// The references to secrets that it is reached with.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Via::Slack(url) | Via::Teams(url) => vec![url],
            Via::Webhook { url, secret, .. } => std::iter::once(url.as_str()).chain(secret.as_deref()).collect(),
            Via::Email(email) => email.password.as_deref().into_iter().collect(),
            Via::PagerDuty { key, .. } => vec![key],
            Via::AzureHub { connection, .. } => vec![connection],
            Via::Sns { .. } | Via::Command(_) | Via::Unknown => Vec::new(),
        }
    }

    /// Whether it keeps troubles apart by itself, and ends each by its own name.
    #[must_use]
    pub fn keeps_apart(&self) -> bool {
        matches!(self, Via::PagerDuty { .. })
    }
}

/// What devices of a hub understand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HubFormat {
    /// Templates that devices registered, with `$(title)` and `$(body)`.
    Template,
    /// Firebase Cloud Messaging, version 1.
    Fcm,
    /// Apple's push service.
    Apple,
}

/// How email is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Email {
    /// The server.
    pub host: String,
    /// Its port; that of `security` where `None`.
    pub port: Option<u16>,
    /// How the way there is protected.
    pub security: Security,
    /// Who logs in.
    pub user: Option<String>,
    /// With what.
    pub password: Option<String>,
    /// Who writes.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
}

/// How the way to a mail server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// By TLS from the start.
    Tls,
    /// By TLS once the server was asked for it.
    StartTls,
    /// Not at all: only a server on this machine, or one of `allow_private`.
    Plain,
}
