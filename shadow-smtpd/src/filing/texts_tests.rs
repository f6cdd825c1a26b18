use proptest::prelude::*;

use super::*;

fn texts(mail: &[u8]) -> IndexText {
    let mut text = IndexText {
        message: "20261122-0f3b2c1a9d04e".parse().unwrap(),
        subject: "known subject".to_owned(),
        sender: "known sender".to_owned(),
        recipient: String::new(),
        copy: String::new(),
        file: String::new(),
        body: "known body".to_owned(),
        extent: Extent::InPart,
    };
    fill(&mut text, mail);
    text
}

#[track_caller]
fn check_body(mail: &str, want: &str) {
    let body = texts(mail.replace('\n', "\r\n").as_bytes()).body;
    let words: Vec<&str> = body.split_whitespace().collect();
    assert_eq!(words.join(" "), want, "{mail}");
}

#[test]
fn fields_are_decoded() {
    let mail = "From: =?utf-8?q?J=C3=BCrgen?= <jg@x.test>\r\nSender: Office <o@x.test>\r\n\
        Reply-To: r@x.test\r\nTo: Amy <amy@x.test>, team: bo@x.test, cy@x.test;\r\n\
        Cc: =?iso-8859-1?q?Gro=DF?= <g@x.test>\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\n\r\nhi\r\n";
    let text = texts(mail.as_bytes());
    assert_eq!(text.subject, "Grüße");
    assert_eq!(
        text.sender,
        "Jürgen jg@x.test\nOffice o@x.test\n r@x.test\n"
    );
    assert_eq!(text.recipient, "Amy amy@x.test\n bo@x.test\n cy@x.test\n");
    assert_eq!(text.copy, "Groß g@x.test\n");
    assert_eq!(text.body, "hi");
}

#[test]
fn what_a_mail_does_not_say_stays_as_it_was_known() {
    for mail in ["", "X: y\r\n\r\n", "\0\0\0"] {
        let text = texts(mail.as_bytes());
        assert_eq!(text.subject, "known subject", "{mail:?}");
        assert_eq!(text.sender, "known sender", "{mail:?}");
    }
}

#[test]
fn cells_and_blocks_are_words_of_their_own() {
    check_body(
        "Content-Type: text/html\n\n<style>p {x: y}</style><table><tr><td>Rechnung</td><td>4711</td>\
         </tr></table><div>eins</div><div>zwei</div>Ab<b>rech</b>nung<BR>f&uuml;r<!-- hidden -->",
        "Rechnung 4711 eins zwei Abrechnung für",
    );
}

#[test]
fn the_longer_version_is_read_and_attachments_by_name_only() {
    check_body(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nPlease view as HTML.\n--b\n\
         Content-Type: text/html\n\n<p>The real text, which is longer.</p>\n--b--\n",
        "The real text, which is longer. Please view as HTML.",
    );
    let mixed = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee there\n--b\n\
         Content-Type: text/plain\nContent-Disposition: attachment; filename*=utf-8''r%C3%BCck.txt\n\n\
         inside the file\n--b\nContent-Type: message/rfc822\n\nSubject: the attached one\n\n\
         inside the mail\n--b--\n";
    check_body(mixed, "see there");
    let text = texts(mixed.replace('\n', "\r\n").as_bytes());
    assert_eq!(text.file, "rück.txt\nthe attached one\n");
}

#[test]
fn long_texts_are_cut() {
    let mail = format!(
        "Content-Type: text/plain; charset=utf-8\r\n\r\n{}",
        "ä ".repeat(1 << 20)
    );
    assert!(texts(mail.as_bytes()).body.len() <= INDEXED_BODY_BYTES_MAX);
    let html = mail.replace("plain", "html");
    assert!(texts(html.as_bytes()).body.len() <= INDEXED_BODY_BYTES_MAX);
    let many = "a@x.test, ".repeat(100_000);
    let text = texts(format!("To: {many}\r\n\r\n").as_bytes());
    assert!(text.recipient.len() < 2 * INDEXED_FIELD_BYTES_MAX);
}

#[test]
fn what_only_the_shorter_version_says_is_found_too() {
    let both = |plain: &str, html: &str| {
        format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{plain}\n--b\n\
             Content-Type: text/html\n\n{html}\n--b--\n"
        )
    };
    let html = "<h1>Our offer</h1><p>Dear Anna, the <b>price</b> is good. Best regards, Bo</p>";
    let said = "Our offer Dear Anna, the price is good. Best regards, Bo";
    // The same words, broken and marked differently.
    check_body(
        &both("* OUR OFFER *\n\nDear Anna,\nthe price is good.", html),
        said,
    );
    check_body(
        &both("Dear Anna,\nthe price is secret.\nBest regards", html),
        &format!("{said} the price is secret."),
    );
    check_body(&both("good offer", html), &format!("{said} good offer"));
}

#[test]
fn a_text_says_when_it_is_not_all() {
    #[track_caller]
    fn check(mail: &str, want: Extent) {
        let text = texts(mail.replace('\n', "\r\n").as_bytes());
        assert_eq!(text.extent, want, "{}", &mail[..mail.len().min(60)]);
    }
    let words = |bytes: usize| "x ".repeat(bytes / 2);
    let html = "Content-Type: text/html\n\n";
    let alternative = "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n";
    check("Subject: hi\n\nhello\n", Extent::Whole);
    check("", Extent::InPart);
    let longest = words(INDEXED_BODY_BYTES_MAX);
    check(&format!("X: y\n\n{longest}"), Extent::Whole);
    check(&format!("X: y\n\n{longest}x"), Extent::BodyInPart);
    let style = "y".repeat(limits::INDEXED_HTML_BYTES_MAX);
    check(
        &format!("{html}<style>{style}</style>late"),
        Extent::BodyInPart,
    );
    let two = format!("{alternative}{longest}x\n--b\n{html}<p>hello\n--b--\n");
    check(&two, Extent::BodyInPart);
    let two = format!("{alternative}hello\n--b\n{html}<style>{style}</style>late\n--b--\n");
    check(&two, Extent::BodyInPart);
    let line = words(INDEXED_FIELD_BYTES_MAX);
    check(&format!("Subject: {line}\n\n"), Extent::Whole);
    check(&format!("Subject: {line}xxx\n\n"), Extent::InPart);
    for field in ["From", "To", "Cc"] {
        let many = "a@x.test, ".repeat(INDEXED_FIELD_BYTES_MAX / 10);
        check(&format!("{field}: {many}\n\n"), Extent::Whole);
        check(&format!("{field}: {many}{many}\n\n"), Extent::InPart);
    }
    let part = "--b\nContent-Type: x/y; name=\"a\"\nContent-Disposition: attachment\n\nx\n";
    let files = |count: usize| {
        let parts = part.repeat(count);
        format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n")
    };
    check(&files(limits::INDEXED_ATTACHMENTS_MAX), Extent::Whole);
    check(&files(limits::INDEXED_ATTACHMENTS_MAX + 1), Extent::InPart);
    let longer = "X: ".to_owned() + &"y".repeat(limits::HEADER_BYTES_MAX);
    check(&format!("{longer}\n\nhello"), Extent::InPart);
}

proptest! {
    #[test]
    fn anything_can_be_read(mail in proptest::collection::vec(any::<u8>(), 0..400)) {
        texts(&mail);
    }

    #[test]
    fn any_html_can_be_read(html in r"(<|>|/|td|br|!--|--|&|;|ä|x| |'|\x22){0,60}") {
        texts(format!("Content-Type: text/html; charset=utf-8\r\n\r\n{html}").as_bytes());
    }
}
