use proptest::prelude::*;

use super::*;
use crate::config::TlsPolicy;
use crate::proto::transaction::{Peers, Xclient};
use crate::users::Verdict;

fn dialogue(protocol: Protocol, peers: Peers) -> Dialogue {
    let mut dialogue = Dialogue::new(Manners {
        hostname: "s.example".into(),
        protocol,
        tls: TlsPolicy::Off,
        has_certificate: false,
        size_bytes_max: 64,
        peers,
        standing: Standing::Open,
        has_users: false,
        xclient: Xclient::Refused,
    });
    let greeting = dialogue.step(&mut &b""[..], Duration::ZERO);
    assert!(matches!(greeting, Step::Say(reply) if reply.code() == 220));
    dialogue
}

/// Sends `wire` and carries out the steps, every recipient being ours, up to the point where
/// more is needed. Gives the codes that were said and the mails that were committed.
fn run(dialogue: &mut Dialogue, mut wire: &[u8], now: Duration) -> (Vec<u16>, usize) {
    let mut codes = Vec::new();
    let mut commits = 0;
    loop {
        match dialogue.step(&mut wire, now) {
            Step::NeedBytes { .. } => {
                assert!(wire.is_empty(), "it asks for more and has not used all");
                return (codes, commits);
            }
            Step::HangUp => return (codes, commits),
            Step::Say(reply) => codes.push(reply.code()),
            Step::Ask(_) => dialogue.answer(Answer::Ours),
            Step::Body(_) | Step::Discard | Step::Refuse(..) | Step::Pause(_) => {}
            Step::Commit(transaction) => {
                assert!(!transaction.recipients.is_empty());
                commits += 1;
                dialogue.settle(Ok("x".into()));
            }
            Step::StartTls => {
                dialogue.secured(None);
            }
            Step::SignIn => {
                let credentials = dialogue.credentials().unwrap();
                dialogue.signed_in(credentials.login, Verdict::Refused);
            }
            Step::Introduce(_) => {
                dialogue.introduced(Ok(Some(Standing::Open)));
            }
        }
    }
}

fn in_body(now: Duration) -> Dialogue {
    let mut dialogue = dialogue(Protocol::Smtp, Peers::Anybody);
    for line in [
        "EHLO c\r\n",
        "MAIL FROM:<a@b>\r\n",
        "RCPT TO:<b@c>\r\n",
        "DATA\r\n",
    ] {
        run(&mut dialogue, line.as_bytes(), now);
    }
    assert!(!dialogue.is_idle());
    dialogue
}

/// What was said, each with the number of the mail that it is about.
fn numbered(dialogue: &mut Dialogue, mut wire: &[u8]) -> Vec<(u16, Option<u32>)> {
    let mut said = Vec::new();
    loop {
        let step = dialogue.step(&mut wire, Duration::ZERO);
        let number = dialogue.mail_number();
        match step {
            Step::NeedBytes { .. } | Step::HangUp => return said,
            Step::Say(reply) => said.push((reply.code(), number)),
            Step::Ask(address) if address.domain() == "c" => dialogue.answer(Answer::Ours),
            Step::Ask(_) => dialogue.answer(Answer::Unknown),
            Step::Commit(transaction) => {
                assert_eq!(number, Some(transaction.number));
                dialogue.settle(Err(reply::NOT_KEPT));
            }
            Step::Refuse(transaction, _) => assert_eq!(number, Some(transaction.number)),
            _ => {}
        }
    }
}

#[test]
fn what_is_said_has_the_number_of_its_mail() {
    let mut dialogue = dialogue(Protocol::Smtp, Peers::Anybody);
    let mut check = |wire: &str, want: &[(u16, Option<u32>)]| {
        assert_eq!(numbered(&mut dialogue, wire.as_bytes()), want, "{wire}");
    };
    let (first, second, third) = (Some(1), Some(2), Some(3));
    check("EHLO c\r\n", &[(250, None)]);
    check("RCPT TO:<b@c>\r\n", &[(503, None)]);
    check(
        "MAIL FROM:<a@b>\r\nRCPT TO:<x@d>\r\nODD\r\n",
        &[(250, None), (550, first), (500, first)],
    );
    // In one group: what follows a mail is not about it.
    check("RCPT TO:<b@c>\r\nDATA\r\n", &[(250, first), (354, first)]);
    check("hi\r\n.\r\nODD\r\n", &[(451, first), (500, None)]);
    check(
        "MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nBDAT 2\r\nhiBDAT 99\r\n",
        &[(250, None), (250, second), (250, second)],
    );
    let rest = "x".repeat(99);
    check(
        &format!("{rest}RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<x@d>\r\n"),
        &[(552, second), (250, None), (250, None), (550, third)],
    );
}

#[test]
fn who_talks_before_the_greeting_is_not_heard() {
    let mut dialogue = Dialogue::new(dialogue(Protocol::Smtp, Peers::Anybody).manners);
    assert_eq!(run(&mut dialogue, b"EHLO c\r\n", Duration::ZERO).0, [554]);
    assert_eq!(
        dialogue.step(&mut &b"NOOP\r\n"[..], Duration::ZERO),
        Step::HangUp
    );
}

