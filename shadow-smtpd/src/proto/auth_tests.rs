use std::time::Duration;

use super::*;
use crate::config::{Protocol, TlsPolicy};
use crate::proto::transaction::{Manners, Peers, Xclient};

/// A dialogue inside TLS that has greeted, on a listener with users.
fn greeted() -> Dialogue {
    let mut dialogue = Dialogue::new(Manners {
        hostname: "s.example".into(),
        protocol: Protocol::Smtp,
        tls: TlsPolicy::Implicit,
        has_certificate: true,
        size_bytes_max: 64,
        peers: Peers::Known,
        standing: Standing::Stranger,
        has_users: true,
        xclient: Xclient::Refused,
    });
    dialogue.secured(None);
    assert_eq!(run(&mut dialogue, "", Verdict::Refused).0, [220]);
    assert_eq!(run(&mut dialogue, "EHLO c\r\n", Verdict::Refused).0, [250]);
    dialogue
}

/// Sends a line. Gives the codes that were said, who wanted to sign in, and how long the peer had
/// to wait.
fn run(
    dialogue: &mut Dialogue,
    line: &str,
    verdict: Verdict,
) -> (Vec<u16>, Option<String>, Duration) {
    let (mut codes, mut who, mut waited) = (Vec::new(), None, Duration::ZERO);
    let mut wire = line.as_bytes();
    loop {
        match dialogue.step(&mut wire, Duration::ZERO) {
            Step::NeedBytes { .. } | Step::HangUp => return (codes, who, waited),
            Step::Say(reply) => codes.push(reply.code()),
            Step::Pause(wait) => waited += wait,
            Step::SignIn => {
                let Credentials { login, password } = dialogue.credentials().unwrap();
                who = Some(format!("{login}:{}", password.expose()));
                dialogue.signed_in(login, verdict);
            }
            step => panic!("{step:?}"),
        }
    }
}

#[test]
fn both_mechanisms_in_both_forms() {
    let check = |lines: &[&str], codes: &[u16]| {
        let mut dialogue = greeted();
        let mut said = Vec::new();
        let mut who = None;
        for line in lines {
            let (codes, signs_in, _) = run(&mut dialogue, &format!("{line}\r\n"), Verdict::Welcome);
            said.extend(codes);
            who = signs_in.or(who);
        }
        assert_eq!(said, codes, "{lines:?}");
        assert_eq!(who.as_deref(), Some("gateway:secret"), "{lines:?}");
        let (codes, ..) = run(&mut dialogue, "MAIL FROM:<>\r\n", Verdict::Refused);
        assert_eq!(codes, [250]);
    };
    check(&["AUTH PLAIN AGdhdGV3YXkAc2VjcmV0"], &[235]);
    check(&["AUTH PLAIN", "AGdhdGV3YXkAc2VjcmV0"], &[334, 235]);
    check(&["AUTH PLAIN Z2F0ZXdheQBnYXRld2F5AHNlY3JldA=="], &[235]);
    check(
        &["AUTH LOGIN", "Z2F0ZXdheQ==", "c2VjcmV0"],
        &[334, 334, 235],
    );
    check(&["AUTH LOGIN Z2F0ZXdheQ==", "c2VjcmV0"], &[334, 235]);
}

#[test]
fn what_is_no_answer_ends_the_exchange() {
    let check = |lines: &[&str], code: u16| {
        let mut dialogue = greeted();
        let mut said = Vec::new();
        for line in lines {
            let (codes, who, _) = run(&mut dialogue, &format!("{line}\r\n"), Verdict::Welcome);
            assert_eq!(who, None, "{lines:?}");
            said.extend(codes);
        }
        assert_eq!(said.last(), Some(&code), "{lines:?}");
        // Commands are commands again, and nobody is signed in.
        assert_eq!(run(&mut dialogue, "NOOP\r\n", Verdict::Refused).0, [250]);
        let (codes, ..) = run(&mut dialogue, "MAIL FROM:<>\r\n", Verdict::Refused);
        assert_eq!(codes, [530], "{lines:?}");
    };
    check(&["AUTH PLAIN", "*"], 501);
    check(&["AUTH LOGIN", "*"], 501);
    check(&["AUTH LOGIN", "Z2F0ZXdheQ==", "*"], 501);
    check(&["AUTH PLAIN ="], 501);
    check(&["AUTH PLAIN", ""], 501);
    check(&["AUTH PLAIN not-base64"], 501);
    check(&["AUTH PLAIN Z2F0ZXdheQ=="], 501);
    // Somebody who wants to act for somebody else.
    check(&["AUTH PLAIN b3RoZXIAZ2F0ZXdheQBzZWNyZXQ="], 501);
    check(&["AUTH CRAM-MD5"], 504);
    check(
        &["AUTH PLAIN", &"A".repeat(limits::COMMAND_LINE_BYTES_MAX)],
        500,
    );
}

