//! The wire: queries and small reads at Azure's management host.
//!
//! A query is a POST, and so is each further page: the same body to the link that the page before named.
//! A link is only followed to the same host and the same operation, since the token goes with it. Each
//! try is paced by [`super::quota`], metered before it is sent, and corrected by what its answer says
//! that it took. Knows nothing of what rows mean.

use std::collections::HashSet;
use std::sync::Arc;

use reqwest::{RequestBuilder, Url};
use serde_json::Value;

use super::credentials::{Credentials, Token, echoes, repeats};
use super::page::Page;
use super::quota::{self, Limits, Quota};
use super::refusals;
use super::scope::ScopePath;
use crate::clock;
use crate::provider::remote::fault::words;
use crate::provider::remote::http::{Answered, Http};
use crate::provider::remote::{Call, Fault, FaultKind, Unit};

/// The version of the query API that answers are read as.
const QUERY_VERSION: &str = "2025-03-01";

/// How the service tells spendtop's requests from those of others: its own share of the quota.
const CLIENT_TYPE: (&str, &str) = ("ClientType", "spendtop");

/// Pages of one query at most.
const PAGES_MAX: u32 = 2_000;

/// Bytes of one page at most.
const PAGE_BYTES_MAX: usize = 16 << 20;

/// The management host, as somebody.
pub struct Client {
    http: Http,
    credentials: Arc<Credentials>,
    endpoint: Url,
    limits: Limits,
}

/// A small free read.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    /// For the sake of which scope.
    pub scope: &'a ScopePath,
    /// The permission that it takes.
    pub permission: &'static str,
    /// The API's version.
    pub version: &'static str,
}

/// What a chain of pages came to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Chain {
    /// Pages read.
    pub pages: u32,
    /// By how many seconds the service's clock is ahead of this machine's.
    pub ahead: i64,
}

