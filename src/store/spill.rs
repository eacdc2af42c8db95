//! A place on disk for rollup cells while an import runs, so that memory stays bounded.
//!
//! The file has no name once it is open: whatever ends the process also ends the file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::codec::{self, Reader};
use super::frame::{self, Damage};
use super::rollups;
use crate::domain::calendar::Day;
use crate::domain::dict::Dict;
use crate::domain::rollup::{CellKey, CellKind, Cells, METRICS, Sums, Values};
use crate::error::{Error, Kind, Result};

/// Where a spilled piece lies.
#[derive(Clone, Copy, Default, Debug)]
pub struct Place {
    at: u64,
    len: u64,
}

/// Spilled pieces, on disk or in memory.
pub enum Spill {
    /// In an unnamed file.
    Disk(File, u64),
    /// In memory, for stores in memory.
    Memory(Vec<u8>),
}

impl Spill {
    /// A spill file in `folder`.
    ///
    /// # Errors
    /// Kind `Store` where it cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Spill> {
        let path = folder.join(format!("spill-{}", std::process::id()));
        let failed = |e: &std::io::Error| Error::io(Kind::Store, "create", &path, e);
        let file =
            File::options().create(true).truncate(true).read(true).write(true).open(&path).map_err(|e| failed(&e))?;
        std::fs::remove_file(&path).map_err(|e| failed(&e))?;
        Ok(Spill::Disk(file, 0))
    }

    /// Puts cells away.
    ///
    /// # Errors
    /// Kind `Store` where the disk is full.
    pub fn put(&mut self, bytes: &[u8]) -> Result<Place> {
        let len = bytes.len() as u64;
        let at = match self {
            Spill::Memory(all) => {
                all.extend_from_slice(bytes);
                all.len() as u64 - len
            }
            Spill::Disk(file, end) => {
                file.write_all_at(bytes, *end)
                    .map_err(|e| Error::io(Kind::Store, "write to", Path::new("spill"), &e))?;
                *end += len;
                *end - len
            }
        };
        Ok(Place { at, len })
    }

    /// Gets cells back.
    ///
    /// # Errors
    /// Kind `Store` where they cannot be read.
    pub fn get(&self, place: Place) -> Result<Cells> {
        let (at, len) = (place.at as usize, place.len as usize);
        let bytes = match self {
            Spill::Memory(all) => all.get(at..at + len).map(<[u8]>::to_vec).unwrap_or_default(),
            Spill::Disk(file, _) => {
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, place.at)
                    .map_err(|e| Error::io(Kind::Store, "read from", Path::new("spill"), &e))?;
                bytes
            }
        };
        Ok(decode(&frame::open(&bytes)?)?)
    }
}

/// Cells as the bytes of [`Spill::put`].
#[must_use]
pub fn encode(cells: &Cells) -> Vec<u8> {
    let mut raw = Vec::new();
    let groups: Vec<u32> = cells.keys.iter().map(|k| k.group).collect();
    codec::put_ids(&mut raw, &groups, true);
    raw.push(cells.dimensions.len() as u8);
    rollups::put_cells(&mut raw, cells);
    (0..METRICS).for_each(|metric| rollups::put_sums(&mut raw, cells, metric));
    frame::seal(&raw)
}

fn get_dict(reader: &mut Reader<'_>) -> Result<Dict, Damage> {
    let texts = codec::get_texts(reader)?;
    let mut dict = Dict::default();
    texts.iter().skip(1).for_each(|t| {
        dict.intern(t);
    });
    Ok(dict)
}

fn decode(raw: &[u8]) -> Result<Cells, Damage> {
    let mut reader = Reader(raw);
    let r = &mut reader;
    let (groups, dimensions) = (codec::get_ids(r)?, r.byte()?);
    let (days, currencies) = (codec::get_ids(r)?, codec::get_ids(r)?);
    let (kinds, rows) = (codec::get_ids(r)?, codec::get_ids(r)?);
    let mut cells = Cells { currencies: get_dict(r)?, categories: get_dict(r)?, ..Cells::default() };
    let mut values = Vec::new();
    for _ in 0..dimensions {
        values.push(codec::get_ids(r)?);
        let texts = get_dict(r)?;
        let name_of = codec::get_ids(r)?;
        let names = get_dict(r)?;
        cells.dimensions.push(Values { texts, name_of, names, ..Values::default() });
    }
    for dimension in &mut cells.dimensions {
        dimension.others = rollups::get_others(r)?.into_iter().collect();
    }
    let classes = codec::get_ids(r)?;
    cells.classes = get_dict(r)?;
    let cells_n = groups.len();
    let columns = [&days, &currencies, &kinds, &classes, &rows];
    if columns.into_iter().chain(&values).any(|column| column.len() != cells_n) {
        return Err(Damage::new("spilled cells have columns of different lengths"));
    }
    let value = |d: usize, i: usize| values.get(d).map_or(0, |v: &Vec<u32>| v[i]);
    cells.keys = (0..cells_n)
        .map(|i| CellKey {
            group: groups[i],
            day: Day(days[i] as i32),
            currency: currencies[i],
            kind: CellKind(kinds[i]),
            class: classes[i],
            values: [value(0, i), value(1, i)],
        })
        .collect();
    cells.sums = rows.iter().map(|rows| Sums { rows: *rows, ..Sums::default() }).collect();
    for metric in 0..METRICS {
        let sums = codec::get_numbers(r, None)?;
        let unknown = codec::get_ids(r)?;
        if sums.len() != cells_n || unknown.len() != cells_n {
            return Err(Damage::new("spilled sums have another length than their cells"));
        }
        for (i, cell) in cells.sums.iter_mut().enumerate() {
            cell.sums[metric] = sums.units(i);
            cell.unknown[metric] = unknown[i];
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_other_lengths_are_damage() {
        let mut cells = Cells::new(1);
        let (usd, usage) = (cells.currencies.intern("USD"), cells.categories.intern("Usage"));
        let value = cells.dimensions[0].intern("AWS", "");
        for day in 0..3 {
            let values = [value, 0];
            let (day, kind, class) = (Day(day), CellKind::new(usage, false), 0);
            cells.keys.push(CellKey { group: 0, day, currency: usd, kind, class, values });
            cells.sums.push(Sums { rows: 1, ..Sums::default() });
        }
        let raw = frame::open(&encode(&cells)).expect("frame");
        assert_eq!(decode(&raw).map(|c| c.keys), Ok(cells.keys.clone()));
        // The groups' column lost a cell; the others have three.
        let (mut longer, mut shorter) = (Vec::new(), Vec::new());
        codec::put_ids(&mut longer, &[0; 3], true);
        codec::put_ids(&mut shorter, &[0; 2], true);
        shorter.extend_from_slice(&raw[longer.len()..]);
        assert!(decode(&shorter).is_err_and(|d| d.0.contains("lengths")));
    }
}
