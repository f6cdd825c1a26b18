use std::fs;
use std::path::{Path, PathBuf};

use store::{Envelope, Held, Peer};

use super::*;

fn segment(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().find_map(|file| {
        let path = file.unwrap().path();
        if path.is_dir() {
            return segment(&path);
        }
        let is_segment = path.extension().is_some_and(|end| end == "seg");
        is_segment.then_some(path)
    })
}

#[tokio::test]
async fn a_record_that_can_not_be_read_now_is_sorted_later() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let mut held = Held::new(100);
    held.append(b"Subject: hi\r\n\r\nhi\r\n").unwrap();
    let envelope = Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec!["amy@corp.example".parse().unwrap()],
        received_at: jiff::Timestamp::now(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    store.keep(held, envelope).await.unwrap();
    let unfiled = store.unfiled(1).await.unwrap().remove(0);
    let sorter = Sorter {
        store,
        hostname: "shadow.example".into(),
        sources: HashMap::new(),
        rules: CopyRules::default(),
        domains: Vec::new(),
        known: KnownOwners::default(),
        unopened: Unopened::default(),
    };

    // Reading a directory is an error that says nothing of the bytes.
    let path = segment(directory.path()).unwrap();
    let aside = path.with_extension("aside");
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    for failures in [0, limits::FILING_TRIES_MAX - 1] {
        let sorted = sorter.sort(&unfiled, failures).await;
        assert!(matches!(sorted, Err(StoreError::Io(_))), "{sorted:?}");
    }
    assert_eq!(sorter.store.alerts().await.unwrap(), []);
    // But not for ever.
    let sorted = sorter.sort(&unfiled, limits::FILING_TRIES_MAX).await;
    assert_eq!(sorted.unwrap().summary.subject, "");
    let alerts = sorter.store.alerts().await.unwrap();
    let kinds: Vec<_> = alerts.iter().map(|alert| alert.kind).collect();
    assert_eq!(kinds, [AlertKind::DayDamaged]);

    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    let sorted = sorter.sort(&unfiled, 0).await.unwrap();
    assert_eq!(sorted.summary.subject, "hi");
    sorter.store.close().await;
}
