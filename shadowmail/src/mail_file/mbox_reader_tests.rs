use std::io::{BufReader, Cursor};

use proptest::prelude::*;

use super::super::mbox;
use super::*;

fn written(mails: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for mail in mails {
        let at = "2026-11-22T09:12:03Z".parse().unwrap();
        mbox::write(&mut out, ("a@b.example", at), &mut &mail[..]).unwrap();
    }
    out
}

fn unquoted(lines: &[u8]) -> Vec<u8> {
    let (mut mail, mut lines) = (Vec::new(), Unquoted::new(lines));
    loop {
        let before = mail.len();
        lines.append_to(&mut mail).unwrap();
        if mail.len() == before {
            return mail;
        }
    }
}

fn read(file: &[u8]) -> Vec<Vec<u8>> {
    // A small buffer, so that lines are longer than it.
    let places = places(&mut BufReader::with_capacity(7, Cursor::new(file)), 100).unwrap();
    let part = |place: &Place| {
        let range = usize::try_from(place.mail).unwrap()..usize::try_from(place.end).unwrap();
        unquoted(&file[range])
    };
    places.iter().map(part).collect()
}

#[test]
fn other_programs_files_are_read() {
    let file = b"From x Thu Jan  1 00:00:00 1970\nSubject: a\n\nFrom here on\n\n\
        From y Thu Jan  1 00:00:00 1970\r\nSubject: b\r\n\r\n>From z\r\n>>From z";
    assert_eq!(
        read(file),
        [
            b"Subject: a\r\n\r\nFrom here on\r\n".to_vec(),
            b"Subject: b\r\n\r\nFrom z\r\n>From z".to_vec()
        ]
    );
    assert_eq!(read(b""), [b""; 0]);
    assert_eq!(read(b"no mailbox\n"), [b""; 0]);
}

#[test]
fn a_line_longer_than_a_piece_stays_one_line() {
    let check = |line: &[u8]| {
        let mail = [b">".as_slice(), line, b"\r\nFrom me\r\n"].concat();
        assert_eq!(read(&written(&[&mail])), [mail]);
    };
    let piece = usize::try_from(PIECE_BYTES).unwrap();
    for length in piece - 3..piece + 3 {
        check(&vec![b'x'; length]);
    }
    // A CR at the end of a piece is no line end by itself.
    let text = vec![b'x'; piece - 1];
    assert_eq!(
        unquoted(&[&text, b"\ry".as_slice()].concat()).len(),
        piece + 1
    );
}

#[test]
fn no_more_than_the_limit() {
    let file = written(&[b"a\r\n", b"b\r\n", b"c\r\n"]);
    assert_eq!(places(&mut Cursor::new(file), 2).unwrap().len(), 2);
}

/// What a mail is after LF line ends and back: only CRLF, also at its end.
fn normal(mail: &[u8]) -> Vec<u8> {
    let mut normal = Vec::new();
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        normal.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        normal.extend_from_slice(b"\r\n");
    }
    normal
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        mails in prop::collection::vec("(From 00:00|From |>|F|x|\r\n|\n|é){0,12}(y|\r\n|\n)", 1..5),
    ) {
        let mails: Vec<&[u8]> = mails.iter().map(String::as_bytes).collect();
        let want: Vec<_> = mails.iter().map(|mail| normal(mail)).collect();
        prop_assert_eq!(read(&written(&mails)), want);
    }

    #[test]
    fn garbage_is_no_trouble(file in "(From x 00:00|From |>|F|x|\r|\n|é){0,60}") {
        let end = file.len() as u64;
        for place in places(&mut Cursor::new(&file), 100).unwrap() {
            prop_assert!(place.begins < place.mail && place.mail <= place.end && place.end <= end);
        }
        unquoted(file.as_bytes());
    }
}
