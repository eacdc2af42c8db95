//! What BigQuery's REST API answers, as far as it is read, and what its errors mean. Pure.
//!
//! Shapes: BigQuery API v2, discovery document (`Job`, `GetQueryResultsResponse`, `Table`). Reasons: "Error
//! messages", BigQuery documentation.

use serde::Deserialize;

use super::super::remote::fault::words;
use super::super::remote::http::Answered;
use super::super::remote::{Fault, FaultKind};
use super::table::Field;

/// One error, in an answer's `error.errors`, a job's `errorResult` or a result's `errors`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wrong {
    /// Which, in one word.
    pub reason: String,
    /// In a sentence.
    pub message: String,
}

/// The body of an answer that is no success.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Failure {
    error: FailureOf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FailureOf {
    message: String,
    errors: Vec<Wrong>,
    details: Vec<Detail>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    reason: String,
}

/// A job.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// How it goes.
    pub status: Status,
    /// What it read.
    pub statistics: Statistics,
}

/// How a job goes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Why it failed.
    pub error_result: Option<Wrong>,
}

/// What a job read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Statistics {
    /// Bytes, also of a dry run.
    pub total_bytes_processed: Option<String>,
    /// The same of a query.
    pub query: QueryStatistics,
}

/// What a query read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryStatistics {
    /// Bytes, also of a dry run.
    pub total_bytes_processed: Option<String>,
}

/// A page of a query's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Page {
    /// Whether the query is done.
    pub job_complete: bool,
    /// The columns.
    pub schema: Option<Schema>,
    /// Rows in all pages together.
    pub total_rows: Option<String>,
    /// What leads to the next page.
    pub page_token: Option<String>,
    /// Whether the answer was there from an earlier time, and costs nothing.
    pub cache_hit: bool,
    /// What went wrong.
    pub errors: Vec<Wrong>,
    /// The rows of this page.
    pub rows: Vec<Cells>,
}

/// The columns of an answer or a table.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Schema {
    /// In order.
    pub fields: Vec<Field>,
}

/// A row.
#[derive(Debug, Deserialize)]
pub struct Cells {
    /// Its values, in the columns' order.
    pub f: Vec<Cell>,
}

/// A value: BigQuery writes all scalars as texts.
#[derive(Debug, Deserialize)]
pub struct Cell {
    /// The text; `None` where there is no value.
    pub v: Option<String>,
}

/// A table.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Described {
    /// Its columns.
    pub schema: Schema,
    /// What its rows are kept apart by.
    pub time_partitioning: Option<TimePartitioning>,
    /// Where it lies.
    pub location: Option<String>,
    /// When it last changed, in milliseconds.
    pub last_modified_time: Option<String>,
    /// `TABLE`, `VIEW`, ...
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a table's rows are kept apart by.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TimePartitioning {
    /// How long a partition is: `HOUR`, `DAY`, `MONTH` or `YEAR`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The column; `None` where it is the time they were loaded at.
    pub field: Option<String>,
}

/// What a reason means.
fn kind_of(reason: &str) -> Option<FaultKind> {
    Some(match reason {
        "rateLimitExceeded" | "jobRateLimitExceeded" | "resourceInUse" => FaultKind::Throttled,
        "quotaExceeded" => FaultKind::QuotaSpent,
        "accessDenied" | "accessNotConfigured" | "blocked" | "SERVICE_DISABLED" => FaultKind::Denied,
        "notFound" => FaultKind::NotThere,
        "bytesBilledLimitExceeded" => FaultKind::Capped,
        "backendError" | "internalError" | "jobBackendError" | "jobInternalError" | "tableUnavailable" | "timeout"
        | "stopped" => FaultKind::Unavailable,
        "invalid"
        | "invalidQuery"
        | "billingNotEnabled"
        | "billingTierLimitExceeded"
        | "resourcesExceeded"
        | "responseTooLarge"
        | "notImplemented"
        | "duplicate" => FaultKind::Refused,
        _ => return None,
    })
}

impl Wrong {
    /// The fault that it is. One whose reason is not known is taken for wrong, and not tried again.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let kind = kind_of(&self.reason).unwrap_or(FaultKind::Refused);
        Fault::new(kind, format!("BigQuery: {} ({})", words(&self.message), words(&self.reason)))
    }
}

/// The fault that an answer is which is no success.
#[must_use]
pub fn failure(answered: &Answered) -> Fault {
    let Ok(said) = serde_json::from_slice::<Failure>(&answered.body) else {
        let fault = answered.fault("");
        let is_no = fault.kind == FaultKind::Denied;
        return if is_no { fault.hint("that is not Google's word: is there a proxy in between?") } else { fault };
    };
    let said = said.error;
    let reasons = said.details.iter().map(|d| d.reason.as_str()).chain(said.errors.iter().map(|e| e.reason.as_str()));
    let mut fault = answered.fault(&said.message);
    // What the status says holds where it asks for a login.
    if fault.kind != FaultKind::Expired {
        fault.kind = reasons.filter_map(kind_of).next().unwrap_or(fault.kind);
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_decide_what_is_done() {
        for (reason, kind) in [
            ("rateLimitExceeded", FaultKind::Throttled),
            ("quotaExceeded", FaultKind::QuotaSpent),
            ("accessDenied", FaultKind::Denied),
            ("notFound", FaultKind::NotThere),
            ("bytesBilledLimitExceeded", FaultKind::Capped),
            ("backendError", FaultKind::Unavailable),
            ("stopped", FaultKind::Unavailable),
            ("invalidQuery", FaultKind::Refused),
            ("resourcesExceeded", FaultKind::Refused),
            ("something new", FaultKind::Refused),
        ] {
            let wrong = Wrong { reason: reason.into(), message: "why\u{1b}[0m".into() };
            let fault = wrong.fault();
            assert_eq!(fault.kind, kind, "{reason}");
            assert!(!fault.message.contains('\u{1b}'), "{fault}");
        }
    }

    #[test]
    fn a_value_that_is_no_text_is_no_answer() {
        assert!(serde_json::from_str::<Page>(r#"{"rows":[{"f":[{"v":"1"},{"v":null}]}]}"#).is_ok());
        for rows in [r#"[{"f":[{"v":1}]}]"#, r#"[{"f":[{"v":{"f":[]}}]}]"#, r#"[{"v":[]}]"#, r#""none""#] {
            let body = format!("{{\"rows\":{rows}}}");
            assert!(serde_json::from_str::<Page>(&body).is_err(), "{rows}");
        }
    }
}
