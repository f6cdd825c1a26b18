use mail_parser::MessageParser;

use super::*;

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: (!name.is_empty()).then(|| name.to_owned()),
        address: address.parse().unwrap(),
    }
}

fn draft(subject: &str, text: &str) -> Draft {
    Draft {
        from: mailbox("Jürgen Groß", "juergen@corp.example"),
        to: vec![
            mailbox("Müller, \"Eva\"", "eva@out.example"),
            mailbox("", "b@out.example"),
        ],
        cc: Vec::new(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        thread: Thread::default(),
        attachments: Vec::new(),
    }
}

fn written(draft: Draft) -> String {
    let at = "2026-11-19T09:12:00+01:00[Europe/Berlin]".parse().unwrap();
    String::from_utf8(bytes(draft, &at, "1@shadow.corp.example".to_owned()).unwrap()).unwrap()
}

#[test]
fn what_was_typed_is_what_is_read() {
    let texts = [
        "Schöne Grüße\n",
        "a\r\nb\r\n",
        " \n.\n..\nFrom x\n",
        "x",
        "",
        "€ 日本 😀\n\n\nEnde  \n",
    ];
    for text in texts {
        let mail = written(draft("Grüße: \"äöü\" & <ß>", text));
        let parsed = MessageParser::default().parse(mail.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("Grüße: \"äöü\" & <ß>"));
        assert_eq!(
            parsed.from().unwrap().first().unwrap().name(),
            Some("Jürgen Groß")
        );
        let to = parsed.to().unwrap();
        assert_eq!(to.iter().nth(1).unwrap().address(), Some("b@out.example"));
        assert_eq!(to.first().unwrap().name(), Some("Müller, \"Eva\""));
        let body = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(body.trim_end(), text.replace("\r\n", "\n").trim_end());
        assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "{mail:?}");
        assert!(mail.split("\r\n").all(|line| line.len() <= 998), "{mail}");
    }
}

#[test]
fn the_date_has_the_writers_offset_and_the_id_our_name() {
    let mail = written(draft("x", "y"));
    assert!(
        mail.contains("Date: Thu, 19 Nov 2026 09:12:00 +0100\r\n"),
        "{mail}"
    );
    assert!(
        mail.contains("Message-ID: <1@shadow.corp.example>\r\n"),
        "{mail}"
    );
    assert_eq!(mail.matches("Message-ID:").count(), 1);
    assert_eq!(mail.matches("Date:").count(), 1);
}

#[test]
fn headers_stay_on_their_lines() {
    let evil = "x\r\nBcc: evil@out.example\nX-Evil: 1\r\n\r\nbody\0";
    let mut draft = draft(evil, "y");
    draft.from.name = Some(evil.to_owned());
    draft.to[0].name = Some(evil.to_owned());
    draft.thread.in_reply_to = Some(evil.to_owned());
    draft.thread.references = vec!["ok@x".to_owned(), "bad> <x".to_owned(), evil.to_owned()];
    draft.attachments = vec![AttachmentContent {
        name: evil.to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: b"x".to_vec(),
    }];
    let mail = written(draft);
    let head = mail.split("\r\n\r\n").next().unwrap();
    for line in head.split("\r\n") {
        assert!(
            !line.starts_with("Bcc") && !line.starts_with("X-Evil"),
            "{head}"
        );
    }
    assert!(head.contains("References: <ok@x>\r\n"), "{head}");
    assert!(!head.contains("In-Reply-To"), "{head}");
    assert!(
        !mail.contains("\nX-Evil") && !mail.contains("\nBcc"),
        "{mail}"
    );
}

#[test]
fn long_threads_keep_their_beginning_and_end() {
    let ids = |count: usize| (0..count).map(|n| format!("{n}@x")).collect::<Vec<_>>();
    let thread = |count| Thread {
        in_reply_to: Some("last@x".to_owned()),
        references: ids(count),
    };
    assert_eq!(thread(2).references(), ["0@x", "1@x", "last@x"]);
    let max = limits::REFERENCES_MAX;
    assert_eq!(thread(max - 1).references().len(), max);
    let long = thread(500).references();
    assert_eq!(long.len(), max);
    assert_eq!(
        (long[0].as_str(), long[1].as_str(), long[max - 1].as_str()),
        ("0@x", "472@x", "last@x")
    );
}

#[test]
fn attachments_arrive_byte_for_byte() {
    let all: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let contents = [
        &b"a\nb\r\nc\rd"[..],
        b"",
        b"\n",
        b"last line\n\n",
        b"trailing  \n",
        &all,
    ];
    for media_type in [
        "text/plain",
        "text/html",
        "application/octet-stream",
        "image/png",
    ] {
        for content in contents {
            let mut draft = draft("x", "y");
            draft.attachments = vec![AttachmentContent {
                name: "Grüße.txt".to_owned(),
                media_type: media_type.to_owned(),
                bytes: content.to_vec(),
            }];
            let at = "2026-11-19T09:12:00+01:00[Europe/Berlin]".parse().unwrap();
            let mail = std::sync::Arc::new(bytes(draft, &at, "1@h".to_owned()).unwrap());
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let read = runtime.block_on(crate::mail::attachment(mail, 0)).unwrap();
            assert_eq!(
                (read.name.as_str(), read.bytes.as_slice()),
                ("Grüße.txt", content),
                "{media_type}"
            );
        }
    }
}
