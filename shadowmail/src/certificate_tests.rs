use std::path::Path;
use std::time::Instant;

use rustls::pki_types::CertificateDer;

use super::*;

/// Two pairs for the same name.
const NOVEMBER: &str = include_str!("../testdata/november.pem");
const RENEWED: &str = include_str!("../testdata/renewed.pem");

const PATIENCE: Duration = Duration::from_secs(20);

fn in_files(directory: &Path) -> Certificate {
    let file = directory.join("pair.pem");
    std::fs::write(&file, NOVEMBER).unwrap();
    let files = Tls {
        certificate: file.clone(),
        key: file,
    };
    Certificate::load(&files).unwrap()
}

fn shown(certificate: &Certificate) -> CertificateDer<'static> {
    let pair = certificate.current();
    pair.end_entity_cert().unwrap().clone().into_owned()
}

#[test]
fn what_is_broken_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = in_files(directory.path());
    let old = shown(&certificate);
    let (cert, _) = RENEWED.split_once("-----BEGIN PRIVATE KEY").unwrap();
    let (_, key) = NOVEMBER.split_once("-----BEGIN PRIVATE KEY").unwrap();
    let mixed = format!("{cert}-----BEGIN PRIVATE KEY{key}");
    for broken in ["", "junk", cert, &mixed] {
        std::fs::write(&certificate.files.certificate, broken).unwrap();
        certificate.reload().unwrap_err();
        assert_eq!(shown(&certificate), old);
    }
    std::fs::write(&certificate.files.certificate, RENEWED).unwrap();
    certificate.reload().unwrap();
    assert_ne!(shown(&certificate), old);
}

#[tokio::test]
async fn a_change_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Arc::new(in_files(directory.path()));
    let old = shown(&certificate);
    let shutdown = CancellationToken::new();
    let watching = tokio::spawn(watch(
        Arc::clone(&certificate),
        Hangup::caught(),
        shutdown.clone(),
    ));
    let begun = Instant::now();
    std::fs::write(&certificate.files.certificate, RENEWED).unwrap();
    while shown(&certificate) == old {
        assert!(begun.elapsed() < PATIENCE, "nobody noticed");
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    watching.await.unwrap();
}
