//! The two costs of a charge, from the two chains of pages that tell them. Pure.
//!
//! `ActualCost` and `AmortizedCost` are asked for one after the other, grouped alike; a charge is what both
//! say of the same day, groups and currency. By the provider's documentation the actual cost has no unused
//! commitments and nothing for covered usage, the amortised cost no commitment purchases; all else is in
//! both. So a group that only one chain has, costs nothing in the other, **where the other has charges of
//! that day at all**; where it has none, it may not be computed yet or not be told under this agreement,
//! and the cost is unknown.
//!
//! Nothing is handed on before both chains were read to their end. A chain names each group once: one
//! that comes twice is a page that was read twice, and nothing of the answer is believed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::feeds::Group;
use super::page::{Cell, CostKind, Page};
use crate::domain::calendar::{Day, Period, parse_timestamp};
use crate::domain::dict::Dict;
use crate::domain::money::Decimal;
use crate::focus::rules::is_currency;

/// What both chains say of one day, group and currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told<'a> {
    /// The day.
    pub day: Day,
    /// The groups' values, as they came; `None` where there is none.
    pub groups: [Option<&'a str>; 2],
    /// The currency.
    pub currency: &'a str,
    /// The actual cost.
    pub actual: Option<Decimal>,
    /// The amortised cost.
    pub amortized: Option<Decimal>,
}

/// What a charge is told by, within its day.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    groups: [Option<u32>; 2],
    currency: u32,
}

/// A cost as a chain tells it, small: a month of a large organisation has hundreds of thousands.
#[derive(Clone, Copy, Default)]
enum Cost {
    /// Not yet, or never.
    #[default]
    Untold,
    /// The chain says that there is none.
    Unknown,
    /// A mantissa that fits, and its decimals.
    Short(i64, u8),
    /// Any other, by its place among those.
    Long(u32),
}

/// Gathers the pages of both chains.
pub struct Chains<'a> {
    groups: &'a [Group; 2],
    days: Period,
    texts: Dict,
    /// By day, so that no single table grows large.
    found: BTreeMap<Day, HashMap<Key, [Cost; 2]>>,
    long: Vec<Decimal>,
    days_of: [HashSet<Day>; 2],
}

/// The positions of the columns of a page.
struct Positions {
    cost: usize,
    day: usize,
    currency: usize,
    groups: [usize; 2],
    tag: Option<usize>,
}

impl<'a> Chains<'a> {
    /// For the charges of these days, grouped like this.
    #[must_use]
    pub fn new(groups: &'a [Group; 2], days: Period) -> Self {
        Chains {
            groups,
            days,
            texts: Dict::default(),
            found: BTreeMap::new(),
            long: Vec::new(),
            days_of: Default::default(),
        }
    }

    /// Takes a page of a chain.
    ///
    /// # Errors
    /// What about it cannot be believed.
    pub fn take(&mut self, kind: CostKind, page: &Page) -> Result<(), String> {
        if page.columns.is_empty() && page.rows.is_empty() {
            return Ok(());
        }
        let at = self.positions(page)?;
        for (number, row) in (1..).zip(&page.rows) {
            self.row(kind, &at, row).map_err(|wrong| format!("row {number}: {wrong}"))?;
        }
        Ok(())
    }

    fn positions(&self, page: &Page) -> Result<Positions, String> {
        let position = |names: &[&str]| {
            page.position(names)
                .ok_or_else(|| format!("no column `{}` among `{}`", names[0], page.columns.join("`, `")))
        };
        let has_tag = self.groups.iter().any(|group| matches!(group, Group::Tag(_)));
        Ok(Positions {
            cost: position(&["Cost", "totalCost", "PreTaxCost"])?,
            day: position(&["UsageDate", "Date"])?,
            currency: position(&["Currency", "BillingCurrency"])?,
            groups: [position(&self.groups[0].columns())?, position(&self.groups[1].columns())?],
            tag: if has_tag { page.position(&["TagKey"]) } else { None },
        })
    }

