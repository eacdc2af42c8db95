//! A query from its dry run to its last row: what it may read is metered before it is started, a failed one is
//! started again where that is of use, and an answer is only believed whole.

use std::collections::HashSet;

use super::super::remote::fault::words;
use super::super::remote::{Call, Fault, FaultKind, Halt, Unit};
use super::answers::{Cells, Page};
use super::client::{Client, Doing};
use super::query::Query;

/// BigQuery bills at least this much of a table that is read ("BigQuery pricing", Google Cloud).
const BILLED_LEAST: u64 = 10 << 20;

/// And whole mebibytes.
const BILLED_STEP: u64 = 1 << 20;

/// How often a query is asked whether it is done: each time waits ten seconds, so that this is ten minutes.
const POLLS_MAX: u32 = 60;

/// Pages without a row that may follow one another.
const EMPTY_MAX: u32 = 10;

/// A row: a text for each column, `None` where there is no value.
pub type Row = Vec<Option<String>>;

/// Bytes that are billed where so many are read.
#[must_use]
pub fn billed(bytes: u64) -> u64 {
    if bytes == 0 { 0 } else { bytes.max(BILLED_LEAST).div_ceil(BILLED_STEP).saturating_mul(BILLED_STEP) }
}

/// A size for people: `1.5 GiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..0x4000_0000 => (1u64 << 20, "MiB"),
        0x4000_0000..0x100_0000_0000 => (1 << 30, "GiB"),
        _ => (1 << 40, "TiB"),
    };
    let tenths = u128::from(bytes) * 10 / u128::from(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// How an attempt at a query ended.
enum Ended {
    Page(Page),
    Failed(Fault),
    /// It never ran.
    Refused(Fault),
}

/// A query whose answer can be read.
pub struct Answer<'c> {
    client: &'c Client,
    query: &'c Query,
    location: Option<String>,
    id: String,
    first: Page,
}

impl<'c> Answer<'c> {
    /// Runs a query that reads so many bytes, as its dry run said.
    ///
    /// # Errors
    /// [`FaultKind::Capped`] before anything is read where a cap forbids it; [`Fault`].
    pub fn of(
        client: &'c Client,
        call: &Call,
        query: &'c Query,
        bytes: u64,
        location: Option<&str>,
    ) -> Result<Answer<'c>, Fault> {
        let bytes = billed(bytes);
        let settings = client.settings();
        if bytes > settings.maximum_bytes {
            let (would, may) = (size(bytes), size(settings.maximum_bytes));
            let fault = Fault::new(FaultKind::Capped, format!("a query would read {would}, and may read {may}"));
            return Err(client.explained(fault, Doing::Starting));
        }
        if bytes > 0 {
            call.meter.take(Unit::BytesScanned, bytes)?;
        }
        let give_back = || {
            if bytes > 0 {
                call.meter.give_back(Unit::BytesScanned, bytes);
            }
        };
        let mut failed = 0;
        loop {
            let id = id(query, &settings.job_project, call.now, failed);
            let fault = match attempt(client, call, query, &id, location)? {
                Ended::Page(first) => {
                    if first.cache_hit {
                        give_back();
                    }
                    let location = location.map(str::to_owned);
                    return Ok(Answer { client, query, location, id, first });
                }
                Ended::Failed(fault) => fault,
                Ended::Refused(fault) => {
                    give_back();
                    return Err(fault);
                }
            };
            failed += 1;
            // A query that fails is not charged ("BigQuery pricing"): what was taken serves the next try. A failed
            // job stands for itself, so that its waits need no chance to keep them apart from others'.
            let Some(wait) = call.pace.wait(failed, &fault, 0.5) else {
                give_back();
                return Err(fault);
            };
            call.watch.waits(&fault, wait);
            pause(call, wait)?;
        }
    }

    /// Hands over each row, page by page; how many pages there were.
    ///
    /// # Errors
    /// [`Halt`]: what `each` says, or [`FaultKind::Garbled`] where the answer is not whole: other columns than
    /// asked for, more or fewer rows than it says it has, pages that lead to one another.
    pub fn rows(self, call: &Call, mut each: impl FnMut(&Row) -> Result<(), Halt>) -> Result<u32, Halt> {
        let garbled = |why: String| Fault::new(FaultKind::Garbled, format!("BigQuery's answer is not whole: {why}"));
        let columns = self.query.columns.len();
        self.has_columns()?;
        let total: u64 = self.first.total_rows.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let (mut page, mut pages, mut rows, mut empty) = (self.first, 1u32, 0u64, 0u32);
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            empty = if page.rows.is_empty() { empty + 1 } else { 0 };
            rows += page.rows.len() as u64;
            if rows > total {
                return Err(garbled(format!("it says that it has {total} rows, and has more")).into());
            }
            for cells in page.rows {
                each(&row(cells, columns).map_err(garbled)?)?;
            }
            call.watch.progress(rows, total);
            let Some(token) = page.page_token.filter(|token| !token.is_empty()) else { break };
            if empty > EMPTY_MAX {
                return Err(garbled(format!("{empty} pages without a row follow one another")).into());
            }
            if seen.contains(&token) {
                return Err(garbled(format!("page {pages} leads back to an earlier one")).into());
            }
            page = self.client.page(call, &self.id, self.location.as_deref(), Some(&token))?;
            if !page.job_complete {
                return Err(garbled("a finished query is said not to be".to_owned()).into());
            }
            seen.insert(token);
            pages += 1;
        }
        if rows < total {
            return Err(garbled(format!("it ends after {rows} of {total} rows")).into());
        }
        Ok(pages)
    }

    fn has_columns(&self) -> Result<(), Fault> {
        let fields = self.first.schema.as_ref().map_or(&[][..], |schema| &schema.fields);
        if fields.iter().map(|field| &field.name).eq(&self.query.columns) {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Garbled, "BigQuery's answer has other columns than were asked for"))
    }
}

