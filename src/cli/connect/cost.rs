//! What a connection will cost a month, in words. Pure: reads what scopes say of themselves.

use std::sync::Arc;

use crate::config::connection::{Aws, Connection, To};
use crate::provider::remote::{Costs, Manner};

/// How large what is asked for is, about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Accounts with costs.
    pub accounts: u32,
    /// Services that they use.
    pub services: u32,
}

/// What a connection costs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Cost {
    /// In words, a line each.
    pub lines: Vec<String>,
    /// Paid requests that its history needs at once; none where nothing is paid for.
    pub history: u64,
    /// What those cost, as `0.65 USD`.
    pub history_price: String,
}

/// What a connection costs, whose scopes are `scopes`.
#[must_use]
pub fn of(connection: &Connection, scopes: &[Arc<dyn Costs>], size: Size) -> Cost {
    let free = |line: &str| Cost { lines: vec![line.to_owned()], ..Cost::default() };
    match &connection.to {
        To::Aws(aws) => {
            let mut cost = paid(connection, aws, scopes, size);
            if !aws.exports.is_empty() {
                cost.lines.push("exports: no request is paid for; S3 bills listing and reading as usual".to_owned());
            }
            cost
        }
        To::Azure(azure) if azure.exports.is_empty() => free("nothing: Cost Management's queries are free"),
        To::Azure(_) => free("queries: nothing; exports: the storage account bills listing and reading as usual"),
        To::Gcp(gcp) if gcp.table.is_some() => {
            let [query, day, month] = gcp.scan_gib;
            free(&format!(
                "what BigQuery reads, as the check of bigquery.tables.getData tells; never more than {query} GiB a \
                 query, {day} a day, {month} a month (the first 1,024 of a month are free)"
            ))
        }
        To::Gcp(_) => free("no query is paid for; Cloud Storage bills listing and reading as usual"),
        To::OpenCost(_) | To::Folder(_) => free("nothing"),
    }
}

#[cfg(feature = "aws")]
fn paid(connection: &Connection, aws: &Aws, scopes: &[Arc<dyn Costs>], size: Size) -> Cost {
    use crate::domain::calendar::DAY_SECONDS;
    use crate::provider::aws::estimate::{self, Estimate, Rhythm};
    let (mut sum, mut months) = (Estimate::default(), 0);
    for scope in scopes.iter().filter(|scope| scope.scope().terms.request_microdollars > 0) {
        let terms = scope.scope().terms;
        let Manner::Days(feeds) = scope.manner() else { continue };
        let every = connection.every.unwrap_or(i64::from(terms.every)).max(1);
        let syncs = u32::try_from(DAY_SECONDS / every).unwrap_or(u32::MAX).max(1);
        months = terms.months;
        // Days of history: 30.5 a month.
        let history = u32::from(terms.months) * 61 / 2;
        let mut asked = Vec::new();
        for feed in feeds {
            // The charges come with each sync, and the open month once a day; facets once a day.
            let (often, days) = if feed.is_base() { (syncs - 1, OPEN_DAYS) } else { (0, RECENT_DAYS) };
            asked.push((feed.clone(), Rhythm { a_day: 1, days, history }));
            asked.push((feed, Rhythm { a_day: often, days: RECENT_DAYS, history: 0 }));
        }
        let size = estimate::Size { accounts: size.accounts, services: size.services, ..estimate::Size::default() };
        let told = estimate::estimate(&asked, &size, None);
        sum.a_day += told.a_day;
        sum.a_month += told.a_month;
        sum.history += told.history;
    }
    if sum.a_day == 0 {
        return Cost::default();
    }
    let (month, price) = (Estimate::dollars(sum.a_month), Estimate::dollars(sum.history));
    let mut lines = vec![format!(
        "paid requests: at most {} a day, {month} USD a month; {months} months of history: {} requests, {price} USD once",
        sum.a_day, sum.history
    )];
    lines.push(format!(
        "reckoned for {} account{} with {} services at their fullest: --accounts and --services say otherwise",
        size.accounts,
        if size.accounts == 1 { "" } else { "s" },
        size.services
    ));
    let cap = aws.requests_per_day;
    let most = Estimate::dollars(cap * 31);
    lines.push(if cap < sum.a_day {
        format!(
            "the cap is {cap} a day, {most} USD a month: what does not fit comes later; --requests-per-day {} lets all come",
            sum.a_day
        )
    } else {
        format!("never more than {cap} a day, {most} USD a month")
    });
    Cost { lines, history: sum.history, history_price: format!("{price} USD") }
}

/// Days that each sync asks for again.
#[cfg(feature = "aws")]
const RECENT_DAYS: u32 = 10;

/// Days that are asked for once a day at most: the open month, and the one before until it is closed.
#[cfg(feature = "aws")]
const OPEN_DAYS: u32 = 41;

#[cfg(not(feature = "aws"))]
fn paid(_: &Connection, _: &Aws, _: &[Arc<dyn Costs>], _: Size) -> Cost {
    Cost::default()
}
