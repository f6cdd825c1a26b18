use super::*;

#[track_caller]
fn check(field: &str, want: &[&str]) {
    let found = parse(field).unwrap();
    let found: Vec<String> = found
        .into_iter()
        .map(|mailbox| match mailbox.name {
            Some(name) => format!("{name}|{}", mailbox.address),
            None => mailbox.address.to_string(),
        })
        .collect();
    assert_eq!(found, want, "{field:?}");
}

#[track_caller]
fn check_bad(field: &str, want: &[&str]) {
    let bad = parse(field).unwrap_err();
    let bad: Vec<&str> = bad
        .iter()
        .map(|bad| match bad {
            BadAddress::Malformed(text) | BadAddress::International(text) => text.as_str(),
        })
        .collect();
    assert_eq!(bad, want, "{field:?}");
}

#[test]
fn fields_hold_one_or_many() {
    check("", &[]);
    check("  , ; \r\n ", &[]);
    check("anna@firma.de", &["anna@firma.de"]);
    check("Anna <a@b>, c@d", &["Anna|a@b", "c@d"]);
    check("a@b; c@d,e@f\r\ng@h", &["a@b", "c@d", "e@f", "g@h"]);
    check("<a@b>", &["a@b"]);
    check("mailto:a@b", &["a@b"]);
    check("a@b,", &["a@b"]);
}

#[test]
fn names_may_hold_commas_and_umlauts() {
    check(
        "\"Groß, Jürgen\" <juergen@firma.de>",
        &["Groß, Jürgen|juergen@firma.de"],
    );
    check(
        "Groß, Jürgen <juergen@firma.de>",
        &["Groß, Jürgen|juergen@firma.de"],
    );
    check(
        "Groß, Jürgen <j@f.de>; Weiß, Eva <e@f.de>",
        &["Groß, Jürgen|j@f.de", "Weiß, Eva|e@f.de"],
    );
    check("x@y, Jürgen <j@f.de>", &["x@y", "Jürgen|j@f.de"]);
}

#[test]
fn domains_with_umlauts_become_what_dns_has() {
    check("info@Müller.de", &["info@xn--mller-kva.de"]);
    assert_eq!(
        parse("jürgen@firma.de"),
        Err(vec![BadAddress::International(
            "jürgen@firma.de".to_owned()
        )])
    );
}

#[test]
fn every_bad_address_is_named() {
    check_bad("anna", &["anna"]);
    check_bad("anna@, bo@firma.de, @firma.de", &["anna@", "@firma.de"]);
    check_bad("Anna <anna@firma.de", &["Anna <anna@firma.de"]);
    check_bad("anna@firma..de", &["anna@firma..de"]);
    check_bad("anna@firma.de.", &["anna@firma.de."]);
    check_bad("anna@firma.de>", &["anna@firma.de>"]);
    check_bad("a b@firma.de", &["a b@firma.de"]);
    check_bad("Groß, anna@firma.de", &["Groß"]);
    check_bad("a@b@c", &["a@b@c"]);
    check_bad(
        "\"a\r\nBcc: x@y\"@firma.de",
        &["\"a", "Bcc: x@y\"@firma.de"],
    );
}
