//! BigQuery's REST API: tables, dry runs, jobs and pages, each one request that is tried again where that is
//! of use. Knows no bill.
//!
//! A token is only sent to Google (`https`, below `googleapis.com`); an emulator gets none.

use reqwest::{RequestBuilder, Url};
use serde_json::json;

use super::super::remote::http::{Answered, Http};
use super::super::remote::{Call, Fault, FaultKind};
use super::answers::{Described, Job, Page, Wrong, failure};
use super::auth::{Auth, is_googles};
use super::query::Query;
use super::table::{Length, Partition, Table, TableName};
use super::{Settings, grant};
use crate::domain::text::SafeText;

/// Where BigQuery listens.
pub(super) const GOOGLE: &str = "https://bigquery.googleapis.com";

/// How long one request for a query's answer waits for it, in milliseconds.
const WAIT_MILLIS: u32 = 10_000;

/// Seconds that the clocks may differ by before it is said: tokens are good from a time on.
const SKEW_MAX: i64 = 300;

/// Speaks with BigQuery for one connection.
#[derive(Debug)]
pub struct Client {
    http: Http,
    base: String,
    auth: Option<Auth>,
    settings: Settings,
}

/// What is being done, for what a refusal means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// Reading a table's description.
    Describing,
    /// Starting a job, or having one tried without running it.
    Starting,
    /// Reading a job or its answer.
    Reading,
}

