//! How a segment's profiles and terms fall into the groups of a request.
//!
//! Groups are numbered within the segment; only those that turn out to have charges learn what
//! the table calls their values, many at a time.

use std::borrow::Cow;
use std::rc::Rc;

use hashbrown::HashMap;

use super::opened::{Known, Opened};
use super::selection::Selection;
use super::table::{Ids, Key, Request, Slots, Table};
use super::values::Values;
use crate::analytics::rollup::canonical;
use crate::domain::calendar::Granularity;
use crate::domain::charge::Terms;
use crate::domain::dict::NONE;
use crate::domain::dimension::{Dimension, Place};
use crate::error::Result;

/// The group of a terms row that no charge counts of.
pub const NO_GROUP: u32 = u32::MAX;
/// Stands for the hour of charges that are longer than one.
const NO_HOUR: u32 = u32::MAX;

/// The groups of a segment's charges: each is one of the profiles' and one of the terms'.
#[derive(Default)]
pub struct Grouping<'r> {
    columns: Vec<Column<'r>>,
    profiles: Rc<Groups>,
    terms: TermsGroups,
    /// So many low bits of a place are its terms' group: taking them apart needs no division.
    shift: u32,
}

impl<'r> Grouping<'r> {
    /// Groups what a segment's charges point at, as far as it is selected; `table` learns the currencies.
    ///
    /// # Errors
    /// Kind `Store` where data cannot be read.
    pub fn new(
        request: &Request<'r>,
        segment: &Opened<'_>,
        selection: &Selection,
        table: &mut Table,
    ) -> Result<Grouping<'r>> {
        let read = |dimension| Column::read(dimension, segment);
        let columns: Vec<Column<'_>> = request.by.iter().map(read).collect::<Result<_>>()?;
        let mut tuples = TermsGroups::tuples(request, segment, table)?;
        for (d, column) in columns.iter().enumerate().filter(|(_, column)| column.is_of_terms()) {
            let rows = tuples.iter_mut().zip(column.ids()).filter_map(|(tuple, id)| Some((tuple.as_mut()?, id)));
            rows.for_each(|(tuple, id)| tuple.2.0[d] = *id);
        }
        let profiles = segment.grouped(request, || {
            let mut profiles = Groups::one(segment.head.profiles as usize, selection.profiles.as_deref());
            for (d, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_of_terms()) {
                profiles.split(d, column.ids(), column.known.0.len());
            }
            Ok(profiles)
        })?;
        let terms = TermsGroups::of(tuples);
        let shift = terms.values.len().max(1).next_power_of_two().trailing_zeros();
        Ok(Grouping { columns, profiles, terms, shift })
    }

    /// Leaves out terms rows that are not admitted.
    pub fn admit_terms(&mut self, flags: &[bool]) {
        let off = self.terms.of.iter_mut().zip(flags).filter(|(_, admitted)| !**admitted);
        off.for_each(|(group, _)| *group = NO_GROUP);
    }

    /// How many places there are.
    #[must_use]
    pub fn places(&self) -> usize {
        self.profiles.values.len().max(1) << self.shift
    }

    /// The group of each profile and of each terms row, [`NO_GROUP`] where none of it counts. A
    /// charge's place is its profile's group, shifted left by the number that comes with them, plus
    /// its terms'.
    #[must_use]
    pub fn numbers(&self) -> (&[u32], &[u32], u32) {
        (&self.profiles.of, &self.terms.of, self.shift)
    }

    /// Moves totals by place into a table's piece of time that begins at `start`, or in one of its
    /// hours.
    pub fn flush(&mut self, slots: &mut Slots, start: i64, table: &mut Table) {
        let (shift, mask) = (self.shift, (1 << self.shift) - 1);
        let (profiles, terms) = (&self.profiles.values, &self.terms.values);
        // A dimension is the profiles' or the terms', and 0 in the other.
        let ids = |place: usize| {
            let (profile, terms) = (profiles[place >> shift].0, terms[place & mask].2.0);
            Ids(std::array::from_fn(|d| profile[d] | terms[d]))
        };
        for (d, (column, values)) in self.columns.iter_mut().zip(&mut table.dimensions).enumerate() {
            column.number(slots.places().iter().map(|place| ids(*place).0[d]), values);
        }
        let columns = &self.columns;
        slots.drain(|places, totals| {
            let mut keys = Vec::with_capacity(places.len());
            let mut kept = Vec::with_capacity(places.len());
            for (place, total) in places.iter().zip(totals) {
                let (currency, seconds, _) = terms[place & mask];
                if seconds == NO_HOUR {
                    table.left_out.entry(currency).or_default().merge(total);
                    continue;
                }
                let mut values = ids(*place);
                values.0.iter_mut().zip(columns).for_each(|(id, column)| *id = column.numbers[*id as usize]);
                keys.push(Key { currency, start: start + i64::from(seconds), values });
                kept.push(*total);
            }
            table.add_all(&keys, &kept);
        });
    }
}

