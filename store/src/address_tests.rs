use super::*;

#[track_caller]
fn check(text: &str, want: Result<(&str, &str), AddressError>) {
    let got = text.parse::<Address>();
    assert_eq!(
        got.as_ref()
            .map(|a| (a.local(), a.domain()))
            .map_err(|e| *e),
        want,
        "{text:?}"
    );
}

#[test]
fn parses() {
    check("amy@Corp.Example", Ok(("amy", "corp.example")));
    check("Amy.B+tag@corp.example", Ok(("Amy.B+tag", "corp.example")));
    check("jörg@bücher.example", Ok(("jörg", "bücher.example")));
    check(
        "a=corp.example@shadow.example",
        Ok(("a=corp.example", "shadow.example")),
    );
    check("\"a b\"@corp.example", Ok(("\"a b\"", "corp.example")));
    check("x@İ.example", Err(AddressError::ForbiddenCharacter));
    check(
        &format!("x@{}", "Ⱥ".repeat(127)),
        Err(AddressError::TooLong),
    );
    check("amy", Err(AddressError::Incomplete));
    check("@corp.example", Err(AddressError::Incomplete));
    check("amy@", Err(AddressError::Incomplete));
    check("a my@corp.example", Err(AddressError::ForbiddenCharacter));
    check("amy@corp.example>", Err(AddressError::ForbiddenCharacter));
    check(
        "amy\r\n@corp.example",
        Err(AddressError::ForbiddenCharacter),
    );
    check("amy@corp example", Err(AddressError::ForbiddenCharacter));
}

#[test]
fn limits_hold_on_both_sides() {
    let local = "l".repeat(limits::LOCAL_PART_BYTES_MAX);
    check(&format!("{local}@x.example"), Ok((&local, "x.example")));
    check(&format!("{local}l@x.example"), Err(AddressError::TooLong));
    let domain = "d".repeat(limits::DOMAIN_BYTES_MAX);
    check(&format!("a@{domain}"), Ok(("a", &domain)));
    check(&format!("a@{domain}d"), Err(AddressError::TooLong));
}

proptest::proptest! {
    #[test]
    fn what_parses_prints_and_parses_again(text in "\\PC{0,40}@\\PC{0,40}") {
        if let Ok(address) = text.parse::<Address>() {
            let again: Address = address.as_str().parse().unwrap();
            proptest::prop_assert_eq!(again, address);
        }
    }
}
