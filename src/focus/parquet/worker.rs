//! Row groups as charges: a block of rows is decoded column by column, then put together row by row.

use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::super::csv::Receive;
use super::super::layout::Layout;
use super::super::rows::{FIELD_MAX, Refusal, Tally, check_currency, check_times, refuse_number, refuse_time};
use super::column::{Into, Moment, TOO_LONG, TextColumn, TimeColumn};
use super::guard::{Positioned, damaged};
use super::plan::{Group, Plan};
use crate::domain::batch::{BatchBuilder, Facts, Limits};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::dict::NONE;
use crate::error::{Error, Kind, Result};

/// Rows that are decoded at a time: all their text numbers stay in a core's own cache.
const BLOCK: usize = 2 * 1024;

/// Turns row groups into batches.
pub struct Worker<'a> {
    plan: &'a Plan,
    reader: &'a SerializedFileReader<Positioned>,
    file: &'a Positioned,
    receive: &'a dyn Receive,
    builder: BatchBuilder,
    /// The currency number that was found sound last.
    currency: u32,
    /// Charges taken.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// What was lost or mended.
    pub tally: Tally,
}

/// Runs what decodes a stranger's bytes: the `parquet` crate may panic on them.
///
/// # Errors
/// Those of `work`; kind `Usage` where it panics.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    crate::error::guarded(work).unwrap_or_else(|_| Err(damaged("its content contradicts itself")))
}

impl<'a> Worker<'a> {
    /// A worker that has read nothing yet.
    #[must_use]
    pub fn new(
        plan: &'a Plan,
        reader: &'a SerializedFileReader<Positioned>,
        file: &'a Positioned,
        limits: Limits,
        receive: &'a dyn Receive,
    ) -> Worker<'a> {
        let builder = BatchBuilder::new(limits);
        Worker { plan, reader, file, receive, builder, currency: NONE, rows: 0, refused: 0, tally: Tally::default() }
    }

    /// Reads a row group, whose first row is number `first` of the file.
    ///
    /// # Errors
    /// Kind `Usage` where it is damaged; those of the receiver.
    pub fn group(&mut self, index: usize, first: u64) -> Result<()> {
        let rows = self.reader.metadata().row_group(index).num_rows() as usize;
        let mut group = guarded(|| self.plan.open(self.reader, self.file, index))?;
        let mut done = 0;
        while done < rows {
            if self.receive.cancelled() {
                return Err(Error::new(Kind::Interrupted, "reading was stopped"));
            }
            let n = BLOCK.min(rows - done);
            guarded(|| group.fill(n))?;
            self.block(&mut group, n, first + done as u64)?;
            done += n;
        }
        Ok(())
    }

    fn block(&mut self, group: &mut Group, rows: usize, first: u64) -> Result<()> {
        for text in &mut group.texts {
            text.number(&mut self.builder);
        }
        let mended = group.texts.iter().any(|t| !t.repaired.is_empty());
        let mut assembly = Assembly::new(group, &self.plan.layout);
        let mut sound = Vec::with_capacity(rows);
        let mut texts = Vec::with_capacity(rows);
        for row in 0..rows {
            match assembly.charge(row, &mut self.builder, &mut self.currency, &mut self.tally.rounded) {
                Ok((ids, terms, facts)) => {
                    texts.push(ids);
                    sound.push((terms, facts));
                    self.rows += 1;
                    let broken = |t: &TextColumn| t.repaired.contains(&t.column.codes[row]);
                    self.tally.repaired += u64::from(mended && assembly.group.texts.iter().any(broken));
                }
                Err(refusal) => {
                    self.refused += 1;
                    let names = &self.plan.layout.names;
                    let column = refusal.column.and_then(|at| names.get(at)).map_or("", String::as_str);
                    self.receive.refused(first + row as u64, column, refusal, assembly.belongs(row, &self.builder));
                }
            }
        }
        let mut profiles = Vec::with_capacity(texts.len());
        self.builder.profiles_of_ids(&mut texts, &mut profiles);
        for (profile, (terms, facts)) in profiles.iter().zip(&sound) {
            self.builder.push_charge(*profile, *terms, facts);
        }
        if self.builder.has_no_room() {
            // Texts are numbered before rows are judged: those of refused rows alone may fill it.
            self.finish()?;
            self.builder.clear();
            self.currency = NONE;
            group.texts.iter_mut().for_each(TextColumn::forget);
        }
        Ok(())
    }

    /// Hands in what is left.
    ///
    /// # Errors
    /// Those of the receiver.
    pub fn finish(&mut self) -> Result<()> {
        if self.builder.is_empty() { Ok(()) } else { self.receive.batch(self.builder.batch()) }
    }
}

