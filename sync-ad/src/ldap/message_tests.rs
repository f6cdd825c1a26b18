use proptest::prelude::*;

use super::*;

/// An entry as a server sends it.
fn sent(id: u32, dn: &str, attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(name, values)| {
            let values: Vec<Vec<u8>> = values
                .iter()
                .map(|value| ber::element(ber::OCTET_STRING, value))
                .collect();
            let parts = [text(name), ber::constructed(ber::SET, &values)];
            ber::constructed(ber::SEQUENCE, &parts)
        })
        .collect();
    let parts = [text(dn), ber::constructed(ber::SEQUENCE, &attributes)];
    message(id, ber::constructed(0x64, &parts), &[])
}

fn ended(code: u32, words: &str, cookie: Option<&[u8]>) -> Vec<u8> {
    let outcome = [ber::number(ber::ENUMERATED, code), text(""), text(words)];
    let controls = cookie.map(|cookie| {
        let page = [
            ber::number(ber::INTEGER, 0),
            ber::element(ber::OCTET_STRING, cookie),
        ];
        control(PAGED, Some(&ber::constructed(ber::SEQUENCE, &page)))
    });
    let controls: Vec<Vec<u8>> = controls.into_iter().collect();
    message(7, ber::constructed(0x65, &outcome), &controls)
}

#[test]
fn entries_and_ends_are_read() {
    let bytes = sent(7, "uid=amy", &[("Mail", &[b"a@x", b"\xff"]), ("cn", &[])]);
    let Ok(Some((7, Answer::Entry(entry)))) = read(&bytes) else {
        panic!("an entry")
    };
    assert_eq!(entry.dn, "uid=amy");
    assert_eq!(entry.texts("MAIL").collect::<Vec<_>>(), ["a@x"]);
    assert_eq!(entry.bytes("mail").count(), 2);
    assert_eq!(entry.text("cn"), None);

    let Ok(Some((7, Answer::Found(end)))) = read(&ended(4, "too many", Some(b"next"))) else {
        panic!("an end")
    };
    assert_eq!(
        (end.code, &end.words[..], &end.cookie[..]),
        (4, "too many", &b"next"[..])
    );
    let Ok(Some((7, Answer::Found(end)))) = read(&ended(0, "", None)) else {
        panic!("an end")
    };
    assert!(end.cookie.is_empty());
}

#[test]
fn a_request_is_as_the_standard_has_it() {
    // RFC 4511 §4.2, worked out by hand.
    let want = b"\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw";
    assert_eq!(bind(1, "cn=a", "pw"), want);
    assert_eq!(unbind(2), b"\x30\x05\x02\x01\x02\x42\x00");
}

#[test]
fn a_value_larger_than_any_is_left_out_and_named() {
    let at_limit = vec![b'x'; limits::VALUE_BYTES_MAX];
    let over = vec![b'x'; limits::VALUE_BYTES_MAX + 1];
    let entry = |values: &[&[u8]]| {
        let sent = sent(1, "uid=amy", &[("Mail", values), ("cn", &[b"Amy"])]);
        let Ok(Some((1, Answer::Entry(entry)))) = read(&sent) else {
            panic!("an entry")
        };
        assert_eq!(entry.text("cn"), Some("Amy"));
        (entry.bytes("mail").count(), entry.oversized)
    };
    assert_eq!(entry(&[&at_limit]), (1, vec![]));
    assert_eq!(entry(&[b"a", &over, b"b"]), (2, vec!["mail".to_owned()]));
    let many: Vec<&[u8]> = vec![b"x"; limits::VALUES_MAX];
    assert_eq!(entry(&many), (limits::VALUES_MAX, vec![]));
    let many: Vec<&[u8]> = vec![b"x"; limits::VALUES_MAX + 1];
    assert_eq!(entry(&many), (0, vec!["mail".to_owned()]));
}

#[test]
fn an_entry_with_too_much_is_named_and_ends_nothing() {
    let entry = |dn: &str, attributes: &[(&str, &[&[u8]])]| {
        let Ok(Some((1, Answer::Entry(entry)))) = read(&sent(1, dn, attributes)) else {
            panic!("an entry")
        };
        entry
    };
    let mut many: Vec<(&str, &[&[u8]])> = vec![("a", &[]); limits::ATTRIBUTES_MAX + 1];
    let cut = entry("uid=amy", &many);
    assert_eq!(cut.attributes.len(), limits::ATTRIBUTES_MAX);
    assert_eq!(cut.oversized, ["a"]);
    // A name in a thousand languages is one that nobody asked for.
    many = vec![("cn;lang-de", &[b"Amy"]); 1000];
    many.push(("member;range=0-*", &[b"bo"]));
    let one = entry("uid=amy", &many);
    assert_eq!(one.attributes.len(), 1);
    assert!(one.oversized.is_empty());
    let long = "x".repeat(limits::DN_BYTES_MAX + 1);
    let nameless = entry(&long, &[("cn", &[b"Amy"])]);
    assert!(nameless.has_long_name() && nameless.attributes.is_empty());
    assert_eq!(nameless.dn.len(), limits::LONG_NAME_CHARS);
    let whole = entry(&long[1..], &[("cn", &[b"Amy"])]);
    assert!(!whole.has_long_name() && whole.text("cn").is_some());
}

#[test]
fn a_message_cut_anywhere_is_refused_and_one_too_deep_is_not_followed() {
    for whole in [
        sent(7, "uid=amy", &[("mail", &[b"a"])]),
        ended(0, "", Some(b"x")),
    ] {
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "{cut}");
        }
    }
    let mut deep = vec![0x30, 0];
    while deep.len() < 1 << 20 {
        deep = ber::element(0x30, &deep);
        if deep.len() > 1 << 12 {
            break;
        }
    }
    assert!(read(&deep).is_err());
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        // And the same bytes where something is expected.
        let _ = read(&message(1, ber::element(0x64, &bytes), &[]));
        let _ = read(&message(1, ber::element(0x65, &bytes), std::slice::from_ref(&bytes)));
    }
}
