//! The permissions that reading a billing export needs, by Google's names, and the commands that grant them.
//! Pure.
//!
//! `roles/bigquery.jobUser` holds `bigquery.jobs.create`; `roles/bigquery.dataViewer`, which is granted on the
//! table alone, holds `bigquery.tables.get` and `bigquery.tables.getData` ("BigQuery IAM roles and
//! permissions", BigQuery documentation).

use super::Settings;
use super::client::Doing;

/// To run queries, in the project that pays for them.
pub const JOBS_CREATE: &str = "bigquery.jobs.create";

/// To see a table's columns.
pub const TABLES_GET: &str = "bigquery.tables.get";

/// To read a table's rows.
pub const TABLES_GET_DATA: &str = "bigquery.tables.getData";

/// BigQuery itself, where it is not switched on in a project.
pub const SERVICE: &str = "bigquery.googleapis.com";

/// Which permission a refusal is about: the one that it names, else the one that was needed; `None` where
/// no permission helps ("VPC Service Controls error messages", Google Cloud documentation).
#[must_use]
pub fn permission(message: &str, doing: Doing) -> Option<&'static str> {
    if message.contains("prohibited by organization's policy") {
        return None;
    }
    let named = [TABLES_GET_DATA, TABLES_GET, JOBS_CREATE].into_iter().find(|name| message.contains(name));
    let off = || (message.contains("has not been used") || message.contains("it is disabled")).then_some(SERVICE);
    // "Access Denied: Table p:d.t: User does not have permission to query table p:d.t"
    let query = || message.contains("to query table").then_some(TABLES_GET_DATA);
    named.or_else(off).or_else(query).or(Some(match doing {
        Doing::Describing => TABLES_GET,
        Doing::Starting => JOBS_CREATE,
        Doing::Reading => TABLES_GET_DATA,
    }))
}

/// Who is granted something: a service account, or a person where it is none.
#[must_use]
pub fn member(account: Option<&str>) -> String {
    account.map_or_else(|| "user:YOU@EXAMPLE.COM".to_owned(), |account| format!("serviceAccount:{account}"))
}

/// The command that grants a permission to a service account, or to a person where it is none.
#[must_use]
pub fn fix(settings: &Settings, account: Option<&str>, permission: &str) -> String {
    let (project, table) = (&settings.job_project, &settings.table);
    let member = member(account);
    match permission {
        SERVICE => format!("gcloud services enable {SERVICE} --project={project}"),
        JOBS_CREATE => {
            format!("gcloud projects add-iam-policy-binding {project} --member={member} --role=roles/bigquery.jobUser")
        }
        _ => format!(
            "bq add-iam-policy-binding --member={member} --role=roles/bigquery.dataViewer {}:{}.{}",
            table.project, table.dataset, table.table
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leads_to_its_permission() {
        for (message, doing, want) in [
            ("User does not have bigquery.jobs.create permission in project p.", Doing::Reading, JOBS_CREATE),
            ("Permission bigquery.tables.get denied on table p:d.t", Doing::Starting, TABLES_GET),
            ("Permission bigquery.tables.getData denied", Doing::Starting, TABLES_GET_DATA),
            ("Table p:d.t: User does not have permission to query table p:d.t", Doing::Starting, TABLES_GET_DATA),
            ("BigQuery API has not been used in project 1 before or it is disabled", Doing::Starting, SERVICE),
            ("Access Denied", Doing::Describing, TABLES_GET),
        ] {
            assert_eq!(permission(message, doing), Some(want), "{message}");
        }
        assert_eq!(permission("Request is prohibited by organization's policy", Doing::Reading), None);
    }
}
