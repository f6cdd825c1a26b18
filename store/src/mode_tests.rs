use super::*;
use crate::fixture::{Fixture, time};

fn next(mode: Mode) -> ModeChange {
    ModeChange {
        number: 0,
        mode,
        since: time("2026-11-22T09:12:00Z"),
        by: "amy".to_owned(),
        reason: "the disk array is on fire".to_owned(),
        expected_end: Some(time("2026-11-22T18:00:00Z")),
        scope: Scope::Everyone,
    }
}

#[tokio::test]
async fn a_change_survives_a_restart_with_all_it_says() {
    let fixture = Fixture::new().await;
    let normal = fixture.store.mode().await.unwrap();
    assert_eq!(normal.mode, Mode::Normal);
    let changed = fixture
        .store
        .append_mode(&normal, next(Mode::Emergency))
        .await
        .unwrap();
    assert_eq!(fixture.reopened().await.mode().await.unwrap(), changed);
    assert_eq!(
        changed,
        ModeChange {
            number: changed.number,
            ..next(Mode::Emergency)
        }
    );
    let audit = fixture.store.audit_log(1).await.unwrap().remove(0);
    assert_eq!(
        (audit.actor.as_str(), audit.object.as_str()),
        ("amy", "normal -> emergency")
    );
}

#[tokio::test]
async fn who_comes_second_is_told_who_was_first() {
    let fixture = Fixture::new().await;
    let normal = fixture.store.mode().await.unwrap();
    let first = fixture
        .store
        .append_mode(&normal, next(Mode::Emergency))
        .await
        .unwrap();
    match fixture
        .store
        .append_mode(&normal, next(Mode::Emergency))
        .await
    {
        Err(ModeError::Overtaken(by)) => assert_eq!(by, first),
        other => panic!("{other:?}"),
    }
    assert_eq!(fixture.store.mode_history(10).await.unwrap(), [first]);
}
