use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;

/// A server of one connection: it says each of these lines after one line of the client, the first one
/// at once, and gives back all it heard.
async fn scripted(script: &'static [&'static str]) -> (Place, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut heard = String::new();
        for (number, line) in script.iter().enumerate() {
            if number > 0 {
                stream.read_line(&mut heard).await.unwrap();
            }
            stream.write_all(line.as_bytes()).await.unwrap();
        }
        let _ = stream.read_to_string(&mut heard).await;
        heard
    });
    let host = "127.0.0.1".to_owned();
    (Place { host, port }, heard)
}

async fn tried(asks: Asks) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let probe = Probe {
        name: "probe".to_owned(),
        asks,
        every: Duration::from_secs(30),
        timeout: Duration::from_secs(5),
        rule: Rule {
            fails: 1,
            wells: 1,
            within: Duration::from_mins(1),
        },
    };
    probe.try_once(&store).await.saw
}

async fn smtp(script: &'static [&'static str]) -> (Result<String, String>, String) {
    let (place, heard) = scripted(script).await;
    let saw = tried(Asks::Smtp {
        place,
        security: Security::Clear,
        hello: "shadow.corp.example".to_owned(),
        recipient: Some("probe@corp.example".parse().unwrap()),
    })
    .await;
    (saw, heard.await.unwrap())
}

#[tokio::test]
async fn smtp_is_asked_for_a_recipient_and_never_given_a_mail() {
    let (saw, heard) = smtp(&[
        "220-mail.corp.example\r\n220 hello\r\n",
        "250-mail\r\n250-SIZE\r\n250 8BITMIME\r\n",
        "250 2.1.0 fine\r\n",
        "250 2.1.5 he is ours\r\n",
        "250 2.0.0 forgotten\r\n",
        "221 bye\r\n",
    ])
    .await;
    assert_eq!(saw.unwrap(), "250 2.1.5 he is ours");
    let want = "EHLO shadow.corp.example\r\nMAIL FROM:<>\r\nRCPT TO:<probe@corp.example>\r\nRSET\r\nQUIT\r\n";
    assert_eq!(heard, want);
}

#[tokio::test]
async fn smtp_that_does_not_take_mail_says_why() {
    let refusing: &[&[&'static str]] = &[
        &["421 too busy\r\n"],
        &["220 hi\r\n", "502 no\r\n"],
        &[
            "220 hi\r\n",
            "250 hi\r\n",
            "250 ok\r\n",
            "451 no database\r\n",
        ],
        &["220-and\r\n220-so\r\n220-on\r\n", ""],
    ];
    for (script, want) in refusing.iter().zip([
        "answered \"421 too busy\" to the connection",
        "answered \"502 no\" to EHLO",
        "answered \"451 no database\" to RCPT TO:<probe@corp.example>",
        "",
    ]) {
        let (place, heard) = scripted(script).await;
        let asks = Asks::Smtp {
            place,
            security: Security::Clear,
            hello: "shadow.corp.example".to_owned(),
            recipient: Some("probe@corp.example".parse().unwrap()),
        };
        let saw = tried(asks).await.unwrap_err();
        assert!(saw.contains(want), "{saw}");
        heard.abort();
    }
}

#[tokio::test]
async fn imap_is_greeted_and_signed_in_to() {
    let ask = async |script, login: Option<(&str, &str)>| {
        let (place, heard) = scripted(script).await;
        let login = login.map(|(name, password)| (name.to_owned(), Secret::new(password)));
        let asks = Asks::Imap {
            place,
            security: Security::Clear,
            login,
        };
        let saw = tried(asks).await;
        (saw, heard.await.unwrap_or_default())
    };
    let (saw, _) = ask(&["* OK ready\r\n"], None).await;
    assert_eq!(saw.unwrap(), "* OK ready");
    let (saw, _) = ask(&["* BYE too many\r\n"], None).await;
    assert!(saw.unwrap_err().contains("* BYE too many"));
    let welcome: &[&str] = &["* OK ready\r\n", "* CAPABILITY IMAP4rev1\r\na OK in\r\n"];
    let (saw, heard) = ask(welcome, Some(("probe", "a\"b\\c"))).await;
    assert_eq!(saw.unwrap(), "a OK in");
    assert!(
        heard.starts_with("a LOGIN \"probe\" \"a\\\"b\\\\c\"\r\n"),
        "{heard}"
    );
    let (saw, _) = ask(&["* OK ready\r\n", "a NO wrong\r\n"], Some(("probe", "x"))).await;
    let saw = saw.unwrap_err();
    assert!(
        saw.contains("a NO wrong") && !saw.contains("\"x\""),
        "{saw}"
    );
}

#[tokio::test]
async fn a_page_must_answer_with_a_status_that_is_well() {
    for (answer, want) in [
        (
            &["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"][..],
            Ok("status 200"),
        ),
        (
            &["HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"],
            Ok("status 302"),
        ),
        (
            &["HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"],
            Err("status 503"),
        ),
        (&["SSH-2.0-OpenSSH\r\n"], Err("127.0.0.1")),
    ] {
        let (place, heard) = scripted(answer).await;
        let url = format!("http://{place}/owa/healthcheck.htm")
            .parse()
            .unwrap();
        let security = Security::Clear;
        let saw = tried(Asks::Https { url, security }).await;
        match (saw, want) {
            (Ok(saw), Ok(want)) => assert_eq!(saw, want),
            (Err(saw), Err(want)) => assert!(saw.contains(want), "{saw}"),
            (saw, _) => panic!("{answer:?}: {saw:?}"),
        }
        heard.abort();
    }
}

#[tokio::test]
async fn nobody_there_is_told_with_the_place() {
    let place = Place {
        host: "127.0.0.1".to_owned(),
        port: 1,
    };
    let security = Security::Clear;
    let saw = tried(Asks::Ldap { place, security }).await.unwrap_err();
    assert!(saw.starts_with("cannot connect to 127.0.0.1:1: "), "{saw}");
}

#[tokio::test]
async fn what_is_said_without_an_end_is_not_read_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    let saw = tried(Asks::Smtp {
        place: Place {
            host: "127.0.0.1".to_owned(),
            port,
        },
        security: Security::Clear,
        hello: "shadow.corp.example".to_owned(),
        recipient: None,
    })
    .await;
    assert!(saw.unwrap_err().contains("a line without an end"));
}

#[tokio::test]
async fn a_journal_is_silent_when_other_days_were_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let now: jiff::Zoned = "2026-11-20T10:00:00[UTC]".parse().unwrap();
    let copy = async |at: &str| {
        let envelope = store::Envelope {
            source: store::Source::JournalCopy,
            reverse_path: store::ReversePath::Null,
            recipients: Vec::new(),
            received_at: at.parse().unwrap(),
            peer: store::Peer::default(),
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        let held = store::Held::new(0);
        store.keep(held, envelope).await.unwrap();
    };
    let ask = async || journal::ask(&store, (Duration::from_hours(1), 2), &now).await;
    for day in 16..=19 {
        copy(&format!("2026-11-{day}T09:10:00Z")).await;
        copy(&format!("2026-11-{day}T09:20:00Z")).await;
        copy(&format!("2026-11-{day}T08:20:00Z")).await;
    }
    let saw = ask().await.unwrap_err();
    // The first day that is kept began at midnight, so it counts, too.
    assert_eq!(
        saw,
        "0 copies in 60 min, on 4 other days at this time mostly 2"
    );
    copy("2026-11-20T09:59:00Z").await;
    let saw = ask().await.unwrap();
    assert!(saw.starts_with("1 copies in 60 min"), "{saw}");
}
