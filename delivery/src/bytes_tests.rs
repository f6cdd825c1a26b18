use store::Source;

use super::*;
use crate::header::value_of;

const KEY: [u8; 32] = [7; 32];

fn envelope(source: Source) -> Envelope {
    Envelope {
        source,
        reverse_path: ReversePath::Null,
        recipients: vec!["amy=corp.example@shadow.example".parse().unwrap()],
        received_at: "2026-11-02T09:12:03.5Z".parse().unwrap(),
        peer: Peer {
            listener: "journal".into(),
            address: Some("192.0.2.7".parse().unwrap()),
            helo: "mx.corp.example".into(),
            protocol: "ESMTPS".into(),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    }
}

fn back(content: &[u8], envelope: &Envelope) -> Outgoing {
    let recipient = "amy@corp.example".parse().unwrap();
    let trace = Trace {
        hostname: "shadow.example",
        key: &KEY,
        message: "20261102-0f3b2c1a9d04e".parse().unwrap(),
        queue: QueueId(42),
        recipient: &recipient,
    };
    handed_back(content, envelope, &trace)
}

/// What follows our two fields.
fn below_trace(outgoing: &Outgoing) -> &[u8] {
    let mut all = fields(&outgoing.bytes);
    assert!(all.next().unwrap().is("Received"));
    assert!(all.next().unwrap().is(marker::NAME));
    all.rest()
}

#[test]
fn our_trace() {
    let outgoing = back(
        b"Subject: x\r\n\r\nhello\r\n",
        &envelope(Source::FallbackMail),
    );
    let text = String::from_utf8(outgoing.bytes.clone()).unwrap();
    let seal = value_of(&outgoing.bytes, marker::NAME).unwrap();
    assert_eq!(
        text,
        format!(
            "Received: from mx.corp.example ([192.0.2.7])\r\n\
             \tby shadow.example (Shadowmail) with ESMTPS id 20261102-0f3b2c1a9d04e\r\n\
             \tfor <amy@corp.example>; Mon, 02 Nov 2026 09:12:03 +0000\r\n\
             X-Shadow-Replay: {seal}\r\n\
             Subject: x\r\n\r\nhello"
        )
    );
    let opened = marker::open(&KEY, &seal, &marker::body_digest(text.as_bytes())).unwrap();
    assert_eq!(opened.queue, QueueId(42));
    assert!(!outgoing.repaired && !outgoing.header_beyond_ascii);
}

#[test]
fn traces_of_odd_peers() {
    let first_line = |peer: Peer| {
        let envelope = Envelope {
            peer,
            ..envelope(Source::FallbackMail)
        };
        let bytes = back(b"\r\n", &envelope).bytes;
        let text = fields(&bytes).next().unwrap().text();
        text.split("\tfor").next().unwrap().to_owned()
    };
    let by = "by shadow.example (Shadowmail)";
    let id = "id 20261102-0f3b2c1a9d04e";
    let address = Some("2001:db8::1".parse().unwrap());
    assert_eq!(first_line(Peer::default()), format!("{by} {id}"));
    assert_eq!(
        first_line(Peer {
            address,
            ..Peer::default()
        }),
        format!("from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\t{by} {id}")
    );
    assert_eq!(
        first_line(Peer {
            helo: "a b(c)\r\nX: ü".into(),
            protocol: "E SMTP".into(),
            ..Peer::default()
        }),
        format!("from a?b?c???X:???\t{by} with E?SMTP {id}").replace("X:???", "X:??")
    );
}

#[test]
fn transport_fields_are_left_out() {
    let journal = envelope(Source::JournalCopy);
    let check = |mail: &str, want: &str, return_path: Option<&str>| {
        let outgoing = back(mail.as_bytes(), &journal);
        let got = String::from_utf8_lossy(below_trace(&outgoing)).into_owned();
        assert_eq!(got, want.strip_suffix("\r\n").unwrap_or(want), "{mail:?}");
        let path = outgoing.return_path.map(|path| path.to_string());
        assert_eq!(path.as_deref(), return_path, "{mail:?}");
    };
    // Above the first Received the copying hop wrote them.
    check(
        "Return-Path: <cy@out.example>\r\nDelivered-To: AMY=corp.example@shadow.example\r\n\
         X-Original-To: amy=corp.example@shadow.example\r\nReceived: a\r\nSubject: x\r\n\r\nb\r\n",
        "Received: a\r\nSubject: x\r\n\r\nb\r\n",
        Some("cy@out.example"),
    );
    // Below it, and for other addresses, they belong to the message.
    let kept = "Delivered-To: amy@corp.example\r\nReceived: a\r\n\
                Delivered-To: amy=corp.example@shadow.example\r\nReturn-Path: <>\r\nSubject: x\r\n\r\n";
    check(kept, kept, Some(""));
    // A Return-Path at the end of the header.
    check(
        "Received: a\r\nReturn-Path:\r\n <a@b>\r\n\r\nb\r\n",
        "Received: a\r\n\r\nb\r\n",
        Some("a@b"),
    );
    check(
        "A: b\r\nReturn-Path: junk\r\nReturn-Path: x\r\n\r\n",
        "A: b\r\n\r\n",
        None,
    );
    // What an Exchange would believe, wherever it stands and however it is written.
    check(
        "A: b\r\nx-ms-exchange-ORGANIZATION-SCL : -1\r\n folded\r\nX-MS-Exchange-Forest-Y: z\r\n\
         X-MS-Exchange-Other: kept\r\nReturn-Path: <>\r\nX-MS-Exchange-Organization-AuthAs: I\r\n\r\nb",
        "A: b\r\nX-MS-Exchange-Other: kept\r\n\r\nb",
        Some(""),
    );
    // Nor below a line that is no field, where some servers read on.
    check(
        "nothing\r\nX-MS-Exchange-Organization-SCL: -1\r\n folded\r\n\r\nb\r\n",
        "nothing\r\n\r\nb\r\n",
        None,
    );
    check(
        "A: b\r\njunk\r\n X-MS-Exchange-Organization-SCL: -1\r\nC: d\r\n \r\n: x\r\n\
         X-MS-Exchange-Forest-Y: z\r\nReturn-Path: <x@y>\r\n\r\nb\r\n",
        "A: b\r\njunk\r\nC: d\r\n \r\n: x\r\nReturn-Path: <x@y>\r\n\r\nb\r\n",
        None,
    );
    check(
        " X-MS-Exchange-Organization-SCL: -1\r\nC: d\r\n\r\nb\r\n",
        "C: d\r\n\r\nb\r\n",
        None,
    );
    // The header ends where it ended, and a body does not become one.
    let body = "\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\nb\r\n";
    for above in ["A: b\r\njunk\r\n", "A: b\r\n\tc\r\n \r\njunk\r\n", ""] {
        check(
            &format!("{above} X-MS-Exchange-Organization-SCL: -1\r\n{body}"),
            &format!("{above}{body}"),
            None,
        );
    }
    check("junk\r\n \tC: d\r\n\r\n", "junk\r\n \tC: d\r\n\r\n", None);
    // Our own last field is not written on, and no stamp is made.
    check(" \r\n\t;dmarc=pass\r\n\r\nb", ";dmarc=pass\r\n\r\nb", None);
    let odd = "\x0cX-MS-Exchange-Organization-SCL: -1\r\n\r\nb";
    check(odd, odd, None);
    // In the body nothing is touched.
    let body = "A: b\r\n\r\nReturn-Path: <x@y>\r\nX-MS-Exchange-Organization-SCL: -1\r\n";
    check(body, body, None);
}

#[test]
fn what_was_found_stands_in_front_and_nobody_else_may_say_it() {
    let mut mail = envelope(Source::FallbackMail);
    let spf = store::Confirmation {
        domain: "x.example".into(),
        outcome: store::Outcome::Pass,
    };
    mail.peer.findings = Some(Box::new(store::Findings {
        spf: Some(spf),
        ..store::Findings::default()
    }));
    let forged = "Authentication-Results: Shadow.example (x);\r\n dmarc=pass\r\n";
    let others = "Authentication-Results: mx.other.example; spf=fail\r\nSubject: x\r\n\r\n";
    let text = [forged, others, forged].concat();
    let outgoing = back(text.as_bytes(), &mail);
    let own = "Authentication-Results: shadow.example;\r\n\tspf=pass smtp.helo=x.example\r\n";
    let want = [own, others, forged.trim_end()].concat();
    assert_eq!(String::from_utf8_lossy(below_trace(&outgoing)), want);

    let text = ["Subject: x\r\njunk\r\n", forged, "\r\ny"].concat();
    let outgoing = back(text.as_bytes(), &mail);
    let want = [own, "Subject: x\r\njunk\r\n\r\ny"].concat();
    assert_eq!(String::from_utf8_lossy(below_trace(&outgoing)), want);
}

#[test]
fn only_copies_lose_delivered_to() {
    let fallback = envelope(Source::FallbackMail);
    let mail = b"Delivered-To: amy=corp.example@shadow.example\r\nReceived: a\r\n\r\n";
    assert_eq!(below_trace(&back(mail, &fallback)), &mail[..mail.len() - 2]);
}

#[test]
fn a_forged_stamp_does_not_hide_behind_bare_line_ends() {
    let outgoing = back(
        b"A: b\nX-MS-Exchange-Organization-SCL: -1\n\nbody\n",
        &envelope(Source::FallbackMail),
    );
    assert_eq!(below_trace(&outgoing), b"A: b\r\n\r\nbody");
    assert!(outgoing.repaired);
}

#[test]
fn bare_line_ends_never_go_out() {
    let check = |content: &str, want: &str| {
        let outgoing = as_written(content.as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&outgoing.bytes),
            want,
            "{content:?}"
        );
    };
    check("a\nb\r\n", "a\r\nb");
    check("a\n.\nb\r\n", "a\r\n.\r\nb");
    check("a\rb\r\r\nc\n\rd", "a b \r\nc\r\n d");
    check("a\r\n.\r\r\n", "a\r\n. ");
    check("\n", "");
    check("\r", " ");
    check("", "");
    check("a\r\n", "a");
    check("a\r\n\r\n", "a\r\n");
    check("a", "a");
}

