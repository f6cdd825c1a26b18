use proptest::prelude::*;

use super::*;

#[track_caller]
fn line(text: &str, want: &Header) {
    assert_eq!(parse(text.as_bytes()), *want, "{text:?}");
}

fn client(text: &str) -> Header {
    Header::For(Client::At(text.parse().unwrap()))
}

/// A header of version 2.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, rest].concat()
}

#[test]
fn version_1_headers() {
    line(
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n",
        &client("192.0.2.1"),
    );
    line(
        "PROXY TCP4 192.0.2.1 192.0.2.2 0 65535\r\n",
        &client("192.0.2.1"),
    );
    line(
        "PROXY TCP6 2001:db8::1 ::1 1 25\r\n",
        &client("2001:db8::1"),
    );
    let unknown = Header::For(Client::Unknown);
    line("PROXY UNKNOWN\r\n", &unknown);
    line("PROXY UNKNOWN 192.0.2.1 whatever\r\n", &unknown);
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LINE_BYTES_MAX - 16));
    line(&longest, &unknown);
    for bad in [
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324 25 1\r\n",
        "PROXY TCP4 192.0.2.1  192.0.2.2 56324 25\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324 65536\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 +1 25\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 01 25\r\n",
        "PROXY TCP4 192.0.2.01 192.0.2.2 1 25\r\n",
        "PROXY TCP4 2001:db8::1 192.0.2.2 1 25\r\n",
        "PROXY TCP6 192.0.2.1 ::1 1 25\r\n",
        "PROXY UDP4 192.0.2.1 192.0.2.2 1 25\r\n",
        "PROXY  UNKNOWN\r\n",
        "PROXY UNKNOWN\r\nEHLO c\r\n",
        "proxy UNKNOWN\r\n",
        "EHLO c.example\r\n",
        "P\r\n",
    ] {
        line(bad, &Header::Wrong);
    }
    line(&"PROXY UNKNOWN ".repeat(8), &Header::Wrong);
}

#[test]
fn version_2_headers() {
    let check = |bytes: Vec<u8>, want: Header| assert_eq!(parse(&bytes), want, "{bytes:02x?}");
    let nobody = || Header::For(Client::Nobody);
    let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 220, 4, 0, 25];
    let mut v6 = [0; 36];
    v6[15] = 1;
    check(binary(0x21, 0x11, &v4), client("192.0.2.1"));
    check(binary(0x21, 0x21, &v6), client("::1"));
    // What follows the addresses is skipped: a NOOP of no length.
    check(
        binary(0x21, 0x11, &[&v4[..], &[4, 0, 0]].concat()),
        client("192.0.2.1"),
    );
    check(binary(0x20, 0x00, &[]), nobody());
    check(binary(0x20, 0x11, &v4), nobody());
    check(binary(0x21, 0x00, &[]), Header::For(Client::Unknown));
    check(binary(0x21, 0x31, &[0; 216]), Header::For(Client::Unknown));
    check(binary(0x21, 0x11, &v4[..11]), Header::Wrong);
    check(binary(0x21, 0x21, &v6[..35]), Header::Wrong);
    check(binary(0x21, 0x12, &v4), Header::Wrong);
    check(binary(0x22, 0x11, &v4), Header::Wrong);
    check(binary(0x11, 0x11, &v4), Header::Wrong);
    check(binary(0x31, 0x11, &v4), Header::Wrong);
    let most = vec![0; limits::PROXY_HEADER_BYTES_MAX];
    check(binary(0x20, 0x00, &most), nobody());
    check(
        binary(0x20, 0x00, &[&most[..], &[0]].concat()),
        Header::Wrong,
    );
}

proptest! {
    /// Nothing that comes after a header is read with it, and nothing of it is left.
    #[test]
    fn a_header_is_read_to_its_end(
        v6: bool,
        binary_form: bool,
        source: [u8; 16],
        more in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let v4 = <[u8; 4]>::try_from(&source[..4]).unwrap();
        let want = if v6 { IpAddr::from(source) } else { IpAddr::from(v4) };
        let header = match (binary_form, v6) {
            (true, false) => binary(0x21, 0x11, &[&v4[..], &[0; 8], &more].concat()),
            (true, true) => binary(0x21, 0x21, &[&source[..], &[0; 20], &more].concat()),
            (false, false) => format!("PROXY TCP4 {want} 192.0.2.1 1 25\r\n").into_bytes(),
            (false, true) => format!("PROXY TCP6 {want} ::1 1 25\r\n").into_bytes(),
        };
        let mut taken = 0;
        loop {
            match parse(&header[..taken]) {
                Header::Goes(more) => {
                    prop_assert!(more > 0);
                    taken += more;
                    prop_assert!(taken <= header.len(), "it reads beyond its end");
                }
                end => {
                    prop_assert_eq!(end, Header::For(Client::At(want)));
                    prop_assert_eq!(taken, header.len());
                    break;
                }
            }
        }
    }

    /// No bytes panic, none are read without end.
    #[test]
    fn any_bytes_end(
        start in prop_oneof![Just(SIGNATURE.to_vec()), Just(WORD.to_vec()), Just(Vec::new())],
        noise in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let bytes = [start, noise].concat();
        for length in 0..=bytes.len() {
            if let Header::Goes(more) = parse(&bytes[..length]) {
                prop_assert!(length + more <= FIXED_BYTES + limits::PROXY_HEADER_BYTES_MAX);
            }
        }
    }
}

#[test]
fn fuzz_proxy_header() {
    let v4 = binary(0x21, 0x11, &[192, 0, 2, 1, 192, 0, 2, 2, 220, 4, 0, 25]);
    let v6 = binary(0x21, 0x21, &[7; 40]);
    let unix = binary(0x21, 0x31, &[0; 216]);
    let corpus: [&[u8]; 6] = [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\nEHLO c\r\n",
        b"PROXY TCP6 2001:db8::1 ::1 1 25\r\n",
        b"PROXY UNKNOWN\r\n",
        &v4,
        &v6,
        &unix,
    ];
    let words = [
        "PROXY ",
        "TCP4 ",
        "TCP6 ",
        "UNKNOWN",
        "\r\n",
        "\n",
        " ",
        "255.255.255.255",
        "::",
        "\x21",
        "\x20",
        "\0",
        "\u{7f}\u{7f}",
    ];
    let most = FIXED_BYTES + limits::PROXY_HEADER_BYTES_MAX;
    crate::fuzz::run("proxy_header", (&corpus, &words), |bytes| {
        let mut taken = 0;
        while let Some(head) = bytes.get(..taken) {
            match parse(head) {
                Header::Goes(more) => {
                    assert!(more > 0 && taken + more <= most);
                    taken += more;
                }
                // Nothing of it is left, and what follows is not touched.
                Header::For(client) => {
                    assert_eq!(parse(head), Header::For(client));
                    assert!(head.ends_with(b"\r\n") || head.starts_with(&SIGNATURE));
                    return;
                }
                Header::Wrong => return,
            }
        }
    });
}
