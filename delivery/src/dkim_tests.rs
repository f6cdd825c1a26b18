use std::borrow::Borrow;
use std::hash::Hash;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt,
};

use super::*;
use crate::smtp::Notify;

const RSA: &str = include_str!("fixtures/dkim-rsa.pem");
const ED25519: &str = include_str!("fixtures/dkim-ed25519.pem");

const MAIL: &[u8] = b"From: amy@corp.example\r\nTo: bo@out.example\r\nSubject: Angebot\r\n\
    Message-ID: <1@corp.example>\r\n\r\nHallo\r\n.dot  \r\n\r\n";

fn read(path: &Path) -> Result<String, String> {
    match path.to_str() {
        Some("rsa") => Ok(RSA.to_owned()),
        Some("ed25519") => Ok(ED25519.to_owned()),
        Some("curve") => Ok(include_str!("fixtures/self-signed.pem").to_owned()),
        Some("words") => Ok("secret\n".to_owned()),
        _ => Err(format!("{}: not there", path.display())),
    }
}

fn raw(domain: &str, selector: &str, file: &str) -> RawDkim {
    RawDkim {
        domain: domain.to_owned(),
        selector: selector.to_owned(),
        key_file: file.into(),
    }
}

fn dkim(keys: &[(&str, &str, &str)]) -> Dkim {
    let raw: Vec<RawDkim> = keys.iter().map(|(d, s, file)| raw(d, s, file)).collect();
    Dkim::new(&raw, read).unwrap()
}

fn parcel(from: &str) -> Parcel {
    Parcel {
        reverse_path: ReversePath::Address(from.parse().unwrap()),
        recipient: "bo@out.example".parse().unwrap(),
        // As it goes over the wire, without the last line end.
        bytes: MAIL[..MAIL.len() - 2].to_vec(),
        needs_smtputf8: false,
        notify: Notify::Sender,
    }
}

/// The DNS, with the records that the keys ask for.
struct Dns(Vec<(String, String)>);

impl ResolverCache<Box<str>, Txt> for Dns {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let named = |(at, _): &&(String, String)| {
            let at: Box<str> = format!("{at}.").into();
            at.borrow() == name
        };
        let (_, record) = self.0.iter().find(named)?;
        let key = DomainKey::parse(record.as_bytes()).unwrap();
        Some(Txt::DomainKey(Arc::new(key)))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: std::time::Instant) {}
}

/// What a verifier that knows our records says of each signature.
async fn verified(dkim: &Dkim, bytes: &[u8]) -> Vec<DkimResult> {
    let records = dkim.keys().iter();
    let records = records.map(|key| (key.record_name(), key.record().to_owned()));
    let dns = Dns(records.collect());
    let verifier = MessageAuthenticator::new_system_conf().unwrap();
    let mut whole = bytes.to_vec();
    whole.extend(b"\r\n");
    let message = AuthenticatedMessage::parse(&whole).unwrap();
    let asked = Parameters::new(&message).with_txt_cache(&dns);
    let found = verifier.verify_dkim(asked).await;
    found.iter().map(|it| it.result().clone()).collect()
}

#[tokio::test]
async fn a_verifier_believes_both_kinds_of_keys() {
    let dkim = dkim(&[
        ("corp.example", "s1", "rsa"),
        ("corp.example", "s2", "ed25519"),
    ]);
    let signed = dkim.signed(parcel("amy@corp.example"));
    assert!(signed.bytes.ends_with(&MAIL[..MAIL.len() - 2]));
    let passed = [DkimResult::Pass, DkimResult::Pass];
    assert_eq!(verified(&dkim, &signed.bytes).await, passed);

    let text = String::from_utf8(signed.bytes).unwrap();
    for (what, forged) in [
        ("a changed subject", text.replace("Angebot", "Rechnung")),
        ("a changed text", text.replace("Hallo", "Hello")),
        (
            "a second From",
            format!("From: boss@corp.example\r\n{text}"),
        ),
        ("a Cc", format!("Cc: boss@corp.example\r\n{text}")),
    ] {
        let found = verified(&dkim, forged.as_bytes()).await;
        assert!(!found.contains(&DkimResult::Pass), "{what}: {found:?}");
    }
}

