//! Parquet files that are not FOCUS: each row as texts, which a dialect translates.
//!
//! Members of structures are columns of their own, named `service.description`; lists of records are the
//! JSON text of one ([`super::list`]). Only what the dialect reads is decoded, and a dictionary's
//! value is made a text once.

use parquet::basic::Repetition;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::super::dialect::{Dialect, Foreign, ForeignReader, Record};
use super::super::receive::{Receive, Refusal, Tally};
use super::super::rules::FIELD_MAX;
use super::chunk::{Shape, Table};
use super::column::{Column, Source};
use super::guard::{Positioned, damaged};
use super::list::{ListChunk, Member};
use super::map::is_map;
use super::plan::{check_chunk, open_flat, open_map};
use super::value::Kind;
use super::worker::guarded;
use crate::domain::batch::{BatchBuilder, Limits};
use crate::error::{Error, Result};

/// Rows that are decoded at a time.
const BLOCK: usize = 1024;

/// Where a column's values are.
enum Where {
    Flat { leaf: usize, kind: Kind, shape: Shape },
    Map { leaf: usize },
    List(Vec<Member>),
}

/// How to read every row group of a file.
pub struct ForeignPlan {
    /// What is made of its rows.
    pub foreign: Foreign,
    /// For each column that is read, where it is.
    columns: Vec<(usize, Where)>,
}

impl ForeignPlan {
    /// For a file with this schema; `None` where no dialect knows it.
    ///
    /// # Errors
    /// Kind `Usage`: it lacks what a charge needs.
    pub fn new(schema: &SchemaDescriptor, dialects: &[&dyn Dialect]) -> Option<Result<ForeignPlan>> {
        let mut found = Vec::new();
        let mut leaf = 0;
        for field in schema.root_schema().get_fields() {
            find(schema, field, String::new(), 0, &mut leaf, &mut found);
        }
        let names: Vec<String> = found.iter().map(|(name, _)| name.clone()).collect();
        let mut foreign = match Foreign::of(&names, dialects)? {
            Ok(foreign) => foreign,
            Err(error) => return Some(Err(error)),
        };
        // What cannot be decoded is not read, and told as a column that is left out.
        foreign.reads.retain(|at| found[*at].1.is_some());
        let read = |(at, (_, place)): (usize, (String, Option<Where>))| {
            let place = place.filter(|_| foreign.reads.binary_search(&at).is_ok())?;
            Some((at, place))
        };
        let columns = found.into_iter().enumerate().filter_map(read).collect();
        Some(Ok(ForeignPlan { foreign, columns }))
    }

    fn open(&self, reader: &SerializedFileReader<Positioned>, file: &Positioned, group: usize) -> Result<Vec<Texts>> {
        let group = reader.get_row_group(group).map_err(damaged)?;
        let open = |(at, place): &(usize, Where)| {
            let (kind, source) = match place {
                Where::Flat { leaf, kind, shape } => (*kind, open_flat(group.as_ref(), file, *leaf, *shape)?),
                Where::Map { leaf } => (Kind::Text, open_map(group.as_ref(), file, *leaf)?),
                Where::List(members) => {
                    members.iter().try_for_each(|m| check_chunk(group.as_ref(), file, m.leaf))?;
                    (Kind::Text, Source::List(Box::new(ListChunk::open(group.as_ref(), members)?)))
                }
            };
            Ok(Texts { column: Column::new(*at, kind, source), texts: Table::default(), long: false })
        };
        self.columns.iter().map(open).collect()
    }
}

/// Finds the columns in and below a field; `leaf` is the first of its leaves, then the next one's.
fn find(
    schema: &SchemaDescriptor,
    field: &Type,
    prefix: String,
    level: i16,
    leaf: &mut usize,
    found: &mut Vec<(String, Option<Where>)>,
) {
    let name = if prefix.is_empty() { field.name().to_owned() } else { format!("{prefix}.{}", field.name()) };
    let repetition = field.get_basic_info().repetition();
    let level = level + i16::from(repetition != Repetition::REQUIRED);
    // Below a structure that may be missing, a map has levels that only a list is read with.
    if is_map(field) && level <= 1 {
        found.push((name, Some(Where::Map { leaf: *leaf })));
        *leaf += 2;
    } else if let Some(members) = members(schema, field, level, leaf) {
        found.push((name, (!members.is_empty()).then_some(Where::List(members))));
    } else if field.is_primitive() {
        let column = schema.column(*leaf);
        let kind = Kind::of(&column);
        found.push((name, kind.map(|kind| Where::Flat { leaf: *leaf, kind, shape: Shape::of(&column) })));
        *leaf += 1;
    } else {
        for inner in field.get_fields() {
            find(schema, inner, name.clone(), level, leaf, found);
        }
    }
}

/// The members of a list's records, none where they cannot be read; `None` where the field is no list.
fn members(schema: &SchemaDescriptor, field: &Type, level: i16, leaf: &mut usize) -> Option<Vec<Member>> {
    let repeats = |t: &Type| t.get_basic_info().repetition() == Repetition::REPEATED;
    let (list, there) = match field {
        list if repeats(list) => (list, level),
        list if list.is_primitive() => return None,
        list => match list.get_fields() {
            [inner] if repeats(inner) => (inner.as_ref(), level + 1),
            _ => return None,
        },
    };
    let mut found = Vec::new();
    collect(schema, list, there, leaf, &mut found);
    if let ([key, value], true) = (&mut found[..], is_map(field)) {
        // Writers call them what they like.
        (key.name, value.name) = ("key".to_owned(), "value".to_owned());
    }
    Some(found)
}

