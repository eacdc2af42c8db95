//! A list of records (labels, credits) as the JSON text that a line of JSON would hold.
//!
//! Writers differ in what they put between a list and its members (`list.element`, `bag.array_element`,
//! nothing); members are known by their own names. Knows no cloud.

use std::borrow::Cow;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::file::reader::RowGroupReader;

use super::super::json::quote;
use super::super::rules::FIELD_MAX;
use super::chunk::{Table, read_records};
use super::guard::damaged;
use super::map::{ROWS, RowPages};
use super::value::Kind;
use crate::error::Result;

/// A member of the records.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// How its values are read.
    pub kind: Kind,
    /// The leaf.
    pub leaf: usize,
    /// The level from which on a record is there.
    pub there: i16,
    /// The level from which on its value is there.
    pub most: i16,
}

struct Part {
    member: Member,
    reader: ColumnReader,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    /// The values' texts.
    texts: Table,
}

/// The chunks of a list column.
pub struct ListChunk {
    parts: Vec<Part>,
}

impl ListChunk {
    /// Of a list whose records have these members.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn open(group: &dyn RowGroupReader, members: &[Member]) -> Result<ListChunk> {
        let part = |member: &Member| {
            let column = group.metadata().column(member.leaf).column_descr_ptr();
            let pages = RowPages::new(group.get_column_page_reader(member.leaf).map_err(damaged)?);
            let reader = get_column_reader(column, Box::new(pages));
            let (definitions, repetitions, texts) = (Vec::new(), Vec::new(), Table::default());
            Ok(Part { member: member.clone(), reader, definitions, repetitions, texts })
        };
        Ok(ListChunk { parts: members.iter().map(part).collect::<Result<_>>()? })
    }

    /// The codes of the next `rows` rows; their JSON texts are in `table`.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn read(&mut self, rows: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        let mut last = 0;
        while codes.len() < rows {
            let n = ROWS.min(rows - codes.len());
            self.parts.iter_mut().try_for_each(|part| part.read(n))?;
            let Some((first, others)) = self.parts.split_first() else { return Err(damaged("a list has no members")) };
            if others.iter().any(|part| part.repetitions != first.repetitions) {
                return Err(damaged("the members of a list are not of as many records"));
            }
            let before = codes.len();
            self.rows(&mut last, codes, table);
            if codes.len() != before + n {
                return Err(damaged("a list has other rows than its file"));
            }
        }
        Ok(())
    }

    fn rows(&self, last: &mut u32, codes: &mut Vec<u32>, table: &mut Table) {
        let mut next = vec![0u32; self.parts.len()];
        let mut json = Vec::new();
        let count = self.parts[0].repetitions.len();
        for at in 0..count {
            self.record(at, &mut next, &mut json);
            if at + 1 == count || self.parts[0].repetitions[at + 1] == 0 {
                if !json.is_empty() {
                    json.push(b']');
                }
                codes.push(table.code_of(&json, last));
                json.clear();
            }
        }
    }

    /// Appends a record, as far as a field may be long; values are counted on all the same.
    fn record(&self, at: usize, next: &mut [u32], json: &mut Vec<u8>) {
        let is_there = self.parts[0].definitions[at] >= self.parts[0].member.there;
        let writes = is_there && json.len() <= FIELD_MAX;
        if writes {
            json.extend_from_slice(if json.is_empty() { b"[{" } else { b",{" });
        }
        let mut first = true;
        for (part, next) in self.parts.iter().zip(next) {
            if part.definitions[at] != part.member.most {
                continue;
            }
            *next += 1;
            if writes {
                if !std::mem::take(&mut first) {
                    json.push(b',');
                }
                quote(&part.member.name, json);
                json.push(b':');
                quote(&String::from_utf8_lossy(part.texts.get(*next)), json);
            }
        }
        if writes {
            json.push(b'}');
        }
    }
}

impl Part {
    /// Reads the next rows. Of a row whose texts are longer than a field may be, what is behind that length is
    /// empty: nobody looks at it, and a few bytes of codes could make gigabytes of it.
    fn read(&mut self, rows: usize) -> Result<()> {
        let Part { member, reader, definitions, repetitions, texts } = self;
        definitions.clear();
        repetitions.clear();
        texts.truncate(0);
        let (mut at, mut length) = (0, 0);
        let levels = (Some(definitions), Some(repetitions));
        read_records(reader, rows, levels, "a list has fewer values than rows", |(definitions, repetitions), raw| {
            let mut is_value = false;
            while !is_value && at < definitions.len() {
                if repetitions[at] == 0 {
                    length = 0;
                }
                is_value = definitions[at] == member.most;
                at += 1;
            }
            let text = if length <= FIELD_MAX { member.kind.text(raw) } else { Cow::Borrowed(&[][..]) };
            length += text.len();
            texts.push(&text);
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::properties::WriterProperties;
    use parquet::file::reader::FileReader;
    use parquet::file::serialized_reader::SerializedFileReader;

    use super::super::guard::Positioned;
    use super::super::tests::{Col, file};
    use super::*;

    #[test]
    fn a_row_of_many_long_values_is_cut_and_the_next_is_whole() {
        let long = &*Box::leak("v".repeat(60_000).into_boxed_str());
        let records = 200;
        let schema = "message m { optional group credits (LIST) { repeated group list { optional group element {
            optional binary name (UTF8); } } } }";
        let values = [vec![long; records], vec!["short"]].concat();
        let repetitions = (0..=records).map(|i| i16::from(i > 0 && i < records)).collect();
        let columns = vec![Col::Nested(values, vec![4; records + 1], repetitions)];
        let mut out = tempfile::tempfile().expect("file");
        out.write_all(&file(schema, &[columns], WriterProperties::builder().build())).expect("write");
        let reader = SerializedFileReader::new(Positioned::new(out).expect("file")).expect("reader");
        let group = reader.get_row_group(0).expect("group");
        let member = Member { name: "name".to_owned(), kind: Kind::Text, leaf: 0, there: 2, most: 4 };
        let mut list = ListChunk::open(group.as_ref(), &[member]).expect("list");
        let (mut codes, mut table) = (Vec::new(), Table::default());
        list.read(2, &mut codes, &mut table).expect("read");
        let texts = &list.parts[0].texts;
        let held: usize = (1..=texts.len() as u32).map(|code| texts.get(code).len()).sum();
        assert!(held <= 3 * FIELD_MAX, "{held} bytes are held");
        assert!(table.get(codes[0]).len() > FIELD_MAX);
        assert_eq!(table.get(codes[1]), br#"[{"name":"short"}]"#);
    }
}
