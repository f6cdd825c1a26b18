use super::*;
use crate::address::ReversePath;
use crate::envelope::{Peer, Source};

const SEAL: Seal<'_> = Seal::new("1f0c9a2e5b7d3c41-3.seg", 4711);
const UNSEALED: Seal<'_> = Seal::new("1f0c9a2e5b7d3c41.seg", 4711);

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
        let record = encode(SEAL, id, &envelope, message).unwrap();
        let (header, out) = decode(&record, SEAL).unwrap();
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
    let record = encode(SEAL, id, &envelope, b"Subject: x\r\n\r\nhi\r\n").unwrap();
    for end in 0..record.len() {
        assert!(decode(&record[..end], SEAL).is_err(), "cut at {end}");
    }
    for at in 0..record.len() {
        let mut damaged = record.clone();
        damaged[at] ^= 0x10;
        assert!(decode(&damaged, SEAL).is_err(), "byte {at}");
    }
}

proptest::proptest! {
    #[test]
    fn garbage_is_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        proptest::prop_assert!(decode(&bytes, SEAL).is_err());
    }
}

#[test]
fn what_older_versions_wrote_is_read_in_their_segments_alone() {
    let (id, envelope) = sample();
    let record = encode(SEAL, id, &envelope, b"hi").unwrap();
    for (version, batch) in [(1, 0), (2, 1)] {
        let old = as_version(version, &record);
        let head = Head::parse(&old, UNSEALED).unwrap();
        assert_eq!(head.record_bytes(), Some(old.len() as u64));
        let (header, message) = decode(&old, UNSEALED).unwrap();
        assert_eq!((message.as_slice(), header.batch), (&b"hi"[..], batch));
        assert_eq!(header.id, id.to_string());
        assert!(decode(&old, SEAL).is_err());
    }
    assert!(decode(&record, UNSEALED).is_err());
    assert!(decode(&record, Seal::new("1f0c9a2e5b7d3c42-3.seg", 4711)).is_err());
    assert!(decode(&record, Seal::new("1f0c9a2e5b7d3c41-3.seg", 4712)).is_err());
    let mut newer = record.clone();
    newer[3] = 4;
    assert!(decode(&newer, SEAL).unwrap_err().contains("version"));
}

#[test]
fn a_copy_is_sealed_with_its_own_place_and_was_committed() {
    let (id, envelope) = sample();
    let dir = tempfile::tempdir().unwrap();
    let sealed = encode(SEAL, id, &envelope, b"hi").unwrap();
    let copied = |bytes: &[u8], segment: &str| {
        fs::write(dir.path().join(segment), [&[b'x'; 4711], bytes].concat()).unwrap();
        let place = Place {
            segment: segment.to_owned(),
            offset: 4711,
            length: bytes.len() as u64,
        };
        let mut to = Vec::new();
        let mut from = File::open(dir.path().join(segment)).unwrap();
        let length = copy(&mut from, &place, (&mut to, Seal::new("b-3.seg", 7))).unwrap();
        assert_eq!(length, to.len() as u64);
        to
    };
    for (segment, record) in [
        (SEAL.segment(), sealed.clone()),
        (UNSEALED.segment(), as_version(1, &sealed)),
        (UNSEALED.segment(), as_version(2, &sealed)),
    ] {
        let copy = copied(&record, segment);
        let (header, message) = decode(&copy, Seal::new("b-3.seg", 7)).unwrap();
        assert_eq!(
            (message.as_slice(), header.batch),
            (&b"hi"[..], Head::COMMITTED)
        );
        let mut damaged = record;
        damaged[5] ^= 1;
        assert_eq!(copied(&damaged, segment), damaged);
    }
}

#[test]
fn records_are_found_where_append_says_and_know_their_batch() {
    let (id, envelope) = sample();
    let record = |message: &[u8]| {
        let mut pressed = Pressed::small();
        pressed
            .add(&Contexts::default(), Effort::Little, message)
            .unwrap();
        Record::new(id, &envelope, pressed).unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    let mut segment = OpenSegment::create(dir.path()).unwrap();
    let mut batches = [vec![record(b"one"), record(b"twelve")], vec![record(b"x")]];
    let mut found = Vec::new();
    for batch in &mut batches {
        for place in segment.append(batch.iter_mut()).unwrap() {
            let (header, message) =
                decode(&read(dir.path(), &place).unwrap(), place.seal()).unwrap();
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
