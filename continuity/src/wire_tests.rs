use super::*;

#[track_caller]
fn check(text: &str, want: Option<(&str, u16, &str, bool)>) {
    let got: Option<Url> = text.parse().ok();
    let got = got.as_ref().map(|it| {
        let place = &it.place;
        (
            place.host.as_str(),
            place.port,
            it.path.as_str(),
            it.is_https,
        )
    });
    assert_eq!(got, want, "{text}");
}

#[test]
fn addresses_of_pages() {
    check(
        "https://mail.corp.example/owa/healthcheck.htm",
        Some(("mail.corp.example", 443, "/owa/healthcheck.htm", true)),
    );
    check(
        "http://127.0.0.1:8080",
        Some(("127.0.0.1", 8080, "/", false)),
    );
    check(
        "https://[::1]:8443/a?b=c",
        Some(("::1", 8443, "/a?b=c", true)),
    );
    for wrong in [
        "",
        "mail.corp.example/x",
        "/x",
        "ftp://mail.corp.example/",
        "https://",
        "https://eva:secret@mail.corp.example/",
    ] {
        check(wrong, None);
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}") {
        let _: Result<Url, _> = text.parse();
    }
}
