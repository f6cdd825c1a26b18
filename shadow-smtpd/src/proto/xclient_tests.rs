use super::*;

#[test]
fn attributes() {
    let is = |text: &str| Some(Said::Is(text.to_owned()));
    let check = |argument: &str, want: Introduction| {
        assert_eq!(parse(argument), Ok(want), "{argument}");
    };
    check(
        "NAME=spike.example ADDR=168.100.189.2 PORT=1234",
        Introduction {
            address: is("168.100.189.2"),
            ..Introduction::default()
        },
    );
    check(
        "proto=smtp helo=spike+2Bx.example login=amy addr=IPv6:2001:db8::1",
        Introduction {
            address: is("2001:db8::1"),
            helo: is("spike+x.example"),
            login: is("amy"),
            plain: true,
        },
    );
    check(
        "ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL] LOGIN=[unavailable] PROTO=ESMTP",
        Introduction {
            address: Some(Said::Unavailable),
            login: Some(Said::Unavailable),
            ..Introduction::default()
        },
    );
    let longest = "x".repeat(limits::XCLIENT_BYTES_MAX);
    assert!(parse(&format!("HELO={longest}")).is_ok());
    for bad in [
        "",
        " ",
        "ADDR",
        "ADDR=",
        "ADDR=1=2",
        "HELO=a+0D+0Ab",
        "HELO=+FF",
        "PROTO=HTTP",
        "PROTO=[UNAVAILABLE]",
        "ADDR=192.0.2.1 ADDR=192.0.2.2",
        &format!("HELO={longest}x"),
    ] {
        assert_eq!(parse(bad), Err(reply::WRONG_ARGUMENT), "{bad}");
    }
    assert_eq!(parse("TRUST=1"), Err(reply::UNKNOWN_ATTRIBUTE));
}
