//! What a section is to hold: what somebody said, what was found on this machine, and a few questions with
//! defaults.
//!
//! The questions are the same whoever asks them: [`Asker`] is the command's, line by line, or the app's.
//! Writes no file and asks no provider.

use std::path::{Path, PathBuf};

use super::found::Found;
use super::wanted::{Aws, Azure, Folder, Gcp, OpenCost, Settings, Wanted};
use crate::config::section::Section;
use crate::domain::text::SafeText;
use crate::error::{Error, Result};
use crate::provider::credentials::Cloud;
use crate::provider::remote::secret::Reference;

/// Where OpenCost answers once its port is forwarded.
const OPENCOST: &str = "http://localhost:9003";

/// A question.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Question {
    /// As it is asked.
    pub text: String,
    /// What an empty answer means; itself empty where that is nothing.
    pub usual: String,
    /// Answers that were found on this machine.
    pub choices: Vec<String>,
    /// What is said to an answer that is nothing, where something is needed.
    pub needs: Option<&'static str>,
    /// Whether the answer is a yes or a no.
    pub is_yes_or_no: bool,
}

impl Question {
    fn new(text: impl Into<String>, usual: impl Into<String>) -> Question {
        Question { text: text.into(), usual: usual.into(), ..Question::default() }
    }

    /// A yes or a no.
    #[must_use]
    pub fn yes_or_no(text: &str, usual: bool) -> Question {
        let usual = if usual { "y" } else { "n" };
        let choices = ["y", "n"].map(str::to_owned).to_vec();
        Question { choices, is_yes_or_no: true, ..Question::new(format!("{text} (y/n)"), usual) }
    }
}

/// Asks.
pub trait Asker {
    /// Whether somebody answers.
    fn is_heard(&self) -> bool;

    /// Says something before a question.
    ///
    /// # Errors
    /// Where it cannot be said.
    fn tell(&mut self, text: &str) -> Result<()>;

    /// An answer in a line; an empty one is the usual, and so is each where nobody answers.
    ///
    /// # Errors
    /// Where there is none.
    fn line(&mut self, question: &Question) -> Result<String>;

    /// Whether a connection may have a name; by itself any, which is then judged with the section.
    ///
    /// # Errors
    /// Why not.
    fn may_be_called(&self, kind: &str, name: &str) -> Result<()> {
        let _ = (kind, name);
        Ok(())
    }

    /// A name to propose instead of the usual one, where that is taken.
    fn free(&self, kind: &str, usual: &str) -> String {
        let _ = kind;
        usual.to_owned()
    }
}

