//! What monitoring hears, and what an administrator finds in the log.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{
    JournalTls, Message, ServerConfig, Shadowmail, SmtpClient, Turn, free_address, mailbox, wait,
};

/// A server whose primary is down, and where it tells its numbers.
fn server(log: &str) -> (Shadowmail, SocketAddr) {
    let metrics = free_address();
    let config = ServerConfig {
        end: format!("\n[metrics]\naddress = \"{metrics}\"\n"),
        ..ServerConfig::for_primary(free_address())
    };
    let mut shadowmail = Shadowmail::install(config);
    shadowmail.serve_with(&["--log-format", log]);
    shadowmail.wait_until_ready();
    (shadowmail, metrics)
}

/// Asks and gives the status line's code and the body.
fn get(server: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    (code, body.to_owned())
}

/// The value of one line of the page.
fn value(page: &str, line: &str) -> Option<f64> {
    let found = page
        .lines()
        .find_map(|it| it.strip_prefix(line)?.strip_prefix(' '));
    found.map(|value| value.parse().unwrap())
}

#[test]
fn monitoring_hears_how_it_goes() {
    let _turn = Turn::take();
    let (mut shadowmail, metrics) = server("text");
    assert_eq!(get(metrics, "/healthz"), (200, "ok\n".to_owned()));
    wait::until("it is ready", || get(metrics, "/readyz").0 == 200);
    assert_eq!(get(metrics, "/").0, 404);

    let anna = mailbox("anna").address();
    let fallback = shadowmail.config().fallback;
    let mut peer = SmtpClient::connect(fallback).unwrap();
    let message = Message::load("umlauts");
    let reply = peer.send("kunde@outside.example", &[anna], &message.bytes);
    assert_eq!(reply.unwrap().code, 250);
    let unknown = peer.begin("kunde@outside.example", &["nobody@corp.example"]);
    assert_eq!(unknown.unwrap().code, 550);
    let journal = shadowmail.config().journal;
    let mut gateway = SmtpClient::connect(journal).unwrap();
    let reply = gateway.send("a@corp.example", &[anna], &Message::numbered(1).bytes);
    assert_eq!(reply.unwrap().code, 250);

    wait::until("both mails are filed, indexed and counted", || {
        let page = get(metrics, "/metrics").1;
        let filed = r#"shadowmail_filed_total{outcome="filed"}"#;
        value(&page, filed) == Some(2.0)
            && value(&page, "shadowmail_unfiled_messages") == Some(0.0)
            && value(&page, "shadowmail_unindexed_messages") == Some(0.0)
    });
    let (code, page) = get(metrics, "/metrics");
    assert_eq!(code, 200);
    for (line, want) in [
        (
            r#"shadowmail_mails_total{listener="fallback",outcome="kept"}"#,
            1.0,
        ),
        (
            r#"shadowmail_mails_total{listener="journal",outcome="kept"}"#,
            1.0,
        ),
        (
            r#"shadowmail_refusals_total{listener="fallback",code="550"}"#,
            1.0,
        ),
        (r#"shadowmail_connections_open{listener="fallback"}"#, 1.0),
        ("shadowmail_keep_seconds_count", 2.0),
        ("shadowmail_filing_lag_seconds_count", 2.0),
        (
            r#"shadowmail_queue_rows{purpose="return",state="waiting"}"#,
            1.0,
        ),
        ("shadowmail_unfiled_messages", 0.0),
        (r#"shadowmail_mode{mode="normal"}"#, 1.0),
        (r#"shadowmail_mode{mode="emergency"}"#, 0.0),
        ("shadowmail_store_up", 1.0),
    ] {
        assert_eq!(value(&page, line), Some(want), "{line} in:\n{page}");
    }
    let age = value(&page, "shadowmail_newest_journal_copy_age_seconds").unwrap();
    assert!((0.0..300.0).contains(&age), "{age}");
    assert!(value(&page, "shadowmail_disk_free_bytes").unwrap() > 0.0);
    assert!(!page.contains('@') && !page.contains("127.0.0.1"), "{page}");

    // One more process on the same address says what to do.
    let said = shadowmail.serve_in_vain();
    let complaint = said.stderr.lines().last().unwrap().to_owned();
    assert_eq!(said.code, Some(1), "{complaint}");
    for word in ["metrics.address", "in use", "--metrics-address"] {
        assert!(complaint.contains(word), "{complaint}");
    }
    assert!(shadowmail.process().is_running());
}

#[test]
fn one_mail_is_followed_through_the_log() {
    let _turn = Turn::take();
    let (mut shadowmail, _) = server("json");
    let anna = mailbox("anna").address();
    // Others come at the same time. A primary that is down is tried with one mail after the other, at
    // growing intervals.
    for number in 0..2 {
        let mut other = SmtpClient::connect(shadowmail.config().fallback).unwrap();
        let other = other.send(
            "a@outside.example",
            &[anna],
            &Message::numbered(number).bytes,
        );
        assert_eq!(other.unwrap().code, 250);
    }
    let mut peer = SmtpClient::connect(shadowmail.config().fallback).unwrap();
    let first = Message::numbered(9).bytes;
    peer.send("kunde@outside.example", &[anna], &first).unwrap();
    peer.say("MAIL FROM:<kunde@outside.example>").unwrap();
    let unknown = peer.say("RCPT TO:<nobody@corp.example>").unwrap();
    assert_eq!(unknown.code, 550);
    let mail = Message::load("umlauts").bytes;
    peer.say(&format!("RCPT TO:<{anna}>")).unwrap();
    peer.say("RSET").unwrap();
    peer.say("MADE UP").unwrap();
    let reply = peer.send("kunde@outside.example", &[anna], &mail).unwrap();
    let id = reply.text.rsplit(' ').next().unwrap().to_owned();

    let lines = |shadowmail: &mut Shadowmail| -> Vec<Value> {
        let said = shadowmail.process().said();
        let lines = said.lines().filter_map(|it| serde_json::from_str(it).ok());
        lines.collect()
    };
    let of = |lines: &[Value], key: &str, is: &str| -> Vec<String> {
        let has = |line: &&Value| line[key] == is;
        let words = lines.iter().filter(has).map(|line| &line["message"]);
        words.map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    wait::until("it was tried to hand it over", || {
        of(&lines(&mut shadowmail), "message.id", &id).len() >= 3
    });
    let lines = lines(&mut shadowmail);
    let life = of(&lines, "message.id", &id);
    let want = [
        format!("kept message {id}"),
        format!("filed message {id}"),
        "later".to_owned(),
    ];
    assert_eq!(
        life[..3],
        want,
        "the peer, the entry, the primary that is down"
    );

    let line = |words: &str| lines.iter().find(|line| line["message"] == words).unwrap();
    let kept = line(&want[0]);
    let name = |key: &str| kept[key].as_str().unwrap().to_owned();
    let connection = name("connection.id");
    assert_eq!(name("mail.id"), format!("{connection}/3"));
    let refused = "refused a command or message";
    let first = of(&lines, "mail.id", &format!("{connection}/1"));
    let of_connection = of(&lines, "connection.id", &connection);
    let all = ["connected", &first[0], refused, refused, &want[0]];
    assert_eq!(of_connection, all, "nobody else's lines");
    // The recipient that was refused is the second mail's, and what made no sense nobody's.
    let second = of(&lines, "mail.id", &format!("{connection}/2"));
    assert_eq!(second, [refused]);
    // Its name before it was kept leads from there to the entry and to each try to hand it over, ...
    let third = of(&lines, "mail.id", &name("mail.id"));
    assert_eq!(third[..3], want);
    // ... and so does the connection's, in front of it, from the first line on.
    let told = shadowmail.succeed(&format!("trace {id}"));
    assert!(told.contains(&name("mail.id")), "{told}");
}

/// The commonest trouble of a new gateway.
#[test]
fn a_gateway_whose_handshakes_fail_is_told_of() {
    let _turn = Turn::take();
    let metrics = free_address();
    let mut shadowmail = Shadowmail::install(ServerConfig {
        journal_tls: JournalTls::Required,
        end: format!("\n[metrics]\naddress = \"{metrics}\"\n"),
        ..ServerConfig::for_primary(free_address())
    });
    shadowmail.serve_with(&["--log-format", "json"]);
    shadowmail.wait_until_ready();
    for _ in 0..3 {
        let mut gateway = SmtpClient::connect(shadowmail.config().journal).unwrap();
        assert_eq!(gateway.say("STARTTLS").unwrap().code, 220);
        gateway.write(b"this is no handshake\r\n").unwrap();
    }
    wait::until("each is counted", || {
        let page = get(metrics, "/metrics").1;
        let failures = r#"shadowmail_tls_failures_total{listener="journal"}"#;
        value(&page, failures) == Some(3.0)
    });
    let said = shadowmail.process().said();
    let told: Vec<Value> = said
        .lines()
        .filter(|line| line.contains("a TLS handshake failed"))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["peer.address"], "127.0.0.1");
    assert!(told[0]["connection.id"].is_string(), "{told:?}");
}

/// Scripts send it to servers after they have changed something.
#[test]
fn a_hangup_ends_no_server_that_has_no_certificate() {
    let _turn = Turn::take();
    let (mut shadowmail, metrics) = server("text");
    shadowmail.process().signal(rustix::process::Signal::HUP);
    let log = shadowmail.process();
    wait::until("it says what it did", || {
        log.said().contains("nothing to read again")
    });
    assert!(shadowmail.process().is_running());
    assert_eq!(get(metrics, "/healthz").0, 200);
}
