use std::time::Duration;

use super::*;

/// A certificate for shadow.corp.example, valid for the whole of November 2026.
const PAIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/november.pem");

fn pair() -> Tls {
    Tls {
        certificate: PAIR.into(),
        key: PAIR.into(),
    }
}

#[track_caller]
fn check(hostname: &str, at: &str, want: Option<&str>) {
    let at: jiff::Timestamp = at.parse().unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().unsigned_abs()));
    let objection = objection(&pair(), hostname, now).unwrap();
    match (&objection, want) {
        (None, None) => {}
        (Some(said), Some(words)) => assert!(said.contains(words), "{said}"),
        _ => panic!("{objection:?}, not {want:?}"),
    }
}

#[test]
fn what_a_careful_peer_would_object_to() {
    check("shadow.corp.example", "2026-11-15T00:00:00Z", None);
    check(
        "shadow.corp.example",
        "2026-12-01T12:00:00Z",
        Some("has expired"),
    );
    check(
        "shadow.corp.example",
        "2026-10-31T12:00:00Z",
        Some("not valid yet"),
    );
    check(
        "mail.corp.example",
        "2026-11-15T00:00:00Z",
        Some("not for mail.corp.example"),
    );
}

#[test]
fn a_pair_loads_and_anything_else_says_why() {
    choose_provider();
    load(&pair()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let empty = file("empty.pem", "");
    let nowhere = directory.path().join("nowhere.pem");
    let check = |certificate: &Path, key: &Path, words: &str| {
        let tls = Tls {
            certificate: certificate.into(),
            key: key.into(),
        };
        let error = load(&tls).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check(&empty, Path::new(PAIR), "empty.pem: holds no certificate");
    check(Path::new(PAIR), &empty, "empty.pem: holds no private key");
    check(&nowhere, Path::new(PAIR), "nowhere.pem: cannot be read");
    check(
        Path::new(PAIR),
        &nowhere,
        "nowhere.pem: holds no private key",
    );
}
