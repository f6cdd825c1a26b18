use std::time::Duration;

use super::*;
use crate::config::{Protocol, TlsPolicy};
use crate::proto::transaction::{Manners, Peers};

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
        "ADDR=1+2",
        "ADDR=IPv6:",
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

/// A journal that hears a proxy.
fn heard_proxy() -> Dialogue {
    let mut dialogue = Dialogue::new(Manners {
        hostname: "s.example".into(),
        protocol: Protocol::Smtp,
        tls: TlsPolicy::Off,
        has_certificate: false,
        size_bytes_max: 64,
        peers: Peers::Known,
        standing: Standing::Trusted(Trust::Network),
        has_users: true,
        xclient: Xclient::Taken,
    });
    let greeting = dialogue.step(&mut &b""[..], Duration::ZERO);
    assert!(matches!(greeting, Step::Say(_)));
    dialogue
}

#[test]
fn fuzz_xclient() {
    let corpus: [&[u8]; 5] = [
        b"EHLO p\r\nXCLIENT NAME=a.example ADDR=192.0.2.1 PORT=1\r\n",
        b"XCLIENT ADDR=IPv6:2001:db8::1 HELO=c+2Bd PROTO=SMTP\r\nHELO c\r\nMAIL FROM:<a@b>\r\n",
        b"XCLIENT ADDR=[UNAVAILABLE] LOGIN=[TEMPUNAVAIL]\r\nXCLIENT ADDR=127.0.0.1\r\n",
        b"XCLIENT HELO=c PROTO=ESMTP\r\nXCLIENT LOGIN=amy\r\n",
        b"EHLO p\r\nMAIL FROM:<a@b>\r\nXCLIENT ADDR=192.0.2.1\r\nRCPT TO:<b@c>\r\n",
    ];
    let words = [
        "XCLIENT ",
        "ADDR=",
        "HELO=",
        "LOGIN=",
        "PROTO=",
        "DESTADDR=",
        "[UNAVAILABLE]",
        "IPV6:",
        "+2B",
        "+0D",
        "+",
        "=",
        "192.0.2.1",
        "\r\n",
        "\u{fc}",
        "EHLO c\r\n",
        "MAIL FROM:<a@b>\r\n",
    ];
    crate::fuzz::run("xclient", (&corpus, &words), |wire| {
        for standing in [Some(Standing::Stranger), Some(Standing::Open), None] {
            let mut dialogue = heard_proxy();
            let (mut wire, mut named) = (wire, false);
            loop {
                match dialogue.step(&mut wire, Duration::ZERO) {
                    Step::NeedBytes { .. } | Step::HangUp => break,
                    Step::Introduce(address) => {
                        assert!(!named, "a client names nobody");
                        if let Some(Said::Is(text)) = &address {
                            assert!(!text.is_empty() && !text.chars().any(char::is_control));
                        }
                        let introduced = dialogue.introduction.as_ref().unwrap();
                        let login = introduced.login.clone();
                        named = address.is_some() || login.is_some();
                        dialogue.introduced(Ok(standing.clone()));
                        // The proxy's own trust is gone.
                        let is_login = matches!(login, Some(Said::Is(_)));
                        let is_gone = standing.is_none();
                        assert!(
                            is_login
                                || is_gone
                                || dialogue.standing != Standing::Trusted(Trust::Network)
                        );
                    }
                    Step::Ask(_) => dialogue.answer(crate::desk::Answer::Unknown),
                    _ => {}
                }
            }
        }
    });
}
