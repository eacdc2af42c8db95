//! Pages of query answers read, and the bodies that ask for them. Pure: knows no wire.
//!
//! Columns come in any order and are told by name; rows are positional. Amounts are JSON numbers, and a
//! reader of JSON that makes a float of them loses digits: they are wrapped before reading
//! (`numbers_wrapped`), so that their text reaches [`crate::domain::money::Decimal`] as it was sent.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::feeds::Group;
use crate::domain::calendar::Period;

/// Which of the two costs a chain of pages tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CostKind {
    /// As the invoice charges it.
    Actual,
    /// With reservations and savings plans spread over what they cover.
    Amortized,
}

impl CostKind {
    /// Both, in the order in which they are asked for.
    pub const ALL: [CostKind; 2] = [CostKind::Actual, CostKind::Amortized];

    /// Its word in a query.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            CostKind::Actual => "ActualCost",
            CostKind::Amortized => "AmortizedCost",
        }
    }
}

/// The body of a query for the costs of each of these days, grouped. The API's period includes its last
/// moment.
#[must_use]
pub fn body(kind: CostKind, days: Period, groups: &[Group]) -> Value {
    let grouping: Vec<Value> = groups.iter().map(|g| json!({"type": g.kind(), "name": g.name()})).collect();
    let mut body = json!({
        "type": kind.word(),
        "timeframe": "Custom",
        "timePeriod": {
            "from": format!("{}T00:00:00Z", days.from),
            "to": format!("{}T23:59:59Z", days.to.plus(-1)),
        },
        "dataset": {
            "granularity": "Daily",
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
        },
    });
    if !grouping.is_empty() {
        body["dataset"]["grouping"] = Value::Array(grouping);
    }
    body
}

/// One page of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Page {
    /// The columns' names, in order.
    pub columns: Vec<String>,
    /// The rows, their cells in the order of the columns.
    pub rows: Vec<Vec<Cell>>,
    /// Where the next page is, where there is one.
    pub next: Option<String>,
}

/// A cell of a row.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, as it was written.
    Number([String; 1]),
    /// Nothing.
    Nothing(()),
    /// Something else, which no column that is read holds.
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Answer {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    next_link: Option<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

impl Page {
    /// Reads an answer's body.
    ///
    /// # Errors
    /// Why it is no page: not JSON, another shape, a row that has not one cell for each column.
    pub fn read(body: &[u8]) -> Result<Page, String> {
        let answer: Answer = serde_json::from_slice(&numbers_wrapped(body)).map_err(|error| error.to_string())?;
        let Properties { next_link, columns, rows } = answer.properties;
        let columns: Vec<String> = columns.into_iter().map(|column| column.name).collect();
        if let Some(at) = rows.iter().position(|row| row.len() != columns.len()) {
            return Err(format!("row {} has {} cells for {} columns", at + 1, rows[at].len(), columns.len()));
        }
        Ok(Page { columns, rows, next: next_link.filter(|link| !link.is_empty()) })
    }

    /// The position of a column that goes by one of these names, of which the first that is there counts.
    #[must_use]
    pub fn position(&self, names: &[&str]) -> Option<usize> {
        let named = |name: &&str| self.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        names.iter().find_map(named)
    }
}

/// JSON with each number as an array of one text: `2.50` becomes `["2.50"]`. What is no JSON stays none.
fn numbers_wrapped(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + body.len() / 4);
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        let length = match rest[0] {
            b'"' => {
                let length = text_length(rest);
                out.extend_from_slice(&rest[..length]);
                length
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |b: &&u8| b.is_ascii_digit() || b"+-.eE".contains(b);
                let length = rest.iter().take_while(is_part).count();
                out.extend_from_slice(b"[\"");
                out.extend_from_slice(&rest[..length]);
                out.extend_from_slice(b"\"]");
                length
            }
            other => {
                out.push(other);
                1
            }
        };
        at += length;
    }
    out
}

/// Bytes of the text that begins here with a quote, its end included.
fn text_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Month;

    #[test]
    fn numbers_keep_every_digit() {
        for (json, wrapped) in [
            ("[2.10333307059661, -1E-7,0]", r#"[["2.10333307059661"], ["-1E-7"],["0"]]"#),
            (r#"{"a1":"5\"6","b":7.250}"#, r#"{"a1":"5\"6","b":["7.250"]}"#),
            (r#""\\",1"#, r#""\\",["1"]"#),
            ("NaN", "NaN"),
            (r#""cut\"#, r#""cut\"#),
        ] {
            assert_eq!(String::from_utf8(numbers_wrapped(json.as_bytes())).expect("text"), wrapped);
        }
        let page =
            br#"{"properties":{"columns":[{"name":"Cost","type":"Number"}],"rows":[[0.1234567890123456789012]]}}"#;
        let page = Page::read(page).expect("a page");
        assert_eq!(page.rows, [[Cell::Number(["0.1234567890123456789012".to_owned()])]]);
    }

    #[test]
    fn what_is_no_page_is_said() {
        for (body, why) in [
            ("", "EOF"),
            ("<html>", "expected value"),
            (r#"{"properties":{"columns":[],"rows":[[1]]}}"#, "row 1 has 1 cells for 0 columns"),
            (r#"{"properties":{"columns":[{"name":"a"}]}}"#, "missing field `rows`"),
            (r#"{"properties":{"columns":[{"name":"a"}],"rows":[[NaN]]}}"#, "expected value"),
            (r#"{"value":[]}"#, "missing field `properties`"),
            (r#"{"properties":{"columns":[{"name":"a"}],"rows":[[1],[2"#, "EOF"),
        ] {
            let wrong = Page::read(body.as_bytes()).expect_err(body);
            assert!(wrong.contains(why), "{body}: {wrong}");
        }
    }

    #[test]
    fn a_query_asks_for_whole_days_and_two_groups() {
        let groups = [Group::dimension("ServiceName"), Group::Tag("team".into())];
        let body = body(CostKind::Amortized, Month::new(2024, 2).period(), &groups);
        assert_eq!(body["type"], "AmortizedCost");
        assert_eq!(body["timePeriod"], json!({"from": "2024-02-01T00:00:00Z", "to": "2024-02-29T23:59:59Z"}));
        assert_eq!(body["dataset"]["granularity"], "Daily");
        let grouping = json!([{"type": "Dimension", "name": "ServiceName"}, {"type": "TagKey", "name": "team"}]);
        assert_eq!(body["dataset"]["grouping"], grouping);
    }
}
