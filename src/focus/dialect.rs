//! Billing files that are not FOCUS: what a cloud exported before there was FOCUS, and still does.
//!
//! A [`Dialect`] knows a kind of file by its columns. What it finds is a [`Translate`]: a pure function
//! from a row, as texts, to FOCUS's columns, which go into the same rules and the same batches as
//! those of a FOCUS file. Refused rows are told with the file's own column names.
//!
//! Knows no cloud: the dialects are [`crate::provider::dialects`]'.

use std::ops::Range;

use super::layout::{Layout, Time};
use super::receive::{Receive, Refusal, Tally};
use super::rows::{Fields, RowReader};
use super::rules::FIELD_MAX;
use crate::domain::batch::BatchBuilder;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::error::{Error, Result};

/// A kind of billing file.
pub trait Dialect: Sync {
    /// What a person calls it: `AWS cost and usage report (CUR)`.
    fn name(&self) -> &'static str;

    /// Columns that a file of lines of JSON may have: what is not set there is not written.
    fn keys(&self) -> &'static [&'static str] {
        &[]
    }

    /// Looks whether these are the columns of such a file; `None` where they are not.
    ///
    /// # Errors
    /// Kind `Usage`: it is one, but lacks a column that a charge needs.
    fn recognise(&self, names: &[String]) -> Option<Result<Box<dyn Translate>>>;
}

/// Turns the rows of one file into FOCUS's columns.
pub trait Translate: Send + Sync {
    /// What the file is, as far as its rows tell: asked once all of them are read.
    fn format(&self) -> String;

    /// What the person who imports the file should know of it: asked once all rows are read.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// The file's columns that are read.
    fn reads(&self) -> Vec<usize>;

    /// FOCUS columns that come from a column of the file, for the words of refusals.
    fn origins(&self) -> Vec<(Place, usize)>;

    /// Translates a row.
    fn translate(&self, row: &dyn Record, draft: &mut Draft);
}

/// A row of a file, as texts.
pub trait Record {
    /// The text of a column.
    fn field(&self, at: usize) -> &[u8];
}

/// A FOCUS column that a translation may fill.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(usize);

const TERMS_FROM: usize = Profile::COUNT;
const QUANTITIES_FROM: usize = TERMS_FROM + Terms::COUNT;
const TIMES_FROM: usize = QUANTITIES_FROM + Quantity::COUNT;
const PLACES: usize = TIMES_FROM + Time::COUNT;

impl From<Profile> for Place {
    fn from(column: Profile) -> Place {
        Place(column.index())
    }
}

impl From<Terms> for Place {
    fn from(column: Terms) -> Place {
        Place(TERMS_FROM + column.index())
    }
}

impl From<Quantity> for Place {
    fn from(column: Quantity) -> Place {
        Place(QUANTITIES_FROM + column.index())
    }
}

impl From<Time> for Place {
    fn from(column: Time) -> Place {
        Place(TIMES_FROM + column.index())
    }
}

/// A row on its way into FOCUS's columns.
pub struct Draft {
    text: Vec<u8>,
    spans: [Range<u32>; PLACES],
    /// The file's column that cannot be translated, and why.
    fault: Option<(usize, String)>,
    /// Values that were rounded in translating.
    rounded: u64,
}

impl Default for Draft {
    fn default() -> Self {
        Draft { text: Vec::new(), spans: std::array::from_fn(|_| 0..0), fault: None, rounded: 0 }
    }
}

impl Draft {
    fn clear(&mut self) {
        self.text.clear();
        self.spans.fill(0..0);
        self.fault = None;
        self.rounded = 0;
    }

    /// Sets a column's text; the last one counts.
    pub fn put(&mut self, place: impl Into<Place>, text: &[u8]) {
        self.write(place, |out| out.extend_from_slice(text));
    }

    /// Sets a column to what is appended.
    pub fn write(&mut self, place: impl Into<Place>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.text.len() as u32;
        write(&mut self.text);
        self.spans[place.into().0] = start..self.text.len() as u32;
    }

    /// The text of a column so far.
    #[must_use]
    pub fn text(&self, place: impl Into<Place>) -> &[u8] {
        let Range { start, end } = self.spans[place.into().0];
        &self.text[start as usize..end as usize]
    }

    /// Refuses the row, for the value of one of the file's columns; the first refusal counts.
    pub fn refuse(&mut self, column: usize, reason: impl Into<String>) {
        self.fault.get_or_insert_with(|| (column, reason.into()));
    }

    /// Counts a value that was rounded at the 18th decimal.
    pub fn round(&mut self) {
        self.rounded += 1;
    }

    fn is_sound(&self) -> bool {
        let within = |span: &Range<u32>| (span.end - span.start) as usize <= FIELD_MAX;
        self.fault.is_none() && (self.text.len() <= FIELD_MAX || self.spans.iter().all(within))
    }
}

impl Fields for Draft {
    fn get(&self, at: usize) -> &[u8] {
        self.text(Place(at))
    }

    fn sign(&self, first: usize, last: usize, out: &mut Vec<u8>) {
        for at in first..=last {
            let text = self.text(Place(at));
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text);
        }
    }

    fn unescape(&mut self) {}
}

/// How the rows of a file are read.
pub enum Form {
    /// As they are: it is FOCUS.
    Focus(Layout),
    /// By translation.
    Foreign(Foreign),
}

