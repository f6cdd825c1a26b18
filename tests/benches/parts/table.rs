//! A table in Markdown.

use std::fmt::{self, Write as _};

/// Rows under headings. The first column is text, all others are figures.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// One without rows.
    pub fn new(headings: &[&str]) -> Self {
        let headings = headings.iter().map(|it| (*it).to_owned()).collect();
        Self {
            headings,
            rows: Vec::new(),
        }
    }

    /// Adds a row: one cell for each heading.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        assert_eq!(
            cells.len(),
            self.headings.len(),
            "a row of {cells:?} under {:?}",
            self.headings
        );
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| &row[column]);
            let cells = cells.chain([&self.headings[column]]);
            cells.map(|cell| length(cell)).max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        writeln!(f, "{}", line(&self.headings, &widths))?;
        let mut rule = String::from("|");
        for (column, width) in widths.iter().enumerate() {
            let _ = match column {
                0 => write!(rule, "{:-<1$}|", ":", width + 2),
                _ => write!(rule, "{:->1$}|", ":", width + 2),
            };
        }
        writeln!(f, "{rule}")?;
        for row in &self.rows {
            writeln!(f, "{}", line(row, &widths))?;
        }
        Ok(())
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::from("|");
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let padding = " ".repeat(width - length(cell));
        let cell = escaped(cell);
        let _ = match column {
            0 => write!(line, " {cell}{padding} |"),
            _ => write!(line, " {padding}{cell} |"),
        };
    }
    line
}

fn length(cell: &str) -> usize {
    escaped(cell).chars().count()
}

/// A bar would end the cell.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["what", "p50", "p99"]);
        table.row(["first page", "1.2", "10.4"]);
        table.row(["größer | tiefer", "–", "3"]);
        let want = "\
| what             | p50 |  p99 |
|:-----------------|----:|-----:|
| first page       | 1.2 | 10.4 |
| größer \\| tiefer |   – |    3 |
";
        assert_eq!(table.to_string(), want);
    }

    #[test]
    #[should_panic(expected = "a row of")]
    fn a_row_fits_its_headings() {
        Table::new(&["what", "p50"]).row(["only one"]);
    }
}
