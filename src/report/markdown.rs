//! Writes a document as GitHub-flavoured Markdown.
//!
//! Knows no answer. Text of a bill stays text: what Markdown or HTML would act on is escaped.

use std::io::{self, Write};

use super::grid::{Document, Grid, Kind, Part};

/// Writes a document.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    for (i, part) in document.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        match part {
            Part::Title(text) => writeln!(out, "**{}**", escaped(text))?,
            Part::Grid(grid) => write_grid(grid, out)?,
            Part::Note(text) => writeln!(out, "{}", escaped(text))?,
        }
    }
    Ok(())
}

fn write_grid(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    let line = |out: &mut dyn Write, cells: &mut dyn Iterator<Item = String>| {
        out.write_all(b"|")?;
        for cell in cells {
            write!(out, " {cell} |")?;
        }
        writeln!(out)
    };
    line(out, &mut grid.columns.iter().map(|c| escaped(&c.heading)))?;
    let rule = |kind: Kind| if kind == Kind::Number { "---:" } else { "---" };
    line(out, &mut grid.columns.iter().map(|c| rule(c.kind).to_owned()))?;
    for row in &grid.rows {
        line(out, &mut row.iter().map(|cell| escaped(cell)))?;
    }
    let bold = |cell: &String| if cell.is_empty() { String::new() } else { format!("**{}**", escaped(cell)) };
    match &grid.total {
        Some(total) => line(out, &mut total.iter().map(bold)),
        None => Ok(()),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '\\' | '|' | '`' | '*' | '[' | ']' | '<' | '>' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped(r"a|b\c"), r"a\|b\\c");
        assert_eq!(escaped("<img src=x> ![a](b) `x` *y*"), r"\<img src=x\> !\[a\](b) \`x\` \*y\*");
        assert_eq!(escaped("dev_api-1"), "dev_api-1");
    }
}