    fn row(&mut self, kind: CostKind, at: &Positions, row: &[Cell]) -> Result<(), String> {
        let day = day_of(&row[at.day])?;
        if !self.days.contains(day) {
            return Err(format!("a charge of {day}, {} was asked for", self.days.words()));
        }
        let currency = currency_of(&row[at.currency])?;
        let cost = match &row[at.cost] {
            Cell::Number([text]) => Some(Decimal::parse(text.as_bytes()).map_err(|why| format!("the cost is {why}"))?),
            Cell::Nothing(()) => None,
            // A number between quotes is none the less exact.
            Cell::Text(text) => {
                Some(Decimal::parse(text.trim().as_bytes()).map_err(|_| "the cost is no number".to_owned())?)
            }
            Cell::Other(_) => return Err("the cost is no number".to_owned()),
        };
        let is_untagged = self.is_untagged(at, row)?;
        let currency = self.texts.intern(currency);
        let mut groups = [None; 2];
        for ((group, at), of) in groups.iter_mut().zip(at.groups).zip(self.groups) {
            *group = match &row[at] {
                Cell::Text(_) if is_untagged && matches!(of, Group::Tag(_)) => None,
                Cell::Text(text) => Some(self.texts.intern(text)),
                Cell::Nothing(()) => None,
                Cell::Number(_) | Cell::Other(_) => return Err("a group is no text".to_owned()),
            };
        }
        let cost = self.kept(cost);
        let told = &mut self.found.entry(day).or_default().entry(Key { groups, currency }).or_default()[kind as usize];
        if !matches!(told, Cost::Untold) {
            return Err("the same group comes twice".to_owned());
        }
        *told = cost;
        self.days_of[kind as usize].insert(day);
        Ok(())
    }

    /// Whether a row is of what has not the tag, and no value of it either: its key is empty or not there then.
    fn is_untagged(&self, at: &Positions, row: &[Cell]) -> Result<bool, String> {
        let Some(key) = at.tag.map(|at| &row[at]) else { return Ok(false) };
        match key {
            Cell::Text(key) if self.groups.iter().any(|group| group.name().eq_ignore_ascii_case(key)) => Ok(false),
            Cell::Text(key) if key.is_empty() && self.has_no_value(at, row) => Ok(true),
            Cell::Nothing(()) if self.has_no_value(at, row) => Ok(true),
            // Told or not, the value is of the one key that was asked for.
            Cell::Nothing(()) => Ok(false),
            Cell::Text(_) | Cell::Number(_) | Cell::Other(_) => Err("a tag that was not asked for".to_owned()),
        }
    }

    /// Whether the tag's value is empty.
    fn has_no_value(&self, at: &Positions, row: &[Cell]) -> bool {
        let values = self.groups.iter().zip(at.groups).filter(|(group, _)| matches!(group, Group::Tag(_)));
        values.into_iter().all(|(_, at)| match &row[at] {
            Cell::Text(value) => value.is_empty(),
            Cell::Nothing(()) => true,
            Cell::Number(_) | Cell::Other(_) => false,
        })
    }

    fn kept(&mut self, cost: Option<Decimal>) -> Cost {
        match cost {
            None => Cost::Unknown,
            Some(Decimal { mantissa, scale, rounded: false }) if i64::try_from(mantissa).is_ok() => {
                Cost::Short(mantissa as i64, scale)
            }
            Some(long) => {
                self.long.push(long);
                Cost::Long(self.long.len() as u32 - 1)
            }
        }
    }

    /// Whether a chain told of no charge at all.
    #[must_use]
    pub fn is_silent(&self, kind: CostKind) -> bool {
        self.days_of[kind as usize].is_empty()
    }

    /// Each charge, once both chains are read; day by day.
    pub fn told(&self) -> impl Iterator<Item = Told<'_>> {
        let of_day = |(day, found)| std::iter::repeat(day).zip(found);
        self.found.iter().flat_map(of_day).map(|(day, (key, costs)): (&Day, (&Key, &[Cost; 2]))| {
            let cost = |kind: CostKind| match costs[kind as usize] {
                Cost::Untold => self.days_of[kind as usize].contains(day).then_some(ZERO),
                Cost::Unknown => None,
                Cost::Short(mantissa, scale) => Some(Decimal { mantissa: i128::from(mantissa), scale, rounded: false }),
                Cost::Long(at) => self.long.get(at as usize).copied(),
            };
            Told {
                day: *day,
                groups: key.groups.map(|id| id.map(|id| self.texts.get(id))),
                currency: self.texts.get(key.currency),
                actual: cost(CostKind::Actual),
                amortized: cost(CostKind::Amortized),
            }
        })
    }
}

const ZERO: Decimal = Decimal { mantissa: 0, scale: 0, rounded: false };

/// `20240131`, between quotes or not, or a timestamp.
fn day_of(cell: &Cell) -> Result<Day, String> {
    let day = match cell {
        Cell::Number([text]) | Cell::Text(text) if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) => text
            .parse::<u32>()
            .ok()
            .and_then(|number| Day::from_ymd((number / 10_000) as i32, number / 100 % 100, number % 100)),
        Cell::Text(text) => parse_timestamp(text.as_bytes()).map(Day::of_seconds),
        _ => None,
    };
    day.ok_or_else(|| "its date is none".to_owned())
}

