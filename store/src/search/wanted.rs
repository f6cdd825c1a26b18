//! Words that somebody types to find a person: each is the beginning of a word there.

use super::fold::{Word, line, words};

/// What is looked for.
pub(crate) struct Wanted(Vec<Word>);

/// A text in which it is looked for: its words, each after a blank, in all spellings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findable(String);

impl Wanted {
    /// The words of `text`; without any of them everything is found.
    pub(crate) fn of(text: &str) -> Self {
        Self(words(text))
    }

    /// Whether all words are in one of these texts each.
    pub(crate) fn is_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        self.0.is_empty() || self.fits(&Findable::of(texts))
    }

    /// The same, for a text that was made ready for it.
    pub(crate) fn fits(&self, text: &Findable) -> bool {
        self.0.iter().all(|word| text.has(word))
    }
}

impl Findable {
    /// Makes texts ready.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = String::new();
        for word in texts.into_iter().flat_map(words) {
            for spelling in std::iter::once(&word.folded).chain(&word.plain) {
                all.push(' ');
                all.push_str(spelling);
            }
        }
        Self(all)
    }

    fn has(&self, word: &Word) -> bool {
        let begins = |spelling: &String| {
            let mut places = self.0.match_indices(spelling.as_str());
            places.any(|(at, _)| self.0.as_bytes().get(at.wrapping_sub(1)) == Some(&b' '))
        };
        begins(&word.folded) || word.plain.as_ref().is_some_and(begins)
    }
}

/// By what a name is put in order: umlauts stand with their letters.
pub(crate) fn sorted_as(name: &str) -> String {
    let line = line(name);
    line.plain.unwrap_or(line.folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_so_in_any_spelling() {
        let check = |query: &str, text: &str, want: bool| {
            assert_eq!(Wanted::of(query).is_in([text]), want, "{query} in {text}");
        };
        for query in [
            "müller",
            "mueller",
            "muller",
            "MÜ",
            "mul",
            "anna mu",
            "müll anna",
            "",
        ] {
            check(query, "Anna Müller", true);
        }
        check("strasse", "Große Straße", true);
        check("groß", "Gross", true);
        check("müller", "Mueller", true);
        check("müller", "Muller", true);
        check("ller", "Müller", false);
        check("anna bo", "Anna Müller", false);
        check("corp", "anna@corp.example", true);
        check("\u{301}", "Anna", true);
        check("%", "Anna", true);
    }
}
