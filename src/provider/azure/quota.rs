//! How much may be asked of Azure at once: query processing units (QPU) of a tenant, and requests of a
//! scope. Asked before each request, so that the limits are met and not run into.
//!
//! One QPU is a month of data in a query; a tenant has 12 in 10 s, 60 in a minute and 600 in an hour, which
//! the portal and others eat from too, so that what an answer says is left counts more than what was
//! counted here. A scope was observed to take some 4 requests a minute. All scopes of a tenant share one
//! [`Quota`], whichever connection they are of ([`of_tenant`]).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;

use crate::clock;
use crate::provider::remote::{Call, Fault, FaultKind};

/// Thousandths of a QPU in one.
pub const QPU: u64 = 1_000;

/// What may be asked at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Thousandths of QPU that a tenant has in each of these spans, with the span's name in the header
    /// that tells what is left of it.
    pub tenant: [(&'static str, Duration, u64); 3],
    /// Requests that a scope takes in a span.
    pub scope: (Duration, usize),
    /// After a refusal (429) nothing is asked for at least this long: the waits that the service names
    /// were seen to be too short.
    pub floor: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Limits {
            tenant: [
                ("QueriesPer10Sec", seconds(10), 12 * QPU),
                ("QueriesPerMin", seconds(60), 60 * QPU),
                ("QueriesPerHour", seconds(3_600), 600 * QPU),
            ],
            scope: (seconds(60), 4),
            floor: seconds(45),
        }
    }
}

/// The quota of a tenant.
pub struct Quota {
    begun: Instant,
    ledger: Mutex<Ledger>,
}

/// What was asked, by the time since the quota's beginning. Pure.
#[derive(Default)]
struct Ledger {
    spent: VecDeque<(Duration, u64)>,
    /// What others have spent of each span, and until when that is known to count.
    others: [(Duration, u64); 3],
    asked: HashMap<String, VecDeque<Duration>>,
    /// Until when nothing is asked of a scope; of none where the key is empty.
    held: HashMap<String, Duration>,
}

/// The quota of a tenant at a management host, the same for all who ask for it.
#[must_use]
pub fn of_tenant(host: &str, tenant: &str) -> Arc<Quota> {
    static TENANTS: OnceLock<Mutex<HashMap<String, Arc<Quota>>>> = OnceLock::new();
    let mut tenants = TENANTS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let quota = || Arc::new(Quota { begun: clock::instant(), ledger: Mutex::default() });
    tenants.entry(format!("{host} {}", tenant.to_ascii_lowercase())).or_insert_with(quota).clone()
}