#[test]
fn the_nearest_domain_speaks() {
    let dkim = dkim(&[
        ("corp.example", "up", "rsa"),
        ("Mail.corp.example", "down", "rsa"),
        ("mail.corp.example", "down2", "ed25519"),
        ("bücher.example", "books", "rsa"),
    ]);
    let check = |domain: &str, want: &[&str]| {
        let found: Vec<_> = dkim.of(domain).iter().map(|it| it.record_name()).collect();
        assert_eq!(found, want, "{domain}");
    };
    check("corp.example", &["up._domainkey.corp.example"]);
    check("other.corp.example", &["up._domainkey.corp.example"]);
    let down = [
        "down._domainkey.mail.corp.example",
        "down2._domainkey.mail.corp.example",
    ];
    check("mail.corp.example", &down);
    check("a.mail.corp.example", &down);
    check(
        "bücher.example",
        &["books._domainkey.xn--bcher-kva.example"],
    );
    check("acorp.example", &[]);
    check("example", &[]);
}

#[test]
fn nobody_elses_mail_is_signed() {
    let dkim = dkim(&[("corp.example", "s1", "rsa")]);
    let other = dkim.signed(parcel("amy@out.example"));
    assert_eq!(other.bytes, parcel("amy@out.example").bytes);
    let bounce = Parcel {
        reverse_path: ReversePath::Null,
        ..parcel("amy@corp.example")
    };
    assert_eq!(dkim.signed(bounce.clone()).bytes, bounce.bytes);
}

#[test]
fn a_record_is_cut_into_strings() {
    let dkim = dkim(&[("corp.example", "s1", "rsa")]);
    let [key] = dkim.keys() else {
        panic!("one key")
    };
    assert!(
        key.record()
            .starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
    );
    let line = key.zone_line();
    let (name, strings) = line.split_once(" IN TXT ( ").unwrap();
    assert_eq!(name, "s1._domainkey.corp.example.");
    let strings: Vec<&str> = strings.split('"').skip(1).step_by(2).collect();
    assert!(strings.iter().all(|it| it.len() <= 255));
    assert_eq!(strings.concat(), key.record());
    assert!(!format!("{dkim:?}").contains("MII"));
}

#[test]
fn lengths_in_der() {
    let check = |content: usize, want: &[u8]| {
        let element = element(0x30, &vec![0; content]);
        assert_eq!(&element[1..element.len() - content], want, "{content}");
    };
    check(0, &[0]);
    check(127, &[127]);
    check(128, &[0x81, 128]);
    check(255, &[0x81, 255]);
    check(256, &[0x82, 1, 0]);
    check(65_536, &[0x83, 1, 0, 0]);
}

#[test]
fn wrong_values_name_their_key() {
    let check = |raw: RawDkim, want: &str| {
        let refused = Dkim::new(&[raw], read).unwrap_err().to_string();
        assert!(refused.contains(want), "{refused}");
    };
    check(raw("corp", "s", "rsa"), "outbound.dkim.domain");
    check(raw("corp.example;", "s", "rsa"), "outbound.dkim.domain");
    check(raw("corp.example", "", "rsa"), "outbound.dkim.selector");
    check(raw("corp.example", "a b", "rsa"), "outbound.dkim.selector");
    check(
        raw("corp.example", "a\r\nb", "rsa"),
        "outbound.dkim.selector",
    );
    let missing = "not there; `openssl genrsa -out gone 2048` makes a key";
    check(raw("corp.example", "s", "gone"), missing);
    let words = "words holds no private key in PEM";
    check(raw("corp.example", "s", "words"), words);
    let curve = "curve holds no RSA key of 2048 to 4096 bits";
    check(raw("corp.example", "s", "curve"), curve);
}
