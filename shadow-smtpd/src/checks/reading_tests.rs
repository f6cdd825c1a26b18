use std::time::Duration;

use super::*;

fn read(mail: &[u8]) -> Reading {
    Reading::read(mail, Extent::Whole)
}

/// A signature of this many names, and fields.
fn signed(names: usize, fields: usize) -> Vec<u8> {
    let mut mail = Vec::new();
    for number in 0..fields {
        mail.extend(format!("a{number:05}: x\r\n").bytes());
    }
    let names: Vec<String> = (0..names).map(|number| format!("b{number:05}")).collect();
    let signature = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; c=relaxed/relaxed;\r\n\
         \tbh=QUJD; b=QUJD; h={}\r\n\r\n",
        names.join(":\r\n\t")
    );
    mail.extend(signature.bytes());
    mail
}

/// Whether the signatures of a mail are.
fn is_looked_at(mail: &[u8]) -> bool {
    let reading = read(mail);
    let message = reading.message(mail);
    let looked_at = message.is_some_and(|it| !it.dkim_headers.is_empty());
    assert_eq!(reading.sees_body(), looked_at);
    looked_at
}

#[test]
fn both_sides_of_the_limits() {
    let (names, fields) = (limits::SIGNED_NAMES_MAX, limits::HEADER_FIELDS_MAX);
    assert!(is_looked_at(&signed(1, 0)));
    assert!(is_looked_at(&signed(names, fields - 1)));
    assert!(!is_looked_at(&signed(names + 1, 0)));
    assert!(!is_looked_at(&signed(1, fields)));

    let long = |bytes: usize| {
        let mail = signed(1, 1);
        let more = vec![b'x'; bytes - mail.len()];
        [b"A: ", more.get(5..).unwrap(), b"\r\n", &mail].concat()
    };
    assert!(is_looked_at(&long(limits::AUTHENTICATED_HEADER_BYTES_MAX)));
    assert!(!is_looked_at(&long(
        limits::AUTHENTICATED_HEADER_BYTES_MAX + 1
    )));

    let mut many = signed(1, 0);
    many.truncate(many.len() - 2);
    let many = |signatures: usize| [many.repeat(signatures).as_slice(), b"\r\n"].concat();
    assert!(is_looked_at(&many(limits::SIGNATURES_MAX)));
    assert!(!is_looked_at(&many(limits::SIGNATURES_MAX + 1)));
    // Those that make no sense count as well.
    let odd = |signatures| [b"dkim-signature :\n".repeat(signatures), signed(1, 0)].concat();
    assert!(is_looked_at(&odd(limits::SIGNATURES_MAX - 1)));
    assert!(!is_looked_at(&odd(limits::SIGNATURES_MAX)));
}

