use std::sync::Arc;
use std::time::Duration;

use store::{NotifyWhen, Secret};

use super::*;
use crate::bytes::as_written;
use crate::config::Login;
use crate::failure::Ending;
use crate::scripted_peer::{Encrypts, Manners, OK, Say, ScriptedPeer};

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    command: Duration::from_millis(200),
    content: Duration::from_millis(200),
    final_dot: Duration::from_millis(200),
};

fn parcel(content: &[u8]) -> Parcel {
    Parcel {
        reverse_path: ReversePath::try_from("cy@out.example".to_owned()).unwrap(),
        recipient: "amy@corp.example".parse().unwrap(),
        bytes: as_written(content).bytes,
        needs_smtputf8: false,
        notify: Notify::Never,
    }
}

async fn hand_over(peer: &ScriptedPeer, parcel: &Parcel) -> Result<String, Failure> {
    let mut line = Line::open(&peer.door(), "shadow.example", PATIENCE).await?;
    let done = line.hand_over(parcel, &Progress::default()).await;
    line.quit().await;
    done
}

async fn ending(manners: Manners) -> Ending {
    let peer = ScriptedPeer::start(manners).await;
    match hand_over(&peer, &parcel(b"Subject: x\r\n\r\nhello\r\n")).await {
        Ok(words) => Ending::Taken(words),
        Err(failure) => failure.ending(),
    }
}

