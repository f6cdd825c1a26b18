use super::*;
use crate::fixture::Fixture;
use crate::shadow::StoreOptions;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

#[track_caller]
fn check(free: u64, total: u64, before: DiskLevel, want: DiskLevel) {
    let room = DiskRoom::of(free, total, Watermarks::default());
    assert_eq!(room.level_after(before), want, "{room:?} after {before:?}");
}

#[test]
fn the_marks_suit_small_and_large_disks() {
    let marks = |total| {
        let room = DiskRoom::of(0, total, Watermarks::default());
        (room.refuse_bytes, room.warn_bytes)
    };
    assert_eq!(marks(16 * MIB), (2 * MIB, 4 * MIB));
    assert_eq!(marks(GIB), (64 * MIB, 128 * MIB));
    assert_eq!(marks(10_000 * MIB), (200 * MIB, 1000 * MIB));
    assert_eq!(marks(20 << 40), (2 * GIB, 50 * GIB));
}

#[test]
fn a_level_is_left_later_than_it_is_entered() {
    use DiskLevel::{Filling, Full, Room};
    let total = 16 * MIB;
    check(5 * MIB, total, Room, Room);
    check(4 * MIB - 1, total, Room, Filling);
    check(4 * MIB, total, Filling, Filling);
    check(5 * MIB, total, Filling, Room);
    check(2 * MIB, total, Filling, Filling);
    check(2 * MIB - 1, total, Filling, Full);
    check(2 * MIB, total, Full, Full);
    check(2 * MIB + MIB / 2, total, Full, Filling);
    check(16 * MIB, total, Full, Room);
    check(0, 0, Room, Room);
}

/// Waits until the alerts are these.
async fn await_alerts(store: &Store, want: &[AlertKind]) {
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let alerts = store.alerts().await.unwrap();
        let kinds: Vec<AlertKind> = alerts.iter().map(|alert| alert.kind).collect();
        if kinds == want {
            return;
        }
        assert!(Instant::now() < deadline, "{alerts:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_disk_that_is_gone_is_told_and_mail_is_taken_when_it_is_back() {
    let fixture = Fixture::new().await;
    let first = fixture.keep("2026-11-22T09:00:00Z", b"one").await;
    let (days, gone) = (
        fixture.dir.path().join("days"),
        fixture.dir.path().join("gone"),
    );
    fs::rename(&days, &gone).unwrap();
    let refused = fixture.try_keep("2026-11-22T09:01:00Z", b"two").await;
    assert!(matches!(refused, Err(KeepError::Failed(_))), "{refused:?}");
    assert!(!days.exists(), "nothing is made on the disk underneath");
    await_alerts(&fixture.store, &[AlertKind::DiskUnusable]).await;
    fixture.store.watch_disk().await.unwrap();
    await_alerts(&fixture.store, &[AlertKind::DiskUnusable]).await;

    fs::rename(&gone, &days).unwrap();
    fixture.store.watch_disk().await.unwrap();
    assert_eq!(fixture.store.alerts().await.unwrap(), []);
    let second = fixture.keep("2026-11-22T09:02:00Z", b"two").await;
    for (id, bytes) in [(first, b"one"), (second, b"two")] {
        assert_eq!(fixture.reopened().await.record(id).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_full_disk_is_refused_before_it_is_full() {
    let fixture = Fixture::new().await;
    // More than any disk has free.
    let marks = Watermarks {
        refuse_percent_free: 100,
        refuse_bytes_free_max: u64::MAX,
        ..Watermarks::default()
    };
    let options = StoreOptions {
        watermarks: marks,
        ..StoreOptions::default()
    };
    let store = Store::open_with(fixture.dir.path(), options).await.unwrap();
    let mut held = crate::held::Held::new(10);
    held.append(b"x").unwrap();
    let kept = store
        .keep(held, crate::fixture::envelope("2026-11-22T09:00:00Z"))
        .await;
    assert!(matches!(kept, Err(KeepError::DiskFull)), "{kept:?}");
    await_alerts(&store, &[AlertKind::DiskFull]).await;
    // Whoever may take it sees that it is over.
    fixture.store.watch_disk().await.unwrap();
    await_alerts(&store, &[]).await;
}

#[test]
fn only_what_the_disk_said_is_told_of_the_disk() {
    use rusqlite::ffi;
    #[track_caller]
    fn check(error: &StoreError, want: Option<&str>) {
        let words = format!("{error:?}");
        let told = Failure::of(error).map(|failure| match failure {
            Failure::Full => "full",
            Failure::Unusable(_) => "unusable",
        });
        assert_eq!(told, want, "{words}");
    }
    let sqlite = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into();
    check(&io::Error::other("i/o").into(), Some("unusable"));
    check(
        &io::Error::from(io::ErrorKind::StorageFull).into(),
        Some("full"),
    );
    check(&sqlite(ffi::SQLITE_IOERR), Some("unusable"));
    check(&sqlite(ffi::SQLITE_READONLY), Some("unusable"));
    check(&sqlite(ffi::SQLITE_CANTOPEN), Some("unusable"));
    check(&sqlite(ffi::SQLITE_FULL), Some("full"));
    check(&sqlite(ffi::SQLITE_BUSY), None);
    check(&sqlite(ffi::SQLITE_CONSTRAINT), None);
    check(&sqlite(ffi::SQLITE_CORRUPT), None);
    check(&StoreError::Refused("no".to_owned()), None);
}
