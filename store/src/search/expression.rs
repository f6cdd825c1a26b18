//! The pieces of match expressions. Whatever a person typed stands in them only quoted.

use super::fold;
use super::query::Field;

/// Columns of table `word` and of table `piece`.
pub(super) struct Columns {
    pub(super) word: &'static str,
    pub(super) piece: Option<&'static str>,
}

/// Where a field lies.
pub(super) fn columns(field: Field) -> Columns {
    let (word, piece) = match field {
        Field::Any => (
            "subject sender recipient copy file body",
            Some(
                "subject subject_plain sender sender_plain recipient recipient_plain copy \
                 copy_plain file file_plain",
            ),
        ),
        Field::From => ("sender", Some("sender sender_plain")),
        Field::To => (
            "recipient copy",
            Some("recipient recipient_plain copy copy_plain"),
        ),
        Field::Cc => ("copy", Some("copy copy_plain")),
        Field::Subject => ("subject", Some("subject subject_plain")),
        Field::Body => ("body", None),
        Field::File => ("file", Some("file file_plain")),
    };
    Columns { word, piece }
}

/// The spellings of a text for the search inside of words, quoted; none when it is too short.
pub(super) fn inside(text: &str) -> Vec<String> {
    let line = fold::line(text);
    let spellings = [Some(line.folded), line.plain].into_iter().flatten();
    spellings
        .filter(|spelling| spelling.chars().count() >= 3)
        .map(|spelling| quoted(&spelling))
        .collect()
}

/// A string of the match language (<https://www.sqlite.org/fts5.html#fts5_strings>).
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