#[test]
fn each_refusal_takes_longer_and_the_last_one_hangs_up() {
    let mut dialogue = greeted();
    let wrong = "AUTH PLAIN AGdhdGV3YXkAd3Jvbmc=\r\n";
    for round in 1..limits::SIGN_INS_MAX {
        let (codes, _, waited) = run(&mut dialogue, wrong, Verdict::Refused);
        assert_eq!(codes, [535]);
        assert_eq!(waited, limits::SIGN_IN_PAUSE * (1 << (round - 1)));
    }
    assert_eq!(run(&mut dialogue, wrong, Verdict::Later).0, [454]);
    assert_eq!(run(&mut dialogue, wrong, Verdict::Refused).0, [535, 421]);
    assert_eq!(
        dialogue.step(&mut &b"NOOP\r\n"[..], Duration::ZERO),
        Step::HangUp
    );
}

#[test]
fn a_session_that_forgets_to_check_signs_nobody_in() {
    let mut dialogue = greeted();
    let mut wire: &[u8] = b"AUTH PLAIN AGdhdGV3YXkAc2VjcmV0\r\n";
    assert_eq!(dialogue.step(&mut wire, Duration::ZERO), Step::SignIn);
    assert_eq!(run(&mut dialogue, "", Verdict::Refused).0, [454]);
    let (codes, ..) = run(&mut dialogue, "MAIL FROM:<>\r\n", Verdict::Refused);
    assert_eq!(codes, [530]);
}

#[test]
fn one_sign_in_and_not_inside_a_mail() {
    let mut dialogue = greeted();
    let right = "AUTH PLAIN AGdhdGV3YXkAc2VjcmV0\r\n";
    assert_eq!(run(&mut dialogue, right, Verdict::Welcome).0, [235]);
    assert_eq!(run(&mut dialogue, right, Verdict::Welcome).0, [503]);
    let mut dialogue = greeted();
    dialogue.standing = Standing::Trusted(Trust::Network);
    run(&mut dialogue, "MAIL FROM:<>\r\n", Verdict::Welcome);
    assert_eq!(run(&mut dialogue, right, Verdict::Welcome).0, [503]);
}

#[test]
fn fuzz_auth() {
    let corpus: [&[u8]; 5] = [
        b"AUTH PLAIN AGdhdGV3YXkAc2VjcmV0\r\nMAIL FROM:<>\r\n",
        b"AUTH PLAIN\r\nZ2F0ZXdheQBnYXRld2F5AHNlY3JldA==\r\n",
        b"AUTH LOGIN\r\nZ2F0ZXdheQ==\r\nc2VjcmV0\r\n",
        b"AUTH LOGIN Z2F0ZXdheQ==\r\n*\r\nAUTH LOGIN =\r\n=\r\n",
        b"AUTH CRAM-MD5\r\nRSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
    ];
    let words = [
        "AUTH PLAIN ",
        "AUTH LOGIN\r\n",
        "=",
        "==",
        "*\r\n",
        "AA==",
        "AGEAYg==",
        "\r\n",
        "\n",
        "\0",
        "MAIL FROM:<a@b>\r\n",
        "EHLO c\r\n",
    ];
    crate::fuzz::run("auth", (&corpus, &words), |wire| {
        for verdict in [Verdict::Refused, Verdict::Later, Verdict::Welcome] {
            let mut dialogue = greeted();
            let (mut wire, mut is_in, mut tries) = (wire, false, 0);
            loop {
                match dialogue.step(&mut wire, Duration::ZERO) {
                    Step::NeedBytes { .. } | Step::HangUp => break,
                    Step::SignIn => {
                        let Credentials { login, password } = dialogue.credentials().unwrap();
                        assert!(!is_in, "once is enough");
                        let bytes = login.len() + password.expose().len();
                        assert!(bytes < limits::COMMAND_LINE_BYTES_MAX * 2);
                        is_in = verdict == Verdict::Welcome;
                        tries += u32::from(verdict == Verdict::Refused);
                        dialogue.signed_in(login, verdict);
                    }
                    Step::Say(reply) => assert!(is_in || reply != reply::SIGNED_IN),
                    // Nobody brings mail to this journal without.
                    Step::Ask(_) => {
                        assert!(is_in);
                        dialogue.answer(crate::desk::Answer::Ours);
                    }
                    Step::Commit(transaction) => {
                        assert!(is_in && matches!(transaction.trust, Some(Trust::Login(_))));
                        dialogue.settle(Ok("x".into()));
                    }
                    _ => {}
                }
            }
            assert!(tries <= limits::SIGN_INS_MAX);
            assert_eq!(dialogue.is_trusted(), is_in);
        }
    });
}
