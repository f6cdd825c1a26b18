use super::*;

#[track_caller]
fn check(mail: &str, want: &[(&str, &str)], want_rest: &str) {
    let mut all = fields(mail.as_bytes());
    let got: Vec<_> = all
        .by_ref()
        .map(|field| {
            (
                String::from_utf8_lossy(field.name).into_owned(),
                field.text(),
            )
        })
        .collect();
    let got: Vec<_> = got
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(got, want, "{mail:?}");
    assert_eq!(all.rest(), want_rest.as_bytes(), "{mail:?}");
}

#[test]
fn reads_fields() {
    check("A: b\r\n\r\nbody\r\n", &[("A", "b")], "\r\nbody\r\n");
    check(
        "A: b\r\n c\r\n\td\r\nE:f\r\n",
        &[("A", "b c\td"), ("E", "f")],
        "",
    );
    check("A: b\nC : d\n\nbody", &[("A", "b"), ("C", "d")], "\nbody");
    check("\r\nbody", &[], "\r\nbody");
    check("", &[], "");
    check("A: no end", &[("A", "no end")], "");
}

#[test]
fn the_first_line_that_is_no_field_ends_the_header() {
    for no_field in [
        "From amy Sat 09:12\r\nA: b\r\n\r\n",
        ": x\r\nA: b\r\n\r\n",
        " folded first\r\nA: b\r\n\r\n",
        "nothing\r\n\r\n",
    ] {
        check(no_field, &[], no_field);
    }
    check(
        "A: b\r\nnothing\r\nC: d\r\n",
        &[("A", "b")],
        "nothing\r\nC: d\r\n",
    );
}

#[test]
fn names_have_no_case() {
    let mail = b"message-ID: <a@b>\r\nX-MS-Exchange-Organization-SCL: -1\r\n\r\n";
    assert_eq!(value_of(mail, "Message-Id").as_deref(), Some("<a@b>"));
    assert_eq!(value_of(mail, "Date"), None);
    assert!(fields(mail).any(|field| field.begins("x-ms-exchange-organization-")));
    assert!(!fields(mail).any(|field| field.begins("x-ms-exchange-organization-SCL-and-more")));
}

#[test]
fn many_odd_lines_take_no_time() {
    let mail = b" \r\n".repeat(1 << 20);
    let begun = std::time::Instant::now();
    let mut all = fields(&mail);
    while all.skip_odd_line().is_some() {
        assert_eq!(all.next(), None);
    }
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

proptest::proptest! {
    #[test]
    fn no_octet_is_lost(mail: Vec<u8>) {
        let mut all = fields(&mail);
        let mut again: Vec<u8> = all.by_ref().flat_map(|field| field.raw.to_vec()).collect();
        while let Some(odd) = all.skip_odd_line() {
            proptest::prop_assert!(!odd.is_empty());
            again.extend(odd);
            again.extend(all.by_ref().flat_map(|field| field.raw.to_vec()));
        }
        again.extend(all.rest());
        let end = all.rest();
        proptest::prop_assert!(end.is_empty() || end.starts_with(b"\n") || end.starts_with(b"\r\n"));
        proptest::prop_assert_eq!(again, mail);
    }
}
