use super::*;

macro_rules! message {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/messages/", $name, ".eml"))
    };
}

const INNER: &[u8] = message!("inner");

#[track_caller]
fn check(record: &[u8], sender: Option<&str>, recipients: &[&str]) -> Report {
    assert!(claims_to_be(record));
    let report = open(record).expect("a report");
    assert_eq!(report.sender.as_ref().map(Address::as_str), sender);
    let got: Vec<&str> = report.recipients.iter().map(Address::as_str).collect();
    assert_eq!(got, recipients);
    report
}

/// The mail in it is `INNER`, byte for byte.
#[track_caller]
fn holds_inner(record: &[u8], report: &Report) {
    let Inner::At(range) = &report.mail else {
        panic!("{:?}", report.mail)
    };
    assert_eq!(
        record[range.clone()].escape_ascii().to_string(),
        INNER.escape_ascii().to_string()
    );
}

const INBOUND: &[&str] = &["bob@corp.example", "cara@corp.example", "dora@corp.example"];

#[test]
fn inbound() {
    let record = message!("report_inbound");
    holds_inner(record, &check(record, Some("ann@partner.example"), INBOUND));
}

#[test]
fn internal() {
    let record = message!("report_internal");
    let to = ["bob@corp.example", "eve@corp.example", "dora@corp.example"];
    holds_inner(record, &check(record, Some("ann@corp.example"), &to));
}

#[test]
fn encoded_text_parts() {
    let record = message!("report_base64_part");
    holds_inner(record, &check(record, Some("ann@partner.example"), INBOUND));
    let record = message!("report_quoted_printable_part");
    holds_inner(record, &check(record, Some("ann@partner.example"), INBOUND));
}

#[test]
fn encoded_mail_parts() {
    let record = message!("report_binary_mail");
    holds_inner(record, &check(record, Some("ann@partner.example"), INBOUND));
    let record = message!("report_base64_mail");
    let report = check(record, Some("ann@partner.example"), INBOUND);
    assert_eq!(report.mail, Inner::Decoded(INNER.to_vec()));
}

#[test]
fn of_a_protected_mail_the_first_copy_counts() {
    let record = message!("report_protected");
    holds_inner(record, &check(record, Some("ann@partner.example"), INBOUND));
}

#[test]
fn a_sender_can_not_name_recipients_or_senders() {
    check(
        message!("report_injected_line"),
        Some("ann@partner.example"),
        &["bob@corp.example"],
    );
    check(
        message!("report_second_sender"),
        Some("ann@partner.example"),
        &["bob@corp.example"],
    );
}

#[test]
fn directory_names_are_left_out() {
    let to = ["dora@corp.example", "\"odd, Expanded: name\"@corp.example"];
    check(message!("report_directory_names"), None, &to);
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
        assert_eq!(open(record), None, "{name}");
    }
    assert!(!claims_to_be(INNER));
}

#[test]
fn a_report_cut_anywhere_is_a_doubt() {
    let record = message!("report_inbound");
    let closing = record.len() - "--\r\n".len();
    for cut in 0..closing {
        assert_eq!(open(&record[..cut]), None, "cut at {cut}");
    }
}
