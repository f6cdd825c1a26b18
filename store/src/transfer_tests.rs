use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(encoding: Encoding, encoded: &str, want: &str) {
    let decoded = encoding.decode(encoded.as_bytes());
    assert_eq!(
        decoded.escape_ascii().to_string(),
        want.as_bytes().escape_ascii().to_string(),
        "{encoded:?}"
    );
}

#[test]
fn base64() {
    let check = |encoded, want| check(Encoding::Base64, encoded, want);
    // RFC 4648 §10.
    check("", "");
    check("Zg==", "f");
    check("Zm8=", "fo");
    check("Zm9v", "foo");
    check("Zm9vYmFy", "foobar");
    check("Zm9v\r\nYmFy\r\n", "foobar");
    check("Zm 9v-_YmE", "fooba");
    // A footer that a gateway put behind it.
    check("Zm8=\r\nScanned by AcmeGate", "fo");
    check("Z", "");
    check("====", "");
}

#[test]
fn quoted_printable() {
    let check = |encoded, want| check(Encoding::QuotedPrintable, encoded, want);
    check("", "");
    check("a=3Db", "a=b");
    check("gr=C3=BC=c3=9fe\r\n", "grüße\r\n");
    check("long=\r\n line = \t\r\nend", "long line end");
    check("blanks \t \r\nb\t ", "blanks\r\nb");
    check("a=20\r\nb", "a \r\nb");
    check("=", "");
    check("=x=1=G0 100%", "=x=1=G0 100%");
    check("bare\nends=\n\n", "bare\nends\n");
}

/// What encodings are made of, so that runs of it mean something.
fn encoded() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'='),
        Just(b' '),
        Just(b'\r'),
        Just(b'\n'),
        Just(b'4'),
        Just(b'D'),
        any::<u8>()
    ];
    proptest::collection::vec(byte, 0..200)
}

/// Reads with pieces of the given size.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(self.1).min(self.0.len());
        let (piece, rest) = self.0.split_at(length);
        into[..length].copy_from_slice(piece);
        self.0 = rest;
        Ok(length)
    }
}

proptest! {
    #[test]
    fn cut_anywhere_it_is_the_same(encoded in encoded(), size in 1_usize..9) {
        for encoding in [Encoding::AsIs, Encoding::Base64, Encoding::QuotedPrintable] {
            let mut read = Vec::new();
            let mut pieces = Decoded::new(Pieces(&encoded, size), encoding);
            pieces.read_to_end(&mut read).unwrap();
            prop_assert_eq!(&read, &encoding.decode(&encoded));
            prop_assert!(read.len() <= encoded.len());
        }
    }
}

#[test]
fn a_line_without_end_takes_little_memory() {
    let line = [
        b"=3D".repeat(LINE_BYTES_MAX),
        b" ".repeat(3 * LINE_BYTES_MAX),
    ]
    .concat();
    let mut decoder = Decoder::new(Encoding::QuotedPrintable);
    let mut decoded = Vec::new();
    for piece in line.chunks(7) {
        decoder.add(piece, &mut decoded);
        let Decoder::QuotedPrintable { line } = &decoder else {
            unreachable!()
        };
        assert!(line.len() < LINE_BYTES_MAX);
    }
    assert_eq!(decoded[..LINE_BYTES_MAX], b"=".repeat(LINE_BYTES_MAX));
    assert_eq!(Encoding::QuotedPrintable.decode(&line), {
        decoder.end(&mut decoded);
        decoded
    });
}