#[test]
fn knows_a_header_beyond_ascii() {
    assert!(as_written("Subject: für\r\n\r\n".as_bytes()).header_beyond_ascii);
    assert!(!as_written("Subject: fur\r\n\r\nfür".as_bytes()).header_beyond_ascii);
}

/// What stands below the first empty line.
fn body(mail: &[u8]) -> &[u8] {
    let mut lines = mail.split_inclusive(|b| *b == b'\n');
    let header: usize = lines
        .by_ref()
        .take_while(|line| *line != b"\r\n")
        .map(<[u8]>::len)
        .sum();
    &mail[header + 2..]
}

fn naive_repair(content: &[u8]) -> Vec<u8> {
    let text: String = content.iter().map(|b| char::from(*b)).collect();
    let text = text
        .replace("\r\n", "\u{fffd}")
        .replace('\n', "\u{fffd}")
        .replace('\r', " ");
    let bytes = text.chars().flat_map(|c| match u8::try_from(c) {
        Ok(byte) => vec![byte],
        Err(_) => b"\r\n".to_vec(),
    });
    bytes.collect()
}

#[test]
fn repair_agrees_with_the_naive_one_on_every_short_input() {
    let letters = [b'.', b'\r', b'\n', b'a'];
    for length in 0..=8_u32 {
        for number in 0..4_usize.pow(length) {
            let content: Vec<u8> = (0..length)
                .map(|place| letters[number / 4_usize.pow(place) % 4])
                .collect();
            assert_eq!(repair(&content), naive_repair(&content), "{content:?}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn a_sound_message_is_not_changed(lines in proptest::collection::vec("[^\r\n]{0,40}", 0..20)) {
        let content = lines.join("\r\n").into_bytes();
        let outgoing = as_written(&[&content[..], b"\r\n"].concat());
        proptest::prop_assert_eq!(outgoing.bytes, content);
        proptest::prop_assert!(!outgoing.repaired);
    }

    #[test]
    fn taking_fields_out_leaves_the_end_of_the_header_and_nothing_forged(
        lines in proptest::collection::vec(proptest::sample::select(vec![
            "", "A: b", "junk", " junk", " ", "\t", "\x0c", " C: d", ": x",
            "X-MS-Exchange-Organization-SCL: -1", " X-MS-Exchange-Forest-Y: z",
            "\t Authentication-Results: shadow.example; dmarc=pass",
            "\x0cX-MS-Exchange-Organization-AuthAs: Internal",
        ]), 0..12),
    ) {
        let mail = lines.join("\r\n") + "\r\n\r\nend\r\n";
        let mail = mail.as_bytes();
        let envelope = envelope(Source::FallbackMail);
        let once = back(mail, &envelope);
        let once = below_trace(&once);
        proptest::prop_assert_eq!(body(once), body(mail).strip_suffix(b"\r\n").unwrap());
        // Nothing is left to take out.
        let twice = back(once, &envelope);
        proptest::prop_assert_eq!(below_trace(&twice), once);
    }

    #[test]
    fn whatever_comes_goes_out_sound(content: Vec<u8>) {
        for outgoing in [as_written(&content), back(&content, &envelope(Source::JournalCopy))] {
            let bytes = [&outgoing.bytes[..], b"\r\n"].concat();
            proptest::prop_assert!(matches!(repair(&bytes), Cow::Borrowed(_)));
        }
    }
}
