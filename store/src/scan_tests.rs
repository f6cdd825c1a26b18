use std::fs;

use super::*;
use crate::fixture::{envelope, time};
use crate::id::MessageId;
use crate::segment::encode;

const NAME: &str = "1f0c9a2e5b7d3c41-3.seg";

/// Three records in a row, and where each ends.
fn three() -> (Vec<u8>, Vec<usize>) {
    three_behind(Vec::new())
}

fn three_behind(mut bytes: Vec<u8>) -> (Vec<u8>, Vec<usize>) {
    let mut ends = Vec::new();
    for (number, message) in [&b"one\r\n"[..], &[b'x'; 300], b""].iter().enumerate() {
        let at = "2026-11-22T09:12:03Z";
        let id = MessageId::new(time(at), u32::try_from(number).unwrap());
        let seal = Seal::new(NAME, bytes.len() as u64);
        bytes.extend(encode(seal, id, &envelope(at), message).unwrap());
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// The places of a segment: where each begins, and whether it is whole.
fn places(bytes: &[u8]) -> Vec<(u64, bool)> {
    places_in(NAME, bytes)
}

fn places_in(name: &str, bytes: &[u8]) -> Vec<(u64, bool)> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    let mut scan = Scan::open(&path).unwrap();
    let mut places = Vec::new();
    let mut end = 0;
    while let Some(found) = scan.next().unwrap() {
        assert_eq!(found.offset, end, "no byte is left out");
        end += found.length;
        places.push((found.offset, found.record.is_ok()));
    }
    assert_eq!(end, bytes.len() as u64);
    places
}

#[test]
fn a_sound_segment_is_read_to_its_end() {
    let (bytes, ends) = three();
    let begins = [0, ends[0] as u64, ends[1] as u64];
    assert_eq!(places(&bytes), begins.map(|begin| (begin, true)));
    assert_eq!(places(b""), []);
}

#[test]
fn any_changed_byte_is_one_damaged_record_and_the_others_are_read() {
    let (bytes, ends) = three();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let hit = ends.iter().position(|end| at < *end).unwrap();
        let places = places(&damaged);
        assert_eq!(places.len(), 3, "byte {at}: {places:?}");
        for (number, (_, whole)) in places.into_iter().enumerate() {
            assert_eq!(whole, number != hit, "byte {at}, record {number}");
        }
    }
}

#[test]
fn any_cut_is_noticed_unless_it_is_between_two_records() {
    let (bytes, ends) = three();
    for end in 0..bytes.len() {
        let whole = ends.iter().filter(|it| **it <= end).count();
        let torn = usize::from(end != 0 && !ends.contains(&end));
        let places = places(&bytes[..end]);
        assert_eq!(places.len(), whole + torn, "cut at {end}");
        assert_eq!(places.iter().filter(|(_, ok)| *ok).count(), whole);
    }
}

#[test]
fn a_head_across_two_pieces_is_found() {
    for garbage in PIECE_BYTES - 44..PIECE_BYTES + 5 {
        let bytes = three_behind(vec![b'S'; garbage]).0;
        assert_eq!(places(&bytes).len(), 4, "{garbage}");
    }
}

proptest::proptest! {
    #[test]
    fn garbage_is_read_to_its_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        proptest::prop_assert!(places(&bytes).iter().all(|(_, whole)| !whole));
    }
}

#[test]
fn a_big_message_of_several_frames_is_whole() {
    let at = "2026-11-22T09:12:03Z";
    let message = b"a line of a long mail\r\n".repeat(20_000);
    let id = MessageId::new(time(at), 1);
    let mut bytes = encode(Seal::new(NAME, 0), id, &envelope(at), &message).unwrap();
    let seal = Seal::new(NAME, bytes.len() as u64);
    bytes.extend(encode(seal, id, &envelope(at), &message).unwrap());
    assert_eq!(places(&bytes).len(), 2);
}

/// Somebody sends a record as a mail. Compressed, it stands in the segment as it is.
#[test]
fn a_record_within_a_mail_is_not_believed() {
    let at = "2026-11-22T09:12:03Z";
    let id = MessageId::new(time(at), 1);
    let forged = |segment: &str, offset: u64| {
        let seal = Seal::new(segment, offset);
        encode(seal, id, &envelope(at), b"sent by the boss").unwrap()
    };
    let unsealed = crate::segment::as_version(2, &forged(NAME, 0));
    assert_eq!(places_in("1f0c9a2e.seg", &unsealed), [(0, true)]);
    for forged in [
        forged("0000000000000000-3.seg", 0),
        forged(NAME, 0),
        unsealed,
    ] {
        let noise: Vec<u8> = (0_u32..4000)
            .flat_map(|number| crc32fast::hash(&number.to_le_bytes()).to_le_bytes())
            .collect();
        let message = [noise, forged.clone()].concat();
        let mut bytes = encode(Seal::new(NAME, 0), id, &envelope(at), &message).unwrap();
        let found = bytes.windows(forged.len()).filter(|it| **it == forged);
        assert_eq!(found.count(), 1, "it stands there as it was sent");
        let seal = Seal::new(NAME, bytes.len() as u64);
        let next = bytes.len() as u64;
        bytes.extend(encode(seal, id, &envelope(at), b"next").unwrap());
        bytes[5] ^= 1;
        assert_eq!(places(&bytes), [(0, false), (next, true)]);
    }
}
