use super::*;
use crate::fixture::{Fixture, time};

fn event() -> AuditEvent {
    AuditEvent {
        actor: "eva".to_owned(),
        action: "alert-acknowledged",
        object: "disk-full".to_owned(),
        detail: String::new(),
        address: None,
    }
}

#[tokio::test]
async fn who_looks_after_an_alert_looks_after_this_one_only() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (first, now) = (time("2026-11-22T09:00:00Z"), time("2026-11-22T09:10:00Z"));
    let kind = AlertKind::DiskFull;
    assert!(!store.quiet_alert(kind, None, event(), now).await.unwrap());
    store.raise_alert(kind, "full", first).await;
    assert!(store.quiet_alert(kind, None, event(), now).await.unwrap());
    let quiet = store.alerts_quiet().await.unwrap();
    assert_eq!(quiet.len(), 1);
    assert!(quiet[0].covers(kind, first, now));
    assert!(!quiet[0].covers(kind, now, now), "a later one");
    assert!(!quiet[0].covers(AlertKind::DiskFilling, first, now));
    let log = store.audit_log(5).await.unwrap();
    assert_eq!(log[0].action, "alert-acknowledged");

    let until = time("2026-11-22T10:00:00Z");
    assert!(
        store
            .quiet_alert(kind, Some(until), event(), now)
            .await
            .unwrap()
    );
    let quiet = store.alerts_quiet().await.unwrap();
    assert!(quiet[0].covers(kind, first, now) && !quiet[0].covers(kind, first, until));
}

#[tokio::test]
async fn what_was_told_is_remembered_by_way_and_kind() {
    let fixture = Fixture::new().await;
    let notice = |way: &str, times| AlertNotice {
        way: way.to_owned(),
        kind: AlertKind::PrimaryFailing,
        since: time("2026-11-22T09:00:00Z"),
        told_at: time("2026-11-22T09:10:00Z"),
        times,
        is_over: false,
    };
    for (way, times) in [("ops", 1), ("eva@out.example", 1), ("ops", 2)] {
        fixture
            .store
            .note_alert_notice(notice(way, times))
            .await
            .unwrap();
    }
    let told = fixture.reopened().await.alert_notices().await.unwrap();
    assert_eq!(told, [notice("eva@out.example", 1), notice("ops", 2)]);
}
