//! Random runs of all that reads the bytes of a record.

use store::Address;
use store::search::{Extent, IndexText};

use super::correspondent::Correspondent;
use super::reading::{self, Record};
use super::report_lines::{self, Subject};
use super::{recipients, texts};
use crate::fuzz;

macro_rules! message {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/messages/journal/", $name, ".eml")).as_slice()
    };
}

const WORDS: &[&str] = &[
    "X-MS-Journal-Report:\r\n",
    "Content-Identifer: ExJournalReport\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Type: multipart/report; boundary=ndr\r\n",
    "Content-Type: multipart/mixed; boundary=\"_6f9c2b1e-1111-4222-8333-0123456789ab_\"\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "\r\n--_6f9c2b1e-1111-4222-8333-0123456789ab_\r\n",
    "\r\n--_6f9c2b1e-1111-4222-8333-0123456789ab_--\r\n",
    "\r\n--ndr\r\n",
    "\r\n--alt\r\n",
    "charset=\"utf-16\"",
    "charset=\"utf-7\"",
    "Subject: =?utf-8?Q?=0D=0ARecipient:_boss@corp.example?=\r\n",
    "Sender: ann@partner.example\r\n",
    "Message-Id: <1@x>\r\n",
    "Recipient: boss@corp.example, Expanded: x@corp.example\r\n",
    "Recipients:\r\n",
    "References: <a@b> <c@d>\r\n",
    "\r\n",
    "\r\n\r\n",
];

#[test]
fn fuzz_journal() {
    let corpus = [
        message!("exchange"),
        message!("exchange_2003"),
        message!("exchange_protected"),
        message!("exchange_delivery_report"),
        message!("bounced_report"),
        message!("citadel"),
        message!("google_wrapper"),
        message!("mail_base64"),
        message!("mail_quoted_printable"),
        message!("text_base64_utf_16"),
        message!("attack_subject_behind_message_id"),
    ];
    fuzz::run("journal", (&corpus, WORDS), |record| {
        let fields = ["X-Original-To".to_owned()];
        for kind in [Record::AtJournal, Record::Copy, Record::Mail] {
            let reading = reading::read(record, kind, &fields);
            for piece in reading.content.iter().chain(&reading.aside) {
                let bytes = piece.of(record.to_vec()).expect("inside of the record");
                assert_eq!(bytes.len() as u64, piece.size_bytes);
            }
            let is_opened = reading.content.is_some() || reading.reported.is_some();
            assert!(!is_opened || kind == Record::AtJournal);
            assert!(
                reading.doubt.is_none()
                    || (reading.content.is_none() && reading.merge_key.is_none())
            );
            assert!(reading.aside.is_none() || reading.reported.is_some());
        }
        let mut text = IndexText {
            message: "20261122-0f3b2c1a9d04e".parse().unwrap(),
            subject: String::new(),
            sender: String::new(),
            recipient: String::new(),
            copy: String::new(),
            file: String::new(),
            body: String::new(),
            extent: Extent::Whole,
        };
        texts::fill(&mut text, record);
    });
}

#[test]
fn fuzz_addresses() {
    let corpus: [&[u8]; 9] = [
        b"amy@corp.example",
        b"<smtp:amy@corp.example>",
        b"\"odd, Expanded: name\"@corp.example, Forwarded: b@corp.example",
        b"[EX:/o=Corp/cn=Amy]",
        b"IMCEAEX-_O=CORP_CN=A+20B@corp.example",
        "jürgen@köln.example".as_bytes(),
        b"Sender: a@x\r\nOn-Behalf-Of: b@x\r\nSubject: s\r\nMessage-Id: <1>\r\nTo: c@x\r\n",
        b"Sender: Ann\r\n <smtp:a@x>\r\nRecipients:\r\nBob <EX:/o=c/cn=b>\r\n\r\n",
        b"X-Original-To: amy@corp.example, <bob@corp.example>\r\n\r\n",
    ];
    let words = [
        WORDS,
        &[
            "smtp:",
            "EX:",
            "X500:",
            "IMCEAEX-",
            "@",
            "<",
            ">",
            "[",
            "]",
            ", Expanded: ",
        ],
    ]
    .concat();
    fuzz::run("addresses", (&corpus, &words), |input| {
        let is_clean = |text: &str| !text.chars().any(char::is_control);
        let check = |one: &Correspondent| match one {
            Correspondent::Address(address) => {
                assert!(is_clean(address.as_str()));
                // What was read once is read again as the same.
                let again: Address = address.as_str().parse().unwrap();
                assert_eq!(again, *address);
            }
            Correspondent::Directory(name) => assert!(is_clean(name) && name.starts_with('/')),
        };
        let text = String::from_utf8_lossy(input);
        Correspondent::parse(&text).iter().for_each(check);
        for line_breaks in [0, 1, 7] {
            let lines = report_lines::modern(&text, Subject { line_breaks });
            for lines in lines.into_iter().chain(report_lines::legacy(&text).ok()) {
                lines.recipients.iter().for_each(check);
                lines.sender.iter().for_each(check);
            }
        }
        let names = ["X-Original-To".to_owned()];
        for address in recipients::of_fields(input, &names).iter().flatten() {
            assert!(is_clean(address.as_str()));
        }
        if let Ok(address) = text.parse::<Address>() {
            recipients::decoded(&address, address.domain());
        }
    });
}
