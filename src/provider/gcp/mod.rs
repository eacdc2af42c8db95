//! Google Cloud's costs: the billing export in BigQuery.
//!
//! Google Cloud has no API that tells costs; its bill is exported to a table, which is asked with SQL. What is
//! asked is [`query`]'s business, how it is asked [`client`]'s and [`job`]'s, what the rows mean
//! [`normalise`]'s. Google promises neither when rows are exported nor that they come in order, so that a sync
//! looks by `export_time` which days have new ones ([`Costs::look`]), and reads those days whole.
//!
//! **What it costs.** Requests are free; BigQuery bills the bytes that queries read. Each query is tried dry
//! first, which costs nothing and tells its bytes; those are metered before it is run, and it is run with
//! `maximumBytesBilled`. A window of at most [`DAYS_MAX`] days bounds what is read again when one fails; of
//! past windows only the partitions are read that hold them, which a query of two narrow columns finds out.

pub mod answers;
pub mod auth;
mod check;
pub mod client;
pub mod grant;
pub mod job;
pub mod normalise;
pub mod objects;
pub mod query;
pub mod table;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub use self::auth::Login;
use self::client::Client;
use self::job::{Answer, Row, billed};
use self::normalise::{PROVIDER, charges};
use self::query::{Query, Wanted};
pub use self::table::TableName;
use self::table::{Kind, Table};
use super::remote::fault::words;
use super::remote::rows::Days;
use super::remote::{
    Ask, Brought, Call, Check, Costs, Elsewhere, Fault, FaultKind, Feed, Found, Halt, Manner, Scope, Terms,
};
use super::{Sink, SourceId, SourceKind};
use crate::domain::calendar::{DAY_SECONDS, Day, HOUR_SECONDS, Period};
use crate::domain::words::counted;

/// Days that are asked for at once: a month comes home as one answer, and what is read again when one fails
/// is bounded. Partitions make longer windows no cheaper.
pub const DAYS_MAX: u16 = 31;

/// Rows of a page, unless settings say otherwise.
pub const PAGE_ROWS: u32 = 10_000;

/// Bytes that one query may read, unless settings say otherwise.
pub const MAXIMUM_BYTES: u64 = 20 << 30;

/// Days after which a window is past: its rows lie in few of the partitions since.
const PAST: i32 = 45;

/// Bytes above which it is worth a query of two columns to find out in which.
const WORTH_NARROWING: u64 = 512 << 20;

/// Seconds before the newest row that a look goes back: rows are committed a little later than they say.
const OVERLAP: i64 = 6 * HOUR_SECONDS;

/// Days that the first look goes back.
const FIRST_LOOK: i64 = 3;

/// One connection to Google Cloud.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The connection's name, as `gcp.main`.
    pub name: String,
    /// The project that runs queries, and pays for them.
    pub job_project: String,
    /// The table of the export.
    pub table: TableName,
    /// Where it lies; `None` to go by what the table says.
    pub location: Option<String>,
    /// How one logs in.
    pub login: Login,
    /// Where BigQuery listens instead: an emulator, which no token is sent to, or another host of Google's.
    pub endpoint: Option<String>,
    /// Keys of labels, tags and project labels that are kept.
    pub labels: Vec<String>,
    /// Bytes that one query may read.
    pub maximum_bytes: u64,
    /// Whether resources are told apart, where the table tells them.
    pub resources: bool,
    /// Months of history that are brought.
    pub months: u16,
    /// Rows of a page.
    pub page_rows: u32,
    /// A file of further certificates to trust.
    pub authority: Option<PathBuf>,
}

impl Settings {
    /// For a table, asked by a project, with what is usual.
    #[must_use]
    pub fn new(name: &str, job_project: &str, table: TableName) -> Settings {
        Settings {
            name: name.to_owned(),
            job_project: job_project.to_owned(),
            table,
            location: None,
            login: Login::default(),
            endpoint: None,
            labels: Vec::new(),
            maximum_bytes: MAXIMUM_BYTES,
            resources: false,
            months: 24,
            page_rows: PAGE_ROWS,
            authority: None,
        }
    }
}

/// The costs that a billing export holds.
#[derive(Debug)]
pub struct BillingExport {
    scope: Scope,
    client: Client,
}

impl BillingExport {
    /// For a connection. Nothing is asked yet.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where settings cannot be.
    pub fn new(settings: &Settings) -> Result<BillingExport, Fault> {
        let scope = Scope {
            source: SourceId { name: settings.name.clone(), kind: SourceKind::Export },
            provider: PROVIDER,
            title: settings.table.to_string(),
            terms: Terms { request_microdollars: 0, every: 6 * 3_600, settles: 3, months: settings.months },
        };
        Ok(BillingExport { scope, client: Client::new(settings)? })
    }

    fn settings(&self) -> &Settings {
        self.client.settings()
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { labels: &self.settings().labels, resources: self.settings().resources }
    }

    /// The rows of a query whose answer is short.
    fn short(&self, call: &Call, table: &Table, query: &Query) -> Result<Vec<Row>, Fault> {
        let location = table.location.as_deref();
        let bytes = self.client.dry_run(call, query, location)?;
        let answer = Answer::of(&self.client, call, query, bytes, location)?;
        let mut rows = Vec::new();
        let read = answer.rows(call, |row| {
            rows.push(row.clone());
            Ok(())
        });
        match read {
            Ok(_) => Ok(rows),
            Err(Halt::Fault(fault)) => Err(fault),
            Err(Halt::Stopped(_)) => Err(Fault::cancelled()),
        }
    }

