//! The wire: one request at a time to Cost Explorer, Organizations and the token service.
//!
//! Every try of a paid request is metered before it is sent, and given back where AWS does not charge
//! for it: failed calls are free. The SDK tries nothing again by itself. Answers are turned at once
//! into plain values. Knows no FOCUS.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

use aws_sdk_costexplorer::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_costexplorer::types;

use super::super::remote::pace::Pace;
use super::super::remote::{Call, Fault, FaultKind, Unit};
use super::access::{Access, Clients};
use super::faults::{Failed, failed};
use super::feeds::{Grain, Grouping, Key, RESOURCE_SERVICE};
use super::normalise::{Standing, metrics, metrics_after_discounts};
use super::page::{Group, Page, Slice};
use super::rate::Rate;
use super::settings::Settings;
use crate::domain::calendar::{Period, format_timestamp};

/// Pages of accounts at most: an organisation of 20,000.
const ACCOUNT_PAGES_MAX: usize = 1_000;

/// Accounts that Organizations tells on one page at most.
const ACCOUNTS_A_PAGE: i32 = 20;

/// Tries of a page of names at most, and the longest wait that AWS may ask for before one.
const NAME_TRIES: u32 = 3;
const NAME_PATIENCE: Duration = Duration::from_secs(5);

/// Asks AWS.
pub struct Client {
    /// Who one is.
    pub access: Access,
    rate: Rate,
}

/// A question for one page.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// What it groups by.
    pub grouping: &'q Grouping,
    /// Which days.
    pub days: Period,
    /// Whether costs after discounts are asked for.
    pub net: bool,
    /// Which page, but for the first.
    pub token: Option<&'q str>,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A page.
    Page(Page),
    /// The page is not to be had any more, or not with this question: the chain is begun again.
    ChainBroken(Fault),
    /// This account has no costs after discounts.
    NetRefused(Fault),
    /// An answer that was paid for and cannot be read: another would be paid for too.
    Unreadable(Fault),
}