fn currency_of(cell: &Cell) -> Result<&str, String> {
    match cell {
        Cell::Text(text) if is_currency(text.as_bytes()) => Ok(text),
        _ => Err("its currency is none".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::feeds::{SERVICE, SUBSCRIPTION};
    use super::*;
    use crate::domain::calendar::Month;

    static GROUPS: [Group; 2] = [SUBSCRIPTION, SERVICE];

    fn page(columns: &[&str], rows: &str) -> Page {
        let columns: Vec<_> = columns.iter().map(|name| serde_json::json!({ "name": name })).collect();
        let text = format!(
            r#"{{"properties":{{"columns":{},"rows":{rows}}}}}"#,
            serde_json::to_string(&columns).expect("columns")
        );
        Page::read(text.as_bytes()).expect("a page")
    }

    const COLUMNS: [&str; 5] = ["Cost", "UsageDate", "SubscriptionId", "ServiceName", "Currency"];

    fn lines(chains: &Chains<'_>) -> Vec<String> {
        let cost = |cost: Option<Decimal>| cost.map_or("?".to_owned(), |c| c.amount().to_string());
        let mut lines: Vec<String> = chains
            .told()
            .map(|t| {
                let [a, b] = t.groups.map(Option::unwrap_or_default);
                format!("{} {a} {b} {} {} {}", t.day, t.currency, cost(t.actual), cost(t.amortized))
            })
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn both_costs_of_a_group_meet_whatever_the_columns_order() {
        let mut chains = Chains::new(&GROUPS, Month::new(2024, 1).period());
        let actual = r#"[[1.10,20240101,"s1","VM","USD"],[365,20240101,"s1","Reservations","USD"],[2,20240101,"s1","VM","EUR"],[7,20240102,"s1","VM","USD"]]"#;
        chains.take(CostKind::Actual, &page(&COLUMNS, actual)).expect("taken");
        let reordered = ["ServiceName", "Currency", "Extra", "SubscriptionId", "usagedate", "Cost"];
        let amortized = r#"[["VM","USD",null,"s1",20240101,2.30],["Unused","USD",1,"s1","2024-01-01T00:00:00",0.5],["VM","EUR","",null,20240103,3]]"#;
        chains.take(CostKind::Amortized, &page(&reordered, amortized)).expect("taken");
        assert_eq!(
            lines(&chains),
            [
                "2024-01-01 s1 Reservations USD 365 0",
                "2024-01-01 s1 Unused USD 0 0.5",
                "2024-01-01 s1 VM EUR 2 0",
                "2024-01-01 s1 VM USD 1.1 2.3",
                // The other chain has nothing of these days: unknown, not 0.
                "2024-01-02 s1 VM USD 7 ?",
                "2024-01-03  VM EUR ? 3",
            ]
        );
    }

    #[test]
    fn what_cannot_be_believed_is_refused() {
        for (columns, rows, why) in [
            (&COLUMNS[1..], "[]", "no column `Cost` among"),
            (&COLUMNS[..4], "[]", "no column `Currency`"),
            (&COLUMNS, r#"[[1,20240201,"s","VM","USD"]]"#, "row 1: a charge of 2024-02-01, 2024-01-01 to 2024-01-31"),
            (&COLUMNS, r#"[[1,20240132,"s","VM","USD"]]"#, "its date is none"),
            (&COLUMNS, r#"[["much",20240101,"s","VM","USD"]]"#, "the cost is no number"),
            (&COLUMNS, r#"[["",20240101,"s","VM","USD"]]"#, "the cost is no number"),
            (&COLUMNS, r#"[[1,"2024010a","s","VM","USD"]]"#, "its date is none"),
            (&COLUMNS, r#"[[1e400,20240101,"s","VM","USD"]]"#, "out of range"),
            (&COLUMNS, r#"[[1.2.3,20240101,"s","VM","USD"]]"#, "not a decimal number"),
            (&COLUMNS, r#"[[1,20240101,"s","VM","dollars"]]"#, "its currency is none"),
            (&COLUMNS, r#"[[1,20240101,"s","VM",null]]"#, "its currency is none"),
            (&COLUMNS, r#"[[1,20240101,5,"VM","USD"]]"#, "a group is no text"),
            (&COLUMNS, r#"[[1,20240101,"s","VM","USD"],[1,20240101,"s","VM","USD"]]"#, "row 2: the same group"),
        ] {
            let mut chains = Chains::new(&GROUPS, Month::new(2024, 1).period());
            let wrong = chains.take(CostKind::Actual, &page(columns, rows)).expect_err(why);
            assert!(wrong.contains(why), "{rows}: {wrong}");
        }
    }

    #[test]
    fn a_null_cost_is_unknown_and_an_empty_page_is_one() {
        let mut chains = Chains::new(&GROUPS, Month::new(2024, 1).period());
        chains.take(CostKind::Actual, &page(&[], "[]")).expect("an empty page");
        assert!(chains.is_silent(CostKind::Actual));
        chains.take(CostKind::Actual, &page(&COLUMNS, r#"[[null,20240101,"s","VM","USD"]]"#)).expect("taken");
        assert_eq!(lines(&chains), ["2024-01-01 s VM USD ? ?"]);
    }

    #[test]
    fn a_number_between_quotes_is_the_number() {
        let mut chains = Chains::new(&GROUPS, Month::new(2024, 1).period());
        let rows = r#"[["0.10","20240101","s","VM","USD"],[" -1.5E-7 ","20240102","s","VM","USD"]]"#;
        chains.take(CostKind::Actual, &page(&COLUMNS, rows)).expect("taken");
        assert_eq!(lines(&chains), ["2024-01-01 s VM USD 0.1 ?", "2024-01-02 s VM USD -0.00000015 ?"]);
    }

    #[test]
    fn a_cost_is_kept_exactly_however_long_it_is() {
        for (text, kept) in [
            ("-9223372036854.775808", "-9223372036854.775808"),
            ("92233720368547.75807123456", "92233720368547.75807123456"),
            ("0.1234567890123456785", "0.123456789012345678"),
            ("-0.0000000000000000005", "0"),
            ("-1E-7", "-0.0000001"),
        ] {
            let mut chains = Chains::new(&GROUPS, Month::new(2024, 1).period());
            let rows = format!(r#"[[{text},20240101,"s","VM","USD"]]"#);
            chains.take(CostKind::Actual, &page(&COLUMNS, &rows)).expect("taken");
            let cost = chains.told().next().and_then(|told| told.actual).expect("told");
            assert_eq!(cost, Decimal::parse(text.as_bytes()).expect("a cost"));
            assert_eq!(cost.amount().to_string(), kept);
        }
    }

    #[test]
    fn a_tag_called_as_a_column_is_told_by_its_own_values() {
        let columns = ["Cost", "UsageDate", "ServiceName", "TagKey", "TagValue", "Currency"];
        for key in ["ServiceName", "Cost", "Currency", "TagKey", "TagValue"] {
            let groups = [SERVICE, Group::Tag(key.into())];
            let mut chains = Chains::new(&groups, Month::new(2024, 1).period());
            let rows = format!(r#"[[1,20240101,"VM","{key}","shop","USD"]]"#);
            chains.take(CostKind::Actual, &page(&columns, &rows)).expect(key);
            assert_eq!(lines(&chains), ["2024-01-01 VM shop USD 1 ?"], "{key}");
        }
    }

    #[test]
    fn only_the_tag_that_was_asked_for_counts() {
        let groups = [SERVICE, Group::Tag("Team".into())];
        let columns = ["Cost", "UsageDate", "ServiceName", "TagKey", "TagValue", "Currency"];
        let mut chains = Chains::new(&groups, Month::new(2024, 1).period());
        let rows = r#"[[1,20240101,"VM","team","core","USD"],[2,20240101,"VM","team",null,"USD"]]"#;
        chains.take(CostKind::Actual, &page(&columns, rows)).expect("taken");
        assert_eq!(lines(&chains), ["2024-01-01 VM  USD 2 ?", "2024-01-01 VM core USD 1 ?"]);
        for nothing in [r#""","""#, "null,null"] {
            let mut chains = Chains::new(&groups, Month::new(2024, 1).period());
            let rows = format!(r#"[[1,20240101,"VM",{nothing},"USD"],[2,20240101,"VM","team","","USD"]]"#);
            chains.take(CostKind::Actual, &page(&columns, &rows)).expect("untagged, and tagged with nothing");
            assert_eq!(lines(&chains), ["2024-01-01 VM  USD 1 ?", "2024-01-01 VM  USD 2 ?"], "{nothing}");
        }
        let other = r#"[[1,20240101,"VM","env","core","USD"]]"#;
        let wrong = chains.take(CostKind::Amortized, &page(&columns, other)).expect_err("another tag");
        assert!(wrong.contains("not asked for"), "{wrong}");
    }
}
