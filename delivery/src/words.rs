//! The last words of the other side, fit for a database, a log and a page.

use crate::limits::LAST_WORDS_CHARS_MAX;

/// One line without control characters, of bounded length.
pub(crate) fn clean(words: &str) -> String {
    let mut cleaned = String::new();
    let mut count = 0;
    for word in words.split(|c: char| c.is_control() || c.is_whitespace()) {
        if word.is_empty() {
            continue;
        }
        if count > 0 {
            cleaned.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count >= LAST_WORDS_CHARS_MAX {
                cleaned.push('…');
                return cleaned;
            }
            cleaned.push(c);
            count += 1;
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, want: &str) {
        assert_eq!(clean(words), want);
    }

    #[test]
    fn cleans() {
        check("", "");
        check(
            "250 2.0.0 Ok: queued as 4F\r\n",
            "250 2.0.0 Ok: queued as 4F",
        );
        check("a\r\n\tb\u{0}c\u{1b}[31m", "a b c [31m");
        check("  größer  ", "größer");
    }

    #[test]
    fn bounds() {
        let most = "x".repeat(LAST_WORDS_CHARS_MAX);
        check(&most, &most);
        check(&format!("{most}y"), &format!("{most}…"));
        check(
            &"ü".repeat(10_000),
            &format!("{}…", "ü".repeat(LAST_WORDS_CHARS_MAX)),
        );
    }
}