    /// The query for a window, and the bytes that it reads.
    fn planned(&self, call: &Call, table: &Table, days: Period) -> Result<(query::Charges, u64), Fault> {
        let location = table.location.as_deref();
        let plan = query::charges(table, self.wanted(), days, None);
        let bytes = self.client.dry_run(call, &plan.query, location)?;
        let past = days.to.plus(PAST) < Day::of_seconds(call.now);
        let Some(narrow) = query::last_partition(table, days).filter(|_| past && bytes > WORTH_NARROWING) else {
            return Ok((plan, bytes));
        };
        // Rows of the window may lie in any partition since: the last that has one is asked for, so that none
        // is missed and none after it is read.
        let rows = self.short(call, table, &narrow)?;
        let last = rows.first().and_then(|row| row.first()?.as_deref().and_then(Day::parse)).unwrap_or(days.from);
        let plan = query::charges(table, self.wanted(), days, Some(last));
        let bytes = self.client.dry_run(call, &plan.query, location)?;
        Ok((plan, bytes))
    }

    /// What of this table is not told.
    fn notes(&self, table: &Table, ahead: Option<i64>) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(seconds) = ahead {
            notes.push(format!("this machine's clock is {} s off Google's", seconds.abs()));
        }
        if table.kind != Kind::Focus && !table.has("cost_at_list") {
            notes.push("the table has no `cost_at_list`: list costs are unknown".to_owned());
        }
        if table.kind != Kind::Focus && !table.has_credits() {
            notes.push("the table has no `credits`: costs are before credits".to_owned());
        }
        if table.kind == Kind::Standard && self.settings().resources {
            notes.push("the standard export tells no resources; the detailed one does".to_owned());
        }
        if table.kind == Kind::Focus && !self.settings().labels.is_empty() && !table.has_pairs("Tags") {
            notes.push("the table's `Tags` are no list of keys and values: nothing is told by tag".to_owned());
        }
        if table.partition == table::Partition::None {
            notes.push("the table has no partitions: each query reads all of it".to_owned());
        }
        notes
    }
}

impl Costs for BillingExport {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn manner(&self) -> Manner {
        Manner::Days(vec![Feed {
            name: Feed::BASE.to_owned(),
            tells: Vec::new(),
            days_max: DAYS_MAX,
            reach: None,
            page_rows: self.settings().page_rows,
        }])
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Elsewhere::of(self.settings().endpoint.as_deref(), client::GOOGLE, "Google")
    }

    /// The mark is the newest row's `export_time`, in microseconds since 1970.
    fn look(&self, mark: Option<&str>, call: &Call) -> Result<Found, Fault> {
        let (table, _) = self.client.table(call)?;
        // A row that says that it comes from the future would hide all that come until then.
        let now = call.now.saturating_mul(1_000_000);
        let known: Option<i64> = mark.and_then(|mark| mark.parse().ok()).map(|mark: i64| mark.min(now));
        let since = known.map_or(call.now - FIRST_LOOK * DAY_SECONDS, |micros| micros / 1_000_000 - OVERLAP);
        let Some(query) = query::changes(&table, since) else { return Ok(Found::Unknown) };
        let garbled =
            |text: &str| Fault::new(FaultKind::Garbled, format!("BigQuery tells changes of a day `{}`", words(text)));
        let (mut days, mut newest) = (BTreeSet::new(), known.unwrap_or(since * 1_000_000));
        for row in self.short(call, &table, &query)? {
            let text = |at: usize| row.get(at).and_then(|value| value.as_deref()).unwrap_or_default();
            days.insert(Day::parse(text(0)).ok_or_else(|| garbled(text(0)))?);
            newest = newest.max(text(1).parse().map_err(|_| garbled(text(1)))?);
        }
        Ok(Found::Changed { days, mark: newest.min(now).to_string() })
    }

    fn fetch(&self, ask: &Ask, call: &Call, sink: &dyn Sink) -> Result<Brought, Halt> {
        let Ask::Days { days, .. } = ask else {
            return Err(Fault::new(FaultKind::Refused, "a billing table has days, and no deliveries").into());
        };
        let (table, ahead) = self.client.table(call)?;
        let (plan, bytes) = self.planned(call, &table, *days)?;
        let answer = Answer::of(&self.client, call, &plan.query, bytes, table.location.as_deref())?;
        let mut into = Days::new(sink, *days);
        let (mut too_large, mut unpriced) = (0, 0_u64);
        let pages = answer.rows(call, |row| {
            let read = charges(table.kind, &plan.columns, &self.settings().labels, row);
            let found = read.map_err(|why| Fault::new(FaultKind::Garbled, format!("BigQuery: {}", words(&why))))?;
            too_large += found.too_large;
            unpriced += u64::from(found.is_unpriced);
            into.push(&found.charge.row())?;
            if let Some(credit) = &found.credit {
                into.push(&credit.row())?;
            }
            Ok(())
        })?;
        let mut notes = self.notes(&table, ahead);
        if too_large > 0 {
            notes.push(format!("{too_large} amounts of usage are more than can be kept, and left out"));
        }
        if unpriced > 0 {
            let charges = counted(unpriced, "charge", "charges");
            notes.push(format!("the export tells no cost of {charges}: unknown, and in no sum"));
        }
        notes.push(format!("read {}", job::size(billed(bytes))));
        Ok(Brought { rows: into.finish()?, pages, notes, ..Brought::default() })
    }

    fn check(&self, call: &Call) -> Vec<Check> {
        check::all(self, call)
    }
}

#[cfg(test)]
mod tests;
