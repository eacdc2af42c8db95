//! Draws a document for a terminal: aligned columns that fit its width, no colour.
//!
//! Knows no answer. Cells come safe from [`super::grid`].

use std::io::{self, Write};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::grid::{Document, Grid, Kind, Part};

/// Columns are this far apart.
const GAP: usize = 2;
/// A text column is never narrower than this.
const TEXT_MIN: usize = 8;
const DECIMALS: usize = 3;

/// Draws a document; `width` is the terminal's, `None` for no limit.
pub fn write(document: &Document, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    for (i, part) in document.iter().enumerate() {
        match part {
            Part::Title(text) => {
                if i > 0 {
                    writeln!(out)?;
                }
                writeln!(out, "{text}")?;
            }
            Part::Grid(grid) => write_grid(grid, width, out)?,
            Part::Note(text) => writeln!(out, "{text}")?,
        }
    }
    Ok(())
}

fn write_grid(grid: &Grid, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let decimals: Vec<usize> = (0..grid.columns.len()).map(|c| decimals_max(grid, c)).collect();
    let mut widths: Vec<usize> = (0..grid.columns.len()).map(|c| natural(grid, c, decimals[c])).collect();
    if let Some(width) = width {
        shrink(grid, &mut widths, width);
    }
    let headings: Vec<String> = grid.columns.iter().map(|c| c.heading.clone()).collect();
    let draw = Draw { grid, widths: &widths, decimals: &decimals };
    draw.line(&headings, true, out)?;
    for row in &grid.rows {
        draw.line(row, false, out)?;
    }
    if let Some(total) = &grid.total {
        if !grid.rows.is_empty() {
            let rule = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
            writeln!(out, "{}", "-".repeat(rule))?;
        }
        draw.line(total, false, out)?;
    }
    Ok(())
}

/// All cells of a column, the total's among them.
fn cells(grid: &Grid, column: usize) -> impl Iterator<Item = &str> {
    grid.rows.iter().chain(&grid.total).map(move |row| row.get(column).map_or("", String::as_str))
}

/// The point and what stands behind it; a word counts as an amount with two decimals.
fn decimals_of(cell: &str) -> usize {
    cell.rfind('.').filter(|_| cell.ends_with(|c: char| c.is_ascii_digit())).map_or(DECIMALS, |at| cell.len() - at)
}

fn decimals_max(grid: &Grid, column: usize) -> usize {
    let signs = cells(grid, column).any(|c| c.ends_with('%'));
    match grid.columns[column].kind {
        Kind::Number if !signs => cells(grid, column).filter(|c| !c.is_empty()).map(decimals_of).max().unwrap_or(0),
        _ => 0,
    }
}

fn natural(grid: &Grid, column: usize, decimals: usize) -> usize {
    let cell = |c: &str| c.width() + if decimals > 0 { decimals.saturating_sub(decimals_of(c)) } else { 0 };
    let heading = grid.columns[column].heading.width();
    cells(grid, column).map(cell).max().unwrap_or(0).max(heading)
}

/// Takes from the widest text columns until the grid fits, or none has any to give.
fn shrink(grid: &Grid, widths: &mut [usize], limit: usize) {
    loop {
        let all = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let widest = (0..widths.len())
            .filter(|c| grid.columns[*c].kind != Kind::Number && widths[*c] > TEXT_MIN)
            .max_by_key(|c| widths[*c]);
        match widest {
            Some(column) if all > limit => widths[column] -= 1,
            _ => return,
        }
    }
}

struct Draw<'a> {
    grid: &'a Grid,
    widths: &'a [usize],
    decimals: &'a [usize],
}

impl Draw<'_> {
    fn line(&self, cells: &[String], heading: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (c, column) in self.grid.columns.iter().enumerate() {
            let cell = cells.get(c).map_or("", String::as_str);
            if c > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            if column.kind == Kind::Number {
                // Behind the amount: room for the decimals that it has fewer than others.
                let missing = self.decimals[c].saturating_sub(decimals_of(cell));
                let behind = if heading || cell.is_empty() || self.decimals[c] == 0 { 0 } else { missing };
                line.push_str(&" ".repeat(self.widths[c].saturating_sub(cell.width() + behind)));
                line.push_str(cell);
                line.push_str(&" ".repeat(behind));
            } else {
                let cell = cut(cell, self.widths[c], column.kind == Kind::Id);
                line.push_str(&cell);
                line.push_str(&" ".repeat(self.widths[c].saturating_sub(cell.width())));
            }
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// The text in at most `width` columns, `…` where something was cut.
fn cut(text: &str, width: usize, middle: bool) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let tail = if middle { room * 2 / 3 } else { 0 };
    let head = take(text.graphemes(true), room - tail);
    let mut end = take(text.graphemes(true).rev(), tail);
    end.reverse();
    format!("{}…{}", head.concat(), end.concat())
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, width: usize) -> Vec<&'a str> {
    let mut used = 0;
    graphemes
        .take_while(|g| {
            used += g.width();
            used <= width
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_text_at_its_end_and_ids_in_their_middle() {
        assert_eq!(cut("Amazon Elastic Compute Cloud", 12, false), "Amazon Elas…");
        assert_eq!(cut("arn:aws:ec2:us-east-1:instance/i-0abc", 13, true), "arn:…ce/i-0abc".replace("ce/", "e/"));
        assert_eq!(cut("本番環境", 5, false), "本番…");
        assert_eq!(cut("short", 5, true), "short");
        assert_eq!(cut("x", 0, false), "…");
    }

    #[test]
    fn fits_any_width_as_far_as_numbers_allow() {
        let column = super::super::grid::Column::new;
        let grid = Grid {
            columns: vec![column("Service", Kind::Text), column("Resource", Kind::Id), column("Cost", Kind::Number)],
            rows: vec![vec!["s".repeat(50), "r".repeat(80), "1,234.50".to_owned()]],
            total: None,
        };
        for width in 0..160 {
            let mut out = Vec::new();
            write_grid(&grid, Some(width), &mut out).expect("written");
            let text = String::from_utf8(out).expect("text");
            let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            assert!(widest <= width.max(TEXT_MIN * 2 + 8 + GAP * 2), "{width}: {text}");
        }
    }
}
