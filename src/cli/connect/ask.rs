//! What a section is to hold: flags, what was found on this machine, and a few questions with defaults.
//!
//! Reads answers from where it is told to; without such a place each question is answered by its default.
//! Writes no file and asks no provider.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::args::{AwsArgs, AzureArgs, ConnectTo, FolderArgs, GcpArgs, HowArgs, OpenCostArgs};
use super::section::Section;
use crate::cli::stdio::Streams;
use crate::domain::text::SafeText;
use crate::error::{Error, Kind, Result};
use crate::provider::credentials::{Cloud, Credentials, Subscription};
use crate::provider::remote::secret::Reference;

/// Where OpenCost answers once its port is forwarded.
const OPENCOST: &str = "http://localhost:9003";

/// What was found on this machine.
#[derive(Clone, Default, Debug)]
pub struct Found {
    /// Credentials by name.
    pub clouds: Vec<Credentials>,
    /// The subscriptions of the Azure CLI's login.
    pub subscriptions: Vec<Subscription>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
}

impl Found {
    fn names(&self, cloud: Cloud) -> Vec<String> {
        let found = self.clouds.iter().filter(|found| found.cloud == cloud);
        found.flat_map(|found| &found.names).map(|name| name.safe().into_string()).collect()
    }
}

/// Asks.
pub struct Asker<'a, 'i, 's> {
    /// Where answers come from; nobody is asked where `None`.
    pub input: Option<&'i mut dyn BufRead>,
    /// Where questions are written.
    pub streams: &'a mut Streams<'s>,
}

