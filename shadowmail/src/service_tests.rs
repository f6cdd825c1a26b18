use std::time::Instant;

use jiff::Timestamp;
use store::{Envelope, Held, Peer, ReversePath, Source};

use super::*;

#[tokio::test]
async fn mail_is_filed_without_any_listener() {
    let directory = tempfile::tempdir().unwrap();
    let text = "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\n\
                data_dir = \"data\"\nlistener = []\n";
    let config = Config::parse(&directory.path().join("shadowmail.toml"), text).unwrap();
    let service = Service::start(&config, &[Part::Smtp].into()).await.unwrap();
    let store = service.store().clone();
    let mut held = Held::new(1 << 10);
    held.append(b"From: a@outside.example\r\nSubject: x\r\n\r\nx\r\n")
        .unwrap();
    let envelope = Envelope {
        source: Source::JournalCopy,
        reverse_path: ReversePath::Null,
        recipients: vec!["b@corp.example".parse().unwrap()],
        received_at: Timestamp::now(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    store.keep(held, envelope).await.unwrap();
    let filed = async {
        let began = Instant::now();
        while !store.unfiled(1).await.unwrap().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "nobody filed it");
            tokio::task::yield_now().await;
        }
    };
    service.run_until(filed).await.unwrap();
}
