//! Lists and members of structures, as files that are not FOCUS have them.

use super::*;
use crate::focus::dialect::{Place, Record, Translate};
use crate::focus::layout::Time;

/// A bill of a cost, a day, and labels somewhere.
struct Bill;

/// Where a bill has its columns.
struct Columns {
    cost: usize,
    day: usize,
    labels: usize,
}

impl Dialect for Bill {
    fn name(&self) -> &'static str {
        "bills"
    }

    fn recognise(&self, names: &[String]) -> Option<Result<Box<dyn Translate>>> {
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let labels = names.iter().position(|name| name.ends_with("labels"))?;
        Some(Ok(Box::new(Columns { cost: find("cost")?, day: find("day")?, labels })))
    }
}

impl Translate for Columns {
    fn format(&self) -> String {
        "bill".to_owned()
    }

    fn reads(&self) -> Vec<usize> {
        vec![self.cost, self.day, self.labels]
    }

    fn origins(&self) -> Vec<(Place, usize)> {
        Vec::new()
    }

    fn translate(&self, row: &dyn Record, draft: &mut crate::focus::dialect::Draft) {
        draft.put(Profile::Provider, b"Acme");
        draft.put(Terms::Currency, b"EUR");
        draft.put(Quantity::Billed, row.field(self.cost));
        draft.put(Time::ChargeStart, row.field(self.day));
        draft.put(Time::ChargeEnd, row.field(self.day));
        draft.put(Profile::Tags, row.field(self.labels));
    }
}

/// The tags of four charges whose labels are of this type, below an optional structure.
fn tags(labels: &str, [keys, values]: [Vec<i16>; 2]) -> Vec<String> {
    let schema = format!(
        "message m {{ optional double cost; optional binary day (UTF8);
         optional group project {{ optional binary id (UTF8); optional group labels {labels} }} }}"
    );
    let columns = vec![
        Col::F64(vec![Some(1.5); 4]),
        Col::Text(vec![Some("2026-10-01"); 4]),
        Col::Nested(vec!["p"], vec![2, 0, 1, 1], vec![0; 4]),
        Col::Nested(vec!["team", "team"], keys, vec![0; 4]),
        Col::Nested(vec!["a"], values, vec![0; 4]),
    ];
    let kept = Kept::default();
    let bytes = file(&schema, &[columns], WriterProperties::builder().build());
    let outcome = read_with(&[&Bill], &bytes, 1, &kept).expect("read");
    assert_eq!((outcome.tally.rows, outcome.dropped), (4, vec!["project.id".to_owned()]));
    let rows = kept.rows.lock().expect("lock");
    rows.iter().map(|row| row[Profile::Tags.index()].clone()).collect()
}

#[test]
fn labels_of_a_structure_that_may_be_missing_are_read() {
    let pairs =
        "repeated group list { optional group element { required binary key (UTF8); optional binary value (UTF8); } }";
    let listed = tags(&format!("(LIST) {{ {pairs} }}"), [vec![4, 0, 2, 4], vec![5, 0, 2, 4]]);
    assert_eq!(listed, [r#"[{"key":"team","value":"a"}]"#, "", "", r#"[{"key":"team"}]"#]);
    // Whatever the members of a map are called, they are its keys and its values.
    let pairs = "repeated group entries { required binary keys (UTF8); optional binary vals (UTF8); }";
    assert_eq!(tags(&format!("(MAP) {{ {pairs} }}"), [vec![3, 0, 2, 3], vec![4, 0, 2, 3]]), listed);
}
