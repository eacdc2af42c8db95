//! Nimbus Freight: who is billed, in which accounts, and how well they tag.
//!
//! Knows no service and no price.

use super::rng::Rng;

/// A billing account at a provider.
pub(super) struct Biller {
    /// `ProviderName`.
    pub(super) provider: &'static str,
    /// `PublisherName` and `InvoiceIssuerName`.
    pub(super) issuer: &'static str,
    /// `BillingAccountId`.
    pub(super) id: &'static str,
    /// `BillingAccountName`.
    pub(super) name: &'static str,
    /// `BillingAccountType`.
    pub(super) kind: &'static str,
    /// `BillingCurrency`.
    pub(super) currency: &'static str,
    /// What its invoices' numbers begin with.
    pub(super) invoice: &'static str,
    /// Tax on the bill, in permille.
    pub(super) tax: i64,
    /// How the bill calls the tax.
    pub(super) tax_name: &'static str,
    /// What the company pays of the public price, in permille.
    pub(super) contract: i64,
}

/// Positions in [`BILLERS`].
pub(super) const AWS: usize = 0;
/// See [`AWS`].
pub(super) const AZURE: usize = 1;
/// See [`AWS`].
pub(super) const GOOGLE: usize = 2;
/// See [`AWS`].
pub(super) const GOOGLE_DE: usize = 3;
/// See [`AWS`].
pub(super) const DATADOG: usize = 4;

/// Who sends the company bills.
pub(super) const BILLERS: [Biller; 5] = [
    Biller {
        provider: "AWS",
        issuer: "Amazon Web Services, Inc.",
        id: "104839201755",
        name: "Nimbus Freight",
        kind: "Management account",
        currency: "USD",
        invoice: "20418",
        tax: 14,
        tax_name: "US Sales Tax",
        contract: 1000,
    },
    Biller {
        provider: "Microsoft",
        issuer: "Microsoft",
        id: "/providers/Microsoft.Billing/billingAccounts/8412097",
        name: "Nimbus Freight EA",
        kind: "Billing Account",
        currency: "USD",
        invoice: "E0800",
        tax: 21,
        tax_name: "Sales tax",
        contract: 950,
    },
    Biller {
        provider: "Google Cloud",
        issuer: "Google Cloud",
        id: "01A7F3-9C20D4-77E1B6",
        name: "Nimbus Freight Inc",
        kind: "Billing Account",
        currency: "USD",
        invoice: "48820",
        tax: 12,
        tax_name: "Tax",
        contract: 1000,
    },
    Biller {
        provider: "Google Cloud",
        issuer: "Google Cloud EMEA Limited",
        id: "01C4D8-2E71AB-5F0933",
        name: "Nimbus Freight GmbH",
        kind: "Billing Account",
        currency: "EUR",
        invoice: "48917",
        tax: 190,
        tax_name: "VAT 19%",
        contract: 1000,
    },
    Biller {
        provider: "Datadog",
        issuer: "Datadog, Inc.",
        id: "nimbus-freight",
        name: "Nimbus Freight",
        kind: "Organization",
        currency: "USD",
        invoice: "DD77",
        tax: 0,
        tax_name: "",
        contract: 850,
    },
];

/// An account, subscription or project.
pub(super) struct SubAccount {
    /// `SubAccountName`, by which groups of resources name it.
    pub(super) name: &'static str,
    /// Its position in [`BILLERS`].
    pub(super) biller: usize,
    /// What stands for it in the ids of its resources.
    pub(super) id: &'static str,
    /// `SubAccountType`.
    pub(super) kind: &'static str,
    /// The value of the tag `env` there.
    pub(super) env: &'static str,
    /// Resources without tags, in permille.
    pub(super) untagged: u64,
}

const fn sub(
    name: &'static str,
    biller: usize,
    id: &'static str,
    kind: &'static str,
    env: &'static str,
    untagged: u64,
) -> SubAccount {
    SubAccount { name, biller, id, kind, env, untagged }
}

/// All accounts, subscriptions and projects.
pub(super) const SUB_ACCOUNTS: [SubAccount; 13] = [
    sub("prod-core", AWS, "318204457190", "Linked account", "prod", 60),
    sub("prod-api", AWS, "440918273302", "Linked account", "prod", 50),
    sub("prod-ml", AWS, "559120837746", "Linked account", "prod", 150),
    sub("staging", AWS, "602817339045", "Linked account", "staging", 90),
    sub("sandbox", AWS, "771930284416", "Linked account", "dev", 520),
    sub("shared-services", AWS, "880271649931", "Linked account", "prod", 80),
    sub("erp-prod", AZURE, "5d1f7c02-8a44-4b19-9e3e-0c2b71d9a6f4", "Subscription", "prod", 70),
    sub("erp-dev", AZURE, "b90e3a67-41c8-4f0d-8d52-67ab10f3e298", "Subscription", "dev", 180),
    sub("backoffice", AZURE, "e7720c4b-95f1-4d3a-a3c6-1f88d04b5b7d", "Subscription", "prod", 120),
    sub("analytics-prod", GOOGLE, "nimbus-analytics-prod", "Project", "prod", 70),
    sub("analytics-dev", GOOGLE, "nimbus-analytics-dev", "Project", "dev", 240),
    sub("tracking-de", GOOGLE_DE, "nimbus-tracking-de", "Project", "prod", 100),
    sub("nimbus-freight", DATADOG, "nimbus-freight", "Organization", "prod", 0),
];

impl SubAccount {
    /// `SubAccountId` as its provider writes it.
    pub(super) fn focus_id(&self) -> String {
        if self.biller == AZURE { format!("/subscriptions/{}", self.id) } else { self.id.to_owned() }
    }
}

/// Teams, as they tag themselves.
#[cfg(test)]
pub(super) const TEAMS: [&str; 6] = ["core", "data", "logistics", "ml", "platform", "web"];

/// How people write what should be `prod`, `staging` and `dev`.
fn misspelt(env: &str, rng: &mut Rng) -> &'static str {
    match env {
        "prod" => rng.pick(&["Prod", "prd", "produciton", "PROD", "production"]),
        "staging" => rng.pick(&["stage", "Staging", "stg"]),
        _ => rng.pick(&["Dev", "develop", "test"]),
    }
}

/// The tags of a resource, as JSON; empty where it has none.
pub(super) fn tags(account: &SubAccount, team: &str, project: &str, rng: &mut Rng) -> String {
    if rng.chance(account.untagged) {
        return String::new();
    }
    let env = if rng.chance(55) { misspelt(account.env, rng) } else { account.env };
    let mut pairs = Vec::with_capacity(4);
    if !rng.chance(40) {
        pairs.push((if rng.chance(30) { "Team" } else { "team" }, team));
    }
    if !rng.chance(30) {
        pairs.push((if rng.chance(12) { "environment" } else { "env" }, env));
    }
    if !rng.chance(60) {
        pairs.push(("project", project));
    }
    if rng.chance(220) {
        pairs.push(("managed-by", rng.pick(&["terraform", "terraform", "helm", "console"])));
    }
    let texts: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\":\"{value}\"")).collect();
    format!("{{{}}}", texts.join(","))
}