impl Client {
    /// For a connection.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where its endpoint is no URL or its project no name.
    pub fn new(settings: &Settings) -> Result<Client, Fault> {
        let project = &settings.job_project;
        if project.is_empty() || !project.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c)) {
            let shown = SafeText::from_outside(project);
            return Err(Fault::new(FaultKind::Refused, format!("`{shown}` is no Google Cloud project"))
                .hint("write its ID, as `gcloud projects list` shows it"));
        }
        let endpoint = settings.endpoint.as_deref().unwrap_or(GOOGLE);
        let url = Url::parse(endpoint).map_err(|_| {
            let shown = SafeText::from_outside(endpoint);
            Fault::new(FaultKind::Refused, format!("`{shown}` is no URL to reach BigQuery at"))
        })?;
        let auth = is_googles(&url).then(|| Auth::new(settings.login.clone()));
        let base = format!("{}/bigquery/v2/projects", endpoint.trim_end_matches('/'));
        Ok(Client { http: Http::new(settings.authority.as_deref())?, base, auth, settings: settings.clone() })
    }

    /// The same for somebody who logs in, wherever it asks.
    #[cfg(test)]
    pub fn logged_in(self, login: super::Login) -> Client {
        Client { auth: Some(Auth::new(login)), ..self }
    }

    /// What logs in; `None` where nobody does.
    #[must_use]
    pub fn auth(&self) -> Option<&Auth> {
        self.auth.as_ref()
    }

    /// The connection's settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The table, and by how many seconds Google's clock is ahead where it is by much.
    ///
    /// # Errors
    /// [`Fault`]; [`FaultKind::NotThere`] where there is no such table.
    pub fn table(&self, call: &Call) -> Result<(Table, Option<i64>), Fault> {
        let name = &self.settings.table;
        let TableName { project, dataset, table } = name;
        let url = format!("{}/{project}/datasets/{dataset}/tables/{table}", self.base);
        let (described, ahead) = self.ask(
            call,
            Doing::Describing,
            |http| http.client().get(&url),
            |answered| Ok((answered.json::<Described>()?, answered.clock_ahead(call.now))),
        )?;
        let partition = match described.time_partitioning {
            None => Partition::None,
            Some(by) => match by.field {
                Some(field) => Partition::Column(field),
                // Of partitions of a length that is not known nothing can be left out.
                None => Length::parse(&by.kind).map_or(Partition::None, Partition::Ingestion),
            },
        };
        let mut found = Table::of(name.clone(), described.schema.fields, partition)?;
        found.location = self.settings.location.clone().or(described.location);
        let millis: Option<i64> = described.last_modified_time.and_then(|text| text.parse().ok());
        // A view tells when it was written, not when its rows changed.
        found.changed = millis.map(|millis| millis / 1_000).filter(|_| !described.kind.ends_with("VIEW"));
        Ok((found, ahead.filter(|seconds| seconds.abs() > SKEW_MAX)))
    }

    /// Bytes that a query would read. Costs nothing.
    ///
    /// # Errors
    /// [`Fault`]; a query that may not be run is told here already.
    pub fn dry_run(&self, call: &Call, query: &Query, location: Option<&str>) -> Result<u64, Fault> {
        let body = json!({
            "jobReference": self.reference(None, location),
            "configuration": { "dryRun": true, "query": self.configured(query) },
        });
        let job: Job = self.insert(call, &body)?;
        if let Some(wrong) = job.status.error_result {
            return Err(self.explained(wrong.fault(), Doing::Starting));
        }
        let read = job.statistics;
        let bytes = read.query.total_bytes_processed.or(read.total_bytes_processed);
        bytes
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Fault::new(FaultKind::Garbled, "BigQuery does not say how many bytes the query would read"))
    }

    /// Starts a query. A job of this name that runs already is taken for the one: an insert whose answer was
    /// lost is tried again under its name.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn start(&self, call: &Call, query: &Query, id: &str, location: Option<&str>) -> Result<Job, Fault> {
        let body = json!({
            "jobReference": self.reference(Some(id), location),
            "configuration": { "labels": { "application": "spendtop" }, "query": self.configured(query) },
        });
        self.insert(call, &body)
    }

    /// Why a job failed; `None` where it did not, or cannot be looked at.
    #[must_use]
    pub fn failed(&self, call: &Call, id: &str, location: Option<&str>) -> Option<Wrong> {
        let url = format!("{}/{}/jobs/{id}", self.base, self.settings.job_project);
        let get = |http: &Http| http.client().get(&url).query(&location.map(|place| [("location", place)]));
        let job = self.ask(call, Doing::Reading, get, |answered| answered.json::<Job>());
        job.ok().and_then(|job| job.status.error_result)
    }

    /// A page of a job's answer: the first one, or the one that a token leads to.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn page(&self, call: &Call, id: &str, location: Option<&str>, token: Option<&str>) -> Result<Page, Fault> {
        let url = format!("{}/{}/queries/{id}", self.base, self.settings.job_project);
        let rows = self.settings.page_rows.to_string();
        let wait = WAIT_MILLIS.to_string();
        let mut parameters = vec![("maxResults", rows.as_str()), ("timeoutMs", wait.as_str())];
        parameters.extend(location.map(|place| ("location", place)));
        parameters.extend(token.map(|token| ("pageToken", token)));
        let get = |http: &Http| http.client().get(&url).query(&parameters);
        self.ask(call, Doing::Reading, get, |answered| answered.json::<Page>())
    }

    /// Says what a fault means here, and what puts it right.
    #[must_use]
    pub fn explained(&self, fault: Fault, doing: Doing) -> Fault {
        let (settings, table) = (&self.settings, &self.settings.table);
        match fault.kind {
            // What is explained already is not Google's word.
            FaultKind::Denied if fault.hints.is_empty() => match grant::permission(&fault.message, doing) {
                Some(permission) => {
                    let account = self.auth.as_ref().and_then(Auth::account);
                    let message = format!("`{permission}` is missing: {}", fault.message);
                    Fault { message, ..fault }.hint(grant::fix(settings, account.as_deref(), permission))
                }
                None => fault.hint("a service perimeter keeps this machine out: ask who runs VPC Service Controls"),
            },
            FaultKind::NotThere => fault
                .hint(format!("is `{table}` the table? `bq ls {}:{}` lists them", table.project, table.dataset))
                .hint("a new export takes hours until its table is there"),
            FaultKind::Expired if fault.hints.is_empty() => match &self.auth {
                Some(auth) => fault.hint(auth.again()),
                None => fault,
            },
            FaultKind::Capped => fault.hint(format!("raise `scan_gib_per_query` in [{}]", settings.name)),
            FaultKind::QuotaSpent => fault.hint("the quota of the project comes back within a day; nothing is lost"),
            _ => fault,
        }
    }

    fn reference(&self, id: Option<&str>, location: Option<&str>) -> serde_json::Value {
        let mut reference = json!({ "projectId": self.settings.job_project });
        if let Some(id) = id {
            reference["jobId"] = id.into();
        }
        if let Some(location) = location {
            reference["location"] = location.into();
        }
        reference
    }

    fn configured(&self, query: &Query) -> serde_json::Value {
        let parameters: Vec<_> = query
            .parameters
            .iter()
            .map(|p| {
                json!({ "name": p.name, "parameterType": { "type": p.kind }, "parameterValue": { "value": p.value } })
            })
            .collect();
        json!({
            "query": query.sql,
            "useLegacySql": false,
            "maximumBytesBilled": self.settings.maximum_bytes.to_string(),
            "parameterMode": "NAMED",
            "queryParameters": parameters,
        })
    }

    fn insert(&self, call: &Call, body: &serde_json::Value) -> Result<Job, Fault> {
        let url = format!("{}/{}/jobs", self.base, self.settings.job_project);
        self.ask(
            call,
            Doing::Starting,
            |http| http.client().post(&url).json(body),
            |answered| {
                if answered.status.as_u16() == 409 { Ok(Job::default()) } else { answered.json::<Job>() }
            },
        )
    }

    /// Sends a request until it is answered, and reads the answer; again, once, with a new token where one is
    /// refused: it may have been revoked, or have ended on the way.
    fn ask<T>(
        &self,
        call: &Call,
        doing: Doing,
        build: impl Fn(&Http) -> RequestBuilder,
        read: impl Fn(&Answered) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let asked = match (self.asked(call, doing, &build, &read), &self.auth) {
            // A login that gives no token says itself how it is renewed.
            (Err(fault), Some(auth)) if fault.kind == FaultKind::Expired && fault.hints.is_empty() => {
                auth.forget();
                self.asked(call, doing, &build, &read)
            }
            (asked, _) => asked,
        };
        asked.map_err(|fault| self.explained(fault, doing))
    }

    fn asked<T>(
        &self,
        call: &Call,
        doing: Doing,
        build: impl Fn(&Http) -> RequestBuilder,
        read: impl Fn(&Answered) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let token = self.auth.as_ref().map(|auth| auth.token(call)).transpose()?;
        let once = || async {
            let request = build(&self.http);
            let request = match &token {
                Some(token) => request.bearer_auth(token.reveal()),
                None => request,
            };
            let answered = self.http.send(request).await?;
            let runs_already = doing == Doing::Starting && answered.status.as_u16() == 409;
            if answered.status.is_success() || runs_already { read(&answered) } else { Err(failure(&answered)) }
        };
        call.run(call.tried(once))
    }
}