/// A dimension's values in one segment.
pub(super) struct Column<'r> {
    dimension: &'r Dimension,
    /// Its texts, and the number of each profile's or terms row's.
    known: Known,
    /// The same of the values' names, where the dimension has some.
    names: Option<Known>,
    /// For each value, the number of its name; empty where the dimension has none.
    name_of: Rc<Vec<u32>>,
    /// For each value, the table's number, once it is known; empty until one is asked for.
    numbers: Vec<u32>,
}

/// The table's number is not known yet.
const UNKNOWN: u32 = u32::MAX;
/// It is being asked for.
const ASKED: u32 = u32::MAX - 1;

impl<'r> Column<'r> {
    /// Reads a dimension's values.
    pub(super) fn read(dimension: &'r Dimension, segment: &Opened<'_>) -> Result<Column<'r>> {
        let known = segment.at(dimension.place())?;
        let names = dimension.label_place().map(|place| segment.at(place)).transpose()?;
        Ok(Column { dimension, known, names, name_of: segment.name_of(dimension)?, numbers: Vec::new() })
    }

    fn is_of_terms(&self) -> bool {
        match self.dimension.place() {
            Place::Terms(_) => true,
            Place::Profile(_) | Place::Tag(_) | Place::Evidence(_) => false,
        }
    }

    /// The number of each profile's or terms row's value here.
    pub(super) fn ids(&self) -> &[u32] {
        &self.known.1
    }

    /// The table's number of each profile's or terms row's value.
    pub(super) fn all_numbered(&mut self, values: &mut Values) -> Vec<u32> {
        let known = Rc::clone(&self.known);
        self.number(known.1.iter().copied(), values);
        known.1.iter().map(|id| self.numbers[*id as usize]).collect()
    }

    /// The table's number of each of some values' numbers here.
    pub(super) fn numbered(&mut self, ids: Vec<u32>, values: &mut Values) -> Vec<u32> {
        self.number(ids.iter().copied(), values);
        ids.into_iter().map(|id| self.numbers[id as usize]).collect()
    }

    /// Learns the table's numbers of some values.
    fn number(&mut self, wanted: impl Iterator<Item = u32>, values: &mut Values) {
        let mut asked = Vec::new();
        for id in wanted {
            if self.numbers.is_empty() {
                // Of many requests few have charges in every segment.
                self.numbers = vec![UNKNOWN; self.known.0.len()];
            }
            let number = &mut self.numbers[id as usize];
            if *number == UNKNOWN {
                *number = ASKED;
                asked.push(id);
            }
        }
        // In the order of the texts: they are then read as they lie.
        asked.sort_unstable();
        let mut numbers = vec![NONE; asked.len()];
        let value = |id: &u32| {
            let names = self.names.as_ref().zip(self.name_of.get(*id as usize));
            let name = names.map_or("", |(names, name)| names.0.get(*name));
            (canonical(self.dimension, self.known.0.get(*id)), name)
        };
        let found: Vec<(Cow<'_, str>, &str)> = asked.iter().map(value).collect();
        values.add_all(found.iter().map(|(text, name)| (text.as_ref(), *name)), &mut numbers);
        asked.iter().zip(numbers).for_each(|(id, number)| self.numbers[*id as usize] = number);
    }
}

/// Profiles by group.
#[derive(Default)]
pub(super) struct Groups {
    /// For each profile, its group; [`NO_GROUP`] where it is not selected.
    of: Vec<u32>,
    /// For each group, its values.
    values: Vec<Ids>,
    /// How many profiles are selected.
    count: usize,
}

