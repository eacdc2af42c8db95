//! Which columns of a Parquet file are read, as what, and from where.

use parquet::basic::{Encoding, Repetition};
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::super::layout::{Layout, Slot, Time};
use super::chunk::{Chunk, Shape};
use super::column::{Column, Into, NumberColumn, Source, TextColumn, TimeColumn};
use super::guard::{Positioned, check_pages, damaged};
use super::map::{MapChunk, is_map};
use super::record::{Member, RecordChunk, members as members_of};
use super::value::Kind;
use crate::domain::batch::limit;
use crate::domain::charge::{Profile, Quantity};
use crate::error::{Error, Result};

/// Columns of pairs, which writers have as maps, texts or structures.
const PAIRS: [Profile; 2] = [Profile::Tags, Profile::SkuPriceDetails];

/// A column that is kept.
struct Kept {
    at: usize,
    slot: Slot,
    kind: Kind,
    form: Form,
}

/// Where a column's values are.
enum Form {
    /// In a leaf.
    Flat(usize, Shape),
    /// In two: the keys' and the one behind it.
    Map(usize),
    /// In those of its members.
    Record(Vec<Member>),
}

/// How to read every row group of a file.
pub struct Plan {
    /// The file's columns by FOCUS name.
    pub layout: Layout,
    kept: Vec<Kept>,
}

/// The columns of a row group, ready to be read block by block.
#[derive(Default)]
pub struct Group {
    /// Profile and terms columns, and `ServiceProviderName`.
    pub texts: Vec<TextColumn>,
    /// Each quantity that the file has.
    pub numbers: [Option<NumberColumn>; Quantity::COUNT],
    /// Each time that the file has.
    pub times: [Option<TimeColumn>; Time::COUNT],
}

impl Plan {
    /// For a file with this schema.
    ///
    /// # Errors
    /// Kind `Usage` where it is no FOCUS file.
    pub fn new(schema: &SchemaDescriptor) -> Result<Plan> {
        let fields = schema.root_schema().get_fields();
        let mut leaves: Vec<Option<usize>> = vec![None; fields.len()];
        for leaf in 0..schema.num_columns() {
            leaves[schema.get_column_root_idx(leaf)].get_or_insert(leaf);
        }
        let mut names = Vec::with_capacity(fields.len());
        let mut forms = Vec::with_capacity(fields.len());
        for (field, leaf) in fields.iter().zip(&leaves) {
            let (form, why) = form(schema, field, *leaf);
            let name = field.name();
            names.push(if form.is_some() { name.to_owned() } else { format!("{name}{why}") });
            forms.push(form);
        }
        let layout = Layout::of_header(&names)?;
        let mut kept = Vec::new();
        for ((at, slot), form) in layout.slots.iter().enumerate().zip(forms) {
            let (Some((kind, form)), true) = (form, *slot != Slot::Dropped) else { continue };
            if matches!(form, Form::Map(_)) && !matches!(slot, Slot::Profile(_)) {
                return Err(Error::usage(format!("the column `{}` is a map", fields[at].name())));
            }
            kept.push(Kept { at, slot: *slot, kind, form });
        }
        Ok(Plan { layout, kept })
    }

    /// Opens the columns of a row group.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn open(&self, reader: &SerializedFileReader<Positioned>, file: &Positioned, group: usize) -> Result<Group> {
        let row_group = reader.get_row_group(group).map_err(damaged)?;
        let mut out = Group::default();
        for kept in &self.kept {
            let source = kept.source(row_group.as_ref(), file)?;
            let column = Column::new(kept.at, kept.kind, source);
            match kept.slot {
                Slot::Profile(profile) => out.texts.push(TextColumn::new(column, Into::Profile(profile))),
                Slot::Terms(terms) => out.texts.push(TextColumn::new(column, Into::Terms(terms))),
                Slot::ServiceProvider | Slot::ExtraServiceProvider => {
                    out.texts.push(TextColumn::new(column, Into::Provider))
                }
                Slot::Quantity(quantity) => {
                    out.numbers[quantity.index()] = Some(NumberColumn::new(column, limit(quantity.index())));
                }
                Slot::Time(time) => out.times[time.index()] = Some(TimeColumn::new(column)),
                Slot::Dropped => {}
            }
        }
        Ok(out)
    }
}