/// Whether an answer is a yes.
#[must_use]
pub fn is_yes(answer: &str) -> bool {
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

impl dyn Asker + '_ {
    fn inform(&mut self, text: &str) -> Result<()> {
        if self.is_heard() { self.tell(text) } else { Ok(()) }
    }

    /// What was said, else what is answered; `None` where that is empty.
    fn told(&mut self, said: Option<&String>, question: &Question) -> Result<Option<String>> {
        let answer = match said {
            Some(said) => said.clone(),
            None => self.line(question)?,
        };
        Ok(Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
    }

    /// The same of several apart by commas.
    fn several(&mut self, said: &[String], question: &Question) -> Result<Vec<String>> {
        if !said.is_empty() {
            return Ok(said.to_vec());
        }
        let answer = self.line(question)?;
        Ok(answer.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    fn section(&mut self, kind: &'static str, said: Option<&String>, usual: &str) -> Result<Section> {
        let usual = self.free(kind, usual);
        let name = self.told(said, &Question::new(format!("Its name, as in [{kind}.NAME]"), usual.clone()))?;
        let name = name.unwrap_or(usual);
        self.may_be_called(kind, &name)?;
        Ok(Section::new(kind, &name))
    }
}

/// The section that what was said and what is answered make.
///
/// # Errors
/// Kind `Usage` where something is missing without which there is no connection, or a secret stands in
/// the place of a reference to one; the asker's.
pub fn section(wanted: &Wanted, found: &Found, asker: &mut dyn Asker) -> Result<Section> {
    let name = wanted.name.as_ref();
    let mut section = match &wanted.of {
        Settings::Aws(said) => aws(said, name, found, asker),
        Settings::Azure(said) => azure(said, name, found, asker),
        Settings::Gcp(said) => gcp(said, name, found, asker),
        Settings::OpenCost(said) => opencost(said, name, asker),
        Settings::Folder(said) => folder(said, name, asker),
    }?;
    section.number("months", wanted.months.map(u64::from));
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
    (name != "default" && crate::config::connection::is_name(&name)).then_some(name)
}

fn aws(said: &Aws, name: Option<&String>, found: &Found, asker: &mut dyn Asker) -> Result<Section> {
    let names = found.names(Cloud::Aws);
    match names.is_empty() {
        true => asker.inform("no profile of the AWS CLI was found: `aws configure sso` makes one")?,
        false => asker.inform(&format!("profiles of the AWS CLI: {}", names.join(", ")))?,
    }
    let usual = found.profile.clone().unwrap_or_default();
    let question = Question { choices: names, ..Question::new("Profile (none: the SDK's own chain)", usual) };
    let profile = asker.told(said.profile.as_ref(), &question)?;
    let usual = profile.as_deref().and_then(name_of).unwrap_or_else(|| "main".to_owned());
    let mut section = asker.section("aws", name, &usual)?;
    let question = Question::new("Roles to take on, by their ARN (none: your own identity)", "");
    let roles = asker.several(&said.roles, &question)?;
    let external_id = match (&said.external_id, roles.is_empty()) {
        (None, false) => {
            let question = Question::new("The roles' external id, or a reference like env:NAME (none)", "");
            asker.told(None, &question)?
        }
        (told, _) => told.clone(),
    };
    let question = "Exports in S3, like s3://bucket/prefix/name (none: Cost Explorer, 0.01 USD a request)";
    let exports = asker.several(&said.exports, &Question::new(question, ""))?;
    section.text("profile", profile.as_deref());
    section.texts("roles", &roles);
    section.text("external_id", external_id.as_deref());
    if said.api && !exports.is_empty() {
        section.set("api", true);
    }
    section.texts("exports", &exports);
    section.text("region", said.region.as_deref());
    section.texts("tags", &said.tags);
    section.text("endpoint", said.endpoint.as_deref());
    section.number("requests_per_day", said.requests_per_day);
    Ok(section)
}

fn azure(said: &Azure, name: Option<&String>, found: &Found, asker: &mut dyn Asker) -> Result<Section> {
    let key = reference("key", said.key.as_ref())?;
    let secret = reference("secret", said.secret.as_ref())?;
    let certificate = reference("certificate", said.certificate.as_ref())?;
    for (at, subscription) in found.subscriptions.iter().enumerate() {
        asker.inform(&format!("subscription {}: {} ({})", at + 1, subscription.name.safe(), subscription.id))?;
    }
    let all: Vec<String> = found.subscriptions.iter().map(|s| format!("/subscriptions/{}", s.id)).collect();
    let scopes = if said.scopes.is_empty() && !said.exports.is_empty() {
        Vec::new()
    } else {
        let question = Question {
            choices: all.clone(),
            needs: Some("no subscription was found: `az login` signs in, or name one, like /subscriptions/ID"),
            ..Question::new("Scopes or numbers of subscriptions, apart by commas", all.join(","))
        };
        let chosen = asker.several(&said.scopes, &question)?;
        let numbered = |scope: &String| scope.parse::<usize>().ok().and_then(|n| all.get(n.checked_sub(1)?).cloned());
        chosen.into_iter().map(|scope| numbered(&scope).unwrap_or(scope)).collect()
    };
    if scopes.is_empty() && said.exports.is_empty() {
        return Err(Error::usage("no subscription was found and none is named")
            .hint("`az login`, then run the command again; or --scope /subscriptions/ID")
            .hint("`az account list --output table` shows them"));
    }
    let mut section = asker.section("azure", name, "main")?;
    section.texts("scopes", &scopes);
    section.texts("exports", &said.exports);
    section.text("key", key);
    section.text("login", said.login.as_deref());
    section.text("tenant", said.tenant.as_deref());
    section.text("client", said.client.as_deref());
    section.text("secret", secret);
    section.text("certificate", certificate);
    section.texts("tags", &said.tags);
    Ok(section)
}

fn gcp(said: &Gcp, name: Option<&String>, found: &Found, asker: &mut dyn Asker) -> Result<Section> {
    const WHERE: &str = "https://console.cloud.google.com/billing/export names the table (BigQuery export), and `bq \
                         ls PROJECT:DATASET` lists it: gcp_billing_export_v1_..., or by resource \
                         gcp_billing_export_resource_v1_...";
    let key = reference("key", said.key.as_ref())?;
    let names = found.names(Cloud::GoogleCloud);
    if !names.is_empty() {
        asker.inform(&format!("configurations of gcloud: {}", names.join(", ")))?;
    }
    let table = if said.table.is_none() && !said.exports.is_empty() {
        None
    } else {
        if said.table.is_none() {
            asker.inform(WHERE)?;
        }
        let needs = Some("the billing export's table must be named");
        let question = Question { needs, ..Question::new("The billing export's table, project.dataset.table", "") };
        asker.told(said.table.as_ref(), &question)?
    };
    if table.is_none() && said.exports.is_empty() {
        return Err(Error::usage("the billing export's table must be named: --table project.dataset.table").hint(WHERE));
    }
    let project = match &table {
        Some(table) => {
            let own = table.split('.').next().unwrap_or_default().to_owned();
            let question = Question::new("The project that queries run in", own.clone());
            asker.told(said.project.as_ref(), &question)?.filter(|name| *name != own)
        }
        None => said.project.clone(),
    };
    let mut section = asker.section("gcp", name, "main")?;
    section.text("table", table.as_deref());
    section.text("project", project.as_deref());
    section.text("location", said.location.as_deref());
    section.texts("exports", &said.exports);
    section.text("key", key);
    section.text("impersonate", said.impersonate.as_deref());
    section.texts("labels", &said.labels);
    Ok(section)
}

fn opencost(said: &OpenCost, name: Option<&String>, asker: &mut dyn Asker) -> Result<Section> {
    let token = reference("token", said.token.as_ref())?;
    if said.url.is_none() {
        asker.inform("`kubectl port-forward --namespace opencost service/opencost 9003` brings it to this machine")?;
    }
    let url = asker.told(said.url.as_ref(), &Question::new("Where OpenCost answers", OPENCOST))?;
    let currency = asker.told(said.currency.as_ref(), &Question::new("The currency of its prices", "USD"))?;
    let billed = Question::yes_or_no("Does a cloud that is connected bill the cluster's machines too?", true);
    let on_no_bill = said.on_no_bill || !is_yes(&asker.line(&billed)?);
    let mut section = asker.section("opencost", name, "cluster")?;
    section.text("url", url.as_deref());
    section.text("token", token);
    section.text("currency", currency.as_deref().filter(|currency| *currency != "USD"));
    if on_no_bill {
        section.set("on_a_bill", false);
    }
    section.texts("labels", &said.labels);
    Ok(section)
}

fn folder(said: &Folder, name: Option<&String>, asker: &mut dyn Asker) -> Result<Section> {
    let needs = Some("the folder must be named");
    let path = match &said.path {
        Some(path) => path.clone(),
        None => PathBuf::from(
            asker.line(&Question { needs, ..Question::new("The folder that billing files come to", "") })?,
        ),
    };
    if path.as_os_str().is_empty() {
        return Err(Error::usage("the folder must be named: --path /srv/bills"));
    }
    let mut section = asker.section("folder", name, "bills")?;
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
