use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::Secret;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::config::ImapTls;

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    command: Duration::from_millis(200),
    content: Duration::from_millis(200),
    final_dot: Duration::from_millis(200),
};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n";
const FOLDERS: (&str, &str) = (
    "LIST",
    "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\Sent) \"/\" \"Gesendete Elemente\"\r\n$ OK\r\n",
);
const OPENED: (&str, &str) = (
    "EXAMINE",
    "* 3 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n$ OK [READ-ONLY] x\r\n",
);
const NOTHING_FOUND: (&str, &str) = ("UID SEARCH", "* SEARCH\r\n$ OK done\r\n");
const GO_ON: (&str, &str) = ("APPEND", "* 4 EXISTS\r\n+ go on\r\n");
const APPENDED: (&str, &str) = (
    "",
    "* 4 EXISTS\r\n$ OK [APPENDUID 1 7] Append completed.\r\n",
);

/// Says `script`, in which each answer is to a command with a word; `$` stands for its tag, and
/// an empty answer closes the connection. Gives where it listens and what it hears.
async fn server(
    greeting: &'static str,
    script: &[(&'static str, &'static str)],
) -> (Imap, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string().parse().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (script, hears) = (script.to_vec(), heard.clone());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(greeting.as_bytes()).await.unwrap();
        // AUTHENTICATE PLAIN.
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let tag = line.split(' ').next().unwrap().to_owned();
        stream.write_all(b"+ \r\n").await.unwrap();
        stream.read_line(&mut line).await.unwrap();
        stream
            .write_all(format!("{tag} OK in\r\n").as_bytes())
            .await
            .unwrap();

        let mut tag = String::new();
        for (word, answer) in script {
            let mut line = String::new();
            if word.is_empty() {
                // A literal, and the line end after it.
                let mut literal = vec![0; MAIL.len() + 2];
                stream.read_exact(&mut literal).await.unwrap();
                assert_eq!(literal, [MAIL, "\r\n"].concat().as_bytes());
            } else {
                stream.read_line(&mut line).await.unwrap();
                let (first, command) = line.trim_end().split_once(' ').unwrap_or_default();
                first.clone_into(&mut tag);
                assert!(command.starts_with(word), "{command:?} is not {word:?}");
                hears.lock().unwrap().push(command.to_owned());
            }
            if answer.is_empty() {
                return;
            }
            stream
                .write_all(answer.replace('$', &tag).as_bytes())
                .await
                .unwrap();
        }
        // LOGOUT is not answered.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let login = "{address}*shadow".parse().unwrap();
    (
        Imap {
            address,
            tls: ImapTls::Off,
            login,
            lacks_after: Duration::ZERO,
            password: Secret::new("secret"),
        },
        heard,
    )
}

const MAIL: &str = "Date: x\r\nMessage-ID: <a@b>\r\n\r\n.\r\nhello\r\n";

fn copy() -> SentCopy {
    SentCopy {
        writer: "amy@corp.example".parse().unwrap(),
        bytes: MAIL.into(),
        date: "2026-11-02T08:12:03Z".parse().unwrap(),
    }
}

type Heard = Vec<String>;

async fn try_it(
    script: &[(&'static str, &'static str)],
) -> (Result<String, MailboxFailure>, Heard) {
    let (imap, heard) = server(GREETING, script).await;
    let put = put(&imap, &copy(), PATIENCE, &Progress::default()).await;
    let heard = heard.lock().unwrap().clone();
    (put, heard)
}

#[tokio::test]
async fn puts_what_is_not_there() {
    let (put, heard) = try_it(&[FOLDERS, OPENED, NOTHING_FOUND, GO_ON, APPENDED]).await;
    assert_eq!(
        put.unwrap(),
        "put into the folder Gesendete Elemente: Append completed."
    );
    assert_eq!(
        heard,
        [
            "LIST \"\" \"*\"",
            "EXAMINE \"Gesendete Elemente\"",
            "UID SEARCH HEADER Message-ID \"<a@b>\"",
            &format!(
                "APPEND \"Gesendete Elemente\" (\\Seen) \" 2-Nov-2026 08:12:03 +0000\" {{{}}}",
                MAIL.len()
            ),
        ]
    );
}

#[tokio::test]
async fn a_similar_message_id_is_another_message() {
    let found = ("UID SEARCH", "* SEARCH 5 7\r\n$ OK done\r\n");
    let other = "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID)] {23}\r\nMessage-ID: <A@b>\r\n\
                 \r\n\r\n)\r\n$ OK done\r\n";
    let same = "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (MESSAGE-ID)] {21}\r\nMessage-ID: <A@b>\r\n\
                \r\n)\r\n* 2 FETCH (UID 7 BODY[HEADER.FIELDS (MESSAGE-ID)] {21}\r\n\
                message-id: <a@b>\r\n\r\n)\r\n$ OK done\r\n";
    let fetch = "UID FETCH 5,7 (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";
    let (put, _) = try_it(&[FOLDERS, OPENED, found, (fetch, other), GO_ON, APPENDED]).await;
    assert!(put.unwrap().starts_with("put into"));
    let (put, _) = try_it(&[FOLDERS, OPENED, found, (fetch, same)]).await;
    assert_eq!(put.unwrap(), "is in the folder Gesendete Elemente already");
}

