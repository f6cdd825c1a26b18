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
        start(&store, order("  "), Opening::default()).await,
        Err(ModeRefusal::NoReason)
    ));
    assert_eq!(
        start(&store, order("Exchange is down"), Opening::default())
            .await
            .unwrap()
            .mode,
        Mode::Emergency
    );
    assert!(matches!(
        start(&store, order("again"), Opening::default()).await,
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
        start(&store, order("one"), Opening::default()),
        start(&store, order("other"), Opening::default())
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(store.mode_history(10).await.unwrap().len(), 1);
}

/// A store with amy and bo, and the scope of each.
async fn two() -> (tempfile::TempDir, Store, [Scope; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let person = |login: &str| store::MirroredAccount {
        key: login.to_owned(),
        login: login.to_owned(),
        name: login.to_owned(),
        addresses: vec![format!("{login}@corp.example").parse().unwrap()],
        ..store::MirroredAccount::default()
    };
    let snapshot = store::Snapshot {
        accounts: vec![person("amy"), person("bo")],
        groups: Vec::new(),
    };
    store.mirror(snapshot).await.unwrap();
    let of = async |login: &str| {
        store
            .scope(Vec::new(), vec![login.to_owned()])
            .await
            .unwrap()
    };
    let scopes = [of("amy").await, of("bo").await];
    (dir, store, scopes)
}

fn only(scope: &Scope) -> Opening {
    Opening {
        scope: scope.clone(),
        expected_end: None,
    }
}

#[tokio::test]
async fn an_emergency_is_widened_and_limited() {
    let (_dir, store, [amy, bo]) = two().await;
    let first = start(&store, order("Bremen"), only(&amy)).await.unwrap();
    assert_eq!(first.scope, amy);
    let again = start(&store, order("Bremen"), only(&amy)).await;
    assert!(matches!(again, Err(ModeRefusal::Already(_))), "{again:?}");
    let until = "2026-11-22T18:00:00Z".parse().unwrap();
    extend(&store, order("longer"), until).await.unwrap();
    let both = start(&store, order("Hamburg, too"), only(&bo))
        .await
        .unwrap();
    assert_eq!(both.scope, amy.clone().widened(bo.clone()));
    assert_eq!(both.expected_end, Some(until));
    let all = start(&store, order("all"), Opening::default())
        .await
        .unwrap();
    assert_eq!(all.scope, Scope::Everyone);
    let bo_only = limit(&store, order("Bremen is back"), bo.clone())
        .await
        .unwrap();
    assert_eq!(
        (bo_only.scope, bo_only.expected_end),
        (bo.clone(), Some(until))
    );
    let again = limit(&store, order("Bremen is back"), bo.clone()).await;
    assert!(matches!(again, Err(ModeRefusal::Already(_))), "{again:?}");
    // In Recovery they go on reading; afterwards nobody is meant.
    assert_eq!(end(&store, order("back")).await.unwrap().scope, bo);
    assert!(limit(&store, order("x"), amy).await.is_err());
    assert_eq!(
        end(&store, order("done")).await.unwrap().scope,
        Scope::Everyone
    );
}

#[tokio::test]
async fn a_drill_is_for_chosen_people_and_gives_way_to_an_emergency() {
    let (_dir, store, [amy, _]) = two().await;
    let of_all = drill(&store, order("exercise"), Opening::default()).await;
    assert!(
        matches!(of_all, Err(ModeRefusal::NobodyChosen)),
        "{of_all:?}"
    );
    let begun = drill(&store, order("exercise"), only(&amy)).await.unwrap();
    assert_eq!((begun.mode, &begun.scope), (Mode::Drill, &amy));
    assert!(limit(&store, order("x"), amy.clone()).await.is_err());
    let until = "2026-11-22T18:00:00Z".parse().unwrap();
    let extended = extend(&store, order("longer"), until).await.unwrap();
    assert_eq!((extended.mode, &extended.scope), (Mode::Drill, &amy));
    assert_eq!(end(&store, order("over")).await.unwrap().mode, Mode::Normal);
    drill(&store, order("again"), only(&amy)).await.unwrap();
    let real = start(&store, order("it is real"), Opening::default())
        .await
        .unwrap();
    assert_eq!((real.mode, real.scope), (Mode::Emergency, Scope::Everyone));
    assert!(drill(&store, order("x"), only(&amy)).await.is_err());
}
