use std::time::Duration;

use proptest::prelude::*;

use super::super::transaction::{Manners, Standing, Xclient};
use super::*;
use crate::config::TlsPolicy;
use crate::desk::Answer;

/// What came of a wire: the codes that were said, and the mails that were kept.
type Outcome = (Vec<u16>, Vec<Vec<u8>>);

const SIZE_BYTES_MAX: u64 = 64;

fn greeted(protocol: Protocol) -> Dialogue {
    greeted_as(Standing::Open, protocol)
}

fn greeted_as(standing: Standing, protocol: Protocol) -> Dialogue {
    let mut dialogue = Dialogue::new(Manners {
        hostname: "s.example".into(),
        protocol,
        tls: TlsPolicy::Off,
        has_certificate: false,
        size_bytes_max: SIZE_BYTES_MAX,
        peers: Peers::Known,
        standing,
        has_users: false,
        xclient: Xclient::Refused,
    });
    let hello = match protocol {
        Protocol::Smtp => "EHLO c\r\n",
        Protocol::Lmtp => "LHLO c\r\n",
    };
    assert_eq!(run(&mut dialogue, &[b""]).0, [220]);
    assert_eq!(run(&mut dialogue, &[hello.as_bytes()]).0, [250]);
    dialogue
}

fn run(dialogue: &mut Dialogue, pieces: &[&[u8]]) -> Outcome {
    let (mut codes, mut kept, mut mail) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        let mut wire = *piece;
        loop {
            match dialogue.step(&mut wire, Duration::ZERO) {
                Step::NeedBytes { .. } => {
                    assert!(wire.is_empty(), "it asks for more and has not used all");
                    break;
                }
                Step::HangUp => break,
                Step::Say(reply) => codes.push(reply.code()),
                Step::Ask(_) => dialogue.answer(Answer::Ours),
                Step::Body(octets) => mail.extend(octets),
                Step::Discard | Step::Refuse(..) => mail.clear(),
                Step::Commit(_) => {
                    kept.push(std::mem::take(&mut mail));
                    dialogue.settle(Ok("x".into()));
                }
                _ => panic!("nobody asked for that"),
            }
        }
    }
    (codes, kept)
}

/// The same must come of a wire wherever it is cut.
#[track_caller]
fn check(protocol: Protocol, wire: &[u8], codes: &[u16], mails: &[&[u8]]) {
    let want: Outcome = (
        codes.to_vec(),
        mails.iter().map(|mail| mail.to_vec()).collect(),
    );
    let shown = wire.escape_ascii().to_string();
    for cut in 0..=wire.len() {
        let (a, b) = wire.split_at(cut);
        let seen = run(&mut greeted(protocol), &[a, b]);
        assert_eq!(seen, want, "{shown} cut at {cut}");
    }
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(
        run(&mut greeted(protocol), &bytes),
        want,
        "{shown} by bytes"
    );
}

const ENVELOPE: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n";

#[track_caller]
fn smtp(wire: &[u8], codes: &[u16], mails: &[&[u8]]) {
    let wire = [ENVELOPE, wire].concat();
    check(
        Protocol::Smtp,
        &wire,
        &[&[250, 250, 250], codes].concat(),
        mails,
    );
}

#[test]
fn chunks_in_one_group_make_one_mail() {
    smtp(b"BDAT 4 LAST\r\nhi\r\n", &[250], &[b"hi\r\n"]);
    smtp(
        b"BDAT 3\r\nhi\rBDAT 3\r\n\n.\rBDAT 1 LAST\r\n\nNOOP\r\n",
        &[250, 250, 250, 250],
        &[b"hi\r\n.\r\n"],
    );
    smtp(
        b"BDAT 4\r\nhi\r\nBDAT 0 LAST\r\n",
        &[250, 250],
        &[b"hi\r\n"],
    );
    smtp(b"BDAT 0 LAST\r\n", &[250], &[b""]);
    // No dot ends it, and none is taken away.
    smtp(
        b"BDAT 12 LAST\r\n..\r\n.\r\nQUIT\n",
        &[250],
        &[b"..\r\n.\r\nQUIT\n\r\n"],
    );
    // A mail ends with a line end (RFC 5321 §4.1.1.4).
    smtp(b"BDAT 2 LAST\r\nhi", &[250], &[b"hi\r\n"]);
    smtp(b"BDAT 3 LAST\r\nhi\r", &[250], &[b"hi\r\n"]);
    // Two mails, the second one by DATA's rules.
    smtp(
        b"BDAT 2 LAST\r\nhiMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nBDAT 2 LAST\r\nho",
        &[250, 250, 250, 250],
        &[b"hi\r\n", b"ho\r\n"],
    );
}

