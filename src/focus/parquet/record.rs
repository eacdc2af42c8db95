//! A structure (tags, price details) as the JSON text that a CSV would hold.
//!
//! A member that is null is left out: a writer that makes the structure from what it has seen gives each row the
//! members of all rows.

use parquet::basic::Repetition;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::chunk::{Shape, Table};
use super::column::Column;
use super::guard::Positioned;
use super::map::{Pairs, ROWS};
use super::plan::open_flat;
use super::value::Kind;
use crate::error::Result;

/// A member of a structure.
#[derive(Clone, Debug)]
pub struct Member {
    name: String,
    kind: Kind,
    leaf: usize,
    shape: Shape,
}

/// The members of a field whose first leaf this is; `None` where it is no structure of values that can be read.
#[must_use]
pub fn members(schema: &SchemaDescriptor, field: &Type, leaf: usize) -> Option<Vec<Member>> {
    let repeats =
        |t: &Type| t.get_basic_info().has_repetition() && t.get_basic_info().repetition() == Repetition::REPEATED;
    if field.is_primitive() || repeats(field) {
        return None;
    }
    let member = |(at, inner): (usize, &std::sync::Arc<Type>)| {
        if !inner.is_primitive() || repeats(inner) {
            return None;
        }
        let column = schema.column(leaf + at);
        let (name, kind) = (inner.name().to_owned(), Kind::of(&column)?);
        Some(Member { name, kind, leaf: leaf + at, shape: Shape::of(&column) })
    };
    field.get_fields().iter().enumerate().map(member).collect()
}

/// The chunks of a structure.
pub struct RecordChunk {
    members: Vec<(String, Column)>,
}

impl RecordChunk {
    /// Of a structure with these members.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn open(group: &dyn RowGroupReader, file: &Positioned, members: &[Member]) -> Result<RecordChunk> {
        let open = |member: &Member| {
            let source = open_flat(group, file, member.leaf, member.shape)?;
            Ok((member.name.clone(), Column::new(0, member.kind, source)))
        };
        Ok(RecordChunk { members: members.iter().map(open).collect::<Result<_>>()? })
    }

    /// The codes of the next `rows` rows; their JSON texts are in `table`.
    ///
    /// # Errors
    /// Kind `Usage` where the file has not what it should.
    pub fn read(&mut self, rows: usize, codes: &mut Vec<u32>, table: &mut Table) -> Result<()> {
        let (mut last, mut pairs) = (0, Pairs::default());
        while codes.len() < rows {
            let n = ROWS.min(rows - codes.len());
            self.members.iter_mut().try_for_each(|(_, column)| column.fill(n))?;
            for row in 0..n {
                for (name, column) in self.members.iter().filter(|(_, column)| column.codes[row] != 0) {
                    match column.kind {
                        // As a map has it.
                        Kind::Text => pairs.add(name.as_bytes(), Some(column.raw(row))),
                        _ => pairs.add(name.as_bytes(), Some(&column.text(row))),
                    }
                }
                codes.push(table.code_of(pairs.take().as_bytes(), &mut last));
            }
        }
        Ok(())
    }
}
