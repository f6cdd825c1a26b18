//! Those who write mail in the name of others, and what they try to get past the checks.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use crate::checks::{Scene, mail};
use crate::harness::{Knot, Turn};

/// Many signatures, two authors, odd lines: none of it gets past the policy of From.
#[test]
fn a_forger_does_not_get_past_the_policy() {
    let _turn = Turn::take();
    let knot = Knot::start(
        "good.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         _dmarc.good.example. TXT \"v=DMARC1; p=reject\"\n\
         _dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n",
    );
    let resolver = knot.address();
    let mut scene = Scene::set(&format!(
        "resolver = \"{resolver}\"\nrefuse = [\"dmarc\"]\n"
    ));
    let mut check = |bytes: &[u8], code: u16, found: &str| {
        let heard = scene.bring("a@good.example", bytes);
        assert_eq!(heard.code, code, "{}", heard.text);
        assert_eq!(scene.found(&["spf", "dmarc"]), found);
    };
    // Where there are too many signatures, SPF must do.
    let bomb = |lines: usize, from: &str| {
        let signatures = b"DKIM-Signature: v=1; a=rsa-sha256\r\n".repeat(lines);
        [signatures, mail(from, "pay")].concat()
    };
    let own = bomb(61, "a@good.example");
    check(&own, 250, "spf=pass dmarc=pass");
    let other = bomb(61, "boss@bank.example");
    check(&other, 550, "spf=pass dmarc=fail");
    let endless = bomb(5000, "boss@bank.example");
    check(&endless, 550, "spf=pass dmarc=permerror");
    // Who is judged is not who would be shown.
    for header in [
        "From: a@good.example, boss@bank.example",
        "From: a@good.example\r\nFrom: boss@bank.example",
        "From: a@good.example\r\njunk\r\nFrom: boss@bank.example",
    ] {
        let two = format!("{header}\r\nSubject: x\r\n\r\npay\r\n");
        let found = "spf=pass dmarc=permerror";
        check(two.as_bytes(), 550, found);
    }
    // A name that the DNS can not be asked about has no policy, and its readers see the bank.
    let spaced = mail("boss@ bank.example", "pay");
    check(&spaced, 550, "spf=pass dmarc=fail");
    let label = "a".repeat(64);
    for from in [
        format!("boss@{label}.bank.example"),
        "boss@-x.bank.example".to_owned(),
        "boss@bank.example> <a@good.example".to_owned(),
    ] {
        check(&mail(&from, "pay"), 550, "spf=pass dmarc=permerror");
    }
    for above in ["A: b", "From: <x>", "From: x"] {
        let hidden = format!("{above}\r\njunk\r\nFrom: boss@bank.example\r\n\r\npay\r\n");
        check(hidden.as_bytes(), 550, "spf=pass dmarc=fail");
    }
}

/// Asks a DNS server in the name of others, and keeps silent about some names.
fn silent_about(name: &'static [u8], server: SocketAddr) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut packet = [0; 4096];
        while let Ok((bytes, from)) = socket.recv_from(&mut packet) {
            let question = &packet[..bytes];
            if question.windows(name.len()).any(|it| it == name) {
                continue;
            }
            let asking = UdpSocket::bind("127.0.0.1:0").unwrap();
            asking
                .set_read_timeout(Some(Duration::from_secs(2)))
                .unwrap();
            asking.send_to(question, server).unwrap();
            if let Ok(bytes) = asking.recv(&mut packet) {
                socket.send_to(&packet[..bytes], from).unwrap();
            }
        }
    });
    address
}

/// Whoever forges From chooses the other domains, and could make their DNS slow.
#[test]
fn a_silent_dns_server_does_not_hide_the_policy_of_from() {
    let _turn = Turn::take();
    let knot = Knot::start(
        "_dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n\
         bank.example. TXT \"v=spf1 -all\"\n",
    );
    let resolver = silent_about(b"\x04slow", knot.address());
    let mut scene = Scene::set(&format!(
        "resolver = \"{resolver}\"\nrefuse = [\"dmarc\"]\ndns_seconds = 4\n"
    ));
    let keys = ["spf", "dmarc"];
    let forged = mail("boss@bank.example", "pay");
    let heard = scene.bring("a@slow.example", &forged);
    assert_eq!(heard.code, 550, "{}", heard.text);
    assert_eq!(scene.found(&keys), "spf=temperror dmarc=fail");

    // A signature, too, and one that the bank may have made can not be told from a forged one.
    let body = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for (domain, code, found) in [
        ("slow.example", 550, "spf=none dmarc=fail"),
        ("slow.bank.example", 451, "spf=none dmarc=temperror"),
    ] {
        let signature = format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=s; c=relaxed/relaxed;\r\n\
             \tbh={body}; h=from; b=QUJD\r\nFrom: boss@bank.example\r\n\r\n"
        );
        let heard = scene.bring("a@other.example", signature.as_bytes());
        assert_eq!(
            (heard.code, scene.found(&keys)),
            (code, found.to_owned()),
            "{domain}"
        );
    }
}
