use proptest::prelude::*;

use super::*;

fn read(typed: &str) -> &'static str {
    match EmergencyCode::read(typed) {
        Typed::Other => "other",
        Typed::Mistyped => "mistyped",
        Typed::Code(_) => "code",
    }
}

#[track_caller]
fn check(typed: &str, want: &str) {
    assert_eq!(read(typed), want, "{typed:?}");
}

/// Made by hand, so that codes on paper stay good when this file changes.
const PRINTED: &str = "0000-0000-0012";

#[test]
fn a_code_is_read_however_it_is_typed() {
    check(PRINTED, "code");
    check("000000000012", "code");
    check("oooo-OOOO-00l2", "code");
    check(" 0000 0000 0012 ", "code");
    check("0000–0000—0012", "code");
    check("0000-0000-0013", "mistyped");
    check("0000-0000-001", "mistyped");
    check("0000-0000-00122", "mistyped");
    check("0000-0000-00", "other");
    check("0000-0000-0012-0012", "other");
    check("00000000012", "other");
    check("0000-0000-0u12", "other");
    check("Größe 42", "other");
    check("sommer-im-tal!", "other");
    check("", "other");
    check(&"-".repeat(1024), "other");
    let EmergencyCode { text } = match EmergencyCode::read("oooo oooo ooi2") {
        Typed::Code(code) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(text.expose(), "000000000012");
}

#[test]
fn a_made_code_is_a_code_and_every_typing_mistake_is_seen() {
    for _ in 0..50 {
        let code = EmergencyCode::generate().unwrap();
        let shown = code.shown();
        let shown = shown.expose();
        assert_eq!(shown.len(), 14);
        check(shown, "code");
        check(&shown.to_lowercase(), "code");
        let characters: Vec<char> = shown.replace('-', "").chars().collect();
        for at in 0..LENGTH {
            for other in SYMBOLS {
                let mut wrong = characters.clone();
                wrong[at] = char::from(*other);
                if wrong != characters {
                    check(&wrong.iter().collect::<String>(), "mistyped");
                }
            }
            for with in 0..LENGTH {
                let mut swapped = characters.clone();
                swapped.swap(at, with);
                if swapped != characters {
                    check(&swapped.iter().collect::<String>(), "mistyped");
                }
            }
        }
    }
}

#[test]
fn no_two_codes_are_the_same_and_none_is_printed_by_accident() {
    let codes: Vec<EmergencyCode> = (0..1000)
        .map(|_| EmergencyCode::generate().unwrap())
        .collect();
    let texts: std::collections::BTreeSet<&str> =
        codes.iter().map(|code| code.text.expose()).collect();
    assert_eq!(texts.len(), codes.len());
    // All characters come up at each random place.
    for at in 0..LENGTH {
        let seen: std::collections::BTreeSet<u8> =
            texts.iter().map(|text| text.as_bytes()[at]).collect();
        assert_eq!(seen.len(), SYMBOLS.len(), "{at}");
    }
    let debug = format!("{:?}", codes[0]);
    assert!(!debug.contains(codes[0].text.expose()), "{debug}");
}

#[test]
fn only_the_hash_of_the_text_fits_it() {
    let code = EmergencyCode::generate().unwrap();
    let other = EmergencyCode::generate().unwrap();
    let hash = code.hash().unwrap();
    assert!(password::matches(code.text(), &hash));
    assert!(!password::matches(other.text(), &hash));
    assert!(password::is_hash(hash.expose()));
}

proptest! {
    #[test]
    fn anything_can_be_typed(typed in "\\PC{0,40}") {
        let _ = read(&typed);
    }
}
