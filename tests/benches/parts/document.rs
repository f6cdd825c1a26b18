//! The document that a run writes.

use std::fmt::{self, Write as _};

use crate::table::Table;

/// Headings, paragraphs and tables, in order.
#[derive(Clone, Debug, Default)]
pub struct Document {
    text: String,
}

impl Document {
    /// One with this title.
    pub fn new(title: &str) -> Self {
        Self {
            text: format!("# {title}\n"),
        }
    }

    /// Begins a section.
    pub fn section(&mut self, heading: &str) {
        let _ = write!(self.text, "\n## {heading}\n");
    }

    /// Adds a paragraph. Spaces and line ends in it count as one space.
    pub fn paragraph(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        self.text.push('\n');
        self.text.push_str(&wrapped(&words));
    }

    /// Adds a table, unless it is empty.
    pub fn table(&mut self, table: &Table) {
        if !table.is_empty() {
            let _ = write!(self.text, "\n{table}");
        }
    }

    /// Adds another document's sections.
    pub fn append(&mut self, part: &Document) {
        self.text.push_str(&part.text);
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Characters of a line.
const WIDTH: usize = 120;

fn wrapped(words: &[&str]) -> String {
    let mut text = String::new();
    let mut used = 0;
    for word in words {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > WIDTH {
            text.push('\n');
            used = 0;
        }
        if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_paragraphs_and_tables_are_apart() {
        let mut part = Document::default();
        part.section("Pages");
        part.paragraph("One\n  two.");
        part.table(&Table::new(&["empty"]));
        let mut table = Table::new(&["what"]);
        table.row(["a"]);
        part.table(&table);
        let mut all = Document::new("Benchmarks");
        all.append(&part);
        assert_eq!(
            all.to_string(),
            "# Benchmarks\n\n## Pages\n\nOne two.\n\n| what |\n|:-----|\n| a    |\n"
        );
    }

    #[test]
    fn long_paragraphs_are_broken_between_words() {
        let mut document = Document::default();
        document.paragraph(&"wörter ".repeat(40));
        let text = document.to_string();
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        assert_eq!(text.split_whitespace().count(), 40);
    }
}
