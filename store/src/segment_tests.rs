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

#[test]
fn records_are_found_where_append_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut segment = OpenSegment::create(dir.path()).unwrap();
    let first = segment.append(&[b"one", b"twelve"]).unwrap();
    let second = segment.append(&[b"x"]).unwrap();
    let all: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|place| read(dir.path(), place).unwrap())
        .collect();
    assert_eq!(all, [&b"one"[..], b"twelve", b"x"]);
}
