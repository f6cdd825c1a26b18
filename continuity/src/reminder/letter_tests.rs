use super::*;
use crate::reminder::{Pace, Sender};

fn about() -> Reminders {
    Reminders {
        hostname: "shadow.corp.example".to_owned(),
        page: "https://shadow.corp.example/ready".to_owned(),
        from: Sender {
            address: "it@corp.example".parse().unwrap(),
            name: "IT-Störung".to_owned(),
        },
        language: "en".to_owned(),
        pace: Pace {
            pause: std::time::Duration::ZERO,
            every: None,
        },
    }
}

fn due(language: Option<&str>) -> DueReminder {
    DueReminder {
        account: "7".parse().unwrap(),
        address: "anna@corp.example".parse().unwrap(),
        name: "Anna Groß\r\nBcc: eve@evil.example".to_owned(),
        login: "anna".to_owned(),
        language: language.map(str::to_owned),
        asked_at: "2026-11-22T09:00:00Z".parse().unwrap(),
    }
}

#[test]
fn says_of_itself_what_it_is() {
    let bytes = write(&about(), &due(Some("de-AT"))).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let (header, _) = text.split_once("\r\n\r\n").unwrap();
    for field in [
        "Auto-Submitted: auto-generated",
        "Message-ID: <reminder.7.1795338000000@shadow.corp.example>",
        "<it@corp.example>",
        "<anna@corp.example>",
        "Content-Language: de",
        "format=\"flowed\"",
    ] {
        assert!(header.contains(field), "{field} in\n{header}");
    }
    let names: Vec<&str> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert!(!names.contains(&"Bcc"), "{header}");
    assert!(text.lines().all(|line| line.len() <= 998));
    assert_eq!(bytes, write(&about(), &due(Some("de-AT"))).unwrap());
}

#[test]
fn speaks_the_language_of_its_reader() {
    let check = |language: Option<&str>, otherwise: &str, want: &str| {
        let about = Reminders {
            language: otherwise.to_owned(),
            ..about()
        };
        let text = String::from_utf8(write(&about, &due(language)).unwrap()).unwrap();
        assert!(
            text.contains(&format!("Content-Language: {want}")),
            "{language:?}"
        );
    };
    check(Some("de"), "en", "de");
    check(Some("DE_ch"), "en", "de");
    check(Some("en-GB"), "de", "en");
    check(Some("fr"), "de", "en");
    check(None, "de", "de");
    check(None, "en", "en");
}

#[test]
fn lines_flow_and_the_address_stands_alone() {
    let letter = german(&about(), &due(None));
    let text = flowed(&letter.paragraphs);
    assert!(
        text.contains("\r\n\r\nhttps://shadow.corp.example/ready\r\n\r\n"),
        "{text}"
    );
    for line in text.split("\r\n") {
        assert!(line.chars().count() <= LINE_CHARS_MAX + 1, "{line}");
    }
    let joined = text.replace(" \r\n", " ");
    for paragraph in &letter.paragraphs {
        assert!(joined.contains(paragraph.as_str()), "{paragraph}");
    }
}

#[test]
fn what_would_mean_something_at_the_beginning_of_a_line_is_stuffed() {
    assert_eq!(paragraph("> a"), " > a");
    assert_eq!(paragraph("From here"), " From here");
    assert_eq!(
        paragraph(&format!("{} From x", "a".repeat(70))),
        format!("{} \r\n From x", "a".repeat(70))
    );
}
