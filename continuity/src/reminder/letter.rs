//! The mail itself: plain text that any reader shows well (RFC 3676), and that says of itself that
//! nobody wrote it (RFC 3834).

use std::io;

use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
use store::DueReminder;

use super::Reminders;

/// Characters of a line, before the blank that says that its paragraph goes on (RFC 3676 §4.2).
const LINE_CHARS_MAX: usize = 72;

/// The bytes of one reminder. The same for the same reminder.
pub(super) fn write(about: &Reminders, due: &DueReminder) -> io::Result<Vec<u8>> {
    let language = due.language.as_deref().unwrap_or(&about.language);
    let letter = if is_german(language) {
        german(about, due)
    } else {
        english(about, due)
    };
    let at = due.asked_at.to_zoned(TimeZone::system());
    let date = jiff::fmt::rfc2822::to_string(&at).map_err(io::Error::other)?;
    let name = one_line(&about.from.name);
    let from_name = (!name.is_empty()).then_some(name);
    let text = ContentType::new("text/plain")
        .attribute("charset", "utf-8")
        .attribute("format", "flowed");
    let id = format!(
        "reminder.{}.{}@{}",
        due.account,
        due.asked_at.as_millisecond(),
        about.hostname
    );
    MessageBuilder::new()
        .header("Date", Raw::new(date))
        .from(Address::new_address(
            from_name,
            about.from.address.to_string(),
        ))
        .to(Address::new_address(
            Some(one_line(&due.name)),
            due.address.to_string(),
        ))
        .subject(letter.subject)
        .message_id(id)
        .header("Auto-Submitted", Text::new("auto-generated"))
        // Exchange sends no "out of office" for it.
        .header("X-Auto-Response-Suppress", Text::new("All"))
        .header("Content-Language", Text::new(letter.language))
        .body(MimePart::new(text, flowed(&letter.paragraphs)))
        .write_to_vec()
}

struct Letter {
    language: &'static str,
    subject: &'static str,
    paragraphs: Vec<String>,
}

fn english(about: &Reminders, due: &DueReminder) -> Letter {
    let (name, login) = (one_line(&due.name), one_line(&due.login));
    Letter {
        language: "en",
        subject: "Please try it once: your sign-in for an emergency",
        paragraphs: vec![
            format!("Hello {name},"),
            "should our mail system ever fail, you will read and write your mail in a web browser. \
             It works best if you have signed in there once beforehand: then it knows you, even when \
             the system that checks your password has failed, too."
                .to_owned(),
            format!("Please do so now, with your usual password. Your sign-in name is {login}."),
            about.page.clone(),
            "It takes half a minute. The page says whether it worked; it does not show any mail."
                .to_owned(),
            "If you are not sure whether this message is genuine, do not follow the link and ask your \
             IT department."
                .to_owned(),
            "This message was sent automatically. Once your sign-in works you will get no more of \
             them."
                .to_owned(),
        ],
    }
}

fn german(about: &Reminders, due: &DueReminder) -> Letter {
    let (name, login) = (one_line(&due.name), one_line(&due.login));
    Letter {
        language: "de",
        subject: "Bitte einmal ausprobieren: Ihre Anmeldung für den Notfall",
        paragraphs: vec![
            format!("Guten Tag {name},"),
            "falls unser E-Mail-System einmal ausfällt, lesen und schreiben Sie Ihre E-Mails im \
             Browser. Am besten melden Sie sich dort vorher einmal an: Dann kennt die Seite Sie auch, \
             wenn das System ausgefallen ist, das Ihr Passwort prüft."
                .to_owned(),
            format!(
                "Bitte tun Sie das jetzt, mit Ihrem gewohnten Passwort. Ihr Anmeldename ist {login}."
            ),
            about.page.clone(),
            "Das dauert eine halbe Minute. Die Seite sagt, ob es geklappt hat; E-Mails zeigt sie nicht."
                .to_owned(),
            "Wenn Sie nicht sicher sind, ob diese Nachricht echt ist, folgen Sie dem Link nicht und \
             fragen Sie Ihre IT-Abteilung."
                .to_owned(),
            "Diese Nachricht wurde automatisch verschickt. Sobald Ihre Anmeldung klappt, bekommen Sie \
             keine weitere."
                .to_owned(),
        ],
    }
}

/// A tag such as `de`, `de-AT` or `de_CH`.
fn is_german(tag: &str) -> bool {
    let primary = tag.split(['-', '_', ',', ';']).next().unwrap_or_default();
    primary.trim().eq_ignore_ascii_case("de")
}

/// Paragraphs with an empty line between them, in lines that flow into one another.
fn flowed(paragraphs: &[String]) -> String {
    let paragraphs: Vec<String> = paragraphs.iter().map(|it| paragraph(it)).collect();
    let mut text = paragraphs.join("\r\n\r\n");
    text.push_str("\r\n");
    text
}

fn paragraph(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            // Stuffed: these would mean something at the beginning of a line (RFC 3676 §4.4).
            _ if word.starts_with('>') || word == "From" => lines.push(format!(" {word}")),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(" \r\n")
}

/// What the directory says must not begin another line.
fn one_line(text: &str) -> String {
    let harmless = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().take(200).map(harmless).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
