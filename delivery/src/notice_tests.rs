use mail_parser::{MimeHeaders, PartType};

use super::*;

const MAIL: &[u8] = b"From: Amy <amy@corp.example>\r\nTo: cy@out.example\r\n\
    Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@shadow.example>\r\n\r\nhello\r\n";

const NOW: &str = "2026-11-22T09:12:00Z";

/// The parts of a notice: plain words, the machine's fields, the header; and its subject.
fn parts(last_words: &str, tell: Told, language: &str) -> (String, String, String, String) {
    let [writer, recipient] =
        ["amy@corp.example", "cy@out.example"].map(|it| it.parse::<Address>().unwrap());
    let notice = Notice {
        hostname: "shadow.example",
        name: "failed-1-2",
        writer: &writer,
        recipient: &recipient,
        content: MAIL,
        arrived_at: "2026-11-22T08:00:00Z".parse().unwrap(),
        tried_at: NOW.parse().unwrap(),
        last_words,
        tell,
    };
    let bytes = notice.bytes(Some(language), NOW.parse().unwrap()).unwrap();
    assert!(bytes.is_ascii());
    let mail = MessageParser::default().parse(&bytes).unwrap();
    let kind = mail.content_type().unwrap();
    assert_eq!(kind.subtype(), Some("report"));
    assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
    assert_eq!(mail.message_id(), Some("failed-1-2@shadow.example"));
    assert_eq!(mail.in_reply_to().as_text(), Some("1@shadow.example"));
    let text = |at: usize| match &mail.parts[at].body {
        PartType::Text(text) => text.replace("\r\n", "\n"),
        PartType::Binary(bytes) => String::from_utf8(bytes.to_vec())
            .unwrap()
            .replace("\r\n", "\n"),
        other => panic!("{other:?}"),
    };
    let subject = mail.subject().unwrap().to_owned();
    (subject, text(1), text(2), text(3))
}

#[test]
fn a_refusal_in_plain_words_and_for_machines() {
    let words = "550 5.1.1 <cy@out.example>: no such user (at RCPT)";
    let (subject, text, status, header) = parts(words, Told::Failed, "de");
    assert_eq!(subject, "Nicht zugestellt: Grüße");
    assert!(
        text.starts_with("Ihre Nachricht hat cy@out.example nicht erreicht.\n\nBetreff: Grüße\n")
    );
    assert!(text.contains("kennt diese Adresse nicht"));
    assert!(text.contains(&format!("    {words}\n")));
    assert!(text.contains("Prüfen Sie die Schreibweise"));
    assert_eq!(
        status,
        format!(
            "Reporting-MTA: dns; shadow.example\n\
             Arrival-Date: Sun, 22 Nov 2026 08:00:00 +0000\n\n\
             Final-Recipient: rfc822; cy@out.example\nAction: failed\nStatus: 5.1.1\n\
             Diagnostic-Code: smtp; {words}\n\
             Last-Attempt-Date: Sun, 22 Nov 2026 09:12:00 +0000\n"
        )
    );
    assert!(header.starts_with("From: Amy") && !header.contains("hello"));
}

#[test]
fn what_happened_decides_what_to_do() {
    #[track_caller]
    fn check(words: &str, tell: Told, status: &str, sentence: &str) {
        let (_, text, fields, _) = parts(words, tell, "en");
        assert!(text.contains(sentence), "{text}");
        assert!(
            fields.contains(&format!("\nStatus: {status}\n")),
            "{fields}"
        );
    }
    let failed = Told::Failed;
    check("550 5.1.2 x (at RCPT)", failed, "5.1.2", "behind the @");
    check(
        "552 5.2.2 full (at RCPT)",
        failed,
        "5.2.2",
        "mailbox is full",
    );
    check("552 5.3.4 big (at MAIL)", failed, "5.3.4", "too large");
    check(
        "554 5.7.1 spam (at DATA)",
        failed,
        "5.7.1",
        "does not trust",
    );
    check(
        "554 go away (at RCPT)",
        failed,
        "5.0.0",
        "refused it for good",
    );
    // A code that does not fit is none.
    check(
        "550 2.1.5 odd (at RCPT)",
        failed,
        "5.0.0",
        "refused it for good",
    );
    check(
        "550 5.1 odd (at RCPT)",
        failed,
        "5.0.0",
        "refused it for good",
    );
    let given_up = "given up: 450 4.2.0 later (at RCPT)";
    check(given_up, failed, "5.4.7", "for five days");
    let held = "held: the message needs 8BITMIME, which the other side does not offer";
    check(held, failed, "5.6.3", "Forward this notice to your IT");
    let held = "held: the message needs SMTPUTF8, which the other side does not offer";
    check(held, failed, "5.6.7", "can not do");
    check(
        "450 4.2.0 later",
        Told::Delayed,
        "4.4.7",
        "it is tried again",
    );
    check("", Told::Delayed, "4.4.7", "    none");
}
