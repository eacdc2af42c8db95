//! What reading a billing export needs, checked one by one, for nothing: a description, a query that reads no
//! table, and dry runs.

use super::super::remote::{Call, Check, Costs, Fault, FaultKind, Finding};
use super::grant::{JOBS_CREATE, TABLES_GET, TABLES_GET_DATA};
use super::job::{Answer, billed, size};
use super::table::Table;
use super::{BillingExport, query};
use crate::domain::calendar::{DAY_SECONDS, Day, HOUR_SECONDS, Period};

/// What BigQuery bills for a tebibyte that is read, in hundredths of a US dollar: on demand, in the US and EU
/// multi-regions ("BigQuery pricing", Google Cloud, 6.25 USD). The first of a month is free.
const TEBIBYTE_CENTS: u64 = 625;

const TEBIBYTE: u64 = 1 << 40;

/// Days that a sync asks for again: what is not settled.
const AGAIN: i32 = 10;

/// Days without a change after which an export has stopped.
const STALE: i64 = 2;

/// Checks everything, as far as what comes before allows.
pub(super) fn all(export: &BillingExport, call: &Call) -> Vec<Check> {
    let client = &export.client;
    let mut checks = Vec::new();
    if let Some(auth) = client.auth() {
        match auth.token(call).and_then(|_| auth.who(call)) {
            Ok(who) => checks.push(Check::new("credentials", Finding::Good, &who)),
            Err(fault) => {
                checks.push(missing("credentials", &fault));
                return checks;
            }
        }
    }
    checks.push(jobs(export, call));
    let (table, ahead) = match client.table(call) {
        Ok(found) => found,
        Err(fault) => {
            let what = if fault.kind == FaultKind::Denied { TABLES_GET } else { "table" };
            checks.push(missing(what, &fault));
            return checks;
        }
    };
    checks.push(Check::new(TABLES_GET, Finding::Good, &table.name.to_string()));
    checks.push(Check::new("table", Finding::Good, &format!("the {} export", table.kind.name())));
    checks.push(fresh(&table, call.now));
    if let Some(seconds) = ahead {
        let detail = format!("{} s off Google's", seconds.abs());
        checks.push(
            Check::new("clock", Finding::Wanting, &detail).fix("set this machine's clock: `timedatectl set-ntp true`"),
        );
    }
    checks.push(cost(export, &table, call));
    checks
}

fn missing(what: &str, fault: &Fault) -> Check {
    Check::new(what, Finding::Missing, &fault.message).fix(fault.hints.join("\n"))
}

/// Whether queries may be run, by one that reads nothing.
fn jobs(export: &BillingExport, call: &Call) -> Check {
    let query = query::who();
    let mut who = String::new();
    let asked = Answer::of(&export.client, call, &query, 0, export.settings().location.as_deref());
    let read = asked.and_then(|answer| {
        let rows = answer.rows(call, |row| {
            who = row.first().cloned().flatten().unwrap_or_default();
            Ok(())
        });
        match rows {
            Err(super::Halt::Fault(fault)) => Err(fault),
            _ => Ok(()),
        }
    });
    match read {
        Ok(()) => Check::new(JOBS_CREATE, Finding::Good, &format!("{who} in {}", export.settings().job_project)),
        Err(fault) => missing(JOBS_CREATE, &fault),
    }
}

fn fresh(table: &Table, now: i64) -> Check {
    let what = "freshness";
    let Some(changed) = table.changed else {
        return Check::new(what, Finding::Untried, "a view does not tell when its rows changed");
    };
    let hours = (now - changed).max(0) / HOUR_SECONDS;
    let detail = format!("last changed {hours} h ago");
    if now - changed <= STALE * DAY_SECONDS {
        return Check::new(what, Finding::Good, &detail);
    }
    Check::new(what, Finding::Wanting, &detail)
        .fix("is the export still on? https://console.cloud.google.com/billing/export")
}

/// Whether rows may be read, by a dry run of what a sync asks, and what a month of syncs costs.
fn cost(export: &BillingExport, table: &Table, call: &Call) -> Check {
    let client = &export.client;
    let today = Day::of_seconds(call.now);
    let days = Period { from: today.plus(-AGAIN), to: today.plus(1) };
    let location = table.location.as_deref();
    let charges = query::charges(table, export.wanted(), days, None);
    let looks = query::changes(table, call.now - DAY_SECONDS);
    let dry = |query| client.dry_run(call, query, location);
    let bytes = dry(&charges.query).and_then(|one| Ok((one, looks.as_ref().map(dry).transpose()?.unwrap_or(0))));
    let (one, look) = match bytes {
        Ok(bytes) => bytes,
        Err(fault) => return missing(TABLES_GET_DATA, &fault),
    };
    let syncs = u64::from(30 * 86_400 / export.scope().terms.every);
    let month = (billed(one) + billed(look)).saturating_mul(syncs);
    let cents = u128::from(month) * u128::from(TEBIBYTE_CENTS) / u128::from(TEBIBYTE);
    let free = if month <= TEBIBYTE { ", within the first tebibyte, which is free" } else { "" };
    let detail = format!(
        "a sync reads {}, a month of {syncs} syncs {}: {}.{:02} USD{free}",
        size(billed(one) + billed(look)),
        size(month),
        cents / 100,
        cents % 100
    );
    let check = Check::new(TABLES_GET_DATA, Finding::Good, &detail);
    if billed(one) <= export.settings().maximum_bytes {
        return check;
    }
    let cap = size(export.settings().maximum_bytes);
    let detail = format!("{detail}; a query may read {cap}");
    Check::new("scan_gib_per_query", Finding::Missing, &detail)
        .fix(format!("raise `scan_gib_per_query` in [{}]", export.settings().name))
}
