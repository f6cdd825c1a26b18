use super::*;

#[test]
fn splits() {
    let check = |argument, want| assert_eq!(split(argument), want, "{argument}");
    check("<a@b>", Some(("a@b", "")));
    check(" <a@b> SIZE=1", Some(("a@b", " SIZE=1")));
    check("<>", Some(("", "")));
    check("<\"a>b\"@c> X", Some(("\"a>b\"@c", " X")));
    check("<\"a\\\">b\"@c>", Some(("\"a\\\">b\"@c", "")));
    check("<grün@größe.example>", Some(("grün@größe.example", "")));
    for bad in ["", "a@b", "<a@b", "<a@b>SIZE=1", "x<a@b>", "<\"a>@b"] {
        check(bad, None);
    }
}

#[test]
fn forward_paths() {
    let check = |path, want: Option<&str>| {
        assert_eq!(
            forward(path, "s.example").as_ref().map(Address::as_str),
            want,
            "{path}"
        );
    };
    check("amy@corp.example", Some("amy@corp.example"));
    check(
        "@a.example,@b.example:amy@corp.example",
        Some("amy@corp.example"),
    );
    check("Postmaster", Some("Postmaster@s.example"));
    check(
        "amy=corp.example@s.example",
        Some("amy=corp.example@s.example"),
    );
    check("a..b@corp.example", Some("a..b@corp.example"));
    check("\"a b\"@corp.example", Some("\"a b\"@corp.example"));
    for bad in [
        "",
        "amy",
        "@corp.example",
        "a b@corp.example",
        "a@b@",
        "<a@b",
    ] {
        check(bad, None);
    }
}

#[test]
fn reverse_paths() {
    assert_eq!(reverse(""), Some(ReversePath::Null));
    assert_eq!(reverse("a@b.example").unwrap().to_string(), "a@b.example");
    assert_eq!(reverse("postmaster"), None);
}
