//! OpenCost's `/allocation`: one request a day, read only. Knows no charge.
//!
//! Shapes: `AllocationJSON` of OpenCost's core, and its API's documentation. Numbers are floats there, printed
//! by their shortest decimal text and read as that decimal; one that could not be computed is null.

use std::collections::BTreeMap;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, Url};
use serde::{Deserialize, Deserializer};

use super::super::remote::fault::words;
use super::super::remote::http::{Answered, Http};
use super::super::remote::secret::Secret;
use super::super::remote::{Call, Fault, FaultKind};
use super::Settings;
use crate::domain::calendar::Day;
use crate::domain::text::SafeText;

/// What is spent on one workload in one day.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Allocation {
    /// Its name: what it was grouped by, with slashes between.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// What it is.
    #[serde(deserialize_with = "nullable")]
    pub properties: Properties,
    /// The time that was asked for.
    #[serde(deserialize_with = "nullable")]
    pub window: Window,
    /// All its costs together; `None` where they could not be computed.
    pub total_cost: Option<f64>,
}

/// What an allocation is of.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Properties {
    /// The cluster.
    #[serde(deserialize_with = "nullable")]
    pub cluster: String,
    /// The namespace.
    #[serde(deserialize_with = "nullable")]
    pub namespace: String,
    /// `deployment`, `daemonset`, ...; empty for a pod of its own.
    #[serde(deserialize_with = "nullable")]
    pub controller_kind: String,
    /// The controller's name.
    #[serde(deserialize_with = "nullable")]
    pub controller: String,
    /// Labels that all of its pods have.
    #[serde(deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
}

/// A span of time, as texts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Window {
    /// Its first moment.
    pub start: Option<String>,
    /// The moment after its last.
    pub end: Option<String>,
}

/// What is null is not told.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(value: D) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// Allocations by name.
type Set = BTreeMap<String, Allocation>;

#[derive(Debug, Deserialize)]
struct Body {
    code: Option<u16>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    data: Option<Vec<Option<Set>>>,
}

/// Speaks with one OpenCost.
#[derive(Debug)]
pub struct Client {
    http: Http,
    url: Url,
    settings: Settings,
}

/// The name of a label where OpenCost keeps it: Prometheus' labels have only letters, digits and `_`.
#[must_use]
pub fn label_name(key: &str) -> String {
    key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

impl Client {
    /// For a connection.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where its address is no URL, or not one to send a token to.
    pub fn new(settings: &Settings) -> Result<Client, Fault> {
        let wrong = |why: &str| {
            let shown = SafeText::from_outside(&settings.url);
            Fault::new(FaultKind::Refused, format!("`{shown}` {why}"))
                .hint("kubectl --namespace opencost port-forward service/opencost 9003, then `http://localhost:9003`")
        };
        let mut url = Url::parse(settings.url.trim_end_matches('/')).map_err(|_| wrong("is no URL of OpenCost"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Fault::new(FaultKind::Refused, "the URL of OpenCost holds a password")
                .hint("refer to it: `token = \"env:NAME\"`"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Fault::new(FaultKind::Refused, "the URL of OpenCost ends with a question of its own")
                .hint("leave out what is behind `?` or `#`"));
        }
        let path = format!("{}/allocation", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Client { http: Http::new(settings.authority.as_deref())?, url, settings: settings.clone() })
    }

    /// The connection's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The token that requests are sent with, where one is configured.
    ///
    /// # Errors
    /// [`FaultKind::NoCredentials`], [`FaultKind::Cancelled`].
    pub fn token(&self, call: &Call) -> Result<Option<Secret>, Fault> {
        let Some(reference) = &self.settings.token else { return Ok(None) };
        call.run(async { Ok(reference.resolve(|name| std::env::var(name).ok()).await?) }).map(Some)
    }

    /// What was spent on a day, by cluster, namespace, workload and the labels asked for.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn day(&self, call: &Call, token: Option<&Secret>, day: Day) -> Result<Vec<Allocation>, Fault> {
        let window = format!("{day}T00:00:00Z,{}T00:00:00Z", day.plus(1));
        let labels = self.settings.labels.iter().map(|key| format!("label:{}", label_name(key)));
        let by = ["cluster", "namespace", "controllerKind", "controller"].map(str::to_owned);
        let by = by.into_iter().chain(labels).collect::<Vec<_>>().join(",");
        let parameters = [
            ("window", window.as_str()),
            ("aggregate", &by),
            ("step", "1d"),
            ("accumulate", "false"),
            ("includeIdle", "true"),
        ];
        call.run(call.tried(|| async {
            let request = self.http.client().get(self.url.clone()).query(&parameters);
            let request = match token {
                Some(token) => authorized(request, token),
                None => request,
            };
            self.read(&self.http.send(request).await?, day)
        }))
    }

    fn read(&self, answered: &Answered, day: Day) -> Result<Vec<Allocation>, Fault> {
        if !answered.status.is_success() {
            let said = answered.json::<Body>().ok().and_then(|body| body.message).unwrap_or_default();
            return Err(self.explained(answered.fault(&said)));
        }
        let body: Body = answered.json()?;
        if let Some(code) = body.code.filter(|code| *code != 200) {
            let said = words(&body.message.unwrap_or_default());
            let kind = if code >= 500 { FaultKind::Unavailable } else { FaultKind::Refused };
            return Err(Fault::new(kind, format!("OpenCost answers {code}: {said}")));
        }
        let Some(sets) = body.data else {
            return Err(Fault::new(FaultKind::Garbled, "OpenCost's answer holds no data"));
        };
        let found: Vec<Allocation> = sets.into_iter().flatten().flat_map(Set::into_values).collect();
        match found.iter().find(|allocation| !is_of(allocation, day)) {
            None => Ok(found),
            Some(other) => {
                let window = words(other.window.start.as_deref().unwrap_or("no time"));
                Err(Fault::new(FaultKind::Garbled, format!("asked for {day}, OpenCost tells of {window}")))
            }
        }
    }

    fn explained(&self, fault: Fault) -> Fault {
        match fault.kind {
            FaultKind::Expired | FaultKind::Denied => fault.hint(
                "name a token that OpenCost, or what stands before it, takes: `token = \"env:NAME\"`; of a name and a \
                     password it holds `Basic ` and both in base64",
            ),
            FaultKind::NotThere => fault.hint("is this OpenCost's API? its port is 9003, the one of its pages 9090"),
            _ => fault,
        }
    }
}

/// With a bearer token, or with what the secret says itself: a name and a password are `Basic dXNlcjpwYXNz`.
fn authorized(request: RequestBuilder, token: &Secret) -> RequestBuilder {
    let is_basic = token.reveal().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic "));
    match HeaderValue::from_str(token.reveal()) {
        Ok(mut value) if is_basic => {
            value.set_sensitive(true);
            request.header(AUTHORIZATION, value)
        }
        _ => request.bearer_auth(token.reveal()),
    }
}

/// Whether an allocation is of a day and no longer.
fn is_of(allocation: &Allocation, day: Day) -> bool {
    use crate::domain::calendar::parse_timestamp;
    let second = |text: &Option<String>| text.as_ref().and_then(|text| parse_timestamp(text.as_bytes()));
    let (start, end) = (second(&allocation.window.start), second(&allocation.window.end));
    start == Some(day.seconds()) && end.is_some_and(|end| end <= day.plus(1).seconds())
}
