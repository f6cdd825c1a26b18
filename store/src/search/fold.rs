//! Folding: what is the same to a reader becomes the same to the index.
//!
//! Everything is brought to NFKC and lower case, ß becomes ss, accents go. What is left to decide
//! are the umlauts, and people type them in three ways. The *folded* spelling has ae, oe, ue; the
//! *plain* one has a, o, u. The index holds the folded words and, for those that had an umlaut,
//! their plain spelling beside them; so `Müller` is found by müller, mueller and muller.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use crate::limits;

/// One word in its spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// With ae, oe, ue.
    pub(super) folded: String,
    /// With a, o, u, where that is another spelling.
    pub(super) plain: Option<String>,
}

/// The words of a text. Whatever is neither letter nor digit parts them; a Chinese or Japanese
/// character is a word by itself, because those languages do not part them.
pub(super) fn words(text: &str) -> Vec<Word> {
    let normal = normal(text);
    let mut words = Vec::new();
    for run in normal.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c))) {
        let mut rest = run;
        while let Some(at) = rest.find(is_ideograph) {
            let (before, from) = rest.split_at(at);
            let (character, after) = from.split_at(from.chars().next().map_or(0, char::len_utf8));
            words.extend([before, character].into_iter().filter_map(word));
            rest = after;
        }
        words.extend(word(rest));
    }
    words
}

/// Whether a word in it is longer than any in the index.
pub(super) fn has_long_word(text: &str) -> bool {
    let normal = normal(text);
    let mut runs =
        normal.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c)) || is_ideograph(c));
    runs.any(|run| run.chars().count() > limits::WORD_CHARS_MAX)
}

/// A short text for the search inside of words: folded, and plain where that is another spelling.
/// Blanks count as one.
pub(super) fn line(text: &str) -> Word {
    let normal = normal(text);
    let words: Vec<Word> = normal.split_whitespace().map(spellings).collect();
    let join = |of: fn(&Word) -> &str| {
        // What was only accents has nothing left.
        let words = words.iter().map(of).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    };
    Word {
        folded: join(|word| &word.folded),
        plain: words
            .iter()
            .any(|word| word.plain.is_some())
            .then(|| join(|word| word.plain.as_ref().unwrap_or(&word.folded))),
    }
}

/// How a folded word begins, the plain spelling of which begins with `plain`.
pub(super) fn beginning<'a>(folded: &'a str, plain: &str) -> &'a str {
    let mut rest = folded.chars();
    for wanted in plain.chars() {
        // Only an e of an umlaut stands in between.
        if rest.next() != Some(wanted) && rest.next() != Some(wanted) {
            return folded;
        }
    }
    let left = rest.as_str().len();
    folded.get(..folded.len() - left).unwrap_or(folded)
}

/// A long word is known by its beginning. What was only accents has no letter left.
fn word(normal: &str) -> Option<Word> {
    let end = normal.char_indices().nth(limits::WORD_CHARS_MAX);
    let beginning = end.and_then(|(end, _)| normal.get(..end));
    Some(spellings(beginning.unwrap_or(normal))).filter(|word| !word.folded.is_empty())
}

fn spellings(normal: &str) -> Word {
    let mut folded = String::with_capacity(normal.len());
    let mut plain: Option<String> = None;
    for c in normal.chars() {
        let (with_e, without) = match c {
            'ä' => ("ae", "a"),
            'ö' | 'ø' => ("oe", "o"),
            'ü' => ("ue", "u"),
            _ => {
                let from = folded.len();
                push_letter(c, &mut folded);
                if let (Some(plain), Some(letter)) = (&mut plain, folded.get(from..)) {
                    plain.push_str(letter);
                }
                continue;
            }
        };
        plain
            .get_or_insert_with(|| folded.clone())
            .push_str(without);
        folded.push_str(with_e);
    }
    Word { folded, plain }
}

/// One character without its accents.
fn push_letter(c: char, to: &mut String) {
    match c {
        c if c.is_ascii() => to.push(c),
        'ß' => to.push_str("ss"),
        'æ' => to.push_str("ae"),
        'œ' => to.push_str("oe"),
        'ł' => to.push('l'),
        'đ' => to.push('d'),
        c => decompose_canonical(c, |part| {
            if !is_combining_mark(part) {
                to.push(part);
            }
        }),
    }
}

/// NFKC and lower case, without what nobody sees. Characters for private use become blanks: the
/// index names owners with them.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    // Nothing is composed with a blank before it, so what lies between blanks can be brought to
    // its form by itself; most of it is ASCII and has it.
    for piece in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
        if piece.is_ascii() {
            let visible = |c: char| if c.is_control() { ' ' } else { c };
            normal.extend(piece.chars().map(|c| visible(c.to_ascii_lowercase())));
        } else {
            normal.extend(normal_form(piece));
        }
    }
    normal
}

/// The same of any text.
fn normal_form(text: &str) -> impl Iterator<Item = char> {
    let lower = text.nfkc().flat_map(char::to_lowercase);
    let seen = lower.filter(|c| !is_invisible(*c));
    // Lower case of İ has a dot above of its own, so what belongs together is joined once more.
    seen.map(|c| {
        if c.is_control() || is_private(c) {
            ' '
        } else {
            c
        }
    })
    .nfc()
}

/// Soft hyphens, zero-width and direction characters (Unicode category Cf).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