/// A block's columns, by what they are put into.
struct Assembly<'g> {
    group: &'g Group,
    layout: &'g Layout,
    profile: Vec<(usize, &'g [u32])>,
    terms: Vec<(usize, &'g [u32])>,
    long: bool,
    /// Texts that stand in for a missing provider, best first, with the last one's number.
    providers: Vec<(&'g TextColumn, u32, u32)>,
}

impl<'g> Assembly<'g> {
    fn new(group: &'g Group, layout: &'g Layout) -> Assembly<'g> {
        let (mut profile, mut terms) = (Vec::new(), Vec::new());
        for text in &group.texts {
            match text.into {
                Into::Profile(column) => profile.push((column.index(), text.ids.as_slice())),
                Into::Terms(column) => terms.push((column.index(), text.ids.as_slice())),
                Into::Provider => {}
            }
        }
        let by_place = |at: &usize| group.texts.iter().find(|t| t.column.at == *at);
        let providers = layout.providers.iter().filter_map(by_place).map(|t| (t, NONE, NONE)).collect();
        Assembly { group, layout, profile, terms, long: group.texts.iter().any(|t| t.long), providers }
    }

    fn charge(
        &mut self,
        row: usize,
        builder: &mut BatchBuilder,
        currency: &mut u32,
        rounded: &mut u64,
    ) -> Result<([u32; Profile::COUNT], u32, Facts), Refusal> {
        if self.long
            && let Some(text) = self.group.texts.iter().find(|t| t.ids[row] == TOO_LONG)
        {
            let reason = format!("longer than {} KiB", FIELD_MAX / 1024);
            return Err(Refusal::of(text.column.at, text.column.raw(row), reason));
        }
        let facts = self.facts(row, rounded)?;
        let mut ids = [NONE; Profile::COUNT];
        for (column, numbers) in &self.profile {
            ids[*column] = numbers[row];
        }
        if ids[Profile::Provider.index()] == NONE {
            ids[Profile::Provider.index()] = self.provider(row, builder)?;
        }
        let mut texts = [NONE; Terms::COUNT];
        for (column, numbers) in &self.terms {
            texts[*column] = numbers[row];
        }
        let code = texts[Terms::Currency.index()];
        if code != *currency || code == NONE {
            let at = self.layout.terms[Terms::Currency.index()].unwrap_or_default();
            check_currency(at, builder.batch().terms_texts[Terms::Currency.index()].get(code).as_bytes())?;
            *currency = code;
        }
        Ok((ids, builder.terms_of_ids(&texts, &facts), facts))
    }

    fn provider(&mut self, row: usize, builder: &mut BatchBuilder) -> Result<u32, Refusal> {
        for (text, from, number) in &mut self.providers {
            let id = text.ids[row];
            if id == NONE {
                continue;
            }
            if let Into::Profile(column) = text.into {
                if *from != id {
                    let name = builder.batch().profile_texts[column.index()].get(id).to_owned();
                    (*from, *number) = (id, builder.intern(Profile::Provider, &name));
                }
                return Ok(*number);
            }
            return Ok(id);
        }
        let reason = "a charge needs a provider: the provider columns are all empty";
        Err(Refusal::of(self.layout.providers[0], b"", reason))
    }

    fn facts(&self, row: usize, rounded: &mut u64) -> Result<Facts, Refusal> {
        let [start, end, billing_start, billing_end] = &self.group.times;
        let bad = |time: &TimeColumn| refuse_time(time.column.at, &time.column.shown(row));
        let needed = |time: &Option<TimeColumn>| match time.as_ref().map(|t| (t, t.get(row))) {
            Some((_, Moment::At(seconds))) => Ok(seconds),
            Some((time, _)) => Err(bad(time)),
            None => Err(Refusal::row("a charge needs this time")),
        };
        let wanted = |time: &Option<TimeColumn>| match time.as_ref().map(|t| (t, t.get(row))) {
            Some((_, Moment::At(seconds))) => Ok(Some(seconds)),
            Some((time, Moment::Bad)) => Err(bad(time)),
            _ => Ok(None),
        };
        let (start, finish) = (needed(start)?, needed(end)?);
        let mut facts = check_times(start, finish, wanted(billing_start)?, wanted(billing_end)?).map_err(|reason| {
            let shown = end.as_ref().map(|t| t.column.shown(row)).unwrap_or_default();
            Refusal::of(self.layout.charge_end, &shown, reason)
        })?;
        for number in &self.group.numbers {
            match number.get(row) {
                Ok(None) => {}
                Ok(Some(decimal)) => {
                    *rounded += u64::from(decimal.rounded);
                    facts.quantities[number.quantity] = Some(decimal);
                }
                Err(error) => return Err(refuse_number(number.column.at, &number.column.shown(row), error)),
            }
        }
        if facts.quantities[Quantity::Billed.index()].is_none() {
            let at = self.layout.quantities[Quantity::Billed.index()].unwrap_or_default();
            let billed = self.group.numbers.iter().find(|n| n.column.at == at);
            let shown = billed.map(|n| n.column.shown(row)).unwrap_or_default();
            return Err(Refusal::of(at, &shown, "a charge needs a billed cost"));
        }
        Ok(facts)
    }

    /// The billing account and period that a refused row says it belongs to.
    fn belongs(&self, row: usize, builder: &BatchBuilder) -> Option<(String, Day)> {
        let dict = &builder.batch().profile_texts[Profile::BillingAccountId.index()];
        let account = self.group.profile(Profile::BillingAccountId).map_or("", |t| dict.get(t.ids[row]));
        let moment = |at: usize| match self.group.times[at].as_ref().map(|t| t.get(row)) {
            Some(Moment::At(seconds)) => Some(Day::of_seconds(seconds)),
            _ => None,
        };
        let start = moment(2).or_else(|| moment(0).map(|day| day.month().first()));
        start.map(|day| (account.to_owned(), day))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::properties::WriterProperties;

    use super::super::tests::{Col, Kept, SHORT, file, short};
    use super::*;

    #[test]
    fn refused_rows_do_not_fill_the_memory() {
        let rows = 20_000;
        let mut columns = short(rows);
        columns[0] = Col::F64(vec![None; rows]);
        columns.push(Col::Bytes((0..rows).map(|i| Some(format!("resource-{i}").into_bytes())).collect()));
        let schema = format!("message m {{ {SHORT} optional binary ResourceId (UTF8); }}");
        let mut out = tempfile::tempfile().expect("file");
        out.write_all(&file(&schema, &[columns], WriterProperties::builder().build())).expect("write");
        let input = Positioned::new(out).expect("file");
        let reader = SerializedFileReader::new(input.clone()).expect("reader");
        let plan = Plan::new(reader.metadata().file_metadata().schema_descr()).expect("plan");
        let kept = Kept::default();
        let limits = Limits { rows: 1_000_000, text_bytes: 50_000 };
        let mut worker = Worker::new(&plan, &reader, &input, limits, &kept);
        worker.group(0, 1).expect("group");
        worker.finish().expect("finish");
        assert_eq!((worker.rows, worker.refused), (0, 20_000));
        assert!(!worker.builder.has_no_room());
    }
}
