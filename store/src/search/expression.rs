//! The pieces of match expressions. Whatever a person typed stands in them only quoted.

use super::fold::{self, Word};
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

/// The spellings of a word, each once: as it was typed, as it was seen, and without umlauts.
pub(super) fn ordered(word: &Word, seen: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = vec![word.folded.clone()];
    for spelling in seen.into_iter().chain(word.plain.clone()) {
        if !all.contains(&spelling) {
            all.push(spelling);
        }
    }
    all
}

/// Up to `max` phrases of words that have several spellings. First the two that people mean: all
/// words as they were typed, and all as they were seen.
pub(super) fn phrases(words: &[Vec<String>], max: usize) -> Vec<String> {
    let all = |nth: usize| {
        let words = words
            .iter()
            .filter_map(|word| word.get(nth).or(word.first()));
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    let mut phrases = vec![all(0), all(1)];
    let mut mixed = vec![String::new()];
    for word in words {
        mixed = mixed
            .iter()
            .flat_map(|begun| word.iter().map(move |next| format!("{begun} {next}")))
            .take(max)
            .collect();
    }
    for phrase in &mixed {
        let phrase = phrase.trim_start();
        if !phrases.iter().any(|known| known == phrase) {
            phrases.push(phrase.to_owned());
        }
    }
    phrases.dedup();
    phrases.truncate(max);
    phrases
}

/// A string of the match language (<https://www.sqlite.org/fts5.html#fts5_strings>).
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
