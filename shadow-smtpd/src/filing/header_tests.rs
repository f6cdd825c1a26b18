use super::*;

#[track_caller]
fn check(mail: &str, fields: &[(&str, &str)], body: &str) {
    let split = split(mail.as_bytes());
    let text = |bytes| str::from_utf8(bytes).unwrap();
    let got: Vec<_> = split
        .fields()
        .map(|field| (text(field.name), text(field.value)))
        .collect();
    assert_eq!(got, fields);
    assert_eq!(&mail[split.body_at..], body);
    let raw: Vec<u8> = split
        .fields()
        .flat_map(|field| field.raw.to_vec())
        .collect();
    assert_eq!(raw, split.header);
}

#[test]
fn splits() {
    check(
        "A: 1\r\nB: 2\r\n\r\nbody\r\n",
        &[("A", " 1\r\n"), ("B", " 2\r\n")],
        "body\r\n",
    );
    check(
        "A: 1\r\n\t2\r\n 3\r\nB:\r\n\r\n",
        &[("A", " 1\r\n\t2\r\n 3\r\n"), ("B", "\r\n")],
        "",
    );
    check("A : 1\n\nbody", &[("A", " 1\n")], "body");
    check("A: 1", &[("A", " 1")], "");
    check("", &[], "");
    check("\r\nbody", &[], "body");
    check(
        "just text\r\nA: 1\r\n\r\n",
        &[],
        "just text\r\nA: 1\r\n\r\n",
    );
    check(
        "A: 1\r\nno field\r\nB: 2\r\n",
        &[("A", " 1\r\n")],
        "no field\r\nB: 2\r\n",
    );
    check(" folded: first\r\n\r\n", &[], " folded: first\r\n\r\n");
    check(
        "A: 1\r\n \r\nB: 2\r\n\r\n",
        &[("A", " 1\r\n \r\n"), ("B", " 2\r\n")],
        "",
    );
}

#[test]
fn finds_by_name_without_case() {
    let split = split(b"x-ms-journal-report:\r\nX-MS-Other: a\r\nX: b\r\n\r\n");
    assert_eq!(
        split.values("X-MS-Journal-Report").collect::<Vec<_>>(),
        [b"\r\n"]
    );
    assert_eq!(
        split
            .fields()
            .filter(|field| field.is_one_of("X-MS-"))
            .count(),
        2
    );
}