/// Recipients that follow must not join the mail before.
#[test]
fn a_refused_mail_line_forgets_the_mail_before() {
    let check = |peers: Peers, line: &[u8], want: &[u16]| {
        let mut dialogue = dialogue(Protocol::Smtp, peers);
        run(&mut dialogue, b"EHLO c\r\n", Duration::ZERO);
        let before: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\n";
        let group = [before, line, b"RCPT TO:<c@d>\r\nDATA\r\n"].concat();
        let shown = line.escape_ascii().to_string();
        let (codes, _) = run(&mut dialogue, &group, Duration::ZERO);
        assert_eq!(codes, [&[250, 250], want].concat(), "{shown:.40}");
    };
    let forgotten = [500, 503, 503];
    let too_long = format!("mail FROM:<{}@b>\r\n", "x".repeat(5000));
    check(Peers::Anybody, too_long.as_bytes(), &forgotten);
    check(Peers::Anybody, b"MAIL FROM:<\xff@b>\r\n", &forgotten);
    check(Peers::Anybody, b"MAIL FROM:<x\0@b>\r\n", &forgotten);
    check(Peers::Known, b"MAIL FROM:<x@b>\n", &forgotten);
    check(Peers::Anybody, b"MAIL FROM:x\r\n", &[501, 503, 503]);
    check(Peers::Anybody, b"RCPT TO:<\xff@b>\r\n", &[500, 250, 354]);
}

#[test]
fn a_command_has_its_time_however_many_pieces_it_comes_in() {
    let second = Duration::from_secs(1);
    let almost = limits::COMMAND_WAIT.saturating_sub(second);
    let wait = |dialogue: &mut Dialogue, mut wire: &[u8], now| match dialogue.step(&mut wire, now) {
        Step::NeedBytes { within } => Some(within),
        _ => None,
    };
    let begun = || {
        let mut dialogue = dialogue(Protocol::Smtp, Peers::Anybody);
        let whole = Some(limits::COMMAND_WAIT);
        assert_eq!(wait(&mut dialogue, b"", Duration::ZERO), whole);
        assert_eq!(wait(&mut dialogue, b"NO", almost), Some(second));
        dialogue
    };

    let mut dialogue = begun();
    assert_eq!(run(&mut dialogue, b"OP\r\n", almost).0, [250]);
    // The next one has its own time.
    let late = limits::COMMAND_WAIT + second;
    let left = almost.saturating_sub(second);
    assert_eq!(wait(&mut dialogue, b"NO", late), Some(left));

    let mut dialogue = begun();
    assert_eq!(run(&mut dialogue, b"O", limits::COMMAND_WAIT).0, [421]);
    assert_eq!(dialogue.step(&mut &b""[..], late), Step::HangUp);
}

#[test]
fn a_body_has_its_time() {
    let now = Duration::ZERO;
    let second = Duration::from_secs(1);
    let mut dialogue = in_body(now);
    let almost = now + limits::BODY_TIME_MAX.saturating_sub(second);
    assert!(run(&mut dialogue, b"hi\r\n", almost).0.is_empty());
    let within = dialogue.step(&mut &b""[..], almost);
    assert_eq!(within, Step::NeedBytes { within: second });
    assert_eq!(run(&mut dialogue, b".\r\n", almost), (vec![250], 1));

    let mut dialogue = in_body(now);
    assert_eq!(
        run(&mut dialogue, b".\r\n", now + limits::BODY_TIME_MAX),
        (vec![421], 0)
    );
}

#[test]
fn a_session_that_forgets_to_answer_promises_nothing() {
    let now = Duration::ZERO;
    let mut dialogue = dialogue(Protocol::Smtp, Peers::Anybody);
    run(&mut dialogue, b"EHLO c\r\n", now);
    run(&mut dialogue, b"MAIL FROM:<a@b>\r\n", now);
    assert!(matches!(
        dialogue.step(&mut &b"RCPT TO:<b@c>\r\n"[..], now),
        Step::Ask(_)
    ));
    assert_eq!(run(&mut dialogue, b"", now).0, [451]);

    let mut dialogue = in_body(now);
    assert!(matches!(
        dialogue.step(&mut &b".\r\n"[..], now),
        Step::Commit(_)
    ));
    assert!(!dialogue.is_idle());
    assert_eq!(run(&mut dialogue, b"", now).0, [451]);
    assert!(dialogue.is_idle());
}