impl Asker<'_, '_, '_> {
    /// Whether somebody answers.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.input.is_some()
    }

    /// An answer in a line; an empty one is the default.
    ///
    /// # Errors
    /// Kind `Interrupted` where the input ends.
    pub fn line(&mut self, question: &str, usual: &str) -> Result<String> {
        let Some(input) = &mut self.input else { return Ok(usual.to_owned()) };
        self.streams.flush()?;
        let usual_shown =
            if usual.is_empty() { String::new() } else { format!(" [{}]", SafeText::from_outside(usual)) };
        // A closed stderr has nobody to ask; the answer's end says so.
        let _ = write!(self.streams.err, "{question}{usual_shown}: ").and_then(|()| self.streams.err.flush());
        let mut answer = String::new();
        let read = input.read_line(&mut answer);
        match read.map_err(|e| Error::usage(format!("the answer cannot be read: {e}")))? {
            0 => Err(Error::new(Kind::Interrupted, "no answer: nothing was written")),
            _ if answer.trim().is_empty() => Ok(usual.to_owned()),
            _ => Ok(answer.trim().to_owned()),
        }
    }

    /// A yes or a no.
    ///
    /// # Errors
    /// As [`Self::line`].
    pub fn yes(&mut self, question: &str, usual: bool) -> Result<bool> {
        let answer = self.line(&format!("{question} (y/n)"), if usual { "y" } else { "n" })?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Says something before a question; nothing where nobody is asked.
    fn tell(&mut self, text: &str) -> Result<()> {
        if self.is_heard() { self.streams.note(text, &[]) } else { Ok(()) }
    }

    /// What a flag says, else what is answered; `None` where that is empty.
    fn flag(&mut self, flag: Option<&String>, question: &str, usual: &str) -> Result<Option<String>> {
        let answer = match flag {
            Some(flag) => flag.clone(),
            None => self.line(question, usual)?,
        };
        Ok(Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
    }

    /// As [`Self::flag`], of several apart by commas.
    fn flags(&mut self, flags: &[String], question: &str, usual: &str) -> Result<Vec<String>> {
        if !flags.is_empty() {
            return Ok(flags.to_vec());
        }
        let answer = self.line(question, usual)?;
        Ok(answer.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    fn section(&mut self, kind: &'static str, how: &HowArgs, usual: &str) -> Result<Section> {
        let name = self.flag(how.name.as_ref(), &format!("Its name, as in [{kind}.NAME]"), usual)?;
        Ok(Section::new(kind, &name.unwrap_or_else(|| usual.to_owned())))
    }
}

/// The section that flags and answers make.
///
/// # Errors
/// Kind `Usage` where something is missing without which there is no connection, or a secret stands in
/// the place of a reference to one.
pub fn section(to: &ConnectTo, found: &Found, asker: &mut Asker<'_, '_, '_>) -> Result<Section> {
    let mut section = match to {
        ConnectTo::Aws(args) => aws(args, found, asker),
        ConnectTo::Azure(args) => azure(args, found, asker),
        ConnectTo::Gcp(args) => gcp(args, found, asker),
        ConnectTo::OpenCost(args) => opencost(args, asker),
        ConnectTo::Folder(args) => folder(args, asker),
    }?;
    section.number("months", to.how().months.map(u64::from));
    Ok(section)
}

/// A reference to a secret. What stands there instead is not repeated.
fn reference<'t>(flag: &str, text: Option<&'t String>) -> Result<Option<&'t str>> {
    let Some(text) = text else { return Ok(None) };
    Reference::parse(text).map(|_| Some(text.as_str())).map_err(|why| {
        Error::usage(format!("--{flag}: {why}"))
            .hint("a secret that was typed here may be in your shell's history: change it")
    })
}

/// A name for a connection that is made of another, where it can be one.
fn name_of(text: &str) -> Option<String> {
    let name = text.to_lowercase();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (name != "default" && !name.is_empty() && name.len() <= 40 && name.bytes().all(fits)).then_some(name)
}

fn aws(args: &AwsArgs, found: &Found, asker: &mut Asker<'_, '_, '_>) -> Result<Section> {
    let names = found.names(Cloud::Aws);
    match names.is_empty() {
        true => asker.tell("no profile of the AWS CLI was found: `aws configure sso` makes one")?,
        false => asker.tell(&format!("profiles of the AWS CLI: {}", names.join(", ")))?,
    }
    let usual = found.profile.clone().unwrap_or_default();
    let profile = asker.flag(args.profile.as_ref(), "Profile (none: the SDK's own chain)", &usual)?;
    let usual = profile.as_deref().and_then(name_of).unwrap_or_else(|| "main".to_owned());
    let mut section = asker.section("aws", &args.how, &usual)?;
    let roles = asker.flags(&args.role, "Roles to take on, by their ARN (none: your own identity)", "")?;
    let external_id = match (&args.external_id, roles.is_empty()) {
        (None, false) => asker.flag(None, "The roles' external id, or a reference like env:NAME (none)", "")?,
        (told, _) => told.clone(),
    };
    let question = "Exports in S3, like s3://bucket/prefix/name (none: Cost Explorer, 0.01 USD a request)";
    let exports = asker.flags(&args.export, question, "")?;
    section.text("profile", profile.as_deref());
    section.texts("roles", &roles);
    section.text("external_id", external_id.as_deref());
    if args.api && !exports.is_empty() {
        section.set("api", true);
    }
    section.texts("exports", &exports);
    section.text("region", args.region.as_deref());
    section.texts("tags", &args.tag);
    section.text("endpoint", args.endpoint.as_deref());
    section.number("requests_per_day", args.requests_per_day);
    Ok(section)
}

fn azure(args: &AzureArgs, found: &Found, asker: &mut Asker<'_, '_, '_>) -> Result<Section> {
    let key = reference("key", args.key.as_ref())?;
    let secret = reference("secret", args.secret.as_ref())?;
    let certificate = reference("certificate", args.certificate.as_ref())?;
    for (at, subscription) in found.subscriptions.iter().enumerate() {
        asker.tell(&format!("subscription {}: {} ({})", at + 1, subscription.name.safe(), subscription.id))?;
    }
    let all: Vec<String> = found.subscriptions.iter().map(|s| format!("/subscriptions/{}", s.id)).collect();
    let scopes = if args.scope.is_empty() && !args.export.is_empty() {
        Vec::new()
    } else {
        let question = "Scopes or numbers of subscriptions, apart by commas";
        let chosen = asker.flags(&args.scope, question, &all.join(","))?;
        let numbered = |scope: &String| scope.parse::<usize>().ok().and_then(|n| all.get(n.checked_sub(1)?).cloned());
        chosen.into_iter().map(|scope| numbered(&scope).unwrap_or(scope)).collect()
    };
    if scopes.is_empty() && args.export.is_empty() {
        return Err(Error::usage("no subscription was found and none is named")
            .hint("`az login`, then run the command again; or --scope /subscriptions/ID")
            .hint("`az account list --output table` shows them"));
    }
    let mut section = asker.section("azure", &args.how, "main")?;
    section.texts("scopes", &scopes);
    section.texts("exports", &args.export);
    section.text("key", key);
    section.text("login", args.login.as_deref());
    section.text("tenant", args.tenant.as_deref());
    section.text("client", args.client.as_deref());
    section.text("secret", secret);
    section.text("certificate", certificate);
    section.texts("tags", &args.tag);
    Ok(section)
}

fn gcp(args: &GcpArgs, found: &Found, asker: &mut Asker<'_, '_, '_>) -> Result<Section> {
    const WHERE: &str = "https://console.cloud.google.com/billing/export names the table (BigQuery export), and `bq \
                         ls PROJECT:DATASET` lists it: gcp_billing_export_v1_..., or by resource \
                         gcp_billing_export_resource_v1_...";
    let key = reference("key", args.key.as_ref())?;
    let names = found.names(Cloud::GoogleCloud);
    if !names.is_empty() {
        asker.tell(&format!("configurations of gcloud: {}", names.join(", ")))?;
    }
    let table = if args.table.is_none() && !args.export.is_empty() {
        None
    } else {
        if args.table.is_none() {
            asker.tell(WHERE)?;
        }
        asker.flag(args.table.as_ref(), "The billing export's table, project.dataset.table", "")?
    };
    if table.is_none() && args.export.is_empty() {
        return Err(Error::usage("the billing export's table must be named: --table project.dataset.table").hint(WHERE));
    }
    let project = match &table {
        Some(table) => {
            let own = table.split('.').next().unwrap_or_default().to_owned();
            asker.flag(args.project.as_ref(), "The project that queries run in", &own)?.filter(|name| *name != own)
        }
        None => args.project.clone(),
    };
    let mut section = asker.section("gcp", &args.how, "main")?;
    section.text("table", table.as_deref());
    section.text("project", project.as_deref());
    section.text("location", args.location.as_deref());
    section.texts("exports", &args.export);
    section.text("key", key);
    section.text("impersonate", args.impersonate.as_deref());
    section.texts("labels", &args.tag);
    Ok(section)
}

fn opencost(args: &OpenCostArgs, asker: &mut Asker<'_, '_, '_>) -> Result<Section> {
    let token = reference("token", args.token.as_ref())?;
    if args.url.is_none() {
        asker.tell("`kubectl port-forward --namespace opencost service/opencost 9003` brings it to this machine")?;
    }
    let url = asker.flag(args.url.as_ref(), "Where OpenCost answers", OPENCOST)?;
    let currency = asker.flag(args.currency.as_ref(), "The currency of its prices", "USD")?;
    let on_no_bill =
        args.on_no_bill || !asker.yes("Does a cloud that is connected bill the cluster's machines too?", true)?;
    let mut section = asker.section("opencost", &args.how, "cluster")?;
    section.text("url", url.as_deref());
    section.text("token", token);
    section.text("currency", currency.as_deref().filter(|currency| *currency != "USD"));
    if on_no_bill {
        section.set("on_a_bill", false);
    }
    section.texts("labels", &args.tag);
    Ok(section)
}

fn folder(args: &FolderArgs, asker: &mut Asker<'_, '_, '_>) -> Result<Section> {
    let path = match &args.path {
        Some(path) => path.clone(),
        None => PathBuf::from(asker.line("The folder that billing files come to", "")?),
    };
    if path.as_os_str().is_empty() {
        return Err(Error::usage("the folder must be named: --path /srv/bills"));
    }
    let mut section = asker.section("folder", &args.how, "bills")?;
    section.text("path", Some(&absolute(&path)?));
    Ok(section)
}

/// A path as a config takes it.
fn absolute(path: &Path) -> Result<String> {
    let shown = || SafeText::path(path);
    let path_told = match path.starts_with("~") {
        true => path.to_owned(),
        false => std::path::absolute(path).map_err(|e| Error::usage(format!("`{}`: {e}", shown())))?,
    };
    let text = path_told.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::usage(format!("`{}` is not UTF-8: a config cannot name it", shown())))
}
