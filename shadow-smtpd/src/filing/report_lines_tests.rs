use proptest::prelude::*;

use super::*;

fn told(lines: Option<Lines>) -> String {
    let Some(lines) = lines else {
        return "none".into();
    };
    let word = |one: &Correspondent| match one {
        Correspondent::Address(address) => address.to_string(),
        Correspondent::Directory(name) => name.clone(),
    };
    let mut words: Vec<String> = Vec::new();
    words.extend(lines.sender.iter().map(|it| format!("from {}", word(it))));
    words.extend(
        lines
            .on_behalf_of
            .iter()
            .map(|it| format!("for {}", word(it))),
    );
    words.extend(lines.recipients.iter().map(word));
    words.join(" ")
}

#[track_caller]
fn check(line_breaks: usize, lines: &[&str], want: &str) {
    for end in ["\r\n", "\n", "\r"] {
        let text = lines.join(end);
        assert_eq!(
            told(modern(&text, Subject { line_breaks }).ok()),
            want,
            "{text:?}"
        );
    }
}

#[test]
fn modern_lines() {
    let fair = |lines: &[&str], want| check(0, lines, want);
    fair(
        &[
            "",
            "\u{FEFF}",
            "Sender: a@x",
            "Subject: s",
            "Message-Id: <1>",
            "To: b@y",
            "",
            "cc: c@y",
        ],
        "none",
    );
    fair(
        &[
            "",
            "Sender: a@x",
            "Subject: s",
            "Message-Id: <1>",
            "To: b@y",
            "",
            "cc: c@y",
        ],
        "from a@x b@y c@y",
    );
    fair(
        &[
            "SENDER:<a@x>",
            "On-Behalf-Of: <[EX:/o=c/cn=b]>",
            "Message-ID: <1>",
            "Subject: s: t",
            "Bcc: c@y",
        ],
        "from a@x for /o=c/cn=b c@y",
    );
    // The left one has the mail.
    fair(
        &[
            "Sender: a@x",
            "Recipient: b@y, Expanded: g@y",
            "Recipient: c@y, Forwarded: d@y",
            "To: \"e, Expanded: f\"@y, Forwarded: g@y",
        ],
        "from a@x b@y c@y \"e, Expanded: f\"@y",
    );
    fair(&["Sender: ", "Recipient: b@y"], "b@y");
    fair(
        &[
            "Sender: a@x",
            "Label: L",
            "Mailbox: m@y",
            "SentUtc: now",
            "Odd: o@y",
            "no name",
            "Bcc: FAX:1",
        ],
        "from a@x",
    );
    fair(&["Subject: s", "Sender: a@x", "To: b@y"], "none");
    fair(&["hello", "Sender: a@x"], "none");
    fair(&[], "none");
    // Lines are never folded.
    fair(
        &["Sender: a@x", " Recipient: b@y", "Recipient: c@y"],
        "from a@x c@y",
    );
}

#[test]
fn what_a_subject_brought_is_not_believed() {
    // Where the Message-ID comes after the subject, however the subject was decoded.
    for line_breaks in [0, 3] {
        check(
            line_breaks,
            &[
                "Sender: a@x",
                "Subject: s",
                "On-Behalf-Of: ceo@y",
                "Message-Id: <0>",
                "To: ceo@y",
                "Message-Id: <1>",
                "Recipient: b@y",
            ],
            "from a@x b@y",
        );
    }
    let message_id_first = [
        "Sender: a@x",
        "Message-Id: <1>",
        "Subject: s",
        "Message-Id: <0>",
        "To: ceo@y",
        "Sender: ceo@y",
        "To: b@y",
    ];
    check(3, &message_id_first, "from a@x b@y");
    check(9, &message_id_first, "from a@x");
    check(
        2,
        &["Sender: a@x", "Subject: s", "To: ceo@y", "", "To: b@y"],
        "from a@x b@y",
    );
    // Only what stands right behind the sender is on behalf of somebody.
    check(
        0,
        &[
            "Sender: a@x",
            "Message-Id: <1>",
            "On-Behalf-Of: ceo@y",
            "To: b@y",
        ],
        "from a@x b@y",
    );
}

#[test]
fn legacy_lines() {
    let check = |text: &str, want: &str| {
        assert_eq!(told(legacy(text).ok()), want, "{text:?}");
        assert_eq!(
            told(legacy(&text.replace('\n', "\r\n")).ok()),
            want,
            "{text:?}"
        );
    };
    check(
        "Sender: \"Ann\"\n <smtp:ann@x>\nMessage-ID:\n <1@x>\nRecipients:\nBob <smtp:bob@y>\n\"Cy, D\" <EX:/o=c/cn=cy>\nFax <FAX:+1>\n\nDan <smtp:dan@y>",
        "from ann@x bob@y /o=c/cn=cy",
    );
    check(
        "Recipients:\n\nBob <SMTP:bob@y>\n\nSender: ann@x",
        "from ann@x bob@y",
    );
    check(
        "Sender: Ann <ann@x>\nMessage-ID: <1@x>\nRecipients:\n\tBob <bob@y>\n\tcy <cy@y>\n",
        "from ann@x bob@y cy@y",
    );
    check("Recipients: bob@y; cy\n dan@y,", "bob@y dan@y");
    // Names are written by people.
    check(
        "Recipients:\nceo@y\n <smtp:bob@y>\nCeo <smtp:ceo@y> <smtp:cy@y>\n",
        "bob@y cy@y",
    );
    check("Subject: x\nhello", "none");
    check("", "none");
}

#[test]
fn two_lists_are_not_believed() {
    for text in [
        "Sender: a@x\nSender: ceo@y\nRecipients: b@y",
        "Sender: Eve\nRecipients:\nX <smtp:ceo@y>\n\n <a@x>\nRecipients:\nB <smtp:b@y>",
    ] {
        assert_eq!(legacy(text), Err(TWICE), "{text}");
    }
}

#[test]
fn lines_without_end_are_not_read() {
    let text = format!("Sender: a@x\n{}", "\n".repeat(limits::REPORT_LINES_MAX));
    assert_eq!(legacy(&text), Err(TOO_MANY_LINES));
    assert_eq!(modern(&text, Subject::default()), Err(TOO_MANY_LINES));
}

#[test]
fn how_recipients_were_addressed() {
    let check = |lines: &str, want: Addressing| {
        let text = format!("Sender: a@x\nSubject: To: s\nMessage-Id: <1>\n{lines}");
        let lines = modern(&text, Subject::default()).unwrap();
        assert_eq!(lines.addressing, want, "{text}");
    };
    check("Recipient: b@y", Addressing::Unknown);
    check("Bcc: b@y", Addressing::Known);
    check("Recipient: b@y\nTo: c@y", Addressing::Known);
    // The sender of the mail wrote that one.
    check(
        "To: c@y\nMessage-Id: <1>\nRecipient: b@y",
        Addressing::Unknown,
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "(Sender|Subject|Message-ID|Recipients|To|On-Behalf-Of|[:<>@,\r\n\t ]|, Expanded: |.){0,60}", line_breaks in 0_usize..9) {
        let _ = (modern(&text, Subject { line_breaks }), legacy(&text));
    }

    #[test]
    fn nobody_is_named_who_is_not_in_the_text(names in "[a-z]{1,3}(@y)?(\r|\n|, |To: ){0,3}", line_breaks in 0_usize..3) {
        let text = format!("Sender: a@x\nSubject: {names}\nMessage-Id: <1>\nTo: b@y");
        let lines = modern(&text, Subject { line_breaks }).unwrap();
        prop_assert_eq!(told(Some(lines)), "from a@x b@y");
    }
}
