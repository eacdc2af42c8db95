//! What a connection will cost a month, in words. Pure: reads what scopes say of themselves.

use std::sync::Arc;

use crate::config::connection::{Aws, Connection, To};
use crate::provider::remote::Costs;
#[cfg(feature = "aws")]
use crate::provider::remote::{Feed, Manner};

/// How large what is asked for is, about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Accounts with costs, where somebody says so: else as many as a scope knows of.
    pub accounts: Option<u32>,
    /// Services that they use.
    pub services: u32,
}

impl Default for Size {
    /// What a small company uses.
    fn default() -> Self {
        Size { accounts: None, services: 20 }
    }
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
    use crate::domain::words::counted;
    use crate::provider::aws::estimate::{self, dollars};
    use crate::sync::plan::play::{self, Play, Played, Volume};
    let paid: Vec<&Arc<dyn Costs>> =
        scopes.iter().filter(|scope| scope.scope().terms.request_microdollars > 0).collect();
    if paid.is_empty() {
        return Cost::default();
    }
    // Scopes of a connection share its cap.
    let cap = aws.requests_per_day;
    let share = cap / paid.len() as u64;
    let (mut sum, mut months, mut most_accounts) = (Played::default(), 0, 1);
    for costs in &paid {
        let accounts = size.accounts.or_else(|| costs.accounts()).unwrap_or(1);
        most_accounts = most_accounts.max(accounts);
        let of = estimate::Size { accounts, services: size.services, ..estimate::Size::default() };
        let (scope, Manner::Days(feeds)) = (costs.scope(), costs.manner()) else { continue };
        let volume =
            |feed: &Feed| Volume { rows_a_day: estimate::rows_a_day(feed, &of), page_rows: feed.page_rows.into() };
        let feeds: Vec<(Feed, Volume)> = feeds.into_iter().map(|feed| (feed.clone(), volume(&feed))).collect();
        let every = connection.every.unwrap_or(i64::from(scope.terms.every)).max(1);
        let of = Play { scope, feeds: &feeds, every, months: connection.months };
        let told = play::play(&of, play::rhythm(&of, share), u64::MAX);
        months = connection.months.min(scope.terms.months);
        let opinion = costs.opines().map_or(0, |opines| opines.requests());
        sum.a_month += told.a_month + opinion * 31;
        sum.history += told.history;
    }
    let (month, price) = (dollars(sum.a_month), dollars(sum.history));
    let mut lines = vec![format!(
        "paid requests: about {} a day, {month} USD a month; {months} months of history: {} requests, {price} USD once",
        sum.a_day(),
        sum.history
    )];
    lines.push(format!(
        "reckoned for {} with {} services at their fullest: `spendtop connect aws --accounts N --services N` reckons for others",
        counted(u64::from(most_accounts), "account", "accounts"),
        size.services
    ));
    let most = dollars(cap * 31);
    lines.push(if cap < sum.a_day() {
        format!(
            "the cap is {cap} a day, {most} USD a month: what does not fit comes later; --requests-per-day {} lets all come",
            sum.a_day()
        )
    } else {
        format!("never more than {cap} a day, {most} USD a month")
    });
    Cost { lines, history: sum.history, history_price: format!("{price} USD") }
}

#[cfg(not(feature = "aws"))]
fn paid(_: &Connection, _: &Aws, _: &[Arc<dyn Costs>], _: Size) -> Cost {
    Cost::default()
}
