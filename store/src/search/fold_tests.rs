use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, folded: &str, plain: &str) {
    let words = words(text);
    let of = |spelling: fn(&Word) -> &str| words.iter().map(spelling).collect::<Vec<_>>().join(" ");
    assert_eq!(of(|word| &word.folded), folded, "{text:?}");
    assert_eq!(
        of(|word| word.plain.as_ref().unwrap_or(&word.folded)),
        plain,
        "{text:?}"
    );
}

#[test]
fn words_in_both_spellings() {
    check("Müller", "mueller", "muller");
    check("MÜLLER", "mueller", "muller");
    check("Mu\u{308}ller", "mueller", "muller");
    check(
        "Straße STRASSE ẞ",
        "strasse strasse ss",
        "strasse strasse ss",
    );
    check(
        "Änderung, Öl; über",
        "aenderung oel ueber",
        "anderung ol uber",
    );
    check(
        "café Ñandú Łódź Sørensen",
        "cafe nandu lodz soerensen",
        "cafe nandu lodz sorensen",
    );
    check("ﬁn ② Ｒｅ İzmir", "fin 2 re izmir", "fin 2 re izmir");
    check(
        "anna.groß@corp.example",
        "anna gross corp example",
        "anna gross corp example",
    );
    check("RE-2026/1234", "re 2026 1234", "re 2026 1234");
    check(
        "Auf\u{ad}trag zero\u{200b}width",
        "auftrag zerowidth",
        "auftrag zerowidth",
    );
    check("会議2026の件", "会 議 2026 の 件", "会 議 2026 の 件");
    check(" \u{0} ... -- \u{301} ", "", "");
    check("a\u{e000}b", "a b", "a b");
}

#[test]
fn a_long_word_is_known_by_its_beginning() {
    let longest = "x".repeat(limits::WORD_CHARS_MAX);
    check(
        &format!("a {longest} b"),
        &format!("a {longest} b"),
        &format!("a {longest} b"),
    );
    check(
        &format!("a {longest}y b"),
        &format!("a {longest} b"),
        &format!("a {longest} b"),
    );
}

#[test]
fn lines_keep_what_stands_between_words() {
    let check = |text: &str, folded: &str, plain: Option<&str>| {
        let line = line(text);
        assert_eq!(
            (line.folded.as_str(), line.plain.as_deref()),
            (folded, plain),
            "{text:?}"
        );
    };
    check(
        " Re:  Rückfrage\r\n\tRE-4711 ",
        "re: rueckfrage re-4711",
        Some("re: ruckfrage re-4711"),
    );
    check("Groß & Co.", "gross & co.", None);
    check(
        "grün, blau, rot",
        "gruen, blau, rot",
        Some("grun, blau, rot"),
    );
    check("", "", None);
}

proptest! {
    #[test]
    fn folding_twice_changes_nothing(text in any::<String>()) {
        let once: Vec<String> = words(&text).into_iter().map(|word| word.folded).collect();
        let twice = words(&once.join(" "));
        let short = |word: &String| word.chars().take(limits::WORD_CHARS_MAX).collect();
        let kept: Vec<String> = once.iter().map(short).collect();
        prop_assert_eq!(twice.into_iter().map(|word| word.folded).collect::<Vec<_>>(), kept);
        let once = line(&text).folded;
        prop_assert_eq!(line(&once).folded, once);
    }

    #[test]
    fn pieces_have_the_form_of_the_whole(text in "([a-zÄöß\u{300}\u{308}\u{ad}\u{1e9b} \t\n.,0-9]|\\PC|.){0,60}") {
        prop_assert_eq!(normal(&text), normal_form(&text).collect::<String>());
    }

    #[test]
    fn case_and_composition_do_not_matter(text in "[a-zA-ZäöüÄÖÜßéàçñ ]{0,40}") {
        let decomposed: String = text.nfd().collect();
        prop_assert_eq!(words(&decomposed), words(&text));
        prop_assert_eq!(words(&text.to_uppercase()), words(&text));
    }

    #[test]
    fn words_hold_letters_and_digits_only(text in any::<String>()) {
        for word in words(&text) {
            for spelling in [Some(word.folded), word.plain].into_iter().flatten() {
                prop_assert!(!spelling.is_empty());
                prop_assert!(spelling.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"'));
            }
        }
    }
}

#[test]
fn a_plain_beginning_has_its_folded_one() {
    #[track_caller]
    fn check(folded: &str, plain: &str, want: &str) {
        assert_eq!(beginning(folded, plain), want, "{folded} {plain}");
    }
    check("ueberweisung", "uber", "ueber");
    check("ueberweisung", "u", "u");
    check("geruecht", "geru", "geru");
    check("geruecht", "geruc", "geruec");
    // Of an umlaut before an e either e will do.
    check("rueeben", "rue", "rue");
    check("rueeben", "rueb", "rueeb");
    check("ueberweisung", "uberweisung", "ueberweisung");
}
