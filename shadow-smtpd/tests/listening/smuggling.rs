//! SMTP smuggling: whatever stands in a mail, no listener makes two mails out of one, or one out
//! of two. Only `CRLF . CRLF` ends a mail (RFC 5321 §4.1.1.4); what other servers took for its end
//! are CVE-2023-51764, -51765 and -51766.

use std::sync::Arc;

use shadow_smtpd::{ListenerConfig, PeerLimits, Role};

use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

const ROLES: [Role; 3] = [Role::Journal, Role::Fallback, Role::Relay];

/// What a smuggler puts behind the end that only others see.
const SECOND: &str = "MAIL FROM:<ceo@y.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nSubject: two\r\n";

async fn listener(role: Role) -> (Arc<TestDesk>, Running) {
    let desk = Arc::new(TestDesk::default());
    let config = ListenerConfig {
        limits: PeerLimits::NONE,
        ..telnet::config(role)
    };
    let running = telnet::run(config, desk.clone(), None).await;
    (desk, running)
}

/// Brings what stands between 354 and the dot, and gives the replies: to it, and to QUIT.
async fn bring(to: &Running, body: &[u8], piece_bytes: usize) -> (String, String) {
    let mut client = Telnet::connect(to).await;
    client.expect("220 ").await;
    for line in ["EHLO c.test", "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>"] {
        assert!(client.ask(line).await.starts_with("250"));
    }
    assert!(client.ask("DATA").await.starts_with("354 "));
    for piece in body.chunks(piece_bytes) {
        client.send(piece).await;
    }
    let heard = client.ask("\r\n.").await;
    // A second mail would have given more replies than these.
    (heard, client.ask("QUIT").await)
}

/// One mail goes in, and its bytes come out as one, or none does.
async fn check(role: Role, body: &[u8], piece_bytes: usize) {
    let (desk, running) = listener(role).await;
    let (heard, bye) = bring(&running, body, piece_bytes).await;
    let shown = format!("{role:?} {:?}", String::from_utf8_lossy(body));
    assert!(bye.starts_with("221 "), "{shown}: {bye}");
    let kept = desk.kept();
    if role == Role::Journal {
        assert!(heard.starts_with("250 "), "{shown}: {heard}");
        let [(envelope, bytes)] = kept.as_slice() else {
            panic!("{shown}: {} mails", kept.len());
        };
        assert!(envelope.bare_line_ends, "{shown}");
        assert_eq!(*bytes, unstuffed(&[body, b"\r\n"].concat()), "{shown}");
    } else {
        assert!(heard.starts_with("550 5.5.2 "), "{shown}: {heard}");
        assert_eq!(kept, [], "{shown}");
    }
}

/// The dots that stand behind a real line end are taken away (RFC 5321 §4.5.2), and nothing else.
fn unstuffed(wire: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, byte) in wire.iter().enumerate() {
        let line_start = at == 0 || wire[..at].ends_with(b"\r\n");
        if !(line_start && *byte == b'.') {
            out.push(*byte);
        }
    }
    out
}

#[tokio::test]
async fn no_variant_makes_two_mails_out_of_one() {
    for end in [
        "\n.\n",
        "\r\n.\n",
        "\n.\r\n",
        "\r.\r",
        "\r\n.\r",
        "\r\n.\r\r\n",
        "\r.\r\n",
        "\r.\n",
        "\n.\r",
        "\n\n.\n\n",
        "\r\r.\r\r",
        "\r\n\r.\r\n",
        "\r\n.\r\0\n",
        "\r\n\0.\r\n\n",
        "\r\n.\r \n",
        "\r\n.\n\r\n",
    ] {
        let body = format!("Subject: one\r\n\r\nfirst{end}{SECOND}");
        for role in ROLES {
            check(role, body.as_bytes(), usize::MAX).await;
            check(role, body.as_bytes(), 1).await;
        }
    }
}

/// Every string of CR, LF and dot up to five long, in the middle of a line.
#[tokio::test]
async fn no_short_string_does() {
    let mut strings = vec![String::new()];
    let mut from = 0;
    for _ in 0..5 {
        let to = strings.len();
        for at in from..to {
            for c in ['\r', '\n', '.'] {
                strings.push(format!("{}{c}", strings[at]));
            }
        }
        from = to;
    }
    let is_bare = |body: &str| {
        let rest = body.replace("\r\n", "");
        rest.contains(['\r', '\n'])
    };
    let mut checked = 0;
    for string in strings {
        let body = format!("first{string}x");
        // The real end, once, and mails without a fault are for the next tests.
        if body.contains("\r\n.\r\n") || !is_bare(&body) {
            continue;
        }
        for role in ROLES {
            check(role, body.as_bytes(), usize::MAX).await;
        }
        checked += 1;
    }
    assert!(checked > 200, "{checked}");
}

#[tokio::test]
async fn two_mails_stay_two() {
    for role in ROLES {
        let (desk, running) = listener(role).await;
        let mut client = Telnet::connect(&running).await;
        client.expect("220 ").await;
        client.ask("EHLO c.test").await;
        client
            .send("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n")
            .await;
        for code in ["250 ", "250 ", "354 "] {
            client.expect(code).await;
        }
        // Pipelined behind the real end (RFC 2920 §3.1), in one piece.
        client
            .send("one\r\n.\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n")
            .await;
        for code in ["250 ", "250 ", "250 ", "354 "] {
            client.expect(code).await;
        }
        assert!(client.ask("two\r\n.").await.starts_with("250 "));
        let bytes: Vec<_> = desk.kept().into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, [b"one\r\n", b"two\r\n"], "{role:?}");
    }
}

/// A listener of strangers takes no command that ends with LF alone: whoever sends one may be a mail
/// that somebody else's server takes for two.
#[tokio::test]
async fn commands_end_with_crlf() {
    for role in [Role::Fallback, Role::Relay] {
        let (desk, running) = listener(role).await;
        let mut client = Telnet::connect(&running).await;
        client.expect("220 ").await;
        client.ask("EHLO c.test").await;
        client.send(SECOND.replace("\r\n", "\n")).await;
        client.expect("500 5.5.2 ").await;
        assert_eq!(client.reply().await, None, "{role:?}");
        assert_eq!(desk.kept(), []);
    }
}