fn row(cells: Cells, columns: usize) -> Result<Row, String> {
    if cells.f.len() != columns {
        return Err(format!("a row has {} values for {columns} columns", cells.f.len()));
    }
    Ok(cells.f.into_iter().map(|cell| cell.v).collect())
}

/// The name of a job: the same for the same question at the same time, so that a request that is sent again
/// does not run it twice, and another later, when the answer may be another.
fn id(query: &Query, project: &str, now: i64, failed: u32) -> String {
    let mut hash = blake3::Hasher::new();
    let mut add = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    add(project);
    add(&query.sql);
    for parameter in &query.parameters {
        add(&parameter.name);
        add(&parameter.value);
    }
    add(&format!("{now} {failed}"));
    format!("spendtop_{}", &hash.finalize().to_hex()[..32])
}

fn attempt(client: &Client, call: &Call, query: &Query, id: &str, location: Option<&str>) -> Result<Ended, Fault> {
    let job = match client.start(call, query, id, location) {
        Ok(job) => job,
        // A job whose answer was lost may run all the same, and be charged.
        Err(fault) if matches!(fault.kind, FaultKind::Unavailable | FaultKind::Garbled | FaultKind::Cancelled) => {
            return Err(fault);
        }
        Err(fault) => return Ok(Ended::Refused(fault)),
    };
    if let Some(wrong) = job.status.error_result {
        return Ok(Ended::Failed(client.explained(wrong.fault(), Doing::Starting)));
    }
    for _ in 0..POLLS_MAX {
        let page = match client.page(call, id, location, None) {
            Ok(page) => page,
            Err(fault) if fault.kind == FaultKind::Cancelled => return Err(fault),
            // A query that failed has no answer; the job says why.
            Err(fault) => match client.failed(call, id, location) {
                Some(wrong) => return Ok(Ended::Failed(client.explained(wrong.fault(), Doing::Reading))),
                None => return Err(fault),
            },
        };
        if page.job_complete {
            return Ok(match page.errors.first() {
                Some(wrong) => Ended::Failed(client.explained(wrong.fault(), Doing::Reading)),
                None => Ended::Page(page),
            });
        }
        pause(call, call.pace.first)?;
    }
    let table = words(&client.settings().table.to_string());
    Err(Fault::new(FaultKind::Unavailable, format!("BigQuery has not finished the query of `{table}` in ten minutes")))
}

fn pause(call: &Call, wait: std::time::Duration) -> Result<(), Fault> {
    call.run(async {
        tokio::time::sleep(wait).await;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_billed_is_whole_mebibytes_and_at_least_ten() {
        let mib = 1 << 20;
        for (bytes, want) in
            [(0, 0), (1, 10 * mib), (10 * mib, 10 * mib), (10 * mib + 1, 11 * mib), (u64::MAX, u64::MAX)]
        {
            assert_eq!(billed(bytes), want);
        }
        assert_eq!((size(10 * mib).as_str(), size(1536 * mib).as_str()), ("10.0 MiB", "1.5 GiB"));
    }

    #[test]
    fn a_job_is_named_by_its_question_and_its_time() {
        let query = |sql: &str| Query { sql: sql.into(), parameters: Vec::new(), columns: Vec::new() };
        let name = id(&query("SELECT 1"), "p", 7, 0);
        assert_eq!(name, id(&query("SELECT 1"), "p", 7, 0));
        for other in
            [id(&query("SELECT 2"), "p", 7, 0), id(&query("SELECT 1"), "p", 8, 0), id(&query("SELECT 1"), "p", 7, 1)]
        {
            assert_ne!(name, other);
        }
    }
}