impl Client {
    /// For a connection; nothing is sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let rate = Rate::new(settings.apart);
        Client { access: Access::new(settings), rate }
    }

    /// A page of costs. Paid.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn page(&self, question: Question<'_>, call: &Call) -> Result<Answer, Fault> {
        let action = action(question.grouping);
        call.tried(|| async {
            let clients = self.clients().await?;
            let sent = self.paid(call, send(&clients, question), action).await;
            let failed = match sent {
                Ok(page) => return Ok(Answer::Page(page)),
                Err(failed) => failed,
            };
            match failed.code.as_str() {
                "InvalidNextToken" | "RequestChanged" if question.token.is_some() => {
                    Ok(Answer::ChainBroken(failed.fault))
                }
                "Validation" if question.net && question.token.is_none() && is_of_net(&failed.said) => {
                    Ok(Answer::NetRefused(failed.fault))
                }
                _ if failed.fault.kind == FaultKind::Garbled && !failed.free => Ok(Answer::Unreadable(failed.fault)),
                _ => Err(failed.fault),
            }
        })
        .await
    }

    /// Makes a paid request, each at its turn, metered.
    pub(super) async fn paid<T, E>(
        &self,
        call: &Call,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        action: &str,
    ) -> Result<T, Failed>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.rate.turn().await;
        self.sent(call, Unit::PaidRequests, request, action).await
    }

    /// Makes a request that costs nothing.
    async fn unpaid<T, E>(
        &self,
        call: &Call,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        action: &str,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.sent(call, Unit::FreeRequests, request, action).await.map_err(|failed| failed.fault)
    }

    async fn sent<T, E>(
        &self,
        call: &Call,
        unit: Unit,
        request: impl Future<Output = Result<T, SdkError<E>>>,
        action: &str,
    ) -> Result<T, Failed>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        call.meter.take(unit, 1).map_err(Failed::unsent)?;
        match request.await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let mut failed = failed(&error, action, &self.access);
                if unit == Unit::PaidRequests {
                    failed.fault.charged = !failed.free;
                    if failed.free {
                        call.meter.give_back(unit, 1);
                    }
                }
                if matches!(failed.fault.kind, FaultKind::Expired | FaultKind::NoCredentials) {
                    self.access.forget().await;
                }
                Err(failed)
            }
        }
    }

    /// The clients of the SDK.
    pub(super) async fn clients(&self) -> Result<std::sync::Arc<Clients>, Fault> {
        self.access.clients().await
    }

    /// The account that the credentials are of, and the identity's ARN. Free.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn identity(&self, call: &Call) -> Result<(String, String), Fault> {
        call.tried(|| async {
            let clients = self.clients().await?;
            let request = clients.tokens.get_caller_identity().send();
            let who = self.unpaid(call, request, "sts:GetCallerIdentity").await?;
            match (who.account, who.arn) {
                (Some(account), Some(arn)) if !account.is_empty() => Ok((account, arn)),
                _ => Err(Fault::new(FaultKind::Garbled, "`sts:GetCallerIdentity`: AWS names no account")),
            }
        })
        .await
    }

    /// The management account of the organisation. Free.
    ///
    /// # Errors
    /// [`Fault`]; [`FaultKind::NotThere`] where the account is in no organisation.
    pub async fn management_account(&self, call: &Call) -> Result<String, Fault> {
        call.tried(|| async {
            let clients = self.clients().await?;
            let request = clients.organizations.describe_organization().send();
            let told = self.unpaid(call, request, "organizations:DescribeOrganization").await?;
            let account = told.organization.and_then(|organization| organization.master_account_id);
            account.filter(|id| !id.is_empty()).ok_or_else(|| {
                Fault::new(FaultKind::Garbled, "`organizations:DescribeOrganization`: AWS names no management account")
            })
        })
        .await
    }

    /// Adds the names of the organisation's accounts, by id, page by page. Free.
    ///
    /// # Errors
    /// [`Fault`]; what came until then is there.
    pub async fn account_names(&self, call: &Call, names: &mut BTreeMap<String, String>) -> Result<(), Fault> {
        const ACTION: &str = "organizations:ListAccounts";
        let (mut tokens, mut token) = (BTreeSet::new(), None::<String>);
        for _ in 0..ACCOUNT_PAGES_MAX {
            let page = call
                .tried(|| async {
                    let clients = self.clients().await?;
                    let request = clients.organizations.list_accounts().max_results(ACCOUNTS_A_PAGE);
                    self.unpaid(call, request.set_next_token(token.clone()).send(), ACTION).await
                })
                .await?;
            let pairs = page.accounts.unwrap_or_default().into_iter().map(|account| (account.id, account.name));
            names.extend(pairs.filter_map(|(id, name)| Some((id?, name?))));
            match page.next_token.filter(|token| !token.is_empty()) {
                None => return Ok(()),
                Some(next) if tokens.insert(next.clone()) => token = Some(next),
                Some(_) => return Err(endless(ACTION)),
            }
        }
        Err(endless(ACTION))
    }

    /// Whose bill it is: the payer by the settings, else the organisation's management account, else the
    /// caller's own. Free. What Organizations may not tell is left out, with a word; where it only does not tell
    /// it now, what was known `before` of the same identity stands in for it. Who pays is never guessed.
    ///
    /// # Errors
    /// [`Fault`], but for Organizations' refusals and what hinders the names of accounts.
    pub async fn standing(&self, call: &Call, before: Option<&Standing>) -> Result<Learnt, Fault> {
        let mut notes = Vec::new();
        // First, so that credentials that are no good are not taken for Organizations' refusal.
        let (own, _) = self.identity(call).await?;
        let before = before.filter(|before| before.own == own);
        let (mut is_whole, settings) = (true, self.access.settings());
        let payer = match (&settings.payer, before) {
            (Some(payer), _) => payer.clone(),
            (None, before) => match (told(self.management_account(call).await, &mut notes), before) {
                (Ok(told), _) => told.unwrap_or_else(|| own.clone()),
                (Err(fault), Some(before)) if is_for_now(&fault) => {
                    is_whole = false;
                    before.payer.clone()
                }
                (Err(fault), _) if is_for_now(&fault) => {
                    return Err(fault.hint(
                        "it is asked again by itself; who names the payer need not ask: `billing_account = \"ID\"` below \
                         the connection",
                    ));
                }
                (Err(fault), _) => return Err(fault),
            },
        };
        let mut names = before.map_or_else(BTreeMap::new, |before| before.names.clone());
        // Names are a nicety: costs do not wait for them for long.
        let pace = Pace { tries: call.pace.tries.min(NAME_TRIES), patience: NAME_PATIENCE, ..call.pace };
        match self.account_names(&Call { pace, ..call.clone() }, &mut names).await {
            Err(fault) if is_for_now(&fault) => {
                is_whole = false;
                notes.push(format!("some names of accounts are not told now: {}", fault.message));
            }
            answer => drop(told(answer, &mut notes)?),
        }
        Ok(Learnt { standing: Standing { payer, own, names }, notes, is_whole })
    }
}

