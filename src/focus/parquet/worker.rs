//! Row groups as charges: a block of rows is decoded column by column, then put together row by row.

use std::borrow::Cow;

use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::super::layout::{Layout, Time};
use super::super::receive::{Receive, Tally};
use super::super::rules::{Cells, Moment, facts, is_currency, refuse};
use super::column::{Into, TOO_LONG, TextColumn};
use super::guard::{Positioned, damaged};
use super::plan::{Group, Plan};
use crate::domain::batch::{BatchBuilder, Facts, Limits};
use crate::domain::charge::{Profile, Terms};
use crate::domain::dict::NONE;
use crate::domain::money::{Decimal, DecimalError};
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
    /// What became of rows.
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
        Worker { plan, reader, file, receive, builder, currency: NONE, tally: Tally::default() }
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
            if let Some((ids, terms, facts)) = assembly.charge(row, &mut self.builder, &mut self.currency) {
                self.tally.take(&facts);
                texts.push(ids);
                sound.push((terms, facts));
                let broken = |t: &TextColumn| t.repaired.contains(&t.column.codes[row]);
                self.tally.repaired += u64::from(mended && assembly.group.texts.iter().any(broken));
            } else {
                self.tally.refused += 1;
                let mut cells = TypedCells { group: assembly.group, row };
                refuse(&self.plan.layout, &mut cells, first + row as u64, self.receive);
            }
        }
        let mut profiles = Vec::with_capacity(texts.len());
        self.builder.profiles_of_ids(&mut texts, &mut profiles);
        for (profile, (terms, facts)) in profiles.iter().zip(&sound) {
            self.builder.push_charge(*profile, *terms, facts);
        }
        if self.builder.is_full() {
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

/// A row's cells.
struct TypedCells<'g> {
    group: &'g Group,
    row: usize,
}

impl Cells for TypedCells<'_> {
    #[inline]
    fn moment(&mut self, time: Time) -> Moment {
        self.group.times[time.index()].as_ref().map_or(Moment::None, |column| column.get(self.row))
    }

    #[inline]
    fn number(&self, quantity: usize) -> Result<Option<Decimal>, DecimalError> {
        self.group.numbers[quantity].as_ref().map_or(Ok(None), |column| column.get(self.row))
    }

    fn text(&self, at: usize) -> Cow<'_, [u8]> {
        self.group.column(at).map_or(Cow::Borrowed(b""), |column| column.text(self.row))
    }

    fn shown(&self, at: usize) -> Cow<'_, [u8]> {
        self.group.column(at).map_or(Cow::Borrowed(b""), |column| column.shown(self.row))
    }
}

/// A block's columns, by what they are put into.
struct Assembly<'g> {
    group: &'g Group,
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
        Assembly { group, profile, terms, long: group.texts.iter().any(|t| t.long), providers }
    }

    /// A row's texts, terms and facts; `None` where it is no charge.
    fn charge(
        &mut self,
        row: usize,
        builder: &mut BatchBuilder,
        currency: &mut u32,
    ) -> Option<([u32; Profile::COUNT], u32, Facts)> {
        if self.long && self.group.texts.iter().any(|t| t.ids[row] == TOO_LONG) {
            return None;
        }
        let facts = facts(&mut TypedCells { group: self.group, row })?;
        let mut texts = [NONE; Terms::COUNT];
        for (column, numbers) in &self.terms {
            texts[*column] = numbers[row];
        }
        let code = texts[Terms::Currency.index()];
        if code != *currency || code == NONE {
            if !is_currency(builder.batch().terms_texts[Terms::Currency.index()].get(code).as_bytes()) {
                return None;
            }
            *currency = code;
        }
        let mut ids = [NONE; Profile::COUNT];
        for (column, numbers) in &self.profile {
            ids[*column] = numbers[row];
        }
        if ids[Profile::Provider.index()] == NONE {
            ids[Profile::Provider.index()] = self.provider(row, builder)?;
        }
        Some((ids, builder.terms_of_ids(&texts, &facts), facts))
    }

    /// The number of what stands in for a missing provider, where anything does.
    fn provider(&mut self, row: usize, builder: &mut BatchBuilder) -> Option<u32> {
        for (text, from, number) in &mut self.providers {
            let id = text.ids[row];
            if id == NONE {
                continue;
            }
            let Into::Profile(column) = text.into else { return Some(id) };
            if *from != id {
                let name = builder.batch().profile_texts[column.index()].get(id).to_owned();
                (*from, *number) = (id, builder.intern(Profile::Provider, &name));
            }
            return Some(*number);
        }
        None
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
        assert_eq!((worker.tally.rows, worker.tally.refused), (0, 20_000));
        assert!(!worker.builder.is_full());
    }
}
