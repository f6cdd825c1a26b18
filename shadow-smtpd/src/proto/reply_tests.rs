use super::*;

const ALL: &[Reply] = &[
    HELP,
    READY_FOR_TLS,
    SIGNED_IN,
    BYE,
    DONE,
    CHUNK_TAKEN,
    SENDER_OK,
    RECIPIENT_OK,
    CANNOT_VERIFY,
    AUTH_PLAIN,
    AUTH_LOGIN_NAME,
    AUTH_LOGIN_PASSWORD,
    GO_AHEAD,
    CLOSING,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_OF_YOURS,
    CONNECTING_TOO_OFTEN,
    TOO_SLOW,
    TOO_MANY_ERRORS,
    TOO_IDLE,
    TOO_MANY_UNKNOWN,
    MAILS_TOO_OFTEN,
    RECIPIENTS_TOO_OFTEN,
    GUESSING,
    TOO_MANY_SIGN_INS,
    RECIPIENT_LATER,
    SPAM_LATER,
    SCANNER_DOWN,
    DMARC_LATER,
    NOT_KEPT,
    DISK_FULL,
    NO_ROOM,
    TOO_MANY_RECIPIENTS,
    NO_TLS_NOW,
    SIGN_IN_LATER,
    UNKNOWN_COMMAND,
    NOT_A_LINE,
    LINE_TOO_LONG,
    AUTH_LINE_TOO_LONG,
    WRONG_PROTOCOL,
    WRONG_ARGUMENT,
    WRONG_SENDER,
    WRONG_RECIPIENT,
    NOT_BASE64,
    AUTH_CANCELLED,
    UNKNOWN_ATTRIBUTE,
    NOT_OFFERED,
    GREET_FIRST,
    MAIL_FIRST,
    RECIPIENT_FIRST,
    CHUNKS_BEGUN,
    NOT_IN_MAIL,
    ALREADY_SIGNED_IN,
    ALREADY_TLS,
    TLS_FIRST,
    UNKNOWN_MECHANISM,
    SHOW_YOURSELF,
    SIGN_IN_REFUSED,
    AUTH_NEEDS_TLS,
    XCLIENT_REFUSED,
    UNKNOWN_RECIPIENT,
    BARE_LINE_END,
    SPF_FAIL,
    DMARC_FAIL,
    UNCLEAR_AUTHOR,
    TOO_LARGE,
    NEEDS_SMTPUTF8,
    NOT_ALLOWED,
    ON_BLOCK_LIST,
    SPAM,
    VIRUS,
    OUT_OF_STEP,
    UNKNOWN_PARAMETER,
];

#[test]
fn all_means_all() {
    let declared = include_str!("reply.rs")
        .matches("pub(crate) const ")
        .count();
    assert_eq!(declared, ALL.len());
}

#[test]
fn the_enhanced_class_is_the_first_digit() {
    for reply in ALL {
        let class = reply.enhanced.split('.').next().unwrap();
        if matches!(reply.code, 334 | 354) {
            assert_eq!(class, "");
        } else {
            assert_eq!(class, (reply.code / 100).to_string(), "{reply:?}");
            assert_eq!(reply.enhanced.split('.').count(), 3, "{reply:?}");
        }
    }
}

#[test]
fn lines_are_short_and_plain() {
    for reply in ALL {
        let mut line = Vec::new();
        reply.write_to(&mut line);
        let named = limits::NAMED_RECIPIENT_BYTES_MAX + "<> ".len();
        assert!(line.len() + named <= 512, "RFC 5321 §4.5.3.1.5: {reply:?}");
        assert!(line.ends_with(b"\r\n"));
        let text = &line[..line.len() - 2];
        assert!(
            text.iter().all(|b| b.is_ascii_graphic() || *b == b' '),
            "{reply:?}"
        );
    }
}

#[test]
fn writes() {
    let check = |reply: Reply, want: &str| {
        let mut out = Vec::new();
        reply.write_to(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), want);
    };
    check(BYE, "221 2.0.0 Bye\r\n");
    let amy = "amy@corp.example".parse().unwrap();
    check(
        TOO_LARGE.about(&amy),
        "552 5.3.4 <amy@corp.example> The message is too large\r\n",
    );
    let long = format!("{}@corp.example", "x".repeat(320)).parse().unwrap();
    check(DONE.about(&long), "250 2.0.0 OK\r\n");
    check(
        DONE.about(&"jürgen@corp.example".parse().unwrap()),
        "250 2.0.0 OK\r\n",
    );
    check(
        Reply::greeting("s.example", "ESMTP"),
        "220 s.example ESMTP Shadowmail\r\n",
    );
    check(
        Reply::extensions("s.example", &["PIPELINING".into(), "SIZE 9".into()]),
        "250-s.example\r\n250-PIPELINING\r\n250 SIZE 9\r\n",
    );
    check(
        Reply::kept("2026-1\r\n250 x"),
        "250 2.0.0 Message kept as 2026-1250x\r\n",
    );
}
