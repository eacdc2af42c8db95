//! Where a cloud's own console shows what is looked at.
//!
//! A table of addresses by provider: hosts and paths are ours, and of a bill only values of a known
//! form get into them, percent-encoded. Pure; knows no screen and opens nothing.

use super::calendar::Period;
use super::dimension::Dimension;
use super::filter::{Filter, Pattern};
use super::services;
use super::text::{SafeText, UNTOLD, percent_encoded};

/// FOCUS columns of a charge that say where a console shows it.
const COLUMNS: [(&str, Dimension); 6] = [
    ("ProviderName", Dimension::Provider),
    ("BillingAccountId", Dimension::BillingAccount),
    ("SubAccountId", Dimension::SubAccount),
    ("ServiceName", Dimension::Service),
    ("RegionId", Dimension::Region),
    ("ResourceId", Dimension::Resource),
];

/// Services that Cost Explorer calls otherwise than a bill, with its names.
const COST_EXPLORER_NAMES: [(&str, &[&str]); 1] =
    [("Amazon Elastic Compute Cloud", &["Amazon Elastic Compute Cloud - Compute", "EC2 - Other"])];

/// What is known of charges, as a bill writes it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Known {
    provider: Option<String>,
    billing_account: Option<String>,
    sub_account: Option<String>,
    service: Option<String>,
    region: Option<String>,
    resource: Option<String>,
}

/// An address in a cloud's console.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// `https` and nothing but characters of addresses, all of them ASCII that shows.
    url: String,
    /// Which page it is: `AWS Cost Explorer`.
    pub page: &'static str,
    /// What of what is looked at the page is narrowed to, each with its word: `region us-east-1`.
    pub of: Vec<SafeText>,
}

