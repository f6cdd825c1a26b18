//! Names of exported files: safe on every system, and telling a person what is inside.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::MessageId;

/// Characters of a subject that go into a name.
const SUBJECT_CHARS_MAX: usize = 60;

/// `2026-11-22_0912_re-angebot_20261122-0f3b2c1a9d04e.eml`. The id makes it unique.
pub fn eml(id: MessageId, received_at: Timestamp, subject: &str) -> String {
    let at = received_at
        .to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d_%H%M");
    format!("{at}_{}_{id}.eml", folded(subject))
}

/// A subject in small letters, digits and single hyphens.
fn folded(subject: &str) -> String {
    let mut name = String::new();
    for character in subject.chars().flat_map(char::to_lowercase) {
        if name.len() >= SUBJECT_CHARS_MAX {
            break;
        }
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            'ä' | 'æ' => name.push_str("ae"),
            'ö' | 'ø' | 'œ' => name.push_str("oe"),
            'ü' => name.push_str("ue"),
            'ß' => name.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' => name.push('a'),
            'è' | 'é' | 'ê' | 'ë' => name.push('e'),
            'ì' | 'í' | 'î' | 'ï' => name.push('i'),
            'ò' | 'ó' | 'ô' | 'õ' => name.push('o'),
            'ù' | 'ú' | 'û' => name.push('u'),
            'ç' => name.push('c'),
            'ñ' => name.push('n'),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    match name.trim_end_matches('-') {
        "" => "no-subject".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_readable() {
        let check = |subject: &str, want: &str| assert_eq!(folded(subject), want);
        check("Re: Angebot für Größe 42!", "re-angebot-fuer-groesse-42");
        check("../../etc/passwd", "etc-passwd");
        check("会议", "no-subject");
        check("", "no-subject");
        let id: MessageId = "20261122-0f3b2c1a9d04e".parse().unwrap();
        let at = "2026-11-22T09:12:03Z".parse().unwrap();
        assert_eq!(
            eml(id, at, "Hallo"),
            "2026-11-22_0912_hallo_20261122-0f3b2c1a9d04e.eml"
        );
    }

    proptest! {
        #[test]
        fn names_are_safe(subject in any::<String>()) {
            let name = folded(&subject);
            prop_assert!((1..=SUBJECT_CHARS_MAX + 1).contains(&name.len()));
            let is_safe = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
            prop_assert!(name.chars().all(is_safe), "{}", name);
            prop_assert!(!name.starts_with('-'));
        }
    }
}
