use proptest::prelude::*;

use super::*;

macro_rules! message {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/messages/", $name, ".eml"))
    };
}

const REPORT: &[u8] = message!("report_inbound");
const INNER: &[u8] = message!("inner");

#[test]
fn a_report_is_opened_where_one_may_be() {
    let journal = read(REPORT, Record::AtJournal, &[]);
    assert_eq!(journal.content.unwrap().of(REPORT.to_vec()).unwrap(), INNER);
    assert_eq!(journal.summary.from_address, "ann@partner.example");
    assert_eq!(journal.reported.unwrap().recipients.len(), 3);

    let mail = read(REPORT, Record::Mail, &[]);
    assert_eq!(
        (mail.content, mail.reported, mail.doubt),
        (None, None, None)
    );
    let copy = read(REPORT, Record::Copy, &[]);
    assert_eq!((copy.content, copy.reported), (None, None));
    assert_eq!((copy.merge_key, copy.doubt), (None, Some(NOT_AT_JOURNAL)));
    assert_eq!(read(INNER, Record::Copy, &[]).doubt, None);
}

#[test]
fn a_report_is_the_same_mail_as_what_it_reports() {
    let reported = read(REPORT, Record::AtJournal, &[]);
    let direct = read(INNER, Record::Mail, &[]);
    assert!(direct.merge_key.is_some());
    assert_eq!(reported.merge_key, direct.merge_key);
    assert_eq!(reported.summary, direct.summary);
    assert_eq!(reported.body_digest, direct.body_digest);
}

#[test]
fn an_encoded_mail_is_the_same_mail() {
    let reading = read(message!("report_base64_mail"), Record::AtJournal, &[]);
    let direct = read(INNER, Record::Mail, &[]);
    assert_eq!(reading.merge_key, direct.merge_key);
    assert_eq!(reading.summary, direct.summary);
    assert_eq!(reading.reported.unwrap().recipients.len(), 3);
}

#[test]
fn nobody_may_read_a_doubtful_report() {
    let reading = read(message!("doubt_no_sender"), Record::AtJournal, &[]);
    assert_eq!((reading.content, reading.reported), (None, None));
    assert!(reading.doubt.is_some());
    assert_eq!(reading.merge_key, None);
}

#[test]
fn markers_are_found_in_the_mail_itself() {
    let mark = |mail: &[u8]| [b"X-Shadow-Replay: v1; id=a;\r\n\tq=1; mac=b\r\n", mail].concat();
    assert_eq!(
        read(&mark(INNER), Record::Mail, &[]).markers,
        ["v1; id=a;q=1; mac=b"]
    );
    assert!(
        read(&mark(REPORT), Record::AtJournal, &[])
            .markers
            .is_empty(),
        "not on the report"
    );
}

/// A report around a mail.
fn around(mail: &str) -> Vec<u8> {
    let at = REPORT
        .windows(INNER.len())
        .position(|it| it == INNER)
        .unwrap();
    [&REPORT[..at], mail.as_bytes(), &REPORT[at + INNER.len()..]].concat()
}

#[test]
fn bombs_are_read_in_bounded_room() {
    let nested = |header: &str| format!("Subject: deep\r\n{}", header.repeat(10_000));
    let references = format!("References: {}\r\n\r\n", "<a@b>\r\n ".repeat(200_000));
    let many = |field: &str| format!("{}\r\nhi\r\n", field.repeat(100_000));
    let bombs = [
        nested("Content-Type: message/rfc822\r\n\r\n"),
        nested("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"),
        references,
        many("To: a@b\r\n"),
        many("X-Shadow-Replay: v1\r\n"),
        many("Subject: x\r\n"),
        format!("Subject: =?utf-8?Q?{}?=\r\n\r\n", "=0D".repeat(300_000)),
        "\r\n".repeat(1_000_000),
    ];
    for bomb in &bombs {
        let record = around(bomb);
        let began = std::time::Instant::now();
        for kind in [Record::AtJournal, Record::Mail] {
            let reading = read(&record, kind, &["To".into()]);
            let limits = [
                (reading.references.len(), 16),
                (reading.markers.len(), limits::MARKERS_MAX),
                (
                    reading.header_recipients.len(),
                    limits::HEADER_RECIPIENTS_MAX,
                ),
                (
                    reading.summary.subject.len(),
                    4 * store::limits::SUMMARY_CHARS_MAX,
                ),
                (
                    reading.summary.preview.len(),
                    4 * store::limits::SUMMARY_CHARS_MAX,
                ),
            ];
            for (length, max) in limits {
                assert!(length <= max, "{length} > {max}: {bomb:.60}");
            }
        }
        let took = began.elapsed();
        assert!(
            took < std::time::Duration::from_secs(10),
            "{took:?}: {bomb:.60}"
        );
    }
}

#[test]
fn more_parts_or_text_than_a_report_may_have_is_a_doubt() {
    let delimiter = "\r\n--_6f9c2b1e-1111-4222-8333-0123456789ab_";
    let parts = around(&delimiter.repeat(1_000_000));
    let long = around("Subject: x\r\n\r\n");
    let lines = "Recipient: a@corp.example\r\n".repeat(limits::REPORT_BYTES_MAX / 25);
    let long = String::from_utf8(long).unwrap();
    let long = long
        .replacen("Recipient: ", &format!("{lines}Recipient: "), 1)
        .into_bytes();
    for record in [parts, long] {
        let reading = read(&record, Record::AtJournal, &[]);
        assert!(reading.doubt.is_some());
        assert_eq!((reading.content, reading.merge_key), (None, None));
    }
}

/// A record that may be a report: pieces of one in any order, and noise.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(REPORT.to_vec()),
        Just(INNER.to_vec()),
        (0..REPORT.len(), 0..REPORT.len()).prop_map(|(a, b)| REPORT[a.min(b)..a.max(b)].to_vec()),
        Just(b"X-MS-Journal-Report:\r\n".to_vec()),
        Just(b"Content-Type: multipart/mixed; boundary=\"b\"\r\n".to_vec()),
        Just(b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n".to_vec()),
        Just(b"\r\n--b--\r\n".to_vec()),
        Just(b"Subject: =?utf-8?Q?=0D=0A?=\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..80),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_record_panics(record in records()) {
        for kind in [Record::AtJournal, Record::Copy, Record::Mail] {
            let reading = read(&record, kind, &["X-Original-To".into()]);
            for piece in reading.content.into_iter().chain(reading.aside) {
                let bytes = piece.of(record.clone()).expect("inside of the record");
                prop_assert_eq!(bytes.len() as u64, piece.size_bytes);
            }
        }
    }

    #[test]
    fn no_changed_report_panics(at in 0..REPORT.len(), byte: u8) {
        let mut record = REPORT.to_vec();
        record[at] = byte;
        read(&record, Record::AtJournal, &[]);
    }
}