/// Pairs of numbers are told apart by a table up to so many, and so many for each profile; beyond, by a hash map.
const PAIRS_MAX: usize = 1 << 21;
const PAIRS_EACH: usize = 16;

impl Groups {
    /// All that are selected in one group.
    fn one(profiles: usize, selected: Option<&[bool]>) -> Groups {
        let of = |selected: &bool| if *selected { 0 } else { NO_GROUP };
        let of = selected.map_or_else(|| vec![0; profiles], |selected| selected.iter().map(of).collect());
        let count = of.iter().filter(|group| **group != NO_GROUP).count();
        Groups { of, values: vec![Ids::default()], count }
    }

    /// Splits the groups by one more dimension: `ids` are the profiles' numbers among so many.
    fn split(&mut self, dimension: usize, ids: &[u32], among: usize) {
        let before = std::mem::take(&mut self.values);
        let mut values = Vec::new();
        let mut next = |group: u32, id: u32| {
            let mut tuple = before[group as usize];
            tuple.0[dimension] = id;
            values.push(tuple);
            values.len() as u32 - 1
        };
        let profiles = self.of.iter_mut().zip(ids).filter(|(group, _)| **group != NO_GROUP);
        if before.len() * among <= PAIRS_MAX.min(self.count.saturating_mul(PAIRS_EACH)) {
            let mut numbers = vec![u32::MAX; before.len() * among];
            for (group, id) in profiles {
                let number = &mut numbers[*group as usize * among + *id as usize];
                if *number == u32::MAX {
                    *number = next(*group, *id);
                }
                *group = *number;
            }
        } else {
            let mut numbers: HashMap<u64, u32> = HashMap::new();
            for (group, id) in profiles {
                let pair = u64::from(*group) << 32 | u64::from(*id);
                *group = *numbers.entry(pair).or_insert_with(|| next(*group, *id));
            }
        }
        self.values = values;
    }
}

/// A terms row's currency (the table's number), the seconds from its day's start to its hour or
/// [`NO_HOUR`], and its values.
type Tuple = (u32, u32, Ids);

/// Terms rows by group.
#[derive(Default)]
struct TermsGroups {
    /// For each terms row, its group; [`NO_GROUP`] where it is not asked for.
    of: Vec<u32>,
    /// For each group, what its rows have in common.
    values: Vec<Tuple>,
}

impl TermsGroups {
    /// Each terms row's currency, and hour where hours are asked for; `None` where its currency is
    /// not the one asked for.
    fn tuples(request: &Request<'_>, segment: &Opened<'_>, table: &mut Table) -> Result<Vec<Option<Tuple>>> {
        let (currencies, ids) = &*segment.of_terms(Terms::Currency)?;
        let wanted = |text: &&str| request.currency.is_none_or(|c| c == *text);
        let numbers: Vec<Option<u32>> =
            currencies.iter().map(|text| Some(text).filter(wanted).map(|t| table.currencies.intern(t))).collect();
        let tuple = |id: u32| numbers[id as usize].map(|currency| (currency, 0, Ids::default()));
        let mut tuples: Vec<Option<Tuple>> = ids.iter().map(|id| tuple(*id)).collect();
        if request.granularity == Some(Granularity::Hour) {
            for (tuple, times) in tuples.iter_mut().zip(segment.terms_times()?) {
                let hour = if times.duration > 3600 { NO_HOUR } else { times.start / 3600 * 3600 };
                tuple.iter_mut().for_each(|tuple| tuple.1 = hour);
            }
        }
        Ok(tuples)
    }

    fn of(tuples: Vec<Option<Tuple>>) -> TermsGroups {
        let mut groups = TermsGroups::default();
        let mut seen: HashMap<Tuple, u32> = HashMap::new();
        let group = |tuple: Option<Tuple>| {
            let Some(tuple) = tuple else { return NO_GROUP };
            *seen.entry(tuple).or_insert_with(|| {
                groups.values.push(tuple);
                groups.values.len() as u32 - 1
            })
        };
        groups.of = tuples.into_iter().map(group).collect();
        groups
    }
}
