use super::*;

/// Whether bare line ends were found, and what was missing at the end.
type Seen = (bool, &'static [u8]);

fn read_in(pieces: &[&[u8]]) -> Seen {
    let mut reader = ChunkReader::new(u64::MAX);
    for piece in pieces {
        reader.read(piece);
    }
    (reader.end().bare_line_ends, reader.missing_end())
}

/// The same with the whole mail in hand.
fn naive(mail: &[u8]) -> Seen {
    let ending: &[u8] = if mail.is_empty() || mail.ends_with(b"\r\n") {
        b""
    } else if mail.ends_with(b"\r") {
        b"\n"
    } else {
        b"\r\n"
    };
    let whole = [mail, ending].concat();
    let mut lines = whole.as_slice();
    let mut bare = false;
    while let Some(at) = lines.windows(2).position(|pair| pair == b"\r\n") {
        bare |= lines[..at].iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        lines = &lines[at + 2..];
    }
    (
        bare,
        if ending == b"" {
            b""
        } else if ending == b"\n" {
            b"\n"
        } else {
            b"\r\n"
        },
    )
}

#[test]
fn agrees_with_the_naive_reader_on_every_short_mail_cut_anywhere() {
    const ALPHABET: [u8; 3] = *b"\r\na";
    for length in 0..=9_u32 {
        let mut mail = vec![0; usize::try_from(length).unwrap()];
        for number in 0..3_usize.pow(length) {
            let mut rest = number;
            for byte in &mut mail {
                *byte = ALPHABET[rest % 3];
                rest /= 3;
            }
            let want = naive(&mail);
            for cut in 0..=mail.len() {
                let (a, b) = mail.split_at(cut);
                assert_eq!(read_in(&[a, b]), want, "{mail:?} cut at {cut}");
            }
            let bytes: Vec<&[u8]> = mail.chunks(1).collect();
            assert_eq!(read_in(&bytes), want, "{mail:?} byte by byte");
        }
    }
}

#[test]
fn dots_mean_nothing() {
    assert_eq!(read_in(&[b".\r\n..\r\nx\r\n.\r\n"]), (false, &b""[..]));
}

#[test]
fn both_sides_of_the_limit() {
    let mut reader = ChunkReader::new(10);
    assert!(reader.announce(10));
    assert!(reader.announce(0));
    assert!(!reader.announce(1));
    assert!(!ChunkReader::new(10).announce(11));
    let mut reader = ChunkReader::new(u64::MAX - 1);
    assert!(reader.announce(5));
    assert!(!reader.announce(u64::MAX), "it does not wrap");
}
