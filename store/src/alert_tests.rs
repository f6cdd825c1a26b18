use super::*;
use crate::fixture::{Fixture, time};

#[tokio::test]
async fn an_alert_stands_once_while_it_lasts_for_every_process() {
    let fixture = Fixture::new().await;
    let (store, other) = (&fixture.store, fixture.reopened().await);
    let (first, later) = (time("2026-11-22T09:00:00Z"), time("2026-11-22T10:00:00Z"));
    store
        .raise_alert(AlertKind::DiskFilling, "9 % free", first)
        .await;
    other
        .raise_alert(AlertKind::DiskFilling, "8 % free", later)
        .await;
    other
        .raise_alert(
            AlertKind::DiskFilling,
            "8 % free",
            time("2026-11-22T11:00:00Z"),
        )
        .await;
    let alert = Alert {
        kind: AlertKind::DiskFilling,
        since: first,
        changed_at: later,
        words: "8 % free".to_owned(),
    };
    assert_eq!(store.alerts().await.unwrap(), [alert]);
    other.clear_alert(AlertKind::DiskFull).await;
    assert_eq!(store.alerts().await.unwrap().len(), 1);
    other.clear_alert(AlertKind::DiskFilling).await;
    assert_eq!(store.alerts().await.unwrap(), []);
}

#[tokio::test]
async fn an_alert_that_can_not_be_written_is_known_where_it_was_seen() {
    let fixture = Fixture::new().await;
    let (disk, gone) = (
        fixture.dir.path(),
        fixture.dir.path().with_extension("gone"),
    );
    std::fs::rename(disk, &gone).unwrap();
    let at = time("2026-11-22T09:00:00Z");
    for _ in 0..2 {
        fixture
            .store
            .raise_alert(AlertKind::DiskUnusable, "it is gone", at)
            .await;
    }
    let alerts = fixture.store.alerts().await.unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].words, "it is gone");

    std::fs::rename(&gone, disk).unwrap();
    fixture
        .store
        .raise_alert(AlertKind::DiskUnusable, "it is gone", at)
        .await;
    assert_eq!(fixture.reopened().await.alerts().await.unwrap().len(), 1);
    fixture.store.clear_alert(AlertKind::DiskUnusable).await;
    assert_eq!(fixture.store.alerts().await.unwrap(), []);
}

#[tokio::test]
async fn an_alert_about_damage_is_taken_back_and_nothing_is_written_without_one() {
    let fixture = Fixture::new().await;
    let (dir, store) = (fixture.dir.path(), &fixture.store);
    let at = time("2026-11-22T09:00:00Z");
    for kind in [AlertKind::DayDamaged, AlertKind::DiskFull] {
        store.raise_alert(kind, "so it is", at).await;
    }
    clear_damage(dir).await.unwrap();
    let alerts = store.alerts().await.unwrap();
    let kinds: Vec<AlertKind> = alerts.iter().map(|alert| alert.kind).collect();
    assert_eq!(kinds, [AlertKind::DiskFull]);
    let mut other = rusqlite::Connection::open(dir.join("shadow.db")).unwrap();
    let locked = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
    let locked = locked.unwrap();
    clear_damage(dir).await.unwrap();
    drop(locked);

    store.raise_alert(AlertKind::DayDamaged, "again", at).await;
    let version: usize = inspect::schema(&other).unwrap();
    other
        .pragma_update(None, "user_version", version + 1)
        .unwrap();
    let refused = clear_damage(dir).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(store.alerts().await.unwrap().len(), 2);
}

#[test]
fn a_kind_is_written_as_it_is_shown() {
    for kind in AlertKind::ALL {
        assert_eq!(columns::to_word(&kind).unwrap(), kind.to_string());
    }
}