#[test]
fn octets_of_a_refused_chunk_are_no_commands() {
    let check_ready = |wire: &[u8], codes: &[u16]| check(Protocol::Smtp, wire, codes, &[]);
    check_ready(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", &[503, 250]);
    check_ready(
        b"MAIL FROM:<a@b>\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n",
        &[250, 503, 250],
    );
    // Nobody knows how many octets would have to be read.
    check_ready(b"BDAT many LAST\r\nNOOP\r\n", &[501]);
    check_ready(b"BDAT \0 LAST\r\nNOOP\r\n", &[500]);
    // The mail is over with the chunk that was too much, and the rest of its group hears so.
    smtp(
        b"BDAT 60\r\n123456789012345678901234567890123456789012345678901234567890\
          BDAT 5\r\nRSET\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
        &[250, 552, 503, 250],
        &[],
    );
    smtp(b"BDAT 65 LAST\r\n", &[], &[]);
}

#[test]
fn one_mail_comes_by_one_way() {
    // DATA in the middle of a group would end the session, so alone.
    let mut dialogue = greeted(Protocol::Smtp);
    let begun = [ENVELOPE, b"BDAT 2\r\nhi"].concat();
    let others: [&[u8]; 4] = [
        &begun,
        b"DATA\r\n",
        b"RCPT TO:<x@y>\r\n",
        b"BDAT 1 LAST\r\n!",
    ];
    let (codes, kept) = run(&mut dialogue, &others);
    assert_eq!(codes, [250, 250, 250, 250, 503, 503, 250]);
    assert_eq!(kept, [b"hi!\r\n"]);
    // After the last chunk, no mail is open.
    assert_eq!(run(&mut dialogue, &[b"BDAT 2 LAST\r\nhi"]).0, [503]);
    assert!(dialogue.is_idle());
}

#[test]
fn rset_and_the_like_forget_the_chunks() {
    for line in ["RSET\r\n", "EHLO c\r\n", "MAIL FROM:<x@y>\r\n"] {
        let mut dialogue = greeted(Protocol::Smtp);
        let begun = [ENVELOPE, b"BDAT 5\r\nold\r\n"].concat();
        run(&mut dialogue, &[&begun]);
        let mut wire = line.as_bytes();
        assert_eq!(
            dialogue.step(&mut wire, Duration::ZERO),
            Step::Discard,
            "{line}"
        );
        run(&mut dialogue, &[wire]);
        let again: &[u8] = b"RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 3 LAST\r\nnew";
        let (_, kept) = run(&mut dialogue, &[again]);
        assert_eq!(kept, [b"new\r\n"], "{line}");
    }
}

#[test]
fn lmtp_answers_the_last_chunk_once_for_each_recipient() {
    let lmtp = |wire: &[u8], codes: &[u16], mails: &[&[u8]]| {
        let wire = [ENVELOPE, wire].concat();
        let codes = [&[250, 250, 250], codes].concat();
        check(Protocol::Lmtp, &wire, &codes, mails);
    };
    lmtp(
        b"BDAT 2\r\nhiBDAT 2 LAST\r\n\r\n",
        &[250, 250, 250],
        &[b"hi\r\n"],
    );
    let long = [b"BDAT 65 LAST\r\n".as_slice(), &[b'x'; 65], b"NOOP\r\n"].concat();
    lmtp(&long, &[552, 552, 250], &[]);
    let long = [b"BDAT 65\r\n".as_slice(), &[b'x'; 65], b"BDAT 0 LAST\r\n"].concat();
    lmtp(&long, &[552, 503], &[]);
}

#[test]
fn a_chunked_mail_has_its_time() {
    let second = Duration::from_secs(1);
    let almost = limits::BODY_TIME_MAX.saturating_sub(second);
    let mut dialogue = greeted(Protocol::Smtp);
    let begun = [ENVELOPE, b"BDAT 5\r\nold\r\n"].concat();
    run(&mut dialogue, &[&begun]);
    let mut wire: &[u8] = b"BDAT 5 LAST\r\nold";
    assert!(matches!(dialogue.step(&mut wire, almost), Step::Body(_)));
    let waits = dialogue.step(&mut wire, almost);
    assert_eq!(waits, Step::NeedBytes { within: second });
    assert_eq!(
        dialogue.step(&mut wire, limits::BODY_TIME_MAX),
        Step::Discard
    );
    assert_eq!(run(&mut dialogue, &[b"\r\n"]), (vec![421], vec![]));
}

#[test]
fn nobody_stays_behind_a_chunk_that_is_refused() {
    let seconds = Duration::from_secs;
    // After a minute a stranger must have shown itself, and from then on others must go on.
    let slow_from = |standing: Standing, chunk: &[u8]| {
        let mut dialogue = greeted_as(standing, Protocol::Smtp);
        assert!(run(&mut dialogue, &[chunk]).0.is_empty());
        (1..120).find(|second| {
            let mut octet: &[u8] = b"x";
            match dialogue.step(&mut octet, seconds(*second)) {
                Step::NeedBytes { within } => {
                    assert!(within > Duration::ZERO);
                    false
                }
                _ => true,
            }
        })
    };
    assert_eq!(slow_from(Standing::Stranger, b"BDAT 4096\r\n"), Some(60));
    assert_eq!(slow_from(Standing::Open, b"BDAT 4096\r\n"), Some(61));
    assert_eq!(slow_from(Standing::Open, b"BDAT 99999999999\r\n"), Some(61));
    let fast = [b"BDAT 99999999999\r\n".as_slice(), &[b'x'; 12_000]].concat();
    assert_eq!(slow_from(Standing::Open, &fast), None);
    // Nothing more is read of a stranger.
    let mut dialogue = greeted_as(Standing::Stranger, Protocol::Smtp);
    let mut long: &[u8] = b"BDAT 4097 LAST\r\nNOOP\r\n";
    let said = dialogue.step(&mut long, Duration::ZERO);
    assert!(matches!(said, Step::Say(reply) if reply.code() == 530));
    assert_eq!(dialogue.step(&mut long, Duration::ZERO), Step::HangUp);
}

proptest! {
    /// However a mail is cut into chunks, and its wire into pieces, it comes whole.
    #[test]
    fn any_chunks_make_the_mail(
        mail in proptest::collection::vec(any::<u8>(), 0..60),
        chunks in proptest::collection::vec(0_usize..20, 1..8),
        cut in 1_usize..30,
    ) {
        let mut wire = ENVELOPE.to_vec();
        let mut rest = mail.as_slice();
        for size in &chunks {
            let (chunk, after) = rest.split_at((*size).min(rest.len()));
            rest = after;
            wire.extend(format!("BDAT {}\r\n", chunk.len()).into_bytes());
            wire.extend(chunk);
        }
        wire.extend(format!("BDAT {} LAST\r\n", rest.len()).into_bytes());
        wire.extend(rest);
        let pieces: Vec<&[u8]> = wire.chunks(cut).collect();
        let (codes, kept) = run(&mut greeted(Protocol::Smtp), &pieces);
        prop_assert!(codes.iter().all(|code| *code == 250));
        prop_assert_eq!(codes.len(), 3 + chunks.len() + 1);
        prop_assert_eq!(kept.len(), 1);
        let ending = kept[0].strip_prefix(mail.as_slice());
        prop_assert!(matches!(ending, Some(b"" | b"\n" | b"\r\n")));
    }
}