impl Link {
    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Known {
    /// What a filter says of every charge that it admits.
    #[must_use]
    pub fn of(filter: &Filter) -> Known {
        let mut known = Known::default();
        for clause in filter.clauses.iter().filter(|clause| !clause.negated) {
            if let (Some(dimension), [Pattern::Is(value) | Pattern::Exactly(value)]) =
                (&clause.dimension, clause.patterns.as_slice())
            {
                known.learn(dimension, value);
            }
        }
        known
    }

    /// Takes the value of a FOCUS column; of those that say nothing of a place it takes none.
    pub fn learn_column(&mut self, column: &str, value: &str) {
        if let Some((_, dimension)) = COLUMNS.iter().find(|(name, _)| *name == column) {
            self.learn(dimension, value);
        }
    }

    fn learn(&mut self, dimension: &Dimension, value: &str) {
        if value == UNTOLD {
            return;
        }
        let place = match dimension {
            Dimension::Provider => &mut self.provider,
            Dimension::BillingAccount => &mut self.billing_account,
            Dimension::SubAccount => &mut self.sub_account,
            Dimension::Service => &mut self.service,
            Dimension::Region => &mut self.region,
            Dimension::Resource => &mut self.resource,
            _ => return,
        };
        *place = (!value.is_empty()).then(|| value.to_owned());
    }

    /// The provider in FOCUS's words: as it is said, else as an id or a service gives it away.
    fn provider(&self) -> Option<&str> {
        if let Some(said) = &self.provider {
            return Some(services::canonical_provider(said));
        }
        let ids = [&self.resource, &self.sub_account, &self.billing_account];
        let of_id = |id: &str| match id {
            id if id.starts_with("arn:") => Some("AWS"),
            id if begins(id, "/subscriptions/") || begins(id, "/providers/Microsoft.") => Some("Microsoft"),
            id if id.starts_with("//") && id.contains(".googleapis.com/") => Some("Google Cloud"),
            _ => None,
        };
        let by_id = ids.into_iter().flatten().find_map(|id| of_id(id));
        by_id.or_else(|| {
            let name = services::canonical(self.service.as_deref()?);
            let mut owners = services::all().iter().filter(|service| service.name == name);
            owners.next().filter(|_| owners.next().is_none()).map(|service| service.provider)
        })
    }

    /// Where the provider's console shows it.
    ///
    /// # Errors
    /// Why nowhere, for people.
    pub fn link(&self, days: Period) -> Result<Link, String> {
        match self.provider() {
            Some("AWS") => Ok(self.aws(days)),
            Some("Microsoft") => Ok(self.azure()),
            Some("Google Cloud") => Ok(self.google(days)),
            Some(other) => Err(format!(
                "no address is known in the console of {}: links lead to AWS, Azure and Google Cloud",
                SafeText::from_outside(other)
            )),
            None => Err("charges of several clouds, or of one that nothing tells: \
                         a row of one provider, service or resource can be linked"
                .to_owned()),
        }
    }

    fn aws(&self, days: Period) -> Link {
        let account = self.sub_account.as_deref().filter(|id| id.len() == 12 && all(id, |b| b.is_ascii_digit()));
        let region = self.region.as_deref().filter(|id| is_name(id, 30));
        if let Some(id) = &self.resource {
            if id.starts_with("arn:") {
                let url = format!("https://console.aws.amazon.com/go/view?arn={}", percent_encoded(id));
                return Link { url, page: "the resource in the AWS console", of: vec![said("resource", id)] };
            }
            let pages =
                [("i-", "InstanceDetails:instanceId="), ("vol-", "VolumeDetails:volumeId=")].into_iter().find(|page| {
                    id.strip_prefix(page.0).is_some_and(|hex| !hex.is_empty() && all(hex, |b| b.is_ascii_hexdigit()))
                });
            if let (Some((_, page)), Some(region)) = (pages, region) {
                let url =
                    format!("https://console.aws.amazon.com/ec2/home?region={}#{page}{id}", percent_encoded(region));
                return Link { url, page: "the resource in the AWS console", of: vec![said("resource", id)] };
            }
        }
        let service = self.service.as_deref().map(services::canonical);
        let service = service.filter(|name| services::all().iter().any(|s| s.provider == "AWS" && s.name == *name));
        let mut filters = Vec::new();
        let mut of = Vec::new();
        if let Some(account) = account {
            filters.push(among("LinkedAccount", &[account]));
            of.push(said("account", account));
        }
        if let Some(region) = region {
            filters.push(among("Region", &[region]));
            of.push(said("region", region));
        }
        if let Some(service) = service {
            let names = COST_EXPLORER_NAMES.iter().find(|(name, _)| *name == service);
            filters.push(among("Service", names.map_or(&[service], |(_, names)| names)));
            of.push(said("service", service));
        }
        of.push(SafeText::from_outside(&days.words()));
        let by = if service.is_some() { "UsageType" } else { "Service" };
        let url = format!(
            "https://us-east-1.console.aws.amazon.com/costmanagement/home?region=us-east-1#/cost-explorer\
             ?chartStyle=STACK&costAggregate=unBlendedCost&endDate={}&excludeForecasting=false&filter={}\
             &futureRelativeRange=CUSTOM&granularity=Daily&groupBy={}&historicalRelativeRange=CUSTOM\
             &isDefault=true&reportMode=STANDARD&showOnlyUncategorized=false&showOnlyUntagged=false\
             &startDate={}&usageAggregate=undefined&useNormalizedUnits=false",
            days.to.plus(-1),
            percent_encoded(&serde_json::Value::Array(filters).to_string()),
            percent_encoded(&format!("[\"{by}\"]")),
            days.from,
        );
        Link { url, page: "AWS Cost Explorer", of }
    }

    fn azure(&self) -> Link {
        let is_path =
            |id: &&str| begins(id, "/subscriptions/") && !id[1..].split('/').any(|p| matches!(p, "" | "." | ".."));
        if let Some(id) = self.resource.as_deref().filter(is_path) {
            let path: Vec<String> = id.split('/').map(percent_encoded).collect();
            let url = format!("https://portal.azure.com/#resource{}", path.join("/"));
            return Link { url, page: "the resource in the Azure portal", of: vec![said("resource", id)] };
        }
        let bare =
            |id: &str| id.get("/subscriptions/".len()..).filter(|_| begins(id, "/subscriptions/")).map(str::to_owned);
        let subscription = self.sub_account.as_deref().map(|id| bare(id).unwrap_or_else(|| id.to_owned()));
        let subscription = subscription.filter(|id| id.len() == 36 && all(id, |b| b.is_ascii_hexdigit() || b == b'-'));
        let billing = self.billing_account.as_deref().filter(|id| begins(id, "/providers/Microsoft.Billing/"));
        let (scope, of) = match (subscription, billing) {
            (Some(id), _) => (Some(format!("/subscriptions/{id}")), vec![said("subscription", &id)]),
            (None, Some(id)) => (Some(id.to_owned()), vec![said("billing account", id)]),
            (None, None) => (None, vec![]),
        };
        let scope = scope.map_or_else(String::new, |scope| format!("/scope/{}", percent_encoded(&scope)));
        let url = format!("https://portal.azure.com/#view/Microsoft_Azure_CostManagement/Menu/~/costanalysis{scope}");
        Link { url, page: "Azure cost analysis", of }
    }

    fn google(&self, days: Period) -> Link {
        let project = self.sub_account.as_deref().filter(|id| is_name(id, 30));
        if let Some((zone, name, project)) = self.resource.as_deref().and_then(google_instance) {
            let url = format!(
                "https://console.cloud.google.com/compute/instancesDetail/zones/{}/instances/{}?project={}",
                percent_encoded(zone),
                percent_encoded(name),
                percent_encoded(project)
            );
            return Link { url, page: "the instance in the Google Cloud console", of: vec![said("instance", name)] };
        }
        let account = self.billing_account.as_deref().map(|id| id.trim_start_matches("billingAccounts/"));
        let account = account.filter(|id| {
            id.len() == 20 && id.split('-').count() == 3 && all(id, |b| b.is_ascii_hexdigit() || b == b'-')
        });
        let mut of: Vec<SafeText> = project.map(|id| said("project", id)).into_iter().collect();
        let Some(account) = account else {
            let url = project.map_or_else(
                || "https://console.cloud.google.com/billing".to_owned(),
                |id| format!("https://console.cloud.google.com/billing/linkedaccount?project={}", percent_encoded(id)),
            );
            return Link { url, page: "Google Cloud billing", of };
        };
        let projects = project.map_or_else(String::new, |id| format!(";projects={}", percent_encoded(id)));
        of.insert(0, said("billing account", account));
        of.push(SafeText::from_outside(&days.words()));
        let url = format!(
            "https://console.cloud.google.com/billing/{account}/reports;timeRange=CUSTOM_RANGE;from={};to={}\
             ;grouping=GROUP_BY_SERVICE{projects}",
            days.from,
            days.to.plus(-1),
        );
        Link { url, page: "Google Cloud billing reports", of }
    }
}

/// The zone, name and project of a Compute Engine instance's full resource name.
fn google_instance(id: &str) -> Option<(&str, &str, &str)> {
    let path: Vec<&str> = id.strip_prefix("//compute.googleapis.com/")?.split('/').collect();
    match path[..] {
        ["projects", project, "zones", zone, "instances", name] => Some((zone, name, project)),
        _ => None,
    }
}

/// A demand of Cost Explorer's: the dimension is one of these.
fn among(dimension: &str, values: &[&str]) -> serde_json::Value {
    let values: Vec<_> = values.iter().map(|v| serde_json::json!({ "value": v, "displayValue": v })).collect();
    serde_json::json!({
        "dimension": { "id": dimension, "displayValue": dimension },
        "operator": "INCLUDES",
        "values": values,
    })
}

fn said(what: &str, value: &str) -> SafeText {
    SafeText::from_outside(&format!("{what} {value}"))
}

fn all(text: &str, of: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(of)
}

/// Whether a text has the form of a region's or project's id.
fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && all(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Day;

    fn days() -> Period {
        let day = |d| Day::from_ymd(2024, 11, d).expect("day");
        Period { from: day(1), to: day(21) }
    }

    fn link(filter: &str) -> Result<Link, String> {
        Known::of(&Filter::parse(filter, &[]).expect("filter")).link(days())
    }

    fn words(link: &Link) -> String {
        let of: Vec<&str> = link.of.iter().map(SafeText::as_str).collect();
        format!("{}: {}", link.page, of.join(", "))
    }

    #[test]
    fn leads_to_the_page_that_is_nearest() {
        const CE: &str =
            "https://us-east-1.console.aws.amazon.com/costmanagement/home?region=us-east-1#/cost-explorer?";
        let azure = "https://portal.azure.com/#view/Microsoft_Azure_CostManagement/Menu/~/costanalysis";
        let guid = "5d1f7c02-8a44-4b19-9e3e-0c2b71d9a6f4";
        for (filter, url, says) in [
            (
                "resource=arn:aws:s3:::logs",
                "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3As3%3A%3A%3Alogs",
                "the resource in the AWS console: resource arn:aws:s3:::logs",
            ),
            (
                "provider=aws region=us-east-1 resource=i-0f3a91",
                "https://console.aws.amazon.com/ec2/home?region=us-east-1#InstanceDetails:instanceId=i-0f3a91",
                "the resource in the AWS console: resource i-0f3a91",
            ),
            ("provider=aws resource=i-0f3a91", CE, "AWS Cost Explorer: 2024-11-01 to 2024-11-20"),
            (
                "service=AmazonEC2 account=111122223333 region=eu-west-1",
                CE,
                "AWS Cost Explorer: account 111122223333, region eu-west-1, service Amazon Elastic Compute Cloud, \
                 2024-11-01 to 2024-11-20",
            ),
            ("provider=aws account=prod region=\"EU (Ireland)\"", CE, "AWS Cost Explorer: 2024-11-01 to 2024-11-20"),
            (
                "resource=/subscriptions/a/resourceGroups/b/providers/c/d#e",
                "https://portal.azure.com/#resource/subscriptions/a/resourceGroups/b/providers/c/d%23e",
                "the resource in the Azure portal: resource /subscriptions/a/resourceGroups/b/providers/c/d#e",
            ),
            (
                &format!("account=/subscriptions/{guid}"),
                &format!("{azure}/scope/%2Fsubscriptions%2F{guid}"),
                &format!("Azure cost analysis: subscription {guid}"),
            ),
            ("provider=azure", azure, "Azure cost analysis: "),
            (
                "resource=//compute.googleapis.com/projects/p-1/zones/us-west1-a/instances/web",
                "https://console.cloud.google.com/compute/instancesDetail/zones/us-west1-a/instances/web?project=p-1",
                "the instance in the Google Cloud console: instance web",
            ),
            (
                "provider=gcp payer=01A7F3-9C20D4-77E1B6 account=nimbus-ml",
                "https://console.cloud.google.com/billing/01A7F3-9C20D4-77E1B6/reports;timeRange=CUSTOM_RANGE\
                 ;from=2024-11-01;to=2024-11-20;grouping=GROUP_BY_SERVICE;projects=nimbus-ml",
                "Google Cloud billing reports: billing account 01A7F3-9C20D4-77E1B6, project nimbus-ml, \
                 2024-11-01 to 2024-11-20",
            ),
            (
                "provider=gcp account=nimbus-ml",
                "https://console.cloud.google.com/billing/linkedaccount?project=nimbus-ml",
                "Google Cloud billing: project nimbus-ml",
            ),
        ] {
            let link = link(filter).unwrap_or_else(|why| panic!("{filter}: {why}"));
            assert!(link.url() == url || url == CE && link.url().starts_with(CE), "{filter}: {}", link.url());
            assert_eq!(words(&link), says, "{filter}");
        }
    }

    #[test]
    fn cost_explorer_is_narrowed_in_its_own_words() {
        let link = link("service=AmazonEC2 account=111122223333").expect("link");
        for part in [
            "startDate=2024-11-01&",
            "endDate=2024-11-20&",
            "groupBy=%5B%22UsageType%22%5D",
            "%22id%22%3A%22LinkedAccount%22",
            "%22value%22%3A%22111122223333%22",
            "%22value%22%3A%22EC2%20-%20Other%22",
        ] {
            assert!(link.url().contains(part), "{part}: {}", link.url());
        }
    }

    #[test]
    fn where_nothing_can_be_linked_it_says_why() {
        for (filter, why) in [
            ("", "charges of several clouds"),
            ("provider=aws|azure", "charges of several clouds"),
            ("-provider=aws", "charges of several clouds"),
            ("team=web", "charges of several clouds"),
            ("provider=Datadog", "no address is known in the console of Datadog"),
            ("provider=Oracle", "no address is known in the console of Oracle"),
        ] {
            let filter = if filter == "team=web" { "tag:team=web" } else { filter };
            let told = link(filter).expect_err(filter);
            assert!(told.starts_with(why), "{filter}: {told}");
        }
    }

    #[test]
    fn nothing_of_a_bill_reaches_a_host_or_gets_through_unencoded() {
        const HOSTS: [&str; 4] = [
            "https://console.aws.amazon.com/",
            "https://us-east-1.console.aws.amazon.com/",
            "https://portal.azure.com/",
            "https://console.cloud.google.com/",
        ];
        let evil = "x\x1b]8;;https://evil.example/\x07\u{9b}\u{202e}\n@evil.example/#?&;%20\"'<>`\\ {}|^";
        let heads =
            ["", "arn:", "i-", "/subscriptions/", "//compute.googleapis.com/projects/a/zones/b/instances/", "https://"];
        for provider in ["AWS", "Microsoft", "Google Cloud"] {
            for head in heads {
                let mut known = Known { provider: Some(provider.into()), ..Known::default() };
                for (column, _) in COLUMNS.iter().skip(1) {
                    known.learn_column(column, &format!("{head}{evil}"));
                    let link = known.link(days()).expect("link");
                    assert!(HOSTS.iter().any(|host| link.url().starts_with(host)), "{}", link.url());
                    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#&=%;".contains(&b);
                    assert!(link.url().bytes().all(plain), "{}", link.url());
                    assert!(!link.url().contains("//evil") && !link.url().contains('@'), "{}", link.url());
                    assert!(link.of.iter().all(|of| !of.as_str().contains(char::is_control)), "{:?}", link.of);
                }
            }
        }
    }
}
