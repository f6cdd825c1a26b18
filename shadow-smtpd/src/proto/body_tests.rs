use super::*;

/// What a reader made of a wire: the mail, its end, and how many bytes it left.
type Outcome = (Vec<u8>, Option<BodyEnd>, usize);

const LIMIT: u64 = 1 << 20;

fn fine() -> BodyEnd {
    BodyEnd {
        too_large: false,
        bare_line_ends: false,
    }
}

fn bare() -> BodyEnd {
    BodyEnd {
        too_large: false,
        bare_line_ends: true,
    }
}

fn read_in(pieces: &[&[u8]], limit: u64) -> Outcome {
    let mut reader = BodyReader::new(limit);
    let mut out = Vec::new();
    let mut end = None;
    let mut left = 0;
    for piece in pieces {
        let mut wire = *piece;
        if end.is_none() {
            end = reader.read(&mut wire, &mut out);
        }
        left += wire.len();
    }
    (out, end, left)
}

/// The same by RFC 5321 §4.5.2 word for word, with the whole wire in hand.
fn naive(wire: &[u8]) -> Outcome {
    let mut out = Vec::new();
    let mut rest = wire;
    let mut end = fine();
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let line = &rest[..at];
        rest = &rest[at + 2..];
        if line == b"." {
            return (out, Some(end), rest.len());
        }
        end.bare_line_ends |= line.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        out.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
    (out, None, 0)
}

#[track_caller]
fn check(wire: &[u8], mail: &[u8], end: Option<BodyEnd>, left: usize) {
    let want = (mail.to_vec(), end, left);
    assert_eq!(read_in(&[wire], LIMIT), want, "whole");
    for cut in 0..=wire.len() {
        let (a, b) = wire.split_at(cut);
        assert_eq!(read_in(&[a, b], LIMIT), want, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(read_in(&bytes, LIMIT), want, "byte by byte");
}

#[test]
fn ends_and_dots() {
    check(b".\r\n", b"", Some(fine()), 0);
    check(b"hi\r\n.\r\n", b"hi\r\n", Some(fine()), 0);
    check(b"hi\r\n.\r\nQUIT\r\n", b"hi\r\n", Some(fine()), 6);
    check(b"..\r\n.\r\n", b".\r\n", Some(fine()), 0);
    check(b"..x\r\n.\r\n", b".x\r\n", Some(fine()), 0);
    check(b".x\r\n.\r\n", b"x\r\n", Some(fine()), 0);
    check(
        b"a\r\n..\r\n...\r\n.\r\n",
        b"a\r\n.\r\n..\r\n",
        Some(fine()),
        0,
    );
    check(b"\r\n\r\n.\r\n", b"\r\n\r\n", Some(fine()), 0);
    check(b"a.\r\n.b\r\n.\r\n", b"a.\r\nb\r\n", Some(fine()), 0);
    check(b"hi\r\n", b"hi\r\n", None, 0);
    check(
        "grün\r\n.\r\n".as_bytes(),
        "grün\r\n".as_bytes(),
        Some(fine()),
        0,
    );
}

#[test]
fn nothing_else_ends_a_mail() {
    // CVE-2023-51764, -51765, -51766, and what other readers took for the end.
    check(b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", Some(bare()), 0);
    check(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", Some(bare()), 0);
    check(b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", Some(bare()), 0);
    check(b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n", Some(bare()), 0);
    check(b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n", Some(bare()), 0);
    check(
        b"a\r\n.\r\r\nb\r\n.\r\n",
        b"a\r\n\r\r\nb\r\n",
        Some(bare()),
        0,
    );
    check(b"a\r\r\n.\r\n", b"a\r\r\n", Some(bare()), 0);
    check(b"a\n\r\n.\r\n", b"a\n\r\n", Some(bare()), 0);
    check(b".\n.\r\n.\r\n", b"\n.\r\n", Some(bare()), 0);
}

#[test]
fn both_sides_of_the_limit() {
    let wire = b"12345678\r\n.\r\n";
    assert_eq!(
        read_in(&[wire], 10),
        (b"12345678\r\n".to_vec(), Some(fine()), 0)
    );
    let (out, end, left) = read_in(&[wire], 9);
    assert_eq!(
        end,
        Some(BodyEnd {
            too_large: true,
            bare_line_ends: false
        })
    );
    assert!(out.len() <= 9);
    assert_eq!(left, 0);

    // What comes after the first byte too much is dropped, also when it would fit again.
    let (out, end, _) = read_in(&[b"123456789", b"0123456789", b"\r\n.\r\n"], 9);
    assert_eq!(
        (out.as_slice(), end.unwrap().too_large),
        (&b"123456789"[..], true)
    );
}

#[test]
fn agrees_with_the_naive_reader_on_every_short_wire() {
    const ALPHABET: [u8; 4] = *b".\r\na";
    for length in 0..=9 {
        let mut wire = vec![0; length];
        for number in 0..4_usize.pow(u32::try_from(length).unwrap()) {
            for (place, byte) in wire.iter_mut().enumerate() {
                *byte = ALPHABET[(number >> (2 * place)) & 3];
            }
            let (out, end, left) = read_in(&[&wire], LIMIT);
            let (naive_out, naive_end, naive_left) = naive(&wire);
            if naive_end.is_some() {
                assert_eq!(
                    (out, end, left),
                    (naive_out, naive_end, naive_left),
                    "{wire:?}"
                );
            } else {
                // The naive one gives out whole lines only.
                assert_eq!((end, left), (None, 0), "{wire:?}");
                assert!(out.starts_with(&naive_out), "{wire:?}");
            }
        }
    }
}

#[test]
fn fuzz_body() {
    let corpus: [&[u8]; 5] = [
        b"Subject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n",
        b"..\r\n.a\r\n...\r\n.\r\n",
        b"a\n.\nb\r.\rc\r\n.\r\r\n.\r\n",
        b"\r\n\r\n.\r\n.\r\n",
        b".\r\n",
    ];
    let words = [
        "\r\n.\r\n",
        "\r\n",
        "\n.\n",
        "\r.\r",
        "\r\n..",
        "\r\n.",
        "\r",
        "\n",
        ".",
        "\0",
    ];
    crate::fuzz::run("body", (&corpus, &words), |wire| {
        let (out, end, left) = read_in(&[wire], LIMIT);
        let (naive_out, naive_end, naive_left) = naive(wire);
        assert_eq!((end, left), (naive_end, naive_left));
        assert!(if end.is_some() {
            out == naive_out
        } else {
            out.starts_with(&naive_out)
        });
        // The same however it comes in.
        for piece in [1, 2, 3, 7] {
            let pieces: Vec<&[u8]> = wire.chunks(piece).collect();
            assert_eq!(
                read_in(&pieces, LIMIT),
                (out.clone(), end, left),
                "by {piece}"
            );
        }
        // Small limits change what is kept, and nothing else.
        let (kept, limited, limited_left) = read_in(&[wire], 16);
        assert!(kept.len() <= 16 && out.starts_with(&kept));
        assert_eq!(limited_left, left);
        let is_larger = |it: BodyEnd| BodyEnd {
            too_large: out.len() > 16,
            ..it
        };
        assert_eq!(limited, end.map(is_larger));
    });
}
