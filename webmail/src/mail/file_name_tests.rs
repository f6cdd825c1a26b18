use super::*;

#[track_caller]
fn check(given: &str, want: &str) {
    assert_eq!(clean(given), want, "{given:?}");
}

#[test]
fn names_lose_what_could_hurt() {
    check("Übersicht 2026.pdf", "Übersicht 2026.pdf");
    check("../../etc/passwd", "passwd");
    check("..\\..\\windows\\system.ini", "system.ini");
    check("C:\\temp\\a.txt", "a.txt");
    check("/", "");
    check("a/", "a");
    check("..", "");
    check(" .hidden. ", "hidden");
    check("a\r\nContent-Type: text/html", "html");
    check("a\r\nb\0c.txt", "abc.txt");
    check("gnp.\u{202e}exe", "gnp.exe");
    check("a\u{200b}\u{feff}b.txt", "ab.txt");
    check(
        "<img src=x onerror=\"a\">.html",
        "_img src=x onerror=_a__.html",
    );
    check("a:b|c?d*e", "a_b_c_d_e");
    check("CON", "_CON");
    check("nul.txt", "_nul.txt");
    check("com1 .txt", "_com1 .txt");
    check("console.txt", "console.txt");
    check("日本.txt", "日本.txt");
    check("", "");
}

#[test]
fn long_names_keep_their_ending() {
    let long = clean(&format!("{}.pdf", "ü".repeat(500)));
    assert_eq!(long.chars().count(), limits::FILE_NAME_CHARS_MAX);
    assert!(long.ends_with("ü.pdf"));
    let no_ending = clean(&"x".repeat(500));
    assert_eq!(no_ending.len(), limits::FILE_NAME_CHARS_MAX);
    let odd = clean(&format!("a.{}", "x".repeat(500)));
    assert_eq!(odd.len(), limits::FILE_NAME_CHARS_MAX);
}

#[test]
fn headers_hold_ascii_and_all_letters() {
    let check = |name: &str, want: &str| {
        assert_eq!(
            attachment_disposition(name).to_str().unwrap(),
            want,
            "{name:?}"
        );
    };
    check(
        "a b.txt",
        "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt",
    );
    check(
        "Grüße.txt",
        "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt",
    );
    check(
        "a\";x='%.txt",
        "attachment; filename=\"a__x___.txt\"; filename*=UTF-8''a%22%3Bx%3D%27%25.txt",
    );
    assert!(
        inline_disposition("a.png")
            .to_str()
            .unwrap()
            .starts_with("inline; ")
    );
}