#[tokio::test]
async fn makes_the_folder_where_there_is_none() {
    let none = (
        "LIST",
        "* LIST () \".\" INBOX\r\n* LIST (\\Noselect) \".\" Sent\r\n$ OK\r\n",
    );
    let script = [
        none,
        ("CREATE \"Sent\"", "$ NO below INBOX only\r\n"),
        ("CREATE \"INBOX.Sent\"", "$ OK\r\n"),
        ("SUBSCRIBE \"INBOX.Sent\"", "$ NO no subscriptions\r\n"),
        OPENED,
        NOTHING_FOUND,
        GO_ON,
        APPENDED,
    ];
    let (put, _) = try_it(&script).await;
    assert!(put.unwrap().starts_with("put into the folder INBOX.Sent"));
}

#[tokio::test]
async fn a_half_answer_is_no_answer() {
    let broken = |put: Result<String, MailboxFailure>| {
        assert!(matches!(put, Err(MailboxFailure::Broken(_))), "{put:?}");
    };
    // A list, or a search, that ends because the line broke must not lead to a second copy.
    for script in [
        &[("LIST", "")][..],
        &[("LIST", "* LIST () \"/\" INBOX\r\n* BYE sorry\r\n")],
        &[("LIST", "* LIST () \"/\" INBOX\r\n")],
        &[FOLDERS, OPENED, ("UID SEARCH", "* SEARCH\r\n")],
        &[FOLDERS, OPENED, ("UID SEARCH", "")],
        &[FOLDERS, OPENED, NOTHING_FOUND, ("APPEND", "")],
    ] {
        broken(try_it(script).await.0);
    }
    let (put, _) = try_it(&[FOLDERS, OPENED, ("UID SEARCH", "$ NO [SERVERBUG] x\r\n")]).await;
    assert_eq!(put, Err(MailboxFailure::No("[SERVERBUG] x".into())));
}

#[tokio::test]
async fn refusals() {
    let full = ("APPEND", "$ NO [OVERQUOTA] full\r\n");
    let (put, _) = try_it(&[FOLDERS, OPENED, NOTHING_FOUND, full]).await;
    assert_eq!(put, Err(MailboxFailure::No("[OVERQUOTA] full".into())));
    let full = ("", "$ NO [OVERQUOTA] full\r\n");
    let (put, _) = try_it(&[FOLDERS, OPENED, NOTHING_FOUND, GO_ON, full]).await;
    assert_eq!(put, Err(MailboxFailure::No("[OVERQUOTA] full".into())));
    let (put, _) = try_it(&[("LIST", "$ BAD what?\r\n")]).await;
    assert_eq!(put, Err(MailboxFailure::Bad("what?".into())));
}

#[tokio::test]
async fn a_lost_answer_is_found_by_the_next_try() {
    let (put, _) = try_it(&[FOLDERS, OPENED, NOTHING_FOUND, GO_ON, ("", "")]).await;
    assert!(
        matches!(
            put,
            Err(MailboxFailure::Unanswered {
                can_search: true,
                ..
            })
        ),
        "{put:?}"
    );
}

#[tokio::test]
async fn without_a_message_id_a_lost_answer_is_unknown() {
    let (imap, _) = server(GREETING, &[FOLDERS, ("APPEND", "+ go on\r\n")]).await;
    let copy = SentCopy {
        bytes: b"Date: x\r\n\r\nhello\r\n".to_vec(),
        ..copy()
    };
    let put = put(&imap, &copy, PATIENCE, &Progress::default()).await;
    assert!(
        matches!(
            put,
            Err(MailboxFailure::Unanswered {
                can_search: false,
                ..
            })
        ),
        "{put:?}"
    );
}

#[tokio::test]
async fn greetings() {
    let greet = async |greeting| {
        let (imap, _) = server(greeting, &[]).await;
        put(&imap, &copy(), PATIENCE, &Progress::default())
            .await
            .unwrap_err()
    };
    let refused = greet("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] hello\r\n").await;
    assert!(matches!(refused, MailboxFailure::SignIn(why) if why.contains("imap_tls")));
    for unwelcome in ["* BYE no\r\n", "220 smtp.example\r\n", ""] {
        let refused = greet(unwelcome).await;
        assert!(
            matches!(refused, MailboxFailure::Unreachable(_)),
            "{unwelcome:?} {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_that_is_dropped_is_not_about_the_whole_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mut imap, _) = server(GREETING, &[]).await;
    imap.address = listener.local_addr().unwrap().to_string().parse().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(GREETING.as_bytes()).await.unwrap();
        BufReader::new(stream)
            .read_line(&mut String::new())
            .await
            .unwrap();
    });
    let put = put(&imap, &copy(), PATIENCE, &Progress::default()).await;
    assert!(matches!(put, Err(MailboxFailure::TurnedAway(_))), "{put:?}");
}

#[tokio::test]
async fn a_nul_can_not_be_carried() {
    let copy = SentCopy {
        bytes: b"A: b\r\n\r\n\0".to_vec(),
        ..copy()
    };
    let (imap, _) = server(GREETING, &[]).await;
    let put = put(&imap, &copy, PATIENCE, &Progress::default()).await;
    assert!(matches!(put, Err(MailboxFailure::Held(_))), "{put:?}");
}
