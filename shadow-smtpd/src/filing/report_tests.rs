use super::*;

macro_rules! message {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/messages/", $name, ".eml"))
    };
}

const INNER: &[u8] = message!("inner");

fn report(record: &[u8]) -> Report<'_> {
    match open(record) {
        Opened::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

fn word(one: &Correspondent) -> &str {
    match one {
        Correspondent::Address(address) => address.as_str(),
        Correspondent::Directory(name) => name.as_str(),
    }
}

fn words(all: &[Correspondent]) -> Vec<&str> {
    all.iter().map(word).collect()
}

#[track_caller]
fn check<'a>(record: &'a [u8], senders: &[&str], recipients: &[&str]) -> Report<'a> {
    assert!(claims_to_be(record));
    let report = report(record);
    // Whom it names; whether that is believed is another question.
    let named = [&report.lines.sender, &report.lines.on_behalf_of];
    let named: Vec<&str> = named.into_iter().flatten().map(word).collect();
    assert_eq!(named, senders);
    assert_eq!(words(&report.lines.recipients), recipients);
    report
}

/// The mail in it is `INNER`, byte for byte.
#[track_caller]
fn holds_inner(record: &[u8], report: &Report<'_>) {
    let mail = report.mail.piece.of(record.to_vec()).unwrap();
    assert_eq!(
        mail.escape_ascii().to_string(),
        INNER.escape_ascii().to_string()
    );
    assert_eq!(report.mail.bytes, INNER);
    assert_eq!(report.mail.piece.size_bytes, INNER.len() as u64);
}

const INBOUND: &[&str] = &["bob@corp.example", "cara@corp.example", "dora@corp.example"];

#[test]
fn inbound() {
    let record = message!("report_inbound");
    holds_inner(record, &check(record, &["ann@partner.example"], INBOUND));
}

#[test]
fn internal() {
    let record = message!("report_internal");
    let to = ["bob@corp.example", "eve@corp.example", "dora@corp.example"];
    holds_inner(
        record,
        &check(record, &["ann@corp.example", "boss@corp.example"], &to),
    );
}

#[test]
fn encoded_text_parts() {
    let record = message!("report_base64_part");
    holds_inner(record, &check(record, &["ann@partner.example"], INBOUND));
    let record = message!("report_quoted_printable_part");
    holds_inner(record, &check(record, &["ann@partner.example"], INBOUND));
}

#[test]
fn encoded_mail_parts() {
    let record = message!("report_binary_mail");
    holds_inner(record, &check(record, &["ann@partner.example"], INBOUND));
    let record = message!("report_base64_mail");
    holds_inner(record, &check(record, &["ann@partner.example"], INBOUND));
}

#[test]
fn of_a_protected_mail_the_first_copy_counts() {
    let record = message!("report_protected");
    let report = check(record, &["ann@partner.example"], INBOUND);
    holds_inner(record, &report);
    let clear = report.aside.unwrap().of(record.to_vec()).unwrap();
    assert!(clear.ends_with(b"\r\n\r\nThe decrypted text."));
    // A mail of another name is no decrypted copy.
    let text = str::from_utf8(record).unwrap();
    let (head, tail) = text.rsplit_once("<orig-42@").unwrap();
    let other = format!("{head}<orig-43@{tail}");
    assert_eq!(self::report(other.as_bytes()).aside, None);
}

#[test]
fn a_sender_can_not_name_recipients_or_senders() {
    check(
        message!("report_injected_line"),
        &["ann@partner.example"],
        &["bob@corp.example"],
    );
    check(
        message!("report_second_sender"),
        &["ann@partner.example"],
        &["bob@corp.example"],
    );
}

#[test]
fn directory_names() {
    let (ann, bob) = (
        "/o=Corp/ou=First/cn=Recipients/cn=ann",
        "/o=Corp/ou=First/cn=Recipients/cn=bob",
    );
    let odd = "\"odd, Expanded: name\"@corp.example";
    let to = [bob, "dora@corp.example", odd];
    check(message!("report_directory_names"), &[ann], &to);
}

#[test]
fn doubts() {
    for (name, record) in [
        (
            "no closing delimiter",
            &message!("doubt_no_closing_delimiter")[..],
        ),
        ("no sender", message!("doubt_no_sender")),
        ("no mail", message!("doubt_no_mail")),
        ("html part", message!("doubt_html_part")),
        (
            "a mail that only says so",
            b"X-MS-Journal-Report:\r\nSubject: x\r\n\r\nSender: a@b\r\n",
        ),
        ("nothing else", b"X-MS-Journal-Report:\r\n"),
    ] {
        assert!(claims_to_be(record), "{name}");
        assert!(matches!(open(record), Opened::Doubt(_)), "{name}");
    }
    assert!(!claims_to_be(INNER));
    assert_eq!(open(INNER), Opened::Mail);
}

#[test]
fn a_report_cut_anywhere_is_a_doubt() {
    let record = message!("report_inbound");
    let closing = record.len() - "--\r\n".len();
    for cut in 0..closing {
        let opened = open(&record[..cut]);
        let is_claimed = claims_to_be(&record[..cut]);
        match opened {
            Opened::Doubt(_) => assert!(is_claimed, "cut at {cut}"),
            Opened::Mail => assert!(!is_claimed, "cut at {cut}"),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}
