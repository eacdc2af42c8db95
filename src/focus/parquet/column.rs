//! A file's columns as what a charge needs of them: text numbers, decimals, moments.
//!
//! Each distinct value of a dictionary is turned once; a row is then a look-up by its code.

use std::borrow::Cow;

use hashbrown::HashSet;
use parquet::column::reader::ColumnReader;

use super::super::rules::{FIELD_MAX, Moment, is_null};
use super::chunk::{Chunk, Table, read_typed};
use super::list::ListChunk;
use super::map::MapChunk;
use super::record::RecordChunk;
use super::value::Kind;
use crate::domain::batch::BatchBuilder;
use crate::domain::charge::{Profile, Terms};
use crate::domain::money::{Decimal, DecimalError};
use crate::error::Result;

/// Where a column's values come from.
pub enum Source {
    /// Decoded here.
    Flat(Box<Chunk>),
    /// Decoded by the `parquet` crate; the level of what is no null, 0 where there are none.
    Typed(Box<ColumnReader>, i16),
    /// A map.
    Map(Box<MapChunk>),
    /// A structure.
    Record(Box<RecordChunk>),
    /// A list of records.
    List(Box<ListChunk>),
}

/// A column of one row group.
pub struct Column {
    /// Its place in the file's layout.
    pub at: usize,
    /// How its values are read.
    pub kind: Kind,
    source: Source,
    /// Each row's code in this block.
    pub codes: Vec<u32>,
    /// The values by code.
    pub table: Table,
}

impl Column {
    /// A column before its first block.
    #[must_use]
    pub fn new(at: usize, kind: Kind, source: Source) -> Column {
        Column { at, kind, source, codes: Vec::new(), table: Table::default() }
    }

    /// Codes that outlive the block, 0 among them.
    #[must_use]
    pub fn lasting(&self) -> usize {
        match &self.source {
            Source::Flat(chunk) => chunk.fixed + 1,
            _ => 1,
        }
    }

    /// Decodes the next block.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn fill(&mut self, rows: usize) -> Result<()> {
        self.codes.clear();
        self.table.truncate(self.lasting() - 1);
        match &mut self.source {
            Source::Flat(chunk) => chunk.read(rows, &mut self.codes, &mut self.table),
            Source::Typed(reader, most) => read_typed(reader, *most, rows, &mut self.codes, &mut self.table),
            Source::Map(map) => map.read(rows, &mut self.codes, &mut self.table),
            Source::Record(record) => record.read(rows, &mut self.codes, &mut self.table),
            Source::List(list) => list.read(rows, &mut self.codes, &mut self.table),
        }?;
        if self.codes.len() == rows {
            Ok(())
        } else {
            Err(super::guard::damaged("a column has other rows than its group"))
        }
    }

    /// The raw value of a row in this block.
    #[must_use]
    pub fn raw(&self, row: usize) -> &[u8] {
        self.table.get(self.codes[row])
    }

    /// The value of a row as text.
    #[must_use]
    pub fn text(&self, row: usize) -> Cow<'_, [u8]> {
        if self.codes[row] == 0 { Cow::Borrowed(b"") } else { self.kind.text(self.raw(row)) }
    }

    /// The value of a row as a refusal shows it.
    #[must_use]
    pub fn shown(&self, row: usize) -> Cow<'_, [u8]> {
        if self.codes[row] == 0 { Cow::Borrowed(b"") } else { self.kind.shown(self.raw(row)) }
    }
}

/// Which dictionary a text column's values go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Into {
    /// A profile column.
    Profile(Profile),
    /// A terms column.
    Terms(Terms),
    /// The provider's, from 1.3's `ServiceProviderName`.
    Provider,
}

/// Not numbered yet.
const UNSET: u32 = u32::MAX;
/// Longer than a field may be.
pub const TOO_LONG: u32 = u32::MAX - 1;

/// A column of texts.
pub struct TextColumn {
    /// Its values.
    pub column: Column,
    /// Where they go.
    pub into: Into,
    by_code: Vec<u32>,
    /// Each row's text number in this block.
    pub ids: Vec<u32>,
    /// Codes of values that were no UTF-8.
    pub repaired: HashSet<u32>,
    /// Whether any value is too long.
    pub long: bool,
}

impl TextColumn {
    /// A text column before its first block.
    #[must_use]
    pub fn new(column: Column, into: Into) -> TextColumn {
        TextColumn { column, into, by_code: Vec::new(), ids: Vec::new(), repaired: HashSet::new(), long: false }
    }

    /// Forgets numbers: the builder was cleared.
    pub fn forget(&mut self) {
        self.by_code.clear();
    }

    /// Decodes the next block. Its texts are numbered by [`Self::number`].
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn fill(&mut self, rows: usize) -> Result<()> {
        let lasting = self.column.lasting();
        self.by_code.truncate(lasting);
        // Other codes name other values in the next block.
        self.repaired.retain(|code| (*code as usize) < lasting);
        self.long = self.long && self.by_code.contains(&TOO_LONG);
        self.column.fill(rows)
    }

