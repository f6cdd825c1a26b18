use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, want: Option<&str>) {
    let got = Correspondent::parse(text).map(|it| match it {
        Correspondent::Address(address) => address.to_string(),
        Correspondent::Directory(name) => name,
    });
    assert_eq!(got.as_deref(), want, "{text:?}");
}

#[test]
fn reads() {
    check("amy@corp.example", Some("amy@corp.example"));
    check(" <amy@Corp.Example> ", Some("amy@corp.example"));
    check("SMTP:amy@corp.example", Some("amy@corp.example"));
    check("<smtp:amy@corp.example>", Some("amy@corp.example"));
    check(
        "\"a, Expanded: b\"@corp.example",
        Some("\"a, Expanded: b\"@corp.example"),
    );
    check("müller@köln.example", Some("müller@köln.example"));
    check("[EX:/o=Corp/cn=Amy]", Some("/o=Corp/cn=Amy"));
    check("<[ex:/o=Corp/cn=Amy B]>", Some("/o=Corp/cn=Amy B"));
    check("X500:/o=Corp/cn=a@b", Some("/o=Corp/cn=a@b"));
    check("/o=Corp/cn=Amy", Some("/o=Corp/cn=Amy"));
    check(
        "IMCEAEX-_O=CORP_OU=FIRST+20GROUP_CN=A+5FB@corp.example",
        Some("/O=CORP/OU=FIRST GROUP/CN=A_B"),
    );
}

#[test]
fn refuses() {
    for text in [
        "",
        "<>",
        "[]",
        "amy",
        "[FAX:+49 89 1]",
        "X400:c=DE;a= ;p=Corp;s=Amy",
        "[EX:]",
        "EX:o=Corp",
        "/o=Corp\r\nRecipient: ceo@corp.example",
        "IMCEAEX-_O=CORP+2@corp.example",
        "IMCEAEX-_O=CORP+0D+0ARecipient@corp.example",
        "IMCEAEX-plain@corp.example",
        "a b@corp.example",
        "é@",
    ] {
        check(text, None);
    }
    check(&format!("/{}", "o".repeat(DIRECTORY_NAME_BYTES_MAX)), None);
}

proptest! {
    #[test]
    fn no_text_panics_or_brings_line_ends(text in "([<\\[]|EX:|smtp:|IMCEAEX-|[_+/@\r\n\0é]|.){0,40}") {
        let read = match Correspondent::parse(&text) {
            Some(Correspondent::Address(address)) => address.to_string(),
            Some(Correspondent::Directory(name)) => name,
            None => return Ok(()),
        };
        prop_assert!(!read.chars().any(char::is_control), "{read:?}");
    }
}
