use std::fs;
use std::path::PathBuf;

use super::*;
use crate::filing::Filing;
use crate::fixture::{Fixture, to};
use crate::piece::Piece;

const AT: &str = "2026-11-22T09:12:00Z";

fn bytes(mut content: Content) -> Vec<u8> {
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes).unwrap();
    bytes
}

fn segment(fixture: &Fixture) -> PathBuf {
    let files = fs::read_dir(fixture.dir.path().join("days/2026-11-22")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    paths
        .find(|path| path.extension().is_some_and(|ending| ending == "seg"))
        .unwrap()
}

/// Half a megabyte that does not compress.
fn noise() -> Vec<u8> {
    let mut noise = vec![0; 512 << 10];
    getrandom::fill(&mut noise).unwrap();
    noise
}

#[tokio::test]
async fn the_bytes_are_those_that_came_in() {
    let fixture = Fixture::new().await;
    for mail in [Vec::new(), b"x".to_vec(), vec![b'a'; 300_000], noise()] {
        let id = fixture.keep(AT, &mail).await;
        let content = fixture.store.open_content(id).await.unwrap();
        assert_eq!(content.len(), mail.len() as u64);
        assert!(bytes(content) == mail);
    }
}

#[tokio::test]
async fn of_a_journal_report_the_inner_message_is_read() {
    let fixture = Fixture::new().await;
    let mail = noise();
    for range in [
        0..0,
        0..10,
        5..70_000,
        400_000..mail.len(),
        mail.len()..mail.len(),
    ] {
        let id = fixture.keep(AT, &mail).await;
        let filing = Filing {
            content: Some(Piece::as_is(range.clone())),
            ..to(fixture.amy)
        };
        fixture.store.file(id, filing).await.unwrap();
        let content = fixture.store.open_content(id).await.unwrap();
        assert_eq!(content.len(), range.len() as u64);
        assert!(bytes(content) == mail[range.clone()]);
        assert!(fixture.store.content(id).await.unwrap() == mail[range]);
    }
    let id = fixture.keep(AT, b"short").await;
    let filing = Filing {
        content: Some(Piece::as_is(2..6)),
        ..to(fixture.amy)
    };
    fixture.store.file(id, filing).await.unwrap();
    let outside = fixture.store.open_content(id).await;
    assert!(matches!(outside, Err(StoreError::Damaged(..))));
}

#[tokio::test]
async fn an_encoded_mail_is_read_as_it_was_before() {
    let fixture = Fixture::new().await;
    let record = b"--b\r\n\r\nU3ViamVj\r\ndDogaGkNCg==\r\n--b\r\nclear--b--";
    let (encoded, clear) = (7..29, 36..41);
    let id = fixture.keep(AT, record).await;
    let content = Piece {
        encoding: Encoding::Base64,
        size_bytes: 13,
        ..Piece::as_is(encoded)
    };
    let filing = Filing {
        content: Some(content),
        ..to(fixture.amy)
    };
    fixture.store.file(id, filing.clone()).await.unwrap();
    let opened = fixture.store.open_content(id).await.unwrap();
    assert_eq!(opened.len(), 13);
    assert_eq!(bytes(opened), b"Subject: hi\r\n");
    assert_eq!(fixture.store.content(id).await.unwrap(), b"Subject: hi\r\n");
    assert_eq!(
        fixture.store.readable(id).await.unwrap(),
        b"Subject: hi\r\n"
    );
    let entry = fixture.store.entry(fixture.amy, id).await.unwrap();
    assert_eq!(entry.size_bytes, 13);

    let aside = Some(Piece::as_is(clear));
    let filing = Filing { aside, ..filing };
    fixture.store.file(id, filing).await.unwrap();
    assert_eq!(fixture.store.readable(id).await.unwrap(), b"clear");
    assert_eq!(fixture.store.content(id).await.unwrap(), b"Subject: hi\r\n");
}

#[tokio::test]
async fn not_one_byte_of_a_damaged_record_is_given_out() {
    let fixture = Fixture::new().await;
    let first = fixture.keep(AT, b"first").await;
    let second = fixture.keep(AT, &noise()).await;
    let path = segment(&fixture);
    let sound = fs::read(&path).unwrap();
    let last = sound.len() - 1;
    for at in [200, last / 2, last] {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let opened = fixture.store.open_content(second).await;
        let other = fixture.store.open_content(first).await;
        // The first record is the first few hundred bytes.
        let (opened, other) = if at == 200 {
            (other, opened)
        } else {
            (opened, other)
        };
        assert!(matches!(opened, Err(StoreError::Damaged(..))), "{at}");
        assert!(other.is_ok(), "{at}");
    }
    fs::write(&path, &sound[..last]).unwrap();
    let cut = fixture.store.open_content(second).await;
    assert!(matches!(cut, Err(StoreError::Damaged(..))));
    fs::remove_file(&path).unwrap();
    let gone = fixture.store.open_content(second).await;
    assert!(matches!(gone, Err(StoreError::Damaged(..))));
}

#[tokio::test]
async fn a_day_that_goes_does_not_cut_a_download_short() {
    let fixture = Fixture::new().await;
    let mail = noise();
    let id = fixture.keep(AT, &mail).await;
    fixture.store.file(id, to(fixture.amy)).await.unwrap();
    let content = fixture.store.open_content(id).await.unwrap();
    crate::fixture::drop_day(&fixture.store, id.day()).await;
    assert!(bytes(content) == mail);
    let gone = fixture.store.open_content(id).await;
    assert!(matches!(gone, Err(StoreError::Missing(_))));
}
