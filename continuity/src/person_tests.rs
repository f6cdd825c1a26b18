use super::*;

fn order(reason: &str) -> Order {
    Order {
        by: "shell:root".to_owned(),
        reason: reason.to_owned(),
        now: "2026-11-22T09:12:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn from_normal_to_emergency_to_recovery_to_normal() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();

    assert!(matches!(
        end(&store, order("x")).await,
        Err(ModeRefusal::Already(_))
    ));
    assert!(matches!(
        start(&store, order("  "), None).await,
        Err(ModeRefusal::NoReason)
    ));
    assert_eq!(
        start(&store, order("Exchange is down"), None)
            .await
            .unwrap()
            .mode,
        Mode::Emergency
    );
    assert!(matches!(
        start(&store, order("again"), None).await,
        Err(ModeRefusal::Already(_))
    ));

    let until = "2026-11-22T18:00:00Z".parse().unwrap();
    let extended = extend(&store, order("the disk array is rebuilt"), until)
        .await
        .unwrap();
    assert_eq!(
        (extended.mode, extended.expected_end),
        (Mode::Emergency, Some(until))
    );

    assert_eq!(
        end(&store, order("it is back")).await.unwrap().mode,
        Mode::Recovery
    );
    assert!(extend(&store, order("x"), until).await.is_err());
    assert_eq!(
        end(&store, order("nothing is owed")).await.unwrap().mode,
        Mode::Normal
    );

    let history: Vec<_> = store
        .mode_history(10)
        .await
        .unwrap()
        .into_iter()
        .map(|change| change.mode)
        .collect();
    assert_eq!(
        history,
        [
            Mode::Normal,
            Mode::Recovery,
            Mode::Emergency,
            Mode::Emergency
        ]
    );
    assert_eq!(store.audit_log(10).await.unwrap().len(), 4);
}

#[tokio::test]
async fn two_administrators_press_at_the_same_moment() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let (one, other) = tokio::join!(
        start(&store, order("one"), None),
        start(&store, order("other"), None)
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(store.mode_history(10).await.unwrap().len(), 1);
}