impl Quota {
    /// Waits until a query of so much may be sent, and counts it.
    ///
    /// # Errors
    /// [`FaultKind::Throttled`] where that is longer than the call's patience.
    pub async fn reserve(&self, limits: &Limits, scope: &str, amount: u64, call: &Call) -> Result<(), Fault> {
        loop {
            let wait = self.with(|ledger, now| {
                let wait = ledger.wait(limits, scope, now, amount);
                if wait.is_zero() {
                    ledger.spend(scope, now, amount);
                }
                wait
            });
            if wait.is_zero() {
                return Ok(());
            }
            let message = "the tenant's query quota (QPU) is in use".to_owned();
            let fault = Fault::new(FaultKind::Throttled, message).wait(Some(wait));
            if wait > call.pace.patience {
                return Err(fault.hint("others use it too: the Azure portal, exporters, dashboards"));
            }
            call.watch.queues(&fault, wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// Learns from an answer: what it really cost beyond `amount`, and what is left.
    pub fn learn(&self, limits: &Limits, headers: &HeaderMap, amount: u64) {
        self.with(|ledger, now| {
            let more = consumed(headers).unwrap_or(amount).saturating_sub(amount);
            if more > 0 {
                ledger.spent.push_back((now, more));
            }
            if let Some(left) = text(headers, "x-ms-ratelimit-microsoft.costmanagement-qpu-remaining") {
                ledger.learn_left(limits, now, left);
            }
        });
    }

    /// Asks nothing more for a while: of one scope, or of the whole tenant.
    pub fn hold(&self, scope: Option<&str>, wait: Duration) {
        self.with(|ledger, now| {
            let until = ledger.held.entry(scope.unwrap_or_default().to_owned()).or_default();
            *until = (*until).max(now + wait);
        });
    }

    fn with<R>(&self, change: impl FnOnce(&mut Ledger, Duration) -> R) -> R {
        let now = clock::instant().saturating_duration_since(self.begun);
        change(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

impl Ledger {
    /// How long until `amount` may be asked of a scope.
    fn wait(&mut self, limits: &Limits, scope: &str, now: Duration, amount: u64) -> Duration {
        let longest = limits.tenant.iter().map(|(_, span, _)| *span).max().unwrap_or_default();
        self.spent.retain(|(at, _)| *at + longest > now);
        self.held.retain(|_, until| *until > now);
        let (span, most) = limits.scope;
        self.asked.retain(|_, times| {
            times.retain(|at| *at + span > now);
            !times.is_empty()
        });
        let mut until = ["", scope].iter().filter_map(|key| self.held.get(*key)).copied().max().unwrap_or(now);
        if let Some(times) = self.asked.get(scope).filter(|times| times.len() >= most) {
            until = until.max(times[times.len() - most] + span);
        }
        for ((_, span, most), others) in limits.tenant.iter().zip(self.others) {
            until = until.max(self.free_at(now, *span, *most, others, amount));
        }
        until.saturating_sub(now)
    }

    /// When a span has room for `amount`; an empty span always has.
    fn free_at(&self, now: Duration, span: Duration, most: u64, others: (Duration, u64), amount: u64) -> Duration {
        let mut ends: Vec<(Duration, u64)> = self.spent.iter().map(|(at, spent)| (*at + span, *spent)).collect();
        ends.push(others);
        ends.retain(|(end, _)| *end > now);
        ends.sort_unstable();
        let mut sum: u64 = ends.iter().map(|(_, spent)| spent).sum();
        let mut at = now;
        for (end, spent) in ends {
            if sum == 0 || sum + amount <= most {
                break;
            }
            sum -= spent;
            at = end;
        }
        at
    }

    fn spend(&mut self, scope: &str, now: Duration, amount: u64) {
        self.spent.push_back((now, amount));
        self.asked.entry(scope.to_owned()).or_default().push_back(now);
    }

    /// Reads `QueriesPerHour:597,QueriesPerMin:57,QueriesPer10Sec:9`: what is missing and was not spent
    /// here, others have spent.
    fn learn_left(&mut self, limits: &Limits, now: Duration, left: &str) {
        for (known, (name, span, most)) in self.others.iter_mut().zip(&limits.tenant) {
            let word = left.split(',').filter_map(|part| part.trim().split_once(':')).find(|(word, _)| word == name);
            let Some(left) = word.and_then(|(_, left)| left.parse::<u64>().ok()) else { continue };
            let ours: u64 = self.spent.iter().filter(|(at, _)| *at + *span > now).map(|(_, spent)| spent).sum();
            *known = (now + *span, most.saturating_sub(left.saturating_mul(QPU)).saturating_sub(ours));
        }
    }
}

/// Thousandths of QPU that an answer says its query took.
#[must_use]
pub fn consumed(headers: &HeaderMap) -> Option<u64> {
    let value: f64 = text(headers, "x-ms-ratelimit-microsoft.costmanagement-qpu-consumed")?.trim().parse().ok()?;
    (0.0..=10_000.0).contains(&value).then(|| (value * QPU as f64).ceil() as u64)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    /// Sends as soon as it may, and returns when each was sent.
    fn times(ledger: &mut Ledger, scopes: &[&str]) -> Vec<u64> {
        let (limits, mut now) = (Limits::default(), seconds(0));
        let mut times = Vec::new();
        for scope in scopes {
            now += ledger.wait(&limits, scope, now, QPU);
            assert!(ledger.wait(&limits, scope, now, QPU).is_zero());
            ledger.spend(scope, now, QPU);
            times.push(now.as_secs());
        }
        times
    }

    #[test]
    fn a_scope_is_asked_four_times_a_minute() {
        assert_eq!(times(&mut Ledger::default(), &["a"; 9]), [0, 0, 0, 0, 60, 60, 60, 60, 120]);
    }

    #[test]
    fn a_tenant_is_asked_within_each_of_its_spans() {
        let names: Vec<String> = (0..700).map(|n| n.to_string()).collect();
        let scopes: Vec<&str> = names.iter().map(String::as_str).collect();
        let times = times(&mut Ledger::default(), &scopes);
        for (span, most) in [(10, 12), (60, 60), (3_600, 600)] {
            assert!(times.windows(most + 1).all(|w| w[most] - w[0] >= span), "{most} in {span} s");
        }
        assert_eq!((times[11], times[12], times[60], times[600]), (0, 10, 60, 3_600));
    }

    #[test]
    fn what_others_spend_counts_too() {
        let (limits, mut ledger) = (Limits::default(), Ledger::default());
        ledger.spend("a", seconds(0), QPU);
        ledger.learn_left(&limits, seconds(0), "QueriesPerHour:400,QueriesPerMin:0, QueriesPer10Sec:11,Other:x");
        assert_eq!(ledger.others.map(|(_, spent)| spent), [0, 59 * QPU, 199 * QPU]);
        assert_eq!(ledger.wait(&limits, "b", seconds(1), QPU), seconds(59));
        assert!(ledger.wait(&limits, "b", seconds(60), QPU).is_zero());
    }

    #[test]
    fn a_refusal_holds_a_scope_or_all() {
        let (limits, mut ledger) = (Limits::default(), Ledger::default());
        ledger.held.insert("a".into(), seconds(45));
        assert_eq!(ledger.wait(&limits, "a", seconds(5), QPU), seconds(40));
        assert!(ledger.wait(&limits, "b", seconds(5), QPU).is_zero());
        ledger.held.insert(String::new(), seconds(90));
        assert_eq!(ledger.wait(&limits, "b", seconds(5), QPU), seconds(85));
    }

    #[test]
    fn what_a_query_took_is_read_from_its_answer() {
        for (text, taken) in [("2", Some(2_000)), ("0.5", Some(500)), ("NaN", None), ("-1", None), ("1e9", None)] {
            let mut headers = HeaderMap::new();
            headers.insert("x-ms-ratelimit-microsoft.costmanagement-qpu-consumed", text.parse().expect("header"));
            assert_eq!(consumed(&headers), taken, "{text}");
        }
    }

    #[test]
    fn a_tenant_has_one_quota() {
        assert!(Arc::ptr_eq(&of_tenant("host", "T"), &of_tenant("host", "t")));
        assert!(!Arc::ptr_eq(&of_tenant("host", "t"), &of_tenant("other", "t")));
    }
}