/// What is looked at is found fast: nobody else is served on that thread meanwhile.
#[test]
fn the_most_names_among_the_most_fields_take_no_time() {
    let mail = signed(limits::SIGNED_NAMES_MAX, limits::HEADER_FIELDS_MAX - 1);
    let reading = read(&mail);
    let message = reading.message(&mail).unwrap();
    let signature = message.dkim_headers.first().unwrap();
    let begun = std::time::Instant::now();
    let covered = message.signed_headers(&signature.header.h, signature.name, b"");
    assert_eq!(covered.count(), 1, "none of them is there");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[track_caller]
fn check_author(header: &str, want: Option<&str>) {
    let read = read(format!("{header}\r\n\r\nFrom: a@body.example\r\n").as_bytes());
    let want = want.map_or(Author::Unclear, |domain| Author::Of(domain.to_owned()));
    assert_eq!(read.author, want, "{header}");
}

#[test]
fn who_is_judged_is_who_is_shown() {
    check_author("From: CEO <ceo@Bank.example>", Some("bank.example"));
    check_author(
        "From: \"ceo@bank.example\" <x@evil.example>",
        Some("evil.example"),
    );
    check_author("From: a@x.example, b@x.example", Some("x.example"));
    check_author("From: a@b\u{fc}cher.example", Some("xn--bcher-kva.example"));
    check_author("From: <b@ bank.example>", Some("bank.example"));
    check_author("From: <b@bank .example>", Some("bank.example"));
    check_author("From: <b@bank(x).example>", Some("bank.example"));
    check_author("From: b@bank.example.", Some("bank.example"));
    check_author(
        "From: a@evil.example <a@evil.example>",
        Some("evil.example"),
    );
    check_author("From: <\"a@b\"@x.example>", Some("x.example"));
    check_author("From: <a@bank.example> <b@evil.example>", None);
    let label = "a".repeat(64);
    check_author(&format!("From: <b@{label}.bank.example>"), None);
    check_author("From: a@evil.example, b@bank.example", None);
    check_author("From: a@evil.example\r\nfrom : b@bank.example", None);
    // A line that is no field hides what is below it from one of the two.
    check_author("From: a@evil.example\r\njunk\r\nFrom: b@bank.example", None);
    check_author("A: b\r\njunk\r\nFrom: b@bank.example", Some("bank.example"));
    check_author("junk\r\nFrom: b@bank.example", None);
    check_author(
        "From: <x>\r\njunk\r\nFrom: Boss <b@bank.example>",
        Some("bank.example"),
    );
    check_author("From: x\r\nFrom: b@bank.example", Some("bank.example"));
    check_author("From: x, <b@bank.example>", Some("bank.example"));
    check_author(
        "F r o m: a@evil.example\r\njunk\r\n From: b@bank.example",
        None,
    );
    let buried = format!("From: a@evil.example\r\n{}", "A: b\r\n".repeat(1000));
    check_author(&format!("{buried}From: b@bank.example"), None);
    for nobody in ["Subject: x", "From: root", "junk", "From: undisclosed:;"] {
        let read = read(format!("{nobody}\r\n\r\n").as_bytes());
        assert_eq!(read.author, Author::Nobody, "{nobody}");
    }
}

#[test]
fn a_from_below_an_odd_line_is_judged() {
    for above in ["A: b", "From: <x>", "From: x"] {
        let mail = format!("{above}\r\njunk\r\nFrom: b@bank.example\r\n\r\n");
        let message = read(mail.as_bytes()).message(mail.as_bytes());
        assert_eq!(message.unwrap().from, ["@bank.example"], "{above}");
    }
}

/// Of a large mail there is no more than that.
#[test]
fn of_a_beginning_the_header_and_what_signs_it_is_read() {
    let mut mail = signed(1, 1);
    mail.splice(0..0, b"From: a@x.example\r\n".iter().copied());
    let reading = Reading::read(&mail, Extent::Beginning);
    assert_eq!(reading.author, Author::Of("x.example".to_owned()));
    let message = reading.message(&mail).unwrap();
    assert_eq!(message.from, ["@x.example"]);
    assert!(!reading.sees_body());
    let [signature] = message.dkim_headers.as_slice() else {
        panic!("{:?}", message.dkim_headers);
    };
    let [(_, _, 0, hash)] = message.body_hashes.as_slice() else {
        panic!("{:?}", message.body_hashes);
    };
    assert_eq!((hash, hash.as_slice()), (&signature.header.bh, &b"ABC"[..]));
    let bomb = signed(limits::SIGNED_NAMES_MAX + 1, 0);
    let bomb = Reading::read(&bomb, Extent::Beginning).message(&bomb);
    assert!(bomb.unwrap().dkim_headers.is_empty());
    let cut = b"A: b\r\n".repeat(limits::HEADER_BYTES_MAX / 6 + 1);
    let cut = Reading::read(&cut, Extent::Beginning);
    assert_eq!(cut.author, Author::Unclear, "nobody knows what follows");
}

proptest::proptest! {
    #[test]
    fn any_mail_can_be_looked_at(
        mail: Vec<u8>,
        header in "(dkim-signature: v=1; a=rsa-sha256; d=x.example; s=s; c=relaxed/(simple|relaxed); h=from; bh=QUJD; b=QUJD|(dkim-signature|arc-seal|from|x): [ -~]{0,60})\r\n",
    ) {
        read(&mail);
        let beginning = Reading::read(&mail, Extent::Beginning);
        beginning.message(&mail);
        let mail = [header.as_bytes(), &mail].concat();
        let reading = read(&mail);
        let Signatures::Whole(hashes) = &reading.signatures else {
            return Ok(());
        };
        // The header alone, with these hashes, is the same as the whole.
        let whole = AuthenticatedMessage::parse(&mail).unwrap();
        let message = reading.message(&mail).unwrap();
        assert_eq!(message.headers, whole.headers);
        assert_eq!(message.body_hashes, whole.body_hashes);
        assert_eq!(message.dkim_headers.len(), whole.dkim_headers.len());
        // Who is judged is who was found to be named.
        if let Author::Of(domain) = &reading.author {
            assert_eq!(message.from, [format!("@{domain}")]);
        }
        assert!(hashes.len() <= limits::SIGNATURES_MAX);
    }
}
