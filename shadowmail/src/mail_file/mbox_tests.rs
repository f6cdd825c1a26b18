use proptest::prelude::*;

use super::*;

fn written(mails: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for mail in mails {
        let at = "2026-11-22T09:12:03Z".parse().unwrap();
        write(&mut out, ("a@b.example", at), &mut &mail[..]).unwrap();
    }
    out
}

#[test]
fn from_lines_are_quoted_and_line_ends_are_plain() {
    let check = |mail: &[u8], want: &str| {
        let text = String::from_utf8(written(&[mail])).unwrap();
        let rest = text.strip_prefix("From a@b.example Sun Nov 22 09:12:03 2026\n");
        assert_eq!(rest, Some(want));
    };
    check(b"Subject: x\r\n\r\nhi\r\n", "Subject: x\n\nhi\n\n");
    check(
        b"From me\r\n>From me\r\nFrom",
        ">From me\n>>From me\nFrom\n\n",
    );
    check(b"Fromage\r\n>>Fro", "Fromage\n>>Fro\n\n");
    check(b"a\rb\nFrom \n\r", "a\rb\n>From \n\r\n\n");
}

proptest! {
    #[test]
    fn quotes_come_off_again_and_nothing_else_changes(mail in "(From |>|F|x|\r\n|\n|é){0,12}y") {
        let file = String::from_utf8(written(&[mail.as_bytes()])).unwrap();
        let lines: Vec<&str> = file.lines().skip(1).collect();
        prop_assert!(lines.iter().all(|line| !line.starts_with("From ")));
        let unquoted = lines.iter().map(|line| {
            let is_quoted = line.trim_start_matches('>').starts_with("From ");
            if is_quoted { &line[1..] } else { line }
        });
        let mut want: Vec<&str> = mail.lines().collect();
        want.push(""); // the empty line behind a message
        prop_assert_eq!(unquoted.collect::<Vec<_>>(), want);
    }
}