/// How a field is read whose first leaf this is; where it is not, why.
fn form(schema: &SchemaDescriptor, field: &Type, leaf: Option<usize>) -> (Option<(Kind, Form)>, &'static str) {
    let Some(leaf) = leaf else { return (None, " (nested)") };
    if field.is_primitive() && field.get_basic_info().repetition() != Repetition::REPEATED {
        let column = schema.column(leaf);
        return (Kind::of(&column).map(|kind| (kind, Form::Flat(leaf, Shape::of(&column)))), " (binary)");
    }
    if is_map(field) {
        return (Some((Kind::Text, Form::Map(leaf))), "");
    }
    // Of other columns nobody knows what a structure means.
    let members = PAIRS.iter().any(|column| field.name().eq_ignore_ascii_case(column.focus_name()));
    let members = members.then(|| members_of(schema, field, leaf)).flatten();
    (members.map(|members| (Kind::Text, Form::Record(members))), " (nested)")
}

impl Kept {
    fn source(&self, group: &dyn RowGroupReader, file: &Positioned) -> Result<Source> {
        match &self.form {
            Form::Flat(leaf, shape) => open_flat(group, file, *leaf, *shape),
            Form::Map(leaf) => open_map(group, file, *leaf),
            Form::Record(members) => Ok(Source::Record(Box::new(RecordChunk::open(group, file, members)?))),
        }
    }
}

/// Holds a chunk's pages against its size.
///
/// # Errors
/// Kind `Usage` where the file has not what it should.
pub fn check_chunk(group: &dyn RowGroupReader, file: &Positioned, leaf: usize) -> Result<()> {
    let (start, len) = group.metadata().column(leaf).byte_range();
    check_pages(file, start, len)
}

/// Opens a map whose keys are in this leaf, the values in the next.
///
/// # Errors
/// Kind `Usage` where the file has not what it should.
pub fn open_map(group: &dyn RowGroupReader, file: &Positioned, leaf: usize) -> Result<Source> {
    check_chunk(group, file, leaf)?;
    check_chunk(group, file, leaf + 1)?;
    Ok(Source::Map(Box::new(MapChunk::open(group, leaf)?)))
}

/// Opens a column that is in no list.
///
/// # Errors
/// Kind `Usage` where the file has not what it should.
pub fn open_flat(group: &dyn RowGroupReader, file: &Positioned, leaf: usize, shape: Shape) -> Result<Source> {
    check_chunk(group, file, leaf)?;
    let most = group.metadata().column(leaf).column_descr().max_def_level();
    let encodings: Vec<Encoding> = group.metadata().column(leaf).encodings().collect();
    // Levels of members within members are more than there and not there.
    if most <= 1 && encodings.iter().all(|e| Chunk::reads(*e, shape.physical)) {
        let pages = group.get_column_page_reader(leaf).map_err(damaged)?;
        return Ok(Source::Flat(Box::new(Chunk::new(pages, shape))));
    }
    Ok(Source::Typed(Box::new(group.get_column_reader(leaf).map_err(damaged)?), most))
}

impl Group {
    /// Decodes the next block.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn fill(&mut self, rows: usize) -> Result<()> {
        self.times.iter_mut().flatten().try_for_each(|c| c.fill(rows))?;
        self.numbers.iter_mut().flatten().try_for_each(|c| c.fill(rows))?;
        self.texts.iter_mut().try_for_each(|c| c.fill(rows))
    }

    /// The column at a place of the file's layout.
    #[must_use]
    pub fn column(&self, at: usize) -> Option<&Column> {
        let times = self.times.iter().flatten().map(|t| &t.column);
        let numbers = self.numbers.iter().flatten().map(|n| &n.column);
        self.texts.iter().map(|t| &t.column).chain(times).chain(numbers).find(|column| column.at == at)
    }
}