impl Client {
    /// Where it asks.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_str()
    }

    /// A client for an endpoint, as `https://management.azure.com`.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where that is no URL of a host.
    pub fn new(http: Http, credentials: Arc<Credentials>, endpoint: &str, limits: Limits) -> Result<Client, Fault> {
        let wrong = || Fault::new(FaultKind::Refused, format!("`{}` is no management host", words(endpoint)));
        let endpoint = Url::parse(endpoint).ok().filter(Url::has_host).ok_or_else(wrong)?;
        Ok(Client { http, credentials, endpoint, limits })
    }

    /// Who asks.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Asks for the costs of a scope and hands over page by page.
    ///
    /// # Errors
    /// [`Fault`]; the pages until then are no answer.
    pub async fn query(
        &self,
        scope: &ScopePath,
        body: &Value,
        call: &Call,
        mut take: impl FnMut(&Page) -> Result<(), String>,
    ) -> Result<Chain, Fault> {
        let path = format!("{}/providers/Microsoft.CostManagement/query", scope.path());
        let mut url = self.url(&path, QUERY_VERSION);
        let mut seen = HashSet::from([url.to_string()]);
        let mut chain = Chain::default();
        loop {
            let answered = self.asked(scope, &url, body, call).await?;
            chain.pages += 1;
            chain.ahead = answered.1;
            let Some(page) = answered.0 else { return Ok(chain) };
            take(&page).map_err(|why| garbled(&format!("page {}: {why}", chain.pages)))?;
            let Some(next) = &page.next else { return Ok(chain) };
            url = self.following(next)?;
            if !seen.insert(url.to_string()) {
                return Err(garbled(&format!("page {} leads back to an earlier one", chain.pages)));
            }
            if chain.pages >= PAGES_MAX {
                return Err(garbled(&format!("more than {PAGES_MAX} pages")));
            }
        }
    }

    /// Reads something small and free, for a scope's sake.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn read(&self, read: &Read<'_>, path: &str, call: &Call) -> Result<Answered, Fault> {
        self.read_url(read, self.url(path, read.version), call).await
    }

    /// Reads the page that a list names as its next.
    ///
    /// # Errors
    /// [`Fault`]; [`FaultKind::Garbled`] where the link leads elsewhere.
    pub async fn read_next(&self, read: &Read<'_>, link: &str, call: &Call) -> Result<Answered, Fault> {
        self.read_url(read, self.at_our_host(link)?, call).await
    }

    async fn read_url(&self, read: &Read<'_>, url: Url, call: &Call) -> Result<Answered, Fault> {
        self.renewed(call, async |token: &Token| {
            call.tried(|| async {
                call.meter.take(Unit::FreeRequests, 1)?;
                let answered = self.sent(self.http.client().get(url.clone()), token).await?;
                if answered.status.as_u16() == 200 {
                    Ok(answered)
                } else {
                    Err(self.fault(&answered, read.scope, read.permission))
                }
            })
            .await
        })
        .await
    }

    /// One page, or nothing where the scope has no costs; and the clock's difference.
    async fn asked(
        &self,
        scope: &ScopePath,
        url: &Url,
        body: &Value,
        call: &Call,
    ) -> Result<(Option<Page>, i64), Fault> {
        self.renewed(call, async |token: &Token| {
            let tenant = token.tenant.as_deref().or(self.credentials.tenant()).unwrap_or_default();
            let quota = quota::of_tenant(self.endpoint.as_str(), tenant);
            // A wait for the quota is no part of a try's time.
            let reserve = || quota.reserve(&self.limits, scope.path(), quota::QPU, call);
            let page = call.tried_after(reserve, || self.page(scope, url, body, token, &quota, call)).await;
            if page.as_ref().is_err_and(|fault| fault.kind == FaultKind::Denied) {
                // Whoever logs in as somebody else is found at the next sync.
                self.credentials.forget(token).await;
            }
            page
        })
        .await
    }

    /// Does something with a token, and again, once, where that is refused: it may have been revoked.
    async fn renewed<T>(&self, call: &Call, once: impl AsyncFn(&Token) -> Result<T, Fault>) -> Result<T, Fault> {
        let token = call.tried(|| self.credentials.token(clock::now_seconds())).await?;
        match once(&token).await {
            Err(fault) if fault.kind == FaultKind::Expired => {
                self.credentials.forget(&token).await;
                let token = call.tried(|| self.credentials.token(clock::now_seconds())).await?;
                once(&token).await
            }
            done => done,
        }
    }

    async fn page(
        &self,
        scope: &ScopePath,
        url: &Url,
        body: &Value,
        token: &Token,
        quota: &Quota,
        call: &Call,
    ) -> Result<(Option<Page>, i64), Fault> {
        call.meter.take(Unit::MilliQpu, quota::QPU)?;
        call.meter.take(Unit::FreeRequests, 1)?;
        let request = self.http.client().post(url.clone()).header(CLIENT_TYPE.0, CLIENT_TYPE.1).json(body);
        let answered = self.sent(request, token).await?;
        quota.learn(&self.limits, &answered.headers, quota::QPU);
        self.correct(&answered, call);
        let ahead = answered.clock_ahead(clock::now_seconds()).unwrap_or_default();
        match answered.status.as_u16() {
            204 => Ok((None, ahead)),
            200 if answered.body.len() > PAGE_BYTES_MAX => Err(garbled("a page of more than 16 MiB")),
            200 => Page::read(&answered.body).map(|page| (Some(page), ahead)).map_err(|why| {
                let begins: String = String::from_utf8_lossy(&answered.body).chars().take(40).collect();
                garbled(&format!("{why}: `{begins}`"))
            }),
            _ => {
                let fault = self.fault(&answered, scope, refusals::QUERY_PERMISSION);
                if let (FaultKind::Throttled, Some(wait)) = (fault.kind, fault.wait) {
                    quota.hold(refusals::is_of_scope(&answered.headers).then(|| scope.path()), wait);
                }
                Err(fault)
            }
        }
    }

    /// Counts what a query really took. What is beyond the estimate was spent already: a cap that it
    /// passes stops the next one.
    fn correct(&self, answered: &Answered, call: &Call) {
        let taken = match quota::consumed(&answered.headers) {
            Some(taken) => taken,
            None if answered.status.as_u16() == 429 => 0,
            None => quota::QPU,
        };
        if taken < quota::QPU {
            call.meter.give_back(Unit::MilliQpu, quota::QPU - taken);
        } else if taken > quota::QPU {
            let _ = call.meter.take(Unit::MilliQpu, taken - quota::QPU);
        }
    }

    async fn sent(&self, request: RequestBuilder, token: &Token) -> Result<Answered, Fault> {
        let answered = self.http.send(request.bearer_auth(token.secret.reveal())).await?;
        if repeats(&answered.body, &token.secret) {
            return Err(echoes(&answered.host));
        }
        Ok(answered)
    }

    fn fault(&self, answered: &Answered, scope: &ScopePath, permission: &'static str) -> Fault {
        let (tenant, floor, now) = (self.credentials.tenant(), self.limits.floor, clock::now_seconds());
        refusals::fault(answered, refusals::Asked { permission, scope, tenant, floor, now })
    }

    fn url(&self, path: &str, version: &str) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url.query_pairs_mut().clear().append_pair("api-version", version);
        url
    }

    /// A link that a page names, where it leads to the same operation at the same host.
    fn following(&self, link: &str) -> Result<Url, Fault> {
        let url = self.at_our_host(link)?;
        if !url.path().to_ascii_lowercase().ends_with("/providers/microsoft.costmanagement/query") {
            return Err(garbled("the next page is another operation"));
        }
        Ok(url)
    }

    fn at_our_host(&self, link: &str) -> Result<Url, Fault> {
        let url = Url::parse(link).map_err(|_| garbled("the next page's link is no URL"))?;
        let is_same = url.scheme() == self.endpoint.scheme()
            && url.host_str() == self.endpoint.host_str()
            && url.port_or_known_default() == self.endpoint.port_or_known_default();
        if !is_same || !url.username().is_empty() || url.password().is_some() {
            let host = words(url.host_str().unwrap_or("nowhere"));
            return Err(garbled(&format!("the next page is said to be at {}://{host}", words(url.scheme()))));
        }
        Ok(url)
    }
}

fn garbled(why: &str) -> Fault {
    let why = words(why);
    Fault::new(FaultKind::Garbled, format!("Cost Management's answer cannot be believed: {why}"))
}
