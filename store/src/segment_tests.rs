use super::*;
use crate::address::ReversePath;
use crate::envelope::{Peer, Source};

fn sample() -> (MessageId, Envelope) {
    let at = "2026-11-22T09:12:03Z".parse().unwrap();
    let envelope = Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec!["jörg@corp.example".parse().unwrap()],
        received_at: at,
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: true,
        dsn: None,
    };
    (MessageId::new(at, 7), envelope)
}

#[test]
fn what_goes_in_comes_out() {
    let (id, envelope) = sample();
    for message in [
        &b""[..],
        b"Subject: x\r\n\r\nhi\r\n",
        &[0, 255, 10, 13].repeat(100_000),
    ] {
        let record = encode(id, &envelope, message).unwrap();
        let (header, out) = decode(&record).unwrap();
        assert_eq!(out, message);
        assert_eq!(
            (header.id, header.envelope),
            (id.to_string(), envelope.clone())
        );
    }
}

#[test]
fn every_cut_and_every_changed_byte_is_noticed() {
    let (id, envelope) = sample();
    let record = encode(id, &envelope, b"Subject: x\r\n\r\nhi\r\n").unwrap();
    for end in 0..record.len() {
        assert!(decode(&record[..end]).is_err(), "cut at {end}");
    }
    for at in 0..record.len() {
        let mut damaged = record.clone();
        damaged[at] ^= 0x10;
        assert!(decode(&damaged).is_err(), "byte {at}");
    }
}

proptest::proptest! {
    #[test]
    fn garbage_is_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        proptest::prop_assert!(decode(&bytes).is_err());
    }
}

/// The record as version 1 wrote it, whose head had no batch.
fn as_version_1(record: &[u8]) -> Vec<u8> {
    let head = Head::parse(record).unwrap();
    let mut old = b"SMR\x01".to_vec();
    old.extend(head.header_bytes.to_le_bytes());
    old.extend(head.body_bytes.to_le_bytes());
    old.extend(head.size.to_le_bytes());
    old.extend(head.crc_of_rest.to_le_bytes());
    old.extend(crc32fast::hash(&old).to_le_bytes());
    assert_eq!(old.len(), 32);
    old.extend(&record[head.bytes()..]);
    old
}

#[test]
fn what_version_1_wrote_is_read() {
    let (id, envelope) = sample();
    let record = encode(id, &envelope, b"hi").unwrap();
    let old = as_version_1(&record);
    let head = Head::parse(&old).unwrap();
    assert_eq!(head.record_bytes(), Some(old.len() as u64));
    let (header, message) = decode(&old).unwrap();
    assert_eq!((message.as_slice(), header.batch), (&b"hi"[..], 0));
    assert_eq!(header.id, id.to_string());

    let mut newer = record.clone();
    newer[3] = 3;
    assert!(decode(&newer).unwrap_err().contains("version"));
}

#[test]
fn records_are_found_where_append_says_and_know_their_batch() {
    let (id, envelope) = sample();
    let record = |message: &[u8]| {
        let mut pressed = Pressed::small();
        pressed.add(&Contexts::default(), message).unwrap();
        Record::new(id, &envelope, pressed).unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    let mut segment = OpenSegment::create(dir.path()).unwrap();
    let mut batches = [vec![record(b"one"), record(b"twelve")], vec![record(b"x")]];
    let mut found = Vec::new();
    for batch in &mut batches {
        for place in segment.append(batch.iter_mut()).unwrap() {
            let (header, message) = decode(&read(dir.path(), &place).unwrap()).unwrap();
            found.push((header.batch, message));
        }
    }
    let want = [
        (1, b"one".to_vec()),
        (1, b"twelve".to_vec()),
        (2, b"x".to_vec()),
    ];
    assert_eq!(found, want);
}