/// Whose bill it is, as far as that was to be learnt.
pub struct Learnt {
    /// Whose bill it is.
    pub standing: Standing,
    /// What was not to be learnt, in words.
    pub notes: Vec<String>,
    /// Whether all was told that is ever told; else it is asked again soon.
    pub is_whole: bool,
}

/// Whether Organizations only does not answer now.
fn is_for_now(fault: &Fault) -> bool {
    fault.kind.is_passing() || fault.kind == FaultKind::QuotaSpent
}

/// Whether a refusal is of costs after discounts. Others quote what was asked for, as a tag `network`.
fn is_of_net(said: &str) -> bool {
    metrics_after_discounts().any(|metric| said.contains(metric))
}

/// What Organizations told; none where it may not, or where there is no organisation.
fn told<T>(answer: Result<T, Fault>, notes: &mut Vec<String>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(told) => Ok(Some(told)),
        Err(fault) if fault.kind == FaultKind::NotThere => Ok(None),
        Err(fault) if matches!(fault.kind, FaultKind::Denied | FaultKind::Refused) => {
            notes.push(fault.message);
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

/// That a chain of pages does not end.
pub(super) fn endless(action: &str) -> Fault {
    Fault::new(FaultKind::Garbled, format!("`{action}`: AWS's pages go round in circles"))
        .hint("nothing was changed; it is asked again with the next sync")
}

impl Failed {
    /// That nothing was sent.
    fn unsent(fault: Fault) -> Self {
        Failed { fault, code: String::new(), said: String::new(), free: false }
    }
}

/// What a question is called among AWS's permissions.
#[must_use]
pub fn action(grouping: &Grouping) -> &'static str {
    if grouping.grain == Grain::Resource { super::policy::RESOURCES } else { super::policy::NEEDED[0] }
}

/// Sends a question; both operations answer alike.
async fn send(clients: &Clients, question: Question<'_>) -> Result<Page, SdkError<Either>> {
    let (metrics, keys) = (metrics(question.grouping, question.net), &question.grouping.keys);
    let metrics = metrics.into_iter().map(str::to_owned).collect();
    let groups = keys.iter().map(definition).collect();
    let (interval, token) = (interval(question), question.token.map(str::to_owned));
    if question.grouping.grain == Grain::Resource {
        let request = clients.costs.get_cost_and_usage_with_resources().set_time_period(interval);
        let request = request.granularity(types::Granularity::Daily).filter(resource_filter());
        let request = request.set_metrics(Some(metrics)).set_group_by(Some(groups)).set_next_page_token(token);
        let answer = request.send().await.map_err(|error| error.map_service_error(Either::Resources))?;
        return Ok(page(answer.results_by_time, answer.dimension_value_attributes, answer.next_page_token));
    }
    let hourly = question.grouping.grain == Grain::Hour;
    let granularity = if hourly { types::Granularity::Hourly } else { types::Granularity::Daily };
    let request = clients.costs.get_cost_and_usage().set_time_period(interval).granularity(granularity);
    let request = request.set_metrics(Some(metrics)).set_group_by(Some(groups)).set_next_page_token(token);
    let answer = request.send().await.map_err(|error| error.map_service_error(Either::Costs))?;
    Ok(page(answer.results_by_time, answer.dimension_value_attributes, answer.next_page_token))
}

/// What either operation fails with.
#[derive(Debug, thiserror::Error)]
enum Either {
    #[error(transparent)]
    Costs(aws_sdk_costexplorer::operation::get_cost_and_usage::GetCostAndUsageError),
    #[error(transparent)]
    Resources(aws_sdk_costexplorer::operation::get_cost_and_usage_with_resources::GetCostAndUsageWithResourcesError),
}

impl ProvideErrorMetadata for Either {
    fn meta(&self) -> &aws_sdk_costexplorer::error::ErrorMetadata {
        match self {
            Either::Costs(error) => error.meta(),
            Either::Resources(error) => error.meta(),
        }
    }
}

/// The days of a question as AWS wants them: the end is exclusive.
fn interval(question: Question<'_>) -> Option<types::DateInterval> {
    let Period { from, to } = question.days;
    let text = |day: crate::domain::calendar::Day| match question.grouping.grain {
        Grain::Hour => format_timestamp(day.seconds()),
        Grain::Day | Grain::Resource => day.to_string(),
    };
    types::DateInterval::builder().start(text(from)).end(text(to)).build().ok()
}

fn definition(key: &Key) -> types::GroupDefinition {
    use types::GroupDefinitionType as T;
    let (kind, name) = match key {
        Key::Account => (T::Dimension, "LINKED_ACCOUNT"),
        Key::Service => (T::Dimension, "SERVICE"),
        Key::Region => (T::Dimension, "REGION"),
        Key::UsageType => (T::Dimension, "USAGE_TYPE"),
        Key::RecordType => (T::Dimension, "RECORD_TYPE"),
        Key::Resource => (T::Dimension, "RESOURCE_ID"),
        Key::Tag(key) => (T::Tag, key.as_str()),
        Key::CostCategory(name) => (T::CostCategory, name.as_str()),
    };
    types::GroupDefinition::builder().r#type(kind).key(name).build()
}

fn resource_filter() -> types::Expression {
    let service = types::DimensionValues::builder().key(types::Dimension::Service).values(RESOURCE_SERVICE).build();
    types::Expression::builder().dimensions(service).build()
}

fn page(
    slices: Option<Vec<types::ResultByTime>>,
    attributes: Option<Vec<types::DimensionValuesWithAttributes>>,
    next: Option<String>,
) -> Page {
    let name = |told: types::DimensionValuesWithAttributes| {
        Some((told.value?, told.attributes?.remove("description").filter(|name| !name.is_empty())?))
    };
    Page {
        slices: slices.map(|slices| slices.into_iter().map(slice).collect()),
        names: attributes.unwrap_or_default().into_iter().filter_map(name).collect(),
        next: next.filter(|token| !token.is_empty()),
    }
}

fn slice(told: types::ResultByTime) -> Slice {
    let (start, end) = told.time_period.map(|period| (period.start, period.end)).unwrap_or_default();
    let groups = told.groups.unwrap_or_default().into_iter().map(|group| {
        let metric = |(name, value): (String, types::MetricValue)| {
            (name, (value.amount.unwrap_or_default(), value.unit.unwrap_or_default()))
        };
        let metrics = group.metrics.unwrap_or_default().into_iter().map(metric).collect();
        Group { keys: group.keys.unwrap_or_default(), metrics }
    });
    Slice { start, end, estimated: told.estimated, groups: groups.collect() }
}