/// Takes all leaves below a list; what holds records within records is left out.
fn collect(schema: &SchemaDescriptor, field: &Type, there: i16, leaf: &mut usize, found: &mut Vec<Member>) {
    if field.is_primitive() {
        let column = schema.column(*leaf);
        if let (Some(kind), 1) = (Kind::of(&column), column.max_rep_level()) {
            let (name, most) = (field.name().to_owned(), column.max_def_level());
            found.push(Member { name, kind, leaf: *leaf, there, most });
        }
        *leaf += 1;
    } else {
        field.get_fields().iter().for_each(|inner| collect(schema, inner, there, leaf, found));
    }
}

/// A column's values as texts.
struct Texts {
    column: Column,
    /// The texts by code, where values are none by themselves.
    texts: Table,
    /// Whether any of them is too long.
    long: bool,
}

impl Texts {
    fn fill(&mut self, rows: usize) -> Result<()> {
        let lasting = self.column.lasting();
        self.texts.truncate(lasting - 1);
        self.column.fill(rows)?;
        let Texts { column, texts, long } = self;
        *long = (1..=column.table.len() as u32).any(|code| column.table.get(code).len() > FIELD_MAX);
        if column.kind != Kind::Text {
            for code in texts.len() as u32 + 1..=column.table.len() as u32 {
                texts.push(&column.kind.text(column.table.get(code)));
            }
        }
        Ok(())
    }

    fn get(&self, row: usize) -> &[u8] {
        let table = if self.column.kind == Kind::Text { &self.column.table } else { &self.texts };
        table.get(self.column.codes[row])
    }
}

/// A row of a block.
struct Row<'t> {
    columns: &'t [Texts],
    /// For each of the file's columns, where among those that are read it is.
    places: &'t [Option<usize>],
    row: usize,
}

impl Record for Row<'_> {
    fn field(&self, at: usize) -> &[u8] {
        self.places[at].map_or(&[], |place| self.columns[place].get(self.row))
    }
}

/// Turns row groups into batches.
pub struct ForeignWorker<'a> {
    plan: &'a ForeignPlan,
    file_reader: &'a SerializedFileReader<Positioned>,
    file: &'a Positioned,
    receive: &'a dyn Receive,
    rows: ForeignReader<'a>,
    builder: BatchBuilder,
    places: Vec<Option<usize>>,
    /// What became of rows.
    pub tally: Tally,
}

impl<'a> ForeignWorker<'a> {
    /// A worker that has read nothing yet.
    #[must_use]
    pub fn new(
        plan: &'a ForeignPlan,
        file_reader: &'a SerializedFileReader<Positioned>,
        file: &'a Positioned,
        limits: Limits,
        receive: &'a dyn Receive,
    ) -> Self {
        let mut places = vec![None; plan.foreign.names.len()];
        plan.columns.iter().enumerate().for_each(|(place, (at, _))| places[*at] = Some(place));
        let (rows, builder) = (ForeignReader::new(&plan.foreign), BatchBuilder::new(limits));
        ForeignWorker { plan, file_reader, file, receive, rows, builder, places, tally: Tally::default() }
    }

    /// Reads a row group, whose first row is number `first` of the file.
    ///
    /// # Errors
    /// Kind `Usage` where it is damaged; those of the receiver.
    pub fn group(&mut self, index: usize, first: u64) -> Result<()> {
        let rows = self.file_reader.metadata().row_group(index).num_rows() as usize;
        let mut columns = guarded(|| self.plan.open(self.file_reader, self.file, index))?;
        let mut done = 0;
        while done < rows {
            if self.receive.cancelled() {
                return Err(Error::new(crate::error::Kind::Interrupted, "reading was stopped"));
            }
            let n = BLOCK.min(rows - done);
            guarded(|| columns.iter_mut().try_for_each(|column| column.fill(n)))?;
            for row in 0..n {
                self.row(&columns, row, first + (done + row) as u64)?;
            }
            done += n;
        }
        Ok(())
    }

    fn row(&mut self, columns: &[Texts], row: usize, number: u64) -> Result<()> {
        let record = Row { columns, places: &self.places, row };
        if let Some(long) = columns.iter().find(|c| c.long && c.get(row).len() > FIELD_MAX) {
            self.tally.refused += 1;
            let (name, reason) =
                (&self.plan.foreign.names[long.column.at], format!("longer than {} KiB", FIELD_MAX / 1024));
            self.receive.refused(number, Refusal::of(name, long.get(row), reason), None);
        } else if self.rows.push(&mut self.builder, &record, &mut self.tally) {
            let broken = |c: &Texts| c.column.kind == Kind::Text && std::str::from_utf8(c.get(row)).is_err();
            self.tally.repaired += u64::from(columns.iter().any(broken));
        } else {
            self.tally.refused += 1;
            self.rows.refuse(&record, number, self.receive);
        }
        if self.builder.is_full() && !self.builder.is_empty() {
            self.finish()?;
            self.builder.clear();
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
