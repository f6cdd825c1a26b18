use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn what_is_written_is_read(tag in 0_u8..31, content in proptest::collection::vec(any::<u8>(), 0..400), number_in in any::<u32>()) {
        let mut bytes = element(tag, &content);
        prop_assert_eq!(length(&bytes), Ok(Some(bytes.len())));
        bytes.extend(number(INTEGER, number_in));
        let mut reader = Reader(&bytes);
        prop_assert_eq!(reader.expect(tag), Ok(&content[..]));
        prop_assert_eq!(reader.number(INTEGER), Ok(number_in));
        prop_assert_eq!(reader.next(), Ok(None));
    }

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut reader = Reader(&bytes);
        while let Ok(Some((_, content))) = reader.next() {
            prop_assert!(content.len() < bytes.len());
        }
        let _ = length(&bytes);
    }
}

#[track_caller]
fn check_refused(bytes: &[u8]) {
    assert_eq!(Reader(bytes).next(), Err(Malformed), "{bytes:?}");
}

#[test]
fn what_ldap_does_not_have_is_refused() {
    check_refused(&[0x30]);
    check_refused(&[0x30, 2, 0]);
    // An indefinite length, and one of more octets than anybody needs.
    check_refused(&[0x30, 0x80, 0, 0]);
    check_refused(&[0x30, 0x85, 0, 0, 0, 0, 0]);
    check_refused(&[0x1f, 1, 0]);
    check_refused(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]);
    for number in [&[][..], &[0x80], &[1, 0, 0, 0, 0], &[0; 6]] {
        let bytes = element(INTEGER, number);
        assert_eq!(Reader(&bytes).number(INTEGER), Err(Malformed), "{number:?}");
    }
}

#[test]
fn each_form_of_a_length_is_read() {
    for length_in in [0, 127, 128, 255, 256, 65_535, 65_536, 1 << 24] {
        let bytes = element(SEQUENCE, &vec![b'x'; length_in]);
        assert_eq!(length(&bytes), Ok(Some(bytes.len())));
        assert_eq!(Reader(&bytes).expect(SEQUENCE).unwrap().len(), length_in);
    }
}
