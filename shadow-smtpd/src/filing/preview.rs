//! The first words of a mail, for lists.

use store::limits::SUMMARY_CHARS_MAX;

/// One line of readable characters, shortened.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let mut word = word.chars().filter(|c| !is_invisible(*c)).peekable();
        if word.peek().is_none() {
            continue;
        }
        if chars > 0 {
            line.push(' ');
            chars += 1;
        }
        for c in word {
            if chars >= SUMMARY_CHARS_MAX {
                return line.trim_end().to_owned();
            }
            line.push(c);
            chars += 1;
        }
    }
    line
}

/// Characters that only change the direction or the joining of others. In a list they could make
/// one name look like another; mails for machines fill their preview with them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{00AD}' | '\u{034F}')
}

/// The first words of a text that its writer wrote: without quotes, the lines that introduce
/// them, and the signature.
pub(super) fn of_text(text: &str) -> String {
    let mut own = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if is_end(line) {
            break;
        }
        let introduces = line.ends_with(':') && lines.peek().is_some_and(|next| is_quote(next));
        if is_quote(line) || introduces {
            continue;
        }
        own.push_str(line);
        own.push('\n');
        if own.len() > 4 * SUMMARY_CHARS_MAX {
            break;
        }
    }
    if own.trim().is_empty() {
        one_line(text)
    } else {
        one_line(&own)
    }
}

fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// A line behind which nothing is the writer's own: the signature mark (RFC 3676 §4.3; its blank
/// is gone here) and the rulers that mail programs put above what they quote.
fn is_end(line: &str) -> bool {
    let ruler = line.len() >= 20 && line.bytes().all(|byte| matches!(byte, b'_' | b'-'));
    let original = line.starts_with("-----") && line.ends_with("-----") && line.len() > 10;
    line == "--" || ruler || original
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(of_text(text), want, "{text:?}");
    }

    #[test]
    fn own_words() {
        check("Hello\r\n\r\nworld", "Hello world");
        check(
            "Yes.\n\nAm 22.11.2026 schrieb Amy:\n> Coming?\n> Amy",
            "Yes.",
        );
        check("On Sunday Amy wrote:\n> Coming?\n\nYes.", "Yes.");
        check("Please buy:\nmilk", "Please buy: milk");
        check("Hi\n-- \nAmy\nCorp", "Hi");
        check("Hi\n-----Ursprüngliche Nachricht-----\nVon: Amy", "Hi");
        check("Hi\n________________________________\nFrom: Amy", "Hi");
        check("> only a quote", "> only a quote");
        check("", "");
    }

    #[test]
    fn one_line_of_readable_characters() {
        assert_eq!(one_line(" a\r\n\tb\0c  d "), "a b c d");
        assert_eq!(one_line("evil\u{202E}cod.exe"), "evilcod.exe");
        assert_eq!(one_line("x\u{200B} \u{200B} y"), "x y");
        assert_eq!(
            one_line(&"ä".repeat(1000)).chars().count(),
            SUMMARY_CHARS_MAX
        );
        assert_eq!(one_line(&"ä ".repeat(1000)).chars().last(), Some('ä'));
    }
}
