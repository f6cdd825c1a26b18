//! Mail that others have passed on and sealed (ARC, RFC 8617), by a real sealer.

use crate::checks::{Scene, key, mail, pipe, signed, with_crlf};
use crate::harness::{Knot, Scratch, Turn, installed};

/// What a server that passes it on writes of what it saw, and its seal around that.
fn sealed(mail: &[u8], (domain, saw): (&str, &str), key: &str) -> Vec<u8> {
    installed("dkimpy", "/usr/bin/arcsign");
    let seen = format!("Authentication-Results: {domain}; {saw}\r\n");
    let mail = [seen.as_bytes(), mail].concat();
    let sealed = with_crlf(pipe(
        "/usr/bin/arcsign",
        &["sel", domain, key, domain],
        &mail,
    ));
    let seals = String::from_utf8_lossy(&sealed)
        .matches("ARC-Seal:")
        .count();
    assert!(
        seals > 0,
        "python3-authres is not installed: cargo xtask setup"
    );
    sealed
}

/// Without the first field of this name and these words, continuation lines and all.
fn without(mail: &str, field: &str) -> String {
    let begin = mail.find(field).unwrap();
    let mut end = begin;
    for line in mail[begin..].split_inclusive("\r\n") {
        if end > begin && !line.starts_with([' ', '\t']) {
            break;
        }
        end += line.len();
    }
    [&mail[..begin], &mail[end..]].concat()
}

#[test]
fn seals_of_those_who_passed_it_on_are_judged_kept_and_shown() {
    let _turn = Turn::take();
    let scratch = Scratch::new("arc");
    let (key, public) = key(scratch.path());
    let knot = Knot::start(&format!(
        "_dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n\
         sel._domainkey.bank.example. TXT {public}\n\
         sel._domainkey.list.example. TXT {public}\n\
         sel._domainkey.relay.example. TXT {public}\n"
    ));
    let mut scene = Scene::set(&format!("resolver = \"{}\"\n", knot.address()));
    let mut check = |bytes: &[u8], found: &str| {
        let heard = scene.bring("list@list.example", bytes);
        assert_eq!(heard.code, 250, "{}", heard.text);
        assert_eq!(scene.found(&["dmarc", "dkim", "arc"]), found);
        let arc = found.rsplit("arc=").next().unwrap();
        let id = heard.text.rsplit(' ').next().unwrap();
        let (told, text) = scene.traced(id);
        let arrivals = told[0]["arrivals"].as_array().unwrap();
        let arrival = arrivals.iter().find(|it| it["id"] == id).unwrap();
        let kept = &arrival["envelope"]["peer"]["findings"]["arc"];
        assert_eq!(kept.as_str().unwrap_or("-"), arc, "{arrival}");
        let is_shown = text.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words == [id, "arc", arc]
        });
        assert_eq!(is_shown, arc != "-", "{text}");
    };
    let own = signed(&mail("boss@bank.example", "pay"), "bank.example", &key);
    check(&own, "dmarc=pass dkim=pass arc=-");
    // A list writes below it, so the bank's signature breaks, and seals what it saw before.
    let listed = [&*own, b"--\r\nthe list\r\n"].concat();
    check(&listed, "dmarc=fail dkim=neutral arc=-");
    let saw = (
        "list.example",
        "dkim=pass header.d=bank.example; dmarc=pass",
    );
    let once = sealed(&listed, saw, &key);
    check(&once, "dmarc=fail dkim=neutral arc=pass");
    let saw = ("relay.example", "dkim=fail header.d=bank.example; arc=pass");
    let twice = sealed(&once, saw, &key);
    check(&twice, "dmarc=fail dkim=neutral arc=pass");

    // Who changes it afterwards breaks the chain, and so does who takes out what a seal stands on.
    let twice = String::from_utf8(twice).unwrap();
    let changed = twice.replace("the list", "my list");
    check(changed.as_bytes(), "dmarc=fail dkim=neutral arc=fail");
    let invented = twice.replacen("dkim=pass header.d", "dkim=none header.d", 1);
    assert_ne!(invented, twice);
    check(invented.as_bytes(), "dmarc=fail dkim=neutral arc=fail");
    let cut = without(&twice, "ARC-Message-Signature: i=1");
    check(cut.as_bytes(), "dmarc=fail dkim=neutral arc=fail");
    let left = "ARC-Authentication-Results: i=1; list.example; dmarc=pass\r\n";
    let left = [left.as_bytes(), &*listed].concat();
    check(&left, "dmarc=fail dkim=neutral arc=fail");
    // Whose key nobody knows may be anybody.
    let saw = ("nobody.example", "dkim=pass header.d=bank.example");
    let of_nobody = sealed(&listed, saw, &key);
    check(&of_nobody, "dmarc=fail dkim=neutral arc=fail");
}