#[tokio::test]
async fn what_is_taken_is_the_same_octet_for_octet() {
    let peer = ScriptedPeer::start(Manners::default()).await;
    let mut line = Line::open(&peer.door(), "shadow.example", PATIENCE)
        .await
        .unwrap();
    let long = [b"A: b\r\n\r\n".to_vec(), b".x\r\n..\r\n".repeat(40_000)].concat();
    let contents: &[&[u8]] = &[
        b"Subject: x\r\n\r\nhello\r\n",
        b".\r\n",
        b"..\r\n.\r\n.x\r\n",
        b"\r\n\r\n\r\n",
        b"A: \xff\x00\x80\r\n\r\n.\r\n",
        &long,
    ];
    for content in contents {
        let words = line
            .hand_over(&parcel(content), &Progress::default())
            .await
            .unwrap();
        assert_eq!(words, "250 2.0.0 queued as 4F");
    }
    line.quit().await;
    assert_eq!(peer.messages(), contents);
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn every_short_message_arrives_as_it_was() {
    let peer = ScriptedPeer::start(Manners::default()).await;
    let patience = Patience::default();
    let mut line = Line::open(&peer.door(), "shadow.example", patience)
        .await
        .unwrap();
    let mut want = Vec::new();
    let words: [&[u8]; 4] = [b".", b"\r\n", b"a", b"\n"];
    for number in 0..4_usize.pow(5) {
        let content: Vec<u8> = (0..5)
            .flat_map(|place| words[number / 4_usize.pow(place) % 4].to_vec())
            .collect();
        let parcel = parcel(&content);
        line.hand_over(&parcel, &Progress::default()).await.unwrap();
        want.push([&parcel.bytes[..], b"\r\n"].concat());
    }
    assert_eq!(peer.messages(), want);
}

#[tokio::test]
async fn the_envelope() {
    let peer = ScriptedPeer::start(Manners::default()).await;
    let content = "Subject: für\r\n\r\n".as_bytes();
    hand_over(&peer, &parcel(content)).await.unwrap();
    let null_to_odd_addresses = Parcel {
        reverse_path: ReversePath::Null,
        recipient: format!("{}+t..=x@corp.example", "l".repeat(100))
            .parse()
            .unwrap(),
        ..parcel(b"A: b\r\n\r\n")
    };
    hand_over(&peer, &null_to_odd_addresses).await.unwrap();
    let to_outside = Parcel {
        recipient: "jörg@bücher.example".parse().unwrap(),
        needs_smtputf8: true,
        notify: Notify::Sender,
        ..parcel(b"A: b\r\n\r\n")
    };
    hand_over(&peer, &to_outside).await.unwrap();
    let about = RecipientDsn {
        recipient: "amy@corp.example".parse().unwrap(),
        notify: Some(vec![NotifyWhen::Success, NotifyWhen::Delay]),
        orcpt: Some("rfc822;old+amy@corp.example".to_owned()),
    };
    let asked = Asked {
        ret: Some(Ret::Hdrs),
        envid: Some("a+b".to_owned()),
        about,
    };
    let asked_for = Parcel {
        notify: Notify::Asked(asked),
        ..parcel(b"A: b\r\n\r\n")
    };
    hand_over(&peer, &asked_for).await.unwrap();

    let commands = peer.commands();
    let envelope: Vec<&str> = commands
        .iter()
        .map(String::as_str)
        .filter(|it| it.starts_with("MAIL") || it.starts_with("RCPT"))
        .collect();
    let long = "l".repeat(100);
    assert_eq!(
        envelope,
        [
            "MAIL FROM:<cy@out.example> BODY=8BITMIME SIZE=15",
            "RCPT TO:<amy@corp.example> NOTIFY=NEVER ORCPT=rfc822;amy@corp.example",
            "MAIL FROM:<> SIZE=6",
            &format!(
                "RCPT TO:<{long}+t..=x@corp.example> NOTIFY=NEVER \
                 ORCPT=rfc822;{long}+2Bt..+3Dx@corp.example"
            ),
            "MAIL FROM:<cy@out.example> SMTPUTF8 SIZE=6",
            "RCPT TO:<jörg@bücher.example>",
            "MAIL FROM:<cy@out.example> SIZE=6 RET=HDRS ENVID=a+2Bb",
            "RCPT TO:<amy@corp.example> NOTIFY=SUCCESS,DELAY \
             ORCPT=rfc822;old+2Bamy@corp.example",
        ]
    );
    assert_eq!(
        commands.first().map(String::as_str),
        Some("EHLO shadow.example")
    );
}

#[tokio::test]
async fn without_extensions_nothing_is_asked_for_and_nothing_is_forced() {
    let bare = Manners {
        ehlo: Say::Line(b"250 primary.example\r\n"),
        ..Manners::default()
    };
    let peer = ScriptedPeer::start(bare).await;
    hand_over(&peer, &parcel(b"A: b\r\n\r\n")).await.unwrap();
    assert!(
        peer.commands()
            .contains(&"MAIL FROM:<cy@out.example>".to_owned())
    );
    assert!(
        peer.commands()
            .contains(&"RCPT TO:<amy@corp.example>".to_owned())
    );

    let held = |what: &str| {
        Ending::Refused(format!(
            "held: the message needs {what}, which the other side does not offer"
        ))
    };
    let eight_bits = hand_over(&peer, &parcel(b"A: \xfc\r\n\r\n"))
        .await
        .unwrap_err();
    assert_eq!(eight_bits.ending(), held("8BITMIME"));
    let utf8 = Parcel {
        needs_smtputf8: true,
        ..parcel(b"A: b\r\n\r\n")
    };
    assert_eq!(
        hand_over(&peer, &utf8).await.unwrap_err().ending(),
        held("SMTPUTF8")
    );
    assert_eq!(peer.messages().len(), 1);
}

#[tokio::test]
async fn refusals_at_each_step() {
    let refused = |words: &str| Ending::Refused(words.into());
    let not_now = |words: &str| Ending::NotNow(words.into());
    let four = Say::Line(b"450 4.2.0 later\r\n");
    let five = Say::Line(b"550 5.1.1 never\r\n");
    let good = Manners::default();

    let check = async |manners, want| assert_eq!(ending(manners).await, want, "{manners:?}");
    check(
        Manners { mail: four, ..good },
        not_now("450 4.2.0 later (at MAIL)"),
    )
    .await;
    check(
        Manners { mail: five, ..good },
        refused("550 5.1.1 never (at MAIL)"),
    )
    .await;
    check(
        Manners { rcpt: four, ..good },
        not_now("450 4.2.0 later (at RCPT)"),
    )
    .await;
    check(
        Manners { rcpt: five, ..good },
        refused("550 5.1.1 never (at RCPT)"),
    )
    .await;
    check(
        Manners { data: four, ..good },
        not_now("450 4.2.0 later (at DATA)"),
    )
    .await;
    check(
        Manners { data: five, ..good },
        refused("550 5.1.1 never (at DATA)"),
    )
    .await;
    check(
        Manners {
            final_dot: four,
            ..good
        },
        not_now("450 4.2.0 later (after the final dot)"),
    )
    .await;
    check(
        Manners {
            final_dot: five,
            ..good
        },
        refused("550 5.1.1 never (after the final dot)"),
    )
    .await;
    // Two lines, and a 250 where a 354 must come.
    let two = Say::Line(b"550-5.1.1 no\r\n550 5.1.1 never\r\n");
    check(
        Manners { rcpt: two, ..good },
        refused("550 5.1.1 no never (at RCPT)"),
    )
    .await;
    check(
        Manners { data: OK, ..good },
        not_now("the connection broke at DATA: it answered 250 2.0.0 fine"),
    )
    .await;
}

#[tokio::test]
async fn nothing_before_the_envelope_is_about_the_message() {
    let five = Say::Line(b"554 5.7.1 go away\r\n");
    let good = Manners::default();
    let check = async |manners, want: &str| {
        let Ending::Unreachable(words) = ending(manners).await else {
            panic!("{manners:?}")
        };
        assert!(words.contains(want), "{words}");
    };
    check(
        Manners {
            greeting: five,
            ..good
        },
        "554 5.7.1 go away",
    )
    .await;
    check(
        Manners {
            greeting: Say::HangUp,
            ..good
        },
        "the connection broke",
    )
    .await;
    check(
        Manners {
            greeting: Say::Nothing,
            ..good
        },
        "no answer in time",
    )
    .await;
    check(
        Manners {
            greeting: Say::Line(b"HTTP/1.1 400\r\n"),
            ..good
        },
        "response error",
    )
    .await;
    check(Manners { ehlo: five, ..good }, "554 5.7.1 go away").await;
    check(
        Manners {
            ehlo: Say::HangUp,
            ..good
        },
        "the connection broke",
    )
    .await;
    let turned_away = Manners {
        rcpt: Say::Line(b"421 4.3.2 closing\r\n"),
        ..good
    };
    let ended = ending(turned_away).await;
    assert!(
        matches!(&ended, Ending::TurnedAway(words) if words.contains("421 4.3.2")),
        "{ended:?}"
    );

    let nobody = "127.0.0.1:1".parse().unwrap();
    let door = Door::new(nobody, TlsPolicy::Off);
    let failure = Line::open(&door, "shadow.example", PATIENCE)
        .await
        .err()
        .unwrap();
    assert!(
        matches!(failure.ending(), Ending::Unreachable(words) if words.contains("127.0.0.1:1"))
    );
}

#[tokio::test]
async fn a_line_that_breaks() {
    let good = Manners::default();
    let check = async |manners, unknown: bool| match ending(manners).await {
        Ending::Unknown(words) => assert!(unknown, "{manners:?}: {words}"),
        Ending::NotNow(words) => assert!(!unknown, "{manners:?}: {words}"),
        other => panic!("{manners:?}: {other:?}"),
    };
    for broken in [Say::HangUp, Say::Nothing] {
        check(
            Manners {
                mail: broken,
                ..good
            },
            false,
        )
        .await;
        check(
            Manners {
                rcpt: broken,
                ..good
            },
            false,
        )
        .await;
        check(
            Manners {
                data: broken,
                ..good
            },
            false,
        )
        .await;
        check(
            Manners {
                final_dot: broken,
                ..good
            },
            true,
        )
        .await;
    }
    // An answer after the final dot that nobody can read is no answer.
    for odd in [
        &b"354 what?\r\n"[..],
        b"250\r\n",
        b"hello\r\n",
        b"250 gr\xfc\xdfe\r\n",
        b"250-a\r\n",
    ] {
        check(
            Manners {
                final_dot: Say::Line(odd),
                ..good
            },
            true,
        )
        .await;
    }
}

#[tokio::test]
async fn a_line_that_breaks_within_a_long_message_leaves_no_doubt() {
    let manners = Manners {
        hang_up_in_content: Some(10_000),
        ..Manners::default()
    };
    let peer = ScriptedPeer::start(manners).await;
    let content = [
        b"A: b\r\n\r\n".to_vec(),
        b"0123456789\r\n".repeat(1_000_000),
    ]
    .concat();
    let mut parcel = parcel(&content);
    parcel.bytes.truncate(content.len() - 2);
    let failure = hand_over(&peer, &parcel).await.unwrap_err();
    assert_eq!(failure.step, Step::Content);
    assert!(matches!(failure.ending(), Ending::NotNow(_)));
}

#[tokio::test]
async fn one_connection_serves_many_and_begins_again_after_a_refusal() {
    let good = Manners::default();
    let peer = ScriptedPeer::start(Manners {
        rcpt: Say::Line(b"550 no\r\n"),
        ..good
    })
    .await;
    let mut line = Line::open(&peer.door(), "shadow.example", PATIENCE)
        .await
        .unwrap();
    let parcel = parcel(b"A: b\r\n\r\n");
    assert!(line.hand_over(&parcel, &Progress::default()).await.is_err());
    assert!(line.is_usable());
    peer.behave(good);
    line.hand_over(&parcel, &Progress::default()).await.unwrap();
    line.hand_over(&parcel, &Progress::default()).await.unwrap();
    line.quit().await;
    let verbs: Vec<String> = peer
        .commands()
        .iter()
        .map(|it| it.chars().take(4).collect())
        .collect();
    let want = "EHLO EHLO MAIL RCPT RSET MAIL RCPT DATA MAIL RCPT DATA QUIT";
    assert_eq!(verbs.join(" "), want);
}

#[tokio::test]
async fn encryption_that_is_required_and_not_offered() {
    let peer = ScriptedPeer::start(Manners::default()).await;
    let open = async |tls| {
        let door = Door { tls, ..peer.door() };
        Line::open(&door, "shadow.example", PATIENCE)
            .await
            .map(|_| ())
            .map_err(|f| f.ending())
    };
    assert_eq!(open(TlsPolicy::Opportunistic).await, Ok(()));
    let refused = open(TlsPolicy::Required).await.unwrap_err();
    assert!(matches!(refused, Ending::Unreachable(words) if words.contains("STARTTLS")));
}

#[tokio::test]
async fn encryption_with_a_certificate_that_nobody_has_signed() {
    let ehlo = Say::Line(b"250-primary.example\r\n250-STARTTLS\r\n250 DSN\r\n");
    let manners = Manners {
        ehlo,
        encrypts: Encrypts::AfterStartTls,
        ..Manners::default()
    };
    let verbs = async |tls| {
        let peer = ScriptedPeer::start(manners).await;
        let door = Door { tls, ..peer.door() };
        if let Ok(mut line) = Line::open(&door, "shadow.example", PATIENCE).await {
            line.hand_over(&parcel(b"A: b\r\n\r\n"), &Progress::default())
                .await
                .unwrap();
            line.quit().await;
        }
        let commands = peer.commands();
        let verbs: Vec<&str> = commands
            .iter()
            .filter_map(|it| it.split(' ').next())
            .collect();
        verbs.join(" ")
    };
    let plain = "EHLO EHLO MAIL RCPT DATA QUIT";
    let encrypted = "EHLO STARTTLS (encrypted) EHLO EHLO MAIL RCPT DATA QUIT";
    assert_eq!(verbs(TlsPolicy::Off).await, plain);
    assert_eq!(verbs(TlsPolicy::Opportunistic).await, encrypted);
    assert_eq!(verbs(TlsPolicy::Required).await, "EHLO STARTTLS");
}

#[tokio::test]
async fn encryption_that_fails_is_none_unless_it_is_required() {
    let ehlo = Say::Line(b"250-primary.example\r\n250 STARTTLS\r\n");
    let peer = ScriptedPeer::start(Manners {
        ehlo,
        ..Manners::default()
    })
    .await;
    let open = async |tls| {
        let door = Door { tls, ..peer.door() };
        Line::open(&door, "shadow.example", PATIENCE)
            .await
            .map(|_| ())
            .map_err(|f| f.ending())
    };
    assert_eq!(open(TlsPolicy::Opportunistic).await, Ok(()));
    assert!(matches!(
        open(TlsPolicy::Required).await,
        Err(Ending::Unreachable(_))
    ));
}

#[tokio::test]
async fn a_peer_that_never_stops_talking() {
    let endless: &'static [u8] = Box::leak(vec![b'x'; 1 << 20].into_boxed_slice());
    let good = Manners::default();
    let Ending::NotNow(words) = ending(Manners {
        rcpt: Say::Line(endless),
        ..good
    })
    .await
    else {
        panic!();
    };
    assert!(
        words.contains("it said more than anybody may say at once"),
        "{words}"
    );
}

/// Opens a connection to a peer that wants a sign-in.
async fn sign_in(ehlo: &'static [u8], auth: Say) -> (Result<(), Ending>, Vec<String>) {
    let peer = ScriptedPeer::start(Manners {
        ehlo: Say::Line(ehlo),
        auth,
        ..Manners::default()
    })
    .await;
    let login = Login {
        name: "shadow".into(),
        password: Secret::new("open sesame"),
    };
    let door = Door {
        login: Some(login),
        ..peer.door()
    };
    let opened = Line::open(&door, "shadow.example", PATIENCE).await;
    let opened = opened.map(|_| ()).map_err(|failure| failure.ending());
    (opened, peer.commands())
}

#[tokio::test]
async fn who_does_not_let_us_in_hears_of_no_message() {
    let with_auth = b"250-primary.example\r\n250 AUTH PLAIN\r\n";
    let (opened, commands) = sign_in(with_auth, Say::Line(b"235 2.7.0 in\r\n")).await;
    assert_eq!(opened, Ok(()));
    let last = commands.last().unwrap();
    assert_eq!(last, "AUTH PLAIN AHNoYWRvdwBvcGVuIHNlc2FtZQ==");

    let check = async |ehlo, auth, want: &str| {
        let (opened, commands) = sign_in(ehlo, auth).await;
        assert_eq!(opened, Err(Ending::Unreachable(want.into())));
        assert!(!commands.iter().any(|it| it.starts_with("MAIL")));
    };
    let wrong = Say::Line(b"535 5.7.8 wrong\r\n");
    check(with_auth, wrong, "535 5.7.8 wrong (at sign-in)").await;
    let echo = Say::Line(b"535 5.7.8 not AHNoYWRvdwBvcGVuIHNlc2FtZQ==\r\n");
    check(with_auth, echo, "535 (hidden) (at sign-in)").await;
    let echo = Say::Line(b"535 5.7.8 not open sesame\r\n");
    check(with_auth, echo, "535 (hidden) (at sign-in)").await;
    let other = b"250-primary.example\r\n250 AUTH GSSAPI\r\n";
    let want = "the connection broke at sign-in: it offers neither AUTH PLAIN nor AUTH LOGIN";
    check(other, wrong, want).await;
}

#[tokio::test]
async fn encryption_from_the_first_octet_wants_a_certificate_to_believe() {
    let peer = ScriptedPeer::start(Manners {
        encrypts: Encrypts::AtOnce,
        ..Manners::default()
    })
    .await;
    let open = async |authorities: Option<&[u8]>| {
        let door = Door {
            tls: TlsPolicy::Implicit,
            authorities: authorities.map(Arc::from),
            ..peer.door()
        };
        Line::open(&door, "shadow.example", PATIENCE).await
    };
    let refused = open(None).await.map(drop).unwrap_err().ending();
    assert!(
        matches!(&refused, Ending::Unreachable(words) if words.contains("TLS with 127.0.0.1")),
        "{refused:?}"
    );
    let mut line = open(Some(include_bytes!("fixtures/self-signed.pem")))
        .await
        .unwrap();
    assert!(line.is_encrypted());
    line.hand_over(&parcel(b"A: b\r\n\r\nc\r\n"), &Progress::default())
        .await
        .unwrap();
    assert_eq!(peer.messages(), [b"A: b\r\n\r\nc\r\n"]);

    // Whoever speaks in clear there is nobody to talk to.
    let clear = ScriptedPeer::start(Manners::default()).await;
    let door = Door {
        tls: TlsPolicy::Implicit,
        ..clear.door()
    };
    let refused = Line::open(&door, "shadow.example", PATIENCE).await;
    let refused = refused.map(drop).unwrap_err().ending();
    assert!(matches!(refused, Ending::Unreachable(_)), "{refused:?}");
    assert_eq!(clear.messages(), [b""; 0]);
}
