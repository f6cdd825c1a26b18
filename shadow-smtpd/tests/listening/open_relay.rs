//! Never an open relay: every way to have us take mail for somebody who is not ours, or copies
//! from somebody who is not trusted.

use std::sync::Arc;

use shadow_smtpd::{ListenerConfig, PeerLimits, Role};
use store::Address;
use tokio::net::TcpStream;

use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

/// Ways to write somebody elsewhere, so that a careless server takes them for its own or sends
/// them on.
pub const ELSEWHERE: &[&str] = &[
    "<victim@elsewhere.test>",
    // Source routes (RFC 5321 §C).
    "<@corp.example:victim@elsewhere.test>",
    "<@corp.example,@shadow.corp.example:victim@elsewhere.test>",
    // Routes in the local part.
    "<victim%elsewhere.test@corp.example>",
    "<victim%elsewhere.test@shadow.corp.example>",
    "<elsewhere.test!victim@corp.example>",
    "<elsewhere.test!victim>",
    "<victim@elsewhere.test@corp.example>",
    "<\"victim@elsewhere.test\"@corp.example>",
    "<\"victim@elsewhere.test\">",
    "<\"victim%elsewhere.test\"@corp.example>",
    "<\"amy@corp.example\"@elsewhere.test>",
    // Encodings of copies mean nothing from the world.
    "<victim=elsewhere.test@shadow.corp.example>",
    // Ours, as part of something else.
    "<amy@corp.example.elsewhere.test>",
    "<amy@xcorp.example>",
    "<amy@corp.example@elsewhere.test>",
    "<amy@[127.0.0.1]>",
    "<amy@[IPv6:::1]>",
    "<amy@localhost>",
    "<amy>",
    "<amy@>",
    "<@corp.example>",
    "<>",
    "victim@elsewhere.test",
    "<victim@elsewhere.test",
    "<<amy@corp.example>>",
    "<amy@corp.example>,<victim@elsewhere.test>",
    "<amy@corp.example> <victim@elsewhere.test>",
    "<amy@corp.example,victim@elsewhere.test>",
    "<amy@corp.example>>victim@elsewhere.test>",
    "<amy @corp.example>",
    "<amy@corp.example >",
    "<amy@corp.example\0.elsewhere.test>",
    "<victim@elsewhere.test\0@corp.example>",
    "<amy@corp.example\r.elsewhere.test>",
    // Letters that look like ours: Cyrillic а, fullwidth @ and dot, a soft hyphen, zero width.
    "<аmy@corp.example>",
    "<amy@соrp.example>",
    "<victim@elsewhere.test\u{ff20}corp.example>",
    "<amy@corp\u{ff0e}example>",
    "<amy\u{ad}@corp.example>",
    "<amy\u{200b}@corp.example>",
    "<amy@corp\u{3002}example>",
];

fn knows_amy() -> Arc<TestDesk> {
    Arc::new(TestDesk {
        known: vec!["amy@corp.example".parse().unwrap()],
        ..TestDesk::default()
    })
}

async fn greeted(to: &Running) -> Telnet<TcpStream> {
    let mut client = Telnet::connect(to).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    client
}

#[tokio::test]
async fn nobody_elsewhere_is_taken_however_it_is_written() {
    for role in [Role::Fallback, Role::Relay] {
        let desk = knows_amy();
        let config = ListenerConfig {
            // Whoever tries that much would have to wait long before.
            limits: PeerLimits::NONE,
            ..telnet::config(role)
        };
        let running = telnet::run(config, desk.clone(), None).await;
        for path in ELSEWHERE {
            for sender in ["<>", "<amy@corp.example>", "<victim@elsewhere.test>"] {
                let mut client = greeted(&running).await;
                let mail = format!("MAIL FROM:{sender} SMTPUTF8");
                assert!(client.ask(&mail).await.starts_with("250 "));
                let heard = client.ask(&format!("RCPT TO:{path}")).await;
                let refused = heard.starts_with("55") || heard.starts_with("50");
                assert!(refused, "{path:?}: {heard}");
                assert!(client.ask("DATA").await.starts_with("503 "), "{path:?}");
                client.send("BDAT 2 LAST\r\nhi").await;
                client.expect("503 ").await;
                assert!(client.ask("QUIT").await.starts_with("221 "));
            }
        }
        assert_eq!(desk.kept(), [], "{role:?}");
    }
}

#[tokio::test]
async fn no_order_of_commands_lets_a_refused_recipient_in() {
    let desk = knows_amy();
    let running = telnet::run(telnet::config(Role::Fallback), desk.clone(), None).await;
    let groups = [
        // A refused one beside a known one.
        "MAIL FROM:<a@x.test>\r\nRCPT TO:<victim@elsewhere.test>\r\nRCPT TO:<amy@corp.example>\r\n",
        // Before and after what forgets.
        "MAIL FROM:<a@x.test>\r\nRCPT TO:<victim@elsewhere.test>\r\nRSET\r\n\
         MAIL FROM:<a@x.test>\r\nRCPT TO:<amy@corp.example>\r\n",
        "MAIL FROM:<a@x.test>\r\nRCPT TO:<amy@corp.example>\r\nRCPT TO:<victim@elsewhere.test>\r\n",
        // Without MAIL.
        "RCPT TO:<victim@elsewhere.test>\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<amy@corp.example>\r\n",
        // As the sender's parameter, and as that of a recipient.
        "MAIL FROM:<a@x.test> ENVID=victim@elsewhere.test\r\n\
         RCPT TO:<amy@corp.example> ORCPT=rfc822;victim@elsewhere.test\r\n",
        // Commands in the octets of a chunk that is refused.
        "BDAT 33\r\nRCPT TO:<victim@elsewhere.test>\r\nMAIL FROM:<a@x.test>\r\n\
         RCPT TO:<amy@corp.example>\r\n",
    ];
    for group in groups {
        let mut client = greeted(&running).await;
        client.send(group).await;
        client.send("BDAT 4 LAST\r\nhi\r\nQUIT\r\n").await;
        while client.reply().await.is_some() {}
    }
    let kept = desk.kept();
    assert_eq!(kept.len(), groups.len());
    for (envelope, bytes) in kept {
        let recipients: Vec<&str> = envelope.recipients.iter().map(Address::as_str).collect();
        assert_eq!(recipients, ["amy@corp.example"]);
        assert_eq!(bytes, b"hi\r\n");
    }
}

#[tokio::test]
async fn no_stranger_brings_copies() {
    let desk = Arc::new(TestDesk::default());
    let config = ListenerConfig {
        allow: vec!["192.0.2.0/24".parse().unwrap()],
        ..telnet::config(Role::Journal)
    };
    let running = telnet::run(config, desk.clone(), None).await;
    let tries: &[&str] = &[
        "",
        "XCLIENT ADDR=192.0.2.1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.1 1 25\r\n",
        "EHLO [192.0.2.1]\r\nMAIL FROM:<>\r\nRCPT TO:<b@y.test>\r\nBDAT 0 LAST\r\n",
        "AUTH PLAIN AGdhdGV3YXkAc2VjcmV0\r\n",
    ];
    for early in tries {
        let mut client = Telnet::connect(&running).await;
        client.send(early).await;
        client.expect("554 5.7.1 ").await;
        assert_eq!(client.reply().await, None, "{early}");
    }
    assert_eq!(desk.kept(), []);
}