/// A file that is translated.
pub struct Foreign {
    /// The file's columns.
    pub names: Vec<String>,
    /// Its columns that are read, in order.
    pub reads: Vec<usize>,
    /// FOCUS's columns, by the names that the file has for them.
    layout: Layout,
    translate: Box<dyn Translate>,
}

impl Form {
    /// Tells what a file with these columns is.
    ///
    /// # Errors
    /// Kind `Usage`: of no known kind (what FOCUS would need, and which others are known), or not whole.
    pub fn of(names: &[String], dialects: &[&dyn Dialect]) -> Result<Form> {
        let not_focus = match Layout::of_header(names) {
            Ok(layout) => return Ok(Form::Focus(layout)),
            Err(error) => error,
        };
        match Foreign::of(names, dialects) {
            Some(foreign) => foreign.map(Form::Foreign),
            None if dialects.is_empty() => Err(not_focus),
            None => Err(not_focus.hint(known(dialects))),
        }
    }
}

/// Which kinds of files are known.
#[must_use]
pub fn known(dialects: &[&dyn Dialect]) -> String {
    let names: Vec<&str> = dialects.iter().map(|dialect| dialect.name()).collect();
    format!("files that are read: FOCUS 1.0 to 1.4, {}", names.join(", "))
}

impl Foreign {
    /// Of a file with these columns; `None` where no dialect knows them.
    ///
    /// # Errors
    /// Kind `Usage`: it lacks what a charge needs.
    pub fn of(names: &[String], dialects: &[&dyn Dialect]) -> Option<Result<Foreign>> {
        let translate = dialects.iter().find_map(|dialect| dialect.recognise(names))?;
        Some(translate.and_then(|translate| Foreign::new(names, translate)))
    }

    fn new(names: &[String], translate: Box<dyn Translate>) -> Result<Foreign> {
        let own = |name: &str| name.to_owned();
        let columns = Profile::ALL.iter().map(|c| own(c.focus_name()));
        let columns = columns.chain(Terms::ALL.iter().map(|c| own(c.focus_name())));
        let columns = columns.chain(Quantity::ALL.iter().map(|c| own(c.focus_name())));
        let columns: Vec<String> = columns.chain(Time::ALL.iter().map(|c| own(c.focus_name()))).collect();
        let mut layout = Layout::of_header(&columns)?;
        for (place, column) in translate.origins() {
            layout.names[place.0].clone_from(&names[column]);
        }
        let mut reads = translate.reads();
        reads.sort_unstable();
        reads.dedup();
        Ok(Foreign { names: names.to_vec(), reads, layout, translate })
    }

    /// For lines of JSON, of which the first has these members; `None` where no dialect knows them.
    ///
    /// # Errors
    /// Kind `Usage`: it lacks what a charge needs.
    pub fn of_members(names: &[String], dialects: &[&dyn Dialect]) -> Option<Result<Foreign>> {
        let dialect = dialects.iter().find(|d| !d.keys().is_empty() && d.recognise(names).is_some())?;
        let mut all = names.to_vec();
        all.extend(dialect.keys().iter().filter(|key| !names.iter().any(|n| n == *key)).map(|key| (*key).to_owned()));
        let translate = dialect.recognise(&all)?;
        Some(translate.and_then(|translate| Foreign::new(&all, translate)))
    }

    /// What the file is, once it is read.
    #[must_use]
    pub fn format(&self) -> String {
        self.translate.format()
    }

    /// What should be known of it, once it is read.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.translate.notes()
    }

    /// Columns that are there and not kept.
    #[must_use]
    pub fn dropped(&self) -> Vec<String> {
        let dropped = |at: &usize| self.reads.binary_search(at).is_err();
        (0..self.names.len()).filter(dropped).map(|at| self.names[at].clone()).collect()
    }
}

/// Turns rows of a [`Foreign`] file into charges.
pub struct ForeignReader<'a> {
    foreign: &'a Foreign,
    reader: RowReader<'a>,
    draft: Draft,
}

impl<'a> ForeignReader<'a> {
    /// For this file.
    #[must_use]
    pub fn new(foreign: &'a Foreign) -> Self {
        ForeignReader { foreign, reader: RowReader::new(&foreign.layout), draft: Draft::default() }
    }

    /// Adds a row to the builder, where it is a charge; false where it is none.
    #[must_use]
    pub fn push(&mut self, builder: &mut BatchBuilder, row: &dyn Record, tally: &mut Tally) -> bool {
        self.draft.clear();
        self.foreign.translate.translate(row, &mut self.draft);
        let taken = self.draft.is_sound() && self.reader.push(builder, &mut self.draft, tally);
        tally.rounded += if taken { self.draft.rounded } else { 0 };
        taken
    }

    /// Tells why a row is no charge.
    pub fn refuse(&mut self, row: &dyn Record, line: u64, receive: &dyn Receive) {
        self.draft.clear();
        self.foreign.translate.translate(row, &mut self.draft);
        match self.draft.fault.take() {
            Some((column, reason)) => {
                let refusal = Refusal::of(&self.foreign.names[column], row.field(column), reason);
                receive.refused(line, refusal, self.reader.group(&mut self.draft));
            }
            None => self.reader.refuse(&mut self.draft, line, receive),
        }
    }
}

/// What an unknown text of JSON is told.
#[must_use]
pub fn unknown_json() -> Error {
    Error::usage("this is JSON of no kind that is read")
        .hint("export it as CSV or Parquet: `spendtop export --format csv` (or parquet) can be imported again")
        .hint("JSON is read where it is Google Cloud's billing export, one charge a line")
}