#[test]
fn nobody_names_recipients_for_ever() {
    let (now, greeting) = (Duration::ZERO, &b"EHLO c\r\nMAIL FROM:<a@b>\r\n"[..]);
    let line = b"RCPT TO:<b@c>\r\n";
    let named = |dialogue: &mut Dialogue, count: usize| {
        let (codes, _) = run(dialogue, &line.repeat(count), now);
        (
            codes.iter().filter(|code| **code == 452).count(),
            codes.last().copied(),
        )
    };
    let late = limits::LATE_RECIPIENTS_MAX as usize;
    let mut dialogue = dialogue(Protocol::Smtp, Peers::Known);
    run(&mut dialogue, &greeting[..8], now);
    run(&mut dialogue, &greeting[8..], now);
    assert_eq!(named(&mut dialogue, limits::RECIPIENTS_MAX), (0, Some(250)));
    assert_eq!(named(&mut dialogue, late), (late, Some(452)));
    // A mail that is kept starts the count again.
    run(&mut dialogue, b"DATA\r\n", now);
    assert_eq!(run(&mut dialogue, b".\r\n", now), (vec![250], 1));
    run(&mut dialogue, &greeting[8..], now);
    named(&mut dialogue, limits::RECIPIENTS_MAX);
    assert_eq!(named(&mut dialogue, late), (late, Some(452)));
    assert_eq!(named(&mut dialogue, 1), (1, Some(421)));
    assert_eq!(dialogue.step(&mut &line[..], now), Step::HangUp);
}

/// Commands, pieces of commands, and noise.
fn wires() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "EHLO c\r\n", "LHLO c\r\n", "HELO c\r\n", "MAIL FROM:<a@b>\r\n", "MAIL FROM:<>\r\n",
            "MAIL FROM:<ä@b> SMTPUTF8 SIZE=65\r\n", "RCPT TO:<b@c>\r\n", "RCPT TO:<ä@c>\r\n",
            "DATA\r\n", "BDAT 3\r\n", "BDAT 5 LAST\r\n", "BDAT 0 LAST\r\n", "BDAT 90\r\n", ".\r\n", "hi\r\n", "RSET\r\n", "STARTTLS\r\n", "NOOP\r\n", "AUTH PLAIN\r\n", "XCLIENT ADDR=192.0.2.1\r\n", "\r", "\n", ".",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_panic_and_each_commit_had_its_data(
        wire in wires(),
        cuts in proptest::collection::vec(1_usize..40, 1..20),
        lmtp: bool,
        known: bool,
    ) {
        let protocol = if lmtp { Protocol::Lmtp } else { Protocol::Smtp };
        let mut dialogue = dialogue(protocol, if known { Peers::Known } else { Peers::Anybody });
        let now = Duration::ZERO;
        let (mut commits, mut promised) = (0, 0);
        let last_chunks = wire.windows(6).filter(|word| *word == b" LAST\r").count();
        let mut rest = wire.as_slice();
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at(*cut.min(&rest.len()));
            rest = after;
            let (codes, committed) = run(&mut dialogue, piece, now);
            promised += codes.iter().filter(|code| **code == 354).count();
            commits += committed;
            prop_assert!(commits <= promised + last_chunks);
            if rest.is_empty() {
                break;
            }
        }
    }
}

#[test]
fn fuzz_dialogue() {
    let corpus: [&[u8]; 4] = [
        b"EHLO c\r\nMAIL FROM:<a@b> SIZE=9\r\nRCPT TO:<b@c> NOTIFY=NEVER\r\nDATA\r\n..x\r\n.\r\nQUIT\r\n",
        b"EHLO c\r\nMAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<b@c>\r\nBDAT 3\r\nab\nBDAT 0 LAST\r\nQUIT\r\n",
        b"LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nRCPT TO:<c@c>\r\nBDAT 1 LAST\r\naRSET\r\n",
        b"HELO c\r\nNOOP\r\nVRFY a\r\nEXPN a\r\nHELP\r\nRSET\r\nSTARTTLS\r\nAUTH PLAIN AGEAYg==\r\nPROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    ];
    let words = [
        "EHLO c\r\n",
        "LHLO c\r\n",
        "MAIL FROM:<a@b>\r\n",
        "RCPT TO:<b@c>\r\n",
        "DATA\r\n",
        "BDAT 5\r\n",
        "BDAT 18446744073709551616 LAST\r\n",
        "BDAT 0 LAST\r\n",
        "\r\n.\r\n",
        "\n.\n",
        "\r.\r",
        "RSET\r\n",
        "STARTTLS\r\n",
        "XCLIENT ADDR=192.0.2.1\r\n",
        "\r\n",
        "\0",
    ];
    crate::fuzz::run("dialogue", (&corpus, &words), |wire| {
        for (protocol, peers) in [
            (Protocol::Smtp, Peers::Anybody),
            (Protocol::Smtp, Peers::Known),
            (Protocol::Lmtp, Peers::Known),
        ] {
            run(&mut dialogue(protocol, peers), wire, Duration::ZERO);
            // What comes in two pieces may be answered in another way, as who does not wait for the
            // answer to EHLO is not served; but answered it is.
            let (first, second) = wire.split_at(wire.len() / 2);
            let mut halves = dialogue(protocol, peers);
            run(&mut halves, first, Duration::ZERO);
            run(&mut halves, second, Duration::ZERO);
        }
    });
}