    /// Numbers the block's texts in the builder's dictionary.
    pub fn number(&mut self, builder: &mut BatchBuilder) {
        self.by_code.resize(self.column.table.len() + 1, UNSET);
        self.by_code[0] = crate::domain::dict::NONE;
        self.ids.clear();
        self.number_plain(builder);
        let (mut last, mut id) = (0, crate::domain::dict::NONE);
        for at in 0..self.column.codes.len() {
            let code = self.column.codes[at];
            if code != last {
                id = self.by_code[code as usize];
                if id == UNSET {
                    id = self.intern(code, builder);
                    self.by_code[code as usize] = id;
                }
                last = code;
            }
            self.ids.push(id);
        }
    }

    /// Numbers the values that are not of the dictionary, all at once: each is new or far away.
    fn number_plain(&mut self, builder: &mut BatchBuilder) {
        let (from, table) = (self.column.lasting(), &self.column.table);
        let (Into::Profile(column), Kind::Text) = (self.into, self.column.kind) else { return };
        if table.len() < from + 64 {
            return;
        }
        let mut texts = Vec::with_capacity(table.len() + 1 - from);
        for code in from..=table.len() {
            match std::str::from_utf8(table.get(code as u32)) {
                Ok(text) if text.len() <= FIELD_MAX => texts.push(if is_null(text.as_bytes()) { "" } else { text }),
                // One by one, with what there is to say about each.
                _ => return,
            }
        }
        self.by_code.truncate(from);
        builder.intern_all(column, &texts, &mut self.by_code);
    }

    #[cold]
    fn long(&mut self) -> u32 {
        self.long = true;
        TOO_LONG
    }

    fn intern(&mut self, code: u32, builder: &mut BatchBuilder) -> u32 {
        let raw = self.column.table.get(code);
        if raw.len() > FIELD_MAX {
            return self.long();
        }
        let text = self.column.kind.text(raw);
        let text = String::from_utf8_lossy(&text);
        if matches!(text, Cow::Owned(_)) && std::str::from_utf8(raw).is_err() && self.column.kind == Kind::Text {
            self.repaired.insert(code);
        }
        match self.into {
            Into::Profile(column) => builder.intern(column, &text),
            Into::Terms(column) => builder.intern_terms(column, &text),
            Into::Provider => builder.intern(Profile::Provider, &text),
        }
    }
}

/// A column of decimals.
pub struct NumberColumn {
    /// Its values.
    pub column: Column,
    /// The largest magnitude that a value may have.
    limit: i128,
    by_code: Vec<Result<Option<Decimal>, DecimalError>>,
}

impl NumberColumn {
    /// A number column before its first block.
    #[must_use]
    pub fn new(column: Column, limit: i128) -> NumberColumn {
        NumberColumn { column, limit, by_code: vec![Ok(None)] }
    }

    /// Decodes the next block.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn fill(&mut self, rows: usize) -> Result<()> {
        self.by_code.truncate(self.column.lasting());
        self.column.fill(rows)?;
        let (Column { kind, table, .. }, limit) = (&self.column, self.limit);
        self.by_code.extend((self.by_code.len()..=table.len()).map(|code| match table.get(code as u32) {
            // It was cut.
            raw if raw.len() > FIELD_MAX => Err(DecimalError::Syntax),
            raw => kind.number(raw, limit),
        }));
        Ok(())
    }

    /// A row's value.
    ///
    /// # Errors
    /// Why it is no number.
    pub fn get(&self, row: usize) -> Result<Option<Decimal>, DecimalError> {
        self.by_code[self.column.codes[row] as usize]
    }
}

/// A column of moments.
pub struct TimeColumn {
    /// Its values.
    pub column: Column,
    by_code: Vec<Moment>,
}

impl TimeColumn {
    /// A time column before its first block.
    #[must_use]
    pub fn new(column: Column) -> TimeColumn {
        TimeColumn { column, by_code: vec![Moment::None] }
    }

    /// Decodes the next block.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn fill(&mut self, rows: usize) -> Result<()> {
        self.by_code.truncate(self.column.lasting());
        self.column.fill(rows)?;
        let Column { kind, table, .. } = &self.column;
        self.by_code.extend((self.by_code.len()..=table.len()).map(|code| match table.get(code as u32) {
            raw if *kind == Kind::Text && is_null(raw) => Moment::None,
            raw if raw.len() > FIELD_MAX => Moment::Bad,
            raw => Moment::of(kind.seconds(raw)),
        }));
        Ok(())
    }

    /// A row's moment.
    #[must_use]
    pub fn get(&self, row: usize) -> Moment {
        self.by_code[self.column.codes[row] as usize]
    }
}
