use super::*;

macro_rules! message {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/messages/", $name, ".eml"))
    };
}

#[test]
fn looks_at_html_with_an_attachment() {
    let look = look(message!("plain_html_with_attachment"));
    let summary = Summary {
        subject: "Grüße aus München".into(),
        from_name: "Jürgen Groß".into(),
        from_address: "juergen.gross@corp.example".into(),
        to: "Amy, bob@corp.example, Käthe".into(),
        preview: "Schöne Grüße! Jürgen".into(),
        header_message_id: Some("greetings.1@corp.example".into()),
        date: Some("2026-11-22T09:00:00Z".parse().unwrap()),
        attachments: 1,
    };
    assert_eq!(look.summary, summary);
    assert_eq!(look.from, "juergen.gross@corp.example".parse().ok());
    let recipients: Vec<&str> = look.recipients.iter().map(Address::as_str).collect();
    assert_eq!(
        recipients,
        [
            "amy@corp.example",
            "bob@corp.example",
            "kaethe@partner.example"
        ]
    );
}

#[test]
fn looks_at_a_reply() {
    let summary = look(message!("plain_reply")).summary;
    assert_eq!(summary.from_name, "bob@corp.example");
    assert_eq!(summary.preview, "Yes, at noon.");
    assert_eq!(summary.attachments, 0);
}

#[test]
fn looks_at_next_to_nothing() {
    for mail in [
        "",
        "\r\n",
        "text without a header",
        "Subject: only\r\n",
        "Date: never\r\n\r\n",
    ] {
        let look = look(mail.as_bytes());
        assert_eq!((look.from, look.summary.date), (None, None), "{mail:?}");
    }
    assert_eq!(look(b"Subject: only\r\n").summary.subject, "only");
    assert_eq!(
        look("Subject: gr\u{fc}n\r\n\r\n".as_bytes())
            .summary
            .subject,
        "grün"
    );
    assert_eq!(
        look(b"Message-ID: \r\n\r\n").summary.header_message_id,
        None
    );
}

#[test]
fn content_types() {
    let check = |header: &str, want: Option<(&str, Option<&str>)>| {
        let got = content_type(header.as_bytes());
        let got = got
            .as_ref()
            .map(|kind| (kind.name.as_str(), kind.boundary.as_deref()));
        assert_eq!(got, want, "{header:?}");
    };
    check(
        "Content-Type: Multipart/Mixed;\r\n\tboundary=\"_a b_\"\r\n",
        Some(("multipart/mixed", Some("_a b_"))),
    );
    check(
        "A: b\r\ncontent-type: message/rfc822\r\n",
        Some(("message/rfc822", None)),
    );
    check("A: b\r\n", None);
    check("", None);
}

#[test]
fn finds_line_breaks_in_names() {
    let check = |header: &str, want: bool| {
        let mail = format!("Received: by a\r\n with b\r\n{header}\r\n\r\n");
        assert_eq!(has_line_breaks(mail.as_bytes()), want, "{header}");
    };
    check("From: \"A\r\n B\" <a@b>\r\nTo: c@d,\r\n e@f", false);
    check("From: =?utf-8?Q?A=0D=0ARecipients:?= <a@b>", true);
    check("To: c@d, =?utf-8?B?QQpC?= <a@b>", true);
    check("Cc: =?utf-8?Q?A=0DB?= <a@b>", true);
    check("Subject: =?utf-8?Q?A=0AB?=", true);
    check("X-Other: =?utf-8?Q?A=0AB?=", false);
}

#[test]
fn counts_line_breaks_of_a_subject() {
    let check = |subject: &str, want| {
        let mail = format!("Subject: {subject}\r\n\r\n");
        assert_eq!(subject_line_breaks(mail.as_bytes()), want, "{subject}");
    };
    check("plain", 0);
    check("folded\r\n again", 0);
    check("=?utf-8?Q?a=0D=0Ab?=", 1);
    check("=?utf-8?Q?a=0Ab=0Ac?=", 2);
    check("=?utf-8?Q?a=0Db?=", 1);
    assert_eq!(subject_line_breaks(b"From: a@b\r\n\r\n"), 0);
}

#[test]
fn mail_nested_very_deep_does_not_end_the_process() {
    for header in [
        "Content-Type: message/rfc822\r\n\r\n",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    ] {
        let mail = format!("Subject: deep\r\n{}", header.repeat(100_000));
        // On a stack as small as that of the threads that file.
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let thread = small.spawn(move || {
            let bytes = mail.as_bytes();
            (
                look(bytes).summary.subject,
                text(bytes),
                text_or_html(bytes),
            )
        });
        let (subject, text, or_html) = thread.unwrap().join().unwrap();
        assert_eq!((subject.as_str(), text, or_html), ("deep", None, None));
    }
}

#[test]
fn a_header_that_is_an_attack_is_not_read() {
    let mail = |bytes: usize| format!("Subject: bomb\r\nTo: {}\r\n\r\n", "a@b,".repeat(bytes / 4));
    assert_eq!(
        look(mail(limits::HEADER_BYTES_MAX).as_bytes()),
        Look::default()
    );
    let subject = look(mail(1000).as_bytes()).summary.subject;
    assert_eq!(subject, "bomb");
}

#[test]
fn html_becomes_lines() {
    let html =
        "Content-Type: text/html\r\n\r\n<p>Sender: &lt;a@x&gt;<br>\r\n Recipients:<br>\r\nb@y</p>";
    assert_eq!(
        text_or_html(html.as_bytes()).unwrap().trim(),
        "Sender: <a@x>\nRecipients:\nb@y"
    );
}
